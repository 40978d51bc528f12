"""The difference between the contexts: what a handler does bare, with a database session, with one rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from inspector.catalog.conformance import rules
from inspector.catalog.conformance.observed import context_words
from inspector.core.records.statuses import BAD_STATUSES

if TYPE_CHECKING:
    from inspector.catalog.conformance.observed import Fired, SeenExecution
    from inspector.core.description import CatalogDescription
    from inspector.core.records.numbers import ExecutionNumber, PublicationNumber

#: Kinds of note that count as an effect.
_EFFECTS: Final = {"row": "rows", "mail": "mail", "sse": "frames"}


@dataclass(frozen=True)
class ContextOutcome:
    """What a handler did in one context.

    Attributes:
        status: How it ended.
        effects: What it did: ``rows``, ``mail``, ``frames``.
        publication: Number of the publication.
        execution: Number of the execution.
    """

    status: str
    effects: tuple[str, ...]
    publication: PublicationNumber
    execution: ExecutionNumber

    def same(self, other: ContextOutcome) -> bool:
        """Return whether the handler did the same."""
        return (self.status, self.effects) == (other.status, other.effects)


@dataclass(frozen=True)
class Difference:
    """A handler that does not do the same in every context.

    Attributes:
        event: Name of the event.
        handler: Key of the handler.
        outcomes: What it did, by context.
    """

    event: str
    handler: str
    outcomes: Mapping[str, ContextOutcome]

    def as_json(self, labels: Mapping[str, str]) -> dict[str, Any]:
        """Return the difference as JSON, the handler by the name that people read."""
        contexts = {
            name: {"status": outcome.status, "effects": list(outcome.effects), "execution": outcome.execution}
            for name, outcome in self.outcomes.items()
        }
        return {"event": self.event, "handler": labels.get(self.handler, self.handler), "contexts": contexts}


def differences(fired: Sequence[Fired]) -> list[Difference]:
    """Return every handler that did not do the same in every context in which it ran; derived publications aside."""
    outcomes_by_place: dict[tuple[str, str], dict[str, ContextOutcome]] = {}
    for fire in fired:
        for publication in fire.publications:
            if publication.cause:
                continue
            for execution in publication.executions:
                if not execution.injected:
                    outcomes = outcomes_by_place.setdefault((publication.event, execution.handler), {})
                    outcomes.setdefault(fire.context, _outcome(execution, publication.number))
    differing = []
    for (event, handler), outcomes in outcomes_by_place.items():
        first, *rest = outcomes.values()
        if not all(first.same(other) for other in rest):
            differing.append(Difference(event, handler, outcomes))
    return differing


def as_findings(
    differing: Sequence[Difference], description: CatalogDescription, *, sessions: bool = True
) -> Iterator[rules.RunFinding]:
    """Yield the differences as findings, in words for a program that has database sessions, or has none."""
    handlers = {handler.key: handler for handler in description.handlers}
    for difference in differing:
        handler = handlers.get(difference.handler)
        label = handler.label if handler is not None else difference.handler
        story = "; ".join(
            f"{context_words(name, sessions=sessions)}: {_words(outcome)}"
            for name, outcome in difference.outcomes.items()
        )
        worst = next((outcome for outcome in difference.outcomes.values() if outcome.status in BAD_STATUSES), None)
        shown = worst or next(iter(difference.outcomes.values()))
        yield rules.RunFinding(
            rules.CONTEXT_DIFFERS.code,
            rules.CONTEXT_DIFFERS.severity,
            f"{label} on {difference.event} depends on the context. {story[:1].upper()}{story[1:]}.",
            rules.CONTEXT_DIFFERS.fix,
            difference.event,
            label,
            handler.file if handler is not None else "",
            handler.line if handler is not None else 0,
            tuple(difference.outcomes),
            shown.publication,
            shown.execution,
        )


def _outcome(execution: SeenExecution, publication: PublicationNumber) -> ContextOutcome:
    kinds = {note.kind for note in execution.notes}
    effects = tuple(name for kind, name in _EFFECTS.items() if kind in kinds)
    return ContextOutcome(execution.status, effects, publication, execution.number)


def _words(outcome: ContextOutcome) -> str:
    status = outcome.status.replace("_", " ")
    return f"{status}, {' and '.join(outcome.effects)}" if outcome.effects else status
