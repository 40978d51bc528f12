"""Handlers of ``inspector.core``'s bus, which lets nothing out."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from ferry import events as e
from ferry.errors import CabinError

from .buses import office

pool = ThreadPoolExecutor(1)


async def file_claim(event: e.ClaimFiled) -> None:
    """Need a database session that nobody gave."""
    if office.get_session() is None:
        raise CabinError("no session")  # seen: failed CabinError


async def stamp(event: e.ClaimFiled) -> None:
    """Go well beside it."""


async def lay_off(event: e.ClerkLeft) -> None:
    """Leave the program."""
    raise SystemExit(3)  # seen: failed SystemExit


async def interrupt(event: e.ClerkInterrupted) -> None:
    """Interrupt the program."""
    raise KeyboardInterrupt  # seen: failed KeyboardInterrupt


async def wait_in_line(event: e.LineFormed) -> None:
    """Take longer than the bus allows."""
    await asyncio.sleep(60)  # seen: timed_out TimeoutError


async def ask_twice(event: e.QuestionAsked) -> None:
    """Ask, and be asked: there is no end."""
    await office.publish(e.QuestionReturned(correlation_id=event.correlation_id))


async def ask_back(event: e.QuestionReturned) -> None:
    """Ask back."""
    await office.publish(e.QuestionAsked(correlation_id=event.correlation_id))


async def open_counter(event: e.CounterOpened) -> None:
    """Publish what fails: the bus keeps it from its publisher."""
    await office.publish(e.CounterManned(correlation_id=event.correlation_id))


async def man_counter(event: e.CounterManned) -> None:
    """Fail, one deeper."""
    raise CabinError("no clerk")  # seen: failed CabinError


async def phone(event: e.PhoneRang) -> None:
    """Publish from a thread that knows nothing of who started it."""
    await asyncio.get_running_loop().run_in_executor(pool, _answer, event)


def _answer(event: e.PhoneRang) -> None:
    asyncio.run(office.publish(e.PhoneAnswered(correlation_id=event.correlation_id)))


async def note_down(event: e.PhoneAnswered) -> None:
    """Fail in that thread."""
    raise CabinError("no pen")  # seen: failed CabinError


async def write_name(event: e.NameWritten) -> None:
    """Change the event that the others get, too."""
    event.names.clear()


async def read_names(event: e.NameWritten) -> None:
    """Miss what was there."""
    event.names[0]  # seen: failed IndexError


async def list_passengers(event: e.ListMade):  # seen: failed TypeError
    """Be an asynchronous generator: nobody runs it."""
    yield event


async def pay(event: e.DayOpened) -> None:
    """Try to pay, and forget about it."""
    await office.publish(e.PaymentAttempted(correlation_id=event.correlation_id))


async def pay_twice(event: e.DayClosed) -> None:
    """Pay, and say that it went well and that it did not."""
    await office.publish(e.PaymentAttempted(correlation_id=event.correlation_id))
    await office.publish(e.PaymentSucceeded(correlation_id=event.correlation_id))
    await office.publish(e.PaymentFailed(correlation_id=event.correlation_id))


async def keep_books(event: e.Event) -> None:
    """Write it down."""


async def send_letter(event: e.LetterSent) -> None:
    """Publish what nobody handles."""
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
):
    office.subscribe(event_type, handler)
