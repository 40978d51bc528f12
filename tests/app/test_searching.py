"""What a filter asks of payloads that the journal has forgotten is answered from the store, as a plain look would."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inspector.analysis.entries import Recent
from inspector.analysis.journal import Journal
from inspector.analysis.query.query import FilterError, parse
from inspector.app import searching
from inspector.app.details import Details
from inspector.app.searching import OlderSearch
from inspector.core.records.records import Batch, Row, SessionStarted, to_row
from inspector.core.values.snapshot import snapshot
from inspector.store.reader import StoredStream
from inspector.store.search import PayloadPage, StoredPayloads, narrowed
from inspector.store.store import Store
from inspector.store.text import to_cell

STARTED = SessionStarted(0, 1, "shop", "3.11.7", json.dumps({"program": "shop"}))


def rows_of(payloads: Sequence[str]) -> list[Row]:
    rows = [to_row(STARTED)]
    for number, payload in enumerate(payloads, 1):
        at = number * 1000
        rows += [
            (1, at, number, "Event", "", "", 0, 1, payload, "{}", 1, 0),
            (2, at + 1, number, number, "shop:Audit.handle", ""),
            (3, at + 2, number, "ok", 1, ""),
            (5, at + 3, number, "done"),
        ]
    return rows


async def stored(path: Path, payloads: Sequence[str], kept: int) -> Details:
    """Record a session, and return it as it was read into a journal that keeps only so many payloads."""
    store = Store(path)
    await store.open()
    writer = await store.begin_session("today", STARTED)
    writer.add(Batch(1, rows_of(payloads)))
    await writer.finish()
    journal = Journal()
    for name in ("payloads", "failures"):
        setattr(journal, name, Recent(kept))
    async for batch in StoredStream(store, writer.session).read():
        journal.fold(batch)
    return Details(journal, store, writer.session)


async def searched(details: Details, text: str) -> tuple[list[int], list[str], list[tuple[int, int]]]:
    """Return which executions fit after the search, what is remarked, and how far it said that it was."""
    chosen = parse(text)
    told: list[tuple[int, int]] = []
    search = OlderSearch(details, chosen, lambda done, total: told.append((done, total)))
    if search.possible:
        await search.run()
    fitting = chosen.mask(details.journal, 0, len(details.journal.executions))
    return np.flatnonzero(fitting).tolist(), chosen.remarks(details.journal), told


VALUES = (
    UUID("4adeadbe-ef00-4000-8000-000000000001"),
    datetime(2026, 11, 30, 10, 0, tzinfo=UTC),
    timedelta(days=1, seconds=5),
    Decimal("12.50"),
    1.5,
    True,
    None,
    b"abc",
    "Straße \u212a",
    'a "quote" \\ x',
    ["ok", {"deep": "Ärger"}],
    "x" * 70_000,
    "plain words",
)
FILTERS = (
    "abc",
    "WORDS",
    "straße",
    "k",
    '"a \\"quote\\""',
    "\\\\\\\\",
    "size:4ade…",
    "size:*EF00*",
    "size:2026-11-30*",
    "size:*T10:00*",
    "size:*day*",
    "size:true",
    "size:null",
    "size:12.5*",
    "size>12",
    "size<2",
    "size:pla*,4ade*",
    "size:*quote*",
    "size:*ger*",
    "size.deep:*",
    "-size:*",
    "-k size:*",
    "$uuid",
    "other:x",
    "size:*cut*",
    "size:*straße*",
)


async def test_every_kind_of_value_is_found_as_by_looking_at_each(tmp_path: Path) -> None:
    payloads = [snapshot({"size": value}) for value in VALUES]
    details = await stored(tmp_path / "old.db", payloads, kept=1)
    whole = await stored(tmp_path / "whole.db", payloads, kept=100)
    for text in FILTERS:
        expected, remarks, _ = await searched(whole, text)
        assert (await searched(details, text))[:2] == (expected, remarks), text
    for opened in (details, whole):
        assert opened.store is not None
        await opened.store.close()


words = st.text(st.sampled_from('aA"\\{}:,$ \nK\u212aéİ.1'), max_size=4)
leaves = words | st.integers(-3, 3) | st.booleans() | st.none() | st.sampled_from(VALUES[:5])


@given(
    st.lists(st.dictionaries(st.sampled_from(["a", "size", "é"]), leaves, max_size=2), max_size=12),
    words.map(lambda text: json.dumps(text, ensure_ascii=False))
    | words.map(lambda text: f"size:{json.dumps(text)}*")
    | st.sampled_from(["size:*a*", "size>0", "a:*", "é:*", "size:4ade*", "size:*da*", "size:*T10*"]),
)
def test_what_the_store_leaves_out_does_not_fit(data: list[dict[str, object]], text: str) -> None:
    payloads = list(enumerate(snapshot(fields) for fields in data))
    assume(_readable(text))
    (term,) = parse(text).searches()
    condition, values = narrowed(**term.narrowing()._asdict())
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE payloads (id INTEGER PRIMARY KEY, body)")
        connection.executemany("INSERT INTO payloads VALUES (?, ?)", ((row, to_cell(body)) for row, body in payloads))
        kept = {row for (row,) in connection.execute(f"SELECT id FROM payloads WHERE {condition}", values)}
    assert kept.issuperset(term.ask(payloads).fitting)


def _readable(text: str) -> bool:
    try:
        parse(text)
    except FilterError:
        return False
    return True


async def test_what_is_not_stored_stays_unsearched_and_is_said(tmp_path: Path) -> None:
    payloads = ['{"size": 1}', '{"size": 2}', '{"size": 1}']
    details = await stored(tmp_path / "some.db", payloads, kept=1)
    # Recorded since, and forgotten before it could be stored.
    details.journal.fold(Batch(14, rows_of([*payloads, '{"size": 1}', '{"size": 3}'])[13:]))
    found, remarks, told = await searched(details, "size:1")
    assert found == [0, 2]
    assert remarks == ["Searched the payloads of 4 of 5 events."]
    assert told == [(5, 5)]
    assert details.store is not None
    await details.store.close()


async def test_without_a_store_nothing_is_searched() -> None:
    journal = Journal()
    journal.payloads = Recent(1)
    journal.fold(Batch(1, rows_of(['{"size": 1}', '{"size": 2}'])))
    assert await searched(Details(journal), "size:1") == ([], ["Searched the payloads of 1 of 2 events."], [])


async def test_a_search_that_is_stopped_reads_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PAGE", 1)
    details = await stored(tmp_path / "old.db", ['{"size": 1}'] * 6, kept=1)
    told: list[int] = []
    search = OlderSearch(details, parse("size:1"), lambda done, _total: (told.append(done), search.stop()))
    await search.run()
    assert (told, search.found, search.stopped) == ([2], 1, True)
    assert details.store is not None
    await details.store.close()


async def test_a_search_that_is_stopped_while_it_reads_says_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    details = await stored(tmp_path / "old.db", ['{"size": 1}'] * 6, kept=1)
    told: list[int] = []
    search = OlderSearch(details, parse("size:1"), lambda done, _total: told.append(done))
    page = StoredPayloads.page

    async def page_then_stop(payloads: StoredPayloads, numbers: Sequence[int]) -> PayloadPage:
        read = await page(payloads, numbers)
        search.stop()
        return read

    monkeypatch.setattr(StoredPayloads, "page", page_then_stop)
    await search.run()
    assert told == []
    assert details.store is not None
    await details.store.close()
