"""Statements are noted with their time and rows, never with values; and what is executed comes to the same."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session

import inspector
from inspector.agent.effects.effects import install_effects
from inspector.agent.effects.statements import LONGEST, shown_statement, types_of
from inspector.agent.observe.monitor import MONITOR
from inspector.core.records.inside import StatementNote, read_data
from inspector.core.records.recorder import Recorder
from tests.agent.effects import doing
from tests.agent.observe.test_observe import OBSERVED, REQUIRED
from tests.agent.test_effects import Note, Trail, Watched

SELECTS = "SELECT trail.id, trail.action, trail.context FROM trail"


def statements(notes: list[Note]) -> list[tuple[str, int | None]]:
    return [(note.text, note.data.get("rows")) for note in notes if note.kind == "sql"]


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT  1\n FROM a -- why\n WHERE b = 'it''s' ;", "SELECT 1 FROM a WHERE b = ?"),
        ("INSERT INTO t VALUES (x'00', N'ü', E'a\\'b', $q$c'd$q$, $1)", "INSERT INTO t VALUES (?, ?, ?, ?, $1)"),
        ('SELECT "a ""b", `c` /* d\n e */ FROM t1 LIMIT 10', 'SELECT "a ""b", `c` FROM t1 LIMIT 10'),
        ("SELECT 'never closed", "SELECT ?"),
        ("", ""),
    ],
)
def test_a_statement_is_shown_on_a_line_without_the_values_in_it(statement: str, shown: str) -> None:
    assert shown_statement(statement) == shown


def test_numbers_are_values_where_parameters_were_put_in() -> None:
    text = "UPDATE t2 SET a=-1.5e3, b = 0xff, c=:p1, d=?2 WHERE e3 = 7"
    assert shown_statement(text, numbers=True) == "UPDATE t2 SET a=?, b = ?, c=:p1, d=?2 WHERE e3 = ?"


def test_a_long_statement_is_cut() -> None:
    shown = shown_statement("SELECT " + ", ".join(f"column_{number}" for number in range(50_000)))
    assert len(shown) == LONGEST
    assert shown.endswith("…")


def test_of_parameters_only_their_types_and_number_are_read() -> None:
    class Silent(str):
        def __repr__(self) -> str:
            raise AssertionError

    assert types_of((Silent("a"), 1, None)) == (("Silent", "int", "NoneType"), 1)
    assert types_of([{"a": 1.5}, {"a": 2.5}]) == (("float",), 2)
    assert types_of(()) == ((), 1)
    assert types_of(None) == ((), 1)
    assert types_of([]) == ((), 1)
    assert types_of([1, "a"]) == (("int", "str"), 1)


async def test_statements_of_sqlalchemy_are_noted_with_time_rows_and_types(here: Watched, database: Engine) -> None:
    with Session(database) as session:

        async def handler(_: Any) -> None:
            session.add(Trail(action="first"))
            session.flush()
            assert len(session.scalars(select(Trail)).all()) == 1
            session.execute(text("UPDATE trail SET action = 'x' WHERE id > :least"), {"least": 0})

        notes = await here.run(handler)
    inserted, selected, updated = (note for note in notes if note.kind == "sql")
    assert inserted.text.startswith("INSERT INTO trail (action, context) VALUES (?, ?)")
    assert selected.text == SELECTS
    assert (updated.text, updated.data["rows"]) == ("UPDATE trail SET action = ? WHERE id > ?", 1)
    assert updated.data["parameters"] == ["int"]
    assert selected.data.get("rows") == (1 if MONITOR.available else None)
    for note in (inserted, selected, updated):
        data = read_data(StatementNote, json.dumps(note.data))
        assert 0 < data.took <= data.ago
        assert (data.by, data.error, note.level) == ("sqlalchemy", "", "info")


@pytest.mark.skipif(not MONITOR.available, reason="Rows are counted as they are fetched, from Python 3.12 on.")
async def test_rows_are_counted_however_they_are_fetched(here: Watched, database: Engine) -> None:
    with Session(database) as session:
        session.add_all(Trail(action=str(number)) for number in range(5))
        session.flush()
        kept = []

        async def handler(_: Any) -> None:
            session.connection().execute(select(Trail.id)).first()
            list(session.execute(select(Trail.id)))
            for _rows in session.execute(select(Trail.id)).partitions(2):
                pass
            session.execute(select(Trail.id).where(Trail.id > 99)).all()
            kept.append(session.execute(select(Trail.id).execution_options(yield_per=2)))
            kept[0].fetchone()

        notes = await here.run(handler)
    assert [rows for _, rows in statements(notes)] == [1, 5, 5, 0, 2]


async def test_a_statement_that_fails_is_noted_with_its_error_and_the_handler_gets_the_same(
    here: Watched, database: Engine
) -> None:
    raised = []

    async def handler(_: Any) -> None:
        with database.connect() as connection, pytest.raises(OperationalError) as error:
            connection.execute(text("SELECT some FROM nowhere"))
        raised.append(error.value)

    (note,) = await here.run(handler)
    assert (note.kind, note.level, note.text) == ("sql", "error", "SELECT some FROM nowhere")
    assert note.data["error"] == "OperationalError"
    assert "rows" not in note.data
    assert "no such table: nowhere" in str(raised[0])


async def test_statements_through_aiosqlite_are_told_once(here: Watched, tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")

    async def handler(_: Any) -> None:
        async with engine.begin() as connection:
            await asyncio.gather(connection.execute(text("SELECT 1 AS one")))

    notes = await here.run(handler)
    await engine.dispose()
    assert [text for text, _ in statements(notes)] == ["SELECT 1 AS one"]


async def test_nothing_is_noted_outside_of_handlers_and_nothing_stays(database: Engine) -> None:
    before = Engine._has_events, Dialect._has_events, sum(1 for _ in event.registry._key_to_collection)
    recorder = Recorder()
    undo = install_effects(recorder)
    with closing(database.connect()) as connection:
        connection.execute(text("SELECT 1"))
    undo()
    assert (Engine._has_events, Dialect._has_events, sum(1 for _ in event.registry._key_to_collection)) == before
    assert recorder.drain() == []


# --- sqlite3, on every Python that can be observed ----------------------------------------------------------------

FETCHED_LATER = None
EXPECTED: dict[str, list[tuple[str, int | None]]] = {
    "cursor": [
        ("CREATE TABLE people (name TEXT, age INTEGER)", None),
        ("INSERT INTO people VALUES (?, ?)", 1),
        ("INSERT INTO people VALUES (?, ?)", 2),
        ("UPDATE people SET age = age + ? WHERE age > ?", 2),
        ("SELECT name, age FROM people WHERE name = ?", FETCHED_LATER),
    ],
    "connection": [
        ("CREATE TABLE notes (text TEXT)", None),
        ("INSERT INTO notes VALUES (?)", 1),
        ("COMMIT", None),
        ("DELETE FROM notes", 1),
        ("ROLLBACK", None),
        ("CREATE TABLE a (x); CREATE TABLE b (x); INSERT INTO a VALUES (?)", 1),
        ("SELECT count(*) FROM notes", FETCHED_LATER),
    ],
    "failing": [("execute", None)],
    "by_arguments": [("SELECT ?", FETCHED_LATER)],
    "closed": [],
    "traced": [("execute", FETCHED_LATER), ("execute", FETCHED_LATER)],
    "subclass": [("SELECT ?", FETCHED_LATER)],
    "threaded": [("SELECT ?", FETCHED_LATER)],
}


@pytest.fixture(scope="module", params=[*OBSERVED] or [None])
def told(request: pytest.FixtureRequest) -> Any:
    """What was noted of each handler by one Python."""
    if request.param is None:
        assert not os.environ.get(REQUIRED), "Python 3.12 or newer has to be there, and was not found"
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    package = str(Path(inspector.__file__).parent)
    done = subprocess.run(
        [OBSERVED[request.param], "-I", "-B", doing.__file__, package], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", doing.HANDLERS)
def test_statements_of_sqlite3_are_noted_and_come_to_the_same(told: Any, name: str) -> None:
    assert told[name]["watched"] == told[name]["alone"]
    notes = told[name]["notes"]
    assert [(text, data.get("rows")) for kind, _, text, data in notes if kind == "sql"] == EXPECTED[name]
    assert doing.SECRET not in json.dumps(notes)
    assert all(0 < data["took"] <= data["ago"] for kind, _, _, data in notes if kind == "sql")


def test_a_statement_of_sqlite3_that_fails_has_its_error(told: Any) -> None:
    ((kind, level, _, data),) = told["failing"]["notes"]
    assert (kind, level, data["error"], data["by"]) == ("sql", "error", "OperationalError", "sqlite3")


@pytest.mark.skipif(not MONITOR.available, reason="Python 3.11 cannot be observed.")
@pytest.mark.parametrize("name", doing.HANDLERS)
def test_statements_are_noted_here(name: str) -> None:
    alone, _ = doing.perform("inspector", doing.HANDLERS[name], probes=False)
    watched, notes = doing.perform("inspector", doing.HANDLERS[name], probes=True)
    assert watched == alone
    assert [(text, data.get("rows")) for _, _, text, data in notes] == EXPECTED[name]
