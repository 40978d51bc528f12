"""Executions that come a few at a time are kept as those that come by the thousand."""

from __future__ import annotations

import random

import numpy as np
import pytest

from inspector.analysis.timeline import pyramid
from inspector.analysis.timeline.pyramid import Pyramid, SpanIndex


def batches(seed: int) -> list[np.ndarray]:
    """Return batches of column, row and status bit, some of one and some of many, mostly in order."""
    rng, column, result = random.Random(seed), 0, []
    for size in (1, 3, 40, 500, 2, 48, 49, 7):
        rows = []
        for _ in range(size):
            column += rng.random() < 0.3
            rows.append((max(0, column - rng.randrange(4)), rng.randrange(30), 1 << rng.randrange(7)))
        result.append(np.array(rows).T)
    return result


@pytest.mark.parametrize("seed", range(3))
def test_cells_are_the_same_however_many_come_at_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = Pyramid(), Pyramid()
    for columns, rows, bits in batches(seed):
        few.mark(columns, rows, bits.astype(np.uint8))
        with monkeypatch.context() as patch:
            patch.setattr(pyramid, "FEW", 0)
            many.mark(columns, rows, bits.astype(np.uint8))
        first = np.repeat(np.arange(0, 200, 7), 30)
        last = first + np.tile(np.arange(30), len(first) // 30)
        assert (few.look(first, last) == many.look(first, last)).all()
    assert few.nbytes == many.nbytes


def test_columns_far_apart_are_marked_as_those_beside_each_other() -> None:
    near, far = Pyramid(), Pyramid()
    columns = np.arange(100) * 50
    far.mark(columns, columns % 9, np.ones(100, np.uint8))
    for column in columns.tolist():
        near.mark(np.array([column]), np.array([column % 9]), np.ones(1, np.uint8))
    first = np.arange(5000)
    assert (near.look(first, first + 300) == far.look(first, first + 300)).all()


def test_spans_are_found_however_many_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    few, many, start, done = SpanIndex(), SpanIndex(), np.sort(rng.integers(0, 10**9, 3000)), 0
    end = start + rng.integers(0, 10, 3000) ** rng.integers(0, 9, 3000)
    for size in (1, 20, 400, 48, 2531):
        part = np.arange(done, done := done + size)
        few.add(part, start[part], end[part])
        with monkeypatch.context() as patch:
            patch.setattr(pyramid, "FEW", 0)
            many.add(part, start[part], end[part])
    assert done == 3000
    for shortest in (0, 100, 10_000):
        low, high = 3 * 10**8, 4 * 10**8
        touching = few.find(low, high, shortest)
        assert sorted(touching.tolist()) == sorted(many.find(low, high, shortest).tolist())
        wanted = np.flatnonzero((start < high) & (end >= low) & (end - start >= shortest))
        assert set(wanted.tolist()) <= set(touching.tolist())
