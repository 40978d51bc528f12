"""Rows from a child process to a stored session: how many a second, and for how long the program is held for them.

Program, host, stream, journal and store are the real ones; only the window is missing. The program publishes at a rate
that asks for a little more than the bound, to four handlers that do nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final
from unittest.mock import patch

from benchmarks import Figure, figure
from benchmarks.wired import HANDLERS
from inspector.app.memory import collect_seldom
from inspector.app.notices import Notices
from inspector.app.recording import Recording
from inspector.app.tasks import TaskOwner
from inspector.core.request import FireRequest
from inspector.hosts.child import ChildHost
from inspector.hosts.project import Project
from inspector.store.store import Store

ROWS: Final = 150_000
#: Rows of a publication: its own beginning and end, and those of its executions.
_ROWS_EACH: Final = 2 + 2 * HANDLERS
#: By how much more is published than has to be stored.
_MORE: Final = 1.04
SECONDS: Final = 6.0
_ROOT: Final = Path(__file__).resolve().parent.parent


async def _record(folder: Path, seconds: float) -> tuple[dict[str, Any], float]:
    """Record a run; return what the program reports, and the seconds from its beginning until all was stored."""
    report = folder / "report.json"
    store = Store(folder / "wire.db")
    await store.open()
    environment = {"WIRED_SECONDS": str(seconds), "WIRED_REPORT": str(report)}
    environment["WIRED_RATE"] = str(int(ROWS * _MORE / _ROWS_EACH))
    with patch.dict(os.environ, environment):
        host = ChildHost(Project.from_options("benchmarks.wired:bus", cwd=_ROOT, python=sys.executable))
        recording = Recording(host, store, TaskOwner(Notices()), name="wire")
        await recording.start()
    try:
        await recording.outcome(host.fire(FireRequest("Begin", session=False)))
        while len(recording.journal.publications) < 2:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.001)
        begun, spent = perf_counter(), process_time()
        while not report.exists():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)
        said: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        while len(recording.journal.publications) < said["publications"] + 1 or recording.journal.running:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await recording.caught_up()
        took, said["reader_cpu"] = perf_counter() - begun, process_time() - spent
    finally:
        await recording.close()
        await store.close()
    return said, took


def run() -> list[Figure]:
    """Measure."""
    collect_seldom()  # as the program does
    with tempfile.TemporaryDirectory(prefix="wire-", dir="/var/tmp") as folder:
        said, took = asyncio.run(_record(Path(folder), SECONDS))
        with closing(sqlite3.connect(Path(folder, "wire.db"))) as connection:
            counts = [
                connection.execute(f"SELECT count(*) FROM {table} WHERE length IS NOT NULL").fetchone()[0]
                for table in ("publications", "executions")
            ]
    wanted = [said["publications"] + 1, said["publications"] * HANDLERS + 1]
    if counts != wanted:
        raise RuntimeError(f"stored {counts}, published {wanted}")
    print(f"{said}, all stored after {took:.2f} s", file=sys.stderr)
    return [
        figure("wire.rows_per_second", said["publications"] * _ROWS_EACH / took, ">=", ROWS),
        figure("wire.publications_held_over_1_ms", said["held"] / said["publications"], "<=", 0.001),
    ]


if __name__ == "__main__":
    for line in run():
        print(line)
