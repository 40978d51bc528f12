"""Counts what came of a run: the one place where publications and executions are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.core.records.account import RunCounts
from inspector.core.records.statuses import NEVER_AWAITED, STATUS_CODES, STATUSES

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

_NEVER_AWAITED: Final = STATUS_CODES[NEVER_AWAITED]


def count_run(journal: Journal, first_publication: int = 0, first_execution: int = 0) -> RunCounts:
    """Count a run, from these indexes on."""
    publications = {name: journal.publications[name][first_publication:] for name in ("cause", "handlers")}
    statuses = journal.executions["status"][first_execution:]
    counted = np.bincount(statuses, minlength=len(STATUSES)).tolist()
    again = sum(tries for index, tries in journal.tried_again.items() if index >= first_execution)
    return RunCounts(
        published=len(publications["cause"]),
        derived=int((publications["cause"] >= 0).sum()),
        unheard=int((publications["handlers"] == 0).sum()),
        executions=len(statuses),
        never_awaited=counted[_NEVER_AWAITED],
        attempts=len(statuses) - counted[_NEVER_AWAITED] + again,
        by_status={status: count for status, count in zip(STATUSES, counted, strict=True) if count},
    )
