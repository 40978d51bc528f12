"""The timeline as people meet it: keys, mouse, what is painted."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.analysis.journal import Journal
from inspector.analysis.timeline.layout import BODY, EDGE
from inspector.analysis.timeline.raster import CAP, FAULT, LOOKS, MERGED
from inspector.core.records.numbers import PublicationIndex
from inspector.core.records.records import Batch
from inspector.core.records.statuses import FAILED_CODE
from inspector.ui.features.timeline.actions import ACTIONS, BY_KEY
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.frame import measure_text, readout
from inspector.ui.features.timeline.looks import Looks
from inspector.ui.features.timeline.overlay import links
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.analysis.runs import Run

MS = 1_000_000


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run_of_day() -> Run:
    """Audit fails once and publishes one event; Email overlaps itself; the last one never ends."""
    run = Run()
    run.publish(0, "UserCreated", correlation="c")
    audit = run.start(10 * MS, 1, "m:Audit.handle")
    run.start(20 * MS, 1, "m:Email.handle")
    run.start(30 * MS, 1, "m:Email.other")
    derived = run.publish(40 * MS, "MailSent", cause=audit, correlation="c")
    run.start(50 * MS, derived, "m:Log.handle")
    run.end(90 * MS, audit, "failed")
    run.end(120 * MS, 2)
    run.end(130 * MS, 3)
    run.end(140 * MS, 4)
    return run


Make = Callable[..., TimelinePanel]


@pytest.fixture
def make(qtbot: QtBot) -> Make:
    def made(**options: object) -> TimelinePanel:
        panel = TimelinePanel(Theme("dark"), Selection(), **{"clock": Clock(), **options})
        qtbot.addWidget(panel)
        panel.resize(900, 460)
        return panel

    return made


@pytest.fixture
def panel(make: Make) -> TimelinePanel:
    made = make()
    made.show()
    made.set_journal(run_of_day().journal(), live=False)
    return made


def key(panel: TimelinePanel, text: str) -> None:
    QTest.keyClick(panel.canvas, text)


def place(panel: TimelinePanel, execution: int) -> QPoint:
    bar = panel.controller.scene.bar(execution)
    assert bar is not None
    return QPoint(round((bar.x0 + bar.x1) / 2), round(bar.middle))


def click(panel: TimelinePanel, at: QPoint, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(panel.canvas, Qt.MouseButton.LeftButton, modifier, at)


def drag(panel: TimelinePanel, start: QPoint, end: QPoint, modifier: Qt.KeyboardModifier) -> None:
    QTest.mousePress(panel.canvas, Qt.MouseButton.LeftButton, modifier, start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(panel.canvas, start + (end - start) * share)
    QTest.mouseRelease(panel.canvas, Qt.MouseButton.LeftButton, modifier, end)


NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def test_an_empty_timeline_says_what_to_do_next(make: Make) -> None:
    fired = []
    panel = make(fire=lambda: fired.append(1))
    panel.show()
    assert panel.empty.isVisible()
    assert panel.empty.mapTo(panel.canvas, QPoint()).y() == RULER_HEIGHT, "the axis is seen above it"
    journal = Journal()
    panel.set_journal(journal)
    panel.folded(journal.fold(Batch(1, run_of_day().rows)))
    assert not panel.empty.isVisible()
    assert panel.minimap.isVisible()


def test_a_click_on_a_bar_selects_it_and_one_beside_clears(panel: TimelinePanel) -> None:
    told: list[int] = []
    panel.controller.selection.execution_selected.connect(told.append)
    click(panel, place(panel, 0))
    assert panel.controller.selection.execution == 0
    assert panel.controller.selection.event_name == "UserCreated"
    click(panel, QPoint(panel.canvas.width() - 20, panel.canvas.height() - 30))
    assert panel.controller.selection.execution == -1
    assert told == [0, -1]


def test_a_click_on_a_mark_selects_the_published_event(panel: TimelinePanel) -> None:
    mark = panel.controller.scene.mark(1)
    assert mark is not None
    click(panel, QPointF(*mark).toPoint())
    assert panel.controller.selection.publication == 1
    assert panel.controller.selection.execution == -1


def test_a_double_click_zooms_to_the_execution(panel: TimelinePanel) -> None:
    QTest.mouseDClick(panel.canvas, Qt.MouseButton.LeftButton, NONE, place(panel, 0))
    view = panel.controller.navigator.view
    assert view.start < 10 * MS < 90 * MS < view.end
    assert view.span < 250 * MS


@pytest.mark.parametrize(("text", "bigger"), [("w", False), ("s", True), ("+", False), ("-", True)])
def test_w_and_s_zoom(panel: TimelinePanel, text: str, bigger: bool) -> None:
    panel.controller.show(0, 100 * MS)
    before = panel.controller.navigator.view.span
    key(panel, text)
    assert (panel.controller.navigator.view.span > before) is bigger


def test_a_young_session_that_stands_still_is_never_shown_less_by_zooming_out(make: Make) -> None:
    panel, journal = make(), Journal()
    panel.show()
    panel.set_journal(journal)
    panel.folded(journal.fold(Batch(1, run_of_day().rows)))
    panel.controller.stand_still()
    young = panel.controller.navigator.view
    assert young.span > 10 * journal.now
    for text in "-s-":
        key(panel, text)
        assert panel.controller.navigator.view == young, "all of it is in sight"
    key(panel, "d")
    key(panel, "a")
    assert panel.controller.navigator.view.span == young.span
    for text in "wwwwwwwwwwwwwwwwww-----------------------":
        key(panel, text)
    assert panel.controller.navigator.view.start <= 0
    assert panel.controller.navigator.view.end >= journal.now


def test_a_and_d_pan_and_backspace_goes_back(panel: TimelinePanel) -> None:
    panel.controller.back_wanted.connect(panel.controller.step_back)  # the window knows which step was the last
    panel.controller.show(20 * MS, 60 * MS)
    before = panel.controller.navigator.view
    key(panel, "d")
    assert panel.controller.navigator.view.start > before.start
    QTest.keyClick(panel.canvas, Qt.Key.Key_Backspace)
    assert panel.controller.navigator.view == before
    assert panel.controller.step_forward()
    assert panel.controller.navigator.view.start > before.start


def test_keys_walk_along_the_lane_and_between_cause_and_effect(panel: TimelinePanel) -> None:
    selection = panel.controller.selection
    panel.controller.steps.select(1)
    key(panel, ".")
    assert selection.execution == 2
    key(panel, ",")
    assert selection.execution == 1
    panel.controller.steps.select(0)
    key(panel, "]")
    assert selection.execution == 3  # the derived event's handler
    key(panel, "[")
    assert selection.execution == 0
    key(panel, "[")
    assert (selection.execution, selection.publication) == (-1, 0)


def test_n_finds_failures(panel: TimelinePanel) -> None:
    key(panel, "n")
    assert panel.controller.selection.execution == 0
    panel.controller.steps.select(3)
    QTest.keyClick(panel.canvas, Qt.Key.Key_N, SHIFT)
    assert panel.controller.selection.execution == 0


def test_f_centres_the_selection_and_then_fits_it(panel: TimelinePanel) -> None:
    panel.controller.show(0, 400 * MS)
    panel.controller.steps.select(0)
    span = panel.controller.navigator.view.span
    key(panel, "f")
    view = panel.controller.navigator.view
    assert view.span == span
    assert abs(view.x_of(50 * MS) - view.width / 2) < 2
    key(panel, "f")
    assert panel.controller.navigator.view.span < span


def test_shift_drag_measures_a_range_and_esc_clears_it_before_the_selection(panel: TimelinePanel) -> None:
    panel.controller.show(0, 200 * MS)
    panel.controller.steps.select(3)
    scene = panel.controller.scene
    x0, x1 = round(scene.x_of(5 * MS)), round(scene.x_of(45 * MS))
    drag(panel, QPoint(x0, 200), QPoint(x1, 210), SHIFT)
    measure = panel.controller.measure.result
    assert measure is not None
    assert (measure.executions, measure.outcomes) == (3, {FAILED_CODE: 1})
    assert measure.p50 == 100 * MS
    start, end = panel.controller.selection.range
    assert abs(start - 5 * MS) < MS
    assert abs(end - 45 * MS) < MS
    drag(panel, QPoint(x1 + 1, 150), QPoint(round(scene.x_of(60 * MS)), 150), NONE)
    assert panel.controller.selection.range[0] == start
    assert abs(panel.controller.selection.range[1] - 60 * MS) < MS
    drag(panel, QPoint(x0, 150), QPoint(round(scene.x_of(100 * MS)), 150), NONE)  # beyond the other one
    start, end = panel.controller.selection.range
    assert abs(start - 60 * MS) < MS
    assert abs(end - 100 * MS) < MS
    QTest.keyClick(panel.canvas, Qt.Key.Key_Escape)
    assert panel.controller.selection.range == (-1, -1)
    assert panel.controller.selection.execution == 3
    QTest.keyClick(panel.canvas, Qt.Key.Key_Escape)
    assert panel.controller.selection.execution == -1


def test_the_pointer_tells_that_a_limit_of_the_range_can_be_dragged(panel: TimelinePanel) -> None:
    panel.controller.show(0, 200 * MS)
    panel.controller.measure.set_range((50 * MS, 100 * MS))
    shapes = []
    for time in (50 * MS, 75 * MS, 100 * MS):
        QTest.mouseMove(panel.canvas, QPoint(round(panel.controller.scene.x_of(time)), 200))
        shapes.append(panel.canvas.cursor().shape())
    drawn = Qt.CursorShape.SizeHorCursor
    assert shapes == [drawn, Qt.CursorShape.ArrowCursor, drawn]


def test_what_is_measured_and_read_out_counts_as_people_do(panel: TimelinePanel) -> None:
    panel.controller.measure.drag((5 * MS, 15 * MS))
    assert panel.controller.measure.result is not None
    assert "1 execution " in measure_text(panel.controller.measure.result)
    panel.controller.scene.hovered_mark = 1
    assert "published · to 1 handler" in readout(panel.controller.scene)


def test_a_drag_on_the_ruler_zooms_and_one_in_the_lanes_pans(panel: TimelinePanel) -> None:
    panel.controller.show(0, 200 * MS)
    scene = panel.controller.scene
    x0, x1 = round(scene.x_of(50 * MS)), round(scene.x_of(100 * MS))
    drag(panel, QPoint(x0, 8), QPoint(x1, 8), NONE)
    view = panel.controller.navigator.view
    assert abs(view.start - 50 * MS) < MS
    assert abs(view.end - 100 * MS) < MS
    drag(panel, QPoint(600, 300), QPoint(500, 300), NONE)
    assert panel.controller.navigator.view.start > view.start
    assert panel.controller.navigator.view.span == view.span


def wheel(panel: TimelinePanel, modifier: Qt.KeyboardModifier) -> None:
    at = QPointF(500, 200)
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(panel.canvas, event)


def test_the_wheel_zooms_at_the_pointer_pans_or_scrolls(panel: TimelinePanel) -> None:
    panel.controller.show(0, 200 * MS)
    scene = panel.controller.scene
    under, span = scene.time_of(500), scene.view.span
    wheel(panel, Qt.KeyboardModifier.ControlModifier)
    assert scene.view.span < span
    assert abs(scene.time_of(500) - under) < scene.view.per_pixel * 2
    start = scene.view.start
    wheel(panel, SHIFT)
    assert scene.view.start != start
    panel.controller.lanes.set_density("comfortable")
    panel.resize(900, 230)
    panel.controller.lanes.down()
    assert scene.scroll > 0
    wheel(panel, NONE)
    assert scene.scroll == 0


def test_a_lane_opens_into_methods_and_can_be_pinned_hidden_moved(panel: TimelinePanel) -> None:
    controller = panel.controller
    controller.steps.select(1)
    key(panel, "o")
    assert [s.title for s in controller.scene.layout.strips] == [
        *("published events", "Audit", "Email", "handle", "other", "Log")
    ]
    key(panel, "o")
    key(panel, "p")
    assert [s.title for s in controller.scene.layout.strips][:2] == ["published events", "Email"]
    key(panel, "h")
    hidden = next(button for button in panel.findChildren(Button) if "hidden" in button.caption())
    assert hidden.caption() == "1 lane hidden"
    assert hidden.isVisibleTo(panel)
    hidden.click()
    assert not hidden.isVisibleTo(panel)
    assert "Email" in [s.title for s in controller.scene.layout.strips]
    key(panel, "h")
    QTest.keyClick(panel.canvas, Qt.Key.Key_H, SHIFT)
    assert not hidden.isVisibleTo(panel)
    controller.lanes.toggle_pinned("handler:Email")
    controller.lanes.move("handler:Log", "handler:Audit")
    assert [s.title for s in controller.scene.layout.strips][1:] == ["Log", "Audit", "Email"]


@pytest.mark.parametrize("group", ["event", "workflow", "correlation", "status", "handler"])
def test_every_grouping_shows_every_execution(panel: TimelinePanel, group: str) -> None:
    panel.controller.lanes.set_group(group)
    assert all(panel.controller.scene.bar(index) is not None for index in range(4))
    assert sum(panel.controller.source.layers[0].runs) == 4


def test_the_readout_tells_exact_time_handler_event_status_and_duration(panel: TimelinePanel) -> None:
    QTest.mouseMove(panel.canvas, place(panel, 0))
    lines = readout(panel.controller.scene)
    assert lines[0] == "Audit.handle"
    assert lines[1] == "UserCreated #1"
    assert lines[2].startswith("failed · 80.0 ms")
    assert lines[3] == "at 0.010 000 000 s"


def test_arrows_lead_from_the_cause_and_to_the_effects(panel: TimelinePanel) -> None:
    panel.controller.steps.select(0)
    scene = panel.controller.scene
    found = links(scene, panel.controller.selection)
    assert len(found) == 3  # its event to it, it to what it published, that to its handler
    assert scene.mark(1) is not None
    assert found[1][1].x() == pytest.approx(scene.x_of(40 * MS))
    panel.canvas.repaint()


def test_a_selection_ends_following_and_stays_in_sight_whatever_comes(make: Make) -> None:
    panel = make()
    selection = panel.controller.selection
    run, journal = Run(), Journal()
    for number in range(40):
        run.publish(number * 1000 * MS)
    panel.set_journal(journal)
    panel.folded(journal.fold(Batch(1, run.rows)))
    navigator = panel.controller.navigator
    assert navigator.following
    selection.select_event(journal.events[0].name)
    assert navigator.following, "an event type is nowhere in time"
    selection.select_publication(PublicationIndex(3), journal.events[0].name)
    first = len(run.rows)
    run.publish(90_000 * MS)
    panel.folded(journal.fold(Batch(first + 1, run.rows[first:])))
    assert not navigator.following
    assert navigator.view.start < 3_000 * MS < navigator.view.end
    key(panel, "l")
    assert navigator.following


def test_what_came_while_the_view_stands_still_is_counted(make: Make) -> None:
    panel = make()
    run, journal = Run(), Journal()
    run.publish(0)
    journal.fold(Batch(1, run.rows))
    panel.set_journal(journal)
    follow = next(button for button in panel.findChildren(Button) if button.caption() == "Following")
    panel.controller.toggle_follow()
    assert (follow.caption(), follow._hint) == ("Follow", "")
    count, first = 3, len(run.rows)
    for number in range(count):
        run.publish((number + 1) * MS)
    panel.folded(journal.fold(Batch(first + 1, run.rows[first:])))
    assert (follow.caption(), follow._hint) == ("Follow", "3 new")
    follow.click()
    assert (follow.caption(), follow._hint) == ("Following", "")


def test_new_data_shows_at_once_and_following_ends_with_any_action_but_zoom(make: Make) -> None:
    panel = make()
    panel.show()
    journal, rows = Journal(), sorted(run_of_day().rows, key=lambda row: row[1])
    panel.set_journal(journal)
    for number, row in enumerate(rows):
        panel.folded(journal.fold(Batch(number + 1, [row])))
    assert panel.controller.navigator.following
    assert panel.controller.source.taken == 4
    key(panel, "w")
    assert panel.controller.navigator.following
    key(panel, "a")
    assert not panel.controller.navigator.following
    key(panel, "l")
    assert panel.controller.navigator.following


def test_running_bars_grow_only_while_something_runs_and_the_panel_is_seen(make: Make) -> None:
    clock = Clock()
    panel = make(clock=clock)
    run = Run()
    run.publish(0)
    one = run.start(10 * MS)
    journal = Journal()
    panel.set_journal(journal)
    panel.folded(journal.fold(Batch(1, run.rows)))
    assert not panel.canvas.growing
    panel.show()
    assert panel.canvas.growing
    before = panel.controller.scene.bar(0)
    clock.now += 0.5
    panel.controller.update()
    after = panel.controller.scene.bar(0)
    assert before is not None
    assert after is not None
    assert after.x1 - after.x0 > before.x1 - before.x0
    panel.hide()
    assert not panel.canvas.growing
    panel.show()
    run.rows = []
    run.end(600 * MS, one)
    panel.folded(journal.fold(Batch(3, run.rows)))
    assert not panel.canvas.growing


def test_the_brush_of_the_minimap_moves_and_resizes_the_view(panel: TimelinePanel) -> None:
    panel.controller.show(40 * MS, 80 * MS)
    minimap, controller = panel.minimap, panel.controller
    brush = minimap.brush()
    middle = QPoint(round(brush.center().x()), 20)
    QTest.mousePress(minimap, Qt.MouseButton.LeftButton, NONE, middle)
    QTest.mouseMove(minimap, middle + QPoint(60, 0))
    QTest.mouseRelease(minimap, Qt.MouseButton.LeftButton, NONE, middle + QPoint(60, 0))
    moved = controller.navigator.view
    assert moved.start > 40 * MS
    assert abs(moved.span - 40 * MS) < 10
    edge = QPoint(round(minimap.brush().right()), 20)
    QTest.mousePress(minimap, Qt.MouseButton.LeftButton, NONE, edge)
    QTest.mouseMove(minimap, edge - QPoint(80, 0))
    QTest.mouseRelease(minimap, Qt.MouseButton.LeftButton, NONE, edge - QPoint(80, 0))
    assert controller.navigator.view.span < moved.span


def test_filter_and_its_undo(panel: TimelinePanel) -> None:
    class OnlyFirst:
        def mask(self, journal: Journal, first: int, last: int) -> np.ndarray:
            return np.arange(first, last) == 0

    panel.set_filter(OnlyFirst())
    assert "filtered" in panel.canvas.notice()
    assert panel.controller.source.measure(0, 10**9).executions == 1
    click(panel, place(panel, 2))
    assert panel.controller.selection.execution == -1
    asked: list[bool] = []
    panel.filter_back_requested.connect(lambda: asked.append(True))
    QTest.keyClick(panel.canvas, Qt.Key.Key_Backspace, Qt.KeyboardModifier.AltModifier)
    assert asked == [True], "the window knows the filters before"
    panel.set_filter(None)
    assert panel.controller.source.filter is None
    assert panel.controller.source.measure(0, 10**9).executions == 4


def test_a_failure_is_painted_in_its_colour_and_reaches_out_of_its_row(panel: TimelinePanel) -> None:
    bar = panel.controller.scene.bar(0)
    assert bar is not None
    picture = panel.canvas.grab().toImage()
    failed = QColor(panel._theme.tokens.failed).rgb()
    x = round(bar.x1) - 8
    assert picture.pixel(x, round(bar.top) + 2) == failed
    assert picture.pixel(x, round(bar.top) - 1) == failed


def test_nothing_is_told_at_the_edge_of_a_selected_bar_that_is_out_of_sight(panel: TimelinePanel) -> None:
    """Its length stood at the left edge, half of it behind the names of the lanes."""
    controller = panel.controller

    def picture() -> QImage:
        controller.navigator.show(100 * MS, 140 * MS)
        controller.update()
        panel.canvas.signposts.edge.hide()  # it says where the bar is
        return panel.canvas.grab().toImage()

    plain = picture()
    with panel.quietly():
        controller.selection.select_execution(0, 0, "UserCreated", 0)
    chosen = picture()
    gutter, bar = controller.scene.gutter, controller.scene.bar(0)
    assert bar is not None
    assert bar.x1 < gutter
    edge = QRect(gutter + 1, round(bar.top) - 4, 120, round(bar.height) + 8)
    assert chosen.copy(edge) == plain.copy(edge)


def test_the_theme_changes_what_is_painted(qapp: QApplication) -> None:
    dark, light = Looks(Theme("dark")), Looks(Theme("light"))
    assert (dark.colours != light.colours).mean() > 0.9


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_only_a_fault_makes_fail_looks_alike_alone_and_where_several_share_a_row(theme: str) -> None:
    colours, failed = Looks(Theme(theme)).colours, LOOKS.index("failed")
    for variant in (EDGE, BODY):
        for end in (0, CAP):
            alone, shared = (colours[variant][failed | FAULT | merged | end] for merged in (0, MERGED))
            assert alone == shared
    assert colours[BODY][failed | MERGED | FAULT] != colours[BODY][failed | MERGED]


def test_every_action_has_a_method_and_its_keys_are_its_own(panel: TimelinePanel) -> None:
    for action in ACTIONS:
        assert callable(action.run)
    assert len(BY_KEY) == sum(len(action.keys) for action in ACTIONS)
    ids = [command.id for command in panel.commands()]
    assert len(ids) == len(set(ids))
    assert {command.scope for command in panel.commands() if command.shortcuts} == {"timeline"}


def test_nothing_breaks_when_a_key_has_nothing_to_work_on(make: Make) -> None:
    empty = make()
    empty.show()
    for action in ACTIONS:
        action.run(empty.controller)
    assert empty.controller.selection.execution == -1
    assert empty.canvas.accessibleName() == "Timeline"


def test_finding_a_lane_narrows_to_it_and_leaving_shows_all(panel: TimelinePanel) -> None:
    BY_KEY["Ctrl+P"].run(panel.controller)
    QTest.keyClicks(panel._find, "ema")
    assert [s.title for s in panel.controller.scene.layout.strips] == ["published events", "Email"]
    QTest.keyClick(panel._find, Qt.Key.Key_Escape)
    QTest.keyClick(panel._find, Qt.Key.Key_Escape)
    assert len(panel.controller.scene.layout.strips) == 4
    assert not panel._find.isVisible()


def test_a_journal_that_is_large_already_is_taken_in_by_and_by(make: Make) -> None:
    run = Run()
    run.publish(0)
    for number in range(70_000):
        run.execute(number * 1000, number * 1000 + 500)
    journal = run.journal()
    steps = itertools.count()
    panel = make(clock=lambda: next(steps) * 0.01)  # every look at the clock is later than a slice may last
    panel.set_journal(journal, live=False)
    assert not panel.controller.ready
    assert "preparing" in panel.canvas.notice()
    while not panel.controller.advance():
        pass
    assert panel.controller.source.taken == 70_000


def test_letters_on_a_striped_bar_are_not_struck_out(make: Make) -> None:
    run = Run()
    run.publish(0, "UserCreated")
    run.execute(10 * MS, 190 * MS, "m:Audit.handle", "timed_out")
    panel = make()
    panel.show()
    panel.set_journal(run.journal(), live=False)
    panel.controller.show(0, 200 * MS)
    bar = panel.controller.scene.bar(0)
    assert bar is not None
    picture = panel.canvas.grab().toImage()
    rows = range(round(bar.top) + 2, round(bar.top + bar.height) - 2)
    plain = QColor(panel._theme.tokens.timed_out).name()
    for x, striped in ((bar.x0 + 3, False), (bar.x1 - 8, True)):
        assert (len({picture.pixelColor(round(x), y).name() for y in rows} - {plain}) > 0) == striped


def test_bars_of_pinned_lanes_have_their_labels(panel: TimelinePanel) -> None:
    panel.controller.show(0, 150 * MS)

    def letters() -> bool:
        """Whether anything but the bar's colour is on the first bar, inside its edges."""
        bar = panel.controller.scene.bar(0)
        assert bar is not None
        room = QRect(round(bar.x0) + 4, round(bar.top) + 4, 60, round(bar.height) - 8)
        picture = panel.canvas.grab(room).toImage()
        return len({picture.pixelColor(x, y).name() for x in range(room.width()) for y in range(room.height())}) > 1

    assert letters()
    panel.controller.lanes.toggle_pinned("handler:Audit")
    assert letters()


@pytest.mark.parametrize("events", [3, 400])
def test_marks_are_looked_up_only_when_they_may_look_otherwise(
    make: Make, monkeypatch: pytest.MonkeyPatch, events: int
) -> None:
    """The pointer moves over them many times a second; single marks and crowds of them are kept alike."""
    run = Run()
    for number in range(events):
        run.publish(number * MS // 2, "UserCreated")
    panel = make()
    panel.show()
    journal = run.journal()
    panel.set_journal(journal, live=False)
    looked: list[int] = []
    original = panel.controller.source.marks_in
    monkeypatch.setattr(panel.controller.source, "marks_in", lambda *a: (looked.append(1), original(*a))[1])

    def painted() -> tuple[int, QImage]:
        looked.clear()
        image = panel.canvas.grab().toImage()
        return len(looked), image

    _, before = painted()
    assert painted() == (0, before)
    panel.controller.pan(-90)
    count, moved = painted()
    assert (count, moved == before) == (1, False)
    panel.controller.pan(90)
    assert painted() == (1, before)
    run.publish(events * MS, "MailSent")
    panel.folded(journal.fold(Batch(len(run.rows), run.rows[-1:])))
    view = panel.controller.navigator.view
    count, grown = painted()
    assert count == 1
    fresh = make()
    fresh.show()
    fresh.set_journal(run.journal(), live=False)
    fresh.controller.show(view.start, view.end)
    assert fresh.canvas.grab().toImage() == grown
