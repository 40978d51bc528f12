"""Puts the shop together."""

from __future__ import annotations

import functools
import os

from shop.bus import EventBus
from shop.events import OrderPaid, OrderPlaced, PaymentFailed, StockRanLow
from shop.handlers import Ledger, Mailer, Warehouse, reorder


class Container:
    """Everything there is one of."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.event_bus = EventBus()
        self.warehouse = Warehouse(self.event_bus, {"cup": 3, "plate": 10})
        self.mailer = Mailer()
        self.ledger = Ledger()
        self.event_bus.subscribe(OrderPlaced, self.warehouse.reserve)
        self.event_bus.subscribe(OrderPlaced, self.mailer)
        self.event_bus.subscribe(OrderPaid, functools.partial(self.ledger.book, account="income"))
        self.event_bus.subscribe(OrderPaid, functools.partial(self.ledger.book, account="tax"))
        self.event_bus.subscribe(PaymentFailed, self.mailer)
        self.event_bus.subscribe(StockRanLow, reorder)


def get_container() -> Container:
    """Make the shop; needs the setting SHOP_DATABASE_URL."""
    return Container(os.environ["SHOP_DATABASE_URL"])
