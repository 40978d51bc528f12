"""Commands that are run from the window, and those that were run last."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from inspector.app.text import one_line, plural
from inspector.core.errors import UsageError
from inspector.core.records.host import LIMIT, HostNoted, ProgramReloaded
from inspector.hosts.project import Project
from inspector.hosts.run.launch import find_command

if TYPE_CHECKING:
    from collections.abc import Collection

    from inspector.analysis.journal import Journal
    from inspector.app.settings import Settings
    from inspector.hosts.run.host import RunHost
    from inspector.hosts.run.launch import RunCommand

#: Name of the setting that remembers what was run, newest first.
RECENT_RUNS: Final = "runs.recent"
_MOST_RECENT: Final = 10
#: Characters of a command in a title.
_SHOWN: Final = 80


class RunOptions(NamedTuple):
    """What a person types to run a command.

    Attributes:
        command: As in a terminal; it is not read by a shell.
        cwd: Where it runs.
        app: What of it is looked at, as ``MODULE:ATTR``; empty for what the folder says, or what is found.
    """

    command: str
    cwd: str = ""
    app: str = ""


def command_of(options: RunOptions) -> RunCommand:
    """Return the command that is asked for.

    Raises:
        UsageError: There is no such command or folder, or the app is wrong.
    """
    folder = Path(options.cwd or ".").expanduser()
    if not folder.is_dir():
        raise UsageError(f"No folder {folder}.", "Choose another one.")
    try:
        words = shlex.split(options.command)
    except ValueError as error:
        raise UsageError(f"Cannot read the command: {error}.", "Close the quotation.") from error
    if options.app:
        project: Project | None = Project.from_options(options.app, cwd=folder).beside_file()
    else:
        project = Project.from_folder(folder)
    return find_command(words, project, cwd=folder.absolute())


def recent_runs(settings: Settings) -> list[RunOptions]:
    """Return what was run last, newest first."""
    recent = []
    for text in settings.strings(RECENT_RUNS):
        try:
            options = json.loads(text)
        except ValueError:
            continue
        if isinstance(options, dict) and options.get("command"):
            recent.append(RunOptions(*(str(options.get(name) or "") for name in RunOptions._fields)))
    return recent


def remember_run(settings: Settings, options: RunOptions) -> None:
    """Put a command first among those that were run last."""
    settings.remember(RECENT_RUNS, json.dumps(options._asdict(), sort_keys=True), _MOST_RECENT)


def title_of(command: RunCommand) -> str:
    """Return a command for a title: what runs without the folder that it stands in."""
    first, *rest = command.words
    return one_line(shlex.join((Path(first).name, *rest)), _SHOWN)


def source_text(host: RunHost) -> str:
    """Return what the bar says of a command: itself, and how many of its processes live."""
    command = title_of(host.command)
    if not host.running:
        return f"{command} · ended"
    return f"{command} · {plural(host.live, 'process', 'processes')}" if host.live else f"{command} · starting…"


def silent_notes(journal: Journal) -> list[str]:
    """Return what to say of processes that do not report: each reason once, with the first that it is true of."""
    by_reason: dict[str, list[str]] = {}
    for silent in journal.processes.silent:
        by_reason.setdefault(silent.reason, []).append(silent.command)
    notes = []
    for reason, commands in by_reason.items():
        more = f" and {len(commands) - 1} more" if len(commands) > 1 else ""
        notes.append(f"Not watched: {one_line(commands[0], _SHOWN)}{more}. {reason}")
    return notes


#: Said where Python ran, and nothing in it was taken for a bus; and where only those of libraries are.
_NO_BUS: Final = (
    "No bus was recognized, so nothing was recorded. "
    "Name it with --app MODULE:ATTR: the bus itself, or a function that the program calls and that returns it."
)
_NO_LIBRARY: Final = "No bus of a known library was recorded."


def missing_bus(journal: Journal) -> list[str]:
    """Return what to say where processes report that have no bus that could be recorded."""
    buses = len(journal.publications) or any(isinstance(record, ProgramReloaded) for record in journal.host_records)
    if buses or not journal.processes.by_number:
        return []
    return [_NO_LIBRARY if limit_notes(journal) else _NO_BUS]


#: The kinds of notes about processes of a command: the agent's, those of what observes, and of what reads them.
_OF_PROCESSES: Final = ("agent", "observer", "run")


def process_notes(journal: Journal) -> list[str]:
    """Return what is said of processes, each once: what was named is no bus, or one can no longer be read."""
    return _notes(journal, _OF_PROCESSES)


def limit_notes(journal: Journal) -> list[str]:
    """Return what cannot be seen in processes, whatever they do, each once."""
    return _notes(journal, (LIMIT,))


def _notes(journal: Journal, kinds: Collection[str]) -> list[str]:
    noted = (record for record in journal.host_records if isinstance(record, HostNoted))
    return list(dict.fromkeys(record.text for record in noted if record.kind in kinds))


def waiting_text(host: RunHost, journal: Journal) -> tuple[str, str]:
    """Return what an empty place says of a watched command: a title, and what is waited for, or why nothing comes."""
    notes = silent_notes(journal)
    if not host.running:
        words = notes or missing_bus(journal) or ["Nothing was published while it ran."]
        return "The command has ended", " ".join([*words, *limit_notes(journal)])
    title = f"Watching {one_line(host.command.name, _SHOWN)}"
    if notes:
        return title, " ".join(notes)
    if not host.live:
        return title, "No Python process is reporting yet."
    count = plural(host.live, "process is", "processes are")
    reporting = f"Nothing published yet. {count} reporting: {one_line(', '.join(host.labels), _SHOWN)}."
    return title, " ".join([reporting, *limit_notes(journal)])
