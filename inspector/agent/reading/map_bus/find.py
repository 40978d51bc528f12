"""Where a home-made bus keeps its handlers, and which of its methods publishes: found by structure, and explained.

What counts is what the code does: what is handed what a method is given is a handler, and that method publishes. Names
only say which of several methods is meant, and are all there is where the source cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ....core.bus.identity import plain_function
from ....core.errors import UsageError
from ....core.values.looking import is_a
from ..targets import (
    entries,
    keyed_by_handler,
    kind_of,
)

if TYPE_CHECKING:
    from ...adapters.base import Options
from .containers import HandlerMap, overridden, possible_maps
from .flows import Flows
from .members import CODE, functions_of, used_names, values_of
from .names import UNNAMED, rank_of
from .own import own_handlers
from .publishers import Publisher, publishers_of


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
    candidates = list(possible_maps(value))
    held = {name for name, inner in values_of(value).items() if not issubclass(type(inner), CODE)}
    flows = Flows(value, functions, held | {handler_map.path.partition(".")[0] for handler_map in candidates})
    if any(flow.inherits for flow in flows.flows.values()):
        candidates += overridden(value)
    flows.describe(candidates)
    if options.handlers:
        maps = [_named_map(value, path, candidates) for path in options.handlers]
        for handler_map in maps:
            handler_map.declare(options.containers.get(handler_map.path, {}))
    else:
        maps = _maps_of(candidates, flows, options)
    own = own_handlers(value) if not maps else []
    publishers = publishers_of(value, flows, maps, options, {plain_function(method) for _, method in own})
    if own and publishers:
        count = _count(len({id(plain_function(method)) for _, method in own}), "method")
        listed = [method if pattern is None else (pattern, method) for pattern, method in own]
        maps = [HandlerMap("", None, "", listed, 60, f"{count}, chosen by the event", bus=value, own=True)]
    queue = publishers[0].queue if publishers else ""
    workers = flows.workers(queue) if queue else {}
    drain = next((name for name, endless in workers.items() if not endless), "")
    worker = "" if drain else next(iter(workers), "")
    if options.drain is not None:
        endless = workers.get(options.drain, False)
        drain, worker = ("", options.drain) if endless else (options.drain, "")
    return BusParts(tuple(maps), tuple(publishers), functions, drain, worker)


def _named_map(value: Any, path: str, candidates: list[HandlerMap]) -> HandlerMap:
    candidate = next(
        (handler_map for handler_map in (*candidates, *overridden(value)) if handler_map.path == path), None
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


def _maps_of(candidates: list[HandlerMap], flows: Flows, options: Options) -> list[HandlerMap]:
    """Return the containers whose contents get what is published, as far as the source of the bus can be read.

    Where it cannot be, or says nothing, it is those that the code of what publishes names and that hold handlers.
    """
    handed = flows.containers()
    of_nodes = {id(handler_map.owner) for handler_map in candidates if handler_map.place in handed}
    handed |= {tree.place for tree in candidates if id(tree.owner) in of_nodes and tree.is_tree}
    if not (handed or flows.own) and flows.flows and all(flow.read for flow in flows.flows.values()):
        return []  # of a library, and nothing is handed on: a web application with its error handlers, say
    functions = flows.functions
    names = {name for name in functions if name in options.published_by or rank_of(name) < UNNAMED}
    used = set().union(*(used_names(functions[name], functions) for name in names))
    maps = [handler_map for handler_map in candidates if _holds_handlers(handler_map, handed, set())]
    stored = flows.stored(names)
    if all(not handler_map.get() and handler_map.place in stored for handler_map in maps):
        others = [handler_map for handler_map in candidates if handler_map.place not in stored]
        attributes = {place.rpartition(".")[2] for place in stored}  # what works off what lies there calls the handlers
        used |= set().union(*(names for f in functions.values() if attributes & (names := used_names(f, functions))))
        empty = {other.place for other in others if other.attribute in used and other.get() == {}}
        maps = [handler_map for handler_map in others if _holds_handlers(handler_map, empty, used)] or maps
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
    by_itself = is_tree or handler_map.whole
    of_value = handler_map.entries() if by_itself else entries(value, runs=handler_map.runs, named=handler_map.named)
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
