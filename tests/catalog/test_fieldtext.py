import contextlib
import random
from collections.abc import Callable
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.catalog import fieldtext
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.core.description import Choice, FieldShape, TypeShape
from inspector.core.errors import UsageError
from inspector.core.values.build import build, to_plain
from tests.catalog.samples import (
    ALL_SHAPES,
    ANY,
    BOOL,
    BYTES,
    DATETIME,
    DECIMAL,
    FLOAT,
    INT,
    LEVEL,
    MODE,
    NONE,
    OPAQUE,
    POINT,
    STR,
    TIMEDELTA,
    UUID_SHAPE,
    event_of,
    optional,
    sequence,
)

ID = "3f2a9c1e-5b7d-4e43-9c58-0d1f5a3b7e21"
COUNTS = TypeShape("dict", "dict[str, int]", args=(STR, INT))
EITHER = TypeShape("union", "int | str", args=(INT, STR))


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (STR, "", ""),
        (STR, " as it is ", " as it is "),
        (INT, " 12 ", 12),
        (INT, "-1_000", -1000),
        (FLOAT, "12", 12.0),
        (FLOAT, "1e3", 1000.0),
        (FLOAT, "NaN", "NaN"),
        (BOOL, "True", True),
        (BOOL, "no", False),
        (UUID_SHAPE, ID.upper(), ID),
        (UUID_SHAPE, ID.replace("-", ""), ID),
        (DECIMAL, "12.50", "12.50"),
        (DATETIME, "2026-11-20T21:44:07Z", "2026-11-20T21:44:07+00:00"),
        (TIMEDELTA, "90", "PT90S"),
        (BYTES, "aGk=", "aGk="),
        (LEVEL, "HIGH", 9),
        (LEVEL, "high", 9),
        (LEVEL, "9", 9),
        (MODE, "safe", "safe"),
        (optional(UUID_SHAPE), "", None),
        (optional(STR), "  ", None),
        (NONE, "", None),
        (ANY, "plain words", "plain words"),
        (ANY, '{"a": [1]}', {"a": [1]}),
        (EITHER, "12", 12),
        (EITHER, '"12"', "12"),
        (EITHER, "twelve", "twelve"),
        (sequence("list", INT), "[1, 2]", [1, 2]),
        (sequence("tuple", INT, STR), '[1, "a"]', [1, "a"]),
        (COUNTS, '{"a": 1}', {"a": 1}),
        (POINT, '{"x": 1}', {"x": 1}),
    ],
)
def test_what_people_write_is_read(shape: TypeShape, text: str, value: Any) -> None:
    assert fieldtext.parse(shape, text) == value


@pytest.mark.parametrize(
    ("shape", "text", "sentence"),
    [
        (UUID_SHAPE, "nobody", "it must be a UUID, like 3f2a9c1e-…; got 'nobody'"),
        (UUID_SHAPE, "", "it must be a UUID, like 3f2a9c1e-…"),
        (INT, "12x", "it must be a whole number; got '12x'"),
        (INT, "١٢", "it must be a whole number; got '١٢'"),
        (FLOAT, "a lot", "it must be a number; got 'a lot'"),
        (BOOL, "maybe", "it must be true or false; got 'maybe'"),
        (DECIMAL, "12,50", "it must be a decimal number, like 12.50; got '12,50'"),
        (DATETIME, "2026-11-20", "it must be a date and time, like 2026-11-20T21:44:07Z; got '2026-11-20'"),
        (LEVEL, "MIDDLE", "it must be one of LOW, HIGH; got 'MIDDLE'"),
        (optional(INT), "x", "it must be a whole number or empty; got 'x'"),
        (sequence("list", INT), "[1, true]", "it[1] must be a whole number; got 'true'"),
        (
            sequence("list", INT),
            "[1,",
            "it must be a JSON list, like […]; Expecting value at line 1, column 4",
        ),
        (sequence("tuple", INT, STR), "[1]", "it must be a JSON list of 2; got 1"),
        (sequence("list", POINT), '[{"y": 1}]', "it[0].x is missing"),
        (POINT, '{"x": 1, "z": 2}', "it has no field 'z'; it has x, y"),
        (COUNTS, '{"a": "b"}', "it['a'] must be a whole number; got 'b'"),
        (COUNTS, "[]", "it must be a JSON object, like {…}; got '[]'"),
        (sequence("list", FLOAT), "[NaN]", "it must be a JSON list, like […]; NaN is not JSON"),
        (OPAQUE, "x", "it is a Socket, which cannot be entered as text"),
    ],
)
def test_a_wrong_text_is_answered_with_a_sentence(shape: TypeShape, text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        fieldtext.parse(shape, text, "it")
    assert caught.value.text == sentence


def test_a_long_wrong_text_is_cut() -> None:
    with pytest.raises(UsageError) as caught:
        fieldtext.parse(INT, "9x" * 500, "it")
    assert len(caught.value.text) < 120


def test_a_deeply_nested_text_is_an_expected_error() -> None:
    with pytest.raises(UsageError):
        fieldtext.parse(sequence("list", INT), "[" * 100_000, "it")


@pytest.mark.parametrize("shape", ALL_SHAPES, ids=lambda shape: shape.text)
def test_parse_reads_back_what_format_writes(shape: TypeShape) -> None:
    event = event_of("Asked", FieldShape("thing", shape, required=True))
    for seed in range(20):
        value = fieldtext.check(shape, synthesise(event, random.Random(seed))["thing"])
        assert fieldtext.parse(shape, fieldtext.format(shape, value)) == value


@pytest.mark.parametrize("value", [12, "12", "twelve", '"quoted"', "", -3])
def test_a_union_keeps_text_and_number_apart(value: int | str) -> None:
    back = fieldtext.parse(EITHER, fieldtext.format(EITHER, value))
    assert back == value
    assert type(back) is type(value)


def test_an_optional_value_that_is_missing_is_an_empty_text() -> None:
    assert fieldtext.format(optional(INT), None) == ""


class Level(Enum):
    LOW = 1
    HIGH = 9


@given(st.text(max_size=20))
def test_what_is_accepted_builds(text: str) -> None:
    """Whatever is typed: it is refused with a sentence, or an event builds from it."""
    hints = {INT: int, FLOAT: float, BOOL: bool, UUID_SHAPE: UUID, LEVEL: Level, STR: str}
    for shape, hint in hints.items():
        with contextlib.suppress(UsageError):
            build(hint, fieldtext.parse(shape, text))


def outcome(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except ValueError:
        return "refused"
    except UsageError:
        return "refused"


@example("Infinity")
@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8) | st.booleans())
def test_what_is_checked_builds_and_what_is_refused_does_not(value: Any) -> None:
    for shape, hint in {INT: int, FLOAT: float, BOOL: bool, STR: str, EITHER: int | str}.items():
        checked = outcome(lambda shape=shape: fieldtext.check(shape, value))
        assert outcome(lambda hint=hint: to_plain(build(hint, value))) == checked  # infinity has no form in JSON
        if checked != "refused":
            assert to_plain(build(hint, checked)) == checked


def test_an_enum_without_json_value_is_written_by_name() -> None:
    shape = TypeShape("enum", "Shade", choices=(Choice("RED", "RED"), Choice("BLUE", "BLUE")))
    assert fieldtext.format(shape, "BLUE") == "BLUE"
    assert fieldtext.parse(shape, "BLUE") == "BLUE"
