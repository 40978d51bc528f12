import random
from decimal import Decimal

import pytest

from inspector.catalog.synthetic.people import IDENTITIES, Identity
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.core.description import EventDescription, FieldShape, TypeShape
from tests.catalog.samples import (
    ALL_SHAPES,
    BOOL,
    DATETIME,
    DECIMAL,
    INT,
    OPAQUE,
    STR,
    UUID_SHAPE,
    demo_catalog,
    event_of,
    optional,
    problems,
    sequence,
)

DEMO = demo_catalog().events
EMAILS = {one.email for one in IDENTITIES}


def made(event: EventDescription, seed: int = 1) -> dict:
    return synthesise(event, random.Random(seed))


def demo(name: str, seed: int = 1) -> dict:
    return made(next(event for event in DEMO if event.name == name), seed)


@pytest.mark.parametrize("event", DEMO, ids=lambda event: event.name)
def test_every_demo_event_gets_values_from_which_it_builds(event: EventDescription) -> None:
    for seed in range(5):
        assert problems(event.fields, made(event, seed)) == {}


@pytest.mark.parametrize("event", DEMO, ids=lambda event: event.name)
def test_no_demo_field_falls_back_to_a_value_named_after_the_field(event: EventDescription) -> None:
    for name, value in made(event).items():
        assert not str(value).startswith(name.replace("_", "-")), (name, value)


def test_the_same_seed_gives_the_same_values_and_another_seed_others() -> None:
    event = next(event for event in DEMO if event.name == "FileImportProgress")
    assert made(event, 7) == made(event, 7)
    assert len({str(made(event, seed)) for seed in range(10)}) == 10


def test_events_are_about_a_small_cast_so_that_they_relate() -> None:
    users = {made(event, seed).get("user_id") for event in DEMO for seed in range(8)} - {None}
    assert users == {one.user_id for one in IDENTITIES}


def test_user_and_email_are_of_the_same_person() -> None:
    values = demo("UserLoginSucceeded")
    person = next(one for one in IDENTITIES if one.user_id == values["user_id"])
    assert values["email"] == person.email


def test_given_identities_are_used() -> None:
    me = Identity("00000000-0000-4000-8000-000000000001", "Me", "me@example.org", "", "Here, There", "", "")
    event = event_of("Asked", FieldShape("user_id", UUID_SHAPE, True), FieldShape("email", STR, True))
    values = synthesise(event, random.Random(0), identities=[me])
    assert values == {"user_id": me.user_id, "email": me.email}


@pytest.mark.parametrize("seed", range(20))
def test_new_balance_less_previous_is_the_delta(seed: int) -> None:
    for name, subject in (
        ("AccountBalanceUpdated", "balance"),
        ("PortfolioNetWorthRecalculated", "net_worth"),
    ):
        values = demo(name, seed)
        difference = Decimal(values[f"new_{subject}"]) - Decimal(values[f"previous_{subject}"])
        assert difference == Decimal(values["delta"]) != 0


@pytest.mark.parametrize("seed", range(20))
def test_numbers_that_belong_together_agree(seed: int) -> None:
    rotation = demo("UserTokenRotationSucceeded", seed)
    assert rotation["new_version"] == rotation["previous_version"] + 1
    progress = demo("FileImportProgress", seed)
    assert progress["records_processed"] <= progress["total_records"]
    share = 100 * progress["records_processed"] // progress["total_records"]
    assert progress["progress_percent"] == share <= 100
    rejected = demo("TokenRejectedDueToRotation", seed)
    assert rejected["token_version"] < rejected["required_version"]
    holdings = demo("AccountHoldingsUpdated", seed)
    parts = sum(holdings[f"{part}_count"] for part in ("created", "updated", "deactivated"))
    assert parts <= holdings["holdings_count"]
    exceeded = demo("SessionLimitExceededEvent", seed)
    assert exceeded["current_count"] > exceeded["max_sessions"]


@pytest.mark.parametrize("seed", range(5))
def test_a_file_is_named_after_its_provider_and_format(seed: int) -> None:
    values = demo("FileImportSucceeded", seed)
    assert values["file_name"].startswith(values["provider_slug"])
    assert values["file_name"].endswith("." + values["file_format"])


def test_reasons_fit_the_phase() -> None:
    assert demo("UserLoginFailed")["reason"] in (
        "invalid_password",
        "account_locked",
        "email_not_verified",
        "unknown_email",
    )
    values = demo("SessionRevocationFailed")
    assert values["reason"] in ("signed_out_by_user", "password_changed", "suspicious_activity")
    assert values["failure_reason"] in ("session_not_found", "already_revoked", "database_unavailable")


def test_what_has_a_default_keeps_it_whatever_it_is_called() -> None:
    for event in DEMO:
        assert made(event).keys() == {shape.name for shape in event.fields if shape.required}


def test_known_optional_fields_are_filled_where_that_is_asked_for_and_generated_ones_are_not() -> None:
    event = next(event for event in DEMO if event.name == "SessionCreatedEvent")
    values = synthesise(event, random.Random(1), optional=True)
    assert {"device_info", "ip_address", "location", "user_agent"} <= values.keys()
    assert not {"event_id", "correlation_id", "occurred_at", "tenant_id"} & values.keys()


def test_what_has_a_default_keeps_it_inside_of_objects_too() -> None:
    part = TypeShape("object", "Part", fields=(FieldShape("sku", STR, True), FieldShape("owner_id", UUID_SHAPE, False)))
    event = event_of("Built", FieldShape("part", part, True), FieldShape("parts", sequence("list", part), True))
    values = made(event)
    assert {tuple(one) for one in (values["part"], *values["parts"])} == {("sku",)}


@pytest.mark.parametrize("shape", ALL_SHAPES, ids=lambda shape: shape.text)
def test_a_required_field_of_any_kind_gets_a_value_that_builds(shape: TypeShape) -> None:
    event = event_of("Asked", FieldShape("thing", shape, required=True))
    for seed in range(10):
        assert problems(event.fields, made(event, seed)) == {}


def test_a_field_that_cannot_be_built_gets_none() -> None:
    assert made(event_of("Asked", FieldShape("socket", OPAQUE, required=True))) == {"socket": None}


def test_a_type_that_contains_itself_ends() -> None:
    node = TypeShape("list", "list[Node]")
    for _ in range(30):
        node = sequence("list", TypeShape("object", "Node", fields=(FieldShape("children", node, True),)))
    event = event_of("Grown", FieldShape("tree", node, required=True))
    assert problems(event.fields, made(event)) == {}


def test_defaults_that_are_as_good_as_any_value_are_kept() -> None:
    event = event_of(
        "Asked",
        FieldShape("urgent", BOOL, False, default=False),
        FieldShape("limit_of_it", INT, False, default=3),
    )
    assert made(event) == {}


def test_times_to_come_lie_after_times_past() -> None:
    event = event_of(
        "Issued", FieldShape("expires_at", DATETIME, True), FieldShape("issued_at", optional(DATETIME), True)
    )
    values = made(event)
    assert values["expires_at"] > values["issued_at"]


def test_amounts_have_two_decimals() -> None:
    value = made(event_of("Paid", FieldShape("amount", DECIMAL, True)))["amount"]
    assert Decimal(value).as_tuple().exponent == -2
