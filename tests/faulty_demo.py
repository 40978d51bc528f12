"""The demo with six things wrong that no check of the wiring alone can see, or that only a run shows in full.

``build()`` gives it ready to be started, like ``inspector.demo.build``.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from inspector.core.bus.wiring import handler_method_name
from inspector.demo.actions import AuditAction
from inspector.demo.container import Demo
from inspector.demo.events import (
    EmailVerificationSucceeded,
    PasswordResetRequestSucceeded,
    SessionLimitExceededEvent,
    UserLoginFailed,
    UserLoginSucceeded,
    UserLogoutSucceeded,
)
from inspector.demo.handlers.audit import AuditEventHandler
from inspector.demo.handlers.email import EmailEventHandler
from inspector.demo.handlers.logging import LoggingEventHandler
from inspector.demo.handlers.session import SessionEventHandler
from inspector.demo.handlers.sse import SSEEventHandler

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from inspector.core.bus.events import DomainEvent
    from inspector.core.bus.sse import DomainToSSEMapping

_LOGGER: Final = logging.getLogger("inspector.demo")


class WrongAudit(AuditEventHandler):
    """Writes that a login failed when it succeeded."""

    _actions: Mapping[type[DomainEvent], AuditAction] = {
        **AuditEventHandler._actions,
        UserLoginSucceeded: AuditAction.USER_LOGIN_FAILED,
    }


class SwallowingEmail(EmailEventHandler):
    """Goes on as if nothing had happened when a mail cannot be written."""

    async def handle_email_verification_succeeded(self, event: EmailVerificationSucceeded) -> None:
        try:
            raise ConnectionError("the mail server went away")
        except ConnectionError:
            _LOGGER.exception("mail_not_sent")


class TalkativeLogging(LoggingEventHandler):
    """Logs a token."""

    async def handle_password_reset_request_succeeded(self, event: PasswordResetRequestSucceeded) -> None:
        _LOGGER.info("reset link for %s: https://app.example.com/reset?token=%s", event.email, event.reset_token)


def _drifted(event: UserLoginFailed) -> dict[str, Any]:
    return {"email": event.email, "why": event.reason}


class DriftingSSE(SSEEventHandler):
    """Sends another payload than the registry declares."""

    _mapping: Mapping[type[DomainEvent], DomainToSSEMapping[Any]] = {
        **SSEEventHandler._mapping,
        UserLoginFailed: replace(SSEEventHandler._mapping[UserLoginFailed], payload_extractor=_drifted),
    }


class FaultyDemo(Demo):
    """The demo with those handlers, without the one that ends logins at logout, and an event that nobody hears."""

    def __init__(self, database: Path | None = None, *, seed: int | None = None, latency: float = 1.0) -> None:
        super().__init__(database, seed=seed, latency=latency)
        email = self._handler(EmailVerificationSucceeded, EmailEventHandler)
        sse = self._handler(UserLoginFailed, SSEEventHandler)
        self._exchange(UserLoginSucceeded, AuditEventHandler, WrongAudit(self.bus))
        self._exchange(
            EmailVerificationSucceeded,
            EmailEventHandler,
            SwallowingEmail(email._outbox, email._directory, _LOGGER),
        )
        self._exchange(PasswordResetRequestSucceeded, LoggingEventHandler, TalkativeLogging(_LOGGER))
        self._exchange(UserLoginFailed, SSEEventHandler, DriftingSSE(sse._channels, _LOGGER))
        self._exchange(UserLogoutSucceeded, SessionEventHandler, None)
        for subscription in [each for each in self.bus.subscriptions() if each.event_type is SessionLimitExceededEvent]:
            self.bus.unsubscribe(subscription.event_type, subscription.handler)

    def _handler(self, event: type[DomainEvent], owner: type[Any]) -> Any:
        for subscription in self.bus.subscriptions():
            handler: Any = subscription.handler
            if subscription.event_type is event and type(handler.__self__) is owner:
                return handler.__self__
        raise LookupError(f"{owner.__name__} does not handle {event.__name__}")

    def _exchange(self, event: type[DomainEvent], owner: type[Any], other: object | None) -> None:
        name = handler_method_name(self.registry[event])
        assert self.bus.unsubscribe(event, getattr(self._handler(event, owner), name))
        if other is not None:
            self.bus.subscribe(event, getattr(other, name))


def build(database: Path | None = None, *, seed: int | None = None, latency: float = 0.0) -> FaultyDemo:
    """Build it; its services answer at once."""
    return FaultyDemo(database, seed=seed, latency=latency)
