"""A database that only remembers what was asked of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: What the sessions did, the oldest first.
LOG: list[str] = []


class Session:
    """A database session."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def commit(self) -> None:
        """Keep what was done."""
        LOG.append("commit " + ",".join(self.seen))

    async def rollback(self) -> None:
        """Forget what was done."""
        LOG.append("rollback " + ",".join(self.seen))

    async def close(self) -> None:
        """Give it back."""
        LOG.append("close")


@asynccontextmanager
async def session_scope() -> AsyncIterator[Session]:
    """Open a session and close it."""
    session = Session()
    try:
        yield session
    finally:
        await session.close()
