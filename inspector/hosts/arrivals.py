"""Where rows from other processes arrive: in one order, with the numbers of one session."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable
from itertools import count
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from inspector.core.records.numbers import FireNumber
from inspector.core.records.records import Row, to_row

if TYPE_CHECKING:
    from inspector.core.records.host import HostRecord


class Arrivals:
    """A row source for a live stream, filled by whoever takes in what other processes say.

    Rows are put in from one thread at a time; ``new_fire`` and ``drain`` may be called from any.

    Args:
        clock: Monotonic nanoseconds, the same clock as that of the processes.

    Attributes:
        anchor: When the session began, by the clock.
        began: Its first row is there.
        publications: Publications of the session so far: the number of the newest.
        executions: Executions, likewise.
        fires: Fires that have not settled, each with how often its event was published.
        last_fire: The newest number of a fire.
    """

    def __init__(self, clock: Callable[[], int] = perf_counter_ns) -> None:
        self.clock = clock
        self.anchor = clock()
        self.began = False
        self.publications = self.executions = 0
        self.fires: dict[FireNumber, int] = {}
        self.last_fire = 0
        self._next_fire = count(1)
        self._rows: list[Row] = []
        self._held: list[Row] = []
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None
        #: Rows of the session so far.
        self._count = 0

    def record(self, record: HostRecord) -> None:
        """Take in a record of our own; before the session's first row it waits for that."""
        self.put([to_row(record)])

    def put(self, rows: list[Row]) -> None:
        """Take in rows that are right; before the session's first row they wait for that."""
        if not rows:
            return
        if not self.began:  # a session begins with its own row
            self._held += rows
            return
        with self._lock:
            empty = not self._rows
            self._rows += rows
            self._count += len(rows)
        wake = self._wake
        if empty and wake is not None:
            wake()

    def put_held(self) -> None:
        """Take in what has waited for the session's first row."""
        held, self._held = self._held, []
        self.put(held)

    def now(self) -> int:
        """Return the nanoseconds since the session started."""
        return self.clock() - self.anchor if self.began else 0

    def new_fire(self) -> FireNumber:
        """Return the number of a fire that is about to be sent down."""
        fire = FireNumber(next(self._next_fire))
        self.last_fire = max(fire, self.last_fire)
        self.fires[fire] = 0
        return fire

    def drop_fire(self, fire: FireNumber) -> None:
        """Forget a fire that could not be sent."""
        self.fires.pop(fire, None)

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


#: What stands for the number of something that is not in the session.
LEFT_OUT = 0
#: Above all numbers.
_NO_NUMBER: Final = 1 << 63


class Numbers:
    """The session's numbers of what a process numbers from 1 on.

    Processes come in turns, so a run of consecutive numbers is kept as one: a process that is alone has a single run,
    one of several a few for each time that it was read.

    Attributes:
        last: How many the process has numbered.
    """

    def __init__(self) -> None:
        self.last = 0
        self._own = array("q")
        self._session = array("q")

    @property
    def newest_run(self) -> tuple[int, int]:
        """The first number of the newest run, and what leads from its numbers to the session's.

        Where that run is not in the session, or there is none, no number is as high as the first.
        """
        if not self._own or self._session[-1] == LEFT_OUT:
            return _NO_NUMBER, 0
        return self._own[-1], self._session[-1] - self._own[-1]

    def expects(self, own: int) -> bool:
        """Return whether the process may number something so now."""
        return own == self.last + 1

    def add(self, session: int) -> None:
        """Take the next number of the process for one of the session; ``LEFT_OUT`` when it is not in it."""
        self.last += 1
        if self._own:
            further = self.last - self._own[-1] if self._session[-1] != LEFT_OUT else 0
            if session == (self._session[-1] + further if further else LEFT_OUT):
                return
        self._own.append(self.last)
        self._session.append(session)

    def of(self, number: int) -> int | None:
        """Return the session's number of what the process numbers so; None when it has numbered nothing so."""
        if not 0 < number <= self.last:
            return None
        run = bisect_right(self._own, number) - 1
        start = self._session[run]
        return start + number - self._own[run] if start != LEFT_OUT else LEFT_OUT


class ResumedNumbers(Numbers):
    """The numbers of a process whose beginning another reader has read: what that has seen is left out."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = False

    def expects(self, own: int) -> bool:
        """Return whether the process may number something so now; the first is taken as it is."""
        if not self._begun and own > 0:
            self._begun = True
            self.last = own - 1
            if self.last:
                self._own.append(1)
                self._session.append(LEFT_OUT)
        return super().expects(own)

    def of(self, number: int) -> int | None:
        """Return the session's number; ``LEFT_OUT`` for what was numbered before."""
        return super().of(number) if self._begun else LEFT_OUT
