"""What a program prints, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject

from inspector.analysis.journal import Journal
from inspector.app.text import format_time, one_line
from inspector.core.records.inside import OUTPUT
from inspector.core.records.numbers import PublicationIndex
from inspector.ui.kit.rows import Column, Role, TableModel

if TYPE_CHECKING:
    from inspector.analysis.output import OutputLine

AT, PROCESS, KIND, TEXT, HANDLER = range(5)

_COLUMNS: Final = (
    Column("Time", about="When it was written"),
    Column("Process", about="Process that wrote it"),
    Column("Stream", about="stdout, stderr, or what happened outside of handlers"),
    Column("Text", about="The line"),
    Column("Handler", about="Handler that printed it"),
)
_ROOT: Final = QModelIndex()


class OutputModel(TableModel):
    """The lines of a journal, in the order in which they came.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._journal = Journal()
        self._lines: list[OutputLine] = []
        self._forgotten = self._version = 0

    def set_journal(self, journal: Journal) -> None:
        """Show the lines of another run."""
        self.beginResetModel()
        self._journal = journal
        self._take()
        self.endResetModel()

    def refresh(self) -> bool:
        """Show lines that came; return whether there are any, or others than before."""
        output = self._journal.output
        if output.version == self._version:
            return False
        if output.forgotten != self._forgotten:
            self.beginResetModel()
            self._take()
            self.endResetModel()
            return True
        first, last = len(self._lines), len(output.lines)
        if last > first:
            self.beginInsertRows(_ROOT, first, last - 1)
            self._take()
            self.endInsertRows()
        else:
            self._take()
        if first:
            self.dataChanged.emit(self.index(0, PROCESS), self.index(first - 1, HANDLER))
        return True

    def line(self, row: int) -> OutputLine:
        """Return the line of a row."""
        return self._lines[row]

    def rows(self) -> int:
        """Return the number of lines."""
        return len(self._lines)

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        line = self._lines[row]
        if column == AT:
            return format_time(self._journal.wall, line.at)
        if column == PROCESS:
            process = self._process(line)
            return one_line(self._journal.processes.label(process)) if process else ""
        if column == KIND:
            return one_line(line.stream or line.kind, 40)
        if column == TEXT:
            return one_line(line.text, 2_000)
        if line.execution >= 0:
            return one_line(self._journal.execution(line.execution).handler.label)
        return "" if line.kind == OUTPUT else "unknown"

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the tone of a cell, or what to sort by."""
        line = self._lines[row]
        if role == Role.NUMBER:
            return row
        if role == Role.TONE:
            if column == TEXT:
                return {"warning": "warn", "error": "failed"}.get(line.level, "")
            return "" if column == HANDLER and line.execution >= 0 else "dim"
        if role == Role.SORT:
            return (self.text(row, column).lower(), row) if column != AT else row
        return None

    def _process(self, line: OutputLine) -> int:
        """Return the number of the process of a line, 0 where it is not known."""
        if line.execution < 0:
            return line.process
        publication = self._journal.execution(line.execution).publication
        return self._journal.publication(PublicationIndex(publication)).process

    def _take(self) -> None:
        output = self._journal.output
        self._lines, self._forgotten, self._version = list(output.lines), output.forgotten, output.version
