"""A heading that opens and closes what is below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.lines import LineButton
from inspector.ui.kit.text import section_caption, section_font

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme


class FoldingSection(QWidget):
    """A heading that opens and closes what is below it.

    Signals:
        toggled: Whether it is open now.
    """

    toggled = Signal(bool)

    def __init__(
        self, theme: Theme, title: str, content: QWidget, *, opened: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.content = content
        self.head = _FoldHead(theme, title)
        vbox(self.head, content, owner=self, spacing=4)
        self.head.clicked.connect(lambda: self.set_open(not self.opened))
        self.opened: bool = opened
        content.setVisible(opened)
        self.head.set_open(opened)

    def set_open(self, opened: bool) -> None:
        """Open or close it."""
        if opened != self.opened:
            self.opened = opened
            self.content.setVisible(opened)
            self.head.set_open(opened)
            self.toggled.emit(opened)

    def set_title(self, title: str, aside: str = "") -> None:
        """Change the heading, and the dim words at its right."""
        self.head.set(title, aside)


class _FoldHead(LineButton):
    PADDING = 10

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__(theme)
        self._open, self._aside = False, ""
        self.set(title)

    def set(self, title: str, aside: str = "") -> None:
        self.setText(title)
        self._aside = aside
        self._name()
        self.update()

    def set_open(self, opened: bool) -> None:
        self._open = opened
        self._name()
        self.update()

    def _name(self) -> None:
        self.setAccessibleName(f"{self.text()} {self._aside}, {'open' if self._open else 'closed'}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.rect().adjusted(self.paint_chevron(painter, opened=self._open), 0, 0, 0)
        painter.setFont(section_font(self.font()))
        painter.setPen(self._theme.color("text" if self.lit else "dim"))
        title = section_caption(self.text())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)
        taken = painter.fontMetrics().horizontalAdvance(title) + 10
        painter.setFont(self.font())
        painter.setPen(self._theme.color("dim"))
        room.setLeft(room.left() + taken)
        text = QFontMetrics(self.font()).elidedText(self._aside, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
