"""The filter field: completion, history, marks under what cannot be read, the way back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyleOptionViewItem, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from inspector.analysis.query.complete import complete
from inspector.analysis.query.query import FilterError, parse
from inspector.ui.kit.theme import Theme
from inspector.ui.shell.filter_field import FilterField, _Rows
from tests.analysis.runs import Run

Key = Qt.Key


@pytest.fixture
def field(qtbot: QtBot) -> Iterator[FilterField]:
    run = Run()
    run.publish(0, "UserCreated")
    run.execute(1, 5, "app:AuditHandler.write")
    run.execute(6, 9, "app:AuditHandler.close")
    journal = run.journal()
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(700, 500)
    column = QVBoxLayout(window)
    made = FilterField(Theme("dark"), "handler:Audit*", "Ctrl+F")
    column.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)
    made.set_completer(lambda text, cursor: complete(text, cursor, journal))
    window.show()
    made.setFocus()
    yield made
    window.close()


def type_in(field: FilterField, text: str) -> None:
    QTest.keyClicks(field, text)


def press(field: FilterField, *keys: Key) -> None:
    for key in keys:
        QTest.keyClick(field, key)


def test_while_typing_it_lists_what_could_come_and_tab_takes_it(field: FilterField, qtbot: QtBot) -> None:
    type_in(field, "hand")
    assert field.offered == ["handler:"]
    press(field, Key.Key_Tab)
    assert field.text() == "handler:"
    qtbot.waitUntil(lambda: "AuditHandler" in field.offered)
    press(field, Key.Key_Down, Key.Key_Return)
    assert field.text() == "handler:AuditHandler "
    assert field.offered == []


def test_return_without_a_choice_takes_the_filter_as_it_stands(field: FilterField) -> None:
    used = []
    field.used.connect(used.append)
    type_in(field, "status:fail")
    assert field.offered == ["failed", "returned_failure"]
    press(field, Key.Key_Return)
    assert (field.text(), field.offered, used) == ("status:fail", [], ["status:fail"])


def test_escape_closes_the_list_first_and_then_clears(field: FilterField) -> None:
    type_in(field, "status:f")
    press(field, Key.Key_Escape)
    assert (field.text(), field.offered) == ("status:f", [])
    press(field, Key.Key_Escape)
    assert field.text() == ""


def test_up_and_down_go_through_the_filters_used_before(field: FilterField) -> None:
    field.set_history(["newest", "older"])
    type_in(field, '"half')
    press(field, Key.Key_Up)
    assert field.text() == "newest"
    press(field, Key.Key_Up, Key.Key_Up)
    assert field.text() == "older"
    press(field, Key.Key_Down, Key.Key_Down)
    assert field.text() == '"half'


def test_what_cannot_be_read_is_underlined_where_it_stands(field: FilterField) -> None:
    field.setText("handler:Audit stauts:failed")
    clean = field.grab().toImage()
    with pytest.raises(FilterError) as caught:
        parse(field.text())
    field.set_error(caught.value.text, caught.value.position, caught.value.length)
    assert field.error == (14, 6)
    marked = field.grab().toImage()
    rows = range(field.height() // 2, field.height() - 3)
    changed = [x for x in range(26, field.width() - 26) if any(clean.pixel(x, y) != marked.pixel(x, y) for y in rows)]
    metrics = field.fontMetrics()
    left = metrics.horizontalAdvance("handler:Audit ")
    assert abs(min(changed) - 28 - left) < 14
    assert max(changed) - min(changed) < metrics.horizontalAdvance("stauts") + 6
    field.set_error("")
    assert field.error is None


def test_the_way_back_leads_over_what_was_in_force_not_over_what_was_typed(field: FilterField) -> None:
    for text in ("status:failed", "status:failed ≥10ms"):
        field.replace(text)
        field.applied(text)
    field.replace("status:failed ≥10msx")  # cannot be read, so it never was in force
    field.back()
    assert field.text() == "status:failed"
    field.back()
    assert field.text() == ""


def test_ctrl_z_brings_back_a_filter_that_was_replaced(field: FilterField) -> None:
    type_in(field, "abc")
    field.replace("event:UserCreated")
    field.undo()
    assert field.text() == "abc"


def test_leaving_the_field_closes_the_list(field: FilterField) -> None:
    type_in(field, "ev")
    assert field.offered
    field.clearFocus()
    assert field.offered == []


@pytest.mark.parametrize(
    ("name", "told"), [("AuditHandler", True), ("AuditHandler.handle_something_that_is_long", False)]
)
def test_what_a_completion_is_stands_whole_or_not_at_all(qtbot: QtBot, name: str, told: bool) -> None:
    theme = Theme("dark")
    room = QRect(0, 0, 320, 24)
    rows = _Rows(theme, QWidget())
    pictures = []
    for note in ("", "method"):
        model = QStandardItemModel()
        item = QStandardItem(name)
        item.setData(note, Qt.ItemDataRole.UserRole)
        model.appendRow(item)
        picture = QImage(room.size(), QImage.Format.Format_RGB32)
        picture.fill(0)
        option = QStyleOptionViewItem()
        option.rect = room
        painter = QPainter(picture)
        rows.paint(painter, option, model.index(0, 0))
        painter.end()
        pictures.append(picture)
    assert (pictures[0] != pictures[1]) == told
