"""The ground: bus, descriptions, records and their stream, values, secrets; standard library only.

``from inspector.core import DomainEvent, InMemoryEventBus`` is all that a program needs.

What it offers is loaded with the first name that is asked for, but for what classes of events are made of: who needs
one module of it does not load the bus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .public import *  # noqa: F403 - the names that it offers
else:
    #: What modules of events ask for: they are loaded without the bus.
    _OF_EVENTS = {"DomainEvent", "EventDataError", "get_event_class", "register_event"}

    def __getattr__(name: str) -> Any:
        """Return what is offered under a name, or their list."""
        if name in _OF_EVENTS:
            from .bus import events

            globals()[name] = value = getattr(events, name)
            return value
        from .public import __all__ as names
        from .public import lookup

        value = names if name == "__all__" else lookup(name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    from .public import __all__ as names

    return sorted({*globals(), *names})
