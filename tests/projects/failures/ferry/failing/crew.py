"""Handlers that are cancelled, wait for too long, keep quiet, give something back, or leave work behind."""

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
from ferry.results import Err, Outcome, Refused

from .buses import quay

log = logging.getLogger(__name__)
at_work: set[asyncio.Task[Any]] = set()
at_home: dict[str, asyncio.Task[Any]] = {}


# Cancelled, and out of time.


@quay.on(e.WatchEnded)
async def end_watch(event: e.WatchEnded) -> None:
    """Say that it was cancelled."""
    raise asyncio.CancelledError("tired")  # seen: cancelled CancelledError; lost: cancelled


@quay.on(e.WatchSkipped)
async def skip_watch(event: e.WatchSkipped) -> None:
    """Cancel itself."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)  # seen: cancelled CancelledError; lost: cancelled


@quay.on(e.PairSent)
async def go_first(event: e.PairSent) -> None:
    """Wait, and be cancelled by the other."""
    at_home["first"] = asyncio.current_task()  # type: ignore[assignment]
    await asyncio.sleep(60)  # seen: cancelled CancelledError; lost: cancelled


@quay.on(e.PairSent)
async def go_second(event: e.PairSent) -> None:
    """Cancel the other."""
    at_home.pop("first").cancel()


@quay.on(e.MateCalled)
async def call_mate(event: e.MateCalled) -> None:
    """Wait for a task that is cancelled."""
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await task  # seen: cancelled CancelledError; lost: cancelled


@quay.on(e.TideAwaited)
async def await_tide(event: e.TideAwaited) -> None:
    """Wait within a limit of its own."""
    async with asyncio.timeout(0.01):  # seen: failed TimeoutError
        await asyncio.sleep(60)


@quay.on(e.PilotAwaited)
async def await_pilot(event: e.PilotAwaited) -> None:
    """Wait within a limit of its own, the older way."""
    await asyncio.wait_for(asyncio.sleep(60), 0.01)  # seen: failed TimeoutError


@quay.on(e.RadioCalled)
async def call_radio(event: e.RadioCalled) -> None:
    """Raise what sounds like a limit of the bus."""
    raise TimeoutError("nobody answers")  # seen: failed TimeoutError


@quay.on(e.FogCame)
async def wait_for_sight(event: e.FogCame) -> None:
    """Wait for ever."""
    await _sight()


async def _sight() -> None:
    await asyncio.Event().wait()  # seen: timed_out TimeoutError by wait_for_sight


@quay.on(e.IceCame)
async def wait_for_thaw(event: e.IceCame) -> None:
    """Wait for ever, and not be cancelled."""
    while not event.over:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)  # seen: timed_out TimeoutError


@quay.on(e.RopeKnotted)
async def untie(event: e.RopeKnotted) -> None:
    """Stop everybody."""
    time.sleep(2)  # seen: blocked


# Kept quiet.


@quay.on(e.FireDrilled)
async def drill(event: e.FireDrilled) -> None:
    """Catch what it raised."""
    try:
        raise CabinError("no hose")  # seen: swallowed CabinError (3.12)
    except Exception:  # lost: swallowed (3.12)
        pass


@quay.on(e.BoatLowered)
async def lower_boat(event: e.BoatLowered) -> None:
    """Catch everything."""
    try:
        raise CabinError("no boat")  # seen: swallowed CabinError (3.12)
    except:  # noqa: E722  # lost: swallowed (3.12)
        pass


@quay.on(e.FlareFired)
async def fire_flare(event: e.FlareFired) -> None:
    """Catch what nobody should."""
    try:
        raise CabinError("wet")  # seen: swallowed CabinError (3.12)
    except BaseException:  # lost: swallowed (3.12)
        event.tried.append("flare")


@quay.on(e.RaftInflated)
async def inflate(event: e.RaftInflated) -> None:
    """Suppress everything."""
    with contextlib.suppress(Exception):  # lost: swallowed (3.12)
        raise CabinError("leak")  # seen: swallowed CabinError (3.12)


@quay.on(e.VestCounted)
async def count_vests(event: e.VestCounted) -> int:
    """Return where it cleans up: what was raised is gone."""
    try:
        raise CabinError("two missing")  # seen: swallowed CabinError (3.12)
    finally:
        return 0  # noqa: B012  # lost: swallowed (3.12)


@quay.on(e.SailMended)
async def mend_sail(event: e.SailMended) -> None:
    """Leave a loop where it cleans up."""
    for needle in range(event.passengers):
        try:
            raise CabinError("broken needle")  # seen: swallowed CabinError (3.12)
        finally:
            if needle == 0:
                break  # noqa: B012  # lost: swallowed (3.12)


@quay.on(e.OarsCounted)
async def count_oars(event: e.OarsCounted) -> None:
    """Catch a whole group."""
    try:
        raise ExceptionGroup("oars", [CabinError("left"), KeyError("right")])  # seen: swallowed ExceptionGroup (3.12)
    except* Exception:  # lost: swallowed (3.12)
        pass


class Calm:
    """A context manager that lets nothing out."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *error: object) -> bool:
        """Keep quiet."""
        return True


@quay.on(e.AlarmTested)
async def test_alarm(event: e.AlarmTested) -> None:
    """Fail within something that keeps quiet."""
    with Calm():  # lost: swallowed (3.12)
        raise CabinError("silent")  # seen: swallowed CabinError (3.12)


@quay.on(e.PumpTested)
async def test_pump(event: e.PumpTested) -> None:
    """Log the exception, and go on."""
    try:
        raise CabinError("dry")  # seen: swallowed CabinError; lost: swallowed
    except CabinError:
        log.exception("pump")


@quay.on(e.EngineTested)
async def test_engine(event: e.EngineTested) -> None:  # lost: logged
    """Log an error, and go on."""
    log.error("engine is hot")


# Given back.


@quay.on(e.CheckMade)
async def check_deck(event: e.CheckMade) -> Exception:  # seen: returned_failure CabinError; lost: returned_failure
    """Return an exception."""
    return CabinError("rust")


@quay.on(e.CheckAsked)
async def check_hull(event: e.CheckAsked) -> Err:  # seen: returned_failure Failure; lost: returned_failure
    """Return a result that says by its name what it is."""
    return Err("rust")


@quay.on(e.CheckDoubted)
async def check_keel(event: e.CheckDoubted) -> Outcome:  # seen: returned_failure Failure; lost: returned_failure
    """Return a result that says when it is asked."""
    return Outcome(fine=False)


@quay.on(e.CheckRefused)
async def check_mast(event: e.CheckRefused) -> Refused:  # seen: returned_failure Failure; lost: returned_failure
    """Return a result with a property."""
    return Refused()


@quay.on(e.LogAsked)
def list_logs(event: e.LogAsked) -> Iterator[str]:  # lost: not_called generator (3.12)
    """Be a generator: nobody runs it."""
    yield "log"


@quay.on(e.LogStreamed)
async def stream_logs(event: e.LogStreamed) -> AsyncIterator[str]:  # lost: not_called generator (3.12)
    """Be an asynchronous generator: nobody runs it."""
    yield "log"


# Left behind.


async def _shift(text: str = "") -> None:
    await asyncio.sleep(0.01)
    if text:
        # lost: late raised by relieve (3.12); lost: swallowed by relieve (3.11)
        raise CabinError(text)  # seen: swallowed CabinError by relieve (3.11)


@quay.on(e.ShiftBegan)
async def begin_shift(event: e.ShiftBegan) -> None:
    """Start what nobody waits for."""
    at_work.add(asyncio.create_task(_shift()))  # lost: late running (3.12)


@quay.on(e.ShiftEnded)
async def relieve(event: e.ShiftEnded) -> None:
    """Start what fails, and do not look."""
    await asyncio.wait([asyncio.create_task(_shift("asleep"))])


@quay.on(e.BellSet)
async def set_bell(event: e.BellSet) -> None:
    """Start a timer that fails when the handler is gone."""
    asyncio.get_running_loop().call_later(0.01, _ring)


def _ring() -> None:
    raise CabinError("no bell")  # lost: late raised by set_bell (3.12)


@quay.on(e.StokerSent)
async def send_stoker(event: e.StokerSent) -> None:
    """Start a thread that fails when the handler is gone."""
    threading.Thread(target=_stoke, args=(0.01,)).start()


def _stoke(seconds: float) -> None:
    time.sleep(seconds)
    raise CabinError("no coal")  # lost: late raised by send_stoker (3.12)


@quay.on(e.CookCalled)
async def call_cook(event: e.CookCalled) -> None:
    """Forget to await."""
    _cook()  # lost: never_awaited (3.12)


async def _cook() -> None:
    """Never run."""


@quay.on(e.ReportWritten)
async def write_report(event: e.ReportWritten) -> None:  # lost: still_running
    """Take longer than the bus waits."""
    await asyncio.sleep(0.06)
