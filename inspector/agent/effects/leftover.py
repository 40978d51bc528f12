"""Tasks that go on when the handler that made them has ended, and what they raise when nobody looks. Python 3.12+.

Nothing is replaced: the code of the event loop that makes tasks is watched, and its way to say that an exception was
never retrieved. A task is a handler's if its own code, or asyncio on its behalf, makes it; what a bus makes while it
publishes is its business, and what a library makes its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.context import CURRENT
from ...core.own_code import is_own_file
from ...core.records.records import LATE
from ..handlers import Handler
from ..observe.monitor import MONITOR, Open, Watcher
from ..tap.moments import PUBLISHING
from .handled import ends_of

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.records.recorder import Recorder

#: Tasks of one execution that are remembered, and frames that are looked at for who makes one.
_MOST: Final = 64
_DEEP: Final = 8
#: How asyncio words that nobody has asked for an exception.
_UNSEEN: Final = "never retrieved"


class _Tasks:
    """The tasks that one execution has made; asked when it ends."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.made: list[tuple[asyncio.Task[Any], str, int]] = []

    def __call__(self, execution: Execution) -> None:
        """Note the tasks that go on."""
        tasks, self.made = self.made, []
        for task, file, line in tasks:
            if not task.done() and not task.cancelling():
                data = {"how": "running", "file": file, "line": line}
                text = f"task {_name(task)} went on after the handler ended"
                self._recorder.note_in(execution, LATE, "warning", text, data)


class _Making(Watcher):
    """Watches the making of tasks."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def started(self, frame: FrameType) -> None:
        """Remember the task that is made, if it is a handler's."""
        execution = CURRENT.get()
        if execution is None or not execution.tag or execution.ended:
            return
        publication = PUBLISHING.get()
        if publication is not None and publication.cause is execution and publication.under_way:
            return
        maker = _maker(frame)
        if maker is None:
            return
        ends = ends_of(execution)
        tasks = next((end for end in ends if isinstance(end, _Tasks)), None)
        if tasks is None:
            tasks = _Tasks(self._recorder)
            ends.append(tasks)
        if len(tasks.made) < _MOST:
            MONITOR.open(frame, _Made(tasks, maker))


class _Made(Open):
    """A task that is being made."""

    def __init__(self, tasks: _Tasks, place: tuple[str, int]) -> None:
        self._tasks = tasks
        self._place = place

    def frame_returned(self, _frame: FrameType, value: Any) -> None:
        """Remember it."""
        if isinstance(value, asyncio.Task):
            self._tasks.made.append((value, *self._place))


class _Unseen(Watcher):
    """Watches what a loop says of exceptions that nobody has asked for."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def started(self, frame: FrameType) -> None:
        """Note an exception of a task with the execution that made it."""
        context = frame.f_locals.get("context")
        if type(context) is not dict or _UNSEEN not in str(context.get("message", "")):
            return
        task, error = context.get("future"), context.get("exception")
        if not isinstance(task, asyncio.Task) or not isinstance(error, BaseException):
            return
        execution = task.get_context().get(CURRENT)  # type: ignore[attr-defined]  # there from 3.12 on
        if execution is None:
            return
        failure = self._recorder.failure(error)
        data: dict[str, Any] = {"how": "raised", "exception": failure.type, "message": failure.message}
        if failure.origin is not None:
            data |= {"file": failure.origin.file, "line": failure.origin.line}
        text = f"task {_name(task)} raised {failure.type}, never retrieved"
        self._recorder.note_in(execution, LATE, "error", text, data)


def install_leftover_probe(recorder: Recorder) -> Callable[[], None]:
    """Watch the tasks of handlers from now on; return a function that undoes it. On Python 3.11 nothing is watched."""
    if not MONITOR.begin(_report):
        return _nothing
    watches = [
        (code, watch)
        for function, watch in (
            (asyncio.BaseEventLoop.create_task, _Making(recorder)),
            (asyncio.BaseEventLoop.call_exception_handler, _Unseen(recorder)),
        )
        if isinstance(code := Handler(function).code, CodeType)
    ]
    for code, watch in watches:
        MONITOR.watch(code, watch)

    def undo() -> None:
        for code, watch in watches:
            MONITOR.leave(code, watch)
        MONITOR.end(_report)

    return undo


def _maker(frame: FrameType) -> tuple[str, int] | None:
    """Return the place of the program's own code that makes a task, by way of asyncio alone; None where it is not."""
    caller = frame.f_back
    for _ in range(_DEEP):
        if caller is None:
            return None
        file = caller.f_code.co_filename
        if not str(caller.f_globals.get("__name__")).startswith("asyncio."):
            return (file, caller.f_lineno) if is_own_file(file) else None
        caller = caller.f_back
    return None


def _name(task: asyncio.Task[Any]) -> str:
    name = getattr(task.get_coro(), "__qualname__", "") or task.get_name()
    return str(name).replace("<locals>.", "")


def _report(error: BaseException) -> None:
    """Leave it to the tap, which is told too."""


def _nothing() -> None:
    """Nothing to undo."""
