import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.analysis.histograms import CELLS, EDGES, Histogram, HistogramTable, cells
from inspector.analysis.latency import FAILED, FAULTED, SUCCEEDED, Latency
from inspector.analysis.overtime import KEPT, OverTime
from inspector.core.records.statuses import FAILED_CODE
from tests.analysis.sample_runs import MS, Run, Story, Told

LEVELS = [0.0, 0.5, 0.9, 0.95, 0.99, 1.0]


def durations(low=0, high=2**50):
    return hnp.arrays(np.int64, st.integers(1, 300), elements=st.integers(low, high))


@given(durations())
def test_percentiles_are_within_one_percent_of_the_exact_ones(values):
    histogram = Histogram()
    histogram.add(values)
    exact = np.percentile(values, [level * 100 for level in LEVELS])
    np.testing.assert_allclose(histogram.quantiles(LEVELS), exact, rtol=0.01, atol=1e-6)


@given(durations(high=2**60))
def test_every_value_stands_between_the_edges_of_its_bucket(values):
    found = cells(values)
    kept = found < CELLS - 1  # the last takes whatever is longer than 104 days
    assert (EDGES[found[kept]] <= values[kept]).all()
    assert (values[kept] < EDGES[found[kept] + 1]).all()


@given(durations(), st.integers(1, 5))
def test_the_order_and_the_size_of_batches_do_not_matter(values, parts):
    whole, pieces = Histogram(), Histogram()
    whole.add(values)
    for part in np.array_split(values[::-1], parts):
        pieces.add(part)
    assert (whole.counts == pieces.counts).all()
    assert (whole.low, whole.high) == (pieces.low, pieces.high)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 10**12)), min_size=1, max_size=100))
def test_a_table_holds_one_histogram_per_key(pairs):
    table = HistogramTable()
    keys, values = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    table.add(keys[:50], values[:50])
    table.add(keys[50:], values[50:])
    for key in {*keys.tolist(), 500}:
        alone = Histogram()
        alone.add(values[keys == key])
        merged = table.merged([key])
        assert (merged.counts == alone.counts).all()
        assert (merged.low, merged.high, merged.total) == (alone.low, alone.high, alone.total) or not len(alone)
        np.testing.assert_array_equal(table.quantiles([key], LEVELS)[0], alone.quantiles(LEVELS))
        assert (table.count([key]), table.total([key])) == (len(alone), int(alone.total))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10**12)), max_size=200))
def test_quantiles_of_many_histograms_at_once_are_those_of_each(pairs):
    table = HistogramTable()
    table.add(np.array([k for k, _ in pairs], np.int64), np.array([v for _, v in pairs], np.int64))
    keys = [9, 3, 1000, 3, -1, *range(9)]
    expected = [table.merged([key]).quantiles(LEVELS) for key in keys]
    np.testing.assert_array_equal(table.quantiles(keys, LEVELS), expected)


def test_an_empty_histogram_has_no_percentiles():
    assert np.isnan(Histogram().quantiles(LEVELS)).all()


def test_memory_does_not_grow_with_executions():
    story = Story()
    latency = Latency(story.journal)
    latency.folded(story.tell([Told("Paid", 0, [Run(0, MS)])]))
    before = latency.nbytes
    latency.folded(story.tell([Told("Paid", n, [Run(n, n + n * MS)]) for n in range(1, 500)]))
    assert latency.nbytes == before


def test_successes_failures_and_faulted_runs_are_measured_apart():
    story = Story()
    latency = Latency(story.journal)
    latency.folded(
        story.tell(
            [
                Told("Paid", 0, [Run(0, 10 * MS, on_loop=4 * MS)]),
                Told("Paid", 20 * MS, [Run(20 * MS, 120 * MS, status="failed", on_loop=MS)]),
                Told("Paid", 130 * MS, [Run(130 * MS, 1130 * MS, fault="slow")]),
                Told("Paid", 1200 * MS, [Run(1200 * MS, None)]),
            ]
        )
    )
    stats = latency.handler(0)
    assert (stats.count, stats.failed, stats.faulted, stats.measured) == (3, 1, 1, 3)
    assert stats.failure_rate == pytest.approx(1 / 2)
    for outcome, longest in ((SUCCEEDED, 10 * MS), (FAILED, 100 * MS), (FAULTED, 1000 * MS)):
        apart = latency.handler(0, outcomes=(outcome,))
        assert (apart.measured, apart.max, apart.p50, apart.mean) == (1, longest, longest, longest)
        assert apart.count == 3
    assert stats.on_loop == pytest.approx(5 * MS / 3)
    assert stats.awaiting == pytest.approx((1110 - 5) * MS / 3)
    assert stats.throughput == pytest.approx(3 / 1.13)


def test_figures_stand_per_handler_per_event_type_and_together():
    story = Story()
    latency = Latency(story.journal)
    change = story.tell(
        [
            Told("Paid", 0, [Run(0, MS, "a:A.x"), Run(0, 3 * MS, "b:B.y")]),
            Told("Sent", 5 * MS, [Run(5 * MS, 10 * MS, "a:A.x")]),
        ]
    )
    assert latency.folded(change) == ({0, 1}, {0, 1})
    assert [latency.handler(n).count for n in (0, 1, 2)] == [2, 1, 0]
    assert [latency.event(n).count for n in (0, 1)] == [2, 1]
    assert latency.handler(0, 1).max == 5 * MS
    assert latency.handler(0, 1).count == 3
    assert np.isnan(latency.handler(2).p50)
    assert latency.folded(story.tell([Told("Sent", 20 * MS, [Run(20 * MS, 21 * MS, "c:C.z")])])) == ({2}, {1})


def test_a_journal_already_filled_gives_the_same_figures_as_one_followed():
    story = Story()
    followed = Latency(story.journal)
    for n in range(20):
        followed.folded(story.tell([Told("Paid", n * MS, [Run(n * MS, n * MS + n * n * 1000)])]))
    assert Latency(story.journal).handler(0) == followed.handler(0)


def test_only_the_executions_asked_for_count():
    story = Story()
    story.tell([Told("Paid", n, [Run(n, n + MS, status="failed" if n % 2 else "ok")]) for n in range(10)])
    failed = Latency(story.journal, lambda rows: story.journal.executions["status"][rows] == 3)
    assert failed.handler(0).count == 5


def test_the_histogram_to_draw_holds_every_execution_between_its_edges():
    story = Story()
    story.tell([Told("Paid", n, [Run(n, n + length)]) for n, length in enumerate([0, 500, 80_000, 3 * MS])])
    edges, counts = Latency(story.journal).histogram(0)
    assert counts.sum() == 4
    assert len(edges) == len(counts) + 1
    assert counts[0] == counts[-1] == 1
    assert edges[-2] <= 3 * MS < edges[-1]
    np.testing.assert_allclose(edges[8:] / edges[:-8], 2.0)
    assert [len(part) for part in Latency(story.journal).histogram(5)] == [0, 0]


def everything(rows):
    return np.ones(len(rows), bool)


def test_latency_over_time_has_a_point_per_slice_and_the_longest_as_outliers():
    story = Story()
    story.tell([Told("Paid", s * 1000 * MS, [Run(s * 1000 * MS, s * 1000 * MS + 10 * MS)]) for s in range(4)])
    over = OverTime(story.journal, everything, slices=10, width=1000 * MS)
    burst = [Told("Paid", 5000 * MS + n, [Run(5000 * MS + n, 5000 * MS + n + n * MS)]) for n in range(1, 101)]
    bad = Told("Paid", 5900 * MS, [Run(5900 * MS, 5950 * MS, status="failed")])
    assert over.folded(story.tell([*burst, bad]))
    band = over.band()
    assert band.at.tolist() == [500 * MS, 1500 * MS, 2500 * MS, 3500 * MS, 5500 * MS]
    assert band.count.tolist() == [1, 1, 1, 1, 100]
    assert band.p50[-1] == pytest.approx(50.5 * MS, rel=0.01)
    assert band.outliers[:, 1].tolist() == [100 * MS]
    assert band.failures.tolist() == [[5950 * MS, 50 * MS, 104, FAILED_CODE]]


def test_a_slice_keeps_only_its_longest_outliers():
    story = Story()
    usual = [Told("Paid", n, [Run(n, n + MS)]) for n in range(1000)]
    story.tell([*usual, *(Told("Paid", 2000 + n, [Run(2000 + n, 2000 + n + n * MS)]) for n in range(2, 9))])
    band = OverTime(story.journal, everything, slices=10, width=1000 * MS).band()
    assert sorted(band.outliers[:, 1]) == [n * MS for n in range(9 - KEPT, 9)]


def test_a_rolling_picture_forgets_old_slices_and_a_whole_one_doubles_them():
    story = Story()
    rolling = OverTime(story.journal, everything, slices=4, width=MS)
    whole = OverTime(story.journal, everything, slices=4, width=MS, rolling=False)
    for n in range(40):
        change = story.tell([Told("Paid", n * MS, [Run(n * MS, n * MS + 5)])])
        rolling.folded(change)
        whole.folded(change)
    assert rolling.band().count.tolist() == [1, 1, 1, 1]
    assert rolling.band().at[-1] == 39.5 * MS
    assert whole.width == 16 * MS
    assert whole.band().count.tolist() == [16, 16, 8]
    again = OverTime(story.journal, everything, slices=4, width=MS, rolling=False)
    assert again.band().count.tolist() == [16, 16, 8]


def test_a_table_of_many_keys_holds_what_was_counted_and_little_more():
    table = HistogramTable()
    keys = np.arange(50_000, dtype=np.int64)
    for first in range(0, len(keys), 1000):
        table.add(keys[first : first + 1000], keys[first : first + 1000] * 1000)
    assert table.nbytes < len(keys) * 1500
    assert table.count(range(60_000)) == len(keys)
    assert len(table.merged(range(60_000))) == len(keys)
    np.testing.assert_allclose(table.quantiles(range(1, 2000), [0.5])[:, 0], keys[1:2000] * 1000, rtol=0.01)
