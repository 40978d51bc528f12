"""Groupings: which lane an execution stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from inspector.analysis.columns import Columns
from inspector.analysis.entries import IS_BAD
from inspector.core.records.records import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.analysis.journal import Journal
    from inspector.analysis.timeline.pyramid import Ints

#: Correlations that get a lane of their own, the newest ones; the others share one lane.
MAX_CORRELATIONS: Final = 200
#: Handlers, methods, event types or workflows that get a lane of their own, the first ones; the others share one.
#: Nobody finds a lane among more, and what is kept for painting grows with lanes times executions.
MAX_LANES: Final = 1000


@dataclass(frozen=True)
class Lane:
    """A lane: its key is stable across runs, ``parent`` is the number of the lane it belongs to, or -1."""

    key: str
    title: str
    parent: int = -1


class Grouping(Protocol):
    """Assigns executions to lanes.

    Attributes:
        name: ``handler``, ``method``, ``event``, ``workflow``, ``correlation`` or ``status``.
        lanes: Every lane so far; the position is its number.
        by_outcome: The lane of an execution is another one after its end.
    """

    name: str
    lanes: list[Lane]
    by_outcome: bool

    @property
    def stale(self) -> bool:
        """Return whether a grouping made anew would be better than this one."""

    def refresh(self, journal: Journal) -> None:
        """Take notice of handlers, events and publications that are new."""

    def of(self, journal: Journal, executions: Ints | slice) -> Ints:
        """Return the lane number of each execution."""


#: Yields the lanes, and their keys, of the handlers or events from a number on; keeps what it must in the dictionary.
Describe = Callable[["Journal", int, "dict[str, int]"], "Iterable[tuple[Lane, str]]"]


class _Table:
    """A grouping by a column: its numbers are looked up in a table of lanes."""

    by_outcome = False
    stale = False

    def __init__(self, name: str, column: str, describe: Describe) -> None:
        self.name = name
        self.lanes: list[Lane] = []
        self._column = column
        self._describe = describe
        self._numbers: dict[str, int] = {}
        self._shared: dict[int, int] = {}
        self._parents: dict[str, int] = {}
        self._table: Ints = np.zeros(0, np.int64)

    def refresh(self, journal: Journal) -> None:
        """Add a lane for every handler or event that is new, and describe the others anew."""
        self._parents.clear()
        self._table = np.zeros(0, np.int64)
        self._extend(journal)

    def _extend(self, journal: Journal) -> None:
        numbers = []
        for lane, key in self._describe(journal, len(self._table), self._parents):
            number = self._numbers.get(key, -1)
            if number < 0 and len(self._numbers) >= MAX_LANES:
                number = self._shared_lane(lane.parent)
            elif number < 0:
                number = self._numbers[key] = len(self.lanes)
                self.lanes.append(lane)
            else:
                self.lanes[number] = lane
            numbers.append(number)
        self._table = np.concatenate((self._table, np.array(numbers, np.int64)))

    def _shared_lane(self, parent: int) -> int:
        """Return the number of the lane, inside a lane or not, of those that have none of their own."""
        number = self._shared.get(parent)
        if number is None:
            number = self._shared[parent] = len(self.lanes)
            self.lanes.append(Lane(f"{self.name}:further {parent}", f"more {self.name}s", parent))
        return number

    def of(self, journal: Journal, executions: Ints | slice) -> Ints:
        """Return the lane number of each execution."""
        numbers = journal.executions[self._column][executions]
        if len(numbers) and int(numbers.max()) >= len(self._table):
            self._extend(journal)
        return self._table[numbers]


def _by_owner(journal: Journal, first: int, _owners: dict[str, int]) -> Iterable[tuple[Lane, str]]:
    return ((Lane(f"handler:{h.owner}", h.owner), h.owner) for h in journal.handlers[first:])


def _by_method(journal: Journal, first: int, owners: dict[str, int]) -> Iterable[tuple[Lane, str]]:
    for handler in journal.handlers[first:]:
        parent = min(owners.setdefault(handler.owner, len(owners)), MAX_LANES)
        yield Lane(f"method:{handler.key}", handler.method or handler.label, parent), handler.key


def _by_event(journal: Journal, first: int, _parents: dict[str, int]) -> Iterable[tuple[Lane, str]]:
    return ((Lane(f"event:{e.name}", e.name), e.name) for e in journal.events[first:])


def _by_workflow(journal: Journal, first: int, _parents: dict[str, int]) -> Iterable[tuple[Lane, str]]:
    events = journal.events[first:]
    return ((Lane(f"workflow:{e.workflow}", e.workflow or "no workflow"), e.workflow) for e in events)


class _ByStatus:
    """A lane for each status, what went wrong first."""

    name = "status"
    by_outcome = True
    stale = False

    def __init__(self) -> None:
        order = sorted(range(len(STATUSES)), key=lambda code: (not IS_BAD[code], code == 1, code))
        self.lanes = [Lane(f"status:{STATUSES[code]}", STATUSES[code].replace("_", " ")) for code in order]
        self._table = np.argsort(np.array(order)).astype(np.int64)

    def refresh(self, journal: Journal) -> None:
        """Do nothing: the statuses are all there."""

    def of(self, journal: Journal, executions: Ints | slice) -> Ints:
        """Return the lane number of each execution's present status."""
        return self._table[journal.executions["status"][executions]]


class _ByCorrelation:
    """A lane for each of the newest correlations, and one for all that came before."""

    name = "correlation"
    by_outcome = False

    def __init__(self, journal: Journal) -> None:
        self.lanes = [Lane("correlation:", "earlier correlations")]
        self._lane_of: Columns = Columns({"lane": np.int32})
        self._numbers: dict[bytes, int] = {}
        ids = journal.publications["correlation"]
        newest: dict[bytes, None] = {}
        for position in range(len(ids) - 1, -1, -1):
            newest.setdefault(ids[position].tobytes())
            if len(newest) == MAX_CORRELATIONS:
                break
        for raw in reversed(newest):
            self._add(journal, raw)
        self._fixed = len(ids)
        self.refresh(journal)

    @property
    def stale(self) -> bool:
        """Newer correlations have filled the lanes."""
        return len(self.lanes) > 2 * MAX_CORRELATIONS

    def refresh(self, journal: Journal) -> None:
        """Add a lane for every correlation that is new."""
        done = len(self._lane_of)
        raw = journal.publications["correlation"][done:]
        lanes = []
        for position, key in enumerate(map(bytes, raw)):
            lane = self._numbers.get(key)
            if lane is None:
                fresh = done + position >= self._fixed and not self.stale
                lane = self._add(journal, key) if fresh else 0
            lanes.append(lane)
        if lanes:
            self._lane_of.extend({"lane": lanes})

    def of(self, journal: Journal, executions: Ints | slice) -> Ints:
        """Return the lane number of the correlation of each execution's publication."""
        if len(self._lane_of) < len(journal.publications):
            self.refresh(journal)
        lanes: Ints = self._lane_of["lane"][journal.executions["publication"][executions]].astype(np.int64)
        return lanes

    def _add(self, journal: Journal, raw: bytes) -> int:
        text = journal.id_text(np.frombuffer(raw, np.uint8))
        title = f"{text[:8]}…{text[-4:]}" if len(text) > 14 else text or "no correlation"
        self._numbers[raw] = len(self.lanes)
        self.lanes.append(Lane(f"correlation:{text}", title))
        return len(self.lanes) - 1


#: What people can group by: name → words.
GROUPINGS: Final = {
    "handler": "By handler",
    "event": "By event type",
    "workflow": "By workflow",
    "correlation": "By correlation",
    "status": "By status",
}


def grouping(name: str, journal: Journal) -> Grouping:
    """Make a grouping: one of ``GROUPINGS`` or ``method``, the lanes inside those of ``handler``.

    Raises:
        ValueError: There is none of this name.
    """
    result: Grouping
    if name == "correlation":
        result = _ByCorrelation(journal)
    elif name == "status":
        result = _ByStatus()
    else:
        tables = {
            "handler": ("handler", _by_owner),
            "method": ("handler", _by_method),
            "event": ("event", _by_event),
            "workflow": ("event", _by_workflow),
        }
        if name not in tables:
            raise ValueError(f"no grouping is called {name!r}")
        result = _Table(name, *tables[name])
    result.refresh(journal)
    return result
