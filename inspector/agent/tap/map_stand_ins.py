"""Stand-ins for the handlers in the containers of a map bus: put there, kept up, taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..reading.targets import is_async, kind_of, named_methods
from .containers import Containers
from .stand_ins import Route, TappedHandler, TappedMethods, TappedObject, original

if TYPE_CHECKING:
    from ..adapters.base import Names
    from ..reading.map_bus.dispatch import Dispatch
    from .tap import Bus, Tap


class StandIns:
    """The stand-ins of one bus.

    Args:
        bus: The connection that is asked what a call is about.
        tap: Told of the calls.
        dispatch: Where the handlers are.
        names: Describes them.
    """

    def __init__(self, bus: Bus, tap: Tap, dispatch: Dispatch, names: Names) -> None:
        self._bus = bus
        self._tap = tap
        self._dispatch = dispatch
        self._names = names
        self._containers = Containers(self._make)
        self._over = False

    def put(self, cls: type[Any] | None = None) -> None:
        """Replace what has no stand-in yet; where a dict has this class, it is enough to look there."""
        for each in self._dispatch.maps:
            value = each.get()
            if self._dispatch.keys_at(each, cls):
                new = self._containers.replace(value[cls], cls)
                if new is not value[cls]:
                    value[cls] = new
                continue
            new = self._containers.replace(value, None)
            if new is not value:
                each.set(new)

    def take(self) -> None:
        """Put the handlers back; none gets a stand-in from now on."""
        for each in self._dispatch.maps:
            value = each.get()
            new = self._containers.restore(value)
            if new is not value:
                each.set(new)
        self._over = True

    def _make(self, target: Any, pattern: Any) -> Any:
        if self._over:
            return target
        if kind_of(target) == "methods":
            return self._make_for_methods(target, pattern)
        route = self._route(pattern, original(target))
        return TappedObject(target, route) if kind_of(target) == "object" else TappedHandler(target, route)

    def _make_for_methods(self, target: Any, pattern: Any) -> TappedMethods:
        def stand_in(said: Any) -> Callable[[Any], TappedHandler]:
            return lambda method: TappedHandler(method, self._route(said, method))

        names = named_methods(type(target))
        return TappedMethods(target, {name: stand_in(pattern or said) for name, said in names.items()})

    def _route(self, pattern: Any, handler: Any) -> Route:
        return Route(self._tap, self._bus, pattern, self._names.describe(handler), is_async(handler))
