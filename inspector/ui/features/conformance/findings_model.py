"""The findings of a run for Qt: a table, the worst first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from inspector.app.text import format_count, one_line
from inspector.ui.features.findings.model import GLYPHS
from inspector.ui.kit.rows import Column, Role, TableModel

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from inspector.catalog.conformance.rules import RunFinding

MESSAGE, EVENT, HANDLER, EXECUTION = range(4)
_COLUMNS: Final = (
    Column("finding"),
    Column("event"),
    Column("handler"),
    Column("execution", number=True, about="The execution that it was seen in"),
)
_TONES: Final = {"error": "failed", "warning": "warn", "information": "accent"}


class RunFindingsModel(TableModel):
    """The findings of a run, the worst first.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._findings: tuple[RunFinding, ...] = ()

    def set_findings(self, findings: Iterable[RunFinding]) -> None:
        """Show other findings."""
        self.beginResetModel()
        self._findings = tuple(findings)
        self.endResetModel()

    @property
    def severe(self) -> int:
        """How many errors and warnings there are."""
        return sum(finding.severity != "information" for finding in self._findings)

    def finding(self, row: int) -> RunFinding:
        """Give the finding of a row."""
        return self._findings[row]

    def row_about(self, event: str, owner: str) -> int:
        """Give the row of the worst finding about an event and a class of handlers, -1 when there is none."""
        for row, finding in enumerate(self._findings):
            # Of a handler that is missing there is only the class to name.
            if finding.event == event and owner in (finding.handler, finding.handler.rpartition(".")[0]):
                return row
        return -1

    def rows(self) -> int:
        """Give the number of findings."""
        return len(self._findings)

    def text(self, row: int, column: int) -> str:
        """Give the text of a cell."""
        finding = self._findings[row]
        if column == MESSAGE:
            return one_line(f"{GLYPHS[finding.severity]} {finding.message}")
        if column == EXECUTION:
            return format_count(finding.execution) if finding.execution else ""
        return one_line(finding.event if column == EVENT else finding.handler)

    def fact(self, row: int, column: int, role: int) -> Any:
        """Give the tone of a cell, or what to sort by."""
        finding = self._findings[row]
        if role == Role.NUMBER:
            return row
        if role == Role.TONE:
            return _TONES[finding.severity] if column == MESSAGE else "dim"
        if role == Role.SORT:
            values = {MESSAGE: row, EXECUTION: finding.execution}  # they come in the order of their severity
            return values.get(column, self.text(row, column).lower())
        return None
