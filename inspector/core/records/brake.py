"""The brake: a program whose records come faster than they can be stored is slowed down, and that is recorded.

What is not stored yet is lost when the process is killed, so it must be little: a tenth of a second. The brake holds
the thread of the bus, and only there where an event is published. It is let go when storing is in trouble: a program
never waits for a disk that is full.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

#: Stands for the seq of the newest stored record while nothing is stored: then the brake never holds.
NOT_STORED: Final = -1
#: Records that may always wait; nanoseconds between two looks.
FEW: Final = 1_000
LOOK_EVERY: Final = 1_000_000
#: Nanoseconds by which the store is behind when the brake begins to slow the program, and when it stops it. From there
#: to a tenth of a second is what a busy machine may take the processor away for, before the program is held.
SLOW_FROM: Final = 45_000_000
STOP_FROM: Final = 70_000_000
#: Seconds for which it holds just before it stops, and nanoseconds until it holds again. Both are short: a program that
#: is slowed down to a third is to notice that in a thousand short holds, and not in a few long ones.
SLOWEST: Final = 0.0005
HOLD_EVERY: Final = 250_000
#: Seconds for which it stops at most.
LONGEST: Final = 0.5
#: Nanoseconds held from which it is told, and without holding after which it is over.
WORTH_TELLING: Final = 5_000_000
OVER_AFTER: Final = 2_000_000_000


class Brake:
    """Holds who publishes for as long as too much waits to be stored.

    Args:
        now: Returns the nanoseconds since the session began.
        last: Returns the seq of the newest record.
        sleep: Holds the thread for seconds.

    Attributes:
        next_look: Time from which ``look`` is to be called.
        holding: The thread of the bus stands still because of it.
    """

    __slots__ = (
        "_few_at",
        "_given_up",
        "_held",
        "_held_at",
        "_last",
        "_now",
        "_sleep",
        "_stored",
        "holding",
        "next_look",
    )

    def __init__(
        self, now: Callable[[], int], last: Callable[[], int], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.next_look = 0
        self.holding = False
        self._now = now
        self._last = last
        self._sleep = sleep
        #: Seq and time of the newest record that is stored; one tuple, because another thread sets it.
        self._stored = NOT_STORED, 0
        #: When few records waited last.
        self._few_at = 0
        #: Nanoseconds held in this stretch, and when it was held last.
        self._held = self._held_at = 0
        self._given_up = False

    def set_stored(self, seq: int, at: int) -> None:
        """Take notice of what is stored; on any thread.

        Args:
            seq: Seq of the newest record that is stored, or ``NOT_STORED``.
            at: Its time.
        """
        self._stored = seq, at

    def look(self, at: int) -> bool:
        """Hold if need be; return whether it is to be told now that the program is slowed down.

        Args:
            at: Nanoseconds since the session began.
        """
        behind = self._behind(at)
        if behind < SLOW_FROM:
            self._given_up = False
            self.next_look = at + LOOK_EVERY
            return False
        self.holding = not self._given_up
        end = self._hold(at, behind) if self.holding else at
        self.holding = False
        self.next_look = end + HOLD_EVERY
        before = self._held if at - self._held_at < OVER_AFTER else 0
        self._held, self._held_at = before + end - at, end
        return before < WORTH_TELLING <= self._held

    def _hold(self, at: int, behind: int) -> int:
        """Hold; return what time it is then."""
        if behind < STOP_FROM:
            self._sleep(SLOWEST * (behind - SLOW_FROM) / (STOP_FROM - SLOW_FROM))
            return self._now()
        now = at
        while self._behind(now) >= STOP_FROM:
            if now - at > LONGEST * 1e9:
                self._given_up = True  # until it has caught up: better to lose more than to stop a program for long
                break
            self._sleep(0.001)
            now = self._now()
        return now

    def _behind(self, at: int) -> int:
        """Return how old the oldest record is that waits, about; 0 when few do."""
        seq, stored_at = self._stored
        if seq == NOT_STORED or self._last() - seq <= FEW:
            self._few_at = at
            return 0
        return at - max(stored_at, self._few_at)
