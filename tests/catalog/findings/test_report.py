"""Findings for programs, and the page that tells every rule."""

from __future__ import annotations

import json
from pathlib import Path

from inspector.catalog.findings import RULES, Finding, as_json, as_sarif
from inspector.catalog.findings.page import render

ROOT = Path(__file__).resolve().parents[3]
WHOLE = Finding("EV201", "error", "Loose.", "Freeze.", "Placed", "Audit.handle", "/shop/a b.py", 7)
BARE = Finding("EV504", "information", "Nobody.", "Map.")


def test_json_has_the_fields_of_the_contract_and_null_for_what_is_not_known() -> None:
    assert as_json([WHOLE, BARE]) == {
        "findings": [
            {
                "code": "EV201",
                "severity": "error",
                "message": "Loose.",
                "fix": "Freeze.",
                "event": "Placed",
                "handler": "Audit.handle",
                "file": "/shop/a b.py",
                "line": 7,
            },
            {
                "code": "EV504",
                "severity": "information",
                "message": "Nobody.",
                "fix": "Map.",
                "event": None,
                "handler": None,
                "file": None,
                "line": None,
            },
        ]
    }


def test_sarif_has_what_the_standard_asks_for() -> None:
    log = json.loads(json.dumps(as_sarif([WHOLE, BARE], RULES.values(), "1.2.3", Path("/shop"))))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("inspector", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    first, second = run["results"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
    assert (first["level"], second["level"]) == ("error", "note")
    (location,) = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 7},
    }
    assert {"name": "Placed", "kind": "type"} in location["logicalLocations"]
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == "file:///shop/"
    assert "locations" not in second


def test_sarif_names_files_outside_of_the_folder_by_their_whole_uri() -> None:
    (result,) = as_sarif([WHOLE], RULES.values(), "1", Path("/elsewhere"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "file:///shop/a%20b.py"}


def test_the_page_is_the_one_that_the_rules_make() -> None:
    """``python -m inspector.catalog.findings.page > docs/findings.md`` writes it anew."""
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    assert page == render()
    for rule in RULES.values():
        weight = rule.severity if rule.worst == rule.severity else f"{rule.severity}, up to {rule.worst}"
        assert f"### {rule.code}\n\n**{rule.title}** ({weight}). {rule.explanation}\n\n*Fix:* {rule.fix}\n" in page


def test_codes_and_names_are_given_once() -> None:
    assert len({rule.name for rule in RULES.values()}) == len({rule.title for rule in RULES.values()}) == len(RULES)
    assert all(code == rule.code for code, rule in RULES.items())
