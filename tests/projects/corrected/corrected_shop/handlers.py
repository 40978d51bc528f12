"""What happens when an event is published."""

import asyncio

from corrected_shop.actions import AuditAction
from corrected_shop.events import (
    OrderEvent,
    OrderPlacementSucceeded,
    PriceChanged,
    ReviewDeleted,
    ReviewWritten,
    SupplierPaid,
)


class LoggingHandler:
    """Logs every event."""

    async def handle(self, event):
        """Log it."""


class AuditHandler:
    """Writes what has to be accounted for."""

    def __init__(self, bus):
        self._bus = bus

    async def handle(self, event):
        """Write a row."""
        self._bus.get_session().add((AuditAction.ORDER_PLACED, event))


class StatisticsHandler:
    """Counts events."""

    async def handle(self, event):
        """Count it."""

    async def handle_order_event(self, event: OrderEvent):
        """Count orders; it is subscribed to each of their events."""

    async def handle_review_written(self, event: ReviewWritten):
        """Count reviews."""
        await asyncio.sleep(0)

    async def handle_review_deleted(self, event: ReviewDeleted):
        """Count reviews that are gone."""

    async def handle_price_changed(self, event: PriceChanged, old_price=None):
        """Count changes of prices."""

    async def handle_supplier_paid(self, event: "PriceChanged | SupplierPaid"):
        """Count suppliers."""


async def any_argument(*events):
    """Want any event."""


class EmailHandler:
    """Sends mail."""

    async def handle_price_changed_operational(self, event: PriceChanged):
        """Tell customers."""

    async def handle_order_placement_succeeded(self, event: OrderPlacementSucceeded):
        """Confirm an order."""

    async def handle_receipt_written_operational(self, event):
        """Send a receipt."""


class SessionHandler:
    """Ends sessions."""

    async def handle_receipt_written_operational(self, event):
        """End the session of the till."""


class ParcelHandler:
    """Follows parcels."""

    async def handle_parcel_delivery_succeeded(self, event):
        """Follow a parcel."""
