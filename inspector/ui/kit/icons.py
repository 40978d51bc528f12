"""Icons: our own drawings, black on nothing, painted in a colour of the theme."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from inspector.app.resources import resource

#: The colour in the files that is replaced.
_INK: Final = "#000"
_SIZES: Final = (16, 20, 24, 32)
_RATIOS: Final = (1.0, 2.0, 3.0)


class IconSet:
    """Paints icons and keeps what it has painted."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        self._icons: dict[tuple[str, str, str], QIcon] = {}

    def pixmap(self, name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
        """Return an icon in a colour, ``size`` logical pixels square, for a screen of this pixel ratio.

        Raises:
            InspectorError: There is no such icon.
        """
        key = (name, colour, size, ratio)
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            pixmap = self._pixmaps[key] = self._paint(name, colour, size, ratio)
        return pixmap

    def icon(self, name: str, colour: str, disabled: str) -> QIcon:
        """Return the icon in ``colour``, and in ``disabled`` for controls that cannot be used.

        Raises:
            InspectorError: There is no such icon.
        """
        key = (name, colour, disabled)
        icon = self._icons.get(key)
        if icon is None:
            icon = QIcon()
            for size in _SIZES:
                for ratio in _RATIOS:
                    icon.addPixmap(self.pixmap(name, colour, size, ratio))
                    icon.addPixmap(self.pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
            self._icons[key] = icon
        return icon

    def _paint(self, name: str, colour: str, size: int, ratio: float) -> QPixmap:
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = resource(f"icons/{name}.svg").read_text(encoding="utf-8")
        renderer = QSvgRenderer(QByteArray(text.replace(_INK, colour).encode()))
        pixels = round(size * ratio)
        pixmap = QPixmap(pixels, pixels)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter, QRectF(0, 0, pixels, pixels))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap
