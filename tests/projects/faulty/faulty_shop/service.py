"""Where the events are made."""

from faulty_shop import events as e
from faulty_shop.events import CouponApplied as Applied


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
        await self._bus.publish(e.OrderPlacementSucceeded(order_id=order.id), session=session)  # EV602
        await self._orders.save(order)

    async def import_old(self, order):
        """Take an order from the old shop."""
        await self._orders.save(order)
        placed = e.OrderPlacementSucceeded(order_id=order.id)
        await self._bus.publish(placed)  # EV603


async def open_shop(bus):
    """Tell that the shop is open."""
    bus.publish(e.ShopOpened())  # EV604


def samples(key, connection, now):
    """Make one of each of the rest."""
    return [
        e.SendInvoice(order_id=key),
        e.StockChecking(),
        e.ParcelDispatched(),
        e.RefundAttempted(),
        e.PaymentAttempted(),
        e.PaymentSucceeded(),
        Applied(),
        e.CouponRedeemed(),
        e.CartArchived(),
        e.CartDeleted(),
        e.CartEmptied(cart_id=key),
        e.CartFilled(key),
        e.DiscountGranted(),
        e.ItemsReserved(items=["book"]),
        e.PrinterConnected(connection=connection),
        e.LabelPrinted(printed_at=now),
        e.TerminalUnlocked(pin=1234, license_key="x"),
        e.PasswordForgotten(reset_token="x"),
        e.NewsletterOrdered(email="x@example.com"),
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
        e.CatalogViewed(),
        e.RobotRepaired(),
    ]
