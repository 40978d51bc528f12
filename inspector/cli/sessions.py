"""``inspector sessions``: the list of recorded sessions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.app.places import default_database
from inspector.app.text import format_bytes, format_count, format_duration, one_line, plural
from inspector.cli import exitcodes
from inspector.cli.running import opened
from inspector.cli.running import run as run_coroutine
from inspector.store.info import RECORDING, UNKNOWN_TIME
from inspector.store.schema import database_exists
from inspector.store.trouble import count_lost

if TYPE_CHECKING:
    import argparse

    from inspector.cli.console import Cell, Console
    from inspector.store.info import SessionInfo


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return the exit code."""
    database = arguments.db or default_database()
    if database_exists(database):
        infos = run_coroutine(_list(database))
    else:
        # To look is no reason to make one.
        console.note(f"No sessions database yet: {database}.")
        infos = []
    if arguments.json:
        console.data([as_json(info) for info in infos])
    elif infos:
        _tell(infos, console)
    else:
        console.line("No sessions yet. Run `inspector demo` or `inspector fire EVENT` to record one.")
    return exitcodes.OK


def as_json(info: SessionInfo) -> dict[str, Any]:
    """Return a session as JSON."""
    return {
        "id": info.id,
        "name": info.name,
        "program": info.program,
        "source": info.source,
        "started_at": None if info.started_at == UNKNOWN_TIME else info.started_at.isoformat(),
        "state": info.state,
        "damage": info.damage,
        "lost": info.lost,
        "unplaced": info.unplaced,
        "publications": info.publications,
        "executions": info.executions,
        "failures": info.failures,
        "timed_out": info.timed_out,
        "swallowed": info.swallowed,
        "by_fault": info.by_fault,
        "running": info.running,
        "records": info.records if info.stored is None else info.stored,
        "duration_ms": round(info.duration.total_seconds() * 1000, 3),
        "bytes": info.bytes,
    }


async def _list(database: Path) -> list[SessionInfo]:
    async with opened(database) as store:
        return await store.sessions()


def _tell(infos: list[SessionInfo], console: Console) -> None:
    heads = ("id", "name", "started", "length", "publications", "executions", "failures", "size", "state")
    rows: list[list[Cell]] = [[(head, "dim") for head in heads]]
    rows += [
        [
            str(info.id),
            one_line(info.name, 60),
            "" if info.started_at == UNKNOWN_TIME else f"{info.started_at.astimezone():%Y-%m-%d %H:%M}",
            format_duration(info.duration.total_seconds() * 1e9),
            format_count(info.publications),
            format_count(info.executions),
            (format_count(info.failures), "red" if info.failures else ""),
            format_bytes(info.bytes),
            (info.state, "red" if info.damage else ""),
        ]
        for info in infos
    ]
    console.table(rows, indent=0, right=(0, 3, 4, 5, 6, 7))
    for info in infos:
        if info.damage:
            console.note(f"Session {info.id} is damaged: {info.damage}.")
        if info.lost:
            console.note(f"Session {info.id}: {count_lost(info.lost)}.")
        if info.unplaced:
            console.note(f"Session {info.id}: {plural(info.unplaced, 'execution')} without a publication.")
    if any(info.lost is None and not info.damage and info.state != RECORDING for info in infos):
        console.note("Missing records of the longest sessions were not counted; use `inspector log SESSION`.")
