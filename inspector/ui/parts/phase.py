"""The mark of a phase: attempted, succeeded, failed, denied."""

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
    """Paint the mark of a phase: its shape tells as much as its colour.

    A ring was attempted, a disc went well, a cross failed, a diamond was denied, a square is anything else.
    """
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
    elif look.glyph == "✕":
        painter.setPen(QPen(look.color, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        arm = half - 0.9
        painter.drawLine(center + QPointF(-arm, -arm), center + QPointF(arm, arm))
        painter.drawLine(center + QPointF(-arm, arm), center + QPointF(arm, -arm))
    elif look.glyph == "◆":
        tip = half + 0.6
        corners = [QPointF(0, -tip), QPointF(tip, 0), QPointF(0, tip), QPointF(-tip, 0)]
        painter.drawPolygon(QPolygonF([center + corner for corner in corners]))
    else:
        painter.drawRoundedRect(QRectF(center.x() - half + 0.5, center.y() - half + 0.5, size - 1, size - 1), 1.5, 1.5)
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
