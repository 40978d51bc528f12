"""A live session: a host, its stream, the store that keeps it and the journal that views read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from inspector.analysis.entries import Change, FireOutcome
from inspector.analysis.journal import Journal
from inspector.app.details import Details
from inspector.app.section import Section
from inspector.core.errors import InspectorError
from inspector.core.records.host import FireSettled
from inspector.core.records.records import Batch, SessionStarted, to_record
from inspector.core.records.stream import Part

if TYPE_CHECKING:
    from inspector.app.tasks import TaskOwner
    from inspector.core.faults import FaultRule
    from inspector.core.records.numbers import FireNumber
    from inspector.core.records.stream import LiveStream
    from inspector.core.request import FireRequest
    from inspector.hosts.project import Project
    from inspector.hosts.run.firing import RunFiring
    from inspector.store.store import Store
    from inspector.store.writer import SessionWriter

_logger = logging.getLogger(__name__)

Listener = Callable[[Change], None]
Trouble = Callable[["InspectorError | None"], None]


class Host(Protocol):
    """What runs a bus for us (a thread of this process, a child process), or watches a program that runs by itself.

    Verbs go down, records come up.


    Attributes:
        stream: What happens; it belongs to the loop that made the host.
        recording: Publications are recorded.
        sessions: A fire can have a database session.
    """

    stream: LiveStream
    recording: bool
    sessions: bool

    @property
    def project(self) -> Project | None:
        """What runs in a process of its own; None for a program of ours."""

    @property
    def faults(self) -> bool:
        """Faults are on."""

    @property
    def firing(self) -> RunFiring | None:
        """What fires into a program that runs by itself; None for one that is ours."""

    @property
    def lag(self) -> int:
        """Nanoseconds the bus's loop took to answer last; 0 when it does not run."""

    @property
    def running(self) -> bool:
        """Fires are taken."""

    @property
    def reloading(self) -> bool:
        """The program has been ended to be loaded anew, and is not there again yet."""

    @property
    def look_only(self) -> str:
        """Why nothing may be fired into a program that runs, as a sentence without its full stop; empty when it may."""

    async def start(self) -> None:
        """Start, and wait until the program is ready.

        Raises:
            InspectorError: It could not be made ready.
        """

    def fire(self, request: FireRequest) -> FireNumber:
        """Publish what is asked for; return the number of the fire.

        Raises:
            InspectorError: Nothing runs.
        """

    def withdraw(self, fire: FireNumber) -> None:
        """Publish nothing more for a fire; what it has published goes on to its end."""

    @property
    def own_faults(self) -> Sequence[FaultRule]:
        """The faults that the program brings."""

    def set_faults(self, on: bool) -> None:
        """Switch the program's own faults on, or all faults off."""

    def set_fault_rules(self, rules: Sequence[FaultRule]) -> None:
        """Inject faults by these rules from now on, and by no others."""

    def set_probes(self, off: Sequence[str]) -> None:
        """Switch off the probes of these kinds of notes from now on, and on all others.

        Raises:
            InspectorError: The program is not ours, or does not run.
        """

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or let them pass."""

    def set_stored(self, seq: int, at: int) -> None:
        """Take notice of what is stored: the program is slowed down when that falls behind.

        Args:
            seq: Seq of the newest record that is stored, or ``NOT_STORED``.
            at: Its time.
        """

    async def stop(self) -> None:
        """End what runs, and the stream; harmless when there is nothing left to end."""


#: Seconds for which storing the rest is tried at the end, when nobody is there who could say otherwise.
PATIENCE: Final = 5.0
_UNFINISHED: Final = FireOutcome(0, "Recording has ended.")


class Recording:
    """Records a host's stream: into the store, and into a journal.

    Both read the same stream; neither knows of the other. Call and await everything on one loop.

    Args:
        host: Not started yet.
        store: Opened, by the time of ``keep`` at the latest; None records into memory only, unless ``keep`` brings one.
        tasks: Owner of the tasks.
        name: The session's name.
        source: Where it comes from, for the list of sessions.
        hold: Begin the session in the store only after ``keep``; it then has everything from the first record on. A
            recording that is closed before leaves nothing in the store.
        on_trouble: Called with the trouble that storing gets into, and with None when it is over.

    Attributes:
        patience: Seconds for which storing the rest is tried at the end.
        unfinished: The session could not be closed properly; that was told, with how many records were lost.
    """

    def __init__(
        self,
        host: Host,
        store: Store | None,
        tasks: TaskOwner,
        *,
        name: str,
        source: str = "demo",
        hold: bool = False,
        on_trouble: Trouble | None = None,
    ) -> None:
        self.host = host
        self.journal = Journal()
        self.details = Details(self.journal, store)
        self.name = name
        self._store = store
        self._tasks = tasks
        self._source = source
        self._on_trouble = on_trouble
        self._listeners: list[Listener] = []
        self._writer: SessionWriter | None = None
        self._began = asyncio.Event()
        self._stored = asyncio.Event()  # or it never will be
        self._kept = not hold
        self._decided = asyncio.Event()  # whether there will be a session in the store
        if self._kept:
            self._decided.set()
        self._running: list[asyncio.Task[Any]] = []
        self._part = Part()
        #: Where the run is read when the host ran before this recording.
        self._section: Section | None = None
        self._waiting: dict[FireNumber, asyncio.Future[FireOutcome]] = {}
        self._over = False
        self._moved = asyncio.Event()  # a reader of the stream has gone on
        self.patience = PATIENCE
        self.unfinished = False

    @property
    def session(self) -> int:
        """The session's id in the store, 0 while there is none."""
        return self.details.session

    @property
    def unsaved(self) -> int:
        """Records that are not in the store yet: they would be lost if it ended now."""
        return 0 if self._writer is None else self._writer.waiting

    @property
    def stored(self) -> int:
        """Records that are in the store."""
        return 0 if self._writer is None else self._writer.stored

    @property
    def lost(self) -> int:
        """Records that were lost: never taken, or not stored; what was never written counts at the end."""
        return self.journal.dropped + (0 if self._writer is None else self._writer.lost)

    @property
    def lost_payloads(self) -> int:
        """Payloads that were not stored though their publications were."""
        return 0 if self._writer is None else self._writer.dropped_payloads

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call the listener after each fold; return a function that ends it."""
        self._listeners.append(listener)

        def remove() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return remove

    async def start(self) -> None:
        """Start the host and record from its first row on; the session is in the store then, if it can be.

        Raises:
            InspectorError: The host could not be started.
        """
        # The readers first: a batch is forgotten when every reader that exists has read it.
        self._running = [self._tasks.start("Following the run", self._fold())]
        if self._store is not None or not self._kept:
            self._running.append(self._tasks.start("Storing the session", self._keep()))
        await asyncio.sleep(0)
        pump = self._tasks.start("Reading the run", self.host.stream.pump())
        try:
            await self.host.start()
        except BaseException:
            self._decided.set()
            self.host.stream.close()
            await asyncio.wait([pump, *self._running])
            raise
        self._running.append(pump)
        await self._began.wait()
        await self.begun()

    def keep(self, store: Store | None = None) -> None:
        """Let what is held be stored, from the first record on; the name may be given until then.

        Args:
            store: Where, if it was not known when the recording was made.
        """
        if store is not None:
            self._store = self.details.store = store
        self._kept = True
        self._decided.set()

    async def begun(self) -> None:
        """Wait until the session is in the store, if it can be; what is held is not waited for."""
        if self._store is not None and self._kept:
            await self._stored.wait()

    async def outcome(self, fire: FireNumber) -> FireOutcome:
        """Wait until a fire has settled; a fire that is over long since answers at once."""
        done = self.journal.fire_outcome(fire)
        if done is not None or self._over:
            return done or _UNFINISHED
        future = self._waiting.get(fire)
        if future is None:
            future = self._waiting[fire] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(future)  # several may wait for the same fire

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for the outcome of a fire."""
        return bool(self._waiting)

    async def saved(self) -> None:
        """Wait until everything recorded so far is in the store."""
        if self._writer is not None:
            await self._writer.flush()

    async def caught_up(self) -> None:
        """Wait until what the host has passed on until now is in the journal, and in the store if it can be."""
        last = self.host.stream.last
        while not self._over and (self.journal.seq < last or (self._writer is not None and self._writer.taken < last)):
            self._moved.clear()
            await self._moved.wait()
        await self.saved()

    async def go_on(self, name: str) -> Recording:
        """End here, and return a recording of what the host does from now on. The program notices nothing.

        What is running belongs to this recording, its end to none.

        Args:
            name: The new session's name.
        """
        stream = self.host.stream
        new = Recording(
            self.host, self._store, self._tasks, name=name, source=self._source, on_trouble=self._on_trouble
        )
        until = stream.last
        readers = [stream.read(until, new._part) for _ in range(1 if self._store is None else 2)]
        *reading, pump = self._running
        self._running = reading
        stream.end(self._part, until)
        await asyncio.wait(reading)
        new._section = Section(readers, self.journal)
        new._running = [self._tasks.start("Following the run", new._fold())]
        if self._store is not None:
            new._running.append(self._tasks.start("Storing the session", new._keep()))
        new._running.append(pump)
        await new._began.wait()
        await new.begun()
        return new

    def _batches(self) -> AsyncIterator[Batch]:
        return self._section.read() if self._section is not None else self.host.stream.read(0, self._part)

    def _tell_stored(self, seq: int, at: int) -> None:
        """Pass on to the host what is stored of its stream."""
        if self._section is not None:
            seq, at = self._section.in_stream(seq)
        self.host.set_stored(seq, at)

    async def close(self) -> None:
        """Stop the host, write the rest, close the session properly. What is still held is forgotten."""
        self._decided.set()
        await self.host.stop()
        if self._running:
            await asyncio.wait(self._running)

    async def _fold(self) -> None:
        try:
            async for batch in self._batches():
                change = self.journal.fold(batch)
                self._watch_fires(change)
                self._began.set()
                self._moved.set()
                self._tell(change)
        except Exception:
            # Whoever waits for a fire must not wait for ever.
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(RuntimeError("the recording broke off"))
                    future.exception()  # it is told by the owner of this task; nobody has to ask for it
            raise
        finally:
            self._over = True
            self._began.set()
            self._moved.set()
            for future in self._waiting.values():
                if not future.done():
                    future.set_result(_UNFINISHED)

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(change)
            except Exception:  # a view's mistake must not stop the recording
                _logger.exception("a listener of the recording failed")

    async def _keep(self) -> None:
        committing: asyncio.Task[None] | None = None
        try:
            async for batch in self._batches():
                # A reader that stands still: the stream forgets nothing that it has not read.
                await self._decided.wait()
                if not self._kept or self._store is None:
                    continue
                if self._writer is None:
                    self._writer = self._make_writer(self._store, batch)
                    # When the session cannot be begun the run goes on, and it is tried again.
                    await self._writer.flush()
                    self._stored.set()
                    committing = self._tasks.start("Writing the session", self._writer.run())
                self._writer.add(batch)
                self._moved.set()
        finally:
            self._stored.set()
            if self._writer is not None:
                try:
                    await self._writer.finish(self.patience)
                except InspectorError:
                    self.unfinished = True
                    raise
            if committing is not None:
                await committing

    def _make_writer(self, store: Store, batch: Batch) -> SessionWriter:
        started = to_record(batch.rows[0])
        assert isinstance(started, SessionStarted)  # noqa: S101 - a stream begins with it
        begun, stored = self._session_begun, self._tell_stored
        return store.writer(
            self.name, started, self._source, on_trouble=self._on_trouble, on_begun=begun, on_stored=stored
        )

    def _session_begun(self, session: int) -> None:
        self.details.session = session

    def _watch_fires(self, change: Change) -> None:
        for record in change.host:
            if not isinstance(record, FireSettled):
                continue
            future = self._waiting.pop(record.fire, None)
            outcome = self.journal.fire_outcome(record.fire)
            if future is not None and outcome is not None and not future.done():
                future.set_result(outcome)
