"""How soon the window is there: its first frame beside a bare Qt window's, and `--version` beside an empty program.

The first frame is there when rows of the catalog, the axis of the timeline and the Fire button have been painted, all
three: counted from the start of the process, wall time and CPU time of all its threads. Each measurement is a process
of its own; the two of a pair take turns, and a figure is the ratio of their medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import Figure, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = Path(__file__).resolve().parent.parent
#: Most times that our first frame may take as long as a bare window's.
BOUND = 3.0
_ROUNDS = 9
_VERSION_ROUNDS = 21
_SECONDS = 60
_REPORT = """
import os, sys, time

begun = int(sys.argv[1])

def report():
    times = time.perf_counter_ns() - begun, time.process_time_ns()
    print(*times, flush=True)
    os._exit(0)
"""
#: The smallest window: what everybody pays who shows one from Python.
BARE = f"""{_REPORT}
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, report)

application = QApplication(sys.argv)
window = Window()
window.resize(1600, 1000)
window.show()
application.exec()
"""
#: Ours, as the command opens it. What is watched is imported by the window in any case.
OURS = f"""{_REPORT}
from inspector.__main__ import main
import inspector.cli.window

missing = {{"rows", "axis", "button"}}
show = inspector.cli.window.show

def watched_show(*arguments, **options):
    from PySide6.QtCore import QTimer
    from inspector.ui.features.catalog.delegate import CatalogDelegate
    from inspector.ui.features.timeline import bare
    from inspector.ui.kit.buttons import Button

    def watch(owner, name, part, wanted=lambda *_: True):
        paint = getattr(owner, name)
        def painted(*arguments, **options):
            paint(*arguments, **options)
            if part in missing and wanted(*arguments):
                missing.remove(part)
                if not missing:
                    QTimer.singleShot(0, report)
        setattr(owner, name, painted)

    watch(CatalogDelegate, "paint", "rows")
    watch(bare, "paint_axis", "axis")
    watch(Button, "paintEvent", "button", lambda button, _: button.objectName() == "fire.selected")
    return show(*arguments, **options)

inspector.cli.window.show = watched_show
sys.argv[1:] = ["--db", sys.argv[2]]
main()
"""


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of what is measured: nothing remembered, and modules compiled once, as if installed."""
    names = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "PYTHONPYCACHEPREFIX")
    rest = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    places = {name: str(folder / name) for name in names}
    return {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(_ROOT), **rest, **places}


def first_frame(script: str, folder: Path) -> tuple[int, int]:
    """Run a script that shows a window; return wall and CPU time of its first frame, ns."""
    command = [sys.executable, "-c", script, str(time.perf_counter_ns()), str(folder / "sessions.db")]
    done = subprocess.run(
        command, env=environment(folder), cwd=folder, timeout=_SECONDS, check=True, stdout=subprocess.PIPE, text=True
    )
    wall, cpu = map(int, done.stdout.split())
    return wall, cpu


def seconds(folder: Path, *arguments: str) -> float:
    """Run Python with these arguments; return how long it takes, s."""
    command, start = [sys.executable, *arguments], time.perf_counter()
    subprocess.run(command, env=environment(folder), timeout=_SECONDS, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def run() -> list[Figure]:
    """Measure both pairs; the first round, which compiles, does not count."""
    frames: dict[str, list[tuple[int, int]]] = {BARE: [], OURS: []}
    commands: dict[tuple[str, ...], list[float]] = {("-c", "pass"): [], ("-m", "inspector", "--version"): []}
    with tempfile.TemporaryDirectory(prefix="start-", ignore_cleanup_errors=True) as folder:
        for _ in range(_ROUNDS + 1):
            for script, times in frames.items():
                times.append(first_frame(script, Path(folder)))
        for _ in range(_VERSION_ROUNDS + 1):
            for command, took in commands.items():
                took.append(seconds(Path(folder), *command))
    wall, cpu = (_ratio(*([times[which] for times in rounds[1:]] for rounds in frames.values())) for which in range(2))
    version = _ratio(*(took[1:] for took in commands.values()))
    return [
        figure("start.first_frame_vs_bare_window_wall", wall, "<=", BOUND),
        figure("start.first_frame_vs_bare_window_cpu", cpu, "<=", BOUND),
        figure("start.version_vs_empty_program", version, "<=", 2.5),
    ]


def _ratio(base: Sequence[float], ours: Sequence[float]) -> float:
    return statistics.median(ours) / statistics.median(base)


if __name__ == "__main__":
    print(run())
