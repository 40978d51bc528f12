"""Arrows of the selection: from its cause, to its effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from inspector.ui.features.timeline.scene import RULER_HEIGHT, Scene

if TYPE_CHECKING:
    from inspector.ui.selection import Selection

#: Most arrows of one frame.
ARROWS: Final = 60


def links(scene: Scene, selection: Selection) -> list[tuple[QPointF, QPointF, bool]]:
    """Give the arrows of the selection: cause → its mark → the execution → what it published → who took that."""
    journal = scene.source.journal
    found: list[tuple[QPointF | None, QPointF | None, bool]] = []
    publication, execution = selection.publication, selection.execution
    if not 0 <= publication < len(journal.publications):
        return []
    cause = int(journal.publications["cause"][publication])
    found.append((_bar_point(scene, cause, after=publication), _mark_point(scene, publication), True))
    if execution >= 0:
        found.append((_mark_point(scene, publication), _bar_point(scene, execution), True))
        for effect in journal.caused_by(execution)[:ARROWS]:
            found.append((_bar_point(scene, execution, after=effect), _mark_point(scene, effect), True))
            found += _takers(scene, effect)
    else:
        found += _takers(scene, publication)
    whole = [(a, b, strong) for a, b, strong in found if a is not None and b is not None]
    return whole[:ARROWS]


def _takers(scene: Scene, publication: int) -> list[tuple[QPointF | None, QPointF | None, bool]]:
    mark = _mark_point(scene, publication)
    takers = scene.source.journal.executions_of(publication)[:ARROWS]
    return [(mark, _bar_point(scene, taker), False) for taker in takers]


def _mark_point(scene: Scene, publication: int) -> QPointF | None:
    place = scene.mark(publication)
    return None if place is None else QPointF(*place)


def _bar_point(scene: Scene, execution: int, after: int = -1) -> QPointF | None:
    """Give where an arrow meets a bar: at its start, or where it made the publication ``after``."""
    bar = scene.bar(execution)
    if bar is None:
        return None
    x = bar.x0
    if after >= 0:
        x = min(max(scene.x_of(int(scene.source.journal.publications["at"][after])), bar.x0), bar.x1)
    top = RULER_HEIGHT + (0 if bar.strip.pinned else scene.layout.fixed)
    return QPointF(x, min(max(bar.middle, top), scene.height))


def paint_arrow(painter: QPainter, start: QPointF, end: QPointF, colour: QColor) -> None:
    """Draw a smooth arrow between two points, most of its way up or down."""
    down = 1 if end.y() >= start.y() else -1
    reach = max(abs(end.y() - start.y()) * 0.55, 14)
    tip = QPointF(end.x(), end.y() - down * 7)
    path = QPainterPath(start)
    path.cubicTo(QPointF(start.x(), start.y() + down * reach), QPointF(tip.x(), tip.y() - down * reach), tip)
    painter.setPen(QPen(colour, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    head = [QPointF(end.x(), end.y() - down * 2), QPointF(end.x() - 3.2, end.y() - down * 8)]
    painter.drawPolygon(QPolygonF([*head, QPointF(end.x() + 3.2, end.y() - down * 8)]))
