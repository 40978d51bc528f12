"""Where a program is while it is loaded: the lines of its thread and of what its factory waits for, innermost first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

from inspector.agent.process.whereabouts import whereabouts
from tests.patience import PATIENCE


def test_the_stack_of_a_thread_is_told_from_the_inner_end() -> None:
    there, ends = threading.Event(), threading.Event()

    def inner() -> None:
        there.set()
        ends.wait(PATIENCE)

    def outer() -> None:
        inner()

    thread = threading.Thread(target=outer)
    thread.start()
    there.wait(PATIENCE)
    assert thread.ident is not None
    places = whereabouts(thread.ident, None)
    ends.set()
    thread.join()
    names = [name for file, _, name in places if file == __file__]
    assert names == ["inner", "outer"]
    assert whereabouts(0, None) == []


async def test_what_a_factory_waits_for_is_told_through_coroutines_and_generators() -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connects() -> None:
        await future

    async def values() -> AsyncIterator[int]:
        await connects()
        yield 1

    async def makes() -> None:
        async for _ in values():
            pass

    coroutine = makes()
    coroutine.send(None)
    names = [name for file, _, name in whereabouts(0, coroutine) if file == __file__]
    coroutine.close()
    assert names[-1] == "makes"
    assert "connects" in names or len(names) == 1  # what an async generator waits for is told from 3.12 on

    def steps() -> Iterator[None]:
        yield

    def delegates() -> Iterator[None]:
        yield from steps()

    generator = delegates()
    next(generator)
    assert [name for _, _, name in whereabouts(0, generator)] == ["steps", "delegates"]


def test_what_was_made_of_text_is_a_place_only_where_no_other_is() -> None:
    going, end = threading.Event(), threading.Event()
    names: dict[str, Any] = {"going": going, "end": end}
    exec(compile("def wait():\n    going.set()\n    end.wait()\n", "<string>", "exec"), names)
    thread = threading.Thread(target=names["wait"])
    thread.start()
    going.wait()
    places = whereabouts(thread.ident or 0, None)
    end.set()
    thread.join()
    assert places
    assert [file for file, _, _ in places if file.startswith("<")] == []
