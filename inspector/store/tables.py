"""Tables for spreadsheets: a row per execution, a row per handler. RFC 4180, UTF-8, units in the column names."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.core.records import records
from inspector.core.records.numbers import Numbering
from inspector.core.records.records import HandlerEnded, HandlerStarted, PublicationEnded, Published, SessionStarted
from inspector.core.records.statuses import RUNNING
from inspector.store.files import NewFile
from inspector.store.info import wall_time

if TYPE_CHECKING:
    from inspector.core.records.records import Row
    from inspector.core.records.stream import RecordStream

COLUMNS: Final = (
    *("execution", "publication", "event", "handler", "status", "started_at", "start_ns", "duration_ns", "on_loop_ns"),
    *("correlation", "cause", "error_type", "error_message", "fault", "process"),
)
#: A cell that begins with one of these is a formula to a spreadsheet.
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class HandlerSummary:
    """What there is to say about a handler's executions; times in nanoseconds.

    Attributes:
        name: What people read.
        file: Where it is defined, empty when unknown.
        line: The line there, 0 when unknown.
        counts: How many executions.
        failures: How many of them ended badly.
    """

    name: str
    file: str
    line: int
    counts: int
    failures: int
    total_ns: int
    mean_ns: float
    min_ns: int
    max_ns: int
    std_ns: float
    p50_ns: float
    p95_ns: float
    p99_ns: float


async def export_csv(stream: RecordStream, target: Path, *, defuse: bool = True) -> int:
    """Write a row per execution, in the order of their ends; those without an end come last, as ``running``.

    Args:
        stream: A stream that ends.
        target: The file; replaced when all is written.
        defuse: Put a ``'`` before a text that a spreadsheet would run as a formula (one that begins with ``=``, ``+``,
            ``-``, ``@``, a tab or a carriage return). It alters the value, so it can be switched off.

    Returns:
        How many executions were written.

    Raises:
        InspectorError: The file cannot be written, or the stream not be read; an old file is as it was.
    """
    table = _ExecutionTable()
    count = 0
    with NewFile(target) as file:
        file.write(to_csv([COLUMNS], defuse=False))
        async for batch in stream.read():
            rows = [cells for row in batch.rows if (cells := table.fold(row)) is not None]
            count += len(rows)
            await asyncio.to_thread(file.write, to_csv(rows, defuse=defuse))
        rest = table.rest()
        file.write(to_csv(rest, defuse=defuse))
    return count + len(rest)


def export_summary_csv(rows: Iterable[HandlerSummary], target: Path, *, defuse: bool = True) -> None:
    """Write a row per handler.

    Args:
        rows: The handlers, in the order wanted.
        target: The file; replaced when all is written.
        defuse: See ``export_csv``.

    Raises:
        InspectorError: The file cannot be written; an old one is as it was.
    """
    with NewFile(target) as file:
        file.write(to_csv([[f.name for f in fields(HandlerSummary)]], defuse=False))
        file.write(to_csv([astuple(row) for row in rows], defuse=defuse))


def to_csv(rows: Iterable[Iterable[Any]], *, defuse: bool) -> str:
    """Return the rows as CSV text."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_cell(value, defuse=defuse) for value in row] for row in rows])
    return text.getvalue()


def _cell(value: Any, *, defuse: bool) -> Any:
    if not isinstance(value, str):
        return value
    if not value.isascii():
        # Lone surrogates cannot be written; they become visible escapes.
        value = value.encode("utf-8", "backslashreplace").decode()
    return f"'{value}" if defuse and value.startswith(FORMULA_SIGNS) else value


class _ExecutionTable:
    """Joins the records of an execution; forgets a publication when nothing of it is open."""

    def __init__(self) -> None:
        self._wall = 0
        #: Open publications: event, correlation, cause, process; executions of each that are open; which have ended.
        self._publications: dict[int, tuple[str, str, int, int]] = {}
        self._open: dict[int, int] = {}
        self._over: set[int] = set()
        self._running: dict[int, HandlerStarted] = {}
        self._published, self._begun = Numbering(), Numbering()

    def fold(self, row: Row) -> list[Any] | None:
        """Take a row in; give the cells of the execution that it ends."""
        if row[records.KIND] >= records.HOST_NOTED:
            return None
        record = records.to_record(row)
        if isinstance(record, SessionStarted):
            self._wall = record.wall
        elif isinstance(record, Published):
            if self._published.add(record.publication) >= 0:
                about = record.event_type, record.correlation, record.cause, record.process
                self._publications[record.publication] = about
        elif isinstance(record, HandlerStarted):
            # As in the journal: without its publication, or out of order, an execution cannot be placed.
            if self._published.index(record.publication) < 0 or self._begun.add(record.execution) < 0:
                return None
            self._running[record.execution] = record
            self._open[record.publication] = self._open.get(record.publication, 0) + 1
        elif isinstance(record, HandlerEnded):
            started = self._running.get(record.execution)
            if started is not None and record.at >= started.at:
                del self._running[record.execution]
                cells = self._cells(started, record)
                self._close(started.publication)
                return cells
        elif isinstance(record, PublicationEnded):
            self._over.add(record.publication)
            self._forget(record.publication)
        return None

    def rest(self) -> list[list[Any]]:
        """Return the cells of the executions that have not ended."""
        return [self._cells(started, None) for started in self._running.values()]

    def _close(self, publication: int) -> None:
        self._open[publication] -= 1
        self._forget(publication)

    def _forget(self, publication: int) -> None:
        if publication in self._over and not self._open.get(publication):
            self._over.discard(publication)
            self._open.pop(publication, None)
            self._publications.pop(publication, None)

    def _cells(self, started: HandlerStarted, ended: HandlerEnded | None) -> list[Any]:
        at = started.at
        event, correlation, cause, process = self._publications.get(started.publication, ("", "", 0, 0))
        status, failure = RUNNING, ""
        duration: int | str = ""
        on_loop: int | str = ""
        if ended is not None:
            status, duration, on_loop, failure = ended.status, ended.at - at, ended.on_loop, ended.failure
        started_at = wall_time(self._wall + at).isoformat(timespec="microseconds") if self._wall else ""
        return [
            *(started.execution, started.publication, event, started.handler, status),
            *(started_at, at, duration, on_loop, correlation, cause or "", *_error(failure), started.fault),
            process or "",
        ]


def _error(failure: str) -> tuple[str, str]:
    """Return type and message of a failure."""
    if not failure:
        return "", ""
    try:
        data = json.loads(failure)
    except (ValueError, RecursionError):
        return "", failure
    if not isinstance(data, dict):
        return "", failure
    return str(data.get("type", "")), str(data.get("message", ""))
