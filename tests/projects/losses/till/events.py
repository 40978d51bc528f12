"""What happens at the till."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple
from uuid import UUID, uuid4


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened."""

    event_id: UUID = field(default_factory=uuid4)
    correlation_id: UUID = field(default_factory=uuid4)
    amount: int = 3


class ReceiptPrinted(Event):
    """Its handler meets an exception."""


class DrawerOpened(Event):
    """Its handler is cancelled."""


class CardDeclined(Event):
    """Its handler returns what went wrong."""


class StockCounted(Event):
    """Its handler logs an error."""


class MailWanted(Event):
    """Its handler starts a task."""


class BackupWanted(Event):
    """Its handler starts a task that fails."""


class LabelPrinted(Event):
    """Its handler announces another event."""


class LabelStuck(Event):
    """Is announced."""


class CoinRejected(Event):  # unheard
    """Somebody should hear it."""


class ReportWanted(Event):
    """Its handler takes longer than the bus waits."""


class CashCounted(Event):
    """Its handlers take turns."""


class DayOpened(Event):
    """Its handler tries to pay."""


class DayClosed(Event):
    """Its handler pays."""


class PaymentAttempted(Event):  # no_outcome
    """A payment begins."""


class PaymentSucceeded(Event):
    """It went well."""


class PaymentFailed(Event):  # two_outcomes
    """It did not."""


class Phase(Enum):
    """How far a workflow is."""

    ATTEMPTED = "attempted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    OPERATIONAL = "operational"


class Entry(NamedTuple):
    """Where an event belongs."""

    event_class: type
    category: str
    workflow_name: str
    phase: Phase


EVENTS = [
    Entry(PaymentAttempted, "till", "payment", Phase.ATTEMPTED),
    Entry(PaymentSucceeded, "till", "payment", Phase.SUCCEEDED),
    Entry(PaymentFailed, "till", "payment", Phase.FAILED),
    *(
        Entry(cls, "till", cls.__name__, Phase.OPERATIONAL)
        for cls in Event.__subclasses__()
        if not cls.__name__.startswith("Payment")
    ),
]
