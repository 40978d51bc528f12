"""Rows from a child process, taken in as what they are: somebody else's data.

Every row is checked for its shape and for standing for something known. Numbers go on where the last child of this
session left off, and what was under way when a child ended is ended here.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from itertools import count
from time import perf_counter_ns
from typing import Any, Final

from inspector.core.description import CatalogDescription
from inspector.core.records.bounds import MAX_NAME, row_problem
from inspector.core.records.host import (
    HOST_RECORDS,
    FireRefused,
    FireSettled,
    HandlerAdded,
    HandlersNotCalled,
    HostRecord,
    LoopBlocked,
    LoopUnblocked,
    OutputDropped,
    ProcessEnded,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    ProcessStuck,
    ProcessUnstuck,
    ProgramPrinted,
    ProgramReloaded,
    PublicationsSkipped,
    RecordsLost,
    RestartFailed,
    TestRan,
)
from inspector.core.records.numbers import ExecutionNumber, FireNumber, PublicationNumber
from inspector.core.records.records import (
    AT,
    HANDLER_ENDED,
    HANDLER_STARTED,
    INT,
    INTERRUPTED,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    RECORD_TYPES,
    ROW_FIELDS,
    RUNNING,
    SESSION_STARTED,
    STATUSES,
    HandlerEnded,
    PublicationEnded,
    Record,
    Row,
    SessionStarted,
    fits,
    position,
    to_record,
    to_row,
)
from inspector.core.values.build import build

#: Rows that may wait for the window before the child is no longer read: it then holds its next fire.
FULL: Final = 200_000
_LEVELS: Final = frozenset({"debug", "info", "warning", "error"})
_OUTCOMES: Final = frozenset({"done", "cancelled", "refused"})
#: Numbers are below these: times in ns; counts, of which sums must stay below what a column holds.
_BIG: Final = 1 << 62
_MANY: Final = 1 << 40
#: Nanoseconds that a time may be ahead of our clock, which is the child's: for rounding, no more.
_AHEAD: Final = 1_000_000_000

#: Publications that have ended and may still get executions.
_REMEMBERED: Final = 10_000

#: Most marks of what a child has sent that is not stored yet, and rows from one to the next, about.
_MARKS: Final = 10_000
_MARK_ROWS: Final = 200

#: What only we write: a child cannot say how it ended, nor which processes there are.
_OURS: Final = frozenset(
    cls.KIND
    for cls in (
        *(OutputDropped, ProcessEnded, ProcessStuck, ProcessUnstuck, ProgramPrinted, ProgramReloaded, RestartFailed),
        *(ProcessJoined, ProcessLeft, ProcessSilent, PublicationsSkipped, TestRan),
    )
)
#: Places of numbers that are no times, by kind: counts, lines, numbers of fires.
_COUNTS: Final = {
    cls.KIND: tuple(
        place
        for place, field in enumerate(ROW_FIELDS[cls.KIND], AT)
        if field.form == INT and field.name not in ("at", "since")
    )
    for cls in HOST_RECORDS
}
#: Seqs of lost records: only a store knows them.
_SEQS: Final = (position(RecordsLost, "first"), position(RecordsLost, "last"))
_FIRE: Final = {cls.KIND: position(cls, "fire") for cls in HOST_RECORDS if "fire" in cls.__dataclass_fields__}
_PUBLICATION: Final = position(HandlersNotCalled, "publication")
#: Times of the child's clock beside ``at``.
_SINCE: Final = {cls.KIND: position(cls, "since") for cls in (LoopBlocked, LoopUnblocked)}


class Intake:
    """A row source for a live stream, over any number of children one after another.

    ``take`` and the other writing methods are called from one thread at a time; ``new_fire`` from any.

    Args:
        report: Called with each record of the host that a child sends.
        clock: Monotonic nanoseconds, the same clock as the child's.

    Attributes:
        catalog: What the newest child declares, None before the first.
        running: Executions under way: number → (publication, key of the handler, time of its start).
        refused: Rows that were no rows.
    """

    def __init__(self, report: Callable[[HostRecord], None], clock: Callable[[], int] = perf_counter_ns) -> None:
        self._told = report
        self._clock = clock
        self._anchor = clock()
        self._rows: list[Row] = []
        self._held: list[Row] = []
        self._began = False
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None
        #: Rows of the session so far, and those that the newest child has sent, refused ones too.
        self._count = self._sent = 0
        #: How many of the child's are stored, as far as it is known; and how many rows the session had after how many
        #: of the child's, oldest first, where that is not stored yet.
        self._stored = 0
        self._marks: deque[tuple[int, int]] = deque(maxlen=_MARKS)
        self._publications = self._executions = 0
        self._publication_offset = self._execution_offset = self._shift = 0
        self._horizon = 0
        self._last_fire = 0
        self._open: dict[PublicationNumber, int] = {}
        #: Those that ended last: a timer may yet call a handler for them.
        self._ended_of_late: dict[PublicationNumber, int] = {}
        self._fires: dict[FireNumber, int] = {}
        self._next_fire = count(1)
        self.catalog: CatalogDescription | None = None
        self.running: dict[ExecutionNumber, tuple[PublicationNumber, str, int]] = {}
        self.refused = 0
        self._latest = 0
        self._checks: dict[int, Callable[[Row], Row | None]] = {
            PUBLISHED: self._published,
            HANDLER_STARTED: self._started,
            HANDLER_ENDED: self._ended,
            NOTED: self._noted,
            PUBLICATION_ENDED: self._publication_ended,
        }

    # -- a child's life ------------------------------------------------------------------------------------------------

    def begin(self, anchor: int) -> None:
        """Begin with the rows of a new child: its numbers start at 1, its times at ``anchor`` (ns, monotonic clock)."""
        anchor = min(anchor, self._clock())
        if not self._began:
            self._anchor = anchor
        self._shift = max(0, anchor - self._anchor)
        self._publication_offset, self._execution_offset = self._publications, self._executions
        with self._lock:
            self._sent = self._stored = 0
            self._marks.clear()

    def take(self, rows: Any) -> None:
        """Take in rows as they came over the wire; those that are none are counted in ``refused``."""
        good: list[Row] = []
        self._horizon = self._clock() - self._anchor + _AHEAD
        for values in rows if type(rows) is list else ():
            row = self._checked(values)
            if row is None:
                self.refused += 1
            else:
                good.append(row)
        self._put(good)
        held, self._held = self._held, []
        self._put(held)
        with self._lock:
            self._sent += len(rows) if type(rows) is list else 0
            if len(self._marks) > 1 and self._count - self._marks[-2][0] < _MARK_ROWS:
                self._marks.pop()
            self._marks.append((self._count, self._sent))

    def record(self, record: HostRecord) -> None:
        """Take in a record of our own; before the session's first row it waits for that."""
        self._put([to_row(record)])

    def interrupt(self, why: str, ended: ProcessEnded | None = None) -> None:
        """End what was running in a child that is gone, and settle the fires that will not.

        Args:
            why: How it ended.
            ended: It was not meant to. The record comes in one piece with the rest, so whoever reads it finds
                everything ended.
        """
        at = max(self.now(), self._latest)  # nothing ends before what the child has said of it
        records: list[Record] = [] if ended is None else [ended]
        records += [HandlerEnded(at, number, INTERRUPTED, 0) for number in self.running]
        records += [PublicationEnded(at, number, "cancelled") for number in sorted(self._open)]
        for fire, published in list(self._fires.items()):
            records += [FireRefused(at, fire, why, "Restart the program."), FireSettled(at, fire, published)]
        rows = [to_row(record) for record in records]
        self.running.clear()
        self._open.clear()
        self._ended_of_late.clear()
        self._fires.clear()
        self._put(rows)

    def new_fire(self) -> FireNumber:
        """Return the number of a fire that is about to be sent down."""
        fire = FireNumber(next(self._next_fire))
        self._last_fire = fire
        self._fires[fire] = 0
        return fire

    def drop_fire(self, fire: FireNumber) -> None:
        """Forget a fire that could not be sent."""
        self._fires.pop(fire, None)

    def stored_of_child(self, seq: int, at: int) -> tuple[int, int]:
        """Return how far a child's own rows are stored, and until when by its own clock; callable from any thread.

        Args:
            seq: Seq of the newest record of the session that is stored.
            at: Its time.
        """
        with self._lock:
            while self._marks and self._marks[0][0] <= seq:
                _, self._stored = self._marks.popleft()
            return self._stored, max(0, at - self._shift)

    def now(self) -> int:
        """Return the nanoseconds since the session started."""
        return self._clock() - self._anchor if self._began else 0

    # -- the source ----------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Rows that nobody has drained yet."""
        return len(self._rows)

    def on_rows(self, wake: Callable[[], None] | None) -> None:
        """Call ``wake`` when there are rows after there were none."""
        self._wake = wake
        if wake is not None and self._rows:
            wake()

    def drain(self) -> list[Row]:
        """Take every row gathered so far; callable from any thread."""
        with self._lock:
            taken, self._rows = self._rows, []
        return taken

    def _put(self, rows: list[Row]) -> None:
        if not rows:
            return
        if not self._began:  # a session begins with its own row
            self._held += rows
            return
        with self._lock:
            empty = not self._rows
            self._rows += rows
            self._count += len(rows)
        wake = self._wake
        if empty and wake is not None:
            wake()

    # -- checks --------------------------------------------------------------------------------------------------------

    def _checked(self, values: Any) -> Row | None:
        if type(values) is not list or len(values) <= AT or type(values[KIND]) is not int:
            return None
        kind = values[KIND]
        if not 0 <= kind < len(RECORD_TYPES) or not fits(values) or not 0 <= values[AT] < _BIG:
            return None
        if kind == SESSION_STARTED:
            return self._session_started(tuple(values))
        values[AT] += self._shift
        if values[AT] > self._horizon:  # nothing has happened that is yet to come
            return None
        self._latest = max(self._latest, values[AT])
        check = self._checks.get(kind)
        return check(tuple(values)) if check is not None else self._host_record(values)

    def _session_started(self, row: Row) -> Row | None:
        """Begin the session; of a later child, take what its catalog has that is new."""
        started = to_record(row)
        assert isinstance(started, SessionStarted)  # noqa: S101 - to_record gives the class of the kind
        if started.at or not 0 <= started.wall < _BIG or not -_BIG < (started.seed or 0) < _BIG:
            return None
        try:
            catalog = build(CatalogDescription, json.loads(started.catalog))
        except (ValueError, RecursionError):
            return None
        before, self.catalog = self.catalog, catalog
        if self._began:
            return self._reloaded(before, catalog)
        self._began = True
        return row

    def _reloaded(self, before: CatalogDescription | None, catalog: CatalogDescription) -> Row:
        handlers = {handler.key: handler for handler in before.handlers} if before is not None else {}
        at = self.now()
        self._put(
            [to_row(HandlerAdded(at, handler)) for handler in catalog.handlers if handlers.get(handler.key) != handler]
        )
        return to_row(ProgramReloaded(at, catalog if catalog != before else None))

    def _published(self, row: Row) -> Row | None:
        kind, at, number, event, event_id, correlation, cause, fire, payload, context, handlers, process = row
        number += self._publication_offset
        cause += self._execution_offset if cause else 0
        if (
            len(event) > MAX_NAME
            or number != self._publications + 1
            or not 0 <= cause <= self._executions
            or not 0 <= handlers < 1_000_000
            or process  # a child is the one process of its session
        ):
            return None
        if not 0 <= fire <= self._last_fire:
            return None
        if not cause and fire in self._fires:
            self._fires[fire] += 1
        self._publications = number
        self._open[number] = at
        return kind, at, number, event, event_id, correlation, cause, fire, payload, context, handlers, process

    def _started(self, row: Row) -> Row | None:
        kind, at, number, publication, handler, fault = row
        number, publication = number + self._execution_offset, publication + self._publication_offset
        began = self._open.get(publication, self._ended_of_late.get(publication, _BIG))
        if number != self._executions + 1 or at < began or len(handler) > MAX_NAME:
            return None
        self._executions = number
        self.running[number] = (publication, handler, at)
        return kind, at, number, publication, handler, fault

    def _ended(self, row: Row) -> Row | None:
        kind, at, number, status, on_loop, failure = row
        number += self._execution_offset
        if number not in self.running or status not in STATUSES or status == RUNNING:
            return None
        duration = at - self.running[number][2]
        if duration < 0 or not 0 <= on_loop <= duration + _AHEAD:
            return None
        del self.running[number]
        return kind, at, number, status, on_loop, failure

    def _noted(self, row: Row) -> Row | None:
        kind, at, execution, publication, what, level, text, data = row
        publication += self._publication_offset
        execution += self._execution_offset if execution else 0
        if (
            len(what) > MAX_NAME
            or not 0 <= execution <= self._executions
            or not 0 < publication <= self._publications
            or level not in _LEVELS
        ):
            return None
        return kind, at, execution, publication, what, level, text, data

    def _publication_ended(self, row: Row) -> Row | None:
        kind, at, number, outcome = row
        number += self._publication_offset
        if outcome not in _OUTCOMES or at < self._open.get(number, _BIG):
            return None
        self._ended_of_late[number] = self._open.pop(number)
        if len(self._ended_of_late) > _REMEMBERED:
            del self._ended_of_late[next(iter(self._ended_of_late))]
        return kind, at, number, outcome

    def _host_record(self, values: list[Any]) -> Row | None:
        kind = values[KIND]
        if kind in _OURS:
            return None
        if kind in _FIRE and values[_FIRE[kind]] not in self._fires:
            return None
        if not all(0 <= values[place] < _MANY for place in _COUNTS[kind]):
            return None
        if kind == RecordsLost.KIND and any(values[place] for place in _SEQS):
            return None
        if kind == HandlersNotCalled.KIND:
            values[_PUBLICATION] += self._publication_offset
            if not 0 < values[_PUBLICATION] <= self._publications:
                return None
        if kind in _SINCE:
            values[_SINCE[kind]] += self._shift
            if not self._shift <= values[_SINCE[kind]] <= values[AT]:
                return None
        row = tuple(values)
        if row_problem(row):  # it would be left out when the session is opened again
            return None
        record = to_record(row)
        assert isinstance(record, HostRecord)  # noqa: S101 - every other kind has a check of its own
        if record.severity not in _LEVELS:
            return None
        if isinstance(record, FireSettled):
            del self._fires[record.fire]
        self._told(record)
        return row
