"""Calls of handlers: which is whose, and when an execution begins and ends."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from time import perf_counter_ns
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.context import CURRENT
from ..tap.moments import APART, PUBLISHING, Subscriptions, TapExecution
from .executions import GENERATES, ObservedExecution, UsualExecution, running_in
from .monitor import MISSING, MONITOR
from .routes import Held, Needs, WatchedHandler, arguments_of
from .watchers import Watcher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.description import HandlerDescription
    from ..tap.tap import Tap
    from .observation import Observation
    from .publishing import Observable


#: The publication of which a handler has been called in this context.
_HANDLED: Final[ContextVar[Any]] = ContextVar("inspector_handled", default=None)


class HandlerWatch(Watcher):
    """Watches the code of handlers: bodies, wrappers, coroutines that a body gave back."""

    essential = True

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._bodies: tuple[tuple[Needs | None, WatchedHandler], ...] = ()
        self._wrappers: tuple[tuple[Needs | None, WatchedHandler], ...] = ()

    def add(self, needs: Needs, route: WatchedHandler, *, body: bool) -> None:
        """Take calls that fit as those of a handler."""
        entry = (None if needs.anything else needs, route)
        if body:
            self._bodies = (*_alive(self._bodies), entry)
        else:
            self._wrappers = (*_alive(self._wrappers), entry)
        if self._wrappers or len(self._bodies) > 1:
            MONITOR.several += 1

    def route_of(self, held: Mapping[str, Any], args: tuple[Any, ...]) -> WatchedHandler | None:
        """Return the handler whose body a frame with these variables is of."""
        return _fitting(self._bodies, held, args)

    def remove(self, bus: Observable) -> bool:
        """Forget a bus's handlers; return whether others are left."""
        self._bodies = tuple(entry for entry in self._bodies if entry[1].bus is not bus)
        self._wrappers = tuple(entry for entry in self._wrappers if entry[1].bus is not bus)
        return bool(self._bodies or self._wrappers)

    # -- moments -------------------------------------------------------------------------------------------------------

    def when_started(self) -> Callable[[FrameType], None]:
        """Return the short way, where the code is of one handler and who it is of stands in its variables."""
        if len(self._bodies) != 1 or self._wrappers:
            return self.started
        ((needs, route),) = self._bodies
        variables = () if needs is None else needs.holds
        code, bound = route.body.code, [name for name, _ in variables]
        event = next((name for name in code.co_varnames[: code.co_argcount] if name not in bound), "")
        if not event or (needs is not None and needs.made is not None):
            return self.started
        alone = needs is None and not (route.body.wrappers or route.body.others or code.co_flags & GENERATES)
        return _short_way(self.started, self._observation.tap, route, event, variables, alone=alone)

    def started(self, frame: FrameType) -> None:
        """Begin an execution, or go on with the one that this call belongs to."""
        observation, publication = self._observation, PUBLISHING.get()
        if not observation.tap.active:
            return
        if publication is not None and publication.tap is not observation.tap and publication.tap.active:
            return  # another program's, in the same process
        followed = running_in(frame)
        if isinstance(followed, ObservedExecution):  # the coroutine that a synchronous call gave back
            followed.go_on()
            return
        code, held = frame.f_code, frame.f_locals
        args, kwargs = arguments_of(code, held)
        route = _fitting(self._wrappers, held, args)
        wrapper = route is not None
        route = route or self.route_of(held, args)
        if route is not None:
            observation.begin(route, frame, args, kwargs, wrapper=wrapper)

    def thrown(self, frame: FrameType, error: BaseException) -> None:
        """Begin what is cancelled before its first step; it ends at once."""
        observation = self._observation
        if observation.tap.active and not isinstance(error, GeneratorExit) and frame.f_lasti <= 0:
            self.started(frame)


def _short_way(
    at_length: Callable[[FrameType], None],
    tap: Tap,
    route: WatchedHandler,
    first: str,
    variables: Sequence[tuple[str, Held]],
    *,
    alone: bool,
) -> Callable[[FrameType], None]:
    """Return what begins an execution of the usual kind: what ``started`` comes to, in as few steps as can be.

    Args:
        at_length: Begins whatever is unusual.
        tap: Who is told.
        route: The handler.
        first: The name of its variable with the event.
        variables: What its other variables hold.
        alone: All calls of its code are of this handler: they need not be looked at each time.
    """
    bus, description, key = route.bus, route.description, route.description.key
    holds = tuple([(name, value.get) for name, value in variables])
    subscription, named = tap.subscription("", description), ""
    frames, kind, clock = MONITOR.frames, UsualExecution, perf_counter_ns
    publishing, running, run, monitor = PUBLISHING.get, CURRENT.get, CURRENT.set, MONITOR

    def begin(frame: FrameType) -> None:
        nonlocal subscription, named
        publication, current = publishing(), running()
        if (
            publication is None
            or publication.source is not bus
            or publication.closed
            or publication.holding
            or (current is not None and current.publication is publication)
            or frame in frames
        ):
            at_length(frame)
            return
        held = frame.f_locals
        if held.get(first, at_length) is not publication.event:
            publication.unchain()
            subscriptions: Any = publication.subscriptions
            if type(subscriptions) is Subscriptions:
                subscriptions.direct = -sys.maxsize  # never any more
            at_length(frame)
            return
        for name, value in holds:
            if held.get(name, at_length) is not value():
                at_length(frame)
                return
        due: Any = publication.due
        if due.subscription.key == key and current is publication.cause:
            if due.code is not frame.f_code:
                due.learn(frame.f_code, alone=alone)
            publication.due = due.following
            chained: Any = publication
            if chained.quick:
                chained.quick = ""  # what is quick begins otherwise
            elif chained.subscriptions.quick is APART and not _is_apart(frame, chained):
                chained.subscriptions.quick = ""
            due.started = now = clock()
            run(due)
            if publication.marks is not None:
                publication.marks[due.place] = now
            elif publication.tell is not None:
                publication.tell(due)
            else:
                tap.over()
            return
        publication.unchain()
        if named != publication.named:
            named = publication.named
            subscription = tap.subscription(named, description)
        execution = kind()
        execution.publication = publication
        execution.subscription = subscription
        execution.frame = frame
        execution.before = current
        execution.unwrapped = True
        execution.ended = execution.on_loop = execution.tag = 0
        execution.status = "running"
        execution.swallowed = ""
        execution.caught = None
        run(execution)
        if monitor.resting:
            monitor.wake()
        frames[frame] = execution
        publication.calls.append(execution)
        execution.started = execution._resumed = clock()  # noqa: SLF001 - of our own class
        tap.execution_started(execution)

    return begin


def _is_apart(frame: FrameType, publication: Any) -> bool:
    """Return whether a handler is what a loop calls, in a context that no other handler of this publication has had."""
    caller = frame.f_back
    if caller is None or caller.f_globals.get("__name__") is not APART or _HANDLED.get() is publication:
        return False
    _HANDLED.set(publication)
    return True


def _alive(entries: Iterable[tuple[Needs | None, WatchedHandler]]) -> Iterator[tuple[Needs | None, WatchedHandler]]:
    return (entry for entry in entries if not entry[1].gone and (entry[0] is None or not entry[0].gone))


def _fitting(
    entries: Iterable[tuple[Needs | None, WatchedHandler]], held: Mapping[str, Any], args: tuple[Any, ...]
) -> WatchedHandler | None:
    """Return the handler of a call: of those that look alike the one whose turn it is."""
    fitting = [route for needs, route in entries if needs is None or needs.fit(held, args)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    publication = PUBLISHING.get()
    if publication is None:
        tap = fitting[0].tap
        publication = next((about for value in args if (about := tap.publication_about(value)) is not None), None)
    if publication is None:
        return fitting[0]
    of_bus = [route for route in fitting if route.bus is publication.source] or fitting
    return next((route for route in of_bus if not publication.begun(route.description.key)), of_bus[0])


class CallWatch:
    """Watches what a bus's own code calls, for handlers that have no Python code."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._targets: dict[int, tuple[Held, Observable, Any, HandlerDescription]] = {}
        self._running: dict[FrameType, ObservedExecution] = {}

    def add(self, bus: Observable, pattern: Any, target: Any) -> None:
        """Take calls of this very object as those of a handler."""
        self._targets[id(target)] = Held(target), bus, pattern, bus.describe(target)

    def remove(self, bus: Observable) -> None:
        """Forget a bus's handlers."""
        self._targets = {key: entry for key, entry in self._targets.items() if entry[1] is not bus}

    def calling(self, frame: FrameType, called: Any, first: Any) -> None:
        """Begin an execution, if a handler is called."""
        entry = self._targets.get(id(called))
        observation = self._observation
        if entry is None or not entry[0].is_it(called) or not observation.tap.active:
            return
        _, bus, pattern, description = entry
        args = () if first is MISSING else (first,)
        publication = observation.tap.publication_of(bus, pattern, args, {}, description.key)
        execution = ObservedExecution(publication, observation.tap.subscription(publication.named, description))
        execution.before = CURRENT.get()
        CURRENT.set(execution)
        self._running[frame] = execution
        execution.begin()

    def called(self, frame: FrameType) -> None:
        """End it."""
        self._end(frame, None)

    def raised(self, frame: FrameType, error: BaseException) -> None:
        """End it with what it raised."""
        self._end(frame, error)

    def _end(self, frame: FrameType, error: BaseException | None) -> None:
        execution = self._running.pop(frame, None)
        if execution is None:
            return
        if CURRENT.get() is execution:
            CURRENT.set(execution.before)
        if error is None:
            execution.give(None)
        else:
            execution.lose(error)


class UnawaitedWatch(Watcher):
    """Watches what Python calls for a coroutine that goes without ever having been awaited."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation

    def started(self, frame: FrameType) -> None:
        """Record the handler whose coroutine it is."""
        coroutine = frame.f_locals.get("coro")
        if type(coroutine) is types.CoroutineType and coroutine.cr_frame is not None:
            self._observation.never_awaited(coroutine.cr_frame)


class MakerWatch(Watcher):
    """Watches the constructors of events: a bus may work off later what a handler has made."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap

    def started(self, frame: FrameType) -> None:
        """Take note of the execution in which an event is made."""
        execution = CURRENT.get()
        if isinstance(execution, TapExecution) and not execution.ended and self._tap.active:
            self._tap.made(frame.f_locals[frame.f_code.co_varnames[0]], execution)
