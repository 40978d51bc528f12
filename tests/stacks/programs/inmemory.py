import asyncio

from shop import OrderPlaced, bus
from taskiq import InMemoryBroker

broker = InMemoryBroker()


@broker.task
async def place(number):
    await bus.publish(OrderPlaced(number))


async def main():
    await broker.startup()
    tasks = [await place.kiq(number) for number in range(8)]
    for task in tasks:
        await task.wait_result()
    await broker.shutdown()
    print("done")


asyncio.run(main())
