"""The command palette and the sheet of shortcuts."""

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from inspector.analysis.fuzzy import fuzzy_score
from inspector.app.commands import Command, CommandTable
from inspector.app.notices import Notices
from inspector.app.tasks import TaskOwner
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.theme import Theme
from inspector.ui.shell.palette import CommandPalette
from inspector.ui.shell.shortcuts import ShortcutSheet, groups


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def table(done: list[str]) -> CommandTable:
    notices = Notices()
    table = CommandTable(notices, TaskOwner(notices))
    table.add(
        Command("fire.again", "Fire Again", lambda: done.append("again"), "Fire", shortcuts=("Ctrl+Shift+Return",)),
        Command("session.rename", "Rename Session", lambda: done.append("rename"), "Session"),
        Command(
            "session.delete", "Delete Session", lambda: done.append("delete"), "Session", blocked=lambda: "It is live."
        ),
        Command("timeline.in", "Zoom In", lambda: None, "Timeline", shortcuts=("W",), scope="timeline"),
        Command("palette.open", "Palette", lambda: None),
    )
    return table


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    QLineEdit(window).setObjectName("field")
    window.show()
    return window


@pytest.fixture
def palette(window: QWidget, table: CommandTable) -> CommandPalette:
    return CommandPalette(Theme("dark"), table, window)


def test_what_only_a_button_does_is_not_listed_twice(table: CommandTable, palette: CommandPalette) -> None:
    table.add(Command("theme.next", "Switch Theme", lambda: None, listed=False))
    palette.open_sheet()
    assert "theme.next" not in palette.shown()
    palette.field.setText("switch theme")
    assert "theme.next" not in palette.shown()


@pytest.mark.parametrize(
    ("pattern", "better", "worse"),
    [
        ("ren", "Rename Session", "Current Events"),
        ("fa", "Fire Again", "Default"),
        ("rs", "Rename Session", "Delete Errors"),
        ("session", "Session Rename", "Delete the Session"),
        ("fire", "Fire", "Fire Again"),
        ("logout", "UserLogoutFailed", "AuditEventHandler.handle_user_logout_failed"),
    ],
)
def test_beginnings_of_words_and_neighbours_count_more(pattern: str, better: str, worse: str) -> None:
    assert fuzzy_score(pattern, better) > fuzzy_score(pattern, worse)


def test_letters_out_of_order_are_not_found() -> None:
    assert fuzzy_score("xz", "Fire") == 0
    assert fuzzy_score("erif", "Fire") == 0
    assert fuzzy_score("", "anything") > 0


def test_typing_filters_and_return_runs(qtbot: QtBot, palette: CommandPalette, done: list[str]) -> None:
    palette.open_sheet()
    assert palette.isVisible()
    assert "palette.open" not in palette.shown()
    qtbot.keyClicks(palette.field, "rename")
    assert palette.shown() == ["session.rename"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["rename"]
    assert not palette.isVisible()


def test_what_cannot_be_done_now_comes_last_with_its_reason(qtbot: QtBot, palette: CommandPalette) -> None:
    palette.open_sheet()
    assert palette.shown()[-1] == "session.delete"
    palette.grab()


def test_arrows_move_and_wrap(qtbot: QtBot, palette: CommandPalette, done: list[str]) -> None:
    palette.open_sheet()
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentRow() == palette.list.count() - 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentRow() == 0


def test_what_was_used_last_comes_first(qtbot: QtBot, palette: CommandPalette) -> None:
    palette.open_sheet()
    qtbot.keyClicks(palette.field, "rename")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    palette.open_sheet()
    assert palette.shown()[0] == "session.rename"


def test_what_the_features_know_is_found_with_what_it_is(
    qtbot: QtBot, palette: CommandPalette, table: CommandTable, done: list[str]
) -> None:
    sessions = ["Reference run"]
    palette.add_finds(lambda: [MenuItem(name, partial(done.append, name), hint="session") for name in sessions])
    palette.add_finds(lambda: [MenuItem("UserReferenced", lambda: done.append("event"), hint="event"), SEPARATOR])
    palette.open_sheet()
    assert all(row in table for row in palette.shown()), "before anything is typed there are the commands"
    qtbot.keyClicks(palette.field, "refere")
    assert palette.shown() == ["session:Reference run", "event:UserReferenced"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["event"]
    sessions.append("Referenced later")
    palette.open_sheet()
    qtbot.keyClicks(palette.field, "refere")
    assert "session:Referenced later" in palette.shown()
    palette.grab()


def test_nothing_found_is_said(qtbot: QtBot, palette: CommandPalette, done: list[str]) -> None:
    palette.open_sheet()
    qtbot.keyClicks(palette.field, "qqqq")
    assert palette.shown() == []
    assert palette.list.isHidden()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == []


def test_escape_and_a_click_beside_it_close(qtbot: QtBot, palette: CommandPalette, window: QWidget) -> None:
    palette.open_sheet()
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    palette.open_sheet()
    qtbot.mouseClick(window, Qt.MouseButton.LeftButton, pos=QPoint(5, 600))
    assert not palette.isVisible()


def test_the_focus_comes_back(qtbot: QtBot, palette: CommandPalette, window: QWidget) -> None:
    field = window.findChild(QLineEdit, "field")
    assert field is not None
    window.activateWindow()
    field.setFocus()
    palette.open_sheet()
    assert palette.field.hasFocus()
    palette.close_sheet()
    assert field.hasFocus()


def test_its_rows_have_room_also_when_its_look_comes_while_it_is_open(
    qapp: QApplication, palette: CommandPalette
) -> None:
    palette.open_sheet()
    palette.field.setText("session")
    for style in ("min-height: 20px", "min-height: 70px", "min-height: 20px; padding: 30px"):
        palette.field.setStyleSheet(style)
        qapp.processEvents()  # the line itself grows at once, the sheet with the next layout
        assert palette.list.viewport().height() >= 2 * palette.list.sizeHintForRow(0)


def test_it_stays_within_the_window(qtbot: QtBot, palette: CommandPalette, window: QWidget) -> None:
    palette.open_sheet()
    window.resize(500, 400)
    assert window.rect().contains(palette.geometry())


def test_the_sheet_has_every_shortcut_panels_last(qtbot: QtBot, table: CommandTable, window: QWidget) -> None:
    assert [(name, [c.id for c in commands]) for name, commands in groups(table)] == [
        ("Fire", ["fire.again"]),
        ("Timeline", ["timeline.in"]),
    ]
    sheet = ShortcutSheet(Theme("light"), table, window)
    sheet.open_sheet()
    assert sheet.isVisible()
    sheet.grab()
    sheet.open_sheet()
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
