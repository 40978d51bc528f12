"""Searching what a journal has forgotten: payloads of long runs, read from the store and asked in the background."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.analysis.query.query import Filter
    from inspector.analysis.query.terms import PayloadSearch
    from inspector.app.details import Details
    from inspector.store.search import StoredPayloads

Ints = npt.NDArray[np.int64]

#: Publications that are asked at once.
PAGE: Final = 8_192


class OlderSearch:
    """Asks the payloads that a filter needs and that are not at hand, the newest first. Results are in the journal.

    Args:
        details: Of the run; nothing is searched where it is not stored.
        chosen: The filter.
        progressed: Called after each page with how many events were searched and how many there are.

    Attributes:
        found: How many events were found to fit a term.
        unread: Payloads that cannot be read.
    """

    def __init__(self, details: Details, chosen: Filter, progressed: Callable[[int, int], None]) -> None:
        self._details, self._chosen, self._progressed = details, chosen, progressed
        self.found = 0
        self.unread = 0
        self._stopped = False

    def stop(self) -> None:
        """Read no further."""
        self._stopped = True

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped it."""
        return self._stopped

    @property
    def possible(self) -> bool:
        """Whether something is left to be searched, and stored."""
        stored = self._details.store is not None and self._details.session > 0
        return stored and len(self._chosen.unsearched(self._details.journal)) > 0

    async def run(self) -> None:
        """Search until nothing is left that is stored.

        Raises:
            InspectorError: The database cannot be read.
        """
        from inspector.store.search import StoredPayloads

        details, journal, store = self._details, self._details.journal, self._details.store
        if store is None:
            return
        terms = [
            (term, StoredPayloads(store, details.session, **term.narrowing()._asdict()))
            for term in self._chosen.searches()
        ]
        left = self._chosen.unsearched(journal)
        while len(left) and not self._stopped:
            rows, left = left[-PAGE:], left[:-PAGE]
            for term, payloads in terms:
                await self._search(term, payloads, rows)
            if self._stopped:
                return
            self._progressed(len(journal.publications) - len(left), len(journal.publications))
        self.unread = max((payloads.unread for _, payloads in terms), default=0)

    async def _search(self, term: PayloadSearch, payloads: StoredPayloads, rows: Ints) -> None:
        """Ask the payloads of some publications (indexes that grow); what is not stored stays unknown."""
        journal = self._details.journal
        rows = np.intersect1d(rows, journal.matches.of(term).unknown(int(rows[0])), assume_unique=True)
        if not len(rows):
            return
        index = {journal.publication_numbers.number(row): row for row in rows.tolist()}
        page = await payloads.page(list(index))
        for number in page.missing:
            del index[number]
        texts = [(index[number], text) for number, text in page.texts if number in index]
        answer = await asyncio.to_thread(term.ask, texts)
        term.take(journal, answer, np.array(list(index.values()), np.int64))
        self.found += len(answer.fitting)
