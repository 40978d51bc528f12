"""The sessions of the database: open, rename, delete, export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QWidget

from inspector.app.text import format_count, plural
from inspector.ui.features.sessions import model as columns
from inspector.ui.features.sessions.model import SessionsModel
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.cells import SortedTable, show_row
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.text import PlainLabel, ask_then
from inspector.ui.kit.widgets import EmptyState, SearchField, separator_line

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from inspector.store.info import SessionInfo
    from inspector.ui.kit.theme import Theme

_WIDTHS = {0: 21, 1: 10, 2: 9, 3: 8, 4: 16, 5: 8, 6: 8, 7: 11, 8: 9}
#: Whole dates, several outcomes, and the file of an import, where there is room.
_MOST: Final = {columns.STARTED: 16, columns.STATE: 24, columns.OUTCOME: 24}
#: Characters of these texts to which other columns give way.
_LONGEST: Final = {columns.NAME: 46, columns.OUTCOME: 16, columns.STATE: 19}
#: Columns that come when there is room, the most wanted first.
_OPTIONAL: Final = (
    *(columns.DURATION, columns.PUBLICATIONS, columns.SIZE),
    *(columns.EXECUTIONS, columns.PROGRAM),
)
_NONE_YET: Final = ("No sessions yet", "A session is recorded whenever the program publishes events.")
_NONE_FITS: Final = ("No matching sessions", "Press Esc in the filter to show all sessions.")
_DELETE: Final = "Delete"
#: Keys of the list.
_OPEN_KEY: Final = "Return"
_RENAME_KEY: Final = "F2"
_DELETE_KEY: Final = "Del"


class _Table(SortedTable):
    """A table that knows F2 and Del."""

    rename = Signal()
    delete = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Rename and delete by keyboard."""
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
        elif QKeySequence(event.keyCombination()) == QKeySequence(_RENAME_KEY):
            self.rename.emit()
        elif event.matches(QKeySequence.StandardKey.Delete):
            self.delete.emit()
        else:
            super().keyPressEvent(event)


class SessionsPanel(QWidget):
    """What was recorded. It only asks: the list changes when ``set_sessions`` is called.

    Args:
        theme: Its look.
        parent: The owner.

    Signals:
        open_requested: A session's id.
        rename_requested: A session's id and its new name.
        delete_requested: A session's id; the person has said yes.
        export_requested: A session's id.
        import_requested: Import a run log.
        seen: The list has come into sight.
    """

    open_requested = Signal(int)
    rename_requested = Signal(int, str)
    delete_requested = Signal(int)
    export_requested = Signal(int)
    import_requested = Signal()
    seen = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._live: int | None = None
        self._opened: int | None = None
        self.model = SessionsModel(self)
        self.model.renamed.connect(self.rename_requested)
        sort = (columns.STARTED, Qt.SortOrder.DescendingOrder)
        self.table = _Table(
            *(theme, "Sessions", self.model, _WIDTHS, _OPTIONAL, sort),
            middle=(columns.NAME,),
            shorter={columns.STARTED: (columns.short_start,)},
            most=_MOST,
        )
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._empty = EmptyState(theme, "session", *_NONE_YET)
        self.table.set_empty(self._empty)
        self.search = SearchField(theme, "Filter by name, program, event or file")
        self.search.textChanged.connect(self._filter)
        self.search.left.connect(self.table.setFocus)
        self._count = PlainLabel("", "dim")
        bar = hbox((self.search, 1), self._count, margins=(10, 6, 10, 6), spacing=10)
        vbox(bar, separator_line(), (self.table, 1), separator_line(), self._make_buttons(), owner=self)
        self.setFocusProxy(self.table)
        self._connect()
        self._tell_state()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the sessions anew: what was counted while nobody looked is old."""
        super().showEvent(event)
        self.seen.emit()

    def _make_buttons(self) -> QHBoxLayout:
        theme = self._theme
        self._open = Button(theme, "Open", "folder", native_shortcut(_OPEN_KEY))
        self._rename = Button(theme, "Rename", "edit", native_shortcut(_RENAME_KEY))
        self._export = Button(theme, "Export…", "export")
        self._remove = Button(theme, "Delete…", "trash", native_shortcut(_DELETE_KEY))
        self.import_button = Button(theme, "Import…", on_click=self.import_requested)
        self.import_button.set_help("Import a run log as a session")
        buttons = (self._open, self._rename, self._export, self._remove)
        return hbox(*buttons, 1, self.import_button, margins=(10, 6, 10, 6), spacing=6)

    def _connect(self) -> None:
        self._open.clicked.connect(self.open)
        self._rename.clicked.connect(self.rename)
        self._export.clicked.connect(self.export)
        self._remove.clicked.connect(self.delete)
        self.table.activated_row.connect(self.open)
        self.table.rename.connect(self.rename)
        self.table.delete.connect(self.delete)
        self.table.selectionModel().selectionChanged.connect(self._tell_state)
        self.table.set_menu(lambda _: self.menu_items())

    def set_sessions(self, sessions: Sequence[SessionInfo], live: int | None, opened: int | None) -> None:
        """Show these sessions; ``live`` is recorded by this window, ``opened`` is the one it shows."""
        moved = opened != self._opened
        self._live, self._opened = live, opened
        self.model.set_sessions(sessions, live, opened)
        for column, most in _LONGEST.items():
            lengths = (self.model.length(row, column) for row in range(self.model.rows()))
            self.table.columns.want_texts(column, lengths, most)
        self._tell_count()
        if opened is not None and (moved or not self.table.currentIndex().isValid()):
            row = self.model.row_of(opened)
            if row >= 0:
                show_row(self.table, self.table.index_of(row))
        self._tell_state()

    def numbers_changed(self) -> None:
        """Write the count anew."""
        self._tell_count()

    def _filter(self, text: str) -> None:
        self.table.sorted.set_query(text)
        self._empty.set(*(_NONE_YET if not text.strip() else _NONE_FITS))
        self._tell_count()
        self._tell_state()

    def _tell_count(self) -> None:
        shown, total = self.table.sorted.rowCount(), self.model.rows()
        words = plural(total, "session") if total else ""
        self._count.setText(f"{format_count(shown)} of {words}" if shown < total else words)

    def current(self) -> SessionInfo | None:
        """Return the session that is selected."""
        index = self.table.currentIndex()
        # Ctrl and a click take the selection back, and leave the row current.
        selected = index.isValid() and self.table.selectionModel().isSelected(index)
        return self.model.session(self.table.source_row(index)) if selected else None

    def open(self) -> None:
        """Ask for the selected session to be opened."""
        session = self.current()
        if session is not None and session.id != self._opened:
            self.open_requested.emit(session.id)

    def rename(self) -> None:
        """Edit the name of the selected session in its cell."""
        index = self.table.currentIndex()
        if index.isValid():
            self.table.edit(index.siblingAtColumn(columns.NAME))

    def export(self) -> None:
        """Ask for the selected session to be exported."""
        session = self.current()
        if session is not None:
            self.export_requested.emit(session.id)

    def delete(self) -> None:
        """Ask whether the selected session shall go, and then for it to go."""
        session = self.current()
        if session is not None and not self._why_kept(session):
            self.ask_delete(session)

    def ask_delete(self, session: SessionInfo) -> None:
        """Ask whether a session shall go, and then for it to go."""
        identity = session.id

        def answered(label: str | None) -> None:
            if label == _DELETE:
                self.delete_requested.emit(identity)

        what = f"{plural(session.publications, 'event')} and {plural(session.executions, 'execution')}"
        ask_then(
            self,
            "Delete session",
            f"Delete “{session.title}”?",
            f"{what} will be deleted. This cannot be undone.",
            ("Keep", _DELETE),
            answered,
            danger=_DELETE,
        )

    def palette_items(self) -> list[MenuItem]:
        """Return what can be done with the session that is selected in the list, for the palette."""
        session = self.current()
        if session is None:
            return []
        deletable = not self._why_kept(session)
        return [
            MenuItem(f"Sessions: Open “{session.name}”", self.open, icon="folder", hint="action"),
            MenuItem(f"Sessions: Rename “{session.name}”", self.rename, icon="edit", hint="action"),
            MenuItem(f"Sessions: Export “{session.name}”…", self.export, icon="export", hint="action"),
            MenuItem(
                f"Sessions: Delete “{session.name}”…", self.delete, icon="trash", hint="action", enabled=deletable
            ),
        ]

    def _why_kept(self, session: SessionInfo) -> str:
        if session.id == self._live:
            return "This session is being recorded."
        if session.state == "recording":
            return "Another process is recording this session."
        return ""

    def _tell_state(self) -> None:
        session = self.current()
        for button in (self._rename, self._export):
            button.setEnabled(session is not None)
        self._open.setEnabled(session is not None and session.id != self._opened)
        reason = self._why_kept(session) if session is not None else ""
        self._remove.setEnabled(session is not None and not reason)
        self._remove.set_help(reason or "Delete the session permanently")

    def menu_items(self) -> list[MenuItem]:
        """Return what can be done with the chosen session."""
        session = self.current()
        if session is None:
            return []
        return [
            MenuItem(
                "Open",
                self.open,
                icon="folder",
                enabled=session.id != self._opened,
                hint=native_shortcut(_OPEN_KEY),
            ),
            MenuItem("Rename", self.rename, icon="edit", hint=native_shortcut(_RENAME_KEY)),
            MenuItem("Export…", self.export, icon="export"),
            SEPARATOR,
            MenuItem(
                "Delete…",
                self.delete,
                icon="trash",
                enabled=not self._why_kept(session),
                hint=native_shortcut(_DELETE_KEY),
            ),
        ]
