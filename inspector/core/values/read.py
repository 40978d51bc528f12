"""Tagged JSON read again: as typed values for programs, and as JSON for people."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from .dataerror import EventDataError
from .table import BY_TAG, MISFITS, Atom, UnmakeableError, atom_of

#: What readers of single tags raise for a text that is no snapshot.
_UNREADABLE: Final = (*MISFITS, AttributeError)


@dataclass(frozen=True)
class EnumValue:
    """A member of an enum whose class is not at hand: ``type`` is ``module.Qual``."""

    type: str
    name: str | None
    value: Any = field(hash=False)


@dataclass(frozen=True)
class ObjectValue:
    """An instance of a class that is not at hand.

    Attributes:
        type: ``module.Qual``.
        fields: What it held, by name; empty for a subclass of a built-in type.
        value: What a subclass of a built-in type held; None for other classes.
    """

    type: str
    fields: dict[str, Any] = field(default_factory=dict, hash=False)
    value: Any = field(default=None, hash=False)


@dataclass(frozen=True)
class Truncated:
    """Something that was left out.

    Attributes:
        reason: ``text bytes int nodes size time depth cycle more changed``.
        shown: The beginning of a text or of bytes; where a cycle leads to; the type's name for the rest.
        total: Length of the whole, or how many elements are missing; 0 when unknown.
    """

    reason: str
    shown: str | bytes = ""
    total: int = 0


def decode(text: str) -> Any:
    """Return the typed values of a snapshot.

    Classes are not looked up: an enum member is an ``EnumValue``, an instance an ``ObjectValue``, what was left out
    a ``Truncated``.

    Raises:
        EventDataError: The text is no snapshot.
    """
    try:
        return _decode(json.loads(text))
    except _UNREADABLE as error:
        raise EventDataError(f"is not a payload snapshot ({type(error).__name__})", subject="The text") from error


def _decode(data: Any) -> Any:
    if type(data) is list:
        return [_decode(item) for item in data]
    if type(data) is not dict:
        return data
    tag = next(iter(data), "")
    if tag.startswith("$"):
        atom = BY_TAG.get(tag)
        if atom is not None:
            return _atom(atom, data)
        read = _TAGS.get(tag)
        if read is not None:
            return read(data)
    values = {key: _decode(value) for key, value in data.items() if key != "$more"}
    if "$more" in data:
        values["$more"] = _more(data)
    return values


def _atom(atom: Atom, data: dict[str, Any]) -> Any:
    try:
        return atom.read_back(data)
    except UnmakeableError as error:
        return ObjectValue(error.type_name, error.held)


def _dict(data: dict[str, Any]) -> dict[Any, Any]:
    pairs = [(_decode(key), _decode(value)) for key, value in data["$dict"]]
    try:
        return dict(pairs)
    except TypeError:  # a key of the user's own making, whose stand-in is a list
        return {str(key): value for key, value in pairs}


def _set(data: dict[str, Any]) -> Any:
    kind = frozenset if "$frozenset" in data else set
    items = [_decode(item) for item in next(iter(data.values()))]
    try:
        return kind(items)
    except TypeError:
        return items


def _object(data: dict[str, Any]) -> ObjectValue:
    fields = _decode(data.get("fields", {}))
    return ObjectValue(data["$type"], fields, _decode(data.get("value")))


def _cut(data: dict[str, Any]) -> Truncated:
    if "bytes" in data:
        return Truncated(data["$cut"], base64.b64decode(data["bytes"]), data["length"])
    total = data.get("length", data.get("bits", 0))
    return Truncated(data["$cut"], data.get("text", data.get("type", "")), total)


def _more(data: dict[str, Any]) -> Truncated:
    return Truncated("more", "", data["$more"])


_TAGS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "$tuple": lambda data: tuple(_decode(data["$tuple"])),
    "$set": _set,
    "$frozenset": _set,
    "$dict": _dict,
    "$enum": lambda data: EnumValue(data["$enum"], data["name"], _decode(data["value"])),
    "$type": _object,
    "$cycle": lambda data: Truncated("cycle", data["$cycle"]),
    "$cut": _cut,
    "$more": _more,
}


def plain(text: str) -> Any:
    """Return a snapshot as JSON types for people: enum members by name, atoms as the table shows them.

    Raises:
        EventDataError: The text is no snapshot.
    """
    return _plain(decode(text))


def plain_part(data: Any) -> Any:
    """Return a part of a snapshot, as ``json.loads`` gives it, as JSON types for people.

    Raises:
        EventDataError: It is no part of a snapshot.
    """
    try:
        return _plain(_decode(data))
    except _UNREADABLE as error:
        raise EventDataError(f"is not part of a payload ({type(error).__name__})", subject="The value") from error


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, dict):
        return {_plain_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, EnumValue):
        return value.name if value.name is not None else _plain(value.value)
    if isinstance(value, ObjectValue):
        held = {"value": _plain(value.value)} if value.value is not None else _plain(value.fields)
        return {"(type)": value.type, **held}
    if isinstance(value, Truncated):
        return _cut_text(value)
    atom = atom_of(type(value))
    return str(value) if atom is None else atom.shown(value)


def _plain_key(key: Any) -> str:
    text = _plain(key)
    return text if isinstance(text, str) else json.dumps(text)


def _cut_text(cut: Truncated) -> str:
    if cut.reason == "more":
        return f"… {cut.total} more" if cut.total else "… more"
    if cut.reason == "cycle":
        return f"<cycle to {cut.shown!s}>"
    if cut.reason in ("text", "bytes"):
        return f"{cut.shown!s}… <{cut.reason} of {cut.total} cut>"
    if cut.reason == "int":
        return f"<int of {cut.total} bits cut>"
    return f"<{cut.shown!s} cut: {cut.reason}>"
