"""What a finding is, and what a rule is. Conformance makes findings of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from inspector.catalog.findings.subject import Subject
    from inspector.core.description import EventDescription, HandlerDescription

Severity = Literal["error", "warning", "information"]

#: The severities, the worst first.
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "information")

#: What people read for each: the least of them is a note, as in SARIF and in editors.
SEVERITY_WORDS: Final[dict[str, str]] = {"error": "error", "warning": "warning", "information": "note"}


@dataclass(frozen=True)
class Finding:
    """Something wrong, or worth knowing, and where.

    Attributes:
        code: The rule's code: ``EV201``.
        severity: ``error``, ``warning`` or ``information``.
        message: One sentence that names what was found.
        fix: What to do about it.
        event: Name of the event, empty when it is about none.
        handler: Label of the handler, empty when it is about none.
        file: Absolute path of the source, empty when unknown.
        line: The line there, 1-based; 0 when unknown.
    """

    code: str
    severity: Severity
    message: str
    fix: str
    event: str = ""
    handler: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Hit:
    """What a rule's function gives; the rule makes a finding of it.

    Attributes:
        message: One sentence.
        fix: What to do, when it is not simply the rule's.
        event: Name of the event.
        handler: Label of the handler.
        file: Source.
        line: Line.
        severity: When it is not the rule's.
    """

    message: str
    fix: str = ""
    event: str = ""
    handler: str = ""
    file: str = ""
    line: int = 0
    severity: Severity | None = None


Judge = Callable[["Subject"], Iterable[Hit]]


@dataclass(frozen=True)
class Rule:
    """A rule: what it looks for and why.

    Attributes:
        code: Stable, never given to another rule.
        name: Stable, what the ignore table names: ``event-not-frozen``.
        title: For people, a few words: ``Event not frozen``.
        severity: Of what it finds, unless a hit says otherwise.
        explanation: Why it matters, whole sentences.
        fix: What to do about it.
        judge: Looks through a subject.
        worst: The worst severity that a hit of it may have.
    """

    code: str
    name: str
    title: str
    severity: Severity
    explanation: str
    fix: str
    judge: Judge
    worst: Severity

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield what the rule finds."""
        for hit in self.judge(subject):
            fix, severity = hit.fix or self.fix, hit.severity or self.severity
            yield Finding(self.code, severity, hit.message, fix, hit.event, hit.handler, hit.file, hit.line)


def rule(
    code: str, name: str, title: str, severity: Severity, explanation: str, fix: str, *, worst: Severity | None = None
) -> Callable[[Judge], Rule]:
    """Return a decorator that makes a rule of the function that looks for it."""

    def make(judge: Judge) -> Rule:
        return Rule(code, name, title, severity, explanation, fix, judge, worst or severity)

    return make


def at_event(event: EventDescription, message: str, fix: str = "") -> Hit:
    """Return a hit that stands at an event's class."""
    return Hit(message, fix, event=event.name, file=event.file, line=event.line)


def at_handler(handler: HandlerDescription, message: str, event: str = "", fix: str = "") -> Hit:
    """Return a hit that stands at a handler."""
    return Hit(message, fix, event=event, handler=handler.label, file=handler.file, line=handler.line)


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the worst severity of some findings; None for none."""
    severities = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in severities), None)


def marks(findings: Iterable[Finding]) -> dict[str, Severity]:
    """Return the worst severity by the name of each event that has a finding: the marks of the tree."""
    marked: dict[str, Severity] = {}
    for finding in findings:
        severity = marked.get(finding.event)
        if finding.event and (severity is None or SEVERITIES.index(finding.severity) < SEVERITIES.index(severity)):
            marked[finding.event] = finding.severity
    return marked
