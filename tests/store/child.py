"""Run as a program: records a session of so many publications to a database, then ends as told.

python -m tests.store.child DATABASE NAME PUBLICATIONS (finish|wait)
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from inspector.core.records.records import Batch
from inspector.store.store import Store
from tests.store.runs import STARTED, plain_run


async def main(path: str, name: str, publications: str, then: str) -> None:
    store = Store(Path(path))
    await store.open()
    writer = await store.begin_session(name, STARTED)
    rows = plain_run(int(publications))
    for start in range(0, len(rows), 50):
        writer.add(Batch(start + 1, rows[start : start + 50]))
        while not await writer.flush():
            print(writer.trouble, file=sys.stderr)
    if then == "wait":
        # One more starts and does not come to its end.
        execution = int(publications) * 2 + 1
        writer.add(Batch(len(rows) + 1, [(1, 1, int(publications) + 1, "E", "", "", 0, 0, "", "", 1, 0)]))
        writer.add(Batch(len(rows) + 2, [(2, 99_000_000_000, execution, int(publications) + 1, "h", "")]))
        assert await writer.flush()
        print(writer.session, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    await writer.finish()
    await store.close()
    print(writer.session, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
