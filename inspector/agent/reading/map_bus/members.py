"""What an object, a class or a module has: values, functions, their parameters, and the names that these use."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import Any, Final

from ....core.bus.identity import plain_function, undecorated
from ....core.own_code import is_own_class, is_own_module
from ....core.values.looking import attributes, is_a, variables_of
from ...tap.stand_ins import original
from .names import STRONG, rank_of

CODE: Final = (
    *(type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType),
    *(staticmethod, classmethod, str, int, float, bool, type(None)),
)

#: What asks for attributes by names that are texts.
_BY_TEXT: Final = ("getattr", "vars", "__dict__")


def values_of(owner: Any) -> dict[str, Any]:
    """Return all attributes of an object that are plain values, those of its classes too; never runs a property."""
    if is_a(owner, types.ModuleType):
        return variables_of(owner)
    held: dict[str, Any] = {}
    for base in reversed((owner if is_a(owner, type) else type(owner)).__mro__):
        if base is not object:
            held.update(vars(base))
    if not is_a(owner, type):
        held.update(attributes(owner))
    return held


def functions_of(value: Any) -> dict[str, Any]:
    """Return the methods of an object or class, or the functions of a module, by name, unbound."""
    if is_a(value, types.ModuleType):
        return {
            name: member
            for name, member in variables_of(value).items()
            if is_a(original(member), types.FunctionType)
            and (member.__module__ == value.__name__ or rank_of(name) <= STRONG)
        }
    functions: dict[str, Any] = {}
    for name, member in values_of(value).items():
        function = plain_function(original(member))
        if is_a(function, types.FunctionType):
            functions[name] = function
    return functions


def parameters_of(value: Any, name: str, function: Any) -> tuple[inspect.Parameter, ...]:
    """Return the parameters that a caller gives, ``self`` left out; empty when they cannot be told."""
    called: Any = function if is_a(value, types.ModuleType) else getattr(value, name, function)
    if is_a(value, type) and called is function:
        return ()  # a method of instances: nobody can call it on the class
    try:
        return tuple(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):  # built in
        return ()


def used_names(function: Any, functions: dict[str, Any], visited: set[str] | None = None) -> set[str]:
    """Return the names of attributes and globals that a function reads, and those of the functions it calls."""
    visited = set() if visited is None else visited
    names = own_names(function)
    for name in names & functions.keys() - visited:
        visited.add(name)
        names |= used_names(functions[name], functions, visited)
    return names


def own_names(function: Any) -> set[str]:
    """Return the names of attributes and globals in a function's own code, inner functions included.

    Those that are texts in it, too, where it asks for attributes by name.
    """
    names = {name for code in _codes(function) for name in code.co_names}
    return names if names.isdisjoint(_BY_TEXT) else names | set(filter(str.isidentifier, texts_in(function)))


def texts_in(function: Any) -> set[str]:
    """Return the texts that stand in a function's own code, inner functions included."""
    return {const for code in _codes(function) for const in code.co_consts if is_a(const, str)}


def _codes(function: Any) -> Iterator[types.CodeType]:
    """Yield a function's own code and that of the functions inside it."""
    code = getattr(undecorated(function), "__code__", None)
    waiting = [] if code is None else [code]
    while waiting:
        code = waiting.pop()
        yield code
        waiting.extend(const for const in code.co_consts if is_a(const, types.CodeType))


def is_own(value: Any) -> bool:
    """Return whether a bus is the program's own, and may publish under any name: libraries hand on a lot."""
    if is_a(value, types.ModuleType):
        return is_own_module(value)
    return is_own_class(value if is_a(value, type) else type(value))
