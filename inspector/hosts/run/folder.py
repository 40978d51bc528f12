"""The private folder of one run: rings of its processes, what the agent is told, and whose run it is.

Nobody else can use it: it is below the user's runtime directory, or below a folder of the user's own among the
temporary files, and each is made with mode 0700 and looked at before it is used. What launchers have left behind that
are gone is removed when the next one starts.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from inspector.agent.run.listening import BASE, PRIVATE, bases, is_private, listening_folder
from inspector.core.errors import InspectorError
from inspector.core.own_code import PACKAGE
from inspector.hosts.process import KEEPER_FLAGS
from inspector.hosts.run.proc import ProcessIdentity, all_pids, environment_of, identity_of, same_process

#: Variable that holds the folder's path, in every process of a run.
RUN: Final = "INSPECTOR_RUN"
#: Files of a folder beside the rings.
SPEC: Final = "spec.json"
OWNER: Final = "run.json"
WATCH: Final = "watch.json"
#: Locked by the one inspector that reads a run.
_READER: Final = "reader.lock"
_TIDY: Final = Path(PACKAGE) / "hosts" / "run" / "tidy.py"
RING: Final = ".ring"
#: What follows the name of a ring in that of the file that says how its process began.
BEGUN: Final = ".begun"

_PREFIX: Final = "run-"
#: Seconds in which whoever makes a folder has written who it is.
_YOUNG: Final = 60.0
_DAY: Final = 86_400.0


def make_folder() -> Path:
    """Make the folder of a run, and remove those of runs that are over.

    Raises:
        InspectorError: No private folder can be made.
    """
    trouble = "no folder for temporary files"
    for base in bases():
        try:
            base.mkdir(mode=PRIVATE, exist_ok=True)
            if not is_private(base):
                trouble = f"{base} belongs to another user, or others can write to it"
                continue
            remove_leftovers(base)
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        except OSError as error:
            trouble = f"{base}: {error.strerror}"
    try:  # somebody else has taken our name among the temporary files
        return Path(tempfile.mkdtemp(prefix=f"{BASE}-"))
    except OSError:
        hint = "Set XDG_RUNTIME_DIR or TMPDIR to a folder that only you can use."
        raise InspectorError(f"Cannot make a private folder: {trouble}.", hint) from None


def write_json(folder: Path, name: str, value: Mapping[str, Any]) -> None:
    """Write a file of a run, whole or not at all, readable by its user alone."""
    draft = folder / f".{name}.{os.getpid()}"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:  # noqa: PTH123
        json.dump(value, file)
    draft.replace(folder / name)


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """Return what is in a file of a run; empty when there is none, or when it is damaged."""
    try:
        value = json.loads((folder / name).read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def listen() -> Path:
    """Return the folder in which programs report that call ``inspector_agent.listen()``, and become its reader.

    What programs have reported that ended while nobody listened is read now, if it is younger than a day.

    Raises:
        InspectorError: Another inspector listens, or there is no private folder.
    """
    folder = listening_folder()
    if folder is None:
        hint = "Set XDG_RUNTIME_DIR or TMPDIR to a folder that only you can use."
        raise InspectorError("Cannot make a private folder.", hint)
    if _lives(read_json(folder, OWNER).get("reader")):
        raise InspectorError("Another inspector is listening.", "Use its window, or close it first.")
    remove_rings(folder, older_than=_DAY)
    me = identity_of(os.getpid())
    if me is not None:
        own(folder, "reader", me)
    return folder


def remove_rings(folder: Path, *, older_than: float = 0.0) -> None:
    """Remove the rings of processes that have ended.

    Args:
        folder: In which an inspector listens.
        older_than: Seconds since they were last written.
    """
    for ring in folder.glob(f"*{RING}"):
        pid = ring.name.partition(".")[0]
        with suppress(OSError):  # somebody else has removed it
            old = time.time() - ring.stat().st_mtime >= older_than
            if old and (not pid.isdigit() or identity_of(int(pid)) is None):
                ring.unlink()
                ring.with_name(ring.name + BEGUN).unlink(missing_ok=True)


def claim(folder: Path) -> int:
    """Become the reader of a run; return the descriptor that keeps others away until it is closed.

    Raises:
        InspectorError: Another inspector reads it, or it is over.
    """
    try:
        file = os.open(folder / _READER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        raise InspectorError("The program has ended.") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise InspectorError("Another inspector watches this program.", "Use its window, or close it first.") from None
    return file


def is_read(folder: Path) -> bool:
    """Return whether an inspector reads a run now."""
    try:
        os.close(claim(folder))
    except InspectorError:
        return True
    return False


def remove_later(folder: Path) -> None:
    """Let the folder of a run be removed when its command has ended, and no process of it lives any more."""
    if "command" in read_json(folder, OWNER):
        with suppress(OSError):  # then it is removed when the next run starts
            subprocess.run(  # noqa: S603 - our own file
                [sys.executable, *KEEPER_FLAGS, str(_TIDY), str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                check=False,
                cwd="/",
            )


def run_folders(base: Path) -> list[Path]:
    """Return the folders of runs in a place; none that somebody else could have made."""
    return [entry for entry in base.glob(f"{_PREFIX}*") if is_private(entry)]


def own(folder: Path, role: str, identity: ProcessIdentity) -> None:
    """Note that a process has to do with a run: as long as it lives the folder is not removed.

    Args:
        folder: The run's.
        role: ``command`` (the process that was started first), ``main`` (the command's own, where that is another) or
            ``reader``.
        identity: Which process.
    """
    owners = read_json(folder, OWNER)
    write_json(folder, OWNER, {**owners, role: list(identity)})


def remove(folder: Path) -> None:
    """Remove the folder of a run that is over; what others have removed already is fine."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_when_over(folder: Path) -> None:
    """Remove the folder of a run whose command has ended, unless a process of it still lives."""
    with suppress(OSError):
        if _has_process(folder):
            remove_later(folder)
        else:
            remove(folder)


def remove_leftovers(base: Path) -> None:
    """Remove folders of runs of which neither launcher, reader nor any process lives."""
    dead = [folder for folder in run_folders(base) if not _has_owner(folder) and not _has_process(folder)]
    if not dead:
        return
    used = {environment.get(RUN.encode()) for pid in all_pids() if (environment := environment_of(pid))}
    for folder in dead:
        if os.fsencode(folder) not in used:
            remove(folder)


def _has_owner(folder: Path) -> bool:
    """Return whether who started the run, or who reads it, lives; a folder that is just being filled has one too."""
    owners = read_json(folder, OWNER)
    if not owners:
        with suppress(OSError):
            return time.time() - folder.stat().st_mtime < _YOUNG
        return False
    return any(_lives(identity) for identity in owners.values())


def _lives(identity: Any) -> bool:
    good = type(identity) is list and len(identity) == 2 and all(type(part) is int for part in identity)
    return good and same_process(ProcessIdentity(*identity))


def _has_process(folder: Path) -> bool:
    """Return whether a process that has made a ring there may live; its number is enough to be careful."""
    pids = {name.partition(".")[0] for name in os.listdir(folder) if name.endswith(RING)}  # noqa: PTH208
    return any(pid.isdigit() and identity_of(int(pid)) is not None for pid in pids)
