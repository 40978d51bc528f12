"""Faults in a real window: rules are made, shown, switched and removed, and hit what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox

from inspector.ui.features.catalog.panel import CatalogPanel
from inspector.ui.features.faults.panel import FaultsPanel
from tests.patience import until
from tests.ui.windows import Opened, opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.core.bus"),
]


def panel_of(window: Opened) -> FaultsPanel:
    panel = window.window.shell.findChild(FaultsPanel)
    assert isinstance(panel, FaultsPanel)
    return panel


def texts(panel: FaultsPanel) -> list[str]:
    return [label.text() for label in panel._hits.values()]


async def test_a_rule_is_added_hits_what_it_says_and_is_switched_off(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        panel, shell = panel_of(window), window.window.shell
        window.window.context.fault_wanted.emit("UserLoginFailed", "LoggingEventHandler.*")
        dialog = panel.dialog
        assert dialog is not None
        assert (dialog.event_box.currentText(), dialog.handler.currentText()) == (
            "UserLoginFailed",
            "LoggingEventHandler.*",
        )
        dialog.error.setEditText("TimeoutError: no answer")
        dialog.every.setValue(2)
        assert "1 subscription" in dialog.verdict.text()
        QTest.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
        await until(lambda: panel.dialog is None)
        assert window.window.commands.title("faults.toggle") == "Faults: 1 on"
        assert panel.affected.text() == "Affects 1 event: UserLoginFailed"
        assert shell.panel("faults").badge_text == "1"
        catalog = shell.findChild(CatalogPanel)
        assert isinstance(catalog, CatalogPanel)
        assert catalog._delegate.struck == {"UserLoginFailed"}
        struck = window.desk.timeline.controller.scene.struck
        assert {"handler:LoggingEventHandler", "event:UserLoginFailed"} <= struck
        assert len(struck) == 3, "and the lane of the one method"
        await window.fire("UserLoginFailed", "UserLoginFailed", "UserLoginFailed", "UserLogoutSucceeded")
        await until(lambda: texts(panel) == ["hit 1 of 3"])
        assert int((window.journal.executions["fault"] > 0).sum()) == 1
        (switch,) = panel._rows.findChildren(QCheckBox)
        switch.click()
        assert window.window.commands.title("faults.toggle") == "Faults"
        assert panel.affected.text() == "All faults are off."
        assert len(window.window.workbench.faults) == 1, "the rule stays"
        await window.fire("UserLoginFailed", "UserLoginFailed")
        assert int((window.journal.executions["fault"] > 0).sum()) == 1
        panel._remove(next(iter(window.window.workbench.faults)))
        assert panel.empty.isVisibleTo(panel)


async def test_a_stored_session_has_no_bolts_of_the_faults_that_are_on_now(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        workbench, catalog, scene = window.window.workbench, window.desk.catalog, window.desk.timeline.controller
        workbench.set_faults(True)
        await window.fire("UserLoginFailed")
        old = workbench.live_session
        await workbench.new_session()
        await workbench.open_session(old)
        assert catalog.model.rowCount() > 0
        assert (catalog._delegate.struck, scene.scene.struck) == (frozenset(), frozenset())
        workbench.show_live()
        assert catalog._delegate.struck
        assert scene.scene.struck


async def test_the_switch_brings_the_faults_of_the_demo_and_names_the_events_until_it_is_off(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        panel = panel_of(window)
        assert window.window.commands.run("faults.toggle")
        count = len(window.window.workbench.faults)
        assert count == len(window.window.workbench.recording.host.own_faults) > 0
        assert panel.isVisible()
        assert panel.affected.text().startswith("Affects ")
        QTest.mouseClick(panel.fire_button, Qt.MouseButton.LeftButton)
        first = panel.fire_button.caption().removeprefix("Fire ")
        assert panel.affected.text().split(": ")[1].startswith(first)
        await until(lambda: window.log()[-1:] and first in str(window.log()[-1]))
        assert not [notice for notice in window.notices if notice.text.startswith("Faults on")], "the panel says it"
        assert window.window.commands.title("faults.toggle") == f"Faults: {count} on"
        assert window.window.commands.run("faults.toggle")
        assert window.window.commands.title("faults.toggle") == "Faults"
        assert len(window.window.workbench.faults) == count


async def test_what_is_no_rule_cannot_be_added(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        panel = panel_of(window)
        panel.add_rule()
        dialog = panel.dialog
        assert dialog is not None
        dialog.handler.setEditText(" ")
        assert not dialog.ok.isEnabled()
        assert "needs a handler" in dialog.verdict.text()
        dialog.handler.setEditText("Nobody.*")
        assert dialog.verdict.text() == "No matching handlers yet."
        for handler, event, words in (
            ("[z-a]*", "*", "Reversed range [z-a]"),
            ("*", "User[9-0]*", "Reversed range [9-0]"),
            ("*", "   ", "needs a handler and an event"),
        ):
            dialog.handler.setEditText(handler)
            dialog.event_box.setEditText(event)
            assert words in dialog.verdict.text()
            assert not dialog.ok.isEnabled()
        dialog.event_box.setEditText("*")
        dialog.error.setEditText("NoSuchError: x")
        assert dialog.every.text() == "1"
        dialog.every.lineEdit().setText("-4")
        dialog.probability.lineEdit().setText("7")
        dialog.every.interpretText()
        dialog.probability.interpretText()
        assert (dialog.every.value() >= 1, dialog.probability.value() <= 1) == (True, True)
        dialog.reject()
        await until(lambda: panel.dialog is None)
        assert not len(window.window.workbench.faults)
