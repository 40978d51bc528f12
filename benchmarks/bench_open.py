"""Opening a stored session of a million executions, beside a raw read of its rows.

The raw read is what ``sqlite3`` takes to fetch every row of the session's tables as tuples, a few thousand at once, and
to forget them. Both read the same file, in turns, warm.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import Figure, figure
from benchmarks.bench_search import BATCH, HANDLERS, STARTED, failure_of, payload_of
from inspector.analysis.journal import Journal
from inspector.app.reading import SessionReading
from inspector.core.records.records import Batch, Row
from inspector.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def run(log: Callable[[str], object] = lambda _: None, executions: int = EXECUTIONS) -> list[Figure]:
    """Measure; rounds alternate and the median of their ratios counts."""
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
    return [figure("open.journal_vs_raw_read", round(median(ratios), 3), ">=", 0.8)]


if __name__ == "__main__":
    for line in run(print):
        print(line)
