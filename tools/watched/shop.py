"""The program of the picture of a watched command: a web shop whose orders set off a few events."""

import asyncio
import random
from dataclasses import dataclass

from fastapi import FastAPI


@dataclass(frozen=True)
class OrderPlaced:
    order_id: int
    article: str
    amount: int


@dataclass(frozen=True)
class PaymentRequested:
    order_id: int
    cents: int


@dataclass(frozen=True)
class ParcelPacked:
    order_id: int
    shelf: str


class EventBus:
    def __init__(self):
        self._handlers = {}

    def subscribe(self, event, handler):
        self._handlers.setdefault(event, []).append(handler)

    async def publish(self, event):
        calls = [handler(event) for handler in self._handlers.get(type(event), ())]
        await asyncio.gather(*calls, return_exceptions=True)


bus = EventBus()
stock = dict.fromkeys(("lamp", "chair", "shelf"), 6)


class Stock:
    async def reserve(self, event):
        await asyncio.sleep(random.uniform(0.004, 0.012))
        if stock[event.article] < event.amount:
            raise LookupError(f"only {stock[event.article]} of {event.article} left")
        stock[event.article] -= event.amount
        await bus.publish(ParcelPacked(event.order_id, f"A{event.order_id % 7}"))


class Billing:
    async def invoice(self, event):
        await asyncio.sleep(random.uniform(0.002, 0.006))
        await bus.publish(PaymentRequested(event.order_id, event.amount * 4_900))

    async def charge(self, event):
        await asyncio.sleep(random.uniform(0.015, 0.05))


class Mail:
    async def confirm(self, event):
        await asyncio.sleep(random.uniform(0.006, 0.02))

    async def announce(self, event):
        await asyncio.sleep(random.uniform(0.003, 0.01))


class Audit:
    async def record(self, event):
        await asyncio.sleep(0.001)


billing, mail, audit = Billing(), Mail(), Audit()
for event, handler in (
    (OrderPlaced, Stock().reserve),
    (OrderPlaced, billing.invoice),
    (OrderPlaced, mail.confirm),
    (OrderPlaced, audit.record),
    (PaymentRequested, billing.charge),
    (PaymentRequested, audit.record),
    (ParcelPacked, mail.announce),
    (ParcelPacked, audit.record),
):
    bus.subscribe(event, handler)

app = FastAPI()


@app.post("/orders/{order_id}")
async def order(order_id: int, article: str, amount: int):
    await bus.publish(OrderPlaced(order_id, article, amount))
    return {"order": order_id}
