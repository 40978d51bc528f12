"""Where an execution waits: which coroutine awaits which, down to the future that does not come."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..bus.execution import Execution

#: What a coroutine, a generator and an asynchronous generator call their frame, and what they delegate to.
_STEPS: Final = (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await"))
#: Code that runs a coroutine without awaiting it, by the name of the variable that holds it.
STAND_INS: Final[dict[CodeType, str]] = {}
#: Steps of a chain that are followed: tasks may wait for each other in a circle.
_MOST: Final = 200
#: Tasks that are looked at in a second for whose coroutine has a frame.
_MOST_TASKS: Final = 10_000
_SECOND: Final = 1_000_000_000


class _Looked:
    """How many tasks were looked at lately: thousands of executions may be given up at once, in as many tasks."""

    __slots__ = ("since", "tasks")

    def __init__(self) -> None:
        self.since = self.tasks = 0

    def may_look(self) -> bool:
        """Return whether more of them may be looked at in this second; even to count them takes a while."""
        now = monotonic_ns()
        if now - self.since > _SECOND:
            self.since, self.tasks = now, 0
        return self.tasks < _MOST_TASKS


_LOOKED: Final = _Looked()


def find_waiting(frame: FrameType) -> tuple[Any, Any]:
    """Return the coroutine with this frame, and the task of this loop in which it waits; None where none is found.

    Nor where too many tasks would have to be looked at: where an execution waits is no more than a help.
    """
    if not _LOOKED.may_look():
        return None, None
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:  # no loop runs here
        return None, None
    _LOOKED.tasks += len(tasks)
    if len(tasks) > _MOST_TASKS:
        return None, None
    for task in tasks:
        subject: Any = task.get_coro()
        for _ in range(_MOST):
            names = next((names for names in _STEPS if hasattr(subject, names[0])), None)
            if names is None:
                break
            if getattr(subject, names[0]) is frame:
                return subject, task
            subject = getattr(subject, names[1])
    return None, None


def await_chain(execution: Execution) -> list[tuple[FrameType, int]]:
    """Return where an execution waits now: frames with their lines, the handler's first.

    Through coroutines, generators, tasks and the last one of a ``gather``, as far as they can be seen: who sets a plain
    future cannot be.
    """
    return chain_of(*execution.waits())[0]


def chain_of(subject: Any, task: Any) -> tuple[list[tuple[FrameType, int]], Any]:
    """Return where a coroutine waits, as ``await_chain``, and the future that the last of its steps waits for.

    Args:
        subject: The coroutine.
        task: The task in which it runs.
    """
    steps: list[tuple[FrameType, int]] = []
    future: Any = None
    for _ in range(_MOST):
        names = next((names for names in _STEPS if hasattr(subject, names[0])), None)
        if names is not None:
            frame = getattr(subject, names[0])
            if frame is None:  # it has ended
                break
            steps.append((frame, frame.f_lineno))
            subject = getattr(subject, names[1])
            if frame.f_code in STAND_INS:
                held = frame.f_locals.get(STAND_INS[frame.f_code])
                steps += chain_of(held, None)[0] if held is not subject else ()
            continue
        # What a task waits for its coroutines do not say, but it does itself.
        future = getattr(task, "_fut_waiter", None)
        pending = [child for child in getattr(future, "_children", ()) if not child.done()]
        task = pending[0] if len(pending) == 1 else future
        if not isinstance(task, asyncio.Task):
            break
        subject = task.get_coro()
    return steps, future
