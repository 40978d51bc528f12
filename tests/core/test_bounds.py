"""What records of processes and tests may hold when they come from a file."""

from __future__ import annotations

import pytest

from inspector.core.records.bounds import row_problem
from inspector.core.records.host import ProcessJoined, ProcessLeft, ProcessSilent, PublicationsSkipped, TestRan
from inspector.core.records.numbers import ExecutionNumber, FireNumber, PublicationNumber
from inspector.core.records.records import Published, Record, to_row

LONG = "x" * 10_001


def published(process: int) -> Published:
    return Published(1, PublicationNumber(1), "E", "", "", ExecutionNumber(0), FireNumber(0), "", "{}", 1, process)


@pytest.mark.parametrize(
    "record",
    [
        *(published(0), published((1 << 31) - 1)),
        ProcessJoined(1, 1, 0, 0, "", "", ""),
        *(ProcessLeft(1, 2, 3, None, ""), ProcessLeft(1, 2, 3, -9, "Killed.")),
        ProcessSilent(1, 2, "python -S", "It has no site."),
        PublicationsSkipped(1, 1, 1, 0, 0),
        *(TestRan(5, 5, "t", "passed"), TestRan(5, 0, "t", "passed", 3)),
    ],
)
def test_what_can_be_is_let_pass(record: Record) -> None:
    assert row_problem(to_row(record)) == ""


@pytest.mark.parametrize(
    "record",
    [
        *(published(-1), published(1 << 31)),
        *(ProcessJoined(1, 0, 5, 0, "", "", ""), ProcessJoined(1, 1, 1 << 31, 0, "", "", "")),
        *(ProcessJoined(1, 1, 5, -1, "", "", ""), ProcessJoined(1, 1, 5, 0, LONG, "", "")),
        *(ProcessLeft(1, 0, 3, 0, ""), ProcessLeft(1, 1 << 40, 3, 0, ""), ProcessLeft(1, 1, 3, 1 << 63, "")),
        ProcessSilent(1, -2, "", ""),
        *(PublicationsSkipped(1, 1, 0, 0, 0), PublicationsSkipped(1, 1, 1, -1, 0)),
        *(PublicationsSkipped(1, 1, 1, 1 << 50, 0), PublicationsSkipped(1, 0, 1, 0, 0)),
        *(TestRan(5, 6, "t", "passed"), TestRan(5, -1, "t", "passed"), TestRan(5, 5, LONG, "passed")),
    ],
)
def test_what_cannot_be_is_refused(record: Record) -> None:
    assert row_problem(to_row(record))
