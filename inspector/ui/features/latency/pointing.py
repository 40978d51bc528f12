"""Pointing at latencies: rows, bars of the histogram and executions elsewhere in the window light each other up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, Signal

from inspector.analysis.journal import Journal
from inspector.analysis.latency import SUCCEEDED
from inspector.analysis.query.complete import quoted
from inspector.ui.features.latency import model as columns
from inspector.ui.features.latency.model import LatencyModel
from inspector.ui.parts.row_link import RowLink
from inspector.ui.selection import NOTHING, Hover

if TYPE_CHECKING:
    from inspector.ui.features.latency.charts import LatencyCharts
    from inspector.ui.features.latency.histogram import Bucket
    from inspector.ui.kit.cells import SortedTable
    from inspector.ui.selection import Selection


class LatencyPointing(QObject):
    """Links table and charts of latencies with what is pointed at elsewhere.

    Args:
        parent: The owner.
        selection: Where pointing is told.
        table: The table; its rows are those of a ``LatencyModel``.
        charts: The charts.

    Attributes:
        journal: The run that is shown.

    Signals:
        filter_requested: A filter that lets through what a bar counts that was clicked.
    """

    filter_requested = Signal(str)

    def __init__(self, parent: QObject, selection: Selection, table: SortedTable, charts: LatencyCharts) -> None:
        super().__init__(parent)
        model = table.sorted.sourceModel()
        assert isinstance(model, LatencyModel)  # noqa: S101 - see above
        self.journal = Journal()
        self._selection, self._table, self._charts = selection, table, charts
        self._model = model
        self.link = RowLink(table, selection, self._meant, self._row_of)
        selection.hovered_changed.connect(self._hovered)
        charts.bar_pointed.connect(self._bar_pointed)
        charts.bar_clicked.connect(self._bar_clicked)

    def _whole_row(self, row: int, lengths: tuple[int, int] | None = None) -> Hover:
        numbers = frozenset(self._model.group(row).numbers)
        by_event = self._model.grouping == columns.EVENT
        return Hover(events=numbers, lengths=lengths) if by_event else Hover(handlers=numbers, lengths=lengths)

    def _meant(self, index: QModelIndex) -> Hover:
        return self._whole_row(self._table.source_row(index))

    def _row_of(self, what: Hover) -> QModelIndex:
        if what.execution < 0:
            return QModelIndex()
        name = "event" if self._model.grouping == columns.EVENT else "handler"
        return self._table.index_of(self._model.row_of(int(self.journal.executions[name][what.execution])))

    def _hovered(self, what: Hover) -> None:
        length = -1
        if what.execution >= 0 and self._table.isVisible():
            start, end = (int(self.journal.executions[name][what.execution]) for name in ("start", "end"))
            index = self._row_of(what)
            charted = index.isValid() and self._table.source_row(index) == self._charts.row
            length = end - start if end >= 0 and charted else -1
        self._charts.point_at(length)

    def _bar_pointed(self, bucket: Bucket | None) -> None:
        if bucket is None or self._charts.row < 0:
            self._selection.hover(NOTHING)
        else:
            self._selection.hover(self._whole_row(self._charts.row, (bucket.low, bucket.high)))

    def _bar_clicked(self, bucket: Bucket) -> None:
        """Ask for a filter that lets through what the bar counts."""
        field = "event" if self._model.grouping == columns.EVENT else "handler"
        terms = [f"{field}:{quoted(self._model.group(self._charts.row).name)}"]
        terms += [f"{sign}{_milliseconds(limit)}" for sign, limit in (("≥", bucket.low), ("<", bucket.high))]
        if bucket.down:
            terms.append("status:bad")
        elif self._model.outcomes == (SUCCEEDED,):
            terms.append("-status:bad")
        self.filter_requested.emit(" ".join(terms))


def _milliseconds(length: int) -> str:
    """Write a length of time in ns exactly, as the filter reads it."""
    return f"{length / 1e6:.6f}".rstrip("0").rstrip(".") + "ms"
