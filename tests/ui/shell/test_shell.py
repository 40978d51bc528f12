"""The window: panels, bar, menus, layout, notices."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSettings, Qt
from PySide6.QtGui import QAction, QCursor, QMouseEvent, QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QSpinBox,
    QTabBar,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.app.commands import Command, CommandTable
from inspector.app.notices import NoticeAction, Notices
from inspector.app.tasks import TaskOwner
from inspector.ui.kit.badges import Badge
from inspector.ui.kit.boxes import Banner, EmptyState
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.fields import SearchField
from inspector.ui.kit.menus import SEPARATOR, MenuItem, fill
from inspector.ui.kit.page import Page
from inspector.ui.kit.tables import DataTable, selection_as_tsv
from inspector.ui.kit.theme import Theme
from inspector.ui.kit.widgets import KeyValueGrid
from inspector.ui.shell.actions import Actions
from inspector.ui.shell.docks import DockTabs, PanelDock
from inspector.ui.shell.notices_view import NoticesView
from inspector.ui.shell.past_notices import PastNotices
from inspector.ui.shell.shell import Shell


@pytest.fixture
def notices() -> Notices:
    return Notices()


@pytest.fixture
def state() -> dict[str, object]:
    return {"fired": 0, "recording": True, "reason": "", "closing": 0}


@pytest.fixture
def table(notices: Notices, state: dict[str, object]) -> CommandTable:
    def fire() -> None:
        state["fired"] = int(str(state["fired"])) + 1

    def record() -> None:
        state["recording"] = not state["recording"]

    table = CommandTable(notices, TaskOwner(notices))
    table.add(
        Command("record.toggle", "Record", record, "Session", checked=lambda: bool(state["recording"])),
        Command(
            "fire.selected",
            "Fire",
            fire,
            "Fire",
            shortcuts=("Ctrl+Return",),
            label=lambda: "Fire A & B",
            blocked=lambda: str(state["reason"]),
        ),
        Command("export.open", "Export", lambda: None, "File"),
        Command("timeline.in", "Zoom In", fire, "Timeline", shortcuts=("W",), scope="timeline"),
    )
    return table


Make = Callable[..., Shell]


@pytest.fixture
def make(qtbot: QtBot, qapp: QApplication, notices: Notices, table: CommandTable) -> Iterator[Make]:
    made: list[Shell] = []

    def build(layout: Path | None = None, commands: CommandTable = table) -> Shell:
        shell = Shell(Theme("dark"), commands, notices, layout)
        shell.add_panel("left", "catalog", "Catalog", QLabel("catalog"))
        for name in ("event", "fire"):
            shell.add_panel("right", name, name.title(), QLabel(name))
        for name in ("log", "failures"):
            shell.add_panel("bottom", name, name.title(), QLabel(name))
        shell.set_central(QLabel("timeline"))
        shell.finish()
        qtbot.addWidget(shell)
        made.append(shell)
        shell.show()
        qapp.processEvents()
        return shell

    yield build
    for shell in made:
        shell.close_now()


def bottom_bar(shell: Shell) -> QTabBar:
    return next(bar for bar in shell.tab_bars() if bar.tabText(0) == "Log")


def test_panels_of_an_area_share_it_as_tabs_the_first_in_front(make: Make) -> None:
    shell = make()
    bar = bottom_bar(shell)
    assert [bar.tabText(i) for i in range(bar.count())] == ["Log", "Failures"]
    assert bar.currentIndex() == 0
    shell.raise_panel("failures")
    assert bar.tabText(bar.currentIndex()) == "Failures"


def test_every_place_has_one_tab_bar_whatever_happens_to_the_layout(make: Make, qapp: QApplication) -> None:
    """Qt 6.11 leaves bars of earlier layouts behind, at other places or below the new one."""
    shell = make()
    for _ in range(2):
        shell.reset_layout()
        shell.panel("catalog").setFloating(True)
        qapp.processEvents()
        shell.panel("catalog").setFloating(False)
        shell.resize(shell.width() + 40, shell.height())
        qapp.processEvents()
        names = sorted(bar.tabText(0) for bar in shell.tab_bars())
        assert names == ["Event", "Log"]
        visible = [b for b in shell.findChildren(QTabBar) if b.isVisible()]
        assert len(visible) == 2
    shell.raise_panel("failures")
    bar = bottom_bar(shell)
    assert bar.tabText(bar.currentIndex()) == "Failures"


def test_a_head_shows_the_name_where_no_tab_does(make: Make) -> None:
    shell = make()
    assert shell.panel("catalog").head.height() > 20
    assert shell.panel("log").head.sizeHint().height() == 1


def test_tab_reaches_a_panel_that_was_moved_to_the_top(make: Make, qapp: QApplication) -> None:
    shell = make()
    field = QSpinBox()
    shell.panel("log").setWidget(field)
    shell.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, shell.panel("log"))
    shell.raise_panel("log")
    shell.bar.filter.setFocus()
    qapp.processEvents()
    met = []
    while shell.focusWidget() not in met:
        met.append(shell.focusWidget())
        shell.focusNextPrevChild(True)
    assert field in met


def test_a_closed_panel_is_opened_again_from_the_view_menu(make: Make, table: CommandTable, qapp: QApplication) -> None:
    shell = make()
    shell.panel("failures").close()
    qapp.processEvents()
    assert not table.checked("panel.failures")
    assert shell.panel("log").head.sizeHint().height() > 20
    table.run("panel.failures")
    assert table.checked("panel.failures")
    assert not shell.panel("failures").isHidden()


def test_a_panels_command_brings_it_to_the_front_before_it_closes_it(make: Make, table: CommandTable) -> None:
    shell = make()
    bar = bottom_bar(shell)
    table.run("panel.failures")
    assert bar.tabText(bar.currentIndex()) == "Failures"
    assert not shell.panel("failures").isHidden()
    table.run("panel.failures")
    assert shell.panel("failures").isHidden()


def test_a_panel_floats_and_reset_brings_it_back(make: Make, table: CommandTable, qapp: QApplication) -> None:
    shell = make()
    dock = shell.panel("catalog")
    dock.setFloating(True)
    shell.panel("log").close()
    assert dock.isFloating()
    table.run("view.reset")
    qapp.processEvents()
    assert not dock.isFloating()
    assert not shell.panel("log").isHidden()
    assert shell.dockWidgetArea(dock) == Qt.DockWidgetArea.LeftDockWidgetArea


def tab_place(shell: Shell, title: str) -> tuple[QTabBar, QPoint]:
    bar = next(bar for bar in shell.tab_bars() if title in [bar.tabText(i) for i in range(bar.count())])
    index = [bar.tabText(i) for i in range(bar.count())].index(title)
    return bar, bar.tabRect(index).center()


def test_a_panel_that_floats_stands_beside_its_place_in_a_frame(make: Make, qapp: QApplication) -> None:
    shell = make()
    dock = shell.panel("catalog")
    before = dock.mapToGlobal(QPoint(0, 0))
    next(button for button in dock.head.findChildren(IconButton) if button.icon_name == "float").click()
    qapp.processEvents()
    assert dock.isFloating()
    assert dock.pos() != before
    edge = dock.grab().toImage().pixelColor(0, dock.height() // 2)
    assert edge.blue() > edge.red() + 20  # a frame that can be told from what lies below
    dock.toggle_floating()
    assert not dock.isFloating()


def test_a_tab_is_closed_by_the_middle_button(make: Make, qapp: QApplication) -> None:
    shell = make()
    bar, place = tab_place(shell, "Failures")
    QTest.mouseClick(bar, Qt.MouseButton.MiddleButton, pos=place)
    qapp.processEvents()
    assert shell.panel("failures").isHidden()
    assert not shell.panel("log").isHidden()


def test_a_tab_offers_to_float_close_and_move_its_panel(make: Make, qapp: QApplication) -> None:
    shell = make()
    bar, place = tab_place(shell, "Failures")
    QCursor.setPos(bar.mapToGlobal(place))
    menu = shell.createPopupMenu()
    actions = {action.text(): action for action in menu.actions()}
    assert list(actions)[:4] == ["Float", "Close", "Move to Left", "Move to Right"]
    actions["Move to Right"].trigger()
    menu.deleteLater()
    qapp.processEvents()
    assert shell.dockWidgetArea(shell.panel("failures")) == Qt.DockWidgetArea.RightDockWidgetArea
    assert shell.panel("failures") in shell.tabifiedDockWidgets(shell.panel("event"))


@pytest.mark.qt_log_ignore("does not support grabbing", extend=True)
def test_a_tab_that_is_dragged_away_takes_its_panel_along(make: Make, qapp: QApplication) -> None:
    shell = make()
    bar, place = tab_place(shell, "Failures")
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(bar, QPoint(place.x(), bar.height() + 4))
    assert not shell.panel("failures").isFloating()  # near its place a tab stays a tab
    QTest.mouseMove(bar, QPoint(place.x() + 10, bar.height() + 80))
    qapp.processEvents()
    assert shell.panel("failures").isFloating()
    QTest.mouseRelease(shell.panel("failures"), Qt.MouseButton.LeftButton)


def test_a_panel_that_comes_to_the_front_takes_the_keyboard_of_the_one_behind(make: Make, qapp: QApplication) -> None:
    shell = make()
    fields = {name: QLineEdit() for name in ("log", "failures", "event")}
    for name, field in fields.items():
        shell.panel(name).fill(field)
    shell.activateWindow()
    shell.focus_panel("log")
    qapp.processEvents()
    assert fields["log"].hasFocus()
    for name in ("failures", "log"):
        shell.raise_panel(name)
        qapp.processEvents()
        assert fields[name].hasFocus(), "and no button of the window, which the space bar would press"
    shell.raise_panel("event")
    qapp.processEvents()
    assert fields["log"].hasFocus(), "it can still be seen"


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (2560, 1440)])
def test_areas_keep_their_shares_of_the_window(make: Make, qapp: QApplication, size: tuple[int, int]) -> None:
    shell = make()
    shell.resize(*size)
    for _ in range(3):
        qapp.processEvents()
    assert abs(shell.panel("event").width() / size[0] - 0.275) < 0.01
    assert abs(shell.panel("catalog").width() / size[0] - 0.187) < 0.015


def test_a_saved_layout_scales_to_the_screen(
    make: Make, notices: Notices, tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved on a screen of 1600 pixels, opened on smaller ones."""
    path = tmp_path / "layout.ini"
    shell = make(path)
    shell.resize(1600, 900)
    for _ in range(3):
        qapp.processEvents()
    shell.resizeDocks([shell.panel("event")], [640], Qt.Orientation.Horizontal)
    for _ in range(3):
        qapp.processEvents()
    grip = QWidget(shell)
    grip.setObjectName("qt_qmainwindow_extended_splitter")
    shell.eventFilter(grip, _release())
    qapp.processEvents()
    share = shell.panel("event").width() / shell.width()
    assert abs(share - 0.4) < 0.02
    shell.close_now()
    again = make(path, CommandTable(notices, TaskOwner(notices)))
    for width in (1000, 1200):
        again.resize(width, 700)
        for _ in range(3):
            qapp.processEvents()
        assert abs(again.panel("event").width() / again.width() - share) < 0.03


def test_in_a_small_window_no_panel_lies_over_the_status_bar(make: Make, qapp: QApplication) -> None:
    """A screen of 1280 pixels at 150 %."""
    shell = make()
    tall = QLabel("tall")
    tall.setText("tall\n" * 40)
    shell.fill_panel("log", tall)
    shell.resize(853, 533)
    for _ in range(3):
        qapp.processEvents()
    assert shell.panel("log").geometry().bottom() < shell.status.geometry().top()


def test_a_panel_does_not_widen_its_area_by_what_it_shows(make: Make, qapp: QApplication) -> None:
    shell = make()
    shell.resize(1280, 800)
    for _ in range(3):
        qapp.processEvents()
    before = shell.panel("event").width()
    label = shell.panel("event").widget()
    assert isinstance(label, QLabel)
    label.setText("a long line that nobody breaks " * 40)
    qapp.processEvents()
    assert shell.panel("event").width() == before


def _release() -> QMouseEvent:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kind = QEvent.Type.MouseButtonRelease
    return QMouseEvent(kind, QPointF(1, 1), QPointF(1, 1), left, none, Qt.KeyboardModifier.NoModifier)


def test_a_badge_stands_at_the_tab_and_goes_away(make: Make) -> None:
    shell = make()
    bar = bottom_bar(shell)
    right = QTabBar.ButtonPosition.RightSide
    shell.set_badge("failures", "3", "failed")
    badge = bar.tabButton(1, right)
    assert isinstance(badge, Badge)
    assert badge.accessibleName() == "3"
    shell.set_badge("failures", "48 212", "failed")
    assert bar.tabButton(1, right).accessibleName() == "48 212"
    shell.set_badge("failures", "")
    assert bar.tabButton(1, right) is None
    assert bar.tabButton(0, right) is None


def test_badges_that_change_make_no_more_of_them(make: Make) -> None:
    """A count at one tab changes for hours, and its neighbours have none."""
    shell = make()
    bar = bottom_bar(shell)
    shell.set_badge("failures", "1", "failed")
    before = len(bar.findChildren(Badge))
    for count in range(2, 20):
        shell.set_badge("failures", str(count), "failed")
    assert len(bar.findChildren(Badge)) == before == 1


def test_only_a_badge_of_another_width_lays_the_tabs_out_anew(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = make()
    badge = bottom_bar(shell).tabButton
    shell.set_badge("failures", "98", "failed")
    laid_out: list[str] = []
    refresh = DockTabs.refresh
    monkeypatch.setattr(DockTabs, "refresh", lambda tabs: (laid_out.append("anew"), refresh(tabs)))
    for text, times in (("99", 0), ("100", 1), ("999", 1), ("1\u2009000", 2), ("1\u2009001", 2)):
        shell.set_badge("failures", text, "failed")
        assert badge(1, QTabBar.ButtonPosition.RightSide).accessibleName() == text
        assert len(laid_out) == times


def test_a_badge_is_not_seen_at_a_head_that_is_folded(make: Make, qapp: QApplication) -> None:
    """Of a folded head a line is left, and of a badge in it a dash would be."""
    shell = make()
    shell.set_badge("log", "3", "failed")
    qapp.processEvents()
    badge = shell.panel("log").badge
    assert not badge.isVisible()
    shell.panel("failures").close()
    shell.panel("log").setFloating(True)
    qapp.processEvents()
    assert badge.isVisible()


def test_the_layout_comes_back(make: Make, notices: Notices, tmp_path: Path, qapp: QApplication) -> None:
    path = tmp_path / "layout.ini"
    shell = make(path)
    shell.resize(790, 600)
    shell.panel("failures").close()
    qapp.processEvents()
    shell.close_now()
    assert path.is_file()
    again = make(path, CommandTable(notices, TaskOwner(notices)))
    assert again.panel("failures").isHidden()
    assert (again.width(), again.height()) == (790, 600)


@pytest.mark.parametrize(("left", "top"), [(0, 0), (3, 1), (20, 60)])
def test_a_window_comes_back_where_it_stood_time_after_time(
    make: Make, notices: Notices, tmp_path: Path, qapp: QApplication, left: int, top: int
) -> None:
    """Qt takes the title of a frame to be as high as the style says, and moves windows at the top of the screen."""
    path = tmp_path / "layout.ini"
    shell = make(path)
    room = shell.screen().availableGeometry()
    shell.resize(600, 500)
    shell.move(room.left() + left, room.top() + top)
    qapp.processEvents()
    stood = shell.frameGeometry()
    for _ in range(3):
        shell.close_now()
        shell = make(path, CommandTable(notices, TaskOwner(notices)))
        assert shell.frameGeometry() == stood


def test_a_place_that_is_on_no_screen_any_more_is_not_gone_to(
    make: Make, notices: Notices, tmp_path: Path, qapp: QApplication
) -> None:
    path = tmp_path / "layout.ini"
    make(path).close_now()
    settings = QSettings(str(path), QSettings.Format.IniFormat)
    settings.setValue("place", [QRect(9000, 9000, 640, 480), QRect(9001, 9020, 638, 459)])
    settings.sync()
    again = make(path, CommandTable(notices, TaskOwner(notices)))
    assert again.screen().availableGeometry().intersects(again.frameGeometry())


def test_a_panel_that_is_not_offered_has_no_tab_and_no_key_until_it_is(
    make: Make, table: CommandTable, notices: Notices, tmp_path: Path, qapp: QApplication
) -> None:
    path = tmp_path / "layout.ini"
    shell = make(path)
    shell.raise_panel("fire")
    bar = next(bar for bar in shell.tab_bars() if bar.tabText(0) == "Event")
    shell.offer_panel("fire", offered=False)
    qapp.processEvents()
    assert not bar.isTabVisible(1)
    assert bar.tabText(bar.currentIndex()) == "Event"
    assert shell.panel("event").widget().isVisible()
    assert not table.present("panel.fire")
    shell.raise_panel("fire")
    shell.focus_panel("fire")
    qapp.processEvents()
    assert bar.tabText(bar.currentIndex()) == "Event"
    shell.close_now()
    again = make(path, CommandTable(notices, TaskOwner(notices)))
    bar = next(bar for bar in again.tab_bars() if bar.tabText(0) == "Event")
    assert bar.isTabVisible(1)
    again.offer_panel("fire", offered=False)
    again.offer_panel("fire", offered=True)
    again.raise_panel("fire")
    qapp.processEvents()
    assert again.panel("fire").widget().isVisible()


def test_a_panel_that_floated_comes_back_before_the_window(
    make: Make, notices: Notices, tmp_path: Path, qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes up with the layout, before the window does: where windows are managed it would lie behind."""
    path = tmp_path / "layout.ini"
    shell = make(path)
    shell.panel("catalog").toggle_floating()
    qapp.processEvents()
    shell.close_now()
    shown: list[str] = []
    show = PanelDock.show

    def noted(dock: PanelDock) -> None:
        shown.append(dock.panel_id)
        show(dock)

    monkeypatch.setattr(PanelDock, "show", noted)
    again = make(path, CommandTable(notices, TaskOwner(notices)))
    qtbot.waitUntil(lambda: bool(shown), timeout=30_000)
    assert shown == ["catalog"]
    dock = again.panel("catalog")
    assert (dock.isFloating(), dock.isVisible()) == (True, True)
    assert dock.windowHandle().transientParent() is again.windowHandle()


def test_a_broken_layout_file_is_no_trouble(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "layout.ini"
    path.write_text("[General]\nstate=nonsense\ngeometry=@ByteArray(x)\n")
    assert make(path).panel("log").isVisible()


def test_closing_is_asked_for_and_done_by_the_owner(make: Make, state: dict[str, object]) -> None:
    shell = make()
    asked: list[int] = []
    shell.close_requested.connect(lambda: asked.append(1))
    assert not shell.close()
    assert asked == [1]
    assert shell.isVisible()
    shell.close_now()
    assert not shell.isVisible()


def test_menus_are_made_from_the_commands(make: Make) -> None:
    shell = make()
    names = [action.text() for action in shell.menuBar().actions()]
    assert names == ["&File", "&Edit", "&Fire", "&Session", "&Timeline", "&View", "&Help"]
    fire = shell.findChild(QAction, "fire.selected")
    assert fire is not None
    assert fire.text() == "Fire A && B"


def test_a_menu_that_is_too_long_for_a_screen_has_its_sections_as_menus(qtbot: QtBot, notices: Notices) -> None:
    """Qt tears a menu that is higher than the screen into columns."""
    commands = CommandTable(notices, TaskOwner(notices))
    for section in ("Move", "Zoom"):
        commands.add(*(Command(f"{section}.{n}", f"{section} {n}", list, "Timeline", section) for n in range(14)))
    commands.add(Command("quit", "Quit", list, "File", "end"))
    bar = QMenuBar()
    qtbot.addWidget(bar)
    Actions(commands, Theme("dark"), bar).fill_menu_bar(bar)
    found = {action.text(): action.menu() for action in bar.actions()}
    assert [action.text() for action in found["&File"].actions()] == ["Quit"]
    assert [action.text() for action in found["&Timeline"].actions()] == ["Move", "Zoom"]
    assert len(found["&Timeline"].actions()[1].menu().actions()) == 14


def test_a_command_may_open_a_menu_of_its_own_that_is_filled_when_it_opens(qtbot: QtBot, notices: Notices) -> None:
    commands = CommandTable(notices, TaskOwner(notices))
    recent: list[str] = []
    commands.add(Command("recent", "Open Recent", list, "File", blocked=lambda: "" if recent else "None yet"))
    bar = QMenuBar()
    qtbot.addWidget(bar)
    menus = {"recent": lambda: [MenuItem(name, list) for name in recent]}
    Actions(commands, Theme("dark"), bar).fill_menu_bar(bar, menus)
    file = bar.actions()[0].menu()
    submenu = file.actions()[0].menu()
    file.aboutToShow.emit()
    assert not submenu.isEnabled()
    recent.extend(("shop", "a & b"))
    file.aboutToShow.emit()
    submenu.aboutToShow.emit()
    assert submenu.isEnabled()
    assert [action.text() for action in submenu.actions()] == ["shop", "a && b"]


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox])
def test_undo_belongs_to_what_can_be_written_and_to_the_window_elsewhere(
    qtbot: QtBot, make: Make, table: CommandTable, kind: type[QWidget], read_only: bool
) -> None:
    done: list[str] = []
    table.add(
        Command("edit.back", "Back", lambda: done.append("back"), "Edit", shortcuts=("Ctrl+Z",)),
        Command("catalog.find", "Find", lambda: done.append("find"), "Edit", shortcuts=("Ctrl+E",)),
    )
    shell = make()
    field = kind()
    field.setProperty("readOnly", read_only)
    shell.panel("log").setWidget(field)
    shell.activateWindow()
    shell.focus_panel("log")
    qtbot.keyClick(field, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert done == (["find", "back"] if read_only else ["find"])


def test_a_letter_of_a_panel_is_no_shortcut_of_the_window_because_it_stands_in_a_menu(
    qtbot: QtBot, make: Make, state: dict[str, object]
) -> None:
    shell = make()
    shell.activateWindow()
    button = shell.bar.button("fire.selected")
    assert button is not None
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_W)
    assert state["fired"] == 0


def test_the_bar_shows_only_what_there_is(make: Make) -> None:
    shell = make()
    assert shell.bar.button("fire.again") is None
    button = shell.bar.button("fire.selected")
    assert button is not None
    assert button.caption() == "Fire A & B"
    assert shell.bar.source.isHidden()
    shell.set_source("demo catalog · embedded bus")
    shell.set_session("Session 14")
    assert shell.bar.source.caption() == "demo catalog · embedded bus"
    assert shell.windowTitle() == "Session 14 — Event Inspector"


def test_a_click_and_the_shortcut_run_the_same_command(qtbot: QtBot, make: Make, state: dict[str, object]) -> None:
    shell = make()
    shell.activateWindow()
    button = shell.bar.button("fire.selected")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(shell, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert state["fired"] == 2


class _Hides(QObject):
    """Notes when a widget is hidden, or moved."""

    def __init__(self, *watched: QWidget) -> None:
        super().__init__()
        self.seen: list[QEvent.Type] = []
        for widget in watched:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Hide, QEvent.Type.Move):
            self.seen.append(event.type())
        return super().eventFilter(watched, event)


def test_a_click_counts_although_the_bar_changes_under_it(
    qtbot: QtBot, make: Make, table: CommandTable, state: dict[str, object], qapp: QApplication
) -> None:
    shell = make()
    shell.resize(900, 600)
    button = shell.bar.button("fire.selected")
    assert button is not None
    place = button.rect().bottomRight() - QPoint(3, 3)
    qtbot.mousePress(button, Qt.MouseButton.LeftButton, pos=place)
    before = button.geometry()
    shell.set_source("uvicorn shop:app --workers 3 · 4 processes")
    shell.set_session("demo · 10:41 · UserLoginFailed")
    state["reason"] = "Something has come between."
    table.changed()
    qapp.processEvents()
    assert button.geometry() == before
    assert button.isEnabled()
    state["reason"] = ""
    qtbot.mouseRelease(button, Qt.MouseButton.LeftButton, pos=place)
    assert state["fired"] == 1
    qapp.processEvents()
    assert shell.bar.session.caption() == "demo · 10:41 · UserLoginFailed"
    assert button.x() > before.x()


def test_nothing_in_the_bar_goes_or_moves_for_a_moment_while_it_is_brought_up_to_date(
    make: Make, table: CommandTable, qapp: QApplication
) -> None:
    shell = make()
    shell.set_source("demo catalog · embedded bus")
    shell.set_session("demo · 10:41 · UserLoginFailed")
    button = shell.bar.button("fire.selected")
    assert button is not None
    box = button.parentWidget()
    assert box is not None
    narrow = 0
    for width in (760, 820, 900, 1000, 1280, 1600):
        shell.resize(width, 600)
        qapp.processEvents()
        shown = [child for child in box.findChildren(Button) if child.isVisible()]
        watch = _Hides(box, *shown)
        table.changed()
        shell.set_session("demo · 10:41 · UserLoginFailed")
        qapp.processEvents()
        assert watch.seen == [], width
        assert max(child.geometry().right() for child in shown) < shell.width()
        assert all(child.width() >= child.minimumSizeHint().width() for child in shown), width
        narrow += shell.bar.source.width() < shell.bar.source.sizeHint().width()
    assert 0 < narrow < 6, "some of the widths take something away, others do not"


def test_a_blocked_command_says_why_everywhere(make: Make, table: CommandTable, state: dict[str, object]) -> None:
    shell = make()
    state["reason"] = "This session is stored."
    table.changed("fire.selected")
    button = shell.bar.button("fire.selected")
    action = shell.findChild(QAction, "fire.selected")
    assert button is not None
    assert action is not None
    assert not button.isEnabled()
    assert not action.isEnabled()
    assert "This session is stored." in button.toolTip()
    assert "This session is stored." in action.statusTip()


def test_a_panels_shortcut_works_only_while_it_has_the_focus(
    qtbot: QtBot, make: Make, state: dict[str, object]
) -> None:
    shell = make()
    shell.activateWindow()
    timeline = shell.centralWidget()
    timeline.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    shell.bind_scope("timeline", timeline)
    shell.focus_filter()
    qtbot.keyClick(shell.bar.filter, Qt.Key.Key_W)
    assert state["fired"] == 0
    timeline.setFocus()
    qtbot.keyClick(timeline, Qt.Key.Key_W)
    assert state["fired"] == 1


def test_a_switch_shows_what_the_command_made_of_it(make: Make, table: CommandTable, state: dict[str, object]) -> None:
    shell = make()
    action = shell.findChild(QAction, "record.toggle")
    assert action is not None
    assert action.isChecked()
    action.trigger()
    assert not state["recording"]
    assert not action.isChecked()


def test_the_filter_tells_and_escape_clears_it(qtbot: QtBot, make: Make, table: CommandTable) -> None:
    shell = make()
    heard: list[str] = []
    shell.bar.filter.textChanged.connect(heard.append)
    table.run("filter.focus")
    qtbot.keyClicks(shell.bar.filter, "ab")
    qtbot.keyClick(shell.bar.filter, Qt.Key.Key_Escape)
    assert heard == ["a", "ab", ""]


def test_the_status_bar_has_two_sides(make: Make) -> None:
    shell = make()
    shell.set_state("ok", "recording")
    shell.set_status_left(["12 events", "", "0 dropped"])
    shell.set_status_right(["saved"])
    assert shell.status.texts() == ("recording · 12 events · 0 dropped", "saved")


def test_themes_go_round_and_every_size_paints(make: Make, table: CommandTable, qapp: QApplication) -> None:
    shell = make()
    seen = []
    for _ in range(3):
        table.run("theme.next")
        seen.append(table.title("theme.next"))
    assert seen == ["Switch to Dark Theme", "Switch to Light Theme", "Switch to Dark Theme"]
    for size in ((1600, 1000), (760, 480), (2560, 1440)):
        shell.resize(*size)
        qapp.processEvents()
        assert shell.grab().width() == size[0]


def test_the_bar_fits_a_small_window(make: Make) -> None:
    shell = make()
    shell.set_source("a very long name of what is being watched here")
    shell.set_session("an even longer name of the session that is being shown")
    assert shell.minimumSizeHint().width() <= 760


# -- notices


def cards(shell: Shell) -> NoticesView:
    view = shell.findChild(NoticesView)
    assert view is not None
    return view


def test_notices_become_cards_inside_the_window(make: Make, notices: Notices) -> None:
    notices.warning("before the window")
    shell = make()
    notices.error("<b>No</b>", "do this")
    view = cards(shell)
    assert len(view.shown()) == 2
    assert shell.rect().contains(view.geometry())
    assert any(label.text() == "<b>No</b>" for label in view.findChildren(QLabel))


def test_equal_notices_are_one_card_with_a_count(make: Make, notices: Notices) -> None:
    shell = make()
    for _ in range(3):
        notices.error("again")
    view = cards(shell)
    assert len(view.shown()) == 1
    assert any(badge.accessibleName() == "3 times" for badge in view.findChildren(Badge))


def test_many_notices_do_not_cover_the_window(make: Make, notices: Notices, qapp: QApplication) -> None:
    shell = make()
    for number in range(9):
        notices.error(f"number {number}", "do something about it")
    qapp.processEvents()
    view = cards(shell)
    assert len(view.shown()) == 9
    assert view.height() < shell.height() * 0.75
    more = next(b for b in view.findChildren(Button) if "more notices" in b.caption())
    more.click()
    assert view.shown() == []
    assert view.isHidden()


def test_a_notices_action_runs_and_dismisses(make: Make, notices: Notices) -> None:
    shell = make()
    done: list[int] = []
    notices.info("Exported.", "", (NoticeAction("Open", lambda: done.append(1)),))
    button = next(b for b in cards(shell).findChildren(Button) if b.caption() == "Open")
    button.click()
    assert done == [1]
    assert cards(shell).shown() == []


def test_what_went_well_covers_nothing_and_is_in_the_list(make: Make, notices: Notices, qapp: QApplication) -> None:
    shell = make()
    notices.info("Copied as Markdown.", "62 lines")
    assert cards(shell).shown() == []
    assert shell.status.brief == "Copied as Markdown. 62 lines"
    shell.status._briefly.timeout.emit()
    assert shell.status.brief == ""
    notices.warning("It is slow.")
    notices.error("It broke.")
    notices.error("It broke.")
    shell.status.bell.click()
    past = next(sheet for sheet in shell.sheets() if isinstance(sheet, PastNotices))
    assert past.isVisible()
    assert past.texts() == ["It broke.", "It is slow.", "Copied as Markdown."]
    assert "It broke. (2 times)" in [label.text() for label in past.findChildren(QLabel)]
    assert past.as_text().count("\n") == 2


def test_what_matters_stays_until_it_is_dismissed(make: Make, notices: Notices) -> None:
    shell = make()
    notices.warning("It is slow.")
    notices.error("It broke.")
    view = cards(shell)
    assert [timer.isActive() for card in view._cards.values() for timer in (card._timer,)] == [False, False]
    next(button for button in view.findChildren(IconButton) if "Dismiss" in button.toolTip()).click()
    assert len(view.shown()) == 1


def test_a_notice_from_another_thread_is_shown_by_ours(qtbot: QtBot, make: Make, notices: Notices) -> None:
    shell = make()
    thread = threading.Thread(target=notices.error, args=("from afar",))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(cards(shell).shown()) == 1)


# -- small parts


def test_ctrl_c_copies_rows_as_tab_separated_text(qtbot: QtBot) -> None:
    view = DataTable(Theme("dark"))
    qtbot.addWidget(view)
    model = QStandardItemModel(0, 2)
    for row in (("a\tb", "1"), ("c\nd", "2"), ("e", "3")):
        model.appendRow([QStandardItem(text) for text in row])
    view.setModel(model)
    view.selectRow(1)
    assert selection_as_tsv(view) == "c d\t2"
    view.selectAll()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "a b\t1\nc d\t2\ne\t3"
    view.setColumnHidden(0, True)
    assert selection_as_tsv(view) == "1\n2\n3"


def test_return_activates_the_row(qtbot: QtBot) -> None:
    view = DataTable(Theme("dark"))
    qtbot.addWidget(view)
    view.setModel(QStandardItemModel(2, 1))
    view.setCurrentIndex(view.model().index(1, 0))
    with qtbot.waitSignal(view.activated_row) as got:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert got.args is not None
    assert got.args[0].row() == 1


def test_an_empty_table_says_what_to_do(qtbot: QtBot) -> None:
    theme = Theme("dark")
    done: list[int] = []
    view = DataTable(theme)
    qtbot.addWidget(view)
    empty = EmptyState(theme, "list", "Nothing yet", "Fire an event.", ("Fire", lambda: done.append(1)))
    model = QStandardItemModel(0, 1)
    view.setModel(model)
    view.set_empty(empty)
    view.show()
    assert empty.isVisible()
    empty.findChildren(Button)[0].click()
    assert done == [1]
    model.appendRow(QStandardItem("x"))
    assert not empty.isVisible()
    view.setModel(QStandardItemModel(0, 1))
    assert empty.isVisible()
    view.grab()


def test_a_button_gives_way_only_when_told_to(qtbot: QtBot) -> None:
    button = Button(Theme("dark"), "A rather long caption", "play", "Ctrl+K", "primary")
    qtbot.addWidget(button)
    assert button.minimumSizeHint() == button.sizeHint()
    button.set_elastic()
    assert button.minimumSizeHint().width() < button.sizeHint().width() / 2
    for width in (60, 300):
        button.resize(width, 28)
        assert not button.grab().isNull()


def test_three_dots_need_no_chevron_to_tell_of_a_menu(qtbot: QtBot) -> None:
    theme = Theme("dark")
    more, export = IconButton(theme, "more", "Lanes"), IconButton(theme, "export", "Export")
    for button in (more, export):
        qtbot.addWidget(button)
        square = button.sizeHint()
        button.set_menu(list)
        assert (button.sizeHint().width() > square.width()) is (button is export)


def test_a_menu_is_filled_when_it_opens(qtbot: QtBot, qapp: QApplication) -> None:
    chosen: list[str] = []
    button = Button(Theme("dark"), "Session")
    qtbot.addWidget(button)

    def items() -> list[MenuItem]:
        return [MenuItem("A & B", lambda: chosen.append("a"), checked=True), SEPARATOR, MenuItem("caption")]

    button.set_menu(items)
    button.show()
    menu = QMenu(button)
    fill(
        menu,
        [MenuItem("A & B", lambda: chosen.append("a"), checked=True), SEPARATOR, MenuItem("caption")],
        Theme("dark"),
    )
    first, line, last = menu.actions()
    assert first.text() == "A && B"
    assert first.isChecked()
    assert line.isSeparator()
    assert not last.isEnabled()
    first.trigger()
    assert chosen == ["a"]


def test_a_search_field_marks_what_it_does_not_understand(qtbot: QtBot) -> None:
    field = SearchField(Theme("dark"), "Filter…", "Ctrl+F")
    qtbot.addWidget(field)
    field.resize(300, 28)
    field.show()
    field.grab()
    field.set_invalid("There is no field <b>x</b>.")
    assert field.property("invalid") is True
    assert "&lt;b&gt;" in field.toolTip()
    with qtbot.waitSignal(field.left):
        qtbot.keyClick(field, Qt.Key.Key_Escape)


def test_a_grid_shows_the_rows_it_was_given_last(qtbot: QtBot, qapp: QApplication) -> None:
    grid = KeyValueGrid()
    qtbot.addWidget(grid)
    grid.set_rows([("a", "1", ""), ("b", "2", "mono")])
    grid.set_rows([("c", "<b>3</b>", "dim"), ("d", QWidget(), "")])
    grid.resize(200, 100)
    grid.show()
    captions = [label.text() for label in grid.findChildren(QLabel) if label.isVisible()]
    assert captions == ["c", "d"]


def test_a_banner_offers_its_actions(qtbot: QtBot) -> None:
    done: list[int] = []
    banner = Banner(Theme("light"), "error", "RuntimeError", "<i>text</i>", [("Retry", lambda: done.append(1))])
    qtbot.addWidget(banner)
    banner.show()
    banner.findChildren(Button)[0].click()
    assert done == [1]
    banner.set("Other", "")
    banner.grab()


def test_a_banner_in_a_page_is_as_high_as_its_text_and_not_higher(qtbot: QtBot) -> None:
    page = Page("Failure")
    qtbot.addWidget(page)
    banner = Banner(Theme("dark"), "error", "StatementError", "")
    page.column.addWidget(banner)
    page.resize(320, 600)
    page.show()
    for words in (3, 60, 3):
        banner.set("StatementError", "parameters " * words)
        qtbot.waitUntil(lambda: banner.height() == banner.heightForWidth(banner.width()))
        assert banner.y() == page.widget().layout().contentsMargins().top()


def test_tabs_without_room_fold_into_a_menu_and_the_current_one_never_does(qtbot: QtBot, make: Make) -> None:
    shell = make()
    for name in ("latency", "findings", "conformance", "faults", "sessions"):
        shell.add_panel("bottom", name, name.title(), QLabel(name))
    shell.raise_panel("log")
    shell.resize(1400, 900)
    titles = ["Log", "Failures", "Latency", "Findings", "Conformance", "Faults", "Sessions"]

    def bar() -> QTabBar:
        return next(bar for bar in shell.tab_bars() if "Log" in [bar.tabText(n) for n in range(bar.count())])

    def shown() -> list[str]:
        return [bar().tabText(place) for place in range(bar().count()) if bar().isTabVisible(place)]

    qtbot.waitUntil(lambda: shown() == titles)
    fold = shell._tabs.fold_of(bar())
    assert fold.button.isHidden()
    shell.set_badge("sessions", "12")
    shell.move_panel("event", "left")
    shell.resize(800, 600)
    qtbot.waitUntil(lambda: 0 < len(fold.items()) < len(titles) - 1)
    assert shown() == titles[: len(shown())], "from the right"
    assert fold.button.isVisible()
    assert bar().tabRect(len(shown()) - 1).right() <= fold.button.x()
    last = fold.items()[-1]
    assert (last.label, last.hint) == ("Sessions", "12")
    shell.raise_panel("sessions")
    qtbot.waitUntil(lambda: shown()[-1] == "Sessions")
    place = titles.index("Sessions")
    assert bar().currentIndex() == place
    assert bar().tabRect(place).right() <= fold.button.x(), "the last one, too, stands among those that are shown"
    shell.raise_panel("log")
    qtbot.waitUntil(lambda: shown() == titles[: len(shown())])
    assert last.run is not None
    last.run()
    qtbot.waitUntil(lambda: "Sessions" in shown())
    assert shell._tabs.in_front(shell.panel("sessions"))
    assert bar().tabText(bar().currentIndex()) == "Sessions"
    assert shown()[:-1] == titles[: len(shown()) - 1], "it has taken the place of others"
    shell.raise_panel("log")
    qtbot.waitUntil(lambda: "Sessions" in [item.label for item in fold.items()])
    shell.resize(1400, 900)
    qtbot.waitUntil(lambda: shown() == titles)
    assert fold.button.isHidden()
