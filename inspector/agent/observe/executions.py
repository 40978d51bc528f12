"""Executions that are watched: which frame they end with, and their tries."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import sys
import types
from time import perf_counter_ns
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.context import CURRENT
from ..tap.moments import TapExecution, TapPublication, TapSubscription, stops
from .monitor import MONITOR
from .watchers import Open, Watcher

if TYPE_CHECKING:
    from ...core.bus.execution import Execution

_current: Final = CURRENT.get
_set_current: Final = CURRENT.set
FUTURES: Final = (asyncio.Future, concurrent.futures.Future)
#: Code that yields to who iterates it, not to the loop.
GENERATES: Final = 0x20 | 0x200


def running_in(frame: FrameType) -> Execution | None:
    """Return the execution whose code runs in a frame; None where that is no handler's."""
    subject = MONITOR.frames.get(frame)
    if subject is not None:
        return subject if isinstance(subject, ObservedExecution) else None
    code = frame.f_code
    under_way = (subject for subject in tuple(MONITOR.frames.values()) if isinstance(subject, TapPublication))
    plain = (execution for publication in under_way for execution in publication.calls if execution.code is code)
    return next((execution for execution in plain if not execution.ended), None)


class ObservedExecution(TapExecution, Open):
    """One execution that is watched.

    Attributes:
        frame: The frame with whose end it ends: that of the outermost wrapper, else of the body.
        before: What ran in this context before it.
        tries: How often its body was called.
        unwrapped: Its body is called by the bus itself.
        failure: With what the last of these calls ended, until the next one.
    """

    __slots__ = ()
    frame: FrameType | None
    before: Any
    unwrapped: bool
    is_row = True
    tries = 1
    failure: BaseException | None = None
    _held = 0

    def __init__(self, publication: TapPublication, subscription: TapSubscription) -> None:
        self.publication = publication
        self.subscription = subscription
        self.frame = self.before = None
        self.unwrapped = False
        self.tries = self.started = self.ended = self.on_loop = self.tag = self._resumed = 0
        self.status = "running"
        self.swallowed = ""
        self.caught = None

    # -- its frames ----------------------------------------------------------------------------------------------------

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        """End with what its outermost frame returned."""
        if value is not None or not self.unwrapped or frame is not self.frame or self.ended:
            self.end_at_length(frame, value, None)
            return
        # Nearly always; what ``end_at_length`` comes to then, written out.
        if _current() is self:
            _set_current(self.before)
        self.frame = self.before = None
        self.ended = now = perf_counter_ns()
        self.on_loop += now - self._resumed
        self.status = "ok"
        publication = self.publication
        publication.tap.execution_ended(self)
        if publication._returned:  # noqa: SLF001 - nobody else ends one so often
            publication.check()

    def frame_unwound(self, frame: FrameType, error: BaseException) -> None:
        """End with what left its outermost frame."""
        self.end_at_length(frame, None, error)

    def frame_yielded(self, frame: FrameType) -> None:
        """Stop its clock."""
        before = self.before
        if before is not None and before.code is not None:
            MONITOR.settle(before, frame)  # who steps it has not the last word in this context any more
        if frame is self.frame:
            if self._resumed:
                self.pause()
            if frame.f_code.co_flags & GENERATES and CURRENT.get() is self:
                CURRENT.set(self.before)

    def frame_resumed(self, frame: FrameType) -> None:
        """Start its clock again."""
        if frame is self.frame:
            self._resumed = perf_counter_ns()
            if frame.f_code.co_flags & GENERATES:
                self.before = CURRENT.get()
                CURRENT.set(self)

    def go_on(self) -> None:
        """Go on in the coroutine that its call gave back."""
        self.before = CURRENT.get()
        CURRENT.set(self)
        self._resumed = perf_counter_ns()

    def end_at_length(self, frame: FrameType, value: Any, error: BaseException | None) -> None:
        """End with what its outermost frame came to; a frame inside was one try."""
        if frame is not self.frame:
            self.failure = error  # a try inside a wrapper
            return
        if CURRENT.get() is self:
            CURRENT.set(self.before)
        self.frame = None
        if error is not None:
            if not self.started:
                self.begin()
            if self.publication.under_way and (isinstance(error, Exception) or stops(error)):
                self.hold(error)
            else:
                self.lose(error)
        elif not self.started:  # its wrapper never called it
            self.publication.passed_over += (self.subscription.key,)
        elif value is None or frame.f_code.co_flags & inspect.CO_COROUTINE:
            self.give(value)
        else:
            self._follow(value)

    def _follow(self, value: Any) -> None:
        """Follow what a synchronous call gave back, where it can be awaited."""
        if type(value) is types.CoroutineType and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
            self.pause()
            self.frame = frame = value.cr_frame
            assert frame is not None  # noqa: S101 - it has not begun
            MONITOR.open(frame, self)
            MONITOR.watch(value.cr_code, _Followed())
        elif issubclass(type(value), FUTURES):
            self.pause()
            value.add_done_callback(self._done)
        else:
            self.give(value)

    def _done(self, done: Any) -> None:
        error = error_of(done)
        if error is not None:
            self.lose(error)
        else:
            self.give(done.result())

    # -- its tries -----------------------------------------------------------------------------------------------------

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
        self.fail(error)
        self.publication.trusted = False
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


class UsualExecution(ObservedExecution):
    """One of the usual kind, whose slots are filled by who makes it."""

    # As in ``TapPublication``.
    __slots__ = (
        *("_resumed", "before", "caught", "ended", "frame", "on_loop", "publication", "started", "status"),
        *("subscription", "swallowed", "tag", "unwrapped"),
    )
    __init__ = object.__init__


class PlainExecution(ObservedExecution):
    """One that nothing is asked of but its times, for as long as nothing else happens: ``Monitor.settle``.

    It is made before it begins, with its publication. What an ordinary execution has in slots it has from its class.

    Attributes:
        begins: Code whose call begins it, where nothing else has to be looked at; None where that is not known.
        following: What is due when it has begun.
        place: Where the time of its start is put in the marks of its publication; that of its end comes next.
    """

    # Nothing else: there are many, and each is looked at when much else was since the last time.
    __slots__ = ("begins", "code", "ended", "following", "place", "publication", "started", "subscription", "tag")
    __init__ = object.__init__
    frame = before = None
    unwrapped = True
    _resumed = _spent = 0
    _said = _swallowed = ""
    _caught = None

    def __getattr__(self, name: str) -> Any:
        """Find out its number, which it has when it is written down."""
        if name != "tag":
            raise AttributeError(name)
        publication: Any = self.publication
        publication.tap.catch_up()
        first = getattr(publication, "first", 0)  # of all that are numbered together
        return first + publication.chain.index(self) if first else _number_of(self)

    def learn(self, code: types.CodeType, *, alone: bool) -> None:
        """Know from now on which code it runs, and whether all calls of that are its handler's."""
        self.code, self.begins = code, code if alone else None
        publication: Any = self.publication
        publication.spares.codes[self.subscription.key] = self.code, self.begins

    def settle(self, frame: FrameType | None) -> None:
        """Go on as others do, with a frame; or leave it, for it has ended meanwhile."""
        self.frame, self.before = frame, self.publication.cause
        self._resumed = self.started
        self._said = "running" if frame is not None else ""

    def finish(self, status: str, error: BaseException | None, at: int = 0) -> None:
        """End it, before its code returns."""
        self._settle()
        super().finish(status, error, at)

    def _settle(self) -> None:
        if self.code is not None and not self.ended:
            MONITOR.settle(self, sys._getframe())  # noqa: SLF001 - most often it is below

    @property
    def caught(self) -> Any:
        """As in ``Execution``; to its end nobody is asked unless something was caught."""
        return self._caught

    @caught.setter
    def caught(self, caught: Any) -> None:
        self._settle()
        self._caught = caught

    @property
    def swallowed(self) -> str:
        """As above."""
        return self._swallowed

    @swallowed.setter
    def swallowed(self, swallowed: str) -> None:
        self._settle()
        self._swallowed = swallowed

    @property
    def status(self) -> str:
        """How it stands."""
        return self._said or ("ok" if self.ended else "running")

    @status.setter
    def status(self, status: str) -> None:
        self._said = status

    @property
    def on_loop(self) -> int:
        """Nanoseconds it spent computing; all of its time, as long as nothing else is said."""
        return self._spent if self._said or not self.ended else self.ended - self.started

    @on_loop.setter
    def on_loop(self, spent: int) -> None:
        self._spent = spent


def _number_of(execution: PlainExecution) -> int:
    try:
        return int(PlainExecution.tag.__get__(execution))
    except AttributeError:  # nobody records it
        return 0


class _Followed(Watcher):
    """Watches the code of coroutines that handlers gave back."""

    def started(self, frame: FrameType) -> None:
        """Go on with the execution."""
        execution = running_in(frame)
        if isinstance(execution, ObservedExecution) and CURRENT.get() is not execution:
            execution.go_on()

    def __eq__(self, other: object) -> bool:
        return type(other) is _Followed  # one of them is enough for a code object

    __hash__ = object.__hash__


def error_of(done: Any) -> BaseException | None:
    """Return how a future failed, without telling it that somebody looked: who made it may never ask."""
    if done.cancelled():
        return asyncio.CancelledError()
    error: BaseException | None = done._exception  # noqa: SLF001 - exception() silences "never retrieved"
    return error
