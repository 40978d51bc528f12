"""Tests as rows."""

from __future__ import annotations

from PySide6.QtTest import QAbstractItemModelTester

from inspector.analysis.journal import Journal
from inspector.core.records.host import TestRan
from inspector.core.records.records import Batch, to_row
from inspector.ui.features.tests.model import DURATION, NAME, OUTCOME, PROCESS, TROUBLE, TestsModel
from inspector.ui.kit.rows import Role
from tests.analysis.several import shop


def checked(journal: Journal) -> TestsModel:
    model = TestsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.set_journal(journal)
    return model


def column(model: TestsModel, number: int) -> list[str]:
    return [model.index(row, number).data() for row in range(model.rowCount())]


def test_it_says_of_each_test_how_it_ended_and_what_failed_in_handlers() -> None:
    journal = Journal()
    journal.fold(Batch(1, shop(15)))
    model = checked(journal)
    assert [name.rpartition("::")[2] for name in column(model, NAME)] == [
        *("test_an_order_is_placed", "test_a_payment_is_declined", "test_stock_runs_out"),
    ]
    assert column(model, OUTCOME) == ["passed", "failed", "skipped"]
    assert column(model, DURATION) == ["3.50 s"] * 3
    assert column(model, PROCESS) == ["server 48231"] * 3
    assert all(column(model, TROUBLE))
    assert (model.failed, model.unnoticed) == (1, 2)
    assert [model.index(row, OUTCOME).data(Role.GLYPH) for row in range(3)] == ["ok", "failed", None]


def test_tests_come_and_their_failures_grow_without_a_reset() -> None:
    rows, journal = shop(15), Journal()
    model = checked(journal)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    for first in range(0, len(rows), 80):
        journal.fold(Batch(first + 1, rows[first : first + 80]))
        model.refresh()
    assert resets == []
    whole = checked(journal)
    for place in range(model.columnCount()):
        assert column(model, place) == column(whole, place)


def test_a_test_of_a_program_of_one_process_has_no_process_and_hostile_names_stay_in_one_line() -> None:
    journal = Journal()
    journal.fold(Batch(1, [to_row(TestRan(9, 4, "a\nb\x00::c", "weird\noutcome"))]))
    model = checked(journal)
    assert column(model, PROCESS) == [""]
    for place in range(model.columnCount()):
        assert "\n" not in column(model, place)[0]
    assert model.index(0, OUTCOME).data(Role.TONE) == "dim"
