"""The demo as a whole: what one event of each kind sets off."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from inspector.agent.faults import FaultInjector
from inspector.core.errors import InspectorError, UsageError
from inspector.core.faults import FAULT_KINDS, FaultRule
from inspector.demo import FAULTS, build, get_all_events
from inspector.demo.container import Demo
from inspector.demo.events import (
    AccountBalanceUpdated,
    AccountHoldingsUpdated,
    PortfolioNetWorthRecalculated,
    UserLoginAttempted,
    UserRegistrationAttempted,
)
from tests.demo.values import make

#: Failed phases are logged at WARNING: that is what they are for.
pytestmark = pytest.mark.allow_log("inspector.demo.events")


class Watcher:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.publications: list[dict[str, Any]] = []
        self.executions: list[dict[str, Any]] = []

    def publication_started(self, publication: Any) -> None:
        cause = publication.cause
        publication.tag = len(self.publications)
        self.publications.append(
            {
                "event": publication.event,
                "cause": None if cause is None else cause.subscription.description.label,
                "cause_event": None if cause is None else cause.publication.event,
                "session": publication.session,
            }
        )

    def execution_started(self, execution: Any) -> None:
        pass

    def execution_ended(self, execution: Any) -> None:
        self.executions.append(
            {
                "label": execution.subscription.description.label,
                "event": type(execution.publication.event).__name__,
                "subscription": id(execution.subscription),
                "status": execution.status,
                "fault": execution.fault,
                "error": repr(execution.error) if execution.error else "",
            }
        )

    def execution_late(self, execution: Any, error: Any) -> None:
        pass

    def publication_ended(self, publication: Any) -> None:
        pass

    def publication_refused(self, publication: Any) -> None:
        pass


async def publish_all(demo: Demo) -> Watcher:
    """One event of each kind, each with a database session of its own."""
    watcher = Watcher()
    demo.bus.observe(watcher)
    for event_class in get_all_events():
        async with demo.session_factory() as session:
            await demo.bus.publish(make(event_class), session=session, metadata={"ip_address": "192.0.2.17"})
    return watcher


async def test_one_event_each_is_79_publications_and_185_executions_all_ok(demo: Demo) -> None:
    watcher = await publish_all(demo)
    assert len(watcher.publications) == 79
    assert Counter(each["status"] for each in watcher.executions) == {"ok": 185}
    subscriptions = {id(subscription) for subscription in demo.bus.subscriptions()}
    assert len(subscriptions) == 181
    assert {each["subscription"] for each in watcher.executions} == subscriptions


async def test_each_handler_has_as_many_executions_as_events_ask_for(demo: Demo) -> None:
    watcher = await publish_all(demo)
    assert Counter(each["label"].partition(".")[0] for each in watcher.executions) == {
        "LoggingEventHandler": 79,
        "AuditEventHandler": 70,
        "EmailEventHandler": 5,
        "SessionEventHandler": 3,
        "SSEEventHandler": 26,
        "PortfolioEventHandler": 2,
    }


async def test_derived_events_have_a_cause_share_correlation_user_and_tenant_and_get_no_session(demo: Demo) -> None:
    watcher = Watcher()
    demo.bus.observe(watcher)
    for event_class in (AccountBalanceUpdated, AccountHoldingsUpdated):
        async with demo.session_factory() as session:
            await demo.bus.publish(make(event_class, tenant_id="acme"), session=session)
    derived = [each for each in watcher.publications if isinstance(each["event"], PortfolioNetWorthRecalculated)]
    assert [each["cause"] for each in derived] == [
        "PortfolioEventHandler.handle_account_balance_updated_operational",
        "PortfolioEventHandler.handle_account_holdings_updated_operational",
    ]
    for each in derived:
        event, cause = each["event"], each["cause_event"]
        assert (event.correlation_id, event.user_id, event.tenant_id) == (cause.correlation_id, cause.user_id, "acme")
        assert event.event_id != cause.event_id
        assert each["session"] is None


def test_every_lane_has_a_name_a_place_and_a_docstring_of_its_own() -> None:
    demo = build()
    seen: dict[str, Any] = {}
    for subscription in demo.bus.subscriptions():
        described = subscription.description
        assert described.key not in seen
        seen[described.key] = described
        lines = Path(described.file).read_text().splitlines()
        assert lines[described.line - 1].lstrip().startswith("async def handle")
        assert described.doc.endswith(".")
        assert described.is_async
    assert len({described.doc for described in seen.values()}) == len(seen) == 181


async def test_publications_at_the_same_time_each_keep_their_own_database_session(demo: Demo) -> None:
    async def publish(number: int) -> None:
        async with demo.session_factory() as session:
            event = make(UserLoginAttempted, email=f"user{number}@example.com")
            await demo.bus.publish(event, session=session, metadata={"ip_address": f"192.0.2.{number}"})

    await asyncio.gather(*(publish(number) for number in range(50)))
    trail = await demo.database.audit_trail()
    assert len(trail) == 50
    assert {(row.ip_address, row.context) for row in trail} == {
        (f"192.0.2.{number}", f'{{"email": "user{number}@example.com"}}') for number in range(50)
    }


async def test_a_database_that_is_not_open_says_so() -> None:
    demo = build()
    with pytest.raises(InspectorError, match="not open"):
        await demo.database.audit_trail()


async def test_a_demo_without_a_file_leaves_nothing_behind() -> None:
    demo = build(latency=0)
    await demo.start()
    path = demo.database.path
    assert path.exists()
    await demo.close()
    assert not path.parent.exists()
    await demo.close()


async def test_the_seed_decides_how_long_services_take(monkeypatch: pytest.MonkeyPatch) -> None:
    async def delays(seed: int) -> list[float]:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        demo = build(seed=seed)
        with monkeypatch.context() as patch:
            patch.setattr("inspector.demo.services.asyncio.sleep", sleep)
            await demo.bus.publish(make(AccountHoldingsUpdated))
        await demo.close()
        return slept

    first = await delays(7)
    assert first == await delays(7)
    assert first != await delays(8)
    assert all(0 < seconds < 0.1 for seconds in first)


# --- faults ----------------------------------------------------------------------------------------------------


def test_a_rule_fits_by_patterns_in_which_case_counts() -> None:
    rule = FaultRule("AuditEventHandler.*", "UserLogin*", "fail")
    assert rule.fits("AuditEventHandler.handle_user_login_failed", "UserLoginFailed")
    assert not rule.fits("AuditEventHandler.handle_user_login_failed", "userloginfailed")
    assert not rule.fits("EmailEventHandler.handle", "UserLoginFailed")


@pytest.mark.parametrize(("kind", "delay"), [("explode", 1.0), ("slow", -1.0), ("slow", float("nan"))])
def test_a_rule_that_makes_no_sense_is_refused(kind: str, delay: float) -> None:
    with pytest.raises(UsageError):
        FaultRule("*", "*", kind, delay=delay)


async def test_the_preset_shows_every_way_to_go_wrong_and_each_rule_fits_a_subscription(demo: Demo) -> None:
    assert {rule.kind for rule in FAULTS} == {"fail", "slow", "hang", "swallow"} <= set(FAULT_KINDS)
    for rule in FAULTS:
        assert any(
            rule.fits(subscription.description.label, subscription.event_type.__name__)
            for subscription in demo.bus.subscriptions()
        )


def test_no_fault_hangs_for_an_audited_event_whose_database_session_it_would_hold() -> None:
    hanging = [rule for rule in FAULTS if rule.kind == "hang"]
    assert hanging
    for entry in Demo.registry:
        if entry.requires_audit:
            assert not any(rule.fits("SSEEventHandler.handle", entry.event_class.__name__) for rule in hanging)


@pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")
@pytest.mark.allow_log("inspector.demo")
async def test_with_the_preset_on_nothing_goes_wrong_but_what_was_injected(demo: Demo) -> None:
    quick = [FaultRule(rule.handler, rule.event, rule.kind, rule.error, delay=0) for rule in FAULTS]
    demo.bus.interceptor = FaultInjector(quick)
    demo.bus.handler_timeout = 5.0  # one of them hangs
    watcher = await publish_all(demo)
    assert len(watcher.executions) == 185
    bad = [each for each in watcher.executions if each["status"] != "ok"]
    assert all(each["fault"] in ("fail", "hang") for each in bad)
    assert Counter(each["status"] for each in bad) == {"failed": 5, "timed_out": 1}
    assert {each["label"].partition(".")[0] for each in bad} == {
        "AuditEventHandler",
        "EmailEventHandler",
        "SessionEventHandler",
        "SSEEventHandler",
    }
    assert len(await demo.database.audit_trail()) == 67


async def test_without_handlers_that_use_it_a_database_session_opens_no_connection(demo: Demo) -> None:
    async with demo.session_factory() as session:
        await demo.bus.publish(make(AccountBalanceUpdated), session=session)
        assert not session.in_transaction()
    async with demo.session_factory() as session:
        await demo.bus.publish(make(UserRegistrationAttempted), session=session)
        assert session.in_transaction()
