"""Turns of threads: while one of ours keeps the interpreter busy beside another, they are shorter than usual."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Seconds between two offers of the interpreter to another thread. With the usual 5 ms a handler that computes for a
#: second costs the window gaps of 190 ms, with this 25 ms; and each statement of the thread that stores waits so long
#: for its turn.
SWITCH_INTERVAL: Final = 0.0005

_lock: Final = threading.Lock()
#: The usual interval, once for each ``short_turns`` that is under way.
_usual: Final[list[float]] = []


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take short turns meanwhile; what is usual comes back with the end of the last."""
    with _lock:
        _usual.append(_usual[0] if _usual else sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        yield
    finally:
        with _lock:
            usual = _usual.pop()
            if not _usual:
                sys.setswitchinterval(usual)
