"""Stand-ins into the user's containers, and out again, exactly.

Lists, deques, dicts and records are changed in place. What cannot be changed in place (tuples, frozen sets) and what
loses its order by it (sets, dicts whose keys are the handlers) is kept aside untouched, a copy of the same type stands
in its place, and at the end it is put back.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ...core.values.looking import attributes
from ..reading.targets import (
    asked_in,
    container_in,
    is_async,
    key_patterns,
    keyed_by_handler,
    kind_of,
    name_of_run,
    named_methods,
    pattern_in,
    record_field,
    run_for,
)
from .stand_ins import Route, TappedHandler, TappedMethods, TappedObject, TappedReference, is_stand_in, original

if TYPE_CHECKING:
    from ..adapters.base import Names
    from ..reading.map_bus.containers import HandlerMap
    from ..reading.map_bus.match import Dispatch
    from .tap import Tap, TappedBus


#: Makes the stand-in of a handler: gets it, and what it is subscribed to.
Wrap = Callable[[Any, Any], Any]


class Containers:
    """Replaces the handlers in containers and restores them.

    Args:
        wrap: Makes a stand-in.
    """

    def __init__(self, wrap: Wrap) -> None:
        self._wrap = wrap
        #: Methods by which the bus is known to run what stands in the container that is being looked at.
        self.runs: tuple[str, ...] = ()
        #: By id of the copy that stands in its place: that copy, and the original container.
        self._aside: dict[int, tuple[Any, Any]] = {}

    def replace(self, value: Any, pattern: Any, depth: int = 4) -> Any:
        """Put stand-ins in the place of every handler in ``value``; return what has to stand in the place of it."""
        if is_stand_in(value) or id(value) in self._aside:
            return self._refresh(value, pattern, depth)
        kind = kind_of(value)
        holder = container_in(value, self.runs)
        if holder and depth and not name_of_run(value, self.runs):
            inner = attributes(value)[holder]
            _set_attribute(value, holder, inner, self.replace(inner, _pattern(value, pattern), depth - 1))
            return value
        if kind in ("handler", "object", "methods") or name_of_run(value, self.runs):
            return self._wrap(value, pattern)
        if kind == "reference":
            return TappedReference(value, lambda target: self._wrap(target, pattern))
        if not kind or not depth:
            return value
        replace: Callable[[Any, Any, int], Any] = getattr(self, f"_replace_{kind}")
        return replace(value, pattern, depth - 1)

    def restore(self, value: Any, depth: int = 4) -> Any:
        """Take the stand-ins out again; return what has to stand in the place of ``value``."""
        if is_stand_in(value):
            return original(value)
        aside = self._aside.get(id(value))
        if aside is not None:
            return self._restore_aside(value, aside[1], depth)
        kind = kind_of(value)
        holder = container_in(value, self.runs)
        if holder and depth:
            inner = attributes(value)[holder]
            _set_attribute(value, holder, inner, self.restore(inner, depth - 1))
            return value
        if not depth or kind in ("", "handler", "object", "methods", "reference"):
            return value
        if kind == "list":
            _set_items(value, (self.restore(item, depth - 1) for item in tuple(value)))
        elif kind == "dict":
            if any(is_stand_in(key) for key in value):
                return _same_dict(
                    value, ((original(key), self.restore(item, depth - 1)) for key, item in value.items())
                )
            for key, item in tuple(value.items()):
                _set_value(value, key, item, self.restore(item, depth - 1))
        elif kind == "record":
            name = record_field(value)
            inner = attributes(value)[name]
            _set_attribute(value, name, inner, self.restore(inner, depth - 1))
        elif kind == "weakset" or type(value) is WeakValueDictionary:
            _set_attribute(value, "data", value.data, self.restore(value.data, depth - 1))
        elif kind in ("tuple", "set", "frozenset"):
            items = [self.restore(item, depth - 1) for item in value]
            if any(restored is not item for restored, item in zip(items, value)):  # noqa: B905 - as long as each other
                return _same_type(value, items)  # the program has made it anew from what it found in ours
        return value

    def _refresh(self, value: Any, pattern: Any, depth: int) -> Any:
        """Replace what was added to a copy of ours since it was made."""
        if isinstance(value, set) and not all(map(is_stand_in, value)):
            for item in [item for item in value if not is_stand_in(item)]:
                new = self.replace(item, pattern, depth - 1)
                if new is not item:
                    set.discard(value, item)
                    set.add(value, new)
        elif type(value) is not TappedReference and isinstance(value, dict) and id(value) in self._aside:
            fresh = [key for key in value if not is_stand_in(key)]
            for key in fresh:
                item = dict.pop(value, key)
                dict.__setitem__(value, self.replace(key, pattern, depth - 1), item)
        return value

    # -- replacing -----------------------------------------------------------------------------------------------------

    def _replace_list(self, value: Any, pattern: Any, depth: int) -> Any:
        _set_items(value, [self.replace(item, _pattern(item, pattern), depth) for item in tuple(value)])
        return value

    def _replace_dict(self, value: Any, pattern: Any, depth: int) -> Any:
        if keyed_by_handler(value):
            pairs = ((self.replace(key, pattern, depth), item) for key, item in value.items())
            return self._keep(_same_dict(value, pairs), value)
        pattern_of = key_patterns(value, pattern)
        for key, item in tuple(value.items()):
            _set_value(value, key, item, self.replace(item, pattern_of(key), depth))
        return value

    def _replace_proxy(self, value: Any, pattern: Any, depth: int) -> Any:
        if type(value) is WeakValueDictionary:
            return self._replace_weakset(value, pattern, depth)
        pattern_of = key_patterns(value, pattern)
        new = {key: self.replace(item, pattern_of(key), depth) for key, item in value.items()}
        if all(new[key] is item for key, item in value.items()):
            return value
        return self._keep(types.MappingProxyType(new), value)

    def _replace_tuple(self, value: Any, pattern: Any, depth: int) -> Any:
        pattern = _pattern(value, pattern)
        left_out = asked_in(value, self.runs)
        new = [item if at in left_out else self.replace(item, pattern, depth) for at, item in enumerate(value)]
        if all(replacement is item for replacement, item in zip(new, value)):  # noqa: B905 - as long as each other
            return value
        return self._keep(_same_type(value, new), value)

    def _replace_set(self, value: Any, pattern: Any, depth: int) -> Any:
        if not value:
            return value
        return self._keep(_same_type(value, [self.replace(item, pattern, depth) for item in value]), value)

    _replace_frozenset = _replace_set

    def _replace_weakset(self, value: Any, pattern: Any, depth: int) -> Any:
        _set_attribute(value, "data", value.data, self.replace(value.data, pattern, depth))
        return value

    def _replace_record(self, value: Any, pattern: Any, depth: int) -> Any:
        name = record_field(value)
        inner = attributes(value)[name]
        try:
            _set_attribute(value, name, inner, self.replace(inner, _pattern(value, pattern), depth))
        except (AttributeError, TypeError):  # it cannot be changed: what can be called is the record itself
            return self._wrap(value, pattern)
        return value

    def _keep(self, new: Any, old: Any) -> Any:
        self._aside[id(new)] = (new, old)
        return new

    # -- restoring -----------------------------------------------------------------------------------------------------

    def _restore_aside(self, value: Any, old: Any, depth: int) -> Any:
        """Return back the container that was kept aside, with what the program changed in our copy meanwhile."""
        for item in old.values() if isinstance(old, (dict, types.MappingProxyType)) else old:
            self.restore(item, depth - 1)
        if isinstance(old, set):
            _sync_set(value, old)
        elif isinstance(old, dict):
            now = {original(key): item for key, item in value.items()}
            for key in [key for key in old if key not in now]:
                dict.pop(old, key)
            for key, item in now.items():
                if key not in old or old[key] is not item:
                    dict.__setitem__(old, key, item)
        return old


def _changeable(handler_map: HandlerMap) -> list[tuple[Any, Any]]:
    """Return the topics of a tree with the containers of their handlers, of those that can be changed in place."""
    return [(topic, item) for topic, item in handler_map.topics() if kind_of(item) in ("list", "dict", "record")]


def _sync_set(new: set[Any], old: set[Any]) -> None:
    now = {original(item): None for item in new}
    for item in [item for item in old if item not in now]:
        set.discard(old, item)
    for item in now:
        if item not in old:
            set.add(old, item)


def _pattern(item: Any, pattern: Any) -> Any:
    return pattern if pattern is not None else pattern_in(item)


def _set_items(value: Any, items: Iterable[Any]) -> None:
    base: Any = deque if isinstance(value, deque) else list
    for index, item in enumerate(items):
        if base.__getitem__(value, index) is not item:
            base.__setitem__(value, index, item)


def _set_value(value: dict[Any, Any], key: Any, item: Any, new: Any) -> None:
    if new is not item:
        dict.__setitem__(value, key, new)


def _set_attribute(owner: Any, name: str, item: Any, new: Any) -> None:
    """Set where the value really is: properties and frozen classes have no say."""
    if new is item:
        return
    try:
        held = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        held = {}
    if name in held:
        held[name] = new
    else:
        object.__setattr__(owner, name, new)


def _same_type(value: Any, items: list[Any]) -> Any:
    kind: Any = type(value)
    if kind in (tuple, set, frozenset):
        return kind(items)
    new: Any
    if isinstance(value, set):
        new = set.__new__(kind)
        set.update(new, items)
    else:
        new = tuple.__new__(kind, items) if isinstance(value, tuple) else frozenset.__new__(kind, items)
    _copy_attributes(value, new)
    return new


def _same_dict(value: dict[Any, Any], pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    new: dict[Any, Any] = dict.__new__(type(value))
    if hasattr(value, "default_factory"):
        new.default_factory = value.default_factory  # type: ignore[attr-defined]
    _copy_attributes(value, new)
    for key, item in pairs:
        type(value).__setitem__(new, key, item)
    return new


def _copy_attributes(value: Any, new: Any) -> None:
    held = getattr(value, "__dict__", None)
    if held:
        new.__dict__.update(held)


# Stand-ins for the handlers in the containers of a map bus: put there, kept up, taken away.


class StandIns:
    """The stand-ins of one bus.

    Args:
        bus: The connection that is asked what a call is about.
        tap: Where the calls are recorded.
        dispatch: Where the handlers are.
        names: Describes them.
        wanted: Says by a handler's label whether it gets one.
    """

    def __init__(
        self, bus: TappedBus, tap: Tap, dispatch: Dispatch, names: Names, wanted: Callable[[str], bool] | None = None
    ) -> None:
        self._wanted = wanted
        self._bus = bus
        self._tap = tap
        self._dispatch = dispatch
        self._names = names
        self._containers = Containers(self._make)
        self._whole = False
        self._over = False

    def put(self, cls: type[Any] | None = None) -> None:
        """Replace what has no stand-in yet; where a dict has this class, it is enough to look there."""
        for handler_map in self._replaceable():
            value = handler_map.get()
            self._containers.runs = (*handler_map.runs, *handler_map.places)
            self._whole = handler_map.whole
            if handler_map.is_tree:
                for topic, item in _changeable(handler_map):
                    self._containers.replace(item, topic)
                continue
            if self._dispatch.keys_at(handler_map, cls):
                new = self._containers.replace(value[cls], cls)
                if new is not value[cls]:
                    value[cls] = new
                continue
            new = self._containers.replace(value, None)
            if new is not value:
                handler_map.set(new)

    def take(self) -> None:
        """Put the handlers back; none gets a stand-in from now on."""
        for handler_map in self._replaceable():
            value = handler_map.get()
            self._containers.runs = (*handler_map.runs, *handler_map.places)
            for _, item in _changeable(handler_map) if handler_map.is_tree else ():
                self._containers.restore(item)
            new = self._containers.restore(value)
            if new is not value:
                handler_map.set(new)
        self._over = True

    def _replaceable(self) -> list[HandlerMap]:
        """Return the containers in which the program finds a stand-in: its own methods stand in none."""
        return [handler_map for handler_map in self._dispatch.leaves() if not handler_map.own]

    def _make(self, target: Any, pattern: Any) -> Any:
        if self._over or (self._wanted is not None and not self._wanted(self._names.describe(original(target)).label)):
            return target
        name = name_of_run(target, self._containers.runs)
        if name:
            route = self._route(pattern if pattern is not None else pattern_in(target), getattr(target, name))
            return TappedMethods(target, {name: lambda method: TappedHandler(method, route)})
        if kind_of(target) == "methods":
            return self._make_for_methods(target, pattern)
        handler = run_for(original(target), pattern, getattr(self._bus, "_value", None))
        route = self._route(pattern, handler)
        return TappedObject(target, route) if kind_of(target) == "object" else TappedHandler(target, route)

    def _make_for_methods(self, target: Any, pattern: Any) -> TappedMethods:
        def stand_in(said: Any) -> Callable[[Any], TappedHandler]:
            return lambda method: TappedHandler(method, self._route(said, method))

        if self._whole:
            return TappedMethods(target, {name: stand_in(name) for name in named_methods(type(target), 1)})
        names = named_methods(type(target))
        return TappedMethods(target, {name: stand_in(pattern or said) for name, said in names.items()})

    def _route(self, pattern: Any, handler: Any) -> Route:
        return Route(self._tap, self._bus, pattern, self._names.describe(handler), is_async(handler))
