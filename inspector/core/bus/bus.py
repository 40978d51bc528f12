"""The in-memory event bus: exact-type routing, concurrent handlers, fail-open, and observable without being hurt.

Promises, beyond those of ``EventBusProtocol``:

* Nothing that a handler does (``Exception``, ``CancelledError``, ``SystemExit``, a generator for a result) reaches the
  publisher or its siblings.
* ``session`` and ``metadata`` belong to one publication. Overlapping and nested publishes never see each other's, and a
  task that outlives its publication sees None.
* A publish works on the handlers that were subscribed when it began.
* A deadline cannot be held open by a handler that swallows its cancellation.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import get_running_loop
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from .context import CURRENT, HANDLER_TIMEOUT
from .execution import Execution, Subscription, rouse
from .publication import Publication
from .sink import Sink

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from .events import DomainEvent

#: How deep publishes may nest before the next one is refused: an endless loop would eat the memory.
MAX_DEPTH: Final = 64
#: Seconds that the handlers of a cancelled publish have to end before they are left to themselves.
CANCEL_GRACE: Final = 1.0
#: Nanoseconds after which a publish lets the loop have a turn, if no handler has.
TURN: Final = 4_000_000
#: How many nested publishes may stand on one stack.
STACKED: Final = 16
_DEBUG: Final = logging.DEBUG
#: By a name of our own: tests replace ``asyncio.sleep`` to see how long programs sleep.
_pause: Final = asyncio.sleep
#: What ``Publication()`` does, with less between them.
_new: Final[Any] = object.__new__
_set_up: Final = Publication.__init__


class BusObserver(Protocol):
    """Is notified of every moment in the life of a publication, on the bus's thread, and never asked.

    An observer that raises is removed and reported; the bus goes on.
    """

    def publication_started(self, publication: Publication) -> None:
        """Called when a publish begins; no handler has been called yet."""

    def execution_started(self, execution: Execution) -> None:
        """Called when a handler is about to be called."""

    def execution_ended(self, execution: Execution) -> None:
        """Called when a handler ended, or was abandoned: status, times and error are set."""

    def execution_late(self, execution: Execution, error: BaseException | None) -> None:
        """Called when a handler that had been abandoned ended after all."""

    def publication_ended(self, publication: Publication) -> None:
        """Called when every handler has ended or was abandoned."""

    def publication_refused(self, publication: Publication) -> None:
        """Called when a publish was nested deeper than ``MAX_DEPTH``; no handler is called."""


class BusLogger(Protocol):
    """What the bus asks of its logger: a ``logging.Logger``, or an adapter of one that takes its fields otherwise."""

    def isEnabledFor(self, level: int, /) -> bool:  # noqa: N802 - logging's name
        """Return whether a record of this level would go anywhere; asked at each publish, for DEBUG."""

    def log(
        self, level: int, msg: str, /, *, extra: Mapping[str, object], exc_info: BaseException | None = None
    ) -> None:
        """Log a message: its name, its fields, and the exception that it is about."""


class Observing(NamedTuple):
    """An observer, who is told when it has to be removed, and what it has as ``sink``."""

    observer: BusObserver
    removed: Callable[[BaseException], None] | None
    sink: Sink | None = None


class _Turns:
    """When a publish has last let the loop have a turn, ns of ``perf_counter_ns``."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = perf_counter_ns()


class InMemoryEventBus:
    """An event bus for one process.

    Args:
        logger: What it logs to, each message with structured fields (``extra``): failures of handlers at WARNING as
            ``event_handler_failed``, with their traceback (``exc_info``); publications at DEBUG as ``event_published``,
            with the number of handlers that they go to.
        handler_timeout: Seconds each handler may take; None for no limit.
    """

    def __init__(self, logger: BusLogger | None = None, *, handler_timeout: float | None = None) -> None:
        self.handler_timeout = handler_timeout
        #: Asked before each call: gives another callable to run in place of the handler, or None.
        self.interceptor: Callable[[Execution], Callable[[Any], Any] | None] | None = None
        #: Asked at each publish: returns those of its subscriptions that it goes to.
        self.selector: Callable[[Publication], tuple[Subscription, ...]] | None = None
        # The name of the bus for those who configure logging.
        self._logger: BusLogger = logging.getLogger(__package__) if logger is None else logger
        self._is_logged = self._logger.isEnabledFor  # asked at each publish: found once
        self._subscriptions: dict[type[Any], tuple[Subscription, ...]] = {}
        #: Who is told; changed only by ``_tell``.
        self.observers: tuple[Observing, ...] = ()
        self._sink: Sink | None = None
        self._turns = _Turns()

    def subscribe(self, event_type: type[Any], handler: Callable[[Any], Any]) -> None:
        """Call ``handler`` for every event of exactly this type. Subscribed twice, it runs twice.

        Raises:
            TypeError: ``event_type`` is not a class or ``handler`` is not callable.
        """
        if not isinstance(event_type, type):
            raise TypeError(f"subscribe expects an event class, got {type(event_type).__name__}")
        if not callable(handler):
            raise TypeError(f"a handler must be callable, got {type(handler).__name__}")
        subscriptions = self._subscriptions.get(event_type, ())
        self._subscriptions[event_type] = (*subscriptions, Subscription(event_type, handler))

    def unsubscribe(self, event_type: type[Any], handler: Callable[[Any], Any]) -> bool:
        """Take back one subscription of the handler; return whether there was one."""
        subscriptions = self._subscriptions.get(event_type, ())
        for position, subscription in enumerate(subscriptions):
            if subscription.handler is handler or subscription.handler == handler:
                self._subscriptions[event_type] = subscriptions[:position] + subscriptions[position + 1 :]
                return True
        return False

    def subscriptions(self) -> Iterator[Subscription]:
        """Yield every subscription: event types in the order of their first, handlers in that of subscription."""
        for group in tuple(self._subscriptions.values()):
            yield from group

    def observe(
        self, observer: BusObserver, removed: Callable[[BaseException], None] | None = None
    ) -> Callable[[], None]:
        """Add an observer of everything from now on; return a function that removes it.

        Args:
            observer: Who is told.
            removed: Called with the error if the observer has to be removed because it raised.
        """
        sink = getattr(observer, "sink", None)
        entry = Observing(observer, removed, sink if isinstance(sink, Sink) else None)
        self._tell((*self.observers, entry))
        return lambda: self._tell_no_more(entry)

    def _tell(self, observers: tuple[Observing, ...]) -> None:
        self.observers = observers
        #: What an observer that is alone has as ``sink``.
        self._sink = observers[0].sink if len(observers) == 1 else None

    def _tell_no_more(self, entry: Observing) -> None:
        self._tell(tuple(other for other in self.observers if other is not entry))

    def get_session(self) -> AsyncSession | None:
        """Return the database session of the publication that the calling handler works for; None outside a handler."""
        publication = self._publication()
        return None if publication is None else publication.session

    def get_metadata(self) -> Mapping[str, str] | None:
        """Return the metadata of the publication that the calling handler works for; None outside a handler."""
        publication = self._publication()
        return None if publication is None else publication.metadata

    def in_handler(self) -> bool:
        """Return whether the calling code runs inside one of this bus's handlers (raw threads lose that)."""
        publication = self._publication()
        return publication is not None and not publication.closed

    async def publish(
        self,
        event: DomainEvent,
        session: AsyncSession | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Call every handler of exactly this event's type, concurrently, and wait until all have ended.

        Never raises what a handler raised. Without handlers it does nothing. Cancelling it cancels its handlers.

        Args:
            event: The event; every handler gets this instance.
            session: Database session that handlers get from ``get_session()``.
            metadata: Request metadata that handlers get from ``get_metadata()``.
        """
        subscriptions = self._subscriptions.get(type(event), ())
        publication: Publication = _new(Publication)
        _set_up(publication, self, event, session, metadata, CURRENT.get(), subscriptions)
        depth = publication.depth
        if depth and depth > MAX_DEPTH:
            self._refuse(publication)
            return
        if self.selector is not None:
            publication.subscriptions = subscriptions = self.selector(publication)
        if depth and not depth % STACKED:
            await _pause(0)  # the handlers around it become tasks, and leave the stack
        if self._is_logged(_DEBUG):
            self._log(_DEBUG, "event_published", event, handler_count=len(subscriptions))
        observers, sink = self.observers, self._sink
        if sink is not None:
            try:
                sink.published(publication)
            except Exception as trouble:  # noqa: BLE001 - the observed never pays
                self.remove_observer(observers[0], trouble)
            publication.told, publication.sink = observers, sink if publication.tag else None
        else:
            publication.told = publication.sink = None
            for entry in observers:
                try:
                    entry[0].publication_started(publication)
                except Exception as trouble:  # noqa: BLE001 - the observed never pays
                    self.remove_observer(entry, trouble)
        deadline = None
        try:
            if subscriptions:
                loop = get_running_loop()
                if publication.run(loop):
                    timeout, asked = self.handler_timeout, HANDLER_TIMEOUT.get(None)
                    if asked is not None and (timeout is None or asked < timeout):
                        timeout = asked
                    if timeout is not None:
                        deadline = _Deadline(publication, timeout, loop)
                    if publication.latch is not None:
                        await publication.latch
                    self._turns.last = perf_counter_ns()
        except asyncio.CancelledError:
            publication.outcome = "cancelled"
            await publication.cancel(CANCEL_GRACE)
            raise
        finally:
            if deadline is not None:
                deadline.stop()
            sink = publication.sink
            if sink is not None and not publication.fire and self.observers is observers:
                publication.over_at = now = perf_counter_ns()
                sink.put(publication)
                if sink.asleep:
                    rouse(self, sink.roused)
            else:
                now = perf_counter_ns()
                for entry in self.observers:
                    try:
                        entry[0].publication_ended(publication)
                    except Exception as trouble:  # noqa: BLE001 - the observed never pays
                        self.remove_observer(entry, trouble)
            # As ``close`` does.
            publication.closed = True
            publication.session = publication.metadata = publication.cause = None
            publication.executions = ()
        if now - self._turns.last > TURN:
            # Handlers that never wait give the loop no turn: a program that only publishes would stop all else.
            self._turns.last = now
            await _pause(0)

    def _refuse(self, publication: Publication) -> None:
        publication.outcome = "refused"
        for entry in self.observers:
            try:
                entry.observer.publication_refused(publication)
            except Exception as trouble:  # noqa: BLE001 - the observed never pays
                self.remove_observer(entry, trouble)
        self._log(logging.ERROR, "event_publish_refused", publication.event, depth=publication.depth)
        publication.close()

    def _publication(self) -> Publication | None:
        """Return the innermost publication of this bus around the calling code."""
        execution = CURRENT.get()
        while execution is not None:
            publication = execution.publication
            if publication.bus is self:
                return publication
            execution = publication.cause
        return None

    def tell_late(self, execution: Execution, error: BaseException | None) -> None:
        """Notify observers that a handler that had been abandoned ended after all."""
        for entry in self.observers:
            try:
                entry.observer.execution_late(execution, error)
            except Exception as trouble:  # noqa: BLE001 - the observed never pays
                self.remove_observer(entry, trouble)

    def remove_observer(self, entry: Observing, error: BaseException) -> None:
        """End an observation because the observer raised: say so, and go on."""
        self._tell_no_more(entry)
        name = type(entry.observer).__name__
        self._logger.log(logging.ERROR, "event_bus_observer_removed", extra={"observer": name}, exc_info=error)
        if entry.removed is not None:
            entry.removed(error)

    def log_failure(self, execution: Execution) -> None:
        """Log that a handler failed, with its traceback and the fields that people search for."""
        error = execution.error
        self._log(
            logging.WARNING,
            "event_handler_failed",
            execution.publication.event,
            error,
            handler_name=execution.subscription.name,
            error_type=type(error).__name__ if error is not None else execution.status,
            error_message=_message(error),
        )

    def _log(self, level: int, message: str, event: Any, error: BaseException | None = None, **fields: object) -> None:
        event_id = str(getattr(event, "event_id", ""))
        fields = {"event_type": type(event).__name__, "event_id": event_id, **fields}
        self._logger.log(level, message, extra=fields, exc_info=error)


def _message(error: BaseException | None) -> str:
    try:
        return str(error) if error is not None else ""
    except Exception as trouble:  # noqa: BLE001 - the text of a stranger's exception may do anything
        return f"<no text: {type(trouble).__name__}>"


class _Deadline:
    """Abandons every execution that has run for ``timeout`` seconds.

    A timer, not ``wait_for``: that one waits for a handler that swallows its cancellation.
    """

    __slots__ = ("_handle", "_loop", "_publication", "_timeout")

    def __init__(self, publication: Publication, timeout: float, loop: asyncio.AbstractEventLoop) -> None:
        self._publication = publication
        self._timeout = timeout
        self._loop = loop
        self._handle = loop.call_later(max(timeout - publication.executions[0].age(), 0), self._check)

    def stop(self) -> None:
        self._handle.cancel()

    def _check(self) -> None:
        wait = self._timeout
        for execution in self._publication.executions:
            if execution.ended:
                continue
            # Time counts from the handler's own start: one that had no turn behind a blocking sibling is not late.
            left = self._timeout - execution.age()
            if left <= 0:
                execution.finish("timed_out", None)
                if execution.task is not None:
                    execution.task.cancel()
            else:
                wait = min(wait, left)
        if self._publication.waiting:
            self._handle = self._loop.call_later(max(wait, 0.001), self._check)
