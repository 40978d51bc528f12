"""How long a test waits for what has to happen: as long as the busiest machine takes, and then it says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

#: Seconds after which something that has to happen is taken for not happening. No test is a second slower for it.
PATIENCE: Final = 150.0


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Let the loop run until something is so; for what another thread or process does, or the window later."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"not so after {PATIENCE:.0f} s: {what or condition}"
        await asyncio.sleep(0.005)


def quickest(work: Callable[[], object], tries: int = 5) -> float:
    """Return the seconds of processor time that something takes where other programs disturb it least."""

    def once() -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return min(once() for _ in range(tries))
