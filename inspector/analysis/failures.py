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
#: What follows the head of a failure as it is captured, what ends its frames, and how each of these begins.
_FRAMES: Final = ', "frames": ['
_FRAMES_END: Final = '], "relation": '
_FUNCTION: Final = '"function": '
_FRAME: Final = re.compile(rf'\{{"file": ({_TEXT}), "line": (-?\d+), {_FUNCTION}({_TEXT}), "mine": (true|false)', re.S)
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

    def add_all(self, times: Ints) -> None:
        """Count one at each of the times in ns."""
        self._fit(int(times.max()))
        counts = np.bincount(np.maximum(times, 0) // self.width, minlength=len(self._counts))
        self._counts = [before + more for before, more in zip(self._counts, counts.tolist(), strict=True)]

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
class FailurePart:
    """Executions of a group in one handler for one event.

    Attributes:
        handler, event: Their numbers.
        message: What the newest said.
        count: How many, in all.
        by_fault: How many of them were under a fault.
        first, last: When the first and the newest ended, ns since the session started.
        members: Indexes of the newest executions, oldest first, at most ``MEMBERS``.
        trend: How often, over time.
    """

    handler: int
    event: int
    first: int = 0
    message: str = ""
    count: int = 0
    by_fault: int = 0
    last: int = 0
    members: deque[int] = field(default_factory=lambda: deque(maxlen=MEMBERS))
    trend: Trend = field(default_factory=Trend)

    def add(self, indexes: Ints, ends: Ints, struck: Mask, message: str) -> None:
        """Count executions that ended, in the order of their ends; ``struck`` says which of them under a fault."""
        self.members.extend(indexes[-MEMBERS:].tolist())
        self.message = message
        self.count += len(indexes)
        self.by_fault += int(np.count_nonzero(struck))
        self.last = max(self.last, int(ends.max()))
        self.trend.add_all(ends)


@dataclass
class FailureGroup:
    """Executions that went wrong the same way.

    Attributes:
        number: Its place in ``FailureGroups.groups``.
        status: How they ended (``failed``, ``swallowed``, ``timed_out``, …).
        type: Exception type; empty when there was no exception.
        place: The frame of the user's code nearest to the raise, else the innermost; without any frame,
            ``function`` is the handler. Of several functions at one line, as one that makes handlers names them, it
            is the first; ``functions`` has all.
        message: What the newest said.
        count: How many, in all.
        by_fault: How many of them were under a fault.
        first: When the first ended, ns since the session started.
        last: When the newest ended.
        members: Indexes of the newest executions, oldest first, at most ``MEMBERS``.
        handlers: Numbers of the handlers they ran in.
        events: Numbers of the event types.
        parts: The same by handler and event, in the order in which they first appeared.
        outcomes: How many by status code, those under a fault as ``BY_FAULT``.
    """

    number: int
    status: str
    type: str
    place: FailurePlace
    message: str = ""
    count: int = 0
    by_fault: int = 0
    first: int = 0
    last: int = 0
    members: deque[int] = field(default_factory=lambda: deque(maxlen=MEMBERS))
    handlers: set[int] = field(default_factory=set)
    events: set[int] = field(default_factory=set)
    parts: dict[tuple[int, int], FailurePart] = field(default_factory=dict)
    outcomes: dict[int, int] = field(default_factory=dict)
    trend: Trend = field(default_factory=Trend)
    functions: set[str] = field(default_factory=set)

    @property
    def newest(self) -> int:
        """Index of the newest member."""
        return self.members[-1]


class FailureGroups:
    """The groups of a journal, kept up fold by fold. Retries are left out.

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
        indexes = indexes[self._journal.executions["retry"][indexes] == 0]
        if self._rows is not None and len(indexes):
            indexes = indexes[self._rows(indexes)]
        if not len(indexes):
            return set()
        columns, errors = self._journal.executions, self._journal.errors
        # What is alike in all three is of one group; what has a place is of one whatever its handler is called.
        kinds, handlers = len(errors.kinds) + 1, len(self._journal.handlers)
        alike = columns["status"][indexes].astype(np.int64) * kinds + errors.kind(columns["error"][indexes]) + 1
        alike = alike * handlers + columns["handler"][indexes]
        facts, firsts, group = np.unique(alike, return_index=True, return_inverse=True)
        numbers = np.zeros(len(firsts), np.int64)
        for place in np.argsort(firsts).tolist():
            rest, handler = divmod(int(facts[place]), handlers)
            status, kind = divmod(rest, kinds)
            end = int(columns["end"][indexes[firsts[place]]])
            numbers[place] = self._number(status, kind - 1, handler, end)
        group = numbers[group.reshape(-1)]
        changed = dict.fromkeys(group.tolist())
        for number in changed:
            self._put(self.groups[number], indexes[group == number])
        return set(changed)

    def _number(self, status: int, kind: int, handler: int, end: int) -> int:
        """Return the number of a group, making one that begins at a time."""
        journal = self._journal
        error, place = ("", None) if kind < 0 else (journal.errors.kinds[kind].type, journal.errors.kinds[kind].place)
        place = place or FailurePlace(function=journal.handlers[handler].label)
        key = (STATUSES[status], error, FailurePlace(place.file, place.line) if place.file else place)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.groups)
            self.groups.append(FailureGroup(number, STATUSES[status], error, place, first=end))
        self.groups[number].functions.add(place.function)
        return number

    def _put(self, group: FailureGroup, indexes: Ints) -> None:
        """Take in executions of a group, in the order of their ends."""
        columns, errors = self._journal.executions, self._journal.errors
        for index in indexes[-MEMBERS:].tolist():
            if len(group.members) == MEMBERS:
                self._group_of.pop(group.members[0], None)
            group.members.append(index)
            self._group_of[index] = group.number
        newest = int(columns["error"][indexes[-1]])
        group.message = errors.message(newest) if newest >= 0 else ""
        group.count += len(indexes)
        self.count += len(indexes)
        struck = columns["fault"][indexes] > 0
        group.by_fault += int(np.count_nonzero(struck))
        codes = np.where(struck, BY_FAULT, columns["status"][indexes].astype(np.int64))
        for code, count in zip(*(part.tolist() for part in np.unique(codes, return_counts=True)), strict=True):
            for outcomes in (self.outcomes, group.outcomes):
                outcomes[code] = outcomes.get(code, 0) + count
        ends = columns["end"][indexes]
        group.last = max(group.last, int(ends.max()))
        group.handlers.update(np.unique(columns["handler"][indexes]).tolist())
        group.events.update(np.unique(columns["event"][indexes]).tolist())
        group.trend.add_all(ends)
        pairs = np.stack((columns["handler"][indexes], columns["event"][indexes]))
        for handler, event in np.unique(pairs, axis=1).T.tolist():
            chosen = (pairs[0] == handler) & (pairs[1] == event)
            part = group.parts.get((handler, event))
            if part is None:
                part = group.parts[handler, event] = FailurePart(handler, event, int(ends[chosen][0]))
            newest = int(columns["error"][indexes[chosen][-1]])
            message = errors.message(newest) if newest >= 0 else ""
            part.add(indexes[chosen], ends[chosen], struck[chosen], message)


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


def read_failure(text: str) -> tuple[str, str, str, FailurePlace | None]:
    """Return type, module, message and place of a failure's JSON text; the place is None where there is none."""
    head = _HEAD.match(text)
    if head is not None:
        place = _place_of(text, head.end())
        if place is not None:
            kind, module, message = head.groups()
            return _unquoted(kind), _unquoted(module), _unquoted(message), place
    failure = _loads(text)
    kind, module, message = (str(failure.get(name, "")) for name in ("type", "module", "message"))
    try:
        frames = failure.get("frames", ())
        nearest = [frame for frame in frames if frame.get("mine")] or frames
        frame = nearest[-1] if nearest else None
        place = FailurePlace(str(frame["file"]), int(frame["line"]), str(frame["function"])) if frame else None
    except (LookupError, TypeError, ValueError, AttributeError):  # a stranger's
        place = None
    return kind, module, message, place


def _place_of(text: str, head: int) -> FailurePlace | None:
    """Return the place of a failure that is written as the capture writes it, reading one of its frames; else None.

    A text within JSON has no bare quotes: what stands here between quotes and colons are names of members.
    """
    end = text.find(_FRAMES_END, head)
    if end < 0 or not text.startswith(_FRAMES, head):
        return None
    frames = _FRAME.findall(text, head, end)
    if not frames or len(frames) != text.count(_FUNCTION, head, end):  # none, or a stranger's
        return None
    file, line, function, _ = next((frame for frame in reversed(frames) if frame[3] == "true"), frames[-1])
    return FailurePlace(_unquoted(file), int(line), _unquoted(function))


def _loads(text: str) -> dict[str, Any]:
    try:
        failure = json.loads(text)
    except (ValueError, RecursionError):
        failure = None
    # What is no failure of ours is better shown as it is than not at all.
    return failure if isinstance(failure, dict) else {"message": text}
