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
    """Give the id of an invented thing as text; the same parts always give the same id."""
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
