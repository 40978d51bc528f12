"""Looking at all tasks of the loop that runs here: what each awaits, down to the future, and for which handler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, Final

from ..core.bus.context import CURRENT
from ..core.bus.execution import Execution
from ..core.own_code import is_agent, is_ours, is_own_file
from ..core.records.awaiting import chain_of
from ..core.taskdump import DumpedTask, TaskDump, TaskStep

#: Bounds of a dump: tasks, steps of a chain, characters of a name.
_TASKS: Final = 500
_STEPS: Final = 60
_NAME: Final = 200


def dump_tasks(redact: Callable[[str], str]) -> TaskDump:
    """Return what the tasks of the loop that runs here are doing; ours are left out, and nothing of theirs is called.

    Args:
        redact: Hides secrets in names that the program has given.
    """
    now, current = perf_counter_ns(), asyncio.current_task()
    dumped = []
    tasks = asyncio.all_tasks()
    for task in tasks:
        execution = _execution_of(task)
        frames, future = chain_of(task.get_coro(), task)
        files = [frame.f_code.co_filename for frame, _ in frames]
        if execution is None and any(map(is_ours, files)) and not any(map(is_own_file, files)):
            continue  # one of ours
        steps = [
            TaskStep(
                frame.f_code.co_filename,
                line,
                getattr(frame.f_code, "co_qualname", frame.f_code.co_name),
                is_own_file(frame.f_code.co_filename),
            )
            for frame, line in frames
            if not is_agent(frame.f_code.co_filename)
        ]
        dumped.append(
            DumpedTask(
                redact(str.__str__(task.get_name()))[:_NAME],
                "running" if task is current else _awaited(future),
                tuple(steps[:_STEPS]),
                *_handler_of(execution, now),
            )
        )
    dumped.sort(key=lambda dump: (not dump.handler, dump.execution, dump.name))
    return TaskDump(tuple(dumped[:_TASKS]), max(0, len(dumped) - _TASKS))


def _execution_of(task: asyncio.Task[Any]) -> Execution | None:
    """Return the execution that a task runs, or in which it was started: the latter only Python 3.12+ can tell."""
    coroutine = task.get_coro()
    if isinstance(coroutine, Execution):
        return coroutine
    context = getattr(task, "get_context", None)
    execution = context().get(CURRENT) if context is not None else None
    return execution if isinstance(execution, Execution) else None


def _handler_of(execution: Execution | None, now: int) -> tuple[str, str, int, int]:
    """Return label of the handler, type of the event, number and age of an execution."""
    if execution is None:
        return "", "", 0, 0
    event = type(execution.publication.event).__name__
    age = max(0, now - execution.started) if execution.started else 0
    return execution.subscription.description.label, event[:_NAME], execution.tag, age


def _awaited(future: Any) -> str:
    """Return what the last step of a chain waits for."""
    children = getattr(future, "_children", None)
    if type(children) is list:
        return f"gather of {len(children)}"
    return "ready" if future is None else type(future).__name__[:_NAME]
