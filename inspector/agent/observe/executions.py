"""Executions that are watched: which frame they end with, and their tries."""

from __future__ import annotations

import asyncio
import concurrent.futures
import weakref
from time import perf_counter_ns
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from ..tap.moments import TapExecution, TapPublication, TapSubscription, stops

if TYPE_CHECKING:
    from ...core.bus.execution import Execution

FUTURES: Final = (asyncio.Future, concurrent.futures.Future)
#: Code that yields to who iterates it, not to the loop.
GENERATES: Final = 0x20 | 0x200


class Running(dict[FrameType, "ObservedExecution"]):
    """The executions of one program that run now, by their frames."""

    __hash__ = object.__hash__  # type: ignore[assignment]


_ALL: Final[weakref.WeakSet[Running]] = weakref.WeakSet()


def new_running() -> Running:
    """Return a place for the executions of one more program."""
    running = Running()
    _ALL.add(running)
    return running


def running_in(frame: FrameType) -> Execution | None:
    """Return the execution whose code runs in a frame; None where that is no handler's."""
    return next((execution for running in tuple(_ALL) if (execution := running.get(frame)) is not None), None)


class ObservedExecution(TapExecution):
    """One execution that is watched.

    Attributes:
        frame: The frame with whose end it ends: that of the outermost wrapper, else of the body.
        before: What ran in this context before it.
        tries: How often its body was called.
        unwrapped: Its body is called by the bus itself.
        failure: With what the last of these calls ended, until the next one.
    """

    frame: FrameType | None = None
    before: Any = None
    tries = 0
    unwrapped = False
    failure: BaseException | None = None
    _held = 0

    def __init__(self, publication: TapPublication, subscription: TapSubscription) -> None:
        self.publication = publication
        self.subscription = subscription

    def try_again(self) -> None:
        """Take note that its body is called once more for the same publication."""
        failure, self.failure, self._held = self.failure, None, 0
        self.publication.holding -= 1
        self.publication.tap.tell("execution_repeated", self, self.tries, failure)
        self._resumed = perf_counter_ns()

    def hold(self, error: BaseException) -> None:
        """Fail, unless the bus calls it again before its publish has ended: then it is one more try."""
        self.pause()
        self._held = perf_counter_ns()
        self.failure = error
        self.publication.holding += 1

    @property
    def held(self) -> bool:
        """It has failed, and may be tried again."""
        return self._held > 0

    def release(self) -> None:
        """Let it end, if its end is held back."""
        if self._held:
            self.finish("failed", self.failure)

    def finish(self, status: str, error: BaseException | None, at: int = 0) -> None:
        """End it; one that is held has failed, whatever is said now."""
        publication = self.publication
        if self._held and not self.ended:
            publication.holding -= 1
            status, error, at = "failed", self.failure, self._held
            if stops(error) and publication.raised is not error and not publication.under_way:
                publication.stopped = type(error).__name__
                status, error = "ok", None
        self.failure, self._held = None, 0
        super().finish(status, error, at)


def error_of(done: Any) -> BaseException | None:
    """Return how a future failed, without telling it that somebody looked: who made it may never ask."""
    if done.cancelled():
        return asyncio.CancelledError()
    error: BaseException | None = done._exception  # noqa: SLF001 - exception() silences "never retrieved"
    return error
