"""Which execution tells most about a run: the one that a picture of the window shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.analysis.entries import IS_BAD
from inspector.core.records.records import STATUSES

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal


#: How far around an execution its neighbours count, ns, and how many candidates are looked at.
_AROUND: Final = 1_200_000_000
_CANDIDATES: Final = 64


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
