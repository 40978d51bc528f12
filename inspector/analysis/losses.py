"""Losses: what went wrong in a run and shows nowhere else, by kind and place, kept up with its records.

The journal's fold says what happened (``executed``, ``noted``, ``published``, ``host``), so live, stored and imported
runs are counted the same. Each loss is a row of ``items`` and counts in one group (``Loss``): what a filter or a range
leaves is counted from the rows, and all of a session from the groups. Both are exact for the whole session.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.analysis.columns import Columns
from inspector.analysis.failures import FailurePlace, failure_head, read_failure
from inspector.analysis.losskinds import (
    DROPPED,
    KIND_NUMBERS,
    LATE_WORK,
    LOGGED,
    LOSS_KINDS,
    NO_OUTCOME,
    NOT_CALLED,
    STILL_RUNNING,
    TWO_OUTCOMES,
    UNHEARD_EVENT,
)
from inspector.analysis.workflows import Attempt, Workflows
from inspector.core.records.bounds import MAX_COUNT
from inspector.core.records.host import (
    INTENDED,
    FireSettled,
    HandlersNotCalled,
    ProcessEnded,
    ProcessLeft,
    ProgramReloaded,
    PublicationsSkipped,
    RecordingPaused,
    RecordsLost,
)
from inspector.core.records.records import CAUGHT, LATE, MIXED_UP, UNAWAITED, Noted
from inspector.core.records.statuses import (
    CANCELLED,
    NEVER_AWAITED,
    OK_CODE,
    RETURNED_FAILURE,
    STATUS_CODES,
    STATUSES,
    SWALLOWED,
)
from inspector.core.values.read import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.analysis.journal import Journal
    from inspector.core.records.host import HostRecord

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


#: Columns of the items: when (ns since the session started), the number of the group, indexes of the execution and of
#: the publication (-1 for none), and how many.
_ITEMS: Final = {"at": np.int64, "group": np.int32, "execution": np.int32, "publication": np.int32, "times": np.int64}
#: Tracebacks that are remembered with their place.
_PLACES: Final = 1_000
_SWALLOWED_CODE: Final = STATUS_CODES[SWALLOWED]
#: Statuses that are a loss by themselves, by code.
OF_STATUS: Final = {
    STATUS_CODES[status]: KIND_NUMBERS[status] for status in (SWALLOWED, CANCELLED, RETURNED_FAILURE, NEVER_AWAITED)
}
_LOUD: Final = ("warning", "error")


def loss_place(loss: Loss) -> str:
    """Return where something was lost, short: ``audit.py:52``; empty where nobody knows."""
    return f"{PurePath(loss.file).name}:{loss.line}" if loss.file else ""


class Where(NamedTuple):
    """An execution: its index, that of its publication, and the numbers of its handler and of its event."""

    execution: int
    publication: int
    handler: int
    event: int


@dataclass
class Loss:
    """Losses of one kind, of one handler or event, at one place.

    Attributes:
        number: Its place in ``Losses.groups``.
        kind: Number of its kind.
        handler: Number of the handler, -1 for none.
        event: Number of the event type, -1 for none.
        subject: What is lost where there is neither: records of a process.
        file: Where, empty where nobody knows.
        line: Its line.
        reason: Why, as a word of the kind's own; part of what tells groups apart.
        what: What happened, of the newest.
        error: Type of the newest exception, empty without one.
        message: What it said.
        raised: Where it was raised.
        clause: Which clause caught it: ``except Exception``.
        logged: The newest was logged as a warning or an error.
        alike: Every one of them had this exception and this message.
        intended: It is the will of who wrote the program, as far as records say.
        succeeded: In how many of them the workflow succeeded afterwards.
        count: How many, in all.
        first: When the first was, ns since the session started.
        last: When the newest was.
        execution: Index of the newest execution, -1 for none.
        publication: Index of the newest publication, -1 for none.
        events: How many there are of each event type, by its number.
    """

    number: int
    kind: int
    handler: int = -1
    event: int = -1
    subject: str = ""
    file: str = ""
    line: int = 0
    reason: str = ""
    what: str = ""
    error: str = ""
    message: str = ""
    raised: FailurePlace = field(default_factory=FailurePlace)
    clause: str = ""
    logged: bool = False
    alike: bool = True
    intended: bool = False
    succeeded: int = 0
    count: int = 0
    first: int = 0
    last: int = 0
    execution: int = -1
    publication: int = -1
    events: dict[int, int] = field(default_factory=dict)

    @property
    def guessed(self) -> bool:
        """It looks as if it were meant: a swallowed exception after which the workflow succeeded."""
        return self.intended or self.succeeded > 0


class Losses:
    """The losses of a journal.

    Args:
        journal: Whose fold says what happens.

    Attributes:
        groups: In the order in which they first appeared; one whose ``count`` is 0 was taken back.
        counts: How many there are of each kind, by its number.
        items: Each loss as a row: ``at group execution publication times``; one with 0 times was taken back.
        by_fault: Executions that were made to end like this, which count as nothing else.
    """

    def __init__(self, journal: Journal) -> None:
        self.groups: list[Loss] = []
        self.counts = [0] * len(LOSS_KINDS)
        self.items = Columns(_ITEMS)
        self.by_fault = 0
        self._journal = journal
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._logs: dict[int, Noted] = {}
        self._returned: set[int] = set()
        self._caught: dict[int, dict[str, Any]] = {}
        self._workflows = Workflows(journal, self._overdue, self._settle)
        self._stale: set[int] = set()
        self._places: OrderedDict[str, FailurePlace] = OrderedDict()

    @property
    def total(self) -> int:
        """All losses of all kinds."""
        return sum(self.counts)

    @property
    def unsure(self) -> bool:
        """Workflows were not checked for a time, because not all events were recorded."""
        return self._workflows.unsure

    # -- what the fold says --------------------------------------------------------------------------------------------

    def executed(self, where: Where, code: int, at: int, failure: str, key: bytes) -> None:
        """Take in the end of an execution that did not end well, or in which something was logged or caught.

        Args:
            where: The execution.
            code: Its status.
            at: When it ended.
            failure: A ``Failure`` as JSON text, empty for none.
            key: The correlation id of its publication.
        """
        index, owner, handler, event = where
        if owner in self._returned:
            group = self._group(KIND_NUMBERS[STILL_RUNNING], handler, -1, *self._origin(handler, {}))
            group.what = "publish returned first"
            self._add(group, at, index, owner, event)
        log, caught = self._logs.pop(index, None), self._caught.pop(index, None)
        kind = OF_STATUS.get(code)
        if kind is None:
            if code == OK_CODE and log is not None and log.level == "error":
                self._logged(index, at, handler, event, owner, log)
            return
        error, _, message = failure_head(failure) if failure else ("", "", "")
        raised = self._raised(failure)
        group = self._group(kind, handler, -1, *self._place(kind, handler, raised, caught))
        group.what = _what(code, error, caught, log)
        self._describe(group, error, message, raised)
        group.clause = str(caught.get("clause", "")) if caught is not None else ""
        group.logged = log is not None
        self._add(group, at, index, owner, event)
        if code == _SWALLOWED_CODE:
            self._workflows.hope(group.number, event, key)

    def concerns(self, code: int) -> bool:
        """Return whether ``executed`` is to be told of executions that end with this status, which is not ``ok``."""
        return code in OF_STATUS or bool(self._logs or self._returned or self._caught)

    def waits_for(self, execution: int, publication: int) -> bool:
        """Return whether the end of an execution may be a loss even if it went well."""
        return execution in self._logs or publication in self._returned

    @property
    def watchful(self) -> bool:
        """Something that runs may be a loss even if it ends well."""
        return bool(self._logs or self._returned)

    def returned(self, publication: int) -> None:
        """Take note that a publish has returned while handlers of it still run."""
        self._returned.add(publication)

    def publication_ended(self, publication: int) -> None:
        """Take note that all handlers of a publication have ended."""
        self._returned.discard(publication)

    def noted(self, where: Where, note: Noted, *, running: bool) -> None:
        """Take in a note of an execution: ``log``, ``caught``, ``late`` or ``mixed_up``."""
        index, owner, handler, event = where
        if note.kind == LATE:
            data = _read(note.data)
            how = str(data.get("how", ""))
            kind, reason = (NEVER_AWAITED, "") if how == UNAWAITED else (LATE_WORK, how)
            group = self._group(KIND_NUMBERS[kind], handler, -1, *self._origin(handler, data), reason)
            group.what = note.text
            self._describe(group, str(data.get("exception", "")), str(data.get("message", "")), FailurePlace())
            self._add(group, note.at, index, owner, event)
        elif note.kind == MIXED_UP:
            data = _read(note.data)
            group = self._group(
                KIND_NUMBERS[MIXED_UP], handler, -1, *self._origin(handler, data), str(data.get("what", ""))
            )
            group.what = note.text
            self._add(group, note.at, index, owner, event)
        elif note.kind == CAUGHT:
            if running:
                self._caught[index] = _read(note.data)
        elif note.level in _LOUD:
            if running:
                earlier = self._logs.get(index)
                if earlier is None or note.level == "error" or earlier.level != "error":
                    self._logs[index] = note
            elif note.level == "error" and (data := _read(note.data)).get("by") != "bus":  # that tells of its failure
                group = self._group(KIND_NUMBERS[LATE_WORK], handler, -1, *self._origin(handler, data), "logged")
                group.what = "error logged after the handler ended"
                self._describe(group, "", note.text, FailurePlace())
                self._add(group, note.at, index, owner, event)

    def published(self, index: int, at: int, event: int, key: bytes, fire: int, cause: int, process: int) -> None:
        """Take in a publication of an event that begins or settles a workflow."""
        settled = self._workflows.published(index, at, event, key, fire, cause, process)
        for number in settled.hopes:
            self.groups[number].succeeded += 1
        if settled.earlier:
            description = self._journal.events[event]
            group = self._group(KIND_NUMBERS[TWO_OUTCOMES], -1, event, description.file, description.line)
            group.what = f"{description.workflow} already had {settled.earlier}"
            self._add(group, at, -1, index, event)

    def unheard(self, index: int, at: int, event: int) -> None:
        """Take in a publication that nobody handles."""
        description = self._journal.events[event]
        group = self._group(KIND_NUMBERS[UNHEARD_EVENT], -1, event, description.file, description.line)
        group.what = "published, no handler"
        self._add(group, at, -1, index, event)

    def host(self, record: HostRecord) -> None:
        """Take in a record of the host."""
        if isinstance(record, HandlersNotCalled):
            self._not_called(record)
        elif isinstance(record, RecordsLost):
            self._dropped("records", record.reason, record.count, record.at)
        elif isinstance(record, PublicationsSkipped):
            if record.dropped:
                name = self._journal.processes.label(record.process) or "events"
                self._dropped(name, "the inspector did not read fast enough", record.dropped, record.at)
            if record.one_in > 1 or record.counted or record.dropped:
                self._workflows.doubt(record.process, lasts=record.one_in > 1)
            else:
                self._workflows.trust(record.process)
        elif isinstance(record, RecordingPaused):
            self._workflows.doubt(-1, lasts=False)
        elif isinstance(record, FireSettled):
            self._workflows.fire_settled(record.fire)
        elif isinstance(record, ProcessLeft):
            if not any(entry.live for entry in self._journal.processes.by_number.values()):
                self.finish()
        elif isinstance(record, (ProcessEnded, ProgramReloaded)) and not getattr(record, "process", 0):
            self.finish()

    def catalog_changed(self) -> None:
        """Find out anew which events begin and settle workflows."""
        self._workflows.catalog_changed()

    def takes_part(self, event: int) -> bool:
        """Return whether an event begins or settles a workflow."""
        return bool(self._workflows.role(event))

    def flush(self) -> None:
        """Write what was gathered to the columns, and take note of outcomes that are overdue."""
        self._workflows.look(self._journal.now)
        self._write()
        for number in self._stale:
            self._look_again(self.groups[number])
        self._stale.clear()

    def finish(self) -> None:
        """Take note that the run is over: no outcome comes any more."""
        self._workflows.finish()
        self._write()

    # -- what is asked -------------------------------------------------------------------------------------------------

    def rows_with(self, groups: Iterable[int]) -> tuple[Ints, Ints]:
        """Return what has a loss of these groups: indexes of executions, and of publications as a whole."""
        mask = np.isin(self.items["group"], list(groups)) & (self.items["times"] > 0)
        executions, publications = self.items["execution"][mask], self.items["publication"][mask]
        return executions[executions >= 0], publications[(executions < 0) & (publications >= 0)]

    # -- groups and items ----------------------------------------------------------------------------------------------

    def _group(
        self, kind: int, handler: int, event: int, file: str, line: int, reason: str = "", subject: str = ""
    ) -> Loss:
        key = (kind, handler, event, file, line, reason, subject)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.groups)
            self.groups.append(Loss(number, kind, handler, event, subject, file, line, reason))
        return self.groups[number]

    def _add(self, group: Loss, at: int, execution: int, publication: int, event: int, times: int = 1) -> None:
        self._rows.append((at, group.number, execution, publication, times))
        if not group.count:
            group.first = at
        group.count += times
        group.first, group.last = min(group.first, at), max(group.last, at)
        group.execution, group.publication = execution, publication
        if event >= 0:
            group.events[event] = group.events.get(event, 0) + times
        self.counts[group.kind] += times

    def _write(self) -> None:
        if self._rows:
            self.items.extend(dict(zip(_ITEMS, zip(*self._rows, strict=True), strict=True)))
            self._rows = []

    def _describe(self, group: Loss, error: str, message: str, raised: FailurePlace) -> None:
        if group.count and (group.error, group.message) != (error, message):
            group.alike = False
        group.error, group.message, group.raised = error, message, raised

    def _raised(self, failure: str) -> FailurePlace:
        """Return where a failure was raised; what repeats is read once."""
        frames = failure[failure.find('"frames"') :] if failure else ""
        place = self._places.get(frames)
        if place is None:
            place = self._places[frames] = read_failure(failure)[3] or FailurePlace()
            if len(self._places) > _PLACES:
                self._places.popitem(last=False)
        return place

    def _place(self, kind: int, handler: int, raised: FailurePlace, caught: dict[str, Any] | None) -> tuple[str, int]:
        """Return where something was lost: at the clause that caught it, where it was raised, else at its handler."""
        if caught is not None:
            return str(caught.get("file", "")), _int(caught.get("line"))
        if kind in (KIND_NUMBERS[SWALLOWED], KIND_NUMBERS[CANCELLED]) and raised.file:
            return raised.file, raised.line
        return self._origin(handler, {})

    def _origin(self, handler: int, data: dict[str, Any]) -> tuple[str, int]:
        """Return the place that a note names, else that of the handler."""
        file = data.get("file")
        if isinstance(file, str) and file:
            return file, _int(data.get("line"))
        description = self._journal.handlers[handler]
        return description.file, description.line

    def _logged(self, index: int, at: int, handler: int, event: int, owner: int, log: Noted) -> None:
        group = self._group(KIND_NUMBERS[LOGGED], handler, -1, *self._origin(handler, _read(log.data)))
        group.what = "error logged, ended ok"
        self._describe(group, "", log.text, FailurePlace())
        group.logged = True
        self._add(group, at, index, owner, event)

    def _not_called(self, record: HandlersNotCalled) -> None:
        publication = self._journal.publication_numbers.index(record.publication)
        event = self._journal.event_number(record.event)
        for uncalled in record.handlers:
            handler = self._journal.handler_number(uncalled.handler)
            description = self._journal.handlers[handler]
            group = self._group(
                KIND_NUMBERS[NOT_CALLED], handler, event, description.file, description.line, uncalled.reason
            )
            group.what = uncalled.detail or uncalled.reason
            group.intended = uncalled.reason in INTENDED
            self._add(group, record.at, -1, publication, event, record.times)

    def _dropped(self, subject: str, reason: str, count: int, at: int) -> None:
        group = self._group(KIND_NUMBERS[DROPPED], -1, -1, "", 0, reason, subject)
        group.what = reason
        self._add(group, at, -1, -1, -1, count)

    # -- workflows -----------------------------------------------------------------------------------------------------

    def _settle(self, attempt: Attempt) -> None:
        """Take note that an attempt has its outcome: it is not missing, whatever was said of it."""
        if attempt.item < 0:
            return
        self._write()
        group = self.groups[int(self.items["group"][attempt.item])]
        self.items["times"][attempt.item] = 0
        group.count -= 1
        group.events[attempt.event] -= 1
        self.counts[group.kind] -= 1
        self._stale.add(group.number)

    def _overdue(self, attempt: Attempt) -> None:
        """Take in an attempt whose outcome is missing."""
        description = self._journal.events[attempt.event]
        group = self._group(KIND_NUMBERS[NO_OUTCOME], -1, attempt.event, description.file, description.line)
        group.what = f"{attempt.workflow} attempted, no outcome"
        attempt.item = len(self.items) + len(self._rows)
        self._add(group, attempt.at, -1, attempt.publication, attempt.event)

    def _look_again(self, group: Loss) -> None:
        """Find the first and the newest of a group of which some were taken back."""
        rows = np.flatnonzero((self.items["group"] == group.number) & (self.items["times"] > 0))
        if len(rows):
            times = self.items["at"][rows]
            group.first, group.last = int(times.min()), int(times.max())
            group.publication = int(self.items["publication"][rows[-1]])


def _what(code: int, error: str, caught: dict[str, Any] | None, log: Noted | None) -> str:
    """Return what happened to an execution, in a few words."""
    status = STATUSES[code]
    if status == SWALLOWED:
        clause = str(caught.get("clause", "")) if caught is not None else ""
        return f"{clause or error or 'exception'}, {'logged' if log is not None else 'not logged'}"
    if status == NEVER_AWAITED:
        return "coroutine created, never awaited"
    return f"returned {error}" if status == RETURNED_FAILURE else "cancelled"


def _read(text: str) -> dict[str, Any]:
    """Return the data of a note, without the tags of snapshots; empty where it is none of ours."""
    try:
        data = plain(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _int(value: Any) -> int:
    return value if type(value) is int and 0 <= value < MAX_COUNT else 0
