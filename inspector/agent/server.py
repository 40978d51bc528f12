"""The one loop that serves a program's bus: it takes fires and verbs, and ends in order.

How it is reached is its host's business: by calls from another thread, or by messages from another process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ..core.facts import CatalogFacts
from ..core.records.host import HostNoted
from ..core.taskdump import TaskDump
from .engine import Engine
from .process.watchdog import Watchdog
from .program import CoreProgram

if TYPE_CHECKING:
    from ..core.faults import FaultRule
    from ..core.records.recorder import Recorder
    from ..core.request import FireRequest
    from .program import Program


def collect(program: Program) -> CatalogFacts:
    """Collect the facts of a program; the readers of foreign buses are imported for that only."""
    from .facts.collect import collect as collected

    return collected(program)


#: Seconds that what is under way has to finish when the server is stopped, and again once it has been cancelled.
STOP_GRACE: Final = 2.0


class Server:
    """Serves one program, once. The verbs may be called on any thread; those that come too early wait.

    Args:
        recorder: Where everything is recorded.

    Attributes:
        ready: Verbs are carried out, or were before the end.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._early: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._engine: Engine | None = None
        self._watchdog: Watchdog | None = None
        self._stopping: asyncio.Event | None = None
        self._abandoned = False
        self._under_way: set[asyncio.Task[None]] = set()
        self.ready = False
        self._program: Program | None = None
        self._facts: CatalogFacts | None = None

    @property
    def facts(self) -> CatalogFacts:
        """What is known of the program beyond its description; collected when it is asked for first."""
        if self._facts is None and self._program is not None:
            self._facts = collect(self._program)
        return self._facts if self._facts is not None else CatalogFacts()

    @property
    def lag(self) -> int:
        """Nanoseconds the loop took to answer last; 0 when it does not run."""
        return self._watchdog.lag if self._watchdog is not None else 0

    @property
    def running(self) -> bool:
        """Fires are taken."""
        return self._engine is not None

    async def serve(self, program: Program, ready: Callable[[], None]) -> None:
        """Make the program ready, call ``ready``, and carry out verbs until ``stop``."""
        self._program = program
        if not isinstance(program, CoreProgram):  # ours is only observed: there is time for that until somebody asks
            self._facts = collect(program)  # before the tap stands in for the handlers
        engine = Engine(program, self._recorder)
        await engine.start()
        self._stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._watchdog = Watchdog(loop, threading.get_ident(), self._recorder)
        self._watchdog.start()
        try:
            self._engine = engine
            ready()
            with self._lock:
                self._loop, self.ready = loop, True
            for verb, arguments in self._early:
                verb(*arguments)
            await self._until(self._stopping)
            await self._finish()
        finally:
            self._engine = None
            self._watchdog.stop()
            await engine.close()

    def abandon(self) -> None:
        """Let the next cancellation end ``serve``: the loop has been ended by something else."""
        self._abandoned = True

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def fire(self, request: FireRequest) -> None:
        """Publish what is asked for, in a task of its own."""
        self._call(self._start_fire, request)

    def withdraw(self, fire: int) -> None:
        """Publish nothing more for a fire."""
        self._call(self._withdraw, fire)

    def set_faults(self, on: bool) -> None:
        """Switch the program's faults on or off."""
        self._call(self._set_faults, on)

    def set_fault_rules(self, rules: Sequence[FaultRule]) -> None:
        """Inject faults by these rules from now on, and by no others."""
        self._call(self._set_fault_rules, tuple(rules))

    @property
    def own_faults(self) -> Sequence[FaultRule]:
        """The faults that the program brings; none before it is served."""
        return () if self._engine is None else self._engine.own_faults

    def set_probes(self, off: Sequence[str]) -> None:
        """Switch off the probes of these kinds of notes from now on, and on all others."""
        self._call(self._set_probes, tuple(off))

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or let them pass; what is under way is recorded to its end."""
        self._call(self._recorder.set_recording, on)

    def run(self, work: Callable[[], None]) -> None:
        """Do something on the loop of the bus."""
        self._call(work)

    def dump_tasks(self, answer: Callable[[TaskDump], None]) -> None:
        """Answer what the tasks of the loop are doing, on the loop: one that is blocked does not answer."""
        self._call(self._dump_tasks, answer)

    def stop(self) -> None:
        """Let what is under way finish, for ``STOP_GRACE`` seconds, then cancel it and close the program."""
        self._call(self._stop)

    def _call(self, verb: Callable[..., None], *arguments: Any) -> None:
        with self._lock:
            if self._loop is None:
                self._early.append((verb, arguments))
                return
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(verb, *arguments)

    def _start_fire(self, request: FireRequest) -> None:
        if self._engine is not None:
            task = asyncio.get_running_loop().create_task(self._engine.fire(request), name=f"fire {request.fire}")
            self._under_way.add(task)
            task.add_done_callback(self._fire_done)

    def _fire_done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            text = f"Firing failed: {type(error).__name__}: {error}"
            self._recorder.record(HostNoted(self._recorder.now(), "engine", "error", text))

    def _withdraw(self, fire: int) -> None:
        if self._engine is not None:
            self._engine.withdraw(fire)

    def _set_faults(self, on: bool) -> None:
        if self._engine is not None:
            self._engine.set_faults(on)

    def _set_fault_rules(self, rules: Sequence[FaultRule]) -> None:
        if self._engine is not None:
            self._engine.set_fault_rules(rules)

    def _set_probes(self, off: Sequence[str]) -> None:
        if self._engine is not None:
            self._engine.set_probes(off)

    def _dump_tasks(self, answer: Callable[[TaskDump], None]) -> None:
        from .taskdump import dump_tasks

        try:
            dump = dump_tasks(self._recorder.redactor.redact_text)
        except Exception as error:  # noqa: BLE001 - a stranger's tasks may be made of anything
            dump = TaskDump(trouble=f"Tasks cannot be read: {type(error).__name__}: {error!s:.200}")
        answer(dump)

    def _stop(self) -> None:
        if self._stopping is not None:
            self._stopping.set()

    # -- the end -------------------------------------------------------------------------------------------------------

    async def _until(self, stopping: asyncio.Event) -> None:
        """Wait to be stopped; a handler that cancels every task there is does not stop us."""
        while not stopping.is_set():
            try:
                await stopping.wait()
            except asyncio.CancelledError:
                if self._abandoned:
                    return
                task = asyncio.current_task()
                if task is not None:
                    task.uncancel()

    async def _finish(self) -> None:
        left = set(self._under_way)
        if left:
            _, left = await asyncio.wait(left, timeout=STOP_GRACE)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=STOP_GRACE)
