"""Latency per handler or event type: figures at the left, the chosen row's charts at the right."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from inspector.analysis.latency import CUT_OFF, FAILED, FAULTED, OUTCOMES, SUCCEEDED
from inspector.app.missing import missing_text
from inspector.core.errors import InspectorError
from inspector.ui.features.latency import export as chart_export
from inspector.ui.features.latency import model as columns
from inspector.ui.features.latency.charts import LatencyCharts
from inspector.ui.features.latency.model import LatencyModel
from inspector.ui.features.latency.pointing import LatencyPointing
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.cells import SortedTable, ToneDelegate, show_row
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import hbox, side_by_side, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.pacing import PacedTimer
from inspector.ui.kit.tables import COPY_KEY, copy_rows
from inspector.ui.kit.text import PlainLabel, copy_text, set_tooltip
from inspector.ui.kit.widgets import EmptyState, separator_line
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.gathering import Gathering

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.app.notices import Notices
    from inspector.core.records.numbers import ExecutionIndex
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

_WIDTHS: Final = {0: 20, 1: 6, 2: 7, 3: 8, 4: 6, 5: 6, 6: 6, 7: 6, 8: 6, 9: 6, 10: 8, 11: 8, 12: 7, 13: 7}
#: Columns that come when there is room, the most wanted first; p50 to max are there at every width.
_OPTIONAL: Final = (
    columns.RUNS,
    columns.FAILED,
    columns.CUT_OFF,
    columns.MEAN,
    columns.RATE,
    columns.ON_LOOP,
    columns.AWAITING,
    columns.THROUGHPUT,
)
#: Room for names of methods and events, in characters.
_LONG: Final = 40
_GROUPINGS: Final = {columns.CLASS: "By class", columns.METHOD: "By method", columns.EVENT: "By event"}
_MEASURED: Final = {
    (SUCCEEDED,): "Succeeded",
    (FAILED,): "Failed",
    (CUT_OFF,): "Cut off",
    (FAULTED,): "Under fault",
    OUTCOMES: "All runs",
}
#: What is said where there are no rows, and where a filter or a range leaves none.
_NOTHING: Final = {
    False: ("Nothing measured yet", "Handlers appear here once they have run."),
    True: ("No matches", "Nothing in this range matches the filter."),
}
#: Figures are brought up to date so often, ms.
_REFRESH: Final = 250
#: Rows change places so often, ms: sorting costs as much as the figures, and nobody reads rows that jump.
_SORT: Final = 1000
#: Between two parts of bringing them up to date, ms; a frame comes in between.
_PAUSE: Final = 20
#: Handlers or event types in a part.
_PART: Final = 20


class LatencyPanel(JournalPanel):
    """How long handlers take.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        notices: Where it is reported when a file could not be written.
        parent: The owner.

    Signals:
        execution_activated: An execution's index whose dot was clicked in the chart.
        filter_requested: A filter that a person asked for with a click on a bar of the histogram.
    """

    execution_activated = Signal(int)
    filter_requested = Signal(str)

    def __init__(self, theme: Theme, selection: Selection, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self._notices = notices
        self._charts_due = False
        self.model = LatencyModel(self)
        self._sorted = QElapsedTimer()
        self.charts = LatencyCharts(theme, self.model)
        self.charts.execution_clicked.connect(self._execution_clicked)
        self._timer = PacedTimer(self)
        self._timer.timeout.connect(self._refresh_part)
        self._make_table()
        self.splitter = side_by_side(self.table, self.charts, 74)
        vbox(self._make_bar(), separator_line(), (self.splitter, 1), owner=self)
        self.setFocusProxy(self.table)
        self._gathering = Gathering(self, self._take, 230)
        self.charts.counting_anew.connect(self._gathering.flush)
        self.pointing = LatencyPointing(self, selection, self.table, self.charts)
        self.pointing.filter_requested.connect(self.filter_requested)

    def _make_table(self) -> None:
        sort = (columns.RUNS, Qt.SortOrder.DescendingOrder)
        self.table = SortedTable(self._theme, "Latency", self.model, _WIDTHS, _OPTIONAL, sort)
        self.sorted = self.table.sorted
        self.sorted.sort_by_hand()  # see _SORT
        self._empty = EmptyState(self._theme, "chart", *_NOTHING[False])
        self.table.set_empty(self._empty)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        self.table.chosen_again.connect(self._chosen)
        self.table.set_menu(lambda index: self.menu_items(self.table.source_row(index)))

    def _make_bar(self) -> QHBoxLayout:
        theme = self._theme
        self._grouping = Button(theme, _GROUPINGS[columns.CLASS], kind="section")
        self._grouping.set_help("Group rows")
        self._grouping.set_menu(self._grouping_items)
        self._outcomes = Button(theme, _MEASURED[SUCCEEDED,], kind="section")
        self._outcomes.set_help("Executions to measure")
        self._outcomes.set_menu(self._outcome_items)
        self._more = IconButton(theme, "export", "Copy or save figures and charts")
        self._more.set_menu(self.export_items)
        self.missing = PlainLabel("", "warn")
        set_tooltip(self.missing, "Only recorded events are measured.")
        parts = (self._grouping, self._outcomes, self.missing, 1, self.charts.compare_button, self._more)
        return hbox(*parts, margins=(3, 3, 8, 3), spacing=4)

    def set_journal(self, journal: Journal) -> None:
        """Show another run."""
        super().set_journal(journal)
        self.pointing.journal = journal
        self._gathering.drop()
        self.missing.setText(missing_text(journal.processes))
        self.model.set_journal(journal)
        self._after_reset()

    def set_filter(self, chosen: Filter | None) -> None:
        """Measure only executions that fit; None measures all."""
        self._gathering.drop()
        self.model.set_filter(chosen)
        self._after_reset()

    def folded(self, change: Change) -> None:
        """Count what ended; what is shown follows at most four times a second, and only while it is seen."""
        self._gathering.add(change, len(self._journal.publications))
        if change.processes:
            self.missing.setText(missing_text(self._journal.processes))
        if not self._timer.isActive() and self.isVisible():
            self._timer.start(_REFRESH)

    def _take(self, change: Change) -> None:
        self.model.folded(change)
        self.charts.folded(change)

    def refresh(self) -> None:
        """Bring table and charts up to date at once."""
        self._gathering.flush()
        self._refresh_rows(0)
        self.charts.refresh()

    def _refresh_part(self) -> None:
        """Bring some rows up to date, and after the last ones, in another frame than the table, the charts."""
        if self._charts_due:
            self._charts_due = False
            self.charts.refresh()
            return
        self._charts_due = not self._refresh_rows(_PART)
        self._timer.start(_PAUSE)

    def _refresh_rows(self, most: int) -> bool:
        had = self.sorted.rowCount()
        more = self.model.refresh(most)
        if not more and (not most or not self._sorted.isValid() or self._sorted.hasExpired(_SORT)):
            self.sorted.settle()
            self._sorted.start()
        if not had:
            self._after_reset()  # what was selected while there were no rows, else the first
        return more

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what ended meanwhile."""
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop working while nobody looks."""
        super().hideEvent(event)
        self._timer.stop()
        self._charts_due = False

    def numbers_changed(self) -> None:
        """Write what stands beside the charts anew."""
        self.charts.refresh(anew=True)

    # -- choosing

    def _after_reset(self) -> None:
        self._empty.set(*_NOTHING[self.model.narrowed])
        row = self.model.row_of(self._selection.handler) if self.model.grouping != columns.EVENT else -1
        self.charts.set_journal(self._journal)
        if row >= 0:
            self._show(row)
        else:
            self._choose_first()

    def _choose_first(self) -> None:
        if self.sorted.rowCount():
            self._show(self.table.source_row(self.sorted.index(0, 0)))
        else:
            self.charts.set_row(-1)

    def _show(self, row: int) -> None:
        """Choose a row without a person having done so here."""
        with self.quietly():
            show_row(self.table, self.table.index_of(row))
        self.charts.set_row(row)

    def _chosen(self, current: QModelIndex) -> None:
        if self._quiet or not current.isValid():
            return
        row = self.table.source_row(current)
        self.charts.set_row(row)
        number = self.model.group(row).numbers[0]
        with self.quietly():
            if self.model.grouping == columns.EVENT:
                self._selection.select_event(self._journal.events[number].name)
            else:
                self._selection.select_handler(number)

    def handler_selected(self, number: int) -> None:
        """Stand on the row of the handler that is selected."""
        self._follow(number, self.model.grouping != columns.EVENT)

    def event_selected(self, name: str) -> None:
        """Stand on the row of the event that is selected, where rows are events."""
        by_event = self.model.grouping == columns.EVENT
        if by_event:
            names = [event.name for event in self._journal.events]
            self._follow(names.index(name) if name in names else -1, by_event)

    def _follow(self, number: int, applies: bool) -> None:
        row = self.model.row_of(number) if applies else -1
        if row >= 0:
            self._show(row)

    def range_selected(self, start: int, end: int) -> None:
        """Measure only what lies in a range."""
        self._gathering.flush()  # a range that is no other one counts nothing anew
        self.model.set_range(start, end)
        self._after_reset()

    def _execution_clicked(self, execution: ExecutionIndex) -> None:
        self._selection.select_in(self._journal, execution)
        self.execution_activated.emit(execution)

    # -- menus

    def menu_items(self, row: int) -> list[MenuItem]:
        """Return what can be done with a row of the model: a class of handlers, a handler or an event."""
        group = self.model.group(row)
        keys = native_shortcut(COPY_KEY)
        items = [MenuItem("Copy rows", lambda: copy_rows(self.table), icon="copy", hint=keys)]
        if self.verbs is None:
            return items
        if self.model.grouping == columns.EVENT:
            return [*self.verbs.event(group.name), SEPARATOR, *items]
        if self.model.grouping == columns.METHOD or len(group.numbers) == 1:
            return [*self.verbs.handler(group.numbers[0]), SEPARATOR, *items]
        return [*self.verbs.handlers(group.name), SEPARATOR, *items]

    def _grouping_items(self) -> list[MenuItem]:
        return [
            MenuItem(label, partial(self.set_grouping, key), checked=key == self.model.grouping)
            for key, label in _GROUPINGS.items()
        ]

    def set_grouping(self, grouping: str) -> None:
        """Group by ``class``, ``method`` or ``event``."""
        self._grouping.set_text(_GROUPINGS[grouping])
        delegate = self.table.itemDelegate()
        assert isinstance(delegate, ToneDelegate)  # noqa: S101 - see kit.cells
        # Classes are told apart by their beginnings, methods and events by their ends.
        delegate.middle = frozenset() if grouping == columns.CLASS else frozenset({columns.NAME})
        self.table.columns.want(columns.NAME, _WIDTHS[columns.NAME] if grouping == columns.CLASS else _LONG)
        self.charts.set_row(-1)
        self.model.set_grouping(grouping)
        self._after_reset()

    def _outcome_items(self) -> list[MenuItem]:
        return [
            MenuItem(label, partial(self.set_outcomes, key), checked=key == self.model.outcomes)
            for key, label in _MEASURED.items()
        ]

    def set_outcomes(self, outcomes: tuple[int, ...]) -> None:
        """Measure executions of these outcomes (``analysis.latency.OUTCOMES``)."""
        self._outcomes.set_text(_MEASURED[outcomes])
        self.model.set_outcomes(outcomes)
        self.charts.refresh(anew=True)

    def export_items(self) -> list[MenuItem]:
        """Return what can be done with the figures and charts as a whole."""
        some = bool(self.model.rowCount())
        return [
            MenuItem("Copy as table", self.copy_table, icon="copy", enabled=some),
            SEPARATOR,
            MenuItem("Save figures as CSV…", lambda: self._ask_file("csv"), icon="save", enabled=some),
            MenuItem("Save chart as PNG…", lambda: self._ask_file("png"), enabled=some),
            MenuItem("Save chart as SVG…", lambda: self._ask_file("svg"), enabled=some),
        ]

    def copy_table(self) -> None:
        """Copy the whole table, without the columns that a person has hidden."""
        rows = [self.table.source_row(self.sorted.index(r, 0)) for r in range(self.sorted.rowCount())]
        copy_text(chart_export.table_as_text(self.model, rows, self.table.columns.copied), "table")

    def _ask_file(self, kind: str) -> None:
        dialog = QFileDialog(self, "Save", f"latency.{kind}", f"{kind.upper()} (*.{kind})")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind)
        dialog.fileSelected.connect(lambda path: self.save(Path(path), kind))
        dialog.open()

    def save(self, path: Path, kind: str) -> None:
        """Write figures (``csv``) or charts (``png``, ``svg``) to a file; trouble becomes a notice."""
        try:
            if kind == "csv":
                content = chart_export.table_as_csv(self.model).encode("utf-8", "backslashreplace")
            elif kind == "svg":
                content = chart_export.picture_as_svg(self.charts)
            else:
                content = chart_export.picture_as_png(self.charts)
            chart_export.write_file(path, content)
        except InspectorError as error:
            self._notices.report(error)
