"""pyee: once, asynchronous listeners, errors that become events, keywords."""

from __future__ import annotations

import asyncio
import enum

from pyee.asyncio import AsyncIOEventEmitter

TALLY: list[str] = []
WHERE = "emitter"
BUS = AsyncIOEventEmitter()
errors: list[str] = []


class Topic(enum.Enum):
    CLOSED = "shop.closed"


def greet(name, loud=False):
    TALLY.append("greet")


async def serve(name, *, loud=False):
    TALLY.append("serve")
    await asyncio.sleep(0)
    TALLY.append("serve ended")
    BUS.emit("left", name)


def broken(name):
    TALLY.append("broken")
    raise ValueError(name)


class Desk:
    @staticmethod
    def note(error):
        TALLY.append("Desk.note")
        errors.append(str(error))


def close(reason):
    TALLY.append("close")


BUS.once("entered", greet)
BUS.on("entered", serve)
BUS.on("left", broken)
BUS.on("error", Desk.note)
BUS.on(Topic.CLOSED, close)


async def use():
    results = [BUS.emit("entered", "Ann", loud=True), BUS.emit("entered", "Bob"), BUS.emit("nobody")]
    while BUS._waiting:
        await asyncio.wait(BUS._waiting)
    await asyncio.sleep(0)
    results.append(BUS.emit(Topic.CLOSED, "late"))
    return [*results, list(errors), sorted(map(str, BUS._events))]


TWICE = False
FIRES = [("entered", {"name": "Eve"}), ("shop.closed", {"reason": "rain"}), ("left", {"name": "Ann"})]
