"""Registries of server-sent events as programs keep them: one object, or a list of types and a list of mappings."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from ...core.own_code import own_modules
from ...core.values.looking import attributes, class_has, is_a

#: What mappings call the event's class, the type that it becomes, and the function that makes the payload.
_EVENT: Final = ("domain_event_class", "domain_event", "event_class", "event_cls", "event")
_TYPE: Final = ("sse_event_type", "sse_type", "sse_event", "sse_name", "sse")
_PAYLOAD: Final = ("payload_extractor", "payload", "extractor", "to_payload", "payload_factory")
#: What types call themselves and their fields.
_NAME: Final = ("event_type", "sse_event_type", "sse_type")
_FIELDS: Final = ("payload_fields",)
#: What holds them where nothing in it says so.
_SSE: Final = re.compile(r"(?<![A-Za-z])(SSE|[Ss]se)(?![a-z])|[Ss]erver_?[Ss]ent|SERVER_SENT")
#: An entry that says these is one of the registry of events, whatever it says besides.
_OF_REGISTRY: Final = ("category", "workflow", "workflow_name", "phase")


@dataclass(frozen=True)
class DeclaredType:
    """A type of server-sent event, as a list of them declares it; ``payload_fields`` is None where nothing is said."""

    event_type: Any
    category: Any = ""
    description: str = ""
    payload_fields: tuple[str, ...] | None = None


@dataclass(frozen=True)
class DeclaredMapping:
    """What becomes a server-sent event; ``payload_extractor`` is None where nothing makes the payload."""

    domain_event_class: type[Any]
    sse_event_type: Any
    payload_extractor: Any = None


class ListedSSE:
    """A registry of server-sent events that a program keeps as lists; has what ``SSERegistry`` has.

    Attributes:
        events: The types.
        mappings: What becomes one.
    """

    def __init__(self, events: Sequence[DeclaredType] = (), mappings: Sequence[DeclaredMapping] = ()) -> None:
        self.events = tuple(dict.fromkeys(events))
        self.mappings = tuple(dict.fromkeys(mappings))

    def get(self, event_type: Any) -> DeclaredType | None:
        """Return a type by its name or the member that has it as value, None when there is none."""
        return next((entry for entry in self.events if _text(entry.event_type) == _text(event_type)), None)

    def joined(self, other: ListedSSE) -> ListedSSE:
        """Return both together: the types may be one list and the mappings another."""
        return ListedSSE((*self.events, *other.events), (*self.mappings, *other.mappings))


def listed_sse(value: Any, *, called_so: bool = False) -> ListedSSE | None:
    """Return what a list (or dict) declares of server-sent events; None when it is about something else.

    Of a dict the keys count where it is called after them, as ``called_so`` says: no module need hold it then.
    """
    if not is_a(value, (list, tuple, dict)) or not value:
        return None
    items = list(value.values()) if is_a(value, dict) else list(value)
    if is_a(value, dict) and (called_so or _is_called_sse(value)):
        items = list(map(_said_by_key, value, items))
    mappings = [mapping for item in items if (mapping := _mapping(item)) is not None]
    if len(mappings) == len(items):
        return ListedSSE((), mappings)
    declared = [entry for item in items if (entry := _declared(item)) is not None]
    return ListedSSE(declared) if len(declared) == len(items) else None


def is_sse_registry(value: Any) -> bool:
    """Return whether an object has what a registry of server-sent events has."""
    if is_a(value, (type, types.ModuleType)) or not class_has(type(value), "get"):
        return False
    if not class_has(type(value), "mappings") and "mappings" not in attributes(value):
        return False  # nobody is asked for an attribute that may be made on demand
    mappings: Any = getattr(value, "mappings", None)
    declared: Any = getattr(value, "events", ())
    if not is_a(mappings, (tuple, list)) or not is_a(declared, (tuple, list)):
        return False
    return all(map(_is_mapping, mappings)) and all(hasattr(entry, "event_type") for entry in declared)


def _is_mapping(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("domain_event_class", "sse_event_type", "payload_extractor"))


def _mapping(item: Any) -> DeclaredMapping | None:
    event, name = _first(item, _EVENT), _first(item, _TYPE)
    if not is_a(event, type) or not _is_name(name) or _first(item, _OF_REGISTRY) is not None:
        return None
    payload = _first(item, _PAYLOAD)
    return DeclaredMapping(event, name, payload if callable(payload) else None)


def _is_called_sse(value: dict[Any, Any]) -> bool:
    """Return whether a module holds a dict under a name of server-sent events, or is itself called so."""
    return any(
        held is value and _SSE.search(f"{module.__name__.rpartition('.')[2]}.{name}")
        for module in own_modules()
        for name, held in tuple(vars(module).items())
    )


def _said_by_key(key: Any, item: Any) -> Any:
    """Return an entry of a dict with what its key says: the type, or the class of the event."""
    if issubclass(type(item), Mapping):
        held = dict(item)
    elif is_a(item, (tuple, list)) and not class_has(type(item), "_fields"):
        fields = bool(item) and not is_a(key, type) and all(is_a(part, str) for part in item)
        held = {_FIELDS[0]: item} if fields else {_key_of(part): part for part in item}
    elif is_a(item, type) or _is_name(item):
        held = {_key_of(item): item}
    else:
        held = dict(attributes(item))
    names = _EVENT if is_a(key, type) else (*_TYPE, *_NAME)
    if _first(held, names) is None:
        held.update({_EVENT[0]: key} if is_a(key, type) else {_TYPE[0]: key, _NAME[0]: key})
    return held


def _key_of(part: Any) -> str:
    return _EVENT[0] if is_a(part, type) else _TYPE[0] if _is_name(part) else _PAYLOAD[0]


def _declared(item: Any) -> DeclaredType | None:
    name, fields = _first(item, _NAME), _first(item, _FIELDS)
    if not _is_name(name) or is_a(fields, str) or not issubclass(type(fields), Iterable):
        return None
    names = [part for part in fields if is_a(part, str)]
    category, description = _first(item, ("category",)), _first(item, ("description",))
    return DeclaredType(name, "" if category is None else category, str(description or ""), tuple(names))


def _first(item: Any, names: tuple[str, ...]) -> Any:
    """Return the first of some attributes (or keys) that an item holds; none is made on demand for it."""
    if issubclass(type(item), Mapping):
        held: Mapping[str, Any] = item
    elif is_a(item, tuple):
        held = dict(zip(getattr(type(item), "_fields", ()), item))  # noqa: B905 - as long as each other
    else:
        held = attributes(item)
    return next((held[name] for name in names if name in held), None)


def _is_name(value: Any) -> bool:
    return is_a(value, (str, Enum)) and bool(value)


def _text(member: Any) -> str:
    return str(member.value) if is_a(member, Enum) else str(member)
