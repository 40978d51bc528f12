"""The scroll bar of a table says where the current row is, while nobody sees it."""

import pytest

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
