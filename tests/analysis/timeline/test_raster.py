"""What is painted, compared with a slow, obvious reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspector.analysis.entries import IS_BAD
from inspector.analysis.journal import Journal
from inspector.analysis.timeline.groupings import grouping
from inspector.analysis.timeline.lanes import DRAWN_AS, LaneRows
from inspector.analysis.timeline.pyramid import MANY, Pyramid, SpanIndex, columns_of, join, octave_of
from inspector.analysis.timeline.raster import (
    CAP,
    DIM,
    FAULT,
    LOOK_MASK,
    LOOKS,
    MERGED,
    Lines,
    RasterFrame,
    image,
    raster,
)
from inspector.analysis.timeline.source import TimelineSource
from inspector.core.records.records import Batch, Row
from inspector.core.records.statuses import RUNNING_CODE, STATUSES
from tests.analysis.runs import runs
from tests.analysis.sample_runs import Run, Story, Told

BAD = {LOOKS.index(DRAWN_AS.get(status, status)) for code, status in enumerate(STATUSES) if IS_BAD[code]}


def painted(source: TimelineSource, frame: RasterFrame) -> tuple[np.ndarray, np.ndarray]:
    rows = source.layers[0]
    slots = np.arange(len(rows.lane_of_row))
    return raster(source, frame, [(rows, slots)], len(slots)).codes, slots


def reference(source: TimelineSource, frame: RasterFrame) -> list[list[list[int]]]:
    """For every row and pixel the executions that touch it, one by one."""
    columns, rows = source.executions, source.layers[0]
    cells: list[list[list[int]]] = [[[] for _ in range(frame.width)] for _ in rows.lane_of_row]
    for index in range(len(columns)):
        start, end = int(columns["start"][index]), int(columns["end"][index])
        if columns["status"][index] == RUNNING_CODE:
            end = max(frame.now, start)
        first = int(np.floor((start - frame.start) / frame.per_pixel))  # a // b may be one less than a / b
        last = max(first, int(np.ceil((end - frame.start) / frame.per_pixel)) - 1)
        if end - start < frame.per_pixel:
            last = first  # shorter than a pixel: it is where it begins
        for x in range(max(first, 0), min(last, frame.width - 1) + 1):
            cells[int(rows.row[index])][x].append(index)
    return cells


def check(source: TimelineSource, frame: RasterFrame) -> None:
    codes, _ = painted(source, frame)
    cells = reference(source, frame)
    columns = source.executions
    looks = [LOOKS.index(DRAWN_AS.get(STATUSES[code], STATUSES[code])) for code in columns["status"]]
    for row, pixels in enumerate(cells):
        for x, inside in enumerate(pixels):
            # A merged bar may lie a pixel beside: its column of 32 began in the pixel before.
            near = {index for place in pixels[max(x - 1, 0) : x + 2] for index in place}
            look = int(codes[row, x]) & LOOK_MASK
            if x:  # the neighbour of the first pixel is out of sight
                assert look == 0 or look in {looks[index] for index in near}, "a bar where none is"
            if inside:
                beside = {int(code) & LOOK_MASK for code in codes[row, max(x - 1, 0) : x + 2]}
                assert look or beside - {0}, "an execution without a pixel"
                for index in inside:
                    if looks[index] in BAD:
                        assert beside & BAD, "a failure that is hidden"


@given(runs(), st.integers(-500, 3000), st.sampled_from([0.5, 1.0, 3.7, 20.0, 61.3, 500.0]), st.integers(1, 60))
@settings(max_examples=150)
@example(
    [(1, 1, 1, "A", "", "", 0, 1, "", "", 1, 0), (2, 1, 1, 1, "m:H.handle", ""), (3, 3, 1, "ok", 0, "")], 0, 0.5, 2
)
def test_small_runs_are_painted_as_the_reference_says(
    rows: list[Row], start: int, per_pixel: float, width: int
) -> None:
    journal = Journal()
    journal.fold(Batch(1, rows))
    source = TimelineSource(journal)
    source.advance()
    check(source, RasterFrame(start, per_pixel, width, journal.now))


def crowd(count: int, seed: int, spread: float) -> TimelineSource:
    """A run with bursts: thousands of executions within a pixel, and idle time between."""
    rng = np.random.default_rng(seed)
    journal = Journal()
    for lane in range(3):
        journal.handler_number(f"m:H{lane}.handle")
    journal.event_number("A")
    bursts = rng.choice([0, 10**6, 5 * 10**6, 9 * 10**6], count)
    start = np.sort(bursts + (rng.random(count) * spread).astype(np.int64))
    length = rng.choice([0, 40, 900, 30_000, 400_000], count, p=[0.2, 0.4, 0.3, 0.09, 0.01])
    status = np.where(rng.random(count) < 0.01, rng.integers(2, 8, count), 1)
    zero = np.zeros(count)
    journal.executions.extend(
        {
            "start": start,
            "end": start + length,
            "status": status,
            "handler": rng.integers(0, 3, count),
            **dict.fromkeys(("publication", "event", "level", "fault", "on_loop", "retry", "error"), zero),
        }
    )
    journal.publications.extend(
        {
            **{name: [0] for name in ("at", "end", "event", "cause", "fire", "handlers", "first", "last", "process")},
            **{name: np.zeros((1, 16)) for name in ("event_id", "correlation")},
        }
    )
    journal.now = int(start.max() + length.max())
    source = TimelineSource(journal)
    source.advance()
    return source


@pytest.mark.parametrize("spread", [50.0, 20_000.0, 900_000.0])
@pytest.mark.parametrize("per_pixel", [9.0, 400.0, 11_000.0, 90_000.0])
def test_bursts_are_painted_as_the_reference_says_at_every_zoom(spread: float, per_pixel: float) -> None:
    source = crowd(4_000, 3, spread)
    for start in (-5_000, 0, 999_000, 5_000_300):
        check(source, RasterFrame(start, per_pixel, 130, source.journal.now))


@pytest.mark.parametrize("spread", [20_000.0, 900_000.0])
@pytest.mark.parametrize("per_pixel", [400.0, 11_000.0, 90_000.0])
def test_a_lane_on_one_row_shows_what_its_rows_show(spread: float, per_pixel: float) -> None:
    source = crowd(4_000, 4, spread)
    rows = source.layers[0]
    lanes = np.array(rows.lane_of_row)
    assert len(lanes) > 2 * len(set(lanes.tolist()))
    for start in (-5_000, 0, 999_000, 5_000_300, source.journal.now - round(40.3 * per_pixel)):
        frame = RasterFrame(start, per_pixel, 130, source.journal.now)
        apart, _ = painted(source, frame)
        together = raster(source, frame, [(rows, lanes)], 3).codes
        for lane, codes in enumerate(together):
            own = apart[lanes == lane]
            looks = own & LOOK_MASK
            assert (codes & LOOK_MASK).tolist() == looks.max(axis=0).tolist()
            several = (own & MERGED > 0).any(axis=0) | ((looks > 0).sum(axis=0) > 1)
            assert (codes & MERGED > 0).tolist() == several.tolist()


def test_pixels_that_stand_for_several_executions_look_merged() -> None:
    source = crowd(4_000, 1, 20_000.0)
    codes, _ = painted(source, RasterFrame(0, 90_000.0, 20, source.journal.now))
    assert codes[0, 0] & MERGED
    deep, _ = painted(source, RasterFrame(0, 1.0, 400, source.journal.now))
    bars = deep[deep != 0]
    assert len(bars)
    assert not (bars & MERGED).all()


def test_what_arrives_later_is_painted_like_what_was_there_from_the_start() -> None:
    rng = np.random.default_rng(5)
    rows: list[Row] = [(1, 0, 1, "A", "", "", 0, 0, "", "", 3, 0)]
    for number in range(1, 901):
        rows.append((2, number * 50, number, 1, f"m:H{number % 4}.handle", ""))
        rows.append(
            (3, number * 50 + int(rng.integers(1, 3000)), number, STATUSES[int(rng.integers(1, len(STATUSES)))], 0, "")
        )
    rows.sort(key=lambda row: row[1])
    whole, growing = Journal(), Journal()
    whole.fold(Batch(1, rows))
    late = TimelineSource(whole)
    late.advance()
    live = TimelineSource(growing)
    for first in range(0, len(rows), 37):
        live.fold(growing.fold(Batch(first + 1, rows[first : first + 37])))
    for per_pixel in (2.0, 130.0, 900.0):
        frame = RasterFrame(0, per_pixel, 90, whole.now)
        assert painted(live, frame)[0].tolist() == painted(late, frame)[0].tolist()


def test_a_running_execution_reaches_until_now() -> None:
    journal = Journal()
    journal.fold(Batch(1, [(1, 0, 1, "A", "", "", 0, 0, "", "", 1, 0), (2, 10, 1, 1, "m:H.handle", "")]))
    source = TimelineSource(journal)
    source.advance()
    for now in (30, 70):
        codes, _ = painted(source, RasterFrame(0, 10.0, 12, now))
        assert np.flatnonzero(codes[0]).tolist() == list(range(1, now // 10))
        assert set((codes[0][codes[0] > 0] & LOOK_MASK).tolist()) == {LOOKS.index("running")}


class OddOnly:
    """Lets every second execution through."""

    def mask(self, journal: Journal, first: int, last: int) -> np.ndarray:
        return np.arange(first, last) % 2 == 1


@pytest.mark.parametrize("hide", [False, True])
def test_what_the_filter_leaves_out_is_dimmed_or_not_painted(hide: bool) -> None:
    source = crowd(600, 2, 900_000.0)
    source.set_filter(OddOnly())
    source.advance()
    rows = source.layers[0]
    slots = np.arange(len(rows.lane_of_row))
    frame = RasterFrame(0, 300.0, 3000, source.journal.now)
    codes = raster(source, frame, [(rows, slots)], len(slots), hide_others=hide).codes
    plain, _ = painted(TimelineSource(source.journal), frame)
    assert not plain.any()  # nothing was taken in
    odd = [i for i in range(600) if i % 2]
    for index in odd:
        x = int(source.executions["start"][index] // 300)
        if x < 3000:
            assert codes[rows.row[index], x] & LOOK_MASK
            assert not codes[rows.row[index], x] & DIM
    assert bool((codes & DIM).any()) is not hide


# The parts.


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.integers(0, 6)), max_size=60), st.integers(0, 59))
def test_a_pyramid_joins_exactly_the_columns_that_it_is_asked_for(marks: list[tuple[int, int, int]], cut: int) -> None:
    pyramid = Pyramid()
    for part in (marks[:cut], marks[cut:]):
        columns, rows, bits = (
            (np.array(list(values), np.int64) for values in zip(*part, strict=True))
            if part
            else [np.zeros(0, np.int64)] * 3
        )
        pyramid.mark(columns, rows, (1 << bits).astype(np.uint8))
    spans = [(first, last) for first in range(0, 41, 5) for last in range(first - 1, 41, 3)]
    seen = pyramid.look(np.array([s[0] for s in spans]), np.array([s[1] for s in spans]))
    for (first, last), cells in zip(spans, seen, strict=True):
        for row in range(4):
            inside = [bit for column, r, bit in marks if r == row and first <= column <= last]
            cell = int(cells[row]) if row < len(cells) else 0
            assert cell & ~MANY == sum({1 << bit for bit in inside})
            assert (cell.bit_count() > 1) is (len(inside) > 1)


def test_joining_keeps_both_and_tells_that_there_are_several() -> None:
    one, other = np.array([0, 1, 1, 2 | MANY, 0], np.uint8), np.array([0, 0, 1, 1, 4], np.uint8)
    assert join(one, other).tolist() == [0, 1, 1 | MANY, 3 | MANY, 4]


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 3_000)), max_size=700),
    st.integers(0, 6_000),
    st.integers(0, 900),
)
@settings(max_examples=40)
def test_the_span_index_misses_nothing_that_touches(spans: list[tuple[int, int]], t0: int, length: int) -> None:
    index = SpanIndex()
    members = np.arange(len(spans))
    start = np.array([s for s, _ in spans], np.int64)
    end = start + np.array([d for _, d in spans], np.int64)
    index.add(members, start, end)
    found = set(index.find(t0, t0 + 500, length).tolist())
    wanted = {i for i, (s, d) in enumerate(spans) if s < t0 + 500 and s + d >= t0 and d >= length}
    assert wanted <= found


def test_octaves_are_powers_of_two() -> None:
    assert octave_of(np.array([0, 1, 2, 3, 1023, 1024, 2047])).tolist() == [0, 0, 1, 1, 9, 10, 10]


def test_a_column_wider_than_a_pixel_is_looked_at_one_by_one() -> None:
    wide, first, last = columns_of(np.array([0, 5, 10, 500, 505]), np.arange(0, 601, 20), 20.0)
    assert wide.tolist() == [2, 4]
    assert (first[0], last[0]) == (0, 1)
    assert all(first[x] > last[x] for x in range(1, 25))


def test_the_image_shows_each_line_by_its_variant() -> None:
    codes = np.array([[1, 0], [0, 0]], np.uint8)
    colours = np.zeros((2, 128), np.uint32)
    colours[0, 1], colours[1, 1], colours[:, 0] = 10, 20, 99
    picture = image(codes, colours, Lines.of(np.array([[0, 1], [0, 0], [1, 0]])))
    assert picture.tolist() == [[99, 99], [10, 99], [20, 99]]


def test_lanes_of_an_empty_journal_paint_nothing() -> None:
    journal = Journal()
    source = TimelineSource(journal)
    assert source.advance()
    rows = LaneRows(grouping("handler", journal))
    codes = raster(source, RasterFrame(0, 5.0, 7, 0), [(rows, np.array([-1]))], 1).codes
    assert codes.tolist() == [[0] * 7]


def test_a_bar_under_a_fault_has_a_paler_body_and_a_dashed_outline_and_keeps_its_look() -> None:
    story = Story()
    story.tell(
        [
            Told(
                "Paid",
                0,
                [
                    Run(0, 200, "app:A.a", status="failed", fault="fail"),
                    Run(0, 200, "app:B.b", status="failed"),
                    Run(0, 20, "app:C.c", fault="slow"),
                    Run(0, None, "app:D.d", fault="hang"),
                ],
            )
        ]
    )
    source = TimelineSource(story.journal)
    source.advance()
    codes, _ = painted(source, RasterFrame(0, 10.0, 30, 100, dash=3))
    rows = {lane: codes[place] for place, lane in enumerate(source.layers[0].lane_of_row)}
    struck, plain, tiny, running = (rows[lane] for lane in range(4))
    assert ((struck & LOOK_MASK)[:20] == LOOKS.index("failed")).all()
    assert (struck[:20] & FAULT > 0).tolist() == [False, *[True] * 18, False]  # both ends are outline
    gaps = (struck[1:19] & CAP > 0).tolist()
    assert gaps == [place // 3 % 2 == 1 for place in range(1, 19)]
    assert not (plain & FAULT).any()
    assert (tiny & FAULT > 0).tolist() == [True] * 2 + [False] * 28
    assert not (tiny & CAP).any(), "two pixels have no room for an outline"
    assert (running & FAULT > 0).tolist()[:10] == [False, *[True] * 8, False]
    assert not (struck[20:] & FAULT).any()


@pytest.mark.parametrize("length", [1, 8, 18, 29, 40, 60])
@pytest.mark.parametrize("status", ["ok", "failed", "timed_out", "swallowed"])
def test_a_bar_under_a_fault_is_told_apart_at_any_width(length: int, status: str) -> None:
    story = Story()
    runs = [
        *(Run(100, 100 + length, "app:A.a", status=status, fault="fail"), Run(100, 100 + length, "app:B.b", status)),
        *(Run(100, 100 + length, "app:C.c", status, fault="fail"), Run(100, 100 + length, "app:C.c", "failed")),
    ]
    story.tell([Told("Paid", 100, runs)])
    source = TimelineSource(story.journal)
    source.advance()
    codes, _ = painted(source, RasterFrame(0, 10.0, 30, 400, dash=3))
    struck, plain = (codes[place] for place in range(2))
    bar = slice(10, 10 + (length + 9) // 10)
    assert ((struck & LOOK_MASK)[bar] == LOOKS.index(status)).all()
    assert (struck & FAULT > 0)[bar].any()
    assert not (struck & FAULT)[: bar.start].any()
    assert not (struck & FAULT)[bar.stop :].any()
    assert not (plain & FAULT).any()
    on_one_row = _on_one_row(source, 30)
    assert not (on_one_row & FAULT).any(), "a failure of the program's own has the same pixels"


@pytest.mark.parametrize(
    ("others", "marked"),
    [
        ([Run(0, 200)], True),
        ([Run(0, 200, status="failed", fault="fail")], True),
        ([Run(0, 200, status="failed")], False),
        ([Run(0, 200), Run(50, 150, status="timed_out")], True),  # a failure looks worse
        ([Run(place, place + 1) for place in range(0, 200, 2)], True),  # shorter than a pixel
        ([Run(0, 200), *(Run(place, place + 1, status="failed") for place in range(0, 200, 2))], False),
    ],
)
def test_what_only_a_fault_makes_fail_in_a_row_that_several_share_is_marked_too(
    others: list[Run], marked: bool
) -> None:
    story = Story()
    story.tell([Told("Paid", 0, sorted([*others, Run(0, 200, status="failed", fault="fail")], key=lambda r: r.start))])
    source = TimelineSource(story.journal)
    source.advance()
    codes = _on_one_row(source, 30)
    assert ((codes & LOOK_MASK)[:20] == LOOKS.index("failed")).all()
    assert (codes[1:19] & MERGED > 0).all()
    assert (codes[1:19] & FAULT > 0).tolist() == [marked] * 18
    assert not (codes[20:] & FAULT).any()


def test_where_a_failure_of_the_programs_own_covers_a_part_only_that_part_is_solid() -> None:
    story = Story()
    own = Run(100, 150, status="failed")
    story.tell([Told("Paid", 0, [Run(0, 200, status="failed", fault="fail"), Run(0, 200), own])])
    source = TimelineSource(story.journal)
    source.advance()
    codes = _on_one_row(source, 30)
    assert (codes[1:19] & FAULT > 0).tolist() == [not 10 <= place < 15 for place in range(1, 19)]


def _on_one_row(source: TimelineSource, width: int) -> np.ndarray:
    """The codes of all rows on a single one, as in the last row of a lane."""
    rows = source.layers[0]
    slots = np.zeros(len(rows.lane_of_row), np.int64)
    codes: np.ndarray = raster(source, RasterFrame(0, 10.0, width, 200, dash=3), [(rows, slots)], 1).codes[0]
    return codes
