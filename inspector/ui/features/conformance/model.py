"""Conformance for Qt: the heat map of events by classes of handlers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from inspector.analysis.entries import IS_BAD, RUNNING_CODE, SWALLOWED_CODE, Change
from inspector.analysis.journal import Journal
from inspector.app.text import format_count, one_line
from inspector.catalog.conformance.required import missing_kinds, owners_of_kinds
from inspector.catalog.findings.settings import CheckSettings
from inspector.catalog.findings.subject import Subject
from inspector.core.description import CatalogDescription
from inspector.core.facts import CatalogFacts
from inspector.core.records.records import STATUSES
from inspector.ui.kit.rows import Column, Index, Role, TableModel
from inspector.ui.parts.severity import GLYPHS

if TYPE_CHECKING:
    from inspector.catalog.conformance.rules import RunFinding


#: States of a cell, the later the worse. ``MISSING``: the registry requires such a handler, and there is none.
NOTHING, NOT_FIRED, OK, SWALLOWED, FAILED, MISSING = range(6)
#: What people call them.
STATE_NAMES: Final = ("no handler", "not fired", "ok", "swallowed", "failed", "required, but missing")

_STATE_OF_STATUS: Final = np.array(
    [
        NOT_FIRED if code == RUNNING_CODE else FAILED if IS_BAD[code] else SWALLOWED if code == SWALLOWED_CODE else OK
        for code in range(len(STATUSES))
    ],
    np.uint8,
)
#: By mark. Information marks nothing.
_SEVERITIES: Final = ("", "warning", "error")
_ROOT: Final = QModelIndex()


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
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._journal = Journal()
        self._span: tuple[int, int | None] = (0, None)
        self._only_trouble = False
        self._findings: tuple[RunFinding, ...] = ()
        self._settings = CheckSettings()
        self._owners: list[str] = []
        self._column_of_handler: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._states: npt.NDArray[np.uint8] = np.zeros((0, 0), np.uint8)
        self._executions: npt.NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._marks: npt.NDArray[np.uint8] = np.zeros((0, 0), np.uint8)
        self._shown: npt.NDArray[np.intp] = np.zeros(0, np.intp)

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

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold."""
        journal = self._journal
        grown = len(journal.events) != len(self._states) or len(journal.handlers) != len(self._column_of_handler)
        if grown or change.catalog:
            self.rebuild()
            return
        first, last = self._span
        ended = np.array(change.ended, np.int64)
        ended = ended[(ended >= first) & (ended < (last if last is not None else len(journal.executions)))]
        if len(ended):
            rows = self._apply(ended)
            places = np.flatnonzero(np.isin(self._shown, rows))
            if len(places):
                top, bottom = int(places[0]), int(places[-1])
                self.dataChanged.emit(self.index(top, 0), self.index(bottom, len(self._owners) - 1))

    def rebuild(self) -> None:
        """Read everything again."""
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
        numbers = np.bincount(self._states.ravel(), minlength=len(STATE_NAMES))
        return {state: int(numbers[state]) for state in range(len(STATE_NAMES))}

    @property
    def events(self) -> int:
        """How many events there are, shown or not."""
        return len(self._states)

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell."""
        event = int(self._shown[row])
        return Cell(
            self._journal.events[event].name,
            self._owners[column],
            int(self._states[event, column]),
            _SEVERITIES[int(self._marks[event, column])],
            int(self._executions[event, column]),
        )

    def event_name(self, row: int) -> str:
        """Return the name of a row's event."""
        return self._journal.events[int(self._shown[row])].name

    def row_of(self, event: str) -> int:
        """Return the row of an event, -1 when it is not shown."""
        return next((row for row in range(len(self._shown)) if self.event_name(row) == event), -1)

    def column_of(self, handler: str) -> int:
        """Return the number of the column of a handler's label, or of a class; -1 when there is none."""
        owner = handler if handler in self._owners else handler.rpartition(".")[0]
        return self._owners.index(owner) if owner in self._owners else -1

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
            return int(self._states[self._shown[index.row()], index.column()])
        if role == Qt.ItemDataRole.AccessibleTextRole:
            cell = self.cell(index.row(), index.column())
            severity = f"; {cell.severity} found" if cell.severity else ""
            return f"{one_line(cell.event)}, {one_line(cell.owner)}: {STATE_NAMES[cell.state]}{severity}"
        if role == Role.MARK:
            return _SEVERITIES[int(self._marks[self._shown[index.row()], index.column()])]
        return None

    # -- folding

    def _lay_out(self) -> None:
        """Make rows and columns, and fill in what is known without a run."""
        journal = self._journal
        owners: dict[str, int] = {}
        columns = [owners.setdefault(handler.owner, len(owners)) for handler in journal.handlers]
        column_of_key = {handler.key: column for handler, column in zip(journal.handlers, columns, strict=True)}
        missing = self._missing(owners)
        self._owners = list(owners)
        self._column_of_handler = np.array(columns, np.intp)
        self._states = np.zeros((len(journal.events), len(owners)), np.uint8)
        self._executions = np.full(self._states.shape, -1, np.int64)
        for row, event in enumerate(journal.events):
            for key in event.handlers:
                if key in column_of_key:
                    self._states[row, column_of_key[key]] = NOT_FIRED
        for row, column in missing:
            self._states[row, column] = MISSING

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
        places = self._column_of_handler[columns["handler"][executions]]
        states = _STATE_OF_STATUS[columns["status"][executions]]
        if not len(rows):
            return rows
        np.maximum.at(self._states, (rows, places), states)
        worst = states == self._states[rows, places]
        self._executions[rows[worst], places[worst]] = executions[worst]  # of several the last, the newest, stays
        return rows

    def _mark(self) -> None:
        """Mark the cells that errors and warnings are about; one about an event alone marks all of its handlers."""
        self._marks = np.zeros(self._states.shape, np.uint8)
        rows = {event.name: row for row, event in enumerate(self._journal.events)}
        for finding in self._findings:
            row = rows.get(finding.event, -1)
            if row < 0 or finding.severity not in _SEVERITIES or not self._owners:
                continue
            mark = _SEVERITIES.index(finding.severity)
            column = self._column(finding)
            handled = np.flatnonzero(self._states[row])
            places = [column] if column >= 0 else handled if len(handled) else [0]
            self._marks[row, places] = np.maximum(self._marks[row, places], mark)

    def _column(self, finding: RunFinding) -> int:
        execution = self._journal.execution_index(finding.execution)
        if execution >= 0:
            return int(self._column_of_handler[int(self._journal.executions["handler"][execution])])
        return self.column_of(finding.handler)

    def _choose(self) -> None:
        rows = np.arange(len(self._states))
        if self._only_trouble:
            trouble = (self._states >= SWALLOWED) | (self._marks > 0)
            rows = rows[trouble.any(axis=1)] if trouble.size else rows[:0]
        self._shown = rows


# The findings of a run for Qt: a table, the worst first.

MESSAGE, EVENT, HANDLER, EXECUTION = range(4)
_COLUMNS: Final = (
    Column("finding"),
    Column("event"),
    Column("handler"),
    Column("execution", number=True, about="The execution that it was seen in"),
)
_TONES: Final = {"error": "failed", "warning": "warn", "information": "accent"}


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
