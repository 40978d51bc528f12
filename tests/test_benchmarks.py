"""The runner of the benchmarks: it believes no figure that contradicts itself, and a miss is a failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as runner
from benchmarks import bench_run, bench_start, figure


@pytest.mark.parametrize(
    ("value", "sense", "bound", "holds"),
    [(1.0, "<=", 1.1, True), (1.2, "<=", 1.1, False), (0.6, ">=", 0.6, True), (0.5, ">=", 0.6, False)],
)
def test_a_figure_is_judged_by_its_bound(value: float, sense: Any, bound: float, holds: bool) -> None:
    assert figure("x", value, sense, bound)["holds"] is holds


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "returned no figures"),
        ({"name": "x"}, "returned no figures"),
        ([{"name": "x", "value": 1.0, "bound": 2.0, "holds": True}], "malformed"),
        ([{"name": "x", "value": 1.0, "sense": "<", "bound": 2.0, "holds": True}], "malformed"),
        ([{"name": "x", "value": 3.0, "sense": "<=", "bound": 2.0, "holds": True}], "contradicts itself"),
        (
            [{"name": "x", "value": float("inf"), "sense": ">=", "bound": 2.0, "holds": True}],
            "contradicts itself",
        ),
    ],
)
def test_unusable_figures_are_refused(data: object, sentence: str) -> None:
    with pytest.raises(runner.BenchmarkError, match=sentence):
        runner.checked("x", data)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of benchmarks, whose results go there too."""
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    for name in ("__init__.py", "__main__.py"):
        (folder / name).write_bytes((runner.HERE / name).read_bytes())
    monkeypatch.setattr(runner, "HERE", folder)
    monkeypatch.setattr(runner, "RESULTS", folder / "results.json")
    return folder


def add(folder: Path, name: str, body: str) -> None:
    source = f"from benchmarks import figure\n\n\ndef run():\n    {body}\n"
    (folder / f"bench_{name}.py").write_text(source, encoding="utf-8")


def test_what_holds_is_written_and_ends_with_0(bench: Path, capfd: pytest.CaptureFixture[str]) -> None:
    add(bench, "a", "return [figure('a ratio', 0.5, '<=', 1.1)]")
    assert runner.main([]) == 0
    assert json.loads((bench / "results.json").read_text(encoding="utf-8")) == [
        {"name": "a ratio", "value": 0.5, "sense": "<=", "bound": 1.1, "holds": True}
    ]
    assert "a ratio" in capfd.readouterr().out


@pytest.mark.parametrize(
    "body", ["return [figure('a ratio', 1.2, '<=', 1.1)]", "raise ValueError('broken')", "return []"]
)
def test_a_miss_or_a_failure_ends_with_1(bench: Path, body: str) -> None:
    add(bench, "a", body)
    assert runner.main([]) == 1


def test_a_benchmark_that_hangs_is_ended(bench: Path) -> None:
    add(bench, "a", "__import__('threading').Event().wait()")
    figures, failures = runner.run_all(["a", "b"], limit=1.2)
    assert figures == []
    assert "bench_a was ended" in failures[0]
    assert "bench_b was not started" in failures[1]


def test_no_benchmarks_is_a_failure(bench: Path) -> None:
    assert runner.main([]) == 1


def test_what_a_run_costs_is_not_measured_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_run, "PYTHONS", {"3.12": tmp_path / "stacks" / "bin" / "python"})
    assert bench_run.run() == [figure("run.not_measured", 0.0, "<=", 0.0)]
    said = capfd.readouterr().err.splitlines()
    assert [line.partition(": there is no stacks: ")[0] for line in said] == [
        "Not measured: run.requests_*.uvloop_httptools.3.12",
        "Not measured: run.requests_*.asyncio_h11.3.12",
        "Not measured: run.start_*.3.12",
    ]


def test_the_first_frame_is_measured_and_comes_within_ten_times_its_bound(tmp_path: Path) -> None:
    bare, ours = (bench_start.first_frame(script, tmp_path) for script in (bench_start.BARE, bench_start.OURS))
    for base, own in zip(bare, ours, strict=True):  # wall, CPU; nothing is compiled yet, and other tests run beside it
        assert own <= 10 * bench_start.BOUND * base
