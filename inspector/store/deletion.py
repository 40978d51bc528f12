"""Transactions by which a session goes: small ones, for other writers wait meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

#: Rows, and pages, that one transaction removes: other writers wait some 20 ms at most.
ROWS: Final = 10_000
_PAGES: Final = 1_000


async def mark_deleted(connection: AsyncConnection, *, session: int) -> None:
    """Take a session out of sight."""
    await connection.exec_driver_sql("UPDATE sessions SET deleted=1 WHERE id=?", (session,))


async def delete_rows(connection: AsyncConnection, *, table: str, first: int, end: int) -> int:
    """Delete rows of a table with keys from ``first`` to below ``end``; gives how many, ``ROWS`` if there may be more.

    Args:
        connection: Inside a write transaction.
        table: One of ``SESSION_TABLES``.
        first: The lowest key.
        end: The one after the highest.
    """
    result = await connection.exec_driver_sql(
        f"DELETE FROM {table} WHERE id IN"  # noqa: S608 - a constant of ours
        f" (SELECT id FROM {table} WHERE id>=? AND id<? LIMIT {ROWS})",
        (first, end),
    )
    return result.rowcount


async def delete_session(connection: AsyncConnection, *, session: int) -> None:
    """Delete a session's own row, and the catalogs that no session has any more."""
    await connection.exec_driver_sql("DELETE FROM sessions WHERE id=?", (session,))
    await connection.exec_driver_sql("DELETE FROM catalogs WHERE id NOT IN (SELECT catalog FROM sessions)")


async def free_pages(connection: AsyncConnection) -> tuple[int, int]:
    """Give some free pages back to the disk; gives how many were free before and are now."""
    before = (await connection.exec_driver_sql("PRAGMA freelist_count")).scalar_one()
    # The rows must be fetched: each step of the statement frees one page.
    (await connection.exec_driver_sql(f"PRAGMA incremental_vacuum({_PAGES})")).close()
    return before, (await connection.exec_driver_sql("PRAGMA freelist_count")).scalar_one()
