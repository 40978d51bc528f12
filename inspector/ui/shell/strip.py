"""A strip across the window's centre: one thing that matters now, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from inspector.ui.kit.buttons import Button
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.text import ElidedLabel
from inspector.ui.kit.wraplabel import WrapLabel

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

_BAR = 3
#: Pixels that the words have at least before the buttons go below them.
_LEAST = 340


class NoticeStrip(QWidget):
    """Hidden until there is something to say.

    Args:
        theme: Its look.
        parent: The owner.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tone = "running"
        # It wraps, between the parts of a path too: what has crashed, and where, must never be cut off.
        self.text = WrapLabel("")
        self.hint = ElidedLabel("", "dim")
        self.buttons: list[Button] = []
        words = vbox(1, self.text, self.hint, 1, spacing=1)
        self._row = hbox(1, spacing=8)
        self._whole = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._whole.setContentsMargins(12, 5, 8, 6)
        self._whole.setSpacing(6)
        self._whole.addLayout(words, 1)
        self._whole.addLayout(self._row)
        self.setAccessibleName("Program status")
        theme.changed.connect(self.update)
        self.hide()

    def show_message(
        self, token: str, text: str, hint: str, actions: Sequence[tuple[str, Callable[[], object]]] = ()
    ) -> None:
        """Show a message.

        Args:
            token: Colour of the bar at the left: ``ok``, ``running``, ``warn``, ``failed``.
            text: One sentence.
            hint: More, dim.
            actions: Buttons and what they do.
        """
        self._tone = token
        self.text.set_text(text)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for label, run in actions:
            button = Button(self._theme, label)
            button.clicked.connect(lambda _=False, run=run: run())
            self._row.addWidget(button)
            self.buttons.append(button)
        self._arrange()
        self.show()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the parts for the new width."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Put the buttons below the words where they would leave them too little room beside."""
        beside = sum(button.sizeHint().width() + self._row.spacing() for button in self.buttons)
        narrow = bool(self.buttons) and self.width() - beside < _LEAST
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._whole.setDirection(direction)

    def hide_message(self) -> None:
        """Hide the message."""
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint ground, bar and lower line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("raised"))
        painter.fillRect(QRectF(0, 0, _BAR, self.height()), self._theme.color(self._tone))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), self._theme.color("line"))
