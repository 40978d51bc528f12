"""Reloading a project: what is pinned is fired again, and may hang."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.app.notices import Notices
from inspector.app.project_file import write_bus_tables
from inspector.app.recording import Recording
from inspector.app.reload import Reloaded, Reloader
from inspector.app.tasks import TaskOwner
from inspector.catalog.form import FireForm
from inspector.hosts.child import ChildHost
from inspector.hosts.project import Project
from tests.patience import PATIENCE, until

PROGRAM = """
import time
from dataclasses import dataclass

@dataclass(frozen=True)
class Placed:
    number: int = 1

def ship(event):
    {body}

class Bus:
    def __init__(self):
        self.handlers = {{Placed: [ship]}}
    def publish(self, event):
        for handler in self.handlers[type(event)]:
            handler(event)

bus = Bus()
"""


async def test_saving_again_while_what_is_pinned_hangs_loads_the_mended_program(tmp_path: Path) -> None:
    file = tmp_path / "parcels.py"
    file.write_text(PROGRAM.format(body="time.sleep(3600)"))
    host = ChildHost(Project.from_options("parcels:bus", cwd=tmp_path))
    tasks = TaskOwner(Notices())
    recording = Recording(host, None, tasks, name="reload")
    await recording.start()
    told: list[Reloaded] = []
    reloader = Reloader(recording, host, tasks, told.append)
    try:
        reloader.pin(FireForm("Placed", {}))
        hanging = asyncio.ensure_future(reloader.reload())
        while not len(recording.journal.executions):  # noqa: ASYNC110 - it hangs now
            await asyncio.sleep(0.01)
        file.write_text(PROGRAM.format(body="pass"))
        mended = await asyncio.wait_for(reloader.reload(), PATIENCE)
        assert await asyncio.wait_for(hanging, PATIENCE) is None
        assert told == [mended]
        assert mended is not None
        assert mended.trouble is None
        assert recording.journal.execution(len(recording.journal.executions) - 1).status == "ok"
    finally:
        reloader.stop()
        await recording.close()


SETTINGS = '[tool.inspector]\napp = "parcels:bus"\n'
OTHERS = SETTINGS + '[tool.inspector.bus]\npublish = "publish"\n'
DECLARED: dict[str, Any] = {"handlers": ["handlers"]}
Edit = Callable[[Path], object]


class Watched:
    """A project that runs and is reloaded; what its watch notices is told by hand."""

    def __init__(self, folder: Path) -> None:
        self.settings = folder / "pyproject.toml"
        self.program = folder / "parcels.py"
        self.program.write_text(PROGRAM.format(body="pass"))
        self.settings.write_text(SETTINGS)
        project = Project.from_folder(folder)
        assert project is not None
        self.host = ChildHost(project)
        self.tasks = TaskOwner(Notices())
        self.told: list[Reloaded] = []
        self.recording = Recording(self.host, None, self.tasks, name="reload")

    async def __aenter__(self) -> Watched:
        await self.recording.start()
        self.reloader = Reloader(self.recording, self.host, self.tasks, self.told.append)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reloader.stop()
        await self.recording.close()

    @property
    def bus(self) -> object:
        return self.host.project.bus

    def save(self, table: dict[str, Any] | None) -> None:
        """Save what is declared of the bus, as the window does."""
        tables = [("", table)] if table is not None else []
        self.reloader.wrote(self.settings, write_bus_tables(self.settings, tables))

    async def choose(self, bus: dict[str, Any] | None) -> None:
        await self.reloader.reload(project=replace(self.host.project, bus=bus))

    async def notice(self, *files: Path) -> int:
        """Let the watch tell what was saved, and what comes of that end; return how many reloads that were."""
        before = len(self.told)
        self.reloader._saved(tuple(map(str, files)))
        await asyncio.sleep(0)
        await until(lambda: not self.tasks.running("Reloading the project"), "reloaded")
        return len(self.told) - before


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with Watched(tmp_path) as there:
        yield there


async def test_what_we_save_ourselves_is_not_loaded_again(watched: Watched) -> None:
    await watched.choose(DECLARED)
    watched.save(DECLARED)
    assert await watched.notice(watched.settings) == 0
    await watched.choose(None)  # reset, and the watch is slower than a person
    assert await watched.notice(watched.settings) == 0
    assert await watched.notice(watched.settings, watched.program) == 1
    assert watched.bus is None


async def test_of_two_saves_neither_is_loaded_again(watched: Watched) -> None:
    watched.save(DECLARED)
    watched.save({"publish": "publish"})
    assert await watched.notice(watched.settings) == 0
    watched.save(None)
    assert await watched.notice(watched.settings) == await watched.notice(watched.settings) == 0


def _at_the_same_time(file: Path) -> None:
    """Exchange a letter, within one tick of the clock that files have."""
    stat = file.stat()
    file.write_text(file.read_text().replace('"handlers"', '"handler_"'))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (file.stat().st_mtime_ns, file.stat().st_size) == (stat.st_mtime_ns, stat.st_size)


def _by_another(file: Path) -> None:
    """Put another in its place, as many editors do."""
    other = file.with_suffix(".new")
    other.write_text(OTHERS)
    other.replace(file)


def _again(file: Path) -> None:
    """Save the same, later."""
    later = file.stat().st_mtime_ns + 1
    os.utime(file, ns=(later, later))


@pytest.mark.parametrize(
    ("edit", "bus"),
    [
        (lambda file: file.write_text(OTHERS), {"publish": "publish"}),
        (lambda file: file.write_text(SETTINGS), None),
        (_by_another, {"publish": "publish"}),
        (_at_the_same_time, {"handlers": ["handler_"]}),
        (_again, DECLARED),
    ],
)
@pytest.mark.parametrize("chosen", [False, True])
async def test_what_another_editor_saves_right_after_us_is_loaded(
    watched: Watched, edit: Edit, bus: dict[str, Any] | None, chosen: bool
) -> None:
    watched.save(DECLARED)
    if chosen:
        await watched.choose({"handlers": ["others"]})
    edit(watched.settings)
    assert await watched.notice(watched.settings) == 1
    assert watched.bus == bus


async def test_our_save_does_not_hide_that_another_came_before_and_stands_there_again(watched: Watched) -> None:
    watched.save(DECLARED)
    ours = watched.settings.with_suffix(".ours")
    shutil.copy2(watched.settings, ours)
    watched.settings.write_text(OTHERS)
    assert await watched.notice(watched.settings) == 1
    ours.replace(watched.settings)  # the very same, put back
    assert await watched.notice(watched.settings) == 1
    assert watched.bus == DECLARED


async def test_what_was_chosen_after_another_has_saved_the_file_stays_and_what_he_saves_later_is_loaded(
    watched: Watched,
) -> None:
    watched.settings.write_text(OTHERS)
    await watched.choose(DECLARED)
    assert await watched.notice(watched.settings) == 0
    assert watched.bus == DECLARED
    _again(watched.settings)
    assert await watched.notice(watched.settings) == 1
    assert watched.bus == {"publish": "publish"}


async def test_what_is_chosen_of_anything_else_leaves_what_was_saved_of_the_bus(watched: Watched) -> None:
    watched.settings.write_text(OTHERS)
    await watched.reloader.reload(project=replace(watched.host.project, load_timeout=77.0))
    assert await watched.notice(watched.settings) == 1
    assert (watched.bus, watched.host.project.load_timeout) == ({"publish": "publish"}, 77.0)


async def test_a_save_counts_that_comes_while_a_choice_still_waits_to_be_loaded(watched: Watched) -> None:
    loading = asyncio.ensure_future(watched.reloader.reload())
    await until(lambda: watched.host.reloading, "it is being loaded")
    waiting = asyncio.ensure_future(watched.reloader.reload(project=replace(watched.host.project, bus=DECLARED)))
    await asyncio.sleep(0)
    watched.settings.write_text(OTHERS)
    _again(watched.settings)
    await watched.notice(watched.settings)
    assert await waiting is None
    await loading
    assert watched.told[-1].files == (str(watched.settings),)
    assert watched.bus == {"publish": "publish"}


async def test_a_file_that_is_wrong_or_gone_is_told_as_before(watched: Watched) -> None:
    watched.save(DECLARED)
    watched.settings.write_text("[tool.inspector")
    assert await watched.notice(watched.settings) == 1
    assert watched.told[-1].trouble is not None
    watched.settings.unlink()
    assert await watched.notice(watched.settings) == 1
    assert watched.told[-1].trouble is None


async def test_the_watch_itself_tells_what_others_save_and_nothing_of_ours(watched: Watched) -> None:
    watched.reloader.start()
    watched.save(DECLARED)
    await watched.choose(None)
    os.utime(watched.program, ns=(1, 1))
    await until(lambda: len(watched.told) == 2, "the program was saved")
    assert watched.bus is None
    _by_another(watched.settings)
    await until(lambda: len(watched.told) == 3, "the settings were saved")
    assert watched.bus == {"publish": "publish"}
    assert [told.files for told in watched.told] == [(), (str(watched.program),), (str(watched.settings),)]
