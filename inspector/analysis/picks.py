"""Which publications a filter and a stretch of time pick out, kept up fold by fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.spill import GrowingArray

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: What is kept: by execution whether it fits; by publication how many of its executions do, and whether it is picked.
_ARRAYS: Final = {"fits": np.bool_, "count": np.int32, "picked": np.bool_}


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
        self._grown = {name: GrowingArray(dtype) for name, dtype in _ARRAYS.items()}
        self._update(np.arange(len(journal.executions)), np.arange(len(journal.publications)))

    def all(self) -> Ints:
        """Return the indexes of the publications picked, in order."""
        return np.flatnonzero(self._grown["picked"].array[: len(self._journal.publications)])

    def folded(self, change: Change) -> tuple[Ints, Ints]:
        """Return the indexes of the publications that are picked now and were not, and of those that were; in order."""
        journal = self._journal
        executions = np.union1d(
            np.array(change.ended, np.int64), np.arange(change.first_execution, len(journal.executions))
        )
        return self._update(executions, np.arange(change.first_publication, len(journal.publications)))

    def _update(self, executions: Ints, publications: Ints) -> tuple[Ints, Ints]:
        journal = self._journal
        all_fits = self._grown["fits"].reserve(len(journal.executions))
        all_counts = self._grown["count"].reserve(len(journal.publications))
        all_picked = self._grown["picked"].reserve(len(journal.publications))
        owners = journal.executions["publication"][executions]
        fits = self._filter.rows(journal, executions)
        np.add.at(all_counts, owners, fits.astype(np.int32) - all_fits[executions].astype(np.int32))
        all_fits[executions] = fits
        touched = np.union1d(owners, publications).astype(np.int64)
        picked = all_counts[touched] > 0
        alone = journal.publications["first"][touched] < 0
        picked[alone] = self._filter.unhandled(journal, touched[alone])
        if self._span is not None:
            at = journal.publications["at"][touched]
            picked &= (at >= self._span[0]) & (at < self._span[1])
        before = all_picked[touched]
        all_picked[touched] = picked
        return touched[picked & ~before], touched[before & ~picked]
