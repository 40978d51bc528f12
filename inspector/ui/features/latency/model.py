"""Latency figures as a table: a row per handler class, handler method or event type."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, Qt

from inspector.analysis.journal import Journal
from inspector.analysis.latency import OUTCOMES, SUCCEEDED, Latency, Mask, Stats
from inspector.app.text import format_count, format_duration, one_line
from inspector.ui.kit.rows import Column, Role, TableModel

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.query.query import Filter
    from inspector.ui.kit.rows import Ints

NAME, RUNS, FAILED, RATE, P50, P90, P95, P99, MAX, MEAN, ON_LOOP, AWAITING, THROUGHPUT, CUT_OFF = range(14)
#: Ways of grouping.
CLASS, METHOD, EVENT = "class", "method", "event"

_COLUMNS: Final = (
    Column("Handler"),
    Column("Runs", number=True, about="Completed executions"),
    Column("Failed", number=True, about="Failed executions"),
    Column("Failed %", number=True, about="Share of failed executions"),
    Column("p50", number=True, about="Median of the measured executions"),
    Column("p90", number=True, about="90th percentile"),
    Column("p95", number=True, about="95th percentile"),
    Column("p99", number=True, about="99th percentile"),
    Column("Max", number=True, about="Longest execution"),
    Column("Mean", number=True),
    Column("On loop", number=True, about="Mean time on the event loop, all runs"),
    Column("Awaiting", number=True, about="Mean time awaiting, all runs"),
    Column("Runs/s", number=True, about="Runs per second, from first start to last end"),
    Column("Cut off", number=True, about="Executions that timed out, were cancelled or otherwise aborted"),
)
_FIGURES: Final = {
    P50: "p50",
    P90: "p90",
    P95: "p95",
    P99: "p99",
    MAX: "max",
    MEAN: "mean",
    ON_LOOP: "on_loop",
    AWAITING: "awaiting",
}
_COUNTS: Final = {RUNS: "count", FAILED: "failed", CUT_OFF: "cut_off"}
#: Stands where there is nothing to measure.
_NOTHING: Final = "\u2013"
_ROOT: Final = QModelIndex()


@dataclass
class Group:
    """A row: what it is called, the handlers or event types behind it, and its figures."""

    name: str
    numbers: tuple[int, ...]
    stats: Stats


class LatencyModel(TableModel):
    """Figures of a journal's executions. Rows come when their first execution ends; sort by ``Role.SORT``.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._journal = Journal()
        self._latency = Latency(self._journal)
        self._filter: Filter | None = None
        self._range: tuple[int, int] | None = None
        self._grouping = CLASS
        self._outcomes: tuple[int, ...] = (SUCCEEDED,)
        self._groups: list[Group] = []
        self._row_of: dict[int, int] = {}
        self._stale: set[int] = set()
        self._untold: set[int] = set()
        self._refreshed = -1

    @property
    def grouping(self) -> str:
        """``class``, ``method`` or ``event``."""
        return self._grouping

    @property
    def outcomes(self) -> tuple[int, ...]:
        """Which executions are measured (``analysis.latency.OUTCOMES``)."""
        return self._outcomes

    @property
    def range(self) -> tuple[int, int] | None:
        """The stretch of time (ns) to which the figures are limited; None for all."""
        return self._range

    @property
    def narrowed(self) -> bool:
        """Whether a filter or a range leaves executions out."""
        return self._filter is not None or self._range is not None

    @property
    def latency(self) -> Latency:
        """The figures behind the rows."""
        return self._latency

    def set_journal(self, journal: Journal) -> None:
        """Show another run."""
        self._journal = journal
        self._count_anew()

    def set_filter(self, chosen: Filter | None) -> None:
        """Count only executions that fit; None counts all."""
        self._filter = chosen or None
        self._count_anew()

    def set_range(self, start: int, end: int) -> None:
        """Count only executions that began in ``start ≤ t < end`` (ns); a negative start counts all."""
        wanted = None if start < 0 else (start, end)
        if wanted != self._range:
            self._range = wanted
            self._count_anew()

    def set_grouping(self, grouping: str) -> None:
        """Group by ``class``, ``method`` or ``event``."""
        self._grouping = grouping
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, NAME, NAME)
        self._group_anew()

    def set_outcomes(self, outcomes: tuple[int, ...]) -> None:
        """Measure executions of these outcomes."""
        self._outcomes = outcomes
        self._stale.update(self._row_numbers())
        self.refresh()

    def folded(self, change: Change) -> None:
        """Count what ended; the rows are brought up to date by ``refresh``."""
        handlers, events = self._latency.folded(change)
        self._stale |= events if self._grouping == EVENT else handlers

    def refresh(self, most: int = 0) -> bool:
        """Bring the rows up to date that changed since the last time, and add new ones.

        Args:
            most: Only so many handlers (or event types) at once, 0 for all: a hundred take longer than a frame.

        Returns:
            Whether some of this round are left.
        """
        if not self._stale and not self._untold:
            return False
        numbers = sorted(self._stale)
        if most and len(numbers) > most:
            # From where the last part ended: else busy ones would keep the others from their turn.
            later = [number for number in numbers if number > self._refreshed]
            numbers = (later or numbers)[:most]
            self._refreshed = numbers[-1] if later[most:] else -1
        else:
            self._refreshed = -1
        names = self._names()
        fresh: dict[str, list[int]] = {}
        rows = set()
        for number in numbers:
            row = self._row_of.get(number)
            if row is None:
                fresh.setdefault(names[number], []).append(number)
            else:
                rows.add(row)
        self._stale.difference_update(numbers)
        rows |= self._admit(fresh)
        for row in rows:
            self._groups[row].stats = self._stats(self._groups[row].numbers)
        self._untold |= rows
        if self._refreshed >= 0:
            return True
        # Told only now: a sorted table is painted anew as a whole, and that takes as long as all the figures.
        self.tell_changed(np.array(sorted(self._untold), np.int64))
        self._untold.clear()
        return False

    def group(self, row: int) -> Group:
        """Return what stands in a row."""
        return self._groups[row]

    def row_of(self, number: int) -> int:
        """Return the row in which a handler (or, grouped so, an event type) is counted; -1 when it is in none."""
        return self._row_of.get(number, -1)

    def fits(self, indexes: Ints) -> Mask:
        """Return which executions are counted, by filter and range."""
        fits = np.ones(len(indexes), np.bool_)
        if self._filter is not None:
            fits &= self._filter.rows(self._journal, indexes)
        if self._range is not None:
            start = self._journal.executions["start"][indexes]
            fits &= (start >= self._range[0]) & (start < self._range[1])
        return fits

    def rows(self) -> int:
        """Return the number of groups."""
        return len(self._groups)

    def headerData(self, section: int, orientation: Any, role: int = 0) -> Any:
        """Return the title of a column; the first says what the rows are."""
        title = super().headerData(section, orientation, role)
        return "Event" if title == "Handler" and self._grouping == EVENT else title

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        group = self._groups[row]
        stats = group.stats
        if column == NAME:
            return one_line(group.name)
        if column in _COUNTS:
            return format_count(getattr(stats, _COUNTS[column]))
        if column in (RATE, THROUGHPUT):
            value = stats.failure_rate * 100 if column == RATE else stats.throughput
            return _NOTHING if math.isnan(value) else _three_digits(value)
        value = getattr(stats, _FIGURES[column])
        return _NOTHING if math.isnan(value) else format_duration(value)

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the row's number, whether it failed, or what to sort by."""
        group = self._groups[row]
        if role == Role.NUMBER:
            return row
        if role == Role.TONE and column in (FAILED, RATE):
            return "failed" if group.stats.failed else "dim"
        if role == Role.TONE and column == CUT_OFF:
            return "timed_out" if group.stats.cut_off else "dim"
        if role == Role.GLYPH and column == FAILED:
            return "failed" if group.stats.failed else None
        if role == Role.SORT:
            return self._sort_value(group, column)
        return None

    def _sort_value(self, group: Group, column: int) -> Any:
        if column == NAME:
            return group.name.lower()
        names = {RATE: "failure_rate", THROUGHPUT: "throughput", **_COUNTS, **_FIGURES}
        value = getattr(group.stats, names[column])
        return -1.0 if math.isnan(value) else float(value)

    def _count_anew(self) -> None:
        self._latency = Latency(self._journal, self.fits if self.narrowed else None)
        self._group_anew()

    def _group_anew(self) -> None:
        self.beginResetModel()
        self._groups, self._row_of = [], {}
        gathered: dict[str, list[int]] = {}
        for number, name in enumerate(self._names()):
            gathered.setdefault(name, []).append(number)
        for name, numbers in gathered.items():
            heard = tuple(number for number in numbers if self._one(number).count)
            if heard:
                self._row_of.update(dict.fromkeys(heard, len(self._groups)))
                self._groups.append(Group(name, heard, self._stats(heard)))
        self._stale.clear()
        self._untold.clear()
        self._refreshed = -1
        self.endResetModel()

    def _admit(self, fresh: dict[str, list[int]]) -> set[int]:
        """Take in numbers never counted before; return the rows that stood there already and changed by it."""
        rows = {group.name: row for row, group in enumerate(self._groups)}
        changed = set()
        new = []
        for name, numbers in fresh.items():
            row = rows.get(name)
            if row is None:
                new.append(Group(name, tuple(numbers), self._stats(tuple(numbers))))
            else:
                self._groups[row].numbers += tuple(numbers)
                self._row_of.update(dict.fromkeys(numbers, row))
                changed.add(row)
        if new:
            first = len(self._groups)
            self.beginInsertRows(_ROOT, first, first + len(new) - 1)
            for row, group in enumerate(new, first):
                self._row_of.update(dict.fromkeys(group.numbers, row))
            self._groups += new
            self.endInsertRows()
        return changed

    def _names(self) -> list[str]:
        if self._grouping == EVENT:
            return [event.name for event in self._journal.events]
        by_class = self._grouping == CLASS
        return [handler.owner if by_class else handler.label for handler in self._journal.handlers]

    def _row_numbers(self) -> list[int]:
        return [number for group in self._groups for number in group.numbers]

    def _one(self, number: int) -> Stats:
        return self._of((number,), OUTCOMES)

    def _stats(self, numbers: tuple[int, ...]) -> Stats:
        return self._of(numbers, self._outcomes)

    def _of(self, numbers: tuple[int, ...], outcomes: tuple[int, ...]) -> Stats:
        ask = self._latency.event if self._grouping == EVENT else self._latency.handler
        return ask(*numbers, outcomes=outcomes)


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.5 or value == 0 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"
