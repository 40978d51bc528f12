"""An execution as a Markdown report: for a ticket, a chat or a colleague."""

from __future__ import annotations

import json
import platform
import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from inspector.app.copies.pythontext import python_text
from inspector.app.markdown import markdown_text
from inspector.app.text import format_duration, one_line
from inspector.core.errors import InspectorError
from inspector.core.values.snapshot import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.app.copies.recorded import RecordedExecution
    from inspector.core.records.capture import Failure, Frame

_BETWEEN: Final = {"cause": "Caused by", "context": "While handling", "group": "Part of the group"}
#: Links of a chain within a chain that are written.
_DEPTH: Final = 6
_NOTES: Final = 200
_HASH: Final = re.compile(r"^[0-9a-f]{40,64}$")


def report_text(recorded: RecordedExecution, command: str = "") -> str:
    """Return the report.

    Args:
        recorded: The execution.
        command: What fires its event again in a terminal; empty when that is unknown.
    """
    failure = recorded.failure
    status = recorded.status.replace("_", " ")
    head = (
        f"{failure.type} in {recorded.handler.label}" if failure is not None else f"{recorded.handler.label}: {status}"
    )
    lines = [f"# {markdown_text(head)}", ""]
    if failure is not None and failure.message:
        lines += [*_fenced(failure.message, "text"), ""]
    lines += [*_facts(recorded, status), ""]
    if failure is not None:
        lines += ["## Await chain" if failure.waited else "## Traceback", "", *_failure(failure), ""]
    lines += ["## Event", "", *_event(recorded), ""]
    lines += ["## Context", "", *_context(recorded), ""]
    if recorded.notes:
        lines += ["## Inside this execution", "", *_notes(recorded), ""]
    lines += ["## Environment", "", *_environment(recorded), ""]
    if command:
        lines += ["## Reproduce", "", *_fenced(command, "sh"), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _facts(recorded: RecordedExecution, status: str) -> Iterable[str]:
    took = f" after {format_duration(recorded.duration)}" if recorded.duration is not None else ""
    place = f" ({recorded.handler.file}:{recorded.handler.line})" if recorded.handler.file else ""
    yield f"- Handler: {markdown_text(recorded.handler.label + place)}"
    yield f"- Event: {markdown_text(recorded.event.key)}"
    yield f"- Status: {markdown_text(status)}{took}{', injected fault' if recorded.fault else ''}"
    yield f"- Started: {recorded.when}"


def _failure(failure: Failure, depth: int = _DEPTH) -> Iterable[str]:
    """Yield the frames with their source and locals, the innermost last, and what led to it."""
    yield from _fenced(_frames(failure), "text")
    for link in failure.chain if depth else ():
        text = one_line(f"{link.type}: {link.message}" if link.message else link.type, 300)
        yield from ("", f"{_BETWEEN.get(link.relation, 'Caused by')} {markdown_text(text)}", "")
        yield from _failure(link, depth - 1)


def _frames(failure: Failure) -> str:
    lines = []
    for frame in failure.frames:
        lines.append(f'File "{frame.file}", line {frame.line}, in {frame.function}')
        lines += _source(frame)
        lines += [f"      {name} = {one_line(value, 300)}" for name, value in frame.locals]
    lines.append(f"{failure.type}: {failure.message}" if failure.message else failure.type)
    return "\n".join([*lines, *failure.notes])


def _source(frame: Frame) -> Iterable[str]:
    for number, text in frame.source:
        yield f"  {'>' if number == frame.line else ' '} {number:>5}  {text}".rstrip()


def _event(recorded: RecordedExecution) -> Iterable[str]:
    if not recorded.payload:
        yield "The payload is not recorded."
        return
    yield from _fenced(json_text(recorded.payload), "json")
    try:
        text = python_text(recorded.event, recorded.payload)
    except InspectorError:  # an event without a class that can be imported has its JSON only
        return
    yield from ("", *_fenced(text.rstrip("\n"), "python"))


def _context(recorded: RecordedExecution) -> Iterable[str]:
    yield f"- Database session: {'yes' if recorded.session else 'none'}"
    for name, value in recorded.metadata.items():
        yield f"- {markdown_text(name)}: {markdown_text(value)}"


def _notes(recorded: RecordedExecution) -> Iterable[str]:
    lines = []
    for note in recorded.notes[:_NOTES]:
        data = one_line(note.data, 300) if note.data and note.data != "{}" else ""
        offset = format_duration(max(note.at - recorded.start, 0))
        lines.append(f"+{offset}  {note.kind}  {one_line(note.text, 300)}  {data}".rstrip())
    if len(recorded.notes) > _NOTES:
        lines.append(f"… {len(recorded.notes) - _NOTES} more")
    yield from _fenced("\n".join(lines), "text")


def _environment(recorded: RecordedExecution) -> Iterable[str]:
    project = recorded.project
    yield f"- Program: {markdown_text(recorded.catalog.program)}"
    if project is not None:
        yield f"- App: {markdown_text(', '.join(project.app))}"
    yield f"- Python: {markdown_text(recorded.python or 'unknown')}"
    yield f"- System: {markdown_text(platform.platform(terse=True))}"
    folder = (
        project.cwd if project is not None else Path(recorded.handler.file).parent if recorded.handler.file else None
    )
    commit = commit_of(folder) if folder is not None else ""
    if commit:
        yield f"- Commit: {markdown_text(commit)}"


def commit_of(folder: Path) -> str:
    """Return branch and commit of the git work tree in which a folder lies, read from its files; empty when in none."""
    try:
        for place in (folder, *folder.parents):
            if (place / ".git").exists():
                return _commit(_git_folder(place / ".git"))
    except (OSError, ValueError):
        return ""
    return ""


def _git_folder(place: Path) -> Path:
    """Return the folder of a work tree's own files; beside a main one, ``.git`` is a file that names it."""
    if place.is_dir():
        return place
    return place.parent / place.read_text("utf-8").removeprefix("gitdir:").strip()


def _commit(git: Path) -> str:
    head = (git / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return head[:12] if _HASH.match(head) else ""
    name = head.removeprefix("ref:").strip()
    common = git
    if (git / "commondir").is_file():
        common = git / (git / "commondir").read_text("utf-8").strip()
    branch = name.removeprefix("refs/heads/")
    for folder in (git, common):
        if not PurePath(name).is_absolute() and ".." not in name and (folder / name).is_file():
            return f"{(folder / name).read_text('utf-8').strip()[:12]} ({branch})"
    packed = common / "packed-refs"
    for line in packed.read_text("utf-8").splitlines() if packed.is_file() else ():
        commit, _, ref = line.partition(" ")
        if ref == name and _HASH.match(commit):
            return f"{commit[:12]} ({branch})"
    return ""


def json_text(payload: str) -> str:
    """Return a payload as indented JSON for people."""
    try:
        return json.dumps(plain(payload), indent=2, ensure_ascii=False)
    except ValueError:
        return payload


def _fenced(text: str, language: str) -> list[str]:
    """Return text as a block of code, fenced by more backticks than there are in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *text.split("\n"), fence]
