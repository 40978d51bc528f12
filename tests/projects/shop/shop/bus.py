"""The shop's event bus: handlers run together, and what goes wrong in one of them is kept from the others."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

Handler = Callable[[Any], Awaitable[Any]]


class EventBus:
    """Calls handlers by the exact class of the event."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Handler]] = defaultdict(list)
        self._history: list[str] = []

    def subscribe(self, event_type: type, handler: Handler) -> None:
        """Add a handler."""
        self._handlers[event_type].append(handler)

    def unsubscribe(self, event_type: type, handler: Handler) -> None:
        """Take a handler out again; raises ValueError when it is not there."""
        self._handlers[event_type].remove(handler)

    async def publish(self, event: Any, session: Any = None) -> list[Any]:
        """Call the handlers; gives what they gave back, or raised."""
        self._history.append(type(event).__name__)
        if session is not None:
            session.seen.append(type(event).__name__)
        calls = [handler(event) for handler in self._handlers.get(type(event), [])]
        return list(await asyncio.gather(*calls, return_exceptions=True))
