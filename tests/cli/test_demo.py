"""``inspector demo``."""

from __future__ import annotations

import csv
import json
import math
import re
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from inspector.app import recording
from inspector.cli.demo import DemoResult
from inspector.cli.outcome import RunOutcome
from inspector.core.records.account import RunCounts
from inspector.store.database import SessionsDatabase
from inspector.store.trouble import NoRoom
from tests.cli.conftest import Cli

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


def test_every_event_is_fired_once_and_nothing_fails(cli: Cli, tmp_path: Path) -> None:
    target = tmp_path / "run.jsonl"
    ran = cli("demo", "--json", "--seed", 1, "--export", target)
    assert (ran.code, ran.err) == (0, "")
    told = ran.json
    assert (told["fired"], told["published"], told["derived"], told["executions"]) == (77, 79, 2, 185)
    assert (told["by_status"], told["unexpected"], told["unheard"]) == ({"ok": 185}, 0, 0)
    assert (told["seed"], told["export"], told["screenshot"]) == (1, str(target), None)
    assert len(told["slowest"]) == 5
    (session,) = cli("sessions", "--json").json
    assert (session["id"], session["name"], session["executions"]) == (told["session"], told["name"], 185)
    records = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()][1:]
    published = [record for record in records if record["record"] == "Published"]
    assert len({record["event_type"] for record in published}) == 77
    derived = [record for record in published if record["cause"]]
    assert [record["event_type"] for record in derived] == ["PortfolioNetWorthRecalculated"] * 2
    assert len({record["handler"] for record in records if record["record"] == "HandlerStarted"}) == 181


def test_with_faults_only_what_was_injected_goes_wrong(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.cli.demo.TIMEOUT_WITH_FAULTS", 5.0)
    target = tmp_path / "run.csv"
    ran = cli("demo", "--faults", "--export", target)
    assert ran.code == 0
    assert "Only injected failures (6)." in ran.out
    assert "Swallowed exceptions" in ran.out
    assert "(injected)" in ran.out
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 185
    bad = [row for row in rows if row["status"] in ("failed", "timed_out")]
    assert len(bad) == 6
    assert all(row["fault"] for row in bad)
    assert {row["fault"] for row in rows} == {"", "fail", "slow", "hang", "swallow"}


def test_a_failure_that_was_not_injected_ends_with_1() -> None:
    counts = RunCounts(1, 0, 0, executions=2, never_awaited=0, attempts=2, by_status={"ok": 1, "failed": 1})
    fine = RunOutcome(counts, [], [], [], [], 0, 0, [])
    result = DemoResult("x", 1, fine, [], [])
    assert result.exit_code == 0
    assert replace(result, outcome=replace(fine, unexpected=1)).exit_code == 1
    assert replace(result, outcome=replace(fine, host_errors=["Recording stopped."])).exit_code == 1
    assert replace(result, refused=["A: no"]).exit_code == 1


@pytest.mark.parametrize("option", ["--screenshot", "--export"])
def test_a_place_that_is_not_there_is_told_before_the_run(cli: Cli, db: Path, tmp_path: Path, option: str) -> None:
    ran = cli("demo", option, tmp_path / "nowhere" / "x.png")
    assert (ran.code, ran.out) == (1, "")
    assert "No folder" in ran.err
    assert not db.exists()


def disk_with_room(monkeypatch: pytest.MonkeyPatch, after: float) -> None:
    """Let the database open only at the ``after``-th attempt: before, its disk is full."""
    opening, attempts = SessionsDatabase.open, count(1)

    async def opened(database: SessionsDatabase) -> None:
        if next(attempts) < after:
            raise NoRoom("The disk is full.", "Free some space; recording then continues.")
        await opening(database)

    monkeypatch.setattr(SessionsDatabase, "open", opened)


@pytest.mark.allow_log("inspector.store.writer")
@pytest.mark.parametrize("command", [("demo",), ("fire", "UserLoginSucceeded", "--demo")])
def test_on_a_full_disk_it_fires_and_stores_as_soon_as_there_is_room(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    disk_with_room(monkeypatch, after=3)
    ran = cli(*command, "--json")
    assert "recording then continues" in ran.err
    assert "The session is being saved again." in ran.err
    assert (ran.code, ran.json["lost"]) == (0, 0)
    (session,) = cli("sessions", "--json").json
    assert (session["state"], session["id"]) == ("closed", ran.json["session"])


@pytest.mark.allow_log("inspector.store.writer")
@pytest.mark.allow_log("inspector.notices")
def test_on_a_disk_that_stays_full_it_says_what_was_lost_and_what_was_not_written(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    disk_with_room(monkeypatch, after=math.inf)
    monkeypatch.setattr(recording, "PATIENCE", 0.0)
    target = tmp_path / "run.csv"
    ran = cli("demo", "--export", target)
    assert ran.code == 1
    assert re.search(r"\d+ records were lost: The disk is full", ran.err)
    assert f"{target} was not written because the run was not saved." in ran.err
    assert not target.exists()
