"""A cell that holds what it cannot hold harms its own session, and no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.core.errors import InspectorError
from inspector.core.records.records import Batch
from inspector.store.info import DAMAGED, UNKNOWN_TIME
from inspector.store.reader import StoredStream
from inspector.store.schema import MAX_SESSION, MIGRATIONS
from inspector.store.store import Store
from tests.store.runs import STARTED, collect, numbered, plain_run

ROWS = plain_run(6)

#: What is written into the row of a session, and the columns that are named.
CELLS = {
    "wall='x'": "wall",
    "wall=1.5": "wall",
    "wall=9223372036854775807": "wall",
    "wall=x'ff'": "wall",
    "name=CAST(x'ff41' AS TEXT)": "name",
    "name=x'80'": "name",
    "program=CAST(x'c328' AS TEXT)": "program",
    "source=x'fe'": "source",
    "closed='yes'": "closed",
    "deleted='x'": "deleted",
    "deleted=7": "deleted",
    "publications=-1": "publications",
    "executions=9223372036854775807": "executions",
    "last_seq=0": "last_seq",
    "last_seq=99999999999999": "last_seq",
    "last_at='soon'": "last_at",
    "bytes=x'00', failures='many'": "failures, bytes",
}


async def three_sessions(path: Path) -> None:
    store = Store(path)
    await store.open()
    for name in "abc":
        writer = await store.begin_session(name, STARTED)
        writer.add(Batch(1, ROWS))
        await writer.finish()
    await store.close()


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount == 1, statement
        connection.commit()


@pytest.mark.parametrize("cells", CELLS)
async def test_a_damaged_row_of_a_session_is_marked_and_hides_no_other(tmp_path: Path, cells: str) -> None:
    path = tmp_path / "s.db"
    await three_sessions(path)
    change(path, f"UPDATE sessions SET {cells} WHERE id=2")
    store = Store(path)
    await store.open()
    infos = await store.sessions()
    assert [info.id for info in infos] == [3, 2, 1]
    assert [info.state for info in infos] == ["closed", DAMAGED, "closed"]
    assert CELLS[cells] in infos[1].damage
    assert infos[0].damage == infos[2].damage == ""
    for whole in (1, 3):
        assert await collect(StoredStream(store, whole)) == numbered(ROWS)
    # It can be put right, or deleted, and new ones can be recorded.
    await store.rename(3, "c again")
    if not cells.startswith("deleted"):
        await store.delete(2)
        assert [info.name for info in await store.sessions()] == ["c again", "a"]
    writer = await store.begin_session("d", STARTED)
    await writer.finish()
    await store.close()


async def test_cells_without_a_value_are_damage_too(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    await three_sessions(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_schema SET sql=replace(sql, ' NOT NULL', '')")
        connection.commit()
    change(path, "UPDATE sessions SET wall=NULL, name=NULL WHERE id=1")
    with closing(sqlite3.connect(path)) as connection, closing(sqlite3.connect(":memory:")) as model:
        for step in MIGRATIONS:
            step(model)
        connection.execute("PRAGMA writable_schema=ON")
        ours = model.execute("SELECT sql, name FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
        connection.executemany("UPDATE sqlite_schema SET sql=? WHERE name=?", ours)
        connection.commit()
    store = Store(path)
    await store.open()
    infos = await store.sessions()
    assert [(info.id, info.state) for info in infos] == [(3, "closed"), (2, "closed"), (1, DAMAGED)]
    assert (infos[2].name, infos[2].started_at) == ("", UNKNOWN_TIME)
    assert "name, wall" in infos[2].damage
    await store.close()


@pytest.mark.parametrize("number", [-5, 0, MAX_SESSION + 1, (1 << 63) - 1])
async def test_a_session_with_a_number_that_cannot_be_is_listed_and_can_be_deleted(tmp_path: Path, number: int) -> None:
    path = tmp_path / "s.db"
    await three_sessions(path)
    change(path, f"UPDATE sessions SET id={number} WHERE id=2")
    store = Store(path)
    await store.open()
    assert {info.id: info.state for info in await store.sessions()} == {1: "closed", 3: "closed", number: DAMAGED}
    await store.delete(number)
    assert [info.id for info in await store.sessions()] == [3, 1]
    await store.close()


async def test_a_database_without_numbers_for_sessions_says_so(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    await three_sessions(path)
    change(path, f"UPDATE sqlite_sequence SET seq={MAX_SESSION} WHERE name='sessions'")
    store = Store(path)
    await store.open()
    with pytest.raises(InspectorError, match="has no number left"):
        await store.begin_session("d", STARTED)
    assert len(await store.sessions()) == 3
    await store.close()
