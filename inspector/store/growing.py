"""Numbers that should grow and do not: which to leave out, so that as few as possible are, and what order they tell."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field


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


@dataclass(frozen=True)
class Order:
    """How to read the lines of a file of which each has a seq.

    Attributes:
        lines: Their numbers, 1-based, in the order in which they are read; empty for that of the file.
        offsets: Where each of these begins (bytes).
        left_out: Why lines have no place, by their numbers.
    """

    lines: Sequence[int] = ()
    offsets: Sequence[int] = ()
    left_out: dict[int, str] = field(default_factory=dict)


def put_in_order(lines: Sequence[int], offsets: Sequence[int], seqs: Sequence[int], after: int) -> Order:
    """Return how to read lines so that their seqs grow above ``after``.

    A line that stands elsewhere has its place where its seq is missing among those that grow, or goes on with them. One
    whose seq is there already is left out, and one whose number alone is far above all others: it is the number that is
    wrong. Lines without a seq (0) keep theirs before all others.
    """
    growing = longest_growing(seqs, after)
    there = {seqs[place] for place in growing}
    highest = seqs[growing[-1]] if growing else after
    stays = set(growing)
    others = sorted((seqs[place], place) for place in range(len(seqs)) if seqs[place] and place not in stays)
    moved: list[int] = []
    left_out: dict[int, str] = {}
    for index, (seq, place) in enumerate(others):
        goes_on = seq <= highest + 1 or (index + 1 < len(others) and others[index + 1][0] == seq + 1)
        if seq in there or seq <= after:
            left_out[lines[place]] = (
                f"seq {seq} comes twice" if seq in there else f"seq {seq} is that of the first record"
            )
        elif not goes_on:
            left_out[lines[place]] = f"seq {seq} is higher than those that follow"
        else:
            there.add(seq)
            highest = max(highest, seq)
            moved.append(place)
    if not moved:
        return Order(left_out=left_out)
    placed = sorted((*growing, *moved), key=seqs.__getitem__)
    taken = stays.union(moved)
    order = [*(place for place in range(len(seqs)) if place not in taken), *placed]
    numbers, begin = [array("q", [column[place] for place in order]) for column in (lines, offsets)]
    return Order(numbers, begin, left_out)
