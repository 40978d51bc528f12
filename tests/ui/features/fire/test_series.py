"""Firing many times, in a real window: progress, stopping, values, and what is asked first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from inspector.core.records.numbers import PublicationIndex
from tests.patience import until
from tests.ui.features.fire.test_copying import write
from tests.ui.windows import Opened, opened

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]
EVENT = "RateLimitCheckAllowed"


def count(window: Opened) -> int:
    return len(window.journal.publications)


async def begin(window: Opened, times: int, *, same: bool = False) -> None:
    window.desk.selection.select_event(EVENT)
    window.desk.fire_panel.context.count.setValue(times)
    window.desk.fire_panel.context.same.setChecked(same)
    assert window.window.commands.run("fire.selected")


async def ended(window: Opened) -> None:
    await until(lambda: window.desk.firing.series is None and not window.window.tasks.running(f"Firing {EVENT}"))


async def payloads(window: Opened) -> list[dict[str, object]]:
    details = window.window.workbench.recording.details
    return [json.loads(await details.payload(PublicationIndex(index))) for index in range(count(window))]


async def test_a_series_shows_how_far_it_is_and_esc_stops_it_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        commands, panel = window.window.commands, window.desk.fire_panel
        window.desk.selection.select_event(EVENT)
        panel.context.count.setValue(100_000)
        assert commands.title("fire.selected") == f"Fire {EVENT} \u00d7 100\u2009000"
        assert commands.run("fire.selected")
        assert commands.run("fire.selected"), "the second press of a double click"
        await until(lambda: count(window) > 20)
        assert commands.title("fire.selected").startswith("Stop ")
        assert "/ 100\u2009000" in commands.title("fire.selected")
        await until(lambda: panel.progress.isVisible() and "/ 100" in panel.progress.text.text())
        assert panel.button.caption() == "Stop"
        assert commands.reason("fire.again")
        panel.context.timeout.setFocus()  # wherever the keyboard is
        window.key(Qt.Key.Key_Escape)
        assert window.desk.firing.series is None
        assert commands.title("fire.selected").startswith("Fire ")
        await ended(window)
        published = count(window)
        assert published < 100_000
        assert panel.progress.text.text() == f"Stopped after {published:,}".replace(",", "\u2009")
        assert "\u00d7 100" in panel.button.caption()
        await window.fire("UserLoginFailed")
        assert count(window) == published + 1, "nothing more is fired"


async def test_a_second_press_stops_and_a_finished_series_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        await begin(window, 250)
        await ended(window)
        assert count(window) == 250
        assert window.desk.fire_panel.progress.text.text() == "Fired 250 times"
        assert window.desk.fire_panel.outcome.text().startswith("500 ok")
        await begin(window, 100_000)
        await until(lambda: window.desk.firing.series is not None and window.desk.firing.series.age > 0.5)
        window.click(window.desk.fire_panel.button)
        await ended(window)
        assert 250 < count(window) < 50_000


async def test_values_are_new_each_time_unless_they_are_set_or_to_be_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        await begin(window, 30)
        await ended(window)
        name = "endpoint"
        values = [payload[name] for payload in await payloads(window)]
        assert len(values) == 30
        assert len(set(map(str, values))) > 1
        window.desk.fire_panel._edited(name, "/mine")
        await begin(window, 10)
        await ended(window)
        assert {payload[name] for payload in (await payloads(window))[30:]} == {"/mine"}
        window.desk.fire_panel.new_values()
        await begin(window, 10, same=True)
        await ended(window)
        fresh = (await payloads(window))[40:]
        own = [{key: value for key, value in payload.items() if key != "event_id"} for payload in fresh]
        assert len({str(payload["user_id"] if "user_id" in payload else payload[name]) for payload in own}) == 1


async def test_more_than_a_thousand_in_a_program_of_ones_own_are_asked_about_once(tmp_path: Path) -> None:
    project = write(tmp_path)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as window:
        await until(lambda: window.desk.flow.project is not None, "the project is loaded")
        shell, firing, panel = window.window.shell, window.desk.firing, window.desk.fire_panel
        window.desk.selection.select_event("Placed")

        def question() -> QMessageBox | None:
            return next((box for box in shell.findChildren(QMessageBox) if box.isVisible()), None)

        def answer(label: str) -> None:
            box = question()
            assert box is not None
            next(button for button in box.buttons() if button.text() == label).click()

        panel.context.count.setValue(1_000)
        assert window.window.commands.run("fire.selected")
        assert question() is None, "a thousand are not many"
        await until(lambda: firing.series is not None)
        firing.stop()
        await until(lambda: not window.window.tasks.running("Firing Placed"))
        panel.context.count.setValue(1_001)
        for _ in range(2):  # the second press of a double click asks nothing more
            assert window.window.commands.run("fire.selected")
        box = question()
        assert box is not None
        assert "1\u2009001 times" in box.text()
        answer("Cancel")
        assert firing.series is None, "nothing is fired"
        assert window.window.commands.run("fire.selected")
        answer("Fire")
        await until(lambda: firing.series is not None)
        firing.stop()
        await until(lambda: not window.window.tasks.running("Firing Placed"))
        assert window.window.commands.run("fire.selected")
        assert question() is None, "it is asked once"
        await until(lambda: firing.series is not None)
        firing.stop()
        await until(lambda: not window.window.tasks.running("Firing Placed"))


async def test_the_count_belongs_to_the_event(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        title = window.window.commands.title
        window.desk.selection.select_event(EVENT)
        window.desk.fire_panel.context.count.setValue(3_000)
        window.desk.selection.select_event("UserLoginFailed")
        assert title("fire.selected") == "Fire UserLoginFailed"
        assert window.desk.fire_panel.context.count.value() == 1
        window.desk.selection.select_event(EVENT)
        assert title("fire.selected") == f"Fire {EVENT} \u00d7 3\u2009000"


async def test_a_very_long_text_arrives_whole(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        window.desk.selection.select_event("UserLoginFailed")
        panel = window.desk.fire_panel
        row = panel._fields["reason"]
        text = "0123456789" * 80_000
        QApplication.clipboard().setText(text)
        row.editor.line.setFocus()
        row.editor.line.selectAll()
        QTest.keyClick(row.editor.line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        assert panel.form().values["reason"] == text
        assert row.editor.line.isReadOnly()
        assert "800\u2009000 characters" in row.editor.line.accessibleDescription()
        row.editor.clear.click()
        assert panel.form().values["reason"] == ""
        assert not row.editor.line.isReadOnly()
