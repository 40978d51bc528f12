"""Retrying in a real window: by key, by button, a group, with the verdict where one looks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from inspector.app.retry import FIXED, Verdict
from inspector.core.records.numbers import ExecutionIndex
from inspector.ui.parts.mapping import MappingDialog
from tests.patience import until
from tests.ui.features.project.test_flow import dialog, fire, write
from tests.ui.windows import opened

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


async def test_a_failure_is_retried_by_key_and_its_group_by_button(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as window:
        desk, retries = window.desk, window.window.workbench.retries
        desk.selection.select_event("UserLoginFailed")
        desk.fire_panel.context.session.setChecked(False)
        await window.fire("UserLoginFailed", "UserLoginFailed")
        await until(lambda: desk.failures.sorted.rowCount() == 1)
        failed = [
            index
            for index in range(len(window.journal.executions))
            if window.journal.execution(index).status == "failed"
        ]  # type: ignore[arg-type]
        assert len(failed) == 2
        desk.selection.select_in(window.journal, failed[0])  # type: ignore[arg-type]
        window.window.shell.raise_panel("failures")
        desk.failures.table.setFocus()
        window.key(Qt.Key.Key_R)
        await until(lambda: desk.execution.verdict.isVisible() and "still failing" in desk.execution.verdict.text())
        assert desk.execution.retry_button.caption() == "Retry handler"
        assert window.journal.executions["retry"].tolist()[-1] == 1
        last = len(window.journal.executions) - 1
        assert desk.selection.execution == failed[0]
        window.click(desk.execution.verdict.link)
        await until(lambda: desk.selection.execution == last, "the execution of the retry is shown")
        assert desk.execution.verdict.isHidden(), "nobody has retried the retry"
        await window.caught_up()
        assert desk.failures.model.total == 2
        desk.failures.table.setCurrentIndex(desk.failures.sorted.index(0, 0))
        window.click(desk.failures.retry_button)
        assert retries.current is not None
        assert desk.failures.detail.verdict.text() == "Retrying 1 of 2"
        assert desk.failures.retry_button.caption() == "Stop"
        assert not window.window.commands.enabled("retry.execution")
        await until(lambda: retries.current is None)
        await window.caught_up()
        group = desk.failures.sorted.index(0, 0)
        assert desk.failures.model.data(desk.failures.model.index(0, 8)) == "✕ still failing 2 of 2"
        assert desk.failures.detail.verdict.text() == "Retry: ✕ still failing 2 of 2"
        assert desk.failures.detail.verdict.isVisible()
        assert desk.failures.sorted.rowCount(group) == 1
        assert desk.failures.retry_button.caption() == "Retry group"
        assert not window.window.commands.enabled("retry.stop")


async def test_the_retry_of_a_stored_session_is_shown_in_the_live_one(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as window:
        desk, workbench = window.desk, window.window.workbench
        await window.fire("UserLoginFailed")
        await workbench.recording.saved()
        old = workbench.recording.session
        window.window.commands.run("session.new")
        await until(lambda: workbench.recording.session not in (0, old), "there is a new session")
        new = workbench.recording.session
        await workbench.open_session(old)
        assert not workbench.live
        desk.selection.select_in(window.journal, ExecutionIndex(0))
        window.window.context.retry_wanted.emit([0])
        await until(lambda: desk.execution.verdict.isVisible() and desk.execution.verdict.link.isVisible())
        window.click(desk.execution.verdict.link)
        await until(lambda: workbench.live, "the live session is shown")
        await until(lambda: desk.selection.execution >= 0, "and the retry in it")
        assert window.journal.execution(ExecutionIndex(desk.selection.execution)).retry
        assert workbench.live_session == new
        verdict = workbench.retries.verdict(window.journal, ExecutionIndex(0))
        assert verdict is None, "that of the old session is about that"


async def test_a_retry_of_an_earlier_session_is_said_to_be_there(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as window:
        window.window.context.retried_wanted.emit(Verdict(FIXED, execution=ExecutionIndex(0)))
        assert [notice.text for notice in window.notices] == ["The retry is in an earlier session."]
        assert window.desk.selection.execution < 0


async def test_what_cannot_be_retried_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as window:
        await window.fire("UserLoginFailed")
        window.desk.selection.select_in(window.journal, 0)  # type: ignore[arg-type]
        window.window.workbench.set_recording(False)
        window.window.context.changed.emit()
        assert window.window.commands.get("retry.execution").blocked is not None
        assert "paused" in window.window.commands.reason("retry.execution")
        window.window.context.retry_wanted.emit([0])
        await until(lambda: any("paused" in notice.text for notice in window.notices))


async def test_an_event_that_has_changed_since_asks_which_value_goes_where(tmp_path: Path) -> None:
    """Retry and Fire again, in a project whose event was edited and loaded anew."""
    project = write(tmp_path, body="raise ValueError(event.number)")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as window:
        desk, workbench = window.desk, window.window.workbench
        await until(lambda: desk.flow.project is not None, "the project is loaded")
        await fire(window)
        before = len(window.journal.publications)
        parcels = tmp_path / "parcels.py"
        parcels.write_text(  # which loads it anew
            parcels.read_text().replace("number", "count_of")
        )
        event = next(event for event in window.journal.events if event.name == "Placed")
        await until(lambda: [shape.name for shape in workbench.recording.journal.events[0].fields] == ["count_of"])
        assert [shape.name for shape in event.fields] == ["number"]
        await until(lambda: not workbench.retry_blocked(), "the program runs again")
        failed = next(
            index
            for index in range(len(window.journal.executions))
            if window.journal.execution(ExecutionIndex(index)).status == "failed"
        )
        desk.selection.select_in(window.journal, ExecutionIndex(failed))
        assert window.window.commands.run("retry.execution")
        await until(lambda: dialog(window, MappingDialog) is not None, "the form is there")
        form = dialog(window, MappingDialog)
        assert form.left_out["number"].text() == "goes to count_of"
        form.accept()
        await until(lambda: workbench.retries.current is None)
        verdict = "Retry: ✕ still failing: number removed, count_of added"
        await until(lambda: desk.execution.verdict.text() == verdict)
        window.window.context.repeat_wanted.emit(0, False)
        await until(lambda: dialog(window, MappingDialog) is not None, "the form is there again")
        dialog(window, MappingDialog).reject()
        await until(lambda: dialog(window, MappingDialog) is None)
        assert len(window.journal.publications) == before + 1  # the retry alone
        window.window.context.repeat_wanted.emit(0, False)
        await until(lambda: dialog(window, MappingDialog) is not None, "and once more")
        dialog(window, MappingDialog).accept()
        await window.settled(before + 2)
        old, *_, new = (json.loads(window.journal.payloads.get(index)[0]) for index in range(before + 2))  # type: ignore[index]
        assert new["count_of"] == old["number"]
