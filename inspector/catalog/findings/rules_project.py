"""Rules over the check itself: what could not be read, and what is ignored for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.model import Hit, rule

if TYPE_CHECKING:
    from inspector.catalog.findings.subject import Subject


@rule(
    "EV001",
    "not-readable",
    "Not readable",
    "warning",
    "A part of the program could not be loaded or read, so it was not checked.",
    "Fix what the message names.",
)
def not_readable(subject: Subject) -> Iterator[Hit]:
    """Problems of loading."""
    names = {event.name for event in subject.events}
    for problem in subject.description.problems:
        event = problem.where if problem.where in names else ""
        yield Hit(f"{problem.where}: {problem.text}", problem.hint, event, "", problem.file, problem.line)


@rule(
    "EV002",
    "source-not-readable",
    "Source not readable",
    "information",
    "A source file could not be read, so the events it constructs and publishes are unknown.",
    "Fix the file, or exclude it in [tool.inspector.check].",
)
def source_not_readable(subject: Subject) -> Iterator[Hit]:
    """Source files that are no Python, or no text."""
    for part in subject.source.unreadable if subject.source is not None else ():
        yield Hit(f"{part.file} cannot be read: {part.reason}.", file=part.file, line=part.line)


def _no_findings(_subject: Subject) -> tuple[Hit, ...]:
    """Unused entries are known only after everything else was judged: ``check.find`` makes these."""
    return ()


unused_ignore = rule(
    "EV003",
    "ignored-for-nothing",
    "Unused ignore entry",
    "information",
    "An entry of the ignore table matches no finding. It may hide a new one later.",
    "Remove the entry.",
)(_no_findings)

RULES: Final = (not_readable, source_not_readable, unused_ignore)
