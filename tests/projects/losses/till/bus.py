"""An event bus that fails open: what goes wrong in a handler is kept from whoever publishes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any], Any]


class Bus:
    """Calls handlers by the class of the event, together, and waits for them for a while."""

    def __init__(self, patience: float = 0.05) -> None:
        self._handlers: dict[type, list[Handler]] = defaultdict(list)
        self._patience = patience

    def subscribe(self, event_type: type, handler: Handler) -> None:
        """Add a handler."""
        self._handlers[event_type].append(handler)

    def unsubscribe(self, event_type: type, handler: Handler) -> None:
        """Take a handler out again."""
        self._handlers[event_type].remove(handler)

    async def take_turns(self, event: Any) -> None:
        """Call the handlers one after another."""
        for handler in self._handlers[type(event)]:
            await handler(event)

    async def publish(self, event: Any) -> None:
        """Call the handlers and wait for them; for those of a report not longer than the bus has patience."""
        if type(event).__name__.startswith("Cash"):
            await self.take_turns(event)
            return
        tasks = [asyncio.ensure_future(handler(event)) for handler in self._handlers[type(event)]]
        if tasks:
            await asyncio.wait(tasks, timeout=self._patience if type(event).__name__.startswith("Report") else None)

    def announce(self, event: Any) -> None:
        """Call the handlers of an event at once; meant for functions."""
        for handler in self._handlers[type(event)]:
            handler(event)
