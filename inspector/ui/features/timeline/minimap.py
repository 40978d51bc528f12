"""The whole session in a strip: density, failures, and a brush over what is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.analysis.timeline.geometry import TimeView
from inspector.core.records.statuses import STATUSES
from inspector.ui.kit.pacing import PacedTimer

if TYPE_CHECKING:
    from inspector.ui.features.timeline.controller import TimelineController
    from inspector.ui.kit.theme import Theme

HEIGHT: Final = 54
_STEP: Final = 3
_EDGE: Final = 5
#: How often a changing density is drawn anew, ms: it takes longer than a frame of the lanes.
_EVERY: Final = 250


class Minimap(QWidget):
    """Shows how much ran when, and where it went wrong; the brush is dragged by its middle or its edges.

    Args:
        theme: Colours.
        controller: What is shown, and what the brush moves.
        parent: The owner.
    """

    def __init__(self, theme: Theme, controller: TimelineController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._controller = controller
        self._gesture = ""
        self._grip = 0
        # The pixels stand beside their image: it does not keep them alive.
        self._picture: tuple[object, object, QImage, npt.NDArray[np.uint32]] | None = None
        self._age = QElapsedTimer()
        self._later = PacedTimer(self, _EVERY)
        self._later.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # else what lies behind is painted at each frame
        self.setMouseTracking(True)
        self.setAccessibleName("Minimap")
        self.setAccessibleDescription("Overview of the session. Drag to move or resize the view.")
        theme.changed.connect(self.update)

    @property
    def whole(self) -> TimeView:
        """The session over the width of the strip."""
        navigator = self._controller.navigator
        end = max(navigator.newest, navigator.view.end if navigator.following else 0, 1)
        return TimeView(0, end, self.width())

    def brush(self) -> QRectF:
        """Return where the brush is."""
        view, whole = self._controller.navigator.view, self.whole
        x0, x1 = max(whole.x_of(view.start), 0.0), min(whole.x_of(view.end), float(self.width()))
        if x1 - x0 < 6:
            middle = min(max((x0 + x1) / 2, 3.0), self.width() - 3.0)
            x0, x1 = middle - 3, middle + 3
        return QRectF(x0, 1, x1 - x0, self.height() - 2)

    def sizeHint(self) -> QSize:
        """Return the one height that it has."""
        return QSize(400, HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint density, failures, brush."""
        painter = QPainter(self)
        whole, brush = self.whole, self.brush()
        painter.fillRect(self.rect(), self._theme.color("background"))
        painter.drawImage(0, 0, self._density())
        painter.fillRect(0, 0, self.width(), 1, self._theme.color("line"))
        painter.fillRect(brush, _faded(self._theme, "accent", 30))
        selection = self._controller.selection
        if selection.range[0] >= 0:
            x0, x1 = (whole.x_of(self._controller.scene.folds.place(time)) for time in selection.range)
            painter.fillRect(QRectF(x0, 1, max(x1 - x0, 1), 4), self._theme.color("accent"))
        painter.setPen(QPen(self._theme.color("accent"), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(brush.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _density(self) -> QImage:
        """Return the picture of how much ran; while it changes all the time it is made anew a few times a second."""
        folds = self._controller.scene.folds
        key = (self._controller.source, self._theme.tokens, self.width(), self.height(), folds)
        wanted = (self._controller.source.version, self.whole.span)
        same = self._picture is not None and self._picture[0] == key
        if self._picture is None or not same or (self._age.hasExpired(_EVERY) and self._picture[1] != wanted):
            self._picture = (key, wanted, *self._draw())
            self._age.start()
        elif self._picture[1] != wanted and not self._later.isActive():
            self._later.start()
        return self._picture[2]

    def _draw(self) -> tuple[QImage, npt.NDArray[np.uint32]]:
        """Paint a bar for each step: how much ran, and above it in the colour of the worst status what went wrong."""
        bars, height = max(1, self.width() // _STEP), self.height()
        places = np.rint(np.linspace(0, self.whole.span, bars + 1)).astype(np.int64)
        times = self._controller.scene.folds.times(places)
        counts, worst = self._controller.source.density(times)
        # A square root: one burst must not press everything else to the ground.
        tall = np.where(counts > 0, np.maximum(2, np.sqrt(counts / max(1, int(counts.max()))) * (height - 14)), 0)
        ground, ran = (self._theme.color(name).rgb() for name in ("background", "density"))
        colours = np.array([self._theme.color(status).rgb() for status in STATUSES], np.uint32)
        above = np.arange(height, 0, -1)[:, None]
        cells = np.where(
            above <= tall,
            np.uint32(ran),
            np.where((worst > 0) & (above < height - 3), colours[worst], np.uint32(ground)),
        )
        pixels = np.full((height, max(self.width(), bars * _STEP)), ground, np.uint32)
        pixels[:, 0 : bars * _STEP : _STEP] = pixels[:, 1 : bars * _STEP : _STEP] = cells
        image = QImage(pixels.data, pixels.shape[1], height, pixels.shape[1] * 4, QImage.Format.Format_RGB32)
        return image, pixels

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the brush by an edge or its middle; elsewhere it jumps to the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        self._gesture = self._part_at(x)
        if not self._gesture:
            view = self._controller.navigator.view
            start = self.whole.time_of(x) - view.span // 2
            self._controller.brush(start, start + view.span)
            self._gesture = "move"
        self._grip = self.whole.time_of(x) - self._controller.navigator.view.start

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move or resize the brush."""
        x = event.position().x()
        if not self._gesture:
            on_edge = self._part_at(x) in ("left", "right")
            self.setCursor(Qt.CursorShape.SizeHorCursor if on_edge else Qt.CursorShape.ArrowCursor)
            return
        view, time = self._controller.navigator.view, self.whole.time_of(x)
        if self._gesture == "move":
            start = time - self._grip
            self._controller.brush(start, start + view.span)
        elif self._gesture == "left":
            self._controller.brush(min(time, view.end - 1), view.end)
        else:
            self._controller.brush(view.start, max(time, view.start + 1))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._gesture = ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the middle of what is looked at."""
        controller = self._controller
        middle = controller.scene.gutter + controller.scene.view.width / 2
        controller.zoom_at(0.8 ** (event.angleDelta().y() / 120), middle)
        event.accept()

    def _part_at(self, x: float) -> str:
        brush = self.brush()
        for part, edge in (("left", brush.left()), ("right", brush.right())):
            if abs(x - edge) <= _EDGE:
                return part
        return "move" if brush.left() < x < brush.right() else ""


def _faded(theme: Theme, token: str, alpha: int) -> QColor:
    colour = theme.color(token)
    colour.setAlpha(alpha)
    return colour
