"""The picture of the lanes: cells to an image, once a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from inspector.analysis.timeline.geometry import TimeView
from inspector.analysis.timeline.raster import GRID, Lines, RasterFrame, image, raster

if TYPE_CHECKING:
    import numpy.typing as npt

    from inspector.analysis.timeline.layout import Layout
    from inspector.analysis.timeline.pyramid import Ints
    from inspector.ui.features.timeline.looks import Looks
    from inspector.ui.features.timeline.scene import Scene


@dataclass(frozen=True)
class LanesPicture:
    """Lanes as an image, and the wide bars in it.

    Attributes:
        image: Bars, grid and lines between the lanes.
        bars: Execution, slot, left and right x (logical pixels, may lie outside) of bars wide enough for a label,
            shape ``(n, 4)``.
        pixels: What the image shows; an image does not keep it alive by itself.
    """

    image: QImage
    bars: Ints
    pixels: npt.NDArray[np.uint32]


@dataclass(frozen=True)
class _Sight:
    """Which rows of cells are in sight: their slots, the lines of the picture, and the place of every row.

    ``slot_of_row`` is the layout's: another one has its own, the same one with other counts has not.
    """

    slot_of_row: tuple[Ints, ...]
    wanted: tuple[int, int, float]
    slots: Ints
    lines: Lines
    places: tuple[Ints, ...]


class LanesPainter:
    """Paints the lanes; keeps what only scrolling or another layout changes."""

    def __init__(self) -> None:
        self._sight: _Sight | None = None
        self._last: tuple[tuple[object, ...], LanesPicture] | None = None

    def paint(self, scene: Scene, looks: Looks, ratio: float = 1.0, *, hide_others: bool = False) -> LanesPicture:
        """Paint what is in sight of the lanes.

        Args:
            scene: What, where and when.
            looks: Colours.
            ratio: Device pixels per logical pixel.
            hide_others: Leave out what the filter does not let through.
        """
        sight = self._in_sight(scene, ratio)
        now = scene.now if len(scene.source.running) else 0
        # The pointer moves far more often than what it moves over.
        key = (sight, scene.source, scene.source.version, scene.view, now, looks, hide_others, scene.folds)
        if self._last is None or not _same(self._last[0], key):
            self._last = (key, self._paint(scene, looks, ratio, sight, hide_others=hide_others))
        return self._last[1]

    def _paint(self, scene: Scene, looks: Looks, ratio: float, sight: _Sight, *, hide_others: bool) -> LanesPicture:
        view = scene.view
        width = max(1, round(view.width * ratio))
        frame = RasterFrame(view.start, view.span / width, width, scene.now, scene.folds, round(3 * ratio))
        layers = list(zip(scene.source.layers, sight.places, strict=False))
        painted = raster(scene.source, frame, layers, len(sight.slots), hide_others=hide_others)
        if len(scene.source.journal.publications) or len(scene.source.journal.executions):
            _draw_grid(painted.codes, scene, ratio)  # else it would cross the words that say that there is nothing
        pixels = image(painted.codes, looks.colours, sight.lines, None if self._last is None else self._last[1].pixels)
        picture = QImage(pixels.data, width, len(pixels), width * 4, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(ratio)
        bars = painted.bars
        bars[:, 1] = sight.slots[bars[:, 1]]
        if ratio != 1.0:
            bars[:, 2:] = np.rint(bars[:, 2:] / ratio).astype(np.int64)
        return LanesPicture(picture, bars, pixels)

    def _in_sight(self, scene: Scene, ratio: float) -> _Sight:
        layout, wanted = scene.layout, (scene.lanes_height, scene.scroll, ratio)
        sight = self._sight
        if sight is None or sight.slot_of_row is not layout.slot_of_row or sight.wanted != wanted:
            sight = self._sight = _look(layout, wanted)
        return sight


def _same(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    return all(a is b or (isinstance(a, int | TimeView) and a == b) for a, b in zip(first, second, strict=True))


def _look(layout: Layout, wanted: tuple[int, int, float]) -> _Sight:
    height, scroll, ratio = wanted
    lines = layout.lines(height, scroll)
    if ratio != 1.0:
        lines = lines[np.minimum((np.arange(round(height * ratio)) / ratio).astype(np.int64), height - 1)]
    # The empty slot is the last one, whether a line shows it or not.
    slots, compact = np.unique(np.append(lines[:, 1], layout.slots), return_inverse=True)
    lines[:, 1] = compact[:-1]
    place = np.full(layout.slots + 1, -1, np.int64)
    place[slots[:-1]] = np.arange(len(slots) - 1)
    places = tuple(np.where(slot >= 0, place[slot], -1) for slot in layout.slot_of_row)
    return _Sight(layout.slot_of_row, wanted, slots, Lines.of(lines), places)


def _draw_grid(codes: npt.NDArray[np.uint8], scene: Scene, ratio: float) -> None:
    at = [round(tick.x * ratio) for tick in scene.ticks.ticks if 0 <= tick.x < scene.view.width - 1]
    for x in at:
        column = codes[:, x]
        column[column == 0] = GRID
