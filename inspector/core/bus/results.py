"""What handlers give back: is it a failure? Result objects of libraries, and classes of their shape.

``returns`` has ``Failure`` and ``IOFailure``, ``result`` has ``Err``, ``expression`` one class with ``is_error()``;
others have ``is_error``, ``is_err``, ``is_failure``, ``is_ok`` or ``is_success`` as a method or as a property. Only
what the class itself has under such a name is asked; nothing is looked up that could be made on demand.
"""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any, Final

#: Class names that mean failure, whatever else the class has.
_FAILURES: Final = frozenset({"Failure", "IOFailure", "Err", "Error"})
_SAY_FAILED: Final = ("is_error", "is_err", "is_failure")
_SAY_FINE: Final = ("is_ok", "is_success")
#: What most handlers give back, where they give back anything.
_VALUES: Final = (bool, int, float, str, bytes, list, tuple, dict, set)

_MRO: Final = type.__dict__["__mro__"].__get__
_NAME: Final = type.__dict__["__name__"].__get__
_NAMESPACE: Final = type.__dict__["__dict__"].__get__
_MISSING: Final = object()


def is_failure(value: Any) -> bool:
    """Return whether what a handler gave back is a failure: an exception, or a result object that says so."""
    if isinstance(value, BaseException):
        return True
    cls = type(value)
    if any(cls is plain for plain in _VALUES):
        return False
    if _NAME(cls) in _FAILURES:
        return True
    if any(_answer(value, cls, name) is True for name in _SAY_FAILED):
        return True
    if any(_answer(value, cls, name) is False for name in _SAY_FINE):
        return True
    return any(_NAME(base) in _FAILURES for base in _MRO(cls)[1:]) and not _says_anything(cls)


def is_result(value: Any) -> bool:
    """Return whether a value is a result object; some can be awaited and are meant to be given back as they are."""
    cls = type(value)
    return not any(cls is plain for plain in _VALUES) and _says_anything(cls)


def is_awaitable(value: Any) -> bool:
    """Return whether what a call gave back is there to be awaited; a result object that can be is not."""
    return value is not None and inspect.isawaitable(value) and not is_result(value)


def _says_anything(cls: type[Any]) -> bool:
    return any(
        isinstance(_held_by_class(cls, name), (types.FunctionType, property, functools.cached_property))
        for name in (*_SAY_FAILED, *_SAY_FINE)
    )


def _answer(value: Any, cls: type[Any], name: str) -> bool | None:
    """Return what a value says of itself under a name; None where it says nothing that is true or false."""
    try:
        member = _held_by_class(cls, name)
        if isinstance(member, types.FunctionType):
            said = member(value) if _takes_nothing(member) else None
        elif isinstance(member, property) and member.fget is not None:
            said = member.fget(value)
        elif isinstance(member, functools.cached_property):
            said = member.func(value)
        elif isinstance(member, types.MemberDescriptorType):
            said = member.__get__(value)
        else:
            held = object.__getattribute__(value, "__dict__")
            said = held.get(name, member) if type(held) is dict else member
    except Exception:  # noqa: BLE001 - a stranger's code; what it cannot say it has not said
        return None
    return said if type(said) is bool else None


def _held_by_class(cls: type[Any], name: str) -> Any:
    for base in _MRO(cls):
        member = _NAMESPACE(base).get(name, _MISSING)
        if member is not _MISSING:
            return member
    return None


def _takes_nothing(function: types.FunctionType) -> bool:
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        return False
    code, defaults = function.__code__, len(function.__defaults__ or ())
    needed_keywords = code.co_kwonlyargcount - len(function.__kwdefaults__ or {})
    return code.co_argcount - defaults <= 1 <= code.co_argcount and not needed_keywords
