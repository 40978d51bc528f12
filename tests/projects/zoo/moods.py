"""A living program whose handler does what the event says."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

from homemade import Bus, Ping, pong


@dataclass(frozen=True)
class Do:
    """Asks for something.

    Attributes:
        what: What to do.
    """

    what: str = ""


async def obey(event: Do) -> None:
    """Do what the event says."""
    if event.what == "segfault":
        ctypes.string_at(0)
    elif event.what == "exit":
        os._exit(3)
    elif event.what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif event.what == "leave":
        asyncio.get_running_loop().call_soon(sys.exit, 4)
    elif event.what == "block":
        time.sleep(2)
    elif event.what == "hold":
        re.match("(a+)+$", "a" * 25 + "b")
    elif event.what == "hold for ever":
        re.match("(a+)+$", "a" * 64 + "b")
    elif event.what == "start a program":
        subprocess.Popen(["sleep", "98765"])
    elif event.what == "close":
        os.closerange(3, 65_536)
    await talk(event.what)


async def talk(what: str) -> None:
    """Say something, fail, or wait."""
    if what == "fail":
        raise ValueError("no stock")
    if what == "log":
        logging.getLogger("moods").warning("something odd")
    if what == "print":
        print("Käse")
        print("trouble password=hunter22", file=sys.stderr)
    if what == "flood":
        for _ in range(30):
            print("x" * 1_000_000)
    if what == "wait":
        await asyncio.Event().wait()


def get_bus() -> Bus:
    """Give the bus."""
    bus = Bus()
    bus.subscribe(Ping, pong)
    bus.subscribe(Do, obey)
    return bus


def broken_bus() -> Bus:
    """Fail to give a second bus."""
    raise ConnectionError("the broker is away")
