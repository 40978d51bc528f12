"""``inspector export``: a stored session as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.app.export import EXPORTERS, export_stream, filtered_formats
from inspector.app.filtered import PlacedStream, filter_of
from inspector.app.places import default_database
from inspector.app.text import one_line, plural
from inspector.cli import exitcodes
from inspector.cli.running import opened
from inspector.cli.running import run as run_coroutine
from inspector.core.errors import UsageError, alternatives
from inspector.store.schema import database_exists

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from inspector.analysis.query.query import Filter
    from inspector.cli.console import Console
    from inspector.store.info import SessionInfo
    from inspector.store.store import Store


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return the exit code.

    Raises:
        UsageError: There is no such session, or the options do not go together.
        InspectorError: The file cannot be written, the database not be read.
    """
    if arguments.summary and arguments.format != "csv":
        raise UsageError("--summary needs --format csv.")
    if str(arguments.output) == "-":
        raise UsageError("-o needs a file name.", "Standard output is not supported.")
    chosen = filter_of(arguments.filter)
    kind = "summary" if arguments.summary else arguments.format
    if chosen and not EXPORTERS[kind].filtered:
        raise UsageError(
            f"--filter needs --format {alternatives(filtered_formats())}.",
            "A run log always contains every record.",
        )
    database = arguments.db or default_database()
    if not database_exists(database):
        raise UsageError(f"No session {arguments.session!r}: {database} does not exist.")
    warnings: list[str] = []
    summary = run_coroutine(_export(database, arguments.session, kind, arguments.output, chosen, warnings.append))
    console.line(f"{summary} to {arguments.output}")
    for warning in warnings:
        console.note(warning)
    return exitcodes.FAILED if warnings else exitcodes.OK


async def _export(
    database: Path, session: str, kind: str, target: Path, chosen: Filter, warn: Callable[[str], None]
) -> str:
    async with opened(database) as store:
        return await write(store, await store.find_session(session), kind, target, chosen, warn)


async def write(
    store: Store,
    info: SessionInfo,
    kind: str,
    target: Path,
    chosen: Filter | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> str:
    """Write a session to a file.

    Args:
        store: The open store.
        info: The session.
        kind: Id of an exporter.
        target: The file; it is replaced when all is written.
        chosen: For tables: only executions that fit; None, or an empty one, for all.
        warn: Called with what of the session was left out, and what cannot be placed.

    Returns:
        What was written, for people: ``185 executions of “demo”``.

    Raises:
        InspectorError: The file cannot be written, the database not be read.
    """
    from inspector.store.reader import StoredStream

    stream = PlacedStream(StoredStream(store, info.id))
    count = await export_stream(stream, kind, target, name=info.name, chosen=chosen)
    for warning in stream.warnings():
        warn(warning)
    return f"{plural(count, EXPORTERS[kind].unit)} of “{one_line(info.name)}”"
