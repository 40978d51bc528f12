"""Geometry, navigation and layout of the timeline: values, tested without a window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analysis.journal import Journal
from inspector.analysis.timeline.geometry import SHORTEST, TimeView, exact_time, nice_step, ruler
from inspector.analysis.timeline.groupings import GROUPINGS
from inspector.analysis.timeline.layout import (
    DENSITIES,
    MARKS,
    RULE,
    LaneState,
    Layout,
    lay_out,
    layout_key,
    recounted,
)
from inspector.analysis.timeline.navigator import FIRST_SPAN, Navigator
from inspector.analysis.timeline.source import TimelineSource
from inspector.core.records.host import (
    FaultsSwitched,
    HostNoted,
    HostRecord,
    LoopBlocked,
    LoopUnblocked,
    ProcessEnded,
    ProgramReloaded,
    RestartFailed,
)
from inspector.core.records.records import Batch, Row
from inspector.core.records.statuses import FAILED_CODE
from inspector.ui.features.timeline.host import take_records
from inspector.ui.features.timeline.scene import BlockedBand
from tests.analysis.runs import Run, runs
from tests.analysis.several import shop

SECOND = 10**9


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


views = st.builds(TimeView, st.integers(0, 10**14), st.integers(SHORTEST, 10**13), st.integers(300, 4000))


@given(views, st.floats(0, 4000))
def test_time_and_x_are_each_others_inverse(view: TimeView, x: float) -> None:
    assert abs(view.x_of(view.time_of(x)) - x) <= 1 / view.per_pixel + 1e-3


@given(views, st.floats(0.01, 100), st.floats(0, 1))
def test_zoom_keeps_the_time_under_the_pointer(view: TimeView, factor: float, share: float) -> None:
    x = share * view.width
    zoomed = view.zoomed(factor, x)
    assert abs(zoomed.x_of(view.time_of(x)) - x) <= 1 + 1 / zoomed.per_pixel


@given(views)
def test_labels_of_the_ruler_are_apart_and_short(view: TimeView) -> None:
    made = ruler(view)
    assert 0 < len(made.ticks) <= view.width / 80 + 2
    for left, right in zip(made.ticks, made.ticks[1:], strict=False):
        assert right.x - left.x >= 80
    assert all(len(tick.label) <= 15 for tick in made.ticks)
    assert len({tick.label for tick in made.ticks}) == len(made.ticks)


@pytest.mark.parametrize(
    ("least", "step"),
    [(1, 1), (4, 5), (11, 20), (26 * 10**6, 30 * 10**6), (3 * SECOND, 5 * SECOND), (61 * SECOND, 120 * SECOND)],
)
def test_steps_are_round(least: int, step: int) -> None:
    assert nice_step(least) == step


def test_exact_time_shows_every_nanosecond() -> None:
    assert exact_time(2_345_678_901) == "2.345 678 901 s"
    assert exact_time(61 * SECOND + 1) == "1:01.000 000 001"


def arrived(newest: int = 100 * SECOND) -> tuple[Navigator, Clock]:
    clock = Clock()
    navigator = Navigator(clock)
    navigator.arrive(newest)
    return navigator, clock


def test_following_keeps_the_newest_at_the_right_edge_and_zoom_does_not_end_it() -> None:
    navigator, _ = arrived()
    assert navigator.following
    navigator.zoom(0.5, 10)
    assert navigator.following
    navigator.arrive(105 * SECOND)
    assert 0.9 < navigator.view.x_of(105 * SECOND) / navigator.view.width <= 1
    assert navigator.view.span == FIRST_SPAN // 2


@pytest.mark.parametrize("act", ["pan", "fit", "home", "end", "show", "centre", "brush"])
def test_every_action_but_zoom_ends_following(act: str) -> None:
    navigator, _ = arrived()
    arguments = {"pan": (-50,), "show": (5, 900), "centre": (5 * SECOND,), "brush": (5, 900)}.get(act, ())
    getattr(navigator, act)(*arguments)
    assert not navigator.following
    before = navigator.view
    navigator.arrive(200 * SECOND)
    assert navigator.view == before


def test_a_gesture_is_undone_as_a_whole() -> None:
    navigator, clock = arrived()
    navigator.follow(False)
    first = navigator.view
    for _ in range(5):
        clock.now += 0.05
        navigator.zoom(0.7, 300)
    second = navigator.view
    clock.now += 5
    navigator.pan(200)
    navigator.step_back()
    assert navigator.view == second
    navigator.step_back()
    assert navigator.view == first
    navigator.step_back()
    assert navigator.view == first


def test_one_never_gets_lost_beyond_the_session() -> None:
    navigator, _ = arrived()
    navigator.pan(10**9)
    assert navigator.view.start < 100 * SECOND
    navigator.pan(-(10**9))
    assert navigator.view.end > 0
    navigator.zoom(10**9, 5)
    assert navigator.view.span <= 120 * SECOND
    navigator.zoom(10**-12, 5)
    assert navigator.view.span == SHORTEST


sessions = st.integers(0, 300 * SECOND)
factors = st.floats(1.01, 40)
xs = st.floats(0, 1000)


def standing(newest: int, span: int, start: int = 0) -> tuple[Navigator, Clock]:
    """Return what stands still, at a stretch that may be longer than the session."""
    clock = Clock()
    navigator = Navigator(clock)
    navigator.set_first_span(span)
    navigator.arrive(newest)
    navigator.follow(False)
    navigator.pan(start / navigator.view.per_pixel)
    clock.now += 10
    return navigator, clock


@given(sessions, st.integers(SECOND // 100, 20 * SECOND), sessions, st.lists(st.tuples(factors, xs), max_size=12))
def test_zooming_out_never_shows_less_and_ends_at_the_whole_session(
    newest: int, span: int, start: int, turns: list[tuple[float, float]]
) -> None:
    navigator, clock = standing(newest, span, start)
    for factor, x in [*turns, (10**6, 500.0)]:
        before = navigator.view
        navigator.zoom(factor, x)
        assert navigator.view.span >= before.span
        assert navigator.view.start <= max(before.start, 0)
        assert navigator.view.end >= min(before.end, newest)
    whole = navigator.view
    assert whole.start <= 0 <= newest <= whole.end
    clock.now += 10
    navigator.zoom(2, 900)
    navigator.zoom(1.1, 3)
    assert navigator.view == whole, "there is nothing more to show"
    navigator.arrive(newest + 3 * SECOND)
    navigator.zoom(10**6, 500)
    assert navigator.view.end >= newest + 3 * SECOND, "now there is"


@given(sessions, st.integers(SECOND // 100, 20 * SECOND), sessions, st.floats(-3000, 3000), st.booleans())
def test_moving_shows_as_much_as_before_and_comes_back(
    newest: int, span: int, start: int, pixels: float, follows: bool
) -> None:
    navigator, _ = standing(newest, span, start)
    navigator.follow(follows)
    shown = navigator.view.span
    acts = [navigator.home, navigator.end, lambda: navigator.centre(newest // 2), lambda: navigator.pan(pixels)]
    for act in acts:
        act()
        assert navigator.view.span == shown
        assert navigator.view.start < newest + 1 or navigator.view.start <= 0, "the session is in sight"
        assert navigator.view.end >= 0
    navigator.end()
    assert navigator.view.start <= newest <= navigator.view.end
    navigator.home()
    assert navigator.view.start == 0
    navigator.pan(-200)
    navigator.pan(200)
    assert abs(navigator.view.start) <= navigator.view.per_pixel


@given(sessions, st.integers(SECOND // 100, 20 * SECOND), st.floats(0, 0.9), st.floats(0.05, 1))
def test_a_stretch_that_was_dragged_out_in_the_view_is_shown_as_it_is(
    newest: int, span: int, at: float, share: float
) -> None:
    navigator, _ = standing(newest, span)
    view = navigator.view
    start = view.start + round(at * view.span)
    end = min(start + max(SHORTEST, round(share * view.span)), view.end)
    navigator.show(start, end)
    assert (navigator.view.start, navigator.view.end) == (start, max(end, start + SHORTEST))


def test_what_does_not_zoom_is_no_step_to_go_back() -> None:
    navigator, clock = standing(SECOND // 2, FIRST_SPAN)
    young = navigator.view
    navigator.zoom(0.5, 100)
    close = navigator.view
    for _ in range(3):
        clock.now += 10
        navigator.zoom(1000, 100)
    assert navigator.view.end >= SECOND // 2
    navigator.step_back()
    assert navigator.view == close
    navigator.step_back()
    assert navigator.view == young


# Lanes.


def source_of(*handlers: str) -> TimelineSource:
    run = Run()
    run.publish(0)
    for number, handler in enumerate(handlers):
        run.execute(number * 10, number * 10 + 25, handler, "failed" if handler.startswith("m:Bad") else "ok")
    source = TimelineSource(run.journal())
    source.advance()
    return source


def shown(source: TimelineSource, state: LaneState) -> list[str]:
    return [strip.title for strip in lay_out(source.layers, state).strips]


def test_published_events_stand_first_and_pinned_lanes_before_the_others() -> None:
    source = source_of("m:A.h", "m:B.h", "m:C.h")
    assert shown(source, LaneState()) == ["published events", "A", "B", "C"]
    state = LaneState(pinned=["handler:C"], order=["handler:B", "handler:A"])
    layout = lay_out(source.layers, state)
    assert [strip.title for strip in layout.strips] == ["published events", "C", "B", "A"]
    assert [strip.pinned for strip in layout.strips] == [True, True, False, False]


def test_of_a_pinned_lane_that_is_open_the_lane_stays_and_what_is_inside_scrolls() -> None:
    source = source_of("m:A.one", "m:A.two", "m:B.h")
    source.open_inside()
    source.advance()
    layout = lay_out(source.layers, LaneState(pinned=["handler:A"], opened={"handler:A"}))
    assert [(strip.title, strip.pinned) for strip in layout.strips] == [
        *[("published events", True), ("A", True)],
        *[("one", False), ("two", False), ("B", False)],
    ]
    assert layout.height == sum(strip.height for strip in layout.strips if not strip.pinned)
    gone = lay_out(source.layers, LaneState(pinned=["handler:A"], opened={"handler:A"}, hidden={"handler:A"}))
    assert [strip.title for strip in gone.strips] == ["published events", "B"]


def test_what_is_hidden_is_counted() -> None:
    source = source_of("m:A.h", "m:B.h")
    source.journal.handler_number("m:Idle.h")
    source.layers[0].grouping.refresh(source.journal)
    layout = lay_out(source.layers, LaneState(hidden={"handler:A"}))
    assert (layout.hidden, layout.idle) == (1, 1)
    assert shown(source, LaneState(show_idle=True)) == ["published events", "A", "B", "Idle"]
    assert lay_out(source.layers, LaneState(only="b")).hidden == 2


def test_an_open_lane_shows_its_methods_and_a_collapsed_one_a_single_row() -> None:
    source = source_of("m:A.one", "m:A.two", "m:B.h")
    source.open_inside()
    source.advance()
    source.open_inside()
    source.advance()
    layout = lay_out(source.layers, LaneState(opened={"handler:A"}, collapsed={"handler:B"}))
    assert [(strip.title, strip.layer, strip.levels) for strip in layout.strips[1:]] == [
        ("A", 0, 1),
        ("one", 1, 1),
        ("two", 1, 1),
        ("B", 0, 1),
    ]
    assert layout.strips[1].opened
    assert lay_out(source.layers, LaneState()).strips[1].levels == 2


@pytest.mark.parametrize("density", DENSITIES)
def test_what_is_at_a_y_is_what_is_painted_there(density: str) -> None:
    source = source_of("m:A.h", "m:A.h", "m:Bad.h", "m:C.h")
    layout = lay_out(source.layers, LaneState(density=density, pinned=["handler:C"]))
    lines = layout.lines(400, 7)
    for strip in layout.strips:
        if strip.layer < 0:
            continue
        for level in range(strip.levels):
            y = layout.top(strip, 7) + layout.bar_top(strip, level) + layout.density.bar / 2
            if y < layout.fixed and not strip.pinned:
                continue
            assert lines[int(y), 1] == strip.slot + level
            found = layout.strip_at(y, 7)
            assert found == strip
            assert layout.level_at(strip, y - layout.top(strip, 7)) == level
    assert (lines[:, 0] == RULE).sum() >= 3
    assert layout.strip_at(10_000, 0) is None


def test_rows_grow_smaller_when_there_is_no_room() -> None:
    source = source_of(*(f"m:H{n}.h" for n in range(9)))
    assert lay_out(source.layers, LaneState(), 900).density.name == "comfortable"
    assert lay_out(source.layers, LaneState(), 200).density.name == "compact"


def test_the_lane_of_published_events_can_be_hidden_too() -> None:
    assert shown(source_of("m:A.h"), LaneState(hidden={MARKS})) == ["A"]


def parts(layout: Layout) -> tuple[object, ...]:
    slots = [slots.tolist() for slots in layout.slot_of_row]
    return (layout.strips, layout.fixed, layout.height, layout.slots, layout.idle, layout.hidden, slots)


@pytest.mark.parametrize("name", GROUPINGS)
@pytest.mark.parametrize("opened", [False, True])
@settings(max_examples=15)
@given(run=st.one_of(runs(), st.just(shop(2))), step=st.integers(3, 60))
def test_counts_that_are_brought_up_to_date_are_those_of_a_layout_made_anew(
    name: str, opened: bool, run: list[Row], step: int
) -> None:
    journal = Journal()
    source = TimelineSource(journal, name)
    state, key, layout = LaneState(), (), lay_out(source.layers, LaneState())
    if opened:
        source.open_inside()
    for first in range(0, len(run), step):
        source.fold(journal.fold(Batch(first + 1, run[first : first + step])))
        state.opened = {lane.key for lane in source.layers[source.main].grouping.lanes} if opened else set()
        state.publishing = source.publishing
        before, key = key, layout_key(source.layers, state, 0)
        layout = recounted(layout if key == before else lay_out(source.layers, state), source.layers)
        assert parts(layout) == parts(lay_out(source.layers, state))
        assert recounted(layout, source.layers) is layout, "nothing has changed"


def test_a_count_alone_leaves_the_rows_of_cells_as_they_are() -> None:
    run = Run()
    run.publish(0)
    for number, status in enumerate(("ok", "failed", "failed")):
        run.execute(number * 100, number * 100 + 50, "m:A.h", status)
    rows, journal = sorted(run.rows, key=lambda row: row[1]), Journal()
    source = TimelineSource(journal)
    source.fold(journal.fold(Batch(1, rows[:5])))
    layout = lay_out(source.layers, LaneState())
    source.fold(journal.fold(Batch(6, rows[5:])))
    after = recounted(layout, source.layers)
    assert after.slot_of_row is layout.slot_of_row, "what is kept of a picture goes by it"
    assert [strip.outcomes[FAILED_CODE] for strip in (layout.strips[-1], after.strips[-1])] == [1, 2]


# What the host said.


def test_a_blocked_loop_is_a_band_with_its_culprit() -> None:
    bands: list[BlockedBand] = []
    marks: list[HostRecord] = []
    records = [
        LoopBlocked(500, 500, "m:Audit.handle", "handle", "/app/audit.py", 41),
        LoopUnblocked(900, 500),
        FaultsSwitched(950, on=True),
        HostNoted(960, "observer", "info", "gone"),
    ]
    take_records(records, bands, marks)
    assert bands == [BlockedBand(500, 900, "Audit.handle · audit.py:41")]
    assert marks == [records[2]]
    take_records([LoopBlocked(1500, 1200)], bands, marks)
    assert bands[1] == BlockedBand(1200, -1, "")


@pytest.mark.parametrize("gone", [ProcessEnded(800, "gone"), ProgramReloaded(800), RestartFailed(800, "no")])
def test_a_loop_is_blocked_no_longer_than_its_program_lives(gone: HostRecord) -> None:
    bands: list[BlockedBand] = []
    take_records([LoopBlocked(500, 500), gone], bands, [])
    take_records([replace(gone, at=900)], bands, [])
    assert bands == [BlockedBand(500, 800, "")]
