"""Ticks on the bar of the selected execution: what happened inside it, named where the pointer is."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.records import Batch, Noted, to_row
from inspector.ui.features.timeline.frame import readout
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.features.timeline.ticks import inside_bar, named_ticks
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.analysis.runs import Run

MS = 1_000_000
SLOW = ExecutionIndex(0)


@pytest.fixture
def panel(qtbot: QtBot) -> TimelinePanel:
    run = Run()
    publication = run.publish(0)
    slow = run.start(1 * MS, publication, "m:Payments.charge")
    run.end(101 * MS, slow)
    run.end(103 * MS, run.start(102 * MS, publication, "m:Payments.quick"))
    journal = run.journal()
    notes = [
        Noted(11 * MS, slow, publication, "log", "info", "charging"),
        Noted(
            51 * MS, slow, publication, "sql", "error", "SELECT 1", '{"ago": 10000000, "took": 10000000, "error": "E"}'
        ),
        *(Noted(91 * MS, slow, publication, "output", "info", f"line {number}") for number in range(6)),
    ]
    journal.fold(Batch(journal.seq + 1, [to_row(note) for note in notes]))
    made = TimelinePanel(Theme("dark"), Selection(), clock=lambda: 0.0)
    qtbot.addWidget(made)
    made.resize(1000, 420)
    made.show()
    made.set_journal(journal, live=False)
    made.controller.fit()
    return made


def picture(panel: TimelinePanel) -> QImage:
    return panel.canvas.grab().toImage()


def test_a_wide_bar_has_ticks_below_it_once_it_is_selected(panel: TimelinePanel) -> None:
    scene, journal = panel.controller.scene, panel.controller.scene.source.journal
    picture(panel)
    assert [item.at // MS for item in inside_bar(scene, SLOW)] == [11, 41, *[91] * 6]
    assert inside_bar(scene, 1) == []
    assert inside_bar(scene, -1) == []
    panel.controller.selection.select_in(journal, SLOW)
    shown = picture(panel)
    bar = scene.bar(SLOW)
    assert bar is not None
    ratio = shown.devicePixelRatio()
    below = round((bar.top + bar.height + 4) * ratio)

    def colour(at: int) -> str:
        return shown.pixelColor(round(scene.x_of(at) * ratio), below).name()

    looks = panel.canvas.picture
    assert looks is not None
    assert len({colour(11 * MS), colour(41 * MS), colour(70 * MS)}) == 3


def test_the_pointer_names_what_it_is_over(panel: TimelinePanel) -> None:
    scene = panel.controller.scene
    picture(panel)
    bar = scene.bar(SLOW)
    assert bar is not None
    scene.hovered = SLOW
    scene.hover = (scene.x_of(41 * MS) + 1, bar.middle)
    assert named_ticks(scene, SLOW) == ["+40.0 ms sql  SELECT 1"]
    assert readout(scene)[-1] == "+40.0 ms sql  SELECT 1"
    scene.hover = (scene.x_of(91 * MS), bar.middle)
    assert named_ticks(scene, SLOW) == [
        *(f"+90.0 ms output  line {number}" for number in range(4)),
        "and 2 more",
    ]
    scene.hover = (scene.x_of(70 * MS), bar.middle)
    assert named_ticks(scene, SLOW) == []
    scene.hover = None
    assert named_ticks(scene, SLOW) == []
