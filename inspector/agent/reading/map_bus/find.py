"""Where a home-made bus keeps its handlers, and which of its methods publishes: found by structure, and explained.

Points are given for what things are (keys that are classes, values that can be called), for what they are named, and
above all for what the code does: an attribute that the publish method reads is the handler map, and a method that reads
the handler map and is named like publishing is the publish method.
"""

from __future__ import annotations

import enum
import inspect
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ....core.bus.identity import plain_function, undecorated
from ....core.errors import UsageError
from ....core.own_code import is_standard
from ...tap.stand_ins import original
from ..targets import METHOD_PREFIXES, attributes, entries, keyed_by_handler, kind_of

if TYPE_CHECKING:
    from ...adapters.base import Options

_HANDLERS: Final = re.compile(
    r"handler|subscri|listener|receiver|callback|observer|consumer|route|registry|hook|reaction|policies", re.IGNORECASE
)
_NOT_HANDLERS: Final = re.compile(
    r"serial|codec|factor|middlew|cache|convert|parser|schema|metric|error|exception|loader|provider|depend|plugin"
    r"|before|after|filter|encoder|decoder|class",
    re.IGNORECASE,
)
#: What publishing is called, with points.
_PUBLISH: Final = {
    **dict.fromkeys(("publish", "publish_event"), 100),
    **dict.fromkeys(("dispatch", "dispatch_event", "emit", "emit_event"), 90),
    **dict.fromkeys(("fire", "fire_event", "trigger", "raise_event", "broadcast", "post_event"), 80),
    **dict.fromkeys(("notify", "notify_all", "send", "send_event", "enqueue", "publish_async", "apublish"), 75),
    **dict.fromkeys(("handle", "handle_event", "handle_command", "handle_message", "post", "execute", "call"), 65),
    **dict.fromkeys(("process", "process_event", "invoke", "run", "route", "submit", "__call__", "push"), 50),
}
_BATCH: Final = re.compile(r"many|batch|bulk|multiple|events$|pending|collect", re.IGNORECASE)
_NOT_PUBLISH: Final = re.compile(
    r"^(subscri|unsubscri|regist|unregist|deregist|add|remove|on$|on_|off$|listen|connect|disconnect|attach|detach"
    r"|has|get|list|clear|is_|count|wait|start|stop|close|reset|bind|unbind|set_|load|drain|work|consume)"
)
#: What a parameter is called by which handlers get a database session, or metadata.
SESSION_NAMES: Final = ("session", "db_session", "db", "uow", "connection", "conn")
METADATA_NAMES: Final = ("metadata", "meta", "headers", "context", "request_metadata")
CONTEXT_NAMES: Final = (*SESSION_NAMES, *METADATA_NAMES)
_EVENT_NAMES: Final = ("name", "topic", "event_name", "signal", "channel", "event_type", "key", "routing_key", "type_")
_ENOUGH: Final = 60


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
    """

    path: str
    owner: Any
    attribute: str
    given: Any = None
    score: int = 0
    why: str = ""

    def get(self) -> Any:
        """Return the container as it is now."""
        if self.owner is None:
            return self.given
        own = getattr(self.owner, "__dict__", None)  # nearly always there
        return own[self.attribute] if own and self.attribute in own else values_of(self.owner).get(self.attribute)

    def set(self, value: Any) -> None:
        """Put another container in its place."""
        if self.owner is None:
            raise UsageError("The handlers cannot be exchanged here.", "Name the object that holds them.")
        if isinstance(self.owner, (type, types.ModuleType)):
            holder = _class_with(self.owner, self.attribute) if isinstance(self.owner, type) else self.owner
            setattr(holder, self.attribute, value)
            return
        own = getattr(self.owner, "__dict__", None)
        if own is not None and self.attribute in own:
            own[self.attribute] = value
        elif self.attribute in attributes(self.owner):
            object.__setattr__(self.owner, self.attribute, value)
        else:
            setattr(_class_with(type(self.owner), self.attribute), self.attribute, value)


@dataclass
class Publisher:
    """A method (or function) that publishes.

    Attributes:
        name: Its name.
        owner: Who has it: the bus, a module, a class.
        function: The function, unbound.
        reads: Paths of the handler maps that it reads.
        score: Points.
        asynchronous: Calling it gives a coroutine.
        named: It takes a name and a payload.
        parameters: Those that a caller gives.
    """

    name: str
    owner: Any
    function: Any
    reads: tuple[str, ...]
    score: int
    asynchronous: bool
    named: bool
    parameters: tuple[inspect.Parameter, ...]

    def get(self) -> Any:
        """Return what a caller would call."""
        return getattr(self.owner, self.name)


@dataclass(frozen=True)
class BusParts:
    """What was found of a bus."""

    maps: tuple[HandlerMap, ...]
    publishers: tuple[Publisher, ...]
    functions: dict[str, Any]


def find(value: Any, options: Options) -> BusParts:
    """Find handler maps and publish methods; the best publish method comes first.

    Raises:
        UsageError: What the options name is not there.
    """
    if kind_of(value) in ("dict", "proxy", "list", "set"):
        return BusParts(
            (HandlerMap("", None, "", value, _score_container(value, "handlers", False)[0], "given"),), (), {}
        )
    functions = functions_of(value)
    candidates = list(_containers(value))
    if options.handlers:
        maps = [_named_map(value, path) for path in options.handlers]
    else:
        maps = _scored_maps(candidates, functions, options)
    publishers = _publishers(value, functions, maps, options)
    return BusParts(tuple(maps), tuple(publishers), functions)


# --- the containers -------------------------------------------------------------------------------


def values_of(owner: Any) -> dict[str, Any]:
    """Return all attributes of an object that are plain values, those of its classes too; never runs a property."""
    if isinstance(owner, types.ModuleType):
        return vars(owner)
    held: dict[str, Any] = {}
    for base in reversed((owner if isinstance(owner, type) else type(owner)).__mro__):
        if base is not object:
            held.update(vars(base))
    if not isinstance(owner, type):
        held.update(attributes(owner))
    return held


def _class_with(cls: type[Any], name: str) -> type[Any]:
    return next((base for base in cls.__mro__ if name in vars(base)), cls)


def _containers(value: Any) -> Iterator[HandlerMap]:
    """Yield what could be a handler map: containers that the bus has, or a helper object of its own."""
    for name, inner in values_of(value).items():
        if name.startswith("__"):
            continue
        if kind_of(inner) in ("dict", "proxy", "list", "set", "weakset", "tuple", "frozenset"):
            yield HandlerMap(name, value, name)
        elif _is_helper(inner) and not isinstance(value, types.ModuleType):
            for deeper, innermost in attributes(inner).items():
                if kind_of(innermost) in ("dict", "list", "set", "weakset"):
                    yield HandlerMap(f"{name}.{deeper}", inner, deeper)


def _is_helper(value: Any) -> bool:
    if isinstance(value, (type, types.ModuleType, types.FunctionType, types.MethodType, property, enum.Enum)):
        return False
    return not is_standard(getattr(type(value), "__module__", "")) and not isinstance(value, (str, bytes, int, float))


def _named_map(value: Any, path: str) -> HandlerMap:
    owner: Any = value
    *through, name = path.split(".")
    for step in through:
        owner = values_of(owner).get(step)
    if owner is None or name not in values_of(owner):
        containers = ", ".join(sorted(handler_map.path for handler_map in _containers(value))) or "none"
        raise UsageError(f"There are no handlers at {path!r}.", f"Containers there: {containers}.")
    return HandlerMap(path, owner, name, score=100, why="named in the settings")


def _scored_maps(candidates: list[HandlerMap], functions: dict[str, Any], options: Options) -> list[HandlerMap]:
    published = {name for name in functions if (options.publish and name == options.publish) or _name_points(name) > 0}
    names: set[str] = set()
    for name in published:
        names |= used_names(functions[name], functions)
    maps = []
    by_method_name = any(map(_finds_methods, functions.values()))
    for handler_map in candidates:
        used = handler_map.attribute in names or (
            handler_map.path.partition(".")[0] in names and handler_map.attribute in names
        )
        if not by_method_name and _holds_methods(handler_map.get()):
            continue  # objects with methods that are named for something, and nobody looks for them by that name
        handler_map.score, handler_map.why = _score_container(handler_map.get(), handler_map.path, used)
        if handler_map.score >= _ENOUGH:
            maps.append(handler_map)
    # A list beside real maps is more often a queue or a log than handlers.
    mapped = [handler_map for handler_map in maps if kind_of(handler_map.get()) in ("dict", "proxy")]
    lists = [handler_map for handler_map in maps if handler_map not in mapped and any(entries(handler_map.get()))]
    return [*mapped, *lists] if mapped else maps


def _holds_methods(value: Any) -> bool:
    items = value if kind_of(value) not in ("dict", "proxy") else value.values()
    return any(kind_of(item) == "methods" for item in tuple(items))


def _finds_methods(function: Any) -> bool:
    """Return whether a function puts together the name of a method: ``getattr(handler, f"handle_{name}")``."""
    codes = tuple(_codes(function))
    texts = (const for code in codes for const in code.co_consts if isinstance(const, str))
    return any("getattr" in code.co_names for code in codes) and any(text.startswith(METHOD_PREFIXES) for text in texts)


def _score_container(value: Any, path: str, used: bool) -> tuple[int, str]:
    name = path.rpartition(".")[2]
    points, why = 0, []
    if _HANDLERS.search(name):
        points += 30
        why.append("named like handlers")
    if _NOT_HANDLERS.search(name):
        points -= 50
    if used:
        points += 30
        why.append("read by what publishes")
    if not value:
        return points, ", ".join([*why, "empty as yet"])
    handlers = sum(1 for _ in entries(value))
    if kind_of(value) not in ("dict", "proxy"):
        return (points + 30 if handlers else 0), ", ".join([*why, f"holds {_count(handlers, 'handler')}"])
    if not handlers and any(kind_of(item) not in ("list", "tuple", "set", "dict") for item in value.values()):
        return 0, "holds no handlers"
    points += 30 if handlers else 0
    if keyed_by_handler(value):
        keys = "handler"
    elif all(isinstance(key, type) for key in value):
        keys, points = "class", points + 20
    else:
        keys, points = "name", points + 10
    why.append(f"a {type(value).__name__} of {_count(len(value), keys)} with {_count(handlers, 'handler')}")
    return points, ", ".join(why)


def _count(number: int, what: str) -> str:
    if number == 1:
        return f"1 {what}"
    return f"{number} {what}{'es' if what.endswith('s') else 's'}"


# --- the publish method ---------------------------------------------------------------------------


def functions_of(value: Any) -> dict[str, Any]:
    """Return the methods of an object or class, or the functions of a module, by name, unbound."""
    if isinstance(value, types.ModuleType):
        return {
            name: member
            for name, member in vars(value).items()
            if isinstance(original(member), types.FunctionType)
            and (member.__module__ == value.__name__ or _name_points(name) >= _ENOUGH)
        }
    functions: dict[str, Any] = {}
    for name, member in values_of(value).items():
        function = plain_function(original(member))
        if isinstance(function, types.FunctionType):
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
    """Return the names of attributes and globals in a function's own code, inner functions included."""
    return {name for code in _codes(function) for name in code.co_names}


def texts_in(function: Any) -> set[str]:
    """Return the texts that stand in a function's own code, inner functions included."""
    return {const for code in _codes(function) for const in code.co_consts if isinstance(const, str)}


def _codes(function: Any) -> Iterator[types.CodeType]:
    """Yield a function's own code and that of the functions inside it."""
    code = getattr(undecorated(function), "__code__", None)
    waiting = [] if code is None else [code]
    while waiting:
        code = waiting.pop()
        yield code
        waiting.extend(const for const in code.co_consts if isinstance(const, types.CodeType))


def _name_points(name: str) -> int:
    if _NOT_PUBLISH.search(name):
        return 0
    bare = name.lstrip("_") if not name.startswith("__") else name
    points = _PUBLISH.get(bare) or _PUBLISH.get(bare.removesuffix("_async").removesuffix("_sync").removeprefix("a"), 0)
    if not points:
        points = next((base - 20 for verb, base in _PUBLISH.items() if bare.startswith(f"{verb}_")), 0)
    if _BATCH.search(bare):
        points -= 70
    return points - (50 if bare != name else 0)


def _publishers(value: Any, functions: dict[str, Any], maps: list[HandlerMap], options: Options) -> list[Publisher]:
    publishers = []
    for name, function in functions.items():
        if options.publish and name != options.publish:
            continue
        points = 200 if options.publish else _name_points(name)
        if points <= 0:
            continue
        names = used_names(function, functions)
        reads = tuple(handler_map.path for handler_map in maps if handler_map.attribute in names)
        points += 40 if reads else 0
        parameters = parameters_of(value, name, function)
        if points < _ENOUGH + (0 if reads else 15) or not _takes_event(parameters):
            continue
        asynchronous = inspect.iscoroutinefunction(function)  # what is inside a decorator is the decorator's business
        named = _takes_name(parameters) or _is_named(
            parameters, [handler_map for handler_map in maps if handler_map.path in reads]
        )
        publishers.append(Publisher(name, value, function, reads, points, asynchronous, named, parameters))
    if options.publish and not publishers:
        there = ", ".join(sorted(name for name in functions if not name.startswith("_"))) or "none"
        raise UsageError(f"There is no {options.publish!r} that takes an event.", f"Methods there: {there}.")
    return sorted(publishers, key=lambda publisher: -publisher.score)


def parameters_of(value: Any, name: str, function: Any) -> tuple[inspect.Parameter, ...]:
    """Return the parameters that a caller gives, ``self`` left out; empty when they cannot be told."""
    called: Any = function if isinstance(value, types.ModuleType) else getattr(value, name, function)
    if isinstance(value, type) and called is function:
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
    return bool(keys) and all(isinstance(key, (str, enum.Enum)) for key in keys) and len(positional) > 1


def _takes_name(parameters: tuple[inspect.Parameter, ...]) -> bool:
    first = parameters[0]
    if first.name in _EVENT_NAMES or first.annotation in (str, "str"):
        return True
    free = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return len(parameters) > 1 and first.name == "event" and any(parameter.kind in free for parameter in parameters[1:])
