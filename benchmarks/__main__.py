"""Runs every benchmark, prints a table and writes `benchmarks/results.json`; exits 1 when a bound is missed.

    python -m benchmarks            all of them
    python -m benchmarks bus store  only bench_bus and bench_store (results.json is left as it was)

Each module runs in a process of its own, so that no measurement pays for the garbage of another, and a hung
one can be ended: all together have 12 minutes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from benchmarks import Figure, figure

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
# A little less than the promised twelve minutes: writing the table has to fit in too.
LIMIT_SECONDS = 11.75 * 60


class BenchmarkError(Exception):
    """A benchmark gave no usable figures."""


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
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        into = Path(folder, "figures.json")
        command = [sys.executable, "-m", "benchmarks", "--into", str(into), name]
        try:
            done = subprocess.run(command, cwd=HERE.parent, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(f"bench_{name} was ended after {seconds:.0f} s") from error
        if done.returncode != 0:
            raise BenchmarkError(f"bench_{name} ended with status {done.returncode}")
        return checked(name, json.loads(into.read_text(encoding="utf-8")))


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


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    known = module_names(HERE)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and check the bounds.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(known)}")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    names = cast("list[str]", options.names)
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are: {', '.join(known)}")
    if options.into is not None:
        run_here(names[0], options.into)
        return 0
    figures, failures = run_all(names or known)
    print(table(figures))
    for sentence in failures:
        print(sentence, file=sys.stderr)
    if not names:
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(bool(failures) or not figures or not all(item["holds"] for item in figures))


if __name__ == "__main__":
    sys.exit(main())
