"""The runner of the benchmarks: it believes no figure that contradicts itself, and a miss is a failure."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as runner
from benchmarks import bench_run, bench_start, figure, scratch
from tests.patience import PATIENCE


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


#: Starts a program that writes into a folder of its own for as long as it lives, tells where, and waits.
LEAVES = """
    import os, subprocess, sys, tempfile, threading
    with tempfile.TemporaryDirectory(prefix="benchmark-test-") as folder:
        writes = "import itertools; [open(str(n % 9), 'w').close() for n in itertools.count()]"
        program = subprocess.Popen([sys.executable, "-c", writes], cwd=folder)
        try:
            with open({told!r}, "w") as file:
                file.write(f"{{folder}}\\n{{program.pid}}\\n{{os.getpid()}}\\n")
            {waits}
        finally:
            program.kill()
            program.wait()
"""


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def told_by(path: Path, runs: Callable[[], bool]) -> tuple[Path, int, int]:
    """Return the folder that a benchmark tells of, and the numbers of the program in it and of its own process."""
    wait_for(lambda: not runs() or (path.exists() and path.read_text().count("\n") == 3))
    assert runs()
    folder, program, process = path.read_text().split()
    return Path(folder), int(program), int(process)


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_leaves_no_folder_and_no_program(bench: Path, tmp_path: Path, number: int) -> None:
    told, temporary = tmp_path / "told", tmp_path / "temporary"
    temporary.mkdir()
    add(bench, "a", LEAVES.format(told=str(told), waits="threading.Event().wait()"))
    command = [sys.executable, "-m", "benchmarks", "a"]
    process = subprocess.Popen(command, cwd=bench.parent, env={**os.environ, "TMPDIR": str(temporary)})
    try:
        folder, program, measuring = told_by(told, lambda: process.poll() is None)
        assert temporary in folder.parents
        process.send_signal(number)
        assert process.wait(PATIENCE) != 0
    finally:
        process.kill()
        process.wait()
    assert list(temporary.iterdir()) == []
    wait_for(lambda: is_gone(program) and is_gone(measuring))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_a_benchmark_that_will_not_end_is_killed_with_what_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "ENDING_SECONDS", 0.2)
    waits = "import threading; threading.Event().wait()"
    deaf = f"""if True:
        import signal, subprocess, sys
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(subprocess.Popen([sys.executable, "-c", {waits!r}]).pid, flush=True)
        {waits}
    """
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, process_group=0)
    assert process.stdout is not None
    with process.stdout as said:
        program = int(said.readline())
        runner.end_program(process)
        assert process.returncode == -signal.SIGKILL
        assert said.read() == b""  # comes to its end when all who have it are gone
    wait_for(lambda: is_gone(program))
    runner.end_program(process)  # nothing is left to end


def test_a_folder_is_removed_though_something_still_writes_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tried, remove = threading.Event(), shutil.rmtree

    def rmtree(path: Path) -> None:
        try:
            remove(path)
        finally:
            tried.set()

    def write() -> None:
        with contextlib.suppress(OSError):  # the folder is gone
            while not tried.is_set():
                Path(tempfile.mkdtemp(dir=folder), "kept").touch()

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    with scratch("benchmark-test-") as folder:
        writing = threading.Thread(target=write)
        writing.start()
    assert not folder.exists()
    writing.join(PATIENCE)
    assert not folder.exists()


def test_no_benchmarks_is_a_failure(bench: Path) -> None:
    assert runner.main([]) == 1


def written(path: Path, *figures: Any) -> Path:
    path.write_text(json.dumps(figures), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (figure("x", 0.5, "<=", 1.0), figure("x", 0.54, "<=", 1.0), "same"),
        (figure("x", 0.5, "<=", 1.0), figure("x", 0.6, "<=", 1.0), "WORSE"),
        (figure("x", 0.5, "<=", 1.0), figure("x", 0.4, "<=", 1.0), "better"),
        (figure("x", 0.5, ">=", 0.1), figure("x", 0.4, ">=", 0.1), "WORSE"),
        (figure("x", 0.5, ">=", 0.1), figure("x", 0.6, ">=", 0.1), "better"),
        (figure("x", 0.99, "<=", 1.0), figure("x", 1.01, "<=", 1.0), "MISSED"),
        (figure("x", 1.2, "<=", 1.0), figure("x", 1.21, "<=", 1.0), "same"),  # it was missed before
        (figure("x", 0.0, "<=", 3.0), figure("x", 1.0, "<=", 3.0), "WORSE"),
        (figure("x", 0.5, "<=", 0.6), figure("x", 0.5, "<=", 0.4), "MISSED"),  # the bound is another
    ],
)
def test_figures_of_two_runs_are_compared(
    bench: Path, capfd: pytest.CaptureFixture[str], before: Any, now: Any, verdict: str
) -> None:
    written(bench / "results.json", now)
    assert runner.main(["--against", str(written(bench / "other.json", before))]) == int(verdict.isupper())
    line = capfd.readouterr().out.split()
    assert line[:4] == [verdict, "x", f"{before['value']:g}", f"{now['value']:g}"]
    assert line[-2:] == [now["sense"], f"{now['bound']:g}"]


def test_figures_of_one_run_only_are_told(bench: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = written(bench / "other.json", figure("old", 1.0, "<=", 2.0))
    written(bench / "results.json", figure("good", 1.0, "<=", 2.0), figure("bad", 3.0, "<=", 2.0))
    assert runner.main(["--against", str(other)]) == 1
    assert [line.split()[:2] for line in capfd.readouterr().out.splitlines()] == [
        ["new", "good"],
        ["MISSED", "bad"],
        ["GONE", "old"],
    ]


def test_some_benchmarks_are_measured_and_compared(bench: Path, capfd: pytest.CaptureFixture[str]) -> None:
    add(bench, "a", "return [figure('a ratio', 0.5, '<=', 1.1)]")
    other = written(bench / "other.json", figure("a ratio", 0.25, "<=", 1.1), figure("b ratio", 1.0, "<=", 2.0))
    assert runner.main(["a", "--against", str(other)]) == 1
    assert [line.split() for line in capfd.readouterr().out.splitlines()] == [
        ["WORSE", "a", "ratio", "0.25", "0.5", "+100%", "<=", "1.1"]
    ]


@pytest.mark.parametrize("text", ["", "{}", "[]", '[{"name": "x", "value": 1}]', "\ufffd["])
@pytest.mark.parametrize("which", ["results.json", "other.json"])
def test_results_that_cannot_be_compared_are_named(
    bench: Path, capfd: pytest.CaptureFixture[str], text: str, which: str
) -> None:
    for name in ("results.json", "other.json"):
        written(bench / name, figure("x", 1.0, "<=", 2.0))
    (bench / which).write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        runner.main(["--against", str(bench / "other.json")])
    assert ended.value.code == 2
    assert which in capfd.readouterr().err


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
