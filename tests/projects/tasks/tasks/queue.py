"""The queue: publish writes JSON, a worker reads it and calls the handlers of its name."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from tasks.events import (
    EVENT_TYPES,
    InvoiceCreated,
    InvoicePaid,
    ReminderDue,
    TaskEvent,
)

HANDLERS: dict[str, list[Callable[[Any], Any]]] = {}
WAITING: deque[str] = deque()
BOOKS: list[str] = []
FAILED: list[str] = []


def on(name: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Subscribe a function to a name."""

    def enter(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
        HANDLERS.setdefault(name, []).append(handler)
        return handler

    return enter


def publish(event: TaskEvent) -> int:
    """Put an event into the queue; gives how many are waiting."""
    WAITING.append(json.dumps({"name": event.wire_name, "data": event.to_dict()}))
    return len(WAITING)


def deliver(text: str) -> None:
    """Take what was written apart and call the handlers; one that fails does not stop the others."""
    message = json.loads(text)
    event = EVENT_TYPES[message["name"]].from_dict(message["data"])
    for handler in HANDLERS.get(message["name"], []):
        try:
            handler(event)
        except Exception as error:
            FAILED.append(f"{message['name']}: {type(error).__name__}")


def work() -> int:
    """Deliver what is waiting now; gives how many it were."""
    count = len(WAITING)
    for _ in range(count):
        deliver(WAITING.popleft())
    return count


@on("invoice.created")
def write_down(event: InvoiceCreated) -> None:
    """Enter the invoice into the books."""
    BOOKS.append(f"invoice {event.number} {event.customer}")


@on("invoice.created")
def pay_small_ones(event: InvoiceCreated) -> None:
    """Small numbers are paid at once."""
    if event.number < 10:
        publish(InvoicePaid(event.number, 5))


@on("invoice.paid")
def book(event: InvoicePaid) -> None:
    """Enter the money."""
    BOOKS.append(f"paid {event.number} {event.amount}")


@on("reminder.due")
def remind(event: ReminderDue) -> None:
    """Fails for invoices of the future."""
    if event.number > 100:
        raise LookupError(f"there is no invoice {event.number}")
    BOOKS.append(f"remind {event.number} {event.due:%Y}")
