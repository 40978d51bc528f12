"""Handlers that are methods of the bus itself, which it finds by the event: an actor, an aggregate, a projection.

It builds their names (``getattr(self, f"on_{...}")``), asks for the event's class, has them in a dict that it writes
down there, leaves that to ``singledispatchmethod``, or calls what only a class below it has.
"""

from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Iterator
from typing import Any

from ....core.bus.identity import plain_function
from ....core.own_code import is_own_class
from ....core.values.looking import is_a, variables_of
from ..targets import MethodName
from .code import node_of
from .names import PRIVATE, STRONG, rank_of


def own_handlers(bus: Any) -> list[tuple[Any, Any]]:
    """Return the methods that a bus runs for events, bound to it, each with what it is for; None: it does not say.

    Args:
        bus: An object.
    """
    cls = type(bus)
    if is_a(bus, (type, types.ModuleType)) or not is_own_class(cls):
        return []
    patterns: dict[tuple[Any, str], None] = {}
    for base in filter(is_own_class, cls.__mro__[:-1]):
        for member in tuple(vars(base).values()):
            function = plain_function(member)
            node = node_of(function) if is_a(function, types.FunctionType) else None
            patterns.update(dict.fromkeys(_called(cls, base, function, node) if node is not None else ()))
    named = {name for pattern, name in patterns if pattern is not None}
    return [(pattern, getattr(bus, name)) for pattern, name in patterns if pattern is not None or name not in named]


def _called(cls: type[Any], base: type[Any], function: types.FunctionType, node: Any) -> Iterator[tuple[Any, str]]:
    """Yield what one method of a class calls of its own for an event, each with what that is for."""
    parts = list(ast.walk(node))
    calls = [part for part in parts if isinstance(part, ast.Call)]
    if any(_asks_by_text(call) for call in calls):
        texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        starts = {text.partition("{")[0].partition("%")[0] for text in texts}
        prefixes = [text for text in starts if text.endswith("_") and text.isidentifier()]
        for prefix in prefixes or [""]:  # without one a method is called as a class of events is
            named = [(MethodName(name[len(prefix) :]), name) for name in dir(cls) if name.startswith(prefix)]
            classes = () if prefix else _classes_beside(function)
            for said, name in named:
                if said and (prefix or any(map(said.fits, classes))) and _takes_event(cls, name):
                    yield said, name
    for part in parts:
        if isinstance(part, ast.Dict):
            own = [(key, _own_name(value)) for key, value in zip(part.keys, part.values, strict=True)]
            if own and all(name and _takes_event(cls, name) for _, name in own):
                keys = [(_value_of(key, function), name) for key, name in own]
                yield from ((key, name) for key, name in keys if is_a(key, (type, str)))
        elif isinstance(part, (ast.If, ast.match_case)):
            asked = _classes(part.test if isinstance(part, ast.If) else part.pattern, function)
            for call in (inner for statement in part.body for inner in ast.walk(statement)):
                name = _own_name(call.func) if isinstance(call, ast.Call) and len(call.args) == 1 else ""
                if name and asked and _takes_event(cls, name):
                    yield from ((asked_for, name) for asked_for in asked)
    for call in calls:
        name = _own_name(call.func) if len(call.args) == 1 else ""
        if not name or isinstance(call.args[0], ast.Constant):
            continue
        below = next((owner for owner in cls.__mro__ if name in vars(owner)), base)
        generic = isinstance(vars(below).get(name), functools.singledispatchmethod)
        if generic or (below is not base and issubclass(below, base) and _takes_event(cls, name)):
            yield None, name


def _asks_by_text(call: ast.Call) -> bool:
    """Return whether a call asks the bus for a method by a name that is made up there."""
    by_text = isinstance(call.func, ast.Name) and call.func.id == "getattr" and len(call.args) > 1
    of_self = by_text and isinstance(call.args[0], ast.Name) and call.args[0].id == "self"
    return of_self and not isinstance(call.args[1], ast.Constant)


def _own_name(node: ast.expr | None) -> str:
    """Return the name of a method of the bus that an expression is: ``self.on_paid``; empty for others."""
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    return node.attr if own and isinstance(node, ast.Attribute) else ""


def _takes_event(cls: type[Any], name: str) -> bool:
    """Return whether something is a method that can be given an event alone, and that does not publish itself."""
    function = plain_function(inspect.getattr_static(cls, name, None))
    if not is_a(function, types.FunctionType) or name.startswith("__") or rank_of(name) % PRIVATE <= STRONG:
        return False
    count = function.__code__.co_argcount
    return bool(count - len(function.__defaults__ or ()) <= 2 <= count)


def _value_of(node: ast.expr | None, function: types.FunctionType) -> Any:
    """Return what a name, an attribute of a module, or a text in the source of a function is; None for others."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return function.__globals__.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        holder = function.__globals__.get(node.value.id)
        return variables_of(holder).get(node.attr) if is_a(holder, types.ModuleType) else None
    return None


def _classes_beside(function: types.FunctionType) -> list[str]:
    """Return the names of the program's own classes that a function can see."""
    return [
        value.__name__ for value in tuple(function.__globals__.values()) if is_a(value, type) and is_own_class(value)
    ]


def _classes(test: ast.AST, function: types.FunctionType) -> list[type[Any]]:
    """Return the classes of the program's own that a condition or a pattern asks for."""
    named = [part.cls if isinstance(part, ast.MatchClass) else part for part in ast.walk(test)]
    values = (_value_of(part, function) for part in named if isinstance(part, (ast.Name, ast.Attribute)))
    return list(dict.fromkeys(value for value in values if is_a(value, type) and is_own_class(value)))
