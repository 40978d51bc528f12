"""The list says what sessions lack, as whoever reads them does; damaged pages cost what stands in them."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.analysis.journal import Journal
from inspector.app.filtered import PlacedStream
from inspector.core.records.bounds import MAX_NAME
from inspector.core.records.records import Batch, Row
from inspector.store import schema
from inspector.store import store as store_module
from inspector.store.info import CLOSED, DAMAGED
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.store.runs import STARTED, plain_run

ROWS = plain_run(6, 3)
SPAN = schema.SESSION_SPAN


def without_publication(rows: list[Row]) -> list[Batch]:
    return [Batch(1, [row for row in rows if not (row[0] == 1 and row[2] in (2, 5))])]


def with_a_gap(rows: list[Row]) -> list[Batch]:
    return [Batch(1, rows[:10]), Batch(18, rows[17:])]


def twice(rows: list[Row]) -> list[Batch]:
    place = next(place for place, row in enumerate(rows) if row[0] == 2)
    return [Batch(1, [*rows, rows[place]])]


def late(rows: list[Row]) -> list[Batch]:
    """A start that comes when its publication has ended: it has a place."""
    start = next(place for place, row in enumerate(rows) if row[0] == 2 and row[3] == 6)
    return [Batch(1, [*rows[:start], *rows[start + 2 :], (2, rows[-1][1], 999, 1, "mod:h", "")])]


SHAPES = {"whole": lambda rows: [Batch(1, rows)], "no publication": without_publication, "gap": with_a_gap}
SHAPES |= {"twice": twice, "late": late}


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_list_counts_what_reading_counts(tmp_path: Path, shape: str) -> None:
    store = Store(tmp_path / "s.db")
    await store.open()
    writer = await store.begin_session("x", STARTED)
    for batch in SHAPES[shape](ROWS):
        writer.add(batch)
    await writer.finish()
    (info,) = await store.sessions()
    journal = Journal()
    async for batch in (stream := PlacedStream(StoredStream(store, writer.session))).read():
        journal.fold(batch)
    assert (info.lost, info.unplaced) == (stream.placement.dropped, stream.placement.unplaced)
    assert info.stored == sum([len(batch.rows) async for batch in stream.read()])
    assert bool(info.gaps) == (shape in ("no publication", "gap", "twice"))
    assert (info.state, info.executions) == ("closed", len(journal.executions))
    await store.close()


@pytest.mark.parametrize(
    ("sql", "damage"),
    [
        ("DELETE FROM executions WHERE id=(SELECT min(id) FROM executions)", "2 records missing"),
        ("DELETE FROM executions", "36 records missing"),
        ("UPDATE sessions SET last_seq=3", "its row in the database is wrong (last_seq)"),
        ("UPDATE sessions SET last_seq=60000000", "its row in the database is wrong (last_seq)"),
    ],
)
async def test_the_list_finds_that_rows_are_gone_as_reading_does(tmp_path: Path, sql: str, damage: str) -> None:
    store = Store(tmp_path / "s.db")
    await store.open()
    writer = await store.begin_session("x", STARTED)
    writer.add(Batch(1, ROWS))
    await writer.finish()
    await store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute(sql)
        connection.commit()
    for read_first in (False, True):  # in a process that has not read it, and in one that has
        store = Store(store.path)
        await store.open()
        if read_first:
            assert [batch async for batch in StoredStream(store, 1).read()]
        (info,) = await store.sessions()
        assert (info.state, info.damage) == (DAMAGED, damage)
        await store.close()


async def test_what_is_too_much_to_be_counted_is_not_told_as_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_COUNTED", 30)
    store = Store(tmp_path / "s.db")
    await store.open()
    for _ in range(2):
        writer = await store.begin_session("x", STARTED)
        writer.add(Batch(1, ROWS))
        await writer.finish()
    assert [info.lost for info in await store.sessions()] == [0, None]
    assert [info.lost for info in await store.sessions()] == [0, 0]  # the first is not counted again
    await store.close()


def leaf_pages(path: Path, table: str) -> list[int]:
    """Return the pages of a table that hold rows, in the order of the file."""
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big")
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name=?", (table,)).fetchone()
    pages, waiting = [], [root]
    while waiting:
        number = waiting.pop()
        page = data[(number - 1) * size : number * size]
        if page[0] == 0x0D:
            pages.append(number)
            continue
        count = int.from_bytes(page[3:5], "big")
        at = [int.from_bytes(page[12 + 2 * place : 14 + 2 * place], "big") for place in range(count)]
        waiting += [int.from_bytes(page[place : place + 4], "big") for place in at]
        waiting.append(int.from_bytes(page[8:12], "big"))
    return sorted(pages)


@pytest.mark.parametrize("table", ["publications", "executions", "payloads", "notes", "host_notes"])
@pytest.mark.parametrize("content", [b"\0" * 4096, b"\xff" * 4096, b"\x0d\0\0\xff\xff" + b"\7" * 4091])
async def test_a_page_that_is_damaged_costs_what_stands_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, content: bytes
) -> None:
    path = tmp_path / "s.db"
    store = Store(path)
    await store.open()
    rows = plain_run(2000, 2)
    rows += [(4, rows[-1][1], number, 0, "log", "info", "x" * 50, "") for number in range(1, 500)]
    rows += [(6, rows[-1][1], "said", "info", "x" * 50, "") for _ in range(500)]
    for _ in range(3):
        writer = await store.begin_session("x", STARTED)
        writer.add(Batch(1, rows))
        await writer.finish()
    await store.close()
    pages = leaf_pages(path, table)
    damaged = pages[len(pages) // 2]  # of the second session
    with path.open("r+b") as file:
        file.seek((damaged - 1) * 4096)
        file.write(content)
    monkeypatch.setattr(schema, "CHECKED_BYTES", 0)  # as of a file that is too long to be checked when it is opened
    store = Store(path)
    await store.open()
    for session in (1, 2, 3):
        stream = StoredStream(store, session)
        read = [row async for batch in stream.read() for row in batch.rows]
        if session == 2:
            assert len(rows) * 0.8 < len(read) < len(rows)
            assert "cannot be read" in stream.warnings()[0]
            assert set(read) <= set(rows) | {read[0]}
        else:
            assert len(read) == len(rows)
            assert stream.warnings() == []
    assert [info.state for info in await store.sessions()] == ["closed", DAMAGED, "closed"]
    await store.close()


def test_words_of_gaps() -> None:
    from datetime import timedelta

    from inspector.store.info import UNKNOWN_TIME, SessionInfo

    info = SessionInfo(1, "x", "p", "demo", UNKNOWN_TIME, "closed", 1, 2, 0, 0, 0, 9, timedelta(), 5)
    assert info.gaps == ""
    assert replace(info, lost=1200, unplaced=0).gaps == "1\u2009200 records lost"
    assert replace(info, lost=1, unplaced=3).gaps == "1 record lost, 3 executions unplaced"


#: Damages of the second session of two, and how many executions and records can be read then.
DAMAGES = {
    "a count": ("UPDATE sessions SET executions=executions+7, publications=3 WHERE id=2", 18, 49),
    "an execution of nothing": (f"UPDATE executions SET publication=-5 WHERE id={2 * SPAN}+3", 17, 47),
    "an execution before its publication": (f"UPDATE executions SET seq=0 WHERE id={2 * SPAN}+3", 17, 47),
    "a start that is no number": (f"UPDATE executions SET seq=1.5 WHERE id={2 * SPAN}+3", 17, 47),
    "an end of no status": (f"UPDATE executions SET status=99 WHERE id={2 * SPAN}+3", 18, 48),
    "an end before its start": (f"UPDATE executions SET length=-1 WHERE id={2 * SPAN}+3", 18, 48),
    "an end that is text": (f"UPDATE executions SET on_loop='x' WHERE id={2 * SPAN}+3", 18, 48),
}


@pytest.mark.parametrize("name", DAMAGES)
async def test_the_list_leaves_out_what_reading_leaves_out_and_marks_the_session(tmp_path: Path, name: str) -> None:
    statement, executions, records = DAMAGES[name]
    async with stored(tmp_path / "s.db", statement) as store:
        bad, good = await store.sessions()
        assert (good.state, good.executions, good.stored) == (CLOSED, 18, 49)
        assert (bad.state, bad.executions, bad.stored) == (DAMAGED, executions, records)
        journal = Journal()
        async for batch in StoredStream(store, 2).read():
            journal.fold(batch)
        assert len(journal.executions) == executions


@pytest.mark.parametrize(
    "loss", ['[100000000000, "x", 0, 0]', '[5, "x", 300, 0]', '[5, "x", 60, 61]', '[1e3, "x", 0, 0]', "[true]"]
)
async def test_a_loss_that_cannot_be_is_not_counted(tmp_path: Path, loss: str) -> None:
    statement = f"INSERT INTO host_records VALUES ({2 * SPAN + 50}, 5, 15, '{loss}')"
    async with stored(tmp_path / "s.db", statement) as store:
        bad, _ = await store.sessions()
        assert (bad.lost, bad.state) == (0, DAMAGED)


async def test_publications_out_of_order_are_damage_in_the_list(tmp_path: Path) -> None:
    statement = f"UPDATE publications SET seq=seq+100000 WHERE id={2 * SPAN + 3}"
    async with stored(tmp_path / "s.db", statement) as store:
        bad, good = await store.sessions()
        assert (bad.damage, good.state) == ("a publication out of order", CLOSED)


async def test_a_number_is_that_of_a_session_whatever_others_are_called(tmp_path: Path) -> None:
    async with stored(tmp_path / "s.db") as store:
        await store.rename(2, "1")
        assert (await store.find_session("1")).id == 1
        assert (await store.find_session("2")).name == "1"


@asynccontextmanager
async def stored(path: Path, statement: str = "") -> AsyncIterator[Store]:
    """Open a database with two sessions that were recorded alike, damaged by a statement."""
    store = Store(path)
    await store.open()
    for name in "ab":
        writer = await store.begin_session(name, STARTED)
        writer.add(Batch(1, ROWS))
        await writer.finish()
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    store = Store(path)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def test_names_of_millions_of_characters_are_cut(tmp_path: Path) -> None:
    statement = (
        f"UPDATE names SET text=hex(zeroblob(1000000)) WHERE id IN (SELECT {2 * SPAN}+event FROM publications"
        f" WHERE id>{2 * SPAN})"
    )
    async with stored(tmp_path / "s.db", statement) as store:
        stream = StoredStream(store, 2)
        journal = Journal()
        async for batch in stream.read():
            journal.fold(batch)
        assert len(journal.executions) == 18
        assert max(len(event.name) for event in journal.events) <= MAX_NAME
        assert stream.warnings() == ["Session 2 is damaged: a name is too long."]


async def test_a_session_with_a_name_of_millions_of_characters_is_listed_shortened(tmp_path: Path) -> None:
    async with stored(tmp_path / "s.db", "UPDATE sessions SET name=hex(zeroblob(1000000)) WHERE id=2") as store:
        long, short = await store.sessions()
        assert len(long.name) < 1_000
        assert (long.state, short.name) == (CLOSED, "a")
