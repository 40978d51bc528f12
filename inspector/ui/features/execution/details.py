"""Payload, notes and failure of what is shown: from the journal where they are at hand, else asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.analysis.entries import RECENT
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.core.records.statuses import BAD_STATUSES, SWALLOWED

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.core.records.records import Noted


@dataclass(frozen=True)
class ShownDetails:
    """What the columns of a journal do not hold.

    Attributes:
        payload: The payload as tagged JSON and the context as JSON; None when it is not known.
        notes: What happened inside the execution, in order.
        failure: The failure as JSON text, empty when there is none.
    """

    payload: tuple[str, str] | None = None
    notes: tuple[Noted, ...] = ()
    failure: str = ""


#: Asks for the details of a publication and one of its executions (-1 for none); the answer comes whenever it comes,
#: in the thread of the window.
RequestDetails = Callable[[PublicationIndex, ExecutionIndex, Callable[[ShownDetails], None]], None]


def details_at_hand(journal: Journal, publication: int, execution: int) -> ShownDetails:
    """Return what the journal has."""
    notes = journal.notes.get(execution) if execution >= 0 else journal.publication_notes.get(publication)
    failure = journal.failures.get(execution) if execution >= 0 else None
    payload = journal.payloads.get(publication)
    return ShownDetails(payload if payload and payload[0] else None, tuple(notes or ()), failure or "")


def is_whole(journal: Journal, details: ShownDetails, execution: ExecutionIndex) -> bool:
    """Return whether that is all there is; what was recorded long ago may have left the journal."""
    if details.payload is None:
        return False
    if execution < 0:
        return True
    old = len(journal.executions) - execution > RECENT
    expects = journal.execution(execution).status in BAD_STATUSES | {SWALLOWED}
    return not (old and (not details.notes or (expects and not details.failure)))


def merged(here: ShownDetails, asked: ShownDetails) -> ShownDetails:
    """Return the details of both; what was asked for fills the gaps."""
    return ShownDetails(here.payload or asked.payload, here.notes or asked.notes, here.failure or asked.failure)
