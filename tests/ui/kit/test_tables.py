"""The scroll bar of a table says where the current row is, while nobody sees it."""

import pytest
from PySide6.QtCore import Qt

from inspector.ui.kit.rows import Column, TableModel
from inspector.ui.kit.tables import DataTable, MarkedScrollBar
from inspector.ui.kit.theme import Theme


class Numbers(TableModel):
    def __init__(self):
        super().__init__((Column("number"),))

    def rows(self):
        return 1000

    def text(self, row, column):
        return str(row)

    def fact(self, row, column, role):
        return None


@pytest.fixture
def table(qtbot, qapp):
    table = DataTable(Theme("dark"))
    qtbot.addWidget(table)
    model = Numbers()
    model.setParent(table)
    table.setModel(model)
    table.resize(300, 220)
    table.show()
    return table


def test_a_current_row_out_of_sight_is_marked_where_it_is(table):
    bar = table.verticalScrollBar()
    assert isinstance(bar, MarkedScrollBar)
    assert bar.mark() == -1
    table.setCurrentIndex(table.model().index(500, 0))
    assert bar.mark() == -1  # it has been scrolled to
    plain = bar.grab().toImage()
    table.scrollToTop()
    assert abs(bar.mark() - bar.height() / 2) <= 2
    assert bar.grab().toImage() != plain
    table.scrollToBottom()
    assert abs(bar.mark() - bar.height() / 2) <= 2
    table.setCurrentIndex(table.model().index(999, 0))
    table.scrollToTop()
    assert bar.height() - 5 <= bar.mark() < bar.height()


def center(table, row):
    return table.visualRect(table.model().index(row, 0)).center()


def test_the_current_row_is_chosen_again_by_a_click_or_at_the_end_by_a_key(table, qtbot):
    again, moved = [], []
    table.chosen_again.connect(lambda index: again.append(index.row()))
    table.selectionModel().currentRowChanged.connect(lambda index: moved.append(index.row()))
    press = qtbot.mouseClick
    press(table.viewport(), Qt.MouseButton.LeftButton, pos=center(table, 0))
    assert (moved, again) == ([0], [])
    press(table.viewport(), Qt.MouseButton.LeftButton, pos=center(table, 0))
    press(table.viewport(), Qt.MouseButton.RightButton, pos=center(table, 0))
    press(table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, center(table, 0))
    assert (moved, again) == ([0], [0])
    qtbot.keyClick(table, Qt.Key.Key_Up)
    qtbot.keyClick(table, Qt.Key.Key_A)
    assert (moved, again) == ([0], [0, 0])
    press(table.viewport(), Qt.MouseButton.LeftButton, pos=center(table, 2))
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert (moved, again) == ([0, 2, 1], [0, 0])


def test_home_and_end_go_to_the_first_and_the_last_row(table, qtbot):
    table.setCurrentIndex(table.model().index(500, 0))
    for key, row in ((Qt.Key.Key_Home, 0), (Qt.Key.Key_End, 999)):
        qtbot.keyClick(table, key)
        assert table.currentIndex().row() == row
        assert {index.row() for index in table.selectedIndexes()} == {row}
        assert table.viewport().rect().contains(center(table, row))
