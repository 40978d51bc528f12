"""Types and fields as data."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from time import process_time
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, TypedDict, TypeVar, Union
from uuid import UUID

import pytest

from inspector.core import DomainEvent
from inspector.core.description import Choice, FieldShape, TypeShape
from inspector.core.redact.marked import SECRET
from inspector.core.values.build import build, to_plain
from inspector.core.values.shape import describe_fields, describe_type, shown_default

T = TypeVar("T")
UserId = NewType("UserId", UUID)


class Colour(Enum):
    RED = "red"
    ODD = (1, 2)


class Point(NamedTuple):
    x: int
    y: int = 0


class Options(TypedDict, total=False):
    depth: int


@dataclass(frozen=True)
class Line:
    sku: str
    price: Decimal = Decimal("1.50")


@dataclass
class Node:
    children: list[Node]


@dataclass(frozen=True)
class Page(Generic[T]):
    items: list[T]


@dataclass(frozen=True, kw_only=True)
class Shipped(DomainEvent):
    user_id: UUID
    reset_token: str
    token_version: int = 1
    hint: Annotated[str, SECRET] = ""
    lines: list[Line] = field(default_factory=list)
    session_id: Optional[UUID] = None  # noqa: UP045 - how many people write it
    date: date | None = None


def by_name(cls: type) -> dict[str, FieldShape]:
    return {shape.name: shape for shape in describe_fields(cls)}


@pytest.mark.parametrize(
    ("hint", "kind", "text"),
    [
        (str, "str", "str"),
        (UUID, "uuid", "UUID"),
        (datetime, "datetime", "datetime"),
        (UUID | None, "uuid", "UUID | None"),
        (Optional[UUID], "uuid", "UUID | None"),  # noqa: UP045 - how many people write it
        (None | str, "str", "str | None"),
        (Union[int, str, None], "union", "int | str | None"),
        (dict[str, Any], "dict", "dict[str, Any]"),
        (list[Decimal], "list", "list[Decimal]"),
        (tuple[int, ...], "tuple", "tuple[int, ...]"),
        (tuple[int, str], "tuple", "tuple[int, str]"),
        (Literal["a", 2], "literal", "Literal['a', 2]"),
        (Colour, "enum", "Colour"),
        (Line, "object", "Line"),
        (Page[int], "object", "Page[int]"),
        (Point, "object", "Point"),
        (Options, "object", "Options"),
        (UserId, "uuid", "UserId"),
        (Annotated[int, "x"], "int", "int"),
        (Any, "any", "Any"),
        (object, "any", "object"),
        (None, "none", "None"),
        (list, "list", "list"),
        (frozenset[str], "frozenset", "frozenset[str]"),
        (complex, "complex", "complex"),
        (memoryview, "opaque", "memoryview"),
    ],
)
def test_a_type_is_described_as_people_write_it(hint: Any, kind: str, text: str) -> None:
    shape = describe_type(hint)
    assert (shape.kind, shape.text) == (kind, text)
    assert shape.optional == text.endswith("| None")


def test_containers_have_their_elements() -> None:
    assert [each.kind for each in describe_type(dict[int, UUID]).args] == ["int", "uuid"]
    assert [each.kind for each in describe_type(tuple[int, str]).args] == ["int", "str"]
    assert describe_type(tuple[int, ...]).variadic
    assert describe_type(dict).args == (TypeShape("any", "Any"),) * 2


def test_choices_are_names_and_the_json_that_selects_them() -> None:
    assert describe_type(Colour).choices == (Choice("RED", "red"), Choice("ODD", "ODD"))
    assert describe_type(Literal["a", 2, None]).choices == (Choice("a", "a"), Choice("2", 2))
    for choice in describe_type(Colour).choices:
        assert isinstance(build(Colour, choice.value), Colour)


def test_fields_come_as_declared_and_those_of_every_event_last() -> None:
    names = [shape.name for shape in describe_fields(Shipped)]
    own = ["user_id", "reset_token", "token_version", "hint", "lines", "session_id", "date"]
    assert names == [*own, "event_id", "correlation_id", "occurred_at", "tenant_id"]
    assert [shape.name for shape in describe_fields(Shipped) if shape.base] == names[len(own) :]


def test_required_default_and_generated_are_told_apart() -> None:
    shapes = by_name(Shipped)
    assert shapes["user_id"].required
    assert (shapes["token_version"].required, shapes["token_version"].default) == (False, 1)
    assert (shapes["lines"].required, shapes["lines"].generated) == (False, True)
    assert (shapes["event_id"].generated, shapes["tenant_id"].generated) == (True, False)
    assert by_name(Line)["price"].default == "1.50"


def test_secret_is_what_may_hold_text_under_a_secret_name_or_mark() -> None:
    secret = [shape.name for shape in describe_fields(Shipped) if shape.secret]
    assert secret == ["reset_token", "hint"]


class Level(Enum):
    LOW = "low"
    KEY = "sk_live_" + "51HabcDEF" * 4
    LONG = "x" * 50_000


class Hidden:
    """An object that JSON cannot say."""

    def __repr__(self) -> str:
        raise AssertionError("nobody asks for its repr")


HIDDEN = Hidden()


@dataclass
class Heavy:
    """Defaults of every weight; without this text ``dataclass`` would write one of all their reprs."""

    owner: str = "ida"
    api_key: str = "sk_live_" + "51HabcDEF" * 4
    password: str = "correct-horse"
    hint: str = field(default="nothing to see", repr=False)
    note: str = "call 'curl -u ida:hunter2secret https://example.org'"
    page: str = "<p>" + "lorem " * 900_000
    letters: str = "👩‍👩‍👧你" * 5_000
    first_key: str = "sk_live_" + "51HabcDEF" * 2_000
    raw: bytes = b"x" * 10_000
    parts: tuple[str, ...] = ("abc",) * 100_000
    inside: tuple[tuple[str, ...], ...] = (("y" * 3_000,),)
    number: int = 10**9_000
    small: tuple[int, ...] = (1, 2)
    opened: Any = HIDDEN


def test_secret_and_long_defaults_are_withheld_and_the_rest_is_told() -> None:
    shapes = by_name(Heavy)
    withheld = {name: shape.withheld for name, shape in shapes.items() if shape.withheld}
    assert set(shapes) - set(withheld) == {"owner", "small"}
    assert (shapes["owner"].default, shapes["small"].default) == ("ida", [1, 2])
    assert (withheld["number"], withheld["opened"]) == ("an int", "a Hidden")
    assert {name for name, text in withheld.items() if text == "hidden"} == {
        "api_key",
        "password",
        "hint",
        "note",
    }
    assert withheld["page"].startswith("<p>lorem lorem")
    assert withheld["page"].endswith("… (5400003 characters)")
    assert withheld["letters"].startswith("👩‍👩‍👧你")
    assert (withheld["raw"], withheld["parts"], withheld["inside"]) == (
        *("bytes of 10000", "tuple of 100000", "tuple of 1"),
    )
    for shape in shapes.values():
        text = json.dumps(to_plain(shape))
        assert len(text) < 3_000
        assert not any(part in text for part in ("sk_live", "correct-horse", "nothing to see", "hunter2"))


def test_long_defaults_cost_nothing() -> None:
    page = "token=" + "lorem " * 10_000_000
    before = process_time()
    assert shown_default("page", page)[0] is None
    assert shown_default("pages", [page] * 1_000_000)[0] is None
    assert process_time() - before < 5


def test_a_choice_whose_value_is_a_secret_or_long_is_chosen_by_its_name() -> None:
    choices = describe_type(Level).choices
    assert choices == (Choice("LOW", "low"), Choice("KEY", "KEY"), Choice("LONG", "LONG"))
    assert [build(Level, choice.value) for choice in choices] == list(Level)


def test_a_field_named_like_its_type_keeps_the_type() -> None:
    assert by_name(Shipped)["date"].type == TypeShape("date", "date | None", optional=True)


def test_plain_dataclasses_are_described_too_without_base_fields() -> None:
    @dataclass
    class Plain:
        event_id: str
        tenant_id: str = "x"

    assert [(each.name, each.base) for each in describe_fields(Plain)] == [("event_id", False), ("tenant_id", False)]


def test_nested_objects_have_their_fields_and_type_arguments() -> None:
    assert [each.name for each in describe_type(list[Line]).args[0].fields] == ["sku", "price"]
    assert describe_type(Page[Decimal]).fields[0].type.text == "list[Decimal]"
    assert [each.required for each in describe_type(Point).fields] == [True, False]
    assert [each.required for each in describe_type(Options).fields] == [False]


def test_a_class_that_holds_itself_ends() -> None:
    assert describe_type(Node).fields[0].type.args[0].kind == "opaque"


def test_a_shape_travels_as_json() -> None:
    for shape in describe_fields(Shipped):
        assert build(FieldShape, to_plain(shape)) == shape


def test_only_dataclasses_have_fields_to_describe() -> None:
    with pytest.raises(TypeError):
        describe_fields(int)
