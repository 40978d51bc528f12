"""Reading grows with what is read: a program of many signals or names is not looked through for each of them."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from benchmarks.bench_reading import project, read


def calls(kind: str, number: int, modules: int) -> int:
    """How many calls of functions reading takes, whatever the machine does besides."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event == "call"

    with project(kind, number, modules) as wiring:
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            assert read(wiring) == number
        finally:
            sys.setprofile(before)
    return counted


@pytest.mark.parametrize("kind", ["signals", "names"])
def test_four_times_as_many_take_hardly_more_than_four_times_the_calls(kind: str) -> None:
    calls(kind, 1, 1)  # what is done once
    assert calls(kind, 40, 5) < 6 * calls(kind, 10, 5)


def test_the_classes_beside_are_looked_at_once_and_not_for_each_name() -> None:
    calls("names", 1, 1)
    small, large = (calls("names", number, 20) - calls("names", number, 2) for number in (5, 25))
    assert large < 2 * small
