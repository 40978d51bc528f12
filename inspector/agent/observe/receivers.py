"""Receivers: code of the program's own that is handed a published event, and that no catalog knows of.

It is found by what it is called with. What hands the event on to a handler that is known is part of how the bus works,
and so is what answers a question about the event (a predicate, a serializer); of the rest each call is an execution of
a handler that was found while running. Code that has been called often without an event is given up, because asking at
every call of a recursive function would make it thirty times slower.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.context import CURRENT
from ...core.bus.identity import plain_function
from ...core.description import HandlerDescription
from ...core.own_code import is_own_file
from ..tap.moments import PUBLISHING, TapExecution
from .monitor import MONITOR
from .watchers import Open, Watcher

if TYPE_CHECKING:
    from ..tap.moments import TapPublication
    from .observation import Observation

#: Calls of one piece of code without an event after which it is not looked at any more.
PATIENCE: Final = 50
_VARARGS: Final = inspect.CO_VARARGS
_SUSPENDS: Final = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
#: Nothing of these says that it is one event and no other.
_COMMON: Final = (str, bytes, int, float, bool, type(None), type)


class Receivers(Watcher):
    """Looks for receivers, and watches those that were found.

    Args:
        observation: Whose publications they are.

    Attributes:
        code_of_bus: Code of buses, which hands events on, by its id: to hash code takes as long as it is long.
        middleware: Code that has handed an event on to a handler, likewise.
        given_up: How many pieces of the program's code are no longer looked at.
    """

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._calls: dict[int, tuple[CodeType, int]] = {}
        self.code_of_bus: dict[int, CodeType] = {}
        self.middleware: dict[int, CodeType] = {}
        self.given_up = 0

    def leave_out(self, bus: Any) -> None:
        """Take the code of a bus, of its classes and of the functions inside, as what hands events on."""
        for cls in type(bus).__mro__ if not isinstance(bus, type) else bus.__mro__:
            if cls is not object:
                for member in vars(cls).values():
                    function = plain_function(member.fget if isinstance(member, property) else member)
                    self.code_of_bus.update((id(code), code) for code in _codes(getattr(function, "__code__", None)))

    def leave_out_function(self, function: Any) -> None:
        """Take one function as what hands events on."""
        self.code_of_bus.update((id(code), code) for code in _codes(getattr(function, "__code__", None)))

    # -- asked by the monitor ------------------------------------------------------------------------------------------

    def asked(self, code: CodeType, frame: FrameType) -> bool:
        """Look at a call of code that nobody watches; return whether to look at the next one."""
        if id(code) not in self._calls and (not is_own_file(code.co_filename) or id(code) in self.code_of_bus):
            return False
        observation = self._observation
        if not observation.tap.active:
            return True
        if PUBLISHING.get() is None:
            if not _takes_anything(code):
                return False
            if not observation.tap.remembers:
                return self._again(code)
        publication = self._about(code, frame)
        if publication is None:
            under_way = PUBLISHING.get()
            if under_way is None or not under_way.loose:
                return self._again(code)
            bus: Any = under_way.source  # it may have been subscribed just now, and gets parts of the event
            observation.refresh(bus)
            return observation.watches(code) or self._again(code)
        bus = publication.source
        observation.refresh(bus)
        if not observation.watches(code):
            observation.watch_receiver(code, self)
        return True

    def _again(self, code: CodeType) -> bool:
        _, calls = self._calls.get(id(code), (code, 0))
        self._calls[id(code)] = code, calls + 1
        if calls + 1 < PATIENCE:
            return True
        self.given_up += 1
        del self._calls[id(code)]
        return False

    def _about(self, code: CodeType, frame: FrameType) -> TapPublication | None:
        """Return the publication whose event the call is handed."""
        publication_about = self._observation.tap.publication_about
        held = frame.f_locals
        count = code.co_argcount + code.co_kwonlyargcount
        names = code.co_varnames[:count]
        values = [held[name] for name in names if name in held]
        if values and values[0] is not None and _is_about_itself(code, values[0]):
            return None
        if code.co_flags & _VARARGS:
            values += held.get(code.co_varnames[count], ())
        if any(self._observation.handles(value) for value in values):
            return None  # it hands the event on to a handler: ``start_soon(handler, event)``
        for value in values:
            if not issubclass(type(value), _COMMON):  # isinstance would ask a stranger's object for its class
                publication = publication_about(value)
                if publication is not None:
                    return publication
        return None

    # -- told by the monitor -------------------------------------------------------------------------------------------

    def started(self, frame: FrameType) -> None:
        """Take note that a receiver may be running, where nothing that runs has the event already."""
        if not self._observation.tap.active or id(frame.f_code) in self.middleware:
            return
        publication = self._about(frame.f_code, frame)
        if publication is None:
            return
        current = CURRENT.get()
        if current is not None and not current.ended and current.publication is publication:
            return  # a handler's helper
        caller = _own_caller(frame)
        if caller is not None and id(caller.f_code) in self.middleware:  # the next one
            self.middleware[id(frame.f_code)] = frame.f_code
            return
        call = _Call(publication, frame, current, self.middleware)
        CURRENT.set(call)
        MONITOR.open(frame, call)


#: Answers whose truth can be asked for without running the program's code.
_PLAIN: Final = (int, float, str, tuple, list, dict)


class _Call(TapExecution, Open):
    """A call that may be a receiver's; it begins when something happens that it must have caused, else at its end."""

    def __init__(
        self, publication: TapPublication, frame: FrameType, before: Any, middleware: dict[int, CodeType]
    ) -> None:
        self.publication = publication
        self.middleware = middleware
        self.subscription = publication.tap.subscription(publication.named, describe_call(frame))
        self.before = before
        self.called_at = perf_counter_ns()
        self.behind = publication.called

    @property
    def handed_on(self) -> bool:
        """A handler of the same publication has begun since."""
        return self.publication.called > self.behind

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        """Record it, unless it handed the event on, or answered a question about it."""
        self._leave()
        if self.started or (value is None and not self.handed_on):
            self.begin()
            self.give(None)
        elif self.handed_on:  # a middleware, also where it keeps the next event to itself
            self.middleware[id(frame.f_code)] = frame.f_code
        elif value is False or (type(value) in _PLAIN and not value):
            code = frame.f_code
            first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
            self.publication.said_no += ((self.subscription.description.label, code, first),)

    def frame_unwound(self, _frame: FrameType, error: BaseException) -> None:
        """Record it, unless it handed the event on."""
        self._leave()
        if self.started or not self.handed_on:
            self.begin()
            self.lose(error)

    def frame_yielded(self, _frame: FrameType) -> None:
        """Stop its clock."""
        if self.started:
            self.pause()

    def frame_resumed(self, _frame: FrameType) -> None:
        """Start its clock again."""
        if self.started:
            self._resumed = perf_counter_ns()

    def _leave(self) -> None:
        if CURRENT.get() is self:
            CURRENT.set(self.before)

    def begin(self, at: int = 0) -> None:
        """Begin, at the time it was called."""
        if not self.started:
            super().begin(at or self.called_at)


def describe_call(frame: FrameType) -> HandlerDescription:
    """Describe what runs in a frame, as a handler that nobody has declared."""
    code = frame.f_code
    held = frame.f_locals
    module = str(frame.f_globals.get("__name__", ""))
    qualname = _qualname(code)
    method = qualname.rpartition(".")[2]
    first = held.get(code.co_varnames[0]) if code.co_argcount else None
    if first is not None and _has_code(type(first), code):
        qualname, module = f"{type(first).__qualname__.replace('<locals>.', '')}.{method}", type(first).__module__
    if method == "<lambda>":
        method = f"lambda:{code.co_firstlineno}"
        qualname = f"{qualname.rpartition('.')[0] or module.rpartition('.')[2]}.{method}"
    return HandlerDescription(
        key=f"{module}:{qualname}",
        label=qualname,
        owner=qualname.rpartition(".")[0] or module.rpartition(".")[2],
        method=method,
        module=module,
        file=code.co_filename,
        line=code.co_firstlineno,
        is_async=bool(code.co_flags & inspect.CO_COROUTINE),
        doc="",
        called_by=_caller_of(frame),
    )


def _caller_of(frame: FrameType) -> str:
    """Return the innermost code of the program's own that leads to a call; its module's name where there is none."""
    caller = _own_caller(frame)
    return "a thread or callback" if caller is None else _qualname(caller.f_code)


def _own_caller(frame: FrameType) -> FrameType | None:
    """Return the innermost call of code of the program's own that leads to a call; None where there is none."""
    caller = frame.f_back
    while caller is not None and not is_own_file(caller.f_code.co_filename):
        caller = caller.f_back
    return caller


def _qualname(code: CodeType) -> str:
    name: str = code.co_qualname  # type: ignore[attr-defined,unused-ignore]  # there is one from Python 3.11 on
    return name.replace("<locals>.", "")


def _has_code(cls: type[Any], code: CodeType) -> bool:
    return any(getattr(plain_function(vars(base).get(code.co_name)), "__code__", None) is code for base in cls.__mro__)


def _is_about_itself(code: CodeType, first: Any) -> bool:
    """Return whether the call is of a method of what it is handed."""
    return not issubclass(type(first), _COMMON) and _has_code(type(first), code) and code.co_argcount == 1


def _takes_anything(code: CodeType) -> bool:
    """Return whether a call of it can be handed an event."""
    return code.co_argcount + code.co_kwonlyargcount > 0 or code.co_flags & (_VARARGS | inspect.CO_VARKEYWORDS) > 0


def _codes(code: Any) -> Iterator[CodeType]:
    if isinstance(code, types.CodeType):
        yield code
        for const in code.co_consts:
            yield from _codes(const)
