"""What is declared about buses, held against the buses that there are: what fits is obeyed, the rest is told."""

from __future__ import annotations

import inspect
import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from ...core.bus.identity import plain_function
from ...core.description import Problem
from ...core.spec import (
    ADAPTER,
    ALSO,
    BY_BASE,
    BY_CLASS,
    BY_HANDLER,
    BY_NOTHING,
    CALLED,
    CONTAINER,
    DECLARED,
    DRAIN,
    HANDLERS,
    IDENTITY,
    KINDS,
    PATTERNS,
    POINT_KEYS,
    PUBLISH,
    RUN_BY,
    BusSpec,
    DeclaredBus,
    SpecLine,
    container_of,
    events_of,
    handler_of,
    holds_of,
    keyed_by_of,
    method_of,
    read_tables,
)
from ...core.values.looking import is_a
from ..adapters.base import Options
from .map_bus.containers import containers_of
from .map_bus.members import functions_of, parameters_of, values_of
from .targets import is_run_by, keyed_by_handler, kind_of, leaves

if TYPE_CHECKING:
    from ..adapters.base import Adapter

#: What the settings of old are called in messages.
_SETTINGS: Final = "[tool.inspector]"
#: How many names are listed of those that there are.
_MOST_NAMES: Final = 12
_LOOKED_UP: Final = (PUBLISH, HANDLERS, DRAIN)


@dataclass
class _Use:
    """One declared value, and what became of it.

    Attributes:
        key: The table it stands in.
        kind: Its kind.
        value: The value.
        used: A bus obeys it.
        there: What there is instead.
        refused: Why a bus that has it cannot use it.
    """

    key: str
    kind: str
    value: Any
    used: bool = False
    there: list[str] = field(default_factory=list)
    refused: str = ""

    @property
    def name(self) -> str:
        """The name that is looked up in the bus."""
        name_of = {PUBLISH: method_of, HANDLERS: container_of}.get(self.kind, handler_of)
        return name_of(self.value)


class Declarations:
    """All that is declared about the buses of a program.

    Args:
        options: ``handlers``, ``publish`` and ``adapter`` of ``[tool.inspector]``; ``bus``, the table or tables of
            ``[tool.inspector.bus]``.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        bus = options.get("bus")
        self._tables, troubles = read_tables(bus) if bus else ([], [])
        self.problems = [Problem(_key_of(trouble.text), trouble.text, trouble.hint) for trouble in troubles]
        old = _of_settings(options)
        if old:
            self._tables.append(DeclaredBus("", old, _SETTINGS))
        self._uses = [
            [_Use(table.key, kind, value) for kind, values in table.table.items() for value in _each(values)]
            for table in self._tables
        ]
        self._matched = [not table.where for table in self._tables]
        self._places: list[str] = []

    def check_adapters(self, adapters: Sequence[Adapter]) -> None:
        """Take back adapters that are not there, and tell which there are."""
        names = [adapter.name for adapter in adapters]
        for use in self._all(ADAPTER):
            if use.value not in names:
                use.there, use.refused = names, f"no adapter named {use.value}"

    def for_target(self, where: str, value: Any) -> list[Options]:
        """Return with which options the buses in a value that the person named are looked for, the best first."""
        matched = list(self._matched)
        own = self._options(where, value)
        every = self._options(where, value, check=False)
        self._matched = matched
        return [own] if own.handlers or own.publish else [every, own]

    def for_bus(self, where: str, value: Any) -> Options:
        """Return what holds for a bus that was found; what it does not have is left out."""
        self._places.append(where)
        return self._options(where, value)

    def obeyed(self, where: str, proposed: Sequence[SpecLine], choices: Mapping[str, tuple[str, ...]]) -> BusSpec:
        """Take note of what a bus obeys; return its spec, in which those lines are declared."""
        lines = list(proposed)
        for use in self._uses_at(where):
            place = _place_of(use, lines)
            if place is None or use.refused:
                continue
            use.used = True
            reason = f"{use.key} in pyproject.toml"
            lines[place] = replace(lines[place], value=use.value, origin=DECLARED, reason=reason)
        return BusSpec(where, tuple(sorted(lines, key=lambda line: KINDS.index(line.kind))), choices)

    def also(self, where: str) -> list[Any]:
        """Return the handlers that are declared to run beside those in containers."""
        return [use.value for use in self._uses_at(where) if use.kind == ALSO]

    def unknown_handler(self, where: str, value: Any) -> None:
        """Take note that a handler that is said to run is nowhere in the program."""
        for use in self._uses_at(where):
            if use.kind == ALSO and use.value == value:
                use.refused = f"{handler_of(value)} is not in the program"

    def unknown_events(self, value: Any, events: Collection[str]) -> list[Problem]:
        """Return which events a handler is said to run for, and are not there."""
        missing = [name for name in events_of(value) if name not in events]
        hint = f"Events: {', '.join(sorted({event.rpartition('.')[2] for event in events})[:_MOST_NAMES]) or 'none'}."
        key = "[tool.inspector.bus]"
        return [Problem(key, f"{key} also-runs: no event {name} for {handler_of(value)}.", hint) for name in missing]

    def unused(self) -> list[Problem]:
        """Return what no bus obeys, each with what there is instead."""
        problems = []
        for table, matched, uses in zip(self._tables, self._matched, self._uses):  # noqa: B905 - made of each other
            if not matched:
                hint = f"Buses: {', '.join(self._places) or 'none'}."
                problems.append(Problem(table.key, f"{table.key}: no bus at {table.where}.", hint))
                continue
            problems += [Problem(use.key, *_unused(use)) for use in uses if not use.used]
        return problems

    # -- inside --------------------------------------------------------------------------------------------------------

    def _all(self, kind: str) -> list[_Use]:
        return [use for uses in self._uses for use in uses if use.kind == kind]

    def _uses_at(self, where: str) -> list[_Use]:
        uses: list[_Use] = []
        for place, table in enumerate(self._tables):
            if not table.where or table.where == where or table.where == where.rpartition(":")[2]:
                self._matched[place] = True
                uses += self._uses[place]
        said = {use.kind for use in uses if use.key != _SETTINGS}
        for use in uses:
            if use.key == _SETTINGS and use.kind in said:
                use.refused = "overridden by [tool.inspector.bus]"
        return [use for use in uses if use.key != _SETTINGS or use.kind not in said]

    def _options(self, where: str, value: Any, *, check: bool = True) -> Options:
        """Gather the options for a value: of names only those that it has, unless they are not to be checked."""
        said: dict[str, list[Any]] = {}
        for use in self._uses_at(where):
            if use.kind == ADAPTER and use.refused:
                continue
            if check and use.kind in _LOOKED_UP and use.name and not self._is_there(use, value):
                continue
            said.setdefault(use.kind, []).append(use.value)
        points = said.get(PUBLISH, [])
        return Options(
            handlers=tuple(map(container_of, said.get(HANDLERS, ()))),
            containers={entry[CONTAINER]: entry for entry in said.get(HANDLERS, ()) if isinstance(entry, Mapping)},
            publish=method_of(points[0]) if points else "",
            adapter=_last(said.get(ADAPTER)),
            points=tuple(point if isinstance(point, Mapping) else {"method": point} for point in points),
            identity=_last(said.get(IDENTITY)),
            drain=said[DRAIN][-1] if DRAIN in said else None,
            patterns=_last(said.get(PATTERNS)),
        )

    def _is_there(self, use: _Use, value: Any) -> bool:
        """Return whether a value has what is named; remember what it has instead."""
        names = list(containers_of(value)) if use.kind == HANDLERS else _methods_of(value)
        if use.kind == HANDLERS:
            good = _reaches(value, use.name)
        else:
            good = use.name in names or (use.kind == PUBLISH and _has_method(value, use.name))
        if not good:
            use.there += [name for name in names if name not in use.there and not name.startswith("__")]
            return False
        if use.kind == DRAIN and use.name:
            wrong = _needs(value, use.name)
            if wrong:
                use.refused = wrong
                return False
        if use.kind == PUBLISH:
            point = use.value if isinstance(use.value, Mapping) else {"method": use.value}
            wrong = _wrong_argument(value, point)
            if wrong:
                use.refused = wrong
                return False
        if use.kind == HANDLERS:
            wrong = _no_container(value, use.name)
            if not wrong and isinstance(use.value, Mapping):
                wrong = _wrong_content(value, use.value)
            if wrong:
                use.refused = wrong
                return False
        return True


def _key_of(text: str) -> str:
    return text.partition(" ")[0]


def _of_settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of ``[tool.inspector]`` as a table of a bus."""
    handlers = options.get("handlers") or ()
    table: dict[str, Any] = {}
    if handlers:
        table[HANDLERS] = (handlers,) if isinstance(handlers, str) else tuple(handlers)
    if options.get("publish"):
        table[PUBLISH] = (str(options["publish"]),)
    if options.get("adapter"):
        table[ADAPTER] = str(options["adapter"])
    return table


def _each(values: Any) -> tuple[Any, ...]:
    return values if isinstance(values, tuple) else (values,)


def _last(values: list[Any] | None) -> str:
    return str(values[-1]) if values else ""


def _unused(use: _Use) -> tuple[str, str]:
    """Return sentence and hint for a value that no bus obeys."""
    name = use.name
    where = f"{use.key} {use.kind}"
    if use.refused:
        hint = f"Available: {', '.join(use.there)}." if use.there else ""
        return f"{where}: {use.refused}.", hint
    if use.kind in _LOOKED_UP and use.there:
        near = get_close_matches(name, use.there, 1, 0.75)
        listed = ", ".join(sorted(use.there)[:_MOST_NAMES])
        more = "" if len(use.there) <= _MOST_NAMES else f" and {len(use.there) - _MOST_NAMES} more"
        what = "Containers" if use.kind == HANDLERS else "Methods"
        near_text = f"Did you mean {near[0]}? " if near else ""
        return f"{where}: no {name} found.", f"{near_text}{what}: {listed}{more}."
    if use.kind in _LOOKED_UP:
        return f"{where}: {name} is not used.", "The bus is known by its class; remove this line."
    if use.kind == ADAPTER:
        return f'{where} = "{name}" is not used.', "It does not know this bus; remove this line."
    if use.kind == IDENTITY:
        return f'{where} = "{name}" is not used.', "Its events are identified otherwise; see `inspector spec`."
    return f'{where} = "{name}" is not used.', "The bus is read by its adapter; remove this line."


def _place_of(use: _Use, lines: list[SpecLine]) -> int | None:
    """Return which line of a spec is what was declared; None when the bus goes by something else."""
    for place, line in enumerate(lines):
        if line.kind != use.kind:
            continue
        if use.kind in (PUBLISH, HANDLERS):
            same = (method_of if use.kind == PUBLISH else container_of)(line.value) == use.name
        else:
            same = line.value == use.value
        if same:
            return place
    return None


def _reaches(value: Any, path: str) -> bool:
    """Return whether a dotted path leads somewhere in a value; a bare container has no paths."""
    if kind_of(value) in ("dict", "proxy", "list", "set"):
        return False
    if path in containers_of(value):
        return True
    owner = value
    for step in path.split("."):
        held = values_of(owner)
        if step not in held:
            return False
        owner = held[step]
    return True


def _methods_of(value: Any) -> list[str]:
    return [] if kind_of(value) in ("dict", "proxy", "list", "set") else list(functions_of(value))


def _has_method(value: Any, name: str) -> bool:
    """Return whether there is such a method, written in Python or not; those of containers are nobody's choice."""
    if kind_of(value) in ("dict", "proxy", "list", "set") or isinstance(value, (str, bytes, int, float)):
        return False
    member = inspect.getattr_static(type(value), name, None)
    return callable(member) and not isinstance(member, (types.MemberDescriptorType, property))


def _needs(value: Any, method: str) -> str:
    """Return why a method cannot be called without arguments; empty when it can."""
    function = functions_of(value).get(method)
    parameters = () if function is None else parameters_of(value, method, function)
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = (parameter for parameter in parameters if parameter.default is parameter.empty)
    names = [parameter.name for parameter in needed if parameter.kind not in free]
    return f"{method} needs {', '.join(names)}, and is called without arguments" if names else ""


def _no_container(value: Any, path: str) -> str:
    """Return why nothing can stand in what a path leads to: code, a text, a number; empty where something can."""
    held = containers_of(value).get(path)
    for step in path.split(".") if held is None else ():
        held = values_of(value if held is None else held).get(step)
    plain = plain_function(held)
    if is_a(plain, (types.FunctionType, types.BuiltinFunctionType, property)):
        return f"{path} is a method, not a container"
    return f"{path} is not a container ({type(held).__name__})" if is_a(held, (str, bytes, int, float)) else ""


def _wrong_content(value: Any, said: Mapping[str, str]) -> str:
    """Return why what is said of a container of handlers cannot be right; empty when it can."""
    held: Any = containers_of(value).get(container_of(said))
    for step in container_of(said).split(".") if held is None else ():
        held = values_of(value if held is None else held).get(step)
    is_keyed = kind_of(held) in ("dict", "proxy") or type(held) is WeakKeyDictionary
    keyed_by, holds = keyed_by_of(said), holds_of(said)
    if keyed_by not in ("", BY_NOTHING) and not is_keyed:
        return f"{container_of(said)} has no keys ({type(held).__name__})"
    if is_keyed and held and keyed_by == BY_HANDLER and not keyed_by_handler(held):
        return f"the keys of {container_of(said)} are not handlers"
    if (
        is_keyed
        and held
        and keyed_by in (BY_CLASS, BY_BASE)
        and not any(isinstance(key, (type, tuple)) for key in held)
    ):
        return f"the keys of {container_of(said)} are not classes"
    method = holds.removeprefix(RUN_BY) if holds != CALLED else ""
    if method and held and not any(is_run_by(item, method) for item in leaves(held)):
        return f"nothing in {container_of(said)} has a method {method}"
    return ""


def _wrong_argument(value: Any, point: Mapping[str, str]) -> str:
    """Return why the arguments of a declared publish point cannot be right; empty when they can."""
    function = functions_of(value).get(point["method"])
    if function is None:
        return ""
    names = [parameter.name for parameter in parameters_of(value, point["method"], function)]
    if not names and not isinstance(value, type):
        return f"{point['method']} takes no arguments, so no event either"
    for role in POINT_KEYS[1:]:
        if role in point and point[role] not in names:
            return f"{point['method']} has no parameter {point[role]} (parameters: {', '.join(names) or 'none'})"
    return ""
