"""Publications while they happen, and how their handlers are started."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Final
from weakref import getweakrefcount

from .drivers import DONE, LOST, Driver, idle_driver, put_back
from .execution import Execution, Subscription, begin, lay_out
from .tasks import NOBODYS, UnmadeTask, enter_task, new_task, return_to_task, task_of

if TYPE_CHECKING:
    from .bus import InMemoryEventBus, Observing
    from .sink import Sink

#: Makes an execution without calling Python code.
_new: Final[Any] = object.__new__
#: What publications that are over have left for the next ones: as many as there were at once.
_idle: Final[list[tuple[Driver, UnmadeTask]]] = []


class Publication:
    """One ``publish`` under way.

    Attributes:
        bus: The bus it happens on.
        event: The event.
        session: Database session; None after the publication has ended.
        metadata: Request metadata; None after the publication has ended.
        cause: The execution that published, None for none and after the publication has ended.
        subscriptions: The handlers it goes to.
        executions: The calls of those handlers that have waited.
        depth: How many publications it is nested in.
        outcome: ``done``, ``cancelled`` or ``refused``.
        closed: It has ended.
        loop: The loop that it runs on.
        sink: Where executions are put while ``told`` are all observers of the bus; None where these are told.
        waiting: How many handlers have waited and not ended.
        latch: Opens when the last execution has ended; None while none has waited.
        fire: Free for the observer that records: the fire that it came of.
        tag: Free for it, too: its number for this publication.
        named: Name of the event type; empty when it is that of the event's class.
        over_at: When it was put into its sink at its end, ns of ``perf_counter_ns``.
        alone: Free for who fires: key of the one handler that it goes to; empty for all.
        shown: Named values to record in place of the event's own fields, None to record those.
        values: Free for the observer that records: the event's values when it was published, until they are written.
        begun_at: When that was, ns of ``perf_counter_ns``.
        by: Free for it, too: its number for the cause.
        has_session: Whether there was a database session, while ``values`` are there.
        unlisted: 1 where its bus has no list of who hears it, which is known once that has run: not *unheard*.
    """

    # Defaults on the class, not __slots__: fewer assignments for what happens a million times.
    outcome = "done"
    closed = False
    fire = unlisted = 0
    tag = 0
    named = alone = ""
    shown: Mapping[str, Any] | None = None
    executions: Sequence[Execution] = ()
    latch: asyncio.Future[None] | None = None
    waiting = over_at = begun_at = by = 0
    values: tuple[Any, ...] | None = None
    has_session = False
    told: tuple[Observing, ...] | None = None
    sink: Sink | None = None
    loop: asyncio.AbstractEventLoop

    def __init__(
        self,
        bus: InMemoryEventBus,
        event: Any,
        session: Any,
        metadata: Mapping[str, str] | None,
        cause: Execution | None,
        subscriptions: tuple[Subscription, ...],
    ) -> None:
        self.bus = bus
        self.event = event
        self.session = session
        self.metadata = metadata
        self.cause = cause
        self.subscriptions = subscriptions
        # Defaults of the class, but what is asked for each time is found sooner on the publication itself.
        self.tag = self.fire = self.waiting = 0
        # A task that outlived its handler starts a new chain: only what is really nested can eat the memory.
        self.depth: int = 0 if cause is None or cause.ended else cause.publication.depth + 1

    def run(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Call the handlers, one after another; return whether any of them waits, and opens the latch later.

        Each runs to its first await, in a context and beside a task of its own. That is made when it waits.
        """
        self.loop = loop
        if loop.get_task_factory() is not None:  # the program's own way, which may look at the coroutine
            return self._run_in_tasks(loop)
        outside = task_of(loop)
        waiting: list[Execution] = []
        pair, alone = None, NOBODYS
        if _idle:
            pair = driver, task = _idle.pop()
            alone += 1  # the pair has it as well
        else:
            driver, task = idle_driver(), new_task(UnmadeTask)
        send = driver[1]
        enter_task(loop, task)
        try:
            for subscription in self.subscriptions:
                execution: Execution = _new(Execution)
                execution.publication = self
                execution.subscription = subscription
                # Defaults of the class, but what is asked for is found sooner on the execution itself.
                execution.ended = 0
                execution.task = None
                execution.is_row = True
                if getrefcount(task) != alone:  # a handler has taken it
                    pair, alone, task = None, NOBODYS, new_task(UnmadeTask)
                    enter_task(loop, task)
                task.execution = execution
                task.context = context = copy_context()
                waits = context.run(begin, execution, send)
                if waits is not DONE:
                    if waits is not LOST:
                        execution.wait(task, driver, waits)
                        waiting.append(execution)
                    driver = idle_driver()
                    send = driver[1]
                    if pair is not None:
                        pair, alone = None, NOBODYS
        finally:
            if outside is not None:
                enter_task(loop, outside)
            else:
                return_to_task(loop, None)
        # Kept for the next publication, unless a handler has taken the task, or remembers it weakly.
        if getrefcount(task) == alone - 1 and not getweakrefcount(task):  # the loop has it no more
            del task.execution, task.context
            _idle.append(pair or (driver, task))
        else:
            put_back(driver)
        if self.waiting:
            self.executions, self.latch = waiting, loop.create_future()
            return True
        return False

    def _run_in_tasks(self, loop: asyncio.AbstractEventLoop) -> bool:
        self.executions = [Execution(self, subscription) for subscription in self.subscriptions]
        self.waiting = len(self.executions)
        self.latch = loop.create_future()
        for waiting in self.executions:
            waiting.task = loop.create_task(waiting)
        return True

    def ended_one(self) -> None:
        """Take note that a handler that waited has ended; after the last the publish goes on."""
        self.waiting -= 1
        if not self.waiting:
            self.open_latch()

    def open_latch(self) -> None:
        """Let the publish go on: no handler waits any more."""
        latch = self.latch
        if latch is not None and not latch.done():
            latch.set_result(None)

    async def cancel(self, grace: float) -> None:
        """Cancel what still runs, give it ``grace`` seconds, and leave the rest to itself."""
        left = [execution.task for execution in self.executions if execution.task is not None and not execution.ended]
        for task in left:
            task.cancel()
        if left:
            with suppress(asyncio.CancelledError):  # cancelled twice: do not wait
                await asyncio.wait(left, timeout=grace)
        for execution in self.executions:
            if not execution.ended:
                execution.finish("cancelled", None)

    def close(self) -> None:
        """Let go of everything, so that a leaked task sees nothing and keeps nothing alive."""
        self.closed = True
        self.session = None
        self.metadata = None
        self.cause = None
        self.executions = ()


lay_out(
    _new(Publication),
    (
        *("bus", "event", "session", "metadata", "cause", "subscriptions", "tag", "fire", "waiting"),
        *("told", "sink", "depth", "loop", "executions", "latch", "over_at", "closed", "outcome"),
        *("values", "begun_at", "by", "has_session", "named", "shown"),
    ),
)
