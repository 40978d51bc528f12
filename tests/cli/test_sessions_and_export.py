"""``inspector sessions`` and ``inspector export``."""

from __future__ import annotations

import csv
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Cli

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


@pytest.fixture
def run(cli: Cli) -> Cli:
    """A session with 3 publications of 3 handlers each, one of which fails each time."""
    assert cli("fire", "UserLoginFailed", "--count", 3, "--no-session").code == 1
    return cli


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_to_look_for_sessions_makes_no_database(cli: Cli, db: Path) -> None:
    ran = cli("sessions", "--json")
    assert (ran.code, ran.json) == (0, [])
    assert "No sessions database" in ran.err
    assert "No sessions yet" in cli("sessions").out
    assert not db.exists()


def test_sessions_are_listed_the_newest_first(run: Cli) -> None:
    assert run("fire", "UserLoginAttempted").code == 0
    newest, oldest = run("sessions", "--json").json
    assert (newest["id"], oldest["id"]) == (2, 1)
    assert (oldest["publications"], oldest["executions"], oldest["failures"]) == (3, 9, 3)
    assert datetime.fromisoformat(oldest["started_at"]).utcoffset() == timedelta(0)
    listed = run("sessions")
    assert (listed.code, listed.err) == (0, "")
    assert len(listed.out.splitlines()) == 3
    assert newest["name"] in listed.out.splitlines()[1]


def test_jsonl_is_a_header_and_a_line_per_record(run: Cli, tmp_path: Path) -> None:
    target = tmp_path / "run.jsonl"
    ran = run("export", 1, "--format", "jsonl", "-o", target)
    assert (ran.code, ran.err) == (0, "")
    header, *records = (json.loads(line) for line in target.read_text(encoding="utf-8").splitlines())
    (session,) = run("sessions", "--json").json
    assert header == {"format": "inspector-run", "version": 2, "name": session["name"]}
    assert [record["seq"] for record in records] == list(range(1, session["records"] + 1))
    kinds = [record["record"] for record in records]
    assert kinds[0] == "SessionStarted"
    assert (kinds.count("Published"), kinds.count("HandlerStarted"), kinds.count("HandlerEnded")) == (3, 9, 9)


def test_csv_is_a_row_per_execution(run: Cli, tmp_path: Path) -> None:
    target = tmp_path / "run.csv"
    assert run("export", 1, "--format", "csv", "-o", target).code == 0
    rows = rows_of(target)
    assert len(rows) == 9
    assert [row["status"] for row in rows].count("failed") == 3
    assert {row["error_type"] for row in rows if row["status"] == "failed"} == {"RuntimeError"}


def test_summary_is_a_row_per_handler_with_the_exact_figures_of_its_executions(run: Cli, tmp_path: Path) -> None:
    executions, summary = tmp_path / "run.csv", tmp_path / "handlers.csv"
    assert run("export", 1, "--format", "csv", "-o", executions).code == 0
    assert run("export", 1, "--format", "csv", "--summary", "-o", summary).code == 0
    rows = rows_of(summary)
    assert len(rows) == 3
    for row in rows:
        own = [one for one in rows_of(executions) if one["handler"].endswith(":" + row["name"])]
        durations = np.array([int(one["duration_ns"]) for one in own])
        assert int(row["counts"]) == len(durations) == 3
        assert int(row["failures"]) == (3 if "Audit" in row["name"] else 0)
        assert int(row["total_ns"]) == durations.sum()
        assert (int(row["min_ns"]), int(row["max_ns"])) == (durations.min(), durations.max())
        assert float(row["mean_ns"]) == pytest.approx(durations.mean())
        assert float(row["std_ns"]) == pytest.approx(durations.std())
        for name, percent in (("p50_ns", 50), ("p95_ns", 95), ("p99_ns", 99)):
            assert float(row[name]) == pytest.approx(np.percentile(durations, percent))
        assert Path(row["file"]).is_file()
    totals = [int(row["total_ns"]) for row in rows]
    assert totals == sorted(totals, reverse=True)


def test_markdown_is_a_table_of_the_handlers_and_every_failure(run: Cli, tmp_path: Path) -> None:
    target = tmp_path / "run.md"
    ran = run("export", 1, "--format", "markdown", "-o", target)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("3 handlers of ")
    (session,) = run("sessions", "--json").json
    handlers, failures = target.read_text(encoding="utf-8").split("## Failed executions")
    assert handlers.startswith(f"# {session['name']}\n")
    assert handlers.count("\n| ") == 2 + 3
    assert failures.count("| UserLoginFailed | ") == failures.count("| RuntimeError | ") == 3
    assert run("export", 1, "--format", "markdown", "--filter", "status:ok", "-o", target).code == 0
    text = target.read_text(encoding="utf-8")
    assert text.count("\n| ") == 2 + 2
    assert text.endswith("No execution failed.\n")


def test_a_filter_needs_a_format_that_can_leave_something_out(run: Cli, tmp_path: Path) -> None:
    ran = run("export", 1, "--format", "jsonl", "--filter", "status:ok", "-o", tmp_path / "x.jsonl")
    assert ran.code == 2
    assert "--filter needs --format csv or markdown" in ran.err


def test_a_session_is_found_by_its_name(run: Cli, tmp_path: Path) -> None:
    (session,) = run("sessions", "--json").json
    assert run("export", session["name"], "--format", "csv", "-o", tmp_path / "x.csv").code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["9", "--format", "csv", "-o", "x.csv"], 2, "No session '9'"),
        (["1", "--format", "jsonl", "--summary", "-o", "x"], 2, "--summary needs --format csv"),
        (["1", "--format", "csv", "-o", "-"], 2, "-o needs a file name"),
        (["1", "--format", "csv", "-o", "nowhere/x.csv"], 1, "No folder"),
        (["1", "--format", "csv", "-o", "x" * 300], 1, "File name too long."),
        (["1", "--format", "csv", "-o", "x\0y"], 1, "Cannot write "),
        (["1", "--format", "csv", "-o", "circle"], 1, "circle: Too many levels of symbolic links."),
        (["1", "--format", "csv", "-o", "stdout"], 1, "stdout is not a regular file."),
    ],
)
def test_what_cannot_be_exported_leaves_no_file(
    run: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    reading, writing = os.pipe()  # as of /dev/stdout before a `|`
    (tmp_path / "stdout").symlink_to(f"/proc/self/fd/{writing}")
    before = set(tmp_path.iterdir())
    ran = run("export", *words)
    os.close(reading)
    os.close(writing)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert set(tmp_path.iterdir()) == before


def test_an_export_without_a_database_makes_none(cli: Cli, db: Path, tmp_path: Path) -> None:
    ran = cli("export", 1, "--format", "csv", "-o", tmp_path / "x.csv")
    assert ran.code == 2
    assert "does not exist" in ran.err
    assert not db.exists()
