"""A stored session read into a journal: in columns, or record by record where something in it is unusual."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from inspector.analysis.columnfold import ColumnFold, UnusualError
from inspector.analysis.entries import RECENT
from inspector.core.records.records import Batch, to_row
from inspector.core.records.statuses import RUNNING_CODE
from inspector.store.columns import EXECUTION_CELLS, PUBLICATION_CELLS, NotPlain, StoredColumns
from inspector.store.reader import StoredStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.store.store import Store


class SessionReading:
    """Reads a stored session into a journal.

    Args:
        store: The open store.
        session: The session's id.
        begin: Returns a new journal. Called again when reading has to begin anew: what was folded until then is to be
            forgotten.

    Attributes:
        stream: The session as a stream, which knows after all what is wrong with it.
        in_columns: It was, or is, read in columns.
    """

    def __init__(self, store: Store, session: int, begin: Callable[[], Journal]) -> None:
        self.stream = StoredStream(store, session)
        self.in_columns = True
        self._store = store
        self._session = session
        self._begin = begin
        self._stopped = False

    def stop(self) -> None:
        """Read no further: nothing more is folded."""
        self._stopped = True

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped it."""
        return self._stopped

    async def read(self) -> AsyncIterator[Change]:
        """Yield what each page has changed in the journal; no transaction stays open between two pages.

        Raises:
            InspectorError: There is no such session, or the database cannot be read.
        """
        journal = self._begin()
        try:
            async for change in self._in_columns(journal):
                yield change
        except (NotPlain, UnusualError):
            self.in_columns = False
        if self.in_columns or self._stopped:
            return
        if journal.seq:
            journal = self._begin()
        self.stream = StoredStream(self._store, self._session)
        async for batch in self.stream.read():
            if self._stopped:
                return
            yield journal.fold(batch)

    async def _in_columns(self, journal: Journal) -> AsyncIterator[Change]:
        columns = StoredColumns(self._store, self._session, RECENT)
        self.stream = columns.stream
        try:
            async for change in self._folded(journal, columns):
                yield change
        finally:
            await columns.close()

    async def _folded(self, journal: Journal, columns: StoredColumns) -> AsyncIterator[Change]:
        started = await columns.open()
        if self._stopped:
            return
        yield journal.fold(Batch(1, [to_row(started)]))
        fold = ColumnFold(journal, columns.names, PUBLICATION_CELLS, EXECUTION_CELLS)
        while not fold.complete and not self._stopped:
            # Pages become numbers on another thread: that knows nothing of the journal, and a window answers meanwhile.
            if fold.publications_wanted:
                publications = await columns.publications()
                await asyncio.to_thread(
                    fold.take_publications,
                    publications.cells,
                    (publications.event_ids, publications.correlations),
                    (publications.odd_event_ids, publications.odd_correlations),
                    publications.texts,
                    exhausted=publications.exhausted,
                )
            else:
                page = await columns.executions()
                await asyncio.to_thread(fold.take_executions, page.cells, page.failures, exhausted=page.exhausted)
            others = await columns.others(fold.ready)
            for change in fold.fold(fold.ready, others) if not self._stopped else ():
                yield change
                if self._stopped:
                    return
        if self._stopped:
            return
        running = np.flatnonzero(journal.executions["status"] == RUNNING_CODE).tolist()
        numbers = [journal.execution_numbers.number(index) for index in running]
        cut = await columns.finish(journal.seq, fold.count, numbers)
        if cut is not None and not self._stopped:
            yield journal.fold(cut)
