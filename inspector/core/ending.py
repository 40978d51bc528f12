"""Work that must not stop half-way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await work; whoever is cancelled meanwhile is cancelled when the work has come to its end.

    A database connection whose task is cancelled inside a statement is lost: it may keep its transaction, and with it
    everybody else from writing, until the garbage collector finds it.

    Raises:
        asyncio.CancelledError: The awaiting task was cancelled, and the work did not fail.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if not task.cancelled():
        result = task.result()
        if cancelled is None:
            return result
    raise cancelled or asyncio.CancelledError
