"""The task of a handler: there from its first line, made only when it is needed.

A handler runs where its event is published until it has to wait, and most never do. A task costs several times as much
as such a handler; but a handler may ask for ``current_task()``, or use what does (``asyncio.timeout``, task groups,
anyio), and has to find one there that is nobody else's and stays the same to its end. So it finds an object that
becomes a real task as soon as anything is asked of it, or when the handler waits.
"""

from __future__ import annotations

import asyncio
from asyncio import tasks
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from .execution import Execution


_init: Final = asyncio.Task.__init__


class HandlerTask(asyncio.Task[None]):
    """Runs a handler from where it waited first.

    Attributes:
        execution: What it runs, a coroutine.
        context: The context of that.
    """

    __slots__ = ("context", "execution")
    execution: Execution
    context: Context


class UnmadeTask(HandlerTask):
    """Stands for the task of a handler of which nobody has asked anything."""

    __slots__ = ()

    def make(self) -> None:
        """Become the task; its first step comes with the loop's next turn."""
        execution = self.execution
        task: Any = self
        task.__class__ = HandlerTask  # of the same layout
        _init(
            self,
            execution,
            loop=execution.publication.loop,
            name=execution.subscription.name,
            context=self.context,
        )


def _made_first(attribute: Any) -> Any:
    """Return what makes the task, and then does what an attribute of tasks does."""
    if callable(attribute):

        def call(self: UnmadeTask, *args: Any, **kwargs: Any) -> Any:
            if type(self) is UnmadeTask:  # bound before, and called after it was made
                self.make()
            return attribute(self, *args, **kwargs)

        return call

    def get(self: UnmadeTask) -> Any:
        self.make()
        return attribute.__get__(self, type(self))

    def put(self: UnmadeTask, value: Any) -> None:
        self.make()
        attribute.__set__(self, value)

    return property(get, put)


_asked = (name for name in dir(asyncio.Task) if not name.startswith("__"))
# Hashed too: who keeps something under a task, weakly or not, is to find it under that one alone.
for _name in (*_asked, "__await__", "__iter__", "__repr__", "__hash__"):
    setattr(UnmadeTask, _name, _made_first(getattr(asyncio.Task, _name)))

#: Returns one, cheaply: without a word about what it is of.
new_task: Final[Callable[[type[UnmadeTask]], UnmadeTask]] = asyncio.Task.__new__


#: Makes a task the current one of a loop. Python has it from 3.12 on.
enter_task: Final[Callable[[asyncio.AbstractEventLoop, asyncio.Task[Any] | None], Any]] = (
    getattr(tasks, "_swap_current_task", None) or tasks._current_tasks.__setitem__  # type: ignore[attr-defined]  # noqa: SLF001
)


#: Returns the task that is the current one of a loop, None for none.
task_of: Final[Callable[[asyncio.AbstractEventLoop], asyncio.Task[Any] | None]] = (
    asyncio.current_task if hasattr(tasks, "_swap_current_task") else tasks._current_tasks.get  # type: ignore[attr-defined]  # noqa: SLF001
)


def return_to_task(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any] | None) -> None:
    """Make that the current task of a loop which was it before; None for none."""
    if task is None and enter_task is not getattr(tasks, "_swap_current_task", None):
        tasks._current_tasks.pop(loop, None)  # type: ignore[attr-defined]  # noqa: SLF001
    else:
        enter_task(loop, task)


def _count() -> int:
    task = new_task(UnmadeTask)
    return getrefcount(task) + 1


#: What ``getrefcount`` says of the current task while only a variable has it besides: no handler has taken it, and the
#: next may have it.
NOBODYS: Final = _count()
