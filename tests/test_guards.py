"""The guards of tests/guards.py fail what they should fail: pytest runs over deliberately bad tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

BAD_TESTS = '''
import asyncio, gc, logging, subprocess, sys, threading, warnings
import pytest

log = logging.getLogger("planted.logger")
keep = []


def test_bad_log_warning():
    log.warning("a warning")


def test_bad_log_of_another_logger(expected_logs):
    expected_logs("planted.other")
    log.error("an error")


def test_bad_expected_log_that_does_not_come(expected_logs):
    expected_logs("planted.logger", "never said")


def test_bad_python_warning():
    warnings.warn("careful", UserWarning)


def test_bad_exception_in_a_thread():
    def fail():
        raise ValueError("in a thread")
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def test_bad_exception_in_a_destructor():
    class Bad:
        def __del__(self):
            raise ValueError("in a destructor")
    Bad()


async def test_bad_exception_in_a_lost_task():
    async def fail():
        raise ValueError("in a task")
    asyncio.get_running_loop().create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_bad_exception_in_a_callback():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)


def test_bad_qt_message():
    from PySide6.QtCore import qWarning
    qWarning("planted")


def test_bad_exception_in_a_slot(qtbot):
    from PySide6.QtCore import QTimer
    QTimer.singleShot(0, lambda: 1 / 0)
    qtbot.wait(20)


@pytest.mark.asyncio
async def test_bad_blocking_wait_in_a_coroutine(qtbot):
    qtbot.wait(1)


def test_bad_database_opened_by_our_code(tmp_path):
    (tmp_path / "x.db").touch()
    import inspector
    code = compile("open(path, 'rb').close()", inspector.__file__, "exec")
    exec(code, {"path": str(tmp_path / "x.db")})


def test_bad_database_opened_in_a_thread_pool(tmp_path):
    from concurrent.futures import ThreadPoolExecutor
    path = tmp_path / "x.db"
    path.touch()
    with ThreadPoolExecutor() as pool:
        pool.submit(path.read_bytes).result()


def test_bad_widget_left(qapp):
    from PySide6.QtWidgets import QWidget
    keep.append(QWidget())


def test_bad_thread_left():
    event = threading.Event()
    keep.append(event)
    threading.Thread(target=event.wait, name="planted").start()


def test_bad_process_left():
    keep.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))


def test_good_tidy_up():
    """Ends what the two tests before left, so that this run can end."""
    process, event = keep.pop(), keep.pop()
    process.communicate(b"\\n")
    event.set()


def test_good_slow_step_in_debug_mode():
    async def main():
        asyncio.get_running_loop().slow_callback_duration = 0
        await asyncio.sleep(0)
    asyncio.run(main(), debug=True)


@pytest.mark.allow_log("planted", "a warn")
def test_good_allowed_log():
    log.warning("a warning")


def test_good_expected_log(expected_logs):
    expected_logs("planted.logger", "an error")
    log.error("an error")


def test_good_widget_closed(qtbot):
    from PySide6.QtWidgets import QWidget
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()


def test_good_database_opened_by_the_test(tmp_path):
    (tmp_path / "x.db").write_bytes(b"")
'''


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The outcomes of the planted tests by their name: passed, failed (in the call), error (around it)."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "test_planted.py").write_text(BAD_TESTS, encoding="utf-8")
    (folder / "conftest.py").write_text(
        "from tests import guards\nfrom tests.conftest import *\nguards.GRACE_SECONDS = 0.2\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", folder),
            *("-rA", "--tb=no", "-p", "no:cacheprovider", folder),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, set[str]] = {}
    for outcome, name in re.findall(r"^(PASSED|FAILED|ERROR) .*::(\w+)", done.stdout, re.MULTILINE):
        found.setdefault(name, set()).add(outcome.lower())
    assert found, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("name", re.findall(r"def (test_\w+)", BAD_TESTS))
def test_guard_judges(name: str, outcomes: dict[str, set[str]]) -> None:
    if name.startswith("test_good_"):
        assert outcomes[name] == {"passed"}
    else:
        assert outcomes[name] & {"failed", "error"}


def test_home_is_private_and_empty(home: Path) -> None:
    assert Path.home() == home
    assert [path.name for path in home.iterdir()] == ["run"]
