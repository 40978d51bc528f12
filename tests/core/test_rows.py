"""Rows are known by position in one module; everybody else goes by names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import inspector
from inspector.core.records.host import FireRefused, HandlerAdded, HostNoted, LoopBlocked
from inspector.core.records.numbers import (
    NO_EXECUTION,
    NO_PUBLICATION,
    ExecutionNumber,
    FireNumber,
    PublicationNumber,
    execution_index,
    execution_number,
    publication_index,
    publication_number,
)
from inspector.core.records.records import (
    AT,
    KIND,
    RECORD_TYPES,
    ROW_FIELDS,
    HandlerEnded,
    Published,
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


def test_an_index_is_one_less_than_its_number_and_0_is_none() -> None:
    assert execution_index(ExecutionNumber(1)) == 0
    assert publication_index(PublicationNumber(3)) == 2
    assert execution_index(ExecutionNumber(0)) == NO_EXECUTION
    assert publication_index(PublicationNumber(0)) == NO_PUBLICATION
    assert execution_number(execution_index(ExecutionNumber(7))) == 7
    assert publication_number(publication_index(PublicationNumber(7))) == 7
