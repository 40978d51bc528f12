"""What handlers are subscribed to: classes, names, members of enums, wildcards; and which events fit."""

from __future__ import annotations

import enum
import inspect
import sys
import types
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from ...core import hints
from ..eventtypes import signature_hints, travel_name
from ..targets import WILDCARD, is_glob, member_text

#: Keys of a map under which the handlers of every event may stand.
WILDCARD_KEYS: Final = frozenset((None, WILDCARD, ...))
_WILDCARDS: Final = (None, WILDCARD, ..., object, Any)


def is_wildcard(pattern: Any) -> bool:
    """Tell whether a pattern stands for every event."""
    return any(pattern is each for each in _WILDCARDS) or (type(pattern) is str and pattern == WILDCARD)


def name_of_pattern(pattern: Any) -> str:
    """Give the name that a pattern stands for; empty for classes and for patterns of names."""
    if isinstance(pattern, enum.Enum):
        return member_text(pattern)
    return pattern if isinstance(pattern, str) and not is_glob(pattern) else ""


def event_class_of(name: str, handlers: Sequence[Any]) -> type[Any] | None:
    """Give the class behind a name: what the handlers say they take, or what is called so where they are written."""
    for handler in handlers:
        cls = handler_event_class(handler) or _class_beside(name, handler)
        if cls is not None:
            return cls
    return None


def _class_beside(name: str, handler: Any) -> type[Any] | None:
    function = _function_of(handler)
    if function is None:
        return None
    for value in tuple(function.__globals__.values()):
        if isinstance(value, type) and is_own(value) and name in (value.__name__, travel_name(value)):
            return value
    return None


def _function_of(handler: Any) -> types.FunctionType | None:
    function = getattr(handler, "func", handler)
    function = getattr(function, "__func__", function)
    if not isinstance(function, types.FunctionType):
        function = getattr(type(handler), "__call__", None)  # noqa: B004 - the method is wanted
    return function if isinstance(function, types.FunctionType) else None


def handler_event_class(handler: Any) -> type[Any] | None:
    """Give the class that the first parameter of a handler is annotated with, if it is one of the program's own."""
    function = _function_of(handler)
    if function is None:
        return None
    for name, hint in signature_hints(function).items():
        hint = hints.unwrap(hint)
        if name not in ("return", "self", "cls") and isinstance(hint, type) and not hints.is_typed_dict(hint):
            return hint if hint.__module__ not in ("builtins", "typing", "collections.abc") else None
    return None


def matches(pattern: Any, cls: type[Any] | None, names: set[str], by_base: bool) -> bool:
    """Tell whether an event of this class, or of one of these names, goes to the handlers of a pattern."""
    if pattern is None or is_wildcard(pattern):
        return True
    if isinstance(pattern, type):
        return cls is pattern or (by_base and cls is not None and issubclass(cls, pattern))
    if isinstance(pattern, enum.Enum):
        return member_text(pattern) in names or pattern.name in names
    if is_glob(pattern):
        return any(fnmatchcase(name, pattern) for name in names)
    return isinstance(pattern, str) and pattern in names


def is_abstract(cls: type[Any]) -> bool:
    """Tell a class that only others are derived from."""
    return inspect.isabstract(cls) or not vars(cls).get("__annotations__")


def is_own(cls: type[Any]) -> bool:
    """Tell a class of the program's from one of a library's: everybody derives from those."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    library = "site-packages" in file or "dist-packages" in file
    return not library and cls.__module__.partition(".")[0] not in sys.stdlib_module_names


def key_text(key: Any) -> str:
    """Name a key for people."""
    return key.__name__ if isinstance(key, type) else str(key)[:60]
