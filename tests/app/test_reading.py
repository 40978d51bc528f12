"""A stored session read in columns is the same journal as the one that is folded record by record."""

from __future__ import annotations

import json
import random
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from inspector.analysis import columnfold
from inspector.analysis.journal import Journal
from inspector.app.reading import SessionReading
from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription
from inspector.core.records.host import (
    FiredAtHandler,
    FireRefused,
    FireSettled,
    HandlerAdded,
    HandlersNotCalled,
    HostNoted,
    HostRecord,
    ProcessJoined,
    PublicationsSkipped,
    RecordingPaused,
    RecordsLost,
    UncalledHandler,
)
from inspector.core.records.numbers import FireNumber, PublicationNumber
from inspector.core.records.records import Batch, Row, SessionStarted, to_row
from inspector.core.records.statuses import STATUSES
from inspector.store import columns
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.journals import assert_same_journal
from tests.store.runs import STARTED, run_async, runs


async def stored(store: Store, rows: list[Row], *, closed: bool = True) -> int:
    """Store a run; return its session."""
    writer = await store.begin_session("run", STARTED)
    writer.add(Batch(1, rows))
    assert await writer.flush(), writer.trouble
    await (writer.finish() if closed else writer.abandon())
    return writer.session


async def by_records(store: Store, session: int) -> Journal:
    """Return the journal of a session, folded record by record."""
    journal = Journal()
    async for batch in StoredStream(store, session).read():
        journal.fold(batch)
    return journal


class Opened:
    """A session that is read as the window does it."""

    def __init__(self, store: Store, session: int) -> None:
        self.journals: list[Journal] = []
        self.ended: list[int] = []
        self.reading = SessionReading(store, session, self._begin)

    def _begin(self) -> Journal:
        self.journals.append(Journal())
        self.ended.clear()
        return self.journals[-1]

    async def read(self) -> Journal:
        """Return the journal, all read."""
        async for change in self.reading.read():
            assert change.first_execution <= len(self.journals[-1].executions)
            self.ended += change.ended
        return self.journals[-1]


#: Events of three workflows, the rest of none.
CATALOG = CatalogDescription(
    "tests",
    tuple(
        EventDescription(
            f"E{number}", f"m.E{number}", f"E{number}", "c", f"w{number // 3}" if number < 9 else "", phase
        )
        for number, phase in enumerate(("attempted", "succeeded", "failed") * 4)
    ),
)
FAILURE = json.dumps(
    {
        "type": "ValueError",
        "module": "builtins",
        "message": "bad \u00e9",
        "frames": [{"file": "a.py", "line": 3, "function": "f", "mine": True, "source": [], "locals": []}],
        "relation": "",
        "chain": [],
        "notes": [],
    }
)


class Run:
    """A run that chance writes: executions that overlap, notes, failures, records of the host."""

    def __init__(self, seed: int, *, processes: bool = False) -> None:
        self.rng = random.Random(seed)
        started = SessionStarted(0, 1_790_000_000_000_000_000, "tests", "3.11", json.dumps(asdict(CATALOG)))
        self.rows: list[Row] = [to_row(started)]
        self.at = self.publications = self.executions = 0
        self.open: list[int] = []
        self.running: dict[int, int] = {}
        self.processes = processes
        if processes:
            self.add(ProcessJoined(0, 1, 5, 0, "server", "x", "3.12"))

    def add(self, record: HostRecord) -> None:
        self.rows.append(to_row(replace(record, at=self.at)))

    def go(self, steps: int) -> list[Row]:
        """Return the rows of so many steps."""
        steps_of = (self.publish, *(self.start,) * 3, *(self.end,) * 3, self.note, self.close, self.tell)
        for _ in range(steps):
            self.at += self.rng.randrange(1_000_000_000)
            self.rng.choice(steps_of)()
        return self.rows

    def publish(self) -> None:
        self.publications += 1
        rng, number = self.rng, self.publications
        correlation = rng.choice(("", f"00000000-0000-4000-8000-{number // 4:012x}", "no uuid"))
        event_id = f"00000000-0000-4000-8000-{number:012x}" if rng.random() < 0.9 else f"ID-{number}"
        cause = rng.choice((0, 0, *self.running))
        payload = json.dumps({"n": number}) if rng.random() < 0.9 else ""
        context = rng.choice(("{}", '{"session":true}', f'{{"n":{number}}}'))
        ids = f"E{rng.randrange(14)}", event_id, correlation
        process = rng.choice((1, 1, 2)) if self.processes else 0
        self.rows.append(
            (1, self.at, number, *ids, cause, rng.randrange(3), payload, context, rng.choice((0, 2)), process)
        )
        self.open.append(number)

    def start(self) -> None:
        if self.open:
            self.executions += 1
            self.running[self.executions] = self.rng.choice(self.open)
            handler, fault = f"m:H{self.rng.randrange(3)}.on", self.rng.choice(("", "", "", "slow"))
            self.rows.append((2, self.at, self.executions, self.running[self.executions], handler, fault))

    def end(self) -> None:
        if self.running:
            number = self.rng.choice(list(self.running))
            del self.running[number]
            status = self.rng.choice((*["ok"] * 6, *STATUSES[1:]))
            failure = FAILURE if status != "ok" or self.rng.random() < 0.1 else ""
            self.rows.append((3, self.at, number, status, self.rng.randrange(1000), failure))

    def note(self) -> None:
        if not self.executions:
            return
        kind, level = self.rng.choice(
            (("log", "error"), ("log", "info"), ("caught", "error"), ("late", "warning"), ("attempt", "info"))
        )
        data = json.dumps({"file": "a.py", "line": 7, "clause": "except Exception", "how": "task"})
        execution = self.rng.randrange(1, self.executions + 1)
        if self.rng.random() < 0.2 and self.open:
            self.rows.append((4, self.at, 0, self.rng.choice(self.open), "returned", "info", "returned", ""))
        else:
            self.rows.append((4, self.at, execution, 1, kind, level, "said", data))

    def close(self) -> None:
        free = [number for number in self.open if number not in self.running.values()]
        if free:
            self.open.remove(free[0])
            self.rows.append((5, self.at, free[0], "done"))

    def tell(self) -> None:
        if self.rng.random() < 0.5:
            return
        handler = HandlerDescription(f"m:H{self.rng.randrange(8)}.on", "H.on", "H", "on", file="h.py", line=4)
        uncalled = UncalledHandler(handler.key, "H.on", "gone", "")
        fire = FireNumber(self.rng.randrange(1, 4))
        record: HostRecord = self.rng.choice(
            (
                *(FireSettled(0, fire, 1), FireRefused(0, fire, "No."), HandlerAdded(0, handler)),
                FiredAtHandler(0, fire, handler.key, retry=self.rng.random() < 0.3),
                HandlersNotCalled(0, fire, PublicationNumber(1), "E1", (uncalled,)),
                *(RecordsLost(0, 3, "full"), RecordingPaused(0), HostNoted(0, "x", "info", "told", "")),
                *((PublicationsSkipped(0, 1, 1, 2, 0), PublicationsSkipped(0, 2, 1, 0, 3)) if self.processes else ()),
            )
        )
        self.add(record)


@pytest.fixture(params=[5, 64, 4096])
def pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let pages have so many rows, and stretches fewer: one may end anywhere."""
    monkeypatch.setattr(columnfold, "_STRETCH", request.param // 3)
    monkeypatch.setattr(columns, "FIRST_PAGE", request.param)
    monkeypatch.setattr(columns, "PAGE", request.param)
    return int(request.param)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "interrupted"])
async def test_a_run_of_everything_is_the_same_journal(tmp_path: Path, seed: int, closed: bool, pages: int) -> None:
    rows = Run(seed, processes=seed % 2 == 1).go(400)
    store = Store(tmp_path / "s.db")
    await store.open()
    try:
        session = await stored(store, rows, closed=closed)
        expected = await by_records(store, session)
        opened = Opened(store, session)
        journal = await opened.read()
        assert opened.reading.in_columns
        assert_same_journal(journal, expected)
        assert len(expected.losses.groups) > 3
        assert sorted(opened.ended) == sorted(set(opened.ended))
        assert len(opened.ended) == int((journal.executions["end"] >= 0).sum())
        assert opened.reading.stream.warnings() == []
    finally:
        await store.close()


@given(rows=runs())
@settings(max_examples=10, deadline=None)
def test_any_run_is_the_same_journal(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:

        async def body() -> None:
            store = Store(Path(folder) / "s.db")
            await store.open()
            try:
                session = await stored(store, rows)
                assert_same_journal(await Opened(store, session).read(), await by_records(store, session))
            finally:
                await store.close()

        run_async(body())


DAMAGES = {
    "an end that is no number": "UPDATE executions SET length='x' WHERE id % 100 = 40",
    "an end before its start": "UPDATE executions SET span=-4 WHERE id % 100 = 40",
    "a status that is none": "UPDATE executions SET status=99 WHERE id % 100 = 40",
    "a real number": "UPDATE executions SET on_loop=1.5 WHERE id % 100 = 40",
    "a name that is missing": "DELETE FROM names WHERE id IN (SELECT id FROM names ORDER BY id DESC LIMIT 2)",
    "a publication that is missing": "DELETE FROM publications WHERE id % 20 = 10",
    "publications out of order": "UPDATE publications SET seq=seq+900 WHERE id % 20 = 10",
    "a time that cannot be": "UPDATE publications SET at=-5 WHERE id % 20 = 10",
    "a payload that is no text": "UPDATE payloads SET body=x'ff' WHERE id % 20 = 10",
    "an id that cannot be read": "UPDATE payloads SET event_id=x'ffffffffffffffffffffffffffffffffff'",
    "a failure that is no text": "UPDATE failures SET body=x'ff'",
    "a note that is no text": "UPDATE notes SET text=x'ff'",
    "two records with the same number": "UPDATE notes SET id=id-1 WHERE id=(SELECT max(id) FROM notes)",
    "records that are missing": "DELETE FROM notes WHERE id % 3 = 0",
    "a wrong number of the last": "UPDATE sessions SET last_seq=last_seq-200",
    "a record of the program that is none": "UPDATE host_records SET body='[]'",
    "a context that is none": "UPDATE publications SET context=1.5 WHERE id % 20 = 10",
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_what_is_damaged_is_told_as_ever(tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "FIRST_PAGE", 30)
    monkeypatch.setattr(columns, "PAGE", 30)
    store = Store(tmp_path / "s.db")
    await store.open()
    try:
        session = await stored(store, Run(7).go(300))
        await store.database.write(lambda connection: connection.exec_driver_sql(DAMAGES[damage]))
        stream = StoredStream(store, session)
        expected = Journal()
        async for batch in stream.read():
            expected.fold(batch)
        opened = Opened(store, session)
        journal = await opened.read()
        assert stream.warnings()
        assert opened.reading.stream.warnings() == stream.warnings()
        assert_same_journal(journal, expected)
        assert opened.ended == sorted(opened.ended, key=opened.ended.index)
        assert len(opened.ended) == int((journal.executions["end"] >= 0).sum())
    finally:
        await store.close()
