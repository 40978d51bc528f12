"""Invented people, places and providers: what synthetic values are made of.

A small fixed cast, so that events fired one after another are about the same people and relate to each
other. Addresses are of ``example`` domains and of the networks that are reserved for documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

#: Name space of all invented ids: the same thing has the same id in every run.
NAMESPACE: Final = UUID("6f0e2c1a-5b7d-5e43-9c58-0d1f5a3b7e21")


def stable_id(*parts: str) -> str:
    """Return the id of an invented thing as text; the same parts always give the same id."""
    return str(uuid5(NAMESPACE, "/".join(parts)))


@dataclass(frozen=True)
class Identity:
    """A person that synthetic events are about.

    Attributes:
        user_id: A UUID as text.
        device: What a person calls the device: ``Firefox on Linux``.
    """

    user_id: str
    name: str
    email: str
    ip_address: str
    location: str
    device: str
    user_agent: str
    currency: str = "EUR"


@dataclass(frozen=True)
class Provider:
    """A bank or broker that accounts are connected to."""

    slug: str
    name: str

    @property
    def identifier(self) -> str:
        """A UUID as text, the same in every run."""
        return stable_id("provider", self.slug)


_FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
_SAFARI: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
_PHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
_CHROME: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)


def _identity(name: str, address: str, place: str, device: str, agent: str, currency: str) -> Identity:
    first, last = name.lower().split()
    email = f"{first}.{last}@example.com"
    return Identity(stable_id("user", email), name, email, address, place, device, agent, currency)


IDENTITIES: Final = (
    _identity("Ada Lindqvist", "192.0.2.17", "Stockholm, Sweden", "Firefox on Linux", _FIREFOX, "EUR"),
    _identity("Bela Horvath", "198.51.100.23", "Budapest, Hungary", "Safari on macOS", _SAFARI, "EUR"),
    _identity("Carmen Ortiz", "203.0.113.8", "Valencia, Spain", "Safari on iPhone", _PHONE, "EUR"),
    _identity("David Okafor", "198.51.100.204", "Leeds, England", "Chrome on Windows", _CHROME, "GBP"),
    _identity("Emi Tanaka", "203.0.113.141", "Portland, United States", "Chrome on Windows", _CHROME, "USD"),
)

PROVIDERS: Final = (
    Provider("northwind_bank", "Northwind Bank"),
    Provider("harbor_invest", "Harbor Invest"),
    Provider("meridian_credit", "Meridian Credit Union"),
    Provider("alpine_broker", "Alpine Broker"),
)


# Why things happen, by workflow: the synthetic values of ``reason`` and its relatives.

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
    """Return the plausible reasons in a phase of a workflow, at least two.

    Args:
        workflow: Name of the workflow (or anything that says what the event is about).
        phase: Its phase; some phases speak of failure by themselves.
        failure: Reasons of a failure are wanted whatever the phase is.
    """
    table = FAILURES if failure or phase in FAILING_PHASES else MOTIVES
    return next(entries for word, entries in table if word in workflow)
