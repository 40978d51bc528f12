"""The live wiring of a program, as the collection of facts wants it: classes and callables, not descriptions."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.identity import plain_function, undecorated
from ...core.values.looking import is_a
from ..handlers import Handler
from ..libraries.core_bus import CoreConnection
from ..program import CoreProgram
from ..reading.catalogs import is_called_like_event
from ..reading.loaded import LoadedProgram
from ..reading.map_bus.connection import MapConnection
from ..reading.places import class_at
from ..reading.targets import entries, kind_of
from ..tap.stand_ins import HANDLE_METHODS
from .calls import refusal_of

if TYPE_CHECKING:
    from ...core.bus.bus import InMemoryEventBus
    from ...core.bus.registry import EventRegistry
    from ...core.bus.sse import SSERegistry
    from ..adapters.base import Connection, Subscribed
    from ..reading.map_bus.find import HandlerMap


# How a bus calls its handlers, read from the source of its publish method. Nothing is run.

#: How many methods of its own a publish method is followed into, one from another.
_DEPTH: Final = 3
#: What tells the parameters of a handler.
_ASKING: Final = frozenset({"signature", "getfullargspec", "get_type_hints", "co_varnames", "co_argcount"})
#: Attributes under which records keep the callable.
_CALLABLES: Final = frozenset({"handler", "callback", "func", "fn", "function", "target", "listener", "subscriber"})


@dataclass(frozen=True)
class HandlerCalls:
    """What the calls of handlers have in common.

    Attributes:
        alone: Every one passes one argument and nothing else; None when no call was found, or one that says nothing.
            False too where handlers are asked for their parameters, to be given what they want.
        dropped: No one looks at what a handler gives back: a coroutine would never run.
    """

    alone: bool | None = None
    dropped: bool = False


def handler_calls(function: Any, owner: Any) -> HandlerCalls:
    """Return how handlers are called by a publish method.

    Args:
        function: The method (or function) that publishes.
        owner: The bus, whose other methods it may call.
    """
    calls: list[tuple[ast.Call, bool]] = []
    asking = False
    awaiting, vague = False, False
    for node in _bodies(function, owner):
        asking = asking or _asks_for_parameters(node)
        here = list(_calls_of_locals(node))
        # What is not handed anything that came in may be no handler at all: a hook, a logger's method.
        vague = vague or not all(_passes_on(call, node) for call, _ in here)
        calls += here
        awaiting = awaiting or isinstance(node, ast.AsyncFunctionDef)
    if asking:
        return HandlerCalls(alone=False)
    if not calls:
        return HandlerCalls()
    spread = any(isinstance(part, ast.Starred) for call, _ in calls for part in call.args)
    spread = spread or any(keyword.arg is None for call, _ in calls for keyword in call.keywords)
    counts = {len(call.args) + len(call.keywords) for call, _ in calls}
    # Spread arguments, and more here than there: some handlers get more than the event.
    alone = False if spread or (len(counts) > 1 and not vague) else None if vague else counts == {1}
    vague = vague or spread
    return HandlerCalls(alone, not vague and not awaiting and all(dropped for _, dropped in calls))


def _asks_for_parameters(node: ast.AST) -> bool:
    names = (getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node))
    return not _ASKING.isdisjoint(names)


def _bodies(function: Any, owner: Any) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions that publishing runs through: the method itself, and those of its own that it calls."""
    waiting, visited = [(function, 0)], set()
    while waiting:
        current, depth = waiting.pop()
        node = _node_of(current)
        if node is None or id(current) in visited:
            continue
        visited.add(id(current))
        yield node
        for part in ast.walk(node):
            if depth < _DEPTH and isinstance(part, ast.Call):
                helper = _own_method(part.func, node, owner)
                if helper is not None:
                    waiting.append((helper, depth + 1))


def _node_of(function: Any) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    try:
        function = undecorated(plain_function(function))
        if not isinstance(function, types.FunctionType):
            return None
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, ValueError, SyntaxError, RecursionError):
        return None  # no source to be had, or none that can be read
    node = tree.body[0] if tree.body else None
    return node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def _own_method(callee: ast.expr, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: Any) -> Any:
    """Return the method of the bus that ``self.method(…)`` calls."""
    parameters = [*node.args.posonlyargs, *node.args.args]
    if not (isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name) and parameters):
        return None
    if callee.value.id != parameters[0].arg:
        return None
    kind = owner if isinstance(owner, type) else type(owner)
    method = inspect.getattr_static(kind, callee.attr, None)
    return method if isinstance(method, types.FunctionType) else None


def _calls_of_locals(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.Call, bool]]:
    """Yield the calls of what a function holds in local variables, each with whether its result is dropped."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    names |= {parameter.arg for parameter in parameters[1:]}
    dropped = {
        id(part.value) for part in ast.walk(node) if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call)
    }
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and _is_handler(part.func, names):
            yield part, id(part) in dropped


def _passes_on(call: ast.Call, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether one of the arguments is a parameter of the function around the call."""
    parameters = {parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    passed = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(part, ast.Name) and part.id in parameters for part in passed)


def _is_handler(callee: ast.expr, names: set[str]) -> bool:
    if isinstance(callee, ast.Name):
        return callee.id in names
    if isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name) and callee.value.id in names:
        return callee.attr in HANDLE_METHODS or callee.attr in _CALLABLES
    return False


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
        takes_event: The bus calls it with the event and nothing else; False when that is not known.
        dropped: The bus looks at nothing that it gives back, not even a coroutine.
        on_loop: The bus calls it on an event loop; False when that is not known.
    """

    key: str
    handler: Callable[..., Any]
    takes_event: bool = True
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
    read: dict[tuple[int, int], HandlerCalls] = {}
    for connection, pairs in subscribed:
        calls = _calls(connection, read)
        alone = _takes_event_alone(connection, calls, [handler for _, handler in pairs])
        on_loop = _is_asynchronous(connection)
        dropped = calls.dropped and not on_loop
        for subscription, handler in pairs:
            key = subscription.handler.key
            wired = handlers.setdefault(key, WiredCallable(key, handler, alone, dropped, on_loop))
            if (dropped, on_loop) != (wired.dropped, wired.on_loop):  # another bus runs it in another way
                handlers[key] = replace(wired, dropped=wired.dropped or dropped, on_loop=wired.on_loop or on_loop)
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


def _calls(connection: Connection, read: dict[tuple[int, int], HandlerCalls]) -> HandlerCalls:
    """Return how a bus of somebody's own calls its handlers.

    Args:
        connection: The bus.
        read: What was read already, by function and class: a hundred signals are of one class.
    """
    publishers: Any = getattr(connection, "publishers", ())
    best = publishers[0] if publishers else None
    function = getattr(best, "function", None)
    if function is None:
        return HandlerCalls()
    owner = getattr(best, "owner", None)
    key = id(function), id(owner if is_a(owner, (type, types.ModuleType)) else type(owner))
    if key not in read:
        read[key] = handler_calls(function, owner)
    return read[key]


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
    return any(parameter.name == "session" for parameter in chain(*parameters))


def _matched(cls: type[Any] | None, subscriptions: Sequence[Subscribed]) -> str:
    if cls is None:
        return "exact"
    fitting = [
        subscription
        for subscription in subscriptions
        if isinstance(subscription.pattern, type) and issubclass(cls, subscription.pattern)
    ]
    return "base" if any(subscription.matched == "base" for subscription in fitting) else "exact"
