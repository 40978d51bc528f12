"""Side-by-side measurements: what we built against the naive way, in the same run on the same machine.

`python -m benchmarks` runs every module `bench_*.py` of this folder. Such a module has one function `run()`
that returns figures, each a dictionary as `figure` makes it. Figures are ratios wherever they can be, because
a ratio survives a slow machine.
"""

from __future__ import annotations

import operator
from typing import Literal, TypedDict

Sense = Literal["<=", ">="]

_COMPARISONS = {"<=": operator.le, ">=": operator.ge}


class Figure(TypedDict):
    """One measured number and the bound it has to keep."""

    name: str
    value: float
    sense: Sense
    bound: float
    holds: bool


def figure(name: str, value: float, sense: Sense, bound: float) -> Figure:
    """Judge a measured value.

    Args:
        name: What was measured, with its unit when it is no ratio; the same from run to run.
        value: The measured number.
        sense: How the value has to stand to the bound, `<=` or `>=`.
        bound: The promised number.
    """
    holds = _COMPARISONS[sense](value, bound)
    return {"name": name, "value": value, "sense": sense, "bound": bound, "holds": holds}
