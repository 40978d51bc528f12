"""What the audit trail can say: an action for each event that is audited."""

from enum import Enum, auto
from typing import Any


class AuditAction(Enum):
    """Actions of the audit trail; the value is what the database holds."""

    @staticmethod
    def _generate_next_value_(name: str, *_: Any) -> str:
        return name.lower()

    # authentication
    USER_REGISTRATION_ATTEMPTED = auto()
    USER_REGISTERED = auto()
    USER_REGISTRATION_FAILED = auto()
    USER_LOGIN_ATTEMPTED = auto()
    USER_LOGIN_SUCCESS = auto()
    USER_LOGIN_FAILED = auto()
    USER_EMAIL_VERIFICATION_ATTEMPTED = auto()
    USER_EMAIL_VERIFIED = auto()
    USER_EMAIL_VERIFICATION_FAILED = auto()
    USER_PASSWORD_CHANGE_ATTEMPTED = auto()
    USER_PASSWORD_CHANGED = auto()
    USER_PASSWORD_CHANGE_FAILED = auto()
    AUTH_TOKEN_REFRESH_ATTEMPTED = auto()
    AUTH_TOKEN_REFRESHED = auto()
    AUTH_TOKEN_REFRESH_FAILED = auto()
    USER_LOGOUT_ATTEMPTED = auto()
    USER_LOGOUT = auto()
    USER_LOGOUT_FAILED = auto()
    PASSWORD_RESET_REQUEST_ATTEMPTED = auto()
    USER_PASSWORD_RESET_REQUESTED = auto()
    USER_PASSWORD_RESET_FAILED = auto()
    PASSWORD_RESET_CONFIRM_ATTEMPTED = auto()
    USER_PASSWORD_RESET_COMPLETED = auto()
    PASSWORD_RESET_CONFIRM_FAILED = auto()
    GLOBAL_TOKEN_ROTATION_ATTEMPTED = auto()
    GLOBAL_TOKEN_ROTATION_SUCCEEDED = auto()
    GLOBAL_TOKEN_ROTATION_FAILED = auto()
    USER_TOKEN_ROTATION_ATTEMPTED = auto()
    USER_TOKEN_ROTATION_SUCCEEDED = auto()
    USER_TOKEN_ROTATION_FAILED = auto()
    TOKEN_REJECTED_VERSION_MISMATCH = auto()

    # authorization
    ROLE_ASSIGNMENT_ATTEMPTED = auto()
    ROLE_ASSIGNED = auto()
    ROLE_ASSIGNMENT_FAILED = auto()
    ROLE_REVOCATION_ATTEMPTED = auto()
    ROLE_REVOKED = auto()
    ROLE_REVOCATION_FAILED = auto()

    # provider
    PROVIDER_CONNECTION_ATTEMPTED = auto()
    PROVIDER_CONNECTED = auto()
    PROVIDER_CONNECTION_FAILED = auto()
    PROVIDER_DISCONNECTION_ATTEMPTED = auto()
    PROVIDER_DISCONNECTED = auto()
    PROVIDER_DISCONNECTION_FAILED = auto()
    PROVIDER_TOKEN_REFRESH_ATTEMPTED = auto()
    PROVIDER_TOKEN_REFRESHED = auto()
    PROVIDER_TOKEN_REFRESH_FAILED = auto()

    # rate limit
    RATE_LIMIT_CHECK_ATTEMPTED = auto()
    RATE_LIMIT_CHECK_ALLOWED = auto()
    RATE_LIMIT_CHECK_DENIED = auto()

    # session
    SESSION_REVOCATION_ATTEMPTED = auto()
    SESSION_REVOKED = auto()
    SESSION_REVOCATION_FAILED = auto()
    SESSION_EVICTED = auto()
    ALL_SESSIONS_REVOCATION_ATTEMPTED = auto()
    ALL_SESSIONS_REVOKED = auto()
    ALL_SESSIONS_REVOCATION_FAILED = auto()
    SESSION_PROVIDER_ACCESS = auto()
    SUSPICIOUS_SESSION_ACTIVITY = auto()

    # data sync
    ACCOUNT_SYNC_ATTEMPTED = auto()
    ACCOUNT_SYNC_SUCCEEDED = auto()
    ACCOUNT_SYNC_FAILED = auto()
    TRANSACTION_SYNC_ATTEMPTED = auto()
    TRANSACTION_SYNC_SUCCEEDED = auto()
    TRANSACTION_SYNC_FAILED = auto()
    HOLDINGS_SYNC_ATTEMPTED = auto()
    HOLDINGS_SYNC_SUCCEEDED = auto()
    HOLDINGS_SYNC_FAILED = auto()
    FILE_IMPORT_ATTEMPTED = auto()
    FILE_IMPORT_SUCCEEDED = auto()
    FILE_IMPORT_FAILED = auto()
