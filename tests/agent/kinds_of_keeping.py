"""Home-made buses by where they keep handlers: in lists that are joined or sorted, in groups, beside what is asked."""

from __future__ import annotations

import heapq
from bisect import insort, insort_right
from typing import Any

from tests.agent.kinds import Kind, ShipDocked, greet, kind, moor, ring, tick
from tests.agent.kinds_of_methods import KINDS

__all__ = ["KINDS"]


@kind
def lists_that_are_joined_when_something_is_published() -> Kind:
    class Office:
        def __init__(self) -> None:
            self.by_kind = {ShipDocked: [moor]}
            self.first, self.last = [greet], [ring]

        def publish(self, event: Any) -> None:
            for handler in (*self.first, *self.by_kind.get(type(event), ()), *self.last):
                handler(event)

    heard = {"ShipDocked": ["moor", "greet", "ring"]}
    return Kind(Office(), heard, "ShipDocked", ["greet", "moor Ida", "ring Ida"])


@kind
def lists_that_are_kept_sorted() -> Kind:
    class Office:
        def __init__(self) -> None:
            self.hooks: dict[Any, list[Any]] = {}
            self.late: list[Any] = []

        def add(self, event: Any, hook: Any) -> None:
            insort(self.hooks.setdefault(event, []), (hook.__name__, hook))

        def push(self, event: Any, hook: Any) -> None:
            heapq.heappush(self.hooks.setdefault(event, []), (hook.__name__, hook))

        def post(self, event: Any, hook: Any) -> None:
            insort_right(self.hooks.setdefault(event, []), (hook.__name__, hook))

        def run(self, event: Any) -> None:
            for _, hook in self.hooks.get(type(event), ()):
                hook(event)

    bus = Office()
    bus.add(ShipDocked, ring)
    bus.push(ShipDocked, greet)
    bus.post(ShipDocked, moor)
    return Kind(bus, {"ShipDocked": ["moor", "ring", "greet"]}, "ShipDocked", ["greet", "moor Ida", "ring Ida"])


class Route:
    def __init__(self, ship: str, action: Any) -> None:
        self.ship, self.action = ship, action

    def fits(self, event: ShipDocked) -> bool:
        return self.ship in ("", event.ship)

    def take(self, event: ShipDocked) -> Any:
        tick(f"take {self.ship}")
        return self.action(event)


@kind
def groups_of_which_the_first_that_fits_runs() -> Kind:
    class Router:
        def __init__(self) -> None:
            self.groups: dict[int, list[Any]] = {}

        def add(self, route: Any, group: int = 0) -> None:
            self.groups.setdefault(group, []).append(route)

        def process(self, event: Any) -> None:
            for routes in self.groups.values():
                for route in routes:
                    verdict = route.fits(event)
                    if verdict in (None, False):
                        continue
                    route.take(event)
                    break

    bus = Router()
    bus.add(Route("Ida", lambda event: None))
    bus.add(Route("", lambda event: None))
    bus.add(Route("", lambda event: None), group=4)
    return Kind(bus, {"ShipDocked": ["Route.take"] * 3}, "ShipDocked", ["take Ida", "take "], values={"ship": "Ida"})
