"""The audit trail: the action that an event declares, and the ones that its handlers wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from inspector.catalog.conformance import rules
from inspector.catalog.findings.words import words
from inspector.core.records.statuses import OK, SWALLOWED

if TYPE_CHECKING:
    from inspector.catalog.conformance.observed import SeenExecution, SeenNote
    from inspector.catalog.conformance.rules import RunFinding
    from inspector.catalog.conformance.scene import DeclaredPublication

#: Last words of the names of columns that hold an action, the best first.
_COLUMNS: Final = ("action", "activity", "operation", "verb")
_SIGNS: Final = re.compile(r"[\W_]+")
#: So many rows, and not one as declared: actions are written in another notation than they are declared in.
_ANOTHER_NOTATION: Final = 3


class AuditTrail:
    """Judges the audit trail of a run.

    Args:
        scenes: Every publication of the run.
    """

    def __init__(self, scenes: Sequence[DeclaredPublication]) -> None:
        self._declared = [scene for scene in scenes if scene.event is not None and scene.event.audit_action]
        pairs = [
            (scene, pair)
            for scene in self._declared
            for execution in _auditing(scene)
            for pair in actions_of(execution)
        ]
        matching = sum(_same(pair, scene) for scene, pair in pairs)
        self._seen = bool(pairs)
        self._readable = bool(matching) or len({scene.name for scene, _ in pairs}) < _ANOTHER_NOTATION

    def unobserved(self) -> Iterator[RunFinding]:
        """Yield, once, that nothing can be said."""
        if not self._declared or (self._seen and self._readable):
            return
        first = self._declared[0]
        why = "no action in the added rows is spelled as declared" if self._seen else "no row with an action was seen"
        yield first.finding(rules.ACTION_UNSEEN, f"Audit actions not compared: {why}.")

    def judge(self, scene: DeclaredPublication) -> Iterator[RunFinding]:
        """Compare the action of one publication with the one declared."""
        event = scene.event
        if event is None or not event.audit_action or not self._readable:
            return
        for execution in _auditing(scene):
            if execution.injected or execution.status not in (OK, SWALLOWED):
                continue  # that it failed is a finding of its own
            written = actions_of(execution)
            label = scene.label(execution.handler)
            if any(_same(pair, scene) for pair in written):
                continue
            if written:
                names = " and ".join(dict.fromkeys(pair[0] for pair in written))
                message = f"{label} recorded {names} for {event.name}; expected {event.audit_action}."
                yield scene.of(execution, rules.ACTION_DIFFERS, message)
            elif self._seen and execution.status == OK:
                message = f"{label} recorded no action for {event.name}; expected {event.audit_action}."
                yield scene.of(execution, rules.ACTION_MISSING, message)


def actions_of(execution: SeenExecution) -> list[tuple[str, str]]:
    """Return the actions in the rows that an execution added: each as the row's text and the enum member's name."""
    actions = []
    for note in execution.told("row"):
        pair = _action(note)
        if pair is not None:
            actions.append(pair)
    return actions


def _action(note: SeenNote) -> tuple[str, str] | None:
    values, names = _mapping(note.data.get("values")), _mapping(note.data.get("names"))
    for word in _COLUMNS:
        for column, value in values.items():
            parts = words(column)
            if isinstance(value, str) and (
                parts[-1:] == (word,) or (word in parts and parts[-1:] in (("name",), ("type",)))
            ):
                return value, str(names.get(column, ""))
    return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _auditing(scene: DeclaredPublication) -> list[SeenExecution]:
    """Return executions that should write the audit trail: those of audit handlers, else all that wrote an action."""
    event = scene.event
    executions = scene.publication.executions
    if event is None:
        return []
    audit = [
        execution
        for execution in executions
        if scene.subject.is_of_kind(scene.subject.handler(execution.handler), "audit", event)
    ]
    return audit or [execution for execution in executions if actions_of(execution)]


def _same(pair: tuple[str, str], scene: DeclaredPublication) -> bool:
    """Return whether an action is the declared one: ``user_login``, ``USER_LOGIN`` and ``user.login`` are the same."""
    declared = _plain(scene.event.audit_action if scene.event is not None else "")
    return declared in (_plain(pair[0]), _plain(pair[1]))


def _plain(text: str) -> str:
    return _SIGNS.sub("", text).casefold()
