"""``inspector export``: the run log of a stored session as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.app.filtered import PickedStream, filter_of, pick
from inspector.app.places import default_database
from inspector.app.text import one_line, plural
from inspector.cli import exitcodes
from inspector.cli.running import opened
from inspector.cli.running import run as run_coroutine
from inspector.core.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from inspector.analysis.query.query import Filter
    from inspector.cli.console import Console
    from inspector.store.info import SessionInfo
    from inspector.store.store import Store

JSONL: Final = "jsonl"
CSV: Final = "csv"
SUMMARY: Final = "summary"


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return the exit code.

    Raises:
        UsageError: There is no such session, or the options do not go together.
        InspectorError: The file cannot be written, the database not be read.
    """
    if arguments.summary and arguments.format != CSV:
        raise UsageError("--summary is a table: it needs --format csv.")
    if str(arguments.output) == "-":
        raise UsageError("-o needs the name of a file.", "The file appears whole or not at all.")
    chosen = filter_of(arguments.filter)
    if chosen and arguments.format != CSV:
        raise UsageError(
            "--filter picks out executions: it needs --format csv.",
            "A run log always has every record: leave --filter out.",
        )
    database = arguments.db or default_database()
    if not database.exists():
        raise UsageError(f"There is no session {arguments.session!r}: there is no sessions database {database}.")
    kind = SUMMARY if arguments.summary else arguments.format
    written = run_coroutine(_export(database, arguments.session, kind, arguments.output, chosen))
    console.line(f"{written} in {arguments.output}")
    return exitcodes.OK


def format_of(target: Path) -> str:
    """Return the format that a file's name stands for."""
    return CSV if target.suffix.casefold() == ".csv" else JSONL


async def _export(database: Path, session: str, kind: str, target: Path, chosen: Filter) -> str:
    async with opened(database) as store:
        return await write(store, await store.find_session(session), kind, target, chosen)


async def write(store: Store, info: SessionInfo, kind: str, target: Path, chosen: Filter | None = None) -> str:
    """Write a session to a file.

    Args:
        store: The open store.
        info: The session.
        kind: ``jsonl``, ``csv`` or ``summary``.
        target: The file; it is replaced when all is written.
        chosen: For tables: only executions that fit; None, or an empty one, for all.

    Returns:
        What was written, for people: ``185 executions of “demo”``.

    Raises:
        InspectorError: The file cannot be written, the database not be read.
    """
    from inspector.store.reader import StoredStream

    stream = StoredStream(store, info.id)
    of = f"of “{one_line(info.name)}”"
    if kind == JSONL:
        from inspector.store.jsonl import export_jsonl

        return f"{plural(await export_jsonl(stream, target, name=info.name), 'record')} {of}"
    if kind == CSV:
        from inspector.store.tables import export_csv

        source = PickedStream(stream, (await pick(stream, chosen))[1]) if chosen else stream
        return f"{plural(await export_csv(source, target), 'execution')} {of}"
    from inspector.app.summary import summarise
    from inspector.store.tables import export_summary_csv

    journal, fits = await pick(stream, chosen or filter_of(""))
    rows = summarise(journal, fits)
    export_summary_csv(rows, target)
    return f"{plural(len(rows), 'handler')} {of}"
