"""Conformance in the window: a run is asked for and watched, and what came of it leads to where it was seen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from inspector.app.conform import Progress
from inspector.catalog.conformance.observed import BARE, SESSION
from inspector.catalog.conformance.report import Report
from inspector.ui.features.conformance.heat_map import glyph_of
from inspector.ui.features.conformance.model import FAILED, MESSAGE, MISSING, NOT_FIRED, OK, STRUCK, SWALLOWED
from inspector.ui.features.conformance.panel import ConformancePanel
from tests.patience import quickest
from tests.ui.features.conformance.test_model import LOG, MAIL, SHOP, catalog, finding, started, told


@pytest.fixture
def story():
    return started(SHOP)


@pytest.fixture
def panel(theme, selection, story, shown):
    panel = ConformancePanel(theme, selection)
    panel.set_journal(story.journal)
    return shown(panel)


def heard(signal):
    """Gather what a signal sends."""
    found = []
    signal.connect(lambda *arguments: found.append(arguments[0] if len(arguments) == 1 else arguments))
    return found


def report(*findings, spans=None, contexts=(SESSION,)):
    return Report("shop", contexts, 1, 3, 3, 3, 4, findings, (), {}, spans or {SESSION: (0, 4)})


def run(panel, story):
    """Fire three events, as a run does."""
    panel.start_run()
    publications = [
        told("Placed", (LOG, "ok"), (MAIL, "swallowed")),
        told("Paid", (LOG, "failed")),
        told("Placed", (LOG, "ok")),
    ]
    panel.folded(story.tell(publications))


def test_a_person_asks_for_a_run_in_a_context_and_stops_it(panel, qtbot):
    asked, stopped = heard(panel.fire_requested), heard(panel.cancel_requested)
    panel.fire.click()
    panel._context_items()[3].run()
    assert panel.context.caption() == "All contexts"
    assert [item.checked for item in panel._context_items()] == [False, False, False, True]
    panel.fire.click()
    assert asked == [SESSION, "all"]
    panel.start_run()
    assert (panel.fire.isEnabled(), panel.progress.isVisible()) == (False, True)
    panel.show_progress(Progress(4, 9, "Placed", SESSION))
    assert (panel.progress.value(), panel.progress.maximum()) == (4, 9)
    assert panel._status.text() == "5 of 9  Placed"
    panel.cancel.click()
    panel.end_run()
    assert stopped == [()]
    assert (panel.fire.isEnabled(), panel.progress.isVisible()) == (True, False)
    assert panel._status.text() == "Stopped"


def test_the_keyboard_goes_from_fire_to_stop_and_back(panel, qtbot):
    panel.window().activateWindow()
    panel.fire.setFocus()
    qtbot.waitUntil(panel.fire.hasFocus)
    panel.start_run()
    assert panel.cancel.hasFocus()
    panel.end_run()
    assert panel.fire.hasFocus()
    panel.start_run()
    panel.cancel.click()
    assert panel.map.hasFocus()
    panel.end_run()
    assert panel.map.hasFocus()


def test_while_it_cannot_be_fired_the_reason_is_told(panel):
    panel.set_blocked("A stored session cannot take events.")
    assert not panel.fire.isEnabled()
    assert "stored session" in panel.fire.toolTip()
    panel.set_blocked("")
    assert panel.fire.isEnabled()
    panel.set_blocked("Look only", allowed=False)
    assert panel.fire.isHidden()
    assert panel.context.isHidden()
    assert "Allow firing first." in panel.findings.empty.words()
    panel.set_blocked("")
    assert "Allow firing" not in panel.findings.empty.words()


def test_the_map_follows_the_run_and_the_legend_counts(panel, story):
    assert panel._legend[MISSING].text() == "! 2 required but missing"
    run(panel, story)
    assert [panel._legend[state].text() for state in (OK, SWALLOWED, FAILED, NOT_FIRED)] == [
        "✓ 1 ok",
        "▨ 1 swallowed",
        "✕ 1 failed",
        "· 0 not fired",
    ]


def test_typing_in_the_map_goes_to_an_event(panel, story):
    QTest.keyClicks(panel.map, "gon")
    assert panel.model.event_name(panel.map.currentIndex().row()) == "Gone"
    panel.map._typing.invalidate()
    QTest.keyClicks(panel.map, "zzz")
    assert panel.model.event_name(panel.map.currentIndex().row()) == "Gone"


def test_every_state_has_a_sign_of_its_own(theme):
    signs = [glyph_of(theme, state) for state in (OK, SWALLOWED, FAILED, MISSING, NOT_FIRED, STRUCK)]
    assert len(set(signs)) == 6
    assert all(signs)


def test_a_cell_leads_to_its_execution_and_finding_and_return_to_the_timeline(panel, story, selection):
    run(panel, story)
    panel.show_report(report(finding("Placed", "EmailHandler.handle", execution=2)))
    timeline, catalogued = heard(panel.show_in_timeline), heard(panel.show_event)
    panel.map.setCurrentIndex(panel.model.index(0, 1))
    assert (selection.execution, selection.publication, selection.event_name) == (1, 0, "Placed")
    assert panel.findings.current is not None
    assert panel.findings.current.handler == "EmailHandler.handle"
    panel.map.activated.emit(panel.model.index(0, 1))
    panel.map.setCurrentIndex(panel.model.index(1, 1))
    assert panel.findings.current is None
    assert selection.event_name == "Paid"
    panel.map.activated.emit(panel.model.index(1, 1))
    assert (timeline, catalogued) == ([1], ["Paid"])
    panel.map.verticalHeader().sectionClicked.emit(2)
    assert selection.event_name == "Gone"


def test_a_finding_leads_to_timeline_catalog_and_source(panel, story, selection):
    run(panel, story)
    found = finding("Paid", "LoggingHandler.handle", execution=3)
    missing = finding("Paid", "EmailHandler", "warning")
    counted = heard(panel.badge_changed)
    panel.show_report(report(found, missing))
    assert counted == [("2", "warn")]
    timeline, catalogued, opened = heard(panel.show_in_timeline), heard(panel.show_event), heard(panel.open_source)
    table, model = panel.findings.table, panel.findings.table.sorted
    table.setCurrentIndex(model.index(0, 0))
    assert (selection.execution, selection.handler) == (2, 0)
    assert (panel.map.currentIndex().row(), panel.map.currentIndex().column()) == (1, 0)
    assert "CF121  It differs." in panel.findings.about()
    assert "than the registry declares" in panel.findings.about()
    assert not panel.findings.in_editor.isEnabled()
    panel.findings.in_timeline.click()
    table.setCurrentIndex(model.index(1, 0))
    assert (panel.map.currentIndex().row(), panel.map.currentIndex().column()) == (1, 1)
    assert not panel.findings.in_timeline.isEnabled()
    table.activated_row.emit(model.index(1, 0))
    assert (timeline, catalogued, opened) == ([2], ["Paid"], [])


def test_a_finding_leads_to_its_execution_where_numbers_are_missing(panel, story, selection):
    story.rows(told("Placed", (LOG, "ok")))  # lost: execution 1 is not in the journal
    run(panel, story)
    lost, found = finding("Gone", "", execution=1), finding("Placed", "EmailHandler.handle", execution=3)
    panel.show_report(report(found, lost))
    timeline = heard(panel.show_in_timeline)
    table = panel.findings.table
    table.setCurrentIndex(table.index_of(panel.findings.model.row_about("Placed", "EmailHandler")))
    assert (selection.execution, selection.handler, selection.event_name) == (1, 1, "Placed")
    assert (panel.map.currentIndex().row(), panel.map.currentIndex().column()) == (0, 1)
    panel.findings.in_timeline.click()
    table.setCurrentIndex(table.index_of(panel.findings.model.row_about("Gone", "")))
    assert selection.event_name == "Gone"
    assert panel.map.currentIndex().row() == 2
    panel.findings.in_timeline.click()
    assert timeline == [1]


def test_the_source_of_a_finding_is_opened(panel, story):
    run(panel, story)
    panel.show_report(report(replace(finding("Paid", execution=3), file="/app/a.py", line=7)))
    opened = heard(panel.open_source)
    panel.findings.table.setCurrentIndex(panel.findings.table.sorted.index(0, 0))
    panel.findings.in_editor.click()
    assert opened == [("/app/a.py", 7)]


def test_each_context_of_a_run_can_be_shown(panel, story):
    panel.start_run()
    panel.folded(story.tell([told("Placed", (LOG, "failed"))]))
    panel.folded(story.tell([told("Placed", (LOG, "ok"))]))
    found = finding("Placed", "LoggingHandler.handle", execution=1)
    spans = {BARE: (0, 1), SESSION: (1, 2)}
    panel.show_report(report(replace(found, contexts=(BARE,)), spans=spans, contexts=(BARE, SESSION)))
    assert panel._status.text() == "3 events fired in 2 contexts · 1 error"
    assert panel.shown.isVisible()
    assert (panel.model.cell(0, 0).state, panel.model.cell(0, 0).severity) == (OK, "")
    panel._shown_items()[0].run()
    assert panel.shown.caption() == "No session or metadata"
    assert (panel.model.cell(0, 0).state, panel.model.cell(0, 0).severity) == (FAILED, "error")


def test_only_trouble_leaves_out_what_is_fine(panel, story):
    run(panel, story)
    panel.trouble.click()
    assert panel.model.rowCount() == 3
    panel.set_journal(started(catalog(("Placed", (LOG,), ()), ("Paid", (LOG,), ("audit",)))).journal)
    assert [panel.model.event_name(row) for row in range(panel.model.rowCount())] == ["Paid"]


def test_an_execution_selected_elsewhere_is_shown_and_nothing_is_selected_back(panel, story, selection):
    run(panel, story)
    chosen = heard(selection.execution_selected)
    selection.select_execution(2, 1, "Paid", 0)
    assert (panel.map.currentIndex().row(), panel.map.currentIndex().column()) == (1, 0)
    assert chosen == [2]


def test_without_events_and_without_findings_the_panel_says_what_to_do(panel, story, theme, selection, shown):
    assert panel.findings.empty.isVisible()
    empty = shown(ConformancePanel(theme, selection))
    assert empty._empty.isVisible()
    assert not empty.fire.isEnabled()
    run(panel, story)
    panel.show_report(report())
    assert panel._status.text() == "3 events fired · no differences"
    panel.set_journal(started(SHOP).journal)
    assert panel._status.text() == ""


def test_it_is_painted_in_both_themes_and_cells_differ(panel, story, theme):
    run(panel, story)
    panel.map.clearSelection()
    for choice in ("light", "dark"):
        theme.set_choice(choice)
        picture = panel.map.viewport().grab().toImage()
        colours = set()
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0)):
            cell = panel.map.visualRect(panel.model.index(row, column))
            colours.add(QColor(picture.pixelColor(cell.left() + 4, cell.center().y())).name())
        assert len(colours) == 5


def test_of_a_thousand_events_a_change_is_shown_without_laying_out_the_rest(theme, selection, shown, qtbot):
    owners = [f"app:Handler{n}.handle" for n in range(20)]
    events = [(f"Event{n}", tuple(owners), ("logging",)) for n in range(1_000)]
    story = started(catalog(*events))
    panel = shown(ConformancePanel(theme, selection))

    def laid_out() -> None:
        panel.set_journal(story.journal)
        panel.map.viewport().grab()

    def folded() -> None:
        panel.folded(change)
        panel.map.viewport().grab()

    laid_out()
    change = story.tell([told(f"Event{n}", (owners[0], "ok")) for n in range(1_000)])
    folded()
    assert quickest(folded) < quickest(laid_out)  # what changed is drawn, and no more
    qtbot.keyClick(panel.map, Qt.Key.Key_Down)
    assert panel.map.currentIndex().isValid()


def test_a_class_of_handlers_sorts_the_map_and_stays_hidden_when_it_is_laid_out_anew(panel, story, qtbot):
    run(panel, story)
    head = panel.map.horizontalHeader()
    column = [panel.model.owner(number) for number in range(panel.model.columnCount())].index("LoggingHandler")
    place = QPoint(head.sectionViewportPosition(column) + 10, head.height() // 2)
    qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.model.event_name(0) == "Paid"
    assert panel.model.sorted_by == "LoggingHandler"
    qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.model.sorted_by == ""
    items = {item.label: item for item in panel.map.head_items(column)}
    items["Hide column"].run()
    panel.model.rebuild()
    assert panel.map.isColumnHidden(column)
    items = {item.label: item for item in panel.map.head_items(-1)}
    items["Show all columns (1 hidden)"].run()
    assert not panel.map.isColumnHidden(column)


def test_what_is_hidden_and_sorted_in_the_map_is_remembered(panel, story, theme, selection, shown):
    run(panel, story)
    owners = [panel.model.owner(number) for number in range(panel.model.columnCount())]
    column = owners.index("LoggingHandler")
    changes = heard(panel.map.columns.changed)
    items = {item.label: item for item in panel.map.head_items(column)}
    items["Sort worst first"].run()
    items["Hide column"].run()
    assert len(changes) == 2
    state = json.loads(json.dumps(panel.map.columns.state()))
    other = ConformancePanel(theme, selection)
    other.map.columns.restore(state)  # the window does so before there is a program
    other.set_journal(story.journal)
    shown(other)
    assert other.model.sorted_by == "LoggingHandler"
    assert [other.map.isColumnHidden(number) for number in range(len(owners))] == [
        owner == "LoggingHandler" for owner in owners
    ]
    panel.map.set_hidden(owners)
    assert not any(panel.map.isColumnHidden(number) for number in range(len(owners))), "a map without a column"
    for damaged in ({}, {"hidden": 3, "sort": [], "by_name": "yes"}, {"hidden": [1, None]}):
        other.map.columns.restore(damaged)
        assert (other.map.hidden, other.model.sorted_by, other.model.by_name) == (frozenset(), "", False)
    other.map.columns.restore({"by_name": True})
    assert other.model.by_name


def test_a_long_finding_is_never_cut_before_its_telling_part(panel, story):
    message = "ShippingHandler.handle_order_shipment_requested " + "was called again and again, and " * 20 + "raised E"
    panel.show_report(report(replace(finding("Placed"), message=message)))
    panel.resize(600, 300)
    table = panel.findings.table
    assert [table.isColumnHidden(column) for column in range(4)] == [False, True, True, True]
    assert MESSAGE in table.itemDelegate().middle
    table.setCurrentIndex(table.index_of(0))
    assert message in panel.findings.about()
