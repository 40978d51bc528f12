"""The events of the shop."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from inspector.core import DomainEvent


class Connection:
    """A thing that JSON cannot say."""


class Discount:
    """A thing that can be changed."""

    def __init__(self, percent: int) -> None:
        self.percent = percent


@dataclass(frozen=True, kw_only=True)
class OrderEvent(DomainEvent):
    """What all events of orders have."""

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderPlacementAttempted(OrderEvent):
    """A customer sent an order."""


@dataclass(frozen=True, kw_only=True)
class OrderPlacementSucceeded(OrderEvent):  # EV302
    """An order was taken."""


@dataclass(frozen=True, kw_only=True)
class OrderPlacementFailed(OrderEvent):
    """An order was turned down."""


@dataclass(frozen=True, kw_only=True)
class SendInvoice(OrderEvent):  # EV101
    """An invoice."""


@dataclass(frozen=True, kw_only=True)
class StockChecking(DomainEvent):  # EV102
    """The stock."""


@dataclass(frozen=True, kw_only=True)
class ParcelDispatched(DomainEvent):  # EV103
    """A parcel left."""


@dataclass(frozen=True, kw_only=True)
class RefundAttempted(DomainEvent):  # EV104
    """A refund began."""


@dataclass(frozen=True, kw_only=True)
class PaymentAttempted(DomainEvent):  # EV105
    """A payment began."""


@dataclass(frozen=True, kw_only=True)
class PaymentSucceeded(DomainEvent):
    """A payment came."""


@dataclass(frozen=True, kw_only=True)
class CouponApplied(DomainEvent):
    """A coupon was used."""


@dataclass(frozen=True, kw_only=True)
class CouponRedeemed(DomainEvent):  # EV106
    """A coupon was used up."""


@dataclass(frozen=True, kw_only=True)
class CartArchived(DomainEvent):
    """A cart was put away."""

    event_type: ClassVar[str] = "cart.closed"


@dataclass(frozen=True, kw_only=True)
class CartDeleted(DomainEvent):  # EV107
    """A cart was thrown away."""

    event_type: ClassVar[str] = "cart.closed"


@dataclass(kw_only=True)
class CartEmptied:  # EV201
    """A cart was emptied."""

    cart_id: UUID


@dataclass(frozen=True)
class CartFilled(DomainEvent):  # EV202
    """Something was put into a cart."""

    cart_id: UUID


@dataclass(frozen=True, kw_only=True)
class DiscountGranted(DomainEvent):  # EV203
    """A discount was given."""

    discount: object = Discount(10)


@dataclass(frozen=True, kw_only=True)
class ItemsReserved(DomainEvent):  # EV204, EV204
    """Items were put aside."""

    items: list[str]
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PrinterConnected(DomainEvent):  # EV205
    """A printer answered."""

    connection: Connection


@dataclass(frozen=True, kw_only=True)
class LabelPrinted(DomainEvent):  # EV206, EV206
    """A label was printed."""

    printed_at: datetime = field(default_factory=datetime.now)
    queued_at: datetime = field(default_factory=lambda: datetime.utcnow())


@dataclass(frozen=True, kw_only=True)
class TerminalUnlocked(DomainEvent):  # EV207, EV207
    """A till was unlocked."""

    pin: int
    license_key: str


@dataclass(frozen=True, kw_only=True)
class PasswordForgotten(DomainEvent):  # EV208
    """A customer wants another password."""

    reset_token: str


@dataclass(frozen=True, kw_only=True)
class NewsletterOrdered(DomainEvent):  # EV209
    """A customer wants to be told."""

    email: str


@dataclass(frozen=True, kw_only=True)
class NewsletterRequested(DomainEvent):
    """A customer wants to be told; the project knows that there is an address in it."""

    email: str


@dataclass(frozen=True, kw_only=True)
class ShopOpened(DomainEvent):  # EV301
    """Nobody hears it."""


@dataclass(frozen=True, kw_only=True)
class ReceiptWritten(DomainEvent):  # EV302, EV302
    """A receipt was written: mail and the end of the session are asked for, and not there."""


@dataclass(frozen=True, kw_only=True)
class ShelfRefilled(DomainEvent):  # EV303
    """Handled, and not in the registry."""


@dataclass(frozen=True, kw_only=True)
class ReviewWritten(DomainEvent):
    """Its handler is subscribed twice."""


@dataclass(frozen=True, kw_only=True)
class ReviewDeleted(DomainEvent):
    """Its handler blocks the loop."""


@dataclass(frozen=True, kw_only=True)
class PriceChanged(DomainEvent):
    """Its handlers want more, or less, than the event."""


@dataclass(frozen=True, kw_only=True)
class SupplierPaid(DomainEvent):
    """Its handler takes another event."""


@dataclass(frozen=True, kw_only=True)
class ShopClosed(DomainEvent):  # EV310
    """One handler."""


@dataclass(frozen=True, kw_only=True)
class TaxFiled(DomainEvent):  # EV401
    """Audited as nothing."""


@dataclass(frozen=True, kw_only=True)
class TaxPaid(DomainEvent):  # EV402
    """Audited as something that does not exist."""


@dataclass(frozen=True, kw_only=True)
class TaxRefunded(DomainEvent):  # EV403
    """Audited as what another is audited as."""


@dataclass(frozen=True, kw_only=True)
class RobotRepaired(DomainEvent):
    """Clients are told of it; the catalog does not have it."""


@dataclass(frozen=True, kw_only=True)
class CatalogViewed(DomainEvent):  # EV108
    """The catalog was looked at."""


@dataclass(frozen=True, kw_only=True)
class MuseumVisited(DomainEvent):  # EV601
    """Nobody makes one."""
