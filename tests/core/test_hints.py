"""Annotations of classes below generics: type variables are what the class fills in."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pydantic
import pytest

from inspector.core.values.hints import Unresolved, field_hints
from inspector.core.values.shape import describe_fields

T = TypeVar("T")
K = TypeVar("K")


@dataclass
class Order:
    number: int = 0


class Holding:
    order: Order
    orders: list[Order]


@dataclass
class Fact(Generic[T]):
    body: T
    several: list[T]
    perhaps: T | None = None


@dataclass
class Keyed(Fact[list[K]], Generic[K]):
    key: K | None = None


@dataclass
class OrderLost(Fact[Order]):
    """Filled in."""


@dataclass
class KeyLost(Keyed[int]):
    """Filled in through another generic."""


@dataclass
class BareLost(Fact):  # type: ignore[type-arg]
    """Not filled in."""


class Pair(pydantic.BaseModel, Generic[T, K]):
    first: T
    by: dict[K, T]


class HalfPair(Pair[int, K], Generic[K]):
    own: K


class PairBroken(HalfPair[str]):
    """Filled in through a class that pydantic makes."""


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (OrderLost, {"body": Order, "several": list[Order], "perhaps": Order | None}),
        (
            KeyLost,
            {"body": list[int], "several": list[list[int]], "perhaps": list[int] | None, "key": int | None},
        ),
        (BareLost, {"body": T, "several": list[T], "perhaps": T | None}),
        (PairBroken, {"first": int, "by": dict[str, int], "own": str}),
        (Pair[bool, bytes], {"first": bool, "by": dict[bytes, bool]}),
    ],
)
def test_type_variables_are_what_a_class_fills_in(cls: type, expected: dict[str, Any]) -> None:
    hints = field_hints(cls)
    assert {name: hints[name] for name in expected} == expected


def test_a_field_of_a_generic_is_described_by_what_stands_there() -> None:
    body, several, _ = describe_fields(OrderLost)
    assert (body.type.kind, body.type.text) == ("object", "Order")
    assert several.type.args[0].kind == "object"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax came with Python 3.12")
def test_the_newer_syntax_says_the_same() -> None:
    names: dict[str, Any] = {"dataclass": dataclass, "Order": Order, "__name__": __name__}
    source = "@dataclass\nclass New[V]:\n    body: V\n@dataclass\nclass Sent(New[Order]): ...\n"
    exec(source, names)
    assert field_hints(names["Sent"])["body"] is Order


def test_annotations_above_mean_what_they_mean_there() -> None:
    class Node:
        parent: Leaf | None

    class Leaf(Node):
        order: Order

    assert field_hints(Leaf) == {"parent": Leaf | None, "order": Order}
    assert isinstance(field_hints(Node)["parent"], Unresolved)
    module_order = Order
    same_name = type("Order", (Holding,), {})
    assert field_hints(same_name) == {"order": module_order, "orders": list[module_order]}
