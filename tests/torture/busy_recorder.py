"""Run as a program: records a busy program into a database until it is killed; prints a line when it has begun.

python -m tests.torture.busy_recorder DATABASE TALLY RATE HANDLERS
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from benchmarks.busy import Busy
from inspector.app.memory import collect_seldom
from inspector.app.notices import Notices
from inspector.app.recording import Recording
from inspector.app.tasks import TaskOwner
from inspector.hosts.embedded import EmbeddedHost
from inspector.store.store import Store


async def main(database: str, tally: str, rate: str, handlers: str) -> None:
    store = Store(Path(database))
    await store.open()
    busy = Busy(int(rate), int(handlers), Path(tally))
    recording = Recording(EmbeddedHost(busy.program), store, TaskOwner(Notices()), name="torture")
    await recording.start()
    print("begun", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    collect_seldom()
    asyncio.run(main(*sys.argv[1:]))
