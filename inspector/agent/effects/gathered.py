"""Exceptions that handlers gather and throw away: ``await asyncio.gather(…, return_exceptions=True)``, and no more.

What is gathered so is raised nowhere and never told as not retrieved. Whether a handler looks at it shows in its code:
here only what it throws away at once is told, for that cannot be looked at any more. Python 3.12 and newer.
"""

from __future__ import annotations

import asyncio
import dis
from collections.abc import Callable
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.own_code import is_own_file
from ...core.records.records import CAUGHT
from ..handlers import Handler
from ..observe.monitor import MONITOR
from ..observe.watchers import Open, Watcher
from .handled import ends_of
from .leftover import made_for

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.records.recorder import Recorder

_CLAUSE: Final = "gather(return_exceptions=True)"
#: Steps of an ``await``, from the call to what is made of its outcome.
_AWAIT: Final = 12
#: Gatherings of one execution that are remembered.
_MOST: Final = 64


def is_thrown_away(code: CodeType, offset: int) -> bool:
    """Return whether what a call gives, at an offset, is awaited at once, and the outcome thrown away."""
    steps = [step.opname for step in dis.get_instructions(code) if step.offset > offset and step.opname != "CACHE"]
    steps = steps[:_AWAIT]
    if steps[:1] != ["GET_AWAITABLE"] or "END_SEND" not in steps:
        return False
    return steps[steps.index("END_SEND") + 1 :][:1] == ["POP_TOP"]


class _Gathering(Watcher):
    """Watches what gathers."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._thrown_away: dict[tuple[int, int], tuple[CodeType, bool]] = {}

    def started(self, frame: FrameType) -> None:
        """Remember what a handler gathers and throws away."""
        caller = frame.f_back
        if caller is None or not frame.f_locals.get("return_exceptions") or not is_own_file(caller.f_code.co_filename):
            return
        key = id(caller.f_code), caller.f_lasti
        if key not in self._thrown_away:
            self._thrown_away[key] = caller.f_code, is_thrown_away(caller.f_code, caller.f_lasti)
        execution = made_for()
        if execution is None or not self._thrown_away[key][1]:
            return
        ends = ends_of(execution)
        if sum(isinstance(end, _Gathered) for end in ends) < _MOST:
            gathered = _Gathered(self._recorder, caller.f_code.co_filename, caller.f_lineno)
            ends.append(gathered)
            MONITOR.open(frame, gathered)


class _Gathered(Open):
    """What a handler has gathered; asked when its execution ends."""

    def __init__(self, recorder: Recorder, file: str, line: int) -> None:
        self._recorder = recorder
        self._place = {"file": file, "line": line}
        self._future: Any = None

    def frame_returned(self, _frame: FrameType, value: Any) -> None:
        """Remember it."""
        if isinstance(value, asyncio.Future):
            self._future = value

    def __call__(self, execution: Execution) -> None:
        """Mark the execution, if it went well but for what it threw away."""
        future, self._future = self._future, None
        if future is None or not future.done() or future.cancelled() or future.exception() is not None:
            return
        outcomes = future.result()
        # One that was cancelled is no ``Exception``: to cancel tasks and to wait for them is no loss.
        errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)] if type(outcomes) is list else []
        if not errors or execution.status != "ok":
            return
        error = errors[0]
        if not execution.swallowed:
            self._recorder.swallowed(execution, error)
        kind = type(error).__name__
        ago = max(perf_counter_ns() - execution.ended, 0)
        data = {**self._place, "clause": _CLAUSE, "exception": kind, "ago": ago}
        self._recorder.note_in(execution, CAUGHT, "debug", f"{kind} thrown away by {_CLAUSE}", data)


def install_gathered_probe(recorder: Recorder) -> Callable[[], None]:
    """Watch what handlers gather from now on; return a function that undoes it. On Python 3.11 nothing is watched."""
    code, watch = Handler(asyncio.gather).code, _Gathering(recorder)
    if not isinstance(code, CodeType) or not MONITOR.begin(_report):
        return _nothing
    MONITOR.watch(code, watch)

    def undo() -> None:
        MONITOR.leave(code, watch)
        MONITOR.end(_report)

    return undo


def _report(error: BaseException) -> None:
    """Leave it to the tap, which is told too."""


def _nothing() -> None:
    """Nothing to undo."""
