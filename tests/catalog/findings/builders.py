"""Small programs to check: a description, facts and source that are right until a test makes them wrong."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.agent.facts.source import scan
from inspector.catalog.findings import CheckSettings, Finding, find
from inspector.core.description import (
    CatalogDescription,
    EventDescription,
    FieldShape,
    HandlerDescription,
    Problem,
    TypeShape,
)
from inspector.core.facts import CatalogFacts, EventFacts, HandlerFacts, SSEFacts, SSEType, UncalledMethod

#: Stands for the file that ``Program.source`` is written to.
SOURCE = "the source"
#: The file of the events, which counts as read.
EVENTS = "/app/events.py"
LOGGING = HandlerDescription("app:LoggingHandler.handle", "LoggingHandler.handle", "LoggingHandler", "handle", line=1)
AUDIT = HandlerDescription("app:AuditHandler.handle", "AuditHandler.handle", "AuditHandler", "handle", line=2)


class Program:
    """A program with one event that nothing is wrong with: OrderPlaced, logged and audited."""

    def __init__(self) -> None:
        self.events: list[EventDescription] = []
        self.facts: dict[str, EventFacts] = {}
        self.handlers = {each.key: each for each in (LOGGING, AUDIT)}
        self.handler_facts: dict[str, HandlerFacts] = {}
        self.uncalled: list[UncalledMethod] = []
        self.sse: list[SSEFacts] = []
        self.sse_types: list[str] = []
        self.audit_actions: tuple[str, ...] | None = None
        self.async_bus = True
        self.session_by_publish = True
        self.problems: list[Problem] = []
        self.source = ""
        self.settings = CheckSettings()
        self.event("OrderPlaced")

    def event(self, name: str, facts: dict[str, Any] | None = None, **values: Any) -> str:
        """Add an event (or replace the one of that name); gives its key."""
        key = f"app.{name}"
        given = {"workflow": "", "phase": "", "handlers": (LOGGING.key, AUDIT.key), "file": EVENTS, **values}
        made = EventDescription(
            name=name,
            key=key,
            category="app",
            line=7,
            event_type=name,
            **{each: value for each, value in given.items() if each != "event_type"},
        )
        made = replace(made, event_type=given.get("event_type", name))
        self.events = [each for each in self.events if each.name != name] + [made]
        self.facts[key] = EventFacts(key, **{"frozen": True, "keyword_only": True, **(facts or {})})
        return key

    def field(self, name: str, type_: TypeShape, **values: Any) -> None:
        """Give OrderPlaced a field."""
        self.event("OrderPlaced", fields=(FieldShape(name, type_, True, **values),))

    def handler(self, label: str, facts: dict[str, Any] | None = None, **values: Any) -> str:
        """Add a handler; gives its key."""
        owner, _, method = label.rpartition(".")
        key = f"app:{label}"
        self.handlers[key] = HandlerDescription(
            key, label, owner or "app", method, "app", "/app/handlers.py", 3, **values
        )
        self.handler_facts[key] = HandlerFacts(key, **(facts or {}))
        return key

    def check(self) -> list[Finding]:
        """Check it."""
        description = CatalogDescription(
            "app", tuple(self.events), tuple(self.handlers.values()), ("app",), problems=tuple(self.problems)
        )
        facts = CatalogFacts(
            tuple(self.facts.values()),
            tuple(self.handler_facts.values()),
            tuple(self.uncalled),
            has_registry=True,
            session_by_publish=self.session_by_publish,
            async_bus=self.async_bus,
            audit_actions=self.audit_actions,
            sse=tuple(self.sse),
            sse_types=tuple(map(SSEType, self.sse_types)),
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(os.path.realpath(folder), "app.py")
            path.write_text(self.source or _makes(self.events), encoding="utf-8")
            placed = replace(facts, sse=tuple(replace(each, file=str(path)) for each in facts.sse))
            handlers = (replace(each, file=str(path)) if each.file == SOURCE else each for each in description.handlers)
            description = replace(description, handlers=tuple(handlers))
            source = scan([path])
            source = replace(source, paths=source.paths | {EVENTS})
            return find(description, placed, source, self.settings)

    def codes(self) -> list[str]:
        """Check it; gives the codes, sorted."""
        return sorted(finding.code for finding in self.check())


def _makes(events: list[EventDescription]) -> str:
    return "".join(f"{event.name}()\n" for event in events)
