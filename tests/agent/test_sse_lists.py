"""Registries of server-sent events that are lists: types and mappings apart, in any shape of entry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from inspector.agent.facts.collect import collect
from inspector.agent.facts.source import scan
from inspector.agent.reading.loaded import Target, make_program
from inspector.catalog.findings import Finding, find
from inspector.core.description import SSEDescription

SOURCE = """
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Callable, NamedTuple, TypedDict

@dataclass(frozen=True, kw_only=True)
class GateOpened:
    gate: str
    width: int

class Wire(Enum):
    OPENED = "gate.opened"

@dataclass(frozen=True)
class WireType:
    event_type: Any
    category: str
    payload_fields: list = field(default_factory=list)

class NamedType(NamedTuple):
    event_type: Any
    payload_fields: tuple

@dataclass(frozen=True)
class Link:
    domain_event_class: type
    sse_event_type: Any
    payload_extractor: Callable
    user_id_extractor: Callable = print

class SlottedLink:
    __slots__ = ("event_class", "sse_type", "extractor")
    def __init__(self, event_class, sse_type, extractor):
        self.event_class, self.sse_type, self.extractor = event_class, sse_type, extractor

def payload(event):
    return {"gate": event.gate, "width": event.width}

class Bus:
    def __init__(self):
        self.handlers = {GateOpened: [print]}
    async def publish(self, event):
        for handler in self.handlers[type(event)]:
            handler(event)

bus = Bus()
"""
LISTS = {
    "dataclasses": (
        'TYPES = [WireType(Wire.OPENED, "gates", ["gate"])]\nLINKS = [Link(GateOpened, Wire.OPENED, payload)]',
        ("gate",),
    ),
    "dicts": (
        """TYPES = ({"event_type": "gate.opened", "payload_fields": ["gate"]},)
LINKS = ({"domain_event": GateOpened, "sse_event": "gate.opened", "payload": payload},)""",
        ("gate",),
    ),
    "by class, with slots, names against members": (
        """TYPES = {Wire.OPENED: NamedType("gate.opened", ("gate",))}
LINKS = {GateOpened: SlottedLink(GateOpened, Wire.OPENED, payload)}""",
        ("gate",),
    ),
    "a dict from the class to the type": ("SSE_EVENTS = {GateOpened: Wire.OPENED}", None),
    "a dict from the type to the class": ('sse_classes = {"gate.opened": GateOpened}', None),
    "dicts by type, of classes with payloads and of fields": (
        """SSE_MAP = {"gate.opened": (GateOpened, payload)}
SSE_FIELDS = {Wire.OPENED: ["gate"]}""",
        ("gate",),
    ),
    "dicts by type and by class, of entries without what the key says": (
        """SSE_TYPES = {"gate.opened": {"category": "gates", "payload_fields": ["gate"]}}
SSE_LINKS = {GateOpened: {"sse_type": "gate.opened", "payload": payload}}""",
        ("gate",),
    ),
    "mappings alone": ("LINKS = [Link(GateOpened, Wire.OPENED, payload)]", None),
    "a type that says nothing of its fields": (
        'TYPES = [WireType("else.where", "x", ["a"])]\nLINKS = [Link(GateOpened, Wire.OPENED, payload)]',
        None,
    ),
}


@pytest.fixture
def module(tmp_path: Any, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """A program with these lists, imported."""
    path = tmp_path / "gates.py"
    path.write_text(SOURCE + request.param + "\n", "utf-8")
    made = ModuleType("gates")
    made.__file__ = str(path)
    sys.modules["gates"] = made
    exec(compile(path.read_text("utf-8"), str(path), "exec"), vars(made))
    yield made
    del sys.modules["gates"]


def checked(module: ModuleType, catalog: Any) -> tuple[SSEDescription | None, list[Finding]]:
    program = make_program("gates", [Target("gates:bus", module.bus)], catalog)
    description = program.catalog()
    (event,) = (event for event in description.events if event.name == "GateOpened")
    found = find(description, collect(program), scan([Path(str(module.__file__))]))
    return event.sse, [finding for finding in found if finding.code.startswith("EV5")]


@pytest.mark.parametrize(("module", "declared"), LISTS.values(), ids=LISTS.keys(), indirect=["module"])
def test_types_and_mappings_are_read_from_lists(module: ModuleType, declared: tuple[str, ...] | None) -> None:
    sse, found = checked(module, module)
    assert sse is not None
    assert (sse.event_type, sse.payload_fields) == ("gate.opened", declared)
    differs = [finding.message for finding in found if finding.code == "EV502"]
    assert differs == ([] if declared is None else ["The payload of gate.opened for GateOpened adds width."])


@pytest.mark.parametrize("module", [LISTS["dataclasses"][0]], indirect=True)
def test_the_lists_may_be_named_one_by_one(module: ModuleType) -> None:
    sse, found = checked(module, [module.TYPES, module.LINKS])
    assert sse is not None
    assert sse.payload_fields == ("gate",)
    assert [finding.code for finding in found] == ["EV502"]


REGISTRY = """
@dataclass(frozen=True)
class Entry:
    event_class: type
    category: str
    workflow: str
    phase: str
    sse_event_type: str = ""

EVENTS = [Entry(GateOpened, "gates", "gate_opening", "succeeded", "gate.opened")]
"""


@pytest.mark.parametrize("module", [REGISTRY], indirect=True)
def test_a_registry_of_events_stays_one_whatever_it_says_of_server_sent_events(module: ModuleType) -> None:
    program = make_program("gates", [Target("gates:bus", module.bus)], module)
    (event,) = program.catalog().events
    assert (event.category, event.workflow) == ("gates", "gate_opening")


@pytest.mark.parametrize(
    "module",
    ["TOPICS = {GateOpened: 'gate.opened'}", "HANDLERS = {'gate.opened': (GateOpened, payload)}"],
    indirect=True,
)
def test_a_dict_that_is_not_called_after_them_says_nothing_of_server_sent_events(module: ModuleType) -> None:
    assert checked(module, module)[0] is None
