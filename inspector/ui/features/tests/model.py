"""Tests as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QModelIndex, QObject

from inspector.analysis.entries import IS_BAD
from inspector.analysis.journal import Journal
from inspector.analysis.ran_tests import FAILED, outcome_code, status_of, troubles
from inspector.app.text import format_duration, format_time, one_line
from inspector.ui.kit.rows import Column, Role, TableModel
from inspector.ui.parts.outcome import count_words

if TYPE_CHECKING:
    from inspector.core.records.host import TestRan

NAME, OUTCOME, TROUBLE, DURATION, AT, PROCESS = range(6)

_COLUMNS: Final = (
    Column("Test", about="Test ID"),
    Column("Outcome", falls=True),
    Column("In handlers", about="Problems in handlers of its process during the test", falls=True),
    Column("Duration", number=True),
    Column("Started", about="Start time", falls=True),
    Column("Process", about="Process that ran it"),
)
_ROOT: Final = QModelIndex()


class TestsModel(TableModel):
    """The tests of a journal in the order of their ends; sort by ``Role.SORT``.

    Args:
        parent: The owner.
    """

    __test__ = False

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._journal = Journal()
        self._count = 0
        self._troubles: list[dict[int, int]] = []

    @property
    def unnoticed(self) -> int:
        """How many tests did not fail, though handlers did in them."""
        tests = self._journal.processes.tests
        pairs = zip(tests, self._troubles, strict=False)
        return sum(outcome_code(test.outcome) != FAILED and bool(counts) for test, counts in pairs)

    @property
    def failed(self) -> int:
        """How many tests failed."""
        return sum(outcome_code(test.outcome) == FAILED for test in self._journal.processes.tests[: self._count])

    def set_journal(self, journal: Journal) -> None:
        """Show the tests of another run."""
        self.beginResetModel()
        self._journal, self._count = journal, len(journal.processes.tests)
        self._troubles = troubles(journal)
        self.endResetModel()

    def refresh(self) -> None:
        """Show tests that came, and what failed in handlers since."""
        journal = self._journal
        counted = troubles(journal)
        before, self._troubles = self._troubles, counted
        changed = [row for row in range(self._count) if counted[row] != before[row]]
        if len(counted) > self._count:
            self.beginInsertRows(_ROOT, self._count, len(counted) - 1)
            self._count = len(counted)
            self.endInsertRows()
        if changed:
            self.tell_changed(np.array(changed, np.int64))

    def test(self, row: int) -> TestRan:
        """Return the test of a row."""
        return self._journal.processes.tests[row]

    def counts(self, row: int) -> dict[int, int]:
        """Return the executions in the test of a row that did not end well, by status code."""
        return self._troubles[row]

    def rows(self) -> int:
        """Return the number of tests."""
        return self._count

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        test = self.test(row)
        if column == NAME:
            return one_line(test.name, 300)
        if column == OUTCOME:
            return one_line(test.outcome, 40)
        if column == TROUBLE:
            return count_words(self._troubles[row])
        if column == DURATION:
            return format_duration(test.at - test.started)
        if column == AT:
            return format_time(self._journal.wall, test.started)
        return one_line(self._journal.processes.label(test.process))

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the tone of a cell, its glyph, or what to sort by."""
        test, counts = self.test(row), self._troubles[row]
        if role == Role.NUMBER:
            return row
        if role == Role.GLYPH:
            return (status_of(test.outcome) or None) if column == OUTCOME else None
        if role == Role.TONE:
            if column == OUTCOME:
                return status_of(test.outcome) or "dim"
            if column == TROUBLE:
                return "failed" if any(IS_BAD[code] for code in counts) else "swallowed"
            return "dim" if column >= DURATION else ""
        if role == Role.SORT:
            return self._key(test, counts, column)
        return None

    def _key(self, test: TestRan, counts: dict[int, int], column: int) -> Any:
        keys: dict[int, Any] = {
            NAME: test.name.lower(),
            OUTCOME: outcome_code(test.outcome),
            TROUBLE: sum(counts.values()),
            DURATION: test.at - test.started,
            AT: test.started,
            PROCESS: test.process,
        }
        return keys[column]


def without_folders(name: str) -> str:
    """Return the name of a test without the folders of its file: ``test_a.py::test_b`` of ``x/test_a.py::test_b``."""
    file, parts, rest = name.partition("::")
    return f"{file.rpartition('/')[2]}{parts}{rest}"
