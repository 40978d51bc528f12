"""bubus: events in a queue, handlers one after another, events that come of events, failures in the results."""

from __future__ import annotations

import asyncio

from bubus import BaseEvent, EventBus

TALLY: list[str] = []
WHERE = "bus"
BUS = EventBus(name="Shop")


class OrderPaid(BaseEvent):
    amount: int
    note: str = ""


class OrderSent(BaseEvent):
    parcel: int


async def send(event: OrderPaid) -> str:
    TALLY.append("send")
    await asyncio.sleep(0)
    BUS.dispatch(OrderSent(parcel=event.amount))
    return "sent"


def refuse(event: OrderPaid) -> None:
    TALLY.append("refuse")
    raise ValueError("no")


class Carrier:
    async def carry(self, event):
        TALLY.append("Carrier.carry")
        return event.parcel


def everything(event):
    TALLY.append(f"everything {event.event_type}")


BUS.on(OrderPaid, send)
BUS.on(OrderPaid, refuse)
BUS.on("OrderSent", Carrier().carry)
BUS.on("*", everything)
BUS.on("Named", everything)


async def use():
    event = await BUS.dispatch(OrderPaid(amount=3))
    await BUS.wait_until_idle()
    results = [[result.status, repr(result.result), repr(result.error)] for result in event.event_results.values()]
    named = await BUS.dispatch(BaseEvent(event_type="Named", what=1))
    await BUS.wait_until_idle()
    await BUS.stop()
    return [*results, len(named.event_results), sorted(BUS.handlers)]


TWICE = False
FIRES = [("OrderPaid", {"amount": 1}), ("Named", {})]
