"""Idle gaps, and a time axis on which they are folded: what happened before and after stands side by side."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.core.records.statuses import RUNNING_CODE

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

Ints = npt.NDArray[np.int64]

#: Most gaps that are folded; the longest ones.
MOST: Final = 64
#: Shortest gap worth folding, ns.
LEAST: Final = 1_000_000
#: What a folded gap keeps, as a share of the time in which something ran.
_KEPT: Final = 1 / 50
#: A gap is folded when it is so many times as long as what would be kept of it.
_WORTH: Final = 3
_NEVER: Final = np.iinfo(np.int64).max


class Folds:
    """A map from session time to places on an axis and back, both in ns; outside gaps both pass equally fast.

    Args:
        gaps: Start and end of every gap, ascending and apart, shape ``(n, 2)``.
        remainder: Length that a gap keeps on the axis.
    """

    def __init__(self, gaps: Ints | None = None, remainder: int = 0) -> None:
        self.gaps: Ints = np.zeros((0, 2), np.int64) if gaps is None else gaps
        self.remainder = remainder
        self._start, self._end = (np.ascontiguousarray(self.gaps[:, side]) for side in (0, 1))
        lengths = self._end - self._start
        #: Time taken away before each gap, and after the last.
        self._away: Ints = np.concatenate(([0], np.cumsum(lengths - remainder)))
        self._place: Ints = self._start - self._away[:-1]
        self._starts, self._places, self._aways = (part.tolist() for part in (self._start, self._place, self._away))

    def __bool__(self) -> bool:
        return bool(len(self.gaps))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Folds) and self.remainder == other.remainder and np.array_equal(self.gaps, other.gaps)

    def __hash__(self) -> int:
        return hash((self.remainder, self.gaps.tobytes()))

    def place(self, time: float) -> float:
        """Return the place of a time on the axis; both in ns."""
        begun = bisect_right(self._starts, time)
        if not begun:
            return time
        start, end = self.gaps[begun - 1].tolist()
        if time >= end:
            return time - int(self._aways[begun])
        return float(self._places[begun - 1] + (time - start) * self.remainder / (end - start))

    def time(self, place: int) -> int:
        """Return the time of a place on the axis; both in ns."""
        begun = bisect_right(self._places, place)
        if not begun:
            return place
        inside = place - int(self._places[begun - 1])
        if inside >= self.remainder:
            return place + int(self._aways[begun])
        start, end = self.gaps[begun - 1].tolist()
        return int(start + inside * (end - start) // self.remainder)

    def places(self, times: Ints) -> Ints:
        """Return the places of many times, in ns, of the same shape."""
        if not self:
            return times
        begun = self._start.searchsorted(times, side="right")
        result: Ints = times - self._away[begun]
        last = np.maximum(begun - 1, 0)
        inside = np.flatnonzero((begun > 0) & (times < self._end[last]))
        gap = last[inside]
        share = (times[inside] - self._start[gap]) / (self._end[gap] - self._start[gap])
        result[inside] = self._place[gap] + (share * self.remainder).astype(np.int64)
        return result

    def times(self, places: Ints) -> Ints:
        """Return the times of many places, in ns, of the same shape."""
        if not self:
            return places
        begun = self._place.searchsorted(places, side="right")
        result: Ints = places + self._away[begun]
        last = np.maximum(begun - 1, 0)
        inside = np.flatnonzero((begun > 0) & (places - self._place[last] < self.remainder))
        gap = last[inside]
        share = (places[inside] - self._place[gap]) / self.remainder
        result[inside] = self._start[gap] + (share * (self._end[gap] - self._start[gap])).astype(np.int64)
        return result


def idle_gaps(journal: Journal, least: int) -> Ints:
    """Return the stretches of at least ``least`` ns in which nothing ran and nothing was published, shape ``(n, 2)``.

    Before the first and after the last of what happened there is no gap.
    """
    columns = journal.executions
    running = columns["status"] == RUNNING_CODE
    busy_until = np.maximum.accumulate(np.where(running, _NEVER, columns["end"])) if len(columns) else columns["end"]
    start = columns["start"]
    places = np.flatnonzero(start[1:] - np.minimum(busy_until[:-1], start[1:]) >= least)
    gaps = np.stack((busy_until[places], start[places + 1]), axis=1)
    at = journal.publications["at"]
    if not len(start):
        places = np.flatnonzero(np.diff(at) >= least)
        return np.stack((at[places], at[places + 1]), axis=1)
    return _without(gaps, at, least)


def _without(gaps: Ints, at: Ints, least: int) -> Ints:
    """Cut the gaps where something was published that nobody handled."""
    first, last = at.searchsorted(gaps[:, 0], side="right"), at.searchsorted(gaps[:, 1], side="left")
    parts = []
    for (start, end), low, high in zip(gaps.tolist(), first.tolist(), last.tolist(), strict=True):
        edges = np.concatenate(([start], at[low:high], [end]))
        long = np.flatnonzero(np.diff(edges) >= least)
        parts.append(np.stack((edges[long], edges[long + 1]), axis=1))
    return np.concatenate(parts) if parts else gaps


def folds_of(journal: Journal) -> Folds:
    """Return the axis of a journal with its idle gaps folded: the longest ones, each to a fiftieth of the busy time."""
    gaps = idle_gaps(journal, max(LEAST, journal.now // 500))
    if not len(gaps):
        return Folds()
    lengths = gaps[:, 1] - gaps[:, 0]
    busy = max(journal.now - int(lengths.sum()), LEAST)
    # A power of two: it must not change with every fold of a live run, or the view would tremble.
    remainder = 1 << max(int(busy * _KEPT), LEAST // _WORTH).bit_length()
    longest = np.argsort(-lengths, kind="stable")[:MOST]
    chosen = np.sort(longest[lengths[longest] >= _WORTH * remainder])
    return Folds(gaps[chosen], remainder)
