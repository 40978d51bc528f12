"""Latency statistics beside the naive way, exact percentiles computed anew."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import Figure, figure
from inspector.analysis.histograms import Histogram, HistogramTable

_LEVELS = (0.5, 0.9, 0.95, 0.99, 0.999)
_TOTAL = 1_000_000
_NEW = 10_000
_HANDLERS = 100


def _median(work: Callable[[], object], repeat: int) -> float:
    """Seconds that the work takes, the median of some runs."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _samples() -> np.ndarray[Any, np.dtype[np.int64]]:
    """Lengths of time in ns with two humps and a long tail, as handlers have them."""
    rng = np.random.default_rng(7)
    fast = rng.lognormal(np.log(3e6), 0.5, _TOTAL)
    slow = rng.lognormal(np.log(40e6), 0.8, _TOTAL)
    return np.where(rng.random(_TOTAL) < 0.9, fast, slow).astype(np.int64)


def run() -> list[Figure]:
    """Measure.

    Returns:
        Figures: an update with 10,000 values and five quantiles
        as a share of ``np.percentile`` on a million; the largest relative error of any quantile at any volume; an
        update and all quantiles of 100 handlers as a share of computing them exactly.
    """
    samples = _samples()
    percents = [level * 100 for level in _LEVELS]
    histogram = Histogram()
    histogram.add(samples)
    new = samples[:_NEW].copy()

    def update() -> None:
        histogram.add(new)
        histogram.quantiles(_LEVELS)

    exact = _median(lambda: np.percentile(samples, percents), 7)
    return [
        figure("latency.update10k_vs_percentile_1m", _median(update, 51) / exact, "<=", 0.02),
        figure("latency.relative_error", _worst_error(samples), "<=", 0.01),
        figure("latency.per_handler_vs_exact", _per_handler(samples, percents), "<=", 0.05),
    ]


def _worst_error(samples: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    worst = 0.0
    for volume in (10, 100, 1000, 30_000, _TOTAL):
        histogram = Histogram()
        histogram.add(samples[:volume])
        true = np.percentile(samples[:volume], [level * 100 for level in _LEVELS])
        worst = max(worst, float(np.max(np.abs(histogram.quantiles(_LEVELS) - true) / true)))
    return worst


def _per_handler(samples: np.ndarray[Any, np.dtype[np.int64]], percents: list[float]) -> float:
    """Quantiles of every handler after 10,000 new values, against computing them from all values, already grouped."""
    handlers = np.random.default_rng(8).integers(0, _HANDLERS, _TOTAL)
    table = HistogramTable()
    table.add(handlers, samples)
    grouped = [samples[handlers == handler] for handler in range(_HANDLERS)]

    def naive() -> None:
        for group in grouped:
            np.percentile(group, percents)

    def ours() -> None:
        table.add(handlers[:_NEW], samples[:_NEW])
        table.quantiles(range(_HANDLERS), _LEVELS)

    return _median(ours, 21) / _median(naive, 3)


if __name__ == "__main__":
    for entry in run():
        print(entry)
