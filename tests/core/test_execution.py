"""Executions and publications while they happen; what the bus promises of them is in test_bus.py."""

from __future__ import annotations

import asyncio
import gc
import io
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.bus.context import CURRENT
from inspector.core.bus.execution import DONE, Execution, Subscription
from inspector.core.bus.publication import Publication
from inspector.core.records import awaiting
from inspector.core.records.awaiting import find_waiting

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


@pytest.fixture(autouse=True)
def context() -> Iterator[None]:
    """An execution that is stepped by hand sets the context of the test; it must not reach the next one."""
    token = CURRENT.set(None)
    yield
    CURRENT.reset(token)


class Happened(DomainEvent):
    pass


class Keeper:
    """An observer that keeps the executions themselves."""

    def __init__(self) -> None:
        self.executions: list[Execution] = []
        self.publications: list[Publication] = []
        self.late: list[tuple[Execution, BaseException | None]] = []

    def publication_started(self, publication: Publication) -> None:
        self.publications.append(publication)

    def execution_started(self, execution: Execution) -> None:
        self.executions.append(execution)

    def execution_late(self, execution: Execution, error: BaseException | None) -> None:
        self.late.append((execution, error))

    def execution_ended(self, execution: Execution) -> None:
        pass

    publication_ended = publication_refused = execution_ended


@pytest.fixture
def bus() -> InMemoryEventBus:
    return InMemoryEventBus()


@pytest.fixture
def keeper(bus: InMemoryEventBus) -> Keeper:
    keeper = Keeper()
    bus.observe(keeper)
    return keeper


def test_a_handler_is_described_once() -> None:
    subscription = Subscription(Happened, print)
    assert subscription.description is subscription.description
    assert (subscription.key, subscription.name) == ("builtins:print", "print")


async def test_the_stack_of_a_waiting_handler_can_be_printed(bus: InMemoryEventBus, keeper: Keeper) -> None:
    """``Task.print_stack`` and debuggers look at ``cr_frame``; they find the handler, not the bus."""
    go = asyncio.Event()

    async def waits(event: Happened) -> None:
        await go.wait()

    bus.subscribe(Happened, waits)
    bus.subscribe(Happened, waits)
    publishing = asyncio.ensure_future(bus.publish(Happened()))
    for _ in range(3):
        await asyncio.sleep(0)
    for execution in keeper.executions:
        written = io.StringIO()
        assert execution.task is not None
        execution.task.print_stack(file=written)
        assert "in waits" in written.getvalue()
        assert execution.cr_code is waits.__code__
        assert execution.cr_frame.f_code is waits.__code__
        assert not execution.cr_running
        assert execution.cr_await is not None
    go.set()
    await publishing


async def test_before_and_after_it_runs_an_execution_has_no_frame(bus: InMemoryEventBus, keeper: Keeper) -> None:
    seen: list[Any] = []

    async def handle(event: Happened) -> None:
        execution = CURRENT.get()
        assert execution is not None
        seen.append((execution.cr_running, execution.status, execution.age() > 0))

    bus.subscribe(Happened, handle)
    await bus.publish(Happened())
    (execution,) = keeper.executions
    assert seen == [(True, "running", True)]
    assert (execution.status, execution.cr_running, execution.cr_frame) == ("ok", False, None)
    assert execution.started <= execution.ended
    assert 0 < execution.on_loop <= execution.ended - execution.started
    fresh = Execution(execution.publication, execution.subscription)
    assert (fresh.age(), fresh.cr_frame, fresh.status) == (0.0, None, "running")


async def test_a_publication_that_has_ended_lets_go_of_everything(bus: InMemoryEventBus, keeper: Keeper) -> None:
    class Session:
        pass

    bus.subscribe(Happened, lambda event: None)
    session: Any = Session()
    reference = weakref.ref(session)
    await bus.publish(Happened(), session=session, metadata={"a": "b"})
    (publication,) = keeper.publications
    assert publication.closed
    assert (publication.session, publication.metadata, publication.cause, publication.executions) == (
        None,
        None,
        None,
        (),
    )
    del session
    gc.collect()
    assert reference() is None


async def test_the_first_end_counts_and_the_second_is_late(keeper: Keeper) -> None:
    bus = InMemoryEventBus(handler_timeout=0.01)
    bus.observe(keeper)
    release = asyncio.Event()

    async def stubborn(event: Happened) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        raise ValueError("after all")

    bus.subscribe(Happened, stubborn)
    await bus.publish(Happened())
    (execution,) = keeper.executions
    ended = execution.ended
    assert execution.status == "timed_out"
    release.set()
    await asyncio.wait([execution.task])
    assert (execution.status, execution.ended) == ("timed_out", ended)
    assert [(one, type(error)) for one, error in keeper.late] == [(execution, ValueError)]


@pytest.mark.parametrize("result", [None, 5])
async def test_what_has_waited_goes_without_the_collector(bus: InMemoryEventBus, result: Any) -> None:
    """A program that publishes much would have the collector look for it again and again."""
    held: list[weakref.ref[Any]] = []

    async def waits(event: Happened) -> Any:
        execution = CURRENT.get()
        held.extend(weakref.ref(one) for one in (execution, asyncio.current_task()))
        for _ in range(3):
            await asyncio.sleep(0)
        return result

    bus.subscribe(Happened, waits)
    bus.subscribe(Happened, waits)
    gc.collect()
    gc.disable()
    try:
        await bus.publish(Happened())
        await asyncio.sleep(0)  # the loop lets go of what it ran last
    finally:
        gc.enable()
    assert len(held) == 4
    assert [one() for one in held] == [None] * 4


async def test_no_execution_needs_a_dict_of_its_own(bus: InMemoryEventBus, keeper: Keeper) -> None:
    """However many handlers came before that did not wait: Python lays out a class by its first objects."""
    go = asyncio.Event()
    for _ in range(50):
        bus.subscribe(Happened, lambda _: None)
    for wait in (lambda _: asyncio.sleep(0), lambda _: go.wait()):
        bus.subscribe(Happened, wait)
    asyncio.get_running_loop().call_later(0, go.set)
    await bus.publish(Happened())
    assert len(keeper.executions) == 52
    held = [type(part) for one in (*keeper.executions, *keeper.publications) for part in gc.get_referents(one)]
    assert Publication in held
    assert dict not in held


async def test_a_handler_goes_on_after_each_of_its_cancellations(bus: InMemoryEventBus, keeper: Keeper) -> None:
    steps: list[str] = []

    async def insists(event: Happened) -> None:
        for number in range(3):
            try:
                await (asyncio.sleep(0) if number else asyncio.get_running_loop().create_future())
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                steps.append(f"cancelled {number}")
                await asyncio.sleep(0)
                steps.append(f"goes on {number}")

    bus.subscribe(Happened, insists)
    publishing = asyncio.ensure_future(bus.publish(Happened()))
    while len(steps) < 6:
        await asyncio.sleep(0)
        if keeper.executions and keeper.executions[0].task is not None and len(steps) % 2 == 0:
            keeper.executions[0].task.cancel()
    await publishing
    assert steps == [f"{word} {number}" for number in range(3) for word in ("cancelled", "goes on")]
    assert keeper.executions[0].status == "ok"
    assert keeper.executions[0].on_loop > 0


async def test_an_error_is_only_there_while_observers_are_told(bus: InMemoryEventBus, keeper: Keeper) -> None:
    told: list[Any] = []

    class Sees(Keeper):
        def execution_ended(self, execution: Execution) -> None:
            told.append(type(execution.error))

    def fails(event: Happened) -> None:
        raise ValueError("no")

    bus.observe(Sees())
    bus.subscribe(Happened, fails)
    await bus.publish(Happened())
    assert told == [ValueError]
    assert keeper.executions[0].error is None


async def test_a_handler_that_awaits_in_its_cleanup_is_cancelled_properly(
    bus: InMemoryEventBus, keeper: Keeper
) -> None:
    steps: list[str] = []

    async def tidy(event: Happened) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(0)
            steps.append("tidied")

    bus.subscribe(Happened, tidy)
    publishing = asyncio.ensure_future(bus.publish(Happened()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    assert steps == ["tidied"]
    assert keeper.executions[0].status == "cancelled"


def test_a_loop_that_goes_away_under_a_handler_leaves_no_warning(bus: InMemoryEventBus) -> None:
    """Its ``finally`` runs when the coroutine is closed; warnings are errors in these tests."""
    steps: list[str] = []

    async def waits(event: Happened) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            steps.append("closed")

    bus.subscribe(Happened, waits)
    bus.subscribe(Happened, waits)
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(bus.publish(Happened()))]
    for _ in range(4):
        loop.call_soon(loop.stop)
        loop.run_forever()
    tasks += asyncio.all_tasks(loop)
    loop.close()
    for task in tasks:
        task._log_destroy_pending = False  # that it was left behind is what is tested
        task.get_coro().close()  # type: ignore[union-attr]
    assert steps == ["closed", "closed"]


def steps_of(handler: Callable[[Any], Any]) -> tuple[Execution, asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    bus = InMemoryEventBus()
    subscription = Subscription(Happened, handler)
    publication = Publication(bus, Happened(), None, None, None, (subscription,))
    publication.latch = loop.create_future()
    publication.waiting = 1
    execution = Execution(publication, subscription)
    execution.task = asyncio.Task(asyncio.sleep(0), loop=loop)
    return execution, loop


def close(execution: Execution, loop: asyncio.AbstractEventLoop) -> None:
    assert execution.task is not None
    loop.run_until_complete(execution.task)
    loop.close()


class Thing:
    """An awaitable that gives back what is sent."""

    def __await__(self) -> Iterator[Any]:
        self.got = yield "waiting"


def test_it_is_a_coroutine_like_any_other() -> None:
    thing = Thing()

    async def handler(event: Happened) -> None:
        await thing

    execution, loop = steps_of(handler)
    assert execution.send(None) == "waiting"
    with pytest.raises(StopIteration):
        execution.send(None)
    assert execution.status == "ok"
    assert execution.publication.latch.done()
    close(execution, loop)


@pytest.mark.parametrize(
    "arguments",
    [(ValueError("no"),), (ValueError, ValueError("no")), (ValueError, ValueError("no"), None), (ValueError,)],
)
def test_both_signatures_of_throw(arguments: tuple[Any, ...]) -> None:
    async def handler(event: Happened) -> None:
        await Thing()

    execution, loop = steps_of(handler)
    execution.send(None)
    with pytest.raises(StopIteration):
        execution.throw(*arguments)
    assert execution.status == "failed"
    close(execution, loop)


def test_a_handler_given_up_before_its_first_turn_is_never_called() -> None:
    called: list[object] = []
    execution, loop = steps_of(called.append)
    execution.finish("cancelled", None)
    assert execution.step(None) is DONE
    assert called == []
    close(execution, loop)


async def test_who_waits_is_found_by_its_frame_however_deep_and_nobody_else_is() -> None:
    frames = []

    async def inner() -> None:
        frames.append(sys._getframe())
        await asyncio.Event().wait()

    async def outer() -> None:
        await inner()

    def plain() -> None:
        frames.append(sys._getframe())

    task = asyncio.ensure_future(outer())
    await asyncio.sleep(0)
    plain()
    coroutine, found_in = find_waiting(frames[0])
    assert (coroutine.__name__, found_in) == ("inner", task)
    assert find_waiting(frames[1]) == (None, None)
    assert await asyncio.to_thread(find_waiting, frames[0]) == (None, None)
    awaiting._LOOKED.since, awaiting._LOOKED.tasks = time.monotonic_ns() + 10**12, 10_000  # no more in this second
    assert find_waiting(frames[0]) == (None, None)
    awaiting._LOOKED.since = 0
    assert find_waiting(frames[0])[1] is task
    task.cancel()
    await asyncio.wait([task])
