"""A stored session as a stream."""

from __future__ import annotations

import heapq
import json
import zlib
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError
from inspector.core.records import records
from inspector.core.records.records import HANDLER_ENDED, INTERRUPTED, STATUSES, Batch, Row, SessionStarted, to_row
from inspector.store import info
from inspector.store.schema import SESSION_SPAN
from inspector.store.text import from_cell, id_from_cell

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from inspector.store.store import Store


# The tables of a session, each read forward as rows of the stream.

#: Rows of one question.
PAGE: Final = 2048

Numbered = tuple[int, Row]


class TableSource:
    """One table of a session.

    Args:
        session: The session's id.
        names: Its names by number.
        after: Rows up to this seq are left out.
    """

    #: Gives rows with the key first; bound are ``:after``, ``:end``, ``:limit``, ``:base``, ``:seen``.
    sql = ""

    def __init__(self, session: int, names: dict[int, str], after: int) -> None:
        self.base = session * SESSION_SPAN
        self.names = names
        self.seen = after
        self._key = self.base + self._first_key(after)
        self._cells: deque[tuple[int, Any]] = deque()
        self._ends: list[Numbered] = []
        self._exhausted = False
        #: Whether anything was asked yet.
        self.begun = False

    def _first_key(self, _after: int) -> int:
        """Return the number up to which keys need not be read."""
        return _after

    def _seq(self, cells: Any) -> int:
        """Return the seq of a table row."""
        return int(cells[0]) - self.base

    def _row(self, _seq: int, cells: Any) -> Row:
        """Return the row of the stream that a table row stands for; its end, if any, goes to ``self.end_at``."""
        raise NotImplementedError

    def end_at(self, seq: int, row: Row) -> None:
        """Keep the end that belongs to a start until its turn comes."""
        if seq > self.seen:
            heapq.heappush(self._ends, (seq, row))

    async def take(self, connection: AsyncConnection, last: int) -> list[Numbered]:
        """Return the rows up to the seq ``last``, in any order."""
        self.begun = True
        taken: list[Numbered] = []
        cells = self._cells
        while True:
            while cells and cells[0][0] <= last:
                seq, one = cells.popleft()
                row = self._row(seq, one)
                if seq > self.seen:
                    taken.append((seq, row))
            if cells or self._exhausted:
                break
            await self._refill(connection)
        ends = self._ends
        while ends and ends[0][0] <= last:
            taken.append(heapq.heappop(ends))
        return taken

    async def _refill(self, connection: AsyncConnection) -> None:
        values = {
            "after": self._key,
            "end": self.base + SESSION_SPAN,
            "limit": PAGE,
            "base": self.base,
            "seen": self.seen,
        }
        found = (await connection.exec_driver_sql(self.sql, values)).fetchall()
        self._exhausted = len(found) < PAGE
        if found:
            self._key = found[-1][0]
            seq = self._seq
            self._cells.extend((seq(cells), cells) for cells in found)


class Publications(TableSource):
    """``Published`` and ``PublicationEnded``. Numbers grow with the seq: keys are in the order of starts."""

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
            self.end_at(_seq + span, (records.PUBLICATION_ENDED, at + length, number, self.names[outcome]))
        return (
            *(records.PUBLISHED, at, number, self.names[event], id_from_cell(event_id), id_from_cell(correlation)),
            *(cause, fire, from_cell(body)),
            *(self.names[context] if isinstance(context, int) else from_cell(context), handlers),
        )


class Executions(TableSource):
    """``HandlerStarted`` and ``HandlerEnded``; keeps the numbers of those without an end in ``running``."""

    sql = (
        "SELECT e.id, p.seq + e.seq, p.at + e.at, e.publication, e.handler, e.fault, e.status, e.span, e.length,"
        " e.on_loop, f.body FROM executions e JOIN publications p ON p.id = :base + e.publication"
        " LEFT JOIN failures f ON f.id = e.id"
        " WHERE e.id > :after AND e.id < :end AND (e.status = 0 OR p.seq + e.seq + e.span > :seen)"
        " ORDER BY e.id LIMIT :limit"
    )

    def __init__(self, session: int, names: dict[int, str], after: int) -> None:
        super().__init__(session, names, after)
        self.running: list[int] = []

    def _first_key(self, _after: int) -> int:
        return 0

    def _seq(self, cells: Any) -> int:
        return int(cells[1])

    def _row(self, _seq: int, cells: Any) -> Row:
        key, _, at, publication, handler, fault, status, span, length, on_loop, failure = cells
        number = key - self.base
        if status:
            end = (records.HANDLER_ENDED, at + length, number, STATUSES[status], on_loop, from_cell(failure))
            self.end_at(_seq + span, end)
        else:
            self.running.append(number)
        return (records.HANDLER_STARTED, at, number, publication, self.names[handler], self.names[fault])


class Notes(TableSource):
    """``Noted``."""

    sql = (
        "SELECT id, at, execution, publication, kind, level, text, data FROM notes"
        " WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"
    )

    def _row(self, _seq: int, cells: Any) -> Row:
        return note_row(cells, self.base, self.names)


class HostNotes(TableSource):
    """``HostNoted``."""

    sql = (
        "SELECT id, at, kind, level, text, data FROM host_notes"
        " WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"
    )

    def _row(self, _seq: int, cells: Any) -> Row:
        _, at, kind, level, text, data = cells
        return (records.HOST_NOTED, at, self.names[kind], self.names[level], from_cell(text), from_cell(data))


class HostRecords(TableSource):
    """The other records of the host."""

    sql = "SELECT id, at, kind, body FROM host_records WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"

    def _row(self, _seq: int, cells: Any) -> Row:
        _, at, kind, body = cells
        return (kind, at, *json.loads(body))


class OddRows(TableSource):
    """Records kept word for word; knows which executions started and ended among them."""

    sql = "SELECT id, kind, body FROM odd_rows WHERE id > :after AND id < :end ORDER BY id LIMIT :limit"

    def __init__(self, session: int, names: dict[int, str], after: int) -> None:
        super().__init__(session, names, after)
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


#: Records of one batch at most.
BATCH: Final = 4096


class StoredStream:
    """A session of the database as a ``RecordStream``: the same rows in the same order as when it was live.

    A session that is being recorded is read up to its last commit. In an interrupted one every execution that had
    not ended is given an end ``interrupted`` at the last known time, after all that was stored. Where records were lost
    before they could be stored, the next batch begins with a later seq than the last one ended.

    Args:
        store: The open store.
        session: The session's id.
    """

    def __init__(self, store: Store, session: int) -> None:
        self._store = store
        self.session = session

    async def read(self, after: int = 0) -> AsyncIterator[Batch]:
        """Yield the rows after the seq ``after``, page by page; no transaction stays open between two batches.

        Raises:
            InspectorError: There is no such session, or the database cannot be read.
        """
        head = await self._store.session(self.session)
        async with self._store.database.reading() as connection:
            started = await read_started(connection, self.session)
            names = await read_names(connection, self.session)
        if after < 1:
            yield Batch(1, [to_row(started)])
        at = max(after, 1)
        executions, odd = Executions(self.session, names, at), OddRows(self.session, names, at)
        sources: tuple[TableSource, ...] = (
            Publications(self.session, names, at),
            executions,
            Notes(self.session, names, at),
            HostNotes(self.session, names, at),
            HostRecords(self.session, names, at),
            odd,
        )
        # An interrupted session is asked even when nothing is left of it: what was running has an end to come.
        while at < head.records or (head.state == info.INTERRUPTED and not executions.begun):
            last = max(at, min(at + BATCH, head.records))
            page: list[Row | None] = [None] * (last - at)
            async with self._store.database.reading() as connection:
                await read_names(connection, self.session, names)
                for source in sources:
                    for seq, row in await source.take(connection, last):
                        page[seq - at - 1] = row
            for batch in _without_holes(at + 1, page):
                yield batch
            at = last
        if head.state == info.INTERRUPTED:
            running = {*executions.running, *odd.running} - odd.ended
            cut = _cut_off(sorted(running), head.records, after, await self._last_at())
            if cut is not None:
                yield cut

    async def _last_at(self) -> int:
        async with self._store.database.reading() as connection:
            found = await connection.exec_driver_sql("SELECT last_at FROM sessions WHERE id=?", (self.session,))
            return int(found.scalar_one())


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


async def read_names(connection: AsyncConnection, session: int, known: dict[int, str] | None = None) -> dict[int, str]:
    """Return the names of a session by number, or add to ``known`` those that came since."""
    names = known if known is not None else {0: ""}
    base = session * SESSION_SPAN
    found = await connection.exec_driver_sql(
        "SELECT id, text FROM names WHERE id > ? AND id < ?", (base + len(names) - 1, base + SESSION_SPAN)
    )
    rows: list[Any] = list(found.fetchall())
    names.update({key - base: from_cell(text) for key, text in rows})
    return names


async def read_started(connection: AsyncConnection, session: int) -> SessionStarted:
    """Return the first record of a session.

    Raises:
        InspectorError: There is no such session.
    """
    found = await connection.exec_driver_sql(
        "SELECT s.wall, s.program, s.python, c.body, s.seed FROM sessions s JOIN catalogs c ON c.id = s.catalog"
        " WHERE s.id=? AND s.deleted=0",
        (session,),
    )
    row: Any = found.first()
    if row is None:
        raise InspectorError(f"There is no session {session}.", "It may have been deleted meanwhile.")
    wall, program, python, catalog, seed = row
    return SessionStarted(
        at=0,
        wall=wall,
        program=from_cell(program),
        python=from_cell(python),
        catalog=zlib.decompress(catalog).decode("utf-8", "surrogatepass"),
        seed=None if seed is None else int(seed),
    )
