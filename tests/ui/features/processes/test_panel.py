"""The list of processes in a panel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from inspector.analysis.journal import Journal
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.records import Batch
from inspector.ui.features.processes.model import PID
from inspector.ui.features.processes.panel import COMMAND, ProcessesPanel
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.analysis.several import shop


@pytest.fixture
def panel(qtbot: QtBot) -> ProcessesPanel:
    panel = ProcessesPanel(Theme("dark"), Selection(), clock=lambda: 0.0)
    qtbot.addWidget(panel)
    panel.resize(1000, 260)
    panel.show()
    return panel


def whole() -> Journal:
    journal = Journal()
    journal.fold(Batch(1, shop(6)))
    return journal


def test_without_processes_it_says_how_they_come_here(panel: ProcessesPanel) -> None:
    assert panel.empty.isVisible()
    assert COMMAND in panel.empty.words()
    panel.empty.button.click()
    assert QGuiApplication.clipboard().text() == COMMAND


def test_it_counts_and_says_what_is_not_recorded(panel: ProcessesPanel) -> None:
    badges: list[tuple[str, str]] = []
    panel.badge_changed.connect(lambda text, tone: badges.append((text, tone)))
    panel.set_journal(whole())
    assert not panel.empty.isVisible()
    assert panel.count.text() == "3 running at the end · 1 ended · 1 not reporting"
    assert panel.aside.text() == "1 in 8"
    assert badges[-1] == ("3", "warn")


def test_a_row_filters_to_its_process_and_follows_the_selection(panel: ProcessesPanel) -> None:
    journal = whole()
    panel.set_journal(journal)
    wanted: list[str] = []
    panel.filter_requested.connect(wanted.append)
    panel.table.activated_row.emit(panel.table.index_of(panel.model.row_of(3)))
    assert wanted == ["process:3"]
    panel.table.activated_row.emit(panel.table.index_of(4))  # it does not report: there is nothing to filter to
    assert wanted == ["process:3"]
    owners = journal.publications["process"][journal.executions["publication"]]
    panel._selection.select_in(journal, ExecutionIndex(int((owners == 4).argmax())))
    assert panel.table.currentIndex().siblingAtColumn(PID).data() == "48239"


def test_a_row_offers_what_can_be_done(panel: ProcessesPanel) -> None:
    panel.set_journal(whole())
    panel.table.sortByColumn(PID, Qt.SortOrder.DescendingOrder)
    labels = [item.label for item in panel.menu_items(4)]
    assert labels == ["Copy command", "Copy reason", "Copy rows"]
    assert [item.label for item in panel.menu_items(0)] == ["Copy rows"]
