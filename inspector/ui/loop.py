"""asyncio on Qt's event loop: the only module that knows qasync, and the traps that it sets.

Measured with qasync 0.28: its timers are coarse and early; ``SystemExit`` in a task ends the process without a word,
``KeyboardInterrupt`` in one leaves a timer that fires for ever; ``app.quit()`` under a running coroutine drops the
``finally`` of everything pending. So: precise timers, a task factory that turns both into ordinary errors, and a stop
event instead of ``quit``.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QMessageLogContext, Qt, QTimer, QTimerEvent, QtMsgType, qInstallMessageHandler
from qasync import QEventLoop, _SimpleTimer

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from inspector.app.notices import Notices


# Where errors end that nobody caught: every hook that Python and Qt offer leads to the notices and the log.

log = logging.getLogger("inspector.qt")

_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
#: What Qt's offscreen platform says for every window; it means nothing.
_NOISE: Final = ("This plugin does not support propagateSizeHints()",)


class Hooks:
    """Leads uncaught errors to the notices while it is entered, and puts the old hooks back after.

    Args:
        notices: Where they are told.
    """

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    def __enter__(self) -> Hooks:
        self._old_except, sys.excepthook = sys.excepthook, self._uncaught
        self._old_thread, threading.excepthook = threading.excepthook, self._uncaught_in_thread
        self._old_qt = qInstallMessageHandler(self._qt_says)
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook = self._old_except, self._old_thread
        # The stubs do not know that None brings Qt's own handler back.
        qInstallMessageHandler(self._old_qt)

    def loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report an error that asyncio had nobody to raise it to."""
        error = context.get("exception")
        message = str(context.get("message", "asyncio"))
        if isinstance(error, BaseException):
            self._notices.report(error)
        else:
            log.error("asyncio: %s", message)

    def _uncaught(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if not issubclass(kind, Exception):
            self._old_except(kind, error, traceback)
            return
        self._notices.report(error)

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or not isinstance(args.exc_value, Exception):
            self._old_thread(args)
            return
        self._notices.report(args.exc_value)

    def _qt_says(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if message in _NOISE:
            return
        level = _LEVELS.get(kind, logging.WARNING)
        category = getattr(context, "category", None) or "default"
        log.log(level, "%s: %s", category, message)
        if level >= logging.ERROR:
            self._notices.bug(f"Qt: {message}", "Details are in the log.")


Main = Callable[[asyncio.Event], Coroutine[Any, Any, int]]

#: Ctrl+C, a request to terminate, a terminal that was closed (there is none of that on Windows).
_SIGNALS: Final = tuple(number for number in signal.Signals if number.name in ("SIGINT", "SIGTERM", "SIGHUP"))
#: What is added to a signal's number to make an exit code.
_SIGNALLED: Final = 128
#: How often Python gets a chance to see a signal where loops have no signal handlers (Windows), milliseconds.
_SIGNAL_POLL: Final = 200


class TaskInterruptedError(RuntimeError):
    """``SystemExit`` or ``KeyboardInterrupt`` was raised in a task; it ends that task, not the program."""


class PreciseTimer(_SimpleTimer):  # type: ignore[misc]  # qasync has no types
    """qasync's timer, but never early: Qt's precise timers, and delays rounded up to whole milliseconds."""

    def startTimer(self, milliseconds: int) -> int:
        """Start a timer of Qt's precise kind; the usual one may be 5 % early."""
        timer: int = super().startTimer(milliseconds, Qt.TimerType.PreciseTimer)
        return timer

    def add_callback(self, handle: asyncio.Handle, delay: float = 0) -> asyncio.Handle:
        """Run the handle after ``delay`` seconds."""
        # qasync cuts off fractions of a millisecond; half of one more keeps the float on the right side.
        if delay > 0:
            delay = (math.ceil(delay * 1000) + 0.5) / 1000
        if self._stopped:
            return handle  # the loop is closed: nothing runs any more
        added: asyncio.Handle = super().add_callback(handle, delay)
        return added

    def timerEvent(self, event: QTimerEvent) -> None:
        """Run what is due."""
        if not self._stopped:
            super().timerEvent(event)

    def stop(self) -> None:
        """Run nothing any more, and leave no timer to Qt.

        qasync leaves those that are not due, for Qt to stop when the object goes. As part of a cycle it goes on
        whatever thread looks for garbage, and a timer that is stopped on another thread ends the process.
        """
        super().stop()
        waiting = self._SimpleTimer__callbacks
        for timer in tuple(waiting):
            self.killTimer(timer)
        waiting.clear()


class _Contained(Coroutine[Any, Any, Any]):
    """A coroutine whose ``SystemExit`` and ``KeyboardInterrupt`` come out as ``TaskInterruptedError``.

    A wrapper with ``send`` and ``throw`` rather than an ``async def``: a task that is cancelled before its first step
    would leave the inner coroutine of the latter never awaited.
    """

    def __init__(self, inner: Coroutine[Any, Any, Any]) -> None:
        self._inner = inner
        self.__name__ = getattr(inner, "__name__", type(inner).__name__)
        self.__qualname__ = getattr(inner, "__qualname__", self.__name__)

    def send(self, value: Any) -> Any:
        """Go on to the next await."""
        try:
            return self._inner.send(value)
        except (SystemExit, KeyboardInterrupt) as error:
            raise self._turned(error) from error

    def throw(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> Any:
        """Raise inside, where it waits."""
        try:
            if isinstance(typ, BaseException):
                return self._inner.throw(typ)
            return self._inner.throw(typ, val, tb)
        except (SystemExit, KeyboardInterrupt) as error:
            raise self._turned(error) from error

    def close(self) -> None:
        """End it."""
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from self._inner.__await__())

    @staticmethod
    def _turned(error: BaseException) -> TaskInterruptedError:
        return TaskInterruptedError(f"{type(error).__name__} was raised in a task")


def _task_factory(
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
    context: contextvars.Context | None = None,
    **more: Any,
) -> asyncio.Task[Any]:
    contained: Any = _Contained(work) if isinstance(work, Coroutine) else work  # old-style generators go as they are
    return asyncio.Task(contained, loop=loop, context=context, **more)


def make_loop(application: QApplication) -> asyncio.AbstractEventLoop:
    """Return an asyncio loop that runs on the application's event loop, with the traps defused."""
    loop: asyncio.AbstractEventLoop = QEventLoop(application)
    loop._timer = PreciseTimer()  # type: ignore[attr-defined]  # noqa: SLF001  (qasync offers no other way)
    loop.set_task_factory(_task_factory)
    # qasync's own executor never resolves the future of a function that raises SystemExit.
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="inspector"))
    return loop


def run(main: Main, application: QApplication, notices: Notices) -> int:
    """Run ``main`` until it returns, and return what it returns.

    ``main`` gets the stop event, which is set by the last window's closing, Ctrl+C, SIGTERM and a closed terminal; it
    should then end its work in order and return. After a signal 128 and its number is given instead. Errors that nobody
    caught on the way become notices.

    Args:
        main: What to run.
        application: The Qt application.
        notices: Where uncaught errors are told.
    """
    application.setQuitOnLastWindowClosed(False)

    async def supervised() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(hooks.loop_error)
        closed = application.lastWindowClosed.connect(stop.set)
        caught: list[int] = []

        def asked(number: int) -> None:
            caught.append(number)
            stop.set()

        release = _on_signals(loop, asked)
        try:
            code = await main(stop)
            return _SIGNALLED + caught[0] if caught else code
        finally:
            release()
            application.lastWindowClosed.disconnect(closed)

    with Hooks(notices) as hooks, asyncio.Runner(loop_factory=lambda: make_loop(application)) as runner:
        return runner.run(supervised())


def _on_signals(loop: asyncio.AbstractEventLoop, asked: Callable[[int], None]) -> Callable[[], None]:
    """Call ``asked`` with the number of a signal that asks for the end; return the way to end that.

    What is ignored from the start (``nohup``) stays so.
    """
    numbers = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    try:
        for number in numbers:
            loop.add_signal_handler(number, asked, number)
    except NotImplementedError:
        return _on_signals_by_polling(loop, numbers, asked)

    def release() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)

    return release


def _on_signals_by_polling(
    loop: asyncio.AbstractEventLoop, numbers: list[signal.Signals], asked: Callable[[int], None]
) -> Callable[[], None]:
    """Do the same where the loop cannot: Python's handler, and a timer that lets Python run now and then."""
    old = {
        number: signal.signal(number, lambda number, _: loop.call_soon_threadsafe(asked, number)) for number in numbers
    }
    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(_SIGNAL_POLL)

    def release() -> None:
        timer.stop()
        for number, handler in old.items():
            signal.signal(number, handler)

    return release
