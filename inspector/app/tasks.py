"""The owner of asynchronous work: every task has a name, is kept until it ends, and its failure is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from inspector.app.notices import Notices

T = TypeVar("T")


class TaskOwner:
    """Starts, keeps and ends tasks. The only place that calls ``create_task``.

    Args:
        notices: Where failures are told.
    """

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, T], *, report: bool = True) -> asyncio.Task[T]:
        """Run ``work`` on the running loop.

        Args:
            name: What it does, for people: ``Exporting``. It begins the sentence when it fails.
            work: The coroutine.
            report: Tell when it fails; False when whoever awaits the task does that.

        Raises:
            RuntimeError: No loop is running in this thread.
        """
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            work.close()
            raise
        task = loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended if report else self._tasks.discard)
        return task

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tasks under way, sorted."""
        return tuple(sorted(task.get_name() for task in self._tasks))

    def running(self, name: str) -> bool:
        """Return whether a task of this name is under way."""
        return any(task.get_name() == name for task in self._tasks)

    async def cancel_all(self) -> None:
        """Cancel all tasks but the caller's own and wait for their end, those they start meanwhile included."""
        import asyncio

        current = asyncio.current_task()
        while others := [task for task in self._tasks if task is not current]:
            for task in others:
                task.cancel()
            await asyncio.wait(others)
            # The done callbacks, which report and forget, run one step later.
            await asyncio.sleep(0)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._notices.report(error, task.get_name())
