"""Processes that write rings as the agent does, and what a reader makes of them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.agent.run.ring import RingWriter
from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription
from inspector.core.values.build import to_plain

if TYPE_CHECKING:
    from inspector.hosts.run.intake import RunIntake
    from inspector.hosts.run.reader import RunReader

HANDLER: Final = HandlerDescription("m:h", "h", "m", "h")
EVENT: Final = EventDescription("Placed", "m.Placed", "Placed", "", "", "", handlers=("m:h",))
CATALOG: Final = CatalogDescription("shop", events=(EVENT,), handlers=(HANDLER,))


class Reporting:
    """Writes what a process with one bus and one handler would.

    Args:
        folder: Where.
        number: Of the ring, and of the interpreter that it is of: there may be several in a process.
        argv: What the process says that it runs.
    """

    def __init__(self, folder: Path, number: int = 0, argv: tuple[str, ...] = ("python", "shop.py")) -> None:
        hello = json.dumps({"argv": argv, "python": "3.12.1"}).encode()
        self.ring = RingWriter(str(folder), hello, name=number, interpreter=number, capacity=1 << 16)
        self.anchor = time.perf_counter_ns()
        self.publications = self.executions = 0

    def begin(self) -> None:
        """Write how the stream of a process begins."""
        self.put(["anchor", self.anchor], [0, 0, 1, "shop", "3.12.1", json.dumps(to_plain(CATALOG)), None])

    def publish(self, cause: int = 0, *, ends: bool = True) -> None:
        """Write a publication with one execution."""
        self.publications += 1
        self.executions += 1
        now = time.perf_counter_ns() - self.anchor
        number, execution = self.publications, self.executions
        self.put(
            [1, now, number, "Placed", "", "", cause, 0, "{}", "{}", 1, 0],
            [2, now + 1, execution, number, "m:h", ""],
        )
        if ends:
            self.put([3, now + 2, execution, "ok", 1, ""], [5, now + 3, number, "done"])

    def put(self, *items: list[Any]) -> None:
        """Write rows and messages."""
        self.ring.put(json.dumps(item).encode() for item in items)


def fork(work: Any, *values: Any) -> int:
    """Run something in a process of its own, which then waits to be killed; return its number once that is done."""
    done, written = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            work(*values)
            os.write(written, b"x")
            time.sleep(60)
        finally:
            os._exit(0)
    os.close(written)
    os.read(done, 1)
    os.close(done)
    return pid


def reading(folder: Path) -> tuple[RunIntake, RunReader]:
    """Return a reader that looks when it is told to, and where its rows go."""
    from inspector.hosts.run.intake import RunIntake
    from inspector.hosts.run.reader import RunReader

    intake = RunIntake("shop")
    intake.begin()
    return intake, RunReader(folder, intake, lambda: None)


def of_kind(rows: Iterable[tuple[Any, ...]], kind: int) -> list[tuple[Any, ...]]:
    """Return the rows of a kind."""
    return [row for row in rows if row[0] == kind]
