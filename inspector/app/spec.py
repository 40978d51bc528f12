"""How a program is read, changed by a person: which tables of ``[tool.inspector.bus]`` say it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inspector.app.text import format_count
from inspector.core.spec import ALSO, DECLARED, HANDLERS, LIBRARY, SEVERAL, BusSpec, SpecLine, table_of

if TYPE_CHECKING:
    from inspector.analysis.observed import FoundHandler
    from inspector.app.project_file import BusTable


def declared_tables(specs: Sequence[BusSpec]) -> list[BusTable]:
    """Return the tables of what is declared, as it is."""
    tables = [(spec.where, table_of(line for line in spec.lines if line.origin == DECLARED)) for spec in specs]
    return [(where if len(specs) > 1 else "", table) for where, table in tables if table]


def changed_tables(specs: Sequence[BusSpec], where: str, line: SpecLine, value: Any) -> list[BusTable]:
    """Return the tables that say what is declared already, and another value for a line.

    Of a kind of which a bus has several lines the others are declared with it: what is declared stands for all of them.

    Args:
        specs: How the buses are read now.
        where: The bus whose line it is.
        line: The line; one of no spec is added.
        value: What it shall say; None takes it away.
    """
    return declared_tables([_changed(spec, line, value) if spec.where == where else spec for spec in specs])


def _changed(spec: BusSpec, line: SpecLine, value: Any) -> BusSpec:
    changed = replace(line, value=value, origin=DECLARED)
    lines = []
    for other in spec.lines:
        if other is line:
            lines += [] if value is None else [changed]
        elif other.kind == line.kind and line.kind in SEVERAL and other.origin != LIBRARY:
            lines.append(replace(other, origin=DECLARED))
        else:
            lines.append(other)
    if value is not None and not any(other is line for other in spec.lines):
        lines.append(changed)
    return replace(spec, lines=tuple(lines))


def added_specs(specs: Sequence[BusSpec], handler: FoundHandler, origin: str = DECLARED) -> tuple[BusSpec, ...]:
    """Return the specs with a line for a handler that was found while running, at the bus of its events."""
    chosen = next((spec for spec in specs if _handles(spec, handler.events)), specs[0])
    value = {"handler": handler.key, "events": list(handler.events)} if handler.events else handler.key
    events = f" for {', '.join(handler.events)}" if handler.events else ""
    times = "Ran once" if handler.count == 1 else f"Ran {format_count(handler.count)} times"
    reason = f"{times}, called by {handler.called_by}"
    line = SpecLine(ALSO, value, f"{handler.label}{events}", origin, reason, handler.file, handler.line)
    if origin == DECLARED:
        return tuple(_changed(spec, line, value) if spec is chosen else spec for spec in specs)
    return tuple(replace(spec, lines=(*spec.lines, line)) if spec is chosen else spec for spec in specs)


def _handles(spec: BusSpec, events: Sequence[str]) -> bool:
    return any(not set(line.events).isdisjoint(events) for line in spec.of(HANDLERS))


def as_option(tables: Sequence[BusTable]) -> Any:
    """Return tables as what a project's ``bus`` is: a table, a list of them, None for none."""
    plain = [{**({"where": where} if where else {}), **table} for where, table in tables]
    return plain if len(plain) > 1 else plain[0] if plain else None
