"""The roof builds what is on the list, and tells every panel what happens, whatever one of them does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from inspector.analysis.entries import Change
from inspector.analysis.journal import Journal
from inspector.analysis.query.query import Filter
from inspector.app.commands import Command
from inspector.ui.context import Context
from inspector.ui.feature import Feature, Parts
from inspector.ui.features.all import FEATURES
from inspector.ui.panel import JournalPanel
from tests.patience import until
from tests.ui.windows import opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.core.bus"),
    pytest.mark.allow_log("inspector.notices"),
]
FOLDER = Path(__file__).resolve().parents[2] / "inspector/ui/features"


class Recorder(JournalPanel):
    """A panel that notes what it is told."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, context.selection)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.told: list[str] = []
        self.folds = 0

    def set_journal(self, journal: Journal) -> None:
        super().set_journal(journal)
        self.told.append("journal")

    def set_filter(self, chosen: Filter | None) -> None:
        self.told.append("no filter" if chosen is None else "filter")

    def folded(self, change: Change) -> None:
        self.folds += 1
        self.badge_changed.emit(str(len(self._journal.publications)), "warn")

    def event_selected(self, name: str) -> None:
        if name:
            self.told.append(name)


class Broken(Recorder):
    """A panel with a mistake in it."""

    def folded(self, change: Change) -> None:
        raise ValueError("no such column")


@dataclass
class Made:
    """What a window has made of two features of a test's own."""

    steps: list[str] = field(default_factory=list)
    panels: dict[str, Recorder] = field(default_factory=dict)
    start: bool = True

    def features(self) -> tuple[Feature, ...]:
        return (
            Feature("broken", "Broken", "list", "bottom", lambda context: self._make("broken", Broken(context))),
            Feature(
                "recorder", "Recorder", "list", "bottom", lambda context: self._make("recorder", Recorder(context))
            ),
        )

    def _make(self, name: str, panel: Recorder) -> Parts:
        self.panels[name] = panel

        async def start() -> bool:
            self.steps.append(f"start {name}")
            return self.start

        async def stop() -> None:
            self.steps.append(f"stop {name}")

        run = Command(f"{name}.run", "Run", lambda: self.steps.append(name), shortcuts=(f"Ctrl+Alt+{name[0]}",))
        here = Command(f"{name}.here", "Here", lambda: self.steps.append("here"), shortcuts=("J",), scope=name)
        return Parts(panel, (run, here), (("Click", "Nothing"),), start, stop)


def test_every_folder_of_a_feature_has_its_line() -> None:
    folders = {path.parent.name for path in FOLDER.glob("*/feature.py")}
    assert folders == {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert sorted(feature.id for feature in FEATURES) == sorted(folders)


async def test_panels_are_told_in_order_and_a_mistake_in_one_stops_no_other(tmp_path: Path) -> None:
    made = Made()
    async with opened(tmp_path / "s.db", features=(*made.features(), *FEATURES)) as window:
        recorder = made.panels["recorder"]
        assert recorder.told[:2] == ["journal", "no filter"], "nothing was selected before"
        await until(lambda: made.steps == ["start broken", "start recorder"])
        await window.fire("UserLoginFailed")
        assert recorder.folds > 0
        assert recorder.told[-1] == "UserLoginFailed"
        await until(lambda: any("no such column" in f"{notice.text} {notice.hint}" for notice in window.notices))
        assert window.log()[0][2] == "UserLoginFailed"
        window.window.shell.bar.filter.setText("status:failed")
        await until(lambda: recorder.told[-1] == "filter")
    assert made.steps[2:] == ["stop broken", "stop recorder"]


async def test_a_panel_has_a_dock_a_badge_a_command_and_keys_of_its_own(tmp_path: Path) -> None:
    made = Made()
    async with opened(tmp_path / "s.db", features=(*FEATURES, *made.features())) as window:
        await until(lambda: len(made.steps) == 2, "both are started")
        shell, recorder = window.window.shell, made.panels["recorder"]
        dock = shell.panel("recorder")
        assert dock.isAncestorOf(recorder)
        await window.fire("UserLoginFailed")
        assert (dock.badge_text, dock.badge_tone) == ("1", "warn")
        assert window.window.commands.run("panel.recorder")
        assert recorder.isVisible()
        assert window.window.commands.run("recorder.run")
        recorder.setFocus()
        QTest.keyClick(recorder, Qt.Key.Key_J)
        window.desk.catalog.search.setFocus()
        QTest.keyClick(window.desk.catalog.search, Qt.Key.Key_J)
        assert made.steps[2:] == ["recorder", "here"]


async def test_what_was_chosen_in_tables_is_there_at_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        items = {item.label: item for item in window.desk.log.columns.menu_items()}
        hidden = next(label for label in items if label.casefold() == "duration")
        items[hidden].run()
        window.desk.latency.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        assert await window.close() == 0
    async with opened(tmp_path / "s.db") as window:
        items = {item.label: item for item in window.desk.log.columns.menu_items()}
        assert items[hidden].checked is False
        header = window.desk.latency.table.horizontalHeader()
        assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == (0, Qt.SortOrder.AscendingOrder)
        assert window.desk.failures.table.columns.state()["shown"] == []


async def test_a_feature_with_nothing_to_show_leaves_a_window_that_says_so(tmp_path: Path) -> None:
    made = Made(start=False)
    async with opened(tmp_path / "s.db", features=(*FEATURES, *made.features())) as window:
        await until(lambda: window.window.workbench.idle)
        assert made.steps == ["start broken"]
        assert not window.task.done()
