"""The executions of a publication, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.app.text import format_duration
from inspector.ui.features.fire.outcome import select_execution
from inspector.ui.kit.page import Row, Segment, grow_rows, section
from inspector.ui.parts.outcome import counts_of

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: How many executions are listed.
LISTED: Final = 60


class ExecutionList(QWidget):
    """Lists the executions of a publication; a click selects one."""

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._selection = theme, selection
        self._journal: Journal | None = None
        self._links: list[int] = []
        self._rows: list[Row] = []
        self._title = section("Executions")
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._title)
        column.addLayout(self._lines)

    def show_publication(self, journal: Journal, publication: int) -> None:
        """Show the executions of a publication as they are now."""
        self._journal = journal
        self._links = journal.executions_of(publication)[:LISTED]
        count = sum(counts_of(journal, [publication]).values())
        self._title.setText(f"Executions · {count or 'unheard'}")
        grow_rows(self._rows, len(self._links), self._make_row, self._lines)
        for row, index in zip(self._rows, self._links, strict=False):
            execution = journal.execution(index)
            look = self._theme.status(execution.status)
            took = "" if execution.duration is None else format_duration(execution.duration)
            glyph = Segment(look.glyph, f"{execution.status}_text", width=12)
            names = [Segment(execution.handler.owner, bold=True), Segment(f".{execution.handler.method}", "dim")]
            row.set([glyph, *names], [Segment(took, "dim")])

    def _make_row(self, place: int) -> Row:
        row = Row(self._theme)
        row.clicked.connect(lambda: self._choose(place))
        return row

    def _choose(self, place: int) -> None:
        if self._journal is not None and place < len(self._links):
            select_execution(self._selection, self._journal, self._links[place])
