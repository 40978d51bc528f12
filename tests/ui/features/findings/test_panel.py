"""The Findings panel: what it shows, selects, opens and tells the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from inspector.catalog.findings import RULES, Finding
from inspector.ui.features.findings.model import FindingRole
from inspector.ui.features.findings.panel import FindingsPanel

FINDINGS = (
    Finding("EV201", "error", "Cart is not frozen.", "Freeze it.", "CartEmptied", "", "/shop/events.py", 9),
    Finding("EV305", "warning", "Mail <b>twice</b>.", "Once.", "OrderPlaced", "Mail.send", "/shop/mail.py", 3),
    Finding("EV209", "information", "Carries email.", "Send an id.", "CartEmptied", "", "/shop/events.py", 9),
    Finding("EV003", "information", "Nobody is told.", "Map it."),
)


@pytest.fixture
def panel(theme, selection, shown):
    panel = shown(FindingsPanel(theme, selection))
    panel.set_findings(FINDINGS)
    return panel


def choose(panel, rule, number=None):
    index = panel.model.index(rule, 0)
    panel.tree.setCurrentIndex(index if number is None else panel.model.index(number, 0, index))


def heard(signal):
    told = []
    signal.connect(lambda *arguments: told.append(arguments))
    return told


def test_before_a_check_and_without_findings_it_says_so(theme, selection, shown):
    panel = shown(FindingsPanel(theme, selection))
    assert panel._empty.isVisible()
    assert panel._empty._title.text() == "Not checked yet"
    panel.set_findings(())
    assert panel._empty._title.text() == "No findings"
    panel.set_unknown("The project could not be loaded.")
    assert panel._empty._sentence.text() == "The project could not be loaded."


def test_the_badge_counts_errors_and_warnings_with_the_worst_severity(panel):
    told = heard(panel.badge_changed)
    panel.set_findings(FINDINGS)
    panel.set_findings(FINDINGS[2:])
    panel.set_findings(())
    panel.set_unknown("why")
    assert told == [("2", "warn"), ("", "dim"), ("", "dim"), ("", "dim")]


def test_counts_by_severity_have_a_shape(panel):
    assert [button.caption() for button in panel._kinds.values()] == ["▲ 1 error", "△ 1 warning", "i 2 notes"]


def test_choosing_a_finding_selects_its_event_and_explains_it(panel, selection):
    choose(panel, 1, 0)
    assert selection.event_name == "OrderPlaced"
    assert panel._title.text() == "EV305 warning · Duplicate subscription"
    assert panel._message.text() == "Mail <b>twice</b>."
    assert panel._message.textFormat() == Qt.TextFormat.PlainText
    assert panel._why.text() == RULES["EV305"].explanation
    assert panel._fix.text() == "Once."
    assert panel._place.text() == "/shop/mail.py:3"


def test_choosing_a_finding_asks_for_its_event_also_when_it_is_selected_already(panel, selection):
    wanted = heard(panel.event_chosen)
    choose(panel, 0, 0)
    choose(panel, 2, 0)  # about the same event
    assert wanted == [("CartEmptied",), ("CartEmptied",)]


def test_choosing_a_rule_explains_it_and_selects_nothing(panel, selection):
    choose(panel, 0, 0)
    choose(panel, 2)
    assert selection.event_name == "CartEmptied"
    assert panel._title.text() == "EV209 note · Personal data"
    assert not panel._message.isVisible()
    assert not panel._open.isEnabled()


def test_showing_findings_selects_nothing_by_itself(panel, selection):
    assert selection.event_name == ""


def test_a_finding_is_opened_by_button_return_and_double_click(panel):
    opened = heard(panel.open_source)
    choose(panel, 1, 0)
    panel._open.click()
    QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    panel.tree.doubleClicked.emit(panel.tree.currentIndex())
    assert opened == [("/shop/mail.py", 3)] * 3
    choose(panel, 3, 0)
    assert not panel._open.isEnabled()
    panel.open_current()
    QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    assert len(opened) == 3


def test_an_event_selected_elsewhere_shows_its_worst_finding(panel, selection):
    selection.select_event("OrderPlaced")
    assert panel._message.text() == "Mail <b>twice</b>."
    assert panel.tree.currentIndex().data(FindingRole.SEVERITY) == "warning"
    selection.select_event("Unknown")
    assert panel._message.text() == "Mail <b>twice</b>."


def test_an_event_selected_elsewhere_does_not_disturb_who_reads_about_it(panel, selection):
    choose(panel, 2, 0)
    assert panel._message.text() == "Carries email."
    selection.select_event("")
    selection.select_event("CartEmptied")
    assert panel._message.text() == "Carries email."


def test_a_filter_by_text_and_severity_and_what_it_leaves_out(panel):
    panel.search.setText("cart")
    assert panel._hidden.text() == "2 of 4 findings"
    panel._kinds["error"].click()
    assert panel._hidden.text() == "1 of 4 findings"
    assert panel.model.shown == 1
    panel._kinds["information"].click()
    assert panel._empty.isVisible()
    assert panel._empty._title.text() == "No matching findings"
    panel.search.clear()
    assert not panel._empty.isVisible()
    assert [button.caption() for button in panel._kinds.values()] == ["▲ 1 error", "△ 1 warning", "i 2 notes"]


def test_what_was_selected_stays_selected_after_another_check(panel, selection):
    choose(panel, 1, 0)
    panel.set_findings(FINDINGS[1:])
    assert panel._message.text() == "Mail <b>twice</b>."
    panel.set_findings(FINDINGS[:1])
    assert panel._title.text() == "EV201 error · Event not frozen"
    assert selection.event_name == "OrderPlaced"


def test_marks_and_the_way_from_a_mark_to_its_finding(panel):
    assert panel.marks() == {"CartEmptied": "error", "OrderPlaced": "warning"}
    assert panel.show_event("OrderPlaced")
    assert panel._message.text() == "Mail <b>twice</b>."
    assert not panel.show_event("Unknown")


def test_checking_again_is_asked_for(panel):
    asked = heard(panel.check_requested)
    panel._again.click()
    assert asked == [()]


def test_a_finding_is_copied_as_text(panel):
    choose(panel, 1, 0)
    panel._copy.click()
    assert QGuiApplication.clipboard().text() == "EV305 warning: Mail <b>twice</b>.\nOnce.\n/shop/mail.py:3"


def test_many_findings_for_information_are_folded_at_first_and_worse_ones_open(panel):
    many = [Finding("EV209", "information", f"No {n}.", "Fix.", f"E{n}") for n in range(60)]
    panel.set_findings([*FINDINGS[:2], *many])
    assert [panel.tree.isExpanded(panel.model.index(row, 0)) for row in range(3)] == [True, True, False]


def test_it_is_painted_in_both_themes(panel, theme):
    dark = panel.tree.viewport().grab().toImage()
    theme.set_choice("light")
    light = panel.tree.viewport().grab().toImage()
    assert dark != light


def test_names_are_folded_until_they_are_looked_for(panel):
    panel.set_findings(
        [
            Finding("EV301", "warning", "Nobody hears it.", "Subscribe."),
            Finding("EV107", "warning", "Twice the same name.", "Rename."),
        ]
    )
    opened = [panel.tree.isExpanded(panel.model.index(row, 0)) for row in range(2)]
    assert opened == [True, False]
    panel.search.setText("twice")
    assert panel.tree.isExpanded(panel.model.index(0, 0))
