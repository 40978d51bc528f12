"""What the timeline looks like under a theme: colours of codes, marks of phases."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap, QPolygonF

from inspector.analysis.timeline.layout import BLANK, EDGE, OVER, RULE, STRIPE
from inspector.analysis.timeline.raster import CAP, CODES, DIM, FAULT, GRID, LOOK_MASK, LOOKS, MERGED
from inspector.ui.features.timeline.axis import small_font
from inspector.ui.kit.tokens import luminance, mix

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme
    from inspector.ui.kit.tokens import Tokens

_FIRST_BAD: Final = LOOKS.index("cancelled")
#: Looks whose bars are striped, so that no status is told by colour alone; failures also reach out of their row.
STRIPED: Final = {
    name: LOOKS.index(name) for name in ("swallowed", "cancelled", "interrupted", "timed_out", "returned_failure")
}
#: Letters on bars are no smaller than this, in points.
_SMALLEST: Final = 6.5
#: How much of the ground shows through the body of a bar under a fault; its outline has the full colour.
_PALE: Final = 0.62
#: Side of a phase mark, logical pixels.
MARK: Final = 11


class Looks:
    """Everything made from a theme's tokens once, and anew when the theme changes.

    Attributes:
        colours: 0xffRRGGBB by variant of line and code, shape ``(6, CODES)``.
        ground: The colour on which bars stand, 0xffRRGGBB.
        small: The font of the ruler and of labels on bars.
        bold: The font of lane titles.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._marks: dict[tuple[str, float], QPixmap] = {}
        self.tokens = theme.tokens
        self.colours = _colour_table(self.tokens)
        self.ground = np.uint32(_argb(self.tokens.background))
        self.font = theme.ui_font()
        self.small = small_font(self.font)
        self.on_bar = {name: _readable_on(theme.color(name)) for name in LOOKS[1:]}

    def color(self, token: str, alpha: int = 255) -> QColor:
        """Return the colour of a token, more or less opaque."""
        colour = self._theme.color(token)
        colour.setAlpha(alpha)
        return colour

    def status(self, name: str) -> QColor:
        """Return the colour of a status."""
        return self._theme.color(name)

    def body(self, name: str, *, fault: bool) -> QColor:
        """Return the colour inside a bar: paler where a fault was injected."""
        return QColor(mix(self.status(name).name(), self.tokens.background, _PALE)) if fault else self.status(name)

    def ink(self, name: str, *, fault: bool) -> QColor:
        """Return the colour of letters on a bar."""
        return self.color("strong") if fault else self.on_bar[name]

    def bar_font(self, height: int) -> QFont:
        """Return the font of labels on bars of a height: it leaves room for an underscore below the line."""
        font = QFont(self.small)
        while font.pointSizeF() > _SMALLEST:
            metrics = QFontMetricsF(font)
            if (height + metrics.capHeight()) / 2 + metrics.tightBoundingRect("_").bottom() <= height + 0.5:
                break
            font.setPointSizeF(font.pointSizeF() - 0.25)
        return font

    def glyph(self, name: str) -> str:
        """Return the sign of a status."""
        return self._theme.status(name).glyph

    def label(self, name: str) -> str:
        """Return the words of a status."""
        return self._theme.status(name).label

    def phase(self, name: str) -> QColor:
        """Return the colour of a phase."""
        return self._theme.phase(name).color

    def mark(self, phase: str, ratio: float) -> QPixmap:
        """Return the mark of a phase, ``MARK`` pixels wide."""
        picture = self._marks.get((phase, ratio))
        if picture is None:
            picture = self._marks[(phase, ratio)] = self._draw_mark(phase, ratio)
        return picture

    def _draw_mark(self, phase: str, ratio: float) -> QPixmap:
        look = self._theme.phase(phase)
        pixmap = QPixmap(round(MARK * ratio), round(MARK * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.color("background"), 1))
        painter.setBrush(look.color)
        half = MARK / 2
        if look.glyph == "◇":
            corners = [(half, 0.5), (MARK - 0.5, half), (half, MARK - 0.5), (0.5, half)]
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
        elif look.glyph == "▪":
            painter.drawRect(QRectF(2, 2, MARK - 4, MARK - 4))
        else:
            painter.drawEllipse(QRectF(0.5, 0.5, MARK - 1, MARK - 1))
        painter.setBrush(self.color("background"))
        painter.setPen(Qt.PenStyle.NoPen)
        if look.glyph == "○":
            painter.drawEllipse(QPointF(half, half), 2.1, 2.1)
        elif look.glyph == "◇":
            inner = [(half, half - 2.6), (half + 2.6, half), (half, half + 2.6), (half - 2.6, half)]
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in inner]))
        painter.end()
        return pixmap


@cache
def _colour_table(tokens: Tokens) -> npt.NDArray[np.uint32]:
    """Return the colours of all codes, made once for each set of tokens; nobody writes to it."""
    ground = tokens.background
    table = np.full((6, CODES), _argb(ground), np.uint32)
    for code in range(CODES):
        look = code & LOOK_MASK
        if look == GRID:
            table[:, code] = _argb(tokens.faint)
        elif 0 < look < len(LOOKS):
            for variant in range(6):
                table[variant, code] = _colour(tokens, variant, code, look)
    table[RULE] = _argb(mix(tokens.line, ground, 0.35))
    table.setflags(write=False)
    return table


def _colour(tokens: Tokens, variant: int, code: int, look: int) -> int:
    ground = tokens.background
    colour: str = getattr(tokens, LOOKS[look])
    bad = look >= _FIRST_BAD
    if variant == BLANK or (variant == OVER and not bad) or (variant == EDGE and code & CAP):
        return _argb(ground)
    if code & MERGED and not bad:
        colour = mix(colour, ground, 0.52 if variant in (STRIPE, EDGE) else 0.26)
    elif code & FAULT and variant != EDGE:
        colour = mix(colour, ground, _PALE)
    elif variant == STRIPE and look in STRIPED.values():
        colour = mix(colour, ground, 0.34)
    if code & DIM:
        colour = mix(colour, ground, 0.78)
    return _argb(colour)


def _argb(colour: str) -> int:
    return 0xFF000000 | int(colour[1:], 16)


def _readable_on(colour: QColor) -> QColor:
    return QColor("#10151b") if luminance(colour.name()) > 0.18 else QColor("#ffffff")
