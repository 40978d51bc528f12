"""Room on the stack: a program that recurses is about to fail, and what it does then is still to be told."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Container
from typing import Any, Final

#: Calls that there has to be room for on the stack where something is noted, and more of them.
_ROOM: Final = 200
_DEEP: Final = 300


def is_deep(limit: int) -> bool:
    """Return whether the stack of this thread is nearly as deep as a limit."""
    try:
        sys._getframe(max(limit - _DEEP, 1))  # noqa: SLF001 - there is no other way
    except ValueError:
        return False
    return True


class Room:
    """Provide callbacks with room that the program does not have, while the stack of a thread is nearly full.

    Args:
        enough: Called on that thread when its stack is no longer so.

    Attributes:
        needed: It is nearly full.
        missed: How many calls were not told: they have taken the last room that there was.
    """

    def __init__(self, enough: Callable[[], None]) -> None:
        self.needed = False
        self.missed = 0
        self._enough = enough
        self._lock = threading.RLock()
        self._thread = 0
        #: What the program's limit of recursion is while there is more; and who needs more at this moment.
        self._limit = self._users = 0

    def need(self) -> None:
        """Take note that the stack of this thread is nearly full."""
        self.needed, self._thread = True, threading.get_ident()

    def forked(self) -> None:
        """Release our lock in a child of the process: a thread that is not there may have held it."""
        self._lock._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001 - as the standard library does

    def around(self, callback: Callable[..., Any], begins: Container[int] = ()) -> Callable[..., Any]:
        """Return a callback that has more room.

        Args:
            callback: It.
            begins: Where it is told that code begins: ids of the code whose calls are counted where there is no room.
        """
        limit_of, set_limit, deep = sys.getrecursionlimit, sys.setrecursionlimit, is_deep
        key_of = id
        lock, thread = self._lock, threading.get_ident

        def call(*facts: Any, **options: Any) -> Any:
            with lock:
                if not self._users:
                    self._limit = limit_of()
                    try:
                        set_limit(self._limit)
                    except RecursionError:  # there is no frame left, and it could not be set back
                        if key_of(facts[0]) in begins:
                            self.missed += 1
                        return None
                    set_limit(self._limit + _ROOM)
                self._users += 1
            try:
                result = callback(*facts, **options)
                if self.needed and thread() == self._thread and not deep(self._limit):
                    self._enough()
                return result
            finally:
                with lock:
                    self._users -= 1
                    if not self._users:
                        set_limit(self._limit)

        return call
