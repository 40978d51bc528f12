"""The status bar: what is going on at the left, where it is kept at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QStatusBar, QWidget

from inspector.ui.kit.text import ElidedLabel

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

_DOT = 9


class _Dot(QWidget):
    """The state as a dot."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._token = theme, "cancelled"
        self.setFixedSize(_DOT, _DOT)
        theme.changed.connect(self.update)

    def set(self, token: str) -> None:
        """Take the colour of a token."""
        self._token = token
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(self._token))
        painter.drawEllipse(self.rect())


class StatusBar(QStatusBar):
    """Parts between dots at both sides, cut when there is no room."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dot = _Dot(theme)
        self._state = ""
        self._left: tuple[str, ...] = ()
        self._left_label = ElidedLabel("", "dim")
        self._right_label = ElidedLabel("", "dim", Qt.TextElideMode.ElideLeft)
        self._right_label.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setSizeGripEnabled(False)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(7)
        row.addWidget(self._dot)
        row.addWidget(self._left_label, 3)
        row.addWidget(self._right_label, 2)
        self.addWidget(box, 1)
        self.setFixedHeight(max(26, self.fontMetrics().height() + 11))

    def set_state(self, token: str, text: str) -> None:
        """Say in which state the session is: colour of the dot (a token), and words."""
        self._dot.set(token)
        self._dot.setAccessibleName(text)
        self._state = text
        self._write()

    def set_left(self, parts: Sequence[str]) -> None:
        """Show what is going on."""
        self._left = tuple(parts)
        self._write()

    def set_right(self, parts: Sequence[str]) -> None:
        """Show where it is kept."""
        self._right_label.setText(" · ".join(part for part in parts if part))

    def texts(self) -> tuple[str, str]:
        """Return what stands at the left and at the right."""
        return self._left_label.text(), self._right_label.text()

    def _write(self) -> None:
        self._left_label.setText(" · ".join(part for part in (self._state, *self._left) if part))
