"""What is handed over to another thread or to later: whose work it is there, and what of it is still to come.

Context variables follow a handler into tasks, not into threads, pools and timers. Where the standard library takes
something over (``Thread.start``, the work item of a pool) it is noted who gave it, and where it runs it they are set
again. Nothing is replaced: the code of the standard library is watched, on Python 3.12 and newer.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...core.bus.context import CURRENT, FIRE
from ...core.own_code import is_own_file
from ...core.records.host import PendingWork
from ...core.records.statuses import CANCELLED, TIMED_OUT
from ..handlers import Handler
from ..tap.moments import PUBLISHING, TapExecution
from .frames import variables_of
from .idleness import files_of, task_is_idle, thread_is_idle
from .monitor import MONITOR
from .pools import POOL_WORKER, WORK_ITEM
from .watchers import Open, Watcher

if TYPE_CHECKING:
    from ...core.bus.execution import Execution

_GIVEN_UP: Final = (CANCELLED, TIMED_OUT)
#: Tasks tell their context, from 3.12 on.
_TASKS_TELL: Final = hasattr(asyncio.Task, "get_context")
#: What a loop calls when a sleep is over.
_WAKES: Final = "_set_result_unless_cancelled"
#: Futures that are remembered before those that are done are looked for.
_MANY: Final = 64


class _Handed(NamedTuple):
    """Who handed something over."""

    execution: Any
    publication: Any
    fire: int

    @property
    def given_up(self) -> bool:
        """Nobody waits for them any more."""
        return _is_given_up(self.execution)

    def take(self) -> None:
        """Make what runs from here on theirs.

        Our own bus gives handlers what they ask for by the running execution: with us a thread gets no more than alone.
        """
        CURRENT.set(self.execution if isinstance(self.execution, TapExecution) else None)
        HANDED.set(self.execution)
        PUBLISHING.set(self.publication)
        FIRE.set(self.fire)


#: The execution on whose behalf a thread works, whatever its bus.
HANDED: Final[ContextVar[Execution | None]] = ContextVar("inspector_handed", default=None)


def _here() -> _Handed:
    publication = PUBLISHING.get()
    if publication is not None:
        publication.unchain()  # two threads may call its handlers now
    return _Handed(CURRENT.get() or HANDED.get(), publication, FIRE.get())


_NOBODY: Final = _Handed(None, None, 0)


class Handover:
    """Watches what is handed over. There is one for each process: ``HANDOVER``."""

    def __init__(self) -> None:
        self._users: list[Callable[[BaseException], None]] = []
        self._lock = threading.Lock()
        self._watches = (
            _StartWatch(self),
            _ThreadWatch(self),
            _SubmitWatch(self),
            _WorkWatch(self),
        )
        #: Only for fires: servers cancel a timer for each request.
        self._cancels = _CancelWatch(self)
        self._firing = 0
        #: By the id of a thread or work item: itself, so that it keeps its id, and who handed it over.
        self.handed: dict[int, tuple[Any, _Handed]] = {}
        #: By the number of a fire: threads, with the time at which a timer is due (of ``time.monotonic``).
        self._threads: dict[int, list[tuple[threading.Thread, _Handed, float]]] = {}
        self._futures: dict[int, list[tuple[Any, _Handed, Any, tuple[Any, ...]]]] = {}
        #: The same: timers, with the publication that set them.
        self._timers: dict[int, list[tuple[threading.Timer, Any]]] = {}

    def forked(self) -> None:
        """Forget what was handed over in the parent of this process, and release our lock."""
        self._lock._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001 - as the standard library does
        self.handed.clear()
        self._threads.clear()
        self._futures.clear()
        self._timers.clear()

    def begin(self, failed: Callable[[BaseException], None], *, fires: bool = False) -> Callable[[], None]:
        """Watch from now on; return a function that ends it.

        Args:
            failed: Called with the error of a watcher.
            fires: There will be fires, of which it is asked what became of their timers.
        """
        if not MONITOR.available or not MONITOR.begin(failed):
            return _nothing
        if not self._users:
            for watch in self._watches:
                for code in watch.codes():
                    MONITOR.watch(code, watch)
        self._users.append(failed)
        self._firing += fires
        if fires:
            for code in self._cancels.codes():
                MONITOR.watch(code, self._cancels)

        def end() -> None:
            if failed not in self._users:
                return
            self._users.remove(failed)
            self._firing -= fires
            if not self._firing:
                for code in self._cancels.codes():
                    MONITOR.leave(code, self._cancels)
            if not self._users:
                for watch in self._watches:
                    for code in watch.codes():
                        MONITOR.leave(code, watch)
                self._forget()
            MONITOR.end(failed)

        return end

    def _forget(self) -> None:
        self.handed.clear()
        self._threads.clear()
        self._futures.clear()
        self._timers.clear()

    # -- what is handed over -------------------------------------------------------------------------------------------

    def thread(self, thread: threading.Thread) -> bool:
        """Take note that a thread is started; return whether it is somebody's work."""
        by = _here()
        if by == _NOBODY or getattr(thread, "_target", None) is POOL_WORKER:  # that one runs what others give it
            return False
        with self._lock:
            self.handed[id(thread)] = thread, by
            if by.fire and _is_own_code(_run_by(thread)):
                due = time.monotonic() + getattr(thread, "interval", 0) if isinstance(thread, threading.Timer) else 0
                self._threads.setdefault(by.fire, []).append((thread, by, due))
                if isinstance(thread, threading.Timer) and by.publication is not None:
                    self._timers.setdefault(by.fire, []).append((thread, by.publication))
        return True

    def not_started(self, thread: threading.Thread) -> None:
        """Forget a thread that could not be started."""
        with self._lock:
            self.handed.pop(id(thread), None)
            for threads in self._threads.values():
                threads[:] = [entry for entry in threads if entry[0] is not thread]

    def work(self, item: Any, future: Any, function: Any, args: tuple[Any, ...]) -> None:
        """Take note that a pool gets something to do."""
        by = _here()
        if by == _NOBODY:
            return
        with self._lock:
            self.handed[id(item)] = item, by
            if by.fire and _is_own_code(function, args):
                futures = self._futures.setdefault(by.fire, [])
                if len(futures) > _MANY:
                    futures[:] = [entry for entry in futures if not entry[0].done()]
                futures.append((future, by, function, args))

    def taken_by(self, taken: Any) -> _Handed | None:
        """Return who handed something over, once."""
        with self._lock:
            held, by = self.handed.pop(id(taken), (None, None))
        return by if held is taken else None

    def timer_of(self, publication: Any, fire: int) -> str:
        """Return how the timers stand that a publication of a fire set: ``cancelled``, ``waiting``; empty: none did."""
        timers = [timer for timer, of in self._timers.get(fire, ()) if of is publication]
        of_loop = any(of is publication for of in _publications_of_timers(asyncio.get_running_loop()))
        if of_loop or any(not timer.finished.is_set() for timer in timers):
            return "waiting"
        return "cancelled" if timers or publication.put_off else ""

    # -- what is still to come -----------------------------------------------------------------------------------------

    def pending(self, fire: int) -> list[PendingWork]:
        """Return what was started on behalf of a fire and has not ended, on the running loop and in threads."""
        loop = asyncio.get_running_loop()
        return [*self._pending_tasks(fire, loop), *_loop_timers(fire, loop), *self._pending_threads(fire)]

    def forget(self, fire: int) -> None:
        """Forget what a fire has started."""
        with self._lock:
            self._threads.pop(fire, None)
            self._futures.pop(fire, None)
            self._timers.pop(fire, None)

    def _pending_tasks(self, fire: int, loop: asyncio.AbstractEventLoop) -> Iterator[PendingWork]:
        if not _TASKS_TELL:
            return
        current = asyncio.current_task(loop)
        for task in asyncio.all_tasks(loop):
            context = _context_of(task) if task is not current else None
            if context is None or context.get(FIRE) != fire or _is_given_up(context.get(CURRENT)):
                continue
            if _is_own(task) and not task_is_idle(task):
                yield PendingWork("task", _name_of(task.get_coro()))

    def _pending_threads(self, fire: int) -> Iterator[PendingWork]:
        with self._lock:
            futures = [entry for entry in self._futures.pop(fire, ()) if not entry[0].done()]
            threads = [entry for entry in self._threads.pop(fire, ()) if _goes_on(entry[0])]
            if futures:
                self._futures[fire] = futures
            if threads:
                self._threads[fire] = threads
        for _, by, function, args in futures:
            if not by.given_up:
                yield PendingWork("future", _name_of(function, args))
        frames = sys._current_frames() if threads else {}  # noqa: SLF001 - nothing else tells where a thread stands
        for thread, by, due in threads:
            if by.given_up:
                continue
            if isinstance(thread, threading.Timer):
                if not thread.finished.is_set():
                    left = max(0, round((due - time.monotonic()) * 1e9))
                    yield PendingWork("timer", _name_of(thread.function), left)
            elif not thread_is_idle(frames.get(thread.ident or 0)):
                yield PendingWork("thread", thread.name)


class _StartWatch(Watcher):
    """Watches threads that are started, by who starts them."""

    def __init__(self, handover: Handover) -> None:
        self._handover = handover

    def codes(self) -> list[CodeType]:
        """Return what to watch."""
        return _codes(threading.Thread.start)

    def started(self, frame: FrameType) -> None:
        """Take note of who starts it."""
        thread = frame.f_locals["self"]
        if self._handover.thread(thread):
            MONITOR.open(frame, _Start(self._handover, thread))


class _Start(Open):
    """A thread that is being started."""

    def __init__(self, handover: Handover, thread: threading.Thread) -> None:
        self._handover = handover
        self._thread = thread

    def frame_unwound(self, _frame: FrameType, _error: BaseException) -> None:
        """Forget what could not be started."""
        self._handover.not_started(self._thread)


class _ThreadWatch(_StartWatch):
    """Watches the beginning of threads, in themselves."""

    def codes(self) -> list[CodeType]:
        """Return what to watch."""
        return _codes(getattr(threading.Thread, "_bootstrap_inner", None))

    def started(self, frame: FrameType) -> None:
        """Make what runs in it the work of who started it."""
        thread = frame.f_locals["self"]
        by = self._handover.taken_by(thread)
        if by is not None:
            context = getattr(thread, "_context", None)
            if isinstance(context, Context):  # from 3.14 a thread runs in a context of its own
                context.run(by.take)
            by.take()


class _SubmitWatch(_StartWatch):
    """Watches what pools are given to do."""

    def codes(self) -> list[CodeType]:
        """Return what to watch."""
        return _codes(getattr(WORK_ITEM, "__init__", None))

    def started(self, frame: FrameType) -> None:
        """Take note of who gives it."""
        held = frame.f_locals
        function, args, *_ = held.get("task") or (held.get("fn"), held.get("args", ()))  # a task from 3.14 on
        if "self" in held and "future" in held:
            self._handover.work(held["self"], held["future"], function, args)


class _WorkWatch(_StartWatch):
    """Watches work that a pool does."""

    def codes(self) -> list[CodeType]:
        """Return what to watch."""
        return _codes(getattr(WORK_ITEM, "run", None))

    def started(self, frame: FrameType) -> None:
        """Make what runs the work of who gave it."""
        by = self._handover.taken_by(variables_of(frame)["self"])
        if by is not None:
            MONITOR.open(frame, _Work(_here()))
            by.take()


class _Work(Open):
    """Work that a pool is doing."""

    def __init__(self, before: _Handed) -> None:
        self._before = before

    def frame_returned(self, _frame: FrameType, _value: Any) -> None:
        """Make the thread the pool's again."""
        self._before.take()

    def frame_unwound(self, _frame: FrameType, _error: BaseException) -> None:
        """Make the thread the pool's again."""
        self._before.take()


class _CancelWatch(_StartWatch):
    """Watches timers of loops that are cancelled before they are due, and sleeps that are cut short."""

    def codes(self) -> list[CodeType]:
        """Return what to watch."""
        return _codes(asyncio.TimerHandle.cancel)

    def started(self, frame: FrameType) -> None:
        """Take note of whose it was."""
        handle = frame.f_locals["self"]
        context, callback = getattr(handle, "_context", None), getattr(handle, "_callback", None)
        publication = context.get(PUBLISHING) if isinstance(context, Context) else None
        if publication is None or callback is None or _has_run(handle):
            return
        if getattr(callback, "__name__", "") == _WAKES or _is_own_code(callback):
            publication.put_off = True


def _nothing() -> None:
    """Nothing to undo."""


def _has_run(handle: asyncio.TimerHandle) -> bool:
    """Return whether a timer has been run; where that cannot be known, whether it was due: a busy loop may be late."""
    if handle.when() > time.monotonic():
        return False
    ready = getattr(getattr(handle, "_loop", None), "_ready", ())
    return not getattr(handle, "_scheduled", False) and handle not in ready


def _goes_on(thread: threading.Thread) -> bool:
    """Return whether a thread that is being started, or was, has not ended."""
    return thread.is_alive() or not thread._started.is_set()  # type: ignore[attr-defined]  # noqa: SLF001 - between the two


def _codes(function: Any) -> list[CodeType]:
    code = getattr(function, "__code__", None)
    return [code] if isinstance(code, CodeType) else []


def _name_of(called: Any, args: tuple[Any, ...] = ()) -> str:
    """Return what to call a function, a partial, a coroutine; of what runs in a context, that."""
    if isinstance(called, (types.CoroutineType, types.GeneratorType)):
        return called.__qualname__.replace("<locals>.", "")
    handler = Handler(called)
    bound, _ = handler.bound
    args = (*bound, *args)
    if isinstance(handler.instance, Context) and args:
        return _name_of(args[0], args[1:])
    name = getattr(handler.function, "__qualname__", None) or type(called).__qualname__
    return str(name).replace("<locals>.", "")


def _is_given_up(execution: Execution | None) -> bool:
    """Return whether nobody waits for an execution any more, nor for what it has started."""
    return execution is not None and execution.ended > 0 and execution.status in _GIVEN_UP


def _is_own(task: asyncio.Task[Any]) -> bool:
    """Return whether a task runs code of the program's own: what a library keeps going is its own affair."""
    return any(map(is_own_file, files_of(task)))


def _is_own_code(called: Any, args: tuple[Any, ...] = ()) -> bool:
    """Return whether what is called is code of the program's own."""
    if type(called) in (types.FunctionType, types.MethodType):
        return is_own_file(called.__code__.co_filename)
    handler = Handler(called)
    bound, _ = handler.bound
    args = (*bound, *args)
    if isinstance(handler.instance, Context) and args:
        return _is_own_code(args[0], args[1:])
    return handler.code is not None and is_own_file(handler.code.co_filename)


def _run_by(thread: threading.Thread) -> Any:
    """Return what a thread runs."""
    if isinstance(thread, threading.Timer):
        return thread.function
    return getattr(thread, "_target", None) or type(thread).run


def _context_of(task: Any) -> Context | None:
    """Return the context of a task; None before 3.12, and where a library makes its own tasks."""
    get_context = getattr(task, "get_context", None)
    return None if get_context is None else get_context()


def _publications_of_timers(loop: asyncio.AbstractEventLoop) -> Iterator[Any]:
    """Yield the publications in whose context a loop will call the program's own code."""
    for handle in tuple(getattr(loop, "_scheduled", ())):
        context = getattr(handle, "_context", None)
        if context is not None and not handle.cancelled() and _is_own_code(getattr(handle, "_callback", None)):
            yield context.get(PUBLISHING)


def _loop_timers(fire: int, loop: asyncio.AbstractEventLoop) -> Iterator[PendingWork]:
    """Yield the timers of a loop that call the program's own code; those of other loops cannot be seen."""
    for handle in tuple(getattr(loop, "_scheduled", ())):
        context = getattr(handle, "_context", None)
        if handle.cancelled() or context is None or context.get(FIRE) != fire:
            continue
        callback = getattr(handle, "_callback", None)
        if _is_own_code(callback):
            left = handle.when() - loop.time()
            yield PendingWork("timer", _name_of(callback), max(0, round(left * 1e9)))


#: The one of this process.
HANDOVER: Final = Handover()
