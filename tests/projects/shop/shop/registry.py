"""Where each event belongs."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from shop import events


class Area(Enum):
    """The parts of the shop."""

    SALES = "sales"
    PAYMENT = "payment"
    LOGISTICS = "logistics"
    RETURNS = "returns"


class Phase(Enum):
    """How far it is."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


class Entry(NamedTuple):
    """One event of the shop."""

    event_class: type
    category: Area
    workflow_name: str
    phase: Phase
    requires_email: bool = False


EVENTS = [
    Entry(events.OrderPlaced, Area.SALES, "order", Phase.STARTED),
    Entry(events.OrderPaid, Area.PAYMENT, "payment", Phase.DONE, requires_email=True),
    Entry(events.PaymentFailed, Area.PAYMENT, "payment", Phase.FAILED, requires_email=True),
    Entry(events.StockRanLow, Area.LOGISTICS, "stock", Phase.STARTED),
    Entry(events.ParcelSent, Area.LOGISTICS, "order", Phase.DONE),
]
