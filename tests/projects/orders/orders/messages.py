"""Commands and events."""

from __future__ import annotations

from typing import NamedTuple


class Event:
    """Something that happened."""


class Command:
    """Something that is asked for."""


class Allocated(Event):
    """An order line got a batch."""

    def __init__(self, order: str, sku: str, quantity: int = 1) -> None:
        self.order = order
        self.sku = sku
        self.quantity = quantity


class OutOfStock(Event):
    """There is nothing left of an article."""

    def __init__(self, sku: str) -> None:
        self.sku = sku


class PriceChanged(NamedTuple):
    """A price changed; not below Event, and handled by its own class."""

    sku: str
    cents: int = 0


class Allocate(Command):
    """Find a batch for an order line."""

    def __init__(self, order: str, sku: str, quantity: int) -> None:
        self.order = order
        self.sku = sku
        self.quantity = quantity


class Discontinue(Command):
    """Never sell an article again."""

    def __init__(self, sku: str) -> None:
        self.sku = sku
