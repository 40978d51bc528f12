"""What the demo tells its clients by server-sent events, and which domain event becomes which."""

# ruff: noqa: S105 - names of events that are about passwords and tokens

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import Any, Final

from inspector.core.bus import sse as core
from inspector.core.bus.events import DomainEvent
from inspector.core.bus.sse import DomainToSSEMapping, SSEEventMetadata, SSERegistry
from inspector.demo.events import (
    AccountBalanceUpdated,
    AccountHoldingsUpdated,
    AccountSyncAttempted,
    AccountSyncFailed,
    AccountSyncSucceeded,
    FileImportAttempted,
    FileImportFailed,
    FileImportProgress,
    FileImportSucceeded,
    HoldingsSyncAttempted,
    HoldingsSyncFailed,
    HoldingsSyncSucceeded,
    PortfolioNetWorthRecalculated,
    ProviderDisconnectionSucceeded,
    ProviderTokenRefreshFailed,
    ProviderTokenRefreshSucceeded,
    SessionCreatedEvent,
    SessionRevokedEvent,
    SuspiciousSessionActivityEvent,
    TransactionSyncAttempted,
    TransactionSyncFailed,
    TransactionSyncSucceeded,
    UserLoginFailed,
    UserPasswordChangeSucceeded,
)


class SSEEventCategory(Enum):
    """What a client can ask to be told of: the first part of the type's name."""

    SECURITY = "security"
    PROVIDER = "provider"
    SYNC = "sync"
    IMPORT = "import"
    PORTFOLIO = "portfolio"


class SSEEventType(Enum):
    """Types of server-sent events; the value is the name on the wire."""

    SECURITY_LOGIN_FAILED = "security.login.failed"
    SECURITY_PASSWORD_CHANGED = "security.password.changed"
    PROVIDER_DISCONNECTED = "provider.disconnected"
    PROVIDER_TOKEN_REFRESHED = "provider.token.refreshed"
    PROVIDER_TOKEN_FAILED = "provider.token.failed"
    SECURITY_SESSION_NEW = "security.session.new"
    SECURITY_SESSION_REVOKED = "security.session.revoked"
    SECURITY_SESSION_SUSPICIOUS = "security.session.suspicious"
    SYNC_ACCOUNTS_STARTED = "sync.accounts.started"
    SYNC_ACCOUNTS_COMPLETED = "sync.accounts.completed"
    SYNC_ACCOUNTS_FAILED = "sync.accounts.failed"
    SYNC_TRANSACTIONS_STARTED = "sync.transactions.started"
    SYNC_TRANSACTIONS_COMPLETED = "sync.transactions.completed"
    SYNC_TRANSACTIONS_FAILED = "sync.transactions.failed"
    SYNC_HOLDINGS_STARTED = "sync.holdings.started"
    SYNC_HOLDINGS_COMPLETED = "sync.holdings.completed"
    SYNC_HOLDINGS_FAILED = "sync.holdings.failed"
    IMPORT_STARTED = "import.started"
    IMPORT_COMPLETED = "import.completed"
    IMPORT_FAILED = "import.failed"
    IMPORT_PROGRESS = "import.progress"
    PORTFOLIO_BALANCE_UPDATED = "portfolio.balance.updated"
    PORTFOLIO_HOLDINGS_UPDATED = "portfolio.holdings.updated"
    PORTFOLIO_NETWORTH_UPDATED = "portfolio.networth.updated"


#: Which domain event becomes which type, and what that means for the person who is told.
_TOLD: Final[tuple[tuple[type[DomainEvent], SSEEventType, str], ...]] = (
    (
        UserLoginFailed,
        SSEEventType.SECURITY_LOGIN_FAILED,
        "Somebody tried to log in as the user and did not succeed.",
    ),
    (
        UserPasswordChangeSucceeded,
        SSEEventType.SECURITY_PASSWORD_CHANGED,
        "The user's password is another one now.",
    ),
    (
        ProviderDisconnectionSucceeded,
        SSEEventType.PROVIDER_DISCONNECTED,
        "A provider is no longer connected.",
    ),
    (
        ProviderTokenRefreshSucceeded,
        SSEEventType.PROVIDER_TOKEN_REFRESHED,
        "A provider stays connected: its token was renewed.",
    ),
    (
        ProviderTokenRefreshFailed,
        SSEEventType.PROVIDER_TOKEN_FAILED,
        "A provider's token could not be renewed; the user may have to connect again.",
    ),
    (SessionCreatedEvent, SSEEventType.SECURITY_SESSION_NEW, "The user is logged in on another device."),
    (SessionRevokedEvent, SSEEventType.SECURITY_SESSION_REVOKED, "One of the user's sessions was ended."),
    (
        SuspiciousSessionActivityEvent,
        SSEEventType.SECURITY_SESSION_SUSPICIOUS,
        "One of the user's sessions behaves unlike the user.",
    ),
    (
        AccountSyncAttempted,
        SSEEventType.SYNC_ACCOUNTS_STARTED,
        "The accounts of a connection are being fetched.",
    ),
    (
        AccountSyncSucceeded,
        SSEEventType.SYNC_ACCOUNTS_COMPLETED,
        "The accounts of a connection are up to date.",
    ),
    (
        AccountSyncFailed,
        SSEEventType.SYNC_ACCOUNTS_FAILED,
        "The accounts of a connection could not be fetched.",
    ),
    (TransactionSyncAttempted, SSEEventType.SYNC_TRANSACTIONS_STARTED, "Transactions are being fetched."),
    (TransactionSyncSucceeded, SSEEventType.SYNC_TRANSACTIONS_COMPLETED, "Transactions are up to date."),
    (TransactionSyncFailed, SSEEventType.SYNC_TRANSACTIONS_FAILED, "Transactions could not be fetched."),
    (
        HoldingsSyncAttempted,
        SSEEventType.SYNC_HOLDINGS_STARTED,
        "The holdings of an account are being fetched.",
    ),
    (
        HoldingsSyncSucceeded,
        SSEEventType.SYNC_HOLDINGS_COMPLETED,
        "The holdings of an account are up to date.",
    ),
    (
        HoldingsSyncFailed,
        SSEEventType.SYNC_HOLDINGS_FAILED,
        "The holdings of an account could not be fetched.",
    ),
    (FileImportAttempted, SSEEventType.IMPORT_STARTED, "A file is being imported."),
    (FileImportSucceeded, SSEEventType.IMPORT_COMPLETED, "A file was imported."),
    (FileImportFailed, SSEEventType.IMPORT_FAILED, "A file could not be imported."),
    (FileImportProgress, SSEEventType.IMPORT_PROGRESS, "How far the import of a file has come."),
    (AccountBalanceUpdated, SSEEventType.PORTFOLIO_BALANCE_UPDATED, "The balance of an account changed."),
    (AccountHoldingsUpdated, SSEEventType.PORTFOLIO_HOLDINGS_UPDATED, "The holdings of an account changed."),
    (PortfolioNetWorthRecalculated, SSEEventType.PORTFOLIO_NETWORTH_UPDATED, "The user's net worth changed."),
)

_BASE_FIELDS: Final = frozenset(field.name for field in dataclasses.fields(DomainEvent))


def _payload_fields(event_class: type[DomainEvent]) -> list[str]:
    """Return the event's own fields but the user: the user is the address, not the news."""
    return [
        item.name
        for item in dataclasses.fields(event_class)
        if item.name not in _BASE_FIELDS and item.name != "user_id"
    ]


def _extractor(event_class: type[DomainEvent]) -> Callable[[DomainEvent], dict[str, Any]]:
    names = _payload_fields(event_class)

    def extract(event: DomainEvent) -> dict[str, Any]:
        return {name: getattr(event, name) for name in names}

    return extract


def _category(event_type: SSEEventType) -> SSEEventCategory:
    return SSEEventCategory(event_type.value.partition(".")[0])


#: The 24 types, and the mapping of a domain event to each.
SSE_REGISTRY: Final[SSERegistry[SSEEventType, SSEEventCategory]] = SSERegistry(
    (
        SSEEventMetadata(event_type, _category(event_type), description, _payload_fields(event_class))
        for event_class, event_type, description in _TOLD
    ),
    (
        DomainToSSEMapping(event_class, event_type, _extractor(event_class), attrgetter("user_id"))
        for event_class, event_type, _ in _TOLD
    ),
)

get_domain_event_to_sse_mapping = partial(core.get_domain_event_to_sse_mapping, registry=SSE_REGISTRY)
get_sse_event_metadata = partial(core.get_sse_event_metadata, registry=SSE_REGISTRY)
get_events_by_category = partial(core.get_events_by_category, registry=SSE_REGISTRY)
get_all_sse_event_types = partial(core.get_all_sse_event_types, registry=SSE_REGISTRY)
get_registry_statistics = partial(core.get_registry_statistics, registry=SSE_REGISTRY)
