"""Buttons of every kind by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
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


class _LaidOut(QObject):
    """Counts how often a widget was asked to lay out anew what it holds."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.widget, self.times = widget, 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)

    def since(self) -> int:
        """Return how often since it was asked last."""
        QApplication.sendPostedEvents(self.widget, QEvent.Type.LayoutRequest.value)
        times, self.times = self.times, 0
        return times


@pytest.mark.parametrize("kind", ["normal", "section", "chip"])
@pytest.mark.parametrize(
    ("change", "same", "other"),
    [
        (Button.set_text, ("0.41 s window", "1.77 s window", "9.00 s window"), "0.4135 s window"),
        (Button.set_text, ("2 lanes hidden", "1 lanes hidden"), "12 lanes hidden"),
        (Button.set_text, ("Follow",), "Following"),
        (Button.set_hint, ("1\u2009204 new", "1\u2009111 new"), "11\u2009204 new"),
        (Button.set_hint, ("7",), ""),
    ],
)
def test_a_text_that_counts_lays_out_nothing_anew_and_has_its_room(
    qtbot: QtBot, kind: str, change: Callable[[Button, str], None], same: tuple[str, ...], other: str
) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    button = Button(Theme("dark"), "Count", kind=kind)
    change(button, same[0])
    vbox(button, owner=owner)
    with qtbot.waitExposed(owner):
        owner.show()
    laid_out = _LaidOut(owner)
    laid_out.since()
    room = button.sizeHint()
    for text in same:
        change(button, text)
        assert (laid_out.since(), button.sizeHint()) == (0, room)
    change(button, other)
    assert laid_out.since() == 1
    assert button.sizeHint().width() != room.width()
