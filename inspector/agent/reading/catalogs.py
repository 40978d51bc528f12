"""Catalogs of the user's: registry lists, functions' results, packages to scan; read as what our own registry says."""

from __future__ import annotations

import enum
import inspect
import re
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ...core.bus.registry import HANDLER_KINDS
from ...core.description import Problem
from ...core.values import hints
from ...core.values.looking import attributes, class_has, is_a, is_routine, pretends, variables_of
from ...core.verbs import is_past
from .events import annotations_of, is_parametrised, make_of, single_copies, subclasses
from .sse import ListedSSE, is_sse_registry, listed_sse
from .targets import member_text

_CLASS: Final = ("event_class", "event_cls", "cls", "klass", "event", "event_type", "message_class", "type")
_CATEGORY: Final = ("category", "domain", "group", "area", "context", "bounded_context", "section")
_WORKFLOW: Final = ("workflow_name", "workflow", "flow", "process", "aggregate", "feature")
_PHASE: Final = ("phase", "stage", "step", "outcome", "status")
#: How many parts of annotations are looked at for one class.
_HINTS: Final = 10_000
#: Past forms that are the infinitive too, and seldom what a value is called.
_UNCHANGED: Final = frozenset({"cut", "hit", "put", "read", "run", "set", "split"})
_EVENT_BASE: Final = re.compile(r"(Event|Message|Command|Notification|Fact|Signal)(Base|Model)?$|^(Base|Domain)Event")
#: What descriptions of events are called, beside the events themselves.
_RECORD: Final = re.compile(r"(Metadata|Mapping|Entry|Registry)$")
_NO_CATEGORY: Final = {"events", "event", "messages", "commands", "domain", "models", "__init__", "__main__", "types"}


@dataclass(frozen=True)
class Entry:
    """What a catalog says of one event.

    Attributes:
        category: Its category; empty when nothing is said.
        workflow: Its workflow.
        phase: Its phase.
        requires: Kinds of handler that it asks for.
        audit_action: Name of the audit action.
    """

    category: str = ""
    workflow: str = ""
    phase: str = ""
    requires: tuple[str, ...] = ()
    audit_action: str = ""


@dataclass
class Catalog:
    """What was read.

    Attributes:
        entries: By event class, in the catalog's order.
        classes: Event classes that were found without an entry.
        categories: Categories in order, those without events too.
        sse: A registry of server-sent events, None when there is none.
        problems: What could not be read.
    """

    entries: dict[type[Any], Entry] = field(default_factory=dict)
    classes: list[type[Any]] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    sse: Any = None
    problems: list[Problem] = field(default_factory=list)

    def take_sse(self, value: Any, *, called_so: bool = False) -> bool:
        """Take a registry of server-sent events, or one of the lists of one; return whether it is either."""
        if is_sse_registry(value):
            self.sse = value
            return True
        listed = listed_sse(value, called_so=called_so)
        if listed is not None and (self.sse is None or is_a(self.sse, ListedSSE)):
            self.sse = listed if self.sse is None else self.sse.joined(listed)
        return listed is not None


def read_catalog(value: Any) -> Catalog:
    """Read a catalog: a registry, metadata or event classes in any iterable, modules to scan, or several of these."""
    catalog = Catalog()
    if value is not None:
        _read(value, catalog, "the catalog")
        if not catalog.entries and not catalog.classes and catalog.sse is None:
            text = f"No events found in the catalog ({_name(value)})."
            hint = "Name a list of entries with event_class, category, …, or a package with event classes."
            catalog.problems.append(Problem("catalog", text, hint))
    catalog.classes = [cls for cls in single_copies(catalog.classes) if cls not in catalog.entries]
    return catalog


def _read(value: Any, catalog: Catalog, where: str) -> None:
    if catalog.take_sse(value):
        return
    if is_a(value, types.ModuleType):
        _scan(value, catalog)
    elif is_a(value, type):
        catalog.classes += [value, *subclasses(value)] if not subclasses(value) else subclasses(value)
    elif is_routine(value):
        _read_result(value, catalog, where)
    elif issubclass(type(value), Mapping):
        for key, item in value.items():
            _read_item(item, catalog, f"{where}[{_name(key)}]", key if is_a(key, type) else None)
    elif issubclass(type(value), Iterable) and not is_a(value, (str, bytes)):
        for index, item in enumerate(_items(value, catalog, where)):
            _read_item(item, catalog, f"{where}[{index}]", None)
    elif issubclass(type(getattr(value, "events", None)), Iterable):
        _read(value.events, catalog, where)
    else:
        catalog.problems.append(Problem(where, f"A {type(value).__name__} is not a catalog."))


def _items(value: Iterable[Any], catalog: Catalog, where: str) -> list[Any]:
    try:
        return list(value)
    except Exception as error:  # noqa: BLE001 - a registry of somebody else's may do anything
        catalog.problems.append(Problem(where, f"Cannot read it: {type(error).__name__}: {error}"))
        return []


def _read_result(function: Any, catalog: Catalog, where: str) -> None:
    try:
        result = function()
    except Exception as error:  # noqa: BLE001 - the user's code
        text = f"{_name(function)} raised {type(error).__name__}: {error}"
        catalog.problems.append(Problem(where, text))
        return
    _read(result, catalog, _name(function))


def _read_item(item: Any, catalog: Catalog, where: str, key: type[Any] | None) -> None:
    if is_a(item, type) and key is None:
        catalog.classes.append(item)
        return
    if is_a(item, types.ModuleType) or (is_a(item, (list, tuple)) and not class_has(type(item), "_fields")):
        _read(item, catalog, where)
        return
    cls = key or _class_in(item)
    if cls is None:
        if is_sse_registry(item) or (
            not pretends(item) and issubclass(type(item), Iterable) and not is_a(item, (str, bytes, Mapping))
        ):
            _read(item, catalog, where)
        else:
            catalog.problems.append(Problem(where, f"Skipped a {type(item).__name__} without an event class."))
        return
    catalog.entries[cls] = _entry(item, catalog)


def _class_in(item: Any) -> type[Any] | None:
    for name in _CLASS:
        value = _get(item, name)
        if is_a(value, type):
            return value
    return None


def _entry(item: Any, catalog: Catalog) -> Entry:
    category = next((value for name in _CATEGORY if (value := _get(item, name)) is not None), "")
    categories = [_text(member) for member in type(category)] if is_a(category, enum.Enum) else [_text(category)]
    catalog.categories += [name for name in categories if name and name not in catalog.categories]
    requires = tuple(kind for kind, name in HANDLER_KINDS.items() if _get(item, name))
    return Entry(
        _text(category),
        _text(next((value for name in _WORKFLOW if (value := _get(item, name)) is not None), "")),
        _text(next((value for name in _PHASE if (value := _get(item, name)) is not None), "")),
        requires,
        _text(_get(item, "audit_action_name") or _get(item, "audit_action") or "") if "audit" in requires else "",
    )


def _get(item: Any, name: str) -> Any:
    """Read an entry; what has no such attribute by itself may be anything, and is not asked."""
    if issubclass(type(item), Mapping):
        return item.get(name)
    there = class_has(item if is_a(item, type) else type(item), name) or name in attributes(item)
    return getattr(item, name, None) if there else None


def _text(value: Any) -> str:
    """Return what an enum member stands for; plain strings stand for themselves."""
    return member_text(value) if is_a(value, enum.Enum) else str(value)


def _name(value: Any) -> str:
    if is_a(value, types.ModuleType):
        return str(variables_of(value).get("__name__"))
    named = is_routine(value) or is_a(value, type)
    return str((named and getattr(value, "__qualname__", None)) or type(value).__name__)


# --- packages -------------------------------------------------------------------------------------


def _scan(module: types.ModuleType, catalog: Catalog) -> None:
    """Find registry lists and event classes in a module; in a package, in its loaded modules too."""
    for value in tuple(variables_of(module).values()):
        if catalog.take_sse(value):
            continue
        if is_a(value, (list, tuple)) and value and all(_class_in(item) is not None for item in value):
            for item in value:
                catalog.entries.setdefault(_class_in(item) or object, _entry(item, catalog))
    catalog.classes += event_classes(module)
    if "__path__" in variables_of(module):
        for name, inner in sorted(sys.modules.items()):
            if name.startswith(f"{module.__name__}.") and is_a(inner, types.ModuleType):
                catalog.classes += [cls for cls in event_classes(inner) if cls not in catalog.classes]
                for value in tuple(variables_of(inner).values()):
                    catalog.take_sse(value)


def event_classes(module: types.ModuleType, bases: Iterable[type[Any]] = ()) -> list[type[Any]]:
    """Return the event classes that a module defines.

    Those below a class that is named like one (``Event``, ``Command`` …) or below one of ``bases``, and in a module
    named like events every class with fields that is not held by one of theirs. What registries are made of is none.
    """
    defined = [
        value
        for value in tuple(variables_of(module).values())
        if is_a(value, type) and value.__module__ == module.__name__ and not _is_no_event(value)
    ]
    eventful = any(part in ("events", "messages", "commands") for part in module.__name__.split("."))
    records = {id(cls) for cls in _record_classes(module)}
    values = {id(cls) for cls in (*_held_by(defined), *filter(_is_record, defined))} if eventful else set()
    classes = []
    for value in defined:
        named = any(_EVENT_BASE.search(base.__name__) for base in value.__mro__[1:-1])
        below = any(value is not base and issubclass(value, base) for base in bases)
        typed = make_of(value) != "plain" and id(value) not in values
        if (named or below or (eventful and typed)) and id(value) not in records and not _is_base(value):
            classes.append(value)
    return single_copies(classes)


def _record_classes(module: types.ModuleType) -> Iterator[type[Any]]:
    """Yield the classes of what stands in a module's registries: of entries, of types and mappings for clients."""
    for value in tuple(variables_of(module).values()):
        items = list(value.values()) if is_a(value, dict) else value
        if not is_a(items, (list, tuple)) or not items:
            continue
        if listed_sse(value) is not None or all(_class_in(item) is not None for item in items):
            yield from (type(item) for item in items if not is_a(item, type))


def _is_record(cls: type[Any]) -> bool:
    """Return whether a class is for entries of a registry: by its name, or by a field for a class."""
    if make_of(cls) == "plain" or is_called_like_event(cls):
        return False
    if _RECORD.search(cls.__name__):
        return True
    annotations = annotations_of(cls).values()
    bare = [hints.unwrap(hint) for hint in annotations]
    return any(hint is type or getattr(hint, "__origin__", None) is type for hint in bare)


def _held_by(classes: Iterable[type[Any]]) -> Iterator[type[Any]]:
    """Yield the classes in the fields of others that are not called like events: ``Money`` beside events is none."""
    for cls in classes:
        waiting = [*annotations_of(cls).values(), *_parameters_of(cls)] if make_of(cls) != "plain" else []
        visited: dict[int, Any] = {}  # kept alive meanwhile: an alias may hold itself, and be made anew when asked
        while waiting and len(visited) < _HINTS:
            hint = hints.unwrap(waiting.pop())
            if id(hint) in visited:
                continue
            visited[id(hint)] = hint
            if is_a(hint, type) and hint is not cls and not is_called_like_event(hint):
                yield hint
            waiting.extend(getattr(hint, "__args__", ()))


def _parameters_of(cls: type[Any]) -> Iterator[Any]:
    """Yield the parameters that a class fills in of the generics above it."""
    for base in cls.__mro__[:-1]:
        yield from vars(base).get("__orig_bases__", ())
        metadata = vars(base).get("__pydantic_generic_metadata__")
        yield from metadata.get("args", ()) if is_a(metadata, dict) else ()


def is_called_like_event(cls: type[Any]) -> bool:
    """Return whether a class is named for what happened: ``RefundFailed``, ``InvoiceSent``, ``OrderEvent``."""
    last = (re.findall(r"[A-Z]+[a-z]*|[a-z]+", re.sub(r"V?\d+$", "", cls.__name__)) or [""])[-1].lower()
    return is_past(last) or last in _UNCHANGED or bool(_EVENT_BASE.search(cls.__name__))


def _is_no_event(cls: type[Any]) -> bool:
    return (
        is_parametrised(cls)
        or issubclass(cls, (enum.Enum, BaseException, types.ModuleType))
        or inspect.getattr_static(cls, "_is_protocol", False) is True
    )


def _is_base(cls: type[Any]) -> bool:
    """Return whether a class is a base of events, not an event."""
    return bool(type.__subclasses__(cls)) and (
        inspect.isabstract(cls)
        or bool(_EVENT_BASE.search(cls.__name__))
        or cls.__name__.startswith("_")
        or (cls.__name__.startswith("Base") and not is_called_like_event(cls))
    )


def derived_category(key: str, cls: type[Any] | None) -> str:
    """Return a category for an event of which no catalog says one: the module's name, or the part before the dot."""
    if cls is None:
        head, dot, _ = key.partition(".")
        return head if dot else key.partition(":")[0] if ":" in key else ""
    parts = [part for part in cls.__module__.split(".") if part not in _NO_CATEGORY]
    return parts[-1] if parts else cls.__module__
