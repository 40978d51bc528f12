"""Rows and the rest of the window: what the pointer is over here is lit there, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex

from inspector.ui.kit.cells import ToneDelegate
from inspector.ui.selection import NOTHING, Hover

if TYPE_CHECKING:
    from inspector.ui.kit.tables import DataTable, DataTree
    from inspector.ui.selection import Selection


class RowLink(QObject):
    """Links the rows of a table with what is pointed at elsewhere.

    Args:
        table: The table; its cells are painted by a ``ToneDelegate``.
        selection: Where pointing is told.
        meant: Returns what a row (an index of the table's model) stands for.
        row: Returns the row that stands for something pointed at elsewhere; an invalid index when none does.
    """

    def __init__(
        self,
        table: DataTable | DataTree,
        selection: Selection,
        meant: Callable[[QModelIndex], Hover],
        row: Callable[[Hover], QModelIndex],
    ) -> None:
        super().__init__(table)
        self._table, self._selection, self._meant, self._row = table, selection, meant, row
        self._mine = NOTHING
        table.setMouseTracking(True)
        table.entered.connect(self._entered)
        table.viewportEntered.connect(self._left)
        table.viewport().installEventFilter(self)
        selection.hovered_changed.connect(self._elsewhere)

    @property
    def lit(self) -> int:
        """The row that is lit, -1 for none."""
        delegate = self._table.itemDelegate()
        return delegate.lit.row() if isinstance(delegate, ToneDelegate) and delegate.lit.isValid() else -1

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the pointer has gone."""
        if event.type() == QEvent.Type.Leave:
            self._left()
        return super().eventFilter(watched, event)

    def _entered(self, index: QModelIndex) -> None:
        self._mine = self._meant(index)
        self._selection.hover(self._mine)

    def _left(self) -> None:
        if self._selection.hovered is self._mine:
            self._selection.hover(NOTHING)

    def _elsewhere(self, what: Hover) -> None:
        delegate = self._table.itemDelegate()
        if not isinstance(delegate, ToneDelegate) or not self._table.isVisible():
            return
        index = QModelIndex() if what is self._mine or what == NOTHING else self._row(what)
        for changed in (delegate.lit, index):
            if changed.isValid():
                for column in range(self._table.model().columnCount()):
                    self._table.update(self._table.model().index(changed.row(), column))
        delegate.lit = QPersistentModelIndex(index)
