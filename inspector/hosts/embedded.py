"""The embedded host: the bus on a thread of this process, with a loop of its own.

Not on the window's loop: there a handler would wait for paint, and a handler that computes for a second would freeze
the window for that second.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Final

from inspector.agent import server
from inspector.core.errors import InspectorError
from inspector.core.records.capture import capture_failure, failure_from_json
from inspector.core.records.host import ProcessEnded
from inspector.core.records.numbers import FireNumber
from inspector.core.records.recorder import Recorder
from inspector.core.records.stream import LiveStream
from inspector.hosts.trouble import ANSWER_TIME, loop_blocked
from inspector.hosts.turns import short_turns

if TYPE_CHECKING:
    from inspector.agent.program import Program
    from inspector.core.facts import CatalogFacts
    from inspector.core.faults import FaultRule
    from inspector.core.records.capture import Frame
    from inspector.core.request import FireRequest
    from inspector.core.taskdump import TaskDump
    from inspector.hosts.project import Project

#: Seconds that the program has to close after what was under way has had ``server.STOP_GRACE``, twice.
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
        self._server = server.Server(self._recorder)
        self._ready: Future[None] = Future()
        self._ready.set_running_or_notify_cancel()  # who stops waiting for it must not break the thread
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inspector-bus", daemon=True)
        self._turns = ExitStack()
        self.project: Project | None = None
        self.faults = False
        self.recording = True
        self.sessions = True

    @property
    def lag(self) -> int:
        """Nanoseconds the bus's loop took to answer last; 0 when it does not run."""
        return self._server.lag

    @property
    def facts(self) -> CatalogFacts:
        """What is known of the program beyond its description."""
        return self._server.facts

    @property
    def running(self) -> bool:
        """Fires are taken."""
        return self._server.running and self._thread.is_alive()

    @property
    def reloading(self) -> bool:
        """False: this program is loaded once."""
        return False

    @property
    def firing(self) -> None:
        """None: this program is ours."""

    @property
    def look_only(self) -> str:
        """Empty: this program is here to be fired at."""
        return ""

    async def start(self) -> None:
        """Start the thread and wait until the program is ready.

        Raises:
            InspectorError: The program could not be made ready.
        """
        self._turns.enter_context(short_turns())
        self._thread.start()
        try:
            await asyncio.wrap_future(self._ready)
        except InspectorError:
            await self.stop()
            raise

    def fire(self, request: FireRequest) -> FireNumber:
        """Publish what is asked for; return the number of the fire.

        What came of it is in the records that carry the number, the last of them ``FireSettled``.

        Raises:
            InspectorError: The host does not run.
        """
        if not self._server.running:
            raise InspectorError("No program is running.", "Go back to the live session.")
        number = FireNumber(next(self._fires))
        self._server.fire(request.numbered(number))
        return number

    def withdraw(self, fire: FireNumber) -> None:
        """Publish nothing more for a fire; what it has published goes on to its end."""
        self._server.withdraw(fire)

    async def dump_tasks(self) -> TaskDump:
        """Return what the tasks of the program's loop are doing.

        Raises:
            InspectorError: The host does not run, or the loop does not answer.
        """
        if not self._server.running:
            raise InspectorError("No program is running.", "Go back to the live session.")
        answer: Future[TaskDump] = Future()
        self._server.dump_tasks(answer.set_result)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(answer)), ANSWER_TIME)
        except TimeoutError:
            raise loop_blocked() from None

    def set_faults(self, on: bool) -> None:
        """Switch the program's own faults on, or all faults off."""
        self.set_fault_rules(self.own_faults if on else ())
        self.faults = on

    def set_fault_rules(self, rules: Sequence[FaultRule]) -> None:
        """Inject faults by these rules from now on, and by no others."""
        if not self._server.running:
            raise InspectorError("No program is running.", "Go back to the live session.")
        self.faults = bool(rules)
        self._server.set_fault_rules(rules)

    def set_probes(self, off: Sequence[str]) -> None:
        """Switch off the probes of these kinds of notes from now on, and on all others."""
        self._server.set_probes(off)

    @property
    def own_faults(self) -> Sequence[FaultRule]:
        """The faults that the program brings."""
        return self._server.own_faults

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or let them pass; what is under way is recorded to its end."""
        self.recording = on
        self._server.set_recording(on)

    def set_stored(self, seq: int, at: int) -> None:
        """Take notice of what is stored: the program is slowed down when that falls behind."""
        self._recorder.brake.set_stored(seq, at)

    async def stop(self) -> None:
        """Let what is under way finish, at most ``server.STOP_GRACE`` seconds, then end the thread and the stream.

        A handler that will not be cancelled, or that holds the loop, is left behind with the thread.
        """
        self._server.stop()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._wait_for_end)
        self._turns.close()
        self.stream.close()

    def _wait_for_end(self) -> None:
        # Twice the grace for what is under way, then the program may take its time to close.
        self._closed.wait(2 * server.STOP_GRACE + CLOSE_GRACE)
        self._thread.join(CLOSE_GRACE)

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                try:
                    runner.run(self._main())
                finally:
                    self._server.abandon()
        except BaseException as error:
            # SystemExit of a task of the program ends the loop: that has to be told.
            read = failure_from_json(capture_failure(error))
            said = f"{read.type}: {read.message}".rstrip(": ")
            if self._ready.done():
                text = f"The event loop was ended by {said}"
                self._recorder.record(ProcessEnded(self._recorder.now(), text, error=read.type))
            elif isinstance(error, InspectorError):
                self._ready.set_exception(error)
            else:
                _logger.info("the program did not start", exc_info=error)
                hint = "See the log for the traceback." if read.origin is None else _place(read.origin)
                self._ready.set_exception(InspectorError(f"Cannot start the program: {said}", hint))
        finally:
            self._closed.set()

    async def _main(self) -> None:
        try:
            await self._server.serve(self._make_program(), lambda: self._ready.set_result(None))
        finally:
            self._closed.set()


def _place(frame: Frame) -> str:
    return f"Raised in {frame.function} ({frame.file}:{frame.line})."
