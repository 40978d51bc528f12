"""What of a run is missing or cannot be placed is counted without a journal as with one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analysis.journal import Journal
from inspector.analysis.placement import Placement
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import SESSION_STARTED, Batch, Row, SessionStarted, to_row
from tests.store.runs import plain_run, runs


def counts(rows: list[Row], size: int) -> tuple[list[int], list[int]]:
    """Fold rows, as batches of ``size``, into a journal and into a placement."""
    journal, placement = Journal(), Placement()
    for start in range(0, len(rows), size):
        batch = Batch(start + 1, rows[start : start + size])
        journal.fold(batch)
        placement.fold(batch)
    names = ("orphans", "unplaced", "uncaused", "dropped", "catalog_unreadable")
    return [getattr(journal, name) for name in names], [getattr(placement, name) for name in names]


def plain(rows: list[Row]) -> list[Row]:
    """Without records of the host, whose data may be anything."""
    return [row for row in rows if row[0] <= 5]


@given(rows=runs(), seed=st.integers(), size=st.sampled_from([1, 3, 50]))
@settings(max_examples=100)
def test_a_run_with_rows_missing_doubled_and_out_of_order_counts_alike(rows: list[Row], seed: int, size: int) -> None:
    rng = random.Random(seed)
    first, *others = plain(rows)
    others = [row for row in others if rng.random() > 0.15 for _ in range(1 + (rng.random() < 0.1))]
    for _ in range(len(others) // 8):
        one, two = rng.randrange(len(others)), rng.randrange(len(others))
        others[one], others[two] = others[two], others[one]
    journal, placement = counts([first, *others], size)
    assert journal == placement


def test_a_whole_run_has_nothing_to_be_told() -> None:
    assert counts(plain_run(20), 7)[1] == [0, 0, 0, 0, False]


def test_lost_records_are_counted_by_what_tells_of_them() -> None:
    rows = [*plain_run(2), to_row(RecordsLost(9, 40, "full", 20, 59)), to_row(RecordsLost(9, 2, "full", 70, 71))]
    assert counts(rows, 5)[1][3] == 42


@pytest.mark.parametrize("catalog", ["{", "[]", '{"events": 3}', "[" * 100_000])
def test_a_catalog_of_another_kind_is_told(catalog: str) -> None:
    rows = [to_row(SessionStarted(0, 1, "x", "3.12", catalog)), *plain_run(2)[1:]]
    assert rows[0][0] == SESSION_STARTED
    journal, placement = counts(rows, 50)
    assert journal == placement == [0, 0, 0, 0, True]
