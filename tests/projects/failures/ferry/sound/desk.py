"""Handlers of ``inspector.core``'s bus."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

from ferry import events as e

from .buses import office

pool = ThreadPoolExecutor(1)


async def file_claim(event: e.ClaimFiled) -> None:
    """Do without a database session."""
    if office.get_session() is None:
        return


async def stamp(event: e.ClaimFiled) -> None:
    """Go well beside it."""


async def lay_off(event: e.ClerkLeft) -> None:
    """Stay."""
    with contextlib.suppress(SystemExit):
        raise SystemExit(3)


async def interrupt(event: e.ClerkInterrupted) -> None:
    """Go on."""
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        return


async def wait_in_line(event: e.LineFormed) -> None:
    """Take less time than the bus allows."""
    await asyncio.sleep(0)


async def ask_twice(event: e.QuestionAsked) -> None:
    """Ask, and be asked, and come to an end."""
    if event.passengers > 0:
        again = e.QuestionReturned(correlation_id=event.correlation_id, passengers=event.passengers - 1)
        await office.publish(again)


async def ask_back(event: e.QuestionReturned) -> None:
    """Ask back."""
    if event.passengers > 0:
        again = e.QuestionAsked(correlation_id=event.correlation_id, passengers=event.passengers - 1)
        await office.publish(again)


async def open_counter(event: e.CounterOpened) -> None:
    """Publish what works."""
    await office.publish(e.CounterManned(correlation_id=event.correlation_id))


async def man_counter(event: e.CounterManned) -> None:
    """Work, one deeper."""


async def phone(event: e.PhoneRang) -> None:
    """Publish from a thread that knows who started it."""
    context = contextvars.copy_context()
    await asyncio.get_running_loop().run_in_executor(pool, context.run, _answer, event)


def _answer(event: e.PhoneRang) -> None:
    asyncio.run(office.publish(e.PhoneAnswered(correlation_id=event.correlation_id)))


async def note_down(event: e.PhoneAnswered) -> str:
    """Work in that thread."""
    return threading.current_thread().name


async def write_name(event: e.NameWritten) -> None:
    """Leave the event as it is."""
    event.names.copy().clear()


async def read_names(event: e.NameWritten) -> None:
    """Find what was there."""
    event.names[0]


async def list_passengers(event: e.ListMade) -> e.ListMade:
    """Return."""
    return event


async def pay(event: e.DayOpened) -> None:
    """Pay, at the second try."""
    for outcome in (e.PaymentFailed, e.PaymentSucceeded):
        await office.publish(e.PaymentAttempted(correlation_id=event.correlation_id))
        await office.publish(outcome(correlation_id=event.correlation_id))


async def pay_twice(event: e.DayClosed) -> None:
    """Pay, and say how it went."""
    await office.publish(e.PaymentAttempted(correlation_id=event.correlation_id))
    await office.publish(e.PaymentFailed(correlation_id=event.correlation_id))


async def keep_books(event: e.Event) -> None:
    """Write it down."""


async def send_letter(event: e.LetterSent) -> None:
    """Publish what somebody handles."""
    await office.publish(e.LetterLost(correlation_id=event.correlation_id))


for event_type, handler in (
    (e.ClaimFiled, file_claim),
    (e.ClaimFiled, stamp),
    (e.ClerkLeft, lay_off),
    (e.ClerkInterrupted, interrupt),
    (e.LineFormed, wait_in_line),
    (e.QuestionAsked, ask_twice),
    (e.QuestionReturned, ask_back),
    (e.CounterOpened, open_counter),
    (e.CounterManned, man_counter),
    (e.PhoneRang, phone),
    (e.PhoneAnswered, note_down),
    (e.NameWritten, write_name),
    (e.NameWritten, read_names),
    (e.ListMade, list_passengers),
    (e.DayOpened, pay),
    (e.DayClosed, pay_twice),
    (e.PaymentAttempted, keep_books),
    (e.PaymentSucceeded, keep_books),
    (e.PaymentFailed, keep_books),
    (e.LetterSent, send_letter),
    (e.LetterLost, keep_books),
):
    office.subscribe(event_type, handler)
