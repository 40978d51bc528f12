"""The list of tests in a panel, and the band of tests in the timeline."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.analysis.journal import Journal
from inspector.analysis.timeline.layout import TESTS
from inspector.core.records.records import Batch
from inspector.ui.features.tests import model as columns
from inspector.ui.features.tests.panel import COMMAND, TestsPanel
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.frame import readout
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.kit.cells import SortedTable, ToneDelegate
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.analysis.several import MS, shop


def whole() -> Journal:
    journal = Journal()
    journal.fold(Batch(1, shop(15)))
    return journal


def test_it_says_what_no_assertion_noticed_and_shows_a_test(qtbot: QtBot) -> None:
    selection = Selection()
    panel = TestsPanel(Theme("light"), selection)
    qtbot.addWidget(panel)
    panel.show()
    assert COMMAND in panel.empty.words()
    panel.empty.button.click()
    assert QGuiApplication.clipboard().text() == COMMAND
    badges: list[tuple[str, str]] = []
    panel.badge_changed.connect(lambda text, tone: badges.append((text, tone)))
    panel.set_journal(whole())
    assert panel.count.text() == "3 tests · 1 failed"
    assert panel.aside.text() == "2 tests passed despite problems in handlers"
    assert badges[-1] == ("1", "failed")
    stretches: list[tuple[int, int]] = []
    filters: list[str] = []
    panel.stretch_requested.connect(lambda start, end: stretches.append((start, end)))
    panel.filter_requested.connect(filters.append)
    show, problems, *_ = panel.menu_items(1)
    show.run()
    assert stretches == [(5_000 * MS, 8_500 * MS)]
    assert selection.range == (5_000 * MS, 8_500 * MS)
    problems.run()
    assert filters == ["status:bad,swallowed process:2"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("tests/test_shop.py::test_paid", "test_shop.py::test_paid"),
        ("a/b/test_c.py::TestD::test_e[f/g::h]", "test_c.py::TestD::test_e[f/g::h]"),
        ("test_c.py::test_e[/]", "test_c.py::test_e[/]"),
        ("Suite.test_e", "Suite.test_e"),
        ("", ""),
    ],
)
def test_what_a_name_leaves_out_first_is_the_folder_of_its_file(name: str, short: str) -> None:
    assert columns.without_folders(name) == short


def test_names_have_the_room_of_columns_that_need_not_be_there(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme("dark")
    theme.apply(qapp)
    panel = TestsPanel(theme, Selection())
    qtbot.addWidget(panel)
    panel.resize(676, 400)
    panel.show()
    panel.set_journal(whole())
    table, delegate = panel.table, panel.table.itemDelegate()
    assert isinstance(table, SortedTable)
    assert isinstance(delegate, ToneDelegate)
    metrics, room = table.fontMetrics(), table.columnWidth(columns.NAME) - 16
    for row in range(panel.model.rows()):
        name = panel.model.text(row, columns.NAME)
        assert delegate.fitting(name, columns.NAME, metrics, room) == name
    name = "tests/of/the/shop/and/its/orders/test_orders.py::test_an_order_is_paid"
    assert metrics.horizontalAdvance(name) > room
    assert delegate.fitting(name, columns.NAME, metrics, room) == "test_orders.py::test_an_order_is_paid"


def test_tests_are_a_band_above_the_lanes_and_a_click_measures_one(qtbot: QtBot) -> None:
    selection = Selection()
    panel = TimelinePanel(Theme("dark"), selection, clock=lambda: 0.0)
    qtbot.addWidget(panel)
    panel.resize(1000, 600)
    panel.show()
    panel.set_journal(Journal(), live=False)
    scene = panel.controller.scene
    assert scene.layout.strip(TESTS) is None
    panel.set_journal(whole(), live=False)
    scene = panel.controller.scene
    strip = scene.layout.strip(TESTS)
    assert strip is not None
    assert strip.y == 0
    panel.controller.show(0, 15_000 * MS)
    place = QPoint(int(scene.x_of(6_000 * MS)), RULER_HEIGHT + strip.height // 2)
    scene.hover = (place.x(), place.y())
    assert readout(scene) == ["tests/test_shop.py::test_a_payment_is_declined", "failed · 3.50 s", "server 48231"]
    QTest.mouseClick(panel.canvas, Qt.MouseButton.LeftButton, pos=place)
    assert selection.range == (5_000 * MS, 8_500 * MS)
    shown = panel.canvas.grab().toImage()
    panel.controller.lanes.set_hidden(TESTS, True)
    assert scene.layout.strip(TESTS) is None
    assert panel.canvas.grab().toImage() != shown
