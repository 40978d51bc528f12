"""New sessions while the program goes on, as people begin them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox

from tests.patience import until
from tests.ui.windows import opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.core.bus"),
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.notices"),
]
EVENT = "UserPasswordChangeSucceeded"


async def test_a_new_session_begins_and_what_was_recorded_is_cleared_while_the_program_runs(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        commands, desk = window.window.commands, window.desk
        assert commands.reason("session.new") == "Nothing recorded yet"
        await window.fire(EVENT)
        first = window.window.workbench.live_session
        await until(lambda: commands.enabled("session.new"))
        assert commands.run("session.new")
        await until(lambda: window.window.workbench.live_session != first)
        await until(lambda: len(desk.sessions.known) == 2)
        assert window.log() == []
        assert window.window.workbench.live
        await window.fire(EVENT)
        assert len(window.log()) == 1
        second = window.window.workbench.live_session
        await until(lambda: commands.enabled("session.clear"))
        assert commands.run("session.clear")
        box = next(box for box in window.window.shell.findChildren(QMessageBox) if box.isVisible())
        assert box is not None
        next(button for button in box.buttons() if button.text() == "Clear").click()
        await until(lambda: second not in [info.id for info in desk.sessions.known])
        assert [info.id for info in desk.sessions.known][-1] == first
        assert window.log() == []
