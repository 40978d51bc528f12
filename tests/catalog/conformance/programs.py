"""Small programs and runs, as data."""

from __future__ import annotations

from typing import Any

from inspector.catalog.conformance.compare import compare
from inspector.catalog.conformance.observed import SESSION, Fired, SeenExecution, SeenNote, SeenPublication
from inspector.catalog.conformance.rules import RunFinding
from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription, SSEDescription
from inspector.core.records.numbers import ExecutionNumber, PublicationNumber

AUDIT, MAIL, SSE = "app:AuditHandler.handle", "app:EmailHandler.handle", "app:SSEHandler.handle"


def handler(key: str) -> HandlerDescription:
    label = key.partition(":")[2]
    owner, _, method = label.rpartition(".")
    return HandlerDescription(key, label, owner, method, "app", "/app/handlers.py", 10)


def event(name: str = "OrderPlaced", *handlers: str, **more: Any) -> EventDescription:
    more.setdefault("file", "/app/events.py")
    more.setdefault("line", 3)
    return EventDescription(name, f"app.{name}", name, "orders", "order", "placed", handlers=handlers, **more)


def sse(*fields: str) -> SSEDescription:
    return SSEDescription("order.placed", "orders", fields)


def program(*events: EventDescription) -> CatalogDescription:
    keys = dict.fromkeys(key for each in events for key in each.handlers)
    return CatalogDescription("shop", events, tuple(handler(key) for key in keys))


def row(action: str, name: str = "") -> SeenNote:
    names = {"action": name} if name else {}
    return SeenNote("row", "info", "", {"table": "audit", "values": {"id": 1, "action": action}, "names": names})


def frame(*fields: str, name: str = "order.placed") -> SeenNote:
    return SeenNote("sse", "info", name, {"event": name, "fields": list(fields)})


def leak(place: str, field: str) -> SeenNote:
    return SeenNote("leak", "warning", f"{field} reached something", {"in": place, "leaked": field})


def ran(key: str, *notes: SeenNote, status: str = "ok", error: str = "", number: int = 1, **more: Any) -> SeenExecution:
    return SeenExecution(ExecutionNumber(number), key, status, error, notes=notes, **more)


def fired(*executions: SeenExecution, name: str = "OrderPlaced", context: str = SESSION, handlers: int = 1) -> Fired:
    publication = SeenPublication(PublicationNumber(1), name, handlers, executions=executions)
    return Fired(name, context, publications=(publication,))


def found(description: CatalogDescription, *runs: Fired) -> list[RunFinding]:
    return compare(description, runs)


def codes(description: CatalogDescription, *runs: Fired) -> list[str]:
    return [finding.code for finding in found(description, *runs)]
