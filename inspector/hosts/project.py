"""A project: what of somebody's program is loaded, with which interpreter and settings."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import UsageError, alternatives
from inspector.hosts import interpreters

if TYPE_CHECKING:
    from inspector.hosts.interpreters import Interpreter


# Files of settings: ``NAME=value`` lines, as people keep them beside a project.

_LINE: Final = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.]*)[ \t]*=[ \t]*
        (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<bare>[^\n]*?))
        [ \t]*(?:(?<=[ \t"'])\#[^\n]*|(?<==)\#[^\n]*)?$""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}


def read_env_file(path: Path) -> dict[str, str]:
    """Read a file of settings: quotes, ``export``, comments and values over several lines in quotes; no references.

    Raises:
        UsageError: The file cannot be read, or a line is none of that.
    """
    try:
        text = path.read_text("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(
            f"Cannot read {path}: {reason}.", "Choose another environment file.", typed="--env FILE"
        ) from error
    variables: dict[str, str] = {}
    position = 0
    for match in _LINE.finditer(text):
        _check_between(text, position, match.start(), path)
        variables[match["name"]] = _value(match)
        position = match.end()
    _check_between(text, position, len(text), path)
    return variables


def _value(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), match["double"], flags=re.DOTALL)
    return match["single"] if match["single"] is not None else match["bare"]


def _check_between(text: str, start: int, end: int, path: Path) -> None:
    """Allow blank lines and comments between settings."""
    for offset, line in enumerate(text[start:end].split("\n")):
        if line.strip() and not line.lstrip().startswith("#"):
            number = text.count("\n", 0, start) + offset + 1
            raise UsageError(f"{path}:{number} is not a NAME=value line.", "Fix or remove it.")


#: Seconds that loading may take.
LOAD_TIMEOUT: Final = 10.0
#: Keys of ``[tool.inspector]``.
KEYS: Final = (
    *("app", "catalog", "db-session", "python", "env", "cwd", "name", "load-timeout"),
    *("handlers", "publish", "adapter", "bus"),
)
#: Those that say how the buses are read: nothing is loaded for them.
_READING: Final = ("handlers", "publish", "adapter", "bus")
#: What holds a key, where it is called otherwise.
_FIELDS: Final = {"db-session": "db_session", "env": "env_file", "load-timeout": "load_timeout"}
_DOTTED: Final = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_IMPORT: Final = re.compile(rf"^{_DOTTED}(?::{_DOTTED})?$")


@dataclass(frozen=True)
class Project:
    """What is loaded. Paths are absolute.

    Attributes:
        app: Import strings ``MODULE`` or ``MODULE:ATTR[.attr]``: buses, factories, handler dicts, modules.
        catalog: The same for registries, or packages to scan; may be empty.
        db_session: Import string of what gives a database session.
        python: The interpreter as it was named; None chooses the project's own.
        env_file: File of settings.
        cwd: Where the program runs; first on its path.
        name: What people call it.
        source: The ``pyproject.toml`` it was read from, None when it was given by hand.
        settings: Further settings, from the form; they hold before the file's, and those before the environment's.
        load_timeout: Seconds that loading may take.
        memory: Bytes of address space that it may take; None sets no limit.
        handlers: Attributes that hold the handlers, where finding them by structure fails.
        publish: Name of the method that publishes, likewise.
        adapter: Name of the adapter that reads the buses, likewise.
        bus: ``[tool.inspector.bus]`` as it was read, one table or several: how the buses are read. What of it cannot be
            used is told by who reads them.
        unused: What the ``pyproject.toml`` around a project that was named by hand says in vain, as a sentence; empty
            when that is nothing.
    """

    app: tuple[str, ...]
    catalog: tuple[str, ...] = ()
    db_session: str | None = None
    python: str | None = None
    env_file: Path | None = None
    cwd: Path = field(default_factory=Path.cwd)
    name: str = ""
    source: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    load_timeout: float = LOAD_TIMEOUT
    memory: int | None = None
    handlers: tuple[str, ...] = ()
    publish: str = ""
    adapter: str = ""
    bus: Any = None
    unused: str = ""

    def __post_init__(self) -> None:
        named = {"app": self.app, "catalog": self.catalog, "database session": (self.db_session,)}
        for what, texts in named.items():
            for text in texts:
                if text is not None:
                    _check_import(what, text)
        if not self.app:
            raise UsageError(
                "No app to load.",
                "Use MODULE:ATTR, for example shop.wiring:get_bus.",
                typed="--app MODULE:ATTR",
            )
        if not self.cwd.is_dir():
            raise UsageError(f"No folder {self.cwd}.", "Choose another one.", typed="--cwd DIR")
        if not self.load_timeout > 0:
            text = f"Invalid load timeout: {self.load_timeout} seconds."
            raise UsageError(text, "Use more than 0.", typed="--load-timeout SECONDS")
        if not self.name:
            object.__setattr__(self, "name", self.app[0].partition(":")[0].partition(".")[0])

    @classmethod
    def from_options(
        cls,
        app: str | Sequence[str],
        *,
        catalog: str | Sequence[str] = (),
        db_session: str | None = None,
        python: str | None = None,
        env: str | Path | None = None,
        cwd: str | Path | None = None,
        name: str = "",
        load_timeout: float = LOAD_TIMEOUT,
        handlers: str | Sequence[str] = (),
        publish: str = "",
        adapter: str = "",
    ) -> Project:
        """Make a project of command-line options. Several apps or catalogs: a list, or one text with commas.

        Relative paths are relative to the current folder.

        Raises:
            UsageError: An option is wrong.
        """
        folder = Path(os.path.abspath(Path(cwd).expanduser() if cwd else Path.cwd()))  # noqa: PTH100 - keep links
        return cls(
            app=_several(app),
            catalog=_several(catalog),
            db_session=db_session or None,
            python=_here(python) if python else None,
            env_file=_beside(Path.cwd(), env),
            cwd=folder,
            name=name,
            load_timeout=load_timeout,
            handlers=_several(handlers),
            publish=publish,
            adapter=adapter,
        )

    @classmethod
    def from_folder(cls, folder: Path) -> Project | None:
        """Read ``[tool.inspector]`` of the nearest ``pyproject.toml`` at or above the folder; None without one.

        Raises:
            UsageError: The file or the table is wrong.
        """
        start = Path(os.path.abspath(folder))  # noqa: PTH100 - keep links
        for place in (start, *start.parents):
            file = place / "pyproject.toml"
            if file.is_file():
                table = _table(file)
                return None if table is None else cls._from_table(file, table)
        return None

    @classmethod
    def _from_table(cls, file: Path, table: Mapping[str, Any]) -> Project:
        table = {key: value for key, value in table.items() if key != "check"}  # that one is for the findings
        for key, value in table.items():
            if key.replace("_", "-") not in KEYS:
                raise UsageError(f"{file}: unknown key {key} in [tool.inspector].", f"Use {alternatives(KEYS)}.")
            if key == "bus":
                continue
            good = isinstance(value, str) or (key in ("app", "catalog", "handlers") and _is_texts(value))
            if not good and not (key.replace("_", "-") == "load-timeout" and type(value) in (int, float)):
                raise UsageError(f"{file}: {key} in [tool.inspector] must be a string.")
        options = {key.replace("_", "-"): value for key, value in table.items()}
        folder = file.parent
        if "app" not in options:
            raise UsageError(f"{file}: no app in [tool.inspector].", 'Add app = "MODULE:ATTR".')
        return cls(
            app=_several(options["app"]),
            catalog=_several(options.get("catalog", ())),
            db_session=options.get("db-session"),
            python=options.get("python"),
            env_file=_beside(folder, options.get("env")),
            cwd=_beside(folder, options.get("cwd")) or folder,
            name=options.get("name", ""),
            source=file,
            load_timeout=float(options.get("load-timeout", LOAD_TIMEOUT)),
            handlers=_several(options.get("handlers", ())),
            publish=options.get("publish", ""),
            adapter=options.get("adapter", ""),
            bus=json.loads(json.dumps(options.get("bus"), default=str)),  # TOML has times, and messages have none
        )

    def beside_file(self) -> Project:
        """Return a project that was named by hand with how its buses are read, as the file around it says.

        The file's other keys, and those of a file for another program, are not used: what is loaded was named.
        """
        try:
            around = self.from_folder(self.cwd)
        except UsageError as error:
            return replace(self, unused=f"[tool.inspector] is not used. {error.text}")
        if around is None or around.source is None:
            return self
        fits = not set(self.app).isdisjoint(around.app)
        taken = {key: getattr(around, key) for key in _READING} if fits else {}
        said = {key.replace("_", "-") for key in _table(around.source) or ()} - {"app", "name", "check"}
        named = {"catalog": self.catalog, "db-session": self.db_session, "python": self.python, "env": self.env_file}
        same = {key for key in said if getattr(self, _FIELDS.get(key, key)) == getattr(around, _FIELDS.get(key, key))}
        left = [key for key in KEYS if key in said.difference(taken, same) and not named.get(key)]
        why = "with --app" if fits else f"with --app {', '.join(self.app)}, only for {', '.join(around.app)}"
        unused = f"Not used {why}: {', '.join(left)} of [tool.inspector] in {around.source}." if left else ""
        return replace(self, **taken, unused=unused)

    @property
    def for_loading(self) -> list[str]:
        """What its file says of how it is loaded, by the names of the keys: nothing to who does not load it."""
        values = {
            "python": self.python,
            "env": self.env_file,
            "cwd": self.source is not None and self.cwd != self.source.parent,
            "load-timeout": self.load_timeout != LOAD_TIMEOUT,
        }
        return [key for key, value in values.items() if value]

    def with_settings(self, settings: Mapping[str, str]) -> Project:
        """Return the project with further settings, as from the form for missing ones."""
        return replace(self, settings={**self.settings, **settings})

    def interpreter(self) -> Interpreter:
        """Choose the interpreter.

        Raises:
            UsageError: The one that was named does not exist.
        """
        if self.python is not None:
            return interpreters.choose(self.python, self.source.parent if self.source is not None else self.cwd)
        for folder in self._folders():
            chosen = interpreters.choose(None, folder)
            if chosen.source != "inspector":
                break
        return chosen

    def misfit(self, python: str, version: str) -> str:
        """Return in a sentence that an interpreter is none that the project is meant for; empty when it is.

        Args:
            python: The interpreter.
            version: Its version, as in ``3.11.7``.
        """
        folder = self.source.parent if self.source is not None else self._folders()[-1]
        file = folder / "pyproject.toml"
        try:
            said = tomllib.loads(file.read_text("utf-8"))["project"]["requires-python"]
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, LookupError, TypeError):
            return ""  # it says nothing that can be read
        if not isinstance(said, str) or interpreters.fits(version, said):
            return ""
        return f"The project requires Python {said[:100]} ({file}), and {python} is Python {version}."

    def _folders(self) -> list[Path]:
        """Return where an environment may be: from where the program runs up to the project's own folder."""
        above = [self.cwd, *self.cwd.parents]
        for number, folder in enumerate(above):
            if (folder / "pyproject.toml").is_file() or folder == (self.source.parent if self.source else None):
                return above[: number + 1]
        return [self.cwd]

    def environment(self) -> dict[str, str]:
        """Return the whole environment of the program.

        Raises:
            UsageError: The file of settings cannot be read.
        """
        from_file = read_env_file(self.env_file) if self.env_file is not None else {}
        return {**os.environ, **from_file, **self.settings}

    def digest(self) -> str:
        """Return a digest of what would be loaded; consent is for exactly that, wherever it was written.

        The interpreter is not part of it: consent is given for the one that is chosen, however it was named.
        """
        entry = (self.app, self.catalog, self.db_session, self.env_file, self.cwd)
        text = json.dumps([os.path.realpath(part) if isinstance(part, Path) else part for part in entry])
        return hashlib.sha256(text.encode()).hexdigest()


def _table(file: Path) -> Mapping[str, Any] | None:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Cannot read {file}: {error}.") from error
    tool = content.get("tool", {})
    table = tool.get("inspector") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: tool.inspector must be a table.")
    return table


def _several(texts: str | Sequence[str]) -> tuple[str, ...]:
    parts = texts.split(",") if isinstance(texts, str) else texts
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _beside(folder: Path, path: str | Path | None) -> Path | None:
    return Path(os.path.abspath(folder / Path(path).expanduser())) if path else None  # noqa: PTH100 - keep links


def _here(python: str) -> str:
    """Return an interpreter that is named by a path as an absolute one; a mere name is looked for on PATH."""
    path = _beside(Path.cwd(), python)
    return str(path) if path is not None and path.exists() else python


def _check_import(what: str, text: str) -> None:
    if _IMPORT.match(text):
        return
    module, colon, attribute = text.partition(":")
    if module.endswith(".py") or "/" in module:
        dotted = module.removesuffix(".py").strip("./").replace("/", ".")
        raise UsageError(f"The {what} {text} is a file name.", f"Use the module: {dotted}{colon}{attribute}")
    raise UsageError(f"Invalid {what}: {text}.", "Use MODULE:ATTR, for example shop.wiring:get_bus.")
