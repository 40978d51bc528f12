"""Kinds of handler that events require: who has them, and who should."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.catalog.findings.subject import Subject
    from inspector.core.description import EventDescription, HandlerDescription


def missing_kinds(subject: Subject, event: EventDescription, handlers: Iterable[HandlerDescription]) -> list[str]:
    """Return the kinds that an event requires and that none of the handlers is of."""
    candidates = list(handlers)
    return [
        kind for kind in event.requires if not any(subject.is_of_kind(handler, kind, event) for handler in candidates)
    ]


def owners_of_kinds(subject: Subject) -> dict[str, str]:
    """Return, by kind of handler, the class that most events have for it: it is the one that is missing elsewhere."""
    counts: dict[str, Counter[str]] = {}
    for event in subject.events:
        for kind in event.requires:
            counts.setdefault(kind, Counter()).update(
                handler.owner for handler in subject.handlers_of(event) if subject.is_of_kind(handler, kind, event)
            )
    return {kind: owners.most_common(1)[0][0] for kind, owners in counts.items() if owners}
