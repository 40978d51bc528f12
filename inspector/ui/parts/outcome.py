"""How publications went: their executions by status, as pieces of text, and one by one as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.app.text import format_count, format_duration
from inspector.core.records.numbers import PublicationIndex
from inspector.core.records.statuses import BY_FAULT, STATUSES, TROUBLE
from inspector.ui.kit.page import Segment
from inspector.ui.kit.theme import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inspector.analysis.entries import ExecutionEntry
    from inspector.analysis.journal import Journal
    from inspector.ui.kit.page import ClickableRow
    from inspector.ui.kit.theme import Theme

#: In the order in which they are told: what went well first, what is under way last.
_ORDER: Final = (*(status for status in STATUSES if status != "running"), "running")


def counts_of(journal: Journal, publications: Iterable[int]) -> dict[str, int]:
    """Count the executions of publications by status; statuses that do not occur are left out."""
    import numpy as np

    executions = [
        index for publication in publications for index in journal.executions_of(PublicationIndex(publication))
    ]
    if not executions:
        return {}
    codes = np.bincount(journal.executions["status"][executions], minlength=len(STATUSES))
    counts = dict(zip(STATUSES, codes.tolist(), strict=True))
    return {status: counts[status] for status in _ORDER if counts[status]}


def count_words(outcomes: Mapping[int, int]) -> str:
    """Write how many executions did not end well, by status code, the worst first: ``3 failed, 1 by fault``."""
    counts = ((STATUSES[code], outcomes[code]) for code in TROUBLE if outcomes.get(code))
    words = [f"{format_count(count)} {LABELS[status]}" for status, count in counts]
    words += [f"{format_count(outcomes[BY_FAULT])} by fault"] if outcomes.get(BY_FAULT) else []
    return ", ".join(words)


def told(counts: dict[str, int], theme: Theme) -> str:
    """Write counts as ``4 ok · 1 failed``."""
    return " · ".join(f"{format_count(count)} {theme.status(status).label}" for status, count in counts.items())


def segments(counts: dict[str, int], theme: Theme) -> list[Segment]:
    """Write counts as ``✓ 4  ✕ 1``, each in the colour of its status."""
    return [
        Segment(f"{theme.status(status).glyph} {format_count(count)}", f"{status}_text")
        for status, count in counts.items()
    ]


def show_execution(row: ClickableRow, execution: ExecutionEntry, theme: Theme, *, selected: bool = False) -> None:
    """Show an execution in a row: the glyph of its status, its handler, how long it took."""
    took = "" if execution.duration is None else format_duration(execution.duration)
    glyph = Segment(theme.status(execution.status).glyph, f"{execution.status}_text", width=12)
    names = (Segment(execution.handler.owner, bold=True), Segment(f".{execution.handler.method}", "dim"))
    row.set((glyph, *names), (Segment(took, "dim"),), selected=selected)
