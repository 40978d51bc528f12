"""Publications and executions on a bus that is not ours: what the tap tells observers of."""

from __future__ import annotations

import asyncio
import dis
import logging
import re
import types
import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextvars import ContextVar
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from ...core.bus import context
from ...core.bus.context import CURRENT, FIRE
from ...core.bus.execution import Execution
from ...core.bus.publication import Publication
from ...core.records.awaiting import find_waiting
from .likeness import kept_fields
from .seams import strip

if TYPE_CHECKING:
    from ...core.description import HandlerDescription
    from .tap import Tap

#: The instruction of a ``raise``.
_RAISES: Final = dis.opmap["RAISE_VARARGS"]
_logger = logging.getLogger(__name__)

#: Turns of the loop, and then seconds, that a publication stays open for handlers that have not been called.
GRACE_TURNS: Final = 5
GRACE: Final = 0.05
#: Executions of a publication, above which those that have ended are let go: it may never end.
MOST_CALLS: Final = 256

#: How a publication goes, in its ``quick``: of its executions nothing but the times is wanted, and each is what a loop
#: calls in a context of its own, in which nothing runs after it. This is the module of what calls it then: the very
#: text that its functions have.
APART: Final = asyncio.events.__name__

#: Marks on an event, and exceptions, that keep it from those who come next.
_STOPS: Final = re.compile(r"stop|halt|handled|consumed|prevented|cancell?ed", re.IGNORECASE)
_STOPPING: Final = re.compile(
    r"^Stop(?!Iteration|AsyncIteration)|(Propagation|Event|Dispatch)(Stopped|Handled|Consumed)"
    r"|(Propagation|Event|Dispatch|Handler)Stop$|^(Cancel|Skip|Abort)(Propagation|Event|Dispatch|Handler)$"
)


def stops(error: BaseException | None) -> bool:
    """Return whether an exception is how a handler keeps the event from those after it, and no failure."""
    return error is not None and _STOPPING.search(type(error).__name__) is not None


class Occurrence(NamedTuple):
    """What a call of a publish method or of a handler is about.

    Attributes:
        event: The object that travels; its identity joins handlers to their publication.
        name: Name of the event type in the catalog.
        shown: Named values to record in place of the event's own fields; None to record the event itself.
        session: The database session of the publish, if it has one.
        metadata: The metadata of the publish, if it has any.
        loose: Handlers get parts of the event, or a copy: its identity says nothing.
    """

    event: Any
    name: str
    shown: Mapping[str, Any] | None = None
    session: Any = None
    metadata: Mapping[str, str] | None = None
    loose: bool = False


#: Returns the subscriptions that events of a class go to; None once that may have changed.
Expected = Callable[[], "Subscriptions | None"]


class Variables(NamedTuple):
    """Which variables of a publish method's call are all that is to be known of it.

    Attributes:
        event: Name of that with the event.
        session: Name of that with the database session; empty for none.
        metadata: Name of that with the metadata; empty for none.
        usual: By the id of a class: the class, what all events of it are called in the catalog, and what is expected of
            them. Those of other classes have to be read in full.
    """

    event: str
    session: str
    metadata: str
    usual: Mapping[int, tuple[type[Any], str, Expected]]


class TappedBus(Protocol):
    """What the tap asks of the connection to one bus of the user's."""

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return what a call of a publish method publishes; None when it is not one publication."""

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a call of a handler is about."""

    def expected(self, occurrence: Occurrence) -> tuple[TapSubscription, ...]:
        """Return the subscriptions that it goes to, in order."""


class _Named:
    """Stands for an event type that is a name and has no class."""

    def __init__(self, name: str) -> None:
        self.__name__ = name


class TapSubscription:
    """A handler of the user's bus, for one type of event."""

    def __init__(self, event: str, description: HandlerDescription) -> None:
        self.event_type = _Named(event)
        self.description = description
        self.key = description.key
        self.handler = _Again(description.module)

    @property
    def name(self) -> str:
        """The handler's own name."""
        return self.description.method


class _Again:
    """Calls the handler of the running execution with its own arguments: what an interceptor calls."""

    def __init__(self, module: str) -> None:
        self.__module__ = module

    def __call__(self, _event: Any) -> Any:
        execution = CURRENT.get()
        if not isinstance(execution, TapExecution):
            raise TypeError("called outside an execution")
        return execution.target(*execution.args, **execution.kwargs)


class Subscriptions(tuple[TapSubscription, ...]):
    """Whom events of a class go to.

    Attributes:
        direct: How many publications in a row have called them all at once, in turn, with the very event that was
            published. Below zero: for so many publications that is not expected.
        quick: ``APART`` as long as they were called so; else empty.
    """

    direct = 0
    quick = APART
    spares: Any = None


class NoneDue:
    """Stands for the execution that is due, where none is."""

    begins = code = None
    key = ""
    subscription: Any


NoneDue.subscription = NoneDue


class TapPublication(Publication):
    """One publish on a bus that is not ours.

    It is open until the publish method has returned and every handler that it called has ended; handlers that are
    subscribed and were not called yet (a bus that makes tasks, or has a queue) are waited for a little.

    Attributes:
        passed_over: Keys of handlers whose wrapper returned without calling them.
        said_no: What was asked about the event and said no: its name, its code, its first argument.
        expected_after: Keys of the handlers that it would go to when the publish method had returned; None: not asked.
        inside: Keys of the handlers inside which it was published; only filled in where a handler was not called.
        handed_with: Keys of handlers that got the event in a list, in executions of another publication.
        failed: The execution that failed last; it may be tried again.
        answer: What the handler that gave something back last gave back.
        changed: How the event that handlers got differs from the one that was published, where it was made anew.
        broke: What the publish method raised: the name of the exception.
        put_off: A timer that it set was cancelled before it was due.
        stopped: By what a handler stopped the event: the name of an exception, or of a mark on the event.
    """

    # What each publication is asked for has a slot, which is read and written fastest. The rest are defaults.
    __slots__ = (
        *("_let_go", "_returned", "calls", "cause", "closed", "depth", "event", "fire", "holding"),
        *(
            "metadata",
            "named",
            "outside",
            "session",
            "shown",
            "source",
            "subscriptions",
            "tag",
            "tap",
        ),
    )
    bus: Any = None
    loose = only_counted = False
    #: The execution that is made already, and begins when its handler is called; and whether that needs no look.
    due: Any = NoneDue
    trusted = False
    #: Where the times of such executions are put as well; None nearly always.
    marks: Any = None
    #: Told of such executions.
    tell: Callable[[Any], None] | None = None
    passed_over: tuple[str, ...] = ()
    said_no: tuple[tuple[str, types.CodeType, Any], ...] = ()
    expected_after: tuple[str, ...] | None = None
    broke = ""
    put_off = False
    changed: tuple[str, ...] = ()
    handed_with: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    failed: TapExecution | None = None
    answer = ""
    stopped = ""
    #: What the publish method raised.
    raised: BaseException | None = None
    #: How often it was looked whether it is over, since so many executions had begun.
    _turns = 0
    _begun = 0
    _most = MOST_CALLS
    _gone: weakref.ref[Any] | None = None
    #: What its event said, once that may be gone.
    _fields: Any = None
    #: What its bus has worked off while it was under way; and whether it is such a one.
    left: tuple[TapPublication, ...] = ()
    was_left = False

    tap: Tap
    source: TappedBus
    #: What was under way around the publish method.
    outside: TapPublication | None
    #: Its executions in order, until it has ended; and the subscriptions of those that came before these.
    calls: list[TapExecution]
    _let_go: Sequence[TapSubscription]
    #: Failed executions that may yet be tried again.
    holding: int

    def __init__(
        self, tap: Tap, bus: TappedBus, occurrence: Occurrence, subscriptions: tuple[TapSubscription, ...]
    ) -> None:
        event, named, shown, session, metadata, loose = occurrence
        self.prepare(tap, bus, event, named, subscriptions, CURRENT.get(), FIRE.get())
        self.shown = shown
        self.session = session
        self.metadata = metadata
        if loose:
            self.loose = True

    def prepare(
        self,
        tap: Tap,
        bus: TappedBus,
        event: Any,
        named: str,
        subscriptions: tuple[TapSubscription, ...],
        cause: Execution | None,
        fire: int,
    ) -> None:
        """Fill all slots: a bus that is watched pays for each of these lines, and for nothing else."""
        self.tap = tap
        self.source = bus
        self.event = event
        self.named = named
        self.subscriptions = subscriptions  # type: ignore[assignment]
        self.cause = cause
        self.depth = 0 if cause is None or cause.ended else cause.publication.depth + 1
        self.fire = fire
        self.calls = []
        self._let_go = ()
        self.shown = self.session = self.metadata = self.outside = None
        self.tag = self.holding = 0
        self.closed = self._returned = False

    @property
    def unlisted(self) -> int:  # type: ignore[override]
        """1 where its bus has no list of who hears it."""
        return int(getattr(self.source, "unlisted", False))

    def unchain(self) -> None:
        """Have each of its moments told from now on: something unusual happens."""

    def enter(self) -> None:
        """Make the handlers called from here on those of this publication: the publish method is about to run."""
        self.outside = PUBLISHING.get()
        PUBLISHING.set(self)

    def leave(self, error: BaseException | None) -> None:
        """Take note that the publish method ended."""
        PUBLISHING.set(self.outside)
        self.outside = None
        self.returned(error)

    def leave_open(self) -> None:
        """Take note that the publish method returned something that has to be awaited."""
        PUBLISHING.set(self.outside)
        self.outside = None

    def returned(self, error: BaseException | None) -> None:
        """Take note that the publish, its result awaited, is over; handlers may still run."""
        if isinstance(error, asyncio.CancelledError):
            self.outcome = "cancelled"
        self._returned = True
        if error is not None:
            self.raised, self.broke = error, type(error).__name__
        if self.holding:
            for execution in self.running:
                execution.release()  # nobody tries it again
        self.raised = None
        if self.runs and not isinstance(error, asyncio.CancelledError):
            self.tap.returned_early(self)
        if not self.complete and self.event is not None and self.fire:
            self._look_back()
        self.check()

    def _look_back(self) -> None:
        """Take note of what may be why not all handlers were called, while it can be seen."""
        expected = self.source.expected(Occurrence(self.event, self.named, loose=self.loose))
        self.expected_after = tuple([subscription.key for subscription in expected])
        cause: Any = self.cause
        while cause is not None:
            self.inside += (cause.subscription.key,)
            cause = cause.publication.cause
        if self.called and not self.stopped:
            try:
                marks = object.__getattribute__(self.event, "__dict__")
            except AttributeError:  # it has none
                return
            self.stopped = next((name for name, value in marks.items() if value is True and _STOPS.search(name)), "")

    def started(self, execution: TapExecution) -> None:
        """Take note that a handler was called."""
        if len(self.calls) > self._most:
            self._let_go = [*self._let_go, *(call.subscription for call in self.calls if call.ended)]
            self.calls = self.running
            self._most = MOST_CALLS + 2 * len(self.calls)
        self.calls.append(execution)

    def left_by(self) -> TapExecution | None:
        """Return the execution that has left what is worked off now: the only one that ran, or one that has failed.

        None while another runs, which may have left as much, and where several have run.
        """
        several = (self, *self.left)
        if any(not execution.held for publication in several for execution in publication.running):
            return None
        ran = [publication.calls[-1] for publication in several if publication.calls]
        last = max(ran, key=lambda execution: execution.started, default=None)
        alone = sum(publication.called for publication in several) == 1
        return last if last is not None and (alone or last.held) else None

    def ended(self) -> None:
        """Take note that a handler ended."""
        if self._returned:
            self.check()

    def give_up(self) -> None:
        """Take note that those who fired do not wait any longer."""
        for execution in self.running:
            execution.finish("timed_out", None)

    def abandon(self) -> None:
        """Take note that the publish was cancelled and goes on: nobody waits for it, nor for what it still calls."""
        for execution in self.running:
            execution.finish("cancelled", None)
        self.outcome = "cancelled"
        self.tap.end(self)

    @property
    def called(self) -> int:
        """How many executions have begun."""
        return len(self._let_go) + len(self.calls)

    @property
    def began(self) -> list[str]:
        """Keys of the handlers whose executions have begun, in order."""
        return [subscription.key for subscription in (*self._let_go, *(call.subscription for call in self.calls))]

    def begun(self, key: str) -> int:
        """Return how many executions of a handler have begun."""
        return self.began.count(key)

    @property
    def running(self) -> list[TapExecution]:
        """Its executions that have not ended."""
        return [execution for execution in self.calls if not execution.ended]

    @property
    def runs(self) -> bool:
        """An execution of it has not ended."""
        return any(not execution.ended for execution in reversed(self.calls))

    @property
    def under_way(self) -> bool:
        """The publish method has not come to its end."""
        return not (self._returned or self.closed)

    @property
    def complete(self) -> bool:
        """Every handler that it goes to has been called; where queues listen, there may be one behind them."""
        if self.subscriptions or self.called:
            return self.called >= len(self.subscriptions)
        return not getattr(self.source, "listened", False)

    def let_go(self) -> None:
        """Keep nothing alive when it is over, and still know the event when a handler comes late."""
        if not self.complete:
            self._fields = kept_fields(self.event)
        self.session = self.metadata = self.cause = self.shown = None
        for publication in (*self.left, *(() if self.was_left else (self,))):
            publication.let_calls_go()  # they refer to their publication: a circle, which only the collector would free
        self.left = ()
        try:
            self._gone = weakref.ref(self.event)
        except TypeError:  # a tuple or dict: it stays, there are only so many
            return
        self.event = None

    def let_calls_go(self) -> None:
        """Keep of its executions only whose they were."""
        self._let_go = [*self._let_go, *(call.subscription for call in self.calls)]
        self.calls = []

    @property
    def recognised_by(self) -> Any:
        """The event, or what it said when it went."""
        return self._fields if self.closed else self.event

    def is_about(self, event: Any) -> bool:
        """Return whether this very event was published."""
        return event is (self.event if self._gone is None else self._gone()) and event is not None

    def check(self) -> None:
        """End the publication if nothing is left of it."""
        if self.closed or not self._returned or self.runs:
            return
        if (self.fire or not self.complete) and self.tap.elsewhere(self.check):
            return
        if self._begun != self.called:
            self._begun, self._turns = self.called, 0
        loop = None if self.complete else running_loop()
        if loop is None or self._turns > GRACE_TURNS:
            self.tap.end(self)
        elif self._turns < GRACE_TURNS:
            loop.call_soon(self.check)
        else:
            loop.call_later(GRACE, self.check)
        self._turns += 1


#: The publication whose publish method runs right now, outside its handlers.
PUBLISHING: Final[ContextVar[TapPublication | None]] = context.PUBLISHING


def publishes(execution: Execution) -> bool:
    """Return whether what runs in an execution is a bus to which it publishes: what that handles is not its doing."""
    publication = PUBLISHING.get()
    return publication is not None and publication.cause is execution and publication.under_way


def handled_by_bus(execution: Execution) -> bool:
    """Return whether what handles an exception now is a bus to which an execution publishes, or a task of that bus.

    A task keeps the publication in which it was begun, also when that is over and knows its cause no more. A worker
    that a bus has begun in an earlier publication runs the execution itself.
    """
    publication = PUBLISHING.get()
    if publication is None or publication is execution.publication:
        return False
    if publication.closed:
        return publication.tag > execution.publication.tag > 0
    return publication.cause is execution


def told_of_by_bus(values: Sequence[Any]) -> TapExecution | None:
    """Return the execution of whose failure the bus that publishes now tells with these values; None: it has none.

    It is who raised one of them, else who failed last.
    """
    publication = PUBLISHING.get()
    if publication is None:
        return None
    ids = [id(value) for value in values if isinstance(value, BaseException)]
    raised = (call for call in reversed(publication.calls) if call.raised in ids)
    return next(raised, publication.failed)


def called_by_handler() -> bool:
    """Return whether what calls a handler now is another one, by itself, and not a bus."""
    current = CURRENT.get()
    return current is not None and current.started > 0 and not current.ended and not handled_by_bus(current)


class TapExecution(Execution):
    """One call of a handler by a bus that is not ours; also what the coroutine handed to that bus awaits."""

    is_row = False  # it has the call's arguments
    raised = 0  # the id of what it raised, which is kept nowhere: it has the frames
    publication: TapPublication
    subscription: Any

    def __init__(
        self,
        publication: TapPublication,
        subscription: TapSubscription,
        target: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        of: Any = subscription
        super().__init__(publication, of)
        self.target = target
        self.args = args
        self.kwargs = kwargs

    def waits(self) -> tuple[Any, Any]:
        """Return where it waits, and in which task: found by its frame, for the program makes its own tasks."""
        frame = getattr(self, "frame", None) or getattr(self._coroutine, "cr_frame", None)
        return (self._coroutine, None) if frame is None else find_waiting(frame)

    @property
    def left_out(self) -> bool:
        """It is a sibling of the one handler that is to be called."""
        leaves_out = getattr(self.publication.tap.interceptor, "leaves_out", None)
        return leaves_out is not None and leaves_out(self.publication, self.subscription.key)

    def choose(self) -> Callable[[Any], Any] | None:
        """Ask the interceptor for what runs in place of the handler."""
        interceptor = self.publication.tap.interceptor
        if interceptor is None:
            return None
        try:
            return interceptor(self)
        except Exception:
            _logger.exception("event_bus_interceptor_failed")
            return None

    def enter(self) -> None:
        """Make the code that runs from here on the handler's."""
        self._before = CURRENT.get()
        self._publishing = PUBLISHING.get()
        CURRENT.set(self)
        PUBLISHING.set(None)

    def exit(self) -> None:
        """Make the code that runs from here on the bus's again."""
        CURRENT.set(self._before)
        PUBLISHING.set(self._publishing)

    def begin(self, at: int = 0) -> None:
        """Begin: the handler's code is about to run, or began at a time that has passed."""
        self.started = self._resumed = at or perf_counter_ns()
        self.publication.started(self)
        self.publication.tap.tell("execution_started", self)

    def make(self) -> Any:
        """Call an asynchronous handler: gives its coroutine, which has not run yet."""
        self.enter()
        try:
            call = self.choose()
            return self.target(*self.args, **self.kwargs) if call is None else call(self.publication.event)
        except BaseException as error:
            strip(error)
            self.begin()
            self.lose(error)
            raise
        finally:
            self.exit()

    def drive(self, coroutine: Any) -> TapExecution:
        """Run this coroutine when awaited; it may have begun already (a synchronous call gave it back)."""
        self._coroutine = coroutine
        return self

    def give(self, result: Any) -> None:
        """End with what the handler returned."""
        if result is None:
            self.finish("ok", None)
            return
        self.publication.answer = str(result) if type(result) is bool else type(result).__name__
        if isinstance(result, (types.GeneratorType, types.AsyncGeneratorType)):
            self.finish("ok", None)  # a bus that is not ours may well run it
        else:
            self._returned(result)

    def lose(self, error: BaseException) -> None:
        """End with what the handler raised."""
        cancelled = isinstance(error, asyncio.CancelledError) or _is_closing(error)
        self.finish("cancelled" if cancelled else "failed", error)

    def fail(self, error: BaseException | None) -> None:
        """Take note of what it raised, of which its bus may tell."""
        self.raised = id(error)
        self.publication.failed = self

    @property
    def held(self) -> bool:
        """It has failed, and may be tried again."""
        return False

    def release(self) -> None:
        """Let it end, if its end is held back."""

    def finish(self, status: str, error: BaseException | None, at: int = 0) -> None:
        """End it, or abandon it, now or at a time that has passed. The first word counts; what follows is late."""
        tap = self.publication.tap
        if self.ended:
            tap.tell("execution_late", self, error)
            return
        self.ended = at or perf_counter_ns()
        if self._resumed:
            self.on_loop += self.ended - self._resumed
        self.status = status
        self.error = error
        if status == "failed":
            self.fail(error)
        try:
            tap.tell("execution_ended", self)
        finally:
            self.error = None
            self.publication.ended()

    def __await__(self) -> Generator[Any, Any, Any]:
        stepped: Any = self  # an iterator; a generator would add a frame to every traceback
        return stepped  # type: ignore[no-any-return]

    def __iter__(self) -> TapExecution:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any) -> Any:
        """Run the handler to its next await."""
        execution = self  # the watchdog looks for it
        if not self._coroutine_entered:
            self._coroutine_entered = True
            self.enter()
            if not self.started:
                self.begin()
        self._resumed = perf_counter_ns()
        try:
            waiting_for = self._coroutine.send(value)
        except StopIteration as stop:
            execution.give(stop.value)
            self.exit()
            raise
        except BaseException as error:
            strip(error)
            self.lose(error)
            self.exit()
            raise
        self.pause()
        return waiting_for

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:  # noqa: ARG002 - the old signature
        """Raise inside the handler: its task is being cancelled."""
        struck: BaseException = kind if isinstance(kind, BaseException) else value if value is not None else kind()
        self._resumed = perf_counter_ns()
        try:
            waiting_for = self._coroutine.throw(struck)
        except StopIteration as stop:
            self.give(stop.value)
            self.exit()
            raise
        except BaseException as error:
            strip(error)
            self.lose(error)
            self.exit()
            raise
        self.pause()
        return waiting_for

    def pause(self) -> None:
        """Stop counting its time on the loop: the handler waits."""
        self.on_loop += perf_counter_ns() - self._resumed
        self._resumed = 0

    def close(self) -> None:
        """Close the handler's coroutine, as when the loop goes away under it."""
        if self._coroutine is not None:
            self._coroutine.close()
        if self.started and not self.ended:
            self.finish("cancelled", None)

    def forgotten(self) -> None:
        """End what nobody will await any more."""
        if not self.started:
            self.begin()
        if not self.ended:
            self.finish("failed", RuntimeError("the handler is async, but the bus never awaited it"))

    _coroutine_entered = False
    _before: Execution | None = None
    _publishing: TapPublication | None = None


def _is_closing(error: BaseException) -> bool:
    """Return whether an exception is what closes a coroutine, and was not raised by the program itself."""
    if not isinstance(error, GeneratorExit):
        return False
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is None or traceback.tb_frame.f_code.co_code[traceback.tb_lasti] != _RAISES


class DrivenExecution(TapExecution):
    """One call of a handler that a stand-in makes; it notices when its coroutine goes without having been awaited."""

    def __del__(self) -> None:
        if not self.started and self._coroutine is not None:
            self.forgotten()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs here, None without one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
