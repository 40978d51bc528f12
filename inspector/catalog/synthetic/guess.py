"""A sensible value for one field, judged by its name and by what the event is about."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from inspector.catalog.synthetic.people import PROVIDERS, Identity, Provider, reasons, stable_id

if TYPE_CHECKING:
    from inspector.core.description import EventDescription


@dataclass
class SyntheticScene:
    """What one synthetic event is about; every field of the event tells of the same scene.

    Attributes:
        person: Whom it is about.
        other: Somebody else: who assigned the role, who was paid.
        optional: Optional fields are filled in, too.
        provider: The bank or broker it is about, if any.
        words: What tells the subject: workflow and name of the event, lower case.
    """

    event: EventDescription
    rng: random.Random
    person: Identity
    other: Identity
    optional: bool = False
    provider: Provider = field(init=False)
    words: str = field(init=False)

    def __post_init__(self) -> None:
        self.provider = self.rng.choice(PROVIDERS)
        self.words = f"{self.event.workflow} {self.event.name}".lower()
        # One choice for the whole scene: a file's name agrees with its format, an identifier with its scope.
        self.file_format = self.rng.choice(("csv", "ofx", "qfx"))
        self.scope = self.rng.choice(("user", "ip"))

    def pick(self, *values: str) -> str:
        """Return one of the values."""
        return self.rng.choice(values)

    def own_id(self, kind: str, count: int = 3) -> str:
        """Return the id of one of a few things that the person has, the same in every run."""
        return stable_id(self.person.email, kind, str(self.rng.randrange(count)))

    def token(self, prefix: str = "") -> str:
        """Return a secret-looking text of hexadecimal digits."""
        return f"{prefix}{self.rng.getrandbits(128):032x}"

    def uuid(self) -> str:
        """Return a random UUID as text."""
        return str(UUID(int=self.rng.getrandbits(128), version=4))


Guess = Callable[[SyntheticScene], object]


def _reason(scene: SyntheticScene) -> str:
    if any(shape.name == "failure_reason" for shape in scene.event.fields):
        return scene.pick(*reasons(scene.words, ""))  # why it was asked for; the other field says why it failed
    return scene.pick(*reasons(scene.words, scene.event.phase))


def _failure_reason(scene: SyntheticScene) -> str:
    return scene.pick(*reasons(scene.words, scene.event.phase, failure=True))


def _file_name(scene: SyntheticScene) -> str:
    return f"{scene.provider.slug}_2025-{scene.rng.randrange(1, 13):02}.{scene.file_format}"


def _short_id(scene: SyntheticScene) -> str:
    return "".join(scene.rng.choices("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=8))


#: Texts by the end of the field's name, in words: ``billing_email`` finds ``email``. The longest end wins.
TEXTS: Final[dict[str, Guess]] = {
    "email": lambda s: s.person.email,
    "email_address": lambda s: s.person.email,
    "recipient": lambda s: s.person.email,
    "username": lambda s: s.person.email.partition("@")[0],
    "login": lambda s: s.person.email.partition("@")[0],
    "first_name": lambda s: s.person.name.split()[0],
    "last_name": lambda s: s.person.name.split()[-1],
    "full_name": lambda s: s.person.name,
    "user_name": lambda s: s.person.name,
    "customer_name": lambda s: s.person.name,
    "display_name": lambda s: s.person.name,
    "name": lambda s: s.person.name,
    "phone": lambda s: f"+1-202-555-01{s.rng.randrange(100):02}",
    "phone_number": lambda s: f"+1-202-555-01{s.rng.randrange(100):02}",
    "ip": lambda s: s.person.ip_address,
    "ip_address": lambda s: s.person.ip_address,
    "client_ip": lambda s: s.person.ip_address,
    "user_agent": lambda s: s.person.user_agent,
    "device": lambda s: s.person.device,
    "device_info": lambda s: s.person.device,
    "device_name": lambda s: s.person.device,
    "location": lambda s: s.person.location,
    "city": lambda s: s.person.location.split(", ")[0],
    "country": lambda s: s.person.location.split(", ")[-1],
    "address": lambda s: f"{s.rng.randrange(1, 99)} Harbour Street, {s.person.location}",
    "currency": lambda s: s.person.currency,
    "currency_code": lambda s: s.person.currency,
    "locale": lambda s: s.pick("en_GB", "sv_SE", "es_ES"),
    "language": lambda s: s.pick("en", "sv", "es"),
    "timezone": lambda s: s.pick("Europe/Stockholm", "Europe/Madrid", "UTC"),
    "reason": _reason,
    "failure_reason": _failure_reason,
    "rejection_reason": lambda s: s.pick("token_version_too_old", "global_version_too_old"),
    "error": _failure_reason,
    "error_code": lambda s: str(_failure_reason(s)).upper(),
    "error_message": lambda s: str(_failure_reason(s)).replace("_", " ").capitalize(),
    "message": lambda _: "Statement for your account is ready",
    "subject": lambda _: "Your statement is ready",
    "title": lambda _: "Monthly statement",
    "description": lambda _: "Card payment, grocery store",
    "note": lambda _: "Checked by phone",
    "comment": lambda _: "Checked by phone",
    "token": lambda s: s.token(),
    "verification_token": lambda s: s.token("vt_"),
    "reset_token": lambda s: s.token("rt_"),
    "password": lambda s: s.token("pw-")[:19],
    "secret": lambda s: s.token("sk_test_"),
    "api_key": lambda s: s.token("ak_test_"),
    "hash": lambda s: s.token(),
    "checksum": lambda s: s.token(),
    "initiated_by": lambda s: s.pick("user", "user", "admin"),
    "triggered_by": lambda s: s.pick("admin", "security_monitor", "scheduler"),
    "requested_by": lambda s: s.pick("user", "admin"),
    "created_by": lambda s: s.pick("user", "admin", "system"),
    "source": lambda s: s.pick("web", "mobile", "api"),
    "channel": lambda s: s.pick("web", "mobile", "api"),
    "actor": lambda s: s.pick("user", "admin", "system"),
    "role": lambda s: s.pick("admin", "analyst", "support", "member"),
    "permission": lambda s: s.pick("accounts:read", "accounts:write"),
    "endpoint": lambda s: s.pick("/api/v1/accounts", "/api/v1/transactions", "/api/v1/auth/login"),
    "path": lambda s: s.pick("/api/v1/accounts", "/api/v1/transactions"),
    "url": lambda _: "https://api.example.com/v1/accounts",
    "method": lambda s: s.pick("GET", "POST"),
    "identifier": lambda s: f"ip:{s.person.ip_address}" if s.scope == "ip" else f"user:{s.person.user_id}",
    "scope": lambda s: s.scope,
    "provider": lambda s: s.provider.slug,
    "provider_slug": lambda s: s.provider.slug,
    "provider_name": lambda s: s.provider.name,
    "slug": lambda s: s.provider.slug,
    "file": _file_name,
    "file_name": _file_name,
    "filename": _file_name,
    "file_format": lambda s: s.file_format,
    "format": lambda s: s.file_format,
    "mime_type": lambda _: "text/csv",
    "activity_type": lambda s: s.pick("impossible_travel", "unusual_location", "rapid_requests"),
    "kind": lambda s: s.pick("standard", "express"),
    "type": lambda s: s.pick("standard", "express"),
    "category": lambda s: s.pick("general", "billing"),
    "status": lambda s: s.pick("active", "pending"),
    "state": lambda s: s.pick("active", "pending"),
    "sku": lambda s: f"SKU-{s.rng.randrange(1000, 9999)}",
    "symbol": lambda s: s.pick("NWND", "HRBR", "ALPN"),
    "id": _short_id,
    "number": _short_id,
    "code": _short_id,
    "reference": _short_id,
    "version": lambda s: f"1.{s.rng.randrange(9)}.{s.rng.randrange(9)}",
    "job": lambda s: s.pick("nightly_sync", "statement_import"),
    "queue": lambda s: s.pick("default", "mail"),
}


def _ranged(low: int, high: int) -> Guess:
    return lambda scene: scene.rng.randint(low, high)


#: Whole numbers, found like texts.
WHOLE: Final[dict[str, Guess]] = {
    "percent": _ranged(5, 95),
    "percentage": _ranged(5, 95),
    "version": _ranged(3, 40),
    "token_version": _ranged(3, 12),
    "required_version": _ranged(13, 20),
    "grace_period_seconds": lambda s: s.rng.choice((60, 300, 900, 3600)),
    "seconds": lambda s: s.rng.choice((30, 60, 300)),
    "minutes": lambda s: s.rng.choice((5, 15, 30)),
    "hours": lambda s: s.rng.choice((1, 12, 24)),
    "days": lambda s: s.rng.choice((7, 30, 90)),
    "ms": _ranged(1, 250),
    "duration": _ranged(1, 250),
    "timeout": lambda s: s.rng.choice((10, 30, 60)),
    "cost": lambda s: s.rng.choice((1, 1, 2, 5)),
    "remaining_tokens": _ranged(3, 97),
    "account_count": _ranged(1, 5),
    "session_count": _ranged(1, 5),
    "current_count": _ranged(6, 8),
    "max_sessions": lambda _: 5,
    "suspicious_count": _ranged(1, 4),
    "transaction_count": _ranged(12, 240),
    "holding_count": _ranged(4, 30),
    "holdings_count": _ranged(12, 40),
    "created_count": _ranged(0, 4),
    "updated_count": _ranged(1, 6),
    "deactivated_count": _ranged(0, 2),
    "records_processed": _ranged(50, 400),
    "total_records": lambda s: s.rng.choice((400, 600, 1200)),
    "count": _ranged(1, 12),
    "total": _ranged(10, 200),
    "quantity": _ranged(1, 5),
    "attempt": _ranged(1, 3),
    "attempts": _ranged(1, 3),
    "retries": _ranged(0, 3),
    "size": _ranged(1_000, 90_000),
    "bytes": _ranged(1_000, 90_000),
    "port": lambda s: s.rng.choice((443, 8443, 5432)),
    "status_code": lambda s: s.rng.choice((200, 201, 404, 503)),
    "year": _ranged(2024, 2026),
    "month": _ranged(1, 12),
    "day": _ranged(1, 28),
    "age": _ranged(21, 70),
    "cents": _ranged(199, 99_900),
    "amount": _ranged(5, 500),
    "price": _ranged(5, 500),
    "id": _ranged(1_000, 99_999),
}

#: Numbers with a fraction as ``(low, high)``; what is not here is between 1 and 100.
FRACTIONS: Final[dict[str, tuple[float, float]]] = {
    "percent": (5, 95),
    "percentage": (5, 95),
    "execution_time_ms": (0.2, 4.5),
    "ms": (0.5, 120),
    "seconds": (0.5, 30),
    "retry_after": (1, 45),
    "timeout": (5, 30),
    "balance": (800, 24_000),
    "net_worth": (9_000, 180_000),
    "amount": (5, 950),
    "price": (2, 400),
    "total": (20, 2_000),
    "fee": (0.5, 12),
    "rate": (0.5, 6),
    "ratio": (0, 1),
    "score": (0, 1),
    "probability": (0, 1),
    "latitude": (36, 59),
    "longitude": (-9, 19),
    "delta": (-400, 900),
}


def by_ending(name: str, table: dict[str, Guess] | dict[str, tuple[float, float]]) -> str | None:
    """Return the table's entry that is the longest end of the name, in whole words; None when there is none."""
    words = name.lower().strip("_").split("_")
    return next((end for start in range(len(words)) if (end := "_".join(words[start:])) in table), None)


def identifier(scene: SyntheticScene, name: str) -> str:
    """Return a UUID as text: of the person, the provider, one of the person's things, else a random one."""
    subject = name.lower().removesuffix("_uuid").removesuffix("_id")
    if subject in ("user", "owner", "customer", "account_holder", "recipient", "member"):
        return scene.person.user_id
    if subject == "provider":
        return scene.provider.identifier
    if subject == "connection":
        return stable_id(scene.person.email, "connection", scene.provider.slug)
    if subject.endswith("_by") or subject in ("admin", "actor", "operator"):
        return scene.other.user_id
    if subject == "except_session":
        return stable_id(scene.person.email, "session", "current")
    for thing in ("session", "account", "device", "portfolio", "organisation", "organization"):
        if subject.endswith(thing):
            return scene.own_id(thing)
    return scene.uuid()
