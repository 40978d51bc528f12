"""Tests that ran, as stretches of time, and what failed in handlers in them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.journal import Journal
from inspector.analysis.ran_tests import FAILED, MAX_ROWS, OTHER, PASSED, TestBand, cells_of, outcome_code, troubles
from inspector.core.records.host import TestRan
from inspector.core.records.records import Batch
from inspector.core.records.statuses import STATUS_CODES, STATUSES, TROUBLE
from tests.analysis.several import MS, Program, shop


def test_what_failed_in_handlers_is_counted_by_test_and_process() -> None:
    program = Program()
    for process, status, at in (
        (1, "failed", 15),
        (2, "failed", 16),
        (1, "swallowed", 18),
        (1, "ok", 19),
        (1, "failed", 40),
    ):
        program.run(at * MS, MS, program.publish(at * MS, process, "E", 1), "H.handle", status)
    program.host(TestRan(30 * MS, 10 * MS, "first", "passed", 1))
    program.host(TestRan(31 * MS, 10 * MS, "other", "passed", 2))
    program.host(TestRan(50 * MS, 31 * MS, "second", "failed", 1))
    program.host(TestRan(60 * MS, 51 * MS, "third", "passed", 1))
    program.host(TestRan(61 * MS, 0, "all", "passed"))
    journal = Journal()
    journal.fold(Batch(1, program.records()))
    failed, swallowed = STATUS_CODES["failed"], STATUS_CODES["swallowed"]
    counts = [{failed: 1, swallowed: 1}, {failed: 1}, {failed: 1}, {}, {failed: 3, swallowed: 1}]
    assert troubles(journal) == counts
    assert troubles(journal, 3) == counts[3:]


def test_they_add_up_to_what_a_slow_look_at_every_execution_gives() -> None:
    journal = Journal()
    journal.fold(Batch(1, shop(15)))
    columns = journal.executions
    owners = journal.publications["process"][columns["publication"]]
    for test, counts in zip(journal.processes.tests, troubles(journal), strict=True):
        inside = [
            int(status)
            for start, status, owner in zip(columns["start"], columns["status"], owners, strict=True)
            if test.started <= start <= test.at and owner == test.process and int(status) in TROUBLE
        ]
        assert counts == {code: inside.count(code) for code in set(inside)}
        assert counts


def test_outcomes_are_drawn_as_what_they_mean() -> None:
    words = {"passed": PASSED, "failed": FAILED, "error": FAILED, "skipped": OTHER, "xfailed": OTHER, "": OTHER}
    assert {word: outcome_code(word) for word in words} == words
    assert len(STATUSES) > max(TROUBLE)


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 30), st.sampled_from(["passed", "failed", "skipped"]))),
    st.integers(1, 3),
)
def test_each_pixel_shows_the_worst_test_that_touches_it(stretches: list[tuple[int, int, str]], rows: int) -> None:
    band = TestBand()
    for place, (start, length, outcome) in enumerate(stretches):
        ran = TestRan(start + length, start, f"t{place}", outcome, place % rows + 1)
        band.take([*band.tests, ran])
    chosen = band.within(10, 80)
    looks = band.looks(chosen)
    cells = cells_of(looks, looks[:, 0] - 10, looks[:, 1] - 10, band.rows, 70)
    expected = np.zeros((band.rows, 70), np.uint8)
    for start, end, code, row in looks.tolist():
        for pixel in range(max(start - 10, 0), min(max(end, start + 1) - 10, 70)):
            expected[row, pixel] = max(expected[row, pixel], code)
    assert cells.tolist() == expected.tolist()


def test_a_test_is_found_by_its_time_and_row_and_many_processes_share_the_last_row() -> None:
    band = TestBand()
    tests = [TestRan(20 + number, 10 + number, f"t{number}", "passed", number + 1) for number in range(MAX_ROWS + 3)]
    band.take(tests[:2])
    band.take(tests)
    assert band.rows == MAX_ROWS
    assert band.tests == tests
    assert [band.at(12, row, 0) for row in (0, 1, 2, 3)] == [0, 1, 2, -1]
    assert band.at(8, 0, 1) == -1
    assert band.at(8, 0, 2) == 0
    assert band.at(14, MAX_ROWS - 1, 0) == 3
