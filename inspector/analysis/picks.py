"""Which publications a filter and a stretch of time pick out, kept up fold by fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Picks:
    """A publication is picked when one of its executions fits, or it has none and fits itself.

    Costs a byte per execution and five per publication, and per fold as much as is new.

    Args:
        journal: The run.
        chosen: The filter.
        span: Only publications with ``start ≤ at < end`` (ns); None for all.
    """

    def __init__(self, journal: Journal, chosen: Filter, span: tuple[int, int] | None = None) -> None:
        self._journal = journal
        self._filter = chosen
        self._span = span
        self._fits: Mask = np.zeros(0, np.bool_)
        self._count: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self._picked: Mask = np.zeros(0, np.bool_)
        self._update(np.arange(len(journal.executions)), np.arange(len(journal.publications)))

    def all(self) -> Ints:
        """Return the indexes of the publications picked, in order."""
        return np.flatnonzero(self._picked[: len(self._journal.publications)])

    def folded(self, change: Change) -> tuple[Ints, Ints]:
        """Return the publications that are picked now and were not, and those that were and are not; in order."""
        journal = self._journal
        executions = np.union1d(
            np.array(change.ended, np.int64), np.arange(change.first_execution, len(journal.executions))
        )
        return self._update(executions, np.arange(change.first_publication, len(journal.publications)))

    def _update(self, executions: Ints, publications: Ints) -> tuple[Ints, Ints]:
        journal = self._journal
        self._fits = _grown(self._fits, len(journal.executions))
        self._count = _grown(self._count, len(journal.publications))
        self._picked = _grown(self._picked, len(journal.publications))
        owners = journal.executions["publication"][executions]
        fits = self._filter.rows(journal, executions)
        np.add.at(self._count, owners, fits.astype(np.int32) - self._fits[executions].astype(np.int32))
        self._fits[executions] = fits
        touched = np.union1d(owners, publications).astype(np.int64)
        picked = self._count[touched] > 0
        alone = journal.publications["first"][touched] < 0
        picked[alone] = self._filter.unhandled(journal, touched[alone])
        if self._span is not None:
            at = journal.publications["at"][touched]
            picked &= (at >= self._span[0]) & (at < self._span[1])
        before = self._picked[touched]
        self._picked[touched] = picked
        return touched[picked & ~before], touched[before & ~picked]


def _grown(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    if length <= len(array):
        return array
    larger = np.zeros(max(length, 2 * len(array), 1024), array.dtype)
    larger[: len(array)] = array
    return larger
