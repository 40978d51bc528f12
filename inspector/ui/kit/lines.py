"""A line that can be clicked: the ground of headings that fold and of rows that can be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from inspector.ui.kit.keys import press_by_return

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

#: Pixels between a chevron and the words behind it.
_GAP: Final = 5


class LineButton(QAbstractButton):
    """A button as wide as there is room and one line high; it is lit while the pointer or the keyboard is there.

    Attributes:
        PADDING: Pixels that the line is higher than its font.
        CHEVRON: Side of its chevron in pixels.
    """

    PADDING: ClassVar[int] = 9
    CHEVRON: ClassVar[int] = 10

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def lit(self) -> bool:
        """Whether the pointer or the keyboard is there."""
        return self.underMouse() or self.hasFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Return press it."""
        if not press_by_return(self, event):
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Return the room of one line."""
        return QSize(120, QFontMetrics(self.font()).height() + self.PADDING)

    def minimumSizeHint(self) -> QSize:
        """Return no width: a line may be as narrow as need be."""
        return QSize(40, self.sizeHint().height())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up."""
        super().enterEvent(event)
        self.update()

    def paint_chevron(self, painter: QPainter, *, opened: bool) -> int:
        """Paint a chevron at the left edge; return the x where words may begin, in pixels."""
        icon = "chevron-down" if opened else "chevron-right"
        ink = "text" if self.lit else "dim"
        pixmap = self._theme.pixmap(icon, ink, self.CHEVRON, self.devicePixelRatioF())
        painter.drawPixmap(0, (self.height() - self.CHEVRON) // 2, pixmap)
        return self.CHEVRON + _GAP
