"""What work of a handler raises when nobody looks: tasks, timers, threads, coroutines; and what is not its business."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import sys
import threading
import weakref
from concurrent.futures import Future
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from inspector.agent.effects.leftover import (
    _codes,
    _hooks,
    _MadeBy,
    _Unawaited,
    _UnseenByLoop,
    _UnseenByThread,
    _UnseenInPool,
)
from inspector.agent.effects.log import LogProbe
from inspector.agent.observe.frames import variables_of
from inspector.agent.observe.monitor import MONITOR, Monitor
from inspector.agent.tap.moments import PUBLISHING
from inspector.core.bus.context import CURRENT
from inspector.core.records.capture import capture_failure, failure_from_json

EXECUTION: Any = SimpleNamespace(tag=3)


class Notes:
    """A recorder that keeps what is noted."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, str, dict[str, Any]]] = []
        self.outside: list[str] = []

    def failure(self, error: BaseException) -> Any:
        return failure_from_json(capture_failure(error))

    def note_outside(self, kind: str, level: str, text: str, data: dict[str, Any]) -> None:
        assert (kind, level, data["logger"]) == ("log", "error", "asyncio")
        self.outside.append(text)

    def note_in(self, execution: Any, kind: str, level: str, text: str, data: dict[str, Any]) -> None:
        assert execution is EXECUTION
        self.all.append((kind, level, text, data))


@pytest.fixture
def notes() -> Any:
    return Notes()


@pytest.fixture
def inside() -> Any:
    """Run the test inside an execution."""
    token = CURRENT.set(EXECUTION)
    yield
    CURRENT.reset(token)


def frame_of(context: Any = None, coro: Any = None, thread: Any = None) -> FrameType:
    """Return a frame with these variables, as of a function of the standard library that is just beginning."""
    return sys._getframe()


def ring() -> None:
    """Be what a timer calls."""


def test_what_a_timer_raised_is_noted_with_who_set_it(notes: Any, inside: None) -> None:
    loop = asyncio.new_event_loop()
    timer, callback = loop.call_later(60, ring), loop.call_soon(ring)
    loop.close()
    watch = _UnseenByLoop(notes, _MadeBy())
    for handle in (timer, callback):
        watch.started(
            frame_of(context={"message": "Exception in callback", "exception": OSError("x"), "handle": handle})
        )
    assert [note[2] for note in notes.all] == ["timer ring raised OSError", "callback ring raised OSError"]
    assert {note[0] for note in notes.all} == {"late"}
    assert notes.all[0][3] == {"how": "raised", "exception": "OSError", "message": "x"}


def test_what_a_bus_calls_later_for_a_publication_is_its_own_business(notes: Any, inside: None) -> None:
    context = contextvars.copy_context()
    publication: Any = SimpleNamespace(cause=EXECUTION)
    context.run(PUBLISHING.set, publication)
    loop = asyncio.new_event_loop()
    handle = loop.call_later(60, ring, context=context)
    loop.close()
    _UnseenByLoop(notes, _MadeBy()).started(frame_of(context={"exception": OSError("x"), "handle": handle}))
    assert notes.all == []


def test_other_things_that_a_loop_says_are_not_about_executions(notes: Any) -> None:
    watch = _UnseenByLoop(notes, _MadeBy())
    for context in (None, {"message": "no exception"}, {"exception": OSError(), "future": None}):
        watch.started(frame_of(context=context))
    assert notes.all == []


class _Pan(OSError):
    """What a pool raises."""


def test_a_future_that_nobody_asks_is_noted_with_who_made_it(notes: Any) -> None:
    """In whichever handler, or in none, its end comes."""
    made, loop = _MadeBy(), asyncio.new_event_loop()
    known, unknown = loop.create_future(), loop.create_future()
    loop.close()
    made[known] = EXECUTION, "fry"
    watch = _UnseenByLoop(notes, made)
    other: Any = SimpleNamespace(tag=4)
    token = CURRENT.set(other)
    try:
        for future in (known, unknown):
            message = "Future exception was never retrieved"
            watch.started(frame_of(context={"message": message, "exception": _Pan("hot"), "future": future}))
    finally:
        CURRENT.reset(token)
    assert [note[2] for note in notes.all] == ["future of fry raised _Pan, never retrieved"]
    assert notes.outside == ["future raised _Pan, never retrieved"]


def _of_future(self: Any, exception: Any = None) -> FrameType:
    """Return a frame of a method of a future."""
    return sys._getframe()


@pytest.mark.parametrize("asked", [True, False])
def test_what_a_pool_raised_is_noted_when_it_is_gone_unless_somebody_asked(notes: Any, asked: bool) -> None:
    made = _MadeBy()
    watch, future, error = _UnseenInPool(notes, made), Future[None](), _Pan("hot")
    watch.started(_of_future(future, error))  # nobody's
    made[future] = EXECUTION, "fry"
    watch.started(_of_future(future, error))
    if asked:
        watch.started(_of_future(future))
    assert notes.all == []
    del future
    gc.collect()
    assert [note[2] for note in notes.all] == ([] if asked else ["fry in a pool raised _Pan, never retrieved"])
    # A loop that waits for the pool has a future of its own, which raises the same.
    about = notes.all[0][3] if notes.all else {"how": "raised", "exception": "_Pan", "message": "hot"}
    assert made.of(Future(), error, about) == (EXECUTION, "fry")
    assert made.of(Future(), error, {**about, "message": "cold"}) == (None, "")
    assert made.of(Future(), _Pan("hot"), about) == (None, "")


def test_only_the_newest_exceptions_of_pools_are_remembered() -> None:
    made, errors = _MadeBy(), [_Pan(str(number)) for number in range(300)]
    for error in errors:
        made.failed(error, {}, EXECUTION, "fry")
    assert [id(error) for error in errors[-256:]] == [*made.errors]


def test_variables_that_were_looked_at_are_let_go_of_when_the_program_does() -> None:
    frames, values = [], []

    def work(pan: Any) -> None:
        frames.append(sys._getframe())
        values.append(variables_of(frames[0])["pan"])
        pan = None  # noqa: F841 - as the standard library does, so that nothing holds it

    held = _Pan()
    reference = weakref.ref(held)
    work(held)
    assert values.pop() is held
    del held
    gc.collect()
    assert reference() is None, "the frame is still there"


def test_what_a_thread_raised_is_noted_but_for_its_will_to_end(notes: Any, inside: None) -> None:
    watch, thread = _UnseenByThread(notes), threading.Thread(target=ring, name="stoker")
    watch.started(frame_of(thread=thread))
    for error in (OSError("x"), SystemExit(1)):
        try:
            raise error
        except BaseException:
            watch.started(frame_of(thread=thread))
    ((_, level, text, data),) = notes.all
    assert (level, text, data["how"]) == ("error", "thread stoker raised OSError", "raised")
    assert data["file"] == __file__
    assert len(_hooks()) == 1
    assert _codes(None) == []


async def cook() -> None:
    """Never run."""


def test_a_coroutine_that_nobody_awaits_is_noted_where_it_was_let_go(notes: Any, inside: None) -> None:
    coroutine = cook()
    _Unawaited(notes).started(frame_of(coro=coroutine))
    ((kind, level, text, data),) = notes.all
    assert (kind, level, text) == ("late", "warning", "coroutine cook was never awaited")
    assert (data["how"], data["file"]) == ("never_awaited", __file__)
    coroutine.close()


def test_a_coroutine_of_a_handler_or_of_nobody_is_told_elsewhere(notes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    coroutine, watch = cook(), _Unawaited(notes)
    watch.started(frame_of(coro=coroutine))  # outside of any execution
    token = CURRENT.set(EXECUTION)
    try:
        watch.started(frame_of(coro=None))
        monkeypatch.setitem(MONITOR._watchers, id(cook.__code__), (cook.__code__, ()))
        watch.started(frame_of(coro=coroutine))
    finally:
        CURRENT.reset(token)
        coroutine.close()
    assert notes.all == []


def test_what_asyncio_logs_of_a_task_is_left_to_its_note_where_there_is_one(
    notes: Any, inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = LogProbe(notes)
    told = ("Task", "Future", "_GatheringFuture")
    texts = [*(f"{kind} exception was never retrieved\nfuture: x" for kind in told), "Exception in x"]
    for watches in (True, False):
        monkeypatch.setattr(Monitor, "available", watches)
        for text in texts:
            probe.emit(logging.LogRecord("asyncio", logging.ERROR, __file__, 1, text, (), None))
    assert [note[2] for note in notes.all] == [texts[-1], *texts]
