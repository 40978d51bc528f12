"""Fires at one handler: its siblings are left out, what it publishes goes to all, and the stream says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from inspector.agent.alone import Alone
from inspector.agent.engine import Engine
from inspector.agent.reading.loaded import Target, make_program
from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.bus.context import FIRE
from inspector.core.faults import FaultRule
from inspector.core.records.host import FiredAtHandler, FireRefused, FireSettled, HandlersNotCalled, HostNoted
from inspector.core.records.numbers import FireNumber
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import HandlerEnded, HandlerStarted, Published, Record, to_record
from inspector.core.request import FireRequest
from tests.programs import OrderPlaced, engine_of, of, shop_program

pytestmark = [pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")]


class Desk:
    """Handlers that keep a tally."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def first(self, event: Any) -> None:
        self.calls.append("first")

    async def second(self, event: Any) -> None:
        self.calls.append("second")
        await asyncio.sleep(0)

    def third(self, event: Any) -> None:
        self.calls.append("third")


def key_of(method: str) -> str:
    return f"{__name__}:Desk.{method}"


def handlers_of(found: list[Record]) -> list[str]:
    return [started.handler.rpartition(".")[2] for started in of(HandlerStarted, found)]


# A bus of ours


@pytest.mark.parametrize("method", ["first", "second", "third"])
async def test_one_handler_is_called_without_its_siblings(method: str) -> None:
    desk = Desk()
    async with engine_of(shop_program(desk.first, desk.second, desk.third)) as bench:
        found = await bench.fire("OrderPlaced", only=key_of(method), retry=True)
        assert desk.calls == [method]
        assert handlers_of(found) == [method]
        (published,) = of(Published, found)
        assert published.handlers == 1
        (marked,) = of(FiredAtHandler, found)
        assert (marked.fire, marked.handler, marked.retry) == (1, key_of(method), True)
        assert marked.sentence == f"Retry of Desk.{method}."
        assert found.index(marked) < found.index(published)
        desk.calls.clear()
        await bench.fire("OrderPlaced")
        assert desk.calls == ["first", "second", "third"]


async def test_what_the_one_handler_publishes_goes_to_all_and_so_does_what_runs_beside_it() -> None:
    desk, bus = Desk(), InMemoryEventBus()
    nested: list[str] = []
    ours = asyncio.Event()

    class Nested(DomainEvent):
        pass

    async def publishes(event: OrderPlaced) -> None:
        await ours.wait()
        await bus.publish(Nested())

    async def one(event: Nested) -> None:
        nested.append("one")

    async def two(event: Nested) -> None:
        nested.append("two")

    bus.subscribe(Nested, one)
    bus.subscribe(Nested, two)
    async with engine_of(shop_program(publishes, desk.first, bus=bus)) as bench:
        key = next(subscription.key for subscription in bus.subscriptions() if subscription.name == "publishes")
        retried = asyncio.create_task(bench.fire("OrderPlaced", only=key))
        await asyncio.sleep(0)
        meanwhile = asyncio.create_task(bus.publish(OrderPlaced()))  # the program goes on
        await asyncio.sleep(0)
        ours.set()
        await asyncio.gather(retried, meanwhile)
    assert nested == ["one", "two"] * 2
    assert desk.calls == ["first"]


async def test_two_fires_at_once_each_call_their_own() -> None:
    desk = Desk()
    async with engine_of(shop_program(desk.first, desk.second, desk.third)) as bench:
        await asyncio.gather(
            bench.fire("OrderPlaced", {}, {}, only=key_of("first")),
            bench.fire("OrderPlaced", {}, only=key_of("third")),
            bench.fire("OrderPlaced"),
        )
    assert sorted(desk.calls) == ["first"] * 3 + ["second"] + ["third"] * 2


async def test_faults_that_are_on_strike_the_one_handler_too() -> None:
    desk = Desk()
    async with engine_of(shop_program(desk.first, desk.third)) as bench:
        bench.engine.set_fault_rules([FaultRule("Desk.*", "*", "fail")])
        found = await bench.fire("OrderPlaced", only=key_of("third"))
        (ended,) = of(HandlerEnded, found)
        assert ended.status == "failed"
        bench.engine.set_fault_rules([])
        (ended,) = of(HandlerEnded, await bench.fire("OrderPlaced", only=key_of("third")))
        assert ended.status == "ok"


async def test_a_handler_that_is_not_subscribed_is_refused_and_nobody_is_called() -> None:
    desk = Desk()
    async with engine_of(shop_program(desk.first)) as bench:
        found = await bench.fire("OrderPlaced", only=key_of("second"))
        (refused,) = of(FireRefused, found)
        assert refused.reason == "Desk.second does not receive this OrderPlaced."
        assert isinstance(found[-1], FireSettled)
    assert desk.calls == []


async def test_an_event_that_cannot_be_built_says_only_that() -> None:
    async with engine_of(shop_program(Desk().first)) as bench:
        found = await bench.fire("OrderPlaced", {"colour": "red"}, only=key_of("first"))
        (refused,) = of(FireRefused, found)
        assert "colour" in refused.reason


def test_an_older_copy_of_our_bus_is_asked_at_each_call() -> None:
    alone = Alone()
    alone.fires[4] = "desk:first"

    class OldPublication:
        cause = None

    token = FIRE.set(4)
    assert alone.leaves_out(OldPublication(), "desk:second")
    assert not alone.leaves_out(OldPublication(), "desk:first")
    assert alone.subscribed == {4}
    FIRE.reset(token)


# Buses that are not ours


@dataclass
class Parcel:
    number: int = 0


class Depot:
    """A bus of somebody else's."""

    def __init__(self) -> None:
        self.handlers: dict[type[Any], list[Callable[[Any], Any]]] = {}

    def on(self, kind: type[Any], handler: Callable[[Any], Any]) -> None:
        self.handlers.setdefault(kind, []).append(handler)

    async def publish(self, event: Any) -> None:
        for handler in tuple(self.handlers.get(type(event), ())):
            result = handler(event)
            if result is not None:
                await result


@pytest.fixture
def depot() -> tuple[Depot, Desk]:
    depot, desk = Depot(), Desk()
    for handler in (desk.first, desk.second, desk.third):
        depot.on(Parcel, handler)
    return depot, desk


async def fired(value: Any, *requests: FireRequest) -> list[list[Record]]:
    """Fire at a bus that is not ours; what came of each fire."""
    program = make_program("depot", [Target("depot:bus", value)])
    recorder = Recorder()
    engine = Engine(program, recorder)
    await engine.start()
    found = []
    try:
        for number, request in enumerate(requests, 1):
            recorder.drain()
            await asyncio.create_task(engine.fire(request.numbered(FireNumber(number))))
            found.append([to_record(row) for row in recorder.drain()])
    finally:
        await engine.close()
    return found


@pytest.mark.parametrize("method", ["first", "second", "third"])
async def test_siblings_on_another_bus_are_left_out_and_not_recorded(depot: tuple[Depot, Desk], method: str) -> None:
    bus, desk = depot
    before = {kind: list(handlers) for kind, handlers in bus.handlers.items()}
    usual, alone, again = await fired(
        bus, FireRequest("Parcel"), FireRequest("Parcel", only=key_of(method), retry=True), FireRequest("Parcel")
    )
    assert desk.calls == ["first", "second", "third", method, "first", "second", "third"]
    assert handlers_of(usual) == handlers_of(again) == ["first", "second", "third"]
    assert handlers_of(alone) == [method]
    assert of(HandlersNotCalled, alone) == of(FireRefused, alone) == of(HostNoted, alone) == []
    assert [ended.status for ended in of(HandlerEnded, alone)] == ["ok"]
    assert of(Published, alone)[0].handlers == 1
    assert bus.handlers == before


async def test_one_that_is_not_subscribed_on_another_bus_is_refused(depot: tuple[Depot, Desk]) -> None:
    bus, desk = depot
    bus.handlers[Parcel].pop()
    (found,) = await fired(bus, FireRequest("Parcel", only=key_of("third")))
    assert desk.calls == []
    (refused,) = of(FireRefused, found)
    assert refused.reason == "Desk.third does not receive this Parcel."


async def test_what_a_handler_publishes_on_another_bus_goes_to_all(depot: tuple[Depot, Desk]) -> None:
    bus, desk = depot

    @dataclass
    class Label:
        number: int = 0

    async def prints(event: Label) -> None:
        await bus.publish(Parcel(event.number))

    bus.on(Label, prints)
    bus.on(Label, desk.first)
    handlers = make_program("depot", [Target("depot:bus", bus)]).catalog().handlers
    key = next(handler.key for handler in handlers if handler.method == "prints")
    (found,) = await fired(bus, FireRequest("Label", only=key))
    assert desk.calls == ["first", "second", "third"]
    assert handlers_of(found) == ["prints", "first", "second", "third"]


async def test_a_generator_stands_around_others_and_is_named_where_it_is_called_too(depot: tuple[Depot, Desk]) -> None:
    _, desk = depot

    def around(event: Parcel) -> Any:
        desk.calls.append("around")
        yield

    class Hooks(Depot):
        async def publish(self, event: Any) -> None:
            for handler in tuple(self.handlers.get(type(event), ())):
                result = handler(event)
                if result is not None:
                    next(result)

    hooks = Hooks()
    hooks.on(Parcel, around)
    hooks.on(Parcel, desk.third)
    (found,) = await fired(hooks, FireRequest("Parcel", only=key_of("third")))
    assert desk.calls == ["around", "third"]
    (note,) = of(HostNoted, found)
    assert note.level == "warning"
    assert "Parcel also called " in note.text
    assert "around: these handlers could not be left out." in note.text
