"""Has factories that give nothing."""

import asyncio
import sys

from homemade import make_bus


def needs(settings, *, debug):
    """Cannot be called by somebody who knows nothing."""


def ends():
    """End the program."""
    sys.exit(6)


async def fails():
    """Fail, later."""
    await asyncio.sleep(0)
    return {}["stock"]


async def hangs():
    """Never give anything."""
    await asyncio.Event().wait()


def runs_a_loop():
    """Run a loop inside the loop."""
    work = asyncio.sleep(0)
    try:
        asyncio.run(work)
    finally:
        work.close()


async def works():
    """Give a bus."""
    await asyncio.sleep(0)
    return make_bus()


class Container:
    """Holds a bus."""

    bus = make_bus()


container = Container()
