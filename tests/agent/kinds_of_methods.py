"""Home-made buses that run methods of their own for events, and buses of several kinds of messages in one class."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from inspector.agent.observe.monitor import MONITOR
from tests.agent.kinds import KINDS, Kind, ShipDocked, ShipSighted, greet, kind, moor, ring, tick

__all__ = ["KINDS"]
_STAND_INS = "Its handlers are its own methods: they are recorded on Python 3.12 and newer only."


def _own(bus: Any, heard: dict[str, list[str]], event: str, ran: list[str]) -> Kind:
    if MONITOR.available:
        return Kind(bus, heard, event, ran)
    return Kind(bus, heard, problems=[_STAND_INS])


class Aggregate:
    def __init__(self) -> None:
        self.changes: list[Any] = []

    def raise_event(self, fact: Any) -> None:
        self.apply(fact)
        self.changes.append(fact)

    def apply(self, fact: Any) -> None:
        getattr(self, f"apply_{type(fact).__name__.lower()}")(fact)


@kind
def an_aggregate_that_applies_its_events() -> Kind:
    class Voyage(Aggregate):
        def apply_shipdocked(self, fact: Any) -> None:
            tick("docked")

        def apply_shipsighted(self, fact: Any) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Voyage.apply_shipdocked"], "ShipSighted": ["Voyage.apply_shipsighted"]}
    return _own(Voyage(), heard, "ShipDocked", ["docked"])


@kind
def methods_that_are_built_by_name_and_may_be_missing() -> Kind:
    class Pilot:
        def notify(self, fact: Any) -> None:
            name = "_on_" + type(fact).__name__.lower()
            method = getattr(self, name, None)
            if method is not None:
                method(fact)

        def _on_shipdocked(self, fact: Any) -> None:
            tick("on docked")
            self._note(fact)

        def _note(self, fact: Any) -> None:
            """No handler: a handler calls it."""

    return _own(Pilot(), {"ShipDocked": ["Pilot._on_shipdocked"]}, "ShipDocked", ["on docked"])


@kind
def methods_by_the_class_that_is_asked_for() -> Kind:
    class Tower:
        def publish(self, fact: Any) -> None:
            self._log(fact)
            if isinstance(fact, ShipDocked):
                self.docked(fact)
            elif isinstance(fact, ShipSighted):
                self.sighted(fact)

        def _log(self, fact: Any) -> None:
            """No handler: it is given everything."""

        def docked(self, fact: ShipDocked) -> None:
            tick("docked")

        def sighted(self, fact: ShipSighted) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Tower.docked"], "ShipSighted": ["Tower.sighted"]}
    return _own(Tower(), heard, "ShipSighted", ["sighted"])


@kind
def methods_by_a_pattern_that_matches() -> Kind:
    class Tower:
        def dispatch(self, fact: Any) -> None:
            match fact:
                case ShipDocked():
                    self.docked(fact)
                case ShipSighted():
                    self.sighted(fact)

        def docked(self, fact: ShipDocked) -> None:
            tick("docked")

        def sighted(self, fact: ShipSighted) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Tower.docked"], "ShipSighted": ["Tower.sighted"]}
    return _own(Tower(), heard, "ShipDocked", ["docked"])


@kind
def methods_in_a_dict_that_is_written_there() -> Kind:
    class Tower:
        def publish(self, fact: Any) -> None:
            methods = {ShipDocked: self.docked, ShipSighted: self.sighted}
            methods[type(fact)](fact)

        def docked(self, fact: Any) -> None:
            tick("docked")

        def sighted(self, fact: Any) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Tower.docked"], "ShipSighted": ["Tower.sighted"]}
    return _own(Tower(), heard, "ShipDocked", ["docked"])


@kind
def a_method_that_dispatches_by_the_class_of_its_argument() -> Kind:
    class Chart:
        def publish(self, fact: Any) -> None:
            self.when(fact)

        @functools.singledispatchmethod
        def when(self, fact: Any) -> None:
            tick("anything")

        @when.register
        def _docked(self, fact: ShipDocked) -> None:
            tick("docked")

        @when.register
        def _sighted(self, fact: ShipSighted) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Chart._docked"], "ShipSighted": ["Chart._sighted"]}
    return _own(Chart(), heard, "ShipSighted", ["sighted"])


class Template:
    def publish(self, fact: Any) -> None:
        self.prepare(fact)
        self.receive(fact)

    def prepare(self, fact: Any) -> None:
        """What every class below leaves as it is: no handler."""

    def receive(self, fact: Any) -> None:
        raise NotImplementedError


@kind
def a_method_that_a_class_below_has() -> Kind:
    class Mate(Template):
        def receive(self, fact: Any) -> None:
            if isinstance(fact, ShipDocked):
                tick("docked")

    return _own(Mate(), {"ShipDocked": ["Mate.receive"]}, "ShipDocked", ["docked"])


# --- several kinds of messages, each with its method ------------------------------------------------------------------


@dataclass(frozen=True)
class DockShip:
    ship: str = "Ida"


@dataclass(frozen=True)
class FindShip:
    ship: str = "Ida"


class Office:
    """Commands, queries and events; the method for queries is called like nothing that publishes."""

    def __init__(self) -> None:
        self.commands = {DockShip: moor}
        self.answers = {FindShip: greet}
        self.listeners = {ShipDocked: [ring, moor]}

    def execute(self, command: Any) -> Any:
        return self.commands[type(command)](command)

    def look_up(self, question: Any) -> Any:
        return self.answers[type(question)](question)

    def publish(self, fact: Any) -> None:
        for listener in self.listeners.get(type(fact), ()):
            listener(fact)


_OF_OFFICE = {"DockShip": ["moor"], "FindShip": ["greet"], "ShipDocked": ["ring", "moor"]}


@kind
def a_command_beside_queries_and_events() -> Kind:
    return Kind(Office(), _OF_OFFICE, "DockShip", ["moor Ida"])


@kind
def a_query_beside_commands_and_events() -> Kind:
    return Kind(Office(), _OF_OFFICE, "FindShip", ["greet"])


@kind
def an_event_beside_commands_and_queries() -> Kind:
    return Kind(Office(), _OF_OFFICE, "ShipDocked", ["ring Ida", "moor Ida"])


class Step:
    def __init__(self, name: str) -> None:
        self.name = name

    def handle(self, command: Any, go_on: Any) -> Any:
        tick(self.name)
        return go_on()


class Mediator:
    """Steps are run around requests, and not around notices."""

    def __init__(self) -> None:
        self.steps = [Step("outer"), Step("inner")]
        self.requests = {DockShip: moor}
        self.notices = {ShipDocked: [ring]}

    def send(self, request: Any) -> Any:
        def run(place: int) -> Any:
            if place == len(self.steps):
                return self.requests[type(request)](request)
            return self.steps[place].handle(request, lambda: run(place + 1))

        return run(0)

    def publish(self, notice: Any) -> None:
        for listener in self.notices.get(type(notice), ()):
            listener(notice)


_OF_MEDIATOR = {"DockShip": ["moor", "Step.handle", "Step.handle"], "ShipDocked": ["ring"]}


@kind
def a_request_with_steps_around_it() -> Kind:
    return Kind(Mediator(), _OF_MEDIATOR, "DockShip", ["outer", "inner", "moor Ida"])


@kind
def a_notice_without_the_steps_of_requests() -> Kind:
    return Kind(Mediator(), _OF_MEDIATOR, "ShipDocked", ["ring Ida"])
