"""Puts the shop together."""

from inspector.core.bus.bus import InMemoryEventBus

from faulty_shop import events as e
from faulty_shop.handlers import AuditHandler, EmailHandler, LoggingHandler, StatisticsHandler, no_argument
from faulty_shop.registry import REGISTRY


def get_bus():
    """Give the bus with every subscription."""
    bus = InMemoryEventBus()
    logging, audit, statistics, email = LoggingHandler(), AuditHandler(bus), StatisticsHandler(), EmailHandler()
    special = (e.ShopClosed, e.ShopOpened)
    for entry in REGISTRY:
        if entry.requires_logging:
            bus.subscribe(entry.event_class, logging.handle)
        if entry.event_class not in special:
            bus.subscribe(entry.event_class, statistics.handle)
        if entry.requires_audit:
            bus.subscribe(entry.event_class, audit.handle)
    bus.subscribe(e.ShelfRefilled, logging.handle)
    bus.subscribe(e.ShelfRefilled, statistics.handle)
    bus.subscribe(e.OrderEvent, statistics.handle_order_event)
    for _ in range(2):
        bus.subscribe(e.ReviewWritten, statistics.handle_review_written)
    bus.subscribe(e.ReviewDeleted, statistics.handle_review_deleted)
    bus.subscribe(e.PriceChanged, statistics.handle_price_changed)
    bus.subscribe(e.PriceChanged, no_argument)
    bus.subscribe(e.PriceChanged, email.handle_price_changed_operational)
    bus.subscribe(e.SupplierPaid, statistics.handle_supplier_paid)
    return bus
