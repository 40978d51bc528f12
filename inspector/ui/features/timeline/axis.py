"""The axis of the timeline: the time at the left, ticks and their labels. It needs no run: the first frame has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from inspector.app.text import format_clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.analysis.timeline.geometry import Ruler

RULER_HEIGHT: Final = 26
GUTTER_WIDTH: Final = 200
#: Letters of the ruler are no smaller than this, in points, and smaller than the window's by this factor.
_SMALLEST: Final = 6.5
_SMALLER: Final = 0.85


@dataclass(frozen=True)
class Axis:
    """What is on it.

    Attributes:
        width: Of all, pixels.
        gutter: Of the part at the left, pixels.
        ticks: Where its lines are.
        base: Where their labels count from.
    """

    width: int
    gutter: int
    ticks: Ruler
    base: str


class AxisLooks(Protocol):
    """Its font, and colours by token."""

    small: QFont

    def color(self, token: str, alpha: int = 255) -> QColor:
        """Return the colour of a token."""


def small_font(font: QFont) -> QFont:
    """Return the font of the ruler and of labels on bars, made from the window's."""
    small = QFont(font)
    small.setPointSizeF(max(_SMALLEST, font.pointSizeF() * _SMALLER))
    return small


def paint_axis(painter: QPainter, axis: Axis, looks: AxisLooks, paint_marks: Callable[[], object]) -> None:
    """Draw the ruler: ticks, then marks, then the absolute time at the left.

    Args:
        painter: Of what it is the top of.
        axis: What is on it.
        looks: How it looks.
        paint_marks: Draws what lies over the ticks and is cut off at the left.
    """
    painter.setFont(looks.small)
    painter.fillRect(QRectF(0, 0, axis.width, RULER_HEIGHT), looks.color("background"))
    painter.save()
    painter.setClipRect(QRectF(axis.gutter, 0, axis.width - axis.gutter, RULER_HEIGHT))
    painter.setPen(looks.color("faint"))
    painter.drawLines(
        [QLineF(axis.gutter + tick.x, 18, axis.gutter + tick.x, RULER_HEIGHT) for tick in axis.ticks.ticks]
    )
    painter.setPen(looks.color("dim"))
    metrics = QFontMetricsF(looks.small)
    for tick in axis.ticks.ticks:
        left = axis.gutter + tick.x + 3
        if left + metrics.horizontalAdvance(tick.label) <= axis.width:  # half a number would be another one
            painter.drawText(QPointF(left, 16), tick.label)
    paint_marks()
    painter.restore()
    painter.fillRect(QRectF(0, 0, axis.gutter, RULER_HEIGHT), looks.color("panel"))
    painter.setPen(looks.color("dim"))
    wide = metrics.horizontalAdvance(axis.base)
    painter.drawText(QPointF(axis.gutter - 8 - wide, 16), axis.base)


def clock_text(time: int, began: int) -> str:
    """Write where labels of the ruler count from.

    Args:
        time: Since the session started, ns.
        began: When it did, ns since the epoch, for the time of day; 0 for the time since then.
    """
    if began:
        return format_clock(began + time)
    minutes, rest = divmod(time // 1_000_000, 60_000)
    return f"{minutes}:{rest // 1000:02}.{rest % 1000:03}" if time else "session start"
