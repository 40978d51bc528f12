"""The recorder: a bus observer that turns moments into rows.

It runs inside the program under inspection, so it takes as little time there as it can: a row is a tuple of what was at
hand, and texts are made of ids and payloads only when the rows are drained, elsewhere. What could change in the
meantime (a mutable payload) is written down at once.
"""

from __future__ import annotations

import dataclasses
import operator
import os
import platform
import threading
from collections.abc import Callable, Iterator
from itertools import count
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol
from uuid import UUID

from ..bus.context import CURRENT, FIRE
from ..bus.events import DomainEvent
from ..bus.publication import Publication
from ..bus.sink import Sink
from ..description import remember_catalog
from ..redact.redactor import PrintedLines, Redactor
from ..values.build import to_plain
from ..values.jsontext import json_text
from ..values.snapshot import Codec, uuid_text
from .awaiting import await_chain
from .brake import Brake
from .capture import Failure, brief, capture_failure, failure_from_json, plain_failure, waiting_failure
from .host import (
    PROSE,
    HandlerAdded,
    HostRecord,
    NotedOutside,
    ProgramSlowed,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
)
from .inside import OUTPUT
from .records import (
    ATTEMPT,
    HANDLER_ENDED,
    HANDLER_STARTED,
    KIND,
    LATE,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    RETURNED,
    SESSION_STARTED,
    HandlerEnded,
    Row,
    places,
    position,
    to_row,
)
from .statuses import OK, RETURNED_FAILURE, SWALLOWED, TIMED_OUT

if TYPE_CHECKING:
    from ..bus.execution import Execution
    from ..description import CatalogDescription

#: Rows held for whoever drains them; past that notes are dropped, counted and told. Starts and ends never are.
MAX_WAITING: Final = 400_000
#: Executions, by stream, of whose output the line before is remembered.
_PRINTED: Final = 2_000
#: Milliseconds within which a handler has obeyed its cancellation: a publish waits as long for one.
_OBEYED: Final = 1_000

#: Text and data of a note, or what returns them when the rows are drained.
NoteText = str | Callable[[], str]
NoteData = dict[str, Any] | Callable[[], dict[str, Any]]

#: What identifies something in a description, and is no text for people.
_IDENTITY: Final = frozenset(
    {
        *("name", "key", "event_type", "category", "categories", "workflow", "phase", "handlers", "requires", "kind"),
        *(
            "label",
            "owner",
            "method",
            "module",
            "file",
            "where",
            "adapter",
            "payload_fields",
            "program",
            "audit_action",
        ),
    }
)
_AT: Final = operator.itemgetter(0)
#: Held while moments are written down. In a child of the process the thread that holds it is not there.
ORDER: Final = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ORDER._at_fork_reinit)  # type: ignore[attr-defined]  # noqa: SLF001 - as elsewhere
#: Where the number of an execution stands in the row of its end.
_ENDED: Final = position(HandlerEnded, "execution")
#: By names of our own: of an imported variable Python would make the method anew at each call.
_fire_now: Final = FIRE.get
#: What the record of a publication says of a context that holds nothing, and of one with a database session alone.
NO_CONTEXT: Final = '{"session": false, "metadata": {}}'
SESSION_ONLY: Final = '{"session": true, "metadata": {}}'


class OwnMoments(Protocol):
    """A publication that keeps the times of its moments itself, until they are written down.

    Attributes:
        begun_at: When it began, as ``Recorder.take`` sets it.
        values: Its payload then: as ``Codec.frozen_values`` has it, or as text.
        context: A snapshot of its context.
        ids: Its class and its ids then.
        tag: As in ``Publication``, set when it is written down.
        closed: It has ended.
    """

    begun_at: int
    values: Any
    context: Any
    ids: tuple[Any, ...]
    tag: int
    closed: bool

    def collect(self, moments: list[tuple[int, str, Any]]) -> bool:
        """Add the moments since the last time, with what of the recorder's writes them down; return whether more come.

        Those of executions are theirs: ``write_start`` and ``write_end`` are called with them.
        """

    def written(self) -> Callable[[], None]:
        """Take note that all of it has been written down; return what is to be called when nobody here has it."""


class Recorder:
    """Writes rows for one session.

    Moments may come from one thread only (the bus's); notes and ``drain`` from any.

    Args:
        redactor: Hides secrets before anything leaves the process.
        clock: Monotonic nanoseconds.
        wall: Nanoseconds since the epoch.
        seed: Seed of the synthetic values, told in the session's record.

    Attributes:
        redactor: What hides secrets.
        brake: Slows the program when what is recorded cannot be stored as fast.
        outside: Kinds of notes that are recorded outside of executions as well.
        is_drained: Its rows are drained; else they are where they belong as soon as they are there.
        before_drain: Called before rows are drained: what may be recorded by then.
    """

    #: Our own bus may put executions in without asking; not where a subclass does more with each.
    SINKS: ClassVar[bool] = True
    outside: frozenset[str] = frozenset()
    is_drained = True

    def __init__(
        self,
        redactor: Redactor | None = None,
        *,
        clock: Callable[[], int] = perf_counter_ns,
        wall: Callable[[], int] = time_ns,
        seed: int | None = None,
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._seed = seed
        self.redactor = redactor or Redactor()
        self.before_drain: list[Callable[[], None]] = []
        self._codec = Codec(self.redactor)
        self._frozen_values = self._codec.frozen_values
        #: Rows; for the start of an execution, and for an end without anything to tell, the execution itself; for those
        #: of a publication that was put into the sink likewise.
        self._rows: list[Any] = []
        #: Publications whose moments are not among the rows yet; of those that have been collected, the latest first.
        self._unwritten: list[Any] = []
        self._moments: list[tuple[int, str, Any]] = []
        #: Notes of executions of these, likewise.
        self._noted: list[tuple[int, str, Any]] = []
        self._catching_up = False
        #: Until then a publication can be taken without a look at anything else.
        self._quiet = 0
        #: Numbers of executions whose start was drained, and not their end.
        self._begun: set[int] = set()
        self._anchor = clock()
        self._publications = count(1)
        self._sink = Sink(self._put_published, self._rows.append, self._began, self._rouse)
        self._executions, self._ends = self._sink.starts, self._sink.ends
        #: Where our own bus puts executions by itself; None where more is done with them.
        #: What is put in has the time of the machine.
        self.sink: Sink | None = self._sink if self.SINKS and clock is perf_counter_ns else None
        self._running: Callable[[], None] | None = None
        self._handlers: set[str] = set()
        self._key_lines: dict[int, PrintedLines] = {}
        self._printed: dict[tuple[int, str], PrintedLines] = {}
        self._in_flight: dict[int, int] = {}
        self._ended: dict[int, list[Publication]] = {}
        self._settled: Callable[[int], None] | None = None
        self._wake: Callable[[], None] | None = None
        self._recording = True
        self._dropped = 0
        self._lock = threading.Lock()
        self._drained = 0
        self.brake = Brake(self.now, self._last)

    # -- the session ---------------------------------------------------------------------------------------------------

    def start(self, catalog: CatalogDescription) -> None:
        """Begin the session: the first row, time 0."""
        self._anchor = self._clock()
        self._handlers = {handler.key for handler in catalog.handlers}
        plain = to_plain(catalog)
        described = self._described(plain)
        text = json_text(described)
        if described == plain:
            remember_catalog(text, catalog)
        self._append((SESSION_STARTED, 0, self._wall(), catalog.program, platform.python_version(), text, self._seed))

    def now(self) -> int:
        """Return the nanoseconds since the session started."""
        return self._clock() - self._anchor

    # -- moments of the bus --------------------------------------------------------------------------------------------

    def publication_started(self, publication: Publication) -> None:
        """Record ``Published``, with the payload as it is now."""
        at = self._clock() - self._anchor
        event, cause, fire = publication.event, publication.cause, _fire_now()
        if fire:
            publication.fire = fire
            self._in_flight[fire] = self._in_flight.get(fire, 0) + 1
        if not self._recording:
            return
        if at > self.brake.next_look:
            at = self._brake(at)
        # The event's values, to be written later: they cannot change; or text at once.
        shown = publication.shown
        values = self._frozen_values(event) if shown is None else None
        if values is None:
            payload: Any = self._codec.snapshot_fields(event if shown is None else shown)
        else:
            payload = values
        if values is not None and not publication.named and isinstance(event, DomainEvent):
            ids: Any = type(event)  # its ids are among the values
        else:
            ids = type(event), publication.named, getattr(event, "event_id", ""), getattr(event, "correlation_id", "")
        context = self._context(publication) if publication.metadata else publication.session is not None
        by, handlers = cause.tag if cause is not None else 0, len(publication.subscriptions) or publication.unlisted
        if self._unwritten:
            self.catch_up()
        for publication.tag in self._publications:  # no call: another thread could come in between and be the first
            self._rows.append((PUBLISHED, at, publication.tag, ids, by, fire, payload, context, handlers))
            break
        self._quiet = self.brake.next_look + self._anchor
        if self._sink.asleep:
            self._rouse()

    def _put_published(self, publication: Publication) -> None:
        """Record ``Published`` of what our own bus puts into the sink: what is usual in fewer steps."""
        at = perf_counter_ns()
        if at > self._quiet or publication.metadata or _fire_now():
            self.publication_started(publication)
            return
        event = publication.event
        values = self._frozen_values(event)
        if values is None or self._unwritten or not isinstance(event, DomainEvent):
            self.publication_started(publication)
            return
        cause = publication.cause
        if cause is not None:
            publication.by = cause.tag
        if publication.session is not None:
            publication.has_session = True
        publication.values, publication.begun_at = values, at
        for publication.tag in self._publications:  # as above
            self._rows.append(publication)
            break

    def take(self, publication: Any) -> bool:
        """Take a publication that keeps its own moments, of no fire; return whether it is recorded.

        Where that is so nothing more need be told of it, nor of its executions that only start and end.
        """
        at = self._clock()
        look = at > self._quiet
        if look:
            if at - self._anchor > self.brake.next_look:
                at = self._brake(at - self._anchor) + self._anchor
            if not self._recording:
                return False
        event = publication.event
        values = self._frozen_values(event)
        publication.values = self._codec.snapshot_fields(event) if values is None else values
        publication.ids = type(event), getattr(event, "event_id", ""), getattr(event, "correlation_id", "")
        metadata, publication.begun_at = publication.metadata, at
        publication.context = self._context(publication) if metadata else publication.session is not None
        self._unwritten.append(publication)
        if look:
            if self._sink.asleep:
                self._began()
            self._quiet = self.brake.next_look + self._anchor
        return True

    def over(self) -> None:
        """Take note that something has happened to a publication that was taken."""
        if self._sink.asleep:
            self._rouse()

    def catch_up(self) -> None:
        """Write down the moments that publications keep themselves, in order, and number them."""
        with ORDER:
            inside, self._catching_up = self._catching_up, True  # a signal handler may publish now
            try:
                finishers = self._write_down(inside=inside)
            finally:
                self._catching_up = inside
            for finish in finishers:
                finish()

    def _write_down(self, *, inside: bool) -> set[Callable[[], None]]:
        taken, moments = self._unwritten[:], self._moments
        go_on = [publication.collect(moments) for publication in taken]
        if self._noted:
            moments += (noted := self._noted[:])
            del self._noted[: len(noted)]
        moments.sort(key=_AT, reverse=True)
        while moments:
            try:
                at, write, subject = moments.pop()
            except IndexError:  # a signal handler has come in between, and has written them all
                break
            getattr(self, write)(at - self._anchor, subject)
        if inside:
            return set()
        self._unwritten[: len(taken)] = [publication for publication, more in zip(taken, go_on, strict=True) if more]
        return {publication.written() for publication, more in zip(taken, go_on, strict=True) if not more}

    def write_published(self, at: int, publication: Any) -> None:
        """Write down ``Published``."""
        publication.tag = number = next(self._publications)
        cause, values = publication.cause, publication.values
        by, handlers = cause.tag if cause else 0, len(publication.subscriptions)
        cls, *ids = publication.ids
        named = cls, publication.named, *ids
        self._rows.append((PUBLISHED, at, number, named, by, 0, values, publication.context, handlers))

    def write_over(self, at: int, publication: Any) -> None:
        """Write down ``PublicationEnded``."""
        self._rows.append((PUBLICATION_ENDED, at, publication.tag, publication.outcome))

    def write_start(self, _at: int, execution: Any) -> None:
        """Write down ``HandlerStarted``."""
        execution.tag = next(self._executions)
        short = execution.ended and execution.subscription.key in self._handlers
        self._rows.append(self._started_row(execution) if short else execution)

    def write_end(self, _at: int, execution: Any) -> None:
        """Write down ``HandlerEnded``."""
        next(self._ends)
        self._rows.append(self._ended_row(execution, OK, ""))

    def _brake(self, at: int) -> int:
        """Slow the program if its records come faster than they are stored; return what time it is then."""
        if self.brake.look(at):
            self.record(ProgramSlowed(self.now()))
        return self._clock() - self._anchor

    def execution_started(self, execution: Execution) -> None:
        """Record ``HandlerStarted``."""
        if not execution.publication.tag:  # published while recording was off
            return
        if self._unwritten:
            self.catch_up()
        take = self._rows.append
        if execution.is_row:
            for execution.tag in self._executions:  # as above
                take(execution)
                break
        else:
            if execution.subscription.key not in self._handlers:
                take(self._added_row(execution))
            execution.tag = next(self._executions)
            take(self._started_row(execution))
        if self._sink.asleep:
            self._began()

    def execution_ended(self, execution: Execution) -> None:
        """Record ``HandlerEnded``; an error is read now and not kept."""
        if execution.caught is not None:
            execution.caught(execution)
        tag = execution.tag
        if not tag:
            return
        next(self._ends)
        if self._unwritten:
            self.catch_up()
        if execution.status != OK or execution.swallowed:
            self._rows.append(self._ended_row(execution, *self._what_went_wrong(execution)))
        else:
            self._rows.append(execution if execution.is_row else self._ended_row(execution, OK, ""))
        if self._sink.asleep:
            self._rouse()

    def _what_went_wrong(self, execution: Execution) -> tuple[str, str]:
        """Return the status to record and the failure as JSON text."""
        status = execution.status
        if execution.error is not None:
            return status, capture_failure(execution.error, self.redactor.of_failure)
        if status == RETURNED_FAILURE:
            return status, plain_failure("Failure", "the handler returned a failure object")
        if status == TIMED_OUT:
            # Whole seconds: what is below says nothing, and the same fault gives the same text.
            seconds = round((execution.ended - execution.started) / 1e9) if execution.started else 0
            after = f" after {seconds} s" if seconds else ""
            text = f"Timed out{after} and was cancelled"
            return status, waiting_failure("TimeoutError", text, await_chain(execution), self.redactor.of_failure)
        return (SWALLOWED, execution.swallowed) if status == OK else (status, "")

    def execution_late(self, execution: Execution, error: BaseException | None) -> None:
        """Note that a handler that was given up ended after all."""
        if not execution.tag:
            return
        late = (self._clock() - execution.ended) / 1e6
        if late < _OBEYED and type(error).__name__ == "CancelledError":
            return  # it obeyed its cancellation: nothing to tell
        how = f"raised {type(error).__name__}" if error is not None else "returned"
        data = {"how": "timed out", **({} if error is None else {"exception": type(error).__name__})}
        self._note(execution, LATE, "warning", f"{how} {late:.0f} ms after timing out", data)

    def execution_repeated(self, execution: Execution, tries: int, error: BaseException | None) -> None:
        """Note that a handler is tried once more for the same publication, and how the try before ended."""
        if not execution.tag:
            return
        how = "ended"
        if error is not None:
            read = failure_from_json(capture_failure(error, self.redactor.of_failure))
            how = f"failed: {read.type}: {read.message}".removesuffix(": ")
        self._note(execution, ATTEMPT, "warning" if error is not None else "info", f"Try {tries} {how}", {})

    def publication_returned(self, publication: Publication) -> None:
        """Note that a publish has returned while handlers of it still run."""
        if publication.tag:
            self._append((NOTED, self.now(), 0, publication.tag, RETURNED, "debug", "publish returned", ""))

    def publication_ended(self, publication: Publication) -> None:
        """Record ``PublicationEnded``."""
        tag = publication.tag
        if tag:
            self._append((PUBLICATION_ENDED, self._clock() - self._anchor, tag, publication.outcome))
        fire = publication.fire
        if fire:
            if publication.tag and publication.named:
                self._ended.setdefault(fire, []).append(publication)
            self._in_flight[fire] -= 1
            if not self._in_flight[fire]:
                del self._in_flight[fire]
                if self._settled is not None:
                    self._settled(fire)

    def publication_refused(self, publication: Publication) -> None:
        """Record an endless re-publish: who published whom, from the outside in."""
        chain = [type(publication.event).__name__]
        cause = publication.cause
        while cause is not None:
            chain.append(f"{type(cause.publication.event).__name__} → {cause.subscription.description.label}")
            cause = cause.publication.cause
        self.record(RepublishRefused(self.now(), chain[0], publication.depth, tuple(chain[1:9][::-1])))

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or let them pass. What is under way is recorded to its end."""
        if on != self._recording:
            self._recording, self._quiet = on, 0
            self.record(RecordingResumed(self.now()) if on else RecordingPaused(self.now()))

    @property
    def running(self) -> int:
        """How many executions have begun and not ended."""
        # What a counter will give next stands in its repr alone; variables beside it would go wrong between threads.
        under_way = sum(not publication.closed for publication in tuple(self._unwritten))  # one of theirs may run
        return _next_of(self._executions) - _next_of(self._ends) + under_way

    def on_running(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` once, when the next execution begins."""
        self._running, self._quiet = wake, 0
        self._sink.asleep = True

    def _began(self) -> None:
        """Notify whoever waits for the next execution, and for rows."""
        self._wake_up()
        self._rouse()

    def _wake_up(self) -> None:
        wake, self._running = self._running, None
        if wake is not None:
            wake()

    # -- what happens besides ------------------------------------------------------------------------------------------

    def note(self, kind: str, level: str, text: str, data: dict[str, Any] | None = None) -> None:
        """Record what the running execution did; without one nothing is recorded."""
        execution = CURRENT.get()
        if execution is not None and execution.tag:
            self._note(execution, kind, level, text, data or {})

    def note_in(self, execution: Execution, kind: str, level: str, text: NoteText, data: NoteData) -> None:
        """Record what an execution did that may not be the running one; one that is not recorded has no notes.

        Text and data may be functions that return them: these are called when the rows are drained, elsewhere, so what
        they hold must not change.
        """
        if execution.code is not None and self._unwritten and len(self._noted) < MAX_WAITING:
            # It has its number when it is written down: there is no need to do that now.
            detail = data if callable(data) else self._codec.snapshot(data) if data else ""
            self._noted.append((self._clock(), "write_note", (execution, kind, level, text, detail)))
            if self._sink.asleep:
                self._rouse()
        elif execution.tag:
            self._note(execution, kind, level, text, data)

    def write_note(self, at: int, noted: Any) -> None:
        """Write down ``Noted``, if its execution is recorded."""
        execution, kind, level, text, data = noted
        if execution.tag:
            self._rows.append((NOTED, at, execution.tag, execution.publication.tag, kind, level, text, data))

    def note_outside(self, kind: str, level: str, text: str, data: dict[str, Any]) -> None:
        """Record what the program did outside of all executions, as long as there is room."""
        if self._recording and len(self._rows) <= MAX_WAITING:
            self.record(NotedOutside(self.now(), kind, level, text, self._codec.snapshot(data) if data else ""))

    def swallowed(self, execution: Execution, error: BaseException) -> None:
        """Remember that the execution handled an exception inside; the last one counts."""
        execution.swallowed, execution.is_row = capture_failure(error, self.redactor.of_failure), False

    def record(self, record: HostRecord) -> None:
        """Record something about the host, at ``now()``; what its texts quote is redacted."""
        self._append(self._row(record))

    def _row(self, record: HostRecord) -> Row:
        row = list(to_row(record))
        for place, _ in places(type(record), PROSE):
            row[place] = self.redactor.redact_text(row[place])
        return tuple(row)

    def is_plain(self, event: object) -> bool:
        """Return whether all that an event holds are immutable atoms."""
        return self._codec.frozen_values(event) is not None

    def failure(self, error: BaseException) -> Failure:
        """Return an exception as it may be told, secrets hidden."""
        return failure_from_json(capture_failure(error, self.redactor.of_failure))

    # -- settling ------------------------------------------------------------------------------------------------------

    def in_flight(self, fire: int) -> int:
        """Return how many publications of a fire (derived ones too) have not ended."""
        return self._in_flight.get(fire, 0)

    def take_ended(self, fire: int) -> list[Publication]:
        """Take the publications of a fire, on buses that are not ours, that have ended since the last time."""
        return self._ended.pop(fire, [])

    def on_settled(self, settled: Callable[[int], None] | None) -> None:
        """Call ``settled(fire)`` whenever the last publication of a fire has ended."""
        self._settled = settled

    # -- rows ----------------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Rows that nobody has drained yet, about."""
        return len(self._rows) + sum(2 + 2 * len(publication.subscriptions) for publication in tuple(self._unwritten))

    def _last(self) -> int:
        """Return the seq that the newest row has, or will have once it is drained."""
        return self._drained + self.waiting

    def on_rows(self, wake: Callable[[], None] | None) -> None:
        """Call ``wake`` when there are rows after there were none."""
        self._wake = wake
        if wake is not None and (self._rows or self._unwritten):
            wake()

    def drain(self) -> list[Row]:
        """Take the rows gathered so far, with texts made of ids and payloads."""
        for look in tuple(self.before_drain):
            look()
        with self._lock:
            self._sink.asleep, self._quiet = True, 0
            if self._unwritten or self._noted:
                self.catch_up()
                for publication in tuple(self._unwritten):
                    # What comes next of it is told at once, for somebody waits.
                    publication.trusted, publication.quick = False, ""
            # Copy and cut: swapping the list would lose rows that another thread is appending.
            taken = self._rows[:]
            del self._rows[: len(taken)]
            rows = list(self._finished(taken))  # who drains next needs to know which executions have begun
            dropped, self._dropped = self._dropped, 0
            if dropped:
                rows.append(to_row(RecordsLost(self.now(), dropped, "notes came too fast")))
            self._drained += len(rows)
        return rows

    def _append(self, row: Row) -> None:
        if self._unwritten:
            self.catch_up()
        self._rows.append(row)
        if self._sink.asleep:
            self._rouse()

    def _rouse(self) -> None:
        self._sink.asleep = False
        if self._running is not None:  # asked for meanwhile, or by a moment that is no beginning
            self._sink.asleep = True
        wake = self._wake  # once: another thread may end the reading right now
        if wake is not None:
            wake()

    def _finished(self, taken: list[Any]) -> Iterator[Row]:
        """Yield the rows of what was gathered: an execution stands for its start, and then for its end."""
        begun = self._begun
        for row in taken:
            if type(row) is not tuple:
                if type(row) is Publication:
                    if row.values is not None:
                        yield self._published_row(row)
                        row.values = None
                    else:
                        yield (PUBLICATION_ENDED, row.over_at - self._anchor, row.tag, row.outcome)
                elif row.tag in begun:
                    begun.remove(row.tag)
                    if self._key_lines:
                        self._key_lines.pop(row.tag, None)
                    yield self._ended_row(row, OK, "")
                else:
                    begun.add(row.tag)
                    added = self._added_row(row)
                    if added:
                        yield added
                    yield self._started_row(row)
            elif row[KIND] == PUBLISHED:
                yield self._finish(row)
            elif row[KIND] == NOTED:
                yield self._finish_note(row)
            else:
                if row[KIND] == HANDLER_ENDED:
                    begun.discard(row[_ENDED])
                    if self._key_lines:
                        self._key_lines.pop(row[_ENDED], None)
                yield row

    def _added_row(self, execution: Execution) -> Row:
        """Return the row that describes a handler which the catalog did not have; an empty one for others."""
        if execution.subscription.key in self._handlers:
            return ()
        description = execution.subscription.description
        self._handlers.add(description.key)
        shown = dataclasses.replace(description, doc=self.redactor.redact_text(description.doc))
        return self._row(HandlerAdded(execution.started - self._anchor, shown))

    def _published_row(self, publication: Publication) -> Row:
        """Return the row of ``Published`` of a publication that was put into the sink."""
        ids = type(publication.event)
        at, handlers = publication.begun_at - self._anchor, len(publication.subscriptions)
        row = (
            PUBLISHED,
            at,
            publication.tag,
            ids,
            publication.by,
            0,
            publication.values,
            publication.has_session,
            handlers,
        )
        return self._finish(row)

    def _started_row(self, execution: Execution) -> Row:
        at, number = execution.started - self._anchor, execution.publication.tag
        return (HANDLER_STARTED, at, execution.tag, number, execution.subscription.key, execution.fault)

    def _ended_row(self, execution: Execution, status: str, failure: str) -> Row:
        at = execution.ended - self._anchor
        return (HANDLER_ENDED, at, execution.tag, status, execution.on_loop, failure)

    def _finish(self, row: Row) -> Row:
        """Turn what was at hand when an event was published into the row of ``Published``."""
        _, at, number, ids, cause, fire, payload, context, handlers = row
        if type(ids) is tuple:
            event, named, event_id, correlation = ids
        else:
            event, named, places = ids, "", self._codec.facts_of(ids).names.index
            event_id, correlation = payload[places("event_id")], payload[places("correlation_id")]
        if type(payload) is not str:
            payload = self._codec.encode_frozen(self._codec.facts_of(event).names, payload)
        if type(context) is not bool:
            context = self._context_text(*context)
        elif context:
            context = SESSION_ONLY
        else:
            context = NO_CONTEXT
        names = named or event.__name__, id_text(event_id), id_text(correlation)
        return (PUBLISHED, at, number, *names, cause, fire, payload, context, handlers, 0)

    def _context(self, publication: Publication) -> tuple[bool, tuple[tuple[str, str], ...]]:
        """Return a snapshot of the context, to be written later."""
        metadata = publication.metadata or {}
        return publication.session is not None, tuple((_word(key), _word(metadata[key])) for key in metadata)

    def _context_text(self, session: bool, metadata: tuple[tuple[str, str], ...]) -> str:
        shown = {key: self.redactor.value(key, value) for key, value in metadata}
        return json_text({"session": session, "metadata": shown})

    def _redact_lines(self, text: str, execution: int) -> str:
        """Redact a text; a private key may have begun in an earlier one of the same execution."""
        lines = self._key_lines.get(execution)
        if lines is None:
            if "---" not in text and "PuTTY" not in text:
                return self.redactor.redact_text(text)
            lines = self._key_lines[execution] = PrintedLines(self.redactor)
        shown = self.redactor.redact_text("\n".join(lines.key_lines(text.split("\n"))))
        if not lines.inside_key:
            self._key_lines.pop(execution, None)
        return shown

    def _redact_printed(self, line: str, execution: int, stream: str) -> str:
        """Redact a line of output; those before it in the same stream may say what it holds."""
        lines = self._printed.get((execution, stream))
        if lines is None:
            lines = self._printed[execution, stream] = PrintedLines(self.redactor)
            if len(self._printed) > _PRINTED:
                self._printed.pop(next(iter(self._printed)))
        return lines.redact(line)

    def _note(self, execution: Execution, kind: str, level: str, text: NoteText, data: NoteData) -> None:
        if len(self._rows) > MAX_WAITING:
            with self._lock:
                self._dropped += 1
            return
        at = self._clock() - self._anchor
        detail = data if callable(data) else self._codec.snapshot(data) if data else ""
        self._append((NOTED, at, execution.tag, execution.publication.tag, kind, level, text, detail))

    def _finish_note(self, row: Row) -> Row:
        """Turn what was at hand when something was noted into the row of ``Noted``."""
        _, at, execution, publication, kind, level, text, data = row
        text, stream = text if type(text) is str else text(), ""
        if type(data) is not str:
            plain = data()
            data = self._codec.snapshot(plain) if plain else ""
            stream = str(plain.get("stream", "")) if kind == OUTPUT and type(plain) is dict else ""
        shown = self._redact_printed(text, execution, stream) if kind == OUTPUT else self._redact_lines(text, execution)
        return (NOTED, at, execution, publication, kind, level, shown, data)

    def _described(self, plain: Any, name: str = "") -> Any:
        """Return a description's JSON, secrets in its texts hidden; what identifies something stays as it is."""
        if type(plain) is dict:
            choice = name == "choices"  # its name is its value
            return {key: self._described(inner, "" if choice else str(key)) for key, inner in plain.items()}
        if type(plain) is list:
            return [self._described(inner, name) for inner in plain]
        return self.redactor.redact_text(plain) if type(plain) is str and name not in _IDENTITY else plain


def _next_of(counter: count[int]) -> int:
    return int(repr(counter)[len("count(") : -1])


def _word(value: Any) -> str:
    """Return a name or value of the metadata as text, without running the code of a type we do not know."""
    return value if type(value) is str else str(value) if type(value) in (int, float, bool, UUID) else brief(value)


def id_text(identifier: Any) -> str:
    """Return an id as text. Of a type we do not know, only its name: its ``str`` is the user's code."""
    if type(identifier) is UUID and type(getattr(identifier, "int", None)) is int:
        return uuid_text(identifier.int)
    if type(identifier) in (str, UUID, int):
        return str(identifier)
    return "" if identifier is None else f"<{type(identifier).__name__}>"
