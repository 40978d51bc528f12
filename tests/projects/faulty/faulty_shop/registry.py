"""Where the events stand."""

from enum import Enum

from inspector.core.bus.registry import EventMetadata, EventRegistry, WorkflowPhase

from faulty_shop import events as e


class Category(Enum):
    """Parts of the shop."""

    ORDERS = "orders"
    HOUSE = "house"


def _entry(event, workflow, phase=WorkflowPhase.OPERATIONAL, category=Category.HOUSE, **options):
    options = {"requires_logging": True, "requires_audit": False, **options}
    return EventMetadata(event_class=event, category=category, workflow_name=workflow, phase=phase, **options)


def _audited(event, workflow, action, phase=WorkflowPhase.OPERATIONAL):
    return _entry(event, workflow, phase, requires_audit=True, audit_action_name=action)


ATTEMPTED, SUCCEEDED, FAILED = WorkflowPhase.ATTEMPTED, WorkflowPhase.SUCCEEDED, WorkflowPhase.FAILED

REGISTRY = EventRegistry(
    [
        _entry(e.OrderPlacementAttempted, "order_placement", ATTEMPTED, Category.ORDERS),
        _entry(
            e.OrderPlacementSucceeded,
            "order_placement",
            SUCCEEDED,
            Category.ORDERS,
            requires_audit=True,
            audit_action_name="ORDER_PLACED",
            requires_email=True,
        ),
        _entry(e.OrderPlacementFailed, "order_placement", FAILED, Category.ORDERS),
        _entry(e.SendInvoice, "send_invoice"),
        _entry(e.StockChecking, "stock"),
        _entry(e.ParcelDispatched, "parcel_delivery", SUCCEEDED),
        _entry(e.RefundAttempted, "refund", ATTEMPTED),
        _entry(e.PaymentAttempted, "payment", ATTEMPTED),
        _entry(e.PaymentSucceeded, "payment", SUCCEEDED),
        _entry(e.CouponApplied, "coupon"),
        _entry(e.CouponRedeemed, "coupon"),
        _entry(e.CartArchived, "cart_archived"),
        _entry(e.CartDeleted, "cart_deleted"),
        _entry(e.CartEmptied, "cart_emptied"),
        _entry(e.CartFilled, "cart_filled"),
        _entry(e.DiscountGranted, "discount_granted"),
        _entry(e.ItemsReserved, "items_reserved"),
        _entry(e.PrinterConnected, "printer_connected"),
        _entry(e.LabelPrinted, "label_printed"),
        _entry(e.TerminalUnlocked, "terminal_unlocked"),
        _entry(e.PasswordForgotten, "password_forgotten"),
        _entry(e.NewsletterOrdered, "newsletter_ordered"),
        _entry(e.NewsletterRequested, "newsletter_requested"),
        _entry(e.ShopOpened, "shop_opened", requires_logging=False),
        _entry(e.ReceiptWritten, "receipt_written", requires_email=True, requires_session=True),
        _entry(e.ReviewWritten, "review_written"),
        _entry(e.ReviewDeleted, "review_deleted"),
        _entry(e.PriceChanged, "price_changed"),
        _entry(e.SupplierPaid, "supplier_paid"),
        _entry(e.ShopClosed, "shop_closed"),
        _audited(e.TaxFiled, "tax_filed", " "),
        _audited(e.TaxPaid, "tax_paid", "TAX_PAYED"),
        _audited(e.TaxRefunded, "tax_refunded", "ORDER_PLACED"),
        _entry(e.CatalogViewed, "catalog_viewed"),
        _entry(e.MuseumVisited, "museum_visited"),
    ]
)
