"""Groupings: which lane an execution stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from inspector.analysis.columns import Columns
from inspector.analysis.entries import IS_BAD
from inspector.core.records.statuses import STATUSES

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
    """A lane: its key is stable across runs.

    Attributes:
        key: Identifies it.
        title: What people read.
        parent: Number of the lane that it belongs to, -1 for none.
        process: Number of the process whose executions it has, 0 for those of all.
        alike: Key of the lane of the same handler where lanes are not grouped by process; empty: its own.
        lives: It stands for a process that has not ended, and is shown without any execution, too.
    """

    key: str
    title: str
    parent: int = -1
    process: int = 0
    alike: str = ""
    lives: bool = False


class Grouping(Protocol):
    """Assigns executions to lanes.

    Attributes:
        name: ``process``, ``handler``, ``method``, ``event``, ``workflow``, ``correlation`` or ``status``.
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


class _ByProcess:
    """A lane for each process."""

    name = "process"
    by_outcome = False
    stale = False

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        #: Number of its lane by number of a process; beyond ``MAX_LANES`` they share the last.
        self._numbers: dict[int, int] = {}

    def refresh(self, journal: Journal) -> None:
        """Add a lane for each process that is new, and describe the others anew."""
        for process, entry in journal.processes.by_number.items():
            number = self._number(process)
            if number < MAX_LANES:
                self.lanes[number] = Lane(_process_key(process), entry.label, process=process, lives=entry.live)

    def of(self, journal: Journal, executions: Ints | slice) -> Ints:
        """Return the lane number of the process of each execution."""
        owners = journal.executions["publication"][executions]
        processes, place = np.unique(journal.publications["process"][owners], return_inverse=True)
        if any(process not in self._numbers for process in processes.tolist()):
            for process in processes.tolist():
                self._number(process)
            self.refresh(journal)
        lanes = np.array([self._numbers[process] for process in processes.tolist()], np.int64)
        return lanes[place.reshape(-1)] if len(lanes) else lanes

    def _number(self, process: int) -> int:
        number = self._numbers.get(process)
        if number is None:
            number = self._numbers[process] = min(len(self.lanes), MAX_LANES)
            if number == MAX_LANES and len(self.lanes) == MAX_LANES:
                self.lanes.append(Lane("process:further", "more processes"))
            elif number < MAX_LANES:
                title = f"process {process}" if process else "unknown process"
                self.lanes.append(Lane(_process_key(process), title, process=process))
        return number


class _InProcess:
    """A lane for each handler of each process, or for each of its methods: those that ran, as they come."""

    by_outcome = False
    stale = False

    def __init__(self, outer: Grouping, *, methods: bool) -> None:
        self.name = "process method" if methods else "process handler"
        self.lanes: list[Lane] = []
        self._outer = outer
        self._methods = methods
        self._numbers: dict[tuple[int, str], int] = {}

    def refresh(self, journal: Journal) -> None:
        """Do nothing: what a lane is called does not change."""

    def of(self, journal: Journal, executions: Ints | slice) -> Ints:
        """Return the lane number of the handler of each execution, in the lane of its process."""
        outer = self._outer.of(journal, executions)
        handlers = journal.executions["handler"][executions].astype(np.int64)
        width = len(journal.handlers)
        pairs, place = np.unique(outer * width + handlers, return_inverse=True)
        lanes = [self._number(journal, *divmod(pair, width)) for pair in pairs.tolist()]
        return np.array(lanes, np.int64)[place.reshape(-1)] if lanes else np.zeros(0, np.int64)

    def _number(self, journal: Journal, parent: int, number: int) -> int:
        handler = journal.handlers[number]
        key = f"method:{handler.key}" if self._methods else f"handler:{handler.owner}"
        lane = self._numbers.get((parent, key), -1)
        if lane < 0 and len(self._numbers) >= MAX_LANES:
            key = "further"
            lane = self._numbers.get((parent, key), -1)
        if lane < 0:
            lane = self._numbers[parent, key] = len(self.lanes)
            process = self._outer.lanes[parent].process
            further = f"more {'method' if self._methods else 'handler'}s"
            title = (handler.method or handler.label) if self._methods else handler.owner
            title, alike = (further, "") if key == "further" else (title, key)
            self.lanes.append(Lane(f"{_process_key(process)}/{key}", title, parent, process, alike))
        return lane


def _process_key(process: int) -> str:
    return f"process:{process}"


#: What people can group by: name → words. By process where there are several.
GROUPINGS: Final = {
    "process": "By process",
    "handler": "By handler",
    "event": "By event type",
    "workflow": "By workflow",
    "correlation": "By correlation",
    "status": "By status",
}


def inside(outer: Grouping, journal: Journal) -> Grouping | None:
    """Return the grouping of the lanes inside those of another one; None when there are none."""
    result: Grouping
    if outer.name == "handler":
        return grouping("method", journal)
    if outer.name not in ("process", "process handler"):
        return None
    result = _InProcess(outer, methods=outer.name != "process")
    return result


def grouping(name: str, journal: Journal) -> Grouping:
    """Make a grouping: one of ``GROUPINGS`` or ``method``, the lanes inside those of ``handler``.

    Raises:
        ValueError: There is none of this name.
    """
    result: Grouping
    if name == "process":
        result = _ByProcess()
    elif name == "correlation":
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
