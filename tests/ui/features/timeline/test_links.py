"""The timeline and the rest of the window: folded gaps, lanes found, pointing, marks of the host."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.analysis.journal import Journal
from inspector.analysis.query.query import parse
from inspector.core.records.host import (
    FaultsSwitched,
    HostRecord,
    ProcessEnded,
    ProgramReloaded,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
    RestartFailed,
)
from inspector.core.records.records import HOST_NOTED, Batch, to_row
from inspector.ui.features.timeline.actions import BY_KEY
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.frame import near_marks
from inspector.ui.features.timeline.host import sign_of
from inspector.ui.features.timeline.light import lit_bars, lit_lanes
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import NOTHING, Hover, Selection
from tests.analysis.runs import Run

MS = 1_000_000
SECOND = 1000 * MS


def two_bursts() -> Run:
    """Two bursts of a second each, an hour apart; handlers of two classes take turns."""
    run = Run()
    for base in (0, 3600 * SECOND):
        for number in range(20):
            at = base + number * 50 * MS
            publication = run.publish(at)
            key = "m:AuditHandler.write" if number % 2 else "m:EmailHandler.send"
            run.end(at + 40 * MS, run.start(at + MS, publication, key), "failed" if number == 7 else "ok")
    return run


@pytest.fixture
def panel(qtbot: QtBot) -> TimelinePanel:
    made = TimelinePanel(Theme("dark"), Selection(), clock=lambda: 0.0)
    qtbot.addWidget(made)
    made.resize(1000, 420)
    made.show()
    made.set_journal(two_bursts().journal(), live=False)
    return made


def key(panel: TimelinePanel, text: str) -> None:
    QTest.keyClick(panel.canvas, text)


def test_idle_gaps_are_folded_with_a_break_in_sight_and_unfolded_again(panel: TimelinePanel) -> None:
    controller = panel.controller
    whole = controller.navigator.view.span
    key(panel, "g")
    controller.fit()
    assert controller.navigator.view.span < 4 * SECOND < whole
    ((left, right, length),) = controller.scene.breaks()
    assert controller.scene.gutter < left < right < panel.canvas.width()
    assert 3598 * SECOND < length < 3600 * SECOND
    assert panel.commands()[0].checked is None
    assert next(c for c in panel.commands() if c.id == "timeline.fold_gaps").checked()
    key(panel, "g")
    controller.fit()
    assert controller.scene.breaks() == []
    assert controller.navigator.view.span == whole


def test_a_stored_session_is_shown_whole_while_it_is_read_and_says_how_far(panel: TimelinePanel) -> None:
    rows = sorted(two_bursts().rows, key=lambda row: row[1])
    journal = Journal()
    panel.set_journal(journal, live=False, records=len(rows))
    panel.folded(journal.fold(Batch(1, rows[:30])))
    assert panel.canvas.notice() == "reading 25%"
    first = panel.controller.navigator.view.span
    panel.folded(journal.fold(Batch(31, rows[30:])))
    assert panel.canvas.notice() == ""
    assert panel.controller.navigator.view.span > first
    panel.controller.zoom_in()
    span = panel.controller.navigator.view.span
    panel.folded(journal.fold(Batch(len(rows) + 1, [(HOST_NOTED, 9000 * SECOND, "x", "info", "", "")])))
    assert panel.controller.navigator.view.span == span


def test_folding_keeps_what_is_looked_at(panel: TimelinePanel) -> None:
    controller = panel.controller
    controller.show(3600 * SECOND, 3601 * SECOND)
    key(panel, "g")
    start, end = controller.scene.seen
    assert abs(start - 3600 * SECOND) < 2 * MS
    assert abs(end - 3601 * SECOND) < 2 * MS


def test_times_of_the_ruler_behind_a_break_are_told_in_full(panel: TimelinePanel) -> None:
    key(panel, "g")
    panel.controller.fit()
    scene = panel.controller.scene
    ((_, right, _),) = scene.breaks()
    labels = [tick.label for tick in scene.ticks.ticks if tick.x + scene.gutter > right]
    assert labels
    assert all(label.startswith("1:00:0") for label in labels)


def test_a_bar_behind_a_break_is_found_under_the_pointer(panel: TimelinePanel) -> None:
    key(panel, "g")
    panel.controller.fit()
    bar = panel.controller.scene.bar(25)
    assert bar is not None
    at = QPoint(round((bar.x0 + bar.x1) / 2), round(bar.middle))
    QTest.mouseClick(panel.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert panel.controller.selection.execution == 25


def test_a_lane_is_found_by_a_few_letters_and_return_goes_there(panel: TimelinePanel) -> None:
    controller = panel.controller
    QTest.keyClick(panel.canvas, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(panel._find, "adh")
    assert [s.title for s in controller.scene.layout.strips if s.layer == 0] == ["AuditHandler"]
    QTest.keyClick(panel._find, Qt.Key.Key_Return)
    assert not panel._find.isVisible()
    assert len([s for s in controller.scene.layout.strips if s.layer == 0]) == 2
    assert lit_lanes(controller.scene) == {"handler:AuditHandler"}
    key(panel, Qt.Key.Key_Escape)
    assert lit_lanes(controller.scene) == frozenset()


def test_slash_asks_for_the_filter(panel: TimelinePanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.search_requested):
        key(panel, "/")


def test_the_filter_is_undone_where_the_window_keeps_it(panel: TimelinePanel) -> None:
    asked: list[int] = []
    panel.filter_back_requested.connect(lambda: asked.append(1))
    panel.set_filter(parse("status:bad"))
    BY_KEY["Alt+Backspace"].run(panel.controller)
    assert asked == [1]
    assert panel.controller.source.filter is not None


def test_what_is_under_the_pointer_is_told_to_the_others(panel: TimelinePanel) -> None:
    controller = panel.controller
    controller.show(0, SECOND)
    told: list[Hover] = []
    controller.selection.hovered_changed.connect(told.append)
    bar = controller.scene.bar(3)
    assert bar is not None
    QTest.mouseMove(panel.canvas, QPoint(round(bar.x0) + 4, round(bar.middle)))
    QTest.mouseMove(panel.canvas, QPoint(panel.canvas.width() - 4, panel.canvas.height() - 4))
    assert told == [Hover(execution=3), NOTHING]


def test_what_is_pointed_at_elsewhere_lights_up(panel: TimelinePanel) -> None:
    controller = panel.controller
    controller.show(0, SECOND)
    plain = panel.canvas.grab().toImage()
    controller.selection.hover(Hover(handlers=frozenset({0})))
    assert lit_lanes(controller.scene) == {"handler:EmailHandler", "method:m:EmailHandler.send"}
    assert panel.canvas.grab().toImage() != plain
    controller.selection.hover(Hover(publication=2))
    assert lit_bars(controller.scene).tolist() == [2]
    controller.selection.hover(Hover(handlers=frozenset({1}), lengths=(39 * MS, 39 * MS + 1)))
    assert lit_bars(controller.scene).tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
    controller.selection.hover(NOTHING)
    assert panel.canvas.grab().toImage() == plain


@pytest.mark.parametrize(
    ("record", "sign"),
    [
        (FaultsSwitched(500 * MS, on=True), "⚡ warn_text"),
        (FaultsSwitched(500 * MS, on=False), "⚡ dim"),
        (RecordingPaused(500 * MS), "‖ warn_text"),
        (RecordingResumed(500 * MS), "● failed_text"),
        (ProgramReloaded(500 * MS), "↻ accent_text"),
        (RestartFailed(500 * MS, "It has a mistake."), "■ failed_text"),
        (ProcessEnded(500 * MS, "It crashed."), "■ failed_text"),
        (RepublishRefused(500 * MS, "Placed", 32, ()), "∞ failed_text"),
        (RecordsLost(500 * MS, 3, "too many"), "▼ failed_text"),
    ],
)
def test_switches_reloads_and_gaps_have_marks_that_say_what_happened(
    qtbot: QtBot, record: HostRecord, sign: str
) -> None:
    run = two_bursts()
    run.rows.append(to_row(record))
    panel = TimelinePanel(Theme("light"), Selection(), clock=lambda: 0.0)
    qtbot.addWidget(panel)
    panel.resize(900, 400)
    panel.show()
    panel.set_journal(run.journal(), live=False)
    panel.controller.show(0, SECOND)
    scene = panel.controller.scene
    assert scene.marks == [record]
    assert " ".join(sign_of(scene.marks[0])) == sign
    scene.hover = (scene.x_of(500 * MS) + 2, 10)
    assert [mark.sentence for mark in near_marks(scene)] == [record.sentence]


def test_the_lanes_are_hatched_from_a_pause_of_the_recording_to_its_end(qtbot: QtBot) -> None:
    panel = TimelinePanel(Theme("light"), Selection(), clock=lambda: 0.0)
    qtbot.addWidget(panel)
    panel.resize(900, 400)
    panel.show()

    def pictures(*records: HostRecord) -> list[QImage]:
        """The lanes before, in and after what the records may be about."""
        run = two_bursts()
        run.rows += map(to_row, records)
        panel.set_journal(run.journal(), live=False)
        panel.controller.show(0, SECOND)
        scene = panel.controller.scene
        picture = panel.canvas.grab().toImage()
        scale = picture.devicePixelRatio()
        spans = [(scene.x_of(start * MS), scene.x_of(end * MS)) for start, end in ((410, 440), (460, 490), (510, 540))]
        return [
            picture.copy(int(x0 * scale), int(RULER_HEIGHT * scale), int((x1 - x0) * scale), picture.height())
            for x0, x1 in spans
        ]

    plain = pictures()
    paused = pictures(RecordingPaused(450 * MS))
    resumed = pictures(RecordingPaused(450 * MS), RecordingResumed(500 * MS))
    assert [before == after for before, after in zip(plain, paused, strict=True)] == [True, False, False]
    assert [before == after for before, after in zip(plain, resumed, strict=True)] == [True, False, True]
