"""A label for values without spaces (ids, dotted names): it breaks between words, and inside one when it must."""

from __future__ import annotations

import math
import re
from typing import Final

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from inspector.app.text import visible
from inspector.ui.kit.text import copy_text, set_tone

_LONGEST_LINE: Final = 60
#: Where a dotted name, an id or a NameLikeThis is best broken. What is painted gets the break, never what is copied.
_BREAKS: Final = re.compile(r"([._/:-])(?=\w)|(?<=[a-z])(?=[A-Z])")


class WrapLabel(QWidget):
    """Shows a text on as many lines as it needs; Ctrl+C and the menu copy it whole and exact.

    Args:
        text: What it shows, cut at 500 characters; hidden characters as markers.
        tone: See ``text.set_tone``.
        parent: The owner.
    """

    def __init__(self, text: str = "", tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._exact = ""
        self._layout = QTextLayout()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        if tone:
            set_tone(self, tone)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._exact = text
        self.setAccessibleName(visible(text, 200))
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """Return the exact text."""
        return self._exact

    def hasHeightForWidth(self) -> bool:
        """Return True: narrower is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the text needs, in pixels."""
        return math.ceil(self._arrange(width))

    def sizeHint(self) -> QSize:
        """Return the room of one line, unless the text is very long."""
        metrics = self.fontMetrics()
        longest = max((metrics.horizontalAdvance(line) for line in visible(self._exact).split("\n")), default=0)
        width = min(longest + 2, metrics.averageCharWidth() * _LONGEST_LINE)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Return the width of a few letters."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 6, metrics.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the lines."""
        self._arrange(self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        self._layout.draw(painter, QPointF(0, 0))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy").triggered.connect(lambda *_: copy_text(self._exact, "text"))
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy."""
        if event.matches(QKeySequence.StandardKey.Copy):
            copy_text(self._exact, "text")
            return
        super().keyPressEvent(event)

    def _arrange(self, width: int) -> float:
        """Break the text into lines of ``width`` pixels and return their height together."""
        layout = self._layout
        layout.setText(_BREAKS.sub("\\1\u200b", visible(self._exact)).replace("\n", "\u2028"))
        layout.setFont(self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        height = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width, 1))
            line.setPosition(QPointF(0, height))
            height += line.height()
        layout.endLayout()
        return height
