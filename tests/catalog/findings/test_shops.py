"""The sample shops: everything that was planted is found where it stands, and nothing in the corrected twin."""

from __future__ import annotations

from collections import Counter

from inspector.catalog.findings import RULES, marks
from tests.catalog.findings.shops import PROJECTS, findings, planted


def test_every_planted_fault_is_found_at_its_line_and_nothing_else() -> None:
    found = Counter((each.code, each.file, each.line) for each in findings("faulty"))
    table = ("EV003", str(PROJECTS / "faulty" / "pyproject.toml"), 0)
    assert found == planted("faulty") + Counter([table])
    assert found.total() >= 40


def test_there_is_a_fault_for_every_rule_but_those_over_what_cannot_be_read() -> None:
    planted_codes = {code for code, _, _ in planted("faulty")}
    # EV311 is for synchronous buses (test_loaded.py); the shops' is not.
    assert set(RULES) - planted_codes == {"EV001", "EV002", "EV003", "EV311"}


def test_nothing_is_found_in_the_corrected_twin() -> None:
    assert findings("corrected") == []
    assert planted("corrected") == Counter()


def test_findings_come_worst_first() -> None:
    severities = [each.severity for each in findings("faulty")]
    assert severities == sorted(severities, key=["error", "warning", "information"].index)


def test_marks_give_the_worst_of_each_event() -> None:
    marked = marks(findings("faulty"))
    assert marked["CartEmptied"] == "warning"
    assert marked["SendInvoice"] == "information"
    assert marked["MuseumVisited"] == "information"
    assert "PaymentSucceeded" not in marked
    assert "" not in marked
