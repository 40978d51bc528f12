"""The one check of rows that another process has made: they are somebody else's data.

Every row is checked for its shape and for standing for something known; its numbers and times become those of the
session. Which way it came does not matter: a child sends rows over a socket, a program that runs by itself writes them
into rings.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from inspector.core.description import CatalogDescription
from inspector.core.records.bounds import MAX_NAME, row_problem
from inspector.core.records.host import (
    HOST_RECORDS,
    FireSettled,
    HandlersNotCalled,
    HostRecord,
    LoopBlocked,
    LoopUnblocked,
    NotedOutside,
    OutputDropped,
    ProcessEnded,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    ProcessStuck,
    ProcessUnstuck,
    ProgramPrinted,
    ProgramReloaded,
    PublicationsSkipped,
    RecordsLost,
    RestartFailed,
    TestRan,
)
from inspector.core.records.numbers import ExecutionNumber, FireNumber, PublicationNumber
from inspector.core.records.records import (
    AT,
    HANDLER_ENDED,
    HANDLER_STARTED,
    INT,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    RECORD_TYPES,
    ROW_FIELDS,
    SESSION_STARTED,
    HandlerEnded,
    PublicationEnded,
    Record,
    Row,
    SessionStarted,
    fits,
    position,
    to_record,
)
from inspector.core.records.statuses import INTERRUPTED, RUNNING, STATUSES
from inspector.core.values.build import build
from inspector.hosts.arrivals import LEFT_OUT, Arrivals, Numbers, ResumedNumbers

_LEVELS: Final = frozenset({"debug", "info", "warning", "error"})
_OUTCOMES: Final = frozenset({"done", "cancelled", "refused"})
#: Numbers are below these: times in ns; counts, of which sums must stay below what a column holds.
_BIG: Final = 1 << 62
_MANY: Final = 1 << 40
#: Nanoseconds that a time may be ahead of our clock, which is the process's: for rounding, no more.
_AHEAD: Final = 1_000_000_000

#: Cells of a row that starts an execution or ends it, and of one that ends a publication; how an execution may end.
_CELLS: Final = len(ROW_FIELDS[HANDLER_STARTED]) + AT
_END_CELLS: Final = len(ROW_FIELDS[PUBLICATION_ENDED]) + AT
_ENDS: Final = frozenset(STATUSES) - {RUNNING}

#: Publications that have ended and may still get executions.
_REMEMBERED: Final = 10_000

#: What only we write: a process cannot say how it ended, nor which processes there are.
_OURS: Final = frozenset(
    cls.KIND
    for cls in (
        *(OutputDropped, ProcessEnded, ProcessStuck, ProcessUnstuck, ProgramPrinted, ProgramReloaded, RestartFailed),
        *(ProcessJoined, ProcessLeft, ProcessSilent, PublicationsSkipped, TestRan),
    )
)
#: Places of numbers that are no times, by kind: counts, lines, numbers of fires.
_COUNTS: Final = {
    cls.KIND: tuple(
        place
        for place, field in enumerate(ROW_FIELDS[cls.KIND], AT)
        if field.form == INT and field.name not in ("at", "since")
    )
    for cls in HOST_RECORDS
}
#: Seqs of lost records: only a store knows them.
_SEQS: Final = (position(RecordsLost, "first"), position(RecordsLost, "last"))
_FIRE: Final = {cls.KIND: position(cls, "fire") for cls in HOST_RECORDS if "fire" in cls.__dataclass_fields__}
_PUBLICATION: Final = position(HandlersNotCalled, "publication")
_PROCESS: Final = position(NotedOutside, "process")
#: Times of the process's clock beside ``at``.
_SINCE: Final = {cls.KIND: position(cls, "since") for cls in (LoopBlocked, LoopUnblocked)}

#: What a check returns for a row that is right and is left out: its publication is not recorded.
NO_ROW: Final[Row] = ()


class RowCheck:
    """Checks the rows of one process, from its first to its last, and ends what it leaves running.

    Args:
        arrivals: Where its rows go; they count on from there.
        begin: Called with the row that begins the process's own stream; returns what of it goes into the session's, or
            None when it is no such row.
        report: Called with each record of the host that the process sends.
        shift: Nanoseconds from the session's beginning to that of the process's times.
        process: Its number in the session, 0 when the program is a single process.
        fire_of: Returns the session's number of what the process numbers so as a fire, None when it has none such;
            without it they are the same.
        resumed: Another reader has read the beginning of the process: what that has seen is left out.

    Attributes:
        recording: Publications that begin from now on are recorded.
        running: Executions under way: number → (publication, key of the handler, time of its start).
        latest: The latest time of its rows, ns since the session began.
    """

    def __init__(
        self,
        arrivals: Arrivals,
        begin: Callable[[SessionStarted, CatalogDescription], Row | None],
        report: Callable[[HostRecord], None],
        *,
        shift: int = 0,
        process: int = 0,
        fire_of: Callable[[int], int | None] | None = None,
        resumed: bool = False,
    ) -> None:
        self._arrivals = arrivals
        self._fire_of = fire_of or self._same_fire
        self._begin = begin
        self._report = report
        self._shift = shift
        self._process = process
        self._resumed = resumed
        numbers = ResumedNumbers if resumed else Numbers
        self._publications, self._executions = numbers(), numbers()
        self._open: dict[PublicationNumber, int] = {}
        #: Those that ended last: a timer may yet call a handler for them.
        self._ended_of_late: OrderedDict[PublicationNumber, int] = OrderedDict()
        self._horizon = 0
        self.recording = True
        self.running: dict[ExecutionNumber, tuple[PublicationNumber, str, int]] = {}
        self.latest = 0
        self._checks: dict[int, Callable[[Row], Row | None]] = {
            PUBLISHED: self._published,
            HANDLER_STARTED: self._started,
            HANDLER_ENDED: self._ended,
            NOTED: self._noted,
            PUBLICATION_ENDED: self._publication_ended,
        }

    def see_clock(self) -> None:
        """Take notice of the time: what is checked from here on cannot have happened later."""
        self._horizon = self._arrivals.clock() - self._arrivals.anchor + _AHEAD

    def execution_of(self, own: int) -> int:
        """Return the session's number of what the process numbers so; 0 when it is not in the session."""
        return self._executions.of(own) or 0

    def checked(self, values: Any) -> Row | None:
        """Return a row as it goes into the session; ``NO_ROW`` when it is left out, None when it is none."""
        if type(values) is not list or len(values) <= AT or type(values[KIND]) is not int:
            return None
        kind = values[KIND]
        if not 0 <= kind < len(RECORD_TYPES) or not fits(values) or not 0 <= values[AT] < _BIG:
            return None
        if kind == SESSION_STARTED:
            return self._session_started(tuple(values))
        values[AT] += self._shift
        if self._resumed:
            values[AT] = max(0, values[AT])
        if values[AT] > self._horizon:  # nothing has happened that is yet to come
            return None
        self.latest = max(self.latest, values[AT])
        check = self._checks.get(kind)
        return check(tuple(values)) if check is not None else self._host_record(values)

    def checked_all(self, rows: list[Any]) -> tuple[list[Row], int]:
        """Check rows one after another; return those that go into the session, and how many were none."""
        # Nearly all rows are starts and ends as they should be, and a call for each would take as long as its work:
        # what ``checked`` comes to for these is written out here. All others go there.
        good: list[Row] = []
        take, arrivals, shift, horizon, latest = good.append, self._arrivals, self._shift, self._horizon, self.latest
        # Numbers of the session are checked by being in these.
        opened: dict[Any, int] = self._open
        running: dict[Any, tuple[Any, str, int]] = self.running
        executions = self._executions
        first_publication, to_publication = self._publications.newest_run
        first_execution, to_execution = executions.newest_run
        refused = 0
        for values in rows:
            if type(values) is list and len(values) == _CELLS:
                kind, own_at, own, third, fourth, fifth = values
                if type(kind) is type(own_at) is type(own) is int and own_at >= 0 and 0 <= own_at + shift <= horizon:
                    at = own_at + shift
                    if kind == HANDLER_ENDED and own >= first_execution:
                        started = running.get(number := own + to_execution)
                        if (
                            started is not None
                            and type(third) is type(fifth) is str
                            and type(fourth) is int
                            and third in _ENDS
                            and (duration := at - started[2]) >= 0
                            and 0 <= fourth <= duration + _AHEAD
                        ):
                            del running[number]
                            if at > latest:
                                latest = at
                            take((kind, at, number, third, fourth, fifth))
                            continue
                    elif kind == HANDLER_STARTED and type(third) is int and third >= first_publication:
                        published = opened.get(publication := third + to_publication)
                        number = own + to_execution
                        if (
                            published is not None
                            and at >= published
                            and own == executions.last + 1 > first_execution
                            and number == arrivals.executions + 1
                            and type(fourth) is type(fifth) is str
                            and len(fourth) <= MAX_NAME
                            and len(fifth) <= MAX_NAME
                        ):
                            arrivals.executions = number
                            executions.last = own  # the run goes on
                            running[number] = publication, fourth, at
                            if at > latest:
                                latest = at
                            take((kind, at, number, publication, fourth, fifth))
                            continue
            elif type(values) is list and len(values) == _END_CELLS:
                kind, own_at, own, outcome = values
                if (
                    type(kind) is type(own_at) is type(own) is int
                    and kind == PUBLICATION_ENDED
                    and own_at >= 0
                    and own >= first_publication
                    and 0 <= (at := own_at + shift) <= horizon
                    and (published := opened.get(number := own + to_publication)) is not None
                    and at >= published
                    and type(outcome) is str
                    and outcome in _OUTCOMES
                ):
                    self._end_publication(number)
                    if at > latest:
                        latest = at
                    take((kind, at, number, outcome))
                    continue
            row = self.checked(values)
            if row is None:
                refused += 1
            elif row:
                take(row)
            first_publication, to_publication = self._publications.newest_run
            first_execution, to_execution = executions.newest_run
        self.latest = max(self.latest, latest)
        return good, refused

    def interrupted(self, at: int) -> list[Record]:
        """Return records that end what is running, as it is when the process is gone; nothing of it runs then.

        Args:
            at: When, ns since the session began.
        """
        records: list[Record] = [HandlerEnded(at, number, INTERRUPTED, 0) for number in self.running]
        records += [PublicationEnded(at, number, "cancelled") for number in sorted(self._open)]
        self.running.clear()
        self._open.clear()
        self._ended_of_late.clear()
        return records

    def _session_started(self, row: Row) -> Row | None:
        started = to_record(row)
        assert isinstance(started, SessionStarted)  # noqa: S101 - to_record gives the class of the kind
        if started.at or not 0 <= started.wall < _BIG or not -_BIG < (started.seed or 0) < _BIG:
            return None
        try:
            catalog = build(CatalogDescription, json.loads(started.catalog))
        except (ValueError, RecursionError):
            return None
        return self._begin(started, catalog)

    def _published(self, row: Row) -> Row | None:
        kind, at, own, event, event_id, correlation, cause, fire, payload, context, handlers, process = row
        causing = self._executions.of(cause) if cause else 0
        of_fire = self._fire_of(fire) if fire else 0
        if (
            len(event) > MAX_NAME
            or not self._publications.expects(own)
            or causing is None
            or not 0 <= handlers < 1_000_000
            or process  # which one it is, is for us to say
            or of_fire is None
        ):
            return None
        if not self.recording:
            self._publications.add(LEFT_OUT)
            return NO_ROW
        if not cause and of_fire in self._arrivals.fires:
            self._arrivals.fires[FireNumber(of_fire)] += 1
        number = self._arrivals.publications = PublicationNumber(self._arrivals.publications + 1)
        self._publications.add(number)
        self._open[number] = at
        number_of_process = self._process
        return (
            *(kind, at, number, event, event_id, correlation, causing, of_fire, payload, context, handlers),
            number_of_process,
        )

    def _same_fire(self, fire: int) -> int | None:
        return fire if 0 <= fire <= self._arrivals.last_fire else None

    def _started(self, row: Row) -> Row | None:
        kind, at, own, of_publication, handler, fault = row
        publication = self._publications.of(of_publication)
        too_long = len(handler) > MAX_NAME or len(fault) > MAX_NAME
        if publication is None or not self._executions.expects(own) or too_long:
            return None
        if publication == LEFT_OUT:
            self._executions.add(LEFT_OUT)
            return NO_ROW
        publication = PublicationNumber(publication)
        if at < self._open.get(publication, self._ended_of_late.get(publication, _BIG)):
            return None
        number = ExecutionNumber(self._arrivals.executions + 1)
        self._arrivals.executions = number
        self._executions.add(number)
        self.running[number] = (publication, handler, at)
        return kind, at, number, publication, handler, fault

    def _ended(self, row: Row) -> Row | None:
        kind, at, own, status, on_loop, failure = row
        number = self._executions.of(own)
        if number == LEFT_OUT:
            return NO_ROW
        if number is None or status not in STATUSES or status == RUNNING:
            return None
        number = ExecutionNumber(number)
        if number not in self.running:
            return None
        duration = at - self.running[number][2]
        if duration < 0 or not 0 <= on_loop <= duration + _AHEAD:
            return None
        del self.running[number]
        return kind, at, number, status, on_loop, failure

    def _noted(self, row: Row) -> Row | None:
        kind, at, of_execution, of_publication, what, level, text, data = row
        publication = self._publications.of(of_publication)
        execution = self._executions.of(of_execution) if of_execution else 0
        if len(what) > MAX_NAME or execution is None or publication is None or level not in _LEVELS:
            return None
        if publication == LEFT_OUT or (of_execution and execution == LEFT_OUT):
            return NO_ROW
        return kind, at, execution, publication, what, level, text, data

    def _publication_ended(self, row: Row) -> Row | None:
        kind, at, own, outcome = row
        number = self._publications.of(own)
        if number == LEFT_OUT:
            return NO_ROW
        if number is None or outcome not in _OUTCOMES:
            return None
        number = PublicationNumber(number)
        if at < self._open.get(number, _BIG):
            return None
        self._end_publication(number)
        return kind, at, number, outcome

    def _end_publication(self, number: Any) -> None:
        self._ended_of_late[number] = self._open.pop(number)
        if len(self._ended_of_late) > _REMEMBERED:
            self._ended_of_late.popitem(last=False)

    def _host_record(self, values: list[Any]) -> Row | None:
        kind = values[KIND]
        fires = self._arrivals.fires
        if kind in _OURS:
            return None
        if kind in _FIRE:
            fire = self._fire_of(values[_FIRE[kind]])
            if fire not in fires:
                return None
            values[_FIRE[kind]] = fire
        if not all(0 <= values[place] < _MANY for place in _COUNTS[kind]):
            return None
        if kind == RecordsLost.KIND and any(values[place] for place in _SEQS):
            return None
        if kind == HandlersNotCalled.KIND:
            publication = self._publications.of(values[_PUBLICATION])
            if not publication:
                return publication if publication is None else NO_ROW
            values[_PUBLICATION] = publication
        if kind == NotedOutside.KIND:
            values[_PROCESS] = self._process
        if kind in _SINCE:
            values[_SINCE[kind]] += self._shift
            if not self._shift <= values[_SINCE[kind]] <= values[AT]:
                return None
        row = tuple(values)
        if row_problem(row):  # it would be left out when the session is opened again
            return None
        record = to_record(row)
        assert isinstance(record, HostRecord)  # noqa: S101 - every other kind has a check of its own
        if record.severity not in _LEVELS:
            return None
        if isinstance(record, FireSettled):
            del fires[record.fire]
        self._report(record)
        return row
