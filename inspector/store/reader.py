"""A stored session as a stream."""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError
from inspector.core.records import records
from inspector.core.records.bounds import MAX_TIME, row_problem
from inspector.core.records.records import HANDLER_ENDED, INTERRUPTED, STATUSES, Batch, Row, SessionStarted, to_row
from inspector.store import info
from inspector.store.checks import unpack_catalog
from inspector.store.gaps import is_damage
from inspector.store.growing import longest_growing
from inspector.store.schema import MAX_SESSION, SESSION_SPAN
from inspector.store.text import from_cell, id_from_cell, is_text, readable
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
    """What of a session cannot be read, counted; and the first reason."""

    def __init__(self) -> None:
        self.records = 0
        self.reason = ""

    def add(self, reason: str, count: int = 1) -> None:
        """Count records that are left out."""
        self.records += count
        self.reason = self.reason or reason

    def warnings(self, session: int) -> list[str]:
        """Return what is to be said of a session, at most a sentence."""
        if not self.records:
            return []
        were = "was" if self.records == 1 else "were"
        return [f"Session {session} is damaged: {count_records(self.records)} {were} left out ({self.reason})."]

    def text(self, cell: Any) -> str:
        """Return a text that people read; what of it is no UTF-8 stays visible, and counts."""
        text = from_cell(cell)
        if isinstance(cell, str) and not is_text(cell):
            self.add("a text is not UTF-8")
        return text


class TableSource:
    """One table of a session. Rows that hold what they cannot hold are left out and counted.

    Args:
        session: The session's id.
        names: Its names by number.
        after: Rows up to this seq are left out.
        damage: Where it is added what is left out.
    """

    table = ""
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

    def _row(self, _seq: int, cells: Any) -> Row:
        """Return the row of the stream that a table row stands for; its end, if any, goes to ``self.end_at``."""
        raise NotImplementedError

    def name(self, number: Any) -> str:
        """Return the name with a number; one that is missing is counted, and all else of its row is taken."""
        name = self.names.get(number) if type(number) is int else None
        if name is None:
            self.damage.add("a name is missing")
            return "?"
        return name

    def end_at(self, start: int, span: int, row: Row) -> None:
        """Keep the end that belongs to a start until its turn comes."""
        problem = row_problem(row)
        if problem or type(span) is not int or not 0 < span < SESSION_SPAN:
            self.damage.add(problem or "an end before its start")
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
                try:
                    row = self._row(seq, row_cells)
                    problem = row_problem(row)
                except _DAMAGED as error:
                    problem = f"{type(error).__name__} in {self.table}"
                if problem:
                    self.damage.add(problem)
                elif seq > self.seen:
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
                self.damage.add(f"no seq in {self.table}")
        in_order = _in_order([seq for seq, _ in numbered], self._last_seq)
        if len(in_order) < len(numbered):
            self.damage.add(f"seqs out of order in {self.table}", len(numbered) - len(in_order))
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
                self.damage.add(f"a cell of {self.table} that is too long")
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
        self.damage.add(f"a page of {self.table} cannot be read", max(following - self._key - 1, 1) if rows else 1)
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


def _later(at: int, length: int) -> int:
    if type(length) is not int or length < 0:
        raise ValueError("an end before its start")
    return at + length


class Publications(TableSource):
    """``Published`` and ``PublicationEnded``. Numbers grow with the seq: keys are in the order of starts."""

    table = "publications"
    sql = (
        "SELECT p.id, p.seq, p.at, p.event, p.cause, p.fire, p.handlers, p.context, p.span, p.length, p.outcome,"
        " b.event_id, b.correlation, b.body FROM publications p LEFT JOIN payloads b ON b.id = p.id"
        " WHERE p.id > :after AND p.id < :end AND (p.outcome = 0 OR p.seq + p.span > :seen)"
        " ORDER BY p.id LIMIT :limit"
    )

    def _first_key(self, _after: int) -> int:
        return 0

    def _seq(self, cells: Any) -> int:
        return int(cells[1])

    def _row(self, _seq: int, cells: Any) -> Row:
        key, _, at, event, cause, fire, handlers, context, *rest = cells
        span, length, outcome, event_id, correlation, body = rest
        number = key - self.base
        if outcome:
            end = (records.PUBLICATION_ENDED, _later(at, length), number, self.name(outcome))
            self.end_at(_seq, span, end)
        return (
            *(records.PUBLISHED, at, number, self.name(event), id_from_cell(event_id), id_from_cell(correlation)),
            *(cause, fire, from_cell(body)),
            *(self.name(context) if isinstance(context, int) else from_cell(context), handlers),
        )


class Executions(TableSource):
    """``HandlerStarted`` and ``HandlerEnded``; keeps the numbers of those without an end in ``running``."""

    table = "executions"
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

    def _row(self, _seq: int, cells: Any) -> Row:
        key, _, at, publication, handler, fault, status, span, length, on_loop, failure = cells
        number = key - self.base
        if status:
            end = (records.HANDLER_ENDED, _later(at, length), number, STATUSES[status], on_loop, from_cell(failure))
            self.end_at(_seq, span, end)
        else:
            self.running.append(number)
        return (records.HANDLER_STARTED, at, number, publication, self.name(handler), self.name(fault))


class Notes(TableSource):
    """``Noted``."""

    table = "notes"
    sql = (
        "SELECT id, at, execution, publication, kind, level, text, data FROM notes"
        " WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"
    )

    def _row(self, _seq: int, cells: Any) -> Row:
        _, at, execution, publication, kind, level, text, data = cells
        return (
            *(records.NOTED, at, execution - self.base, publication, self.name(kind), self.name(level)),
            *(from_cell(text), from_cell(data)),
        )


class HostNotes(TableSource):
    """``HostNoted``."""

    table = "host_notes"
    sql = (
        "SELECT id, at, kind, level, text, data FROM host_notes"
        " WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"
    )

    def _row(self, _seq: int, cells: Any) -> Row:
        _, at, kind, level, text, data = cells
        return (records.HOST_NOTED, at, self.name(kind), self.name(level), from_cell(text), from_cell(data))


class HostRecords(TableSource):
    """The other records of the host."""

    table = "host_records"
    sql = "SELECT id, at, kind, body FROM host_records WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"

    def _row(self, _seq: int, cells: Any) -> Row:
        _, at, kind, body = cells
        return (kind, at, *json.loads(body))


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

    def _row(self, _seq: int, cells: Any) -> Row:
        row = odd_row(cells)
        if row[records.KIND] in (records.HANDLER_STARTED, records.HANDLER_ENDED):
            record = records.to_record(row)
            if isinstance(record, records.HandlerStarted):
                self.running[record.execution] = None
            elif isinstance(record, records.HandlerEnded):
                self.ended.add(record.execution)
        return row


def note_row(cells: Any, base: int, names: dict[int, str]) -> Row:
    """Return the ``Noted`` row of a row of ``notes``."""
    _, at, execution, publication, kind, level, text, data = cells
    return (
        *(records.NOTED, at, execution - base, publication, names[kind], names[level]),
        *(from_cell(text), from_cell(data)),
    )


def odd_row(cells: Any) -> Row:
    """Return the row of a row of ``odd_rows``."""
    _, kind, body = cells
    return (kind, *json.loads(body))


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
            if damage.records:
                self._store.found_damaged(self.session, f"{damage.reason}")

    async def _read(self, after: int, damage: Damage) -> AsyncIterator[Batch]:
        head = await self._store.session(self.session)
        if not 0 < self.session <= MAX_SESSION:
            raise InspectorError(f"Session {self.session} is damaged: {head.damage}.", "It can only be deleted.")
        async with self._store.database.reading() as connection:
            started = await read_started(connection, self.session, damage)
            names = await read_names(connection, self.session, damage=damage)
        if head.damage:
            damage.add(head.damage)
        if after < 1:
            yield Batch(1, [to_row(started)])
        at, newest = max(after, 1), 1
        executions, odd = Executions(self.session, names, at, damage), OddRows(self.session, names, at, damage)
        sources: tuple[TableSource, ...] = (
            Publications(self.session, names, at, damage),
            executions,
            Notes(self.session, names, at, damage),
            HostNotes(self.session, names, at, damage),
            HostRecords(self.session, names, at, damage),
            odd,
        )
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
                last = min(at + BATCH, end)
                page: list[Row | None] = [None] * (last - at)
                for source in sources:
                    for seq, row in await source.take(connection, last):
                        if seq <= at or page[seq - at - 1] is not None:
                            damage.add("two records with one seq")
                        else:
                            page[seq - at - 1] = row
            for batch in _without_holes(at + 1, page):
                newest = batch.last
                yield batch
            at = last
        if head.state == info.INTERRUPTED:
            running = {*executions.running, *odd.running} - odd.ended
            cut = _cut_off(sorted(running), max(head.records, newest), after, await self._last_at())
            if cut is not None:
                yield cut

    async def _last_at(self) -> int:
        async with self._store.database.reading() as connection:
            result = await connection.exec_driver_sql("SELECT last_at FROM sessions WHERE id=?", (self.session,))
            return int(result.scalar_one())


def _without_holes(first: int, page: list[Row | None]) -> list[Batch]:
    """Return the page as batches of consecutive rows."""
    if None not in page:
        return [Batch(first, page)] if page else []  # type: ignore[arg-type]
    batches: list[Batch] = []
    rows: list[Row] = []
    for seq, row in enumerate([*page, None], first):
        if row is not None:
            rows.append(row)
        elif rows:
            batches.append(Batch(seq - len(rows), rows))
            rows = []
    return batches


def _cut_off(running: list[int], last: int, after: int, at: int) -> Batch | None:
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
    damage = damage or Damage()
    base = session * SESSION_SPAN
    cursor = await connection.exec_driver_sql(
        "SELECT id, text FROM names WHERE id > ? AND id < ? ORDER BY id",
        (base + next(reversed(result)), base + SESSION_SPAN),
    )
    rows: list[Any] = list(cursor.fetchall())
    for key, text in rows:
        try:
            result[key - base] = damage.text(text)
        except (ValueError, TypeError):
            result[key - base] = "?"
            damage.add("a name is not UTF-8")
    return result


async def read_started(connection: AsyncConnection, session: int, damage: Damage | None = None) -> SessionStarted:
    """Return the first record of a session; what of it is damaged is left out.

    Raises:
        InspectorError: There is no such session.
    """
    damage = damage or Damage()
    result = await connection.exec_driver_sql(
        "SELECT s.wall, s.program, s.python, c.body, s.seed FROM sessions s LEFT JOIN catalogs c ON c.id = s.catalog"
        " WHERE s.id=? AND s.deleted IS NOT 1",
        (session,),
    )
    row: Any = result.first()
    if row is None:
        raise InspectorError(f"There is no session {session}.", "It may have been deleted meanwhile.")
    wall, program, python, body, seed = row
    try:
        catalog = unpack_catalog(body)
    except ValueError as error:
        catalog = ""
        damage.add(str(error))
    return SessionStarted(
        at=0,
        wall=wall if type(wall) is int and -MAX_TIME < wall < MAX_TIME else 0,
        program=readable(program),
        python=readable(python),
        catalog=catalog,
        seed=int(seed) if isinstance(seed, str) and seed.lstrip("-").isdecimal() and len(seed) < _LONG_SEED else None,
    )
