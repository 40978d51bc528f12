"""Handlers that wait no longer than they may, expect what comes, and look after what they have begun."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ferry import events as e
from ferry.errors import CabinError
from ferry.results import Accepted, Ok, Outcome

from .buses import quay

log = logging.getLogger(__name__)
at_work: set[asyncio.Task[Any]] = set()


# Not cancelled, and in time.


@quay.on(e.WatchEnded)
async def end_watch(event: e.WatchEnded) -> None:
    """Expect to be cancelled."""
    with contextlib.suppress(asyncio.CancelledError):
        raise asyncio.CancelledError("tired")


@quay.on(e.WatchSkipped)
async def skip_watch(event: e.WatchSkipped) -> None:
    """Cancel itself, and take that back."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        task.uncancel()


@quay.on(e.PairSent)
async def go_first(event: e.PairSent) -> None:
    """Wait a little."""
    await asyncio.sleep(0)


@quay.on(e.PairSent)
async def go_second(event: e.PairSent) -> None:
    """Leave the other alone."""


@quay.on(e.MateCalled)
async def call_mate(event: e.MateCalled) -> None:
    """Cancel a task, and wait until it has ended."""
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await asyncio.wait([task])


@quay.on(e.TideAwaited)
async def await_tide(event: e.TideAwaited) -> None:
    """Wait within a limit of its own, and expect it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)


@quay.on(e.PilotAwaited)
async def await_pilot(event: e.PilotAwaited) -> None:
    """Wait within a limit of its own that suffices."""
    await asyncio.wait_for(asyncio.sleep(0), 20)


@quay.on(e.RadioCalled)
async def call_radio(event: e.RadioCalled) -> None:
    """Expect that nobody answers."""
    try:
        raise TimeoutError("nobody answers")
    except TimeoutError:
        return


@quay.on(e.FogCame)
async def wait_for_sight(event: e.FogCame) -> None:
    """Wait for what comes."""
    await _sight()


async def _sight() -> None:
    sight = asyncio.Event()
    asyncio.get_running_loop().call_soon(sight.set)
    await sight.wait()


@quay.on(e.IceCame)
async def wait_for_thaw(event: e.IceCame) -> None:
    """Wait once."""
    await asyncio.sleep(0)


@quay.on(e.RopeKnotted)
async def untie(event: e.RopeKnotted) -> None:
    """Take a while, on another thread."""
    await asyncio.to_thread(time.sleep, 0.01)


# Nothing to keep quiet.


@quay.on(e.FireDrilled)
async def drill(event: e.FireDrilled) -> None:
    """Expect what it raises."""
    try:
        raise CabinError("no hose")
    except CabinError:
        pass


@quay.on(e.BoatLowered)
async def lower_boat(event: e.BoatLowered) -> None:
    """Catch everything, where nothing comes."""
    try:
        str(event.correlation_id)
    except:  # noqa: E722
        pass


@quay.on(e.FlareFired)
async def fire_flare(event: e.FlareFired) -> None:
    """Catch what nobody should, raise it again, and expect it."""
    with contextlib.suppress(CabinError):
        try:
            raise CabinError("wet")
        except BaseException:
            event.tried.append("flare")
            raise


@quay.on(e.RaftInflated)
async def inflate(event: e.RaftInflated) -> None:
    """Suppress everything, where nothing comes."""
    with contextlib.suppress(Exception):
        event.correlation_id.hex  # noqa: B018


@quay.on(e.VestCounted)
async def count_vests(event: e.VestCounted) -> int:
    """Return, and clean up."""
    try:
        return 2
    finally:
        at_work.clear()


@quay.on(e.SailMended)
async def mend_sail(event: e.SailMended) -> None:
    """Leave a loop where it cleans up, and nothing is lost."""
    for needle in range(event.passengers):
        try:
            str(needle)
        finally:
            if needle == 0:
                break  # noqa: B012


@quay.on(e.OarsCounted)
async def count_oars(event: e.OarsCounted) -> None:
    """Catch a group member by member, and raise another from it that is expected."""
    try:
        try:
            raise ExceptionGroup("oars", [CabinError("left"), KeyError("right")])
        except* (CabinError, KeyError):
            raise OSError("no oars")  # noqa: B904
    except* OSError:
        pass


class Calm:
    """A context manager that lets everything out."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *error: object) -> bool:
        """Say what came."""
        return False


@quay.on(e.AlarmTested)
async def test_alarm(event: e.AlarmTested) -> None:
    """Let out what is expected outside."""
    try:
        with Calm():
            raise CabinError("silent")
    except CabinError:
        return


@quay.on(e.PumpTested)
async def test_pump(event: e.PumpTested) -> None:
    """Log what is no error."""
    try:
        raise CabinError("dry")
    except CabinError:
        log.warning("pump is dry")


@quay.on(e.EngineTested)
async def test_engine(event: e.EngineTested) -> None:
    """Log what is no error."""
    log.info("engine is warm")


# Given back.


@quay.on(e.CheckMade)
async def check_deck(event: e.CheckMade) -> str:
    """Return a text."""
    return "rust"


@quay.on(e.CheckAsked)
async def check_hull(event: e.CheckAsked) -> Ok:
    """Return a result that says by its name what it is."""
    return Ok()


@quay.on(e.CheckDoubted)
async def check_keel(event: e.CheckDoubted) -> Outcome:
    """Return a result that says when it is asked."""
    return Outcome(fine=True)


@quay.on(e.CheckRefused)
async def check_mast(event: e.CheckRefused) -> Accepted:
    """Return a result with a property."""
    return Accepted()


@quay.on(e.LogAsked)
def list_logs(event: e.LogAsked) -> list[str]:
    """Run a generator."""
    return list(_logs())


def _logs() -> Iterator[str]:
    yield "log"


@quay.on(e.LogStreamed)
async def stream_logs(event: e.LogStreamed) -> list[str]:
    """Run an asynchronous generator."""
    return [text async for text in _stream()]


async def _stream() -> AsyncIterator[str]:
    yield "log"


# Nothing left behind.


async def _shift(text: str = "") -> None:
    await asyncio.sleep(0.01)
    if text:
        raise CabinError(text)


@quay.on(e.ShiftBegan)
async def begin_shift(event: e.ShiftBegan) -> None:
    """Wait for what it starts."""
    await asyncio.create_task(_shift())


@quay.on(e.ShiftEnded)
async def relieve(event: e.ShiftEnded) -> None:
    """Start what fails, and look."""
    task = asyncio.create_task(_shift("asleep"))
    await asyncio.wait([task])
    assert task.exception() is not None


@quay.on(e.BellSet)
async def set_bell(event: e.BellSet) -> None:
    """Start a timer that works."""
    asyncio.get_running_loop().call_later(0.01, _ring)


def _ring() -> None:
    at_work.clear()


@quay.on(e.StokerSent)
async def send_stoker(event: e.StokerSent) -> None:
    """Start a thread that works."""
    threading.Thread(target=_stoke, args=(0.01,)).start()


def _stoke(seconds: float) -> None:
    time.sleep(seconds)


@quay.on(e.CookCalled)
async def call_cook(event: e.CookCalled) -> None:
    """Await."""
    await _cook()


async def _cook() -> None:
    """Run."""


@quay.on(e.ReportWritten)
async def write_report(event: e.ReportWritten) -> None:
    """Take less time than the bus waits."""
    await asyncio.sleep(0)
