"""The fields of a class as data: what a form, ``--set`` and the catalog need to know without having the class."""

from __future__ import annotations

import dataclasses
import enum
import json
import typing
from collections import abc, deque
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from ..bus.events import DomainEvent
from ..description import Choice, FieldShape, TypeShape
from ..redact.marked import marked_fields
from ..redact.names import secret_kind
from . import hints
from .build import is_atom, to_plain
from .dataerror import EventDataError
from .table import ATOMS, BY_KIND, atom_of

if TYPE_CHECKING:
    from ..redact.redactor import Redactor

_CONTAINER_KINDS: Final[dict[Any, str]] = {
    list: "list",
    deque: "list",
    abc.MutableSequence: "list",
    set: "set",
    abc.MutableSet: "set",
    frozenset: "frozenset",
    abc.Set: "frozenset",
    dict: "dict",
    abc.Mapping: "dict",
    abc.MutableMapping: "dict",
}
_VARIADIC: Final = (abc.Sequence, abc.Collection, abc.Iterable)
_ANY: Final = TypeShape("any", "Any")
#: Names of fields come again in many classes.
_secret_kind: Final = lru_cache(maxsize=2048)(secret_kind)

#: Most characters of a default that is told: it stands in every catalog, in the window and in the first line of logs.
LONGEST_DEFAULT: Final = 2_000
#: How much of a longer text is shown.
_BEGIN: Final = 64
_HIDDEN: Final = "hidden"

#: The fields that every event has.
BASE_FIELDS: Final = tuple(field.name for field in dataclasses.fields(DomainEvent))


def describe_type(hint: Any) -> TypeShape:
    """Describe an annotation. A class that holds itself is described once; inside itself it is ``opaque``."""
    return _describe(hint, {}, ())


def describe_fields(cls: type) -> tuple[FieldShape, ...]:
    """Describe the fields of a dataclass that its constructor takes: as declared, those of every event last.

    Raises:
        TypeError: ``cls`` is not a dataclass.
    """
    shapes = _fields(cls, {}, (cls,))
    return tuple(sorted(shapes, key=lambda shape: shape.base))


def _describe(hint: Any, bindings: dict[Any, Any], inside: tuple[Any, ...]) -> TypeShape:
    if type(hint) is type and hint in ATOMS:  # nearly all are
        return TypeShape(ATOMS[hint].kind, hints.type_text(hint))
    hint = hints.substitute(hint, bindings)
    text = hints.type_text(hint)
    bare = hints.unwrap(hint)
    members = hints.members(bare)
    if len(members) > 1:
        rest = tuple(member for member in members if member is not type(None))
        optional = len(rest) < len(members)
        if len(rest) == 1:
            return dataclasses.replace(_describe(rest[0], bindings, inside), text=text, optional=optional)
        args = tuple(_describe(member, bindings, inside) for member in rest)
        return TypeShape("union", text, optional=optional, args=args)
    if bare is None:
        return TypeShape("none", text)
    if typing.get_origin(bare) is typing.Literal:
        return _literal(bare, text)
    if bare is Any or bare is object:
        return TypeShape("any", text)
    if is_atom(bare):
        return TypeShape(ATOMS[bare].kind, text)
    return _compound(bare, text, bindings, inside)


def _literal(hint: Any, text: str) -> TypeShape:
    values = [value for value in typing.get_args(hint) if value is not None]
    choices = tuple(Choice(_choice_name(value), to_plain(value)) for value in values)
    return TypeShape("literal", text, optional=None in typing.get_args(hint), choices=choices)


def _choice_name(value: Any) -> str:
    return value.name if isinstance(value, enum.Enum) else str(to_plain(value))


def _compound(hint: Any, text: str, bindings: dict[Any, Any], inside: tuple[Any, ...]) -> TypeShape:
    origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin is tuple or origin in _VARIADIC:
        return _tuple(origin, args, text, bindings, inside)
    if origin in _CONTAINER_KINDS:
        kind = _CONTAINER_KINDS[origin]
        inner = tuple(_describe(arg, bindings, inside) for arg in args) or (_ANY,) * (2 if kind == "dict" else 1)
        return TypeShape(kind, text, args=inner)
    if hints.is_enum(origin):
        return TypeShape("enum", text, choices=tuple(map(_member, origin)))
    if origin in inside:
        return TypeShape("opaque", text)
    if hints.is_dataclass(origin):
        return TypeShape("object", text, fields=_fields(origin, hints.parameters(hint), (*inside, origin)))
    if hints.is_typed_dict(origin) or hints.is_named_tuple(origin):
        return TypeShape("object", text, fields=_record_fields(origin, (*inside, origin)))
    atom = atom_of(origin) if isinstance(origin, type) else None
    return TypeShape("opaque" if atom is None or atom.remake is None else atom.kind, text)


def _member(member: enum.Enum) -> Choice:
    """Return an enum's member as a choice; one whose value is a secret or long is chosen by its name."""
    value, withheld = shown_default("", member)
    return Choice(member.name, member.name if withheld else value)


def _tuple(
    origin: Any, args: tuple[Any, ...], text: str, bindings: dict[Any, Any], inside: tuple[Any, ...]
) -> TypeShape:
    if origin is not tuple or (len(args) == 2 and args[1] is ...) or (not args and "[" not in text):
        inner = _describe(args[0], bindings, inside) if args else _ANY
        return TypeShape("tuple", text, args=(inner,), variadic=True)
    return TypeShape("tuple", text, args=tuple(_describe(arg, bindings, inside) for arg in args if arg != ()))


def _fields(cls: Any, bindings: dict[Any, Any], inside: tuple[Any, ...]) -> tuple[FieldShape, ...]:
    annotations = hints.field_hints(cls)
    is_event = issubclass(cls, DomainEvent)
    marked = marked_fields(cls)
    return tuple(
        _field(
            field.name,
            annotations.get(field.name, Any),
            bindings,
            inside,
            required=field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
            default=None if field.default is dataclasses.MISSING else field.default,
            generated=field.default_factory is not dataclasses.MISSING,
            base=is_event and field.name in BASE_FIELDS,
            marked=field.name in marked,
        )
        for field in dataclasses.fields(cls)
        if field.init
    )


def _record_fields(cls: Any, inside: tuple[Any, ...]) -> tuple[FieldShape, ...]:
    annotations = hints.field_hints(cls)
    defaults: dict[str, Any] = getattr(cls, "_field_defaults", {})
    names = getattr(cls, "_fields", None) or tuple(annotations)
    needed = getattr(cls, "__required_keys__", frozenset(names)) - defaults.keys()
    return tuple(
        _field(
            name,
            annotations.get(name, Any),
            {},
            inside,
            required=name in needed and not hints.may_be_absent(annotations.get(name)),
            default=defaults.get(name),
        )
        for name in names
    )


def _field(
    name: str,
    hint: Any,
    bindings: dict[Any, Any],
    inside: tuple[Any, ...],
    *,
    required: bool,
    default: Any = None,
    generated: bool = False,
    base: bool = False,
    marked: bool = False,
) -> FieldShape:
    shape = _describe(hint, bindings, inside)
    secret = may_hold_secret(shape) and (marked or bool(_secret_kind(name)))
    default, withheld = shown_default(name, default, marked=marked)
    return FieldShape(name, shape, required, default, generated or bool(withheld), base, secret, withheld)


def shown_default(name: str, default: Any, *, marked: bool = False) -> tuple[Any, str]:
    """Return the default of a field as JSON, and what is shown instead where it is withheld.

    None stands for what is withheld: a secret, more than is told of a default, an object that JSON cannot say. The
    constructor still knows it.
    """
    if default is None or type(default) in (bool, float) or (type(default) is int and default.bit_length() < 1_000):
        return default, ""
    if size := _size(default, LONGEST_DEFAULT):
        return None, _HIDDEN if marked or _secret_kind(name) else _beginning(name, default, size)
    try:
        plain = to_plain(default)
        if len(json.dumps(plain, default=str)) > LONGEST_DEFAULT:
            return None, _HIDDEN if marked or _secret_kind(name) else _beginning(name, default, 0)
    except (EventDataError, ValueError):  # int has a limit for its digits, too
        return None, f"{_article(type(default).__name__)} {type(default).__name__}"
    if plain in (None, "") or type(plain) in (bool, int, float):
        return plain, ""
    hidden = marked or _redactor().redact_plain(plain, name) != plain
    return (None, _HIDDEN) if hidden else (plain, "")


@cache
def _redactor() -> Redactor:
    """Return what hides secrets in defaults; few classes have defaults in which there may be one."""
    from ..redact.redactor import Redactor

    return Redactor()


def _article(name: str) -> str:
    return "an" if name[:1].lower() in "aeiou" else "a"


def _size(value: Any, most: int) -> int:
    """Return how long a text, or how large a container is, where that is above ``most``; else 0, without a walk."""
    if isinstance(value, (str, bytes, bytearray)):
        return len(value) if len(value) > most else 0
    left, waiting = most, [value]
    while waiting:
        held = waiting.pop()
        kind = type(held)  # what is below one of these may do anything when it is walked
        if kind in (str, bytes, bytearray):
            left -= len(held)
        elif kind in (list, tuple, set, frozenset, deque, dict):
            left -= len(held)
            if left >= 0:
                waiting += [*held.keys(), *held.values()] if kind is dict else held
        if left < 0:
            return len(value) if isinstance(value, abc.Sized) else most
    return 0


def _beginning(name: str, default: Any, size: int) -> str:
    if isinstance(default, str):
        begin = str(_redactor().value(name, default[:LONGEST_DEFAULT]))[:_BEGIN]
        return f"{begin}… ({len(default)} characters)"
    kind = type(default).__name__
    return f"{kind} of {size}" if size else f"long {kind}"


def may_hold_secret(shape: TypeShape) -> bool:
    """Return whether a value of a type may hold what the recorder hides under a secret name: text, bytes, a UUID."""
    atom = BY_KIND.get(shape.kind)
    hidden = atom.textual or shape.kind == "uuid" if atom is not None else shape.kind in ("any", "opaque")
    return hidden or any(map(may_hold_secret, shape.args))
