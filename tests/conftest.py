"""For every test: no display, a home folder of its own, nothing unexpected (tests/guards.py).

Markers and fixtures:
    @pytest.mark.allow_log("logger", "text")   records like this may come, from WARNING on
    expected_logs("logger", "text")            records like this may come, and one has to
    @pytest.mark.qt_loop                       runs an async test on the window's loop; tests/ui always does
    next_signal(signal)                        a future with the arguments of the signal's next emission
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# Before anything imports Qt: without a display a QApplication ends the whole process.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"

import hypothesis
import pytest

from tests.guards import Expectation, Guard

UI_TESTS = Path(__file__).resolve().parent / "ui"
#: Files with few tests that take long each, the longest first; tools/slow-tests writes it from a run's report.
SLOW_FILES = Path(__file__).with_name("slow_files.txt")
GUARD = pytest.StashKey[Guard]()
HOMES = pytest.StashKey[Path]()
#: Signals that end a process which has not asked for them.
_ENDS = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM)

# Two cores are shared by everything: how long an example takes says nothing about the code.
hypothesis.settings.register_profile(
    "project",
    deadline=None,
    # The same examples everywhere: what is green here is green there. SEARCH=1 looks for new ones.
    derandomize="SEARCH" not in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "allow_log(logger, text=''): log records that this test may cause")
    config.addinivalue_line("markers", "qt_loop: run this async test on the window's event loop")
    homes = tempfile.TemporaryDirectory(prefix="inspector-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(homes.cleanup)
    config.stash[HOMES] = Path(homes.name)
    config.stash[GUARD] = Guard(config)
    config.pluginmanager.register(config.stash[GUARD], "inspector-guard")
    if "XAUTHORITY" not in os.environ and (cookie := Path.home() / ".Xauthority").exists():
        os.environ["XAUTHORITY"] = str(cookie)
    os.environ.update(_folders(config.stash[HOMES] / "session"))
    if any(name.startswith("COVERAGE_") for name in os.environ):
        from inspector.hosts import process

        process.KEEPER_FLAGS = ("-I",)  # what measures lines in it is an installed package
    # A shell's background job ignores Ctrl+C, and what runs under nohup a closed terminal; so would every process that
    # a test starts and ends with one of these.
    for number in _ENDS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put files with few tests that take long first, and then those with most: the last to end are short ones.

    Not all by their time: many that wait for processes would come together, and leave the processors idle.
    """
    order = {name: place for place, name in enumerate(SLOW_FILES.read_text(encoding="utf-8").split())}
    names = [item.path.relative_to(config.rootpath).as_posix() for item in items]
    counts = Counter(names)
    ranks = {name: (order.get(name, len(order)), -count, name) for name, count in counts.items()}
    items[:] = [item for _, item in sorted(zip(names, items, strict=True), key=lambda pair: ranks[pair[0]])]


def _folders(home: Path) -> dict[str, str]:
    """Make a home folder; gives the variables that point to it."""
    runtime = home / "run"
    runtime.mkdir(parents=True, mode=0o700)
    return {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_RUNTIME_DIR": str(runtime),
    }


_homes = itertools.count()


@pytest.fixture(autouse=True)
def home(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, which is also where settings, data and caches go."""
    folder = pytestconfig.stash[HOMES] / str(next(_homes))
    for name, value in _folders(folder).items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def expected_logs(pytestconfig: pytest.Config) -> Callable[..., None]:
    """Declares log records, from WARNING on, that have to come before the test ends."""

    def expect(logger: str, text: str = "") -> None:
        pytestconfig.stash[GUARD].watch.expectations.append(Expectation(logger, text, required=True))

    return expect


# --- async tests -----------------------------------------------------------------------------------


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.is_relative_to(UI_TESTS) or item.get_closest_marker("qt_loop") is not None:
        return {"qt": new_qt_loop}
    return {"asyncio": asyncio.new_event_loop}


_application: list[Any] = []  # nobody else holds it, and it must outlive every widget


def new_qt_loop() -> asyncio.AbstractEventLoop:
    """The window's event loop, with an application when there is none yet."""
    from PySide6.QtWidgets import QApplication

    from inspector.ui.loop import make_loop

    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(["inspector"])
        _application.append(application)
    return make_loop(application)


@pytest.fixture
def next_signal() -> Callable[[Any], asyncio.Future[tuple[Any, ...]]]:
    """Await the next emission of a Qt signal without blocking the loop; listens from the call on."""

    def listen(signal: Any) -> asyncio.Future[tuple[Any, ...]]:
        future: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

        def arrived(*arguments: Any) -> None:
            if not future.done():
                future.set_result(arguments)

        signal.connect(arrived)
        future.add_done_callback(lambda _: signal.disconnect(arrived))
        return future

    return listen
