"""What the program prints: a line each, with its process, and the handler that printed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer

from inspector.app.text import format_count, plural
from inspector.ui.features.output import model as columns
from inspector.ui.features.output.model import OutputModel
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.kit.cells import SortedTable, being_read
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.tables import COPY_KEY, copy_rows
from inspector.ui.kit.text import copy_text
from inspector.ui.parts.list_panel import ListPanel

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent
    from PySide6.QtWidgets import QWidget

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: Milliseconds between two looks while the panel is seen and more comes.
_EVERY: Final = 200
_WIDTHS: Final = {
    columns.AT: 13,
    columns.PROCESS: 16,
    columns.KIND: 7,
    columns.TEXT: 36,
    columns.HANDLER: 24,
}
_OPTIONAL: Final = (columns.HANDLER, columns.AT, columns.PROCESS, columns.KIND)


class OutputPanel(ListPanel):
    """Lists what the program of the shown session has printed.

    Args:
        theme: The look.
        selection: What is selected in the window.
        parent: The owner.
    """

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self.model = OutputModel(self)
        sort = (columns.AT, Qt.SortOrder.AscendingOrder)
        self.lay_out(
            SortedTable(*(theme, "Output", self.model, _WIDTHS, _OPTIONAL, sort), wide=columns.TEXT),
            EmptyState(theme, "terminal", "No output", "Lines that the program prints appear here."),
        )
        self._soon = QTimer(self, interval=_EVERY, singleShot=True)
        self._soon.timeout.connect(self.refresh)

    def set_journal(self, journal: Journal) -> None:
        """List the lines of another run."""
        super().set_journal(journal)
        self.model.set_journal(journal)
        self._say()
        self.table.scrollToBottom()

    def folded(self, change: Change) -> None:  # noqa: ARG002 - the journal knows what is new
        """Show what came, once in a while; nobody sees it while the panel is hidden."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Show lines that came; the newest, if it was in sight and nobody reads above it."""
        bar = self.table.verticalScrollBar()
        follows = bar.value() >= bar.maximum() and not (being_read(self.table) and self.table.currentIndex().isValid())
        if self.model.refresh():
            self._say()
            if follows:
                self.table.scrollToBottom()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came meanwhile."""
        super().showEvent(event)
        self.refresh()

    def numbers_changed(self) -> None:
        """Write the count anew."""
        self._say()

    def _say(self) -> None:
        count, forgotten = self.model.rowCount(), self._journal.output.forgotten
        older = f" · {format_count(forgotten)} older not kept" if forgotten else ""
        self.say(plural(count, "line") + older if count else "")

    def activate(self, row: int) -> None:
        """Select the execution that printed a line."""
        execution = self.model.line(row).execution
        if execution >= 0:
            self._selection.select_in(self._journal, execution)

    def menu_items(self, row: int) -> list[MenuItem]:
        """Return what can be done with a row of the model."""
        line = self.model.line(row)
        hint = native_shortcut(COPY_KEY)
        return [
            MenuItem("Show execution", lambda: self.activate(row), icon="clock", enabled=line.execution >= 0),
            SEPARATOR,
            MenuItem("Copy line", lambda: copy_text(line.text, "line"), icon="copy"),
            MenuItem("Copy rows", lambda: copy_rows(self.table), hint=hint),
        ]
