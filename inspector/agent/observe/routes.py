"""Which handler a call is of: from the code that runs to the subscription, by what its frame holds.

One function may be many handlers: the method of two instances, ten closures of one inner function, partials with other
arguments. A frame tells them apart by its owner (the first argument), by what its closure holds, by bound arguments.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..handlers import Handler

if TYPE_CHECKING:
    from ...core.description import HandlerDescription
    from ..tap.tap import Tap

_VARARGS: Final = 0x04
_VARKEYWORDS: Final = 0x08
_COROUTINE: Final = 0x80
_LAYERS: Final = 16


def arguments_of(code: types.CodeType, held: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call that has just begun, as they were given by position and by name."""
    names = code.co_varnames
    count = code.co_argcount
    args = tuple([held[name] for name in names[:count] if name in held])
    only = count + code.co_kwonlyargcount
    kwargs = {name: held[name] for name in names[count:only] if name in held}
    if code.co_flags & _VARARGS:
        args += tuple(held.get(names[only], ()))
        only += 1
    if code.co_flags & _VARKEYWORDS:
        kwargs.update(held.get(names[only], {}))
    return args, kwargs


class Held:
    """A value that is recognised again by its identity, and not kept alive where that can be helped.

    Attributes:
        get: Returns the value; None when it is gone.
        weak: It is not kept alive.
    """

    __slots__ = ("get", "weak")

    def __init__(self, value: Any) -> None:
        self.weak = True
        try:
            self.get: Callable[[], Any] = weakref.ref(value)
        except TypeError:  # it cannot be referred to weakly
            self.get, self.weak = lambda: value, False

    def is_it(self, value: Any) -> bool:
        """Return whether this is the value."""
        return self.get() is value and not (value is None and self.weak)

    @property
    def gone(self) -> bool:
        """Nobody has it any more."""
        return self.weak and self.get() is None


class Needs:
    """What has to stand in a frame so that the call is of one callable and no other of the same code.

    Args:
        function: The function whose code runs.
        owner: What the first argument has to be; None for any.
        instance_of: The class that the first argument has to be an instance of; None for any.
        bound: Bound positional arguments, after the owner.
        named: Bound arguments by name.
    """

    __slots__ = ("made", "owner", "owner_name", "variables")

    def __init__(
        self,
        function: types.FunctionType,
        owner: Any = None,
        instance_of: type[Any] | None = None,
        bound: tuple[Any, ...] = (),
        named: Mapping[str, Any] | None = None,
    ) -> None:
        code = function.__code__
        names = code.co_varnames[: code.co_argcount]
        self.owner_name = names[0] if names and (owner is not None or instance_of is not None) else ""
        self.owner = None if owner is None else Held(owner)
        self.made = instance_of
        first = 1 if self.owner_name else 0
        closure = [
            (name, cell.cell_contents)
            for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False)
            if _filled(cell) and name != "__class__"
        ]
        arguments = [(name, value) for name, value in (named or {}).items() if name in code.co_varnames]
        positions = zip(names[first:], bound, strict=False)
        self.variables = [(name, Held(value)) for name, value in (*positions, *arguments, *closure)]

    @property
    def holds(self) -> list[tuple[str, Held]]:
        """By name what variables hold, the owner first."""
        return self.variables if self.owner is None else [(self.owner_name, self.owner), *self.variables]

    @property
    def gone(self) -> bool:
        """No call will ever fit again."""
        return any(value.gone for _, value in self.holds)

    @property
    def anything(self) -> bool:
        """Every call of the code fits."""
        return not (self.owner_name or self.owner or self.variables)

    def is_owner(self, value: Any) -> bool:
        """Return whether a first argument is whose method it is, and nothing that it is called with."""
        if self.owner is not None:
            return self.owner.is_it(value)
        return self.made is not None and issubclass(type(value), self.made)

    def fit(self, held: Mapping[str, Any], args: tuple[Any, ...]) -> bool:
        """Return whether a frame with these variables, called with these arguments, is of the callable."""
        owner = held.get(self.owner_name) if self.owner_name else args[0] if args else None
        if self.owner is not None and not self.owner.is_it(owner):
            return False
        if self.made is not None and not issubclass(type(owner), self.made):
            return False
        return not self.variables or all(value.is_it(held.get(name)) for name, value in self.variables)


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where there is nothing
    except ValueError:
        return False
    return True


def identity_of(target: Any) -> tuple[int, ...]:
    """Return what tells a subscription's callable from others, for as long as it lives."""
    handler = Handler(target)
    bound, named = handler.bound
    function = handler.outermost or handler.function
    cells = [id(cell.cell_contents) for cell in getattr(function, "__closure__", None) or () if _filled(cell)]
    return (id(function), id(handler.instance), *map(id, bound), *map(id, named.values()), *cells)


class Body:
    """The function that a handler's author wrote, and how the calls of one target are told from others'.

    Attributes:
        code: Its code.
        needs: What its frames hold.
        others: Code and needs of functions of which one is called in its stead, by the class of the event.
        wrappers: Code and needs of what is called in its place and calls it: decorators, closures; outermost first.
    """

    __slots__ = ("code", "needs", "others", "wrappers")

    def __init__(
        self,
        code: types.CodeType,
        needs: Needs,
        wrappers: list[tuple[types.CodeType, Needs]],
        others: list[tuple[types.CodeType, Needs]],
    ) -> None:
        self.code = code
        self.needs = needs
        self.wrappers = wrappers
        self.others = others


def body_of(target: Any) -> Body | None:
    """Return what is written for a handler; None where there is no Python code of it."""
    wrappers: list[tuple[types.CodeType, Needs]] = []
    handler = Handler(target)
    for _ in range(_LAYERS):
        function, outer = handler.function, handler.outermost
        if outer is not None and outer is not function:
            wrappers.append((outer.__code__, needs_of(handler, outer)))
        inside = handler.enclosed
        if inside is None:
            break
        if outer is not None and outer is function:
            wrappers.append((outer.__code__, needs_of(handler, outer)))
        handler = inside
    if not isinstance(function, types.FunctionType):
        return None
    others = [
        (other.__code__, needs_of(handler, other)) for other in dispatched(handler.outermost) if other is not function
    ]
    return Body(function.__code__, needs_of(handler, function), wrappers, others)


def dispatched(function: Any) -> list[types.FunctionType]:
    """Return the functions of which ``singledispatch`` calls one, by the class of the first argument."""
    registry = getattr(function, "registry", None)
    if not isinstance(registry, types.MappingProxyType):
        return []
    functions = [Handler(value).function for value in registry.values()]
    return [value for value in functions if isinstance(value, types.FunctionType)]


def needs_of(handler: Handler, function: types.FunctionType) -> Needs:
    """Return what a frame of this function of the handler's holds."""
    bound, named = handler.bound
    if isinstance(handler.target, type):  # one is made of it for each event
        return Needs(function, instance_of=handler.target, bound=bound, named=named)
    return Needs(function, owner=handler.instance if handler.is_given_to(function) else None, bound=bound, named=named)


class WatchedHandler:
    """One handler of one bus.

    Attributes:
        tap: Who is told of it.
        bus: Whose it is.
        pattern: What it is subscribed to.
        description: What it is called.
        needs: Which calls of the code are its.
        body: What is written for it.
    """

    __slots__ = ("_function", "body", "bus", "description", "pattern", "tap")

    def __init__(
        self, tap: Tap, bus: Any, pattern: Any, description: HandlerDescription, body: Body, target: Any
    ) -> None:
        handler = Handler(target)
        self._function = Held(handler.outermost or handler.function)
        self.tap = tap
        self.bus = bus
        self.pattern = pattern
        self.description = description
        self.body = body

    @property
    def gone(self) -> bool:
        """Nobody has it any more; another may be at its place in memory."""
        return self._function.gone or self.body.needs.gone
