"""Descriptions of handlers: what they are called, and how two of one function are told apart."""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import weakref
from typing import TYPE_CHECKING, Any, Final

from ..core.bus.identity import describe_handler, enclosed_handler
from ..core.redact.redactor import secret_kind
from .reading.targets import run_by
from .tap.stand_ins import original

if TYPE_CHECKING:
    from ..core.description import HandlerDescription

_SHOWN_ARGUMENT: Final = re.compile(r"[\w.-]{1,24}")


class Handlers:
    """Describes handlers; two that would have one key (closures of one function, say) get numbers.

    A number is free again when its handler is gone: nobody is kept alive by having been described.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, dict[Any, int]] = {}
        self._kept: dict[Any, Any] = {}

    def describe(self, target: Any) -> HandlerDescription:
        """Describe what a bus runs: unwrapped from partial, decorator, reference and record."""
        target = original(target)
        described = _with_arguments(describe_handler(run_by(target)), target)
        number = self._number(described.key, target)
        if number == 1:
            return described
        mark = f" #{number}"
        return dataclasses.replace(
            described, key=described.key + mark, label=described.label + mark, method=described.method + mark
        )

    def _number(self, key: str, target: Any) -> int:
        numbers, identity = self._numbers.setdefault(key, {}), _identity(target)
        if identity not in numbers:
            taken = set(numbers.values())
            numbers[identity] = next(number for number in range(1, len(taken) + 2) if number not in taken)
            self._remember(numbers, identity, _code_owner(target))
        return numbers[identity]

    def _remember(self, numbers: dict[Any, int], identity: Any, owner: Any) -> None:
        """An identity is one for as long as its object lives."""

        def gone(_reference: Any) -> None:
            numbers.pop(identity, None)
            self._kept.pop(identity, None)

        try:
            self._kept[identity] = weakref.ref(owner, gone)
        except TypeError:  # it cannot be referred to weakly
            self._kept[identity] = owner


def _identity(target: Any) -> Any:
    """Tell handlers apart: closures by themselves, methods by their function (and so by their class)."""
    if isinstance(target, types.MethodType):
        return id(target.__func__)
    if (enclosed := enclosed_handler(target)) is not None:
        held = (cell.cell_contents for cell in target.__closure__)
        return (id(target.__code__), _identity(enclosed), *(_held(each) for each in held if each is not enclosed))
    if isinstance(target, functools.partial):
        named = sorted((name, id(value)) for name, value in target.keywords.items())
        return (_identity(target.func), *map(id, target.args), *named)
    if isinstance(target, (types.FunctionType, types.BuiltinFunctionType, type)):
        return id(target)
    return id(type(target))


def _held(value: Any) -> Any:
    """Return what closures hold apart: a dict made for each of them by what is in it."""
    return tuple((id(key), id(item)) for key, item in value.items()) if type(value) is dict else id(value)


def _code_owner(target: Any) -> Any:
    return target.__func__ if isinstance(target, types.MethodType) else target


def _with_arguments(described: HandlerDescription, target: Any) -> HandlerDescription:
    """Tell two partials of one function apart by what they were given, where that is short and no secret."""
    if not isinstance(target, functools.partial):
        return described
    shown = [
        f"{name}={value}"
        for name, value in target.keywords.items()
        if type(value) in (str, int, bool) and _SHOWN_ARGUMENT.fullmatch(str(value)) and not secret_kind(name)
    ]
    if not shown:
        return described
    mark = f" (partial {', '.join(shown)})"

    def marked(text: str) -> str:
        return text.removesuffix(" (partial)") + mark

    return dataclasses.replace(
        described, key=marked(described.key), label=marked(described.label), method=marked(described.method)
    )
