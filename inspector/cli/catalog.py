"""``inspector catalog``: the tree and the statistics of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inspector.app.text import one_line, plural
from inspector.cli import exitcodes
from inspector.cli.programs import demo_catalog, may_be_project

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from inspector.cli.console import Cell, Console
    from inspector.core.description import CatalogDescription, EventDescription, FieldShape


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return the exit code.

    Raises:
        InspectorError: The program cannot be loaded.
    """
    if not may_be_project(arguments):
        return _print(demo_catalog(), arguments, console)
    from inspector.cli.source import EmbeddedSource, source_of, tells_load_errors

    @tells_load_errors
    def load(arguments: argparse.Namespace, console: Console) -> int:
        source = source_of(arguments, console)
        if isinstance(source, EmbeddedSource):
            return _print(demo_catalog(), arguments, console)
        from inspector.cli.running import run as run_coroutine  # it loads numpy and the hosts

        return _print(as_json(run_coroutine(source.describe())), arguments, console)

    return load(arguments, console)


def _print(catalog: dict[str, Any], arguments: argparse.Namespace, console: Console) -> int:
    if arguments.json:
        console.data(catalog)
    else:
        _tell(catalog, console)
    return exitcodes.OK


def as_json(catalog: CatalogDescription) -> dict[str, Any]:
    """Return the catalog as JSON, handlers by the name that people read."""
    labels = {handler.key: handler.label for handler in catalog.handlers}
    base = {shape.name: shape for event in catalog.events for shape in event.fields if shape.base}
    return {
        "program": catalog.program,
        "statistics": catalog.statistics,
        "categories": list(catalog.categories),
        "subscriptions": catalog.subscriptions,
        "base_fields": [_field(shape) for shape in base.values()],
        "events": [_event(event, labels) for event in catalog.events],
        "patterns": [
            {"pattern": pattern.name, "handlers": [labels.get(key, key) for key in pattern.handlers]}
            for pattern in catalog.patterns
        ],
        "sources": [
            {"where": source.where, "adapter": source.adapter, "text": source.text} for source in catalog.sources
        ],
        "problems": [
            {
                "where": trouble.where,
                "text": trouble.text,
                "hint": trouble.hint,
                "file": trouble.file,
                "line": trouble.line,
            }
            for trouble in catalog.problems
        ],
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
        "handlers": [labels.get(key, key) for key in event.handlers],
        "requires": list(event.requires),
        "audit_action": event.audit_action or None,
        "sse": event.sse.event_type if event.sse else None,
    }


def _field(shape: FieldShape) -> dict[str, Any]:
    return {"name": shape.name, "type": shape.type.text, "required": shape.required}


def _tell(catalog: dict[str, Any], console: Console) -> None:
    events = catalog["events"]
    workflows = {event["workflow"] for event in events if event["workflow"]}
    counts = [plural(len(events), "event")]
    counts += [plural(len(workflows), "workflow")] if workflows else []
    counts += [plural(catalog["subscriptions"], "subscription")]
    console.line(f"{console.styled(one_line(catalog['program']), 'bold')}: {', '.join(counts)}")
    for category in dict.fromkeys([*catalog["categories"], *(event["category"] for event in events)]):
        of_category = [event for event in events if event["category"] == category]
        console.heading(f"{one_line(category) or 'no category'} ({len(of_category)})")
        console.table(_rows(of_category))
    if catalog["patterns"]:
        console.heading(f"patterns ({len(catalog['patterns'])})")
        console.table(_rows([_EMPTY | pattern | {"name": pattern["pattern"]} for pattern in catalog["patterns"]]))
    if catalog["statistics"]:
        console.heading("registry statistics")
        console.table([[name.replace("_", " "), _statistic(value)] for name, value in catalog["statistics"].items()])
    if catalog["sources"]:
        console.heading("sources")
        console.table(
            [
                [one_line(source["where"]), (source["adapter"], "cyan"), one_line(source["text"])]
                for source in catalog["sources"]
            ]
        )
    _tell_problems(catalog["problems"], console)


def _tell_problems(problems: Sequence[dict[str, Any]], console: Console) -> None:
    if not problems:
        return
    from inspector.cli.source import sentence_of
    from inspector.core.description import Problem

    console.heading(f"problems ({len(problems)})")
    for problem in problems:
        file, line = problem["file"], problem["line"]
        place = f" ({file}:{line})" if file and f":{line}" not in problem["text"] else ""
        console.line(f"  {one_line(sentence_of(Problem(**problem)) + place)}")
        if problem["hint"]:
            console.line(f"    {one_line(problem['hint'])}")


#: What a pattern has nothing of.
_EMPTY: Final = {"workflow": "", "phase": "", "fields": ()}


def _rows(events: list[dict[str, Any]]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    before = ""
    for event in events:
        workflow, before = (event["workflow"] if event["workflow"] != before else ""), event["workflow"]
        handlers = plural(len(event["handlers"]), "handler")
        fields = ", ".join(f"{shape['name']}: {shape['type']}" for shape in event["fields"])
        names: list[Cell] = [(one_line(workflow), "cyan"), (one_line(event["phase"]), "dim"), one_line(event["name"])]
        rows.append([*names, handlers, (one_line(fields), "dim")])
    return rows


def _statistic(value: Any) -> str:
    if isinstance(value, dict):
        return one_line(", ".join(f"{name} {count}" for name, count in value.items()))
    return one_line(str(value))
