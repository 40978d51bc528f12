"""``inspector check``: exit codes, JSON, SARIF, text; the demo has nothing but information."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.catalog.findings import RULES
from inspector.cli import check
from inspector.cli.console import Console
from tests.catalog.findings.shops import PROJECTS, load
from tests.cli.conftest import Cli, Ran


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Checks one of the sample shops."""

    def check_shop(name: str, *, json: bool = False, sarif: bool = False, fail_on: str | None = None) -> Ran:
        capsys.readouterr()
        arguments = Namespace(json=json, sarif=sarif, fail_on=fail_on)
        code = check.run(arguments, Console(), lambda: load(name))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return check_shop


def test_the_demo_has_no_error_and_no_warning(cli: Cli) -> None:
    ran = cli("check", "--json", "--fail-on", "warning")
    assert (ran.code, ran.err) == (0, "")
    findings = ran.json["findings"]
    assert {each["severity"] for each in findings} == {"information"}
    assert all(Path(each["file"]).is_file() and each["line"] > 0 for each in findings)


def test_the_demos_table_has_no_entry_that_is_not_needed(cli: Cli) -> None:
    assert "EV003" not in cli("check").out


def test_json_tells_all_that_was_planted_and_nothing_of_the_corrected_twin(run: Callable[..., Ran]) -> None:
    faulty = run("faulty", json=True)
    assert faulty.code == 1
    found = json.loads(faulty.out)["findings"]
    assert len(found) >= 30
    assert set(found[0]) == {"code", "severity", "message", "fix", "event", "handler", "file", "line"}
    corrected = run("corrected", json=True, fail_on="warning")
    assert (corrected.code, json.loads(corrected.out)) == (0, {"findings": []})


@pytest.mark.parametrize(
    ("keep", "fail_on", "of_project", "code"),
    [
        ("error", None, None, 1),
        ("warning", None, None, 0),
        ("warning", "warning", None, 1),
        ("warning", None, "warning", 1),
        ("warning", "error", "warning", 0),
        ("information", "warning", None, 0),
    ],
)
def test_exit_code_says_whether_a_build_should_fail(
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    keep: str,
    fail_on: str | None,
    of_project: str | None,
    code: int,
) -> None:
    """Only findings of one severity are left; the command line goes before the project's table."""
    from dataclasses import replace

    everything = check.check(load("faulty"))
    monkeypatch.setattr(check, "check", lambda _: [each for each in everything if each.severity == keep])
    shop = load("faulty")
    settings = replace(shop.basis.settings, fail_on=of_project)  # type: ignore[arg-type]
    shop = replace(shop, basis=replace(shop.basis, settings=settings))
    arguments = Namespace(json=True, sarif=False, fail_on=fail_on)
    assert check.run(arguments, Console(), lambda: shop) == code


def test_text_is_grouped_by_rule_with_file_and_line(run: Callable[..., Ran]) -> None:
    out = run("faulty").out
    lines = out.splitlines()
    counts = Counter(finding.severity for finding in check.check(load("faulty")))
    assert min(counts.values()) > 8
    assert lines[0] == (
        f"faulty shop: {counts['error']} errors, {counts['warning']} warnings, {counts['information']} notes"
    )
    headings = [line for line in lines if line.startswith(("✕", "▲", "●"))]
    assert headings[0] == "✕ EV302 Required handler missing: error, 3 findings"
    assert "▲ EV201 Event not frozen: warning, 1 finding" in headings
    assert len(headings) == len({tuple(line.split()[:2]) for line in headings})
    place = next(line for line in lines if "CartEmptied is not frozen" in line)
    assert "faulty_shop/events.py:" in place
    assert f"  → {RULES['EV201'].fix}" in lines
    assert "\x1b" not in out


def test_sarif_is_printed(run: Callable[..., Ran]) -> None:
    log = json.loads(run("faulty", sarif=True).out)
    assert log["version"] == "2.1.0"
    assert {result["ruleId"] for result in log["runs"][0]["results"]} <= set(RULES)


@pytest.mark.parametrize(
    "words", [["--json", "--sarif"], ["--fail-on", "information"], ["--fail-on"], ["--nonsense"], ["extra"]]
)
def test_wrong_usage_ends_with_2(cli: Cli, words: list[str]) -> None:
    ran = cli("check", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("inspector: ")


def test_settings_that_are_wrong_end_with_2(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.demo.check.CHECK", {"ignore": [{"rule": "EV101", "event": "*"}]})
    ran = cli("check")
    assert (ran.code, ran.out) == (2, "")
    assert "needs a reason" in ran.err


def test_help_tells_when_it_fails(cli: Cli) -> None:
    ran = cli("check", "--help")
    assert ran.code == 0
    assert "--fail-on" in ran.out


# --- a program of somebody's ------------------------------------------------------------------------------------------


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A copy of a sample project, with a table of its own."""
    folder = tmp_path / "orders"
    shutil.copytree(PROJECTS / "orders", folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    (folder / "pyproject.toml").write_text(
        "[tool.inspector.check]\n"
        'ignore = [{ rule = "name-not-past-tense", event = "OutOf*", reason = "everybody knows the phrase" }]\n'
    )
    return folder


def test_a_project_is_loaded_in_a_process_of_its_own_and_checked_with_its_table(cli: Cli, orders: Path) -> None:
    ran = cli("check", "--json", "--app", "orders.wiring:bus", "--cwd", orders)
    findings = ran.json["findings"]
    assert {each["event"] for each in findings} >= {"PriceChanged"}
    assert {each["code"] for each in findings if each["event"] == "OutOfStock"}.isdisjoint({"EV102", "EV003"})
    places = [each["file"] for each in findings if each["file"]]
    assert places
    assert all(Path(place).is_relative_to(orders) for place in places)
    assert ran.code == int(any(each["severity"] == "error" for each in findings))


def test_a_wrong_table_is_told_before_the_project_is_loaded(cli: Cli, orders: Path) -> None:
    (orders / "pyproject.toml").write_text('[tool.inspector.check]\nfail-on = "never"\n')
    ran = cli("check", "--json", "--app", "gone.nowhere:bus", "--cwd", orders)
    assert (ran.code, ran.out) == (2, "")
    assert "fail-on must be error or warning" in ran.err


def test_a_project_that_cannot_be_loaded_is_told_and_ends_with_1(cli: Cli, orders: Path) -> None:
    ran = cli("check", "--json", "--app", "orders.nowhere:bus", "--cwd", orders)
    assert (ran.code, ran.out) == (1, "")
    assert "orders.nowhere" in ran.err
