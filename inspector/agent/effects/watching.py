"""Watching calls of functions of libraries: what a probe asks for by module and name, and is told when a call is over.

On Python 3.12 and newer the code of the function is watched, as soon as it is called for the first time, and nothing is
replaced. On 3.11 a stand-in takes its place, which passes everything on.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from time import perf_counter_ns
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from ..observe.monitor import MONITOR
from ..observe.watchers import Open, Watcher

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from .effects import Effects

#: Groups of calls of which one runs: what it calls in turn is part of it.
_OUTER: Final[ContextVar[tuple[str, ...]]] = ContextVar("inspector_outer_calls", default=())


class Call:
    """A call of a function that is watched, when it is over.

    Attributes:
        arguments: What it was called with, by the names of its parameters.
        result: What it returned; None when it raised.
        error: What it raised; None when it returned.
        began: When it began, ns of ``perf_counter_ns``.
        took: How long it took, ns.
        execution: The handler's execution that called it; None outside of one.
    """

    __slots__ = ("arguments", "began", "error", "execution", "result", "took")

    def __init__(self, arguments: Mapping[str, Any], began: int, execution: Execution | None) -> None:
        self.arguments = arguments
        self.began = began
        self.execution = execution
        self.took = 0
        self.result: Any = None
        self.error: BaseException | None = None


#: What is told of a call.
Report = Callable[[Call], None]


class FunctionWatch(Watcher):
    """Watches the calls of one function.

    Args:
        effects: Knows whose the running code is.
        module: Where the function is defined.
        qualname: Its name there: ``Client.send``.
        report: Told of each call, on its thread and in its context.
        group: Calls of the same group inside of a call are part of it, and not told.
    """

    def __init__(self, effects: Effects, module: str, qualname: str, report: Report, group: str) -> None:
        self.module = module
        self.qualname = qualname
        self._effects = effects
        self._report = report
        self._group = group

    def suspends(self, code: CodeType) -> bool:  # noqa: ARG002 - as the base class has it
        """Return that how long it waits is nobody's business."""
        return False

    def started(self, frame: FrameType) -> None:
        """Take note that a call begins."""
        running = self.begin(lambda: arguments_of(frame))
        if running is not None:
            MONITOR.open(frame, running)

    def begin(self, read: Callable[[], Mapping[str, Any] | None]) -> RunningCall | None:
        """Return what is to be told how the call ends; None where nobody wants to know, or it cannot be called so."""
        effects = self._effects
        execution = effects.execution
        outer = _OUTER.get()
        if effects.closed or (execution is None and not effects.is_outside(self._group)) or self._group in outer:
            return None
        arguments = read()
        if arguments is None:
            return None
        call = Call(arguments, perf_counter_ns(), execution)
        _OUTER.set((*outer, self._group))
        return RunningCall(self, call, outer)

    def tell(self, call: Call) -> None:
        """Report a call; arguments may be anything, and who called does not pay for our reading."""
        try:
            self._report(call)
        except Exception as error:  # noqa: BLE001 - as above
            text = f"{self.qualname} could not be read: {type(error).__name__}"
            self._effects.tell("effect", text, execution=call.execution)


class RunningCall(Open):
    """A call that has begun."""

    def __init__(self, watch: FunctionWatch, call: Call, outer: tuple[str, ...]) -> None:
        self._watch = watch
        self._call = call
        self._outer = outer

    def frame_returned(self, _frame: FrameType, value: Any) -> None:
        """Report it."""
        self.end(value, None)

    def frame_unwound(self, _frame: FrameType, error: BaseException) -> None:
        """Report it."""
        self.end(None, error)

    def end(self, result: Any, error: BaseException | None) -> None:
        """Report how it ended."""
        call = self._call
        call.took = perf_counter_ns() - call.began
        call.result, call.error = result, error
        _OUTER.set(self._outer)
        self._watch.tell(call)


class Functions:
    """The functions that are watched for one ``Effects``."""

    def __init__(self) -> None:
        self._watches: dict[str, list[FunctionWatch]] = {}
        self._codes: list[tuple[CodeType, FunctionWatch]] = []
        self._looks: list[Callable[[CodeType], None]] = []
        #: Stand-ins, on a Python that cannot watch: whose they are, and what takes them out.
        self._stand_ins: dict[FunctionWatch, Callable[[], None]] = {}
        self._end: Callable[[], None] | None = None

    def add(self, watch: FunctionWatch) -> Callable[[], None]:
        """Watch a function from now on, or from when it is there; return a function that ends it."""
        watches = self._watches.setdefault(watch.qualname, [])
        watches.append(watch)
        self.look_again()

        def leave() -> None:
            watches.remove(watch)
            for entry in [entry for entry in self._codes if entry[1] is watch]:
                self._codes.remove(entry)
                MONITOR.leave(*entry)
            undo = self._stand_ins.pop(watch, None)
            if undo is not None:
                undo()

        return leave

    def look(self, look: Callable[[CodeType], None]) -> Callable[[], None]:
        """Show each piece of code when it is first called, on Python 3.12 and newer; some more than once."""
        self._looks.append(look)
        leave = MONITOR.on_watch(look)

        def end() -> None:
            leave()
            self._looks.remove(look)

        return end

    def discover(self, failed: Callable[[BaseException], None]) -> None:
        """Find the code that is watched when it is called, by ourselves; without it ``asked`` is to be called."""
        if MONITOR.available and MONITOR.begin(failed):
            end = MONITOR.discover(self.asked)
            MONITOR.ask_again()

            def leave() -> None:
                end()
                MONITOR.end(failed)

            self._end = leave

    def ask_again(self) -> None:
        """Look at all code once more: there is something else to look for."""
        if self._end is not None:
            MONITOR.ask_again()

    def close(self) -> None:
        """Look for nothing any more."""
        if self._end is not None:
            self._end()
            self._end = None

    def asked(self, code: CodeType, frame: FrameType) -> bool:
        """Look at code that is called for the first time; return that there is no need to do so again."""
        for watch in self._watches.get(code.co_qualname, ()):  # type: ignore[attr-defined,unused-ignore]  # 3.11
            if frame.f_globals.get("__name__") == watch.module:
                self._codes.append((code, watch))
                MONITOR.watch(code, watch)
        for look in self._looks:
            look(code)
        return False

    def look_again(self) -> None:
        """Put stand-ins into libraries that have been imported meanwhile, where code cannot be watched."""
        if MONITOR.available:
            return
        for watches in self._watches.values():
            for watch in watches:
                if watch not in self._stand_ins and watch.module in sys.modules:
                    undo = _stand_in(watch)
                    if undo is not None:
                        self._stand_ins[watch] = undo


def arguments_of(frame: FrameType) -> dict[str, Any]:
    """Return what a function was called with, by the names of its parameters."""
    code, held = frame.f_code, frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return {name: held[name] for name in code.co_varnames[:count] if name in held}


def _stand_in(watch: FunctionWatch) -> Callable[[], None] | None:
    """Put a stand-in where a function is; return what takes it out, None where there is no such function."""
    *path, name = watch.qualname.split(".")
    owner: Any = sys.modules[watch.module]
    for part in path:
        owner = getattr(owner, part, None)
    held = vars(owner) if isinstance(owner, type) or not path else {}
    original = held.get(name)
    if type(original) is not FunctionType:
        return None
    signature = inspect.signature(original)
    stands = _asynchronous if inspect.iscoroutinefunction(original) else _plain

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Mapping[str, Any] | None:
        try:
            return signature.bind(*args, **kwargs).arguments
        except TypeError:  # the function itself says so, too
            return None

    wrapper = stands(original, watch, bind)
    setattr(owner, name, wrapper)

    def undo() -> None:
        if vars(owner).get(name) is wrapper:
            setattr(owner, name, original)

    return undo


_Bind = Callable[[tuple[Any, ...], dict[str, Any]], Mapping[str, Any] | None]


def _asynchronous(original: FunctionType, watch: FunctionWatch, bind: _Bind) -> Callable[..., Any]:
    @functools.wraps(original)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        running = watch.begin(lambda: bind(args, kwargs))
        if running is None:
            return await original(*args, **kwargs)
        try:
            result = await original(*args, **kwargs)
        except BaseException as error:
            running.end(None, error)
            raise
        running.end(result, None)
        return result

    return watched


def _plain(original: FunctionType, watch: FunctionWatch, bind: _Bind) -> Callable[..., Any]:
    @functools.wraps(original)
    def watched(*args: Any, **kwargs: Any) -> Any:
        running = watch.begin(lambda: bind(args, kwargs))
        if running is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            running.end(None, error)
            raise
        running.end(result, None)
        return result

    return watched
