"""What the functions of a bus do with what they are given, where they lead to one of its containers."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ....core.bus.identity import undecorated
from ....core.values.looking import attributes, is_a
from ..targets import RECORD_FIELDS, kind_of
from .code import read_flow
from .members import functions_of, is_own, own_names, parameters_of, texts_in, used_names
from .names import OPERATORS, SENDER, UNNAMED, rank_of
from .paths import Flow, Handed, container_of

if TYPE_CHECKING:
    from .containers import HandlerMap

#: How many functions of an object are read: who has more is hardly a bus.
_MOST: Final = 60

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


class Flows:
    """What the functions of a bus do with what they are given, where they lead to one of its containers."""

    def __init__(self, value: Any, functions: dict[str, Any], containers: set[str]) -> None:
        self.value = value
        self.functions = functions
        touching = [
            name
            for name, function in functions.items()
            if (not name.startswith("__") or name == "__call__" or name in OPERATORS)
            and _touches(function, functions, containers)
        ]
        touching.sort(key=rank_of)
        self.own = is_own(value)
        if not self.own:
            touching = [name for name in touching if rank_of(name) < UNNAMED]  # libraries are large
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

    def stored(self, names: set[str]) -> set[str]:
        """Return the containers into which functions of these names put what they are given."""
        places = (
            (place, path[0] in {parameter.name for parameter in self.parameters[name]})
            for name in names & self.flows.keys()
            for place, paths in self.flows[name].kept.items()
            for path in paths
        )
        return {container_of((*place, "[]")) for place, is_given in places if is_given}

    def describe(self, maps: list[HandlerMap]) -> None:
        """Write into containers how the code runs what stands in them."""
        calls = [call for flow in self.flows.values() for call in flow.handed if call.container and any(call.passes())]
        keys = [
            (place, paths)
            for flow in self.flows.values()
            for place, paths in flow.keys
            if any(_is_handing(call) and call.container == container_of(place) for call in flow.handed)
        ]
        asked = {place for flow in self.flows.values() for place in _looked_up(flow)}
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
            handler_map.whole = any(handler_map.place in flow.whole for flow in self.flows.values())
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
            handler_map.chooses = any(call.chosen for call in called)
            read = all(flow.read for flow in self.flows.values())
            handler_map.unsaid = read and bool(own) and not (handler_map.asks or asked_for)

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


def _looked_up(flow: Flow) -> Iterator[str]:
    """Yield the containers in which a function looks handlers up that it runs, by what is published or was queued."""
    run = {call.container for call in flow.handed if _is_handing(call)}
    for place, paths in flow.keys:
        container = container_of((*place, "[]"))
        if container in run and any(path[0] != "self" or container_of(path) not in ("", container) for path in paths):
            yield container


def _is_handing(call: Handed) -> bool:
    return bool(call.container) and not call.asked and any(call.passes())


def _is_plain(call: Handed) -> bool:
    """Return whether a call is of what stands in a container, or of the handler in a record or tuple there."""
    plain = _is_handing(call) and call.direct and not call.around
    return plain and all(step[1:].isdigit() or step[1:] in RECORD_FIELDS for step in call.inside)


def _names(steps: Any) -> tuple[str, ...]:
    """Return the attributes that steps of paths are for, each once."""
    return tuple(dict.fromkeys(step[1:] for (step,) in filter(None, steps) if step[1:].isidentifier()))


def _places(calls: list[Handed]) -> tuple[str, ...]:
    """Return the places in a tuple of what is called there, where another place is only asked."""
    at = [(call.inside[0][1:], call.asked) for call in calls if call.inside and call.inside[0][1:].isdigit()]
    asked = {place for place, is_asked in at if is_asked}
    return tuple(dict.fromkeys(place for place, _ in at if place not in asked)) if asked else ()


def _touches(function: Any, functions: dict[str, Any], names: set[str]) -> bool:
    return not (names | {"super"}).isdisjoint(used_names(function, functions))
