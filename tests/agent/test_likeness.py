"""Two objects are one event where their fields say the same, also when it went through JSON on the way."""

from __future__ import annotations

import enum
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from inspector.agent.tap.likeness import changes, is_alike, kept_fields


class Kind(enum.Enum):
    NEW = "new"


@dataclass(frozen=True)
class Line:
    article: str
    number: int = 1


@dataclass(frozen=True)
class Sold:
    price: Decimal
    sold_at: datetime
    kind: Kind = Kind.NEW
    lines: tuple[Line, ...] = (Line("tea"),)


@dataclass(frozen=True)
class Numbered:
    text: str
    event_id: uuid.UUID = field(default_factory=uuid.uuid4)


class Slotted:
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


SOLD = Sold(Decimal("9.90"), datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
SENT = {
    "price": "9.90",
    "sold_at": "2026-03-01T12:30:00+00:00",
    "kind": "new",
    "lines": [{"article": "tea", "number": 1}],
}
ONE = Numbered("a")


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        (SOLD, SENT, True),
        (SOLD, json.dumps(SENT), True),
        (SOLD, json.dumps(SENT).encode(), True),
        (SOLD, {"topic": "sold", "body": json.dumps(SENT)}, True),
        (SOLD, {"event": SENT}, True),
        (SOLD, SENT | {"price": "9.91"}, False),
        (SOLD, {"price": "9.90"}, False),
        (SOLD, "{not json", False),
        (SOLD, None, False),
        (ONE, Numbered("b", ONE.event_id), True),
        (ONE, Numbered("a"), False),
        (ONE, {"event_id": str(ONE.event_id)}, True),
        (Slotted("a"), Slotted("a"), True),  # nothing can be told apart
        (3, 3, True),
        (3, "3", False),
    ],
)
def test_what_says_the_same_is_one_event(first: Any, second: Any, alike: bool) -> None:
    assert is_alike(first, second) is alike


def test_fields_that_came_back_as_another_type_are_named() -> None:
    assert changes(SOLD, SENT) == (
        "price came back as str, not Decimal",
        "sold_at came back as str, not datetime",
        "kind came back as str, not Kind",
        "lines came back as list, not tuple",
    )
    assert changes(SOLD, SOLD) == ()


def test_what_an_event_is_recognised_by_stays_when_it_is_gone() -> None:
    assert is_alike(kept_fields(SOLD), SENT)
    assert kept_fields("text") == "text"
