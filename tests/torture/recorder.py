"""Run as a program: records for ever, and prints how many records are in the database after each commit.

python -m tests.torture.recorder DATABASE
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from inspector.core.records.records import Batch
from inspector.store.store import Store
from tests.store.runs import STARTED, plain_run

ROWS = plain_run(3_000, 4)
AT_ONCE = 400


async def main(path: str) -> None:
    store = Store(Path(path))
    await store.open()
    writer = await store.begin_session("torture", STARTED)
    for start in range(0, len(ROWS), AT_ONCE):
        writer.add(Batch(start + 1, ROWS[start : start + AT_ONCE]))
        if await writer.flush():
            print(writer.stored, flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
