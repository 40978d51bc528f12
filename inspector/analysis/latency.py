"""Latency of handlers and event types: percentiles, failure rate, throughput, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.entries import IS_BAD, Change
from inspector.analysis.histograms import EDGES, PER_OCTAVE, Floats, Histogram, HistogramTable, Ints
from inspector.core.records.statuses import FAILED_CODE, OK_CODE

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

Mask = npt.NDArray[np.bool_]

#: How an execution counts: ended well, failed, had a fault injected (whatever its end), or ended badly in another way:
#: a timeout is no failure.
SUCCEEDED: Final = 0
FAILED: Final = 1
FAULTED: Final = 2
CUT_OFF: Final = 3
OUTCOMES: Final = (SUCCEEDED, FAILED, FAULTED, CUT_OFF)
_ON_LOOP: Final = 4
_KINDS: Final = 5

#: The quantiles that a person sees.
QUANTILES: Final = (0.5, 0.9, 0.95, 0.99)
_NS: Final = 1e9


@dataclass(frozen=True)
class Stats:
    """Figures of a set of executions. Times in ns; NaN when there is nothing to measure.

    Attributes:
        count: Executions that ended, of every outcome.
        failed: Those that failed without an injected fault.
        cut_off: Those that ended badly in another way (timed out, cancelled, interrupted, …) without one.
        faulted: Those with an injected fault, which are counted as nothing else.
        measured: Executions behind the times below: those of the outcomes asked for.
        on_loop: Mean time computing on the loop, over all executions.
        awaiting: Mean time awaiting, over all executions.
        throughput: Executions per second between the first start and the last end of all.
    """

    count: int
    failed: int
    cut_off: int
    faulted: int
    measured: int
    p50: float
    p90: float
    p95: float
    p99: float
    max: float
    mean: float
    on_loop: float
    awaiting: float
    throughput: float

    @property
    def failure_rate(self) -> float:
        """Share of executions that failed, of those without an injected fault, 0 to 1; NaN without any."""
        own = self.count - self.faulted
        return self.failed / own if own else np.nan


class _Totals:
    """Counts per number that no histogram holds, growing with the numbers."""

    def __init__(self) -> None:
        self.failed: Ints = np.zeros(64, np.int64)
        self.cut_off: Ints = np.zeros(64, np.int64)
        self.first: Ints = np.full(64, np.iinfo(np.int64).max)
        self.last: Ints = np.full(64, -1, np.int64)

    def add(self, keys: Ints, status: Ints, start: Ints, end: Ints) -> None:
        if not len(keys):
            return
        missing = int(keys.max()) + 1 - len(self.failed)
        if missing > 0:
            missing = max(missing, len(self.failed))
            self.failed = np.concatenate((self.failed, np.zeros(missing, np.int64)))
            self.cut_off = np.concatenate((self.cut_off, np.zeros(missing, np.int64)))
            self.first = np.concatenate((self.first, np.full(missing, np.iinfo(np.int64).max)))
            self.last = np.concatenate((self.last, np.full(missing, -1, np.int64)))
        failed = status == FAILED_CODE
        np.add.at(self.failed, keys, failed.astype(np.int64))
        np.add.at(self.cut_off, keys, (IS_BAD[status] & ~failed).astype(np.int64))
        np.minimum.at(self.first, keys, start)
        np.maximum.at(self.last, keys, end)


class _Side:
    """One way of grouping: by handler or by event type."""

    def __init__(self) -> None:
        self._table = HistogramTable()
        self._totals = _Totals()

    @property
    def nbytes(self) -> int:
        return self._table.nbytes

    def add(self, keys: Ints, kind: Ints, duration: Ints, on_loop: Ints, start: Ints, status: Ints) -> None:
        self._table.add(keys * _KINDS + kind, duration)
        self._table.add(keys * _KINDS + _ON_LOOP, on_loop)
        self._totals.add(keys, status, start, start + duration)

    def histogram(self, keys: Sequence[int], outcomes: Sequence[int]) -> Histogram:
        return self._table.merged([key * _KINDS + outcome for key in keys for outcome in outcomes])

    def stats(self, keys: Sequence[int], outcomes: Sequence[int]) -> Stats:
        measured_keys = [key for key in keys if key < len(self._totals.failed)]
        measured = self.histogram(measured_keys, outcomes)
        everything = [key * _KINDS + outcome for key in measured_keys for outcome in OUTCOMES]
        count, total = self._table.count(everything), self._table.total(everything)
        on_loop = self._table.total([key * _KINDS + _ON_LOOP for key in measured_keys])
        span = int(self._totals.last[measured_keys].max() - self._totals.first[measured_keys].min()) if count else 0
        p50, p90, p95, p99 = measured.quantiles(QUANTILES)
        samples = len(measured)
        return Stats(
            count=count,
            failed=int(self._totals.failed[measured_keys].sum()) if measured_keys else 0,
            cut_off=int(self._totals.cut_off[measured_keys].sum()) if measured_keys else 0,
            faulted=self._table.count([key * _KINDS + FAULTED for key in measured_keys]),
            measured=samples,
            p50=p50,
            p90=p90,
            p95=p95,
            p99=p99,
            max=measured.high if samples else np.nan,
            mean=measured.total / samples if samples else np.nan,
            on_loop=on_loop / count if count else np.nan,
            awaiting=(total - on_loop) / count if count else np.nan,
            throughput=count / span * _NS if span > 0 else np.nan,
        )


class Latency:
    """Latency per handler and per event type of a journal, kept up fold by fold.

    Args:
        journal: What has already ended in it is counted at once.
        rows: Which executions count: takes indexes, shape ``(n,)``, and gives a mask; None counts all.
    """

    def __init__(self, journal: Journal, rows: Callable[[Ints], Mask] | None = None) -> None:
        self._journal = journal
        self._rows = rows
        self._handlers = _Side()
        self._events = _Side()
        self._add(np.flatnonzero(journal.executions["end"] >= 0))

    @property
    def nbytes(self) -> int:
        """Bytes held; grows with handlers and event types, not with executions."""
        return self._handlers.nbytes + self._events.nbytes

    def folded(self, change: Change) -> tuple[set[int], set[int]]:
        """Count what ended; give the numbers of the handlers and of the event types whose figures changed."""
        return self._add(np.array(change.ended, np.int64))

    def handler(self, *numbers: int, outcomes: Sequence[int] = OUTCOMES) -> Stats:
        """Return the figures of one handler or of several together; times of the outcomes asked for."""
        return self._handlers.stats(numbers, outcomes)

    def event(self, *numbers: int, outcomes: Sequence[int] = OUTCOMES) -> Stats:
        """Return the figures of one event type or of several together."""
        return self._events.stats(numbers, outcomes)

    def histogram(
        self, *numbers: int, outcomes: Sequence[int] = OUTCOMES, by_event: bool = False, per_octave: int = 8
    ) -> tuple[Floats, Ints]:
        """Return the histogram of handlers (or event types), ready to draw.

        Args:
            numbers: Handlers, or event types with ``by_event``.
            outcomes: Which executions.
            by_event: The numbers are those of event types.
            per_octave: How fine, a power of two up to 64.

        Returns:
            Limits in ns, shape ``(n + 1,)``, from the first bar that is not empty to the last, and counts,
            shape ``(n,)``; both empty when nothing was measured.
        """
        side = self._events if by_event else self._handlers
        return bars(side.histogram(numbers, outcomes).counts, per_octave)

    def _add(self, indexes: Ints) -> tuple[set[int], set[int]]:
        if self._rows is not None and len(indexes):
            indexes = indexes[self._rows(indexes)]
        columns = self._journal.executions
        indexes = indexes[columns["retry"][indexes] == 0]
        if not len(indexes):
            return set(), set()
        start = columns["start"][indexes]
        duration = columns["end"][indexes] - start
        status = columns["status"][indexes]
        kind = np.where(status == FAILED_CODE, FAILED, np.where(IS_BAD[status], CUT_OFF, SUCCEEDED))
        kind = np.where(columns["fault"][indexes] > 0, FAULTED, kind)
        on_loop = columns["on_loop"][indexes]
        changed: list[set[int]] = []
        for side, name in ((self._handlers, "handler"), (self._events, "event")):
            keys = columns[name][indexes].astype(np.int64)
            side.add(keys, kind, duration, on_loop, start, np.where(kind == FAULTED, OK_CODE, status))
            changed.append(set(np.flatnonzero(np.bincount(keys)).tolist()))
        return changed[0], changed[1]


def bars(counts: npt.NDArray[Any], per_octave: int = 8) -> tuple[Floats, Ints]:
    """Sum a histogram's buckets into broader bars and cut off the empty ends (see ``Latency.histogram``)."""
    step = PER_OCTAVE // per_octave
    summed: Ints = counts[1:].reshape(-1, step).sum(axis=1, dtype=np.int64)
    summed[0] += int(counts[0])
    full = np.flatnonzero(summed)
    if not len(full):
        return np.empty(0), np.empty(0, np.int64)
    first, last = int(full[0]), int(full[-1])
    limits = EDGES[1::step][first : last + 2]
    return limits, summed[first : last + 1]
