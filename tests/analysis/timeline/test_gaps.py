"""Idle gaps and the axis on which they are folded."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.timeline.gaps import LEAST, Folds, folds_of, idle_gaps
from inspector.analysis.timeline.raster import RasterFrame, raster
from inspector.core.records.records import Row
from tests.analysis.runs import Run, runs

SECOND = 1_000_000_000


@st.composite
def folds(draw: st.DrawFn) -> Folds:
    edges = sorted(draw(st.sets(st.integers(0, 10**12), max_size=12)))
    gaps = np.array(edges[: len(edges) // 2 * 2], np.int64).reshape(-1, 2)
    kept = draw(st.integers(1, 1000))
    return Folds(gaps[gaps[:, 1] - gaps[:, 0] > kept], kept)


@given(folds(), st.integers(-(10**6), 2 * 10**12))
def test_there_and_back_is_the_same_time_outside_gaps(axis: Folds, time: int) -> None:
    inside = any(start < time < end for start, end in axis.gaps.tolist())
    back = axis.time(round(axis.place(time)))
    lengths = axis.gaps[:, 1] - axis.gaps[:, 0]
    assert abs(back - time) <= (int(lengths.max()) / axis.remainder + 1 if inside else 0)


@given(folds(), st.lists(st.integers(-(10**6), 2 * 10**12), min_size=1, max_size=20))
def test_many_at_once_are_placed_as_one_by_one(axis: Folds, times: list[int]) -> None:
    many = axis.places(np.array(sorted(times), np.int64))
    assert np.abs(many - [axis.place(time) for time in sorted(times)]).max() <= 1
    assert (np.diff(many) >= 0).all()
    back = axis.times(many)
    assert np.abs(back - [axis.time(int(place)) for place in many]).max() <= 1 + axis.gaps.max(initial=0) * 1e-15


def brute_gaps(rows: list[Row], least: int) -> list[list[int]]:
    """The slow, obvious way: merge everything that took time, look between."""
    stretches, ends = [], {row[2]: row[1] for row in rows if row[0] == 3}
    for row in rows:
        if row[0] == 2:
            stretches.append((row[1], ends.get(row[2], 10**18)))
        elif row[0] == 1:
            stretches.append((row[1], row[1]))
    first_start = min((start for start, _ in stretches), default=0)
    until, found = first_start, []
    for start, end in sorted(stretches):
        if start - until >= least:
            found.append([until, start])
        until = max(until, end)
    return found


@given(runs(), st.integers(1, 300))
def test_gaps_are_where_nothing_ran_and_nothing_was_published(rows: list[Row], least: int) -> None:
    run = Run(rows=rows)
    journal = run.journal()
    found = idle_gaps(journal, least).tolist()
    if len(journal.executions):
        first = int(journal.executions["start"][0])
        expected = [gap for gap in brute_gaps(rows, least) if gap[0] >= first]
        assert found == expected


def test_an_hour_of_silence_is_folded_and_a_short_pause_is_not() -> None:
    run = Run()
    for burst in (0, 3600 * SECOND):
        run.publish(burst)
        for number in range(20):
            at = burst + number * SECOND // 10
            run.execute(at, at + SECOND // 20)
    axis = folds_of(run.journal())
    assert len(axis.gaps) == 1
    assert axis.place(3600 * SECOND) < 4 * SECOND
    assert axis.remainder >= LEAST // 3


def test_what_ran_on_both_sides_of_a_folded_gap_is_painted_side_by_side() -> None:
    from inspector.analysis.timeline.source import TimelineSource

    run = Run()
    run.publish(0)
    run.execute(0, SECOND)
    run.execute(1000 * SECOND, 1001 * SECOND)
    journal = run.journal()
    source = TimelineSource(journal)
    while not source.advance():
        pass
    axis = Folds(np.array([[SECOND, 1000 * SECOND]]), SECOND)
    slots = np.array([0])
    codes = raster(source, RasterFrame(0, SECOND / 10, 30, journal.now, axis), [(source.layers[0], slots)], 1).codes[0]
    assert (codes[:10] > 0).all()
    assert (codes[10:20] == 0).all()
    assert (codes[20:] > 0).all()
