"""``inspector catalog``: the tree and the statistics of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.app.text import plural
from inspector.cli import exitcodes
from inspector.cli.programs import demo_program

if TYPE_CHECKING:
    import argparse

    from inspector.cli.console import Cell, Console
    from inspector.core.description import CatalogDescription, EventDescription, FieldShape


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; gives the exit code."""
    catalog = demo_program().catalog()
    if arguments.json:
        console.data(as_json(catalog))
    else:
        _tell(catalog, console)
    return exitcodes.OK


def as_json(catalog: CatalogDescription) -> dict[str, Any]:
    """Give the catalog as JSON, handlers by the name that people read."""
    labels = {handler.key: handler.label for handler in catalog.handlers}
    base = {shape.name: shape for event in catalog.events for shape in event.fields if shape.base}
    return {
        "program": catalog.program,
        "statistics": catalog.statistics,
        "categories": list(catalog.categories),
        "subscriptions": catalog.subscriptions,
        "base_fields": [_field(shape) for shape in base.values()],
        "events": [_event(event, labels) for event in catalog.events],
    }


def _event(event: EventDescription, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "name": event.name,
        "key": event.key,
        "event_type": event.event_type,
        "category": event.category,
        "workflow": event.workflow,
        "phase": event.phase,
        "doc": event.doc,
        "fields": [_field(shape) for shape in event.fields if not shape.base],
        "handlers": [labels[key] for key in event.handlers],
        "requires": list(event.requires),
        "audit_action": event.audit_action or None,
        "sse": event.sse.event_type if event.sse else None,
    }


def _field(shape: FieldShape) -> dict[str, Any]:
    return {"name": shape.name, "type": shape.type.text, "required": shape.required}


def _tell(catalog: CatalogDescription, console: Console) -> None:
    workflows = {(event.category, event.workflow) for event in catalog.events}
    console.line(
        f"{console.styled(catalog.program, 'bold')}: {plural(len(catalog.events), 'event')}, "
        f"{plural(len(workflows), 'workflow')}, {plural(catalog.subscriptions, 'subscription')}"
    )
    for category in catalog.categories:
        events = [event for event in catalog.events if event.category == category]
        console.heading(f"{category} ({len(events)})")
        rows: list[list[Cell]] = []
        before = ""
        for event in events:
            workflow, before = (event.workflow if event.workflow != before else ""), event.workflow
            handlers = plural(len(event.handlers), "handler")
            fields = ", ".join(f"{shape.name}: {shape.type.text}" for shape in event.fields if not shape.base)
            rows.append([(workflow, "cyan"), (event.phase, "dim"), event.name, handlers, (fields, "dim")])
        console.table(rows)
    console.heading("statistics")
    console.table([[name.replace("_", " "), _statistic(value)] for name, value in catalog.statistics.items()])


def _statistic(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return str(value)
