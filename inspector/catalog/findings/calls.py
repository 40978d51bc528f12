"""What the body of a function calls: things that hold up the loop, and other handlers."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from inspector.catalog.findings.publishing import Function

#: Calls that wait without giving way to anybody.
BLOCKING: Final = frozenset(
    {
        *("time.sleep", "os.system", "os.wait", "os.waitpid", "urllib.request.urlopen", "socket.create_connection"),
        *("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output"),
        *("smtplib.SMTP", "smtplib.SMTP_SSL", "sqlite3.connect", "psycopg2.connect", "input"),
    }
)
#: Modules of which every function waits so.
_BLOCKING_MODULES: Final = frozenset({"requests"})
_HANDLER_PREFIXES: Final = ("handle_", "on_")


class Called(NamedTuple):
    """A call.

    Attributes:
        name: What is called, as people write it.
        line: Where.
        own: It is a method of the same object.
    """

    name: str
    line: int
    own: bool = False


def imported_names(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Give the names that an import binds, each with its full dotted name."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.partition(".")[0]: _bound(alias) for alias in node.names}
    if node.level or not node.module:
        return {}
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}


def _bound(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.partition(".")[0]


def blocking_calls(function: Function, imported: Mapping[str, str]) -> list[Called]:
    """Give the calls in a coroutine function that hold up its loop."""
    if not isinstance(function, ast.AsyncFunctionDef):
        return []
    found = []
    for call in _calls(function):
        name = _full_name(call.func, imported)
        if name in BLOCKING or name.partition(".")[0] in _BLOCKING_MODULES:
            found.append(Called(name, call.lineno))
    return found


def handler_calls(function: Function) -> list[Called]:
    """Give the calls of methods that may be other handlers', in what may be one itself; not of its own base's.

    Of the same object it may be any method that gets one thing; of others one that is named like a handler.
    """
    named = function.name.startswith(_HANDLER_PREFIXES)
    alone = len(function.args.args) == 2
    if not named and not alone:
        return []
    found = []
    for call in _calls(function):
        if not isinstance(call.func, ast.Attribute) or call.func.attr == function.name:
            continue
        name = call.func.attr
        own = isinstance(call.func.value, ast.Name) and call.func.value.id == "self" and len(call.args) == 1
        if (named and name.startswith(_HANDLER_PREFIXES) and not isinstance(call.func.value, ast.Call)) or own:
            found.append(Called(name, call.lineno, own and not name.startswith(_HANDLER_PREFIXES)))
    return found


def _calls(function: Function) -> Iterator[ast.Call]:
    """Give the calls of a function in its own body: what it defines runs elsewhere, perhaps in a thread."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(ast.iter_child_nodes(node))


def _full_name(node: ast.expr, imported: Mapping[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    root = imported.get(node.id, node.id if node.id == "input" and not parts else "")
    return ".".join([root, *reversed(parts)]) if root else ""
