"""All tasks of the live program as text: what each awaits, down to the future, and for which handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from inspector.app.text import format_duration, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.app.workbench import Workbench
    from inspector.core.taskdump import DumpedTask, TaskDump


@runtime_checkable
class TaskHost(Protocol):
    """A host that can be asked for the tasks of its program."""

    async def dump_tasks(self) -> TaskDump:
        """Return what the tasks of the program's loop are doing.

        Raises:
            InspectorError: The program does not run, or its loop does not answer.
        """


def dump_blocked(workbench: Workbench) -> str:
    """Return why the tasks of the live program cannot be looked at; empty when they can."""
    host = workbench.host
    if host is None or not workbench.live:
        return workbench.program_blocked() or "This is a stored session; go back to the live one"
    if not isinstance(host, TaskHost):
        return "Tasks of a watched program cannot be read"
    if host.look_only:
        return host.look_only
    return "" if host.running else "The program has stopped"


def dump_text(dump: TaskDump) -> str:
    """Return the tasks as text, those of handlers first."""
    trouble = [dump.trouble] if dump.trouble else []
    left_out = [f"… {plural(dump.left_out, 'more task')}"] if dump.left_out else []
    return "\n\n".join([*trouble, *(_task_text(task) for task in dump.tasks), *left_out]) or "No tasks."


def execution_text(dump: TaskDump, execution: int) -> str:
    """Return the tasks of one execution (its number) as text; empty where it has none."""
    return "\n\n".join(_task_text(task) for task in dump.tasks if execution and task.execution == execution)


def count_text(tasks: Sequence[DumpedTask]) -> str:
    """Return how many tasks there are, and how many of them run handlers."""
    handlers = sum(bool(task.handler) for task in tasks)
    return f"{plural(len(tasks), 'task')} · {handlers} in handlers"


def _task_text(task: DumpedTask) -> str:
    name = one_line(task.name)
    head = [*([task.process] if task.process else []), name if name.startswith("Task-") else f"Task {name}"]
    if task.handler:
        head.append(f"{task.handler} ({task.event})")
    if task.execution:
        head.append(f"execution {task.execution}")
    if task.age:
        head.append(f"for {format_duration(task.age)}")
    steps = [f"  {step.file}:{step.line} in {one_line(step.function)}" for step in task.steps]
    doing = {"running": "  running", "ready": "  ready to run"}.get(task.waits_for, f"  waits for {task.waits_for}")
    return "\n".join([" · ".join(head), *steps, doing])
