"""The status bar: what is going on at the left, where it is kept at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QStatusBar, QWidget

from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.layouts import hbox
from inspector.ui.kit.text import CountLabel, ElidedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.ui.kit.theme import Theme

_DOT: Final = 9
_BELL: Final = 22
#: Milliseconds for which a brief text is shown.
_BRIEF: Final = 6_000


class _Dot(QWidget):
    """The state as a dot."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._token = theme, "cancelled"
        self.setFixedSize(_DOT, _DOT)
        theme.changed.connect(self.update)

    def set(self, token: str) -> None:
        """Take the colour of a token."""
        if token != self._token:
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
        self._left_label = CountLabel("", "dim")
        self._right_label = CountLabel("", "dim", Qt.TextElideMode.ElideLeft)
        self._right_label.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._brief_label = ElidedLabel("", "strong")
        self._brief_label.hide()
        self._briefly = QTimer(self, interval=_BRIEF, singleShot=True)
        self._briefly.timeout.connect(self._end_brief)
        self.bell = IconButton(theme, "bell", "Notices")
        self.bell.setFixedSize(_BELL, _BELL)
        self.setSizeGripEnabled(False)
        box = QWidget()
        parts = (self._dot, (self._left_label, 3), (self._brief_label, 3), (self._right_label, 2), self.bell)
        hbox(*parts, owner=box, margins=(8, 0, 4, 0), spacing=7)
        self.addWidget(box, 1)
        self.setFixedHeight(max(26, self.fontMetrics().height() + 11))

    def set_state(self, token: str, text: str) -> None:
        """Show the session's state: colour of the dot (a token), and words."""
        self._dot.set(token)
        if text != self._state:
            self._dot.setAccessibleName(text)
            self._state = text
            self._write()

    def set_left(self, parts: Sequence[str]) -> None:
        """Show what is going on."""
        if self._left != tuple(parts):
            self._left = tuple(parts)
            self._write()

    def set_right(self, parts: Sequence[str]) -> None:
        """Show where it is kept."""
        self._right_label.setText(" · ".join(part for part in parts if part))

    def tell_briefly(self, text: str) -> None:
        """Show a text for a while in the place of what is going on."""
        self._brief_label.setText(text)
        self._brief_label.setAccessibleName(text)
        self._left_label.hide()
        self._brief_label.show()
        self._briefly.start()

    @property
    def brief(self) -> str:
        """What is shown for a while, empty when nothing is."""
        return "" if self._brief_label.isHidden() else self._brief_label.text()

    def _end_brief(self) -> None:
        self._brief_label.hide()
        self._left_label.show()

    def texts(self) -> tuple[str, str]:
        """Return what stands at the left and at the right."""
        return self._left_label.text(), self._right_label.text()

    def _write(self) -> None:
        self._left_label.setText(" · ".join(part for part in (self._state, *self._left) if part))
