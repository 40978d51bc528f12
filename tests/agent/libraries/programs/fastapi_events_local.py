"""fastapi-events: local handlers by name and pattern, a schema, synchronous handlers in threads."""

from __future__ import annotations

import asyncio

import pydantic
from fastapi_events import handler_store
from fastapi_events.dispatcher import dispatch
from fastapi_events.handlers.local import LocalHandler
from fastapi_events.registry.payload_schema import registry

TALLY: list[str] = []
WHERE = "handler"
BUS = LocalHandler()


@registry.register
class OrderPaid(pydantic.BaseModel):
    __event_name__ = "order_paid"
    amount: int
    note: str = ""


@BUS.register(event_name="order_paid")
async def book(event):
    TALLY.append("book")
    await asyncio.sleep(0)
    dispatch("order_sent", {"parcel": event[1]["amount"]})


@BUS.register(event_name="order_*")
def count(event):
    TALLY.append(f"count {event[0]}")


@BUS.register(event_name="order_sent")
async def refuse(event):
    TALLY.append("refuse")
    if event[1]["parcel"] > 5:
        raise ValueError("no")


async def calls(count):
    async with asyncio.timeout(10):
        while len(TALLY) < count:  # noqa: ASYNC110 - threads add to it
            await asyncio.sleep(0.001)


async def use():
    handler_store[id(BUS)] = [BUS]
    results = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: results.append(str(context["exception"])))
    dispatch("order_paid", {"amount": 3}, middleware_id=id(BUS))
    await calls(4)
    try:
        dispatch("order_paid", {"amount": "many"}, middleware_id=id(BUS))
    except pydantic.ValidationError as error:
        results.append(error.error_count())
    del handler_store[id(BUS)]
    return results


FIRES = [("order_paid", {"amount": 4}), ("order_sent", {"parcel": 1})]
