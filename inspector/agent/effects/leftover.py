"""Tasks that go on when the handler that made them has ended, and what its work raises when nobody looks.

Nothing is replaced: the code of the event loop that makes tasks is watched, and the ways in which the standard library
says that an exception of a task or a future was never retrieved, that a timer or a thread raised, and that a coroutine
was never awaited; on Python 3.12 and newer. Pools say nothing of what nobody asks for: there it is noted when a future
that has failed is gone. That may be while any other handler runs, so who made it is remembered.

A task or a future is a handler's if its own code, or asyncio or a pool on its behalf, makes it; what a bus makes while
it publishes is its business, and what a library makes its own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import threading
import warnings
import weakref
from abc import abstractmethod
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from ...core.bus.context import CURRENT
from ...core.own_code import is_own_file
from ...core.records.records import LATE, LOG, UNAWAITED
from ..handlers import Handler
from ..observe.frames import variables_of
from ..observe.monitor import MONITOR
from ..observe.pools import WORK_ITEM
from ..observe.watchers import Open, Watcher
from ..tap.moments import PUBLISHING, publishes
from .handled import ends_of

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.records.recorder import Recorder

#: Tasks of one execution that are remembered, and frames that are looked at for who makes one.
_MOST: Final = 64
_DEEP: Final = 8
#: Exceptions of pools that are remembered.
_LATELY: Final = 256
#: How asyncio words, after the kind of a future, that nobody has asked for what was raised.
NEVER_RETRIEVED: Final = " exception was never retrieved"
#: Whose business it is not who makes a task or a future: they are made on behalf of who calls them.
_ON_BEHALF: Final = ("asyncio.", "concurrent.futures.")


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


class _MadeForHandlers(Watcher):
    """Watches the making of something, and hands on what is made for a handler."""

    def started(self, frame: FrameType) -> None:
        """Hand on for which execution it is made, and where."""
        execution = made_for()
        maker = _maker(frame) if execution is not None else None
        if execution is not None and maker is not None:
            self._begun(frame, execution, maker)

    @abstractmethod
    def _begun(self, frame: FrameType, execution: Execution, maker: tuple[str, int]) -> None:
        """Remember what this call makes."""


class _Making(_MadeForHandlers):
    """Watches the making of tasks."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def _begun(self, frame: FrameType, execution: Execution, maker: tuple[str, int]) -> None:
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


class _MadeBy(WeakKeyDictionary[Any, tuple["Execution", str]]):
    """Futures that executions have made, each with who made it and what it stands for.

    Attributes:
        errors: The same by the exceptions that pools have raised lately: their type, message and place, by their id. A
            loop that waits for a pool has a future of its own, which nothing leads to any more when it is gone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.errors: dict[int, tuple[dict[str, Any], Execution, str]] = {}

    def failed(self, error: BaseException, about: dict[str, Any], execution: Execution, name: str) -> None:
        """Remember what a pool has raised for an execution."""
        self.errors[id(error)] = about, execution, name
        for oldest in [*self.errors][:-_LATELY]:
            self.errors.pop(oldest, None)

    def of(self, future: Any, error: BaseException, about: dict[str, Any]) -> tuple[Execution | None, str]:
        """Return who made a future that has failed, and what it stands for; None where that is unknown."""
        maker = self.get(future)
        if maker is not None:
            return maker
        raised, execution, name = self.errors.get(id(error), (None, None, ""))
        return (execution, name) if raised == about else (None, "")


class _Promising(_MadeForHandlers):
    """Watches the making of futures."""

    def __init__(self, futures: _MadeBy) -> None:
        self._made = futures

    def _begun(self, frame: FrameType, execution: Execution, _maker: tuple[str, int]) -> None:
        variables = variables_of(frame)
        called = next((variables[name] for name in ("fn", "func") if name in variables), None)
        by = execution, str(getattr(called, "__qualname__", "") or frame.f_code.co_name).replace("<locals>.", "")
        future = variables.get("future")
        if isinstance(future, concurrent.futures.Future):  # a pool may have done its work before it is returned
            self._made[future] = by
        else:
            MONITOR.open(frame, _Promised(self._made, by))


class _Promised(Open):
    """A future that is being made."""

    def __init__(self, futures: _MadeBy, by: tuple[Execution, str]) -> None:
        self._made = futures
        self._by = by

    def frame_returned(self, _frame: FrameType, value: Any) -> None:
        """Remember it."""
        if isinstance(value, asyncio.Future) and not isinstance(value, asyncio.Task):
            self._made[value] = self._by


class _Unseen(Watcher):
    """Watches who says that an exception has nobody who would look at it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def _raised(self, execution: Execution | None, what: str, error: BaseException) -> None:
        """Note what work of an execution raised."""
        if execution is not None and execution.tag:
            self._recorder.note_in(execution, LATE, "error", *self._about(what, error))

    def _about(self, what: str, error: BaseException) -> tuple[str, dict[str, Any]]:
        """Return text and data of a note about an exception; the text names its type."""
        failure = self._recorder.failure(error)
        data: dict[str, Any] = {"how": "raised", "exception": failure.type, "message": failure.message}
        if failure.origin is not None:
            data |= {"file": failure.origin.file, "line": failure.origin.line}
        return what.format(failure.type), data


class _UnseenOfFutures(_Unseen):
    """Watches what becomes of futures.

    Args:
        recorder: Takes the notes.
        futures: Those that executions have made.
    """

    def __init__(self, recorder: Recorder, futures: _MadeBy) -> None:
        super().__init__(recorder)
        self._made = futures


class _UnseenInPool(_UnseenOfFutures):
    """Watches which futures of pools fail, and who asks: what is gone before anybody has is noted."""

    def __init__(self, recorder: Recorder, futures: _MadeBy) -> None:
        super().__init__(recorder, futures)
        self._failed: dict[weakref.ref[Any], tuple[Execution, str, dict[str, Any]]] = {}

    def started(self, frame: FrameType) -> None:
        """Remember what a future raises, if a handler has made it; forget it when it is asked for."""
        variables = variables_of(frame)
        future, error = variables.get("self"), variables.get("exception")
        execution, name = self._made.get(future, (None, ""))
        if execution is None or not execution.tag:
            return
        if isinstance(error, BaseException):
            text, data = self._about(f"{name} in a pool raised {{}}, never retrieved", error)
            self._failed[weakref.ref(future, self._gone)] = execution, text, data
            self._made.failed(error, data, execution, name)
        else:
            self._failed.pop(weakref.ref(future), None)

    def _gone(self, reference: weakref.ref[Any]) -> None:
        """Note what a future raised that is gone, and that nobody has asked for."""
        lost = self._failed.pop(reference, None)
        if lost is not None:
            execution, text, data = lost
            self._recorder.note_in(execution, LATE, "error", text, data)


class _UnseenByLoop(_UnseenOfFutures):
    """Watches what a loop says of exceptions of tasks, futures and timers."""

    def started(self, frame: FrameType) -> None:
        """Note an exception of a task, a future or a timer with the execution that made it."""
        context = variables_of(frame).get("context")
        if type(context) is not dict:
            return
        error, task, handle = context.get("exception"), context.get("future"), context.get("handle")
        if not isinstance(error, BaseException):
            return
        if asyncio.isfuture(task):
            if NEVER_RETRIEVED in str(context.get("message", "")):
                self._of_future(task, error)
        elif isinstance(handle, asyncio.Handle):
            self._of_handle(handle, error)

    def _of_future(self, future: asyncio.Future[Any], error: BaseException) -> None:
        if isinstance(future, asyncio.Task):
            execution = future.get_context().get(CURRENT)  # type: ignore[attr-defined]  # there from 3.12 on
            self._raised(execution, f"task {_name(future)} raised {{}}, never retrieved", error)
            return
        text, data = self._about("future raised {}, never retrieved", error)
        execution, name = self._made.of(future, error, data)
        if execution is not None:
            self._raised(execution, f"future of {name} raised {{}}, never retrieved", error)
        else:  # it may be gone while any handler runs, which has nothing to do with it
            self._recorder.note_outside(LOG, "error", text, {"logger": "asyncio", **data})

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
        error, ended = sys.exc_info()[1], frame.f_locals.get("thread")
        if error is not None and not isinstance(error, SystemExit) and isinstance(ended, threading.Thread):
            self._raised(CURRENT.get(), f"thread {ended.name} raised {{}}", error)


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
    loop, futures = asyncio.BaseEventLoop, _MadeBy()
    pool = _UnseenInPool(recorder, futures)
    watches = [
        *((code, _Making(recorder)) for code in _codes(loop.create_task)),
        *((code, _Promising(futures)) for function in _promising() for code in _codes(function)),
        *((code, pool) for function in _asking() for code in _codes(function)),
        *((code, _UnseenByLoop(recorder, futures)) for code in _codes(loop.call_exception_handler)),
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


def _promising() -> Iterator[Any]:
    """Yield the functions that make futures on behalf of who calls them, or the work that a pool does for one."""
    yield from (asyncio.BaseEventLoop.run_in_executor, asyncio.gather, asyncio.shield)
    yield getattr(WORK_ITEM, "__init__", None)
    processes = sys.modules.get("concurrent.futures.process")  # not imported for this: a program may do without
    yield getattr(getattr(processes, "_WorkItem", None), "__init__", None)


def _asking() -> Iterator[Any]:
    """Yield the functions by which futures of pools fail, and are asked what became of them."""
    future = concurrent.futures.Future
    yield from (future.set_exception, future.exception, getattr(future, "_Future__get_result", future.result))


def made_for() -> Execution | None:
    """Return the execution on whose behalf something is made; None where there is none, or a bus makes it."""
    execution = CURRENT.get()
    if execution is None or not execution.tag or execution.ended:
        return None
    return None if publishes(execution) else execution


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
    """Return the place of the program's own code that makes a task or a future, by way of asyncio and pools alone.

    None where it is not the program's own.
    """
    caller = frame.f_back
    for _ in range(_DEEP):
        if caller is None:
            return None
        file = caller.f_code.co_filename
        if not str(caller.f_globals.get("__name__")).startswith(_ON_BEHALF):
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
