"""A bus as people write it at home; the animals that live have one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ping:
    """The one event."""

    number: int = 0


class Bus:
    """Calls what is in its dict."""

    def __init__(self) -> None:
        self.handlers: dict[type[Any], list[Callable[[Any], Any]]] = {}

    def subscribe(self, event: type[Any], handler: Callable[[Any], Any]) -> None:
        """Add a handler."""
        self.handlers.setdefault(event, []).append(handler)

    async def publish(self, event: Any) -> None:
        """Call the handlers one after another."""
        for handler in self.handlers.get(type(event), []):
            await handler(event)


async def pong(event: Ping) -> None:
    """Do nothing."""


def make_bus() -> Bus:
    """Give a bus with one handler."""
    bus = Bus()
    bus.subscribe(Ping, pong)
    return bus
