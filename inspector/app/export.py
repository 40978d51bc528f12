"""Writing a session to a file, in each of the kinds there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.analysis.journal import Journal
from inspector.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.core.records.stream import RecordStream


async def export_stream(stream: RecordStream, kind: str, target: Path, *, name: str = "") -> int:
    """Write a stream to a file; return how many records, executions or handlers are in it.

    Args:
        stream: Live streams end when they are closed; export the stored one.
        kind: ``jsonl`` (a line per record), ``csv`` (a row per execution) or ``summary`` (a row per handler).
        target: The file; an old one stays whole until the new one is.
        name: The session's name, for the header.

    Raises:
        InspectorError: The file cannot be written.
        UsageError: There is no such kind.
    """
    if kind == "jsonl":
        from inspector.store.jsonl import export_jsonl

        return await export_jsonl(stream, target, name=name)
    if kind == "csv":
        from inspector.store.tables import export_csv

        return await export_csv(stream, target)
    if kind != "summary":
        raise UsageError(f"Runs are not exported as {kind}.", "There are jsonl, csv and summary.")
    from inspector.app.summary import summarise
    from inspector.store.tables import export_summary_csv

    journal = Journal()
    async for batch in stream.read():
        journal.fold(batch)
    rows = summarise(journal)
    export_summary_csv(rows, target)
    return len(rows)
