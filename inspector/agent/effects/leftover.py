"""Tasks that go on when the handler that made them has ended, and what its work raises when nobody looks.

Nothing is replaced: the code of the event loop that makes tasks is watched, and the ways in which the standard library
says that an exception of a task was never retrieved, that a timer or a thread raised, and that a coroutine was never
awaited; on Python 3.12 and newer. A task is a handler's if its own code, or asyncio on its behalf, makes it; what a bus
makes while it publishes is its business, and what a library makes its own.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.context import CURRENT
from ...core.own_code import is_own_file
from ...core.records.records import LATE, UNAWAITED
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
#: How asyncio words that nobody has asked for what a task raised.
NEVER_RETRIEVED: Final = "Task exception was never retrieved"


class _Tasks:
    """The tasks that one execution has made; asked when it ends."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        #: Weakly: what a task says when it goes has to be heard, and while we are called nothing is.
        self.made: list[tuple[weakref.ref[asyncio.Task[Any]], str, int]] = []

    def __call__(self, execution: Execution) -> None:
        """Note the tasks that go on."""
        tasks, self.made = self.made, []
        for reference, file, line in tasks:
            task = reference()
            if task is not None and not task.done() and not task.cancelling():
                data = {"how": "running", "file": file, "line": line}
                text = f"task {_name(task)} kept running after the handler ended"
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
            self._tasks.made.append((weakref.ref(value), *self._place))


class _Unseen(Watcher):
    """Watches who says that an exception has nobody who would look at it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def _raised(self, execution: Execution | None, what: str, error: BaseException) -> None:
        """Note what work of an execution raised."""
        if execution is None or not execution.tag:
            return
        failure = self._recorder.failure(error)
        data: dict[str, Any] = {"how": "raised", "exception": failure.type, "message": failure.message}
        if failure.origin is not None:
            data |= {"file": failure.origin.file, "line": failure.origin.line}
        self._recorder.note_in(execution, LATE, "error", what.format(failure.type), data)


class _UnseenByLoop(_Unseen):
    """Watches what a loop says of exceptions of tasks and timers."""

    def started(self, frame: FrameType) -> None:
        """Note an exception of a task or a timer with the execution that made it."""
        context = frame.f_locals.get("context")
        if type(context) is not dict:
            return
        error, task, handle = context.get("exception"), context.get("future"), context.get("handle")
        if not isinstance(error, BaseException):
            return
        if isinstance(task, asyncio.Task):
            if NEVER_RETRIEVED in str(context.get("message", "")):
                execution = task.get_context().get(CURRENT)  # type: ignore[attr-defined]  # there from 3.12 on
                self._raised(execution, f"task {_name(task)} raised {{}}, never retrieved", error)
        elif isinstance(handle, asyncio.Handle):
            self._of_handle(handle, error)

    def _of_handle(self, handle: Any, error: BaseException) -> None:
        about = handle._context  # noqa: SLF001 - the loop runs it in this
        execution, publication = about.get(CURRENT), about.get(PUBLISHING)
        if publication is not None and publication.cause is execution:
            return  # made by a bus while the handler published
        name = getattr(handle._callback, "__qualname__", type(handle._callback).__qualname__)  # noqa: SLF001
        kind = "timer" if isinstance(handle, asyncio.TimerHandle) else "callback"
        self._raised(execution, f"{kind} {str(name).replace('<locals>.', '')} raised {{}}", error)


class _UnseenByThread(_Unseen):
    """Watches what threads raise."""

    def started(self, frame: FrameType) -> None:
        """Note an exception with the execution that started the thread."""
        error, thread = sys.exc_info()[1], frame.f_locals.get("thread")
        if error is not None and not isinstance(error, SystemExit) and isinstance(thread, threading.Thread):
            self._raised(CURRENT.get(), f"thread {thread.name} raised {{}}", error)


class _Unawaited(Watcher):
    """Watches what Python says of coroutines that were made and never awaited."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def started(self, frame: FrameType) -> None:
        """Note a coroutine of the program's with the execution that has let go of it; a handler's is told elsewhere."""
        execution, coroutine = CURRENT.get(), frame.f_locals.get("coro")
        code = getattr(coroutine, "cr_code", None)
        if execution is None or not execution.tag or code is None or not is_own_file(code.co_filename):
            return
        publication = PUBLISHING.get()
        if MONITOR.watches(code) or (publication is not None and publication.cause is execution):
            return
        holder = frame.f_back
        while holder is not None and not is_own_file(holder.f_code.co_filename):
            holder = holder.f_back
        file, line = code.co_filename, code.co_firstlineno
        if holder is not None:
            file, line = holder.f_code.co_filename, holder.f_lineno
        name = str(getattr(coroutine, "__qualname__", code.co_name)).replace("<locals>.", "")
        data = {"how": UNAWAITED, "file": file, "line": line}
        self._recorder.note_in(execution, LATE, "warning", f"coroutine {name} was never awaited", data)


def install_leftover_probe(recorder: Recorder) -> Callable[[], None]:
    """Watch what handlers leave behind from now on; return a function that undoes it. Nothing is on Python 3.11."""
    if not MONITOR.begin(_report):
        return _nothing
    loop = asyncio.BaseEventLoop
    watches = [
        *((code, _Making(recorder)) for code in _codes(loop.create_task)),
        *((code, _UnseenByLoop(recorder)) for code in _codes(loop.call_exception_handler)),
        *((code, _UnseenByThread(recorder)) for code in _hooks()),
        *((code, _Unawaited(recorder)) for code in _codes(getattr(warnings, "_warn_unawaited_coroutine", None))),
    ]
    for code, watch in watches:
        MONITOR.watch(code, watch)

    def undo() -> None:
        for code, watch in watches:
            MONITOR.leave(code, watch)
        MONITOR.end(_report)

    return undo


def _codes(function: Any) -> list[CodeType]:
    """Return the code of a function; nothing where there is no such function, or it is not written in Python."""
    code = Handler(function).code if function is not None else None
    return [code] if isinstance(code, CodeType) else []


def _hooks() -> list[CodeType]:
    """Return the code by which threads say what they raised: each has a function of its own, of the same code."""
    return [
        constant
        for code in _codes(getattr(threading, "_make_invoke_excepthook", None))
        for constant in code.co_consts
        if isinstance(constant, CodeType)
    ]


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
