"""Exporters: every kind of file that a session can be written to, in one table.

Command line, menus, dialogs and notices are made of the table; what it names is loaded when it is used.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inspector.core.errors import UsageError, alternatives

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.analysis.query.query import Filter
    from inspector.core.records.stream import RecordStream

#: Writes a stream to a file under a session's name, only what fits a filter; returns how many units there are in it.
Write = Callable[["RecordStream", "Path", str, "Filter | None"], Awaitable[int]]


@dataclass(frozen=True)
class Exporter:
    """One kind of file.

    Attributes:
        id: ``--format`` of the command line, and ``export.<id>`` of the command.
        title: What menus say: title case, without an ellipsis.
        tooltip: What is in the file, in a few words.
        suffix: Ending of such files, without the dot.
        file_type: What the dialog calls such files.
        unit: What is counted, in the singular.
        filtered: Whether a filter can leave executions out.
        icon: Icon of its command.
        shortcuts: Shortcuts of its command.
        option: The switch that asks for it on the command line; empty: it is a ``--format`` of its own.
        write: Writes it.
    """

    id: str
    title: str
    tooltip: str
    suffix: str
    file_type: str
    unit: str
    write: Write
    filtered: bool = False
    icon: str = "export"
    shortcuts: tuple[str, ...] = ()
    option: str = ""


async def export_stream(
    stream: RecordStream, kind: str, target: Path, *, name: str = "", chosen: Filter | None = None
) -> int:
    """Write a stream to a file; return how many units of its exporter are in it.

    Args:
        stream: Live streams end when they are closed; export the stored one.
        kind: Id of an exporter.
        target: The file; an old one stays whole until the new one is.
        name: The session's name, for the header.
        chosen: Only executions that fit; None or an empty filter for all.

    Raises:
        InspectorError: The file cannot be written.
        UsageError: There is no such kind, or it cannot leave anything out.
    """
    exporter = EXPORTERS.get(kind)
    if exporter is None:
        raise UsageError(f"Unknown format {kind}.", f"Use {alternatives(EXPORTERS)}.")
    if chosen and not exporter.filtered:
        raise UsageError(f"{exporter.title} cannot be filtered.", "Remove the filter.")
    return await exporter.write(stream, target, name, chosen or None)


def filtered_formats() -> list[str]:
    """Return the ids of the formats that a filter can leave executions out of."""
    return [exporter.id for exporter in EXPORTERS.values() if exporter.filtered and not exporter.option]


def format_of(target: Path) -> str:
    """Return the id of the exporter that a file's ending stands for; run logs have any."""
    ending = target.suffix.casefold().removeprefix(".")
    return next((exporter.id for exporter in EXPORTERS.values() if exporter.suffix == ending), "jsonl")


async def _run_log(stream: RecordStream, target: Path, name: str, _chosen: Filter | None) -> int:
    from inspector.store.jsonl import export_jsonl

    return await export_jsonl(stream, target, name=name)


async def _executions(stream: RecordStream, target: Path, _name: str, chosen: Filter | None) -> int:
    from inspector.app.filtered import PickedStream, pick
    from inspector.store.tables import export_csv

    if chosen:
        journal, fits = await pick(stream, chosen)
        stream = PickedStream(stream, fits, journal.execution_numbers)
    return await export_csv(stream, target)


async def _handlers(stream: RecordStream, target: Path, _name: str, chosen: Filter | None) -> int:
    from inspector.app.filtered import filter_of, pick
    from inspector.app.summary import summarise
    from inspector.store.tables import export_summary_csv

    journal, fits = await pick(stream, chosen or filter_of(""))
    rows = summarise(journal, fits)
    export_summary_csv(rows, target)
    return len(rows)


async def _report(stream: RecordStream, target: Path, name: str, chosen: Filter | None) -> int:
    from inspector.app.markdown import export_markdown

    return await export_markdown(stream, target, name=name, chosen=chosen)


#: The exporters by id, in the order of the menu.
EXPORTERS: Final = {
    exporter.id: exporter
    for exporter in (
        Exporter(
            id="jsonl",
            title="Run Log as JSON Lines",
            tooltip="Every record, one JSON value per line",
            suffix="jsonl",
            file_type="JSON Lines",
            unit="record",
            write=_run_log,
            shortcuts=("Ctrl+S",),
        ),
        Exporter(
            id="csv",
            title="Executions as CSV",
            tooltip="One row per execution",
            suffix="csv",
            file_type="CSV",
            unit="execution",
            write=_executions,
            filtered=True,
        ),
        Exporter(
            id="summary",
            title="Handler Summary as CSV",
            tooltip="One row per handler: counts and percentiles",
            suffix="csv",
            file_type="CSV",
            unit="handler",
            write=_handlers,
            filtered=True,
            icon="chart",
            option="--summary",
        ),
        Exporter(
            id="markdown",
            title="Report as Markdown",
            tooltip="One row per handler, and every failed execution",
            suffix="md",
            file_type="Markdown",
            unit="handler",
            write=_report,
            filtered=True,
        ),
    )
}
