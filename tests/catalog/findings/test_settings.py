"""What a project says about its check: read, refused, and obeyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inspector.catalog.findings import CheckSettings, Finding, Ignore, find, read_settings, settings_of_project
from inspector.core.description import CatalogDescription
from inspector.core.errors import UsageError
from inspector.core.facts import CatalogFacts
from inspector.demo.check import CHECK
from tests.catalog.findings.builders import Program


def test_the_table_is_read(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(
        '[tool.inspector.check]\nfail-on = "warning"\nexclude = ["scripts/*"]\n'
        'ignore = [{ rule = "EV102", event = "File*", reason = "is so" }, { rule = "EV2*", reason = "all of them" }]\n'
        '[tool.inspector.check.kinds]\naudit = ["Ledger*"]\n'
    )
    assert settings_of_project(file) == CheckSettings(
        (Ignore("EV102", "File*", "is so"), Ignore("EV2*", "*", "all of them")),
        {"audit": ("Ledger*",)},
        ("scripts/*",),
        "warning",
        f"{file}: [tool.inspector.check]",
        str(file),
    )


@pytest.mark.parametrize("text", ["", "[tool.other]\n", "[tool.inspector]\napp = 'x'\n"])
def test_without_a_table_nothing_is_set(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(text)
    settings = settings_of_project(file)
    assert (settings.ignore, settings.fail_on, settings.exclude) == ((), None, ())


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"ignored": []}, "Unknown key ignored"),
        ({"fail-on": "information"}, "fail-on must be error or warning"),
        ({"ignore": "EV101"}, "ignore must be a list"),
        ({"ignore": ["EV101"]}, "needs rule, event and reason"),
        ({"ignore": [{"rule": "EV101", "event": "X"}]}, "needs a reason"),
        ({"ignore": [{"rule": "EV101", "event": "X", "reason": " "}]}, "needs a reason"),
        ({"ignore": [{"event": "X", "reason": "r"}]}, "needs a rule"),
        ({"ignore": [{"rule": "EV101", "why": "r"}]}, "needs rule, event and reason"),
        ({"exclude": [1]}, "exclude must be a list of strings"),
        ({"kinds": ["audit"]}, "kinds must be a table"),
        ({"kinds": {"audit": "Ledger*"}}, "kinds.audit must be a list"),
    ],
)
def test_a_wrong_table_is_refused_in_a_sentence(table: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_settings(table)


@pytest.mark.parametrize("text", ["[tool", "\xff", "[tool.inspector]\ncheck = 1\n"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError):
        settings_of_project(file)


def test_an_entry_for_a_rule_that_does_not_exist_is_refused() -> None:
    settings = read_settings({"ignore": [{"rule": "EV999", "reason": "typed wrong"}]})
    with pytest.raises(UsageError, match="unknown rule EV999"):
        find(CatalogDescription("app"), CatalogFacts(), None, settings)


@pytest.mark.parametrize(
    ("rule", "event", "fits"),
    [
        ("EV101", "SendMail", True),
        ("imperative-name", "Send*", True),
        ("EV1*", "*", True),
        ("EV101", "sendmail", False),
        ("EV102", "SendMail", False),
    ],
)
def test_an_entry_fits_by_code_or_name_and_by_event(rule: str, event: str, fits: bool) -> None:
    finding = Finding("EV101", "warning", "m", "f", "SendMail")
    assert Ignore(rule, event, "r").fits(finding, "imperative-name") is fits


def test_a_finding_about_no_event_is_ignored_by_a_star_only() -> None:
    finding = Finding("EV504", "information", "m", "f")
    assert Ignore("EV504", "*", "r").fits(finding, "sse-type-unmapped")
    assert not Ignore("EV504", "Some*", "r").fits(finding, "sse-type-unmapped")


def test_what_is_ignored_is_gone_and_the_rest_stays() -> None:
    program = Program()
    program.event("SendMail")
    program.event("SendParcel")
    program.settings = CheckSettings((Ignore("EV101", "SendMail", "r"),))
    assert [(each.code, each.event) for each in program.check()] == [("EV101", "SendParcel")]


def test_the_demo_gives_a_reason_for_everything_that_it_ignores() -> None:
    settings = read_settings(CHECK)
    assert len(settings.ignore) >= 6
    assert all(len(entry.reason) > 20 for entry in settings.ignore)
