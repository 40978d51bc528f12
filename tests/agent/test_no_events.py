"""Classes beside events that are none: entries of registries, generics with their parameters filled in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from inspector.agent.reading.catalogs import event_classes, read_catalog
from inspector.agent.reading.events import subclasses
from inspector.agent.reading.loaded import Target, make_program

SOURCE = '''
from dataclasses import dataclass, field
from typing import Any, Callable, Generic, NamedTuple, TypeVar
import pydantic

T = TypeVar("T")

@dataclass(frozen=True)
class CrateMoved:
    crate: str

@dataclass(frozen=True)
class PluginLoaded:
    plugin: type

@dataclass
class Row:
    event_class: type
    category: str = ""

class Metadata(NamedTuple):
    event_type: str
    payload_fields: tuple

@dataclass
class Link:
    domain_event_class: Any
    sse_event_type: str
    payload_extractor: Any = None

@dataclass
class PlanEntry:
    """An entry of a registry that is still empty."""
    event_class: "type[CrateMoved] | None" = None
    handler: type = object

ROWS = [Row(CrateMoved, "crates"), Row(PluginLoaded)]
TYPES = [Metadata("crate.moved", ("crate",))]
LINKS = {CrateMoved: Link(CrateMoved, "crate.moved")}
PLANNED: list = []

@dataclass
class WireMetadata:
    """Of another registry that is still empty."""
    name: str = ""

class Part(pydantic.BaseModel):
    sku: str = ""

class Event(pydantic.BaseModel, Generic[T]):
    body: T

class PartSold(Event[Part]):
    pass

class PartFound(Event[list[Part]]):
    pass

PartEvent = Event[Part]

class Order(NamedTuple):
    number: int = 0

class Fact(Generic[T]):
    pass

@dataclass
class OrderLost(Fact[Order]):
    body: Any = None
'''


@pytest.fixture(params=["theirs.events", "theirs.things"])
def module(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The classes above, in a module that is called like events and in one that is not."""
    made = ModuleType(request.param)
    sys.modules[request.param] = made
    exec(compile(SOURCE, f"{request.param}.py", "exec"), vars(made))
    yield made
    del sys.modules[request.param]


def names(classes: list[type]) -> set[str]:
    return {cls.__name__ for cls in classes}


def test_what_registries_are_made_of_is_no_event(module: ModuleType) -> None:
    found = names(event_classes(module))
    if module.__name__ == "theirs.events":
        assert found == {"CrateMoved", "PluginLoaded", "PartSold", "PartFound", "OrderLost"}
    else:
        assert found == {"PartSold", "PartFound", "OrderLost"}


def test_a_generic_with_its_parameters_is_no_event_and_those_below_it_are(module: ModuleType) -> None:
    assert names(subclasses(module.Event)) == {"PartSold", "PartFound"}
    catalog = read_catalog(module.Event)
    assert names(catalog.classes) == {"PartSold", "PartFound"}


def test_a_bus_whose_handler_takes_the_generic_base_has_the_events_below_it(module: ModuleType) -> None:
    class Bus:
        def __init__(self) -> None:
            self.handlers = {module.Event: [print]}

        def publish(self, event: object) -> None:
            for cls, handlers in self.handlers.items():
                if isinstance(event, cls):
                    for handler in handlers:
                        handler(event)

    program = make_program("theirs", [Target("theirs:bus", Bus())])
    assert not any("[" in event.name for event in program.catalog().events)
    assert {"PartSold", "PartFound"} <= {event.name for event in program.catalog().events}
