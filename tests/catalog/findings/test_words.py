"""The words of names: what is past, what is an order, what promises a secret or a person."""

from __future__ import annotations

import pytest

from inspector.catalog.findings.words import (
    camel,
    event_words,
    is_address,
    is_imperative,
    is_past_tense,
    looks_personal,
    looks_secret,
    snake,
)


@pytest.mark.parametrize(
    "name",
    [
        *("UserRegistrationSucceeded", "ProviderConnectionFailed", "TokenRefreshAttempted", "OrderPaid", "MailSent"),
        *("TokenRejectedDueToRotation", "RateLimitCheckDenied", "user.created", "order_shipped", "HTTPRequestMade"),
        *("AccountBalanceUpdatedEvent", "OrderPlacedV2", "BudgetExceeded", "PasswordReset", "PaymentWithdrawn"),
        *("BellRang", "WarehouseBeganRestock", "door.was.left.open", "LimitSet", "PriceHitFloor", "CrewRose"),
    ],
)
def test_past_tense(name: str) -> None:
    assert is_past_tense(name)
    assert not is_imperative(name)


@pytest.mark.parametrize(
    "name",
    ["UserRegistering", "NewsFeed", "SpeedEvent", "Need", "PasswordChange", "SeedBed", "CrewAssignment", "RentDue"],
)
def test_not_past_tense(name: str) -> None:
    assert not is_past_tense(name)


@pytest.mark.parametrize("name", ["SendMail", "create_user", "RegisterUser", "CancelOrderEvent", "SetLimit", "PutItem"])
def test_imperative(name: str) -> None:
    assert is_imperative(name)


@pytest.mark.parametrize("name", ["Update", "MailSend", "OrderUpdate", "SendFailed", "CheckDenied"])
def test_not_imperative(name: str) -> None:
    assert not is_imperative(name)


def test_suffixes_that_only_say_event_are_left_out() -> None:
    assert event_words("UserLoginFailedEvent") == ("user", "login", "failed")
    assert event_words("UserLoginDomainEventV2") == ("user", "login")
    assert event_words("Event") == ("event",)
    assert snake("HTTPServerStarted") == "http_server_started"
    assert camel("user_login", "failed") == "UserLoginFailed"


@pytest.mark.parametrize("name", ["license_key", "master_key", "seed_phrase", "bearer", "csrf", "magicLink"])
def test_secret_names(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["key", "order_key", "link", "phrase", "passenger", "sort_order"])
def test_names_that_are_no_secret(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize("name", ["email", "phone_number", "firstName", "ip_address", "date_of_birth", "user_agent"])
def test_personal_names(name: str) -> None:
    assert looks_personal(name)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        *(("email", True), ("recipient_email", True), ("emailAddress", True), ("phone_number", True)),
        *(("ip_address", True), ("email_code", False), ("email_magic_link", False), ("mobile_tan", False)),
        *(("passport", False), ("order_number", False), ("email_token", False), ("name", False)),
    ],
)
def test_where_somebody_is_reached(name: str, address: bool) -> None:
    assert is_address(name) is address


@pytest.mark.parametrize("name", ["name", "file_name", "address_id_hash", "user_id", "zip_file", "shipping"])
def test_names_that_are_not_personal(name: str) -> None:
    assert not looks_personal(name)
