"""Rows of a stream become rows of tables: a start and its end meet in one.

What follows the order of a run is kept compact; anything else (an end without a start, a number out of order) is kept
word for word as an *odd row*. So every stream comes back as it was, whatever it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from inspector.core.records.host import HOST_RECORDS, FiredAtHandler
from inspector.core.records.numbers import Numbering
from inspector.core.records.records import (
    AT,
    HANDLER_ENDED,
    HANDLER_STARTED,
    HOST_NOTED,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    HandlerEnded,
    HandlerStarted,
    Row,
    position,
)
from inspector.core.records.statuses import BAD_STATUSES, OK, STATUSES, SWALLOWED, TIMED_OUT
from inspector.store.schema import SESSION_SPAN, host_body
from inspector.store.text import Cell, id_to_cell, to_cell

#: An execution that is still running is written as wide as its end will make it (bytes of SQLite's integers: 3, 6 and
#: 4), so that the end is written in its place and never splits a page.
RUNNING_WIDTHS: Final = (1 << 23) - 1, (1 << 47) - 1, (1 << 31) - 1
#: Different contexts of one session that are kept once each; further ones are written out with their publication.
MAX_CONTEXTS: Final = 256

#: Rows that one statement takes, as many as there are: a third quicker than one at a time. Above all, each statement
#: releases the interpreter and has to wait for it afterwards, half a millisecond while another thread computes. Few
#: widths, for SQLite has to be told each of them once.
WIDTHS: Final = 512, 64, 8, 1
_ONE_ROW: Final = re.compile(r"(\([?,]+\))")

Cells = tuple[Cell, ...]
_WHOLE_PUBLICATION: Final = 12
_WHOLE_EXECUTION: Final = 10
_PUBLICATION_CELL, _FAULT_CELL, _STATUS_CELL = 1, 3, 6

_STATUS_NUMBERS: Final = {status: number for number, status in enumerate(STATUSES) if number}
_BAD_NUMBERS: Final = frozenset(_STATUS_NUMBERS[status] for status in BAD_STATUSES)
_SWALLOWED_NUMBER: Final = _STATUS_NUMBERS[SWALLOWED]
_TIMED_OUT_NUMBER: Final = _STATUS_NUMBERS[TIMED_OUT]
_EXECUTION: Final = position(HandlerStarted, "execution")
_PUBLICATION: Final = position(HandlerStarted, "publication")
_FAULT: Final = position(HandlerStarted, "fault")
_STATUS: Final = position(HandlerEnded, "status")
_FAILURE: Final = position(HandlerEnded, "failure")
_FIRE: Final = position(FiredAtHandler, "fire")
_RETRY: Final = position(FiredAtHandler, "retry")

INSERTS: Final = {
    "names": "INSERT INTO names VALUES (?,?)",
    # The end of a publication comes last: it may not be there yet.
    "publications": "INSERT INTO publications (id, seq, at, event, cause, fire, handlers, context, process, span,"
    " length, outcome) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
    "payloads": "INSERT INTO payloads VALUES (?,?,?,?)",
    "executions": "INSERT INTO executions VALUES (?,?,?,?,?,?,?,?,?,?)",
    "failures": "INSERT INTO failures VALUES (?,?)",
    "notes": "INSERT INTO notes VALUES (?,?,?,?,?,?,?,?)",
    "host_notes": "INSERT INTO host_notes VALUES (?,?,?,?,?,?)",
    "host_records": "INSERT INTO host_records VALUES (?,?,?,?)",
    "odd_rows": "INSERT INTO odd_rows VALUES (?,?,?)",
}
UPDATES: Final = {
    "publication_ends": "UPDATE publications SET span=new.column1, length=new.column2, outcome=new.column3"
    " FROM (VALUES (?,?,?,?)) AS new WHERE id=new.column4",
    "execution_ends": "UPDATE executions SET status=new.column1, span=new.column2, length=new.column3,"
    " on_loop=new.column4 FROM (VALUES (?,?,?,?,?)) AS new WHERE id=new.column5",
}


@dataclass
class Totals:
    """What the sessions list says about a session; kept in its row, so that no list ever counts."""

    last_seq: int = 1
    last_at: int = 0
    publications: int = 0
    executions: int = 0
    ended: int = 0
    failures: int = 0
    timed_out: int = 0
    swallowed: int = 0
    by_fault: int = 0
    bytes: int = 0


@dataclass
class Folded:
    """Rows to be written in one transaction, by statement; and what the session holds when they are written."""

    rows: dict[str, list[Cells]] = field(default_factory=lambda: {name: [] for name in (*INSERTS, *UPDATES)})
    totals: Totals = field(default_factory=Totals)

    def statements(self) -> Iterator[tuple[str, Iterable[Sequence[Cell]]]]:
        """Yield the statements that have rows, in an order that the database accepts, with their parameters."""
        for name, sql in (*INSERTS.items(), *UPDATES.items()):
            rows, first = self.rows[name], 0
            for width in WIDTHS:
                whole = (len(rows) - first) // width * width
                if whole:
                    yield _widened(sql, width), _cells(rows[first : first + whole], width)
                    first += whole


@cache
def _widened(sql: str, rows: int) -> str:
    """Return a statement for so many rows at once."""
    head, row, tail = _ONE_ROW.split(sql)
    return head + ",".join([row] * rows) + tail


def _cells(rows: list[Cells], width: int) -> Iterator[list[Cell]]:
    """Yield the cells of so many rows as one list, again and again; a list is bound as it is, without a copy."""
    for at in range(0, len(rows), width):
        cells: list[Cell] = []
        extend = cells.extend  # copies a tuple at once, where a chain would ask for cell after cell
        for row in rows[at : at + width]:
            extend(row)
        yield cells


def _shorter(rows: Sequence[Cells], whole: int) -> list[int]:
    """Return the places of the rows that have fewer cells; this way takes a third of a loop over all of them."""
    lengths = bytes(map(len, rows))
    return [place for place, length in enumerate(lengths) if length < whole] if lengths.count(whole) < len(rows) else []


class Folder:
    """Folds the rows of one session. Kept by its writer; knows what is open.

    Args:
        session: The session's id.
    """

    def __init__(self, session: int) -> None:
        self.base = session * SESSION_SPAN
        self.totals = Totals()
        self._names: dict[str, int] = {"": 0}
        self._contexts = 0
        #: Open publications: number → (seq, at); the numbers of all.
        self._publications: dict[int, tuple[int, int]] = {}
        self._published_numbers = Numbering()
        #: Executions that are kept word for word and have not ended → whether they are under a fault.
        self._odd_running: dict[int, bool] = {}
        #: Begun since the last ``take``, in the order of their numbers, which is that of their keys. A publication's
        #: number → its cells, those of its end once it has ended. An execution's → all its cells once it has ended;
        #: till then seq and row of its start, and seq and time of its publication.
        self._fresh_publications: dict[int, Cells] = {}
        self._fresh: dict[int, tuple[Any, ...]] = {}
        #: Running and already written: number → (seq, at) of the start, and whether it is under a fault.
        self._running: dict[int, tuple[int, int, bool]] = {}
        #: Fires that try again what was recorded, their publications, and those executions of them that run and are
        #: written: they count as no failures.
        self._retries: set[int] = set()
        self._retried: set[int] = set()
        self._retried_running: set[int] = set()
        #: There was a fault: executions that end may have been under one.
        self._faulty = False
        self._last_execution = 0
        self._folded = Folded()
        self._kinds: dict[int, Callable[[int, Row], bool]] = {
            PUBLISHED: self._published,
            PUBLICATION_ENDED: self._publication_ended,
            HANDLER_ENDED: self._ended,
            NOTED: self._noted,
            **{cls.KIND: self._host_record for cls in HOST_RECORDS},
            HOST_NOTED: self._host_noted,
        }

    def take(self) -> Folded:
        """Return what was folded since the last call; what has not ended goes along as running."""
        rows = self._folded.rows
        span, length, on_loop = RUNNING_WIDTHS
        publications, executions = list(self._fresh_publications.values()), list(self._fresh.values())
        for place in _shorter(publications, _WHOLE_PUBLICATION):
            publications[place] = *publications[place], span, length, 0
        self.totals.ended += len(executions)
        for place in _shorter(executions, _WHOLE_EXECUTION):
            seq, row, opened = executions[place]
            executions[place] = *self._start(seq, row, opened), 0, span, length, on_loop
            self._running[row[_EXECUTION]] = seq, row[AT], bool(row[_FAULT])
            if row[_PUBLICATION] in self._retried:
                self._retried_running.add(row[_EXECUTION])
            self.totals.ended -= 1
        if self._faulty:
            struck = (cells for cells in executions if cells[_FAULT_CELL] and cells[_STATUS_CELL])
            self.totals.by_fault += sum(cells[_PUBLICATION_CELL] not in self._retried for cells in struck)
        rows["publications"], rows["executions"] = publications, executions
        self._fresh_publications, self._fresh = {}, {}
        folded, self._folded = self._folded, Folded()
        folded.totals = replace(self.totals)
        return folded

    def fold(self, first: int, batch: list[Row]) -> None:
        """Fold consecutive rows.

        Args:
            first: The seq of the first; above all that were folded before.
            batch: The rows.
        """
        # Starts and ends that go well are nearly all there is, and a call for each would take as long as its work:
        # they are here. What misses in a dictionary is rare: a new name, an end whose start was written before, a row
        # out of order.
        base, names, fresh, publications = self.base, self._names, self._fresh, self._publications
        before, last_execution, kinds = len(fresh), self._last_execution, self._kinds
        kind_at, execution, publication_at, status, failure = KIND, _EXECUTION, _PUBLICATION, _STATUS, _FAILURE
        for seq, row in enumerate(batch, first):
            kind = row[kind_at]
            try:
                if kind == HANDLER_STARTED and last_execution < row[execution] < SESSION_SPAN:
                    number = row[execution]
                    fresh[number] = seq, row, publications[row[publication_at]]
                    last_execution = number
                elif kind == HANDLER_ENDED and row[status] == OK and not row[failure]:
                    _, at, number, _, on_loop, _ = row
                    seq_0, (_, at_0, _, publication, handler, fault), (seq_p, at_p) = fresh[number]
                    handler, fault = names[handler], names[fault]
                    if at < at_0:
                        raise ValueError("an end before its start")
                    start, seq = seq_0 - seq_p, seq - seq_0
                    fresh[number] = (
                        base + number, publication, handler, fault, start, at_0 - at_p, 1, seq, at - at_0, on_loop
                    )  # fmt: skip
                elif not kinds[kind](seq, row):
                    self._odd(seq, row)
            except (KeyError, ValueError):
                self._last_execution = last_execution
                self._fold_one(seq, row)
                last_execution = self._last_execution
        self._last_execution = last_execution
        totals = self.totals
        totals.executions += len(fresh) - before
        totals.last_seq = first + len(batch) - 1
        totals.last_at = max(totals.last_at, batch[-1][AT])

    def _fold_one(self, seq: int, row: Row) -> None:
        """Fold any row; one that does not follow the order of a run is kept word for word."""
        fold_kind = self._kinds.get(row[KIND])
        if fold_kind is None or not fold_kind(seq, row):
            self._odd(seq, row)

    def _start(self, seq: int, row: Row, opened: tuple[int, int]) -> Cells:
        """Return the cells of an execution up to its end."""
        _, at, number, publication, handler, fault = row
        names = self._name(handler), self._name(fault)
        self._faulty |= bool(fault)
        return self.base + number, publication, *names, seq - opened[0], at - opened[1]

    def _name(self, text: str) -> int:
        """Return the number of a name; the empty one is 0."""
        number = self._names.get(text)
        if number is None:
            number = self._names[text] = len(self._names)
            self._folded.rows["names"].append((self.base + number, to_cell(text)))
        return number

    def _ended(self, seq: int, row: Row) -> bool:
        """Fold the end of an execution that was written before, or did not go well."""
        _, at, number, status, on_loop, failure = row
        status = _STATUS_NUMBERS.get(status)
        if status is None:
            return False
        start = self._fresh.get(number)
        totals = self.totals
        if start is not None:
            if len(start) == _WHOLE_EXECUTION or at < start[1][AT]:
                return False
            seq_0, started, opened = start
            struck = bool(started[_FAULT])  # counted when it is taken
            retried = started[_PUBLICATION] in self._retried
            end = status, seq - seq_0, at - started[AT], on_loop
            self._fresh[number] = (*self._start(seq_0, started, opened), *end)
        else:
            running = self._running.get(number)
            if running is None or at < running[1]:
                return False
            del self._running[number]
            struck, retried = running[2], number in self._retried_running
            totals.by_fault += struck and not retried
            self._folded.rows["execution_ends"].append(
                (status, seq - running[0], at - running[1], on_loop, self.base + number)
            )
            totals.ended += 1
        if not struck and not retried:
            totals.failures += status in _BAD_NUMBERS
            totals.timed_out += status == _TIMED_OUT_NUMBER
            totals.swallowed += status == _SWALLOWED_NUMBER
        if failure:
            self._folded.rows["failures"].append((self.base + number, to_cell(failure)))
            totals.bytes += len(failure)
        return True

    def _published(self, seq: int, row: Row) -> bool:
        _, at, number, event_type, event_id, correlation, cause, fire, payload, context, handlers, process = row
        if number >= SESSION_SPAN or self._published_numbers.add(number) < 0:
            return False
        self._publications[number] = (seq, at)
        names = self._names
        event = names.get(event_type) or self._name(event_type)
        cell: Cell = names.get(context)
        if cell is None:
            cell = self._context(context)
        self._fresh_publications[number] = (self.base + number, seq, at, event, cause, fire, handlers, cell, process)
        if payload or event_id or correlation:
            ids = (id_to_cell(event_id), id_to_cell(correlation))
            self._folded.rows["payloads"].append((self.base + number, *ids, to_cell(payload) or None))
        if fire in self._retries:
            self._retried.add(number)
        self.totals.publications += 1
        self.totals.bytes += len(payload) + 64
        return True

    def _context(self, text: str) -> int | str | bytes:
        """Return a new context as the number of a name while there are few, else as text."""
        if self._contexts >= MAX_CONTEXTS:
            return to_cell(text)
        self._contexts += 1
        return self._name(text)

    def _publication_ended(self, seq: int, row: Row) -> bool:
        _, at, number, outcome = row
        if not outcome:
            return False
        opened = self._publications.pop(number, None)
        if opened is None:
            return False
        seq_0, at_0 = opened
        end = seq - seq_0, at - at_0, self._names.get(outcome) or self._name(outcome)
        start = self._fresh_publications.get(number)
        if start is not None:
            self._fresh_publications[number] = start + end
        else:
            self._folded.rows["publication_ends"].append((*end, self.base + number))
        return True

    def _noted(self, seq: int, row: Row) -> bool:
        _, at, execution, publication, kind, level, text, data = row
        if not 0 <= execution < SESSION_SPAN:
            return False
        self._folded.rows["notes"].append(
            (
                self.base + seq,
                at,
                self.base + execution,
                publication,
                self._name(kind),
                self._name(level),
                to_cell(text),
                to_cell(data) or None,
            )
        )
        self.totals.bytes += len(text) + len(data) + 40
        return True

    def _host_noted(self, seq: int, row: Row) -> bool:
        _, at, kind, level, text, data = row
        self._folded.rows["host_notes"].append(
            (self.base + seq, at, self._name(kind), self._name(level), to_cell(text), to_cell(data) or None)
        )
        self.totals.bytes += len(text) + len(data) + 40
        return True

    def _host_record(self, seq: int, row: Row) -> bool:
        body = host_body(row)
        if row[KIND] == FiredAtHandler.KIND and row[_RETRY] is True:
            self._retries.add(row[_FIRE])
        self._folded.rows["host_records"].append((self.base + seq, row[AT], row[KIND], body))
        self.totals.bytes += len(body) + 40
        return True

    def _odd(self, seq: int, row: Row) -> None:
        body = json.dumps(row[AT:])
        self._folded.rows["odd_rows"].append((self.base + seq, row[KIND], body))
        totals = self.totals
        totals.bytes += len(body)
        # What a journal cannot place is not counted: what comes twice or late, or belongs to nothing that is there.
        if row[KIND] == HANDLER_STARTED:
            number = row[_EXECUTION]
            if self._published_numbers.index(row[_PUBLICATION]) >= 0 and number > self._last_execution:
                self._last_execution = number
                totals.executions += 1
                self._odd_running[number] = bool(row[_FAULT])
                if row[_PUBLICATION] in self._retried:
                    self._retried_running.add(number)
        elif row[KIND] == HANDLER_ENDED and row[_EXECUTION] in self._odd_running and row[_STATUS] in _STATUS_NUMBERS:
            struck, retried = self._odd_running.pop(row[_EXECUTION]), row[_EXECUTION] in self._retried_running
            totals.ended += 1
            totals.by_fault += struck and not retried
            if not struck and not retried:
                totals.failures += row[_STATUS] in BAD_STATUSES
                totals.timed_out += row[_STATUS] == TIMED_OUT
                totals.swallowed += row[_STATUS] == SWALLOWED
