"""The field to filter by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QSizePolicy, QWidget

from inspector.ui.badges import badge_font
from inspector.ui.buttons import IconButton
from inspector.ui.text import plain_tooltip

if TYPE_CHECKING:
    from inspector.ui.theme import Theme


def pad_spin_box(box: QAbstractSpinBox) -> None:
    """Give the text of a spin box the room at its left that the style sheet cannot give it."""
    box.lineEdit().setTextMargins(8, 0, 0, 0)


class SearchField(QLineEdit):
    """A field to filter by: a magnifying glass, a way to clear it, and the shortcut that leads here.

    Esc clears it; when it is empty already, Esc goes up to whoever holds the field (signal ``left``).
    """

    left = Signal()

    def __init__(self, theme: Theme, placeholder: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._hint = theme, hint
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder.rstrip("…"))
        self.setTextMargins(20, 0, 20, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._clear = IconButton(theme, "close", "Clear", self)
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setCursor(Qt.CursorShape.ArrowCursor)
        self._clear.hide()
        self._clear.clicked.connect(self.clear)
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        theme.changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc clears, then leaves."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.text():
            self.clear()
        else:
            self.left.emit()

    def set_invalid(self, reason: str) -> None:
        """Mark the text as not understood, with the reason as tooltip; an empty reason takes the mark away."""
        self.setToolTip(plain_tooltip(reason))
        if bool(self.property("invalid")) != bool(reason):
            self.setProperty("invalid", bool(reason))
            self.style().unpolish(self)
            self.style().polish(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, the glass and the hint."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = 14
        glass = self._theme.pixmap("search", "dim", side, self.devicePixelRatioF())
        painter.drawPixmap(9, (self.height() - side) // 2, glass)
        self._clear.setGeometry(self.width() - 24, (self.height() - 20) // 2, 20, 20)
        if not self._hint or self.text():
            return
        painter.setFont(badge_font(self.font()))
        painter.setPen(self._theme.color("dim"))
        room = self.rect().adjusted(0, 0, -9, 0)
        taken = self.fontMetrics().horizontalAdvance(self.placeholderText()) + 40
        if taken + painter.fontMetrics().horizontalAdvance(self._hint) + 9 < self.width():
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._hint)
