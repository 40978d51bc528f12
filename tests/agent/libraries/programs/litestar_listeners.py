"""Litestar: listeners of an application, synchronous ones in threads, errors that are logged, a worker that calls."""

from __future__ import annotations

import asyncio

from litestar import Litestar
from litestar.events import listener

TALLY: list[str] = []
WHERE = "app"


@listener("user_created", "user_deleted")
async def mail(name: str) -> None:
    TALLY.append(f"mail {name}")
    await asyncio.sleep(0)
    if name == "bad":
        raise ValueError(name)


@listener("user_left")
def forget(name: str, now: bool = False) -> None:
    TALLY.append("forget")


BUS = Litestar(listeners=[mail, forget])


async def use():
    async with BUS.event_emitter:
        BUS.emit("user_created", "Ann")
        BUS.emit("user_created", "bad")
        BUS.emit("user_created", "Ann")
        BUS.emit("user_left", name="Bob", now=True)
        try:
            BUS.emit("nobody", 1)
        except Exception as error:
            results = [type(error).__name__]
    return results  # its worker has ended: so have all listeners


FIRES = [("user_created", {"name": "Eve"}), ("user_left", {"name": "Bob"})]
