"""Latency over time: the median, the band up to p95, the outliers above it and the failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont

from inspector.core.records.statuses import FAILED, STATUSES

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from inspector.analysis.histograms import Floats, Ints
    from inspector.analysis.overtime import PercentileBand
    from inspector.ui.kit.theme import Theme


# Parts of charts, made on pyqtgraph: axes for lengths of time, marks of percentiles.

_DECADES: Final = range(13)  # 1 ns to 1000 s
#: What stands between decades, by how near to each other the ticks then are (in decades).
_BETWEEN: Final = ((0.3, (2, 5)), (0.47, (3,)))
_ROOM: Final = 46.0  # pixels that the text of a tick takes
#: Pixels that names of marks may share with those above them: their boxes have a margin.
_TIGHT: Final = 5.0


class LengthAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis of log10 of nanoseconds, with ticks at 1, 2, 5 (or 1, 3) of each decade where there is room."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return the ticks between two values on an axis of ``size`` pixels."""
        per_decade = size / max(high - low, 1e-9)
        room = _ROOM if self.orientation in ("top", "bottom") else 13.0
        step = max(1, int(np.ceil(room / per_decade)))
        decades = [float(d) for d in _DECADES if low <= d <= high and d % step == 0]
        levels = [(1.0, decades)]
        for spacing, factors in _BETWEEN:
            if per_decade * spacing >= room:
                between = [d + float(np.log10(factor)) for d in _DECADES for factor in factors]
                levels.append((spacing, [value for value in between if low <= value <= high]))
                break
        return levels

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        """Write lengths of time."""
        return [short_duration(10**value) for value in values]


def short_duration(nanoseconds: float) -> str:
    """Write a round length of time without needless digits: ``100 µs``, ``1 ms``, ``2 s``."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= 0.9995 * size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


class CountAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis of counts; what is below zero counts downwards."""

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        """Write whole numbers only."""
        return [f"{value:,.0f}".replace(",", "\u2009") if value >= 0 and value % 1 == 0 else "" for value in values]


class AgoAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis of seconds, written as lengths of time before its end."""

    #: What stands at the end.
    end = "now"

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        """Write ``-10 s``, and what the end is called."""
        return [self.end if abs(value) < 1e-9 else f"\N{MINUS SIGN}{short_duration(-value * 1e9)}" for value in values]


class Plot(pg.GraphicsLayout):  # type: ignore[misc]
    """A view with an axis at the left and one below; the wheel and the mouse leave it alone.

    pyqtgraph's own PlotItem makes seven menus that nobody opens, and leaves them behind.

    Args:
        left: The axis at the left.
        bottom: The axis below.
    """

    def __init__(self, left: pg.AxisItem, bottom: pg.AxisItem) -> None:
        super().__init__()
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self.axes = (left, bottom)
        self.addItem(left, 0, 0)
        self.addItem(self.box, 0, 1)
        self.addItem(bottom, 1, 1)
        for axis in self.axes:
            axis.linkToView(self.box)
        self.setSpacing(0)
        self.setContentsMargins(0, 7, 8, 0)

    def put(self, item: Any) -> None:
        """Show an item; what is seen stays as it was limited."""
        self.box.addItem(item, ignoreBounds=True)


class Mark:
    """A dashed line at a percentile with its name at the top.

    Args:
        plot: Where it stands.
        name: ``p50``.
        colour: Its colour.
    """

    def __init__(self, plot: Plot, name: str) -> None:
        self.name = name
        self.line = pg.InfiniteLine(angle=90, movable=False)
        self.line.setZValue(20)
        self.label = pg.TextItem(text=name, anchor=(0, 0))
        self.label.setZValue(21)
        for item in (self.line, self.label):
            plot.put(item)
        self.value = np.nan

    def set(self, nanoseconds: float) -> None:
        """Move it; NaN hides it."""
        self.value = float(np.log10(max(nanoseconds, 1.0))) if np.isfinite(nanoseconds) else np.nan
        shown = bool(np.isfinite(self.value))
        self.line.setVisible(shown)
        self.label.setVisible(shown)
        if shown:
            self.line.setValue(self.value)

    def paint_in(self, colour: QColor, ground: QColor, font: QFont) -> None:
        """Take a colour; lines and bars behind the name vanish in the ground."""
        self.label.fill = pg.mkBrush(ground)
        self.line.setPen(pg.mkPen(colour, width=1.2, style=Qt.PenStyle.DashLine))
        self.label.setColor(colour)
        self.label.setFont(font)


def label_levels(places: Sequence[tuple[float, float]], width: float) -> list[tuple[int, bool]]:
    """Return how names beside their lines are put so that none lies on another.

    Args:
        places: Of each name: where its line is, and how wide it is, in pixels; from the left to the right.
        width: Pixels that there are.

    Returns:
        Of each name: its level, 0 at the top, and whether it stands at the left of its line.
    """
    chosen: list[tuple[int, bool]] = []
    taken: list[tuple[float, float, int]] = []  # left, right, level
    for at, wide in places:
        flip = at + wide > width
        left, right = (at - wide, at) if flip else (at, at + wide)
        level = 0
        while any(level == other and left < end and right > start for start, end, other in taken):
            level += 1
        taken.append((left, right, level))
        chosen.append((level, flip))
    return chosen


def place_labels(plot: Plot, marks: Sequence[Mark]) -> float:
    """Put the names of marks beside their lines, one below the other where they would meet.

    Returns:
        How many pixels from the top they take.
    """
    box = plot.box
    (left, right), (bottom, top) = box.viewRange()
    width, height = box.width(), box.height()
    shown = sorted((mark for mark in marks if np.isfinite(mark.value)), key=lambda mark: mark.value)
    if width <= 0 or height <= 0 or right <= left or not shown:
        return 0.0
    tall: float = max(mark.label.boundingRect().height() for mark in shown) - _TIGHT
    places = [((m.value - left) / (right - left) * width, m.label.boundingRect().width()) for m in shown]
    levels = label_levels(places, width)
    for mark, (level, flip) in zip(shown, levels, strict=True):
        mark.label.setAnchor((1 if flip else 0, 0))
        mark.label.setPos(mark.value, top - level * tall / height * (top - bottom))
    return tall * (1 + max(level for level, _ in levels))


def axis_look(plot: Plot, colours: dict[str, QColor], font: QFont) -> None:
    """Set colours and font of a plot's axes."""
    for axis in plot.axes:
        axis.setPen(pg.mkPen(colours["grid"]))
        axis.setTextPen(pg.mkPen(colours["axis"]))
        axis.setTickFont(font)
        axis.setStyle(tickLength=0 if axis.orientation == "left" else -4, tickTextOffset=4)


_SECOND: Final = 1e9


class OverTimeChart(pg.GraphicsView):  # type: ignore[misc]
    """Draws a ``PercentileBand``.

    Signals:
        execution_clicked: Index of the execution whose dot was clicked.
    """

    execution_clicked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self._theme = theme
        self._ago = AgoAxis("bottom")
        self.plot = Plot(LengthAxis("left"), self._ago)
        self.setCentralItem(self.plot)
        self.plot.axes[0].setWidth(44)
        self._low = pg.PlotCurveItem(antialias=True)
        self._high = pg.PlotCurveItem(antialias=True)
        self._band = pg.FillBetweenItem(self._low, self._high)
        self._far = pg.PlotCurveItem(antialias=True)
        self._only = pg.ScatterPlotItem(size=5, symbol="o", antialias=True)
        self._outliers = pg.ScatterPlotItem(size=5, symbol="o", antialias=True)
        self._failures = pg.ScatterPlotItem(size=8, symbol="x", antialias=True)
        self._statuses: Ints = np.zeros(0, np.int64)
        for item in (self._band, self._low, self._high, self._far, self._only, self._outliers, self._failures):
            self.plot.put(item)
        for dots in (self._outliers, self._failures):
            dots.sigClicked.connect(self._clicked)
        self._dress()
        theme.changed.connect(self._dress)
        self.setAccessibleName("Latency over time")

    def show_band(self, band: PercentileBand, now: int, span: int, end: str = "now") -> None:
        """Draw something else.

        Args:
            band: What to draw.
            now: The time at the right end, ns since the session started.
            span: The length of the axis in ns.
            end: What the right end is called.
        """
        if self._ago.end != end:
            self._ago.end = end
            self._ago.picture = None  # it keeps its texts else
        at = (band.at - now) / _SECOND
        p50, p95, p99 = (np.log10(np.maximum(figure, 1.0)) for figure in (band.p50, band.p95, band.p99))
        self._low.setData(at, p50)
        self._high.setData(at, p95)
        self._far.setData(at, p99)
        self._only.setData(at, p50) if len(at) == 1 else self._only.clear()  # a line needs two points
        for dots, rows in ((self._outliers, band.outliers), (self._failures, band.failures)):
            lengths = np.log10(np.maximum(rows[:, 1], 1))
            dots.setData(x=(rows[:, 0] - now) / _SECOND, y=lengths, data=rows[:, 2])
        self._statuses = band.failures[:, 3]
        self._paint_failures()
        self._limit([p50, p99, self._failures.getData()[1], self._outliers.getData()[1]], span)

    def _limit(self, lengths: list[Floats], span: int) -> None:
        every = np.concatenate([np.asarray(part, np.float64) for part in lengths])
        low, high = (every.min(), every.max()) if len(every) else (5.0, 7.0)
        middle, half = (low + high) / 2, max((high - low) * 0.56, 0.35)
        self.plot.box.setRange(xRange=(-span / _SECOND, 0.0), yRange=(middle - half, middle + half), padding=0.02)

    def _clicked(self, _dots: Any, points: Any, _event: Any = None) -> None:
        if len(points):
            self.execution_clicked.emit(int(points[0].data()))

    def _dress(self) -> None:
        colours = self._theme.pg_colors()
        font = QFont(self.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * 0.9)
        self.setBackground(colours["background"])
        axis_look(self.plot, colours, font)
        fill = QColor(colours["bar"])
        fill.setAlpha(90)
        self._band.setBrush(fill)
        self._low.setPen(pg.mkPen(colours["line"], width=1.6))
        self._only.setPen(None)
        self._only.setBrush(colours["line"])
        self._high.setPen(pg.mkPen(colours["bar"], width=1))
        far = QColor(colours["axis"])
        far.setAlpha(120)
        self._far.setPen(pg.mkPen(far, width=1))
        self._outliers.setPen(None)
        self._outliers.setBrush(self._theme.color("swallowed"))
        self._paint_failures()

    def _paint_failures(self) -> None:
        """Mark what ended badly: a cross in red where it failed, a ring in its own colour where it was cut off."""
        looks = [self._theme.status(STATUSES[code]) for code in self._statuses.tolist()]
        if looks:
            self._failures.setSymbol(["x" if look.name == FAILED else "o" for look in looks])
            self._failures.setPen([pg.mkPen(look.color, width=1.5) for look in looks])
            self._failures.setBrush([look.color if look.name == FAILED else QColor(0, 0, 0, 0) for look in looks])
