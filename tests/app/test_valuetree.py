import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.query.query import parse
from inspector.app.valuetree import MOST, payload_values, variable_values
from inspector.core.records.capture import brief
from inspector.core.values.dataerror import EventDataError
from inspector.core.values.snapshot import plain, snapshot


@dataclass
class Money:
    amount: Decimal
    currency: str


PAYLOAD = snapshot(
    {
        "event_id": UUID("4adeadbe-ef00-4000-8000-000000000001"),
        "occurred_at": datetime(2026, 11, 30, 10, 0, tzinfo=UTC),
        "price": Money(Decimal("12.50"), "EUR"),
        "status": "new order",
        "tags": ["a", {"deep": None}],
        "seen": {3, 1},
    }
)


def flat(values):
    return [item for value in values for item in (value, *flat(value.values))]


def test_own_fields_come_first_and_base_fields_last_and_folded():
    values = payload_values(PAYLOAD, {"event_id", "occurred_at"})
    assert [(value.name, value.text) for value in values] == [
        ("price", 'Money {"amount": "12.50", "currency": "EUR"}'),
        ("status", '"new order"'),
        ("tags", '["a", {"deep": null}]'),
        ("seen", "[1, 3]"),
        ("Base fields", "event_id, occurred_at"),
    ]
    assert [value.name for value in values[-1].values] == ["event_id", "occurred_at"]
    assert json.loads(values[-1].exact)["occurred_at"] == "2026-11-30T10:00:00+00:00"
    only = payload_values(snapshot({"event_id": 1}), {"event_id"})
    assert [value.name for value in only] == ["event_id"]


def test_each_value_has_a_filter_that_finds_it():
    values = {value.name: value for value in flat(payload_values(PAYLOAD))}
    assert values["amount"].filter == "price.amount:12.50"
    assert values["status"].filter == 'payload.status:"new order"'
    assert values["deep"].filter == "tags.deep:null"
    assert values["tags"].filter == values["price"].filter == ""
    for value in values.values():
        if value.filter:
            (term,) = parse(value.filter).searches()
            assert term.fits_payload(PAYLOAD), value


def test_more_values_than_anybody_looks_through_are_counted():
    (value,) = payload_values(snapshot({"many": list(range(MOST + 5))}))
    assert len(value.values) == MOST + 1
    assert value.values[-1].text == "5 more values"
    assert len(json.loads(value.exact)) == MOST + 5


def test_what_is_no_object_is_one_value():
    (value,) = payload_values("[1]")
    assert (value.name, value.text, [inner.text for inner in value.values]) == ("value", "[1]", ["1"])
    with pytest.raises(EventDataError, match="is not a payload snapshot"):
        payload_values("no json")


def test_variables_are_read_from_what_was_written_down():
    texts = {
        "money": brief(Money(Decimal("1.5"), 'it\'s, "EUR"')),
        "by_name": repr({"a, b": [1, (2, 3)], 7: None}),
        "odd": "<shop.Cart>",
        "broken": "[1, (2]",
        "empty": "{}",
        "cut": brief(list(range(50))),
    }
    values = {value.name: value for value in variable_values(texts.items())}
    assert [(inner.name, inner.text) for inner in values["money"].values] == [
        ("amount", "Decimal('1.5')"),
        ("currency", repr('it\'s, "EUR"')),
    ]
    assert [(inner.name, inner.text) for inner in values["by_name"].values] == [
        ("'a, b'", "[1, (2, 3)]"),
        ("7", "None"),
    ]
    assert [inner.text for inner in values["by_name"].values[0].values[1].values] == ["2", "3"]
    assert [values[name].values for name in ("odd", "broken", "empty")] == [(), (), ()]
    assert values["cut"].values[-1].name == "…"
    assert all(value.exact == texts[name] for name, value in values.items())


leaves = st.none() | st.integers() | st.text(max_size=4) | st.booleans() | st.binary(max_size=2)
nested = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), nested, max_size=4))
def test_every_payload_and_every_variable_has_a_tree(data):
    payload = snapshot(data)
    values = payload_values(payload)
    assert [value.name for value in values] == list(plain(payload))
    variables = variable_values((name, brief(value)) for name, value in data.items())
    assert [value.name for value in variables] == list(data)
