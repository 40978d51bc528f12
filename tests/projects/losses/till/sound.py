"""What ``leaky`` does, without losing anything."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from till import events as e
from till.bus import Bus

log = logging.getLogger(__name__)
bus = Bus(patience=5)


async def print_receipt(event: e.ReceiptPrinted) -> None:
    """Expect that there is no paper."""
    try:
        raise OSError("no paper")
    except OSError:
        log.warning("no paper")
    with contextlib.suppress(KeyError):
        raise KeyError("tray")


async def open_drawer(event: e.DrawerOpened) -> None:
    """Cancel a task of its own."""
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await asyncio.wait([task])


async def decline_card(event: e.CardDeclined) -> str:
    """Give something back."""
    return "declined"


async def count_stock(event: e.StockCounted) -> None:
    """Log what is no error."""
    log.info("stock is low")


async def _work(text: str = "") -> None:
    await asyncio.sleep(0.01)
    if text:
        raise OSError(text)


async def send_mail(event: e.MailWanted) -> None:
    """Wait for its tasks."""
    async with asyncio.timeout(5):
        await asyncio.gather(_work(), asyncio.create_task(_work()))


async def back_up(event: e.BackupWanted) -> None:
    """Look at what its task raised."""
    task = asyncio.create_task(_work("disk full"))
    await asyncio.wait([task])
    if task.exception() is not None:
        log.info("again tomorrow")


async def print_label(event: e.LabelPrinted) -> None:
    """Announce to a function."""
    bus.announce(e.LabelStuck(correlation_id=event.correlation_id))


def unstick(event: e.LabelStuck) -> None:
    """Run at once."""


async def report(event: e.ReportWanted) -> None:
    """Take less time than the bus waits."""
    await asyncio.sleep(0.1)


async def count_cash(event: e.CashCounted) -> None:
    """Stay."""


async def recount(event: e.CashCounted) -> None:
    """Run when it is its turn."""


async def open_day(event: e.DayOpened) -> None:
    """Pay, at the second try."""
    for outcome in (e.PaymentFailed, e.PaymentSucceeded):
        await bus.publish(e.PaymentAttempted(correlation_id=event.correlation_id))
        await bus.publish(outcome(correlation_id=event.correlation_id))


async def close_day(event: e.DayClosed) -> None:
    """Pay, and say how it went."""
    await bus.publish(e.PaymentAttempted(correlation_id=event.correlation_id))
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
for event_type in (e.CoinRejected, e.PaymentAttempted, e.PaymentSucceeded, e.PaymentFailed):
    bus.subscribe(event_type, book)
