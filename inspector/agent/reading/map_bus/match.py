"""What handlers are subscribed to: classes, names, members of enums, wildcards; and which events fit."""

from __future__ import annotations

import dis
import enum
import inspect
import types
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from operator import is_
from typing import TYPE_CHECKING, Any, Final

from ....core.own_code import is_own_class, is_own_module
from ....core.spec import BY_BASE, BY_CLASS
from ....core.values import hints
from ....core.values.looking import is_a, variables_of
from ...handlers import Handler
from ..events import make_of, signature_hints, subclasses, travel_name
from ..targets import WILDCARD, MethodName, entries, fits_glob, is_glob, key_name, run_for
from .flows import flow_of
from .members import own_names

if TYPE_CHECKING:
    from ...tap.moments import Expected, Subscriptions
    from .containers import HandlerMap
    from .find import BusParts


#: Keys of a map under which the handlers of every event may stand.
WILDCARD_KEYS: Final = frozenset((None, WILDCARD, ...))
#: Instructions between ``isinstance`` and the class that is asked for.
_NEAR: Final = 6
_WILDCARDS: Final = (None, WILDCARD, ..., object, Any)


def is_wildcard(pattern: Any) -> bool:
    """Return whether a pattern stands for every event."""
    return any(pattern is wildcard for wildcard in _WILDCARDS) or (type(pattern) is str and pattern == WILDCARD)


def is_metaclass(pattern: Any) -> bool:
    """Return whether a pattern is a class of classes, under which no event is published: the class of a class."""
    return is_a(pattern, type) and issubclass(pattern, type)


def name_of_pattern(pattern: Any) -> str:
    """Return the name that a pattern stands for; empty for classes and for patterns of names."""
    return "" if is_glob(pattern) and not is_a(pattern, enum.Enum) else key_name(pattern)


def event_class_of(name: str, handlers: Sequence[Any], base: type[Any] | None = None) -> type[Any] | None:
    """Return the class behind a name: what the handlers say they take, or what is called so where they are written.

    Where neither says it, it is the one called so below ``base``, the class that publishing asks for.
    """
    event_class: type[Any] | None = None
    for handler in handlers:
        cls = handler_event_class(handler) or _class_beside(name, handler)
        if cls is not None and (event_class is None or event_class in cls.__mro__[1:]):
            event_class = cls
    if event_class is None or not is_own_class(event_class):
        named = (below for below in subclasses(base) if is_called(below, name)) if base is not None else iter(())
        return event_class or next(named, None)
    said = MethodName(name)  # a handler may be for all of a family: the one that is called so is meant
    return next((below for below in subclasses(event_class) if is_called(below, said)), event_class)


def _class_beside(name: str, handler: Any) -> type[Any] | None:
    unwrapped = Handler(handler)
    function = (unwrapped.enclosed or unwrapped).function
    return class_in(function.__globals__, name) if is_a(function, types.FunctionType) else None


def class_in(scope: Mapping[str, Any], name: str) -> type[Any] | None:
    """Return the program's own class of a name in the globals of a function, or in a module among them."""
    values = [*scope.values()]
    for module in [value for value in values if is_a(value, types.ModuleType) and is_own_module(value)]:
        values += variables_of(module).values()
    by_name, by_method = _classes_called(values)
    return by_method.get(name.plain) if isinstance(name, MethodName) else by_name.get(name)


#: Classes by what they are called, and by how a method is called that is for them.
_Called = tuple[dict[str, type[Any]], dict[str, type[Any]]]
#: The last few that were made, by the values that they are of.
_CALLED: Final[dict[tuple[int, ...], _Called]] = {}
_MOST_CALLED: Final = 32


def _classes_called(values: Sequence[Any]) -> _Called:
    """Return the program's classes among some values; the first of a name counts.

    They are kept: a bus of a hundred names asks about the same few modules a thousand times.
    """
    key = tuple(map(id, values))
    called = _CALLED.get(key)
    if called is None:
        called = {}, {}
        for cls in values:
            if is_a(cls, type) and is_own_class(cls):
                for name in (cls.__name__, travel_name(cls)):
                    called[0].setdefault(name, cls)
                    for plain in MethodName(name).fitting:
                        called[1].setdefault(plain, cls)
        if len(_CALLED) >= _MOST_CALLED:
            _CALLED.pop(next(iter(_CALLED)))
        _CALLED[key] = called
    return called


def is_called(cls: type[Any], name: str) -> bool:
    """Return whether a name, or the end of a method's name, stands for a class."""
    names = (cls.__name__, travel_name(cls))
    return any(map(name.fits, names)) if isinstance(name, MethodName) else name in names


def classes_told(handler: Any) -> Iterator[type[Any]]:
    """Yield the classes that a handler of everything tells of: what it takes, or those below; what it asks for."""
    taken = handler_event_class(handler)
    if taken is not None and is_own_class(taken):
        below = subclasses(taken)
        yield from filter(_is_event, [*([] if below and is_abstract(taken) else [taken]), *below])
    yield from classes_asked_for(handler)


def classes_asked_for(handler: Any) -> Iterator[type[Any]]:
    """Yield the classes of the program that a handler tells apart: ``isinstance``, ``match``, ``singledispatch``."""
    unwrapped = Handler(handler)
    registered = vars(unwrapped.target).get("registry") if is_a(unwrapped.target, types.FunctionType) else None
    if is_a(registered, types.MappingProxyType):
        yield from (cls for cls in registered if is_a(cls, type) and is_own_class(cls) and _is_event(cls))
    function = unwrapped.function
    if not is_a(function, types.FunctionType):
        return
    steps = list(dis.get_instructions(function.__code__))
    taken = function.__code__.co_varnames[: function.__code__.co_argcount][-1:]
    holder: Any = None
    plain: dict[type[Any], None] = {}
    any_asked = False
    for place, step in enumerate(steps):
        name = step.argval if is_a(step.argval, str) else ""
        # ``OrderPlaced``, or ``events.OrderPlaced``
        inside = step.opname.startswith("LOAD_ATTR") and holder is not None
        value = (variables_of(holder) if inside else function.__globals__).get(name)
        holder = value if is_a(value, types.ModuleType) and is_own_module(value) else None
        if not is_a(value, type) or not is_own_class(value):
            continue
        before = steps[max(place - _NEAR, 0) : place]
        asked = any(step.argval == "isinstance" for step in before)
        if not _is_event(value):  # of a class of any make it has to be the event itself that is asked
            if asked and any((step.argval,) == taken for step in before[-2:]) and _root(value) is not value:
                plain.update(dict.fromkeys(subclasses(_root(value))))
        elif asked or any(step.opname == "MATCH_CLASS" for step in steps[place : place + 3]):
            any_asked = True
            yield value
    if not any_asked:
        yield from plain


def _root(cls: type[Any]) -> type[Any]:
    """Return the class of the program's own that a class is derived from, and that from none."""
    return [base for base in cls.__mro__ if is_own_class(base)][-1]


def _is_event(cls: type[Any]) -> bool:
    """Return whether a class may be an event's, and not anything's."""
    return make_of(cls) != "plain"


def handler_event_class(handler: Any) -> type[Any] | None:
    """Return the class that the first parameter of a handler is annotated with, if it is one of the program's own."""
    function = Handler(handler).function
    if not is_a(function, types.FunctionType):
        return None
    for name, hint in signature_hints(function).items():
        hint = hints.unwrap(hint)
        if name in ("return", "self", "cls") or (is_a(hint, type) and issubclass(hint, enum.Enum)):
            continue  # a member only names what comes beside it
        if is_a(hint, type) and not hints.is_typed_dict(hint):
            return hint if hint.__module__ not in ("builtins", "typing", "collections.abc") else None
    return None


def matches(pattern: Any, cls: type[Any] | None, names: set[str], by_base: bool) -> bool:
    """Return whether an event of this class, or of one of these names, goes to the handlers of a pattern."""
    if pattern is None or is_wildcard(pattern):
        return True
    if is_a(pattern, type):
        return cls is pattern or (by_base and cls is not None and issubclass(cls, pattern))
    if is_a(pattern, MethodName):
        return any(map(pattern.fits, names))
    if is_a(pattern, enum.Enum) and pattern.name in names:
        return True
    if is_glob(pattern):
        return any(fits_glob(name, pattern) for name in names)
    return key_name(pattern) in names


def is_abstract(cls: type[Any]) -> bool:
    """Return whether a class is there for others to derive from: abstract, or without fields of its own."""
    return inspect.isabstract(cls) or not vars(cls).get("__annotations__")


def key_text(key: Any) -> str:
    """Name a key for people."""
    return key.__name__ if is_a(key, type) else str(key)[:60]


# Whom an event goes to: the handlers in the containers of a map bus, matched as its code matches them.

_DICTS: Final = (dict, defaultdict)
_MRO: Final = {"__mro__", "mro", "getmro"}
_BASE_MARKS: Final = {*_MRO, "issubclass", "__bases__"}


class Dispatch:
    """Decides who is called for an event.

    Args:
        parts: What the bus consists of.
        only: Name of the one event that there is; empty where there are others.
    """

    def __init__(self, parts: BusParts, only: str = "") -> None:
        self.maps: tuple[HandlerMap, ...] = parts.maps
        self._only = only
        self._by_base = {
            handler_map.path: handler_map.keyed == BY_BASE
            if handler_map.keyed in (BY_BASE, BY_CLASS)
            else _dispatches_by_base(parts, handler_map)
            for handler_map in parts.maps
        }
        #: What is read by each method that publishes, where these do not all read the same.
        self._apart = {frozenset(publisher.reads) for publisher in parts.publishers if publisher.reads}
        self._apart = self._apart if len(self._apart) > 1 else set()
        #: Names with wildcards in them are patterns.
        self.globs = True
        self._choose()

    def declare(self, *, by_base: bool) -> None:
        """Let a class stand for its subclasses too, or not, but in containers of which that is declared."""
        if any(self._by_base.values()) != by_base:
            free = [handler_map.path for handler_map in self.maps if handler_map.keyed not in (BY_BASE, BY_CLASS)]
            self._by_base.update(dict.fromkeys(free, by_base))
            self._choose()

    def by_base(self, handler_map: HandlerMap) -> bool:
        """Return whether a class in a map stands for its subclasses too."""
        return self._by_base[handler_map.path]

    def leaves(self) -> list[HandlerMap]:
        """Return the containers in which the handlers stand in the end: those of process managers among them."""
        return [leaf for handler_map in self.maps for leaf in handler_map.leaves()]

    def class_by_base(self, cls: type[Any]) -> bool:
        """Return whether a class stands for its subclasses in any map."""
        return any(
            self._by_base[handler_map.path] and any(pattern is cls for pattern, _ in handler_map.entries())
            for handler_map in self.maps
        )

    def keys_at(self, handler_map: HandlerMap, cls: type[Any] | None) -> bool:
        """Return whether the handlers of a class, and no others, stand in a dict under it."""
        value = handler_map.get()
        return (
            cls is not None
            and type(value) in (dict, defaultdict)
            and cls in value
            and not self._by_base.get(handler_map.path)
        )

    def matching(self, cls: type[Any] | None, names: set[str]) -> Iterator[tuple[Any, Any]]:
        """Yield pattern and handler of every subscription that an event of this class or name goes to."""
        if self._only and self._only not in names:
            return
        for handler_map in self._reached(cls, names) if self._apart else self.maps:
            value = handler_map.get()
            if not handler_map.runs and self.keys_at(handler_map, cls) and not value.keys() & WILDCARD_KEYS:
                # the common case, and the hot one
                at_class = entries(value[cls], cls, named=handler_map.named)
                yield from ((pattern, run_for(target, cls, handler_map.bus)) for pattern, target in at_class)
                continue
            fitting = [entry for entry in handler_map.entries() if self._fits(entry[0], cls, names, handler_map)]
            if handler_map.nearest and cls is not None:
                classes = [pattern for pattern, _ in fitting if is_a(pattern, type)]
                nearest = next((base for base in cls.__mro__ if base in classes), None)
                fitting = [entry for entry in fitting if not is_a(entry[0], type) or entry[0] is nearest]
            yield from fitting

    def _fits(self, pattern: Any, cls: type[Any] | None, names: set[str], handler_map: HandlerMap) -> bool:
        if not self.globs and is_glob(pattern) and not is_wildcard(pattern):
            return pattern in names
        return matches(pattern, cls, names, self._by_base[handler_map.path])

    def reading(self, cls: type[Any] | None, names: set[str]) -> set[str]:
        """Return the paths of the maps that say which method publishes an event of this class or name.

        They are those in which it is named; where it is in none, those with handlers of everything.
        """
        named, every = set(), set()
        for handler_map in self.maps:
            fitting = [pattern for pattern, _ in handler_map.entries() if self._fits(pattern, cls, names, handler_map)]
            every |= {handler_map.path for _ in fitting[:1]}
            named |= {handler_map.path for _ in [pattern for pattern in fitting if not is_wildcard(pattern)][:1]}
        return named or every

    def _reached(self, cls: type[Any] | None, names: set[str]) -> list[HandlerMap]:
        """Return the maps to which an event of this class or name comes, by the methods that publish it."""
        reading = self.reading(cls, names)
        reach = set().union(*(reads for reads in self._apart if reads & reading))
        elsewhere = set().union(*self._apart) - reach if reach else set()
        return [handler_map for handler_map in self.maps if handler_map.path not in elsewhere]

    def listed(self, cls: type[Any]) -> list[Any] | None:
        """Return who is called for a class where that is seen at a glance, as in nearly every publish; else None.

        That is: in lists in dicts by class. It may be the program's own list.
        """
        targets: list[Any] = []
        for handler_map in self._exact:
            value = handler_map.get()
            if type(value) not in _DICTS:
                return None
            at_class = value.get(cls)
            if type(at_class) is list:
                if not value.keys().isdisjoint(WILDCARD_KEYS):
                    return None
                targets = targets + at_class if targets else at_class
            elif at_class is not None or not all(is_a(key, type) for key in value):
                return None
        return targets or None

    def expecting(self, cls: type[Any], targets: list[Any], subscriptions: Subscriptions) -> Expected | None:
        """Return what returns the subscriptions of a class for as long as ``listed`` would give these very targets.

        None where they do not stand in one list of a dict that is an attribute.
        """
        owner: Any = self._exact[0].owner if len(self._exact) == 1 else None
        if not targets or type(getattr(owner, "__dict__", None)) is not dict:
            return None
        attribute, several, many, alike = self._exact[0].attribute, len(targets) > 1, len, is_
        then = tuple(targets)  # it may be the program's own list
        count, first = len(then), then[0]

        def expected() -> Subscriptions | None:
            held = owner.__dict__.get(attribute)
            if type(held) in _DICTS and not (None in held or WILDCARD in held or ... in held):
                now = held.get(cls)
                if (
                    type(now) is list
                    and many(now) == count
                    and now[0] is first
                    and (not several or all(map(alike, now, then)))
                ):
                    return subscriptions
            return None  # it may go to others now

        return expected

    def _choose(self) -> None:
        """Choose the maps where a class stands for itself alone, if that is so in all."""
        self._exact = () if any(self._by_base.values()) else self.maps


def _dispatches_by_base(parts: BusParts, handler_map: HandlerMap) -> bool:
    """Return whether a class stands for its subclasses too, by the code that reads the map."""
    for function in parts.functions.values():
        names = own_names(function)
        if handler_map.attribute not in names:
            continue
        marks = names & _BASE_MARKS
        if marks and not (
            marks <= _MRO and flow_of(function, handler_map.bus).inherits
        ):  # of the bus, not of the event
            return True
        if "isinstance" in names and ("items" in names or not names & {"type", "__class__", "get"}):
            return True
    return False
