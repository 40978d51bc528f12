"""What is drawn over the picture of the lanes: labels, open ends, bands, marks, range, selection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF

from inspector.app.text import one_line
from inspector.core.records.statuses import STATUSES
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.frame import duration_text, title_of
from inspector.ui.features.timeline.heads import paint_ends
from inspector.ui.features.timeline.light import BARS, lit_bars, lit_lanes
from inspector.ui.features.timeline.looks import MARK, STRIPED, Looks
from inspector.ui.features.timeline.spanning import paint_bands, paint_breaks, paint_host_marks, paint_pill, paint_range
from inspector.ui.features.timeline.testband import paint_tests
from inspector.ui.features.timeline.ticks import inside_bar, paint_ticks

if TYPE_CHECKING:
    from inspector.analysis.timeline.layout import LaneStrip
    from inspector.analysis.timeline.pyramid import Ints
    from inspector.core.records.numbers import PublicationIndex
    from inspector.ui.features.timeline.scene import Bar, Scene
    from inspector.ui.selection import Selection


# Arrows of the selection: from its cause, to its effects.

#: Most arrows of one frame.
ARROWS: Final = 60
DistantLink = tuple[QPointF, QPointF, str]
#: Pixels of the words at an arrow from another process.
_WORDS: Final = 200


def links(scene: Scene, selection: Selection) -> list[tuple[QPointF, QPointF, bool]]:
    """Return the arrows of the selection: cause → its mark → the execution → what it published → who took that."""
    journal = scene.source.journal
    ends: list[tuple[QPointF | None, QPointF | None, bool]] = []
    publication, execution = selection.publication, selection.execution
    if not 0 <= publication < len(journal.publications):
        return []
    cause = int(journal.publications["cause"][publication])
    ends.append((_bar_point(scene, cause, after=publication), _mark_point(scene, publication), True))
    if execution >= 0:
        ends.append((_mark_point(scene, publication), _bar_point(scene, execution), True))
        for effect in journal.caused_by(execution)[:ARROWS]:
            ends.append((_bar_point(scene, execution, after=effect), _mark_point(scene, effect), True))
            ends += _takers(scene, effect)
    else:
        ends += _takers(scene, publication)
    whole = [(a, b, strong) for a, b, strong in ends if a is not None and b is not None]
    return whole[:ARROWS]


def distant_links(scene: Scene, pairs: list[tuple[PublicationIndex, PublicationIndex]]) -> list[DistantLink]:
    """Return the arrows between processes, with words for each: where something came from, and where it arrived."""
    journal = scene.source.journal
    links = []
    for first, last in pairs[:ARROWS]:
        start, end = _mark_point(scene, first), _mark_point(scene, last)
        if start is not None and end is not None:
            process = int(journal.publications["process"][first])
            links.append((start, end, one_line(f"from {journal.processes.label(process)}")))
    return links


def _takers(scene: Scene, publication: PublicationIndex) -> list[tuple[QPointF | None, QPointF | None, bool]]:
    mark = _mark_point(scene, publication)
    takers = scene.source.journal.executions_of(publication)[:ARROWS]
    return [(mark, _bar_point(scene, taker), False) for taker in takers]


def _mark_point(scene: Scene, publication: int) -> QPointF | None:
    place = scene.mark(publication)
    return None if place is None else QPointF(*place)


def _bar_point(scene: Scene, execution: int, after: int = -1) -> QPointF | None:
    """Return where an arrow meets a bar: at its start, or where it made the publication ``after``."""
    bar = scene.bar(execution)
    if bar is None:
        return None
    x = bar.x0
    if after >= 0:
        x = min(max(scene.x_of(int(scene.source.journal.publications["at"][after])), bar.x0), bar.x1)
    top = RULER_HEIGHT + (0 if bar.strip.pinned else scene.layout.fixed)
    return QPointF(x, min(max(bar.middle, top), scene.height))


def paint_arrow(painter: QPainter, start: QPointF, end: QPointF, colour: QColor, *, dashed: bool = False) -> None:
    """Draw a smooth arrow between two points, most of its way up or down."""
    down = 1 if end.y() >= start.y() else -1
    reach = max(abs(end.y() - start.y()) * 0.55, 14)
    tip = QPointF(end.x(), end.y() - down * 7)
    path = QPainterPath(start)
    path.cubicTo(QPointF(start.x(), start.y() + down * reach), QPointF(tip.x(), tip.y() - down * reach), tip)
    painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    head = [QPointF(end.x(), end.y() - down * 2), QPointF(end.x() - 3.2, end.y() - down * 8)]
    painter.drawPolygon(QPolygonF([*head, QPointF(end.x() + 3.2, end.y() - down * 8)]))


#: More pixels than a row has.
_ROW: Final = 1 << 40
#: Most labels of one frame.
LABELS: Final = 300
_LABEL_BAR: Final = 10
#: Pixels a mark must have for itself.
_CROWDED: Final = 7


@dataclass(frozen=True)
class _Marks:
    """Publications in sight.

    Attributes:
        single: Left x of each mark (logical pixels from the gutter) and its phase.
        crowd: Marks as an image, where single ones would cover one another.
        pixels: What the image shows; an image does not keep it alive by itself.
    """

    single: list[tuple[float, int]] = field(default_factory=list)
    crowd: QImage | None = None
    pixels: npt.NDArray[np.uint32] | None = None


def _marks_in(scene: Scene, looks: Looks, process: int | None) -> _Marks:
    """Return the publications in sight: those of a process, or all."""
    steps = max(1, scene.view.width // 3)
    offsets = np.rint(np.linspace(0, scene.view.span, steps + 1)).astype(np.int64)
    times = scene.folds.times(offsets + scene.view.start)
    places, phases = scene.source.marks_in(times, scene.view.span / steps, process)
    names = scene.source.phases
    if len(places) > scene.view.width / _CROWDED:
        cells = _crowd([np.uint32(looks.phase(name).rgb()) for name in names], looks.ground, steps, places, phases)
        image = QImage(cells.data, cells.shape[1], len(cells), cells.shape[1] * 4, QImage.Format.Format_RGB32)
        return _Marks(crowd=image, pixels=cells)
    left = (places + 0.5) * (scene.view.width / steps) - MARK / 2
    return _Marks(list(zip(left.tolist(), phases.tolist(), strict=True)))


def _crowd(
    colours: list[np.uint32], ground: np.uint32, steps: int, places: Ints, phases: Ints
) -> npt.NDArray[np.uint32]:
    """Paint marks that would cover one another: each phase has a line of its own, so none hides another."""
    pitch = max(2, min(5, round(MARK * 1.4 / len(colours))))
    cells = np.full((len(colours) * pitch, steps * 3), ground, np.uint32)
    for number, colour in enumerate(colours):
        chosen = places[phases == number] * 3
        for line in range(number * pitch, (number + 1) * pitch - 1):
            cells[line, chosen] = cells[line, chosen + 1] = colour
    return cells


class TimelineOverlay:
    """Draws over the lanes.

    Args:
        selection: What is selected.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._widths: dict[str, float] = {}
        self._font: tuple[Looks, int, QFont] | None = None
        self._marked: tuple[tuple[object, ...], dict[int, _Marks]] | None = None
        self._pairs: tuple[tuple[object, ...], list[tuple[PublicationIndex, PublicationIndex]]] | None = None

    def forget(self) -> None:
        """Forget the widths of texts, as when the font changes."""
        self._widths.clear()

    def paint(self, painter: QPainter, scene: Scene, looks: Looks, bars: Ints) -> None:
        """Draw everything over the lanes' picture."""
        painter.save()
        area = QRectF(scene.gutter, RULER_HEIGHT, scene.width - scene.gutter, scene.lanes_height)
        painter.setClipRect(area)
        paint_breaks(painter, scene, looks, area)
        paint_bands(painter, scene, looks, area)
        paint_ends(painter, scene, looks, area)
        paint_host_marks(painter, scene, looks, area)
        self._labels(painter, scene, looks, bars)
        self._marks(painter, scene, looks)
        paint_tests(painter, scene, looks)
        paint_range(painter, scene, looks, area, self._selection.range)
        self._cursor(painter, scene, looks, area)
        self._lit(painter, scene, looks)
        self._arrows(painter, scene, looks)
        self._selected(painter, scene, looks)
        painter.restore()

    # Labels.

    def _labels(self, painter: QPainter, scene: Scene, looks: Looks, bars: Ints) -> None:
        if not len(bars) or scene.layout.density.bar < _LABEL_BAR:
            return
        bars = _free(bars)
        if len(bars) > LABELS:
            longest = np.argsort(bars[:, 2] - bars[:, 3], kind="stable")[:LABELS]
            bars = bars[longest]
        font = self._bar_font(looks, scene.layout.density.bar)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        executions = scene.source.executions
        statuses, struck, retries = (executions[name][bars[:, 0]] for name in ("status", "fault", "retry"))
        faults = (struck | retries).tolist()  # both look as if under glass: they count nowhere
        for (index, slot, x0, x1), status, fault in zip(bars.tolist(), statuses.tolist(), faults, strict=True):
            if index == self._selection.execution:
                continue
            strip = scene.strip_of_slot(slot)
            if strip is None:
                continue
            top = scene.layout.top(strip, scene.scroll) + scene.layout.bar_top(strip, slot - strip.slot)
            if top < scene.layout.fixed and not strip.pinned:
                continue  # it goes below the lanes that stay
            left = max(x0, 0) + scene.gutter
            right = min(x1 + scene.gutter, scene.width)
            area = QRectF(left, top + RULER_HEIGHT, right - left, scene.layout.density.bar)
            self._label(painter, scene, looks, metrics, index, STATUSES[status], area, fault=fault > 0)

    def _label(
        self,
        painter: QPainter,
        scene: Scene,
        looks: Looks,
        metrics: QFontMetricsF,
        index: int,
        status: str,
        area: QRectF,
        *,
        fault: bool,
    ) -> None:
        if status == "running":
            self._open_end(painter, looks, area)
        matches = scene.source.matches
        if matches is not None and not matches[index]:
            return
        duration = duration_text(scene, index)
        sign = "" if status in ("ok", "running") else looks.glyph(status) + " "
        for text in (f"{sign}{title_of(scene, index)}  {duration}", f"{sign}{duration}", sign.strip()):
            width = self._width(metrics, text)
            if text and width <= area.width() - 9:
                if status in STRIPED and not fault:  # stripes through letters would strike them out
                    painter.fillRect(area.adjusted(2, 1, width + 8 - area.width(), -1), looks.status(status))
                painter.setPen(looks.ink(status, fault=fault))
                painter.drawText(QPointF(area.left() + 5, baseline(metrics, area, text)), text)
                return

    def _bar_font(self, looks: Looks, height: int) -> QFont:
        """Return the font of labels on bars of a height; widths of another one are forgotten."""
        if self._font is None or self._font[:2] != (looks, height):
            self.forget()
            self._font = (looks, height, looks.bar_font(height))
        return self._font[2]

    def _width(self, metrics: QFontMetricsF, text: str) -> float:
        width = self._widths.get(text)
        if width is None:
            if len(self._widths) > 20_000:
                self._widths.clear()
            width = self._widths[text] = metrics.horizontalAdvance(text)
        return width

    def _open_end(self, painter: QPainter, looks: Looks, area: QRectF) -> None:
        """Paint the jagged end of a bar that is still growing."""
        step = area.height() / 3
        right = area.right()
        teeth = QPolygonF([QPointF(right + 1, area.top())])
        for tooth in range(3):
            teeth.append(QPointF(right - step, area.top() + (tooth + 0.5) * step))
            teeth.append(QPointF(right + 1, area.top() + (tooth + 1) * step))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(looks.color("background"))
        painter.drawPolygon(teeth)
        painter.restore()

    # Published events.

    def _marks(self, painter: QPainter, scene: Scene, looks: Looks) -> None:
        if not scene.source.phases:
            return
        for strip in scene.layout.strips:
            top = RULER_HEIGHT + scene.layout.top(strip, scene.scroll)
            in_sight = strip.pinned or top + strip.height > RULER_HEIGHT + scene.layout.fixed
            if strip.marks and in_sight and top < scene.height:
                painter.save()
                if not strip.pinned:
                    below = QRectF(0, RULER_HEIGHT + scene.layout.fixed, scene.width, scene.height)
                    painter.setClipRect(below, Qt.ClipOperation.IntersectClip)
                self._marks_of(painter, scene, looks, strip, top + strip.height / 2)
                painter.restore()

    def _marks_of(self, painter: QPainter, scene: Scene, looks: Looks, strip: LaneStrip, middle: float) -> None:
        # They cost as much as the rest of a frame, and the pointer moves far more often than what it moves over.
        key = (scene.source, scene.source.version, scene.view, scene.folds, looks)
        if self._marked is None or self._marked[0] != key:
            self._marked = (key, {})
        marks = self._marked[1].get(strip.process)
        if marks is None:
            marks = self._marked[1][strip.process] = _marks_in(scene, looks, strip.process or None)
        if marks.crowd is not None:
            painter.drawImage(QPointF(scene.gutter, round(middle - marks.crowd.height() / 2)), marks.crowd)
            return
        ratio = painter.device().devicePixelRatio()
        pixmaps = [looks.mark(name, ratio) for name in scene.source.phases]
        top = round(middle - MARK / 2)
        for x, phase in marks.single:
            painter.drawPixmap(QPointF(scene.gutter + x, top), pixmaps[phase])

    # Pointing.

    def _cursor(self, painter: QPainter, scene: Scene, looks: Looks, area: QRectF) -> None:
        if scene.hover is not None and scene.hover[0] >= scene.gutter:
            painter.setPen(QPen(looks.color("dim", 90), 1))
            painter.drawLine(QLineF(scene.hover[0], area.top(), scene.hover[0], area.bottom()))
        if scene.hovered >= 0 and scene.hovered != self._selection.execution:
            bar = scene.bar(scene.hovered)
            if bar is not None:
                painter.setPen(QPen(looks.color("text", 190), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(_shown(scene, bar).adjusted(-0.5, -0.5, 0.5, 0.5))

    def _lit(self, painter: QPainter, scene: Scene, looks: Looks) -> None:
        """Paint what is pointed at elsewhere."""
        keys = lit_lanes(scene)
        for strip in scene.layout.strips if keys else ():
            top = RULER_HEIGHT + scene.layout.top(strip, scene.scroll)
            if (strip.key in keys or strip.alike in keys) and (
                strip.pinned or top + strip.height > RULER_HEIGHT + scene.layout.fixed
            ):
                painter.fillRect(QRectF(0, top, scene.width, strip.height - 1), looks.color("accent", 22))
        bars = lit_bars(scene)
        painter.setPen(QPen(looks.color("accent_text"), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for execution in bars[:BARS].tolist():
            bar = scene.bar(execution)
            if bar is not None and not _covered(scene, bar):
                painter.drawRect(_shown(scene, bar).adjusted(-1, -1.5, 1, 1.5))
        mark = scene.mark(scene.lit.publication)
        if mark is not None:
            painter.drawEllipse(QPointF(*mark), MARK / 2 + 1.5, MARK / 2 + 1.5)

    # Selection.

    def _selected(self, painter: QPainter, scene: Scene, looks: Looks) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        mark = scene.mark(self._selection.publication)
        if mark is not None:
            painter.setPen(QPen(looks.color("strong"), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(*mark), MARK / 2 + 1.5, MARK / 2 + 1.5)
        bar = scene.bar(self._selection.execution)
        if bar is None or _covered(scene, bar) or bar.x1 < scene.gutter or bar.x0 > scene.width:
            return
        index = self._selection.execution
        status = STATUSES[int(scene.source.executions["status"][index])]
        fault = any(scene.source.executions[name][index] for name in ("fault", "retry"))
        place = _shown(scene, bar)
        painter.setPen(QPen(looks.color("strong"), 1.6, Qt.PenStyle.DashLine if fault else Qt.PenStyle.SolidLine))
        painter.setBrush(looks.body(status, fault=fault))
        painter.drawRoundedRect(place.adjusted(-1.2, -1.2, 1.2, 1.2), 3, 3)
        self._selected_label(painter, scene, looks, place, status, fault=fault)
        paint_ticks(painter, scene, looks, inside_bar(scene, index), place)

    def _selected_label(
        self, painter: QPainter, scene: Scene, looks: Looks, place: QRectF, status: str, *, fault: bool
    ) -> None:
        index = self._selection.execution
        font = self._bar_font(looks, scene.layout.density.bar)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        sign = "" if status == "ok" else looks.glyph(status) + " "
        text = sign + duration_text(scene, index)
        full = f"{sign}{title_of(scene, index)}  {duration_text(scene, index)}"
        for candidate in (full, text):
            if self._width(metrics, candidate) + 8 <= place.width():
                painter.setPen(looks.ink(status, fault=fault))
                painter.drawText(QPointF(place.left() + 4, baseline(metrics, place, candidate)), candidate)
                return
        width = self._width(metrics, text) + 12
        left = place.right() + 5
        if left + width > scene.width:
            left = place.left() - 5 - width
        pill = QRectF(left, place.center().y() - 9, width, 18)
        paint_pill(painter, looks, pill, "raised", "strong")
        painter.setPen(looks.color(f"{status}_text"))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

    def _travelled(self, scene: Scene) -> list[tuple[PublicationIndex, PublicationIndex]]:
        """Return between which publications the selected event has travelled; looked for once, not in each frame."""
        journal, publication = scene.source.journal, self._selection.publication
        if not 0 <= publication < len(journal.publications):
            return []
        key = (journal, publication, len(journal.publications))
        if self._pairs is None or self._pairs[0] != key:
            self._pairs = (key, journal.travelled(publication))
        return self._pairs[1]

    def _arrows(self, painter: QPainter, scene: Scene, looks: Looks) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for start, end, strong in links(scene, self._selection):
            paint_arrow(painter, start, end, looks.color("link_arc", 255 if strong else 120))
        metrics = painter.fontMetrics()
        for start, end, text in distant_links(scene, self._travelled(scene)):
            paint_arrow(painter, start, end, looks.color("link_arc"), dashed=True)
            words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, _WORDS)
            area = QRectF(end.x() + 10, end.y() - 9, metrics.horizontalAdvance(words) + 14, 18)
            area.moveRight(min(area.right(), scene.width - 4.0))
            paint_pill(painter, looks, area, "raised", "link_arc")
            painter.setPen(looks.color("text"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)


def baseline(metrics: QFontMetricsF, bar: QRectF, text: str) -> float:
    """Return the y on which letters stand on a bar: in its middle, unless underscores would then hang below it."""
    middle = bar.center().y() + metrics.capHeight() / 2
    return min(middle, bar.bottom() - metrics.tightBoundingRect("_").bottom()) if "_" in text else middle


def _free(bars: Ints) -> Ints:
    """Return the bars, each cut to the pixels that it shares with no other of its row: a label can be read there."""
    bars = bars[np.lexsort((bars[:, 2], bars[:, 1]))]
    free = bars.copy()
    same = bars[1:, 1] == bars[:-1, 1]
    free[:-1, 3] = np.where(same, np.minimum(bars[:-1, 3], bars[1:, 2]), bars[:-1, 3])
    # The longest before may reach beyond the one just before.
    ends = np.maximum.accumulate(bars[:-1, 3] + bars[:-1, 1] * _ROW) - bars[1:, 1] * _ROW
    free[1:, 2] = np.where(same, np.maximum(bars[1:, 2], ends), bars[1:, 2])
    return free[free[:, 2] < free[:, 3]]


def _covered(scene: Scene, bar: Bar) -> bool:
    return not bar.strip.pinned and bar.middle < RULER_HEIGHT + scene.layout.fixed


def _shown(scene: Scene, bar: Bar) -> QRectF:
    """Return the part of a bar that can be seen: a bar of a million pixels is drawn no better for being so long."""
    left, right = max(bar.x0, scene.gutter - 20), min(bar.x1, scene.width + 20)
    return QRectF(left, bar.top, max(right - left, 2), bar.height)
