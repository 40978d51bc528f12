"""The rest of a live stream as a stream of its own: what a new session records while the program goes on."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.core.records.brake import NOT_STORED
from inspector.core.records.host import HOST_RECORDS, HandlersNotCalled, ProcessJoined, PublicationsSkipped
from inspector.core.records.records import (
    AT,
    HANDLER_ENDED,
    HANDLER_STARTED,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    Batch,
    HandlerEnded,
    HandlerStarted,
    Noted,
    PublicationEnded,
    Published,
    Row,
    SessionStarted,
    position,
    to_row,
)
from inspector.core.values.build import to_plain

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.core.records.host import HostRecord

_PUBLICATION: Final = {
    PUBLISHED: position(Published, "publication"),
    HANDLER_STARTED: position(HandlerStarted, "publication"),
    PUBLICATION_ENDED: position(PublicationEnded, "publication"),
    NOTED: position(Noted, "publication"),
    HandlersNotCalled.KIND: position(HandlersNotCalled, "publication"),
}
_EXECUTION: Final = {
    HANDLER_STARTED: position(HandlerStarted, "execution"),
    HANDLER_ENDED: position(HandlerEnded, "execution"),
    NOTED: position(Noted, "execution"),
}
_CAUSE: Final = position(Published, "cause")
#: Places of times beside ``at``, by kind.
_TIMES: Final = {
    cls.KIND: tuple(position(cls, name) for name in ("since", "started") if name in cls.__dataclass_fields__)
    for cls in HOST_RECORDS
}


class Section:
    """What a stream brings after a journal of its beginning, told as a session that begins there.

    Times count from the end of the journal. What is about a publication of the journal is left out: its execution ends,
    and what was noted in it, belong to the session before. Numbers go on.

    Args:
        readers: Read the stream from the end of the journal on; each is handed out once.
        journal: The beginning.
    """

    def __init__(self, readers: Sequence[AsyncIterator[Batch]], journal: Journal) -> None:
        session = journal.session
        assert session is not None  # noqa: S101 - a stream begins with it
        self._readers = list(readers)
        self._begins = journal.now
        self._publication = journal.publication_numbers.last
        self._execution = journal.execution_numbers.last
        #: Seq of a batch's last row here, and in the stream, and when it was; what is stored is told in the stream's.
        self._living = _living(journal)
        self._marks = deque([(1 + len(self._living), journal.seq, journal.now)])
        wall = session.wall + journal.now if session.wall else 0
        self._started = replace(session, at=0, wall=wall, catalog=_catalog(journal, session))

    async def read(self) -> AsyncIterator[Batch]:
        """Yield batches as ``LiveStream.read`` does, the session's beginning first."""
        batches = self._readers.pop()
        yield Batch(1, [to_row(self._started), *self._living])
        last = 1 + len(self._living)
        earlier: set[int] = set()
        async for batch in batches:
            rows = [self._moved(row) for row in batch.rows if not self._is_earlier(row, earlier)]
            if rows:
                part = Batch(last + 1, rows)
                last = part.last
                if last > self._marks[-1][0]:
                    self._marks.append((last, batch.last, batch.rows[-1][AT]))
                yield part

    def in_stream(self, seq: int) -> tuple[int, int]:
        """Return up to which seq of the stream everything is stored when it is here up to ``seq``, and when that was.

        Seqs that are asked for never fall.
        """
        if seq == NOT_STORED:
            return NOT_STORED, 0
        while len(self._marks) > 1 and self._marks[1][0] <= seq:
            self._marks.popleft()
        return self._marks[0][1], self._marks[0][2]

    def _is_earlier(self, row: Row, earlier: set[int]) -> bool:
        """Return whether a row is about what began before; ``earlier`` gathers executions that began later in such."""
        kind = row[KIND]
        publication = row[_PUBLICATION[kind]] if kind in _PUBLICATION else 0
        execution = row[_EXECUTION[kind]] if kind in _EXECUTION else 0
        if 0 < publication <= self._publication:
            if execution:
                earlier.add(execution)
            return True
        return execution in earlier or 0 < execution <= self._execution

    def _moved(self, row: Row) -> Row:
        cells = list(row)
        for place in (AT, *_TIMES.get(row[KIND], ())):
            cells[place] = max(0, row[place] - self._begins)
        if row[KIND] == PUBLISHED and cells[_CAUSE] <= self._execution:
            cells[_CAUSE] = 0
        return tuple(cells)


def _living(journal: Journal) -> list[Row]:
    """Return the rows that tell of the processes that live: of each that it is there, and what of it is left out."""
    records: list[HostRecord] = []
    for entry in journal.processes.by_number.values():
        if entry.live:
            about = entry.pid, entry.parent, entry.role, entry.command, entry.python
            records.append(ProcessJoined(0, entry.number, *about))
            if entry.one_in > 1:
                records.append(PublicationsSkipped(0, entry.number, entry.one_in, 0, 0))
    return [to_row(record) for record in (*records, *(replace(silent, at=0) for silent in journal.processes.silent))]


def _catalog(journal: Journal, session: SessionStarted) -> str:
    """Return the catalog as it is now, as JSON text: handlers may have come, or the program been loaded anew."""
    catalog = journal.catalog
    if catalog is None:
        return session.catalog
    return json.dumps(to_plain(replace(catalog, handlers=tuple(journal.handlers))))
