"""The event base: identity, dictionaries both ways, the table of types."""

from __future__ import annotations

import copy
import json
from dataclasses import FrozenInstanceError, dataclass, field, fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core import (
    DomainEvent,
    EventDataError,
    EventTypeTable,
    InspectorError,
    get_event_class,
    register_event,
)


class Level(Enum):
    LOW = "low"
    HIGH = ("not", "json")


@dataclass(frozen=True)
class Line:
    sku: str
    price: Decimal
    due: date | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class OrderPlaced(DomainEvent):
    user_id: UUID
    lines: list[Line]
    total: Decimal
    level: Level = Level.LOW
    note: str | None = None
    placed: datetime | None = None
    weights: dict[str, float] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    box: tuple[int, ...] = ()


@register_event
@dataclass(frozen=True, kw_only=True)
class OrderClosed(DomainEvent):
    event_type: ClassVar[str] = "order.closed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderReopened(OrderClosed):
    by: str


def order(**changes: Any) -> OrderPlaced:
    values: dict[str, Any] = {"user_id": uuid4(), "lines": [Line("a", Decimal("1.10"))], "total": Decimal("1.10")}
    return OrderPlaced(**(values | changes))


def refusal(data: Any, reader: type[DomainEvent] = DomainEvent) -> EventDataError:
    with pytest.raises(EventDataError) as caught:
        reader.from_dict(data)
    return caught.value


def test_every_event_carries_event_id_correlation_id_occurred_at_and_tenant_id() -> None:
    event = order()
    assert isinstance(event.event_id, UUID)
    assert isinstance(event.correlation_id, UUID)
    assert event.occurred_at.utcoffset() == timedelta(0)
    assert event.tenant_id is None
    assert event.event_id != order().event_id != event.correlation_id


def test_events_are_immutable() -> None:
    with pytest.raises(FrozenInstanceError):
        order().note = "changed"  # type: ignore[misc]


def test_a_mutable_event_class_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="non-frozen"):

        @dataclass(kw_only=True)
        class Mutable(DomainEvent):
            user_id: UUID


def test_kw_only_prevents_positional_arguments() -> None:
    with pytest.raises(TypeError, match="positional"):
        OrderClosed("late")  # type: ignore[misc]


def test_event_type_is_the_class_name_unless_set_and_a_set_one_is_not_inherited() -> None:
    assert OrderPlaced.event_type == "OrderPlaced"
    assert OrderClosed.event_type == "order.closed"
    assert OrderReopened.event_type == "OrderReopened"
    assert "event_type" not in {each.name for each in fields(OrderClosed)}


def test_slots_keep_the_event_type() -> None:
    @dataclass(frozen=True, kw_only=True, slots=True)
    class Slotted(DomainEvent):
        event_type: ClassVar[str] = "slotted.one"
        name: str

    assert Slotted(name="x").to_dict()["event_type"] == "slotted.one"


def test_to_dict_gives_json_types_and_from_dict_an_equal_event() -> None:
    event = order(
        level=Level.HIGH,
        placed=datetime(2026, 1, 31, 9, 30, tzinfo=timezone(timedelta(hours=2))),
        lines=[Line("a", Decimal("1.10"), date(2026, 2, 1)), Line("b", Decimal("0"))],
        weights={"a": 1.5},
        tags=frozenset({"x", "y"}),
        box=(1, 2, 3),
        tenant_id="acme",
    )
    data = json.loads(json.dumps(event.to_dict()))
    back = DomainEvent.from_dict(data)
    assert back == event
    assert type(back) is OrderPlaced
    assert data["event_type"] == "OrderPlaced"
    assert data["user_id"] == str(event.user_id)
    assert [type(each) for each in back.lines] == [Line, Line]
    assert type(back.total) is Decimal
    assert type(back.tags) is frozenset


@given(
    st.builds(
        OrderPlaced,
        event_id=st.uuids(),
        correlation_id=st.uuids(),
        occurred_at=st.datetimes(timezones=st.just(UTC)),
        tenant_id=st.none() | st.text(),
        user_id=st.uuids(),
        lines=st.lists(st.builds(Line, st.text(), st.decimals(allow_nan=False), st.none() | st.dates()), max_size=3),
        total=st.decimals(allow_nan=False),
        level=st.sampled_from(Level),
        note=st.none() | st.text(),
        placed=st.none() | st.datetimes(),
        weights=st.dictionaries(st.text(), st.floats(allow_nan=False), max_size=3),
        tags=st.frozensets(st.text(), max_size=3),
        box=st.lists(st.integers(), max_size=3).map(tuple),
    )
)
def test_any_event_comes_back_equal_through_json(event: OrderPlaced) -> None:
    assert DomainEvent.from_dict(json.loads(json.dumps(event.to_dict()))) == event
    assert OrderPlaced.from_dict(event.to_dict()) == event


def test_from_dict_leaves_the_callers_dict_alone_and_shares_nothing_with_it() -> None:
    data = order(lines=[Line("a", Decimal(1))]).to_dict()
    before = copy.deepcopy(data)
    event = DomainEvent.from_dict(data)
    assert data == before
    data["lines"].clear()
    assert isinstance(event, OrderPlaced)
    assert len(event.lines) == 1


def test_an_unknown_type_is_a_clear_error() -> None:
    error = refusal(order().to_dict() | {"event_type": "OrderLost"})
    assert "'OrderLost'" in str(error)
    assert error.where == "event_type"
    assert isinstance(error, ValueError)
    assert isinstance(error, InspectorError)


@pytest.mark.parametrize("event_type", [None, 5, [], ""])
def test_a_missing_or_wrong_event_type_is_a_clear_error(event_type: Any) -> None:
    assert refusal(order().to_dict() | {"event_type": event_type}).where == "event_type"
    data = order().to_dict()
    del data["event_type"]
    assert refusal(data).where == "event_type"


def test_an_unknown_field_is_named() -> None:
    error = refusal(order().to_dict() | {"colour": "red"})
    assert error.where == "colour"
    assert "OrderPlaced" in str(error)
    assert "user_id" in error.hint


@pytest.mark.parametrize("name", [each.name for each in fields(OrderPlaced)])
def test_every_missing_field_is_named_even_one_with_a_default(name: str) -> None:
    """A lost event_id must not be replaced by a new one unseen."""
    data = order().to_dict()
    del data[name]
    error = refusal(data)
    assert str(error) == f"OrderPlaced: field '{name}' is missing."


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("user_id", "not-a-uuid", "user_id"),
        ("user_id", None, "user_id"),
        ("occurred_at", 0, "occurred_at"),
        ("occurred_at", "2026-01-31", "occurred_at"),
        ("total", 1.5, "total"),
        ("level", "medium", "level"),
        ("note", 5, "note"),
        ("lines", {}, "lines"),
        ("lines", [{"sku": "a", "price": "x"}], "lines[0].price"),
        ("lines", [{"sku": "a"}], "lines[0].price"),
        ("box", [1, True], "box[1]"),
        ("weights", {"a": "1.5"}, "weights['a']"),
    ],
)
def test_a_wrong_value_is_told_with_event_and_place(name: str, value: Any, where: str) -> None:
    error = refusal(order().to_dict() | {name: value})
    assert error.where == where
    assert str(error).startswith(f"OrderPlaced: field '{where}' ")


def test_what_is_no_dict_is_a_clear_error() -> None:
    assert "must be a dict" in str(refusal([]))
    assert "must be a dict" in str(refusal(None, OrderPlaced))


def test_lenient_reading_passes_over_unknown_fields_and_takes_defaults() -> None:
    data = order(note="x").to_dict() | {"colour": "red"}
    del data["note"], data["event_id"]
    event = DomainEvent.from_dict(data, lenient=True)
    assert isinstance(event, OrderPlaced)
    assert event.note is None
    assert isinstance(event.event_id, UUID)
    del data["user_id"]
    with pytest.raises(EventDataError, match="'user_id' is missing"):
        DomainEvent.from_dict(data, lenient=True)


def test_a_concrete_class_reads_its_own_events_only() -> None:
    event = order()
    assert OrderPlaced.from_dict(event.to_dict()) == event
    without = event.to_dict()
    del without["event_type"]
    assert OrderPlaced.from_dict(without) == event
    error = refusal(OrderClosed(reason="late").to_dict(), OrderPlaced)
    assert "'order.closed'" in str(error)
    assert "'OrderPlaced'" in str(error)


def test_a_class_that_is_not_registered_reads_its_own_events() -> None:
    event = OrderReopened(reason="late", by="x")
    assert OrderReopened.from_dict(event.to_dict()) == event
    assert refusal(event.to_dict()).where == "event_type"


def test_a_base_reads_the_registered_events_below_it() -> None:
    class Stock(DomainEvent):
        pass

    @register_event
    @dataclass(frozen=True, kw_only=True)
    class StockCounted(Stock):
        amount: int

    event = StockCounted(amount=3)
    assert Stock.from_dict(event.to_dict()) == event


def test_the_base_event_itself_comes_back() -> None:
    event = DomainEvent()
    assert DomainEvent.from_dict(event.to_dict()) == event


def test_a_constructor_that_refuses_is_an_event_data_error() -> None:
    @register_event
    @dataclass(frozen=True, kw_only=True)
    class Paid(DomainEvent):
        amount: int

        def __post_init__(self) -> None:
            if self.amount < 0:
                raise ValueError("amount is negative")

    error = refusal(Paid(amount=1).to_dict() | {"amount": -1})
    assert "amount is negative" in str(error)
    assert "Paid" in str(error)


def test_a_field_without_json_form_is_an_error_that_names_it() -> None:
    with pytest.raises(EventDataError, match=r"OrderPlaced: field 'note'"):
        order(note=object()).to_dict()


def test_registering_makes_a_class_known_and_the_same_class_again_is_harmless() -> None:
    assert get_event_class("OrderPlaced") is OrderPlaced
    assert get_event_class("order.closed") is OrderClosed
    assert register_event(OrderPlaced) is OrderPlaced
    assert get_event_class("OrderReopened") is None


def test_a_second_class_under_a_name_is_an_error_and_the_first_stays() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Other(DomainEvent):
        event_type: ClassVar[str] = "OrderPlaced"

    with pytest.raises(InspectorError, match="Duplicate event type 'OrderPlaced'"):
        register_event(Other)
    assert get_event_class("OrderPlaced") is OrderPlaced


def test_only_event_classes_can_be_registered() -> None:
    table = EventTypeTable()
    with pytest.raises(InspectorError, match="is not an event class"):
        table.register(Line)  # type: ignore[type-var]

    @dataclass(frozen=True, kw_only=True)
    class Shadowed(DomainEvent):
        event_type: str = "x"  # type: ignore[misc]

    with pytest.raises(InspectorError, match="is a field"):
        table.register(Shadowed)
    assert len(table) == 0


def test_a_table_gives_its_classes_back_and_can_forget_one() -> None:
    table = EventTypeTable()
    table.register(OrderPlaced)
    assert list(table) == [OrderPlaced]
    assert table.discard(OrderPlaced)
    assert not table.discard(OrderPlaced)
    assert table.get("OrderPlaced") is None


def test_the_two_names_of_the_usage_guide_are_enough_for_a_program() -> None:
    import inspector.core

    assert {"DomainEvent", "InMemoryEventBus"} <= set(inspector.core.__all__)
    assert [name for name in inspector.core.__all__ if not hasattr(inspector.core, name)] == []
