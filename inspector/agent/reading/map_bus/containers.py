"""Containers of handlers: where a bus could have them, what stands in one, for which event, and how the bus runs it."""

from __future__ import annotations

import enum
import inspect
import re
import sys
import types
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final
from weakref import WeakSet

from ....core.bus.identity import bound_to, plain_function
from ....core.errors import UsageError
from ....core.own_code import is_own_class, is_standard
from ....core.spec import (
    BY_BASE,
    BY_CLASS,
    BY_HANDLER,
    BY_NAME,
    BY_NOTHING,
    CALLED,
    RUN_BY,
    holds_of,
    keyed_by_of,
)
from ....core.values.looking import attributes, is_a, pretends
from ...tap.stand_ins import original
from ..targets import (
    NOT_SAID,
    Expression,
    TopicPattern,
    entries,
    handler_at,
    is_run_by,
    key_patterns,
    keyed_by_handler,
    kind_of,
    leaves,
    name_of_run,
    named_methods,
    path_in,
    run_for_each,
)
from .code import keeps, only_hands_on
from .flows import Flows, flow_of
from .members import CODE, functions_of, own_names, values_of
from .topics import is_tree, topics_in

#: Parts of a topic that stand for any, or for all that follow.
_OPEN: Final = frozenset("+#")
#: Kinds of containers without keys.
_FLAT: Final = ("list", "set", "frozenset", "tuple", "weakset")

#: By class and method: whether an object only hands on, and the containers in which it looks for what to run, with the
#: methods by which that is run.
_INNER: dict[Any, tuple[bool, dict[str, tuple[str, ...]]]] = {}


@dataclass
class HandlerMap:
    """A container of handlers.

    Attributes:
        path: How to get there from the bus: ``_handlers``; empty when it is what was given.
        owner: Who has the attribute; None when the container itself was given.
        attribute: The name there.
        given: The container, when it has no owner.
        score: Points.
        why: What they are for.
        runs: Methods by which the bus runs what stands there, or attributes in which that keeps its handlers.
        asks: What of it decides whether it is run at all: ``predicate``.
        places: Where in a tuple is what is run, where another place decides whether it is: ``1``.
        says: Attributes in which it says for which event it is.
        sorts: Its keys, where they are numbers, only say in which order it is run.
        senders: Attributes, or places in a tuple, in which it says for which sender it is.
        bus: Whose functions its handlers may be.
        read_as: How the code of the bus reads it, where that is not its path: as an attribute of a class above.
        keyed: What its keys are declared to be, of ``core.spec.KEYS_OF_CONTAINERS``; empty where nothing is declared.
        nearest: Of the classes in it that an event is of only the nearest counts.
        searches: By which method names are held against regular expressions in it.
        labels: Its keys only name what stands under them, and say nothing of an event: slices of a state.
        separator: Between which the code takes names apart, to look them up here part by part; empty where it does not.
        marks: Texts in that code; those that are keys here are no parts of names.
        whole: Methods of what stands in it are called by the whole name that is published: ``on_start``.
        own: It is none: what it would hold are methods of the bus itself.
        chooses: The code calls some of what stands there, by a condition of its own.
        unsaid: The code asks nothing of what stands there: what it is called says nothing of an event.
    """

    path: str
    owner: Any
    attribute: str
    given: Any = None
    score: int = 0
    why: str = ""
    runs: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    sorts: bool = False
    senders: tuple[str, ...] = ()
    bus: Any = None
    read_as: str = ""
    keyed: str = ""
    nearest: bool = False
    whole: bool = False
    searches: str = "match"
    labels: bool = False
    separator: str = ""
    marks: frozenset[str] = frozenset()
    own: bool = False
    chooses: bool = False
    unsaid: bool = False

    @property
    def place(self) -> str:
        """Where the code of the bus finds it, as a dotted path."""
        return self.read_as or self.path

    def declare(self, said: Mapping[str, str]) -> None:
        """Obey what is declared of it."""
        self.keyed, holds = keyed_by_of(said), holds_of(said)
        if holds:
            self.runs = () if holds == CALLED else (holds.removeprefix(RUN_BY),)

    def keyed_by(self, *, by_base: bool, named: bool) -> str:
        """Return what its keys are, of ``core.spec.KEYS_OF_CONTAINERS``.

        Args:
            by_base: A class in it stands for those below it, too.
            named: What is published has a name.
        """
        value = self.get()
        if self.keyed or kind_of(value) not in ("dict", "proxy", "weakset") or type(value) is WeakSet:
            return self.keyed or BY_NOTHING
        if keyed_by_handler(value):
            return BY_HANDLER
        if any(is_a(key, (type, tuple)) for key in value) or not (value or named):
            return BY_BASE if by_base else BY_CLASS
        pattern_of = self.pattern_of()
        return BY_NAME if not value or any(pattern_of(key) is not None for key in value) else BY_NOTHING

    def holds(self) -> str:
        """Return what it holds: ``core.spec.CALLED``, or ``RUN_BY`` with the name of a method or attribute."""
        held = list(leaves(self.get())) if self.runs else []
        runs = [name for name in self.runs if not held or any(is_run_by(item, name) for item in held)]
        return f"{RUN_BY}{runs[0]}" if runs else CALLED

    def get(self) -> Any:
        """Return the container as it is now."""
        if self.owner is None:
            return self.given
        own = getattr(self.owner, "__dict__", None)  # nearly always there
        return own[self.attribute] if own and self.attribute in own else values_of(self.owner).get(self.attribute)

    def set(self, value: Any) -> None:
        """Put another container in its place."""
        if self.owner is None:
            raise UsageError("The handlers cannot be replaced here.", "Name the object that holds them.")
        if is_a(self.owner, (type, types.ModuleType)):
            holder = _class_with(self.owner, self.attribute) if is_a(self.owner, type) else self.owner
            setattr(holder, self.attribute, value)
            return
        own = getattr(self.owner, "__dict__", None)
        if own is not None and self.attribute in own:
            own[self.attribute] = value
        elif self.attribute in attributes(self.owner):
            object.__setattr__(self.owner, self.attribute, value)
        else:
            setattr(_class_with(type(self.owner), self.attribute), self.attribute, value)

    def entries(self) -> Iterator[tuple[Any, Any]]:
        """Yield what is subscribed to, and the handler, of everything in it; those of a process manager are its own."""
        for pattern, target, inner in self._looked_into():
            if not inner:
                yield from run_for_each(target, pattern, self.bus)
            for handler_map in inner:
                yield from ((pattern if own is None else own, handler) for own, handler in handler_map.entries())

    def leaves(self) -> Iterator[HandlerMap]:
        """Yield the containers of the process managers that stand in it, or itself where there are none."""
        inner = [handler_map for _, _, several in self._looked_into() for handler_map in several] if self.runs else []
        yield from inner or [self]

    def _looked_into(self) -> Iterator[tuple[Any, Any, list[HandlerMap]]]:
        runs = (*self.runs, *self.places)
        value, depth = self.get(), 3
        unsaid = self.unsaid and not any(_is_called(item, self.runs) for item in leaves(value))
        says = self.says or ((NOT_SAID,) if self.senders or unsaid else ())
        if self.is_tree:
            every: Iterator[tuple[Any, Any]] = chain.from_iterable(
                entries(item, topic, runs=runs, says=says, named=self.named) for topic, item in self.topics()
            )
        elif self.whole:
            items = map(original, leaves(value))
            every = ((name, getattr(item, name)) for item in items for name in named_methods(type(item), 1))
        elif self.keyed in (BY_NOTHING, BY_NAME) and kind_of(value) in ("dict", "proxy"):
            pattern_of = self.pattern_of()
            held = ((pattern_of(key), item) for key, item in tuple(value.items()))
            every = chain.from_iterable(entries(item, pattern, depth, runs, says, self.named) for pattern, item in held)
        else:
            every = entries(value, runs=runs, says=says, named=self.named)
        for pattern, target in every:
            pattern = None if not self.whole and self.only_sorts(pattern) else pattern
            pattern = Expression(pattern, self.searches) if is_a(pattern, re.Pattern) else self.topic_of(pattern)
            yield pattern, target, _inner_maps(target, handlers=pattern is None) if self.runs else []

    @property
    def is_tree(self) -> bool:
        """Names are looked up in it part by part."""
        return bool(self.separator) and not self.keyed and is_tree(self.get())

    def topic_of(self, key: Any) -> Any:
        """Return a name with parts left open, ``plant/+/temp``, as the pattern that it is; another key as it is."""
        parts = key.split(self.separator) if self.separator and type(key) is str else ()
        return key if _OPEN.isdisjoint(parts) else TopicPattern(key, self.separator)

    def topics(self) -> Iterator[tuple[Any, Any]]:
        """Yield the topics in a tree that have handlers, each with the container of these."""
        return topics_in(self.get(), self.separator, self.marks)

    def named(self, value: Any) -> Any:
        """Return the handler that a text in it names: a method of the bus, something of a module; None for none."""
        if is_a(value, str) and value.isidentifier() and not is_a(self.bus, (type, types.ModuleType)):
            method = inspect.getattr_static(self.bus, value, None)
            return getattr(self.bus, value) if is_a(plain_function(method), types.FunctionType) else None
        return handler_at(value)

    def texts(self) -> dict[str, Any]:
        """Return the texts in it that name handlers, each with the handler; None where that is not loaded."""
        named: dict[str, Any] = {}

        def note(value: Any) -> Any:
            target = self.named(value)
            if target is not None or path_in(value):
                named[path_in(value) or str(value)] = target
            return target

        deque(entries(self.get(), runs=(*self.runs, *self.places), says=self.says, named=note), maxlen=0)
        return named

    def by_sender(self) -> Iterator[tuple[Any, Any]]:
        """Yield the sender that each of its entries is for, and the handler."""
        value = self.get()
        for item in tuple(value) if kind_of(value) in _FLAT else ():
            held = dict(enumerate(item)) if is_a(item, tuple) else attributes(item)
            said = {str(name): inner for name, inner in held.items()}
            sender = next((said[name] for name in self.senders if name in said), None)
            yield from ((sender, target) for _, target in entries(item, runs=self.runs, says=(NOT_SAID,)))

    def only_sorts(self, key: Any) -> bool:
        """Return whether a key says in which order its handlers are run, and nothing of an event."""
        return (self.labels or self.whole or (self.sorts and is_a(key, int))) and self.keyed != BY_NAME

    def pattern_of(self) -> Callable[[Any], Any]:
        """Return what tells of a key what the handlers under it are subscribed to; None: it does not say."""
        if self.keyed in (BY_NOTHING, BY_NAME):
            return lambda key: key if self.keyed == BY_NAME else None
        of_key = key_patterns(self.get(), None)
        return lambda key: None if self.only_sorts(key) else of_key(key)

    def listeners(self) -> list[Any]:
        """Return what stands there and is no handler, but is given what is published: queues."""
        return list(_listening(self.get(), self.runs)) if self.runs else []


def _is_called(item: Any, runs: tuple[str, ...]) -> bool:
    return any(callable(inspect.getattr_static(type(item), name, None)) for name in runs)


def _listening(value: Any, runs: tuple[str, ...], depth: int = 3) -> Iterator[Any]:
    """Yield the queues in a container, and in those in it, that are given what is published."""
    kind = kind_of(value)
    for item in tuple(value.values() if kind in ("dict", "proxy") else value if kind in _FLAT else ()):
        if depth and kind_of(item) in (*_FLAT, "dict"):
            yield from _listening(item, runs, depth - 1)
        elif is_standard(type(item).__module__) and _is_called(item, runs) and not name_of_run(item, runs):
            yield item


def _inner_maps(target: Any, *, handlers: bool) -> list[HandlerMap]:
    """Return the containers of its own in which a handler object finds what to run.

    They are those of a process manager, which looks its steps up, where it is for every event (``handlers``), and
    those of an object that does nothing but hand on: a channel, a bus behind a facade.
    """
    owner, function = bound_to(target), plain_function(target)
    if owner is None or is_a(owner, (type, types.ModuleType)) or not is_a(function, types.FunctionType):
        return []
    key = type(owner), function.__code__
    if key not in _INNER:
        flow = flow_of(function, owner)
        names = list(inspect.signature(function).parameters)[1:]
        paths = {call.container for call in flow.delivered(names) if not call.asked}
        inside = [handler_map for handler_map in possible_maps(owner) if handler_map.path in paths]
        held = {name for name, value in values_of(owner).items() if not issubclass(type(value), CODE)}
        if inside:
            Flows(owner, functions_of(owner), held).describe(inside)
        forwards = bool(inside) and only_hands_on(function)
        _INNER[key] = forwards, {handler_map.path: handler_map.runs for handler_map in inside}
    forwards, runs = _INNER[key]
    if not runs or not (handlers or forwards):
        return []
    maps = [handler_map for handler_map in possible_maps(owner) if handler_map.path in runs]
    maps = [handler_map for handler_map in maps if forwards or kind_of(handler_map.get()) in ("dict", "proxy")]
    for handler_map in maps if forwards else ():
        handler_map.runs, handler_map.bus = runs[handler_map.path], owner
    return maps


def _class_with(cls: type[Any], name: str) -> type[Any]:
    return next((base for base in cls.__mro__ if name in vars(base)), cls)


def possible_maps(value: Any) -> Iterator[HandlerMap]:
    """Yield what could be a handler map: containers that the bus has, or a helper object of its own."""
    held = values_of(value)
    for name in sorted(held, key=lambda name: type(held[name]) is type(value)):  # those of another bus are asked later
        inner = held[name]
        if name.startswith("__"):
            continue
        if kind_of(inner) in ("dict", "proxy", "list", "set", "weakset", "tuple", "frozenset"):
            yield HandlerMap(name, value, name)
        elif is_a(value, types.ModuleType):
            if is_a(inner, type) and inner.__module__ == value.__name__:  # where its subclasses are entered
                yield from (
                    HandlerMap(f"{name}.{deeper}", inner, deeper)
                    for deeper, held in vars(inner).items()
                    if not deeper.startswith("__") and kind_of(held) in ("dict", "list", "set")
                )
        elif _is_helper(inner) and inner is not value:
            yield from _of_helper(name, inner, (value,))
    if not is_a(value, types.ModuleType):
        yield from _beside(value)


def _of_helper(path: str, helper: Any, way: tuple[Any, ...]) -> Iterator[HandlerMap]:
    """Yield the containers of an object that a bus has; and those of further buses of its class: a parent's parent."""
    held = attributes(helper)
    for name in sorted(held, key=lambda name: type(held[name]) is type(helper)):
        inner = held[name]
        if kind_of(inner) in ("dict", "list", "set", "weakset"):
            yield HandlerMap(f"{path}.{name}", helper, name)
        elif type(inner) is type(helper) is type(way[0]) and not any(inner is passed for passed in (*way, helper)):
            yield from _of_helper(f"{path}.{name}", inner, (*way, helper))


#: By class the names of the globals that its methods use, each with the module.
_USED: dict[type[Any], list[tuple[str, types.ModuleType]]] = {}


def _globals_used(cls: type[Any]) -> list[tuple[str, types.ModuleType]]:
    if cls not in _USED:
        used: dict[tuple[str, str], None] = {}
        for function in functions_of(cls).values() if is_own_class(cls) else ():
            used.update(dict.fromkeys((name, function.__module__) for name in own_names(function)))
        _USED[cls] = [(name, sys.modules[module]) for name, module in used if module in sys.modules]
    return _USED[cls]


def _beside(value: Any) -> Iterator[HandlerMap]:
    """Yield the containers that the program keeps beside a bus: globals that its methods use, or what these hold."""
    own = values_of(value)
    for name, module in _globals_used(value if is_a(value, type) else type(value)):
        inner = vars(module).get(name)
        if name in own or inner is value or inner is type(value) or not keeps(inner):
            continue
        if kind_of(inner) in ("dict", "proxy", "list", "set"):
            yield HandlerMap(name, module, name)
            continue
        for deeper, held in (vars(inner) if is_a(inner, type) else attributes(inner)).items():
            if not deeper.startswith("__") and kind_of(held) in ("dict", "list", "set", "weakset"):
                yield HandlerMap(f"{name}.{deeper}", inner, deeper)


def overridden(value: Any) -> list[HandlerMap]:
    """Return the containers that classes have under a name which a class below, or the bus, has too."""
    nearer = set() if is_a(value, type) else set(attributes(value))
    maps = []
    for base in (value if is_a(value, type) else type(value)).__mro__[:-1]:
        held = {name: inner for name, inner in vars(base).items() if not name.startswith("__")}
        maps += [
            HandlerMap(f"{base.__name__}.{name}", base, name, read_as=name)
            for name, inner in held.items()
            if name in nearer and kind_of(inner) in ("dict", "proxy", "list", "set")
        ]
        nearer.update(held)
    return maps


def containers_of(value: Any) -> dict[str, Any]:
    """Return the containers that a bus has, its classes have, or that lie beside it, by the paths to them."""
    if kind_of(value) in ("dict", "proxy", "list", "set"):
        return {}
    every = [*possible_maps(value), *([] if is_a(value, types.ModuleType) else overridden(value))]
    return {handler_map.path: handler_map.get() for handler_map in every}


def _is_helper(value: Any) -> bool:
    if is_a(value, (type, types.ModuleType, types.FunctionType, types.MethodType, property, enum.Enum)):
        return False
    if pretends(value) or is_a(value, (str, bytes, int, float)):
        return False
    return not is_standard(getattr(type(value), "__module__", ""))
