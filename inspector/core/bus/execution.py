"""Executions while they happen: what observers of a bus are shown."""

from __future__ import annotations

import asyncio
import functools
import types
from collections.abc import Callable, Coroutine, Generator
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

from .context import CURRENT
from .identity import describe_handler
from .results import is_awaitable, is_failure

if TYPE_CHECKING:
    from ..description import HandlerDescription
    from .publication import Publication


#: What a step gives when the handler has ended.
DONE: Final = object()


class Subscription:
    """A handler subscribed to an event type."""

    def __init__(self, event_type: type[Any], handler: Callable[[Any], Any]) -> None:
        self.event_type = event_type
        self.handler = handler

    @functools.cached_property
    def description(self) -> HandlerDescription:
        """Identity and place of the handler, found out once."""
        return describe_handler(self.handler)

    @functools.cached_property
    def key(self) -> str:
        """The handler's identity across runs."""
        return self.description.key

    @property
    def name(self) -> str:
        """The handler's own name: ``handle_user_login_failed``."""
        return self.description.method


class Execution(Coroutine[Any, Any, None]):
    """One call of one handler for one publication; also the coroutine that its task runs.

    It steps the handler, measures each step, and never raises. A wrapper written as ``async def`` would do, but for two
    things: a task cancelled before its first step never enters it, and time on the loop can only be told from time
    awaiting by who makes the steps.

    Attributes:
        publication: The publication it belongs to.
        subscription: Which handler.
        task: The task that runs it.
        started: When the handler was called, ns of ``perf_counter_ns``; 0 before.
        ended: When it ended or was given up; 0 before.
        on_loop: Nanoseconds it spent computing so far.
        status: ``running`` until it has ended.
        error: What it raised; only set while observers are told of its end: an exception keeps the locals of all its
            frames alive.
        fault: Kind of the fault injected into it, empty for none.
        swallowed: Free for the observer that records: an exception that was handled inside.
        caught: Free for who watches what it handles: called with it at its end, before that is recorded.
        tag: Free for the observer that records: its number for this execution.
    """

    # No __slots__: defaults on the class make an execution cost two assignments instead of fourteen.
    started = ended = on_loop = tag = _resumed = 0
    status = "running"
    fault = swallowed = ""
    error: BaseException | None = None
    caught: Any = None
    _coroutine: Any = None
    task: asyncio.Task[None]

    def __init__(self, publication: Publication, subscription: Subscription) -> None:
        self.publication = publication
        self.subscription = subscription

    def send(self, value: Any) -> Any:
        """Run the handler to its next await; ends with StopIteration."""
        waiting_for = self.step(value)
        if waiting_for is DONE:
            raise StopIteration
        return waiting_for

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:  # noqa: ARG002 - the old signature
        """Raise inside the handler: its task is being cancelled."""
        waiting_for = self.strike(error_of(kind, value))
        if waiting_for is DONE:
            raise StopIteration
        return waiting_for

    def step(self, value: Any) -> Any:
        """Run the handler to its next await and return what it waits for; ``DONE`` when it has ended.

        The hottest lines of the bus: what other methods do is written out here.
        """
        self._resumed = now = perf_counter_ns()
        coroutine = self._coroutine
        if coroutine is None:
            if self.ended:  # given up before its first turn
                return DONE
            CURRENT.set(self)  # in a context of its own
            publication = self.publication
            bus = publication.bus
            call = self.subscription.handler
            if bus.interceptor is not None:
                call = bus.interceptor(self) or call
            self.started = now
            for entry in bus.observers:
                try:
                    entry[0].execution_started(self)
                except Exception as trouble:  # noqa: BLE001 - the observed never pays
                    bus.remove_observer(entry, trouble)
            try:
                result = call(publication.event)
            except BaseException as raised:  # noqa: BLE001 - StopIteration too: here it is a failure like any other
                return self._raised(raised)
            if type(result) is types.CoroutineType:
                coroutine = self._coroutine = result
            elif is_awaitable(result):
                coroutine = self._coroutine = _await(result)
            else:
                return self._returned(result)
        try:
            waiting_for = coroutine.send(value)
        except StopIteration as stop:
            if stop.value is not None or self.ended:
                return self._returned(stop.value)
            return self._went_well(now)
        except BaseException as raised:  # noqa: BLE001 - whatever it is, it ends this execution and nothing else
            return self._raised(raised)
        self.on_loop += perf_counter_ns() - now
        self._resumed = 0
        return waiting_for

    def strike(self, error: BaseException) -> Any:
        """Raise inside the handler; return what ``step`` gives."""
        self._resumed = now = perf_counter_ns()
        if self._coroutine is None:  # before its first step: it was never called
            if not self.ended:
                self._start()
                self._raised(error)
            return DONE
        try:
            waiting_for = self._coroutine.throw(error)
        except StopIteration as stop:
            return self._returned(stop.value)
        except BaseException as raised:  # noqa: BLE001 - as in step
            return self._raised(raised)
        self.on_loop += perf_counter_ns() - now
        self._resumed = 0
        return waiting_for

    def close(self) -> None:
        """Close the handler's coroutine, as when the loop goes away under it."""
        if self._coroutine is not None:
            self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, None]:
        while True:
            yield self.send(None)

    def finish(self, status: str, error: BaseException | None) -> None:
        """End it, or abandon it. The first word counts; what comes after is reported as late."""
        publication = self.publication
        bus = publication.bus
        if self.ended:
            bus.tell_late(self, error)
            return
        self.ended = perf_counter_ns()
        if self._resumed:
            self.on_loop += self.ended - self._resumed
        self.status = status
        self.error = error
        try:
            for entry in bus.observers:
                try:
                    entry[0].execution_ended(self)
                except Exception as trouble:  # noqa: BLE001 - the observed never pays
                    bus.remove_observer(entry, trouble)
            if status != "ok":
                bus.log_failure(self)
        finally:
            self.error = None
            publication.waiting -= 1
            if not publication.waiting and not publication.latch.done():
                publication.latch.set_result(None)

    def _went_well(self, resumed: int) -> Any:
        """Do what ``finish`` does for most executions, and no more."""
        self.ended = now = perf_counter_ns()
        self.on_loop += now - resumed
        self.status = "ok"
        publication = self.publication
        bus = publication.bus
        for entry in bus.observers:
            try:
                entry[0].execution_ended(self)
            except Exception as trouble:  # noqa: BLE001 - the observed never pays
                bus.remove_observer(entry, trouble)
        publication.waiting -= 1
        if not publication.waiting and not publication.latch.done():
            publication.latch.set_result(None)
        return DONE

    def age(self) -> float:
        """Return the seconds since the handler was called; 0 when it has not had its turn yet."""
        return (perf_counter_ns() - self.started) / 1e9 if self.started else 0.0

    def _start(self) -> None:
        self.started = self._resumed
        bus = self.publication.bus
        for entry in bus.observers:
            try:
                entry.observer.execution_started(self)
            except Exception as trouble:  # noqa: BLE001 - the observed never pays
                bus.remove_observer(entry, trouble)

    def _raised(self, error: BaseException) -> Any:
        self.finish("cancelled" if isinstance(error, asyncio.CancelledError) else "failed", error)
        return DONE

    def _returned(self, result: Any) -> Any:
        """Judge the result: handlers give nothing back, so most results mean nothing."""
        if result is None:
            self.finish("ok", None)
        elif isinstance(result, (types.GeneratorType, types.AsyncGeneratorType)):
            kind = "a generator" if isinstance(result, types.GeneratorType) else "an async generator"
            text = f"the handler returned {kind}: its body has not run (it contains 'yield')"
            self.finish("failed", TypeError(text))
        else:
            error = result if isinstance(result, BaseException) else None
            self.finish("returned_failure" if is_failure(result) else "ok", error)
        return DONE

    @property
    def cr_frame(self) -> Any:
        """The frame of the handler, for whoever prints the stack of its task."""
        return getattr(self._coroutine, "cr_frame", None)

    @property
    def cr_running(self) -> bool:
        """Whether the handler is on the stack right now."""
        return bool(getattr(self._coroutine, "cr_running", False))

    @property
    def cr_code(self) -> Any:
        """The code of the handler."""
        return getattr(self._coroutine, "cr_code", None)

    @property
    def cr_await(self) -> Any:
        """What the handler waits for."""
        return getattr(self._coroutine, "cr_await", None)


def error_of(kind: Any, value: Any) -> BaseException:
    """Return the exception that ``throw`` was called with, in its new form or the old one."""
    error: BaseException = kind if isinstance(kind, BaseException) else value if value is not None else kind()
    return error


async def _await(awaitable: Any) -> Any:
    return await awaitable
