"""What is under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.analysis.entries import IS_BAD
from inspector.core.records.statuses import RUNNING_CODE
from inspector.ui.features.timeline.axis import RULER_HEIGHT

if TYPE_CHECKING:
    from inspector.analysis.timeline.layout import LaneStrip
    from inspector.analysis.timeline.pyramid import Ints
    from inspector.ui.features.timeline.scene import Scene

#: How far from a bar or a mark the pointer may be, pixels: a bar of one pixel can be hit.
REACH: Final = 5
#: Within so many pixels of a bar a click missed it, and does not mean the empty ground.
_MISSED: Final = 14
_MARK_REACH: Final = 6
#: Of all that is near, so many are looked at: where there are more, there is no empty ground.
_LOOKED_AT: Final = 200


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


def nearly_hit(scene: Scene, x: float, y: float) -> bool:
    """Return whether a point of the canvas is so near to a bar or to a mark that a person meant it."""
    strips = [scene.layout.strip_at(y + step - RULER_HEIGHT, scene.scroll) for step in (-_MISSED, 0, _MISSED)]
    marks = next((strip for strip in strips if strip is not None and strip.marks), None)
    if marks is not None:
        return _nearest_mark(scene, marks, x, _MISSED) >= 0
    near = _seen_at(scene, x, _MISSED)[-_LOOKED_AT:]
    bars = (scene.bar(int(execution)) for execution in near)
    return any(bar is not None and bar.top - _MISSED <= y <= bar.top + bar.height + _MISSED for bar in bars)


def publication_at(scene: Scene, x: float, y: float) -> int:
    """Return the index of the publication whose mark is at a point of the canvas, -1 when there is none."""
    strip = scene.layout.strip_at(y - RULER_HEIGHT, scene.scroll)
    if strip is None or not strip.marks or x < scene.gutter or y < RULER_HEIGHT:
        return -1
    return _nearest_mark(scene, strip, x, _MARK_REACH)


def _nearest_mark(scene: Scene, strip: LaneStrip, x: float, reach: int) -> int:
    columns = scene.source.journal.publications
    at = columns["at"]
    limits = np.array([scene.time_of(x - reach), scene.time_of(x + reach)], np.int64)
    low, high = np.searchsorted(at, limits)
    if low >= high:
        return -1
    far = np.abs(at[low:high] - scene.time_of(x))
    if strip.process:
        own = np.flatnonzero(columns["process"][low:high] == strip.process)
        return int(low + own[np.argmin(far[own])]) if len(own) else -1
    return int(low + np.argmin(far))


def _on_bar(scene: Scene, strip: LaneStrip, inside: float) -> bool:
    level = scene.layout.level_at(strip, inside)
    top = scene.layout.bar_top(strip, level)
    return top - REACH <= inside <= top + scene.layout.density.bar + REACH


def _seen_at(scene: Scene, x: float, reach: int) -> Ints:
    """Return the executions within some pixels of an x that the filter lets through."""
    source = scene.source
    near = source.touching(scene.time_of(x - reach), scene.time_of(x + reach))
    near = near[near < source.taken]
    return near if source.matches is None else near[source.matches[near]]


def _on_row(scene: Scene, strip: LaneStrip, slot: int, x: float) -> Ints:
    source = scene.source
    near = _seen_at(scene, x, REACH)
    rows = source.layers[strip.layer].row[near]
    slots = scene.layout.slot_of_row[strip.layer]
    indexes: Ints = near[(rows < len(slots)) & (slots[np.minimum(rows, len(slots) - 1)] == slot)]
    return indexes
