"""What the journal has forgotten is asked of the store; who asks does not notice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.analysis.entries import Recent
from inspector.analysis.journal import Journal
from inspector.app.details import Details, RecordedContext
from inspector.core.records.records import Batch, Noted, Row, SessionStarted, to_row
from inspector.store.reader import StoredStream
from inspector.store.store import Store

FAILURE = json.dumps(
    {"type": "ValueError", "module": "", "message": "no", "frames": [], "relation": "", "chain": [], "notes": []}
)
STARTED = SessionStarted(0, 1, "shop", "3.11.7", json.dumps({"program": "shop"}))
COUNT = 30


def rows() -> list[Row]:
    """Publications that can be told apart, each with a failed execution and two notes."""
    told = [to_row(STARTED)]
    for number in range(1, COUNT + 1):
        at = number * 1000
        context = json.dumps({"session": number % 2 == 0, "metadata": {"request": f"r{number}"}})
        failure = FAILURE.replace("no", f"no {number}")
        told += [
            (1, at, number, "Event", "", "", 0, 1, f'{{"n": {number}}}', context, 1, 0),
            (2, at + 1, number, number, "shop:handle", ""),
            (4, at + 2, number, number, "log", "info", f"first {number}", ""),
            (4, at + 3, number, number, "mail", "info", f"second {number}", '{"to": "ada"}'),
            (3, at + 4, number, "failed", 1, failure),
            (5, at + 5, number, "done"),
        ]
    return told


@pytest.mark.parametrize("source", ["at hand", "store"])
async def test_details_are_the_same_at_hand_and_from_the_store(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "sessions.db")
    await store.open()
    writer = await store.begin_session("today", STARTED)
    writer.add(Batch(1, rows()))
    await writer.finish()
    if source == "store":
        monkeypatch.setattr(Recent.__init__, "__defaults__", (2,))
    journal = Journal()
    async for batch in StoredStream(store, writer.session).read():
        journal.fold(batch)
    assert (journal.payloads.get(0) is None) is (source == "store")
    details = Details(journal, store, writer.session)
    for index in (0, 7, COUNT - 1):
        number = index + 1
        assert await details.payload(index) == f'{{"n": {number}}}'
        context = await details.context(index)
        assert (context.session, context.metadata) == (number % 2 == 0, {"request": f"r{number}"})
        assert json.loads(context.text)["metadata"] == context.metadata
        notes = await details.notes(index)
        assert [(type(note), note.text, note.kind) for note in notes] == [
            (Noted, f"first {number}", "log"),
            (Noted, f"second {number}", "mail"),
        ]
        assert json.loads(await details.failure(index))["message"] == f"no {number}"
    await store.close()


async def test_without_a_store_what_is_forgotten_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recent.__init__, "__defaults__", (2,))
    journal = Journal()
    journal.fold(Batch(1, rows()))
    details = Details(journal)
    assert await details.payload(COUNT - 1) == f'{{"n": {COUNT}}}'
    assert await details.payload(0) == ""
    assert await details.context(0) == RecordedContext("", False, {})
    assert await details.notes(0) == []
    assert await details.failure(0) == ""


async def test_a_live_session_is_known_to_the_store_only_later() -> None:
    """Until the session has its number nobody is asked."""
    details = Details(Journal())
    assert details.session == 0
    assert await details.payload(3) == ""
    details.session = 7
    assert await details.notes(3) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "3", '{"metadata": null}', '{"session": true, "metadata": [1]}', "nonsense"]
)
async def test_a_context_that_somebody_else_wrote_does_no_harm(text: str) -> None:
    """An imported file may hold anything."""
    journal = Journal()
    journal.fold(Batch(1, [to_row(STARTED), (1, 1, 1, "Event", "", "", 0, 1, "{}", text, 0, 0)]))
    context = await Details(journal).context(0)
    assert (context.text, context.metadata) == (text, {})
    assert context.session is ("true" in text)
