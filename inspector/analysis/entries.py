"""What the journal returns: changes, executions and publications by number; and the codes of the statuses."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import numpy as np

from inspector.core.records.statuses import BAD_STATUSES, STATUSES

if TYPE_CHECKING:
    from inspector.core.description import EventDescription, HandlerDescription
    from inspector.core.records.host import HostRecord
    from inspector.core.records.numbers import (
        ExecutionIndex,
        ExecutionNumber,
        FireNumber,
        PublicationIndex,
        PublicationNumber,
    )

#: Lookup by status code: did it go wrong?
IS_BAD: Final = np.array([status in BAD_STATUSES for status in STATUSES])
#: How many payloads, notes and failures are kept at hand; older ones are asked of the store.
RECENT: Final = 20_000

T = TypeVar("T")


class Recent(Generic[T]):
    """The newest values by number; the oldest are forgotten when there are too many."""

    def __init__(self, limit: int = RECENT) -> None:
        self._limit = limit
        self._values: OrderedDict[int, T] = OrderedDict()

    def get(self, number: int) -> T | None:
        """Return the value, None when there never was one or it was forgotten."""
        return self._values.get(number)

    def put(self, number: int, value: T) -> None:
        """Keep the value under the number."""
        self._values[number] = value
        if len(self._values) > self._limit:
            self._values.popitem(last=False)

    def items(self) -> list[tuple[int, T]]:
        """Return the numbers and values that are kept, oldest first."""
        return list(self._values.items())


@dataclass(frozen=True)
class FireOutcome:
    """How a fire ended.

    Attributes:
        published: How often the event was published (derived publications are not counted).
        refusal: Why the rest was not: a sentence for people; empty when all was.
        hint: What to do about it.
    """

    published: int
    refusal: str = ""
    hint: str = ""


def _indexes() -> array[int]:
    return array("q")


@dataclass
class Change:
    """What one fold brought. Numbers are indexes (0 and up) into the journal's columns.

    Ends are held without an object for each: opening a large session brings hundreds of thousands at once.

    Attributes:
        first_execution: The first new execution; they go on to the end of the columns.
        ended: Executions that ended (new ones included), in the order of their ends.
        first_publication: The first new publication.
        ended_publications: Publications that ended.
        noted: Executions that got a note.
        host: Records of the host.
        probes: Probes were switched.
        catalog: The catalog or the list of handlers or events changed.
        processes: A process joined, left or leaves something out, or a test ran.
    """

    first_execution: int
    first_publication: int
    ended: array[int] = field(default_factory=_indexes)
    ended_publications: array[int] = field(default_factory=_indexes)
    noted: set[int] = field(default_factory=set)
    host: list[HostRecord] = field(default_factory=list)
    catalog: bool = False
    probes: bool = False
    processes: bool = False

    def add(self, later: Change) -> None:
        """Take in what the next fold brought, as if both had been one."""
        self.ended += later.ended
        self.ended_publications += later.ended_publications
        self.noted |= later.noted
        self.host += later.host
        self.probes |= later.probes
        self.catalog |= later.catalog
        self.processes |= later.processes


@dataclass(frozen=True)
class ExecutionEntry:
    """One execution, looked up for a person. Times in ns since the session started; ``number`` is 1 and up.

    ``retry``: it came of trying again what was recorded. ``attempts`` is how often its handler's body began: more than
    once where it was tried again, 0 if never awaited.
    """

    index: ExecutionIndex
    handler: HandlerDescription
    event: EventDescription
    publication: PublicationIndex
    status: str
    start: int
    end: int | None
    on_loop: int
    fault: bool
    number: ExecutionNumber
    attempts: int = 1
    retry: bool = False

    @property
    def duration(self) -> int | None:
        """Length in ns, None while it runs."""
        return None if self.end is None else self.end - self.start


@dataclass(frozen=True)
class PublicationEntry:
    """One publication, looked up for a person. ``cause`` is an execution's index or None.

    ``number`` is 1 and up, ``cause_number`` that of the execution, 0 for none; ``process`` is the number of the process
    that published it, 0 for the one of a program.
    """

    index: PublicationIndex
    event: EventDescription
    at: int
    end: int | None
    cause: ExecutionIndex | None
    fire: FireNumber
    handlers: int
    event_id: str
    correlation: str
    number: PublicationNumber
    cause_number: ExecutionNumber
    process: int = 0

    @property
    def synthetic(self) -> bool:
        """It was fired into a program that runs by itself, or came of that; of others everything is."""
        return self.fire > 0 and self.process > 0
