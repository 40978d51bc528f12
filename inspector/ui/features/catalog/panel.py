"""The catalog: every event of the program, what runs and what fails; the way to fire one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QPlainTextEdit, QTreeView, QWidget

from inspector.app.text import plural
from inspector.ui.features.catalog.delegate import CatalogDelegate
from inspector.ui.features.catalog.model import CATEGORY, EVENT, CatalogFilter, CatalogRole, CatalogTreeModel
from inspector.ui.kit.cells import being_read
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem, open_menu
from inspector.ui.kit.pacing import PacedTimer
from inspector.ui.kit.page import sized
from inspector.ui.kit.tables import DataTree
from inspector.ui.kit.text import PlainLabel, copy_text
from inspector.ui.kit.widgets import EmptyState, SearchField, separator_line
from inspector.ui.panel import JournalPanel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.core.description import CatalogDescription
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: Counters are shown at most this often.
REFRESH_MS: Final = 200
_RETURN: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
#: Keys that open and close rows of a tree instead of searching.
_FOLDING: Final = (Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Asterisk)
_STEPS: Final = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class CatalogPanel(JournalPanel):
    """The tree of events with a search field above and the sums below.

    Typing in the tree searches; the arrows lead from the field into the tree; Return asks for the form,
    Ctrl+Return to fire at once.

    Signals:
        fire_requested: The person wants to fire this event: show the form.
        fire_now_requested: Fire this event at once, with its last values.
        reading_requested: The person wants to see how the program is read.
    """

    fire_requested = Signal(str)
    fire_now_requested = Signal(str)
    reading_requested = Signal()

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        #: Paths of what the person has opened, and of what was opened to show the selection, which is not remembered.
        self._open: set[str] = set()
        self._opened_for_selection: set[str] = set()
        self._wanted = ""
        #: The event that was selected by a person, not proposed by a search.
        self._chosen = ""
        self._searching = False
        self._fire_shortcut = ""
        self._opened_once = False
        self._restoring = False
        self._waiting: Change | None = None
        self._pause = PacedTimer(self, REFRESH_MS)
        self._pause.timeout.connect(self._catch_up)
        self.model = CatalogTreeModel(self)
        self.filter = CatalogFilter(self.model, self)
        self.search = SearchField(theme, "Filter events, handlers…")
        self.tree = _CatalogTree(theme)
        self.footer = PlainLabel("", wrap=True)
        sized(self.footer, "dim", 0.85)
        self.empty = EmptyState(theme, "tree", "", "", roomy=True)
        self._lay_out()
        self._connect()
        self._refreshed()

    def preview(self, catalog: CatalogDescription) -> None:
        """Show a catalog of which there is no run yet."""
        self.model.preview(catalog)
        self._refreshed()

    def set_journal(self, journal: Journal) -> None:
        """Show the catalog of a run."""
        super().set_journal(journal)
        self._waiting = None
        self._pause.stop()
        self.model.set_journal(journal)
        self._refreshed()

    def folded(self, change: Change) -> None:
        """Take in what a fold brought. Counters are painted a few times a second: nobody reads faster."""
        if change.catalog:
            self.model.folded(change)
            self._refreshed()
        elif self._pause.isActive():
            self._waiting = change if self._waiting is None else joined(self._waiting, change)
        else:
            self.model.folded(change)
            self._pause.start()

    def _catch_up(self) -> None:
        if self._waiting is not None:
            self.model.folded(self._waiting)
            self._waiting = None
            self._pause.start()

    def set_struck(self, names: Iterable[str]) -> None:
        """Mark the events for which a fault is on."""
        self._delegate.struck = frozenset(names)
        self.tree.viewport().update()

    def current_event(self) -> str:
        """Return the name of the event on which the tree stands, empty when it stands on none."""
        index = self.tree.currentIndex()
        return str(index.data(CatalogRole.NAME)) if index.data(CatalogRole.KIND) == EVENT else ""

    def expanded(self) -> list[str]:
        """Return the paths of what is open, to be remembered."""
        return sorted(self._open)

    def set_expanded(self, paths: Iterable[str]) -> None:
        """Open what was remembered, and close the rest."""
        self._opened_for_selection.clear()
        self._open = set(paths)
        self._opened_once = True
        self._restore()

    def reveal(self, event: str) -> None:
        """Stand on an event, open what holds it and scroll to it; a search that leaves it out is given up."""
        if not self.filter.index_of(event).isValid() and self.model.index_of(event).isValid():
            self.search.clear()
        index = self.filter.index_of(event)
        if index.isValid():
            self._open_above(index)
            self._stand_on(index)

    def _open_above(self, index: QModelIndex) -> None:
        """Open what holds a row; that is not remembered, for the person did not open it."""
        self._restoring = True
        above = index.parent()
        while above.isValid():
            if not self.tree.isExpanded(above):
                self._opened_for_selection.add(str(above.data(CatalogRole.PATH)))
                self.tree.setExpanded(above, True)
            above = above.parent()
        self._restoring = False

    def _is_open(self, path: str) -> bool:
        return path in self._open or path in self._opened_for_selection

    def show_all(self) -> None:
        """Show every event, whatever was searched for."""
        self.search.clear()

    def choose_event(self, remembered: str) -> None:
        """Stand on an event as soon as there is a catalog, so that one key fires and the panels have something to say.

        It is the one that was selected last, by now or when the window was closed (``remembered``); at the very first
        start the one that most handlers react to. While a search stands it is what that finds best, if anything.
        """
        events = self.model.everything().events
        if self._selection.event_name or not events:
            return
        wanted = self._wanted or remembered
        busiest = max(events, key=lambda event: len(event.handlers)).name
        name = wanted if any(event.name == wanted for event in events) else busiest
        if self.filter.query:  # somebody has searched before there was anything to be found
            self._chosen = name
            self._search(self.search.text())
        else:
            self._selection.select_event(name)
            self.reveal(name)

    def set_fire_shortcut(self, text: str) -> None:
        """Take over how the keys are written that fire at once, for the menu of a row."""
        self._fire_shortcut = text

    def take_keyboard(self) -> None:
        """Put the keyboard into the tree, unless somebody is in a field of the window by now."""
        if not isinstance(self.window().focusWidget(), (QLineEdit, QAbstractSpinBox, QPlainTextEdit)):
            self.tree.setFocus()

    def focus_search(self) -> None:
        """Put the keyboard into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # -- building

    def _lay_out(self) -> None:
        self._footer_line = separator_line()
        self.footer.setContentsMargins(10, 7, 10, 7)
        top = vbox(self.search, margins=(10, 10, 10, 8))
        vbox(top, (self.tree, 1), self._footer_line, self.footer, owner=self)
        self.setFocusProxy(self.tree)
        self.setMinimumWidth(180)

    def _connect(self) -> None:
        tree = self.tree
        tree.setModel(self.filter)
        self._delegate = CatalogDelegate(self._theme, tree)
        tree.setItemDelegate(self._delegate)
        tree.clicked_at.connect(self._clicked_at)
        tree.set_empty(self.empty)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._show_menu)
        tree.expanded.connect(lambda index: self._note_open(index, opened=True))
        tree.collapsed.connect(lambda index: self._note_open(index, opened=False))
        tree.activated_row.connect(self._activated)
        tree.fire_now.connect(self._fire_now)
        tree.typed.connect(self._typed)
        tree.escaped.connect(self.search.clear)
        tree.selectionModel().currentChanged.connect(self._current_changed)
        # A click on the row where the tree stands already selects it again, if something else was selected meanwhile.
        tree.clicked.connect(lambda index: self._current_changed(index, index))
        self.filter.modelReset.connect(self._restore)
        self.filter.rowsInserted.connect(self._restore_inserted)
        self.search.textChanged.connect(self._search)
        self.search.installEventFilter(self)
        self.search.left.connect(lambda: tree.setFocus(Qt.FocusReason.OtherFocusReason))

    def _clicked_at(self, index: QModelIndex, place: QPointF) -> None:
        """Show how the program is read, where the mark of what was found was clicked."""
        mark = self._delegate.found_places.get(str(index.data(CatalogRole.PATH)))
        if mark is not None and mark.contains(place):
            self.reading_requested.emit()

    # -- searching

    def _search(self, text: str) -> None:
        self._searching = True  # rows that go take the tree's current row to their neighbours: nobody chose these
        best = self.filter.set_query(text)
        self._searching = False
        self._tell_empty()
        if not text.strip():
            self._restore()
            return
        self._restoring = True
        self.tree.expandAll()
        self._restoring = False
        self._propose(best[0] if best else "")

    def _propose(self, name: str) -> None:
        """Select what fits a search best; where nothing fits, what was chosen before, so that no stranger is fired."""
        chosen = self._chosen
        if name:
            self._stand_on(self.filter.index_of(name))
        self._selection.select_event(name or chosen)
        self._chosen = chosen

    def _tell_empty(self) -> None:
        if self.filter.query:
            self.empty.set("No matching events", "Press Esc in the filter to show all events.")
        else:
            self.empty.set("No catalog yet", "Open a project or a session to see its events.")

    def _typed(self, text: str) -> None:
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self.search.setText(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass arrows and Return in the search field to the tree."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _RETURN:
                self._fire_now() if event.modifiers() & Qt.KeyboardModifier.ControlModifier else self._fire()
                return True
            if event.key() in _STEPS:
                self.tree.setFocus(Qt.FocusReason.OtherFocusReason)
                self.tree.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def numbers_changed(self) -> None:
        """Write the sums of the footer anew."""
        self._refreshed()

    # -- what is open

    def _refreshed(self) -> None:
        catalog = self.model.catalog
        self._tell_empty()
        for part in (self._footer_line, self.footer):
            part.setVisible(catalog is not None)
        if catalog is None:
            return
        sums = (
            plural(len(catalog.events), "event"),
            *([plural(len(catalog.workflows), "workflow")] if catalog.workflows else []),
            plural(catalog.subscriptions, "subscription"),
        )
        # Where one line is too short it breaks between the sums, not inside one.
        self.footer.setText(" · ".join(text.replace(" ", "\N{NO-BREAK SPACE}") for text in sums))
        if not self._opened_once and catalog.events:
            self._opened_once = True
            self._open = {str(index.data(CatalogRole.PATH)) for index in self.model.indexes(CATEGORY)}
            self._restore()

    def _note_open(self, index: QModelIndex, *, opened: bool) -> None:
        if self._restoring or self.filter.query:
            return  # what a search opens is not what the person opened
        path = str(index.data(CatalogRole.PATH))
        self._open.add(path) if opened else self._open.discard(path)
        self._opened_for_selection.discard(path)

    def _restore(self) -> None:
        """Open what was open before the rows were made anew, and stand where we stood."""
        self._restoring = True
        if self.filter.query:
            self.tree.expandAll()
        else:
            for kind in (CATEGORY, "workflow"):
                for source in self.model.indexes(kind):
                    index = self.filter.mapFromSource(source)
                    self.tree.setExpanded(index, self._is_open(str(source.data(CatalogRole.PATH))))
        self._restoring = False
        self._mark(self._selection.event_name)

    def _restore_inserted(self, parent: QModelIndex) -> None:
        """Open what holds rows that are new, if it is to be open, and stand on the event that is selected."""
        if self._restoring:
            return
        if parent.isValid():
            self._restoring = True
            self.tree.setExpanded(parent, bool(self.filter.query) or self._is_open(str(parent.data(CatalogRole.PATH))))
            self._restoring = False
        self._mark(self._selection.event_name)

    # -- selection

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.data(CatalogRole.KIND) == EVENT and not self._searching:
            self._chosen = self._wanted = str(current.data(CatalogRole.NAME))
            with self.quietly():
                self._selection.select_event(self._wanted)

    def event_selected(self, name: str) -> None:
        """Show the event that is selected elsewhere; while a person works here, only mark it."""
        self._chosen = name
        index = self.filter.index_of(name)
        if index.isValid() and not being_read(self.tree):
            self._open_above(index)
            self._stand_on(index)
        self._mark(name)

    def _mark(self, name: str) -> None:
        """Stand on an event, and open and scroll nothing."""
        self._wanted = name or self._wanted
        index = self.filter.index_of(name)
        if name == self.current_event():
            return
        if index.isValid():
            self._stand_on(index, scroll=False)
        elif self.current_event():
            self.tree.setCurrentIndex(QModelIndex())  # it is not shown: nothing else may look as if it were selected

    def _stand_on(self, index: QModelIndex, *, scroll: bool = True) -> None:
        """Make a row the current one; the tree scrolls only for the person who is searching in it."""
        auto = self.tree.hasAutoScroll()
        self.tree.setAutoScroll(scroll)
        flags = QItemSelectionModel.SelectionFlag
        self.tree.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.tree.setAutoScroll(auto)
        if scroll:
            self.tree.scrollTo(index)

    # -- firing

    def _activated(self, index: QModelIndex) -> None:
        if index.data(CatalogRole.KIND) == EVENT:
            self._fire()
        elif not self.tree.underMouse():
            self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def _fire(self) -> None:
        if self.current_event():
            self.fire_requested.emit(self.current_event())

    def _fire_now(self) -> None:
        if self.current_event():
            self.fire_now_requested.emit(self.current_event())

    def _show_menu(self, where: QPoint) -> None:
        index = self.tree.indexAt(where)
        open_menu(self.tree, self.menu_items(index), self._theme, self.tree.viewport().mapToGlobal(where))

    def _verbs_of(self, index: QModelIndex, name: str) -> list[MenuItem]:
        """Return what can be done with what a row stands for, wherever it is shown."""
        kind = str(index.data(CatalogRole.KIND))
        if self.verbs is None:
            return [MenuItem("Copy name", lambda: copy_text(name, "name"), icon="copy")]
        if kind == EVENT:  # it is fired by lines of its own, and shown here
            return [item for item in self.verbs.event(name) if item.icon not in ("edit", "tree")]
        return self.verbs.branch(kind, name)

    def menu_items(self, index: QModelIndex) -> list[MenuItem]:
        """Return what the context menu offers for a row (or for none)."""
        items: list[MenuItem] = []
        name = str(index.data(CatalogRole.NAME) or "")
        if index.data(CatalogRole.KIND) == EVENT and (self.verbs is None or self.verbs.fires):
            items += [
                MenuItem("Fire…", lambda: self.fire_requested.emit(name), icon="edit", hint=native_shortcut("Return")),
                MenuItem(
                    "Fire with last values",
                    lambda: self.fire_now_requested.emit(name),
                    icon="play",
                    hint=self._fire_shortcut,
                ),
                SEPARATOR,
            ]
        if index.data(CatalogRole.FOUND):
            items += [MenuItem("How this program is read", self.reading_requested.emit, icon="eye"), SEPARATOR]
        if name:
            items += [*self._verbs_of(index, name), SEPARATOR]
        items += [
            MenuItem("Expand all", self.tree.expandAll, icon="plus"),
            MenuItem("Collapse all", self.tree.collapseAll, icon="minus"),
        ]
        return items


def joined(first: Change, then: Change) -> Change:
    """Return two changes as one, as far as the counters go by it."""
    return replace(first, ended=(then.ended or first.ended)[-1:], catalog=first.catalog or then.catalog)


class _CatalogTree(DataTree):
    """The tree; letters typed into it are for the search field.

    Signals:
        typed: A letter was typed.
        fire_now: Ctrl+Return was pressed.
        escaped: Esc was pressed.
        clicked_at: A row (its index) was clicked at a place of the viewport.
    """

    typed = Signal(str)
    fire_now = Signal()
    escaped = Signal()
    clicked_at = Signal(QModelIndex, QPointF)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setAccessibleName("Catalog")
        self.setSelectionMode(QTreeView.SelectionMode.SingleSelection)
        self.setIndentation(15)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAllColumnsShowFocus(True)
        self.setExpandsOnDoubleClick(False)
        #: The row on which the left button went down; none for the second time of a double click.
        self._pressed = QPersistentModelIndex()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note which row is clicked."""
        index = self.indexAt(event.position().toPoint())
        self._pressed = QPersistentModelIndex(index if event.button() == Qt.MouseButton.LeftButton else QModelIndex())
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Leave a branch as the first click has made it."""
        self._pressed = QPersistentModelIndex()
        super().mouseDoubleClickEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open or close a branch that was clicked at its name, and report where a row was clicked."""
        super().mouseReleaseEvent(event)
        index, place = self.indexAt(event.position().toPoint()), event.position()
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        if index == self._pressed and self.model().hasChildren(index) and place.x() >= self.visualRect(index).left():
            self.setExpanded(index, not self.isExpanded(index))
        self.clicked_at.emit(index, place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take letters for searching, Ctrl+Return for firing."""
        text = event.text()
        plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if event.key() in _RETURN and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.fire_now.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif plain and text.isprintable() and text.strip() and event.key() not in _FOLDING:
            self.typed.emit(text)
        else:
            super().keyPressEvent(event)
