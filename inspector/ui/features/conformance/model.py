"""Conformance for Qt: the heat map of events by classes of handlers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal

from inspector.analysis.journal import Journal
from inspector.app.text import format_count, one_line
from inspector.catalog.conformance.required import missing_kinds, owners_of_kinds
from inspector.catalog.findings.model import SEVERITY_WORDS
from inspector.catalog.findings.settings import CheckSettings
from inspector.catalog.findings.subject import Subject
from inspector.core.description import CatalogDescription
from inspector.core.facts import CatalogFacts
from inspector.core.records.statuses import RUNNING_CODE, STATUSES, TROUBLE
from inspector.ui.kit.rows import Column, Index, Role, TableModel
from inspector.ui.kit.theme import LABELS
from inspector.ui.parts.severity import GLYPHS

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.catalog.conformance.rules import RunFinding


#: How a cell's executions ended, by state from ``OK`` on, the later the worse.
ENDED: Final = ("ok", *(STATUSES[code] for code in reversed(TROUBLE)))
#: States of a cell, the later the worse. ``STRUCK``: it ran under an injected fault alone, which says nothing of it.
#: ``MISSING``: the registry requires such a handler, and there is none.
NOTHING, NOT_FIRED, STRUCK, OK = range(4)
SWALLOWED, FAILED, MISSING = OK + 1, OK + len(ENDED) - 1, OK + len(ENDED)
#: What people call them.
STATE_NAMES: Final = (
    "no handler",
    "not fired",
    "by fault",
    *(LABELS[status] for status in ENDED),
    "required but missing",
)

_STATE_OF_STATUS: Final = np.array(
    [OK + ENDED.index(status) if status in ENDED else NOT_FIRED for status in STATUSES], np.uint8
)
#: By mark. Information marks nothing.
_SEVERITIES: Final = ("", "warning", "error")
_ROOT: Final = QModelIndex()
#: Where a word of a name begins.
_WORD: Final = re.compile(r"(?<=[a-z0-9])[A-Z]|[A-Z](?=[a-z])")
_COLUMN_BITS: Final = 32
#: How many names are measured for the room of all: names of one font differ little from their lengths.
_LONGEST: Final = 16
_Number = TypeVar("_Number", int, npt.NDArray[np.int64])


def without_shared_ending(names: Sequence[str]) -> list[str]:
    """Return names without the last words that at least half of them end with: ``Audit`` for ``AuditEventHandler``."""
    endings: Counter[str] = Counter()
    for name in names:
        endings.update(name[match.start() :] for match in _WORD.finditer(name) if match.start())
    shared = [ending for ending, count in endings.items() if count > 1 and count * 2 >= len(names)]
    longest = max(shared, key=len, default="")
    return [name.removesuffix(longest) if longest and name != longest else name for name in names]


def _key(event: _Number, column: _Number) -> _Number:
    """Return the number of a cell in the whole map, however many columns there are or will be."""
    return event << _COLUMN_BITS | column


@dataclass(frozen=True)
class Cell:
    """An event and a class of handlers.

    Attributes:
        event: Name of the event.
        owner: The class, or the module of plain functions.
        state: One of the states.
        severity: Of the worst finding about it, empty when there is none.
        execution: Index of the newest execution that ended as the cell shows, -1 when there is none.
    """

    event: str
    owner: str
    state: int
    severity: str
    execution: int


class HeatMapModel(QAbstractTableModel):
    """Events in rows, classes of handlers in columns; a cell shows the worst that happened there.

    Args:
        parent: The owner.

    Signals:
        read_anew: Everything is about to be read: changes that still wait must not be told any more.
    """

    read_anew = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._journal = Journal()
        self._span: tuple[int, int | None] = (0, None)
        self._only_trouble = False
        self._findings: tuple[RunFinding, ...] = ()
        self._settings = CheckSettings()
        self._owners: list[str] = []
        self._short: list[str] | None = None
        self._columns: dict[str, int] = {}
        self._column_of_handler: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._events = 0
        #: By event and column (``_key``), where there is something: nearly all cells of a large map are empty.
        self._states: dict[int, int] = {}
        self._executions: dict[int, int] = {}
        self._marks: dict[int, int] = {}
        #: Whether a name that is new changes nothing about the cells that were there.
        self._grows = False
        self._shown: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        #: The class of handlers by whose cells the events are sorted, the worst first; empty: by ``_by_name``.
        self._sorted_by = ""
        self._by_name = False

    # -- what is shown

    def set_journal(self, journal: Journal) -> None:
        """Show another run, all of it."""
        self._journal, self._span, self._findings = journal, (0, None), ()
        self.rebuild()

    def set_span(self, first: int, last: int | None = None, findings: Iterable[RunFinding] = ()) -> None:
        """Show a part of the run.

        Args:
            first: Index of the first execution.
            last: Index after the last one; None: those to come too.
            findings: What was found there; cells that it is about are marked.
        """
        self._span, self._findings = (first, last), tuple(findings)
        self.rebuild()

    def set_settings(self, settings: CheckSettings) -> None:
        """Take over what the project says about its check: which handlers are of which kind."""
        self._settings = settings
        self.rebuild()

    def set_only_trouble(self, only: bool) -> None:
        """Leave out events without trouble; which those are is decided now and at ``rebuild``."""
        self._only_trouble = only
        self.beginResetModel()
        self._choose()
        self.endResetModel()

    @property
    def sorted_by(self) -> str:
        """The class of handlers by whose cells the events are sorted; empty when they are not."""
        return self._sorted_by

    @property
    def by_name(self) -> bool:
        """Whether the events are sorted by their names."""
        return self._by_name

    def sort_by(self, owner: str = "", *, name: bool = False) -> None:
        """Sort the events by what happened in a class of handlers, the worst first, or by name, or as the catalog does.

        Events that come, or change, take their places at ``rebuild``.
        """
        self._sorted_by, self._by_name = owner, name
        self.beginResetModel()
        self._choose()
        self.endResetModel()

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold."""
        journal = self._journal
        grown = len(journal.events) != self._events or len(journal.handlers) != len(self._column_of_handler)
        if change.catalog or (grown and not self._grows):
            self.rebuild()
            return
        if grown:
            self.beginResetModel()
            self._add_names()
            self._choose()
        first, last = self._span
        ended = np.array(change.ended, np.int64)
        ended = ended[(ended >= first) & (ended < (last if last is not None else len(journal.executions)))]
        rows = self._apply(ended)
        if grown:
            self.endResetModel()
        elif len(rows):
            places = np.flatnonzero(np.isin(self._shown, rows))
            if len(places):
                top, bottom = int(places[0]), int(places[-1])
                self.dataChanged.emit(self.index(top, 0), self.index(bottom, len(self._owners) - 1))

    def rebuild(self) -> None:
        """Read everything again."""
        self.read_anew.emit()
        self.beginResetModel()
        self._lay_out()
        first, last = self._span
        statuses = self._journal.executions["status"][first:last]
        self._apply(np.flatnonzero(statuses != RUNNING_CODE) + first)
        self._mark()
        self._choose()
        self.endResetModel()

    @property
    def counts(self) -> dict[int, int]:
        """How many cells there are of each state, shown or not."""
        numbers = Counter(self._states.values())
        numbers[NOTHING] = self._events * len(self._owners) - len(self._states)
        return {state: numbers[state] for state in range(len(STATE_NAMES))}

    @property
    def events(self) -> int:
        """How many events there are, shown or not."""
        return self._events

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell."""
        event = int(self._shown[row])
        key = _key(event, column)
        return Cell(
            self._journal.events[event].name,
            self._owners[column],
            self._states.get(key, NOTHING),
            _SEVERITIES[self._marks.get(key, 0)],
            self._executions.get(key, -1),
        )

    def owner(self, column: int) -> str:
        """Return the class of handlers of a column."""
        return self._owners[column]

    def event_name(self, row: int) -> str:
        """Return the name of a row's event."""
        return self._journal.events[int(self._shown[row])].name

    def longest_names(self, orientation: Qt.Orientation) -> list[str]:
        """Return the longest of the names that are shown, a few of them: one of these needs the most room."""
        names = [self.short_owner(section) for section in range(len(self._owners))]
        if orientation == Qt.Orientation.Vertical:
            events = self._journal.events
            names = [events[number].name for number in self._shown.tolist()]
        return [one_line(name) for name in nlargest(_LONGEST, names, len)]

    def short_owner(self, section: int) -> str:
        """Return the name of a class for its narrow head: without the last words that most classes share."""
        if self._short is None or len(self._short) != len(self._owners):
            self._short = without_shared_ending(self._owners)
        return one_line(self._short[section]) if 0 <= section < len(self._short) else ""

    def row_of(self, event: str) -> int:
        """Return the row of an event, -1 when it is not shown."""
        return next((row for row in range(len(self._shown)) if self.event_name(row) == event), -1)

    def column_of(self, handler: str) -> int:
        """Return the number of the column of a handler's label, or of a class; -1 when there is none."""
        return self._columns.get(handler, self._columns.get(handler.rpartition(".")[0], -1))

    def place_of(self, execution: int) -> tuple[int, int]:
        """Return row and column of an execution; -1 for what is not shown."""
        columns = self._journal.executions
        if not 0 <= execution < len(columns):
            return -1, -1
        rows = np.flatnonzero(self._shown == int(columns["event"][execution]))
        handler = int(columns["handler"][execution])
        has_column = handler < len(self._column_of_handler)
        return (int(rows[0]) if len(rows) else -1), (int(self._column_of_handler[handler]) if has_column else -1)

    # -- Qt

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return the number of events shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Return the number of classes of handlers."""
        return 0 if parent.isValid() else len(self._owners)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the name of an event or of a class."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return one_line(self._owners[section]) if 0 <= section < len(self._owners) else None
        return one_line(self.event_name(section)) if 0 <= section < len(self._shown) else None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return a cell in words, its state by ``Role.NUMBER``, the severity found there by ``Role.MARK``."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        if role == Role.NUMBER:
            return self._states.get(_key(int(self._shown[index.row()]), index.column()), NOTHING)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            cell = self.cell(index.row(), index.column())
            severity = f"; {SEVERITY_WORDS[cell.severity]} found" if cell.severity else ""
            return f"{one_line(cell.event)}, {one_line(cell.owner)}: {STATE_NAMES[cell.state]}{severity}"
        if role == Role.MARK:
            return _SEVERITIES[self._marks.get(_key(int(self._shown[index.row()]), index.column()), 0)]
        return None

    # -- folding

    def _lay_out(self) -> None:
        """Make rows and columns, and fill in what is known without a run."""
        journal = self._journal
        self._columns, self._events = {}, 0
        self._column_of_handler = np.zeros(0, np.intp)
        self._states, self._executions = {}, {}
        self._add_names()
        column_of_key = {
            handler.key: int(column) for handler, column in zip(journal.handlers, self._column_of_handler, strict=True)
        }
        self._grows = True
        for row, event in enumerate(journal.events):
            self._grows &= not event.requires and all(key in column_of_key for key in event.handlers)
            for key in event.handlers:
                if key in column_of_key:
                    self._states[_key(row, column_of_key[key])] = NOT_FIRED
        for row, column in self._missing(self._columns):
            self._states[_key(row, column)] = MISSING
        self._owners = list(self._columns)

    def _add_names(self) -> None:
        """Make room for events and handlers that are new."""
        journal, owners = self._journal, self._columns
        fresh = journal.handlers[len(self._column_of_handler) :]
        columns = [owners.setdefault(handler.owner, len(owners)) for handler in fresh]
        self._column_of_handler = np.concatenate((self._column_of_handler, np.array(columns, np.intp)))
        self._owners = list(owners)
        self._events = len(journal.events)

    def _missing(self, owners: dict[str, int]) -> list[tuple[int, int]]:
        """Return row and column of each handler that is required and missing; a kind that nobody has gets a column."""
        journal = self._journal
        described = CatalogDescription("", tuple(journal.events), tuple(journal.handlers))
        subject = Subject(described, CatalogFacts(), None, self._settings)
        usual = owners_of_kinds(subject)
        return [
            (row, owners.setdefault(usual.get(kind, kind), len(owners)))
            for row, event in enumerate(journal.events)
            if event.requires
            for kind in missing_kinds(subject, event, subject.handlers_of(event))
        ]

    def _apply(self, executions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Take in executions that have ended; return the events that they are about."""
        columns = self._journal.executions
        rows = columns["event"][executions].astype(np.int64)
        places = self._column_of_handler[columns["handler"][executions]].astype(np.int64)
        states = _STATE_OF_STATUS[columns["status"][executions]]
        states[columns["fault"][executions] > 0] = STRUCK
        keys, place_of = np.unique(_key(rows, places), return_inverse=True)
        worst = np.array([self._states.get(key, NOTHING) for key in keys.tolist()], np.uint8)
        np.maximum.at(worst, place_of, states)
        newest = np.full(len(keys), -1, np.int64)
        shown = states == worst[place_of]
        newest[place_of[shown]] = executions[shown]  # of several the last, the newest, stays
        for key, state, execution in zip(keys.tolist(), worst.tolist(), newest.tolist(), strict=True):
            self._states[key] = state
            if execution >= 0:
                self._executions[key] = execution
        return rows

    def _mark(self) -> None:
        """Mark the cells that errors and warnings are about; one about an event alone marks all of its handlers."""
        self._marks = {}
        handled: dict[int, list[int]] = {}
        for key in self._states if self._findings else ():
            handled.setdefault(key >> _COLUMN_BITS, []).append(key)
        rows = {event.name: row for row, event in enumerate(self._journal.events)}
        for finding in self._findings:
            row = rows.get(finding.event, -1)
            if row < 0 or finding.severity not in _SEVERITIES or not self._owners:
                continue
            mark = _SEVERITIES.index(finding.severity)
            column = self._column(finding)
            keys = [_key(row, column)] if column >= 0 else handled.get(row, [_key(row, 0)])
            for key in keys:
                self._marks[key] = max(self._marks.get(key, 0), mark)

    def _column(self, finding: RunFinding) -> int:
        execution = self._journal.execution_index(finding.execution)
        if execution >= 0:
            return int(self._column_of_handler[int(self._journal.executions["handler"][execution])])
        return self.column_of(finding.handler)

    def _choose(self) -> None:
        if self._only_trouble:
            trouble = {key for key, state in self._states.items() if state >= SWALLOWED} | set(self._marks)
            self._shown = np.array(sorted({key >> _COLUMN_BITS for key in trouble}), np.intp)
        else:
            self._shown = np.arange(self._events)
        column = self._columns.get(self._sorted_by, -1)
        if column >= 0:
            cells = [_key(event, column) for event in self._shown.tolist()]
            worst = [self._states.get(key, NOTHING) * len(_SEVERITIES) + self._marks.get(key, 0) for key in cells]
            self._shown = self._shown[np.argsort(-np.array(worst, np.int64), kind="stable")]
        elif self._by_name:
            names = [self._journal.events[event].name.casefold() for event in self._shown.tolist()]
            self._shown = self._shown[sorted(range(len(names)), key=names.__getitem__)]


# The findings of a run for Qt: a table, the worst first.

MESSAGE, EVENT, HANDLER, EXECUTION = range(4)
_COLUMNS: Final = (
    Column("Finding"),
    Column("Event"),
    Column("Handler"),
    Column("Execution", number=True, about="Execution where it was observed"),
)
_TONES: Final = {"error": "warn", "warning": "warn", "information": "accent"}


class RunFindingsModel(TableModel):
    """The findings of a run, the worst first.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._findings: tuple[RunFinding, ...] = ()

    def set_findings(self, findings: Iterable[RunFinding]) -> None:
        """Show other findings."""
        self.beginResetModel()
        self._findings = tuple(findings)
        self.endResetModel()

    @property
    def severe(self) -> int:
        """How many errors and warnings there are."""
        return sum(finding.severity != "information" for finding in self._findings)

    def finding(self, row: int) -> RunFinding:
        """Return the finding of a row."""
        return self._findings[row]

    def row_about(self, event: str, owner: str) -> int:
        """Return the row of the worst finding about an event and a class of handlers, -1 when there is none."""
        for row, finding in enumerate(self._findings):
            # Of a handler that is missing there is only the class to name.
            if finding.event == event and owner in (finding.handler, finding.handler.rpartition(".")[0]):
                return row
        return -1

    def rows(self) -> int:
        """Return the number of findings."""
        return len(self._findings)

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        finding = self._findings[row]
        if column == MESSAGE:
            return one_line(f"{GLYPHS[finding.severity]} {finding.message}")
        if column == EXECUTION:
            return format_count(finding.execution) if finding.execution else ""
        return one_line(finding.event if column == EVENT else finding.handler)

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the tone of a cell, or what to sort by."""
        finding = self._findings[row]
        if role == Role.NUMBER:
            return row
        if role == Role.TONE:
            return _TONES[finding.severity] if column == MESSAGE else "dim"
        if role == Role.SORT:
            values = {MESSAGE: row, EXECUTION: finding.execution}  # they come in the order of their severity
            return values.get(column, self.text(row, column).lower())
        return None
