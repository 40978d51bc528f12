"""Ticks on a bar: when what happened inside its execution began, where the bar is wide enough to show that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPen

from inspector.analysis.inside import inside_of
from inspector.app.text import format_offset, one_line
from inspector.core.records.numbers import ExecutionIndex

if TYPE_CHECKING:
    from inspector.analysis.inside import InsideItem
    from inspector.ui.features.timeline.looks import Looks
    from inspector.ui.features.timeline.scene import Scene

#: Pixels of the narrowest bar that shows ticks, of a tick, and from a tick to a pointer that means it.
_NARROWEST: Final = 48
_HEIGHT: Final = 5
_REACH: Final = 3
#: Most ticks of a bar, and most that are named at once.
_MOST: Final = 300
_NAMED: Final = 4
_LENGTH: Final = 80


def inside_bar(scene: Scene, execution: int) -> list[InsideItem]:
    """Return what happened inside an execution whose bar is wide enough; nothing where it is no longer at hand."""
    bar = scene.bar(execution) if execution >= 0 else None
    if bar is None or bar.x1 - bar.x0 < _NARROWEST:
        return []
    journal, index = scene.source.journal, ExecutionIndex(execution)
    return inside_of(journal, index, journal.notes.get(index) or ())[:_MOST]


def paint_ticks(painter: QPainter, scene: Scene, looks: Looks, items: list[InsideItem], area: QRectF) -> None:
    """Draw a tick below a bar for each item."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    taken: dict[int, bool] = {}
    for item in items:
        x = round(scene.x_of(item.at))
        if area.left() <= x <= area.right():
            taken[x] = taken.get(x, False) or item.fails
    for x, fails in taken.items():
        painter.setPen(QPen(looks.color("failed_text" if fails else "strong"), 1))
        painter.drawLine(QLineF(x, area.bottom() + 1, x, area.bottom() + 1 + _HEIGHT))
    painter.restore()


def named_ticks(scene: Scene, execution: int) -> list[str]:
    """Return a line for each item of an execution under the pointer."""
    if scene.hover is None:
        return []
    near = [item for item in inside_bar(scene, execution) if abs(scene.x_of(item.at) - scene.hover[0]) <= _REACH]
    start = scene.source.journal.execution(ExecutionIndex(execution)).start if near else 0
    lines = [f"{format_offset(item.at - start)} {item.kind}  {one_line(item.text, _LENGTH)}" for item in near[:_NAMED]]
    return [*lines, *([f"and {len(near) - _NAMED} more"] if len(near) > _NAMED else [])]
