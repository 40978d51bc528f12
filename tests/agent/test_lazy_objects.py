"""What merely lies beside a bus is neither touched, nor a reason not to load: lazy objects of every make."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from inspector.agent.facts.collect import collect
from inspector.agent.handlers import Handler
from inspector.agent.reading.loaded import Target, make_program
from tests.agent.lazy import KINDS, Odd, some, touched


@dataclass
class FerryLeft:
    harbour: str = "north"


def on_ferry_left(event: FerryLeft) -> None: ...


class Bus:
    def __init__(self) -> None:
        self.listeners: dict[type[Any], list[Any]] = {FerryLeft: [on_ferry_left]}
        self.extras = some()
        self.by_name = {str(number): value for number, value in enumerate(some())}
        for number, value in enumerate(some()):
            setattr(self, f"part{number}", value)

    def publish(self, event: object) -> None:
        for listener in self.listeners.get(type(event), []):
            listener(event)


class Signal:
    def __init__(self) -> None:
        self.receivers: list[Any] = []
        self.site = some()[0]

    def connect(self, receiver: Any) -> None:
        self.receivers.append(receiver)

    def send(self, sender: object, **values: object) -> list[Any]:
        return [receiver(sender=sender, **values) for receiver in self.receivers]


def told(sender: object, **values: object) -> None: ...


ferry_left = Signal()
ferry_left.connect(told)
# What other modules have lying around, at the top of this one.
lazy = dict(enumerate(some()))
globals().update({f"lazy_{number}": value for number, value in lazy.items()})
odd = Odd


class Container:
    def __init__(self) -> None:
        for number, value in enumerate(some()):
            setattr(self, f"before{number}", value)
        self.bus = Bus()
        self.after = some()


def module() -> types.ModuleType:
    """A module that makes what it is asked for, and must not be asked."""
    made = types.ModuleType("ferries")

    def make(name: str) -> Any:
        touched.append(name)
        raise LookupError(name)

    vars(made).update(__getattr__=make, bus=Bus(), odd=Odd, **{f"lazy_{n}": value for n, value in enumerate(some())})
    return made


def mixed() -> dict[str, Any]:
    return {**{f"part{number}": value for number, value in enumerate(some())}, "bus": Bus(), "ferry_left": ferry_left}


TARGETS: dict[str, tuple[Callable[[], Any], set[str]]] = {
    "a bus that holds them": (Bus, {"FerryLeft"}),
    "a container": (Container, {"FerryLeft"}),
    "a dict with buses": (mixed, {"FerryLeft", "ferry_left"}),
    "a list with buses": (lambda: [*some(), Bus(), *some()], {"FerryLeft"}),
    "a module": (module, {"FerryLeft"}),
    "this module": (lambda: sys.modules[__name__], {"ferry_left"}),
    "a signal": (lambda: ferry_left, {"ferry_left"}),
}


@pytest.mark.parametrize("what", TARGETS)
def test_what_lies_around_is_left_alone(what: str) -> None:
    make, events = TARGETS[what]
    value = make()
    touched.clear()
    program = make_program("ferries", [Target("a:ferry_left", value)])
    catalog = program.catalog()
    collect(program)
    assert touched == []
    assert {event.name.rpartition(".")[2] for event in catalog.events if event.handlers} == events
    assert [problem.text for problem in catalog.problems] == []


@pytest.mark.parametrize("catalog", [module, lambda: sys.modules[__name__]])
def test_a_module_that_is_named_as_catalog_may_hold_anything(catalog: Callable[[], Any]) -> None:
    value = catalog()
    touched.clear()
    events = make_program("ferries", [Target("a:bus", Bus())], value).catalog().events
    assert touched == []
    assert [event.name for event in events if event.handlers] == ["FerryLeft"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_of_a_catalog_that_cannot_be_read_is_a_problem_and_the_others_are_read(kind: type[Any]) -> None:
    catalog = make_program("ferries", [Target("a:bus", Bus())], [kind(), FerryLeft]).catalog()
    assert [event.name for event in catalog.events] == ["FerryLeft"]
    assert any(problem.where == "the catalog[0]" for problem in catalog.problems)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if callable(kind())])
def test_a_lazy_handler_is_described_by_its_class(kind: type[Any]) -> None:
    bus = Bus()
    bus.listeners[FerryLeft].append(kind())
    touched.clear()
    program = make_program("ferries", [Target("a:bus", bus)])
    labels = [handler.label for handler in program.catalog().handlers]
    collect(program)
    assert Handler(bus.listeners[FerryLeft][1]).gives_coroutine is False
    assert touched == []
    assert labels == ["on_ferry_left", f"{kind.__qualname__}.__call__"]
