"""The log: a row per publication, following the newest until a person scrolls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QEvent, QModelIndex, QObject, Qt, QTimer, Signal

from inspector.analysis.entries import IS_BAD
from inspector.app.text import format_count, plural
from inspector.core.records.numbers import NO_EXECUTION, ExecutionIndex, PublicationIndex
from inspector.core.records.statuses import SWALLOWED_CODE
from inspector.store.trouble import count_lost
from inspector.ui.features.log import model as columns
from inspector.ui.features.log.model import LogModel
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.cells import dress, show_row
from inspector.ui.kit.columns import TableColumns
from inspector.ui.kit.holding import Holding
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.tables import COPY_KEY, DataTable, copy_rows
from inspector.ui.kit.text import CountLabel
from inspector.ui.kit.widgets import EmptyState, separator_line
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.gathering import Gathering
from inspector.ui.parts.row_link import RowLink
from inspector.ui.selection import Hover

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QHBoxLayout, QWidget

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

_WIDTHS = {0: 7, 1: 14, 2: 28, 3: 27, 4: 10, 5: 20, 6: 11, 7: 20, 8: 40, 9: 19}
#: Columns that come when there is room, the most wanted first.
_OPTIONAL = (
    *(columns.NUMBER, columns.TIME, columns.PROCESS, columns.HANDLERS),
    *(columns.WHERE, columns.CORRELATION, columns.CAUSE),
)
#: Sorted rows change places so often, ms, and however long that takes, it takes no more than a part of the time.
_SETTLE = 1000
_SHARE = 20


class LogPanel(JournalPanel):
    """Every publication of the run shown.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        parent: The owner.

    Signals:
        execution_activated: The index of the execution that a person wants to see, on Return or a double click.
        activated: The index of a publication without executions, likewise.
    """

    execution_activated = Signal(int)
    activated = Signal(int)

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self._following = True
        #: Rows that came while a person aims at one.
        self._new = 0
        self._gathering = Gathering(self, self._take)
        self.model = LogModel(self)
        self.table = DataTable(theme)
        self.table.setAccessibleName("Publication log")
        self.table.setModel(self.model)
        self._empty = EmptyState(theme, "list", "Nothing published yet", "Events appear here as they are published.")
        self.table.set_empty(self._empty)
        dress(self.table, theme, middle=(columns.EVENT,))
        self.table.horizontalHeader().setSortIndicator(columns.NUMBER, Qt.SortOrder.AscendingOrder)
        self.table.setSortingEnabled(True)
        self.columns = TableColumns(self.table, theme, _WIDTHS, _OPTIONAL, columns.EVENT)
        self.columns.offer(columns.PROCESS, offered=False)
        self._settling = QTimer(self, singleShot=True, interval=_SETTLE)
        self._settling.timeout.connect(self._settle)
        vbox((self.table, 1), separator_line(), self._make_foot(), owner=self)
        self.setFocusProxy(self.table)
        self.holding = Holding(self.table)
        self._connect()
        self._link = RowLink(self.table, selection, self._meant, self._row_of)

    def _make_foot(self) -> QHBoxLayout:
        """Make the line below: how much is shown, and the way back to the newest."""
        self._sum = CountLabel("", "dim")
        self._newest = Button(self._theme, "Newest", "follow", native_shortcut("End"), "flat")
        self._newest.set_help("Go to the newest row and follow")
        self._newest.clicked.connect(self.follow)
        policy = self._newest.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # rows must not move when it comes
        self._newest.setSizePolicy(policy)
        self._newest.hide()
        return hbox(self._sum, 1, self._newest, margins=(10, 1, 8, 1))

    def _connect(self) -> None:
        bar = self.table.verticalScrollBar()
        self.holding.ended.connect(self._end_holding)
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(lambda *_: None if self.holding.active else self._stay())
        self.table.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self._sorted())
        self.model.rowsInserted.connect(self._keep_read)
        self.table.viewport().installEventFilter(self)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        self.table.chosen_again.connect(self._chosen)
        self.table.activated_row.connect(lambda index: self.activate(PublicationIndex(self._publication(index))))
        self.table.set_menu(lambda index: self.menu_items(PublicationIndex(self._publication(index))))

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
        self.columns.offer(columns.PROCESS, offered=journal.processes.several)
        self._reset(lambda: self.model.set_journal(journal))
        self.follow()

    def set_filter(self, chosen: Filter | None) -> None:
        """Show only publications that fit; None shows all."""
        self._reset(lambda: self.model.set_filter(chosen))

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold; while more comes than anybody reads, a few times a second."""
        self._gathering.add(change, len(self._journal.publications))
        if change.processes:
            self.columns.offer(columns.PROCESS, offered=self._journal.processes.several)

    def _take(self, change: Change) -> None:
        self.model.folded(change)
        if self.model.by_column and not self._settling.isActive():
            self._settling.start()
        self._tell_count()

    def _settle(self) -> None:
        """Let sorted rows take their places; while a person aims at one, afterwards."""
        if self.holding.active:
            self._settling.start()
            self.holding.say(0, stale=True)
            return
        clock = QElapsedTimer()
        clock.start()
        self.model.settle()
        self._settling.setInterval(max(_SETTLE, _SHARE * clock.elapsed()))

    @property
    def following(self) -> bool:
        """Whether new rows are scrolled to."""
        return self._following

    def follow(self) -> None:
        """Show the newest row, and each that comes; what is sorted by a column is in the order of time again."""
        if self.model.by_column:
            self.table.sortByColumn(columns.NUMBER, Qt.SortOrder.AscendingOrder)
        self._set_following(True)
        self._stay()

    def _sorted(self) -> None:
        """Show the beginning of what was sorted; in the order of time, the newest."""
        self._set_following(not self.model.by_column)
        if self.model.by_column:
            self.table.scrollToTop()
        self._stay()

    def _reset(self, change: Callable[[], None]) -> None:
        was_following, self._following = self._following, False
        self._gathering.drop()
        change()
        self._set_following(was_following)
        self._stay()
        self._show_selected()
        self._tell_count()

    def numbers_changed(self) -> None:
        """Write the count anew."""
        self._tell_count()

    def _tell_count(self) -> None:
        shown, total = self.model.rowCount(), len(self._journal.publications)
        dropped = self._journal.dropped
        parts = [
            f"{format_count(shown)} of {plural(total, 'event')}" if self.model.narrowed else plural(total, "event")
        ]
        parts += [count_lost(dropped)] if dropped else []
        self._sum.setText(" · ".join(parts))
        if self.model.narrowed:
            self._empty.set("No matches", "Nothing in this range matches the filter.")
        else:
            self._empty.set("Nothing published yet", "Events appear here as they are published.")
        self.badge_changed.emit(format_count(shown) if shown else "", "dim")

    def _publication(self, index: QModelIndex) -> int:
        return self.model.publication_at(index.row()) if index.isValid() else -1

    def _chosen(self, current: QModelIndex) -> None:
        if self._quiet or not current.isValid():
            return
        publication = PublicationIndex(self._publication(current))
        if publication < len(self._journal.publications) - 1:
            self._set_following(False)
        executions = self._journal.executions_of(publication)
        execution = self._telling(executions)
        with self.quietly():
            if len(executions) == 1 or (execution >= 0 and self._order(execution)[0] < 2):
                self._selection.select_in(self._journal, execution)
            else:
                self._selection.select_publication(publication, self._journal.publication(publication).event.name)

    def _telling(self, executions: Sequence[ExecutionIndex]) -> ExecutionIndex:
        """Return the execution that tells most: the first that went wrong, else swallowed, else the longest; or -1."""
        columns = self._journal.executions
        lengths = {index: int(columns["end"][index] - columns["start"][index]) for index in executions}
        return min(executions, key=lambda index: (self._order(index), -lengths[index]), default=NO_EXECUTION)

    def _order(self, execution: ExecutionIndex) -> tuple[int, int]:
        """Return what sorts executions, those that tell most first; of those that went wrong the first one."""
        status = self._journal.executions["status"][execution]
        rank = 0 if IS_BAD[status] else 1 if status == SWALLOWED_CODE else 2
        return rank, execution if rank < 2 else 0

    def activate(self, publication: PublicationIndex) -> None:
        """Ask for the execution of a publication that tells most; for the publication, where nobody handled it."""
        execution = self._telling(self._journal.executions_of(publication))
        if execution >= 0:
            with self.quietly():
                self._selection.select_in(self._journal, execution)
            self.execution_activated.emit(execution)
        else:
            self.activated.emit(publication)

    def publication_selected(self, index: int) -> None:  # noqa: ARG002 - it is looked up
        """Stand on the publication that is selected."""
        self._show_selected()

    def _show_selected(self) -> None:
        row = self.model.row_of(self._selection.publication)
        with self.quietly():
            newest = self._selection.publication == len(self._journal.publications) - 1
            if row >= 0 and not newest and self.table.isVisible():
                self._set_following(False)
            show_row(self.table, self.model.index(row, 0) if row >= 0 else QModelIndex())

    def range_selected(self, start: int, end: int) -> None:
        """Show only what was published in a range."""
        self._reset(lambda: self.model.set_range(start, end))

    def _scrolled(self, value: int) -> None:
        if not self.model.by_column:
            bar = self.table.verticalScrollBar()
            self._set_following(value <= bar.minimum() if self.model.newest_first else value >= bar.maximum())

    def _stay(self) -> None:
        """Stay at the newest row while following."""
        if self._following:
            self.table.scrollToTop() if self.model.newest_first else self.table.scrollToBottom()

    def _end_holding(self) -> None:
        """Go on following."""
        self._new = 0
        self.holding.say(0, stale=False)
        self._stay()

    def _keep_read(self, _parent: QModelIndex, first: int, last: int) -> None:
        """Leave in sight what is being read while rows come above it."""
        following = self._following
        if following and self.holding.active:
            self._new += last - first + 1
            self.holding.say(self._new, stale=False)
        if self.model.newest_first and first == 0 and (not following or self.holding.active):
            bar = self.table.verticalScrollBar()
            bar.setValue(bar.value() + (last + 1) * self.table.verticalHeader().defaultSectionSize())
            self._set_following(following)

    def _set_following(self, following: bool) -> None:
        self._following = following
        self._newest.setVisible(not following and self.model.rowCount() > 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the newest row in another height."""
        if event.type() == QEvent.Type.Resize:
            self._stay()
        return super().eventFilter(watched, event)

    def menu_items(self, publication: PublicationIndex) -> list[MenuItem]:
        """Return what can be done with a publication."""
        keys = native_shortcut(COPY_KEY)
        return [
            MenuItem(
                "Show execution",
                lambda: self.activate(publication),
                icon="execution",
                hint=native_shortcut("Return"),
            ),
            MenuItem("Copy rows", lambda: copy_rows(self.table), icon="copy", hint=keys),
            SEPARATOR,
            *(self.verbs.publication(publication) if self.verbs is not None else ()),
        ]
