"""Handlers that are all called."""

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
    """Work."""


@horn.on(e.HornTested)
def echo(event: e.HornTested) -> None:
    """Run."""


@horn.on(e.HornBlown)
def hear(event: e.HornBlown) -> str:
    """Say something."""
    return "not enough"


@horn.on(e.HornBlown)
def hear_too(event: e.HornBlown) -> None:
    """Run."""


@horn.on(e.HornFixed)
def fix(event: e.HornFixed) -> None:
    """Stay."""


@horn.on(e.HornFixed)
def check_fix(event: e.HornFixed) -> None:
    """Run."""


def at_night(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Call a handler at any time."""

    @functools.wraps(handler)
    def wrapper(event: Any) -> Any:
        return handler(event)

    return wrapper


@horn.on(e.NightFell)
@at_night
def dim(event: e.NightFell) -> None:
    """Run."""


@horn.on(e.SirenHeard)
def answer(event: e.SirenHeard) -> None:
    """Run at once."""


@horn.on(e.SignalSent)
def send(event: e.SignalSent) -> None:
    """Emit what works."""
    horn.emit(e.SignalSeen(correlation_id=event.correlation_id))


@horn.on(e.SignalSeen)
def see(event: e.SignalSeen) -> None:
    """Work, one deeper."""


# On the lights, which keep nobody alive.


class Keeper:
    """Somebody who keeps a light."""

    def light(self, event: e.LampLit) -> None:
        """Go well."""

    def relight(self, event: e.LampLit) -> None:
        """Run."""


keeper, visitor = Keeper(), Keeper()
lights.watch(e.LampLit, keeper.light)
lights.watch(e.LampLit, visitor.relight)


@quay.on(e.VisitorLeft)
async def see_off(event: e.VisitorLeft) -> None:
    """Show a light, and keep the one of whom the lights know."""
    lights.notify(e.LampLit(correlation_id=event.correlation_id))


# In turn, and once more.


@quay.on(e.StepTaken)
async def step(event: e.StepTaken) -> None:
    """Work."""


@quay.on(e.StepTaken)
async def follow(event: e.StepTaken) -> None:
    """Run."""


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
    """Work at the first try."""


tries = iter(range(100))


@quay.on(e.WinchStarted)
@retried
async def start_winch(event: e.WinchStarted) -> None:
    """Work at the third try."""
    if next(tries) % TRIES < TRIES - 1:
        raise CabinError("stuck")


@quay.on(e.SeaMark)
async def steer_clear(event: e.SeaMark) -> None:
    """Handle sea marks."""


quay.subscribe(e.BuoySeen, steer_clear)
quay.subscribe(e.CapacitySet, steer_clear)
