"""fastapi-events: ``dispatch`` hands a name and a payload to the local handler, after the request or in a task."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, Final

from ...core.description import Problem
from ...core.errors import InspectorError
from ..adapters.base import CallShape
from ..reading.eventbuild import build_named
from ..reading.events import PAYLOAD, EventType, describe_class
from ..reading.namedevents import describe_name
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver
from .payload import Waiting
from .recording import Undo, carried, replaced_method

if TYPE_CHECKING:
    from ..adapters.base import FireContext, Names, Options
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap


_NOT_LOADED: Final = "fastapi_events.dispatcher is not imported: no event can be dispatched or recorded."
_LOAD_IT: Final = "Import it where the program is set up."


class FastAPIEventsConnection(LibraryConnection):
    """One local handler."""

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        super().__init__(adapter, where, value, options, names)
        self._waiting = Waiting()
        #: The key under which this handler is entered while an event is fired.
        self._middleware: Any = None

    def receivers(self) -> list[Receiver]:
        """Return the functions that are registered, pattern after pattern, as they are called."""
        return [
            Receiver(None if name == "*" else name, target, "wildcard" if _is_pattern(name) else "exact")
            for name, targets in tuple(self._value._registry.items())
            for target in tuple(targets)
        ]

    def shape_of(self, receiver: Receiver) -> CallShape:
        """Return that a pair of name and payload is passed; dependencies are parameters with a default."""
        return CallShape(text="the event, a pair of name and payload")

    def has(self, key: Any) -> bool:
        """Return whether a name is dispatched here: it has a schema, or a handler of its own or by a pattern."""
        named = (receiver for receiver in self.receivers() if receiver.pattern is not None)
        return isinstance(key, str) and (key in _schemas() or any(self.goes_to(key, receiver) for receiver in named))

    def goes_to(self, key: Any, receiver: Receiver) -> bool:
        """Return whether events of a name go to a function: its pattern may have wildcards."""
        return receiver.pattern is None or fnmatch(str(key), receiver.pattern)

    def event_types(self) -> list[EventType]:
        """Return the names that have handlers or a schema; fields are those of the schema."""
        names = dict.fromkeys(receiver.pattern for receiver in self.receivers())
        schemas = _schemas()
        return [
            self._described(name, schemas.get(name))
            for name in dict.fromkeys([*(name for name in names if name and not _is_pattern(name)), *schemas])
        ]

    def _described(self, name: str, schema: Any) -> EventType:
        targets = [receiver.target for receiver in self.receivers() if self.goes_to(name, receiver)]
        described = describe_name(name, targets)
        if schema is None:
            return replace(described, fields=(PAYLOAD,))
        model = describe_class(schema)
        return replace(described, fields=model.fields, doc=model.doc, file=model.file, line=model.line)

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return ``dispatch``."""
        module = _dispatcher()
        return [LibraryPoint("dispatch", module, module.dispatch)] if module is not None else []

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return name and payload; None when they go to other handlers than this one."""
        names = ("event_name_or_model", "payload", "event_name")
        said = {**dict(zip(names, args)), **kwargs}  # noqa: B905 - the rest chooses how it is validated
        if not self._is_reached(said.get("middleware_id") or (args[6] if len(args) > 6 else None)):
            return None
        first, payload = said.get("event_name_or_model"), said.get("payload")
        name = said.get("event_name") or (first if isinstance(first, (str, enum.Enum)) else None)
        if name is None:
            name = getattr(first, "__event_name__", None)
        if not isinstance(first, (str, enum.Enum)) and first is not None:
            payload = first
        occurrence = self.named(str(name), payload if payload is not None else {})
        handlers = sum(self.goes_to(occurrence.name, receiver) for receiver in self.receivers())
        self._waiting.add(occurrence, (payload,), handlers)
        return occurrence

    def _is_reached(self, middleware: Any) -> bool:
        if middleware is None:
            package: Any = sys.modules["fastapi_events"]
            middleware = package.middleware_identifier.get(None)
        return any(handler is self._value for handler in _store().get(middleware, ()))

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return the event that a handler was called with: a pair of name and payload."""
        event = args[0] if args else next(iter(kwargs.values()), ("", None))
        name, payload = event
        return self._waiting.take(self.named(str(name), payload), (payload,))

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Take the values as they are: ``dispatch`` validates them by the schema."""
        return build_named(event, values)

    async def fire(self, event: Any, context: FireContext) -> None:
        """Dispatch as outside a request; where no application has the handler, it is entered for this one event."""
        store = _store()
        entered = next((key for key, handlers in store.items() if any(item is self._value for item in handlers)), None)
        self._middleware = id(self) if entered is None else entered
        if entered is None:
            store[self._middleware] = [self._value]
        try:
            await super().fire(event, context)
        finally:
            if entered is None:
                store.pop(self._middleware, None)

    def publish(self, event: Any) -> Any:
        """Dispatch.

        Raises:
            InspectorError: Nothing has loaded what dispatches.
        """
        module = _dispatcher()
        if module is None:
            raise InspectorError(_NOT_LOADED, _LOAD_IT)
        module.dispatch(event.name, payload=event.payload, middleware_id=self._middleware)

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Let the handler get stand-ins where it looks for the functions of an event."""

        def standing_in(find: Callable[[Any], Iterable[Any]]) -> Callable[[Any], list[Any]]:
            def get_handlers_for_event(event_name: Any) -> list[Any]:
                return [self._carried(tap, target, str(event_name)) for target in find(event_name)]

            return get_handlers_for_event

        yield replaced_method(self._value, "_get_handlers_for_event", standing_in)

    def _carried(self, tap: Tap, target: Any, name: str) -> Any:
        stand_in = self.stand_in(tap, target, name)
        return stand_in if self.describe(target).is_async else carried(stand_in)

    def problems(self) -> Iterable[Problem]:
        """Yield that no middleware has this handler: what is dispatched never comes to it."""
        if _dispatcher() is None:
            yield Problem(self.where, _NOT_LOADED, _LOAD_IT)
        store = _store()
        if store and not any(item is self._value for handlers in store.values() for item in handlers):
            text = "No EventHandlerASGIMiddleware uses it: events dispatched in requests do not reach it."
            yield Problem(self.where, text, "Add it to handlers=[…] of the middleware.")


def _dispatcher() -> Any:
    """Return the module that dispatches; None where nothing has loaded it yet: who only handles events need not."""
    return sys.modules.get("fastapi_events.dispatcher")


def _store() -> dict[Any, Any]:
    """Return the handlers of each application's middleware."""
    package: Any = sys.modules["fastapi_events"]
    store: dict[Any, Any] = package.handler_store
    return store


def _schemas() -> dict[str, Any]:
    module = sys.modules.get("fastapi_events.registry.payload_schema")
    registry = getattr(module, "registry", None)
    return {str(name): schema for name, schema in dict(registry or {}).items()}


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in "*?[")


class FastAPIEventsAdapter(LibraryAdapter):
    """Recognises local handlers of fastapi-events."""

    name = "fastapi-events"
    library = "fastapi-events local handler"
    classes = ("fastapi_events.handlers.local:LocalHandler",)
    connection = FastAPIEventsConnection

    def buses_of(self, first: Any) -> Iterable[Any]:
        """Return the local handlers of all middleware: whichever it is, ``dispatch`` is called."""
        return [handler for handlers in _store().values() for handler in handlers if self.knows(handler)]
