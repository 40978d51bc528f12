"""The commands of the Edit menu that every program has: they press the keys of what has the keyboard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QKeyCombination
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication

from inspector.app.commands import Command

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

#: Their keys work where the keyboard is and are never the window's.
_SCOPE: Final = "text-fields"
_STANDARD: Final = QKeySequence.StandardKey
_KEYS: Final = (
    ("cut", "Cut", _STANDARD.Cut, ""),
    ("copy", "Copy", _STANDARD.Copy, "copy"),
    ("paste", "Paste", _STANDARD.Paste, ""),
    ("select_all", "Select All", _STANDARD.SelectAll, ""),
)


def edit_commands(window: QWidget) -> list[Command]:
    """Return cut, copy, paste and select all, for whatever has the keyboard in a window."""
    return [
        Command(
            f"edit.{name}",
            title,
            partial(_press, window, keys),
            "Edit",
            "clipboard",
            (QKeySequence(keys).toString(),),
            icon,
            scope=_SCOPE,
        )
        for name, title, keys, icon in _KEYS
    ]


def _press(window: QWidget, keys: QKeySequence.StandardKey) -> None:
    """Press keys where the keyboard is, or was before the menu took it."""
    target = window.focusWidget() or QApplication.focusWidget()
    if target is not None:
        combination: QKeyCombination = QKeySequence(keys)[0]  # type: ignore[index]  # the stubs do not know it
        event = QKeyEvent(QEvent.Type.KeyPress, combination.key(), combination.keyboardModifiers())
        QApplication.sendEvent(target, event)
