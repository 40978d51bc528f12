"""What every panel about a run has in common: the run it shows, the filter, the selection that it follows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.app.workbench import View
    from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection
    from inspector.ui.verbs import Verbs


class JournalPanel(QWidget):
    """Base class of panels. Override what the panel needs; what is not overridden does nothing.

    Everything is called on the window's thread, in this order of a panel's life:

    1. the constructor: build the widgets, empty. ``self._journal`` is an empty journal then, never None.
    2. ``set_journal`` when the first session is shown, and again whenever another one is: nothing is selected at that
       moment. The journal may be empty (the program is being started) or hold a million executions: read all of it.
       A panel that must also know whether the session is live overrides ``show_view`` instead.
    3. ``set_filter`` right after that, and whenever the person changes the filter of the window.
    4. ``folded`` whenever the journal has taken in more, at most once a frame. The change says which rows are new or
       have ended: work for those only, and put off what nobody sees (``ui.parts.gathering``, ``isVisible``).
    5. ``event_selected`` and its likes when something is selected elsewhere in the window. All values of the selection
       are set by then. What the panel selects itself within ``with self.quietly():`` is not told back to it.

    A panel knows its widgets, the journal and the selection, nothing else: what it wants from the rest of the window it
    says by signals, which its ``feature.py`` connects to the context.

    Args:
        theme: The look.
        selection: What is selected in the window.
        parent: The owner.

    Signals:
        badge_changed: A text for the panel's tab, empty for none, and its tone (``kit.badges.BadgeTone``).
    """

    badge_changed = Signal(str, str)

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._selection = selection
        self._run: Journal | None = None
        self._quiet = False
        #: Makes the lines of context menus that are the same wherever a thing is shown; None in a panel by itself.
        self.verbs: Verbs | None = None
        selection.execution_selected.connect(self._execution_selected)
        selection.publication_selected.connect(self._publication_selected)
        selection.event_selected.connect(self._event_selected)
        selection.handler_selected.connect(self._handler_selected)
        selection.range_selected.connect(self._range_selected)

    # -- the run

    @property
    def _journal(self) -> Journal:
        """The run that is shown; an empty one until there is one, which the first frame does not need."""
        if self._run is None:
            from inspector.analysis.journal import Journal

            self._run = Journal()
        return self._run

    def show_view(self, view: View) -> None:
        """Show another session: live, stored or imported, its journal as it is now."""
        self.set_journal(view.journal)

    def set_journal(self, journal: Journal) -> None:
        """Show another run, from its first row to its last; forget the one before."""
        self._run = journal

    def folded(self, change: Change) -> None:
        """Take in what the journal has just folded."""

    def set_filter(self, chosen: Filter | None) -> None:
        """Show only what the filter lets through; None lets everything through."""

    def numbers_changed(self) -> None:
        """Write numbers anew that stand in texts: the person has chosen another format. Painted ones follow anyway."""

    # -- the selection

    def execution_selected(self, index: ExecutionIndex) -> None:
        """Called when an execution was selected elsewhere: its index in the journal, -1 for none."""

    def publication_selected(self, index: PublicationIndex) -> None:
        """Called when a publication was selected elsewhere: its index in the journal, -1 for none."""

    def event_selected(self, name: str) -> None:
        """Called when an event type was selected elsewhere: its name, empty for none."""

    def handler_selected(self, number: int) -> None:
        """Called when a handler was selected elsewhere: its number in the journal, -1 for none."""

    def range_selected(self, start: int, end: int) -> None:
        """Called when a stretch of time was selected elsewhere, in ns since the session began; -1, -1 for none."""

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Select something, or move the current row, without being told of it; ``self._quiet`` is true meanwhile."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def _execution_selected(self, index: ExecutionIndex) -> None:
        if not self._quiet:
            self.execution_selected(index)

    def _publication_selected(self, index: PublicationIndex) -> None:
        if not self._quiet:
            self.publication_selected(index)

    def _event_selected(self, name: str) -> None:
        if not self._quiet:
            self.event_selected(name)

    def _handler_selected(self, number: int) -> None:
        if not self._quiet:
            self.handler_selected(number)

    def _range_selected(self, start: int, end: int) -> None:
        if not self._quiet:
            self.range_selected(start, end)
