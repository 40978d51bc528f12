"""pyee, the plain emitter, in a class of the program's own: what a listener raises reaches who emits."""

from __future__ import annotations

from pyee.base import EventEmitter

TALLY: list[str] = []
WHERE = "shop"


class Shop(EventEmitter):
    def sell(self, item):
        return self.emit("sold", item, price=3)


BUS = Shop()


def count(item, price):
    TALLY.append("count")


def refuse(*args, **kwargs):
    TALLY.append("refuse")
    raise RuntimeError("sold out")


BUS.on("sold", count)
BUS.on("sold", refuse)


def use():
    try:
        BUS.sell("pen")
    except RuntimeError as error:
        return [str(error)]
    return ["nothing raised"]


FIRES = [("sold", {"item": "cup", "price": 1})]
