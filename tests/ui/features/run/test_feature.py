"""A command that is run from the window: its processes are told, nothing can be fired, and it ends with the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inspector.app.notices import Notices
from inspector.app.runs import RECENT_RUNS, RunOptions, recent_runs
from inspector.app.settings import Settings
from inspector.app.workbench import Workbench
from inspector.catalog.form import FireForm
from inspector.core.errors import InspectorError
from inspector.core.request import FireRequest
from inspector.hosts.run.folder import WATCH, make_folder, own, write_json
from inspector.hosts.run.host import LOOK_ONLY, RunHost
from inspector.hosts.run.proc import identity_of
from inspector.ui.features.fire.firing import Firing
from inspector.ui.features.processes.panel import ProcessesPanel
from inspector.ui.features.run.flow import RunFlow
from inspector.ui.kit.boxes import EmptyState
from tests.hosts.run import rings
from tests.patience import until
from tests.ui.windows import opened

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]

#: Reports as the agent does, on any Python, and publishes when it is told to. Run with -S it has no agent.
_PROGRAM = """
import os, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.hosts.run.rings import Reporting
process = Reporting(Path(os.environ["INSPECTOR_RUN"]), argv=("python", "shop.py"))
process.begin()
if "two" in sys.argv:
    other = Reporting(Path(os.environ["INSPECTOR_RUN"]), 1)
    other.begin()
print("serving", flush=True)
import time
while not Path("go").exists():
    time.sleep(0.01)
process.publish()
while True:
    time.sleep(1)
"""


async def test_a_command_is_run_and_watched(tmp_path: Path) -> None:
    root = str(Path(rings.__file__).parents[3])
    (tmp_path / "shop.py").write_text(_PROGRAM.format(root=root))
    async with opened(tmp_path / "sessions.db") as desk:
        window = desk.window
        flow = window.shell.findChild(RunFlow) or window.context.findChild(RunFlow)
        assert isinstance(flow, RunFlow)
        dialog = flow.ask()
        dialog.command.setText("no-such-command x")
        dialog.folder.setText(str(tmp_path))
        dialog._check()
        assert not dialog.run_button.isEnabled()
        dialog.command.setText(f"{sys.executable} -S shop.py")
        dialog._check()
        assert dialog.run_button.isEnabled()
        dialog.run_button.click()
        host = await running(desk.window.workbench)
        await until(lambda: window.shell.bar.source.caption().endswith("shop.py · 1 process"))

        def everywhere() -> list[str]:
            return [place.words() for place in window.shell.findChildren(EmptyState)]

        watching = "Watching shop Nothing published yet. 1 process is reporting: main"
        places = window.shell.findChildren(EmptyState)
        await until(lambda: any(place.roomy and watching in place.words() for place in places))
        assert window.workbench.fire_blocked() == window.workbench.faults_blocked() == LOOK_ONLY
        with pytest.raises(InspectorError, match="Look only"):
            window.workbench.fire(FireRequest("Placed", [{}]))
        (tmp_path / "go").touch()
        await until(lambda: len(window.workbench.recording.journal.executions) == 1)
        assert not window.workbench.recording.journal.running
        await until(lambda: not any("Watching shop" in words for words in everywhere()), "something has been published")
        journal = window.workbench.recording.journal
        await until(lambda: "serving" in [record.sentence for record in journal.host_records])
        options = RunOptions(f"{sys.executable} -S shop.py", str(tmp_path))
        await until(lambda: recent_runs(window.settings) == [options])  # as soon as the demo has ended
        assert window.commands.run("run.stop")
        await until(lambda: not host.running)
        await until(lambda: window.shell.bar.source.caption().endswith("· ended"))
        assert window.workbench.recording.journal.processes.by_number[1].code == -15
        assert not any("Nothing was published" in words for words in everywhere())


async def running(workbench: Workbench) -> RunHost:
    await until(lambda: isinstance(workbench.host, RunHost))
    host = workbench.host
    assert isinstance(host, RunHost)
    return host


def test_what_was_run_is_remembered_and_what_is_damaged_left_out(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json", Notices())
    settings.set(RECENT_RUNS, ["{", "[]", json.dumps({"command": "x", "cwd": "/y"}), json.dumps({"cwd": "/y"})])
    assert recent_runs(settings) == [RunOptions("x", "/y")]


async def test_firing_is_allowed_by_a_switch_and_absent_without(tmp_path: Path) -> None:
    root = str(Path(rings.__file__).parents[3])
    (tmp_path / "shop.py").write_text(_PROGRAM.format(root=root))
    async with opened(tmp_path / "sessions.db") as desk:
        window, workbench = desk.window, desk.window.workbench
        bar, commands = window.shell.bar, window.commands
        fires = ("fire.selected", "fire.again", "faults.toggle", "retry.execution", "execution.edit", "faults.add")
        assert all(commands.present(command) for command in fires)
        assert not commands.present("fire.allow")
        flow = window.context.findChild(RunFlow)
        assert isinstance(flow, RunFlow)
        flow.run(RunOptions(f"{sys.executable} -S shop.py two", str(tmp_path)))
        await running(workbench)
        await until(lambda: workbench.firing is not None and len(workbench.firing.targets("Placed")) == 2)
        assert any(item.hint == "watched" and "shop.py two" in item.label for item in flow.attach_items())
        assert not any(commands.present(command) for command in fires)
        switch, fire = bar.button("fire.allow"), bar.button("fire.selected")
        assert switch is not None
        assert fire is not None
        assert (switch.isVisible(), fire.isVisible()) == (True, False)
        switch.click()
        assert workbench.fire_blocked() == ""
        assert all(commands.present(command) for command in fires)
        assert (switch.isVisible(), fire.isVisible()) == (True, True)
        context_firing = window.context.findChild(Firing)
        assert isinstance(context_firing, Firing)
        context_firing.attempt(FireForm("Placed", {}))
        asking = desk.notices[-1]
        assert asking.text == "Placed can be fired into 2 processes."
        assert [action.label.split()[0] for action in asking.actions] == ["main", "main"]
        asking.actions[1].run()
        assert workbench.firing is not None
        assert workbench.firing.process == 2
        assert "does not know yet that firing is allowed" in desk.notices[-1].text
        processes = window.shell.findChild(ProcessesPanel)
        assert isinstance(processes, ProcessesPanel)
        await until(lambda: processes.model.rowCount() == 2)
        items = window.shell.bar.source._provider()
        assert [item.label.split()[0] for item in items[:2]] == ["main", "main"]
        assert all("since" in item.hint for item in items[:2])
        assert items[1].run is not None
        items[1].run()
        assert bar.filter.text() == "process:2"
        everything = next(item for item in items if item.label == "All processes")
        assert everything.run is not None
        everything.run()
        assert bar.filter.text() == ""
        assert [item.label for item in items[-4:]] == ["Run command…", "Open project…", "Back to demo", "Stop command"]
        (into,) = (item for item in processes.menu_items(0) if item.label == "Fire into this process")
        assert into.run is not None
        into.run()
        assert workbench.firing.process == 1
        switch.click()
        assert not fire.isVisible()
        assert workbench.fire_blocked() == LOOK_ONLY


@contextmanager
def running_alone(folder: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """Run a program that reports, and that nobody reads."""
    folder.chmod(0o700)
    (folder / "shop.py").write_text(_PROGRAM.format(root=str(Path(rings.__file__).parents[3])))
    (folder / "go").touch()
    run = make_folder()
    variables = {**os.environ, "INSPECTOR_RUN": str(run)}
    words = [sys.executable, "-S", "shop.py"]
    with subprocess.Popen(words, cwd=folder, env=variables, stdout=subprocess.DEVNULL) as process:
        identity = identity_of(process.pid)
        assert identity is not None
        own(run, "command", identity)
        write_json(run, WATCH, {"words": words, "program": sys.executable, "name": "shop"})
        yield run, process
        process.kill()


async def test_the_window_attaches_to_a_program_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other runs of the user are not ours
    with running_alone(tmp_path) as (run, process):
        async with opened(tmp_path / "sessions.db") as desk:
            flow = desk.window.context.findChild(RunFlow)
            assert isinstance(flow, RunFlow)
            (item,) = flow.attach_items()
            assert item.run is not None
            assert item.label.endswith(f"shop.py · pid {process.pid}")
            item.run()
            host = await running(desk.window.workbench)
            await until(lambda: len(desk.window.workbench.recording.journal.executions) == 1)
            assert not host.ends_with_us
            desk.window.commands.run("run.attach")
            await until(lambda: desk.notices[-1].text == "No running programs.")
        assert run.exists()
    await until(lambda: not run.exists())
