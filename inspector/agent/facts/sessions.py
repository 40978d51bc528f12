"""What a handler does with the database session of the publication, and without one; read, never run."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Union

from ..reading.places import source_of

if TYPE_CHECKING:
    from ..handlers import Handler

#: Methods and attributes of a bus that give the session of the publication, and parameters that take it.
_GIVES: Final = frozenset({"get_session", "get_db_session", "get_current_session", "current_session"})
_HOLDS: Final = frozenset({"session", "db_session", "current_session"})
#: Calls that leave no more than a line.
_TELLING: Final = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "msg", "print"}
)

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def needs_session(handler: Handler) -> bool:
    """Return whether the handler, or a method of its object that it calls, asks for the database session."""
    if any(parameter.name in _HOLDS for parameter in handler.parameters or ()):
        return True
    return any(_asks(code) for code in _codes(handler))


def fails_without_session(handler: Handler) -> bool:
    """Return whether a handler is given the session by its bus and, by its code, can do nothing when there is none.

    It raises or returns then, or uses what is None. Where it may have another way, the answer is no.
    """
    nodes = [node for code in _codes(handler) if (_asks(code) or code is handler.code) and (node := _node_of(code))]
    return any(map(_fails, nodes))


def _codes(handler: Handler) -> Iterator[types.CodeType]:
    """Yield the code of the handler, and of methods of its object that it calls."""
    waiting, visited = [handler.code], set()
    while waiting:
        code = waiting.pop()
        if code is None or code in visited:
            continue
        visited.add(code)
        yield code
        methods = (inspect.getattr_static(handler.owner, name, None) for name in code.co_names if handler.owner)
        waiting += [method.__code__ for method in methods if isinstance(method, types.FunctionType)]


def _asks(code: types.CodeType) -> bool:
    """Return whether a function asks for the session: by a method that is for that, or an attribute of a bus."""
    if not _GIVES.isdisjoint(code.co_names):
        return True
    if _HOLDS.isdisjoint(code.co_names):
        return False
    node = _node_of(code)
    return node is not None and bool(_asked_of_bus(node))


def _node_of(code: types.CodeType) -> Function | None:
    try:
        tree = ast.parse(source_of(code))
    except (OSError, TypeError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None  # no source to be had, or none that can be read
    node = tree.body[0] if tree.body else None
    return node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def _fails(function: Function) -> bool:
    asked = _asked_of_bus(function)
    taken = [part.arg for part in (*function.args.args, *function.args.kwonlyargs) if part.arg in _HOLDS]
    if len(asked) + len(taken) != 1:
        return False
    if asked and any(isinstance(node, ast.Attribute) and node.value is asked[0] for node in ast.walk(function)):
        return True  # ``bus.get_session().add(…)``
    name = taken[0] if taken else _kept_as(function, asked[0])
    names = (node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name)
    stores = [node for node in names if isinstance(node.ctx, ast.Store)]
    if not name or len(stores) != len(asked):
        return False
    return _fails_without(function, name)


def _fails_without(function: Function, name: str) -> bool:
    """Return whether a function raises, returns or uses None where a variable is None."""
    checks = [node for node in ast.walk(function) if isinstance(node, (ast.If, ast.IfExp)) and _reads(node.test, name)]
    if any(isinstance(node, ast.BoolOp) and _reads(node, name) for node in ast.walk(function)):
        return False
    if not checks:
        return any(isinstance(node, ast.Attribute) and _is_name(node.value, name) for node in ast.walk(function))
    check = checks[0]
    if len(checks) > 1 or not isinstance(check, ast.If):
        return False
    if _is_missing(check.test, name):
        return _gives_up(check.body)
    there = _is_name(check.test, name) or _compares(check.test, name, ast.IsNot)
    return there and not check.orelse and function.body[-1] is check


def _asked_of_bus(function: ast.AST) -> list[ast.expr]:
    """Return where a function says ``bus.get_session()`` or ``bus.session``."""
    nodes = list(ast.walk(function))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    gives = [call for call in calls if _is_of_bus(call.func, _GIVES) and not call.args and not call.keywords]
    called = {id(call.func) for call in calls}
    held = [node for node in nodes if isinstance(node, ast.Attribute) and id(node) not in called]
    return [*gives, *(node for node in held if isinstance(node.ctx, ast.Load) and _is_of_bus(node, _HOLDS))]


def _is_of_bus(node: ast.expr, names: frozenset[str]) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in names and _is_bus(node.value)


def _is_bus(holder: ast.expr) -> bool:
    name = holder.attr if isinstance(holder, ast.Attribute) else holder.id if isinstance(holder, ast.Name) else ""
    return "bus" in name.lower()


def _kept_as(function: ast.AST, call: ast.AST) -> str:
    """Return the variable that a call's result is kept in as it is; empty for none."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and node.value is call and len(node.targets) == 1:
            target: ast.AST = node.targets[0]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is call:
            target = node.target
        else:
            continue
        return target.id if isinstance(target, ast.Name) else ""
    return ""


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _reads(node: ast.AST, name: str) -> bool:
    return any(_is_name(part, name) for part in ast.walk(node))


def _is_missing(test: ast.expr, name: str) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _reads(test.operand, name) and not isinstance(test.operand, ast.Compare)
    return _compares(test, name, ast.Is)


def _compares(test: ast.expr, name: str, how: type[ast.cmpop]) -> bool:
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], how)):
        return False
    other = test.comparators[0]
    left = test.left.target if isinstance(test.left, ast.NamedExpr) else test.left
    return _is_name(left, name) and isinstance(other, ast.Constant) and other.value is None


def _gives_up(statements: list[ast.stmt]) -> bool:
    """Return whether a block raises, or returns nothing, and does no more before than write a line."""
    *before, last = statements
    ends = isinstance(last, ast.Raise) or (
        isinstance(last, ast.Return) and (last.value is None or isinstance(last.value, ast.Constant))
    )
    return ends and all(map(_only_tells, before))


def _only_tells(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign):
        return not any(isinstance(node, ast.Call) for node in ast.walk(statement))
    call = statement.value if isinstance(statement, ast.Expr) else None
    call = call.value if isinstance(call, ast.Await) else call
    if isinstance(call, ast.Constant):
        return True
    function = call.func if isinstance(call, ast.Call) else None
    name = getattr(function, "attr", getattr(function, "id", ""))
    return name in _TELLING
