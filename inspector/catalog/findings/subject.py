"""What rules look at: a description, its facts and the source, indexed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.settings import CheckSettings
from inspector.catalog.findings.words import event_words, is_past_tense, words
from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription
from inspector.core.facts import CatalogFacts, EventFacts, HandlerFacts

if TYPE_CHECKING:
    from inspector.core.source import SourceScan

#: How handlers of each kind are called.
KIND_WORDS: Final = {
    "logging": frozenset({"log", "logs", "logger", "logging"}),
    "audit": frozenset({"audit", "audits", "auditing", "auditor"}),
    "email": frozenset({"email", "emails", "mail", "mails", "mailer", "mailing"}),
    "session": frozenset({"session", "sessions", "login", "logins"}),
}


class Subject:
    """A program to be checked.

    Args:
        description: What it declares.
        facts: What is known beyond that.
        source: What stands in its source; None when there is none to read.
        settings: What the project says about its check.
    """

    def __init__(
        self,
        description: CatalogDescription,
        facts: CatalogFacts,
        source: SourceScan | None = None,
        settings: CheckSettings | None = None,
    ) -> None:
        self.description = description
        self.facts = facts
        self.source = source
        self.settings = settings or CheckSettings()
        self.events = description.events
        self._facts = {fact.key: fact for fact in facts.events}
        self._handler_facts = {fact.key: fact for fact in facts.handlers}
        self._handlers = {handler.key: handler for handler in description.handlers}

    def fact(self, event: EventDescription) -> EventFacts:
        """Return the facts of an event; those of one that nothing is known of say so."""
        return self._facts.get(event.key) or EventFacts(event.key, make="")

    def handler(self, key: str) -> HandlerDescription:
        """Return a handler."""
        return self._handlers.get(key) or HandlerDescription(key, key, "", key)

    def handler_fact(self, key: str) -> HandlerFacts:
        """Return the facts of a handler."""
        return self._handler_facts.get(key) or HandlerFacts(key)

    def handlers_of(self, event: EventDescription) -> list[HandlerDescription]:
        """Return the handlers of an event, each once."""
        return [self.handler(key) for key in dict.fromkeys(event.handlers)]

    def first_uses(self) -> Iterator[tuple[HandlerDescription, EventDescription]]:
        """Yield every handler once, with the first event that it is subscribed to."""
        visited: set[str] = set()
        for event in self.events:
            for key in event.handlers:
                if key not in visited:
                    visited.add(key)
                    yield self.handler(key), event

    @cached_property
    def names(self) -> dict[str, EventDescription]:
        """The events by the bare name of their class; of two of one name the first."""
        names: dict[str, EventDescription] = {}
        for event in self.events:
            names.setdefault(self.bare_name(event), event)
        return names

    def bare_name(self, event: EventDescription) -> str:
        """Return the name of an event's class, without module and without what the catalog adds to tell two apart.

        Events that are a name keep it whole: the dots in it are their own.
        """
        bare = event.key.rpartition(".")[2]
        return bare if self.fact(event).make != "name" and event.name.endswith(bare) else event.name

    @cached_property
    def below(self) -> dict[str, list[EventDescription]]:
        """The events below a class, by that class's key."""
        below: dict[str, list[EventDescription]] = defaultdict(list)
        for event in self.events:
            for base in self.fact(event).bases:
                below[base].append(event)
        return dict(below)

    def is_base(self, event: EventDescription) -> bool:
        """Return whether it is a class that only stands above other events.

        One that is in the registry or constructed in the source is an event itself, and so is one with a handler of its
        own that is called as what has happened: on a base class handlers are subscribed for all that is below it.
        """
        if event.key not in self.below or self._is_made(event):
            return False
        return not (self.fact(event).subscribed and is_past_tense(self.bare_name(event)))

    def _is_made(self, event: EventDescription) -> bool:
        registered = self.fact(event).registered and self.facts.has_registry
        return registered or (self.source is not None and self.bare_name(event) in self.source.constructed)

    def can_be_fired(self, event: EventDescription) -> bool:
        """Return whether it makes sense to publish an event by itself.

        Of classes above other events it does for those in the registry, with a handler of their own or constructed in
        the source; never for one that cannot be instantiated.
        """
        fact = self.fact(event)
        if fact.abstract:
            return False
        return event.key not in self.below or fact.subscribed or self._is_made(event)

    @cached_property
    def proper_events(self) -> list[EventDescription]:
        """The events, without classes that only stand above others."""
        return [event for event in self.events if not self.is_base(event)]

    @cached_property
    def workflows(self) -> dict[str, list[EventDescription]]:
        """The events of each workflow."""
        workflows: dict[str, list[EventDescription]] = defaultdict(list)
        for event in self.events:
            if event.workflow:
                workflows[event.workflow].append(event)
        return dict(workflows)

    def is_of_kind(self, handler: HandlerDescription, kind: str, event: EventDescription) -> bool:
        """Return whether a handler is one for logging, audit, …: by what it is called, or by the settings."""
        if any(fnmatchcase(handler.label, glob) for glob in self.settings.kinds.get(kind, ())):
            return True
        kind_words = KIND_WORDS.get(kind, frozenset({kind}))
        # ``handle_session_created`` says session because the event does, not because of what the method is for.
        own = {*words(handler.method)} - {*event_words(event.name), *words(event.workflow)}
        return not kind_words.isdisjoint(words(handler.owner)) or not kind_words.isdisjoint(own)
