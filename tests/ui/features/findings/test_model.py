"""Findings as a tree: rules with their findings, filtered, and found by event."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from inspector.catalog.findings import RULES, Finding
from inspector.ui.features.findings.model import EVENT, MESSAGE, PLACE, FindingRole, FindingsModel, short_place

FINDINGS = (
    Finding("EV201", "error", "Cart is not frozen.", "Freeze it.", "CartEmptied", "", "/shop/events.py", 9),
    Finding("EV305", "warning", "Mail is subscribed twice.", "Once.", "OrderPlaced", "Mail.send", "/shop/mail.py", 3),
    Finding("EV209", "information", "Carries email.", "Send an id.", "CartEmptied", "", "/shop/events.py", 9),
    Finding("EV209", "information", "Carries phone.", "Send an id.", "OrderPlaced", "", "/shop/events.py", 20),
    Finding("EV003", "information", "Nobody is told.", "Map it."),
)


@pytest.fixture
def model(qapp):
    model = FindingsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_findings(FINDINGS)
    yield model
    tester.deleteLater()


def rules(model):
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def below(model, row):
    rule = model.index(row, 0)
    return [model.index(number, 0, rule) for number in range(model.rowCount(rule))]


def test_findings_stand_below_their_rule_the_worst_first(model):
    assert rules(model) == [
        "EV201  Event not frozen",
        "EV305  Duplicate subscription",
        "EV209  Personal data",
        "EV003  Unused ignore entry",
    ]
    assert [index.data() for index in below(model, 2)] == ["Carries email.", "Carries phone."]
    (first,) = below(model, 0)
    assert (first.siblingAtColumn(EVENT).data(), first.siblingAtColumn(PLACE).data()) == ("CartEmptied", "events.py:9")
    assert model.parent(first) == model.index(0, 0)


def test_rows_know_severity_count_finding_and_rule(model):
    rule, (first, second) = model.index(2, 0), below(model, 2)
    assert (rule.data(FindingRole.SEVERITY), rule.data(FindingRole.COUNT)) == ("information", 2)
    assert (second.data(FindingRole.SEVERITY), second.data(FindingRole.COUNT)) == ("information", 0)
    assert model.finding(rule) is None
    assert model.finding(first) is FINDINGS[2]
    assert model.rule(rule) is model.rule(first) is RULES["EV209"]
    assert model.finding(QModelIndex()) is None
    assert model.rule(QModelIndex()) is None
    assert first.data(Qt.ItemDataRole.AccessibleTextRole) == "note: Carries email."


@pytest.mark.parametrize(
    ("text", "severities", "shown"),
    [
        ("", ("error", "warning", "information"), 5),
        ("", ("error",), 1),
        ("", (), 0),
        ("ev209", ("error", "warning", "information"), 2),
        ("personal", ("error", "warning", "information"), 2),
        ("MAIL.PY", ("error", "warning", "information"), 1),
        ("carries orderplaced", ("error", "warning", "information"), 1),
        ("mail.send", ("error", "warning"), 1),
        ("nothing like it", ("error", "warning", "information"), 0),
    ],
)
def test_a_filter_leaves_what_has_every_word_and_a_wanted_severity(model, text, severities, shown):
    model.set_filter(text, severities)
    assert model.shown == shown
    assert model.counts == {"error": 1, "warning": 1, "information": 3}
    assert all(model.rowCount(model.index(row, 0)) for row in range(model.rowCount()))


def test_the_worst_finding_about_an_event_is_found(model):
    assert model.finding(model.index_of_event("CartEmptied")) is FINDINGS[0]
    assert model.finding(model.index_of_event("OrderPlaced")) is FINDINGS[1]
    assert not model.index_of_event("Unknown").isValid()
    model.set_filter("", ("information",))
    assert model.finding(model.index_of_event("OrderPlaced")) is FINDINGS[3]


def test_a_finding_of_a_rule_that_is_none_of_the_checks_is_shown_by_its_code(model):
    model.set_findings([Finding("CF101", "error", "It was swallowed.", "Look.")])
    assert rules(model) == ["CF101"]
    assert model.rule(model.index(0, 0)) is None


def test_long_and_broken_texts_are_one_line(model):
    model.set_findings([Finding("EV201", "error", "a\nb" + "x" * 900, "fix")])
    text = below(model, 0)[0].data()
    assert "\n" not in text
    assert len(text) <= 510


def test_findings_are_sorted_within_their_rules_and_rules_by_their_first(model):
    given = (rules(model), [index.data() for index in below(model, 2)])
    held = QPersistentModelIndex(below(model, 2)[1])
    model.sort(EVENT, Qt.SortOrder.DescendingOrder)
    assert [index.siblingAtColumn(EVENT).data() for row in range(4) for index in below(model, row)] == [
        *("OrderPlaced", "OrderPlaced", "CartEmptied", "CartEmptied", "")
    ]
    assert (held.data(), held.row()) == ("Carries phone.", 0)
    model.sort(-1)
    model.sort(PLACE)
    places = [index.siblingAtColumn(PLACE).data() for row in range(4) for index in below(model, row)]
    assert places == ["", "events.py:9", "events.py:9", "events.py:20", "mail.py:3"]
    model.sort(MESSAGE)
    assert rules(model) == sorted(rules(model), key=str.casefold)
    model.set_filter("cart")  # the order stays for what else is shown
    model.set_filter("")
    assert rules(model) == sorted(rules(model), key=str.casefold)
    model.sort(-1)
    assert (rules(model), [index.data() for index in below(model, 2)]) == given


def test_titles_and_short_places(model):
    assert [model.headerData(n, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) for n in range(3)] == [
        *("Finding", "Event", "Place")
    ]
    assert short_place(Finding("X", "error", "m", "f", file="/a/b.py")) == "b.py"
    assert short_place(FINDINGS[4]) == ""
    assert (MESSAGE, EVENT, PLACE) == (0, 1, 2)


def test_what_costs_most_stands_first_and_names_stand_last(model):
    codes = ("EV101", "EV209", "EV504", "EV310", "EV606", "EV002")
    model.set_findings([Finding(code, "information", f"{code}.", "fix") for code in codes])
    assert [text.split()[0] for text in rules(model)] == ["EV310", "EV606", "EV504", "EV209", "EV002", "EV101"]
    warnings = [Finding("EV107", "warning", "Twice.", "fix"), Finding("EV301", "warning", "Nobody.", "fix")]
    model.set_findings([*warnings, Finding("EV605", "information", "Blocks.", "fix")])
    assert [text.split()[0] for text in rules(model)] == ["EV301", "EV107", "EV605"]
