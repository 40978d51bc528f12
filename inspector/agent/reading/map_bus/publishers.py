"""Which methods of a bus publish, and what the code says of them."""

from __future__ import annotations

import inspect
from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ....core.bus.identity import undecorated
from ....core.errors import UsageError
from ..targets import (
    key_name,
    kind_of,
)
from .paths import Path, container_of

if TYPE_CHECKING:
    from ...adapters.base import Options
    from .containers import HandlerMap
    from .flows import Flows
from .members import own_names, parameters_of, used_names
from .names import CONTEXT_NAMES, EVENT_NAMES, PRIVATE, STRONG, UNNAMED, rank_of


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
        whole: The name that it takes is that of the methods which it calls.
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
    whole: bool = False

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


def publishers_of(
    value: Any, flows: Flows, maps: list[HandlerMap], options: Options, own: Container[Any] = ()
) -> list[Publisher]:
    """Return what publishes, the best first: what hands on what it is given, and is called so where several do.

    Args:
        value: The bus.
        flows: What its functions do.
        maps: Its containers of handlers.
        options: What is declared.
        own: Functions of its own that are its handlers; it has no containers then.
    """
    functions, paths = flows.functions, {handler_map.place for handler_map in maps}
    handing = {name for name in flows.flows if paths & {call.container for call in flows.handed(name)}}
    ranks = map(rank_of, handing)
    named = any(rank < UNNAMED or rank % PRIVATE <= STRONG for rank in ranks) or not flows.own
    verbs = [name for name in handing if rank_of(name) < UNNAMED]
    read = set().union(*(used_names(functions[name], functions) for name in verbs))  # by what is called like publishing
    unsaid = not any(rank_of(name) <= STRONG and function not in own for name, function in functions.items())
    publishers = []
    for name, function in functions.items():
        if options.publish and name not in options.published_by:
            continue
        names, rank = used_names(function, functions), rank_of(name)
        reads = tuple(handler_map.path for handler_map in maps if handler_map.attribute in names)
        queue = flows.queue_of(name)
        hands = name in handing or bool(queue)
        if rank % PRIVATE >= UNNAMED:
            alone = flows.own and bool(verbs) and bool(reads) and not any(m.attribute in names & read for m in maps)
            # whatever it is called, where nothing is called so that reads these handlers
            chosen = name in handing and rank == UNNAMED and bool(reads) and (alone or not named)
        elif rank % PRIVATE <= STRONG:
            chosen = hands or bool(reads) or rank <= STRONG
        else:
            is_read = name in flows.flows and flows.flows[name].read
            chosen = rank < PRIVATE and (hands or (bool(reads) and not is_read))
        chosen = chosen or (bool(own) and rank < (UNNAMED if unsaid else STRONG + 1))
        if (not chosen and not options.publish) or function in own:
            continue
        parameters = parameters_of(value, name, function)
        if not options.publish and not _takes_event(parameters):
            continue
        asynchronous = inspect.iscoroutinefunction(function)  # what is inside a decorator is the decorator's business
        publisher = Publisher(name, value, function, reads, rank, hands, asynchronous, False, parameters, queue=queue)
        _read_publisher(publisher, flows, paths)
        if publisher.key:
            publisher.named = len(publisher.key) == 1 or publisher.key[1:] == (".value",)
        elif not (publisher.each and not publisher.several):  # what is beside ``*events`` names a stream of them
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


def _read_publisher(publisher: Publisher, flows: Flows, maps: set[str]) -> None:
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
    by_name = {flow.by_name[call.container] for call in calls if call.container in flow.by_name}
    if len(by_name) == 1 and by_name <= {*names}:
        publisher.key = (*by_name,)
        publisher.whole = all(call.container in flow.whole for call in calls)
    free = {key for call in calls for key, paths in call.keywords if key and not any(p[0] in names for p in paths)}
    sent = {key for call in calls for key, paths in call.keywords if key and any(p[0] in names for p in paths)}
    publisher.given = frozenset(free | sent)


def _is_free(parameter: inspect.Parameter) -> bool:
    """Return whether a list is one argument, and not all of them."""
    return parameter.kind is not inspect.Parameter.VAR_POSITIONAL


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
    if first.name in EVENT_NAMES or first.annotation in (str, "str"):
        return True
    free = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return len(parameters) > 1 and first.name == "event" and any(parameter.kind in free for parameter in parameters[1:])
