"""What handlers give back: which of it is a failure, by its class's name or by what the class says of itself."""

from __future__ import annotations

import functools
from collections.abc import Generator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.bus.events import DomainEvent
from inspector.core.bus.results import is_failure, is_result
from tests.core.test_bus import Witness


class Failure:
    """As ``returns`` has it: its name says it."""


class IOFailure:
    """The same for input and output."""


class OutOfStock(Failure):
    """A subclass of one."""


class Err:
    def is_err(self) -> bool:
        return True


@dataclass(frozen=True)
class Union:
    """As ``expression`` has it: one class for both, and it can be awaited."""

    fine: bool

    def is_error(self) -> bool:
        return not self.fine

    def __await__(self) -> Generator[Any, Any, Any]:
        raise AssertionError("nobody awaits a result")
        yield


@dataclass
class Box:
    problems: tuple[str, ...] = ()

    @property
    def is_failure(self) -> bool:
        return bool(self.problems)


class Cached:
    def __init__(self, fine: bool) -> None:
        self._fine = fine

    @functools.cached_property
    def is_success(self) -> bool:
        return self._fine


class Slotted:
    __slots__ = ("is_ok",)

    def __init__(self, fine: bool) -> None:
        self.is_ok = fine


class Held:
    def __init__(self, failed: bool) -> None:
        self.is_error = failed


class Below(Err):
    def is_err(self) -> bool:
        return False


class Error:
    def is_error(self) -> bool:
        return True


@pytest.mark.parametrize(
    "value",
    [
        *(ValueError(), Failure(), IOFailure(), OutOfStock(), Err(), Union(False), Box(("why",)), Cached(False)),
        *(Slotted(False), Held(True), Error()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_failures(value: Any) -> None:
    assert is_failure(value)


class Asks:
    """Names that are no answers."""

    async def is_error(self) -> bool:
        return True

    def is_err(self, of: str) -> bool:
        return True

    is_failure = "yes"

    def is_ok(self) -> int:
        return 0

    @property
    def is_success(self) -> bool:
        raise RuntimeError("not known yet")


class OnDemand:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"asked for {name}")


class Hash(type):
    def __hash__(cls) -> int:
        raise AssertionError("a class of theirs was hashed")


class Unhashable(metaclass=Hash):
    pass


@pytest.mark.parametrize(
    "value",
    [
        *(None, 0, False, "error", [], Union(True), Box(), Cached(True), Slotted(True), Held(False), Below()),
        *(Asks(), OnDemand(), Unhashable(), MagicMock(), SimpleNamespace(is_ok="no"), type, Failure),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_failure(value: Any) -> None:
    assert not is_failure(value)


def test_a_result_that_can_be_awaited_is_told_from_an_awaitable() -> None:
    assert is_result(Union(True))
    assert not is_result(Failure())
    assert not is_result("text")


@dataclass(frozen=True, kw_only=True)
class Counted(DomainEvent):
    pass


@pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")
async def test_handlers_that_give_back_failures_are_told_and_nobody_awaits_results() -> None:
    def box(_: Any) -> Any:
        return Union(False)

    async def slip(_: Any) -> Any:
        return Err()

    async def fine(_: Any) -> Any:
        return Union(True)

    bus = InMemoryEventBus()
    witness = Witness()
    bus.observe(witness)
    for handler in (box, slip, fine):
        bus.subscribe(Counted, handler)
    await bus.publish(Counted())
    assert witness.statuses() == {"box": "returned_failure", "slip": "returned_failure", "fine": "ok"}
