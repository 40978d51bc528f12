"""The list of notices: everything that was told since the window opened, the newest first."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from inspector.app.text import format_count
from inspector.ui.kit.boxes import IconPicture
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.overlay import Sheet
from inspector.ui.kit.text import PlainLabel, copy_text
from inspector.ui.shell.notices_view import LOOKS

if TYPE_CHECKING:
    from inspector.app.notices import Notice
    from inspector.ui.kit.theme import Theme

#: How many notices are kept.
KEPT: Final = 200
_WIDTH: Final = 640


class PastNotices(Sheet):
    """Lists what was told, whether it was seen or not.

    Args:
        theme: Its look.
        window: The window that it covers.
    """

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(theme, window, _WIDTH)
        self.setAccessibleName("Notices")
        self._told: deque[tuple[str, Notice]] = deque(maxlen=KEPT)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Notices, newest first")
        copy = Button(theme, "Copy all", "copy", kind="flat", on_click=lambda: copy_text(self.as_text(), "notices"))
        clear = Button(theme, "Clear", "trash", kind="flat", on_click=self._clear)
        close = IconButton(theme, "close", "Close", on_click=self.close_sheet)
        head = hbox(PlainLabel("Notices", "title"), 1, copy, clear, close, spacing=4)
        vbox(head, self._area, owner=self, margins=(20, 14, 14, 16), spacing=10)

    def open_sheet(self) -> None:
        """Make the list anew and show it."""
        page = QWidget()
        rows = [self._row(when, notice) for when, notice in reversed(self._told)]
        vbox(*(rows or [PlainLabel("No notices yet.", "dim")]), 1, owner=page, margins=(0, 0, 8, 0), spacing=12)
        self._area.setWidget(page)
        # Qt lets the widget of a scroll area paint its own ground.
        page.setAutoFillBackground(False)
        super().open_sheet()
        self._area.setFocus()

    def as_text(self) -> str:
        """Return everything as text, the newest first."""
        lines = (f"{when} {n.severity}: {n.text} {n.hint}".strip() for when, n in reversed(self._told))
        return "\n".join(lines)

    def texts(self) -> list[str]:
        """Return the notices' texts, the newest first."""
        return [notice.text for _, notice in reversed(self._told)]

    def wanted_height(self, _width: int) -> int:
        """Return the height of the list, in pixels."""
        page = self._area.widget()
        return (page.sizeHint().height() if page is not None else 0) + 90

    def take(self, notice: Notice) -> None:
        """Keep a notice, in the place of what it repeats."""
        others = [(when, other) for when, other in self._told if other.number != notice.number]
        self._told = deque([*others, (time.strftime("%H:%M:%S"), notice)], KEPT)

    def _clear(self) -> None:
        self._told.clear()
        self.close_sheet()

    def _row(self, when: str, notice: Notice) -> QWidget:
        _, _, ink, icon = LOOKS[notice.severity]
        row = QWidget()
        times = f" ({format_count(notice.count)} times)" if notice.count > 1 else ""
        words = vbox(PlainLabel(f"{notice.text}{times}", "strong", wrap=True, selectable=True), spacing=2)
        if notice.hint:
            words.addWidget(PlainLabel(notice.hint, wrap=True, selectable=True))
        picture, clock = IconPicture(self._theme, icon, ink, 16), PlainLabel(when, "dim")
        line = hbox(picture, (words, 1), clock, owner=row, spacing=9)
        for widget in (picture, clock):
            line.setAlignment(widget, Qt.AlignmentFlag.AlignTop)
        row.setAccessibleName(f"{when} {notice.severity}: {notice.text}"[:300])
        return row
