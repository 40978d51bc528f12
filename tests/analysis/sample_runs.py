"""Small runs for tests: executions become a journal, by way of the rows that a recorder would write."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from inspector.analysis.entries import Change
from inspector.analysis.journal import Journal
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    Batch,
    Row,
)

MS = 1_000_000


@dataclass
class Run:
    """One execution to come. Times in ns; ``end`` None stays running."""

    start: int
    end: int | None
    handler: str = "app:Audit.handle"
    status: str = "ok"
    on_loop: int = 0
    fault: str = ""
    failure: str = ""


@dataclass
class Told:
    """One publication to come."""

    event: str
    at: int = 0
    runs: list[Run] = field(default_factory=list)
    correlation: str = ""
    cause: int = 0
    payload: str = "{}"
    handlers: int | None = None


def failure(kind: str, message: str = "it broke", line: int = 41, *, module: str = "builtins") -> str:
    """A failure as the recorder writes it, with a frame of a library inside the user's own."""

    def frame(file: str, line: int, function: str, mine: bool) -> dict[str, Any]:
        return {
            "file": file,
            "line": line,
            "function": function,
            "mine": mine,
            "source": [[line - 1, "before = 1"], [line, "raise Trouble"]],
            "locals": [["value", "'<b>bold</b>'"]] if mine else [],
        }

    frames = [
        frame("/app/audit.py", 12, "handle", True),
        frame("/app/audit.py", line, "_write", True),
        frame("/lib/sql.py", 9, "execute", False),
    ]
    return json.dumps(
        {
            "type": kind,
            "module": module,
            "message": message,
            "relation": "",
            "frames": frames,
            "chain": [],
            "notes": [],
        }
    )


class Story:
    """Tells a journal about publications, batch by batch."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal or Journal()
        self._seq = 1
        self._publications = 0
        self._executions = 0

    def tell(self, publications: Iterable[Told]) -> Change:
        """Fold the publications as one batch, in the order of time of each."""
        return self.fold(row for told in publications for row in self.rows(told))

    def fold(self, rows: Iterable[Row]) -> Change:
        """Fold rows as one batch."""
        batch = Batch(self._seq, list(rows))
        self._seq = batch.last + 1
        return self.journal.fold(batch)

    def rows(self, told: Told) -> list[Row]:
        """Give the rows of a publication, without folding them."""
        self._publications += 1
        number = self._publications
        heard = len(told.runs) if told.handlers is None else told.handlers
        event_id = str(uuid.UUID(int=number))
        rows: list[Row] = [
            (
                PUBLISHED,
                told.at,
                number,
                told.event,
                event_id,
                told.correlation,
                told.cause,
                1,
                told.payload,
                "{}",
                heard,
                0,
            )
        ]
        ends: list[Row] = []
        for run in sorted(told.runs, key=lambda run: run.start):
            self._executions += 1
            rows.append((HANDLER_STARTED, run.start, self._executions, number, run.handler, run.fault))
            if run.end is not None:
                ends.append(self.end(self._executions, run.end, run.status, run.on_loop, run.failure))
        rows += sorted(ends, key=lambda row: row[1])
        if len(ends) == len(told.runs):
            rows.append((PUBLICATION_ENDED, max((row[1] for row in ends), default=told.at), number, "done"))
        return rows

    @staticmethod
    def end(execution: int, at: int, status: str = "ok", on_loop: int = 0, failure: str = "") -> Row:
        """Give the row that ends an execution (1 and up)."""
        return (HANDLER_ENDED, at, execution, status, on_loop, failure)
