from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from inspector.catalog.replay import FieldMapping, Replay, replay_of
from inspector.core.description import FieldShape, TypeShape
from inspector.core.errors import UsageError
from inspector.core.values.snapshot import snapshot
from tests.catalog.samples import (
    BYTES,
    DECIMAL,
    INT,
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
    replay = replay_of(EVENT, snapshot(RECORDED))
    assert not replay.changed
    assert replay.lost == ()
    assert replay.values == {
        "user_id": str(ID),
        "amount": "12.50",
        "level": "HIGH",
        "length": "PT90S",
        "raw": "aGk=",
        "points": [{"x": 1, "y": 2}],
        "token": "plain",
    }
    assert problems(EVENT.fields, dict(replay.values)) == {}


def test_the_identity_is_left_out_and_fields_that_are_gone_are_told() -> None:
    replay = replay_of(EVENT, snapshot({**RECORDED, "event_id": ID, "tenant_id": "acme", "former": 1}))
    assert "event_id" not in {*replay.values, *replay.removed}
    assert replay.values["tenant_id"] == "acme"
    assert replay.removed == {"former": 1}
    assert replay.changes == "former removed"
    assert replay.lost == ()


def test_what_an_event_computes_itself_is_no_field_that_is_gone() -> None:
    payload = snapshot({**RECORDED, "computed": 1})
    assert not replay_of(EVENT, payload, {shape.name for shape in EVENT.fields}).changed
    assert replay_of(EVENT, payload, {*RECORDED, "computed"}).removed == {"computed": 1}


def test_what_was_cut_or_redacted_is_named() -> None:
    small = {name: value for name, value in RECORDED.items() if name != "raw"}
    payload = snapshot({**small, "token": "<redacted:secret#12ab>", "raw": b"x" * 5_000_000})
    replay = replay_of(EVENT, payload)
    assert set(replay.lost) == {"raw", "token"}
    assert not {"raw", "token"} & replay.values.keys()
    assert not replay.changed


def test_what_is_no_payload_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"payload|snapshot|JSON|json"):
        replay_of(EVENT, "{")
    assert replay_of(EVENT, "[1]") == Replay(EVENT, {})


AGE = {"amount", "user_id", "note"}


def changed() -> Replay:
    """An event that had a note, whose user was a text, and that had no count."""
    event = event_of(
        "Asked",
        FieldShape("user_id", UUID_SHAPE, True),
        FieldShape("amount", DECIMAL, True),
        FieldShape("remark", STR, True),
        FieldShape("token", STR, False, default="x"),
    )
    return replay_of(event, snapshot({"user_id": "ada", "amount": Decimal(3), "note": "hello"}), AGE)


def test_fields_that_were_added_removed_and_retyped_are_told_apart() -> None:
    replay = changed()
    assert replay.removed == {"note": "hello"}
    assert [shape.name for shape in replay.added] == ["remark", "token"]
    assert list(replay.unfit) == ["user_id"]
    assert "UUID" in replay.unfit["user_id"]
    assert replay.changes == "note removed, remark added, token added, user_id retyped"


def test_a_mapping_says_where_each_value_goes() -> None:
    replay = changed()
    mapping = FieldMapping({"remark": "note"}, {"user_id": str(ID)}, frozenset({"note", "remark", "token", "user_id"}))
    assert mapping.covers(replay)
    assert replay.mapped(mapping) == {"amount": "3", "remark": "hello", "user_id": str(ID)}
    assert not FieldMapping(decided=frozenset({"note"})).covers(replay)
    assert replay.mapped(FieldMapping()) == {"amount": "3"}
    with pytest.raises(UsageError, match="user_id"):
        replay.mapped(FieldMapping({"user_id": "note"}))


@pytest.mark.parametrize(
    ("shape", "asked", "written", "other", "carried"),
    [
        (STR, 1, "1", 3, "3"),  # as it was recorded, in the new type: each its own
        (INT, "12", 12, "7", 7),
        (DECIMAL, "1.50", "1.50", "1.50", "1.50"),  # the same value
        (INT, "many", 5, "many", 5),
        (INT, "many", 5, "few", None),  # what is written for one is not for the other
        (INT, "12", 5, "7", None),
        (INT, "12", 12, "few", None),
        (INT, "many", 5, 7, "kept"),  # this one still fits
    ],
)
def test_a_value_written_for_one_recording_is_not_for_another(
    shape: TypeShape, asked: Any, written: Any, other: Any, carried: Any
) -> None:
    event = event_of("Asked", FieldShape("size", shape, True))
    one, another = (replay_of(event, snapshot({"size": value}), {"size"}) for value in (asked, other))
    mapping = FieldMapping({}, {"size": written}, frozenset({"size"})).carried(one, another)
    if carried is None:
        assert mapping is None
    else:
        assert mapping is not None
        assert another.mapped(mapping) == {"size": other if carried == "kept" else carried}


def test_what_is_new_gets_the_same_in_all_recordings_and_what_was_renamed_its_own() -> None:
    event = event_of("Asked", FieldShape("remark", STR, True), FieldShape("rank", INT, True))
    one, another = (replay_of(event, snapshot({"note": value}), {"note"}) for value in ("a", "b"))
    decided = FieldMapping({"remark": "note"}, {"rank": 4}, frozenset({"note", "remark", "rank"}))
    mapping = decided.carried(one, another)
    assert mapping is not None
    assert another.mapped(mapping) == {"remark": "b", "rank": 4}
    assert FieldMapping().carried(one, another) is None, "something else has changed in it"


def test_a_value_that_still_fits_another_type_is_no_change() -> None:
    event = event_of("Asked", FieldShape("amount", STR, False))
    assert not replay_of(event, snapshot({"amount": "3"}), {"amount"}).changed


def test_a_removed_field_that_was_hidden_is_told_as_lost_too() -> None:
    replay = replay_of(event_of("Asked"), snapshot({"token": "<redacted:secret#12ab>"}), {"token"})
    assert (replay.removed, replay.lost) == ({"token": None}, ("token",))
