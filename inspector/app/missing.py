"""What of a program's events is not recorded, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.app.text import format_count, plural

if TYPE_CHECKING:
    from inspector.analysis.processes import ProcessEntry, Processes


def missing_text(processes: Processes) -> str:
    """Return what of the program's events is not recorded: ``1 in 8 · 70 dropped``; empty when all is."""
    parts = [f"1 in {processes.one_in}"] if processes.one_in > 1 else []
    if processes.counted and not parts:
        parts.append(f"{format_count(processes.counted)} only counted")
    if processes.dropped:
        parts.append(f"{format_count(processes.dropped)} dropped")
    return " · ".join(parts)


def share_text(entry: ProcessEntry) -> str:
    """Return which events of a process are recorded: ``all``, ``1 in 8``, ``all · 70 dropped``."""
    share = f"1 in {entry.one_in}" if entry.one_in > 1 else "all"
    if entry.dropped:
        return f"{share} · {format_count(entry.dropped)} dropped"
    return f"{share} · {format_count(entry.counted)} counted" if entry.counted and entry.one_in <= 1 else share


def missing_sentence(processes: Processes) -> str:
    """Return how many of a program's events are not in its run, as a sentence; empty when all are."""
    parts = [f"{plural(processes.counted, 'event')} only counted"] if processes.counted else []
    parts += [f"{plural(processes.dropped, 'event')} dropped"] if processes.dropped else []
    return f"Not recorded: {', '.join(parts)}." if parts else ""
