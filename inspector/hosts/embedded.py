"""The embedded host: the bus on a thread of this process, with a loop of its own.

Not on the window's loop: there a handler would wait for paint, and a handler that computes for a second would freeze
the window for that second.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from inspector.agent.engine import Engine, FireRequest
from inspector.agent.facts.collect import collect
from inspector.agent.process.watchdog import Watchdog
from inspector.core.errors import InspectorError
from inspector.core.facts import CatalogFacts
from inspector.core.records.capture import capture_failure, failure_from_json
from inspector.core.records.recorder import Recorder
from inspector.core.records.stream import LiveStream

if TYPE_CHECKING:
    from inspector.agent.program import Program
    from inspector.core.records.capture import Frame

#: Seconds between two offers of the interpreter to another thread. With the usual 5 ms a handler that computes for a
#: second costs the window gaps of 190 ms, with this 25 ms.
SWITCH_INTERVAL: Final = 0.0005
#: Seconds that what is under way has to finish when the host is stopped.
STOP_GRACE: Final = 2.0
#: Seconds that the program has to close after that.
CLOSE_GRACE: Final = 1.0

_logger = logging.getLogger(__name__)


class EmbeddedHost:
    """Runs a program's bus on its own thread.

    Verbs go down (``fire``, ``set_faults``, ``stop``); what happens comes up in ``stream``, and nowhere else.
    ``stream`` belongs to the loop that makes the host.

    Args:
        make_program: Makes the program, on the host's thread.
        seed: Seed of the synthetic values, told in the session's record.
    """

    def __init__(self, make_program: Callable[[], Program], *, seed: int | None = None) -> None:
        self._make_program = make_program
        self._recorder = Recorder(seed=seed)
        self.stream = LiveStream(self._recorder)
        self._fires = count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None
        self._watchdog: Watchdog | None = None
        self._ready: Future[None] = Future()
        self._ready.set_running_or_notify_cancel()  # who stops waiting for it must not break the thread
        self._stopping: asyncio.Event | None = None
        self._stop_asked = self._ending = False
        self._closed = threading.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="inspector-bus", daemon=True)
        self._switch_interval = sys.getswitchinterval()
        self.facts = CatalogFacts()
        self.faults = False
        self.recording = True
        self.sessions = True

    @property
    def lag(self) -> int:
        """Nanoseconds the bus's loop took to answer last; 0 when it does not run."""
        return self._watchdog.lag if self._watchdog is not None else 0

    @property
    def running(self) -> bool:
        """Fires are taken."""
        return self._engine is not None and self._thread.is_alive()

    async def start(self) -> None:
        """Start the thread and wait until the program is ready.

        Raises:
            InspectorError: The program could not be made ready.
        """
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._thread.start()
        try:
            await asyncio.wrap_future(self._ready)
        except InspectorError:
            await self.stop()
            raise

    def fire(
        self,
        event: str,
        values: Sequence[Mapping[str, Any]],
        *,
        session: bool = True,
        rollback: bool = False,
        metadata: Mapping[str, str] | None = None,
        timeout: float | None = 30.0,
    ) -> int:
        """Publish the event once for each mapping of values; return the number of the fire.

        What came of it is in the records that carry the number, the last of them ``fire_settled``.

        Raises:
            InspectorError: The host does not run.
        """
        loop, engine = self._loop, self._engine
        if loop is None or engine is None:
            raise InspectorError("Nothing runs that could take an event.", "Go back to the live session.")
        number = next(self._fires)
        request = FireRequest(number, event, tuple(values), session, rollback, dict(metadata or {}), timeout)
        loop.call_soon_threadsafe(self._start_fire, engine, request)
        return number

    def set_faults(self, on: bool) -> None:
        """Switch the program's faults."""
        if self._loop is None or self._engine is None:
            raise InspectorError("Nothing runs that faults could be put into.", "Go back to the live session.")
        self.faults = on
        self._loop.call_soon_threadsafe(self._engine.set_faults, on)

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or let them pass; what is under way is recorded to its end."""
        self.recording = on
        if self._loop is not None and self._engine is not None:
            self._loop.call_soon_threadsafe(self._recorder.set_recording, on)

    async def stop(self) -> None:
        """Let what is under way finish, at most ``STOP_GRACE`` seconds, then end the thread and the stream.

        A handler that will not be cancelled, or that holds the loop, is left behind with the thread.
        """
        self._stop_asked = True
        if self._loop is not None and self._stopping is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.ident is not None:
            await asyncio.to_thread(self._wait_for_end)
        sys.setswitchinterval(self._switch_interval)
        self.stream.close()

    def _wait_for_end(self) -> None:
        # Twice the grace for what is under way, then the program may take its time to close.
        self._closed.wait(2 * STOP_GRACE + CLOSE_GRACE)
        self._thread.join(CLOSE_GRACE)

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                try:
                    runner.run(self._main())
                finally:
                    self._ending = True
        except BaseException as error:
            # SystemExit of a task of the program ends the loop: that has to be told.
            read = failure_from_json(capture_failure(error))
            said = f"{read.type}: {read.message}".rstrip(": ")
            if self._ready.done():
                self._recorder.host_note("ended", "error", f"The bus's loop was ended by {said}", {"type": read.type})
            elif isinstance(error, InspectorError):
                self._ready.set_exception(error)
            else:
                _logger.info("the program could not be started", exc_info=error)
                hint = "The log has the traceback." if read.origin is None else _place(read.origin)
                self._ready.set_exception(InspectorError(f"The program could not be started: {said}", hint))
        finally:
            self._engine = None
            self._closed.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        if self._stop_asked:
            self._stopping.set()
        program = self._make_program()
        self.facts = collect(program)
        engine = Engine(program, self._recorder)
        await engine.start()
        self._watchdog = Watchdog(self._loop, threading.get_ident(), self._recorder)
        self._watchdog.start()
        self._engine = engine
        self._ready.set_result(None)
        try:
            await self._until(self._stopping)
            await self._finish()
        finally:
            self._engine = None
            self._watchdog.stop()
            try:
                await engine.close()
            finally:
                self._closed.set()

    async def _until(self, stopping: asyncio.Event) -> None:
        """Wait to be stopped; a handler that cancels every task there is does not stop the host."""
        while not stopping.is_set():
            try:
                await stopping.wait()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if self._ending or task is None:
                    return  # a task of the program has ended the loop
                task.uncancel()

    async def _finish(self) -> None:
        left = set(self._under_way)
        if left:
            _, left = await asyncio.wait(left, timeout=STOP_GRACE)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=STOP_GRACE)

    def _start_fire(self, engine: Engine, request: FireRequest) -> None:
        task = asyncio.get_running_loop().create_task(engine.fire(request), name=f"fire {request.fire}")
        self._under_way.add(task)
        task.add_done_callback(self._fire_done)

    def _fire_done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._recorder.host_note("engine", "error", f"The fire broke: {type(error).__name__}: {error}")


def _place(frame: Frame) -> str:
    return f"It happened in {frame.function}, {frame.file}:{frame.line}."
