"""What the source of a program says of a function or a name, where it can be read; nothing is imported for it."""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.core.description import EventDescription, HandlerDescription

_Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Larger files are not read: nobody writes them.
_LARGEST: Final = 2_000_000


class SourceFile:
    """A file of Python.

    Args:
        path: Its path; empty, missing and wrong files say nothing.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    @classmethod
    def of_module(cls, module: str, described: Iterable[EventDescription | HandlerDescription]) -> SourceFile:
        """Return the file of a module, looked for beside the files of what is described."""
        parts = module.split(".")
        for entry in described:
            name = entry.module if hasattr(entry, "module") else entry.key.rpartition(".")[0]
            root = _root(entry.file, name)
            if root is None:
                continue
            for path in (root.joinpath(*parts).with_suffix(".py"), root.joinpath(*parts, "__init__.py")):
                if path.is_file():
                    return cls(str(path))
        return cls("")

    @cached_property
    def _tree(self) -> ast.Module | None:
        path = Path(self._path)
        try:
            if not self._path or path.stat().st_size > _LARGEST:
                return None
            return ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            return None

    def _top(self, name: str) -> ast.stmt | None:
        """Return the last statement at the top level that defines a name."""
        body = self._tree.body if self._tree is not None else []
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return next((node for node in reversed(body) if isinstance(node, defined) and node.name == name), None)

    def _at(self, line: int) -> _Function | ast.Lambda | None:
        """Return the function that begins in a line, its decorators included."""
        for node in ast.walk(self._tree) if self._tree is not None else ():
            if isinstance(node, ast.Lambda) and node.lineno == line:
                return node
            if isinstance(node, _Function) and line in (node.lineno, *(mark.lineno for mark in node.decorator_list)):
                return node
        return None

    def has_function(self, name: str) -> bool:
        """Return whether the module has a function of that name at its top level; True when it cannot be read."""
        return self._tree is None or isinstance(self._top(name), _Function)

    def required_arguments(self, line: int) -> int:
        """Return how many arguments the function in a line must be given, ``self`` not counted; 1 when unknown."""
        node = self._at(line)
        if node is None:
            return 1
        arguments = [*node.args.posonlyargs, *node.args.args]
        bound = bool(arguments) and arguments[0].arg in ("self", "cls")
        keywords = sum(default is None for default in node.args.kw_defaults)
        return len(arguments) - bound - len(node.args.defaults) + keywords

    def is_async(self, line: int, *, default: bool) -> bool:
        """Return whether the function in a line is a coroutine function."""
        node = self._at(line)
        return default if node is None else isinstance(node, ast.AsyncFunctionDef)

    def kind_of(self, name: str) -> str:
        """Return what a name of the module is: ``async``, ``call`` (function, class), ``value``; empty if unknown."""
        if self._tree is None:
            return ""
        node = self._top(name)
        if isinstance(node, ast.AsyncFunctionDef):
            return "async"
        if node is not None:
            return "call"
        return "value" if any(_assigns(entry, name) for entry in self._tree.body) else ""

    def session_kind(self, name: str) -> str:
        """Return how what gives a session is entered: ``async`` (also if unknown), ``sync``, ``asyncgen``, ``gen``."""
        node = self._top(name)
        if not isinstance(node, _Function):
            return "async"
        marks = [ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list]
        if "asynccontextmanager" in marks or "contextmanager" in marks:
            return "async" if "asynccontextmanager" in marks else "sync"
        if any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node)):
            return "asyncgen" if isinstance(node, ast.AsyncFunctionDef) else "gen"
        return "async"


def _assigns(node: ast.stmt, name: str) -> bool:
    """Return whether a statement gives a name an instance of a class (``bus = MessageBus()``) or a container."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    is_made = isinstance(value, (ast.Dict, ast.List)) or (
        isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2].lstrip("_")[:1].isupper()
    )
    return is_made and any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _root(file: str, module: str) -> Path | None:
    """Return the folder from which a module of that name is imported, by its file; None when they do not fit."""
    if not file or not module:
        return None
    path, parts = Path(file), module.split(".")
    tail = path.with_suffix("").parts
    tail = tail[:-1] if tail[-1] == "__init__" else tail
    if tuple(tail[-len(parts) :]) != tuple(parts):
        return None
    return Path(*tail[: -len(parts)])
