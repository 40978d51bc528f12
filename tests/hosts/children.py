"""Running projects in child processes, for tests."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from inspector.core.records.host import FireSettled, HostRecord
from inspector.core.records.records import HandlerEnded, Row, to_record
from inspector.hosts.child import ChildHost
from inspector.hosts.project import Project
from tests.patience import PATIENCE

ZOO = Path(__file__).parent.parent / "projects" / "zoo"


def interpreters(*versions: str) -> dict[str, str]:
    """Every Python of these versions that there is on PATH or in pyenv, ours for its own version; version → path."""
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = {version: sys.executable for version in versions if version == ours}
    for version in versions:
        root = Path(os.environ.get("PYENV_ROOT") or Path("~").expanduser() / ".pyenv")
        installed = sorted(root.glob(f"versions/{version}.*/bin/python"), key=_number)
        real = [path for path in (shutil.which(f"python{version}"),) if path and "shims" not in path]
        for path in (*map(str, reversed(installed)), *real):
            found.setdefault(version, path)
    return dict(sorted(found.items()))


def _number(path: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", path.parts[-3])]


#: Found once: a test's own home folder has no pyenv.
INTERPRETERS = interpreters("3.11", "3.12", "3.13")
#: Those that are too old, however old.
OLDER = [*interpreters("2.7", "3.6", "3.8", "3.9", "3.10").values()]


#: Starts a real Python that says it is another one.
_POSER = """#!/bin/sh
exec {python} -I -c '
import sys, runpy
sys.version, sys.version_info = "{version} (old)", tuple(map(int, "{version}".split(".")))
sys.argv = [text for text in sys.argv[1:] if not text.startswith("-")]
runpy.run_path(sys.argv[0], run_name="__main__")
' "$@"
"""


def old_python(folder: Path, version: str) -> Path:
    """Make an interpreter that is ours and says that it is of another version."""
    poser = folder / "python"
    poser.write_text(_POSER.format(python=sys.executable, version=version))
    poser.chmod(0o755)
    return poser


def project(app: str, *, cwd: Path = ZOO, **options: Any) -> Project:
    """A project of the zoo, on our own interpreter unless told otherwise."""
    options.setdefault("python", sys.executable)
    options.setdefault("load_timeout", PATIENCE)  # what it takes on a busy machine is no test
    return Project.from_options(app, cwd=cwd, **options)


def processes(session: int) -> list[str]:
    """The processes of a session that have not ended, by their command; a zombie has."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text("utf-8", "replace").partition("(")[2].rpartition(")")
        except OSError:  # it has just gone
            continue
        state, _, _, its_session = rest.split()[:4]
        if int(its_session) == session and state != "Z":
            found.append(name)
    return found


async def gone(session: int) -> bool:
    """Tell whether every process of a session ends."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while processes(session):
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.02)
    return True


H = TypeVar("H", bound=HostRecord)


class Rows:
    """What a stream has given so far, and waiting for more."""

    def __init__(self) -> None:
        self.all: list[Row] = []
        self._more = asyncio.Event()

    def add(self, rows: list[Row]) -> None:
        self.all += rows
        self._more.set()

    async def until(self, is_there: Callable[[], Any]) -> Any:
        """Wait until something is there; gives it."""
        async with asyncio.timeout(PATIENCE):
            while not (found := is_there()):
                self._more.clear()
                await self._more.wait()
        return found

    def host(self, cls: type[H]) -> list[H]:
        """The records of the host, of a class."""
        return [to_record(row) for row in self.all if row[0] == cls.KIND]  # type: ignore[misc]

    async def wait_for(self, cls: type[H], number: int = 1) -> H:
        """Wait for the n-th record of a class."""
        records: list[H] = await self.until(lambda: len(found := self.host(cls)) >= number and found)
        return records[number - 1]

    async def settled(self, fire: int) -> FireSettled:
        """Wait until a fire has settled."""

        def ends() -> list[FireSettled]:
            return [record for record in self.host(FireSettled) if record.fire == fire]

        ended: list[FireSettled] = await self.until(ends)
        return ended[0]

    def of(self, kind: int) -> list[Row]:
        return [row for row in self.all if row[0] == kind]

    @property
    def ends(self) -> list[HandlerEnded]:
        return [to_record(row) for row in self.of(3)]  # type: ignore[misc]


@asynccontextmanager
async def following(host: ChildHost) -> AsyncIterator[Rows]:
    """Follow a host's stream; at the end it is stopped."""
    rows = Rows()

    async def follow() -> None:
        async for batch in host.stream.read():
            rows.add(batch.rows)

    tasks = [asyncio.ensure_future(follow()), asyncio.ensure_future(host.stream.pump())]
    await asyncio.sleep(0)
    try:
        yield rows
    finally:
        await host.stop()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks)


@asynccontextmanager
async def running(loaded: Project) -> AsyncIterator[tuple[ChildHost, Rows]]:
    """Load a project and run it."""
    host = ChildHost(loaded)
    async with following(host) as rows:
        await host.start()
        yield host, rows
