"""Latency over time: a band of percentiles per slice and the outliers above it, in constant memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.entries import IS_BAD, Change
from inspector.analysis.histograms import CELLS, Floats, Ints, cells, quantiles

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

Mask = npt.NDArray[np.bool_]

#: Outliers and failures kept per slice.
KEPT: Final = 4
_LEVELS: Final = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class PercentileBand:
    """What to draw: a point per slice that has executions, in the order of time.

    Attributes:
        at: Middle of the slice in ns since the session started, shape ``(n,)``.
        count: Executions that ended in it, shape ``(n,)``.
        p50, p95, p99: Percentiles in ns, shape ``(n,)``.
        outliers: Executions above the p99 of the whole picture, the longest of each slice: end in ns, length in
            ns and index, shape ``(m, 3)``.
        failures: Executions that ended badly, the longest of each slice, in the same form and with their status code,
            shape ``(m, 4)``.
    """

    at: Floats
    count: Ints
    p50: Floats
    p95: Floats
    p99: Floats
    outliers: Ints
    failures: Ints


class OverTime:
    """Latency over time of the executions that a question picks out.

    Args:
        journal: What has already ended in it is counted at once.
        rows: Which executions: takes indexes, shape ``(n,)``, and gives a mask.
        slices: How many slices of time to keep.
        width: Length of a slice in ns.
        rolling: Keep only the newest slices (the last minute, say). Otherwise the whole run is kept, and
            slices double their length when there would be too many.
        until: Where the picture ends, ns; what ends later counts as ending then. None follows the run.
    """

    def __init__(
        self,
        journal: Journal,
        rows: Callable[[Ints], Mask],
        *,
        slices: int = 120,
        width: int = 500_000_000,
        rolling: bool = True,
        until: int | None = None,
    ) -> None:
        self._journal = journal
        self._rows = rows
        self._slices = slices
        self.width = width
        self._rolling = rolling
        self._until = until
        self._first = 0  # number of the oldest slice kept
        self._counts = np.zeros((slices, CELLS), np.int32)
        self._longest: dict[int, Ints] = {}
        self._failures: dict[int, Ints] = {}
        ends = journal.executions["end"]
        oldest = (journal.now if until is None else until) - slices * width if rolling else -1
        self._add(np.flatnonzero((ends >= 0) & (ends > oldest)))

    def folded(self, change: Change) -> bool:
        """Count what ended; say whether the picture changed."""
        return self._add(np.array(change.ended, np.int64))

    def band(self) -> PercentileBand:
        """Return what to draw."""
        counts = self._counts.sum(axis=1, dtype=np.int64)
        full = np.flatnonzero(counts)
        figures = np.array([quantiles(self._counts[row], _LEVELS) for row in full]).reshape(-1, len(_LEVELS))
        limit = quantiles(self._counts.sum(axis=0, dtype=np.int64), _LEVELS)[-1]
        high = [rows[rows[:, 1] > limit] for rows in self._longest.values()]
        return PercentileBand(
            at=((full + self._first + 0.5) * self.width).astype(np.float64),
            count=counts[full],
            p50=figures[:, 0],
            p95=figures[:, 1],
            p99=figures[:, 2],
            outliers=np.concatenate([np.empty((0, 3), np.int64), *high]),
            failures=np.concatenate([np.empty((0, 4), np.int64), *self._failures.values()]),
        )

    def _add(self, indexes: Ints) -> bool:
        if len(indexes):
            indexes = indexes[self._rows(indexes)]
        if not len(indexes):
            return False
        columns = self._journal.executions
        end = columns["end"][indexes]
        if self._until is not None:
            end = np.minimum(end, self._until)
        self._make_room(int(end.max()))
        number = end // self.width
        recent = number >= self._first  # an end older than the oldest slice has nowhere to stand
        indexes, end, number = indexes[recent], end[recent], number[recent]
        length = columns["end"][indexes] - columns["start"][indexes]
        status = columns["status"][indexes].astype(np.int64)
        bad = IS_BAD[status]
        np.add.at(self._counts.reshape(-1), (number[~bad] - self._first) * CELLS + cells(length[~bad]), np.int32(1))
        rows = np.stack((end, length, indexes, status), axis=1)
        _keep_longest(self._longest, number[~bad], rows[~bad, :3])
        _keep_longest(self._failures, number[bad], rows[bad])
        return True

    def _make_room(self, newest: int) -> None:
        while not self._rolling and newest // self.width >= self._slices:
            self._double()
        past = newest // self.width - self._slices + 1 - self._first
        if past > 0:
            self._counts[:-past] = self._counts[past:].copy()
            self._counts[max(0, self._slices - past) :] = 0
            self._first += past
            for slices in (self._longest, self._failures):
                for number in [number for number in slices if number < self._first]:
                    del slices[number]

    def _double(self) -> None:
        paired = self._counts.reshape(-1, 2, CELLS).sum(axis=1, dtype=np.int32)
        self._counts[: len(paired)] = paired
        self._counts[len(paired) :] = 0
        self.width *= 2
        for slices in (self._longest, self._failures):
            rows = list(slices.values())
            slices.clear()
            if rows:
                together = np.concatenate(rows)
                _keep_longest(slices, together[:, 0] // self.width, together)


def _keep_longest(slices: dict[int, Ints], number: Ints, rows: Ints) -> None:
    """Add rows ``(end, length, index, …)`` to their slices; each slice keeps the longest."""
    for slice_number in np.unique(number).tolist():
        new = rows[number == slice_number]
        old = slices.get(slice_number)
        together = new if old is None else np.concatenate((old, new))
        slices[slice_number] = together[np.argsort(-together[:, 1], kind="stable")[:KEPT]]
