"""What the tasks of a program's loop are doing: plain data, which travels from the program to whoever asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TaskStep:
    """A coroutine of a chain, and the line at which it awaits the next.

    Attributes:
        file: Path of its source.
        line: 1-based line.
        function: Its name.
        own: The file is the program's, neither a library's nor Python's.
    """

    file: str
    line: int
    function: str
    own: bool


@dataclass(frozen=True)
class DumpedTask:
    """A task.

    Attributes:
        name: Its name.
        waits_for: What the last of its steps waits for: ``Future``, ``gather of 3``, …; ``running`` for the one
            in which this is asked, ``ready`` for one whose turn comes next.
        steps: From its coroutine down, each awaiting the next.
        handler: Label of the handler that it runs, or in which it was started; empty for none.
        event: Type of the event that the handler has.
        execution: Number of the execution; 0 for none, and for one that is not recorded.
        age: Nanoseconds since the handler was called; 0 where there is none.
        process: What the process is called, of several: ``server 48231``.
    """

    name: str
    waits_for: str
    steps: tuple[TaskStep, ...] = ()
    handler: str = ""
    event: str = ""
    execution: int = 0
    age: int = 0
    process: str = ""


@dataclass(frozen=True)
class TaskDump:
    """The tasks of a loop, those of handlers first.

    Attributes:
        tasks: The tasks.
        left_out: How many more there were than are told.
        trouble: Why there are none, or not those of every process; empty when all could be looked at.
    """

    tasks: tuple[DumpedTask, ...] = ()
    left_out: int = 0
    trouble: str = ""
