"""Rows, columns and halves: the room that each part gets."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from inspector.ui.kit.layouts import add, grid, hbox, side_by_side, vbox


@pytest.fixture
def owner(qtbot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(300, 100)
    return widget


def block() -> QLabel:
    label = QLabel()
    label.setMinimumSize(40, 10)
    return label


def settled(widget: QWidget) -> None:
    widget.show()
    QApplication.processEvents()


def test_blank_room_and_shares_divide_what_is_left(owner: QWidget) -> None:
    first, second, third = block(), block(), block()
    third.setMaximumWidth(40)
    hbox(first, (second, 1), 1, third, owner=owner, margins=(5, 0, 5, 0), spacing=10)
    settled(owner)
    assert first.geometry().left() == 5
    assert third.geometry().right() == 294
    assert second.width() > first.width()
    assert third.geometry().left() - second.geometry().right() > 50


def test_a_column_takes_layouts_and_what_is_added_later(owner: QWidget) -> None:
    first, second, third = block(), block(), block()
    column = vbox(hbox(first, second), owner=owner)
    add(column, third, 1)
    settled(owner)
    assert first.geometry().top() == second.geometry().top() == 0
    assert third.geometry().top() == first.geometry().bottom() + 1
    assert third.width() == 300


def test_the_second_column_of_a_grid_takes_the_room(owner: QWidget) -> None:
    name, value = block(), block()
    layout = grid(owner, 8, 4)
    layout.addWidget(name, 0, 0)
    layout.addWidget(value, 0, 1)
    settled(owner)
    assert (name.width(), value.geometry()) == (40, QRect(48, 0, 252, 100))


def test_halves_share_the_width_and_none_can_be_lost(owner: QWidget) -> None:
    left, right = block(), block()
    splitter = side_by_side(left, right, 60)
    vbox(splitter, owner=owner)
    settled(owner)
    assert left.width() / (left.width() + right.width()) == pytest.approx(0.6, abs=0.02)
    splitter.setSizes([0, 300])
    assert left.width() >= 40
