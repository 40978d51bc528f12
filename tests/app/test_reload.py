"""Reloading a project: what is pinned is fired again, and may hang."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path

from inspector.app.notices import Notices
from inspector.app.recording import Recording
from inspector.app.reload import Reloaded, Reloader
from inspector.app.tasks import TaskOwner
from inspector.catalog.form import FireForm
from inspector.hosts.child import ChildHost
from inspector.hosts.project import Project
from tests.patience import PATIENCE

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


async def test_what_was_chosen_after_a_file_was_saved_is_not_undone_when_that_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "parcels.py").write_text(PROGRAM.format(body="pass"))
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.inspector]\napp = "parcels:bus"\npublish = "publish"\n')
    project = Project.from_folder(tmp_path)
    assert project is not None
    host = ChildHost(project)
    recording = Recording(host, None, TaskOwner(Notices()), name="reload")
    await recording.start()
    reloader = Reloader(recording, host, TaskOwner(Notices()), lambda _: None)
    try:
        await reloader.reload(project=replace(project, publish=""))
        await reloader.reload([str(settings)])  # the watch is slower than a person
        assert host.project.publish == ""
        later = time.time() + 60
        os.utime(settings, (later, later))
        await reloader.reload([str(settings)])
        assert host.project.publish == project.publish == "publish"
    finally:
        reloader.stop()
        await recording.close()
