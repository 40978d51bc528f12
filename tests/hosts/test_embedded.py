"""The embedded host: a bus on a thread of its own, that can be stopped whatever its handlers do."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from inspector.agent import server
from inspector.agent.process import watchdog
from inspector.agent.program import CoreProgram
from inspector.analysis.journal import Journal
from inspector.core import InMemoryEventBus
from inspector.core.errors import InspectorError
from inspector.core.faults import FaultRule
from inspector.core.records.host import (
    FaultsSwitched,
    FireSettled,
    LoopBlocked,
    LoopUnblocked,
    ProbesSwitched,
    ProcessEnded,
    RecordingPaused,
    RecordingResumed,
)
from inspector.core.records.records import (
    HandlerEnded,
    HandlerStarted,
    Noted,
    Published,
    Record,
    SessionStarted,
    to_record,
)
from inspector.core.request import FireRequest
from inspector.hosts import embedded
from inspector.hosts.embedded import EmbeddedHost
from tests.patience import PATIENCE
from tests.programs import OrderPlaced, Shop, of, shop_program

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


class Watched:
    """A host whose records are read as they come."""

    def __init__(self, host: EmbeddedHost) -> None:
        self.host = host
        self.records: list[Record] = []
        self.journal = Journal()
        self.ended = False
        self._news = asyncio.Event()

    async def read(self) -> None:
        async for batch in self.host.stream.read():
            self.journal.fold(batch)
            self.records += [to_record(row) for row in batch.rows]
            self._news.set()
        self.ended = True
        self._news.set()

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait until the records say so."""
        async with asyncio.timeout(PATIENCE):
            while not happened():
                self._news.clear()
                await self._news.wait()

    async def settled(self, fire: int) -> int:
        """Wait for the end of a fire; gives how often its event was published."""

        def ends() -> list[FireSettled]:
            return [record for record in of(FireSettled, self.records) if record.fire == fire]

        await self.until(ends)
        return ends()[0].published


@asynccontextmanager
async def watching(host: EmbeddedHost) -> AsyncIterator[Watched]:
    """Read the host's stream; the host is stopped in the end."""
    watched = Watched(host)
    reader, pump = asyncio.create_task(watched.read()), asyncio.create_task(host.stream.pump())
    await asyncio.sleep(0)
    try:
        yield watched
    finally:
        await host.stop()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(reader, pump)


@asynccontextmanager
async def running(make_program: Callable[[], CoreProgram], **more: Any) -> AsyncIterator[Watched]:
    host = EmbeddedHost(make_program, **more)
    async with watching(host) as watched:
        await host.start()
        yield watched


@pytest.fixture(autouse=True)
def nothing_left() -> Any:
    """No thread, and nothing of logging and interpreter, is other than before; a test may say which thread stays."""
    root = logging.getLogger()
    before = sys.getswitchinterval(), root.level, list(root.handlers)
    left: list[str] = []
    yield left
    assert (sys.getswitchinterval(), root.level, list(root.handlers)) == before
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("inspector-")]
    assert names == left


# Running


async def test_what_is_fired_comes_back_as_records_and_nowhere_else() -> None:
    async with running(shop_program, seed=7) as watched:
        host = watched.host
        assert host.running
        assert host.fire(FireRequest("OrderPlaced", [{"number": 1}, {"number": 2}], metadata={"a": "b"})) == 1
        assert host.fire(FireRequest("OrderPlaced", [{"number": 3}], session=False)) == 2
        assert await watched.settled(1) == 2
        assert await watched.settled(2) == 1
    started = watched.records[0]
    assert isinstance(started, SessionStarted)
    assert (started.program, started.seed) == ("shop", 7)
    assert sorted(record.fire for record in of(Published, watched.records)) == [1, 1, 2]
    assert watched.ended


async def test_handlers_run_on_a_thread_of_their_own_with_a_loop_of_their_own() -> None:
    seen: list[Any] = []

    async def handler(event: OrderPlaced) -> None:
        seen.append((threading.current_thread().name, asyncio.get_running_loop()))

    async with running(lambda: shop_program(handler)) as watched:
        await watched.settled(watched.host.fire(FireRequest("OrderPlaced", [{}])))
    ((name, loop),) = seen
    assert name == "inspector-bus"
    assert loop is not asyncio.get_running_loop()


async def test_the_program_is_made_on_that_thread_too() -> None:
    names: list[str] = []

    def make() -> CoreProgram:
        names.append(threading.current_thread().name)
        return shop_program()

    async with running(make):
        pass
    assert names == ["inspector-bus"]


async def test_faults_are_switched_by_a_verb_and_told_by_a_record() -> None:
    async def handler(event: OrderPlaced) -> None:
        await asyncio.sleep(0)

    program = shop_program(handler, faults=(FaultRule("*", "OrderPlaced", "fail"),))
    async with running(lambda: program) as watched:
        host = watched.host
        for on in (True, False):
            host.set_faults(on)
            assert host.faults is on
            await watched.settled(host.fire(FireRequest("OrderPlaced", [{}])))
    assert [record.fault for record in of(HandlerStarted, watched.records)] == ["fail", ""]
    assert [record.status for record in of(HandlerEnded, watched.records)] == ["failed", "ok"]
    assert [record.on for record in of(FaultsSwitched, watched.records)] == [True, False]


async def test_while_recording_is_off_events_pass_unseen_and_fires_settle_all_the_same() -> None:
    ran: list[int] = []

    async def handler(event: OrderPlaced) -> None:
        ran.append(event.number)

    async with running(lambda: shop_program(handler)) as watched:
        host = watched.host
        for number, on in enumerate((True, False, True)):
            host.set_recording(on)
            assert host.recording is on
            assert await watched.settled(host.fire(FireRequest("OrderPlaced", [{"number": number}]))) == 1
    assert ran == [0, 1, 2]
    assert [record.fire for record in of(Published, watched.records)] == [1, 3]
    switches = of((RecordingPaused, RecordingResumed), watched.records)
    assert list(map(type, switches)) == [RecordingPaused, RecordingResumed]


async def test_a_blocked_loop_is_told_while_it_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The note comes although the loop that runs the handler cannot do anything."""
    monkeypatch.setattr(watchdog, "INTERVAL", 0.005)
    monkeypatch.setattr(watchdog, "IDLE_INTERVAL", 0.005)
    monkeypatch.setattr(watchdog, "BLOCKED", 0.03)
    release = threading.Event()

    def blocks(event: OrderPlaced) -> None:
        assert release.wait(PATIENCE)

    def blocked() -> list[LoopBlocked]:  # a busy machine may hold others
        return [note for note in of(LoopBlocked, watched.records) if note.handler.endswith("blocks")]

    async with running(lambda: shop_program(blocks)) as watched:
        fire = watched.host.fire(FireRequest("OrderPlaced", [{}]))
        try:
            await watched.until(blocked)
            assert of(HandlerStarted, watched.records)
            assert not of(HandlerEnded, watched.records)
        finally:
            release.set()
        await watched.settled(fire)
        await watched.until(lambda: of(LoopUnblocked, watched.records))
    assert (blocked()[0].file, blocked()[0].line) == (__file__, blocks.__code__.co_firstlineno + 1)
    assert watched.host.lag > 0


async def test_all_tasks_are_told_down_to_the_future_and_a_blocked_loop_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, holds, release = asyncio.Event(), threading.Event(), threading.Event()

    async def waits(event: OrderPlaced) -> None:
        await gate.wait()
        holds.set()
        assert release.wait(PATIENCE)

    async with running(lambda: shop_program(waits)) as watched:
        fire = watched.host.fire(FireRequest("OrderPlaced", [{}]))
        await watched.until(lambda: of(HandlerStarted, watched.records))
        dump = await watched.host.dump_tasks()
        (task,) = dump.tasks  # those of ours are no business of it
        assert (task.handler.rpartition(".")[2], task.event, task.execution) == ("waits", "OrderPlaced", 1)
        assert [step.function.rpartition(".")[2] for step in task.steps] == ["waits", "wait"]
        assert (task.steps[0].line, task.waits_for) == (waits.__code__.co_firstlineno + 1, "Future")
        watched.host._server.run(gate.set)
        await asyncio.to_thread(holds.wait, PATIENCE)
        monkeypatch.setattr(embedded, "ANSWER_TIME", 0.05)
        with pytest.raises(InspectorError, match="is blocked"):
            await watched.host.dump_tasks()
        release.set()
        await watched.settled(fire)
    with pytest.raises(InspectorError):
        await watched.host.dump_tasks()


# What the user's code does to the host


async def test_a_handler_that_cancels_every_task_ends_the_fires_not_the_host() -> None:
    async def waits(event: OrderPlaced) -> None:
        await asyncio.get_running_loop().create_future()

    async def cancel_all(event: OrderPlaced) -> None:
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async with running(lambda: shop_program(waits, cancel_all)) as watched:
        host = watched.host
        await watched.settled(host.fire(FireRequest("OrderPlaced", [{}])))
        await watched.settled(host.fire(FireRequest("OrderPlaced", [{}])))
        assert host.running
    statuses = [record.status for record in of(HandlerEnded, watched.records)]
    assert statuses.count("cancelled") >= 2


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
async def test_a_task_that_ends_the_loop_ends_the_host_and_it_is_told(error: type[BaseException]) -> None:
    """asyncio lets these through: out of a task that a handler has left behind."""

    async def ends() -> None:
        raise error("from a task")

    async def leaks(event: OrderPlaced) -> None:
        task = asyncio.ensure_future(ends())
        task.add_done_callback(lambda done: done.exception())
        await asyncio.get_running_loop().create_future()

    async with running(lambda: shop_program(leaks)) as watched:
        host = watched.host
        fire = host.fire(FireRequest("OrderPlaced", [{}]))
        assert await watched.settled(fire) == 0
        await watched.until(lambda: of(ProcessEnded, watched.records))
        (ended,) = of(ProcessEnded, watched.records)
        assert ended.error == error.__name__
        assert (ended.severity, ended.text) == ("error", f"The event loop was ended by {error.__name__}: from a task")
        assert not host.running
        with pytest.raises(InspectorError, match="No program is running"):
            host.fire(FireRequest("OrderPlaced", [{}]))
    assert [record.status for record in of(HandlerEnded, watched.records)] == ["cancelled"]


# Stopping


async def test_stop_lets_what_is_under_way_finish() -> None:
    started, go = threading.Event(), threading.Event()

    async def waits(event: OrderPlaced) -> None:
        started.set()
        while not go.is_set():  # noqa: ASYNC110 - another thread lets it go
            await asyncio.sleep(0)

    async with running(lambda: shop_program(waits)) as watched:
        host = watched.host
        fire = host.fire(FireRequest("OrderPlaced", [{}]))
        assert await asyncio.to_thread(started.wait, PATIENCE)
        stopping = asyncio.create_task(host.stop())
        await asyncio.sleep(0)
        go.set()
        await stopping
        await watched.until(lambda: watched.ended)
        assert await watched.settled(fire) == 1
    assert [record.status for record in of(HandlerEnded, watched.records)] == ["ok"]


async def test_stop_while_a_handler_hangs_ends_within_the_grace_and_everything_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "STOP_GRACE", 0.05)

    async def hangs(event: OrderPlaced) -> None:
        if event.number == 3:
            await asyncio.get_running_loop().create_future()

    shop = Shop()
    async with running(lambda: shop_program(hangs, shop=shop)) as watched:
        host = watched.host
        fire = host.fire(FireRequest("OrderPlaced", [{"number": number} for number in range(9)]))
        await watched.until(lambda: len(of(HandlerStarted, watched.records)) == 4)
        await host.stop()
        await watched.until(lambda: watched.ended)
    assert [record.status for record in of(HandlerEnded, watched.records)] == ["ok", "ok", "ok", "cancelled"]
    assert await watched.settled(fire) == 3
    assert watched.journal.running == 0
    assert shop.closed == 1


async def test_a_handler_that_will_not_be_cancelled_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, nothing_left: list[str]
) -> None:
    monkeypatch.setattr(server, "STOP_GRACE", 0.02)
    monkeypatch.setattr(embedded, "CLOSE_GRACE", 0.02)
    monkeypatch.setattr("inspector.core.bus.bus.CANCEL_GRACE", 0.01)
    release, tasks = threading.Event(), []

    async def stubborn(event: OrderPlaced) -> None:
        tasks.append(asyncio.current_task())
        while not release.is_set():
            try:
                await asyncio.sleep(0.001)
            except asyncio.CancelledError:
                continue

    shop = Shop()
    async with running(lambda: shop_program(stubborn, shop=shop)) as watched:
        watched.host.fire(FireRequest("OrderPlaced", [{}]))
        await watched.until(lambda: of(HandlerStarted, watched.records))
        await watched.host.stop()
        assert shop.closed == 1  # the program was closed and the recording ended, though the handler goes on
        await watched.until(lambda: watched.ended)
        assert [record.status for record in of(HandlerEnded, watched.records)] == ["cancelled"]
        assert not tasks[0].done()
        release.set()
        await asyncio.to_thread(watched.host._thread.join, PATIENCE)


async def test_a_handler_that_holds_the_loop_does_not_hold_up_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STOP_GRACE", 0.02)
    monkeypatch.setattr(embedded, "CLOSE_GRACE", 0.02)
    started, release = threading.Event(), threading.Event()

    def holds(event: OrderPlaced) -> None:
        started.set()
        release.wait(PATIENCE)

    async with running(lambda: shop_program(holds)) as watched:
        watched.host.fire(FireRequest("OrderPlaced", [{}]))
        assert await asyncio.to_thread(started.wait, PATIENCE)
        await watched.host.stop()
        await watched.until(lambda: watched.ended)
        assert len(of(HandlerStarted, watched.records)) == 1
        assert of(HandlerEnded, watched.records) == []
        release.set()
        await asyncio.to_thread(watched.host._thread.join, PATIENCE)


async def test_stop_twice_and_stop_without_a_start_do_no_harm() -> None:
    async with running(shop_program) as watched:
        await watched.host.stop()
        await watched.host.stop()
    await EmbeddedHost(shop_program).stop()


async def test_stop_while_it_starts() -> None:
    """The person closes the window while the program is being made."""
    making, go = threading.Event(), threading.Event()
    shop = Shop()

    def make() -> CoreProgram:
        making.set()
        assert go.wait(PATIENCE)
        return shop_program(shop=shop)

    host = EmbeddedHost(make)
    async with watching(host):
        starting = asyncio.create_task(host.start())
        assert await asyncio.to_thread(making.wait, PATIENCE)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        stopping = asyncio.create_task(host.stop())
        await asyncio.sleep(0)
        go.set()
        await stopping
    assert (shop.started, shop.closed) == (1, 1)


async def test_verbs_without_a_running_host_say_so() -> None:
    host = EmbeddedHost(shop_program)
    with pytest.raises(InspectorError, match="No program is running"):
        host.fire(FireRequest("OrderPlaced", [{}]))
    with pytest.raises(InspectorError, match="No program is running"):
        host.set_faults(True)
    assert not host.running
    assert host.lag == 0
    async with running(shop_program) as watched:
        pass
    assert not watched.host.running
    with pytest.raises(InspectorError, match="No program is running"):
        watched.host.fire(FireRequest("OrderPlaced", [{}]))


# A program that cannot start


def broken() -> CoreProgram:
    raise ImportError("No module named 'shop'")


def expected() -> CoreProgram:
    raise InspectorError("There is no shop.", "Build one.")


def leaves() -> CoreProgram:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("make", "text", "hint"),
    [
        (broken, "Cannot start the program: ImportError: No module named 'shop'", "in broken ("),
        (expected, "There is no shop.", "Build one."),
        (leaves, "Cannot start the program: SystemExit: 3", "in leaves ("),
        (
            lambda: shop_program(shop=Shop(fail_at="start")),
            "Cannot start the program: RuntimeError: the shop cannot open",
            "in Shop.start (",
        ),
    ],
)
async def test_a_program_that_cannot_start_is_told_and_leaves_nothing_behind(
    make: Callable[[], CoreProgram], text: str, hint: str
) -> None:
    host = EmbeddedHost(make)
    async with watching(host) as watched:
        with pytest.raises(InspectorError) as caught:
            await host.start()
        assert caught.value.text == text
        assert hint in caught.value.hint
        assert not host.running
        assert not host._thread.is_alive()
    assert watched.ended
    assert [record for record in watched.records if isinstance(record, SessionStarted)] == []


async def test_a_bus_that_was_there_before_is_as_it_was_afterwards() -> None:
    bus = InMemoryEventBus()
    program = shop_program(bus=bus, faults=(FaultRule("*", "*", "fail"),))
    before = vars(bus).copy()
    async with running(lambda: program) as watched:
        watched.host.set_faults(True)
        await watched.settled(watched.host.fire(FireRequest("OrderPlaced", [{}])))
    assert vars(bus) == before


async def test_probes_are_switched(capsys: pytest.CaptureFixture[str]) -> None:
    async def handler(event: OrderPlaced) -> None:
        print("order", event.number)

    async with running(lambda: shop_program(handler)) as watched:
        for number, off in enumerate(((), ("output",), ())):
            watched.host.set_probes(off)
            assert await watched.settled(watched.host.fire(FireRequest("OrderPlaced", [{"number": number}]))) == 1
    assert [record.text for record in of(Noted, watched.records) if record.kind == "output"] == ["order 0", "order 2"]
    assert [record.off for record in of(ProbesSwitched, watched.records)] == [(), ("output",), ()]
    assert capsys.readouterr().out == "order 0\norder 1\norder 2\n"
