"""Litestar's event emitter: what is emitted is handed to listeners by a worker of the application."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..adapters.deadline import in_time
from ..reading.eventbuild import build_named
from ..reading.namedevents import describe_name
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, loaded_classes, method_points
from .payload import Waiting, asked_by_position, call_arguments, closed_over, given, positional_names, shape_as
from .recording import Undo, carried, replaced

if TYPE_CHECKING:
    from ..adapters.base import CallShape, FireContext, Names, Options
    from ..reading.events import EventType
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap

_APP = "litestar.app:Litestar"


class LitestarConnection(LibraryConnection):
    """One emitter; an application stands for its own."""

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        emitter = value.event_emitter if isinstance(value, loaded_classes(_APP)) else value
        super().__init__(adapter, where, emitter, options, names)
        self._waiting = Waiting()

    def receivers(self) -> list[Receiver]:
        """Return the listeners of each event; those of one event are in a set, without an order."""
        return [
            Receiver(event, written(listener.fn))
            for event, listeners in tuple(self._value.listeners.items())
            for listener in tuple(listeners)
        ]

    def shape_of(self, receiver: Receiver) -> CallShape | None:
        """Return how another listener of the event has to be called: all are called alike, in no order."""
        targets = sorted(self._targets(receiver.pattern), key=lambda target: self.describe(target).line)
        return shape_as(targets)

    def event_types(self) -> list[EventType]:
        """Return the names that have listeners."""
        names = dict.fromkeys(receiver.pattern for receiver in self.receivers())
        return [
            replace(describe_name(name, targets), fields=asked_by_position(targets))
            for name in names
            if (targets := self._targets(name))
        ]

    def _targets(self, name: str) -> list[Any]:
        return [receiver.target for receiver in self.receivers() if receiver.pattern == name]

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return ``emit`` of the emitter: that of the application calls it."""
        return method_points(self._value, "emit")

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return the name and what is handed to its listeners."""
        event, args = (args[0], args[1:]) if args else (kwargs.get("event_id"), ())
        kwargs = {name: value for name, value in kwargs.items() if name != "event_id"}
        occurrence = self._of(str(event), args, kwargs)
        self._waiting.add(occurrence, (*args, *kwargs.values()), len(self._targets(occurrence.name)))
        return occurrence

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what was emitted that a listener is called for by the worker."""
        targets = self._targets(pattern)
        # One listener may hear several events, and is called alike for each.
        others = {self._names.name_of(receiver.pattern) for receiver in self.receivers() if receiver.target in targets}
        return self._waiting.take(self._of(pattern, args, kwargs), (*args, *kwargs.values()), others)

    def _of(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        targets = self._targets(name)
        return self.named(name, given(args, kwargs, positional_names(targets[0]) if targets else ()))

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Take the values as they are."""
        return build_named(event, values)

    async def fire(self, event: Any, context: FireContext) -> None:
        """Emit; where the application does not run, its emitter runs for this one event."""
        if getattr(self._value, "_send_stream", self) is not None:
            await super().fire(event, context)
        else:
            await in_time(self._alone(event), context.timeout, self._tap)

    async def _alone(self, event: Any) -> None:
        async with self._value:
            self.publish(event)
            await asyncio.sleep(0)  # its worker takes it up

    def publish(self, event: Any) -> Any:
        """Emit."""
        targets = self._targets(event.name)
        args, kwargs = call_arguments(targets[0], event.payload) if targets else ([], dict(event.payload))
        getattr(self._value, self._chosen or "emit")(event.name, *args, **kwargs)

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Let the emitter get stand-ins where it looks for the listeners of an event."""
        yield replaced(self._value, "listeners", _Listeners(self, tap, self._value.listeners))


class _Listeners:
    """The listeners of an emitter, each of which calls a stand-in of its function; all else is as it was."""

    def __init__(self, connection: LitestarConnection, tap: Tap, listeners: Any) -> None:
        self._connection = connection
        self._tap = tap
        self._listeners = listeners

    def get(self, event: str) -> Any:
        listeners = self._listeners.get(event)
        return listeners and [_Listener(self._call(listener, event), listener) for listener in listeners]

    def _call(self, listener: Any, event: str) -> Any:
        """Return what the worker calls: what catches and logs the listener's errors, around a stand-in."""
        inside = closed_over(listener.fn).get("fn", listener.fn)
        stand_in = self._connection.stand_in(self._tap, inside, event, written(listener.fn))
        catch = getattr(listener, "wrap_in_error_handler", None)
        return carried(stand_in if inside is listener.fn or catch is None else catch(stand_in))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listeners, name)

    def __getitem__(self, event: str) -> Any:
        return self._listeners[event]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listeners)

    def __len__(self) -> int:
        return len(self._listeners)


class _Listener:
    def __init__(self, call: Any, listener: Any) -> None:
        self.fn = call
        self._listener = listener

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)


def written(function: Any) -> Any:
    """Return what the program has written for a listener: without what catches its errors and puts it into a thread."""
    inside = closed_over(function).get("fn", function)
    return getattr(inside, "func", inside)


class LitestarAdapter(LibraryAdapter):
    """Recognises Litestar's applications and event emitters."""

    name = "litestar"
    library = "Litestar event emitter"
    classes = (_APP, "litestar.events.emitter:BaseEventEmitterBackend")
    connection = LitestarConnection
