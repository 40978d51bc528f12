"""A program that publishes at a steady rate for as long as it lives, and keeps count where nothing can take it away."""

from __future__ import annotations

import asyncio
import mmap
import struct
import threading
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Final, NamedTuple

from inspector.agent.program import CoreProgram
from inspector.core import DomainEvent, InMemoryEventBus

#: Kinds of events, each with handlers of its own.
EVENTS: Final = 20
#: One publication in so many has a handler that fails.
FAILS: Final = 500
#: Publications between two turns for whatever else runs on the loop.
_AT_ONCE: Final = 20
_FIGURES: Final = struct.Struct("qqq")


@dataclass(frozen=True, kw_only=True)
class Happened(DomainEvent):
    """Something happened; a payload of the usual kind."""

    number: int
    email: str


class Emitted(NamedTuple):
    """How far a program has come.

    Attributes:
        publications: How many publications have ended.
        first: When the first began, nanoseconds on the monotonic clock.
        last: When the newest ended.
    """

    publications: int
    first: int
    last: int


class Busy:
    """Publishes from its start, or from ``begin``, to ``stop`` or its close.

    Args:
        rate: Executions a second; as many as can be if the bus is slower.
        handlers: Handlers of each event; every second one gives the loop a turn.
        tally: File that always says how far it has come, also when the process is killed.
        waits: For ``begin``.
        timeout: Seconds that a handler may take, None for no limit. With one each publication is a task, as in a
            server: a handler that hangs does not hold those after it, which would come at once when it is given up.

    Attributes:
        bus: Where it publishes.
        loop: The loop that it publishes on, None before its start.
    """

    def __init__(
        self, rate: int, handlers: int, tally: Path, *, waits: bool = False, timeout: float | None = None
    ) -> None:
        self._rate, self._handlers = rate, handlers
        tally.write_bytes(bytes(mmap.PAGESIZE))
        with tally.open("r+b") as file:
            self._tally = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.bus = InMemoryEventBus(handler_timeout=timeout)
        self._kinds: list[Any] = []
        for number in range(EVENTS):
            kind = make_dataclass(f"Happened{number:02}", [], bases=(Happened,), frozen=True, kw_only=True)
            self._kinds.append(kind)
            for place in range(handlers):
                self.bus.subscribe(kind, _handler(number, place))
        self._task: asyncio.Task[None] | None = None
        self._apart = timeout is not None
        self._publishing: set[asyncio.Task[None]] = set()
        self._begun = self._ended = 0
        self._begin, self._stopping = asyncio.Event(), False
        if not waits:
            self._begin.set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._stopped = threading.Event()

    def program(self) -> CoreProgram:
        """Return what a host runs."""
        return CoreProgram("busy", self.bus, start=self.start, close=self._close)

    def begin(self) -> None:
        """Publish from now on; call it on any thread."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self._begin.set)

    def stop(self) -> None:
        """Publish no more, and wait until the last publication has ended; call it on any other thread."""
        self._stopping = True
        self.begin()
        self._stopped.wait()

    async def start(self) -> None:
        """Begin to publish on the running loop, once that is due."""
        self.loop = asyncio.get_running_loop()
        self._task = self.loop.create_task(self._publish())

    async def _close(self) -> None:
        self._stopping = True
        self._begin.set()
        if self._task is not None:
            await self._task

    async def _publish(self) -> None:
        await asyncio.sleep(0.05)  # until the recorder listens
        await self._begin.wait()
        try:
            await self._publish_until_stopped()
            if self._publishing:
                await asyncio.wait(self._publishing)
        finally:
            self._stopped.set()

    async def _publish_until_stopped(self) -> None:
        self._begun, done = perf_counter_ns(), 0
        while not self._stopping:
            due = (perf_counter_ns() - self._begun) * self._rate // (self._handlers * 1_000_000_000) - done
            for _ in range(min(due, _AT_ONCE)):
                done += 1
                if self._apart:
                    task = asyncio.create_task(self._publish_one(done))
                    self._publishing.add(task)
                    task.add_done_callback(self._publishing.discard)
                else:
                    await self._publish_one(done)
            await asyncio.sleep(0 if due > _AT_ONCE else 0.001)

    async def _publish_one(self, number: int) -> None:
        await self.bus.publish(self._kinds[number % EVENTS](number=number, email="ada@example.org"))
        self._ended += 1
        _FIGURES.pack_into(self._tally, 0, self._ended, self._begun, perf_counter_ns())


def _handler(event: int, place: int) -> Any:
    async def quick(_event: Any) -> None:
        return None

    async def slow(event: Any) -> None:
        await asyncio.sleep(0)
        if not event.number % FAILS:
            raise LookupError(f"nobody is called {event.number % 7}")

    handler = slow if place % 2 else quick
    handler.__qualname__ = f"Handler{event:02}.{handler.__name__}_{place}"
    return handler


def emitted(tally: Path) -> Emitted:
    """Return how far the program has come that keeps this tally."""
    return Emitted(*_FIGURES.unpack_from(tally.read_bytes()))
