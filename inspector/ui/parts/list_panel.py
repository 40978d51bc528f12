"""A panel that lists what a run has: a line that counts it, and a table."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.text import ElidedLabel, PlainLabel
from inspector.ui.kit.widgets import separator_line
from inspector.ui.panel import JournalPanel

if TYPE_CHECKING:
    from inspector.ui.kit.boxes import EmptyState
    from inspector.ui.kit.cells import SortedTable
    from inspector.ui.kit.menus import MenuItem


class ListPanel(JournalPanel):
    """Base class of panels that are a table with a line above it, which is there while it says something.

    Attributes:
        table: The table, once ``lay_out`` has been called.
        empty: What stands in it while it has no rows.
        count: How many there are.
        aside: What is worth a warning.
    """

    table: SortedTable
    empty: EmptyState

    def lay_out(self, table: SortedTable, empty: EmptyState) -> None:
        """Put line and table into the panel; call it once, from the constructor."""
        self.table, self.empty = table, empty
        table.set_empty(empty)
        table.activated_row.connect(lambda index: self.activate(table.source_row(index)))
        table.set_menu(lambda index: self.menu_items(table.source_row(index)))
        self.count = ElidedLabel("", "dim")
        self.aside = PlainLabel("", "warn")
        self._head = QWidget()
        line = hbox((self.count, 1), self.aside, margins=(12, 5, 12, 5), spacing=10)
        vbox(line, separator_line(), owner=self._head)
        self._head.hide()
        vbox(self._head, (table, 1), owner=self)
        self.setFocusProxy(table)

    def say(self, count: str, aside: str = "") -> None:
        """Set what stands in the line."""
        self.count.setText(count)
        self.aside.setText(aside)
        self._head.setVisible(bool(count))

    # Qt's metaclass has no room for that of abstract classes: mypy holds these.

    @abstractmethod
    def activate(self, row: int) -> None:
        """Called when a row of the model was clicked twice, or Return was pressed on it."""

    @abstractmethod
    def menu_items(self, row: int) -> list[MenuItem]:
        """Return what can be done with a row of the model."""
