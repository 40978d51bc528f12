"""What is seen of a program's buses while they run: publications, executions, causes, by watching code.

A *publish point* is a function whose call is a publication. A handler's *body* is the function that its author wrote;
what is called in its place and calls it (a decorator that retries, a closure that unsubscribes it) is a *wrapper*, and
belongs to the same execution. Code of the program's own that is handed a living event and is neither is a *receiver*,
found while running.

Publications are joined to what runs by the context first: it follows through awaits and tasks. The identity of the
event comes second, for pools, timers and queues; then its id.
"""

from __future__ import annotations

import functools
import inspect
import types
import warnings
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from ...core.bus.context import CURRENT
from ...core.bus.identity import generator_of, plain_function
from ...core.records.statuses import NEVER_AWAITED
from ..tap.moments import TapExecution, TapPublication, called_by_handler, publishes
from .executions import ObservedExecution, running_in
from .handling import CallWatch, HandlerWatch, MakerWatch, UnawaitedWatch
from .handover import HANDOVER
from .monitor import MONITOR
from .publishing import Observable, PublishWatch
from .receivers import Receivers
from .routes import Held, Needs, WatchedHandler, arguments_of, body_of, identity_of
from .sending import SendWatch

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ..tap.moments import Variables
    from ..tap.tap import Tap


class Observation:
    """What is observed of one program, through its tap.

    Args:
        tap: Whom everything is told.

    Attributes:
        tap: Who is told.
        plain_points: Publish points by the id of their code, where the variables of a call say it all.
        receivers: What looks for handlers that no container holds.
        unknown: Asked about a call of a publish method that is of no bus that is observed; returns whether it is now.
    """

    unknown: Callable[[FrameType], bool] | None = None

    def __init__(self, tap: Tap) -> None:
        self.tap = tap
        self._publish: dict[CodeType, PublishWatch] = {}
        #: The same by the id of the code, to ask at each call: to hash code takes as long as it is long.
        self._points: dict[int, PublishWatch] = {}
        self.plain_points: dict[int, tuple[Observable, Needs | None, Variables]] = {}
        self._handlers: dict[int, tuple[CodeType, HandlerWatch]] = {}
        self._seen: dict[tuple[int, int], Held] = {}
        self._entered: dict[tuple[int, ...], WatchedHandler] = {}
        self._unawaited = UnawaitedWatch(self)
        self._calls = CallWatch(self)
        self._sends = SendWatch(self)
        self._makers = MakerWatch(tap)
        #: Constructors of events that are watched, each for its bus.
        self._made: list[tuple[Observable, CodeType]] = []
        self._calling: dict[int, tuple[CodeType, Observable]] = {}
        self._buses: list[Observable] = []
        self._found: list[CodeType] = []
        self.receivers = Receivers(self)
        self._end_discovery: Callable[[], None] = _nothing
        self._end_handover: Callable[[], None] = _nothing

    def add(self, bus: Observable) -> Callable[[], None]:
        """Observe a bus from now on; return a function that ends it."""
        if not self._buses:
            MONITOR.begin(self.tap.fail)
            self._end_handover = HANDOVER.begin(self.tap.fail)
            self._end_discovery = MONITOR.discover(self.receivers.asked)
            MONITOR.watch(warnings._warn_unawaited_coroutine.__code__, self._unawaited)  # type: ignore[attr-defined]  # noqa: SLF001 - nothing else tells of them
        self._buses.append(bus)
        self._leave_out(bus)
        for point in bus.publish_points():
            code = getattr(point.function, "__code__", None)
            if isinstance(code, CodeType):
                watch = self._points[id(code)] = self._publish.setdefault(code, PublishWatch(self))
                watch.add(bus, point)
                MONITOR.watch(code, watch)
        self._find_plain()
        for cls in getattr(bus, "classes_left", tuple)():
            code = getattr(inspect.getattr_static(cls, "__init__", None), "__code__", None)
            if isinstance(code, CodeType):
                self._made.append((bus, code))
                MONITOR.watch(code, self._makers)
        self.refresh(bus)

        def end() -> None:
            self._remove(bus)

        return end

    def _find_plain(self) -> None:
        self.plain_points.clear()
        self.plain_points.update((key, watch.plain) for key, watch in self._points.items() if watch.plain is not None)

    def _leave_out(self, bus: Observable) -> None:
        for point in bus.publish_points():
            if isinstance(point.owner, types.ModuleType):
                self.receivers.leave_out_function(point.function)
            else:
                self.receivers.leave_out(point.owner)

    def __contains__(self, bus: object) -> bool:
        """Return whether a bus is observed."""
        return any(other is bus for other in self._buses)

    def refresh(self, bus: Observable) -> None:
        """Watch the handlers that have been subscribed since the last time."""
        for pattern, target in bus.subscribed_targets():
            self.enter(bus, pattern, target)

    def enter(self, bus: Observable, pattern: Any, target: Any) -> None:
        """Watch one handler."""
        generator = generator_of(target)
        subject = target if generator is None else generator  # its method is another object each time
        at = id(bus), id(subject)
        earlier = self._seen.get(at)
        if earlier is not None and earlier.is_it(subject):
            return
        self._seen[at] = Held(subject)
        if generator is not None:
            self._sends.add(bus, target, generator)
            return
        entry = (id(bus), *identity_of(target))
        route = self._entered.get(entry)
        if route is not None and not route.gone:
            return
        body = body_of(target)
        if body is None:
            self._watch_calls(bus, pattern, target)
            return
        route = self._entered[entry] = WatchedHandler(self.tap, bus, pattern, bus.describe(target), body, target)
        for code, needs in body.wrappers:
            if _alike(code, body.code):
                self._watch(code, needs, route, body=False)
            else:
                self.receivers.code_of_bus[id(code)] = code
        for code, needs in ((body.code, body.needs), *body.others):
            self._watch(code, needs, route, body=True)

    def _watch_calls(self, bus: Observable, pattern: Any, target: Any) -> None:
        """Watch a handler without Python code by the calls of the bus's."""
        self._calls.add(bus, pattern, target)
        for code in self.receivers.code_of_bus.values():
            if id(code) not in self._calling:
                self._calling[id(code)] = code, bus
                MONITOR.watch_calls(code, self._calls)

    def _watch(self, code: CodeType, needs: Needs, route: WatchedHandler, *, body: bool) -> None:
        _, watch = self._handlers.setdefault(id(code), (code, HandlerWatch(self)))
        watch.add(needs, route, body=body)
        MONITOR.watch(code, watch)

    def _remove(self, bus: Observable) -> None:
        if bus not in self._buses:
            return
        self._buses.remove(bus)
        for code, publish in tuple(self._publish.items()):
            if publish.remove(bus):
                MONITOR.watch(code, publish)
            else:
                MONITOR.leave(code, publish)
                del self._publish[code]
                self._points = {key: other for key, other in self._points.items() if other is not publish}
        self._find_plain()
        for key, (code, handlers) in tuple(self._handlers.items()):
            if handlers.remove(bus):
                MONITOR.watch(code, handlers)
            else:
                MONITOR.leave(code, handlers)
                del self._handlers[key]
        for code in [code for of, code in self._made if of is bus]:
            MONITOR.leave(code, self._makers)
        self._made = [entry for entry in self._made if entry[0] is not bus]
        self._calls.remove(bus)
        for code in self._sends.remove(bus):
            MONITOR.leave(code, self._sends)
        for key, (code, of) in tuple(self._calling.items()):
            if of is bus:
                MONITOR.leave_calls(code)
                del self._calling[key]
        self._seen = {at: held for at, held in self._seen.items() if at[0] != id(bus)}
        self._entered = {entry: route for entry, route in self._entered.items() if entry[0] != id(bus)}
        if not self._buses:
            self._end_discovery()
            self._end_handover()
            for code in self._found:
                MONITOR.leave(code, self.receivers)
            self._found.clear()
            MONITOR.leave(warnings._warn_unawaited_coroutine.__code__, self._unawaited)  # type: ignore[attr-defined]  # noqa: SLF001 - as above
            MONITOR.end(self.tap.fail)

    # -- executions ----------------------------------------------------------------------------------------------------

    def begin(
        self, route: WatchedHandler, frame: FrameType, args: tuple[Any, ...], kwargs: dict[str, Any], *, wrapper: bool
    ) -> None:
        """Begin an execution with this frame, or take the frame as part of the one that it belongs to."""
        current = CURRENT.get()
        key = route.description.key
        runs = current is not None and not current.ended and current.subscription.key == key
        if (
            current is not None
            and runs
            and not _is_of_another(current, route, frame)
            and self._is_part(current, args, kwargs)
        ):
            self._again(current, frame, wrapper)
            return
        publication = self._publication(route, args, kwargs)
        execution = None if called_by_handler() else self._tried_before(publication, key)
        if execution is None:
            execution = ObservedExecution(publication, self.tap.subscription(publication.named, route.description))
        execution.frame = frame
        execution.before = current
        execution.unwrapped = not wrapper
        CURRENT.set(execution)
        MONITOR.open(frame, execution)
        if not wrapper:
            self._try(execution)

    def _is_part(self, execution: Execution, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Return whether a call is about the event that the running execution is about."""
        event = execution.publication.event
        if publishes(execution):
            return False  # it publishes its event once more
        if any(argument is event for argument in args) or any(argument is event for argument in kwargs.values()):
            return True
        return isinstance(execution, TapExecution) and execution.publication.loose

    def _again(self, execution: Execution, frame: FrameType, wrapper: bool) -> None:
        """Take note that the body of the running execution is called inside it: by its wrapper, or by itself."""
        if wrapper or not isinstance(execution, ObservedExecution):
            return
        bodies = (other for other, subject in tuple(MONITOR.frames.items()) if subject is execution)
        if execution.frame is None and not execution.started:  # its wrapper has only put it off
            execution.frame, execution.unwrapped = frame, True
        if execution.started and (execution.unwrapped or any(other is not execution.frame for other in bodies)):
            return  # it calls itself
        MONITOR.open(frame, execution)
        self._try(execution)

    def _try(self, execution: ObservedExecution) -> None:
        if execution.tries:
            execution.try_again()
        elif not execution.started:
            execution.begin()
        execution.tries += 1

    def _tried_before(self, publication: TapPublication, key: str) -> ObservedExecution | None:
        """Return the execution of a handler that has failed and that its bus calls once more."""
        for execution in publication.running:
            if isinstance(execution, ObservedExecution) and execution.held and execution.subscription.key == key:
                due = sum(subscription.key == key for subscription in publication.subscriptions)
                if publication.begun(key) >= max(due, 1):
                    return execution
                execution.release()  # it is subscribed twice
                return None
        return None

    def _publication(self, route: WatchedHandler, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TapPublication:
        if args and route.body.needs.is_owner(args[0]):
            args = args[1:]
        return self.tap.publication_of(route.bus, route.pattern, args, kwargs, route.description.key)

    def never_awaited(self, frame: FrameType) -> None:
        """Record a handler whose coroutine was made and never started."""
        execution = running_in(frame)
        if isinstance(execution, ObservedExecution):
            del MONITOR.frames[frame]
            execution.finish(NEVER_AWAITED, None)
            return
        entry = self._handlers.get(id(frame.f_code))
        if entry is None or not self.tap.active:
            return
        args, kwargs = arguments_of(frame.f_code, frame.f_locals)
        route = entry[1].route_of(frame.f_locals, args)
        if route is None:
            return
        publication = self._publication(route, args, kwargs)
        execution = ObservedExecution(publication, self.tap.subscription(publication.named, route.description))
        execution.begin()
        execution.finish(NEVER_AWAITED, None)

    # -- receivers -----------------------------------------------------------------------------------------------------

    def watches(self, code: CodeType) -> bool:
        """Return whether the calls of a code object are told already."""
        return id(code) in self._handlers or code in self._publish or MONITOR.watches(code, SendWatch)

    @property
    def handler_code(self) -> dict[int, tuple[CodeType, HandlerWatch]]:
        """The code of handlers, by its id: calls of it are executions."""
        return self._handlers

    def handles(self, value: Any) -> bool:
        """Return whether a value is a function, method or partial object whose calls are executions of a handler."""
        if not issubclass(type(value), (FunctionType, MethodType, functools.partial)):
            return False
        while issubclass(type(value), functools.partial):
            value = value.func
        return id(getattr(plain_function(value), "__code__", None)) in self._handlers

    def lost(self) -> set[str]:
        """Return the keys of handlers that nobody has any more."""
        return {route.description.key for route in self._entered.values() if route.body.needs.gone}

    def watch_receiver(self, code: CodeType, receivers: Receivers) -> None:
        """Watch code that was handed an event."""
        MONITOR.watch(code, receivers)
        self._found.append(code)

    def settle_cause(self) -> None:
        """Begin the receiver that publishes now: what it causes has to name it."""
        current = CURRENT.get()
        if current is not None and not current.started and isinstance(current, TapExecution):
            current.begin()


def _is_of_another(execution: Execution, route: WatchedHandler, frame: FrameType) -> bool:
    """Return whether a call is of another object's method than the running execution of the name: a step of a chain."""
    running = execution.frame if isinstance(execution, ObservedExecution) else None
    if running is None or running.f_code is not frame.f_code or route.body.needs.owner is None:
        return False
    own = frame.f_code.co_varnames[0]
    return running.f_locals.get(own) is not frame.f_locals.get(own)


def _nothing() -> None:
    """Nothing to undo."""


def _alike(wrapper: CodeType, body: CodeType) -> bool:
    """Return whether a wrapper ends when its body has ended: both are coroutines, or none."""
    return wrapper.co_flags & inspect.CO_COROUTINE == body.co_flags & inspect.CO_COROUTINE
