"""Events by name whose handlers say which class they take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inspector.core.records import HANDLER_STARTED, PUBLISHED
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
