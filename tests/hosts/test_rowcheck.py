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


def checked(rows: list[list[Any]]) -> list[Row]:
    """Return what is taken of rows."""
    arrivals = Arrivals(lambda: 1 << 40)
    arrivals.anchor = 0
    arrivals.last_fire = FireNumber(1)
    arrivals.fires[FireNumber(1)] = 0

    def begin(started: SessionStarted, catalog: CatalogDescription) -> Row:
        return to_row(started)

    check = RowCheck(arrivals, begin, lambda record: None)
    check.see_clock()
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
