"""An execution is copied by button, key and menu, and every copy says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from inspector.ui.kit.text import copy_text
from inspector.ui.verbs import Verbs
from tests.patience import until
from tests.ui.features.project.test_flow import fire, write
from tests.ui.windows import Opened, opened


async def copied(shown: Opened, begin: str) -> str:
    clipboard = QApplication.clipboard()
    await until(lambda: begin in clipboard.text(), f"{begin} in the clipboard")
    text = clipboard.text()
    clipboard.setText("")
    return text


async def test_a_failed_execution_is_copied_as_test_report_python_and_json(tmp_path: Path) -> None:
    project = write(tmp_path, body="raise ValueError(event.number)")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        assert shown.window.commands.reason("execution.pytest") == "No execution selected"
        await fire(shown)
        shown.desk.selection.select_execution(0, 0, "Placed", 0)
        panel = shown.desk.execution
        shown.window.shell.raise_panel("execution")
        await until(panel.test.isEnabled)
        panel.test.click()
        test = await copied(shown, "def test_")
        compile(test, "copied", "exec")
        assert "# Recorded outcome: failed, ValueError: " in test
        assert "from parcels import Placed" in test
        assert shown.window.commands.run("execution.report")
        report = await copied(shown, "## Environment")
        assert report.startswith("# ValueError in ")
        for part in ("## Traceback", "raise ValueError(event.number)", "## Event", "## Context", "## Reproduce"):
            assert part in report
        assert "inspector fire Placed" in report
        assert shown.window.commands.run("execution.python")
        assert "event = Placed(" in await copied(shown, "from parcels import Placed")
        labels = {item.label: item for item in Verbs(shown.window.context).execution(0)}
        for label in ("Copy as pytest", "Copy as Markdown", "Copy as Python", "Copy as JSON", "Copy as command"):
            assert label in labels
        labels["Copy as JSON"].run()  # type: ignore[misc]
        assert '"number": ' in await copied(shown, "{")
        labels["Copy as pytest"].run()  # type: ignore[misc]
        assert await copied(shown, "def test_") == test
        labels["Copy as pytest"].run()  # type: ignore[misc]
        copy_text("copied while the test was being written")
        await until(lambda: not shown.window.context.tasks.running("Copying as pytest"))
        assert QApplication.clipboard().text() == "copied while the test was being written"


@pytest.mark.allow_log("inspector.notices")
async def test_what_cannot_be_copied_is_told(tmp_path: Path) -> None:
    project = write(tmp_path, body="raise ValueError(event.number)")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        await fire(shown)
        QApplication.clipboard().setText("")
        shown.journal.payloads.put(0, ("", ""))
        shown.window.context.copy_wanted.emit("JSON", 0)
        await until(lambda: any("not recorded" in notice.text for notice in shown.notices), "a notice")
        assert QApplication.clipboard().text() == ""
