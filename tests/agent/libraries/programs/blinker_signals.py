"""blinker: named signals of a namespace, senders, weak receivers, muting, asynchronous sending."""

from __future__ import annotations

from blinker import Namespace

TALLY: list[str] = []
WHERE = "signals"
BUS = Namespace()
paid = BUS.signal("order-paid")
sent = BUS.signal("order-sent")
shop, other = "shop", "other"


class Ledger:
    def book(self, sender, amount=0, **kwargs):
        TALLY.append("Ledger.book")
        return amount


ledger = Ledger()


def announce(sender, amount, **kwargs):
    TALLY.append("announce")
    sent.send(sender, parcel=amount)


def ship(sender, parcel, **kwargs):
    TALLY.append("ship")
    if parcel > 3:
        raise ValueError("too big")
    return parcel


async def later(sender, **kwargs):
    TALLY.append("later")
    return "done"


def gone(sender, **kwargs):
    TALLY.append("gone")


paid.connect(announce, sender=shop)
paid.connect(ledger.book)
sent.connect(ship)
awaited = BUS.signal("awaited")
awaited.connect(later)
sent.connect(gone)
del gone


def plain(responses):
    return sorted([receiver.__name__, repr(response)] for receiver, response in responses)


async def use():
    results = [plain(paid.send(other, amount=1)), plain(paid.send(shop, amount=2))]
    try:
        sent.send(parcel=9)
    except ValueError as error:
        results.append(str(error))
    with sent.muted():
        results.append(plain(sent.send(parcel=1)))
    if hasattr(awaited, "send_async"):
        results.append(plain(await awaited.send_async(shop)))
    try:
        awaited.send(shop)
    except RuntimeError as error:
        results.append(str(error))
    return results


FIRES = [("order-paid", {"amount": 1, "sender": "shop"}), ("order-sent", {"parcel": 2}), ("awaited", {})]
