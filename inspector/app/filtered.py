"""Executions of a stored run that a filter picks out, without a window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.journal import Journal
from inspector.analysis.placement import Placed, Placement
from inspector.analysis.query.query import Filter, FilterError, like_field, parse
from inspector.app.text import plural
from inspector.core.errors import UsageError
from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, KIND, Batch, HandlerStarted, position
from inspector.core.records.statuses import RUNNING_CODE
from inspector.store.trouble import count_lost

if TYPE_CHECKING:
    from inspector.core.records.numbers import Numbering
    from inspector.core.records.stream import RecordStream
    from inspector.store.reader import StoredStream

#: Where the number of an execution stands, in the row of its start and that of its end.
_EXECUTION: Final = position(HandlerStarted, "execution")

Mask = npt.NDArray[np.bool_]


def filter_of(text: str) -> Filter:
    """Read a filter from the command line.

    Raises:
        UsageError: It cannot be read; the text says where.
    """
    try:
        return parse(text)
    except FilterError as error:
        part = text[error.position : error.position + error.length]
        where = f" (“{part}”, character {error.position + 1} of the filter)" if part else ""
        raise UsageError(f"{error.text}{where}", error.hint) from error


async def pick(stream: RecordStream, chosen: Filter) -> tuple[Journal, Mask]:
    """Fold a run and say which of its executions fit.

    Payloads are asked as they come: older ones are no longer at hand.

    Args:
        stream: A stream that ends.
        chosen: The filter.

    Returns:
        The journal, and the mask of the executions by index, shape ``(executions,)``.

    Raises:
        InspectorError: It cannot be read.
    """
    journal = Journal()
    fits: Mask = np.zeros(1024, np.bool_)
    async for batch in stream.read():
        change = journal.fold(batch)
        chosen.look(journal, change.first_publication)
        while len(fits) < len(journal.executions):
            fits = np.concatenate((fits, np.zeros(len(fits), np.bool_)))
        ended = np.array(change.ended, np.int64)
        fits[ended] = chosen.rows(journal, ended)
    for name in chosen.unknown_fields(journal):
        meant = like_field(journal, name).strip()
        raise UsageError(f"No event has a field “{name}”.", meant or "Quote the term to search for this text.")
    running = np.flatnonzero(journal.executions["status"] == RUNNING_CODE)
    fits[running] = chosen.rows(journal, running)
    return journal, fits[: len(journal.executions)]


def placement_warnings(journal: Placed) -> list[str]:
    """Return what is to be said of records that are missing or do not fit together, a sentence each."""
    said = [f"{count_lost(journal.dropped)}."] if journal.dropped else []
    if journal.catalog_unreadable:
        said.append("The catalog cannot be read: only the names of events and handlers are known.")
    if journal.unplaced:
        said.append(f"{plural(journal.unplaced, 'execution')} without a publication, which is missing.")
    others = journal.orphans - journal.unplaced
    if others:
        why = "an end without or before its start, or a duplicate number"
        said.append(f"{plural(others, 'record')} cannot be placed: {why}.")
    if journal.uncaused:
        said.append(f"{plural(journal.uncaused, 'publication')} without a cause, which is missing or recorded later.")
    return said


class PlacedStream:
    """A stored session as a stream that counts, as it is read, what of it is missing or cannot be placed.

    Args:
        stream: The whole session.

    Attributes:
        placement: What the last ``read`` came to.
    """

    def __init__(self, stream: StoredStream) -> None:
        self._stream = stream
        self.placement = Placement()

    def warnings(self) -> list[str]:
        """Return what is to be said of the last ``read``, a sentence each."""
        return [*self._stream.warnings(), *placement_warnings(self.placement)]

    async def read(self, after: int = 0) -> AsyncIterator[Batch]:
        """Yield the batches."""
        self.placement = Placement()
        async for batch in self._stream.read(after):
            self.placement.fold(batch)
            yield batch


class PickedStream:
    """A stream without the executions that were not picked; for what does not number them, like tables.

    Args:
        stream: The whole stream.
        fits: Which executions stay, by index.
        numbers: Their numbers, as the journal has them.
    """

    def __init__(self, stream: RecordStream, fits: Mask, numbers: Numbering) -> None:
        self._stream = stream
        self._fits = fits
        self._numbers = numbers

    async def read(self, after: int = 0) -> AsyncIterator[Batch]:
        """Yield the batches with fewer rows; seqs have gaps."""
        async for batch in self._stream.read(after):
            rows = [
                row
                for row in batch.rows
                if row[KIND] not in (HANDLER_STARTED, HANDLER_ENDED) or self._stays(row[_EXECUTION])
            ]
            if rows:
                yield Batch(batch.first, rows)

    def _stays(self, number: int) -> bool:
        index = self._numbers.index(number)
        return 0 <= index < len(self._fits) and bool(self._fits[index])
