"""The sheet of shortcuts (``?``): made from the commands, so that it is always right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from inspector.app.commands import WINDOW, Command, CommandTable
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.overlay import Sheet
from inspector.ui.kit.text import PlainLabel, SectionLabel

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

_COLUMNS: Final = 2
#: How many lines the heading of a group takes.
_HEAD: Final = 2

#: What is done → the keys or gestures that do it.
Line = tuple[str, Sequence[str]]
Group = tuple[str, Sequence[Line]]


class _KeyCap(QWidget):
    """A shortcut as a key."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self._theme, self._text = theme, text
        self.setAccessibleName(text)
        metrics = self.fontMetrics()
        self.setFixedSize(max(metrics.horizontalAdvance(text) + 14, 22), metrics.height() + 6)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the key."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.color("line"))
        painter.setBrush(self._theme.color("sunken"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        painter.setPen(self._theme.color("text"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)


def groups(table: CommandTable) -> list[tuple[str, list[Command]]]:
    """Return the commands that have shortcuts, by the menu or the panel where they work, the panels last."""
    groups: dict[str, list[Command]] = {}
    for command in table.by_use():
        if command.shortcuts and command.scope == WINDOW:
            groups.setdefault(command.menu or "Window", []).append(command)
    for command in table:
        if command.shortcuts and command.scope != WINDOW:
            part = f": {command.section}" if command.section else ""
            place = ", ".join(command.scope.split()).replace("-", " ")
            groups.setdefault(f"{place.capitalize()}{part}", []).append(command)
    return list(groups.items())


class ShortcutSheet(Sheet):
    """All shortcuts, grouped.

    Args:
        theme: Its look.
        table: The commands.
        window: The window that it covers.
    """

    def __init__(self, theme: Theme, table: CommandTable, window: QWidget) -> None:
        super().__init__(theme, window, 980)
        self._table = table
        self._gestures: list[Group] = []
        close = IconButton(theme, "close", "Close", on_click=self.close_sheet)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.viewport().setAutoFillBackground(False)
        head = hbox(PlainLabel("Keyboard shortcuts", "title"), 1, close, spacing=-1)
        vbox(head, self._area, owner=self, margins=(20, 14, 14, 16), spacing=10)

    def open_sheet(self) -> None:
        """Make it anew and show it."""
        page = self._page()
        self._area.setWidget(page)
        # Qt lets the widget of a scroll area paint its own ground.
        page.setAutoFillBackground(False)
        super().open_sheet()
        self._area.setFocus()

    def add_gestures(self, title: str, gestures: Sequence[tuple[str, str]]) -> None:
        """Add what the mouse does somewhere: gesture and effect."""
        self._gestures.append((title, [(effect, (gesture,)) for gesture, effect in gestures]))

    def wanted_height(self, _width: int) -> int:
        """Return the height of the page, in pixels."""
        page = self._area.widget()
        return (page.sizeHint().height() if page is not None else 0) + 80

    def _page(self) -> QWidget:
        page = QWidget()
        row = hbox(owner=page, margins=(0, 0, 8, 0), spacing=40)
        keys: list[Group] = [
            (name, [(command.title, [native_shortcut(key) for key in command.shortcuts]) for command in commands])
            for name, commands in groups(self._table)
        ]
        for column in _balanced([*keys, *self._gestures]):
            row.addLayout(vbox(*(self._group(name, lines) for name, lines in column), 1, spacing=16), 1)
        return page

    def _group(self, name: str, lines: Sequence[Line]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        grid.addWidget(SectionLabel(name, wrap=True), 0, 0, 1, 2)
        for number, (title, gestures) in enumerate(lines, start=1):
            grid.addWidget(PlainLabel(title, wrap=True), number, 0)
            keys = hbox(1, *(_KeyCap(self._theme, gesture) for gesture in gestures), spacing=4)
            grid.addLayout(keys, number, 1)
        return box


def _balanced(groups: Sequence[Group]) -> list[list[Group]]:
    """Spread the groups over columns of about equal height; read column by column they keep their order."""
    columns: list[list[Group]] = [[] for _ in range(_COLUMNS)]
    heights = [len(lines) + _HEAD for _, lines in groups]
    share, so_far = sum(heights) / _COLUMNS, 0.0
    for group, height in zip(groups, heights, strict=True):
        # A group stands where its middle is.
        columns[min(int((so_far + height / 2) / share), _COLUMNS - 1)].append(group)
        so_far += height
    return columns
