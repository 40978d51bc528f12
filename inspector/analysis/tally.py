"""Losses counted: all of a run, or what a filter and a stretch of time leave of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.losskinds import LOSS_KINDS

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.analysis.losses import Loss
    from inspector.analysis.query.query import Filter

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Slices of a trend.
SLICES: Final = 24


class LossTally:
    """Counts losses by group, exactly, from the rows of each.

    Args:
        journal: Whose losses.
        chosen: Only losses of executions and events that fit; None for all.
        stretch: Only losses from a time to another, both in ns since the session started; None for the whole session.

    Attributes:
        counts: How many there are, by number of the group.
        first: When the first was, likewise; only where there is one.
        last: When the newest was, likewise.
    """

    def __init__(self, journal: Journal, chosen: Filter | None = None, stretch: tuple[int, int] | None = None) -> None:
        self._journal = journal
        self._chosen = chosen or None
        self._stretch = stretch
        self._fits: Mask = np.zeros(0, np.bool_)
        self.counts: Ints = np.zeros(0, np.int64)
        self.first: Ints = np.zeros(0, np.int64)
        self.last: Ints = np.zeros(0, np.int64)
        self.refresh()

    @property
    def window(self) -> tuple[int, int]:
        """The time that trends are about."""
        return self._stretch or (0, max(self._journal.now, 1))

    def refresh(self) -> None:
        """Count anew."""
        losses = self._journal.losses
        groups = len(losses.groups)
        if self._chosen is None and self._stretch is None:
            self.counts = np.array([loss.count for loss in losses.groups], np.int64)
            self.first = np.array([loss.first for loss in losses.groups], np.int64)
            self.last = np.array([loss.last for loss in losses.groups], np.int64)
            return
        rows = self._rows()
        group, at, times = (losses.items[name][rows] for name in ("group", "at", "times"))
        self.counts = np.bincount(group, times, groups).astype(np.int64)
        self.first, self.last = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
        self.first[group[::-1]] = at[::-1]  # of several the one that is written last: the first
        self.last[group] = at

    def kinds(self, left: list[Loss]) -> list[int]:
        """Return how many of some groups there are of each kind."""
        counts = [0] * len(LOSS_KINDS)
        for loss in left:
            counts[loss.kind] += self.count(loss)
        return counts

    def count(self, loss: Loss) -> int:
        """Return how many there are of a group."""
        return int(self.counts[loss.number]) if loss.number < len(self.counts) else 0

    def trends(self) -> npt.NDArray[np.int64]:
        """Return how many there are of each group in each slice of the window, shape ``(groups, SLICES)``."""
        losses = self._journal.losses
        groups, (start, end) = len(losses.groups), self.window
        rows = self._rows()
        group, at, times = (losses.items[name][rows] for name in ("group", "at", "times"))
        place = np.clip((at - start) * SLICES // max(end - start + 1, 1), 0, SLICES - 1)
        flat = np.bincount(group.astype(np.int64) * SLICES + place, times, groups * SLICES)
        return flat.astype(np.int64).reshape(groups, SLICES)

    def _rows(self) -> Ints:
        """Return the rows of the losses that count."""
        items = self._journal.losses.items
        mask = items["times"] > 0
        if self._chosen is not None:
            mask &= self._fitting()
        if self._stretch is not None:
            start, end = self._stretch
            mask &= (items["at"] >= start) & (items["at"] <= end)
        return np.flatnonzero(mask)

    def _fitting(self) -> Mask:
        """Return which rows the filter lets through; those that were asked about are not asked again."""
        items, chosen = self._journal.losses.items, self._chosen
        first = len(self._fits)
        if chosen is not None and first < len(items):
            executions = items["execution"][first:].astype(np.int64)
            publications = items["publication"][first:].astype(np.int64)
            fits = np.zeros(len(executions), np.bool_)
            ran = executions >= 0
            fits[ran] = chosen.rows(self._journal, executions[ran])
            published = ~ran & (publications >= 0)
            fits[published] = chosen.unhandled(self._journal, publications[published])
            self._fits = np.concatenate((self._fits, fits))
        return self._fits
