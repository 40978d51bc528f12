"""Payloads of a stored session, stretch by stretch, as far as they may be what is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from inspector.core.records import records
from inspector.store.database import driver_rows
from inspector.store.reader import Damage, read_odd
from inspector.store.schema import SESSION_SPAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from inspector.store.store import Store

#: Whether a text has characters beyond ASCII, of which SQLite knows neither case nor, after a NUL, the length.
_OTHER: Final = "typeof(body) <> 'text' OR length(body) <> length(CAST(body AS BLOB))"


class PayloadPage(NamedTuple):
    """Payloads of a stretch of publications.

    Attributes:
        texts: Number of the publication and tagged JSON of each that may fit.
        missing: Numbers of the stretch that are not in the database.
    """

    texts: list[tuple[int, str]]
    missing: list[int]


def narrowed(name: str, words: Sequence[str] | None, tags: Sequence[str] | None) -> tuple[str, list[str]]:
    """Return a condition on the column ``body`` of payloads, and the values for it.

    Args:
        name: Only texts in which this stands as it is; empty for all.
        words: Only texts in which one of these (lower case, ASCII) stands in any case, and those with other characters
            than ASCII; None for all.
        tags: Texts that have other tags of values than these need not have a word; None where tags do not matter.
    """
    conditions, values = ["body IS NOT NULL"], []
    if name:
        conditions.append("instr(body, ?)")
        values.append(name)
    if words is not None:
        choices = [*("instr(lower(body), ?)" for _ in words), _OTHER]
        values += words
        if tags is not None:
            rest = "body"
            for _ in tags:
                rest = f"replace({rest}, ?, '')"
            choices.append(f"instr({rest}, '\"$')")
            values += tags
        conditions.append(f"({' OR '.join(choices)})")
    return " AND ".join(conditions), values


class StoredPayloads:
    """Reads the payloads of a session by the numbers of their publications.

    Args:
        store: The open store.
        session: The session's id.
        name: As those of ``narrowed``.
        words: Likewise.
        tags: Likewise.

    Attributes:
        unread: Payloads that cannot be read.
    """

    def __init__(
        self,
        store: Store,
        session: int,
        *,
        name: str = "",
        words: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        self._store, self._session = store, session
        self._base = session * SESSION_SPAN
        self._odd: dict[int, str] | None = None
        self._damage = Damage()
        self._condition, self._values = narrowed(name, words, tags)

    @property
    def unread(self) -> int:
        """How many payloads cannot be read."""
        return self._damage.parts["payload"]

    async def page(self, numbers: Sequence[int]) -> PayloadPage:
        """Read the payloads of some publications, whose numbers grow.

        Raises:
            InspectorError: The database cannot be read.
        """
        between = (self._base + numbers[0], self._base + numbers[-1])
        sql = f"SELECT id, body FROM payloads WHERE id BETWEEN ? AND ? AND {self._condition}"  # noqa: S608 - ours
        async with self._store.database.reading() as connection:
            odd = await self._read_odd(connection)
            rows = await driver_rows(connection, sql, (*between, *self._values))
            missing = await self._missing(connection, numbers, between, odd)
        texts = [(key - self._base, self._damage.part("payload", body)) for key, body in rows]
        return PayloadPage([*texts, *((number, odd[number]) for number in numbers if number in odd)], missing)

    async def _missing(
        self, connection: AsyncConnection, numbers: Sequence[int], between: tuple[int, int], odd: dict[int, str]
    ) -> list[int]:
        sql = "SELECT {} FROM publications WHERE id BETWEEN ? AND ?"
        count = (await connection.exec_driver_sql(sql.format("count(*)"), between)).scalar_one()
        if count == len(numbers):
            return []
        result = await connection.exec_driver_sql(sql.format("id"), between)
        stored = {int(key) - self._base for (key,) in result.fetchall()} | odd.keys()
        return [number for number in numbers if number not in stored]

    async def _read_odd(self, connection: AsyncConnection) -> dict[int, str]:
        """Return the payloads of the publications that are kept word for word, by number."""
        if self._odd is None:
            rows = await read_odd(connection, self._session, records.PUBLISHED, self._damage)
            place, text = (records.position(records.Published, name) for name in ("publication", "payload"))
            self._odd = {int(row[place]): str(row[text]) for row in rows}
        return self._odd
