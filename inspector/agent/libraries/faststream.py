"""FastStream: subscribers and publishers of a broker, in this process.

What a server brings from elsewhere is seen as the handlers that are called for it; what is published and handled in one
process, as with a test broker, is joined.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.identity import undecorated
from ...core.errors import InspectorError
from ...core.values import hints
from ..adapters.base import CallShape
from ..adapters.deadline import in_time
from ..handlers import Handler
from ..reading.eventbuild import build_named
from ..reading.events import FREE, PAYLOAD, EventType, fields_of, make_of, parameter_field, signature_hints
from ..reading.namedevents import describe_name
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, class_points, loaded_classes
from .recording import Undo, replaced

if TYPE_CHECKING:
    from ...core.description import FieldShape
    from ..adapters.base import FireContext
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap

#: Attribute of a subscriber or publisher that says where it listens or sends, and the parameter of a publish for it.
_PLACES: Final = {
    "channel": "channel",
    "list_sub": "list",
    "list": "list",
    "stream_sub": "stream",
    "stream": "stream",
    "clear_subject": "subject",
    "subject": "subject",
    "queue": "queue",
    "topics": "topic",
    "topic": "topic",
}
_INJECTING: Final = ("fast_depends", "faststream")
_WRAPPERS: Final = (
    "faststream._internal.endpoint.call_wrapper:HandlerCallWrapper",
    "faststream.broker.wrapper.call:HandlerCallWrapper",
)


class FastStreamConnection(LibraryConnection):
    """One broker."""

    # -- the catalog ---------------------------------------------------------------------------------------------------

    def _subscribers(self) -> list[Any]:
        """Return the subscribers, without those that a test broker makes up."""
        held = getattr(self._value, "subscribers", None)
        subscribers = self._value._subscribers.values() if held is None else held
        own = [subscriber for subscriber in subscribers if any(_written(call.handler) for call in subscriber.calls)]
        return sorted(own, key=self._place_in_source)  # newer versions keep them in a set

    def _place_in_source(self, subscriber: Any) -> tuple[str, int]:
        described = self.describe(next(filter(None, (_written(call.handler) for call in subscriber.calls))))
        return described.file, described.line

    def _publishers(self) -> list[Any]:
        held = getattr(self._value, "publishers", None)
        return list(self._value._publishers.values() if held is None else held)

    def receivers(self) -> list[Receiver]:
        """Return the handlers, at each place that their subscriber listens to."""
        return [
            Receiver(place, target)
            for subscriber in self._subscribers()
            for _, place in _places(subscriber)
            for call in subscriber.calls
            if (target := _written(call.handler)) is not None
        ]

    def shape_of(self, receiver: Receiver) -> CallShape:
        """Return that all is passed by name: whether a message has it, is found out when it is parsed."""
        return CallShape(0, others=True, text="the message by name")

    def event_types(self) -> list[EventType]:
        """Return the places that are listened to, then those that only a publisher of this broker has."""
        targets: dict[str, list[Any]] = {}
        for receiver in self.receivers():
            targets.setdefault(receiver.pattern, []).append(receiver.target)
        for publisher in self._publishers():
            for _, place in _places(publisher):
                targets.setdefault(place, [])
        events = []
        for place, handlers in targets.items():
            described = describe_name(place, handlers)
            events.append(replace(described, fields=_fields(handlers[0])) if handlers else described)
        return events

    def facts(self) -> Iterable[str]:
        """Return how it is fired."""
        test = self._test_broker()
        return [f"Fired in memory with {test.__name__} unless connected."] if test is not None else []

    # -- what the tap asks ---------------------------------------------------------------------------------------------

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return what all publishing ends in: the producers that are loaded, real ones and those for tests."""
        points = []
        for name, module in tuple(sys.modules.items()):
            if name.startswith("faststream.") and type(module) is types.ModuleType:
                for cls in tuple(vars(module).values()):
                    if isinstance(cls, type) and cls.__module__ == name and cls.__name__.endswith("Producer"):
                        points += class_points(cls, "publish", "request")
        return points

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return place and message of what one of this broker's producers sends; replies are no events."""
        producer, *rest = args
        if not self._is_ours(producer):
            return None
        message = rest[0] if rest else kwargs.get("cmd", kwargs.get("message"))
        if hasattr(message, "destination") and hasattr(message, "publish_type"):
            if str(getattr(message.publish_type, "value", "")) == "REPLY":
                return None
            place, message = message.destination, message.body
        else:
            said = [*rest[1:2], *(kwargs.get(name) for name in dict.fromkeys(_PLACES.values()))]
            place = next((_text(value) for value in said if value), "")
        return self.named(place, message) if place else None

    def _is_ours(self, producer: Any) -> bool:
        broker = self._value
        if getattr(producer, "broker", None) is broker or getattr(broker, "_producer", None) is producer:
            return True
        config = getattr(broker, "config", None)
        if getattr(config, "producer", None) is producer:
            return True
        return any(getattr(publisher, "producer", None) is producer for publisher in self._publishers())

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a handler was called with; nobody here has published it."""
        values = (*args, *kwargs.values())
        return self.named(
            pattern, values[0] if len(values) == 1 else {**kwargs, **({"args": list(args)} if args else {})}
        )

    # -- firing --------------------------------------------------------------------------------------------------------

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Take the values as they are: FastStream validates them by the handler."""
        return build_named(event, values)

    async def fire(self, event: Any, context: FireContext) -> None:
        """Publish; a broker that is not connected does so in memory, as in its tests."""
        await in_time(self._publish(event), context.timeout, self._tap)

    async def _publish(self, event: Any) -> None:
        async with contextlib.AsyncExitStack() as stack:
            if getattr(self._value, "_connection", None) is None:
                test = self._test_broker()
                if test is None:
                    raise InspectorError(f"{self.where} is not connected.", "Connect it before firing an event.")
                await stack.enter_async_context(test(self._value))
            publish = getattr(self._value, self._chosen or "publish")
            await publish(self._message(event), **self._place(event.name))

    def _message(self, event: Any) -> Any:
        target = next((receiver.target for receiver in self.receivers() if receiver.pattern == event.name), None)
        parameters, _ = _asked(target) if target is not None else ([], {})
        alone = len(parameters) == 1 and set(event.payload) == {parameters[0].name}
        return (
            event.payload[parameters[0].name]
            if alone and _fields(target)[0].name == parameters[0].name
            else event.payload
        )

    def _place(self, name: str) -> dict[str, Any]:
        for member in (*self._subscribers(), *self._publishers()):
            for keyword, place in _places(member):
                if place == name:
                    exchange = getattr(member, "exchange", None)
                    return {keyword: place, **({"exchange": exchange} if exchange is not None else {})}
        raise InspectorError(f"{self.where} has no subscriber for {name}.")

    def _test_broker(self) -> Any:
        """Return the library's own broker for tests of this kind; None where its module is not loaded."""
        for cls in type(self._value).__mro__:
            package = sys.modules.get(".".join(cls.__module__.split(".")[:2]))
            test = getattr(package, f"Test{cls.__name__}", None)
            if cls.__module__.startswith("faststream.") and test is not None:
                return test
        return None

    # -- stand-ins -----------------------------------------------------------------------------------------------------

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Stand in for the call of a handler on the class of its wrapper: the library makes it anew at each start."""
        for cls in loaded_classes(*_WRAPPERS):
            function = vars(cls)["call_wrapped"]
            yield replaced(cls, "call_wrapped", self._call(tap, function))

    def _call(self, tap: Tap, function: Any) -> Any:
        @functools.wraps(function)
        def call_wrapped(wrapper: Any, message: Any) -> Any:
            target = _written(wrapper)
            place = self._place_of(wrapper) if target is not None else None
            if place is None:
                return function(wrapper, message)
            called = _Wrapped(functools.partial(function, wrapper))
            return self.stand_in(tap, called, place, target)(message)

        return call_wrapped

    def _place_of(self, wrapper: Any) -> str | None:
        for subscriber in self._subscribers():
            if any(call.handler is wrapper for call in subscriber.calls):
                return next((place for _, place in _places(subscriber)), None)
        return None


class _Wrapped:
    """The call of a handler by the library: decoding, dependencies, and the function."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def __call__(self, message: Any) -> Any:
        return await self._call(message)


def _written(wrapper: Any) -> Any:
    """Return the function that the program has written for a handler; None of one that the library made up."""
    function = getattr(wrapper, "_declared_call", None) or getattr(wrapper, "_original_call", None)
    module = getattr(undecorated(function), "__module__", "") or "" if callable(function) else "faststream"
    return None if module.partition(".")[0] == "faststream" else function


def _places(member: Any) -> list[tuple[str, str]]:
    """Return where a subscriber listens or a publisher sends: the parameter of a publish, and the name."""
    for attribute, keyword in _PLACES.items():
        value = getattr(member, attribute, None)
        several = value if isinstance(value, (list, tuple)) else [value]
        names = [text for item in several if (text := _text(item))]
        if names:
            # Of a queue alone newer versions add the prefix of its router as late as they declare it.
            prefix = getattr(getattr(member, "_outer_config", None), "prefix", "") if attribute == "queue" else ""
            return [(keyword, prefix + name) for name in names]
    return []


def _text(value: Any) -> str:
    name = value if isinstance(value, str) else getattr(value, "name", getattr(value, "broker_address", None))
    return name if isinstance(name, str) else ""


def _asked(target: Any) -> tuple[list[inspect.Parameter], dict[str, Any]]:
    """Return the parameters that a message fills, without what the library injects, and their annotations."""
    handler = Handler(target)
    annotations = signature_hints(handler.function) if hasattr(handler.function, "__globals__") else {}
    parameters = [
        parameter
        for parameter in handler.parameters or ()
        if parameter.kind not in FREE and not _is_injected(parameter, annotations.get(parameter.name))
    ]
    return parameters, annotations


def _is_injected(parameter: inspect.Parameter, annotation: Any) -> bool:
    marks = [
        parameter.default,
        *getattr(annotation, "__metadata__", ()),
        *getattr(parameter.annotation, "__metadata__", ()),
    ]
    if any(type(mark).__module__.partition(".")[0] in _INJECTING for mark in marks):
        return True
    cls = hints.unwrap(annotation)
    return isinstance(cls, type) and cls.__module__.partition(".")[0] in _INJECTING


def _fields(target: Any) -> tuple[FieldShape, ...]:
    parameters, annotations = _asked(target)
    if len(parameters) == 1:
        hint = hints.unwrap(annotations.get(parameters[0].name, Any))
        if isinstance(hint, type) and make_of(hint) != "plain":
            return fields_of(hint)
        if hint in (Any, dict) or getattr(hint, "__origin__", None) is dict:
            return (PAYLOAD,)
    return tuple(parameter_field(parameter, annotations) for parameter in parameters)


class FastStreamAdapter(LibraryAdapter):
    """Recognises FastStream's brokers."""

    name = "faststream"
    library = "FastStream broker"
    classes = (
        "faststream._internal.broker.broker:BrokerUsecase",
        "faststream.broker.core.usecase:BrokerUsecase",
    )
    connection = FastStreamConnection

    def buses_of(self, first: Any) -> Iterable[Any]:
        """Return the broker that connects, or those that a test broker stands for."""
        return (first,) if self.knows(first) else (getattr(first, "broker", None), *getattr(first, "brokers", ()))
