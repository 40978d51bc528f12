import asyncio
import os

from faststream import FastStream
from faststream.redis import RedisBroker
from shop import count

broker = RedisBroker(f"redis://127.0.0.1:{os.environ['REDIS_PORT']}", logger=None)
app = FastStream(broker, logger=None)


@broker.subscriber(list="orders")
@broker.publisher(list="parcels")
async def pack(number: int) -> int:
    count("pack", "ok")
    return number


@broker.subscriber(list="parcels")
async def ship(number: int) -> None:
    count("ship", "ok")


asyncio.run(app.run())
print("done")
