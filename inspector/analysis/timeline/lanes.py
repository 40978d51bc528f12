"""Lanes: on which of its rows an execution stands so that no two overlap, and the pyramid over these rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.columns import Columns
from inspector.analysis.timeline.pyramid import COLUMN, FEW, Ints, Pyramid
from inspector.core.records.statuses import BY_FAULT, NEVER_AWAITED, OK_CODE, RETURNED_FAILURE, RUNNING_CODE, STATUSES

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.analysis.timeline.groupings import Grouping

#: Rows a lane may have; overlapping executions beyond them share the last one.
MAX_LEVELS: Final = 8

_NEVER: Final = np.iinfo(np.int64).max
#: Statuses that are drawn as another from afar: a cell has a bit for seven.
DRAWN_AS: Final = {NEVER_AWAITED: RETURNED_FAILURE}
_DRAWN: Final = [status for status in STATUSES if status not in DRAWN_AS]
#: Bit of a cell for each status code; a running execution is no part of the pyramid.
STATUS_BITS: Final[npt.NDArray[np.uint8]] = np.array(
    [(1 << _DRAWN.index(DRAWN_AS.get(status, status))) >> 1 for status in STATUSES], np.uint8
)


class LaneRows:
    """Every execution on a row of its lane, so that no two of a row overlap, and the pyramid over these rows.

    Attributes:
        grouping: Which lane each execution stands in.
        pyramid: Cells by row, of all that ended.
        matching: The same of what the filter lets through; None without a filter.
        lane_of_row, level_of_row: Lists, as long as there are rows.
        runs: Executions by lane (a list).
        outcomes: Those that did not end well, by lane and status code, and those under a fault (``BY_FAULT``), which
            count as nothing else, shape ``(lanes, statuses + 1)``.
        overfull: Executions by lane that had to share the last row.
    """

    def __init__(self, groups: Grouping) -> None:
        self.grouping = groups
        self.pyramid = Pyramid()
        self.matching: Pyramid | None = None
        self.lane_of_row: list[int] = []
        self.level_of_row: list[int] = []
        self.runs: list[int] = []
        self.outcomes: Ints = np.zeros((0, BY_FAULT + 1), np.int64)
        self.overfull: list[int] = []
        self.rows_of_lane: list[list[int]] = []
        self._free_at: list[int] = []
        self._row = Columns({"row": np.int16})

    @property
    def row(self) -> npt.NDArray[np.int16]:
        """The row of every execution taken in, shape ``(executions,)``."""
        return self._row["row"]

    @property
    def nbytes(self) -> int:
        """Bytes of rows and pyramid."""
        return self._row.nbytes + self.pyramid.nbytes + (self.matching.nbytes if self.matching else 0)

    def levels(self, lane: int) -> int:
        """Return how many rows a lane has, at least 1."""
        return max(1, len(self.rows_of_lane[lane])) if lane < len(self.rows_of_lane) else 1

    def take(self, journal: Journal, last: int) -> None:
        """Take in the executions that are new, up to the index ``last`` (not included), and mark those that ended."""
        first = len(self._row)
        if last <= first:
            return
        chosen = slice(first, last)
        lanes = self.grouping.of(journal, chosen)
        start, end = (journal.executions[name][chosen] for name in ("start", "end"))
        self._row.extend({"row": self._place(lanes, start, end)})
        ended = np.flatnonzero(journal.executions["status"][chosen] != RUNNING_CODE) + first
        self._count(journal, ended, lanes[ended - first])
        self.mark(self.pyramid, journal, ended)
        self.runs = self._grown(self.runs)
        counts = np.bincount(lanes)
        for lane in np.flatnonzero(counts).tolist():
            self.runs[lane] += int(counts[lane])

    def end(self, journal: Journal, ended: Ints) -> None:
        """Take notice of the end of executions that were taken in while running."""
        if not len(ended):
            return
        ends = journal.executions["end"][ended]
        rows = self.row[ended]
        for row, at in zip(rows.tolist(), ends.tolist(), strict=True):
            self._free_at[row] = at
        lanes = self.grouping.of(journal, ended)
        if self.grouping.by_outcome:
            for row in rows.tolist():
                self.runs[self.lane_of_row[row]] -= 1
            self.row[ended] = self._place(lanes, journal.executions["start"][ended], ends)
            self.runs = self._grown(self.runs)
            for lane in lanes.tolist():
                self.runs[lane] += 1
        self._count(journal, ended, lanes)
        self.mark(self.pyramid, journal, ended)

    def mark(self, pyramid: Pyramid, journal: Journal, ended: Ints) -> None:
        """Mark executions that ended in a pyramid over these rows."""
        bits = STATUS_BITS[journal.executions["status"][ended]]
        pyramid.mark(ended // COLUMN, self.row[ended].astype(np.int64), bits)

    def _count(self, journal: Journal, ended: Ints, lanes: Ints) -> None:
        missing = len(self.grouping.lanes) - len(self.outcomes)
        if missing:
            self.outcomes = np.pad(self.outcomes, ((0, missing), (0, 0)))
        codes = np.where(journal.executions["fault"][ended] > 0, BY_FAULT, journal.executions["status"][ended])
        wrong = (codes != OK_CODE) & (journal.executions["retry"][ended] == 0)
        np.add.at(self.outcomes, (lanes[wrong], codes[wrong]), 1)

    def _grown(self, numbers: list[int]) -> list[int]:
        return numbers + [0] * (len(self.grouping.lanes) - len(numbers))

    def _place(self, lanes: Ints, start: Ints, end: Ints) -> Ints:
        """Return each execution the lowest row of its lane that is free when it starts."""
        while len(self.rows_of_lane) < len(self.grouping.lanes):
            self.rows_of_lane.append([])
        self.overfull = self._grown(self.overfull)
        ends = np.where(end < 0, _NEVER, end)
        if len(lanes) <= FEW:
            return np.array(self._place_singly(lanes, start, ends), np.int64)
        placed = self._place_in_turn(lanes, start, ends)
        left = np.flatnonzero(placed < 0)
        placed[left] = self._place_singly(lanes[left], start[left], ends[left])
        return placed

    def _place_in_turn(self, lanes: Ints, start: Ints, ends: Ints) -> Ints:
        """Place lanes whose executions follow one another, each at once; gives -1 for those of the others."""
        placed = np.full(len(lanes), -1, np.int64)
        if not len(lanes):
            return placed
        order = np.argsort(
            lanes.astype(np.int16), kind="stable"
        )  # so short that nothing is compared: ten times as fast
        lane, begins, ceases = lanes[order], start[order], ends[order]
        edges = np.flatnonzero(np.diff(lane)) + 1
        overlap = np.concatenate(([False], begins[1:] < ceases[:-1]))
        firsts = np.concatenate(([0], edges))
        overlap[firsts] = False
        clashes = np.add.reduceat(overlap, firsts)
        lasts = np.concatenate((edges, [len(lane)]))
        for first, last in zip(firsts[clashes == 0].tolist(), lasts[clashes == 0].tolist(), strict=True):
            rows = self.rows_of_lane[int(lane[first])]
            row = rows[0] if rows else self._new_row(int(lane[first]), -1)
            if self._free_at[row] <= int(begins[first]):
                self._free_at[row] = int(ceases[last - 1])
                placed[order[first:last]] = row
        return placed

    def _place_singly(self, lanes: Ints, start: Ints, ends: Ints) -> list[int]:
        free_at, rows_of_lane = self._free_at, self.rows_of_lane
        placed = []
        for lane, begins, ceases in zip(lanes.tolist(), start.tolist(), ends.tolist(), strict=True):
            for row in rows_of_lane[lane]:
                if free_at[row] <= begins:
                    free_at[row] = ceases
                    break
            else:
                row = self._new_row(lane, ceases)
            placed.append(row)
        return placed

    def _new_row(self, lane: int, ceases: int) -> int:
        rows = self.rows_of_lane[lane]
        if len(rows) == MAX_LEVELS:
            self.overfull[lane] += 1
            self._free_at[rows[-1]] = max(ceases, self._free_at[rows[-1]])
            return rows[-1]
        row = len(self._free_at)
        self._free_at.append(ceases)
        self.lane_of_row.append(lane)
        self.level_of_row.append(len(rows))
        rows.append(row)
        return row
