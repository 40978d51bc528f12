from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication

from inspector.analysis.entries import Change
from inspector.analysis.journal import Journal
from inspector.catalog.findings import Finding
from inspector.core.description import CatalogDescription, FieldShape, SSEDescription, TypeShape
from inspector.ui.features.event.panel import RECENT, EventPanel
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.page import ClickableRow, Link
from inspector.ui.kit.theme import Theme
from inspector.ui.kit.wraplabel import WrapLabel
from inspector.ui.selection import Selection
from tests.catalog.runs import MS, Run
from tests.catalog.samples import event_of
from tests.ui.features.conftest import repaints_in_the_other_theme, texts

EVENT = "UserRegistrationSucceeded"


@pytest.fixture
def panel(theme: Theme, selection: Selection, run: Run, show) -> EventPanel:
    panel = EventPanel(theme, selection)
    panel.set_journal(run.journal)
    return show(panel)


def rows(panel: EventPanel) -> list[str]:
    return [row.accessibleName() for row in panel.findChildren(ClickableRow) if row.isVisibleTo(panel)]


def link(panel: EventPanel, text: str) -> Link:
    return next(one for one in panel.findChildren(Link) if one.text() == text and one.isVisibleTo(panel))


def test_without_selection_it_says_what_to_do(panel: EventPanel) -> None:
    assert "No event selected" in texts(panel)


def test_an_event_is_described_whole(panel: EventPanel, selection: Selection) -> None:
    selection.select_event(EVENT)
    said = texts(panel)
    for part in (
        EVENT,
        "authentication \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} user_registration",
        "A user registration: succeeded.",
        "Published by the service that owns it.",
        "verification_token",
        "UUID",
        "required",
        "Subscribers · 3",
        ".handle_user_registration_succeeded",
        "logging, audit, email",
        "USER_REGISTERED",
        "No runs in this session.",
    ):
        assert part in said
    assert link(panel, "EmailEventHandler")


def test_what_is_wrong_with_an_event_is_told_and_leads_to_the_finding(panel: EventPanel, selection: Selection) -> None:
    mine = Finding("EV208", "warning", "It carries a secret.", "Send an id.", event=EVENT)
    other = Finding("EV209", "error", "It is about something else.", "", event="UserLoginFailed")
    selection.select_event(EVENT)
    assert "Findings" not in texts(panel)
    panel.set_findings((mine, other))
    assert "Findings · 1" in texts(panel)
    asked = []
    panel.finding_chosen.connect(asked.append)
    row = next(row for row in panel.findChildren(ClickableRow) if row.accessibleName() == "△ It carries a secret.")
    row.click()
    assert asked == [mine]
    panel.set_findings(())
    assert not any(row.isVisibleTo(panel) for row in panel.findChildren(ClickableRow))


def test_defaults_are_shown_and_what_is_withheld_is_said_instead(
    theme: Theme, selection: Selection, show: Callable[..., EventPanel]
) -> None:
    text = TypeShape("str", "str")
    withheld = {"default": None, "generated": True}
    printed = event_of(
        "Printed",
        FieldShape("owner", text, False, default="ida"),
        FieldShape("pass_phrase", text, False, secret=True, withheld="hidden", **withheld),
        FieldShape("page", text, False, withheld="<p>lorem… (5400 characters)", **withheld),
        FieldShape("made_at", text, False, generated=True),
    )
    panel = EventPanel(theme, selection)
    panel.set_journal(Run(CatalogDescription("p", (printed,))).journal)
    show(panel)
    selection.select_event("Printed")
    said = texts(panel)
    for part in ('= "ida"', "= hidden", "= <p>lorem… (5400 characters)", "generated"):
        assert part in said


def test_a_payload_of_which_nothing_is_declared_is_not_spoken_of(
    theme: Theme, selection: Selection, show: Callable[..., EventPanel]
) -> None:
    told = replace(event_of("Told"), sse=SSEDescription("told", "", None))
    empty = replace(event_of("Empty"), sse=SSEDescription("empty", "", ()))
    panel = EventPanel(theme, selection)
    panel.set_journal(Run(CatalogDescription("p", (told, empty))).journal)
    show(panel)
    selection.select_event("Told")
    assert "SSE payload" not in texts(panel)
    selection.select_event("Empty")
    assert "SSE payload" in texts(panel)


def test_the_sse_mapping_is_told(panel: EventPanel, selection: Selection) -> None:
    selection.select_event("UserLoginFailed")
    assert "security.login.failed" in texts(panel)
    assert "email, reason" in texts(panel)
    assert "= None" in texts(panel)


def test_a_sibling_phase_is_one_click_away(panel: EventPanel, selection: Selection, qtbot) -> None:
    selection.select_event(EVENT)
    link(panel, "failed").click()
    assert selection.event_name == "UserRegistrationFailed"
    assert "USER_REGISTRATION_FAILED" in texts(panel)


def test_a_handler_is_selected_and_opened(panel: EventPanel, selection: Selection, run: Run, qtbot) -> None:
    selection.select_event(EVENT)
    link(panel, "AuditEventHandler").click()
    assert run.journal.handlers[selection.handler].owner == "AuditEventHandler"
    buttons = [
        one for one in panel.findChildren(IconButton) if one.accessibleName().startswith("Open demo/handlers/em")
    ]
    with qtbot.waitSignal(panel.open_source) as asked:
        buttons[0].click()
    handler = next(
        one for one in run.journal.handlers if one.label == "EmailEventHandler.handle_user_registration_succeeded"
    )
    assert asked.args == ["demo/handlers/email.py", handler.line]
    copy = next(
        one for one in panel.findChildren(IconButton) if one.accessibleName().startswith("Copy demo/handlers/em")
    )
    copy.click()
    assert QApplication.clipboard().text() == f"demo/handlers/email.py:{handler.line}"


def test_recent_runs_follow_the_journal_and_select(panel: EventPanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    run.once(EVENT, took=3 * MS)
    run.once(EVENT, "failed", took=5 * MS)
    panel.folded(run.fold())
    assert [row.split()[0] for row in rows(panel)] == ["#2", "#1"]
    assert rows(panel)[0].endswith("✓ 2 ✕ 1 5.0 ms")
    assert "Recent runs · 6 executions, 1 failed" in texts(panel)
    next(row for row in panel.findChildren(ClickableRow) if row.accessibleName().startswith("#1")).click()
    assert selection.publication == 0


def test_only_the_newest_runs_are_listed(panel: EventPanel, selection: Selection, run: Run) -> None:
    for _ in range(RECENT + 5):
        run.once(EVENT)
    change = run.fold()
    selection.select_event(EVENT)
    panel.folded(change)
    assert len(rows(panel)) == RECENT
    assert rows(panel)[0].startswith(f"#{RECENT + 5} ")


def test_a_fold_about_other_events_does_nothing(
    panel: EventPanel, selection: Selection, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.once(EVENT)
    run.fold()
    selection.select_event(EVENT)
    monkeypatch.setattr(panel, "_fill_runs", lambda: pytest.fail("nothing here has changed"))
    run.once("UserLoginFailed")
    panel.folded(run.fold())
    panel.folded(Change(len(run.journal.executions), len(run.journal.publications)))


def test_an_end_that_comes_later_is_shown(panel: EventPanel, selection: Selection, run: Run) -> None:
    selection.select_event(EVENT)
    number = run.publish(EVENT)
    execution = run.start(number, run.journal.events[1].handlers[0])
    panel.folded(run.fold())
    assert "▷ 1" in rows(panel)[0]
    run.at += MS
    run.end(execution, "failed")
    panel.folded(run.fold())
    assert "✕ 1" in rows(panel)[0]


def test_unheard_publications_are_marked(panel: EventPanel, selection: Selection, run: Run) -> None:
    run.publish("Surprise<b>", handlers=0)
    panel.folded(run.fold())
    selection.select_event("Surprise<b>")
    assert "unheard" in rows(panel)[0]
    assert "No subscribers." in texts(panel)
    assert "Surprise<b>" in texts(panel)


def test_fire_asks_for_the_form(panel: EventPanel, selection: Selection, qtbot) -> None:
    from inspector.ui.kit.buttons import Button

    selection.select_event(EVENT)
    button = next(one for one in panel.findChildren(Button) if one.caption() == "Fire…")
    with qtbot.waitSignal(panel.fire_requested) as asked:
        button.click()
    assert asked.args == [EVENT]


def test_another_journal_is_read_anew(panel: EventPanel, selection: Selection, run: Run) -> None:
    run.once(EVENT)
    panel.folded(run.fold())
    selection.select_event(EVENT)
    panel.set_journal(Run(run.catalog).journal)
    assert "No runs in this session." in texts(panel)
    panel.set_journal(Journal())
    assert "No event selected" in texts(panel)


def test_the_theme_can_change_while_it_is_shown(panel: EventPanel, selection: Selection, theme: Theme) -> None:
    selection.select_event(EVENT)
    assert repaints_in_the_other_theme(panel, theme)


def test_a_name_that_is_too_long_goes_on_below_broken_between_its_words(
    theme: Theme, selection: Selection, show
) -> None:
    name = "ProviderConnectionAttemptedAgain"
    panel = EventPanel(theme, selection)
    panel.set_journal(Run(CatalogDescription("p", (event_of(name),))).journal)
    show(panel, 300, 600)
    selection.select_event(name)
    label = next(each for each in panel.findChildren(WrapLabel) if each.text() == name)
    QApplication.processEvents()
    assert label.height() >= 2 * label.fontMetrics().height()
    lines = [label._layout.lineAt(number) for number in range(label._layout.lineCount())]
    text = label._layout.text()
    parts = [text[line.textStart() : line.textStart() + line.textLength()].replace("\u200b", "") for line in lines]
    assert "".join(parts) == name
    assert all(part[0].isupper() for part in parts)
