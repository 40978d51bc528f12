"""What the list of sessions says about each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

RECORDING: Final = "recording"
CLOSED: Final = "closed"
INTERRUPTED: Final = "interrupted"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class SessionInfo:
    """A session, as a row of the list.

    Attributes:
        id: Its number in the database; never used again after it is deleted.
        name: What people call it.
        program: What was recorded.
        source: Where it came from: ``demo``, ``project`` or ``import``.
        started_at: When it began (aware, UTC).
        state: ``recording`` (some process writes it), ``closed``, or ``interrupted`` (its process died).
        publications: How many there are.
        executions: How many there are.
        failures: Executions that ended badly; those cut off by an interruption are among them.
        swallowed: Executions that hid an exception.
        running: Executions without an end so far.
        records: The seq of the last stored record.
        duration: From the beginning to the last record.
        bytes: About how much it takes on disk.
    """

    id: int
    name: str
    program: str
    source: str
    started_at: datetime
    state: str
    publications: int
    executions: int
    failures: int
    swallowed: int
    running: int
    records: int
    duration: timedelta
    bytes: int


#: Columns of ``sessions`` in the order that ``session_info`` takes them.
INFO_COLUMNS: Final = (
    "id, name, program, source, wall, closed, publications, executions, ended, failures, swallowed, last_seq, last_at,"
    " bytes"
)
#: About how many bytes a row of an execution and of a publication take.
_EXECUTION_BYTES: Final = 36
_PUBLICATION_BYTES: Final = 40


def wall_time(nanoseconds: int) -> datetime:
    """Return the moment so many nanoseconds after the epoch (aware, UTC, whole microseconds)."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def session_info(row: tuple[object, ...], *, live: bool) -> SessionInfo:
    """Make the info of a row of ``INFO_COLUMNS``.

    Args:
        row: The row.
        live: Whether a process is recording it.
    """
    identity, name, program, source, wall, closed, *numbers = row
    publications, executions, ended, failures, swallowed, records, last_at, size = map(_number, numbers)
    state = CLOSED if closed is not None else RECORDING if live else INTERRUPTED
    running = max(0, executions - ended)
    return SessionInfo(
        id=_number(identity),
        name=_text(name),
        program=_text(program),
        source=_text(source),
        started_at=wall_time(_number(wall)),
        state=state,
        publications=publications,
        executions=executions,
        failures=failures + (running if state == INTERRUPTED else 0),
        swallowed=swallowed,
        running=running,
        records=records,
        duration=timedelta(microseconds=last_at // 1000),
        bytes=size + executions * _EXECUTION_BYTES + publications * _PUBLICATION_BYTES,
    )


def _number(cell: object) -> int:
    if not isinstance(cell, int):
        raise TypeError(f"not a number: {cell!r:.100}")
    return cell


def _text(cell: object) -> str:
    return cell.decode("utf-8", "surrogatepass") if isinstance(cell, bytes) else str(cell)
