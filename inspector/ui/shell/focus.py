"""Where the keyboard goes: into a panel, on to the next one, and past text fields that would keep a shortcut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from inspector.app.commands import WINDOW
from inspector.ui.shell import tab_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.app.commands import CommandTable

_FIELDS: Final = (QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit)
_STANDARD: Final = QKeySequence.StandardKey
#: What a text field does itself, whatever the window does with these keys elsewhere.
_EDITING: Final = (
    *(_STANDARD.Undo, _STANDARD.Redo, _STANDARD.Cut, _STANDARD.Copy, _STANDARD.Paste, _STANDARD.SelectAll),
)
#: What one does that can only be read.
_READING: Final = (_STANDARD.Copy, _STANDARD.SelectAll)
_MODIFIERS: Final = ("Ctrl+", "Alt+", "Meta+")
#: Property of a field that is watched already.
_WATCHED: Final = "window_keys"


def has_focus(widget: QWidget) -> bool:
    """Return whether the keyboard is in a widget or below it."""
    focus = QApplication.focusWidget()
    return focus is not None and (focus is widget or widget.isAncestorOf(focus))


def focus_into(panel: QWidget, holder: QWidget) -> None:
    """Put the keyboard into a panel, where arrows work at once; into ``holder`` while there is nothing to go to.

    It goes back to where it was last, unless that was a button.
    """
    window = holder.window()
    if not window.isActiveWindow():
        window.activateWindow()
    place = next(_places(panel), holder)
    place.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _places(panel: QWidget) -> Iterator[QWidget]:
    """Yield where the keyboard may go in a panel, the best first; nothing while what is to have it can't be seen."""
    last, wanted = panel.focusWidget(), panel.focusProxy()
    # A page of a stack gets the keyboard by itself, and does nothing with it.
    if last is not None and last.focusPolicy() != Qt.FocusPolicy.NoFocus and not isinstance(last, QAbstractButton):
        yield from _usable(last, panel)
    if wanted is not None:
        yield from _usable(wanted, panel)
        if not wanted.isVisibleTo(panel):
            return  # rows that are still to come: in a field beside them arrows would do nothing
    stops = list(tab_order.stops(panel))
    for kinds in (QAbstractItemView, _FIELDS, QAbstractScrollArea):
        yield from (stop for stop in stops if isinstance(stop, kinds))
    yield from stops


def _usable(widget: QWidget, panel: QWidget) -> Iterator[QWidget]:
    if widget is not panel and widget.isVisibleTo(panel) and widget.isEnabled():
        yield widget


class FieldKeys(QObject):
    """Lets the window's shortcuts work while the keyboard is in a text field.

    By itself a field keeps many keys of the line editors of old (``Ctrl+E`` is the end of the line, ``Ctrl+K`` cuts
    it off). What every field does (copy, paste, undo) stays with the field, and so do letters.

    Args:
        table: The commands.
        window: The window; what floats out of it belongs to it.
    """

    def __init__(self, table: CommandTable, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._table, self._count = table, 0
        self._keys: frozenset[str] = frozenset()
        table.listen(lambda _: self._read())
        self._read()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the field from keeping a shortcut."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and not any(event.matches(keys) for keys in (_READING if _is_read_only(watched) else _EDITING))
            and QKeySequence(event.keyCombination()).toString() in self._keys
        ):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _read(self) -> None:
        """Take in which keys the commands have that are there now."""
        if len(self._table) != self._count:
            self._count = len(self._table)
            self._keys = frozenset(
                QKeySequence(keys).toString()
                for command in self._table
                if command.scope == WINDOW
                for keys in command.shortcuts
                if keys.startswith(_MODIFIERS)
            )

    def _focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        if isinstance(now, _FIELDS) and not now.property(_WATCHED) and self._belongs(now):
            now.setProperty(_WATCHED, True)
            now.installEventFilter(self)

    def _belongs(self, widget: QWidget) -> bool:
        """Return whether a widget is in the window, or in a panel that floats out of it; not in a dialog."""
        window = widget.window()
        return window is self._window or (isinstance(window, QDockWidget) and window.parentWidget() is self._window)


def _is_read_only(field: QObject) -> bool:
    """Return whether a text field can only be read."""
    return isinstance(field, (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit)) and field.isReadOnly()
