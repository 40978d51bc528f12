"""Widgets side by side: on further lines where one is not enough, or in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget

from inspector.ui.kit.buttons import Button
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.page import SIDE
from inspector.ui.kit.widgets import separator_line

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

#: Most lines of buttons at the foot of a panel.
_LINES: Final = 2


class FlowLayout(QLayout):
    """Widgets side by side, on further lines where one is not enough."""

    def __init__(self, spacing: int = 6) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Put an item at the end."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take an item out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        """Return True: the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the lines need, in pixels."""
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        """Return the width of all items on one line."""
        hints = [item.sizeHint() for item in self._items]
        width = sum(hint.width() for hint in hints) + self.spacing() * max(len(hints) - 1, 0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        """Return the width of the widest item."""
        sizes = [item.minimumSize() for item in self._items]
        return QSize(
            max((size.width() for size in sizes), default=0), max((size.height() for size in sizes), default=0)
        )

    def _place(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.left(), rect.top(), 0
        for item in self._items:
            widget = item.widget()
            if widget is not None and widget.isHidden():
                continue
            hint = item.sizeHint()
            if x > rect.left() and x + hint.width() > rect.right() + 1:
                x, y, line = rect.left(), y + line + self.spacing(), 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), QSize(min(hint.width(), rect.width()), hint.height())))
            x += hint.width() + self.spacing()
            line = max(line, hint.height())
        return y + line - rect.top()


class FlowBox(QWidget):
    """A widget whose content flows."""

    def __init__(self, spacing: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.flow = FlowLayout(spacing)
        self.setLayout(self.flow)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def add(self, widget: QWidget) -> None:
        """Put a widget at the end."""
        self.flow.addWidget(widget)


class _Buttons(FlowBox):
    """Buttons that fit into two lines: if need be all but the first show their icons alone."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # one came or went, or says something else
            self.fit()
        return super().event(event)

    def fit(self) -> None:
        """Show texts where there is room for them."""
        buttons = [button for button in self.findChildren(Button) if not button.isHidden()]
        lines, x = 1, 0
        for button in buttons:
            wide = button.whole_width()
            if x and x + wide > self.width():
                lines, x = lines + 1, 0
            x += wide + self.flow.spacing()
        for button in buttons[1:]:
            button.set_compact(lines > _LINES)


def button_bar(*buttons: Button) -> QWidget:
    """Return the bar of buttons at the foot of a panel."""
    bar = QWidget()
    box = _Buttons()
    box.setContentsMargins(0, 0, 0, 0)
    for button in buttons:
        box.add(button)
    vbox(separator_line(), vbox(box, margins=(SIDE, 10, SIDE, 10)), owner=bar)
    return bar


def in_row(*widgets: QWidget, spacing: int = 6, stretch: bool = True) -> QWidget:
    """Put widgets side by side into one."""
    box = QWidget()
    hbox(*widgets, *([1] if stretch else []), owner=box, spacing=spacing)
    return box
