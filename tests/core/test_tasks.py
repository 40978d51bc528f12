"""A handler is in a task of its own, from its first line to its end, although nearly none is made."""

from __future__ import annotations

import asyncio
import json
import subprocess
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.bus.tasks import HandlerTask, UnmadeTask
from tests.agent.observe.test_observe import OBSERVED
from tests.core import task_shapes
from tests.patience import PATIENCE


async def test_what_handlers_do_with_tasks_goes_as_in_a_task_of_their_own(expected_logs: Any) -> None:
    expected_logs("inspector.core.bus", "event_handler_failed")
    assert await task_shapes.differences(InMemoryEventBus, DomainEvent()) == {}


@pytest.mark.parametrize("version", [version for version in OBSERVED if version != "libraries"] or [None])
def test_it_does_so_on_newer_pythons(version: str | None) -> None:
    if version is None:
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    program = Path(task_shapes.__file__)
    package = Path(__file__).parents[2]
    ran = subprocess.run(
        [OBSERVED[version], "-W", "error", str(program), str(package)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.stderr, json.loads(ran.stdout)) == ("", {})


async def test_handlers_that_take_their_task_have_different_ones() -> None:
    bus, tasks = InMemoryEventBus(), []
    for _ in range(5):
        bus.subscribe(DomainEvent, lambda _: tasks.append(asyncio.current_task()))
    before = asyncio.current_task()
    await bus.publish(DomainEvent())
    assert len(set(map(id, tasks))) == 5
    assert before not in tasks
    assert asyncio.current_task() is before
    assert {type(task) for task in tasks} == {UnmadeTask}
    assert not tasks[0].done()  # asked, it becomes a task, and has its turn
    assert type(tasks[0]) is HandlerTask
    await asyncio.wait(tasks)
    assert all(task.done() and not task.cancelled() for task in tasks)


async def test_what_is_kept_under_a_task_is_found_under_that_one_alone() -> None:
    bus, found = InMemoryEventBus(), []
    kept: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    async def handle(_: DomainEvent) -> None:
        found.append(asyncio.current_task() in kept)
        kept[asyncio.current_task()] = 1

    for _ in range(3):
        bus.subscribe(DomainEvent, handle)
    await bus.publish(DomainEvent())
    await bus.publish(DomainEvent())
    assert found == [False] * 6


async def test_a_task_that_was_made_before_its_handler_waits_goes_on_with_it() -> None:
    bus, tasks, done = InMemoryEventBus(), [], []

    async def handle(_: DomainEvent) -> None:
        task = asyncio.current_task()
        assert task is not None
        bound = task.cancelling  # of the class that it has now
        tasks.append(task)
        assert task.cancelling() == 0
        await asyncio.sleep(0)
        assert bound() == 0
        assert asyncio.current_task() is task
        done.append(True)

    bus.subscribe(DomainEvent, handle)
    await bus.publish(DomainEvent())
    assert done == [True]
    assert tasks[0].get_name() == "handle"


async def test_outside_a_task_there_is_none_afterwards() -> None:
    """A publish that is driven by hand, as by a loop of another kind."""
    bus, tasks = InMemoryEventBus(), []
    bus.subscribe(DomainEvent, lambda _: tasks.append(asyncio.current_task()))

    def drive() -> None:
        publish = bus.publish(DomainEvent())
        with suppress(StopIteration):  # it may give the loop a turn before
            while True:
                publish.send(None)
        tasks.append(asyncio.current_task())

    asyncio.get_running_loop().call_soon(drive)
    await asyncio.sleep(0)
    assert isinstance(tasks[0], asyncio.Task)
    assert tasks[1] is None


async def test_who_only_publishes_gives_the_loop_a_turn() -> None:
    bus, turns = InMemoryEventBus(), []
    bus.subscribe(DomainEvent, lambda _: None)
    loop = asyncio.get_running_loop()
    loop.call_soon(turns.append, 1)
    for _ in range(200_000):
        await bus.publish(DomainEvent())
        if turns:
            break
    assert turns == [1]


async def test_nested_publishes_do_not_fill_the_stack() -> None:
    bus, numbers = InMemoryEventBus(), []

    async def handle(_: DomainEvent) -> None:
        numbers.append(len(numbers))
        if len(numbers) < 60:
            await bus.publish(DomainEvent())

    bus.subscribe(DomainEvent, handle)

    async def deep(left: int) -> None:
        await (deep(left - 1) if left else bus.publish(DomainEvent()))

    await deep(100)
    assert len(numbers) == 60
