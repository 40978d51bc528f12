"""Taking a run log in: a file of JSON lines becomes a session of the database."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inspector.analysis.journal import Journal
from inspector.app.filtered import placement_warnings
from inspector.app.text import one_line
from inspector.core.errors import InspectorError, UsageError
from inspector.core.records.records import SessionStarted, to_record
from inspector.store.info import IMPORT

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.core.records.records import Batch
    from inspector.store.jsonl_import import JsonlStream, LineProblem
    from inspector.store.store import Store
    from inspector.store.writer import SessionWriter

#: A file waits by itself: nothing of it is dropped because the database is slow.
_ROOM: Final = 1 << 62
#: The line of a run log's first record; before it is the header.
_FIRST_RECORD: Final = 2


@dataclass(frozen=True)
class ImportedRun:
    """What came of an import.

    Attributes:
        session: The new session's id.
        name: Its name: that of the run log, else the file's.
        records: How many records were taken.
        refused: How many lines were left out.
        problems: The first of those lines, each with its number and why.
        lost: Records that are missing: those of left out lines, and those that had been lost before.
        unplaced: Executions that cannot be placed: what published them is missing.
        misplaced: Other records that cannot be placed.
        uncaused: Publications whose cause is missing.
        warnings: What is to be said of records that do not fit together.
    """

    session: int
    name: str
    records: int
    refused: int
    problems: tuple[LineProblem, ...]
    lost: int = 0
    unplaced: int = 0
    misplaced: int = 0
    uncaused: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing was left out, is missing or cannot be placed."""
        return not (self.refused or self.warnings)


async def import_run_log(store: Store, stream: JsonlStream) -> ImportedRun:
    """Store a run log as a session; the session is whole or not there, also when this is cancelled.

    Lines that are no records are left out, and told.

    Args:
        store: Where to.
        stream: The file, see ``read_jsonl``.

    Raises:
        UsageError: It does not begin as a run does, or holds what cannot be shown.
        InspectorError: It cannot be read, or the database not be written.
    """
    name = stream.name if stream.name.strip() else stream.path.stem
    journal = Journal()
    writer: SessionWriter | None = None
    records = 0
    try:
        async for batch in stream.read():
            _fold(journal, batch, stream.path)
            if writer is None and journal.catalog_unreadable:
                stream.skip(_FIRST_RECORD, "its catalog cannot be read")
            if writer is None:
                writer = await _begin(store, batch, name, stream.path.name)
            writer.add(batch)
            if not await writer.flush() and writer.trouble is not None:
                raise writer.trouble
            records += len(batch.rows)
        assert writer is not None  # noqa: S101 - a stream without a first record has raised
        await writer.finish()
        journal.dropped += writer.dropped  # gaps that nothing in the file tells of
    except BaseException:
        if writer is not None:
            await _discard(store, writer)
        raise
    return ImportedRun(
        writer.session,
        name,
        records,
        stream.skipped,
        tuple(stream.problems),
        journal.dropped,
        journal.unplaced,
        journal.orphans - journal.unplaced,
        journal.uncaused,
        tuple(placement_warnings(journal)),
    )


def _fold(journal: Journal, batch: Batch, path: Path) -> None:
    """Ensure that the session can be opened, by folding its rows: a file may hold anything."""
    try:
        journal.fold(batch)
    except Exception as error:
        where = f"seq {batch.first} to {batch.last}" if batch.last > batch.first else f"seq {batch.first}"
        raise UsageError(
            f"Cannot show {path}: invalid data at {where} ({one_line(str(error), 200)}).",
            "Export the run again.",
        ) from error


async def _begin(store: Store, batch: Batch, name: str, file: str) -> SessionWriter:
    from inspector.store.backlog import Backlog

    started = to_record(batch.rows[0])
    assert isinstance(started, SessionStarted)  # noqa: S101 - the stream makes sure of it
    source = f"{IMPORT}:{file}"
    return await store.begin_session(name, started, source, backlog=Backlog(_ROOM, _ROOM))


async def _discard(store: Store, writer: SessionWriter) -> None:
    """Leave no half of a session behind."""
    await writer.abandon()
    with contextlib.suppress(InspectorError):
        await store.delete(writer.session)
