"""Run logs and sessions databases from when a program was one process: committed files, read by today's program."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from inspector.analysis.journal import Journal
from inspector.core.records.host import HandlersNotCalled
from inspector.core.records.numbers import PublicationNumber
from inspector.core.records.records import Batch, Published, to_record, to_row
from inspector.store.jsonl_import import read_jsonl
from inspector.store.reader import StoredStream
from inspector.store.schema import SCHEMA_VERSION
from inspector.store.store import Store
from tests.store.runs import STARTED, collect

DATA = Path(__file__).parent / "data"
LOG = DATA / "every_record.v2.jsonl"
DATABASE = DATA / "sessions.v2.sqlite"


async def test_a_run_log_without_processes_is_of_one_process() -> None:
    stream = read_jsonl(LOG)
    records = [to_record(row) for _, row in await collect(stream)]
    assert (stream.skipped, len(records)) == (0, len(LOG.read_bytes().splitlines()) - 1)
    assert isinstance(records[-1], HandlersNotCalled)
    assert {record.process for record in records if isinstance(record, Published)} == {0}


async def test_a_database_of_version_2_is_migrated_and_holds_processes_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    shutil.copy(DATABASE, path)
    store = Store(path)
    await store.open()
    try:
        old = [row for _, row in await collect(StoredStream(store, 1))]
        writer = await store.begin_session("new", STARTED)
        fresh = (1, 5, 1, "E", "", "", 0, 0, "{}", "{}", 1, 3)
        twice = (1, 6, 1, "E", "", "", 0, 0, "[]", "{}", 1, 4)  # kept word for word
        writer.add(Batch(1, [to_row(STARTED), fresh, twice]))
        await writer.finish()
        new = [row for _, row in await collect(StoredStream(store, writer.session))]
        assert await store.payload(1, PublicationNumber(1)) != ""
    finally:
        await store.close()
    assert old == [row for _, row in await collect(read_jsonl(LOG))][: len(old)]
    assert new == [to_row(STARTED), fresh, twice]
    journal = Journal()
    journal.fold(Batch(1, old))
    assert set(journal.publications["process"].tolist()) == {0}
    for name, version in (("s.db", SCHEMA_VERSION), ("s.db.v2.bak", 2)):
        with closing(sqlite3.connect(tmp_path / name)) as file:
            assert file.execute("PRAGMA user_version").fetchone() == (version,)


async def test_an_odd_row_of_version_2_is_completed(tmp_path: Path) -> None:
    """A publication that did not follow the order of its run is kept word for word, without a process."""
    path = tmp_path / "s.db"
    shutil.copy(DATABASE, path)
    with closing(sqlite3.connect(path)) as file:
        (last,) = file.execute("SELECT last_seq FROM sessions WHERE id=1").fetchone()
        body = '[9000000000, 1, "Twice", "", "", 0, 0, "{}", "{}", 1]'
        file.execute("UPDATE sessions SET last_seq=? WHERE id=1", (last + 1,))
        file.execute("INSERT INTO odd_rows VALUES (?,1,?)", ((1 << 36) + last + 1, body))
        file.commit()
    store = Store(path)
    await store.open()
    try:
        _, row = (await collect(StoredStream(store, 1)))[-1]
    finally:
        await store.close()
    assert to_record(row) == Published(9_000_000_000, 1, "Twice", "", "", 0, 0, "{}", "{}", 1)
