"""What publications are sorted by, a million at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.entries import IS_BAD
from inspector.core.records.statuses import RUNNING_CODE, SWALLOWED_CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inspector.analysis.journal import Journal

Ints = npt.NDArray[np.int64]

_LAST: Final = np.iinfo(np.int64).max
#: Room for a number below a rank in one key.
_BITS: Final = 32


def sort_keys(journal: Journal, by: str) -> Ints:
    """Return what every publication of a journal is sorted by, in the order of their indexes.

    Args:
        journal: The run.
        by: One of ``ORDERS``. An outcome is sorted by how bad it is and how many executions ended so, a duration that
            has not ended comes last, and ids of one correlation stand together.

    Returns:
        Keys of shape ``(len(journal.publications),)``; equal ones are as good as each other.
    """
    return _KEYS[by](journal)


def _ranks(texts: Iterable[str]) -> Ints:
    """Return the place of each text in the order of the alphabet; equal texts share one."""
    folded = [text.casefold() for text in texts]
    places = {text: place for place, text in enumerate(sorted(set(folded)))}
    return np.array([places[text] for text in folded], np.int64)


def _by_event(journal: Journal) -> Ints:
    return _ranks(event.name for event in journal.events)[journal.publications["event"]]


def _by_workflow(journal: Journal) -> Ints:
    return _ranks(f"{event.workflow}\0{event.phase}" for event in journal.events)[journal.publications["event"]]


def _by_handlers(journal: Journal) -> Ints:
    return journal.publications["handlers"].astype(np.int64)


def _by_outcome(journal: Journal) -> Ints:
    publications, status = journal.publications, journal.executions["status"]
    owners = journal.executions["publication"]
    keys = np.zeros(len(publications), np.int64)
    keys[publications["handlers"] == 0] = 1 << _BITS
    keys[publications["end"] < 0] = 2 << _BITS
    for rank, chosen in enumerate((status == RUNNING_CODE, status == SWALLOWED_CODE, IS_BAD[status]), 2):
        counts = np.bincount(owners[chosen], minlength=len(publications))
        keys = np.where(counts > 0, (rank << _BITS) + counts, keys)
    return keys


def _by_duration(journal: Journal) -> Ints:
    at, end = journal.publications["at"], journal.publications["end"]
    return np.where(end < 0, _LAST, end - at)


def _by_correlation(journal: Journal) -> Ints:
    ids = np.ascontiguousarray(journal.publications["correlation"]).view(">u8").reshape(-1, 2)
    high, low = (ids[:, half].astype(np.uint64) for half in (0, 1))
    order = np.argsort(high)
    # Halves of ids nearly always tell them apart: only where they do not, the other halves are compared.
    same = high[order[1:]] == high[order[:-1]]
    run = np.cumsum(np.concatenate(([True], ~same)))[: len(order)]
    mixed = np.isin(run, run[1:][same & (low[order[1:]] != low[order[:-1]])])
    unclear = order[mixed]
    order[mixed] = unclear[np.lexsort((low[unclear], high[unclear]))]
    differs = (high[order[1:]] != high[order[:-1]]) | (low[order[1:]] != low[order[:-1]])
    keys = np.zeros(len(ids), np.int64)
    keys[order[1:]] = np.cumsum(differs)
    return keys


def _by_cause(journal: Journal) -> Ints:
    causes = journal.publications["cause"].astype(np.int64)
    caused = (causes >= 0) & (causes < len(journal.executions))
    keys = np.full(len(causes), -1, np.int64)
    handlers = journal.executions["handler"][causes[caused]]
    keys[caused] = (_ranks(handler.label for handler in journal.handlers)[handlers] << _BITS) + causes[caused]
    return keys


_KEYS: Final[dict[str, Callable[[Journal], Ints]]] = {
    "event": _by_event,
    "workflow": _by_workflow,
    "handlers": _by_handlers,
    "outcome": _by_outcome,
    "duration": _by_duration,
    "correlation": _by_correlation,
    "cause": _by_cause,
    "process": lambda journal: journal.publications["process"].astype(np.int64),
}
#: What publications can be sorted by, besides their numbers, which go up with their indexes.
ORDERS: Final = tuple(_KEYS)
