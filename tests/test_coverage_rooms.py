"""The floors of coverage: what counts for which room, and that they hold and only rise."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.rooms import DOORS
from tools import coverage_rooms
from tools.coverage_rooms import (
    ALL,
    ROOT,
    Count,
    Module,
    count_rooms,
    main,
    missing_lines,
    raised,
    ranges,
    too_low,
    written,
)

#: What the project asks of itself, whatever was reached.
LEAST = {ALL: 90, "core": 93, "store": 93, "analysis": 93, "ui": 85}

MODULES = [
    Module("__main__.py", 10, (1, 2)),
    Module("core/values/read.py", 100, (3, 4, 5, 9)),
    Module("core/errors.py", 50, ()),
    Module("ui/desk.py", 40, (7,)),
    Module("ui/features/__init__.py", 0, ()),
]


def test_lines_count_for_the_room_their_module_lies_in_and_for_the_whole() -> None:
    counts = count_rooms(MODULES)
    assert counts == {ALL: Count(200, 193), "core": Count(150, 146), "ui": Count(40, 39)}
    assert counts["ui"].percent == 97.5
    assert Count().percent == 100


def test_what_nothing_can_measure_counts_for_no_room() -> None:
    unseen = Module("agent/observe/monitor.py", 30, (7, 8))
    assert count_rooms([*MODULES, unseen]) == count_rooms(MODULES)


JOINING = """
import sys, warnings
from coverage import Coverage, CoverageData
from tools.coverage_rooms import join

warnings.simplefilter("ignore")
data = sys.argv[1]
for number in (1, 2):
    one = CoverageData(f"{data}.one{number}")
    one.add_lines({"/module.py": [number]})
    one.write()
with open(f"{data}.half", "wb") as half:
    half.write(b"SQLite format 3 and no more")
first, again = (Coverage(data_file=data, config_file=False) for _ in range(2))
print(join(first), join(again), again.get_data().lines("/module.py"))
"""


def test_half_a_file_of_a_killed_process_takes_nothing_of_the_others_away(tmp_path: Path) -> None:
    # In a process of its own: what is joined here would end what measures the tests.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", JOINING, str(tmp_path / "data")]
    ran = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ("1 0 [1, 2]\n", 0), ran.stderr


def test_a_room_below_its_floor_is_told_and_one_without_a_floor_too() -> None:
    counts = count_rooms(MODULES)
    assert too_low(counts, {ALL: 96, "core": 97, "ui": 97}) == []
    assert too_low(counts, {ALL: 97, "core": 98, "cli": 5}) == [
        "all: tests run 96.5 % of the lines, the floor is 97 %",
        "core: tests run 97.3 % of the lines, the floor is 98 %",
        "ui: there is no floor in coverage_floors.toml yet; 97 is reached",
        "cli: coverage_floors.toml has a floor for a room that is no more",
    ]


def test_floors_rise_to_whole_percents_that_are_surely_reached_and_never_fall() -> None:
    counts = {ALL: Count(1000, 952), "core": Count(10, 10), "ui": Count(100, 50), "cli": Count(1000, 961)}
    assert raised({ALL: 90, "ui": 60}, counts) == {ALL: 94, "core": 100, "ui": 60, "cli": 95}
    assert written("# why\n[floors]\nall = 1\n", {"core": 2, "all": 1}) == "# why\n[floors]\nall = 1\ncore = 2\n"


def test_missing_lines_are_listed_for_a_folder_the_most_first() -> None:
    assert missing_lines(MODULES, "core/") == ["    4 of 100  core/values/read.py: 3-5, 9"]
    assert [line.split()[3] for line in missing_lines(MODULES, "")] == [
        "core/values/read.py:",
        "__main__.py:",
        "ui/desk.py:",
    ]
    assert ranges([]) == ""


def test_the_report_ends_with_1_where_a_floor_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    floors = tmp_path / "coverage_floors.toml"
    floors.write_text("# They may only rise.\n[floors]\nall = 97\ncore = 90\nui = 90\n", "utf-8")
    monkeypatch.setattr(coverage_rooms, "FLOORS", floors)
    monkeypatch.setattr(coverage_rooms, "measured", lambda: MODULES)
    assert main([]) == 1
    assert "all: tests run 96.5 % of the lines, the floor is 97 %" in capsys.readouterr().err
    assert main(["--part"]) == 0
    assert main(["--missing", "ui"]) == 0
    assert "ui/desk.py: 7" in capsys.readouterr().out
    assert main(["--raise"]) == 1
    assert floors.read_text("utf-8") == "# They may only rise.\n[floors]\nall = 97\ncore = 97\nui = 97\n"


def test_every_room_has_a_floor_not_below_what_the_project_asks_of_itself() -> None:
    floors = tomllib.loads(coverage_rooms.FLOORS.read_text("utf-8"))["floors"]
    assert set(floors) == {ALL, *DOORS} - {"", "__main__"}
    assert {name: floors[name] for name, least in LEAST.items() if floors[name] < least} == {}
