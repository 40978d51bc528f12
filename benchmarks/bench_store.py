"""The session writer against raw ``sqlite3.executemany``, side by side; and the bytes of an execution on disk."""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import Figure, figure
from inspector.app.memory import collect_seldom
from inspector.core.records.records import Batch, Row, SessionStarted
from inspector.store.store import Store

EXECUTIONS = 100_000
HANDLERS = 4
BATCH = 20_000
ROUNDS = 15
STARTED = SessionStarted(at=0, wall=0, program="bench", python="3", catalog="{}")


def rows_of_a_run(executions: int = EXECUTIONS, handlers: int = HANDLERS) -> list[Row]:
    """Return rows of a run without payloads, from seq 2 on: ``handlers`` executions per publication, overlapping."""
    rows: list[Row] = []
    at = execution = 0
    context = '{"session":true,"metadata":{}}'
    for publication in range(1, executions // handlers + 1):
        at += 60_000
        rows.append((1, at, publication, f"Event{publication % 77}", "", "", 0, publication, "", context, handlers, 0))
        first = execution + 1
        for number in range(handlers):
            execution += 1
            at += 2_000
            rows.append((2, at, execution, publication, f"handler{(publication * handlers + number) % 181}", ""))
        for one in range(first, execution + 1):
            at += 150_000 + one * 7919 % 1_000_000
            rows.append((3, at, one, "ok", 90_000 + one * 31 % 50_000, ""))
        rows.append((5, at + 1_000, publication, "done"))
    return rows


def batches_of(rows: list[Row]) -> list[Batch]:
    """Cut the rows as the stream would."""
    return [Batch(start + 2, rows[start : start + BATCH]) for start in range(0, len(rows), BATCH)]


async def _write(path: Path, batches: list[Batch]) -> tuple[float, int]:
    """Return the seconds that recording the batches takes, a commit each, and the bytes that the file has grown by."""
    store = Store(path)
    await store.open()
    empty = store.size()
    try:
        writer = await store.begin_session("bench", STARTED)
        begun = time.perf_counter()
        for batch in batches:
            writer.add(batch)
            if not await writer.flush():
                raise RuntimeError(f"not written: {writer.trouble}")
        seconds = time.perf_counter() - begun
        await writer.finish()
    finally:
        await store.close()
    return seconds, store.size() - empty


PUBLICATIONS_SQL = "INSERT INTO publications VALUES (?,?,?,?,?,?,?,?,?,?,?)"
EXECUTIONS_SQL = "INSERT INTO executions VALUES (?,?,?,?,?,?,?,?,?,?)"


def _raw(path: Path, commits: list[tuple[list[Row], list[Row]]]) -> float:
    """Return the seconds that ``executemany`` takes for the same facts, made ready before, with the same commits."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(
            "CREATE TABLE publications (id INTEGER PRIMARY KEY, seq INT, at INT, event INT, cause INT, fire INT,"
            " handlers INT, context INT, end_seq INT, end_at INT, outcome INT)"
        )
        connection.execute(
            "CREATE TABLE executions (id INTEGER PRIMARY KEY, publication INT, handler INT, fault INT, seq INT, at INT,"
            " status INT, end_seq INT, end_at INT, on_loop INT)"
        )
        begun = time.perf_counter()
        for publications, executions in commits:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(PUBLICATIONS_SQL, publications)
            connection.executemany(EXECUTIONS_SQL, executions)
            connection.execute("COMMIT")
        return time.perf_counter() - begun
    finally:
        connection.close()


def _ready(batches: list[Batch]) -> list[tuple[list[Row], list[Row]]]:
    """Give, for each batch, what it completes: a tuple of numbers per publication and per execution, names interned."""
    names: dict[str, int] = {}
    opened: dict[tuple[int, int], tuple[int, Row]] = {}
    commits: list[tuple[list[Row], list[Row]]] = []
    for batch in batches:
        publications: list[Row] = []
        executions: list[Row] = []
        for seq, row in enumerate(batch.rows, batch.first):
            cells = tuple(names.setdefault(cell, len(names)) if isinstance(cell, str) else cell for cell in row)
            if row[0] in (1, 2):
                opened[row[0], row[2]] = (seq, cells)
            elif row[0] == 3:
                start, (_, at, number, publication, handler, fault) = opened.pop((2, row[2]))
                executions.append((number, publication, handler, fault, start, at, cells[3], seq, cells[1], cells[4]))
            else:
                start, (_, at, number, event, _, _, cause, fire, _, context, count, _) = opened.pop((1, row[2]))
                publications.append((number, start, at, event, cause, fire, count, context, seq, cells[1], cells[3]))
        commits.append((publications, executions))
    return commits


def run() -> list[Figure]:
    """Measure; rounds alternate and the median of their ratios counts."""
    collect_seldom()  # as the program does
    batches = batches_of(rows_of_a_run())
    commits = _ready(batches)
    # What the harness holds is no garbage of either side.
    gc.collect()
    gc.freeze()
    ratios: list[float] = []
    grown = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            gc.collect()
            raw = _raw(Path(folder) / f"raw{number}.db", commits)
            gc.collect()
            ours, grown = asyncio.run(_write(Path(folder) / f"ours{number}.db", batches))
            ratios.append(raw / ours)
    gc.unfreeze()
    return [
        figure("store.rows_vs_executemany", round(statistics.median(ratios), 3), ">=", 0.75),
        figure("store.bytes_per_execution", round(grown / EXECUTIONS, 2), "<=", 45),
    ]


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
