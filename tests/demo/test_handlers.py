"""What the demo's handlers do: logging, mail, logins, server-sent events, net worth."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from inspector.core.bus.registry import WorkflowPhase
from inspector.demo import EVENT_REGISTRY, get_domain_event_to_sse_mapping, get_events_requiring_handler
from inspector.demo.bounded import BoundedMap
from inspector.demo.container import Demo
from inspector.demo.events import (
    AccountBalanceUpdated,
    AccountHoldingsUpdated,
    AccountSyncSucceeded,
    EmailVerificationSucceeded,
    PasswordResetConfirmSucceeded,
    PasswordResetRequestSucceeded,
    PortfolioNetWorthRecalculated,
    UserLoginFailed,
    UserLogoutSucceeded,
    UserPasswordChangeSucceeded,
    UserRegistrationSucceeded,
)
from inspector.demo.handlers.email import address_of, name_of
from inspector.demo.handlers.methods import snake_case
from inspector.demo.services import Directory
from tests.demo.values import SECRET, USER, make

pytestmark = pytest.mark.allow_log("inspector.demo.events")

EMAIL = "ada.lindqvist@example.com"


async def publish(demo: Demo, event: Any) -> Any:
    async with demo.session_factory() as session:
        await demo.bus.publish(event, session=session)
    return event


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "inspector.demo")
    return caplog


# --- logging ---------------------------------------------------------------------------------------------------


async def test_failed_and_denied_phases_are_logged_at_warning_and_the_rest_at_info(
    demo: Demo, logged: pytest.LogCaptureFixture
) -> None:
    for entry in EVENT_REGISTRY:
        logged.clear()
        event = await publish(demo, make(entry.event_class))
        (record,) = [one for one in logged.records if getattr(one, "event_id", "") == str(event.event_id)]
        bad = entry.phase in (WorkflowPhase.FAILED, WorkflowPhase.DENIED)
        assert record.levelname == ("WARNING" if bad else "INFO")
        assert record.message == snake_case(entry.event_class.__name__)


async def test_the_fields_of_the_event_are_attributes_of_the_log_record(
    demo: Demo, logged: pytest.LogCaptureFixture
) -> None:
    event = await publish(demo, make(AccountSyncSucceeded, account_count=4))
    record = next(one for one in logged.records if one.message == "account_sync_succeeded")
    assert (record.user_id, record.account_count) == (str(USER), 4)
    assert record.connection_id == str(event.connection_id)
    assert record.correlation_id == str(event.correlation_id)


async def test_no_log_record_of_any_event_holds_a_secret(demo: Demo, logged: pytest.LogCaptureFixture) -> None:
    for entry in EVENT_REGISTRY:
        await publish(demo, make(entry.event_class))
    assert len(logged.records) > 77
    assert not [record for record in logged.records if SECRET in str(vars(record))]


# --- mail ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event_class", "subject", "says"),
    [
        (UserRegistrationSucceeded, "Please confirm your address", f"/verify?token={SECRET}"),
        (EmailVerificationSucceeded, "Your account is ready", "/providers"),
        (UserPasswordChangeSucceeded, "Your password was changed", "changed by you"),
        (PasswordResetRequestSucceeded, "Choose a new password", f"/reset?token={SECRET}"),
        (PasswordResetConfirmSucceeded, "Your new password is set", "logged out on all devices"),
    ],
)
async def test_the_message_is_rendered_with_subject_and_text(
    demo: Demo, event_class: Any, subject: str, says: str
) -> None:
    event = await publish(demo, make(event_class))
    (message,) = demo.outbox
    assert message["Subject"] == subject
    assert says in message.get_content()
    assert message["Message-ID"] == f"<{event.event_id}@app.example.com>"
    address = EMAIL if hasattr(event, "email") else Directory().address(USER)
    assert message["To"] == address
    assert f"Hello {name_of(address)}," in message.get_content()


async def test_exactly_the_five_events_that_ask_for_mail_send_one(demo: Demo) -> None:
    for entry in EVENT_REGISTRY:
        await publish(demo, make(entry.event_class))
    assert len(demo.outbox) == len(get_events_requiring_handler("email")) == 5
    assert len(demo.outbox.to(EMAIL)) == 4


async def test_a_change_by_the_staff_is_called_that(demo: Demo) -> None:
    await publish(demo, make(UserPasswordChangeSucceeded, initiated_by="support"))
    assert "our staff (support)" in next(iter(demo.outbox)).get_content()


@pytest.mark.parametrize("text", ["", "nobody", "@example.com", "ada@", "a b@example.com", "a@example.com\nBcc: x@y"])
async def test_an_address_that_is_none_fails_the_mail_and_nothing_is_sent(
    demo: Demo, expected_logs: Any, text: str
) -> None:
    expected_logs("inspector.core.bus", "event_handler_failed")
    await publish(demo, make(UserRegistrationSucceeded, email=text))
    assert len(demo.outbox) == 0
    with pytest.raises(ValueError, match="Invalid email format"):
        address_of(text)


def test_the_directory_answers_for_any_user_and_always_the_same() -> None:
    ids = [UUID(int=0), UUID(int=2**128 - 1), *(uuid4() for _ in range(50))]
    directory, again = Directory(), Directory()
    for user_id in ids:
        assert str(address_of(directory.address(user_id))) == again.address(user_id)


# --- logins ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event_class", "reason"),
    [(UserPasswordChangeSucceeded, "password_changed"), (PasswordResetConfirmSucceeded, "password_reset")],
)
async def test_a_new_password_ends_every_login_of_the_user_and_of_nobody_else(
    demo: Demo, event_class: Any, reason: str
) -> None:
    mine, others = demo.logins.open(USER), demo.logins.open(uuid4())
    event = await publish(demo, make(event_class))
    assert [each.login for each in demo.logins.ended] == list(mine)
    assert {(each.reason, each.at) for each in demo.logins.ended} == {(reason, event.occurred_at)}
    assert demo.logins.open(others[0].user_id) == others


async def test_a_logout_ends_the_login_of_its_session_only(demo: Demo) -> None:
    first, second = demo.logins.open(USER)
    await publish(demo, make(UserLogoutSucceeded, session_id=first.session_id))
    assert [each.login for each in demo.logins.ended] == [first]
    assert demo.logins.open(USER) == (second,)


async def test_a_logout_without_a_session_ends_all(demo: Demo) -> None:
    known = demo.logins.open(USER)
    await publish(demo, make(UserLogoutSucceeded, session_id=None))
    assert tuple(each.login for each in demo.logins.ended) == known


async def test_an_unknown_session_and_an_unknown_user_have_something_to_end(demo: Demo) -> None:
    event = await publish(demo, make(UserLogoutSucceeded, user_id=uuid4()))
    assert [each.login.session_id for each in demo.logins.ended] == [event.session_id]
    await publish(demo, make(UserPasswordChangeSucceeded, user_id=uuid4()))
    assert len(demo.logins.ended) == 3


# --- server-sent events ----------------------------------------------------------------------------------------


async def test_each_of_the_24_types_arrives_as_a_frame_with_its_payload(demo: Demo) -> None:
    for event_class, mapping in get_domain_event_to_sse_mapping().items():
        event = make(event_class, user_id=uuid4())
        await publish(demo, event)
        frame = demo.channels.frames(event.user_id)[0]
        lines = frame.splitlines()
        assert lines[:2] == [f"id: {event.event_id}", f"event: {mapping.sse_event_type.value}"]
        data = json.loads(lines[2].removeprefix("data: "))
        plain = event.to_dict()
        assert data == {name: plain[name] for name in mapping.payload_extractor(event)}
        assert "user_id" not in data
        assert frame.endswith("\n\n")


async def test_one_event_of_each_kind_makes_26_frames(demo: Demo) -> None:
    for entry in EVENT_REGISTRY:
        await publish(demo, make(entry.event_class))
    assert len(demo.channels) == 26
    assert list(demo.channels) == [USER]


async def test_an_event_without_a_user_sends_no_frame(demo: Demo) -> None:
    await publish(demo, make(UserLoginFailed, user_id=None))
    assert len(demo.channels) == 0
    assert list(demo.channels) == []


async def test_a_client_that_is_gone_is_logged_and_fails_nothing(
    demo: Demo, expected_logs: Any, logged: pytest.LogCaptureFixture
) -> None:
    expected_logs("inspector.demo.sse", "sse_frame_not_delivered")
    demo.channels.disconnect(USER)
    await publish(demo, make(AccountSyncSucceeded))
    assert demo.channels.frames(USER) == ()
    (record,) = [one for one in logged.records if one.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert record.exc_info[0] is ConnectionResetError


# --- portfolio -------------------------------------------------------------------------------------------------


@pytest.fixture
def recalculated(demo: Demo) -> list[PortfolioNetWorthRecalculated]:
    """The derived events, as they are published."""
    heard: list[PortfolioNetWorthRecalculated] = []
    demo.bus.subscribe(PortfolioNetWorthRecalculated, heard.append)
    return heard


def balance(previous: str, new: str, account: UUID, currency: str = "EUR") -> AccountBalanceUpdated:
    before, after = Decimal(previous), Decimal(new)
    return make(
        AccountBalanceUpdated,
        account_id=account,
        previous_balance=before,
        new_balance=after,
        delta=after - before,
        currency=currency,
    )


async def test_net_worth_is_the_sum_of_the_balances_of_a_currency(demo: Demo, recalculated: list[Any]) -> None:
    first, second, other = uuid4(), uuid4(), uuid4()
    await publish(demo, balance("100", "150", first))
    await publish(demo, balance("20", "10", second))
    await publish(demo, balance("0", "999", other, currency="USD"))
    await publish(demo, balance("150", "50", first))
    told = [(each.previous_net_worth, each.new_net_worth, each.delta, each.account_count) for each in recalculated]
    assert told == [(100, 150, 50, 1), (170, 160, -10, 2), (0, 999, 999, 1), (160, 60, -100, 2)]
    assert [each.currency for each in recalculated] == ["EUR", "EUR", "USD", "EUR"]
    assert demo.portfolio.net_worth(USER) == 60


async def test_holdings_are_worth_what_the_market_says(demo: Demo, recalculated: list[Any]) -> None:
    account = UUID(int=1)  # 20.01 each
    await publish(demo, balance("0", "100", account, currency="USD"))
    await publish(demo, make(AccountHoldingsUpdated, account_id=account, holdings_count=3))
    await publish(demo, make(AccountHoldingsUpdated, account_id=account, holdings_count=1))
    last = recalculated[-1]
    assert (last.previous_net_worth, last.new_net_worth) == (Decimal("160.03"), Decimal("120.01"))
    assert (last.currency, last.account_count) == ("USD", 1)


# --- what is remembered ----------------------------------------------------------------------------------------


def test_a_bounded_map_makes_what_it_does_not_have_and_forgets_the_oldest() -> None:
    squares = BoundedMap(lambda number: number * number, limit=2)
    assert [squares.obtain(number) for number in (2, 3, 2, 4)] == [4, 9, 4, 16]
    assert list(squares) == [3, 4]
    assert squares.get(2) is None
    with pytest.raises(KeyError):
        squares[2]
