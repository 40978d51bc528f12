"""The findings of a run: a table, and below it what the chosen one means and where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from inspector.catalog.conformance.observed import CONTEXTS, context_words
from inspector.catalog.conformance.rules import BY_CODE
from inspector.ui.features.conformance import model as columns
from inspector.ui.features.conformance.model import RunFindingsModel
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.cells import SortedTable
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.text import PlainLabel, copy_text
from inspector.ui.kit.widgets import EmptyState

if TYPE_CHECKING:
    from inspector.catalog.conformance.rules import RunFinding
    from inspector.ui.kit.theme import Theme

_WIDTHS: Final = {0: 80, 1: 24, 2: 30, 3: 10}
#: Columns that come when there is room for the whole finding: it names event and handler, and leads to the execution.
_OPTIONAL: Final = (columns.EXECUTION, columns.EVENT, columns.HANDLER)


#: A finding begins with whom it is about and ends with what happened: neither is left out.
_MIDDLE: Final = (columns.MESSAGE, columns.HANDLER)


class RunFindingsView(QWidget):
    """Where a run differs from what is declared.

    Args:
        theme: Its look.
        parent: The owner.

    Signals:
        chosen: The finding that a person chose.
        timeline_wanted: The finding whose execution a person wants to see.
        catalog_wanted: The finding whose event a person wants to see.
        open_source: File and line that a person wants to see in the editor.
    """

    chosen = Signal(object)
    timeline_wanted = Signal(object)
    catalog_wanted = Signal(object)
    open_source = Signal(str, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mine, self._theme = False, theme
        self.current: RunFinding | None = None
        #: The program of the run has database sessions.
        self.sessions = True
        self.model = RunFindingsModel(self)
        name, sort = "Differences between run and catalog", (columns.MESSAGE, Qt.SortOrder.AscendingOrder)
        self.table = SortedTable(theme, name, self.model, _WIDTHS, _OPTIONAL, sort, middle=_MIDDLE)
        self.empty = EmptyState(theme, "check", "", "")
        self.table.set_empty(self.empty)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)
        self.table.chosen_again.connect(self._row_chosen)
        self.table.clicked.connect(self._row_chosen)
        self.table.activated_row.connect(self._activated)
        self.table.set_menu(lambda _: self.menu_items() if self.current is not None else ())
        vbox((self.table, 1), self._make_detail(theme), owner=self)
        self._show(None)

    def _make_detail(self, theme: Theme) -> QWidget:
        self._about = PlainLabel("", "dim", wrap=True, selectable=True)
        self.in_timeline = Button(theme, "Show in timeline", "timeline", kind="flat")
        self.in_timeline.clicked.connect(lambda: self.timeline_wanted.emit(self.current))
        self.in_catalog = Button(theme, "Show in catalog", "tree", kind="flat")
        self.in_catalog.clicked.connect(lambda: self.catalog_wanted.emit(self.current))
        self.in_editor = Button(theme, "Open in editor", "code", kind="flat", on_click=self._open_source)
        buttons = hbox(self.in_timeline, self.in_catalog, self.in_editor, 1, spacing=2)
        self._detail = QWidget()
        vbox(self._about, buttons, owner=self._detail, margins=(10, 5, 10, 5), spacing=2)
        return self._detail

    def menu_items(self) -> list[MenuItem]:
        """Return what can be done with the chosen finding."""
        lines = (
            (self.in_timeline, "Show in timeline", "timeline"),
            (self.in_catalog, "Show in catalog", "tree"),
            (self.in_editor, "Open in editor", "code"),
        )
        return [
            *(MenuItem(text, button.click, icon=icon, enabled=button.isEnabled()) for button, text, icon in lines),
            SEPARATOR,
            MenuItem("Copy finding", lambda: copy_text(self.about(), "finding"), icon="copy"),
        ]

    def set_findings(self, findings: Sequence[RunFinding]) -> None:
        """Show other findings; none of them is chosen."""
        self._mine = True
        self.model.set_findings(findings)
        self._mine = False
        self._show(None)

    def choose_about(self, event: str, owner: str) -> None:
        """Choose the worst finding about an event and a class of handlers, or none; nobody is told."""
        row = self.model.row_about(event, owner)
        self._mine = True
        if row < 0:
            self.table.clearSelection()
            self._show(None)
        else:
            index = self.table.index_of(row)
            self.table.setCurrentIndex(index)
            self.table.scrollTo(index)
            self._show(self.model.finding(row))
        self._mine = False

    def about(self) -> str:
        """Return what is said of the chosen finding."""
        return self._about.text()

    def _row_chosen(self, index: QModelIndex) -> None:
        if not self._mine and index.isValid():
            self._show(self._at(index))
            self.chosen.emit(self.current)

    def _activated(self, index: QModelIndex) -> None:
        self._show(self._at(index))
        wanted = self.timeline_wanted if self.in_timeline.isEnabled() else self.catalog_wanted
        wanted.emit(self.current)

    def _at(self, index: QModelIndex) -> RunFinding:
        return self.model.finding(self.table.source_row(index))

    def _show(self, finding: RunFinding | None) -> None:
        self.current = finding
        self._detail.setVisible(finding is not None)
        if finding is None:
            return
        rule = BY_CODE.get(finding.code)
        words = [context_words(name, sessions=self.sessions) for name in finding.contexts if name in CONTEXTS]
        contexts = " and ".join(words)
        why = f"{rule.explanation} " if rule is not None else ""
        observed = f"\nObserved {contexts}." if contexts else ""
        self._about.set_whole(f"{finding.code}  {finding.message}\n{why}{finding.fix}{observed}")
        self.in_timeline.setEnabled(finding.execution > 0)
        self.in_catalog.setEnabled(bool(finding.event))
        self.in_editor.setEnabled(bool(finding.file))

    def _open_source(self) -> None:
        if self.current is not None and self.current.file:
            self.open_source.emit(self.current.file, max(1, self.current.line))
