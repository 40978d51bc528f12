"""FastStream: subscribers with models and several arguments, a publisher, a handler that publishes what it returns."""

from __future__ import annotations

import pydantic
from faststream.redis import RedisBroker, TestRedisBroker

TALLY: list[str] = []
WHERE = "broker"
BUS = RedisBroker()


class Order(pydantic.BaseModel):
    item: str
    amount: int = 1


@BUS.subscriber("orders")
@BUS.publisher("parcels")
async def pack(order: Order) -> dict:
    TALLY.append("pack")
    return {"item": order.item, "weight": order.amount}


@BUS.subscriber("parcels")
async def ship(item: str, weight: int) -> None:
    TALLY.append("ship")
    if weight > 5:
        raise ValueError("too heavy")


@BUS.subscriber(list="notes")
def note(text: str) -> None:
    TALLY.append("note")


async def use():
    results = []
    async with TestRedisBroker(BUS) as broker:
        await broker.publish({"item": "pen"}, "orders")
        try:
            await broker.publish({"item": "anvil", "amount": 9}, "orders")
        except ValueError as error:
            results.append(str(error))
        await broker.publish("hello", list="notes")
    return results


FIRES = [
    ("orders", {"item": "cup", "amount": 2}),
    ("parcels", {"item": "fork", "weight": 1}),
    ("notes", {"text": "hi"}),
]
