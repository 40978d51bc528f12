"""Side-by-side measurements: what we built against the naive way, in the same run on the same machine.

`python -m benchmarks` runs every module `bench_*.py` of this folder. Such a module has one function `run()`
that returns figures, each a dictionary as `figure` makes it. Figures are ratios wherever they can be, because
a ratio survives a slow machine.
"""

from __future__ import annotations

import contextlib
import operator
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypedDict

Sense = Literal["<=", ">="]

#: Seconds that programs which are ending may still write into a folder that is to be removed.
_ENDING: Final = 10.0
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


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Yield a new folder that is removed at the end, once nothing writes into it any more.

    Args:
        prefix: How its name begins.

    Raises:
        OSError: It cannot be made, or not be removed.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        end = time.monotonic() + _ENDING
        while folder.exists():
            try:
                shutil.rmtree(folder)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
