"""All tasks of the live program in a window: looked at again, copied; why not, where they cannot be."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from inspector.app.dumping import dump_blocked
from inspector.app.notices import Notices
from inspector.app.tasks import TaskOwner
from inspector.app.workbench import Workbench
from inspector.core.faults import FaultRule
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import RUNNING_CODE
from inspector.core.taskdump import TaskDump
from inspector.ui.features.tasks.window import TaskWindow
from tests.patience import until
from tests.ui.windows import opened

pytestmark = [
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.core.bus"),
    pytest.mark.allow_log("inspector.demo"),
]


def windows() -> list[TaskWindow]:
    return [
        widget for widget in QApplication.topLevelWidgets() if isinstance(widget, TaskWindow) and widget.isVisible()
    ]


async def test_tasks_and_the_chain_of_a_handler_that_hangs_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path / "s.db") as window:
        context = window.window.context
        commands, workbench = context.commands, context.workbench
        assert not commands.run("tasks.chain")
        host = workbench.host
        host.set_fault_rules([FaultRule("*", "UserLoginFailed", "hang")])
        window.desk.selection.select_event("UserLoginFailed")
        assert commands.run("fire.selected")
        journal = workbench.recording.journal
        await until(lambda: bool((journal.executions["status"] == RUNNING_CODE).any()))
        assert commands.run("tasks.dump")
        await until(lambda: bool(windows()))
        (shown,) = windows()
        await until(lambda: "UserLoginFailed" in shown.area.toPlainText())
        assert "waits for Future" in shown.area.toPlainText(), shown.area.toPlainText()
        shown.area.clear()
        shown.again.click()
        await until(lambda: "execution 1" in shown.area.toPlainText())
        # Taken twice, the older answer comes later; then once more, and the window is closed before it comes.
        dump = await host.dump_tasks()
        answers: list[asyncio.Future[TaskDump]] = []

        def asked() -> asyncio.Future[TaskDump]:
            answers.append(asyncio.get_running_loop().create_future())
            return answers[-1]

        with monkeypatch.context() as patch:
            patch.setattr(host, "dump_tasks", asked)
            shown.again.click()
            shown.again.click()
            await until(lambda: len(answers) == 2)
            answers[1].set_result(dump)
            await until(lambda: len([name for name in context.tasks.names if name == "Reading the tasks"]) == 1)
            shown.area.setPlainText("the newest")
            answers[0].set_result(dump)
            await until(lambda: not context.tasks.running("Reading the tasks"))
            assert shown.area.toPlainText() == "the newest"
            shown.again.click()
            await until(lambda: len(answers) == 3)
            shown.close()
            await until(lambda: not windows())
            answers[2].set_result(dump)
            await until(lambda: not context.tasks.running("Reading the tasks"))
        execution = ExecutionIndex(0)
        entry = journal.execution(execution)
        context.selection.select_execution(execution, entry.publication, entry.event.name, 0)
        assert commands.run("tasks.chain")
        await until(lambda: bool(windows()))
        (chain,) = windows()
        assert chain.area.toPlainText().count("Task ") == 1
        assert chain.windowTitle() == "Await Chain · Execution 1"
        chain.close()
        host.set_fault_rules([])


def test_without_a_program_it_says_why() -> None:
    notices = Notices()
    workbench = Workbench(None, None, notices, TaskOwner(notices), name="today")
    assert dump_blocked(workbench) == "The program is starting"
    assert QGuiApplication.instance() is not None
