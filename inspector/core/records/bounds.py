"""What the numbers and words of a row may be when it comes from elsewhere: a file, a database, another process."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from .host import (
    HOST_RECORDS,
    HostNoted,
    NotedOutside,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    ProgramReloaded,
    PublicationsSkipped,
    RecordsLost,
    TestRan,
)
from .records import (
    AT,
    HANDLER_ENDED,
    HANDLER_STARTED,
    INT,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    RECORD_TYPES,
    ROW_FIELDS,
    SESSION_STARTED,
    HandlerEnded,
    HandlerStarted,
    Noted,
    Published,
    Row,
    fits,
    position,
)
from .statuses import RUNNING, STATUSES

#: Times (ns, both sides of a wall clock's epoch), numbers of publications and executions, and what else is counted.
MAX_TIME: Final = 1 << 62
MAX_NUMBER: Final = 1 << 36
MAX_COUNT: Final = 1 << 31
#: Characters of a name (of an event, a handler, a kind of note): whoever draws one of millions stands still.
MAX_NAME: Final = 10_000
_STARTED: Final = len(fields(HandlerStarted)) + 1
_ENDED: Final = len(fields(HandlerEnded)) + 1
_STATUSES: Final = frozenset(STATUSES) - {RUNNING}
#: Places of the numbers of the host's records, by kind: times, counts, lines, numbers of fires.
_NUMBERS: Final = {
    cls.KIND: tuple(place for place, field in enumerate(ROW_FIELDS[cls.KIND], AT) if field.form == INT)
    for cls in HOST_RECORDS
}
_LOST: Final = position(RecordsLost, "count")
#: Places of the numbers of processes, of which there is at least one; and of what is counted beside them.
_PROCESS: Final = {cls.KIND: position(cls, "process") for cls in (ProcessJoined, ProcessLeft, PublicationsSkipped)}
_SMALL: Final = {
    ProcessJoined.KIND: tuple(position(ProcessJoined, name) for name in ("process", "pid", "parent")),
    ProcessLeft.KIND: tuple(position(ProcessLeft, name) for name in ("process", "pid")),
    ProcessSilent.KIND: (position(ProcessSilent, "pid"),),
    PublicationsSkipped.KIND: tuple(position(PublicationsSkipped, name) for name in ("process", "one_in")),
    TestRan.KIND: (position(TestRan, "process"),),
    NotedOutside.KIND: (position(NotedOutside, "process"),),
    ProgramReloaded.KIND: (position(ProgramReloaded, "process"),),
}
#: Places of counts of which sums must fit into a column.
_SKIPPED: Final = tuple(position(PublicationsSkipped, name) for name in ("counted", "dropped"))
_ONE_IN: Final = position(PublicationsSkipped, "one_in")
_TEST_STARTED: Final = position(TestRan, "started")
#: Places of names, by kind.
_NAMES: Final = {
    PUBLISHED: (position(Published, "event_type"),),
    HANDLER_STARTED: tuple(position(HandlerStarted, name) for name in ("handler", "fault")),
    NOTED: tuple(position(Noted, name) for name in ("kind", "level")),
    HostNoted.KIND: tuple(position(HostNoted, name) for name in ("kind", "level")),
    NotedOutside.KIND: tuple(position(NotedOutside, name) for name in ("kind", "level")),
    ProcessJoined.KIND: tuple(position(ProcessJoined, name) for name in ("role", "command", "python")),
    ProcessSilent.KIND: tuple(position(ProcessSilent, name) for name in ("command", "reason")),
    ProcessLeft.KIND: (position(ProcessLeft, "text"),),
    TestRan.KIND: tuple(position(TestRan, name) for name in ("name", "outcome")),
}


def row_problem(row: Row) -> str:
    """Return why a row cannot be a record, as half a sentence; empty when it can.

    Args:
        row: Kind, time and fields.
    """
    kind, at, *rest = row
    if type(kind) is not int or not 0 <= kind < len(RECORD_TYPES):
        return "an unknown kind of record"
    # Nearly all rows are starts and ends, and nearly all of them are as they should be.
    if kind == HANDLER_ENDED and len(row) == _ENDED:
        _, _, number, status, on_loop, failure = row
        if (
            type(at) is type(number) is type(on_loop) is int
            and type(failure) is type(status) is str
            and 0 <= at < MAX_TIME
            and 0 < number < MAX_NUMBER
            and 0 <= on_loop < MAX_TIME
            and status in _STATUSES
        ):
            return ""
    elif kind == HANDLER_STARTED and len(row) == _STARTED:
        _, _, number, publication, handler, fault = row
        if (
            type(at) is type(number) is type(publication) is int
            and type(handler) is type(fault) is str
            and 0 <= at < MAX_TIME
            and 0 < number < MAX_NUMBER
            and 0 < publication < MAX_NUMBER
            and len(handler) <= MAX_NAME
            and len(fault) <= MAX_NAME
        ):
            return ""
    if not fits(row):
        return f"not a {RECORD_TYPES[kind].__name__}"
    if not 0 <= at < MAX_TIME:
        return "an impossible time"
    if any(len(row[place]) > MAX_NAME for place in _NAMES.get(kind, ())):
        return "a name that is too long"
    if kind == HANDLER_STARTED:
        number, publication, *_ = rest
        bad = not (0 < number < MAX_NUMBER and 0 < publication < MAX_NUMBER)
    elif kind == HANDLER_ENDED:
        number, status, on_loop, _ = rest
        if status not in _STATUSES:
            return "an unknown status"
        bad = not (0 < number < MAX_NUMBER and 0 <= on_loop < MAX_TIME)
    elif kind == PUBLISHED:
        number, _, _, _, cause, fire, _, _, handlers, process = rest
        bad = not (
            0 < number < MAX_NUMBER
            and 0 <= cause < MAX_NUMBER
            and 0 <= fire < MAX_COUNT
            and 0 <= handlers < MAX_COUNT
            and 0 <= process < MAX_COUNT
        )
    elif kind == PUBLICATION_ENDED:
        bad = not 0 < rest[0] < MAX_NUMBER
    elif kind == NOTED:
        execution, publication, *_ = rest
        bad = not (0 <= execution < MAX_NUMBER and 0 <= publication < MAX_NUMBER)
    elif kind in _NUMBERS:
        bad = not all(0 <= row[place] < MAX_TIME for place in _NUMBERS[kind])
        bad = bad or (kind == RecordsLost.KIND and not _is_loss(*row[_LOST:]))
        bad = bad or (kind in _SMALL and not _is_of_process(row))
    else:
        bad = kind == SESSION_STARTED and not -MAX_TIME < rest[0] < MAX_TIME
    return "an impossible number" if bad else ""


def _is_of_process(row: Row) -> bool:
    """Return whether the numbers of a record of processes or tests can be such."""
    kind = row[KIND]
    if not all(row[place] < MAX_COUNT for place in _SMALL[kind]) or (kind in _PROCESS and not row[_PROCESS[kind]]):
        return False
    if kind == PublicationsSkipped.KIND:
        return row[_ONE_IN] > 0 and all(row[place] < MAX_NUMBER for place in _SKIPPED)
    return bool(kind != TestRan.KIND or row[_TEST_STARTED] <= row[AT])


def _is_loss(count: int, _reason: str, first: int, last: int) -> bool:
    """Return whether so many records can have been lost between two seqs, or beside all seqs (0 and 0)."""
    return 0 < count < MAX_NUMBER and (first == last == 0 or (0 < first <= last and count <= last - first + 1))
