"""A program whose handler writes to the inspector's own connection, for tests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from inspector.hosts.child import ChildHost
from inspector.hosts.project import Project
from tests.hosts.children import Rows, project, running

PROGRAM = """
import asyncio, json, os, stat, threading, time
from dataclasses import dataclass

@dataclass(frozen=True)
class Write:
    what: str = ""
    then: str = ""

class Bus:
    def __init__(self):
        self.handlers = {Write: [write]}

    async def publish(self, event):
        for handler in self.handlers[type(event)]:
            await handler(event)

def channel():
    numbers = [int(name) for name in os.listdir("/proc/self/fd")]
    return max(n for n in numbers if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.stat(n).st_mode))

async def write(event):
    while not os.path.exists("write"):  # our own start is with the parent
        await asyncio.sleep(0.005)
    where, data = channel(), bytes.fromhex(event.what)
    while data:
        try:
            data = data[os.write(where, data):]
        except BlockingIOError:
            time.sleep(0.001)
    if event.then == "wait":
        await asyncio.sleep(100)
    elif event.then == "block":
        time.sleep(100)

bus = Bus()
"""


def frame(message: object) -> bytes:
    """A message as the agent would send it."""
    body = json.dumps(message).encode("ascii")
    return len(body).to_bytes(4, "big") + body


def hostile_project(folder: Path) -> Project:
    """The program, written into a folder."""
    (folder / "hostile.py").write_text(PROGRAM)
    return project("hostile:bus", cwd=folder)


@asynccontextmanager
async def hostile(folder: Path) -> AsyncIterator[tuple[ChildHost, Rows]]:
    """Run the program."""
    async with running(hostile_project(folder)) as (host, rows):
        yield host, rows
