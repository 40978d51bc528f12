"""JSON into typed values by annotation, and back: what ``from_dict``, the fire form and ``--set`` rest on.

``build`` is strict where lax readers surprise: a bool is no int, ``"yes"`` is no bool, ``0`` is no datetime and a float
is no Decimal. What ``to_plain`` writes, ``build`` reads back as an equal value.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import typing
from collections import abc, deque
from collections.abc import Callable
from typing import Any, Final

from . import hints
from .dataerror import EventDataError, describe, join
from .table import ATOMS, atom_of, parse_atom, plain_atom

__all__ = ["EventDataError", "build", "dataclass_arguments", "to_plain"]

#: What an abstract or concrete collection becomes. Immutable where the annotation leaves the choice: events are facts.
_COLLECTIONS: Final[dict[Any, type]] = {
    list: list,
    abc.MutableSequence: list,
    abc.Sequence: tuple,
    abc.Collection: tuple,
    abc.Iterable: tuple,
    set: set,
    abc.MutableSet: set,
    frozenset: frozenset,
    abc.Set: frozenset,
    deque: deque,
}
_MAPPINGS: Final = (dict, abc.Mapping, abc.MutableMapping)


@dataclasses.dataclass(frozen=True)
class _Reading:
    """How to read: ``defaults`` fills missing fields, ``unknown`` passes over fields that are not there."""

    defaults: bool = True
    unknown: bool = False


def build(hint: Any, data: Any, *, where: str = "$", defaults: bool = True, unknown: bool = False) -> Any:
    """Build the typed value that an annotation asks for from JSON types.

    Values that already have the type asked for are taken as they are; containers are always made anew, so
    the result shares nothing with ``data``.

    Args:
        hint: The annotation: a type, a generic, a union, a dataclass, ``TypedDict``, ``NamedTuple``, ``Any`` …
        data: What ``json.loads`` gives, or ``to_plain``.
        where: Path of the value, for error texts; ``$`` is the whole.
        defaults: A missing dataclass field takes its default; else it is an error.
        unknown: Fields that a dataclass does not have are passed over; else they are an error.

    Raises:
        EventDataError: The data does not fit; ``where`` tells the place, like ``items[2].price``.
    """
    try:
        return _build(hint, data, where, _Reading(defaults, unknown))
    except RecursionError as error:
        raise EventDataError("is nested too deep", where=where) from error


def _build(hint: Any, data: Any, where: str, how: _Reading) -> Any:
    if type(hint) is type and hint in ATOMS:  # most are, and a catalog has a hundred thousand of them
        return parse_atom(hint, data, where)
    hint = hints.unwrap(hint)
    if hint is Any or hint is object:
        return _copied(data)
    if isinstance(hint, str | hints.Unresolved):
        raise EventDataError(f"has a type we cannot find: {hints.type_text(hint)}", where=where)
    origin = typing.get_origin(hint)
    if origin in hints.UNION_ORIGINS:
        return _union(hint, data, where, how)
    if origin is typing.Literal:
        return _literal(hint, data, where)
    if hint is None or is_atom(hint):
        return parse_atom(hint, data, where)
    return _compound(hint, origin or hint, data, where, how)


def is_atom(hint: Any) -> bool:
    """Return whether an annotation asks for a simple type."""
    return isinstance(hint, abc.Hashable) and hint in ATOMS


def _compound(hint: Any, kind: Any, data: Any, where: str, how: _Reading) -> Any:
    if kind is tuple:
        return _tuple(hint, data, where, how)
    if kind in _COLLECTIONS:
        return _collection(hint, _COLLECTIONS[kind], data, where, how)
    if kind in _MAPPINGS:
        return _mapping(hint, data, where, how)
    if hints.is_enum(kind):
        return _enum(kind, data, where)
    if hints.is_dataclass(kind):
        return _dataclass(kind, hints.parameters(hint), data, where, how)
    if hints.is_typed_dict(kind):
        return _typed_dict(kind, data, where, how)
    if hints.is_named_tuple(kind):
        return _named_tuple(kind, data, where, how)
    if isinstance(kind, type):
        return _other_class(kind, data, where)
    raise EventDataError(f"has a type that cannot be built from JSON: {hints.type_text(hint)}", where=where)


def _other_class(kind: type, data: Any, where: str) -> Any:
    """Read a subclass of a simple type (``class Email(str)``); anything else cannot come from JSON."""
    if type(data) is kind:
        return data
    atom = atom_of(kind)
    if atom is not None and atom.remake is not None:
        value = parse_atom(atom.type, data, where)
        return _constructed(functools.partial(atom.remake, kind), (value,), {}, where, kind)
    raise EventDataError(f"has a type that cannot be built from JSON: {hints.type_text(kind)}", where=where)


def _constructed(
    make: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], where: str, kind: Any = None
) -> Any:
    try:
        return make(*args, **named)
    except Exception as error:
        text = f"was rejected by {hints.type_text(kind or make)}: {type(error).__name__}: {error}"
        raise EventDataError(text, where=where) from error


def _union(hint: Any, data: Any, where: str, how: _Reading) -> Any:
    """Read a union: the member whose own writing of the value is exactly the data wins, text only at last."""
    members = hints.members(hint)
    if data is None and type(None) in members:
        return None
    fits: list[Any] = []
    exact: list[tuple[bool, Any]] = []
    problem: EventDataError | None = None
    for member in members:
        if member is type(None):
            continue
        try:
            value = _build(member, data, where, how)
        except EventDataError as error:
            problem = error
            continue
        fits.append(value)
        if type(value) is type(data) or _same_json(to_plain(value), data):
            exact.append((member is str, value))
    if exact:
        return min(exact, key=lambda fit: fit[0])[1]
    if fits:
        return fits[0]
    if problem is not None and len(members) - (type(None) in members) == 1:
        raise problem
    raise EventDataError(f"must be {hints.type_text(hint)}, not {describe(data)}", where=where)


def _same_json(first: Any, second: Any) -> bool:
    """Compare JSON values as their text would be: ``1``, ``1.0`` and ``true`` are three different ones."""
    if type(first) is not type(second):
        return False
    if isinstance(first, list):
        return len(first) == len(second) and all(map(_same_json, first, second))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(_same_json(first[key], second[key]) for key in first)
    return bool(first == second)


def _literal(hint: Any, data: Any, where: str) -> Any:
    values = typing.get_args(hint)
    for value in values:
        if data is value or _same_json(to_plain(value), data):
            return value
    raise EventDataError(f"must be one of {', '.join(map(repr, values))}, not {describe(data)}", where=where)


def _enum(kind: type[enum.Enum], data: Any, where: str) -> Any:
    if type(data) is kind:
        return data
    for member in kind.__members__.values():
        if _same_json(enum_plain(member), data):
            return member
    if isinstance(data, str) and data in kind.__members__:
        return kind.__members__[data]
    if issubclass(kind, enum.Flag) and type(data) is int:
        return _constructed(kind, (data,), {}, where)
    names = ", ".join(repr(enum_plain(member)) for member in kind)
    raise EventDataError(f"must be a {kind.__name__} (one of {names:.300}), not {describe(data)}", where=where)


def _items(data: Any, hint: Any, where: str) -> list[Any]:
    if not isinstance(data, list | tuple | set | frozenset | deque):
        raise EventDataError(f"must be a list ({hints.type_text(hint)}), not {describe(data)}", where=where)
    return list(data)


def _collection(hint: Any, kind: type, data: Any, where: str, how: _Reading) -> Any:
    items = _items(data, hint, where)
    inner = (typing.get_args(hint) or (Any,))[0]
    built = [_build(inner, item, f"{where}[{index}]", how) for index, item in enumerate(items)]
    try:
        return kind(built)
    except TypeError as error:
        raise EventDataError(f"has an element that no set can hold: {error}", where=where) from error


def _tuple(hint: Any, data: Any, where: str, how: _Reading) -> Any:
    args = typing.get_args(hint)
    if not args and typing.get_origin(hint) is None:
        args = (Any, ...)
    if len(args) == 2 and args[1] is ...:
        return _collection(tuple[args[0], ...], tuple, data, where, how)  # type: ignore[valid-type]
    items = _items(data, hint, where)
    if args == ((),):
        args = ()
    if len(items) != len(args):
        raise EventDataError(f"must have {len(args)} elements, not {len(items)}", where=where)
    pairs = zip(args, items, strict=True)
    return tuple(_build(arg, item, f"{where}[{index}]", how) for index, (arg, item) in enumerate(pairs))


def _mapping(hint: Any, data: Any, where: str, how: _Reading) -> dict[Any, Any]:
    key_hint, value_hint = typing.get_args(hint) or (Any, Any)
    parse: Callable[[Any, Any, str, _Reading], Any]
    if isinstance(data, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in data):
        pairs, parse = data, _build  # what ``to_plain`` writes when keys are of several types
    elif isinstance(data, dict):
        pairs, parse = list(data.items()), _key
    else:
        raise EventDataError(f"must be an object ({hints.type_text(hint)}), not {describe(data)}", where=where)
    built: dict[Any, Any] = {}
    for key, value in pairs:
        at = f"{where}[{key!r:.60}]"
        built_key = parse(key_hint, key, at, how)
        try:
            built[built_key] = _build(value_hint, value, at, how)
        except TypeError as error:
            raise EventDataError("has a key that no dict can hold", where=at) from error
    if len(built) != len(pairs):
        raise EventDataError("has two keys that mean the same", where=where)
    return built


def _key(hint: Any, text: Any, where: str, how: _Reading) -> Any:
    """Read a key: JSON has text keys only, so ``"7"`` stands for 7 where an int is asked for."""
    try:
        return _build(hint, text, where, how)
    except EventDataError:
        if not isinstance(text, str):
            raise
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = text
        if isinstance(parsed, str):
            raise
        return _build(hint, parsed, where, how)


def _dataclass(kind: Any, bindings: dict[Any, Any], data: Any, where: str, how: _Reading) -> Any:
    if type(data) is kind:
        return data
    if not isinstance(data, dict):
        raise EventDataError(f"must be an object ({hints.type_text(kind)}), not {describe(data)}", where=where)
    return _constructed(kind, (), _arguments(kind, bindings, data, where, how), where)


def dataclass_arguments(
    kind: Any, data: dict[str, Any], *, where: str = "$", defaults: bool = True, unknown: bool = False
) -> dict[str, Any]:
    """Build the constructor's arguments of a dataclass from JSON, without calling it.

    Args and errors are those of ``build``.
    """
    return _arguments(kind, {}, data, where, _Reading(defaults, unknown))


def _arguments(kind: Any, bindings: dict[Any, Any], data: dict[Any, Any], where: str, how: _Reading) -> dict[str, Any]:
    annotations = hints.field_hints(kind)
    arguments: dict[str, Any] = {}
    fields = [field for field in dataclasses.fields(kind) if field.init]
    if not how.unknown:
        _refuse_unknown(data, [field.name for field in fields], where)
    for field in fields:
        at = join(where, field.name)
        if field.name in data:
            hint = hints.substitute(annotations.get(field.name, Any), bindings)
            arguments[field.name] = _build(hint, data[field.name], at, how)
        elif not how.defaults or _required(field):
            raise EventDataError("is missing", where=at)
    return arguments


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _refuse_unknown(data: dict[Any, Any], names: list[str], where: str) -> None:
    for name in data:
        if name not in names:
            listed = ", ".join(names) or "none"
            raise EventDataError("is not known", f"Known fields: {listed}.", where=join(where, str(name)[:80]))


def _typed_dict(kind: Any, data: Any, where: str, how: _Reading) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise EventDataError(f"must be an object ({hints.type_text(kind)}), not {describe(data)}", where=where)
    annotations = hints.field_hints(kind)
    if not how.unknown:
        _refuse_unknown(data, list(annotations), where)
    for name, hint in annotations.items():
        if name not in data and name in kind.__required_keys__ and not hints.may_be_absent(hint):
            raise EventDataError("is missing", where=join(where, name))
    return {
        name: _build(hint, data[name], join(where, name), how) for name, hint in annotations.items() if name in data
    }


def _named_tuple(kind: Any, data: Any, where: str, how: _Reading) -> Any:
    if isinstance(data, list | tuple) and len(data) == len(kind._fields):
        data = dict(zip(kind._fields, data, strict=True))
    if not isinstance(data, dict):
        raise EventDataError(f"must be an object ({hints.type_text(kind)}), not {describe(data)}", where=where)
    annotations = hints.field_hints(kind)
    if not how.unknown:
        _refuse_unknown(data, list(kind._fields), where)
    values: dict[str, Any] = {}
    for name in kind._fields:
        at = join(where, name)
        if name in data:
            values[name] = _build(annotations.get(name, Any), data[name], at, how)
        elif not how.defaults or name not in kind._field_defaults:
            raise EventDataError("is missing", where=at)
    return _constructed(kind, (), values, where)


def _copied(data: Any) -> Any:
    """Copy JSON containers, so that an event never shares a list with the dict it was read from."""
    if type(data) is dict:
        return {key: _copied(value) for key, value in data.items()}
    if type(data) is list:
        return [_copied(value) for value in data]
    return data


# Typed values into JSON types: what ``to_dict`` and the records are made of. ``build`` is the way back.


def to_plain(value: Any) -> Any:
    """Return a typed value as JSON types; ``build`` with its annotation gives an equal value back.

    Atoms become what the table says (ids, dates and decimals text, durations ISO 8601, bytes base64, not-finite floats
    ``NaN``, ``Infinity``, ``-Infinity``), an enum member its value (its name when the value is not JSON), a dataclass
    or named tuple an object, sets a sorted list. A dict whose keys are not of one type becomes a list of pairs.

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
    atom = atom_of(kind)
    if atom is not None:
        return plain_atom(atom, value, where)
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
    """Return what stands for a member in JSON: its value where that is JSON, else its name."""
    value = member._value_
    return value if type(value) in (str, int, bool, type(None)) else member._name_
