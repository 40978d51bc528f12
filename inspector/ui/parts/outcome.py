"""How publications went: their executions by status, as pieces of text, and one by one as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.app.text import format_count, format_duration
from inspector.core.records.numbers import PublicationIndex
from inspector.core.records.statuses import BY_FAULT, RUNNING_CODE, STATUSES, TROUBLE
from inspector.ui.kit.page import ClickableRows, Segment
from inspector.ui.kit.theme import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from inspector.analysis.journal import Journal
    from inspector.core.records.numbers import ExecutionIndex
    from inspector.ui.kit.menus import MenuItem
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection
    from inspector.ui.verbs import Verbs

#: Stands among the statuses for executions that ended under a fault: they are counted as nothing else.
STRUCK: Final = "by_fault"
#: In the order in which they are told: what went well first, what is under way last.
_ORDER: Final = (*(status for status in STATUSES if status != "running"), STRUCK, "running")


def counts_of(journal: Journal, publications: Iterable[int]) -> dict[str, int]:
    """Count the executions of publications as ``count_statuses`` does."""
    executions = [
        index for publication in publications for index in journal.executions_of(PublicationIndex(publication))
    ]
    return count_statuses(journal, executions)


def count_statuses(journal: Journal, executions: Sequence[int] | npt.NDArray[np.intp]) -> dict[str, int]:
    """Count executions by status, what ended under a fault apart as ``STRUCK``; what does not occur is left out."""
    if not len(executions):
        return {}
    import numpy as np

    codes = journal.executions["status"][executions]
    struck = (journal.executions["fault"][executions] > 0) & (codes != RUNNING_CODE)
    counts = dict(zip(STATUSES, np.bincount(codes[~struck], minlength=len(STATUSES)).tolist(), strict=True))
    counts[STRUCK] = int(struck.sum())
    return {status: counts[status] for status in _ORDER if counts[status]}


def count_words(outcomes: Mapping[int, int]) -> str:
    """Write how many executions did not end well, by status code, the worst first: ``3 failed, 1 by fault``."""
    counts = ((STATUSES[code], outcomes[code]) for code in TROUBLE if outcomes.get(code))
    words = [f"{format_count(count)} {LABELS[status]}" for status, count in counts]
    words += [f"{format_count(outcomes[BY_FAULT])} by fault"] if outcomes.get(BY_FAULT) else []
    return ", ".join(words)


def told(counts: dict[str, int], theme: Theme) -> str:
    """Write counts as ``4 ok · 1 failed``."""
    return " · ".join(
        f"{format_count(count)} {'by fault' if status == STRUCK else theme.status(status).label}"
        for status, count in counts.items()
    )


def segments(counts: dict[str, int], theme: Theme) -> list[Segment]:
    """Write counts as ``✓ 4  ✕ 1``, each in the colour of its status."""
    return [
        Segment(f"⚡ {format_count(count)}", "warn_text")
        if status == STRUCK
        else Segment(f"{theme.status(status).glyph} {format_count(count)}", f"{status}_text")
        for status, count in counts.items()
    ]


class ExecutionRows(ClickableRows):
    """Executions below each other: the glyph of the status, the handler, how long it took. A click selects one.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        verbs: Returns what makes the lines of their menus; None without a window.
        chosen: Called with an execution that a person chose; it is selected by then.
    """

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        verbs: Callable[[], Verbs | None],
        chosen: Callable[[ExecutionIndex], object] = lambda _: None,
    ) -> None:
        super().__init__(theme, self._select, self.items)
        self._selection, self._verbs, self._chosen = selection, verbs, chosen
        self._journal: Journal | None = None
        self._listed: Sequence[ExecutionIndex] = ()

    def show_executions(self, journal: Journal, executions: Sequence[ExecutionIndex]) -> None:
        """Show these executions as they are now."""
        self._journal, self._listed = journal, executions
        for row, index in zip(self.show_rows(len(executions)), executions, strict=True):
            execution = journal.execution(index)
            took = "" if execution.duration is None else format_duration(execution.duration)
            glyph = Segment(self._theme.status(execution.status).glyph, f"{execution.status}_text", width=12)
            names = (Segment(execution.handler.owner, bold=True), Segment(f".{execution.handler.method}", "dim"))
            row.set((glyph, *names), (Segment(took, "dim"),), selected=index == self._selection.execution)

    def items(self, place: int) -> list[MenuItem]:
        """Return what can be done with the execution at a place of the list."""
        verbs = self._verbs()
        return verbs.execution(self._listed[place]) if verbs is not None and place < len(self._listed) else []

    def _select(self, place: int) -> None:
        if self._journal is not None and place < len(self._listed):
            self._selection.select_in(self._journal, self._listed[place])
            self._chosen(self._listed[place])
