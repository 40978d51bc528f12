"""The window as a person uses it: fire, watch, find out why it failed, close, open again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMessageBox, QPushButton, QWidget

from inspector.app.recording import Recording
from inspector.cli.programs import demo_program
from inspector.core.errors import InspectorError
from inspector.core.request import FireRequest
from inspector.store.database import SessionsDatabase
from inspector.store.store import Store
from inspector.store.trouble import NoRoom
from inspector.ui.kit.buttons import Button
from inspector.ui.opening import open_window
from inspector.ui.parts.traceback import CodeLines
from inspector.ui.pose import pose
from inspector.ui.shell.shell import Shell
from tests.patience import PATIENCE, until
from tests.ui.windows import CTRL, Opened, opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.core.bus"),
    # The plugin that draws without a display says what it cannot do.
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.notices"),
]
FIRST = "UserPasswordChangeSucceeded"  # five handlers react to it, more than to any other
FAILING = "UserLogoutSucceeded"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def dialog(kind: type[QDialog]) -> QDialog | None:
    return next((w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()), None)


def has(widget: QWidget, text: str) -> bool:
    """Whether a text can be read somewhere in a widget."""
    for child in widget.findChildren(QWidget):
        said = child.property("text") or (child.accessibleName() if isinstance(child, CodeLines) else "")
        if child.isVisible() and isinstance(said, str) and text in said:
            return True
    return False


def in_front(window: Opened, panel: str) -> bool:
    dock = window.window.shell.panel(panel)
    return not dock.isHidden() and dock.x() >= 0 and dock.isVisible()


# -- the first minute


async def test_it_opens_where_one_key_fires(db: Path) -> None:
    async with opened(db) as window:
        desk = window.desk
        assert desk.catalog.current_event() == FIRST
        assert QApplication.focusWidget() is desk.catalog.tree
        assert in_front(window, "event")
        assert has(desk.event_panel, "AuditEventHandler")
        assert window.window.commands.title("fire.selected") == f"Fire {FIRST}"
        assert not window.window.commands.enabled("export.open")
        window.key(Qt.Key.Key_Return, CTRL)
        await window.settled(1)
        assert window.log()[0][2] == FIRST
        assert len(window.journal.executions) == 5
        assert in_front(window, "fire")
        assert desk.fire_panel.outcome.text() == "5 ok"
        assert QApplication.focusWidget() is desk.catalog.tree
        # Everything that exports can be done now: bar, menu and shortcut.
        export = window.window.shell.findChild(QAction, "export.jsonl")
        assert export is not None
        await until(export.isEnabled)


async def test_mouse_and_keyboard_fire_and_every_panel_shows_it(db: Path) -> None:
    async with opened(db) as window:
        desk, bar = window.desk, window.window.shell.bar
        window.click(bar.button("fire.selected"))
        await window.settled(1)
        window.click(bar.button("fire.again"))
        await window.settled(2)
        desk.catalog.tree.setFocus()
        window.type("holdingsup")  # letters typed into the tree search
        assert desk.catalog.current_event() == "AccountHoldingsUpdated"
        window.key(Qt.Key.Key_Return)
        assert in_front(window, "fire")
        window.click(desk.fire_panel.button)
        await window.settled(4)  # the portfolio handler publishes one more
        assert [row[2] for row in window.log()] == [
            *(FIRST, FIRST, "AccountHoldingsUpdated", "PortfolioNetWorthRecalculated")
        ]
        scene = desk.timeline.controller.scene
        lanes = {strip.title for strip in scene.layout.strips}
        assert {"LoggingEventHandler", "AuditEventHandler", "PortfolioEventHandler"} <= lanes
        assert all(scene.bar(index) is not None for index in range(len(window.journal.executions)))
        window.window.shell.raise_panel("latency")
        await until(lambda: desk.latency.sorted.rowCount() == 6)
        names = {str(desk.latency.sorted.index(row, 0).data()) for row in range(6)}
        assert "EmailEventHandler" in names


async def test_switching_faults_on_leads_to_a_failure_and_to_its_reason(db: Path) -> None:
    async with opened(db) as window:
        desk = window.desk
        window.click(window.window.shell.bar.button("faults.toggle"))
        assert in_front(window, "faults")
        buttons = window.window.shell.panel("faults").findChildren(Button)
        window.click(next(button for button in buttons if button.isVisible() and button.caption() == f"Fire {FAILING}"))
        await window.settled(1)
        assert "1 by fault" in desk.fire_panel.outcome.text()
        window.click(desk.fire_panel.outcome._list.rows[0])
        assert in_front(window, "execution")
        assert has(desk.execution, "the session store knows no such login")
        assert has(desk.execution, "await asyncio.sleep")
        window.window.shell.raise_panel("failures")
        await until(lambda: desk.failures.sorted.rowCount() == 1)
        assert has(desk.failures, "the session store knows no such login")
        # What a picture would show.
        desk.selection.clear()
        pose(window.window.context)
        assert window.journal.execution(desk.selection.execution).status == "failed"
        assert in_front(window, "latency")
        assert in_front(window, "execution")
        # Once more, now without faults: the same handler's new execution is shown.
        window.window.commands.run("faults.toggle")
        desk.execution.again.click()  # from the menu More, which has it at this width
        await window.settled(2)
        await until(lambda: desk.selection.publication == 1)
        assert window.journal.execution(desk.selection.execution).handler.owner == "SessionEventHandler"
        assert window.journal.execution(desk.selection.execution).status == "ok"
        assert in_front(window, "execution")


async def test_a_hundred_quick_clicks_publish_a_hundred_times(db: Path) -> None:
    async with opened(db) as window:
        for _ in range(100):
            window.click(window.window.shell.bar.button("fire.selected"))
        await window.settled(100)
        assert len(window.journal.publications) == 100
        assert len(window.journal.executions) == 500
        assert set(window.journal.publications["fire"].tolist()) == set(range(1, 101))


# -- nothing takes from the person what is under the hands


async def test_what_somebody_writes_is_not_hidden_and_wrong_values_lead_to_the_wrong_field(db: Path) -> None:
    async with opened(db) as window:
        desk = window.desk
        await window.fire(FIRST)
        desk.firing.show_form(FIRST)
        row = desk.fire_panel._fields["user_id"]
        row.editor.setFocus()
        window.key(Qt.Key.Key_A, CTRL)
        window.type("nonsense")
        desk.selection.select_execution(0, 0, FIRST, 0)
        assert in_front(window, "fire")
        assert row.isAncestorOf(QApplication.focusWidget())
        desk.timeline.setFocus()
        desk.selection.select_execution(1, 0, FIRST, 1)
        assert in_front(window, "execution")
        window.key(Qt.Key.Key_Return, CTRL)
        assert in_front(window, "fire")
        assert row.isAncestorOf(QApplication.focusWidget())
        assert has(desk.fire_panel, "user_id must be a UUID")
        assert len(window.journal.publications) == 1
        assert not window.notices


async def test_tab_goes_through_a_form_that_is_made_anew_and_then_on_from_panel_to_panel(db: Path) -> None:
    async with opened(db) as shown:
        await shown.fire("UserLoginFailed", "ProviderConnectionFailed")
        shown.window.shell.raise_panel("fire")
        shown.window.shell.raise_panel("latency")
        await until(lambda: shown.desk.latency.charts._histogram is not None, "the charts are made when they are seen")
        panel = shown.desk.fire_panel
        first = next(iter(panel._fields.values())).editor.findChild(QLineEdit)
        assert first is not None
        first.setFocus()
        passed = []
        while panel.isAncestorOf(QApplication.focusWidget()):
            passed.append(QApplication.focusWidget().accessibleName())
            shown.key(Qt.Key.Key_Tab)
        names = [name for name in passed if name in panel._fields]
        assert names == [name for name, row in panel._fields.items() if not row.shape.base]
        assert passed[-1] == f"Fire {panel.form().event}"
        shown.key(Qt.Key.Key_Backtab)
        assert QApplication.focusWidget() is panel.button
        stops = [panel.button]
        while len(stops) < 100 and (len(stops) == 1 or stops[-1] is not panel.button):
            shown.key(Qt.Key.Key_Tab)
            stops.append(QApplication.focusWidget())
        assert stops[-1] is panel.button, "it goes round"
        assert len(set(stops)) == len(stops) - 1, "each is met once"
        assert all(stop.accessibleName() or getattr(stop, "text", str)() for stop in stops), "each says what it is"
        desk, bar = shown.desk, shown.window.shell.bar
        parts = (
            desk.latency.table,
            desk.latency.charts._histogram,
            bar.filter,
            desk.catalog.tree,
            desk.timeline.canvas,
        )
        assert sorted(parts, key=stops.index) == list(parts)


async def test_fields_and_buttons_in_the_timelines_head_keep_their_keys(db: Path) -> None:
    async with opened(db) as shown:
        await shown.fire(FIRST)
        timeline = shown.desk.timeline
        timeline.controller.steps.select(0)
        assert shown.window.commands.run("timeline.find_lane")
        shown.type("zz")
        shown.key(Qt.Key.Key_Escape)
        assert timeline._find.text() == ""
        shown.key(Qt.Key.Key_Escape)
        assert not timeline._find.isVisible()
        assert shown.desk.selection.execution == 0, "it was not for the timeline"
        navigator = timeline.controller.navigator
        navigator.follow(True)  # a view that stands still is no longer than the session, which has just begun
        following, span = navigator.following, navigator.view.span
        wider = next(each for each in timeline.findChildren(Button) if each.accessibleName() == "Zoom out (S)")
        wider.setFocus()
        shown.key(Qt.Key.Key_Space)
        assert navigator.view.span > span
        assert navigator.following == following


async def test_the_bar_fires_what_is_selected_and_says_why_it_cannot(db: Path) -> None:
    async with opened(db) as window:
        desk, bar = window.desk, window.window.shell.bar
        # The catalog stands on nothing when its filter hides what is selected.
        desk.catalog.search.setText("rate_limit")
        window.window.shell.panel("fire").close()
        await window.fire("SessionCreatedEvent")
        assert desk.catalog.current_event() == ""
        assert [row[2] for row in window.log()] == ["SessionCreatedEvent"]
        assert window.window.shell.panel("fire").isHidden()  # what the person has closed stays closed
        record, fire = bar.button("record.toggle"), bar.button("fire.selected")
        assert record is not None
        assert fire is not None
        window.click(record)
        assert record.caption() == "Paused"
        assert not fire.isEnabled()
        assert "Recording is paused" in fire.toolTip()
        window.click(record)
        assert record.caption() == "Recording"
        await window.fire("SessionCreatedEvent")


async def test_a_notice_covers_neither_the_form_nor_its_button(db: Path) -> None:
    async with opened(db) as window:
        shell, panel = window.window.shell, window.desk.fire_panel
        window.desk.firing.show_form(FIRST)
        for size in ((1280, 800), (1920, 1080)):
            shell.resize(*size)
            window.window.notices.error(f"At {size}.")
            await until(lambda: shell._cards.isVisible() and shell._cards.geometry().right() < left_of(shell, panel))
            assert shell._cards.geometry().bottom() < shell.height() - shell.status.height()


def left_of(shell: QWidget, widget: QWidget) -> int:
    return widget.mapTo(shell, QPoint(0, 0)).x()


async def test_no_part_of_a_panel_is_ever_a_window_of_its_own(db: Path) -> None:
    """One that is made without a place and shown at once flashes up, and takes the keyboard away."""
    async with opened(db) as window:
        shown: list[str] = []

        class Watch(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                    shown.append(type(watched).__name__)
                return False

        watch = Watch()
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(watch)
        window.window.commands.run("faults.toggle")
        await window.fire(FIRST, FAILING, "AccountBalanceUpdated", "SessionRevokedEvent")
        for panel in ("event", "execution", "causality", "failures", "latency", "sessions"):
            window.window.shell.raise_panel(panel)
            for index in range(len(window.journal.executions)):
                found = window.journal.execution(index)
                window.desk.selection.select_execution(index, found.publication, found.event.name, 0)
        application.removeEventFilter(watch)
        assert shown == []
        assert QApplication.activeWindow() is window.window.shell


# -- the filter


async def test_the_filter_narrows_log_and_timeline_and_says_what_it_does_not_understand(db: Path) -> None:
    async with opened(db) as window:
        desk, field = window.desk, window.window.shell.bar.filter
        await window.fire(FIRST, "UserLoginFailed", FAILING)
        window.key(Qt.Key.Key_F, CTRL)
        assert QApplication.focusWidget() is field
        window.type("event:UserLogin*")
        await until(lambda: len(window.log()) == 1)
        assert window.log()[0][2] == "UserLoginFailed"
        passed = desk.timeline.controller.source.filter
        assert passed is not None
        field.setFocus()
        field.clear()
        window.type("statu:failed")
        await until(lambda: field.problem)
        assert "Did you mean status" in field.problem
        assert len(window.log()) == 1  # the last filter that was understood
        window.key(Qt.Key.Key_Escape)
        await until(lambda: len(window.log()) == 3)
        assert not field.problem


# -- sessions


async def test_a_stored_session_shows_the_rows_that_were_live(db: Path) -> None:
    async with opened(db) as window:
        window.window.commands.run("faults.toggle")
        await window.fire(FIRST, FAILING, "AccountBalanceUpdated")
        live = window.log()
        bars = [window.journal.execution(index) for index in range(len(window.journal.executions))]
        session = window.window.workbench.live_session
        assert await window.close() == 0
    async with opened(db) as window:
        desk = window.desk
        assert desk.catalog.current_event() == "AccountBalanceUpdated"  # where it was left
        window.key(Qt.Key.Key_O, CTRL)
        assert in_front(window, "sessions")
        table = desk.sessions_panel.table
        await until(lambda: table.model().rowCount() == 2)
        row = next(r for r in range(2) if table.sorted.index(r, 0).row() == r and r)
        table.setCurrentIndex(table.model().index(row, 0))
        window.key(Qt.Key.Key_Return)
        await until(lambda: desk.sessions.shown() == session and len(window.log()) == len(live))
        assert window.log() == live
        again = [window.journal.execution(index) for index in range(len(window.journal.executions))]
        assert [(e.handler.label, e.status, e.start, e.end) for e in again] == [
            (e.handler.label, e.status, e.start, e.end) for e in bars
        ]
        failed = next(index for index, e in enumerate(again) if e.status == "failed")
        desk.selection.select_execution(failed, again[failed].publication, FAILING, 0)
        await until(lambda: has(desk.execution, "the session store knows no such login"))
        view = desk.timeline.controller.navigator.view
        assert view.start == 0
        assert view.end >= window.journal.now
        fire = window.window.shell.bar.button("fire.selected")
        assert fire is not None
        assert "stored session" in fire.toolTip()
        assert window.window.commands.enabled("export.open")
        back = window.window.shell.bar.button("session.live")
        window.click(back)
        assert window.window.workbench.live
        assert back is not None
        assert not back.isVisible()
        assert window.log() == []


@pytest.mark.qt_log_ignore("grabbing the keyboard")
async def test_the_menu_of_sessions_in_the_bar_is_live(db: Path) -> None:
    async with opened(db) as earlier:
        await earlier.fire(FIRST)
    async with opened(db) as window, opened(db) as other:
        await until(lambda: len(window.desk.sessions.known) >= 2)  # that of the other window may be there already
        assert not window.desk.sessions_panel.isVisible()
        button = window.window.shell.bar.session
        window.click(button)
        menu = button._menu
        assert menu is not None
        assert any(FIRST in action.text() for action in menu.actions())
        await other.fire(FIRST, "UserLoginFailed")
        window.desk.sessions._timer.timeout.emit()  # as every two seconds
        await until(lambda: sum(FIRST in action.text() for action in menu.actions()) == 2)
        menu.close()


async def test_the_session_that_was_shown_last_is_offered_again(db: Path) -> None:
    async with opened(db) as window:
        await window.fire(FIRST)
        first = window.window.workbench.live_session
    async with opened(db) as window:
        window.desk.sessions.open(first)
        await until(lambda: len(window.log()) == 1)
        window.window.shell.bar.filter.setText("status:ok")
    async with opened(db) as window:
        assert window.window.shell.bar.filter.text() == "", "it was written for what was shown then"
        await until(lambda: any("from last time" in notice.text for notice in window.notices))
        next(notice for notice in window.notices if notice.actions).actions[0].run()
        await until(lambda: window.desk.sessions.shown() == first)


async def test_a_session_is_renamed_exported_and_deleted_with_dialogs_that_stop_nothing(
    db: Path, tmp_path: Path
) -> None:
    async with opened(db) as window:
        await window.fire(FIRST)
    old = window.window.workbench.live_session
    async with opened(db) as window:
        desk, panel = window.desk, window.desk.sessions_panel
        desk.sessions.open(old)
        await until(lambda: len(window.log()) == 1)
        window.window.commands.run("session.rename")
        asked = dialog(QDialog)
        assert asked is not None
        name = asked.findChild(QLineEdit)
        assert name is not None
        name.setText("  token refresh bug ")
        asked.accept()
        await until(lambda: window.window.shell.bar.session.caption() == "token refresh bug (stored)")
        desk.sessions.show_list()
        await until(lambda: panel.current() is not None and panel.current().name == "token refresh bug")

        await window.activate()
        window.key(Qt.Key.Key_S, CTRL)
        files = dialog(QFileDialog)
        assert isinstance(files, QFileDialog)
        target = tmp_path / "run.jsonl"
        assert Path(files.selectedFiles()[0]).name == "token refresh bug.jsonl"
        files.fileSelected.emit(str(target))
        files.close()
        await until(lambda: any("run.jsonl" in notice.text for notice in window.notices))
        lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
        assert sum(line.get("record") == "HandlerStarted" for line in lines) == 5

        panel.delete()
        question = dialog(QMessageBox)
        assert isinstance(question, QMessageBox)
        assert "5 executions will be deleted" in question.informativeText()
        assert "<" not in question.informativeText()
        QTest.keyClick(question, Qt.Key.Key_Escape)
        assert not question.isVisible()
        assert desk.sessions.shown() == old
        panel.delete()
        question = dialog(QMessageBox)
        assert question is not None
        next(b for b in question.findChildren(QPushButton) if b.text() == "Delete").click()
        await until(lambda: window.window.workbench.live and len(desk.sessions.known) == 1)


# -- when it is not the first window, or not a good place


async def test_a_database_that_cannot_be_written_is_told_and_the_run_is_recorded_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    async with opened(tmp_path / "file" / "sessions.db") as window:
        await until(lambda: any("Not recording to disk" in notice.text for notice in window.notices))
        await window.fire(FIRST)
        window.window.roof.standing.refresh()
        assert "not saved" in window.window.shell.status.texts()[1]
        assert "is not saved" in window.window.commands.reason("export.open")


async def test_a_damaged_session_is_marked_opened_and_told(db: Path) -> None:
    async with opened(db) as window:
        await window.fire(FIRST)
        await window.fire(FIRST)
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("UPDATE sessions SET wall='x'")
        connection.execute("UPDATE publications SET fire=99999999999 WHERE id=(SELECT max(id) FROM publications)")
        connection.commit()
    async with opened(db) as window:
        await until(lambda: len(window.desk.sessions.known) == 2)
        assert [info.state for info in window.desk.sessions.known] == ["recording", "damaged"]
        window.desk.sessions.open(1)
        await until(lambda: any("Session 1 is damaged: " in notice.text for notice in window.notices))
        assert any("without a publication" in notice.text for notice in window.notices)
        view = window.window.workbench.view
        assert view is not None
        assert (len(view.journal.publications), len(view.journal.executions)) == (1, 5)


@pytest.mark.allow_log("inspector.store.writer")
async def test_closing_while_records_cannot_be_stored_asks_and_waiting_saves_them(db: Path) -> None:
    away = db.with_name("elsewhere.db")
    async with opened(db) as window:
        await window.fire(FIRST)
        workbench, shell = window.window.workbench, window.window.shell
        await workbench.recording.saved()
        db.rename(away)  # noqa: ASYNC240 - at once
        await window.fire(FIRST)
        await until(lambda: workbench.at_stake > 0)
        window.window.roof.standing.refresh()
        assert "unsaved" in shell.status.texts()[1]
        shell.close()
        question = dialog(QMessageBox)
        assert isinstance(question, QMessageBox)
        assert "records not saved yet will be lost" in question.text()
        shell.close()  # once more: it is asked only once
        next(b for b in question.findChildren(QPushButton) if b.text() == "Wait").click()
        assert shell.isVisible()
        away.rename(db)
        await until(lambda: workbench.trouble is None)
        assert any("nothing was lost" in notice.text for notice in window.notices)
        assert workbench.at_stake == workbench.lost == 0


@pytest.mark.allow_log("inspector.store.writer")
async def test_closing_all_the_same_counts_what_is_lost(db: Path) -> None:
    with pytest.raises(InspectorError, match=r"records were lost\.") as lost:  # noqa: PT012 - raised when it has closed
        async with opened(db) as window:
            await window.fire(FIRST)
            workbench, shell = window.window.workbench, window.window.shell
            await workbench.recording.saved()
            db.unlink()  # noqa: ASYNC240 - at once
            await window.fire(FIRST)
            await workbench.recording.caught_up()
            await until(lambda: workbench.at_stake > 0)
            shell.close()
            question = dialog(QMessageBox)
            assert isinstance(question, QMessageBox)
            count, seq, asked = workbench.at_stake, window.journal.seq, question.text()
            window.window.roof.standing.refresh()
            shown = shell.status.texts()[1]
            next(b for b in question.findChildren(QPushButton) if b.text() == "Close anyway").click()
            await until(lambda: not shell.isVisible())
    assert asked.startswith(f"{count} records not saved yet")
    assert f"{count} records unsaved" in shown
    # A busy machine may block the loop while the question stands, which is a record as well.
    assert str(lost.value).startswith(f"{count + window.journal.seq - seq} records were lost")


@pytest.mark.allow_log("inspector.store.writer")
async def test_a_session_that_never_began_counts_its_first_record_too(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **_more: object) -> None:
        raise NoRoom(f"The disk with {db} is full.", "Free some space.")

    monkeypatch.setattr(SessionsDatabase, "open", full)
    with pytest.raises(InspectorError) as lost:  # noqa: PT012 - raised when it has closed
        async with opened(db) as window:
            await window.fire(FIRST)
            workbench, shell = window.window.workbench, window.window.shell
            await until(lambda: workbench.at_stake == window.journal.seq)
            window.window.roof.standing.refresh()
            shown = shell.status.texts()[1]
            count = window.journal.seq
            shell.close()
            question = dialog(QMessageBox)
            assert isinstance(question, QMessageBox)
            asked = question.text()
            next(b for b in question.findChildren(QPushButton) if b.text() == "Close anyway").click()
            await until(lambda: not shell.isVisible())
    assert "not saved yet" in shown
    assert f"{count} records unsaved" in shown
    assert asked.startswith(f"{count} records not saved yet")
    # A busy machine may block the loop while the question stands, which is a record as well.
    assert str(lost.value).startswith(f"{window.journal.seq} records were lost")


async def test_closing_asks_also_where_nothing_could_be_stored_from_the_start(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("this is no database, and it is long enough to be looked at " * 40)
    async with opened(notes) as window:
        workbench, shell = window.window.workbench, window.window.shell
        assert workbench.database is None
        assert not workbench.at_stake, "nothing was recorded yet"
        await window.fire(FIRST)
        for answer in ("Wait", "Close anyway"):
            shell.close()
            question = dialog(QMessageBox)
            assert isinstance(question, QMessageBox)
            assert question.text().startswith(f"{window.journal.seq} records not saved yet")
            next(b for b in question.findChildren(QPushButton) if b.text() == answer).click()
            assert answer != "Wait" or shell.isVisible()
        await until(window.task.done, "it is closed")


async def test_two_windows_share_a_database(db: Path) -> None:
    async with opened(db) as one, opened(db) as other:
        await one.fire(FIRST)
        await other.fire(FIRST, FAILING)
        assert one.window.workbench.live_session != other.window.workbench.live_session
        await other.window.workbench.refresh_sessions()
        both = {one.window.workbench.live_session, other.window.workbench.live_session}
        await until(lambda: {info.id for info in other.desk.sessions.known} == both, "both are listed")


async def test_a_program_that_cannot_be_started_leaves_a_window_that_says_so(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_seed: int | None) -> Any:
        raise InspectorError("The program has no bus.", "Give it one.")

    monkeypatch.setattr("tests.ui.windows.demo_program", broken)
    async with opened(db) as window:
        await until(lambda: any(notice.text == "The program has no bus." for notice in window.notices))
        assert window.window.shell.bar.source.caption() == "not started"
        assert not window.window.commands.enabled("fire.selected")
        assert await window.close() == 0


# -- the end


async def test_closing_while_it_fires_loses_nothing_and_leaves_no_thread(db: Path) -> None:
    async with opened(db) as window:
        desk = window.desk
        desk.firing.show_form(FIRST)
        desk.fire_panel.context.count.setValue(300)
        window.click(desk.fire_panel.button)
        await until(lambda: len(window.journal.executions) > 20)
        journal = window.journal
        assert await window.close() == 0
        session, seen = window.window.workbench.live_session, len(journal.executions)
    assert not [thread for thread in threading.enumerate() if thread.name == "inspector-bus"]
    store = Store(db)
    await store.open()
    try:
        info = await store.session(session)
    finally:
        await store.close()
    assert info.executions == seen
    assert info.state == "closed"


async def test_the_bar_has_room_for_all_in_windows_of_every_size(db: Path) -> None:
    async with opened(db) as window:
        for size in ((1280, 800), (1000, 700), (1920, 1080)):
            window.window.shell.resize(*size)
            await until(lambda: not bar_trouble(window), f"{size}: {bar_trouble(window)}")
        await window.fire("UserLoginFailed")  # a session without an event is not kept
    async with opened(db) as window:
        await until(lambda: len(window.desk.sessions.known) == 2, "both sessions are listed")
        window.desk.sessions.open(window.desk.sessions.known[1].id)
        await until(lambda: not window.window.workbench.live, "the stored one, with the way back in the bar")
        window.window.shell.resize(window.window.shell.minimumSize())
        await until(lambda: "covers" not in bar_trouble(window), bar_trouble(window))


def bar_trouble(window: Opened) -> str:
    """Say what has no room in the bar at the top; empty when all has."""
    shell, bar = window.window.shell, window.window.shell.bar
    row = [w for w in bar.findChildren(QWidget) if w.isVisible() and w.parentWidget() is bar._box]
    places = sorted((w.geometry().left(), w.geometry().right()) for w in row)
    if bar.width() != shell.width() or places[-1][1] > bar.width():
        return "it does not fit the window"
    if any(right >= left for (_, right), (left, _) in pairwise(places)):
        return "something covers something else"
    fire = bar.button("fire.selected")
    return "" if fire is not None and fire.width() >= fire.sizeHint().width() * 0.7 else "the name of the event is cut"


# -- open_window


def run_window(db: Path, **more: Any) -> int:
    return open_window(lambda: demo_program(1), db=db, **more)


def test_the_run_gives_the_exit_code_and_a_picture(db: Path, tmp_path: Path) -> None:
    async def work(recording: Recording) -> int:
        await recording.outcome(recording.host.fire(FireRequest(FIRST, [{}])))
        return 3

    target = tmp_path / "pictures" / "window.png"
    assert run_window(db, run=work, screenshot=target, theme="light", size=(900, 600)) == 3
    assert target.read_bytes().startswith(b"\x89PNG")


def test_a_window_to_work_with_is_no_larger_than_the_screen_and_has_the_keyboard(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(place, str(tmp_path))
    seen: list[tuple[QSize, bool]] = []

    def look() -> None:
        shell = next((w for w in QApplication.topLevelWidgets() if isinstance(w, Shell) and w.isVisible()), None)
        if shell is not None and shell.isActiveWindow():
            timer.stop()
            seen.append((shell.size(), shell.isActiveWindow()))
            shell.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(5)
    room = QApplication.primaryScreen().availableSize()
    assert run_window(db, size=(room.width() + 400, room.height() + 400)) == 0
    assert seen == [(room, True)]


def test_what_the_run_raises_comes_out_and_the_window_is_closed(db: Path) -> None:
    async def work(_recording: Recording) -> int:
        raise ValueError("what?")

    with pytest.raises(ValueError, match="what"):
        run_window(db, run=work)
    assert not [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    assert not [thread for thread in threading.enumerate() if thread.name == "inspector-bus"]


def test_a_window_closed_during_the_run_ends_it_with_1(db: Path) -> None:
    async def work(recording: Recording) -> int:
        shell = next(w for w in QApplication.topLevelWidgets() if w.isVisible() and w.windowTitle())
        shell.close()
        await recording.outcome(10_000)  # never comes
        return 0

    assert run_window(db, run=work) == 1


def test_a_picture_that_cannot_be_written_is_an_error(db: Path, tmp_path: Path) -> None:
    async def work(_recording: Recording) -> int:
        return 0

    (tmp_path / "file").write_text("")
    with pytest.raises(InspectorError, match="Cannot write the screenshot"):
        run_window(db, run=work, screenshot=tmp_path / "file" / "x.png")


def test_a_run_neither_reads_nor_writes_what_windows_remember(db: Path, home: Path) -> None:
    async def work(_recording: Recording) -> int:
        return 0

    before = sorted(home.rglob("*.json"))
    assert run_window(db, run=work) == 0
    assert sorted(home.rglob("*.json")) == before
    assert not list(home.rglob("layout.ini"))


# -- from outside


def in_process(code: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **more}
    return subprocess.run(
        [sys.executable, *(["-c", code] if code else ["-m", "inspector"]), *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


FIRST_PAINT = """
import sys
from pathlib import Path
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QTreeView, QWidget
from inspector.cli.programs import demo_program, demo_rows
from inspector.ui import opening

heavy = ("numpy", "sqlalchemy", "aiosqlite", "pyqtgraph", "asyncio", "inspector.demo", "inspector.agent",
         "inspector.hosts", "inspector.store.store", "inspector.analysis.journal", "inspector.app.workbench",
         "inspector.core.records.records", "inspector.core.redact.redactor", "inspector.ui.window")
seen = []

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget) and not seen:
            rows = watched.window().findChild(QTreeView).model().rowCount()
            seen.append([name for name in heavy if name in sys.modules] if rows else "no rows in the catalog")
        return False

watch = Watch()
create = opening.create_application

def create_application():
    application = create()
    application.installEventFilter(watch)
    return application

async def work(recording):
    return 0

opening.create_application = create_application
code = opening.open_window(lambda: demo_program(1), db=Path(sys.argv[1]), run=work, catalog=demo_rows)
print(code, seen, [name for name in heavy if name not in sys.modules])
"""


def test_the_first_paint_waits_for_nothing_that_it_does_not_show(db: Path) -> None:
    ran = in_process(FIRST_PAINT, str(db))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "0 [[]] []\n"


def test_inspector_demo_leaves_a_picture(db: Path, tmp_path: Path) -> None:
    target = tmp_path / "window.png"
    ran = in_process("", "demo", "--json", "--seed", "1", "--db", str(db), "--screenshot", str(target))
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["published"], told["executions"]) == (79, 185)
    assert target.read_bytes().startswith(b"\x89PNG")
    assert target.stat().st_size > 50_000
