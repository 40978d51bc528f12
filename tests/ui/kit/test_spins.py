"""Number fields write numbers as everything else does, and read what people write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QValidator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox
from pytestqt.qtbot import QtBot

from inspector.app.text import (
    NUMBER_FORMATS,
    format_count,
    format_decimal,
    read_count,
    read_decimal,
    set_number_format,
)
from inspector.ui.kit.spins import CountBox, DecimalBox

FORMATS = st.sampled_from(sorted(NUMBER_FORMATS))


@pytest.fixture(autouse=True)
def _usual_format() -> Iterator[None]:
    yield
    set_number_format("")


@given(FORMATS, st.integers(0, 10**9))
def test_a_count_is_read_as_it_is_written(name: str, number: int) -> None:
    set_number_format(name)
    assert read_count(format_count(number)) == number


@given(FORMATS, st.integers(0, 10**9), st.integers(0, 2))
def test_a_decimal_is_read_as_it_is_written(name: str, hundredths: int, decimals: int) -> None:
    set_number_format(name)
    number = round(hundredths / 100, decimals)
    assert read_decimal(format_decimal(number, decimals)) == pytest.approx(number)


@pytest.mark.parametrize("text", ["", " ", "x", "1x", "-1", "\u0661"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_count(text) is None
    assert read_decimal(text) is None


@pytest.mark.parametrize("text", ["1..2", "1.2.3", "1,2,3", "."])
def test_what_is_no_decimal_is_none(text: str) -> None:
    assert read_decimal(text) is None


@pytest.mark.parametrize("name", sorted(NUMBER_FORMATS))
@pytest.mark.parametrize(
    ("text", "number"), [("0.5", 0.5), ("0,5", 0.5), ("12.25", 12.25), ("1 234", 1234), ("7", 7), (".5", 0.5)]
)
def test_people_write_decimals_in_many_ways(name: str, text: str, number: float) -> None:
    set_number_format(name)
    assert read_decimal(text) == number


@pytest.mark.parametrize("text", ["3000", "3,000", "3.000", "3 000", "3\u2009000", "3\u00a0000"])
def test_thousands_are_written_in_one_way_however_they_were_typed(qtbot: QtBot, text: str) -> None:
    box = CountBox()
    qtbot.addWidget(box)
    box.setLocale(QLocale(QLocale.Language.German))
    box.setRange(1, 1_000_000)
    box.show()
    box.selectAll()
    box.lineEdit().insert(text)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 3000
    assert box.text() == "3\u2009000"


@pytest.mark.parametrize(("name", "shown"), [("thin", "30.0 s"), ("point", "30,0 s"), ("space", "30,0 s")])
def test_decimals_follow_the_format_of_the_window(qtbot: QtBot, name: str, shown: str) -> None:
    box = DecimalBox()
    qtbot.addWidget(box)
    box.setRange(0, 3_600)
    box.setDecimals(1)
    box.setSuffix(" s")
    box.setSpecialValueText("no limit")
    assert box.text() == "no limit"
    set_number_format(name)
    box.setValue(30)
    assert box.text() == shown
    box.setValue(0)
    box.show()
    box.selectAll()
    QTest.keyClicks(box, "2.5")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 2.5
    box.stepUp()
    assert box.value() == 3.5


def test_a_count_takes_what_may_become_a_number_that_fits_and_nothing_else(qapp: QApplication, qtbot: QtBot) -> None:
    box = CountBox()
    qtbot.addWidget(box)
    box.setRange(5, 100)
    states = {text: box.validate(text, 0)[0] for text in ("", "3", "50", "101", "x", "-5")}
    good, half, bad = QValidator.State.Acceptable, QValidator.State.Intermediate, QValidator.State.Invalid
    assert states == {"": half, "3": half, "50": good, "101": bad, "x": bad, "-5": bad}
    assert isinstance(box, QSpinBox)
