"""Runs every benchmark, prints a table and writes `benchmarks/results.json`; exits 1 when a bound is missed.

    python -m benchmarks                       all of them
    python -m benchmarks bus store             only bench_bus and bench_store (results.json is left as it was)
    python -m benchmarks --against FILE        measure nothing: compare results.json with that of another run
    python -m benchmarks bus --against FILE    measure bench_bus and compare its figures

Each module runs in a process of its own, so that no measurement pays for the garbage of another, and a hung
one can be ended: all together have 12 minutes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from benchmarks import Figure, figure, scratch

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
# A little less than the promised twelve minutes: writing the table has to fit in too.
LIMIT_SECONDS = 11.75 * 60
#: By how much a figure may be worse than that of another run before it counts as worse: what two runs differ by anyway.
TOLERANCE = 0.10
# Seconds that a benchmark has to end what it has started, once it is told to end.
ENDING_SECONDS = 10.0


class BenchmarkError(Exception):
    """A benchmark gave no usable figures."""


@dataclass(frozen=True)
class Compared:
    """A figure of two runs.

    Attributes:
        name: The figure's name.
        verdict: ``same``, ``better``, ``WORSE``, ``MISSED`` (its bound, which it kept before, or it is new), ``new`` or
            ``GONE``.
        before: Its value in the other run, None when that does not have it.
        now: Its value, None when it was not measured.
        bound: Its bound, with the sense before it.
    """

    name: str
    verdict: str
    before: float | None
    now: float | None
    bound: str

    @property
    def change(self) -> float | None:
        """By how much of its value before it has grown; None where there is no such share."""
        return None if self.now is None or not self.before else self.now / self.before - 1


def module_names(folder: Path) -> list[str]:
    """The benchmarks of a folder, without their `bench_`, in the order of their names."""
    return sorted(path.stem.removeprefix("bench_") for path in folder.glob("bench_*.py"))


def checked(name: str, data: object) -> list[Figure]:
    """The figures that a benchmark returned, judged again here.

    Raises:
        BenchmarkError: They are no list of figures, or a `holds` contradicts its own numbers.
    """
    if not isinstance(data, list) or not data:
        raise BenchmarkError(f"bench_{name}.run() returned no figures")
    figures = []
    for item in data:
        try:
            value, bound = float(item["value"]), float(item["bound"])
            judged = figure(str(item["name"]), value, item["sense"], bound)
            holds = item["holds"]
        except (KeyError, TypeError, ValueError) as error:
            raise BenchmarkError(f"bench_{name} returned a malformed figure: {item!r} ({error!r})") from error
        if not math.isfinite(value) or holds is not judged["holds"]:
            raise BenchmarkError(f"bench_{name} returned a figure that contradicts itself: {item!r}")
        figures.append(judged)
    return figures


def measure(name: str, seconds: float) -> list[Figure]:
    """Run one benchmark in a process of its own.

    Args:
        name: The module without its `bench_`.
        seconds: How long it may take.

    Raises:
        BenchmarkError: It failed, took too long, or returned no usable figures.
    """
    with scratch("benchmark-") as folder:
        into = folder / "figures.json"
        command = [sys.executable, "-m", "benchmarks", "--into", str(into), name]
        # Whatever it keeps in files goes with it, and an interrupt is for us alone: it is then told to end.
        process = subprocess.Popen(
            command,
            cwd=HERE.parent,
            env={**os.environ, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(f"bench_{name} was ended after {seconds:.0f} s") from error
        finally:
            end_program(process)
        if status != 0:
            raise BenchmarkError(f"bench_{name} ended with status {status}")
        return checked(name, json.loads(into.read_text(encoding="utf-8")))


def end_program(process: subprocess.Popen[bytes]) -> None:
    """End a program that leads a process group, and what it has started there: first it may do that itself."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _leave(number: int, _frame: object) -> None:
    """End because of a signal as with an exception, so that what was started is ended and folders are removed."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def run_here(name: str, into: Path) -> None:
    """Run one benchmark in this process and write its figures; what a child of `measure` does."""
    module = importlib.import_module(f"benchmarks.bench_{name}")
    into.write_text(json.dumps(module.run()), encoding="utf-8")


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of text, aligned."""
    width = max((len(item["name"]) for item in figures), default=0)
    return "\n".join(
        f"{'ok    ' if item['holds'] else 'MISSED'}  {item['name']:<{width}}"
        f"  {item['value']:>12.4g}  {item['sense']} {item['bound']:g}"
        for item in figures
    )


def read_results(path: Path) -> list[Figure]:
    """Return the figures of a run that were written to a file.

    Raises:
        BenchmarkError: It cannot be read, or holds no usable figures.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path} cannot be read: {error}") from error
    try:
        return checked(path.name, data)
    except BenchmarkError as error:
        raise BenchmarkError(f"{path} holds no results of a run.") from error


def compare(before: Sequence[Figure], now: Sequence[Figure]) -> list[Compared]:
    """Return the figures of both runs, those of this one first."""
    earlier = {item["name"]: item for item in before}
    compared = []
    for item in now:
        other = earlier.pop(item["name"], None)
        verdict, value = _verdict(other, item), None if other is None else other["value"]
        compared.append(Compared(item["name"], verdict, value, item["value"], f"{item['sense']} {item['bound']:g}"))
    for item in earlier.values():
        bound = f"{item['sense']} {item['bound']:g}"
        compared.append(Compared(item["name"], "GONE", item["value"], None, bound))
    return compared


def _verdict(before: Figure | None, now: Figure) -> str:
    if not now["holds"] and (before is None or before["holds"]):
        return "MISSED"
    if before is None:
        return "new"
    less, more = sorted((before["value"], now["value"]))
    if more - less <= TOLERANCE * abs(less):
        return "same"
    return "better" if (now["value"] == less) is (now["sense"] == "<=") else "WORSE"


def comparison_table(compared: Sequence[Compared]) -> str:
    """Return the figures of two runs as lines of text, aligned: before, now, change, bound."""
    width = max((len(item.name) for item in compared), default=0)
    lines = []
    for item in compared:
        values = "".join(f"  {'-' if value is None else format(value, '.4g'):>10}" for value in (item.before, item.now))
        change = "" if item.change is None else f"{item.change:+.0%}"
        lines.append(f"{item.verdict:<6}  {item.name:<{width}}{values}  {change:>6}  {item.bound}")
    return "\n".join(lines)


def run_all(names: Sequence[str], limit: float = LIMIT_SECONDS) -> tuple[list[Figure], list[str]]:
    """Run benchmarks one after another; return their figures and a sentence for each that failed."""
    figures: list[Figure] = []
    failures: list[str] = []
    end = time.monotonic() + limit
    for name in names:
        left = end - time.monotonic()
        if left <= 1:
            failures.append(f"bench_{name} was not started: the time was up")
            continue
        print(f"bench_{name} …", file=sys.stderr, flush=True)
        try:
            figures += measure(name, left)
        except BenchmarkError as error:
            failures.append(str(error))
    return figures, failures


def against(path: Path, names: Sequence[str]) -> int:
    """Compare with the figures of another run those of the last one, or of these benchmarks; return the exit status.

    Raises:
        BenchmarkError: There are no usable figures of the other run, or of the last.
    """
    before = read_results(path)
    if names:
        now, failures = run_all(names)
        measured = {item["name"] for item in now}
        before = [item for item in before if item["name"] in measured]
    else:
        now, failures = read_results(RESULTS), []
    compared = compare(before, now)
    print(comparison_table(compared))
    for sentence in failures:
        print(sentence, file=sys.stderr)
    return int(bool(failures) or any(item.verdict.isupper() for item in compared))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    known = module_names(HERE)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and check the bounds.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(known)}")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="compare with the results of another run; 1: something is worse"
    )
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    names = cast("list[str]", options.names)
    signal.signal(signal.SIGTERM, _leave)
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are: {', '.join(known)}")
    if options.into is not None:
        run_here(names[0], options.into)
        return 0
    if options.against is not None:
        try:
            return against(options.against, names)
        except BenchmarkError as error:
            parser.error(str(error))
    figures, failures = run_all(names or known)
    print(table(figures))
    for sentence in failures:
        print(sentence, file=sys.stderr)
    if not names:
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(bool(failures) or not figures or not all(item["holds"] for item in figures))


if __name__ == "__main__":
    sys.exit(main())
