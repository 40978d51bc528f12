"""Failures in groups: what went wrong the same way at the same place of the user's code."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.entries import IS_BAD, Change
from inspector.core.records.statuses import BY_FAULT, STATUSES, SWALLOWED_CODE

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: How many members of a group are kept at hand, the newest.
MEMBERS: Final = 1000
_BUCKETS: Final = 32
_TEXT: Final = r'"(?:[^"\\]|\\.)*"'
_HEAD: Final = re.compile(rf'\{{"type":\s*({_TEXT}),\s*"module":\s*({_TEXT}),\s*"message":\s*({_TEXT})', re.S)
_DECODER: Final = json.JSONDecoder(strict=False)
_FIRST_WIDTH: Final = 1_000_000_000
#: Executions by status code that belong to a group.
_COUNTS: Final = IS_BAD | (np.arange(len(STATUSES)) == SWALLOWED_CODE)


class Trend:
    """How often something happened, in a fixed number of slices from the start of the session to now.

    Slices double their length (1 s at first) when there would be too many.
    """

    def __init__(self, buckets: int = _BUCKETS, width: int = _FIRST_WIDTH) -> None:
        self._counts = [0] * buckets
        self.width = width

    def add(self, at: int) -> None:
        """Count one at a time in ns."""
        self._fit(at)
        self._counts[max(at, 0) // self.width] += 1

    def counts(self, now: int) -> list[int]:
        """Return the counts of the slices up to now (ns), oldest first."""
        self._fit(now)
        return self._counts[: max(now, 0) // self.width + 1]

    def _fit(self, at: int) -> None:
        while at // self.width >= len(self._counts):
            pairs = [sum(self._counts[i : i + 2]) for i in range(0, len(self._counts), 2)]
            self._counts = pairs + [0] * (len(self._counts) - len(pairs))
            self.width *= 2


@dataclass(frozen=True)
class FailurePlace:
    """Where in the user's code; ``file`` is empty when nobody knows."""

    file: str = ""
    line: int = 0
    function: str = ""


@dataclass
class FailureGroup:
    """Executions that went wrong the same way.

    Attributes:
        number: Its place in ``FailureGroups.groups``.
        status: How they ended (``failed``, ``swallowed``, ``timed_out``, …).
        type: Exception type; empty when there was no exception.
        place: The frame of the user's code nearest to the raise, else the innermost; without any frame,
            ``function`` is the handler.
        message: What the newest said.
        count: How many, in all.
        first: When the first ended, ns since the session started.
        last: When the newest ended.
        members: Indexes of the newest executions, oldest first, at most ``MEMBERS``.
        handlers: Numbers of the handlers they ran in.
        events: Numbers of the event types.
    """

    number: int
    status: str
    type: str
    place: FailurePlace
    message: str = ""
    count: int = 0
    first: int = 0
    last: int = 0
    members: deque[int] = field(default_factory=lambda: deque(maxlen=MEMBERS))
    handlers: set[int] = field(default_factory=set)
    events: set[int] = field(default_factory=set)
    trend: Trend = field(default_factory=Trend)

    @property
    def newest(self) -> int:
        """Index of the newest member."""
        return self.members[-1]


class FailureGroups:
    """The groups of a journal, kept up fold by fold.

    Args:
        journal: What has already gone wrong in it is grouped at once.
        rows: Which executions count: takes indexes, shape ``(n,)``, and gives a mask; None counts all.

    Attributes:
        groups: In the order in which they first appeared.
        count: Executions in all groups.
        outcomes: The same by status code; those under a fault count as ``BY_FAULT`` only. Only what occurs.
    """

    def __init__(self, journal: Journal, rows: Callable[[Ints], Mask] | None = None) -> None:
        self.groups: list[FailureGroup] = []
        self.count = 0
        self.outcomes: dict[int, int] = {}
        self._journal = journal
        self._rows = rows
        self._numbers: dict[tuple[str, str, FailurePlace], int] = {}
        self._group_of: dict[int, int] = {}
        columns = journal.executions
        bad = np.flatnonzero(_COUNTS[columns["status"]])
        self._add(bad[np.argsort(columns["end"][bad], kind="stable")])

    def folded(self, change: Change) -> set[int]:
        """Group what ended badly; give the numbers of the groups that changed, new ones included."""
        ended = np.array(change.ended, np.int64)
        return self._add(ended[_COUNTS[self._journal.executions["status"][ended]]])

    def group_of(self, execution: int) -> FailureGroup | None:
        """Return the group that an execution is a member of, None when it is not (or no longer) known."""
        number = self._group_of.get(execution)
        return None if number is None else self.groups[number]

    def _add(self, indexes: Ints) -> set[int]:
        if self._rows is not None and len(indexes):
            indexes = indexes[self._rows(indexes)]
        changed = set()
        for index in indexes.tolist():
            changed.add(self._put(index))
        return changed

    def _put(self, index: int) -> int:
        journal = self._journal
        columns = journal.executions
        code = int(columns["status"][index])
        status = STATUSES[code]
        handler, end = int(columns["handler"][index]), int(columns["end"][index])
        kind, message, place = read_failure(journal.failures.get(index))
        key = (status, kind, place or FailurePlace(function=journal.handlers[handler].label))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.groups)
            self.groups.append(FailureGroup(number, *key, first=end))
        group = self.groups[number]
        if len(group.members) == MEMBERS:
            self._group_of.pop(group.members[0], None)
        group.members.append(index)
        self._group_of[index] = number
        group.message = message
        group.count += 1
        self.count += 1
        counted = BY_FAULT if columns["fault"][index] else code
        self.outcomes[counted] = self.outcomes.get(counted, 0) + 1
        group.last = max(group.last, end)
        group.handlers.add(handler)
        group.events.add(int(columns["event"][index]))
        group.trend.add(end)
        return number


def failure_head(text: str) -> tuple[str, str, str]:
    """Return type, module and message of a failure's JSON text without reading all of it."""
    head = _HEAD.match(text)
    if head is not None:
        kind, module, message = head.groups()
        return _unquoted(kind), _unquoted(module), _unquoted(message)
    failure = _loads(text)
    return failure.get("type", ""), failure.get("module", ""), failure.get("message", "")


def _unquoted(part: str) -> str:
    """Return what a JSON text says; most have no escapes, and reading those costs twenty times as much."""
    return str(_DECODER.decode(part)) if "\\" in part else part[1:-1]


def read_failure(text: str | None) -> tuple[str, str, FailurePlace | None]:
    """Return type, message and place of a failure's JSON text; empty, and no place, where there is none."""
    failure = _loads(text or "{}")
    frames = failure.get("frames", ())
    nearest = [frame for frame in frames if frame.get("mine")] or frames
    place = FailurePlace(*(nearest[-1][name] for name in ("file", "line", "function"))) if nearest else None
    return failure.get("type", ""), failure.get("message", ""), place


def _loads(text: str) -> dict[str, Any]:
    try:
        failure = json.loads(text)
    except (ValueError, RecursionError):
        failure = None
    # What is no failure of ours is better shown as it is than not at all.
    return failure if isinstance(failure, dict) else {"message": text}
