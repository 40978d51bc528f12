"""The heat map: a cell for each event and class of handlers, with the worst that happened there."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from inspector.catalog.conformance.rules import RunFinding
from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription
from inspector.core.records.host import HandlerAdded
from inspector.core.records.numbers import ExecutionNumber
from inspector.core.records.records import SESSION_STARTED, to_row
from inspector.core.values.build import to_plain
from inspector.ui.features.conformance.model import (
    ENDED,
    EXECUTION,
    FAILED,
    HANDLER,
    MESSAGE,
    MISSING,
    NOT_FIRED,
    NOTHING,
    OK,
    STRUCK,
    SWALLOWED,
    Cell,
    HeatMapModel,
    RunFindingsModel,
    without_shared_ending,
)
from inspector.ui.kit.rows import Role
from tests.analysis import runs
from tests.analysis.sample_runs import MS, Run, Story, Told
from tests.patience import quickest

LOG, MAIL = "app:LoggingHandler.handle", "app:EmailHandler.handle"


def described(key: str) -> HandlerDescription:
    label = key.partition(":")[2]
    owner, _, method = label.rpartition(".")
    return HandlerDescription(key, label, owner, method)


def catalog(*events: tuple[str, tuple[str, ...], tuple[str, ...]]) -> CatalogDescription:
    keys = dict.fromkeys(key for _, handlers, _ in events for key in handlers)
    return CatalogDescription(
        "shop",
        tuple(
            EventDescription(name, f"app.{name}", name, "a", "b", "c", handlers=handlers, requires=requires)
            for name, handlers, requires in events
        ),
        tuple(described(key) for key in keys),
    )


def started(description: CatalogDescription) -> Story:
    story = Story()
    text = json.dumps(to_plain(description))
    story.fold([(SESSION_STARTED, 0, 1, "shop", "3.11", text, None)])
    return story


def told(event: str, *runs: tuple[str, str]) -> Told:
    return Told(event, 0, [Run(0, None if status == "running" else MS, key, status) for key, status in runs])


SHOP = catalog(
    ("Placed", (LOG, MAIL), ("logging", "email")),
    ("Paid", (LOG,), ("logging", "email")),
    ("Gone", (), ("audit",)),
)


@pytest.fixture
def shown(qapp):
    def show(story: Story) -> HeatMapModel:
        model = HeatMapModel()
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
        model.set_journal(story.journal)
        return model

    return show


def states(model: HeatMapModel) -> list[list[int]]:
    return [[model.cell(row, column).state for column in range(model.columnCount())] for row in range(model.rowCount())]


def headers(model: HeatMapModel) -> tuple[list[str], list[str]]:
    return (
        [model.headerData(row, Qt.Orientation.Vertical) for row in range(model.rowCount())],
        [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())],
    )


TIMED_OUT = OK + ENDED.index("timed_out")


def test_before_a_run_it_tells_who_is_subscribed_and_who_is_missing(shown):
    model = shown(started(SHOP))
    assert headers(model) == (["Placed", "Paid", "Gone"], ["LoggingHandler", "EmailHandler", "audit"])
    assert states(model) == [
        [NOT_FIRED, NOT_FIRED, NOTHING],
        [NOT_FIRED, MISSING, NOTHING],
        [NOTHING, NOTHING, MISSING],
    ]
    counts = {state: count for state, count in model.counts.items() if count}
    assert counts == {NOTHING: 4, NOT_FIRED: 3, MISSING: 2}


def test_executions_under_a_fault_say_nothing_of_the_handler(shown):
    def told_under_fault(key: str, status: str) -> Told:
        return Told("Placed", 0, [Run(0, MS, key, status, fault="raise")])

    story = started(SHOP)
    model = shown(story)
    model.folded(story.tell([told_under_fault(LOG, "failed"), told_under_fault(MAIL, "ok")]))
    assert (model.cell(0, 0).state, model.cell(0, 0).execution) == (STRUCK, 0)
    assert model.cell(0, 1).state == STRUCK
    assert (model.counts[STRUCK], model.counts[FAILED], model.counts[OK]) == (2, 0, 0)
    model.set_only_trouble(True)
    assert "Placed" not in headers(model)[0]
    model.set_only_trouble(False)
    model.folded(story.tell([told("Placed", (LOG, "ok"))]))
    assert (model.cell(0, 0).state, model.cell(0, 0).execution) == (OK, 2)
    model.folded(story.tell([told_under_fault(LOG, "failed")]))
    assert (model.cell(0, 0).state, model.cell(0, 0).execution) == (OK, 2)
    assert states(shown(story)) == states(model)


def test_a_cell_shows_the_worst_and_leads_to_the_newest_execution_that_ended_so(shown):
    story = started(SHOP)
    model = shown(story)
    model.folded(story.tell([told("Placed", (LOG, "ok"), (MAIL, "running"))]))
    assert (model.cell(0, 0).state, model.cell(0, 0).execution) == (OK, 0)
    assert (model.cell(0, 1).state, model.cell(0, 1).execution) == (NOT_FIRED, -1)
    for status, state, execution in (
        ("timed_out", TIMED_OUT, 2),
        ("ok", TIMED_OUT, 2),
        ("failed", FAILED, 4),
        ("timed_out", FAILED, 4),
        ("swallowed", FAILED, 4),
    ):
        model.folded(story.tell([told("Placed", (LOG, status))]))
        assert (model.cell(0, 0).state, model.cell(0, 0).execution) == (state, execution)
    again = shown(story)
    assert [again.cell(0, 0), again.cell(0, 1)] == [model.cell(0, 0), model.cell(0, 1)]
    model.folded(story.tell([told("Paid", (LOG, "swallowed"))]))
    assert model.cell(1, 0) == Cell("Paid", "LoggingHandler", SWALLOWED, "", 7)


def test_only_the_rows_that_changed_are_told_again(shown, qtbot):
    story = started(SHOP)
    model = shown(story)
    with qtbot.waitSignal(model.dataChanged) as heard:
        model.folded(story.tell([told("Paid", (LOG, "ok"))]))
    first, last = heard.args[:2]
    assert (first.row(), last.row()) == (1, 1)


def test_a_span_shows_only_its_executions_and_an_open_one_goes_on(shown):
    story = started(SHOP)
    model = shown(story)
    model.folded(story.tell([told("Placed", (LOG, "failed"))]))
    model.set_span(1)
    assert model.cell(0, 0).state == NOT_FIRED
    model.folded(story.tell([told("Placed", (LOG, "ok"))]))
    assert model.cell(0, 0).state == OK
    model.set_span(0, 1)
    assert model.cell(0, 0).state == FAILED
    model.folded(story.tell([told("Paid", (LOG, "failed"))]))
    assert model.cell(1, 0).state == NOT_FIRED


def test_handlers_and_events_that_come_later_get_their_place(shown):
    story = started(SHOP)
    model = shown(story)
    late = described("app:LateHandler.handle")
    story.fold([to_row(HandlerAdded(0, late))])
    model.folded(story.tell([told("Unknown", (late.key, "failed"))]))
    assert headers(model)[0][-1] == "Unknown"
    assert model.cell(3, headers(model)[1].index("LateHandler")).state == FAILED


def finding(event: str, handler: str = "", severity: str = "error", execution: int = 0) -> RunFinding:
    number = ExecutionNumber(execution)
    return RunFinding("CF121", severity, "It differs.", "Mend it.", event, handler, execution=number)


def test_events_are_sorted_by_what_went_worst_in_a_column_by_name_or_as_the_catalog_has_them(shown):
    story = started(catalog(("B", (LOG, MAIL), ()), ("C", (LOG,), ()), ("A", (MAIL,), ()), ("D", (LOG,), ())))
    model = shown(story)
    model.folded(story.tell([told("B", (LOG, "ok")), told("D", (LOG, "failed")), told("A", (MAIL, "ok"))]))
    assert headers(model)[0] == ["B", "C", "A", "D"]
    model.sort_by("LoggingHandler")
    assert headers(model)[0] == ["D", "B", "C", "A"]
    model.sort_by(name=True)
    assert headers(model)[0] == ["A", "B", "C", "D"]
    model.sort_by()
    assert headers(model)[0] == ["B", "C", "A", "D"]


def test_findings_mark_their_cells_and_only_trouble_leaves_out_the_rest(shown):
    story = started(SHOP)
    model = shown(story)
    model.folded(story.tell([told("Placed", (LOG, "ok"), (MAIL, "ok")), told("Paid", (LOG, "ok"))]))
    found = [
        finding("Placed", "EmailHandler.handle", "warning", execution=2),
        finding("Placed", "EmailHandler.handle", "error", execution=2),
        finding("Paid", "LoggingHandler.handle", "information", execution=3),
        finding("Gone", severity="warning"),
        finding("Nowhere"),
    ]
    model.set_span(0, 3, found)
    marks = [[model.cell(row, column).severity for column in range(3)] for row in range(3)]
    assert marks == [["", "error", ""], ["", "", ""], ["", "", "warning"]]
    assert model.index(0, 1).data(Role.MARK) == "error"
    model.set_only_trouble(True)
    assert headers(model)[0] == ["Placed", "Paid", "Gone"]  # of Paid the mail handler is missing
    model.set_journal(started(catalog(("Placed", (LOG,), ()))).journal)
    assert headers(model)[0] == []
    model.set_only_trouble(False)
    assert headers(model)[0] == ["Placed"]


def test_findings_mark_their_cells_where_numbers_are_missing_too(shown):
    story = started(SHOP)
    story.rows(told("Placed", (LOG, "ok")))  # lost: execution 1 is not in the journal
    model = shown(story)
    model.folded(story.tell([told("Placed", (LOG, "ok"), (MAIL, "ok")), told("Paid", (LOG, "ok"))]))
    model.set_span(0, 3, [finding("Placed", execution=2), finding("Paid", "EmailHandler.handle", execution=1)])
    marks = [[model.cell(row, column).severity for column in range(3)] for row in range(3)]
    assert marks == [["error", "", ""], ["", "error", ""], ["", "", ""]]


def test_places_and_names_are_found_both_ways(shown):
    story = started(SHOP)
    model = shown(story)
    model.folded(story.tell([told("Paid", (LOG, "ok"))]))
    assert model.place_of(0) == (1, 0)
    assert model.place_of(5) == model.place_of(-1) == (-1, -1)
    assert (model.row_of("Gone"), model.row_of("x")) == (2, -1)
    assert (model.column_of("EmailHandler.handle"), model.column_of("EmailHandler"), model.column_of("x")) == (1, 1, -1)
    text = model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == "Paid, LoggingHandler: ok"


def test_a_thousand_events_are_folded_in_less_time_than_laid_out(qapp):
    owners = [f"app:Handler{n}.handle" for n in range(20)]
    events = [(f"Event{n}", tuple(owners[n % 20 :] + owners[: n % 3]), ("logging", "audit")) for n in range(1_000)]
    story = started(catalog(*events))
    model = HeatMapModel()
    model.set_journal(story.journal)
    change = story.tell([told(f"Event{n % 1000}", *((owners[m], "ok") for m in range(10))) for n in range(1_000)])
    assert quickest(lambda: model.folded(change)) < quickest(model.rebuild)


def test_findings_are_a_table_the_worst_first(qapp):
    model = RunFindingsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    found = [
        finding("Placed", "EmailHandler.handle", execution=1200),
        finding("Paid", "AuditHandler", "warning"),
        finding("Gone", "", "information"),
    ]
    model.set_findings(found)
    assert (model.rowCount(), model.severe) == (3, 2)
    assert [model.text(row, MESSAGE)[0] for row in range(3)] == ["▲", "△", "i"]
    assert [model.fact(row, MESSAGE, Role.TONE) for row in range(3)] == ["warn", "warn", "accent"]
    assert (model.text(0, HANDLER), model.text(0, EXECUTION), model.text(1, EXECUTION)) == (
        "EmailHandler.handle",
        "1\u2009200",
        "",
    )
    assert model.row_about("Placed", "EmailHandler") == 0
    assert model.row_about("Paid", "AuditHandler") == 1
    assert model.row_about("Gone", "") == 2
    assert model.row_about("Placed", "AuditHandler") == -1


def test_a_map_of_ten_thousand_events_by_ten_thousand_classes_is_as_large_as_what_is_in_it():
    count, story, model = 10_000, Story(), HeatMapModel()
    model.set_journal(story.journal)
    run = runs.Run()
    for number in range(count):
        publication = run.publish(number * 10, f"Event{number}")
        execution = run.start(number * 10 + 1, publication, f"m:Class{number}.on")
        run.end(number * 10 + 2, execution, "failed" if number % 1000 == 7 else "ok")
    tracemalloc.start()
    try:
        for first in range(0, len(run.rows), 3000):
            model.folded(story.fold(run.rows[first : first + 3000]))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100 << 20, "a byte for each pair of names would be as much"
    assert (model.rowCount(), model.columnCount()) == (count, count)
    assert (model.cell(5, 5).state, model.cell(7, 7).state, model.cell(5, 7).state) == (OK, FAILED, NOTHING)
    assert model.counts[NOTHING] == count * count - count
    assert model.cell(count - 1, count - 1).execution == count - 1
    model.set_only_trouble(True)
    assert [model.event_name(row) for row in range(model.rowCount())] == [f"Event{n}" for n in range(7, count, 1000)]


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["LoggingEventHandler", "AuditEventHandler", "SSEEventHandler"], ["Logging", "Audit", "SSE"]),
        (["MailHandler", "StockHandler", "audit"], ["Mail", "Stock", "audit"]),
        (["Handler", "MailHandler"], ["Handler", "MailHandler"]),
        (["Mail", "Stock"], ["Mail", "Stock"]),
        (["MailSender"], ["MailSender"]),
        ([], []),
    ],
)
def test_heads_leave_out_what_most_classes_end_with(names, short):
    assert without_shared_ending(names) == short
