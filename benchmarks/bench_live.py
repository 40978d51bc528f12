"""The whole window while 10,000 executions a second come on top of a million: how long it goes without a frame.

Everything that runs in the program runs here: rows from another thread, stream, store, journal, all panels of the
window, painting. Only the program under observation is played from a list, so that its own work is not measured.

These figures are milliseconds, no ratios: what a person feels as a stall does not depend on the machine.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from benchmarks import Figure, figure
from benchmarks.bench_timeline import LANES, MILLION, RATE, append, executions, new_journal
from inspector.app.memory import settle_memory
from inspector.core.errors import InspectorError
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    SESSION_STARTED,
    Row,
)
from inspector.core.records.stream import LiveStream
from inspector.hosts.turns import SWITCH_INTERVAL
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.opening import open_window
from inspector.ui.shell.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.agent.program import Program
    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.app.recording import Host, Recording
    from inspector.core.faults import FaultRule
    from inspector.core.records.numbers import FireNumber
    from inspector.core.request import FireRequest

SIZE = (1600, 1000)
SECONDS = 2.0
PANELS = ("log", "latency", "failures")
#: Each panel is in front so often; its best time counts, for whatever else the machine does takes frames away, too.
TIMES = 4
#: A panel that is brought to the front makes its charts then.
_SETTLING = 0.4
#: Not measured: imports, first layouts and the growing of caches.
WARM_UP = 2
HANDLERS = 2
_PAYLOAD = '{"email":"ada@example.org","reason":"wrong password","attempt":3,"ip_address":"203.0.113.9"}'
_FAILURE = '{"type":"KeyError","module":"builtins","message":"no such key","frames":[]}'


def played(seconds: float, publications: int, already: int, since: int) -> list[tuple[int, Row]]:
    """Return what a program says, each row with its time: publications with two handlers that overlap."""
    rng = np.random.default_rng(3)
    count = int(seconds * RATE / HANDLERS)
    gap = int(1e9 * HANDLERS / RATE)
    lengths = np.maximum(rng.lognormal(np.log(2e5), 1.2, (count, HANDLERS)), 2_000).astype(np.int64).tolist()
    wrong = (rng.random((count, HANDLERS)) < 0.002).tolist()
    rows: list[tuple[int, Row]] = []
    execution = already
    for number in range(count):
        at, publication = since + number * gap, publications + number + 1
        context, identity = '{"session":true,"metadata":{}}', f"00000000-0000-4000-8000-{publication:012x}"
        name = f"E{number % 30}"
        rows.append((at, (PUBLISHED, at, publication, name, identity, identity, 0, 1, _PAYLOAD, context, HANDLERS, 0)))
        ends = []
        for position, (length, bad) in enumerate(zip(lengths[number], wrong[number], strict=True)):
            execution += 1
            key = f"benchmark:Handler{(number * HANDLERS + position) % LANES:02}.handle"
            rows.append((at + 1000, (HANDLER_STARTED, at + 1000, execution, publication, key, "")))
            status, failure = ("failed", _FAILURE) if bad else ("ok", "")
            end = at + 1000 + length
            ends.append(end)
            rows.append((end, (HANDLER_ENDED, end, execution, status, length // 2, failure)))
        rows.append((max(ends) + 500, (PUBLICATION_ENDED, max(ends) + 500, publication, "done")))
    return sorted(rows, key=lambda row: row[0])


class Player:
    """A host that says what was written beforehand, each thing at its time, from a thread of its own."""

    recording = True
    faults = False
    sessions = False
    project = None
    look_only = ""
    firing = None

    def __init__(self) -> None:
        self.stream = LiveStream(self)
        self._rows: list[Row] = [(SESSION_STARTED, 0, 1_770_000_000_000_000_000, "benchmark", "3.11", "", None)]
        self._wake: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None

    @property
    def lag(self) -> int:
        """Nothing that could be blocked."""
        return 0

    @property
    def running(self) -> bool:
        """It always is."""
        return True

    @property
    def reloading(self) -> bool:
        """It never is."""
        return False

    def drain(self) -> list[Row]:
        """Return what was said."""
        taken = self._rows[:]
        del self._rows[: len(taken)]
        return taken

    def on_rows(self, wake: Callable[[], None] | None) -> None:
        """Keep whom to wake."""
        self._wake = wake
        if wake is not None:
            wake()

    def play(self, rows: list[tuple[int, Row]]) -> None:
        """Say rows from now on."""
        self._thread = threading.Thread(target=self._play, args=(rows,), daemon=True)
        self._thread.start()

    def _play(self, rows: list[tuple[int, Row]]) -> None:
        begun, first, place = time.perf_counter_ns(), rows[0][0], 0
        while place < len(rows):
            due, start = first + time.perf_counter_ns() - begun, place
            while place < len(rows) and rows[place][0] <= due:
                place += 1
            if place > start:
                self._rows.extend(row for _, row in rows[start:place])
                if self._wake is not None:
                    self._wake()
            time.sleep(0.001)

    async def start(self) -> None:
        """Share the interpreter as the real host does."""
        sys.setswitchinterval(SWITCH_INTERVAL)

    def fire(self, request: FireRequest) -> FireNumber:
        """Refuse."""
        raise InspectorError(f"{request.event} is not fired: what happens is written down.")

    own_faults = ()

    def set_probes(self, off: Sequence[str]) -> None:
        """There are none."""

    def set_fault_rules(self, rules: Sequence[FaultRule]) -> None:
        """Do nothing: nothing is called."""

    def withdraw(self, fire: FireNumber) -> None:
        """Do nothing: nothing is fired."""

    def set_faults(self, on: bool) -> None:
        """Take note."""
        self.faults = on

    def set_recording(self, on: bool) -> None:
        """Take note."""
        self.recording = on

    def set_stored(self, seq: int, at: int) -> None:
        """Go on as written."""

    async def ended(self) -> None:
        """Wait until everything was said."""
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    async def stop(self) -> None:
        """End the stream."""
        await self.ended()
        self.stream.close()


class Frames(QObject):
    """Notes when a widget has been painted."""

    def __init__(self, widget: QObject) -> None:
        super().__init__(widget)
        self.times: list[float] = []
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt calls it so
        """Note a frame."""
        if event.type() == QEvent.Type.Paint:
            self.times.append(time.perf_counter())
        return False

    def gaps(self, since: float) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the milliseconds between frames from a time until now; all of them when there were not two."""
        times = np.array(self.times)
        gaps: np.ndarray[Any, np.dtype[np.float64]] = np.diff(times[times >= since]) * 1e3
        return gaps if len(gaps) else np.array([(time.perf_counter() - since) * 1e3])


def _fill(journal: Journal) -> Change:
    """Put a million executions into the journal of the run that has just begun."""
    model = new_journal()
    for event in model.events:
        journal.events[journal.event_number(event.name)] = event
    for handler in model.handlers:
        journal.handler_number(handler.key)
    change = append(journal, executions(MILLION))
    change.catalog = True
    return change


def window() -> tuple[Shell, TimelinePanel]:
    """Return the window that is open, and its timeline."""
    shell = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Shell))
    timeline = shell.findChild(TimelinePanel)
    assert isinstance(timeline, TimelinePanel)
    return shell, timeline


class Live:
    """What happens in the window: a million executions are there, then many more come.

    Args:
        player: The program.
    """

    def __init__(self, player: Player) -> None:
        self._player = player
        self.gaps: dict[str, list[np.ndarray[Any, np.dtype[np.float64]]]] = {}
        self.missing = 0
        self.rate = 0.0

    async def run(self, recording: Recording) -> int:
        """Measure stretches with each of the lower panels in front."""
        journal = recording.journal
        shell, timeline = window()
        recording._tell(_fill(journal))  # noqa: SLF001 - past the stream: as rows it would take half a minute
        for _ in range(1000):
            if timeline.controller.ready:
                break
            await asyncio.sleep(0.01)
        frames = Frames(timeline.canvas)
        seconds = WARM_UP + len(PANELS) * TIMES * SECONDS
        rows = played(seconds, len(journal.publications), len(journal.executions), journal.now)
        settle_memory()  # the rows to come are none of the program's
        before, begun = len(journal.executions), time.perf_counter()
        self._player.play(rows)
        await asyncio.sleep(WARM_UP)
        for panel in PANELS * TIMES:
            shell.raise_panel(panel)
            await asyncio.sleep(_SETTLING)
            since = time.perf_counter()
            await asyncio.sleep(SECONDS - _SETTLING)
            self.gaps.setdefault(panel, []).append(frames.gaps(since))
        self.rate = (len(journal.executions) - before) / (time.perf_counter() - begun)
        await self._player.ended()
        await asyncio.sleep(0.5)
        self.missing = before + int(seconds * RATE) - len(journal.executions)
        return 0


def run(log: Callable[[str], object] = lambda _: None) -> list[Figure]:
    """Measure; what counts is the worst of the panels."""
    player = Player()
    played_host: Host = player  # as the window uses it: the types tell when that needs more than there is
    live = Live(player)
    with tempfile.TemporaryDirectory() as folder:
        homes = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), folder)
        with patch.dict(os.environ, homes):
            code = open_window(
                _no_program,
                db=Path(folder, "live.db"),
                run=live.run,
                theme="dark",
                size=SIZE,
                make_host=lambda: played_host,
            )
    if code or live.missing:
        raise RuntimeError(f"the run ended with {code}, {live.missing} executions are missing")
    p99 = {panel: min(float(np.percentile(gaps, 99)) for gaps in found) for panel, found in live.gaps.items()}
    longest = {panel: min(float(gaps.max()) for gaps in found) for panel, found in live.gaps.items()}
    usual = median(float(np.median(gaps)) for found in live.gaps.values() for gaps in found)
    log(f"{live.rate:.0f} executions/s, a frame every {usual:.1f} ms; p99 {p99}, max {longest}")
    return [
        figure("timeline.live_frame_gap_p99_ms", max(p99.values()), "<=", 25.0),
        figure("timeline.live_frame_gap_max_ms", max(longest.values()), "<=", 100.0),
    ]


def _no_program() -> Program:
    raise AssertionError("the host is played")


if __name__ == "__main__":
    for line in run(print):
        print(line)
