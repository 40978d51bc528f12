"""Finding events: by name, handler, field, workflow, category or docstring, the best matches first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription

#: How much a match counts, by the place where it is found; a word counts once, at its best place.
_WEIGHTS: Final = (
    ("name", 100),
    ("workflow", 70),
    ("phase", 60),
    ("handlers", 45),
    ("fields", 40),
    ("words", 30),
    ("doc", 15),
)
_HUMP: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")


@dataclass(frozen=True)
class _Entry:
    """What of an event is searched, lower case."""

    event: EventDescription
    texts: dict[str, str]
    initials: str


class CatalogIndex:
    """A catalog made searchable.

    Args:
        catalog: What is searched. Handlers count for the events to which they are subscribed.
    """

    def __init__(self, catalog: CatalogDescription) -> None:
        handlers = {handler.key: handler for handler in catalog.handlers}
        self._entries = [_entry(event, handlers) for event in catalog.events]

    def search(self, query: str) -> list[EventDescription]:
        """Return the events that match every word of the query, the best first; all of them for an empty query.

        A word matches where it occurs, and in an event's name also as the beginnings of its parts: ``upcs``
        finds ``UserPasswordChangeSucceeded``. Equally good matches stay in the order of the catalog.
        """
        words = query.lower().split()
        if not words:
            return [entry.event for entry in self._entries]
        scored = [(entry.event, _score(entry, words)) for entry in self._entries]
        hits = [pair for pair in scored if pair[1] > 0]
        return [event for event, _ in sorted(hits, key=lambda pair: -pair[1])]

    def names(self, query: str) -> frozenset[str]:
        """Return the names of the events that match."""
        return frozenset(event.name for event in self.search(query))


def _entry(event: EventDescription, handlers: dict[str, HandlerDescription]) -> _Entry:
    labels = [handlers[key].label if key in handlers else key for key in event.handlers]
    texts = {
        "name": event.name,
        "workflow": event.workflow,
        "phase": event.phase,
        "handlers": " ".join(labels),
        "fields": " ".join(field.name for field in event.fields if not field.base),
        "words": " ".join((event.category, event.audit_action, event.sse.event_type if event.sse else "")),
        "doc": event.doc,
    }
    return _Entry(event, {place: text.lower() for place, text in texts.items()}, " ".join(parts(event.name)))


def parts(name: str) -> list[str]:
    """Return the parts of a class name, lower case: ``SSEFrameSent`` is ``sse``, ``frame``, ``sent``."""
    return [part.lower() for part in _HUMP.findall(name)]


def _score(entry: _Entry, words: Iterable[str]) -> int:
    """Return how well an event matches: 0 when a word is nowhere."""
    total = 0
    for word in words:
        best = _word_score(entry, word)
        if not best:
            return 0
        total += best
    return total


def _word_score(entry: _Entry, word: str) -> int:
    for place, weight in _WEIGHTS:
        position = entry.texts[place].find(word)
        if position >= 0:
            whole = entry.texts[place] == word
            return weight + (20 if whole else 10 if position == 0 else 0)
    return 25 if begins_parts(entry.initials.split(), word) else 0


def begins_parts(name_parts: list[str], word: str) -> bool:
    """Return whether a word is made of beginnings of the parts, in order, the first part included.

    ``["user", "password", "change"]`` is found by ``upc``, ``uspass`` and ``userch``.
    """
    if not name_parts or not word or not name_parts[0].startswith(word[0]):
        return False
    places = {(0, 0)}  # (position in the word, next part that may be used)
    while places:
        following: set[tuple[int, int]] = set()
        for position, first in places:
            for number in range(first, len(name_parts)):
                if position == 0 and number > 0:
                    break
                for length in range(1, min(len(name_parts[number]), len(word) - position) + 1):
                    if not word.startswith(name_parts[number][:length], position):
                        break
                    if position + length == len(word):
                        return True
                    following.add((position + length, number + 1))
        places = following
    return False
