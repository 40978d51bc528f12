"""One catalog of many sources: what the program's registry says, what its buses know, and what lies beside."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from ...core.description import (
    CatalogDescription,
    EventDescription,
    HandlerDescription,
    Problem,
    SourceDescription,
    SSEDescription,
)
from ...core.spec import BusSpec, events_of
from ...core.values.looking import is_a
from ..handlers import Handlers
from ..program import describe_sse
from .catalogs import Catalog, Entry, derived_category, event_classes
from .events import EventType, describe_class

if TYPE_CHECKING:
    from ..adapters.base import Connection

#: Events that a problem of many names.
_NAMED: Final = 3


class ProgramNames:
    """Names of events and handlers, unique in the program."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        #: Names, and whose they are.
        self._taken: dict[str, str] = {}
        self._handlers = Handlers()

    def name_of(self, event: Any) -> str:
        """Return the name of a class or a published name; of two classes of one name the later gets its module."""
        if isinstance(event, str):
            return event
        key = f"{event.__module__}.{event.__qualname__}"
        name = self._names.get(key)
        if name is None:
            parts = key.split(".")
            name = event.__name__
            shorter = [name, *(".".join(parts[-length:]) for length in range(2, len(parts) + 1))]
            # Another thread may ask for the same one just now: who comes first takes it for both.
            name = next((name for name in shorter if self._taken.setdefault(name, key) == key), key)
            self._names[key] = name
        return name

    def describe(self, target: Any) -> HandlerDescription:
        """Describe a handler."""
        return self._handlers.describe(target)


def _on_several(places: Sequence[str], events: Sequence[tuple[str, EventType]]) -> Problem:
    """Return what to know of events that have handlers on several buses."""
    names, first = [name for name, _ in events], events[0][1]
    more = "" if len(names) <= _NAMED else ", …"
    listed = ", ".join(names[:_NAMED]) + more
    which = f"{listed} has" if len(names) == 1 else f"{len(names)} events ({listed}) have"
    are = "is" if len(names) == 1 else "are"
    text = f"{which} handlers on {len(places)} buses and {are} fired on this one only."
    return Problem(places[0], text, "Name only the bus to fire on.", first.file, first.line)


class Merged:
    """The catalog of a loaded program.

    Args:
        program: What people call it.
        catalog: What its own catalog says.
        names: Names of events.
        connections: Its buses; may grow.
        troubles: What could not be read; may grow.

    Attributes:
        events: Every event type by its name, as they were when last described.
        specs: How each bus is read.
        also: Handlers that are declared to run beside those in containers, with their entry in the spec.
    """

    def __init__(
        self,
        program: str,
        catalog: Catalog,
        names: ProgramNames,
        connections: Sequence[Connection],
        troubles: Sequence[Problem],
    ) -> None:
        self.events: dict[str, EventType] = {}
        self.specs: list[BusSpec] = []
        self.also: list[tuple[Any, HandlerDescription]] = []
        self._program = program
        self._catalog = catalog
        self._names = names
        self._connections = connections
        self._troubles = troubles

    def describe(self) -> CatalogDescription:
        """Describe registry, event classes and subscriptions, as they are now."""
        troubles = list(self._troubles)
        self.events = {self._names.name_of(event.cls or event.name): event for event in self._event_types(troubles)}
        handlers: dict[str, HandlerDescription] = {}
        events = []
        shared: dict[tuple[str, ...], list[tuple[str, EventType]]] = {}
        for name, event in self.events.items():
            described, places = self._handlers_of(event)
            if len(places) > 1:
                shared.setdefault(tuple(places), []).append((name, event))
            described += [handler for entry, handler in self.also if name in events_of(entry)]
            for handler in described:
                handlers.setdefault(handler.key, handler)
            if "problem" in event.tags:
                troubles.append(Problem(name, event.tags["problem"], "", event.file, event.line))
            events.append(self._event(name, event, tuple(handler.key for handler in described)))
        troubles += [_on_several(places, shared_events) for places, shared_events in shared.items()]
        silent = True
        for _, handler in self.also:
            handlers.setdefault(handler.key, handler)
        for connection in self._connections:
            for subscribed in connection.subscriptions():
                handlers.setdefault(subscribed.handler.key, subscribed.handler)
            asked = self._asked(connection, troubles)
            silent, troubles = silent and not asked, troubles + asked
        if self._connections and not handlers and silent:
            text = "No handlers subscribed."
            hint = (
                "If another module subscribes them, name one that imports it, or the function that wires the program."
            )
            troubles.append(Problem(self._connections[0].where, text, hint))
        categories = dict.fromkeys([*self._catalog.categories, *(event.category for event in events)])
        return CatalogDescription(
            program=self._program,
            events=tuple(events),
            handlers=tuple(handlers.values()),
            categories=tuple(categories),
            statistics=self._statistics(events),
            problems=tuple(dict.fromkeys(troubles)),
            sources=tuple(
                SourceDescription(connection.where, connection.adapter, connection.why)
                for connection in self._connections
            ),
            patterns=tuple(self._patterns(handlers)),
            specs=tuple(self.specs),
        )

    def _patterns(self, handlers: dict[str, HandlerDescription]) -> Iterator[EventDescription]:
        """Yield the patterns of names that are subscribed to; a connection need not know of any."""
        for connection in self._connections:
            patterns = getattr(connection, "patterns", None)
            for event, described in patterns() if patterns is not None else ():
                handlers.update({handler.key: handler for handler in described if handler.key not in handlers})
                yield self._event(event.name, event, tuple(handler.key for handler in described))

    def _handlers_of(self, event: EventType) -> tuple[list[HandlerDescription], list[str]]:
        """Return who is called for an event, and on which buses; one that is on two is still subscribed once."""
        handlers: list[HandlerDescription] = []
        places = []
        for connection in self._connections:
            before = {handler.key for handler in handlers}
            called = connection.handlers_of(event)
            places += [connection.where] if called else []
            handlers += [handler for handler in called if handler.key not in before]
        return handlers, places

    def _event_types(self, troubles: list[Problem]) -> Iterator[EventType]:
        """Yield every event type once: the catalog's in its order, then those of the buses, then what lies beside."""
        events: dict[str, EventType] = {}
        of_buses: dict[str, EventType] = {}
        for connection in self._connections:
            try:
                for event in connection.event_types():
                    of_buses.setdefault(event.key, event)
            except Exception as error:  # noqa: BLE001 - one bus that cannot be read must not hide the others
                troubles.append(Problem(connection.where, f"Cannot read its events: {type(error).__name__}: {error}"))
        for cls in [*self._catalog.entries, *self._catalog.classes]:
            described = describe_class(cls)
            events[described.key] = of_buses.get(described.key, described)
        events.update({key: event for key, event in of_buses.items() if key not in events})
        for cls in self._beside(list(events.values())):
            described = describe_class(cls)
            events.setdefault(described.key, described)
        yield from events.values()

    def _beside(self, events: Sequence[EventType]) -> Iterator[type[Any]]:
        """Yield the event classes in the modules of those that are known: nobody may handle them yet."""
        if self._catalog.entries or self._catalog.classes:
            return
        modules = dict.fromkeys(value.cls.__module__ for value in events if value.cls is not None)
        for name in modules:
            module = sys.modules.get(name)
            if is_a(module, types.ModuleType):
                yield from event_classes(module)

    def _event(self, name: str, event: EventType, handlers: tuple[str, ...]) -> EventDescription:
        entry = self._catalog.entries.get(event.cls) if event.cls is not None else None
        if entry is None:
            entry = Entry(category=event.tags.get("category") or derived_category(event.key, event.cls))
        return EventDescription(
            name=name,
            key=event.key,
            event_type=event.travels_as,
            category=entry.category,
            workflow=entry.workflow,
            phase=entry.phase,
            doc=event.doc,
            file=event.file,
            line=event.line,
            fields=event.fields,
            handlers=handlers,
            requires=entry.requires,
            audit_action=entry.audit_action,
            sse=self._sse(event),
            aliases=event.aliases,
        )

    def _sse(self, event: EventType) -> SSEDescription | None:
        if self._catalog.sse is None or event.cls is None:
            return None
        return describe_sse(event.cls, self._catalog.sse)

    def _asked(self, connection: Connection, problems: Sequence[Problem]) -> list[Problem]:
        try:
            return [problem for problem in connection.problems() if problem not in problems]
        except Exception as error:  # noqa: BLE001 - as above
            return [Problem(connection.where, f"Cannot check it: {type(error).__name__}: {error}")]

    def _statistics(self, events: Sequence[EventDescription]) -> dict[str, Any]:
        """Count what ``get_statistics`` counts."""
        if not self._catalog.entries:
            return {}
        listed = {f"{cls.__module__}.{cls.__qualname__}" for cls in self._catalog.entries}
        entries = [event for event in events if event.key in listed]
        counts: dict[str, Any] = {"total_events": len(entries), "by_category": {}, "by_phase": {}}
        for event in entries:
            for group, value in (("by_category", event.category), ("by_phase", event.phase)):
                counts[group][value] = counts[group].get(value, 0) + 1
        for kind in ("logging", "audit", "email", "session"):
            counts[f"requiring_{kind}"] = sum(kind in event.requires for event in entries)
        return {**counts, "total_workflows": len({event.workflow for event in entries if event.workflow})}
