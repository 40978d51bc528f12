"""Every handler loses something. Its kind stands at the line that the inspector names."""

from __future__ import annotations

import asyncio
import logging

from till import events as e
from till.bus import Bus

log = logging.getLogger(__name__)
bus = Bus()
running: set[asyncio.Task[None]] = set()


async def print_receipt(event: e.ReceiptPrinted) -> None:
    """Hide that there is no paper."""
    try:
        raise OSError("no paper")
    except Exception:  # swallowed
        pass


async def open_drawer(event: e.DrawerOpened) -> None:
    """Give up."""
    raise asyncio.CancelledError("jammed")  # cancelled


async def decline_card(event: e.CardDeclined) -> Exception:  # returned_failure
    """Give back what nobody looks at."""
    return ValueError("no cover")


async def count_stock(event: e.StockCounted) -> None:  # logged
    """Log, and go on."""
    log.error("stock is negative")


async def _work(text: str = "") -> None:
    await asyncio.sleep(0.01)
    if text:
        raise OSError(text)  # late: raised


async def send_mail(event: e.MailWanted) -> None:
    """Start what nobody waits for."""
    running.add(asyncio.create_task(_work()))  # late: running


async def back_up(event: e.BackupWanted) -> None:
    """Start what fails when nobody looks."""
    task = asyncio.create_task(_work("disk full"))
    await asyncio.wait([task])


async def print_label(event: e.LabelPrinted) -> None:
    """Announce to a handler that has to be awaited."""
    bus.announce(e.LabelStuck(correlation_id=event.correlation_id))


async def unstick(event: e.LabelStuck) -> None:  # never_awaited
    """Never run."""


async def report(event: e.ReportWanted) -> None:  # still_running
    """Take longer than the bus waits."""
    await asyncio.sleep(0.1)


async def count_cash(event: e.CashCounted) -> None:
    """Leave while its turn lasts: who comes next is passed over."""
    bus.unsubscribe(e.CashCounted, count_cash)


async def recount(event: e.CashCounted) -> None:  # not_called
    """Never run."""


async def open_day(event: e.DayOpened) -> None:
    """Try to pay, and forget about it."""
    await bus.publish(e.PaymentAttempted(correlation_id=event.correlation_id))


async def close_day(event: e.DayClosed) -> None:
    """Pay, and say that it went well and that it did not."""
    await bus.publish(e.PaymentAttempted(correlation_id=event.correlation_id))
    await bus.publish(e.PaymentSucceeded(correlation_id=event.correlation_id))
    await bus.publish(e.PaymentFailed(correlation_id=event.correlation_id))


async def book(event: e.Event) -> None:
    """Lose nothing."""


bus.subscribe(e.ReceiptPrinted, print_receipt)
bus.subscribe(e.DrawerOpened, open_drawer)
bus.subscribe(e.CardDeclined, decline_card)
bus.subscribe(e.StockCounted, count_stock)
bus.subscribe(e.MailWanted, send_mail)
bus.subscribe(e.BackupWanted, back_up)
bus.subscribe(e.LabelPrinted, print_label)
bus.subscribe(e.LabelStuck, unstick)
bus.subscribe(e.ReportWanted, report)
bus.subscribe(e.CashCounted, count_cash)
bus.subscribe(e.CashCounted, recount)
bus.subscribe(e.DayOpened, open_day)
bus.subscribe(e.DayClosed, close_day)
for payment in (e.PaymentAttempted, e.PaymentSucceeded, e.PaymentFailed):
    bus.subscribe(payment, book)
