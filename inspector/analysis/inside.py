"""What happened inside an execution, in order: what was noted in it, and what it published."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from inspector.core.records.inside import HTTP, OUTPUT, SQL, LineNote, RequestNote, StatementNote, TimedNote, read_data
from inspector.core.records.numbers import NO_PUBLICATION, ExecutionIndex, PublicationIndex
from inspector.core.records.records import CAUGHT, LOG

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.core.records.records import Noted

#: Kind of the item that an event was published.
EVENT: Final = "event"
#: Statuses of HTTP from here on are failures.
_FAILS: Final = 400


class InsideItem(NamedTuple):
    """Something that happened inside an execution.

    Attributes:
        at: When it began, ns since the session started.
        kind: ``log``, ``sql``, ``http``, ``event``, ``output``, ``mail``, ``row``, ``tx``, or what a probe says.
        level: ``debug``, ``info``, ``warning`` or ``error``.
        text: What to read in one line.
        took: How long it took, ns; None for what takes no time.
        rows: Rows of a statement; None when nobody knows.
        status: Status of a request; None without an answer.
        error: Class name of the exception with which it failed.
        handlers: To how many handlers an event went; None for what is no event.
        publication: The publication of an event.
        data: More, as JSON text; empty when there is none.
        note: The note that it is made of; None for an event.
    """

    at: int
    kind: str
    level: str
    text: str
    took: int | None = None
    rows: int | None = None
    status: int | None = None
    error: str = ""
    handlers: int | None = None
    publication: PublicationIndex = NO_PUBLICATION
    data: str = ""
    note: Noted | None = None

    @property
    def fails(self) -> bool:
        """It did not go well."""
        return bool(self.error) or self.level == "error" or (self.status or 0) >= _FAILS


def item_of(note: Noted) -> InsideItem:
    """Return what a note tells of."""
    plain = InsideItem(note.at, note.kind, note.level, note.text, data=note.data, note=note)
    if note.kind == SQL:
        statement = read_data(StatementNote, note.data)
        began = note.at - statement.ago
        return plain._replace(at=began, took=statement.took, rows=statement.rows, error=statement.error)
    if note.kind == HTTP:
        request = read_data(RequestNote, note.data)
        began = note.at - request.ago
        return plain._replace(at=began, took=request.took, status=request.status, error=request.error)
    if note.kind == CAUGHT:  # it is noted at the end: only then it is known that nothing was made good
        return plain._replace(at=note.at - read_data(TimedNote, note.data).ago)
    return plain


def inside_of(journal: Journal, execution: ExecutionIndex, notes: Iterable[Noted]) -> list[InsideItem]:
    """Return what happened inside an execution, in the order in which it began.

    Args:
        journal: The run.
        execution: The execution; ``NO_EXECUTION`` for the notes of a publication alone.
        notes: Its notes: a journal keeps only those of the newest executions.
    """
    notes = list(notes)
    logged = [note.text for note in notes if note.kind == LOG]
    items = [item_of(note) for note in notes if not (logged and _repeats(note, logged))]
    for index in journal.caused_by(execution) if execution >= 0 else ():
        publication = journal.publication(index)
        text = f"{publication.event.name} #{publication.number}"
        items.append(InsideItem(publication.at, EVENT, "info", text, handlers=publication.handlers, publication=index))
    return sorted(items, key=lambda item: item.at)


def _repeats(note: Noted, logged: list[str]) -> bool:
    """Return whether a line of output is what the program's logging wrote of a record that is noted, too."""
    if note.kind != OUTPUT or not read_data(LineNote, note.data).by_log:
        return False
    return any(text and text.partition("\n")[0] in note.text for text in logged)
