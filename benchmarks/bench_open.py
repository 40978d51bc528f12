"""Opening a stored session of a million executions, beside a raw read of its rows: into the journal, and in the window.

The raw read is what ``sqlite3`` takes to fetch every row of the session's tables as tuples, a few thousand at once, and
to forget them. All read the same file, in turns, warm. The window is the whole window, with all its panels.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from benchmarks import Figure, figure
from benchmarks.bench_live import SIZE, Player, window
from benchmarks.bench_memory import resident
from benchmarks.bench_search import BATCH, HANDLERS, STARTED, Turns, failure_of, payload_of
from inspector.analysis.journal import Journal
from inspector.app.memory import bounded_journals
from inspector.app.reading import SessionReading
from inspector.app.workbench import Workbench
from inspector.core.records.records import Batch, Row
from inspector.store.store import Store
from inspector.ui.opening import open_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.agent.program import Program
    from inspector.app.recording import Host, Recording

EXECUTIONS = 1_000_000
#: One execution in so many fails.
FAILS = 500
ROUNDS = 3
TABLES = ("publications", "payloads", "executions", "failures", "notes", "host_notes", "host_records", "names")


def rows_of_a_run(executions: int) -> Iterator[Row]:
    """Yield the rows of a run from seq 2 on: publications with a payload and four executions that overlap."""
    at = execution = 0
    for publication in range(1, executions // HANDLERS + 1):
        at += 60_000
        ids = f"00000000-0000-4000-8000-{publication:012x}", ""
        yield (1, at, publication, f"Event{publication % 77}", *ids, 0, 0, payload_of(publication), "{}", HANDLERS, 0)
        first = execution + 1
        for number in range(HANDLERS):
            execution += 1
            at += 2_000
            yield (2, at, execution, publication, f"m:Handler{(publication + number) % 100}.handle", "")
        for one in range(first, execution + 1):
            at += 90_000
            bad = one % FAILS == 0
            yield (3, at, one, "failed" if bad else "ok", 40_000, failure_of(one) if bad else "")
        yield (5, at + 1_000, publication, "done")


async def store_run(path: Path, executions: int) -> int:
    """Record a run into a new database; return the session's id."""
    store = Store(path)
    await store.open()
    try:
        writer = await store.begin_session("bench", STARTED)
        batch: list[Row] = []
        first = 2
        for row in rows_of_a_run(executions):
            batch.append(row)
            if len(batch) == BATCH:
                writer.add(Batch(first, batch))
                await writer.flush()
                first, batch = first + len(batch), []
        if batch:
            writer.add(Batch(first, batch))
        await writer.finish()
    finally:
        await store.close()
    return writer.session


def raw_read(path: Path) -> float:
    """Return the seconds that fetching every row of a database takes."""
    connection = sqlite3.connect(path)
    try:
        begun = time.perf_counter()
        for table in TABLES:
            cursor = connection.execute(f"SELECT * FROM {table} ORDER BY id")
            while cursor.fetchmany(4096):
                pass
        return time.perf_counter() - begun
    finally:
        connection.close()


async def _read(path: Path, session: int, executions: int) -> float:
    """Return the seconds until a session is in a journal."""
    store = Store(path)
    await store.open()
    journal = Journal()
    try:
        begun = time.perf_counter()
        reading = SessionReading(store, session, lambda: journal)
        async for _ in reading.read():
            pass
        seconds = time.perf_counter() - begun
    finally:
        await store.close()
    if len(journal.executions) != executions or not reading.in_columns or journal.bad != executions // FAILS:
        raise RuntimeError("not all was read")
    return seconds


@dataclass
class Opened:
    """What opening a session in the window took.

    Attributes:
        first: Seconds until executions of it were painted.
        complete: Seconds until all were read, and painted.
        gaps: Turns of the loop that came late, ms.
        held: Bytes beyond what the window held before, at most.
        columns: Bytes of the columns of journal and timeline.
    """

    first: float = 0.0
    complete: float = 0.0
    gaps: int = 0
    held: int = 0
    columns: int = 0


class Opening:
    """Opens the session in the window, as a person does.

    Args:
        session: The session's id.
        executions: How many it has.
    """

    def __init__(self, session: int, executions: int) -> None:
        self.opened = Opened()
        self.bench: Workbench | None = None
        self._session = session
        self._executions = executions

    async def run(self, _recording: Recording) -> int:
        """Open it and look at what it takes."""
        assert self.bench is not None
        _, timeline = window()
        await asyncio.sleep(1.0)  # the panels of the window are made one after another
        opened, controller = self.opened, timeline.controller
        rest = resident()
        async with Turns() as turns:
            begun = time.perf_counter()
            opening = asyncio.ensure_future(self.bench.open_session(self._session))
            while not opened.complete:
                await asyncio.sleep(0.005)
                opened.held = max(opened.held, resident() - rest)
                taken = controller.source.taken
                if taken and not opened.first:
                    timeline.canvas.repaint()
                    opened.first = time.perf_counter() - begun
                if opening.done() and controller.ready and taken == self._executions:
                    timeline.canvas.repaint()
                    opened.complete = time.perf_counter() - begun
            await opening
        opened.gaps = sum(gap > 100 for gap in turns.gaps)
        source = controller.source
        opened.columns = source.journal.executions.nbytes + source.journal.publications.nbytes + source.nbytes
        return 0


def _in_window(path: Path, session: int, executions: int) -> Opened:
    opening = Opening(session, executions)
    host: Host = Player()
    keep = Workbench.keep

    async def keep_and_tell(bench: Workbench) -> None:
        opening.bench = bench
        await keep(bench)

    with tempfile.TemporaryDirectory() as folder:
        homes = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), folder)
        # As the command line opens it: what there is much of is kept in files.
        with patch.dict(os.environ, homes), patch.object(Workbench, "keep", keep_and_tell), bounded_journals():
            code = open_window(_no_program, db=path, run=opening.run, theme="dark", size=SIZE, make_host=lambda: host)
    if code:
        raise RuntimeError(f"the window ended with {code}")
    return opening.opened


def _no_program() -> Program:
    raise AssertionError("the host is played")


def run(log: Callable[[str], object] = lambda _: None, executions: int = EXECUTIONS) -> list[Figure]:
    """Measure; rounds alternate and the median of their ratios counts. The window is opened once."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "open.db")
        session = asyncio.run(store_run(path, executions))
        raw_read(path)
        for _ in range(ROUNDS):
            gc.collect()
            raw = raw_read(path)
            gc.collect()
            ours = asyncio.run(_read(path, session, executions))
            log(f"raw read {raw:.2f} s, into the journal {ours:.2f} s")
            ratios.append(raw / ours)
        gc.collect()
        raw = raw_read(path)
        opened = _in_window(path, session, executions)
    log(f"in the window: raw read {raw:.2f} s, {opened}")
    return [
        figure("open.journal_vs_raw_read", round(median(ratios), 3), ">=", 0.8),
        figure("open.first_picture_s", round(opened.first, 3), "<=", 1.0),
        figure("open.complete_vs_raw_read", round(opened.complete / raw, 3), "<=", 1.2),
        figure("open.gaps_over_100_ms", opened.gaps, "<=", 3),
        figure("open.held_vs_columns", round(opened.held / opened.columns, 3), "<=", 2.0),
    ]


if __name__ == "__main__":
    for line in run(print):
        print(line)
