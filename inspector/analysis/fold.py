"""One batch of rows going into the journal's columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.losses import OF_STATUS, Where
from inspector.core.records.inside import OUTPUT
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.records import AT, ATTEMPT, CAUGHT, LATE, LOG, MIXED_UP, RETURNED, Noted, Row
from inspector.core.records.statuses import BY_FAULT, OK, OK_CODE, RUNNING_CODE, STATUS_CODES, STATUSES

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal

#: Columns of the executions: name → numpy type.
EXECUTIONS: Final = {
    "start": np.int64,
    "end": np.int64,
    "publication": np.int32,
    "handler": np.int32,
    "event": np.int32,
    "status": np.uint8,
    "level": np.int32,
    "fault": np.uint8,
    "on_loop": np.int64,
    "error": np.int32,
    "retry": np.uint8,
}
#: The same for the publications.
PUBLICATIONS: Final = {
    "at": np.int64,
    "end": np.int64,
    "event": np.int32,
    "cause": np.int32,
    "fire": np.int32,
    "handlers": np.int32,
    "first": np.int32,
    "last": np.int32,
    "event_id": (np.uint8, 16),
    "correlation": (np.uint8, 16),
    "process": np.int32,
}


#: What is gathered of an execution, in this order; its event is that of its publication.
_GATHERED: Final = (
    *("start", "end", "publication", "handler", "status", "level", "fault", "on_loop", "error", "retry"),
)
_START, _END, _OWNER, _HANDLER, _CODE, _LEVEL, _STRUCK, _ON_LOOP, _ERROR, _RETRY = range(len(_GATHERED))

#: Kinds of notes that may tell of a loss.
_OF_LOSSES: Final = frozenset({LOG, CAUGHT, LATE, MIXED_UP})


class BatchFold:
    """One fold in progress: new rows gathered in lists, written to the columns at once at the end."""

    def __init__(self, journal: Journal, change: Change) -> None:
        self._journal = journal
        # Looked up once: they are asked for with nearly every row.
        self._publication_of, self._execution_of = journal.publication_numbers.index, journal.execution_numbers.index
        self._busy, self._losses = journal.busy, journal.losses
        self._change = change
        self._base = change.first_execution
        self._publication_base = change.first_publication
        self._executions: list[list[Any]] = []
        self._publications: list[list[Any]] = []
        self._late: dict[int, tuple[int, int, int, int]] = {}
        self._late_publications: dict[int, int] = {}

    def published(self, row: Row) -> None:
        """Take in a publication."""
        _, at, number, name, event_id, correlation, cause, fire, payload, context, handlers, process = row
        journal = self._journal
        index = journal.publication_numbers.add(number)
        if index < 0:
            journal.orphans += 1
            return
        event = journal.event_number(name)
        # Caused by an execution that nobody knows, or that is yet to come: then it was published by itself.
        caused = cause != 0
        cause = journal.execution_numbers.index(cause)
        journal.uncaused += caused and cause < 0
        ids = journal.id_bytes(event_id), journal.id_bytes(correlation)
        self._publications.append([at, -1, event, cause, fire, handlers, -1, -1, *ids, process])
        journal.event_published[event] += 1
        if process:
            journal.processes.publish(process)
        journal.payloads.put(index, (payload, context))
        losses = journal.losses
        retried = fire in journal.retries
        if handlers == 0 and not retried:
            journal.unheard += 1
            losses.unheard(index, at, event)
        if losses.takes_part(event) and not retried:
            losses.published(index, at, event, ids[1], fire, cause, process)

    def started(self, row: Row) -> None:
        """Take in the start of an execution, and return it a row in its handler's lane."""
        _, at, number, publication, key, fault = row
        journal, busy = self._journal, self._busy
        owner = self._publication_of(publication)
        index = journal.execution_numbers.add(number) if owner >= 0 else -1
        if index < 0:
            journal.orphans += 1
            journal.unplaced += 1
            return
        handler = journal.handler_number(key)
        taken = busy[handler]
        level = (~taken & (taken + 1)).bit_length() - 1  # the lowest row of the lane that is free
        busy[handler] = taken | (1 << level)
        if level >= journal.handler_levels[handler]:
            journal.handler_levels[handler] = level + 1
        retried = self._is_retried(owner) if journal.retries else False
        self._executions.append([at, -1, owner, handler, RUNNING_CODE, level, bool(fault), 0, -1, retried])

    def ended(self, row: Row) -> None:
        """Take in the end of an execution, of this batch or an earlier one."""
        _, at, number, status, on_loop, failure = row
        journal = self._journal
        index = self._execution_of(number)
        if index >= self._base and status == OK and not failure and not self._losses.watchful:
            # Nearly every end is that of an execution which has begun in this batch, and tells nothing else.
            entry = self._executions[index - self._base]
            if entry[_END] < 0 and at >= entry[_START] and not entry[_STRUCK] and not entry[_RETRY]:
                self._busy[entry[_HANDLER]] &= ~(1 << entry[_LEVEL])
                entry[_END], entry[_CODE], entry[_ON_LOOP] = at, OK_CODE, on_loop
                self._change.ended.append(index)
                return
        code = STATUS_CODES.get(status)
        handler, level, event, start, running, fault = self._lane_of(index)
        if code is None or not running or at < start:
            journal.orphans += 1
            return
        journal.busy[handler] &= ~(1 << level)
        retried = self._is_retry(index)
        counted = OK_CODE if retried else BY_FAULT if fault else code
        if counted != OK_CODE:
            outcomes = journal.event_outcomes[event]
            outcomes[counted] = outcomes.get(counted, 0) + 1
        losses = journal.losses
        if retried:
            pass
        elif fault:
            losses.by_fault += code in OF_STATUS
        elif code != OK_CODE or (losses.watchful and losses.waits_for(index, self._owner_of(index))):
            owner = self._owner_of(index)
            losses.executed(Where(index, owner, handler, event), code, at, failure, self._correlation_of(owner))
        error = -1
        if failure:
            journal.failures.put(index, failure)
            error = journal.errors.add(failure)
        if index >= self._base:
            entry = self._executions[index - self._base]
            entry[_END], entry[_CODE], entry[_ON_LOOP], entry[_ERROR] = at, code, on_loop, error
        else:
            self._late[index] = (at, code, on_loop, error)
        self._change.ended.append(index)

    def publication_ended(self, row: Row) -> None:
        """Take in the end of a publication."""
        _, at, number, _ = row
        index = self._journal.publication_numbers.index(number)
        if index < 0 or at < self._time_of(index) or not self._is_open(index):
            self._journal.orphans += 1
            return
        if index < self._publication_base:
            self._late_publications[index] = at
        else:
            self._publications[index - self._publication_base][1] = at
        if self._journal.losses.watchful:
            self._journal.losses.publication_ended(index)
        self._change.ended_publications.append(index)

    def noted(self, row: Row) -> None:
        """Take in a note on an execution or a publication."""
        note = Noted(*row[AT:])
        journal = self._journal
        notes, index = journal.notes, journal.execution_numbers.index(note.execution)
        if not note.execution:
            notes, index = journal.publication_notes, journal.publication_numbers.index(note.publication)
        if index < 0:
            journal.orphans += 1
            return
        earlier = notes.get(index)
        if earlier is None:
            notes.put(index, [note])
        else:
            earlier.append(note)
        if note.kind == RETURNED and not note.execution:
            journal.losses.returned(index)
        if note.execution:
            if note.kind == ATTEMPT:
                journal.tried_again[index] = journal.tried_again.get(index, 0) + 1
            elif note.kind == OUTPUT:
                journal.output.noted(note, ExecutionIndex(index))
            self._change.noted.add(index)
            if note.kind in _OF_LOSSES:
                handler, _, event, _, running, fault = self._lane_of(index)
                if fault or self._is_retry(index):
                    return
                journal.losses.noted(Where(index, self._owner_of(index), handler, event), note, running=running)

    def flush(self) -> None:
        """Write what was gathered to the columns."""
        journal = self._journal
        journal.errors.flush()
        if self._publications:
            values: dict[str, Any] = dict(zip(PUBLICATIONS, zip(*self._publications, strict=True), strict=True))
            for name in ("event_id", "correlation"):
                values[name] = np.frombuffer(b"".join(values[name]), np.uint8).reshape(-1, 16)
            journal.publications.extend(values)
        if self._executions:
            self._write_executions()
            journal.status_counts += np.bincount(journal.executions["status"][self._base :], minlength=len(STATUSES))
        if self._late:
            where = np.array(list(self._late), np.int64)
            late = np.array(list(self._late.values()), np.int64)
            for column, ends in zip(("end", "status", "on_loop", "error"), late.T, strict=True):
                journal.executions[column][where] = ends
            journal.status_counts += np.bincount(late[:, 1], minlength=len(STATUSES))
            journal.status_counts[RUNNING_CODE] -= len(late)
        for index, at in self._late_publications.items():
            journal.publications["end"][index] = at

    def _write_executions(self) -> None:
        """Write the executions that have begun, and what their publications know of them."""
        journal = self._journal
        values: dict[str, Any] = dict(zip(_GATHERED, zip(*self._executions, strict=True), strict=True))
        owners = np.array(values["publication"], np.int64)
        events = journal.publications["event"][owners]
        journal.executions.extend({**values, "publication": owners, "event": events})
        for event, times in Counter(events.tolist()).items():
            journal.event_runs[event] += times
        self._bound(owners, self._base)

    def _bound(self, owners: npt.NDArray[np.int64], first: int) -> None:
        """Let publications know which are the first and the last of their executions.

        Args:
            owners: The publications of those that have begun, shape ``(n,)``.
            first: Index of the first of these.
        """
        publications, index = self._journal.publications, np.arange(first, first + len(owners))
        firsts = publications["first"]
        fresh = firsts[owners] < 0
        firsts[owners[fresh][::-1]] = index[fresh][::-1]  # of those of one publication the first is written last
        publications["last"][owners] = index

    def _owner_of(self, execution: int) -> int:
        if execution >= self._base:
            return int(self._executions[execution - self._base][_OWNER])
        return int(self._journal.executions["publication"][execution])

    def _is_retried(self, publication: int) -> bool:
        """Return whether a publication tries again what was recorded, or came of that."""
        retries = self._journal.retries
        if not retries:  # nearly always
            return False
        if publication >= self._publication_base:
            return self._publications[publication - self._publication_base][4] in retries
        return int(self._journal.publications["fire"][publication]) in retries

    def _is_retry(self, execution: int) -> bool:
        if not self._journal.retries or execution < 0:
            return False
        if execution >= self._base:
            return bool(self._executions[execution - self._base][_RETRY])
        return bool(self._journal.executions["retry"][execution])

    def _correlation_of(self, publication: int) -> bytes:
        if publication >= self._publication_base:
            return bytes(self._publications[publication - self._publication_base][9])
        key: bytes = self._journal.publications["correlation"][publication].tobytes()
        return key

    def _event_of(self, publication: int) -> int:
        if publication >= self._publication_base:
            return int(self._publications[publication - self._publication_base][2])
        return int(self._journal.publications["event"][publication])

    def _time_of(self, publication: int) -> int:
        if publication >= self._publication_base:
            return int(self._publications[publication - self._publication_base][0])
        return int(self._journal.publications["at"][publication])

    def _is_open(self, publication: int) -> bool:
        if publication >= self._publication_base:
            return bool(self._publications[publication - self._publication_base][1] < 0)
        return bool(self._journal.publications["end"][publication] < 0) and publication not in self._late_publications

    def _lane_of(self, index: int) -> tuple[int, int, int, int, bool, bool]:
        """Return handler, level, event and start of an execution, whether it is still running, and under a fault."""
        if index >= self._base:
            entry = self._executions[index - self._base]
            event = self._event_of(entry[_OWNER])
            return entry[_HANDLER], entry[_LEVEL], event, entry[_START], entry[_END] < 0, entry[_STRUCK]
        if index < 0:
            return 0, 0, 0, 0, False, False
        columns = self._journal.executions
        running = bool(columns["end"][index] < 0) and index not in self._late
        return (
            int(columns["handler"][index]),
            int(columns["level"][index]),
            int(columns["event"][index]),
            int(columns["start"][index]),
            running,
            bool(columns["fault"][index]),
        )
