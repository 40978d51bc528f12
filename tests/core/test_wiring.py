"""Auto-wiring from the registry, strict and graceful."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pytest

from inspector.core import (
    DomainEvent,
    EventCategory,
    EventMetadata,
    EventRegistry,
    InMemoryEventBus,
    InspectorError,
    WorkflowPhase,
    wire,
)


@dataclass(frozen=True, kw_only=True)
class LoginAttempted(DomainEvent):
    email: str


@dataclass(frozen=True, kw_only=True)
class LoginSucceeded(DomainEvent):
    email: str


REGISTRY = EventRegistry(
    [
        EventMetadata(LoginAttempted, EventCategory.AUTHENTICATION, "user_login", WorkflowPhase.ATTEMPTED),
        EventMetadata(
            LoginSucceeded, EventCategory.AUTHENTICATION, "user_login", WorkflowPhase.SUCCEEDED, requires_email=True
        ),
    ]
)


class Everything:
    def __init__(self) -> None:
        self.seen: list[str] = []

    async def handle(self, event: DomainEvent) -> None:
        self.seen.append(f"any {event.event_type}")


class ByName(Everything):
    async def handle_user_login_succeeded(self, event: LoginSucceeded) -> None:
        self.seen.append(f"own {event.email}")


class SuccessOnly:
    async def handle_user_login_succeeded(self, event: LoginSucceeded) -> None:
        """Nothing to do."""


async def test_every_required_kind_is_subscribed_by_method_name_else_by_handle() -> None:
    bus, audit, log, mail = InMemoryEventBus(), ByName(), Everything(), SuccessOnly()
    wired = wire(bus, REGISTRY, {"logging": log, "audit": audit, "email": mail})
    assert [(each.event_class, each.kind, each.handler) for each in wired] == [
        (LoginAttempted, "logging", log.handle),
        (LoginAttempted, "audit", audit.handle),
        (LoginSucceeded, "logging", log.handle),
        (LoginSucceeded, "audit", audit.handle_user_login_succeeded),
        (LoginSucceeded, "email", mail.handle_user_login_succeeded),
    ]
    await bus.publish(LoginAttempted(email="a"))
    await bus.publish(LoginSucceeded(email="b"))
    assert audit.seen == ["any LoginAttempted", "own b"]
    assert log.seen == ["any LoginAttempted", "any LoginSucceeded"]


async def test_strict_names_all_that_are_missing_and_subscribes_nothing() -> None:
    bus, log = InMemoryEventBus(), Everything()
    with pytest.raises(InspectorError) as caught:
        wire(bus, REGISTRY, {"logging": log, "audit": SuccessOnly()})
    text = str(caught.value)
    assert text.startswith("2 required handlers are missing: ")
    assert "audit for LoginAttempted (SuccessOnly has neither handle_user_login_attempted nor handle)" in text
    assert "email for LoginSucceeded (no email handler passed)" in text
    await bus.publish(LoginAttempted(email="a"))
    assert log.seen == []


def test_graceful_skips_each_missing_handler_and_logs_it(caplog: Any, expected_logs: Any) -> None:
    expected_logs("wiring-test", "event_handler_missing")
    logger = logging.getLogger("wiring-test")
    wired = wire(
        InMemoryEventBus(), REGISTRY, {"logging": Everything(), "audit": SuccessOnly()}, strict=False, logger=logger
    )
    assert [(each.event_class.__name__, each.kind) for each in wired] == [
        ("LoginAttempted", "logging"),
        ("LoginSucceeded", "logging"),
        ("LoginSucceeded", "audit"),
    ]
    logged = [(each.levelname, each.event_type, each.handler_kind, each.handler_method) for each in caplog.records]
    assert logged == [
        ("WARNING", "LoginAttempted", "audit", "handle_user_login_attempted"),
        ("WARNING", "LoginSucceeded", "email", "handle_user_login_succeeded"),
    ]


def test_an_attribute_that_cannot_be_called_is_no_handler() -> None:
    class Odd:
        handle = "not callable"

    with pytest.raises(InspectorError, match="logging for LoginAttempted"):
        wire(InMemoryEventBus(), [next(iter(REGISTRY))], {"logging": Odd(), "audit": Everything()})
