"""The list of tests: how each ended, and what failed in handlers while it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal

from inspector.app.text import plural
from inspector.ui.features.tests import model as columns
from inspector.ui.features.tests.model import TestsModel
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.kit.cells import SortedTable
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
_EVERY: Final = 700
_WIDTHS: Final = {
    columns.NAME: 40,
    columns.OUTCOME: 11,
    columns.TROUBLE: 22,
    columns.DURATION: 10,
    columns.AT: 13,
    columns.PROCESS: 18,
}
#: Characters of names to which other columns give way.
_LONGEST: Final = 80
_OPTIONAL: Final = (columns.DURATION, columns.AT, columns.PROCESS)
#: A command that shows how tests come here.
COMMAND: Final = "inspector run -- python -m pytest"


class TestsPanel(ListPanel):
    """Lists the tests of the session that is shown.

    Args:
        theme: The look.
        selection: What is selected in the window.
        parent: The owner.

    Signals:
        stretch_requested: Show the time from a start to an end, in ns, in the timeline.
        filter_requested: Show only what this filter lets through.
    """

    __test__ = False
    stretch_requested = Signal(object, object)
    filter_requested = Signal(str)

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self.model = TestsModel(self)
        sort = (columns.OUTCOME, Qt.SortOrder.DescendingOrder)
        options = (_WIDTHS, _OPTIONAL, sort, columns.NAME, (columns.NAME,))
        sentence = "Run your tests like this to see what they publish:"
        copy = ("Copy command", lambda: copy_text(COMMAND, "command"))
        self.lay_out(
            SortedTable(theme, "Tests", self.model, *options, shorter={columns.NAME: (columns.without_folders,)}),
            EmptyState(theme, "check", "No tests", sentence, copy, command=COMMAND),
        )
        self._soon = QTimer(self, interval=_EVERY, singleShot=True)
        self._soon.timeout.connect(self.refresh)

    def set_journal(self, journal: Journal) -> None:
        """List the tests of another run."""
        super().set_journal(journal)
        self.model.set_journal(journal)
        self._say()

    def folded(self, change: Change) -> None:
        """Show what came, once in a while; what nobody sees waits, but for its count."""
        tests = len(self._journal.processes.tests)
        if tests and not self._soon.isActive() and (self.isVisible() or change.processes):
            self._soon.start()

    def refresh(self) -> None:
        """Show tests that came and what failed in them."""
        self.model.refresh()
        self._say()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came meanwhile."""
        super().showEvent(event)
        self.refresh()

    def _say(self) -> None:
        names = (len(test.name) for test in self._journal.processes.tests)
        self.table.columns.want_texts(columns.NAME, names, _LONGEST)
        count, failed = self.model.rowCount(), self.model.failed
        unnoticed = self.model.unnoticed
        self.say(
            f"{plural(count, 'test')} · {failed} failed" if count else "",
            f"{plural(unnoticed, 'test')} passed despite problems in handlers" if unnoticed else "",
        )
        self.badge_changed.emit(str(failed or count) if count else "", "failed" if failed else "dim")

    def activate(self, row: int) -> None:
        """Show the time of a test in the timeline, and limit log and latencies to it."""
        test = self.model.test(row)
        self.stretch_requested.emit(test.started, test.at)
        self._selection.select_range(test.started, test.at)

    def menu_items(self, row: int) -> list[MenuItem]:
        """Return what can be done with a row of the model."""
        test, name = self.model.test(row), self.model.test(row).name
        wrong = "status:bad,swallowed" + (f" process:{test.process}" if test.process else "")

        def problems() -> None:
            self.activate(row)
            self.filter_requested.emit(wrong)

        hint = native_shortcut(COPY_KEY)
        return [
            MenuItem("Show in timeline", lambda: self.activate(row), icon="timeline"),
            MenuItem("Show problems in handlers", problems, icon="filter", enabled=bool(self.model.counts(row))),
            SEPARATOR,
            MenuItem("Copy name", lambda: copy_text(name, "name"), icon="copy"),
            MenuItem("Copy rows", lambda: copy_rows(self.table), hint=hint),
        ]
