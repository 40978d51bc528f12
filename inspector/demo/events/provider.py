"""Events of financial providers: connections and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from inspector.core import DomainEvent, register_event


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderConnectionAttempted(DomainEvent):
    """A user set out to connect a financial provider.

    Published before the provider is called.
    """

    user_id: UUID
    provider_id: UUID
    provider_slug: str


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderConnectionSucceeded(DomainEvent):
    """A provider was connected.

    Published after its credentials are stored; the first synchronisation may begin.
    """

    user_id: UUID
    connection_id: UUID
    provider_id: UUID
    provider_slug: str


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderConnectionFailed(DomainEvent):
    """A provider was not connected.

    Published when the user declined or the provider refused or did not answer.
    """

    user_id: UUID
    provider_id: UUID
    provider_slug: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderDisconnectionAttempted(DomainEvent):
    """A user asked to disconnect a provider.

    Published before its credentials are taken back.
    """

    user_id: UUID
    connection_id: UUID
    provider_id: UUID
    provider_slug: str


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderDisconnectionSucceeded(DomainEvent):
    """A provider was disconnected.

    Published after its credentials are deleted here and taken back there.
    """

    user_id: UUID
    connection_id: UUID
    provider_id: UUID
    provider_slug: str


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderDisconnectionFailed(DomainEvent):
    """A provider was not disconnected.

    Published when the connection was not found or could not be closed.
    """

    user_id: UUID
    connection_id: UUID
    provider_id: UUID
    provider_slug: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderTokenRefreshAttempted(DomainEvent):
    """A provider's access token is about to run out.

    Published before a new one is asked for.
    """

    user_id: UUID
    connection_id: UUID
    provider_id: UUID
    provider_slug: str


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderTokenRefreshSucceeded(DomainEvent):
    """A provider gave a new access token.

    Published after it is stored; synchronisation goes on unseen.
    """

    user_id: UUID
    connection_id: UUID
    provider_id: UUID
    provider_slug: str


@register_event
@dataclass(frozen=True, kw_only=True)
class ProviderTokenRefreshFailed(DomainEvent):
    """A provider gave no new access token.

    Published with a mark when only the user can mend it, by connecting again.
    """

    user_id: UUID
    connection_id: UUID
    provider_id: UUID
    provider_slug: str
    reason: str
    needs_user_action: bool = False
