"""Whom events of a class go to is expected only for as long as these very handlers are listed."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from inspector.agent.reading.map_bus.find import HandlerMap
from inspector.agent.reading.map_bus.match import Dispatch
from inspector.agent.tap.moments import Expected, Subscriptions
from inspector.core.spec import BY_CLASS


class Moored:
    """An event."""


class Alike:
    """A handler that says that it equals anything, and is not to be asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, event: Any) -> None:
        """Do nothing."""

    def __eq__(self, other: object) -> bool:
        self.asked += 1
        return True

    __hash__ = object.__hash__


def expecting(handlers: dict[Any, Any]) -> tuple[Any, Subscriptions, Expected]:
    """Return a bus, whom its events go to, and what says so."""
    bus, subscriptions = SimpleNamespace(handlers=handlers), Subscriptions()
    parts: Any = SimpleNamespace(publishers=(), maps=(HandlerMap("handlers", bus, "handlers", keyed=BY_CLASS),))
    dispatch = Dispatch(parts)
    listed = dispatch.listed(Moored)
    assert listed is handlers[Moored]  # the program's own
    expected = dispatch.expecting(Moored, listed, subscriptions)
    assert expected is not None
    return bus, subscriptions, expected


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("count", [1, 2, 4])
def test_one_handler_in_place_of_another_is_noticed_wherever_it_stands(count: int, place: int) -> None:
    place %= count
    handlers: list[Any] = [Alike() for _ in range(count)]
    bus, subscriptions, expected = expecting({Moored: handlers})
    assert expected() is subscriptions
    before, handlers[place] = handlers[place], Alike()
    assert expected() is None
    assert sum(handler.asked for handler in (before, *handlers)) == 0
    handlers[place] = before
    assert expected() is subscriptions
    bus.handlers = defaultdict(list, {Moored: list(handlers)})  # another list of the same
    assert expected() is subscriptions


@pytest.mark.parametrize("count", [1, 2, 4])
def test_more_and_fewer_handlers_and_others_for_all_events_are_noticed(count: int) -> None:
    handlers: list[Any] = [Alike() for _ in range(count)]
    bus, subscriptions, expected = expecting({Moored: handlers})
    handlers.append(handlers[0])
    assert expected() is None
    del handlers[-1]
    assert expected() is subscriptions
    handlers.reverse()
    assert (expected() is subscriptions) == (count == 1)
    handlers.reverse()
    for wildcard in (None, "*", ...):
        bus.handlers = {Moored: handlers, wildcard: []}
        assert expected() is None
    bus.handlers = {Moored: tuple(handlers)}
    assert expected() is None
    bus.handlers = {}
    assert expected() is None
    handlers.clear()
    bus.handlers = {Moored: handlers}
    assert expected() is None
