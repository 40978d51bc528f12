"""The charts of one row of the latency table: its histogram, and its latency over time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QWidget

from inspector.analysis.journal import Journal
from inspector.analysis.latency import CUT_OFF, FAILED, FAULTED, SUCCEEDED
from inspector.analysis.overtime import Mask, OverTime
from inspector.app.text import format_count, format_duration, format_offset
from inspector.ui.features.latency.model import EVENT, Group, LatencyModel
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.flow import FlowBox
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.text import ElidedLabel, PlainLabel

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

    from inspector.analysis.entries import Change
    from inspector.analysis.histograms import Ints
    from inspector.ui.features.latency.histogram import Bars, HistogramChart
    from inspector.ui.features.latency.overtime import OverTimeChart
    from inspector.ui.kit.theme import Theme

_MINUTE: Final = 60_000_000_000
_SLICES: Final = 60
#: What the outcomes that are measured are called.
_AMONG: Final[dict[tuple[int, ...], str]] = {
    (SUCCEEDED,): "successes",
    (FAILED,): "failures",
    (FAULTED,): "runs by fault",
    (CUT_OFF,): "cut-off runs",
}
_OTHERS: Final = 30
#: Pixels at either side of the head.
_SIDE: Final = 12
#: Stands for what was kept; no row is called so.
_KEPT: Final = "\0kept"


class LatencyCharts(QWidget):
    """Shows one row of a latency model. pyqtgraph is loaded when it is first seen.

    Args:
        theme: Its look.
        model: Whose rows.
        parent: The owner.

    Attributes:
        compare_button: Chooses what is laid over the histogram; whoever shows the charts gives it a place.

    Signals:
        execution_clicked: Index of an execution whose dot was clicked.
        bar_pointed: The ``Bucket`` of the histogram's bar under the pointer, None for none.
        bar_clicked: The ``Bucket`` of a bar that was clicked.
        counting_anew: Everything is about to be counted anew: changes that still wait must be told before.
    """

    execution_clicked = Signal(int)
    bar_pointed = Signal(object)
    bar_clicked = Signal(object)
    counting_anew = Signal()

    def __init__(self, theme: Theme, model: LatencyModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._model = theme, model
        self._journal = Journal()
        self._row = -1
        self._compared = ""
        self._kept: tuple[str, Bars] | None = None
        self._rolling = True
        self._over: OverTime | None = None
        self._histogram: HistogramChart | None = None
        self._overtime: OverTimeChart | None = None
        self.setAutoFillBackground(True)
        self._title = ElidedLabel()
        self._about = ElidedLabel("", "dim")
        self._pointed = PlainLabel("", "dim")
        self.compare_button = Button(theme, "Compare", kind="section")
        self.compare_button.set_help("Compare with the histogram of another row or range")
        self.compare_button.set_menu(self._compare_items)
        self._against = ElidedLabel("", "link")
        self._wrong = PlainLabel("", "failed")
        self._cut_off = PlainLabel("", "timed_out")
        self._faulted = PlainLabel("", "warn")
        self._span = Button(theme, "Last 60 s", kind="section")
        self._span.set_help("Time span of the lower chart")
        self._span.set_menu(self._span_items)
        self._controls: list[QWidget] = [self.compare_button, self._span]
        self._arrange()

    def _arrange(self) -> None:
        second = hbox((self._about, 1), (self._against, 1), self._pointed, spacing=6)
        self._head = hbox(self._title, (second, 1), margins=(_SIDE, 6, _SIDE, 0), spacing=6)
        below = FlowBox(10)
        below.setContentsMargins(8, 0, 12, 0)
        below.add(self._span)
        for label in (self._wrong, self._cut_off, self._faulted):
            label.setMinimumHeight(self._span.sizeHint().height())  # in line with the button, whatever line that is
            label.hide()
            below.add(label)
        self._column = vbox(self._head, below, owner=self, margins=(0, 0, 0, 4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write the head in one line or in two."""
        super().resizeEvent(event)
        self._fit_head()

    def _fit_head(self) -> None:
        """Take two lines where one would cut the head; not by what is pointed at, or the chart would jump below it."""
        shown = [label for label in (self._title, self._about, self._against) if label.text()]
        taken = sum(label.sizeHint().width() + self._head.spacing() for label in shown)
        directions = QBoxLayout.Direction
        fits = taken <= self.width() - 2 * _SIDE
        self._head.setDirection(directions.LeftToRight if fits else directions.TopToBottom)

    def set_journal(self, journal: Journal) -> None:
        """Show rows of another run; which, is said by ``set_row``."""
        if journal is not self._journal:
            self._kept = None
            self._compared = "" if self._compared == _KEPT else self._compared
        self._journal = journal
        self._over = None

    def set_row(self, row: int) -> None:
        """Show a row of the model, -1 for none."""
        self._row = row
        self.refresh(anew=True)

    @property
    def row(self) -> int:
        """The row of the model that is shown, -1 for none."""
        return self._row

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold; drawn by ``refresh``."""
        if self._over is not None:
            self._over.folded(change)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the charts when they are first seen."""
        super().showEvent(event)
        if self._histogram is None:
            self._make_charts()
        self.refresh(anew=True)

    def refresh(self, *, anew: bool = False) -> None:
        """Draw the row as it is now; ``anew`` when it is another row or counts other executions."""
        if anew:
            self.counting_anew.emit()  # what is counted anew must not come once more
            self._over = None
        if self._histogram is None or self._overtime is None or not self.isVisible():
            return
        self._histogram.setVisible(self._row >= 0)
        self._overtime.setVisible(self._row >= 0)
        for widget in self._controls:
            widget.setVisible(self._row >= 0)
        self._span.setVisible(self._row >= 0 and self._model.range is None)
        if self._row < 0:
            for label in (self._title, self._about, self._against, self._pointed):
                label.setText("")
            self._tell_apart(0, 0, 0)
            return
        self._draw_histogram(self._histogram, self._model.group(self._row))
        self._draw_over_time(self._overtime)

    def _make_charts(self) -> None:
        from inspector.ui.features.latency.histogram import HistogramChart
        from inspector.ui.features.latency.overtime import OverTimeChart

        self._histogram = HistogramChart(self._theme)
        self._overtime = OverTimeChart(self._theme)
        self._histogram.pointed.connect(self._pointed.setText)
        self._histogram.bar_pointed.connect(self.bar_pointed)
        self._histogram.bar_clicked.connect(self.bar_clicked)
        self._overtime.execution_clicked.connect(self.execution_clicked)
        self._histogram.setMinimumHeight(90)
        self._overtime.setMinimumHeight(64)
        self._column.insertWidget(1, self._histogram, 68)
        self._column.insertWidget(3, self._overtime, 32)

    def _draw_histogram(self, chart: HistogramChart, group: Group) -> None:
        from inspector.ui.features.latency.histogram import HistogramPicture

        stats = group.stats
        measured = self._model.outcomes
        apart = {
            kind: self._bars(group.numbers, (kind,)) for kind in (FAILED, CUT_OFF, FAULTED) if kind not in measured
        }
        empty = self._bars((), ())
        failed, cut_off, faulted = (apart.get(kind, empty) for kind in (FAILED, CUT_OFF, FAULTED))
        other = self._other()
        bars = self._bars(group.numbers, measured)
        about = "log scale" if len(bars.counts) else "no " + _AMONG.get(measured, "runs")
        self._title.setText(self._name(group))
        self._about.setText(about if other is None else "")
        self._about.setVisible(other is None)
        self._against.setText(f"━ {other[0]}" if other is not None else "")
        self._against.setVisible(other is not None)
        self._fit_head()
        chart.show_picture(
            HistogramPicture(
                measured=bars,
                failed=failed,
                cut_off=cut_off,
                faulted=faulted,
                compared=other[1] if other is not None else None,
                percentiles={"p50": stats.p50, "p95": stats.p95, "p99": stats.p99},
            )
        )
        self._tell_apart(*(int(bars.counts.sum()) for bars in (failed, cut_off, faulted)))

    def _tell_apart(self, failed: int, cut_off: int, faulted: int) -> None:
        """Write how many executions the bars below the axis stand for."""
        look = self._theme.status
        for label, glyph, count, words in (
            (self._wrong, look("failed").glyph, failed, "failed"),
            (self._cut_off, look("timed_out").glyph, cut_off, "cut off"),
            (self._faulted, "⚡", faulted, "by fault"),
        ):
            label.setText(f"{glyph} {format_count(count)} {words} ↓")
            label.setVisible(bool(count))

    def _draw_over_time(self, chart: OverTimeChart) -> None:
        stretch = self._model.range
        if self._over is None:
            self._over = OverTime(
                self._journal,
                self._counted(),
                slices=_SLICES,
                width=_MINUTE // _SLICES if stretch is None else max(1, -(-(stretch[1] - stretch[0]) // _SLICES)),
                rolling=self._rolling or stretch is not None,
                until=None if stretch is None else stretch[1],
            )
        if stretch is not None:
            chart.show_band(self._over.band(), stretch[1], max(1, stretch[1] - stretch[0]), "end of range")
            return
        now = self._journal.now
        span = _MINUTE if self._rolling else max(now, self._over.width)
        chart.show_band(self._over.band(), now, span)

    def _counted(self) -> Counted:
        column = "event" if self._model.grouping == EVENT else "handler"
        return Counted(self._journal, self._model, column, self._row)

    def _bars(self, numbers: tuple[int, ...], outcomes: tuple[int, ...]) -> Bars:
        from inspector.ui.features.latency.histogram import Bars

        by_event = self._model.grouping == EVENT
        return Bars(*self._model.latency.histogram(*numbers, outcomes=outcomes, by_event=by_event))

    def _other(self) -> tuple[str, Bars] | None:
        if self._compared == _KEPT:
            return self._kept
        groups = (self._model.group(row) for row in range(self._model.rowCount()) if row != self._row)
        other = next((group for group in groups if group.name == self._compared), None)
        return None if other is None else (other.name, self._bars(other.numbers, self._model.outcomes))

    def _name(self, group: Group) -> str:
        """Name a row, with the range that it is limited to."""
        stretch = self._model.range
        if stretch is None:
            return group.name
        return f"{group.name}, {format_duration(stretch[1] - stretch[0])} from {format_offset(stretch[0])}"

    def keep(self) -> None:
        """Keep what is shown, to be laid over another row, another range, or the same one later."""
        group = self._model.group(self._row)
        self._kept = (self._name(group), self._bars(group.numbers, self._model.outcomes))
        self.compare(_KEPT)

    def point_at(self, length: int) -> None:
        """Mark a length of time (ns) that is pointed at elsewhere in the histogram; -1 for none."""
        if self._histogram is not None:
            self._histogram.point_at(length)

    def _compare_items(self) -> list[MenuItem]:
        groups = [self._model.group(row) for row in range(self._model.rowCount()) if row != self._row]
        groups.sort(key=lambda group: -group.stats.count)
        return [
            MenuItem("Nothing", lambda: self.compare(""), checked=not self._compared),
            *self._kept_items(),
            SEPARATOR,
            *(
                MenuItem(group.name, partial(self.compare, group.name), checked=group.name == self._compared)
                for group in groups[:_OTHERS]
            ),
        ]

    def _kept_items(self) -> list[MenuItem]:
        items = []
        if self._kept is not None:
            items.append(MenuItem(self._kept[0], lambda: self.compare(_KEPT), checked=self._compared == _KEPT))
        if self._row >= 0:
            name = self._name(self._model.group(self._row))
            items.append(MenuItem(f"Keep “{name}” to compare", self.keep))
        return items

    def compare(self, name: str) -> None:
        """Lay the histogram of the row of this name over the one shown; empty for none."""
        self._compared = name
        self.refresh()

    def _span_items(self) -> list[MenuItem]:
        return [
            MenuItem("Last 60 s", lambda: self.set_rolling(True), checked=self._rolling),
            MenuItem("Whole session", lambda: self.set_rolling(False), checked=not self._rolling),
        ]

    def set_rolling(self, rolling: bool) -> None:
        """Cover the last minute, or the whole session."""
        self._rolling = rolling
        self._span.set_text("Last 60 s" if rolling else "Whole session")
        self.refresh(anew=True)


class Counted:
    """Picks out the executions of one row of a model, filter and range included.

    Outcomes are not asked about: failures have marks of their own in the chart.
    """

    def __init__(self, journal: Journal, model: LatencyModel, column: str, row: int) -> None:
        self._journal, self._model, self._column, self._row = journal, model, column, row

    def __call__(self, indexes: Ints) -> Mask:
        """Return the mask of those that count."""
        # Asked anew each time: a row takes in handlers that have their first execution.
        numbers = self._model.group(self._row).numbers
        own: Mask = np.isin(self._journal.executions[self._column][indexes], numbers)
        return own & self._model.fits(indexes)
