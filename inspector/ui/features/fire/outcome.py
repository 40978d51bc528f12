"""How the last fire went, from the records that carry its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from inspector.app.text import format_duration, one_line, plural
from inspector.core.records.account import not_called
from inspector.core.records.host import FireUnsettled
from inspector.core.records.numbers import ExecutionIndex, FireNumber
from inspector.core.records.statuses import BAD_STATUSES, STATUSES
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.text import ElidedLabel, PlainLabel, set_tone
from inspector.ui.kit.widgets import separator_line
from inspector.ui.parts.outcome import ExecutionRows, count_statuses, told

if TYPE_CHECKING:
    from inspector.analysis.entries import Change, FireOutcome
    from inspector.analysis.journal import Journal
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection
    from inspector.ui.verbs import Verbs

Fires = npt.NDArray[np.int64]

#: How many failed executions are listed, and handlers that were not called.
LISTED: Final = 4
_BAD_CODES: Final = [code for code, status in enumerate(STATUSES) if status in BAD_STATUSES or status == "swallowed"]


class FireOutcomeView(QWidget):
    """Follows one fire, or those of a series. Hidden until there is one.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        verbs: Returns what makes the lines of menus; None without a window.
        parent: The owner.

    Signals:
        chosen: An execution of the list was chosen (its index); it is selected by then.
    """

    chosen = Signal(int)

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        verbs: Callable[[], Verbs | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._journal: Journal | None = None
        self._fire = self._began = FireNumber(0)
        self._first = (0, 0)
        self._outcome: FireOutcome | None = None
        self._title = ElidedLabel("", "strong")
        self._sums = PlainLabel("", wrap=True)
        self._list = ExecutionRows(theme, selection, verbs, self.chosen.emit)
        inner = vbox(self._title, self._sums, self._list, margins=(12, 8, 12, 8), spacing=4)
        vbox(separator_line(), inner, owner=self, spacing=4)
        self.hide()

    @property
    def fire(self) -> FireNumber:
        """The number of the fire (of a series, of its last one), 0 before the first."""
        return self._fire

    def _is_of_it(self, fires: Fires) -> npt.NDArray[np.bool_]:
        return (fires >= self._began) & (fires <= self._fire)

    def text(self) -> str:
        """Return what is said about the fire: ``4 ok · 1 failed``."""
        return self._sums.text()

    def set_journal(self, journal: Journal | None) -> None:
        """Forget the fire: another run knows nothing of it."""
        self._journal = journal
        self._fire = FireNumber(0)
        self.hide()

    def follow(self, fire: FireNumber, first: FireNumber | None = None) -> None:
        """Show how this fire goes from now on, whether or not records of it have come already.

        Args:
            fire: Its number.
            first: The fire that its series began with; what came of all since then is shown.
        """
        journal = self._journal
        self._fire, self._began, self._outcome = fire, first or fire, None
        if journal is None or fire <= 0:
            self.hide()
            return
        hits = np.flatnonzero(self._is_of_it(journal.publications["fire"]))
        publication = int(hits[0]) if len(hits) else len(journal.publications)
        started = journal.executions["publication"] >= publication
        execution = int(np.argmax(started)) if started.any() else len(journal.executions)
        self._first = (publication, execution)
        self.refresh()
        self.show()

    def folded(self, change: Change) -> None:
        """Take in what a fold brought."""
        if self._journal is None or not self._fire:
            return
        touched = self._ended(self._journal)
        fires = self._journal.publications["fire"]
        if not touched:
            touched = bool(self._is_of_it(fires[change.first_publication :]).any())
        if not touched and change.ended:
            owners = self._journal.executions["publication"][change.ended]
            touched = bool(self._is_of_it(fires[owners]).any())
        if touched:
            self.refresh()

    def _ended(self, journal: Journal) -> bool:
        """Take in how the fire ended; return whether that is news."""
        before, self._outcome = self._outcome, journal.fire_outcome(self._fire)
        return self._outcome != before

    def refresh(self) -> None:
        """Count again and show it."""
        journal = self._journal
        assert journal is not None  # noqa: S101 - callers looked
        first_publication, first_execution = self._first
        fires = journal.publications["fire"]
        publications = np.flatnonzero(self._is_of_it(fires[first_publication:])) + first_publication
        owners = journal.executions["publication"][first_execution:]
        executions = np.flatnonzero(self._is_of_it(fires[owners])) + first_execution
        codes = journal.executions["status"][executions]
        counts = count_statuses(journal, executions)
        self._title.setText(self._headline(publications))
        set_tone(self._sums, "failed" if self._refusal() else "")
        self._sums.setText(self._told(counts, len(publications)))
        bad = executions[np.isin(codes, _BAD_CODES)]
        self._list.show_executions(journal, [ExecutionIndex(index) for index in bad[:LISTED].tolist()])
        if len(bad) > LISTED:
            self._sums.setText(f"{self._sums.text()} (first {LISTED} below)")

    def _told(self, counts: dict[str, int], publications: int) -> str:
        """Return what came of the fire so far; why it was refused comes after what had been published by then."""
        refusal = self._refusal()
        left = self._left()
        if counts:
            return "\n".join(filter(None, (told(counts, self._theme), *left, refusal)))
        if refusal:
            return refusal
        if publications and left:
            return "\n".join(left)
        if publications:
            return "Published." if self._outcome is None else "No subscribers."
        return "Waiting for the first record…" if self._outcome is None else "Nothing was published."

    def _left(self) -> list[str]:
        """Return, once it has settled, which handlers were not called, and what goes on."""
        if self._journal is None or self._outcome is None:
            return []
        began, last = self._began, self._fire
        records = [record for record in self._journal.host_records if began <= getattr(record, "fire", 0) <= last]
        uncalled = not_called(records)
        lines = [f"Not called: {one_line(handler.handler, 60)}, {handler.reason}" for handler in uncalled[:LISTED]]
        if len(uncalled) > LISTED:
            lines.append(f"… and {len(uncalled) - LISTED} more were not called")
        return lines + [record.sentence for record in records if isinstance(record, FireUnsettled)]

    def _refusal(self) -> str:
        """Return why the fire was refused, and what to do about it; empty when it was not."""
        outcome = self._outcome
        return "" if outcome is None else " ".join(filter(None, (outcome.refusal, outcome.hint)))

    def _headline(self, publications: np.ndarray[tuple[int], np.dtype[np.intp]]) -> str:
        parts = [f"Fire {self._fire}" if self._began == self._fire else "Series"]
        journal = self._journal
        if journal is not None and len(publications):
            parts.append(plural(len(publications), "publication"))
            ends = journal.publications["end"][publications]
            if (ends >= 0).all():
                took = int(ends.max() - journal.publications["at"][publications].min())
                parts.append(format_duration(took))
        return " · ".join(parts)
