import json
import random
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from inspector.agent.engine import Engine
from inspector.analysis.journal import Journal
from inspector.catalog.form import FireForm
from inspector.core.description import CatalogDescription, FieldShape
from inspector.core.errors import UsageError
from inspector.core.records.host import (
    PREDICATE,
    FireRefused,
    FireSettled,
    FireUnsettled,
    HandlersNotCalled,
    PendingWork,
    ProgramReloaded,
    UncalledHandler,
)
from inspector.core.records.numbers import FireNumber
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import Batch
from inspector.core.request import FireRequest
from inspector.ui.features.fire.editors import ChoiceEditor, LineEditor, TextEditor, hint_of
from inspector.ui.features.fire.panel import JSON, FirePanel
from inspector.ui.kit.page import ClickableRow
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.catalog.runs import MS, Run
from tests.catalog.samples import ALL_SHAPES, BOOL, DATETIME, INT, STR, UUID_SHAPE, event_of, optional
from tests.programs import shop_program
from tests.ui.features.conftest import CATALOG, FEW, repaints_in_the_other_theme, texts

EVENT = "UserLoginFailed"
EVERYTHING = event_of(
    "Everything",
    *(FieldShape(f"field_{place}", shape, required=True) for place, shape in enumerate(ALL_SHAPES)),
    *(FieldShape(f"maybe_{place}", optional(shape), required=False) for place, shape in enumerate(ALL_SHAPES)),
)
SMALL = event_of(
    "Small",
    FieldShape("user_id", UUID_SHAPE, required=True),
    FieldShape("happened_at", DATETIME, required=True),
    FieldShape("urgent", BOOL, required=False, default=False),
    FieldShape("amount_of", optional(INT), required=True),
    FieldShape("note_text", STR, required=True),
)


@pytest.fixture
def panel(theme: Theme, selection: Selection, run: Run, show) -> FirePanel:
    panel = FirePanel(theme, selection, rng=random.Random(1))
    panel.set_journal(run.journal)
    return show(panel, 340, 800)


@pytest.fixture
def small(theme: Theme, selection: Selection, show) -> FirePanel:
    panel = FirePanel(theme, selection, rng=random.Random(1))
    panel.set_journal(Run(CatalogDescription("p", (SMALL, EVERYTHING))).journal)
    selection.select_event("Small")
    return show(panel, 340, 800)


def fired(panel: FirePanel) -> list[FireForm]:
    forms: list[FireForm] = []
    panel.fire_requested.connect(forms.append)
    return forms


def line(panel: FirePanel, name: str) -> LineEditor:
    editor = panel._fields[name].editor
    assert isinstance(editor, LineEditor)
    return editor


@pytest.mark.parametrize("event", CATALOG.events[::6], ids=lambda event: event.name)
def test_one_click_fires_an_event_with_sensible_values(theme: Theme, selection: Selection, show, event) -> None:
    panel = show(FirePanel(theme, selection))
    panel.set_journal(Run(CatalogDescription("p", (event,))).journal)
    forms = fired(panel)
    selection.select_event(event.name)
    panel.button.click()
    assert [form.event for form in forms] == [event.name]
    required = {field.name for field in event.fields if field.required}
    assert required <= forms[0].values.keys()
    assert forms[0].session
    assert (forms[0].count, forms[0].timeout) == (1, 30.0)


def test_every_kind_of_type_has_an_editor_that_fires(theme: Theme, selection: Selection, show) -> None:
    panel = FirePanel(theme, selection)
    panel.set_journal(Run(CatalogDescription("p", (EVERYTHING,))).journal)
    selection.select_event("Everything")
    show(panel, 420, 900)
    forms = fired(panel)
    assert panel.reason() == ""
    panel.button.click()
    assert len([name for name in forms[0].values if name.startswith("field_")]) == len(ALL_SHAPES)
    for row in panel._fields.values():
        row.editor.set_text("")  # whatever stands there, an editor must be able to show nothing
        row.editor.set_text("not in any list")


def test_a_wrong_text_is_told_under_the_field_and_stops_firing(small: FirePanel, qtbot) -> None:
    forms = fired(small)
    editor = line(small, "user_id").line
    editor.clear()
    qtbot.keyClicks(editor, "nobody")
    assert "user_id must be a UUID, like 3f2a9c1e-…; got 'nobody'" in texts(small)
    assert editor.property("invalid") is True
    assert not small.button.isEnabled()
    assert small.reason() == "Fix 1 field: user_id"
    small.button.click()
    assert forms == []
    editor.clear()
    qtbot.keyClicks(editor, "3f2a9c1e-5b7d-4e43-9c58-0d1f5a3b7e21")
    assert small.button.isEnabled()
    assert "got 'nobody'" not in texts(small)


def test_an_event_without_a_workflow_leaves_no_gap_below_its_name(theme: Theme, selection: Selection, show) -> None:
    alone = event_of("Alone", workflow="", phase="")
    panel = FirePanel(theme, selection)
    panel.set_journal(Run(CatalogDescription("p", (SMALL, alone))).journal)
    show(panel, 340, 800)
    for name, seen in (("Small", True), ("Alone", False)):
        selection.select_event(name)
        assert panel._place.isVisible() == seen


def test_fresh_uuid_and_now(small: FirePanel) -> None:
    forms = fired(small)
    for name in ("user_id", "happened_at"):
        button = line(small, name).fresh
        assert button is not None
        button.click()
    small.button.click()
    assert UUID(forms[0].values["user_id"]).version == 4
    assert forms[0].values["happened_at"] != ""
    assert forms[0].seed is None


@pytest.mark.parametrize(
    ("default", "hint"),
    [
        ({"default": "ida"}, "ida (default)"),
        ({"generated": True}, "generated"),
        ({"generated": True, "withheld": "hidden"}, "hidden (default)"),
        ({"generated": True, "withheld": "<p>lorem… (5400 characters)"}, "<p>lorem… (5400 characters) (default)"),
    ],
)
def test_an_empty_field_says_what_it_means_and_nothing_that_is_withheld(default: dict[str, Any], hint: str) -> None:
    assert hint_of(FieldShape("field", STR, False, **default)) == hint


def test_choices_offer_the_default(small: FirePanel) -> None:
    forms = fired(small)
    editor = small._fields["urgent"].editor
    assert isinstance(editor, ChoiceEditor)
    assert [editor.box.itemText(i) for i in range(editor.box.count())] == ["false (default)", "true", "false"]
    small.button.click()
    editor.box.setCurrentIndex(1)
    editor.box.activated.emit(1)
    small.button.click()
    assert "urgent" not in forms[0].values
    assert forms[1].values["urgent"] is True


def test_the_wheel_does_not_change_a_choice_that_is_not_in_use(small: FirePanel, qapp: QApplication) -> None:
    box = small._fields["urgent"].editor.box
    small.button.setFocus()
    wheel = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    qapp.sendEvent(box, wheel)
    assert box.currentIndex() == 0


def test_new_values_come_with_their_seed(panel: FirePanel, selection: Selection) -> None:
    selection.select_event(EVENT)
    before = panel.form()
    assert f"seed {before.seed}" in texts(panel)
    panel.reroll.click()
    after = panel.form()
    assert after.seed != before.seed
    assert after.values != before.values


def test_form_and_json_stay_in_step(small: FirePanel, qtbot) -> None:
    small.tabs.setCurrentIndex(JSON)
    values = json.loads(small.json.area.toPlainText())
    values["note_text"] = "from JSON"
    small.json.area.setPlainText(json.dumps(values))
    assert line(small, "note_text").line.text() == "from JSON"
    assert small.form().values["note_text"] == "from JSON"
    small.tabs.setCurrentIndex(0)
    editor = line(small, "note_text").line
    editor.clear()
    qtbot.keyClicks(editor, "back")
    small.tabs.setCurrentIndex(JSON)
    assert json.loads(small.json.area.toPlainText())["note_text"] == "back"


def test_broken_json_stops_firing_and_leaves_the_form(small: FirePanel) -> None:
    before = small.form().values
    small.tabs.setCurrentIndex(JSON)
    small.json.area.setPlainText("{")
    assert small.reason().startswith("Not JSON: ")
    assert not small.button.isEnabled()
    small.tabs.setCurrentIndex(0)
    assert small.form().values == before


def test_json_with_a_field_that_does_not_exist_says_so(small: FirePanel) -> None:
    small.tabs.setCurrentIndex(JSON)
    values = {**small.form().values, "extra": 1}
    small.json.area.setPlainText(json.dumps(values))
    assert "Unknown field extra." in texts(small)
    assert not small.button.isEnabled()


def test_identity_is_closed_and_generated_unless_written(small: FirePanel, qtbot) -> None:
    assert not small.identity.opened
    assert "event_id" not in small.form().values
    small.identity.head.click()
    assert small.identity.opened
    qtbot.keyClicks(line(small, "tenant_id").line, "acme")
    assert small.form().values["tenant_id"] == "acme"


def test_context_is_part_of_the_form(small: FirePanel) -> None:
    small.context.session.setChecked(False)
    small.context.add("ip_address", "192.0.2.9")
    small.context.add("", "nameless")
    small.context.count.setValue(3)
    small.context.timeout.setValue(0)
    form = small.form()
    assert (form.session, form.metadata, form.count, form.timeout) == (False, {"ip_address": "192.0.2.9"}, 3, None)
    assert small.button.caption() == "Fire Small \u00d7 3"
    small.context.add("ip_address", "again")
    assert small.reason() == "Duplicate metadata: ip_address"
    small.context._pairs[-1].remove.click()
    assert small.reason() == ""


def test_presets_of_metadata_are_offered_once(small: FirePanel) -> None:
    offers = {item.label: item for item in small.context._offers() if item.label}
    assert list(offers) == ["ip_address", "user_agent", "request_id", "Other…"]
    offers["user_agent"].run()
    assert "Mozilla" in small.form().metadata["user_agent"]
    assert not next(item for item in small.context._offers() if item.label == "user_agent").enabled


def test_each_event_remembers_what_was_written(panel: FirePanel, selection: Selection, qtbot) -> None:
    selection.select_event(EVENT)
    editor = line(panel, "reason").line
    editor.clear()
    qtbot.keyClicks(editor, "mine")
    panel.context.add("k", "v")
    selection.select_event("FileImportFailed")
    assert panel.form().event == "FileImportFailed"
    assert panel.form_for(EVENT).values["reason"] == "mine"
    assert panel.form_for(EVENT).metadata == {"k": "v"}
    selection.select_event(EVENT)
    assert line(panel, "reason").line.text() == "mine"


def test_an_event_never_shown_can_be_fired_with_the_same_values_twice(panel: FirePanel) -> None:
    assert panel.form_for(EVENT) == panel.form_for(EVENT)
    with pytest.raises(UsageError, match="Unknown event Nothing"):
        panel.form_for("Nothing")


def test_the_reason_why_nothing_can_be_fired_is_shown(panel: FirePanel, selection: Selection) -> None:
    selection.select_event(EVENT)
    panel.set_enabled_reason("Look only", allowed=False)
    assert panel.button.isHidden()
    assert panel.fault.isHidden()
    panel.set_enabled_reason("A stored session has no host.")
    assert not panel.button.isHidden()
    assert not panel.button.isEnabled()
    assert "A stored session has no host." in texts(panel)
    panel.set_enabled_reason(None)
    assert panel.button.isEnabled()


def test_edit_and_fire_loads_values(panel: FirePanel) -> None:
    values = {"email": "x@example.org", "reason": "two\nlines"}
    panel.load(EVENT, values, session=False, metadata={"a": "b"})
    form = panel.form()
    assert (form.values, form.session, form.metadata) == (values, False, {"a": "b"})


def test_what_was_not_recorded_gets_a_synthetic_value(panel: FirePanel) -> None:
    panel.load(EVENT, {"email": "x@example.org"})
    values = panel.form().values
    assert values["email"] == "x@example.org"
    assert values["reason"]
    assert panel.reason() == ""


def test_the_outcome_of_the_last_fire_is_told_with_links(panel: FirePanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    panel.fire_started(5)
    assert "Waiting for the first record…" in texts(panel)
    run.once("UserLoginAttempted", fire=4)
    run.once(EVENT, "failed", fire=5, took=2 * MS)
    panel.folded(run.fold())
    assert panel.outcome.text() == "2 ok · 1 failed"
    assert "Fire 5 · 1 publication · 2.0 ms" in texts(panel)
    links = [row for row in panel.outcome.findChildren(ClickableRow) if row.isVisibleTo(panel)]
    assert len(links) == 1
    links[0].click()
    assert run.journal.execution(selection.execution).status == "failed"
    assert selection.publication == 1


def test_a_series_of_fires_is_called_one_and_counted_together(panel: FirePanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    for fire in (4, 5):
        run.once(EVENT, fire=fire, took=2 * MS)
    panel.folded(run.fold())
    panel.outcome.set_journal(run.journal)
    panel.outcome.follow(5, 4)
    assert "Series · 2 publications" in texts(panel)
    assert "FIRES" not in texts(panel).upper()


def test_an_outcome_belongs_to_the_event_that_is_shown(panel: FirePanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    panel.fire_started(1, EVENT)
    run.once(EVENT, "failed", fire=1)
    panel.folded(run.fold())
    selection.select_event("UserLoginAttempted")
    assert panel.outcome.isHidden()
    panel.fire_started(2, "UserLoginAttempted")
    assert panel.outcome.fire == 2
    selection.select_event(EVENT)
    assert (panel.outcome.fire, panel.outcome.text()) == (1, "2 ok · 1 failed")


def test_an_outcome_is_of_the_program_that_runs(panel: FirePanel, selection: Selection, run: Run) -> None:
    """After a reload nothing is known of the event, until what is fired by the reload has come."""
    selection.select_event(EVENT)
    panel.fire_started(1, EVENT)
    run.once(EVENT, "failed", fire=1)
    panel.folded(run.fold())
    run.host(ProgramReloaded)
    panel.folded(run.fold())
    assert panel.outcome.isHidden()
    run.once("UserLoginAttempted", fire=2)
    run.once(EVENT, fire=3)
    panel.folded(run.fold())
    assert (panel.outcome.fire, panel.outcome.text()) == (3, "3 ok")


def test_records_that_came_before_the_number_was_known_count(panel: FirePanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    run.once(EVENT, fire=1)
    panel.folded(run.fold())
    panel.fire_started(1)
    assert panel.outcome.text() == "3 ok"


def test_running_executions_are_told_until_they_end(panel: FirePanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    panel.fire_started(1)
    execution = run.start(run.publish(EVENT, fire=1), "m:f")
    panel.folded(run.fold())
    assert panel.outcome.text() == "1 running"
    run.end(execution, "timed_out")
    panel.folded(run.fold())
    assert panel.outcome.text().startswith("1 timed out")


def test_a_refused_fire_says_why(panel: FirePanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    panel.fire_started(2)
    run.host(FireRefused, fire=1, reason="The event was refused.")
    run.host(FireSettled, fire=1, published=0)
    panel.folded(run.fold())
    assert "Waiting" in panel.outcome.text()
    run.host(FireRefused, fire=2, reason="The host is busy.", hint="Wait.")
    run.host(FireSettled, fire=2, published=0)
    panel.folded(run.fold())
    assert panel.outcome.text() == "The host is busy. Wait."


def test_a_fire_that_is_refused_half_way_says_what_came_before_and_why(
    panel: FirePanel, selection: Selection, run: Run
) -> None:
    selection.select_event(EVENT)
    panel.fire_started(1)
    run.once(EVENT, fire=1)
    run.host(FireRefused, fire=1, reason="The second was refused.")
    run.host(FireSettled, fire=1, published=1)
    panel.folded(run.fold())
    assert panel.outcome.text() == "3 ok\nThe second was refused."


def test_what_was_not_called_and_what_goes_on_is_told_when_it_has_settled(
    panel: FirePanel, selection: Selection, run: Run
) -> None:
    selection.select_event(EVENT)
    panel.fire_started(1)
    number = run.once(EVENT, fire=1)
    uncalled = (UncalledHandler("m:alarm", "alarm", PREDICATE, "its predicate returned false (hot)"),)
    run.host(HandlersNotCalled, fire=1, publication=number, event=EVENT, handlers=uncalled)
    run.host(HandlersNotCalled, fire=2, publication=number, event=EVENT, handlers=uncalled)
    run.host(FireUnsettled, fire=1, pending=(PendingWork("timer", "Cache.expire", 4_700_000_000),))
    panel.folded(run.fold())
    assert panel.outcome.text() == "3 ok"
    run.host(FireSettled, fire=1, published=1)
    panel.folded(run.fold())
    assert panel.outcome.text().splitlines() == [
        "3 ok",
        "Not called: alarm, its predicate returned false (hot)",
        "Settled, with 1 timer pending for 4.7 s: Cache.expire.",
    ]


async def test_a_fire_that_the_engine_refuses_says_why_in_the_panel(panel: FirePanel, selection: Selection) -> None:
    """The engine sends what it always sends: why, and then that the fire is over."""
    recorder = Recorder()
    engine = Engine(shop_program(), recorder)
    await engine.start()
    try:
        journal = Journal()
        journal.fold(Batch(1, recorder.drain()))
        panel.set_journal(journal)
        selection.select_event("OrderPlaced")
        panel.fire_started(1)
        await engine.fire(FireRequest("OrderPlaced", [{"number": -1}]).numbered(1))
        panel.folded(journal.fold(Batch(journal.seq + 1, recorder.drain())))
    finally:
        await engine.close()
    outcome = journal.fire_outcome(1)
    assert outcome is not None
    assert outcome.published == 0
    assert outcome.refusal in panel.outcome.text()
    assert "ValueError: orders count from 0, not -1." in panel.outcome.text()


def test_a_fold_about_other_fires_counts_nothing(
    panel: FirePanel, selection: Selection, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection.select_event(EVENT)
    panel.fire_started(1)
    monkeypatch.setattr(panel.outcome, "refresh", lambda: pytest.fail("this fire is not touched"))
    run.once(EVENT, fire=2)
    run.host(FireSettled, fire=2, published=1)
    panel.folded(run.fold())


def test_a_catalog_that_comes_again_with_the_same_fields_keeps_what_was_written(
    panel: FirePanel, selection: Selection, qtbot
) -> None:
    selection.select_event(EVENT)
    editor = line(panel, "reason").line
    editor.clear()
    qtbot.keyClicks(editor, "mine")
    panel.set_journal(Run(FEW).journal)
    assert panel.form().values["reason"] == "mine"


def test_an_event_that_is_gone_leaves_the_panel_empty(panel: FirePanel, selection: Selection) -> None:
    selection.select_event(EVENT)
    panel.set_journal(Run(CatalogDescription("p", (SMALL,))).journal)
    assert "No event selected" in texts(panel)
    with pytest.raises(UsageError):
        panel.form()


def test_json_editors_grow_with_their_text(small: FirePanel, selection: Selection) -> None:
    selection.select_event("Everything")
    editor = next(row.editor for row in small._fields.values() if isinstance(row.editor, TextEditor))
    low = editor.area.height()
    editor.set_text("[\n1,\n2,\n3,\n4\n]")
    assert editor.area.height() > low


def test_the_theme_can_change_while_it_is_shown(panel: FirePanel, selection: Selection, theme: Theme) -> None:
    selection.select_event(EVENT)
    assert repaints_in_the_other_theme(panel, theme)


def test_a_form_of_a_thousand_fields_appears_at_once_and_is_whole_soon(
    theme: Theme, selection: Selection, show, qtbot
) -> None:
    shapes = [FieldShape(f"field_{n}", ALL_SHAPES[n % len(ALL_SHAPES)], required=True) for n in range(1000)]
    big, other = event_of("Big", *shapes), event_of("Other", FieldShape("n", INT, required=True))
    panel = FirePanel(theme, selection, rng=random.Random(1))
    panel.set_journal(Run(CatalogDescription("p", (big, other))).journal)
    show(panel, 340, 800)
    selection.select_event("Big")
    assert len(panel._fields) == 64  # what is in view and beyond
    values = panel.form().values
    selection.select_event("Other")
    assert len(panel._fields) == len(other.fields)
    selection.select_event("Big")
    qtbot.waitUntil(lambda: len(panel._fields) == len(big.fields))
    assert not panel._builder.isActive()
    assert panel.form().values == values
    lines = {name: row.editor for name, row in panel._fields.items() if type(row.editor) is LineEditor}
    assert len(lines) > 100
    assert all(editor.line.text() == panel._form.text(name) for name, editor in lines.items())


def test_what_is_published_along_belongs_to_the_program(panel: FirePanel, selection: Selection) -> None:
    panel.load(EVENT, {}, session=False, metadata={"ip_address": "192.0.2.17"})
    selection.select_event("UserLoginSucceeded")
    assert panel.form().metadata == {"ip_address": "192.0.2.17"}  # another event of the same
    panel.set_journal(Run(CatalogDescription("another", (SMALL,))).journal)
    selection.select_event("Small")
    assert (panel.form().metadata, panel.form().session) == ({}, True)


def test_an_outcome_counts_what_is_by_fault_apart(panel: FirePanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    panel.fire_started(FireNumber(7))
    number = run.publish(EVENT, fire=7, handlers=4)
    started = [run.start(number, "a:A.a"), *(run.start(number, f"b:B.{name}", fault="fail") for name in "bc")]
    run.start(number, "d:D.d", fault="slow")
    run.at += MS
    for execution, status in zip(started, ("ok", "failed", "ok"), strict=True):
        run.end(execution, status)
    panel.folded(run.fold())
    assert panel.outcome.text() == "1 ok · 2 by fault · 1 running"
