"""What a picture of the window shows: the execution that tells most about the run, and what was going on around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.analysis.entries import IS_BAD
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import STATUSES

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.ui.context import Context


#: How far around an execution its neighbours count, ns, and how many candidates are looked at.
_AROUND: Final = 1_200_000_000
_CANDIDATES: Final = 64
#: How much of a long run a picture shows, ns, and how much of that lies before the execution.
_SHOWN: Final = 2_400_000_000
_BEFORE: Final = 0.55


def telling_execution(journal: Journal) -> int:
    """Return the index of the most telling execution, -1 when there is none.

    A failure with a reason comes first, of the handler class that failed most often; else whatever went wrong; else
    the slowest. Among several the one around which most is going on is taken.
    """
    columns = journal.executions
    if not len(columns):
        return -1
    status, start, end = columns["status"], columns["start"], columns["end"]
    bad = np.flatnonzero(status == STATUSES.index("failed"))
    if not len(bad):
        bad = np.flatnonzero(IS_BAD[status])
    if not len(bad):
        return int(np.argmax(end - start))
    owners = [journal.handlers[int(number)].owner for number in columns["handler"][bad]]
    most = max(dict.fromkeys(owners), key=owners.count)
    chosen = [int(index) for index, owner in zip(bad, owners, strict=True) if owner == most]

    def busy(index: int) -> int:
        since, until = start[index] - _AROUND, start[index] + _AROUND
        return int(np.clip(np.minimum(end, until) - np.maximum(start, since), 0, None).sum())

    return max(chosen[:: len(chosen) // _CANDIDATES + 1], key=busy)


def pose(context: Context) -> None:
    """Show the run at its most telling: a failure (else the slowest execution) and what was going on around it."""
    journal = context.journal
    chosen = telling_execution(journal) if journal is not None else -1
    if journal is None or chosen < 0:
        return
    for panel_id in ("latency", "execution"):
        context.raise_panel(panel_id)
    context.selection.select_in(journal, ExecutionIndex(chosen))
    context.event_wanted.emit(context.selection.event_name)
    context.commands.run("timeline.fit")
    if journal.now > 2 * _SHOWN:
        start = journal.execution(ExecutionIndex(chosen)).start
        context.stretch_wanted.emit(start - round(_SHOWN * _BEFORE), start + round(_SHOWN * (1 - _BEFORE)))
