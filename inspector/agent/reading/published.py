"""Which classes a program publishes, as its source says: what is made where a publish method is called."""

from __future__ import annotations

import ast
import contextlib
import inspect
import types
from collections.abc import Collection, Iterator
from typing import Any

from ...core.own_code import is_own_class, own_modules
from ...core.values.looking import is_a


def published_with(method: str, bus: Any) -> list[type[Any]]:
    """Return the program's own classes of which an instance is given to this method of a bus, each once.

    A call on what cannot be known counts where the program has no other method of that name.
    """
    classes: dict[type[Any], None] = {}
    for value, module in _given_to(method, bus):
        cls = _resolved(value.func, module) if isinstance(value, ast.Call) else None
        if is_a(cls, type) and is_own_class(cls):
            classes[cls] = None
    return list(classes)


def names_published_with(method: str, bus: Any, fields: Collection[str]) -> list[tuple[str, str]]:
    """Return field and text of the names that stand in dicts which are given to this method of a bus, each once."""
    names: dict[tuple[str, str], None] = {}
    for value, _ in _given_to(method, bus):
        pairs = zip(value.keys, value.values) if isinstance(value, ast.Dict) else ()  # noqa: B905 - as long as each other
        for key, said in pairs:
            field, text = (part.value if isinstance(part, ast.Constant) else None for part in (key, said))
            if is_a(field, str) and field in fields and is_a(text, str):
                names[field, text] = None
    return list(names)


def _given_to(method: str, bus: Any) -> Iterator[tuple[ast.expr, types.ModuleType]]:
    """Yield what is given to a method of a bus in the program's source, each with the module."""
    sources: dict[types.ModuleType, str] = {}
    for module in own_modules():
        with contextlib.suppress(OSError, TypeError):  # there is no source that can be read
            sources[module] = inspect.getsource(module)
    is_only = sum(source.count(f"def {method}(") for source in sources.values()) == 1
    for module, source in sources.items():
        with contextlib.suppress(ValueError, SyntaxError, RecursionError):
            tree = ast.parse(source) if f"{method}(" in source else ast.Module([], [])
            yield from ((value, module) for value in _arguments(tree, method, module, None if is_only else bus))


def _arguments(tree: ast.Module, method: str, module: types.ModuleType, bus: Any) -> Iterator[ast.expr]:
    """Yield what is given to a method of the bus; of None whosever it is."""
    nodes = list(ast.walk(tree))
    assigned = {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        if not isinstance(node, ast.Call) or _last(node.func) != method or not _is_of(node.func, module, bus):
            continue
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield assigned.get(argument.id, argument) if isinstance(argument, ast.Name) else argument


def _last(callee: ast.expr) -> str:
    return callee.attr if isinstance(callee, ast.Attribute) else callee.id if isinstance(callee, ast.Name) else ""


def _is_of(callee: ast.expr, module: types.ModuleType, bus: Any) -> bool:
    if bus is None:
        return True
    return _resolved(callee.value if isinstance(callee, ast.Attribute) else callee, module) is bus


def _resolved(name: ast.expr, module: types.ModuleType) -> Any:
    """Return what a name, or an attribute of a module, stands for."""
    if isinstance(name, ast.Name):
        return vars(module).get(name.id)
    holder = _resolved(name.value, module) if isinstance(name, ast.Attribute) else None
    return vars(holder).get(name.attr) if isinstance(name, ast.Attribute) and is_a(holder, types.ModuleType) else None
