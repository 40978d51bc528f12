"""Events of login sessions: made, ended, watched."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from inspector.core import DomainEvent, register_event


@register_event
@dataclass(frozen=True, kw_only=True)
class SessionCreatedEvent(DomainEvent):
    """A session was made for a login.

    Published after it is stored, with what is known of the device.
    """

    session_id: UUID
    user_id: UUID
    device_info: str | None = None
    ip_address: str | None = None
    location: str | None = None
    user_agent: str | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class SessionRevocationAttempted(DomainEvent):
    """Somebody asked to end a session.

    Published before it is looked up.
    """

    session_id: UUID
    user_id: UUID
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class SessionRevokedEvent(DomainEvent):
    """A session was ended on request.

    Published after its tokens are taken back, by its user or for its user.
    """

    session_id: UUID
    user_id: UUID
    reason: str
    device_info: str | None = None
    revoked_by_user: bool = True


@register_event
@dataclass(frozen=True, kw_only=True)
class SessionRevocationFailed(DomainEvent):
    """A session was not ended.

    Published when it was not found, was another's or was over already.
    """

    session_id: UUID
    user_id: UUID
    reason: str
    failure_reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class SessionEvictedEvent(DomainEvent):
    """A session was ended to make room.

    Published after the oldest one was given up for a new login.
    """

    session_id: UUID
    user_id: UUID
    reason: str
    device_info: str | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class AllSessionsRevocationAttempted(DomainEvent):
    """Somebody asked to end all sessions of a user.

    Published before they are counted.
    """

    user_id: UUID
    reason: str
    except_session_id: UUID | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class AllSessionsRevokedEvent(DomainEvent):
    """All sessions of a user were ended, but for one that may have been spared.

    Published after the last of them.
    """

    user_id: UUID
    reason: str
    session_count: int
    except_session_id: UUID | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class AllSessionsRevocationFailed(DomainEvent):
    """The sessions of a user were not ended.

    Published when storing the change failed; all of them go on.
    """

    user_id: UUID
    reason: str
    failure_reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class SessionActivityUpdatedEvent(DomainEvent):
    """A session was used again.

    Published when its time of last use is stored, not at each request.
    """

    session_id: UUID
    user_id: UUID
    ip_address: str | None = None
    ip_changed: bool = False


@register_event
@dataclass(frozen=True, kw_only=True)
class SessionProviderAccessEvent(DomainEvent):
    """A session reached into a provider's data.

    Published at its first access to each provider.
    """

    session_id: UUID
    user_id: UUID
    provider_name: str


@register_event
@dataclass(frozen=True, kw_only=True)
class SuspiciousSessionActivityEvent(DomainEvent):
    """A session behaved unlike its user.

    Published when a rule strikes, such as a place that cannot be reached in time.
    """

    session_id: UUID
    user_id: UUID
    activity_type: str
    details: dict[str, str] = field(default_factory=dict)
    suspicious_count: int = 0


@register_event
@dataclass(frozen=True, kw_only=True)
class SessionLimitExceededEvent(DomainEvent):
    """A user logged in more often than allowed.

    Published when the limit strikes, with the session given up if there was one.
    """

    user_id: UUID
    current_count: int
    max_sessions: int
    evicted_session_id: UUID | None = None
