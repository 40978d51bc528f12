"""The timeline before there is a program: its head and its axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from inspector.analysis.timeline.geometry import TimeView, ruler
from inspector.ui.features.timeline.axis import GUTTER_WIDTH, Axis, clock_text, paint_axis, small_font
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.widgets import SectionHeader

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme


class BareTimeline(QWidget):
    """Stands where the timeline will be, and looks like it.

    Args:
        theme: Colours and fonts.
        span: How much time the axis shows, ns.
    """

    def __init__(self, theme: Theme, span: int) -> None:
        super().__init__()
        vbox(SectionHeader(theme, "Timeline"), (_BareCanvas(theme, span), 1), owner=self)


class _BareCanvas(QWidget):
    def __init__(self, theme: Theme, span: int) -> None:
        super().__init__()
        self._theme, self._span = theme, span
        self.small = small_font(theme.ui_font())
        self.setMinimumSize(260, 120)

    def color(self, token: str, alpha: int = 255) -> QColor:
        """Return the colour of a token."""
        colour = self._theme.color(token)
        colour.setAlpha(alpha)
        return colour

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground and the axis."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.color("background"))
        ticks = ruler(TimeView(0, self._span, max(1, self.width() - GUTTER_WIDTH)))
        axis = Axis(self.width(), GUTTER_WIDTH, ticks, clock_text(ticks.base, 0))
        paint_axis(painter, axis, self, lambda: None)
