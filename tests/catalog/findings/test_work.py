"""How much work a check is, counted in calls: it grows with the catalog and no faster, and stays beside an import's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.bench_findings import catalog_source, check, load, program_of


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    def write(types: int) -> Path:
        path = tmp_path / f"catalog{types}.py"
        path.write_text(catalog_source(types), encoding="utf-8")
        return path

    yield write
    sys.modules.pop("bench_catalog", None)


def calls(work: Callable[[], object]) -> int:
    """Count the calls of functions, those written in C too."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def calls_of_check(path: Path) -> int:
    program = program_of(load(path))
    description = program.catalog()
    return calls(lambda: check(program, description, path))


def test_work_grows_with_the_catalog_and_no_faster(catalog: Callable[[int], Path]) -> None:
    check_once = calls_of_check(catalog(10))  # what is kept for good is made now
    assert check_once > 0
    assert calls_of_check(catalog(120)) < 4 * 1.3 * calls_of_check(catalog(30))


def test_a_check_is_no_other_order_of_work_than_an_import(catalog: Callable[[int], Path]) -> None:
    """An import makes few calls, but long ones (``exec`` for each class); the benchmark compares the times."""
    path = catalog(60)
    assert calls_of_check(path) < 15 * calls(lambda: load(path))


def test_the_catalog_of_the_benchmark_has_what_a_check_looks_at(catalog: Callable[[int], Path]) -> None:
    path = catalog(5)
    program = program_of(load(path))
    findings = check(program, program.catalog(), path)
    assert [each.code for each in findings] == ["EV209"] * 5
