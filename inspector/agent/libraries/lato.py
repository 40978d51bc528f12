"""lato: an application calls the handlers of a message, of all its modules, inside a transaction context."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.bus.identity import bound_to
from ..adapters.base import CallShape
from ..reading.eventbuild import build_event, build_named
from ..reading.events import EventType, NamedEvent, describe_class
from ..reading.namedevents import describe_name
from ..reading.targets import is_async
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, class_points, loaded_classes
from .payload import positional_names
from .recording import Undo, replaced_method

if TYPE_CHECKING:
    from ..adapters.base import Names, Options
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap


class LatoConnection(LibraryConnection):
    """One application."""

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        super().__init__(adapter, where, value, options, names)
        #: What stands in the place of the application's own iterator of handlers.
        self._iterator: Any = None

    def receivers(self) -> list[Receiver]:
        """Return the handlers of the application, then those of its modules."""
        return [
            Receiver(alias, target, note="" if module is self._value else f"of module {module.name}")
            for module in _modules(self._value)
            for alias, handlers in tuple(module._handlers.items())
            for target in tuple(handlers)
        ]

    def shape_of(self, receiver: Receiver) -> CallShape:
        """Return that all is passed by name: the message as the first parameter, the rest as dependencies."""
        names = positional_names(receiver.target)[:1] if isinstance(receiver.pattern, type) else []
        return CallShape(0, keywords=tuple(names), others=True, typed=bool(names), text="arguments by name")

    def event_types(self) -> list[EventType]:
        """Return the messages, and the names that stand for functions."""
        targets: dict[Any, list[Any]] = {}
        for receiver in self.receivers():
            targets.setdefault(receiver.pattern, []).append(receiver.target)
        return [
            describe_class(alias) if isinstance(alias, type) else self._named(str(alias), handlers)
            for alias, handlers in targets.items()
        ]

    def _named(self, name: str, handlers: list[Any]) -> EventType:
        described = describe_name(name, handlers, by_keyword=True)
        provided = self._value.dependency_provider
        needed = [
            shape for shape in described.fields if not provided.has_dependency(shape.name) and shape.name != "ctx"
        ]
        return replace(described, fields=tuple(needed))

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return what everything goes through: the methods of the transaction context."""
        (context,) = loaded_classes("lato.transaction_context:TransactionContext")
        return class_points(context, "publish", "publish_async")

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return the message, if it is this application's context that publishes it."""
        context, *rest = args
        iterator = context._handlers_iterator
        if iterator is not self._iterator and bound_to(iterator) is not self._value:
            return None
        message = rest.pop(0) if rest else kwargs.get("message")
        if isinstance(message, str):
            payload = {name: value for name, value in kwargs.items() if name != "message"}
            return self.named(message, {**({"args": rest} if rest else {}), **payload})
        return self.typed(message)

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return the message that a handler was called with; what else it gets is provided."""
        if isinstance(pattern, type):
            message = next((value for value in (*args, *kwargs.values()) if isinstance(value, pattern)), None)
            if message is not None:
                return self.typed(message)
        return self.named(pattern.__name__ if isinstance(pattern, type) else str(pattern), dict(kwargs))

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Build the message."""
        return build_named(event, values) if event.cls is None else build_event(event.cls, values)

    def publish(self, event: Any) -> Any:
        """Publish; asynchronously where a handler is."""
        if self._chosen:
            return getattr(self._value, self._chosen)(event.name if isinstance(event, NamedEvent) else event)
        key = event.name if isinstance(event, NamedEvent) else type(event)
        waits = any(is_async(receiver.target) for receiver in self.receivers() if self.goes_to(key, receiver))
        payload = event.payload if isinstance(event, NamedEvent) else {}
        message = event.name if isinstance(event, NamedEvent) else event
        if waits:
            return self._publish_async(message, payload)
        with self._value.transaction_context() as transaction:
            return transaction.publish(message, **payload)

    async def _publish_async(self, message: Any, payload: Mapping[str, Any]) -> None:
        async with self._value.transaction_context() as transaction:
            await transaction.publish_async(message, **payload)

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Let the application hand out stand-ins where a context asks for the handlers of a message."""

        def standing_in(iterate: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
            def iterate_handlers_for(alias: Any) -> Iterator[Any]:
                for handler in iterate(alias):
                    yield replace(handler, fn=self.stand_in(tap, handler.fn, alias))

            self._iterator = iterate_handlers_for
            return iterate_handlers_for

        yield replaced_method(self._value, "iterate_handlers_for", standing_in)


def _modules(module: Any) -> Iterable[Any]:
    yield module
    for inner in tuple(module._submodules):
        yield from _modules(inner)


class LatoAdapter(LibraryAdapter):
    """Recognises lato's applications."""

    name = "lato"
    library = "lato application"
    classes = ("lato.application:Application",)
    connection = LatoConnection

    def buses_of(self, first: Any) -> Iterable[Any]:
        """Return the application whose transaction context publishes, or that makes one."""
        return (first if self.knows(first) else bound_to(getattr(first, "_handlers_iterator", None)),)
