"""A strip across the window's centre: one thing that matters now, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from inspector.ui.buttons import Button
from inspector.ui.text import ElidedLabel

if TYPE_CHECKING:
    from inspector.ui.theme import Theme

_BAR = 3


class Strip(QWidget):
    """Hidden until there is something to say.

    Args:
        theme: Its look.
        parent: The owner.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tone = "running"
        self.text = ElidedLabel("")
        self.hint = ElidedLabel("", "dim")
        self.buttons: list[Button] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 5, 8, 5)
        self._row.setSpacing(8)
        self._row.addWidget(self.text, 3)
        self._row.addWidget(self.hint, 2)
        self.setAccessibleName("State of the program")
        theme.changed.connect(self.update)
        self.hide()

    def show_message(
        self, token: str, text: str, hint: str, actions: Sequence[tuple[str, Callable[[], object]]] = ()
    ) -> None:
        """Say something.

        Args:
            token: Colour of the bar at the left: ``ok``, ``running``, ``warn``, ``failed``.
            text: One sentence.
            hint: More, dim.
            actions: Buttons and what they do.
        """
        self._tone = token
        self.text.setText(text)
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
        self.show()
        self.update()

    def hide_message(self) -> None:
        """Say nothing any more."""
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint ground, bar and lower line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("raised"))
        painter.fillRect(QRectF(0, 0, _BAR, self.height()), self._theme.color(self._tone))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), self._theme.color("line"))
