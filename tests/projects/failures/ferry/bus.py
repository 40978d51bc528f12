"""The event buses of the company; each keeps from who publishes what goes wrong in a handler."""

from __future__ import annotations

import asyncio
import inspect
import weakref
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any], Any]


class Quay:
    """Calls handlers by the class of the event, together; those of a rushed one are not waited for to their end."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Handler]] = defaultdict(list)

    def subscribe(self, event_type: type, handler: Handler) -> None:
        """Add a handler."""
        self._handlers[event_type].append(handler)

    def unsubscribe(self, event_type: type, handler: Handler) -> None:
        """Take a handler out again."""
        self._handlers[event_type].remove(handler)

    def on(self, event_type: type) -> Callable[[Handler], Handler]:
        """Add the function that is defined."""

        def add(handler: Handler) -> Handler:
            self.subscribe(event_type, handler)
            return handler

        return add

    async def publish(self, event: Any) -> None:
        """Call the handlers."""
        if getattr(event, "in_turn", False):
            for handler in self._handlers[type(event)]:
                await self._call(handler, event)
            return
        calls = [asyncio.ensure_future(self._call(handler, event)) for handler in self._handlers[type(event)]]
        if getattr(event, "rushed", False):
            await asyncio.wait(calls, timeout=0.02)
        else:
            await asyncio.gather(*calls, return_exceptions=True)

    async def _call(self, handler: Handler, event: Any) -> Any:
        outcome = handler(event)
        return await outcome if inspect.isawaitable(outcome) else outcome


class Horn:
    """Calls functions by the class of the event, one after another, until one of them says that it was enough."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Handler]] = defaultdict(list)

    def listen(self, event_type: type, handler: Handler) -> None:
        """Add a handler."""
        self._listeners[event_type].append(handler)

    def leave(self, event_type: type, handler: Handler) -> None:
        """Take a handler out again."""
        self._listeners[event_type].remove(handler)

    def on(self, event_type: type) -> Callable[[Handler], Handler]:
        """Add the function that is defined."""

        def add(handler: Handler) -> Handler:
            self.listen(event_type, handler)
            return handler

        return add

    def emit(self, event: Any) -> None:
        """Call the handlers."""
        for handler in self._listeners[type(event)]:
            if handler(event) == "enough":
                break


class Lights:
    """Calls methods that it knows only weakly."""

    def __init__(self) -> None:
        self._watchers: dict[type, list[weakref.ref[Any]]] = defaultdict(list)

    def watch(self, event_type: type, handler: Handler) -> None:
        """Add a method, and keep nobody alive."""
        self._watchers[event_type].append(weakref.WeakMethod(handler))

    def notify(self, event: Any) -> None:
        """Call the methods of those who are still there."""
        for reference in self._watchers[type(event)]:
            handler = reference()
            if handler is not None:
                handler(event)
