import json

import pytest

from inspector.catalog.form import EventForm
from inspector.core.description import FieldShape
from inspector.core.errors import UsageError
from tests.catalog.samples import BOOL, INT, STR, UUID_SHAPE, demo_catalog, event_of, optional

EVENT = event_of(
    "Asked",
    FieldShape("user_id", UUID_SHAPE, required=True),
    FieldShape("note_text", STR, required=True),
    FieldShape("amount_of", optional(INT), required=True),
    FieldShape("urgent", BOOL, required=False, default=False),
)


@pytest.fixture
def form() -> EventForm:
    return EventForm(EVENT, 7)


@pytest.mark.parametrize("event", demo_catalog().events, ids=lambda event: event.name)
def test_every_demo_event_can_be_fired_at_once(event) -> None:
    form = EventForm(event, 1)
    assert form.problems() == {}
    assert form.values().keys() == {shape.name for shape in event.fields if shape.required}


def test_the_same_seed_fills_the_same_values(form: EventForm) -> None:
    assert form.values() == EventForm(EVENT, 7).values()
    assert form.seed == 7


def test_writing_into_a_field_ends_the_seed(form: EventForm) -> None:
    form.set_text("note_text", "mine")
    assert form.seed is None
    assert form.values()["note_text"] == "mine"


def test_a_wrong_text_is_a_problem_of_its_field(form: EventForm) -> None:
    form.set_text("user_id", "nobody")
    assert form.problems() == {"user_id": "user_id must be a UUID, like 3f2a9c1e-…; got 'nobody'"}
    with pytest.raises(UsageError):
        form.values()


def test_empty_means_default_none_or_empty_text(form: EventForm) -> None:
    for name in ("note_text", "amount_of", "urgent"):
        form.set_text(name, "")
    values = form.values()
    assert values["note_text"] == ""
    assert values["amount_of"] is None
    assert "urgent" not in values


def test_new_values_leave_the_identity_as_written(form: EventForm) -> None:
    form.set_text("event_id", "3f2a9c1e-5b7d-4e43-9c58-0d1f5a3b7e21")
    before = form.values()["user_id"], form.values()["note_text"]
    form.reroll(8)
    assert form.values()["event_id"] == "3f2a9c1e-5b7d-4e43-9c58-0d1f5a3b7e21"
    assert (form.values()["user_id"], form.values()["note_text"]) != before


def test_json_and_fields_say_the_same(form: EventForm) -> None:
    values = json.loads(form.json_text())
    assert values == form.values()
    values["note_text"] = "from JSON"
    form.set_json(json.dumps(values))
    assert form.text("note_text") == "from JSON"


def test_json_may_hold_what_is_wrong_and_it_is_told(form: EventForm) -> None:
    form.set_json('{"user_id": 3, "extra": 1}')
    problems = form.problems()
    assert problems["extra"] == "Unknown field extra."
    assert problems["user_id"].startswith("user_id must be a UUID")
    assert json.loads(form.json_text())["extra"] == 1
    assert json.loads(form.json_text())["user_id"] == 3


@pytest.mark.parametrize("text", ["[1]", "{", "[" * 100_000, ""])
def test_what_is_no_json_object_leaves_the_form_alone(form: EventForm, text: str) -> None:
    before = form.values()
    with pytest.raises(UsageError):
        form.set_json(text)
    assert form.values() == before


def test_text_that_an_editor_cannot_hold_survives_until_it_is_edited(form: EventForm) -> None:
    form.set_values({**form.values(), "note_text": "two\nlines"})
    assert form.values()["note_text"] == "two\nlines"
