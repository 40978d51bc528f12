"""Buttons of every kind by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.folds import FoldingSection
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.page import ClickableRow, Link
from inspector.ui.kit.theme import Theme

KINDS: tuple[Callable[[Theme], QAbstractButton], ...] = (
    lambda theme: Button(theme, "Cancel"),
    lambda theme: IconButton(theme, "copy", "Copy"),
    lambda theme: Link(theme, "Copy"),
    lambda theme: FoldingSection(theme, "Context", QWidget()).head,
    ClickableRow,
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_the_button_that_has_the_keyboard_is_pressed_and_not_the_default_one(
    qtbot: QtBot, kind: Callable[[Theme], QAbstractButton], key: Qt.Key
) -> None:
    theme = Theme("dark")
    pressed: list[str] = []
    dialog = QDialog()
    qtbot.addWidget(dialog)
    default, other = Button(theme, "Open", on_click=lambda: pressed.append("default")), kind(theme)
    default.setDefault(True)
    other.clicked.connect(lambda: pressed.append("other"))
    vbox(default, other, owner=dialog)
    dialog.show()
    dialog.activateWindow()
    other.setFocus()
    QTest.keyClick(other, key)
    assert pressed == ["other"]


def test_a_key_that_is_held_presses_once(qtbot: QtBot) -> None:
    pressed: list[int] = []
    button = Button(Theme("dark"), "Fire", on_click=lambda: pressed.append(1))
    qtbot.addWidget(button)
    for repeated in (False, True, True):
        key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "", autorep=repeated)
        QApplication.sendEvent(button, key)
    assert pressed == [1]
