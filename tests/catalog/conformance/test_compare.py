"""Each rule: a run that it is about, and one that it says nothing of."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from inspector.catalog.conformance import rules
from inspector.catalog.conformance.canaries import PREFIX, with_canaries
from inspector.catalog.conformance.compare import compare
from inspector.catalog.conformance.observed import BARE, ROLLBACK, SESSION, Fired, SeenNote, SeenPublication
from inspector.catalog.conformance.report import make_report
from inspector.catalog.findings.settings import read_settings
from inspector.core.description import FieldShape, TypeShape
from inspector.core.records.account import NotCalled
from inspector.core.records.host import (
    GATHERED,
    NESTED,
    ONLY_QUEUED,
    PREDICATE,
    REASONS,
    FireUnsettled,
    PublishRaised,
    SessionFailed,
)
from inspector.core.records.numbers import FireNumber, PublicationNumber
from tests.catalog.conformance.programs import (
    AUDIT,
    MAIL,
    SSE,
    codes,
    event,
    fired,
    found,
    frame,
    leak,
    program,
    ran,
    row,
    sse,
)

LOG_ERROR = SeenNote("log", "error", "it went wrong")
TRANSACTION = SeenNote("tx", "info", "", {"end": "commit"})
PLAIN = program(event("OrderPlaced", MAIL))
AUDITED = program(event("OrderPlaced", AUDIT, requires=("audit",), audit_action="ORDER_PLACED"))
TOLD = program(event("OrderPlaced", SSE, sse=sse("id", "total")))


FAILED = SessionFailed(5, FireNumber(1), "It went wrong")
RAISED = PublishRaised(5, FireNumber(1), "KeyError", "It went wrong")
UNSETTLED = FireUnsettled(5, FireNumber(1))


def in_trouble(record, *executions):
    return replace(fired(*(executions or [ran(MAIL)])), trouble=(record,))


def passed_over(reason):
    label = AUDIT.partition(":")[2]
    uncalled = NotCalled("OrderPlaced", label, AUDIT, reason, REASONS[reason], PublicationNumber(1), 1)
    return replace(fired(ran(MAIL)), uncalled=(uncalled,))


def audited(*notes, **more):
    return fired(ran(AUDIT, *notes, **more))


@pytest.mark.parametrize(
    ("code", "description", "run"),
    [
        ("CF101", program(event("OrderPlaced", MAIL, requires=("audit", "email"))), fired(ran(MAIL))),
        ("CF102", program(event("OrderPlaced", MAIL, AUDIT)), fired(ran(MAIL), handlers=2)),
        (
            "CF103",
            program(event("OrderPlaced", MAIL, AUDIT)),
            passed_over(PREDICATE),
        ),
        (
            "CF102",
            program(event("OrderPlaced", MAIL, AUDIT)),
            passed_over(ONLY_QUEUED),
        ),
        ("CF103", program(event("OrderPlaced", MAIL, AUDIT)), passed_over(GATHERED)),
        ("CF103", program(event("OrderPlaced", MAIL, AUDIT)), passed_over(NESTED)),
        ("CF114", PLAIN, fired(ran(MAIL, status="cancelled"))),
        ("CF111", PLAIN, fired(ran(MAIL, status="failed", error="ValueError: no"))),
        ("CF111", PLAIN, fired(ran(MAIL, status="timed_out"))),
        ("CF112", PLAIN, fired(ran(MAIL, LOG_ERROR, status="swallowed", error="ValueError: no"))),
        ("CF113", PLAIN, fired(ran(MAIL, LOG_ERROR))),
        ("CF121", AUDITED, audited(row("order_cancelled"))),
        ("CF123", AUDITED, audited()),
        ("CF131", TOLD, fired(ran(SSE, frame("id")))),
        ("CF131", TOLD, fired(ran(SSE, frame("id", "total", "token")))),
        ("CF132", TOLD, fired(ran(SSE, frame("id", "total", name="order.gone")))),
        ("CF134", PLAIN, fired(ran(MAIL, frame("id")))),
        ("CF135", TOLD, fired(ran(SSE))),
        ("CF141", PLAIN, fired(ran(MAIL, leak("log", "password")))),
        ("CF142", PLAIN, fired(ran(MAIL, leak("mail", "password")))),
        ("CF143", PLAIN, fired(ran(MAIL, leak("mail", "reset_token")))),
        ("CF144", PLAIN, fired(ran(MAIL, leak("sse", "reset_token")))),
        ("CF145", PLAIN, fired(ran(MAIL, leak("row", "reset_token")))),
        ("CF146", PLAIN, fired(ran(MAIL, leak("output", "reset_token")))),
        ("CF146", PLAIN, fired(ran(MAIL, leak("sms", "reset_token")))),
        ("CF141", PLAIN, fired(ran(MAIL, leak("log", "email")))),
        ("CF151", program(event()), fired(handlers=0)),
        ("CF152", PLAIN, Fired("OrderPlaced", SESSION, refusal="total must be positive")),
        ("CF153", PLAIN, in_trouble(FAILED)),
        ("CF154", PLAIN, in_trouble(RAISED)),
        ("CF155", PLAIN, in_trouble(UNSETTLED)),
        ("CF162", PLAIN, fired(ran(MAIL, status="failed", error="RuntimeError: requires a session"), context=BARE)),
        ("CF163", PLAIN, fired(ran(MAIL, TRANSACTION))),
    ],
)
def test_it_is_found_and_names_event_and_handler(code, description, run):
    (finding,) = found(description, run)
    assert finding.code == code
    assert finding.severity == rules.BY_CODE[code].severity
    assert finding.event == "OrderPlaced"
    assert finding.contexts == (run.context,)
    if code not in ("CF123", "CF135", "CF151", "CF152", "CF153", "CF154", "CF155"):
        assert finding.handler


@pytest.mark.parametrize(
    ("description", "run"),
    [
        (PLAIN, fired(ran(MAIL))),
        (program(event("OrderPlaced", MAIL, requires=("email",))), fired(ran(MAIL))),
        (AUDITED, audited(row("order_placed"))),
        (AUDITED, audited(row("Order.Placed"))),
        (AUDITED, audited(row("OP1", "ORDER_PLACED"))),
        (AUDITED, audited(row("something_else"), row("order_placed"))),
        (TOLD, fired(ran(SSE, frame("total", "id")))),
        (PLAIN, fired(ran(MAIL, SeenNote("log", "warning", "careful")))),
        # A fault put into it says nothing about the handler.
        (PLAIN, fired(ran(MAIL, status="failed", injected=True))),
    ],
)
def test_what_is_as_declared_is_not_found(description, run):
    assert found(description, run) == []


def test_what_a_bus_hands_on_to_the_publisher_is_told_of_the_handler_only():
    assert codes(PLAIN, in_trouble(RAISED, ran(MAIL, status="failed", error="KeyError: 'x'"))) == ["CF111"]


@pytest.mark.parametrize(("raised", "told"), [("NotConsistent", True), ("ExceptionGroup", False), ("KeyError", False)])
def test_what_a_bus_raises_of_its_own_is_told_beside_the_handler_that_failed(raised, told):
    record = PublishRaised(5, FireNumber(1), raised, "It went wrong")
    run = in_trouble(record, ran(MAIL, status="failed", error="KeyError: 'x'"))
    assert sorted(codes(PLAIN, run)) == ["CF111", *(["CF154"] if told else [])]


def test_there_is_a_test_for_every_rule():
    (mark,) = test_it_is_found_and_names_event_and_handler.pytestmark
    tried = {case[0] for case in mark.args[1]}
    elsewhere = {"CF122", "CF133", "CF161"}
    assert tried | elsewhere == set(rules.BY_CODE)


def test_a_missing_handler_is_named_by_the_class_that_other_events_have():
    description = program(
        event("OrderPlaced", MAIL, requires=("audit",)), event("OrderPaid", AUDIT, requires=("audit",))
    )
    (finding,) = found(description, fired(ran(MAIL)), fired(ran(AUDIT), name="OrderPaid"))
    assert (finding.code, finding.event, finding.handler) == ("CF101", "OrderPlaced", "AuditHandler")
    assert (finding.file, finding.line) == ("/app/events.py", 3)


def test_an_action_or_frame_is_missed_only_where_others_are_seen():
    others = event("OrderPaid", AUDIT, SSE, audit_action="ORDER_PAID", sse=sse("id"))
    description = program(event("OrderPlaced", AUDIT, SSE, audit_action="ORDER_PLACED", sse=sse("id")), others)
    paid = fired(ran(AUDIT, row("order_paid")), ran(SSE, frame("id")), name="OrderPaid", handlers=2)
    placed = fired(ran(AUDIT, number=3), ran(SSE, number=4), handlers=2)
    seen = found(description, paid, placed)
    assert [(each.code, each.event, each.handler) for each in seen] == [
        ("CF122", "OrderPlaced", "AuditHandler.handle"),
        ("CF133", "OrderPlaced", "SSEHandler.handle"),
    ]
    failed = replace(placed.publications[0], executions=(ran(AUDIT, status="failed"), ran(SSE, status="failed")))
    assert codes(description, paid, replace(placed, publications=(failed,))) == ["CF111", "CF111"]


def test_actions_in_another_notation_are_told_once_and_not_held_against_anybody():
    events = [event(f"Order{n}", AUDIT, audit_action=f"ORDER_{n}") for n in range(4)]
    runs = [fired(ran(AUDIT, row(f"A{n:03}")), name=f"Order{n}") for n in range(4)]
    assert codes(program(*events), *runs) == ["CF123"]
    runs[0] = fired(ran(AUDIT, row("order_0")), name="Order0")
    assert codes(program(*events), *runs) == ["CF121"] * 3


@pytest.mark.parametrize("column", ["audit_action", "action_name", "activity"])
def test_the_column_of_the_action_is_found_by_its_name(column):
    note = SeenNote("row", "info", "", {"table": "t", "values": {"action_count": "9", column: "order_gone"}})
    assert codes(AUDITED, audited(note)) == ["CF121"]


def test_an_unheard_event_names_the_handler_that_published_it():
    description = program(event("OrderPlaced", MAIL), event("OrderCounted"))
    derived = SeenPublication(2, "OrderCounted", 0, cause=7)
    run = Fired(
        "OrderPlaced", SESSION, publications=(SeenPublication(1, "OrderPlaced", 1, 0, (ran(MAIL, number=7),)), derived)
    )
    (finding,) = found(description, run)
    assert finding.message == "OrderCounted, published by EmailHandler.handle, has no subscribers."
    assert (finding.event, finding.publication) == ("OrderCounted", 2)


def test_a_finding_leads_to_its_execution_and_to_the_line_where_it_was_raised():
    run = fired(ran(MAIL, status="failed", error="KeyError: 'x'", number=12, file="/app/mail.py", line=40))
    (finding,) = found(PLAIN, run)
    assert (finding.execution, finding.publication, finding.file, finding.line) == (12, 1, "/app/mail.py", 40)
    assert "KeyError: 'x'" in finding.message


def test_the_same_in_several_contexts_is_one_finding_and_ids_do_not_make_it_two():
    def run(context, number):
        return fired(ran(MAIL, status="failed", error=f"KeyError: 'user {number}'", number=number), context=context)

    (finding,) = found(PLAIN, run(ROLLBACK, 2), run(SESSION, 31))
    assert (finding.contexts, finding.execution) == ((SESSION, ROLLBACK), 2)


def test_what_fails_only_when_bare_is_a_difference_and_no_error():
    bare = fired(ran(AUDIT, status="failed", error="KeyError: 'ip'", number=1), context=BARE)
    whole = fired(ran(AUDIT, row("order_placed"), number=2))
    report = make_report(AUDITED, [bare, whole], contexts=(BARE, SESSION), seed=1)
    (finding,) = report.findings
    assert (finding.code, finding.severity, finding.execution) == ("CF161", "information", 1)
    assert finding.message == (
        "AuditHandler.handle on OrderPlaced depends on the context. "
        "Without session or metadata: failed; with a database session: ok, rows."
    )
    (told,) = report.as_json()["differences"]
    assert told["contexts"]["bare"] == {"status": "failed", "effects": [], "execution": 1}
    assert not report.bad
    assert make_report(AUDITED, [bare], contexts=(BARE,), seed=1).bad


def test_a_report_counts_and_its_json_has_the_keys_of_a_check():
    runs = [fired(ran(MAIL, status="failed")), Fired("OrderGone", SESSION, refusal="no")]
    report = make_report(PLAIN, runs, contexts=(SESSION,), seed=4)
    told = report.as_json()
    assert (told["events"], told["fired"], told["publications"], told["executions"]) == (1, 1, 1, 1)
    assert told["counts"] == {"error": 1, "warning": 1, "information": 0}
    assert {"code", "severity", "message", "fix", "event", "handler", "file", "line"} < told["findings"][0].keys()
    assert [each["severity"] for each in told["findings"]] == ["error", "warning"]
    first, second = told["findings"]
    assert (first["execution"], first["contexts"], second["execution"], second["handler"]) == (1, [SESSION], None, None)


def test_a_project_says_which_handlers_are_of_a_kind_and_what_it_leaves_out():
    description = program(event("OrderPlaced", MAIL, requires=("audit",), audit_action="ORDER_PLACED"))
    run = fired(ran(MAIL, row("order_gone")))
    table = {"kinds": {"audit": ["Email*"]}}
    assert [each.code for each in compare(description, [run], settings=read_settings(table))] == ["CF121"]
    ignore = [{"rule": "required-handler-missing", "event": "Order*", "reason": "no audit in the shop"}]
    assert [each.code for each in compare(description, [run], settings=read_settings({"ignore": ignore}))] == ["CF121"]
    everything = [{"rule": "CF*", "event": "*", "reason": "not now"}]
    settings = read_settings({"ignore": everything})
    runs = [fired(ran(MAIL, status="failed"), context=BARE), fired(ran(MAIL))]
    report = make_report(PLAIN, runs, contexts=(BARE, SESSION), seed=1, settings=settings)
    assert (report.findings, len(report.differences)) == ((), 1)


@pytest.mark.parametrize("place", ["mail", "row"])
def test_an_address_that_a_class_hides_is_where_mails_go_and_what_databases_keep(place):
    assert compare(PLAIN, [fired(ran(MAIL, leak(place, "customer.email")))]) == []


def test_canaries_stand_in_secret_fields_of_text_at_any_depth():
    text, number = TypeShape("str", "str"), TypeShape("int", "int")
    card = TypeShape("object", "Card", fields=(FieldShape("number", text, True, secret=True),))
    fields = (
        FieldShape("token", text, True, secret=True),
        FieldShape("pin", number, True, secret=True),
        FieldShape("name", text, True),
        FieldShape("hint", text, False, secret=True),
        FieldShape("card", card, True),
        FieldShape("contact_email", text, True, secret=True),
    )
    values = {"token": "t", "pin": 4, "name": "Ada", "card": {"number": "4111"}, "contact_email": "ada@example.org"}
    filled = with_canaries(event(fields=fields), values, random.Random(1))
    again = with_canaries(event(fields=fields), values, random.Random(1))
    assert filled == again
    assert (filled["pin"], filled["name"]) == (4, "Ada")
    canaries = [filled["token"], filled["hint"], filled["card"]["number"]]
    assert all(each.startswith(PREFIX) for each in canaries)
    assert len(set(canaries)) == 3
    assert re.fullmatch(rf"{PREFIX}\w+@example\.org", filled["contact_email"])
    assert values["card"] == {"number": "4111"}
