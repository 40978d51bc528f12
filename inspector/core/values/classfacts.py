"""What a class is made of, found out without running any of its code.

Payloads belong to the user: their ``__getattribute__``, properties, ``__class__`` or metaclass may raise, lie or
hang. So everything here goes through the descriptors of ``type`` and ``object`` themselves, and through ``type(x)``,
never ``x.__class__``.
"""

from __future__ import annotations

import dataclasses
import enum
import operator
import types
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from ..redact.marked import marked_fields
from .table import EXACT, Atom

_MRO: Final = type.__dict__["__mro__"].__get__
_NAMESPACE: Final = type.__dict__["__dict__"].__get__
_QUALNAME: Final = type.__dict__["__qualname__"].__get__
_MODULE: Final = type.__dict__["__module__"].__get__
_MISSING: Final = object()

#: Built-in bases beside the atoms whose subclasses are written by what the base holds; the first that fits counts.
_BASES: Final = (
    (enum.Enum, "enum"),
    (dict, "dict"),
    (list, "list"),
    (set, "set"),
    (frozenset, "frozenset"),
    (deque, "deque"),
    (tuple, "tuple"),
    (BaseException, "exception"),
    (type, "class"),
    (types.ModuleType, "module"),
    (types.FunctionType, "function"),
    (types.BuiltinFunctionType, "function"),
)

#: Kinds whose instances are written by named fields, some of which may be marked as secret.
_WITH_FIELDS: Final = frozenset({"dataclass", "object", "exception", "tuple"})


def static_lookup(cls: type, name: str) -> Any:
    """Return a class attribute, found without any hook; ``None`` when there is none."""
    attribute = _lookup(cls, name)
    return None if attribute is _MISSING else attribute


def _lookup(cls: type, name: str) -> Any:
    for base in _MRO(cls):
        namespace = _NAMESPACE(base)
        if name in namespace:
            return namespace[name]
    return _MISSING


def type_name(cls: type) -> str:
    """Return ``module.Qual`` of a class, without any hook."""
    module = _MODULE(cls)
    return f"{module if type(module) is str else '?'}.{_QUALNAME(cls)}"


class ClassFacts:
    """The facts of one class; costs tens of microseconds once, so they are kept per class.

    Attributes:
        cls: The class, kept so that its id stays its own.
        name: ``module.Qual``.
        kind: The built-in base that says how it is written (``enum``, ``dict``, ``list`` …), ``atom``, else
            ``dataclass`` or ``object``.
        held: Reads the atom that an instance of a subclass of one is, by the base; None where there is no such way.
        names: Names of its dataclass fields (or of a named tuple's).
        marked: Fields that the class calls secret.
        atom_getter: Reads all field values of an instance as a tuple by plain attribute reads; None where such a
            read could run the user's code.
    """

    __slots__ = ("_dict_of", "_slots", "atom_getter", "cls", "held", "kind", "marked", "name", "names")

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.name = type_name(cls)
        atom = _atom(cls)
        self.kind = _kind(cls, atom)
        self.held = atom.held if atom is not None and self.kind == "atom" else None
        self.names: tuple[str, ...] = ()
        self.marked = marked_fields(cls) if self.kind in _WITH_FIELDS else frozenset()
        if self.kind == "dataclass":
            self.names = _dataclass_names(cls)
        elif self.kind == "tuple":
            names = static_lookup(cls, "_fields")
            self.names = names if type(names) is tuple and all(type(name) is str for name in names) else ()
        self._dict_of: Callable[[Any], Any] | None = None
        self._slots: dict[str, Callable[[Any], Any]] = {}
        for base in reversed(_MRO(cls)):
            for name, attribute in _NAMESPACE(base).items():
                if type(attribute) is types.MemberDescriptorType and not name.startswith("__"):
                    self._slots[name] = attribute.__get__
                elif name == "__dict__" and type(attribute) is types.GetSetDescriptorType and base is not type:
                    self._dict_of = attribute.__get__
        self.atom_getter = self._getter()

    def _getter(self) -> Callable[[Any], tuple[Any, ...]] | None:
        if not self.names or self.kind != "dataclass" or self.marked:
            return None
        if _lookup(self.cls, "__getattribute__") is not object.__getattribute__:
            return None
        if _lookup(self.cls, "__getattr__") is not _MISSING:
            return None
        for name in self.names:
            attribute = _lookup(self.cls, name)
            plain = attribute is _MISSING or type(attribute) is types.MemberDescriptorType
            if not plain and _lookup(type(attribute), "__get__") is not _MISSING:
                return None
        if len(self.names) == 1:
            return _single(self.names[0])
        return operator.attrgetter(*self.names)

    def attributes(self, value: Any) -> dict[str, Any]:
        """Read what an instance holds: its dataclass fields, else its slots and its ``__dict__``."""
        held: dict[str, Any] = {}
        for name, read in self._slots.items():
            with suppress(AttributeError):  # a slot that was never filled
                held[name] = read(value)
        own = self._dict_of(value) if self._dict_of else None
        if isinstance(own, dict):
            held.update(dict.copy(own))
        if self.kind != "dataclass":
            return held
        fields: dict[str, Any] = {}
        for name in self.names:
            inner = held[name] if name in held else _lookup(self.cls, name)
            if inner is not _MISSING:
                fields[name] = inner
        return fields


def _single(name: str) -> Callable[[Any], tuple[Any, ...]]:
    read = operator.attrgetter(name)
    return lambda value: (read(value),)


def _atom(cls: type) -> Atom | None:
    return next((atom for base in _MRO(cls) if (atom := EXACT.get(id(base))) is not None), None)


def _kind(cls: type, atom: Atom | None) -> str:
    mro = _MRO(cls)
    for known_base, kind in _BASES:
        if any(base is known_base for base in mro):
            return kind
    if atom is not None:
        return "atom"
    return "dataclass" if type(static_lookup(cls, "__dataclass_fields__")) is dict else "object"


def _dataclass_names(cls: type) -> tuple[str, ...]:
    # ``fields`` wants something that has the attribute: a stand-in, so that no metaclass of the user's is asked.
    stand_in = types.SimpleNamespace(__dataclass_fields__=static_lookup(cls, "__dataclass_fields__"))
    return tuple(field.name for field in dataclasses.fields(stand_in))  # type: ignore[arg-type]
