"""The engines of a sessions database: questions, write transactions, and trouble in words.

Questions are asked through aiosqlite, where each step of one is a message to a thread and back. A write transaction is
dozens of such steps: it is one function instead, run in one thread, so it crosses threads once and holds other writers
no longer than SQLite needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from inspector.core.ending import to_its_end
from inspector.core.errors import InspectorError
from inspector.store.btree import find_row
from inspector.store.checks import BoundedConnection, check_pages
from inspector.store.schema import connected, prepare
from inspector.store.trouble import explain
from inspector.store.wal import has_beginning, is_whole

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")

#: How long another program's transaction is waited for, in milliseconds.
BUSY_MS: Final = 2000
#: How every database begins, and how many descriptors are looked at for the one that SQLite has open.
_MAGIC: Final = b"SQLite format 3\0"
_DESCRIPTORS: Final = 256
#: How often a row is looked for: another process may be writing its page back.
_LOOKS: Final = 3
#: Columns of ``sessions``.
_WALL, _FLUSHES = 4, 11
#: Seconds that looking through the file may take: while it is recorded to, and at the end.
_LOOK_SECONDS: Final = 0.1
_LAST_LOOK_SECONDS: Final = 0.5
#: What SQLite says of a file that somebody else wrote to.
_DAMAGE: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ")
_SYNCHRONOUS: Final = "inspector_synchronous"
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA journal_size_limit=33554432",
    # Pages (16 MB): each checkpoint waits for the disk, and pages that changed often are written back once.
    "PRAGMA wal_autocheckpoint=4000",
)


@dataclass
class _Mark:
    """A row by which the file is known: the table's page, the row's key, when its session began.

    Attributes:
        flushes: The last commit of the session that was in the file, and not only in the log; -1 before.
        state: Size and time of the last change of the file when it was there.
    """

    root: int
    key: int
    wall: int
    flushes: int = -1
    state: tuple[int, int] = (0, 0)


class Overwritten(InspectorError):  # noqa: N818 - said of the file
    """Somebody else wrote to the file, or to its log, past SQLite: what is left of it nobody can promise."""


class SessionsDatabase:
    """Opens the file, hands out transactions.

    Args:
        path: The file; it and its folder are made when they are missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._engine: AsyncEngine | None = None
        self._writer: Engine | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._opening = asyncio.Lock()
        self._identity = (0, 0)
        #: Where SQLite has the file open, 0 before that was looked for; and what stands beside it.
        self._descriptor = 0
        self._descriptors: dict[str, int] = {}
        self._mark: _Mark | None = None
        #: Size and time of the last change of the file as our last transaction left it, and what was done to it since.
        self._state: tuple[int, int] | None = None
        self._overwritten: Overwritten | None = None

    async def open(self) -> None:
        """Open the file, see ``schema.prepare``.

        Raises:
            InspectorError: The file cannot be used.
        """
        async with self._opening:
            if self._engine is None:
                await self._open()

    @property
    def is_open(self) -> bool:
        """Whether it was opened, and not closed since."""
        return self._engine is not None

    async def _open(self) -> None:
        # In a thread: loading SQLAlchemy takes 0.2 s, which a window must not feel.
        self._engine, self._writer = await asyncio.to_thread(self._prepare)
        self._thread = ThreadPoolExecutor(1, "sessions database")
        try:
            async with self.reading() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except BaseException:
            await self.close()
            raise

    def _prepare(self) -> tuple[AsyncEngine, Engine]:
        prepare(self.path)
        status = self.path.stat()
        self._identity = (status.st_dev, status.st_ino)

        from sqlalchemy import URL, create_engine, event
        from sqlalchemy.ext.asyncio import create_async_engine

        # mode=rw: a database that was deleted meanwhile is not made again, empty, behind our back.
        url = URL.create(
            "sqlite", database=f"file:{quote(os.fsencode(self.path))}", query={"mode": "rw", "uri": "true"}
        )
        # isolation_level None: transactions begin where we say and as we say, not where the driver guesses.
        options = {"isolation_level": None, "factory": BoundedConnection}
        reader = create_async_engine(
            url.set(drivername="sqlite+aiosqlite"), connect_args=options, pool_size=4, max_overflow=4
        )
        writer = create_engine(url, connect_args=options, pool_size=1, max_overflow=0)
        for engine in (reader.sync_engine, writer):
            event.listen(engine, "connect", _on_connect)
            event.listen(engine, "begin", _on_begin)
        return reader, writer

    async def close(self) -> None:
        """Close every connection; again does nothing."""
        engine, self._engine = self._engine, None
        writer, self._writer = self._writer, None
        thread, self._thread = self._thread, None
        try:
            if engine is not None:
                await engine.dispose()
        finally:
            if writer is not None and thread is not None:
                # The last connection writes the log back: it takes as long as the disk does.
                await to_its_end(_in_thread(thread, writer.dispose))
                thread.shutdown()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection for a few quick questions; a long one would keep the log from being written back.

        Raises:
            InspectorError: The database cannot be read.
        """
        with self.explained():
            async with self._opened().connect() as connection:
                yield connection

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        full: bool = False,
        meanwhile: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> T:
        """Do work inside a write transaction: committed at its end, rolled back on an error. One comes after another.

        Whoever is cancelled meanwhile is so when it has come to its end.

        Args:
            work: Gets the connection; it runs in the thread that writes.
            full: Wait until the disk has it (and all before it).
            meanwhile: What is done on the loop while the work is.

        Raises:
            InspectorError: The database cannot be written, or another program keeps it for longer than ``BUSY_MS``.
        """
        thread = self._thread
        if self._writer is None or thread is None:
            raise self._not_open()
        engine = self._writer.execution_options(**{_SYNCHRONOUS: "FULL" if full else "NORMAL"})

        def transaction() -> T:
            self._check_untouched()
            with engine.begin() as connection:
                result = work(connection)
            self._check_log()
            self._state = self._state_now()
            return result

        async def both() -> T:
            writing = asyncio.get_running_loop().run_in_executor(thread, transaction)
            try:
                if meanwhile is not None:
                    await meanwhile()
            finally:
                await asyncio.wait([writing])
            return await writing

        with self.explained():
            return await to_its_end(both())

    async def mark(self, session: int, wall: int) -> None:
        """Know the file from now on by the row of a session that we write; it is written into the file for that.

        Args:
            session: Its id.
            wall: When it began: no other database has a session of that number that did.
        """
        if self._writer is None or self._thread is None:
            raise self._not_open()
        writer = self._writer

        def write_back() -> int:
            connection = writer.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
                cursor.execute("SELECT rootpage FROM sqlite_schema WHERE name='sessions'")
                pages: Any = cursor.fetchall()
                ((root,),) = pages
                return int(root)
            finally:
                connection.close()

        with self.explained():
            root = await to_its_end(_in_thread(self._thread, write_back))
        self._state = self._state_now()
        self._mark = _Mark(root, session, wall)

    def unmark(self, session: int) -> None:
        """Forget the row of a session: it is to be deleted."""
        if self._mark is not None and self._mark.key == session:
            self._mark = None

    def check_file(self) -> None:
        """Make sure that the file we write is still the one at its path, and a database.

        SQLite goes on writing into a renamed, deleted or truncated file without any error.

        Raises:
            InspectorError: It was moved, deleted, replaced, truncated or overwritten.
        """
        if self._overwritten is not None:
            raise self._overwritten
        try:
            status = self.path.stat()
        except OSError:
            raise InspectorError(
                f"{self.path} was moved or deleted during recording.",
                "Unsaved records are kept in memory until the file is restored.",
            ) from None
        if (status.st_dev, status.st_ino) != self._identity:
            raise InspectorError(
                f"{self.path} was replaced by another file during recording.",
                "Unsaved records are kept in memory until the first file is restored.",
            )
        if status.st_size < len(_MAGIC) or not self._is_ours(status):
            raise InspectorError(
                f"{self.path} was truncated or overwritten during recording.",
                "Its content is lost. Unsaved records are kept in memory.",
            )

    def _is_ours(self, status: os.stat_result) -> bool:
        """Return whether the file still is a database, and the one that we write; True when that cannot be seen.

        It is read by the descriptor that SQLite has open: to open the file, and to close it again, would drop SQLite's
        locks.
        """
        descriptor = self._descriptor = _opened_as(self._identity, self._descriptor)
        if not descriptor:
            return True
        try:
            return os.pread(descriptor, len(_MAGIC), 0) == _MAGIC and self._has_mark(descriptor, status)
        except OSError:
            return True

    def _has_mark(self, descriptor: int, status: os.stat_result) -> bool:
        """Return whether the row by which we know the file is in it, and not older, if it was before."""
        mark = self._mark
        state = status.st_size, status.st_mtime_ns
        if mark is None or mark.state == state:
            return True
        for _ in range(_LOOKS):
            columns = find_row(lambda offset, length: os.pread(descriptor, length, offset), mark.root, mark.key)
            if columns is None or len(columns) <= _FLUSHES or columns[_WALL] != mark.wall:
                continue
            flushes = columns[_FLUSHES] or 0
            if flushes >= mark.flushes:
                mark.flushes, mark.state = flushes, state
                return True
        return mark.flushes < 0

    async def verify(self, session: int) -> None:
        """Make sure that what was written for a session can be read by whoever opens the file now.

        Raises:
            InspectorError: It cannot.
        """
        if self._thread is None:
            raise self._not_open()

        def look() -> None:
            self._check_log()
            self._look_through(_LAST_LOOK_SECONDS, session)

        with self.explained():
            await to_its_end(_in_thread(self._thread, look))

    def _state_now(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except OSError:  # it was moved or deleted, which ``check_file`` tells
            return 0, 0
        return status.st_size, status.st_mtime_ns

    def _check_untouched(self) -> None:
        """Look through the file when it is another than our last transaction left: who writes to it may be no SQLite.

        Raises:
            Overwritten: It is damaged.
        """
        if self._overwritten is not None:
            raise self._overwritten
        if not self.path.exists():
            return  # it was moved or deleted, which is told as such; what is done to it now is done to the file itself
        self._check_log()
        if self._state is not None and self._state != (state := self._state_now()):
            self._look_through(_LOOK_SECONDS)
            self._state = state

    def _check_log(self) -> None:
        if is_whole(self._read_log, self._read_index):
            return
        log = self._beside("-wal")
        with contextlib.suppress(OSError):
            if not has_beginning(self._read_log):
                # What is in it nobody will read, but we would write it into the file as we close: holes, as zeros.
                os.truncate(log, 0)
        self._overwritten = Overwritten(
            f"{log} was truncated or overwritten during recording.",
            "Its content may be lost. Start a new recording.",
        )
        raise self._overwritten

    def _read_index(self, size: int, offset: int) -> bytes | None:
        """Read the shared memory of the log, see ``_is_ours``."""
        return self._read_beside("-shm", size, offset)

    def _read_log(self, size: int, offset: int) -> bytes | None:
        """Read the log; nothing when it is not there."""
        return self._read_beside("-wal", size, offset) if self._beside("-wal").exists() else b""

    def _read_beside(self, ending: str, size: int, offset: int) -> bytes | None:
        try:
            status = self._beside(ending).stat()
            descriptor = _opened_as((status.st_dev, status.st_ino), self._descriptors.get(ending, 0))
            self._descriptors[ending] = descriptor
            return os.pread(descriptor, size, offset) if descriptor else None
        except OSError:
            return None

    def _look_through(self, seconds: float, session: int = 0) -> None:
        """Look for damage as whoever opens the file now would find it, for so many seconds at most."""
        try:
            with connected(self.path, "rw") as connection:
                connection.end_after(seconds)
                check_pages(connection, self.path)
                if session and not connection.execute("SELECT id FROM sessions WHERE id=?", (session,)).fetchall():
                    raise InspectorError(f"{self.path} no longer has session {session}.")
            return
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name == "SQLITE_INTERRUPT":
                return  # too long to be looked through
            if not name.startswith(_DAMAGE):
                raise
        except InspectorError:  # what it found is said below, whatever it was
            self._overwritten = None
        self._overwritten = Overwritten(
            f"{self.path} was overwritten during recording and is damaged.",
            "Its content is lost. Start a new recording to another file.",
        )
        raise self._overwritten

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def size(self) -> int:
        """Return the bytes on disk, the write-ahead log included."""
        total = 0
        for path in (self.path, self._beside("-wal")):
            with contextlib.suppress(OSError):
                total += path.stat().st_size
        return total

    def _opened(self) -> AsyncEngine:
        if self._engine is None:
            raise self._not_open()
        return self._engine

    def _not_open(self) -> InspectorError:
        return InspectorError(f"{self.path} is not open.", "Open the sessions database first.")

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what SQLite and the system complain about into an ``InspectorError``."""
        try:
            yield
        except InspectorError:
            raise
        except Exception as error:
            trouble = explain(error, self.path)
            if trouble is None:
                raise
            raise trouble from error


async def driver_rows(connection: AsyncConnection, sql: str, values: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
    """Return all rows as the driver has them, which is tuples: SQLAlchemy would make an object of each.

    Args:
        connection: Not in a transaction.
        sql: The question.
        values: What is bound.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    return list(await driver.execute_fetchall(sql, values))


async def _in_thread(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)


def _opened_as(identity: tuple[int, int], guess: int) -> int:
    """Return a descriptor by which this process has a file open, 0 when none is seen.

    Args:
        identity: Device and number of the file.
        guess: Looked at first.
    """
    if not hasattr(os, "pread"):  # Windows, which lets nobody truncate what is open
        return 0
    descriptor: int
    for descriptor in (guess, *range(3, _DESCRIPTORS)):
        with contextlib.suppress(OSError):
            status = os.fstat(descriptor)
            if (status.st_dev, status.st_ino) == identity:
                return descriptor
    return 0


def _on_connect(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    synchronous = connection.get_execution_options().get(_SYNCHRONOUS)
    if synchronous is None:
        connection.exec_driver_sql("BEGIN")
        return
    if connection.info.get(_SYNCHRONOUS, "NORMAL") != synchronous:
        connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
        connection.info[_SYNCHRONOUS] = synchronous
    # A deferred transaction that writes after it has read fails at once when somebody else wrote in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
