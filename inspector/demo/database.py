"""The demo's database: one SQLite file, one connection, one database session per publication."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from inspector.core.ending import to_its_end
from inspector.core.errors import InspectorError
from inspector.demo.tables import AuditRecord, Base

#: Seconds that a publication waits for the one before it to end its database session.
_WAIT_SECONDS: Final = 120.0


class _Session(AsyncSession):
    """A database session that is not ended while a statement is under way.

    A handler that took too long is cancelled, and the publication goes on at once: its statement may then need some
    more steps of the loop to come to its end.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine, expire_on_commit=False)
        self._under_way = asyncio.Lock()

    async def flush(self, objects: Any = None) -> None:
        """Write what was added."""
        __tracebackhide__ = True  # what fails here is the flush of whoever asked for it
        async with self._under_way:
            await super().flush(objects)

    async def end(self, *, commit: bool) -> None:
        """Close it when no statement is under way any more, after a commit if asked for one."""
        async with self._under_way:
            pass
        try:
            # A statement that failed leaves the transaction inactive: its handler has already said so.
            if commit and self.in_transaction() and self.is_active:
                await self.commit()
        finally:
            await self.close()


class DemoDatabase:
    """Opens the database sessions that publications carry.

    There is one connection, for SQLite has one writer: those who wait for it queue in order instead of finding the
    database locked.

    Args:
        path: The file; None for one that is gone when the database is closed. It is a file in any case: a database
            in memory dies with its connection, and a cancelled statement may cost the connection.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._engine: AsyncEngine | None = None

    async def start(self) -> None:
        """Connect and make the tables; once started it does so again only for tables that are missing."""
        if self._engine is None:
            self._engine = create_async_engine(
                URL.create("sqlite+aiosqlite", database=str(self.path)),
                pool_size=1,
                max_overflow=0,
                pool_timeout=_WAIT_SECONDS,
            )
            event.listen(self._engine.sync_engine, "connect", _prepare)
        async with self._engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def close(self) -> None:
        """Close the connection; a file that nobody asked for goes with it. Twice does no harm."""
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def path(self) -> Path:
        """The file."""
        if self._path is not None:
            return self._path
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="demo-")
        return Path(self._folder.name) / "demo.sqlite"

    @property
    def engine(self) -> AsyncEngine:
        """The engine.

        Raises:
            InspectorError: The database is not started, or closed.
        """
        if self._engine is None:
            raise InspectorError("The demo's database is not open.", "Await start() first, and close() last.")
        return self._engine

    @asynccontextmanager
    async def session(self, *, commit: bool = True) -> AsyncIterator[AsyncSession]:
        """Open a database session for one publication; it costs nothing until a handler uses it.

        Leaving it commits what was written and closes it. An error on the way, or in a statement of a handler, rolls
        it back.

        Args:
            commit: False rolls back in any case.
        """
        session = _Session(self.engine)
        try:
            yield session
        except BaseException:
            await to_its_end(session.end(commit=False))
            raise
        await to_its_end(session.end(commit=commit))

    async def audit_trail(self) -> list[AuditRecord]:
        """Return the audit trail, oldest first."""
        async with AsyncSession(self.engine) as session:
            return list(await session.scalars(select(AuditRecord).order_by(AuditRecord.id)))


def _prepare(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
