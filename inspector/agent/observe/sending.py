"""Generators that a bus sends events into: from one event to where it waits for the next is an execution."""

from __future__ import annotations

import dis
import inspect
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.context import CURRENT
from ...core.bus.identity import code_of_generator, frame_of_generator
from ..tap.moments import PUBLISHING
from .executions import ObservedExecution
from .monitor import MONITOR
from .routes import Held
from .watchers import Watcher

if TYPE_CHECKING:
    from ...core.description import HandlerDescription
    from .observation import Observation
    from .publishing import Observable

_ASYNCHRONOUS: Final = inspect.CO_ASYNC_GENERATOR | inspect.CO_COROUTINE
#: The instruction before that by which an asynchronous generator yields something of its own, and does not await.
_WRAPS: Final = bytes((dis.opmap.get("CALL_INTRINSIC_1", 0), 4))


class SendWatch(Watcher):
    """Watches the code of generators that were started, and wait for what is published."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._waiting: list[tuple[Held, CodeType, Observable, HandlerDescription]] = []

    def add(self, bus: Observable, target: Any, generator: Any) -> None:
        """Take whatever is sent into a generator while its bus publishes as a call of a handler: ``target``."""
        self._waiting = [entry for entry in self._waiting if not entry[0].gone]
        self._waiting.append((Held(generator), code_of_generator(generator), bus, bus.describe(target)))
        MONITOR.watch(code_of_generator(generator), self)

    def remove(self, bus: Observable) -> list[CodeType]:
        """Forget a bus's handlers; return code of which nothing is left."""
        before = {id(entry[1]): entry[1] for entry in self._waiting}
        self._waiting = [entry for entry in self._waiting if entry[2] is not bus]
        left = {id(entry[1]) for entry in self._waiting}
        return [code for key, code in before.items() if key not in left]

    def resumed(self, frame: FrameType) -> None:
        """Begin an execution, where what is published is sent into one of the generators."""
        publication, tap = PUBLISHING.get(), self._observation.tap
        if publication is None or publication.tap is not tap or not tap.active:
            return
        for held, _, bus, description in self._waiting:
            if publication.source is bus and frame_of_generator(held.get()) is frame:
                publication.unchain()
                execution = _Sent(publication, tap.subscription(publication.named, description))
                execution.frame, execution.before, execution.unwrapped = frame, CURRENT.get(), True
                CURRENT.set(execution)
                MONITOR.open(frame, execution)
                execution.begin()
                return


class _Sent(ObservedExecution):
    """What one event comes to in a generator: it ends where that waits for the next one."""

    __slots__ = ()

    def frame_yielded(self, frame: FrameType) -> None:
        """End, or stop the clock while it awaits something."""
        code, place = frame.f_code, frame.f_lasti  # what yields, or, on Python 3.13, what follows
        if code.co_flags & _ASYNCHRONOUS and _WRAPS not in (
            code.co_code[place - 2 : place],
            code.co_code[place - 4 : place - 2],
        ):
            super().frame_yielded(frame)
            return
        del MONITOR.frames[frame]
        self.end_at_length(frame, None, None)
