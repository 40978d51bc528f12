#!/usr/bin/env python3
"""Say how many lines of each room the tests run, and end with 1 where that is less than the room's floor.

    make coverage                                   run all tests, then this
    tools/coverage_rooms.py --missing ui/features   the lines under a folder that no test runs
    tools/coverage_rooms.py --raise                 raise the floors to what was reached

Floors are percents of lines, in coverage_floors.toml. They may only rise: nothing here lowers one.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coverage import Coverage

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "inspector"
FLOORS = Path(__file__).with_name("coverage_floors.toml")
#: The name under which the floor of all rooms together stands.
ALL = "all"
#: What runs in callbacks of ``sys.monitoring``: Python tells no other tool of it, so nothing can measure it. What these
#: modules do is held by programs that keep a tally, on every Python from 3.12 on.
UNSEEN = (
    *("agent/observe/", "agent/effects/handled.py", "agent/effects/leftover.py", "agent/run/counting.py"),
    # In processes of watched commands, before and beside everything else, on Pythons that the tests find.
    *("agent/run/front/", "agent/run/reporter.py", "agent/run/scout.py", "agent/run/start.py", "agent/run/wayin.py"),
)
#: What is reached differs a little from run to run: some lines are run only when a thread is late.
PLAY = 0.3


@dataclass(frozen=True)
class Module:
    """Lines of one file.

    Attributes:
        path: Relative to the package, with slashes.
        lines: How many lines can be run.
        missing: Numbers of those that were not.
    """

    path: str
    lines: int
    missing: tuple[int, ...]

    @property
    def room(self) -> str:
        """The folder below the package; empty for the package's own modules."""
        return self.path.rpartition("/")[0].partition("/")[0]


@dataclass
class Count:
    """How many lines there are, and how many of them were run."""

    lines: int = 0
    run: int = 0

    @property
    def percent(self) -> float:
        """Lines that were run, of a hundred; 100 where there are none."""
        return 100 * self.run / self.lines if self.lines else 100.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Report on the last measurement; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", metavar="FOLDER", help="list the lines that no test runs")
    parser.add_argument("--raise", dest="higher", action="store_true", help="raise the floors to what was reached")
    parser.add_argument("--part", action="store_true", help="only a part of the tests was run: compare with no floor")
    options = parser.parse_args(arguments)
    modules = measured()
    if options.missing is not None:
        print(*missing_lines(modules, options.missing), sep="\n")
        return 0
    counts = count_rooms(modules)
    floors = tomllib.loads(FLOORS.read_text("utf-8"))["floors"]
    if options.higher:
        floors = raised(floors, counts)
        FLOORS.write_text(written(FLOORS.read_text("utf-8"), floors), "utf-8")
    print(*table(counts, {} if options.part else floors), sep="\n")
    complaints = [] if options.part else too_low(counts, floors)
    print(*complaints, sep="\n", end="\n" if complaints else "", file=sys.stderr)
    return 1 if complaints else 0


def measured() -> list[Module]:
    """Join what the processes of the last run have written, and return the package's modules.

    Raises:
        coverage.exceptions.NoDataError: Nothing was measured: run ``make coverage``.
    """
    from coverage import Coverage

    coverage = Coverage(config_file=str(ROOT / "pyproject.toml"))
    if lost := join(coverage):
        print(f"{lost} processes were killed while they wrote which lines they had run")
    modules = []
    for path in sorted(PACKAGE.rglob("*.py")):
        _, lines, _, missing, _ = coverage.analysis2(str(path))
        modules.append(Module(path.relative_to(PACKAGE).as_posix(), len(lines), tuple(missing)))
    return modules


def join(coverage: Coverage) -> int:
    """Join what each process has written with what was joined before; return how many files could not be read.

    A process that a test kills while it writes leaves half a file. It is removed: read again alone, it would take the
    place of everything else.
    """
    data = Path(coverage.config.data_file)
    if data.exists():
        coverage.load()
    if any(data.parent.glob("data.*")):
        coverage.combine([str(data.parent)], keep=False)
        coverage.save()
    halves = list(data.parent.glob("data.*"))
    for half in halves:
        half.unlink()
    return len(halves)


def count_rooms(modules: Sequence[Module]) -> dict[str, Count]:
    """Return the count of each room by its name, and that of the whole package as ``all``."""
    counts = {ALL: Count()}
    for module in modules:
        if module.path.startswith(UNSEEN):
            continue
        for name in {ALL, module.room or ALL}:
            count = counts.setdefault(name, Count())
            count.lines += module.lines
            count.run += module.lines - len(module.missing)
    return counts


def reached(count: Count) -> int:
    """Return the whole percents that another run of the same tests reaches as well."""
    return int(max(0.0, count.percent - PLAY)) if count.percent < 100 else 100


def too_low(counts: Mapping[str, Count], floors: Mapping[str, int]) -> list[str]:
    """Return a sentence for each room that is below its floor, that has none, or that is no more."""
    sentences = []
    for name, count in counts.items():
        if name not in floors:
            sentences.append(f"{name}: there is no floor in {FLOORS.name} yet; {reached(count)} is reached")
        elif count.percent < floors[name]:
            sentences.append(f"{name}: tests run {count.percent:.1f} % of the lines, the floor is {floors[name]} %")
    gone = sorted(set(floors) - set(counts))
    return [*sentences, *(f"{name}: {FLOORS.name} has a floor for a room that is no more" for name in gone)]


def raised(floors: Mapping[str, int], counts: Mapping[str, Count]) -> dict[str, int]:
    """Return the floors, each raised to what was reached; one that is higher stays."""
    return {name: max(floors.get(name, 0), reached(count)) for name, count in counts.items()}


def written(text: str, floors: Mapping[str, int]) -> str:
    """Return the file's text with these floors; its comment stays."""
    head = text.partition("[floors]")[0]
    return head + "[floors]\n" + "".join(f"{name} = {floor}\n" for name, floor in sorted(floors.items()))


def table(counts: Mapping[str, Count], floors: Mapping[str, int]) -> list[str]:
    """Return a line for each room, the whole last."""
    lines = [f"{'room':<10}{'lines':>8}{'run':>8}{'%':>8}{'floor':>8}"]
    for name in [*sorted(counts.keys() - {ALL}), ALL]:
        count = counts[name]
        lines.append(f"{name:<10}{count.lines:>8}{count.run:>8}{count.percent:>8.1f}{floors.get(name, ''):>8}")
    return lines


def missing_lines(modules: Sequence[Module], folder: str) -> list[str]:
    """Return ``path: count of lines: ranges`` for the modules under a folder, the one that misses most first."""
    inside = [module for module in modules if module.missing and module.path.startswith(folder.strip("/"))]
    inside.sort(key=lambda module: -len(module.missing))
    return [f"{len(module.missing):5} of {module.lines:<5}{module.path}: {ranges(module.missing)}" for module in inside]


def ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers as text, neighbours joined: ``3-5, 9``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)


if __name__ == "__main__":
    sys.exit(main())
