"""The bus with recording, beside the textbook bus without: what being watched costs.

The textbook bus gathers its handlers' coroutines (``gather(…, return_exceptions=True)``) and records nothing. Both
publish the same event to the same handlers in turn, in one run; the figure is the ratio of the fastest rounds, in CPU
time of the thread, so that what else the machine does counts for little. Texts are made of what was recorded when it is
drained, on another thread, but under the same interpreter lock: that is a figure of its own, with the publishes.
"""

from __future__ import annotations

import asyncio
import gc
import time
import types
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from benchmarks import Figure, figure
from inspector.agent.reading.loaded import Target, make_program
from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.description import CatalogDescription
from inspector.core.records.recorder import Recorder

ROUNDS = 60
PUBLISHES = 400


@dataclass(frozen=True, kw_only=True)
class Happened(DomainEvent):
    """Something happened; a payload of the usual kind."""

    user_id: UUID
    email: str


async def trivial(_event: Any) -> None:
    """Return at once."""


async def suspending(_event: Any) -> None:
    """Give the loop a turn, as everything does that waits for something."""
    await asyncio.sleep(0)


class TextbookBus:
    """The bus of the books: a list of handlers, and gather."""

    def __init__(self, handlers: list[Callable[[Any], Awaitable[None]]]) -> None:
        self._handlers: dict[type[Any], list[Callable[[Any], Awaitable[None]]]] = {Happened: handlers}

    async def publish(self, event: Any) -> None:
        """Call all handlers and wait for them."""
        handlers = self._handlers.get(type(event), [])
        await asyncio.gather(*(handler(event) for handler in handlers), return_exceptions=True)


async def _ratio(handler: Callable[[Any], Awaitable[None]], count: int) -> float:
    return (await _ratios(handler, count))[0]


async def _ratios(handler: Callable[[Any], Awaitable[None]], count: int) -> tuple[float, float]:
    """Return what recorded publishes cost in terms of unrecorded ones of the textbook bus; and with the draining."""
    bus, recorder = InMemoryEventBus(), Recorder()
    recorder.start(CatalogDescription("benchmark"))
    bus.observe(recorder)
    for _ in range(count):
        bus.subscribe(Happened, handler)
    textbook = TextbookBus([handler] * count)
    event = Happened(user_id=uuid4(), email="ada@example.org")
    ours, drained, theirs = [], [], []
    for _ in range(ROUNDS):
        ours.append(await _round(bus, event))
        began = time.thread_time()
        recorder.drain()
        drained.append(ours[-1] + time.thread_time() - began)
        theirs.append(await _round(textbook, event))
    return min(ours) / min(theirs), min(drained) / min(theirs)


async def _tapped(count: int) -> float:
    """Return what a textbook bus costs while it is tapped, as a loaded project's is, in terms of itself untapped."""
    watched, alone = (TextbookBus([_own(number) for number in range(count)]) for _ in range(2))
    program, recorder = make_program("benchmark", [Target("benchmark:bus", watched)]), Recorder()
    await program.start()
    recorder.start(program.catalog())
    undo = program.attach(recorder, _give_up)
    event = Happened(user_id=uuid4(), email="ada@example.org")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(await _round(watched, event))
        recorder.drain()
        theirs.append(await _round(alone, event))
    undo()
    return min(ours) / min(theirs)


def _own(number: int) -> Callable[[Any], Awaitable[None]]:
    """Return a handler with code of its own, as handlers have that somebody wrote."""

    async def handler(_event: Any) -> None:
        return None

    code = handler.__code__.replace(co_name=f"handler{number}", co_qualname=f"handler{number}")
    made = types.FunctionType(code, globals(), code.co_name)
    made.__qualname__ = code.co_name
    return made


def _give_up(error: BaseException) -> None:
    raise error


async def _round(bus: Any, event: Happened) -> float:
    gc.collect()
    began = time.thread_time()
    for _ in range(PUBLISHES):
        await bus.publish(event)
    return time.thread_time() - began


def run() -> list[Figure]:
    """Measure with 1, 4 and 16 handlers; and a bus that is not ours, tapped."""
    figures = []
    for count, bound in ((1, 1.64), (4, 1.13), (16, 0.73)):
        recorded, drained = asyncio.run(_ratios(trivial, count))
        figures.append(figure(f"bus.recorded_vs_gather.{count}_handlers", recorded, "<=", 0.35))
        figures.append(figure(f"bus.recorded_and_drained_vs_gather.{count}_handlers", drained, "<=", bound))
    for count in (1, 4, 16):
        value = asyncio.run(_ratio(suspending, count))
        figures.append(figure(f"bus.recorded_vs_gather.{count}_suspending_handlers", value, "<=", 1.05))
    value = asyncio.run(_tapped(4))
    figures.append(figure("bus.tapped_vs_untapped.4_handlers", value, "<=", 4.5))
    return figures


if __name__ == "__main__":
    for line in run():
        print(line)
