"""A stored session table by table, its numbers packed: what a journal is folded from without an object for each record.

Only sessions in which nothing is unusual are read like this; of any other ``NotPlain`` is raised, and whoever reads it
begins anew with ``StoredStream.read``, which counts what is wrong.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from inspector.store import info
from inspector.store.gaps import is_damage
from inspector.store.reader import (
    Damage,
    HostNotes,
    HostRecords,
    Notes,
    StoredStream,
    cut_off,
    read_names,
    read_started,
)
from inspector.store.schema import MAX_SESSION, SESSION_SPAN, connected
from inspector.store.text import id_from_cell, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.core.records.records import Batch, Row, SessionStarted
    from inspector.store.store import Store

T = TypeVar("T")

#: Rows of the first pages, so that there is something to be seen soon, and of all others: texts of more rows at once
#: leave holes in the memory that nothing fills again.
FIRST_PAGE: Final = 2_048
PAGE: Final = 12_288
_ID_BYTES: Final = 16
#: What stands for a context that is a text, and for one that is neither that nor a number of a name.
_TEXT_CONTEXT: Final = -1
_NO_CONTEXT: Final = -2
#: The numbers of a publication; ``context`` is that of a name, or below 0.
PUBLICATION_CELLS: Final = (
    *("number", "seq", "at", "event", "cause", "fire", "handlers", "process", "span", "length", "outcome", "context"),
)
#: Those of an execution; ``seq`` and ``at`` count from its publication.
EXECUTION_CELLS: Final = (
    *("number", "publication", "handler", "fault", "seq", "at", "status", "span", "length", "on_loop"),
)
_CONTEXT: Final = (
    f"CASE typeof(context) WHEN 'integer' THEN context WHEN 'text' THEN {_TEXT_CONTEXT} ELSE {_NO_CONTEXT} END"
)
#: A column as one JSON text: SQLite makes it in a third of the time that it takes to hand over each cell, and without
#: Python's lock. What is no whole number is none in the text either.
_COLUMN: Final = {
    **{name: f"json_group_array({name})" for name in (*PUBLICATION_CELLS, *EXECUTION_CELLS)},
    "number": "json_group_array(id - :base)",
    "context": f"json_group_array({_CONTEXT})",
}
_PAGE: Final = (
    "SELECT count(*), max(id) - :base, {columns} FROM (SELECT * FROM {table} WHERE id > :base + :after AND id < :end"
    " ORDER BY id LIMIT :limit)"
)
_FAILURES: Final = "SELECT id - :base, body FROM failures WHERE id > :base + :after AND id <= :base + :last ORDER BY id"
#: The hexadecimal digits of an id; none of one that is no UUID.
_HEX: Final = (
    "group_concat(CASE WHEN {0} IS NULL THEN '00000000000000000000000000000000'"
    " WHEN typeof({0}) = 'blob' AND length({0}) = 16 THEN hex({0}) ELSE '' END, '')"
)
_IDS: Final = (
    f"SELECT count(*), total(typeof(body) NOT IN ('text', 'null')), {_HEX.format('event_id')},"  # noqa: S608 - ours
    f" {_HEX.format('correlation')} FROM"
    " (SELECT * FROM payloads WHERE id > :base + :after AND id <= :base + :last ORDER BY id)"
)
_ODD_IDS: Final = (
    "SELECT id - :base, event_id, correlation FROM payloads WHERE id > :base + :after AND id <= :base + :last"
    " ORDER BY id"
)
_ODD_BODIES: Final = (
    "SELECT body FROM payloads WHERE id > :base + :after AND id <= :base + :last"
    " AND typeof(body) NOT IN ('text', 'null')"
)
_TEXTS: Final = (
    "SELECT p.id - :base, b.body, p.context FROM publications p LEFT JOIN payloads b ON b.id = p.id"
    " WHERE p.id > :base + :after AND p.id <= :base + :last AND p.id >= :base + :recent ORDER BY p.id"
)
_RECENT: Final = (
    "SELECT id - :base FROM publications WHERE id > :base AND id < :end ORDER BY id DESC LIMIT 1 OFFSET :count"
)
_ODD: Final = "SELECT EXISTS (SELECT 1 FROM odd_rows WHERE id > :base AND id < :end)"
_LAST: Final = "SELECT last_at FROM sessions WHERE id = :session"


class NotPlain(Exception):  # noqa: N818 - no error: it is read in another way
    """Something in a session is unusual: it has to be read record by record."""


class PublicationPage:
    """Publications that follow one another.

    Attributes:
        cells: A JSON text of whole numbers for each of ``PUBLICATION_CELLS``.
        event_ids: Their event ids, 16 bytes each, zeros where there is none or it is no UUID.
        correlations: Their correlation ids, likewise.
        odd_event_ids: Ids that are no UUIDs, with the places of their publications in the page.
        odd_correlations: Likewise.
        texts: Number, payload and context of those that are to be at hand.
        exhausted: There are no more.
    """

    def __init__(self, cells: list[str], *, exhausted: bool) -> None:
        self.cells = cells
        self.exhausted = exhausted
        self.event_ids = self.correlations = b""
        self.odd_event_ids: list[tuple[int, str]] = []
        self.odd_correlations: list[tuple[int, str]] = []
        self.texts: list[tuple[int, str, str]] = []


class ExecutionPage:
    """Executions that follow one another.

    Attributes:
        cells: A JSON text of whole numbers for each of ``EXECUTION_CELLS``.
        failures: By number, what went wrong in them, as JSON text.
        exhausted: There are no more.
    """

    def __init__(self, cells: list[str], *, exhausted: bool) -> None:
        self.cells = cells
        self.exhausted = exhausted
        self.failures: dict[int, str] = {}


PageT = TypeVar("PageT", PublicationPage, ExecutionPage)


class StoredColumns:
    """Reads a session that is not being recorded, page by page; no transaction stays open between two pages.

    Of each table the next page is read ahead on another thread while the one before is made use of. Whoever reads no
    further calls ``close``.

    Args:
        store: The open store.
        session: The session's id.
        recent: Of how many publications, the newest, payload and context are read.

    Attributes:
        stream: The same session as a stream; it says after all what is missing.
        names: Its names by number.
        records: The seq of its last record, as its row says.
    """

    def __init__(self, store: Store, session: int, recent: int) -> None:
        self.stream = StoredStream(store, session)
        self.names: dict[int, str] = {}
        self.records = 0
        self._store = store
        self._session = session
        self._base = session * SESSION_SPAN
        self._count = recent
        self._recent = 0
        self._damage = Damage()
        self._after = {"publications": 0, "executions": 0}
        self._pages = {"publications": FIRST_PAGE, "executions": FIRST_PAGE}
        self._ahead: dict[str, asyncio.Future[Any]] = {}
        self._interrupted = False
        self._others: tuple[Notes | HostNotes | HostRecords, ...] = ()
        self._host: HostRecords | None = None

    async def open(self) -> SessionStarted:
        """Return the first record.

        Raises:
            InspectorError: There is no such session, or the database cannot be read.
            NotPlain: See there.
        """
        head = await self._store.session(self._session)
        if head.damage or head.state not in (info.CLOSED, info.INTERRUPTED) or not 0 < self._session <= MAX_SESSION:
            raise NotPlain
        self._interrupted, self.records = head.state == info.INTERRUPTED, head.records
        async with self._store.database.reading() as connection:
            started = await read_started(connection, self._session, self._damage)
            self.names = await read_names(connection, self._session, damage=self._damage)
        ((odd,),) = await self._in_thread(lambda: self._answer(_ODD))
        newest = await self._in_thread(lambda: self._answer(_RECENT, count=self._count - 1))
        self._recent = newest[0][0] if newest else 0
        if odd or self._damage:
            raise NotPlain
        self._host = HostRecords(self._session, self.names, 1, self._damage)
        notes = Notes(self._session, self.names, 1, self._damage)
        self._others = (notes, HostNotes(self._session, self.names, 1, self._damage), self._host)
        return started

    async def publications(self) -> PublicationPage:
        """Read the next publications.

        Raises:
            InspectorError: The database cannot be read.
            NotPlain: See there.
        """
        return await self._next("publications", self._read_publications)

    async def executions(self) -> ExecutionPage:
        """Read the next executions.

        Raises:
            InspectorError: The database cannot be read.
            NotPlain: See there.
        """
        return await self._next("executions", self._read_executions)

    async def close(self) -> None:
        """Wait for what is still being read ahead, and forget it."""
        ahead, self._ahead = list(self._ahead.values()), {}
        await asyncio.gather(*ahead, return_exceptions=True)

    async def others(self, last: int) -> list[tuple[int, Row]]:
        """Return all other records up to a seq that were not returned yet, by seq, in order.

        Raises:
            InspectorError: The database cannot be read.
            NotPlain: See there.
        """
        rows: list[tuple[int, Row]] = []
        async with self._store.database.reading() as connection:
            for source in self._others:
                first = await source.next_seq(connection)
                if 0 < first <= last:
                    rows += await source.take(connection, last)
        if self._damage:
            raise NotPlain
        return sorted(rows, key=itemgetter(0))

    async def finish(self, newest: int, count: int, running: list[int]) -> Batch | None:
        """Take notice that all was read; return the ends of what was running when its process died.

        Args:
            newest: The seq of the last record.
            count: How many records there were.
            running: Numbers of the executions without an end, which grow.

        Raises:
            NotPlain: Records are there of which the session's row knows nothing.
        """
        lost = self._host.lost if self._host is not None else 0
        self.stream.count_missing(self.records, newest, count, lost)
        if self.stream.damage.flaw:
            raise NotPlain
        if self.stream.damage:
            self._store.found_damaged(self._session, self.stream.damage.sentence)
        if not self._interrupted:
            return None
        ((at,),) = await self._in_thread(lambda: self._answer(_LAST, session=self._session))
        return cut_off(running, max(self.records, newest), 0, int(at))

    async def _next(self, table: str, read: Callable[[], PageT]) -> PageT:
        """Return the next page of a table, and begin to read the one after it."""
        page: PageT = await (self._ahead.pop(table) if table in self._ahead else self._in_thread(read))
        if not page.exhausted:
            self._ahead[table] = self._in_thread(read)
        return page

    def _in_thread(self, read: Callable[[], T]) -> asyncio.Future[T]:
        def explained() -> T:
            with self._store.database.explained():
                return read()

        return asyncio.get_running_loop().run_in_executor(None, explained)

    def _read_publications(self) -> PublicationPage:
        with connected(self._store.path, "ro") as connection:
            after = self._after["publications"]
            count, cells, exhausted = self._columns(connection, "publications", PUBLICATION_CELLS)
            page = PublicationPage(cells, exhausted=exhausted)
            between = {"after": after, "last": self._after["publications"]}
            ((payloads, odd, event_ids, correlations),) = self._rows(connection, _IDS, **between)
            if odd:
                for (body,) in self._rows(connection, _ODD_BODIES, **between):
                    self._text(body)
            if between["last"] >= self._recent:
                for number, body, context in self._rows(connection, _TEXTS, recent=self._recent, **between):
                    page.texts.append((number, self._text(body), self._context(context)))
            ids = [bytes.fromhex(digits or "") for digits in (event_ids, correlations)]
            if payloads == count and all(len(part) == _ID_BYTES * count for part in ids):
                page.event_ids, page.correlations = ids
            else:
                rows = self._rows(connection, _ODD_IDS, **between)
                of = {number: cells for number, *cells in rows}
                pairs = [of.get(number, (None, None)) for number in json.loads(cells[0])]
                page.event_ids, page.odd_event_ids = _packed_ids([event_id for event_id, _ in pairs])
                page.correlations, page.odd_correlations = _packed_ids([correlation for _, correlation in pairs])
        return page

    def _read_executions(self) -> ExecutionPage:
        with connected(self._store.path, "ro") as connection:
            after = self._after["executions"]
            _, cells, exhausted = self._columns(connection, "executions", EXECUTION_CELLS)
            page = ExecutionPage(cells, exhausted=exhausted)
            rows = self._rows(connection, _FAILURES, after=after, last=self._after["executions"])
        page.failures = {number: self._text(body) for number, body in rows}
        return page

    def _columns(self, connection: sqlite3.Connection, table: str, names: Sequence[str]) -> tuple[int, list[str], bool]:
        """Return how many rows a table's next page has, its columns, and whether it is the last page."""
        limit = self._pages[table]
        sql = _PAGE.format(table=table, columns=", ".join(_COLUMN[name] for name in names))
        ((count, last, *columns),) = self._rows(connection, sql, after=self._after[table], limit=limit)
        self._pages[table] = min(4 * limit, PAGE)
        self._after[table] = last if count else self._after[table]
        return count, columns, count < limit

    def _answer(self, sql: str, **values: int) -> list[Any]:
        with connected(self._store.path, "ro") as connection:
            return self._rows(connection, sql, **values)

    def _rows(self, connection: sqlite3.Connection, sql: str, **values: int) -> list[Any]:
        try:
            return connection.execute(sql, {"base": self._base, "end": self._base + SESSION_SPAN, **values}).fetchall()
        except sqlite3.Error as error:
            if is_damage(error) or getattr(error, "sqlite_errorname", "") == "SQLITE_TOOBIG":
                raise NotPlain from error
            raise

    def _context(self, cell: Any) -> str:
        if type(cell) is not int:
            return self._text(cell)
        if cell not in self.names:
            raise NotPlain
        return self.names[cell]

    @staticmethod
    def _text(cell: Any) -> str:
        text = text_of(cell)
        if text is None:
            raise NotPlain
        return text


def _packed_ids(cells: list[Any]) -> tuple[bytes, list[tuple[int, str]]]:
    """Return the ids of cells as 16 bytes each, and those that are no UUIDs with their places.

    Raises:
        NotPlain: One cannot be read.
    """
    odd = []
    for place, cell in enumerate(cells):
        if type(cell) is not bytes or len(cell) != _ID_BYTES:
            cells[place] = bytes(_ID_BYTES)
            text = text_of(cell, id_from_cell)
            if text is None:
                raise NotPlain
            if text:
                odd.append((place, text))
    return b"".join(cells), odd
