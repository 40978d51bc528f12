import asyncio

from faststream.redis import RedisBroker, TestRedisBroker
from shop import count

broker = RedisBroker(logger=None)


@broker.subscriber("orders")
@broker.publisher("parcels")
async def pack(number: int) -> int:
    count("pack", "ok")
    return number


@broker.subscriber("parcels")
async def ship(number: int) -> None:
    if number % 3 == 0:
        count("ship", "failed")
        raise ValueError("too heavy")
    count("ship", "ok")


async def main():
    async with TestRedisBroker(broker):
        for number in range(9):
            try:
                await broker.publish(number, "orders")
            except ValueError as error:
                print(error)
    print("done")


asyncio.run(main())
