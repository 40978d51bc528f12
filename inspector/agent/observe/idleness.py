"""Whether a task or a thread has something to do, or only waits for work that may come: it is not waited for then."""

from __future__ import annotations

import asyncio
import itertools
import linecache
import queue
import re
import threading
from types import FrameType
from typing import Any, Final

from ..handlers import Handler
from .pools import POOL_WORKER

#: Files of code that waits for work to do, not for work that was given away.
_WAITS_FOR_WORK: Final = frozenset(
    Handler(function).code.co_filename  # type: ignore[union-attr]
    for function in (
        *(asyncio.Queue.get, asyncio.Event.wait, asyncio.StreamReader.read),
        *(queue.Queue.get, threading.Condition.wait, POOL_WORKER or queue.Queue.get),
    )
)
#: Calls that wait for work, in the source of a thread that stands in C code.
_TAKES: Final = re.compile(r"\.(get|recv\w*|accept|poll|select|read\w*|wait)\(")
#: Coroutines that wait for each other, of which we look at no more.
_DEEP: Final = 1000


def task_is_idle(task: asyncio.Future[Any], depth: int = 8) -> bool:
    """Return whether a task only waits for work that may come: on a queue, a lock, an event, a stream.

    One that waits for other tasks is, when they are; a future of somebody's is no task.
    """
    waits_for = getattr(task, "_fut_waiter", None)
    children = getattr(waits_for, "_children", ())  # of gather
    if isinstance(waits_for, asyncio.Task) or children:
        several = [child for child in children if not child.done()] or [waits_for]
        return depth > 0 and all(
            isinstance(child, asyncio.Task) and task_is_idle(child, depth - 1) for child in several
        )
    files = files_of(task)
    return bool(files) and files[-1] in _WAITS_FOR_WORK


def files_of(task: asyncio.Future[Any]) -> list[str]:
    """Return the files of the code in which a task stands, the innermost last."""
    inner: Any = task.get_coro() if isinstance(task, asyncio.Task) else None
    files: list[str] = []
    while inner is not None and len(files) < _DEEP:
        code = getattr(inner, "cr_code", None) or getattr(inner, "gi_code", None) or getattr(inner, "ag_code", None)
        if code is not None:
            files.append(code.co_filename)
        inner = getattr(inner, "cr_await", None) or getattr(inner, "gi_yieldfrom", None)
    return files


def thread_is_idle(frame: FrameType | None) -> bool:
    """Return whether a thread only waits for work that may come, or has not begun."""
    if frame is None or frame.f_code.co_filename in _WAITS_FOR_WORK:
        return True
    place = next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
    if place is None or None in place:
        return False
    first, last, start, end = place
    if first != last:
        return False
    line = linecache.getline(frame.f_code.co_filename, first or 0).encode()  # columns count bytes
    return _TAKES.search(line[start:end].decode(errors="replace")) is not None
