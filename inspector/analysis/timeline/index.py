"""A journal taken in for painting: spans, rows of lanes, marks; kept up slice by slice. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from inspector.analysis.columns import Columns
from inspector.analysis.timeline.groupings import grouping, inside
from inspector.analysis.timeline.lanes import LaneRows
from inspector.analysis.timeline.pyramid import COLUMN, Bools, Ints, Pyramid, SpanIndex
from inspector.core.records.statuses import RUNNING_CODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal

#: Executions taken in at once: a slice stays well under a frame.
SLICE: Final = 16_384
#: New executions of one fold that are taken in at once; more are taken in slices.
_AT_ONCE: Final = 4 * SLICE
#: More phases than there are: process and phase are looked up as one number.
_PHASES: Final = 1 << 20


class ExecutionFilter(Protocol):
    """Selects the executions of interest."""

    def mask(self, journal: Journal, first: int, last: int) -> Bools:
        """Return the mask of the executions ``first…last`` (``last`` not included), shape ``(last - first,)``."""


class TimelineIndex:
    """Everything that painting reads, kept up with a journal.

    A journal that has grown without us (a session opened, another grouping, a filter) is taken in slice by slice
    through ``advance``, so the window never waits for it.

    Attributes:
        journal: What is shown.
        spans: Index of the executions that ended.
        running: Indexes of those that have not.
        layers: Lanes, and the lanes inside them: of processes always, of handlers once one was opened.
        main: Place of the layer whose lanes people mean: that of the handlers where lanes are grouped by process.
        filter: What is of interest; None for everything.
        phases: Names of the phases.
        marks: Pyramid of the publications, a row for each phase in each process.
        mark_rows: The process and the phase of each of these rows, shape ``(n, 2)``.
        publishing: Numbers of the processes that have published something.
        marked: Publications taken in.
        phase_of_event: The phase of every event type.
        version: Changes whenever there is something else to paint.
    """

    def __init__(self, journal: Journal, group: str = "handler") -> None:
        self.journal = journal
        self.version = 0
        self.spans = SpanIndex()
        self.running: Ints = np.zeros(0, np.int64)
        self.layers = self._layers(group)
        self.filter: ExecutionFilter | None = None
        self.phases: list[str] = []
        self.marks = Pyramid()
        self.mark_rows: Ints = np.zeros((0, 2), np.int64)
        self.publishing: frozenset[int] = frozenset()
        self._edges = Columns({"start": np.int64})
        self._mark_edges = Columns({"at": np.int64})
        self.phase_of_event: Ints = np.zeros(0, np.int64)
        self._taken = 0
        self.marked = 0
        self._matches = Columns({"match": np.bool_})
        self._filtered: list[int] = [0] * len(self.layers)

    @property
    def executions(self) -> Columns:
        """The journal's columns."""
        return self.journal.executions

    @property
    def edges(self) -> Ints:
        """Start of every 32nd execution."""
        return self._edges["start"]

    @property
    def mark_edges(self) -> Ints:
        """Time of every 32nd publication."""
        return self._mark_edges["at"]

    @property
    def taken(self) -> int:
        """Executions taken in."""
        return min(self._taken, *(len(layer.row) for layer in self.layers))

    @property
    def matches(self) -> Bools | None:
        """Whether the filter lets each execution through, False where it has not been asked; None without a filter."""
        if self.filter is None:
            return None
        matches = self._matches["match"]
        missing = len(self.executions) - len(matches)
        return np.concatenate((matches, np.zeros(missing, np.bool_))) if missing else matches

    @property
    def group(self) -> str:
        """Name of the grouping."""
        return self.layers[0].grouping.name

    @property
    def main(self) -> int:
        """Place of the layer whose lanes people mean."""
        return 1 if self.group == "process" else 0

    @property
    def nbytes(self) -> int:
        """Bytes of everything kept for painting, the journal's columns not included."""
        own = self.spans.nbytes + self.marks.nbytes + self._edges.nbytes + self._mark_edges.nbytes
        return own + self.running.nbytes + self._matches.nbytes + sum(layer.nbytes for layer in self.layers)

    def set_group(self, name: str) -> None:
        """Group otherwise; ``advance`` does the work."""
        self.version += 1
        self.layers = self._layers(name)
        self._filtered = [0] * len(self.layers)
        self._prepare_filter()

    def open_inside(self) -> None:
        """Have the lanes inside the handlers' lanes ready; ``advance`` does the work."""
        if len(self.layers) > self.main + 1:
            return
        inner = inside(self.layers[-1].grouping, self.journal)
        if inner is not None:
            self.layers.append(LaneRows(inner))
            self._filtered.append(0)
            self._prepare_filter()

    def _layers(self, name: str) -> list[LaneRows]:
        layers = [LaneRows(grouping(name, self.journal))]
        inner = inside(layers[0].grouping, self.journal) if name == "process" else None
        return layers if inner is None else [*layers, LaneRows(inner)]

    def set_filter(self, chosen: ExecutionFilter | None) -> None:
        """Let only some executions through; ``advance`` does the work."""
        self.version += 1
        self.filter = chosen
        self._matches = Columns({"match": np.bool_})
        self._filtered = [0] * len(self.layers)
        self._prepare_filter()

    def fold(self, change: Change) -> None:
        """Take in what the journal has just folded."""
        self.version += 1
        if change.catalog or change.processes:
            for layer in self.layers:
                layer.grouping.refresh(self.journal)
        ended = np.array(change.ended, np.int64)
        late = ended[ended < self._taken]
        if len(late):
            columns = self.executions
            self.spans.add(late, columns["start"][late], columns["end"][late])
            self.running = self.running[columns["status"][self.running] == RUNNING_CODE]
        for number, layer in enumerate(self.layers):
            layer.end(self.journal, ended[ended < len(layer.row)])
            self._end_filtered(number, ended)
        if len(self.executions) - self.taken <= _AT_ONCE:
            while not self.advance():
                pass

    def advance(self, enough: Callable[[], bool] = lambda: False) -> bool:
        """Take in what is not yet, slice by slice until ``enough`` says so; return True when nothing is left."""
        while True:
            if not self._step():
                return True
            if enough():
                return False

    def _step(self) -> bool:
        self.version += 1
        total = len(self.executions)
        if self.marked < len(self.journal.publications):
            self._take_marks(min(self.marked + SLICE, len(self.journal.publications)))
        if self._taken < total:
            self._take_spans(min(self._taken + SLICE, total))
        busy = self._taken < total or self.marked < len(self.journal.publications)
        for number, layer in enumerate(self.layers):
            if len(layer.row) < self._taken:
                layer.take(self.journal, min(len(layer.row) + SLICE, self._taken))
            if self.filter is not None:
                self._take_filtered(number, layer)
                busy |= self._filtered[number] < self._taken
            busy |= len(layer.row) < self._taken
        return busy

    def _take_spans(self, last: int) -> None:
        columns = self.executions
        chosen = slice(self._taken, last)
        going = columns["status"][chosen] == RUNNING_CODE
        ended = np.flatnonzero(~going) + self._taken
        if len(ended):
            self.spans.add(ended, columns["start"][ended], columns["end"][ended])
        self.running = np.concatenate((self.running, np.flatnonzero(going) + self._taken))
        _extend_edges(self._edges, "start", columns["start"], last)
        self._taken = last

    def _take_marks(self, last: int) -> None:
        events = self.journal.publications["event"][self.marked : last]
        if len(self.phase_of_event) < len(self.journal.events):
            self._number_phases()
        index = np.arange(self.marked, last, dtype=np.int64)
        processes = self.journal.publications["process"][self.marked : last].astype(np.int64)
        rows = self._mark_rows_of(processes, self.phase_of_event[events])
        self.marks.mark(index // COLUMN, rows, np.ones(len(index), np.uint8))
        _extend_edges(self._mark_edges, "at", self.journal.publications["at"], last)
        self.marked = last

    def _mark_rows_of(self, processes: Ints, phases: Ints) -> Ints:
        """Return the row in ``marks`` of each publication, by its process and phase; new ones get one."""
        codes = processes * _PHASES + phases
        while True:
            keys = self.mark_rows @ np.array((_PHASES, 1))
            order = np.argsort(keys)
            rows: Ints = np.append(order, -1)[np.searchsorted(keys, codes, sorter=order)]
            fresh = codes[keys[rows] != codes] if len(keys) else codes
            if not len(fresh):
                return rows
            pairs = [divmod(code, _PHASES) for code in sorted(set(fresh.tolist()))]
            self.mark_rows = np.concatenate((self.mark_rows, np.array(pairs, np.int64)))
            self.publishing |= {process for process, _ in pairs}

    def _number_phases(self) -> None:
        for event in self.journal.events:
            if event.phase not in self.phases:
                self.phases.append(event.phase)
        numbers = [self.phases.index(event.phase) for event in self.journal.events]
        self.phase_of_event = np.array(numbers, np.int64)

    def _prepare_filter(self) -> None:
        for layer in self.layers:
            layer.matching = None if self.filter is None else Pyramid()

    def _take_filtered(self, number: int, layer: LaneRows) -> None:
        assert self.filter is not None  # noqa: S101 - the caller asked
        first = self._filtered[number]
        last = min(first + SLICE, len(layer.row))
        if last <= first:
            return
        if len(self._matches) < last:
            filtered = len(self._matches)
            self._matches.extend({"match": self.filter.mask(self.journal, filtered, last)})
        through = np.flatnonzero(self._matches["match"][first:last]) + first
        self._mark_matching(layer, through)
        self._filtered[number] = last

    def _end_filtered(self, number: int, ended: Ints) -> None:
        """Ask the filter again about executions that ended: their status and length are new."""
        if self.filter is None:
            return
        matches = self._matches["match"]
        changed = np.sort(ended[ended < len(matches)])
        breaks = np.flatnonzero(np.diff(changed) > COLUMN) + 1
        for part in np.split(changed, breaks) if number == 0 and len(changed) else ():
            first, last = int(part[0]), int(part[-1]) + 1
            matches[part] = self.filter.mask(self.journal, first, last)[part - first]
        filtered = changed[changed < self._filtered[number]]
        self._mark_matching(self.layers[number], filtered[matches[filtered]])

    def _mark_matching(self, layer: LaneRows, through: Ints) -> None:
        ended = through[self.executions["status"][through] != RUNNING_CODE]
        if layer.matching is not None and len(ended):
            layer.mark(layer.matching, self.journal, ended)


def _extend_edges(edges: Columns, name: str, times: Ints, last: int) -> None:
    done = len(edges)
    fresh = times[done * COLUMN : last : COLUMN]
    if len(fresh):
        low = int(edges[name][-1]) if done else int(fresh[0])
        edges.extend({name: np.maximum(np.maximum.accumulate(fresh), low)})
