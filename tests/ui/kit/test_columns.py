"""Columns of a table: sorted, chosen, moved and widened by a person, and as they were at the next start."""

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyleOptionHeader

from inspector.ui.kit.cells import SortedTable
from inspector.ui.kit.columns import TableColumns
from inspector.ui.kit.menus import StayingMenu
from inspector.ui.kit.rows import Column, Role, TableModel
from inspector.ui.kit.tables import selection_as_tsv
from inspector.ui.kit.theme import Theme

NAME, RUNS, MAX, SINCE = range(4)
FALLING = Qt.SortOrder.DescendingOrder


class Model(TableModel):
    def __init__(self, titles=("name", "runs", "max", "since")):
        super().__init__(tuple(Column(title, number=title.lower() in ("runs", "max")) for title in titles))

    def rows(self):
        return 3

    def text(self, row, column):
        return f"{'abc'[row]}{column}"

    def fact(self, row, column, role):
        return row if role == Role.SORT else None


@pytest.fixture
def table(qtbot, qapp):
    return make(qtbot)


def make(qtbot, width=500):
    sort = (NAME, Qt.SortOrder.AscendingOrder)
    table = SortedTable(Theme("dark"), "Rows", Model(), {0: 20, 1: 7, 2: 8, 3: 14}, (MAX, SINCE), sort)
    qtbot.addWidget(table)
    table.model_kept = table.sorted.sourceModel()
    table.resize(width, 200)
    table.show()
    return table


def shown(table):
    header = table.horizontalHeader()
    columns = sorted(range(4), key=header.visualIndex)
    return [column for column in columns if not table.isColumnHidden(column)]


def item(table, label):
    return next(item for item in table.columns.menu_items() if item.label == label)


def first_cells(table):
    return [table.sorted.index(row, NAME).data() for row in range(3)]


def click_title(table, column):
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 12, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def title(table, column):
    option = QStyleOptionHeader()
    option.text = table.columns.title(column)
    table.horizontalHeader().initStyleOptionForIndex(option, column)
    return option.text


def test_a_title_sorts_numbers_from_the_greatest_and_words_from_a(table):
    click_title(table, RUNS)
    assert (first_cells(table), title(table, RUNS)[-1]) == (["c0", "b0", "a0"], "↓")
    click_title(table, RUNS)
    assert (first_cells(table), title(table, RUNS)[-1]) == (["a0", "b0", "c0"], "↑")
    click_title(table, SINCE)
    assert first_cells(table) == ["a0", "b0", "c0"]
    assert title(table, RUNS) == "runs"


def test_optional_columns_come_as_there_is_room_and_the_button_has_room_of_its_own(table):
    assert shown(table) == [NAME, RUNS, MAX, SINCE]
    table.resize(260, 200)
    assert shown(table) == [NAME, RUNS]
    header = table.horizontalHeader()
    button = header.button
    assert button.isVisible()
    last = header.sectionViewportPosition(RUNS) + header.sectionSize(RUNS)
    unit = table.fontMetrics().averageCharWidth()
    assert last - button.x() <= header.sectionSize(RUNS) - 7 * unit  # the title ends before it


def test_columns_that_are_chosen_beyond_the_room_give_way_to_the_wide_one_but_not_their_titles(table):
    for width in (500, 380, 300):
        table.resize(width, 200)
        if width == 380:
            assert shown(table) != [NAME, RUNS, MAX, SINCE]
        while shown(table) != [NAME, RUNS, MAX, SINCE]:
            item(table, next(name for name in ("max", "since") if not item(table, name).checked)).run()
        wide = 20 * table.fontMetrics().averageCharWidth() + 18
        others = (RUNS, MAX, SINCE)
        titles = {c: table.fontMetrics().horizontalAdvance(table.columns.title(c)) for c in others}
        assert all(table.columnWidth(column) > titles[column] for column in others)
        header = table.horizontalHeader()
        at_title = sum(header.fontMetrics().horizontalAdvance(f"{table.columns.title(c)} ↓") + 18 for c in others)
        assert table.columnWidth(NAME) >= min(wide, table.viewport().width() - at_title - 24)
    table.horizontalHeader().resizeSection(SINCE, 140)
    table.resize(290, 200)
    assert table.columnWidth(SINCE) == 140  # dragged is dragged


@pytest.mark.qt_log_ignore("grabbing the keyboard")
def test_the_button_opens_a_list_that_stays_while_columns_are_switched(table):
    QTest.mouseClick(table.horizontalHeader().button, Qt.MouseButton.LeftButton)
    menu = table.horizontalHeader().button.findChild(StayingMenu)
    actions = {action.text(): action for action in menu.actions()}
    assert [action.isChecked() for action in list(actions.values())[:4]] == [True] * 4
    assert not actions["name"].isEnabled()  # one column has to remain
    for name in ("runs", "since"):
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(actions[name]).center())
    assert menu.isVisible()
    menu.close()
    assert shown(table) == [NAME, MAX]
    table.resize(900, 200)
    assert shown(table) == [NAME, MAX]  # chosen is chosen


def test_the_menu_of_a_title_sorts_by_it_and_hides_it(table):
    items = {item.label: item for item in table.columns.head_items(MAX)}
    items["Sort descending"].run()
    assert first_cells(table) == ["c0", "b0", "a0"]
    items["Hide max"].run()
    assert shown(table) == [NAME, RUNS, SINCE]


def test_what_was_chosen_is_there_at_the_next_start(table, qtbot):
    changed = []
    table.columns.changed.connect(lambda: changed.append(json.dumps(table.columns.state())))
    item(table, "max").run()
    table.horizontalHeader().moveSection(3, 1)
    table.horizontalHeader().resizeSection(RUNS, 133)
    click_title(table, SINCE)
    assert len(changed) == 4
    again = make(qtbot)
    again.columns.restore(json.loads(changed[-1]))
    assert shown(again) == [NAME, SINCE, RUNS]
    assert again.columnWidth(RUNS) == 133
    assert again.horizontalHeader().sortIndicatorSection() == SINCE
    item(again, "Reset columns").run()
    assert shown(again) == [NAME, RUNS, MAX, SINCE]
    assert again.columnWidth(RUNS) != 133
    assert again.horizontalHeader().sortIndicatorSection() == NAME


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"order": 3, "shown": "name", "widths": [1], "sort": ["gone", True]},
        {"order": ["gone", 7], "shown": ["gone"], "widths": {"gone": 1, "runs": "wide", "max": True}, "sort": "runs"},
    ],
)
def test_what_fits_nothing_is_left_out(table, state):
    before = (shown(table), table.columns.state())
    table.columns.restore(state)
    assert (shown(table), table.columns.state()) == before


def test_no_width_of_another_start_is_beyond_all_bounds(table):
    table.columns.restore({"widths": {"runs": 10**12, "max": -5}, "shown": ["runs", "max"]})
    assert table.columnWidth(RUNS) == 4000
    assert table.columnWidth(MAX) == table.horizontalHeader().minimumSectionSize()


def test_the_list_is_one_of_the_table(table):
    assert table.findChildren(TableColumns) == [table.columns]


def test_a_copy_has_the_columns_for_which_there_is_no_room_and_not_those_that_a_person_has_hidden(qtbot, table):
    table.resize(260, 200)
    table.selectRow(1)
    assert shown(table) == [NAME, RUNS]
    assert selection_as_tsv(table) == "b0\tb1\tb2\tb3"
    item(table, "runs").run()
    table.horizontalHeader().moveSection(3, 1)
    assert selection_as_tsv(table) == "b0\tb3\tb2"
    other = make(qtbot, 260)
    other.columns.restore(json.loads(json.dumps(table.columns.state())))
    other.selectRow(1)
    assert selection_as_tsv(other) == "b0\tb3\tb2"
    item(other, "runs").run()
    assert selection_as_tsv(other) == "b0\tb3\tb1\tb2"
    item(table, "max").run()  # shown by hand where there was no room, and taken away again
    item(table, "max").run()
    assert selection_as_tsv(table) == "b0\tb3"
    table.columns.reset()
    assert selection_as_tsv(table) == "b0\tb1\tb2\tb3"


def test_a_column_grows_into_what_the_others_leave_and_gives_it_back(qtbot, qapp):
    sort = (NAME, Qt.SortOrder.AscendingOrder)
    table = SortedTable(
        *(Theme("dark"), "Rows", Model(), {0: 20, 1: 7, 2: 8, 3: 14}, (MAX,), sort), most={SINCE: 30, RUNS: 9}
    )
    qtbot.addWidget(table)
    table.show()
    unit, header = table.fontMetrics().averageCharWidth(), table.horizontalHeader()
    wanted = 49 * unit + 4 * 18 + header.taken
    for spare, more in ((0, 0), (5 * unit, 5 * unit), (300 * unit, 16 * unit)):
        table.resize(wanted + spare + table.width() - table.viewport().width(), 200)
        assert shown(table) == [NAME, RUNS, MAX, SINCE]
        assert header.sectionSize(SINCE) - header.taken == 14 * unit + 18 + more
    assert header.sectionSize(RUNS) == 9 * unit + 18
    header.resizeSection(SINCE, 50)  # by a person: it stays
    table.resize(table.width() + 40, 200)
    assert header.sectionSize(SINCE) == 50


def test_what_was_chosen_when_titles_were_small_is_still_chosen(qtbot, table):
    sort = (NAME, Qt.SortOrder.AscendingOrder)
    model = Model(("Name", "Runs", "Max", "Since"))
    named = SortedTable(Theme("dark"), "Rows", model, {0: 20, 1: 7, 2: 8, 3: 14}, (MAX, SINCE), sort)
    qtbot.addWidget(named)
    table.columns.restore({"widths": {"runs": 80}, "sort": ["max", True]})
    named.columns.restore(table.columns.state())
    assert named.columns.state() == {**table.columns.state(), "widths": {"Runs": 80}, "sort": ["Max", True]}
