"""The engines of a sessions database: questions, write transactions, and trouble in words.

Questions are asked through aiosqlite, where each step of one is a message to a thread and back. A write transaction is
dozens of such steps: it is one function instead, run in one thread, so it crosses threads once and holds other writers
no longer than SQLite needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from inspector.core.ending import to_its_end
from inspector.core.errors import InspectorError
from inspector.store.btree import find_row
from inspector.store.checks import BoundedConnection
from inspector.store.schema import prepare
from inspector.store.trouble import explain

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
        self._descriptor = 0
        self._mark: _Mark | None = None

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
        url = URL.create("sqlite", database=f"file:{quote(str(self.path))}", query={"mode": "rw", "uri": "true"})
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

    async def write(self, work: Callable[[Connection], T], *, full: bool = False) -> T:
        """Do work inside a write transaction: committed at its end, rolled back on an error. One comes after another.

        Whoever is cancelled meanwhile is so when it has come to its end.

        Args:
            work: Gets the connection; it runs in the thread that writes.
            full: Wait until the disk has it (and all before it).

        Raises:
            InspectorError: The database cannot be written, or another program keeps it for longer than ``BUSY_MS``.
        """
        if self._writer is None or self._thread is None:
            raise self._not_open()
        engine = self._writer.execution_options(**{_SYNCHRONOUS: "FULL" if full else "NORMAL"})

        def transaction() -> T:
            with engine.begin() as connection:
                return work(connection)

        with self.explained():
            return await to_its_end(_in_thread(self._thread, transaction))

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
        try:
            status = self.path.stat()
        except OSError:
            raise InspectorError(
                f"{self.path} was moved or deleted while it was being recorded to.",
                "Put it back: what was recorded since waits in memory.",
            ) from None
        if (status.st_dev, status.st_ino) != self._identity:
            raise InspectorError(
                f"{self.path} was replaced by another file while it was being recorded to.",
                "Put the first one back: what was recorded since waits in memory.",
            )
        if status.st_size < len(_MAGIC) or not self._is_ours(status):
            raise InspectorError(
                f"{self.path} was truncated or overwritten while it was being recorded to.",
                "What it held is lost. What was recorded since waits in memory.",
            )

    def _is_ours(self, status: os.stat_result) -> bool:
        """Return whether the file still is a database, and the one that we write; True when that cannot be seen.

        It is read by the descriptor that SQLite has open: to open the file, and to close it again, would drop SQLite's
        locks.
        """
        if not hasattr(os, "pread"):  # Windows, which lets nobody truncate what is open
            return True
        for descriptor in (self._descriptor, *range(3, _DESCRIPTORS)):
            try:
                opened = os.fstat(descriptor)
                if (opened.st_dev, opened.st_ino) == self._identity:
                    self._descriptor = descriptor
                    return os.pread(descriptor, len(_MAGIC), 0) == _MAGIC and self._has_mark(descriptor, status)
            except OSError:
                continue
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

    def size(self) -> int:
        """Return the bytes on disk, the write-ahead log included."""
        total = 0
        for path in (self.path, self.path.with_name(self.path.name + "-wal")):
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


async def _in_thread(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)


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
