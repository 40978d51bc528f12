"""How a bus calls its handlers, read from the source of its publish method. Nothing is run.

Only what stands there plainly is believed: a call of a local variable (``for handler in …: handler(event)``), or of a
method by which handler objects are run. Where handlers are handed on (to a pool, to ``gather`` as functions), nobody
can tell.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..tap.stand_ins import HANDLE_METHODS

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
    """Give how handlers are called by a publish method.

    Args:
        function: The method (or function) that publishes.
        owner: The bus, whose other methods it may call.
    """
    found: list[tuple[ast.Call, bool]] = []
    asking = False
    awaiting, vague = False, False
    for node in _bodies(function, owner):
        asking = asking or _asks_for_parameters(node)
        here = list(_calls_of_locals(node))
        # What is not handed anything that came in may be no handler at all: a hook, a logger's method.
        vague = vague or not all(_passes_on(call, node) for call, _ in here)
        found += here
        awaiting = awaiting or isinstance(node, ast.AsyncFunctionDef)
    if asking:
        return HandlerCalls(alone=False)
    if not found:
        return HandlerCalls()
    spread = any(isinstance(each, ast.Starred) for call, _ in found for each in call.args)
    spread = spread or any(keyword.arg is None for call, _ in found for keyword in call.keywords)
    counts = {len(call.args) + len(call.keywords) for call, _ in found}
    # Spread arguments, and more here than there: some handlers get more than the event.
    alone = False if spread or (len(counts) > 1 and not vague) else None if vague else counts == {1}
    vague = vague or spread
    return HandlerCalls(alone, not vague and not awaiting and all(dropped for _, dropped in found))


def _asks_for_parameters(node: ast.AST) -> bool:
    names = (getattr(each, "id", getattr(each, "attr", "")) for each in ast.walk(node))
    return not _ASKING.isdisjoint(names)


def _bodies(function: Any, owner: Any) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give the functions that publishing runs through: the method itself, and those of its own that it calls."""
    waiting, seen = [(function, 0)], set()
    while waiting:
        current, depth = waiting.pop()
        node = _node_of(current)
        if node is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield node
        for each in ast.walk(node):
            if depth < _DEPTH and isinstance(each, ast.Call):
                helper = _own_method(each.func, node, owner)
                if helper is not None:
                    waiting.append((helper, depth + 1))


def _node_of(function: Any) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    try:
        function = inspect.unwrap(getattr(function, "__func__", function))
        if not isinstance(function, types.FunctionType):
            return None
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, ValueError, SyntaxError, RecursionError):
        return None  # no source to be had, or none that can be read
    node = tree.body[0] if tree.body else None
    return node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def _own_method(callee: ast.expr, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: Any) -> Any:
    """Give the method of the bus that ``self.method(…)`` calls."""
    parameters = [*node.args.posonlyargs, *node.args.args]
    if not (isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name) and parameters):
        return None
    if callee.value.id != parameters[0].arg:
        return None
    kind = owner if isinstance(owner, type) else type(owner)
    method = inspect.getattr_static(kind, callee.attr, None)
    return method if isinstance(method, types.FunctionType) else None


def _calls_of_locals(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.Call, bool]]:
    """Give the calls of what a function holds in local variables, each with whether its result is dropped."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    names |= {each.arg for each in parameters[1:]}
    dropped = {
        id(each.value) for each in ast.walk(node) if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call)
    }
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and _is_handler(each.func, names):
            yield each, id(each) in dropped


def _passes_on(call: ast.Call, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether one of the arguments is a parameter of the function around the call."""
    parameters = {each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    passed = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(each, ast.Name) and each.id in parameters for each in passed)


def _is_handler(callee: ast.expr, names: set[str]) -> bool:
    if isinstance(callee, ast.Name):
        return callee.id in names
    if isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name) and callee.value.id in names:
        return callee.attr in HANDLE_METHODS or callee.attr in _CALLABLES
    return False
