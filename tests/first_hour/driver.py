"""Opens the window on the display of the environment and does one task with real keys and clicks.

Usage: python -m tests.first_hour.driver TASK FOLDER
Prints what it took, as JSON. Exits 1 when the task could not be done.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Final

from PySide6.QtWidgets import QApplication

from inspector.app.notices import Notices
from inspector.app.places import layout_path, settings_path
from inspector.app.settings import Settings
from inspector.cli.programs import demo_program, demo_rows
from inspector.hosts.project import Project
from inspector.ui.application import create_application
from inspector.ui.first_frame import FirstFrame
from inspector.ui.kit.theme import Theme
from inspector.ui.loop import run as run_loop
from inspector.ui.window import Window
from tests.first_hour.hands import Hands
from tests.first_hour.tasks import TASKS, write_project
from tests.patience import until

SIZE: Final = (1440, 860)


def main(task: str, folder: Path) -> int:
    """Do a task; return the exit code."""
    application = create_application()
    notices = Notices()
    settings = Settings(settings_path(), notices)
    theme = Theme("dark")
    theme.apply(application)
    project = None
    if TASKS[task].project:
        project = Project(
            app=("parcels:bus",), cwd=write_project(folder), settings={"PARCELS_KEY": "1"}, catalog=("parcels:EVENTS",)
        )
    name, frame = time.strftime("%Y-%m-%d %H:%M:%S"), None
    if project is None:  # as the command does: the first frame has all that stands in the bar
        frame = FirstFrame(theme, settings, notices, layout_path(), SIZE, catalog=demo_rows(), name=name)
        frame.show()
    window = Window(
        *(lambda: demo_program(7), folder / "sessions.db", 7, settings, theme, notices),
        layout=layout_path(),
        size=SIZE,
        project=project,
        confirmed=True,
        name=name,
        frame=frame,
    )
    outcome: dict[str, Any] = {}

    async def do(stop: asyncio.Event) -> int:
        living = asyncio.ensure_future(window.live(stop))
        try:
            await until(lambda: window.workbench.view is not None, "the demo runs")
            await until(lambda: window.roof.complete, "all of the window is there")
            await until(lambda: QApplication.activeWindow() is window.shell, "the window has the keyboard")
            hands = Hands(window)
            shortest = TASKS[task]
            await shortest.do(hands, folder)
            outcome.update(clicks=hands.clicks, keys=hands.keys)
        except BaseException:
            outcome["trouble"] = traceback.format_exc()
            raise
        finally:
            window.shell.screen().grabWindow(0).save(str(folder / f"{task}.png"))
            stop.set()
            await living
        return 0

    try:
        code = run_loop(do, application, notices)
    except BaseException:
        code = 1
        outcome.setdefault("trouble", traceback.format_exc())
    print(json.dumps(outcome))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
