"""Annotations, resolved and readable: what the rest of the core asks about a class's field types."""

from __future__ import annotations

import builtins
import dataclasses
import enum
import functools
import inspect
import sys
import types
import typing
from collections import abc
from typing import Any, Final, TypeVar, Union

#: The two spellings of a union: ``Optional[X]`` and ``X | Y``.
UNION_ORIGINS: Final = (Union, types.UnionType)

#: Wrappers that say something about a name and nothing about its value.
_QUALIFIERS: Final = tuple(
    getattr(typing, name)
    for name in ("ClassVar", "Final", "Required", "NotRequired", "ReadOnly")
    if hasattr(typing, name)
)
_NOT_REQUIRED: Final = getattr(typing, "NotRequired", None)


@dataclasses.dataclass(frozen=True)
class Unresolved:
    """An annotation that names something we cannot find; ``text`` is what stands in the source."""

    text: str


@functools.lru_cache(maxsize=2048)
def field_hints(cls: type) -> dict[str, Any]:
    """Return the annotations of a class and its bases, string annotations resolved, ``Annotated`` kept.

    An annotation that cannot be resolved (a class local to a function, a name imported only for type
    checkers) becomes an ``Unresolved``; the others are not affected. Type variables of a generic base are what the
    class fills in for them (``class OrderLost(Fact[Order])``). The result is cached: do not change it.
    """
    hints: dict[str, Any] = {}
    bindings: dict[type, dict[Any, Any]] = {}
    _bind(cls, {}, bindings)
    for base in reversed(cls.__mro__):
        bound = bindings.get(base, {})
        for name, hint in _own_hints(base).items():
            if isinstance(hint, Unresolved) and base is not cls:  # it may name the class below, local to a function
                hint = _resolve(inspect.get_annotations(base)[name], {**_scope(base), cls.__name__: cls})
            hints[name] = substitute(hint, bound)
    return hints


@functools.lru_cache(maxsize=2048)
def _own_hints(cls: type) -> dict[str, Any]:
    """Return the annotations that stand in a class itself, resolved: classes of events share what is above them."""
    annotations = inspect.get_annotations(cls)
    scope = _scope(cls) if annotations else {}
    return {name: _resolve(annotation, scope) for name, annotation in annotations.items()}


def _scope(cls: type) -> dict[str, Any]:
    """Return what names stand for in the annotations of a class."""
    module = sys.modules.get(cls.__module__)
    # Of the class's own names only types count: in ``date: date | None = None`` the second ``date``
    # is the module's, though ``typing.get_type_hints`` would read the default there.
    nested = {name: value for name, value in vars(cls).items() if isinstance(value, type)}
    variables = {variable.__name__: variable for variable in getattr(cls, "__type_params__", ())}
    return {**(vars(module) if module else {}), cls.__name__: cls, **nested, **variables}


def _bind(cls: type, bound: dict[Any, Any], bindings: dict[type, dict[Any, Any]]) -> None:
    """Find out what the type variables of the generic classes above a class stand for."""
    own = vars(cls)
    metadata = own.get("__pydantic_generic_metadata__")  # pydantic makes a class of ``Fact[Order]``
    if isinstance(metadata, dict) and metadata.get("origin") is not None:
        origin = metadata["origin"]
        free = (vars(origin).get("__pydantic_generic_metadata__") or {}).get("parameters", ())
        bases = [(origin, free, metadata.get("args", ()))]
    else:
        bases = [
            (origin, getattr(origin, "__parameters__", ()), typing.get_args(base))
            for base in own.get("__orig_bases__", ())
            if isinstance(origin := typing.get_origin(base), type) and origin in cls.__mro__
        ]
    # What pydantic makes of ``Fact[K]`` has the variables of the class below it.
    bases += [(base, tuple(bound), tuple(bound)) if "[" in base.__name__ else (base, (), ()) for base in cls.__bases__]
    for base, variables, arguments in bases:
        if base not in bindings and base is not object:
            filled = (substitute(argument, bound) for argument in arguments)
            bindings[base] = dict(zip(variables, filled))  # noqa: B905 - too few arguments leave the rest free
            _bind(base, bindings[base], bindings)


def _resolve(annotation: Any, scope: dict[str, Any]) -> Any:
    if type(annotation) is str and annotation.isidentifier():  # nearly all are the name of a class
        named = scope.get(annotation, vars(builtins).get(annotation))
        if issubclass(type(named), type):
            return named
    holder = type("Holder", (), {"__annotations__": {"it": annotation}})
    try:
        return typing.get_type_hints(holder, globalns=scope, localns={}, include_extras=True)["it"]
    except (NameError, AttributeError, TypeError, SyntaxError):
        return Unresolved(annotation if isinstance(annotation, str) else type_text(annotation))


def unwrap(hint: Any) -> Any:
    """Take off ``Annotated``, ``NewType``, ``Final``/``Required``…, ``type`` aliases and free type variables."""
    while True:
        if hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif typing.get_origin(hint) is typing.Annotated or typing.get_origin(hint) in _QUALIFIERS:
            hint = typing.get_args(hint)[0]
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        elif isinstance(hint, TypeVar):
            hint = hint.__bound__ or (Union[hint.__constraints__] if hint.__constraints__ else Any)
        elif hint in _QUALIFIERS:
            return Any
        else:
            return hint


def markers(hint: Any) -> tuple[Any, ...]:
    """Return what ``Annotated`` says beside the type, through every wrapper."""
    notes: list[Any] = []
    while True:
        if typing.get_origin(hint) is typing.Annotated:
            notes.extend(hint.__metadata__)
            hint = typing.get_args(hint)[0]
        elif typing.get_origin(hint) in _QUALIFIERS:
            hint = typing.get_args(hint)[0]
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        else:
            return tuple(notes)


def may_be_absent(hint: Any) -> bool:
    """Return whether a ``TypedDict`` key is marked ``NotRequired``."""
    return _NOT_REQUIRED is not None and typing.get_origin(hint) is _NOT_REQUIRED


def members(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, unions inside it dissolved; a hint that is no union is its only member."""
    hint = unwrap(hint)
    if typing.get_origin(hint) not in UNION_ORIGINS:
        return (hint,)
    return tuple(inner for member in typing.get_args(hint) for inner in members(member))


def parameters(hint: Any) -> dict[Any, Any]:
    """Map the type variables of a generic class to what ``Page[int]`` gives for them."""
    origin = typing.get_origin(hint)
    variables = getattr(origin, "__parameters__", ())
    return dict(zip(variables, typing.get_args(hint)))  # noqa: B905 - too few arguments leave the rest free


def substitute(hint: Any, bindings: dict[Any, Any]) -> Any:
    """Put types in the place of type variables."""
    if not bindings:
        return hint
    if isinstance(hint, TypeVar):
        return bindings.get(hint, hint)
    free = getattr(hint, "__parameters__", ())
    if not free or typing.get_origin(hint) is None:
        return hint
    return hint[tuple(bindings.get(variable, variable) for variable in free)]


def is_typed_dict(hint: Any) -> bool:
    """Return whether a hint is a ``TypedDict`` class."""
    return isinstance(hint, type) and issubclass(hint, dict) and hasattr(hint, "__required_keys__")


def is_named_tuple(hint: Any) -> bool:
    """Return whether a hint is a named tuple class."""
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")


def is_enum(hint: Any) -> bool:
    """Return whether a hint is an enum class."""
    return isinstance(hint, type) and issubclass(hint, enum.Enum)


def is_dataclass(hint: Any) -> bool:
    """Return whether a hint is a dataclass (the class, not an instance)."""
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


def type_text(hint: Any) -> str:
    """Write a type as people do: ``UUID | None``, ``list[Decimal]``, ``Literal['a', 'b']``."""
    if isinstance(hint, Unresolved):
        return hint.text
    if isinstance(hint, str):
        return hint
    if hint is None or hint is type(None):
        return "None"
    if hint is ...:
        return "..."
    if hasattr(hint, "__supertype__") or type(hint).__name__ == "TypeAliasType" or isinstance(hint, TypeVar):
        return str(hint.__name__)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated or origin in _QUALIFIERS:
        return type_text(args[0])
    if origin in UNION_ORIGINS:
        # None last: that is how people write it, whatever order the source has.
        ordered = sorted(args, key=lambda member: member is type(None))
        return " | ".join(type_text(member) for member in ordered)
    if origin is typing.Literal:
        return f"Literal[{', '.join(_literal_text(value) for value in args)}]"
    if origin is abc.Callable:
        return "Callable"
    if origin is not None:
        inner = ", ".join(type_text(arg) for arg in args)
        return f"{_name(origin)}[{inner or '()'}]" if args or origin is tuple else _name(origin)
    return _name(hint)


def _literal_text(value: Any) -> str:
    return f"{type(value).__name__}.{value.name}" if isinstance(value, enum.Enum) else repr(value)


def _name(hint: Any) -> str:
    name = getattr(hint, "__qualname__", None) or getattr(hint, "_name", None) or getattr(hint, "__name__", None)
    # A class local to a function is known by its own name only.
    return str(name).rpartition("<locals>.")[2] if name else str(hint).replace("typing.", "")
