"""Records: the facts of a run, in order. One vocabulary for live, stored and imported runs.

On the hot path a record is a plain tuple, a *row*, ``(kind, at, …)``: a million rows held as objects would stop the
program for 0.2 s at every full garbage collection, tuples of atoms do not. At the API it is a frozen dataclass. Both
have the same fields in the same order; ``at`` is nanoseconds since the session started, on the monotonic clock. A
record's place in its stream, ``seq``, is not part of it: a batch knows the seq of its first row and rows follow.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import Any, ClassVar, Final, Union

#: A record on the hot path: ``(kind, at, *fields)``, atoms only.
Row = tuple[Any, ...]

SESSION_STARTED: Final = 0
PUBLISHED: Final = 1
HANDLER_STARTED: Final = 2
HANDLER_ENDED: Final = 3
NOTED: Final = 4
PUBLICATION_ENDED: Final = 5
HOST_NOTED: Final = 6

RUNNING: Final = "running"
OK: Final = "ok"
SWALLOWED: Final = "swallowed"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
TIMED_OUT: Final = "timed_out"
RETURNED_FAILURE: Final = "returned_failure"
INTERRUPTED: Final = "interrupted"

#: Every status of an execution; the position is the number under which it is stored.
STATUSES: Final = (RUNNING, OK, SWALLOWED, FAILED, CANCELLED, TIMED_OUT, RETURNED_FAILURE, INTERRUPTED)
#: Statuses that say something went wrong and that make a command end with exit code 1.
BAD_STATUSES: Final = frozenset({FAILED, CANCELLED, TIMED_OUT, RETURNED_FAILURE, INTERRUPTED})


@dataclass(frozen=True)
class SessionStarted:
    """A session begins. ``at`` is 0.

    Attributes:
        wall: Wall-clock anchor: nanoseconds since the epoch (UTC) at ``at`` = 0.
        program: What was recorded: ``demo catalog``.
        python: Version of the interpreter that ran the handlers.
        catalog: The ``CatalogDescription`` as JSON text.
        seed: Seed of the synthetic values, None when none was given.
    """

    KIND: ClassVar[int] = SESSION_STARTED
    at: int
    wall: int
    program: str
    python: str
    catalog: str
    seed: int | None = None


@dataclass(frozen=True)
class Published:
    """An event was published.

    Attributes:
        publication: Number of the publication, 1 and up, in order.
        event_type: Class name of the event (``EventDescription.name``).
        event_id: The event's own id as text, empty when it has none.
        correlation: The correlation id as text, empty when it has none.
        cause: The execution that published it, 0 when none did.
        fire: The fire that asked for it (derived publications included), 0 when none did.
        payload: The fields as tagged JSON text (see ``codec``), secrets redacted.
        context: JSON text ``{"session": bool, "metadata": {…}}``.
        handlers: How many handlers it goes to; 0 means *unheard*.
    """

    KIND: ClassVar[int] = PUBLISHED
    at: int
    publication: int
    event_type: str
    event_id: str
    correlation: str
    cause: int
    fire: int
    payload: str
    context: str
    handlers: int


@dataclass(frozen=True)
class HandlerStarted:
    """An execution begins: one call of one handler for one publication.

    Attributes:
        execution: Number of the execution, 1 and up, in order.
        publication: The publication it belongs to.
        handler: Key of the handler (``HandlerDescription.key``).
        fault: Kind of the fault injected into it (``fail``, ``slow``, ``hang``, ``swallow``), else empty.
    """

    KIND: ClassVar[int] = HANDLER_STARTED
    at: int
    execution: int
    publication: int
    handler: str
    fault: str = ""


@dataclass(frozen=True)
class HandlerEnded:
    """An execution ended.

    Attributes:
        execution: Which one.
        status: One of ``STATUSES`` but ``running``.
        on_loop: Nanoseconds spent computing on the loop, without the time spent awaiting.
        failure: A ``Failure`` as JSON text (see ``capture``); empty when all went well.
    """

    KIND: ClassVar[int] = HANDLER_ENDED
    at: int
    execution: int
    status: str
    on_loop: int
    failure: str = ""


@dataclass(frozen=True)
class Noted:
    """Something happened inside an execution (or, with ``execution`` 0, around a publication).

    Attributes:
        execution: The execution, 0 when it belongs to the publication as a whole.
        publication: The publication.
        kind: ``log``, ``sql``, ``mail``, ``sse``, ``session``, ``late``, …
        level: ``debug``, ``info``, ``warning``, ``error``.
        text: What to read in one line.
        data: More, as JSON text; empty when there is none.
    """

    KIND: ClassVar[int] = NOTED
    at: int
    execution: int
    publication: int
    kind: str
    level: str
    text: str
    data: str = ""


@dataclass(frozen=True)
class PublicationEnded:
    """Every handler of a publication has ended (or was given up after its deadline).

    ``outcome`` is ``done``, ``cancelled`` or ``refused`` (nested too deep).
    """

    KIND: ClassVar[int] = PUBLICATION_ENDED
    at: int
    publication: int
    outcome: str = "done"


@dataclass(frozen=True)
class HostNoted:
    """Something about the host itself.

    Attributes:
        kind: ``fire_settled`` and ``fire_refused`` (data: ``{"fire": n, …}``), ``session_failed`` (the database
            session), ``unsettled``, ``blocked`` (loop blocked), ``unblocked``, ``dropped``, ``faults`` (switched),
            ``loop`` (endless re-publish refused), ``handler`` (a handler that the catalog did not have: data is
            its ``HandlerDescription``), ``observer`` (an observer was removed), ``engine`` (a bug of ours),
            ``publish_raised`` (the bus raised at the publisher), ``recording`` (paused or goes on). Of a child process
            also: ``problem`` (a part could not be loaded), ``output``, ``output_dropped``, ``stuck``, ``unstuck``,
            ``ended``, ``restarted`` (data: the catalog, if it changed) and ``restart_failed``.
        level: ``info``, ``warning`` or ``error``.
        text: One sentence for people.
        data: More, as JSON text; empty when there is none.
    """

    KIND: ClassVar[int] = HOST_NOTED
    at: int
    kind: str
    level: str
    text: str
    data: str = ""


Record = Union[SessionStarted, Published, HandlerStarted, HandlerEnded, Noted, PublicationEnded, HostNoted]

#: The record class of each kind, by number.
RECORD_TYPES: Final[tuple[type[Any], ...]] = (
    SessionStarted,
    Published,
    HandlerStarted,
    HandlerEnded,
    Noted,
    PublicationEnded,
    HostNoted,
)

#: Names of a row's fields after the kind, by kind.
FIELD_NAMES: Final = tuple(tuple(f.name for f in fields(cls)) for cls in RECORD_TYPES)


def to_row(record: Record) -> Row:
    """Return the record as a row."""
    return (record.KIND, *astuple(record))


def to_record(row: Row) -> Record:
    """Return the row as a record.

    Raises:
        ValueError: The row is of no known kind or has the wrong number of fields.
    """
    try:
        record: Record = RECORD_TYPES[row[0]](*row[1:])
    except (IndexError, TypeError) as error:
        raise ValueError(f"not a record: {row!r:.200}") from error
    return record


@dataclass(frozen=True)
class Batch:
    """Consecutive rows of a stream.

    Attributes:
        first: The seq of the first row; seqs start with 1 and have no gaps.
        rows: The rows, at least one.
    """

    first: int
    rows: list[Row]

    @property
    def last(self) -> int:
        """The seq of the last row."""
        return self.first + len(self.rows) - 1
