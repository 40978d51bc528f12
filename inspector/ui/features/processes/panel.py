"""The list of processes: which there are, since when, what they publish, how they ended."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal

from inspector.app.missing import missing_text
from inspector.ui.features.processes import model as columns
from inspector.ui.features.processes.model import ProcessesModel
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.kit.cells import SortedTable, show_row
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.pacing import PacedTimer
from inspector.ui.kit.tables import COPY_KEY, copy_rows
from inspector.ui.kit.text import copy_text, set_tooltip
from inspector.ui.parts.list_panel import ListPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QHideEvent, QShowEvent
    from PySide6.QtWidgets import QWidget

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.app.workbench import View
    from inspector.core.records.numbers import ExecutionIndex
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: Milliseconds between two looks while the panel is seen.
_EVERY: Final = 1_000
_WIDTHS: Final = {
    columns.ROLE: 11,
    columns.PID: 7,
    columns.STATE: 11,
    columns.SINCE: 13,
    columns.EVENTS: 8,
    columns.RATE: 8,
    columns.RECORDED: 13,
    columns.COMMAND: 30,
    columns.DETAIL: 26,
    columns.PYTHON: 8,
    columns.PARENT: 14,
}
_OPTIONAL: Final = (columns.RECORDED, columns.SINCE, columns.DETAIL, columns.PARENT, columns.PYTHON)
#: A command that shows how processes come here.
COMMAND: Final = "inspector run -- python app.py"


class ProcessesPanel(ListPanel):
    """Lists the processes of the session that is shown.

    Args:
        theme: The look.
        selection: What is selected in the window.
        clock: Seconds, monotonic.
        parent: The owner.

    Signals:
        filter_requested: Show only what this filter lets through.
    """

    filter_requested = Signal(str)

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        clock: Callable[[], float] = monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, selection, parent)
        self._clock = clock
        self._live = False
        self.model = ProcessesModel(self)
        sort = (columns.SINCE, Qt.SortOrder.AscendingOrder)
        options = (_WIDTHS, _OPTIONAL, sort, columns.COMMAND, (columns.COMMAND,))
        sentence = "Start a program like this to see its processes:"
        copy = ("Copy command", lambda: copy_text(COMMAND, "command"))
        self.lay_out(
            SortedTable(theme, "Processes", self.model, *options, most={columns.STATE: 40}),
            EmptyState(theme, "terminal", "No processes", sentence, copy, command=COMMAND),
        )
        set_tooltip(self.aside, "Counts are exact; latencies and other figures cover recorded events only.")
        self._timer = PacedTimer(self, _EVERY, single_shot=False)
        self._timer.timeout.connect(self.refresh)

    def show_view(self, view: View) -> None:
        """Show another session."""
        self._live = view.live
        self.set_journal(view.journal)

    def set_journal(self, journal: Journal) -> None:
        """List the processes of another run."""
        super().set_journal(journal)
        self.model.set_journal(journal, live=self._live)
        self.refresh()

    def folded(self, change: Change) -> None:
        """Show at once that a process came or went; how many events there are follows once a second."""
        if change.processes:
            self.refresh()

    def refresh(self) -> None:
        """Show how the processes stand."""
        self.model.refresh(self._clock())
        processes = self._journal.processes
        entries = processes.by_number.values()
        live, silent = sum(entry.live for entry in entries), len(processes.silent)
        parts = [f"{live} running" if self._live else f"{live} running at the end"] if entries else []
        parts += [f"{len(entries) - live} ended"] if live < len(entries) else []
        parts += [f"{silent} not reporting"] if silent else []
        self.say(" · ".join(parts), missing_text(processes))
        several = str(live or len(entries)) if processes.several else ""
        self.badge_changed.emit(several or (str(silent) if silent else ""), "warn" if silent else "dim")

    def execution_selected(self, index: ExecutionIndex) -> None:
        """Stand on the process of the execution that is selected."""
        if not 0 <= index < len(self._journal.executions):
            return
        owner = int(self._journal.executions["publication"][index])
        row = self.model.row_of(int(self._journal.publications["process"][owner]))
        if row >= 0:
            with self.quietly():
                show_row(self.table, self.table.index_of(row))

    def showEvent(self, event: QShowEvent) -> None:
        """Look at once, and then once a second."""
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop looking while nobody sees it."""
        super().hideEvent(event)
        self._timer.stop()

    def activate(self, row: int) -> None:
        """Filter to a process."""
        number = self.model.number(row)
        if number:
            self.filter_requested.emit(f"process:{number}")

    def menu_items(self, row: int) -> list[MenuItem]:
        """Return what can be done with a row of the model."""
        number = self.model.number(row)
        hint = native_shortcut(COPY_KEY)
        rows = MenuItem("Copy rows", lambda: copy_rows(self.table), icon="copy", hint=hint)
        if number and self.verbs is not None:
            return [*self.verbs.process(number), SEPARATOR, rows]
        if number:
            return [rows]
        command, reason = self.model.text(row, columns.COMMAND), self.model.text(row, columns.STATE)
        return [
            MenuItem("Copy command", lambda: copy_text(command, "command"), icon="terminal", enabled=bool(command)),
            MenuItem("Copy reason", lambda: copy_text(reason, "reason"), enabled=bool(reason)),
            rows,
        ]
