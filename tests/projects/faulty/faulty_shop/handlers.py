"""What happens when an event is published."""

import time

from faulty_shop.actions import AuditAction
from faulty_shop.events import OrderEvent, OrderPlacementSucceeded, PriceChanged, ReviewDeleted, ReviewWritten


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

    async def handle_order_event(self, event: OrderEvent):  # EV309
        """Count orders; on a bus that matches exactly it never does."""
        await self.handle_review_written(event)  # EV606

    async def handle_review_written(self, event: ReviewWritten):  # EV305
        """Count reviews, twice."""
        time.sleep(0)  # EV605

    def handle_review_deleted(self, event: ReviewDeleted):  # EV306
        """Count reviews, and hold up everybody."""

    async def handle_price_changed(self, event: PriceChanged, old_price):  # EV307
        """Count changes of prices."""

    async def handle_supplier_paid(self, event: "PriceChanged | ReviewWritten"):  # EV308
        """Count suppliers."""


async def no_argument():  # EV307
    """Want no event."""


class EmailHandler:
    """Sends mail."""

    async def handle_price_changed_operational(self, event: PriceChanged):
        """Tell customers."""

    async def handle_order_placement_suceeded(self, event: OrderPlacementSucceeded):  # EV304
        """Confirm an order, if the name were right."""


class ParcelHandler:
    """Nobody has wired it."""

    async def handle_parcel_delivery_succeeded(self, event):  # EV304
        """Follow a parcel."""
