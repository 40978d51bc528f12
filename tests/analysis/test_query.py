import dataclasses
import fnmatch
import json
import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.entries import Recent
from inspector.analysis.query.complete import complete
from inspector.analysis.query.query import FilterError, parse
from inspector.analysis.query.terms import PayloadTerm
from inspector.core.description import (
    CatalogDescription,
    Choice,
    EventDescription,
    FieldShape,
    HandlerDescription,
    TypeShape,
)
from inspector.core.records.records import SESSION_STARTED
from inspector.core.records.statuses import BAD_STATUSES, STATUSES
from inspector.core.values.build import to_plain
from tests.analysis.sample_runs import MS, Run, Story, Told, failure

EVENTS = (
    EventDescription("UserLoginFailed", "app.UserLoginFailed", "UserLoginFailed", "auth", "login", "failed"),
    EventDescription("UserLoginSucceeded", "app.ULS", "user.login", "auth", "login", "succeeded"),
    EventDescription("AccountClosed", "app.AccountClosed", "AccountClosed", "bank", "closing", "operational"),
)
HANDLERS = tuple(
    HandlerDescription(f"app:{owner}.{method}", f"{owner}.{method}", owner, method)
    for owner, method in (("Audit", "write"), ("AuditLog", "close"), ("Mail", "send"))
)
CORRELATIONS = [str(uuid.UUID(int=7 << 120 | n << 64)) for n in range(3)] + ["order-17"]


def new_story():
    story = Story()
    catalog = CatalogDescription("demo", EVENTS, HANDLERS)
    story.fold([(SESSION_STARTED, 0, 0, "demo", "3.11", json.dumps(to_plain(catalog)), None)])
    return story


def told(event="UserLoginFailed", *runs, correlation=CORRELATIONS[0], payload="{}"):
    return Told(event, 0, list(runs), correlation, payload=payload)


def audit(length=MS, status="ok", **more):
    return Run(0, length, "app:Audit.write", status, **more)


def fits(text, *publications):
    """Which executions fit, as indexes."""
    story = new_story()
    story.tell(publications)
    found = parse(text).mask(story.journal, 0, len(story.journal.executions))
    return np.flatnonzero(found).tolist()


THREE = (
    told("UserLoginFailed", audit(12 * MS, "failed", failure=failure("RuntimeError", "no session"), on_loop=MS)),
    told("AccountClosed", Run(0, 3 * MS, "app:AuditLog.close", on_loop=3 * MS), correlation=CORRELATIONS[1]),
    told("UserLoginSucceeded", Run(0, None, "app:Mail.send", fault="slow"), payload='{"to": "ann@example.org"}'),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0, 1, 2]),
        ("handler:Audit", [0]),
        ("handler:audit*", [0, 1]),
        ("handler:Audit.write,Mail", [0, 2]),
        ("handler:s?nd", [2]),
        ("-handler:Audit*", [2]),
        ("event:User*", [0, 2]),
        ("event:user.login", [2]),
        ("workflow:login phase:failed", [0]),
        ("category:bank", [1]),
        ("status:failed", [0]),
        ("status:failed,running", [0, 2]),
        ("status:bad", [0]),
        ("-status:bad", [1, 2]),
        ("status:r*", [2]),
        ("≥10ms", [0]),
        (">=10ms", [0]),
        ("<10ms", [1]),
        (">3ms", [0]),
        ("≤3ms", [1]),
        ("=3ms", [1]),
        ("duration:>2ms <1s", [0, 1]),
        ("duration>2.5ms", [0, 1]),
        ("loop≥3000us", [1]),
        ("loop≥3000µs", [1]),
        ("wait>5000000ns", [0]),
        ("-≥10ms", [1, 2]),
        ("error:Runtime*", [0]),
        ("error:builtins.RuntimeError", [0]),
        ("-error:*", [1, 2]),
        ("fault:yes", [2]),
        ("fault:no", [0, 1]),
        (f"corr:{CORRELATIONS[1]}", [1]),
        (f"corr:{CORRELATIONS[0][:8]}*", [0, 1, 2]),
        (f"corr:{CORRELATIONS[1][:19]}", [1]),
        ("corr:0", [0, 1, 2]),
        ("corr:1", []),
        ("session", [0]),
        ('"no session"', [0]),
        ("ANN@", [2]),
        ("-auditlog", [0, 2]),
        ("nowhere", []),
        ("to:ann@example.org", [2]),
        ("to:ann*", [2]),
        ("to:ann…", [2]),
        ("to:ann", []),
        ("payload.to:*", [2]),
        ("-to:*", [0, 1]),
        ("event:User* status:failed ≥10ms -handler:Mail*", [0]),
    ],
)
def test_a_filter_picks_out_executions(text, expected):
    assert fits(text, *THREE) == expected


def test_free_text_finds_what_the_payload_had_to_escape():
    publication = told("AccountClosed", audit(), payload=json.dumps({"name": "Jürgen ß"}))
    assert fits('"jürgen ß"', publication) == [0]


def test_a_correlation_id_that_is_no_uuid_is_found_whole():
    assert fits("corr:order-17", told("AccountClosed", audit(), correlation="order-17"), told()) == [0]


def test_publications_without_executions_fit_by_what_they_have():
    story = new_story()
    story.tell([told("UserLoginFailed"), told("AccountClosed"), Told("AccountClosed", handlers=2)])
    rows = np.arange(3)
    for text, expected in {
        "": [True, True, True],
        "event:Account*": [False, True, True],
        "status:unheard": [True, True, False],
        "handler:*": [False, False, False],
        "-status:failed": [True, True, True],
        "≥1ns": [False, False, False],
        "closing": [False, True, True],
        "corr:07": [True, True, False],
    }.items():
        assert parse(text).unhandled(story.journal, rows).tolist() == expected, text


@pytest.mark.parametrize(
    ("text", "position", "length", "word"),
    [
        ("ok handlr:Audit", 3, 6, "handlr"),
        ("status:faild", 7, 5, "faild"),
        ("status:ok,nothing", 10, 7, "nothing"),
        ("event:", 6, 1, "Missing"),
        ("event:a,,b", 8, 1, "Missing"),
        ("≥10", 1, 2, "unit"),
        ("≥10parsec", 1, 8, "parsec"),
        ("≥ms", 1, 2, "Missing duration"),
        ("≥", 1, 1, "Missing duration"),
        ("size>3ms", 0, 4, "size"),
        ("payload.size>3ms", 0, 12, "payload.size"),
        ("size>many", 5, 4, "“many” is not a number"),
        ("size:>=1,000", 7, 5, "“1,000” is not a number"),
        ("payload.size>many", 13, 4, "“many” is not a number"),
        ("size>", 5, 1, "Missing number"),
        ("a -", 2, 1, "minus"),
        ('free "text', 5, 5, "quote"),
        ("fault:maybe", 6, 5, "fault"),
        ("fault:yes,no", 6, 3, "fault"),
        ("retry:maybe", 6, 5, "retry"),
        ("corr:a,b", 7, 1, "one"),
    ],
)
def test_a_filter_that_cannot_be_read_says_where_and_why(text, position, length, word):
    with pytest.raises(FilterError, match=word) as caught:
        parse(text)
    assert (caught.value.position, caught.value.length) == (position, length)


@pytest.mark.parametrize("field", ["size", "payload.size", "a.b"])
def test_what_is_compared_with_no_number_gets_an_example_that_can_be_read(field):
    with pytest.raises(FilterError) as caught:
        parse(f"{field}>=much")
    example = caught.value.hint.removeprefix("For example ").rstrip(".")
    assert example == f"{field}>=100"
    assert parse(example)


def test_a_mistyped_name_gets_a_suggestion():
    with pytest.raises(FilterError) as caught:
        parse("statsu:ok")
    assert "status" in caught.value.hint
    with pytest.raises(FilterError) as caught:
        parse("status:faild")
    assert "failed" in caught.value.hint


@given(st.text())
def test_any_text_is_a_filter_or_an_error_that_points_into_it(text):
    try:
        trouble = None if parse(text).terms or not text.strip() else text
    except FilterError as error:
        trouble = error
    if trouble is not None:
        assert 0 <= trouble.position <= len(text)
        assert trouble.length >= 1


@given(st.text(min_size=1))
def test_quoted_text_is_never_syntax(text):
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    terms = parse(quoted).terms
    assert len(terms) == 1
    publication = told("AccountClosed", audit(), payload=json.dumps({"value": text}, ensure_ascii=False))
    if "\\" not in json.dumps(text, ensure_ascii=False):
        assert fits(quoted, publication) == [0]


# --- against a slow and obvious reading, row by row -------------------------------------------------

PATTERNS = ["Audit*", "*", "mail", "?udit", "AuditLog.close", "nobody"]
terms = st.one_of(
    st.tuples(st.just("handler"), st.sampled_from(PATTERNS)),
    st.tuples(st.just("event"), st.sampled_from(["User*", "AccountClosed", "*Failed", "none"])),
    st.tuples(st.sampled_from(["workflow", "phase", "category"]), st.sampled_from(["login", "f*", "bank", "*"])),
    st.tuples(st.just("status"), st.sampled_from([*STATUSES, "bad", "*ed"])),
    st.tuples(st.just("fault"), st.sampled_from(["yes", "no"])),
    st.tuples(st.just("error"), st.sampled_from(["Key*", "ValueError"])),
    st.tuples(st.just("corr"), st.sampled_from(CORRELATIONS)),
    st.tuples(st.sampled_from(["≥", ">", "≤", "<", "="]), st.integers(0, 20)),
)
runs = st.builds(
    Run,
    start=st.just(0),
    end=st.one_of(st.none(), st.integers(0, 20).map(lambda n: n * MS)),
    handler=st.sampled_from([handler.key for handler in HANDLERS]),
    status=st.sampled_from(STATUSES[1:]),
    fault=st.sampled_from(["", "slow"]),
    failure=st.sampled_from(["", failure("KeyError"), failure("ValueError")]),
)
publications = st.builds(
    Told,
    event=st.sampled_from([event.name for event in EVENTS]),
    runs=st.lists(runs, max_size=4),
    correlation=st.sampled_from([*CORRELATIONS, ""]),
)


def like(text, pattern):
    return fnmatch.fnmatchcase(text.lower(), pattern.lower())


def slowly(journal, index, name, value):
    """Does this one execution fit?"""
    execution = journal.execution(index)
    handler, event = execution.handler, execution.event
    error = json.loads(journal.failures.get(index) or '{"type": null}')["type"]
    length = execution.duration
    answers = {
        "handler": lambda: any(
            like(text, value) for text in (handler.owner, handler.label, handler.method, handler.key)
        ),
        "event": lambda: any(like(text, value) for text in (event.name, event.event_type, event.key)),
        "workflow": lambda: like(event.workflow, value),
        "phase": lambda: like(event.phase, value),
        "category": lambda: like(event.category, value),
        "status": lambda: execution.status in BAD_STATUSES if value == "bad" else like(execution.status, value),
        "fault": lambda: execution.fault == (value == "yes"),
        "error": lambda: error is not None and like(error, value),
        "corr": lambda: journal.publication(execution.publication).correlation == value,
        "≥": lambda: length is not None and length >= value * MS,
        ">": lambda: length is not None and length > value * MS,
        "≤": lambda: length is not None and length <= value * MS,
        "<": lambda: length is not None and length < value * MS,
        "=": lambda: length is not None and length == value * MS,
    }
    return answers[name]()


@given(st.lists(st.tuples(terms, st.booleans()), max_size=4), st.lists(publications, max_size=6), st.data())
def test_columns_and_rows_give_the_same_answer(chosen, stories, data):
    text = " ".join(
        ("-" if negated else "") + (f"{name}:{value}" if name.isascii() and name.isalpha() else f"{name}{value}ms")
        for (name, value), negated in chosen
    )
    story = new_story()
    if stories:
        story.tell(stories)
    journal = story.journal
    total = len(journal.executions)
    first = data.draw(st.integers(0, total))
    expected = [
        all(slowly(journal, index, name, value) != negated for (name, value), negated in chosen)
        for index in range(first, total)
    ]
    assert parse(text).mask(journal, first, total).tolist() == expected


# --- completion -------------------------------------------------------------------------------------


def offered(text, cursor=None):
    story = new_story()
    story.tell([THREE[0]])
    return complete(text, len(text) if cursor is None else cursor, story.journal)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("han", ["handler:"]),
        ("status:fa", ["failed", "returned_failure"]),
        ("status:ok,unh", ["unheard"]),
        ("-event:Acc", ["AccountClosed"]),
        ("handler:Mail", ["Mail", "Mail.send"]),
        ("category:", ["auth", "bank"]),
        ("x workflow:lo", ["login", "closing"]),
        ("error:", ["RuntimeError"]),
        ("corr:07", [CORRELATIONS[0]]),
        ("fault:y", ["yes"]),
        ("nonsense:", []),
        ("status:failed zzz", []),
    ],
)
def test_completion_offers_what_fits_at_the_cursor(text, expected):
    found = [completion.text for completion in offered(text)]
    assert [text for text in expected if text in found] == found[: len(expected)]
    assert bool(found) == bool(expected)


def test_a_completion_replaces_the_word_under_the_cursor():
    text = "status:faXX event:A"
    chosen = offered(text, len("status:fa"))[0]
    assert text[: chosen.start] + chosen.text + text[chosen.end :] == "status:failed event:A"


@given(st.text(max_size=20), st.integers(0, 20))
def test_completion_answers_whatever_was_typed(text, cursor):
    for completion in offered(text, min(cursor, len(text))):
        assert 0 <= completion.start <= completion.end <= len(text)


# --- fields of the payload ----------------------------------------------------------------------------

MONEY = FieldShape(
    "amount",
    TypeShape("object", "Money", fields=(FieldShape("value", TypeShape("decimal", "Decimal"), required=True),)),
    required=True,
)
PAYLOADS = (
    {"amount": {"$type": "app.Money", "fields": {"value": {"$decimal": "99.90"}, "currency": "EUR"}}, "paid": True},
    {"amount": {"$type": "app.Money", "fields": {"value": {"$decimal": "120"}, "currency": "CHF"}}, "paid": False},
    {
        "lines": [{"sku": "cup", "count": 2}, {"sku": "plate", "count": 12}],
        "status": "new",
        "kind": {"$enum": "a.K", "name": "A", "value": 1},
    },
    {"lines": [], "user_id": {"$uuid": "4ade91c0-77b1-4c4e-9c3e-1d1f6b9f0a11"}, "count": None, "paid": "yes"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount.value>100", [1]),
        ("payload.amount.value≤99.9", [0]),
        ("amount.value:>=0", [0, 1]),
        ("amount.value=120", [1]),
        ("amount.value<-1", []),
        ("amount>1", []),
        ("amount.currency:CHF,USD", [1]),
        ("amount.currency:c*", [1]),
        ("-amount.currency:CHF", [0, 2, 3]),
        ("paid:true", [0]),
        ("paid:true,yes", [0, 3]),
        ("paid>0", []),
        ("count:null", [3]),
        ("lines.sku:plate", [2]),
        ("lines.count>10", [2]),
        ("payload.status:new", [2]),
        ("kind:A", [2]),
        ("user_id:4ade…", [3]),
        ("user_id:4ADE91C0*", [3]),
        ('user_id:"4ade91c0-77b1-4c4e-9c3e-1d1f6b9f0a11"', [3]),
        ("user_id:4ade", []),
        ("sku:cup", []),
    ],
)
def test_a_field_of_the_payload_picks_out_executions(text, expected):
    publications = [told("AccountClosed", audit(), payload=json.dumps(payload)) for payload in PAYLOADS]
    assert fits(text, *publications) == expected


def test_fields_are_completed_from_the_catalog_with_the_values_of_their_types():
    colour = TypeShape("enum", "Colour", choices=(Choice("RED", "r"), Choice("BLUE", "b")))
    fields = (MONEY, FieldShape("colour", colour, required=True), FieldShape("status", TypeShape("str", "str"), True))
    event = dataclasses.replace(EVENTS[0], fields=(*fields, FieldShape("paid", TypeShape("bool", "bool"), True)))
    journal = Story().journal
    journal.events.append(event)
    for text, expected in {
        "amou": ["amount:", "amount.value:"],
        "payload.st": ["payload.status:"],
        "payload.amou": ["payload.amount:", "payload.amount.value:"],
        "-payload.pa": ["payload.paid:"],
        "payload.paid:f": ["false"],
        "colour:": ["RED", "BLUE"],
        "paid:t": ["true"],
        "amount.value:": [],
    }.items():
        assert [completion.text for completion in complete(text, len(text), journal)] == expected, text


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("colur", " Did you mean colour?"),
        ("amount.valu", " Did you mean amount.value?"),
        ("user_id", ""),
    ],
)
def test_a_field_that_no_event_has_is_asked_for_by_one_that_is_alike(name, question):
    event = dataclasses.replace(EVENTS[0], fields=(MONEY, FieldShape("colour", TypeShape("str", "str"), True)))
    story = new_story()
    story.journal.events.append(event)
    assert parse(f"{name}:1").remarks(story.journal) == [f"No event has a field “{name}”.{question}"]


def test_what_a_filter_does_not_search_is_said(monkeypatch):
    story = new_story()
    story.tell([told("AccountClosed", audit(), payload='{"size": 1}')] * 3)
    assert parse("size:1 -status:ok").remarks(story.journal) == []
    assert parse("-sise:1 -size:2").remarks(story.journal) == ["No event has a field “sise”."]
    monkeypatch.setattr(Recent.__init__, "__defaults__", (2,))
    story = new_story()
    story.tell([told("AccountClosed", audit(), payload='{"size": 1}')] * 3)
    for text in ("size>0", "words", "-other:*"):
        assert parse(text).remarks(story.journal) == ["Searched the payloads of 2 of 3 events."]
    assert parse("status:ok error:*").remarks(story.journal) == []
    story.tell([told("AccountClosed", audit(status="failed", failure="x" * 8_001), payload='{"size": 1}')])
    assert parse("words").remarks(story.journal)[1] == "Searched the first 8\u2009000 characters of 1 error message."


def test_payloads_that_were_asked_when_they_came_are_never_forgotten(monkeypatch):
    monkeypatch.setattr(Recent.__init__, "__defaults__", (2,))
    story, chosen = new_story(), parse("size>1 -words")
    for size in range(5):
        first = len(story.journal.publications)
        story.tell([told("AccountClosed", audit(), payload=json.dumps({"size": size}))])
        chosen.look(story.journal, first)
    assert np.flatnonzero(chosen.mask(story.journal, 0, 5)).tolist() == [2, 3, 4]
    assert chosen.remarks(story.journal) == []


def test_errors_are_found_in_all_failures(monkeypatch):
    monkeypatch.setattr(Recent.__init__, "__defaults__", (1,))
    story = new_story()
    for number in range(4):
        broken = failure(f"Error{number % 2}", f"no session {number}")
        story.tell([told("AccountClosed", audit(status="failed", failure=broken))])
    for text, expected in {"error:Error1": [1, 3], '"SESSION 2"': [2], "error0": [0, 2], "-error:*1": [0, 2]}.items():
        assert np.flatnonzero(parse(text).mask(story.journal, 0, 4)).tolist() == expected, text


TEXTS = [
    '{"amount": 12, "event_id": {"$uuid": "00000000-0000-4000-8000-00000000000a"}, "reason": "timeout"}',
    '{"amount": 2.5e3, "reason": "t\\u00e9l"}',
    '{"amount": {"$decimal": "120.5"}, "other": {"amount": 3}}',
    '{"amount": 3, "other": {"amount": {"$decimal": "120.5"}}}',
    '{"other": {"amount": 300}, "unit": "amount"}',
    '{"other": {"amount": 300}}',
    '{"amount": [1, 300], "reason": "x"}',
    '{"amount": true}',
    '{"amount": "500"}',
    '{"\\u0061mount": 500, "x": {"amount": 1}}',
    '{"x": "\\"amount\\": 500", "amount": 1}',
    '{"amount":500}',
    '{"amount": -7, "when": {"$date": "2026-01-02"}, "reason": "TIMEOUT a"}',
    '{"reason": "r\u00e9sum\u00e9 timeout"}',
    '{"reason": {"$bytes": "dGltZW91dA=="}}',
    '{"amount": 500',
    "[]",
]


@pytest.mark.parametrize(
    "text",
    [
        "amount>100",
        "amount<0",
        "amount=12",
        "amount≤3",
        "other.amount≥300",
        "reason:time*",
        "event_id:*00a",
        "when:2026*",
    ],
)
def test_payloads_that_are_not_read_would_not_have_fitted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (term,) = parse(text).searches()
    looked = [term.fits_payload(payload) for payload in TEXTS]
    monkeypatch.setattr(PayloadTerm, "_may_fit", lambda *_: True)
    assert [term.fits_payload(payload) for payload in TEXTS] == looked
    assert any(looked)


def test_most_payloads_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr("inspector.analysis.query.terms.json.loads", read)
    for text in ("amount>100", "reason:refused*", "event_id:*00b"):
        (term,) = parse(text).searches()
        assert not term.fits_payload(TEXTS[0])
