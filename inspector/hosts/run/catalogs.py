"""What several processes declare, as one catalog."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from inspector.core.description import CatalogDescription, EventDescription

_Part = TypeVar("_Part")


def merged(before: CatalogDescription, new: CatalogDescription) -> CatalogDescription:
    """Return what either catalog declares; where both describe the same, the newer one does.

    Processes of one program declare mostly the same. A handler keeps its place among those of its event.
    """
    events = {event.key: event for event in before.events}
    for event in new.events:
        earlier = events.get(event.key)
        events[event.key] = event if earlier is None else replace(event, handlers=_handlers(earlier, event))
    return replace(
        new,
        program=before.program,
        events=tuple(events.values()),
        handlers=_union(before.handlers, new.handlers, lambda handler: handler.key),
        categories=tuple(dict.fromkeys((*before.categories, *new.categories))),
        statistics=new.statistics or before.statistics,
        problems=_union(before.problems, new.problems, lambda problem: (problem.where, problem.text)),
        sources=_union(before.sources, new.sources, lambda source: source.where),
        patterns=_union(before.patterns, new.patterns, lambda pattern: pattern.key),
        specs=_union(before.specs, new.specs, lambda spec: spec.where),
    )


def _handlers(before: EventDescription, new: EventDescription) -> tuple[str, ...]:
    """Return the handlers that an event has in either process; subscribed twice in one of them they stand twice."""
    if set(new.handlers) <= set(before.handlers):
        return before.handlers
    if set(before.handlers) <= set(new.handlers):
        return new.handlers
    return tuple(dict.fromkeys((*before.handlers, *new.handlers)))


def _union(before: Iterable[_Part], new: Iterable[_Part], key: Callable[[_Part], Hashable]) -> tuple[_Part, ...]:
    parts = {key(part): part for part in before}
    parts.update({key(part): part for part in new})
    return tuple(parts.values())
