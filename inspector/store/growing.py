"""Numbers that should grow and do not: which to leave out, so that as few as possible are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def longest_growing(numbers: Sequence[int], after: int = 0) -> list[int]:
    """Return the positions of the longest growing run of numbers above ``after``, in their order."""
    tails: list[int] = []
    places: list[int] = []
    before = [-1] * len(numbers)
    for place, number in enumerate(numbers):
        if number <= after:
            continue
        length = bisect_left(tails, number)
        if length:
            before[place] = places[length - 1]
        if length == len(tails):
            tails.append(number)
            places.append(place)
        elif number < tails[length]:  # of two that are equal the first stays
            tails[length], places[length] = number, place
    run: list[int] = []
    place = places[-1] if places else -1
    while place >= 0:
        run.append(place)
        place = before[place]
    return run[::-1]
