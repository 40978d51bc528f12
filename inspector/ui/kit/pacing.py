"""Refreshing one thing a frame: panels that are painted anew together would keep the window from painting in time."""

from __future__ import annotations

from math import ceil
from time import monotonic
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

#: Seconds between two refreshes, whoever they are of: a frame of a screen, and time to paint what was refreshed.
FRAME: Final = 0.02


class _Frames:
    """Hands frames out, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._free = 0.0

    def take(self) -> int:
        """Return in how many ms the next frame is that is nobody's, and make it somebody's."""
        now = monotonic()
        begin = max(now, self._free)
        self._free = begin + FRAME
        return ceil(1e3 * (begin - now))


_FRAMES: Final = _Frames()


class PacedTimer(QObject):
    """A timer whose time is never that of another one of its kind: when it is due it waits for a frame of its own.

    Args:
        parent: The owner.
        interval: How long it takes until it is due, ms.
        single_shot: Whether it is due once, or until it is stopped.

    Signals:
        timeout: It is due, and has a frame.
    """

    timeout = Signal()

    def __init__(self, parent: QObject, interval: int = 0, *, single_shot: bool = True) -> None:
        super().__init__(parent)
        self._again = not single_shot
        self._due = QTimer(self, interval=interval, singleShot=True)
        self._due.timeout.connect(self._ask)
        self._frame = QTimer(self, singleShot=True)
        self._frame.timeout.connect(self._emit)

    def start(self, interval: int | None = None) -> None:
        """Begin anew; the interval, ms, is another one from now on."""
        self._frame.stop()
        if interval is None:
            self._due.start()
        else:
            self._due.start(interval)

    def stop(self) -> None:
        """Be due no more."""
        self._due.stop()
        self._frame.stop()

    def isActive(self) -> bool:
        """Return whether it will be due."""
        return self._due.isActive() or self._frame.isActive()

    def _ask(self) -> None:
        wait = _FRAMES.take()
        if wait > 0:
            self._frame.start(wait)
        else:
            self._emit()

    def _emit(self) -> None:
        if self._again:
            self._due.start()
        self.timeout.emit()
