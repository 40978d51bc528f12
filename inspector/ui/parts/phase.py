"""The mark of a phase: ○ attempted, ● succeeded, ◇ failed, ▪ anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

#: Pixels that a mark is wide.
DOT: Final = 8


def paint_phase(painter: QPainter, center: QPointF, phase: str, theme: Theme, size: float = DOT) -> None:
    """Paint the mark of a phase. Its shape tells which: a ring, a disc, a hollow diamond, a small square."""
    look = theme.phase(phase)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color)
    half = size / 2
    if look.glyph == "○":
        painter.setPen(QPen(look.color, 1.8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(center, half - 0.9, half - 0.9)
    elif look.glyph == "●":
        painter.drawEllipse(center, half, half)
    elif look.glyph == "◇":
        painter.setPen(QPen(look.color, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        tip = half - 0.1
        corners = [QPointF(0, -tip), QPointF(tip, 0), QPointF(0, tip), QPointF(-tip, 0)]
        painter.drawPolygon(QPolygonF([center + corner for corner in corners]))
    else:
        side = size - 2
        painter.drawRoundedRect(QRectF(center.x() - side / 2, center.y() - side / 2, side, side), 1, 1)
    painter.restore()


class PhaseMark(QWidget):
    """The mark of a phase, small."""

    def __init__(self, theme: Theme, phase: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._phase = theme, phase
        self.setFixedSize(QSize(12, 14))
        self.setAccessibleName(phase)
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        paint_phase(QPainter(self), QPointF(6, self.height() / 2), self._phase, self._theme)
