"""A comparison as a tree that keeps its word to views."""

from __future__ import annotations

import json

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from inspector.analysis.comparison import FieldTally, fields_of
from inspector.app.comparing import ComparedExecutions
from inspector.core.records.numbers import ExecutionIndex
from inspector.ui.features.compare.model import A, B, ComparedRow, ComparisonModel, short_value
from inspector.ui.kit.rows import Role
from tests.analysis.sample_runs import MS, Run, Story, Told


def story() -> Story:
    story = Story()
    story.tell(
        [
            Told("Placed", 0, [Run(0, 2 * MS, "shop:Payment.charge", "ok", MS)]),
            Told("Placed", 10 * MS, [Run(10 * MS, 16 * MS, "shop:Payment.charge", "failed", MS)]),
            Told("Placed", 20 * MS, [Run(20 * MS, None, "shop:Payment.charge")]),
        ]
    )
    return story


def compared(a: object, b: object, *, other: int = 0) -> ComparedExecutions:
    first, second = fields_of(json.dumps(a)), fields_of(json.dumps(b))
    tally = FieldTally(first, second)
    tally.add(first, failed=True)
    tally.add(second, failed=False)
    return ComparedExecutions(ExecutionIndex(1), ExecutionIndex(other), tally.comparison(), searched=2, total=2)


def checked() -> ComparisonModel:
    model = ComparisonModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    return model


def tree(model: ComparisonModel) -> dict[str, list[tuple[str, ...]]]:
    groups = [model.index(row, 0) for row in range(model.rowCount())]
    return {
        group.data(): [
            tuple(model.index(row, column, group).data() for column in range(3)) for row in range(model.rowCount(group))
        ]
        for group in groups
    }


def test_groups_follow_each_other_from_what_separates_to_the_timing() -> None:
    model = checked()
    first = {"currency": "CHF", "items": [1, 2], "user_id": "01234567-89ab-cdef-0123-456789abcdef", "web": True, "a": 1}
    second = {"currency": "EUR", "items": [1], "user_id": "11234567-89ab-cdef-0123-456789abcdef", "web": True}
    model.show_compared(story().journal, compared(first, second))
    assert tree(model) == {
        "What separates them": [
            ("a", "1", "not there"),
            ("currency", '"CHF"', '"EUR"'),
            ("items", "2 items", "1 item"),
        ],
        "1 id or time · differs every time": [("user_id", *(f'"{value["user_id"]}"' for value in (first, second)))],
        "1 value · same in A and B": [("web", "true", "true")],
        "Timing": [("Total", "6.0 ms", "2.0 ms"), ("On loop", "1.0 ms", "1.0 ms"), ("Waiting", "5.0 ms", "1.0 ms")],
    }
    group = model.group("separating")
    cell = model.index(1, A, group)
    assert cell.data(Role.TONE) == "warn"
    assert cell.data(Qt.ItemDataRole.AccessibleTextRole) == '"CHF", in 1 of 1 failed'
    spoken = model.index(1, 0, group).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "currency, in every failure and in no pass"
    assert model.node(cell).filters == ("currency:CHF", "currency:EUR")
    assert model.strongest is not None
    assert model.strongest.texts[0] == "a"
    timing = model.group("timing")
    assert [model.node(model.index(row, 0, timing)).marked for row in range(3)] == [False, False, True]
    assert model.node(model.index(0, B, timing)).notes[1] == "A \N{MINUS SIGN} B +4.0 ms"
    assert [model.headerData(column, Qt.Orientation.Horizontal) for column in range(3)] == ["Field", "A", "B"]
    model.show_none()
    assert (model.rowCount(), model.strongest) == (0, None)
    assert model.data(QModelIndex()) is None


def test_equal_values_and_values_that_are_not_recorded_are_said() -> None:
    model = checked()
    model.show_compared(story().journal, compared({"a": 1}, {"a": 1}))
    assert next(iter(tree(model))) == "Same in every value. Only the timing differs."
    unknown = ComparedExecutions(ExecutionIndex(1), ExecutionIndex(2), None, "B")
    model.show_compared(story().journal, unknown)  # and B still runs
    assert tree(model) == {"The values of B are not recorded.": []}


def test_a_value_is_short_on_a_button() -> None:
    def short(value: str | None) -> str:
        return short_value(ComparedRow("separating", ("", "", ""), (value, None)))

    assert [short('"CHF"'), short("3"), short("null"), short(None)] == ["CHF", "3", "null", ""]
    assert short(json.dumps("x" * 40)) == "x" * 18 + "…"
    named = [
        short_value(ComparedRow("separating", ("amount", "", ""), (value, None))) for value in ("3", '"1.50"', "true")
    ]
    assert named == ["amount 3", "amount 1.50", "amount true"], "alone it would say nothing"
