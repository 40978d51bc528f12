"""Facts of event classes: frozen, keyword-only, what their defaults are. No default factory is called."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any, Final

from ...core.bus.identity import bound_to
from ...core.facts import EventFacts
from ...core.redact.marked import marked_fields
from ...core.values.shape import BASE_FIELDS
from ...core.values.table import ATOMS
from ..reading.events import inherited_topic, make_of

_IMMUTABLE: Final = (
    *(atom.made for atom in ATOMS.values() if atom.made is not bytearray),
    *(type, enum.Enum, dt.tzinfo, types.FunctionType, types.BuiltinFunctionType),
    *(types.MethodType, types.ModuleType, types.MappingProxyType),
)
_NOW: Final = frozenset({"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp"})
#: What in the code of a factory tells that it takes care of the time zone.
_AWARE: Final = ("tz", "utc", "zone")


def class_key(cls: type[Any]) -> str:
    """Return ``module.qualname``."""
    return f"{cls.__module__}.{cls.__qualname__}"


def describe_class_facts(
    key: str, cls: type[Any], registered: bool = True, kind: str = "event", matched: str = "exact"
) -> EventFacts:
    """Return the facts of an event class. A class that cannot be looked at gives those that are left."""
    bases = tuple(class_key(base) for base in cls.__mro__[1:] if base is not object)
    try:
        make = make_of(cls)
        defaults = list(_defaults(cls, make))
        return EventFacts(
            key,
            registered,
            kind,
            matched,
            make,
            frozen=_frozen(cls, make),
            keyword_only=_keyword_only(cls, make),
            bases=bases,
            shared_defaults=tuple(name for name, value, _ in defaults if _is_mutable(value)),
            naive_defaults=tuple(name for name, value, factory in defaults if _is_naive(value, factory)),
            hidden=tuple(sorted(_hidden(cls, make))),
            channel=inherited_topic(cls),
        )
    except Exception:  # noqa: BLE001 - a stranger's class may do anything when it is looked at
        return EventFacts(key, registered, kind, matched, "plain", bases=bases)


def _frozen(cls: Any, make: str) -> bool | None:
    if make == "dataclass":
        return bool(cls.__dataclass_params__.frozen)
    if make == "attrs":
        return "frozen" in getattr(inspect.getattr_static(cls, "__setattr__", None), "__name__", "")
    if make == "pydantic":
        return bool(cls.model_config.get("frozen", False))
    if make == "pydantic1":
        config = cls.__config__
        return bool(getattr(config, "frozen", False)) or not getattr(config, "allow_mutation", True)
    if make == "namedtuple":
        return True
    if make == "plain" and cls.__init__ is not object.__init__ and cls.__setattr__ is object.__setattr__:
        return False
    return None


def _keyword_only(cls: Any, make: str) -> bool | None:
    if make == "dataclass":
        own = [field for field in dataclasses.fields(cls) if field.init and field.name not in BASE_FIELDS]
        return all(field.kw_only for field in own)
    if make == "attrs":
        return all(attribute.kw_only for attribute in cls.__attrs_attrs__ if attribute.init)
    if make in ("pydantic", "pydantic1"):
        return True
    if make == "plain" and cls.__init__ is not object.__init__:
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return not any(parameter.kind in positional for parameter in inspect.signature(cls).parameters.values())
    return None


def _defaults(cls: Any, make: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, default and default factory (None for none) of every field that has one or the other."""
    if make == "dataclass":
        for field in dataclasses.fields(cls):
            value = None if field.default is dataclasses.MISSING else field.default
            factory = None if field.default_factory is dataclasses.MISSING else field.default_factory
            yield field.name, value, factory
    elif make == "attrs":
        for attribute in cls.__attrs_attrs__:
            is_factory = type(attribute.default).__name__ == "Factory"
            yield (
                attribute.name,
                None if is_factory else attribute.default,
                attribute.default.factory if is_factory else None,
            )
    elif make == "pydantic":  # pydantic copies mutable defaults: only times are of interest
        for name, info in cls.model_fields.items():
            yield name, info.default if isinstance(info.default, dt.datetime) else None, info.default_factory
    elif make == "pydantic1":
        for name, info in cls.__fields__.items():
            yield name, info.default if isinstance(info.default, dt.datetime) else None, info.default_factory
    elif make == "namedtuple":
        for name, value in cls._field_defaults.items():
            yield name, value, None
    elif make == "plain" and isinstance(cls.__init__, types.FunctionType):
        for parameter in inspect.signature(cls.__init__).parameters.values():
            if parameter.default is not inspect.Parameter.empty:
                yield parameter.name, parameter.default, None


def _is_mutable(value: Any) -> bool:
    """Return whether a default can be changed through one instance and then is changed for all."""
    if isinstance(value, _IMMUTABLE):
        return False
    kind = type(value)
    if kind in (tuple, frozenset):
        return any(map(_is_mutable, value))
    if isinstance(value, (list, dict, set, bytearray)):
        return True
    parameters = inspect.getattr_static(kind, "__dataclass_params__", None)
    if parameters is not None:
        return not parameters.frozen
    if "frozen" in getattr(inspect.getattr_static(kind, "__setattr__", None), "__name__", ""):
        return False
    # Objects of the standard library and of C are values more often than not; what is left is somebody's own class.
    return kind.__flags__ & (1 << 9) != 0 and inspect.getattr_static(kind, "__setattr__") is object.__setattr__


def _is_naive(value: Any, factory: Any) -> bool:
    if isinstance(value, dt.datetime):
        return value.tzinfo is None
    if factory is None:
        return False
    if isinstance(factory, types.BuiltinMethodType):
        owner = bound_to(factory)
        return isinstance(owner, type) and issubclass(owner, dt.datetime) and factory.__name__ in _NOW
    return _makes_naive(factory)


def _makes_naive(factory: Callable[..., Any]) -> bool:
    """Return whether a factory, by the names in its code, asks the clock and forgets the time zone."""
    code = getattr(factory, "__code__", None)
    if not isinstance(code, types.CodeType):
        return False
    names = set(code.co_names)
    scope = getattr(factory, "__globals__", {})
    if not names & _NOW or not any(scope.get(name) in (dt.datetime, dt) for name in names):
        return False
    words = {text for const in code.co_consts if isinstance(const, tuple) for text in const if isinstance(text, str)}
    aware = (names | words) - _NOW
    return not any(mark in name.lower() for name in aware for mark in _AWARE)


def _hidden(cls: Any, make: str) -> set[str]:
    hidden = set(marked_fields(cls))
    if make == "dataclass":
        hidden |= {field.name for field in dataclasses.fields(cls) if not field.repr}
    elif make == "attrs":
        hidden |= {attribute.name for attribute in cls.__attrs_attrs__ if attribute.repr is False}
    elif make == "pydantic":
        hidden |= {name for name, info in cls.model_fields.items() if info.repr is False}
    return hidden
