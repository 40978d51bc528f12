"""Home-made buses of every shape that people write, each with an event that has handlers."""

from __future__ import annotations

import asyncio
import enum
import fnmatch
import functools
import inspect
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Base:
    number: int = 1


@dataclass(frozen=True)
class Happened(Base):
    text: str = "x"


@dataclass(frozen=True)
class Other:
    number: int = 1


class Kind(enum.Enum):
    HAPPENED = "happened"


class Number(enum.Enum):
    HAPPENED = enum.auto()
    ENDED = enum.auto()


class Log:
    """What the handlers did, and handlers that write it."""

    def __init__(self) -> None:
        self.lines: list[Any] = []
        self.kept: list[Any] = []

    def write(self, name: str, event: Any = None) -> str:
        self.lines.append((name, getattr(event, "number", event)))
        return name

    def plain(self, name: str) -> Callable[[Any], Any]:
        def handler(event: Any) -> str:
            return self.write(name, event)

        return handler

    def waiting(self, name: str) -> Callable[[Any], Any]:
        async def handler(event: Any) -> str:
            await asyncio.sleep(0)
            return self.write(name, event)

        return handler

    def failing(self, event: Any) -> None:
        self.write("failing", event)
        raise LookupError("nothing there")

    def __call__(self, event: Any) -> str:
        return self.write("called", event)


@dataclass
class Shape:
    """One bus, ready.

    Attributes:
        bus: What is inspected.
        publish: Publishes one event, and waits for what it started.
        state: What has to be as it was after the tap: containers.
        count: Handlers that one event runs.
        failed: How many of them fail.
        name: The event's name in the catalog.
    """

    bus: Any
    publish: Callable[[], Any]
    state: Callable[[], Any]
    count: int
    failed: int = 0
    name: str = "Happened"
    log: Log = field(default_factory=Log)
    close: Callable[[], None] = lambda: None


SHAPES: dict[str, Callable[[], Shape]] = {}


def shape(make: Callable[[], Shape]) -> Callable[[], Shape]:
    SHAPES[make.__name__] = make
    return make


class _Sync:
    def __init__(self, handlers: Any) -> None:
        self._handlers = handlers

    def publish(self, event: Any) -> list[Any]:
        results = []
        for handler in list(self._handlers.get(type(event), ())):
            try:
                results.append(handler(event))
            except Exception as error:
                results.append((type(error), error.args))
        return results


def _sync(make: Callable[[Log], Any], count: int, failed: int = 0) -> Shape:
    log = Log()
    bus = _Sync(make(log))
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._handlers, count, failed, log=log)


@shape
def dict_of_lists() -> Shape:
    return _sync(lambda log: {Happened: [log.plain("a"), log, log.failing, log.plain("b")]}, 4, 1)


@shape
def defaultdict_of_deques() -> Shape:
    def make(log: Log) -> Any:
        handlers = defaultdict(deque)
        handlers[Happened].append(log.plain("a"))
        handlers[Happened].append(log.plain("b"))
        return handlers

    return _sync(make, 2)


@shape
def dict_of_tuples() -> Shape:
    return _sync(lambda log: OrderedDict({Happened: (log.plain("a"), log.plain("b"))}), 2)


@shape
def dict_of_frozensets() -> Shape:
    return _sync(lambda log: {Happened: frozenset((log.plain("a"),))}, 1)


@shape
def dict_of_sets() -> Shape:
    return _sync(lambda log: {Happened: {log.plain("a")}}, 1)


@shape
def dict_of_dicts_keyed_by_handler() -> Shape:
    return _sync(lambda log: {Happened: {log.plain("a"): 1, log.failing: 2}}, 2, 1)


@shape
def same_handler_twice() -> Shape:
    def make(log: Log) -> Any:
        handler = log.plain("a")
        return {Happened: [handler, handler]}

    return _sync(make, 2)


@shape
def read_only_view() -> Shape:
    return _sync(lambda log: types.MappingProxyType({Happened: (log.plain("a"), log.plain("b"))}), 2)


@shape
def handlers_in_a_helper() -> Shape:
    log = Log()

    class Registry:
        def __init__(self) -> None:
            self.handlers = {Happened: [log.plain("a")]}

        def for_event(self, event: Any) -> Any:
            return self.handlers[type(event)]

    class Bus:
        def __init__(self) -> None:
            self.registry = Registry()

        def dispatch(self, event: Any) -> list[Any]:
            return [handler(event) for handler in self.registry.handlers[type(event)]]

    bus = Bus()
    return Shape(bus, lambda: bus.dispatch(Happened(7)), lambda: bus.registry.handlers, 1, log=log)


@shape
def one_callable_per_class() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._routes = {Happened: log.plain("only")}

        def send(self, command: Any) -> Any:
            return self._routes[type(command)](command)

    bus = Bus()
    return Shape(bus, lambda: bus.send(Happened(7)), lambda: bus._routes, 1, log=log)


@shape
def slots_and_no_dict() -> Shape:
    log = Log()

    class Bus:
        __slots__ = ("_handlers",)

        def __init__(self) -> None:
            self._handlers = {Happened: [log.plain("a")]}

        def emit(self, event: Any) -> list[Any]:
            return [handler(event) for handler in self._handlers.get(type(event), [])]

    bus = Bus()
    return Shape(bus, lambda: bus.emit(Happened(7)), lambda: bus._handlers, 1, log=log)


@shape
def on_the_class() -> Shape:
    log = Log()

    class Bus:
        handlers: dict[type, list[Any]] = {}

        @classmethod
        def publish(cls, event: Any) -> list[Any]:
            return [handler(event) for handler in cls.handlers.get(type(event), [])]

    Bus.handlers[Happened] = [log.plain("a"), log.plain("b")]
    return Shape(Bus, lambda: Bus.publish(Happened(7)), lambda: Bus.handlers, 2, log=log)


@shape
def called_itself() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self.subscribers = {Happened: [log.plain("a")]}

        def __call__(self, event: Any) -> list[Any]:
            return [handler(event) for handler in self.subscribers.get(type(event), [])]

    bus = Bus()
    return Shape(bus, lambda: bus(Happened(7)), lambda: bus.subscribers, 1, log=log)


@dataclass(frozen=True)
class Record:
    handler: Callable[[Any], Any]
    priority: int = 0


class Pair(NamedTuple):
    event_type: type
    callback: Callable[[Any], Any]


@shape
def frozen_records_by_priority() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._subscriptions = {Happened: [Record(log.plain("late"), 2), Record(log.plain("early"), 1)]}

        def publish(self, event: Any) -> list[Any]:
            found = sorted(self._subscriptions[type(event)], key=lambda record: record.priority)
            return [record.handler(event) for record in found]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._subscriptions, 2, log=log)


@shape
def list_of_pairs() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._subscriptions = [
                Pair(Happened, log.plain("a")),
                Pair(int, log.plain("no")),
                (Base, log.plain("base")),
            ]

        def publish(self, event: Any) -> list[Any]:
            return [callback(event) for kind, callback in self._subscriptions if isinstance(event, kind)]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._subscriptions, 2, log=log)


@shape
def dicts_as_records() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._listeners = {Happened: [{"handler": log.plain("a"), "once": False}]}

        def publish(self, event: Any) -> list[Any]:
            return [record["handler"](event) for record in self._listeners[type(event)]]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._listeners, 1, log=log)


@shape
def weak_references() -> Shape:
    log = Log()
    handler = log.plain("a")
    log.kept = [handler, log]

    class Bus:
        def __init__(self) -> None:
            self._receivers = {Happened: [weakref.ref(handler), weakref.WeakMethod(log.failing)]}

        def send(self, event: Any) -> list[Any]:
            results = []
            for reference in self._receivers[type(event)]:
                target = reference()
                if target is not None:
                    try:
                        results.append(target(event))
                    except LookupError as error:
                        results.append(str(error))
            return results

    bus = Bus()
    return Shape(bus, lambda: bus.send(Happened(7)), lambda: bus._receivers, 2, 1, log=log)


@shape
def weak_set() -> Shape:
    log = Log()
    handler = log.plain("a")
    log.kept = [handler]

    class Bus:
        def __init__(self) -> None:
            self._listeners: Any = weakref.WeakSet([handler])

        def notify(self, event: Any) -> list[Any]:
            return [listener(event) for listener in self._listeners]

    bus = Bus()
    return Shape(bus, lambda: bus.notify(Happened(7)), lambda: bus._listeners.data, 1, log=log)


@shape
def set_for_all_events() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._observers = {log.plain("a")}

        def notify(self, event: Any) -> list[Any]:
            return [observer(event) for observer in self._observers]

    bus = Bus()
    return Shape(bus, lambda: bus.notify(Happened(7)), lambda: bus._observers, 1, log=log)


@shape
def handler_objects() -> Shape:
    log = Log()

    class Handler:
        def handle(self, event: Any) -> str:
            return log.write("object", event)

    class Bus:
        def __init__(self) -> None:
            self._handlers = {Happened: [Handler()]}

        def publish(self, event: Any) -> list[Any]:
            assert all(isinstance(handler, Handler) for handler in self._handlers[type(event)])
            return [handler.handle(event) for handler in self._handlers[type(event)]]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._handlers, 1, log=log)


@shape
def signals() -> Shape:
    log = Log()

    class Signal:
        def __init__(self, name: str) -> None:
            self.name = name
            self._receivers: list[Any] = []

        def connect(self, receiver: Any) -> None:
            self._receivers.append(weakref.ref(receiver))

        def send(self, sender: Any, **kwargs: Any) -> list[Any]:
            return [reference()(sender, **kwargs) for reference in self._receivers]

    def count(sender: Any, **kwargs: Any) -> str:
        return log.write("count", sorted(kwargs))

    def tell(sender: Any, *, number: int, **kwargs: Any) -> str:
        return log.write("tell", number)

    bus = Signal("paid")
    log.kept = [count, tell]
    bus.connect(count)
    bus.connect(tell)
    return Shape(bus, lambda: bus.send(None, number=7), lambda: bus._receivers, 2, name="paid", log=log)


@shape
def observers_of_everything() -> Shape:
    log = Log()

    class Observer:
        def update(self, event: Any) -> None:
            if isinstance(event, Happened):
                log.write("told", event)

    class Market:
        def __init__(self) -> None:
            self._observers = [Observer(), Observer()]

        def notify(self, event: Any) -> None:
            for observer in self._observers:
                observer.update(event)

    bus = Market()
    return Shape(bus, lambda: bus.notify(Happened(7)), lambda: bus._observers, 2, log=log)


@shape
def methods_named_for_the_event() -> Shape:
    log = Log()

    class Stock:
        async def handle_happened(self, event: Any) -> None:
            log.write("stock", event)

        def keep(self) -> None: ...

    class Fines:
        async def handle_happened(self, event: Happened) -> None:
            log.failing(event)

        async def handle_happend(self, event: Any) -> None: ...

    class Manager:
        def __init__(self) -> None:
            self.handlers = [Stock(), Fines()]

        async def publish(self, event: Any) -> None:
            for handler in self.handlers:
                method = getattr(handler, "handle_" + type(event).__name__.lower(), None)
                if method is not None:
                    await method(event)

    bus = Manager()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus.handlers, 2, failed=1, log=log)


@shape
def handler_classes() -> Shape:
    log = Log()

    class Handler:
        async def handle(self, event: Any) -> str:
            return log.write("fresh", event)

    class Bus:
        def __init__(self) -> None:
            self._handlers = {Happened: [Handler]}

        async def publish(self, event: Any) -> list[Any]:
            return [await handler().handle(event) for handler in self._handlers[type(event)]]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._handlers, 1, log=log)


@shape
def by_mro() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._handlers = {Base: [log.plain("base")], Happened: [log.plain("own")], object: [log.plain("all")]}

        def publish(self, event: Any) -> list[Any]:
            return [handler(event) for cls in type(event).__mro__ for handler in self._handlers.get(cls, ())]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._handlers, 3, log=log)


@shape
def by_enum() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._handlers = {Kind.HAPPENED: [log.plain("a")]}

        def publish(self, kind: Kind, payload: Any) -> list[Any]:
            return [handler(payload) for handler in self._handlers[kind]]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Kind.HAPPENED, {"a": 1}), lambda: bus._handlers, 1, name="happened", log=log)


@shape
def by_enum_of_numbers() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._handlers: dict[Number, set[Any]] = {Number.ENDED: set(), Number.HAPPENED: {log.plain("a")}}

        def post(self, kind: Number, payload: Any = None) -> list[Any]:
            return [handler(payload) for handler in self._handlers[kind]]

    bus = Bus()
    return Shape(bus, lambda: bus.post(Number.HAPPENED, {"a": 1}), lambda: bus._handlers, 1, name="HAPPENED", log=log)


@shape
def pairs_for_several_classes() -> Shape:
    log = Log()

    class Hub:
        def __init__(self) -> None:
            self._subscribers = [((Happened, Other), log.plain("both")), (Happened | None, log.plain("union"))]
            self._subscribers += [(Other, log.plain("other")), (Base, log.plain("base"))]

        def dispatch(self, event: Any) -> list[Any]:
            return [handler(event) for kind, handler in self._subscribers if isinstance(event, kind)]

    bus = Hub()
    return Shape(bus, lambda: bus.dispatch(Happened(7)), lambda: bus._subscribers, 3, log=log)


@shape
def records_for_several_names() -> Shape:
    log = Log()

    @dataclass(frozen=True)
    class Entry:
        topics: tuple[str, ...]
        callback: Any

    class Bus:
        def __init__(self) -> None:
            self._listeners = [Entry(("happened", "other"), log.plain("both")), Entry(("other",), log.plain("other"))]

        def emit(self, topic: str, payload: Any) -> list[Any]:
            return [each.callback(payload) for each in self._listeners if topic in each.topics]

    bus = Bus()
    return Shape(bus, lambda: bus.emit("happened", {"a": 1}), lambda: bus._listeners, 1, name="happened", log=log)


@shape
def emitter_with_keywords() -> Shape:
    log = Log()

    def handler(order: int, note: str = "") -> str:
        return log.write(note, order)

    class Emitter:
        def __init__(self) -> None:
            self._listeners = {"order.placed": [handler], "other": [log.plain("no")]}

        def emit(self, name: str, **data: Any) -> list[Any]:
            return [listener(**data) for listener in self._listeners.get(name, [])]

    bus = Emitter()
    return Shape(
        bus,
        lambda: bus.emit("order.placed", order=7, note="n"),
        lambda: bus._listeners,
        1,
        name="order.placed",
        log=log,
    )


@shape
def emitter_with_arguments_and_a_wildcard() -> Shape:
    log = Log()

    def anything(*args: Any) -> str:
        return log.write("any", args)

    class Emitter:
        def __init__(self) -> None:
            self._events = {"tick": [lambda a, b: log.write("tick", (a, b))], "*": [anything]}

        def emit(self, event: str, *args: Any) -> list[Any]:
            found = [*self._events.get(event, []), *self._events.get("*", [])]
            return [listener(*args) for listener in found]

    bus = Emitter()
    return Shape(bus, lambda: bus.emit("tick", 1, 2), lambda: bus._events, 2, name="tick", log=log)


@shape
def envelopes() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self.handlers = {"happened": [lambda message: log.write("a", message["n"])]}

        async def publish(self, message: dict[str, Any]) -> list[Any]:
            return [handler(message) for handler in self.handlers[message["type"]]]

    bus = Bus()
    return Shape(
        bus, lambda: bus.publish({"type": "happened", "n": 3}), lambda: bus.handlers, 1, name="happened", log=log
    )


@shape
def gathered() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._handlers = {
                Happened: [log.waiting("a"), functools.partial(log.waiting("b")), lambda event: log.waiting("c")(event)]
            }

        async def publish(self, event: Any) -> list[Any]:
            return list(await asyncio.gather(*(handler(event) for handler in self._handlers.get(type(event), ()))))

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._handlers, 3, log=log)


@shape
def spawned() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._handlers = {Happened: [log.waiting("a"), log.waiting("b")]}
            self.tasks: list[Any] = []

        def publish(self, event: Any) -> int:
            self.tasks = [asyncio.ensure_future(self._run(handler, event)) for handler in self._handlers[type(event)]]
            return len(self.tasks)

        async def _run(self, handler: Any, event: Any) -> Any:
            return await handler(event)

    bus = Bus()

    async def publish() -> Any:
        count = bus.publish(Happened(7))
        return count, await asyncio.gather(*bus.tasks)

    return Shape(bus, publish, lambda: bus._handlers, 2, log=log)


@shape
def queued() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._handlers = {Happened: [log.waiting("a"), log.plain("b")]}
            self._queue: Any = None

        async def publish(self, event: Any) -> None:
            await self._queue.put(event)

        async def work(self) -> None:
            while True:
                event = await self._queue.get()
                for handler in self._handlers[type(event)]:
                    result = handler(event)
                    if inspect.isawaitable(result):
                        await result
                self._queue.task_done()

    bus = Bus()

    async def publish() -> Any:
        bus._queue = asyncio.Queue()
        worker = asyncio.ensure_future(bus.work())
        await asyncio.sleep(0)
        await bus.publish(Happened(7))
        await bus._queue.join()
        worker.cancel()
        await asyncio.wait([worker])

    return Shape(bus, publish, lambda: bus._handlers, 2, log=log)


@shape
def on_threads() -> Shape:
    log = Log()
    pool = ThreadPoolExecutor(1)

    class Bus:
        def __init__(self) -> None:
            self._handlers = {Happened: [log.plain("a"), log.failing]}

        def publish(self, event: Any) -> list[Any]:
            futures = [pool.submit(handler, event) for handler in self._handlers[type(event)]]
            return [str(future.exception() or future.result()) for future in futures]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._handlers, 2, 1, log=log, close=pool.shutdown)


@shape
def outside_is_not_published() -> Shape:
    """Nothing is recognised as publishing: the handlers are called by a function elsewhere."""
    log = Log()
    handlers = {Happened: [log.plain("a"), log.plain("b")]}

    async def publish() -> list[Any]:
        event = Happened(7)
        return [handler(event) for handler in handlers[Happened]]

    return Shape(handlers, publish, lambda: handlers, 2, log=log)


@shape
def removes_itself() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self._handlers: dict[type, list[Any]] = {}

        def publish(self, event: Any) -> list[Any]:
            return [handler(event) for handler in list(self._handlers[type(event)])]

    bus = Bus()

    def once(event: Any) -> str:
        bus._handlers[Happened].remove(once)
        return log.write("once", event)

    def publish() -> Any:
        bus._handlers[Happened] = [once, log.plain("after")]
        return bus.publish(Happened(7)), len(bus._handlers[Happened])

    bus._handlers[Happened] = [log.plain("first")]
    return Shape(bus, publish, lambda: None, 2, log=log)


@shape
def generators_are_run_by_the_bus() -> Shape:
    log = Log()

    def handler(event: Any) -> Any:
        yield log.write("first", event)
        yield log.write("second", event)

    class Bus:
        def __init__(self) -> None:
            self.handlers = {Happened: [handler]}

        def handle(self, event: Any) -> list[Any]:
            return [each for found in self.handlers[type(event)] for each in found(event)]

    bus = Bus()
    return Shape(bus, lambda: bus.handle(Happened(7)), lambda: bus.handlers, 1, log=log)


@shape
def patterns_of_names() -> Shape:
    log = Log()

    class Bus:
        def __init__(self) -> None:
            self.listeners = {
                "order.*": [log.plain("pattern")],
                "order.placed": [log.plain("name")],
                "user.*": [log.plain("no")],
            }

        def publish(self, topic: str, data: Any) -> list[Any]:
            found = [each for pattern, each in self.listeners.items() if fnmatch.fnmatch(topic, pattern)]
            return [listener(data) for listeners in found for listener in listeners]

    bus = Bus()
    return Shape(
        bus, lambda: bus.publish("order.placed", {"a": 1}), lambda: bus.listeners, 2, name="order.placed", log=log
    )


@shape
def by_the_name_of_the_class() -> Shape:
    log = Log()

    def handler(event: Any) -> str:
        return log.write("a", event)

    class Bus:
        def __init__(self) -> None:
            self.handlers = {"Happened": [handler]}

        async def publish(self, event: Any) -> list[Any]:
            return [handler(event) for handler in self.handlers.get(type(event).__name__, [])]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus.handlers, 1, log=log)


@shape
def copied_on_write() -> Shape:
    log = Log()
    handlers = [log.plain("a"), log.plain("b")]

    class Bus:
        def __init__(self) -> None:
            self._subscribers: dict[type, tuple[Any, ...]] = {}
            for handler in handlers:
                self.subscribe(Happened, handler)

        def subscribe(self, kind: type, handler: Any) -> None:
            self._subscribers = {**self._subscribers, kind: (*self._subscribers.get(kind, ()), handler)}

        def emit(self, event: Any) -> list[Any]:
            return [handler(event) for handler in self._subscribers.get(type(event), ())]

    bus = Bus()
    return Shape(bus, lambda: bus.emit(Happened(7)), lambda: bus._subscribers, 2, log=log)


@shape
def decorated_publish_that_runs_to_the_end() -> Shape:
    """The method inside is asynchronous, what callers call is not."""
    log = Log()

    def run_now(method: Any) -> Any:
        @functools.wraps(method)
        def run(*args: Any) -> Any:
            step = method(*args)
            try:
                step.send(None)
            except StopIteration as stop:
                return stop.value
            raise AssertionError

        return run

    class Bus:
        def __init__(self) -> None:
            self._handlers = {Happened: [log.plain("a")]}

        @run_now
        async def publish(self, event: Any) -> list[Any]:
            return [handler(event) for handler in self._handlers[type(event)]]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._handlers, 1, log=log)


@shape
def slots_and_asynchronous() -> Shape:
    log = Log()

    class Bus:
        __slots__ = ("_handlers",)

        def __init__(self) -> None:
            self._handlers = {Happened: [log.waiting("a")]}

        async def publish(self, event: Any) -> list[Any]:
            return [await handler(event) for handler in self._handlers.get(type(event), [])]

    bus = Bus()
    return Shape(bus, lambda: bus.publish(Happened(7)), lambda: bus._handlers, 1, log=log)
