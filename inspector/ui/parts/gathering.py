"""Gathering what folds bring while more comes than anybody could read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from inspector.analysis.entries import Change

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

#: New publications of one fold that are shown at once; more wait for those that come meanwhile.
FEW: Final = 20
#: How long they wait, ms.
PAUSE: Final = 180


class Gathering(QObject):
    """Hands changes on at once, or in a flood a few times a second, all that came as one.

    Args:
        parent: The owner.
        take: Takes a change.
        pause: How long changes wait in a flood, ms; another one for each panel, so that they do not come together.
    """

    def __init__(self, parent: QWidget, take: Callable[[Change], None], pause: int = PAUSE) -> None:
        super().__init__(parent)
        self._take = take
        self._panel, self._pause = parent, pause
        self._waiting: Change | None = None
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self.flush)

    def add(self, change: Change, publications: int) -> None:
        """Take note of a change; ``publications`` is how many there are now."""
        if self._waiting is None:
            self._waiting = Change(change.first_execution, change.first_publication)
        self._waiting.add(change)
        if publications - change.first_publication <= FEW and not self._later.isActive():
            self.flush()
        elif not self._later.isActive():
            self._later.start(self._pause if self._panel.isVisible() else 3 * self._pause)

    def flush(self) -> None:
        """Hand on what waits."""
        change, self._waiting = self._waiting, None
        if change is not None:
            self._take(change)

    def drop(self) -> None:
        """Forget what waits: whoever starts over reads everything there is."""
        self._waiting = None
