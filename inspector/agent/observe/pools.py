"""The thread pools of the standard library, whose module cannot be loaded any more while a process ends."""

from __future__ import annotations

from typing import Any, Final

try:
    from concurrent.futures import thread
except RuntimeError:  # threads are not started any more, and it wants to be told of that moment
    thread = None  # type: ignore[assignment]

#: What runs in each thread of a pool, and the class of what is handed to it; None where there is none.
POOL_WORKER: Final[Any] = getattr(thread, "_worker", None)
WORK_ITEM: Final[Any] = getattr(thread, "_WorkItem", None)
