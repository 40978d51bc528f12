"""How buses are read, compared with what ran: handlers that no container holds, containers whose handlers never ran."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inspector.core.records.account import not_called
from inspector.core.spec import HANDLERS, SpecLine

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal


@dataclass(frozen=True)
class FoundHandler:
    """A handler that ran and that is in no container that is read.

    Attributes:
        key: Its key, which is what a spec names it by.
        label: What people read.
        called_by: Who called it.
        count: How often it ran.
        events: The names of the events that it ran for.
        file: Its source.
        line: The line there.
    """

    key: str
    label: str
    called_by: str
    count: int
    events: tuple[str, ...]
    file: str = ""
    line: int = 0

    @property
    def sentence(self) -> str:
        """What is told of it."""
        return f"{self.label} ran and is not in the spec"


class FoundHandlers:
    """Follows a journal, and knows the handlers that ran and that no spec has.

    Args:
        journal: The run.

    Attributes:
        journal: The run.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._seen = 0
        self._counts: dict[int, int] = {}
        self._events: dict[int, dict[str, None]] = {}

    def look(self) -> list[FoundHandler]:
        """Take in what happened since the last time; return them in the order in which they were found."""
        journal = self.journal
        declared = {handler.key for handler in journal.catalog.handlers} if journal.catalog is not None else set()
        candidates = {
            number: handler
            for number, handler in enumerate(journal.handlers)
            if handler.called_by and handler.key not in declared
        }
        count = len(journal.executions)
        if candidates:
            self._take(candidates.keys(), count)
        self._seen = count
        return [
            FoundHandler(
                *(handler.key, handler.label, handler.called_by, self._counts.get(number, 0)),
                *(tuple(self._events.get(number, ())), handler.file, handler.line),
            )
            for number, handler in candidates.items()
        ]

    def _take(self, numbers: Iterable[int], count: int) -> None:
        journal = self.journal
        handlers = journal.executions["handler"][self._seen : count]
        publications = journal.executions["publication"][self._seen : count]
        of_publications = journal.publications["event"]
        for number in numbers:
            ran = np.flatnonzero(handlers == number)
            if len(ran):
                self._counts[number] = self._counts.get(number, 0) + len(ran)
                events = self._events.setdefault(number, {})
                for event in np.unique(of_publications[publications[ran]]):
                    events[journal.events[int(event)].name] = None


def found_handlers(journal: Journal) -> list[FoundHandler]:
    """Return the handlers that ran in a run and that no spec has, in the order in which they were found."""
    return FoundHandlers(journal).look()


def handlers_run(journal: Journal) -> set[str]:
    """Return the keys of the handlers that ran."""
    ran = np.unique(journal.executions["handler"])
    return {journal.handlers[int(number)].key for number in ran if number >= 0}


def unused_containers(journal: Journal) -> list[SpecLine]:
    """Return the containers of which no handler ran, though every event that they are for was published.

    Handlers that are listed as not called are told there, each with its reason.
    """
    catalog = journal.catalog
    if catalog is None:
        return []
    published = {event.name for event, count in zip(journal.events, journal.event_published, strict=False) if count}
    ran = handlers_run(journal) | {uncalled.key for uncalled in not_called(journal.host_records)}
    return [
        line
        for spec in catalog.specs
        for line in spec.of(HANDLERS)
        if line.handlers and line.events and published.issuperset(line.events) and ran.isdisjoint(line.handlers)
    ]


def observed_sentences(journal: Journal) -> list[str]:
    """Return what is told after a run: of each handler that was found, and of each container that was not used."""
    sentences = []
    for handler in found_handlers(journal):
        times = f"{handler.count} times, " if handler.count > 1 else ""
        sentences.append(f"{handler.sentence} ({times}called by {handler.called_by}).")
    for line in unused_containers(journal):
        count = len(line.handlers)
        none = "its handler did not run" if count == 1 else f"none of its {count} handlers ran"
        sentences.append(f"{line.text} is in the spec, but {none}.")
    return sentences
