from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pytest

from inspector.catalog.replay import values_of
from inspector.core.description import FieldShape
from inspector.core.values.snapshot import snapshot
from tests.catalog.samples import (
    BYTES,
    DECIMAL,
    LEVEL,
    POINT,
    STR,
    TIMEDELTA,
    UUID_SHAPE,
    event_of,
    problems,
    sequence,
)


class Level(Enum):
    LOW = 1
    HIGH = 9


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


EVENT = event_of(
    "Asked",
    FieldShape("user_id", UUID_SHAPE, True),
    FieldShape("amount", DECIMAL, True),
    FieldShape("level", LEVEL, True),
    FieldShape("length", TIMEDELTA, True),
    FieldShape("raw", BYTES, True),
    FieldShape("points", sequence("list", POINT), True),
    FieldShape("token", STR, True, secret=True),
)
ID = UUID("0199a1b2-7c1d-7000-8000-00000000b81c")
RECORDED = {
    "user_id": ID,
    "amount": Decimal("12.50"),
    "level": Level.HIGH,
    "length": timedelta(seconds=90),
    "raw": b"hi",
    "points": [Point(1, 2)],
    "token": "plain",
}


def test_typed_values_come_back_as_the_form_takes_them() -> None:
    values, lost = values_of(EVENT, snapshot(RECORDED))
    assert lost == []
    assert values == {
        "user_id": str(ID),
        "amount": "12.50",
        "level": "HIGH",
        "length": "PT90S",
        "raw": "aGk=",
        "points": [{"x": 1, "y": 2}],
        "token": "plain",
    }
    assert problems(EVENT.fields, values) == {}


def test_the_identity_is_left_out_and_so_are_fields_that_are_gone() -> None:
    values, lost = values_of(EVENT, snapshot({**RECORDED, "event_id": ID, "tenant_id": "acme", "former": 1}))
    assert "event_id" not in values
    assert "former" not in values
    assert values["tenant_id"] == "acme"
    assert lost == []


def test_what_was_cut_or_redacted_is_named() -> None:
    small = {name: value for name, value in RECORDED.items() if name != "raw"}
    payload = snapshot({**small, "token": "<redacted:secret#12ab>", "raw": b"x" * 5_000_000})
    values, lost = values_of(EVENT, payload)
    assert lost == ["raw", "token"]
    assert not {"raw", "token"} & values.keys()


def test_what_is_no_payload_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"payload|snapshot|JSON|json"):
        values_of(EVENT, "{")
    assert values_of(EVENT, "[1]") == ({}, [])
