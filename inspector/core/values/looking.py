"""Looking at a stranger's value without touching it: nothing here runs code of its class.

A value that merely lies around may be lazy: asked for anything, its ``__class__`` included, it sets itself up (Django's
``SimpleLazyObject``, werkzeug's ``LocalProxy``, a module that is loaded when it is first used), and raises where that
cannot be. ``isinstance`` asks ``__class__``; so what is only looked at is looked at from here.
"""

from __future__ import annotations

import types
from contextlib import suppress
from typing import Any, Final, TypeGuard, TypeVar, overload

T = TypeVar("T")

_MRO: Final = type.__dict__["__mro__"].__get__
_ROUTINES: Final = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.WrapperDescriptorType)
_NAMESPACE: Final = type.__dict__["__dict__"].__get__
_VARIABLES: Final[Any] = vars(types.ModuleType)["__dict__"].__get__


@overload
def is_a(value: object, kinds: type[T]) -> TypeGuard[T]: ...


@overload
def is_a(value: object, kinds: tuple[type[Any], ...]) -> bool: ...


def is_a(value: Any, kinds: type[Any] | tuple[type[Any], ...]) -> bool:
    """Return whether a value is an instance of a class, or of one of several, by its type; it is not asked itself."""
    return issubclass(type(value), kinds)


def variables_of(module: types.ModuleType) -> dict[str, Any]:
    """Return the variables of a module; a lazy one is not loaded for that."""
    variables: dict[str, Any] = _VARIABLES(module)
    return variables


def class_has(cls: type[Any], name: str) -> bool:
    """Return whether a class, or one of its bases, defines an attribute; its metaclass is not asked."""
    return any(name in _NAMESPACE(base) for base in _MRO(cls))


def pretends(value: Any) -> bool:
    """Return whether a value says that it is of another class than it is, as proxies and lazy objects do."""
    return any("__class__" in _NAMESPACE(base) for base in _MRO(type(value))[:-1])


def is_routine(value: Any) -> bool:
    """Return whether a value is a function, a method, or what a class makes one of, as ``inspect.isroutine`` does."""
    kind = type(value)
    if issubclass(kind, _ROUTINES):
        return True
    return not issubclass(kind, type) and class_has(kind, "__get__") and not class_has(kind, "__set__")


def attributes(value: Any) -> dict[str, Any]:
    """Return what an instance holds, in slots and in its own ``__dict__``; no descriptor of its class is asked."""
    held: dict[str, Any] = {}
    whole: Any = None
    for base in _MRO(type(value)):
        for name, member in _NAMESPACE(base).items():
            if name == "__dict__":
                whole = member if whole is None else whole
            elif type(member) is types.MemberDescriptorType and not name.startswith("__"):
                with suppress(AttributeError):  # a slot that was never filled
                    held.setdefault(name, member.__get__(value))
    if type(whole) in (types.GetSetDescriptorType, types.MemberDescriptorType):  # else somebody stands before it
        own = whole.__get__(value)
        if issubclass(type(own), dict):
            held.update(own)
    return held
