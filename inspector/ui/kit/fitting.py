"""Columns that come when there is room, until a person chooses which to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt

if TYPE_CHECKING:
    from inspector.ui.kit.tables import DataTable


class FittingColumns(QObject):
    """Shows and hides the optional columns of a table as its width changes. The menu of the header lists them.

    Args:
        table: The table, its model set.
        widths: Width of each column in characters.
        optional: Columns that may be hidden, the most wanted first.
    """

    def __init__(self, table: DataTable, widths: Mapping[int, int], optional: Sequence[int]) -> None:
        super().__init__(table)
        self._table = table
        self._optional = tuple(optional)
        self._widths = dict(widths)
        self._chosen: set[int] | None = None
        header = table.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        model = table.model()
        for column in self._optional:
            action = header.addAction(str(model.headerData(column, Qt.Orientation.Horizontal)))
            action.setCheckable(True)
            action.toggled.connect(lambda shown, column=column: self._choose(column, shown))
        table.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the width of the table."""
        if event.type() == QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)

    def want(self, column: int, characters: int) -> None:
        """Change how much room a column wants."""
        self._widths[column] = characters
        self.fit()

    def fit(self) -> None:
        """Show the optional columns that were chosen, else those for which there is room."""
        header, unit = self._table.horizontalHeader(), self._table.fontMetrics().averageCharWidth()
        wanted = {column: width * unit + 18 for column, width in self._widths.items()}
        room = self._table.viewport().width() - sum(
            width for column, width in wanted.items() if column not in self._optional
        )
        for column, action in zip(self._optional, header.actions(), strict=True):
            room -= wanted[column]
            # Once one finds no room, those less wanted find none either: room only falls.
            shown = column in self._chosen if self._chosen is not None else room >= 0
            self._table.setColumnHidden(column, not shown)
            action.blockSignals(True)
            action.setChecked(shown)
            action.blockSignals(False)

    def _choose(self, column: int, shown: bool) -> None:
        if self._chosen is None:
            self._chosen = {c for c in self._optional if not self._table.isColumnHidden(c)}
        (self._chosen.add if shown else self._chosen.discard)(column)
        self.fit()
