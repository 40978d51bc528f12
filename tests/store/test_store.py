"""Sessions: begun, listed, found, renamed, deleted, looked up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from inspector.core.errors import InspectorError, UsageError
from inspector.core.records.host import FiredAtHandler
from inspector.core.records.numbers import FireNumber
from inspector.core.records.records import Batch, Noted, Row, SessionStarted, to_row
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from inspector.store.writer import SessionWriter
from tests.store.runs import STARTED, collect, plain_run

FAILURE = '{"type": "ValueError"}'
MIXED: list[Row] = [
    (1, 10, 1, "Event", "", "", 0, 1, '{"a": 1}', "{}", 3, 0),
    (2, 20, 1, 1, "one", ""),
    (4, 21, 1, 1, "log", "info", "first", ""),
    (2, 22, 2, 1, "two", ""),
    (4, 23, 1, 1, "sql", "debug", "second", "[1]"),
    (3, 30, 1, "swallowed", 5, ""),
    (3, 31, 2, "failed", 5, FAILURE),
    (2, 40, 3, 1, "three", ""),
]


async def record(store: Store, rows: list[Row], name: str = "run") -> SessionWriter:
    writer = await store.begin_session(name, STARTED)
    writer.add(Batch(2, rows))
    assert await writer.flush()
    return writer


async def test_list_tells_counts_state_and_start(store: Store) -> None:
    writer = await record(store, MIXED)
    (info,) = await store.sessions()
    assert (info.publications, info.executions, info.failures, info.swallowed, info.running) == (1, 3, 1, 1, 1)
    assert (info.state, info.records, info.name) == ("recording", 9, "run")
    assert info.started_at == datetime(2026, 9, 21, 14, 13, 20, 123456, tzinfo=UTC)
    await writer.finish()
    assert (await store.session(writer.session)).state == "closed"


@pytest.mark.parametrize("flushed", [False, True], ids=["ended at once", "ended after a commit"])
async def test_what_ran_under_a_fault_is_counted_apart(store: Store, flushed: bool) -> None:
    starts: list[Row] = [
        (1, 10, 1, "Event", "", "", 0, 1, "{}", "{}", 5, 0),
        *((2, 20 + n, n, 1, "one", "" if n == 1 else "fail") for n in range(1, 6)),
    ]
    ends: list[Row] = [
        *((3, 30 + n, n, status, 5, "") for n, status in enumerate(("failed", "failed", "swallowed", "ok"), 1)),
    ]
    writer = await store.begin_session("run", STARTED)
    writer.add(Batch(2, starts))
    if flushed:
        assert await writer.flush()
    writer.add(Batch(2 + len(starts), ends))
    assert await writer.flush()
    info = await store.session(writer.session)
    assert (info.executions, info.failures, info.swallowed, info.by_fault, info.running) == (5, 1, 0, 3, 1)
    odd = [(2, 60, 4, 1, "one", "late"), (2, 61, 7, 9, "lost", "fail")]  # none of them counts: twice, and of nothing
    writer.add(Batch(2 + len(starts) + len(ends), [*odd, (3, 62, 5, "timed_out", 5, "")]))
    assert await writer.flush()
    info = await store.session(writer.session)
    assert (info.failures, info.timed_out, info.by_fault, info.running) == (1, 0, 4, 0)


@pytest.mark.parametrize("flushed", [False, True], ids=["ended at once", "ended after a commit"])
async def test_what_ran_in_a_retry_is_there_and_counts_as_no_failure(store: Store, flushed: bool) -> None:
    starts: list[Row] = [
        to_row(FiredAtHandler(5, FireNumber(1), "one", retry=True)),
        to_row(FiredAtHandler(6, FireNumber(2), "one")),
        *((1, 10 + n, n, "Event", "", "", 0, n, "{}", "{}", 2, 0) for n in (1, 2)),
        *((2, 20 + n, n, 1 if n < 4 else 2, "one", "fail" if n == 3 else "") for n in range(1, 6)),
    ]
    ends: list[Row] = [
        *((3, 30 + n, n, status, 5, "") for n, status in enumerate(("failed", "swallowed", "failed", "timed_out"), 1)),
    ]
    writer = await store.begin_session("run", STARTED)
    writer.add(Batch(2, starts))
    if flushed:
        assert await writer.flush()
    odd = [(2, 50, 9, 1, "one", ""), (2, 51, 6, 1, "one", ""), (3, 52, 6, "failed", 5, "")]  # 6 comes too late
    writer.add(Batch(2 + len(starts), [*ends, *odd]))
    assert await writer.flush()
    info = await store.session(writer.session)
    assert (info.executions, info.failures, info.swallowed, info.by_fault, info.running) == (6, 1, 0, 0, 2)
    assert info.timed_out == 1


async def test_look_ups_answer_while_the_session_is_recorded(store: Store) -> None:
    session = (await record(store, MIXED)).session
    assert await store.payload(session, 1) == '{"a": 1}'
    assert await store.payload(session, 2) == ""
    assert await store.failure(session, 2) == FAILURE
    assert await store.failure(session, 1) == ""
    assert await store.notes(session, 1) == [
        Noted(21, 1, 1, "log", "info", "first"),
        Noted(23, 1, 1, "sql", "debug", "second", "[1]"),
    ]
    assert await store.notes(session, 2) == []


async def test_session_without_its_mark_of_a_proper_end_is_interrupted(store: Store) -> None:
    writer = await record(store, MIXED)
    await writer.abandon()
    info = await store.session(writer.session)
    assert (info.state, info.failures) == ("interrupted", 2)
    rows = await collect(StoredStream(store, writer.session))
    assert rows[1:-1] == list(enumerate(MIXED, 2))
    assert rows[-1] == (10, (3, 40, 3, "interrupted", 0, ""))
    assert await collect(StoredStream(store, writer.session), 9) == rows[-1:]
    assert await collect(StoredStream(store, writer.session), 10) == []


async def test_recording_session_is_read_up_to_its_last_commit(store: Store) -> None:
    writer = await record(store, MIXED)
    writer.add(Batch(10, [(3, 50, 3, "ok", 1, "")]))
    assert [seq for seq, _ in await collect(StoredStream(store, writer.session))] == list(range(1, 10))


async def test_seed_of_any_size_and_odd_names_survive(store: Store) -> None:
    started = SessionStarted(0, 5, "prog\udc80ram", "3.11", "{}\ud800", 1 << 80)
    writer = await store.begin_session("näme\udcff", started)
    ((_, row),) = await collect(StoredStream(store, writer.session))
    assert row == (0, *vars(started).values())
    assert (await store.find_session("näme\udcff")).id == writer.session


async def test_find_session_by_number_or_exact_name(store: Store) -> None:
    first = (await record(store, MIXED, "alpha")).session
    second = (await record(store, MIXED, "beta")).session
    await record(store, MIXED, "beta")
    assert (await store.find_session(str(second))).id == second
    assert (await store.find_session("alpha")).id == first
    with pytest.raises(UsageError, match="No session 'gamma'"):
        await store.find_session("gamma")
    with pytest.raises(UsageError, match=f"ambiguous: sessions {second}, {second + 1}"):
        await store.find_session("beta")


async def test_rename_changes_the_name_and_refuses_an_empty_one(store: Store) -> None:
    session = (await record(store, MIXED)).session
    await store.rename(session, " Login bug ")
    assert (await store.session(session)).name == "Login bug"
    with pytest.raises(UsageError):
        await store.rename(session, "  ")
    with pytest.raises(UsageError):
        await store.rename(99, "x")


async def test_delete_takes_every_row_and_gives_the_room_back(store: Store) -> None:
    kept = await record(store, MIXED, "kept")
    await kept.finish()
    before = await collect(StoredStream(store, kept.session))
    writer = await record(store, plain_run(4000)[1:], "big")
    with pytest.raises(InspectorError, match="being recorded"):
        await store.delete(writer.session)
    await writer.finish()
    await store.delete(writer.session)
    assert [info.name for info in await store.sessions()] == ["kept"]
    assert await collect(StoredStream(store, kept.session)) == before
    with pytest.raises(UsageError):
        await store.delete(writer.session)
    async with store.database.reading() as connection:
        left = (await connection.exec_driver_sql("SELECT max(id) FROM executions")).scalar_one()
        free = (await connection.exec_driver_sql("PRAGMA freelist_count")).scalar_one()
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
    assert left < writer.session << 36
    assert free == 0
    assert pages < 40


async def test_number_of_a_deleted_session_is_not_used_again(store: Store) -> None:
    first = await record(store, MIXED)
    await first.finish()
    await store.delete(first.session)
    assert (await record(store, MIXED)).session > first.session


async def test_catalog_is_kept_once_for_all_sessions(store: Store) -> None:
    for _ in range(3):
        await record(store, MIXED)
    async with store.database.reading() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM catalogs")).scalar_one() == 1


async def test_execution_takes_at_most_45_bytes_with_its_publication(tmp_path: Path) -> None:
    rows = [row if row[0] != 1 else (*row[:8], "", "{}", 4, 0) for row in plain_run(25_000, 4)]
    store = Store(tmp_path / "s.db")
    await store.open()
    empty = store.size()
    writer = await store.begin_session("big", STARTED)
    # Commits fall into the middle of publications, as they do live.
    for start in range(0, len(rows), 9_999):
        writer.add(Batch(start + 1, rows[start : start + 9_999]))
        await writer.flush()
    await writer.finish()
    await store.close()
    assert 20 < (store.size() - empty) / 100_000 <= 45


async def test_executions_that_outlive_a_commit_take_no_more(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    await store.open()
    empty = store.size()
    writer = await store.begin_session("slow", STARTED)
    rows: list[Row] = []

    async def commit(new: list[Row]) -> None:
        writer.add(Batch(len(rows) + 2, new))
        rows.extend(new)
        assert await writer.flush()

    await commit([(1, 1, 1, "E", "", "", 0, 0, "", "", 1, 0)])
    for block in range(0, 20_000, 1000):
        numbers = range(block + 1, block + 1001)
        await commit([(2, 1_000_000 * n, n, 1, "handler", "") for n in numbers])
        await commit([(3, 1_000_000 * n + 90_000_000, n, "ok", 80_000, "") for n in numbers])
    await writer.finish()
    assert (await collect(StoredStream(store, writer.session)))[1:] == list(enumerate(rows, 2))
    await store.close()
    assert 20 < (store.size() - empty) / 20_000 <= 45
