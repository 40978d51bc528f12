"""The events of the shop."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from inspector.core import DomainEvent


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Discount:
    """A thing that cannot be changed."""

    percent: int


@dataclass(frozen=True, kw_only=True)
class OrderEvent(DomainEvent):
    """What all events of orders have."""

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderPlacementAttempted(OrderEvent):
    """A customer sent an order."""


@dataclass(frozen=True, kw_only=True)
class OrderPlacementSucceeded(OrderEvent):
    """An order was taken."""


@dataclass(frozen=True, kw_only=True)
class OrderPlacementFailed(OrderEvent):
    """An order was turned down."""


@dataclass(frozen=True, kw_only=True)
class InvoiceSent(OrderEvent):
    """An invoice."""


@dataclass(frozen=True, kw_only=True)
class StockChecked(DomainEvent):
    """The stock."""


@dataclass(frozen=True, kw_only=True)
class ParcelDeliverySucceeded(DomainEvent):
    """A parcel left."""


@dataclass(frozen=True, kw_only=True)
class RefundAttempted(DomainEvent):
    """A refund began."""


@dataclass(frozen=True, kw_only=True)
class PaymentAttempted(DomainEvent):
    """A payment began."""


@dataclass(frozen=True, kw_only=True)
class PaymentSucceeded(DomainEvent):
    """A payment came."""


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(DomainEvent):
    """A payment did not come."""


@dataclass(frozen=True, kw_only=True)
class RefundSucceeded(DomainEvent):
    """Money was given back."""


@dataclass(frozen=True, kw_only=True)
class RefundFailed(DomainEvent):
    """No money was given back."""


@dataclass(frozen=True, kw_only=True)
class CouponApplied(DomainEvent):
    """A coupon was used."""


@dataclass(frozen=True, kw_only=True)
class CouponRedeemed(DomainEvent):
    """A coupon was used up."""


@dataclass(frozen=True, kw_only=True)
class CartArchived(DomainEvent):
    """A cart was put away."""

    event_type: ClassVar[str] = "cart.closed"


@dataclass(frozen=True, kw_only=True)
class CartDeleted(DomainEvent):
    """A cart was thrown away."""

    event_type: ClassVar[str] = "cart.deleted"


@dataclass(frozen=True, kw_only=True)
class CartEmptied(DomainEvent):
    """A cart was emptied."""

    cart_id: UUID


@dataclass(frozen=True, kw_only=True)
class CartFilled(DomainEvent):
    """Something was put into a cart."""

    cart_id: UUID


@dataclass(frozen=True, kw_only=True)
class DiscountGranted(DomainEvent):
    """A discount was given."""

    discount: Discount = Discount(10)


@dataclass(frozen=True, kw_only=True)
class ItemsReserved(DomainEvent):
    """Items were put aside."""

    items: tuple[str, ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class PrinterConnected(DomainEvent):
    """A printer answered."""

    connection_id: UUID


@dataclass(frozen=True, kw_only=True)
class LabelPrinted(DomainEvent):
    """A label was printed."""

    printed_at: datetime = field(default_factory=_now)
    queued_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, kw_only=True)
class TerminalUnlocked(DomainEvent):
    """A till was unlocked."""

    terminal_id: UUID
    token_version: int


@dataclass(frozen=True, kw_only=True)
class PasswordForgotten(DomainEvent):
    """A customer wants another password."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class NewsletterOrdered(DomainEvent):
    """A customer wants to be told."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class NewsletterRequested(DomainEvent):
    """A customer wants to be told; the project knows that there is an address in it."""

    email: str


@dataclass(frozen=True, kw_only=True)
class ShopOpened(DomainEvent):
    """Everybody hears it."""


@dataclass(frozen=True, kw_only=True)
class ReceiptWritten(DomainEvent):
    """A receipt was written: mail and the end of the session are asked for."""


@dataclass(frozen=True, kw_only=True)
class ShelfRefilled(DomainEvent):
    """Handled, and in the registry."""


@dataclass(frozen=True, kw_only=True)
class ReviewWritten(DomainEvent):
    """Its handler is subscribed once."""


@dataclass(frozen=True, kw_only=True)
class ReviewDeleted(DomainEvent):
    """Its handler is asynchronous."""


@dataclass(frozen=True, kw_only=True)
class PriceChanged(DomainEvent):
    """Its handlers want the event."""


@dataclass(frozen=True, kw_only=True)
class SupplierPaid(DomainEvent):
    """Its handler takes it."""


@dataclass(frozen=True, kw_only=True)
class ShopClosed(DomainEvent):
    """Several handlers."""


@dataclass(frozen=True, kw_only=True)
class TaxFiled(DomainEvent):
    """Audited."""


@dataclass(frozen=True, kw_only=True)
class TaxPaid(DomainEvent):
    """Audited as something that exists."""


@dataclass(frozen=True, kw_only=True)
class TaxRefunded(DomainEvent):
    """Audited as itself."""


@dataclass(frozen=True, kw_only=True)
class RobotRepaired(DomainEvent):
    """Clients are told of it; the catalog has it."""


@dataclass(frozen=True, kw_only=True)
class CatalogPrinted(DomainEvent):
    """The catalog was printed."""


@dataclass(frozen=True, kw_only=True)
class MuseumVisited(DomainEvent):
    """The service makes one."""
