"""A cell that holds what it cannot hold harms its own session, and no other."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.analysis.journal import Journal
from inspector.app.filtered import PlacedStream, placement_warnings
from inspector.core.errors import InspectorError
from inspector.core.records.records import Batch
from inspector.store.checks import MAX_CELL
from inspector.store.info import DAMAGED, UNKNOWN_TIME
from inspector.store.reader import StoredStream
from inspector.store.schema import MAX_SESSION, MIGRATIONS, SESSION_SPAN
from inspector.store.store import Store
from inspector.store.tables import export_csv
from tests.patience import PATIENCE
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
    with pytest.raises(InspectorError, match="has run out of session numbers"):
        await store.begin_session("d", STARTED)
    assert len(await store.sessions()) == 3
    await store.close()


#: What is written into the rows of a session of six publications, and what is said of it; None when nothing is.
ROWS_DAMAGED = {
    "UPDATE publications SET fire=99999999999 WHERE id={base}+3": "2 records were skipped (an impossible number)",
    "UPDATE publications SET seq='x' WHERE id={base}+2": "skipped (a publication without a place)",
    "UPDATE publications SET seq=8589934592 WHERE id={base}+2": "out of order",
    "UPDATE publications SET seq=8589934592 WHERE id={base}+6": "(last_seq)",
    "UPDATE publications SET seq=-4 WHERE id={base}+2": "skipped (a publication without a place)",
    "UPDATE publications SET event=777 WHERE id={base}+1": "damaged: a name is missing.",
    "UPDATE publications SET event=-1 WHERE id={base}+1": "damaged: a name is missing.",
    "UPDATE publications SET outcome=-1 WHERE id={base}+1": "damaged: a name is missing.",
    "UPDATE publications SET at=-5 WHERE id={base}+6": "an impossible time",
    "UPDATE publications SET span=-1 WHERE id={base}+4": "1 record was skipped (an end before its start)",
    "UPDATE publications SET length='long' WHERE id={base}+4": "1 record was skipped (an end before its start)",
    "UPDATE publications SET context=99 WHERE id={base}+4": "damaged: a name is missing.",
    "UPDATE executions SET status=99 WHERE id={base}+5": "1 record was skipped (an unknown status)",
    "UPDATE executions SET status=-1 WHERE id={base}+5": "1 record was skipped (an unknown status)",
    "UPDATE executions SET status=-8 WHERE id>{base}+3 AND id<{base}+13": "9 records were skipped (an unknown status)",
    "UPDATE executions SET status='ok' WHERE id={base}+5": "1 record was skipped (an unknown status)",
    "UPDATE executions SET status=1.5 WHERE id={base}+5": "1 record was skipped (an unknown status)",
    "UPDATE executions SET status=x'01' WHERE id={base}+5": "1 record was skipped (an unknown status)",
    "UPDATE executions SET handler='h' WHERE id={base}+5": "damaged: a name is missing.",
    "UPDATE executions SET handler=-1 WHERE id={base}+5": "damaged: a name is missing.",
    "UPDATE executions SET publication=-5 WHERE id={base}+5": "2 records were skipped (an execution without a place)",
    "UPDATE executions SET at=9223372036854775807 WHERE id={base}+5": "2 records were skipped",
    "UPDATE executions SET length=-9 WHERE id={base}+5": "1 record was skipped (an end before its start)",
    "UPDATE executions SET span=0 WHERE id={base}+5": "1 record was skipped (an end before its start)",
    "UPDATE executions SET on_loop=x'00' WHERE id={base}+5": "1 record was skipped (not a HandlerEnded)",
    "UPDATE names SET text=CAST(x'ff41' AS TEXT) WHERE id={base}+2": "damaged: a text is not UTF-8.",
    "UPDATE names SET text=x'ff41' WHERE id={base}+2": "damaged: a name is not UTF-8.",
    "UPDATE names SET text=5.5 WHERE id={base}+2": None,
    "DELETE FROM names WHERE id={base}+1": "damaged: a name is missing.",
    "DELETE FROM publications WHERE id={base}+3": "damaged: 2 records are missing.",
    "DELETE FROM publications WHERE id={base}+6": "damaged: 2 records are missing.",
    "DELETE FROM executions WHERE id={base}+5": "damaged: 2 records are missing.",
    "DELETE FROM executions WHERE id>{base}+2 AND id<{base}+9": "damaged: 12 records are missing.",
    "DELETE FROM catalogs": "damaged: the catalog is missing.",
    "UPDATE catalogs SET body=x'00'": "damaged: the catalog",
    "UPDATE sessions SET last_seq=1 WHERE id=2": "its row in the database is wrong (last_seq)",
    "UPDATE sessions SET last_seq=68719476000 WHERE id=2": "its row in the database is wrong (last_seq)",
    "UPDATE sessions SET seed='x' WHERE id=2": "damaged: its seed cannot be read.",
    "INSERT INTO odd_rows VALUES ({base}+68719476000, 3, '[1]')": "1 record was skipped",
    "INSERT INTO odd_rows VALUES ({base}+900, 99, '[1]')": "1 record was skipped (an unknown kind of record)",
    "INSERT INTO odd_rows VALUES ({base}+900, -1, '[1]')": "1 record was skipped (an unknown kind of record)",
    "INSERT INTO odd_rows VALUES ({base}+900, 3, 'not json')": "1 record was skipped (a record cannot be read)",
    "INSERT INTO host_records VALUES ({base}+900, 1, 15, '{{}}')": "1 record was skipped",
    "INSERT INTO host_records VALUES ({base}+900, 1, 'x', '[]')": "1 record was skipped",
    "INSERT INTO host_records VALUES ({base}+900, 1, -8, '[5, \"x\", 0, 0]')": "1 record was skipped",
    "INSERT INTO host_records VALUES ({base}+900, 1, 15, '[-5, \"x\", 0, 0]')": "1 record was skipped",
    "INSERT INTO host_records VALUES ({base}+900, 1, 15, '[5, \"x\", 9, 8]')": "1 record was skipped",
    "INSERT INTO notes VALUES ({base}+900, 1, -3, 1, 1, 1, 'x', NULL)": "1 record was skipped",
}


@pytest.mark.parametrize("statement", ROWS_DAMAGED)
async def test_a_damaged_row_is_left_out_and_counted_and_all_others_are_read(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "s.db"
    await three_sessions(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement.format(base=2 * SESSION_SPAN))
        connection.commit()
    store = Store(path)
    await store.open()
    stream = StoredStream(store, 2)
    async with asyncio.timeout(PATIENCE):
        rows = await collect(stream)
    seqs = [seq for seq, _ in rows]
    assert seqs == sorted(set(seqs))
    damage = stream.damage
    added = statement.startswith("INSERT")
    # Exactly: a start and its end are two, and what is only marred is there.
    assert len(rows) + damage.records + damage.missing == len(ROWS) + added
    said = " ".join(stream.warnings())
    expected = ROWS_DAMAGED[statement]
    assert (expected in said) if expected else not said, said
    assert bool(said) == bool(damage) == ((await store.sessions())[1].state == DAMAGED)
    journal = Journal()
    for seq, row in rows:
        journal.fold(Batch(seq, [row]))
    if "catalogs" not in statement:
        assert await collect(StoredStream(store, 3)) == numbered(ROWS)
    await store.close()


async def test_a_cell_beyond_the_limit_leaves_out_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    await three_sessions(path)
    change(path, f"UPDATE payloads SET body=zeroblob({MAX_CELL + 1}) WHERE id={2 * SESSION_SPAN}+3")
    store = Store(path)
    await store.open()
    stream = StoredStream(store, 2)
    rows = await collect(stream)
    assert stream.damage.records + stream.damage.missing == 2
    assert "too long" in stream.warnings()[0]
    assert len(rows) == len(ROWS) - 2  # the publication and its end
    await store.close()


async def test_numbers_without_rows_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = Store(path)
    await store.open()
    writer = await store.begin_session("far", STARTED)
    far = SESSION_SPAN - 100
    writer.add(Batch(1, ROWS[:20]))
    writer.add(Batch(far, ROWS[20:]))
    await writer.finish()
    async with asyncio.timeout(PATIENCE):
        rows = await collect(StoredStream(store, writer.session))
    assert [seq for seq, _ in rows][-1] == far + len(ROWS) - 21
    assert len(rows) == len(ROWS) + 1  # and what tells of the gap
    await store.close()


async def test_executions_without_their_publication_are_counted_alike_everywhere(tmp_path: Path) -> None:
    rows = [row for row in plain_run(4, 3) if not (row[0] == 1 and row[2] == 2)]
    store = Store(tmp_path / "s.db")
    await store.open()
    writer = await store.begin_session("gap", STARTED)
    writer.add(Batch(1, rows))
    await writer.finish()
    journal = Journal()
    stream = PlacedStream(StoredStream(store, writer.session))
    async for batch in stream.read():
        journal.fold(batch)
    (info,) = await store.sessions()
    assert len(journal.executions) == info.executions == 9
    assert journal.unplaced == stream.placement.unplaced == 3
    assert placement_warnings(stream.placement)[0] == "3 executions without a publication, which is missing."
    assert await export_csv(stream, tmp_path / "x.csv") == 9
    assert info.running == journal.running == 0
    await store.close()
