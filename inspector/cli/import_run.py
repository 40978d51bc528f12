"""``inspector import``: a run log becomes a stored session again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.app.importing import ImportedRun, import_run_log
from inspector.app.places import default_database
from inspector.app.text import one_line, plural
from inspector.cli import exitcodes
from inspector.cli.outcome import tell_session
from inspector.cli.running import opened
from inspector.cli.running import run as run_coroutine
from inspector.store.jsonl_import import JsonlStream, read_jsonl

if TYPE_CHECKING:
    import argparse

    from inspector.cli.console import Console

#: Lines that were left out and are told one by one; ``--json`` has more.
_SHOWN: Final = 10
_SHOWN_JSON: Final = 100


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return the exit code: 1 when something was left out, is missing or cannot be placed.

    Raises:
        UsageError: The file is no run log; nothing has been stored then.
        InspectorError: The file cannot be read, or the database not be written.
    """
    database = (arguments.db or default_database()).absolute()
    stream = read_jsonl(arguments.file)  # a wrong file is no reason to make a database
    imported = run_coroutine(_import(database, stream))
    if arguments.json:
        console.data(_as_json(imported, arguments.file, database))
    else:
        console.line(f"{plural(imported.records, 'record')} of {one_line(str(arguments.file))}")
        tell_session(imported.session, imported.name, database, console)
    _tell_refused(imported, arguments.file, console)
    return exitcodes.OK if imported.whole else exitcodes.FAILED


async def _import(database: Path, stream: JsonlStream) -> ImportedRun:
    async with opened(database) as store:
        return await import_run_log(store, stream)


def _as_json(imported: ImportedRun, file: Path, database: Path) -> dict[str, Any]:
    return {
        "session": imported.session,
        "name": imported.name,
        "database": str(database),
        "file": str(file),
        "records": imported.records,
        "refused": imported.refused,
        "lost": imported.lost,
        "unplaced": imported.unplaced,
        "misplaced": imported.misplaced,
        "uncaused": imported.uncaused,
        "problems": [{"line": problem.line, "reason": problem.reason} for problem in imported.problems[:_SHOWN_JSON]],
    }


def _tell_refused(imported: ImportedRun, file: Path, console: Console) -> None:
    for warning in imported.warnings:
        console.note(warning)
    if not imported.refused:
        return
    lines = plural(imported.refused, "line")
    were = "was" if imported.refused == 1 else "were"
    console.note(f"{lines} of {one_line(str(file))} {were} skipped; the rest was imported.")
    for problem in imported.problems[:_SHOWN]:
        console.note(f"  line {problem.line}: {one_line(problem.reason, 200)}")
    if imported.refused > _SHOWN:
        console.note(f"  … and {plural(imported.refused - _SHOWN, 'more line')}")
