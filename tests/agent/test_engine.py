"""The engine: what is fired, what comes of it, and how it is told when it cannot be."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inspector.agent.engine import Engine
from inspector.agent.program import CoreProgram
from inspector.core import InMemoryEventBus
from inspector.core.bus.context import FIRE, HANDLER_TIMEOUT
from inspector.core.errors import InspectorError
from inspector.core.faults import FaultRule
from inspector.core.records.host import (
    ActiveFault,
    FaultsSwitched,
    FireRefused,
    FireSettled,
    FireUnsettled,
    HostNoted,
    HostRecord,
    SessionFailed,
)
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import HandlerEnded, HandlerStarted, Published, SessionStarted
from inspector.core.request import FireRequest
from inspector.core.values.snapshot import plain
from inspector.demo import build
from tests.programs import (
    Bench,
    OrderPlaced,
    OrderShipped,
    Shop,
    demo_program,
    engine_of,
    of,
    shop_program,
    until,
)

pytestmark = [
    pytest.mark.allow_log("inspector.core.bus", "event_handler_failed"),
    pytest.mark.allow_log("inspector.demo.events"),
]


def settled(found: list[Any]) -> FireSettled:
    """The last record: every fire ends with it, once."""
    (record,) = of(FireSettled, found)
    assert found[-1] is record
    assert isinstance(record, FireSettled)
    return record


async def test_a_fire_is_recorded_under_its_number_and_settled() -> None:
    async with engine_of(shop_program()) as bench:
        (started,) = of(SessionStarted, bench.records()[:1])
        assert started.program == "shop"
        found = await bench.fire("OrderPlaced", {"number": 7}, metadata={"ip": "192.0.2.1"})
        (published,) = of(Published, found)
        assert (published.event_type, published.fire, published.handlers) == ("OrderPlaced", 1, 1)
        assert plain(published.payload)["number"] == 7
        assert json.loads(published.context) == {"session": True, "metadata": {"ip": "192.0.2.1"}}
        assert (settled(found).fire, settled(found).published) == (1, 1)
        assert FIRE.get() == 0


async def test_several_values_are_published_one_after_another() -> None:
    running: list[int] = []

    async def handler(event: OrderPlaced) -> None:
        running.append(event.number)
        await asyncio.sleep(0)
        assert running[-1] == event.number

    async with engine_of(shop_program(handler)) as bench:
        found = await bench.fire("OrderPlaced", *({"number": number} for number in range(5)))
    assert running == list(range(5))
    assert settled(found).published == 5
    assert [ended.status for ended in of(HandlerEnded, found)] == ["ok"] * 5


async def test_nothing_to_publish_is_settled_too() -> None:
    async with engine_of(shop_program()) as bench:
        await bench.engine.fire(FireRequest("OrderPlaced", (), fire=9))
        record = settled(bench.records())
        assert (record.fire, record.published) == (9, 0)


# What cannot be built


@pytest.mark.parametrize(
    ("event", "values", "said"),
    [
        ("Nothing", {}, "Unknown event Nothing"),
        ("OrderPlaced", {"number": "many"}, "number"),
        ("OrderPlaced", {"colour": "red"}, "colour"),
        ("OrderPlaced", {"number": -1}, "orders count from 0, not -1"),
        ("OrderPlaced", {"number": 999}, "the user's code ends the program"),
    ],
)
async def test_an_event_that_cannot_be_built_is_refused_and_settled(
    event: str, values: dict[str, Any], said: str
) -> None:
    """Also when its own ``__post_init__`` raises, whatever it raises."""
    async with engine_of(shop_program()) as bench:
        bench.records()
        found = await bench.fire(event, values)
        (refused,) = of(FireRefused, found)
        assert said in refused.reason
        assert refused.severity == "error"
        assert refused.fire == 1
        assert (settled(found).fire, settled(found).published) == (1, 0)
        assert of(Published, found) == []


async def test_what_comes_after_a_refused_value_is_not_published() -> None:
    async with engine_of(shop_program()) as bench:
        found = await bench.fire("OrderPlaced", {"number": 1}, {"number": -1}, {"number": 2})
        assert [plain(record.payload)["number"] for record in of(Published, found)] == [1]
        assert settled(found).published == 1


@dataclass(frozen=True, kw_only=True)
class Labelled:
    text: str
    event_id: str = ""
    correlation_id: str = ""

    def __post_init__(self) -> None:
        if self.event_id and not self.event_id.startswith("evt_"):
            raise ValueError("event_id begins with evt_")


def labelled() -> Any:
    bus = InMemoryEventBus()
    bus.subscribe(Labelled, print)  # type: ignore[arg-type, type-var]
    return CoreProgram("labels", bus)


@pytest.mark.parametrize(
    ("values", "optional", "kept"),
    [
        ({"text": "a", "event_id": "1", "correlation_id": "2"}, ("event_id", "correlation_id"), ("", "")),
        ({"text": "a", "event_id": "1", "correlation_id": "2"}, ("event_id",), ("", "2")),
        ({"text": "a", "event_id": 1, "correlation_id": "2"}, ("event_id", "correlation_id"), ("", "2")),
    ],
    ids=["by the whole event", "one of two", "by its type"],
)
async def test_a_value_that_nobody_asked_for_gives_way_to_the_default_where_it_is_refused(
    values: dict[str, Any], optional: tuple[str, ...], kept: tuple[str, str]
) -> None:
    async with engine_of(labelled()) as bench:
        found = await bench.fire("Labelled", values, optional=optional)
        (published,) = of(Published, found)
        payload = plain(published.payload)
        assert (payload["event_id"], payload["correlation_id"]) == kept
        (note,) = of(HostNoted, found)
        names = "event_id" if kept[1] else "event_id, correlation_id"
        assert note.text.startswith(f"Labelled kept the default of {names}: ")
        assert of(FireRefused, found) == []


async def test_a_value_that_was_asked_for_is_refused_with_its_reason() -> None:
    async with engine_of(labelled()) as bench:
        values = {"text": "a", "event_id": "mine", "correlation_id": "2"}
        found = await bench.fire("Labelled", values, optional=("correlation_id",))
        (refused,) = of(FireRefused, found)
        assert "event_id begins with evt_" in refused.reason
        assert of(Published, found) == []


async def test_a_secret_in_the_reason_is_hidden() -> None:
    async with engine_of(shop_program()) as bench:

        def refuse(event: str, values: Any) -> Any:
            raise ValueError("no login with password=canary-7f3a91")

        bench.program.build = refuse  # type: ignore[method-assign]
        (refused,) = of(FireRefused, await bench.fire())
        assert "canary" not in refused.reason
        assert "<redacted:password" in refused.reason


# Database sessions


@pytest.mark.parametrize(
    ("more", "steps"),
    [
        ({}, ["open", "commit"]),
        ({"rollback": True}, ["open", "rollback"]),
        ({"session": False}, []),
    ],
)
async def test_a_publication_has_one_session_that_ends_as_asked(more: dict[str, Any], steps: list[str]) -> None:
    shop, bus, seen = Shop(), InMemoryEventBus(), []

    async def handler(event: OrderPlaced) -> None:
        seen.append(bus.get_session())

    async with engine_of(shop_program(handler, shop=shop, bus=bus)) as bench:
        await bench.fire(**more)
    assert shop.sessions == steps
    assert seen == [shop if steps else None]


async def test_a_program_without_a_database_gives_no_session() -> None:
    async with engine_of(shop_program(database=False)) as bench:
        (published,) = of(Published, await bench.fire())
        assert json.loads(published.context)["session"] is False


@pytest.mark.parametrize(("commits", "rows"), [(True, 1), (False, 0)])
async def test_the_audit_row_is_there_when_the_session_was_committed(tmp_path: Path, commits: bool, rows: int) -> None:
    values = {"email": "ada@example.org", "ip_address": "192.0.2.1", "user_agent": "test"}
    async with engine_of(demo_program(tmp_path / "audit.sqlite")) as bench:
        event = next(one for one in bench.program.catalog().events if one.name == "UserRegistrationAttempted")
        needed = {field.name for field in event.fields if field.required}
        found = await bench.fire(event.name, {name: values[name] for name in needed}, rollback=not commits)
        assert {ended.status for ended in of(HandlerEnded, found)} == {"ok"}
    demo = build(tmp_path / "audit.sqlite", latency=0)
    await demo.start()
    try:
        assert len(await demo.database.audit_trail()) == rows
    finally:
        await demo.close()


async def test_a_commit_that_fails_is_told_and_the_event_counts_as_published() -> None:
    async with engine_of(shop_program(shop=Shop(fail_at="commit"))) as bench:
        found = await bench.fire("OrderPlaced", {}, {})
        one, _ = of(SessionFailed, found)
        assert (one.text, one.severity) == ("Database session failed: OSError: commit failed", "error")
        assert one.fire == 1
        assert settled(found).published == 2
        assert len(of(HandlerEnded, found)) == 2


async def test_a_session_that_cannot_be_opened_ends_the_fire_before_anything_is_published() -> None:
    async with engine_of(shop_program(shop=Shop(fail_at="open"))) as bench:
        found = await bench.fire("OrderPlaced", {}, {})
        assert of(SessionFailed, found) == []
        (refused,) = of(FireRefused, found)
        assert refused.reason == "Database session failed: OSError: open failed"
        assert settled(found).published == 0
        assert of(Published, found) == []


# Settling


async def test_a_fire_settles_when_what_its_handlers_left_behind_has_ended() -> None:
    """A task that outlives its handler and publishes still belongs to the fire."""
    bus, leaked = InMemoryEventBus(), []
    started = asyncio.Event()

    async def publishes() -> None:
        publishing = asyncio.ensure_future(bus.publish(OrderShipped()))
        started.set()
        await publishing

    async def leaks(event: OrderPlaced) -> None:
        leaked.append(asyncio.ensure_future(publishes()))
        await started.wait()

    go = asyncio.Event()

    async def waits(event: OrderShipped) -> None:
        await go.wait()

    bus.subscribe(OrderShipped, waits)
    async with engine_of(shop_program(leaks, bus=bus)) as bench:
        firing = asyncio.ensure_future(bench.fire())
        await until(lambda: leaked and bench.recorder.in_flight(1) == 1)
        assert not firing.done()
        go.set()
        found = await firing
        assert [record.event_type for record in of(Published, found)] == ["OrderPlaced", "OrderShipped"]
        assert {record.fire for record in of(Published, found)} == {1}
        assert settled(found).published == 1
        await asyncio.gather(*leaked)


async def test_what_does_not_end_in_time_is_told_and_left_behind() -> None:
    bus, tasks = InMemoryEventBus(), []
    go, started = asyncio.Event(), asyncio.Event()

    async def waits(event: OrderShipped) -> None:
        started.set()
        await go.wait()

    async def publishes() -> None:
        HANDLER_TIMEOUT.set(None)  # it takes all the time in the world
        await bus.publish(OrderShipped())

    async def leaks(event: OrderPlaced) -> None:
        tasks.append(asyncio.ensure_future(publishes()))
        await started.wait()

    bus.subscribe(OrderShipped, waits)
    async with engine_of(shop_program(leaks, bus=bus)) as bench:
        found = await bench.fire(timeout=0.01)
        assert len(of(FireUnsettled, found)) == 1
        assert settled(found).published == 1
        go.set()
        await asyncio.gather(*tasks)


async def test_handlers_have_the_time_that_the_fire_gives_them() -> None:
    async def hangs(event: OrderPlaced) -> None:
        await asyncio.get_running_loop().create_future()

    async with engine_of(shop_program(hangs)) as bench:
        found = await bench.fire(timeout=0.01)
        assert [ended.status for ended in of(HandlerEnded, found)] == ["timed_out"]
        assert settled(found).published == 1


async def test_two_fires_at_once_keep_apart() -> None:
    gate = {1: asyncio.Event(), 2: asyncio.Event()}

    async def waits(event: OrderPlaced) -> None:
        await gate[event.number].wait()

    async with engine_of(shop_program(waits)) as bench:
        fires = [
            asyncio.ensure_future(bench.engine.fire(FireRequest("OrderPlaced", ({"number": number},), fire=number)))
            for number in (1, 2)
        ]
        for _ in range(5):
            await asyncio.sleep(0)
        gate[2].set()
        await fires[1]
        assert not fires[0].done()
        gate[1].set()
        await fires[0]
        found = bench.records()
        assert [record.fire for record in of(FireSettled, found)] == [2, 1]
        assert [record.fire for record in of(Published, found)] == [1, 2]


async def test_a_fire_that_is_cancelled_is_settled_all_the_same() -> None:
    async def hangs(event: OrderPlaced) -> None:
        await asyncio.get_running_loop().create_future()

    async with engine_of(shop_program(hangs)) as bench:
        firing = asyncio.ensure_future(bench.fire("OrderPlaced", {}, {}))
        await until(lambda: bench.recorder.in_flight(1))
        firing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await firing
        found: list[Any] = []
        await until(lambda: found.extend(bench.records()) or of(FireSettled, found))
        assert [record.published for record in of(FireSettled, found)] == [0]
        assert [ended.status for ended in of(HandlerEnded, found)] == ["cancelled"]


async def test_the_next_publication_waits_while_nobody_takes_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.agent.engine.PACE_ROWS", 10)
    async with engine_of(shop_program()) as bench:
        firing = asyncio.ensure_future(
            bench.engine.fire(FireRequest("OrderPlaced", tuple({"number": n} for n in range(20)), fire=1))
        )
        await until(lambda: bench.recorder.waiting > 10)
        for _ in range(50):
            await asyncio.sleep(0)
        assert bench.recorder.waiting < 30
        found: list[Any] = []
        await until(lambda: found.extend(bench.records()) or firing.done())
        found += bench.records()
        assert len(of(Published, found)) == 20


# Faults


async def test_faults_go_on_and_off_and_both_are_told() -> None:
    async def handler(event: OrderPlaced) -> None:
        await asyncio.sleep(0)

    rule = FaultRule("*handler", "OrderPlaced", "fail")
    async with engine_of(shop_program(handler, faults=(rule,))) as bench:
        bench.records()
        bench.engine.set_faults(True)
        found = await bench.fire()
        assert [
            (one.fault, two.status) for one, two in zip(of(HandlerStarted, found), of(HandlerEnded, found), strict=True)
        ] == [("fail", "failed")]
        (switched,) = of(FaultsSwitched, found)
        assert (switched.sentence, switched.on) == ("Faults on: 1.", True)
        assert switched.rules == (ActiveFault("*handler", "OrderPlaced", "fail"),)
        bench.engine.set_faults(False)
        found = await bench.fire()
        assert [record.fault for record in of(HandlerStarted, found)] == [""]
        (switched,) = of(FaultsSwitched, found)
        assert (switched.on, switched.rules) == (False, ())


# Beginning and end


def logging_state() -> tuple[Any, ...]:
    root = logging.getLogger()
    return root.level, list(root.handlers), list(root.filters), logging.root.manager.disable


async def test_nothing_is_left_behind() -> None:
    shop, bus = Shop(), InMemoryEventBus()
    program = shop_program(shop=shop, bus=bus, faults=(FaultRule("*", "*", "fail"),))
    bus_before, before = vars(bus).copy(), logging_state()
    async with engine_of(program) as bench:
        assert logging_state() != before
        bench.engine.set_faults(True)
        await bench.fire()
    assert logging_state() == before
    assert vars(bus) == bus_before
    assert (shop.started, shop.closed) == (1, 1)
    await bus.publish(OrderPlaced())
    assert of(HostRecord, bench.records()) == []


@pytest.mark.parametrize("step", ["start", "catalog", "attach"])
async def test_a_start_that_fails_leaves_nothing_behind_and_closes_the_program(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, before = Shop(), logging_state()
    program = shop_program(shop=shop)

    def breaks(*arguments: Any) -> Any:
        raise RuntimeError(f"{step} broke")

    async def breaks_later() -> None:
        breaks()

    monkeypatch.setattr(program, step, breaks_later if step == "start" else breaks)
    with pytest.raises(RuntimeError, match=f"{step} broke"):
        await Engine(program, Recorder()).start()
    assert logging_state() == before
    assert shop.closed == 1


async def test_a_recorder_that_breaks_is_told_and_the_handlers_go_on(expected_logs: Callable[..., None]) -> None:
    """Whatever happens to us, the outcome of the user's handlers is the same."""
    expected_logs("inspector.core.bus", "event_bus_observer_removed")
    expected_logs("inspector.agent.engine", "recording stopped")
    ran: list[int] = []

    async def handler(event: OrderPlaced) -> None:
        ran.append(event.number)

    async with engine_of(shop_program(handler)) as bench:

        def breaks(publication: object) -> None:
            raise MemoryError("no room")

        bench.recorder.publication_ended = breaks  # type: ignore[method-assign, assignment]
        found = await bench.fire("OrderPlaced", {"number": 1}, {"number": 2}, timeout=0.01)
        (note,) = of(HostNoted, found)
        assert (note.level, note.text) == ("error", "Recording stopped: MemoryError: no room")
        assert ran == [1, 2]
        assert settled(found).published == 2


async def test_metadata_of_any_kind_does_not_stop_the_recording() -> None:
    class Trap:
        def __str__(self) -> str:
            raise RuntimeError("a trap")

    async with engine_of(shop_program()) as bench:
        metadata: Any = {"trap": Trap(), 3: None}
        (published,) = of(Published, await bench.fire(metadata=metadata))
        assert json.loads(published.context)["metadata"] == {"trap": f"<{__name__}.{Trap.__qualname__}>", "3": "None"}


async def test_every_event_of_the_demo_can_be_fired_at_it(bench_of_the_demo: Bench) -> None:
    from random import Random

    from inspector.catalog.synthetic.synthetic import synthesise

    events = bench_of_the_demo.program.catalog().events
    rng, found = Random(5), []
    for event in events:
        found += await bench_of_the_demo.fire(event.name, synthesise(event, rng))
    assert len(of(Published, found)) == 79
    assert [ended.status for ended in of(HandlerEnded, found)] == ["ok"] * 185
    assert of((FireRefused, SessionFailed, FireUnsettled, HostNoted), found) == []


@pytest.fixture
async def bench_of_the_demo(tmp_path: Path) -> Any:
    async with engine_of(demo_program(tmp_path / "audit.sqlite")) as bench:
        yield bench


async def test_what_the_program_says_is_wrong_is_said_as_it_is() -> None:
    async with engine_of(shop_program()) as bench:

        def refuse(event: str, values: Any) -> Any:
            raise InspectorError("Not today.", "Come back tomorrow.")

        bench.program.build = refuse  # type: ignore[method-assign]
        (refused,) = of(FireRefused, await bench.fire())
        assert (refused.reason, refused.hint) == ("Not today.", "Come back tomorrow.")
