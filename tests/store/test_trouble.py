"""Trouble while writing is told, and nothing is lost without being counted."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from inspector.core.errors import InspectorError
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import Batch, to_record
from inspector.store import writer as writer_module
from inspector.store.backlog import Backlog
from inspector.store.fold import Folded
from inspector.store.reader import StoredStream
from inspector.store.schema import prepare
from inspector.store.store import Store
from inspector.store.trouble import NoRoom, explain
from inspector.store.writer import SessionWriter
from tests.patience import PATIENCE
from tests.store.runs import STARTED, collect, numbered, plain_run

LOG = "inspector.store.writer"
pytestmark = pytest.mark.allow_log(LOG)

ROWS = plain_run(30)


async def begin(store: Store, backlog: Backlog | None = None) -> tuple[SessionWriter, list[InspectorError | None]]:
    told: list[InspectorError | None] = []
    return await store.begin_session("run", STARTED, on_trouble=told.append, backlog=backlog), told


async def test_moved_database_is_noticed_and_recording_goes_on_when_it_is_back(store: Store) -> None:
    writer, told = await begin(store)
    writer.add(Batch(1, ROWS[:50]))
    assert await writer.flush()
    away = store.path.with_name("elsewhere.db")
    store.path.rename(away)
    writer.add(Batch(51, ROWS[50:]))
    assert not await writer.flush()
    assert not await writer.flush()
    assert [one and "moved or deleted" in one.text for one in told] == [True]
    assert writer.waiting == len(ROWS) - 50
    away.rename(store.path)
    await writer.finish()
    assert told[1:] == [None]
    assert await collect(StoredStream(store, writer.session)) == numbered(ROWS)


async def test_replaced_database_is_not_written_to(store: Store) -> None:
    writer, told = await begin(store)
    other = store.path.with_name("other.db")
    prepare(other)
    other.replace(store.path)
    writer.add(Batch(1, ROWS))
    with pytest.raises(InspectorError, match=f"{len(ROWS) - 1} records were lost.*replaced"):
        await writer.finish()
    assert told[0] is not None


@pytest.mark.parametrize("spoil", [b"", b"x" * 100_000], ids=["truncated", "overwritten"])
async def test_a_database_that_is_spoilt_while_it_is_recorded_to_is_noticed(store: Store, spoil: bytes) -> None:
    writer, told = await begin(store)
    writer.add(Batch(1, ROWS[:50]))
    assert await writer.flush()
    # By another process: to open and close the file in ours would drop SQLite's locks.
    script = "import sys; open(sys.argv[1], 'wb').write(bytes.fromhex(sys.stdin.read()))"
    command = [sys.executable, "-c", script, store.path]
    subprocess.run(command, input=spoil.hex().encode(), check=True)  # noqa: ASYNC221 - nothing else is to go on
    writer.add(Batch(51, ROWS[50:]))
    assert not await writer.flush()
    assert told[0] is not None
    assert "truncated or overwritten" in told[0].text
    with pytest.raises(InspectorError, match=f"{len(ROWS) - 50} records were lost: .*truncated") as caught:
        await writer.finish()
    assert "50 records saved before are lost with that file" in caught.value.hint
    assert (writer.stored, writer.lost) == (0, len(ROWS) - 50)


SPOIL_LOG = {
    "emptied": "os.truncate(log, 0)",
    "cut": "os.truncate(log, os.path.getsize(log) // 4096 * 4096 - 8192)",
    "its beginning overwritten": "open(log, 'r+b').write(bytes(40))",
    "its end overwritten": "f = open(log, 'r+b'); f.seek(-4200, 2); f.write(bytes(4200))",
}


@pytest.mark.parametrize("way", SPOIL_LOG)
@pytest.mark.parametrize("goes_on", [True, False])
async def test_a_log_that_is_spoilt_while_it_is_recorded_to_is_noticed(store: Store, way: str, goes_on: bool) -> None:
    script = SPOIL_LOG[way]
    writer, told = await begin(store)
    for start in (0, 20, 40):
        writer.add(Batch(start + 1, ROWS[start : start + 20]))
        assert await writer.flush()
    command = [sys.executable, "-c", f"import os, sys; log = sys.argv[1]; {script}", f"{store.path}-wal"]
    subprocess.run(command, check=True)  # noqa: ASYNC221 - nothing else is to go on
    if goes_on:
        writer.add(Batch(61, ROWS[60:]))
        assert not await writer.flush()
        assert not await writer.flush()
        assert [trouble and trouble.text for trouble in told] == [
            f"{store.path}-wal was truncated or overwritten during recording."
        ]
    with pytest.raises(InspectorError, match=r"records were lost: .*-wal was truncated or overwritten"):
        await writer.finish()
    assert (writer.stored, writer.lost) == (0, len(ROWS) if goes_on else 60)


async def test_pages_that_are_overwritten_are_noticed_when_no_log_holds_them(store: Store) -> None:
    writer, told = await begin(store)
    writer.add(Batch(1, ROWS[:50]))
    assert await writer.flush()
    await checkpoint(store)
    writer.add(Batch(51, ROWS[50:60]))
    assert await writer.flush()  # the file is as we left it, from here on
    script = "import os, sys; f = open(sys.argv[1], 'r+b'); f.seek(4096 * int(sys.argv[2])); f.write(os.urandom(4096))"
    (root,) = await root_page(store, "notes")
    subprocess.run([sys.executable, "-c", script, store.path, str(root - 1)], check=True)  # noqa: ASYNC221 - as above
    with pytest.raises(InspectorError, match=r"records were lost: .*was overwritten"):
        await writer.finish()
    assert told[0] is not None
    assert (writer.stored, writer.lost) == (0, 60)


async def root_page(store: Store, table: str) -> list[int]:
    async with store.database.reading() as connection:
        sql = "SELECT rootpage FROM sqlite_schema WHERE name=?"
        return [int(page) for (page,) in (await connection.exec_driver_sql(sql, (table,))).fetchall()]


async def test_checkpoints_of_other_programs_are_no_trouble(store: Store) -> None:
    writer, told = await begin(store)
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(f'PRAGMA wal_checkpoint({sys.argv[2]})')"
    for start, how in enumerate(("PASSIVE", "FULL", "RESTART", "TRUNCATE", "TRUNCATE")):
        writer.add(Batch(start * 10 + 1, ROWS[start * 10 : start * 10 + 10]))
        assert await writer.flush()
        subprocess.run([sys.executable, "-c", script, store.path, how], check=True)  # noqa: ASYNC221 - as above
    await writer.finish()
    assert told == []
    assert (writer.stored, writer.lost) == (50, 0)


COPY = "import sys; open(sys.argv[2], 'wb').write(open(sys.argv[1], 'rb').read())"


def copied(source: Path, target: Path) -> None:
    """Copy a file over another, which stays the same file, as ``cp`` does; by another process, see above."""
    subprocess.run([sys.executable, "-c", COPY, source, target], check=True)


async def other_database(path: Path, sessions: int) -> Path:
    """Make a database with so many sessions of other runs."""
    store = Store(path)
    await store.open()
    for number in range(sessions):
        writer = await store.begin_session("other", replace(STARTED, wall=STARTED.wall + 1 + number))
        writer.add(Batch(1, ROWS))
        await writer.finish()
    await store.close()
    return path


@pytest.mark.parametrize("sessions", [0, 1, 60])
@pytest.mark.parametrize("own", [1, 60])
async def test_another_database_that_is_copied_over_it_is_noticed(store: Store, sessions: int, own: int) -> None:
    other = await other_database(store.path.with_name("other.db"), sessions)
    for _ in range(own - 1):
        await (await store.begin_session("before", STARTED)).finish()
    writer, told = await begin(store)
    writer.add(Batch(1, ROWS[:50]))
    assert await writer.flush()
    copied(other, store.path)
    writer.add(Batch(51, ROWS[50:]))
    assert not await writer.flush()
    assert told[0] is not None
    assert "truncated or overwritten" in told[0].text
    with pytest.raises(InspectorError, match=f"{len(ROWS) - 50} records were lost: .*overwritten"):
        await writer.finish()
    assert (writer.stored, writer.lost) == (0, len(ROWS) - 50)


async def test_an_older_copy_of_itself_that_is_put_back_is_noticed(store: Store) -> None:
    writer, told = await begin(store)
    copy = store.path.with_name("copy.db")
    copied(store.path, copy)
    writer.add(Batch(1, ROWS[:50]))
    assert await writer.flush()
    await checkpoint(store)
    writer.add(Batch(51, ROWS[50:70]))
    assert await writer.flush()
    copied(copy, store.path)
    writer.add(Batch(71, ROWS[70:]))
    assert not await writer.flush()
    assert told[0] is not None
    assert "overwritten" in told[0].text


async def checkpoint(store: Store) -> None:
    """Write the log back into the file, as any process may that has it open."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


async def test_what_other_processes_do_with_the_file_is_no_trouble(store: Store) -> None:
    writer, told = await begin(store)
    for start in range(0, len(ROWS), 10):
        writer.add(Batch(start + 1, ROWS[start : start + 10]))
        assert await writer.flush()
        if start % 20:
            await checkpoint(store)
        elif start % 40:
            second = await store.begin_session("beside", replace(STARTED, wall=STARTED.wall + start))
            await second.finish()
            await store.delete(second.session)
    await writer.finish()
    assert told == []
    assert await collect(StoredStream(store, writer.session)) == numbered(ROWS)


async def test_database_in_use_by_another_program_is_told_and_tried_again(store: Store) -> None:
    writer, told = await begin(store)
    await store.database.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=1").close())
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer.add(Batch(1, ROWS))
    assert not await writer.flush()
    assert told[0] is not None
    assert "in use by another program" in told[0].text
    other.execute("ROLLBACK")
    other.close()
    await writer.finish()
    assert told[1:] == [None]
    assert await collect(StoredStream(store, writer.session)) == numbered(ROWS)


async def test_full_disk_is_told_and_every_row_is_there_when_there_is_room_again(store: Store) -> None:
    writer, told = await begin(store)

    def fill(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}").close()

    await store.database.write(fill)
    big = [row if row[0] != 1 else (*row[:8], '"' + "x" * 9000 + '"', *row[9:]) for row in ROWS]
    writer.add(Batch(1, big))
    assert not await writer.flush()
    assert told[0] is not None
    assert "is full" in told[0].text
    await store.database.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count=100000").close())
    await writer.finish()
    assert await collect(StoredStream(store, writer.session)) == numbered(big)


async def test_what_waits_is_bounded_and_what_is_dropped_is_counted_in_the_stream(store: Store) -> None:
    rows = [(*row[:3], "failed", *row[4:]) if row[0] == 3 and row[2] == 7 else row for row in plain_run(40)]
    writer, _ = await begin(store, Backlog(max_rows=120))
    for start in range(0, len(rows), 11):
        writer.add(Batch(start + 1, rows[start : start + 11]))
        assert writer.waiting <= 121
    await writer.finish()
    stored = await collect(StoredStream(store, writer.session))
    drops = [to_record(row) for _, row in stored if row[0] == RecordsLost.KIND]
    others = [one for one in stored if one[1][0] != RecordsLost.KIND]
    assert drops
    assert sum(drop.count for drop in drops) == writer.dropped == len(rows) - len(others)
    assert set(others) <= set(numbered(rows))
    assert any(row[0] == 3 and row[3] == "failed" for _, row in others)
    assert others[-20:] == numbered(rows)[-20:]


async def test_payloads_are_dropped_before_records(store: Store) -> None:
    writer, _ = await begin(store, Backlog(max_characters=100))
    writer.add(Batch(1, ROWS))
    await writer.finish()
    stored = await collect(StoredStream(store, writer.session))
    assert [(seq, row[:8]) for seq, row in stored if row[0] != 0] == [
        (seq, row[:8]) for seq, row in numbered(ROWS) if row[0] != 0
    ]
    payloads = [row[8] for _, row in stored if row[0] == 1]
    assert payloads[0] == '{"$dropped": "the database cannot keep up"}'
    assert payloads[-1] == '{"n": 1}'


async def test_rows_missing_in_the_stream_itself_are_counted(store: Store) -> None:
    writer, _ = await begin(store)
    writer.add(Batch(1, ROWS[:10]))
    writer.add(Batch(21, ROWS[20:]))
    writer.add(Batch(15, ROWS[14:25]))
    await writer.finish()
    stored = await collect(StoredStream(store, writer.session))
    assert stored[:10] == numbered(ROWS)[:10]
    assert stored[10][0] == 11
    assert to_record(stored[10][1]).count == 10
    assert stored[11:] == numbered(ROWS)[20:]


async def test_number_beyond_64_bits_does_not_stop_the_recording(store: Store) -> None:
    writer, _ = await begin(store)
    rows = [*ROWS, (6, 1 << 70, "odd", "info", "x", ""), (6, 5, "fine", "info", "y", "")]
    writer.add(Batch(1, rows))
    await writer.finish()
    stored = await collect(StoredStream(store, writer.session))
    assert writer.dropped == 1
    assert [row for _, row in stored] == [*ROWS, rows[-1]]


async def test_commit_that_was_cancelled_is_not_made_twice(store: Store) -> None:
    writer, _ = await begin(store)
    for start in range(0, len(ROWS), 10):
        writer.add(Batch(start + 1, ROWS[start : start + 10]))
        flush = asyncio.ensure_future(writer.flush())
        for _ in range(start // 2):
            await asyncio.sleep(0)
        flush.cancel()
        await asyncio.gather(flush, return_exceptions=True)
    await writer.finish()
    assert await collect(StoredStream(store, writer.session)) == numbered(ROWS)


@pytest.mark.parametrize("piece", [3, writer_module.PIECE])
@pytest.mark.parametrize("moment", ["before_cursor_execute", "after_cursor_execute", "commit", "reset"])
async def test_who_is_cancelled_while_writing_keeps_nobody_from_it(
    store: Store, moment: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PIECE", piece)
    writer, _ = await begin(store)
    writer.add(Batch(1, ROWS))
    assert store.database._writer is not None
    engine, lost = store.database._writer, []
    # A connection that is dropped may keep its transaction until the garbage collector finds it.
    event.listen(engine, "invalidate", lambda *_: lost.append("a connection"))
    flush = asyncio.ensure_future(writer.flush())
    loop = asyncio.get_running_loop()
    event.listen(engine, moment, lambda *_: loop.call_soon_threadsafe(flush.cancel), once=True)
    with pytest.raises(asyncio.CancelledError):
        await flush
    with closing(sqlite3.connect(store.path, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    assert lost == []
    await writer.finish()
    assert await collect(StoredStream(store, writer.session)) == numbered(ROWS)


async def test_trouble_with_a_piece_of_what_is_written_loses_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PIECE", 3)
    writer, _ = await begin(store)
    statements, pieces = Folded.statements, list[Folded]()

    def failing(self: Folded) -> Any:
        pieces.append(self)
        if len(pieces) == 2:
            raise sqlite3.OperationalError("disk I/O error")
        return statements(self)

    monkeypatch.setattr(Folded, "statements", failing)
    writer.add(Batch(1, ROWS))
    assert not await writer.flush()
    assert (writer.stored, writer.waiting) == (1, len(ROWS) - 1)
    assert await writer.flush()
    assert (writer.stored, writer.waiting) == (len(ROWS), 0)
    assert len(pieces) > 4
    await writer.finish()
    assert await collect(StoredStream(store, writer.session)) == numbered(ROWS)


async def test_a_piece_that_does_not_come_in_time_is_written_in_another_transaction(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(SimpleQueue[Any]):
        gets = 0

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            Slow.gets += 1
            if Slow.gets == 2:
                raise Empty
            return super().get(block, timeout)

    monkeypatch.setattr(writer_module, "PIECE", 3)
    monkeypatch.setattr(writer_module, "SimpleQueue", Slow)
    writer, _ = await begin(store)
    writer.add(Batch(1, ROWS))
    assert await writer.flush()
    assert Slow.gets > 2
    await writer.finish()
    assert await collect(StoredStream(store, writer.session)) == numbered(ROWS)


async def test_run_commits_by_itself_and_ends_with_finish(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "COMMIT_EVERY", 0.001)
    writer, _ = await begin(store)
    running = asyncio.ensure_future(writer.run())
    writer.add(Batch(1, ROWS))
    async with asyncio.timeout(PATIENCE):
        stored = 0
        while stored < len(ROWS):
            stored = (await store.session(writer.session)).records
        await writer.finish()
        await running
    with pytest.raises(InspectorError, match="closed"):
        writer.add(Batch(len(ROWS) + 1, ROWS[-1:]))


async def test_a_commit_waits_for_the_disk_once_a_second(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    original = store.database.write
    monkeypatch.setattr(
        store.database, "write", lambda work, *, full=False: (seen.append(full), original(work, full=full))[1]
    )
    now = [100.0]
    monkeypatch.setattr(writer_module.time, "monotonic", lambda: now[0])
    writer, _ = await begin(store)
    seen.clear()
    for number, step in enumerate((0.05, 0.05, 1.0, 0.05)):
        now[0] += step
        writer.add(Batch(number + 2, [ROWS[number + 1]]))
        await writer.flush()
    # Nothing new for a second: what was committed since is made durable all the same, once.
    now[0] += 1.0
    await writer.flush()
    await writer.flush()
    assert seen == [False, False, True, False, True]


async def test_deleting_the_row_of_a_live_session_is_noticed(store: Store, tmp_path: Path) -> None:
    writer, told = await begin(store)
    await store.database.write(lambda connection: connection.exec_driver_sql("DELETE FROM sessions"))
    writer.add(Batch(1, ROWS))
    assert not await writer.flush()
    assert told[0] is not None
    assert "was deleted" in told[0].text


@pytest.mark.parametrize("code", ["SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE"])
def test_a_full_disk_is_named_whatever_sqlite_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = code
    path = tmp_path / "s.db"
    assert isinstance(explain(error, path), NoRoom) == (code == "SQLITE_FULL")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    trouble = explain(error, path)
    assert isinstance(trouble, NoRoom)
    assert trouble.text == f"The disk with {path} is full."
