"""Where a home-made bus keeps its handlers, and which of its methods publishes: found by structure, and explained.

What counts is what the code does: what is handed what a method is given is a handler, and that method publishes. Names
only say which of several methods is meant, and are all there is where the source cannot be read.
"""

from __future__ import annotations

import enum
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from ....core.bus.identity import bound_to, plain_function, undecorated
from ....core.errors import UsageError
from ....core.own_code import is_own_class, is_own_module, is_standard
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
from ....core.values.looking import attributes, is_a, pretends, variables_of
from ...tap.stand_ins import original
from ..targets import (
    NOT_SAID,
    Expression,
    entries,
    handler_at,
    is_run_by,
    key_name,
    key_patterns,
    keyed_by_handler,
    kind_of,
    leaves,
    name_of_run,
    path_in,
    run_for_each,
)
from .code import Flow, Handed, Path, Paths, container_of, keeps, only_hands_on, read_flow
from .topics import is_tree, topics_in

if TYPE_CHECKING:
    from ...adapters.base import Options

#: How publishing is called; and what may be called so and has to be seen to hand on what it is given.
_VERBS: Final = frozenset(
    ("publish", "dispatch", "emit", "fire", "trigger", "raise", "broadcast", "post", "notify", "send", "enqueue")
)
_OTHER_VERBS: Final = frozenset(
    ("handle", "execute", "call", "process", "invoke", "run", "route", "submit", "push", "__call__")
)
#: What makes ``bus << event`` and ``event >> bus`` publish; another operator subscribes as often as it publishes.
_OPERATORS: Final = frozenset(
    f"__{side}{name}__" for name in ("lshift", "rshift", "matmul", "or", "and", "add", "mod") for side in ("", "r")
)
#: What a parameter is called by which handlers get a database session, or metadata.
SESSION_NAMES: Final = ("session", "db_session", "db", "uow", "connection", "conn")
METADATA_NAMES: Final = ("metadata", "meta", "headers", "context", "request_metadata")
CONTEXT_NAMES: Final = (*SESSION_NAMES, *METADATA_NAMES)
#: What the parameter of a signal is called that says who sends it.
SENDER: Final = "sender"
_EVENT_NAMES: Final = ("name", "topic", "event_name", "signal", "channel", "event_type", "key", "routing_key", "type_")
#: What asks for attributes by names that are texts.
_BY_TEXT: Final = ("getattr", "vars", "__dict__")


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
    searches: str = "match"
    labels: bool = False
    separator: str = ""
    marks: frozenset[str] = frozenset()

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
        says = self.says or ((NOT_SAID,) if self.senders else ())
        runs = (*self.runs, *self.places)
        value, depth = self.get(), 3
        if self.is_tree:
            every: Iterator[tuple[Any, Any]] = chain.from_iterable(
                entries(item, topic, runs=runs, says=says, named=self.named) for topic, item in self.topics()
            )
        elif self.keyed in (BY_NOTHING, BY_NAME) and kind_of(value) in ("dict", "proxy"):
            pattern_of = self.pattern_of()
            held = ((pattern_of(key), item) for key, item in tuple(value.items()))
            every = chain.from_iterable(entries(item, pattern, depth, runs, says, self.named) for pattern, item in held)
        else:
            every = entries(value, runs=runs, says=says, named=self.named)
        for pattern, target in every:
            pattern = None if self.only_sorts(pattern) else pattern
            pattern = Expression(pattern, self.searches) if is_a(pattern, re.Pattern) else pattern
            yield pattern, target, _inner_maps(target, handlers=pattern is None) if self.runs else []

    @property
    def is_tree(self) -> bool:
        """Names are looked up in it part by part."""
        return bool(self.separator) and not self.keyed and is_tree(self.get())

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
        held = [item for item in leaves(self.get()) if is_a(item, str) or path_in(item)]
        named = {path_in(item) or str(item): self.named(item) for item in held}
        return {text: target for text, target in named.items() if target is not None or path_in(text)}

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
        return (self.labels or (self.sorts and is_a(key, int))) and self.keyed != BY_NAME

    def pattern_of(self) -> Callable[[Any], Any]:
        """Return what tells of a key what the handlers under it are subscribed to; None: it does not say."""
        if self.keyed in (BY_NOTHING, BY_NAME):
            return lambda key: key if self.keyed == BY_NAME else None
        of_key = key_patterns(self.get(), None)
        return lambda key: None if self.only_sorts(key) else of_key(key)

    def listeners(self) -> list[Any]:
        """Return what stands there and is no handler, but is given what is published: queues."""
        return list(_listening(self.get(), self.runs)) if self.runs else []


@dataclass
class Publisher:
    """A method (or function) that publishes.

    Attributes:
        name: Its name.
        owner: Who has it: the bus, a module, a class.
        function: The function, unbound.
        reads: Paths of the handler maps that it reads.
        rank: How well its name says that it publishes, the best first.
        hands: It is seen to hand on what it is given.
        asynchronous: Calling it gives a coroutine.
        named: It takes a name and a payload.
        parameters: Those that a caller gives.
        event: The one that is handed on; empty where the source does not say it.
        key: What of it the handlers are found by: ``("event", "type")``; empty where the source does not say it.
        several: A list of events is taken.
        each: What is handed on is what is in it, one after the other.
        lazy: Calling it gives a generator: nothing runs before that is iterated.
        manages: It gives a context manager: nothing runs before that is entered.
        queue: Where it only puts what is published; empty where it calls handlers.
        given: What it gives to handlers by name, of its own.
    """

    name: str
    owner: Any
    function: Any
    reads: tuple[str, ...]
    rank: int
    hands: bool
    asynchronous: bool
    named: bool
    parameters: tuple[inspect.Parameter, ...]
    event: str = ""
    key: Path = ()
    several: bool = False
    each: bool = False
    lazy: bool = False
    manages: bool = False
    queue: str = ""
    given: frozenset[str] = frozenset()

    def get(self) -> Any:
        """Return what a caller would call."""
        return getattr(self.owner, self.name)

    @property
    def envelope(self) -> str:
        """Under which an event that is a dict says its name; empty where none is."""
        return self.key[1][2:-2] if len(self.key) == 2 and self.key[1].startswith("['") else ""

    @property
    def field(self) -> str:
        """The field in which an event says its name; empty where its class or a parameter does."""
        return self.key[1][1:] if not self.named and len(self.key) == 2 and self.key[1].startswith(".") else ""


@dataclass(frozen=True)
class BusParts:
    """What was found of a bus.

    Attributes:
        maps: Its containers of handlers.
        publishers: What publishes, the best first.
        functions: Its methods, by name, unbound.
        drain: The method that works off what was only put into a queue; empty where there is none.
        worker: The same, where it never comes to an end.
    """

    maps: tuple[HandlerMap, ...]
    publishers: tuple[Publisher, ...]
    functions: dict[str, Any]
    drain: str = ""
    worker: str = ""


def find(value: Any, options: Options) -> BusParts:
    """Find handler maps and publish methods; the best publish method comes first.

    Raises:
        UsageError: What the options name is not there.
    """
    if kind_of(value) in ("dict", "proxy", "list", "set"):
        score = 60 if any(entries(value)) else 30
        return BusParts((HandlerMap("", None, "", value, score, "given"),), (), {})
    functions = functions_of(value)
    candidates = list(_containers(value))
    held = {name for name, inner in values_of(value).items() if not issubclass(type(inner), _CODE)}
    flows = _Flows(value, functions, held | {handler_map.path.partition(".")[0] for handler_map in candidates})
    if any(flow.inherits for flow in flows.flows.values()):
        candidates += _overridden(value)
    flows.describe(candidates)
    if options.handlers:
        maps = [_named_map(value, path, candidates) for path in options.handlers]
        for handler_map in maps:
            handler_map.declare(options.containers.get(handler_map.path, {}))
    else:
        maps = _maps_of(candidates, flows, options)
    publishers = _publishers(value, flows, maps, options)
    queue = publishers[0].queue if publishers else ""
    workers = flows.workers(queue) if queue else {}
    drain = next((name for name, endless in workers.items() if not endless), "")
    worker = "" if drain else next(iter(workers), "")
    if options.drain is not None:
        endless = workers.get(options.drain, False)
        drain, worker = ("", options.drain) if endless else (options.drain, "")
    return BusParts(tuple(maps), tuple(publishers), functions, drain, worker)


# --- what the code says ---------------------------------------------------------------------------

_CODE: Final = (
    *(type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType),
    *(staticmethod, classmethod, str, int, float, bool, type(None)),
)
#: How many functions of an object are read: who has more is hardly a bus.
_MOST: Final = 60
_FLAT: Final = ("list", "set", "frozenset", "tuple", "weakset")
#: By class and method: whether an object only hands on, and the containers in which it looks for what to run, with the
#: methods by which that is run.
_INNER: dict[Any, tuple[bool, dict[str, tuple[str, ...]]]] = {}
#: Flows that were read, by what they depend on.
_READ: dict[Any, Flow] = {}


def _flow_of(name: str, function: Any, functions: dict[str, Any], value: Any) -> Flow:
    """Return what a function does, read once for all objects that are built alike."""
    held = () if is_a(value, types.ModuleType) else tuple((at, type(v)) for at, v in attributes(value).items())
    cls = value if is_a(value, (type, types.ModuleType)) else type(value)
    key = (cls, name, getattr(undecorated(function), "__code__", None), held)
    if key not in _READ:
        _READ[key] = read_flow(function, functions, value)
    return _READ[key]


def flow_of(function: Any, owner: Any) -> Flow:
    """Return what a function of a bus does."""
    return _flow_of(getattr(function, "__name__", ""), function, functions_of(owner), owner)


class _Flows:
    """What the functions of a bus do with what they are given, where they lead to one of its containers."""

    def __init__(self, value: Any, functions: dict[str, Any], containers: set[str]) -> None:
        self.value = value
        self.functions = functions
        touching = [
            name
            for name, function in functions.items()
            if (not name.startswith("__") or name == "__call__" or name in _OPERATORS)
            and _touches(function, functions, containers)
        ]
        touching.sort(key=_rank)
        self.own = _is_own(value)
        if not self.own:
            touching = [name for name in touching if _rank(name) < _UNNAMED]  # libraries are large
        self.flows = {name: _flow_of(name, functions[name], functions, value) for name in touching[:_MOST]}
        self.parameters = {name: parameters_of(value, name, functions[name]) for name in self.flows}

    def handed(self, name: str, *, asked: bool = False) -> list[Handed]:
        """Return the calls by which a function hands on what it is given."""
        flow = self.flows.get(name)
        names = [parameter.name for parameter in self.parameters.get(name, ())]
        return [] if flow is None else [call for call in flow.delivered(names) if call.asked is asked]

    def workers(self, queue: str) -> dict[str, bool]:
        """Return what needs nothing and hands on what lies in a queue, and whether it never ends."""
        return {
            name: flow.endless
            for name, flow in sorted(self.flows.items(), key=lambda item: item[0].startswith("_"))
            if not any(parameter.default is parameter.empty for parameter in self.parameters[name])
            and flow.delivered_from(queue)
        }

    def queue_of(self, name: str) -> str:
        """Return where a function puts what it is given, if something else hands it on from there."""
        flow = self.flows.get(name)
        names = {parameter.name for parameter in self.parameters.get(name, ())}
        if flow is None or self.handed(name):
            return ""
        places = [
            container_of((*place, "[]")) for place, paths in flow.kept.items() if any(p[0] in names for p in paths)
        ]
        return next((place for place in places if self.workers(place)), "")

    def describe(self, maps: list[HandlerMap]) -> None:
        """Write into containers how the code runs what stands in them."""
        calls = [call for flow in self.flows.values() for call in flow.handed if call.container and any(call.passes())]
        keys = [
            (place, paths)
            for flow in self.flows.values()
            for place, paths in flow.keys
            if any(_is_handing(call) and call.container == container_of(place) for call in flow.handed)
        ]
        looked_up = (place for flow in self.flows.values() for place, paths in flow.keys if _is_given(paths))
        asked = {container_of((*place, "[]")) for place in looked_up}
        separator = next((text for flow in self.flows.values() for text in flow.separators), "")
        marks = (
            frozenset().union(*(texts_in(self.functions[name]) for name in self.flows)) if separator else frozenset()
        )
        searches = next((name for name in ("fullmatch", "search") if self._names(name)), "match")
        for handler_map in maps:
            handler_map.searches = searches
            own = [call for call in calls if call.container == handler_map.place]
            handler_map.bus = self.value
            called = [call for call in own if not call.asked]
            handler_map.runs = _names(step for call in called for step in (call.inside[-1:], call.holder[-1:]))
            handler_map.nearest = any(handler_map.place in flow.nearest for flow in self.flows.values())
            handler_map.asks = _names(call.inside[-1:] for call in own if call.asked)
            handler_map.places = _places(own)
            handler_map.sorts = bool(own) and handler_map.place not in asked
            handler_map.labels = handler_map.sorts and self._are_labels(handler_map)
            handler_map.separator, handler_map.marks = separator, marks
            asked_for = [(place, paths) for place, paths in keys if container_of(place) == handler_map.place]
            by_sender = {
                place for place, paths in asked_for if {path[0] for path in paths if path[0] != "self"} == {SENDER}
            }
            handler_map.senders = tuple(dict.fromkeys(place[-1][1:] for place in by_sender if "[]" in place))
            handler_map.says = _names(place[-1:] for place, _ in asked_for if place not in by_sender)

    def _names(self, name: str) -> bool:
        return any(name in own_names(self.functions[function]) for function in self.flows)

    def _are_labels(self, handler_map: HandlerMap) -> bool:
        """Return whether the keys of a dict of which all is run say nothing of an event, as far as the code says it."""
        flows = [flow for flow in self.flows.values() if any(h.container == handler_map.place for h in flow.handed)]
        own = kind_of(handler_map.get()) in ("dict", "proxy") and not any(is_a(key, type) for key in handler_map.get())
        looked_up = {container_of((*place, "[]")) for flow in self.flows.values() for place, _ in flow.keys}
        own = own and handler_map.place not in looked_up
        return own and all(flow.read and handler_map.place not in flow.told_by_key() for flow in flows)

    def called(self) -> set[str]:
        """Return the containers of which everything is called, with what is published or to be told of it."""
        plain = {call.container for flow in self.flows.values() for call in flow.handed if _is_plain(call)}
        return plain | {
            call.container for name, flow in self.flows.items() if self.handed(name) for call in flow.wakes()
        }

    def containers(self) -> set[str]:
        """Return the containers whose contents are handed something, and not what goes on from there, as middleware."""
        calls = [call for flow in self.flows.values() for call in flow.handed if _is_handing(call)]
        handed = {call.container for call in calls if self.own or any(path[0] != "self" for path in call.passes())}
        stored = [entry for flow in self.flows.values() for entry in flow.kept.items()]
        handed |= {call.container for name, flow in self.flows.items() if self.handed(name) for call in flow.wakes()}
        queued = {container_of(path) for at, paths in stored if container_of((*at, "[]")) in handed for path in paths}
        return (handed | queued) - {call.container for call in calls if call.around} - {""}


def _is_given(paths: Paths) -> bool:
    """Return whether a key comes from what is published, and not from the bus itself."""
    return any(path[0] != "self" for path in paths)


def _is_handing(call: Handed) -> bool:
    return bool(call.container) and not call.asked and any(call.passes())


def _is_plain(call: Handed) -> bool:
    return _is_handing(call) and call.direct and not call.around and call.path[-1] == "[]"


def _names(steps: Any) -> tuple[str, ...]:
    """Return the attributes that steps of paths are for, each once."""
    return tuple(dict.fromkeys(step[1:] for (step,) in filter(None, steps) if step[1:].isidentifier()))


def _places(calls: list[Handed]) -> tuple[str, ...]:
    """Return the places in a tuple of what is called there, where another place is only asked."""
    at = [(call.inside[0][1:], call.asked) for call in calls if len(call.inside) == 1 and call.inside[0][1:].isdigit()]
    asked = {place for place, is_asked in at if is_asked}
    return tuple(dict.fromkeys(place for place, _ in at if place not in asked)) if asked else ()


def _touches(function: Any, functions: dict[str, Any], names: set[str]) -> bool:
    return not (names | {"super"}).isdisjoint(used_names(function, functions))


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
        inside = [handler_map for handler_map in _containers(owner) if handler_map.path in paths]
        held = {name for name, value in values_of(owner).items() if not issubclass(type(value), _CODE)}
        if inside:
            _Flows(owner, functions_of(owner), held).describe(inside)
        forwards = bool(inside) and only_hands_on(function)
        _INNER[key] = forwards, {handler_map.path: handler_map.runs for handler_map in inside}
    forwards, runs = _INNER[key]
    if not runs or not (handlers or forwards):
        return []
    maps = [handler_map for handler_map in _containers(owner) if handler_map.path in runs]
    maps = [handler_map for handler_map in maps if forwards or kind_of(handler_map.get()) in ("dict", "proxy")]
    for handler_map in maps if forwards else ():
        handler_map.runs, handler_map.bus = runs[handler_map.path], owner
    return maps


# --- the containers -------------------------------------------------------------------------------


def values_of(owner: Any) -> dict[str, Any]:
    """Return all attributes of an object that are plain values, those of its classes too; never runs a property."""
    if is_a(owner, types.ModuleType):
        return variables_of(owner)
    held: dict[str, Any] = {}
    for base in reversed((owner if is_a(owner, type) else type(owner)).__mro__):
        if base is not object:
            held.update(vars(base))
    if not is_a(owner, type):
        held.update(attributes(owner))
    return held


def _class_with(cls: type[Any], name: str) -> type[Any]:
    return next((base for base in cls.__mro__ if name in vars(base)), cls)


def _containers(value: Any) -> Iterator[HandlerMap]:
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


def _overridden(value: Any) -> list[HandlerMap]:
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
    every = [*_containers(value), *([] if is_a(value, types.ModuleType) else _overridden(value))]
    return {handler_map.path: handler_map.get() for handler_map in every}


def _is_helper(value: Any) -> bool:
    if is_a(value, (type, types.ModuleType, types.FunctionType, types.MethodType, property, enum.Enum)):
        return False
    if pretends(value) or is_a(value, (str, bytes, int, float)):
        return False
    return not is_standard(getattr(type(value), "__module__", ""))


def _named_map(value: Any, path: str, candidates: list[HandlerMap]) -> HandlerMap:
    candidate = next(
        (handler_map for handler_map in (*candidates, *_overridden(value)) if handler_map.path == path), None
    )
    if candidate is not None:
        return replace(candidate, score=100, why="named in the settings")
    owner: Any = value
    *through, name = path.split(".")
    for step in through:
        owner = values_of(owner).get(step)
    if owner is None or name not in values_of(owner):
        containers = ", ".join(sorted(handler_map.path for handler_map in candidates)) or "none"
        raise UsageError(f"No handlers at {path!r}.", f"Containers: {containers}.")
    return HandlerMap(path, owner, name, score=100, why="named in the settings")


def _maps_of(candidates: list[HandlerMap], flows: _Flows, options: Options) -> list[HandlerMap]:
    """Return the containers whose contents get what is published, as far as the source of the bus can be read.

    Where it cannot be, or says nothing, it is those that the code of what publishes names and that hold handlers.
    """
    handed = flows.containers()
    of_nodes = {id(handler_map.owner) for handler_map in candidates if handler_map.place in handed}
    handed |= {tree.place for tree in candidates if id(tree.owner) in of_nodes and tree.is_tree}
    if not (handed or flows.own) and flows.flows and all(flow.read for flow in flows.flows.values()):
        return []  # of a library, and nothing is handed on: a web application with its error handlers, say
    functions = flows.functions
    names = {name for name in functions if name in options.published_by or _rank(name) < _UNNAMED}
    used = set().union(*(used_names(functions[name], functions) for name in names))
    maps = [handler_map for handler_map in candidates if _holds_handlers(handler_map, handed, set())]
    maps = maps or [handler_map for handler_map in candidates if _holds_handlers(handler_map, set(), used)]
    # A list beside real maps is more often a queue or a log than handlers, unless what stands in it is called.
    called = flows.called()
    mapped = [handler_map for handler_map in maps if kind_of(handler_map.get()) in ("dict", "proxy")]
    others = [handler_map for handler_map in maps if handler_map not in mapped]
    lists = [other for other in others if any(other.entries()) or (other.place in called and not other.get())]
    classes = {id(target) for handler_map in mapped for _, target in handler_map.entries() if is_a(target, type)}
    mapped = [handler_map for handler_map in mapped if not _makes(handler_map.get(), classes)]
    return [*mapped, *lists] if mapped else maps


def _makes(value: Any, classes: set[int]) -> bool:
    """Return whether a dict says how classes of handlers are made, which stand in another container."""
    return bool(classes) and classes <= {id(key) for key in value if is_a(key, type)}


def _holds_handlers(handler_map: HandlerMap, handed: set[str], used: set[str]) -> bool:
    """Return whether a container holds handlers, or will; say so in it."""
    value, is_handed = handler_map.get(), handler_map.place in handed
    listeners = len(handler_map.listeners())
    is_tree = handler_map.is_tree
    of_value = handler_map.entries() if is_tree else entries(value, runs=handler_map.runs, named=handler_map.named)
    handlers = sum(1 for _ in of_value)
    if not is_handed and (handler_map.attribute not in used or not handlers):
        return False
    if is_handed and value and not (handlers or listeners or _is_nested(value) or handler_map.texts()):
        return False
    read = "given what is published" if is_handed else "read by what publishes"
    handler_map.score = 60 + 30 * bool(handlers)
    content = f"a tree of topics with {_count(handlers, 'handler')}" if is_tree else ""
    handler_map.why = f"{read}, {content or _content(value, handlers, listeners)}"
    return True


def _is_nested(value: Any) -> bool:
    """Return whether a container sorts what is in others, which may be empty as yet."""
    items = value.values() if kind_of(value) in ("dict", "proxy") else value
    return any(kind_of(item) in ("list", "tuple", "set", "dict", "weakset") for item in tuple(items))


def _content(value: Any, handlers: int, listeners: int) -> str:
    """Return in words what a container holds."""
    if not value:
        return "still empty"
    if listeners:
        return f"holds {_count(listeners, 'listener')}"
    if kind_of(value) not in ("dict", "proxy"):
        return f"holds {_count(handlers, 'handler')}"
    by_class = all(is_a(key, type) for key in value)
    keys = "handler" if keyed_by_handler(value) else "class" if by_class else "name"
    return f"a {type(value).__name__} of {_count(len(value), keys)} with {_count(handlers, 'handler')}"


def _count(number: int, what: str) -> str:
    if number == 1:
        return f"1 {what}"
    return f"{number} {what}{'es' if what.endswith('s') else 's'}"


# --- the publish method ---------------------------------------------------------------------------


def functions_of(value: Any) -> dict[str, Any]:
    """Return the methods of an object or class, or the functions of a module, by name, unbound."""
    if is_a(value, types.ModuleType):
        return {
            name: member
            for name, member in variables_of(value).items()
            if is_a(original(member), types.FunctionType)
            and (member.__module__ == value.__name__ or _rank(name) <= STRONG)
        }
    functions: dict[str, Any] = {}
    for name, member in values_of(value).items():
        function = plain_function(original(member))
        if is_a(function, types.FunctionType):
            functions[name] = function
    return functions


def used_names(function: Any, functions: dict[str, Any], visited: set[str] | None = None) -> set[str]:
    """Return the names of attributes and globals that a function reads, and those of the functions it calls."""
    visited = set() if visited is None else visited
    names = own_names(function)
    for name in names & functions.keys() - visited:
        visited.add(name)
        names |= used_names(functions[name], functions, visited)
    return names


def own_names(function: Any) -> set[str]:
    """Return the names of attributes and globals in a function's own code, inner functions included.

    Those that are texts in it, too, where it asks for attributes by name.
    """
    names = {name for code in _codes(function) for name in code.co_names}
    return names if names.isdisjoint(_BY_TEXT) else names | set(filter(str.isidentifier, texts_in(function)))


def texts_in(function: Any) -> set[str]:
    """Return the texts that stand in a function's own code, inner functions included."""
    return {const for code in _codes(function) for const in code.co_consts if is_a(const, str)}


def _codes(function: Any) -> Iterator[types.CodeType]:
    """Yield a function's own code and that of the functions inside it."""
    code = getattr(undecorated(function), "__code__", None)
    waiting = [] if code is None else [code]
    while waiting:
        code = waiting.pop()
        yield code
        waiting.extend(const for const in code.co_consts if is_a(const, types.CodeType))


STRONG, _UNNAMED, _PRIVATE = 1, 4, 8


def _rank(name: str) -> int:
    """Return how well a name says that something publishes, 0 best, from ``_UNNAMED`` on not at all."""
    if name in _OPERATORS:
        return 3
    bare = name if name.startswith("__") else name.lstrip("_")
    begin = bare.partition("_")[0] or bare
    for rank, verbs in enumerate((_VERBS, _OTHER_VERBS)):
        if bare in verbs or begin in verbs or (begin[1:] in verbs and begin[0] == "a"):
            return 2 * rank + (bare not in verbs) + (_PRIVATE if bare != name else 0)
    return _UNNAMED + (_PRIVATE if bare != name else 0)


def _publishers(value: Any, flows: _Flows, maps: list[HandlerMap], options: Options) -> list[Publisher]:
    """Return what publishes, the best first: what hands on what it is given, and is called so where several do."""
    functions, paths = flows.functions, {handler_map.place for handler_map in maps}
    handing = {name for name in flows.flows if paths & {call.container for call in flows.handed(name)}}
    ranks = map(_rank, handing)
    named = any(rank < _UNNAMED or rank % _PRIVATE <= STRONG for rank in ranks) or not flows.own
    publishers = []
    for name, function in functions.items():
        if options.publish and name not in options.published_by:
            continue
        names, rank = used_names(function, functions), _rank(name)
        reads = tuple(handler_map.path for handler_map in maps if handler_map.attribute in names)
        queue = flows.queue_of(name)
        hands = name in handing or bool(queue)
        if rank % _PRIVATE >= _UNNAMED:
            chosen = name in handing and not named and rank == _UNNAMED and bool(reads)  # whatever it is called
        elif rank % _PRIVATE <= STRONG:
            chosen = hands or bool(reads) or rank <= STRONG
        else:
            is_read = name in flows.flows and flows.flows[name].read
            chosen = rank < _PRIVATE and (hands or (bool(reads) and not is_read))
        if not chosen and not options.publish:
            continue
        parameters = parameters_of(value, name, function)
        if not options.publish and not _takes_event(parameters):
            continue
        asynchronous = inspect.iscoroutinefunction(function)  # what is inside a decorator is the decorator's business
        publisher = Publisher(name, value, function, reads, rank, hands, asynchronous, False, parameters, queue=queue)
        _read_publisher(publisher, flows, paths)
        if publisher.key:
            publisher.named = len(publisher.key) == 1 or publisher.key[1:] == (".value",)
        else:
            publisher.named = _takes_name(parameters) or _is_named(
                parameters, [handler_map for handler_map in maps if handler_map.path in reads]
            )
        publishers.append(publisher)
    if options.publish and not publishers:
        there = ", ".join(sorted(name for name in functions if not name.startswith("_"))) or "none"
        raise UsageError(f"No method {options.publish!r} that takes an event.", f"Methods: {there}.")
    calls = {publisher.name: own_names(publisher.function) for publisher in publishers}
    single = {publisher.name for publisher in publishers if not publisher.each}
    if not options.publish:  # what hands on several to what publishes one is none by itself
        publishers = [p for p in publishers if not (p.each and calls[p.name] & single)]
    called = {name for name in calls for other, names in calls.items() if other != name and name in names}
    return sorted(publishers, key=lambda publisher: (not publisher.hands, publisher.rank, publisher.name in called))


def _is_own(value: Any) -> bool:
    """Return whether a bus is the program's own, and may publish under any name: libraries hand on a lot."""
    if is_a(value, types.ModuleType):
        return is_own_module(value)
    return is_own_class(value if is_a(value, type) else type(value))


def _read_publisher(publisher: Publisher, flows: _Flows, maps: set[str]) -> None:
    """Fill in what the source says: what is handed on, what handlers are found by, what they are given beside it."""
    name, names = publisher.name, [parameter.name for parameter in publisher.parameters]
    flow = flows.flows.get(name)
    if flow is None:
        return
    publisher.lazy = flow.yields
    if publisher.lazy and getattr(publisher.function, "__globals__", {}).get("__name__") == "contextlib":
        publisher.manages, publisher.function = True, undecorated(publisher.function)
    calls = flows.handed(name)
    passed = [path for call in calls for path in call.passes() if path[0] in names]
    asked = (paths for place, paths in flow.keys if place[0] == "self" and container_of((*place, "[]")) in maps)
    keys = [path for paths in asked for path in paths if path[0] in names]
    if publisher.queue:
        stored = [path for paths in flow.kept.values() for path in paths if path[0] in names]
        passed = [tuple(step for step in path if step != "in") for path in stored]
        keys = []
    whole = [path for path in passed if path[1:] in ((), ("[]",), ("*",))]
    if whole:
        best = min(whole, key=lambda path: names.index(path[0]))
        publisher.each = all(path[1:] == ("[]",) for path in whole if path[0] == best[0])
        publisher.several = publisher.each and _is_free(publisher.parameters[names.index(best[0])])
        publisher.event = best[0]
    keys = [tuple(step for step in path if step not in ("in", "*")) for path in keys]
    if flow.separators:
        keys = [path[:1] if path[1:] == ("[]",) else path for path in keys]  # a part of the name
    if len({path[:1] for path in keys}) == 1 and len({len(path) for path in keys}) == 1:
        publisher.key = keys[0]
    free = {key for call in calls for key, paths in call.keywords if key and not any(p[0] in names for p in paths)}
    sent = {key for call in calls for key, paths in call.keywords if key and any(p[0] in names for p in paths)}
    publisher.given = frozenset(free | sent)


def _is_free(parameter: inspect.Parameter) -> bool:
    """Return whether a list is one argument, and not all of them."""
    return parameter.kind is not inspect.Parameter.VAR_POSITIONAL


def parameters_of(value: Any, name: str, function: Any) -> tuple[inspect.Parameter, ...]:
    """Return the parameters that a caller gives, ``self`` left out; empty when they cannot be told."""
    called: Any = function if is_a(value, types.ModuleType) else getattr(value, name, function)
    if is_a(value, type) and called is function:
        return ()  # a method of instances: nobody can call it on the class
    try:
        return tuple(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):  # built in
        return ()


def _takes_event(parameters: tuple[inspect.Parameter, ...]) -> bool:
    positional = [parameter for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
    return bool(positional)


def _is_named(parameters: tuple[inspect.Parameter, ...], maps: list[HandlerMap]) -> bool:
    """Return whether a name and a payload are given, where the handlers are kept by name."""
    keys = [key for handler_map in maps if kind_of(handler_map.get()) in ("dict", "proxy") for key in handler_map.get()]
    positional = [
        parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.name not in CONTEXT_NAMES
    ]
    return bool(keys) and all(map(key_name, keys)) and len(positional) > 1


def _takes_name(parameters: tuple[inspect.Parameter, ...]) -> bool:
    if not parameters:
        return False
    first = parameters[0]
    if first.name in _EVENT_NAMES or first.annotation in (str, "str"):
        return True
    free = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return len(parameters) > 1 and first.name == "event" and any(parameter.kind in free for parameter in parameters[1:])
