"""A bus of a program's own, and a tally of what its handlers did: a line for each, whatever ends it."""

import os


def count(handler, status):
    file = os.open(f"{os.environ['TALLY']}/{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, f"{handler} {status}\n".encode())
    os.close(file)


class OrderPlaced:
    def __init__(self, number):
        self.number = number


class StockReserved:
    def __init__(self, number):
        self.number = number


class Bus:
    def __init__(self):
        self.handlers = {}

    def subscribe(self, event, handler):
        self.handlers.setdefault(event, []).append(handler)

    async def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            try:
                await handler(event)
            except ValueError:
                continue


async def reserve(event):
    await bus.publish(StockReserved(event.number))
    count("reserve", "ok")


async def charge(event):
    if event.number % 3 == 0:
        count("charge", "failed")
        raise ValueError("no money")
    count("charge", "ok")


async def pack(event):
    count("pack", "ok")


bus = Bus()
bus.subscribe(OrderPlaced, reserve)
bus.subscribe(OrderPlaced, charge)
bus.subscribe(StockReserved, pack)
