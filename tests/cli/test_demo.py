"""``inspector demo``."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.cli.demo import DemoResult
from inspector.cli.outcome import RunOutcome
from inspector.core.records.account import RunCounts
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
    monkeypatch.setattr("inspector.cli.demo.TIMEOUT_WITH_FAULTS", 1.0)
    target = tmp_path / "run.csv"
    ran = cli("demo", "--faults", "--export", target)
    assert ran.code == 0
    assert "Nothing went wrong but what was injected (6 failures)." in ran.out
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
    assert "There is no folder" in ran.err
    assert not db.exists()
