"""The window by keyboard alone: real keys, pressed where the keyboard is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTreeView,
    QWidget,
)

from inspector.ui.shell.focus import has_focus
from tests.patience import until
from tests.ui.windows import Opened, opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.core.bus"),
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.notices"),
]
FIRST = "UserPasswordChangeSucceeded"
PANELS = (
    *("catalog", "event", "fire", "execution", "causality", "log"),
    *(
        "failures",
        "losses",
        "latency",
        "findings",
        "conformance",
        "faults",
        "sessions",
        "processes",
        "tests",
        "compare",
        "output",
    ),
)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def press(keys: str) -> None:
    """Press keys where the keyboard is: ``Alt+Shift+1``."""
    combination = QKeySequence(keys)[0]
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, combination.key(), combination.keyboardModifiers())


def keys_of(window: Opened, command: str) -> str:
    return window.window.commands.get(command).shortcuts[0]


def in_front(window: Opened, panel: str) -> bool:
    dock = window.window.shell.panel(panel)
    return not dock.isHidden() and dock.isVisible() and dock.x() >= 0


def selected(window: Opened) -> tuple[object, ...]:
    selection = window.desk.selection
    return selection.execution, selection.publication, selection.event_name, selection.handler, selection.range


# -- panels


async def test_every_panel_has_a_key_which_shows_it_and_goes_there_and_once_more_closes_it(db: Path) -> None:
    async with opened(db) as window:
        await window.fire(FIRST)
        await window.activate()
        shell = window.window.shell
        assert {f"panel.{panel}" for panel in (*PANELS, "timeline")} == {
            command.id for command in window.window.commands if command.section == "panels"
        }
        assert [keys_of(window, f"panel.{panel}") for panel in PANELS] == [
            *(f"Alt+{number}" for number in range(1, 10)),
            *(f"Alt+Shift+{number}" for number in range(1, len(PANELS) - 8)),
        ]
        for panel in PANELS:
            press("Alt+0")
            assert QApplication.focusWidget() is window.desk.timeline.canvas
            press(keys_of(window, f"panel.{panel}"))
            assert in_front(window, panel), panel
            assert has_focus(shell.panel(panel)), panel
            press(keys_of(window, f"panel.{panel}"))
            assert shell.panel(panel).isHidden(), panel
            assert QApplication.focusWidget() is window.desk.timeline.canvas
            press(keys_of(window, f"panel.{panel}"))
            assert in_front(window, panel), panel
            assert has_focus(shell.panel(panel)), panel


async def test_a_click_on_a_tab_takes_the_keyboard_along(db: Path) -> None:
    async with opened(db) as window:
        await window.fire(FIRST)
        await window.activate()
        shell = window.window.shell
        for panel, left in (("log", "failures"), ("failures", "log"), ("log", "failures")):
            shell.raise_panel(left)
            shell.bar.filter.setFocus()
            title = shell.panel(panel).windowTitle()
            bar = next(bar for bar in shell.tab_bars() if title in [bar.tabText(index) for index in range(bar.count())])
            place = next(index for index in range(bar.count()) if bar.tabText(index) == title)
            QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center() - QPoint(8, 0))
            await until(lambda panel=panel: in_front(window, panel) and has_focus(shell.panel(panel)), panel)


@pytest.mark.parametrize("vanish", [lambda button: button.hide(), lambda button: button.setEnabled(False)])
async def test_the_keyboard_stays_in_a_panel_whose_button_goes(db: Path, vanish: Callable[[QWidget], None]) -> None:
    async with opened(db) as window:
        await window.fire(FIRST)
        await window.activate()
        shell, failures = window.window.shell, window.desk.failures
        shell.raise_panel("failures")
        failures.note_button.setEnabled(True)
        failures.note_button.setFocus()
        assert QApplication.focusWidget() is failures.note_button
        vanish(failures.note_button)
        assert has_focus(shell.panel("failures"))
        assert QApplication.focusWidget() is not failures.note_button


async def test_a_panel_in_front_is_not_closed_by_its_key_while_the_keyboard_is_elsewhere(db: Path) -> None:
    async with opened(db) as window:
        await window.activate()
        for panel in PANELS:
            window.window.shell.raise_panel(panel)
            window.window.shell.bar.filter.setFocus()
            press(keys_of(window, f"panel.{panel}"))
            assert in_front(window, panel), panel
            assert has_focus(window.window.shell.panel(panel)), panel


async def test_going_to_a_panel_selects_nothing(db: Path) -> None:
    async with opened(db) as window:
        desk = window.desk
        window.window.commands.run("faults.toggle")
        await window.fire("UserLogoutSucceeded", FIRST)
        desk.selection.clear()
        desk.timeline.setFocus()
        before = selected(window)
        for panel in PANELS:
            press(keys_of(window, f"panel.{panel}"))
            await asyncio.sleep(0)
            assert selected(window) == before, panel


@pytest.mark.parametrize("panel", ["log", "failures", "latency", "sessions", "findings", "conformance"])
async def test_the_first_arrow_after_a_panel_got_the_keyboard_stands_on_its_first_row(db: Path, panel: str) -> None:
    async with opened(db) as window:
        desk = window.desk
        window.window.commands.run("faults.toggle")
        await window.fire("UserLogoutSucceeded", FIRST, "UserLogoutSucceeded")
        desk.selection.clear()
        desk.timeline.setFocus()
        press(keys_of(window, f"panel.{panel}"))
        await until(lambda: isinstance(QApplication.focusWidget(), QAbstractItemView), "the rows have the keyboard")
        view = QApplication.focusWidget()
        assert isinstance(view, QAbstractItemView)
        await until(lambda: view.model().rowCount() > 0, "there are rows")
        view.setCurrentIndex(view.model().index(-1, -1))
        press("Down")
        assert view.currentIndex().row() == 0
        assert view.selectionModel().isSelected(view.currentIndex())
        press("Down")
        assert view.currentIndex().row() == 1 or isinstance(view, QTreeView) or view.model().rowCount() == 1


async def test_arrows_scroll_what_is_read(db: Path) -> None:
    async with opened(db, size=(900, 480)) as window:
        await window.fire(FIRST)
        window.desk.selection.select_execution(0, 0, FIRST, 0)
        for panel in ("event", "execution"):
            press(keys_of(window, f"panel.{panel}"))
            page = QApplication.focusWidget()
            assert isinstance(page, QAbstractScrollArea)
            await until(lambda: page.verticalScrollBar().maximum() > 0, "there is more than fits")  # noqa: B023
            press("Down")
            assert page.verticalScrollBar().value() > 0


async def test_the_keyboard_comes_back_to_the_field_it_was_in(db: Path) -> None:
    async with opened(db) as window:
        panel = window.desk.fire_panel
        press("Alt+3")
        first = QApplication.focusWidget()
        assert isinstance(first, QLineEdit)
        assert panel.isAncestorOf(first), "the form begins in its first field"
        press("Tab")
        second = QApplication.focusWidget()
        while not isinstance(second, QLineEdit):
            press("Tab")
            second = QApplication.focusWidget()
        press("Alt+6")
        press("Alt+3")
        assert QApplication.focusWidget() is second
        panel.button.setFocus()
        press("Alt+6")
        press("Alt+3")
        assert QApplication.focusWidget() is not panel.button, "an arrow would do nothing there"


async def test_an_arrow_reaches_rows_that_came_after_the_keyboard(db: Path) -> None:
    async with opened(db) as window:
        await window.activate()
        press(keys_of(window, "panel.failures"))
        assert QApplication.focusWidget() is window.window.shell.panel("failures")
        window.window.commands.run("faults.toggle")
        await window.fire("UserLogoutSucceeded")
        await until(lambda: window.desk.failures.sorted.rowCount() > 0)
        press("Down")
        assert QApplication.focusWidget() is window.desk.failures.table


async def test_findings_that_come_after_the_keyboard_get_it_and_no_field_beside_them(db: Path) -> None:
    async with opened(db) as window:
        panel = window.desk.findings
        await window.activate()
        await until(lambda: bool(panel.findings), "the findings are there")
        findings = panel.findings
        for key in (keys_of(window, "panel.findings"), "F6"):
            panel.set_unknown("The program is starting.")
            if key == "F6":
                window.desk.timeline.setFocus()
                while not has_focus(window.window.shell.panel("findings")):
                    press(key)
            else:
                press(key)
            assert QApplication.focusWidget() is window.window.shell.panel("findings")
            panel.set_findings(findings)
            assert QApplication.focusWidget() is panel.tree
        panel.set_unknown("The program is starting.")
        panel.search.setFocus()
        panel.set_findings(findings)
        assert QApplication.focusWidget() is panel.search, "where a person has gone the keyboard stays"


async def test_f6_goes_round_the_panels_that_can_be_seen(db: Path) -> None:
    async with opened(db) as window:
        shell, desk = window.window.shell, window.desk
        await window.activate()
        shell.bar.filter.setFocus()
        places: list[QWidget] = [desk.catalog, desk.timeline, desk.event_panel, desk.log]
        for _ in range(2):
            for place in places:
                press("F6")
                assert has_focus(place)
        for place in reversed(places[:-1]):
            press("Shift+F6")
            assert has_focus(place)
        shell.panel("catalog").close()
        shell.raise_panel("sessions")
        desk.timeline.setFocus()
        for place in (desk.event_panel, desk.sessions_panel, desk.timeline):
            press("F6")
            assert has_focus(place)


async def test_a_panel_that_floats_is_reached_left_and_closed_by_keys(db: Path) -> None:
    async with opened(db) as window:
        shell = window.window.shell
        await window.activate()
        dock = shell.panel("log")
        dock.setFloating(True)
        dock.show()
        press(keys_of(window, "panel.log"))
        await until(lambda: QApplication.activeWindow() is dock, "the floating panel has the keyboard")
        assert has_focus(dock)
        press("Alt+1")
        await until(lambda: QApplication.activeWindow() is shell, "the window has the keyboard")
        assert has_focus(window.desk.catalog)
        press(keys_of(window, "panel.log"))
        await until(lambda: QApplication.activeWindow() is dock)
        press("Ctrl+W")
        assert dock.isHidden()
        assert shell.isVisible()
        await until(lambda: QApplication.activeWindow() is shell)
        assert has_focus(window.desk.timeline)
        press("Ctrl+W")
        await until(window.task.done, "the window itself is closed")


# -- text fields


async def test_keys_of_the_window_work_in_every_text_field(db: Path) -> None:
    async with opened(db) as window:
        shell, desk = window.window.shell, window.desk
        await window.activate()
        press("Alt+3")
        line = QApplication.focusWidget()
        fields: list[QWidget | None] = [shell.bar.filter, line, desk.fire_panel.context.count, desk.catalog.search]
        assert isinstance(line, QLineEdit)
        for field in fields:
            assert field is not None
            field.setFocus()
            press("Ctrl+E")
            assert QApplication.focusWidget() is desk.catalog.search, field
            field.setFocus()
            press("Ctrl+K")
            assert shell._palette.isVisible(), field
            press("Escape")
            assert not shell._palette.isVisible()
            field.setFocus()
            press("Ctrl+F")
            assert QApplication.focusWidget() is shell.bar.filter
        desk.fire_panel.tabs.setCurrentIndex(1)
        desk.fire_panel.json.setFocus()
        assert isinstance(QApplication.focusWidget(), QPlainTextEdit)
        press("Ctrl+E")
        assert QApplication.focusWidget() is desk.catalog.search


async def test_a_text_field_keeps_letters_and_what_every_field_does(db: Path) -> None:
    async with opened(db) as window:
        field = window.window.shell.bar.filter
        await window.activate()
        field.setFocus()
        window.type("ab?")
        assert field.text() == "ab?", "no sheet of shortcuts"
        assert not window.window.shell._sheet.isVisible()
        press("Ctrl+A")
        press("Ctrl+X")
        assert field.text() == ""
        press("Ctrl+V")
        assert field.text() == "ab?"
        press("Ctrl+Z")
        assert field.text() == ""
        press("Ctrl+Shift+Z")
        assert field.text() == "ab?"


async def test_return_ends_the_renaming_of_a_session_and_nothing_else(db: Path) -> None:
    async with opened(db) as first:
        await first.fire(FIRST)
    async with opened(db) as window:
        panel = window.desk.sessions_panel
        press(keys_of(window, "panel.sessions"))
        await until(lambda: panel.model.rowCount() == 2, "both sessions are listed")
        live = window.window.workbench.view
        panel.table.setCurrentIndex(panel.table.index_of(1))
        for text, keys in (("kept name", "Return"), ("other", "Enter"), ("dropped", "Escape")):
            press("F2")
            await until(lambda: isinstance(QApplication.focusWidget(), QLineEdit), "the editor")
            press("Ctrl+A")
            window.type(text)
            press(keys)
            await until(lambda: QApplication.focusWidget() is panel.table, "the editor has gone")
        await until(lambda: panel.model.session(1).name == "other")
        assert window.window.workbench.view is live, "nothing was opened"
        press("Return")
        await until(lambda: window.window.workbench.view is not live, "in the list itself Return opens")


# -- the way back


async def test_back_and_forward_go_through_zoom_and_filter_in_their_order_from_anywhere(db: Path) -> None:
    async with opened(db) as window:
        desk, field = window.desk, window.window.shell.bar.filter
        await window.fire(FIRST)
        navigator = desk.timeline.controller.navigator
        desk.timeline.controller.fit()
        fitted = navigator.view
        desk.timeline.controller.zoom_in()
        zoomed = navigator.view
        field.setFocus()
        window.type("status:ok")
        await until(lambda: desk.timeline.controller.source.filter is not None, "the filter is in force")
        desk.timeline.setFocus()
        desk.timeline.controller.pan_left()
        moved = navigator.view
        states = [(fitted, ""), (zoomed, ""), (zoomed, "status:ok"), (moved, "status:ok")]
        for keys_back, keys_forward, place in (
            ("Alt+Left", "Alt+Right", desk.log.table),
            ("Ctrl+Z", "Ctrl+Shift+Z", desk.catalog.tree),
            ("Alt+Left", "Alt+Right", desk.failures.table),
            ("Alt+Left", "Alt+Right", field),
        ):
            window.window.shell.raise_panel("failures" if place is desk.failures.table else "log")
            for view, text in reversed(states[:-1]):
                place.setFocus()
                press(keys_back)
                assert (navigator.view, field.text()) == (view, text)
            for view, text in states[1:]:
                place.setFocus()
                press(keys_forward)
                assert (navigator.view, field.text()) == (view, text)
        desk.timeline.setFocus()
        press("Alt+Left")
        desk.timeline.controller.zoom_out()
        assert window.window.commands.reason("edit.forward") == "Nothing to redo"


async def test_failures_of_a_group_have_keys_of_their_own(db: Path) -> None:
    async with opened(db) as window:
        desk = window.desk
        window.window.commands.run("faults.toggle")
        await window.fire(*["UserLogoutSucceeded"] * 3)
        press(keys_of(window, "panel.failures"))
        await until(lambda: desk.failures.sorted.rowCount() == 1)
        position = desk.failures.detail.position
        await until(lambda: position.text() == "1 of 3")
        press("Alt+Down")
        assert position.text() == "2 of 3"
        second = desk.selection.execution
        press("Alt+Up")
        assert position.text() == "1 of 3"
        assert 0 <= desk.selection.execution < second
        desk.timeline.setFocus()
        press("Alt+Down")
        assert position.text() == "1 of 3", "they belong to the panel"


async def test_what_a_click_does_is_not_undone_by_the_keyboard(db: Path) -> None:
    """A click into empty rows gives the keyboard, and chooses nothing either."""
    async with opened(db) as window:
        await window.fire(FIRST)
        window.desk.selection.clear()
        table = window.desk.log.table
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, table.viewport().height() - 3))
        assert table.hasFocus()
        assert window.desk.selection.publication < 0


# -- the palette, and letters in tables


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("logoutsucc", "event:UserLogoutSucceeded"),
        ("email handler password", "handler:EmailEventHandler.handle_user_password_change_succeeded"),
        ("save figures", "action:Latency: Save Figures as CSV…"),
        ("collapse all", "action:Catalog: Collapse All"),
        ("check again", "action:Findings: Check Again"),
    ],
)
async def test_the_palette_finds_what_there_is(db: Path, text: str, row: str) -> None:
    async with opened(db) as window:
        await window.fire(FIRST)
        window.window.shell.raise_panel("latency")
        await until(lambda: window.desk.latency.sorted.rowCount() > 0)
        await window.activate()
        press("Ctrl+K")
        window.type(text)
        shown = [name.casefold() for name in window.window.shell._palette.shown()]
        assert row.casefold() in shown[:4]


async def test_an_event_that_the_palette_found_is_stood_on_and_can_be_fired_at_once(db: Path) -> None:
    async with opened(db) as window:
        await window.activate()
        window.desk.catalog.search.setText("nothing fits this")
        press("Ctrl+K")
        window.type("UserLogoutSucceeded")
        press("Return")
        assert window.desk.catalog.current_event() == "UserLogoutSucceeded"
        assert QApplication.focusWidget() is window.desk.catalog.tree
        press("Ctrl+Return")
        await window.settled(1)
        assert window.log()[0][2] == "UserLogoutSucceeded"


async def test_letters_fire_the_selected_execution_again_in_timeline_and_tables(db: Path) -> None:
    async with opened(db) as window:
        desk = window.desk
        await window.fire(FIRST)
        press(keys_of(window, "panel.log"))
        press("R")
        press("Down")
        press("R")
        await window.settled(2)
        assert [row[2] for row in window.log()] == [FIRST, FIRST]
        desk.timeline.setFocus()
        press("R")
        await window.settled(3)
        press("E")
        await until(lambda: in_front(window, "fire"), "the form is shown")
        await until(lambda: isinstance(QApplication.focusWidget(), QLineEdit), "the keyboard is in its first field")
        assert window.window.shell.panel("fire").isAncestorOf(QApplication.focusWidget())
        press(keys_of(window, "panel.catalog"))
        press("R")
        assert len(window.journal.publications) == 3, "in the catalog letters find"


async def test_a_star_opens_every_row_of_a_tree(db: Path) -> None:
    async with opened(db) as window:
        tree = window.desk.catalog.tree
        tree.collapseAll()
        await window.activate()
        press("Alt+0")
        press(keys_of(window, "panel.catalog"))
        press("*")
        top = tree.model().index(0, 0)
        assert tree.isExpanded(top)
        assert tree.isExpanded(tree.model().index(0, 0, top))
        assert not window.desk.catalog.search.text()


async def test_the_edit_menu_does_what_the_keys_do(db: Path) -> None:
    async with opened(db) as window:
        await window.fire(FIRST)
        commands, field = window.window.commands, window.window.shell.bar.filter
        field.setFocus()
        window.type("status:ok")
        commands.run("edit.select_all")
        commands.run("edit.cut")
        assert field.text() == ""
        commands.run("edit.paste")
        assert field.text() == "status:ok"
        press(keys_of(window, "panel.log"))
        press("Down")
        commands.run("edit.copy")
        assert FIRST in QApplication.clipboard().text()


# -- the page about it

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"


async def test_the_page_lists_every_key_of_the_window(db: Path) -> None:
    async with opened(db) as window:
        keys = {
            key
            for command in window.window.commands
            if command.scope == "window" and command.section != "panels"
            for key in command.shortcuts
        }
    cells = re.findall(r"^\| (`.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    listed = [key for cell in cells for key in re.findall(r"`([^`]+)`", cell)]
    assert sorted(listed) == sorted({*keys, "Alt+0", "Alt+1", "Alt+9", "Alt+Shift+1"})
