"""What sessions of a database lack, counted without reading them: lost records, executions without a place."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from inspector.core.records.host import RecordsLost
from inspector.core.records.records import AT, HANDLER_STARTED, HandlerStarted, position
from inspector.store.schema import SESSION_SPAN

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

#: Executions that one listing counts at most, some 0.3 s a million.
MAX_COUNTED: Final = 2_000_000

_COUNT: Final = position(RecordsLost, "count") - AT - 1
_LOST: Final = "SELECT body FROM host_records WHERE id>:base AND id<:end AND kind=:lost"
_UNPLACED: Final = """
    SELECT count(*) FROM executions e WHERE e.id>:base AND e.id<:end
    AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.id=:base+e.publication)"""
#: Starts that are kept word for word: their publication is missing, or their number is that of another.
_ODD: Final = """
    SELECT count(*) FROM odd_rows o WHERE o.id>:base AND o.id<:end AND o.kind=:started AND json_valid(o.body)
    AND (NOT EXISTS (SELECT 1 FROM publications p WHERE p.id=:base+json_extract(o.body, :publication))
    OR EXISTS (SELECT 1 FROM executions e WHERE e.id=:base+json_extract(o.body, :execution)))"""
_VALUES: Final = {
    "lost": RecordsLost.KIND,
    "started": HANDLER_STARTED,
    "publication": f"$[{position(HandlerStarted, 'publication') - AT}]",
    "execution": f"$[{position(HandlerStarted, 'execution') - AT}]",
}


@dataclass(frozen=True)
class Gaps:
    """What a session lacks.

    Attributes:
        lost: Records that were lost, as far as they were counted.
        unplaced: Executions whose publication is missing.
        damage: Why it could not be counted, empty when it was.
    """

    lost: int = 0
    unplaced: int = 0
    damage: str = ""


async def count_gaps(connection: AsyncConnection, session: int) -> Gaps:
    """Count what a session lacks; damaged pages are told, and hide nothing of other sessions."""
    values = {**_VALUES, "base": session * SESSION_SPAN, "end": (session + 1) * SESSION_SPAN}
    try:
        bodies = (await connection.exec_driver_sql(_LOST, values)).fetchall()
        unplaced = [int((await connection.exec_driver_sql(sql, values)).scalar_one()) for sql in (_UNPLACED, _ODD)]
    except Exception as error:
        if not is_damage(error):
            raise
        return Gaps(damage="a page of it cannot be read")
    return Gaps(sum(_lost(body) for (body,) in bodies), sum(unplaced))


def is_damage(error: BaseException) -> bool:
    """Return whether SQLite complains about a page, or about what is in it."""
    original = getattr(error, "orig", None) or error
    return isinstance(original, sqlite3.Error) and getattr(original, "sqlite_errorname", "").startswith(
        "SQLITE_CORRUPT"
    )


def _lost(body: Any) -> int:
    try:
        count = json.loads(body)[_COUNT]
    except (ValueError, TypeError, LookupError, RecursionError):
        return 0  # a row that is no record; whoever reads the session says so
    return count if type(count) is int and count > 0 else 0
