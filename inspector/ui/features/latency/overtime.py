"""Latency over time: the median, the band up to p95, the outliers above it and the failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QFont

from inspector.ui.features.latency.chart_parts import AgoAxis, LengthAxis, Plot, axis_look

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from inspector.analysis.histograms import Floats
    from inspector.analysis.overtime import Band
    from inspector.ui.kit.theme import Theme

_SECOND: Final = 1e9


class OverTimeChart(pg.GraphicsView):  # type: ignore[misc]
    """Draws a ``Band``.

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
        for item in (self._band, self._low, self._high, self._far, self._only, self._outliers, self._failures):
            self.plot.put(item)
        for dots in (self._outliers, self._failures):
            dots.sigClicked.connect(self._clicked)
        self._dress()
        theme.changed.connect(self._dress)
        self.setAccessibleName("Latency over time")

    def show_band(self, band: Band, now: int, span: int, end: str = "now") -> None:
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
        self._failures.setPen(pg.mkPen(colours["failed"], width=1.5))
        self._failures.setBrush(colours["failed"])
