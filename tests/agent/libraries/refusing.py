"""Run by the interpreters that have the libraries: what is told of handlers that cannot take what their bus passes.

Usage: python -I refusing.py FOLDER-OF-THE-PACKAGE
Prints one JSON object: for each library, by handler, why it refuses and what it is called with, and who really ran.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import json
import logging
import os
import sys
import warnings

if "COVERAGE_PROCESS_CONFIG" in os.environ:  # the tests are being measured; this interpreter has no .pth file for it
    importlib.import_module("coverage").process_startup()

PACKAGE = sys.argv[1]
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
RAN: list[str] = []


class Held:
    def __init__(self, **buses):
        vars(self).update(buses)


def good(*args, **kwargs):
    RAN.append("good")


def django():
    from django.dispatch import Signal

    def bad(sender, amount=0):
        RAN.append("bad")

    def worse(signal, sender, /, **kwargs):
        RAN.append("worse")

    def fine(sender, amount, **kwargs):
        RAN.append("fine")

    signal = Signal()
    for receiver in (good, bad, worse, fine):
        signal.connect(receiver, weak=False)
    return signal, lambda: signal.send_robust(None, amount=1)


def celery():
    from celery.utils.dispatch import Signal

    def bad(sender, signal, /, **kwargs):
        RAN.append("bad")

    def fine(sender=None, **kwargs):
        RAN.append("fine")

    signal = Signal(name="stored")
    for receiver in (good, bad, fine):
        signal.connect(receiver, weak=False)
    return signal, lambda: signal.send(None, key=1)


def blinker():
    from blinker import Signal

    def bad(*, amount=0):
        RAN.append("bad")

    def worse(sender, amount, /):
        RAN.append("worse")

    def fine(sender, amount):
        RAN.append("fine")

    signals = [Signal() for _ in range(3)]
    for signal, receiver in zip(signals, (bad, worse, fine), strict=True):
        signal.connect(receiver, weak=False)

    def publish():
        for signal in signals:
            with contextlib.suppress(TypeError):
                signal.send("shop", amount=1)

    return Held(paid=signals[0], sent=signals[1], kept=signals[2]), publish


def pyee():
    from pyee.base import EventEmitter

    def first(name, loud=False):
        RAN.append("first")

    def bad():
        RAN.append("bad")

    def worse(name, loud, again):
        RAN.append("worse")

    def fine(name, *rest):
        RAN.append("fine")

    def named(*, name, loud=False):
        RAN.append("named")

    emitters = {}
    for listener in (bad, worse, fine, named):
        emitter = emitters[listener.__name__] = EventEmitter()
        emitter.on("entered", first)
        emitter.on("entered", listener)

    def publish():
        for name, emitter in emitters.items():
            with contextlib.suppress(TypeError):
                if name == "named":
                    emitter.emit("entered", name="Ann")
                else:
                    emitter.emit("entered", "Ann")

    return Held(**emitters), publish


def psygnal():
    from psygnal import Signal

    class Door:
        opened = Signal(int)
        closed = Signal()

    def bad(width, by):
        RAN.append("bad")

    def worse(*, by):
        RAN.append("worse")

    def fine(width, by=""):
        RAN.append("fine")

    door = Door()
    door.opened.connect(fine)
    door.opened.connect(bad, check_nargs=False)
    door.closed.connect(worse, check_nargs=False)

    def publish():
        for signal, args in ((door.opened, (1,)), (door.closed, ())):
            with contextlib.suppress(Exception):
                signal.emit(*args)

    return door, publish


def bubus():
    from bubus import BaseEvent, EventBus

    class OrderPaid(BaseEvent):
        amount: int = 1

    def bad():
        RAN.append("bad")

    def worse(event, session):
        RAN.append("worse")

    def fine(event, session=None):
        RAN.append("fine")

    bus = EventBus(name="Shop")
    for handler in (bad, worse, fine):
        bus.on(OrderPaid, handler)

    async def publish():
        with contextlib.suppress(Exception):
            await bus.dispatch(OrderPaid())
        await bus.wait_until_idle()
        await bus.stop()

    return bus, publish


def lato():
    from lato import Application, Event

    class OrderPlaced(Event):
        item: str = "pen"

    class OrderSent(Event):
        item: str = "pen"

    app = Application("shop", clock="noon")

    def bad(event, /):
        RAN.append("bad")

    def fine(event, clock):
        RAN.append("fine")

    app.handler(OrderPlaced)(bad)
    app.handler(OrderSent)(fine)

    def publish():
        for event in (OrderPlaced(), OrderSent()):
            with contextlib.suppress(TypeError):
                app.publish(event)

    return app, publish


def pluggy():
    from pluggy import HookimplMarker, HookspecMarker, PluginManager

    spec, impl = HookspecMarker("shop"), HookimplMarker("shop")

    class Specs:
        @spec
        def opened(self, hour, day):
            """The shop is open."""

        @spec
        def closed(self, hour):
            """The shop is closed."""

    class Bad:
        @impl
        def opened(self, hour, *, day):
            RAN.append("Bad.opened")

    class Fine:
        @impl
        def closed(self, hour, late=False):
            RAN.append("Fine.closed")

    manager = PluginManager("shop")
    manager.add_hookspecs(Specs)
    manager.register(Bad())
    manager.register(Fine())

    def publish():
        for call in (lambda: manager.hook.opened(hour=8, day=1), lambda: manager.hook.closed(hour=20)):
            with contextlib.suppress(TypeError):
                call()

    return manager, publish


def pypubsub():
    from pubsub.core import Publisher

    def bad(text, /):
        RAN.append("bad")

    def fine(text, *, urgent=False):
        RAN.append("fine")

    publisher = Publisher()
    publisher.subscribe(bad, "news")
    publisher.subscribe(fine, "sport")

    def publish():
        for topic in ("news", "sport"):
            with contextlib.suppress(TypeError):
                publisher.sendMessage(topic, text="hi")

    return publisher, publish, bad, fine


def fastapi_events():
    from fastapi_events.handlers.local import LocalHandler

    handler = LocalHandler()

    @handler.register(event_name="paid")
    async def bad():
        RAN.append("bad")

    @handler.register(event_name="sent")
    async def worse(name, payload):
        RAN.append("worse")

    @handler.register(event_name="kept")
    async def fine(event, clock=None):
        RAN.append("fine")

    async def publish():
        for name in ("paid", "sent", "kept"):
            with contextlib.suppress(TypeError):
                await handler.handle((name, {}))

    return handler, publish


def litestar():
    from litestar import Litestar
    from litestar.events import listener

    @listener("created")
    async def first(name: str) -> None:
        RAN.append("first")

    @listener("created")
    async def bad() -> None:
        RAN.append("bad")

    @listener("left")
    async def fine(name: str, now: bool = False) -> None:
        RAN.append("fine")

    app = Litestar(listeners=[first, bad, fine])

    async def publish():
        async with app.event_emitter:
            app.emit("created", "Ann")
            app.emit("left", "Ann")

    return app, publish


def faststream():
    from faststream.redis import RedisBroker, TestRedisBroker

    broker = RedisBroker()

    @broker.subscriber("orders")
    async def bad(item, /):
        RAN.append("bad")

    @broker.subscriber("parcels")
    async def fine(*, item):
        RAN.append("fine")

    async def publish():
        async with TestRedisBroker(broker) as test:
            for place in ("orders", "parcels"):
                with contextlib.suppress(TypeError):
                    await test.publish({"item": "pen"}, place)

    return broker, publish


LIBRARIES = {
    function.__name__: function
    for function in (
        *(django, celery, blinker, pyee, psygnal, bubus, lato),
        *(pluggy, pypubsub, fastapi_events, litestar, faststream),
    )
}


def module_at(name, file, folder=None):
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


async def answer(name):
    bus, publish, *_kept = LIBRARIES[name]()
    program = loaded.make_program(name, [loaded.Target(f"{name}:bus", bus)])
    labels = {handler.key: handler.label for handler in program.catalog().handlers}
    facts = {labels[fact.key]: fact for fact in collect.collect(program).handlers}
    RAN.clear()
    result = publish()
    if inspect.isawaitable(result):
        await result
    return {
        "refuses": {label.rpartition(".")[2]: [fact.refuses, fact.called_with] for label, fact in facts.items()},
        "ran": sorted({label.rpartition(".")[2] for label in RAN}),
    }


module_at("_guest", PACKAGE + "/__init__.py", [PACKAGE])
loaded = importlib.import_module("_guest.agent.reading.loaded")
collect = importlib.import_module("_guest.agent.facts.collect")
answers = {}
for library in LIBRARIES:
    with contextlib.redirect_stdout(sys.stderr), asyncio.Runner() as runner:
        answers[library] = runner.run(answer(library))
json.dump(answers, sys.stdout)
sys.stdout.flush()
os._exit(0)  # threads of the libraries' own are nobody's business
