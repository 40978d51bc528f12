"""Reads the source of a project, without running it: what is constructed, called, published.

It is read by the project's own interpreter, in a process of its own (``bootstrap.py source``): its syntax may be newer
than ours, and a large source takes the window no time.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from ...core.own_code import INSTALLED
from ...core.source import Called, Payload, Publishing, SourceScan, Unreadable, place
from ...core.values.build import to_plain

# How a function publishes: what, with a database session or without, and whether it stores something only after it.

#: Methods that publish what they are given.
PUBLISH_VERBS: Final = frozenset({"publish", "publish_event", "emit", "dispatch", "raise_event", "fire", "notify"})
#: Methods that store something, or make it permanent.
STORE_VERBS: Final = frozenset({"commit", "save", "save_all", "persist", "insert", "insert_one", "bulk_create"})

#: Parameters by which publishing takes a database session.
SESSION_NAMES: Final = frozenset({"session", "db_session"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def publishings(function: Function, aliases: Mapping[str, str]) -> list[Publishing]:
    """Return every publish of a function; functions inside it are on their own.

    Args:
        function: The function.
        aliases: What imported names are called where they come from.
    """
    flow = _Flow(function.name, aliases)
    flow.block(function.body, frozenset())
    return list(flow.published.values())


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name, empty when it is none."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def receiver(call: ast.Call) -> str:
    """Return the last name of what a method is called on, empty for a function."""
    return last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""


_NO_EVENT: Final = ("", (0, 0))
#: Statements with ``except`` and ``finally``; ``except*`` came with Python 3.11.
_TRIES: Final = (ast.Try, getattr(ast, "TryStar", ast.Try))


class _Flow:
    """Walks a function; what is pending is the set of publishes (by line) that nothing was stored after yet."""

    def __init__(self, function: str, aliases: Mapping[str, str]) -> None:
        self.published: dict[int, Publishing] = {}
        self._function = function
        self._aliases = aliases
        self._made: dict[str, tuple[str, tuple[int, int]]] = {}

    def block(self, statements: list[ast.stmt], pending: frozenset[int]) -> frozenset[int]:
        """Run statements; return what is pending after them."""
        for statement in statements:
            pending = self._statement(statement, pending)
            if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
                return frozenset()
        return pending

    def _statement(self, statement: ast.stmt, pending: frozenset[int]) -> frozenset[int]:
        if isinstance(statement, Function | ast.ClassDef):
            return pending
        if isinstance(statement, _TRIES):
            done = self.block(statement.orelse, self.block(statement.body, pending))
            for handler in statement.handlers:
                done |= self.block(handler.body, pending)
            return self.block(statement.finalbody, done)
        if isinstance(statement, ast.Match):
            pending = self._calls(statement.subject, pending)
            return frozenset().union(pending, *(self.block(case.body, pending) for case in statement.cases))
        blocks = [getattr(statement, name, []) for name in ("body", "orelse")]
        for expression in _own_expressions(statement):
            pending = self._calls(expression, pending)
        self._remember(statement)
        if isinstance(statement, ast.Expr) and statement.value.lineno in self.published:
            lost = isinstance(statement.value, ast.Call) and last_name(statement.value.func) in PUBLISH_VERBS
            self.published[statement.value.lineno] = replace(self.published[statement.value.lineno], lost=lost)
        if isinstance(statement, ast.With | ast.AsyncWith):
            return self.block(statement.body, pending)
        return pending.union(*(self.block(block, pending) for block in blocks)) if any(blocks) else pending

    def _remember(self, statement: ast.stmt) -> None:
        """Note which event a variable holds."""
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            return
        event = self._event(statement.value) if statement.value is not None else _NO_EVENT
        for target in targets:
            if isinstance(target, ast.Name):
                self._made[target.id] = event

    def _calls(self, expression: ast.expr, pending: frozenset[int]) -> frozenset[int]:
        calls = [node for node in ast.walk(expression) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0)):
            verb = last_name(call.func)
            if verb in STORE_VERBS and isinstance(call.func, ast.Attribute):
                for line in pending:
                    self.published[line] = replace(self.published[line], stored_at=call.lineno)
                pending = frozenset()
            elif verb in PUBLISH_VERBS and call.args:
                event, made_at = self._event(call.args[0])
                if event:
                    self.published[call.lineno] = Publishing(
                        event, call.lineno, self._function, _has_session(call), 0, False, verb, receiver(call), made_at
                    )
                    pending |= {call.lineno}
        return pending

    def _event(self, node: ast.expr) -> tuple[str, tuple[int, int]]:
        """Return the name of the event's class, empty when it is not known, and where it is made."""
        if isinstance(node, ast.Name):
            return self._made.get(node.id, _NO_EVENT)
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            name = self._aliases.get(name, name)
            return (name, (node.lineno, node.col_offset)) if name[:1].isupper() else _NO_EVENT
        return _NO_EVENT


def _own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions of a statement that are not inside its blocks."""
    for _, value in ast.iter_fields(statement):
        for part in value if isinstance(value, list) else (value,):
            if isinstance(part, ast.expr):
                yield part
            elif isinstance(part, ast.withitem):
                yield part.context_expr


def _has_session(call: ast.Call) -> bool:
    if len(call.args) > 1:
        return True
    for keyword in call.keywords:
        if keyword.arg is None:
            return True  # **arguments: it may be among them
        if keyword.arg in SESSION_NAMES:
            return not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None)
    return False


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


def imported_names(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Return the names that an import binds, each with its full dotted name."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.partition(".")[0]: _bound(alias) for alias in node.names}
    if node.level or not node.module:
        return {}
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}


def _bound(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.partition(".")[0]


def blocking_calls(function: Function, imported: Mapping[str, str]) -> list[Called]:
    """Return the calls in a coroutine function that hold up its loop."""
    if not isinstance(function, ast.AsyncFunctionDef):
        return []
    blocking = []
    for call in _calls(function):
        name = _full_name(call.func, imported)
        if name in BLOCKING or name.partition(".")[0] in _BLOCKING_MODULES:
            blocking.append(Called(name, call.lineno))
    return blocking


def handler_calls(function: Function) -> list[Called]:
    """Return the calls of methods that may be other handlers', in what may be one itself; not of its own base's.

    Of the same object it may be any method that gets one thing; of others one that is named like a handler.
    """
    named = function.name.startswith(_HANDLER_PREFIXES)
    alone = len(function.args.args) == 2
    if not named and not alone:
        return []
    called = []
    for call in _calls(function):
        if not isinstance(call.func, ast.Attribute) or call.func.attr == function.name:
            continue
        name = call.func.attr
        own = isinstance(call.func.value, ast.Name) and call.func.value.id == "self" and len(call.args) == 1
        if (named and name.startswith(_HANDLER_PREFIXES) and not isinstance(call.func.value, ast.Call)) or own:
            called.append(Called(name, call.lineno, own and not name.startswith(_HANDLER_PREFIXES)))
    return called


def _calls(function: Function) -> Iterator[ast.Call]:
    """Yield the calls of a function in its own body: what it defines runs elsewhere, perhaps in a thread."""
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


#: Files that are larger are data.
MAX_BYTES: Final = 2_000_000
MAX_FILES: Final = 20_000
_SKIPPED_FOLDERS: Final = frozenset(
    (*("__pycache__", "node_modules", "build", "dist", "venv", "env", "tests", "test", "migrations"), *INSTALLED)
)
#: Class methods that make an instance, when called on the class.
_MAKERS: Final = frozenset(
    {"from_dict", "from_json", "create", "model_validate", "parse_obj", "model_construct", "new"}
)


def project_files(root: Path, exclude: Sequence[str] = ()) -> list[Path]:
    """Return the Python files of a project, in order: not its tests, environments and what was built.

    Args:
        root: Its folder; nothing outside of it is read, and links to folders are not followed.
        exclude: Globs of paths below it, with forward slashes.
    """
    paths: list[Path] = []
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
                    paths.append(path)
        if len(paths) >= MAX_FILES:
            break
    return paths[:MAX_FILES]


@dataclass
class _Findings:
    """A ``SourceScan`` while it is made; the same names."""

    paths: set[str] = field(default_factory=set)
    constructed: Counter[str] = field(default_factory=Counter)
    mentioned: set[str] = field(default_factory=set)
    published: list[Publishing] = field(default_factory=list)
    payloads: dict[str, Payload | None] = field(default_factory=dict)
    blocking: dict[str, tuple[Called, ...]] = field(default_factory=dict)
    handlers_called: dict[str, tuple[Called, ...]] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    plain_verbs: set[str] = field(default_factory=set)
    awaited_verbs: set[tuple[str, str]] = field(default_factory=set)


def scan(files: Iterable[Path], *, cut_off: bool = False) -> SourceScan:
    """Read source files; those that cannot be read are told and left out.

    Args:
        files: The files.
        cut_off: There are more of them, which are not read.
    """
    result = _Findings()
    for path in files:
        text = b""
        try:
            text = path.read_bytes()
            if len(text) > MAX_BYTES:
                raise ValueError(f"{len(text)} bytes are more than the limit of {MAX_BYTES}")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the compiler says of their strings is their affair
                tree = ast.parse(text, str(path))
        except SyntaxError as error:
            result.unreadable.append(Unreadable(str(path), str(error.msg), error.lineno or 0, _words(text)))
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            result.unreadable.append(Unreadable(str(path), str(error)[:200], 0, _words(text) if text else None))
        else:
            _read(str(path), tree, result)
            result.paths.add(os.path.realpath(path))
    return SourceScan(
        paths=frozenset(result.paths),
        constructed=dict(result.constructed),
        mentioned=frozenset(result.mentioned),
        published=tuple(result.published),
        payloads=result.payloads,
        blocking=result.blocking,
        handlers_called=result.handlers_called,
        unreadable=tuple(result.unreadable),
        cut_off=cut_off,
        plain_verbs=frozenset(result.plain_verbs),
        awaited_verbs=frozenset(result.awaited_verbs),
    )


def _words(text: bytes) -> frozenset[str]:
    """Return the names in a text that is no Python of ours; letters beyond ASCII stand for themselves in UTF-8."""
    return frozenset(re.findall(r"[^\W\d]\w*", text.decode("utf-8", "replace")))


def _read(file: str, tree: ast.Module, result: _Findings) -> None:
    aliases: dict[str, str] = {}
    imported: dict[str, str] = {}
    called: Counter[str] = Counter()
    functions: list[Function] = []
    publishes = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            result.mentioned.add(node.attr)
        elif isinstance(node, ast.Call):
            name = last_name(node.func)
            called[name] += 1
            if isinstance(node.func, ast.Attribute) and name in _MAKERS:
                called[last_name(node.func.value)] += 1
            publishes = publishes or name in PUBLISH_VERBS
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and len(node.value) < 200 and node.value.isidentifier():
                result.mentioned.add(node.value)
        elif isinstance(node, ast.Await):
            if isinstance(node.value, ast.Call) and last_name(node.value.func) in PUBLISH_VERBS:
                result.awaited_verbs.add((receiver(node.value), last_name(node.value.func)))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions.append(node)
            if isinstance(node, ast.FunctionDef) and node.name in PUBLISH_VERBS:
                result.plain_verbs.add(node.name)
            _note_payload(file, node, result)
        elif isinstance(node, ast.Lambda):
            _note_payload(file, node, result)
        elif isinstance(node, (ast.ImportFrom, ast.Import)):
            aliases.update({alias.asname: alias.name for alias in node.names if alias.asname})
            imported.update(imported_names(node))
    for name, count in called.items():
        result.constructed[aliases.get(name, name)] += count
    for function in functions:
        here = place(file, first_line(function))
        if blocking := blocking_calls(function, imported):
            result.blocking[here] = tuple(blocking)
        if others := handler_calls(function):
            result.handlers_called[here] = tuple(others)
        if publishes:
            result.published += [replace(publishing, file=file) for publishing in publishings(function, aliases)]


def main() -> int:
    """Read the source that standard input asks for (``root`` and ``exclude``), and print what was found as JSON."""
    order = json.load(sys.stdin)
    files = project_files(Path(order["root"]), order["exclude"])
    json.dump(to_plain(scan(files, cut_off=len(files) == MAX_FILES)), sys.stdout)
    return 0


# --- functions that give a dict ---------------------------------------------------------------------------------------


def first_line(node: Function | ast.Lambda) -> int:
    """Return the line at which a function begins for Python: that of its first decorator."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _note_payload(file: str, node: Function | ast.Lambda, result: _Findings) -> None:
    parameters = [*node.args.posonlyargs, *node.args.args]
    if not parameters:
        return
    here = place(file, first_line(node))
    if here in result.payloads:
        result.payloads[here] = None
        return
    value = node.body if isinstance(node, ast.Lambda) else _returned(node)
    keys = _keys(value) if value is not None else None
    if keys is not None or isinstance(node, ast.Lambda):
        result.payloads[here] = Payload(keys, tuple(dict.fromkeys(_reads(node, parameters[0].arg))))


def _returned(function: Function) -> ast.expr | None:
    """Return what a function returns when there is one ``return``, its last line."""
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


def _reads(function: ast.AST, parameter: str) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == parameter:
            yield node.attr
