"""Events of every make: fields as data, instances from JSON, each class once."""

from __future__ import annotations

import enum
from collections import namedtuple
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict
from uuid import UUID, uuid4

import attrs
import pydantic
import pydantic.v1
import pytest

from inspector.agent.reading.catalogs import event_classes, read_catalog
from inspector.agent.reading.eventbuild import build_event, build_named
from inspector.agent.reading.events import (
    EventType,
    NamedEvent,
    describe_class,
    fields_of,
    make_of,
    subclasses,
    travel_name,
)
from inspector.agent.reading.namedevents import describe_name
from inspector.core.errors import UsageError
from inspector.core.values.dataerror import EventDataError


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Slotted:
    user: UUID
    color: Color = Color.RED
    made: UUID = field(default_factory=uuid4)


class Address(pydantic.BaseModel):
    street: str
    number: int = 1


class Model(pydantic.BaseModel):
    """A model."""

    user: UUID
    address: Address
    color: Color = Color.BLUE
    tags: list[str] = pydantic.Field(default_factory=list)
    password: str | None = None


class Old(pydantic.v1.BaseModel):
    user: UUID
    price: Decimal = Decimal("1.5")
    note: str | None = None


@attrs.define
class Line:
    sku: str
    count: int = 1


@attrs.frozen
class Attrs:
    order: UUID
    lines: list[Line]
    color: Color = Color.RED
    _secret: str = "s"
    made: datetime | None = attrs.field(default=None, init=False)
    keys: list[str] = attrs.field(factory=list)


class Plain:
    """Plain."""

    def __init__(self, user: UUID, amount: Decimal = Decimal("2.50"), *, note: str | None = None, **rest: Any) -> None:
        self.user, self.amount, self.note = user, amount, note


class Tuple(NamedTuple):
    user: UUID
    count: int = 3


class Dict(TypedDict):
    user: UUID
    count: int


@dataclass
class Mixed:
    address: Address
    line: Line
    model: Model | None = None


Bare = namedtuple("Bare", ["a", "b"], defaults=[2])
USER = "12345678-1234-5678-1234-567812345678"


def summary(cls: type[Any]) -> list[tuple[str, str, bool, Any]]:
    return [
        (each.name, each.type.text, each.required, "made" if each.generated else each.default)
        for each in fields_of(cls)
    ]


@pytest.mark.parametrize(
    ("cls", "make", "expected"),
    [
        (
            Slotted,
            "dataclass",
            [("user", "UUID", True, None), ("color", "Color", False, "red"), ("made", "UUID", False, "made")],
        ),
        (
            Model,
            "pydantic",
            [
                ("user", "UUID", True, None),
                ("address", "Address", True, None),
                ("color", "Color", False, "blue"),
                ("tags", "list[str]", False, "made"),
                ("password", "str | None", False, None),
            ],
        ),
        (
            Old,
            "pydantic1",
            [("user", "UUID", True, None), ("price", "Decimal", False, "1.5"), ("note", "str | None", False, None)],
        ),
        (
            Attrs,
            "attrs",
            [
                ("order", "UUID", True, None),
                ("lines", "list[Line]", True, None),
                ("color", "Color", False, "red"),
                ("secret", "str", False, "made"),
                ("keys", "list[str]", False, "made"),
            ],
        ),
        (
            Plain,
            "plain",
            [("user", "UUID", True, None), ("amount", "Decimal", False, "2.50"), ("note", "str | None", False, None)],
        ),
        (Tuple, "namedtuple", [("user", "UUID", True, None), ("count", "int", False, 3)]),
        (Bare, "namedtuple", [("a", "Any", True, None), ("b", "Any", False, 2)]),
        (Dict, "typeddict", [("user", "UUID", True, None), ("count", "int", True, None)]),
    ],
)
def test_fields_are_read_from_every_make(cls: type[Any], make: str, expected: list[Any]) -> None:
    assert make_of(cls) == make
    assert summary(cls) == expected


@pytest.mark.parametrize(
    ("cls", "values", "same"),
    [
        (Slotted, {"user": USER, "color": "blue"}, lambda event: (event.user, event.color) == (UUID(USER), Color.BLUE)),
        (Model, {"user": USER, "address": {"street": "s"}}, lambda event: event.address == Address(street="s")),
        (Old, {"user": USER, "price": "3"}, lambda event: (event.user, event.price) == (UUID(USER), Decimal(3))),
        (
            Attrs,
            {"order": USER, "lines": [{"sku": "a", "count": 2}], "secret": "t"},
            lambda event: event == Attrs(UUID(USER), [Line("a", 2)], secret="t"),
        ),
        (
            Plain,
            {"user": USER, "note": "n"},
            lambda event: (event.user, event.amount, event.note) == (UUID(USER), Decimal("2.50"), "n"),
        ),
        (Tuple, {"user": USER}, lambda event: event == Tuple(UUID(USER), 3)),
        (Bare, {"a": 1}, lambda event: event == (1, 2)),
        (
            Mixed,
            {"address": {"street": "s"}, "line": {"sku": "a"}, "model": {"user": USER, "address": {"street": "t"}}},
            lambda event: event.line == Line("a") and event.model.address.street == "t",
        ),
    ],
)
def test_events_are_built_typed_from_json(cls: type[Any], values: dict[str, Any], same: Any) -> None:
    event = build_event(cls, values)
    assert type(event) is cls
    assert same(event)


@pytest.mark.parametrize(
    ("cls", "values", "where"),
    [
        (Slotted, {}, "user"),
        (Model, {"user": USER, "address": {"street": "s", "number": "x"}}, "address.number"),
        (Old, {"user": "no"}, "user"),
        (Attrs, {"order": USER}, "lines"),
        (Attrs, {"order": USER, "lines": [], "nothing": 1}, "nothing"),
        (Plain, {"user": 5}, "user"),
        (Plain, {}, "user"),
        (Tuple, {"user": USER, "count": "x"}, "count"),
    ],
)
def test_a_wrong_value_is_named(cls: type[Any], values: dict[str, Any], where: str) -> None:
    with pytest.raises(EventDataError) as caught:
        build_event(cls, values)
    assert caught.value.where == where
    assert caught.value.text.startswith(cls.__name__)


def test_secrets_are_marked() -> None:
    assert {each.name for each in fields_of(Model) if each.secret} == {"password"}
    assert {each.name for each in fields_of(Attrs) if each.secret} == {"secret"}


def test_a_description_tells_where_the_class_is_and_what_it_says() -> None:
    described = describe_class(Model)
    assert (described.name, described.doc) == ("Model", "A model.")
    assert described.file == __file__
    assert described.line > 0
    assert describe_class(Slotted).doc == "", "what dataclass writes is no docstring"


def test_a_class_that_left_a_copy_behind_appears_once() -> None:
    """``slots=True`` makes the class anew; the first one stays in __subclasses__."""

    @dataclass
    class Root:
        pass

    @dataclass(slots=True)
    class Leaf(Root):
        a: int = 1

    assert subclasses(Root) == [Leaf]


def test_a_module_is_scanned_for_events_once_each() -> None:
    import types

    module = types.ModuleType("shop.events")
    source = """
from dataclasses import dataclass
class Event: pass
@dataclass(slots=True)
class Placed(Event):
    a: int = 1
@dataclass
class Loose:
    b: int = 1
class NoEvent: pass
class Trouble(Exception): pass
"""
    import sys

    sys.modules["shop.events"] = module
    try:
        exec(source, module.__dict__)
        assert [cls.__name__ for cls in event_classes(module)] == ["Placed", "Loose"]
        assert [cls.__name__ for cls in read_catalog(module).classes] == ["Placed", "Loose"]
    finally:
        del sys.modules["shop.events"]


@pytest.mark.parametrize(("attribute", "expected"), [("event_type", "a.b"), ("name", "a.b"), (None, "Named")])
def test_the_name_an_event_travels_under_is_what_its_class_says(attribute: str | None, expected: str) -> None:
    cls = type("Named", (), {attribute: "a.b"} if attribute else {})
    assert travel_name(cls) == expected


def test_a_named_event_is_a_name_with_a_payload() -> None:
    event = describe_name("order.placed")
    assert [each.name for each in event.fields] == ["payload"]
    assert build_named(event, {"payload": {"a": 1}}) == NamedEvent("order.placed", {"a": 1})
    assert build_named(event, {"a": 1}) == NamedEvent("order.placed", {"a": 1})
    with pytest.raises(UsageError):
        build_named(event, {"payload": 3})


def test_the_fields_of_a_named_event_are_what_its_handlers_ask_for() -> None:
    def by_keyword(order: int, note: str = "x") -> None: ...

    def by_payload(payload: Dict) -> None: ...

    def by_anything(event: dict[str, Any]) -> None: ...

    def names(event: EventType) -> list[tuple[str, bool]]:
        return [(each.name, each.required) for each in event.fields]

    assert names(describe_name("a", [by_keyword])) == [("order", True), ("note", False)]
    assert names(describe_name("a", [by_payload])) == [("user", True), ("count", True)]
    assert names(describe_name("a", [by_anything])) == [("payload", False)]
