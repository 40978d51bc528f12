"""A run in one row per handler: how often, how it ended, how long, all of it exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.analysis.entries import IS_BAD
from inspector.store.tables import HandlerSummary

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from inspector.analysis.journal import Journal
    from inspector.core.description import HandlerDescription

_PERCENTILES: Final = (50, 95, 99)


def summarise(journal: Journal, only: npt.NDArray[np.bool_] | None = None) -> list[HandlerSummary]:
    """Measure every handler with at least one ended execution, the one that took most time in all first.

    ``only`` says by index which executions count, shape ``(executions,)``; None counts all.

    The percentiles are of the durations themselves, interpolated between neighbours; ``std_ns`` is that of the whole
    population, so 0 for a single execution.
    """
    columns = journal.executions
    ended = np.flatnonzero((columns["end"] >= 0) & (columns["retry"] == 0))
    if only is not None:
        ended = ended[only[ended]]
    handlers = columns["handler"][ended]
    order = np.argsort(handlers, kind="stable")
    ended, handlers = ended[order], handlers[order]
    durations = columns["end"][ended] - columns["start"][ended]
    bad = IS_BAD[columns["status"][ended]]
    numbers, firsts = np.unique(handlers, return_index=True)
    rows = [
        _row(journal.handlers[int(number)], own, int(failures.sum()))
        for number, own, failures in zip(
            numbers, np.split(durations, firsts[1:]), np.split(bad, firsts[1:]), strict=bool(len(numbers))
        )
    ]
    return sorted(rows, key=lambda row: (-row.total_ns, row.name))


def _row(handler: HandlerDescription, durations: npt.NDArray[np.int64], failures: int) -> HandlerSummary:
    figures: Sequence[float] = np.percentile(durations, _PERCENTILES).tolist()
    p50, p95, p99 = figures
    return HandlerSummary(
        name=handler.label,
        file=handler.file,
        line=handler.line,
        counts=len(durations),
        failures=failures,
        total_ns=int(durations.sum()),
        mean_ns=float(durations.mean()),
        min_ns=int(durations.min()),
        max_ns=int(durations.max()),
        std_ns=float(durations.std()),
        p50_ns=p50,
        p95_ns=p95,
        p99_ns=p99,
    )
