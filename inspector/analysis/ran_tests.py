"""Tests that ran while a program was recorded: when, how they ended, and what failed in handlers meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.core.records.host import BAD_OUTCOMES
from inspector.core.records.statuses import STATUSES, TROUBLE

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.core.records.host import TestRan

Ints = npt.NDArray[np.int64]

#: How a test is drawn, the later over the earlier: neither run nor failed, passed, failed.
OTHER, PASSED, FAILED = 1, 2, 3
#: Rows of the band of tests; those of further processes share the last.
MAX_ROWS: Final = 4
_IS_TROUBLE: Final = np.isin(np.arange(len(STATUSES)), TROUBLE)


def outcome_code(outcome: str) -> int:
    """Return how a test with this outcome is drawn."""
    return FAILED if outcome in BAD_OUTCOMES else PASSED if outcome == "passed" else OTHER


def status_of(outcome: str) -> str:
    """Return the status whose colour an outcome has, empty for none."""
    return {FAILED: "failed", PASSED: "ok"}.get(outcome_code(outcome), "")


def troubles(journal: Journal, first: int = 0) -> list[dict[int, int]]:
    """Return for each test, from one on, the executions of its process in it that did not end well, by status code."""
    tests = journal.processes.tests[first:]
    columns = journal.executions
    bad = np.flatnonzero(_IS_TROUBLE[columns["status"]])
    bad = bad[np.argsort(columns["start"][bad], kind="stable")]
    starts, codes = columns["start"][bad], columns["status"][bad]
    processes = journal.publications["process"][columns["publication"][bad]]
    low = np.searchsorted(starts, np.array([test.started for test in tests], np.int64))
    high = np.searchsorted(starts, np.array([test.at for test in tests], np.int64), side="right")
    counted: list[dict[int, int]] = []
    for test, begin, end in zip(tests, low.tolist(), high.tolist(), strict=True):
        inside = codes[begin:end]
        if test.process:
            inside = inside[processes[begin:end] == test.process]
        numbers, counts = np.unique(inside, return_counts=True)
        counted.append(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))
    return counted


class TestBand:
    """The tests of a run as stretches of time, kept up with it; each process has a row.

    Attributes:
        tests: The tests, in the order of their ends.
    """

    __test__ = False

    def __init__(self) -> None:
        self.tests: list[TestRan] = []
        self._rows: dict[int, int] = {}
        self._columns: Ints = np.zeros((0, 4), np.int64)

    def take(self, tests: list[TestRan]) -> None:
        """Take in those that are new."""
        new = tests[len(self.tests) :]
        if not new:
            return
        self.tests += new
        cells = [(test.started, test.at, outcome_code(test.outcome), self._row(test.process)) for test in new]
        self._columns = np.concatenate((self._columns, np.array(cells, np.int64)))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return max(1, min(len(self._rows), MAX_ROWS))

    def within(self, start: int, end: int) -> Ints:
        """Return the places of the tests that touch a stretch of time."""
        return np.flatnonzero((self._columns[:, 0] <= end) & (self._columns[:, 1] >= start))

    def looks(self, chosen: Ints) -> Ints:
        """Return start, end, code and row of some tests, shape ``(n, 4)``."""
        return self._columns[chosen]

    def at(self, time: int, row: int, reach: int) -> int:
        """Return the place of the test of a row that runs at a time, or within a reach of it (ns); -1 for none."""
        columns = self._columns
        near = (columns[:, 0] <= time + reach) & (columns[:, 1] >= time - reach) & (columns[:, 3] == row)
        places = np.flatnonzero(near)
        if not len(places):
            return -1
        away = np.maximum(np.maximum(columns[places, 0] - time, time - columns[places, 1]), 0)
        return int(places[np.argmin(away)])

    def _row(self, process: int) -> int:
        return min(self._rows.setdefault(process, len(self._rows)), MAX_ROWS - 1)


def cells_of(looks: Ints, x0: Ints, x1: Ints, rows: int, width: int) -> npt.NDArray[np.uint8]:
    """Return the code of each pixel of each row, 0 where no test is; a failed one wins.

    Args:
        looks: As ``TestBand.looks`` returns them.
        x0: First pixel of each test; may lie outside.
        x1: The pixel after its last.
        rows: How many rows there are.
        width: How many pixels.
    """
    cells = np.zeros((rows, width), np.uint8)
    for code in (OTHER, PASSED, FAILED):
        chosen = looks[:, 2] == code
        edges = np.zeros((rows, width + 1), np.int64)
        np.add.at(edges, (looks[chosen, 3], np.clip(x0[chosen], 0, width)), 1)
        np.add.at(edges, (looks[chosen, 3], np.clip(np.maximum(x1, x0 + 1)[chosen], 0, width)), -1)
        cells[np.cumsum(edges, axis=1)[:, :width] > 0] = code
    return cells
