import numpy as np
import pytest

from inspector.analysis.ordering import ORDERS, sort_keys
from tests.analysis.sample_runs import MS, Run, Story, Told


@pytest.fixture
def journal():
    story = Story()
    story.tell(
        [
            Told("Paid", 0, [Run(0, 5 * MS), Run(0, 2 * MS, "app:Mail.send", "failed")], "b-2"),
            Told("booked", 0, [Run(0, None)], "b-1", cause=2),
            Told("Added", 0, [], "b-2"),
            Told("Paid", 0, [Run(0, MS, status="failed"), Run(0, MS, status="cancelled")], cause=1),
            Told("Paid", 0, [Run(0, MS, status="swallowed")], cause=99),
        ]
    )
    return story.journal


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("event", [{2}, {1}, {0, 3, 4}]),
        ("workflow", [{0, 1, 2, 3, 4}]),
        ("handlers", [{2}, {1, 4}, {0, 3}]),
        ("outcome", [{2}, {1}, {4}, {0}, {3}]),
        ("duration", [{2}, {3, 4}, {0}, {1}]),
        ("cause", [{0, 2, 4}, {3}, {1}]),
    ],
)
def test_publications_are_ranked(journal, by, groups):
    keys = sort_keys(journal, by)
    assert keys.dtype == np.int64
    assert [set(np.flatnonzero(keys == key).tolist()) for key in np.unique(keys)] == groups


def test_one_correlation_stands_together(journal):
    keys = sort_keys(journal, "correlation")
    assert keys[0] == keys[2]
    assert len({*keys.tolist()}) == 3


def test_ids_are_sorted_by_all_of_their_digits():
    ids = [f"0199a1b2-7c1d-7000-8000-{low:012x}" for low in (9, 3, 9, 1)] + ["0099a1b2-7c1d-7000-8000-00000000000a", ""]
    story = Story()
    story.tell(Told("Paid", 0, [], correlation) for correlation in ids)
    assert sort_keys(story.journal, "correlation").tolist() == [4, 3, 4, 2, 1, 0]


def test_an_empty_run_has_no_keys():
    assert all(len(sort_keys(Story().journal, by)) == 0 for by in ORDERS)
