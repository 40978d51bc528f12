import asyncio

from shop import OrderPlaced, bus


async def main():
    await asyncio.gather(*(bus.publish(OrderPlaced(number)) for number in range(10)))
    print("done")


asyncio.run(main())
