"""The filter of the window: in force a moment after the last letter, marked when it cannot be read, remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.app.notices import Notices
from inspector.app.settings import Settings
from inspector.app.tasks import TaskOwner
from inspector.app.workbench import Workbench
from inspector.ui.history import History
from inspector.ui.kit.theme import Theme
from inspector.ui.shell.filter_field import FilterField
from inspector.ui.shell.filtering import Filtering


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.json", Notices())


@pytest.fixture
def field(qtbot: QtBot) -> FilterField:
    field = FilterField(Theme("dark"), "filter")
    qtbot.addWidget(field)
    field.show()
    return field


def made(field: FilterField, settings: Settings) -> tuple[Filtering, list[object]]:
    notices = Notices()
    filtering = Filtering(field, Workbench(None, None, notices, TaskOwner(notices), name="today"), settings, History())
    applied: list[object] = []
    filtering.applied.connect(applied.append)
    return filtering, applied


def test_what_is_written_is_applied_once_a_moment_later(field: FilterField, settings: Settings, qtbot: QtBot) -> None:
    _, applied = made(field, settings)
    qtbot.keyClicks(field, "status:ok")
    assert applied == []
    qtbot.waitUntil(lambda: len(applied) == 1)
    assert applied[0] is not None
    field.clear()
    qtbot.waitUntil(lambda: len(applied) == 2)
    assert applied[1] is None


def test_return_applies_at_once_and_remembers_what_can_be_read(
    field: FilterField, settings: Settings, qtbot: QtBot
) -> None:
    filtering, applied = made(field, settings)
    qtbot.keyClicks(field, "statu:ok ")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert applied == []
    assert "Did you mean status" in field.problem
    assert field.history == []
    field.setText("status:ok ")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert len(applied) == 1
    assert not field.problem
    assert field.history == ["status:ok"]
    filtering.remember()
    again = FilterField(Theme("dark"), "filter")
    qtbot.addWidget(again)
    made(again, settings)
    assert (again.text(), again.history) == ("status:ok ", ["status:ok"])


def test_names_are_completed_before_there_is_a_session(field: FilterField, settings: Settings, qtbot: QtBot) -> None:
    made(field, settings)
    qtbot.keyClicks(field, "sta")
    assert any(offer.startswith("status") for offer in field.offered)
