"""What stands in a container of handlers: which kind of thing it is, and the handler behind it.

A target may be a function, a bound method, a partial, a lambda, a callable object, a weak reference, an object with a
method like ``handle``, or a record or tuple that holds one of them.
"""

from __future__ import annotations

import asyncio
import enum
import functools
import inspect
import re
import sys
import types
import typing
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from ...core.bus.identity import bound_to, called_function, plain_function
from ...core.own_code import is_standard
from ...core.topics import fits_topic
from ...core.values.looking import attributes, class_has, is_a, is_routine, pretends, variables_of
from ..tap.stand_ins import HANDLE_METHODS, is_stand_in, original

#: Where a record keeps its handler; the first that is there counts.
RECORD_FIELDS: Final = (
    *("handler", "callback", "listener", "subscriber", "receiver", "func", "function", "fn", "target", "consumer"),
    *("method", "action", "hook", "cb", "fun", "observer", "callable", "call", "reference", "ref"),
)
#: Where a record keeps what it is subscribed to.
PATTERN_FIELDS: Final = (
    *("event_type", "event_class", "event", "event_name", "message_type", "type", "topic", "pattern", "name", "key"),
    *("event_types", "event_classes", "events", "event_names", "message_types", "types", "topics", "patterns", "names"),
)
#: Says that a handler is subscribed to everything, where None already means that nothing is said.
WILDCARD: Final = "*"
#: No attribute: nothing of an entry says for which event it is.
NOT_SAID: Final = "-"
#: A key that was made up: ``4950828bc2046e1``, ``sub-17``, a UUID.
_TOKEN: Final = re.compile(r"(\w+[-_:])?(\d+|[0-9a-f]{8,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
#: How methods begin that a bus finds by the name of the event.
METHOD_PREFIXES: Final = ("handle_", "on_", "when_")
_PLAIN: Final = (str, bytes, int, float, bool, type(None), enum.Enum, types.ModuleType)
_FUNCTIONS: Final = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    functools.partial,
)
_METHODS: Final = (types.FunctionType, staticmethod, functools.singledispatchmethod)
#: What is started once and then given what is published, and by which method.
_SENDING: Final = (
    (types.GeneratorType, "send"),
    (types.CoroutineType, "send"),
    (types.AsyncGeneratorType, "asend"),
)
#: Where something is imported from: ``shop.stock:restock``, ``shop.stock.Stock.restock``.
_IMPORT_PATH: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(:[^\W\d]\w*|\.[^\W\d]\w*)(\.[^\W\d]\w*)*")
#: Attributes by which an object says that calling it gives a coroutine.
_MARKS: Final = frozenset({"_is_coroutine", "_is_coroutine_mark", "_is_coroutine_marker"})


class TopicPattern(str):
    """A pattern of topics, ``plant/+/temp``, which is matched part by part."""

    __slots__ = ("separator",)
    separator: str

    def __new__(cls, text: str, separator: str) -> TopicPattern:  # noqa: D102 - a text, and its separator
        pattern = super().__new__(cls, text)
        pattern.separator = separator
        return pattern

    def fits(self, name: str) -> bool:
        """Return whether a topic fits it."""
        return fits_topic(name, self, self.separator)


class Expression(str):
    """A pattern of names that is a regular expression."""

    __slots__ = ("_find",)
    _find: Callable[[str], Any]

    def __new__(cls, pattern: re.Pattern[str], searches: str) -> Expression:  # noqa: D102 - as above
        expression = super().__new__(cls, pattern.pattern)
        expression._find = getattr(pattern, searches)
        return expression

    def fits(self, name: str) -> bool:
        """Return whether a name fits it."""
        return self._find(name) is not None


def is_glob(pattern: Any) -> bool:
    """Return whether a name is a pattern of names (``order.*``)."""
    return is_a(pattern, (TopicPattern, Expression)) or (is_a(pattern, str) and any(mark in pattern for mark in "*?"))


def fits_glob(name: str, pattern: str) -> bool:
    """Return whether a name fits a pattern of names."""
    return pattern.fits(name) if isinstance(pattern, (TopicPattern, Expression)) else fnmatchcase(name, pattern)


def member_text(member: enum.Enum) -> str:
    """Return the name that a member of an enum stands for: its value where that is a text, else its own name."""
    value = member.value
    return value if is_a(value, str) and value else member.name


def key_name(key: Any) -> str:
    """Return the name that a key stands for: a text, that of an enum's member, a whole number; empty for others."""
    if is_a(key, enum.Enum):
        return member_text(key)
    return str(key) if is_a(key, (str, int)) and not is_a(key, bool) else ""


def each_of(pattern: Any) -> tuple[Any, ...]:
    """Return what a pattern stands for, one by one: ``(Placed, Paid)`` and ``Placed | Paid`` are two."""
    return pattern if is_a(pattern, tuple) else (pattern,)


def kind_of(value: Any) -> str:
    """Return what a value is among handlers.

    Returns:
        ``handler`` (call it), ``object`` (call its ``handle``), ``methods`` (call the one named for the event),
        ``reference`` (call it to get the handler), ``record`` (look inside), ``list``, ``dict``, ``tuple``, ``set``,
        ``frozenset``, or empty: none of these.
    """
    value = original(value)
    if is_a(value, _PLAIN):
        return ""
    if is_a(value, weakref.ref):
        return "reference"
    for kinds, name in (
        ((list, deque), "list"),
        (dict, "dict"),
        ((types.MappingProxyType, weakref.WeakValueDictionary), "proxy"),
        (tuple, "tuple"),
        (set, "set"),
        (frozenset, "frozenset"),
        ((weakref.WeakSet, weakref.WeakKeyDictionary), "weakset"),
    ):
        if is_a(value, kinds):
            return name
    if is_a(value, _FUNCTIONS):
        return "handler"
    if is_a(value, type):
        return "handler" if run_method(value) else ""
    if record_field(value):
        return "record"
    if callable(value):
        return "handler"
    if any(_has_method(type(value), name) for name in HANDLE_METHODS):
        return "object"
    return "methods" if named_methods(type(value)) else ""


class MethodName(str):
    """A pattern: the end of the name of a method, ``order_placed`` of ``handle_order_placed``."""

    __slots__ = ()

    @property
    def plain(self) -> str:
        """It, written like the name of any method."""
        return _plain_name(self)

    @property
    def fitting(self) -> tuple[str, str, str]:
        """The ends of the names of methods to which an event of this name goes."""
        return self.plain, self.plain.removesuffix("_event"), self.plain.replace("_", "")

    def fits(self, name: str) -> bool:
        """Return whether an event of this name goes to the method."""
        return self.plain in MethodName(name).fitting


def _plain_name(name: str) -> str:
    """Write ``OrderPlaced``, ``order.placed`` and ``order-placed`` alike."""
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)).lower()


def named_methods(cls: type[Any], least: int = 2) -> dict[str, MethodName]:
    """Return the methods of a class that are named for an event, with the event's part of their names.

    Args:
        cls: A class.
        least: How many parameters they have at least.
    """
    methods: dict[str, MethodName] = {}
    for base in cls.__mro__[:-1]:
        for name, value in vars(base).items():
            prefix = next((start for start in METHOD_PREFIXES if name.startswith(start)), "")
            if prefix and is_a(value, types.FunctionType) and value.__code__.co_argcount >= least:
                methods.setdefault(name, MethodName(name[len(prefix) :]))
    return methods


def run_method(cls: type[Any]) -> str:
    """Return the name of the method by which a bus runs what it makes of a class; empty where it is no handler's."""
    if any(_has_method(cls, name) for name in HANDLE_METHODS[:3]):
        return next(name for name in HANDLE_METHODS if _has_method(cls, name))
    called = next((vars(base)["__call__"] for base in cls.__mro__ if "__call__" in vars(base)), None)
    return "__call__" if is_a(called, types.FunctionType) and called.__code__.co_argcount > 1 else ""


def run_by(target: Any) -> Any:
    """Return what a bus calls to run a target: itself, the method of an object, the method of what a class makes."""
    target = original(target)
    if is_a(target, type) and kind_of(target) == "handler":
        function = inspect.getattr_static(target, run_method(target))
        return types.MethodType(plain_function(function), target)  # its signature: without ``self``
    if kind_of(target) == "object":
        return getattr(target, next(name for name in HANDLE_METHODS if _has_method(type(target), name)))
    return target


def run_for(target: Any, pattern: Any, bus: Any = None) -> Any:
    """Return what runs for an event: the implementation for its class, the method of the bus; a stand-in as it is."""
    if is_stand_in(target):
        return target
    if not is_a(target, types.FunctionType):
        return target
    of_object = bus is not None and not is_a(bus, (type, types.ModuleType))
    if of_object and any(target is member for base in type(bus).__mro__ for member in vars(base).values()):
        return types.MethodType(target, bus)  # kept by its class, and called with the bus before all else
    generic = bound_to(getattr(target, "register", None))
    if not is_a(generic, functools.singledispatchmethod) or not is_a(pattern, type):
        return target
    owner = inspect.getclosurevars(target).nonlocals.get("obj")
    implementation = generic.dispatcher.dispatch(pattern)
    return types.MethodType(plain_function(implementation), owner) if owner is not None else target


def run_for_each(target: Any, pattern: Any, bus: Any = None) -> Iterator[tuple[Any, Any]]:
    """Yield pattern and what runs for it: of a ``singledispatchmethod`` for every event one for each class it knows."""
    generic = bound_to(getattr(target, "register", None)) if is_a(target, types.FunctionType) else None
    classes = list(generic.dispatcher.registry) if is_a(generic, functools.singledispatchmethod) else []
    apart = [cls for cls in classes if pattern is None and cls is not object]
    yield from ((cls, run_for(target, cls, bus)) for cls in apart or [pattern])


def dead_references(value: Any, pattern: Any = None, depth: int = 4) -> Iterator[Any]:
    """Yield what each weak reference whose handler is gone was subscribed to."""
    kind = kind_of(value)
    if kind == "reference" and value() is None:
        yield pattern
    elif depth and kind in ("dict", "proxy"):
        pattern_of = key_patterns(value, pattern)
        for key, item in tuple(value.items()):
            yield from dead_references(item, pattern_of(key), depth - 1)
    elif depth and kind in ("list", "tuple", "set", "frozenset"):
        for item in tuple(value):
            yield from dead_references(item, pattern, depth - 1)
    elif kind == "record":
        yield from dead_references(attributes(value)[record_field(value)], pattern_in(value), 0)


def _has_method(cls: type[Any], name: str) -> bool:
    """Return whether instances have a method that somebody wrote (every class can be called, by its metaclass)."""
    return any(is_a(vars(base).get(name), _METHODS) for base in cls.__mro__)


def record_field(value: Any, runs: Sequence[str] = ()) -> str:
    """Return the attribute in which a record keeps its handler, that which the bus runs; empty: it is no record."""
    if pretends(value):  # what it holds is how it sets itself up
        return ""
    held = attributes(value)
    for name in (*runs, *RECORD_FIELDS):
        for spelled in (name, f"_{name}"):
            if spelled in held and kind_of(held[spelled]) in ("handler", "object", "reference"):
                return spelled
    if callable(value):
        return ""
    names = [name for name, inner in held.items() if is_a(original(inner), _FUNCTIONS)]
    return names[0] if len(names) == 1 else ""


def leaves(value: Any, depth: int = 4) -> Iterator[Any]:
    """Yield what stands in a container, and in those in it; of weak references what they are for."""
    kind = kind_of(value)
    if kind == "reference":
        value = value()
    if kind in ("dict", "proxy", "list", "tuple", "set", "frozenset", "weakset") and depth:
        for item in tuple(value.values() if kind in ("dict", "proxy") else value):
            yield from leaves(item, depth - 1)
    elif value is not None:
        yield value


def is_run_by(value: Any, name: str) -> bool:
    """Return whether what stands in a container has this method, or keeps what runs under this name."""
    return bool(name_of_run(value, (name,))) or record_field(value, (name,)) in (name, f"_{name}")


def keyed_by_handler(value: Mapping[Any, Any]) -> bool:
    """Return whether the keys of a dict are the handlers."""
    if type(value) is weakref.WeakKeyDictionary:
        return True
    keys = [original(key) for key in value]
    return bool(keys) and all(
        is_a(key, (*_FUNCTIONS, weakref.ref)) or (kind_of(key) == "handler" and not is_a(key, type)) for key in keys
    )


def path_in(value: Any) -> str:
    """Return the import path by which a value names a handler: a text, an entry point; empty where it names none."""
    if type(value).__name__ == "EntryPoint" and type(value).__module__.startswith("importlib"):
        value = attributes(value).get("value")
    text = value.partition("[")[0].strip() if is_a(value, str) and not is_a(value, enum.Enum) else ""
    return text if _IMPORT_PATH.fullmatch(text) else ""


def handler_at(value: Any) -> Any:
    """Return the handler that an import path names, of a module that is loaded; None where there is none."""
    module, colon, name = path_in(value).partition(":")
    places = [(module, name)] if colon else [(module[:dot], module[dot + 1 :]) for dot in _dots(module)]
    for place, path in places:
        target: Any = sys.modules.get(place)
        for step in path.split(".") if target is not None else ():
            target = variables_of(target).get(step) if is_a(target, types.ModuleType) else _member(target, step)
        if target is not None:
            return target if kind_of(target) in ("handler", "object") else None
    return None


def _dots(path: str) -> list[int]:
    return [place for place, mark in enumerate(path) if mark == "."][::-1]


def _member(owner: Any, name: str) -> Any:
    """Return an attribute of a class, or of an object, as ``getattr`` gives it, unless that runs its code."""
    member = inspect.getattr_static(owner, name, None)
    return getattr(owner, name) if is_a(member, (types.FunctionType, staticmethod, classmethod)) else None


def entries(
    value: Any,
    pattern: Any = None,
    depth: int = 4,
    runs: Sequence[str] = (),
    says: Sequence[str] = (),
    named: Callable[[Any], Any] = handler_at,
) -> Iterator[tuple[Any, Any]]:
    """Yield every handler in a value with what it is subscribed to, in order.

    Args:
        value: A container, or what stands in one.
        pattern: What it is subscribed to, as far as that is known.
        depth: How many containers inside each other are looked into.
        runs: Methods by which the bus is known to run what stands there, or attributes that hold its handlers.
        says: Attributes in which what stands there says for which event it is.
        named: Returns the handler that a text or entry point in a list or dict names; None where it names none.

    Yields:
        The pattern (a class or a name; None for all) and the handler, or the stand-in that is in its place.
    """
    kind = kind_of(value)
    if runs and not kind and not is_a(value, _PLAIN) and record_field(value, runs):
        kind = "record"
    run = _run_by_bus(value, runs) if runs and kind in ("handler", "object", "methods", "record", "") else None
    holder = container_in(value, runs) if runs and depth and run is None else ""
    if run is not None:
        inner = pattern if pattern is not None else pattern_in(value, says)
        yield from ((single, run) for single in each_of(inner))
    elif holder:
        inner = pattern if pattern is not None else pattern_in(value, says)
        yield from entries(attributes(value)[holder], inner, depth - 1, runs, says, named)
    elif kind in ("handler", "object"):
        yield from ((single, value) for single in each_of(pattern))
    elif kind == "methods":
        for name, said in named_methods(type(original(value))).items():
            if pattern is None or (said.fits(pattern.__name__ if is_a(pattern, type) else str(pattern))):
                yield said if pattern is None else pattern, getattr(original(value), name)
    elif kind == "reference":
        target = value()
        if target is not None:
            yield from entries(target, pattern, depth, runs, says)
    elif not kind:
        target = named(value)
        yield from ((single, target) for single in each_of(pattern) if target is not None)
    elif not depth:
        return
    elif kind == "record":
        inner = pattern if pattern is not None else pattern_in(value, says)
        yield from entries(attributes(value)[record_field(value, runs)], inner, depth)
    elif kind in ("dict", "proxy") and not keyed_by_handler(value):
        pattern_of, named = key_patterns(value, pattern), _only_names(value.values(), named)
        for key, item in tuple(value.items()):
            yield from entries(item, pattern_of(key), depth - 1, runs, says, named)
    else:
        inner = pattern if pattern is not None or kind != "tuple" else pattern_in(value, says)
        left_out = asked_in(value, runs)
        named = nobody if kind == "tuple" else _only_names(value, named)
        for place, item in enumerate(tuple(value)):
            if place not in left_out:
                yield from entries(item, inner, depth - 1, runs, says, named)


def container_in(value: Any, runs: Sequence[str]) -> str:
    """Return the attribute in which an object keeps several handlers, of which a bus runs each; empty for none."""
    if is_a(value, (*_PLAIN, *_FUNCTIONS, type, weakref.ref)) or is_standard(type(value).__module__) or pretends(value):
        return ""
    held = attributes(value)
    return next((name for name in runs if kind_of(held.get(name)) in _HOLDING), "")


_HOLDING: Final = ("list", "dict", "set", "tuple", "frozenset", "weakset")


def nobody(_value: Any) -> None:
    """Return that a text names no handler: it says what is subscribed to, or what something is called."""


def _only_names(values: Iterable[Any], named: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what names handlers where several things stand: nothing does beside what is a handler itself."""
    held = tuple(values)
    of_text = named is not nobody and any(is_a(item, str) for item in held)
    return nobody if of_text and any(kind_of(item) in ("handler", "object", "record") for item in held) else named


def asked_in(value: Any, runs: Sequence[str]) -> frozenset[int]:
    """Return the places in a tuple that hold no handler, where the bus runs others, by their names or places."""
    if kind_of(value) != "tuple":
        return frozenset()
    places = range(len(value))
    names: Sequence[str] = getattr(type(value), "_fields", ()) or [str(place) for place in places]
    run = {place for place in places if str(place) in runs or names[place] in runs}
    return frozenset(places) - run if run else frozenset()


def _run_by_bus(value: Any, runs: Sequence[str]) -> Any:
    """Return the method by which a bus runs an object, bound to it; None where it calls it, or looks inside."""
    name = name_of_run(value, runs)
    return getattr(original(value), name) if name else None


def name_of_run(value: Any, runs: Sequence[str]) -> str:
    """Return the name of the method by which a bus runs an object; empty where it calls it, or looks inside."""
    value = original(value)
    sending = next((name for kind, name in _SENDING if name in runs and is_a(value, kind)), "")
    if sending or not runs or is_a(value, (*_PLAIN, *_FUNCTIONS, type)) or is_standard(type(value).__module__):
        return sending
    return next((name for name in runs if _has_method(type(value), name)), "")


def key_patterns(value: Any, pattern: Any) -> Callable[[Any], Any]:
    """Return what tells of a key of a dict what the handlers under it are subscribed to.

    Args:
        value: The dict, of which all is looked at once.
        pattern: What all of it is for; None where its keys say it.
    """
    sorts, tokens_sort = _sorts(value) if pattern is None else (False, False)

    def pattern_of(key: Any) -> Any:
        if is_a(key, type):
            return key
        several = _classes(key)
        if several:
            return several
        if pattern is not None:
            return pattern
        return None if sorts or (tokens_sort and _is_token(key)) else WILDCARD if key is None else key

    return pattern_of


def _sorts(value: Any) -> tuple[bool, bool]:
    """Return whether the keys of a dict only sort: all of them, in a dict of dicts; those that are tokens."""
    inside = [item for item in value.values() if kind_of(item) in ("dict", "proxy") and not keyed_by_handler(item)]
    inner = [name for item in inside for name in item]
    sorts = len(inside) == len(value) and not (inner and all(map(_is_token, inner)))
    return sorts, any(map(_is_token, value)) and all(map(_says_pattern, value.values()))


def _is_token(key: Any) -> bool:
    """Return whether a key only stands for a subscription, to end it by, and says nothing of an event."""
    if is_a(key, str):
        return _TOKEN.fullmatch(key) is not None
    return is_a(key, (int, uuid.UUID)) and not is_a(key, (bool, enum.Enum))


def _says_pattern(value: Any) -> bool:
    return kind_of(value) in ("record", "tuple") and pattern_in(value) is not None


def pattern_in(value: Any, says: Sequence[str] = ()) -> Any:
    """Return what a record or tuple says its subscribed to: classes, names, members of enums; None: it does not say."""
    value = original(value)
    kind = kind_of(value)
    if kind == "tuple" and not class_has(type(value), "_fields"):
        if NOT_SAID in says:
            return None
        for item in value:
            if is_a(item, type) and kind_of(item) != "handler":
                return item
        return next((pattern for item in value if (pattern := _said(item)) is not None), None)
    held = attributes(value) if kind == "record" or says else {}
    if says and kind not in ("tuple", "dict"):  # what its class says of all that are made of it
        held = {**{name: inspect.getattr_static(type(value), name, None) for name in says}, **held}
    if kind == "tuple":
        held = dict(zip(value._fields, value))  # noqa: B905 - as long as each other by definition
    for name in says or PATTERN_FIELDS:
        for spelled in (name, f"_{name}"):
            pattern = _said(held.get(spelled))
            if pattern is not None:
                return pattern
            several = held.get(spelled)
            if is_a(several, (tuple, list, set, frozenset)) and several and all(map(_said, several)):
                return tuple(several)
    if says:
        return None
    classes = [inner for inner in held.values() if is_a(inner, type) and _may_be_event(inner)]
    return classes[0] if len(classes) == 1 else None  # whatever it is called


def _may_be_event(cls: type[Any]) -> bool:
    return not issubclass(cls, BaseException) and not is_standard(cls.__module__) and kind_of(cls) != "handler"


def _said(value: Any) -> Any:
    """Return a value as a pattern: a class, a name, a member of an enum, several classes; None when it is none."""
    if is_a(value, (type, str, enum.Enum, re.Pattern)):
        return value
    return _classes(value) or None


def _classes(value: Any) -> tuple[type[Any], ...]:
    """Return the classes of a tuple of classes or of a union; empty for anything else."""
    of_typing = type(value).__module__ == "typing"
    if is_a(value, types.UnionType) or (of_typing and typing.get_origin(value) is typing.Union):
        value = typing.get_args(value)
    several = is_a(value, tuple) and bool(value)
    return value if several and all(is_a(member, type) and kind_of(member) != "handler" for member in value) else ()


def is_async(target: Any) -> bool:
    """Return whether calling it gives a coroutine, as ``inspect`` would say; objects by their ``__call__``."""
    target = original(target)
    if is_routine(target) or is_a(target, functools.partial) or not _MARKS.isdisjoint(attributes(target)):
        return inspect.iscoroutinefunction(target) or asyncio.iscoroutinefunction(target)
    return inspect.iscoroutinefunction(called_function(target))
