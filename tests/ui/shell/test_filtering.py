"""The filter of the window: in force a moment after the last letter, marked when it cannot be read, remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.analysis.entries import Recent
from inspector.analysis.journal import Journal
from inspector.analysis.query.query import Filter
from inspector.app import searching
from inspector.app.details import Details
from inspector.app.notices import Notices
from inspector.app.settings import Settings
from inspector.app.tasks import TaskOwner
from inspector.app.workbench import View, Workbench
from inspector.core.records.records import Batch
from inspector.ui.history import History
from inspector.ui.kit.theme import Theme
from inspector.ui.shell import filtering as filtering_module
from inspector.ui.shell.filter_field import FilterField
from inspector.ui.shell.filtering import Filtering
from tests.app.test_searching import rows_of, stored
from tests.patience import until
from tests.store.runs import STARTED


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
    _, applied = made(field, settings)
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
    again = FilterField(Theme("dark"), "filter")
    qtbot.addWidget(again)
    made(again, settings)
    assert (again.text(), again.history) == ("", ["status:ok"]), "it dims nothing at the next start"


def test_another_program_is_shown_without_the_filter_of_the_one_before(
    field: FilterField, settings: Settings, qtbot: QtBot
) -> None:
    filtering, applied = made(field, settings)
    shop, till = Journal(), Journal()
    for journal, program in ((shop, "shop"), (till, "till")):
        journal.session = replace(STARTED, program=program)
    filtering.follow(Journal())
    filtering.follow(shop)
    field.setText("status:ok")
    filtering.apply()
    filtering.follow(Journal())
    filtering.follow(shop)
    assert field.text() == "status:ok"
    filtering.follow(till)
    filtering.apply()
    assert (field.text(), applied[-1]) == ("", None)
    assert field.back()
    assert field.text() == "status:ok"


def test_names_are_completed_before_there_is_a_session(field: FilterField, settings: Settings, qtbot: QtBot) -> None:
    made(field, settings)
    qtbot.keyClicks(field, "sta")
    assert any(offer.startswith("status") for offer in field.offered)


async def test_older_payloads_are_searched_in_the_background_and_found(
    field: FilterField, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recent.__init__, "__defaults__", (2,))
    monkeypatch.setattr(searching, "PAGE", 1)
    monkeypatch.setattr(filtering_module, "_SILENT", -1.0)
    monkeypatch.setattr(filtering_module, "_PAUSE", 100_000)
    details = await stored(tmp_path / "s.db", [f'{{"size": {size}}}' for size in (1, 2, 1, 3, 4)], kept=2)
    assert details.store is not None
    await details.store.close()
    notices = Notices()
    tasks = TaskOwner(notices)
    workbench = Workbench(None, tmp_path / "s.db", notices, tasks, name="today")
    await workbench.keep()
    await workbench.open_session(details.session)
    filtering = Filtering(field, workbench, settings, History(), tasks)
    said: dict[str, list[object]] = {"applied": [], "remarked": [], "progressed": []}
    for name, told in said.items():
        getattr(filtering, name).connect(told.append)
    assert workbench.view is not None
    journal = workbench.view.journal
    for text, expected, last in (("size:1", [0, 2], "Searched all 5 events"), ("size>2", [3, 4], "")):
        field.setText(text)
        filtering.apply()
        await until(lambda: not tasks.running("Searching older payloads"))
        chosen = said["applied"][-1]
        assert isinstance(chosen, Filter)
        assert np.flatnonzero(chosen.mask(journal, 0, 5)).tolist() == expected
        assert not last or said["progressed"][-1] == last
    assert said["progressed"][0] == "Searched 3 of 5 events…"
    # At once, when the first is found and at the end; and only once where nothing more is found.
    assert len(said["applied"]) == 4
    assert said["remarked"] == []
    assert not field.toolTip()
    filtering.stop()
    await workbench.close()


def test_what_is_not_searched_is_said_and_stays_readable(
    field: FilterField, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recent.__init__, "__defaults__", (1,))
    journal = Journal()
    journal.fold(Batch(1, rows_of(['{"size": 1}', '{"size": 2}'])))
    notices = Notices()
    workbench = Workbench(None, None, notices, TaskOwner(notices), name="today")
    monkeypatch.setattr(workbench, "_view", View(journal, Details(journal), "old", live=False))
    filtering = Filtering(field, workbench, settings, History())
    remarks: list[str] = []
    filtering.remarked.connect(remarks.append)
    field.setText("size:1")
    filtering.apply()
    assert remarks == ["Searched the payloads of 1 of 2 events."]
    assert "Searched the payloads of 1 of 2 events." in field.toolTip()
    field.setText("status:ok")
    filtering.apply()
    assert not field.toolTip()
