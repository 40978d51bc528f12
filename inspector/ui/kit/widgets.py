"""Small parts that every panel is made of; badges, boxes and fields can be had from here too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QListWidget, QStackedWidget, QWidget

from inspector.ui.kit.badges import Badge, BadgeTone, badge_font, paint_badge
from inspector.ui.kit.boxes import Action, Banner, BannerTone, Box, EmptyState
from inspector.ui.kit.fields import SearchField
from inspector.ui.kit.layouts import grid, hbox
from inspector.ui.kit.text import PlainLabel, SectionLabel, set_tone
from inspector.ui.kit.wraplabel import WrapLabel

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

__all__ = [
    "Action",
    "Badge",
    "BadgeTone",
    "Banner",
    "BannerTone",
    "Box",
    "ChoiceList",
    "EmptyState",
    "KeyValueGrid",
    "SearchField",
    "SectionHeader",
    "Switcher",
    "WrapLabel",
    "badge_font",
    "paint_badge",
    "separator_line",
    "tone_if",
]


def separator_line(vertical: bool = False) -> QFrame:
    """Return a line of one pixel."""
    line = QFrame()
    line.setProperty("frame", "line")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line


class SectionHeader(QWidget):
    """The head of a panel: a title in small capitals, and room for controls at both sides."""

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = SectionLabel(title)
        self._row = hbox(self._title, 1, owner=self, margins=(10, 0, 8, 0), spacing=8)
        self._left = 1
        self.setFixedHeight(max(34, self.fontMetrics().height() + 18))
        theme.changed.connect(self.update)

    def set_title(self, title: str) -> None:
        """Change the title."""
        self._title.setText(title)

    def add_left(self, widget: QWidget) -> None:
        """Put a control after the title."""
        self._row.insertWidget(self._left, widget)
        self._left += 1

    def add_right(self, widget: QWidget) -> None:
        """Put a control at the right, after those there."""
        self._row.addWidget(widget)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground and the line below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("panel"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("line"))


class KeyValueGrid(QWidget):
    """Names at the left, dim; values at the right, wrapped; Ctrl+C or the menu copies one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = grid(self, 16, 6)

    def set_rows(self, rows: Sequence[tuple[str, str | QWidget, str]]) -> None:
        """Show these rows and no others: name, value (text or a widget), tone of the value."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # Hidden at once: deletion comes with the next turn of the loop, painting may come before.
                widget.hide()
                widget.deleteLater()
        for row, (name, value, tone) in enumerate(rows):
            caption = PlainLabel(name, "dim")
            top = Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(caption, row, 0, top)
            if isinstance(value, QWidget):
                self._grid.addWidget(value, row, 1, top)
                continue
            label = WrapLabel(value, tone)
            label.setAccessibleName(f"{name}: {value[:200]}")
            self._grid.addWidget(label, row, 1)


class ChoiceList(QListWidget):
    """A list below a field that has the keyboard: it lies on the ground of what holds it, and takes no focus."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setUniformItemSizes(True)
        self.setStyleSheet("background: transparent;")
        self.viewport().setAutoFillBackground(False)


class Switcher(QStackedWidget):
    """Shows either what a panel holds or why it is empty."""

    def __init__(self, content: QWidget, empty: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content, self._empty = content, empty
        self.addWidget(content)
        self.addWidget(empty)

    def show_content(self) -> None:
        """Show what the panel holds."""
        self.setCurrentWidget(self._content)

    def show_empty(self) -> None:
        """Show why it is empty."""
        self.setCurrentWidget(self._empty)


def tone_if(widget: QWidget, condition: bool, tone: str, otherwise: str = "") -> None:
    """Set the widget's tone to one or the other."""
    set_tone(widget, tone if condition else otherwise)
