"""The workbench: what the window can do, without a window.

There is one live recording, and one view: the live session, or a stored one that was opened beside it. Both are a
journal that folds a stream; opening a session stops nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.analysis.journal import Journal
from inspector.app.details import Details
from inspector.app.faults import FaultList
from inspector.app.recording import Recording
from inspector.app.retry import Retries
from inspector.app.text import plural
from inspector.core.errors import InspectorError
from inspector.store.info import INTERRUPTED
from inspector.store.naming import is_automatic, short_name
from inspector.store.trouble import Unavailable, count_lost

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.app.importing import ImportedRun
    from inspector.app.notices import Notices
    from inspector.app.reading import SessionReading
    from inspector.app.recording import Host
    from inspector.app.tasks import TaskOwner
    from inspector.catalog.form import FireForm
    from inspector.core.faults import FaultRule
    from inspector.core.records.numbers import FireNumber
    from inspector.core.request import FireRequest
    from inspector.hosts.run.firing import FireTarget, RunFiring
    from inspector.store.info import SessionInfo
    from inspector.store.reader import StoredStream
    from inspector.store.store import Store


_STARTING: Final = "The program is starting"


class Stand(Enum):
    """How things stand with the program and the session that is shown."""

    NOTHING = "nothing"
    """No program: none was loaded, or it is being started."""
    STORED = "stored"
    """A stored session is shown; the program may run."""
    RELOADING = "reloading"
    """The live session is shown, and its program is being loaded anew."""
    STOPPED = "stopped"
    """The live session is shown, and its program has ended."""
    PAUSED = "paused"
    """The program runs and is not recorded."""
    RECORDING = "recording"
    """The program runs and is recorded."""


_REASONS: Final = {
    Stand.STORED: "This is a stored session; go back to the live one to fire",
    Stand.RELOADING: "The program is reloading",
    Stand.STOPPED: "The program has stopped",
    Stand.PAUSED: "Recording is paused; resume it to fire",
}


@dataclass(frozen=True)
class View:
    """What is shown.

    Attributes:
        journal: The run, folded.
        details: Where to ask for what the journal has forgotten.
        title: The session's name; without one, what was recorded, and when.
        session: Its id in the store, 0 while it has none.
        live: It is the live session: events can be fired.
        records: How many records a stored session has; they are read bit by bit.
    """

    journal: Journal
    details: Details
    title: str
    live: bool
    records: int = 0

    @property
    def session(self) -> int:
        """The session's id in the store, 0 while it has none."""
        return self.details.session


class Workbench:
    """Owns the live recording and the view.

    Args:
        make_host: Makes the host of the live recording; None when the first one comes by ``switch``.
        database: Path of the sessions database; None stores nothing.
        notices: Where trouble is told.
        tasks: Owner of the tasks.
        name: Name of the live session.
        source: Where it comes from, for the list of sessions.

    Attributes:
        trouble: Why nothing is stored any more.
        faults: The faults that a person has set up; ``apply_faults`` injects those that are on.
        retries: What was tried again, and what came of it.
        idle: Why there is no live recording, empty while one is being started and when there is one.
        opening: The sessions database is still to be opened.
        last_fired: What a person fired last, None before the first time.
        last_fire: The number of that fire, 0 before the first time.
    """

    def __init__(
        self,
        make_host: Callable[[], Host] | None,
        database: Path | None,
        notices: Notices,
        tasks: TaskOwner,
        *,
        name: str,
        source: str = "demo",
    ) -> None:
        self._make_host = make_host
        self._source = source
        self._database = database
        self._notices = notices
        self._tasks = tasks
        self._name = name
        self._store: Store | None = None
        self._recording: Recording | None = None
        self._view: View | None = None
        self._asked = self._listings = self._listed = 0
        self._reading: SessionReading | None = None
        self._on_view: list[Callable[[View], None]] = []
        self._on_folded: list[Callable[[Change], None]] = []
        self._on_sessions: list[Callable[[Sequence[SessionInfo]], None]] = []
        self.trouble: InspectorError | None = None
        self.idle = ""
        self.faults = FaultList()
        self.retries = Retries()
        self.opening = database is not None
        self.last_fired: FireForm | None = None
        self.last_fire = 0
        self._closing = self._splitting = False
        self._listing: asyncio.Task[None] | None = None

    # What is going on

    @property
    def recording(self) -> Recording:
        """The live recording.

        Raises:
            InspectorError: Nothing is recorded yet.
        """
        if self._recording is None:
            raise InspectorError("Recording has not started yet.", "Try again in a moment.")
        return self._recording

    @property
    def host(self) -> Host | None:
        """What runs the program of the live recording; None while there is none."""
        return self._recording.host if self._recording is not None else None

    @property
    def view(self) -> View | None:
        """What is shown; None before the start."""
        return self._view

    @property
    def live(self) -> bool:
        """The live session is shown."""
        return self._view is not None and self._view.live

    @property
    def live_session(self) -> int:
        """Id of the live session in the store, 0 while it has none."""
        return self._recording.session if self._recording is not None else 0

    @property
    def lost(self) -> int:
        """Records of the live session that were lost."""
        return self._recording.lost if self._recording is not None else 0

    @property
    def at_stake(self) -> int:
        """Records that would be lost if the program ended now: they wait, or cannot be stored at all."""
        if self._recording is None or self.trouble is None:
            return 0
        if self._store is not None:
            return self._recording.unsaved
        journal = self._recording.journal
        return journal.seq if len(journal.publications) else 0

    @property
    def stored_bytes(self) -> int:
        """Size of the sessions database on disk, 0 when nothing is stored."""
        return self._store.size() if self._store is not None else 0

    @property
    def database(self) -> Path | None:
        """The sessions database, None when nothing is stored."""
        return self._store.path if self._store is not None else None

    def on_view(self, listener: Callable[[View], None]) -> None:
        """Call the listener when another journal is shown."""
        self._on_view.append(listener)

    def on_folded(self, listener: Callable[[Change], None]) -> None:
        """Call the listener when the journal that is shown has taken in more."""
        self._on_folded.append(listener)

    def on_sessions(self, listener: Callable[[Sequence[SessionInfo]], None]) -> None:
        """Call the listener with the list of sessions whenever it was read anew."""
        self._on_sessions.append(listener)

    # What can be done now: each returns the reason why it cannot, empty when it can

    @property
    def stand(self) -> Stand:
        """How things stand with the program and the session that is shown."""
        host = self.host
        if host is None:
            return Stand.NOTHING
        if not self.live:
            return Stand.STORED
        if not host.running:
            return Stand.RELOADING if host.reloading else Stand.STOPPED
        return Stand.RECORDING if host.recording else Stand.PAUSED

    @property
    def reading(self) -> bool:
        """Whether the stored session that is shown is still being read."""
        return self._reading is not None and not self.live

    def view_blocked(self) -> str:
        """Return why no session is shown."""
        return "" if self._view is not None else self.idle or _STARTING

    def program_blocked(self) -> str:
        """Return why there is no program that anything could be done with."""
        return "" if self._recording is not None else self.idle or _STARTING

    def record_blocked(self) -> str:
        """Return why the recording can be neither paused nor gone on with."""
        host = self.host
        if host is None or host.running:
            return self.program_blocked()
        return self.program_blocked() or _REASONS[Stand.RELOADING if host.reloading else Stand.STOPPED]

    def fire_blocked(self) -> str:
        """Return why nothing may be fired."""
        return self.program_blocked() or self._looking() or _REASONS.get(self.stand, "")

    def retry_blocked(self) -> str:
        """Return why nothing may be tried again in the live program, whatever session is shown."""
        host = self.host
        if host is None or host.look_only:
            return self.program_blocked() if host is None else host.look_only
        if not host.running:
            return _REASONS[Stand.RELOADING if host.reloading else Stand.STOPPED]
        return "" if host.recording else _REASONS[Stand.PAUSED]

    def faults_blocked(self) -> str:
        """Return why no faults may be injected."""
        return self.program_blocked() or self._looking()

    @property
    def firing(self) -> RunFiring | None:
        """What fires into the live program where that runs by itself: a person decides whether it may be; else None."""
        return self.host.firing if self.host is not None else None

    @property
    def firing_allowed(self) -> bool:
        """Events may be fired into the live program, as far as a person decides about that."""
        return self.firing is None or self.firing.allowed

    def allow_firing(self, on: bool) -> None:
        """Allow firing into the live program, which runs by itself, or forbid it."""
        if self.firing is not None:
            if not on:
                self.faults.switch_all(False)
            self.firing.allow(on)

    def fire_targets(self, event: str) -> list[FireTarget]:
        """Return the processes between which a person has to choose before an event is fired; empty without need."""
        firing = self.firing
        targets = firing.targets(event) if firing is not None and not firing.process else []
        return targets if len(targets) > 1 else []

    def _looking(self) -> str:
        """Return why the program is only looked at; empty when it is not."""
        return self.host.look_only if self.host is not None and self.live else ""

    # Life

    async def start(self) -> None:
        """Start the host, show the live session, open the store.

        Raises:
            InspectorError: The host could not be started.
        """
        try:
            await self.begin()
        finally:
            await self.keep()

    async def begin(self) -> None:
        """Start the host and show the live session; what it records is held until ``keep``.

        Raises:
            InspectorError: The host could not be started.
        """
        if self._make_host is not None:
            hold = self._database is not None
            await self._record(self._make_host(), None, self._name, self._source, hold=hold)

    async def keep(self) -> None:
        """Open the store, and store the live session from its first record on.

        Without a store that can be opened the run is recorded all the same, in memory, and a notice says so.
        """
        if self._database is not None:
            self._store = await self._open_store(self._database)
        if self._recording is not None:
            self._recording.keep(self._store)
            await self._recording.begun()
        self.opening = False
        await self._clear_away()
        await self.refresh_sessions()

    def session_blocked(self) -> str:
        """Return why no new session can be begun."""
        if self.record_blocked() or self.opening:
            return self.record_blocked() or _STARTING
        if self.recording.awaited:
            return "Events are being fired"
        return "" if len(self.recording.journal.publications) else "Nothing recorded yet"

    async def new_session(self, *, keep: bool = True) -> None:
        """Record in a new session from now on, and show that one; the program goes on.

        Args:
            keep: Keep the session so far; False deletes it.
        """
        if self.session_blocked() or self._splitting:
            return
        self._splitting = True
        try:
            old = self.recording
            new = await old.go_on(time.strftime("%Y-%m-%d %H:%M:%S"))
            self._recording = new
            new.listen(partial(self._live_folded, new))
            self.show_live()
            if not keep and old.session:
                await self._opened_store().delete(old.session)
        finally:
            self._splitting = False
        await self.refresh_sessions()

    async def switch(self, make_host: Callable[[], Host], *, name: str, source: str = "demo") -> None:
        """Record another program from now on, in a session of its own, and show that one.

        The old one is stopped and its session closed, but only when the new one runs: what cannot be started changes
        nothing.

        Args:
            make_host: Makes the new host.
            name: Name of the new session.
            source: Where it comes from, for the list of sessions.

        Raises:
            InspectorError: The new host could not be started.
        """
        await self._record(make_host(), self._store, name, source)
        await self.refresh_sessions()

    async def _record(self, host: Host, store: Store | None, name: str, source: str, *, hold: bool = False) -> None:
        trouble = self._store_trouble
        new = Recording(host, store, self._tasks, name=name, source=source, hold=hold, on_trouble=trouble)
        await new.start()
        old, self._recording = self._recording, new
        if old is not None and not is_same_program(old.host, host):
            self.last_fired, self.last_fire = None, 0
        self.faults.clear()
        self.idle = ""
        new.listen(partial(self._live_folded, new))
        self.show_live()
        if old is not None:
            await self._end(old)

    async def close(self) -> None:
        """Stop the host, write what is left, let go of the store."""
        self._closing = True
        self.end_reading()
        if self._recording is not None:
            # Whoever closes has been asked, or is no person.
            self._recording.patience = 0.0
            await self._end(self._recording)
        if self._listing is not None:
            await asyncio.wait((self._listing,))  # it reads the store
        if self._store is not None:
            await self._store.close()

    # Firing

    def fire(self, request: FireRequest) -> FireNumber:
        """Publish what is asked for; return the fire's number. The outcome is in the records.

        Raises:
            InspectorError: Nothing may be fired now: see ``fire_blocked``.
        """
        reason = self.fire_blocked()
        if reason:
            raise InspectorError(f"{reason}.")
        return self.recording.host.fire(request)

    def fire_form(self, form: FireForm) -> FireNumber:
        """Fire what a form asks for, and remember it; return the fire's number.

        Raises:
            InspectorError: Nothing may be fired now: see ``fire_blocked``.
        """
        number = self.fire(form.request())
        self.last_fired, self.last_fire = form, number
        return number

    def set_faults(self, on: bool) -> None:
        """Switch the program's own faults on, or all faults off."""
        recording = self.recording
        if on:
            self.faults.take(recording.host.own_faults)
        self.faults.switch_all(on)
        self.apply_faults()

    @property
    def rules_in_view(self) -> tuple[FaultRule, ...]:
        """The faults that are on in what is shown: none in a stored session, whatever the program is under."""
        return self.faults.rules if self.live else ()

    def apply_faults(self) -> None:
        """Inject the faults of the list that are on, and no others."""
        recording = self.recording
        recording.host.set_fault_rules(self.faults.rules)
        self.faults.begin(recording.journal)

    @property
    def switches_probes(self) -> bool:
        """The live session is shown, of a program of ours, whose probes can be switched."""
        host = self.host
        return self.live and host is not None and host.running and not host.look_only and host.firing is None

    def set_probes(self, off: Sequence[str]) -> None:
        """Switch off the probes of these kinds of notes, and on all others.

        Raises:
            InspectorError: See ``switches_probes``.
        """
        self.recording.host.set_probes(off)

    def set_recording(self, on: bool) -> None:
        """Record from now on, or let what happens pass."""
        self.recording.host.set_recording(on)

    # Sessions

    def show_live(self) -> None:
        """Show the live session."""
        self.end_reading()
        recording = self.recording
        self._show(View(recording.journal, recording.details, _title(recording), live=True))

    async def open_session(self, session: int) -> None:
        """Show a stored session; pages appear as they are read. Opening another meanwhile ends it.

        Raises:
            InspectorError: There is no such session, or it cannot be read.
        """
        if session == self.live_session:
            self.show_live()
            return
        store = self._opened_store()
        self._asked += 1
        asked = self._asked
        info = await store.session(session)
        if asked != self._asked:  # another one was asked for meanwhile
            return
        self.end_reading()
        from inspector.app.reading import SessionReading

        journal = Journal()

        def begin() -> Journal:
            nonlocal journal
            journal = Journal()
            title = short_name(info.name, info.program)
            self._show(View(journal, Details(journal, store, session), title, live=False, records=info.records))
            return journal

        reading = self._reading = SessionReading(store, session, begin)
        try:
            async for change in reading.read():
                if reading.stopped:
                    return
                self._tell_folded(change)
                await asyncio.sleep(0)  # the window breathes between two pages
        except InspectorError:
            if reading.stopped:  # it was deleted, which is why another one is shown
                return
            raise
        finally:
            if self._reading is reading:
                self._reading = None
        from inspector.app.filtered import placement_warnings

        for warning in (*reading.stream.warnings(), *placement_warnings(journal)):
            self._notices.warning(warning)
        if reading.stream.warnings():
            await self.refresh_sessions()  # the list says from now on that it is damaged

    def end_reading(self) -> None:
        """Read no further in a stored session that is being opened."""
        self._asked += 1
        if self._reading is not None:
            self._reading.stop()

    def stream(self, session: int) -> StoredStream:
        """Return a stored session as a stream."""
        from inspector.store.reader import StoredStream

        return StoredStream(self._opened_store(), session)

    async def rename(self, session: int, name: str) -> None:
        """Rename a session; blanks around the name are left out."""
        name = name.strip()
        await self._opened_store().rename(session, name)
        if session == self.live_session:
            self.recording.name = name
        if self._view is not None and session == self._view.session:
            view = self._view
            self._view = View(view.journal, view.details, name, view.live)
            self._tell_view(self._view)
        await self.refresh_sessions()

    async def delete(self, session: int) -> None:
        """Delete a session for good; if it is shown, the live one is shown instead."""
        if self._view is not None and not self._view.live and self._view.session == session:
            self.show_live()
        await self._opened_store().delete(session)
        await self.refresh_sessions()

    async def saved(self, session: int) -> None:
        """Wait until everything of a session so far is in the store."""
        if session and session == self.live_session:
            await self.recording.saved()

    async def export(self, kind: str, session: int, target: Path) -> int:
        """Write a session to a file; return how many records, executions or handlers there are in it.

        Args:
            kind: Id of an exporter.
            session: The session's id.
            target: The file; an old one stays whole until the new one is.

        Raises:
            InspectorError: It cannot be read, or not be written there.
        """
        from inspector.app.export import export_stream
        from inspector.app.filtered import PlacedStream

        await self.saved(session)
        info = await self._opened_store().session(session)
        stream = PlacedStream(self.stream(session))
        count = await export_stream(stream, kind, target, name=info.name)
        for warning in stream.warnings():
            self._notices.warning(warning)
        return count

    async def import_run_log(self, path: Path) -> ImportedRun:
        """Store a run log as a session; says what came of it.

        Raises:
            InspectorError: Nothing is stored here, or the file is no run log.
        """
        from inspector.app.importing import import_run_log
        from inspector.store.jsonl_import import read_jsonl

        store = self._opened_store()
        imported = await import_run_log(store, await asyncio.to_thread(read_jsonl, path))
        await self.refresh_sessions()
        return imported

    async def refresh_sessions(self) -> None:
        """Read the list of sessions anew."""
        if self._store is None or not self._store.database.is_open:
            return
        self._listings += 1
        listing = self._listings
        sessions = await self._store.sessions()
        if listing < self._listed:  # what was asked for later is shown already
            return
        self._listed = listing
        for listener in tuple(self._on_sessions):
            listener(sessions)

    # Inside

    async def _clear_away(self) -> None:
        """Delete the sessions of processes that were killed before anything was recorded, as those that ended are."""
        if self._store is None or not self._store.database.is_open:
            return
        for info in await self._store.sessions():
            if info.state == INTERRUPTED and info.records <= 1 and is_automatic(info.name):
                with contextlib.suppress(InspectorError):  # it stays in the list; who opens or deletes it is told why
                    await self._store.delete(info.id)

    async def _end(self, recording: Recording) -> None:
        """Stop a recording and close its session. One without an event is not kept, unless a person has named it."""
        await recording.close()
        empty = not len(recording.journal.publications) and not recording.lost
        if empty and recording.session and self._store is not None and is_automatic(recording.name):
            await self._store.delete(recording.session)

    async def _open_store(self, path: Path) -> Store | None:
        # SQLAlchemy takes a third of a second to import: not on the window's thread.
        store_class = await asyncio.to_thread(_import_store)
        store = store_class(path)
        try:
            await store.open()
        except InspectorError as error:
            self.trouble = error
            self._notices.error(f"Not recording to disk: {error.text}", error.hint)
            # What passes by itself is tried again by whoever records.
            return store if isinstance(error, Unavailable) else None
        return store

    def _opened_store(self) -> Store:
        if self._store is None or not self._store.database.is_open:
            hint = "Start the inspector with a writable sessions database."
            raise InspectorError("No sessions database.", hint)
        return self._store

    def _store_trouble(self, trouble: InspectorError | None) -> None:
        before, self.trouble = self.trouble, trouble
        if trouble is not None:
            if before is None or before.text != trouble.text:  # told already when the database was opened
                self._notices.error(trouble.text, trouble.hint)
            return
        lost = self.lost
        payloads = self._recording.lost_payloads if self._recording is not None else 0
        if lost or payloads:
            was = "was" if payloads == 1 else "were"
            what = count_lost(lost) if lost else f"{plural(payloads, 'payload')} {was} lost"
            self._notices.warning(f"Saving again; {what}.")
        else:
            self._notices.info("Saving again; nothing was lost.")
        if not self._closing:
            self._listing = self._tasks.start("Listing the sessions", self.refresh_sessions())

    def _live_folded(self, recording: Recording, change: Change) -> None:
        if self.live and recording is self._recording:
            self._tell_folded(change)

    def _show(self, view: View) -> None:
        self._view = view
        self._tell_view(view)

    def _tell_view(self, view: View) -> None:
        for listener in tuple(self._on_view):
            listener(view)

    def _tell_folded(self, change: Change) -> None:
        for listener in tuple(self._on_folded):
            listener(change)


def _title(recording: Recording) -> str:
    session = recording.journal.session
    return short_name(recording.name, session.program if session is not None else "")


def is_same_program(host: Host, other: Host) -> bool:
    """Return whether both run the same program, if with other settings: what was fired into one fits the other."""
    if host.project is None or other.project is None:
        return False
    return (host.project.cwd, host.project.app) == (other.project.cwd, other.project.app)


def _import_store() -> type[Store]:
    from inspector.store.store import Store

    return Store
