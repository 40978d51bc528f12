"""The sessions database: sessions begun, listed, renamed, deleted, looked up."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
import zlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError, UsageError
from inspector.core.records import records
from inspector.core.records.records import Noted, SessionStarted, to_record
from inspector.store import live
from inspector.store.database import SessionsDatabase
from inspector.store.gaps import MAX_COUNTED, Gaps, count_gaps
from inspector.store.info import CLOSED_AT, DAMAGED, INFO_COLUMNS, RECORDING, SessionInfo, session_info
from inspector.store.reader import Damage, read_names, read_notes, read_odd
from inspector.store.schema import MAX_SESSION, SESSION_SPAN, SESSION_TABLES
from inspector.store.text import readable, to_cell
from inspector.store.trouble import CHOOSE, TYPED
from inspector.store.writer import OnTrouble, SessionWriter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from sqlalchemy.engine import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from inspector.core.records.numbers import ExecutionNumber, PublicationNumber
    from inspector.store.backlog import Backlog


# Transactions by which a session goes: small ones, for other writers wait meanwhile.

#: Rows, and pages, that one transaction removes: other writers wait some 20 ms at most.
ROWS: Final = 10_000
_PAGES: Final = 1_000


def mark_deleted(connection: Connection, *, session: int) -> None:
    """Take a session out of sight."""
    connection.exec_driver_sql("UPDATE sessions SET deleted=1 WHERE id=?", (session,))


def delete_rows(connection: Connection, *, table: str, first: int, end: int) -> int:
    """Delete rows of a table with keys from ``first`` to below ``end``; return how many, ``ROWS`` if there may be more.

    Args:
        connection: Inside a write transaction.
        table: One of ``SESSION_TABLES``.
        first: The lowest key.
        end: The one after the highest.
    """
    result = connection.exec_driver_sql(
        f"DELETE FROM {table} WHERE id IN"  # noqa: S608 - a constant of ours
        f" (SELECT id FROM {table} WHERE id>=? AND id<? LIMIT {ROWS})",
        (first, end),
    )
    return result.rowcount


def delete_session(connection: Connection, *, session: int) -> None:
    """Delete a session's own row, and the catalogs that no session has any more."""
    connection.exec_driver_sql("DELETE FROM sessions WHERE id=?", (session,))
    connection.exec_driver_sql("DELETE FROM catalogs WHERE id NOT IN (SELECT catalog FROM sessions)")


def free_pages(connection: Connection) -> tuple[int, int]:
    """Return some free pages back to the disk; return how many were free before and are now."""
    before = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
    for _ in range(min(before, _PAGES)):
        # Each step of the statement frees a page, and sqlite3 makes a single one of a statement without columns.
        connection.exec_driver_sql("PRAGMA incremental_vacuum(1)").close()
    return before, connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()


class Store:
    """A sessions database. Several processes may have the same one open and record to it.

    Args:
        path: The file; made with its folder when it is missing.
        clock: Wall clock, nanoseconds since the epoch.
    """

    def __init__(self, path: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        self.database = SessionsDatabase(path)
        self._clock = clock
        self._writers: list[SessionWriter] = []
        #: What was counted, by id, records and state; what turned out to be damaged.
        self._gaps: dict[tuple[int, int, str], Gaps] = {}
        self._damaged: dict[int, str] = {}
        #: Names of the events that were published first, by id of the session.
        self._first_events: dict[int, str] = {}

    @property
    def path(self) -> Path:
        """The file."""
        return self.database.path

    async def open(self) -> None:
        """Open the file, making or migrating it as needed.

        Raises:
            InspectorError: It is not a sessions database, newer than we know, damaged, or cannot be written.
        """
        await self.database.open()

    async def close(self) -> None:
        """Let go of the file; a session whose writer was not finished counts as interrupted. Again does nothing."""
        try:
            for writer in self._writers:
                await writer.abandon()
            self._writers.clear()
        finally:
            await self.database.close()

    async def begin_session(
        self,
        name: str,
        started: SessionStarted,
        source: str = "demo",
        *,
        on_trouble: OnTrouble | None = None,
        backlog: Backlog | None = None,
    ) -> SessionWriter:
        """Begin a new session; its first record is stored with it.

        Args:
            name: What people call it.
            started: The stream's first record.
            source: Where the session comes from.
            on_trouble: Called when writing gets into trouble, and with None when it is over.
            backlog: Bounds of what may wait to be written.

        Raises:
            InspectorError: The database cannot be written.
        """
        writer = self.writer(name, started, source, on_trouble=on_trouble, backlog=backlog)
        await writer.begin()
        return writer

    def writer(
        self,
        name: str,
        started: SessionStarted,
        source: str = "demo",
        *,
        on_trouble: OnTrouble | None = None,
        backlog: Backlog | None = None,
        on_begun: Callable[[int], None] | None = None,
        on_stored: Callable[[int, int], None] | None = None,
    ) -> SessionWriter:
        """Return a writer that begins its session as soon as the database can be opened and written.

        The arguments are those of ``begin_session``; ``on_begun`` and ``on_stored`` are those of ``SessionWriter``.
        """
        begin = partial(self._enter, name, started, source)
        writer = SessionWriter(self.database, begin, self._clock, on_trouble, backlog, on_begun, on_stored)
        self._writers.append(writer)
        return writer

    async def _enter(self, name: str, started: SessionStarted, source: str) -> tuple[int, live.SessionLock]:
        """Put a new session into the list; return its id and its lock."""
        await self.open()
        body = started.catalog.encode("utf-8", "surrogatepass")
        locks: list[tuple[int, live.SessionLock]] = []

        def enter(connection: Connection) -> None:
            catalog = _keep_catalog(connection, body)
            result = connection.exec_driver_sql(
                "INSERT INTO sessions (name, source, pid, wall, program, python, seed, catalog, bytes)"
                " VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    to_cell(name),
                    to_cell(source),
                    os.getpid(),
                    started.wall,
                    to_cell(started.program),
                    to_cell(started.python),
                    None if started.seed is None else str(started.seed),
                    catalog,
                    len(body) // 10,
                ),
            )
            session = int(result.lastrowid)
            if not 0 < session <= MAX_SESSION:
                raise InspectorError(f"{self.path} has run out of session numbers.", CHOOSE, typed=TYPED)
            # Before anybody else can see the session: it is never taken for an interrupted one.
            locks.append((session, live.SessionLock(self.path, session)))

        try:
            await self.database.write(enter, full=True)
            with contextlib.suppress(InspectorError):  # a file in trouble is told when it is written to
                await self.database.mark(locks[0][0], started.wall)
        except BaseException:
            for _, held in locks:
                held.release()
            raise
        return locks[0]

    async def sessions(self) -> list[SessionInfo]:
        """List the sessions, the newest first."""
        infos = await self._with_gaps(await self._infos("ORDER BY id DESC", ()))
        if any(info.publications and info.id not in self._first_events for info in infos):
            # A damaged page leaves them unknown: the list is there all the same, and opening a session tells.
            with contextlib.suppress(InspectorError):
                await self._look_up_first_events()
        return [replace(info, first_event=self._first_events.get(info.id, "")) for info in infos]

    async def _look_up_first_events(self) -> None:
        sql = (
            "SELECT s.id, (SELECT n.text FROM publications p JOIN names n ON n.id = s.id * ? + p.event"
            " WHERE p.id > s.id * ? AND p.id < s.id * ? + ? ORDER BY p.id LIMIT 1) FROM sessions s"
            " WHERE s.publications > 0"
        )
        async with self.database.reading() as connection:
            rows = (await connection.exec_driver_sql(sql, (SESSION_SPAN,) * 4)).fetchall()
        self._first_events |= {session: readable(name) for session, name in map(tuple, rows) if name is not None}

    def found_damaged(self, session: int, reason: str) -> None:
        """Take note that a session turned out to be damaged when it was read: from now on it is listed as such."""
        self._damaged.setdefault(session, reason)

    async def _with_gaps(self, infos: list[SessionInfo]) -> list[SessionInfo]:
        """Return the sessions with what they lack; what does not change any more is counted once."""
        room = MAX_COUNTED
        result = []
        for info in infos:
            key = info.id, info.records, info.state
            gaps = self._gaps.get(key)
            countable = info.state != RECORDING and info.executions <= room
            if gaps is None and countable and 0 < info.id <= MAX_SESSION:
                room -= max(info.executions, 0)
                async with self.database.reading() as connection:
                    gaps = self._gaps[key] = await count_gaps(connection, info.id, info.records)
                if gaps.damage:
                    self.found_damaged(info.id, gaps.damage)
            if gaps is not None and gaps.records:
                if (gaps.publications, gaps.executions) != (info.publications, info.executions):
                    self.found_damaged(info.id, "its row in the database is wrong (publications, executions)")
                counts = {name: getattr(gaps, name) for name in ("publications", "executions", "lost", "unplaced")}
                info = replace(info, stored=gaps.records, **counts)
            result.append(self._as_found(info))
        return result

    def _as_found(self, info: SessionInfo) -> SessionInfo:
        reason = self._damaged.get(info.id)
        if reason is None or info.damage or info.state == RECORDING:
            return info
        return replace(info, state=DAMAGED, damage=reason)

    async def session(self, session: int) -> SessionInfo:
        """Return one session.

        Raises:
            UsageError: There is no such session.
        """
        infos = await self._infos("AND id=?", (session,))
        if not infos:
            raise _no_session(session)
        return infos[0]

    async def find_session(self, text: str) -> SessionInfo:
        """Return the session that a person means: by number, or by its exact name.

        Raises:
            UsageError: There is none, or there is more than one.
        """
        # A number is that of a session, whatever others are called.
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
        infos = await self._infos("AND (id=? OR name=?) ORDER BY id", (number, to_cell(text)))
        infos = [info for info in infos if info.id == number] or infos
        if len(infos) == 1:
            return infos[0]
        if not infos:
            raise _no_session(repr(text))
        numbers = ", ".join(str(info.id) for info in infos)
        raise UsageError(f"{text!r} is ambiguous: sessions {numbers}.", "Use the number.")

    async def rename(self, session: int, name: str) -> None:
        """Rename a session.

        Raises:
            UsageError: There is no such session, or the name is empty.
        """
        if not name.strip():
            raise UsageError("Enter a name.")

        def work(connection: Connection) -> int:
            sql, cells = "UPDATE sessions SET name=? WHERE id=? AND deleted=0", (to_cell(name.strip()), session)
            return connection.exec_driver_sql(sql, cells).rowcount

        if await self.database.write(work) == 0:
            raise _no_session(session)

    async def delete(self, session: int) -> None:
        """Delete a session for good and return its room on disk back.

        Raises:
            UsageError: There is no such session.
            InspectorError: It is being recorded.
        """
        if (await self.session(session)).state == RECORDING:
            raise InspectorError("The session is being recorded.", "Stop recording first.")
        self.database.unmark(session)
        await self.database.write(partial(mark_deleted, session=session))
        live.forget(self.path, session)
        # Those, too, whose deletion was cut short earlier.
        async with self.database.reading() as connection:
            result = await connection.exec_driver_sql("SELECT id FROM sessions WHERE deleted=1")
            marked = [int(key) for (key,) in result.fetchall()]
        for key in marked:
            await self._remove(key)
        await self._shrink()

    async def _remove(self, session: int) -> None:
        first, end = session * SESSION_SPAN, (session + 1) * SESSION_SPAN
        # A damaged file may have a session with a number that no row can belong to.
        for table in SESSION_TABLES if 0 < session <= MAX_SESSION else ():
            removed = ROWS
            while removed == ROWS:
                removed = await self.database.write(partial(delete_rows, table=table, first=first, end=end))
        await self.database.write(partial(delete_session, session=session))

    async def _shrink(self) -> None:
        """Return free pages to the disk, a few at a time."""
        before, free = -1, 1
        while free and free != before:
            before, free = await self.database.write(free_pages)

    async def payload(self, session: int, publication: PublicationNumber) -> str:
        """Return the payload of a publication as tagged JSON text; empty when it has none, or it cannot be read."""
        return await self._body(session, "payload", publication, records.PUBLISHED, 8)

    async def context(self, session: int, publication: PublicationNumber) -> str:
        """Return the context of a publication as JSON text; empty when it is unknown."""
        async with self._reading(session) as (connection, damage):
            cells = await _row(connection, "SELECT context FROM publications WHERE id=?", session, publication)
            if cells is None:
                return ""
            if not isinstance(cells[0], int):
                return damage.part("context", cells[0])
            name = (await read_names(connection, session, damage=damage)).get(cells[0])
            if name is None:
                damage.mar("a name is missing")
            return name or ""

    async def failure(self, session: int, execution: ExecutionNumber) -> str:
        """Return the failure of an execution as JSON text; empty when it has none, or it cannot be read."""
        return await self._body(session, "failure", execution, records.HANDLER_ENDED, 5)

    async def _body(self, session: int, name: str, number: int, kind: int, place: int) -> str:
        """Return a text that stands in a table of its own, or at a place of an odd row; empty when it is in neither."""
        async with self._reading(session) as (connection, damage):
            cells = await _row(connection, f"SELECT body FROM {name}s WHERE id=?", session, number)  # noqa: S608 - ours
            if cells is not None:
                return damage.part(name, cells[0])
            for odd in await read_odd(connection, session, kind, damage):
                if odd[2] == number:
                    return str(odd[place])
        return ""

    async def notes(self, session: int, execution: ExecutionNumber) -> list[Noted]:
        """Return what an execution noted, in order, as far as it can be read."""
        async with self._reading(session) as (connection, damage):
            rows = [to_record(row) for row in await read_notes(connection, session, execution, damage)]
        return [record for record in rows if isinstance(record, Noted)]

    @contextlib.asynccontextmanager
    async def _reading(self, session: int) -> AsyncIterator[tuple[AsyncConnection, Damage]]:
        """Yield a connection, and where to count what of a session turns out to be damaged; it is noted at the end."""
        damage = Damage()
        async with self.database.reading() as connection:
            yield connection, damage
        if damage:
            self.found_damaged(session, damage.sentence)

    def size(self) -> int:
        """Return the bytes of the database on disk, the write-ahead log included."""
        return self.database.size()

    async def _infos(self, tail: str, values: tuple[Any, ...]) -> list[SessionInfo]:
        # Only a deleted session is left out, not one whose mark is damaged.
        sql = f"SELECT {INFO_COLUMNS} FROM sessions WHERE deleted IS NOT 1 {tail}"  # noqa: S608 - constants of ours
        async with self.database.reading() as connection:
            rows = (await connection.exec_driver_sql(sql, values)).fetchall()
        return await asyncio.to_thread(self._told, [tuple(row) for row in rows])

    def _told(self, rows: list[tuple[Any, ...]]) -> list[SessionInfo]:
        # Without the mark of a proper end only the lock can tell.
        return [
            session_info(cells, live=cells[CLOSED_AT] is None and live.is_live(self.path, cells[0])) for cells in rows
        ]


def _no_session(name: object) -> UsageError:
    hint = "See the list of sessions."
    return UsageError(f"No session {name}.", hint, typed="inspector sessions")


def _keep_catalog(connection: Connection, body: bytes) -> int:
    """Keep a catalog once for all sessions that show it; give its id."""
    digest = hashlib.sha256(body).digest()
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO catalogs (digest, body) VALUES (?,?)", (digest, zlib.compress(body))
    )
    result = connection.exec_driver_sql("SELECT id FROM catalogs WHERE digest=?", (digest,))
    return int(result.scalar_one())


async def _row(connection: AsyncConnection, sql: str, session: int, number: int) -> Any:
    """Return the row of a publication or execution in a table; None when there is none."""
    return (await connection.exec_driver_sql(sql, (session * SESSION_SPAN + number,))).first()
