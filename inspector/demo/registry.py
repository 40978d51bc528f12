"""The registry of the demo: where its 77 events stand and which handlers they need."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.core.bus import registry as core
from inspector.core.bus.registry import EventCategory, EventMetadata, EventRegistry, WorkflowPhase
from inspector.demo.events import (
    AccountBalanceUpdated,
    AccountHoldingsUpdated,
    AccountSyncAttempted,
    AccountSyncFailed,
    AccountSyncSucceeded,
    AllSessionsRevocationAttempted,
    AllSessionsRevocationFailed,
    AllSessionsRevokedEvent,
    AuthTokenRefreshAttempted,
    AuthTokenRefreshFailed,
    AuthTokenRefreshSucceeded,
    EmailVerificationAttempted,
    EmailVerificationFailed,
    EmailVerificationSucceeded,
    FileImportAttempted,
    FileImportFailed,
    FileImportProgress,
    FileImportSucceeded,
    GlobalTokenRotationAttempted,
    GlobalTokenRotationFailed,
    GlobalTokenRotationSucceeded,
    HoldingsSyncAttempted,
    HoldingsSyncFailed,
    HoldingsSyncSucceeded,
    PasswordResetConfirmAttempted,
    PasswordResetConfirmFailed,
    PasswordResetConfirmSucceeded,
    PasswordResetRequestAttempted,
    PasswordResetRequestFailed,
    PasswordResetRequestSucceeded,
    PortfolioNetWorthRecalculated,
    ProviderConnectionAttempted,
    ProviderConnectionFailed,
    ProviderConnectionSucceeded,
    ProviderDisconnectionAttempted,
    ProviderDisconnectionFailed,
    ProviderDisconnectionSucceeded,
    ProviderTokenRefreshAttempted,
    ProviderTokenRefreshFailed,
    ProviderTokenRefreshSucceeded,
    RateLimitCheckAllowed,
    RateLimitCheckAttempted,
    RateLimitCheckDenied,
    RoleAssignmentAttempted,
    RoleAssignmentFailed,
    RoleAssignmentSucceeded,
    RoleRevocationAttempted,
    RoleRevocationFailed,
    RoleRevocationSucceeded,
    SessionActivityUpdatedEvent,
    SessionCreatedEvent,
    SessionEvictedEvent,
    SessionLimitExceededEvent,
    SessionProviderAccessEvent,
    SessionRevocationAttempted,
    SessionRevocationFailed,
    SessionRevokedEvent,
    SuspiciousSessionActivityEvent,
    TokenRejectedDueToRotation,
    TransactionSyncAttempted,
    TransactionSyncFailed,
    TransactionSyncSucceeded,
    UserLoginAttempted,
    UserLoginFailed,
    UserLoginSucceeded,
    UserLogoutAttempted,
    UserLogoutFailed,
    UserLogoutSucceeded,
    UserPasswordChangeAttempted,
    UserPasswordChangeFailed,
    UserPasswordChangeSucceeded,
    UserRegistrationAttempted,
    UserRegistrationFailed,
    UserRegistrationSucceeded,
    UserTokenRotationAttempted,
    UserTokenRotationFailed,
    UserTokenRotationSucceeded,
)

if TYPE_CHECKING:
    from inspector.core.bus.events import DomainEvent

ATTEMPTED = WorkflowPhase.ATTEMPTED
SUCCEEDED = WorkflowPhase.SUCCEEDED
FAILED = WorkflowPhase.FAILED
ALLOWED = WorkflowPhase.ALLOWED
DENIED = WorkflowPhase.DENIED
OPERATIONAL = WorkflowPhase.OPERATIONAL


def _entry(
    category: EventCategory,
    event: type[DomainEvent],
    workflow: str,
    phase: WorkflowPhase,
    action: str = "",
    *,
    audit: bool = True,
    email: bool = False,
    session: bool = False,
) -> EventMetadata:
    """Make an entry: every event is logged; ``action`` is only given where it is not ``WORKFLOW_PHASE``."""
    return EventMetadata(
        event_class=event,
        category=category,
        workflow_name=workflow,
        phase=phase,
        requires_audit=audit,
        requires_email=email,
        requires_session=session,
        audit_action_name=action,
    )


_authentication = partial(_entry, EventCategory.AUTHENTICATION)
_authorization = partial(_entry, EventCategory.AUTHORIZATION)
_provider = partial(_entry, EventCategory.PROVIDER)
_rate_limit = partial(_entry, EventCategory.RATE_LIMIT)
_session = partial(_entry, EventCategory.SESSION)
_data_sync = partial(_entry, EventCategory.DATA_SYNC)

#: Every event of the demo, in the order of its catalog.
EVENT_REGISTRY: Final = EventRegistry(
    (
        _authentication(UserRegistrationAttempted, "user_registration", ATTEMPTED),
        _authentication(UserRegistrationSucceeded, "user_registration", SUCCEEDED, "USER_REGISTERED", email=True),
        _authentication(UserRegistrationFailed, "user_registration", FAILED),
        _authentication(UserLoginAttempted, "user_login", ATTEMPTED),
        _authentication(UserLoginSucceeded, "user_login", SUCCEEDED, "USER_LOGIN_SUCCESS"),
        _authentication(UserLoginFailed, "user_login", FAILED),
        _authentication(
            EmailVerificationAttempted, "email_verification", ATTEMPTED, "USER_EMAIL_VERIFICATION_ATTEMPTED"
        ),
        _authentication(EmailVerificationSucceeded, "email_verification", SUCCEEDED, "USER_EMAIL_VERIFIED", email=True),
        _authentication(EmailVerificationFailed, "email_verification", FAILED, "USER_EMAIL_VERIFICATION_FAILED"),
        _authentication(UserPasswordChangeAttempted, "user_password_change", ATTEMPTED),
        _authentication(
            UserPasswordChangeSucceeded,
            "user_password_change",
            SUCCEEDED,
            "USER_PASSWORD_CHANGED",
            email=True,
            session=True,
        ),
        _authentication(UserPasswordChangeFailed, "user_password_change", FAILED),
        _authentication(AuthTokenRefreshAttempted, "auth_token_refresh", ATTEMPTED),
        _authentication(AuthTokenRefreshSucceeded, "auth_token_refresh", SUCCEEDED, "AUTH_TOKEN_REFRESHED"),
        _authentication(AuthTokenRefreshFailed, "auth_token_refresh", FAILED),
        _authentication(UserLogoutAttempted, "user_logout", ATTEMPTED),
        _authentication(UserLogoutSucceeded, "user_logout", SUCCEEDED, "USER_LOGOUT", session=True),
        _authentication(UserLogoutFailed, "user_logout", FAILED),
        _authentication(PasswordResetRequestAttempted, "password_reset_request", ATTEMPTED),
        _authentication(
            PasswordResetRequestSucceeded,
            "password_reset_request",
            SUCCEEDED,
            "USER_PASSWORD_RESET_REQUESTED",
            email=True,
        ),
        _authentication(PasswordResetRequestFailed, "password_reset_request", FAILED, "USER_PASSWORD_RESET_FAILED"),
        _authentication(PasswordResetConfirmAttempted, "password_reset_confirm", ATTEMPTED),
        _authentication(
            PasswordResetConfirmSucceeded,
            "password_reset_confirm",
            SUCCEEDED,
            "USER_PASSWORD_RESET_COMPLETED",
            email=True,
            session=True,
        ),
        _authentication(PasswordResetConfirmFailed, "password_reset_confirm", FAILED),
        _authentication(GlobalTokenRotationAttempted, "global_token_rotation", ATTEMPTED),
        _authentication(GlobalTokenRotationSucceeded, "global_token_rotation", SUCCEEDED),
        _authentication(GlobalTokenRotationFailed, "global_token_rotation", FAILED),
        _authentication(UserTokenRotationAttempted, "user_token_rotation", ATTEMPTED),
        _authentication(UserTokenRotationSucceeded, "user_token_rotation", SUCCEEDED),
        _authentication(UserTokenRotationFailed, "user_token_rotation", FAILED),
        _authentication(
            TokenRejectedDueToRotation,
            "token_rejected_due_to_rotation",
            OPERATIONAL,
            "TOKEN_REJECTED_VERSION_MISMATCH",
        ),
        _authorization(RoleAssignmentAttempted, "role_assignment", ATTEMPTED),
        _authorization(RoleAssignmentSucceeded, "role_assignment", SUCCEEDED, "ROLE_ASSIGNED"),
        _authorization(RoleAssignmentFailed, "role_assignment", FAILED),
        _authorization(RoleRevocationAttempted, "role_revocation", ATTEMPTED),
        _authorization(RoleRevocationSucceeded, "role_revocation", SUCCEEDED, "ROLE_REVOKED"),
        _authorization(RoleRevocationFailed, "role_revocation", FAILED),
        _provider(ProviderConnectionAttempted, "provider_connection", ATTEMPTED),
        _provider(ProviderConnectionSucceeded, "provider_connection", SUCCEEDED, "PROVIDER_CONNECTED"),
        _provider(ProviderConnectionFailed, "provider_connection", FAILED),
        _provider(ProviderDisconnectionAttempted, "provider_disconnection", ATTEMPTED),
        _provider(ProviderDisconnectionSucceeded, "provider_disconnection", SUCCEEDED, "PROVIDER_DISCONNECTED"),
        _provider(ProviderDisconnectionFailed, "provider_disconnection", FAILED),
        _provider(ProviderTokenRefreshAttempted, "provider_token_refresh", ATTEMPTED),
        _provider(ProviderTokenRefreshSucceeded, "provider_token_refresh", SUCCEEDED, "PROVIDER_TOKEN_REFRESHED"),
        _provider(ProviderTokenRefreshFailed, "provider_token_refresh", FAILED),
        _rate_limit(RateLimitCheckAttempted, "rate_limit_check", ATTEMPTED),
        _rate_limit(RateLimitCheckAllowed, "rate_limit_check", ALLOWED),
        _rate_limit(RateLimitCheckDenied, "rate_limit_check", DENIED),
        _session(SessionCreatedEvent, "session_created", OPERATIONAL, "SESSION_CREATED", audit=False),
        _session(SessionRevocationAttempted, "session_revocation", ATTEMPTED),
        _session(SessionRevokedEvent, "session_revocation", SUCCEEDED, "SESSION_REVOKED"),
        _session(SessionRevocationFailed, "session_revocation", FAILED),
        _session(SessionEvictedEvent, "session_evicted", OPERATIONAL, "SESSION_EVICTED"),
        _session(AllSessionsRevocationAttempted, "all_sessions_revocation", ATTEMPTED),
        _session(AllSessionsRevokedEvent, "all_sessions_revocation", SUCCEEDED, "ALL_SESSIONS_REVOKED"),
        _session(AllSessionsRevocationFailed, "all_sessions_revocation", FAILED),
        _session(
            SessionActivityUpdatedEvent,
            "session_activity_updated",
            OPERATIONAL,
            "SESSION_ACTIVITY_UPDATED",
            audit=False,
        ),
        _session(SessionProviderAccessEvent, "session_provider_access", OPERATIONAL, "SESSION_PROVIDER_ACCESS"),
        _session(
            SuspiciousSessionActivityEvent,
            "suspicious_session_activity",
            OPERATIONAL,
            "SUSPICIOUS_SESSION_ACTIVITY",
        ),
        _session(
            SessionLimitExceededEvent,
            "session_limit_exceeded",
            OPERATIONAL,
            "SESSION_LIMIT_EXCEEDED",
            audit=False,
        ),
        _data_sync(AccountSyncAttempted, "account_sync", ATTEMPTED),
        _data_sync(AccountSyncSucceeded, "account_sync", SUCCEEDED),
        _data_sync(AccountSyncFailed, "account_sync", FAILED),
        _data_sync(TransactionSyncAttempted, "transaction_sync", ATTEMPTED),
        _data_sync(TransactionSyncSucceeded, "transaction_sync", SUCCEEDED),
        _data_sync(TransactionSyncFailed, "transaction_sync", FAILED),
        _data_sync(HoldingsSyncAttempted, "holdings_sync", ATTEMPTED),
        _data_sync(HoldingsSyncSucceeded, "holdings_sync", SUCCEEDED),
        _data_sync(HoldingsSyncFailed, "holdings_sync", FAILED),
        _data_sync(FileImportAttempted, "file_import", ATTEMPTED),
        _data_sync(FileImportSucceeded, "file_import", SUCCEEDED),
        _data_sync(FileImportFailed, "file_import", FAILED),
        _data_sync(FileImportProgress, "file_import", OPERATIONAL, "FILE_IMPORT_PROGRESS", audit=False),
        _data_sync(
            AccountBalanceUpdated,
            "account_balance_updated",
            OPERATIONAL,
            "ACCOUNT_BALANCE_UPDATED",
            audit=False,
        ),
        _data_sync(
            AccountHoldingsUpdated,
            "account_holdings_updated",
            OPERATIONAL,
            "ACCOUNT_HOLDINGS_UPDATED",
            audit=False,
        ),
        _data_sync(
            PortfolioNetWorthRecalculated,
            "portfolio_networth_recalculated",
            OPERATIONAL,
            "PORTFOLIO_NETWORTH_RECALCULATED",
            audit=False,
        ),
    )
)

get_all_events = partial(core.get_all_events, registry=EVENT_REGISTRY)
get_events_requiring_handler = partial(core.get_events_requiring_handler, registry=EVENT_REGISTRY)
get_workflow_events = partial(core.get_workflow_events, registry=EVENT_REGISTRY)
get_expected_audit_actions = partial(core.get_expected_audit_actions, registry=EVENT_REGISTRY)
get_statistics = partial(core.get_statistics, registry=EVENT_REGISTRY)
