"""What spans all lanes: breaks where idle gaps are folded, blocked stretches, marks of the host, the measured range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPen, QPolygonF

from inspector.app.text import format_duration, one_line
from inspector.core.records.host import RecordingPaused, RecordingResumed
from inspector.ui.features.timeline.host import sign_of

if TYPE_CHECKING:
    from inspector.ui.features.timeline.looks import Looks
    from inspector.ui.features.timeline.scene import Scene


def paint_breaks(painter: QPainter, scene: Scene, looks: Looks, area: QRectF) -> None:
    """Paint the lanes torn where an idle gap is folded: nobody must take what is left of it for time."""
    for x0, x1, length in scene.breaks():
        left, right = max(x0, area.left() - 8), min(x1, area.right() + 8)
        place = QRectF(left, area.top(), max(right - left, 3), area.height())
        painter.fillRect(place, looks.color("panel"))
        painter.fillRect(place, QBrush(looks.color("line"), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(looks.color("dim"), 1))
        for x in (x0, x1):
            if area.left() - 8 < x < area.right() + 8:
                painter.drawPolyline(_zigzag(x, area.top(), area.bottom()))
        _break_label(painter, looks, f"{format_duration(length)} idle", place)


def _break_label(painter: QPainter, looks: Looks, text: str, place: QRectF) -> None:
    """Paint the label of a break, upwards when there is no room across."""
    painter.save()
    painter.setFont(looks.small)
    metrics = QFontMetricsF(looks.small)
    width, height = metrics.horizontalAdvance(text) + 10, metrics.height() + 2
    painter.translate(place.center())
    if width > place.width() - 4:
        painter.rotate(-90)
    pill = QRectF(-width / 2, -height / 2, width, height)
    painter.fillRect(pill, looks.color("panel"))
    painter.setPen(looks.color("dim"))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def paint_bands(painter: QPainter, scene: Scene, looks: Looks, area: QRectF) -> None:
    """Paint the stretches in which the loop was blocked, with the culprit."""
    for band in scene.bands:
        end = band.end if band.end >= 0 else scene.now
        x0, x1 = scene.x_of(band.start), scene.x_of(end)
        if x1 < area.left() or x0 > area.right():
            continue
        place = QRectF(x0, area.top(), max(x1 - x0, 1), area.height())
        painter.fillRect(place, looks.color("warn", 26))
        brush = QBrush(looks.color("warn", 40), Qt.BrushStyle.BDiagPattern)
        painter.fillRect(place, brush)
        painter.setPen(QPen(looks.color("warn", 130), 1))
        painter.drawLines([QLineF(x, area.top(), x, area.bottom()) for x in (x0, x1)])
        _band_label(painter, scene, looks, band.culprit, end - band.start, place)


def _band_label(painter: QPainter, scene: Scene, looks: Looks, culprit: str, length: int, place: QRectF) -> None:
    painter.setFont(looks.small)
    text = one_line(f"loop blocked {format_duration(length)}" + (f" · {culprit}" if culprit else ""), 120)
    bottom = scene.height - 6
    width = QFontMetricsF(looks.small).horizontalAdvance(text)
    left = max(min(place.left() + 4, scene.width - width - 16), scene.gutter + 4)
    paint_pill(painter, looks, QRectF(left, bottom - 16, width + 12, 17), "warn_back", "warn_line")
    painter.setPen(looks.color("warn_text"))
    painter.drawText(QPointF(left + 6, bottom - 3), text)


def paint_host_marks(painter: QPainter, scene: Scene, looks: Looks, area: QRectF) -> None:
    """Paint a reload, a switch, a gap across all lanes: what is left of it is not what is right of it."""
    paused = -1.0
    for mark in [*scene.marks, None]:
        x = scene.x_of(mark.at) if mark is not None else area.right()
        if paused >= 0 and (mark is None or isinstance(mark, RecordingResumed)):
            place = QRectF(paused, area.top(), x - paused, area.height()).intersected(area)
            painter.fillRect(place, QBrush(looks.color("line"), Qt.BrushStyle.DiagCrossPattern))
            paused = -1.0
        if isinstance(mark, RecordingPaused):
            paused = max(x, 0.0)
        if mark is not None and area.left() <= x <= area.right():
            painter.setPen(QPen(looks.color(sign_of(mark)[1], 150), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()))


def paint_range(painter: QPainter, scene: Scene, looks: Looks, area: QRectF, measured: tuple[int, int]) -> None:
    """Dim what is outside of the measured range, and tint a stretch that is dragged on the ruler."""
    chosen = scene.measuring or (measured if measured[0] >= 0 else None)
    if chosen is not None:
        x0, x1 = scene.x_of(chosen[0]), scene.x_of(chosen[1])
        shade = looks.color("background", 130)
        painter.fillRect(QRectF(area.left(), area.top(), x0 - area.left(), area.height()), shade)
        painter.fillRect(QRectF(x1, area.top(), max(area.right() - x1, 0), area.height()), shade)
        painter.setPen(QPen(looks.color("accent"), 1))
        painter.drawLines([QLineF(x, area.top(), x, area.bottom()) for x in (x0, x1)])
    if scene.zooming is not None:
        x0, x1 = (scene.x_of(time) for time in sorted(scene.zooming))
        painter.fillRect(QRectF(x0, area.top(), x1 - x0, area.height()), looks.color("accent", 40))


def _zigzag(x: float, top: float, bottom: float) -> QPolygonF:
    """Return a torn edge from top to bottom."""
    steps = int((bottom - top) // 6) + 1
    return QPolygonF([QPointF(x + (2.5 if step % 2 else -2.5), top + 6 * step) for step in range(steps + 1)])


def paint_pill(painter: QPainter, looks: Looks, area: QRectF, fill: str, line: str) -> None:
    """Draw a rounded ground for words."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(looks.color(line), 1))
    painter.setBrush(looks.color(fill))
    painter.drawRoundedRect(area, 4, 4)
    painter.restore()
