"""Events of the rate limiter."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core import DomainEvent, register_event


@register_event
@dataclass(frozen=True, kw_only=True)
class RateLimitCheckAttempted(DomainEvent):
    """A request arrived at a limited endpoint.

    Published before tokens are taken from its bucket.
    """

    endpoint: str
    identifier: str
    scope: str
    cost: int


@register_event
@dataclass(frozen=True, kw_only=True)
class RateLimitCheckAllowed(DomainEvent):
    """A request was let through.

    Published after its cost was taken from the bucket.
    """

    endpoint: str
    identifier: str
    scope: str
    remaining_tokens: int
    execution_time_ms: float


@register_event
@dataclass(frozen=True, kw_only=True)
class RateLimitCheckDenied(DomainEvent):
    """A request was turned away.

    Published when its bucket was empty, with the time to wait.
    """

    endpoint: str
    identifier: str
    scope: str
    retry_after: float
    execution_time_ms: float
