"""The events, and the registry by which they are found again on the other side."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

#: Event classes by the name under which they travel.
EVENT_TYPES: dict[str, type] = {}


def travels_as(name: str):  # noqa: ANN201 - written as people write
    """Enter a class under a name."""

    def enter(cls: type) -> type:
        EVENT_TYPES[name] = cls
        cls.wire_name = name
        return cls

    return enter


class TaskEvent:
    """Base: knows how to become a dict."""

    wire_name = ""

    def to_dict(self) -> dict:
        """Give the event as JSON types."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, data: dict) -> "TaskEvent":
        """Give the event back."""
        return cls(**data)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None


@travels_as("invoice.created")
class InvoiceCreated(TaskEvent):
    """An invoice was written."""

    def __init__(self, number: int, customer: str) -> None:
        self.number = number
        self.customer = customer


@travels_as("invoice.paid")
class InvoicePaid(TaskEvent):
    """The money came; its amount loses its type on the way."""

    def __init__(self, number: int, amount: Decimal) -> None:
        self.number = number
        self.amount = amount

    def to_dict(self) -> dict:
        """Give the event as JSON types."""
        return {"number": self.number, "amount": float(self.amount)}


@travels_as("reminder.due")
class ReminderDue(TaskEvent):
    """It is time to ask again; a time of its own and its way there and back."""

    def __init__(self, number: int, due: datetime) -> None:
        self.number = number
        self.due = due

    def to_dict(self) -> dict:
        """Give the event as JSON types."""
        return {"number": self.number, "due": self.due.astimezone(timezone.utc).isoformat()}

    @classmethod
    def from_dict(cls, data: dict) -> "ReminderDue":
        """Give the event back."""
        return cls(data["number"], datetime.fromisoformat(data["due"]))


@travels_as("invoice.lost")
class InvoiceLost(TaskEvent):
    """Cannot be written as JSON at all."""

    def __init__(self, number: int, seen: datetime) -> None:
        self.number = number
        self.seen = seen
