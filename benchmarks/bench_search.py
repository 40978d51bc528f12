"""A filter over a stored session of a million executions, 200,000 of them failures: when it has found what, and all.

These figures are seconds and milliseconds, no ratios: they are what a person waits. Every result is compared with a
plain look at each payload and failure before it counts.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import Figure, figure
from inspector.analysis.failures import FailureGroups
from inspector.analysis.journal import Journal
from inspector.analysis.query.query import parse
from inspector.app.details import Details
from inspector.app.reading import SessionReading
from inspector.app.searching import OlderSearch
from inspector.core.records.records import Batch, Row, SessionStarted
from inspector.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXECUTIONS = 1_000_000
HANDLERS = 4
BATCH = 20_000
#: One execution in so many fails, at one of so many places.
FAILS, PLACES = 5, 12
STARTED = SessionStarted(at=0, wall=0, program="bench", python="3", catalog="{}")
#: Milliseconds between two turns of the loop that a person notices.
_GAP = 100.0


def payload_of(publication: int) -> str:
    """Return a payload like those of the demo: ids and times are tagged."""
    return json.dumps(
        {
            "event_id": {"$uuid": f"00000000-0000-4000-8000-{publication:012x}"},
            "occurred_at": {"$datetime": "2026-11-30T10:00:00+00:00"},
            "email": f"user{publication * 7919 % 100_003}@example.org",
            "reason": "wrong password" if publication % 3 else "Konto gesperrt für heute",
            "amount": publication * 31 % 10_000,
        },
        ensure_ascii=False,
    )


def failure_of(execution: int) -> str:
    """Return a failure as the capture writes it, with source and locals."""
    line = 10 + execution * 7 % PLACES
    frame = {
        "file": "/app/shop/payment.py",
        "line": line,
        "function": "Payment.charge",
        "mine": True,
        "source": [[line - 1, "    card = find(order.card)"], [line, "    gateway.charge(card, order.total)"]],
        "locals": [["order", f"Order(number={execution}, total=Decimal('12.50'))"], ["card", "'4111…1111'"]],
    }
    message = f"card declined for order {execution}"
    outer = {"type": "CardDeclined", "module": "shop.errors", "message": message, "frames": [frame, frame]}
    return json.dumps({**outer, "relation": "", "chain": [], "notes": []})


def rows_of_a_run() -> Iterator[Row]:
    """Yield the rows of a run from seq 2 on."""
    at = execution = 0
    for publication in range(1, EXECUTIONS // HANDLERS + 1):
        at += 60_000
        event = f"Event{publication % 77}"
        yield (1, at, publication, event, "", "", 0, publication, payload_of(publication), "{}", HANDLERS, 0)
        first = execution + 1
        for number in range(HANDLERS):
            execution += 1
            at += 2_000
            yield (2, at, execution, publication, f"m:handler{number}", "")
        for one in range(first, execution + 1):
            at += 90_000
            bad = one % FAILS == 0
            yield (3, at, one, "failed" if bad else "ok", 40_000, failure_of(one) if bad else "")
        yield (5, at + 1_000, publication, "done")


async def _stored(path: Path) -> tuple[Store, int]:
    """Record the run; return the open store and the session's id."""
    store = Store(path)
    await store.open()
    writer = await store.begin_session("bench", STARTED)
    batch: list[Row] = []
    first = 2
    for row in rows_of_a_run():
        batch.append(row)
        if len(batch) == BATCH:
            writer.add(Batch(first, batch))
            await writer.flush()
            first, batch = first + len(batch), []
    if batch:
        writer.add(Batch(first, batch))
    await writer.finish()
    return store, writer.session


class Turns:
    """Counts the gaps between turns of the loop that are too long."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def _watch(self) -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0.002)
            now = time.perf_counter()
            self.gaps.append((now - before) * 1e3)
            before = now

    async def __aenter__(self) -> Turns:
        self._task = asyncio.create_task(self._watch())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        await asyncio.sleep(0.005)
        self._task.cancel()
        await asyncio.wait((self._task,))


async def _search(details: Details, text: str, fits: Callable[[int], bool]) -> tuple[float, float, int]:
    """Return seconds until the newest and until all are found, and how many gaps were too long."""
    chosen, journal = parse(text), details.journal
    everything = np.arange(len(journal.executions))
    async with Turns() as turns:
        begun = time.perf_counter()
        chosen.rows(journal, everything)
        first = time.perf_counter() - begun
        search = OlderSearch(details, chosen, lambda *_: None)
        await search.run()
        found = chosen.rows(journal, everything)
        seconds = time.perf_counter() - begun
    expected = np.fromiter((fits(number) for number in range(1, len(everything) + 1)), np.bool_, len(everything))
    if chosen.remarks(journal) or not np.array_equal(found, expected):
        raise RuntimeError(f"{text}: {found.sum()} found, {expected.sum()} expected, {chosen.remarks(journal)}")
    return first, seconds, sum(gap > _GAP for gap in turns.gaps)


def _publication_of(execution: int) -> int:
    return (execution - 1) // HANDLERS + 1


SEARCHES: dict[str, tuple[str, Callable[[int], bool]]] = {
    "text": ("user17@", lambda number: "user17@" in payload_of(_publication_of(number))),
    "many": ('"wrong password"', lambda number: _publication_of(number) % 3 != 0),
    "other_letters": ("FÜR", lambda number: _publication_of(number) % 3 == 0),
    "field": (
        "event_id:*00000a…",
        lambda number: "00000a" in f"00000000-0000-4000-8000-{_publication_of(number):012x}",
    ),
    "number": ("amount>9990", lambda number: _publication_of(number) * 31 % 10_000 > 9990),
    "message": ('"order 77"', lambda number: number % FAILS == 0 and str(number).startswith("77")),
}


async def _measure(log: Callable[[str], object]) -> list[Figure]:
    firsts, all_found, gaps = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        store, session = await _stored(Path(folder) / "search.db")
        try:
            journal = Journal()
            begun = time.perf_counter()
            async for _ in SessionReading(store, session, lambda: journal).read():
                pass
            log(f"read {len(journal.executions)} executions in {time.perf_counter() - begun:.1f} s")
            details = Details(journal, store, session)
            for name, (text, fits) in SEARCHES.items():
                first, seconds, long_gaps = await _search(details, text, fits)
                log(f"{name}: first {first * 1e3:.0f} ms, all {seconds:.2f} s, {long_gaps} gaps over {_GAP:.0f} ms")
                firsts.append(first)
                all_found.append(seconds)
                gaps.append(long_gaps)
            begun = time.perf_counter()
            groups = FailureGroups(journal)
            grouping = time.perf_counter() - begun
        finally:
            await store.close()
    expected = Counter(10 + number * 7 % PLACES for number in range(FAILS, EXECUTIONS + 1, FAILS))
    if {group.place.line: group.count for group in groups.groups} != dict(expected):
        raise RuntimeError("the groups are not those of a plain count")
    return [
        figure("search.first_results_ms", max(firsts) * 1e3, "<=", 300.0),
        figure("search.all_results_s", max(all_found), "<=", 5.0),
        figure("search.gaps_over_100_ms", max(gaps), "<=", 3),
        figure("search.failure_groups_ms", grouping * 1e3, "<=", 300.0),
    ]


def run(log: Callable[[str], object] = lambda _: None) -> list[Figure]:
    """Measure; the slowest search counts."""
    return asyncio.run(_measure(log))


if __name__ == "__main__":
    for line in run(print):
        print(line)
