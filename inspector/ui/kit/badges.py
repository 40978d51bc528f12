"""Badges: a count or a word in a small pill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.ui.kit.text import widest

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

BadgeTone = Literal["failed", "timed_out", "interrupted", "warn", "accent", "dim"]

_BADGES: Final = {
    "failed": ("error_back", "error_line", "failed_text"),
    "warn": ("warn_back", "warn_line", "warn_text"),
    "accent": ("info_back", "info_line", "accent_text"),
    "dim": ("", "", "dim"),
}


class Badge(QWidget):
    """A small pill with a count or a word; it takes no room while it has no text."""

    def __init__(self, theme: Theme, text: str = "", tone: BadgeTone = "failed", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = text
        self._tone: BadgeTone = tone
        #: Pixels kept free at the right.
        self.trailing = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.changed.connect(self.update)
        self.set(text)

    def set(self, text: str, tone: BadgeTone | None = None) -> None:
        """Set the text, and the tone if there is one."""
        self._text = text
        self._tone = tone or self._tone
        self.setAccessibleName(text)
        if self.parent() is not None or not text:
            self.setVisible(bool(text))
        else:
            # It has no place yet: shown now it would be a window of its own. The layout that takes it in shows it.
            self.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
        room = self.sizeHint()
        if self.size() != room:
            self.setFixedSize(room)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room of the text; of a number, that of any with as many digits: it counts up."""
        if not self._text:
            return QSize(0, 0)
        metrics = QFontMetrics(self._small())
        height = metrics.height() + 3
        wide = metrics.horizontalAdvance(widest(self._text)) + (2 if self._tone == "dim" else 12)
        return QSize(max(wide, height) + self.trailing, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the pill."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        where = QRectF(self.rect()).adjusted(0, 0, -self.trailing, 0)
        paint_badge(painter, where, self._text, self._tone, self._theme, self._small())

    def _small(self) -> QFont:
        return badge_font(self.font())


def badge_font(base: QFont) -> QFont:
    """Return the font of badges, a little smaller."""
    font = QFont(base)
    if base.pointSizeF() > 0:
        font.setPointSizeF(base.pointSizeF() * 0.85)
    return font


def paint_badge(painter: QPainter, where: QRectF, text: str, tone: str, theme: Theme, font: QFont) -> None:
    """Paint a badge into a rectangle; delegates use it too.

    Args:
        painter: What paints.
        where: Its place.
        text: What it says.
        tone: A ``BadgeTone``, or a status of an execution, which has an outline in its colour.
        theme: Its look.
        font: Of the text, see ``badge_font``.
    """
    back, line, ink = _BADGES.get(tone) or ("", tone, f"{tone}_text")
    if line:
        box = where.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setBrush(theme.color(back) if back else Qt.BrushStyle.NoBrush)
        painter.setPen(theme.color(line))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setFont(font)
    painter.setPen(theme.color(ink))
    painter.drawText(where, Qt.AlignmentFlag.AlignCenter, text)
