"""Rows of a stream become rows of tables: a start and its end meet in one.

What follows the order of a run is kept compact; anything else (an end without a start, a number out of order) is kept
word for word as an *odd row*. So every stream comes back as it was, whatever it holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from inspector.core.records.records import (
    BAD_STATUSES,
    HANDLER_ENDED,
    HANDLER_STARTED,
    HOST_NOTED,
    NOTED,
    OK,
    PUBLICATION_ENDED,
    PUBLISHED,
    STATUSES,
    SWALLOWED,
    Row,
)
from inspector.store.schema import SESSION_SPAN
from inspector.store.text import Cell, id_to_cell, to_cell

#: An execution that is still running is written as wide as its end will make it (bytes of SQLite's integers: 3, 6 and
#: 4), so that the end is written in its place and never splits a page.
RUNNING_WIDTHS: Final = (1 << 23) - 1, (1 << 47) - 1, (1 << 31) - 1
#: Different contexts of one session that are kept once each; further ones are written out with their publication.
MAX_CONTEXTS: Final = 256

#: Rows that one INSERT takes: a third quicker than one at a time.
WIDE: Final = 64

Cells = tuple[Cell, ...]

_STATUS_NUMBERS: Final = {status: number for number, status in enumerate(STATUSES) if number}
_BAD_NUMBERS: Final = frozenset(_STATUS_NUMBERS[status] for status in BAD_STATUSES)
_SWALLOWED_NUMBER: Final = _STATUS_NUMBERS[SWALLOWED]
_by_key = itemgetter(0)

INSERTS: Final = {
    "names": "INSERT INTO names VALUES (?,?)",
    "publications": "INSERT INTO publications VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    "payloads": "INSERT INTO payloads VALUES (?,?,?,?)",
    "executions": "INSERT INTO executions VALUES (?,?,?,?,?,?,?,?,?,?)",
    "failures": "INSERT INTO failures VALUES (?,?)",
    "notes": "INSERT INTO notes VALUES (?,?,?,?,?,?,?,?)",
    "host_notes": "INSERT INTO host_notes VALUES (?,?,?,?,?,?)",
    "odd_rows": "INSERT INTO odd_rows VALUES (?,?,?)",
}
UPDATES: Final = {
    "publication_ends": "UPDATE publications SET span=?, length=?, outcome=? WHERE id=?",
    "execution_ends": "UPDATE executions SET status=?, span=?, length=?, on_loop=? WHERE id=?",
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
    swallowed: int = 0
    bytes: int = 0


@dataclass
class Folded:
    """Rows to be written in one transaction, by statement."""

    rows: dict[str, list[Cells]] = field(default_factory=lambda: {name: [] for name in (*INSERTS, *UPDATES)})

    def statements(self) -> list[tuple[str, list[Cells]]]:
        """Return the statements that have rows, in an order that the database accepts."""
        found: list[tuple[str, list[Cells]]] = []
        for name, sql in INSERTS.items():
            rows = self.rows[name]
            wide = len(rows) // WIDE * WIDE
            if wide:
                head, values, row = sql.partition("VALUES ")
                merged = [_one_after_another(rows[at : at + WIDE]) for at in range(0, wide, WIDE)]
                found.append((head + values + ",".join([row] * WIDE), merged))
            if wide < len(rows):
                found.append((sql, rows[wide:]))
        return found + [(sql, self.rows[name]) for name, sql in UPDATES.items() if self.rows[name]]


def _one_after_another(rows: list[Cells]) -> Cells:
    """Return the cells of several rows as one; this way takes half as long as ``chain``."""
    cells: list[Cell] = []
    add = cells.extend
    for row in rows:
        add(row)
    return tuple(cells)


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
        #: Open publications: number → (seq, at); their highest number so far.
        self._publications: dict[int, tuple[int, int]] = {}
        self._last_publication = 0
        #: Started since the last ``take``: a publication's number → its cells without its end; an execution's number →
        #: seq and row of its start, and its publication's place.
        self._fresh_publications: dict[int, Cells] = {}
        self._fresh: dict[int, tuple[int, Row, tuple[int, int]]] = {}
        #: Running and already written: number → (seq, at) of the start.
        self._running: dict[int, tuple[int, int]] = {}
        self._last_execution = 0
        self._folded = Folded()

    def take(self) -> Folded:
        """Return what was folded since the last call; what has not ended goes along as running."""
        rows, base = self._folded.rows, self.base
        span, length, on_loop = RUNNING_WIDTHS
        for number, cells in self._fresh_publications.items():
            rows["publications"].append((base + number, *cells, span, length, 0))
        for number, (seq, row, opened) in self._fresh.items():
            rows["executions"].append((*self._start(seq, row, opened), 0, span, length, on_loop))
            self._running[number] = (seq, row[1])
        self._fresh_publications.clear()
        self._fresh.clear()
        # They come in the order of their ends; in the order of their keys they are appended.
        rows["publications"].sort(key=_by_key)
        rows["executions"].sort(key=_by_key)
        folded, self._folded = self._folded, Folded()
        return folded

    def fold(self, first: int, batch: list[Row]) -> None:
        """Fold consecutive rows.

        Args:
            first: The seq of the first; above all that were folded before.
            batch: The rows.
        """
        # Starts and ends are nearly all there is, and a call for each would take as long as its work: they are here.
        base, names, fresh, publications = self.base, self._names, self._fresh, self._publications
        add_execution = self._folded.rows["executions"].append
        last_execution, started, ended_ok = self._last_execution, 0, 0
        take_fresh = fresh.pop
        published, publication_ended, other = self._published, self._publication_ended, self._other
        for seq, row in enumerate(batch, first):
            kind = row[0]
            if kind == HANDLER_STARTED:
                number = row[2]
                opened = publications.get(row[3])
                if opened is None or not last_execution < number < SESSION_SPAN:
                    self._odd(seq, row)
                    continue
                last_execution = number
                started += 1
                fresh[number] = seq, row, opened
            elif kind == HANDLER_ENDED:
                _, at, number, status, on_loop, failure = row
                if status != OK or failure or (start := take_fresh(number, None)) is None:
                    if not self._ended(seq, row):
                        self._odd(seq, row)
                    continue
                seq_0, (_, at_0, _, publication, handler, fault), (seq_p, at_p) = start
                ended_ok += 1
                handler = names.get(handler) or self._name(handler)
                fault = self._name(fault) if fault else 0
                seq -= seq_0
                add_execution(
                    (base + number, publication, handler, fault, seq_0 - seq_p, at_0 - at_p, 1, seq, at - at_0, on_loop)
                )
            else:
                take_in = published if kind == PUBLISHED else publication_ended if kind == PUBLICATION_ENDED else other
                if not take_in(seq, row):
                    self._odd(seq, row)
        self._last_execution = last_execution
        totals = self.totals
        totals.executions += started
        totals.ended += ended_ok
        totals.last_seq = first + len(batch) - 1
        totals.last_at = max(totals.last_at, batch[-1][1])

    def _other(self, seq: int, row: Row) -> bool:
        """Fold a row that is no start or end; say whether it follows the order of a run."""
        if row[0] == NOTED:
            return self._noted(seq, row)
        return row[0] == HOST_NOTED and self._host_noted(seq, row)

    def _start(self, seq: int, row: Row, opened: tuple[int, int]) -> Cells:
        """Return the cells of an execution up to its end."""
        _, at, number, publication, handler, fault = row
        names = self._name(handler), self._name(fault)
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
        fresh = self._fresh.pop(number, None)
        if fresh is not None:
            end = status, seq - fresh[0], at - fresh[1][1], on_loop
            self._folded.rows["executions"].append((*self._start(*fresh), *end))
        else:
            running = self._running.pop(number, None)
            if running is None:
                return False
            self._folded.rows["execution_ends"].append(
                (status, seq - running[0], at - running[1], on_loop, self.base + number)
            )
        totals = self.totals
        totals.ended += 1
        totals.failures += status in _BAD_NUMBERS
        totals.swallowed += status == _SWALLOWED_NUMBER
        if failure:
            self._folded.rows["failures"].append((self.base + number, to_cell(failure)))
            totals.bytes += len(failure)
        return True

    def _published(self, seq: int, row: Row) -> bool:
        _, at, number, event_type, event_id, correlation, cause, fire, payload, context, handlers = row
        if not self._last_publication < number < SESSION_SPAN:
            return False
        self._last_publication = number
        self._publications[number] = (seq, at)
        names = self._names
        event = names.get(event_type) or self._name(event_type)
        kept: Cell = names.get(context)
        if kept is None:
            kept = self._context(context)
        self._fresh_publications[number] = (seq, at, event, cause, fire, handlers, kept)
        if payload or event_id or correlation:
            ids = (id_to_cell(event_id), id_to_cell(correlation))
            self._folded.rows["payloads"].append((self.base + number, *ids, to_cell(payload) or None))
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
        fresh = self._fresh_publications.pop(number, None)
        if fresh is not None:
            self._folded.rows["publications"].append((self.base + number, *fresh, *end))
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

    def _odd(self, seq: int, row: Row) -> None:
        body = json.dumps(row[1:])
        self._folded.rows["odd_rows"].append((self.base + seq, row[0], body))
        totals = self.totals
        totals.bytes += len(body)
        if row[0] == PUBLISHED:
            totals.publications += 1
        elif row[0] == HANDLER_STARTED:
            totals.executions += 1
        elif row[0] == HANDLER_ENDED:
            totals.ended += 1
            totals.failures += row[3] in BAD_STATUSES
            totals.swallowed += row[3] == SWALLOWED
