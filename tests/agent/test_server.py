"""The serving loop: verbs of any thread are carried out on it, early ones wait, and it ends in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from inspector.agent import server
from inspector.agent.engine import Engine
from inspector.agent.server import Server
from inspector.core.records.host import FireSettled, HostNoted, RecordingPaused
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import Published, Record, to_record
from inspector.core.request import FireRequest
from tests.patience import PATIENCE
from tests.programs import OrderPlaced, Shop, of, shop_program

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


class Serving:
    """A server on the test's own loop, and what it has recorded."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.server = Server(self.recorder)
        self.ready = asyncio.Event()
        self.shop = Shop()
        self.task: asyncio.Task[None] | None = None

    def serve(self, *handlers: Callable[[OrderPlaced], Any]) -> asyncio.Task[None]:
        program = shop_program(*handlers, shop=self.shop)
        self.task = asyncio.create_task(self.server.serve(program, self.ready.set))
        return self.task

    def records(self) -> list[Record]:
        return [to_record(row) for row in self.recorder.drain()]


@asynccontextmanager
async def serving(*handlers: Callable[[OrderPlaced], Any]) -> AsyncIterator[Serving]:
    made = Serving()
    task = made.serve(*handlers)
    await made.ready.wait()
    yield made
    made.server.stop()
    async with asyncio.timeout(PATIENCE):
        await task


async def test_verbs_that_come_before_the_program_is_ready_wait_for_it() -> None:
    numbers: list[int] = []
    made = Serving()
    made.server.set_recording(False)
    made.server.fire(FireRequest("OrderPlaced", ({"number": 7},), fire=1))
    made.server.stop()
    assert not made.server.ready
    await made.serve(lambda event: numbers.append(event.number))
    assert made.server.ready
    assert not made.server.running
    assert made.shop.closed == 1
    assert numbers == [7]
    records = made.records()
    assert len(of(RecordingPaused, records)) == 1
    assert of(Published, records) == []


async def test_verbs_of_another_thread_are_carried_out_on_the_loop() -> None:
    threads: list[int] = []

    def handler(event: OrderPlaced) -> None:
        threads.append(threading.get_ident())

    async with serving(handler) as made:
        assert made.server.running
        await asyncio.to_thread(made.server.fire, FireRequest("OrderPlaced", fire=5))
    assert threads == [threading.get_ident()]
    assert [record.fire for record in of(Published, made.records())] == [5]
    made.server.fire(FireRequest("OrderPlaced", fire=6))  # too late, and harmless
    made.server.set_faults(True)
    await asyncio.sleep(0)
    assert made.records() == []


async def test_a_cancellation_by_the_program_is_survived_and_one_by_the_end_of_the_loop_is_not() -> None:
    async with serving() as made:
        assert made.task is not None
        made.task.cancel()
        await asyncio.sleep(0)
        assert made.server.running
        made.server.abandon()
        made.task.cancel()
        await asyncio.wait([made.task])
        assert not made.server.running
    assert made.shop.closed == 1


async def test_a_fire_that_breaks_the_engine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(_self: Engine, _request: FireRequest) -> None:
        raise ValueError("our own mistake")

    monkeypatch.setattr(Engine, "fire", breaks)
    async with serving() as made:
        made.server.fire(FireRequest("OrderPlaced", fire=1))
    (note,) = of(HostNoted, made.records())
    assert note.text == "Firing failed: ValueError: our own mistake"


async def test_what_hangs_is_cancelled_after_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STOP_GRACE", 0.02)
    started = asyncio.Event()

    async def hangs(event: OrderPlaced) -> None:
        started.set()
        await asyncio.get_running_loop().create_future()

    async with serving(hangs) as made:
        made.server.fire(FireRequest("OrderPlaced", fire=1))
        await started.wait()
    assert made.shop.closed == 1
    assert len(of(FireSettled, made.records())) == 1
