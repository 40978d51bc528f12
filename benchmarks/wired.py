"""A program that publishes at a steady rate in a process of its own, and measures each of its publications.

``bench_wire`` loads it as a project: ``benchmarks.wired:bus``. ``Begin`` sets it going. What it does is told by its
environment: ``WIRED_RATE`` (publications a second), ``WIRED_SECONDS``, and ``WIRED_REPORT``, the file for its report.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns, process_time
from typing import Any, Final

from inspector.core import DomainEvent, InMemoryEventBus

HANDLERS: Final = 4
#: Publications between two turns for whatever else runs on the loop; nanoseconds that one may take.
_AT_ONCE: Final = 50
_HELD: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Begin(DomainEvent):
    """The program begins to publish."""


@dataclass(frozen=True, kw_only=True)
class Happened(DomainEvent):
    """Something happened; a payload of the usual kind."""

    number: int
    email: str


class Orders:
    """Handlers that do nothing."""

    async def store(self, _event: Happened) -> None:
        """Return at once."""

    async def count(self, _event: Happened) -> None:
        """Return at once."""

    async def send(self, _event: Happened) -> None:
        """Return at once."""

    async def note(self, _event: Happened) -> None:
        """Return at once."""


async def bus() -> InMemoryEventBus:
    """Return the bus."""
    bus, orders, tasks = InMemoryEventBus(), Orders(), set[asyncio.Task[None]]()
    for handler in (orders.store, orders.count, orders.send, orders.note):
        bus.subscribe(Happened, handler)

    async def begin(_event: Begin) -> None:
        tasks.add(asyncio.get_running_loop().create_task(publish(bus)))

    bus.subscribe(Begin, begin)
    return bus


async def publish(bus: InMemoryEventBus) -> None:
    """Publish, and report how long each publication took."""
    rate, seconds = int(os.environ["WIRED_RATE"]), float(os.environ["WIRED_SECONDS"])
    await asyncio.sleep(0.5)  # the fire that has set it going is over
    done = held = longest = 0
    begun, spent = perf_counter_ns(), process_time()
    while (now := perf_counter_ns()) < begun + seconds * 1e9:
        due = (now - begun) * rate // 1_000_000_000 - done
        for _ in range(min(due, _AT_ONCE)):
            done += 1
            event: Any = Happened(number=done, email="ada@example.org")
            start = perf_counter_ns()
            await bus.publish(event)
            took = perf_counter_ns() - start
            held += took > _HELD
            longest = max(longest, took)
        await asyncio.sleep(0 if due > _AT_ONCE else 0.0005)
    spent = process_time() - spent
    report = {
        "cpu": spent,
        "publications": done,
        "held": held,
        "longest": longest,
        "seconds": (perf_counter_ns() - begun) / 1e9,
    }
    await asyncio.to_thread(_tell, report)


def _tell(report: dict[str, float]) -> None:
    """Write the report: who waits for its file finds all of it."""
    path = Path(os.environ["WIRED_REPORT"])
    written = path.with_suffix(".new")
    written.write_text(json.dumps(report), encoding="utf-8")
    written.replace(path)
