"""Handlers that lose what others do for them: pools, groups, callbacks, cleanups and locks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import warnings
import weakref
from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ferry import events as e
from ferry.errors import CabinError

from .buses import quay

pool = ThreadPoolExecutor(1)
kept: list[Any] = []


def _boil(what: str) -> None:
    # seen: failed CabinError by send_waiter; seen: failed CabinError by pull_cork
    raise CabinError(what)  # seen: swallowed CabinError by pass_salt (3.12)


def _burn(what: str) -> None:
    # lost: late raised by cook_soup (3.12); lost: late raised by put_away (3.12)
    raise CabinError(what)  # lost: late raised by serve_tea (3.12); lost: late raised by light_stove (3.12)


async def _fry(what: str) -> None:
    await asyncio.sleep(0)
    # seen: failed CabinError by bake; seen: swallowed CabinError by fry_fish (3.12)
    raise CabinError(what)  # lost: late raised by eat_pie (3.12)


@quay.on(e.SoupCooked)
async def cook_soup(event: e.SoupCooked) -> None:
    """Hand work to a pool, and never ask what became of it."""
    pool.submit(_burn, "soup")
    await asyncio.wrap_future(pool.submit(len, "soup"))


@quay.on(e.FishFried)
async def fry_fish(event: e.FishFried) -> None:
    """Gather the errors of others, and not look at them."""
    await asyncio.gather(_fry("cod"), _fry("eel"), return_exceptions=True)  # lost: swallowed (3.12)


@quay.on(e.StoveLit)
async def light_stove(event: e.StoveLit) -> None:
    """Have a callback that fails when a future is done."""
    done = asyncio.get_running_loop().create_future()
    done.add_done_callback(lambda _: _burn("gas"))
    done.set_result(None)
    await asyncio.sleep(0)


@quay.on(e.PanPutAway)
async def put_away(event: e.PanPutAway) -> None:
    """Have a thread put it away, and not wait for that."""
    asyncio.get_running_loop().run_in_executor(pool, _burn, "pan")
    await asyncio.get_running_loop().run_in_executor(pool, gc.collect)
    await asyncio.sleep(0)
    gc.collect()


@quay.on(e.PieEaten)
async def eat_pie(event: e.PieEaten) -> None:
    """Gather, and not wait for that."""
    asyncio.gather(_fry("pie"))
    await asyncio.sleep(0.01)


@quay.on(e.PlateBroken)
async def sweep(event: e.PlateBroken) -> None:
    """Fail where an asynchronous context manager is left."""
    async with _sweeping():
        pass


@contextlib.asynccontextmanager
async def _sweeping() -> AsyncIterator[None]:
    yield
    raise CabinError("shards")  # seen: failed CabinError by sweep


@quay.on(e.MenuFrozen)
async def change_menu(event: e.MenuFrozen) -> None:
    """Change what is frozen."""
    event.passengers += 1  # type: ignore[misc]  # seen: failed FrozenInstanceError


@quay.on(e.BillAdded)
async def add_bill(event: e.BillAdded) -> None:
    """Read a property of the event that fails."""
    kept.append(event.share)


@quay.on(e.WaiterSent)
async def send_waiter(event: e.WaiterSent) -> None:
    """Fail in a thread that is waited for."""
    await asyncio.to_thread(_boil, "waiter")


@quay.on(e.TrayDropped)
async def drop_tray(event: e.TrayDropped) -> None:
    """Lock itself out."""
    lock = asyncio.Lock()
    async with lock:
        await lock.acquire()  # seen: timed_out TimeoutError


@quay.on(e.TableLaid)
async def lay_table(event: e.TableLaid) -> None:
    """Await what was awaited already."""
    coroutine = asyncio.sleep(0)
    await coroutine
    await coroutine  # seen: failed RuntimeError


@quay.on(e.SpoonCounted)
async def count_spoons(event: e.SpoonCounted) -> None:
    """Use a name before it has a value."""
    if event.passengers > 100:
        spoons = 1
    kept.append(spoons)  # seen: failed UnboundLocalError


@quay.on(e.SaltWanted)
async def pass_salt(event: e.SaltWanted) -> None:
    """Let a helper swallow it."""
    kept.append(_salt_or_none())


def _salt_or_none() -> str | None:
    try:
        _boil("salt")
    except Exception:  # lost: swallowed by pass_salt (3.12)
        return None
    return "salt"


@quay.on(e.OvenOpened)
async def open_oven(event: e.OvenOpened) -> None:
    """Swallow being cancelled, and go on as if nothing was."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    try:
        await asyncio.sleep(0)  # seen: swallowed CancelledError (3.12)
    except BaseException:  # lost: swallowed (3.12)
        pass


@quay.on(e.CakeBaked)
def bake(event: e.CakeBaked) -> Awaitable[None]:
    """Give back a future that fails."""
    return asyncio.ensure_future(_fry("cake"))


@quay.on(e.MilkSpilt)
async def wipe(event: e.MilkSpilt) -> None:
    """Warn where warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.warn("milk is old", DeprecationWarning, stacklevel=1)  # seen: failed DeprecationWarning


@quay.on(e.GlassRaised)
async def raise_glass(event: e.GlassRaised) -> None:
    """Use what is gone."""
    glass = weakref.proxy(_Glass())
    kept.append(glass.full)  # seen: failed ReferenceError


class _Glass:
    full = True


@quay.on(e.BreadSliced)
async def slice_bread(event: e.BreadSliced) -> None:
    """Raise a class of exception whose making fails."""
    raise _Knife("blunt", 3)  # type: ignore[call-arg]  # seen: failed TypeError


class _Knife(Exception):
    def __init__(self, word: str) -> None:
        super().__init__(word)


@quay.on(e.DishWashed)
async def wash(event: e.DishWashed) -> None:
    """Let the helper that it waits for be cancelled by a group that fails."""
    async with asyncio.TaskGroup() as group:  # seen: failed ExceptionGroup
        group.create_task(asyncio.sleep(60))
        group.create_task(_fry("dishes"))


@quay.on(e.CorkPulled)
async def pull_cork(event: e.CorkPulled) -> None:
    """Have an exit stack that cleans up, and fails."""
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(_boil, "cork")


@quay.on(e.IceCrushed)
async def crush(event: e.IceCrushed) -> None:
    """Throw into a generator that does not catch."""
    crushing = _crushing()
    next(crushing)
    crushing.throw(CabinError("finger"))


def _crushing() -> Iterator[None]:
    yield  # seen: failed CabinError by crush


@quay.on(e.PotCovered)
async def cover(event: e.PotCovered) -> None:
    """Start a task that starts one that fails."""
    await asyncio.create_task(_cover())


async def _cover() -> None:
    await asyncio.wait([asyncio.create_task(_boil_over())])


async def _boil_over() -> None:
    await asyncio.sleep(0)
    # lost: late raised by cover (3.12); lost: swallowed by cover (3.11)
    raise CabinError("pot")  # seen: swallowed CabinError by cover (3.11)


@quay.on(e.CookFired)
async def fire_cook(event: e.CookFired) -> None:
    """Run a second loop inside the first: what it was to run is never awaited."""
    asyncio.run(_bake())  # seen: failed RuntimeError


async def _bake() -> None:
    """Never run."""


@quay.on(e.TeaServed)
async def serve_tea(event: e.TeaServed) -> None:
    """Have a pool do everything, and never go through what it gives back."""
    with ThreadPoolExecutor(1) as threads:
        threads.map(_burn, ["green"])


@quay.on(e.KeyTurned)
async def turn_key(event: e.KeyTurned) -> None:
    """Release what it does not hold."""
    threading.Lock().release()  # seen: failed RuntimeError
