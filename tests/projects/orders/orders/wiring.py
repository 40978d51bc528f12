"""Who handles what."""

from __future__ import annotations

import functools

from orders.bus import MessageBus
from orders.messages import (
    Allocate,
    Allocated,
    Discontinue,
    Event,
    OutOfStock,
    PriceChanged,
)

STOCK = {"chair": 2, "table": 1}
JOURNAL: list[str] = []


def allocate(command: Allocate) -> str:
    """Take it out of the stock."""
    if STOCK.get(command.sku, 0) < command.quantity:
        bus.handle(OutOfStock(command.sku))
        raise LookupError(f"not enough {command.sku}")
    STOCK[command.sku] -= command.quantity
    bus.handle(Allocated(command.order, command.sku, command.quantity))
    return f"batch for {command.order}"


def discontinue(command: Discontinue) -> None:
    """Throw the rest away."""
    STOCK.pop(command.sku)


def notify(event: Event, *, channel: str) -> None:
    """Tell somebody."""
    JOURNAL.append(f"{channel}:{type(event).__name__}")


def count_units(event: Allocated) -> None:
    """Fails for a quantity of nothing, and the bus keeps quiet about it."""
    JOURNAL.append(f"share:{10 // event.quantity}")


def remember(prefix: str):  # noqa: ANN201 - written as people write
    """Make a handler that remembers."""

    def handler(event: Event) -> None:
        JOURNAL.append(f"{prefix}:{type(event).__name__}")

    return handler


EVENT_HANDLERS = {
    Event: [remember("all"), remember("log")],
    Allocated: [functools.partial(notify, channel="mail"), functools.partial(notify, channel="sms"), count_units],
    OutOfStock: [lambda event: JOURNAL.append(f"buy:{event.sku}"), functools.partial(notify, channel="mail")],
    PriceChanged: (lambda event: JOURNAL.append(f"price:{event.cents}"),),
}
COMMAND_HANDLERS = {Allocate: allocate, Discontinue: discontinue}

bus = MessageBus(EVENT_HANDLERS, COMMAND_HANDLERS)
