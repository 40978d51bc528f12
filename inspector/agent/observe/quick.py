"""What is called when code begins and returns: above all for a handler whose turn it is.

A program pays for these steps whenever a handler runs, and for nothing else so often. Each name from around a function
takes time whenever that is called, so there are as few as can be; whatever is not a handler of which nothing but the
times is wanted goes on at length.
"""

from __future__ import annotations

import sys
from builtins import Exception  # noqa: A004 - as in ``monitor``
from collections.abc import Callable
from time import perf_counter_ns
from types import CodeType
from typing import Any

from ...core.bus.context import CURRENT, PUBLISHING
from ..tap.moments import APART


def quick_start(started: Callable[..., Any], fail: Callable[[BaseException], None]) -> Callable[..., Any]:
    """Return what is called when code begins.

    Args:
        started: Called with the code of whatever else begins.
        fail: Called with an error of ours.
    """
    publishing, running, run, clock = PUBLISHING.get, CURRENT.get, CURRENT.set, perf_counter_ns
    caller = sys._getframemodulename  # type: ignore[attr-defined]  # noqa: SLF001 - from 3.12 on

    def start(code: CodeType, _offset: int) -> Any:
        try:
            publication = publishing()
            if publication is not None:
                execution = publication.due
                if execution.begins is code:
                    quick = publication.quick
                    if quick and quick is caller(2):
                        publication.due = execution.following
                        execution.started = clock()
                        run(execution)
                        if publication.tell is not None:  # since just now, by another thread
                            publication.tell(execution)
                        return None
                    if publication.trusted and running() is publication.cause:
                        publication.due = execution.following
                        execution.started = now = clock()
                        run(execution)
                        if quick:  # not as its calls were made before
                            publication.quick = ""
                        marks = publication.marks
                        if marks is not None:
                            marks[execution.place] = now
                        elif publication.tell is not None:
                            publication.tell(execution)
                        return None
        except Exception as error:  # noqa: BLE001 - the observed never pays
            return fail(error)
        return started(code)

    return start


def quick_end(returned: Callable[..., Any], fail: Callable[[BaseException], None]) -> Callable[..., Any]:
    """Return what is called when code returns.

    Args:
        returned: Called with the code, the running execution and the value where anything else returns.
        fail: As in ``quick_start``.
    """
    running, run, clock, apart = CURRENT.get, CURRENT.set, perf_counter_ns, APART

    def end(code: CodeType, _offset: int, value: Any) -> Any:
        try:
            execution: Any = running()
            if execution is not None and execution.code is code and value is None and not execution.ended:
                publication = execution.publication
                if publication.quick is apart:
                    execution.ended = clock()
                else:
                    run(publication.cause)
                    execution.ended = now = clock()
                    marks = publication.marks
                    if marks is not None:
                        marks[execution.place + 1] = now
                        return None
                if publication.tell is not None:  # as above
                    publication.tell(execution)
                return None
        except Exception as error:  # noqa: BLE001 - the observed never pays
            return fail(error)
        return returned(code, execution, value)

    return end
