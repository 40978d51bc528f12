"""Widgets side by side: on further lines where one is not enough, or in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget

from inspector.ui.kit.buttons import Button
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.menus import MenuItem
from inspector.ui.kit.page import SIDE
from inspector.ui.kit.widgets import separator_line

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from inspector.ui.kit.theme import Theme

#: Buttons at the foot of a panel that keep their words at every width.
_KEPT: Final = 2
#: Pixels between them: a panel of the narrowest window has room for two of ours and More.
_GAP: Final = 4


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


class ButtonBar(QWidget):
    """Buttons on one line at the foot of a panel. The first two keep their words, the rest goes into a menu if need be.

    Args:
        theme: Its look.
        buttons: The most wanted first.

    Attributes:
        more: Opens the menu of those for which there is no room.
    """

    def __init__(self, theme: Theme, *buttons: Button) -> None:
        super().__init__()
        self._offered = list(buttons)
        self._order = buttons
        self._fitting = False
        self._folded: list[Button] = []
        self.more = Button(theme, "More")
        self.more.set_menu(self._items)
        for button in buttons[:_KEPT]:
            button.set_elastic()  # where even these have no room their words are cut, not taken away
        hbox(*buttons, self.more, 1, owner=self, spacing=_GAP)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Actions")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold what no longer has room."""
        super().resizeEvent(event)
        self.fit()

    def event(self, event: QEvent) -> bool:
        """Fit again when a button comes, goes, or says something else."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().event(event)

    def fit(self) -> None:
        """Show as many buttons as there is room for."""
        if self._fitting:
            return
        self._fitting = True
        offered = [button for button in self._order if button in self._offered]
        widths = [button.sizeHint().width() + _GAP for button in offered]
        room = self.width() + _GAP
        count = len(offered)
        if sum(widths) > room:
            room -= self.more.sizeHint().width() + _GAP
            # Two keep their words, unless the panel is narrower than any of ours is at first.
            while count > 1 and sum(widths[:count]) > room:
                count -= 1
        folded = offered[count:]
        for button in self._order:
            button.setVisible(button in offered and button not in folded)
        self._folded = folded
        self.more.setVisible(bool(folded))
        self._fitting = False

    def offer(self, button: Button, *, offered: bool) -> None:
        """Offer one of the buttons, here or in the menu, or take it away."""
        if offered != (button in self._offered):
            (self._offered.append if offered else self._offered.remove)(button)
            self.fit()

    def _items(self) -> list[MenuItem]:
        return [
            MenuItem(button.caption(), button.click, icon=button.icon_name, enabled=button.isEnabled())
            for button in self._folded
        ]


def button_bar(theme: Theme, *buttons: Button) -> tuple[QWidget, ButtonBar]:
    """Return the foot of a panel with a line above it, and the bar of buttons in it."""
    foot, bar = QWidget(), ButtonBar(theme, *buttons)
    vbox(separator_line(), vbox(bar, margins=(SIDE, 10, SIDE, 10)), owner=foot)
    return foot, bar


def in_row(*widgets: QWidget, spacing: int = 6, stretch: bool = True) -> QWidget:
    """Put widgets side by side into one."""
    box = QWidget()
    hbox(*widgets, *([1] if stretch else []), owner=box, spacing=spacing)
    return box
