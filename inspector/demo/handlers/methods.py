"""Handlers that do the same for many events, and still have a method for each.

A bus, a profile and a traceback name a handler by its method. A class that logs 77 events with one ``handle`` would be
one name for all of them; 77 methods of one line would be worse.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import fields
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from inspector.core.bus.events import DomainEvent
from inspector.core.bus.wiring import handler_method_name

if TYPE_CHECKING:
    from inspector.core.bus.registry import EventMetadata

#: Fields that let whoever reads them act as the user: they go into the mail and nowhere else.
SECRET_FIELDS: Final = frozenset({"token", "verification_token", "reset_token"})

_BASE_FIELDS: Final = frozenset(field.name for field in fields(DomainEvent))
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class HandlesAny(Protocol):
    """A handler with one method for any event."""

    def handle(self, event: DomainEvent) -> Awaitable[None]:
        """Handle the event."""


HandlerT = TypeVar("HandlerT", bound=HandlesAny)


def method_per_event(
    entries: Iterable[EventMetadata], describe: Callable[[EventMetadata], str]
) -> Callable[[type[HandlerT]], type[HandlerT]]:
    """Return a class decorator that copies ``handle`` into ``handle_{workflow}_{phase}`` for every entry.

    The copies run the same lines, under a name of their own in tracebacks too.

    Args:
        entries: The events that the class handles.
        describe: Returns the docstring of an entry's method.
    """
    names = {handler_method_name(entry): describe(entry) for entry in entries}

    def decorate(handler_class: type[HandlerT]) -> type[HandlerT]:
        template: Any = handler_class.__dict__["handle"]
        for name, doc in names.items():
            setattr(handler_class, name, _copy(template, handler_class, name, doc))
        return handler_class

    return decorate


def _copy(template: FunctionType, owner: type[Any], name: str, doc: str) -> FunctionType:
    qualified = f"{owner.__qualname__}.{name}"
    code = template.__code__.replace(co_name=name, co_qualname=qualified)
    copied = FunctionType(code, template.__globals__, name, template.__defaults__, template.__closure__)
    copied.__qualname__ = qualified
    copied.__module__ = template.__module__
    copied.__annotations__ = dict(template.__annotations__)
    copied.__doc__ = doc
    return copied


@cache
def snake_case(name: str) -> str:
    """Return ``user_login_failed`` for ``UserLoginFailed``."""
    return _WORD_START.sub("_", name).lower()


def own_fields(event: DomainEvent) -> dict[str, Any]:
    """Return the event's own fields as JSON types, without those that every event has and without secrets."""
    hidden = _BASE_FIELDS | SECRET_FIELDS | {"event_type"}
    return {name: value for name, value in event.to_dict().items() if name not in hidden}
