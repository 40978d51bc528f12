"""Why a program could not be loaded, as one sentence for people, with the traceback as data."""

from __future__ import annotations

import importlib.machinery
import linecache
import os
import re
import sys
from difflib import get_close_matches
from types import TracebackType
from typing import Any, Final

from ...core.description import Problem
from ...core.errors import InspectorError
from ...core.records.capture import Failure, Redact, capture_failure, failure_from_json

# Which setting was missing? Read from the exception with which a program gave up while it was being loaded.

#: Exceptions of settings libraries whose text names the variable first: decouple, environs, starlette, django-environ.
_TELLING: Final = frozenset({"UndefinedValueError", "EnvError", "EnvValidationError", "ImproperlyConfigured"})
_NAME: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[A-Z]{3,}[A-Z0-9]*\b")
_ABSENT: Final = re.compile(
    r"not set|unset|missing|not found|not defined|undefined|must be set|is required|required|must be provided|no value",
    re.IGNORECASE,
)
_ABOUT_SETTINGS: Final = re.compile(r"environment|env\b|variable|setting|config|\.env", re.IGNORECASE)
#: Words in capitals that are no variables.
_WORDS: Final = frozenset({"ENV", "NOT", "SET", "URL", "HTTP", "HTTPS", "JSON", "API", "SQL", "ERROR", "MUST", "TLS"})
_DEPTH: Final = 6
_FROM: Final = re.compile(r"\s*from\s+(\.*)([\w.]*)\s+import\s+(.*)")
#: How much of a source is searched (bytes).
_LARGEST_SOURCE: Final = 4 << 20
_LONGEST: Final = 4_000


def missing_settings(error: BaseException) -> tuple[str, ...]:
    """Return the environment variables whose absence the exception (or what led to it) is about; mostly there are none.

    Known are ``os.environ["NAME"]``, pydantic settings (1 and 2), the exceptions of decouple, environs and
    django-environ, starlette's ``Config``, and texts like ``DATABASE_URL is not set``.
    """
    current: BaseException | None = error
    for _ in range(_DEPTH):
        if current is None:
            break
        names = _from_environ(current) or _from_model(current)
        if names:
            return names
        current = current.__cause__ or current.__context__
    return _from_text(error)


def _from_environ(error: BaseException) -> tuple[str, ...]:
    """Return the variable that ``os.environ["NAME"]`` (a KeyError of ``os`` itself) or starlette's Config missed."""
    if not isinstance(error, KeyError) or len(error.args) != 1 or type(error.args[0]) is not str:
        return ()
    innermost = _innermost(error.__traceback__)
    if innermost is None:
        return ()
    file = innermost.tb_frame.f_code.co_filename
    if file in (os.__file__, "<frozen os>"):
        return (error.args[0],)
    starlette = re.match(r"Config '(\w+)' is missing", error.args[0])
    return (starlette[1],) if starlette else ()


def _innermost(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback


def _from_model(error: BaseException) -> tuple[str, ...]:
    """Return the variables that pydantic missed while a settings class was made."""
    if type(error).__name__ != "ValidationError":
        return ()
    model = getattr(error, "model", None) or _settings_class(error.__traceback__)
    if model is None or not any(base.__name__ == "BaseSettings" for base in getattr(model, "__mro__", ())):
        return ()
    missing = [entry for entry in error.errors() if str(entry.get("type")) in ("missing", "value_error.missing")]  # type: ignore[attr-defined]
    return tuple(_variable(model, str(entry["loc"][0])) for entry in missing if entry.get("loc"))


def _settings_class(traceback: TracebackType | None) -> type | None:
    while traceback is not None:
        variables = traceback.tb_frame.f_locals
        for name in ("__pydantic_self__", "self"):
            owner = type(variables.get(name))
            if any(base.__name__ == "BaseSettings" for base in owner.__mro__):
                return owner
        traceback = traceback.tb_next
    return None


def _variable(model: Any, field: str) -> str:
    """Return the name of the variable from which a settings class reads a field."""
    old = getattr(model, "__fields__", {}) if not hasattr(model, "model_config") else {}
    if field in old:  # pydantic 1 has worked the names out
        names = sorted(old[field].field_info.extra.get("env_names", ()))
        return str(names[0]).upper() if names else field.upper()
    config = getattr(model, "model_config", {})
    fields = getattr(model, "model_fields", {})
    prefix = str(config.get("env_prefix") or "") if field in fields else ""  # an alias stands without the prefix
    return (prefix + field).upper()


def _from_text(error: BaseException) -> tuple[str, ...]:
    try:
        text = str(error)[:_LONGEST]
    except BaseException:  # noqa: BLE001 - the text of a stranger's exception may do anything; there is none then
        return ()
    telling = type(error).__name__ in _TELLING
    if not telling and not (_ABSENT.search(text) and (_ABOUT_SETTINGS.search(text) or "_" in text)):
        return ()
    if isinstance(error, (ImportError, SyntaxError, NameError, AttributeError, TypeError)):
        return ()
    return tuple(dict.fromkeys(name for name in _NAME.findall(text) if name not in _WORDS))


class LoadTrouble(InspectorError):  # noqa: N818 - LoadError is what the hosts make of it
    """Something could not be loaded.

    Args:
        text: One sentence.
        hint: What to do.
        where: What was to be loaded: a module, or ``module:attribute``.
        kind: ``usage``, ``missing_module``, ``missing_attribute``, ``missing_setting``, ``syntax``, ``circular``,
            ``exit`` or ``error``.
        variables: The settings that are missing.
        failure: The exception as JSON text (see ``capture``), empty when there was none.
        line: File and line of the program where it happened.
        typed: What to type on the command line.
    """

    def __init__(
        self,
        text: str,
        hint: str = "",
        *,
        where: str,
        kind: str = "error",
        variables: tuple[str, ...] = (),
        failure: str = "",
        line: tuple[str, int] = ("", 0),
        typed: str = "",
    ) -> None:
        super().__init__(text, hint, typed=typed)
        self.where = where
        self.line = line
        self.kind = kind
        self.variables = variables
        self.failure = failure

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON types, for the wire."""
        return {
            "where": self.where,
            "text": self.text,
            "hint": self.hint,
            "typed": self.typed,
            "kind": self.kind,
            "variables": list(self.variables),
            "failure": self.failure,
        }

    def to_problem(self) -> Problem:
        """Return it as part of a catalog."""
        return Problem(self.where, self.text, self.hint, *self.line)


def explain(error: BaseException, what: str, redact: Redact | None = None, *, calling: bool = False) -> LoadTrouble:
    """Turn whatever a program raised while it was loaded into a sentence.

    Args:
        error: What it raised, ``SystemExit`` and the like included.
        what: What was loaded: a module, or ``module:attribute``.
        redact: Hides secrets.
        calling: It was called, not imported.
    """
    if isinstance(error, LoadTrouble):
        return error
    failure = capture_failure(error, redact)
    read = failure_from_json(failure)
    hide = redact or (lambda text, _name: text)
    if isinstance(error, InspectorError):
        hint = hide(error.hint, None)
        return LoadTrouble(hide(error.text, None), hint, where=what, failure=failure, typed=error.typed)
    doing = "calling" if calling else "importing"
    try:
        text, hint, kind, variables = _sentence(error, read, what, doing)
    except Exception as trouble:  # noqa: BLE001 - the attributes of a stranger's exception may be anything
        text, kind, variables = f"{read.type} while {doing} {what}.", "error", ()
        hint = f"The exception could not be read: {type(trouble).__name__}."
    line = _origin(read)
    if isinstance(error, SyntaxError) and type(error.filename) is str:
        line = (error.filename, error.lineno or 0)
    typed = _typed(kind, hint)
    text = hide(text, None)
    return LoadTrouble(text, hint, where=what, kind=kind, variables=variables, failure=failure, line=line, typed=typed)


def _typed(kind: str, hint: str) -> str:
    """Return the option that does what a hint says, empty when none does."""
    if kind == "missing_setting":
        return "--env FILE"
    if kind == "missing_module" and hint.endswith("change the working directory."):
        return "--cwd DIR"
    return "--python PATH" if kind == "missing_module" and hint.startswith("Install") else ""


_Sentence = tuple[str, str, str, tuple[str, ...]]


def _sentence(error: BaseException, read: Failure, what: str, doing: str) -> _Sentence:
    place = _place(read)
    variables = missing_settings(error)
    if variables:
        names = ", ".join(variables)
        subject = "variable" if len(variables) == 1 else "variables"
        return (
            f"Missing environment {subject}: {names}{place}.",
            "Set it, or add it to an environment file.",
            "missing_setting",
            variables,
        )
    if isinstance(error, ModuleNotFoundError) and type(error.name) is str:
        return _no_module(error.name, what, place)
    if isinstance(error, ImportError):
        return _no_import(read, what, place)
    if "null bytes" in read.message and isinstance(error, (SyntaxError, ValueError)):
        with_nul = _source_with_nul(error, what)
        if with_nul:
            return f"SyntaxError in {with_nul}: null byte in the source.", "", "syntax", ()
    if isinstance(error, SyntaxError) and type(error.filename) is not str:
        # Raised by hand, or by what compiles a text that is in no file.
        return f"{read.type} while {doing} {what}{place}: {_one_line(read.message)}.", "", "syntax", ()
    if isinstance(error, SyntaxError):
        where = f"{error.filename}:{error.lineno}" if error.lineno else f"{error.filename}"
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return f"{read.type} in {where}: {error.msg} (Python {version}).", "", "syntax", ()
    if isinstance(error, SystemExit):
        code = repr(read.message) if type(error.code) is str else read.message
        text = f"sys.exit({_one_line(code)}) called while {doing} {what}{place}."
        return text, 'Guard code that runs the program with `if __name__ == "__main__":`.', "exit", ()
    return _other(error, read, what, doing, place)


def _source_with_nul(error: BaseException, what: str) -> str:
    """Return file and line of the source with a null byte that could not be imported; Python does not say which."""
    names = [what.partition(":")[0]]
    traceback = error.__traceback__
    while traceback is not None:  # the statement that imports it, if it is not the module itself
        frame = traceback.tb_frame
        names += _imported(linecache.getline(frame.f_code.co_filename, traceback.tb_lineno), frame.f_globals)
        traceback = traceback.tb_next
    for name in reversed(names):
        file = _source_of(name)
        try:
            with open(file, "rb") as source:  # noqa: PTH123 - light imports
                before, nul, _ = source.read(_LARGEST_SOURCE).partition(b"\0")
        except (OSError, ValueError):
            continue
        if nul:
            return f"{file}:{before.count(bytes([10])) + 1}"
    return ""


def _imported(line: str, variables: dict[str, Any]) -> list[str]:
    """Return the modules that a line of source may import, as far as the line says."""
    match = _FROM.match(line)
    if match is None:
        return re.findall(r"[\w.]+", line) if line.lstrip().startswith("import ") else []
    dots, module, rest = match.groups()
    base = str(variables.get("__package__") or "").split(".")
    base = base[: len(base) - len(dots) + 1] if dots else []
    parent = ".".join([*base, *filter(None, [module])])
    return [parent, *(f"{parent}.{name}" for name in re.findall(r"\w+", rest))]


def _source_of(name: str) -> str:
    """Return the source of a module that is not loaded, empty when there is none; nothing is loaded for that."""
    parent, _, _ = name.rpartition(".")
    package = sys.modules.get(parent)
    if parent and package is None:
        return ""
    try:
        spec = importlib.machinery.PathFinder.find_spec(name, getattr(package, "__path__", None))
    except (ImportError, ValueError):
        return ""
    return spec.origin or "" if spec is not None else ""


def _other(error: BaseException, read: Failure, what: str, doing: str, place: str) -> _Sentence:
    if isinstance(error, EOFError):
        return f"EOFError while {doing} {what}{place}: standard input is empty.", "", "error", ()
    if isinstance(error, MemoryError):
        return f"MemoryError while {doing} {what}{place}.", "", "error", ()
    hint = ""
    if isinstance(error, RuntimeError) and "running event loop" in read.message and "cannot be called" in read.message:
        hint = "The factory runs in the inspector's event loop: make it `async` and await what it runs."
    message = f": {_one_line(read.message)}" if read.message else ""
    return f"{read.type} while {doing} {what}{place}{message}.", hint, "error", ()


def _no_module(name: str, what: str, place: str) -> _Sentence:
    if name in sys.modules and sys.modules[name] is None:  # importing it is forbidden so
        return f'{what} needs {name}, but sys.modules["{name}"] is None{place}.', "", "missing_module", ()
    module = what.partition(":")[0]
    if module == name or module.startswith(name + "."):
        near = get_close_matches(name, _importable(name), 1, 0.75)
        below = _folder_with(name)
        hint = (
            f"Found in {below}: change the working directory."
            if below
            else f"Did you mean {near[0]}?"
            if near
            else f"Modules are searched in {_folder()} first: change the working directory."
        )
        return f"No module named {name}.", hint, "missing_module", ()
    if os.path.exists(os.path.join(_folder(), name.partition(".")[0])):  # noqa: PTH110, PTH118 - light imports
        return f"No module named {name}, imported by {what}{place}.", "", "missing_module", ()
    hint = f"Install it ({sys.executable} -m pip install …), or choose another interpreter."
    return f"{what} needs {name}, which is not installed for {sys.executable}{place}.", hint, "missing_module", ()


def _folder() -> str:
    return sys.path[0] if sys.path else os.getcwd()  # noqa: PTH109 - light imports


def _folder_with(name: str) -> str:
    """Return the folder right below ours, ``src`` mostly, in which a module is; empty when there is none."""
    folder = _folder()
    try:
        inner = sorted(entry for entry in os.listdir(folder) if not entry.startswith("."))  # noqa: PTH208 - light imports
    except OSError:
        return ""
    join, exists = os.path.join, os.path.exists
    return next(
        (
            folder_name
            for folder_name in inner
            if exists(join(folder, folder_name, name)) or exists(join(folder, folder_name, f"{name}.py"))
        ),
        "",
    )


def _importable(name: str) -> list[str]:
    """Return the modules beside the one that is missing, for a better guess."""
    parent, _, _ = name.rpartition(".")
    package = sys.modules.get(parent)
    folders = list(getattr(package, "__path__", ())) if package is not None else sys.path[:1]
    prefix = f"{parent}." if parent else ""
    modules = []
    for folder in folders:
        try:
            entries = os.listdir(folder)  # noqa: PTH208 - light imports
        except OSError:  # not a folder: a zip, or gone
            entries = []
        modules += [
            prefix + entry.removesuffix(".py") for entry in entries if entry.endswith(".py") or "." not in entry
        ]
    return modules


def _no_import(read: Failure, what: str, place: str) -> _Sentence:
    if "partially initialized module" in read.message or "circular import" in read.message:
        files = list(dict.fromkeys(frame.file for frame in read.frames if frame.mine))
        names = " and ".join(os.path.basename(file) for file in files[-2:]) or what  # noqa: PTH119 - light imports
        return f"Circular import of {names}{place}: {_one_line(read.message)}.", "", "circular", ()
    return f"{read.type} while importing {what}{place}: {_one_line(read.message)}.", "", "missing_module", ()


def _place(read: Failure) -> str:
    file, line = _origin(read)
    return f" ({file}:{line})" if file else ""


def _origin(read: Failure) -> tuple[str, int]:
    """Return the innermost line of the program; compiled libraries have frames with relative paths."""
    for frame in reversed(read.frames):
        if frame.mine and os.path.isabs(frame.file):  # noqa: PTH117 - light imports
            return frame.file, frame.line
    return "", 0


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return (line if len(line) <= 300 else line[:300] + "…").rstrip(".")
