"""A row of a database file, looked up without SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.store.btree import find_row


def reader(path: Path):
    data = path.read_bytes()
    return lambda offset, length: data[offset : offset + length]


@pytest.mark.parametrize("size", [512, 4096, 65536])
def test_every_row_is_found_as_sqlite_has_it(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.db"
    values = [0, 1, -1, 127, -128, 1 << 15, 1 << 22, 1 << 30, 1 << 40, -(1 << 62), None]
    keys = [*range(1, 400), 1 << 20, 1 << 40, 1 << 62]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size={size}")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT, one INTEGER, two INTEGER)")
        rows = [(key, "x" * (key % 50), values[key % 11], values[key % 7]) for key in keys]
        connection.executemany("INSERT INTO t VALUES (?,?,?,?)", rows)
        connection.commit()
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema").fetchone()
    read = reader(path)
    assert [find_row(read, root, key) for key in keys] == [[None, None, one, two] for _, _, one, two in rows]
    assert find_row(read, root, 401) is find_row(read, root, 1 << 61) is None
    assert find_row(read, 1, 1) is not None  # the schema


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0", b"x" * 5000, bytes(5000), b"\xff" * 8192, b"\5" * 8192])
def test_what_is_no_database_has_no_row(data: bytes) -> None:
    assert find_row(lambda offset, length: data[offset : offset + length], 3, 1) is None
