"""Rows from the rings of a run, taken in as what they are: somebody else's data.

Processes come in turns. What all of them have written until a moment is put in the order of its times, so that the
stream tells one story.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

from inspector.core.description import CatalogDescription
from inspector.core.records.bounds import row_problem
from inspector.core.records.host import (
    FireRefused,
    FireSettled,
    HostNoted,
    HostRecord,
    ProcessLeft,
    ProgramReloaded,
    RecordsLost,
    TestRan,
)
from inspector.core.records.records import AT, KIND, Record, Row, SessionStarted, to_record, to_row
from inspector.core.values.build import to_plain
from inspector.core.values.jsontext import json_text
from inspector.hosts.arrivals import Arrivals
from inspector.hosts.rowcheck import NO_ROW, RowCheck
from inspector.hosts.run.catalogs import merged

if TYPE_CHECKING:
    from inspector.core.records.numbers import FireNumber

#: Times are below this, ns; most characters of what a process says of itself.
_BIG: Final = 1 << 62
_WORDS: Final = 1_000
#: Most events and handlers of a program: whoever declares more of them is no program.
_MOST_DECLARED: Final = 20_000


class RunIntake(Arrivals):
    """A row source for a live stream, over any number of processes at the same time.

    Args:
        name: What people call the program.
        clock: Monotonic nanoseconds, the same clock as that of the processes.

    Attributes:
        catalog: What the processes declare together.
        recording: Publications are recorded.
    """

    def __init__(self, name: str, clock: Callable[[], int] = perf_counter_ns) -> None:
        super().__init__(clock)
        self.catalog = CatalogDescription(name)
        self.recording = True
        self._sources: dict[int, RowsOfProcess] = {}

    def begin(self, anchor: int = 0) -> None:
        """Begin the session; nothing is known of the program yet.

        Args:
            anchor: When the program was started, by the clock; 0: now.
        """
        now = self.clock()
        self.anchor = min(anchor, now) or now
        wall = time.time_ns() - (now - self.anchor)
        started = SessionStarted(0, wall, self.catalog.program, "", json_text(to_plain(self.catalog)))
        self.began = True
        self.put([to_row(started)])
        self.put_held()

    def join(self, process: int, begun: Sequence[Any] | None = None, asked: int = 0) -> RowsOfProcess:
        """Return where the rows of a process go.

        Args:
            process: Its number in the session, 1 and up.
            begun: How its stream began, where another reader has read that; None where it is still to be read.
            asked: How often that reader has asked it for something.
        """
        source = self._sources[process] = RowsOfProcess(self, process, resumed=begun is not None, asked=asked)
        if begun:
            source.take(begun)
        return source

    def pass_on(self, until: int | None = None) -> None:
        """Put what the processes have written into the stream, in the order of its times.

        Args:
            until: What happened later, by the clock, waits for the next time: an earlier row of another process may
                still come. None: nothing waits.
        """
        last = _BIG if until is None else until - self.anchor
        sources = self._sources.values()
        for source in sources:
            source.see_clock()
        items = merge(*(source.items(last) for source in sources), key=_time)
        self.put([row for _, source, item in items if (row := source.row(item))])

    def leave(self, process: int, record: ProcessLeft) -> None:
        """Put in what is still to come of a process that is gone, and end what it was doing."""
        self.pass_on()
        source = self._sources.pop(process)
        at = max(record.at, source.latest)
        ended: list[Record] = [*source.interrupted(at)]
        for number in tuple(source.fires):
            ended += source.settle_fire(number, "The process ended.")
        ended.append(record)
        self.put([to_row(item) for item in ended])

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or leave them out; what is under way is recorded to its end."""
        self.recording = on
        for source in tuple(self._sources.values()):
            source.set_recording(on)

    def unsent(self, fire: FireNumber, reason: str) -> list[Record]:
        """Return records that settle a fire that no process was asked for."""
        if self.fires.pop(fire, None) is None:
            return []
        at = self.now()
        return [FireRefused(at, fire, reason, ""), FireSettled(at, fire, 0)]

    def declare(self, catalog: CatalogDescription, process: int) -> Row:
        """Take in what a process declares; return the row that says so, ``NO_ROW`` when that was declared before."""
        whole = merged(self.catalog, catalog)
        if whole == self.catalog or max(len(whole.events), len(whole.handlers)) > _MOST_DECLARED:
            return NO_ROW
        self.catalog = whole
        return to_row(ProgramReloaded(self.now(), whole, process))


class RowsOfProcess:
    """The rows and messages of one process, on their way into the session.

    Args:
        intake: Where they go.
        process: The number of the process.
        resumed: Another reader has read its beginning.
        asked: How often that reader has asked it for something.

    Attributes:
        refused: How many were neither row nor message.
        declared: What the process declares; None before it has said so.
        fires: Numbers in the session of what was fired into the process, by its own numbers.
        last_words: What the process said of its end, empty when it said nothing.
    """

    def __init__(self, intake: RunIntake, process: int, *, resumed: bool = False, asked: int = 0) -> None:
        self._resumed = resumed
        self._asked = asked
        self._intake = intake
        self._process = process
        self._check: RowCheck | None = None
        self._shift = 0
        self._items: deque[tuple[int, RowsOfProcess, Any]] = deque()
        self._time = 0
        self.refused = 0
        self.declared: CatalogDescription | None = None
        self.fires: dict[int, FireNumber] = {}
        self.last_words = ""

    @property
    def latest(self) -> int:
        """The latest time of its rows, ns since the session began."""
        return self._check.latest if self._check is not None else 0

    @property
    def running(self) -> int:
        """How many executions are under way."""
        return len(self._check.running) if self._check is not None else 0

    def execution_of(self, own: int) -> int:
        """Return the session's number of what the process numbers so; 0 when it is not in the session."""
        return self._check.execution_of(own) if self._check is not None else 0

    def take(self, items: Sequence[Any]) -> None:
        """Take rows and messages as they were read; they are checked when their turn has come."""
        for item in items:
            if type(item) is list and len(item) > AT:
                if item[0] == "anchor":
                    self._anchored(item[AT])
                elif type(item[AT]) is int:  # a process's rows keep their order, whatever their times
                    self._time = max(self._time, min(item[AT], _BIG) + self._shift)
            self._items.append((self._time, self, item))

    def see_clock(self) -> None:
        """Take notice of the time: what is checked from here on cannot have happened later."""
        if self._check is not None:
            self._check.see_clock()

    def items(self, last: int) -> Iterator[tuple[int, RowsOfProcess, Any]]:
        """Yield what has happened up to a time, each with the time by which it is put in order."""
        while self._items and self._items[0][0] <= last:
            yield self._items.popleft()

    def row(self, item: Any) -> Row:
        """Return the row of the session that an item stands for; ``NO_ROW`` for none."""
        row = self._row(item)
        if row is None:
            self.refused += 1
        return row or NO_ROW

    def interrupted(self, at: int) -> list[Record]:
        """Return records that end what is running in a process that is gone."""
        return self._check.interrupted(at) if self._check is not None else []

    def settle_fire(self, number: int, reason: str, hint: str = "") -> list[Record]:
        """Return records that settle a fire that the process will not settle any more; none where it has."""
        fire = self.fires.pop(number, None)
        published = self._intake.fires.pop(fire, None) if fire is not None else None
        if fire is None or published is None:
            return []
        at = max(self._intake.now(), self.latest)
        return [FireRefused(at, fire, reason, hint), FireSettled(at, fire, published)]

    def _fire_of(self, number: int) -> int:
        """Return the session's number of a fire; 0 for one that nobody here has asked for."""
        if number not in self.fires and 0 < number <= self._asked:
            self.fires[number] = self._intake.new_fire()  # another inspector has fired it
        return self.fires.get(number, 0)

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or leave them out."""
        if self._check is not None:
            self._check.recording = on

    def lost(self) -> None:
        """Record how many rows were refused since the last time."""
        if self.refused:
            reason = f"process {self._process} wrote invalid records"
            self._intake.record(RecordsLost(self._intake.now(), self.refused, reason))
            self.refused = 0

    def _row(self, item: Any) -> Row | None:
        if type(item) is not list or not item:
            return None
        if type(item[0]) is str:
            try:
                return self._message(*item)
            except (TypeError, ValueError, RecursionError):
                return None
        if self._check is None:
            return None
        if item[KIND] == ProgramReloaded.KIND:
            return self._declared(item)
        return self._check.checked(item)

    def _message(self, verb: str, *said: Any) -> Row | None:
        if verb == "anchor":
            return NO_ROW  # it was taken before its turn: the order of the others goes by it
        if verb == "trouble":  # also of a process in which nothing that can be recorded was found
            text, hint = (str(word)[:_WORDS] for word in said)
            return self._sound(HostNoted(self._intake.now(), "agent", "warning", f"{text} {hint}".strip()))
        if verb == "test" and self._check is not None:
            name, outcome, started, ended = said
            began = int(started) + self._shift
            at = int(ended) + self._shift
            if not 0 <= began <= at <= self._intake.now() + 1:
                return None
            test = TestRan(at, began, str(name)[:_WORDS], str(outcome)[:_WORDS], self._process)
            return self._sound(test)
        if verb == "ended":
            (text,) = said
            self.last_words = str(text)[:_WORDS]
            return NO_ROW
        return None

    def _anchored(self, anchor: Any) -> None:
        if self._check is not None or type(anchor) is not int or not 0 <= anchor < _BIG:
            self.refused += 1
            return
        intake = self._intake
        shift = min(anchor, intake.clock()) - intake.anchor
        self._shift = shift if self._resumed else max(0, shift)
        self._check = RowCheck(
            *(intake, self._began, _ignore),
            shift=self._shift,
            process=self._process,
            fire_of=self._fire_of,
            resumed=self._resumed,
        )
        self._check.recording = intake.recording

    def _began(self, started: SessionStarted, catalog: CatalogDescription) -> Row:  # noqa: ARG002 - of us it is one
        self.declared = catalog
        return self._intake.declare(catalog, self._process)

    def _declared(self, item: list[Any]) -> Row | None:
        """Take a catalog that has grown since the process began."""
        row = tuple(item)
        if len(row) <= AT or row_problem(row):
            return None
        record = to_record(row)
        catalog = record.catalog if isinstance(record, ProgramReloaded) else None
        if catalog is None:
            return NO_ROW
        self.declared = catalog
        return self._intake.declare(catalog, self._process)

    def _sound(self, record: HostRecord) -> Row | None:
        row = to_row(record)
        return None if row_problem(row) else row


def _ignore(record: HostRecord) -> None:
    """Nothing of what a process says of itself decides anything here."""


def _time(entry: tuple[int, RowsOfProcess, Any]) -> int:
    return entry[0]
