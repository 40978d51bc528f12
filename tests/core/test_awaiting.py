"""Where a handler waits that is given up: from its own line down to the future that does not come."""

from __future__ import annotations

import asyncio
import re
import types
from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest

from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.description import CatalogDescription
from inspector.core.records.capture import Failure, capture_failure, failure_from_json, plain_failure
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import HandlerEnded, to_record
from tests.patience import PATIENCE


@pytest.fixture(autouse=True)
def _given_up(expected_logs: Any) -> None:
    expected_logs("inspector.core.bus", "event_handler_failed")


#: A busy machine may need seconds where the limit is a twentieth of one.
TIMED_OUT = re.compile(r"Timed out( after \d+ s)? and was cancelled")


async def never() -> None:
    await asyncio.get_running_loop().create_future()


async def given_up(handler: Any) -> Failure:
    """Run a handler that does not end, and return what is recorded of it."""
    bus, recorder = InMemoryEventBus(handler_timeout=0.05), Recorder()
    recorder.start(CatalogDescription("tests"))
    bus.observe(recorder)
    bus.subscribe(DomainEvent, handler)
    await asyncio.wait_for(bus.publish(DomainEvent()), PATIENCE)
    ended = [record for row in recorder.drain() if isinstance(record := to_record(row), HandlerEnded)]
    assert [record.status for record in ended] == ["timed_out"]
    return failure_from_json(ended[0].failure)


def places(failure: Failure) -> list[str]:
    return [frame.function.rpartition(".")[2] for frame in failure.frames]


async def test_through_coroutines() -> None:
    async def inner(card: str) -> None:
        await never()

    async def handler(_: DomainEvent) -> None:
        amount = 12
        await inner("4111 1111 1111 1111")
        assert amount

    failure = await given_up(handler)
    assert failure.type == "TimeoutError"
    assert TIMED_OUT.fullmatch(failure.message)
    assert places(failure) == ["handler", "inner", "never"]
    assert all(frame.mine and frame.file == __file__ for frame in failure.frames)
    assert ("amount", "12") in failure.frames[0].locals
    assert "4111" not in str(failure)
    assert any("await never()" in text for _, text in failure.frames[1].source)
    assert failure.origin is failure.frames[-1]


async def test_through_tasks_and_the_last_of_a_gather() -> None:
    async def handler(_: DomainEvent) -> None:
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        over.set_result(None)
        await asyncio.gather(over, asyncio.ensure_future(through_a_task()))

    async def through_a_task() -> None:
        await asyncio.ensure_future(never())

    assert places(await given_up(handler)) == ["handler", "through_a_task", "never"]


async def test_through_generators_of_both_kinds() -> None:
    @types.coroutine
    def old() -> Generator[Any, Any, None]:
        yield from never().__await__()

    async def numbers() -> AsyncIterator[int]:
        await old()
        yield 1

    async def handler(_: DomainEvent) -> None:
        async for _number in numbers():
            pass

    names = places(await given_up(handler))
    assert names[0] == "handler"
    assert names[-1] in ("never", "numbers", "handler")  # what awaits the next value of a generator does not say whose


async def test_a_plain_future_and_a_lock() -> None:
    async def handler(_: DomainEvent) -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        await lock.acquire()

    assert places(await given_up(handler)) == ["handler", "acquire"]


async def test_a_circle_of_tasks_ends() -> None:
    tasks: list[asyncio.Task[None]] = []

    async def other() -> None:
        await asyncio.sleep(0)
        await asyncio.shield(tasks[0])

    async def handler(_: DomainEvent) -> None:
        first: asyncio.Task[None] = asyncio.ensure_future(never())
        tasks.append(first)
        await asyncio.ensure_future(other())

    assert places(await given_up(handler))[:2] == ["handler", "other"]
    tasks[0].cancel()


async def test_an_awaitable_of_ones_own_that_tells_nothing() -> None:
    class Odd:
        def __await__(self) -> Any:
            return never().__await__()

    async def handler(_: DomainEvent) -> None:
        await Odd()

    assert places(await given_up(handler))[0] == "handler"


async def test_variables_that_are_traps_leave_the_message() -> None:
    class Trap(type):
        def __getattribute__(cls, name: str) -> Any:
            raise RuntimeError("trap")

    class Value(metaclass=Trap):
        pass

    async def handler(_: DomainEvent) -> None:
        value = object.__new__(Value)
        await never()
        del value

    assert TIMED_OUT.match((await given_up(handler)).message)


async def test_only_what_waited_says_so() -> None:
    async def handler(_: DomainEvent) -> None:
        await never()

    assert (await given_up(handler)).waited
    assert not failure_from_json(capture_failure(ValueError("no"))).waited
    assert not failure_from_json(plain_failure("TimeoutError", "late")).waited


async def test_what_the_bus_waits_with_itself_is_no_place_of_the_program() -> None:
    """A handler may return what is to be awaited: then the bus awaits it, in a function of its own."""

    def handler(_: DomainEvent) -> Any:
        return asyncio.get_running_loop().create_future()

    failure = await given_up(handler)
    assert TIMED_OUT.fullmatch(failure.message)
    assert places(failure) == []

    class Later:
        def __await__(self) -> Any:
            yield from asyncio.get_running_loop().create_future()

    def other(_: DomainEvent) -> Any:
        return Later()

    failure = await given_up(other)
    assert places(failure) == ["__await__"]
    assert all(frame.mine for frame in failure.frames)
