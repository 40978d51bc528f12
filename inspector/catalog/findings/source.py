"""Reads the source of a project, without running it: what is constructed, called, published."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from inspector.catalog.findings.calls import Called, blocking_calls, handler_calls, imported_names
from inspector.catalog.findings.publishing import PUBLISH_VERBS, Function, Publishing, last_name, publishings, receiver

#: Files that are larger are data.
MAX_BYTES: Final = 2_000_000
MAX_FILES: Final = 20_000
_SKIPPED_FOLDERS: Final = frozenset(
    {"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env", "tests", "test", "migrations"}
)
#: Class methods that make an instance, when called on the class.
_MAKERS: Final = frozenset(
    {"from_dict", "from_json", "create", "model_validate", "parse_obj", "model_construct", "new"}
)


@dataclass(frozen=True)
class Payload:
    """A function that gives a dict written out in it.

    Attributes:
        keys: Its keys; None when they are not all written out.
        reads: Attributes that it reads from its first parameter.
    """

    keys: tuple[str, ...] | None
    reads: tuple[str, ...]


@dataclass
class SourceScan:
    """What was found in the source.

    Attributes:
        files: How many files were read.
        constructed: Names of classes that are called somewhere, or made by one of their class methods.
        mentioned: Names of attributes that are read, and texts that could be one: what may be called.
        published: Every publish with its file.
        payloads: Functions and lambdas by file and first line; None where two stand in one line.
        blocking: Calls that hold up the loop, by file and first line of the coroutine function that makes them.
        handlers_called: Calls of methods that are named like handlers, by file and first line of such a method.
        unreadable: Files that could not be read, each with the reason and the line.
        plain_verbs: Names of methods and functions that publish and are no coroutine functions.
        awaited_verbs: What is awaited of publishing: on what, and which method.
    """

    files: int = 0
    constructed: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    published: list[tuple[str, Publishing]] = field(default_factory=list)
    payloads: dict[tuple[str, int], Payload | None] = field(default_factory=dict)
    blocking: dict[tuple[str, int], list[Called]] = field(default_factory=dict)
    handlers_called: dict[tuple[str, int], list[Called]] = field(default_factory=dict)
    unreadable: list[tuple[str, str, int]] = field(default_factory=list)
    plain_verbs: set[str] = field(default_factory=set)
    awaited_verbs: set[tuple[str, str]] = field(default_factory=set)

    def payload_at(self, file: str, line: int) -> Payload | None:
        """Give the function that begins at a line of a file, None when there is none or more than one."""
        return self.payloads.get((os.path.realpath(file), line)) if file else None

    def blocking_at(self, file: str, line: int) -> list[Called]:
        """Give the blocking calls of the coroutine function that begins at a line of a file."""
        return self.blocking.get((os.path.realpath(file), line), []) if self.blocking and file else []

    def handlers_called_at(self, file: str, line: int) -> list[Called]:
        """Give the calls of other handlers in the function that begins at a line of a file."""
        return self.handlers_called.get((os.path.realpath(file), line), []) if self.handlers_called and file else []


def project_files(root: Path, exclude: Sequence[str] = ()) -> list[Path]:
    """Give the Python files of a project, in order: not its tests, environments and what was built.

    Args:
        root: Its folder; nothing outside of it is read, and links to folders are not followed.
        exclude: Globs of paths below it, with forward slashes.
    """
    found: list[Path] = []
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED_FOLDERS and not name.startswith(".") and not (here / name / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            if name.endswith(".py") and not name.startswith("test_") and name != "conftest.py":
                path = here / name
                below = path.relative_to(root).as_posix()
                if not any(fnmatchcase(below, glob) for glob in exclude):
                    found.append(path)
        if len(found) >= MAX_FILES:
            break
    return found[:MAX_FILES]


def scan(files: Iterable[Path]) -> SourceScan:
    """Read source files; those that cannot be read are told and left out."""
    result = SourceScan()
    for path in files:
        try:
            if path.stat().st_size > MAX_BYTES:
                continue
            text = path.read_bytes()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the compiler says of their strings is their affair
                tree = ast.parse(text, str(path))
        except SyntaxError as error:
            result.unreadable.append((str(path), error.msg, error.lineno or 0))
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            result.unreadable.append((str(path), str(error)[:200], 0))
        else:
            result.files += 1
            _read(os.path.realpath(path), str(path), tree, result)
    return result


def _read(real: str, shown: str, tree: ast.Module, result: SourceScan) -> None:
    aliases: dict[str, str] = {}
    imported: dict[str, str] = {}
    called: set[str] = set()
    functions: list[Function] = []
    publishes = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            result.mentioned.add(node.attr)
        elif isinstance(node, ast.Call):
            name = last_name(node.func)
            called.add(name)
            if isinstance(node.func, ast.Attribute) and name in _MAKERS:
                called.add(last_name(node.func.value))
            publishes = publishes or name in PUBLISH_VERBS
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and len(node.value) < 200 and node.value.isidentifier():
                result.mentioned.add(node.value)
        elif isinstance(node, ast.Await):
            if isinstance(node.value, ast.Call) and last_name(node.value.func) in PUBLISH_VERBS:
                result.awaited_verbs.add((receiver(node.value), last_name(node.value.func)))
        elif isinstance(node, Function):
            functions.append(node)
            if isinstance(node, ast.FunctionDef) and node.name in PUBLISH_VERBS:
                result.plain_verbs.add(node.name)
            _note_payload(real, node, result)
        elif isinstance(node, ast.Lambda):
            _note_payload(real, node, result)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            aliases.update({alias.asname: alias.name for alias in node.names if alias.asname})
            imported.update(imported_names(node))
    result.constructed.update(aliases.get(name, name) for name in called)
    for function in functions:
        place = (real, first_line(function))
        if blocking := blocking_calls(function, imported):
            result.blocking[place] = blocking
        if others := handler_calls(function):
            result.handlers_called[place] = others
        if publishes:
            result.published += [(shown, each) for each in publishings(function, aliases)]


# --- functions that give a dict ---------------------------------------------------------------------------------------


def first_line(node: Function | ast.Lambda) -> int:
    """Give the line at which a function begins for Python: that of its first decorator."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(each.lineno for each in decorators)])


def _note_payload(file: str, node: Function | ast.Lambda, result: SourceScan) -> None:
    parameters = [*node.args.posonlyargs, *node.args.args]
    if not parameters:
        return
    place = (file, first_line(node))
    if place in result.payloads:
        result.payloads[place] = None
        return
    value = node.body if isinstance(node, ast.Lambda) else _returned(node)
    keys = _keys(value) if value is not None else None
    if keys is not None or isinstance(node, ast.Lambda):
        result.payloads[place] = Payload(keys, tuple(dict.fromkeys(_reads(node, parameters[0].arg))))


def _returned(function: Function) -> ast.expr | None:
    """Give what a function returns when there is one ``return``, its last line."""
    last = function.body[-1]
    if not isinstance(last, ast.Return):
        return None
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    return last.value if len(returns) == 1 else None


def _keys(value: ast.expr) -> tuple[str, ...] | None:
    if isinstance(value, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        return tuple(str(key) for key in keys) if all(isinstance(key, str) for key in keys) else None
    if isinstance(value, ast.Call) and last_name(value.func) == "dict" and not value.args:
        names = [keyword.arg for keyword in value.keywords]
        return tuple(str(name) for name in names) if all(names) else None
    return None


def _reads(node: ast.AST, parameter: str) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == parameter:
            yield each.attr
