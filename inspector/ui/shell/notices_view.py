"""Notices as cards at the lower right of the middle: they stack, can be dismissed, and never take the focus.

What merely says that something went as it should stands in the status bar for a while, where it covers nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from inspector.app.text import format_count, plural
from inspector.ui.kit.boxes import Box, IconPicture
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.text import PlainLabel
from inspector.ui.kit.widgets import Badge

if TYPE_CHECKING:
    from PySide6.QtGui import QEnterEvent

    from inspector.app.notices import Notice, Notices
    from inspector.ui.kit.theme import Theme

#: Ground, outline, ink and icon by severity.
LOOKS: Final = {
    "info": ("raised", "line", "accent_text", "info"),
    "warning": ("warn_back", "warn_line", "warn_text", "warning"),
    "error": ("error_back", "error_line", "failed_text", "failure"),
    "bug": ("error_back", "error_line", "failed_text", "bug"),
}
#: For how long a card stays by itself, milliseconds; warnings and errors stay until they are dismissed.
_STAYS: Final = {"info": 12_000}
_VISIBLE: Final = 4
_WIDTH: Final = 400
_MARGIN: Final = 14
_FLUSH: Final = 500


class _Card(Box):
    """One notice."""

    dismissed = Signal(int)

    def __init__(self, theme: Theme, notice: Notice, parent: QWidget) -> None:
        back, line, ink, icon = LOOKS[notice.severity]
        super().__init__(theme, back, line, parent)
        self.number = notice.number
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._dismiss)
        self._stays = _STAYS.get(notice.severity, 0)
        self._count = Badge(theme, "", "dim")
        text = PlainLabel(notice.text, "strong", wrap=True, selectable=True)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        close = IconButton(theme, "close", "Dismiss", on_click=self._dismiss)
        top = QHBoxLayout()
        top.setSpacing(9)
        start = Qt.AlignmentFlag.AlignTop
        top.addWidget(IconPicture(theme, icon, ink, 18), 0, start)
        top.addWidget(text, 1)
        top.addWidget(self._count, 0, start)
        top.addWidget(close, 0, start)
        column = vbox(top, owner=self, margins=(12, 9, 8, 10), spacing=4)
        self._add_more(theme, column, notice)
        self.setAccessibleName(f"{notice.severity}: {notice.text}"[:300])
        self.update_count(notice.count)

    def _add_more(self, theme: Theme, column: QVBoxLayout, notice: Notice) -> None:
        if notice.hint:
            # The hint stands on the card's own ground: the dim tone is made for the darker surfaces.
            hint = PlainLabel(notice.hint, wrap=True, selectable=True)
            hint.setContentsMargins(27, 0, 6, 0)
            column.addWidget(hint)
        if not notice.actions:
            return
        buttons = [Button(theme, action.label) for action in notice.actions]
        for button, action in zip(buttons, notice.actions, strict=True):
            button.clicked.connect(lambda *_, run=action.run: self._act(run))
        column.addLayout(hbox(*buttons, 1, margins=(27, 4, 0, 0), spacing=-1))

    def update_count(self, count: int) -> None:
        """Show how often it has happened; that starts its time anew."""
        self._count.set(f"{format_count(count)} times" if count > 1 else "")
        if self._stays:
            self._timer.start(self._stays)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Keep what is being read."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Let its time go on."""
        if self._stays:
            self._timer.start(self._stays)
        super().leaveEvent(event)

    def _act(self, run: Callable[[], object]) -> None:
        self._dismiss()
        run()

    def _dismiss(self) -> None:
        self._timer.stop()
        self.dismissed.emit(self.number)


class NoticesView(QWidget):
    """Shows the notices of a hub over its window.

    Args:
        theme: Its look.
        notices: The hub; what waited there is shown at once.
        window: The window.
        brief: Shows a text for a while where it covers nothing.
        keep: Takes every notice, for the list of past ones.
    """

    _arrived = Signal(object)

    def __init__(
        self,
        theme: Theme,
        notices: Notices,
        window: QWidget,
        brief: Callable[[str], object],
        keep: Callable[[Notice], object],
    ) -> None:
        super().__init__(window)
        self._theme, self._notices, self._window = theme, notices, window
        self._brief, self._keep = brief, keep
        self._cards: dict[int, _Card] = {}
        self._bottom = self._right = 0
        self._column = vbox(owner=self, spacing=8)
        self._more = Button(theme, "", "", "", "flat", on_click=self.dismiss_all)
        self._more.hide()
        self._column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignRight)
        self._flush = QTimer(self)
        self._flush.timeout.connect(self._flush_held)
        self.hide()
        # A notice may come from any thread: the signal brings it into ours.
        self._arrived.connect(self._show, Qt.ConnectionType.AutoConnection)
        self._remove = notices.attach(self._arrived.emit)
        self._flush.start(_FLUSH)

    def shown(self) -> list[int]:
        """Return the numbers of the notices that have a card, oldest first."""
        return list(self._cards)

    def set_room(self, bottom: int, right: int) -> None:
        """Keep this much free at the bottom and at the right, where there is room for a card beside it."""
        self._bottom, self._right = bottom, right
        self.place()

    def release(self) -> None:
        """Stop listening."""
        self._remove()
        self._flush.stop()

    def dismiss_all(self) -> None:
        """Take every card away."""
        for number in list(self._cards):
            self._drop(number)

    def _flush_held(self) -> None:
        if self._notices.held_back:
            self._notices.flush()

    def _show(self, notice: Notice) -> None:
        self._keep(notice)
        if notice.severity == "info" and not notice.actions:
            self._brief(" ".join(filter(None, (notice.text, notice.hint))))
            return
        card = self._cards.get(notice.number)
        if card is not None:
            card.update_count(notice.count)
            return
        card = _Card(self._theme, notice, self)
        card.update_count(notice.count)
        card.dismissed.connect(self._drop)
        self._cards[notice.number] = card
        self._column.addWidget(card)
        self._arrange()

    def _drop(self, number: int) -> None:
        card = self._cards.pop(number, None)
        if card is not None:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
            self._arrange()

    def _arrange(self) -> None:
        """Show the newest; the others wait behind a line that counts them."""
        cards = list(self._cards.values())
        hidden = max(0, len(cards) - _VISIBLE)
        for index, card in enumerate(cards):
            card.setVisible(index >= hidden)
        self._more.setVisible(bool(cards) and hidden > 0)
        self._more.set_text(f"{plural(hidden, 'more notice')} · Dismiss all")
        self.place()

    def place(self) -> None:
        """Take the place in the window that is free for cards, as it is now."""
        if not self._cards:
            self.hide()
            return
        room = self._window.rect()
        width = min(_WIDTH, room.width() - 2 * _MARGIN)
        right = self._right if room.width() - self._right >= width + 2 * _MARGIN else 0
        self._column.activate()
        height = min(self._column.heightForWidth(width), room.height() - self._bottom - 2 * _MARGIN)
        top = room.height() - self._bottom - _MARGIN - height
        self.setGeometry(room.width() - right - width - _MARGIN, top, width, height)
        self.show()
        self.raise_()
