"""Rows that stay where they are while a person aims at them."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from inspector.app.text import format_count
from inspector.ui.kit.text import PlainLabel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractItemView

#: Milliseconds between two looks whether a person still aims.
_EVERY: Final = 150
#: Seconds after a key during which the next one is meant for the rows as they are.
_KEYS: Final = 2.0
#: Seconds after the pointer has moved during which it is on its way to a row; where it is left alone nobody aims.
_STILL: Final = 3.0
#: What a pointer over rows does that aims at one.
_AIMS: Final = (QEvent.Type.Enter, QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)
#: Pixels between the sign and the corner of the rows.
_MARGIN: Final = 8


class Holding(QObject):
    """Knows whether a person aims at rows: with the pointer that moves over them, in their menu, or with keys.

    Args:
        view: The view of the rows.
        clock: Seconds, monotonic.

    Signals:
        begun: A person aims now.
        ended: Nobody does any more.

    Attributes:
        active: Whether a person aims.
        sign: Says in a corner of the rows what waits; clicks go through it.
    """

    begun = Signal()
    ended = Signal()

    def __init__(self, view: QAbstractItemView, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(view)
        self._view, self._clock = view, clock
        self._keys_until = self._pointer_until = 0.0
        self.active = False
        self.sign = PlainLabel(parent=view)
        self.sign.setProperty("frame", "sign")
        self.sign.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.sign.hide()
        self._looking = QTimer(self, interval=_EVERY)
        self._looking.timeout.connect(self._look)
        view.setMouseTracking(True)
        view.installEventFilter(self)
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the pointer and keys."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress and watched is self._view:
            self._keys_until = self._clock() + _KEYS
            self._begin()
        elif kind in _AIMS and watched is not self._view:
            self._pointer_until = self._clock() + _STILL
            self._begin()
        elif kind == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def say(self, waiting: int, *, stale: bool) -> None:
        """Show in the corner that rows wait, or that the order does; nothing where neither does."""
        new = f"{format_count(waiting)} new" if waiting else ""
        self.sign.setText(" · ".join(part for part in ("Sorting paused" if stale else "", new) if part))
        self.sign.setVisible(bool(self.sign.text()))
        self._place()

    def _place(self) -> None:
        self.sign.adjustSize()
        area = self._view.viewport().geometry()
        self.sign.move(area.bottomRight() - QPoint(self.sign.width() + _MARGIN, self.sign.height() + _MARGIN))
        self.sign.raise_()

    def _begin(self) -> None:
        self._looking.start()
        if not self.active:
            self.active = True
            self.begun.emit()

    def _look(self) -> None:
        """Notice that nobody aims any more, however that came: not every end has an event of its own."""
        view, rows = self._view, self._view.viewport()
        over = rows.underMouse() and rows.rect().contains(rows.mapFromGlobal(QCursor.pos()))
        in_menu = any(menu.isVisible() for menu in view.findChildren(QMenu))
        now = self._clock()
        if view.isVisible() and ((over and now < self._pointer_until) or in_menu or now < self._keys_until):
            return
        self._looking.stop()
        self.active = False
        self.ended.emit()
