"""A stored session as a stream."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError
from inspector.core.records.records import HANDLER_ENDED, INTERRUPTED, Batch, Row, SessionStarted, to_row
from inspector.store import info
from inspector.store.schema import SESSION_SPAN
from inspector.store.sources import Executions, HostNotes, Notes, OddRows, Publications, Source
from inspector.store.text import from_cell

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from inspector.store.store import Store

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
        """Give the rows after the seq ``after``, page by page; no transaction stays open between two batches.

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
        sources: tuple[Source, ...] = (
            Publications(self.session, names, at),
            executions,
            Notes(self.session, names, at),
            HostNotes(self.session, names, at),
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
    """Give the page as batches of consecutive rows."""
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
    """Give the ends of the executions that were running when their process died."""
    rows: list[Row] = [(HANDLER_ENDED, at, number, INTERRUPTED, 0, "") for number in running]
    skipped = max(0, after - last)
    return Batch(last + 1 + skipped, rows[skipped:]) if rows[skipped:] else None


async def read_names(connection: AsyncConnection, session: int, known: dict[int, str] | None = None) -> dict[int, str]:
    """Give the names of a session by number, or add to ``known`` those that came since."""
    names = known if known is not None else {0: ""}
    base = session * SESSION_SPAN
    found = await connection.exec_driver_sql(
        "SELECT id, text FROM names WHERE id > ? AND id < ?", (base + len(names) - 1, base + SESSION_SPAN)
    )
    rows: list[Any] = list(found.fetchall())
    names.update({key - base: from_cell(text) for key, text in rows})
    return names


async def read_started(connection: AsyncConnection, session: int) -> SessionStarted:
    """Give the first record of a session.

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
