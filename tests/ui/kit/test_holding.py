"""Rows that a person aims at stay where they are; what came meanwhile takes its place afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.kit.cells import SortedTable
from inspector.ui.kit.holding import Holding
from inspector.ui.kit.menus import MenuItem
from inspector.ui.kit.rows import Column, Role, SortedModel, TableModel
from inspector.ui.kit.theme import Theme
from tests.ui.features.log.test_model import checked
from tests.ui.features.stories import point_at

RISING, FALLING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
OLD = [3, 1, 2]


class Keys(TableModel):
    """Rows with a key each, by which they are sorted; a key may come in anywhere, change and go."""

    def __init__(self, keys: list[int]) -> None:
        super().__init__((Column("key"), Column("row")))
        self.keys = list(enumerate(keys))
        self._next = len(keys)

    def rows(self) -> int:
        return len(self.keys)

    def text(self, row: int, column: int) -> str:
        return str(self.keys[row][1 - column])

    def fact(self, row: int, column: int, role: int) -> Any:
        return self.keys[row][1 - column] if role == Role.SORT else None

    def insert(self, row: int, keys: list[int]) -> None:
        row = min(row, len(self.keys))
        self.beginInsertRows(QModelIndex(), row, row + len(keys) - 1)
        self.keys[row:row] = [(self._next + more, key) for more, key in enumerate(keys)]
        self._next += len(keys)
        self.endInsertRows()

    def change(self, row: int, key: int) -> None:
        if self.keys:
            row %= len(self.keys)
            self.keys[row] = (self.keys[row][0], key)
            self.dataChanged.emit(self.index(row, 0), self.index(row, 1))

    def remove(self, row: int) -> None:
        if self.keys:
            row %= len(self.keys)
            self.beginRemoveRows(QModelIndex(), row, row)
            del self.keys[row]
            self.endRemoveRows()


def shown(model: SortedModel) -> list[int]:
    """Return which rows are shown, from the top."""
    return [int(model.index(row, 1).data()) for row in range(model.rowCount())]


STEP = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, 6), st.lists(st.integers(0, 9), min_size=1, max_size=3)),
    st.tuples(st.just("change"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("remove"), st.integers(0, 9)),
)


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6),
    st.lists(STEP, max_size=8),
    st.sampled_from([RISING, FALLING]),
    st.booleans(),
)
def test_no_row_moves_while_the_order_is_held_and_all_take_their_places_afterwards(
    keys: list[int], steps: list[tuple[Any, ...]], order: Qt.SortOrder, by_hand: bool
) -> None:
    model, rows = Keys(keys), SortedModel()
    rows.setSourceModel(model)
    rows.sort(0, order)
    if by_hand:
        rows.sort_by_hand()
    before = shown(rows)
    rows.hold()
    for name, *arguments in steps:
        getattr(model, name)(*arguments)
        stay = [row for row in before if row in dict(model.keys)]
        assert rows.rowCount() or not model.keys
        assert shown(rows)[: len(stay)] == stay
        assert rows.rowCount() + rows.waiting == len(model.keys)
        assert rows.stale or not rows.waiting
    rows.settle()
    assert shown(rows)[: len(stay := [row for row in before if row in dict(model.keys)])] == stay
    rows.let_go()
    assert (rows.waiting, rows.stale) == (0, False)
    sort_keys = [dict(model.keys)[row] for row in shown(rows)]
    assert sort_keys == sorted((key for _, key in model.keys), reverse=order is FALLING)
    model.insert(0, [5])
    rows.settle()
    assert [dict(model.keys)[row] for row in shown(rows)] == sorted(
        (key for _, key in model.keys), reverse=order is FALLING
    )


def test_a_search_shows_what_fits_also_while_the_order_is_held() -> None:
    model, rows = checked(Keys([10, 20, 30])), SortedModel()
    rows.setSourceModel(model)
    rows.sort(0, FALLING)
    rows.hold()
    model.insert(0, [12])
    assert (shown(rows), rows.waiting) == ([2, 1, 0], 1)
    rows.set_query("1")
    assert ([model.keys[rows.mapToSource(rows.index(row, 0)).row()][1] for row in range(rows.rowCount())]) == [
        20,
        12,
        10,
    ]
    assert rows.waiting == 0
    model.insert(0, [40])
    assert rows.waiting == 0  # it does not fit
    model.insert(0, [31])
    assert rows.waiting == 1


def test_what_comes_below_all_rows_is_shown_at_once_and_nothing_is_said() -> None:
    model, rows = Keys([1, 2]), SortedModel()
    rows.setSourceModel(model)
    rows.sort(0, RISING)
    rows.hold()
    model.insert(2, [3])
    model.insert(3, [4, 5])
    model.change(0, 0)
    assert (shown(rows), rows.waiting, rows.stale) == ([0, 1, 2, 3, 4], 0, False)


class Table:
    """A table in a window, beside which there is room for the pointer."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.resize(500, 300)
        self.model = Keys([1, 2, 3])
        self.view = SortedTable(Theme("dark"), "Rows", self.model, {0: 8, 1: 8}, (), (0, FALLING))
        self.view.setParent(self.window)
        self.view.setGeometry(0, 0, 300, 300)
        self.now = 100.0
        self.view.holding._clock = lambda: self.now
        self.window.show()
        self.leave()
        qtbot.waitUntil(lambda: not self.view.holding.active)

    def enter(self) -> None:
        point_at(self.view, QPoint(100, 120))
        assert self.view.holding.active

    def leave(self) -> None:
        point_at(self.window, QPoint(450, 120))

    @property
    def rows(self) -> list[int]:
        return shown(self.view.sorted)


@pytest.fixture
def table(qtbot: QtBot, qapp: QApplication) -> Table:
    return Table(qtbot)


def test_rows_stay_while_the_pointer_is_over_them_and_the_corner_says_what_waits(table: Table, qtbot: QtBot) -> None:
    sign = table.view.holding.sign
    table.model.change(0, 9)
    assert table.rows == [0, 2, 1]
    table.enter()
    assert table.view.holding.active
    assert sign.isHidden()
    table.model.change(1, 20)
    assert table.rows == [0, 2, 1]
    assert (sign.isVisible(), sign.text()) == (True, "Sorting paused")
    table.model.insert(0, [15, 16])
    assert table.rows == [0, 2, 1]
    assert sign.text() == "Sorting paused · 2 new"
    assert table.view.viewport().geometry().contains(sign.geometry())
    QTest.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=sign.geometry().topLeft())
    table.leave()
    qtbot.waitUntil(lambda: table.rows == [1, 4, 3, 0, 2])
    assert sign.isHidden()
    table.model.change(0, 0)
    assert table.rows == [1, 4, 0, 2, 3]


@pytest.mark.parametrize("rest", [2.9, 3.1])
def test_a_pointer_that_was_left_over_rows_does_not_hold_them_and_does_again_when_it_moves(
    table: Table, qtbot: QtBot, rest: float
) -> None:
    table.enter()
    table.model.change(0, 9)
    table.now += rest
    table.view.holding._look()
    assert table.view.holding.active is (rest < 3)
    assert table.rows == ([2, 1, 0] if rest < 3 else [0, 2, 1])
    point_at(table.view, QPoint(101, 121))
    assert table.view.holding.active
    before = table.rows
    table.model.change(1, 20)
    assert table.rows == before


@pytest.mark.qt_log_ignore("grabbing the keyboard")
def test_rows_stay_while_their_menu_is_open(table: Table, qtbot: QtBot) -> None:
    table.view.set_menu(lambda _: [MenuItem("Copy rows")])
    table.enter()
    table.view.customContextMenuRequested.emit(QPoint(20, 10))
    menu = QApplication.activePopupWidget()
    assert menu is not None
    table.leave()
    table.view.holding._look()
    table.model.change(0, 9)
    assert table.rows == [2, 1, 0]
    menu.close()
    table.leave()
    qtbot.waitUntil(lambda: table.rows == [0, 2, 1])


def test_rows_stay_between_two_keys_and_while_nobody_sees_them_they_do_not(qtbot: QtBot, qapp: QApplication) -> None:
    now = [100.0]
    table = Table(qtbot)
    holding = Holding(table.view, lambda: now[0])
    assert not holding.active
    QTest.keyClick(table.view, Qt.Key.Key_Down)
    assert holding.active
    holding._look()
    assert holding.active
    now[0] += 1.9
    QTest.keyClick(table.view, Qt.Key.Key_Down)
    now[0] += 1.9
    holding._look()
    assert holding.active
    now[0] += 0.2
    with qtbot.waitSignal(holding.ended):
        holding._look()
    QTest.keyClick(table.view, Qt.Key.Key_Down)
    table.window.hide()
    with qtbot.waitSignal(holding.ended):
        holding._look()
