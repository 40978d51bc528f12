"""Handlers that ask what became of it: pools, groups, callbacks, cleanups and locks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import warnings
import weakref
from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ferry import events as e
from ferry.errors import CabinError

from .buses import quay

pool = ThreadPoolExecutor(1)
kept: list[Any] = []


def _boil(what: str) -> None:
    raise CabinError(what)


async def _fry(what: str) -> None:
    await asyncio.sleep(0)
    raise CabinError(what)


@quay.on(e.SoupCooked)
async def cook_soup(event: e.SoupCooked) -> None:
    """Hand work to a pool, and ask what became of it."""
    soup = pool.submit(_boil, "soup")
    await asyncio.wrap_future(pool.submit(len, "soup"))
    kept.append(str(soup.exception()))


@quay.on(e.FishFried)
async def fry_fish(event: e.FishFried) -> None:
    """Gather the errors of others, and look at them; wait for what was cancelled, and look at nothing."""
    fish = await asyncio.gather(_fry("cod"), _fry("eel"), return_exceptions=True)
    kept.extend(map(str, fish))
    tasks = [asyncio.create_task(_fry("cod")), asyncio.create_task(asyncio.sleep(60))]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(asyncio.sleep(0), return_exceptions=True)


@quay.on(e.StoveLit)
async def light_stove(event: e.StoveLit) -> None:
    """Have a callback when a future is done."""
    done = asyncio.get_running_loop().create_future()
    done.add_done_callback(kept.append)
    done.set_result(None)
    await asyncio.sleep(0)


@quay.on(e.PanPutAway)
async def put_away(event: e.PanPutAway) -> None:
    """Have a thread put it away, and expect what it raises."""
    pan = asyncio.get_running_loop().run_in_executor(pool, _boil, "pan")
    with contextlib.suppress(CabinError):
        await pan
    del pan
    gc.collect()


@quay.on(e.PieEaten)
async def eat_pie(event: e.PieEaten) -> None:
    """Gather, and expect what is raised."""
    with contextlib.suppress(CabinError):
        await asyncio.gather(_fry("pie"))
    await asyncio.sleep(0)


@quay.on(e.PlateBroken)
async def sweep(event: e.PlateBroken) -> None:
    """Expect what is raised where an asynchronous context manager is left."""
    with contextlib.suppress(CabinError):
        async with _sweeping():
            pass


@contextlib.asynccontextmanager
async def _sweeping() -> AsyncIterator[None]:
    yield
    raise CabinError("shards")


@quay.on(e.MenuFrozen)
async def change_menu(event: e.MenuFrozen) -> None:
    """Change a copy of what is frozen."""
    kept.append(replace(event, passengers=event.passengers + 1))


@quay.on(e.BillAdded)
async def add_bill(event: e.BillAdded) -> None:
    """Read a property of the event that fails, and expect that."""
    try:
        kept.append(event.share)
    except ZeroDivisionError:
        kept.append(0)


@quay.on(e.WaiterSent)
async def send_waiter(event: e.WaiterSent) -> None:
    """Expect what is raised in a thread."""
    with contextlib.suppress(CabinError):
        await asyncio.to_thread(_boil, "waiter")


@quay.on(e.TrayDropped)
async def drop_tray(event: e.TrayDropped) -> None:
    """Wait for a lock that is free."""
    async with asyncio.Lock():
        await asyncio.sleep(0)


@quay.on(e.TableLaid)
async def lay_table(event: e.TableLaid) -> None:
    """Await a task twice."""
    task = asyncio.ensure_future(asyncio.sleep(0))
    await task
    await task


@quay.on(e.SpoonCounted)
async def count_spoons(event: e.SpoonCounted) -> None:
    """Use a name that has a value."""
    spoons = 0
    if event.passengers > 100:
        spoons = 1
    kept.append(spoons)


@quay.on(e.SaltWanted)
async def pass_salt(event: e.SaltWanted) -> None:
    """Have a helper that expects what is raised."""
    kept.append(_salt_or_none())


def _salt_or_none() -> str | None:
    try:
        _boil("salt")
    except CabinError:
        return None
    return "salt"


@quay.on(e.OvenOpened)
async def open_oven(event: e.OvenOpened) -> None:
    """Clean up when it is cancelled, let it through, and take it back."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    try:
        await _opening()
    except asyncio.CancelledError:
        task.uncancel()


async def _opening() -> None:
    try:
        await asyncio.sleep(0)
    except BaseException:
        kept.append("shut")
        raise


@quay.on(e.CakeBaked)
def bake(event: e.CakeBaked) -> Awaitable[None]:
    """Give back a future."""
    return asyncio.ensure_future(asyncio.sleep(0))


@quay.on(e.MilkSpilt)
async def wipe(event: e.MilkSpilt) -> None:
    """Warn where nobody minds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("milk is old", DeprecationWarning, stacklevel=1)


@quay.on(e.GlassRaised)
async def raise_glass(event: e.GlassRaised) -> None:
    """Ask whether it is gone."""
    glass = weakref.ref(_Glass())()
    kept.append(glass is not None and glass.full)


class _Glass:
    full = True


@quay.on(e.BreadSliced)
async def slice_bread(event: e.BreadSliced) -> None:
    """Make an exception, and raise it nowhere."""
    kept.append(str(_Knife("blunt")))


class _Knife(Exception):
    def __init__(self, word: str) -> None:
        super().__init__(word)


@quay.on(e.DishWashed)
async def wash(event: e.DishWashed) -> None:
    """Expect that a group fails."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))
            group.create_task(_fry("dishes"))
    except* CabinError:
        kept.append("dishes")


@quay.on(e.CorkPulled)
async def pull_cork(event: e.CorkPulled) -> None:
    """Have an exit stack that cleans up."""
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(contextlib.suppress(CabinError))
        stack.callback(_boil, "cork")


@quay.on(e.IceCrushed)
async def crush(event: e.IceCrushed) -> None:
    """Throw into a generator that expects it."""
    crushing = _crushing()
    next(crushing)
    kept.append(crushing.throw(CabinError("finger")))


def _crushing() -> Iterator[str]:
    try:
        yield "ice"
    except CabinError:
        yield "more ice"


@quay.on(e.PotCovered)
async def cover(event: e.PotCovered) -> None:
    """Start a task that starts one that fails, and looks."""
    await asyncio.create_task(_cover())


async def _cover() -> None:
    done, _ = await asyncio.wait([asyncio.create_task(_fry("pot"))])
    kept.extend(str(task.exception()) for task in done)


@quay.on(e.CookFired)
async def fire_cook(event: e.CookFired) -> None:
    """Run a second loop in a thread."""
    await asyncio.to_thread(asyncio.run, asyncio.sleep(0))


@quay.on(e.TeaServed)
async def serve_tea(event: e.TeaServed) -> None:
    """Have a pool do everything, and go through what it gives back."""
    with ThreadPoolExecutor(1) as threads:
        kept.extend(threads.map(str.upper, ["green"]))


@quay.on(e.KeyTurned)
async def turn_key(event: e.KeyTurned) -> None:
    """Release what it holds."""
    with threading.Lock():
        kept.append("locked")
