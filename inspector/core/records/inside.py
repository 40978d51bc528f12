"""What happens inside an execution: the kinds of notes that probes make, and what stands in their data.

A note is written when something is over. When it began, and how long it took, is in its data, as times before the note:
so they hold in whatever session it ends up in.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, TypeVar

from ..errors import InspectorError
from ..values.build import build

#: A database statement, an HTTP request, a line of output, a row that was added, an end of a database session, a mail,
#: a server-sent event.
SQL: Final = "sql"
HTTP: Final = "http"
OUTPUT: Final = "output"
ROW: Final = "row"
TX: Final = "tx"
MAIL: Final = "mail"
FRAME: Final = "sse"


@dataclass(frozen=True)
class TimedNote:
    """What the data of a note has whose subject took a while.

    Attributes:
        ago: When it began, ns before the note.
        took: How long it took, ns.
        by: The library: ``sqlalchemy``, ``httpx``.
        error: Class name of the exception with which it failed; empty when it did not.
    """

    ago: int = 0
    took: int = 0
    by: str = ""
    error: str = ""


@dataclass(frozen=True)
class StatementNote(TimedNote):
    """The data of a note on a statement; its text is the statement, without the values that stand in it.

    Attributes:
        rows: Rows that it has changed, or that were fetched of it; None when nobody knows.
        parameters: Names of the types of its parameters, those of the first set.
        sets: Sets of parameters; 1 for one that is executed once.
    """

    rows: int | None = None
    parameters: tuple[str, ...] = ()
    sets: int = 1


@dataclass(frozen=True)
class RequestNote(TimedNote):
    """The data of a note on a request; its text is method, host and path.

    Attributes:
        status: Status of the answer; None when there was none.
        query: Names in the query, without their values.
    """

    status: int | None = None
    query: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineNote:
    """The data of a note on a line of output.

    Attributes:
        stream: ``stdout`` or ``stderr``.
        by_log: It was written by a handler of the program's logging.
    """

    stream: str = "stdout"
    by_log: bool = False


_Data = TypeVar("_Data", TimedNote, StatementNote, RequestNote, LineNote)


def data_of(note: TimedNote | LineNote) -> dict[str, Any]:
    """Return what is to be recorded, without what goes without saying."""
    return {
        field.name: list(value) if type(value) is tuple else value
        for field in fields(note)
        if (value := getattr(note, field.name)) != field.default or field.default is MISSING
    }


def read_data(cls: type[_Data], data: str) -> _Data:
    """Return the data of a note; what is missing or no such data is as if it had not been recorded."""
    try:
        plain = json.loads(data) if data else {}
        return build(cls, plain, unknown=True) if type(plain) is dict else cls()
    except (InspectorError, ValueError, RecursionError):
        return cls()
