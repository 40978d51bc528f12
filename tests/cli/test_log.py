"""``inspector log``, and filters on the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.test_readme import documented, shape

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


TILL = Path(__file__).parent.parent / "projects" / "losses"


@pytest.fixture
def run(cli: Cli) -> Cli:
    """A session with 3 publications of 3 handlers each, one of which fails each time."""
    assert cli("fire", "UserLoginFailed", "--count", 3, "--no-session").code == 1
    return cli


def test_it_lists_every_execution_in_the_order_of_starts(run: Cli) -> None:
    told = run("log", 1, "--json").json
    assert [one["execution"] for one in told] == list(range(1, 10))
    listed = run("log", 1)
    assert (listed.code, listed.err) == (0, "")
    assert len(listed.out.splitlines()) == 11
    assert listed.out.splitlines()[-1] == "9 executions"


def test_a_filter_leaves_only_what_fits(run: Cli) -> None:
    told = run("log", 1, "--filter", "status:bad handler:Audit*", "--json").json
    assert [one["status"] for one in told] == ["failed"] * 3
    assert told[0]["error"]["type"] == "RuntimeError"
    assert run("log", 1, "--filter", '"requires a database session"').out.splitlines()[-1] == "3 of 9 executions"
    assert run("log", 1, "--filter=-status:bad", "--last", 2).out.splitlines()[-1] == (
        "6 of 9 executions, last 2 shown"
    )


def test_nothing_that_fits_is_no_error(run: Cli) -> None:
    ran = run("log", 1, "--filter", "≥1000s")
    assert (ran.code, ran.out, ran.err) == (0, "0 of 9 executions\n", "")


def test_a_filter_that_cannot_be_read_is_told_with_its_place(run: Cli) -> None:
    ran = run("log", 1, "--filter", "handler:A stauts:failed")
    assert (ran.code, ran.out) == (2, "")
    assert "“stauts”, character 11 of the filter" in ran.err
    assert "Did you mean status" in ran.err


def test_what_was_not_called_is_listed_alone(run: Cli) -> None:
    assert run("log", 1, "--not-called", "--json").json == []
    refused = run("log", 1, "--not-called", "--last", 2)
    assert (refused.code, refused.out) == (2, "")
    assert "--not-called cannot be combined" in refused.err


def test_what_was_lost_is_listed_by_kind_and_place(cli: Cli) -> None:
    program = ("--app", "till.leaky:bus", "--cwd", TILL)
    assert cli("fire", "CardDeclined", "--count", 3, *program).code == 1
    (loss,) = cli("log", 1, "--losses", "--json").json
    assert shape(loss) == shape(documented("Losses of a session")[0])
    assert (loss["kind"], loss["count"], loss["error"]["type"]) == ("returned_failure", 3, "ValueError")
    listed = cli("log", 1, "--losses").out
    assert "3 losses\nswallowed 0 · cancelled 0 · returned 3 ·" in listed
    assert cli("log", 1, "--losses", "--filter", "handler:Nobody").out.splitlines()[-2] == "0 losses"
    assert cli("log", 1, "--filter", "loss:returned_failure").out.splitlines()[-1] == "3 of 3 executions"
    assert cli("fire", "UserLoginFailed", "--fault", "*=swallow:KeyError").code == 0
    faults = cli("log", 2, "--losses")
    assert (faults.out.splitlines()[0], "3 by fault, not counted." in faults.err) == ("0 losses", True)
    refused = cli("log", 1, "--losses", "--last", 2)
    assert (refused.code, refused.out) == (2, "")


def test_a_session_that_is_not_there_is_wrong_usage(run: Cli, cli: Cli) -> None:
    assert run("log", 77).code == 2


def test_tables_hold_only_what_fits(run: Cli, tmp_path: Path) -> None:
    target = tmp_path / "failed.csv"
    assert run("export", 1, "--format", "csv", "--filter", "status:bad", "-o", target).code == 0
    with target.open(newline="", encoding="utf-8") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["failed"] * 3
    assert run("export", 1, "--format", "csv", "--summary", "--filter", "status:bad", "-o", target).code == 0
    with target.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["counts"], row["failures"]) == ("3", "3")
    refused = run("export", 1, "--format", "jsonl", "--filter", "status:bad", "-o", target)
    assert refused.code == 2
    assert "needs --format csv" in refused.err


def test_json_of_log_is_as_documented(run: Cli) -> None:
    told = run("log", 1, "--filter", "status:bad", "--json").json
    assert shape(told) == shape(documented("inspector log"))
