"""Puts the shop together."""

from inspector.core.bus.bus import InMemoryEventBus

from corrected_shop import events as e
from corrected_shop.handlers import (
    AuditHandler,
    EmailHandler,
    LoggingHandler,
    ParcelHandler,
    SessionHandler,
    StatisticsHandler,
    any_argument,
)
from corrected_shop.registry import REGISTRY


def get_bus():
    """Give the bus with every subscription."""
    bus = InMemoryEventBus()
    logging, audit, statistics, email = LoggingHandler(), AuditHandler(bus), StatisticsHandler(), EmailHandler()
    for entry in REGISTRY:
        bus.subscribe(entry.event_class, logging.handle)
        bus.subscribe(entry.event_class, statistics.handle)
        if entry.requires_audit:
            bus.subscribe(entry.event_class, audit.handle)
    for event in (e.OrderPlacementAttempted, e.OrderPlacementSucceeded, e.OrderPlacementFailed):
        bus.subscribe(event, statistics.handle_order_event)
    bus.subscribe(e.OrderPlacementSucceeded, email.handle_order_placement_succeeded)
    bus.subscribe(e.ReviewWritten, statistics.handle_review_written)
    bus.subscribe(e.ReviewDeleted, statistics.handle_review_deleted)
    bus.subscribe(e.PriceChanged, statistics.handle_price_changed)
    bus.subscribe(e.PriceChanged, any_argument)
    bus.subscribe(e.PriceChanged, email.handle_price_changed_operational)
    bus.subscribe(e.SupplierPaid, statistics.handle_supplier_paid)
    bus.subscribe(e.ReceiptWritten, email.handle_receipt_written_operational)
    bus.subscribe(e.ReceiptWritten, SessionHandler().handle_receipt_written_operational)
    bus.subscribe(e.ParcelDeliverySucceeded, ParcelHandler().handle_parcel_delivery_succeeded)
    return bus
