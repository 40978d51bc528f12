"""The live wiring of a program, as the collection of facts wants it: classes and callables, not descriptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from ..adapters.base import EVENT_ALONE, CallShape
from ..handlers import Handler
from ..libraries.core_bus import CoreConnection
from ..program import CoreProgram
from ..reading.catalogs import is_called_like_event
from ..reading.loaded import LoadedProgram
from ..reading.map_bus.connection import MapConnection
from ..reading.map_bus.flows import flow_of
from ..reading.places import class_at
from ..reading.targets import entries, kind_of
from .calls import refusal_of
from .source import SESSION_NAMES

if TYPE_CHECKING:
    from ...core.bus.bus import InMemoryEventBus
    from ...core.bus.registry import EventRegistry
    from ...core.bus.sse import SSERegistry
    from ..adapters.base import Connection, Subscribed
    from ..reading.map_bus.containers import HandlerMap


@dataclass(frozen=True)
class HandlerCalls:
    """What the calls of handlers have in common, as the source of the publish method makes them.

    Attributes:
        alone: Every one passes one argument and nothing else; None when no call was found, or one that says nothing.
            False too where handlers are asked for their parameters, to be given what they want.
        dropped: No one looks at what a handler gives back: a coroutine would never run.
        told_apart: So it is for what is no coroutine function, which is asked before.
    """

    alone: bool | None = None
    dropped: bool = False
    told_apart: bool = False


#: How a mediator is asked to have a request handled.
_SENDS: Final = frozenset(("send", "execute", "handle", "request", "invoke"))


@dataclass(frozen=True)
class WiredEvent:
    """An event type.

    Attributes:
        key: Its ``EventDescription.key``.
        cls: Its class; None for an event that is a name.
        registered: A registry knows it; True where there is no registry.
        kind: ``event`` or ``command``.
        matched: How subscriptions to it are looked up: ``exact``, ``base`` or ``wildcard``.
        subscribed: A handler is subscribed to this very class.
    """

    key: str
    cls: type[Any] | None
    registered: bool = True
    kind: str = "event"
    matched: str = "exact"
    subscribed: bool = False


@dataclass(frozen=True)
class WiredCallable:
    """A handler, once however often it is subscribed.

    Attributes:
        key: Its ``HandlerDescription.key``.
        handler: The callable, without any wrapping of ours.
        calls: How its buses call it; empty when that is not known.
        dropped: The bus looks at nothing that it gives back, not even a coroutine.
        on_loop: The bus calls it on an event loop; False when that is not known.
    """

    key: str
    handler: Callable[..., Any]
    calls: tuple[CallShape, ...] = (EVENT_ALONE,)
    dropped: bool = False
    on_loop: bool = False


@dataclass(frozen=True)
class Wiring:
    """Everything that facts are collected from.

    Attributes:
        events: The event types of the description.
        handlers: The handlers of the description.
        has_registry: There is a registry.
        session_by_publish: Every bus is given the database session by who publishes, with the event.
        async_bus: The bus runs on an event loop; False when that is not known.
        sse: Registries of server-sent events.
        audit_actions: Names of the audit actions where the program tells them; None to look for them.
    """

    events: tuple[WiredEvent, ...] = ()
    handlers: tuple[WiredCallable, ...] = ()
    has_registry: bool = False
    session_by_publish: bool = False
    async_bus: bool = False
    sse: tuple[SSERegistry[Any, Any], ...] = ()
    audit_actions: tuple[str, ...] | None = field(default=None)


def wiring_of(program: object) -> Wiring:
    """Return the wiring of a program: what its ``wiring()`` answers, or that of a program on our own bus.

    A program that can tell nothing gives an empty wiring; rules that need facts stay silent then.
    """
    if isinstance(program, CoreProgram):
        # Same room: the program keeps these to itself for everybody else.
        return core_wiring(program._bus, program._registry, program._sse)  # noqa: SLF001
    if isinstance(program, LoadedProgram):
        return loaded_wiring(program)
    tell: Any = getattr(program, "wiring", None)
    wiring = tell() if callable(tell) else None
    return wiring if isinstance(wiring, Wiring) else Wiring()


def core_wiring(
    bus: InMemoryEventBus, registry: EventRegistry | None = None, sse: SSERegistry[Any, Any] | None = None
) -> Wiring:
    """Return the wiring of a program on our own bus."""
    registered: Mapping[type[Any], None] = dict.fromkeys(entry.event_class for entry in registry or ())
    subscriptions = tuple(bus.subscriptions())
    classes = dict.fromkeys([*registered, *(subscription.event_type for subscription in subscriptions)])
    handlers = {
        subscription.key: WiredCallable(subscription.key, subscription.handler, on_loop=True)
        for subscription in subscriptions
    }
    return Wiring(
        events=tuple(
            WiredEvent(
                f"{cls.__module__}.{cls.__qualname__}",
                cls,
                registry is None or cls in registered,
                subscribed=any(subscription.event_type is cls for subscription in subscriptions),
            )
            for cls in classes
        ),
        handlers=tuple(handlers.values()),
        has_registry=registry is not None,
        session_by_publish=True,
        async_bus=True,
        sse=() if sse is None else (sse,),
    )


# --- programs of others -----------------------------------------------------------------------------------------------


def loaded_wiring(program: LoadedProgram) -> Wiring:
    """Return the wiring of a loaded program."""
    described = program.catalog().events
    entries_, sse = program._catalog.entries, program._catalog.sse  # noqa: SLF001 - same room, as above
    subscribed = [(connection, list(_subscribed(connection))) for connection in program.connections]
    handlers: dict[str, WiredCallable] = {}
    for connection, pairs in subscribed:
        calls = _calls(connection)
        alone = _takes_event_alone(connection, calls, [handler for _, handler in pairs])
        shapes = _call_shapes(connection, pairs, EVENT_ALONE if alone else None)
        on_loop = _is_asynchronous(connection)
        for (subscription, handler), shape in zip(pairs, shapes):  # noqa: B905 - as long as each other
            key, ways = subscription.handler.key, () if shape is None else (shape,)
            dropped = calls.dropped and not on_loop
            dropped = dropped or (calls.told_apart and not inspect.iscoroutinefunction(handler))
            wired = handlers.setdefault(key, WiredCallable(key, handler, ways, dropped, on_loop))
            all_ways = tuple(dict.fromkeys((*wired.calls, *ways)))
            if (all_ways, dropped, on_loop) != (wired.calls, wired.dropped, wired.on_loop):  # another bus runs it, too
                waits = wired.on_loop or on_loop
                handlers[key] = replace(wired, calls=all_ways, dropped=wired.dropped or dropped, on_loop=waits)
    every = [subscription for _, pairs in subscribed for subscription, _ in pairs]
    commands = {key for connection in program.connections for key in _command_patterns(connection)}
    classes = _classes(program, [event.key for event in described])
    return Wiring(
        events=tuple(
            WiredEvent(
                key,
                cls,
                not entries_ or cls in entries_,
                "command" if _is_command(key, cls, commands) else "event",
                _matched(cls, every),
                any(subscription.pattern is cls for subscription in every) if cls is not None else False,
            )
            for key, cls in classes.items()
        ),
        handlers=tuple(handlers.values()),
        has_registry=bool(entries_),
        session_by_publish=bool(program.connections) and all(map(_takes_session, program.connections)),
        async_bus=all(map(_is_asynchronous, program.connections)),
        sse=() if sse is None else (sse,),
    )


def _classes(program: LoadedProgram, keys: Sequence[str]) -> dict[str, type[Any] | None]:
    """Return the class of each event, by key: from the buses, else from its module; None for one that is a name."""
    classes: dict[str, type[Any] | None] = {}
    for connection in program.connections:
        for event in connection.event_types():
            classes[event.key] = event.cls or classes.get(event.key)
    return {key: classes[key] if key in classes else class_at(key) for key in keys}


def _subscribed(connection: Connection) -> Iterator[tuple[Subscribed, Callable[..., Any]]]:
    """Yield every subscription with its callable; none of a connection that does not tell its callables."""
    subscriptions = list(connection.subscriptions())
    targets = [_callable(target) for target in _targets(connection)]
    if len(targets) == len(subscriptions):
        pairs = zip(subscriptions, targets)  # noqa: B905 - as long as each other
        yield from ((subscription, target) for subscription, target in pairs if target is not None)


def _targets(connection: Any) -> list[Any]:
    """Return the callables of a connection, one for each of its ``subscriptions()`` and in their order.

    An adapter of a third party tells them by a method ``targets()``.
    """
    tell = getattr(connection, "targets", None)
    if callable(tell):
        return list(tell())
    if isinstance(connection, CoreConnection):
        return [subscription.handler for subscription in connection._bus.subscriptions()]  # noqa: SLF001 - same room, as above
    return []


def _callable(target: Any) -> Callable[..., Any] | None:
    """Return what is called: the handler itself, or the method by which a bus runs an object."""
    called = Handler(target).called
    return called if callable(called) else None


def _call_shapes(
    connection: Connection, pairs: Sequence[tuple[Subscribed, Callable[..., Any]]], usual: CallShape | None
) -> Sequence[CallShape | None]:
    """Return how each handler is called, None where that is not known; an adapter knows it by ``call_shapes()``."""
    tell = getattr(connection, "call_shapes", None)
    if not callable(tell):
        return [usual] * len(pairs)
    shapes: list[CallShape | None] = list(tell())
    return shapes if len(shapes) == len(pairs) else [None] * len(pairs)


def _takes_event_alone(connection: Connection, calls: HandlerCalls, handlers: Sequence[Callable[..., Any]]) -> bool:
    """Return whether a bus calls its handlers with the event alone.

    The source of its publish method says so. Where that says nothing, the handlers are asked: most will be right.
    """
    publishers: Any = getattr(connection, "publishers", ())
    if any(getattr(publisher, "named", False) for publisher in publishers[:1]):
        return False
    if calls.alone is not None:
        return calls.alone
    refusing = sum(bool(refusal_of(handler)) for handler in handlers)
    return refusing * 2 < len(handlers)


def _calls(connection: Connection) -> HandlerCalls:
    """Return how a bus of somebody's own calls its handlers."""
    publishers: Any = getattr(connection, "publishers", ())
    best = publishers[0] if publishers else None
    function, owner = getattr(best, "function", None), getattr(best, "owner", None)
    if best is None or function is None or owner is None:
        return HandlerCalls()
    flow = flow_of(function, owner)
    names = [parameter.name for parameter in best.parameters]
    calls = [call for call in flow.delivered(names) if not call.asked]
    if flow.adapts or not calls or not all(call.direct for call in calls):
        return HandlerCalls(False if flow.adapts else None)
    spread = any("*" in path for call in calls for path in call.passes()) or any(
        not name for call in calls for name, _ in call.keywords
    )
    counts = {len(call.args) + len(call.keywords) for call in calls}
    dropped = [call.dropped for call in calls]
    return HandlerCalls(not spread and counts == {1}, not spread and all(dropped), flow.asks and any(dropped))


def _command_patterns(connection: Connection) -> Iterator[Any]:
    """Yield what stands in the maps that are called after commands, and in those of a bus that is."""
    if not isinstance(connection, MapConnection):
        return
    maps = connection.maps
    names = [handler_map.path.rpartition(".")[2].lower() for handler_map in maps]
    whole = _is_for_commands(connection) and not any("event" in name for name in names)
    for handler_map, name in zip(maps, names):  # noqa: B905 - as long as each other
        if whole or "command" in name:
            yield from (pattern for pattern, _ in entries(handler_map.get()))
        elif _is_mediator(connection) and _has_one_each(handler_map):
            classes = (pattern for pattern, _ in entries(handler_map.get()) if isinstance(pattern, type))
            yield from (cls for cls in classes if not is_called_like_event(cls))


def _is_for_commands(connection: MapConnection) -> bool:
    """Return whether a bus is for commands, by the name of its class or that under which it was found."""
    return any("command" in name and "event" not in name for name in _called(connection))


def _is_mediator(connection: MapConnection) -> bool:
    """Return what is asked to send requests, each to its one handler."""
    sends = bool(connection.publishers) and connection.publishers[0].name in _SENDS
    return sends and any("mediator" in name for name in _called(connection))


def _called(connection: MapConnection) -> tuple[str, str]:
    """Return the name under which a bus was found, and that of its class."""
    value = connection._value  # noqa: SLF001 - same room, as above
    cls = value if isinstance(value, type) else type(value)
    return re.split(r"[.:]", connection.where)[-1].lower(), cls.__name__.lower()


def _has_one_each(handler_map: HandlerMap) -> bool:
    value = handler_map.get()
    kinds = map(kind_of, value.values()) if kind_of(value) == "dict" else ("",)
    return all(kind in ("handler", "object", "methods") for kind in kinds)


def _is_command(key: str, cls: type[Any] | None, patterns: Collection[Any]) -> bool:
    """Return whether a class is a command's: it stands among commands, or it or a base of it is called so."""
    classes = cls.__mro__ if cls is not None else ()
    return cls in patterns or key in patterns or any(base.__name__.endswith("Command") for base in classes)


def _is_asynchronous(connection: Connection) -> bool:
    """Return whether a publish has to be awaited, and runs the handlers on its loop; a library's bus says so itself."""
    said = getattr(connection, "asynchronous", None)
    if said is not None:
        return bool(said)
    publishers: Any = getattr(connection, "publishers", None)
    if publishers is None:
        return True  # our own bus
    return bool(publishers) and bool(getattr(publishers[0], "asynchronous", False))


def _takes_session(connection: Connection) -> bool:
    """Return whether who publishes on a bus can give a database session along, by a parameter of that name."""
    publishers: Any = getattr(connection, "publishers", None)
    if publishers is None:
        return isinstance(connection, CoreConnection)
    parameters = [Handler(publisher.function).parameters or () for publisher in publishers[:1]]
    return any(parameter.name in SESSION_NAMES for parameter in chain(*parameters))


def _matched(cls: type[Any] | None, subscriptions: Sequence[Subscribed]) -> str:
    if cls is None:
        return "exact"
    fitting = [
        subscription
        for subscription in subscriptions
        if isinstance(subscription.pattern, type) and issubclass(cls, subscription.pattern)
    ]
    return "base" if any(subscription.matched == "base" for subscription in fitting) else "exact"
