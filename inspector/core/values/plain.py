"""Typed values into JSON types: what ``to_dict`` and the records are made of. ``typed.build`` is the way back."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections import abc, deque
from typing import Any

from . import hints
from .dataerror import EventDataError, join
from .table import ATOMS, plain_atom


def to_plain(value: Any) -> Any:
    """Give a typed value as JSON types; ``build`` with its annotation gives an equal value back.

    UUID, date and time types, Decimal and timedelta (ISO 8601) become text, bytes base64, an enum member its value (its
    name when the value is not JSON), a dataclass or named tuple an object, sets a sorted list, not-finite
    floats the text ``NaN``, ``Infinity``, ``-Infinity``. A dict whose keys are not of one type becomes a list of pairs.

    Raises:
        EventDataError: The value, or something in it, has no JSON form.
    """
    try:
        return _plain(value, "$")
    except RecursionError as error:
        raise EventDataError("is nested too deep, or holds itself", where="$") from error


def _plain(value: Any, where: str) -> Any:
    kind = type(value)
    if value is None or kind is str or kind is int or kind is bool:
        return value
    if isinstance(value, enum.Enum):
        return enum_plain(value)
    if isinstance(value, ATOMS):
        return plain_atom(value)
    if hints.is_named_tuple(kind):
        return {name: _plain(getattr(value, name), join(where, name)) for name in kind._fields}
    if isinstance(value, list | tuple | deque):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, set | frozenset):
        return sorted(
            (_plain(item, f"{where}[…]") for item in value), key=lambda item: json.dumps(item, sort_keys=True)
        )
    if isinstance(value, abc.Mapping):
        return _plain_mapping(value, where)
    if dataclasses.is_dataclass(kind):
        return {
            field.name: _plain(getattr(value, field.name), join(where, field.name))
            for field in dataclasses.fields(kind)
            if field.init
        }
    raise EventDataError(f"holds a {hints.type_text(kind)}, which has no JSON form", where=where)


def _plain_mapping(value: abc.Mapping[Any, Any], where: str) -> Any:
    pairs = [(_plain(key, f"{where} key"), _plain(item, f"{where}[{str(key)[:60]!r}]")) for key, item in value.items()]
    texts = {key if isinstance(key, str) else json.dumps(key): item for key, item in pairs}
    if len({type(key) for key in value}) <= 1 and len(texts) == len(pairs):
        return texts
    return [[key, item] for key, item in pairs]


def enum_plain(member: enum.Enum) -> Any:
    """Give what stands for a member in JSON: its value where that is JSON, else its name."""
    value = member._value_
    return value if type(value) in (str, int, bool, type(None)) else member._name_
