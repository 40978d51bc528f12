"""Drivers: generators that run coroutines, one after another.

Stepping a coroutine by hand ends with a ``StopIteration`` that has to be made and caught, which takes a good part of
the time of a small handler. A generator that delegates to it is told the result without one.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias

#: What a step returns when the coroutine has ended without a result.
DONE: Final = object()
#: What the first step returns when it raised: its driver has ended.
LOST: Final = object()

Send: TypeAlias = Callable[[Any], Any]
#: The generator, and its method ``send``, which is made once.
Driver: TypeAlias = "tuple[types.GeneratorType[Any, Any, None], Send]"


class Returned:
    """The result of a coroutine that has ended."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


@types.coroutine
def _drive() -> Generator[Any, Any, None]:
    """Run each coroutine that is sent; yield what it waits for, then ``DONE``, or its result."""
    subject = yield
    while True:
        subject = yield from subject
        subject = yield DONE if subject is None else Returned(subject)


_idle: Final[list[Driver]] = []
#: Drivers that are kept.
_MOST: Final = 64


def idle_driver() -> Driver:
    """Return a driver that has nothing to do."""
    if _idle:
        return _idle.pop()
    generator: Any = _drive()
    generator.send(None)
    return generator, generator.send


def put_back(driver: Driver) -> None:
    """Keep a driver for the next one: its coroutine has ended and was not lost."""
    if len(_idle) < _MOST:
        _idle.append(driver)
