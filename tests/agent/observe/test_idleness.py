"""Tasks and threads that only wait for work that may come are told from those that are at work."""

from __future__ import annotations

import asyncio
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

import pytest

from inspector.agent.observe.idleness import files_of, task_is_idle, thread_is_idle
from tests.patience import PATIENCE


async def _reads_a_stream() -> None:
    await asyncio.StreamReader().read(1)


async def _takes_a_lock() -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    await lock.acquire()


async def _waits_for_somebody() -> None:
    await asyncio.get_running_loop().create_future()


async def _for_a_chain(links: int) -> None:
    """Wait for a task, which waits for a task, and so on; the last one waits on a queue."""
    await (asyncio.ensure_future(_for_a_chain(links - 1)) if links else asyncio.Queue[int]().get())


async def _for_one_that_ended_and_a_queue() -> None:
    await asyncio.gather(asyncio.sleep(0), asyncio.Queue[int]().get())


IDLE: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
    "a queue": lambda: asyncio.Queue[int]().get(),
    "an event": lambda: asyncio.Event().wait(),
    "a stream": _reads_a_stream,
    "a lock": _takes_a_lock,
    "several that are idle": lambda: _gathered(asyncio.Queue[int]().get(), asyncio.Event().wait()),
    "one of several has ended": _for_one_that_ended_and_a_queue,
    "a few that wait for each other": lambda: _for_a_chain(3),
}
BUSY: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
    "a sleep": lambda: asyncio.sleep(3600),
    "a future of somebody's": _waits_for_somebody,
    "several of which one sleeps": lambda: _gathered(asyncio.Queue[int]().get(), asyncio.sleep(3600)),
    "more than are looked at": lambda: _for_a_chain(20),
}


async def _gathered(*waited: Coroutine[Any, Any, Any]) -> None:
    await asyncio.gather(*waited)


@pytest.mark.parametrize("wait", IDLE.values(), ids=IDLE)
async def test_a_task_that_waits_for_work_is_idle(wait: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    assert await _is_idle(wait)


@pytest.mark.parametrize("wait", BUSY.values(), ids=BUSY)
async def test_a_task_that_waits_for_anything_else_is_not(wait: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    assert not await _is_idle(wait)


async def _is_idle(wait: Callable[[], Coroutine[Any, Any, Any]]) -> bool:
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(wait())
    for _ in range(50):  # as far as it and those that it waits for get
        await asyncio.sleep(0)
    idle = task_is_idle(task)
    for other in asyncio.all_tasks() - before:
        other.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return idle


async def test_the_files_of_a_task_lead_to_where_it_stands() -> None:
    task = asyncio.ensure_future(_reads_a_stream())
    assert files_of(task) == [__file__]  # it has not begun
    await asyncio.sleep(0)
    assert files_of(task) == [__file__, *[asyncio.StreamReader.read.__code__.co_filename] * 2]
    task.cancel()
    assert files_of(asyncio.get_running_loop().create_future()) == []


def _sleeps(ends: threading.Event) -> None:
    while not ends.is_set():
        time.sleep(0.01)


def _computes(ends: threading.Event) -> None:
    while not ends.is_set():
        sum(range(1000))


def _takes_in_two_lines(ends: threading.Event, work: queue.SimpleQueue[int]) -> None:
    work.get(
        timeout=None,
    )
    ends.wait()


def _takes(_ends: threading.Event, work: queue.SimpleQueue[int]) -> None:
    "äöü"; work.get()  # fmt: skip  # noqa: E702 - columns count bytes


def test_threads_that_wait_for_work_are_idle_and_others_are_not() -> None:
    ends, whole = threading.Event(), queue.Queue[int]()
    work, lines = queue.SimpleQueue[int](), queue.SimpleQueue[int]()
    near, far = socket.socketpair()
    idle = {
        "event": threading.Thread(target=ends.wait),
        "queue": threading.Thread(target=whole.get),
        "C queue": threading.Thread(target=_takes, args=(ends, work)),
        "socket": threading.Thread(target=lambda: near.recv(1)),
    }
    for thread in idle.values():
        thread.start()
    for name, thread in idle.items():
        _until(lambda thread=thread: thread_is_idle(_frame_of(thread)), name)
    busy = {
        _sleeps: threading.Thread(target=_sleeps, args=(ends,)),
        _computes: threading.Thread(target=_computes, args=(ends,)),
        _takes_in_two_lines: threading.Thread(target=_takes_in_two_lines, args=(ends, lines)),
    }
    for function, thread in busy.items():
        thread.start()

        def at_work(thread: threading.Thread = thread, function: Any = function) -> bool:
            frame = _frame_of(thread)
            return frame is not None and frame.f_code is function.__code__ and not thread_is_idle(frame)

        _until(at_work, function.__name__)
    ends.set()
    for given in (whole, work, lines):
        given.put(1)
    far.send(b"1")
    for thread in (*idle.values(), *busy.values()):
        thread.join()
    near.close()
    far.close()
    assert thread_is_idle(None)


def _frame_of(thread: threading.Thread) -> FrameType | None:
    return sys._current_frames().get(thread.ident or 0)


def _until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.001)
