"""What sessions of a database have and lack, counted without reading them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from inspector.core.records.bounds import MAX_COUNT, MAX_NUMBER, MAX_TIME, row_problem
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import AT, HANDLER_STARTED, HandlerStarted, completed, position, to_record
from inspector.core.records.statuses import STATUSES
from inspector.store.schema import SESSION_SPAN
from inspector.store.trouble import count_records

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

#: Executions that one listing counts at most, some 0.3 s a million.
MAX_COUNTED: Final = 2_000_000

_LOST: Final = "SELECT id - :base, body FROM host_records WHERE id>:base AND id<:end AND kind=:lost"
_UNPLACED: Final = """
    SELECT count(*) FROM executions e WHERE e.id>:base AND e.id<:end
    AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.id=:base+e.publication)"""
#: Starts that are kept word for word: their publication is missing, or their number is that of another.
_ODD: Final = """
    SELECT count(*) FROM odd_rows o WHERE o.id>:base AND o.id<:end AND o.kind=:started AND json_valid(o.body)
    AND (NOT EXISTS (SELECT 1 FROM publications p WHERE p.id=:base+json_extract(o.body, :publication))
    OR EXISTS (SELECT 1 FROM executions e WHERE e.id=:base+json_extract(o.body, :execution)))"""
#: Records that are there, but the first: the row of a publication or an execution that has ended is two of them.
_RECORDS: Final = """
    SELECT (SELECT count(*) + total(outcome<>0) FROM publications WHERE id>:base AND id<:end)
    + (SELECT count(*) + total(status<>0) FROM executions WHERE id>:base AND id<:end)
    + (SELECT count(*) FROM notes WHERE id>:base AND id<:end)
    + (SELECT count(*) FROM host_notes WHERE id>:base AND id<:end)
    + (SELECT count(*) FROM host_records WHERE id>:base AND id<:end)
    + (SELECT count(*) FROM odd_rows WHERE id>:base AND id<:end)"""
#: Publications and executions that are there; those that cannot be, with the records for which these stand; and ends
#: that cannot be, each of which goes alone. ``(x|0)=x`` is a whole number.
_PUBLICATIONS: Final = """
    SELECT count(*), total(NOT start), total(NOT start) + total(NOT start AND outcome<>0), total(start AND NOT ended)
    FROM (SELECT outcome,
        (seq|0)=seq AND seq>0 AND seq<:span AND (at|0)=at AND at BETWEEN 0 AND :time AND (cause|0)=cause
        AND cause BETWEEN 0 AND :number AND (fire|0)=fire AND fire BETWEEN 0 AND :count AND (handlers|0)=handlers
        AND handlers BETWEEN 0 AND :count AS start,
        outcome=0 OR ((span|0)=span AND span>0 AND span<:span AND (length|0)=length AND length BETWEEN 0 AND :time)
        AS ended FROM publications WHERE id>:base AND id<:end)"""
_EXECUTIONS: Final = """
    SELECT count(*), total(NOT start), total(NOT start) + total(NOT start AND status<>0), total(start AND NOT ended)
    FROM (SELECT status,
        (publication|0)=publication AND publication>0 AND publication<:number AND (seq|0)=seq AND seq>0 AND seq<:span
        AND (at|0)=at AND at BETWEEN -:time AND :time AS start,
        status=0 OR ((status|0)=status AND status BETWEEN 1 AND :statuses AND (span|0)=span AND span>0 AND span<:span
        AND (length|0)=length AND length BETWEEN 0 AND :time AND (on_loop|0)=on_loop AND on_loop BETWEEN 0 AND :time)
        AS ended FROM executions WHERE id>:base AND id<:end)"""
#: Whether a publication has a seq that is not above that of the one before.
_DISORDER: Final = """
    SELECT EXISTS (SELECT 1 FROM (SELECT seq, lag(seq) OVER (ORDER BY id) AS before FROM publications
    WHERE id>:base AND id<:end) WHERE seq<=before)"""
_ODD_STARTS: Final = "SELECT count(*) FROM odd_rows WHERE id>:base AND id<:end AND kind=:started AND json_valid(body)"
#: Records at the end of a session that may be missing; where it were more, the number of the last one is wrong.
LONGEST_TAIL: Final = 1 << 24
_VALUES: Final = {
    "lost": RecordsLost.KIND,
    "started": HANDLER_STARTED,
    "span": SESSION_SPAN,
    "time": MAX_TIME - 1,
    "number": MAX_NUMBER - 1,
    "count": MAX_COUNT - 1,
    "statuses": len(STATUSES) - 1,
    "publication": f"$[{position(HandlerStarted, 'publication') - AT}]",
    "execution": f"$[{position(HandlerStarted, 'execution') - AT}]",
}


@dataclass(frozen=True)
class Gaps:
    """What a session has and lacks.

    Attributes:
        records: Records that are there and can be.
        publications: Publications among them.
        executions: Executions among them; those without a publication, too, unless they are kept word for word.
        lost: Records that were lost, as far as they were counted.
        unplaced: Executions whose publication is missing.
        damage: What is wrong with it, empty when nothing is.
    """

    records: int = 0
    publications: int = 0
    executions: int = 0
    lost: int = 0
    unplaced: int = 0
    damage: str = ""


async def count_gaps(connection: AsyncConnection, session: int, last: int) -> Gaps:
    """Count what a session has and lacks; damaged pages are told, and hide nothing of other sessions.

    Args:
        connection: To the database.
        session: The session's id.
        last: The number of its last record, as its row says. All numbers are used: those without a record, and not
            known to be lost, are missing.
    """
    values = {**_VALUES, "base": session * SESSION_SPAN, "end": (session + 1) * SESSION_SPAN}
    try:
        bodies: list[Any] = list((await connection.exec_driver_sql(_LOST, values)).fetchall())
        records = 1 + int((await connection.exec_driver_sql(_RECORDS, values)).scalar_one())
        unplaced = [int((await connection.exec_driver_sql(sql, values)).scalar_one()) for sql in (_UNPLACED, _ODD)]
        publications, executions, (odd,) = [
            list(map(int, (await connection.exec_driver_sql(sql, values)).one()))
            for sql in (_PUBLICATIONS, _EXECUTIONS, _ODD_STARTS)
        ]
        disorder = bool((await connection.exec_driver_sql(_DISORDER, values)).scalar_one())
    except Exception as error:
        if not is_damage(error):
            raise
        return Gaps(damage="a page of it cannot be read")
    losses = [(seq, _loss(body)) for seq, body in bodies]
    # A record of a loss stands in the place of the first that was lost.
    numbered = sum(count - (seq == first) for seq, (count, first) in losses if first)
    missing = last - records - numbered
    bad = sum(publications[2:]) + sum(executions[2:])
    if not 0 <= missing <= LONGEST_TAIL:
        damage = "its row in the database is wrong (last_seq)"
    else:
        damage = f"{count_records(missing)} missing" if missing else "a publication out of order" if disorder else ""
    return Gaps(
        records - bad,
        publications[0] - publications[1],
        executions[0] - executions[1] + odd - unplaced[1],
        sum(count for _, (count, _) in losses),
        sum(unplaced),
        f"{count_records(bad)} cannot be read" if bad else damage,
    )


def is_damage(error: BaseException) -> bool:
    """Return whether SQLite complains about a page, or about what is in it."""
    original = getattr(error, "orig", None) or error
    return isinstance(original, sqlite3.Error) and getattr(original, "sqlite_errorname", "").startswith(
        "SQLITE_CORRUPT"
    )


def _loss(body: Any) -> tuple[int, int]:
    """Return how many records were lost, and the number of the first, 0 when they had none."""
    try:
        row = completed((RecordsLost.KIND, 0, *json.loads(body)))
        if row_problem(row):
            return 0, 0
        record = to_record(row)
    except (ValueError, TypeError, LookupError, RecursionError):
        return 0, 0  # a row that is no record; whoever reads the session says so
    assert isinstance(record, RecordsLost)  # noqa: S101 - to_record gives the class of the kind
    return record.count, record.first
