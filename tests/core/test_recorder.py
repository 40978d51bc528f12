"""The recorder: what happens on a bus, as rows."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.bus.context import CURRENT, FIRE
from inspector.core.bus.execution import Execution, Subscription
from inspector.core.bus.publication import Publication
from inspector.core.description import CatalogDescription, HandlerDescription
from inspector.core.records import recorder as recorder_module
from inspector.core.records.capture import failure_from_json
from inspector.core.records.host import (
    HandlerAdded,
    HostRecord,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
)
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import (
    ATTEMPT,
    HandlerEnded,
    HandlerStarted,
    Noted,
    PublicationEnded,
    Published,
    Record,
    SessionStarted,
    to_record,
    to_row,
)
from inspector.core.values.snapshot import plain

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


@dataclass(frozen=True, kw_only=True)
class Happened(DomainEvent):
    number: int = 0
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class Carried(DomainEvent):
    items: list[int] = field(default_factory=list)


class Clock:
    """Nanoseconds that pass only when they are told to, one for each look."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        self.now += 1
        return self.now


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    recorder.start(CatalogDescription("test"))
    return recorder


@pytest.fixture
def bus(recorder: Recorder) -> InMemoryEventBus:
    bus = InMemoryEventBus()
    bus.observe(recorder)
    return bus


def records(recorder: Recorder) -> list[Record]:
    return [to_record(row) for row in recorder.drain()]


def of(kind: type[Any], found: list[Record]) -> list[Any]:
    return [record for record in found if isinstance(record, kind)]


def test_a_session_begins_with_its_catalog() -> None:
    recorder = Recorder(clock=Clock(), wall=lambda: 42, seed=7)
    recorder.start(CatalogDescription("my program", handlers=(HandlerDescription("k", "l", "o", "m"),)))
    (started,) = records(recorder)
    assert isinstance(started, SessionStarted)
    assert (started.at, started.wall, started.program, started.seed) == (0, 42, "my program", 7)
    assert json.loads(started.catalog)["handlers"][0]["key"] == "k"


async def test_a_publish_with_two_handlers_is_seven_rows_in_order(recorder: Recorder, bus: InMemoryEventBus) -> None:
    bus.subscribe(Happened, lambda event: None)
    bus.subscribe(Happened, lambda event: None)
    await bus.publish(Happened(number=3), metadata={"ip_address": "192.0.2.7"})
    found = [record for record in records(recorder) if not isinstance(record, (HostRecord, SessionStarted))]
    assert [type(record).__name__ for record in found] == [
        "Published",
        "HandlerStarted",
        "HandlerEnded",
        "HandlerStarted",
        "HandlerEnded",
        "PublicationEnded",
    ]
    published = found[0]
    assert isinstance(published, Published)
    assert (published.publication, published.event_type, published.handlers, published.cause) == (1, "Happened", 2, 0)
    assert json.loads(published.context) == {"session": False, "metadata": {"ip_address": "192.0.2.7"}}
    assert plain(published.payload)["number"] == 3
    assert [record.at for record in found] == sorted(record.at for record in found)
    assert [record.execution for record in of(HandlerStarted, found)] == [1, 2]


async def test_rows_survive_the_way_to_records_and_back(recorder: Recorder, bus: InMemoryEventBus) -> None:
    bus.subscribe(Happened, lambda event: None)
    await bus.publish(Happened())
    rows = recorder.drain()
    assert [to_row(to_record(row)) for row in rows] == rows


async def test_a_handler_that_the_catalog_does_not_have_is_introduced_once(
    recorder: Recorder, bus: InMemoryEventBus
) -> None:
    async def newcomer(event: Happened) -> None:
        """Do something new."""

    bus.subscribe(Happened, newcomer)
    await bus.publish(Happened())
    await bus.publish(Happened())
    (added,) = of(HandlerAdded, records(recorder))
    assert added.handler.doc == "Do something new."


async def test_a_mutable_payload_is_shown_as_it_was_at_the_publish(recorder: Recorder, bus: InMemoryEventBus) -> None:
    event = Carried(items=[1, 2])

    async def changes(event: Carried) -> None:
        event.items.append(3)

    bus.subscribe(Carried, changes)
    await bus.publish(event)
    (published,) = of(Published, records(recorder))
    assert plain(published.payload)["items"] == [1, 2]


async def test_secrets_never_reach_a_row(recorder: Recorder, bus: InMemoryEventBus) -> None:
    canary = "canary-7f3a91"

    async def fails(event: Happened) -> None:
        password = event.token
        raise ValueError(f"password={password}")

    bus.subscribe(Happened, fails)
    await bus.publish(Happened(token=canary), metadata={"authorization": f"Bearer {canary}"})
    text = repr(recorder.drain())
    assert canary not in text
    assert "<redacted:" in text


async def test_a_failure_is_recorded_with_the_line_that_raised(recorder: Recorder, bus: InMemoryEventBus) -> None:
    async def fails(event: Happened) -> None:
        number = event.number
        raise ValueError(f"bad number {number}")

    bus.subscribe(Happened, fails)
    await bus.publish(Happened(number=13))
    (ended,) = of(HandlerEnded, records(recorder))
    failure = failure_from_json(ended.failure)
    assert (ended.status, failure.type, failure.message) == ("failed", "ValueError", "bad number 13")
    origin = failure.origin
    assert origin is not None
    assert origin.file == __file__
    assert origin.mine
    assert dict(origin.source)[origin.line].strip() == 'raise ValueError(f"bad number {number}")'
    assert dict(origin.locals)["number"] == "13"


async def test_a_derived_publication_knows_its_cause_and_its_fire(recorder: Recorder, bus: InMemoryEventBus) -> None:
    async def publishes(event: Happened) -> None:
        await bus.publish(Carried())

    bus.subscribe(Happened, publishes)
    token = FIRE.set(5)
    try:
        await bus.publish(Happened())
    finally:
        FIRE.reset(token)
    first, second = of(Published, records(recorder))
    assert (first.cause, first.fire, second.cause, second.fire) == (0, 5, 1, 5)


async def test_a_fire_has_settled_when_its_last_publication_ended(recorder: Recorder, bus: InMemoryEventBus) -> None:
    go, leaked, settled = asyncio.Event(), [], []
    recorder.on_settled(settled.append)

    async def later() -> None:
        await bus.publish(Carried())

    async def waits(event: Carried) -> None:
        await go.wait()

    async def leaks(event: Happened) -> None:
        leaked.append(asyncio.ensure_future(later()))
        await asyncio.sleep(0)

    bus.subscribe(Happened, leaks)
    bus.subscribe(Carried, waits)
    token = FIRE.set(1)
    await bus.publish(Happened())
    FIRE.reset(token)
    assert (recorder.in_flight(1), settled) == (1, [])
    go.set()
    await leaked[0]
    assert (recorder.in_flight(1), settled) == (0, [1])


async def test_notes_belong_to_the_execution_that_made_them(recorder: Recorder, bus: InMemoryEventBus) -> None:
    async def notes(event: Happened) -> None:
        recorder.note("mail", "info", "sent", {"to": "ada@example.org", "id": event.event_id})

    bus.subscribe(Happened, notes)
    recorder.note("mail", "info", "outside of any execution")
    await bus.publish(Happened())
    (note,) = of(Noted, records(recorder))
    assert (note.execution, note.publication, note.kind, note.text) == (1, 1, "mail", "sent")
    assert plain(note.data)["to"] == "ada@example.org"


async def test_while_recording_is_off_nothing_new_is_recorded_but_what_runs_is_ended(
    recorder: Recorder, bus: InMemoryEventBus
) -> None:
    go = asyncio.Event()

    async def waits(event: Happened) -> None:
        await go.wait()

    bus.subscribe(Happened, waits)
    running = asyncio.ensure_future(bus.publish(Happened(number=1)))
    await asyncio.sleep(0)
    recorder.set_recording(False)
    unseen = asyncio.ensure_future(bus.publish(Happened(number=2)))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(running, unseen)
    recorder.set_recording(True)
    await bus.publish(Happened(number=3))
    found = records(recorder)
    assert [plain(record.payload)["number"] for record in of(Published, found)] == [1, 3]
    assert len(of(HandlerEnded, found)) == len(of(PublicationEnded, found)) == 2
    assert len(of(RecordingPaused, found)) == len(of(RecordingResumed, found)) == 1


async def test_notes_that_nobody_takes_are_dropped_counted_and_told(
    recorder: Recorder, bus: InMemoryEventBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MAX_WAITING", 10)

    async def chatters(event: Happened) -> None:
        for number in range(50):
            recorder.note("log", "info", f"line {number}")

    bus.subscribe(Happened, chatters)
    await bus.publish(Happened())
    found = records(recorder)
    (lost,) = of(RecordsLost, found)
    assert lost.count + len(of(Noted, found)) == 50
    assert [record.status for record in of(HandlerEnded, found)] == ["ok"]


@pytest.mark.parametrize(("count", "words"), [(1, "1 record was lost"), (1200, "1\u2009200 records were lost")])
def test_a_loss_is_told_in_words_of_its_number(count: int, words: str) -> None:
    for first in (0, 7):
        assert RecordsLost(0, count, "the disk is full", first, first).sentence == f"{words}: the disk is full."


async def test_the_reader_is_woken_once_until_it_has_drained(recorder: Recorder, bus: InMemoryEventBus) -> None:
    woken: list[int] = []
    recorder.drain()
    recorder.on_rows(lambda: woken.append(1))
    await bus.publish(Happened())
    await bus.publish(Happened())
    assert woken == [1]
    recorder.drain()
    await bus.publish(Happened())
    assert woken == [1, 1]


async def test_an_endless_loop_is_told_with_who_published_whom(
    recorder: Recorder, bus: InMemoryEventBus, expected_logs: Any
) -> None:
    expected_logs("inspector.core.bus", "event_publish_refused")

    async def again(event: Happened) -> None:
        await bus.publish(Happened())

    bus.subscribe(Happened, again)
    await bus.publish(Happened())
    (refused,) = of(RepublishRefused, records(recorder))
    assert refused.event == "Happened"
    assert "again" in refused.chain[0]


async def test_an_event_whose_id_is_of_a_strangers_type_does_not_run_its_code(
    recorder: Recorder, bus: InMemoryEventBus
) -> None:
    class Trap:
        def __str__(self) -> str:
            raise SystemExit("code of the user ran")

    @dataclass
    class Foreign:
        event_id: object

    await bus.publish(Foreign(Trap()))  # type: ignore[arg-type]
    await bus.publish(Foreign(uuid4()))  # type: ignore[arg-type]
    first, second = of(Published, records(recorder))
    assert first.event_id == "<Trap>"
    assert len(second.event_id) == 36


async def test_another_try_says_how_the_one_before_ended_and_shows_no_secret(
    recorder: Recorder, bus: InMemoryEventBus
) -> None:
    async def handler(_event: Happened) -> None:
        running = CURRENT.get()
        assert running is not None
        recorder.execution_repeated(running, 1, ConnectionError("busy, token=tok_live_51HxYzAbCdEf"))
        recorder.execution_repeated(running, 2, None)

    bus.subscribe(Happened, handler)
    await bus.publish(Happened())
    first, second = of(Noted, records(recorder))
    assert (first.kind, first.level, second.level) == (ATTEMPT, "warning", "info")
    assert first.text.startswith("Try 1 failed: ConnectionError: busy")
    assert "51HxYz" not in first.text
    assert second.text == "Try 2 ended"


class Light(Execution):
    """An execution that may stand for its rows, as those of buses that are watched."""

    is_row = True


def handle(event: Happened) -> None:
    """Handle nothing."""


def published(recorder: Recorder) -> Publication:
    bus: Any = None
    publication = Publication(bus, Happened(), None, None, None, ())
    recorder.publication_started(publication)
    return publication


def test_an_execution_stands_for_its_start_and_then_for_its_end(recorder: Recorder) -> None:
    publication = published(recorder)
    several = [Light(publication, Subscription(Happened, handle)) for _ in range(3)]
    for execution in several:
        execution.started = 5_000
        recorder.execution_started(execution)
    assert [type(record).__name__ for record in records(recorder)[-4:]] == ["HandlerAdded", *["HandlerStarted"] * 3]
    for execution, status in zip(several, ("ok", "cancelled", "ok"), strict=True):
        execution.ended, execution.status = 6_000 + execution.tag, status
        recorder.execution_ended(execution)
    ended = of(HandlerEnded, records(recorder))
    assert [(record.execution, record.status) for record in ended] == [(1, "ok"), (2, "cancelled"), (3, "ok")]
    assert [record.at - ended[0].at for record in ended] == [0, 1, 2]
    assert recorder.running == 0


def test_rows_of_several_threads_come_in_the_order_of_their_numbers(recorder: Recorder) -> None:
    subscription = Subscription(Happened, handle)

    ready, all_there = threading.Semaphore(0), threading.Event()

    def publish() -> None:
        ready.release()
        all_there.wait()
        for _ in range(400):
            execution = Light(published(recorder), subscription)
            execution.started = 5_000
            recorder.execution_started(execution)
            execution.ended, execution.status = 6_000, "ok"
            recorder.execution_ended(execution)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=publish) for _ in range(4)]
        for thread in threads:
            thread.start()
            ready.acquire()  # two that begin at once cannot both be measured on Python 3.11
        all_there.set()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    rows = records(recorder)
    assert [record.publication for record in of(Published, rows)] == [*range(1, 1601)]
    assert [record.execution for record in of(HandlerStarted, rows)] == [*range(1, 1601)]
    assert len(of(HandlerEnded, rows)) == 1600


class Beside:
    """An observer that takes no notice; with it the bus tells the recorder of every moment."""

    def publication_started(self, publication: Publication) -> None:
        pass

    def execution_started(self, execution: Execution) -> None:
        pass

    def execution_late(self, execution: Execution, error: BaseException | None) -> None:
        pass

    execution_ended = execution_started
    publication_ended = publication_refused = publication_started


def program(bus: InMemoryEventBus, recorder: Recorder) -> None:
    """Subscribe handlers that end in every way, publish in turn, and change who is told."""

    async def waits(event: Happened) -> None:
        await asyncio.sleep(0)
        recorder.note("log", "info", f"waited {event.number}")

    async def fails(event: Happened) -> None:
        raise LookupError(event.number)

    async def fails_later(event: Happened) -> None:
        await asyncio.sleep(0)
        raise LookupError(event.number)

    def swallows(event: Happened) -> None:
        execution = CURRENT.get()
        assert execution is not None
        recorder.swallowed(execution, KeyError(event.number))

    def publishes(event: Happened) -> Any:
        return bus.publish(Carried(items=[event.number]))

    def returns_failure(_: Happened) -> Any:
        return ValueError("no")

    def prints_a_key(_: Happened) -> None:
        recorder.note("output", "info", "-----BEGIN RSA PRIVATE KEY-----")

    async def gives_up(_: Happened) -> None:
        raise asyncio.CancelledError

    async def watched(_: Happened) -> None:
        remove = bus.observe(Beside())
        await asyncio.sleep(0)
        remove()

    def pauses(event: Happened) -> None:
        recorder.set_recording(event.number % 2 == 0)

    for handler in (waits, fails, fails_later, swallows, publishes, returns_failure, prints_a_key, watched, pauses):
        bus.subscribe(Happened, handler)
    bus.subscribe(Happened, gives_up)
    bus.subscribe(Carried, waits_for_nothing)


async def waits_for_nothing(_: Any) -> None:
    return None


def observed(*, beside: bool) -> tuple[Recorder, InMemoryEventBus]:
    """Return a recorder and the bus that it observes, alone or beside another observer."""
    recorder = Recorder()
    recorder.start(CatalogDescription("test"))
    bus = InMemoryEventBus()
    bus.observe(recorder)
    if beside:
        bus.observe(Beside())
    return recorder, bus


async def recorded(*, beside: bool) -> list[tuple[Any, ...]]:
    """Return what is recorded, without times and what is read of exceptions."""
    recorder, bus = observed(beside=beside)
    program(bus, recorder)
    records: list[Record] = []
    for number in range(4):
        await bus.publish(Happened(number=number))
        records += map(to_record, recorder.drain())
    assert not recorder.running
    told: list[tuple[Any, ...]] = []
    for record in records:
        match record:
            case Published(publication=number, cause=cause, handlers=handlers):
                told.append(("published", number, record.event_type, cause, handlers))
            case HandlerStarted(execution=number, publication=publication, handler=key):
                told.append(("started", number, publication, key))
            case HandlerEnded(execution=number, status=status):
                told.append(("ended", number, status))
            case Noted(execution=number, text=text):
                told.append(("noted", number, text.partition("#")[0]))
            case PublicationEnded(publication=number, outcome=outcome):
                told.append(("over", number, outcome))
    return told


async def test_what_a_bus_puts_into_the_sink_is_what_it_would_tell(expected_logs: Any) -> None:
    expected_logs("inspector.core.bus", "event_handler_failed")
    alone, told = await recorded(beside=False), await recorded(beside=True)
    assert sorted(alone) == sorted(
        told
    )  # a publish that has taken long gives the loop a turn, and the order is another
    for rows in (alone, told):
        places = {row[:2]: place for place, row in enumerate(rows)}
        assert all(places["started", number] < place for (what, number), place in places.items() if what == "ended")
    assert {row[2] for row in alone if row[0] == "ended"} == {
        *("ok", "failed", "swallowed", "returned_failure", "cancelled"),
    }
    assert {row[2] for row in alone if row[0] == "noted"} >= {"waited 0"}


@dataclass(frozen=True)
class Bare:
    """An event of no base class, whose id is found in a way of its own."""

    number: int

    @property
    def event_id(self) -> str:
        return f"bare {self.number}"


async def kinds(*, beside: bool) -> list[tuple[Any, ...]]:
    """Return what is recorded of publications of every kind, drained at once after them all."""
    recorder, bus = observed(beside=beside)
    ids = (UUID(int=number) for number in count(1))
    when = datetime(2026, 11, 30, tzinfo=UTC)

    def event(number: int) -> Happened:
        return Happened(event_id=next(ids), correlation_id=next(ids), occurred_at=when, number=number)

    async def again(happened: Happened) -> None:
        if happened.number < 3:
            await bus.publish(event(happened.number + 1))

    bus.subscribe(Happened, again)
    bus.subscribe(Bare, waits_for_nothing)
    session: Any = object()
    items = [1]
    for _ in range(2):  # the first one after a look is told at length
        await bus.publish(event(0))
        await bus.publish(event(9), session)
        await bus.publish(event(9), None, {"ip_address": "192.0.2.7"})
        await bus.publish(event(9), session, {"agent": "curl"})
        await bus.publish(Carried(event_id=next(ids), correlation_id=next(ids), occurred_at=when, items=items))
        items.append(2)
        await bus.publish(Bare(4))  # type: ignore[arg-type]
        await bus.publish(replace(event(9), occurred_at=datetime(2026, 11, 30, tzinfo=ZoneInfo("UTC"))))
        FIRE.set(5)
        await bus.publish(event(2))
        FIRE.set(0)
        recorder.set_recording(False)
        await bus.publish(event(9))
        recorder.set_recording(True)
    rows = records(recorder)
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    return [to_row(row)[2:] for row in rows if isinstance(row, Published)]


async def test_publications_that_are_put_into_the_sink_are_written_as_those_that_are_told() -> None:
    alone, told = await kinds(beside=False), await kinds(beside=True)
    assert alone == told
    assert len(alone) == 24
    assert any("bare 4" in map(str, row) for row in alone)


async def test_whoever_cannot_be_woken_costs_the_handlers_nothing(
    recorder: Recorder, bus: InMemoryEventBus, expected_logs: Any
) -> None:
    expected_logs("inspector.core.bus", "event_bus_observer_removed")
    ran: list[str] = []

    def wake() -> None:
        if ran:
            raise RuntimeError("the loop is closed")

    def first(_event: Happened) -> None:
        ran.append("first")
        recorder.drain()  # its end wakes again

    recorder.on_rows(wake)
    bus.subscribe(Happened, first)
    bus.subscribe(Happened, lambda _: ran.append("second"))
    await bus.publish(Happened())
    assert ran == ["first", "second"]
    assert bus.observers == ()


async def test_the_next_execution_wakes_who_asked_for_it(recorder: Recorder, bus: InMemoryEventBus) -> None:
    woken: list[str] = []
    recorder.on_rows(lambda: woken.append("rows"))
    bus.subscribe(Happened, lambda _: woken.append("handler"))
    recorder.drain()
    woken.clear()
    await bus.publish(Happened())
    recorder.on_running(lambda: woken.append("running"))
    recorder.on_running(lambda: woken.append("running, the last"))
    await bus.publish(Happened())
    await bus.publish(Happened())
    assert [word for word in woken if word != "rows"] == ["handler", "running, the last", "handler", "handler"]
    assert woken[0] == "rows"
    count = woken.count("rows")
    await bus.publish(Happened())
    assert woken.count("rows") == count  # nobody has taken them
    recorder.drain()
    await bus.publish(Happened())
    assert woken.count("rows") == count + 1
