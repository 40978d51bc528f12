"""Failure groups as a table."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QModelIndex, QObject

from inspector.analysis.failures import FailureGroup, FailureGroups
from inspector.analysis.journal import Journal
from inspector.app.text import format_count, format_time, one_line
from inspector.ui.kit.rows import Column, Role, TableModel

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.query.query import Filter

TYPE, MESSAGE, PLACE, HANDLER, COUNT, TREND, FIRST, LAST = range(8)

_COLUMNS: Final = (
    Column("failure", about="Exception type, or how the execution ended"),
    Column("message", about="Message of the latest failure"),
    Column("where", about="Frame of your code closest to the exception"),
    Column("handler"),
    Column("count", number=True, about="Number of failures; those by fault stand apart, behind ⚡"),
    Column("trend", about="Number of failures in this session", falls=True),
    Column("first", about="Time of the first failure", falls=True),
    Column("last", about="Time of the latest failure", falls=True),
)
_ROOT: Final = QModelIndex()


class FailuresModel(TableModel):
    """The groups of a journal in the order in which they first appeared; sort by ``Role.SORT``.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._journal = Journal()
        self._filter: Filter | None = None
        self._groups = FailureGroups(self._journal)
        self._count = 0
        #: What each row is sorted by. It changes only when that row is told to have changed: a view that sorts puts it
        #: among the others by bisection, and they must be in order for that, whatever has happened to them meanwhile.
        self._keys: list[tuple[Any, ...]] = []

    @property
    def total(self) -> int:
        """Executions in all groups."""
        return self._groups.count

    @property
    def outcomes(self) -> dict[int, int]:
        """Executions in all groups, by status code, those under a fault as ``BY_FAULT``; only what occurs."""
        return self._groups.outcomes

    def set_journal(self, journal: Journal) -> None:
        """Show another run."""
        self._journal = journal
        self._start_over()

    def set_filter(self, chosen: Filter | None) -> None:
        """Group only executions that fit; None groups all."""
        self._filter = chosen or None
        self._start_over()

    def folded(self, change: Change) -> set[int]:
        """Follow the journal after a fold; return the numbers of the groups that changed."""
        changed = self._groups.folded(change)
        old = sorted(number for number in changed if number < self._count)
        new = len(self._groups.groups) - self._count
        if new:
            self.beginInsertRows(_ROOT, self._count, self._count + new - 1)
            self._keys += [self._key(self._count + number) for number in range(new)]
            self._count += new
            self.endInsertRows()
        for row in old:
            self._keys[row] = self._key(row)
            self.tell_changed(np.array([row], np.int64))
        return changed

    def group(self, row: int) -> FailureGroup:
        """Return the group of a row."""
        return self._groups.groups[row]

    def row_of(self, execution: int) -> int:
        """Return the row of the group that an execution belongs to, -1 when there is none."""
        group = self._groups.group_of(execution)
        return -1 if group is None else group.number

    def rows(self) -> int:
        """Return the number of groups."""
        return self._count

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        group = self._groups.groups[row]
        if column == COUNT:
            own, struck = group.count - group.by_fault, group.by_fault
            counts = [format_count(own)] if own else []
            return " · ".join([*counts, f"⚡ {format_count(struck)}"] if struck else counts)
        if column == TREND:
            return ""
        if column in (FIRST, LAST):
            return self._clock(group.first if column == FIRST else group.last)
        texts = {TYPE: title(group), MESSAGE: group.message, PLACE: place(group), HANDLER: self._handler(group)}
        return one_line(texts[column])

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the group's number, its status, its trend, or what to sort by."""
        group = self._groups.groups[row]
        if role == Role.NUMBER:
            return row
        if role == Role.TONE:
            if column == COUNT and group.by_fault == group.count:
                return "warn"
            return group.status if column in (TYPE, COUNT) else "dim" if column >= TREND else ""
        if role == Role.GLYPH:
            return group.status if column == TYPE else None
        if role == Role.TREND:
            return group.trend.counts(self._journal.now) if column == TREND else None
        if role == Role.SORT:
            return self._keys[row][column]
        return None

    def _key(self, row: int) -> tuple[Any, ...]:
        """Return what a row is sorted by, for each column."""
        group = self._groups.groups[row]
        texts = [self.text(row, column).lower() for column in (TYPE, MESSAGE, PLACE, HANDLER)]
        return (*texts, group.count, group.count, group.first, group.last)

    def _start_over(self) -> None:
        self.beginResetModel()
        chosen, journal = self._filter, self._journal
        rows = None if chosen is None else lambda indexes: chosen.rows(journal, indexes)
        self._groups = FailureGroups(journal, rows)
        self._count = len(self._groups.groups)
        self._keys = [self._key(row) for row in range(self._count)]
        self.endResetModel()

    def _clock(self, at: int) -> str:
        return format_time(self._journal.wall, at)

    def _handler(self, group: FailureGroup) -> str:
        label = self._journal.handlers[min(group.handlers)].label
        return label if len(group.handlers) == 1 else f"{label} and {len(group.handlers) - 1} more"


def title(group: FailureGroup) -> str:
    """Return what a group is called: the type of its exception, else how it ended and where."""
    status = group.status.replace("_", " ")
    if not group.type:
        return f"{status} in {group.place.function}"
    return group.type if group.status == "failed" else f"{group.type} ({status})"


def place(group: FailureGroup) -> str:
    """Return where a group went wrong, short: ``audit.py:41 in handle``."""
    where = group.place
    return f"{PurePath(where.file).name}:{where.line} in {where.function}" if where.file else where.function
