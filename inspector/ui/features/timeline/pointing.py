"""What is under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.analysis.entries import IS_BAD, RUNNING_CODE
from inspector.ui.features.timeline.scene import RULER_HEIGHT, Scene

if TYPE_CHECKING:
    from inspector.analysis.timeline.layout import LaneStrip
    from inspector.analysis.timeline.pyramid import Ints

#: How far from a bar or a mark the pointer may be, pixels.
REACH: Final = 3
_MARK_REACH: Final = 6


def point(scene: Scene) -> None:
    """Show what is under the pointer: it may have moved away under a pointer that did not move."""
    scene.hovered = scene.hovered_mark = -1
    if scene.hover is not None:
        scene.hovered = execution_at(scene, *scene.hover)
        scene.hovered_mark = publication_at(scene, *scene.hover)


def execution_at(scene: Scene, x: float, y: float) -> int:
    """Return the index of the execution at a point of the canvas, -1 when there is none.

    Where a pixel stands for several, what went wrong is taken first, then the longest.
    """
    strip = scene.layout.strip_at(y - RULER_HEIGHT, scene.scroll)
    if strip is None or strip.layer < 0 or x < scene.gutter or y < RULER_HEIGHT:
        return -1
    inside = y - RULER_HEIGHT - scene.layout.top(strip, scene.scroll)
    if not _on_bar(scene, strip, inside):
        return -1
    candidates = _on_row(scene, strip, strip.slot + scene.layout.level_at(strip, inside), x)
    if not len(candidates):
        return -1
    columns = scene.source.executions
    start = columns["start"][candidates]
    end = np.where(columns["status"][candidates] == RUNNING_CODE, scene.now, columns["end"][candidates])
    time = scene.time_of(x)
    away = np.maximum(np.maximum(start - time, time - end), 0) // max(1, int(scene.view.per_pixel))
    bad = IS_BAD[columns["status"][candidates]]
    best = np.lexsort((start - end, ~bad, away))
    return int(candidates[best[0]])


def publication_at(scene: Scene, x: float, y: float) -> int:
    """Return the index of the publication whose mark is at a point of the canvas, -1 when there is none."""
    strip = scene.layout.strip_at(y - RULER_HEIGHT, scene.scroll)
    if strip is None or strip.layer >= 0 or x < scene.gutter or y < RULER_HEIGHT:
        return -1
    at = scene.source.journal.publications["at"]
    reach = (x - _MARK_REACH, x + _MARK_REACH)
    low, high = np.searchsorted(at, np.array([scene.time_of(r) for r in reach], np.int64))
    if low >= high:
        return -1
    return int(low + np.argmin(np.abs(at[low:high] - scene.time_of(x))))


def _on_bar(scene: Scene, strip: LaneStrip, inside: float) -> bool:
    level = scene.layout.level_at(strip, inside)
    top = scene.layout.bar_top(strip, level)
    return top - 2 <= inside <= top + scene.layout.density.bar + 2


def _on_row(scene: Scene, strip: LaneStrip, slot: int, x: float) -> Ints:
    source = scene.source
    near = source.touching(scene.time_of(x - REACH), scene.time_of(x + REACH))
    near = near[near < source.taken]
    if source.matches is not None:
        near = near[source.matches[near]]
    rows = source.layers[strip.layer].row[near]
    slots = scene.layout.slot_of_row[strip.layer]
    indexes: Ints = near[(rows < len(slots)) & (slots[np.minimum(rows, len(slots) - 1)] == slot)]
    return indexes
