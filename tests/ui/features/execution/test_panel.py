import json
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from inspector.analysis.inside import InsideItem, inside_of
from inspector.analysis.journal import Journal
from inspector.app.details import Details
from inspector.app.workbench import View
from inspector.core.records.host import ProbesSwitched
from inspector.core.records.inside import RequestNote, StatementNote, TimedNote, data_of
from inspector.core.records.numbers import NO_EXECUTION, ExecutionIndex, PublicationIndex
from inspector.core.records.records import KIND, PUBLISHED, Batch
from inspector.core.values.snapshot import snapshot
from inspector.ui.features.execution.details import ShownDetails
from inspector.ui.features.execution.notes import MAX_NOTES, NotesView, data_text, facts_text
from inspector.ui.features.execution.panel import ExecutionPanel
from inspector.ui.features.execution.payload import PayloadView, context_rows
from inspector.ui.kit.page import ClickableRow, Link
from inspector.ui.kit.theme import Theme
from inspector.ui.parts.failure_text import short_path, traceback_text
from inspector.ui.parts.traceback import TracebackView, source_lines
from inspector.ui.selection import Selection
from tests.analysis.several import shop
from tests.catalog.runs import MS, Run
from tests.ui.features.conftest import FAILURE, FEW, failing_run, repaints_in_the_other_theme, texts

EVENT = "UserPasswordChangeSucceeded"


@pytest.fixture
def run() -> Run:
    run = Run(FEW)
    failing_run(run)
    return run


@pytest.fixture
def clock() -> list[float]:
    """Seconds, that of the panel."""
    return [7.0]


@pytest.fixture
def panel(theme: Theme, selection: Selection, run: Run, clock: list[float], show) -> ExecutionPanel:
    panel = ExecutionPanel(theme, selection, clock=lambda: clock[0])
    panel.set_journal(run.journal)
    return show(panel, 380, 900)


def select(selection: Selection, journal: Journal, execution: int) -> None:
    one = journal.execution(execution)
    selection.select_execution(
        execution, one.publication, one.event.name, int(journal.executions["handler"][execution])
    )


def links(panel: ExecutionPanel) -> dict[str, Link]:
    return {link.text(): link for link in panel.findChildren(Link) if link.isVisibleTo(panel)}


def test_without_selection_it_says_what_to_do(panel: ExecutionPanel) -> None:
    assert "No execution selected" in texts(panel)


def test_a_failed_execution_is_told_whole(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    select(selection, run.journal, 1)
    said = texts(panel) + str(rows_of(panel.findChild(PayloadView)))
    for part in (
        ".handle_user_password_change_succeeded",
        "✕ failed",
        "after 1.0 ms",
        "(400 µs on loop, 600 µs awaiting)",
        "RuntimeError",
        "AuditEventHandler requires a database session",
        "Caused by",
        "LookupError: empty",
        "12.50",
        '"user"',
        "0199a1b2-7c1d-7000-8000-00000000b81c",
        "Database session",
        "192.0.2.1",
    ):
        assert part in said
    assert {"AuditEventHandler", f"{EVENT} #1", "0199c0de…0001"} <= links(panel).keys()
    names = [row.accessibleName() for row in panel.findChildren(ClickableRow) if row.isVisibleTo(panel)]
    assert names == ["+1.0 ms log audit_record_creating {…}", "+1.0 ms log audit_session_missing"]


def test_an_execution_that_went_well_has_no_error_and_no_traceback(
    panel: ExecutionPanel, selection: Selection, run: Run
) -> None:
    select(selection, run.journal, 1)
    select(selection, run.journal, 0)
    said = texts(panel)
    assert "✓ ok" in said
    assert "RuntimeError" not in said
    assert "Traceback" not in said
    assert not panel.copy.isVisibleTo(panel)


def test_library_frames_are_shown_on_demand(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    select(selection, run.journal, 1)
    trace = panel.findChild(TracebackView)
    assert trace is not None
    assert [view.frame.line for view in trace.frames() if view.isVisibleTo(panel)] == [41, 12]
    links(panel)["Show 1 library frame"].click()
    QApplication.processEvents()
    assert [view.frame.line for view in trace.frames() if view.isVisibleTo(panel)] == [277, 41, 12]
    links(panel)["Only my frames"].click()
    QApplication.processEvents()
    assert [view.frame.line for view in trace.frames() if view.isVisibleTo(panel)] == [41, 12]


def test_the_frame_where_it_failed_is_open_and_can_be_closed(
    panel: ExecutionPanel, selection: Selection, run: Run
) -> None:
    select(selection, run.journal, 1)
    mine, cause = (view for view in panel.findChildren(TracebackView)[0].frames() if view.isVisibleTo(panel))
    assert (mine.head.opened, cause.head.opened) == (True, False)
    mine.head.click()
    cause.head.click()
    assert (mine.head.opened, cause.head.opened) == (False, True)
    assert "Source not available." in texts(panel)


def test_source_is_moved_left_and_the_failing_line_is_marked() -> None:
    lines = source_lines(FAILURE.frames[1])
    assert [(line.gutter, line.text, line.marked) for line in lines] == [
        ("40", "if session is None:", False),
        ("41", '    raise RuntimeError("no")', True),
        ("42", "x()", False),
    ]


def test_buttons_ask_for_what_they_say(panel: ExecutionPanel, selection: Selection, run: Run, qtbot) -> None:
    select(selection, run.journal, 1)
    for button, signal, wanted in (
        (panel.retry_button, panel.retry_requested, [1]),
        (panel.again, panel.again_requested, [0]),
        (panel.edit, panel.edit_requested, [0]),
        (panel.open, panel.open_source, ["/home/me/demo/handlers/audit.py", 41]),
    ):
        with qtbot.waitSignal(signal) as asked:
            button.click()
        assert asked.args == wanted
    panel.copy.click()
    assert QApplication.clipboard().text() == traceback_text(FAILURE)


def test_a_failure_is_copied_as_a_test_or_a_report_without_a_menu(
    panel: ExecutionPanel, selection: Selection, run: Run
) -> None:
    copied: list[tuple[str, int]] = []
    panel.copy_requested.connect(lambda kind, execution: copied.append((kind, execution)))
    select(selection, run.journal, 1)
    panel.buttons.resize(400, panel.buttons.height())
    assert panel.retry_button.isVisible()
    assert panel.test.isVisible()
    panel.test.click()
    _, report = panel._error.buttons
    report.click()
    assert copied == [("pytest", 1), ("Markdown", 1)]


def test_open_goes_to_the_handler_when_nothing_failed(
    panel: ExecutionPanel, selection: Selection, run: Run, qtbot
) -> None:
    select(selection, run.journal, 0)
    handler = run.journal.execution(0).handler
    with qtbot.waitSignal(panel.open_source) as asked:
        panel.open.click()
    assert asked.args == [handler.file, handler.line]


def test_correlation_event_and_handler_lead_on(panel: ExecutionPanel, selection: Selection, run: Run, qtbot) -> None:
    select(selection, run.journal, 1)
    selection.select_event("")
    selection.select_handler(-1)
    shown = links(panel)
    with qtbot.waitSignal(panel.correlation_requested) as asked:
        shown["0199c0de…0001"].click()
    assert asked.args == ["0199c0de-7c1e-7000-8000-000000000001"]
    shown[f"{EVENT} #1"].click()
    assert selection.event_name == EVENT
    shown["AuditEventHandler"].click()
    assert selection.handler == int(run.journal.executions["handler"][1])


def test_a_derived_publication_names_its_cause(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    select(selection, run.journal, 5)
    cause = next(link for text, link in links(panel).items() if text.endswith(f"for {EVENT}"))
    cause.click()
    assert selection.execution == 2


def test_a_publication_alone_lists_its_executions(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    selection.select_publication(0, EVENT)
    said = texts(panel)
    assert "3 ok · 1 by fault · 1 running" in said
    assert "Executions · 5" in said
    rows = [row for row in panel.findChildren(ClickableRow) if row.isVisibleTo(panel)]
    assert rows[1].accessibleName() == "✕ AuditEventHandler .handle_user_password_change_succeeded 1.0 ms"
    rows[1].click()
    assert selection.execution == 1
    assert "RuntimeError" in texts(panel)


def test_an_unheard_publication_says_so(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    run.publish("Lonely", handlers=0)
    panel.folded(run.fold())
    selection.select_publication(2, "Lonely")
    assert "Executions · unheard" in texts(panel)


def test_a_running_execution_goes_on_and_ends(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    select(selection, run.journal, 4)
    assert "▷ running" in texts(panel)
    run.at += 3 * MS
    run.once("UserLoginFailed")
    panel.folded(run.fold())
    assert "for 5.0 ms" in texts(panel)
    run.note(5, 1, "log", "late news")
    panel.folded(run.fold())
    assert "Inside this execution" in texts(panel)
    run.end(5, "cancelled")
    panel.folded(run.fold())
    assert "\N{EN DASH} cancelled" in texts(panel)


def test_the_time_of_what_runs_goes_on_while_nothing_is_recorded(
    panel: ExecutionPanel, selection: Selection, run: Run, clock: list[float]
) -> None:
    select(selection, run.journal, 4)
    assert "for 1.0 ms" in texts(panel)
    clock[0] += 1.5
    panel.tick()
    assert "for 1.50 s" in texts(panel)
    clock[0] += 1.5
    select(selection, run.journal, 1)
    select(selection, run.journal, 4)
    assert "for 3.00 s" in texts(panel), "at once, when it is selected"
    run.at += 4000 * MS
    run.once("UserLoginFailed")
    panel.folded(run.fold())
    assert "for 4.00 s" in texts(panel), "the records say it better"
    run.end(5, "ok")
    panel.folded(run.fold())
    clock[0] += 9
    panel.tick()
    assert "after 4.00 s" in texts(panel)


def test_what_runs_in_a_stored_session_grows_no_older(
    panel: ExecutionPanel, selection: Selection, run: Run, clock: list[float]
) -> None:
    panel.show_view(View(run.journal, Details(run.journal), "stored", live=False))
    select(selection, run.journal, 4)
    clock[0] += 5
    panel.tick()
    assert "for 1.0 ms" in texts(panel)
    assert panel.chain.isHidden()


def test_what_runs_offers_its_await_chain_and_what_has_ended_the_rest(
    panel: ExecutionPanel, selection: Selection, run: Run
) -> None:
    asked: list[bool] = []
    panel.chain_requested.connect(lambda: asked.append(True))

    def offered() -> list[bool]:
        return [not button.isHidden() for button in (panel.chain, panel.retry_button, panel.test)]

    select(selection, run.journal, 4)
    assert offered() == [True, False, False]
    panel.chain.click()
    assert asked == [True]
    panel.set_chain_reason("The program has stopped")
    assert not panel.chain.isEnabled()
    run.end(5, "ok")
    panel.folded(run.fold())
    assert offered() == [False, True, True]
    select(selection, run.journal, 1)
    assert offered() == [False, True, True]


def test_a_fold_about_others_refreshes_nothing(
    panel: ExecutionPanel, selection: Selection, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    select(selection, run.journal, 1)
    monkeypatch.setattr(panel, "_refresh", lambda: pytest.fail("nothing here has changed"))
    run.once("UserLoginFailed", "failed")
    panel.folded(run.fold())


def test_details_that_are_gone_are_asked_for_and_late_answers_are_for_nobody(
    theme: Theme, selection: Selection, run: Run, show
) -> None:
    asked: list[tuple[int, int, Callable[[ShownDetails], None]]] = []
    panel = ExecutionPanel(theme, selection, request_details=lambda *question: asked.append(question))
    run.journal.payloads._values.clear()
    panel.set_journal(run.journal)
    show(panel, 380, 900)
    select(selection, run.journal, 0)
    select(selection, run.journal, 2)
    assert [question[:2] for question in asked] == [(0, 0), (0, 2)]
    asked[0][2](ShownDetails(payload=(snapshot({"late": 1}), "{}")))
    assert rows_of(panel.findChild(PayloadView)) == []
    asked[1][2](ShownDetails(payload=(snapshot({"amount": 7}), '{"session": true, "metadata": {}}')))
    assert ("amount", "7") in rows_of(panel.findChild(PayloadView))
    assert "yes" in texts(panel)


def test_a_reason_disables_firing_only(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    panel.set_enabled_reason("A stored session has no host.")
    select(selection, run.journal, 1)
    assert not panel.again.isEnabled()
    assert not panel.edit.isEnabled()
    assert panel.copy.isEnabled()
    assert panel.open.isEnabled()


def test_the_payload_is_copied_as_json(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    select(selection, run.journal, 1)
    links(panel)["Copy JSON"].click()
    assert json.loads(QApplication.clipboard().text())["amount"] == "12.50"


def rows_of(view: PayloadView) -> list[tuple[str, str]]:
    """Return names and values of the rows that can be seen."""
    tree, rows = view.values.tree, []
    index = tree.sorted.index(0, 0)
    while index.isValid():
        rows.append((index.data(), index.siblingAtColumn(1).data()))
        index = tree.indexBelow(index)
    return rows


def test_markup_and_hidden_characters_are_shown_as_characters(theme: Theme, qtbot, show) -> None:
    view = PayloadView(theme)
    view.set_payload(snapshot({"a": "<b>x</b>", "b": "left\u202eright", "c": "\ud800"}))
    show(view)
    said = dict(rows_of(view))
    assert said["a"] == '"<b>x</b>"'
    assert "⟨U+202E⟩" in said["b"]
    assert "⟨U+D800⟩" in said["c"]


def test_values_are_searched_copied_and_filtered_by(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    select(selection, run.journal, 1)
    QApplication.processEvents()
    view = panel.findChild(PayloadView)
    names = [name for name, _ in rows_of(view)]
    assert names[:4] == ["user_id", "initiated_by", "amount", "details"]
    assert names[-1].startswith("Locals of ")
    view.values.search.setText("stock")
    assert rows_of(view) == [
        ("details", '{"from": "Stockholm, Sweden", "to": "Valencia, Spain"}'),
        ("from", '"Stockholm, Sweden"'),
        ("to", '"Valencia, Spain"'),
    ]
    tree = view.values.tree
    tree.setCurrentIndex(tree.indexBelow(tree.sorted.index(0, 0)))
    filters: list[str] = []
    panel.filter_requested.connect(filters.append)
    items = {item.label: item for item in tree.menu_items()}
    items["Filter by this value"].run()
    assert filters == ['details.from:"Stockholm, Sweden"']
    QTest.keyClick(tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "Stockholm, Sweden"
    view.values.search.clear()
    assert [name for name, _ in rows_of(view)][:1] == ["user_id"]


def test_a_row_offers_to_filter_by_its_value_and_to_copy_it_under_the_pointer_and_with_the_keyboard(
    theme: Theme, show, qtbot
) -> None:
    view = PayloadView(theme)
    view.set_payload(snapshot({"city": "Stockholm", "price": {"amount": 1}}))
    show(view)
    tree, actions, filters = view.values.tree, view.values.tree.actions_shown, []
    view.values.filter_requested.connect(filters.append)
    first, second = (tree.sorted.index(row, 0) for row in (0, 1))
    assert actions.isHidden()
    tree.entered.emit(first)
    assert actions.isVisible()
    assert actions.geometry().right() == tree.viewport().width() - 1
    assert actions.geometry().top() == tree.visualRect(first).top()
    actions.copy.click()
    assert QApplication.clipboard().text() == "Stockholm"
    actions.filter.click()
    assert filters == ["city:Stockholm"]
    tree.entered.emit(second)
    assert actions.filter.isHidden(), "there is no filter by a value that holds others"
    QApplication.sendEvent(tree, QEvent(QEvent.Type.Leave))
    assert actions.isHidden()
    tree.setFocus()
    tree.setCurrentIndex(first)
    assert actions.isVisible() == tree.hasFocus()
    tree.verticalScrollBar().valueChanged.emit(0)
    assert actions.isHidden()
    view.set_payload("{}")
    actions.copy.click()  # its row is gone
    assert QApplication.clipboard().text() == "Stockholm"


def test_what_was_opened_stays_open_for_the_next_execution(theme: Theme, show) -> None:
    view = PayloadView(theme)
    view.set_payload(snapshot({"price": {"amount": 1}, "n": 1}))
    show(view)
    tree = view.values.tree
    before = tree.sizeHint().height()
    tree.expand(tree.sorted.index(0, 0))
    assert tree.sizeHint().height() > before
    view.set_payload(snapshot({"n": 2, "price": {"amount": 3}}))
    assert rows_of(view) == [("n", "2"), ("price", '{"amount": 3}'), ("amount", "3")]


def test_the_viewer_shows_the_whole_of_a_value(theme: Theme, show, qtbot) -> None:
    view = PayloadView(theme)
    view.set_payload(snapshot({"n": 1, "text": "word " * 10_000}))
    show(view)
    tree = view.values.tree
    tree.setCurrentIndex(tree.sorted.index(1, 0))
    assert len(tree.currentIndex().siblingAtColumn(1).data()) < 400
    viewer = view.values.open_viewer()
    assert len(viewer.area.toPlainText()) == 50_000
    QTest.keyClick(viewer.tree, Qt.Key.Key_Up)
    assert viewer.area.toPlainText() == "1"
    viewer.close()


def test_a_payload_that_is_none_or_unreadable_is_told(theme: Theme, show) -> None:
    view = PayloadView(theme)
    show(view)
    for payload, words in ((None, "…"), ("not json", "Cannot read"), ("{}", "No fields.")):
        view.set_payload(payload)
        assert words in texts(view)
        assert view.values.isHidden()
    view.set_payload("[1]")
    assert rows_of(view) == [("value", "[1]")]


def test_items_are_added_below_and_bounded(theme: Theme, run: Run, show) -> None:
    view = NotesView(theme)
    items = inside_of(run.journal, NO_EXECUTION, run.journal.notes.get(1) or [])
    view.set_items(items[:1], 0)
    first = view.findChildren(ClickableRow)[0]
    view.set_items(items, 0)
    show(view)
    assert view.findChildren(ClickableRow)[0] is first
    assert len(view.findChildren(ClickableRow)) == 2
    view.set_items(items * MAX_NOTES, 0)
    assert "more items" in texts(view)
    first = next(row for row in view.findChildren(ClickableRow) if row.isVisibleTo(view))
    first.click()
    QApplication.processEvents()
    areas = [area for area in view.findChildren(QPlainTextEdit) if area.isVisibleTo(view)]
    text, data = areas[0].toPlainText().split("\n\n")
    assert (text, json.loads(data)) == ("audit_record_creating", {"action": "X"})
    first.click()
    assert not areas[0].isVisibleTo(view)


def test_what_happened_inside_stands_in_the_order_in_which_it_began(
    panel: ExecutionPanel, selection: Selection, run: Run
) -> None:
    select(selection, run.journal, 0)
    assert "Nothing recorded." in texts(panel)

    def note(at: int, kind: str, text: str, data: TimedNote, level: str = "info") -> None:
        run.at = run.journal.execution(ExecutionIndex(0)).start + at * MS
        run.note(1, 1, kind, text, data=json.dumps(data_of(data)), level=level)

    note(1, "log", "charging", TimedNote())
    note(5, "sql", "SELECT * FROM cards", StatementNote(ago=4 * MS, took=3 * MS, rows=2, by="sqlite3"))
    note(6, "sql", "SELECT 1", StatementNote(ago=1 * MS, took=1 * MS, error="OperationalError"), "error")
    note(7, "http", "POST pay.example/charges", RequestNote(ago=3 * MS, took=2 * MS, status=402), "warning")
    panel.folded(run.fold())
    QApplication.processEvents()
    rows = [row.accessibleName() for row in panel.findChildren(ClickableRow) if row.isVisibleTo(panel)]
    assert rows == [
        "+1.0 ms log charging {…}",
        "+1.0 ms sql SELECT * FROM cards 2 rows 3.0 ms",
        "+4.0 ms http POST pay.example/charges 402 2.0 ms",
        "+5.0 ms sql SELECT 1 OperationalError 1.0 ms",
    ]
    assert "4 items" in links(panel)
    assert "Nothing recorded." not in texts(panel)


def test_probes_that_are_off_are_named_and_turned_on(panel: ExecutionPanel, selection: Selection, run: Run) -> None:
    wanted: list[tuple[str, ...]] = []
    panel.probes_requested.connect(wanted.append)
    select(selection, run.journal, 0)
    assert not any("off" in text for text in links(panel))
    run.host(ProbesSwitched, off=("sql", "http"))
    panel.folded(run.fold())
    assert not links(panel)["SQL, HTTP off"].isEnabled()
    panel.set_switching(True)
    links(panel)["SQL, HTTP off · Turn on"].click()
    items = panel.probe_items()
    assert [(item.label, item.checked) for item in items[:3]] == [("SQL", False), ("HTTP", False), ("Output", True)]
    for item in (items[0], items[2]):
        assert item.run is not None
        item.run()
    assert wanted == [(), ("http",), ("sql", "http", "output")]


def test_the_whole_of_a_statement_and_of_a_request_is_told_in_words() -> None:
    statement = data_of(StatementNote(took=3 * MS, by="sqlalchemy", rows=2, parameters=("int", "str"), sets=1200))
    failed = data_of(StatementNote(took=1, by="sqlite3", error="OperationalError"))
    request = data_of(RequestNote(took=2 * MS, by="httpx", status=402, query=("token",)))
    broken = data_of(RequestNote(took=2 * MS, by="httpx", error="ConnectError"))
    assert facts_text(InsideItem(0, "sql", "info", "", rows=2, data=json.dumps(statement))) == (
        "2 rows\ntook 3.0 ms\nparameters: int, str\n1\u2009200 sets of parameters\nby sqlalchemy"
    )
    assert facts_text(InsideItem(0, "sql", "error", "", error="OperationalError", data=json.dumps(failed))) == (
        "OperationalError\ntook 1 ns\nby sqlite3"
    )
    assert facts_text(InsideItem(0, "http", "info", "", status=402, data=json.dumps(request))) == (
        "402\ntook 2.0 ms\nquery: token\nby httpx"
    )
    assert facts_text(InsideItem(0, "http", "info", "", error="ConnectError", data=json.dumps(broken))) == (
        "ConnectError\ntook 2.0 ms\nby httpx"
    )
    assert facts_text(InsideItem(0, "http", "info", "", data="no json")) == "took 0 ns"
    assert facts_text(InsideItem(0, "log", "info", "", data="{}")) == ""


def test_data_that_is_no_json_is_shown_as_it_is() -> None:
    assert data_text("plain") == "plain"
    assert data_text("x" * 10_000).endswith("…")


def test_context_rows_take_whatever_was_recorded() -> None:
    assert context_rows("") == [("", "unknown", "dim")]
    assert context_rows("nonsense") == [("", "unknown", "dim")]
    assert context_rows('{"session": true, "metadata": {"n": 1}}') == [
        ("Database session", "yes", ""),
        ("n", "1", "mono"),
    ]


def test_a_copied_traceback_reads_like_pythons() -> None:
    assert traceback_text(FAILURE) == (
        "Traceback (most recent call last):\n"
        '  File "/home/me/demo/db.py", line 12, in current\n'
        "LookupError: empty\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3/asyncio/tasks.py", line 277, in step\n'
        "    result = send(None)\n"
        '  File "/home/me/demo/handlers/audit.py", line 41, in handle_user_password_change_succeeded\n'
        '    raise RuntimeError("no")\n'
        "RuntimeError: AuditEventHandler requires a database session"
    )


def test_a_path_is_shortened_to_its_end() -> None:
    assert short_path("/home/me/shop/demo/handlers/audit.py") == "demo/handlers/audit.py"
    assert short_path("C:\\shop\\demo\\audit.py") == "shop/demo/audit.py"
    assert short_path("audit.py") == "audit.py"


def test_the_theme_can_change_while_it_is_shown(
    panel: ExecutionPanel, selection: Selection, run: Run, theme: Theme
) -> None:
    select(selection, run.journal, 1)
    assert repaints_in_the_other_theme(panel, theme)


def test_what_came_from_another_process_names_it_as_its_cause(theme: Theme, selection: Selection, show) -> None:
    rows = shop(4)
    published = [place for place, row in enumerate(rows) if row[KIND] == PUBLISHED]
    here = next(place for place in published if rows[place][-1] == 2)
    there = next(place for place in published if place > here and rows[place][-1] == 3)
    rows[there] = (*rows[there][:4], rows[here][4], rows[there][5], 0, *rows[there][7:])
    journal = Journal()
    journal.fold(Batch(1, rows))
    panel = ExecutionPanel(theme, selection)
    panel.set_journal(journal)
    show(panel, 380, 900)
    first, last = (PublicationIndex(published.index(place)) for place in (here, there))
    selection.select_publication(last, journal.publication(last).event.name)
    number = journal.publication(first).number
    assert panel._head._cause_link.text() == f"{journal.publication(first).event.name} #{number} in server 48231"
    panel._head._cause_link.clicked.emit()
    assert selection.publication == first


def test_what_fires_is_absent_where_a_program_is_only_looked_at(
    panel: ExecutionPanel, selection: Selection, run: Run
) -> None:
    select(selection, run.journal, 0)
    panel.set_enabled_reason("Look only", present=False)
    panel.buttons.fit()  # as when the panel gets another width
    fires = (panel.again, panel.edit, panel.retry_button)
    assert all(button.isHidden() for button in fires)
    assert not any(item.label in ("Fire again", "Edit & fire", "Retry handler") for item in panel.buttons._items())
    panel.set_enabled_reason(None)
    panel.buttons.fit()
    assert not panel.retry_button.isHidden()
    assert not panel.again.isHidden() or "Fire again" in [item.label for item in panel.buttons._items()]
