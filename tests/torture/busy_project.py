"""The busy program as a project of its own: ``tests.torture.busy_project:bus``. ``Begin`` sets it going.

Its tally, rate and number of handlers are taken from the environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.busy import Busy
from inspector.core import DomainEvent, InMemoryEventBus


@dataclass(frozen=True, kw_only=True)
class Begin(DomainEvent):
    """The program begins to publish."""


async def bus() -> InMemoryEventBus:
    rate, handlers = int(os.environ["BUSY_RATE"]), int(os.environ["BUSY_HANDLERS"])
    busy = Busy(rate, handlers, Path(os.environ["BUSY_TALLY"]), waits=True)

    async def begin(_event: Begin) -> None:
        busy.begin()

    busy.bus.subscribe(Begin, begin)
    await busy.start()
    return busy.bus
