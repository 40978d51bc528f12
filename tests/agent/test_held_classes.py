"""What events hold: models and attrs classes in their fields, described, filled in and built like the rest."""

from __future__ import annotations

import random
import sys
import types
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import attrs
import pydantic
import pytest

from inspector.agent.reading.catalogs import event_classes
from inspector.agent.reading.events import fields_of
from inspector.catalog.synthetic.synthetic import synthesise
from tests.agent.samples import watch


class Money(pydantic.BaseModel):
    amount: Decimal
    currency: str = "EUR"


class Line(pydantic.BaseModel):
    sku: str
    price: Money


class Node(pydantic.BaseModel):
    name: str
    below: list[Node] = []


@attrs.frozen
class Place:
    town: str


class OrderPlaced(pydantic.BaseModel):
    total: Money
    tip: Money | None
    lines: list[Line]
    by_name: dict[str, Money]
    tree: Node


@attrs.frozen
class ParcelSent:
    place: Place
    stops: tuple[Place, ...]


@dataclass(frozen=True)
class ParcelPaid:
    total: Money
    places: list[Place] = field(default_factory=list)


@pytest.mark.parametrize("cls", [OrderPlaced, ParcelSent, ParcelPaid])
def test_what_a_field_holds_can_be_filled_in_and_built(cls: type[Any]) -> None:
    watched = watch({cls: [print]})
    watched.stop()
    (event,) = watched.catalog.events
    assert not any(shape.type.kind == "opaque" for shape in event.fields)
    assert isinstance(watched.program.build(event.name, synthesise(event, random.Random(3))), cls)


def test_the_fields_of_what_is_held_are_described() -> None:
    shapes = {shape.name: shape.type for shape in fields_of(OrderPlaced)}
    assert [shape.kind for shape in shapes.values()] == ["object", "object", "list", "dict", "object"]
    assert [inner.name for inner in shapes["total"].fields] == ["amount", "currency"]
    assert shapes["tip"].optional
    (line,) = shapes["lines"].args
    assert [(inner.name, inner.type.kind) for inner in line.fields] == [("sku", "str"), ("price", "object")]
    assert shapes["by_name"].args[1].kind == "object"
    (below,) = shapes["tree"].fields[1].type.args
    assert below.kind == "opaque", "a class that holds itself is described once"


def test_what_events_hold_is_no_event_beside_them() -> None:
    source = """
from pydantic import BaseModel
class Money(BaseModel):
    cents: int
class OrderPaid(BaseModel):
    total: Money
class OrderSent(BaseModel):
    tips: list[Money] | None
"""
    module = types.ModuleType("carts.events")
    sys.modules["carts.events"] = module
    try:
        exec(source, vars(module))
        assert [cls.__name__ for cls in event_classes(module)] == ["OrderPaid", "OrderSent"]
    finally:
        del sys.modules["carts.events"]


def linked(count: int) -> list[type[pydantic.BaseModel]]:
    """Models each of which holds all others."""
    names = [f"Model{number}" for number in range(count)]
    made = [
        pydantic.create_model(name, **{other.lower(): (f"{other} | None", None) for other in names if other != name})
        for name in names
    ]
    for model in made:
        model.model_rebuild(_types_namespace={each.__name__: each for each in made})
    return made


def depth(fields: Any) -> int:
    shapes = [shape for field in fields for shape in (field.type, *field.type.args)]
    return 1 + max((depth(shape.fields) for shape in shapes if shape.fields), default=0)


def test_models_that_link_each_other_are_described_three_deep() -> None:
    assert [depth(fields_of(linked(count)[0])) for count in (2, 3, 4, 7)] == [2, 3, 4, 4]
