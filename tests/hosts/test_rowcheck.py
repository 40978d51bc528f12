"""Whatever a row of another process holds: what is taken of it can be stored and read again."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.core.description import CatalogDescription
from inspector.core.records.bounds import row_problem
from inspector.core.records.numbers import FireNumber
from inspector.core.records.records import Row, SessionStarted, to_row
from inspector.hosts.arrivals import Arrivals
from inspector.hosts.rowcheck import NO_ROW, RowCheck

ROWS: list[list[Any]] = [
    [0, 0, 1, "shop", "3.12", '{"program": "shop"}', None],
    [1, 10, 1, "Placed", "", "", 0, 1, "{}", "{}", 1, 0],
    [2, 11, 1, 1, "m:h", ""],
    [4, 12, 1, 1, "log", "info", "text", ""],
    [3, 13, 1, "failed", 1, "{}"],
    [5, 14, 1, "done"],
]
ODD = ("x" * 20_000, "", "\ud800", -1, 1 << 70, 1 << 61, 1 << 36, 1 << 33, 2, None, True, 1.5, [], {})


def new_check(shift: int = 0) -> RowCheck:
    arrivals = Arrivals(lambda: 1 << 40)
    arrivals.anchor = 0
    arrivals.last_fire = FireNumber(1)
    arrivals.fires[FireNumber(1)] = 0

    def begin(started: SessionStarted, catalog: CatalogDescription) -> Row:
        return to_row(started)

    check = RowCheck(arrivals, begin, lambda record: None, shift=shift)
    check.see_clock()
    return check


def checked(rows: list[list[Any]]) -> list[Row]:
    """Return what is taken of rows."""
    check = new_check()
    taken = [check.checked(list(row)) for row in rows]
    return [row for row in taken if row is not None and row != NO_ROW]


def test_good_rows_are_all_taken() -> None:
    assert len(checked(ROWS)) == len(ROWS)


@pytest.mark.parametrize(
    "place", [(row, cell) for row, cells in enumerate(ROWS) for cell in range(len(cells))], ids=str
)
def test_what_is_taken_is_a_record(place: tuple[int, int]) -> None:
    row, cell = place
    for odd in ODD:
        rows = [list(cells) for cells in ROWS]
        rows[row][cell] = odd
        assert [problem for taken in checked(rows) if (problem := row_problem(taken))] == []


def state_of(check: RowCheck) -> list[Any]:
    both = check._publications, check._executions
    numbers = [(numbering.last, list(numbering._own), list(numbering._session)) for numbering in both]
    return [check.running, check._open, check._ended_of_late, check.latest, check._arrivals.executions, *numbers]


#: Two publications, the executions of which overlap.
_STORY: list[list[Any]] = [
    *ROWS[:3],
    [1, 12, 2, "Placed", "", "", 1, 0, "{}", "{}", 2, 0],
    [2, 13, 2, 2, "m:h", "slow"],
    [2, 14, 3, 1, "m:g", ""],
    [3, 15, 2, "timed_out", 1, "{}"],
    [5, 16, 2, "done"],
    [2, 17, 4, 2, "m:late", ""],
    [3, 18, 3, "ok", 1, ""],
    [3, 19, 1, "ok", 1, ""],
    [5, 20, 1, "done"],
    [3, 21, 4, "ok", 1, ""],
]


@pytest.mark.parametrize("row", range(len(_STORY)))
def test_rows_checked_together_are_checked_as_one_by_one(row: int) -> None:
    variants = [[*_STORY[:row], *_STORY[row + 1 :]], [*_STORY[: row + 1], *_STORY[row:]]]
    for cell in range(len(_STORY[row])):
        for odd in (*ODD, 0, 3, 1.0, "ok", "running", 1 << 40, 1 << 62):
            rows = [list(cells) for cells in _STORY]
            rows[row][cell] = odd
            variants.append(rows)
    for pauses in (False, True):
        for rows in variants:
            one, other = new_check(5), new_check(5)
            parts = [rows[:4], rows[4:]] if pauses else [rows]
            taken: list[Row | None] = []
            together: list[Row] = []
            refused = 0
            for recording, part in zip((True, False), parts, strict=False):
                one.recording = other.recording = recording
                taken += [one.checked(list(cells)) for cells in part]
                good, bad = other.checked_all([list(cells) for cells in part])
                together += good
                refused += bad
            assert together == [item for item in taken if item]
            assert refused == taken.count(None)
            assert state_of(one) == state_of(other)


def test_numbers_that_two_processes_share_are_told_apart_when_rows_are_checked_together() -> None:
    first = new_check()
    second = RowCheck(first._arrivals, lambda started, catalog: None, lambda record: None, process=2)
    second.see_clock()
    published = [1, 10, 1, "Placed", "", "", 0, 0, "{}", "{}", 1, 0]
    taken = [row for _ in range(2) for check in (first, second) for row in check.checked_all([list(published)])[0]]
    assert [row[2] for row in taken] == [1, 2], "each process may number its first so once"
    for number in (1, 2):
        for check in (first, second):
            rows, refused = check.checked_all([[2, 11, number, 1, "m:h", ""]])
            assert not refused
            taken += rows
    assert [row[2:4] for row in taken[2:]] == [(1, 1), (2, 2), (3, 1), (4, 2)]
    ends, refused = second.checked_all([[3, 12, 1, "ok", 1, ""], [3, 13, 2, "ok", 1, ""], [3, 13, 3, "ok", 1, ""]])
    assert ([row[2] for row in ends], refused, list(first.running)) == ([2, 4], 1, [1, 3])
