"""The loader: import strings into what they name. The one place where the user's code is imported."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ...core.bus.identity import without_arguments
from ...core.values.looking import is_a, is_routine, variables_of
from .trouble import LoadTrouble, explain

if TYPE_CHECKING:
    from ...core.records.capture import Redact

#: Told what is being loaded now: (``importing`` or ``calling``, name).
Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class NamedValue:
    """What an import string names.

    Attributes:
        where: The import string.
        value: The bus, factory, mapping, module …
    """

    where: str
    value: Any


@dataclass
class LoadedNames:
    """Everything that was found, nothing called yet.

    Attributes:
        targets: What ``--app`` names.
        catalog: What ``--catalog`` names; the modules of a package as a list.
        session: What ``--db-session`` names.
        problems: What could not be loaded; the rest works without it.
    """

    targets: list[NamedValue] = field(default_factory=list)
    catalog: list[NamedValue] = field(default_factory=list)
    session: NamedValue | None = None
    problems: list[LoadTrouble] = field(default_factory=list)


class Loader:
    """Imports what a project names.

    Args:
        progress: Called before each import and call, so that a hang can be named.
        redact: Hides secrets in what is told of exceptions.
    """

    def __init__(self, progress: Progress, redact: Redact | None = None) -> None:
        self._progress = progress
        self._redact = redact

    def load(self, app: Sequence[str], catalog: Sequence[str], session: str | None) -> LoadedNames:
        """Import everything that is named.

        Raises:
            LoadTrouble: Nothing of what ``app`` names could be loaded.
        """
        names = LoadedNames()
        for text in app:
            target = self._try(text, names.problems)
            if target is not None:
                names.targets.append(target)
        if not names.targets:
            raise names.problems[0]
        for text in catalog:
            names.catalog += self._scan(text, names.problems) if ":" not in text else self._tried(text, names.problems)
        if session:
            names.session = self._try(session, names.problems)
        return names

    def find(self, text: str) -> NamedValue:
        """Return what an import string names: ``module``, ``module:attribute`` or ``module:attribute.attribute``.

        Raises:
            LoadTrouble: It cannot be imported, or there is no such attribute.
        """
        module_name, _, path = text.partition(":")
        value: Any = self._import(module_name)
        said = module_name
        for name in path.split(".") if path else ():
            value = self._attribute(value, name, said)
            said += (":" if said == module_name else ".") + name
        return NamedValue(text, value)

    async def call(self, named: NamedValue) -> NamedValue:
        """Call a factory, and await what it gives; anything else is what it is.

        Functions, methods, partials and classes without required arguments are factories.

        Raises:
            LoadTrouble: It needs arguments, or raised.
        """
        if not is_factory(named.value):
            return named
        self._progress("calling", named.where)
        missing = required_arguments(named.value)
        if missing and "registry" in getattr(named.value, "__dict__", ()):
            raise LoadTrouble(
                f"{named.where} is not a recognized bus: a function of functools.singledispatch.",
                "Name an object whose publish method calls it.",
                where=named.where,
                kind="usage",
            )
        if missing:
            raise LoadTrouble(
                f"Cannot call {named.where}: missing arguments {', '.join(missing)}.",
                "Name a function without required arguments, or the bus itself.",
                where=named.where,
                kind="usage",
            )
        try:
            value = named.value()
            if inspect.isawaitable(value):
                value = await value
        except BaseException as error:  # sys.exit too: it is the program's end, told in a sentence
            raise explain(error, named.where, self._redact, calling=True) from error
        return NamedValue(named.where, value)

    def _try(self, text: str, problems: list[LoadTrouble]) -> NamedValue | None:
        try:
            return self.find(text)
        except LoadTrouble as trouble:
            problems.append(trouble)
            return None

    def _tried(self, text: str, problems: list[LoadTrouble]) -> list[NamedValue]:
        named = self._try(text, problems)
        return [] if named is None else [named]

    def _scan(self, name: str, problems: list[LoadTrouble]) -> list[NamedValue]:
        """Import a package and every module in it; those that cannot be are problems."""
        package = self._try(name, problems)
        if package is None:
            return []
        modules = [package]
        for entry in pkgutil.iter_modules(getattr(package.value, "__path__", ()), name + "."):
            if entry.name.rpartition(".")[2] == "__main__":
                continue
            if entry.ispkg:
                modules += self._scan(entry.name, problems)
            else:
                modules += self._tried(entry.name, problems)
        return modules

    def _import(self, name: str) -> ModuleType:
        self._progress("importing", name)
        try:
            return importlib.import_module(name)
        except BaseException as error:  # sys.exit, KeyboardInterrupt: a module may raise anything
            raise explain(error, name, self._redact) from error

    def _attribute(self, owner: Any, name: str, said: str) -> Any:
        try:
            return getattr(owner, name)
        except AttributeError as error:
            if type(owner) is ModuleType and "__path__" in variables_of(owner):
                submodule = f"{owner.__name__}.{name}"
                if any(entry.name == name for entry in pkgutil.iter_modules(owner.__path__)):
                    return self._import(submodule)
            kind = "module" if isinstance(owner, ModuleType) else "object"
            near = get_close_matches(name, [other for other in _names(owner) if other != name], 1)
            hint = f"Did you mean {near[0]}?" if near else ""
            raise LoadTrouble(
                f"No attribute {name} in {kind} {said}.",
                hint,
                where=f"{said}:{name}",
                kind="missing_attribute",
                failure=explain(error, said, self._redact).failure,
            ) from error
        except BaseException as error:  # a module's __getattr__ and a descriptor are the user's code
            raise explain(error, f"{said}:{name}", self._redact) from error


def is_factory(value: Any) -> bool:
    """Return whether a value is there to be called for the bus, rather than a bus that happens to be callable."""
    value = without_arguments(value)
    return is_a(value, type) or is_routine(value) or type(value).__name__ == "_lru_cache_wrapper"


def required_arguments(value: Any) -> list[str]:
    """Return the names of the arguments without which a factory cannot be called."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # a builtin without a signature: calling it will tell
        return []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variable]


def _names(owner: Any) -> list[str]:
    try:
        return [name for name in dir(owner) if type(name) is str]
    except BaseException:  # noqa: BLE001 - a class may define __dir__; then there is no guess
        return []
