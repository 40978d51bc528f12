"""Rows are known by position in one module; everybody else goes by names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import inspector
from inspector.core.records.host import (
    ONLY_QUEUED,
    PREDICATE,
    FireRefused,
    FireUnsettled,
    HandlerAdded,
    HandlersNotCalled,
    HostNoted,
    LoopBlocked,
    PendingWork,
    UncalledHandler,
)
from inspector.core.records.numbers import (
    ExecutionNumber,
    FireNumber,
    Numbering,
    PublicationNumber,
)
from inspector.core.records.records import (
    AT,
    KIND,
    RECORD_TYPES,
    ROW_FIELDS,
    HandlerEnded,
    Published,
    completed,
    fits,
    position,
    to_record,
    to_row,
)

PACKAGE = Path(inspector.__file__).parent
#: It says which field stands where.
ONE = PACKAGE / "core" / "records" / "records.py"


def asked_by_position(source: str) -> list[int]:
    """Return the lines on which a row is asked for what stands at a number."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript) and is_row(node.value) and is_number(node.slice)
    ]


def is_row(value: ast.expr) -> bool:
    """Return whether an expression is a row by its name, or one of the rows of a batch."""
    if isinstance(value, ast.Subscript):
        return isinstance(value.value, ast.Attribute) and value.value.attr == "rows"
    return isinstance(value, ast.Name) and value.id.rpartition("_")[2] == "row"


def is_number(place: ast.expr) -> bool:
    inner = place.operand if isinstance(place, ast.UnaryOp) else place
    return isinstance(inner, ast.Constant) and type(inner.value) is int


def test_no_other_module_asks_a_row_by_position() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if path != ONE]
    assert len(files) > 100
    asked = {str(path.relative_to(PACKAGE)): asked_by_position(path.read_text("utf-8")) for path in files}
    assert {name: lines for name, lines in asked.items() if lines} == {}


@pytest.mark.parametrize("planted", ["row[3]", "row[-1]", "last_row[0]", "batch.rows[0][1]", "self.rows[i][2]"])
def test_that_test_can_fail(planted: str) -> None:
    assert asked_by_position(f"x = {planted}") == [1]


@pytest.mark.parametrize("fine", ["row[KIND]", "row[_PAYLOAD]", "rows[0]", "batch.rows[0]", "row[1:]", "names[0]"])
def test_what_goes_by_names_is_let_pass(fine: str) -> None:
    assert asked_by_position(f"x = {fine}") == []


def test_a_kind_is_the_place_of_its_class_and_begins_each_row() -> None:
    assert [cls.KIND for cls in RECORD_TYPES] == list(range(len(RECORD_TYPES)))
    for cls in RECORD_TYPES:
        assert ROW_FIELDS[cls.KIND][0].name == "at"
        assert position(cls, "at") == AT
    row = to_row(HandlerEnded(5, ExecutionNumber(1), "ok", 7))
    assert (row[KIND], row[AT], row[position(HandlerEnded, "on_loop")]) == (HandlerEnded.KIND, 5, 7)
    with pytest.raises(ValueError, match="not in list"):
        position(Published, "status")


def test_a_row_that_is_no_record_is_refused() -> None:
    good = to_row(FireRefused(1, FireNumber(2), "no"))
    assert to_record(good) == FireRefused(1, FireNumber(2), "no")
    for bad in ((99, 1), good[:-2], (*good, 1), (HandlerAdded.KIND, 1, "{"), (HandlerAdded.KIND, 1, '{"key": 1}')):
        with pytest.raises(ValueError, match="not a record"):
            to_record(bad)
    assert fits(good)
    assert not fits(good[:-1])
    assert not fits((LoopBlocked.KIND, 1, 1 << 70, "", "", "", 0))
    assert fits((HostNoted.KIND, 1, "x", "info", "text", ""))


def test_numbers_that_are_missing_have_no_index_and_leave_none_out() -> None:
    numbering = Numbering()
    assert [numbering.add(number) for number in (2, 3, 7, 7, 5, 8)] == [0, 1, 2, -1, -1, 3]
    assert (len(numbering), numbering.last) == (4, 8)
    assert [numbering.index(number) for number in range(-1, 10)] == [-1, -1, -1, 0, 1, -1, -1, -1, 2, 3, -1]
    assert [numbering.number(index) for index in range(4)] == [2, 3, 7, 8]


#: They know how to get from a number to an index and back.
CONVERTERS = {"core/records/numbers.py", "analysis/journal.py"}


def indexes_by_subtraction(source: str) -> list[int]:
    """Return the lines on which 1 is taken from a number of an execution or a publication."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and isinstance(node.right, ast.Constant)
        and node.right.value == 1
        and is_record_number(node.left)
    ]


def is_record_number(value: ast.expr) -> bool:
    """Return whether an expression is such a number by its name, as it is or as a plain integer."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and len(value.args) == 1:
        return is_record_number(value.args[0])
    name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
    return name.endswith(("number", "execution", "publication"))


def test_no_other_module_takes_a_number_less_one_for_an_index() -> None:
    files = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    assert files.keys() > CONVERTERS
    taken = {name: indexes_by_subtraction(path.read_text("utf-8")) for name, path in files.items()}
    assert {name: lines for name, lines in taken.items() if lines and name not in CONVERTERS} == {}


@pytest.mark.parametrize(
    "planted",
    ["number - 1", "finding.execution - 1", "cause_number - 1", "int(row.publication) - 1", "rows[self.execution - 1]"],
)
def test_that_subtraction_is_found(planted: str) -> None:
    assert indexes_by_subtraction(f"x = {planted}") == [1]


@pytest.mark.parametrize("fine", ["count - 1", "number - 2", "number + 1", "len(executions) - 1", "executions[-1]"])
def test_what_takes_nothing_from_a_number_is_let_pass(fine: str) -> None:
    assert indexes_by_subtraction(f"x = {fine}") == []


def test_a_row_from_before_its_kind_had_all_its_fields_is_completed_and_one_that_never_was_whole_is_not() -> None:
    kind = FireUnsettled.KIND
    assert to_record(completed((kind, 5, 1))) == FireUnsettled(5, FireNumber(1))
    whole = to_row(FireUnsettled(5, FireNumber(1), (PendingWork("timer", "expire", 7),)))
    assert completed(whole) == whole
    assert completed((kind, 5)) == (kind, 5)
    assert completed((10_000, 5)) == (10_000, 5)


def test_what_is_pending_is_said_in_words() -> None:
    timer, task = PendingWork("timer", "expire", 4_700_000_000), PendingWork("task", "heat")
    assert FireUnsettled(5, FireNumber(1)).sentence == "Work started by this fire is still running."
    assert (
        FireUnsettled(5, FireNumber(1), (timer, task, task)).sentence
        == "Settled, with 1 timer and 2 tasks pending for 4.7 s: expire, heat."
    )


def test_it_is_worth_a_warning_that_a_handler_was_not_called_unless_it_seems_meant() -> None:
    meant = UncalledHandler("m:a", "a", PREDICATE, "its predicate returned false")
    lost = UncalledHandler("m:b", "b", ONLY_QUEUED, "only queued")
    about = FireNumber(1), PublicationNumber(1), "Sown"
    assert HandlersNotCalled(5, *about, (meant,)).severity == "info"
    both = HandlersNotCalled(5, *about, (meant, lost))
    assert both.severity == "warning"
    assert both.sentence == "Sown: a was not called: its predicate returned false; b was not called: only queued."
