"""A publish with a deadline, on a bus that is not ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from ...core.bus.bus import CANCEL_GRACE
from ...core.bus.context import FIRE
from ...core.errors import InspectorError

if TYPE_CHECKING:
    from ..tap.tap import Tap


async def in_time(result: Awaitable[Any], timeout: float | None, tap: Tap | None) -> None:
    """Wait for what a publish has given back, for so many seconds; what does not heed its cancellation is left behind.

    Args:
        result: What can be awaited.
        timeout: Seconds; None for as long as it takes.
        tap: Whom its publications are told; None when they are not recorded.

    Raises:
        InspectorError: It did not end in time.
    """
    if timeout is None:
        await result
        return
    fire = FIRE.get()
    publish = asyncio.ensure_future(result)
    late: Any = ()
    try:
        _, late = await asyncio.wait((publish,), timeout=timeout)
        if late and tap is not None:
            tap.give_up(fire)  # before the cancellation: what was given up has not cancelled itself
    finally:
        # Not wait_for: that one waits for a handler that swallows its cancellation.
        if not publish.done():
            publish.add_done_callback(_forget)
            publish.cancel()
            await asyncio.wait((publish,), timeout=CANCEL_GRACE)
            if tap is not None and not publish.done():
                tap.abandon(fire)
    if late:
        raise InspectorError(f"Publishing timed out after {timeout:g} s.")
    publish.result()


def _forget(publish: asyncio.Future[Any]) -> None:
    """Take what a publish raised that nobody waits for: asyncio would complain that nobody did."""
    if not publish.cancelled():
        publish.exception()
