"""What every probe on costs a handler, beside recording alone. Python 3.12 and newer, as ``bench_observe`` finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bench_observe import measured_by

if TYPE_CHECKING:
    from benchmarks import Figure

_BOUNDS = {"statement_and_log": 1.5, "memory_statement_and_log": 2.0, "and_output": 2.5, "nothing_inside": 1.1}


def run() -> list[Figure]:
    """Measure; without a Python that can be observed there is nothing to measure, and that is said."""
    return measured_by("probed.py", "probes", "what probes cost", _BOUNDS)


if __name__ == "__main__":
    for line in run():
        print(line)
