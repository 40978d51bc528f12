"""Where the events are made."""

from corrected_shop import events as e
from corrected_shop.events import CouponApplied as Applied


class OrderService:
    """Takes orders."""

    def __init__(self, bus, orders):
        self._bus = bus
        self._orders = orders

    async def place(self, order, session):
        """Take an order."""
        await self._bus.publish(e.OrderPlacementAttempted(order_id=order.id), session=session)
        if not order.lines:
            await self._bus.publish(e.OrderPlacementFailed(order_id=order.id))
            return
        await self._orders.save(order)
        await self._bus.publish(e.OrderPlacementSucceeded(order_id=order.id), session=session)

    async def import_old(self, order, session):
        """Take an order from the old shop."""
        await self._orders.save(order)
        placed = e.OrderPlacementSucceeded(order_id=order.id)
        await self._bus.publish(placed, session)


async def open_shop(bus):
    """Tell that the shop is open."""
    await bus.publish(e.ShopOpened())


def samples(key, now):
    """Make one of each of the rest."""
    return [
        e.InvoiceSent(order_id=key),
        e.StockChecked(),
        e.ParcelDeliverySucceeded(),
        e.RefundAttempted(),
        e.RefundSucceeded(),
        e.RefundFailed(),
        e.PaymentAttempted(),
        e.PaymentSucceeded(),
        e.PaymentFailed(),
        Applied(),
        e.CouponRedeemed(),
        e.CartArchived(),
        e.CartDeleted(),
        e.CartEmptied(cart_id=key),
        e.CartFilled(cart_id=key),
        e.DiscountGranted(),
        e.ItemsReserved(items=("book",)),
        e.PrinterConnected(connection_id=key),
        e.LabelPrinted(printed_at=now),
        e.TerminalUnlocked(terminal_id=key, token_version=1),
        e.PasswordForgotten(user_id=key),
        e.NewsletterOrdered(user_id=key),
        e.NewsletterRequested(email="x@example.com"),
        e.ShopOpened(),
        e.ReceiptWritten(),
        e.ShelfRefilled(),
        e.ReviewWritten(),
        e.ReviewDeleted(),
        e.PriceChanged(),
        e.SupplierPaid(),
        e.ShopClosed(),
        e.TaxFiled(),
        e.TaxPaid(),
        e.TaxRefunded(),
        e.CatalogPrinted(),
        e.RobotRepaired(),
        e.MuseumVisited(),
    ]
