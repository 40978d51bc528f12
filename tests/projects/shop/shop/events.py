"""What happens in the shop."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class ShopEvent:
    """Base of the shop's events."""

    order_id: str
    event_id: uuid.UUID = field(default_factory=uuid.uuid4, kw_only=True)


@dataclass(frozen=True)
class OrderPlaced(ShopEvent):
    """A customer placed an order."""

    total: Decimal
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderPaid(ShopEvent):
    """The money has come."""

    amount: Decimal


@dataclass(frozen=True)
class PaymentFailed(ShopEvent):
    """The bank refused."""

    reason: str
    email: str | None = None


@dataclass(frozen=True)
class StockRanLow(ShopEvent):
    """Fewer than three of an article are left."""

    article: str
    left: int


@dataclass(frozen=True)
class ParcelSent(ShopEvent):
    """The parcel left the house; nobody listens to it."""

    tracking: str
