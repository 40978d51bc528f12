"""Publications while they happen, and how their handlers are started."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Generator, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

from .execution import DONE, Execution, Subscription, error_of

if TYPE_CHECKING:
    from .bus import InMemoryEventBus

#: Task names are made by counting, unless there is one: making it takes as long as stepping a handler.
_TASK_NAME: Final = "handlers"


class Publication:
    """One ``publish`` under way.

    Attributes:
        bus: The bus it happens on.
        event: The event.
        session: Database session; None after the publication has ended.
        metadata: Request metadata; None after the publication has ended.
        cause: The execution that published, None for none and after the publication has ended.
        subscriptions: The handlers it goes to.
        executions: The calls of those handlers, once there are any.
        depth: How many publications it is nested in.
        outcome: ``done``, ``cancelled`` or ``refused``.
        closed: It has ended.
        latch: Opens when the last execution has ended.
        fire: Free for the observer that records: the fire that it came of.
        tag: Free for it, too: its number for this publication.
        named: Name of the event type; empty when it is that of the event's class.
        shown: Named values to record in place of the event's own fields, None to record those.
    """

    # Defaults on the class, not __slots__: fewer assignments for what happens a million times.
    outcome = "done"
    closed = False
    fire = 0
    tag = 0
    named = ""
    shown: Mapping[str, Any] | None = None
    executions: Sequence[Execution] = ()

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
        # A task that outlived its handler starts a new chain: only what is really nested can eat the memory.
        self.depth: int = 0 if cause is None or cause.ended else cause.publication.depth + 1

    def run(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """Start every handler; gives one latch to wait on, cheaper than a gather."""
        self.latch: asyncio.Future[None] = loop.create_future()
        self.waiting = len(self.subscriptions)
        if self.waiting == 1:
            execution = Execution(self, self.subscriptions[0])
            self.executions = (execution,)
            execution.task = _task(execution, loop)
        else:
            self.executions = executions = [Execution(self, subscription) for subscription in self.subscriptions]
            _Starter(executions, loop)
        return self.latch

    async def cancel(self, grace: float) -> None:
        """Cancel what still runs, give it ``grace`` seconds, and leave the rest to itself."""
        left = [execution.task for execution in self.executions if not execution.ended]
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


class _Starter(Coroutine[Any, Any, None]):
    """Starts the handlers of a publication one after another, in one task for as long as none of them has to wait.

    Most handlers never wait, and a task costs three times as much as such a handler. The first one that waits keeps
    the task, so that its ``current_task()`` is the same from beginning to end; every handler after it gets a task of
    its own. Each handler runs in a context of its own in any case.
    """

    def __init__(self, executions: Sequence[Execution], loop: asyncio.AbstractEventLoop) -> None:
        self._left = deque(executions)
        self._loop = loop
        self._waits: Execution | None = None
        self._context = copy_context()
        self.task = _task(self, loop)
        for execution in executions:
            execution.task = self.task

    def send(self, value: Any) -> Any:
        """Start handlers until one waits; later run that one on."""
        if self._waits is not None:
            return self._next(self._context.run(self._waits.step, value))
        left, task = self._left, self.task
        while left:
            execution = left.popleft()
            context = copy_context()
            waiting_for = context.run(execution.step, None)
            if waiting_for is not DONE:
                self._waits, self._context = execution, context
                self._scatter()
                return waiting_for
            if task.cancelling():  # it cancelled its own task and left: that must not hit the next
                self._scatter()
        raise StopIteration

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:  # noqa: ARG002 - the old signature
        """Cancel the handler that waits; before the first step: all of them."""
        error = error_of(kind, value)
        if self._waits is not None:
            return self._next(self._context.run(self._waits.strike, error))
        while self._left:
            copy_context().run(self._left.popleft().strike, error)
        raise StopIteration

    def close(self) -> None:
        """Close what waits, as when the loop goes away under it."""
        if self._waits is not None:
            self._waits.close()

    def __await__(self) -> Generator[Any, Any, None]:
        while True:
            yield self.send(None)

    @property
    def cr_frame(self) -> Any:
        """The frame of the handler that waits."""
        return None if self._waits is None else self._waits.cr_frame

    def _next(self, waiting_for: Any) -> Any:
        if waiting_for is DONE:
            raise StopIteration
        return waiting_for

    def _scatter(self) -> None:
        """Start a task of its own for every handler that has not been started."""
        for execution in self._left:
            execution.task = self._loop.create_task(execution)
        self._left.clear()


def _task(steps: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
    """Make a task; without a task factory without the detour through the loop, a tenth of a small publish."""
    if loop.get_task_factory() is not None:
        return loop.create_task(steps)
    return asyncio.Task(steps, loop=loop, name=_TASK_NAME)
