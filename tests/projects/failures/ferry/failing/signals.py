"""Handlers that are subscribed and not called, tried again, or stop those that come after them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ferry import events as e
from ferry.errors import CabinError

from .buses import horn, lights, quay

TRIES = 3


# On the horn: one after another.


@horn.on(e.HornTested)
def blow(event: e.HornTested) -> None:
    """Raise: who comes next is not called."""
    raise CabinError("rusty")  # seen: failed CabinError


@horn.on(e.HornTested)
def echo(event: e.HornTested) -> None:  # lost: not_called earlier_raised
    """Never run."""


@horn.on(e.HornBlown)
def hear(event: e.HornBlown) -> str:
    """Say that it was enough."""
    return "enough"


@horn.on(e.HornBlown)
def hear_too(event: e.HornBlown) -> None:  # lost: not_called stopped_by_handler
    """Never run."""


@horn.on(e.HornFixed)
def fix(event: e.HornFixed) -> None:
    """Leave while its turn lasts: who comes next is passed over."""
    horn.leave(e.HornFixed, fix)


@horn.on(e.HornFixed)
def check_fix(event: e.HornFixed) -> None:  # lost: not_called list_changed
    """Never run."""


def at_night(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Call a handler only at night."""

    @functools.wraps(handler)
    def wrapper(event: Any) -> Any:
        return handler(event) if event.passengers > 100 else None

    return wrapper


@horn.on(e.NightFell)
@at_night
def dim(event: e.NightFell) -> None:  # lost: not_called wrapper (3.12)
    """Never run."""


@horn.on(e.SirenHeard)
# seen: never_awaited (3.12); lost: never_awaited (3.12); seen: failed RuntimeError (3.11)
async def answer(event: e.SirenHeard) -> None:
    """Never run: a horn awaits nothing."""


@horn.on(e.SignalSent)
def send(event: e.SignalSent) -> None:
    """Let what fails deeper through."""
    horn.emit(e.SignalSeen(correlation_id=event.correlation_id))


@horn.on(e.SignalSeen)
def see(event: e.SignalSeen) -> None:
    """Fail, one deeper."""
    raise CabinError("fog")  # seen: failed CabinError; seen: failed CabinError by send


# On the lights, which keep nobody alive.


class Keeper:
    """Somebody who keeps a light."""

    def light(self, event: e.LampLit) -> None:
        """Go well."""

    def relight(self, event: e.LampLit) -> None:  # lost: not_called dead_reference
        """Never run."""


keeper, visitor = Keeper(), Keeper()
lights.watch(e.LampLit, keeper.light)
lights.watch(e.LampLit, visitor.relight)


@quay.on(e.VisitorLeft)
async def see_off(event: e.VisitorLeft) -> None:
    """Show a light, and let one go of whom the lights know."""
    global visitor
    lights.notify(e.LampLit(correlation_id=event.correlation_id))
    visitor = keeper


# In turn, and once more.


@quay.on(e.StepTaken)
async def step(event: e.StepTaken) -> None:
    """Raise: the bus stops there."""
    raise CabinError("slippery")  # seen: failed CabinError


@quay.on(e.StepTaken)
async def follow(event: e.StepTaken) -> None:  # lost: not_called earlier_raised
    """Never run."""


def retried(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Try a handler several times."""

    @functools.wraps(handler)
    async def wrapper(event: Any) -> Any:
        for number in range(TRIES):
            try:
                return await handler(event)
            except CabinError:
                if number == TRIES - 1:
                    raise

    return wrapper


@quay.on(e.MotorStarted)
@retried
async def start_motor(event: e.MotorStarted) -> None:
    """Never work."""
    raise CabinError("cold")  # seen: failed CabinError


tries = iter(range(100))


@quay.on(e.WinchStarted)
@retried
async def start_winch(event: e.WinchStarted) -> None:
    """Work at the third try."""
    if next(tries) % TRIES < TRIES - 1:
        raise CabinError("stuck")


@quay.on(e.SeaMark)
async def steer_clear(event: e.SeaMark) -> None:
    """Handle sea marks, and nothing that is derived from them."""
