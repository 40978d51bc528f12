"""*How this program is read*: a window of its own with the spec of each bus; a line is changed where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QDialog, QHeaderView, QLabel, QWidget

from inspector.app.text import format_count, one_line, plural
from inspector.core.spec import to_toml
from inspector.ui.features.spec.delegate import SpecDelegate, pill_width
from inspector.ui.features.spec.editor import SpecEditor
from inspector.ui.features.spec.model import CHANGE, ORIGIN, REASON, WHAT, SpecModel, SpecRole, SpecRow
from inspector.ui.kit.boxes import Banner, Box, EmptyState, IconPicture
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.tables import DataTree
from inspector.ui.kit.text import ElidedLabel, PlainLabel, ask_then, copy_text
from inspector.ui.kit.widgets import Switcher, separator_line

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent

    from inspector.analysis.observed import FoundHandler
    from inspector.core.description import Problem
    from inspector.core.spec import BusSpec, Reading
    from inspector.ui.kit.theme import Theme

#: Milliseconds without a key after which what was typed is read.
_PAUSE: Final = 250
_WIDTH, _HEIGHT = 800, 620


class SpecWindow(QDialog):
    """Shows how the program is read.

    Args:
        theme: Its look.
        parent: The window that it belongs to.

    Signals:
        change_wanted: A bus, a ``SpecLine`` of it, and what that shall say (None takes it away).
        reading_wanted: The same, to learn what it would give.
        add_wanted: A ``FoundHandler`` shall be in the spec.
        ignore_wanted: ``FoundHandler``s of which no more is to be said.
        reset_wanted: Nothing shall be declared any more.
        save_wanted: What is declared shall stand in the project's file.
        source_wanted: File and line that a person wants to see.
        copied: How many lines were copied.
    """

    change_wanted = Signal(str, object, object)
    reading_wanted = Signal(str, object, object)
    add_wanted = Signal(object)
    ignore_wanted = Signal(object)
    reset_wanted = Signal()
    save_wanted = Signal()
    source_wanted = Signal(str, int)
    copied = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._blocked = ""
        self._found: Sequence[FoundHandler] = ()
        self._counts = ""
        self.editor: SpecEditor | None = None
        self.setWindowTitle("How This Program Is Read")
        self.resize(_WIDTH, _HEIGHT)
        self.setMinimumSize(560, 320)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        self.model = SpecModel(self)
        self._pause = QTimer(self, interval=_PAUSE, singleShot=True)
        self._pause.timeout.connect(self._ask)
        self._empty = EmptyState(theme, "eye", "No program", "Open a project to see how its buses are read.")
        self._switcher = Switcher(self._make_tree(), self._empty)
        self._problem = Banner(theme, "warn", "")
        self._problem.hide()
        problem = QWidget()
        vbox(self._problem, owner=problem, margins=(12, 0, 12, 8))
        self._problem_room = problem
        problem.hide()
        parts = (self._make_head(), separator_line(), self._make_notice(), problem)
        vbox(*parts, (self._switcher, 1), separator_line(), self._make_foot(), owner=self)

    # -- making

    def _make_head(self) -> QWidget:
        self._source = ElidedLabel("", "dim")
        self._source.setFont(self._theme.mono_font())
        head = QWidget()
        title = PlainLabel("How this program is read", "title")
        hbox(title, (self._source, 1), owner=head, margins=(14, 9, 14, 9), spacing=10)
        return head

    def _make_notice(self) -> QWidget:
        self._notice = Box(self._theme, "warn_back", "warn_line")
        self._said = ElidedLabel("", "strong")
        self._more = ElidedLabel("", "warn")
        self.add = Button(self._theme, "Add", on_click=self._add)
        self.ignore = Button(self._theme, "Ignore", kind="flat", on_click=self._ignore)
        picture = IconPicture(self._theme, "eye", "warn_text", 15)
        parts = (picture, self._said, (self._more, 1), self.add, self.ignore)
        hbox(*parts, owner=self._notice, margins=(14, 6, 8, 6), spacing=8)
        room = QWidget()
        vbox(self._notice, owner=room, margins=(12, 8, 12, 8))
        self._notice_room = room
        room.hide()
        return room

    def _make_tree(self) -> QWidget:
        self.tree = _SpecTree(self._theme)
        self.tree.setAccessibleName("How this program is read")
        self.tree.setModel(self.model)
        self.delegate = SpecDelegate(self._theme, self.tree)
        self.tree.setItemDelegate(self.delegate)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(REASON, QHeaderView.ResizeMode.Stretch)
        unit = self.tree.fontMetrics().averageCharWidth()
        header.resizeSection(ORIGIN, pill_width("proposed", self.font()) + 24)
        header.resizeSection(CHANGE, unit * 13)
        self.tree.activated_row.connect(self.edit)
        self.tree.pressed_at.connect(self._pressed)
        self.tree.source_wanted.connect(self._open_source)
        self.tree.add_wanted.connect(self.add_line)
        return self.tree

    def _make_foot(self) -> QWidget:
        self._count = ElidedLabel("", "dim")
        self.reset = Button(self._theme, "Reset…", on_click=self._ask_reset)
        self.save = Button(self._theme, "Save to pyproject.toml", on_click=self.save_wanted)
        self.save.hide()
        self._copy = Button(self._theme, "Copy as TOML", "copy", on_click=self.copy)
        foot = QWidget()
        hbox((self._count, 1), self.reset, self._copy, self.save, owner=foot, margins=(14, 9, 14, 9), spacing=8)
        return foot

    # -- what is shown

    def set_specs(self, source: str, specs: Sequence[BusSpec], problems: Sequence[Problem], blocked: str) -> None:
        """Show the specs of a program.

        Args:
            source: What it is called.
            specs: How its buses are read.
            problems: What of its settings cannot be used.
            blocked: Why nothing can be changed; empty when it can.
        """
        before = self.tree.currentIndex().data(SpecRole.LINE)
        self._close_editor()
        self._source.setText(source)
        self._blocked = blocked
        self.model.set_specs(specs)
        self.tree.expandAll()
        for number in range(self.model.rowCount()):
            self.tree.setFirstColumnSpanned(number, QModelIndex(), True)
        self._stand_on(self.model.index_of_line(before.kind, before.value) if before is not None else QModelIndex())
        self._switcher.setCurrentWidget(self.tree if specs else self._empty)
        lines = [f"{problem.text} {problem.hint}".strip() for problem in problems]
        self._problem.set(plural(len(lines), "setting") + " cannot be used", "\n".join(lines))
        self._problem.setVisible(bool(lines))
        self._problem_room.setVisible(bool(lines))
        self._copy.setEnabled(bool(specs))
        self._tell_counts()

    def set_empty(self, title: str, sentence: str) -> None:
        """Set why there is nothing to show."""
        self._empty.set(title, sentence)

    def set_counts(self, text: str) -> None:
        """Show how much of what is read has run."""
        self._counts = text
        self._tell_counts()

    def set_found(self, handlers: Sequence[FoundHandler]) -> None:
        """Show the handlers that ran and are not in the spec, until they are answered."""
        self._found = handlers
        self._notice_room.setVisible(bool(handlers))
        if not handlers:
            return
        first = handlers[0]
        several = len(handlers) > 1
        names = ", ".join(handler.label for handler in handlers)
        said = f"{len(handlers)} handlers ran and are not in the spec" if several else first.sentence
        self._said.setText(one_line(said))
        times = f"{format_count(first.count)} times, " if first.count > 1 else ""
        self._more.setText(one_line(f"· {names if several else f'{times}called by {first.called_by}'}"))
        self.add.set_text("Add all" if several else "Add")
        self.add.setEnabled(not self._blocked)

    def show_line(self, kind: str, value: Any) -> None:
        """Stand on a line."""
        self._stand_on(self.model.index_of_line(kind, value))

    def _stand_on(self, index: QModelIndex) -> None:
        first = next(iter(self.model.lines()), None)
        self.tree.setCurrentIndex(index if index.isValid() else self.model.index_of_node(first))
        self.tree.scrollTo(self.tree.currentIndex())

    def _tell_counts(self) -> None:
        lines = sum(not row.absent for row in self.model.lines())
        changed = ["Editing 1 line"] if self.editor is not None else []
        self._count.setText(" · ".join([plural(lines, "line"), *changed, *([self._counts] if self._counts else [])]))
        declared = any(row.line and row.line.origin == "declared" for row in self.model.lines())
        self.reset.setEnabled(declared and not self._blocked)

    # -- changing a line

    def edit(self, index: QModelIndex) -> None:
        """Put fields in the place of a line."""
        row = self.model.node(index)
        if row.line is None or self._blocked:
            if row.line is not None:
                self._count.setText(self._blocked)
            return
        self._close_editor()
        choices = next((spec.choices for spec in self.model.specs if spec.where == row.where), {})
        editor = self.editor = SpecEditor(self._theme, row.line, choices)
        first = self.model.index_of_node(row)
        self.delegate.edited_height = editor.sizeHint().height()
        self.tree.setFirstColumnSpanned(row.row, first.parent(), True)
        self.model.set_edited(row)
        self.tree.setIndexWidget(first, editor)
        self.tree.setCurrentIndex(first)
        editor.edited.connect(lambda _: self._pause.start())
        editor.applied.connect(lambda value: self._apply(row, value))
        editor.cancelled.connect(self.cancel)
        editor.show()
        editor.focus_first()
        self.tree.scrollTo(first)
        self._tell_counts()
        if not editor.trouble():
            self._ask()

    def add_line(self, index: QModelIndex) -> None:
        """Put fields for a line more below those of a kind of which there are several: that of a heading, or a line."""
        row = self.model.node(index)
        group = row if row.line is None else row.parent
        if group is None or not self.model.index_of_node(group).data(SpecRole.ADDS):
            return
        if self._blocked:
            self._count.setText(self._blocked)
            return
        self._close_editor()
        self.edit(self.model.add_line(group))

    def cancel(self) -> None:
        """Change nothing; the keyboard goes back to the lines."""
        self._close_editor()
        self.tree.setFocus()
        self._tell_counts()

    def _close_editor(self) -> None:
        self._pause.stop()
        row = self.model.edited
        if row is None or self.editor is None:
            return
        first = self.model.index_of_node(row)
        self.editor.hide()  # at once: its deletion comes with the next turn of the loop
        self.editor = None
        self.tree.setIndexWidget(first, None)  # type: ignore[arg-type]  # which takes it away
        self.tree.setFirstColumnSpanned(row.row, first.parent(), False)
        self.model.set_edited(None)
        before = self.tree.indexAbove(first)
        self.model.remove_line(row)
        self.tree.setCurrentIndex(first if row in self.model.lines() else before)

    def _ask(self) -> None:
        row = self.model.edited
        if row is not None and self.editor is not None and not self.editor.trouble():
            self.reading_wanted.emit(row.where, row.line, self.editor.value())

    def show_reading(self, value: Any, reading: Reading, was: tuple[int, int]) -> None:
        """Show what a value would give, if it still stands in the fields.

        Args:
            value: The value that was asked for.
            reading: What the program would be read as.
            was: Handlers and events as they are now.
        """
        editor = self.editor
        if editor is None or editor.value() != value or editor.trouble():
            return
        if reading.troubles:
            trouble = reading.troubles[0]
            text = trouble.text.partition(": ")[2] or trouble.text
            editor.tell(one_line(f"{text[:1].upper()}{text[1:]} {trouble.hint}"), "failed", good=False)
            return
        counts = f"{plural(reading.handlers, 'handler')} of {plural(reading.events, 'event')}"
        before = f" · was {format_count(was[0])}" if (reading.handlers, reading.events) != was else ""
        editor.tell(f"✓ Reads {counts}{before}", "ok" if before else "dim", good=True)

    def _apply(self, row: SpecRow, value: Any) -> None:
        line, where = row.line, row.where
        self.cancel()
        self.change_wanted.emit(where, line, value)

    # -- what a person does

    def _pressed(self, index: QModelIndex, place: Any) -> None:
        line = index.data(SpecRole.LINE)
        if line is None:
            if self.delegate.add_rect(self.tree.visualRect(index.siblingAtColumn(WHAT)), index).contains(place):
                self.add_line(index)
            return
        if index.column() == CHANGE:
            self.edit(index)
        elif self.delegate.place_rect(self.tree.visualRect(index), index).contains(place):
            self._open_source(index)

    def _open_source(self, index: QModelIndex) -> None:
        line = index.data(SpecRole.LINE)
        if line is not None and line.file:
            self.source_wanted.emit(line.file, line.line)

    def copy(self) -> None:
        """Copy the specs as a block of ``pyproject.toml``."""
        text = to_toml(self.model.specs)
        copy_text(text)
        self.copied.emit(text.count("\n"))

    def _add(self) -> None:
        if self._found:
            self.add_wanted.emit(tuple(self._found))

    def _ignore(self) -> None:
        self.ignore_wanted.emit(tuple(self._found))

    def _ask_reset(self) -> None:
        def answered(answer: str | None) -> None:
            if answer == "Reset":
                self.reset_wanted.emit()

        hint = "pyproject.toml stays as it is until you save."
        ask_then(self, "Reset?", "Reset all declarations?", hint, ("Cancel", "Reset"), answered, danger="Reset")

    def ask_to_save(self, file: str, changes: str, answered: Callable[[str | None], None]) -> None:
        """Show what changes in a file, and ask whether to save it."""
        hint = changes or "No changes."
        box = ask_then(self, "Save?", f"Save to {file}?", hint, ("Save", "Cancel"), answered)
        informative = box.findChild(QLabel, "qt_msgbox_informativelabel")
        if informative is not None:
            informative.setFont(self._theme.mono_font())
            informative.setWordWrap(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close with Escape, unless a line is being changed."""
        if event.key() == Qt.Key.Key_Escape and self.editor is not None:
            self.cancel()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return  # Return changes a line, and closes nothing
        super().keyPressEvent(event)


class _SpecTree(DataTree):
    """The tree: flat, everything open; a click may be on a link, F4 opens the source, Insert adds a line."""

    pressed_at = Signal(QModelIndex, object)
    source_wanted = Signal(QModelIndex)
    add_wanted = Signal(QModelIndex)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setItemsExpandable(False)
        self.setExpandsOnDoubleClick(False)
        self.setUniformRowHeights(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Step over headings."""
        index = super().moveCursor(action, modifiers)
        actions = QAbstractItemView.CursorAction
        up = action in (actions.MoveUp, actions.MovePrevious, actions.MoveLeft, actions.MovePageUp)
        while index.isValid() and index.data(SpecRole.LINE) is None:
            index = self.indexAbove(index) if up else self.indexBelow(index)
        return index if index.isValid() else self.currentIndex()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Report where a row was clicked."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.pressed_at.emit(index, event.position().toPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the source with F4, add a line with Insert."""
        keys = {Qt.Key.Key_F4: self.source_wanted, Qt.Key.Key_Insert: self.add_wanted}
        if event.key() in keys and self.currentIndex().isValid():
            keys[Qt.Key(event.key())].emit(self.currentIndex())
        else:
            super().keyPressEvent(event)
