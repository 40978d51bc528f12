"""What ``bench_run`` serves: one event and four handlers that do nothing for each order, and a route without any."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]


@dataclass
class Placed:
    """An event with three fields."""

    number: int
    currency: str
    amount: float


class Bus:
    """As people write them: handlers by class, called one after another."""

    def __init__(self) -> None:
        self.handlers: dict[type[Any], list[Callable[[Any], Awaitable[None]]]] = {}

    def subscribe(self, event: type[Any], handler: Callable[[Any], Awaitable[None]]) -> None:
        """Call a handler for events of a class."""
        self.handlers.setdefault(event, []).append(handler)

    async def publish(self, event: Any) -> None:
        """Publish an event."""
        for handler in self.handlers.get(type(event), ()):
            await handler(event)


async def reserve(event: Placed) -> None:
    pass


async def charge(event: Placed) -> None:
    pass


async def pack(event: Placed) -> None:
    pass


async def write(event: Placed) -> None:
    pass


bus = Bus()
for handler in (reserve, charge, pack, write):
    bus.subscribe(Placed, handler)
app = FastAPI()


@app.get("/order")  # type: ignore[untyped-decorator,unused-ignore]
async def order() -> dict[str, str]:
    await bus.publish(Placed(48231, "EUR", 12.5))
    return {"order": "placed"}


@app.get("/plain")  # type: ignore[untyped-decorator,unused-ignore]
async def plain() -> dict[str, str]:
    return {"order": "placed"}


@app.get("/pid")  # type: ignore[untyped-decorator,unused-ignore]
async def pid() -> int:
    return os.getpid()
