"""Rows from a child process, taken in as what they are: somebody else's data.

Numbers go on where the last child of this session left off, and what was under way when a child ended is ended here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

from inspector.core.records.host import (
    FireRefused,
    FireSettled,
    HandlerAdded,
    HostRecord,
    ProcessEnded,
    ProgramReloaded,
)
from inspector.core.records.records import Record, Row, SessionStarted, to_row
from inspector.hosts.arrivals import Arrivals
from inspector.hosts.rowcheck import RowCheck

if TYPE_CHECKING:
    from inspector.core.description import CatalogDescription
    from inspector.core.records.numbers import ExecutionNumber, PublicationNumber

#: Rows that may wait for the window before the child is no longer read: it then holds its next fire.
FULL: Final = 200_000

#: Most marks of what a child has sent that is not stored yet, and rows from one to the next, about.
_MARKS: Final = 10_000
_MARK_ROWS: Final = 200


class Intake(Arrivals):
    """A row source for a live stream, over any number of children one after another.

    ``take`` and the other writing methods are called from one thread at a time; ``new_fire`` from any.

    Args:
        report: Called with each record of the host that a child sends.
        clock: Monotonic nanoseconds, the same clock as the child's.

    Attributes:
        catalog: What the newest child declares, None before the first.
        refused: Rows that were no rows.
    """

    def __init__(self, report: Callable[[HostRecord], None], clock: Callable[[], int] = perf_counter_ns) -> None:
        super().__init__(clock)
        self._report = report
        self._shift = 0
        #: How many rows the child has recorded, as far as they were taken in; and how many have come over the wire.
        self._sent = self._came = 0
        #: How many of the child's rows are stored, as far as it is known; and how many rows the session had after how
        #: many of the child's, refused ones too, oldest first, where that is not stored yet.
        self._stored = 0
        self._marks: deque[tuple[int, int]] = deque(maxlen=_MARKS)
        self.catalog: CatalogDescription | None = None
        self.refused = 0
        self._check = RowCheck(self, self._begin_session, report)

    @property
    def running(self) -> dict[ExecutionNumber, tuple[PublicationNumber, str, int]]:
        """Executions under way: number → (publication, key of the handler, time of its start)."""
        return self._check.running

    def execution_of(self, own: int) -> int:
        """Return the session's number of what the newest child numbers so; 0 when it is not in the session."""
        return self._check.execution_of(own)

    # -- a child's life ------------------------------------------------------------------------------------------------

    def begin(self, anchor: int) -> None:
        """Begin with the rows of a new child: its numbers start at 1, its times at ``anchor`` (ns, monotonic clock)."""
        anchor = min(anchor, self.clock())
        if not self.began:
            self.anchor = anchor
        self._shift = max(0, anchor - self.anchor)
        self._check = RowCheck(self, self._begin_session, self._report, shift=self._shift)
        with self._lock:
            self._sent = self._came = self._stored = 0
            self._marks.clear()

    def take(self, rows: Any) -> None:
        """Take in rows as they came over the wire; those that are none are counted in ``refused``."""
        rows = rows if type(rows) is list else []
        ahead, self._came = self._sent - self._came, self._came + len(rows)
        self._take(rows[ahead:] if ahead else rows)

    def _take(self, rows: list[Any]) -> None:
        self._check.see_clock()
        good, refused = self._check.checked_all(rows)
        self.refused += refused
        self.put(good)
        self.put_held()
        with self._lock:
            self._sent += len(rows)
            if len(self._marks) > 1 and self._count - self._marks[-2][0] < _MARK_ROWS:
                self._marks.pop()
            self._marks.append((self._count, self._sent))

    def take_rest(self, before: int, rows: list[Any]) -> int:
        """Take in what has not come over the wire yet; return how many rows are missing between that and these.

        Args:
            before: How many rows the child has recorded before these.
            rows: Its last ones, some of which may have come.
        """
        missing = before - self._sent
        self._take(rows[max(0, -missing) :])
        return max(0, missing)

    def interrupt(self, why: str, ended: ProcessEnded | None = None) -> None:
        """End what was running in a child that is gone, and settle the fires that will not.

        Args:
            why: How it ended.
            ended: It was not meant to. The record comes in one piece with the rest, so whoever reads it finds
                everything ended.
        """
        at = max(self.now(), self._check.latest)  # nothing ends before what the child has said of it
        records: list[Record] = [] if ended is None else [ended]
        records += self._check.interrupted(at)
        for fire, published in list(self.fires.items()):
            records += [FireRefused(at, fire, why, "Restart the program."), FireSettled(at, fire, published)]
        self.fires.clear()
        self.put([to_row(record) for record in records])

    def stored_of_child(self, seq: int, at: int) -> tuple[int, int]:
        """Return how far a child's own rows are stored, and until when by its own clock; callable from any thread.

        Args:
            seq: Seq of the newest record of the session that is stored.
            at: Its time.
        """
        with self._lock:
            while self._marks and self._marks[0][0] <= seq:
                _, self._stored = self._marks.popleft()
            return self._stored, max(0, at - self._shift)

    def _begin_session(self, started: SessionStarted, catalog: CatalogDescription) -> Row:
        """Begin the session; of a later child, take what its catalog has that is new."""
        before, self.catalog = self.catalog, catalog
        if self.began:
            return self._reloaded(before, catalog)
        self.began = True
        return to_row(started)

    def _reloaded(self, before: CatalogDescription | None, catalog: CatalogDescription) -> Row:
        handlers = {handler.key: handler for handler in before.handlers} if before is not None else {}
        at = self.now()
        self.put(
            [to_row(HandlerAdded(at, handler)) for handler in catalog.handlers if handlers.get(handler.key) != handler]
        )
        return to_row(ProgramReloaded(at, catalog if catalog != before else None))
