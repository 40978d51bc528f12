"""What no test may cause or leave behind unless it says so; `tests/conftest.py` switches this on for all.

While a test runs: no log record of WARNING or worse, no message of Qt, no `open()` of a database file by our
code (in our own process that drops SQLite's locks). Uncaught exceptions in threads, destructors and tasks
arrive here too: as warnings, which are errors, or as the log record that asyncio writes.
Afterwards: no new top-level widget, non-daemon thread or child process.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.patience import PATIENCE

TESTS = Path(__file__).resolve().parent
PRODUCT = TESTS.parent / "inspector"
# How long a thread or process that was told to end may take to be gone.
GRACE_SECONDS = 30.0
# Helpers of the standard library that live as long as the process, and Qt's one hidden tooltip label.
PERMANENT_PROCESSES = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")
# What asyncio writes in debug mode, where unittest runs its tests, of a step of over 0.1 s: a busy machine, no fault.
SLOW_STEP = "Executing %s took %.3f seconds"
PERMANENT_WIDGETS = {"QTipLabel"}
BLOCKING_WAITS = (
    *("wait", "waitSignal", "waitSignals", "waitUntil", "waitCallback", "waitActive", "waitExposed"),
    *("wait_signal", "wait_signals", "wait_until", "wait_callback", "wait_active", "wait_exposed"),
)


@dataclass(frozen=True)
class LogLine:
    """A log record as text: a kept record would keep the exception's frames alive."""

    logger: str
    level: str
    text: str

    def __str__(self) -> str:
        return f"{self.level} {self.logger}: {self.text}"


@dataclass
class Expectation:
    """Log records that a test declares: of this logger or one below it, with this text in them."""

    logger: str
    text: str = ""
    required: bool = False

    def covers(self, line: LogLine) -> bool:
        below = line.logger == self.logger or line.logger.startswith(self.logger + ".")
        return below and self.text in line.text


@dataclass
class Watch:
    """What one test has caused so far."""

    logs: list[LogLine] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    qt_ignored: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    threads: frozenset[threading.Thread] = frozenset()
    processes: frozenset[int] = frozenset()
    widgets: frozenset[int] = frozenset()

    def complaints(self) -> list[str]:
        """The unexpected, and the expected that did not come; each is told once."""
        unexpected = [line for line in self.logs if not any(e.covers(line) for e in self.expectations)]
        missing = [e for e in self.expectations if e.required and not any(e.covers(line) for line in self.logs)]
        told = [
            *(f"unexpected log record: {line}" for line in unexpected),
            *(f"expected log record did not come: {e.logger}: …{e.text}…" for e in missing),
            *self.others,
        ]
        self.logs.clear()
        self.others.clear()
        self.expectations = [Expectation(e.logger, e.text) for e in self.expectations]
        return told


class _Collector(logging.Handler):
    def __init__(self, guard: Guard) -> None:
        super().__init__(logging.WARNING)
        self._guard = guard

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "asyncio" and record.msg == SLOW_STEP:
            return
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" [{''.join(traceback.format_exception_only(record.exc_info[1])).strip()}]"
        self._guard.watch.logs.append(LogLine(record.name, record.levelname, text))


class Guard:
    """The pytest plugin: starts a watch before a test's set-up, judges it after the call and the teardown."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.watch = Watch()
        self._collector = _Collector(self)
        self._module: object = None
        sys.addaudithook(self._audit)

    def pytest_sessionstart(self) -> None:
        core = sys.modules.get("PySide6.QtCore")
        if core is not None:
            # Below pytest-qt's own handler, which is only there during set-up and call.
            core.qInstallMessageHandler(self._qt_message)
            forbid_blocking_waits()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        module = getattr(item, "module", None)
        if module is not self._module:
            # What the imports made is there to stay: without it the collections after the tests are quick.
            self._module = module
            gc.collect()
            gc.freeze()
        self.watch = Watch(
            expectations=[Expectation(*mark.args, **mark.kwargs) for mark in item.iter_markers("allow_log")],
            qt_ignored=[
                *self._config.getini("qt_log_ignore"),
                *(pattern for mark in item.iter_markers("qt_log_ignore") for pattern in mark.args),
            ],
            threads=frozenset(threading.enumerate()),
            processes=frozenset(child_processes()),
            widgets=frozenset(top_level_widgets()),
        )
        if self._collector not in logging.getLogger().handlers:
            logging.getLogger().addHandler(self._collector)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        result = yield
        if item.get_closest_marker("asyncio") is not None:
            gc.collect()  # a task that failed unseen says so when it is collected
        complain(self.watch.complaints())
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        result = yield
        left = [
            *(f"thread left running: {thread.name}" for thread in threads_left(self.watch.threads)),
            *(f"child process left: {name}" for name in processes_left(self.watch.processes)),
            *(f"top-level widget left: {name}" for name in widgets_left(self.watch.widgets)),
        ]
        complain([*self.watch.complaints(), *left])
        return result

    def _qt_message(self, kind: Any, context: Any, message: str) -> None:
        if kind.name not in {"QtDebugMsg", "QtInfoMsg"} and not any(
            re.search(pattern, message) for pattern in self.watch.qt_ignored
        ):
            self.watch.others.append(f"unexpected message of Qt: {kind.name} {message}")

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.fsdecode(arguments[0])
        if path.endswith((".db", ".db-wal", ".db-shm")) and not opened_by_a_test(sys._getframe(1)):
            self.watch.others.append(f"a database file was opened with open(): {path}")


def complain(complaints: list[str]) -> None:
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


def opened_by_a_test(frame: FrameType | None) -> bool:
    """Whether a test itself stands behind a call; one that passes through our code is our code's."""
    by_test = False
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(PRODUCT):
            return False
        by_test = by_test or file.name.startswith(("test_", "conftest"))
        frame = frame.f_back
    return by_test


# --- what is left behind ---------------------------------------------------------------------------


def threads_left(before: frozenset[threading.Thread]) -> list[threading.Thread]:
    end = time.monotonic() + GRACE_SECONDS
    new = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in new:
        thread.join(max(0.0, end - time.monotonic()))
    return [thread for thread in new if thread.is_alive()]


def child_processes() -> dict[int, str]:
    """The children of this process by their id, with their command; none where there is no /proc."""
    children = {}
    for tasks in Path("/proc/self/task").glob("*/children"):
        for pid in _read(tasks).split():
            command = _read(Path("/proc", pid.decode(), "cmdline"))
            if not any(name in command for name in PERMANENT_PROCESSES):
                children[int(pid)] = command.replace(b"\0", b" ").decode(errors="replace").strip() or pid.decode()
    return children


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # the thread or process has just ended
        return b""


def processes_left(before: frozenset[int]) -> list[str]:
    end = time.monotonic() + GRACE_SECONDS
    while left := [name for pid, name in child_processes().items() if pid not in before]:
        if time.monotonic() > end:
            break
        time.sleep(0.01)
    return left


def top_level_widgets() -> dict[int, str]:
    """The windows of this process by their address, with a name for people; none without an application."""
    widgets, shiboken = sys.modules.get("PySide6.QtWidgets"), sys.modules.get("shiboken6")
    if widgets is None or shiboken is None or not isinstance(widgets.QApplication.instance(), widgets.QApplication):
        return {}
    return {
        shiboken.getCppPointer(widget)[0]: f"{type(widget).__name__} {widget.objectName() or widget.windowTitle()!r}"
        for widget in widgets.QApplication.topLevelWidgets()
        if widget.metaObject().className() not in PERMANENT_WIDGETS
    }


def widgets_left(before: frozenset[int]) -> list[str]:
    if not top_level_widgets().keys() - before:
        return []
    core = sys.modules["PySide6.QtCore"]
    for _ in range(2):  # deleting a widget may free what only a cycle keeps, and the other way round
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
        gc.collect()
    return [name for address, name in top_level_widgets().items() if address not in before]


# --- asyncio on Qt ---------------------------------------------------------------------------------


def forbid_blocking_waits() -> None:
    """Make pytest-qt's blocking waits patient, and an error in a coroutine: there they hang, or silently lose tasks."""
    from pytestqt.qtbot import QtBot

    def guarded(name: str, wait: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(wait)
        def call(*args: Any, **kwargs: Any) -> Any:
            if asyncio._get_running_loop() is not None:
                raise RuntimeError(f"qtbot.{name} blocks the loop of an async test: await next_signal(...) instead")
            return wait(*args, **({} if name == "wait" else {"timeout": int(PATIENCE * 1000)}) | kwargs)

        return call

    for name in BLOCKING_WAITS:
        if hasattr(QtBot, name):
            setattr(QtBot, name, guarded(name, getattr(QtBot, name)))
