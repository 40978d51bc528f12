"""The preferences: each counts at once, and is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from inspector.app.settings import EDITOR
from inspector.app.text import format_bytes, format_count, format_duration, set_number_format
from inspector.ui.features.preferences.dialog import PreferencesDialog
from tests.patience import until
from tests.ui.windows import Opened, opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.notices"),
]

EVENT = "UserPasswordChangeSucceeded"


@pytest.fixture(autouse=True)
def _usual_numbers() -> Iterator[None]:
    yield
    set_number_format("")


def choose(box: QComboBox, text: str) -> None:
    """Choose an entry with the keyboard."""
    box.setFocus()
    row = box.findText(text)
    assert row >= 0
    while box.currentIndex() != row:
        QTest.keyClick(box, Qt.Key.Key_Down if box.currentIndex() < row else Qt.Key.Key_Up)


def dialog(window: Opened) -> PreferencesDialog:
    assert window.window.commands.run("preferences.open")
    shown = window.window.shell.findChild(PreferencesDialog)
    assert shown is not None
    return shown


async def test_preferences_count_at_once_and_are_kept(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        desk, shell = window.desk, window.window.shell
        form = dialog(window)
        assert (form.timeout.value(), form.theme.currentText()) == (30, "Dark")
        form.timeout.setValue(5)
        assert desk.fire_panel.form().timeout == 5
        choose(form.window_span, "10.0 s")
        assert desk.timeline.controller.navigator.view.span == 10_000_000_000
        choose(form.numbers, "1,234.5")
        assert format_count(48_212) == "48,212"
        assert desk.timeline._window.caption() == "10.0 s window"
        choose(form.theme, "Light")
        assert not window.window.context.theme.dark
        form.editor.setText("  vim +{line} {file} ")
        form.editor.setFocus()
        QTest.keyClick(form.editor, Qt.Key.Key_Return)
        await until(lambda: shell.findChild(PreferencesDialog) is None, "Return closes it")
    async with opened(tmp_path / "s.db") as window:
        assert window.window.settings.text(EDITOR) == "vim +{line} {file}"
        form = dialog(window)
        assert form.editor.text() == "vim +{line} {file}"
        assert form.timeout.value() == 5
        assert form.window_span.currentText() == "10.0 s"
        assert form.numbers.currentText() == "1,234.5"
        assert window.desk.fire_panel.form().timeout == 5
        await window.fire("UserLoginAttempted")
        assert window.desk.timeline.controller.navigator.view.span == 10_000_000_000
        form.reject()


async def test_another_number_format_shows_at_once_in_every_text(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        desk, shell = window.desk, window.window.shell
        await window.fire(EVENT)
        await window.window.workbench.recording.saved()
        desk.selection.select_execution(0, 0, EVENT, 0)
        desk.fire_panel.context.count.setValue(4_000)
        form = dialog(window)
        for sample, count, tenth in (("1.234,5", "4.000", ","), ("1234.5", "4000", ".")):
            choose(form.numbers, sample)
            assert desk.timeline._window.caption().count(tenth) == 1
            assert desk.fire_panel.context.summary().endswith(f"{count} times")
            took = (desk.execution._head._took.text(), desk.fire_panel.outcome._title.text())
            assert all(re.search(rf"\d{re.escape(tenth)}\d", text) for text in took if "µs" not in text), took
            assert re.search(rf"\({format_bytes(window.window.workbench.stored_bytes)}\)", shell.status.texts()[1])
        form.reject()


@pytest.mark.parametrize(
    ("name", "count", "duration", "size"),
    [
        ("thin", "48\u2009212", "4.1 ms", "18.2 MB"),
        ("comma", "48,212", "4.1 ms", "18.2 MB"),
        ("point", "48.212", "4,1 ms", "18,2 MB"),
        ("space", "48\u2009212", "4,1 ms", "18,2 MB"),
        ("plain", "48212", "4.1 ms", "18.2 MB"),
        ("no such format", "48\u2009212", "4.1 ms", "18.2 MB"),
    ],
)
def test_a_number_format_is_for_every_number(name: str, count: str, duration: str, size: str) -> None:
    set_number_format(name)
    assert (format_count(48_212), format_duration(4_100_000), format_bytes(18_200_000)) == (count, duration, size)
