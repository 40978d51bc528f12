"""Why things happen, by workflow: the synthetic values of ``reason`` and its relatives."""

from __future__ import annotations

from typing import Final

#: Reasons of a failure by a word of the workflow's or event's name; the first entry that occurs there wins.
FAILURES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("registration", ("email_already_registered", "password_too_weak", "invalid_email_domain")),
    ("login", ("invalid_password", "account_locked", "email_not_verified", "unknown_email")),
    ("verification", ("token_expired", "token_already_used", "token_not_found")),
    ("password_change", ("current_password_incorrect", "password_recently_used", "password_too_weak")),
    ("password_reset_request", ("unknown_email", "too_many_requests")),
    ("password_reset", ("token_expired", "token_already_used", "password_too_weak")),
    ("provider_token", ("refresh_token_expired", "provider_unavailable", "consent_revoked")),
    ("token_refresh", ("refresh_token_expired", "refresh_token_revoked", "token_version_mismatch")),
    ("logout", ("session_not_found", "token_already_revoked")),
    ("rotation", ("version_conflict", "database_unavailable", "lock_not_acquired")),
    ("role", ("insufficient_privileges", "role_not_found", "last_admin_protected")),
    ("disconnection", ("connection_not_found", "sync_in_progress", "provider_unavailable")),
    ("connection", ("authorization_denied", "provider_unavailable", "invalid_credentials")),
    ("session", ("session_not_found", "already_revoked", "database_unavailable")),
    (
        "sync",
        ("provider_unavailable", "provider_timeout", "consent_expired", "rate_limited_by_provider"),
    ),
    ("import", ("unsupported_format", "malformed_row_118", "duplicate_file", "file_too_large")),
    ("payment", ("card_declined", "insufficient_funds", "payment_provider_timeout")),
    ("order", ("out_of_stock", "payment_declined", "address_not_deliverable")),
    ("", ("provider_timeout", "database_unavailable", "validation_failed", "conflict")),
)

#: Reasons of what was asked for, done or ended: not a failure.
MOTIVES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("global_token_rotation", ("scheduled_rotation", "signing_key_compromised", "security_incident")),
    ("rotation", ("password_changed", "suspicious_activity", "requested_by_user")),
    ("evicted", ("session_limit_reached", "oldest_session_replaced")),
    ("all_sessions", ("password_changed", "signed_out_everywhere", "account_compromised")),
    ("role", ("left_the_team", "access_review", "project_finished")),
    ("session", ("signed_out_by_user", "password_changed", "suspicious_activity")),
    ("order", ("ordered_by_mistake", "customer_request")),
    ("", ("requested_by_user", "scheduled_maintenance", "policy_change")),
)

#: Phases whose ``reason`` says why something did not work.
FAILING_PHASES: Final = frozenset({"failed", "denied", "rejected", "error"})


def reasons(workflow: str, phase: str, *, failure: bool = False) -> tuple[str, ...]:
    """Give the plausible reasons in a phase of a workflow, at least two.

    Args:
        workflow: Name of the workflow (or anything that says what the event is about).
        phase: Its phase; some phases speak of failure by themselves.
        failure: Reasons of a failure are wanted whatever the phase is.
    """
    table = FAILURES if failure or phase in FAILING_PHASES else MOTIVES
    return next(entries for word, entries in table if word in workflow)
