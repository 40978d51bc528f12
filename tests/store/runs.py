"""Runs for tests: streams that follow the order of a run, drawn by hypothesis or made to measure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from hypothesis import strategies as st

from inspector.core.records.records import Batch, Row, SessionStarted, to_row
from inspector.core.records.statuses import STATUSES
from inspector.core.records.stream import RecordStream

STARTED = SessionStarted(
    at=0, wall=1_790_000_000_123_456_789, program="tests", python="3.11.7", catalog='{"program": "tests", "events": []}'
)

#: Also NUL, lone surrogates, line breaks that only some know, and what breaks CSV.
texts = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["", "\ud800", "a\udcffb", "=1+1", "a\u2028b\r\n", "\0x"]
)
jsons = (
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    ).map(json.dumps)
    | texts
    | st.sampled_from(['{"a": NaN}', '{"a":1,"a":2}', "[1e5,  2]", '"text"', "[" * 150 + "]" * 150])
)
ids = st.uuids().map(str) | texts | st.uuids().map(lambda one: str(one).upper())
processes = st.sampled_from([0, 0, 1, 7, (1 << 31) - 1])
handlers = st.sampled_from(["mod:audit", "mod:log", "häндler", "\udc80"]) | texts


class ListStream:
    """A stream of rows that are there."""

    def __init__(self, rows: Sequence[Row], size: int = 7) -> None:
        self.rows = list(rows)
        self.size = size

    async def read(self, after: int = 0) -> AsyncIterator[Batch]:
        for start in range(after, len(self.rows), self.size):
            yield Batch(start + 1, self.rows[start : start + self.size])


@st.composite
def runs(draw: st.DrawFn, *, whole: bool = False) -> list[Row]:
    """Rows of a run, executions and publications interleaved; unless ``whole``, cut off anywhere."""
    rows = [to_row(STARTED)]
    at = publication = execution = 0
    open_publications: dict[int, int] = {}
    running: dict[int, int] = {}

    def end(number: int) -> None:
        running.pop(number)
        status = draw(st.sampled_from(STATUSES[1:]))
        failure = draw(jsons) if status != "ok" else ""
        rows.append((3, at, number, status, draw(st.integers(0, 1 << 40)), failure))

    for action in draw(st.lists(st.integers(0, 6), max_size=40)):
        at += draw(st.integers(0, 1 << 36))
        if action <= 1 or not open_publications:
            publication += 1
            open_publications[publication] = 0
            cause = draw(st.sampled_from([0, *running]))
            texts_ = (draw(handlers), draw(ids), draw(ids))
            rows.append(
                (
                    1,
                    at,
                    publication,
                    *texts_,
                    cause,
                    draw(st.integers(0, 9)),
                    draw(jsons),
                    draw(jsons),
                    2,
                    draw(processes),
                )
            )
        elif action == 2:
            execution += 1
            running[execution] = draw(st.sampled_from(list(open_publications)))
            fault = draw(st.sampled_from(["", "fail"]))
            rows.append((2, at, execution, running[execution], draw(handlers), fault))
        elif action == 3 and running:
            end(draw(st.sampled_from(list(running))))
        elif action == 4:
            owner = draw(st.sampled_from([0, *running]))
            parent = running.get(owner) or draw(st.sampled_from(list(open_publications)))
            rows.append((4, at, owner, parent, draw(handlers), "info", draw(texts), draw(jsons)))
        elif action == 5:
            rows.append((6, at, draw(handlers), "warning", draw(texts), draw(jsons)))
        else:
            free = [number for number in open_publications if number not in running.values()]
            if free:
                open_publications.pop(free[0])
                rows.append((5, at, free[0], draw(st.sampled_from(["done", "cancelled"]))))
    if whole:
        for number in list(running):
            end(number)
    return rows


def plain_run(publications: int, handlers: int = 2) -> list[Row]:
    """A run in which all goes well."""
    rows = [to_row(STARTED)]
    execution = 0
    for publication in range(1, publications + 1):
        at = publication * 1_000_000
        rows.append((1, at, publication, "Event", "", "", 0, publication, '{"n": 1}', "{}", handlers, 0))
        first = execution + 1
        for _ in range(handlers):
            execution += 1
            rows.append((2, at + 10, execution, publication, f"handler{execution % 5}", ""))
        rows.extend((3, at + 500_000, one, "ok", 1000, "") for one in range(first, execution + 1))
        rows.append((5, at + 600_000, publication, "done"))
    return rows


async def collect(stream: RecordStream, after: int = 0) -> list[tuple[int, Row]]:
    """Every row of a stream with its seq."""
    return [(seq, row) async for batch in stream.read(after) for seq, row in enumerate(batch.rows, batch.first)]


def numbered(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """The rows with their seqs."""
    return list(enumerate(rows, 1))


def run_async(coroutine: object) -> None:
    """Run an async test body inside a hypothesis test, which is not async itself."""
    asyncio.run(coroutine)  # type: ignore[arg-type]
