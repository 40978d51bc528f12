"""Keys as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractButton


def native_shortcut(shortcut: str) -> str:
    """Return a portable shortcut (``Ctrl+Return``) as people write it on this platform; Return is its sign."""
    sequence = QKeySequence.fromString(shortcut, QKeySequence.SequenceFormat.PortableText)
    return sequence.toString(QKeySequence.SequenceFormat.NativeText).replace("Return", "↵")


def press_by_return(button: QAbstractButton, event: QKeyEvent) -> bool:
    """Click the button that has the keyboard if the key is Return or Enter; return whether it is.

    By itself Qt hands Return on: in a dialog it would press the default button while another one has the keyboard.
    """
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or modifiers:
        return False
    if not event.isAutoRepeat():
        button.click()
    return True
