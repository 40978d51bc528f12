"""The journal: a run folded into columns. The one model behind every view, for live, stored and imported runs alike."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from inspector.analysis.columns import Columns
from inspector.analysis.entries import IS_BAD, Change, ExecutionEntry, FireOutcome, PublicationEntry, Recent
from inspector.analysis.errors import Errors
from inspector.analysis.fold import EXECUTIONS, PUBLICATIONS, BatchFold
from inspector.analysis.losses import Losses
from inspector.analysis.matches import Matches
from inspector.analysis.output import PrintedOutput
from inspector.analysis.placement import read_catalog
from inspector.analysis.processes import Processes
from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription
from inspector.core.records.host import (
    FiredAtHandler,
    FireRefused,
    FireSettled,
    HandlerAdded,
    HostRecord,
    NotedOutside,
    ProbesSwitched,
    ProgramReloaded,
    PublicationsSkipped,
    RecordsLost,
    TestRan,
)
from inspector.core.records.numbers import (
    NO_EXECUTION_NUMBER,
    ExecutionIndex,
    ExecutionNumber,
    FireNumber,
    Numbering,
    PublicationIndex,
    PublicationNumber,
)
from inspector.core.records.records import (
    AT,
    HANDLER_ENDED,
    HANDLER_STARTED,
    HOST_NOTED,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    SESSION_STARTED,
    Batch,
    Noted,
    Row,
    SessionStarted,
    to_record,
)
from inspector.core.records.statuses import NEVER_AWAITED, RUNNING_CODE, STATUSES, TROUBLE

Ints = npt.NDArray[np.int64]


class Journal:
    """Folds batches of rows into columns.

    Attributes:
        executions: Columns ``start end publication handler event status level fault on_loop error retry``; ``end`` is
            -1 while running; ``publication``, ``handler`` and ``event`` are indexes; ``level`` is the row in the
            handler's lane on which overlapping executions do not touch; ``error`` is the number of its failure, -1 for
            none; times in ns since the session started.
        publications: Columns ``at end event cause fire handlers first last event_id correlation process``; ``cause`` is
            an execution's index or -1; ``first``/``last`` bound the indexes of its executions (first is -1 without
            any); ``process`` is a number of ``processes``, 0 for the one process of a program.
        handlers: Description of every handler seen or declared; the position is its number in the columns.
        events: The same for event types.
        status_counts: Executions by status code, in the order of ``STATUSES``.
        event_published, event_runs: Publications and executions per event index (lists, as long as ``events``).
        event_outcomes: The same for executions that did not end well, by status code, and for those under a fault
            (``BY_FAULT``), which count as nothing else; only what occurs. Retries are left out.
        retries: Fires that tried again what was recorded. All that came of them is in the columns, and in nothing that
            is counted: neither in outcomes, losses and failures nor in latencies.
        unheard: Publications that nobody handled.
        errors: Kinds and messages of all failures, by number.
        matches: Which payloads fit the terms that were asked.
        orphans: Rows that cannot be placed: what they are about is missing, or was before they began.
        unplaced: Executions among them.
        uncaused: Publications whose cause is missing, or comes after them.
        catalog_unreadable: Whether there is a catalog that cannot be read.
        publication_numbers, execution_numbers: The numbers of the columns' rows; where records were lost some are
            missing.
        dropped: Records that were lost, as far as they were counted.
        tried_again: By index of an execution how often its handler was tried once more; only where it was.
        processes: The processes of the program, what of them is not recorded, and the tests that ran.
        losses: What was lost: swallowed, cancelled, never awaited, not called, unheard, dropped, …
        output: What the program has printed.
        probes_off: Kinds of notes that are not made at the moment.
        host_records: Records of the host, but for those that only keep the journal going (a fire that settled, a
            handler that came) or of which there may be many (tests, what is not recorded).
        seq: Seq of the last row folded.
        now: Time of the last row folded, ns.
    """

    def __init__(self) -> None:
        self.session: SessionStarted | None = None
        self.catalog: CatalogDescription | None = None
        self.executions = Columns(EXECUTIONS)
        self.publications = Columns(PUBLICATIONS)
        self.handlers: list[HandlerDescription] = []
        self.events: list[EventDescription] = []
        self.status_counts: Ints = np.zeros(len(STATUSES), np.int64)
        self.event_published: list[int] = []
        self.event_runs: list[int] = []
        self.event_outcomes: list[dict[int, int]] = []
        self.handler_levels: list[int] = []
        self.unheard = 0
        self.orphans = 0
        self.unplaced = 0
        self.uncaused = 0
        self.catalog_unreadable = False
        self.publication_numbers = Numbering()
        self.execution_numbers = Numbering()
        self.dropped = 0
        self.seq = 0
        self.now = 0
        self.payloads: Recent[tuple[str, str]] = Recent()
        self.notes: Recent[list[Noted]] = Recent()
        self.publication_notes: Recent[list[Noted]] = Recent()
        self.failures: Recent[str] = Recent()
        self.errors = Errors()
        self.matches = Matches()
        self.tried_again: dict[int, int] = {}
        self.processes = Processes()
        self.losses = Losses(self)
        self.retries: set[FireNumber] = set()
        #: By event the fields that it has, from which publication on.
        self._field_names: dict[str, list[tuple[int, frozenset[str]]]] = {}
        self.output = PrintedOutput()
        self.probes_off: tuple[str, ...] = ()
        self.host_records: list[HostRecord] = []
        self._refused: dict[FireNumber, FireRefused] = {}
        self._fire_outcomes: dict[FireNumber, FireOutcome] = {}
        self._handler_numbers: dict[str, int] = {}
        self._event_numbers: dict[str, int] = {}
        self.busy: list[int] = []
        self._odd_ids: dict[bytes, str] = {}

    @property
    def wall(self) -> int:
        """When the session began, ns since the epoch; 0 when that is unknown."""
        return self.session.wall if self.session is not None else 0

    @property
    def bad(self) -> int:
        """Executions that went wrong, in whatever way."""
        return int(self.status_counts[IS_BAD].sum())

    def outcomes(self) -> dict[int, int]:
        """Return how many executions did not end well, by status code; only those that occur."""
        return {code: int(self.status_counts[code]) for code in TROUBLE if self.status_counts[code]}

    @property
    def running(self) -> int:
        """Executions that have not ended."""
        return int(self.status_counts[RUNNING_CODE])

    def fold(self, batch: Batch) -> Change:
        """Take in a batch and say what changed. Rows that stand for nothing known are counted in ``orphans``."""
        change = Change(len(self.executions), len(self.publications))
        fold = BatchFold(self, change)
        for row in batch.rows:
            kind = row[KIND]
            if kind == HANDLER_STARTED:
                fold.started(row)
            elif kind == HANDLER_ENDED:
                fold.ended(row)
            elif kind == PUBLISHED:
                fold.published(row)
            elif kind == PUBLICATION_ENDED:
                fold.publication_ended(row)
            elif kind == NOTED:
                fold.noted(row)
            elif kind >= HOST_NOTED:
                self.host_record(row, change)
            elif kind == SESSION_STARTED:
                self._session_started(row)
                change.catalog = True
        self.seq = batch.last
        self.now = max(self.now, batch.rows[-1][AT])
        fold.flush()
        self.losses.flush()
        return change

    def execution(self, index: ExecutionIndex) -> ExecutionEntry:
        """Look up an execution by index (0 and up)."""
        columns = self.executions
        end, status = int(columns["end"][index]), STATUSES[int(columns["status"][index])]
        return ExecutionEntry(
            index=index,
            handler=self.handlers[int(columns["handler"][index])],
            event=self.events[int(columns["event"][index])],
            publication=PublicationIndex(int(columns["publication"][index])),
            status=status,
            start=int(columns["start"][index]),
            end=None if end < 0 else end,
            on_loop=int(columns["on_loop"][index]),
            fault=bool(columns["fault"][index]),
            retry=bool(columns["retry"][index]),
            number=self.execution_number(index),
            attempts=0 if status == NEVER_AWAITED else 1 + self.tried_again.get(index, 0),
        )

    def publication(self, index: PublicationIndex) -> PublicationEntry:
        """Look up a publication by index (0 and up)."""
        columns = self.publications
        cause, end = int(columns["cause"][index]), int(columns["end"][index])
        return PublicationEntry(
            index=index,
            event=self.events[int(columns["event"][index])],
            at=int(columns["at"][index]),
            end=None if end < 0 else end,
            cause=None if cause < 0 else ExecutionIndex(cause),
            fire=FireNumber(int(columns["fire"][index])),
            handlers=int(columns["handlers"][index]),
            event_id=self.id_text(columns["event_id"][index]),
            correlation=self.id_text(columns["correlation"][index]),
            number=self.publication_number(index),
            process=int(columns["process"][index]),
            cause_number=NO_EXECUTION_NUMBER if cause < 0 else self.execution_number(ExecutionIndex(cause)),
        )

    def publication_number(self, index: PublicationIndex) -> PublicationNumber:
        """Return the number of the publication at an index."""
        return PublicationNumber(self.publication_numbers.number(index))

    def publication_index(self, number: PublicationNumber) -> PublicationIndex:
        """Return the index of the publication with a number, ``NO_PUBLICATION`` when it is not there."""
        return PublicationIndex(self.publication_numbers.index(number))

    def execution_number(self, index: ExecutionIndex) -> ExecutionNumber:
        """Return the number of the execution at an index."""
        return ExecutionNumber(self.execution_numbers.number(index))

    def execution_index(self, number: ExecutionNumber) -> ExecutionIndex:
        """Return the index of the execution with a number, ``NO_EXECUTION`` when it is not there."""
        return ExecutionIndex(self.execution_numbers.index(number))

    def fire_outcome(self, fire: FireNumber) -> FireOutcome | None:
        """Return how a fire ended, None while it has not: the one place where that is answered."""
        return self._fire_outcomes.get(fire)

    def executions_of(self, publication: PublicationIndex) -> list[ExecutionIndex]:
        """Return the indexes of the executions of a publication, in the order of their starts."""
        first, last = (int(self.publications[name][publication]) for name in ("first", "last"))
        if first < 0:
            return []
        owners = self.executions["publication"][first : last + 1]
        return [ExecutionIndex(int(i) + first) for i in np.flatnonzero(owners == publication)]

    def caused_by(self, execution: ExecutionIndex) -> list[PublicationIndex]:
        """Return the indexes of the publications that an execution made."""
        owner = int(self.executions["publication"][execution])
        causes = self.publications["cause"][owner + 1 :]  # an effect comes after its cause
        return [PublicationIndex(int(i) + owner + 1) for i in np.flatnonzero(causes == execution)]

    def same_correlation(self, publication: PublicationIndex) -> list[PublicationIndex]:
        """Return the indexes of all publications with the correlation id of this one (itself included)."""
        ids = self.publications["correlation"]
        if not ids[publication].any():
            return [publication]
        return [PublicationIndex(int(i)) for i in np.flatnonzero((ids == ids[publication]).all(axis=1))]

    def travelled(self, publication: PublicationIndex) -> list[tuple[PublicationIndex, PublicationIndex]]:
        """Return from which publication of another process this one came, and which came from it, by its event id.

        An event that is published under one id in several processes has travelled from the first to the others, unless
        a handler there has published it. Each pair is where it came from and where it arrived.
        """
        columns = self.publications
        ids = columns["event_id"]
        if not self.processes.several or not ids[publication].any():
            return []
        same = np.flatnonzero((ids.view(np.uint64) == ids[publication].view(np.uint64)).all(axis=1))
        first = int(same[0])
        away = same[(columns["process"][same] != columns["process"][first]) & (columns["cause"][same] < 0)]
        if publication != first:
            away = away[away == publication]
        return [(PublicationIndex(first), PublicationIndex(int(index))) for index in away]

    def origin(self, publication: PublicationIndex) -> PublicationIndex | None:
        """Return the publication of another process from which this one came; None where none did."""
        return next((first for first, last in self.travelled(publication) if last == publication), None)

    def id_bytes(self, text: str) -> bytes:
        """Return the 16 bytes under which an id stands in the columns: a UUID's own, a digest for any other text."""
        if not text:
            return bytes(16)
        try:
            raw = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            raw = b""
        if len(raw) == 16 and len(text) == 36:
            return raw
        raw = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self._odd_ids[raw] = text
        return raw

    def id_text(self, raw: npt.NDArray[np.uint8]) -> str:
        """Return the text of an id in the columns; empty when there is none."""
        key = raw.tobytes()
        if not any(key):
            return ""
        odd = self._odd_ids.get(key)
        if odd is not None:
            return odd
        digits = key.hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def handler_number(self, key: str) -> int:
        """Return the number of a handler, making one for a key never seen."""
        number = self._handler_numbers.get(key)
        if number is None:
            owner, _, method = (key.partition(":")[2] or key).rpartition(".")
            label = f"{owner}.{method}" if owner else method
            number = self._add_handler(HandlerDescription(key, label, owner or method, method))
        return number

    def event_number(self, name: str) -> int:
        """Return the number of an event type, making one for a name never seen."""
        number = self._event_numbers.get(name)
        if number is None:
            number = self._add_event(EventDescription(name, name, name, "", "", ""))
        return number

    def _add_handler(self, handler: HandlerDescription) -> int:
        number = self._handler_numbers.get(handler.key)
        if number is not None:
            self.handlers[number] = handler
            return number
        number = self._handler_numbers[handler.key] = len(self.handlers)
        self.handlers.append(handler)
        self.handler_levels.append(1)
        self.busy.append(0)
        return number

    def field_names(self, publication: PublicationIndex) -> frozenset[str]:
        """Return the fields that an event had when it was published: its program may have been loaded anew since.

        Empty where nobody knows.
        """
        name = self.events[int(self.publications["event"][publication])].name
        ages = [fields for first, fields in self._field_names.get(name, ()) if first <= publication]
        return ages[-1] if ages else frozenset()

    def _add_event(self, event: EventDescription) -> int:
        ages = self._field_names.setdefault(event.name, [])
        fields = frozenset(shape.name for shape in event.fields)
        if not ages or ages[-1][1] != fields:
            ages.append((len(self.publication_numbers), fields))
        number = self._event_numbers.get(event.name)
        if number is not None:
            self.events[number] = event
            self.losses.catalog_changed()
            return number
        number = self._event_numbers[event.name] = len(self.events)
        self.events.append(event)
        self.event_published.append(0)
        self.event_runs.append(0)
        self.event_outcomes.append({})
        return number

    def _session_started(self, row: Row) -> None:
        record = to_record(row)
        assert isinstance(record, SessionStarted)  # noqa: S101 - to_record gives the class of the kind
        self.session = record
        if record.catalog:
            catalog = read_catalog(record.catalog)
            if catalog is None:  # a stranger's: handlers and events are known by their names then
                self.catalog_unreadable = True
                return
            self._take_catalog(catalog)

    def _take_catalog(self, catalog: CatalogDescription) -> None:
        self.catalog = catalog
        for handler in catalog.handlers:
            self._add_handler(handler)
        for event in catalog.events:
            self._add_event(event)

    def knows_handler(self, key: str) -> bool:
        """Return whether a handler has a number."""
        return key in self._handler_numbers

    def knows_event(self, name: str) -> bool:
        """Return whether an event type has a number."""
        return name in self._event_numbers

    def host_record(self, row: Row, change: Change) -> None:
        """Take in a record of the host; whoever folds does."""
        record = to_record(row)
        assert isinstance(record, HostRecord)  # noqa: S101 - to_record gives the class of the kind
        change.host.append(record)
        if isinstance(record, FireSettled):
            self.losses.host(record)
            refused = self._refused.pop(record.fire, None)
            reason, hint = (refused.reason, refused.hint) if refused is not None else ("", "")
            self._fire_outcomes[record.fire] = FireOutcome(record.published, reason, hint)
            return
        if isinstance(record, FiredAtHandler):
            if record.retry:
                self.retries.add(record.fire)
            return
        if isinstance(record, HandlerAdded):
            self._add_handler(record.handler)
            change.catalog = True
            return
        change.processes |= self.processes.take(record)
        self.losses.host(record)
        self.output.host(record)
        if isinstance(record, ProbesSwitched):
            self.probes_off = record.off
            change.probes = True
        if isinstance(record, (NotedOutside, PublicationsSkipped, TestRan)):
            return
        if isinstance(record, FireRefused):
            self._refused[record.fire] = record
        elif isinstance(record, RecordsLost):
            self.dropped += record.count
        elif isinstance(record, ProgramReloaded) and record.catalog is not None:
            self._take_catalog(record.catalog)  # it declares something else now
            change.catalog = True
        self.host_records.append(record)
