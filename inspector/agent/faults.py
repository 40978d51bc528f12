"""Faults on purpose: a handler that fails, is slow, hangs or swallows, without touching its code.

The fault strikes where a real one would: the exception is thrown into the handler at its first ``await``, after what
it waited for has come. So the traceback shows the handler's own lines, its ``except`` and ``finally`` blocks run, and
a handler that never awaits fails after its work.
"""

from __future__ import annotations

import asyncio
import builtins
import inspect
import logging
import random
import sys
import time
import types
from collections.abc import Callable, Generator, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import count
from typing import TYPE_CHECKING, Any

from ..core.bus.results import is_awaitable
from ..core.records.awaiting import STAND_INS

if TYPE_CHECKING:
    from ..core.bus.execution import Execution, Subscription
    from ..core.faults import FaultRule


#: Kinds that raise out of the handler.
_RAISING = ("fail", "cancel")


class InjectedFault(Exception):  # noqa: N818 - a fault is what it is
    """Raised in place of an exception class that we cannot name."""


class FaultInjector:
    """Returns for each execution the faulty call that replaces its handler's, or None.

    Args:
        rules: The first rule that fits handler and event holds; it says how many of the executions it strikes.
        chance: Returns a number from 0 to 1, for the rules that strike with a probability.
    """

    def __init__(self, rules: Sequence[FaultRule], chance: Callable[[], float] = random.random) -> None:
        self._rules = tuple(rules)
        self._chance = chance
        self._known: dict[Subscription, FaultRule | None] = {}
        self._turns: dict[FaultRule, Iterator[int]] = {rule: count(1) for rule in self._rules}

    def __call__(self, execution: Execution) -> Callable[[Any], Any] | None:
        """Choose by the handler's label and the event's name; marks the execution."""
        subscription = execution.subscription
        if subscription not in self._known:
            self._known[subscription] = self._find(subscription)
        rule = self._known[subscription]
        if rule is None or next(self._turns[rule]) % rule.every:
            return None
        if rule.probability < 1 and self._chance() >= rule.probability:
            return None
        execution.fault = rule.kind
        if rule.kind == "drop":
            return _dropped_async if subscription.description.is_async else _dropped
        return _faulty(subscription.handler, rule)

    def strikes(self, label: str) -> bool:
        """Return whether a handler of this label may be struck, on whichever event."""
        return any(fnmatchcase(label, rule.handler) for rule in self._rules)

    def _find(self, subscription: Subscription) -> FaultRule | None:
        label, event = subscription.description.label, subscription.event_type.__name__
        for rule in self._rules:
            if fnmatchcase(label, rule.handler) and fnmatchcase(event, rule.event):
                return rule
        return None


def make_error(text: str) -> BaseException:
    """Make the exception that ``Name: message`` describes; an unknown name gives an ``InjectedFault``.

    The name is a built-in exception's, or a dotted one of a module that the program has imported.
    """
    name, _, message = text.partition(": ")
    module, _, last = name.strip().rpartition(".")
    kind = getattr(sys.modules.get(module) if module else builtins, last, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception):
        return InjectedFault(text)
    try:
        return kind(message)
    except Exception:  # noqa: BLE001 - some want more than a message; a program's may raise anything
        if not module:
            return InjectedFault(text)
    error: BaseException = kind.__new__(kind)
    error.args = (message,)
    return error


def _error_of(rule: FaultRule) -> BaseException:
    return asyncio.CancelledError() if rule.kind == "cancel" else make_error(rule.error)


def _dropped(_event: Any) -> None:
    """Stand for a handler that is not called."""


async def _dropped_async(_event: Any) -> None:
    """Stand for an asynchronous handler that is not called."""


def _faulty(handler: Callable[[Any], Any], rule: FaultRule) -> Callable[[Any], Any]:
    def call(event: Any) -> Any:
        result = handler(event)
        if is_awaitable(result):
            return _strike(result if inspect.iscoroutine(result) else _awaited(result), rule, handler)
        if rule.kind in ("slow", "hang"):
            time.sleep(rule.delay)  # a synchronous handler that is slow blocks the loop: that is what it does
        elif rule.kind in _RAISING:
            raise _error_of(rule)
        else:
            _swallow(handler, _error_of(rule))
        return result

    return call


async def _awaited(awaitable: Any) -> Any:
    return await awaitable


@types.coroutine
def _strike(coroutine: Any, rule: FaultRule, handler: Callable[[Any], Any]) -> Generator[Any, Any, Any]:
    """Run the handler to its first await, let that finish, and strike."""
    waiting_for, ended = None, []
    try:
        waiting_for = coroutine.send(None)
    except StopIteration as stop:
        ended = [stop.value]
    if ended:  # not while that is handled: the failure would have it as its context
        return (yield from _strike_after(ended[0], rule, handler))
    try:
        yield waiting_for
        if rule.kind in ("slow", "hang"):
            yield from _pause(rule).__await__()
    except BaseException as error:  # noqa: BLE001 - what it waits for failed, or it is being cancelled: it has to know
        return (yield from _thrown(coroutine, error))
    if rule.kind in ("slow", "hang"):
        return (yield from coroutine)
    try:
        return (yield from _thrown(coroutine, _error_of(rule)))
    except BaseException as error:
        if rule.kind in _RAISING or not isinstance(error, Exception):
            raise
        _swallow(handler, error)
        return None


STAND_INS[_strike.__code__] = "coroutine"


@types.coroutine
def _strike_after(result: Any, rule: FaultRule, handler: Callable[[Any], Any]) -> Generator[Any, Any, Any]:
    """Strike when the handler has done its work without ever waiting."""
    if rule.kind in ("slow", "hang"):
        yield from _pause(rule).__await__()
    elif rule.kind in _RAISING:
        raise _error_of(rule)
    else:
        _swallow(handler, _error_of(rule))
    return result


@types.coroutine
def _thrown(coroutine: Any, error: BaseException) -> Generator[Any, Any, Any]:
    """Raise inside the handler where it waits, and go on with what it does then."""
    while True:
        try:
            waiting_for = coroutine.throw(error)
        except StopIteration as stop:
            return stop.value  # it dealt with the error
        try:
            yield waiting_for  # it answered with another await
        except BaseException as another:  # noqa: BLE001 - as above
            error = another
        else:
            return (yield from coroutine)


async def _pause(rule: FaultRule) -> None:
    if rule.kind == "hang":
        await asyncio.get_running_loop().create_future()
    else:
        await asyncio.sleep(rule.delay)


def _swallow(handler: Callable[[Any], Any], error: BaseException) -> None:
    """Do what such handlers do: log the exception and go on as if nothing had happened."""
    logger = logging.getLogger(getattr(handler, "__module__", None) or __name__)
    logger.error("%s: %s", type(error).__name__, error, exc_info=error)
