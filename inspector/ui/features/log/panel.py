"""The log: a row per publication, following the newest until a person scrolls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from inspector.app.text import format_count, plural
from inspector.core.records.numbers import PublicationIndex
from inspector.store.trouble import count_lost
from inspector.ui.features.log import model as columns
from inspector.ui.features.log.model import LogModel
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.cells import dress, show_row, stretch
from inspector.ui.kit.fitting import FittingColumns
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem, fill
from inspector.ui.kit.tables import DataTable, selection_as_tsv
from inspector.ui.kit.text import PlainLabel, copy_text
from inspector.ui.kit.widgets import EmptyState
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.gathering import Gathering
from inspector.ui.parts.row_link import RowLink
from inspector.ui.selection import Hover

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

_WIDTHS = {0: 7, 1: 14, 2: 30, 3: 27, 4: 10, 5: 20, 6: 11, 7: 20, 8: 40}
#: Columns that come when there is room, the most wanted first.
_OPTIONAL = (columns.OUTCOME, columns.DURATION, columns.TIME, columns.HANDLERS, columns.WHERE)
_MORE = (columns.CORRELATION, columns.CAUSE)
_MARGIN = 12


class LogPanel(JournalPanel):
    """Every publication of the run shown.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        parent: The owner.

    Signals:
        activated: A publication's index, on Return or a double click.
        filter_requested: A filter that a person asked for in the menu of a row.
    """

    activated = Signal(int)
    filter_requested = Signal(str)

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self._following = True
        self._gathering = Gathering(self, self._take)
        self.model = LogModel(self)
        self.table = DataTable(theme)
        self.table.setAccessibleName("Log of publications")
        self.table.setModel(self.model)
        self._empty = EmptyState(theme, "list", "Nothing published yet", "Fire an event to see it here.")
        self.table.set_empty(self._empty)
        dress(self.table, theme, _WIDTHS)
        FittingColumns(self.table, _WIDTHS, (*_OPTIONAL, *_MORE))
        stretch(self.table, columns.EVENT)
        self._hidden = PlainLabel("", "dim")
        self._hidden.setContentsMargins(10, 4, 10, 4)
        self._hidden.hide()
        self._newest = Button(theme, "Newest", "follow", native_shortcut("End"), parent=self.table)
        self._newest.set_help("Show the newest row and follow")
        self._newest.clicked.connect(self.follow)
        self._newest.hide()
        vbox(self._hidden, self.table, owner=self)
        self._connect()
        self._link = RowLink(self.table, selection, self._meant, self._row_of)

    def _connect(self) -> None:
        bar = self.table.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._stay_at_end)
        self.table.viewport().installEventFilter(self)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        self.table.activated_row.connect(lambda index: self.activated.emit(self._publication(index)))
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)

    def _meant(self, index: QModelIndex) -> Hover:
        return Hover(publication=PublicationIndex(self._publication(index)))

    def _row_of(self, what: Hover) -> QModelIndex:
        publication = what.publication
        if what.execution >= 0:
            publication = PublicationIndex(int(self._journal.executions["publication"][what.execution]))
        row = self.model.row_of(publication)
        return self.model.index(row, 0) if row >= 0 else QModelIndex()

    def set_journal(self, journal: Journal) -> None:
        """Show another run, from its end."""
        super().set_journal(journal)
        self._reset(lambda: self.model.set_journal(journal))
        self.follow()

    def set_filter(self, chosen: Filter | None) -> None:
        """Show only publications that fit; None shows all."""
        self._reset(lambda: self.model.set_filter(chosen))

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold; while more comes than anybody reads, a few times a second."""
        self._gathering.add(change, len(self._journal.publications))

    def _take(self, change: Change) -> None:
        self.model.folded(change)
        self._tell_count()

    @property
    def following(self) -> bool:
        """Whether new rows are scrolled to."""
        return self._following

    def follow(self) -> None:
        """Show the newest row, and each that comes."""
        self._set_following(True)
        self.table.scrollToBottom()

    def _reset(self, change: Callable[[], None]) -> None:
        was_following, self._following = self._following, False
        self._gathering.drop()
        change()
        self._set_following(was_following)
        if was_following:
            self.table.scrollToBottom()
        self._show_selected()
        self._tell_count()

    def _tell_count(self) -> None:
        shown, total = self.model.rowCount(), len(self._journal.publications)
        dropped = self._journal.dropped
        parts = [f"{format_count(shown)} of {plural(total, 'event')}"] if self.model.narrowed else []
        parts += [count_lost(dropped)] if dropped else []
        self._hidden.setText(" · ".join(parts))
        self._hidden.setVisible(bool(parts))
        if self.model.narrowed:
            self._empty.set("Nothing fits", "The filter or the range leaves out every event.")
        else:
            self._empty.set("Nothing published yet", "Fire an event to see it here.")
        self.badge_changed.emit(format_count(shown) if shown else "", "dim")

    def _publication(self, index: QModelIndex) -> int:
        return self.model.publication_at(index.row()) if index.isValid() else -1

    def _chosen(self, current: QModelIndex) -> None:
        if self._quiet or not current.isValid():
            return
        if current.row() < self.model.rowCount() - 1:
            self._set_following(False)
        publication = self._publication(current)
        with self.quietly():
            self._selection.select_publication(
                PublicationIndex(publication), self._journal.publication(PublicationIndex(publication)).event.name
            )

    def publication_selected(self, index: int) -> None:  # noqa: ARG002 - it is looked up
        """Stand on the publication that is selected."""
        self._show_selected()

    def _show_selected(self) -> None:
        row = self.model.row_of(self._selection.publication)
        with self.quietly():
            if 0 <= row < self.model.rowCount() - 1 and self.table.isVisible():
                self._set_following(False)
            show_row(self.table, self.model.index(row, 0) if row >= 0 else QModelIndex())

    def range_selected(self, start: int, end: int) -> None:
        """Show only what was published in a range."""
        self._reset(lambda: self.model.set_range(start, end))

    def _scrolled(self, value: int) -> None:
        self._set_following(value >= self.table.verticalScrollBar().maximum())

    def _stay_at_end(self, _low: int, high: int) -> None:
        if self._following:
            self.table.verticalScrollBar().setValue(high)

    def _set_following(self, following: bool) -> None:
        self._following = following
        self._newest.setVisible(not following and self.model.rowCount() > 0)
        self._place_button()

    def _place_button(self) -> None:
        if self._newest.isVisible():
            self._newest.adjustSize()
            room = self.table.viewport().geometry()
            self._newest.move(
                room.right() - self._newest.width() - _MARGIN, room.bottom() - self._newest.height() - _MARGIN
            )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the button in its corner."""
        if event.type() == QEvent.Type.Resize:
            self._place_button()
            self._stay_at_end(0, self.table.verticalScrollBar().maximum())
        return super().eventFilter(watched, event)

    def _open_menu(self, at: QPoint) -> None:
        index = self.table.indexAt(at)
        if not index.isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill(menu, self.menu_items(PublicationIndex(self._publication(index))), self._theme)
        menu.popup(self.table.viewport().mapToGlobal(at))

    def menu_items(self, publication: PublicationIndex) -> list[MenuItem]:
        """Return what can be done with a publication."""
        entry = self._journal.publication(publication)
        name, correlation = entry.event.name, entry.correlation
        keys = native_shortcut("Ctrl+C")
        return [
            MenuItem("Show details", lambda: self.activated.emit(publication), hint=native_shortcut("Return")),
            SEPARATOR,
            MenuItem("Copy rows", lambda: copy_text(selection_as_tsv(self.table)), icon="copy", hint=keys),
            MenuItem("Copy event id", lambda: copy_text(entry.event_id), enabled=bool(entry.event_id)),
            MenuItem("Copy correlation id", lambda: copy_text(correlation), enabled=bool(correlation)),
            SEPARATOR,
            MenuItem(f"Only {name}", lambda: self.filter_requested.emit(f"event:{name}"), icon="filter"),
            MenuItem(
                "Only this correlation",
                lambda: self.filter_requested.emit(f"corr:{correlation}"),
                enabled=bool(correlation),
            ),
        ]
