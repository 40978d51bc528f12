"""Run as a program: records a busy program into a database until it is killed; prints a line when it has begun.

python -m tests.torture.busy_recorder DATABASE TALLY RATE HANDLERS embedded|child
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.busy import Busy
from inspector.app.memory import collect_seldom
from inspector.app.notices import Notices
from inspector.app.recording import Host, Recording
from inspector.app.tasks import TaskOwner
from inspector.core.request import FireRequest
from inspector.hosts.child import ChildHost
from inspector.hosts.embedded import EmbeddedHost
from inspector.hosts.project import Project
from inspector.store.store import Store

ROOT = Path(__file__).resolve().parents[2]


def embedded(tally: str, rate: str, handlers: str) -> EmbeddedHost:
    return EmbeddedHost(Busy(int(rate), int(handlers), Path(tally)).program)


def child(tally: str, rate: str, handlers: str) -> ChildHost:
    os.environ.update(BUSY_TALLY=tally, BUSY_RATE=rate, BUSY_HANDLERS=handlers)
    return ChildHost(Project.from_options("tests.torture.busy_project:bus", cwd=ROOT, python=sys.executable))


HOSTS: dict[str, Callable[[str, str, str], Host]] = {"embedded": embedded, "child": child}


async def main(database: str, tally: str, rate: str, handlers: str, where: str) -> None:
    store = Store(Path(database))
    await store.open()
    host = HOSTS[where](tally, rate, handlers)
    recording = Recording(host, store, TaskOwner(Notices()), name="torture")
    await recording.start()
    if where == "child":
        host.fire(FireRequest("Begin", session=False))
    print("begun", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    collect_seldom()
    asyncio.run(main(*sys.argv[1:]))
