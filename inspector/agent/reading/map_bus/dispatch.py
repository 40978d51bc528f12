"""Whom an event goes to: the handlers in the containers of a map bus, matched as its code matches them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ...tap.stand_ins import TappedHandler
from ..targets import entries
from .find import own_names
from .match import WILDCARD_KEYS, matches

if TYPE_CHECKING:
    from ....core.description import HandlerDescription
    from .find import Found, HandlerMap

_BASE_MARKS: Final = {"__mro__", "mro", "getmro", "issubclass", "__bases__"}


class Dispatch:
    """Says who is called for an event.

    Args:
        found: What the bus consists of.
        only: Name of the one event that there is; empty where there are others.
    """

    def __init__(self, found: Found, only: str = "") -> None:
        self.maps: tuple[HandlerMap, ...] = found.maps
        self._only = only
        self._by_base = {each.path: _dispatches_by_base(found, each) for each in found.maps}

    def by_base(self, each: HandlerMap) -> bool:
        """Tell whether a class in a map stands for its subclasses too."""
        return self._by_base[each.path]

    def class_by_base(self, cls: type[Any]) -> bool:
        """Tell whether a class stands for its subclasses in any map."""
        return any(
            self._by_base[each.path] and any(pattern is cls for pattern, _ in entries(each.get())) for each in self.maps
        )

    def keys_at(self, each: HandlerMap, cls: type[Any] | None) -> bool:
        """Tell whether the handlers of a class, and no others, stand in a dict under it."""
        value = each.get()
        return cls is not None and type(value) in (dict, defaultdict) and cls in value and not self._by_base[each.path]

    def matching(self, cls: type[Any] | None, names: set[str]) -> Iterator[tuple[Any, Any]]:
        """Give pattern and handler of every subscription that an event of this class or name goes to."""
        if self._only and self._only not in names:
            return
        for each in self.maps:
            value = each.get()
            if self.keys_at(each, cls) and not value.keys() & WILDCARD_KEYS:
                yield from entries(value[cls], cls)  # the common case, and the hot one
                continue
            for pattern, target in entries(value):
                if matches(pattern, cls, names, self._by_base[each.path]):
                    yield pattern, target

    def reading(self, cls: type[Any] | None, names: set[str]) -> list[str]:
        """Give the paths of the maps in which an event of this class or name has handlers."""
        return [
            each.path
            for each in self.maps
            if any(matches(pattern, cls, names, self._by_base[each.path]) for pattern, _ in entries(each.get()))
        ]

    def ready(self, cls: type[Any]) -> list[HandlerDescription] | None:
        """Give who is called for a class where that is seen at a glance, as in nearly every publish; else None.

        That is: in lists in dicts by class, of handlers that have their stand-ins.
        """
        found: list[HandlerDescription] = []
        for each in self.maps:
            value = each.get()
            if type(value) not in (dict, defaultdict) or self._by_base[each.path]:
                return None
            listed = value.get(cls)
            if type(listed) is not list:
                if listed is not None or not all(isinstance(key, type) for key in value):
                    return None
                continue
            if not value.keys().isdisjoint(WILDCARD_KEYS):
                return None
            for target in listed:
                if type(target) is not TappedHandler:
                    return None
                found.append(object.__getattribute__(target, "_facts").description)
        return found if found else None


def _dispatches_by_base(found: Found, each: HandlerMap) -> bool:
    """Tell from the code that reads the map whether a class stands for its subclasses too."""
    for function in found.functions.values():
        names = own_names(function)
        if each.attribute not in names:
            continue
        if names & _BASE_MARKS:
            return True
        if "isinstance" in names and ("items" in names or not names & {"type", "__class__", "get"}):
            return True
    return False
