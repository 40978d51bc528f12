"""Keys as people write them."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence


def native_shortcut(shortcut: str) -> str:
    """Return a portable shortcut (``Ctrl+Return``) as people write it on this platform; Return is its sign."""
    sequence = QKeySequence.fromString(shortcut, QKeySequence.SequenceFormat.PortableText)
    return sequence.toString(QKeySequence.SequenceFormat.NativeText).replace("Return", "↵")
