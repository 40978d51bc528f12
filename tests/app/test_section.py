"""A new session while the program goes on: what began before it stays with the session before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from inspector.analysis.journal import Journal
from inspector.app.section import Section
from inspector.core.records.brake import NOT_STORED
from inspector.core.records.host import ProcessJoined, ProcessLeft, ProcessSilent, PublicationsSkipped, TestRan
from inspector.core.records.records import Batch, Record, to_record, to_row
from inspector.core.records.stream import LiveStream, Part
from inspector.store.store import Store
from tests.app.test_workbench import desk_on, path
from tests.patience import PATIENCE
from tests.programs import until
from tests.store.runs import STARTED

__all__ = ["path"]


class Rows:
    """Rows as they come."""

    def __init__(self) -> None:
        self.rows: list[tuple[object, ...]] = []

    def drain(self) -> list[tuple[object, ...]]:
        rows, self.rows = self.rows, []
        return rows

    def on_rows(self, wake: object) -> None:
        """Nobody is woken: the test takes the rows."""


async def test_a_part_ends_where_it_is_told_and_the_next_one_begins_there() -> None:
    rows = Rows()
    stream = LiveStream(rows)
    part = Part()
    first = stream.read(0, part)
    rows.rows = [(0, 0), (1, 1), (2, 2)]
    stream.take()
    later = stream.read(2)
    rows.rows = [(3, 3)]
    stream.take()
    stream.end(part, 2)
    assert [(batch.first, batch.rows) async for batch in first] == [(1, [(0, 0), (1, 1)])]
    assert (await anext(later)).rows == [(2, 2)]
    assert (await anext(later)).first == 4


async def test_a_part_that_waits_is_woken_by_its_end() -> None:
    stream = LiveStream(Rows())
    part = Part()

    async def read() -> list[Batch]:
        return [batch async for batch in stream.read(0, part)]

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        reading = group.create_task(read())
        await asyncio.sleep(0)
        stream.end(part, 0)
    assert reading.result() == []


async def test_a_new_session_goes_on_with_the_program(path: Path) -> None:
    async with desk_on(path) as desk:
        assert desk.bench.session_blocked() == "Nothing recorded yet"
        await desk.fire(1, 2)
        host, old, before = desk.bench.host, desk.bench.live_session, desk.bench.recording.journal
        await desk.bench.new_session()
        journal = desk.bench.recording.journal
        assert desk.bench.host is host
        assert desk.view.journal is journal
        assert desk.bench.live_session != old
        assert len(journal.publications) == 0
        assert journal.catalog is not None
        assert [event.name for event in journal.events] == [event.name for event in before.events]
        await desk.fire(3)
        assert len(journal.publications) == 1
        assert len(before.publications) == 2
        assert journal.orphans == journal.uncaused == journal.dropped == 0
        assert journal.wall > before.wall
        assert int(journal.publications["at"][0]) < 60_000_000_000
        session = desk.bench.live_session
        await desk.bench.saved(session)
        assert desk.bench.recording.unsaved == 0
        assert {info.id: info.state for info in desk.sessions} == {old: "closed", session: "recording"}
    store = Store(path)
    await store.open()
    infos = {info.id: (info.publications, info.state, info.gaps) for info in await store.sessions()}
    await store.close()
    assert infos == {old: (2, "closed", ""), session: (1, "closed", "")}


async def test_clearing_deletes_what_was_recorded_so_far(path: Path) -> None:
    async with desk_on(path) as desk:
        await desk.fire(1)
        old = desk.bench.live_session
        await desk.bench.new_session(keep=False)
        await desk.fire(2)
        assert [info.id for info in desk.sessions] == [desk.bench.live_session]
        assert desk.bench.live_session != old
        assert len(desk.view.journal.publications) == 1


async def test_without_a_store_the_view_begins_anew(path: Path) -> None:
    async with desk_on(None) as desk:
        await desk.fire(1)
        await desk.bench.new_session()
        assert len(desk.view.journal.publications) == 0
        await desk.fire(2)
        await until(lambda: len(desk.view.journal.publications) == 1)


async def test_what_is_stored_is_told_in_the_numbers_of_the_stream(path: Path) -> None:
    async with desk_on(path) as desk:
        told: list[tuple[int, int]] = []
        host = desk.bench.host
        assert host is not None
        set_stored = host.set_stored
        host.set_stored = lambda seq, at: (told.append((seq, at)), set_stored(seq, at))  # type: ignore[method-assign]
        await desk.fire(1)
        before = desk.bench.recording.journal.seq
        await until(lambda: told and told[-1][0] >= before)  # what is stored comes behind what is shown
        told.clear()
        await desk.bench.new_session()
        await desk.fire(2, 3)
        await desk.bench.saved(desk.bench.live_session)
        last = host.stream.last
        await until(lambda: told and told[-1][0] == last)
        assert all(seq >= before or seq == NOT_STORED for seq, _ in told)
        stored = [pair for pair in told if pair[0] != NOT_STORED]
        assert stored == sorted(stored)


async def test_a_new_session_knows_the_processes_that_go_on() -> None:
    joined = [ProcessJoined(5, number, 100 + number, 0, "worker", "python w.py", "3.12.1") for number in (1, 2)]
    silent = ProcessSilent(6, 99, "python -S", "It has no site.")
    skipped = PublicationsSkipped(7, 1, 8, 70, 0)
    before: list[Record] = [STARTED, *joined, silent, skipped, ProcessLeft(9, 2, 102, 0, "Ended.")]
    journal = Journal()
    journal.fold(Batch(1, [to_row(record) for record in before]))
    later = [to_row(TestRan(30, 20, "test_order", "passed", 1)), to_row(PublicationsSkipped(40, 1, 1, 7, 0))]

    async def rest() -> AsyncIterator[Batch]:
        yield Batch(len(before) + 1, later)

    section = Section([rest()], journal)
    batches = [batch async for batch in section.read()]
    assert [batch.first for batch in batches] == [1, 5]
    _, *records = [to_record(row) for batch in batches for row in batch.rows]
    assert records == [
        replace(joined[0], at=0),
        PublicationsSkipped(0, 1, 8, 0, 0),
        replace(silent, at=0),
        TestRan(21, 11, "test_order", "passed", 1),
        PublicationsSkipped(31, 1, 1, 7, 0),
    ]
    assert section.in_stream(4) == (len(before), 9)
    assert section.in_stream(6) == (len(before) + 2, 40)
