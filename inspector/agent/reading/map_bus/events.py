"""The events of a map bus: which there are, what they carry, and how they are built from JSON values."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ....core.bus.identity import bound_to
from ....core.own_code import is_own_class
from ....core.values import hints
from ...tap.stand_ins import original
from ..eventbuild import build_event, build_named
from ..events import (
    PAYLOAD,
    EventType,
    NamedEvent,
    describe_class,
    fields_of,
    name_field,
    signature_hints,
    single_copies,
    subclasses,
)
from ..namedevents import describe_name
from ..published import names_published_with, published_with
from ..targets import MethodName, kind_of
from .match import (
    class_in,
    classes_asked_for,
    classes_told,
    event_class_of,
    handler_event_class,
    is_abstract,
    is_called,
    is_metaclass,
    is_wildcard,
    name_of_pattern,
)
from .members import used_names
from .told import NAME_FIELDS, names_told

if TYPE_CHECKING:
    from .calls import CallReader
    from .containers import HandlerMap
    from .find import BusParts
    from .match import Dispatch

#: What is subscribed to, and the handlers of it.
Handlers = Mapping[Any, list[Any]]


class MapEvents:
    """Reads the events out of the containers, each time anew; the calls learn which class travels under which name.

    Args:
        parts: What the bus consists of.
        dispatch: Whom an event goes to.
        calls: Where names and classes are registered.
        signal: Name of the one event of a signal; empty for a bus.
    """

    def __init__(self, parts: BusParts, dispatch: Dispatch, calls: CallReader, signal: str, field: str = "") -> None:
        self._found = parts
        self._dispatch = dispatch
        self._calls = calls
        self._signal = signal
        self._field = field
        self._named = any(publisher.named for publisher in parts.publishers)
        self._takes_name = bool(parts.publishers) and parts.publishers[0].named
        #: What the bus gives to handlers by name, of its own; and the name, which nobody can give twice.
        self.given = parts.publishers[0].given if parts.publishers else frozenset()
        if self._takes_name:
            self.given |= {parts.publishers[0].parameters[0].name}
        #: Classes that carry what goes with several names; where the name is in there too, the field that holds it.
        self._shared: dict[str, type[Any]] = {}
        self._envelopes: dict[str, str] = {}
        #: The number that stands for a name there.
        self._numbers: dict[str, int] = {}

    @property
    def field(self) -> str:
        """The field in which events hold their name; empty where they are told apart otherwise, or not read yet."""
        return self._field or next(iter(self._envelopes.values()), "")

    def unknown_field(self) -> str:
        """Return the fields that events have, where they are said to hold their name in another; else empty."""
        events = self.read() if self._field else []
        classes = [event.cls or self._shared.get(event.name) for event in events]
        fields = {shape.name for cls in classes if cls is not None for shape in fields_of(cls)}
        return "" if None in classes or self._field in fields else ", ".join(sorted(fields))

    # -- reading -------------------------------------------------------------------------------------------------------

    def read(self) -> list[EventType]:
        """Return the event types that have handlers: classes (by base class: those below them too) and names."""
        if self._signal:
            receivers = [target for _, _, target in self.subscribed()]
            return [describe_name(self._signal, receivers, by_keyword=True, supplied=self.given)]
        handlers = self._handlers()
        events: dict[Any, EventType] = {}
        for cls in self._classes(handlers):
            events.setdefault(cls, describe_class(cls))
        for event in self._of_names(handlers):
            events.setdefault(event.cls or event.name, event)
        return list(events.values())

    def subscribed(self) -> Iterator[tuple[HandlerMap, Any, Any]]:
        """Yield map, pattern and handler of every subscription, in the order of the containers."""
        for handler_map in self._found.maps:
            for pattern, target in handler_map.entries():
                if not self._is_nobodys(pattern) or event_class_of(pattern, [target]) is not None:
                    yield handler_map, pattern, target

    def _is_nobodys(self, pattern: Any) -> bool:
        """Return whether a method would have to be named for an event's class to be called."""
        return isinstance(pattern, MethodName) and not self._named

    def _handlers(self) -> Handlers:
        handlers: dict[Any, list[Any]] = {}
        for handler_map in self._found.maps:
            value = handler_map.get()
            for pattern, target in handler_map.entries():
                handlers.setdefault(pattern, []).append(original(target))
            if kind_of(value) not in ("dict", "proxy") or handler_map.is_tree:
                continue
            pattern_of = handler_map.pattern_of()
            for pattern in value:
                key = pattern_of(pattern)
                if isinstance(pattern, type) or (kind_of(value[pattern]) and key is not None):
                    handlers.setdefault(handler_map.topic_of(pattern), [])
        for pattern in [pattern for pattern in handlers if is_metaclass(pattern)]:
            classes = map(handler_event_class, handlers.pop(pattern))
            handlers.update({cls: [] for cls in classes if cls is not None and cls not in handlers})
        if all(map(is_wildcard, handlers)):  # nobody says which events there are; what is told apart are some
            apart = [cls for target in handlers.get(None, ()) for cls in self._told(target)]
            listens = any(handler_map.listeners() for handler_map in self._found.maps)
            if not apart and (
                handlers or listens or not self._found.maps
            ):  # nor what they ask for: it is what the program publishes
                best = self._found.publishers[:1]
                apart = [cls for point in best for cls in published_with(point.name, point.owner)]
            handlers.update({cls: [] for cls in apart if cls not in handlers})
            if not apart:
                self._tell_names(handlers)
        return handlers

    def _tell_names(self, handlers: dict[Any, list[Any]]) -> None:
        """Add the names that handlers of everything tell apart in a field of what they are given, or that are sent."""
        best = self._found.publishers[0] if self._found.publishers else None
        if best is None or best.named:
            return
        every = handlers.get(None, [])
        names = [(field, name, target) for target in every for field, name in names_told(target)]
        sent = names_published_with(best.name, best.owner, NAME_FIELDS) if not names else []
        names += [(field, name, target) for field, name in sent for target in every or [None]]
        if not names:
            return
        best.key = best.key or (best.event or best.parameters[0].name, f"['{names[0][0]}']")
        for field, name, target in names:
            if field == best.envelope:
                handlers.setdefault(name, [])
                handlers[name] += [target] if target is not None and target not in handlers[name] else []

    def _told(self, target: Any) -> Iterator[type[Any]]:
        """Yield the classes that a handler of everything tells of, or what decides whether it is run."""
        yield from classes_told(target)
        names = [name for handler_map in self._found.maps for name in handler_map.asks]
        owner = bound_to(target)
        for name in names if owner is not None else ():
            asked = getattr(type(owner), name, None)
            yield from classes_asked_for(asked) if asked is not None else ()

    def _classes(self, handlers: Handlers) -> Iterator[type[Any]]:
        classes = [pattern for pattern in handlers if isinstance(pattern, type) and not is_wildcard(pattern)]
        for cls in single_copies(classes):
            below = subclasses(cls) if self._dispatch.class_by_base(cls) and is_own_class(cls) else []
            yield from [*([] if below and is_abstract(cls) else [cls]), *below]

    def _of_names(self, handlers: Handlers) -> Iterator[EventType]:
        """Yield what goes by name: the class that its handlers take, or the name itself."""
        names = {
            handler: name for handler in handlers if (name := name_of_pattern(handler)) and not is_wildcard(handler)
        }
        base, carrier = self._base(), self._carrier()
        taken = {
            pattern: self._calls.class_for(name)
            or event_class_of(pattern if isinstance(pattern, MethodName) else name, handlers[pattern], base)
            or carrier
            for pattern, name in names.items()
        }
        classes = list(taken.values())
        for pattern, name in names.items():
            takes = taken[pattern]
            if takes is None:
                if self._is_nobodys(pattern):
                    continue
                event = self._describe(name, handlers[pattern])
            elif (
                (classes.count(takes) > 1 or takes is carrier)
                and self._found.publishers
                and not is_called(takes, MethodName(name))
            ):
                if type(pattern) is int:
                    self._numbers[name] = pattern
                event = self._one_of_several(name, takes, handlers[pattern])
            else:
                self._calls.learn(name, takes)
                event = describe_class(takes)
                event = event if isinstance(pattern, MethodName) else replace(event, travels_as=name)
            alias = (f"{type(pattern).__name__}.{pattern.name}",) if isinstance(pattern, enum.Enum) else ()
            yield replace(event, aliases=alias)

    def _base(self) -> type[Any] | None:
        """Return the class that publishing asks for, where handlers are found by the name of the event's class."""
        for publisher in self._found.publishers[:1]:
            if publisher.key[1:] == ("type", "name"):
                hint = hints.unwrap(signature_hints(publisher.function).get(publisher.event))
                return hint if isinstance(hint, type) and is_own_class(hint) else None
        return None

    def _carrier(self) -> type[Any] | None:
        """Return the class of what is published where that says its name in a field: what publishing asks for.

        Where it does not say for what it asks, it is the class that is called as it calls its parameter.
        """
        for publisher in self._found.publishers[:1]:
            if publisher.field:
                hint = hints.unwrap(signature_hints(publisher.function).get(publisher.event))
                called = publisher.event.title().replace("_", "")
                cls = hint if isinstance(hint, type) else class_in(publisher.function.__globals__, called)
                fields = {shape.name for shape in fields_of(cls)} if cls is not None and is_own_class(cls) else ()
                return cls if publisher.field in fields else None
        return None

    def _one_of_several(self, name: str, takes: type[Any], handlers: list[Any]) -> EventType:
        """Describe an event whose class is that of other names, too."""
        if not self._takes_name:
            publisher = self._found.publishers[0]
            read = (publisher.field,) if publisher.field else used_names(publisher.function, self._found.functions)
            field = self._field or (publisher.field if takes is self._carrier() else name_field(takes, read))
            if not field:
                return describe_class(takes)
            self._envelopes[name] = field
            self._calls.learn_envelope(takes, field)
        self._shared[name] = takes
        return self._describe(name, handlers)

    def _describe(self, name: str, handlers: list[Any]) -> EventType:
        by_keyword = bool(self._found.publishers) and self._calls.gives_keywords(self._found.publishers[0])
        described = describe_name(name, handlers, by_keyword=by_keyword, supplied=self.given)
        takes, held = self._shared.get(name), self._envelopes.get(name)
        if held and takes is not None and described.fields == (PAYLOAD,):
            described = replace(described, fields=fields_of(takes))
        return replace(described, fields=tuple(shape for shape in described.fields if shape.name != held))

    # -- building ------------------------------------------------------------------------------------------------------

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Build an event from JSON values."""
        if event.cls is not None:
            return build_event(event.cls, values)
        name = event.travels_as
        takes = self._shared.get(name)
        if takes is None:
            return build_named(event, values)
        field = self._envelopes.get(name)
        said = {field: self._numbers.get(name, name)} if field else {}
        return NamedEvent(name, build_event(takes, {**values, **said}))

    def published(self, event: Any) -> Any:
        """Return what is handed to a publish method for a built event: the event, or the one that holds its name."""
        return event.payload if isinstance(event, NamedEvent) and event.name in self._envelopes else event
