"""Rows from a child process, taken in as what they are: somebody else's data.

Every row is checked for its shape and for standing for something known. Numbers go on where the last child of this
session left off, and what was under way when a child ended is ended here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from itertools import count
from time import perf_counter_ns
from typing import Any, Final

from inspector.core.description import CatalogDescription, HandlerDescription
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    HOST_NOTED,
    INTERRUPTED,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    RUNNING,
    SESSION_STARTED,
    STATUSES,
    Row,
)
from inspector.core.values.build import build, to_plain
from inspector.core.values.dataerror import EventDataError

#: Rows that may wait for the window before the child is no longer read: it then holds its next fire.
FULL: Final = 200_000
_LEVELS: Final = frozenset({"debug", "info", "warning", "error"})
_BIG: Final = 1 << 62

#: The types of a row's fields after its kind, by kind.
_SHAPES: Final[tuple[tuple[type, ...], ...]] = (
    (int, int, str, str, str),
    (int, int, str, str, str, int, int, str, str, int),
    (int, int, int, str, str),
    (int, int, str, int, str),
    (int, int, int, str, str, str, str),
    (int, int, str),
    (int, str, str, str, str),
)


class Intake:
    """A row source for a live stream, over any number of children one after another.

    ``take`` and the other writing methods are called from one thread at a time; ``new_fire`` from any.

    Args:
        told: Told the kind of each ``HostNoted`` that a child sends.
        clock: Monotonic nanoseconds, the same clock as the child's.

    Attributes:
        catalog: What the newest child declares, None before the first.
        running: Executions under way: number → (publication, key of the handler, time of its start).
        refused: Rows that were no rows.
    """

    def __init__(self, told: Callable[[str], None], clock: Callable[[], int] = perf_counter_ns) -> None:
        self._told = told
        self._clock = clock
        self._anchor = clock()
        self._rows: list[Row] = []
        self._held: list[Row] = []
        self._began = False
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None
        self._publications = self._executions = 0
        self._publication_offset = self._execution_offset = self._shift = 0
        self._open: set[int] = set()
        self._fires: dict[int, int] = {}
        self._next_fire = count(1)
        self.catalog: CatalogDescription | None = None
        self.running: dict[int, tuple[int, str, int]] = {}
        self.refused = 0
        self._checks: dict[int, Callable[[Row], Row | None]] = {
            PUBLISHED: self._published,
            HANDLER_STARTED: self._started,
            HANDLER_ENDED: self._ended,
            NOTED: self._noted,
            PUBLICATION_ENDED: self._publication_ended,
            HOST_NOTED: self._host_noted,
        }

    # -- a child's life ------------------------------------------------------------------------------------------------

    def begin(self, anchor: int) -> None:
        """Rows of a new child come: its numbers begin with 1, its times at ``anchor`` (ns of the monotonic clock)."""
        if not self._began:
            self._anchor = min(anchor, self._clock())
        self._shift = max(0, anchor - self._anchor)
        self._publication_offset, self._execution_offset = self._publications, self._executions

    def take(self, rows: Any) -> None:
        """Take in rows as they came over the wire; those that are none are counted in ``refused``."""
        good: list[Row] = []
        for values in rows if type(rows) is list else ():
            row = self._checked(values)
            if row is None:
                self.refused += 1
            else:
                good.append(row)
        self._put(good)
        held, self._held = self._held, []
        self._put(held)

    def note(self, kind: str, level: str, text: str, data: dict[str, Any] | None = None) -> None:
        """Write a ``HostNoted`` of our own; before the session's first row it waits for that."""
        self._put([_own_note(self.now(), kind, level, text, data)])

    def interrupt(self, why: str, data: dict[str, Any] | None = None) -> None:
        """The child is gone: end what was running, and settle the fires that will not.

        Args:
            why: How it ended.
            data: More on that: it was not meant to end, and an ``ended`` tells. That comes in one piece with the rest,
                so whoever is told finds everything ended.
        """
        at = self.now()
        rows: list[Row] = [] if data is None else [_own_note(at, "ended", "error", why, data)]
        rows += [(HANDLER_ENDED, at, number, INTERRUPTED, 0, "") for number in self.running]
        rows += [(PUBLICATION_ENDED, at, number, "cancelled") for number in sorted(self._open)]
        for fire, published in list(self._fires.items()):
            text = json.dumps({"fire": fire, "hint": "Restart the program."})
            rows.append((HOST_NOTED, at, "fire_refused", "error", why, text))
            rows.append(
                (HOST_NOTED, at, "fire_settled", "info", "", json.dumps({"fire": fire, "published": published}))
            )
        self.running.clear()
        self._open.clear()
        self._fires.clear()
        self._put(rows)

    def new_fire(self) -> int:
        """Return the number of a fire that is about to be sent down."""
        fire = next(self._next_fire)
        self._fires[fire] = 0
        return fire

    def drop_fire(self, fire: int) -> None:
        """Forget a fire that could not be sent."""
        self._fires.pop(fire, None)

    def now(self) -> int:
        """Nanoseconds since the session started."""
        return self._clock() - self._anchor if self._began else 0

    # -- the source ----------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Rows that nobody has drained yet."""
        return len(self._rows)

    def on_rows(self, wake: Callable[[], None] | None) -> None:
        """Call ``wake`` when there are rows after there were none."""
        self._wake = wake
        if wake is not None and self._rows:
            wake()

    def drain(self) -> list[Row]:
        """Take every row gathered so far; callable from any thread."""
        with self._lock:
            taken, self._rows = self._rows, []
        return taken

    def _put(self, rows: list[Row]) -> None:
        if not rows:
            return
        if not self._began:  # a session begins with its own row
            self._held += rows
            return
        with self._lock:
            empty = not self._rows
            self._rows += rows
        wake = self._wake
        if empty and wake is not None:
            wake()

    # -- checks --------------------------------------------------------------------------------------------------------

    def _checked(self, values: Any) -> Row | None:
        if type(values) is not list or not values or type(values[0]) is not int:
            return None
        kind = values[0]
        if kind == SESSION_STARTED:
            return self._session_started(values)
        check = self._checks.get(kind)
        if check is None or tuple(map(type, values[1:])) != _SHAPES[kind]:
            return None
        if not 0 <= values[1] < _BIG:
            return None
        values[1] += self._shift
        return check(tuple(values))

    def _session_started(self, values: list[Any]) -> Row | None:
        """Begin the session; of a later child, take what its catalog has that is new."""
        seed = values.pop() if len(values) == 7 else False
        if tuple(map(type, values[1:])) != _SHAPES[SESSION_STARTED] or not (seed is None or type(seed) is int):
            return None
        try:
            catalog = build(CatalogDescription, json.loads(values[5]))
        except (ValueError, EventDataError, RecursionError):
            return None
        before, self.catalog = self.catalog, catalog
        if self._began:
            return self._reloaded(before, catalog)
        self._began = True
        return (*values, seed)

    def _reloaded(self, before: CatalogDescription | None, catalog: CatalogDescription) -> Row:
        known = {handler.key: handler for handler in before.handlers} if before is not None else {}
        at = self.now()
        for handler in catalog.handlers:
            if known.get(handler.key) != handler:
                text = json.dumps(to_plain(handler))
                self._put([(HOST_NOTED, at, "handler", "info", f"{handler.label} is new", text)])
        text = json.dumps({"catalog": to_plain(catalog)}) if catalog != before else ""
        return (HOST_NOTED, at, "restarted", "info", "The program was loaded again.", text)

    def _published(self, row: Row) -> Row | None:
        _, _, number, _, _, _, cause, fire, _, _, handlers = row
        number += self._publication_offset
        cause += self._execution_offset if cause else 0
        if number != self._publications + 1 or not 0 <= cause <= self._executions or not 0 <= handlers < 1_000_000:
            return None
        if not 0 <= fire < 1 << 31:
            return None
        if not cause and fire in self._fires:
            self._fires[fire] += 1
        self._publications = number
        self._open.add(number)
        return (*row[:2], number, *row[3:6], cause, *row[7:])

    def _started(self, row: Row) -> Row | None:
        number, publication = row[2] + self._execution_offset, row[3] + self._publication_offset
        if number != self._executions + 1 or publication not in self._open:
            return None
        self._executions = number
        self.running[number] = (publication, row[4], row[1])
        return (*row[:2], number, publication, *row[4:])

    def _ended(self, row: Row) -> Row | None:
        number = row[2] + self._execution_offset
        if number not in self.running or row[3] not in STATUSES or row[3] == RUNNING or not 0 <= row[4] < _BIG:
            return None
        del self.running[number]
        return (*row[:2], number, *row[3:])

    def _noted(self, row: Row) -> Row | None:
        execution, publication = row[2], row[3] + self._publication_offset
        execution += self._execution_offset if execution else 0
        if not 0 <= execution <= self._executions or not 0 < publication <= self._publications or row[5] not in _LEVELS:
            return None
        return (*row[:2], execution, publication, *row[4:])

    def _publication_ended(self, row: Row) -> Row | None:
        number = row[2] + self._publication_offset
        if number not in self._open:
            return None
        self._open.discard(number)
        return (*row[:2], number, row[3])

    def _host_noted(self, row: Row) -> Row | None:
        kind, level, data = row[2], row[3], row[5]
        if level not in _LEVELS:
            return None
        try:
            read = json.loads(data) if data else {}
            if type(read) is not dict:
                return None
            if type(read.get("since")) is int:  # a time of the child's, as in ``blocked``
                row = (*row[:5], json.dumps({**read, "since": read["since"] + self._shift}))
            if kind == "handler":
                build(HandlerDescription, read)
            elif kind in ("fire_settled", "fire_refused"):
                fire = read["fire"]
                if fire not in self._fires:
                    return None
                if kind == "fire_settled":
                    if type(read["published"]) is not int:
                        return None
                    del self._fires[fire]
        except (ValueError, KeyError, TypeError, EventDataError, RecursionError):
            return None
        self._told(kind)
        return row


def _own_note(at: int, kind: str, level: str, text: str, data: dict[str, Any] | None) -> Row:
    return (HOST_NOTED, at, kind, level, text, json.dumps(data) if data else "")
