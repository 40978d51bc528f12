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
    "information",
    "An event says what happened, not what shall happen. A name that orders something is that of a command, and "
    "whoever reads it expects exactly one place that carries it out.",
    "Name what has happened: {Entity}{Action}{Outcome}, such as UserRegistrationSucceeded.",
)
def imperative(subject: Subject) -> Iterator[Hit]:
    """Names that begin with a verb and have nothing in the past."""
    for event, name in _named(subject):
        if is_imperative(name):
            yield at_event(event, f"{event.name} orders something; an event says what has happened.")


@rule(
    "EV102",
    "name-not-past-tense",
    "information",
    "Events are facts and named in the past tense. UserRegistering or PasswordChange leave open whether it was done.",
    "Name what has happened: {Entity}{Action}{Outcome}, such as PasswordChangeSucceeded.",
)
def not_past(subject: Subject) -> Iterator[Hit]:
    """Names without any past tense or participle, unless they are imperative."""
    for event, name in _named(subject):
        if not is_past_tense(name) and not is_imperative(name):
            yield at_event(event, f"{event.name} is not in the past tense.")


@rule(
    "EV103",
    "name-not-of-workflow",
    "information",
    "Wiring finds the handlers of an event by its workflow and phase. A class whose name says something else is looked "
    "for in the wrong place by everybody who reads the code.",
    "Rename the class, or correct workflow and phase in the registry.",
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
                f"begin with {camel(event.workflow)}"
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
    "warning",
    "A workflow that announces an attempt has to say how it ended. Without an outcome nobody can tell one that is "
    "under way from one that was lost.",
    "Add the events of the outcome, or make the event operational.",
)
def no_outcome(subject: Subject) -> Iterator[Hit]:
    """Workflows with an attempt and no outcome at all."""
    for workflow, attempt, phases in _attempts(subject):
        if phases <= {_ATTEMPTED, _OPERATIONAL}:
            yield at_event(attempt, f"Workflow {workflow} is attempted, and no event says how it ended.")


@rule(
    "EV105",
    "outcome-half",
    "information",
    "A workflow with an attempt usually has two ends. Where one of them has no event, whoever follows the workflow "
    "waits for it in vain.",
    "Add the missing event, if the workflow can end so.",
)
def half_outcome(subject: Subject) -> Iterator[Hit]:
    """Workflows with an attempt and only one of the two ends."""
    for workflow, attempt, phases in _attempts(subject):
        good, bad = bool(phases & _GOOD), bool(phases & _BAD)
        if good != bad:
            missing = "that it failed" if good else "that it succeeded"
            yield at_event(attempt, f"Workflow {workflow} is attempted, and no event says {missing}.")


@rule(
    "EV106",
    "phase-twice",
    "warning",
    "Workflow and phase name the handler's method. Two events in one place share it, and get_workflow_events gives "
    "only the later one.",
    "Give one of them another workflow or phase.",
)
def phase_twice(subject: Subject) -> Iterator[Hit]:
    """Two events of one workflow in one phase."""
    for workflow, events in subject.workflows.items():
        by_phase: dict[str, list[EventDescription]] = defaultdict(list)
        for event in events:
            by_phase[event.phase].append(event)
        for phase, same in by_phase.items():
            for event in same[1:]:
                text = f"{event.name} and {same[0].name} both stand in workflow {workflow}, phase {phase}."
                yield at_event(event, text)


@rule(
    "EV107",
    "event-type-twice",
    "warning",
    "Events travel by their event_type. Of two classes with the same one, what was sent as the one is read as the "
    "other.",
    "Give one of them an event_type of its own.",
)
def event_type_twice(subject: Subject) -> Iterator[Hit]:
    """Two classes that travel under one name."""
    first: dict[str, EventDescription] = {}
    for event in subject.proper_events:
        if event.event_type == subject.fact(event).channel:
            continue  # a topic that events of several classes share on purpose
        earlier = first.setdefault(event.event_type, event)
        if earlier is not event and event.event_type:
            text = f"{event.name} ({event.key}) travels as {event.event_type}, and so does {earlier.key}."
            yield at_event(event, text)


@rule(
    "EV108",
    "event-for-reading",
    "information",
    "Looking at something changes nothing, and seldom do several things follow from it. Events for everything make a "
    "program hard to follow.",
    "Call a method; keep the event where it has to be accounted for who looked.",
)
def for_reading(subject: Subject) -> Iterator[Hit]:
    """Names that end in what only looks."""
    for event, name in _named(subject):
        if event_words(name)[-1] in _READING:
            yield at_event(event, f"{event.name} tells that somebody looked at something.")


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
