"""A stored session going into the journal table by table: what ``BatchFold`` does by records, for whole stretches.

Both come to the same journal. What is the same for most records is computed for all of a stretch at once; only what
tells of a loss, a failure or the program itself (a *moment*) is taken in one after another.

There are two because ``BatchFold`` takes records as they come from a program, few at a time and in any order; this one
needs whole tables, makes no record of their rows, and leaves what is unusual in them to the other (``UnusualError``).
``tests/app/test_reading.py`` holds both to one journal, for whatever run hypothesis makes up, and for damaged ones.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.columns import Columns
from inspector.analysis.entries import Change
from inspector.analysis.fold import BatchFold
from inspector.analysis.losses import OF_STATUS, Where
from inspector.core.records.bounds import MAX_COUNT, MAX_NUMBER, MAX_TIME
from inspector.core.records.host import (
    FiredAtHandler,
    HandlerAdded,
    HandlersNotCalled,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    ProgramReloaded,
    PublicationsSkipped,
)
from inspector.core.records.numbers import Numbering
from inspector.core.records.records import (
    AT,
    KIND,
    LOG,
    NOTED,
    RETURNED,
    Batch,
    Noted,
    Row,
    position,
    to_record,
)
from inspector.core.records.statuses import BY_FAULT, OK_CODE, RUNNING_CODE, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from inspector.analysis.journal import Journal

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

Table = dict[str, Any]

#: Records of the host that change how publications and executions after them are taken in.
_CUTTING: Final = (HandlerAdded, FiredAtHandler, ProgramReloaded, ProcessJoined, ProcessLeft, ProcessSilent)
#: What happens at a moment, beside notes and records of the host, which have their kinds.
_ENDED, _PUBLISHED, _PUBLICATION_ENDED = -1, -2, -3
#: Where a stretch has more records than one in so many before which it has to be cut, it is quicker record by record.
_CUTS_IN: Final = 256
#: Publications or executions of one stretch: it takes a few milliseconds, and whoever folds looks after others then.
_STRETCH: Final = 8_192
_FEW_CUTS: Final = 64
_NOTE_EXECUTION, _NOTE_PUBLICATION = position(Noted, "execution"), position(Noted, "publication")
_NOTE_KIND = position(Noted, "kind")
#: What a JSON text of whole numbers is made of, inside its brackets.
_OF_NUMBERS: Final = b"-0123456789,"
_OF_STATUS: Final = np.isin(np.arange(len(STATUSES)), list(OF_STATUS))


class UnusualError(Exception):
    """Something in a session is not as it always is: it has to be read record by record."""


@dataclass(frozen=True)
class Ends:
    """Ends of publications or executions that have begun, in the order of their seqs.

    Attributes:
        seq: Seqs, shape ``(n,)``.
        index: Indexes of what ended.
        at: When, ns.
        code: How, of executions.
        on_loop: Their time on the loop, ns.
        failing: Whether there is a failure.
    """

    seq: Ints
    index: Ints
    at: Ints
    code: Ints
    on_loop: Ints
    failing: Bools

    def chosen(self, which: Ints | slice) -> Ends:
        """Return some of them, by their places."""
        return self._each(lambda name: getattr(self, name)[which])

    def joined(self, more: Ends) -> Ends:
        """Return these and more, in the order of their seqs."""
        together = self._each(lambda name: np.concatenate((getattr(self, name), getattr(more, name))))
        return together.chosen(np.argsort(together.seq, kind="stable"))

    @staticmethod
    def _each(part: Callable[[str], Any]) -> Ends:
        return Ends(*(part(field.name) for field in fields(Ends)))


_NONE: Final = np.zeros(0, np.int64)
NO_ENDS: Final = Ends(_NONE, _NONE, _NONE, _NONE, _NONE, np.zeros(0, np.bool_))


class ColumnFold:
    """Folds a session into a journal that has its first record, and nothing else.

    Give it pages as they are read, then ``fold`` up to what ``ready`` says.

    Args:
        journal: The journal.
        names: The session's names by number.
        publication_cells: Names of a publication's cells, in order.
        execution_cells: Names of an execution's cells, in order.

    Attributes:
        count: Records that were taken in, the first included.
        publications_wanted: The next publications are to be read before the next executions.
    """

    def __init__(
        self,
        journal: Journal,
        names: dict[int, str],
        publication_cells: Sequence[str],
        execution_cells: Sequence[str],
    ) -> None:
        self.count = 1
        self._journal = journal
        self._names = names
        self._cells = {"publications": publication_cells, "executions": execution_cells}
        self._numbers = Numbering()
        #: Of each publication that was read, by index.
        self._read = Columns({"seq": np.int64, "at": np.int64})
        self._publications: Table = {}
        self._executions: Table = {}
        #: Executions of publications that were not read yet.
        self._waiting: Table = {}
        self._last_seqs = {"publications": 0, "executions": 0}
        self._exhausted = {"publications": False, "executions": False}
        self._placed = 0
        #: What went wrong: by number while executions wait, then by index until they end.
        self._waiting_failures: dict[int, str] = {}
        self._failures: dict[int, str] = {}
        self._texts: dict[int, tuple[str, str]] = {}
        self._odd_ids: dict[str, dict[int, str]] = {"event_id": {}, "correlation": {}}
        self._ends, self._publication_ends = NO_ENDS, NO_ENDS
        size = max(names, default=0) + 1
        self._event_of = np.full(size, -1, np.int64)
        self._handler_of = np.full(size, -1, np.int64)
        self._is_fault = np.zeros(size, np.bool_)
        self._is_name = np.zeros(size, np.bool_)
        for number, name in names.items():
            self._is_name[number], self._is_fault[number] = True, bool(name)

    # -- pages ---------------------------------------------------------------------------------------------------------

    @property
    def publications_wanted(self) -> bool:
        """The next page to read is one of publications."""
        if self._exhausted["publications"]:
            return False
        behind = self._last_seqs["publications"] <= self._last_seqs["executions"]
        return bool(self._waiting) or behind or self._exhausted["executions"]

    @property
    def complete(self) -> bool:
        """Nothing is left to be read."""
        return all(self._exhausted.values())

    @property
    def ready(self) -> int:
        """The seq up to which everything was read that stands in these two tables; a very high one after all."""
        bounds = [] if self._exhausted["publications"] else [self._last_seqs["publications"]]
        if not self._exhausted["executions"] and not self._waiting:
            bounds.append(self._last_seqs["executions"])
        return min(bounds, default=MAX_NUMBER)

    def take_publications(
        self,
        cells: Sequence[str],
        ids: tuple[bytes, bytes],
        odd_ids: tuple[list[tuple[int, str]], list[tuple[int, str]]],
        texts: Sequence[tuple[int, str, str]],
        *,
        exhausted: bool,
    ) -> None:
        """Take in a page of publications.

        Args:
            cells: Their numbers, a JSON text of each column.
            ids: Their event ids and their correlation ids, 16 bytes each.
            odd_ids: Of both, those that are no UUIDs, with their places.
            texts: Number, payload and context of those that are to be at hand.
            exhausted: There are no more.

        Raises:
            UnusualError: See there.
        """
        self._exhausted["publications"] = exhausted
        table = self._table("publications", cells)
        if not table:
            self._place_executions()
            return
        number, seq, at = table["number"], table["seq"], table["at"]
        _check(_grows(seq, self._last_seqs["publications"]), _in(at, 0, MAX_TIME), _in(seq, 1, MAX_NUMBER))
        _check(_in(table["cause"], 0, MAX_NUMBER), _in(number, 1, MAX_NUMBER))
        _check(*(_in(table[name], 0, MAX_COUNT) for name in ("fire", "handlers", "process")))
        context = table["context"]
        self._check_names(table["event"], table["outcome"], context[context >= 0])
        _check(_in(context, -1, len(self._is_name)))
        first = len(self._read)
        index = np.arange(first, first + len(number))
        nothing = np.zeros(len(number), np.int64)
        ends = _ends_of(table, index, nothing, nothing, nothing > 0, table["outcome"] != 0)
        self._publication_ends = self._publication_ends.joined(ends)
        self._read.extend({"seq": seq, "at": at})
        _add_runs(self._numbers, number)
        for name, odd in zip(("event_id", "correlation"), odd_ids, strict=True):
            self._odd_ids[name].update({first + place: text for place, text in odd})
        for number_at_hand, payload, context in texts:
            self._texts[self._numbers.index(number_at_hand)] = payload, context
        for name in ("span", "length", "outcome", "context"):
            del table[name]
        table["event_id"], table["correlation"] = (np.frombuffer(part, np.uint8).reshape(-1, 16) for part in ids)
        self._publications = _joined(self._publications, table)
        self._last_seqs["publications"] = int(seq[-1])
        self._place_executions()

    def take_executions(self, cells: Sequence[str], failures: dict[int, str], *, exhausted: bool) -> None:
        """Take in a page of executions.

        Args:
            cells: Their numbers, a JSON text of each column.
            failures: By number, what went wrong in them.
            exhausted: There are no more.

        Raises:
            UnusualError: See there.
        """
        self._waiting = _joined(self._waiting, self._table("executions", cells))
        self._waiting_failures.update(failures)
        self._exhausted["executions"] = exhausted
        self._place_executions()

    def _place_executions(self) -> None:
        """Find the publications of the executions that wait; where one is yet to be read, they go on waiting."""
        if not self._waiting:
            return
        beyond = self._waiting["publication"] > self._numbers.last
        if self._exhausted["publications"] and beyond.any():
            raise UnusualError
        count = int(beyond.argmax()) if beyond.any() else len(beyond)
        if not count:
            return
        table, self._waiting = _split(self._waiting, count)
        number, owner = table["number"], _indexes(self._numbers, table["publication"])
        _check(owner >= 0, _in(table["seq"], 1, MAX_NUMBER), _in(table["at"], -MAX_TIME, MAX_TIME))
        table["seq"] = seq = self._read["seq"][owner] + table["seq"]
        table["at"] = at = self._read["at"][owner] + table["at"]
        _check(_grows(seq, self._last_seqs["executions"]), _in(seq, 1, MAX_NUMBER), _in(at, 0, MAX_TIME))
        _check(_in(number, 1, MAX_NUMBER), _in(table["status"], 0, len(STATUSES)))
        self._check_names(table["handler"], table["fault"])
        index = np.arange(self._placed, self._placed + count)
        ended = table["status"] != RUNNING_CODE
        _check(_in(table["on_loop"][ended], 0, MAX_TIME))
        failing = self._place_failures(number)
        self._ends = self._ends.joined(_ends_of(table, index, table["status"], table["on_loop"], failing, ended))
        self._placed += count
        starts = {name: table[name] for name in ("number", "seq", "at", "handler", "fault")}
        self._executions = _joined(self._executions, {**starts, "owner": owner})
        self._last_seqs["executions"] = int(seq[-1])

    def _place_failures(self, numbers: Ints) -> Bools:
        """Keep the failures of the next executions by index; return which of these have one, shape ``(n,)``."""
        failing = np.zeros(len(numbers), np.bool_)
        last = int(numbers[-1])
        for number in [number for number in self._waiting_failures if number <= last]:
            text = self._waiting_failures.pop(number)
            place = int(np.searchsorted(numbers, number))
            if text and numbers[place] == number:
                failing[place] = True
                self._failures[self._placed + place] = text
        return failing

    def _table(self, kind: str, cells: Sequence[str]) -> Table:
        """Return columns from JSON texts; without rows there are none."""
        if cells[0] == "[]":
            return {}
        columns = [_numbers(text) for text in cells]
        _check(len({len(column) for column in columns}) == 1)
        return dict(zip(self._cells[kind], columns, strict=True))

    def _check_names(self, *numbers: Ints) -> None:
        for part in numbers:
            _check(_in(part, 0, len(self._is_name)))
            _check(self._is_name[part])

    # -- folding -------------------------------------------------------------------------------------------------------

    def fold(self, last: int, others: Sequence[tuple[int, Row]]) -> Iterator[Change]:
        """Take into the journal everything up to a seq; yield what changed, stretch by stretch.

        Args:
            last: The seq, at most ``ready``.
            others: All records up to it that stand in other tables and were not given yet, by seq, in order.

        Raises:
            UnusualError: See there; the journal is of no use then.
        """
        moments: list[tuple[int, Row]] = []
        cuts = 0
        for seq, row in others:
            if self._is_apart(row):
                moments.append((seq, row))
                continue
            cuts += 1
            if cuts > _FEW_CUTS and cuts * _CUTS_IN > len(self._ends.seq):
                raise UnusualError
            yield from self._stretches(seq - 1, moments)
            moments = []
            self._check_seqs(np.array([seq]))
            yield self._journal.fold(Batch(seq, [row]))
        yield from self._stretches(last, moments)

    def _is_apart(self, row: Row) -> bool:
        """Return whether a record can be taken in after the publications and executions around it."""
        if row[KIND] == NOTED:
            return True
        record = to_record(row)
        journal = self._journal
        if isinstance(record, HandlersNotCalled):
            return journal.knows_event(record.event) and all(
                journal.knows_handler(uncalled.handler) for uncalled in record.handlers
            )
        if isinstance(record, PublicationsSkipped):
            return record.process in journal.processes.by_number
        return not isinstance(record, _CUTTING)

    def _check_seqs(self, seqs: Ints) -> None:
        """Make sure that no two records have the same place."""
        _check(_grows(seqs, self._journal.seq))
        self.count += len(seqs)

    def _stretches(self, last: int, others: Sequence[tuple[int, Row]]) -> Iterator[Change]:
        """Take everything up to a seq into the journal, a part after the other."""
        done = 0
        while (until := self._beyond_stretch()) < last:
            begun, done = done, bisect_right(others, until, done, key=itemgetter(0))
            yield from self._stretch(until, others[begun:done])
        yield from self._stretch(last, others[done:])

    def _beyond_stretch(self) -> int:
        """Return the seq up to which it would be enough for one stretch; a very high one where there is no more."""
        waiting = (table["seq"] for table in (self._publications, self._executions) if table)
        return min((int(seqs[_STRETCH]) for seqs in waiting if len(seqs) > _STRETCH), default=MAX_NUMBER)

    def _stretch(self, last: int, others: Sequence[tuple[int, Row]]) -> Iterator[Change]:
        publications, self._publications = _cut(self._publications, last)
        executions, self._executions = _cut(self._executions, last)
        ends, self._ends = _cut_ends(self._ends, last)
        publication_ends, self._publication_ends = _cut_ends(self._publication_ends, last)
        none: Ints = _NONE
        starts = executions.get("seq", none), publications.get("seq", none)
        other_seqs = np.fromiter((seq for seq, _ in others), np.int64, len(others))
        seqs = np.concatenate((*starts, ends.seq, publication_ends.seq, other_seqs))
        if not len(seqs):
            return
        times = [
            *((table["seq"][-1], table["at"][-1]) for table in (executions, publications) if table),
            *((part.seq[-1], part.at[-1]) for part in (ends, publication_ends) if len(part.seq)),
            *((seq, row[AT]) for seq, row in others[-1:]),
        ]
        seqs.sort(kind="stable")
        self._check_seqs(seqs)
        stretch = _Stretch(self._journal, self._failures, self._odd_ids)
        stretch.number(publications.get("number", none), executions.get("number", none))
        if publications:
            stretch.take_publications(
                publications, self._numbered("event", publications["event"]), executions.get("seq", none), self._texts
            )
        if executions:
            handlers = self._numbered("handler", executions["handler"])
            stretch.take_executions(executions, handlers, self._is_fault[executions["fault"]])
        stretch.take_ends(ends, publication_ends)
        stretch.take_moments(others)
        self._journal.seq = int(seqs[-1])
        self._journal.now = max(self._journal.now, int(max(times)[1]))
        yield stretch.finish()

    def _numbered(self, kind: str, names: Ints) -> Ints:
        """Return the journal's numbers of events or handlers, shape ``(n,)``; new ones get one as they first appear."""
        numbers = self._event_of if kind == "event" else self._handler_of
        number_of = self._journal.event_number if kind == "event" else self._journal.handler_number
        result = numbers[names]
        unknown = names[result < 0]
        if len(unknown):
            fresh, first = np.unique(unknown, return_index=True)
            for name in fresh[np.argsort(first)].tolist():
                numbers[name] = number_of(self._names[name])
            result = numbers[names]
        return result


class _Stretch(BatchFold):
    """One stretch in progress: its starts and ends are in the columns before the first of its moments is taken in."""

    def __init__(self, journal: Journal, failures: dict[int, str], odd_ids: dict[str, dict[int, str]]) -> None:
        super().__init__(journal, Change(len(journal.executions), len(journal.publications)))
        self._failures = failures
        self._odd_ids = odd_ids
        self._first, self._first_publication = self._base, self._publication_base
        self._start_seqs: Ints = _NONE
        self._publication_seqs: Ints = _NONE
        #: Publications that may tell of a loss, by seq: places in the stretch.
        self._telling: list[tuple[int, int, Any]] = []
        self._ends = self._publication_ends = NO_ENDS
        #: The moment's seq; and where executions ended in this stretch, by index, as far as that is asked.
        self._seq = 0
        self._end_seqs: dict[int, int] = {}
        self._errors: list[tuple[int, int]] = []

    def number(self, publications: Ints, executions: Ints) -> None:
        """Take notice of the numbers of what begins."""
        _add_runs(self._journal.publication_numbers, publications)
        _add_runs(self._journal.execution_numbers, executions)

    def take_publications(
        self, table: Table, events: Ints, start_seqs: Ints, texts: dict[int, tuple[str, str]]
    ) -> None:
        """Take in publications.

        Args:
            table: Their columns.
            events: Numbers of their event types.
            start_seqs: Seqs of the executions that start in the stretch.
            texts: Payloads and contexts to be at hand, by index; what is taken is removed.
        """
        journal, first, count = self._journal, self._first_publication, len(events)
        self._publication_seqs = table["seq"]
        cause = np.full(count, -1, np.int64)
        caused = np.flatnonzero(table["cause"])
        if len(caused):
            index = _indexes(journal.execution_numbers, table["cause"][caused])
            # What causes something began before it.
            begun = self._first + np.searchsorted(start_seqs, table["seq"][caused])
            cause[caused] = np.where(index < begun, index, -1)
            journal.uncaused += int(np.count_nonzero(cause[caused] < 0))
        none = np.full(count, -1, np.int64)
        journal.publications.extend(
            {
                **{name: table[name] for name in ("at", "fire", "handlers", "process")},
                **{name: self._ids(name, table[name]) for name in ("event_id", "correlation")},
                **dict.fromkeys(("end", "first", "last"), none),
                "event": events,
                "cause": cause,
            }
        )
        self._publication_base = len(journal.publications)
        for event, times in _counts(events):
            journal.event_published[event] += times
        if table["process"].any():
            processes, firsts, times_of = np.unique(table["process"], return_index=True, return_counts=True)
            for place in np.argsort(firsts).tolist():
                if processes[place]:
                    journal.processes.publish(int(processes[place]), int(times_of[place]))
        for at_hand in [index for index in texts if index < first + count]:
            journal.payloads.put(at_hand, texts.pop(at_hand))
        heard = table["handlers"] > 0
        retried = self._of_retries(table["fire"])
        journal.unheard += int(np.count_nonzero(~heard & ~retried))
        takes_part = np.fromiter(map(journal.losses.takes_part, range(len(journal.events))), np.bool_)
        telling = np.flatnonzero((~heard | takes_part[events]) & ~retried)
        self._telling = [
            (seq, _PUBLISHED, cells)
            for seq, *cells in zip(
                *(part[telling].tolist() for part in (table["seq"], first + np.arange(count), table["at"], events)),
                *(part[telling].tolist() for part in (table["fire"], cause, table["process"], heard)),
                strict=True,
            )
        ]

    def _ids(self, name: str, ids: Bytes) -> Bytes:
        """Return ids, shape ``(n, 16)``, with those that are no UUIDs."""
        odd, beyond = self._odd_ids[name], self._first_publication + len(ids)
        chosen = [index for index in odd if index < beyond]
        if chosen:
            ids = ids.copy()
        for index in chosen:
            ids[index - self._first_publication] = np.frombuffer(self._journal.id_bytes(odd.pop(index)), np.uint8)
        return ids

    def take_executions(self, table: Table, handlers: Ints, struck: Bools) -> None:
        """Take in the starts of executions.

        Args:
            table: Their columns.
            handlers: Numbers of their handlers.
            struck: Which are under a fault.
        """
        journal, owners, count = self._journal, table["owner"], len(handlers)
        self._start_seqs = table["seq"]
        publications = journal.publications
        events = publications["event"][owners]
        none = np.full(count, -1, np.int64)
        journal.executions.extend(
            {
                **dict.fromkeys(("end", "error"), none),
                **dict.fromkeys(("status", "level", "on_loop"), np.full(count, RUNNING_CODE)),  # which is 0
                "start": table["at"],
                "publication": owners,
                "handler": handlers,
                "event": events,
                "fault": struck,
                "retry": self._of_retries(publications["fire"][owners]),
            }
        )
        self._base = len(journal.executions)
        journal.status_counts[RUNNING_CODE] += count
        for event, times in _counts(events):
            journal.event_runs[event] += times
        self._bound(owners, self._first)

    def take_ends(self, ends: Ends, publication_ends: Ends) -> None:
        """Take in ends of executions and of publications, which have begun, in order."""
        journal, index = self._journal, ends.index
        self._ends, self._publication_ends = ends, publication_ends
        self._return_rows(ends)
        columns = journal.executions
        for name, values in (("end", ends.at), ("status", ends.code), ("on_loop", ends.on_loop)):
            columns[name][index] = values
        journal.status_counts += np.bincount(ends.code, minlength=len(STATUSES))
        journal.status_counts[RUNNING_CODE] -= len(index)
        struck, retried = columns["fault"][index] > 0, columns["retry"][index] > 0
        counted = np.where(retried, OK_CODE, np.where(struck, BY_FAULT, ends.code))
        bad = np.flatnonzero(counted != OK_CODE)
        codes = BY_FAULT + 1
        for pair, times in _counts(columns["event"][index[bad]].astype(np.int64) * codes + counted[bad]):
            outcomes = journal.event_outcomes[pair // codes]
            outcomes[pair % codes] = outcomes.get(pair % codes, 0) + times
        journal.losses.by_fault += int(np.count_nonzero(struck & ~retried & _OF_STATUS[ends.code]))
        self._change.ended.frombytes(index.astype(np.int64, copy=False).tobytes())
        journal.publications["end"][publication_ends.index] = publication_ends.at
        over = publication_ends.index.astype(np.int64, copy=False)
        self._change.ended_publications.frombytes(over.tobytes())

    def _return_rows(self, ends: Ends) -> None:
        """Return the executions rows in their handlers' lanes: each the lowest that is free when it starts."""
        columns, busy = self._journal.executions, self._journal.busy
        count = len(self._start_seqs)
        index = np.concatenate((np.arange(self._first, self._first + count), ends.index))
        if not len(index):
            return
        handlers = columns["handler"][index].astype(np.uint16 if len(busy) < 1 << 16 else np.int64)
        order = np.argsort(np.concatenate((self._start_seqs, ends.seq)), kind="stable")
        order = order[np.argsort(handlers[order], kind="stable")]
        handlers = handlers[order]
        step = np.where(order < count, 1, -1)
        begins = np.concatenate(([True], handlers[1:] != handlers[:-1]))
        places = np.flatnonzero(begins)
        running = np.fromiter((busy[handler].bit_count() for handler in handlers[places].tolist()), np.int64)
        total = np.cumsum(step)
        before = running - total[places] + step[places]
        depth = total + np.repeat(before, np.diff(np.append(places, len(total))))
        # A period is from a start in an empty lane to the next; in most there is never more than one execution.
        opens = begins | (depth - step == 0)
        periods = np.flatnonzero(opens)
        crowded = np.maximum.reduceat(depth, periods) > 1
        crowded |= (depth - step)[periods] > 0
        chosen = np.repeat(crowded, np.diff(np.append(periods, len(total))))
        lasts = np.append(places[1:], len(total)) - 1
        if chosen.any():
            picked = (index[order][chosen], step[chosen], handlers[chosen], opens[chosen], begins[chosen])
            self._return_crowded(*(part.tolist() for part in picked))
        lasts = lasts[~chosen[lasts]]
        for handler, after in zip(handlers[lasts].tolist(), depth[lasts].tolist(), strict=True):
            busy[handler] = after  # nothing, or one execution in the first row

    def _return_crowded(
        self, indexes: list[int], steps: list[int], handlers: list[int], opens: list[bool], begins: list[bool]
    ) -> None:
        """Return rows to executions of lanes in which several run at once, lane by lane.

        Args:
            indexes: The executions, in the order of their starts and ends.
            steps: 1 for a start, -1 for an end.
            handlers: Their handlers.
            opens: Whether nothing runs before.
            begins: Whether it is the first of its lane.
        """
        journal, levels, state = self._journal, dict[int, int](), 0
        column = journal.executions["level"]
        for index, step, handler, is_open, begin in zip(indexes, steps, handlers, opens, begins, strict=True):
            if begin:
                state = journal.busy[handler]
            elif is_open:
                state = 0
            if step > 0:
                level = (~state & (state + 1)).bit_length() - 1
                state |= 1 << level
                levels[index] = level
                if level >= journal.handler_levels[handler]:
                    journal.handler_levels[handler] = level + 1
            else:
                state &= ~(1 << (levels[index] if index in levels else int(column[index])))
            journal.busy[handler] = state
        if levels:
            column[np.fromiter(levels, np.int64)] = np.fromiter(levels.values(), np.int64)

    # -- moments -------------------------------------------------------------------------------------------------------

    def take_moments(self, others: Sequence[tuple[int, Row]]) -> None:
        """Take in, one after another, what may tell of a loss or a failure, and all other records."""
        journal, ends = self._journal, self._ends
        kinds = {row[_NOTE_KIND] for _, row in others if row[KIND] == NOTED}
        if kinds:
            self._end_seqs = dict(zip(ends.index.tolist(), ends.seq.tolist(), strict=True))
        columns = journal.executions
        chosen = ends.failing > 0
        if journal.losses.watchful or kinds & {LOG, RETURNED}:
            chosen[:] = True  # the end of any may be a loss
            ended = zip(self._publication_ends.seq.tolist(), self._publication_ends.index.tolist(), strict=True)
            publications_ended = [(seq, _PUBLICATION_ENDED, index) for seq, index in ended]
        else:
            chosen |= (ends.code != OK_CODE) & (columns["fault"][ends.index] == 0) & (columns["retry"][ends.index] == 0)
            publications_ended = []
        index = ends.index[chosen]
        about = [columns[name][index].tolist() for name in ("publication", "handler", "event", "fault", "retry")]
        executions_ended = [
            (seq, _ENDED, cells)
            for seq, *cells in zip(
                *(part[chosen].tolist() for part in (ends.seq, ends.index, ends.at, ends.code)), *about, strict=True
            )
        ]
        moments: list[tuple[int, int, Any]] = [
            *executions_ended,
            *self._telling,
            *publications_ended,
            *((seq, row[KIND], row) for seq, row in others),
        ]
        moments.sort(key=itemgetter(0))
        for self._seq, what, moment in moments:
            if what == _ENDED:
                self._take_end(*moment)
            elif what == _PUBLISHED:
                self._take_publication(*moment)
            elif what == NOTED:
                self._take_note(moment)
            elif what == _PUBLICATION_ENDED:
                if journal.losses.watchful:
                    journal.losses.publication_ended(moment)
            else:
                journal.host_record(moment, self._change)

    def _take_end(
        self, index: int, at: int, code: int, owner: int, handler: int, event: int, fault: int, retry: int
    ) -> None:
        journal, losses = self._journal, self._journal.losses
        failure = self._failures.pop(index, "")
        may_be = losses.concerns(code) if code != OK_CODE else losses.watchful and losses.waits_for(index, owner)
        if may_be and not retry and not fault:
            losses.executed(Where(index, owner, handler, event), code, at, failure, self._correlation_of(owner))
        if failure:
            journal.failures.put(index, failure)
            self._errors.append((index, journal.errors.add(failure)))

    def _take_publication(
        self, index: int, at: int, event: int, fire: int, cause: int, process: int, heard: bool
    ) -> None:
        losses = self._journal.losses
        if not heard:
            losses.unheard(index, at, event)
        if losses.takes_part(event):
            losses.published(index, at, event, self._correlation_of(index), fire, cause, process)

    def _take_note(self, row: Row) -> None:
        journal = self._journal
        number, seqs, first = row[_NOTE_EXECUTION], self._start_seqs, self._first
        index = journal.execution_numbers.index(number)
        if not number:
            seqs, first = self._publication_seqs, self._first_publication
            index = journal.publication_numbers.index(row[_NOTE_PUBLICATION])
        if index >= first and seqs[index - first] > self._seq:  # what it is about is yet to begin
            journal.orphans += 1
            return
        self.noted(row)

    def _lane_of(self, index: int) -> tuple[int, int, int, int, bool, bool]:
        handler, level, event, start, running, fault = super()._lane_of(index)
        return handler, level, event, start, running or self._end_seqs.get(index, 0) > self._seq, fault

    def finish(self) -> Change:
        """Write what was gathered to the columns; return what has changed."""
        journal = self._journal
        journal.errors.flush()
        if self._errors:
            index, error = np.array(self._errors, np.int64).T
            journal.executions["error"][index] = error
        journal.losses.flush()
        return self._change

    def _of_retries(self, fires: Ints) -> Bools:
        """Return which fires try again what was recorded, shape ``(n,)``."""
        retries = self._journal.retries
        return np.isin(fires, list(retries)) if retries else np.zeros(len(fires), np.bool_)


def _check(*conditions: Bools | bool) -> None:
    if not all(map(np.all, conditions)):
        raise UnusualError


def _in(values: Ints, low: int, beyond: int) -> bool:
    """Return whether all values are in a range, its end excluded."""
    return not len(values) or (int(values.min()) >= low and int(values.max()) < beyond)


def _grows(seqs: Ints, after: int) -> bool:
    """Return whether each seq is above the one before, and the first above another."""
    return not len(seqs) or (int(seqs[0]) > after and bool((seqs[1:] > seqs[:-1]).all()))


def _ends_of(table: Table, index: Ints, code: Ints, on_loop: Ints, failing: Bools, ended: Bools) -> Ends:
    """Return the ends of what stands in a table; ``seq``, ``at``, ``span`` and ``length`` are columns of it."""
    seq, at, span, length = (table[name][ended] for name in ("seq", "at", "span", "length"))
    _check(_in(span, 1, MAX_NUMBER), _in(length, 0, MAX_TIME), _in(at + length, 0, MAX_TIME))
    return Ends(seq + span, index[ended], at + length, code[ended], on_loop[ended], failing[ended])


def _indexes(numbering: Numbering, numbers: Ints) -> Ints:
    """Return the indexes of numbers, shape ``(n,)``; -1 for those that were never taken in."""
    firsts, indexes = (np.array(part, np.int64) for part in numbering.runs)
    run = np.searchsorted(firsts, numbers, "right") - 1
    index = indexes[run] + numbers - firsts[run]
    there = (run >= 0) & (numbers > 0) & (index < np.append(indexes[1:], len(numbering))[run])
    result: Ints = np.where(there, index, -1)
    return result


def _add_runs(numbering: Numbering, numbers: Ints) -> None:
    """Take in numbers that grow."""
    if not len(numbers):
        return
    begins = np.concatenate(([0], np.flatnonzero(np.diff(numbers) != 1) + 1))
    lengths = np.diff(np.append(begins, len(numbers)))
    for first, count in zip(numbers[begins].tolist(), lengths.tolist(), strict=True):
        numbering.add_run(first, count)


def _counts(numbers: Ints) -> list[tuple[int, int]]:
    """Return how often each small number occurs; only those that do."""
    counts = np.bincount(numbers)
    there = np.flatnonzero(counts)
    return list(zip(there.tolist(), counts[there].tolist(), strict=True))


def _joined(table: Table, more: Table) -> Table:
    if not table or not more:
        return table or more
    return {name: np.concatenate((table[name], more[name])) for name in table}


def _numbers(text: str) -> Ints:
    """Return the whole numbers of a JSON text, shape ``(n,)``.

    Raises:
        UnusualError: There is something else in it.
    """
    raw = text.encode("ascii", "replace")
    if raw.translate(None, _OF_NUMBERS) != b"[]":
        raise UnusualError
    numbers: Ints = np.fromstring(raw[1:-1], np.int64, sep=",")
    return numbers


def _cut(table: Table, last: int) -> tuple[Table, Table]:
    """Return the rows of a table up to a seq, and the others."""
    return _split(table, int(np.searchsorted(table["seq"], last, "right"))) if table else ({}, {})


def _split(table: Table, count: int) -> tuple[Table, Table]:
    """Return the first rows of a table, and the others; without rows there are no columns."""
    first = {name: column[:count] for name, column in table.items()} if count else {}
    return first, {name: column[count:] for name, column in table.items()} if count < len(table["seq"]) else {}


def _cut_ends(ends: Ends, last: int) -> tuple[Ends, Ends]:
    """Return the ends up to a seq, and the others."""
    count = int(np.searchsorted(ends.seq, last, "right"))
    return ends.chosen(slice(count)), ends.chosen(slice(count, None))
