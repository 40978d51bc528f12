"""asyncio on Qt: precise timers, contained exits, orderly stops, nothing uncaught is lost."""

import asyncio
import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QTimer, Signal, qWarning
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.app.notices import Notice, Notices
from inspector.app.tasks import TaskOwner
from inspector.ui import loop as loop_module
from inspector.ui.application import create_application, refcount_trouble
from inspector.ui.loop import Hooks, PreciseTimer, TaskInterruptedError, make_loop
from tests.patience import PATIENCE


async def test_timers_are_precise() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop._timer, PreciseTimer)  # type: ignore[attr-defined]
    timer = loop._timer.startTimer(1)  # type: ignore[attr-defined]
    loop._timer.killTimer(timer)  # type: ignore[attr-defined]
    for wanted in (0.0004, 0.003, 0.02):
        started = time.perf_counter()
        await asyncio.sleep(wanted)
        assert time.perf_counter() - started >= wanted


def test_qt_is_asked_for_precise_timers(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, Qt.TimerType]] = []

    def start(_: QObject, milliseconds: int, kind: Qt.TimerType = Qt.TimerType.CoarseTimer) -> int:
        asked.append((milliseconds, kind))
        return 7

    monkeypatch.setattr(QObject, "startTimer", start)
    loop = asyncio.new_event_loop()
    PreciseTimer().add_callback(asyncio.Handle(print, (), loop), 0.0291)
    loop.close()
    assert asked == [(30, Qt.TimerType.PreciseTimer)]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
async def test_an_exit_in_a_task_ends_only_that_task(error: type[BaseException]) -> None:
    ended: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        try:
            raise error
        finally:
            ended.append("finally")

    task = asyncio.ensure_future(work())
    with pytest.raises(TaskInterruptedError, match=error.__name__) as got:
        await task
    assert isinstance(got.value.__cause__, error)
    assert ended == ["finally"]
    await asyncio.sleep(0.002)


async def test_a_task_cancelled_before_its_first_step_leaves_no_warning() -> None:
    task = asyncio.ensure_future(asyncio.sleep(10))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_exit_while_being_cancelled_is_contained_too() -> None:
    async def work() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            raise SystemExit from None

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(TaskInterruptedError):
        await task


async def test_an_exit_in_a_thread_of_the_executor_comes_back() -> None:
    with pytest.raises(TaskInterruptedError):
        await asyncio.ensure_future(_in_thread(SystemExit))


async def _in_thread(error: type[BaseException]) -> None:
    def work() -> None:
        raise error

    await asyncio.get_running_loop().run_in_executor(None, work)


async def test_a_task_keeps_its_name_and_shows_it() -> None:
    task = asyncio.create_task(asyncio.sleep(0), name="Exporting")
    assert task.get_name() == "Exporting"
    assert "sleep" in repr(task)
    await task


# -- run


@pytest.fixture
def seen() -> list[Notice]:
    return []


@pytest.fixture
def notices(seen: list[Notice]) -> Notices:
    notices = Notices()
    notices.attach(seen.append)
    return notices


def test_run_gives_what_main_returns(qapp: QApplication, notices: Notices) -> None:
    async def main(stop: asyncio.Event) -> int:
        await asyncio.sleep(0.001)
        return 7

    assert loop_module.run(main, qapp, notices) == 7


def test_closing_the_last_window_stops_in_order(qtbot: QtBot, qapp: QApplication, notices: Notices) -> None:
    """Nothing quits under a running coroutine: every ``finally`` runs and may await."""
    ended: list[str] = []
    owner = TaskOwner(notices)

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.002)
            ended.append("work")

    async def main(stop: asyncio.Event) -> int:
        window = QWidget()
        qtbot.addWidget(window)
        window.show()
        owner.start("Working", work())
        QTimer.singleShot(1, window, window.close)
        await stop.wait()
        await owner.cancel_all()
        ended.append("main")
        return 0

    assert loop_module.run(main, qapp, notices) == 0
    assert ended == ["work", "main"]
    assert not qapp.quitOnLastWindowClosed()


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_set_the_stop_event_and_are_told_in_the_exit_code(
    qapp: QApplication, notices: Notices, number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    async def main(stop: asyncio.Event) -> int:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), PATIENCE)
        return 0

    assert loop_module.run(main, qapp, notices) == 128 + number
    assert signal.getsignal(number) == before


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to send")
def test_a_signal_that_is_ignored_from_the_start_stays_so(qapp: QApplication, notices: Notices) -> None:
    async def main(stop: asyncio.Event) -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
        return int(stop.is_set())

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert loop_module.run(main, qapp, notices) == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.allow_log("inspector.notices")
def test_an_error_nobody_awaits_becomes_a_notice(qapp: QApplication, notices: Notices, seen: list[Notice]) -> None:
    async def main(stop: asyncio.Event) -> int:
        asyncio.get_running_loop().call_soon({}.__getitem__, "key")
        await asyncio.sleep(0.001)
        return 0

    loop_module.run(main, qapp, notices)
    assert [n.severity for n in seen] == ["bug"]
    assert "KeyError" in seen[0].text


# -- hooks


class Sender(QObject):
    sent = Signal()


@pytest.mark.allow_log("inspector.notices")
def test_hooks_lead_errors_to_the_notices_and_go_away(qapp: QApplication, notices: Notices, seen: list[Notice]) -> None:
    before = sys.excepthook, threading.excepthook
    with Hooks(notices):
        sys.excepthook(ValueError, ValueError("from a slot"), None)
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
    assert [n.severity for n in seen] == ["bug", "bug"]
    assert "from a slot" in seen[0].text
    assert "ZeroDivisionError" in seen[1].text
    assert (sys.excepthook, threading.excepthook) == before


@pytest.mark.allow_log("inspector.qt")
def test_what_qt_says_is_in_the_log(
    qapp: QApplication, notices: Notices, seen: list[Notice], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "inspector.qt"), Hooks(notices):
        qWarning("something is odd")
        qWarning("This plugin does not support propagateSizeHints()")
    assert [r.levelno for r in caplog.records if r.name == "inspector.qt"] == [logging.WARNING]
    assert "something is odd" in caplog.text
    assert seen == []


def test_ctrl_c_is_left_to_the_old_hook(notices: Notices, seen: list[Notice], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: told.append(kind))
    with Hooks(notices):
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert told == [KeyboardInterrupt]
    assert seen == []


# -- application


def test_the_application_is_made_once_and_named(qapp: QApplication) -> None:
    application = create_application()
    assert application is qapp
    assert application.desktopFileName() == "event-inspector"
    assert not application.windowIcon().isNull()


def test_this_pyside_keeps_its_references() -> None:
    assert refcount_trouble() == ""


def test_a_pyside_that_loses_references_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([10_000, 9_600])
    monkeypatch.setattr(sys, "getrefcount", lambda _: next(counts))
    assert "6.12" in refcount_trouble()


def test_only_the_loop_knows_qasync() -> None:
    import inspector

    root = Path(inspector.__file__).parent
    users = [path for path in root.rglob("*.py") if "qasync" in path.read_text(encoding="utf-8")]
    importing = [
        p.name
        for p in users
        if any(line.startswith(("import qasync", "from qasync")) for line in p.read_text(encoding="utf-8").splitlines())
    ]
    assert importing == ["loop.py"]


def test_a_loop_ends_and_leaves_no_thread(qapp: QApplication) -> None:
    before = threading.active_count()
    with asyncio.Runner(loop_factory=lambda: make_loop(qapp)) as runner:
        runner.run(asyncio.to_thread(lambda: None))
    assert threading.active_count() == before


def test_the_window_does_not_import_charts_or_databases() -> None:
    """They cost seconds; the window shows first."""
    heavy = ("pyqtgraph", "sqlalchemy")
    code = f"import sys, inspector.ui.shell.shell, inspector.ui.loop; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_closed_loop_leaves_no_timer_for_another_thread_to_stop(qapp: QApplication) -> None:
    """Garbage is collected on any thread, and Qt's timers are of the one that started them."""
    calls: list[int] = []
    loop = make_loop(qapp)
    for delay in (0.0, 0.0005, 30.0, 3600.0):
        loop.call_later(delay, calls.append, 1)
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.call_later(0.001, calls.append, 2)
    loop.close()
    loop.call_soon(calls.append, 3)
    held = [loop]
    held.append(held)  # type: ignore[arg-type]
    del held, loop
    thread = threading.Thread(target=gc.collect)  # what Qt says of it fails the test
    thread.start()
    thread.join()
    qapp.processEvents()
    assert calls == [1, 1]
