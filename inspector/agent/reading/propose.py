"""The spec of a connection: what it goes by, line for line, with where each comes from and why."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.identity import plain_function, undecorated
from ...core.own_code import is_own_file
from ...core.spec import (
    ADAPTER,
    ALSO,
    DRAIN,
    GLOB,
    HANDLERS,
    IDENTITY,
    LIBRARY,
    PATTERNS,
    PROPOSED,
    PUBLISH,
    SpecLine,
    events_of,
    handler_of,
)
from .map_bus.connection import MapConnection
from .map_bus.containers import containers_of
from .map_bus.members import functions_of, parameters_of
from .targets import is_glob

if TYPE_CHECKING:
    from ...core.description import HandlerDescription
    from ..adapters.base import Connection

_SHOWN_PATTERNS: Final = 4


def spec_of(connection: Connection, why: str, handled: Mapping[str, Sequence[str]]) -> list[SpecLine]:
    """Return how a connection reads its bus, once its events have been read.

    Args:
        connection: The connection.
        why: Why its adapter was chosen.
        handled: The names of the events of each handler, by its key.
    """
    if isinstance(connection, MapConnection):
        return list(_of_map(connection, handled))
    own = getattr(connection, "spec_lines", None)
    if callable(own):
        return list(own())
    lines = {ADAPTER: SpecLine(ADAPTER, connection.adapter, connection.adapter, LIBRARY, why or connection.why)}
    points = getattr(connection, "publish_points", None)
    for point in points() if callable(points) else ():
        text = _method_text(point.owner, point.name, getattr(point, "holder", None))
        place = _place(point.function)
        lines[point.name] = SpecLine(
            PUBLISH, point.name, text, LIBRARY, f"{connection.adapter}, known by class", *place
        )
    held = dict.fromkeys(subscribed.handler.key for subscribed in connection.subscriptions())
    events = dict.fromkeys(name for key in held for name in handled.get(key, ()))
    text = f"{connection.adapter}'s own subscriptions"
    own_line = SpecLine(HANDLERS, "", text, LIBRARY, connection.why, "", 0, tuple(held), tuple(events))
    return [*lines.values(), own_line]


def _of_map(connection: MapConnection, handled: Mapping[str, Sequence[str]]) -> Iterator[SpecLine]:
    owner = _owner_name(connection.value)
    yield SpecLine(
        ADAPTER,
        connection.adapter,
        _ADAPTERS.get(connection.adapter, connection.adapter),
        PROPOSED,
        f"No library is known for {owner}",
    )
    for publisher in connection.publishers:
        parameters = ", ".join(map(_parameter_text, publisher.parameters))
        text = f"{_method_text(publisher.owner, publisher.name)}({parameters})"
        reads = " and ".join(publisher.reads)
        why = f"Named like publishing{', reads ' if reads else ''}{reads}"
        if publisher.queue or (publisher.hands and reads):
            why = f"Puts events into {publisher.queue}" if publisher.queue else f"Calls the handlers in {reads}"
        yield SpecLine(PUBLISH, publisher.name, text, PROPOSED, why, *_place(publisher.function))
    identity, reason = connection.identity()
    yield SpecLine(IDENTITY, identity, _IDENTITIES.get(identity, identity), PROPOSED, reason)
    for handler_map in connection.maps:
        if handler_map.path or handler_map.own:
            text = f"{owner}.{handler_map.path}" if handler_map.path else f"{owner}'s own methods"
            held = dict.fromkeys(connection.describe(target).key for _, target in connection.held_in(handler_map))
            events = dict.fromkeys(name for key in held for name in handled.get(key, ()))
            why = _capital(handler_map.why)
            line = SpecLine(HANDLERS, handler_map.path, text, PROPOSED, why, "", 0, tuple(held), tuple(events))
            keyed_by, holds = connection.contents(handler_map)
            yield replace(line, keyed_by=keyed_by, holds=holds) if handler_map.path else line
    if connection.drain:
        function = inspect.getattr_static(connection.value, connection.drain, None)
        text = f"{owner}.{connection.drain}"
        yield SpecLine(DRAIN, connection.drain, text, PROPOSED, "Takes what publishing kept", *_place(function))
    globs = list(dict.fromkeys(str(pattern) for pattern, _ in connection.subscribed_targets() if is_glob(pattern)))
    if globs or connection.patterns_declared:
        shown = ", ".join(globs[:_SHOWN_PATTERNS]) or "none subscribed"
        kind = connection.patterns_declared or GLOB
        reason = "Matched as file names are" if kind == GLOB else "Names like any other"
        yield SpecLine(PATTERNS, kind, shown, PROPOSED, reason)


def choices_of(connection: Connection, adapters: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what there is that a line may name, by kind (see ``BusSpec.choices``).

    Args:
        connection: The connection.
        adapters: The names of the adapters that there are.
    """
    choices = {ADAPTER: tuple(adapters)}
    if not isinstance(connection, MapConnection):
        points: Any = getattr(connection, "publish_points", tuple)()
        return {**choices, PUBLISH: tuple(dict.fromkeys(point.name for point in points))}
    value, methods, drains = connection.value, [], []
    for name, function in functions_of(value).items():
        parameters = [] if name.startswith("__") else parameters_of(value, name, function)
        if not any(parameter.default is parameter.empty for parameter in parameters) and not name.startswith("__"):
            drains.append(name)
        if parameters:
            methods.append(name)
            choices[f"{PUBLISH} {name}"] = tuple(parameter.name for parameter in parameters)
    chosen = [publisher.name for publisher in connection.publishers]
    methods.sort(key=lambda name: (name not in chosen, name.startswith("_"), name))
    read = {handler_map.path for handler_map in connection.maps}
    containers = sorted(containers_of(value), key=lambda path: (path not in read, path))
    named = {PUBLISH: methods, HANDLERS: containers, DRAIN: sorted(drains)}
    return {**choices, **{kind: tuple(names[:_MOST_CHOICES]) for kind, names in named.items()}}


_MOST_CHOICES: Final = 40
_ADAPTERS: Final = {"map": "its structure", "names": "its structure, with a registry of event names"}
_IDENTITIES: Final = {
    "class": "type(event)",
    "class with bases": "type(event) and its bases",
    "name": "the name that is published",
    "bus": "the bus: one event",
}


def also_line(entry: Any, handler: HandlerDescription) -> SpecLine:
    """Return the line of a handler that is declared to run beside those in containers."""
    events = ", ".join(events_of(entry))
    return SpecLine(
        ALSO, entry, f"{handler.label}{f' for {events}' if events else ''}", PROPOSED, "", handler.file, handler.line
    )


def find_handler(entry: Any, modules: Mapping[str, types.ModuleType]) -> Any:
    """Return the function that a handler's key names, ``shop.archive:Archive.keep``; None when it is not loaded."""
    module, _, path = handler_of(entry).partition(":")
    value: Any = modules.get(module)
    for step in path.split("."):
        if value is None:
            return None
        value = inspect.getattr_static(value, step, None)
    return plain_function(value) if value is not None and path else None


def _parameter_text(parameter: inspect.Parameter) -> str:
    stars = "*" * ((parameter.kind is parameter.VAR_POSITIONAL) + 2 * (parameter.kind is parameter.VAR_KEYWORD))
    return f"{stars}{parameter.name}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _owner_name(value: Any) -> str:
    if isinstance(value, types.ModuleType):
        return value.__name__.rpartition(".")[2]
    return (value if isinstance(value, type) else type(value)).__name__


def _method_text(owner: Any, name: str, holder: Any = None) -> str:
    return f"{_owner_name(holder if holder is not None else owner)}.{name}"


def _place(function: Any) -> tuple[str, int]:
    """Return file and line of a function of the program's own; nothing for a library's."""
    code = getattr(undecorated(plain_function(function)), "__code__", None)
    if not isinstance(code, types.CodeType) or not is_own_file(code.co_filename):
        return "", 0
    return code.co_filename, code.co_firstlineno
