"""Handlers that raise and catch what they expect, or do not raise at all."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import json
import operator
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

from ferry import events as e
from ferry.errors import BrokenText, CabinError, Flood, divide

from .buses import quay


@quay.on(e.TicketSold)
async def book_seat(event: e.TicketSold) -> None:
    """Look for a seat, and expect none."""
    deck: dict[int, str] = {}
    with contextlib.suppress(KeyError):
        deck.pop(event.passengers)


@quay.on(e.CabinBooked)
async def book_cabin(event: e.CabinBooked) -> None:
    """Expect an exception of the program's own."""
    try:
        raise CabinError(event.passengers)
    except CabinError as error:
        assert error.args == (event.passengers,)


@quay.on(e.HoldFlooded)
async def pump(event: e.HoldFlooded) -> None:
    """Expect what is no ``Exception``."""
    try:
        raise Flood("pump 2")
    except Flood:
        return


@quay.on(e.CratesLoaded)
async def load_crates(event: e.CratesLoaded) -> None:
    """Expect several at once."""
    errors = [ValueError(f"crate {number}") for number in range(event.passengers)]
    try:
        raise ExceptionGroup("three crates", errors)
    except* ValueError:
        pass


@quay.on(e.CratesLost)
async def search_crates(event: e.CratesLost) -> None:
    """Expect several of which one is no ``Exception``."""
    try:
        raise BaseExceptionGroup("overboard", [OSError("net"), Flood("hold")])
    except* (OSError, Flood):
        pass


@quay.on(e.CarsBoarded)
async def board_cars(event: e.CarsBoarded) -> None:
    """Let the tasks of a group work."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_park(1))
        group.create_task(_park(2))


async def _park(places: int) -> float:
    await asyncio.sleep(0)
    return 1 / places


@quay.on(e.FareChanged)
async def change_fare(event: e.FareChanged) -> None:
    """Raise from another, and expect it."""
    try:
        try:
            int("twelve")
        except ValueError as error:
            raise CabinError("no fare") from error
    except CabinError:
        return


@quay.on(e.FareRefunded)
async def refund(event: e.FareRefunded) -> None:
    """Raise while another is handled, and expect it."""
    try:
        try:
            int("twelve")
        except ValueError:
            {}["account"]
    except KeyError:
        return


@quay.on(e.FareWaived)
async def waive(event: e.FareWaived) -> int:
    """Try another way."""
    try:
        return int("twelve")
    except ValueError:
        return 12


@quay.on(e.LuggageWeighed)
async def weigh(event: e.LuggageWeighed) -> None:
    """Make an exception, and do not raise it."""
    error = CabinError("too heavy")
    error.add_note("the scales say 40 kg")


@quay.on(e.LuggageScanned)
async def scan(event: e.LuggageScanned) -> None:
    """Expect one that cannot be read."""
    try:
        raise BrokenText("x")
    except BrokenText:
        return


@quay.on(e.RouteAsked)
async def find_route(event: e.RouteAsked) -> None:
    """Go round in circles, and come to an end."""
    _leg(event.passengers)


def _leg(number: int) -> int:
    return number if number > 100 else _leg(number + 1)


@quay.on(e.NextAsked)
async def find_next(event: e.NextAsked) -> None:
    """Ask for more than there is, and expect it."""
    next(iter(()), None)


@quay.on(e.LastAsked)
async def find_last(event: e.LastAsked) -> None:
    """Ask an asynchronous iterator for more than there is, and expect it."""
    await anext(_nobody(), None)


async def _nobody() -> AsyncIterator[int]:
    for number in ():
        yield number


@quay.on(e.ShopClosed)
async def close_shop(event: e.ShopClosed) -> None:
    """Close a generator."""
    guests = _guests()
    await anext(guests)
    await guests.aclose()


@quay.on(e.SeatsCounted)
async def count_seats(event: e.SeatsCounted) -> None:
    """Assert what holds."""
    assert event.passengers, "too few"


@quay.on(e.ManifestRead)
async def read_manifest(event: e.ManifestRead) -> None:
    """Read what is right."""
    json.loads('{"passengers": 3}')


@quay.on(e.ManifestPrinted)
async def print_manifest(event: e.ManifestPrinted) -> str:
    """Say more than anybody reads."""
    return "x" * 100_000


@quay.on(e.NameRead)
async def read_name(event: e.NameRead) -> None:
    """Read what may be no text."""
    b"\xff\xfe".decode("utf-8", "replace")


@quay.on(e.MenuRead)
async def read_menu(event: e.MenuRead) -> None:
    """Import what is there."""
    importlib.import_module("ferry.errors")


@quay.on(e.RuleRead)
async def read_rule(event: e.RuleRead) -> None:
    """Compile what is Python."""
    compile("passengers = 3", "<rule>", "exec")


@quay.on(e.RuleApplied)
async def apply_rule(event: e.RuleApplied) -> None:
    """Run code that stands in no file."""
    exec(compile("\n1 / 1", "<rule>", "exec"))


@quay.on(e.AnchorRaised)
async def raise_anchor(event: e.AnchorRaised) -> None:
    """Start a program that works."""
    subprocess.run(["true"], check=True)


@quay.on(e.ShareCounted)
async def count_share(event: e.ShareCounted) -> None:
    """Count in another file."""
    divide(event.passengers, 1)


@quay.on(e.DoorClosed)
async def close_door(event: e.DoorClosed) -> None:
    """Clean up."""
    try:
        raise CabinError("stuck")
    except CabinError:
        pass
    finally:
        sys.intern("door")


@quay.on(e.GateOpened)
async def open_gate(event: e.GateOpened) -> None:
    """Leave a context manager."""
    with _gate():
        pass


@contextlib.contextmanager
def _gate():
    yield


@quay.on(e.QueueFormed)
async def serve_queue(event: e.QueueFormed) -> None:
    """Go through a generator."""
    async for _ in _guests():
        pass


async def _guests() -> AsyncIterator[int]:
    yield 1
    yield 2


# What is called is no function of a module.


class Steward:
    """Handlers that are methods, and an object that is a handler itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def serve(self, event: e.MealOrdered) -> str:
        """Work as a bound method."""
        return self.name

    @staticmethod
    async def clean(event: e.CabinLeft) -> None:
        """Work as a static method."""

    @classmethod
    async def wake(cls, event: e.MorningCame) -> str:
        """Work as a method of the class."""
        return cls.__name__

    async def __call__(self, event: e.BellRung) -> None:
        """Work as an object."""


def logged(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Wrap a handler, as decorators do."""

    @functools.wraps(handler)
    async def wrapper(event: Any) -> Any:
        return await handler(event)

    return wrapper


def unnamed(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Wrap a handler, and forget its name."""

    async def wrapper(event: Any) -> Any:
        return await handler(event)

    return wrapper


@quay.on(e.PillowWanted)
@logged
async def bring_pillow(event: e.PillowWanted) -> None:
    """Work behind a decorator."""


@quay.on(e.BlanketWanted)
@unnamed
async def bring_blanket(event: e.BlanketWanted) -> None:
    """Work behind a decorator that hides its name."""


@quay.on(e.CoffeeWanted)
def pour(event: e.CoffeeWanted) -> None:
    """Work as a plain function."""
    operator.truediv(1, 1)


async def deliver(place: str, event: e.PaperWanted) -> str:
    """Work as a partial."""
    return place


def brew(strength: int) -> Callable[[e.TeaWanted], Any]:
    """Make a handler."""

    async def brewed(event: e.TeaWanted) -> float:
        return 1 / strength

    return brewed


async def read_aloud(event: e.StoryWanted, book: str = "") -> str:
    """Want no more than the bus passes."""
    return book


steward = Steward("Ann")
quay.subscribe(e.MealOrdered, steward.serve)
quay.subscribe(e.CabinLeft, Steward.clean)
quay.subscribe(e.MorningCame, Steward.wake)
quay.subscribe(e.BellRung, steward)
quay.subscribe(e.PaperWanted, functools.partial(deliver, "deck 3"))
quay.subscribe(e.TeaWanted, brew(1))
quay.subscribe(e.StoryWanted, read_aloud)
quay.subscribe(e.LampBroken, lambda event: {}.get(event.passengers))
