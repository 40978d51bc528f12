"""The embedded host: the bus on a thread of this process, with a loop of its own.

Not on the window's loop: there a handler would wait for paint, and a handler that computes for a second would freeze
the window for that second.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from inspector.agent.engine import Engine, FireRequest
from inspector.agent.watchdog import Watchdog
from inspector.core.errors import InspectorError
from inspector.core.recorder import Recorder
from inspector.core.stream import LiveStream

if TYPE_CHECKING:
    from inspector.agent.program import Program

#: Seconds between two offers of the interpreter to another thread. With the usual 5 ms a handler that computes for a
#: second costs the window gaps of 190 ms, with this 25 ms.
SWITCH_INTERVAL: Final = 0.0005
#: Seconds that what is under way has to finish when the host is stopped.
STOP_GRACE: Final = 2.0


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
        self._stopping: asyncio.Event | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="inspector-bus", daemon=True)
        self._switch_interval = sys.getswitchinterval()
        self.faults = False
        self.recording = True

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
        await asyncio.wrap_future(self._ready)

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
        """Publish the event once for each mapping of values; gives the number of the fire.

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
        """Let what is under way finish, at most ``STOP_GRACE`` seconds, then end the thread and the stream."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join, STOP_GRACE + 8)
        sys.setswitchinterval(self._switch_interval)
        self.stream.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        engine = Engine(self._make_program(), self._recorder)
        await engine.start()
        self._watchdog = Watchdog(self._loop, threading.get_ident(), self._recorder)
        self._watchdog.start()
        self._engine = engine
        self._ready.set_result(None)
        try:
            await self._stopping.wait()
            await self._finish()
        finally:
            self._engine = None
            self._watchdog.stop()
            await engine.close()

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
