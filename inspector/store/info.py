"""What the list of sessions says about each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from inspector.store.naming import telling_name
from inspector.store.schema import MAX_SESSION, SESSION_SPAN
from inspector.store.text import is_text
from inspector.store.trouble import count_records

RECORDING: Final = "recording"
CLOSED: Final = "closed"
INTERRUPTED: Final = "interrupted"
DAMAGED: Final = "damaged"

#: What a session comes from that was imported; the name of the file follows behind a colon.
IMPORT: Final = "import"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Beyond what any number of ours says: times are nanoseconds.
_BIG: Final = 1 << 62


@dataclass(frozen=True)
class SessionInfo:
    """A session, as a row of the list.

    Attributes:
        id: Its number in the database; never used again after it is deleted.
        name: What people call it.
        program: What was recorded.
        source: Where it came from: ``demo``, ``project`` or ``import``.
        started_at: When it began (aware, UTC); ``UNKNOWN_TIME`` when that is damaged.
        state: ``recording`` (some process writes it), ``closed``, ``interrupted`` (its process died), or ``damaged``
            (its row says what cannot be: what can be read of it is read).
        publications: How many there are.
        executions: How many there are.
        failures: Executions that ended badly; those cut off by an interruption are among them, those under a fault and
            those in retries not.
        timed_out: How many of ``failures`` timed out.
        swallowed: Executions that hid an exception, likewise.
        running: Executions without an end so far.
        records: The seq of the last stored record.
        duration: From the beginning to the last record.
        bytes: About how much it takes on disk.
        damage: What is wrong with its row, or with its pages as far as they were read; empty when nothing is.
        stored: Records of it that are there; None when they were not counted.
        lost: Records of it that were lost; None likewise.
        unplaced: Executions of it that cannot be placed: what published them is missing; None likewise.
        file: Name of the file that it was imported from, empty for any other.
        first_event: Name of the event that was published first; empty when it was not looked up, or there is none.
        by_fault: Executions under a fault that have ended, however they did.
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
    damage: str = ""
    stored: int | None = None
    lost: int | None = None
    unplaced: int | None = None
    file: str = ""
    first_event: str = ""
    by_fault: int = 0
    timed_out: int = 0

    @property
    def title(self) -> str:
        """What tells it from others: the name that a person gave it, else what was recorded and its first event."""
        return telling_name(self.name, self.program, self.first_event)

    @property
    def gaps(self) -> str:
        """What it lacks, in words; empty when nothing is known to be missing."""
        lost = f"{count_records(self.lost)} lost" if self.lost else ""
        noun = "execution" if self.unplaced == 1 else "executions"
        unplaced = f"{self.unplaced:,} {noun} unplaced".replace(",", "\u2009") if self.unplaced else ""
        return ", ".join(part for part in (lost, unplaced) if part)


#: Characters of a name that are shown: whoever draws one of millions stands still.
_LONGEST: Final = 500
_TEXTS: Final = ("name", "program", "source")
_NUMBERS: Final = (
    *("publications", "executions", "ended", "failures", "timed_out", "swallowed", "by_fault"),
    *("last_seq", "last_at", "bytes"),
)
#: Columns of ``sessions`` in the order that ``session_info`` takes them.
INFO_COLUMNS: Final = f"id, {', '.join(_TEXTS)}, wall, closed, deleted, {', '.join(_NUMBERS)}"
#: Where ``closed`` stands among them.
CLOSED_AT: Final = 5
#: When a session began whose row does not say.
UNKNOWN_TIME: Final = _EPOCH
#: About how many bytes a row of an execution and of a publication take.
_EXECUTION_BYTES: Final = 36
_PUBLICATION_BYTES: Final = 40


def wall_time(nanoseconds: int) -> datetime:
    """Return the moment so many nanoseconds after the epoch (aware, UTC, whole microseconds)."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def session_info(row: tuple[object, ...], *, live: bool) -> SessionInfo:
    """Make the info of a row of ``INFO_COLUMNS``, whatever its cells hold.

    Args:
        row: The row.
        live: Whether a process is recording it.
    """
    identity, *cells = row
    damage = _Damage()
    texts = [damage.text(column, cell) for column, cell in zip(_TEXTS, cells[:3], strict=True)]
    name, program, source = (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…" for text in texts)
    wall = damage.number("wall", cells[3], -_BIG, None)
    closed = None if cells[4] is None else damage.number("closed", cells[4], -_BIG)
    if cells[5] != 0:
        damage.add("deleted")
    numbers = {column: damage.number(column, cell) for column, cell in zip(_NUMBERS, cells[6:], strict=True)}
    if not 0 < numbers["last_seq"] < SESSION_SPAN:
        damage.add("last_seq")
    if not isinstance(identity, int) or not 0 < identity <= MAX_SESSION:
        damage.add("id")
    state = DAMAGED if damage.columns else CLOSED if closed is not None else RECORDING if live else INTERRUPTED
    file = ""
    if source.startswith(f"{IMPORT}:"):
        source, _, file = source.partition(":")
    publications, executions = numbers["publications"], numbers["executions"]
    running = max(0, executions - numbers["ended"])
    return SessionInfo(
        id=identity if isinstance(identity, int) else 0,
        name=name,
        program=program,
        source=source,
        started_at=UNKNOWN_TIME if wall is None else wall_time(wall),
        state=state,
        publications=publications,
        executions=executions,
        failures=numbers["failures"] + (running if state == INTERRUPTED else 0),
        swallowed=numbers["swallowed"],
        running=running,
        records=numbers["last_seq"],
        duration=timedelta(microseconds=numbers["last_at"] // 1000),
        bytes=numbers["bytes"] + executions * _EXECUTION_BYTES + publications * _PUBLICATION_BYTES,
        damage=damage.sentence(),
        file=file,
        by_fault=numbers["by_fault"],
        timed_out=min(numbers["timed_out"], numbers["failures"]),
    )


class _Damage:
    """Reads the cells of a row, and remembers those that hold something else than they should."""

    def __init__(self) -> None:
        self.columns: list[str] = []

    def add(self, column: str) -> None:
        """Remember a column."""
        if column not in self.columns:
            self.columns.append(column)

    def number(self, column: str, cell: object, least: int = 0, otherwise: Any = 0) -> Any:
        """Return a number of at least ``least``; ``otherwise`` when the cell holds none."""
        if isinstance(cell, int) and least <= cell < _BIG:
            return cell
        self.add(column)
        return otherwise

    def text(self, column: str, cell: object) -> str:
        """Return a text; bytes of it that are no text come as lone surrogates."""
        if isinstance(cell, bytes):
            try:
                return cell.decode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                self.add(column)
                return cell.decode("utf-8", "surrogateescape")
        if not isinstance(cell, str):
            self.add(column)
            return ""
        if not is_text(cell):
            self.add(column)
        return cell

    def sentence(self) -> str:
        """Return what is wrong, empty when nothing is."""
        named = ", ".join(self.columns[:4]) + (", …" if len(self.columns) > 4 else "")
        return f"its row in the database is wrong ({named})" if self.columns else ""
