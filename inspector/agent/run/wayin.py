"""The way in: what a person fires into this program, once they have allowed it.

Requests are files beside the ring, counted by a word of it, so nothing stands by to receive them: while nobody has
allowed anything there is neither thread, timer nor descriptor of ours. A publication, or one of a few functions that
idle programs call again and again, finds that it is allowed. From then on a timer on the program's own loop looks for
requests, or, where what is published has no loop, a loop in a thread that lives no longer than the permission.

The permission is a lease, which the reader renews: if that goes away, the way closes by itself.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from contextlib import suppress
from contextvars import Context
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.errors import InspectorError
from ...core.records.host import FireRefused, FireSettled, HostNoted
from ...core.records.numbers import FireNumber
from ...core.request import FireRequest
from ..observe.watchers import Watcher
from ..procfs import read_text
from ..tap.moments import running_loop
from .ring import CONTROL, LOOKED, MAY_FIRE, REQUESTS, UNTIL, RingError
from .start import allocate_lock, decoded, encoded, start_new_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..engine import Engine
    from .reporter import Reporter
    from .ring import RingWriter
    from .ringrecorder import RingRecorder

#: Functions that idle programs call again and again: in which modules these are.
PULSES: Final = {
    "sleep": "asyncio.tasks",
    "BaseEventLoop.run_forever": "asyncio.base_events",
    "Condition.wait": "threading",
    "BaseServer.service_actions": "socketserver",
    "Worker.notify": "gunicorn.workers.base",
}
#: Seconds between two looks for requests.
_EVERY: Final = 0.05
#: Seconds that our thread has to end with the process.
_LAST: Final = 1.0


class WayIn(Watcher):
    """Fires what a person asks for into this process, while they allow it.

    Args:
        reporter: Has the program.
        recorder: Where everything is recorded.
        ring: Has the words.

    Attributes:
        ring: Has the words; None where nothing is recorded any more.
    """

    def __init__(self, reporter: Reporter, recorder: RingRecorder, ring: RingWriter) -> None:
        self._reporter = reporter
        self._recorder = recorder
        self.ring: RingWriter | None = ring
        self._lock = allocate_lock()
        self._begin_anew()

    def _begin_anew(self) -> None:
        #: Where somebody looks: a loop of the program, or the one of our thread. The number of its looks is this one.
        self._at: asyncio.AbstractEventLoop | None = None
        self._turn = 0
        self._own: asyncio.AbstractEventLoop | None = None
        self._ended = allocate_lock()
        #: The loop on which something was published last, and whether that was without one; and the one that was seen.
        self._published_on: Any = _no_loop
        self._publishes_without = False
        self._seen: Any = _no_loop
        self._taken = 0
        self._engine: Engine | None = None
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._has_faults = False

    # -- who notices ---------------------------------------------------------------------------------------------------

    def suspends(self, code: CodeType) -> bool:  # noqa: ARG002 - as the base class has it
        """Return that a pulse is all that is wanted: programs sleep all the time."""
        return False

    def started(self, frame: FrameType) -> None:
        """Take note of a moment in which the program is awake."""
        ring = self.ring
        if ring is None or not ring.control:
            return
        loop = running_loop()
        if loop is None and frame.f_code.co_name == "run_forever":
            loop = frame.f_locals.get("self")
        if loop is None or loop is not self._own:
            self.notice(loop)

    def published(self) -> None:
        """Take note that something is published, while firing is allowed."""
        loop = running_loop()
        if loop is not None and loop is self._own:
            return
        self._publishes_without = loop is None
        if loop is not None:
            self._published_on = _weak(loop)
        self.notice(loop)

    def joined(self) -> None:
        """Take note that a bus was found on a loop: it may be allowed already, and nothing else may happen for long."""
        loop = running_loop()
        if loop is not None and self.ring is not None and self.ring.control:
            self.notice(loop)

    def notice(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Look for requests from now on, where that is allowed and nobody does.

        Args:
            loop: The loop that runs here; None for none.
        """
        if loop is not None:
            self._seen = _weak(loop)
        if not self._allowed() or self._reporter.program is None or not self._lock.acquire(blocking=False):
            return
        try:
            self._settle_down(loop)
        except Exception as error:  # noqa: BLE001 - the observed never pays
            self._fail(error)
        finally:
            self._lock.release()

    def _settle_down(self, here: asyncio.AbstractEventLoop | None) -> None:
        """Look on the loop on which something is published, else on one that was seen, else in a thread."""
        home = None
        if not self._publishes_without:
            home = _running(self._published_on()) or _running(self._seen()) or here
        at = self._at
        if at is not None and not at.is_closed() and at is (home or self._own):
            return
        self._turn += 1
        turn = self._turn
        self._taken = max(self._taken, self._first())
        if home is None:
            self._own = self._at = asyncio.new_event_loop()
            self._ended = allocate_lock()
            self._ended.acquire()
            start_new_thread(self._live, (self._own, turn, self._ended))
            return
        self._at = home
        call = home.call_soon if home is here else home.call_soon_threadsafe
        call(self._look, home, turn, context=Context())

    def forked(self, ring: RingWriter | None) -> None:
        """Forget in a child of this process what is the parent's."""
        self.ring = ring
        self._lock = allocate_lock()
        turn = self._turn + 1
        self._begin_anew()
        self._turn = turn

    def ended(self) -> None:
        """Look no more: the process ends."""
        self._turn += 1
        own = self._own
        if own is not None:
            with suppress(RuntimeError):
                own.call_soon_threadsafe(own.stop)
            self._ended.acquire(timeout=_LAST)
        self.ring = None

    def _allowed(self) -> bool:
        ring = self.ring
        return ring is not None and bool(ring.get(CONTROL) & MAY_FIRE) and perf_counter_ns() < ring.get(UNTIL)

    def _first(self) -> int:
        """Return how many requests are not there any more: the reader has taken them back."""
        ring = self.ring
        number = ring.get(REQUESTS) if ring is not None else 0
        while ring is not None and number > self._taken and os.path.lexists(_path(ring, number)):
            number -= 1
        return number

    # -- who looks -----------------------------------------------------------------------------------------------------

    def _live(self, loop: asyncio.AbstractEventLoop, turn: int, ended: Any) -> None:
        """Look in a thread of our own, as long as it is allowed."""
        try:
            asyncio.set_event_loop(loop)
            loop.call_soon(self._look, loop, turn)
            loop.run_forever()
            left = [task for task in tuple(self._under_way.values()) if task.get_loop() is loop]
            if left:
                loop.run_until_complete(asyncio.wait(left))
        finally:
            loop.close()
            if self._own is loop:
                self._own = None
            ended.release()

    def _look(self, loop: asyncio.AbstractEventLoop, turn: int) -> None:
        """Take what is asked for, and look again in a moment."""
        if turn != self._turn:  # somebody else looks by now
            self._stop(loop)
            return
        ring = self.ring
        try:
            if ring is not None and self._allowed():
                if not self._reporter.begun:  # nothing has been published yet
                    self._reporter.describe_now()
                ring.set(LOOKED, perf_counter_ns())
                while self._taken < ring.get(REQUESTS) and turn == self._turn:
                    self._taken += 1
                    self._take(ring, self._taken)
                loop.call_later(_EVERY, self._look, loop, turn)
                return
        except Exception as error:  # noqa: BLE001 - the observed never pays
            self._fail(error)
        self._close()
        self._stop(loop)

    def _stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """End our thread, if it is that which looks."""
        if loop is self._own or not loop.is_running():
            loop.stop()

    def _close(self) -> None:
        """Leave nothing behind: it is not allowed any more. What is under way goes on to its end."""
        self._turn += 1
        self._at = None
        if self.ring is not None:
            self.ring.set(LOOKED, 0)
        for fire in tuple(self._under_way):
            self._withdraw(fire)
        if self._has_faults and self._engine is not None:
            self._has_faults = False
            with suppress(RingError):
                self._engine.set_fault_rules(())

    # -- what is asked for ---------------------------------------------------------------------------------------------

    def _take(self, ring: RingWriter, number: int) -> None:
        """Do what a request says."""
        path = _path(ring, number)
        text = read_text(path)
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - as the ring, without pathlib
        try:
            request = decoded(text) if text else None
        except ValueError:
            request = None
        if type(request) is not dict:
            return  # the reader has taken it back
        if type(request.get("fire")) is dict:
            self._fire(number, request["fire"])
        elif type(request.get("withdraw")) is int:
            self._withdraw(request["withdraw"])
        elif type(request.get("faults")) is list:
            self._set_faults(request["faults"])
        elif request.get("tasks") is True:
            self._dump_tasks(ring, number)

    def _fire(self, number: int, values: dict[str, Any]) -> None:
        try:
            request = FireRequest(**values).numbered(FireNumber(number))
            engine = self._engine_of()
            if request.session:
                self._reporter.use_session()
        except (InspectorError, TypeError) as error:
            text, hint = (error.text, error.hint) if isinstance(error, InspectorError) else ("Not a request.", "")
            at = self._recorder.now()
            self._recorder.record(FireRefused(at, FireNumber(number), text, hint))
            self._recorder.record(FireSettled(at, FireNumber(number), 0))
            return
        # In a context of its own: what the program has set where we happened to be is not about this event.
        task = self._under_way[number] = Context().run(lambda: asyncio.create_task(engine.fire(request)))
        task.add_done_callback(lambda done: self._done(number, done))

    def _engine_of(self) -> Engine:
        """Return what fires, with what the program declares now."""
        from ..engine import Engine

        program = self._reporter.program
        if program is None:
            raise InspectorError("No bus has been found in this process yet.")
        if self._engine is None:
            self._engine = Engine(program, self._recorder)
        self._engine.adopt(self._reporter.describe_now())
        return self._engine

    def _done(self, number: int, task: asyncio.Task[None]) -> None:
        self._under_way.pop(number, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._note(f"Firing failed: {type(error).__name__}: {error}")

    def _withdraw(self, fire: int) -> None:
        if self._engine is not None:
            self._engine.withdraw(fire)

    def _set_faults(self, rules: list[Any]) -> None:
        from ...core.faults import FaultRule

        try:
            engine = self._engine_of()
            engine.set_fault_rules([FaultRule(**rule) for rule in rules])
            self._has_faults = bool(rules)
        except (InspectorError, TypeError, ValueError, LookupError) as error:
            self._note(f"Faults cannot be set: {error}")

    def _dump_tasks(self, ring: RingWriter, number: int) -> None:
        """Leave beside the ring what the tasks of this loop are doing."""
        from ...core.taskdump import TaskDump
        from ...core.values.build import to_plain
        from ..taskdump import dump_tasks

        if self._at is self._own:
            dump = TaskDump(trouble="No event loop of this process has published yet.")
        else:
            dump = dump_tasks(self._recorder.redactor.redact_text)
        path = f"{ring.path}.{number}.out"
        draft = os.open(f"{path}.draft", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            data = memoryview(encoded(to_plain(dump)))
            while data:
                data = data[os.write(draft, data) :]
        finally:
            os.close(draft)
        os.rename(f"{path}.draft", path)  # noqa: PTH104 - as the ring, without pathlib

    def _fail(self, error: Exception) -> None:
        """Close the way for good: something of ours went wrong."""
        self._note(f"Events can no longer be fired: {type(error).__name__}: {error}")
        if self.ring is not None:
            self.ring.set(LOOKED, 0)
        self.ring = None

    def _note(self, text: str) -> None:
        with suppress(RingError):
            self._recorder.record(HostNoted(self._recorder.now(), "fire", "error", text))


def _path(ring: RingWriter, number: int) -> str:
    return f"{ring.path}.{number}.in"


def _no_loop() -> None:
    """Stand for a loop that is gone."""


def _weak(loop: asyncio.AbstractEventLoop) -> Callable[[], asyncio.AbstractEventLoop | None]:
    """Return what gives a loop as long as there is it."""
    try:
        return weakref.ref(loop)
    except TypeError:  # of some library's: it says whether it is closed
        return lambda: loop


def _running(loop: asyncio.AbstractEventLoop | None) -> asyncio.AbstractEventLoop | None:
    """Return a loop that runs, or is about to."""
    return loop if loop is not None and not loop.is_closed() and loop.is_running() else None
