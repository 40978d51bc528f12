"""Gathering what folds bring while more comes than anybody could read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QObject

from inspector.analysis.entries import Change
from inspector.ui.kit.pacing import PacedTimer

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

#: New publications within a pause that are shown at once, and in how many turns; more wait for its end.
FEW: Final = 20
TURNS: Final = 3
#: How long a pause is, ms.
PAUSE: Final = 180
#: A pause is at least so many times as long as what it follows took, up to a second: a busy machine shows less often.
_SHARE: Final = 8
_LONGEST: Final = 1_000


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
        #: Of this pause: how many publications there were when it began, and how often something was shown at once.
        self._before = 0
        self._turns = 0
        #: How long it took last to take changes, ms.
        self._took = 0
        self._later = PacedTimer(self)
        self._later.timeout.connect(self._end_pause)

    def add(self, change: Change, publications: int) -> None:
        """Take note of a change; ``publications`` is how many there are now."""
        if self._waiting is None:
            self._waiting = Change(change.first_execution, change.first_publication)
        self._waiting.add(change)
        if not self._later.isActive():
            self._begin_pause(change.first_publication)
        if publications - self._before <= FEW and self._turns < TURNS:
            self._turns += 1
            self.flush()

    def flush(self) -> None:
        """Hand on what waits."""
        change, self._waiting = self._waiting, None
        if change is not None:
            clock = QElapsedTimer()
            clock.start()
            self._take(change)
            self._took = clock.elapsed()

    def drop(self) -> None:
        """Forget what waits: whoever starts over reads everything there is."""
        self._waiting = None

    def _begin_pause(self, publications: int) -> None:
        self._before, self._turns = publications, 0
        pause = max(self._pause, min(_SHARE * self._took, _LONGEST))
        self._later.start(pause if self._panel.isVisible() else 3 * pause)

    def _end_pause(self) -> None:
        if self._waiting is not None:
            self._begin_pause(self._waiting.first_publication)
            self._turns = TURNS  # the flood may go on
            self.flush()
