"""pyee's event emitters: plain, asyncio, executor, and what derives from them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..reading.eventbuild import build_named
from ..reading.namedevents import describe_name
from ..reading.targets import member_text
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, method_points
from .payload import asked_by_position, call_arguments, given, positional_names, shape_as
from .recording import Undo, carried, replaced_method

if TYPE_CHECKING:
    from ..adapters.base import CallShape
    from ..reading.events import EventType
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap


class PyeeConnection(LibraryConnection):
    """One emitter."""

    def receivers(self) -> list[Receiver]:
        """Return the listeners of every event, in the order in which they were added."""
        return [
            Receiver(_text(event), target, note="once" if called is not target else "")
            for event, listeners in tuple(self._value._events.items())
            for target, called in tuple(listeners.items())
        ]

    def shape_of(self, receiver: Receiver) -> CallShape | None:
        """Return how the first listener of the event has to be called: all are called alike."""
        return shape_as([other.target for other in self.receivers() if other.pattern == receiver.pattern])

    def event_types(self) -> list[EventType]:
        """Return the names that have listeners."""
        targets: dict[str, list[Any]] = {}
        for receiver in self.receivers():
            targets.setdefault(receiver.pattern, []).append(receiver.target)
        return [
            replace(describe_name(name, listeners), fields=asked_by_position(listeners))
            for name, listeners in targets.items()
        ]

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return ``emit``."""
        return method_points(self._value, "emit")

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return the name and what is handed to its listeners; None for what the emitter tells of itself."""
        event, args = (args[0], args[1:]) if args else (kwargs.get("event"), ())
        if event == "new_listener" and event not in self._value._events:
            return None
        return self._of(_text(event), args, {name: value for name, value in kwargs.items() if name != "event"})

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a listener was called with."""
        return self._of(pattern, args, kwargs)

    def _of(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        target = self._listener(name)
        return self.named(name, given(args, kwargs, positional_names(target) if target is not None else ()))

    def _listener(self, name: str) -> Any:
        return next((receiver.target for receiver in self.receivers() if receiver.pattern == name), None)

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Take the values as they are."""
        return build_named(event, values)

    def publish(self, event: Any) -> Any:
        """Emit, by position as far as the first listener has names for it."""
        events = self._value._events
        name = next((key for key in events if _text(key) == event.name), event.name)
        args, kwargs = call_arguments(self._listener(event.name), event.payload)
        emit = getattr(self._value, self._chosen or "emit")
        emit(name, *args, **kwargs)

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Let the emitter run stand-ins."""

        def standing_in(run: Callable[..., None]) -> Callable[..., None]:
            def emit_run(called: Callable[..., Any], args: Any, kwargs: Any) -> None:
                event, target = self._found(called)
                run(carried(self.stand_in(tap, called, event, target)), args, kwargs)

            return emit_run

        yield replaced_method(self._value, "_emit_run", standing_in)

    def _found(self, called: Any) -> tuple[Any, Any]:
        """Return the event and the listener that something called stands for."""
        for event, listeners in tuple(self._value._events.items()):
            for target, wrapped in tuple(listeners.items()):
                if wrapped is called:
                    return _text(event), target
        return None, called


def _text(event: Any) -> str:
    return member_text(event) if isinstance(event, enum.Enum) else str(event)


class PyeeAdapter(LibraryAdapter):
    """Recognises pyee's emitters."""

    name = "pyee"
    library = "pyee event emitter"
    classes = ("pyee.base:EventEmitter",)
    connection = PyeeConnection
