"""The message bus: events go to everybody, commands to one, and what handlers make happen comes after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orders.messages import Command


class MessageBus:
    """Dispatches by base class: a handler of a class gets the events of the classes below it too."""

    def __init__(
        self,
        event_handlers: Mapping[type, list[Callable[[Any], Any]]],
        command_handlers: Mapping[type, Callable[[Any], Any]],
    ) -> None:
        self.event_handlers = event_handlers
        self.command_handlers = command_handlers
        self.errors: list[str] = []

    def handle(self, message: Any) -> Any:
        """Handle a command (gives its result, raises its error) or an event (raises nothing)."""
        if isinstance(message, Command):
            return self.handle_command(message)
        return self.handle_event(message)

    def handle_event(self, event: Any) -> int:
        """Call everybody; gives how many were called."""
        called = 0
        for kind, handlers in self.event_handlers.items():
            if isinstance(event, kind):
                for handler in handlers:
                    called += 1
                    try:
                        handler(event)
                    except Exception as error:
                        self.errors.append(f"{type(error).__name__}: {error}")
        return called

    def handle_command(self, command: Any) -> Any:
        """Call the one handler."""
        return self.command_handlers[type(command)](command)
