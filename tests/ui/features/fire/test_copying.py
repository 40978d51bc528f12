"""What the window fired is typed in a terminal, and fires the same."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from inspector.catalog.replay import replay_of
from tests.patience import until
from tests.ui.features.project.test_flow import fire, write
from tests.ui.windows import Opened, opened


async def typed(command: str, db: Path) -> dict[str, Any]:
    """Run a command that was copied, in a process of its own; gives what it printed."""
    program, *words = shlex.split(command)
    assert program == "inspector"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inspector", *words, "--db", str(db), "--json"), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    told: dict[str, Any] = json.loads(out)
    return told


async def copied(shown: Opened) -> str:
    """Wait for a command in the clipboard."""
    clipboard = QApplication.clipboard()
    await until(lambda: clipboard.text().startswith("inspector fire"), "a command in the clipboard")
    text = clipboard.text()
    clipboard.setText("")
    assert [notice.text for notice in shown.notices][-1] == "Command copied."
    return text


async def test_an_execution_of_a_project_is_repeated_from_a_terminal(tmp_path: Path) -> None:
    project = write(tmp_path, body="raise ValueError(event.number)")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        await fire(shown)
        publication = shown.journal.publication(0)
        shown.desk.selection.select_execution(0, 0, "Placed", 0)
        shown.window.shell.raise_panel("execution")
        await until(shown.desk.execution.command.isEnabled)
        shown.desk.execution.command.click()  # where there is room for few buttons it stands in the menu of the others
        command = await copied(shown)
        fired = replay_of(publication.event, shown.journal.payloads.get(0)[0]).values  # type: ignore[index]
    assert "--app parcels:bus" in command
    assert f"--set number={fired['number']}" in command
    told = await typed(command, tmp_path / "other.db")
    assert (told["published"], told["by_status"]) == (1, {"failed": 1, "ok": 1})


@pytest.mark.allow_log("inspector.demo")
@pytest.mark.allow_log("inspector.core.bus")
@pytest.mark.allow_log("inspector.notices")
async def test_what_the_form_would_fire_is_copied_or_it_is_told_why_not(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as shown:
        desk, name = shown.desk, "UserPasswordChangeSucceeded"
        desk.firing.show_form(name)
        desk.fire_panel.load(name, {"initiated_by": "it's me"}, session=False, metadata={"ip": "::1"})
        assert shown.window.commands.run("fire.copy")
        command = await copied(shown)
        assert "--no-session" in command
        assert "--meta ip=::1" in command
        told = await typed(command, tmp_path / "other.db")
        assert told["by_status"]["failed"] == 1  # the audit handler needs a database session
        desk.fire_panel.load(name, {"user_id": "nobody"})
        assert shown.window.commands.run("fire.copy")
        assert "user_id" in shown.notices[-1].text
        assert QApplication.clipboard().text() == ""


@pytest.mark.allow_log("inspector.notices")
@pytest.mark.allow_log("inspector.demo")
async def test_of_a_session_of_another_program_no_command_is_written(tmp_path: Path) -> None:
    project = write(tmp_path)
    db = tmp_path / "s.db"
    async with opened(db) as shown:
        await shown.fire("UserLoginAttempted")
    async with opened(db, project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        await shown.window.workbench.open_session(1)
        await until(lambda: not shown.window.workbench.live and len(shown.journal.publications), "the stored session")
        QApplication.clipboard().setText("")
        shown.desk.copies.copy_publication(0)
        await until(lambda: shown.notices and "Cannot create a command" in shown.notices[-1].text, "a notice")
        assert QApplication.clipboard().text() == ""
