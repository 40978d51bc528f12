"""The journal: a run folded into columns. The one model behind every view, for live, stored and imported runs alike."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from inspector.analysis.columns import Columns
from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription
from inspector.core.records import (
    BAD_STATUSES,
    HANDLER_ENDED,
    HANDLER_STARTED,
    HOST_NOTED,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    SESSION_STARTED,
    STATUSES,
    Batch,
    HostNoted,
    Noted,
    Row,
    SessionStarted,
    to_record,
)
from inspector.core.typed import build

Ints = npt.NDArray[np.int64]

#: Number of each status, as it stands in the ``status`` column.
STATUS_CODES: Final = {status: code for code, status in enumerate(STATUSES)}
#: Lookup by status code: did it go wrong?
IS_BAD: Final = np.array([status in BAD_STATUSES for status in STATUSES])
#: How many payloads, notes and failures are kept at hand; older ones are asked of the store.
RECENT: Final = 20_000

RUNNING_CODE: Final = STATUS_CODES["running"]
SWALLOWED_CODE: Final = STATUS_CODES["swallowed"]

_EXECUTIONS: Final = {
    "start": np.int64,
    "end": np.int64,
    "publication": np.int32,
    "handler": np.int32,
    "event": np.int32,
    "status": np.uint8,
    "level": np.uint16,
    "fault": np.uint8,
    "on_loop": np.int64,
}
_PUBLICATIONS: Final = {
    "at": np.int64,
    "end": np.int64,
    "event": np.int32,
    "cause": np.int32,
    "fire": np.int32,
    "handlers": np.int32,
    "first": np.int32,
    "last": np.int32,
    "event_id": (np.uint8, 16),
    "correlation": (np.uint8, 16),
}

T = TypeVar("T")


class Recent(Generic[T]):
    """The newest values by number; the oldest are forgotten when there are too many."""

    def __init__(self, limit: int = RECENT) -> None:
        self._limit = limit
        self._values: OrderedDict[int, T] = OrderedDict()

    def get(self, number: int) -> T | None:
        """Give the value, None when there never was one or it was forgotten."""
        return self._values.get(number)

    def put(self, number: int, value: T) -> None:
        """Keep the value under the number."""
        self._values[number] = value
        if len(self._values) > self._limit:
            self._values.popitem(last=False)

    def items(self) -> list[tuple[int, T]]:
        """Give what is kept, oldest first."""
        return list(self._values.items())


@dataclass
class Change:
    """What one fold brought. Numbers are indexes (0 and up) into the journal's columns.

    Attributes:
        first_execution: The first new execution; they go on to the end of the columns.
        ended: Executions that ended (new ones included), in the order of their ends.
        first_publication: The first new publication.
        ended_publications: Publications that ended.
        noted: Executions that got a note.
        host: What the host said.
        catalog: The catalog or the list of handlers or events changed.
    """

    first_execution: int
    first_publication: int
    ended: list[int] = field(default_factory=list)
    ended_publications: list[int] = field(default_factory=list)
    noted: set[int] = field(default_factory=set)
    host: list[HostNoted] = field(default_factory=list)
    catalog: bool = False

    def add(self, later: Change) -> None:
        """Take in what the next fold brought, as if both had been one."""
        self.ended += later.ended
        self.ended_publications += later.ended_publications
        self.noted |= later.noted
        self.host += later.host
        self.catalog |= later.catalog


@dataclass(frozen=True)
class Execution:
    """One execution, looked up for a person. Times in ns since the session started."""

    index: int
    handler: HandlerDescription
    event: EventDescription
    publication: int
    status: str
    start: int
    end: int | None
    on_loop: int
    fault: bool

    @property
    def number(self) -> int:
        """The number people see: 1 and up."""
        return self.index + 1

    @property
    def duration(self) -> int | None:
        """Length in ns, None while it runs."""
        return None if self.end is None else self.end - self.start


@dataclass(frozen=True)
class Publication:
    """One publication, looked up for a person. ``cause`` is an execution's index or None."""

    index: int
    event: EventDescription
    at: int
    end: int | None
    cause: int | None
    fire: int
    handlers: int
    event_id: str
    correlation: str

    @property
    def number(self) -> int:
        """The number people see: 1 and up."""
        return self.index + 1


class Journal:
    """Folds batches of rows into columns.

    Attributes:
        executions: Columns ``start end publication handler event status level fault on_loop``; ``end`` is -1
            while running; ``publication``, ``handler`` and ``event`` are indexes; ``level`` is the row in the
            handler's lane on which overlapping executions do not touch; times in ns since the session started.
        publications: Columns ``at end event cause fire handlers first last event_id correlation``; ``cause`` is an
            execution's index or -1; ``first``/``last`` bound the indexes of its executions (first is -1 without any).
        handlers: Description of every handler seen or declared; the position is its number in the columns.
        events: The same for event types.
        status_counts: Executions by status code, shape ``(8,)``.
        event_runs, event_bad: Executions and bad executions per event index (lists, as long as ``events``).
        unheard: Publications that nobody handled.
        orphans: Rows that stand for nothing known.
        dropped: Records that were lost, as far as they were counted.
        seq: Seq of the last row folded.
        now: Time of the last row folded, ns.
    """

    def __init__(self) -> None:
        self.session: SessionStarted | None = None
        self.catalog: CatalogDescription | None = None
        self.executions = Columns(_EXECUTIONS)
        self.publications = Columns(_PUBLICATIONS)
        self.handlers: list[HandlerDescription] = []
        self.events: list[EventDescription] = []
        self.status_counts: Ints = np.zeros(len(STATUSES), np.int64)
        self.event_runs: list[int] = []
        self.event_bad: list[int] = []
        self.handler_levels: list[int] = []
        self.unheard = 0
        self.orphans = 0
        self.dropped = 0
        self.seq = 0
        self.now = 0
        self.payloads: Recent[tuple[str, str]] = Recent()
        self.notes: Recent[list[Noted]] = Recent()
        self.publication_notes: Recent[list[Noted]] = Recent()
        self.failures: Recent[str] = Recent()
        self.host_notes: list[HostNoted] = []
        self._handler_numbers: dict[str, int] = {}
        self._event_numbers: dict[str, int] = {}
        self.busy: list[int] = []
        self._odd_ids: dict[bytes, str] = {}

    @property
    def bad(self) -> int:
        """Executions that went wrong."""
        return int(self.status_counts[IS_BAD].sum())

    @property
    def running(self) -> int:
        """Executions that have not ended."""
        return int(self.status_counts[RUNNING_CODE])

    def fold(self, batch: Batch) -> Change:
        """Take in a batch and say what changed. Rows that stand for nothing known are counted in ``orphans``."""
        change = Change(len(self.executions), len(self.publications))
        fold = _Fold(self, change)
        for row in batch.rows:
            kind = row[0]
            if kind == HANDLER_STARTED:
                fold.started(row)
            elif kind == HANDLER_ENDED:
                fold.ended(row)
            elif kind == PUBLISHED:
                fold.published(row)
            elif kind == PUBLICATION_ENDED:
                fold.publication_ended(row)
            elif kind == NOTED:
                fold.noted(row)
            elif kind == HOST_NOTED:
                self._host_noted(row, change)
            elif kind == SESSION_STARTED:
                self._session_started(row)
                change.catalog = True
        self.seq = batch.last
        self.now = max(self.now, batch.rows[-1][1])
        fold.flush()
        return change

    def execution(self, index: int) -> Execution:
        """Look up an execution by index (0 and up)."""
        columns = self.executions
        end = int(columns["end"][index])
        return Execution(
            index=index,
            handler=self.handlers[int(columns["handler"][index])],
            event=self.events[int(columns["event"][index])],
            publication=int(columns["publication"][index]),
            status=STATUSES[int(columns["status"][index])],
            start=int(columns["start"][index]),
            end=None if end < 0 else end,
            on_loop=int(columns["on_loop"][index]),
            fault=bool(columns["fault"][index]),
        )

    def publication(self, index: int) -> Publication:
        """Look up a publication by index (0 and up)."""
        columns = self.publications
        cause, end = int(columns["cause"][index]), int(columns["end"][index])
        return Publication(
            index=index,
            event=self.events[int(columns["event"][index])],
            at=int(columns["at"][index]),
            end=None if end < 0 else end,
            cause=None if cause < 0 else cause,
            fire=int(columns["fire"][index]),
            handlers=int(columns["handlers"][index]),
            event_id=self.id_text(columns["event_id"][index]),
            correlation=self.id_text(columns["correlation"][index]),
        )

    def executions_of(self, publication: int) -> list[int]:
        """Give the indexes of the executions of a publication, in the order of their starts."""
        first, last = (int(self.publications[name][publication]) for name in ("first", "last"))
        if first < 0:
            return []
        owners = self.executions["publication"][first : last + 1]
        return [int(i) + first for i in np.flatnonzero(owners == publication)]

    def caused_by(self, execution: int) -> list[int]:
        """Give the indexes of the publications that an execution made."""
        owner = int(self.executions["publication"][execution])
        causes = self.publications["cause"][owner + 1 :]  # an effect comes after its cause
        return [int(i) + owner + 1 for i in np.flatnonzero(causes == execution)]

    def same_correlation(self, publication: int) -> list[int]:
        """Give the indexes of all publications with the correlation id of this one (itself included)."""
        ids = self.publications["correlation"]
        if not ids[publication].any():
            return [publication]
        return [int(i) for i in np.flatnonzero((ids == ids[publication]).all(axis=1))]

    def id_bytes(self, text: str) -> bytes:
        """Give the 16 bytes under which an id stands in the columns: a UUID's own, a digest for any other text."""
        if not text:
            return bytes(16)
        try:
            raw = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            raw = b""
        if len(raw) == 16 and len(text) == 36:
            return raw
        raw = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self._odd_ids[raw] = text
        return raw

    def id_text(self, raw: npt.NDArray[np.uint8]) -> str:
        """Give the text of an id in the columns; empty when there is none."""
        key = raw.tobytes()
        if not any(key):
            return ""
        odd = self._odd_ids.get(key)
        if odd is not None:
            return odd
        digits = key.hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def handler_number(self, key: str) -> int:
        """Give the number of a handler, making one for a key never seen."""
        number = self._handler_numbers.get(key)
        if number is None:
            owner, _, method = (key.partition(":")[2] or key).rpartition(".")
            label = f"{owner}.{method}" if owner else method
            number = self._add_handler(HandlerDescription(key, label, owner or method, method))
        return number

    def event_number(self, name: str) -> int:
        """Give the number of an event type, making one for a name never seen."""
        number = self._event_numbers.get(name)
        if number is None:
            number = self._add_event(EventDescription(name, name, name, "", "", ""))
        return number

    def _add_handler(self, handler: HandlerDescription) -> int:
        number = self._handler_numbers.get(handler.key)
        if number is not None:
            self.handlers[number] = handler
            return number
        number = self._handler_numbers[handler.key] = len(self.handlers)
        self.handlers.append(handler)
        self.handler_levels.append(1)
        self.busy.append(0)
        return number

    def _add_event(self, event: EventDescription) -> int:
        number = self._event_numbers.get(event.name)
        if number is not None:
            self.events[number] = event
            return number
        number = self._event_numbers[event.name] = len(self.events)
        self.events.append(event)
        self.event_runs.append(0)
        self.event_bad.append(0)
        return number

    def _session_started(self, row: Row) -> None:
        record = to_record(row)
        assert isinstance(record, SessionStarted)  # noqa: S101 - to_record gives the class of the kind
        self.session = record
        if record.catalog:
            self._take_catalog(build(CatalogDescription, json.loads(record.catalog)))

    def _take_catalog(self, catalog: CatalogDescription) -> None:
        self.catalog = catalog
        for handler in catalog.handlers:
            self._add_handler(handler)
        for event in catalog.events:
            self._add_event(event)

    def _host_noted(self, row: Row, change: Change) -> None:
        note = HostNoted(*row[1:])
        if note.kind == "handler" and note.data:
            self._add_handler(build(HandlerDescription, json.loads(note.data)))
            change.catalog = True
        if note.kind == "restarted" and note.data:  # the program was loaded anew and declares something else now
            self._take_catalog(build(CatalogDescription, json.loads(note.data)["catalog"]))
            change.catalog = True
        if note.kind == "dropped" and note.data:
            told = json.loads(note.data)
            # The recorder counts notes, the store's backlog records: both are lost rows.
            self.dropped += int(told.get("count", 0)) + int(told.get("records", 0))
        if note.kind not in ("fire_settled", "handler"):
            self.host_notes.append(note)
        change.host.append(note)


class _Fold:
    """One fold in progress: new rows gathered in lists, written to the columns at once at the end."""

    def __init__(self, journal: Journal, change: Change) -> None:
        self._journal = journal
        self._change = change
        self._base = change.first_execution
        self._publication_base = change.first_publication
        self._executions: list[list[Any]] = []
        self._publications: list[list[Any]] = []
        self._late: dict[int, tuple[int, int, int]] = {}
        self._late_publications: list[tuple[int, int]] = []
        self._bounds: dict[int, tuple[int, int]] = {}

    def published(self, row: Row) -> None:
        _, at, number, name, event_id, correlation, cause, fire, payload, context, handlers = row
        journal = self._journal
        index = self._publication_base + len(self._publications)
        if number != index + 1:
            journal.orphans += 1
            return
        event = journal.event_number(name)
        self._publications.append(
            [
                at,
                -1,
                event,
                cause - 1,
                fire,
                handlers,
                -1,
                -1,
                journal.id_bytes(event_id),
                journal.id_bytes(correlation),
            ]
        )
        journal.payloads.put(index, (payload, context))
        if handlers == 0:
            journal.unheard += 1

    def started(self, row: Row) -> None:
        _, at, number, publication, key, fault = row
        journal = self._journal
        index = self._base + len(self._executions)
        owner = publication - 1
        if number != index + 1 or not 0 <= owner < self._publication_base + len(self._publications):
            journal.orphans += 1
            return
        handler = journal.handler_number(key)
        busy = journal.busy[handler]
        level = (~busy & (busy + 1)).bit_length() - 1  # the lowest row of the lane that is free
        journal.busy[handler] = busy | (1 << level)
        if level >= journal.handler_levels[handler]:
            journal.handler_levels[handler] = level + 1
        event = self._event_of(owner)
        journal.event_runs[event] += 1
        self._executions.append([at, -1, owner, handler, event, RUNNING_CODE, level, bool(fault), 0])
        self._bound(owner, index)

    def ended(self, row: Row) -> None:
        _, at, number, status, on_loop, failure = row
        journal = self._journal
        index = number - 1
        code = STATUS_CODES.get(status)
        handler, level, event, running = self._lane_of(index)
        if code is None or not running:
            journal.orphans += 1
            return
        journal.busy[handler] &= ~(1 << level)
        if IS_BAD[code]:
            journal.event_bad[event] += 1
        if failure:
            journal.failures.put(index, failure)
        if index >= self._base:
            entry = self._executions[index - self._base]
            entry[1], entry[5], entry[8] = at, code, on_loop
        else:
            self._late[index] = (at, code, on_loop)
        self._change.ended.append(index)

    def publication_ended(self, row: Row) -> None:
        index = row[2] - 1
        if 0 <= index < self._publication_base:
            self._late_publications.append((index, row[1]))
        elif index - self._publication_base < len(self._publications) and index >= 0:
            self._publications[index - self._publication_base][1] = row[1]
        else:
            self._journal.orphans += 1
            return
        self._change.ended_publications.append(index)

    def noted(self, row: Row) -> None:
        note = Noted(*row[1:])
        journal = self._journal
        notes, index = (
            (journal.notes, note.execution - 1) if note.execution else (journal.publication_notes, note.publication - 1)
        )
        known = notes.get(index)
        if known is None:
            notes.put(index, [note])
        else:
            known.append(note)
        if note.execution:
            self._change.noted.add(index)

    def flush(self) -> None:
        """Write what was gathered to the columns."""
        journal = self._journal
        if self._publications:
            values: dict[str, Any] = dict(zip(_PUBLICATIONS, zip(*self._publications, strict=True), strict=True))
            for name in ("event_id", "correlation"):
                values[name] = np.frombuffer(b"".join(values[name]), np.uint8).reshape(-1, 16)
            journal.publications.extend(values)
        if self._executions:
            journal.executions.extend(dict(zip(_EXECUTIONS, zip(*self._executions, strict=True), strict=True)))
            journal.status_counts += np.bincount(journal.executions["status"][self._base :], minlength=len(STATUSES))
        if self._late:
            where = np.array(list(self._late), np.int64)
            late = np.array(list(self._late.values()), np.int64)
            for column, ends in zip(("end", "status", "on_loop"), late.T, strict=True):
                journal.executions[column][where] = ends
            journal.status_counts += np.bincount(late[:, 1], minlength=len(STATUSES))
            journal.status_counts[RUNNING_CODE] -= len(late)
        for index, at in self._late_publications:
            journal.publications["end"][index] = at
        for index, (first, last) in self._bounds.items():
            firsts = journal.publications["first"]
            if firsts[index] < 0:
                firsts[index] = first
            journal.publications["last"][index] = last

    def _event_of(self, publication: int) -> int:
        if publication >= self._publication_base:
            return int(self._publications[publication - self._publication_base][2])
        return int(self._journal.publications["event"][publication])

    def _bound(self, publication: int, execution: int) -> None:
        first, _ = self._bounds.get(publication, (execution, execution))
        self._bounds[publication] = (first, execution)

    def _lane_of(self, index: int) -> tuple[int, int, int, bool]:
        """Give handler, level and event of an execution, and whether it is still running."""
        if index >= self._base:
            position = index - self._base
            if position >= len(self._executions):
                return 0, 0, 0, False
            entry = self._executions[position]
            return entry[3], entry[6], entry[4], entry[1] < 0
        if index < 0:
            return 0, 0, 0, False
        columns = self._journal.executions
        running = bool(columns["end"][index] < 0) and index not in self._late
        return (
            int(columns["handler"][index]),
            int(columns["level"][index]),
            int(columns["event"][index]),
            running,
        )
