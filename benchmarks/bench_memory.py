"""Memory of a long run within its budget: journal and timeline, folded as the window folds them."""

from __future__ import annotations

import gc
import mmap
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import Figure, figure
from inspector.analysis.journal import Journal
from inspector.analysis.spill import Spill, use_spill
from inspector.analysis.timeline.index import TimelineIndex
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    Batch,
    Row,
    SessionStarted,
    to_row,
)

#: Executions of the run, of which two belong to each publication; publications in a batch; events and handlers.
EXECUTIONS = 1_200_000
_IN_A_BATCH = 250
_EVENTS = 20
#: The budget in bytes: the run needs about twice as much.
BUDGET = 64 << 20


def batches(executions: int) -> Iterator[Batch]:
    """Yield a run, batch by batch, without ever holding all of it."""
    yield Batch(1, [to_row(SessionStarted(0, 1, "memory", "3", ""))])
    seq, at = 2, 0
    for first in range(1, executions // 2 + 1, _IN_A_BATCH):
        rows: list[Row] = []
        for number in range(first, first + _IN_A_BATCH):
            at += 2_000_000
            event, both = number % _EVENTS, (2 * number - 1, 2 * number)
            identity = f"00000000-0000-4000-8000-{number:012x}"
            rows.append((PUBLISHED, at, number, f"Event{event}", identity, identity, 0, 0, '{"n": 1}', "{}", 2, 0))
            rows += [
                (HANDLER_STARTED, at, execution, number, f"shop:Handler{execution % 2}.handle_{event}", "")
                for execution in both
            ]
            rows += [(HANDLER_ENDED, at + 90_000, execution, "ok", 80_000, "") for execution in both]
            rows.append((PUBLICATION_ENDED, at + 200_000, number, "done"))
        yield Batch(seq, rows)
        seq += len(rows)


def resident() -> int:
    """Return what this process holds in memory, bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * mmap.PAGESIZE


def _fold(executions: int) -> tuple[Journal, float, list[int]]:
    """Fold a run; return its journal, the seconds that folding took, and the memory held after each quarter."""
    journal = Journal()
    index = TimelineIndex(journal)
    seconds = 0.0
    quarters: list[int] = []
    for batch in batches(executions):
        begin = time.process_time()
        index.fold(journal.fold(batch))
        seconds += time.process_time() - begin
        if len(journal.executions) * 4 >= executions * (len(quarters) + 1):
            quarters.append(resident())
    return journal, seconds, quarters


def run() -> list[Figure]:
    """Measure.

    Returns:
        Figures: what the run holds beyond the process at rest, as a share of the budget; how much that grew over its
        last half, as a share of the budget; and what folding costs in files beside folding in memory.
    """
    _fold(20_000)
    gc.collect()
    rest = resident()
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir="/var/tmp") as folder:
        spill = Spill(Path(folder), BUDGET)
        spill.rest()  # as the window does: texts count, too
        use_spill(spill)
        journal, bounded, quarters = _fold(EXECUTIONS)
        assert journal.status_counts.sum() == EXECUTIONS
        del journal
        use_spill(None)
    gc.collect()
    _, plain, _ = _fold(EXECUTIONS)
    return [
        figure("memory.held_vs_budget", (max(quarters) - rest) / BUDGET, "<=", 1.1),
        figure("memory.grown_in_last_half_vs_budget", (quarters[3] - quarters[1]) / BUDGET, "<=", 0.25),
        figure("memory.fold_in_files_vs_in_memory", bounded / plain, "<=", 1.25),
    ]
