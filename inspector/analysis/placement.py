"""What of a run stands in its place, counted without a journal: what a file or table of it must be told with."""

from __future__ import annotations

import json
from typing import Final, Protocol

from inspector.core.description import CatalogDescription, remembered_catalog
from inspector.core.records.bounds import MAX_NAME
from inspector.core.records.host import RecordsLost
from inspector.core.records.numbers import Numbering
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    SESSION_STARTED,
    Batch,
    Row,
    SessionStarted,
    position,
)
from inspector.core.records.statuses import STATUSES
from inspector.core.values.build import build

_CATALOG: Final = position(SessionStarted, "catalog")
_LOST: Final = position(RecordsLost, "count")


class Placed(Protocol):
    """Counts of what of a run is missing or cannot be placed: a ``Journal``, or a ``Placement``."""

    unplaced: int
    orphans: int
    uncaused: int
    dropped: int
    catalog_unreadable: bool


class Placement:
    """Counts rows as a ``Journal`` does, and keeps only what is open.

    Attributes:
        orphans: Rows that cannot be placed: what they are about is missing, or was before they began.
        unplaced: Executions among them.
        uncaused: Publications whose cause is missing, or comes after them.
        dropped: Records that were lost, as far as they were counted.
        catalog_unreadable: Whether there is a catalog that cannot be read.
    """

    def __init__(self) -> None:
        self.orphans = self.unplaced = self.uncaused = self.dropped = 0
        self.catalog_unreadable = False
        self._published, self._begun = Numbering(), Numbering()
        #: When what has not ended began, by number.
        self._open: dict[int, int] = {}
        self._running: dict[int, int] = {}

    def fold(self, batch: Batch) -> None:
        """Take in a batch."""
        for row in batch.rows:
            kind = row[KIND]
            if kind == HANDLER_STARTED:
                self._started(row)
            elif kind == HANDLER_ENDED:
                _, at, number, status, _, _ = row
                # The end of what did not begin, or of what has ended.
                if status not in STATUSES or at < self._running.get(number, at + 1):
                    self.orphans += 1
                else:
                    del self._running[number]
            elif kind == PUBLISHED:
                self._publish(row)
            elif kind == PUBLICATION_ENDED:
                _, at, number, _ = row
                if at < self._open.get(number, at + 1):
                    self.orphans += 1
                else:
                    del self._open[number]
            elif kind == NOTED:
                _, _, execution, publication, *_ = row
                numbers = self._begun if execution else self._published
                self.orphans += numbers.index(execution or publication) < 0
            elif kind == RecordsLost.KIND:
                self.dropped += row[_LOST]
            elif kind == SESSION_STARTED:
                self.catalog_unreadable = bool(row[_CATALOG]) and read_catalog(row[_CATALOG]) is None

    def _publish(self, row: Row) -> None:
        _, at, number, _, _, _, cause, *_ = row
        if self._published.add(number) < 0:
            self.orphans += 1
            return
        self._open[number] = at
        self.uncaused += cause != 0 and self._begun.index(cause) < 0

    def _started(self, row: Row) -> None:
        _, at, number, publication, *_ = row
        if self._published.index(publication) < 0 or self._begun.add(number) < 0:
            self.orphans += 1
            self.unplaced += 1
            return
        self._running[number] = at


def read_catalog(text: str) -> CatalogDescription | None:
    """Return the catalog of a run; None when it is none of ours."""
    written_here = remembered_catalog(text)
    if written_here is not None:
        return written_here
    try:
        catalog: CatalogDescription = build(CatalogDescription, json.loads(text))
    except (ValueError, RecursionError):
        return None
    names = (*(event.name for event in catalog.events), *(handler.label for handler in catalog.handlers))
    return catalog if max(map(len, names), default=0) <= MAX_NAME else None
