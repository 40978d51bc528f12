"""Recorded values as Python make the same values again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Network
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from inspector.app.copies.pythontext import PythonText, python_text
from inspector.core.description import EventDescription
from inspector.core.errors import InspectorError
from inspector.core.values.snapshot import decode, snapshot


class Colour(Enum):
    RED = "r"


@dataclass(frozen=True)
class Money:
    value: Decimal
    currency: str = "EUR"


class Point(NamedTuple):
    x: int
    y: int


class Box:
    class Inner(Enum):
        ONE = 1


class Name(str):
    __slots__ = ()


VALUES: tuple[Any, ...] = (
    *(None, True, -3, 2**70, 1.5, float("inf"), "text", b"\x00raw", ""),
    *([], [1, [2]], (), (1,), (1, 2), set(), {1, 2}, frozenset(), frozenset({"a"}), {}, {"a": 1}, {1: "b", (2,): None}),
    UUID("5f2ed54f-8bb7-516e-90ee-1da2c92d4be9"),
    *(Decimal("1.50"), Decimal("Infinity"), Fraction(1, 3)),
    *(
        datetime(2026, 11, 29, 22, 1, 2, 345, UTC),
        datetime(2026, 1, 2),
        datetime(2026, 1, 2, tzinfo=ZoneInfo("Europe/Paris")),
    ),
    datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Paris"), fold=1),
    datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    *(date(2026, 1, 2), time(3, 4, 5), timedelta(days=-1, seconds=3), timedelta(0), ZoneInfo("Europe/Paris")),
    *(IPv4Address("192.0.2.1"), IPv6Network("2001:db8::/32"), PurePosixPath("/a/b")),
    *(Colour.RED, Box.Inner.ONE, Money(Decimal("9.90")), Point(1, 2), Name("n"), [Money(Decimal(1), "CHF")]),
)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_made_again(value: Any) -> None:
    code = PythonText()
    recorded = decode(snapshot({"field": value}))["field"]
    text = code.value(recorded, "field")
    assert code.missing == []
    scope: dict[str, Any] = {}
    exec("\n".join([*code.imports(), f"value = {text}"]), scope)
    if isinstance(value, datetime):  # of a zone its offset is recorded
        value = recorded
        assert (scope["value"].tzinfo, scope["value"].fold) == (value.tzinfo, value.fold)
    assert scope["value"] == value
    assert type(scope["value"]) is type(value)


def test_classes_of_one_name_are_told_apart() -> None:
    code = PythonText()
    assert code.import_class("shop.a.Money") == "Money"
    assert code.import_class("shop.b.Money") == "Money2"
    assert code.import_class("shop.a.Money") == "Money"
    assert code.imports() == ["from shop.a import Money", "from shop.b import Money as Money2"]


def test_a_long_call_is_broken_into_lines_that_python_reads() -> None:
    event = EventDescription("Placed", "shop.events.Placed", "Placed", "", "", "")
    text = python_text(event, snapshot({"a": "x" * 60, "b": ["y" * 60, {"c": "z" * 60}], "d": ("w" * 120,)}))
    assert "from shop.events import Placed\n" in text
    compile(text, "copied", "exec")
    scope: dict[str, Any] = {"Placed": dict}
    exec(text.replace("from shop.events import Placed\n", ""), scope)
    assert scope["event"] == {"a": "x" * 60, "b": ["y" * 60, {"c": "z" * 60}], "d": ("w" * 120,)}


def test_a_class_that_cannot_be_imported_is_said() -> None:
    for path in ("__main__.Placed", "shop.make.<locals>.Placed"):
        with pytest.raises(InspectorError, match="cannot be imported"):
            PythonText().import_class(path)
