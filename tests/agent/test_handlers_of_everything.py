"""Buses whose handlers get every event: what there is to fire is what the handlers tell of."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import pytest

from inspector.agent.reading.catalogs import event_classes
from inspector.core.records.records import HANDLER_STARTED
from tests.agent import shapes
from tests.agent.samples import watch


@dataclass(frozen=True)
class BaseChange: ...


@dataclass(frozen=True)
class CartOpened(BaseChange):
    cart: str


@dataclass(frozen=True)
class CartPaid(BaseChange):
    cents: int


class Plain: ...


class Bus:
    def __init__(self, *handlers: Callable[[Any], Any]) -> None:
        self._listeners = list(handlers)

    def publish(self, event: Any) -> None:
        for listener in self._listeners:
            listener(event)


def takes_the_base(event: BaseChange) -> None: ...


def takes_one(event: CartPaid) -> None: ...


def asks_through_a_module(event):  # type: ignore[no-untyped-def]
    if isinstance(event, shapes.Happened):
        return 1
    return isinstance(event, (Plain, shapes.Log))


def matches_through_a_module(event):  # type: ignore[no-untyped-def]
    match event:
        case shapes.Happened(text=text):
            return text


@singledispatch
def dispatched(event: Any) -> None: ...


@dispatched.register
def _(event: CartOpened) -> None: ...


dispatched.register(Plain)(print)


def takes_what_is_no_event(event: Plain) -> None: ...


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (takes_the_base, ["CartOpened", "CartPaid"]),
        (takes_one, ["CartPaid"]),
        (asks_through_a_module, ["Happened"]),
        (matches_through_a_module, ["Happened"]),
        (dispatched, ["CartOpened"]),
        (takes_what_is_no_event, []),
    ],
)
async def test_what_a_handler_tells_of_is_an_event(handler: Callable[[Any], Any], told: list[str]) -> None:
    watched = watch(Bus(handler))
    assert [event.name for event in watched.catalog.events] == told
    assert bool(watched.catalog.problems) == (not told)
    for event in watched.catalog.events:
        assert len(event.handlers) == 1
        values = {"cart": "c", "cents": 3, "text": "t", "number": 3}
        given = {field.name: values[field.name] for field in event.fields}
        await watched.program.publish(watched.program.build(event.name, given), None, None)
    watched.stop()
    assert len(watched.rows(HANDLER_STARTED)) == len(told)


EVENTS = """
from dataclasses import dataclass
@dataclass(frozen=True)
class BaseChange: ...
@dataclass(frozen=True)
class CartOpened(BaseChange): ...
"""


def test_a_base_beside_the_events_is_none() -> None:
    module = types.ModuleType("carts.events")
    exec(EVENTS, vars(module))
    assert [cls.__name__ for cls in event_classes(module)] == ["CartOpened"]


LINKED = """
from dataclasses import dataclass
class Alias: ...
Json = Alias()
Json.__args__ = (str, Json)
@dataclass(frozen=True)
class Money: ...
@dataclass(frozen=True)
class OrderPlaced:
    payload: Json
    total: Money
@dataclass(frozen=True)
class OrderPaid:
    previous: "OrderPaid | None" = None
@dataclass(frozen=True)
class RefundFailed: ...
@dataclass(frozen=True)
class RefundRetryScheduled:
    failed: RefundFailed
@dataclass(frozen=True)
class BasePriceChanged: ...
@dataclass(frozen=True)
class BasePriceChangedV2(BasePriceChanged): ...
"""


def test_events_that_hold_themselves_or_each_other_stay_events(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("orders.events")
    monkeypatch.setitem(sys.modules, "orders.events", module)
    exec(LINKED, vars(module))
    assert [cls.__name__ for cls in event_classes(module)] == [
        *("OrderPlaced", "OrderPaid", "RefundFailed", "RefundRetryScheduled", "BasePriceChanged", "BasePriceChangedV2"),
    ]


class Registering:
    @property
    def registry(self) -> Any:
        raise RuntimeError("not ready yet")

    def __call__(self, event: CartPaid) -> None: ...


def test_attributes_of_a_handler_are_not_asked_for() -> None:
    watched = watch(Bus(Registering()))
    assert [event.name for event in watched.catalog.events] == ["CartPaid"]
    watched.stop()
