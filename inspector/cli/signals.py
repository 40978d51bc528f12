"""Requests to end from outside: the work is cancelled, ends properly, and the exit code says which it was."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Final

#: A request to terminate, and a terminal that was closed. Ctrl+C is asyncio's own.
_ENDING: Final = ("SIGTERM", "SIGHUP")


class Signalled(BaseException):
    """A signal asked for the end, and what was under way has been ended properly.

    Args:
        number: The signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Cancel the current task when the process is asked to end.

    Once: whoever closes a terminal may have the system and the shell say so, and the second must not cut short what the
    first has begun. What is ignored from the start (``nohup``) stays so.

    Raises:
        Signalled: It was asked to end, and the task has ended for that.
    """
    import asyncio  # it takes longer than a short command

    task = asyncio.current_task()
    if task is None or sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    caught: list[int] = []

    def asked(number: int) -> None:
        caught.append(number)
        if len(caught) == 1:
            task.cancel()

    numbers = [number for name in _ENDING if signal.getsignal(number := signal.Signals[name]) != signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, asked, number)
    try:
        yield
    except asyncio.CancelledError:
        if caught:
            raise Signalled(caught[0]) from None
        raise
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
