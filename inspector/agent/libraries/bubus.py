"""bubus: events are pydantic models, kept in a queue and worked off by the bus's own task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.bus.identity import bound_to
from ...core.bus.results import is_awaitable
from ..adapters.deadline import in_time
from ..reading.eventbuild import build_event
from ..reading.events import EventType, describe_class, subclasses
from ..tap.stand_ins import is_stand_in, original
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, loaded_classes, method_points

if TYPE_CHECKING:
    from ...core.description import HandlerDescription
    from ..adapters.base import FireContext, Names, Options
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap
    from .recording import Undo

_BASE = "bubus.models:BaseEvent"
#: What the bus itself writes into an event.
_RUNTIME = (
    "event_path",
    "event_parent_id",
    "event_created_at",
    "event_processed_at",
    "event_results",
    "event_result_type",
)


class BubusConnection(LibraryConnection):
    """One bus."""

    takes_event = True

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        super().__init__(adapter, where, value, options, names)
        self._stand_ins: dict[int, Any] = {}
        #: Its task was started by an event that was fired.
        self._started = False

    def receivers(self) -> list[Receiver]:
        """Return the handlers: those of a name, then those of every event."""
        named, of_all = [], []
        for name, handlers in tuple(self._value.handlers.items()):
            for target in tuple(handlers):
                if name == "*":
                    of_all.append(Receiver(None, original(target), "wildcard", _forwards(target)))
                else:
                    named.append(Receiver(self._class_called(name) or name, original(target), note=_forwards(target)))
        return [*named, *of_all]

    def has(self, key: Any) -> bool:
        """Return whether events of a class or name can be dispatched here: bubus's own can, and names with handlers."""
        base = loaded_classes(_BASE)
        return issubclass(key, base) if isinstance(key, type) else key in self._value.handlers

    def event_types(self) -> list[EventType]:
        """Return the classes that have handlers; a name that no class has is an event of its own."""
        patterns = dict.fromkeys(receiver.pattern for receiver in self.receivers() if receiver.pattern is not None)
        events = []
        for pattern in patterns:
            base = loaded_classes(_BASE)[0]
            described = describe_class(pattern if isinstance(pattern, type) else base)
            fields = tuple(shape for shape in described.fields if shape.name not in _RUNTIME)
            if not isinstance(pattern, type):
                fields = tuple(shape for shape in fields if shape.name != "event_type")
                described = replace(described, name=pattern, key=pattern, cls=None, travels_as=pattern, doc="")
            events.append(replace(described, fields=fields))
        return events

    def _class_called(self, name: str) -> type[Any] | None:
        base = loaded_classes(_BASE)
        return next((cls for cls in reversed(subclasses(base[0])) if cls.__name__ == name), None) if base else None

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return ``dispatch``."""
        return method_points(self._value, "dispatch")

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return the event."""
        return self._of(args[0] if args else kwargs["event"])

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return the event that a handler was called with."""
        base = loaded_classes(_BASE)
        return self._of(next((value for value in (*args, *kwargs.values()) if isinstance(value, base)), None))

    def _of(self, event: Any) -> Occurrence:
        occurrence = self.typed(event)
        if type(event) in loaded_classes(_BASE):
            return occurrence._replace(name=self._names.name_of(str(event.event_type)))
        return occurrence

    def called(self, occurrence: Occurrence) -> Iterable[Receiver]:
        """Return the handlers of the event's type, by its name; one that is there twice is called once."""
        return self._once(type(occurrence.event), getattr(occurrence.event, "event_type", ""))

    def handlers_of(self, event: EventType) -> list[HandlerDescription]:
        """Return who is called for an event type, each once."""
        key = event.travels_as if event.cls is None else event.cls
        return [self.describe(receiver.target) for receiver in self._once(key)] if self.has(key) else []

    def _once(self, *keys: Any) -> list[Receiver]:
        receivers = [receiver for receiver in self.receivers() if receiver.pattern is None or receiver.pattern in keys]
        unique: dict[int, Receiver] = {}
        for receiver in receivers:
            unique.setdefault(id(receiver.target), receiver)
        return list(unique.values())

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Build the event; one without a class is a plain one of that type."""
        if event.cls is not None:
            return build_event(event.cls, values)
        return loaded_classes(_BASE)[0](**{**values, "event_type": event.travels_as})

    async def fire(self, event: Any, context: FireContext) -> None:
        """Dispatch, and wait until the bus is done with the event and what came of it; its own task goes on."""
        self._started = self._started or not self._value._is_running
        dispatched = getattr(self._value, self._chosen or "dispatch")(event)
        if is_awaitable(dispatched):
            await in_time(dispatched, context.timeout, self._tap)
        await in_time(self._value.wait_until_idle(), context.timeout, self._tap)

    def record(self, tap: Tap) -> Undo:
        """Record; at the end the bus's task ends that nobody but us has started: it does not heed being cancelled."""
        undo = super().record(tap)

        def end() -> None:
            undo()
            if self._started:
                self._value._is_running = self._started = False

        return end

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Put stand-ins into the lists: the bus knows a handler by its identity, at several places."""
        self.put_new_stand_ins(tap)
        yield self._take

    def put_new_stand_ins(self, tap: Tap) -> None:
        """Put stand-ins into the lists."""
        for name, handlers in tuple(self._value.handlers.items()):
            pattern = None if name == "*" else self._class_called(name) or name
            for index, target in enumerate(handlers):
                if not is_stand_in(target):
                    if id(target) not in self._stand_ins:  # one for each handler: the bus calls it once for an event
                        self._stand_ins[id(target)] = self.stand_in(tap, target, pattern)
                    handlers[index] = self._stand_ins[id(target)]

    def _take(self) -> None:
        for handlers in tuple(self._value.handlers.values()):
            handlers[:] = [original(target) for target in handlers]
        self._stand_ins.clear()

    def facts(self) -> Iterable[str]:
        """Return how its handlers run."""
        how = "side by side" if self._value.parallel_handlers else "one after another"
        return [f"Handlers run {how} in the task of the bus."]


def _forwards(target: Any) -> str:
    bus = bound_to(original(target))
    hands_on = isinstance(bus, loaded_classes(*BubusAdapter.classes)) and getattr(target, "__name__", "") == "dispatch"
    return f"forwards to {bus.name}" if hands_on else ""


class BubusAdapter(LibraryAdapter):
    """Recognises bubus's buses."""

    name = "bubus"
    library = "bubus event bus"
    classes = ("bubus.service:EventBus",)
    connection = BubusConnection
