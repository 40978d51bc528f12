"""A part of a record that cannot be read is left out and counted; its record stays, and all others with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from inspector.analysis.journal import Journal
from inspector.core.records.host import RecordsLost
from inspector.core.records.numbers import ExecutionNumber, PublicationNumber
from inspector.core.records.records import PUBLISHED, Batch
from inspector.store.info import DAMAGED
from inspector.store.reader import StoredStream
from inspector.store.schema import SESSION_SPAN
from inspector.store.store import Store
from tests.store.runs import STARTED, plain_run

ROWS = plain_run(6, 3)
FIRST, SECOND = PublicationNumber(1), ExecutionNumber(2)
#: Statement → what is said of it.
PARTS = {
    "UPDATE payloads SET body=x'ff00fe'": "6 payloads cannot be read",
    "UPDATE payloads SET body=1.5": "",  # a column of texts makes one of it
    "UPDATE payloads SET correlation=1.5": "6 correlation ids cannot be read",
    "UPDATE payloads SET event_id=7 WHERE id%2": "3 event ids cannot be read",
    "UPDATE publications SET context=1.5": "6 contexts cannot be read",
    f"UPDATE publications SET context=x'ff' WHERE id={SESSION_SPAN + 1}": "1 context cannot be read",
    "INSERT OR REPLACE INTO failures SELECT id, x'ff' FROM executions": "failures cannot be read",
    "UPDATE payloads SET body=x'ff', correlation=1.5": "6 correlation ids and 6 payloads cannot be read",
}


async def stored(path: Path, statement: str) -> Store:
    """Store a session of six publications and execute a statement on its database; return the store, open."""
    store = Store(path)
    await store.open()
    writer = await store.begin_session("x", STARTED)
    writer.add(Batch(1, ROWS))
    await writer.finish()
    await store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    store = Store(path)
    await store.open()
    return store


@pytest.mark.parametrize("statement", PARTS)
async def test_a_damaged_part_takes_nothing_with_it(tmp_path: Path, statement: str) -> None:
    store = await stored(tmp_path / "s.db", statement)
    journal, stream = Journal(), StoredStream(store, 1)
    rows = []
    async for batch in stream.read():
        journal.fold(batch)
        rows += batch.rows
    assert [row[:3] for row in rows[1:]] == [row[:3] for row in ROWS if row[0]]
    assert (journal.unplaced, journal.orphans, journal.running) == (0, 0, 0)
    (warning, *more) = stream.warnings() or [""]
    assert PARTS[statement] in warning
    assert not more
    (listed,) = await store.sessions()
    assert (listed.state == DAMAGED) == bool(PARTS[statement])
    assert all(
        isinstance(text, str) for row in rows if row[0] == PUBLISHED for text in (row[4], row[5], row[8], row[9])
    )
    await store.close()


Question = Callable[[Store], Awaitable[object]]
ODD = f"INSERT INTO odd_rows VALUES({SESSION_SPAN + 900},%d,'%s')"
#: Statement, question, answer.
QUESTIONS: dict[str, tuple[str, Question, object]] = {
    "context without its name": ("UPDATE publications SET context=99999", lambda s: s.context(1, FIRST), ""),
    "context that is none": ("UPDATE publications SET context=1.5", lambda s: s.context(1, FIRST), ""),
    "payload that is none": ("UPDATE payloads SET body=x'ff'", lambda s: s.payload(1, FIRST), ""),
    "another's odd end": (ODD % (3, "["), lambda s: s.failure(1, SECOND), ""),
    "another's empty start": (ODD % (1, "[]"), lambda s: s.payload(1, PublicationNumber(999)), ""),
    "another's odd object": (ODD % (3, "{}"), lambda s: s.failure(1, SECOND), ""),
    "failure that is none": (
        f"INSERT OR REPLACE INTO failures VALUES({SESSION_SPAN + 2}, x'ff')",
        lambda s: s.failure(1, SECOND),
        "",
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_details_answer_with_what_is_there_and_the_session_is_marked(tmp_path: Path, question: str) -> None:
    statement, ask, answer = QUESTIONS[question]
    store = await stored(tmp_path / "s.db", statement)
    assert await ask(store) == answer
    (listed,) = await store.sessions()
    assert listed.state == DAMAGED
    await store.close()


async def test_a_note_without_the_name_of_its_kind_is_shown(tmp_path: Path) -> None:
    key = SESSION_SPAN + 2
    store = await stored(
        tmp_path / "s.db", f"INSERT INTO notes VALUES({key + 5000}, 7, {key}, 1, 99999, 0, 'hi', NULL)"
    )
    (note,) = await store.notes(1, SECOND)
    assert (note.kind, note.text) == ("?", "hi")
    await store.close()


@pytest.mark.parametrize("step", [1, 2, 4095, 4097, 1_000_000])
async def test_numbers_may_be_far_apart_and_cost_no_question_each(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = plain_run(300, 2)[1:]
    store = Store(tmp_path / "s.db")
    await store.open()
    writer = await store.begin_session("x", STARTED)
    for number, row in enumerate(rows, 1):
        writer.add(Batch(1 + number * step, [row]))
    await writer.finish()
    questions = []
    reading = store.database.reading
    monkeypatch.setattr(store.database, "reading", lambda: questions.append(1) or reading())
    result = [
        (batch.first + place, row)
        async for batch in StoredStream(store, 1).read()
        for place, row in enumerate(batch.rows)
    ]
    await store.close()
    assert [(seq, row) for seq, row in result[1:] if row[0] != RecordsLost.KIND] == [
        (1 + number * step, row) for number, row in enumerate(rows, 1)
    ]
    assert len(questions) < 12
