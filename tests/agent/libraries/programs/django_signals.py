"""Django's signals: order, weak and dead receivers, senders, asynchronous ones, a method of a subclass that checks."""

from __future__ import annotations

import asyncio

from django.dispatch import Signal

TALLY: list[str] = []
WHERE = "Signals"


class CheckedSignal(Signal):
    """Refuses what it was not declared with."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names

    def send_checked(self, sender, **named):
        if set(named) != set(self.names):
            raise TypeError(f"expected {self.names}")
        return self.send(sender, **named)


class Order:
    pass


class Signals:
    pass


class Stock:
    def reserve(self, sender, amount, **kwargs):
        TALLY.append("Stock.reserve")
        return amount


BUS = Signals()
BUS.order_paid = Signal()
BUS.order_sent = Signal(use_caching=True)
BUS.checked = CheckedSignal("amount")
BUS.stock = Stock()


def audit(sender, signal, amount: int, note: str = "", **kwargs):
    TALLY.append("audit")
    if sender is not None:
        BUS.order_sent.send(sender=sender, amount=amount)
    return note


def only_orders(sender, **kwargs):
    TALLY.append("only_orders")


def broken(sender, **kwargs):
    TALLY.append("broken")
    raise ValueError("no")


async def later(sender, amount, **kwargs):
    TALLY.append("later")
    await asyncio.sleep(0)
    TALLY.append("later ended")
    return -amount


def gone(sender, **kwargs):
    TALLY.append("gone")


BUS.order_paid.connect(audit)
BUS.order_paid.connect(BUS.stock.reserve)
BUS.order_paid.connect(only_orders, sender=Order)
BUS.order_sent.connect(broken)
if hasattr(Signal, "asend"):
    BUS.order_paid.connect(later)
BUS.checked.connect(only_orders)
BUS.order_sent.connect(gone)
del gone


def plain(responses):
    return [[receiver.__name__, repr(response)] for receiver, response in responses]


async def use():
    results = []
    if hasattr(Signal, "asend"):
        try:
            await BUS.order_paid.asend(Order, amount=3)
        except ValueError as error:
            results.append(str(error))
        BUS.order_sent.disconnect(broken)
        results.append(plain(await BUS.order_paid.asend(None, amount=4, note="x")))
        BUS.order_sent.connect(broken)
        results.append(plain(BUS.order_sent.send_robust(Order)))
    else:
        try:
            BUS.order_paid.send(Order, amount=3)
        except ValueError as error:
            results.append(str(error))
        BUS.order_sent.disconnect(broken)
        results.append(plain(BUS.order_paid.send(None, amount=4, note="x")))
        BUS.order_sent.connect(broken)
        results.append(plain(BUS.order_sent.send_robust(Order)))
    try:
        BUS.checked.send_checked(Order)
    except TypeError as error:
        results.append(str(error))
    results.append(plain(BUS.checked.send_checked(Order, amount=1)))
    return results


FIRES = [
    ("order_paid", {"amount": 5}),
    ("order_sent", {}),
    ("checked", {"amount": 2}),
    ("order_paid", {"amount": 5, "sender": "Order"}),
]
