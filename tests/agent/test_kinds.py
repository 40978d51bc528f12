"""Home-made buses by what their code does: which events there are, who hears them, how they are fired, what is told."""

from __future__ import annotations

import gc
import importlib
import queue
from pathlib import Path
from typing import Any

import pytest

from inspector.agent.reading.loaded import Target, make_program
from inspector.agent.reading.map_bus.connection import ALONE
from inspector.core.errors import InspectorError
from inspector.core.records.records import HANDLER_STARTED, PUBLISHED
from inspector.core.spec import IDENTITY, PUBLISH
from tests.agent.kinds import LINES, ShipDocked, moor
from tests.agent.kinds_of_keeping import KINDS
from tests.agent.samples import watch


@pytest.mark.parametrize("name", KINDS)
async def test_it_is_read_fired_and_recorded_as_its_program_would(name: str) -> None:
    one = KINDS[name]()
    gc.collect()
    watched = watch(one.bus)
    labels = {handler.key: handler.label.removeprefix(f"{name}.") for handler in watched.catalog.handlers}
    heard = {event.name: [labels[key] for key in event.handlers] for event in watched.catalog.events}
    expected = {
        event: sorted(label.removeprefix(f"{name}.") for label in handlers) for event, handlers in one.heard.items()
    }
    assert {event: sorted(heard.get(event, ["no such event"])) for event in one.heard} == expected
    LINES.clear()
    if one.event:
        await watched.program.publish(watched.program.build(one.event, one.values), None, {})
    watched.stop()
    assert sorted(LINES) == sorted(one.ran)
    started = [labels[row[4]] for row in watched.rows(HANDLER_STARTED)]
    assert len(started) == len(LINES)
    assert set(started) <= {label for handlers in expected.values() for label in handlers} or not expected
    assert [problem.text for problem in watched.program.catalog().problems] == one.problems


def test_patterns_are_shown_as_patterns_and_are_no_events() -> None:
    program = make_program("sample", [Target("sample:bus", KINDS["patterns_of_topics"]().bus)])
    catalog = program.catalog()
    assert catalog.events == ()
    assert [(pattern.name, len(pattern.handlers)) for pattern in catalog.patterns] == [
        ("ship.*.docked", 1),
        ("ship.*.left", 1),
        ("*", 1),
    ]


def test_tokens_that_subscriptions_are_kept_by_are_no_events() -> None:
    bus = KINDS["subscriptions_by_token"]().bus
    catalog = make_program("sample", [Target("sample:bus", bus)]).catalog()
    names = {event.name for event in catalog.events}
    assert names >= {"ShipDocked", "ShipSighted"}
    assert names.isdisjoint(bus.subscriptions)


REGISTRY = """
from dataclasses import dataclass
from tests.agent.kinds import tick

@dataclass(frozen=True)
class Deposited:
    amount: int = 5

class Handler:
    registry: dict = {}

    def __init_subclass__(cls, event=None):
        Handler.registry.setdefault(event, []).append(cls)

class Ledger(Handler, event=Deposited):
    def handle(self, event):
        tick("Ledger")

class Statement(Handler, event=Deposited):
    def handle(self, event):
        tick("Statement")

def publish(event):
    for cls in Handler.registry.get(type(event), []):
        cls().handle(event)
"""


async def test_classes_that_a_base_class_enters_are_the_handlers_of_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bank_registry.py").write_text(REGISTRY, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    watched = watch(importlib.import_module("bank_registry"))
    (event,) = watched.catalog.events
    assert (event.name, [key.rpartition(":")[2] for key in event.handlers]) == (
        "Deposited",
        ["Ledger.handle", "Statement.handle"],
    )
    LINES.clear()
    await watched.program.publish(watched.program.build("Deposited", {}), None, {})
    watched.stop()
    assert LINES == ["Ledger", "Statement"]
    assert len(watched.rows(HANDLER_STARTED)) == 2


async def test_events_of_a_queue_that_nobody_is_seen_to_read_are_known() -> None:
    class Feed:
        def __init__(self) -> None:
            self.queues: dict[type, list[Any]] = {ShipDocked: [queue.SimpleQueue(), queue.SimpleQueue()]}

        def publish(self, event: Any) -> None:
            for waiting in self.queues.get(type(event), []):
                waiting.put(event)

    catalog = make_program("sample", [Target("sample:bus", Feed())]).catalog()
    assert "ShipDocked" in {event.name for event in catalog.events}
    assert [problem.text for problem in catalog.problems] == [
        "2 queues listen in queues: they receive every event; their readers are not observed."
    ]


class Tannoy:
    """Publishes one, several and what waits: only the first is a publication of its own."""

    def __init__(self) -> None:
        self.ears: dict[type, list[Any]] = {ShipDocked: [LINES.append]}
        self.waiting: list[Any] = []

    def publish_many(self, *events: Any) -> None:
        for event in events:
            self.publish(event)

    def publish_all(self, events: list[Any]) -> None:
        for event in events:
            self.publish(event)

    def run_waiting(self, most: int = 9) -> None:
        while self.waiting and most:
            self.publish(self.waiting.pop())

    def publish(self, event: Any) -> None:
        for ear in self.ears.get(type(event), []):
            ear(event)

    def _handle(self, event: Any) -> None:
        for ear in self.ears.get(type(event), []):
            ear(event)


class Bell(Tannoy):
    """Whatever it is called: nothing here is named like publishing."""

    publish = publish_all = publish_many = run_waiting = None  # type: ignore[assignment]

    def strike(self, event: Any) -> None:
        self._handle(event)


@pytest.mark.parametrize(("bus", "published_by"), [(Tannoy(), ["publish"]), (Bell(), ["strike"])])
def test_what_hands_on_several_or_what_waits_publishes_nothing_itself(bus: Any, published_by: list[str]) -> None:
    (spec,) = make_program("sample", [Target("sample:bus", bus)]).catalog().specs
    assert [line.value for line in spec.of(PUBLISH)] == published_by
    assert spec.of(PUBLISH)[0].reason == "Calls the handlers in ears"


async def test_a_bus_without_a_container_is_fired_by_its_method_and_says_so() -> None:
    class Pilot:
        def publish(self, fact: Any) -> None:
            match fact:
                case ShipDocked():
                    moor(fact)

    watched = watch(Pilot())
    watched.stop()
    (problem,) = watched.catalog.problems
    assert problem.text.startswith("No container of handlers was found")
    declared = watch(Caller(), bus={"publish": "call"})
    declared.stop()
    assert [problem.text.partition(":")[0] for problem in declared.catalog.problems] == [
        "No container of handlers was found"
    ]
    assert [line.text for line in declared.catalog.specs[0].of(PUBLISH)] == ["Caller.call(fact)"]


class Caller:
    def call(self, fact: Any) -> None:
        moor(fact)


def test_an_object_whose_containers_are_still_empty_is_no_bus_yet_while_a_program_runs() -> None:
    class Fleet:
        def __init__(self) -> None:
            self.buses: dict[str, Any] = {}

        def __getitem__(self, ship: str) -> Any:
            return self.buses[ship]

        def publish(self, ship: str, fact: Any) -> None:
            self[ship].publish(fact)

    with pytest.raises(InspectorError, match="no handlers were found in its containers"):
        make_program("sample", [Target("sample:fleet", Fleet(), ALONE)])
    (problem,) = make_program("sample", [Target("sample:fleet", Fleet())]).catalog().problems
    assert problem.text.startswith("No container of handlers was found")
    assert make_program("sample", [Target("sample:pilot", Publishing(), ALONE)]).connections


class Publishing:
    def publish(self, fact: Any) -> None:
        moor(fact)


class Journal:
    """Takes a stream beside what it appends to it."""

    def __init__(self) -> None:
        self.projections = [moor]

    def append(self, stream: str, *facts: Any) -> None:
        for fact in facts:
            for projection in self.projections:
                projection(fact)


async def test_what_needs_more_than_the_event_is_not_fired_and_says_what() -> None:
    bus = Journal()
    watched = watch(bus, catalog=[ShipDocked])
    LINES.clear()
    with pytest.raises(InspectorError, match="append requires stream before the event"):
        await watched.program.publish(watched.program.build("ShipDocked", {}), None, {})
    assert LINES == []
    bus.append("harbour", ShipDocked("Eva"))
    bus.append("harbour", ShipDocked("Ida"), ShipDocked("Ada"))
    watched.stop()
    assert LINES == ["moor Eva", "moor Ida", "moor Ada"]
    assert [row[3] for row in watched.rows(PUBLISHED)] == ["ShipDocked"] * 3


@pytest.mark.parametrize(
    ("count", "said"),
    [(2, "2 events (Event0, Event1) have"), (5, "5 events (Event0, Event1, Event2, …) have")],
)
def test_events_on_two_buses_are_told_of_together(count: int, said: str) -> None:
    class Pier:
        def __init__(self) -> None:
            self.handlers: dict[type, list[Any]] = {type(f"Event{n}", (), {}): [] for n in range(count)}

        def publish(self, event: Any) -> None:
            for handler in self.handlers[type(event)]:
                handler(event)

    buses = [Pier(), Pier()]
    for bus in buses:
        bus.handlers = {event: [moor] for event in buses[0].handlers}
    catalog = make_program("sample", [Target(f"sample:{place}", bus) for place, bus in enumerate(buses)]).catalog()
    assert [problem.text for problem in catalog.problems] == [
        f"{said} handlers on 2 buses and are fired on this one only."
    ]


def test_an_event_on_two_buses_says_on_which_it_is_fired() -> None:
    buses = [KINDS["an_outbox_in_a_list"]().bus for _ in range(2)]
    catalog = make_program("sample", [Target(f"sample:{place}", bus) for place, bus in enumerate(buses)]).catalog()
    assert [(problem.where, problem.text) for problem in catalog.problems] == [
        ("sample:0", "ShipDocked has handlers on 2 buses and is fired on this one only.")
    ]


@pytest.mark.parametrize(("handlers", "identity"), [({ShipDocked: [moor]}, "class"), ({}, "bus")])
def test_a_bus_of_several_classes_is_no_signal_whatever_is_declared(handlers: Any, identity: str) -> None:
    class Pier:
        def __init__(self) -> None:
            self.handlers = handlers

        def publish(self, fact: Any) -> None:
            for handler in self.handlers.get(type(fact), ()):
                handler(fact)

    program = make_program("sample", [Target("sample:pier", Pier())], options={"bus": {"identity": "bus"}})
    (spec,) = program.catalog().specs
    assert [line.value for line in spec.of(IDENTITY)] == [identity]


def test_patterns_that_a_function_matches_are_no_events() -> None:
    program = make_program("sample", [Target("sample:bus", KINDS["patterns_that_a_function_matches"]().bus)])
    catalog = program.catalog()
    assert [event.name for event in catalog.events] == ["quay/north/berth"]
    assert [pattern.name for pattern in catalog.patterns] == ["quay/+/berth", "quay/#"]
