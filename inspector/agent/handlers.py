"""Handlers: which function runs, whose it is, what it is called, and how two of one function are told apart."""

from __future__ import annotations

import dataclasses
import dis
import functools
import inspect
import re
import types
import weakref
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from ..core.bus.identity import (
    bound_to,
    called_function,
    describe_handler,
    enclosed_handler,
    function_of,
    generator_of,
    owner_and_function,
    plain_function,
    signature_of,
    undecorated,
    without_arguments,
)
from ..core.redact.names import secret_kind
from ..core.values.looking import is_a
from .reading.targets import is_async, run_by
from .tap.stand_ins import original

if TYPE_CHECKING:
    from ..core.description import HandlerDescription

#: Instructions that do nothing of what is written.
_NOTHING: Final = ("RESUME", "COPY_FREE_VARS", "PUSH_NULL", "PRECALL", "CACHE", "NOP")
_SHOWN_ARGUMENT: Final = re.compile(r"[\w.-]{1,24}")


class Handler:
    """What a bus runs, unwrapped once; everything is found out when it is asked for, and nothing of it is called.

    Args:
        target: What stands in the container of the bus: a callable, an object with a method like ``handle``, a class
            of which one is made, or the stand-in that is in its place.

    Attributes:
        target: The same without a stand-in of ours.
    """

    def __init__(self, target: Any) -> None:
        self.target = original(target)

    @functools.cached_property
    def called(self) -> Any:
        """What the bus calls: the target, the method of an object, the method of what a class makes."""
        return run_by(self.target)

    @functools.cached_property
    def function(self) -> Any:
        """The function that is written for it, below partials, methods, objects and decorators."""
        return function_of(self.called)

    @property
    def code(self) -> types.CodeType | None:
        """The code of the function; None when it is no Python function."""
        code = getattr(self.function, "__code__", None)
        return code if isinstance(code, types.CodeType) else None

    @property
    def scope(self) -> dict[str, Any]:
        """The globals of the function; empty when it is no Python function."""
        scope = getattr(self.function, "__globals__", None)
        return scope if isinstance(scope, dict) else {}

    @property
    def owner(self) -> type[Any] | None:
        """The class whose method it is, ``__call__`` among them; None of a function or a class."""
        owner, function = owner_and_function(without_arguments(self.called))
        return owner if function is not None else None

    @property
    def method(self) -> str:
        """The name of the method, empty without an owner."""
        owner, function = owner_and_function(without_arguments(self.called))
        return "" if owner is None or function is None else getattr(function, "__name__", "")

    @property
    def parameters(self) -> list[inspect.Parameter] | None:
        """What a call takes; None when it cannot be known: built in, or a stranger's ``__signature__``."""
        try:
            return list(signature_of(self.called).parameters.values())
        except Exception:  # noqa: BLE001 - __signature__ and __text_signature__ may raise anything
            return None

    @property
    def asynchronous(self) -> bool:
        """Calling it gives a coroutine; False for a plain function around one: it may run it."""
        return is_async(self.called)

    @property
    def gives_coroutine(self) -> bool:
        """What a call gives back is a coroutine: of a lambda, where all that it does is to call what gives one."""
        if self.asynchronous or not is_a(self.called, types.FunctionType) or self.called.__name__ != "<lambda>":
            return self.asynchronous
        steps = [step for step in dis.get_instructions(self.called.__code__) if step.opname not in _NOTHING]
        held = {**self.scope, **inspect.getclosurevars(self.called).nonlocals}
        last = [step.opname.partition("_")[0] for step in steps[-2:]]
        return last == ["CALL", "RETURN"] and bool(steps) and is_async(held.get(str(steps[0].argval)))

    @property
    def enclosed(self) -> Handler | None:
        """The handler that this one, a closure, is only there to call."""
        inside = enclosed_handler(self.called)
        return None if inside is None else Handler(inside)

    @property
    def outermost(self) -> Any:
        """The function that a call begins in, decorators included; None of what has no Python function."""
        function = called_function(self.called)
        return function if isinstance(function, types.FunctionType) else None

    @property
    def bound(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments that partials add to a call, by position and by name."""
        args: tuple[Any, ...] = ()
        named: dict[str, Any] = {}
        called = self.called
        while is_a(called, functools.partial):
            args, named = (*called.args, *args), {**called.keywords, **named}
            called = called.func
        return args, named

    @property
    def instance(self) -> Any:
        """What the first argument of a call is: what a method is bound to, a callable object; None of a function."""
        called = without_arguments(self.called)
        if is_a(called, (types.FunctionType, types.BuiltinFunctionType, type)):
            return None
        return bound_to(called) if is_a(called, types.MethodType) else called

    def is_given_to(self, function: types.FunctionType) -> bool:
        """Return whether a function's first argument is the instance: not where that stands in the function's place."""
        called = without_arguments(self.called)
        if is_a(called, types.MethodType):
            return True
        call = plain_function(inspect.getattr_static(type(called), "__call__", None))
        return function in (call, undecorated(call))

    @functools.cached_property
    def description(self) -> HandlerDescription:
        """Label, key and place; two of one function may share them (see ``Handlers``)."""
        return _with_arguments(describe_handler(self.called), self.target)


class Handlers:
    """Describes handlers; two that would have one key (closures of one function, say) get numbers.

    A number is free again when its handler is gone: nobody is kept alive by having been described.
    """

    def __init__(self) -> None:
        #: By key the numbers of handlers, and whose they are.
        self._numbers: dict[str, tuple[dict[Any, int], dict[int, Any]]] = {}
        self._kept: dict[Any, Any] = {}

    def describe(self, target: Any) -> HandlerDescription:
        """Describe what a bus runs: unwrapped from partial, decorator, reference and record."""
        handler = Handler(target)
        described = handler.description
        number = self._number(described.key, handler.called)
        if number == 1:
            return described
        mark = f" #{number}"
        return dataclasses.replace(
            described, key=described.key + mark, label=described.label + mark, method=described.method + mark
        )

    def _number(self, key: str, target: Any) -> int:
        (numbers, taken), identity = self._numbers.setdefault(key, ({}, {})), _identity(target)
        number = numbers.get(identity)
        if number is None:
            # Another thread may ask just now: a number is taken by who comes first, and one handler takes one.
            number = next(number for number in count(1) if taken.setdefault(number, identity) == identity)
            numbers[identity] = number
            generator = generator_of(target)
            self._remember(numbers, taken, identity, plain_function(target) if generator is None else generator)
        return number

    def _remember(self, numbers: dict[Any, int], taken: dict[int, Any], identity: Any, owner: Any) -> None:
        """Forget an identity with its object: it is one for as long as that lives."""

        def gone(_reference: Any) -> None:
            taken.pop(numbers.pop(identity, 0), None)
            self._kept.pop(identity, None)

        try:
            self._kept[identity] = weakref.ref(owner, gone)
        except TypeError:  # it cannot be referred to weakly
            self._kept[identity] = owner


def _identity(target: Any) -> Any:
    """Return a key that tells handlers apart: closures are themselves, methods their function (and so their class)."""
    if is_a(target, types.MethodType):
        return id(plain_function(target))
    if (generator := generator_of(target)) is not None:
        return id(generator)
    if (enclosed := enclosed_handler(target)) is not None:
        held = (cell.cell_contents for cell in target.__closure__)
        return (id(target.__code__), _identity(enclosed), *(_held(value) for value in held if value is not enclosed))
    if is_a(target, functools.partial):
        named = sorted((name, id(value)) for name, value in target.keywords.items())
        return (_identity(target.func), *map(id, target.args), *named)
    if is_a(target, (types.FunctionType, types.BuiltinFunctionType, type)):
        return id(target)
    return id(type(target))


def _held(value: Any) -> Any:
    """Return what closures hold apart: a dict made for each of them by what is in it."""
    return tuple((id(key), id(item)) for key, item in value.items()) if type(value) is dict else id(value)


def _with_arguments(described: HandlerDescription, target: Any) -> HandlerDescription:
    """Add the bound arguments of a partial to its label, where they are short and no secret."""
    if not is_a(target, functools.partial):
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
