"""The watchdog: a thread that notices when the bus's loop no longer answers, and says who holds it."""

from __future__ import annotations

import asyncio
import sys
import threading
from time import perf_counter_ns
from types import FrameType
from typing import TYPE_CHECKING, Final

from ...core.bus.execution import Execution
from ...core.own_code import is_inspectors, is_ours, is_own_file
from ...core.records.host import LoopBlocked, LoopUnblocked
from ..observe.executions import running_in
from ..procfs import processor_times

if TYPE_CHECKING:
    from ...core.records.recorder import Recorder

#: Seconds between two questions to the loop, and while no handler runs: a program that waits is left alone.
INTERVAL: Final = 0.1
IDLE_INTERVAL: Final = 0.25
#: Seconds without an answer after which the loop counts as blocked.
BLOCKED: Final = 0.25
#: Code in which asyncio's own loop chooses what is next, and in which it calls that.
_TURNS: Final = asyncio.BaseEventLoop._run_once.__code__  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to see
_CALLS: Final = asyncio.Handle._run.__code__  # noqa: SLF001 - as before


class Watchdog:
    """Asks the loop ten times a second whether it is alive, or four times while no handler runs.

    Args:
        loop: The loop that runs the handlers.
        thread: Identifier of its thread.
        recorder: Gets ``LoopBlocked`` (with handler, file and line of the culprit) and ``LoopUnblocked``.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, thread: int, recorder: Recorder) -> None:
        self._loop = loop
        self._thread = thread
        native = next((member.native_id for member in threading.enumerate() if member.ident == thread), None)
        self._task = f"self/task/{native}"
        self._recorder = recorder
        self._stop = threading.Event()
        self._answered = threading.Event()
        self._lag = 0
        self._asked = 0
        self._watch = threading.Thread(target=self._run, name="inspector-watchdog", daemon=True)

    @property
    def lag(self) -> int:
        """Nanoseconds the loop took to answer the last question, or has not answered for, whichever is more."""
        asked = self._asked
        return max(self._lag, perf_counter_ns() - asked) if asked else self._lag

    def start(self) -> None:
        """Begin to watch."""
        self._watch.start()

    def stop(self) -> None:
        """End the watch and wait for its thread."""
        self._stop.set()
        self._watch.join(2.0)

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL if self._recorder.running else IDLE_INTERVAL):
            asked, (_, unserved) = perf_counter_ns(), processor_times(self._task)
            self._answered.clear()
            self._asked = asked
            try:
                self._loop.call_soon_threadsafe(self._answered.set)
            except RuntimeError:  # the loop is closed: nothing left to watch
                self._asked = 0
                return
            patience = BLOCKED
            while patience > 0 and not self._answered.wait(patience) and not self._stop.is_set():
                held = perf_counter_ns() - asked - (processor_times(self._task)[1] - unserved)
                patience = BLOCKED - held / 1e9  # a busy machine is nobody's fault
                if patience <= 0:
                    self._blocked(asked)
            self._lag = perf_counter_ns() - asked
            self._asked = 0

    def _blocked(self, asked: int) -> None:
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - the only way to see another thread's stack
        if self._recorder.brake.holding or _waits(frame):
            return  # it is us, or nobody
        culprit = _culprit(frame)
        now = self._recorder.now()
        since = now - (perf_counter_ns() - asked)
        self._recorder.record(LoopBlocked(now, since, *culprit))
        while not self._answered.wait(INTERVAL):
            if self._stop.is_set():
                return
        self._recorder.record(LoopUnblocked(self._recorder.now(), since, *culprit))


def _waits(frame: FrameType | None) -> bool:
    """Return whether the loop runs nothing: it has not had the processor yet, and nobody holds it."""
    while frame is not None and frame.f_code is not _CALLS:
        if frame.f_code is _TURNS:
            return True
        frame = frame.f_back
    return False


def _culprit(frame: FrameType | None) -> tuple[str, str, str, int]:
    """Return where the loop's thread is: the handler that runs; function, file and innermost line inside it.

    Without a handler it is the program's own code that is named, else a library's. Code of ours is never named, nor
    what it has called: nobody could do anything about it.
    """
    innermost = _nobody(frame)
    below: FrameType | None = None
    while frame is not None:
        execution = running_in(frame)
        if execution is not None:
            return _place(frame, execution.subscription.description.label)
        if is_ours(frame.f_code.co_filename):  # the bus or the tap
            execution = _execution(frame)
            if execution is not None:  # without a line of the handler's it is C code, or a fault of ours that holds it
                return _place(below, execution.subscription.description.label)
        else:
            below = frame
        frame = frame.f_back
    return _place(innermost, "")


def _nobody(frame: FrameType | None) -> FrameType | None:
    """Return the frame to name where no handler runs: the innermost of the program's own, else of a library's."""
    innermost, ours = frame, False
    while frame is not None and frame.f_code is not _CALLS:
        if is_own_file(frame.f_code.co_filename):
            return frame
        ours = ours or is_inspectors(frame.f_code.co_filename)
        frame = frame.f_back
    return None if ours else innermost


def _execution(frame: FrameType) -> Execution | None:
    """Return the execution that a frame of the bus or the tap steps: it is there as ``self`` or ``execution``."""
    variables = frame.f_locals
    for name in ("execution", "self"):
        variable = variables.get(name)
        if isinstance(variable, Execution):
            return variable
    return None


def _place(frame: FrameType | None, handler: str) -> tuple[str, str, str, int]:
    if frame is None:
        return handler, "", "", 0
    return handler, frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno
