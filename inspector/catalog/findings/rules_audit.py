"""Rules over audit actions."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.model import Hit, at_event, rule

if TYPE_CHECKING:
    from inspector.catalog.findings.subject import Subject
    from inspector.core.description import EventDescription


def _audited(subject: Subject) -> Iterator[EventDescription]:
    return (event for event in subject.events if "audit" in event.requires)


@rule(
    "EV401",
    "audit-action-missing",
    "Audit action missing",
    "warning",
    "The event must be audited, but the registry names no audit action for it.",
    "Add its audit action to the registry.",
)
def missing(subject: Subject) -> Iterator[Hit]:
    """Audited events without an action."""
    for event in _audited(subject):
        if not event.audit_action.strip():
            yield at_event(event, f"{event.name} requires audit but has no audit action.")


@rule(
    "EV402",
    "audit-action-unknown",
    "Unknown audit action",
    "error",
    "The registry names an audit action that the program does not define. The audit handler fails when it "
    "looks it up, and no row is written.",
    "Define the action, or correct its name in the registry.",
)
def unknown(subject: Subject) -> Iterator[Hit]:
    """Actions that the program's list of them does not have."""
    actions = subject.facts.audit_actions
    if actions is None:
        return
    listed = set(actions)
    for event in _audited(subject):
        action = event.audit_action
        if action.strip() and action not in listed:
            near = get_close_matches(action, actions, 1)
            guess = f" Did you mean {near[0]}?" if near else ""
            yield at_event(event, f"{event.name} has an unknown audit action: {action}.{guess}")


@rule(
    "EV403",
    "audit-action-twice",
    "Duplicate audit action",
    "warning",
    "Two events share an audit action: the audit trail cannot tell which one happened.",
    "Give each event its own action.",
)
def twice(subject: Subject) -> Iterator[Hit]:
    """Actions that more than one event has."""
    first: dict[str, EventDescription] = {}
    for event in _audited(subject):
        if event.audit_action:
            earlier = first.setdefault(event.audit_action, event)
            if earlier is not event:
                yield at_event(event, f"{event.name} and {earlier.name} are both audited as {event.audit_action}.")


RULES: Final = (missing, unknown, twice)
