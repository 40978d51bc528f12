"""Executions while they happen: what observers of a bus are shown."""

from __future__ import annotations

import asyncio
import functools
import types
from collections.abc import Callable, Coroutine, Generator
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

from .context import CURRENT
from .drivers import DONE, LOST, Driver, Returned, Send, idle_driver, put_back
from .identity import describe_handler
from .results import is_awaitable, is_failure
from .tasks import HandlerTask, UnmadeTask

if TYPE_CHECKING:
    from ..description import HandlerDescription
    from .bus import InMemoryEventBus
    from .publication import Publication


#: What futures have, and what a task looks for in what it is to wait for.
_BLOCKING: Final = "_asyncio_future_blocking"
_set_current: Final = CURRENT.set
_Coroutine: Final = types.CoroutineType


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

    @functools.cached_property
    def name(self) -> str:
        """The handler's own name: ``handle_user_login_failed``."""
        return self.description.method


class Execution(Coroutine[Any, Any, None]):
    """One call of one handler for one publication; also the coroutine that its task runs, from where it waited first.

    It steps the handler, measures each step, and never raises. A wrapper written as ``async def`` would do, but for two
    things: a task cancelled before its first step never enters it, and time on the loop can only be told from time
    awaiting by who makes the steps.

    Attributes:
        publication: The publication it belongs to.
        subscription: Which handler.
        task: The task that goes on with it, once it has waited; None before.
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
        code: Free for who watches it: what runs, while its end is known by that.
        is_row: Its start and its end are all there is to tell of it, and nothing of the program's hangs on it, so that
            it may be kept in place of a row. Who sets ``caught`` or ``swallowed`` takes this back.
    """

    # No __slots__: defaults on the class make an execution cost two assignments instead of fourteen.
    started = ended = on_loop = tag = _resumed = 0
    status = "running"
    fault = swallowed = ""
    error: BaseException | None = None
    caught: Any = None
    code: types.CodeType | None = None
    is_row = True
    #: What the handler gave back, and what steps it, once it has waited.
    _coroutine: Any = None
    _driver: Driver | None = None
    #: What it waited for when its task was not there yet; ``DONE`` for nothing.
    _waits: Any = DONE
    task: asyncio.Task[None] | None = None

    def __init__(self, publication: Publication, subscription: Subscription) -> None:
        self.publication = publication
        self.subscription = subscription

    def wait(self, task: HandlerTask, driver: Driver, waits: Any) -> None:
        """Let a task go on with the handler, which waits."""
        self.task = task
        self._driver = driver
        self.publication.waiting += 1
        if waits is not None:  # without a future the task's first step is its next turn
            self._waits = waits
            if getattr(waits, _BLOCKING, None):
                waits._asyncio_future_blocking = False  # noqa: SLF001 - as a task does; it is waited for once more
        steps: Any = self
        steps.send = self._steps(driver).send  # found before the method
        if type(task) is UnmadeTask:
            task.make()

    def send(self, value: Any) -> Any:
        """Run the handler to its next await; ends with StopIteration."""
        if self._waits is not DONE:  # the first step of the task that goes on with the handler
            return self._wait_again()
        waits = self.step(value)
        if waits is DONE:
            raise StopIteration
        return waits

    def _steps(self, driver: Driver) -> Generator[Any, Any, None]:
        """Do what ``send`` does, each time, for a handler that has waited: a generator takes half as long."""
        value, send = None, driver[1]
        if self._waits is not DONE:
            value = yield self._wait_again()
        while True:
            resumed = perf_counter_ns()
            try:
                waits = send(value)
            except BaseException as raised:  # noqa: BLE001 - as in begin
                self._resumed = resumed
                self._raised(raised)
                break
            if waits is DONE and not self.ended:  # as in begin
                self.ended = end = perf_counter_ns()
                self.on_loop += end - resumed
                self.status = "ok"
                self._driver = None
                put_back(driver)
                publication = self.publication
                bus, sink = publication.bus, publication.sink
                if sink is not None and self.is_row and bus.observers is publication.told:
                    next(sink.ends)
                    sink.put(self)
                    if sink.asleep:
                        rouse(bus, sink.roused)
                else:
                    _tell_end(bus, self)
                publication.waiting -= 1
                if not publication.waiting:
                    publication.open_latch()
                break
            if waits is DONE or type(waits) is Returned:
                self._resumed = resumed
                self._judge(waits)
                break
            self.on_loop += perf_counter_ns() - resumed
            value = yield waits
        del self.send
        self.task = None

    def _wait_again(self) -> Any:
        """Return what the handler came to wait for before its task was there, as it was then."""
        waits, self._waits = self._waits, DONE
        if getattr(waits, _BLOCKING, None) is not None:
            waits._asyncio_future_blocking = True  # noqa: SLF001 - for the task to see
        return waits

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:  # noqa: ARG002 - the old signature
        """Raise inside the handler: its task is being cancelled."""
        error = error_of(kind, value)
        if self._driver is not None and "send" in vars(self):
            del self.send  # the generator stands somewhere else now
        waits, self._waits = self._waits, DONE
        # Cancelled before the task's first step: what the handler waits for is cancelled, as it would be later.
        stands = waits is not DONE and getattr(waits, _BLOCKING, None) is not None
        if stands and isinstance(error, asyncio.CancelledError) and waits.cancel(*error.args):
            waits._asyncio_future_blocking = True  # noqa: SLF001
            return waits
        waits = self.strike(error)
        if waits is DONE:
            raise StopIteration
        return waits

    def step(self, value: Any) -> Any:
        """Run the handler to its next await and return what it waits for; ``DONE`` when it has ended."""
        driver = self._driver
        if driver is None:
            if self.ended:  # all has been done before its task's first step
                return DONE
            # Its task was made by a factory.
            self._driver = driver = idle_driver()
            waits = begin(self, driver[1])
            return DONE if waits is LOST else waits
        self._resumed = perf_counter_ns()
        try:
            waits = driver[1](value)
        except BaseException as raised:  # noqa: BLE001 - as in begin
            return self._raised(raised)
        return self._judge(waits)

    def strike(self, error: BaseException) -> Any:
        """Raise inside the handler; return what ``step`` returns."""
        self._resumed = perf_counter_ns()
        if self._driver is None:  # before its first step: it was never called
            if not self.ended:
                self._start()
                self._raised(error)
            return DONE
        try:
            waits = self._driver[0].throw(error)
        except BaseException as raised:  # noqa: BLE001 - as in begin
            return self._raised(raised)
        return self._judge(waits)

    def _judge(self, waits: Any) -> Any:
        """Stop the clock where it waits; end where it has returned."""
        if waits is not DONE and type(waits) is not Returned:
            self.on_loop += perf_counter_ns() - self._resumed
            self._resumed = 0
            return waits
        driver, self._driver = self._driver, None
        if driver is not None:
            put_back(driver)
        return self._returned(getattr(waits, "value", None))

    def close(self) -> None:
        """Close the handler's coroutine, as when the loop goes away under it."""
        running = self._coroutine if self._driver is None else self._driver[0]
        if running is not None:
            running.close()

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
            _tell_end(bus, self)
            if status != "ok":
                bus.log_failure(self)
        finally:
            self.error = None
            if self.task is not None:
                publication.ended_one()

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

    def waits(self) -> tuple[Any, Any]:
        """Return the coroutine of the handler, once it has waited, and its task; None for what is not known."""
        return self._stepped, self.task

    @property
    def _stepped(self) -> Any:
        """The coroutine of the handler, once it has waited."""
        return self._coroutine if self._driver is None else self._driver[0].gi_yieldfrom

    @property
    def cr_frame(self) -> Any:
        """The frame of the handler, for whoever prints the stack of its task."""
        return getattr(self._stepped, "cr_frame", None)

    @property
    def cr_running(self) -> bool:
        """Whether the handler is on the stack right now."""
        if self._stepped is None:  # its first step, or before it, or it never waited
            return bool(self.started and not self.ended)
        return bool(getattr(self._stepped, "cr_running", False))

    @property
    def cr_suspended(self) -> bool:
        """Whether it waits."""
        return bool(getattr(self._stepped, "cr_suspended", False))

    @property
    def cr_code(self) -> Any:
        """The code of the handler."""
        return getattr(self._stepped, "cr_code", None)

    @property
    def cr_await(self) -> Any:
        """What the handler waits for."""
        return getattr(self._stepped, "cr_await", None)


def lay_out(first: Any, names: tuple[str, ...]) -> None:
    """Set attributes on the first object of a class.

    Python keeps those of the others in the same places, without a dict for each, but only where it has met the names on
    one of the first thirty; a program may well make thousands before a handler waits.
    """
    for name in names:
        setattr(first, name, None)


lay_out(
    object.__new__(Execution),
    (
        *("publication", "subscription", "ended", "task", "is_row", "started", "tag", "on_loop", "status"),
        *("_driver", "send", "_resumed", "_waits", "error", "caught", "swallowed"),
    ),
)


def rouse(bus: InMemoryEventBus, call: Callable[[], None]) -> None:
    """Notify the one observer of a bus that something was put into its sink."""
    try:
        call()
    except Exception as trouble:  # noqa: BLE001 - the observed never pays
        bus.remove_observer(bus.observers[0], trouble)


def _tell_end(bus: InMemoryEventBus, execution: Execution) -> None:
    for entry in bus.observers:
        try:
            entry[0].execution_ended(execution)
        except Exception as trouble:  # noqa: BLE001 - the observed never pays
            bus.remove_observer(entry, trouble)


def begin(execution: Execution, send: Send) -> Any:
    """Call the handler and run it to its first await; return what ``step`` returns, ``LOST`` where it raised.

    In a context of its own. These are the hottest lines of the bus: what other methods do is written out here.

    Args:
        execution: Its execution, which has not begun.
        send: Of a driver that has nothing to do.
    """
    _set_current(execution)
    publication = execution.publication
    bus = publication.bus
    call = execution.subscription.handler
    if bus.interceptor is not None:
        call = bus.interceptor(execution) or call
    sink = publication.sink
    execution.started = now = perf_counter_ns()
    if sink is not None and bus.observers is publication.told:
        for execution.tag in sink.starts:  # no call: another thread could come in between and be the first
            sink.put(execution)
            break
        if sink.asleep:
            rouse(bus, sink.began)
    else:
        for entry in bus.observers:
            try:
                entry[0].execution_started(execution)
            except Exception as trouble:  # noqa: BLE001 - the observed never pays
                bus.remove_observer(entry, trouble)
    try:
        result = call(publication.event)
        if type(result) is _Coroutine:
            waits = send(result)
        elif is_awaitable(result):
            waits = send(_await(result))
        else:
            waits = Returned(result)
    except BaseException as raised:  # noqa: BLE001 - whatever it is, it ends this execution and nothing else
        execution._resumed = now  # noqa: SLF001 - of this module
        execution._raised(raised)  # noqa: SLF001
        return LOST
    if waits is DONE and not execution.ended:  # nearly always; what ``finish`` comes to then
        execution.ended = end = perf_counter_ns()
        execution.on_loop = end - now
        execution.status = "ok"
        if sink is not None and execution.is_row and bus.observers is publication.told:
            next(sink.ends)
            sink.put(execution)
            if sink.asleep:
                rouse(bus, sink.roused)
        else:
            _tell_end(bus, execution)
        if execution.task is not None:
            publication.ended_one()
        return DONE
    if waits is not DONE and type(waits) is not Returned:
        execution.on_loop = perf_counter_ns() - now
        return waits
    execution._resumed = now  # noqa: SLF001 - of this module
    return execution._judge(waits)  # noqa: SLF001


def error_of(kind: Any, value: Any) -> BaseException:
    """Return the exception that ``throw`` was called with, in its new form or the old one."""
    error: BaseException = kind if isinstance(kind, BaseException) else value if value is not None else kind()
    return error


async def _await(awaitable: Any) -> Any:
    return await awaitable
