"""What separates two executions, against plain counts; filters that find just what they say; peers."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analysis.comparison import (
    CONTEXT,
    Comparison,
    FieldDifference,
    Fields,
    FieldTally,
    Path,
    field_name,
    fields_of,
    filter_text,
    peers_of,
    went_wrong,
)
from inspector.analysis.query.query import parse
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import STATUSES
from tests.analysis.sample_runs import MS, Run, Story, Told

ID = "01234567-89ab-cdef-0123-456789abcde{:x}"
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from(["", "CHF", "EUR", "a b", 'say "no"', "a,b", "x:y", "50%?", "back\\slash", "-1", "status:ok"]),
    st.integers(0, 5).map(ID.format),
    st.lists(st.integers(0, 2), max_size=3),
)
PAYLOADS = st.dictionaries(
    st.sampled_from(["currency", "status", "handlers", "duration", "strange name", "user_id"]),
    st.one_of(VALUES, st.dictionaries(st.sampled_from(["value", "currency"]), VALUES, max_size=2)),
    max_size=5,
)


def compared(a: Fields, b: Fields, others: list[tuple[Fields, bool]] | None = None) -> Comparison:
    tally = FieldTally(a, b)
    for fields, failed in ((a, True), (b, False), *(others or [])):
        tally.add(fields, failed=failed)
    return tally.comparison()


def fields(**values: Any) -> dict[Path, str]:
    return fields_of(json.dumps(values))


def measure(value: str | None, *, by_length: bool) -> Any:
    exact = None if value is None else json.loads(value)
    return ("items", len(exact)) if by_length and isinstance(exact, list) else value


@settings(max_examples=60)
@given(PAYLOADS, PAYLOADS, st.lists(st.tuples(PAYLOADS, st.booleans()), max_size=8))
def test_counts_equal_a_plain_count(a: Any, b: Any, others: list[tuple[Any, bool]]) -> None:
    first, second = fields(**a), fields(**b)
    rows = [(first, True), (second, False), *((fields(**payload), failed) for payload, failed in others)]
    comparison = compared(first, second, rows[2:])
    assert (comparison.failed, comparison.passed) == tuple(
        sum(failed is wanted for _, failed in rows) for wanted in (True, False)
    )
    differences = [*comparison.separating, *comparison.others, *comparison.changing]
    paths = {*first, *second}
    assert {one.path for one in differences} == {path for path in paths if first.get(path) != second.get(path)}
    assert dict(comparison.same) == {path: first[path] for path in paths if first.get(path) == second.get(path)}
    for one in differences:
        assert (one.a, one.b) == (first.get(one.path), second.get(one.path))
        lists = [value is not None and value.startswith("[") for value in (one.a, one.b)]
        assert one.by_length == (all(lists) and len(json.loads(one.a or "")) != len(json.loads(one.b or "")))
        values = [(measure(row.get(one.path), by_length=one.by_length), failed) for row, failed in rows]
        alike = [failed for value, failed in values if value == values[0][0]]
        assert (one.failed, one.passed) == (sum(alike), len(alike) - sum(alike))
        assert one.values == len({value for value, _ in values})
        assert comparison.always(one) == (alike == [True] * comparison.failed and comparison.passed > 0)
        more = one.failed / comparison.failed - one.passed / comparison.passed >= 0.1
        assert (one in comparison.separating) <= more
        if one in comparison.others:
            assert not more or one.values == len(rows) > 2
    shares = [one.failed / comparison.failed - one.passed / comparison.passed for one in comparison.separating]
    assert all(left >= right - 1e-9 for left, right in pairwise(shares))


def test_what_is_in_every_failure_and_in_no_pass_comes_first() -> None:
    def order(number: int, currency: str, items: int) -> Fields:
        return fields(number=number, id=ID.format(number), amount={"currency": currency}, items=[1] * items, web=True)

    others = [(order(2, "CHF", 1), True), (order(3, "EUR", 3), False), (order(4, "EUR", 1), False)]
    comparison = compared(order(0, "CHF", 3), order(1, "EUR", 1), others)
    first, second = comparison.separating
    assert (first.name, first.failed, first.passed) == ("amount.currency", 2, 0)
    assert comparison.always(first)
    assert (second.name, second.failed, second.passed, second.by_length) == ("items", 1, 1, True)
    assert not comparison.always(second)
    assert [one.name for one in comparison.others] == ["number"]  # it is another one every time
    assert [one.name for one in comparison.changing] == ["id"]
    assert comparison.same == ((("web",), "true"),)
    assert not comparison.equal
    assert compared(fields(id=ID.format(1), a=1), fields(id=ID.format(2), a=1)).equal


def test_the_context_is_compared_apart_from_fields_of_that_name() -> None:
    context = json.dumps({"session": False, "metadata": {"ip": "192.0.2.1"}})
    values = fields_of(json.dumps({"context": {"session": 1}}), context)
    assert values[(CONTEXT, "session")] == "false"
    assert values[("context", "session")] == "1"
    assert field_name((CONTEXT, "metadata", "ip")) == "context.metadata.ip"
    tally = FieldTally(values, fields_of('{"context": {"session": 1}}', json.dumps({"session": True})))
    assert tally.needs_context
    assert not FieldTally(fields(a=1), fields(a=2)).needs_context
    assert filter_text((CONTEXT, "session"), "false") == ""


@pytest.mark.parametrize("payload", ["", "{", '{"$uuid": 3}'])
def test_what_is_no_payload_is_refused(payload: str) -> None:
    with pytest.raises(ValueError, match="snapshot"):
        fields_of(payload)


def test_a_payload_that_is_no_object_is_one_value() -> None:
    assert fields_of("[1, 2]") == {("value",): "[1, 2]"}
    assert fields_of("{}") == {("value",): "{}"}
    assert fields_of('{"inner": {}}') == {("inner",): "{}"}


@settings(max_examples=60)
@given(st.lists(PAYLOADS, min_size=1, max_size=6))
def test_a_filter_finds_just_the_executions_with_that_value(payloads: list[Any]) -> None:
    story = Story()
    story.tell(
        Told("Paid", at * MS, [Run(at * MS, at * MS + 1)], payload=json.dumps(payload))
        for at, payload in enumerate(payloads)
    )
    rows = [fields(**payload) for payload in payloads]
    for path, value in rows[0].items():
        text = filter_text(path, value)
        if not text:
            assert value[0] in '[{"' or path[0] == "strange name"
            continue
        exact = json.loads(value)
        words = {value, exact if isinstance(exact, str) else value}
        hits = np.flatnonzero(parse(text).mask(story.journal, 0, len(rows))).tolist()
        for index, row in enumerate(rows):
            other = row.get(path)
            texts = set() if other is None else {other, json.loads(other) if other.startswith('"') else other}
            within = other is not None and other.startswith("[")  # of a list any element may fit
            assert within or (index in hits) == bool(words & texts), (text, payloads)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("amount", "currency"), '"CHF"', "amount.currency:CHF"),
        (("status",), '"new"', "payload.status:new"),
        (("statsu",), '"new"', "payload.statsu:new"),
        (("duration",), "3", "duration:3"),
        (("reason",), '"timed out"', 'reason:"timed out"'),
        (("paid",), "true", "paid:true"),
        (("note",), "null", "note:null"),
        (("strange name",), '"x"', ""),
        (("reason",), '""', ""),
        (("reason",), '"what?"', ""),
        (("reason",), '"a*"', ""),
        (("reason",), '"cut…"', ""),
        (("reason",), '"abc… <text of 900 cut>"', ""),
        (("token",), '"<redacted:token#1f3c>"', ""),
        (("header",), '"Bearer <redacted:token#1f3c>"', ""),
        (("items",), "[1, 2]", ""),
        (("items",), "{}", ""),
        (("gone",), None, ""),
    ],
)
def test_no_filter_is_offered_that_would_find_something_else(path: Path, value: str | None, text: str) -> None:
    assert filter_text(path, value) == text


RUNS = st.lists(
    st.tuples(
        st.sampled_from(["a:H.one", "a:H.two"]),
        st.sampled_from(["Paid", "Placed"]),
        st.sampled_from(STATUSES),
        st.booleans(),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(RUNS)
def test_peers_equal_a_plain_search(runs: list[tuple[str, str, str, bool, int]]) -> None:
    story = Story()
    for handler, event, status, fault, at in runs:
        end = None if status == "running" else at * MS + 1
        story.tell([Told(event, at * MS, [Run(at * MS, end, handler, status, fault="raise" if fault else "")])])
    for index, (handler, event, status, fault, at) in enumerate(runs):
        peers = peers_of(story.journal, ExecutionIndex(index))
        alike = [(place, run) for place, run in enumerate(runs) if run[:2] == (handler, event) and run[2] != "running"]
        passed = [place for place, run in alike if run[2] == "ok" and not run[3]]
        assert peers.passed.tolist() == passed
        assert peers.failed.tolist() == [place for place, run in alike if run[2] != "ok" and run[3] == fault]
        assert went_wrong(story.journal, index) == (status not in ("ok", "running"))
        before = [place for place in passed if runs[place][4] < at]
        wanted = before[-1] if before else passed[0] if passed else -1
        assert peers.passed_before(at * MS, story.journal.executions["start"]) == wanted
    assert not went_wrong(story.journal, -1)
    assert not went_wrong(story.journal, len(runs))


def test_retries_that_passed_are_peers_where_nothing_else_has_passed() -> None:
    story = Story()
    story.journal.retries.add(7)
    story.tell([Told("Paid", 0, [Run(0, MS, status="failed")])])
    for at, status in ((2 * MS, "failed"), (4 * MS, "ok")):
        published, *rows = story.rows(Told("Paid", at, [Run(at, at + MS, status=status)]))
        story.fold([(*published[:7], 7, *published[8:]), *rows])
    peers = peers_of(story.journal, ExecutionIndex(0))
    assert (peers.failed.tolist(), peers.passed.tolist(), peers.retried) == ([0], [2], True)
    story.tell([Told("Paid", 6 * MS, [Run(6 * MS, 7 * MS)])])
    peers = peers_of(story.journal, ExecutionIndex(0))
    assert (peers.failed.tolist(), peers.passed.tolist(), peers.retried) == ([0], [3], False)


def test_a_difference_names_its_field() -> None:
    assert FieldDifference(("amount", "currency"), "1", None).name == "amount.currency"
