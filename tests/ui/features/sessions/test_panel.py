from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox

from inspector.ui.features.sessions.model import DURATION, NAME, OUTCOME, STARTED, STATE
from inspector.ui.features.sessions.panel import SessionsPanel
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.theme import Theme
from tests.ui.features.sessions.test_model import session

SESSIONS = [session(1), session(2), replace(session(3), state="recording")]


@pytest.fixture
def look(qapp):
    """The look of the program: its font decides what there is room for."""
    Theme("dark").apply(qapp)


@pytest.fixture
def panel(theme, shown):
    panel = SessionsPanel(theme)
    panel.set_sessions(SESSIONS, live=3, opened=2)
    return shown(panel)


def choose(panel, identity):
    row = panel.model.row_of(identity)
    panel.table.setCurrentIndex(panel.table.index_of(row))


def heard(signal):
    calls = []
    signal.connect(lambda *arguments: calls.append(arguments))
    return calls


def test_the_session_that_is_shown_is_chosen_and_cannot_be_opened_again(panel):
    opened = heard(panel.open_requested)
    assert panel.current().id == 2
    assert not panel._open.isEnabled()
    panel.open()
    assert opened == []


def test_return_opens(panel, qtbot):
    opened = heard(panel.open_requested)
    choose(panel, 1)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    panel._open.click()
    assert opened == [(1,), (1,)]


def test_f2_edits_the_name_in_its_cell(panel, qtbot):
    renamed = heard(panel.rename_requested)
    choose(panel, 1)
    qtbot.keyClick(panel.table, Qt.Key.Key_F2)
    editor = panel.table.findChild(QLineEdit)
    assert editor.text() == "session 1"
    editor.setText("a better name")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # the editor commits when the key has been dealt with
    assert renamed == [(1, "a better name")]
    assert panel.model.index(panel.model.row_of(1), NAME).data() == "session 1"


@pytest.mark.parametrize(("answer", "expected"), [("Delete", [(1,)]), ("Keep", [])])
def test_del_asks_before_it_deletes(panel, qtbot, answer, expected):
    deleted = heard(panel.delete_requested)
    choose(panel, 1)
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    box = panel.findChild(QMessageBox)
    assert box.isVisible()
    assert deleted == []
    assert box.defaultButton() is None or box.defaultButton().text() == "Keep"
    next(button for button in box.buttons() if button.text() == answer).click()
    QApplication.processEvents()
    assert deleted == expected


def test_a_session_that_is_recorded_cannot_be_deleted(panel, qtbot):
    choose(panel, 3)
    assert not panel._remove.isEnabled()
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert panel.findChild(QMessageBox) is None


def test_export_asks_for_the_chosen_session(panel):
    exported = heard(panel.export_requested)
    choose(panel, 3)
    panel._export.click()
    assert exported == [(3,)]


def test_the_list_changes_below_an_unmoved_selection(panel):
    choose(panel, 1)
    panel.set_sessions([*SESSIONS, session(4)], live=3, opened=2)
    assert panel.current().id == 1
    assert panel._count.text() == "4 sessions"


def test_a_search_shows_the_sessions_that_have_its_words(panel):
    panel.set_sessions([session(1, "token refresh"), session(2, "mail", file="run.jsonl"), session(3)], 3, 3)
    panel.search.setText("RUN.jsonl")
    assert panel._count.text() == "1 of 3 sessions"
    assert panel.table.sorted.index(0, NAME).data() == "mail"
    panel.search.setText("refresh token")
    assert panel.table.sorted.index(0, NAME).data() == "token refresh"
    panel.search.setText("nothing of it")
    assert panel._empty.isVisible()
    assert panel._empty.words().startswith("No matching sessions")
    panel.search.clear()
    assert panel._count.text() == "3 sessions"


def test_without_sessions_nothing_can_be_done(theme, shown):
    panel = shown(SessionsPanel(theme))
    assert not any(b.isEnabled() for b in (panel._open, panel._rename, panel._export, panel._remove))
    for do in (panel.open, panel.rename, panel.export, panel.delete):
        do()
    assert panel.findChild(QMessageBox) is None


def test_the_list_is_asked_for_when_it_comes_into_sight(theme, shown):
    panel = SessionsPanel(theme)
    seen = []
    panel.seen.connect(lambda: seen.append(True))
    shown(panel)
    panel.hide()
    panel.show()
    assert len(seen) == 2


@pytest.mark.parametrize("width", [660, 678, 900])
@pytest.mark.usefixtures("look")
def test_what_a_session_is_doing_and_how_it_went_can_be_read(request, width):
    panel = request.getfixturevalue("panel")
    panel.resize(width, 300)
    panel.set_sessions(SESSIONS, live=None, opened=2)
    state = panel.table.index_of(panel.model.row_of(3)).siblingAtColumn(STATE)
    assert state.data() == "recording in another window"
    room = panel.table.columnWidth(STATE) - 16
    assert panel.table.fontMetrics().horizontalAdvance(state.data()) <= room
    assert not any(panel.table.isColumnHidden(column) for column in (STARTED, OUTCOME, DURATION))
    assert panel.table.columnWidth(NAME) >= 150


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("short", True),
        ("demo catalog · ProviderTokenRefreshSucceeded", True),
        ("a name that somebody gave " * 4, False),
    ],
)
@pytest.mark.usefixtures("look")
def test_columns_that_need_not_be_there_give_way_to_names(request, name, fits):
    panel = request.getfixturevalue("panel")
    panel.resize(676, 300)
    panel.set_sessions([replace(SESSIONS[0], name=name), session(2), session(4)], live=1, opened=None)
    table = panel.table
    width = table.columnWidth(NAME) - 16 - 18  # the room around the text, and its mark
    shown = table.itemDelegate().fitting(
        panel.model.text(panel.model.row_of(1), NAME), NAME, QFontMetrics(bold_font(table.font())), width
    )
    assert (shown == name) is fits
    assert not any(table.isColumnHidden(column) for column in (STARTED, OUTCOME, STATE))
    assert table.isColumnHidden(DURATION) is (name != "short")


@pytest.mark.parametrize(
    ("ago", "short"),
    [(timedelta(), "%H:%M"), (timedelta(days=-1), "%m-%d %H:%M"), (timedelta(days=-400), "%Y-%m-%d")],
)
@pytest.mark.parametrize("width", [400, 676])
@pytest.mark.usefixtures("look")
def test_sessions_of_one_name_are_told_apart_by_when_they_started(request, width, ago, short, monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 11, 30, 15, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr("inspector.ui.features.sessions.model.datetime", Clock)
    began = Clock.now() + ago
    panel = request.getfixturevalue("panel")
    panel.resize(width, 300)
    sessions = [replace(session(number, "a name for both " * 4), started_at=began) for number in (1, 2)]
    panel.set_sessions(sessions, live=None, opened=None)
    cell = panel.table.index_of(0).siblingAtColumn(STARTED)
    whole, room = f"{began.astimezone():%Y-%m-%d %H:%M}", panel.table.columnWidth(STARTED) - 16
    assert cell.data() == whole
    delegate, metrics = panel.table.itemDelegate(), panel.table.fontMetrics()
    assert delegate.fitting(whole, STARTED, metrics, room) == f"{began.astimezone():{short}}"
    panel.resize(1600, 300)
    assert delegate.fitting(whole, STARTED, metrics, panel.table.columnWidth(STARTED) - 16) == whole


def test_nothing_can_be_done_while_no_row_is_selected(panel, qtbot):
    choose(panel, 1)
    at = panel.table.visualRect(panel.table.currentIndex()).center()
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, control, at)  # takes the selection back
    assert panel.table.currentIndex().isValid()
    buttons = (panel._open, panel._rename, panel._export, panel._remove)
    assert panel.current() is None
    assert not any(button.isEnabled() for button in buttons)
    assert panel.menu_items() == []
    choose(panel, 2)
    assert panel._rename.isEnabled()


def test_a_run_log_can_be_imported_where_the_sessions_are(panel):
    wanted = heard(panel.import_requested)
    panel.import_button.click()
    assert len(wanted) == 1
