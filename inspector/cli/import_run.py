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
    """Run the command; return the exit code: 1 when lines were left out.

    Raises:
        UsageError: The file is no run log; nothing has been stored then.
        InspectorError: The file cannot be read, or the database not be written.
    """
    database = (arguments.db or default_database()).absolute()
    stream = read_jsonl(arguments.file)  # a wrong file is no reason to make a database
    made = run_coroutine(_import(database, stream))
    if arguments.json:
        console.data(_as_json(made, arguments.file, database))
    else:
        console.line(f"{plural(made.records, 'record')} of {one_line(str(arguments.file))}")
        tell_session(made.session, made.name, database, console)
    _tell_refused(made, arguments.file, console)
    return exitcodes.FAILED if made.refused else exitcodes.OK


async def _import(database: Path, stream: JsonlStream) -> ImportedRun:
    async with opened(database) as store:
        return await import_run_log(store, stream)


def _as_json(made: ImportedRun, file: Path, database: Path) -> dict[str, Any]:
    return {
        "session": made.session,
        "name": made.name,
        "database": str(database),
        "file": str(file),
        "records": made.records,
        "refused": made.refused,
        "problems": [{"line": one.line, "reason": one.reason} for one in made.problems[:_SHOWN_JSON]],
    }


def _tell_refused(made: ImportedRun, file: Path, console: Console) -> None:
    if not made.refused:
        return
    told = plural(made.refused, "line")
    were = "was" if made.refused == 1 else "were"
    console.note(f"{told} of {one_line(str(file))} {were} left out; all others are in the session.")
    for problem in made.problems[:_SHOWN]:
        console.note(f"  line {problem.line}: {one_line(problem.reason, 200)}")
    if made.refused > _SHOWN:
        console.note(f"  … and {plural(made.refused - _SHOWN, 'line')} more")
