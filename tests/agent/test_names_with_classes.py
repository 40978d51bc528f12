"""Events by name whose handlers say which class they take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from inspector.core.bus.context import FIRE, HANDLER_TIMEOUT
from inspector.core.errors import InspectorError
from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, PUBLISHED
from tests.agent.samples import Watched, watch


@dataclass(frozen=True)
class Change:
    id: int


@dataclass(frozen=True)
class ThingMade(Change):
    colour: str


@dataclass(frozen=True)
class ThingSold(Change):
    price: int


class Emitter:
    def __init__(self) -> None:
        self.listeners: dict[str, list[Callable[[Any], Any]]] = {}
        self.seen: list[Any] = []

    def on(self, name: str, *handlers: Callable[[Any], Any]) -> None:
        self.listeners.setdefault(name, []).extend(handlers)

    def emit(self, name: str, payload: Any) -> None:
        for handler in self.listeners.get(name, []):
            handler(payload)

    def keep(self, change: Change) -> None:
        self.seen.append(change.id)

    def paint(self, event: ThingMade) -> None:
        self.seen.append(event.colour)


def handlers_by_event(watched: Watched) -> dict[str, int]:
    return {event.name: len(event.handlers) for event in watched.catalog.events}


async def fire(watched: Watched, name: str, values: dict[str, Any]) -> None:
    await watched.program.publish(watched.program.build(name, values), None, None)


async def test_a_name_that_is_not_that_of_its_class_has_its_handlers() -> None:
    bus = Emitter()
    bus.on("made-today", bus.paint)
    watched = watch(bus)
    assert {name: count for name, count in handlers_by_event(watched).items() if count} == {"ThingMade": 1}
    await fire(watched, "ThingMade", {"id": 1, "colour": "red"})
    watched.stop()
    (published,) = watched.rows(PUBLISHED)
    assert (published[3], published[10]) == ("ThingMade", 1)
    assert bus.seen == ["red"]


async def test_a_handler_for_a_family_takes_the_member_of_that_name() -> None:
    bus = Emitter()
    bus.on("thing.made", bus.keep, bus.paint)
    bus.on("thing.sold", bus.keep)
    watched = watch(bus)
    assert {name: count for name, count in handlers_by_event(watched).items() if count} == {
        "ThingMade": 2,
        "ThingSold": 1,
    }
    await fire(watched, "thing.sold", {"id": 5, "price": 3})
    watched.stop()
    (published,) = watched.rows(PUBLISHED)
    assert (published[3], published[8], published[10]) == ("ThingSold", '{"id":5,"price":3}', 1)
    assert bus.seen == [5]


async def test_names_that_share_a_class_are_events_of_their_own() -> None:
    bus = Emitter()
    bus.on("lost", bus.keep)
    bus.on("found", bus.keep, lambda change: bus.seen.append(-change.id))
    watched = watch(bus)
    assert handlers_by_event(watched) == {"lost": 1, "found": 2}
    assert [field.name for event in watched.catalog.events for field in event.fields] == ["id", "id"]
    await fire(watched, "found", {"id": 7})
    watched.stop()
    (published,) = watched.rows(PUBLISHED)
    assert (published[3], published[8], published[10]) == ("found", '{"id":7}', 2)
    assert len(watched.rows(HANDLER_STARTED)) == 2
    assert bus.seen == [7, -7]


class HasId(Protocol):
    id: int


def test_a_handler_may_say_that_it_takes_a_protocol() -> None:
    bus = Emitter()

    def made(event: ThingMade) -> None: ...

    def any_id(event: HasId) -> None: ...

    bus.on("thing.made", any_id, made)
    bus.on("thing.sold", made, any_id)
    assert watch(bus).catalog.events


@dataclass(frozen=True)
class Envelope:
    topic: str
    payload: dict[str, Any]


class EnvelopeBus:
    def __init__(self) -> None:
        self.handlers: dict[str, list[Callable[[Envelope], Any]]] = {}
        self.seen: list[Envelope] = []

    def publish(self, event: Envelope) -> None:
        for handler in self.handlers.get(event.topic, []):
            handler(event)

    def placed(self, event: Envelope) -> None:
        self.seen.append(event)

    def paid(self, event: Envelope) -> None:
        self.seen.append(event)


async def test_events_of_one_class_that_holds_the_name_are_events_of_their_own() -> None:
    bus = EnvelopeBus()
    bus.handlers = {"order.placed": [bus.placed], "order.paid": [bus.paid, bus.placed]}
    watched = watch(bus)
    assert handlers_by_event(watched) == {"order.placed": 1, "order.paid": 2}
    assert [[field.name for field in event.fields] for event in watched.catalog.events] == [["payload"], ["payload"]]
    await fire(watched, "order.paid", {"payload": {"cents": 3}})
    bus.publish(Envelope("order.placed", {}))
    bus.publish(Envelope("order.lost", {}))
    watched.stop()
    assert [(row[3], row[10]) for row in watched.rows(PUBLISHED)] == [
        *(("order.paid", 2), ("order.placed", 1), ("order.lost", 0)),
    ]
    assert len(watched.rows(HANDLER_STARTED)) == 3
    assert bus.seen[0] == Envelope("order.paid", {"cents": 3})


class UnreadEnvelopeBus(EnvelopeBus):
    def publish(self, event: Any) -> None:
        for handler in self.handlers.get(getattr(event, "top" + "ic"), []):
            handler(event)


def test_where_the_name_is_cannot_always_be_told() -> None:
    bus = UnreadEnvelopeBus()
    bus.handlers = {"order.placed": [bus.placed], "order.paid": [bus.paid]}
    assert handlers_by_event(watch(bus)) == {"Envelope": 0}


def test_a_name_may_begin_like_json() -> None:
    bus = Emitter()
    bus.on("{user}:made", bus.seen.append)
    watched = watch(bus)
    bus.emit("{user}:made", {"id": 1})
    bus.emit("{user}:lost", {"id": 1})
    watched.stop()
    assert [(row[3], row[10]) for row in watched.rows(PUBLISHED)] == [("{user}:made", 1), ("{user}:lost", 0)]


class QueueBus:
    def __init__(self) -> None:
        self.queue: list[Any] = []
        self.handlers: dict[type[Any], list[Callable[[Any], Any]]] = {}

    def publish(self, event: Any) -> None:
        self.queue.append(event)

    def drain(self) -> int:
        done = len(self.queue)
        while self.queue:
            event = self.queue.pop(0)
            for handler in self.handlers.get(type(event), []):
                handler(event)
        return done


async def test_a_bus_that_only_keeps_what_is_published_is_worked_off_after_a_fire() -> None:
    bus = QueueBus()
    sold: list[ThingSold] = []

    def made(event: ThingMade) -> None:
        bus.publish(ThingSold(event.id, 3))

    bus.handlers = {ThingMade: [made], ThingSold: [sold.append]}
    watched = watch(bus)
    assert "Queue emptied by drain." in watched.catalog.sources[0].text
    await fire(watched, "ThingMade", {"id": 1, "colour": "red"})
    watched.stop()
    assert sold == [ThingSold(1, 3)]
    assert [(row[3], row[10]) for row in watched.rows(PUBLISHED)] == [("ThingMade", 1), ("ThingSold", 1)]
    assert len(watched.rows(HANDLER_STARTED)) == 2


class StuckQueueBus(QueueBus):
    async def drain(self) -> None:  # type: ignore[override]
        for event in self.queue:
            for handler in self.handlers.get(type(event), []):
                await handler(event)


async def test_working_off_a_queue_is_given_up_when_it_takes_too_long() -> None:
    bus = StuckQueueBus()

    async def never(event: ThingMade) -> None:
        await asyncio.Event().wait()

    bus.handlers = {ThingMade: [never]}
    watched = watch(bus)
    FIRE.set(1)
    HANDLER_TIMEOUT.set(0.01)
    with pytest.raises(InspectorError, match="timed out after"):
        await fire(watched, "ThingMade", {"id": 1, "colour": "red"})
    watched.stop()
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == ["timed_out"]
