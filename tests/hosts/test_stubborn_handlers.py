"""A handler that swallows its cancellation ends ``--timeout`` all the same, and the program too."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from inspector.core.records.host import FireUnsettled, ProcessEnded, PublishRaised
from inspector.core.records.records import PUBLICATION_ENDED
from inspector.core.request import FireRequest
from tests.hosts.children import gone, project, running

PROGRAM = """
import asyncio, threading
from dataclasses import dataclass

@dataclass(frozen=True)
class Do:
    what: str = ""

@dataclass(frozen=True)
class Ping:
    pass

class Bus:
    def __init__(self):
        self.handlers = {Do: [obey, follow], Ping: [pong]}

    async def publish(self, event):
        for handler in self.handlers[type(event)]:
            await handler(event)

    async def all(self, event):
        await asyncio.gather(*(handler(event) for handler in self.handlers[type(event)]))

async def stay(seconds=100):
    while True:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            pass

async def obey(event):
    if event.what == "stay":
        await stay()
    elif event.what == "spin":
        await stay(0)
    elif event.what == "several":
        await asyncio.gather(stay(), stay(), stay())
    elif event.what == "nested":
        await bus.publish(Do("stay"))
    elif event.what == "shield":
        await asyncio.shield(asyncio.ensure_future(stay()))
    elif event.what == "thread":
        await asyncio.to_thread(threading.Event().wait)
    elif event.what == "raise late":
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            raise KeyError("late") from None

async def follow(event):
    pass

async def pong(event):
    pass

bus = Bus()
"""
#: What the handler does → how many executions there are, and how each of them that began ends.
TIMED_OUT = {"stay": 1, "spin": 1, "several": 1, "nested": 2, "shield": 1, "thread": 1, "raise late": 1}
TIMEOUT = 0.3


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "stubborn.py").write_text(PROGRAM)
    return tmp_path


async def test_each_is_given_up_in_time_and_the_program_goes_on_and_ends(program: Path) -> None:
    async with running(project("stubborn:bus", cwd=program)) as (host, rows):
        for what, number in TIMED_OUT.items():
            before, began = len(rows.ends), time.monotonic()
            fire = host.fire(FireRequest("Do", [{"what": what}], session=False, timeout=TIMEOUT))
            assert (await rows.settled(fire)).published == 1
            assert time.monotonic() - began >= TIMEOUT, what
            assert [end.status for end in rows.ends[before:]] == ["timed_out"] * number, what
            raised = rows.host(PublishRaised)[-1]
            assert (raised.fire, raised.text) == (
                fire,
                "Cannot publish Do: Publishing timed out after 0.3 s.",
            )
        fire = host.fire(FireRequest("Ping", [{}], session=False))
        await rows.settled(fire)
        assert rows.ends[-1].status == "ok"
        assert len(rows.of(PUBLICATION_ENDED)) == len(rows.ends), "every publication has ended, too"
        assert (rows.host(FireUnsettled), rows.host(ProcessEnded)) == ([], [])
        pid = host.pid
        assert pid is not None
        await host.stop()
        assert await gone(pid)


async def test_stopping_ends_a_handler_that_will_not_be_cancelled(program: Path) -> None:
    async with running(project("stubborn:bus", cwd=program)) as (host, rows):
        fire = host.fire(FireRequest("Do", [{"what": "nested"}], session=False, timeout=60))
        pid = host.pid
        assert pid is not None
        await rows.until(lambda: rows.of(2))
        await host.stop()
        assert await gone(pid)
        await rows.settled(fire)
        assert {end.status for end in rows.ends} == {"cancelled"}
