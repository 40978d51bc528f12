"""Signals that ask for the end are obeyed whatever is open."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.patience import PATIENCE

#: Opens the window, has something opened in it, and says so.
CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog
from inspector.cli.programs import demo_program
from inspector.hosts.project import Project
from inspector.ui.application import create_application
from inspector.ui.shell.shell import Shell
from inspector.ui.opening import open_window

what, folder = sys.argv[1], Path(sys.argv[2])
application = create_application()
asked = []

def look():
    windows = application.topLevelWidgets()
    shell = next((window for window in windows if isinstance(window, Shell) and window.isVisible()), None)
    if shell is not None and "." in what and shell.bar.source.caption() not in ("", "starting…") and not asked:
        asked.append(what)
        shell._commands.run(what)
    if any(isinstance(window, QDialog) and window.isVisible() for window in windows) and not "open" in asked:
        asked.append("open")
        print("open", flush=True)

timer = QTimer(interval=50)
timer.timeout.connect(look)
timer.start()
project = None if "." in what else Project.from_options("parcels:bus", cwd=folder)
code = open_window(lambda: demo_program(7), db=folder / "s.db", project=project, confirmed=what != "consent")
sys.exit(code)
"""
PARCELS = {
    "consent": "bus = {}",
    "missing": "import os\nURL = os.environ['PARCELS_URL']",
    "trouble": "raise ValueError",
}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("what", ["consent", "missing", "trouble", "project.open", "session.import"])
def test_a_signal_ends_the_program_also_while_a_dialog_is_open(
    tmp_path: Path, what: str, number: signal.Signals
) -> None:
    (tmp_path / "parcels.py").write_text(PARCELS.get(what, ""))
    (tmp_path / "child.py").write_text(textwrap.dedent(CHILD))
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "child.py"), what, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            ready, _, _ = select.select([child.stdout], [], [], PATIENCE)
            assert ready, "the dialog did not open in time"
            line = child.stdout.readline()
            assert line == "open\n", child.stderr.read() if child.stderr is not None else ""
            child.send_signal(number)
            _, errors = child.communicate(timeout=PATIENCE)
        finally:
            child.kill()
    assert child.returncode == 128 + number, errors
    assert "Traceback" not in errors
