"""The recorder of a watched process: its rows are in the ring before the moment that they tell of has passed.

A publication whose handlers return at once is written as one packet when it is over; until then its moments stand in
the draft of the ring. In a fork of the process the numbers begin anew, and what ran in the parent is not the child's.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from time import perf_counter_ns, thread_time_ns, time_ns
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.context import FIRE
from ...core.records.recorder import ORDER, NoteData, NoteText, Recorder
from ...core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    HOST_NOTED,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    SESSION_STARTED,
    HandlerEnded,
    Row,
    position,
)
from ...core.records.statuses import OK
from ..observe.monitor import MONITOR
from ..process.wire import MAX_TEXT, cut_row
from ..tap.moments import PUBLISHING
from .counting import CountedPublication
from .packets import LONGEST_IDS, PacketForm, of_main
from .ring import CONTROL, COUNTED, DROPPED, FIRST, ONE_IN, OVER, TOLD, VALID
from .start import encoded, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...core.bus.execution import Execution
    from ...core.bus.publication import Publication
    from ...core.description import CatalogDescription
    from .budget import RunBudget
    from .ring import RingWriter


#: Rows with what the program says, which stays as it is.
_PAYLOADS: Final = (PUBLISHED, HANDLER_ENDED, NOTED)
_FAILURE: Final = position(HandlerEnded, "failure")
_MOST_HEADS: Final = 1_000
#: Publications in a row that are only counted, after which it is worth while not to hear what handlers do; and of how
#: many one has to be recorded at most: to hear it no more, and then again, costs as much as to hear it eight times, and
#: more where handlers are long.
_IN_A_ROW: Final = 8
_WORTH: Final = 16


class _RingRows(list[Row]):
    """Takes the place of the list in which a recorder gathers rows: what is appended is in the ring."""

    def __init__(self, write: Callable[[Row], None]) -> None:
        super().__init__()
        self.append = write  # type: ignore[method-assign]


class RingRecorder(Recorder):
    """A recorder whose rows are in the ring at once.

    Args:
        ring: Where they go.
        budget: Says which publications are recorded.

    Attributes:
        on_published: Called when something is published while the reader allows something.
        budget: Says which publications are recorded.
        counts: Publications that are left out may be counted before they get here, by ``counting``.
        is_drained: As in ``Recorder``.
        taken: The publication that begins now is to be recorded: the budget has been asked.
        on_counting: Called when publications are left out for the first time.
        handler_code: The code of handlers, by its id.
    """

    SINKS = False

    is_drained = False

    def __init__(self, ring: RingWriter, budget: RunBudget) -> None:
        super().__init__(wall=self._wall_at_start)
        self._rows = _RingRows(self._write)
        self.counts = self.taken = self._hushed = self._forked = False
        #: No publication can be taken, as far as is known.
        self._barred = True
        self._describe: Callable[[], None] | None = None
        #: The budget has been asked about the publication that begins now, and has declined it.
        self._declined = False
        #: Something is in it while the draft of the ring is nobody's.
        self._vacant: list[None] = [None]
        #: A packet is being written; and what is written by signal handlers and other threads meanwhile.
        self._closing = False
        self._later: deque[bytes] = deque()
        #: Executions of packets: they are not among those whose ends are counted.
        self._packed = 0
        #: The number that the next execution has; 0 where that has to be found out.
        self._next_execution = 0
        #: Handlers have run before the publish method returned, as far as was seen.
        self._at_once = True
        self.on_counting: Callable[[], None] | None = None
        self.handler_code: Mapping[int, tuple[CodeType, Any]] = {}
        #: Keys of handlers, as they are written.
        self._keys: dict[str, bytes] = {}
        #: Names of events and contexts, likewise.
        self._heads: dict[tuple[str, str], tuple[str, str]] = {}
        self.budget = budget
        self._set_ring(ring)
        #: Called when something is published while the reader allows something.
        self.on_published: Callable[[], None] | None = None
        #: Numbers of publications and executions that are those of the process that this was forked from.
        self._before = 0, 0

    def _set_ring(self, ring: RingWriter | None) -> None:
        self._ring = ring
        self.words: Any = () if ring is None else ring.words
        self._anchored = False
        self._left_out = self.counted = self._waited = 0
        self._full = self.counts = False
        self._barred = True
        #: So many publications are left out next, the budget says.
        self.spared = 0
        self._one_in = 1
        #: Publications that are followed and have not ended; and whether handlers are not heard because there are none.
        self._followed: dict[Publication, None] = {}
        self._in_a_row = 0

    def _wall_at_start(self) -> int:
        return time_ns() - perf_counter_ns() + self._anchor

    def start(self, catalog: CatalogDescription) -> None:
        """Begin the session; its time 0 is when the agent began to look at this process."""
        clock, anchor = self._clock, self._anchor
        self._keys.clear()  # which of them the catalog has is asked again
        self._clock = lambda: anchor
        try:
            super().start(catalog)
        finally:
            self._clock = clock

    def say(self, *message: Any) -> None:
        """Write a message for the reader."""
        if self._ring is not None:
            if self._unwritten:
                self.catch_up()
            self._say_anchor(self._ring)
            self._put(self._ring, encoded(message))

    def forked(self, ring: RingWriter | None) -> None:
        """Begin anew in a child of this process."""
        self._lock = threading.Lock()
        self._before = int(repr(self._publications)[6:-1]) - 1, int(repr(self._executions)[6:-1]) - 1
        self._forked = self._before != (0, 0)
        self._anchor = perf_counter_ns()
        self._key_lines.clear()
        for publication in self._unwritten:  # their marks are the parent's
            publication.quick, publication.marks, publication.tell, publication.tag = "", None, self.tell_plain, 0
        self._unwritten.clear()
        self._vacant = [None]
        self._closing = self._declined = False
        self._later.clear()
        self._next_execution = 0
        self.budget.begin_anew()
        self._set_ring(ring)

    # -- publications that are written when they are over --------------------------------------------------------------

    def take(self, publication: Any) -> bool:
        """Take a publication whose moments are put into the ring's draft as they come, and written when it is over.

        That can be one at a time: one that nothing has caused, of which nothing else is to be told, whose handlers are
        declared. What else is written while it is under way comes after what has happened of it until then.
        """
        ring: Any = self._ring
        if (
            not self._vacant
            or publication.cause is not None
            or publication.outside is not None
            or publication.metadata
            or (self._barred and self._stays_barred())
            or ring.words[CONTROL]
        ):
            return False
        budget = self.budget
        spent = thread_time_ns() if budget.limit else 0
        event, at, form = publication.event, self._clock(), publication.spares.said
        if (
            form is None
            or form.cls is not type(event)
            or form.handlers is not self._handlers
            or form.known != len(form.handlers)
        ):
            form = publication.spares.said = PacketForm(publication, self._handlers, self._codec)
        text = form.text(event, session=publication.session is not None) if form.fits else ""
        if not text:
            return False
        if self.taken:
            self.taken = False
        elif budget.limit and not self.takes():
            self._declined = True
            return False
        if not ring.may_begin():
            self.taken = True
            return False
        self._in_a_row = 0
        if self._hushed:
            self._listen()
        if self._running is not None:
            self._wake_up()  # its first handler is about to begin
        publication.begun_at, publication.values, publication.ids = at, text, form
        try:
            self._vacant.pop()
        except IndexError:  # another thread has taken it
            self.taken = True
            return False
        for publication.tag in self._publications:  # as in ``publication_started``
            self._unwritten.append(publication)
            break
        data = text.encode()
        first = self._next_execution = self._next_execution or int(repr(self._executions)[6:-1])
        words = form.draft(0, publication.tag, form.count, len(data), first, at, self._anchor, 0, 0)
        publication.marks = marks = ring.begin_draft(words + data)
        if publication.collected is not None:  # another thread had it written already
            marks[TOLD] = 1
        if budget.limit:
            budget.spent += thread_time_ns() - spent
            if budget.one_in != self._one_in:
                self._change_budget(ring)
        return True

    def _stays_barred(self) -> bool:
        """Return whether no publication can be taken, as it was when one was told moment by moment last."""
        ring = self._ring
        self._barred = ring is None or ring.draft is None or self._describe is not None or self._forked or self._full
        return self._barred

    @property
    def describe(self) -> Callable[[], None] | None:
        """Called when something is published next, to tell what the buses declare by then."""
        return self._describe

    @describe.setter
    def describe(self, describe: Callable[[], None] | None) -> None:
        self._describe, self._barred = describe, True

    def close(self, publication: Any) -> None:
        """Write a publication that was taken, and is over."""
        marks, publication.marks = publication.marks, None
        ring, unwritten, alone = self._ring, self._unwritten, False
        with ORDER:
            if publication.collected is None and unwritten and unwritten[0] is publication and ring is not None:
                alone = self._closing = True
                try:
                    handlers = len(publication.chain)
                    first, *_ = islice(self._executions, handlers)  # at once: nothing comes in between
                    publication.first = marks[FIRST] = first
                    marks[OVER] = publication.ended_at
                    ring.put_draft()
                    self._next_execution = first + handlers
                    self._packed += handlers
                finally:
                    del unwritten[0]
                    if self._later:
                        self._write_later(ring)
                    self._closing = False
                    self._vacant.append(None)
        if alone:
            publication.spares.ended.append(publication)  # as ``written`` has it
        else:
            self.catch_up()
            marks[VALID] = 0
            self._vacant.append(None)

    def _write_later(self, ring: RingWriter) -> None:
        while self._later:
            ring.put_one(self._later.popleft())

    @property
    def running(self) -> int:
        """How many executions have begun and not ended."""
        return super().running - self._packed

    def release(self, publication: Any) -> None:
        """Take note that the moments of a publication that was taken are told from now on."""
        self._followed[publication] = None
        with ORDER:
            if publication in self._unwritten:
                self._unwritten.remove(publication)
            if self._ring is not None and self._ring.draft is not None:
                self._ring.draft[VALID] = 0
            self._vacant.append(None)

    def catch_up(self) -> None:
        """Write down what has happened of a publication that was taken, and number it."""
        if self._closing:  # what is written meanwhile waits for it
            return
        super().catch_up()
        ring = self._ring
        for publication in tuple(self._unwritten):
            marks = publication.marks
            if marks is not None and publication.collected is not None and ring is not None:
                marks[TOLD] = 1 + sum(publication.collected)
                self._say_next(ring)

    def _say_next(self, ring: RingWriter) -> None:
        """Note which number the next execution of what is under way has."""
        if ring.draft is not None:
            ring.draft[FIRST] = int(repr(self._executions)[6:-1])

    def write_published(self, at: int, publication: Any) -> None:
        """Write down ``Published``."""
        ring = self._ring
        if ring is not None:
            self._write_body(ring, publication.ids.row_of(publication.values, at, publication.tag))

    def write_start(self, _at: int, execution: Any) -> None:
        """Write down ``HandlerStarted``."""
        execution.tag = next(self._executions)
        self._write(self._added_row(execution))
        self._write(self._started_row(execution))  # it may end just now, on another thread
        self.budget.executions += 1
        marks = execution.publication.marks
        if marks is not None:
            marks[execution.place + 2] = execution.tag

    def _put(self, ring: RingWriter, body: bytes) -> None:
        if not self._closing:
            ring.put_one(body)
            return
        with ORDER:  # a packet of another thread's is there by then
            if self._closing:  # we are in a signal handler
                self._later.append(body)
            else:
                ring.put_one(body)

    # -- others, moment by moment --------------------------------------------------------------------------------------

    def publication_started(self, publication: Publication) -> None:
        """Record ``Published``, unless there is no room, or the budget is spent."""
        ring, cause = self._ring, publication.cause
        under_way: Any = PUBLISHING.get()
        if ring is None or type(under_way) is CountedPublication:  # a handler without Python code is called
            return
        describe = self.describe
        if describe is not None:
            describe()  # what other threads publish meanwhile waits for it: it comes behind what the buses declare
            if self.describe is describe:
                self.describe = None
        if ring.control and self.on_published is not None:
            self.on_published()
        self._followed[publication] = None
        self._in_a_row = 0
        if self._hushed:
            self._listen()
        if cause is not None and getattr(cause.publication, "marks", None) is not None:
            cause.publication.unchain()  # type: ignore[attr-defined]  # only such have marks
        # What handlers publish goes with what they handle, as long as that is under way.
        taken, self.taken = self.taken, False
        declined, self._declined = self._declined, False
        if (
            cause is not None
            and cause.started
            and not cause.publication.closed
            and not 0 < cause.tag <= self._before[1]
        ):
            taken = cause.tag > 0
        else:
            taken = taken or FIRE.get() > 0 or (not declined and self.takes())
        if not taken:
            self.count()
        elif not ring.may_begin():
            self._set_full(True)
            self.count()
        else:
            super().publication_started(publication)
            self.budget.publications += 1
        if self.budget.one_in != self._one_in:
            self._change_budget(ring)

    def takes(self) -> bool:
        """Return whether to record the publication that begins now, by the budget and by what room there is."""
        if self._full:
            self._waited += 1
            if self._waited & 63 or self._ring is None or not self._ring.may_begin():
                return False
            self._set_full(False)
        return self.budget.takes()

    def count(self) -> None:
        """Count a publication that is not recorded."""
        if self._full:
            self._left_out += 1
        else:
            self.counted += 1
        ring = self._ring
        if ring is not None:
            if self._full:
                ring.set(DROPPED, self._left_out)
            else:
                ring.set(COUNTED, self.counted)
        self._calm_down()

    def leaves_out(self) -> bool:
        """Return whether the publication that begins now is only counted; then it is."""
        ring: Any = self._ring
        if self.spared:
            self.spared -= 1
        elif self._full or ring is None:
            if self.takes():
                return False
            self.count()
            return True
        elif self.budget.takes():
            return False
        else:
            self.spared = self.budget.spare()  # which nobody asks about
        self.counted = ring.words[COUNTED] = self.counted + 1
        self._calm_down(1 + self.spared)
        return True

    def _calm_down(self, counted: int = 1) -> None:
        """Hear no more of what handlers do, if there is nothing to be heard for a long time.

        Args:
            counted: Publications that are left out in a row from this one on.
        """
        if self._hushed or not self.counts or not (self._full or self._one_in > _WORTH):
            return
        self._in_a_row += counted
        if self._in_a_row > _IN_A_ROW and not (self._followed or self._unwritten):
            self._hushed = True
            MONITOR.hush([code for code, _ in tuple(self.handler_code.values())])

    def _set_full(self, full: bool) -> None:
        self._full, self._barred, self.spared = full, True, 0
        self._choose()

    def _change_budget(self, ring: RingWriter) -> None:
        self._one_in = self.budget.one_in
        ring.set(ONE_IN, self._one_in)
        self._choose()

    def _choose(self) -> None:
        """Choose whether what is left out is counted the short way."""
        self.counts = (self._full or self._one_in > 1) and self._at_once
        if self.counts and self.on_counting is not None:
            on_counting, self.on_counting = self.on_counting, None
            on_counting()
        if self._hushed and not (self.counts and (self._full or self._one_in > _WORTH)):
            self._listen()

    def _listen(self) -> None:
        """Have everything heard that handlers do."""
        self._hushed = False
        MONITOR.unhush()

    def publication_ended(self, publication: Publication) -> None:
        """Record ``PublicationEnded``."""
        super().publication_ended(publication)
        self._followed.pop(publication, None)

    def execution_started(self, execution: Execution) -> None:
        """Record ``HandlerStarted``."""
        super().execution_started(execution)
        self.budget.executions += 1
        if self._at_once and not getattr(execution.publication, "under_way", True):
            self._at_once = False
            self._choose()

    def note_in(self, execution: Execution, kind: str, level: str, text: NoteText, data: NoteData) -> None:
        """Record what an execution did; its publication is written moment by moment from here on."""
        if getattr(execution.publication, "marks", None) is not None:
            execution.publication.unchain()  # type: ignore[attr-defined]  # as above
        if execution.tag:
            self._note(execution, kind, level, text, data)

    def execution_ended(self, execution: Execution) -> None:
        """Record ``HandlerEnded``, unless it began in the process that this was forked from."""
        if execution.tag and execution.tag <= self._before[1]:
            execution.tag = 0
        super().execution_ended(execution)
        if self._key_lines:
            self._key_lines.pop(execution.tag, None)

    def tell_plain(self, execution: Execution) -> None:
        """Record the start or the end, as above, of an execution of which there is nothing else to tell.

        These are the most usual rows: each is written in as few steps as can be.
        """
        ring, began, ended = self._ring, execution.started, execution.ended
        self._next_execution = 0
        if self._unwritten:
            self.catch_up()
        if not ended:
            of = execution.publication.tag
            if not of:
                execution.tag = 0
                return
            for execution.tag in self._executions:  # its number is there before anything can come in between
                break
            self.budget.executions += 1
            key = self._keys.get(execution.subscription.key)
            if key is None or self._forked or ring is None:
                self._write(execution)
            else:
                self._put(ring, b'[2,%d,%d,%d,%b,""]' % (began - self._anchor, execution.tag, of, key))
                if self._unwritten:
                    self._say_next(ring)
            if self._running is not None:
                self._wake_up()
            return
        tag = execution.tag
        if tag > self._before[1]:
            next(self._ends)
            if self._key_lines:
                self._key_lines.pop(tag, None)
            if self._forked or ring is None:
                self._write(execution)
            else:
                self._put(ring, b'[3,%d,%d,"ok",%d,""]' % (ended - self._anchor, tag, ended - began))

    def _write(self, row: Any) -> None:
        """Write a row, or that of an execution that begins or has ended."""
        ring = self._ring
        if ring is None or not row:
            return
        if type(row) is not tuple:
            if row.ended:
                row = self._ended_row(row, OK, "")
            else:
                self._write(self._added_row(row))
                row = self._started_row(row)
        kind = row[KIND]
        if kind == PUBLISHED:
            row = self._finish(row)
        elif kind == NOTED:
            row = self._finish_note(row)
        if self._forked:
            row = self._renumbered(row)
            if not row:
                return
        if kind == HANDLER_STARTED:
            _, at, number, publication, key, fault = row
            text = self._keys.get(key)
            if text is None:
                text = self._keys[key] = of_main(encoded(key))
            body = b'[2,%d,%d,%d,%b,"%b"]' % (at, number, publication, text, fault.encode())
        elif kind == HANDLER_ENDED and not row[_FAILURE]:
            _, at, number, status, on_loop, _ = row
            body = b'[3,%d,%d,"%b",%d,""]' % (at, number, status.encode(), on_loop)
        elif kind == PUBLICATION_ENDED:
            _, at, number, outcome = row
            body = b'[5,%d,%d,"%b"]' % (at, number, outcome.encode())
        elif kind == PUBLISHED:
            body = self._published(row)
        else:
            body = encoded(row) if kind in _PAYLOADS else of_main(encoded(row))
            body = self._bounded(body, row)
        self._write_body(ring, body)

    def _write_body(self, ring: RingWriter, body: bytes) -> None:
        self._next_execution = 0
        if not self._anchored:
            self._say_anchor(ring)
        self._put(ring, body)
        if self._unwritten:
            self._say_next(ring)

    def _published(self, row: Row) -> bytes:
        """Return the row of a publication as JSON: the same as ``encoded``, in a fifth of the time."""
        kind, at, number, event, event_id, correlation, cause, fire, payload, context, handlers, process = row
        head = self._heads.get((event, context))
        if head is None:
            head = quoted(event), quoted(context)
            if len(context) < LONGEST_IDS:
                if len(self._heads) >= _MOST_HEADS:  # a context may have something of its own each time
                    self._heads.clear()
                self._heads[event, context] = head
        ids = f"{quoted(event_id)},{quoted(correlation)}" if event_id or correlation else '"",""'
        numbers = f"{head[1]},{handlers},{process}"
        body = f"[{kind},{at},{number},{head[0]},{ids},{cause},{fire},{quoted(payload)},{numbers}]".encode()
        return self._bounded(body, row)

    def _bounded(self, body: bytes, row: Row) -> bytes:
        """Return a row as JSON, cut where it is too long; what it costs is counted."""
        self.budget.written += len(body)
        return body if len(body) <= MAX_TEXT else encoded(cut_row(row))

    def _say_anchor(self, ring: RingWriter) -> None:
        """Write down which time is 0, once."""
        if not self._anchored:
            self._anchored = True
            ring.put((encoded(("anchor", self._anchor)),))

    def _renumbered(self, row: Row) -> Row:
        """Return a row with the numbers of this process; an empty one where it is about the parent's."""
        kind, (publications, executions) = row[KIND], self._before
        if kind == SESSION_STARTED or kind >= HOST_NOTED:
            return row
        cells = list(row)
        if kind == PUBLISHED:
            cells[2] -= publications
            cells[6] = max(cells[6] - executions, 0)
        elif kind == PUBLICATION_ENDED:
            cells[2] -= publications
        elif kind == HANDLER_ENDED:
            cells[2] -= executions
        elif kind in (HANDLER_STARTED, NOTED):
            cells[2] -= executions
            cells[3] -= publications
            if cells[3] < 1:
                return ()
        return tuple(cells) if cells[2] > 0 else ()
