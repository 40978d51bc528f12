"""One stream, several origins: the same few hundred fires, live, stored and imported, are the same run to every view.

Live is the embedded host's stream; stored is the session that the store kept of it, read page by page; imported are
JSON-line files, one of the live run's own export. Nobody who reads can tell them apart.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inspector.agent.faults import FaultInjector
from inspector.agent.program import CoreProgram
from inspector.analysis.journal import Journal
from inspector.app.export import export_stream
from inspector.app.notices import Notices
from inspector.app.reading import SessionReading
from inspector.app.recording import Recording
from inspector.app.summary import summarise
from inspector.app.tasks import TaskOwner
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.core.faults import FaultRule
from inspector.core.records.host import FaultsSwitched, FireRefused, LoopBlocked, LoopUnblocked
from inspector.core.records.records import Batch, Row
from inspector.core.records.statuses import BAD_STATUSES, STATUSES
from inspector.core.records.stream import RecordStream
from inspector.core.request import FireRequest
from inspector.hosts.embedded import EmbeddedHost
from inspector.store.backlog import lost_row
from inspector.store.jsonl_import import read_jsonl
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.journals import assert_same_run
from tests.programs import demo_program
from tests.store.runs import collect

SEED = 20_261_120
FIRES = 300
#: The preset of the demo, but nothing takes a second.
RULES = (
    FaultRule("AuditEventHandler.*", "ProviderConnection*", "fail", "ConnectionError: the server went away"),
    FaultRule("SessionEventHandler.*", "UserLogoutSucceeded", "fail", "LookupError: no such login"),
    FaultRule("SSEEventHandler.*", "TransactionSync*", "swallow", "ConnectionResetError: gone"),
    FaultRule("EmailEventHandler.*", "*", "slow", delay=0.001),
    FaultRule("SSEEventHandler.*", "SessionCreatedEvent", "hang"),
)


class Teed:
    """The host's stream, each batch kept as it was given: what a view of the live run reads."""

    def __init__(self, stream: RecordStream) -> None:
        self.batches: list[Batch] = []
        self._stream = stream

    async def read(self, after: int = 0) -> AsyncIterator[Batch]:
        for batch in self.batches:
            yield batch

    async def follow(self) -> None:
        async for batch in self._stream.read():
            self.batches.append(batch)


@dataclass
class Origins:
    """The same run, four times."""

    live: Journal
    streams: dict[str, RecordStream]
    store: Store
    session: int


def program() -> CoreProgram:
    made = demo_program(seed=SEED)
    made.faults = RULES
    return made


async def fire_a_few_hundred(recording: Recording) -> None:
    """Events of the whole catalog in a fixed order; ten at once, some several times, some without a session."""
    waiting: list[int] = []
    rng = random.Random(SEED)
    catalog = recording.journal.catalog
    assert catalog is not None
    recording.host.set_faults(True)
    for number in range(FIRES):
        event = catalog.events[number] if number < len(catalog.events) else rng.choice(catalog.events)
        values: list[dict[str, Any]] = [synthesise(event, rng) for _ in range(rng.choice((1, 1, 1, 3)))]
        if number % 50 == 49:
            values.append({"nonsense": True})  # refused
        if number == FIRES // 2:
            recording.host.set_faults(False)
            recording.host.set_faults(True)
        fire = recording.host.fire(
            FireRequest(
                event.name,
                values,
                session=number % 7 != 0,
                metadata={"ip_address": "192.0.2.7", "token": "canary-7f3a91"} if number % 3 == 0 else {},
                timeout=0.02 if event.name == "SessionCreatedEvent" else 30.0,
            )
        )
        waiting.append(fire)
        if len(waiting) == 10:
            await asyncio.gather(*map(recording.outcome, waiting))
            waiting.clear()


@pytest.fixture
async def origins(tmp_path: Path) -> AsyncIterator[Origins]:
    store = Store(tmp_path / "sessions.db")
    await store.open()
    host = EmbeddedHost(program, seed=SEED)
    recording = Recording(host, store, TaskOwner(Notices()), name="one stream")
    live = Teed(host.stream)
    follower = asyncio.create_task(live.follow())
    await asyncio.sleep(0)
    try:
        await recording.start()
        await fire_a_few_hundred(recording)
        await recording.close()
        await follower
        stored = StoredStream(store, recording.session)
        for name, stream in (("live", live), ("stored", stored)):
            await export_stream(stream, "jsonl", tmp_path / f"{name}.jsonl", name="one stream")
        streams: dict[str, RecordStream] = {
            "live": live,
            "stored": stored,
            "imported": read_jsonl(tmp_path / "live.jsonl"),
            "imported from the store": read_jsonl(tmp_path / "stored.jsonl"),
        }
        yield Origins(recording.journal, streams, store, recording.session)
    finally:
        await recording.close()
        await store.close()


async def fold(stream: RecordStream) -> Journal:
    journal = Journal()
    async for batch in stream.read():
        journal.fold(batch)
    return journal


@pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")
@pytest.mark.allow_log("inspector.demo")
async def test_live_stored_and_imported_are_the_same_run(origins: Origins, tmp_path: Path) -> None:
    live = origins.live
    assert_that_the_run_has_everything(live)
    rows = await collect(origins.streams["live"])
    assert [seq for seq, _ in rows] == list(range(1, live.seq + 1))
    for name, stream in origins.streams.items():
        assert await collect(stream) == rows, name
        assert_same_run(live, await fold(stream))
    in_columns = Journal()
    reading = SessionReading(origins.store, origins.session, lambda: in_columns)
    async for _ in reading.read():
        pass
    assert reading.in_columns
    assert_same_run(live, in_columns)
    for name in ("stored", "imported"):
        assert await collect(origins.streams[name], after=1000) == rows[1000:], name
    assert (tmp_path / "live.jsonl").read_bytes() == (tmp_path / "stored.jsonl").read_bytes()
    await assert_same_files(origins, tmp_path)
    assert_no_canary(rows, tmp_path)


def assert_that_the_run_has_everything(journal: Journal) -> None:
    """Every kind of record and end that there is, or this test would prove little."""
    counts = dict(zip(STATUSES, journal.status_counts, strict=True))
    assert {status for status, count in counts.items() if count} == {"ok", "swallowed", "failed", "timed_out"}
    assert journal.bad == sum(counts[status] for status in BAD_STATUSES) > 20
    assert journal.running == journal.orphans == journal.dropped == 0
    assert len(journal.publications) > FIRES
    assert (journal.publications["cause"] >= 0).sum() > 3
    assert int(journal.executions["fault"].sum()) > 20
    busy = {LoopBlocked, LoopUnblocked}  # what other programs do to the machine is no part of the run
    assert {type(record) for record in journal.host_records} - busy == {FaultsSwitched, FireRefused}
    assert {note.kind for _, notes in journal.notes.items() for note in notes} >= {"log"}
    assert len({int(event) for event in journal.publications["event"]}) == 77
    assert len(journal.handlers) == 181


async def assert_same_files(origins: Origins, tmp_path: Path) -> None:
    """The tables are the same, whichever origin they are made from."""
    for kind in ("csv", "summary", "markdown"):
        written = set()
        for name, stream in origins.streams.items():
            target = tmp_path / f"{name}.{kind}"
            await export_stream(stream, kind, target)
            written.add(target.read_bytes())
        assert len(written) == 1
    assert sum(row.counts for row in summarise(origins.live)) == len(origins.live.executions)


def assert_no_canary(rows: list[tuple[int, Row]], folder: Path) -> None:
    """The secret of the metadata is nowhere, neither in memory nor in a file."""
    assert "canary" not in repr(rows)
    for path in folder.iterdir():
        if path.is_file() and path.suffix in (".jsonl", ".csv", ".summary", ".markdown"):
            assert b"canary" not in path.read_bytes()


def test_the_rules_of_this_test_fit_the_demo() -> None:
    """A renamed handler would take the faults out of the run without a word."""
    made = program()
    injector = FaultInjector(RULES)
    fitting = {rule for rule in RULES for each in made._bus.subscriptions() if injector._find(each) is rule}
    assert fitting == set(RULES)


def test_records_that_the_store_had_to_drop_are_counted_by_the_journal() -> None:
    """Loss is never silent: also not for who reads the stored session later."""
    journal = Journal()
    journal.fold(Batch(2, [lost_row(1, 17, 2, 18, "the database cannot keep up")]))
    assert journal.dropped == 17
