"""Which adapter reads a value, and where in it the buses are: in a container, a module, a dict of several."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...core.description import Problem
from ...core.errors import InspectorError, UsageError
from ...core.own_code import is_standard
from ...core.values.looking import attributes, is_a, pretends
from ..adapters.base import Adapter, Match, Options, is_certain, third_party_adapters
from ..libraries.every import library_adapters
from .map_bus.connection import MapBusAdapter
from .name_registry import NameRegistryAdapter
from .targets import kind_of

#: What a match needs so that a value counts as a bus where nobody has said that it is one.
SURE = 60
#: What a match has that is no guess.
_CERTAIN = 100
_CONTAINERS = ("dict", "proxy", "list", "set")


@dataclasses.dataclass(frozen=True)
class FoundBus:
    """A bus that was found.

    Attributes:
        where: Where.
        value: The bus.
        adapter: Who reads it.
        match: Why.
        options: What of the person's options goes for it.
    """

    where: str
    value: Any
    adapter: Adapter
    match: Match
    options: Options


def all_adapters() -> tuple[list[Adapter], list[Problem]]:
    """Return our adapters and those that the user's environment offers."""
    ours: list[Adapter] = [*library_adapters(), NameRegistryAdapter(), MapBusAdapter()]
    theirs, problems = third_party_adapters()
    return [*theirs, *ours], problems


def find_buses(
    where: str, value: Any, options: Options, adapters: Sequence[Adapter], troubles: list[Problem]
) -> list[FoundBus]:
    """Find the buses in a value: itself, or those that it holds; an adapter that fails is told in ``troubles``.

    Raises:
        InspectorError: It holds none.
    """
    certain = _certain_inside(where, value, options, adapters, troubles)
    if certain and not is_a(value, types.ModuleType):
        return _with_others(certain, where, value, options, adapters, troubles)
    try:
        own = _best(where, value, options, adapters, troubles)
    except UsageError:  # it is not the bus that the options are for; what it holds may be
        if certain:
            return _with_others(certain, where, value, options, adapters, troubles)
        inside = _inside(where, value, options, adapters, troubles, 2)
        if not any(bus.options.handlers or bus.options.publish for bus in inside):
            raise
        return inside
    if certain and (own is None or _is_made_of(own, certain)):
        return _with_others(certain, where, value, options, adapters, troubles)
    if own is not None and (own.match.score >= SURE or options.handlers or options.publish):
        if not is_a(value, types.ModuleType) or own.match.score >= _CERTAIN:
            return [own]
        return [own, *_inside(where, value, options, adapters, troubles, 1)]
    inside = _inside(where, value, options, adapters, troubles, 2)
    if inside:
        return inside
    if own is not None:
        return [own]
    raise InspectorError(
        f"{where} is not a recognized bus: a {type(value).__name__} without handlers.",
        'Name the bus itself, or set handlers = "…" and publish = "…" in [tool.inspector.bus].',
    )


def find_certain(where: str, value: Any) -> list[FoundBus]:
    """Find what is known by its class in a value: itself, or what it holds; nothing is guessed."""
    asked = [adapter for adapter in all_adapters()[0] if is_certain(adapter)]
    own = _best(where, value, Options(), asked, [])
    return [own] if own is not None else _inside(where, value, Options(), asked, [], 2)


def _certain_inside(
    where: str, value: Any, options: Options, adapters: Sequence[Adapter], troubles: list[Problem]
) -> list[FoundBus]:
    """Return the buses in a value that are known by their class; none where it is such a bus itself."""
    asked = [adapter for adapter in adapters if is_certain(adapter)]
    if options.handlers or _best(where, value, Options(adapter=options.adapter), asked, troubles) is not None:
        return []
    return _inside(where, value, options, asked, troubles, 2)


def _with_others(
    certain: Sequence[FoundBus],
    where: str,
    value: Any,
    options: Options,
    adapters: Sequence[Adapter],
    troubles: list[Problem],
) -> list[FoundBus]:
    """Return buses that are known for certain, and what else lies beside them: they are no part of a guess."""
    values = [bus.value for bus in certain]
    inside = _inside(where, value, options, adapters, troubles, 1)
    return [*certain, *(bus for bus in inside if not any(bus.value is other for other in values))]


def _is_made_of(own: FoundBus, certain: Sequence[FoundBus]) -> bool:
    """Return whether a guess took its handlers from buses that are known."""
    return any(f"{bus.where.rpartition(':')[2].rpartition('.')[2]}." in own.match.why for bus in certain)


def _best(
    where: str, value: Any, options: Options, adapters: Iterable[Adapter], troubles: list[Problem]
) -> FoundBus | None:
    best: FoundBus | None = None
    for adapter in adapters:
        if options.adapter and adapter.name != options.adapter:
            continue
        try:
            match = adapter.recognises(value, options)
        except InspectorError:
            raise
        except Exception as error:  # noqa: BLE001 - looking at a stranger's object may run its code
            text = f"The adapter {adapter.name} cannot read it: {type(error).__name__}: {error!s:.200}"
            troubles.append(Problem(where, text))
            continue
        if match is not None and (best is None or match.score > best.match.score):
            best = FoundBus(where, value, adapter, match, _fitting(options, value))
            if match.score >= _CERTAIN:
                break  # nobody else has to look
    return best


def _fitting(options: Options, value: Any) -> Options:
    """Return the options without those that say where in an object something is, where there is no object."""
    return Options(adapter=options.adapter) if kind_of(value) in _CONTAINERS else options


def _inside(
    where: str, value: Any, options: Options, adapters: Sequence[Adapter], troubles: list[Problem], depth: int
) -> list[FoundBus]:
    buses: list[FoundBus] = []
    visited: list[Any] = []
    for name, inner in _parts(value):
        if any(inner is other for other in visited):
            continue
        visited.append(inner)
        at = f"{where}.{name}" if ":" in where else f"{where}:{name}"
        if is_a(value, dict) and "." in name:
            at = f"{where}['{name}']"
        try:
            try:
                buses += _at(at, inner, value, options, adapters, troubles, depth)
            except UsageError:  # one of several that has not what the options name
                buses += _at(at, inner, value, Options(adapter=options.adapter), adapters, troubles, depth)
        except InspectorError:
            raise
        except Exception as error:  # noqa: BLE001 - looking at a stranger's object may run its code
            troubles.append(Problem(at, f"Cannot read it: {type(error).__name__}: {error!s:.200}"))
    return buses


def _at(
    where: str,
    inner: Any,
    value: Any,
    options: Options,
    adapters: Sequence[Adapter],
    troubles: list[Problem],
    depth: int,
) -> list[FoundBus]:
    """Return the buses at one part of a value."""
    if _is_library(inner) or pretends(inner):  # what stands for something else is that, or not at all
        # A module may stand for a bus of its library, and nobody else is asked.
        own = _best(where, inner, options, [adapter for adapter in adapters if is_certain(adapter)], troubles)
        return [own] if own is not None else []
    bus = _best(where, inner, options, adapters, troubles)
    named = bus is not None and bool(bus.options.handlers or bus.options.publish)
    if bus is not None and (named or bus.match.score >= SURE) and not _is_bare(inner, value):
        return [bus]
    if depth > 1 and not is_a(value, types.ModuleType):
        return _inside(where, inner, options, adapters, troubles, depth - 1)
    return []


def _is_bare(inner: Any, value: Any) -> bool:
    """Return whether a container is a bus by itself: alone in a dict or list; beside other things it is part of one."""
    return kind_of(inner) in _CONTAINERS and not is_a(value, (dict, list, tuple))


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if is_a(value, dict):
        yield from ((name, inner) for name, inner in value.items() if is_a(name, str))
    elif is_a(value, (list, tuple)):
        yield from ((str(index), inner) for index, inner in enumerate(value))
    elif is_a(value, types.ModuleType):
        yield from ((name, inner) for name, inner in tuple(vars(value).items()) if not name.startswith("__"))
    elif type(value) is types.SimpleNamespace or not _is_library(value):
        yield from attributes(value).items()


def _is_library(value: Any) -> bool:
    if is_a(value, (type, types.ModuleType, str, bytes, int, float, types.FunctionType, types.MethodType)):
        return True
    if kind_of(value) in _CONTAINERS:
        return False
    return is_standard(type(value).__module__)
