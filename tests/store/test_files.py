"""What is at the path decides: ours, or left exactly as it was."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.core.errors import InspectorError
from inspector.store import schema
from inspector.store.files import NewFile
from inspector.store.store import Store
from tests.store.runs import STARTED


async def refused(path: Path) -> InspectorError:
    store = Store(path)
    with pytest.raises(InspectorError) as caught:
        await store.open()
    await store.close()
    assert caught.value.hint
    return caught.value


def digest(path: Path) -> str:
    # Nothing has the file open here.
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def test_new_database_is_private_and_in_wal_mode(store: Store) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    async with store.database.reading() as connection:
        for pragma, value in {
            "journal_mode": "wal",
            "foreign_keys": 1,
            "synchronous": 1,
            "application_id": schema.APPLICATION_ID,
            "user_version": schema.SCHEMA_VERSION,
            "busy_timeout": 2000,
        }.items():
            assert (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar_one() == value
    assert sorted(path.name for path in store.path.parent.iterdir() if path.name.startswith(".")) == []


async def test_newer_schema_is_refused_and_not_one_byte_changed(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    schema.prepare(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION + 1}")
    connection.close()
    before = digest(path)
    assert "newer inspector" in (await refused(path)).text
    assert digest(path) == before


async def test_foreign_database_is_refused_and_not_one_byte_changed(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE accounts (id)")
    connection.commit()
    connection.close()
    before = digest(path)
    assert "another program" in (await refused(path)).text
    assert digest(path) == before


async def test_what_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    assert "is a folder" in (await refused(tmp_path)).text
    empty = tmp_path / "empty.db"
    empty.touch()
    assert "is empty" in (await refused(empty)).text
    text = tmp_path / "notes.txt"
    text.write_text("hello " * 500)
    assert "not a sessions database" in (await refused(text)).text
    assert text.read_text() == "hello " * 500
    below_a_file = text / "sub" / "s.db"
    assert str(below_a_file) in (await refused(below_a_file)).text


async def test_damaged_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    schema.prepare(path)
    data = bytearray(path.read_bytes())
    data[4096 * 2 : 4096 * 4] = b"\xa5" * 8192
    path.write_bytes(data)
    assert "is damaged" in (await refused(path)).text
    assert path.read_bytes() == data


def test_older_schema_is_migrated_step_by_step_and_kept_beside(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    schema.prepare(path)
    steps = (
        *schema.MIGRATIONS,
        lambda connection: connection.execute("CREATE TABLE second (id INTEGER)"),
        lambda connection: connection.execute("ALTER TABLE second ADD COLUMN third INTEGER"),
    )
    schema.prepare(path, steps)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(steps),)
    assert [row[1] for row in connection.execute("PRAGMA table_info(second)")] == ["id", "third"]
    connection.close()
    copy = sqlite3.connect(tmp_path / f"s.db.v{schema.SCHEMA_VERSION}.bak")
    assert copy.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)
    copy.close()


def test_failing_migration_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    schema.prepare(path)

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (id INTEGER)")
        connection.execute("CREATE TABLE half (id INTEGER)")

    with pytest.raises(InspectorError):
        schema.prepare(path, (*schema.MIGRATIONS, broken))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)
    assert connection.execute("SELECT name FROM sqlite_schema WHERE name='half'").fetchall() == []
    connection.close()


async def test_path_with_signs_that_addresses_use_works(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20é" / "s&mode=ro.db"
    store = Store(path)
    await store.open()
    await store.begin_session("x", STARTED)
    await store.close()
    assert path.stat().st_size > 0


async def test_closed_store_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    with pytest.raises(InspectorError, match="not open"):
        await store.sessions()


def test_importing_the_room_loads_no_sqlalchemy() -> None:
    code = (
        "import sys, inspector.store, inspector.store.store, inspector.store.reader, inspector.store.tables;"
        "sys.exit('sqlalchemy' in sys.modules or 'aiosqlite' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_what_is_no_file_is_left_alone_and_not_offered_for_deletion(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "not a regular file" in (await refused(pipe)).text
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_export_does_not_take_the_place_of_a_device(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InspectorError, match="not a regular file"), NewFile(pipe) as file:
        file.write("text")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]
