"""A stored session as a stream."""

from __future__ import annotations

import heapq
import json
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError
from inspector.core.records import records
from inspector.core.records.bounds import MAX_NAME, MAX_TIME, row_problem
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import HANDLER_ENDED, Batch, Row, SessionStarted, to_row
from inspector.core.records.statuses import INTERRUPTED, STATUSES
from inspector.store import info
from inspector.store.checks import unpack_catalog
from inspector.store.gaps import LONGEST_TAIL, is_damage
from inspector.store.growing import longest_growing
from inspector.store.schema import MAX_SESSION, SESSION_SPAN
from inspector.store.text import from_cell, id_from_cell, is_text, readable, text_of
from inspector.store.trouble import count_records

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from inspector.store.store import Store


# The tables of a session, each read forward as rows of the stream.

#: Rows of one question.
PAGE: Final = 2048

Numbered = tuple[int, Row]


#: Rows that stay behind until those after them are known.
_MARGIN: Final = 16
#: What a row of a table raises that holds what it cannot hold.
_DAMAGED: Final = (LookupError, TypeError, ValueError, OverflowError, RecursionError)


class Damage:
    """What of a session cannot be read, and the first reasons.

    Attributes:
        records: Records that are left out.
        missing: Records that are not in the database, though their numbers say that they were.
        reason: Why records are left out.
        flaw: What else is wrong.
        parts: How many payloads, contexts, failures, … cannot be read, whose records are there.
    """

    def __init__(self) -> None:
        self.records = 0
        self.missing = 0
        self.reason = ""
        self.flaw = ""
        self.parts: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self.records or self.missing or self.flaw or self.parts)

    @property
    def sentence(self) -> str:
        """What is wrong, empty when nothing is known to be."""
        return (
            self.reason
            or self.flaw
            or self._parts()
            or (f"{count_records(self.missing)} missing" if self.missing else "")
        )

    def add(self, reason: str, count: int = 1) -> None:
        """Count records that are left out."""
        self.records += count
        self.reason = self.reason or reason

    def mar(self, flaw: str) -> None:
        """Note something wrong for which no record is left out."""
        self.flaw = self.flaw or flaw

    def part(self, what: str, cell: Any, read: Callable[[Any], Any] = from_cell) -> str:
        """Return the text of a part of a record; one that cannot be read is counted, and empty: its record stays."""
        text = text_of(cell, read)
        if text is None:
            self.parts[what] += 1
        return text or ""

    def _parts(self) -> str:
        """Return how many parts of records cannot be read; empty when there are none."""
        counts = [f"{count:,} {what}{'' if count == 1 else 's'}" for what, count in self.parts.items()]
        return f"{' and '.join(counts)} cannot be read".replace(",", "\u2009") if counts else ""

    def warnings(self, session: int) -> list[str]:
        """Return what is to be said of a session, a sentence each."""
        said = [f"Session {session} is damaged: {flaw}." for flaw in (self.flaw, self._parts()) if flaw]
        if self.records:
            were = "was" if self.records == 1 else "were"
            said.append(f"Session {session} is damaged: {count_records(self.records)} {were} skipped ({self.reason}).")
        if self.missing:
            are = "is" if self.missing == 1 else "are"
            said.append(f"Session {session} is damaged: {count_records(self.missing)} {are} missing.")
        return said

    def text(self, cell: Any) -> str:
        """Return a text that people read; what of it is no UTF-8 stays visible, and is noted."""
        text = from_cell(cell)
        if isinstance(cell, str) and not is_text(cell):
            self.mar("a text is not UTF-8")
        return text


class TableSource(ABC):
    """One table of a session. Rows that hold what they cannot hold are left out and counted.

    Args:
        session: The session's id.
        names: Its names by number.
        after: Rows up to this seq are left out.
        damage: Where it is added what is left out.
    """

    table = ""
    #: What a row of it is to people.
    noun = "a record"
    #: Gives rows with the key first; bound are ``:after``, ``:end``, ``:limit``, ``:base``, ``:seen``.
    sql = ""

    def __init__(self, session: int, names: dict[int, str], after: int, damage: Damage) -> None:
        self.base = session * SESSION_SPAN
        self.names = names
        self.seen = after
        self.damage = damage
        self._key = self.base + self._first_key(after)
        self._last_seq = 0
        self._cells: deque[tuple[int, Any]] = deque()
        self._ends: list[Numbered] = []
        self._exhausted = False

    def _first_key(self, _after: int) -> int:
        """Return the number up to which keys need not be read."""
        return _after

    def _seq(self, cells: Any) -> int:
        """Return the seq of a table row."""
        return int(cells[0]) - self.base

    @abstractmethod
    def _row(self, cells: Any) -> Row:
        """Return the row of the stream that a table row stands for, or begins with."""

    def _end(self, _cells: Any) -> tuple[int, Row] | None:
        """Return the end that stands in a table row beside its start: how many seqs later, and the row."""
        return None

    def _records(self, _cells: Any) -> int:
        """Return for how many records a table row stands: a start and its end are two."""
        return 1

    def name(self, number: Any) -> str:
        """Return the name with a number; one that is missing is noted, and all else of its row is taken."""
        name = self.names.get(number) if type(number) is int else None
        if name is None:
            self.damage.mar("a name is missing")
            return "?"
        return name

    def readable_rows(self, rows: Iterable[Any]) -> list[Row]:
        """Return the rows of the stream that table rows stand for, or begin with; those that cannot be are counted."""
        return [row for cells in rows if (row := self._readable_row(cells)) is not None]

    def _readable_row(self, cells: Any) -> Row | None:
        try:
            row = self._row(cells)
            problem = row_problem(row)
        except _DAMAGED:
            problem = f"{self.noun} cannot be read"
        if problem:
            self.damage.add(problem, self._records(cells))
            return None
        return row

    def _take_start(self, seq: int, cells: Any) -> Row | None:
        """Return the row with a seq; None when it cannot be, it is left out with its end then."""
        row = self._readable_row(cells)
        if row is not None:
            self._keep_end(seq, cells)
        return row

    def at_hand(self) -> int:
        """Return the seq up to which rows were read already: taking them costs no question, or a single one."""
        return SESSION_SPAN if self._exhausted or not self._cells else self._cells[-1][0]

    def _keep_end(self, start: int, cells: Any) -> None:
        """Keep the end that belongs to a start until its turn comes."""
        try:
            end = self._end(cells)
            if end is None:
                return
            span, row = end
            problem = row_problem(row) or ("" if 0 < span < SESSION_SPAN else "an end before its start")
        except _DAMAGED:
            problem = f"the end of {self.noun} cannot be read"
        if problem:
            self.damage.add(problem)
        elif start + span > self.seen:
            heapq.heappush(self._ends, (start + span, row))

    async def next_seq(self, connection: AsyncConnection) -> int:
        """Return the seq of the next row, or end; 0 when there is none."""
        while len(self._cells) < _MARGIN and not self._exhausted:
            await self._refill(connection)
        waiting = [seq for seq, _ in (*list(self._cells)[:1], *self._ends[:1])]
        return min(waiting, default=0)

    async def take(self, connection: AsyncConnection, last: int) -> list[Numbered]:
        """Return the rows up to the seq ``last``, in any order."""
        taken: list[Numbered] = []
        cells = self._cells
        while True:
            while cells and cells[0][0] <= last and (len(cells) >= _MARGIN or self._exhausted):
                seq, row_cells = cells.popleft()
                self._last_seq = seq
                row = self._take_start(seq, row_cells)
                if row is not None and seq > self.seen:
                    taken.append((seq, row))
            # The last rows of a page wait for the next page, which tells whether they stand in their place.
            if len(cells) >= _MARGIN or self._exhausted:
                break
            await self._refill(connection)
        ends = self._ends
        while ends and ends[0][0] <= last:
            taken.append(heapq.heappop(ends))
        return taken

    async def _refill(self, connection: AsyncConnection) -> None:
        rows, self._exhausted = await self._page(connection)
        if rows:
            self._key = rows[-1][0]
        numbered = list(self._cells)
        for cells in rows:
            try:
                if not 0 < (seq := self._seq(cells)) < SESSION_SPAN:
                    raise ValueError(seq)
                numbered.append((seq, cells))
            except _DAMAGED:
                self.damage.add(f"{self.noun} without a place", self._records(cells))
        in_order = _in_order([seq for seq, _ in numbered], self._last_seq)
        if len(in_order) < len(numbered):
            displaced = set(range(len(numbered))).difference(in_order)
            count = sum(self._records(numbered[index][1]) for index in displaced)
            self.damage.add(f"{self.noun} out of order", count)
            numbered = [numbered[index] for index in in_order]
        self._cells.clear()
        self._cells.extend(numbered)

    async def _page(self, connection: AsyncConnection) -> tuple[list[Any], bool]:
        """Return the next rows, and whether they are the last; those that cannot be read are left out."""
        values = {
            "after": self._key,
            "end": self.base + SESSION_SPAN,
            "limit": PAGE,
            "base": self.base,
            # At the beginning nothing is passed over in silence, not even a seq that cannot be.
            "seen": self.seen if self.seen > 1 else -MAX_TIME,
        }
        try:
            rows = list((await connection.exec_driver_sql(self.sql, values)).fetchall())
        except Exception as error:
            if is_damage(error):
                return await self._around_damage(connection, values)
            if not _is_of_a_cell(error):
                raise
        else:
            return rows, len(rows) < PAGE
        sql = f"SELECT id FROM {self.table} WHERE id > ? AND id < ? ORDER BY id LIMIT {PAGE}"  # noqa: S608 - ours
        result = await connection.exec_driver_sql(sql, (self._key, self.base + SESSION_SPAN))
        keys = [int(key) for (key,) in result.fetchall()]
        rows = []
        for key in keys:
            try:
                alone = {**values, "after": key - 1, "end": key + 1}
                rows += (await connection.exec_driver_sql(self.sql, alone)).fetchall()
            except Exception as error:
                if not _is_of_a_cell(error):
                    raise
                self.damage.add(f"{self.noun} that is too long")
        if keys:
            self._key = keys[-1]
        return rows, len(keys) < PAGE

    async def _around_damage(self, connection: AsyncConnection, values: dict[str, int]) -> tuple[list[Any], bool]:
        """Return the next rows before, or else after, a page that cannot be read, and whether they are the last."""

        async def page(after: int, limit: int) -> list[Any] | None:
            try:
                result = await connection.exec_driver_sql(self.sql, {**values, "after": after, "limit": limit})
                return list(result.fetchall())
            except Exception as error:
                if not is_damage(error):
                    raise
                return None

        limit = PAGE
        while limit := limit // 4:
            rows = await page(self._key, limit)
            if rows is not None:
                return rows, not rows
        # A key behind the page is looked for at ever longer distances, then the first such key between the last two.
        last, step = self._key, 1
        while (rows := await page(self._key + step, 1)) is None and self._key + step < values["end"]:
            last, step = self._key + step, step * 2
        beyond = self._key + step
        while last + 1 < beyond:
            middle = (last + beyond) // 2
            between = await page(middle, 1)
            last, beyond, rows = (middle, beyond, rows) if between is None else (last, middle, between)
        following = rows[0][0] if rows else beyond
        self.damage.mar(f"a page of {self.table} cannot be read")
        self._key = following - 1
        return [], not rows


def _is_of_a_cell(error: BaseException) -> bool:
    """Return whether SQLite complains about one cell, and not about the file."""
    original = getattr(error, "orig", None) or error
    return isinstance(original, sqlite3.Error) and getattr(original, "sqlite_errorname", "") == "SQLITE_TOOBIG"


def _in_order(seqs: list[int], after: int) -> list[int]:
    """Return the positions of the most seqs that grow, all above ``after``; mostly that is all of them."""
    if all(map(int.__lt__, [after, *seqs], seqs)):
        return list(range(len(seqs)))
    return longest_growing(seqs, after)


def _later(at: int, span: Any, length: Any) -> tuple[int, int]:
    """Return how many seqs after a start its end is, 0 when that cannot be, and when it is."""
    return (span, at + length) if type(span) is type(length) is int and length >= 0 else (0, at)


class Publications(TableSource):
    """``Published`` and ``PublicationEnded``. Numbers grow with the seq: keys are in the order of starts."""

    table = "publications"
    noun = "a publication"
    sql = (
        "SELECT p.id, p.seq, p.at, p.event, p.cause, p.fire, p.handlers, p.context, p.process, p.span, p.length,"
        " p.outcome, b.event_id, b.correlation, b.body FROM publications p LEFT JOIN payloads b ON b.id = p.id"
        " WHERE p.id > :after AND p.id < :end AND (p.outcome = 0 OR p.seq + p.span > :seen)"
        " ORDER BY p.id LIMIT :limit"
    )

    def _first_key(self, _after: int) -> int:
        return 0

    def _seq(self, cells: Any) -> int:
        return int(cells[1])

    def _row(self, cells: Any) -> Row:
        key, _, at, event, cause, fire, handlers, context, process, _, _, _, event_id, correlation, body = cells
        part = self.damage.part
        return (
            *(records.PUBLISHED, at, key - self.base, self.name(event)),
            *(part("event id", event_id, id_from_cell), part("correlation id", correlation, id_from_cell)),
            *(cause, fire, part("payload", body)),
            *(self.name(context) if isinstance(context, int) else part("context", context), handlers, process),
        )

    def _end(self, cells: Any) -> tuple[int, Row] | None:
        key, _, at, *_, span, length, outcome, _, _, _ = cells
        if outcome == 0:
            return None
        span, at = _later(at, span, length)
        return span, (records.PUBLICATION_ENDED, at, key - self.base, self.name(outcome))

    def _records(self, cells: Any) -> int:
        return 1 if cells[11] == 0 else 2


class Executions(TableSource):
    """``HandlerStarted`` and ``HandlerEnded``; keeps the numbers of those without an end in ``running``."""

    table = "executions"
    noun = "an execution"
    sql = (
        "SELECT e.id, p.seq + e.seq, p.at + e.at, e.publication, e.handler, e.fault, e.status, e.span, e.length,"
        " e.on_loop, f.body FROM executions e LEFT JOIN publications p ON p.id = :base + e.publication"
        " LEFT JOIN failures f ON f.id = e.id"
        " WHERE e.id > :after AND e.id < :end AND (e.status = 0 OR p.seq + e.seq + e.span > :seen OR p.id IS NULL)"
        " ORDER BY e.id LIMIT :limit"
    )

    def __init__(self, session: int, names: dict[int, str], after: int, damage: Damage) -> None:
        super().__init__(session, names, after, damage)
        self.running: list[int] = []

    def _first_key(self, _after: int) -> int:
        return 0

    def _seq(self, cells: Any) -> int:
        return int(cells[1])

    def _row(self, cells: Any) -> Row:
        key, _, at, publication, handler, fault, *_ = cells
        number = key - self.base
        return (records.HANDLER_STARTED, at, number, publication, self.name(handler), self.name(fault))

    def _end(self, cells: Any) -> tuple[int, Row] | None:
        key, _, at, *_, status, span, length, on_loop, failure = cells
        number = key - self.base
        if status == 0:
            self.running.append(number)
            return None
        span, at = _later(at, span, length)
        # A number of the file is no index before it was looked at: -1 would be the last status.
        is_status = type(status) is int and 0 < status < len(STATUSES)
        return span, (
            *(records.HANDLER_ENDED, at, number, STATUSES[status] if is_status else ""),
            *(on_loop, self.damage.part("failure", failure)),
        )

    def _records(self, cells: Any) -> int:
        return 1 if cells[6] == 0 else 2


class Notes(TableSource):
    """``Noted``."""

    table = "notes"
    noun = "a note"
    sql = (
        "SELECT id, at, execution, publication, kind, level, text, data FROM notes"
        " WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"
    )

    def _row(self, cells: Any) -> Row:
        _, at, execution, publication, kind, level, text, data = cells
        return (
            *(records.NOTED, at, execution - self.base, publication, self.name(kind), self.name(level)),
            *(self.damage.part("note text", text), self.damage.part("note value", data)),
        )


class HostNotes(TableSource):
    """``HostNoted``."""

    table = "host_notes"
    noun = "a note of the program"
    sql = (
        "SELECT id, at, kind, level, text, data FROM host_notes"
        " WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"
    )

    def _row(self, cells: Any) -> Row:
        _, at, kind, level, text, data = cells
        part = self.damage.part
        texts = part("note text", text), part("note value", data)
        return (records.HOST_NOTED, at, self.name(kind), self.name(level), *texts)


class HostRecords(TableSource):
    """The other records of the host."""

    table = "host_records"
    noun = "a record of the program"
    sql = "SELECT id, at, kind, body FROM host_records WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"

    def __init__(self, session: int, names: dict[int, str], after: int, damage: Damage) -> None:
        super().__init__(session, names, after, damage)
        #: Numbers without a record that is known to be lost.
        self.lost = 0

    def _row(self, cells: Any) -> Row:
        key, at, kind, body = cells
        if type(kind) is not int or kind < records.HOST_NOTED:
            raise ValueError(kind)
        row = records.completed((kind, at, *json.loads(body)))
        if kind == RecordsLost.KIND and not row_problem(row):
            _, _, count, _, first, _ = row
            self.lost += count - (key - self.base == first) if first else 0  # it stands in the place of the first
        return row


class OddRows(TableSource):
    """Records kept word for word; knows which executions started and ended among them."""

    table = "odd_rows"
    sql = "SELECT id, kind, body FROM odd_rows WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"

    def __init__(self, session: int, names: dict[int, str], after: int, damage: Damage) -> None:
        super().__init__(session, names, after, damage)
        self.running: dict[int, None] = {}
        self.ended: set[int] = set()

    def _first_key(self, _after: int) -> int:
        return 0

    def _row(self, cells: Any) -> Row:
        row = odd_row(cells)
        if row[records.KIND] in (records.HANDLER_STARTED, records.HANDLER_ENDED) and not row_problem(row):
            record = records.to_record(row)
            if isinstance(record, records.HandlerStarted):
                self.running[record.execution] = None
            elif isinstance(record, records.HandlerEnded):
                self.ended.add(record.execution)
        return row


async def read_notes(connection: AsyncConnection, session: int, execution: int, damage: Damage) -> list[Row]:
    """Return the ``Noted`` rows of an execution, in order; what cannot be read is left out and counted."""
    source = Notes(session, await read_names(connection, session, damage=damage), 0, damage)
    result = await connection.exec_driver_sql(
        "SELECT id, at, execution, publication, kind, level, text, data FROM notes WHERE execution=? ORDER BY id",
        (source.base + execution,),
    )
    return source.readable_rows(result.fetchall())


async def read_odd(connection: AsyncConnection, session: int, kind: int, damage: Damage) -> list[Row]:
    """Return the rows of a kind that are kept word for word, in order; what cannot be read is left out and counted."""
    source = OddRows(session, {}, 0, damage)
    result = await connection.exec_driver_sql(
        "SELECT id, kind, body FROM odd_rows WHERE id>=? AND id<? AND kind=? ORDER BY id",
        (source.base, source.base + SESSION_SPAN, kind),
    )
    return source.readable_rows(result.fetchall())


def odd_row(cells: Any) -> Row:
    """Return the row of a row of ``odd_rows``."""
    _, kind, body = cells
    row = (kind, *json.loads(body))
    return records.completed(row) if type(kind) is int else row


#: Digits that Python turns into a number.
_LONG_SEED: Final = 4_000
#: Records of one batch at most.
BATCH: Final = 4096


class StoredStream:
    """A session of the database as a ``RecordStream``: the same rows in the same order as when it was live.

    A session that is being recorded is read up to its last commit. In an interrupted one every execution that had
    not ended is given an end ``interrupted`` at the last known time, after all that was stored. Where records were lost
    before they could be stored, the next batch begins with a later seq than the last one ended.

    Rows that hold what they cannot hold are left out and counted; a session is as long as its rows, whatever its
    numbers say.

    Args:
        store: The open store.
        session: The session's id.

    Attributes:
        damage: What of the last ``read`` was left out.
    """

    def __init__(self, store: Store, session: int) -> None:
        self._store = store
        self.session = session
        self.damage = Damage()

    def warnings(self) -> list[str]:
        """Return what is to be said of the last ``read``: what of the session was left out."""
        return self.damage.warnings(self.session)

    async def read(self, after: int = 0) -> AsyncIterator[Batch]:
        """Yield the rows after the seq ``after``, page by page; no transaction stays open between two batches.

        Raises:
            InspectorError: There is no such session, or the database cannot be read.
        """
        damage = self.damage = Damage()
        try:
            async for batch in self._read(after, damage):
                yield batch
        finally:
            if damage:
                self._store.found_damaged(self.session, damage.sentence)

    async def _read(self, after: int, damage: Damage) -> AsyncIterator[Batch]:
        head = await self._store.session(self.session)
        if not 0 < self.session <= MAX_SESSION:
            raise InspectorError(f"Session {self.session} is damaged: {head.damage}.", "You can only delete it.")
        async with self._store.database.reading() as connection:
            started = await read_started(connection, self.session, damage)
            names = await read_names(connection, self.session, damage=damage)
        if head.damage:
            damage.mar(head.damage)
        if after < 1:
            yield Batch(1, [to_row(started)])
        at, newest = max(after, 1), 1
        executions, odd = Executions(self.session, names, at, damage), OddRows(self.session, names, at, damage)
        host = HostRecords(self.session, names, at, damage)
        sources: tuple[TableSource, ...] = (
            Publications(self.session, names, at, damage),
            executions,
            Notes(self.session, names, at, damage),
            HostNotes(self.session, names, at, damage),
            host,
            odd,
        )
        count = 1
        # What another process commits meanwhile is left for the next time.
        end = head.records if head.state == info.RECORDING else SESSION_SPAN
        while True:
            async with self._store.database.reading() as connection:
                await read_names(connection, self.session, names, damage)
                waiting = [seq for source in sources if (seq := await source.next_seq(connection)) > 0]
                first = min(waiting, default=end + 1)
                if first > end:
                    break
                at = max(at, first - 1)  # numbers without a row are passed over, however many
                # Where numbers are far apart, too, a page is as many rows as are at hand, whatever their numbers.
                last = min(max(at + BATCH, min(source.at_hand() for source in sources)), end)
                page: dict[int, Row] = {}
                for source in sources:
                    for seq, row in await source.take(connection, last):
                        if seq <= at or seq in page:
                            damage.add("two records with the same number")
                        else:
                            page[seq] = row
            for batch in _without_holes(page):
                newest = batch.last
                count += len(batch.rows)
                yield batch
            at = last
        if after < 1 and head.state != info.RECORDING:
            self.count_missing(head.records, newest, count, host.lost)
        if head.state == info.INTERRUPTED:
            running = {*executions.running, *odd.running} - odd.ended
            cut = cut_off(sorted(running), max(head.records, newest), after, await self._last_at())
            if cut is not None:
                yield cut

    def count_missing(self, last: int, newest: int, count: int, lost: int) -> None:
        """Compare what was read with the numbers of a session's records, all of which are used.

        Args:
            last: The number of the last record, as the session's row says.
            newest: That of the last one that was read.
            count: How many were read.
            lost: How many are known to be lost.
        """
        damage = self.damage
        if newest > last or last - newest > LONGEST_TAIL:
            damage.mar("its row in the database is wrong (last_seq)")
            return
        damage.missing = max(0, last - count - lost - damage.records)

    async def _last_at(self) -> int:
        async with self._store.database.reading() as connection:
            result = await connection.exec_driver_sql("SELECT last_at FROM sessions WHERE id=?", (self.session,))
            return int(result.scalar_one())


def _without_holes(page: dict[int, Row]) -> list[Batch]:
    """Return rows by their seqs as batches of consecutive ones, in order, of at most ``BATCH`` each."""
    batches: list[Batch] = []
    seqs = sorted(page)
    first = 0
    while first < len(seqs):
        beyond = min(first + BATCH, len(seqs))
        if seqs[beyond - 1] - seqs[first] >= beyond - first:  # there is a hole
            beyond = next(place for place in range(first + 1, beyond) if seqs[place] != seqs[place - 1] + 1)
        batches.append(Batch(seqs[first], [page[seq] for seq in seqs[first:beyond]]))
        first = beyond
    return batches


def cut_off(running: list[int], last: int, after: int, at: int) -> Batch | None:
    """Return the ends of the executions that were running when their process died."""
    rows: list[Row] = [(HANDLER_ENDED, at, number, INTERRUPTED, 0, "") for number in running]
    skipped = max(0, after - last)
    return Batch(last + 1 + skipped, rows[skipped:]) if rows[skipped:] else None


async def read_names(
    connection: AsyncConnection,
    session: int,
    names: dict[int, str] | None = None,
    damage: Damage | None = None,
) -> dict[int, str]:
    """Return the names of a session by number, or add to ``names`` those that came since."""
    result = names if names is not None else {0: ""}
    damage = Damage() if damage is None else damage
    base = session * SESSION_SPAN
    cursor = await connection.exec_driver_sql(
        "SELECT id, text FROM names WHERE id > ? AND id < ? ORDER BY id",
        (base + next(reversed(result)), base + SESSION_SPAN),
    )
    rows: list[Any] = list(cursor.fetchall())
    for key, text in rows:
        try:
            name = damage.text(text)
            if len(name) > MAX_NAME:
                name = f"{name[: MAX_NAME - 1]}…"
                damage.mar("a name is too long")
            result[key - base] = name
        except (ValueError, TypeError):
            result[key - base] = "?"
            damage.mar("a name is not UTF-8")
    return result


async def read_started(connection: AsyncConnection, session: int, damage: Damage | None = None) -> SessionStarted:
    """Return the first record of a session; what of it is damaged is left out.

    Raises:
        InspectorError: There is no such session.
    """
    damage = Damage() if damage is None else damage
    result = await connection.exec_driver_sql(
        "SELECT s.wall, s.program, s.python, c.body, s.seed FROM sessions s LEFT JOIN catalogs c ON c.id = s.catalog"
        " WHERE s.id=? AND s.deleted IS NOT 1",
        (session,),
    )
    row: Any = result.first()
    if row is None:
        raise InspectorError(f"No session {session}.", "It may have been deleted.")
    wall, program, python, body, seed = row
    try:
        catalog = unpack_catalog(body)
    except ValueError as error:
        catalog = ""
        damage.mar(str(error))
    return SessionStarted(
        at=0,
        wall=wall if type(wall) is int and -MAX_TIME < wall < MAX_TIME else 0,
        program=readable(program),
        python=readable(python),
        catalog=catalog,
        seed=_seed(seed, damage),
    )


def _seed(cell: Any, damage: Damage) -> int | None:
    """Return the seed of a session; None when it has none, or a damaged one, which is noted."""
    if isinstance(cell, str) and cell.isascii() and cell.removeprefix("-").isdecimal() and len(cell) < _LONG_SEED:
        return int(cell)
    if cell is not None:
        damage.mar("its seed cannot be read")
    return None
