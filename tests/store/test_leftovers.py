"""A database that was deleted without its side files: the next one at its place is new, and whole."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from inspector.core.errors import InspectorError
from inspector.core.records.records import Batch
from inspector.store.database import SessionsDatabase
from inspector.store.leftovers import alone_in
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.patience import PATIENCE
from tests.store.runs import STARTED, collect, numbered, plain_run
from tests.store.test_processes import child


def leave_side_files(path: Path) -> None:
    """A writer that is killed leaves its log behind; somebody deletes the database alone."""
    process = child(path, "victim", 40, "wait")
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate()
    assert path.with_name(path.name + "-wal").stat().st_size
    path.unlink()


async def test_deleted_database_does_not_come_back_out_of_its_log(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    leave_side_files(path)
    log = path.with_name("s.db-wal").read_bytes()
    store = Store(path)
    await store.open()
    assert await store.sessions() == []
    writer = await store.begin_session("new", STARTED)
    writer.add(Batch(1, plain_run(20)))
    await writer.finish()
    assert await collect(StoredStream(store, writer.session)) == numbered(plain_run(20))
    await store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    # Whoever only moved the database away finds the rest of it.
    assert path.with_name("s.db-wal.old").read_bytes() == log
    assert not path.with_name("s.db-shm").exists()


def files(folder: Path) -> dict[str, int]:
    """What is in a folder: names, and which file each of them is."""
    return {one.name: one.stat().st_ino for one in folder.iterdir()}


def leave_journal(path: Path) -> None:
    """A program that does not write ahead dies in a transaction."""
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA cache_size=1'); c.execute('CREATE TABLE t (x)'); c.execute('BEGIN');"
        "c.executemany('INSERT INTO t VALUES (?)', [('x' * 5000,)] * 500); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert path.with_name(path.name + "-journal").stat().st_size
    path.unlink()


async def test_rollback_journal_of_a_deleted_database_is_not_rolled_back_into_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    leave_journal(path)
    store = Store(path)
    await store.open()
    assert await store.sessions() == []
    await store.close()
    assert not path.with_name("s.db-journal").exists()
    assert path.with_name("s.db-journal.old").exists()


async def test_side_files_of_a_database_that_another_process_has_open_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    process = child(path, "lively", 40, "wait")
    try:
        assert process.stdout is not None
        process.stdout.readline()
        path.unlink()
        before = files(tmp_path)
        with pytest.raises(InspectorError, match="still has it") as caught:
            await Store(path).open()
        assert caught.value.typed == "--db FILE"
        assert files(tmp_path) == before
    finally:
        process.kill()
        process.communicate()
    store = Store(path)
    await store.open()
    assert await store.sessions() == []
    await store.close()


async def test_asking_whether_this_process_has_it_open_drops_no_lock_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    mine = SessionsDatabase(path)
    await mine.open()
    await mine.write(lambda connection: connection.exec_driver_sql("UPDATE sessions SET name=name"))
    kept = path.with_name("kept.db")
    path.rename(kept)
    for _ in range(2):
        with pytest.raises(InspectorError, match="still has it"):
            await Store(path).open()
    kept.rename(path)
    await mine.close()


async def test_processes_that_begin_at_once_beside_old_side_files_keep_every_row(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    leave_side_files(path)
    children = [child(path, f"run {number}", 60, "finish") for number in range(3)]
    outputs = [one.communicate(timeout=PATIENCE)[0] for one in children]
    assert [one.returncode for one in children] == [0, 0, 0]
    store = Store(path)
    await store.open()
    assert sorted(one.name for one in await store.sessions()) == ["run 0", "run 1", "run 2"]
    for output in outputs:
        assert await collect(StoredStream(store, int(output))) == numbered(plain_run(60))
    await store.close()


async def test_empty_side_files_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    for ending in ("-wal", "-journal", "-shm"):
        path.with_name(path.name + ending).touch()
    store = Store(path)
    await store.open()
    await store.close()
    assert list(files(tmp_path)) == ["s.db"]


@pytest.mark.skipif(os.name == "nt", reason="folders are not locked there")
def test_who_makes_a_database_waits_for_another_who_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.store.leftovers._PATIENCE", 0.0)
    with alone_in(tmp_path), pytest.raises(InspectorError, match="in use by another program"), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


_KILLED: Final = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in ("PRAGMA journal_mode=DELETE", "PRAGMA cache_size=1", "BEGIN IMMEDIATE"):
    connection.execute(statement)
connection.execute("UPDATE executions SET handler=0")
for number in range(3000):
    connection.execute("INSERT INTO notes VALUES (?,1,1,1,1,1,?,NULL)", ((1 << 36) + 500 + number, "x" * 300))
os.kill(os.getpid(), signal.SIGKILL)
"""


def cut_off(path: Path, *, garbage: bool) -> None:
    """Leave the journal of a writer that was killed in the middle of a transaction, or what only looks like one."""
    journal = Path(f"{path}-journal")
    if garbage:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
        journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + b"\xff" * 4092)
    else:
        subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert journal.stat().st_size > 512


@pytest.mark.parametrize("garbage", [False, True])
async def test_a_transaction_that_was_cut_off_is_taken_back(tmp_path: Path, garbage: bool) -> None:
    path = tmp_path / "s.db"
    rows = plain_run(20)
    store = Store(path)
    await store.open()
    writer = await store.begin_session("whole", STARTED)
    writer.add(Batch(1, rows))
    await writer.finish()
    await store.close()
    cut_off(path, garbage=garbage)
    await store.open()
    assert await collect(StoredStream(store, 1)) == numbered(rows)
    await store.close()
