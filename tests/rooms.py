"""The rooms of the architecture, read from the source: who imports whom, which calls stand in one place only.

`violations(path, source)` judges one module of `inspector/`; `tests/test_rooms.py` runs it over all of them
and over planted mistakes.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeGuard

# What each room may import of the others; "" is the package itself, `__main__` the door to the command line.
# Neighbours (hosts, catalog, analysis, store) have no door to each other.
DOORS: dict[str, set[str]] = {
    "": set(),
    "core": set(),
    "agent": {"core"},
    "hosts": {"core", "agent"},
    "catalog": {"core"},
    "analysis": {"core"},
    "store": {"core"},
    "demo": {"core"},
    "app": {"core", "agent", "hosts", "catalog", "analysis", "store"},
    "ui": {"core", "agent", "hosts", "catalog", "analysis", "store", "app"},
    "cli": {"core", "agent", "hosts", "catalog", "analysis", "store", "app", "ui", "demo"},
    "__main__": {"core", "cli"},
}
# Rooms that are imported inside a function only: the command line works without Qt until a window opens.
LATE_DOORS = {"cli": {"ui"}}

# What each part of the window may import of the others; a feature has its own folder besides. Only the list of features
# knows which there are, and only the first frame, the roof and the window know the list.
UI_DOORS: dict[str, set[str]] = {
    "kit": {"kit"},
    "selection": set(),
    "history": set(),
    "parts": {"kit", "parts", "selection", "panel", "verbs"},
    "panel": {"kit", "selection", "verbs"},
    "shell": {"kit", "history", "shell"},
    "context": {"kit", "selection", "history", "shell"},
    "verbs": {"kit", "context"},
    "feature": {"kit", "context", "first_frame"},
    "first_frame": {"kit", "selection", "shell", "feature", "features/all"},
    "features": {"kit", "parts", "selection", "history", "panel", "context", "verbs", "feature", "first_frame"},
    "features/all": {"feature", "features"},
    "roof": {"kit", "panel", "shell", "context", "verbs", "feature", "features/all"},
    "pose": {"context"},
    "application": set(),
    "loop": set(),
    "window": {"kit", "context", "feature", "features/all", "first_frame", "roof", "pose"},
    "opening": {"kit", "application", "loop", "first_frame", "window"},
}
# The kit knows widgets, not events: of the other rooms it may use nothing but these.
KIT_MAY_USE = {"inspector.app.text", "inspector.app.resources"}

# Packages of others (and the one of the standard library that is SQL), and who may import them.
PACKAGES: dict[str, set[str]] = {
    "PySide6": {"ui"},
    "qasync": {"ui/loop.py"},
    "pyqtgraph": {"ui"},
    "numpy": {"analysis", "app", "ui"},
    "sqlalchemy": {"store", "demo"},
    "sqlite3": {"store"},
    "platformdirs": {"app"},
    # What stood behind our own file of that name; and the number of a subinterpreter.
    "sitecustomize": {"agent/run/front/sitecustomize.py"},
    "_interpreters": {"agent/run/start.py"},
    "_xxsubinterpreters": {"agent/run/start.py"},
}
# Models know Qt, but no widgets and no painting.
MODELS_QT = {"QtCore"}
MODELS = {"ui/selection.py", "ui/kit/rows.py"}
TYPES_ONLY = {("core", "sqlalchemy")}
# Rooms that are loaded in the user's process, under a private name and on Python 3.11.
GUEST_ROOMS = {"core", "agent"}

# Calls that stand in named modules only, each with the reason.
TASK_OWNERS = {
    "app/tasks.py": "the one owner of the window's tasks: names them, keeps them, reports their failure",
    "core/bus/publication.py": "a task for each handler; the publication waits for it",
    "agent/server.py": "a task for each fire, on the loop of the bus; it keeps it and tells its failure",
    "agent/run/wayin.py": "a task for each fire, on the loop of the program; it keeps it and tells its failure",
    "agent/adapters/deadline.py": "a publish with a deadline; it waits for it, and takes its failure",
    "core/ending.py": "a task that is awaited to its end, whatever happens to who awaits it",
}
# The helpers here make every label, question and tooltip plain text.
TOOLTIP_HELPER = "plain_tooltip"
LABEL_MAKERS = {"ui/kit/text.py"}
# Only the program loader of the agent imports the user's code, and what a program starts with starts the agent.
USER_CODE_LOADERS = {"agent/process/loader.py", "agent/run/front/sitecustomize.py"}

# Questions with one answer: the names that answer them, who may use those, and whom everybody else asks.
ONE_ANSWER: dict[str, tuple[set[str], str]] = {
    **dict.fromkeys(
        ("__file__", "sysconfig", "stdlib_module_names", "site-packages", "dist-packages"),
        (
            {
                "core/own_code.py",
                "agent/process/bootstrap.py",  # finds our package before anything of ours can be imported
                "agent/run/front/sitecustomize.py",  # as that
                "agent/run/start.py",  # asked in every process, before anything that costs time is imported
                "agent/process/trouble.py",  # a KeyError out of os itself is a setting that is missing
            },
            "core/own_code.py tells whose code it is",
        ),
    ),
    **dict.fromkeys(
        ("__wrapped__", "__func__", "__self__", "inspect.unwrap", "isinstance(partial)"),
        (
            {"core/bus/identity.py", "agent/handlers.py"},
            "core/bus/identity.py takes callables apart; ask agent/handlers.py which function runs",
        ),
    ),
}
#: Those of them that count in a text too: as part of a path, or for getattr.
ANSWERING_TEXTS = {"site-packages", "dist-packages", "__wrapped__", "__func__", "__self__"}
ANSWERING_ROOMS = {"core", "agent", "hosts"}

TASK_CALLS = {"create_task", "ensure_future"}
RICH_TEXT_CALLS = {"setHtml", "setMarkdown", "insertHtml", "toHtml"}
GUESSING_WIDGETS = {"QLabel", "QMessageBox"}
RICH_TEXT_WIDGETS = {"QTextBrowser", "QTextEdit"}
NESTED_LOOPS = {"exec", "exec_"}
COPIES = {"copy", "copy2", "copyfile", "copyfileobj", "copytree", "move"}
# Names of the standard library that Python 3.11 does not have.
NEWER_THAN_3_11 = {
    "asyncio": {"QueueShutDown", "create_eager_task_factory", "eager_task_factory"},
    "builtins": {"PythonFinalizationError"},
    "collections.abc": {"Buffer"},
    "copy": {"replace"},
    "inspect": {"BufferFlags", "getasyncgenlocals", "getasyncgenstate", "markcoroutinefunction"},
    "itertools": {"batched"},
    "os": {"process_cpu_count", "listdrives", "unshare"},
    "queue": {"ShutDown"},
    "types": {"CapsuleType", "get_original_bases"},
    "typing": {"NoDefault", "ReadOnly", "TypeAliasType", "TypeIs", "get_protocol_members", "is_protocol", "override"},
    "warnings": {"deprecated"},
}


@dataclass(frozen=True)
class _Import:
    line: int
    module: str  # absolute, dotted
    names: tuple[str, ...]
    relative: bool
    late: bool
    types_only: bool


def room_of(path: str) -> str:
    """The room of a module, from its path below `inspector/`."""
    parts = PurePosixPath(path).parts
    if len(parts) > 1:
        return parts[0]
    return "" if parts[0] == "__init__.py" else PurePosixPath(path).stem


def violations(path: str, source: str) -> list[str]:
    """What a module does that its room forbids, as `path:line: sentence`.

    Args:
        path: Below `inspector/`, with forward slashes.
        source: Its text.
    """
    tree = ast.parse(source)
    found = [
        *_import_violations(path, tree),
        *_call_violations(path, tree),
        *_except_violations(tree),
        *_wiring_violations(path, tree),
    ]
    if room_of(path) in ANSWERING_ROOMS:
        found += _answer_violations(path, tree)
    if room_of(path) in GUEST_ROOMS:
        found += _python_violations(source, tree)
    return [f"inspector/{path}:{line}: {sentence}" for line, sentence in sorted(found)]


# --- imports --------------------------------------------------------------------------------------


def licences(path: str, source: str) -> set[tuple[str, str]]:
    """Return which licences of ``PACKAGES`` a module uses, as package and room (or module)."""
    tops = {item.module.partition(".")[0] for item in _imports(path, ast.parse(source)) if not item.relative}
    return {(top, place) for top in tops for place in PACKAGES.get(top, set()) & {room_of(path), path}}


def _imports(path: str, tree: ast.Module) -> Iterator[_Import]:
    package = ["inspector", *PurePosixPath(path).parts[:-1]]

    def walk(node: ast.AST, late: bool, types_only: bool) -> Iterator[_Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield _Import(child.lineno, alias.name, (), False, late, types_only)
            elif isinstance(child, ast.ImportFrom):
                base = package[: len(package) + 1 - child.level] if child.level else []
                module = ".".join([*base, *([child.module] if child.module else [])])
                names = tuple(alias.name for alias in child.names)
                yield _Import(child.lineno, module, names, child.level > 0, late, types_only)
            inner_late = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if isinstance(child, ast.If) and _is_type_checking(child.test):
                for statement in child.body:
                    yield from walk(ast.Module([statement], []), inner_late, True)
                for statement in child.orelse:
                    yield from walk(ast.Module([statement], []), inner_late, types_only)
            else:
                yield from walk(child, inner_late, types_only)

    return walk(tree, False, False)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _import_violations(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    room = room_of(path)
    if room not in DOORS:
        yield 1, f"the room {room!r} is not known"
        return
    for item in _imports(path, tree):
        top = item.module.partition(".")[0]
        if top == "inspector":
            yield from _door_violations(room, item)
            if room == "ui":
                yield from _ui_violations(path, item)
        elif item.relative:
            yield item.line, "a relative import leaves the package"
        else:
            yield from _package_violations(path, room, top, item)


def _is_model(path: str) -> bool:
    return path in MODELS or PurePosixPath(path).stem.endswith("model")


def _door_violations(room: str, item: _Import) -> Iterator[tuple[int, str]]:
    parts = item.module.split(".")
    targets = {parts[1]} if len(parts) > 1 else set(item.names) & set(DOORS)
    for target in sorted(targets - {room}):
        if target not in DOORS[room]:
            yield item.line, f"{room or 'the package'} has no door to {target}"
        elif target in LATE_DOORS.get(room, set()) and not (item.late or item.types_only):
            yield item.line, f"{room} imports {target} inside a function only"
    if room in GUEST_ROOMS and not item.relative:
        yield item.line, f"{room} is loaded under another name: import it relatively"


def _ui_part(parts: list[str]) -> str:
    """The part of the window that a module below `inspector/ui` belongs to; an own feature is `features/<name>`."""
    if parts[:1] != ["features"]:
        return parts[0] if parts else ""
    return "/".join(parts[:2])


def _ui_violations(path: str, item: _Import) -> Iterator[tuple[int, str]]:
    here = _ui_part(list(PurePosixPath(path).with_suffix("").parts[1:]))
    if not item.module.startswith("inspector.ui"):
        if here == "kit" and item.module not in KIT_MAY_USE:
            yield item.line, f"the kit knows widgets only, not {item.module}"
        return
    target = _ui_part(item.module.split(".")[2:])
    doors = UI_DOORS.get(here) or UI_DOORS.get(here.partition("/")[0])
    if doors is None:
        yield item.line, f"the part {here!r} of the window is not known"
    elif target.startswith("features/") and target not in (here, "features/all"):
        if "features" not in doors:
            yield item.line, f"{here or 'ui'} does not know the feature {target.partition('/')[2]}: use the context"
    elif target != here and target not in doors:
        yield item.line, f"{here} has no door to {target or 'ui'}"


def _wiring_violations(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A public attribute that holds a callable is there to be poked in: order of assignment must not be the wiring."""
    if room_of(path) != "ui":
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Attribute):
            continue
        if "Callable" in ast.unparse(node.annotation) and not node.target.attr.startswith("_"):
            yield node.lineno, f"{node.target.attr}: a callable is given to the constructor, or is a signal"


def _package_violations(path: str, room: str, top: str, item: _Import) -> Iterator[tuple[int, str]]:
    allowed = PACKAGES.get(top)
    if allowed is None:
        if top not in sys.stdlib_module_names:
            yield item.line, f"{top} is neither ours nor a package that the rooms know"
    elif not {room, path} & allowed and not (item.types_only and (room, top) in TYPES_ONLY):
        yield item.line, f"{top} does not belong in {room or 'the package'}"
    elif top == "PySide6" and _is_model(path):
        submodules = {item.module.partition(".")[2].partition(".")[0]} - {""} or set(item.names)
        if not submodules or submodules - MODELS_QT:
            yield item.line, "models know QtCore only"


# --- calls ----------------------------------------------------------------------------------------


def _name(node: ast.expr) -> str:
    """The last part of a dotted name: `QLabel` of `QtWidgets.QLabel`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _call_violations(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                yield from _widget_violations(path, _name(base), node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "shutil" and not node.level:
            if {alias.name for alias in node.names} & COPIES:
                yield node.lineno, "shutil's copies drop the locks of a database that is open"
        elif isinstance(node, ast.Call):
            yield from _one_call_violations(path, node)


def _one_call_violations(path: str, call: ast.Call) -> Iterator[tuple[int, str]]:
    name = _name(call.func)
    yield from _widget_violations(path, name, call.lineno)
    if name in TASK_CALLS and path not in TASK_OWNERS:
        yield call.lineno, f"{name}: tasks are made by their owners only (app/tasks.py)"
    if name in RICH_TEXT_CALLS:
        yield call.lineno, f"{name}: text of payloads is never markup"
    if isinstance(call.func, ast.Attribute):
        if name in NESTED_LOOPS:
            yield call.lineno, f"{name}: a nested loop of Qt kills tasks; use open() and the signal finished"
        if name in COPIES and _name(call.func.value) == "shutil":
            yield call.lineno, f"shutil.{name} drops the locks of a database that is open"
    if name == "setToolTip" and not _is_safe_text(call.args):
        yield call.lineno, f"setToolTip: text that is not fixed goes through {TOOLTIP_HELPER}"
    if name == "showText" and not _is_safe_text(call.args[1:]):
        yield call.lineno, f"showText: text that is not fixed goes through {TOOLTIP_HELPER}"
    if name in {"import_module", "__import__"} and path not in USER_CODE_LOADERS:
        yield call.lineno, f"{name}: the user's code is imported by the agent's loader only"


def _is_safe_text(arguments: list[ast.expr]) -> bool:
    """Whether a tooltip cannot hold foreign markup: fixed text, or escaped by the one helper."""
    text = arguments[0] if arguments else None
    if isinstance(text, ast.IfExp):
        return _is_safe_text([text.body]) and _is_safe_text([text.orelse])
    if isinstance(text, ast.Call):
        return _name(text.func) == TOOLTIP_HELPER or (_name(text.func) == "tr" and _is_safe_text(text.args))
    return isinstance(text, ast.Constant)


def _widget_violations(path: str, name: str, line: int) -> Iterator[tuple[int, str]]:
    if name in RICH_TEXT_WIDGETS:
        yield line, f"{name} shows markup: use QPlainTextEdit"
    if name in GUESSING_WIDGETS and path not in LABEL_MAKERS:
        yield line, f"{name} guesses markup: use the helpers of ui/kit/text.py"


def _except_violations(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield node.lineno, "a bare except also takes KeyboardInterrupt"
            if all(
                isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
                for s in node.body
            ):
                yield node.lineno, "a silent except: say what is expected, or tell somebody"
        elif _is_broad_suppress(node):
            yield node.lineno, "suppress(Exception) hides every mistake"


def _is_broad_suppress(node: ast.AST) -> TypeGuard[ast.Call]:
    if not isinstance(node, ast.Call) or _name(node.func) != "suppress":
        return False
    return bool({_name(argument) for argument in node.args} & {"Exception", "BaseException"})


# --- one answer per question ----------------------------------------------------------------------


def _answer_violations(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        names: tuple[object, ...] = ()
        if isinstance(node, ast.Import):
            names = tuple(alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            names = (node.attr, f"{_name(node.value)}.{node.attr}")
        elif isinstance(node, ast.Name):
            names = (node.id,)
        elif isinstance(node, ast.Constant) and node.value in ANSWERING_TEXTS:
            names = (node.value,)
        elif isinstance(node, ast.Call) and _name(node.func) == "isinstance":
            kinds = {
                _name(kind) for argument in node.args[1:] for kind in ast.walk(argument) if isinstance(kind, ast.expr)
            }
            names = ("isinstance(partial)",) if "partial" in kinds else ()
        for name in names:
            modules, sentence = ONE_ANSWER.get(str(name), (set(), ""))
            if sentence and path not in modules and isinstance(node, ast.stmt | ast.expr):
                yield node.lineno, f"{name}: {sentence}"


# --- Python 3.11 ----------------------------------------------------------------------------------


def _python_violations(source: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    try:
        ast.parse(source, feature_version=(3, 11))
    except SyntaxError as error:
        yield error.lineno or 1, f"not Python 3.11: {error.msg}"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            for name in {alias.name for alias in node.names} & NEWER_THAN_3_11.get(node.module or "", set()):
                yield node.lineno, f"{node.module}.{name} is newer than Python 3.11"
        elif isinstance(node, ast.Attribute):
            if node.attr in NEWER_THAN_3_11.get(_name(node.value), set()):
                yield node.lineno, f"{_name(node.value)}.{node.attr} is newer than Python 3.11"
        elif isinstance(node, ast.Name) and node.id in NEWER_THAN_3_11["builtins"]:
            yield node.lineno, f"{node.id} is newer than Python 3.11"
