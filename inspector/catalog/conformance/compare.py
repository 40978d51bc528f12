"""Compares what a catalog declares with what was observed. Pure: data in, findings out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.catalog.conformance import rules
from inspector.catalog.conformance.audit import AuditTrail
from inspector.catalog.conformance.frames import Frames
from inspector.catalog.conformance.observed import BARE, CONTEXT_WORDS
from inspector.catalog.conformance.required import missing_kinds, owners_of_kinds
from inspector.catalog.conformance.scene import DeclaredPublication
from inspector.catalog.findings.model import SEVERITIES
from inspector.catalog.findings.subject import Subject
from inspector.catalog.findings.words import is_address
from inspector.core.facts import CatalogFacts
from inspector.core.records.account import is_of_bus
from inspector.core.records.host import (
    EARLIER_RAISED,
    GATHERED,
    INTENDED,
    NESTED,
    UNKNOWN,
    FireUnsettled,
    PublishRaised,
    SessionFailed,
)
from inspector.core.records.statuses import BAD_STATUSES, CANCELLED, OK, SWALLOWED
from inspector.core.redact.names import secret_kind

if TYPE_CHECKING:
    from inspector.catalog.conformance.observed import Fired, SeenExecution
    from inspector.catalog.conformance.rules import RunFinding, RunRule
    from inspector.catalog.findings.settings import CheckSettings
    from inspector.core.description import CatalogDescription, HandlerDescription

_SESSION: Final = re.compile(r"session", re.IGNORECASE)
#: Where a secret went, and the rule that says so.
_LEAKS: Final = {
    "log": rules.SECRET_LOGGED,
    "mail": rules.SECRET_MAILED,
    "sse": rules.SECRET_SENT,
    "row": rules.SECRET_STORED,
}
#: What the host may say of a fire, and the rule that says so.
_TROUBLES: Final = {
    SessionFailed: rules.DATABASE_TROUBLE,
    PublishRaised: rules.PUBLISH_RAISED,
    FireUnsettled: rules.UNSETTLED,
}
#: What to do about a handler that was skipped, where the rule does not say it.
_FIXES: Final = {
    GATHERED: "Fire the event as often as the bus needs: `inspector fire --count`.",
    NESTED: "If the bus limits this, no fix is needed; otherwise look for what drops the event.",
}
#: Kinds of secret that work once: a mail is where they belong.
_ONE_TIME: Final = frozenset({"token", "otp"})


def compare(
    description: CatalogDescription,
    fired: Sequence[Fired],
    facts: CatalogFacts | None = None,
    settings: CheckSettings | None = None,
) -> list[RunFinding]:
    """Compare a run with what the catalog declares.

    Args:
        description: What the program declares.
        fired: Every event that was fired, in each context.
        facts: What is known beyond the description; without them less can be judged.
        settings: What the project says about its check: which handlers are of which kind, and what it leaves out.

    Returns:
        Findings, the worst first, each once: the contexts in which it was seen are part of it.
    """
    subject = Subject(description, facts or CatalogFacts(), None, settings)
    works = _works_with_session(fired)
    events = {event.name: event for event in subject.events}
    scenes = [
        DeclaredPublication(subject, fire, publication, events.get(publication.event))
        for fire in fired
        for publication in fire.publications
    ]
    trail, frames, owners = AuditTrail(scenes), Frames(scenes), owners_of_kinds(subject)
    findings: list[RunFinding] = [*trail.unobserved(), *frames.unobserved()]
    for fire in fired:
        findings += _about_fire(fire)
    for scene in scenes:
        findings += _about_handlers(scene, works, owners)
        findings += trail.judge(scene)
        findings += frames.judge(scene)
        findings += _about_secrets(scene)
    return _merged(finding for finding in findings if not is_ignored(finding, subject.settings))


def is_ignored(finding: RunFinding, settings: CheckSettings) -> bool:
    """Return whether the project leaves a finding out, by the rule's code or name and the event."""
    return any(entry.fits(finding, rules.BY_CODE[finding.code].name) for entry in settings.ignore)


def _about_fire(fired: Fired) -> Iterator[RunFinding]:
    if fired.refusal:
        message = f"{fired.event} could not be fired: {fired.refusal}"
        yield _finding(rules.NOT_FIRED, message, fired.event, fired.context)
    executions = (execution for publication in fired.publications for execution in publication.executions)
    failed = [execution.error.partition(":")[0] for execution in executions if execution.status in BAD_STATUSES]
    for record in fired.trouble:
        # Some buses hand on to the publisher what a handler raised: that is told of the handler.
        if not isinstance(record, PublishRaised) or is_of_bus(record, failed):
            rule = _TROUBLES[type(record)]
            yield _finding(rule, f"{fired.event}: {record.sentence}", fired.event, fired.context)


def _finding(rule: RunRule, message: str, event: str, context: str) -> RunFinding:
    return rules.RunFinding(rule.code, rule.severity, message, rule.fix, event, contexts=(context,))


# --- handlers -------------------------------------------------------------------------------------


def _about_handlers(
    scene: DeclaredPublication, works: set[tuple[str, str]], owners: Mapping[str, str]
) -> Iterator[RunFinding]:
    yield from _missing(scene, owners)
    ran = {execution.handler for execution in scene.publication.executions}
    # Where there are several buses, some of the handlers are on another one than it was published on.
    complete = len(scene.subject.description.sources) > 1 and len(ran) >= scene.publication.handlers
    for handler in scene.subscribed if not complete else ():
        if handler.key not in ran:
            yield _not_run(scene, handler)
    if not scene.publication.handlers and not ran:
        by = f", published by {scene.publisher}," if scene.publication.cause else ""
        yield scene.finding(rules.UNHEARD, f"{scene.name}{by} has no subscribers.")
    for execution in scene.publication.executions:
        if not execution.injected:
            yield from _about_execution(scene, execution, works)


def _not_run(scene: DeclaredPublication, handler: HandlerDescription) -> RunFinding:
    """Return the finding of a handler that was not called, with the reason where there is one."""
    message = f"{handler.label} is subscribed to {scene.name} but was not called"
    why = next((why for why in scene.fired.uncalled if (why.event, why.key) == (scene.name, handler.key)), None)
    if why is not None and why.code not in (UNKNOWN, EARLIER_RAISED):
        rule = rules.HANDLER_PASSED_OVER if why.code in INTENDED else rules.HANDLER_NOT_RUN
        finding = scene.finding(rule, f"{message}: {why.reason}.", handler)
        return replace(finding, fix=_FIXES.get(why.code, finding.fix))
    last = scene.publication.executions[-1] if scene.publication.executions else None
    if last is None or last.status not in BAD_STATUSES:
        return scene.finding(rules.HANDLER_NOT_RUN, f"{message}.", handler)
    message += f": {scene.label(last.handler)} failed before it, and the bus stopped there."
    return replace(
        scene.finding(rules.HANDLER_NOT_RUN, message, handler),
        fix="Fix the failure, or make the bus call the remaining handlers.",
    )


def _missing(scene: DeclaredPublication, owners: Mapping[str, str]) -> Iterator[RunFinding]:
    event = scene.event
    if event is None:
        return
    for kind in missing_kinds(scene.subject, event, scene.handlers):
        message = f"{event.name} requires a handler for {kind}, but none is subscribed."
        yield replace(scene.finding(rules.HANDLER_MISSING, message), handler=owners.get(kind, kind))


def _about_execution(
    scene: DeclaredPublication, execution: SeenExecution, works: set[tuple[str, str]]
) -> Iterator[RunFinding]:
    label = scene.label(execution.handler)
    said = f": {execution.error}" if execution.error else ""
    if execution.status == CANCELLED and not any(isinstance(record, PublishRaised) for record in scene.fired.trouble):
        yield scene.of(execution, rules.CANCELLED, f"The program cancelled {label} on {scene.name}.")
    elif execution.status in BAD_STATUSES:
        if scene.fired.context == BARE and (scene.name, execution.handler) in works:
            return  # the difference between the contexts tells of it
        how = execution.status.replace("_", " ")
        if scene.fired.context == BARE and _SESSION.search(execution.error):
            yield scene.of(
                execution, rules.NEEDS_SESSION, f"{label} {how} on {scene.name} without session or metadata{said}"
            )
        else:
            yield scene.of(execution, rules.FAILED, f"{label} {how} on {scene.name}{said}")
    elif execution.status == SWALLOWED:
        yield scene.of(execution, rules.SWALLOWED, f"{label} swallowed an exception on {scene.name}{said}")
    elif execution.status == OK:
        for note in execution.told("log"):
            if note.level == "error":
                message = f"{label} returned normally on {scene.name} but logged an error: {note.text}"
                yield scene.of(execution, rules.ERROR_LOGGED, message)
    for note in execution.told("tx"):
        how = "committed" if note.data.get("end") == "commit" else "rolled back"
        message = f"{label} {how} the publisher's database session on {scene.name}."
        yield scene.of(execution, rules.ENDS_TRANSACTION, message)


def _works_with_session(fired: Iterable[Fired]) -> set[tuple[str, str]]:
    """Return event and handler of executions that ended well where there was a database session."""
    return {
        (publication.event, execution.handler)
        for fire in fired
        if fire.context != BARE
        for publication in fire.publications
        for execution in publication.executions
        if execution.status not in BAD_STATUSES
    }


# --- secrets --------------------------------------------------------------------------------------


def _about_secrets(scene: DeclaredPublication) -> Iterator[RunFinding]:
    for execution in scene.publication.executions:
        for note in execution.told("leak"):
            place, field = str(note.data.get("in", "")), str(note.data.get("leaked", ""))
            rule = _LEAKS.get(place, rules.SECRET_PRINTED)
            if rule in (rules.SECRET_MAILED, rules.SECRET_STORED) and is_address(field):
                continue  # the class hides it from logs; mails are sent to it, and databases keep it
            if rule is rules.SECRET_MAILED and secret_kind(field) in _ONE_TIME:
                rule = rules.TOKEN_MAILED
            message = f"{scene.label(execution.handler)} on {scene.name}: {note.text}."
            yield scene.of(execution, rule, message)


# --- the whole ------------------------------------------------------------------------------------


def _merged(findings: Iterable[RunFinding]) -> list[RunFinding]:
    """Return each finding once, with all its contexts, the worst first."""
    merged: dict[tuple[str, str, str, str], RunFinding] = {}
    for finding in findings:
        message = _NUMBERS.sub("#", finding.message)  # ids and times differ from run to run
        key = (finding.code, finding.event, finding.handler, message)
        earlier = merged.get(key)
        if earlier is None:
            merged[key] = finding
        else:
            contexts = tuple(name for name in CONTEXT_WORDS if name in {*earlier.contexts, *finding.contexts})
            merged[key] = replace(earlier, contexts=contexts)
    return sorted(merged.values(), key=lambda finding: (SEVERITIES.index(finding.severity), finding.code))


_NUMBERS: Final = re.compile(r"[0-9a-f]*[0-9][0-9a-f-]*")
