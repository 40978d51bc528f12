"""What a frame of the timeline costs, beside an empty pyqtgraph view and the naive ways, in one run.

A frame is one in which something moved: every view is panned by three pixels and painted. Unchanged views are
painted from what was painted before, by pyqtgraph as by us; they are measured apart. What is compared is measured in
turns, the naive ways too: measured one after the other, a slow moment of the machine met only one of the two.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from array import array
from statistics import median
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView, QWidget

from benchmarks import Figure, figure
from inspector.analysis.entries import Change
from inspector.analysis.journal import Journal
from inspector.core.description import EventDescription
from inspector.core.records.records import SessionStarted
from inspector.ui.features.timeline.canvas import TimelineCanvas
from inspector.ui.features.timeline.controller import TimelineController
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LANES = 100
SIZE = (1600, 900)
MILLION = 1_000_000
RATE = 10_000
#: One item per execution is measured with fewer of them and scaled: all of them would take minutes to make.
FEW_ITEMS = 50_000
NAMES = ("full", "mid", "deep")
PHASES = ("attempted", "succeeded", "failed")


def executions(count: int, seed: int = 1, *, overlapping: bool = False) -> dict[str, Any]:
    """Columns of executions in 100 lanes: log-normal lengths around 0.2 ms, two failures in a thousand.

    Those of a lane follow one another, or overlap as chance has it (the 100 lanes then have over 300 rows).
    """
    rng = np.random.default_rng(seed)
    length = np.maximum(rng.lognormal(np.log(2e5), 1.4, count), 2_000).astype(np.int64)
    if overlapping:
        start = np.sort((rng.random(count) * count / RATE * 1e9).astype(np.int64))
        lane = rng.integers(0, LANES, count)
    else:
        turn = LANES * 10**9 // RATE
        start = np.arange(count) * (10**9 // RATE) + rng.integers(0, 10**9 // RATE, count)
        lane = np.arange(count) % LANES
        length = np.minimum(length, turn * 9 // 10)
    status = np.where(rng.random(count) < 0.002, rng.integers(3, 8, count), 1)
    return {
        "start": start,
        "end": start + length,
        "publication": np.arange(count) // 2,
        "handler": lane,
        "event": rng.integers(0, 30, count),
        "status": status,
        "level": np.zeros(count),
        "fault": np.zeros(count),
        "on_loop": length // 2,
        "retry": np.zeros(count),
        "error": np.full(count, -1),
    }


def new_journal() -> Journal:
    journal = Journal()
    journal.session = SessionStarted(0, 1_770_000_000_000_000_000, "benchmark", "", "")
    journal.events += [
        EventDescription(f"E{n}", f"b.E{n}", f"E{n}", "c", f"w{n // 3}", PHASES[n % 3]) for n in range(30)
    ]
    for lane in range(LANES):
        journal.handler_number(f"benchmark:Handler{lane:02}.handle")
    return journal


def append(journal: Journal, columns: dict[str, Any]) -> Change:
    """Put executions and their publications into a journal, past the decoding of rows."""
    count = len(columns["start"])
    change = Change(len(journal.executions), len(journal.publications))
    made = len(range(0, count, 2))
    at = columns["start"][::2]
    ids = np.zeros((made, 16), np.uint8)
    first = change.first_execution + 2 * np.arange(made)
    journal.publications.extend(
        {
            "at": at,
            "end": at,
            "event": np.arange(made) % 30,
            "cause": np.full(made, -1),
            "fire": np.zeros(made),
            "handlers": np.full(made, 2),
            "first": first,
            "last": first + 1,
            "event_id": ids,
            "correlation": ids,
            "process": np.zeros(made),
        }
    )
    journal.executions.extend(columns)
    for numbering, more in ((journal.publication_numbers, made), (journal.execution_numbers, count)):
        numbering.add_run(numbering.last + 1, more)
    journal.now = max(journal.now, int(columns["end"].max()))
    change.ended = array("q", range(change.first_execution, len(journal.executions)))
    return change


class Filled:
    """A timeline of 1600x900 with all 100 lanes in sight."""

    def __init__(self, count: int, *, overlapping: bool = False) -> None:
        self.journal = new_journal()
        append(self.journal, executions(count, overlapping=overlapping))
        self.controller = TimelineController(Selection(), time.monotonic, lambda: None)
        self.canvas = TimelineCanvas(Theme("dark"), self.controller)
        self.canvas.resize(*SIZE)
        self.controller.lanes.state.density = "dense"
        self.controller.lanes.state.collapsed = {f"handler:Handler{lane:02}" for lane in range(LANES)}
        self.controller.set_journal(self.journal, live=False)
        while not self.controller.advance():
            pass
        self.canvas.show()
        self.controller.resize(*SIZE)

    def look(self, name: str) -> None:
        """Look at all of it, at a hundredth, at a ten-thousandth."""
        whole = self.journal.now
        span = {"full": whole, "mid": whole // 100, "deep": whole // 10_000}[name]
        self.controller.show(whole // 3 if name != "full" else 0, (whole // 3 if name != "full" else 0) + span)


def still(widget: QWidget) -> Callable[[], None]:
    """Return what paints a widget once more, as it stands."""
    painted = widget.viewport() if isinstance(widget, QGraphicsView) else widget
    return painted.repaint


def moving(filled: Filled) -> Callable[[], None]:
    """Return what pans our timeline by a few pixels and paints it: a frame in which everything is somewhere else."""
    steps = itertools.cycle((3, -3))

    def frame() -> None:
        filled.controller.pan(next(steps))
        filled.canvas.repaint()

    return frame


def moving_plot(view: Any) -> Callable[[], None]:
    """Return what pans a pyqtgraph view by a few pixels and paints it."""
    (low, high), _ = view.viewRange()
    step = (high - low) * 3 / SIZE[0]
    steps = itertools.cycle((step, 0.0))

    def frame() -> None:
        offset = next(steps)
        view.setXRange(low + offset, high + offset, padding=0)
        view.viewport().repaint()

    return frame


def milliseconds(work: Callable[[], object], times: int = 25) -> list[float]:
    """Measure a few times, after one time that does not count."""
    work()
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append((time.perf_counter() - begun) * 1e3)
    return sorted(found)


def side_by_side(
    works: Mapping[str, Callable[[], object]], turns: int = 7, times: int = 20
) -> dict[str, list[list[float]]]:
    """Measure several works in turns of some frames, so that a slow moment of the machine meets all of them."""
    found: dict[str, list[list[float]]] = {name: [] for name in works}
    for _ in range(turns):
        for name, work in works.items():
            found[name].append(milliseconds(work, times))
    return found


def typical(turns: list[list[float]]) -> float:
    return median(value for turn in turns for value in turn)


def p95(turns: list[list[float]]) -> float:
    """Return the 95th percentile of a turn, as it is in the middle one of the turns: others use the machine too."""
    return median(turn[int(len(turn) * 0.95) - 1] for turn in turns)


def empty_view() -> QWidget:
    import pyqtgraph as pg

    view = pg.PlotWidget()
    view.resize(*SIZE)
    view.show()
    return view  # type: ignore[no-any-return]


def bar_graph(columns: dict[str, Any]) -> QWidget:
    import pyqtgraph as pg

    view = pg.PlotWidget()
    view.resize(*SIZE)
    start, length = columns["start"] / 1e9, (columns["end"] - columns["start"]) / 1e9
    view.addItem(pg.BarGraphItem(x0=start, width=length, y0=columns["handler"], height=0.8, pen=None, brush="g"))
    view.show()
    return view  # type: ignore[no-any-return]


def item_view(columns: dict[str, Any]) -> QWidget:
    scene = QGraphicsScene()
    width = columns["end"].max() / SIZE[0]
    chosen = slice(0, FEW_ITEMS)
    step = len(columns["start"]) // FEW_ITEMS
    for start, end, lane in zip(
        *(columns[name][::step][chosen].tolist() for name in ("start", "end", "handler")), strict=True
    ):
        scene.addRect(QRectF(start / width, lane * 8, max((end - start) / width, 1), 6), brush=Qt.GlobalColor.green)
    view = QGraphicsView(scene)
    view.resize(*SIZE)
    scene.setParent(view)
    view.show()
    return view


def appended(filled: Filled, times: int = 12) -> float:
    """Milliseconds to take 10,000 executions into columns, spans, rows and pyramid."""
    found = []
    for number in range(times):
        fresh = executions(10_000, seed=100 + number)
        fresh["start"] += filled.journal.now
        fresh["end"] += filled.journal.now
        begun = time.perf_counter()
        filled.controller.folded(append(filled.journal, fresh))
        found.append((time.perf_counter() - begun) * 1e3)
    return median(found)


def bytes_each(filled: Filled) -> float:
    journal, source = filled.journal, filled.controller.source
    return (journal.executions.nbytes + journal.publications.nbytes + source.nbytes) / len(journal.executions)


def frames(filled: dict[str, Filled], empty: QWidget, log: Callable[[str], object]) -> tuple[list[Figure], list[float]]:
    """Compare frames at full, middle and deep zoom with those of an empty view; gives ours in ms too."""
    figures, ours = [], []
    for name in NAMES:
        for one in filled.values():
            one.look(name)
        works: dict[str, Callable[[], object]] = {key: moving(one) for key, one in filled.items()}
        works |= {"still": still(filled["1m"].canvas), "still empty": still(empty), "empty": moving_plot(empty)}
        times = side_by_side(works)
        nothing, million, ten, crowd = (typical(times[key]) for key in ("empty", "1m", "10m", "overlapping"))
        ours.append(million)
        log(
            f"{name}: empty view {nothing:.2f} ms, 1M {million:.2f} (p95 {p95(times['1m']):.2f}), 10M {ten:.2f}, "
            f"1M overlapping {crowd:.2f}; unchanged: empty {typical(times['still empty']):.2f}, "
            f"1M {typical(times['still']):.2f}"
        )
        figures += [
            figure(f"timeline.frame_{name}_vs_empty_view", million / nothing, "<=", 2.5),
            figure(f"timeline.frame_{name}_p95_vs_empty_view", p95(times["1m"]) / nothing, "<=", 2.5),
            figure(f"timeline.frame_{name}_overlapping_vs_empty_view", crowd / nothing, "<=", 2.5),
            figure(
                f"timeline.frame_{name}_unchanged_vs_empty_view",
                typical(times["still"]) / typical(times["still empty"]),
                "<=",
                2.5,
            ),
            figure(f"timeline.frame_{name}_10m_vs_1m", ten / million, "<=", 2.0),
        ]
    worst = max(one["value"] for one in figures if one["name"].endswith("10m_vs_1m"))
    return [*figures, figure("timeline.frame_10m_vs_1m", worst, "<=", 2.0)], ours


def run(log: Callable[[str], object] = lambda _: None) -> list[Figure]:
    """Measure everything; every ratio is of two figures of this run."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    filled = {"1m": Filled(MILLION), "10m": Filled(10 * MILLION), "overlapping": Filled(MILLION, overlapping=True)}
    empty, bars, items = empty_view(), bar_graph(executions(MILLION)), item_view(executions(MILLION))
    application.processEvents()
    figures, ours = frames(filled, empty, log)
    filled["1m"].look(NAMES[ours.index(max(ours))])
    works = {"ours": moving(filled["1m"]), "bars": moving_plot(bars), "items": still(items)}
    times = {name: typical(turns) for name, turns in side_by_side(works, turns=7, times=3).items()}
    worst_frame, naive, scaled = times["ours"], times["bars"], times["items"] * MILLION / FEW_ITEMS
    log(f"pyqtgraph BarGraphItem {naive:.1f} ms, an item per execution {scaled:.0f} ms (scaled from {FEW_ITEMS})")
    adding = appended(filled["1m"])
    log(f"append 10,000: {adding:.2f} ms")
    worst = max(bytes_each(one) for one in filled.values())
    for widget in (*(one.canvas for one in filled.values()), empty, bars, items):
        widget.close()
    return [
        *figures,
        figure("timeline.frame_vs_bargraph", worst_frame / naive, "<=", 0.2),
        figure("timeline.frame_vs_item_per_execution", worst_frame / scaled, "<=", 0.05),
        figure("timeline.append_10k_vs_frames", adding / median(ours), "<=", 1.2),
        figure("timeline.bytes_per_execution", worst, "<=", 120.0),
    ]


if __name__ == "__main__":
    for line in run(print):
        print(line)
