"""The watchdog says who holds the loop, while it is held."""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

import pytest

from inspector import core
from inspector.agent.faults import FaultInjector
from inspector.agent.process import watchdog as watchdog_module
from inspector.agent.process.watchdog import Watchdog, _culprit, _waits
from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.description import CatalogDescription
from inspector.core.faults import FaultRule
from inspector.core.records.host import HostRecord, LoopBlocked, LoopUnblocked
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import to_record
from tests.patience import PATIENCE
from tests.programs import line_of, until


class Happened(DomainEvent):
    pass


class Watched(Recorder):
    """A recorder that says when it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[type[HostRecord], threading.Event] = {
            LoopBlocked: threading.Event(),
            LoopUnblocked: threading.Event(),
        }

    def record(self, record: HostRecord) -> None:
        super().record(record)
        if type(record) in self.told:
            self.told[type(record)].set()


@pytest.fixture
def recorder() -> Watched:
    recorder = Watched()
    recorder.start(CatalogDescription("test"))
    return recorder


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog_module, "INTERVAL", 0.005)
    monkeypatch.setattr(watchdog_module, "IDLE_INTERVAL", 0.005)
    monkeypatch.setattr(watchdog_module, "BLOCKED", 0.03)


@pytest.fixture
def watched(recorder: Watched) -> Iterator[Callable[[], Watchdog]]:
    """Starts a watchdog on the running loop; it is stopped in the end."""
    dogs: list[Watchdog] = []

    def start() -> Watchdog:
        dog = Watchdog(asyncio.get_running_loop(), threading.get_ident(), recorder)
        dogs.append(dog)
        dog.start()
        return dog

    yield start
    for dog in dogs:
        dog.stop()


def blockages(recorder: Recorder) -> list[Any]:
    records = [to_record(row) for row in recorder.drain()]
    return [record for record in records if isinstance(record, (LoopBlocked, LoopUnblocked))]


async def unblocked(recorder: Watched) -> None:
    assert await asyncio.to_thread(recorder.told[LoopUnblocked].wait, PATIENCE)


class Shop:
    def __init__(self, recorder: Watched) -> None:
        self._recorder = recorder

    async def computes(self, event: Happened) -> None:
        await asyncio.sleep(0)
        self._hold()

    def sync(self, event: Happened) -> None:
        self._hold()

    def _hold(self) -> None:
        """Hold the loop until the watchdog has said so: no longer, however slow the machine."""
        assert self._recorder.told[LoopBlocked].wait(PATIENCE)


@pytest.mark.parametrize("name", ["computes", "sync"])
async def test_a_blocked_loop_names_handler_file_and_line(
    recorder: Watched, watched: Callable[[], Watchdog], name: str
) -> None:
    bus = InMemoryEventBus()
    bus.subscribe(Happened, getattr(Shop(recorder), name))
    watched()
    await bus.publish(Happened())
    await unblocked(recorder)
    blocked, over = blockages(recorder)
    assert (blocked.handler, blocked.function, blocked.file) == (f"Shop.{name}", name, __file__)
    assert line_of(blocked.file, blocked.line) == "self._hold()"
    assert (type(blocked), blocked.severity) == (LoopBlocked, "warning")
    assert f"Shop.{name} ({__file__}:{blocked.line})" in blocked.sentence
    assert (type(over), over.severity) == (LoopUnblocked, "info")
    for field in ("since", "handler", "function", "file", "line"):
        assert getattr(over, field) == getattr(blocked, field)
    assert blocked.since <= blocked.at <= over.at
    assert over.duration == over.at - over.since


async def test_a_handler_that_is_slow_on_purpose_is_named_too(
    recorder: Watched, watched: Callable[[], Watchdog]
) -> None:
    """A fault in a synchronous handler blocks the loop in our own file; the handler is whom to name."""
    bus = InMemoryEventBus()

    def quick(event: Happened) -> None: ...

    bus.subscribe(Happened, quick)
    bus.interceptor = FaultInjector([FaultRule("*", "*", "slow", delay=0.1)])
    watched()
    await asyncio.sleep(0)  # the loop has a turn: what blocks it is the handler, and not the start of a thread
    await bus.publish(Happened())
    await unblocked(recorder)
    blocked = blockages(recorder)[0]
    assert blocked.handler.endswith("quick")
    assert (blocked.file, blocked.line) == ("", 0)  # where our fault sleeps is nobody's line
    assert blocked.sentence.endswith("quick")


def frames_of(*files: str) -> FrameType | None:
    """Return the innermost frame of a stack of functions that seem to stand in these files, outermost first."""
    result: list[FrameType | None] = []
    step: Callable[[], object] = lambda: result.append(sys._getframe())  # noqa: E731
    for file in reversed(files):
        code = compile("def function(step):\n    step()", file, "exec")
        space: dict[str, Any] = {}
        exec(code, space)
        step = partial(space["function"], step)
    asyncio.Handle(step, (), asyncio.get_running_loop())._run()
    inner = result[0]
    assert inner is not None
    return inner.f_back


OURS, ASYNCIO = core.__file__, asyncio.__file__
LIBRARY, OWN = "/venv/lib/python3.12/site-packages/lib.py", "/home/me/shop.py"


@pytest.mark.parametrize(
    ("files", "file"),
    [
        ((OURS,), ""),
        ((OURS, ASYNCIO), ""),
        ((OURS, LIBRARY), ""),
        ((OURS, OWN), OWN),
        ((OWN, OURS), OWN),
        ((OURS, OWN, OURS, LIBRARY), OWN),
    ],
)
async def test_code_of_ours_is_never_blamed(files: tuple[str, ...], file: str) -> None:
    assert _culprit(frames_of(*files)) == ("", "function" if file else "", file, 2 if file else 0)


async def test_a_loop_held_by_no_handler_names_the_function(recorder: Watched, watched: Callable[[], Watchdog]) -> None:
    watched()
    Shop(recorder)._hold()
    await unblocked(recorder)
    blocked = blockages(recorder)[0]
    assert blocked.handler == ""
    assert blocked.function
    assert blocked.line > 0


async def test_a_loop_that_runs_nothing_is_held_by_nobody() -> None:
    """Its process did not get the processor."""
    inside = _waits(sys._getframe())
    frames: list[bool] = []

    class Selector(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> Any:
            frames.append(_waits(sys._getframe()))
            return super().select(timeout)

    other = asyncio.SelectorEventLoop(Selector())
    await asyncio.to_thread(other.run_until_complete, asyncio.sleep(0))
    other.close()
    assert (inside, set(frames)) == (False, {True})


async def test_a_loop_that_answers_is_left_alone(recorder: Watched, watched: Callable[[], Watchdog]) -> None:
    dog = watched()
    await until(lambda: dog.lag)
    assert dog.lag > 0
    if not recorder.told[LoopBlocked].is_set():  # another process may have had the machine for 30 ms
        assert blockages(recorder) == []


async def test_a_loop_that_has_no_processor_is_held_by_nobody(
    recorder: Watched, watched: Callable[[], Watchdog], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine: the clock goes on, and all of it is what the loop's thread has waited for a processor."""
    asked = threading.Semaphore(0)

    def times(task: str) -> tuple[int, int]:
        assert task == f"self/task/{threading.main_thread().native_id}"
        asked.release()
        return 0, time.perf_counter_ns()

    monkeypatch.setattr(watchdog_module, "processor_times", times)
    watched()
    for _ in range(5):  # the loop does not answer meanwhile
        assert asked.acquire(timeout=PATIENCE)
    assert not recorder.told[LoopBlocked].is_set()
    monkeypatch.setattr(watchdog_module, "processor_times", lambda _: (0, 0))
    assert recorder.told[LoopBlocked].wait(PATIENCE)
    await unblocked(recorder)


async def test_stop_ends_the_thread_at_once_even_while_the_loop_is_held(
    recorder: Watched, watched: Callable[[], Watchdog]
) -> None:
    """The loop's own thread stops it: it cannot answer meanwhile."""
    dog = watched()
    assert recorder.told[LoopBlocked].wait(PATIENCE)
    dog.stop()
    assert not dog._watch.is_alive()
    dog.stop()


def test_a_loop_that_was_closed_ends_the_watch(recorder: Watched) -> None:
    loop = asyncio.new_event_loop()
    dog = Watchdog(loop, threading.get_ident(), recorder)
    loop.close()
    dog.start()
    dog._watch.join(PATIENCE)
    assert not dog._watch.is_alive()
    assert blockages(recorder) == []
    assert dog.lag == 0  # nothing waits for an answer any more
