"""JSON into typed values and back."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, TypedDict, TypeVar, Union
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.values.build import EventDataError, build, to_plain

T = TypeVar("T")
UserId = NewType("UserId", UUID)


class Colour(Enum):
    RED = "red"
    ODD = (1, 2)


class Size(IntEnum):
    S = 1
    L = 2


class Right(Flag):
    READ = 1
    WRITE = 2


class Email(str):
    __slots__ = ()


class Point(NamedTuple):
    x: int
    y: int = 0


class Options(TypedDict, total=False):
    depth: int
    when: date


@dataclass(frozen=True)
class Node:
    name: str
    children: tuple[Node, ...] = ()
    day: date | None = None
    date: date | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    items: list[T]
    total: int = 0


ATOMS = {
    str: st.text(),
    int: st.integers(),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(timedelta(hours=-5)))),
    date: st.dates(),
    time: st.times(),
    timedelta: st.timedeltas(),
    Decimal: st.decimals(allow_nan=False),
    bytes: st.binary(),
    Colour: st.sampled_from(Colour),
    Size: st.sampled_from(Size),
    Right: st.sampled_from([Right.READ, Right.WRITE, Right.READ | Right.WRITE]),
    Literal["a", 2, None, True]: st.sampled_from(["a", 2, None, True]),
    Point: st.builds(Point, st.integers(), st.integers()),
    Email: st.text().map(Email),
    type(None): st.none(),
}


def through_json(hint: Any, value: Any) -> Any:
    return build(hint, json.loads(json.dumps(to_plain(value))))


@given(st.data())
def test_simple_values_come_back_equal_and_of_the_same_type(data: st.DataObject) -> None:
    hint, values = data.draw(st.sampled_from(list(ATOMS.items())))
    value = data.draw(values)
    back = through_json(hint, value)
    assert back == value
    assert type(back) is type(value)


def compound(inner: tuple[Any, Any]) -> Any:
    """From a hint and its values: hints and values of containers of it."""
    hint, values = inner
    few = {"max_size": 3}
    keyed = st.dictionaries(st.integers(), values, **few)
    made = [
        (list[hint], st.lists(values, **few)),
        (tuple[hint, ...], st.lists(values, **few).map(tuple)),
        (tuple[hint, int], st.tuples(values, st.integers())),
        (Optional[hint], st.none() | values),  # noqa: UP045 - both spellings
        (dict[str, hint], st.dictionaries(st.text(), values, **few)),
        (dict[int, hint], keyed),
        (deque[hint], st.lists(values, **few).map(deque)),
        (Sequence[hint], st.lists(values, **few).map(tuple)),
        (Mapping[UUID, hint], st.dictionaries(st.uuids(), values, **few)),
        (Annotated[hint, "note"], values),
        (Page[hint], st.builds(Page, st.lists(values, **few), st.integers())),
    ]
    return st.sampled_from(made)


HINTS = st.recursive(st.sampled_from(list(ATOMS.items())), lambda inner: inner.flatmap(compound), max_leaves=3)


@given(HINTS, st.data())
def test_nested_containers_come_back_equal(hinted: tuple[Any, Any], data: st.DataObject) -> None:
    hint, values = hinted
    value = data.draw(values)
    assert through_json(hint, value) == value


@given(st.frozensets(st.integers() | st.text(), max_size=5))
def test_sets_come_back_and_are_written_in_one_order(value: frozenset[Any]) -> None:
    assert through_json(frozenset[int | str], value) == value
    assert through_json(set[int | str], set(value)) == value
    assert to_plain(set(value)) == to_plain(frozenset(sorted(value, key=repr, reverse=True)))


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int | str, "5"),
        (int | str, 5),
        (str | int, 5),
        (int | float, 1.0),
        (float | int, 1),
        (bool | int, 1),
        (int | bool, True),
        (Union[str, UUID], UUID(int=5)),
        (str | UUID, "text"),
        (str | None | date, date(2026, 1, 1)),
        (date | datetime, datetime(2026, 1, 1, 12)),
        (datetime | date, date(2026, 1, 1)),
        (Decimal | int, 3),
        (Decimal | int, Decimal("3.0")),
        (list[int] | list[str], ["1"]),
        (Point | Node, Node("n")),
        (Colour | str, Colour.RED),
        (timedelta | float, 1.5),
    ],
)
def test_a_union_reads_the_member_whose_writing_it_is(hint: Any, value: Any) -> None:
    back = through_json(hint, value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("hint", "data"),
    [
        (int, True),
        (int, 1.0),
        (int, "1"),
        (bool, 1),
        (bool, "yes"),
        (float, True),
        (float, "1.5"),
        (float, 2**53 + 1),
        (float, 10**400),
        (str, 1),
        (str, None),
        (datetime, 0),
        (datetime, "2026-01-31"),
        (datetime, "soon"),
        (date, "2026-02-30"),
        (time, 5),
        (timedelta, "P"),
        (timedelta, True),
        (timedelta, 1e300),
        (UUID, "x" * 32),
        (UUID, "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}"),
        (UUID, 5),
        (Decimal, 1.5),
        (Decimal, "1_000"),
        (Decimal, " 1"),
        (Decimal, True),
        (bytes, "not base64!"),
        (bytes, "ä"),
        (Colour, "blue"),
        (Colour, 1),
        (Size, True),
        (Literal[1, 2], True),
        (Literal["a"], "b"),
        (list[int], "12"),
        (list[int], {"0": 1}),
        (list[int], [1, None]),
        (tuple[int, str], [1]),
        (dict[str, int], [1]),
        (dict[int, int], {"x": 1}),
        (dict[int, int], {"1": 1, "01": 2}),
        (Node, {}),
        (Node, {"name": "a", "parent": 1}),
        (Node, "a"),
        (Point, {"y": 1}),
        (Options, {"depth": "1"}),
        (Options, {"width": 1}),
        (int | None, "x"),
        (None, 0),
        (complex, 1),
        (set[list[int]], [[1]]),
    ],
)
def test_what_does_not_fit_is_an_error(hint: Any, data: Any) -> None:
    with pytest.raises(EventDataError):
        build(hint, data)


def test_the_error_tells_the_path() -> None:
    with pytest.raises(EventDataError) as caught:
        build(Page[Node], {"items": [{"name": "a", "children": [{"name": 5}]}]}, where="page")
    assert caught.value.where == "page.items[0].children[0].name"
    assert "must be text, not the number 5" in str(caught.value)


def test_an_error_never_uses_the_repr_of_foreign_values() -> None:
    class Trap:
        def __repr__(self) -> str:
            raise AssertionError("repr was called")

    with pytest.raises(EventDataError, match="not a Trap"):
        build(int, Trap())
    with pytest.raises(EventDataError, match="Trap"):
        to_plain([Trap()])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_not_finite_floats_travel_as_text(value: float) -> None:
    text = json.dumps(to_plain(value), allow_nan=False)
    assert repr(build(float, json.loads(text))) == repr(value)


def test_a_naive_datetime_stays_naive() -> None:
    assert through_json(datetime, datetime(2026, 1, 1)).tzinfo is None


def test_z_is_read_as_utc() -> None:
    assert build(datetime, "2026-01-31T09:30:00Z") == datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def test_an_enum_is_read_by_value_or_by_name() -> None:
    assert build(Colour, "red") is build(Colour, "RED") is Colour.RED
    assert to_plain(Colour.ODD) == "ODD"
    assert build(Colour, "ODD") is Colour.ODD


def test_a_field_named_like_its_type_is_still_read_as_that_type() -> None:
    """In ``date: date | None = None`` typing.get_type_hints would read the default None for the type."""
    node = Node("n", date=date(2026, 1, 1))
    assert through_json(Node, node) == node


def test_classes_that_hold_themselves_are_read() -> None:
    tree = Node("a", (Node("b", (Node("c"),)), Node("d")))
    assert through_json(Node, tree) == tree


def test_new_types_typed_dicts_and_named_tuples_are_read() -> None:
    assert build(UserId, str(UUID(int=1))) == UUID(int=1)
    assert build(Options, {"when": "2026-01-01"}) == {"when": date(2026, 1, 1)}
    assert build(Point, [1, 2]) == build(Point, {"x": 1, "y": 2}) == Point(1, 2)


def test_missing_fields_take_defaults_unless_told_otherwise() -> None:
    assert build(Node, {"name": "a"}) == Node("a")
    with pytest.raises(EventDataError, match="children"):
        build(Node, {"name": "a"}, defaults=False)
    assert build(Node, {"name": "a", "new": 1}, unknown=True) == Node("a")


def test_any_is_taken_as_it_is_but_not_shared() -> None:
    data = {"a": [1]}
    built = build(Any, data)
    assert built == data
    assert built["a"] is not data["a"]


def test_fields_made_by_the_class_itself_are_not_asked_for() -> None:
    @dataclass
    class Sum:
        a: int
        double: int = field(init=False)

        def __post_init__(self) -> None:
            self.double = self.a * 2

    assert to_plain(Sum(2)) == {"a": 2}
    assert build(Sum, {"a": 2}) == Sum(2)


def test_an_annotation_that_cannot_be_found_is_told() -> None:
    @dataclass
    class Local:
        thing: Nowhere  # noqa: F821  # type: ignore[name-defined]
        other: int = 0

    with pytest.raises(EventDataError, match="Nowhere"):
        build(Local, {"thing": 1})


def test_dicts_with_keys_of_several_types_come_back() -> None:
    value = {1: "a", "1": "b"}
    assert to_plain(value) == [[1, "a"], ["1", "b"]]
    assert through_json(dict[int | str, str], value) == value


def test_data_nested_without_end_is_an_error_not_a_crash() -> None:
    deep: dict[str, Any] = {"name": "a"}
    for _ in range(100_000):
        deep = {"name": "a", "children": [deep]}
    with pytest.raises(EventDataError, match="too deep"):
        build(Node, deep)
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(EventDataError, match="itself"):
        to_plain(circle)
    while deep:  # without it freeing the nest would recurse
        deep = deep.pop("children", [{}])[0]
