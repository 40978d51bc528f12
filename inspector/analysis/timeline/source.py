"""A journal made ready for painting, and what can be asked of it. No Qt: tested without a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.analysis.entries import IS_BAD
from inspector.analysis.timeline.index import SLICE, TimelineIndex
from inspector.analysis.timeline.pyramid import COLUMN, Ints, columns_of
from inspector.core.records.statuses import BY_FAULT, TROUBLE

__all__ = ["Measure", "TimelineSource"]


@dataclass(frozen=True)
class Measure:
    """What happened in a stretch of time: executions that started in it.

    Attributes:
        start, end: The stretch, in ns since the session started.
        executions: How many.
        outcomes: Those that did not end well, by status code, and those under a fault (``BY_FAULT``); only what occurs.
        p50, p95, p99: Lengths in ns, -1 when none has ended.
    """

    start: int
    end: int
    executions: int
    outcomes: dict[int, int]
    p50: int
    p95: int
    p99: int


class TimelineSource(TimelineIndex):
    """The index of a journal, and look-ups in it."""

    def matching(self) -> Ints:
        """Return the indexes of the executions that the filter lets through, as far as they were asked."""
        matches = self.matches
        return np.arange(self.taken) if matches is None else np.flatnonzero(matches[: self.taken])

    def extent(self, executions: Ints, now: int) -> tuple[int, int]:
        """Return from when to when some executions ran, in ns; those that still run, until ``now``."""
        starts, ends = (self.executions[name][executions] for name in ("start", "end"))
        return int(starts.min()), int(np.where(ends < 0, now, ends).max())

    def touching(self, start: int, end: int) -> Ints:
        """Return the executions that touch a stretch of time, in the order of their numbers."""
        columns = self.executions
        index = np.sort(np.concatenate((self.spans.find(start, end), self.running)))
        ends = columns["end"][index]
        chosen: Ints = index[(columns["start"][index] <= end) & ((ends >= start) | (ends < 0))]
        return chosen

    def measure(self, start: int, end: int) -> Measure:
        """Measure the executions that started in a stretch of time and that the filter lets through."""
        columns = self.executions
        first, last = np.searchsorted(columns["start"], np.array([start, end], np.int64))
        chosen = slice(int(first), int(last))
        status = np.where(columns["fault"][chosen] > 0, BY_FAULT, columns["status"][chosen])
        ends = columns["end"][chosen]
        lengths = ends - columns["start"][chosen]
        matches, retry = self.matches, columns["retry"][chosen]
        if matches is not None or retry.any():
            through = (retry == 0) if matches is None else matches[chosen] & (retry == 0)
            status, ends, lengths = status[through], ends[through], lengths[through]
        done = lengths[ends >= 0]
        points = np.percentile(done, (50, 95, 99)).astype(np.int64) if len(done) else np.full(3, -1)
        p50, p95, p99 = (int(point) for point in points)
        counted = np.bincount(status, minlength=BY_FAULT + 1).tolist()
        outcomes = {code: counted[code] for code in (*TROUBLE, BY_FAULT) if counted[code]}
        return Measure(start, end, len(status), outcomes, p50, p95, p99)

    def neighbour(self, execution: int, step: int) -> int:
        """Return the index of the next (``step`` 1) or previous (-1) execution in its lane, -1 when there is none."""
        layer = self.layers[self.main]
        lanes = np.array(layer.lane_of_row, np.int64)
        row = layer.row
        if not 0 <= execution < len(row):
            return -1
        lane, matches = lanes[row[execution]], self.matches
        low, high = (execution + 1, len(row)) if step > 0 else (0, execution)
        while low < high:
            part = slice(low, min(low + SLICE, high)) if step > 0 else slice(max(low, high - SLICE), high)
            same = lanes[row[part]] == lane
            if matches is not None:
                same &= matches[part]
            places = np.flatnonzero(same)
            if len(places):
                return int(places[0 if step > 0 else -1]) + part.start
            low, high = (part.stop, high) if step > 0 else (low, part.start)
        return -1

    def marks_in(self, times: Ints, length: float, process: int | None = None) -> tuple[Ints, Ints]:
        """Return where publications are: the stretch (``length`` ns) between ``times`` and the phase, each once.

        Args:
            times: Where stretches begin, and where the last one ends.
            length: How long one is, in ns.
            process: Number of the process that published them; None for all.
        """
        wide, first, last = columns_of(self.mark_edges, times, length)
        filled = np.flatnonzero(first <= last)
        cells = self.marks.look(first[filled], last[filled])
        place, row = np.nonzero(cells)
        if process is not None:
            own = self.mark_rows[row, 0] == process
            place, row = place[own], row[own]
        phase = self.mark_rows[row, 1]
        columns = self.journal.publications
        index = (wide[:, None] * COLUMN + np.arange(COLUMN)).ravel()
        index = index[index < self.marked]
        at = columns["at"][index]
        near = (at >= times[0]) & (at < times[-1])
        if process is not None:
            near &= columns["process"][index] == process
        index, at = index[near], at[near]
        where = np.concatenate((filled[place], np.searchsorted(times, at, side="right") - 1))
        phases = np.concatenate((phase, self.phase_of_event[columns["event"][index]]))
        there = np.zeros((len(times), max(1, len(self.phases))), np.bool_)
        there[where, phases] = True
        place, phase = np.nonzero(there)
        return place, phase

    def density(self, times: Ints) -> tuple[Ints, Ints]:
        """Return how many executions started in each stretch between ``times``, and which was the worst bad status.

        The second is a status code, 0 (running) where nothing went wrong.
        """
        starts, statuses = (self.executions[name][: self._taken] for name in ("start", "status"))
        counts = np.diff(np.searchsorted(starts, times))
        # Asked of the executions themselves: a column of the pyramid is wider than a stretch where little happens.
        bad = np.flatnonzero(IS_BAD[statuses])
        starts, statuses = starts[bad], statuses[bad]
        worst = np.zeros(len(counts), np.int64)
        for code in reversed([code for code in TROUBLE if IS_BAD[code]]):
            worst[np.diff(np.searchsorted(starts[statuses == code], times)) > 0] = code
        return counts, worst
