"""Handlers that raise: every sort of exception, out of every sort of callable."""

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
    """Look for a seat in an empty deck."""
    deck: dict[int, str] = {}
    deck.pop(event.passengers)  # seen: failed KeyError


@quay.on(e.CabinBooked)
async def book_cabin(event: e.CabinBooked) -> None:
    """Raise an exception of the program's own."""
    raise CabinError(event.passengers)  # seen: failed CabinError


@quay.on(e.HoldFlooded)
async def pump(event: e.HoldFlooded) -> None:
    """Raise what is no ``Exception``."""
    raise Flood("pump 2")  # seen: failed Flood


@quay.on(e.CratesLoaded)
async def load_crates(event: e.CratesLoaded) -> None:
    """Raise several at once."""
    errors = [ValueError(f"crate {number}") for number in range(event.passengers)]
    raise ExceptionGroup("three crates", errors)  # seen: failed ExceptionGroup


@quay.on(e.CratesLost)
async def search_crates(event: e.CratesLost) -> None:
    """Raise several of which one is no ``Exception``."""
    raise BaseExceptionGroup("overboard", [OSError("net"), Flood("hold")])  # seen: failed BaseExceptionGroup


@quay.on(e.CarsBoarded)
async def board_cars(event: e.CarsBoarded) -> None:
    """Let a task of a group fail."""
    async with asyncio.TaskGroup() as group:  # seen: failed ExceptionGroup
        group.create_task(_park(1))
        group.create_task(_park(0))


async def _park(places: int) -> float:
    await asyncio.sleep(0)
    return 1 / places


@quay.on(e.FareChanged)
async def change_fare(event: e.FareChanged) -> None:
    """Raise from another."""
    try:
        int("twelve")
    except ValueError as error:
        raise CabinError("no fare") from error  # seen: failed CabinError


@quay.on(e.FareRefunded)
async def refund(event: e.FareRefunded) -> None:
    """Raise while another is handled."""
    try:
        int("twelve")
    except ValueError:
        {}["account"]  # seen: failed KeyError


@quay.on(e.FareWaived)
async def waive(event: e.FareWaived) -> None:
    """Hide where it comes from."""
    try:
        int("twelve")
    except ValueError:
        raise CabinError("no waiver") from None  # seen: failed CabinError


@quay.on(e.LuggageWeighed)
async def weigh(event: e.LuggageWeighed) -> None:
    """Add notes to it."""
    error = CabinError("too heavy")
    error.add_note("the scales say 40 kg")
    raise error  # seen: failed CabinError


@quay.on(e.LuggageScanned)
async def scan(event: e.LuggageScanned) -> None:
    """Raise one that cannot be read."""
    raise BrokenText("x")  # seen: failed BrokenText


@quay.on(e.RouteAsked)
async def find_route(event: e.RouteAsked) -> None:
    """Go round in circles."""
    _leg(event.passengers)


def _leg(number: int) -> int:
    return _leg(number + 1)  # seen: failed RecursionError by find_route


@quay.on(e.NextAsked)
async def find_next(event: e.NextAsked) -> None:
    """Ask for more than there is: Python makes it a ``RuntimeError``."""
    next(iter(()))  # seen: failed RuntimeError


@quay.on(e.LastAsked)
async def find_last(event: e.LastAsked) -> None:
    """Ask an asynchronous iterator for more than there is."""
    await anext(_nobody())  # seen: failed StopAsyncIteration


async def _nobody() -> AsyncIterator[int]:
    for number in ():
        yield number


@quay.on(e.ShopClosed)
async def close_shop(event: e.ShopClosed) -> None:
    """End like a generator that is closed."""
    raise GeneratorExit  # seen: failed GeneratorExit


@quay.on(e.SeatsCounted)
async def count_seats(event: e.SeatsCounted) -> None:
    """Assert what does not hold."""
    assert event.passengers > 100, "too few"  # seen: failed AssertionError


@quay.on(e.ManifestRead)
async def read_manifest(event: e.ManifestRead) -> None:
    """Fail inside the standard library."""
    json.loads("{passengers}")  # seen: failed JSONDecodeError


@quay.on(e.ManifestPrinted)
async def print_manifest(event: e.ManifestPrinted) -> None:
    """Say more than anybody reads."""
    raise CabinError("x" * 100_000)  # seen: failed CabinError


@quay.on(e.NameRead)
async def read_name(event: e.NameRead) -> None:
    """Read what is no text."""
    b"\xff\xfe".decode("utf-8")  # seen: failed UnicodeDecodeError


@quay.on(e.MenuRead)
async def read_menu(event: e.MenuRead) -> None:
    """Import what is not there."""
    importlib.import_module("ferry.kitchen")  # seen: failed ModuleNotFoundError


@quay.on(e.RuleRead)
async def read_rule(event: e.RuleRead) -> None:
    """Compile what is no Python."""
    compile("passengers =", "<rule>", "exec")  # seen: failed SyntaxError


@quay.on(e.RuleApplied)
async def apply_rule(event: e.RuleApplied) -> None:
    """Run code that stands in no file."""
    exec(compile("\n1 / 0", "<rule>", "exec"))  # seen: failed ZeroDivisionError


@quay.on(e.AnchorRaised)
async def raise_anchor(event: e.AnchorRaised) -> None:
    """Start a program that fails."""
    subprocess.run(["false"], check=True)  # seen: failed CalledProcessError


@quay.on(e.ShareCounted)
async def count_share(event: e.ShareCounted) -> None:
    """Fail in another file."""
    divide(event.passengers, 0)


@quay.on(e.DoorClosed)
async def close_door(event: e.DoorClosed) -> None:
    """Fail once more while cleaning up."""
    try:
        raise CabinError("stuck")
    finally:
        sys.intern(event.passengers)  # seen: failed TypeError


@quay.on(e.GateOpened)
async def open_gate(event: e.GateOpened) -> None:
    """Fail where a context manager is left."""
    with _gate():
        pass


@contextlib.contextmanager
def _gate():
    yield
    raise CabinError("gate")  # seen: failed CabinError by open_gate


@quay.on(e.QueueFormed)
async def serve_queue(event: e.QueueFormed) -> None:
    """Fail in the middle of a generator."""
    async for _ in _guests():
        pass


async def _guests() -> AsyncIterator[int]:
    yield 1
    raise CabinError("rude guest")  # seen: failed CabinError by serve_queue


# What is called is no function of a module.


class Steward:
    """Handlers that are methods, and an object that is a handler itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def serve(self, event: e.MealOrdered) -> None:
        """Fail as a bound method."""
        raise CabinError(self.name)  # seen: failed CabinError

    @staticmethod
    async def clean(event: e.CabinLeft) -> None:
        """Fail as a static method."""
        raise CabinError("keys")  # seen: failed CabinError

    @classmethod
    async def wake(cls, event: e.MorningCame) -> None:
        """Fail as a method of the class."""
        raise CabinError(cls.__name__)  # seen: failed CabinError

    async def __call__(self, event: e.BellRung) -> None:
        """Fail as an object."""
        raise CabinError("bell")  # seen: failed CabinError


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
    """Fail behind a decorator."""
    raise CabinError("no pillow")  # seen: failed CabinError


@quay.on(e.BlanketWanted)
@unnamed
async def bring_blanket(event: e.BlanketWanted) -> None:
    """Fail behind a decorator that hides its name."""
    raise CabinError("no blanket")  # seen: failed CabinError by bring_blanket


@quay.on(e.CoffeeWanted)
def pour(event: e.CoffeeWanted) -> None:
    """Fail as a plain function."""
    operator.truediv(1, 0)  # seen: failed ZeroDivisionError


async def deliver(place: str, event: e.PaperWanted) -> None:
    """Fail as a partial."""
    raise CabinError(place)  # seen: failed CabinError


def brew(strength: int) -> Callable[[e.TeaWanted], Any]:
    """Make a handler."""

    async def brewed(event: e.TeaWanted) -> float:
        return 1 / strength  # seen: failed ZeroDivisionError

    return brewed


# lost: not_called arguments (3.12); seen: failed TypeError (3.11)
async def read_aloud(event: e.StoryWanted, book: str) -> None:
    """Want more than the bus passes."""


steward = Steward("Ann")
quay.subscribe(e.MealOrdered, steward.serve)
quay.subscribe(e.CabinLeft, Steward.clean)
quay.subscribe(e.MorningCame, Steward.wake)
quay.subscribe(e.BellRung, steward)
quay.subscribe(e.PaperWanted, functools.partial(deliver, "deck 3"))
quay.subscribe(e.TeaWanted, brew(0))
quay.subscribe(e.StoryWanted, read_aloud)
quay.subscribe(e.LampBroken, lambda event: {}[event.passengers])  # seen: failed KeyError by lambda
