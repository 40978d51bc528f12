"""A file is looked at before it is trusted: nothing in it runs, hangs or grows."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from pathlib import Path

import pytest

from inspector.core.errors import InspectorError
from inspector.store import checks, schema
from inspector.store.checks import BoundedConnection, unpack_catalog
from inspector.store.store import Store

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x AS id, 'n'||x AS text FROM c"

#: What somebody did to a database, and what is said of it.
STRANGE = {
    "a view in the place of a table": (f"DROP TABLE names; CREATE VIEW names AS {ENDLESS}", "a view 'names'"),
    "a view beside the tables": (f"CREATE VIEW more AS {ENDLESS}", "a view 'more'"),
    "a trigger": (
        "CREATE TRIGGER t AFTER INSERT ON sessions BEGIN DELETE FROM names; END",
        "a trigger 't'",
    ),
    "a generated column": (
        "DROP TABLE failures; CREATE TABLE failures (id INTEGER PRIMARY KEY, body TEXT AS (zeroblob(900000000)))",
        "a table 'failures' of another shape",
    ),
    "a column more": ("ALTER TABLE failures ADD COLUMN more TEXT DEFAULT 'x'", "a table 'failures' of another shape"),
    "a check": (
        "DROP TABLE failures; CREATE TABLE failures (id INTEGER PRIMARY KEY, body TEXT NOT NULL CHECK (abs(body)))",
        "a table 'failures' of another shape",
    ),
    "a foreign table": ("CREATE VIRTUAL TABLE words USING fts5(text)", "a table 'words"),
    "another table": ("CREATE TABLE accounts (id)", "a table 'accounts'"),
    "an index that calls functions": (
        "CREATE INDEX i ON names (upper(text))",
        "an index 'i'",
    ),
    "a table that is missing": ("DROP TABLE odd_rows", "the table odd_rows is missing"),
    "a table that was renamed": ("ALTER TABLE odd_rows RENAME TO rows_odd", "a table 'rows_odd'"),
}


@pytest.mark.parametrize("what", STRANGE)
async def test_a_database_with_anything_but_our_tables_is_refused_at_once(tmp_path: Path, what: str) -> None:
    path = tmp_path / "s.db"
    schema.prepare(path)
    script, words = STRANGE[what]
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(InspectorError, match="not an inspector sessions database") as caught:
        await Store(path).open()
    assert words in caught.value.text
    assert caught.value.hint
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


async def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA encoding='UTF-16le'")
    for step in schema.MIGRATIONS:
        step(connection)
    connection.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION}")
    connection.commit()
    connection.close()
    with pytest.raises(InspectorError, match="its text is UTF-16le"):
        await Store(path).open()


async def test_counters_of_sqlite_itself_are_no_tables_of_strangers(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    schema.prepare(path)
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO names VALUES (1, 'a')")
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()
    store = Store(path)
    await store.open()
    await store.close()


def test_a_check_that_takes_too_long_is_ended() -> None:
    connection = sqlite3.connect(":memory:", factory=BoundedConnection)
    connection.end_after(0.05)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        connection.execute(f"SELECT count(*) FROM ({ENDLESS})").fetchone()
    connection.close()


def test_a_cell_beyond_the_limit_is_not_read() -> None:
    connection = sqlite3.connect(":memory:", factory=BoundedConnection)
    with pytest.raises(sqlite3.DataError, match="too big"):
        connection.execute(f"SELECT zeroblob({checks.MAX_CELL + 1})").fetchone()
    connection.close()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (zlib.compress(b"[" * (checks.MAX_CATALOG + 1)), "too large"),
        (zlib.compress(b"{}" * 99)[:-5], "cut off"),
        (b"no zip at all", "cannot be unpacked"),
        (zlib.compress(b"\xff\xfe"), "not UTF-8"),
        (None, "missing"),
        ("text", "missing"),
        (7, "missing"),
    ],
)
def test_a_catalog_unpacks_within_bounds(body: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unpack_catalog(body)


def test_a_catalog_is_unpacked() -> None:
    text = '{"a": "\udc80"}'
    assert unpack_catalog(zlib.compress(text.encode("utf-8", "surrogatepass"))) == text


def test_a_folder_that_another_process_makes_at_the_same_moment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Path.exists
    path = tmp_path / "data" / "s.db"

    def just_before(self: Path, **options: bool) -> bool:
        there = made(self, **options)
        if self == path.parent:
            self.mkdir(exist_ok=True)
        return there

    monkeypatch.setattr(Path, "exists", just_before)
    schema.prepare(path)
    assert path.is_file()
