"""What is not at hand any more: payloads, notes and failures of long runs, asked of the store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
    from inspector.core.records.records import Noted
    from inspector.store.store import Store


@dataclass(frozen=True)
class RecordedContext:
    """What a publication was made with.

    Attributes:
        text: The same as JSON text, as it was recorded.
        session: Its handlers had a database session.
        metadata: Their request metadata.
    """

    text: str
    session: bool
    metadata: dict[str, str]


class Details:
    """Looks things up in the journal first and in the store where the journal has forgotten them.

    Indexes are the journal's (0 and up).

    Args:
        journal: The journal that is shown.
        store: The sessions database; None while the run is stored nowhere.
        session: The session's id there, 0 while there is none.
    """

    def __init__(self, journal: Journal, store: Store | None = None, session: int = 0) -> None:
        self.journal = journal
        self.store = store
        self.session = session

    async def payload(self, publication: PublicationIndex) -> str:
        """Return the payload of a publication as tagged JSON text, empty when it is unknown."""
        recent = self.journal.payloads.get(publication)
        if recent is not None:
            return recent[0]
        if self.store is None or not self.session:
            return ""
        return await self.store.payload(self.session, self.journal.publication_number(publication))

    async def context(self, publication: PublicationIndex) -> RecordedContext:
        """Return the context of a publication; one that is not known had neither session nor metadata."""
        recent = self.journal.payloads.get(publication)
        text = recent[1] if recent is not None else ""
        if not text and self.store is not None and self.session:
            text = await self.store.context(self.session, self.journal.publication_number(publication))
        members = _members(text)
        metadata = members.get("metadata")
        words = {key: str(value) for key, value in metadata.items()} if isinstance(metadata, dict) else {}
        return RecordedContext(text, bool(members.get("session")), words)

    async def notes(self, execution: ExecutionIndex) -> list[Noted]:
        """Return what an execution noted."""
        recent = self.journal.notes.get(execution)
        if recent is not None:
            return recent
        if self.store is None or not self.session:
            return []
        return await self.store.notes(self.session, self.journal.execution_number(execution))

    async def failure(self, execution: ExecutionIndex) -> str:
        """Return the failure of an execution as JSON text, empty when there is none."""
        recent = self.journal.failures.get(execution)
        if recent is not None:
            return recent
        if self.store is None or not self.session:
            return ""
        return await self.store.failure(self.session, self.journal.execution_number(execution))


def _members(text: str) -> dict[str, Any]:
    """Return the members of a JSON object; of any other text, which an imported run may hold, none."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}
