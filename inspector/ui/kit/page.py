"""What the panels at the right are made of: a scrolling page, links, rows that can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from inspector.app.text import one_line
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.keys import press_by_return
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.lines import LineButton
from inspector.ui.kit.menus import MenuItem, offer_menu
from inspector.ui.kit.text import PlainLabel, SectionLabel, plain_tooltip, set_tone

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

#: Room at the sides of a panel.
SIDE: Final = 12


def clear(layout: QLayout) -> None:
    """Take everything out of a layout; the widgets in it go for good."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        inner = item.layout()
        if widget is not None:
            # Hidden at once: deletion comes with the next turn of the loop, painting may come before.
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


class Page(QScrollArea):
    """A column of widgets as wide as the panel; it scrolls up and down, never sideways.

    Args:
        name: What it is to those who cannot see it.
        parent: The owner.

    Attributes:
        column: Where the widgets go; it ends in a stretch of its own.
    """

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = _Content()
        content.setProperty("frame", "content")
        self.column = vbox(spacing=8)
        vbox(self.column, 1, owner=content, margins=(SIDE, 10, SIDE, 12))
        self.setWidget(content)

    def minimumSizeHint(self) -> QSize:
        """Return a small size: a panel may be narrow."""
        return QSize(200, 80)


class _Content(QWidget):
    """What scrolls. Its parts elide or wrap, so it never asks for more width than there is."""

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(0, hint.height())


def sized(label: PlainLabel, tone: str, factor: float) -> PlainLabel:
    """Return a label a tone and a larger or smaller font; the style sheet keeps a font that was there before it."""
    font = QFont(label.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * factor)
    label.setFont(font)
    set_tone(label, tone)
    return label


def section(title: str) -> SectionLabel:
    """Return a heading in small capitals, with some room above."""
    label = SectionLabel(title)
    label.setContentsMargins(0, 8, 0, 0)
    return label


class Link(QAbstractButton):
    """Text that leads somewhere. It gives way when room is short; the whole text is its tooltip.

    Args:
        theme: Its look.
        text: What it says.
        ink: Token of the colour of the text.
        mode: Where it is cut.
        bold: Write it bold.
        mono: Write it in the fixed-width font.
        parent: The owner.
    """

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        ink: str = "accent_text",
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        bold: bool = False,
        mono: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._ink, self._mode = theme, ink, mode
        if mono:
            self.setFont(theme.mono_font())
        if bold:
            self.setFont(bold_font(self.font()))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.set_text(text)
        theme.changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Return press it."""
        if not press_by_return(self, event):
            super().keyPressEvent(event)

    def set_text(self, text: str) -> None:
        """Set the text."""
        shown = one_line(text)
        self.setText(shown)
        self.setAccessibleName(shown)
        self.setToolTip(plain_tooltip(shown))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room of the text."""
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self.text()) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """Return the room of a few letters."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), QFontMetrics(self.font()).averageCharWidth() * 6), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the text, underlined where the pointer or the keyboard is."""
        painter = QPainter(self)
        font = QFont(self.font())
        font.setUnderline(self.isEnabled() and (self.underMouse() or self.hasFocus()))
        painter.setFont(font)
        painter.setPen(self._theme.color(self._ink if self.isEnabled() else "disabled"))
        text = QFontMetrics(font).elidedText(self.text(), self._mode, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Underline while the pointer is here."""
        super().enterEvent(event)
        self.update()


class Segment:
    """A piece of text of a ``ClickableRow``: text, token of its colour, fixed-width font or bold, its least width."""

    __slots__ = ("bold", "ink", "mono", "text", "width")

    def __init__(self, text: str, ink: str = "text", *, mono: bool = False, bold: bool = False, width: int = 0) -> None:
        self.text, self.ink, self.mono, self.bold, self.width = one_line(text), ink, mono, bold, width


class ClickableRow(LineButton):
    """A line of segments that can be chosen: some at the right, some at the left, which give way."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._left: Sequence[Segment] = ()
        self._right: Sequence[Segment] = ()
        self._selected = False

    def set(self, left: Sequence[Segment], right: Sequence[Segment] = (), *, selected: bool = False) -> None:
        """Show these segments."""
        self._left, self._right, self._selected = left, right, selected
        text = " ".join(part.text for part in (*left, *right) if part.text)
        self.setAccessibleName(text)
        self.setToolTip(plain_tooltip(text))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint ground, segments, and the line below."""
        painter = QPainter(self)
        tokens = self._theme.tokens
        if self._selected:
            painter.fillRect(self.rect(), QColor(tokens.row))
        elif self.isEnabled() and self.lit:
            painter.fillRect(self.rect(), QColor(tokens.hover))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(tokens.faint))
        room = QRectF(self.rect()).adjusted(4, 0, -4, 0)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        for part in reversed(self._right):
            metrics = self._dress(painter, part)
            painter.drawText(room, right, part.text)
            room.setRight(room.right() - max(metrics.horizontalAdvance(part.text), part.width) - 8)
        for part in self._left:
            metrics = self._dress(painter, part)
            text = metrics.elidedText(part.text, Qt.TextElideMode.ElideRight, max(int(room.width()), 0))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
            room.setLeft(room.left() + max(metrics.horizontalAdvance(text), part.width) + 8)

    def _dress(self, painter: QPainter, part: Segment) -> QFontMetrics:
        font = bold_font(self._theme.mono_font() if part.mono else self.font(), bold=part.bold)
        painter.setFont(font)
        painter.setPen(self._theme.color(part.ink))
        return QFontMetrics(font)


class ClickableRows(QVBoxLayout):
    """Rows below each other of which one can be chosen; they are used again, never made anew for each refresh.

    Args:
        theme: Their look.
        choose: Called with the place of the row that a person chose, from 0.
        menu: Returns what can be done with the row at a place.
    """

    def __init__(
        self,
        theme: Theme,
        choose: Callable[[int], object],
        menu: Callable[[int], Sequence[MenuItem]],
    ) -> None:
        super().__init__()
        self.setSpacing(0)
        self._theme, self._choose, self._menu = theme, choose, menu
        self.rows: list[ClickableRow] = []

    def show_rows(self, count: int) -> list[ClickableRow]:
        """Show so many rows, and return them."""
        for place in range(len(self.rows), count):
            row = ClickableRow(self._theme)
            row.clicked.connect(lambda *_, place=place: self._choose(place))
            offer_menu(row, partial(self._menu, place), self._theme)
            self.rows.append(row)
            self.addWidget(row)
        for place, row in enumerate(self.rows):
            row.setVisible(place < count)
        return self.rows[:count]
