"""Records: the facts of a run, in order. One vocabulary for live, stored and imported runs.

On the hot path a record is a plain tuple, a *row*, ``(kind, at, …)``: a million rows held as objects would stop the
program for 0.2 s at every full garbage collection, tuples of atoms do not. At the API it is a frozen dataclass. Both
have the same fields in the same order; ``at`` is nanoseconds since the session started, on the monotonic clock. A
record's place in its stream, ``seq``, is not part of it: a batch knows the seq of its first row and rows follow.

This module alone knows which field stands where in a row. Others go by names: they make rows with ``to_row``, read them
with ``to_record``, and where there are too many for that, ask for a place once (``position``) or take all apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import product
from typing import Any, ClassVar, Final, NamedTuple, Union

from ..values.build import build, to_plain
from ..values.hints import field_hints, markers, unwrap
from ..values.jsontext import json_text
from .host import FAILURE, HOST_RECORDS, JSON, PROSE, FailureJson, HostRecord, Json, Prose
from .numbers import ExecutionNumber, FireNumber, PublicationNumber, Seq

#: A record on the hot path: ``(kind, at, *fields)``, atoms only.
Row = tuple[Any, ...]

SESSION_STARTED: Final = 0
PUBLISHED: Final = 1
HANDLER_STARTED: Final = 2
HANDLER_ENDED: Final = 3
NOTED: Final = 4
PUBLICATION_ENDED: Final = 5
#: The first of the host's records; all that follow are of the host too.
HOST_NOTED: Final = 6

#: Kind of the note that a handler handled an exception of a class that it names.
HANDLED: Final = "handled"
#: Kind of the note on an execution that has swallowed an exception: which clause of the program caught it, and where.
CAUGHT: Final = "caught"
#: Kind of the note that work of an execution went on, or failed, after it had ended or was given up.
LATE: Final = "late"
#: ``how`` of a note of that kind which is about a coroutine that was made and never awaited.
UNAWAITED: Final = "never_awaited"
#: Kind of the note on a publication that its publish has returned before all of its handlers had ended.
RETURNED: Final = "returned"
#: Kind of the note that a handler got the database session or the metadata of another publication.
MIXED_UP: Final = "mixed_up"
#: Kind of the note on what a handler has logged.
LOG: Final = "log"
#: Kind of the note that a handler was tried once more: its executions are one more than such notes.
ATTEMPT: Final = "attempt"


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
    catalog: Json
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
        handlers: How many handlers it goes to, at least 1 where that is known once they have run; 0 means *unheard*.
        process: Number of the process that published it (``ProcessJoined``), 0 when the program is a single one.
    """

    KIND: ClassVar[int] = PUBLISHED
    at: int
    publication: PublicationNumber
    event_type: str
    event_id: str
    correlation: str
    cause: ExecutionNumber
    fire: FireNumber
    payload: Json
    context: Json
    handlers: int
    process: int = 0


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
    execution: ExecutionNumber
    publication: PublicationNumber
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
    execution: ExecutionNumber
    status: str
    on_loop: int
    failure: FailureJson = ""


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
    execution: ExecutionNumber
    publication: PublicationNumber
    kind: str
    level: str
    text: Prose
    data: Json = ""


@dataclass(frozen=True)
class PublicationEnded:
    """Every handler of a publication has ended (or was given up after its deadline).

    ``outcome`` is ``done``, ``cancelled`` or ``refused`` (nested too deep).
    """

    KIND: ClassVar[int] = PUBLICATION_ENDED
    at: int
    publication: PublicationNumber
    outcome: str = "done"


Record = Union[SessionStarted, Published, HandlerStarted, HandlerEnded, Noted, PublicationEnded, HostRecord]

#: The record class of each kind, by number. A number is never given to another: files keep it.
RECORD_TYPES: Final[tuple[type[Any], ...]] = (
    SessionStarted,
    Published,
    HandlerStarted,
    HandlerEnded,
    Noted,
    PublicationEnded,
    *HOST_RECORDS,
)

# --- rows: the one place that knows a record by positions ---------------------------------------------------------

#: Where every row has its kind and its time.
KIND: Final = 0
AT: Final = 1

#: What a row has for a field: a number, a flag, a text (``JSON``, ``FAILURE`` and ``PROSE`` are such), a number or
#: None; and, for any other type, the value as JSON text.
INT: Final = "int"
FLAG: Final = "flag"
TEXT: Final = "text"
MAYBE_INT: Final = "int or null"
VALUE: Final = "value"
#: Numbers from outside are below this; SQLite holds no larger ones, and sums must fit too.
_BIG: Final = 1 << 62


class RowField(NamedTuple):
    """A field of a record as its row has it.

    Attributes:
        name: The field's name.
        form: What the row has: ``INT``, ``FLAG``, ``TEXT``, ``JSON``, ``FAILURE``, ``PROSE``, ``MAYBE_INT`` or
            ``VALUE``.
        hint: The field's type.
        default: What stands in a row for a field that is not given; ``MISSING`` when it must be.
    """

    name: str
    form: str
    hint: Any
    default: Any


def _row_fields(cls: type[Any]) -> tuple[RowField, ...]:
    hints = field_hints(cls)  # type: ignore[arg-type]  # of a class there is a hash
    described = []
    for field in fields(cls):
        hint, form = hints[field.name], _form(hints[field.name])
        default = _plain(field.default) if form == VALUE and field.default is not MISSING else field.default
        described.append(RowField(field.name, form, hint, default))
    return tuple(described)


def _form(hint: Any) -> str:
    for mark in markers(hint):
        if mark in (JSON, FAILURE, PROSE):
            return str(mark)
    bare = unwrap(hint)
    if bare == Union[int, None]:
        return MAYBE_INT
    return {int: INT, bool: FLAG, str: TEXT}.get(bare, VALUE)


def _plain(value: Any) -> str:
    return json_text(to_plain(value))


#: The fields of a row after its kind, by kind.
ROW_FIELDS: Final = tuple(_row_fields(cls) for cls in RECORD_TYPES)
_TYPES: Final = {INT: (int,), FLAG: (bool,), MAYBE_INT: (int, type(None))}
#: Types that the fields of a row may have, by kind; and the fields that hold more than that says.
_SHAPES: Final = tuple(
    frozenset(product(*(_TYPES.get(field.form, (str,)) for field in described))) for described in ROW_FIELDS
)
_VALUES: Final = tuple(
    tuple((place, field) for place, field in enumerate(described, AT) if field.form == VALUE)
    for described in ROW_FIELDS
)


def position(cls: type[Any], name: str) -> int:
    """Return where the rows of a record class have a field.

    Raises:
        ValueError: It has no such field.
    """
    return [field.name for field in ROW_FIELDS[cls.KIND]].index(name) + AT


def places(cls: type[Any], *forms: str) -> tuple[tuple[int, str], ...]:
    """Return where the rows of a record class have fields of these forms, each with its form."""
    return tuple((place, field.form) for place, field in enumerate(ROW_FIELDS[cls.KIND], AT) if field.form in forms)


def to_row(record: Record) -> Row:
    """Return the record as a row."""
    kind = record.KIND
    row = tuple([getattr(record, field.name) for field in ROW_FIELDS[kind]])
    if _VALUES[kind]:
        row = tuple(
            [_plain(v) if field.form == VALUE else v for field, v in zip(ROW_FIELDS[kind], row, strict=True)],
        )
    return (kind, *row)


def to_record(row: Row) -> Record:
    """Return the row as a record.

    Raises:
        ValueError: The row is of no known kind, has the wrong number of fields, or a value that does not fit.
    """
    try:
        kind = row[KIND]
        if kind < 0:
            raise IndexError(kind)
        if values := _VALUES[kind]:
            cells = list(row)
            for place, field in values:
                cells[place] = build(field.hint, json.loads(cells[place]), unknown=True)
            row = tuple(cells)
        record: Record = RECORD_TYPES[kind](*row[AT:])
    except (IndexError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not a record: {row!r:.200}") from error
    return record


def completed(row: Row) -> Row:
    """Return a row with the defaults of the fields that its kind has been given since it was written."""
    missing = ROW_FIELDS[row[KIND]][len(row) - AT :] if 0 <= row[KIND] < len(ROW_FIELDS) else ()
    if any(field.default is MISSING for field in missing):
        return row  # it never was whole
    return (*row, *(field.default for field in missing)) if missing else row


def fits(row: Sequence[Any]) -> bool:
    """Return whether values from elsewhere have the types of a row; of the host's records also what is in their JSON.

    Args:
        row: The kind, a number, and the fields.
    """
    kind = row[KIND]
    if not 0 <= kind < len(_SHAPES) or tuple(map(type, row[AT:])) not in _SHAPES[kind]:
        return False
    if kind < HOST_NOTED:
        return True
    if not all(-_BIG < cell < _BIG for cell in row if type(cell) is int):
        return False
    try:
        for place, field in _VALUES[kind]:
            build(field.hint, json.loads(row[place]), unknown=True)
    except (ValueError, RecursionError):
        return False
    return True


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
    def last(self) -> Seq:
        """The seq of the last row."""
        return Seq(self.first + len(self.rows) - 1)
