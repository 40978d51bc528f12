"""The histogram of a row of the latency table: successes up, what went wrong down, percentiles marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QResizeEvent

from inspector.app.text import format_duration, plural
from inspector.ui.features.latency.overtime import CountAxis, LengthAxis, Mark, Plot, axis_look, place_labels
from inspector.ui.kit.tokens import mix

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from inspector.analysis.histograms import Floats, Ints
    from inspector.ui.kit.theme import Theme

#: How much of the height belongs to what went wrong, when something did.
_BELOW: Final = 0.28
_HEADROOM: Final = 1.04


@dataclass(frozen=True)
class Bars:
    """A histogram: limits in ns, shape ``(n + 1,)``, and counts, shape ``(n,)``."""

    edges: Floats
    counts: Ints


@dataclass(frozen=True)
class HistogramPicture:
    """What the chart shows.

    Attributes:
        measured: Upwards: the executions that the table's percentiles speak of.
        failed: Downwards: those that failed. On a scale of their own, for they are few.
        cut_off: Downwards as well: those that timed out, were cancelled, or ended badly in another way.
        faulted: Downwards as well, on another scale: those with an injected fault.
        compared: As an outline, scaled to the same height; None for none.
        percentiles: ``p50``, ``p95``, ``p99`` in ns.
    """

    measured: Bars
    failed: Bars
    cut_off: Bars
    faulted: Bars
    compared: Bars | None
    percentiles: dict[str, float]

    @property
    def wrong(self) -> tuple[Bars, Bars, Bars]:
        """What is drawn downwards: failed, cut off, faulted."""
        return self.failed, self.cut_off, self.faulted


@dataclass(frozen=True)
class Bucket:
    """A bar: executions of at least ``low`` and less than ``high`` ns; ``down`` when it tells of what went wrong."""

    low: int
    high: int
    down: bool


class HistogramChart(pg.GraphicsView):  # type: ignore[misc]
    """Draws a ``HistogramPicture`` on a logarithmic axis of time.

    Signals:
        pointed: What the pointer is at, as words; empty when at nothing.
        bar_pointed: The ``Bucket`` of the bar under the pointer; None when there is none.
        bar_clicked: The ``Bucket`` of a bar that was clicked.
    """

    pointed = Signal(str)
    bar_pointed = Signal(object)
    bar_clicked = Signal(object)
    _heights = (0.0, 1.0)  # of the lowest bar and of the highest one
    _picture: HistogramPicture | None = None  # before the base class is ready, it is resized

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self._theme = theme
        self.plot = Plot(CountAxis("left"), LengthAxis("bottom"))
        self.setCentralItem(self.plot)
        self.plot.axes[0].setWidth(44)
        self.plot.axes[0].setTickDensity(0.55)  # counts need few lines to be read
        self._bars = [pg.BarGraphItem(x0=[], x1=[], height=[], y0=[]) for _ in range(4)]
        for bars in self._bars:
            self.plot.put(bars)
        self._outline = pg.PlotCurveItem(stepMode="center", x=[0, 1], y=[0])
        self._outline.setZValue(10)
        self.plot.put(self._outline)
        self._zero = pg.InfiniteLine(pos=0, angle=0)
        self.plot.put(self._zero)
        self.marks = [Mark(self.plot, name) for name in ("p50", "p95", "p99")]
        self._elsewhere = pg.InfiniteLine(angle=90)
        self._elsewhere.setZValue(12)
        self._elsewhere.hide()
        self.plot.put(self._elsewhere)
        self._dress()
        theme.changed.connect(self._dress)
        self.scene().sigMouseMoved.connect(self._pointer_moved)
        self.scene().sigMouseClicked.connect(lambda event: self._clicked(event.scenePos()))
        self.setAccessibleName("Latency histogram")

    def show_picture(self, picture: HistogramPicture) -> None:
        """Draw something else."""
        self._picture = picture
        parts = (picture.measured, *picture.wrong)
        high = max([1, *picture.measured.counts.tolist()])
        wrong = sum(len(part.counts) for part in picture.wrong)
        below = high * _BELOW / (1 - _BELOW) if wrong else 0.0
        for bars, part, down in zip(self._bars, parts, (False, True, True, True), strict=True):
            scale = -below * 0.92 / part.counts.max() if down and len(part.counts) else 1.0
            lefts, rights = np.log10(part.edges[:-1]), np.log10(part.edges[1:])
            bars.setOpts(x0=lefts, x1=rights, y0=np.zeros(len(lefts)), height=part.counts * scale)
        self._compare(picture.compared, high)
        self._heights = -below, float(high)
        self._limit(picture)
        for mark in self.marks:
            mark.set(picture.percentiles.get(mark.name, np.nan))
        self._place()

    def point_at(self, length: int) -> None:
        """Mark a length of time in ns that is pointed at elsewhere; -1 for none."""
        self._elsewhere.setVisible(length >= 0)
        if length >= 0:
            self._elsewhere.setPos(float(np.log10(max(length, 1))))

    def _compare(self, bars: Bars | None, high: int) -> None:
        self._outline.setVisible(bars is not None and bool(len(bars.counts)))
        if bars is not None and len(bars.counts):
            heights = bars.counts * (high / bars.counts.max())
            edges = np.log10(bars.edges)
            self._outline.setData(
                x=np.concatenate((edges[:1], edges, edges[-1:])), y=np.concatenate(([0.0], heights, [0.0]))
            )

    def _limit(self, picture: HistogramPicture) -> None:
        others = [picture.compared] if picture.compared is not None else []
        edges = np.concatenate([bars.edges for bars in (picture.measured, *picture.wrong, *others)])
        left, right = (np.log10(edges.min()), np.log10(edges.max())) if len(edges) else (5.0, 8.0)
        middle, half = (left + right) / 2, max((right - left) * 0.53, 0.5)
        box = self.plot.box
        box.setRange(xRange=(middle - half, middle + half), padding=0, disableAutoRange=True)

    def _dress(self) -> None:
        colours = self._theme.pg_colors()
        font = self._small_font()
        self.setBackground(colours["background"])
        axis_look(self.plot, colours, font)
        faulted, cut_off = self._theme.color("warn"), self._theme.color("timed_out")
        pale = QColor(mix(faulted.name(), colours["background"].name(), 0.62))  # as in the timeline
        fills = (colours["bar"], colours["failed"], cut_off, pale)
        edges = (colours["background"], colours["failed"], cut_off, faulted)
        for bars, fill, edge in zip(self._bars, fills, edges, strict=True):
            line = Qt.PenStyle.DashLine if bars is self._bars[-1] else Qt.PenStyle.SolidLine
            bars.setOpts(brush=QBrush(fill), pen=pg.mkPen(edge, width=1, style=line))
        self._outline.setPen(pg.mkPen(colours["line"], width=1.6))
        self._zero.setPen(pg.mkPen(colours["axis"], width=1))
        self._elsewhere.setPen(pg.mkPen(self._theme.color("accent"), width=2))
        for mark in self.marks:
            mark.paint_in(colours[mark.name], colours["background"], font)
        self._place()

    def _small_font(self) -> QFont:
        font = QFont(self.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * 0.9)
        return font

    def _place(self) -> None:
        """Put the names of the marks above the bars."""
        low, high = self._heights
        taken = place_labels(self.plot, self.marks)
        room = self.plot.box.height()
        if taken and room > taken * 2:
            high = low + (high - low) * room / (room - taken)
        self.plot.box.setRange(yRange=(low, high * _HEADROOM), padding=0, disableAutoRange=True)
        place_labels(self.plot, self.marks)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the names of marks anew: they are placed by pixels."""
        super().resizeEvent(event)
        if self._picture is not None:
            self._place()

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self.pointed.emit("")
        self.bar_pointed.emit(None)

    def _clicked(self, at: QPointF) -> None:
        bucket = self.bar_at(at)
        if bucket is not None:
            self.bar_clicked.emit(bucket)

    def bar_at(self, at: QPointF) -> Bucket | None:
        """Return the bar at a point of the scene, anywhere between the axis and the end of the chart."""
        box, picture = self.plot.box, self._picture
        if picture is None or not box.sceneBoundingRect().contains(at):
            return None
        place = box.mapSceneToView(at)
        down = place.y() < 0
        for bars in picture.wrong if down else (picture.measured,):
            number = int(bars.edges.searchsorted(10 ** place.x(), side="right")) - 1
            if 0 <= number < len(bars.counts) and bars.counts[number]:
                low, high = np.ceil(bars.edges[number : number + 2]).astype(int).tolist()
                return Bucket(low, high, down)
        return None

    def _pointer_moved(self, at: QPointF) -> None:
        box = self.plot.box
        if self._picture is None or not box.sceneBoundingRect().contains(at):
            self.pointed.emit("")
            self.bar_pointed.emit(None)
            return
        self.bar_pointed.emit(self.bar_at(at))
        length = 10 ** box.mapSceneToView(at).x()
        picture = self._picture
        words = []
        kinds = zip((picture.measured, *picture.wrong), ("", "failed", "cut off", "by fault"), strict=True)
        for bars, what in kinds:
            place = int(bars.edges.searchsorted(length, side="right")) - 1
            if 0 <= place < len(bars.counts) and bars.counts[place]:
                words.append(f"{plural(int(bars.counts[place]), 'run')} {what}".strip())
        self.pointed.emit(f"{format_duration(length)}: {', '.join(words)}" if words else "")
