"""The log: a row per publication, of a million if need be, without an object per row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, Qt

from inspector.analysis.journal import Journal
from inspector.analysis.ordering import sort_keys
from inspector.analysis.picks import Picks
from inspector.analysis.query.query import Filter
from inspector.app.text import format_count, format_duration, format_time, one_line
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.core.records.statuses import RUNNING_CODE, STATUSES, TROUBLE
from inspector.ui.kit.rows import Column, Role, TableModel, all_stretches

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.ui.kit.rows import Ints

NUMBER, TIME, EVENT, WHERE, HANDLERS, OUTCOME, DURATION, CORRELATION, CAUSE, PROCESS = range(10)

_COLUMNS: Final = (
    Column("#", number=True, about="Publication number"),
    Column("Time", about="Time of publication", falls=True),
    Column("Event"),
    Column("Workflow", about="Workflow and phase of the event"),
    Column("Handlers", number=True, about="Number of handlers"),
    Column("Outcome", about="Results of its executions", falls=True),
    Column("Duration", number=True, about="Time until the last handler ended"),
    Column("Correlation", about="Correlation id, shortened"),
    Column("Cause", about="Execution that published it"),
    Column("Process", about="Process that published it"),
)
#: What the rows are sorted by, by column; the others go up with the publications themselves.
_ORDERS: Final = {
    EVENT: "event",
    WHERE: "workflow",
    HANDLERS: "handlers",
    OUTCOME: "outcome",
    DURATION: "duration",
    CORRELATION: "correlation",
    CAUSE: "cause",
    PROCESS: "process",
}
#: How many rows the short memory holds; more than any screen shows.
_REMEMBERED: Final = 1024
_EVERYTHING: Final = Filter("", ())
_ROOT: Final = QModelIndex()


@dataclass(frozen=True)
class _Row:
    texts: tuple[str, ...]
    tone: str
    running: bool


class LogModel(TableModel):
    """Publications of a journal, all or those that a filter and a range pick out, in their order or sorted.

    Sorted by anything but their order, rows that are new stand at the end, and rows that change stay where they are,
    until ``settle`` is called.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._journal = Journal()
        self._count = 0
        self._filter: Filter | None = None
        self._range: tuple[int, int] | None = None
        self._picks: Picks | None = None
        #: The publications that are shown, ascending, where not all are; sorted by a column always and as they stand.
        self._shown: Ints = np.zeros(0, np.int64)
        self._by, self._falling = NUMBER, False
        self._texts: dict[int, _Row] = {}

    def set_journal(self, journal: Journal) -> None:
        """Show another run."""
        self._journal = journal
        self._start_over()

    def set_filter(self, chosen: Filter | None) -> None:
        """Show only publications that fit; None shows all."""
        self._filter = chosen or None
        self._start_over()

    def set_range(self, start: int, end: int) -> None:
        """Show only what was published in ``start ≤ at < end`` (ns); a negative start shows all."""
        wanted = None if start < 0 else (start, end)
        if wanted != self._range:
            self._range = wanted
            self._start_over()

    @property
    def narrowed(self) -> bool:
        """Whether a filter or a range leaves something out."""
        return self._picks is not None

    @property
    def by_column(self) -> bool:
        """Whether the rows are sorted by something else than the order of the publications."""
        return self._by in _ORDERS

    @property
    def newest_first(self) -> bool:
        """Whether new rows come at the top."""
        return self._falling and not self.by_column

    def publication_at(self, row: int) -> int:
        """Return the index of the publication that a row stands for."""
        if self.newest_first:
            row = self._count - 1 - row
        return row if self._picks is None and not self.by_column else int(self._shown[row])

    def row_of(self, publication: int) -> int:
        """Return the row of a publication, -1 when it is not shown."""
        if self.by_column:
            rows = np.flatnonzero(self._shown[: self._count] == publication)
            return int(rows[0]) if len(rows) else -1
        if self._picks is None:
            row = publication if 0 <= publication < self._count else -1
        else:
            row = int(self._shown[: self._count].searchsorted(np.int64(publication)))
            row = row if row < self._count and self._shown[row] == publication else -1
        return self._count - 1 - row if row >= 0 and self.newest_first else row

    def rows(self) -> int:
        """Return the number of publications shown."""
        return self._count

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; time and number are the order of the publications. -1 stands for that order, too."""
        by, falling = max(column, NUMBER), order == Qt.SortOrder.DescendingOrder
        if (by, falling) == (self._by, self._falling):
            return
        with self._rearranged():
            self._by, self._falling = by, falling
            self._shown = self._picked() if self._picks is not None or self.by_column else self._shown[:0]
            if self.by_column:
                self._shown = self._shown[self._places()]

    def settle(self) -> None:
        """Put new rows, and those that changed, in their places among the sorted ones."""
        if not self.by_column:
            return
        places = self._places()
        if (places[1:] < places[:-1]).any():
            with self._rearranged():
                self._shown[: self._count] = self._shown[places]

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold: rows come, rows change, none is painted anew without need."""
        journal = self._journal
        first = change.first_publication
        owners = journal.executions["publication"]
        ended, closed = (np.array(part, np.int64) for part in (change.ended, change.ended_publications))
        touched = np.concatenate((owners[ended], owners[change.first_execution :], closed))
        changed = np.unique(touched[touched < first])  # of those that are new, nothing is shown yet
        for publication in changed.tolist():
            self._texts.pop(publication, None)
        added, removed = np.arange(self._count, len(journal.publications)), changed[:0]
        if self._picks is not None:
            added, removed = self._picks.folded(change)
        if self.by_column:
            self._remove(np.flatnonzero(np.isin(self._shown[: self._count], removed)))
            self._insert(self._count, added)
            self.tell_changed(np.flatnonzero(np.isin(self._shown[: self._count], changed)))
            return
        if self._picks is None:
            self._insert(self._count, added)
        else:
            self._follow(added, removed)
            places = self._shown[: self._count].searchsorted(changed)
            places = places[places < self._count]
            changed = places[np.isin(self._shown[places], changed)]
        self.tell_changed(np.sort(self._count - 1 - changed) if self.newest_first else changed)

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        return self._row(row).texts[column]

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the publication's index, its time, or how it ended."""
        publication = self.publication_at(row)
        if role == Role.NUMBER:
            return publication
        if role == Role.GLYPH and column == OUTCOME:
            tone = self._row(row).tone
            return tone if tone in STATUSES else None
        if role == Role.TONE:
            if column in (OUTCOME, DURATION) and self._row(row).tone != "ok":
                return self._row(row).tone if column == OUTCOME or self._row(row).running else ""
            return "dim" if column in (NUMBER, TIME, WHERE, HANDLERS, OUTCOME, CAUSE, PROCESS) else ""
        return None

    def _start_over(self) -> None:
        self.beginResetModel()
        self._texts.clear()
        self._picks = None
        self._count = len(self._journal.publications)
        if self._filter is not None or self._range is not None:
            self._picks = Picks(self._journal, self._filter or _EVERYTHING, self._range)
        if self._picks is not None or self.by_column:
            self._shown = self._picked()
            self._count = len(self._shown)
        if self.by_column:
            self._shown = self._shown[self._places()]
        self.endResetModel()

    def _picked(self) -> Ints:
        """Return the publications that are shown, ascending."""
        return self._picks.all() if self._picks is not None else np.arange(self._count)

    def _places(self) -> Ints:
        """Return which of the rows stands where when they are sorted; equal ones stay in their order."""
        keys = sort_keys(self._journal, _ORDERS[self._by])[self._shown[: self._count]]
        # Stable, and quick where all but a few stand in their places already.
        return np.argsort(-keys if self._falling else keys, kind="stable")

    @contextmanager
    def _rearranged(self) -> Iterator[None]:
        """Let rows change places; what is selected stays selected."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        publications = [self.publication_at(index.row()) for index in before]
        yield
        rows = np.zeros(len(self._journal.publications), np.int64)
        if before:
            rows[self._as_shown()] = np.arange(self._count)
        pairs = zip(before, rows[publications].tolist() if before else (), strict=True)
        self.changePersistentIndexList(before, [self.index(row, index.column()) for index, row in pairs])
        self.layoutChanged.emit()

    def _as_shown(self) -> Ints:
        """Return the publications from the first row to the last."""
        whole = self._picks is None and not self.by_column
        shown = np.arange(self._count) if whole else self._shown[: self._count]
        return shown[::-1] if self.newest_first else shown

    def _insert(self, place: int, new: Ints) -> None:
        """Put publications in; ``place`` counts from the oldest."""
        if not len(new):
            return
        first = self._count - place if self.newest_first else place
        self.beginInsertRows(_ROOT, first, first + len(new) - 1)
        if self._picks is not None or self.by_column:
            self._reserve(self._count + len(new))
            self._shown[place + len(new) : self._count + len(new)] = self._shown[place : self._count].copy()
            self._shown[place : place + len(new)] = new
        self._count += len(new)
        self.endInsertRows()

    def _remove(self, gone: Ints) -> None:
        """Take out what stands at these places, which ascend; they count from the oldest."""
        for first, last in reversed(list(all_stretches(gone))):
            top, bottom = (self._count - 1 - last, self._count - 1 - first) if self.newest_first else (first, last)
            self.beginRemoveRows(_ROOT, top, bottom)
            self._shown[first : self._count - (last + 1 - first)] = self._shown[last + 1 : self._count].copy()
            self._count -= last + 1 - first
            self.endRemoveRows()

    def _follow(self, added: Ints, removed: Ints) -> None:
        """Take publications out of the rows and put others in; both ascend."""
        self._remove(self._shown[: self._count].searchsorted(removed))
        places = self._shown[: self._count].searchsorted(added)
        for place in np.unique(places)[::-1].tolist():  # from the end, so that places before stay true
            self._insert(place, added[places == place])

    def _reserve(self, wanted: int) -> None:
        if wanted > len(self._shown):
            grown = np.zeros(max(wanted, 2 * len(self._shown), 1024), np.int64)
            grown[: self._count] = self._shown[: self._count]
            self._shown = grown

    def _row(self, row: int) -> _Row:
        publication = self.publication_at(row)
        log_row = self._texts.get(publication)
        if log_row is None:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            log_row = self._texts[publication] = self._read(PublicationIndex(publication))
        return log_row

    def _read(self, publication: PublicationIndex) -> _Row:
        journal = self._journal
        entry = journal.publication(publication)
        executions = journal.executions_of(publication)
        counts = np.bincount(journal.executions["status"][executions], minlength=len(STATUSES))
        tone, outcome = _outcome(counts, entry.handlers, ended=entry.end is not None)
        if (journal.executions["fault"][executions] > 0).any():
            outcome += " ⚡"  # the status bar counts it as by fault
        retried = entry.fire in journal.retries
        where = " · ".join(part for part in (entry.event.workflow, entry.event.phase) if part)
        texts = (
            format_count(entry.number),
            format_time(journal.wall, entry.at),
            one_line(entry.event.name) + (" · retry" if retried else " · synthetic" if entry.synthetic else ""),
            one_line(where),
            str(entry.handlers),
            outcome,
            format_duration(entry.end - entry.at) if entry.end is not None else "running",
            one_line(_short(entry.correlation)),
            one_line(self._cause(entry.cause)),
            one_line(journal.processes.label(entry.process)),
        )
        return _Row(texts, tone, running=entry.end is None)

    def _cause(self, execution: int | None) -> str:
        if execution is None or execution >= len(self._journal.executions):
            return ""
        cause = self._journal.execution(ExecutionIndex(execution))
        return f"{cause.handler.label} #{format_count(cause.number)}"


def _short(identity: str) -> str:
    return identity if len(identity) <= 16 else f"{identity[:9]}…{identity[-4:]}"


def _outcome(counts: Ints, handlers: int, *, ended: bool) -> tuple[str, str]:
    """Return tone and words for how a publication's executions ended: the worst first."""
    if not handlers:
        return "dim", "unheard"
    worst = [code for code in TROUBLE if counts[code]]
    tone = STATUSES[worst[0]] if worst else "ok"
    parts = [f"{format_count(int(counts[code]))} {STATUSES[code].replace('_', ' ')}" for code in worst]
    if counts[RUNNING_CODE] or not ended:
        tone = "running" if tone == "ok" else tone
        parts.append(f"{counts[RUNNING_CODE]} running" if counts[RUNNING_CODE] else "running")
    return tone, ", ".join(parts) or "ok"
