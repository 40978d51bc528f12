"""What the shop does when something happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from shop.events import OrderPaid, OrderPlaced, PaymentFailed, StockRanLow

if TYPE_CHECKING:
    from shop.bus import EventBus


class Warehouse:
    """Keeps the stock."""

    def __init__(self, bus: EventBus, stock: dict[str, int]) -> None:
        self.stock = stock
        self._bus = bus

    async def reserve(self, event: OrderPlaced) -> int:
        """Take the articles out of the stock; says when few are left."""
        for article in event.lines:
            await asyncio.sleep(0)
            self.stock[article] -= 1
            if self.stock[article] < 3:
                await self._bus.publish(StockRanLow(event.order_id, article, self.stock[article]))
        return len(event.lines)


class Mailer:
    """Sends mail; it is called itself."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def __call__(self, event: Any) -> None:
        """Write to the customer."""
        if isinstance(event, PaymentFailed) and event.email is None:
            raise LookupError(f"no address for order {event.order_id}")
        self.sent.append((type(event).__name__, event.order_id))


class Ledger:
    """Adds up the money."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    async def book(self, event: OrderPaid, *, account: str) -> str:
        """Write an entry."""
        self.entries.append(f"{account}:{event.amount}")
        return account


async def reorder(event: StockRanLow) -> None:
    """Order more of an article."""
    if event.left < 0:
        raise RuntimeError(f"sold {event.article} that was not there")
