"""Rules over names, workflows and phases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.model import Hit, at_event, rule
from inspector.catalog.findings.words import camel, event_words, is_imperative, is_past_tense, words

if TYPE_CHECKING:
    from inspector.catalog.findings.subject import Subject
    from inspector.core.description import EventDescription

_ATTEMPTED: Final = "attempted"
#: What can come of an attempt: the good end and the bad one.
_GOOD: Final = frozenset({"succeeded", "allowed", "completed", "accepted", "approved"})
_BAD: Final = frozenset({"failed", "denied", "rejected", "declined", "cancelled", "canceled", "refused"})
_READING: Final = frozenset({"viewed", "fetched", "listed", "read", "retrieved", "queried", "browsed", "searched"})
_OPERATIONAL: Final = "operational"


def _named(subject: Subject) -> Iterator[tuple[EventDescription, str]]:
    """Yield the events whose name is to be judged, with it: commands order something, that is what they are for."""
    for event in subject.proper_events:
        name = subject.bare_name(event)
        if subject.fact(event).kind != "command" and event_words(name):
            yield event, name


@rule(
    "EV101",
    "imperative-name",
    "Imperative name",
    "information",
    "An event states what happened. An imperative name is that of a command, and readers expect exactly one "
    "handler to carry it out.",
    "Use the past tense: {Entity}{Action}{Outcome}, for example UserRegistrationSucceeded.",
)
def imperative(subject: Subject) -> Iterator[Hit]:
    """Names that begin with a verb and have nothing in the past."""
    for event, name in _named(subject):
        if is_imperative(name):
            yield at_event(event, f"{event.name} sounds like a command, not like something that happened.")


@rule(
    "EV102",
    "name-not-past-tense",
    "Name not in past tense",
    "information",
    "Events are facts. Names like UserRegistering or PasswordChange leave open whether it happened.",
    "Use the past tense: {Entity}{Action}{Outcome}, for example PasswordChangeSucceeded.",
)
def not_past(subject: Subject) -> Iterator[Hit]:
    """Names without any past tense or participle, unless they are imperative."""
    for event, name in _named(subject):
        if not is_past_tense(name) and not is_imperative(name):
            yield at_event(event, f"{event.name} is not in the past tense.")


@rule(
    "EV103",
    "name-not-of-workflow",
    "Name doesn't match workflow",
    "information",
    "Handlers are wired by workflow and phase. A class whose name says something else is hard to find in the code.",
    "Rename the class, or correct its workflow and phase in the registry.",
)
def not_of_workflow(subject: Subject) -> Iterator[Hit]:
    """Names that are not workflow and phase put together."""
    for event, name in _named(subject):
        if not event.workflow or not event.phase:
            continue
        squashed = "".join(event_words(name))
        workflow, phase = ("".join(words(part)) for part in (event.workflow, event.phase))
        fits = squashed.startswith(workflow) if phase == _OPERATIONAL else squashed == workflow + phase
        if not fits:
            should = (
                f"start with {camel(event.workflow)}"
                if phase == _OPERATIONAL
                else f"be {camel(event.workflow, event.phase)}"
            )
            text = f"{event.name} is registered under {event.workflow}/{event.phase}, so it should {should}."
            yield at_event(event, text)


def _attempts(subject: Subject) -> Iterator[tuple[str, EventDescription, set[str]]]:
    """The workflows that announce an attempt: name, the event that does so, and the phases of all."""
    for workflow, events in subject.workflows.items():
        attempt = next((event for event in events if event.phase.lower() == _ATTEMPTED), None)
        if attempt is not None:
            yield workflow, attempt, {event.phase.lower() for event in events}


@rule(
    "EV104",
    "outcome-missing",
    "Missing outcome",
    "warning",
    "A workflow with an attempt must also say how it ended. Without an outcome, a running workflow looks the "
    "same as a lost one.",
    "Add the outcome events, or make this one operational.",
)
def no_outcome(subject: Subject) -> Iterator[Hit]:
    """Workflows with an attempt and no outcome at all."""
    for workflow, attempt, phases in _attempts(subject):
        if phases <= {_ATTEMPTED, _OPERATIONAL}:
            yield at_event(attempt, f"Workflow {workflow} has an attempt but no outcome.")


@rule(
    "EV105",
    "outcome-half",
    "Only one outcome",
    "information",
    "A workflow with an attempt usually has two outcomes. If one has no event, its followers wait forever.",
    "Add the missing event if the workflow can end that way.",
)
def half_outcome(subject: Subject) -> Iterator[Hit]:
    """Workflows with an attempt and only one of the two ends."""
    for workflow, attempt, phases in _attempts(subject):
        good, bad = bool(phases & _GOOD), bool(phases & _BAD)
        if good != bad:
            missing = "failure" if good else "success"
            yield at_event(attempt, f"Workflow {workflow} has an attempt but no event for {missing}.")


@rule(
    "EV106",
    "phase-twice",
    "Duplicate phase",
    "warning",
    "Workflow and phase name the handler method. Two events in the same place share it, and "
    "get_workflow_events returns only the second.",
    "Move one of them to another workflow or phase.",
)
def phase_twice(subject: Subject) -> Iterator[Hit]:
    """Two events of one workflow in one phase."""
    for workflow, events in subject.workflows.items():
        by_phase: dict[str, list[EventDescription]] = defaultdict(list)
        for event in events:
            by_phase[event.phase].append(event)
        for phase, same in by_phase.items():
            for event in same[1:]:
                text = f"{event.name} and {same[0].name} are both registered under {workflow}/{phase}."
                yield at_event(event, text)


@rule(
    "EV107",
    "event-type-twice",
    "Duplicate event_type",
    "warning",
    "Events are sent by their event_type. If two classes share one, one is read back as the other.",
    "Give one of them its own event_type.",
)
def event_type_twice(subject: Subject) -> Iterator[Hit]:
    """Two classes that travel under one name."""
    first: dict[str, EventDescription] = {}
    for event in subject.proper_events:
        if event.event_type == subject.fact(event).channel:
            continue  # a topic that events of several classes share on purpose
        earlier = first.setdefault(event.event_type, event)
        if earlier is not event and event.event_type:
            text = f"{event.name} ({event.key}) has the event_type {event.event_type}, and so does {earlier.key}."
            yield at_event(event, text)


@rule(
    "EV108",
    "event-for-reading",
    "Event for a read",
    "information",
    "Reading changes nothing, and rarely do several things follow from it. Events for everything make a "
    "program hard to follow.",
    "Call a method instead; keep the event where access must be audited.",
)
def for_reading(subject: Subject) -> Iterator[Hit]:
    """Names that end in what only looks."""
    for event, name in _named(subject):
        if event_words(name)[-1] in _READING:
            yield at_event(event, f"{event.name} reports that something was read.")


RULES: Final = (
    imperative,
    not_past,
    not_of_workflow,
    no_outcome,
    half_outcome,
    phase_twice,
    event_type_twice,
    for_reading,
)
