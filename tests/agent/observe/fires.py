"""Programs that are fired at, and what has to be told of it: what was waited for, what was not called, and why.

Standard library only, like ``programs``: Pythons without our packages run this, too.
"""

from __future__ import annotations

import asyncio
import bisect
import collections
import contextlib
import dataclasses
import datetime as dt
import functools
import json
import queue
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

BODIES: list[str] = []


def ran(name: str) -> None:
    BODIES.append(name)


@dataclass(frozen=True)
class Baked:
    loaves: int = 4


@dataclass(frozen=True)
class Sold:
    loaves: int = 1


@dataclass
class Fired:
    """A program that is fired at.

    Attributes:
        bus: What is fired at.
        bodies: The handlers whose bodies run, in any order.
        executions: How many executions that are.
        derived: How many publications handlers make.
        uncalled: Handler's last name and reason, of each handler that is told as not called.
        pending: Kinds of what is told as pending.
        event: What is fired.
        times: How often.
        within: Seconds in which that has to be done, else it says nothing: the machine was busy with something else.
        timeout: Seconds that it may take.
        noted: What the host says.
        statuses: How executions end, where not all are ok.
        close: Ends what the program has started.
    """

    bus: Any
    bodies: list[str]
    executions: int = -1
    derived: int = 0
    uncalled: list[tuple[str, str]] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    event: str = "Baked"
    times: int = 1
    within: float = 60.0
    timeout: float = 5.0
    noted: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    close: Callable[[], Any] = lambda: None

    def __post_init__(self) -> None:
        if self.executions < 0:
            self.executions = len(self.bodies)


FIRES: dict[str, Callable[[], Fired]] = {}


def fired(make: Callable[[], Fired]) -> Callable[[], Fired]:
    FIRES[make.__name__] = make
    return make


class Oven:
    """One handler after another, and lets through what they raise."""

    def __init__(self) -> None:
        self.handlers: dict[Any, list[Any]] = {}

    def on(self, kind: Any, *handlers: Any) -> None:
        self.handlers.setdefault(kind, []).extend(handlers)

    def publish(self, event: Any) -> None:
        for handler in self.handlers.get(type(event), ()):
            handler(event)


# --- what is waited for -----------------------------------------------------------------------------------------------


@fired
def a_timer_of_a_thread() -> Fired:
    timers: list[Any] = []

    class Later(Oven):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                timers.append(threading.Timer(0.15 + 5 * len(timers), handler, (event,)))
                timers[-1].start()

    bus = Later()

    def wrap(event: Baked) -> None:
        ran("wrap")
        bus.publish(Sold())

    def ring(event: Sold) -> None:
        ran("ring")

    bus.on(Baked, wrap)
    bus.on(Sold, ring)
    uncalled = [("ring", "still_due")]
    return Fired(bus, ["wrap"], derived=1, uncalled=uncalled, pending=["timer"], close=lambda: timers[1].cancel())


@fired
def a_timer_of_the_loop() -> Fired:
    bus = Oven()

    def cool(event: Baked) -> None:
        ran("cool")
        asyncio.get_running_loop().call_later(0.15, bus.publish, Sold())

    def sell(event: Sold) -> None:
        ran("sell")

    bus.on(Baked, cool)
    bus.on(Sold, sell)
    return Fired(bus, ["cool", "sell"], derived=1)


@fired
def a_timer_that_is_due_when_nobody_waits_any_more() -> Fired:
    bus = Oven()
    timers: list[Any] = []

    def keep(event: Baked) -> None:
        ran("keep")
        timers.append(asyncio.get_running_loop().call_later(600, bus.publish, Sold()))

    bus.on(Baked, keep)
    return Fired(bus, ["keep"], pending=["timer"], close=lambda: timers[0].cancel())


@fired
def a_timer_that_sets_the_next_one() -> Fired:
    bus = Oven()
    going = [True]

    def beat() -> None:
        if going[0]:
            asyncio.get_running_loop().call_later(0.1, beat)

    def start(event: Baked) -> None:
        ran("start")
        beat()

    bus.on(Baked, start)
    return Fired(bus, ["start"], pending=["timer"], close=going.clear)


@fired
def debounced_by_a_timer() -> Fired:
    class Calm(Oven):
        timer: Any = None

        def publish(self, event: Any) -> None:
            if self.timer is not None:
                self.timer.cancel()
            self.timer = threading.Timer(0.3, super().publish, (event,))
            self.timer.daemon = True
            self.timer.start()

    bus = Calm()

    def draw(event: Baked) -> None:
        ran("draw")

    bus.on(Baked, draw)
    return Fired(bus, ["draw"], times=3, within=0.2, uncalled=[("draw", "put_off")])


@fired
def debounced_by_the_loop() -> Fired:
    class Calm(Oven):
        handle: Any = None

        def publish(self, event: Any) -> None:
            if self.handle is not None:
                self.handle.cancel()
            self.handle = asyncio.get_running_loop().call_later(0.3, super().publish, event)

    bus = Calm()

    def draw(event: Baked) -> None:
        ran("draw")

    bus.on(Baked, draw)
    return Fired(bus, ["draw"], times=3, within=0.2, uncalled=[("draw", "put_off")])


@fired
def put_off_by_cancelling_a_task() -> Fired:
    class Quiet(Oven):
        def __init__(self) -> None:
            super().__init__()
            self.tasks: list[Any] = []

        def publish(self, event: Any) -> None:
            self.tasks.append(asyncio.ensure_future(self.later(event)))

        async def later(self, event: Any) -> None:
            await asyncio.sleep(0.2)
            super().publish(event)

    bus = Quiet()

    def stop(event: Baked) -> None:
        ran("stop")
        bus.publish(Sold())
        asyncio.get_running_loop().call_later(0.01, bus.tasks[-1].cancel)

    def draw(event: Sold) -> None:
        ran("draw")

    bus.on(Baked, stop)
    bus.on(Sold, draw)
    return Fired(bus, ["stop"], derived=1, uncalled=[("draw", "put_off")])


@fired
def a_worker_thread_with_a_simple_queue() -> Fired:
    class Lazy(Oven):
        waiting: Any = None

        def publish(self, event: Any) -> None:
            if self.waiting is None:
                self.waiting = queue.SimpleQueue()
                threading.Thread(target=self.work, daemon=True).start()
            self.waiting.put(event)

        def work(self) -> None:
            while (event := self.waiting.get()) is not None:
                super().publish(event)

    bus = Lazy()

    def cut(event: Baked) -> None:
        ran("cut")

    bus.on(Baked, cut)
    return Fired(bus, ["cut"] * 2, times=2, timeout=60, close=lambda: bus.waiting.put(None))


@fired
def a_publish_method_that_raises_on_the_way() -> Fired:
    class Strict(Oven):
        def publish(self, event: Any) -> None:
            for number, handler in enumerate(self.handlers.get(type(event), ())):
                if number:
                    raise OverflowError("one is enough")
                handler(event)

    bus = Strict()

    def one(event: Baked) -> None:
        ran("one")

    def two(event: Baked) -> None:
        ran("two")

    bus.on(Baked, one, two)
    return Fired(bus, ["one"], uncalled=[("two", "publish_raised")])


@fired
def work_of_a_pool_that_nobody_waits_for() -> Fired:
    pool = ThreadPoolExecutor(1)
    pool.submit(int).result()  # its thread is there
    gate = threading.Event()
    bus = Oven()

    def bake(event: Baked) -> None:
        ran("bake")
        pool.submit(publish_later)
        threading.Timer(0.1, gate.set).start()

    def publish_later() -> None:
        gate.wait(5)
        bus.publish(Sold())

    def sell(event: Sold) -> None:
        ran("sell")

    bus.on(Baked, bake)
    bus.on(Sold, sell)
    return Fired(bus, ["bake", "sell"], derived=1, close=pool.shutdown)


@fired
def run_in_an_executor() -> Fired:
    bus = Oven()
    tasks: list[Any] = []

    def bake(event: Baked) -> None:
        ran("bake")
        tasks.append(asyncio.get_running_loop().run_in_executor(None, bus.publish, Sold()))

    def sell(event: Sold) -> None:
        ran("sell")

    bus.on(Baked, bake)
    bus.on(Sold, sell)
    return Fired(bus, ["bake", "sell"], derived=1)


@fired
def a_thread_of_the_handlers_own() -> Fired:
    bus = Oven()

    def bake(event: Baked) -> None:
        ran("bake")
        threading.Thread(target=bus.publish, args=(Sold(),)).start()

    def sell(event: Sold) -> None:
        ran("sell")

    bus.on(Baked, bake)
    bus.on(Sold, sell)
    return Fired(bus, ["bake", "sell"], derived=1)


@fired
def tasks_of_one_publication_before_the_next_one() -> Fired:
    open_tasks: set[Any] = set()
    bus = Oven()

    def bake(event: Baked) -> None:
        ran("bake")
        assert not open_tasks, "the one before has tasks"
        task = asyncio.ensure_future(rest())
        open_tasks.add(task)
        task.add_done_callback(open_tasks.discard)

    async def rest() -> None:
        await asyncio.sleep(0.02)
        await asyncio.sleep(0.02)

    bus.on(Baked, bake)
    return Fired(bus, ["bake"] * 3, times=3)


@fired
def a_worker_that_waits_for_work() -> Fired:
    workers: list[Any] = []

    class Belt(Oven):
        def publish(self, event: Any) -> None:
            if not workers:
                self.waiting: asyncio.Queue[Any] = asyncio.Queue()
                workers.append(asyncio.ensure_future(self.work()))
            self.waiting.put_nowait(event)

        async def work(self) -> None:
            while True:
                super().publish(await self.waiting.get())

    bus = Belt()

    def slice_it(event: Baked) -> None:
        ran("slice_it")

    bus.on(Baked, slice_it)
    return Fired(bus, ["slice_it"] * 2, times=2, close=lambda: workers[0].cancel())


@fired
def a_handler_that_was_given_up_and_returns_all_the_same() -> Fired:
    class Waiting(Oven):
        async def publish(self, event: Any) -> None:  # type: ignore[override]
            for handler in self.handlers.get(type(event), ()):
                await handler(event)

    bus = Waiting()

    async def cling(event: Baked) -> None:
        ran("cling")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(0)

    bus.on(Baked, cling)
    return Fired(bus, ["cling"], timeout=0.05, statuses=["timed_out"])


@fired
def a_task_that_never_ends() -> Fired:
    tasks: list[Any] = []
    bus = Oven()

    async def heat() -> None:
        await asyncio.sleep(0.01)
        tasks[:] = [asyncio.ensure_future(heat())]

    def start(event: Baked) -> None:
        ran("start")
        if not tasks:
            tasks.append(asyncio.ensure_future(heat()))

    bus.on(Baked, start)
    return Fired(bus, ["start"] * 3, times=3, timeout=0.3, pending=["task"], close=lambda: tasks[0].cancel())


@fired
def what_a_library_keeps_going() -> Fired:
    source = """
import asyncio, threading
gate = threading.Event()
def serve():
    gate.wait()
async def ping():
    while not gate.is_set():
        await asyncio.sleep(0.01)
def go_on():
    threading.Thread(target=serve, daemon=True).start()
    return asyncio.ensure_future(ping())
"""
    library: dict[str, Any] = {}
    exec(compile(source, "/opt/site-packages/library.py", "exec"), library)
    bus = Oven()
    tasks: list[Any] = []

    def connect(event: Baked) -> None:
        ran("connect")
        tasks.append(library["go_on"]())

    def close() -> None:
        library["gate"].set()
        tasks[0].cancel()

    bus.on(Baked, connect)
    return Fired(bus, ["connect"], timeout=60, close=close)


# --- what was not called, and why -------------------------------------------------------------------------------------


@fired
def a_predicate_that_says_no() -> Fired:
    @dataclass(frozen=True)
    class Entry:
        callback: Any
        predicate: Any

    class Picky(Oven):
        def publish(self, event: Any) -> None:
            for entry in self.handlers.get(type(event), ()):
                if entry.predicate is None or entry.predicate(event):
                    entry.callback(event)

    def alarm(event: Baked) -> None:
        ran("alarm")

    def note(event: Baked) -> None:
        ran("note")

    def many(event: Baked) -> bool:
        return event.loaves > 1_000_000

    bus = Picky()
    bus.handlers[Baked] = [Entry(alarm, many), Entry(note, None)]
    return Fired(bus, ["note"], uncalled=[("alarm", "predicate")])


@fired
def taken_out_while_it_is_handed_out() -> Fired:
    bus = Oven()

    def first(event: Baked) -> None:
        ran("first")
        bus.handlers[Baked].remove(first)

    def second(event: Baked) -> None:
        ran("second")

    def third(event: Baked) -> None:
        ran("third")

    bus.on(Baked, first, second, third)
    uncalled = [("second", "list_changed"), ("first", "used_up")]
    return Fired(bus, ["first", "third", "second", "third"], times=2, uncalled=uncalled)


@fired
def a_method_for_each_class() -> Fired:
    class Counter:
        @functools.singledispatchmethod
        def count(self, event: Any) -> None:
            raise TypeError

        @count.register
        def _of_baked(self, event: Baked) -> None:
            ran("_of_baked")

        @count.register
        def _of_sold(self, event: Sold) -> None:
            ran("_of_sold")

    bus = Oven()
    counter = Counter()
    bus.on(Baked, counter.count)
    bus.on(Sold, counter.count)
    return Fired(bus, ["_of_baked"] * 2, times=2)


@fired
def only_kept_in_a_queue() -> Fired:
    class Pile:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {}
            self.waiting: queue.Queue[Any] = queue.Queue()

        def publish(self, event: Any) -> None:
            self.waiting.put(event)

        def work_for_ever(self) -> None:
            while True:
                event = self.waiting.get()
                for handler in self.handlers.get(type(event), ()):
                    handler(event)

    def keep(event: Baked) -> None:
        ran("keep")

    bus = Pile()
    bus.handlers[Baked] = [keep]
    return Fired(bus, [], uncalled=[("keep", "only_queued")])


@fired
def a_handler_that_raises_before_it() -> Fired:
    class Brittle(Oven):
        def publish(self, event: Any) -> None:
            with contextlib.suppress(LookupError):
                super().publish(event)

    def burn(event: Baked) -> None:
        ran("burn")
        raise LookupError("smoke")

    def note(event: Baked) -> None:
        ran("note")

    bus = Brittle()
    bus.on(Baked, burn, note)
    return Fired(bus, ["burn"], uncalled=[("note", "earlier_raised")], statuses=["failed"])


@fired
def an_exception_that_stops_the_event() -> Fired:
    class StopPropagation(Exception):
        pass

    class Stoppable(Oven):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                try:
                    handler(event)
                except StopPropagation:
                    break

    def eat(event: Baked) -> None:
        ran("eat")
        raise StopPropagation

    def sell(event: Baked) -> None:
        ran("sell")

    bus = Stoppable()
    bus.on(Baked, eat, sell)
    return Fired(bus, ["eat"], uncalled=[("sell", "stopped_by_handler")])


@fired
def an_answer_that_stops_the_event() -> Fired:
    class Asking(Oven):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                if handler(event):
                    return

    def take(event: Baked) -> bool:
        ran("take")
        return True

    def leave(event: Baked) -> None:
        ran("leave")

    bus = Asking()
    bus.on(Baked, take, leave)
    return Fired(bus, ["take"], uncalled=[("leave", "stopped_by_handler")])


@fired
def a_wrapper_that_does_not_call() -> Fired:
    def once(function: Any) -> Any:
        used: list[bool] = []

        @functools.wraps(function)
        def guard(event: Any) -> None:
            if not used:
                used.append(True)
                function(event)

        return guard

    def greet(event: Baked) -> None:
        ran("greet")

    bus = Oven()
    bus.on(Baked, once(greet))
    return Fired(bus, ["greet"], times=2, uncalled=[("greet", "used_up")])


@fired
def a_weak_reference_that_dies() -> Fired:
    class Baker:
        def knead(self, event: Baked) -> None:
            ran("knead")

    class Weak(Oven):
        def publish(self, event: Any) -> None:
            for reference in self.handlers.get(type(event), ()):
                handler = reference()
                if handler is not None:
                    handler(event)

    keep = [Baker()]
    bus = Weak()

    def leave(event: Baked) -> None:
        ran("leave")
        keep.clear()

    keep_leave = [leave]
    bus.on(Baked, weakref.WeakMethod(keep[0].knead), weakref.ref(leave))
    bodies = ["knead", "leave", "leave"]
    return Fired(bus, bodies, times=2, uncalled=[("knead", "dead_reference")], close=keep_leave.clear)


# --- what is one publication, and what is caused by which -------------------------------------------------------------


@fired
def made_anew_from_json_on_the_way() -> Fired:
    class Outbox:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {}
            self.rows: list[str] = []

        def publish(self, event: Any) -> None:
            self.rows.append(json.dumps(dataclasses.asdict(event)))

        def run_pending(self) -> None:
            while self.rows:
                event = Baked(**json.loads(self.rows.pop(0)))
                for handler in self.handlers.get(type(event), ()):
                    handler(event)

    def post(event: Baked) -> None:
        ran("post")

    def file(event: Baked) -> None:
        ran("file")

    bus = Outbox()
    bus.handlers[Baked] = [post, file]
    return Fired(bus, ["post", "file"])


@fired
def not_what_it_was_when_it_is_made_anew() -> Fired:
    @dataclass(frozen=True)
    class Dated:
        on: dt.date = dt.date(2024, 2, 29)

    class Table:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {}
            self.rows: list[str] = []

        def publish(self, event: Any) -> None:
            self.rows.append(json.dumps(dataclasses.asdict(event), default=str))

        def run_pending(self) -> None:
            while self.rows:
                event = Dated(**json.loads(self.rows.pop(0)))
                for handler in self.handlers.get(type(event), ()):
                    handler(event)

    def file(event: Any) -> None:
        ran("file")

    bus = Table()
    bus.handlers[Dated] = [file]
    noted = ["Dated is not transmitted unchanged to its handlers: on came back as str, not date."]
    return Fired(bus, ["file"], event="Dated", noted=noted)


@fired
def left_for_the_bus_by_a_handler() -> Fired:
    class Unit:
        def __init__(self) -> None:
            self.news: list[Any] = []
            self.handlers: dict[Any, list[Any]] = {Baked: [self.count], Sold: [self.refill]}

        def count(self, event: Any) -> None:
            ran("count")
            self.news.append(Sold())

        def refill(self, event: Any) -> None:
            ran("refill")

        def handle(self, message: Any) -> None:
            waiting = collections.deque([message])
            while waiting:
                event = waiting.popleft()
                for handler in self.handlers[type(event)]:
                    handler(event)
                    waiting.extend(self.news)
                    self.news.clear()

    return Fired(Unit(), ["count", "refill"], derived=1)


@fired
def handed_on_from_one_publish_method_to_another() -> Fired:
    class Streams(Oven):
        def publish(self, event: Any) -> None:
            self.publish_to("ovens", [event])

        def publish_to(self, stream: str, events: list[Any]) -> None:
            for event in events:
                for handler in self.handlers.get(type(event), ()):
                    handler(event)

    def log(event: Baked) -> None:
        ran("log")

    bus = Streams()
    bus.on(Baked, log)
    return Fired(bus, ["log"])


# --- written down on the way, without an id ---------------------------------------------------------------------------


class Channels:
    """Gives each subscriber a queue of its own, with what was published as JSON."""

    def __init__(self) -> None:
        self.channels: dict[str, list[Any]] = {}
        self.tasks: list[Any] = []

    def subscribe(self, channel: str, handler: Any) -> None:
        self.channels.setdefault(channel, []).append((asyncio.Queue(), handler))

    def message(self, channel: str, message: Any) -> Any:
        return message

    async def work(self, waiting: Any, handler: Any) -> None:
        while True:
            await handler(json.loads(await waiting.get()))

    def start(self) -> None:
        pairs = [pair for pairs in self.channels.values() for pair in pairs]
        self.tasks = [asyncio.create_task(self.work(*pair)) for pair in pairs]

    async def publish(self, channel: str, message: Any) -> None:
        if not self.tasks:
            self.start()
        for waiting, _ in self.channels.get(channel, []):
            waiting.put_nowait(json.dumps(self.message(channel, message)))

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()


async def shelve(message: Any) -> None:
    ran("shelve")


async def price(message: Any) -> None:
    ran("price")


@fired
def json_in_a_queue_of_each_subscriber() -> Fired:
    bus = Channels()
    bus.subscribe("bread", shelve)
    bus.subscribe("bread", price)
    bus.start()
    return Fired(bus, ["shelve", "price"], event="bread", close=bus.close)


@fired
def json_of_several_that_are_alike() -> Fired:
    bus = Channels()
    bus.subscribe("bread", shelve)
    bus.subscribe("bread", price)
    bus.start()
    bodies = ["shelve", "price"] * 3
    return Fired(bus, bodies, event="bread", times=3, close=bus.close)


@fired
def workers_that_the_first_publication_has_started() -> Fired:
    bus = Channels()
    bus.subscribe("bread", shelve)
    bus.subscribe("bread", price)
    return Fired(bus, ["shelve", "price"] * 3, event="bread", times=3, close=bus.close)


@fired
def json_in_an_envelope_of_the_channel() -> Fired:
    class Enveloped(Channels):
        def message(self, channel: str, message: Any) -> Any:
            return {"type": "message", "channel": channel, "data": json.dumps(message)}

    async def weigh(message: Any) -> None:
        ran("weigh")

    bus = Enveloped()
    bus.subscribe("bread", weigh)
    bus.start()
    return Fired(bus, ["weigh"], event="bread", close=bus.close)


@dataclass(frozen=True)
class Milled:
    at: dt.datetime = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
    sacks: int = 3


@fired
def an_event_of_a_class_that_arrives_as_a_dict() -> Fired:
    class Mill(Channels):
        async def publish(self, event: Milled) -> None:  # type: ignore[override]
            fields = dataclasses.asdict(event)
            text = json.dumps({**fields, "at": fields["at"].isoformat(), "sender": "mill"})
            for waiting, _ in self.channels.get(type(event).__name__, []):
                waiting.put_nowait(text)

    async def sift(event: dict[str, Any]) -> None:
        ran("sift")

    async def pack(event: dict[str, Any]) -> None:
        ran("pack")

    bus = Mill()
    bus.subscribe("Milled", sift)
    bus.subscribe("Milled", pack)
    bus.start()
    noted = ["Milled is not transmitted unchanged to its handlers: at came back as str, not datetime."]
    return Fired(bus, ["sift", "pack"], event="Milled", close=bus.close, noted=noted)


# --- named for what is written ----------------------------------------------------------------------------------------


def put_off(seconds: float, *, late: bool = False) -> Any:
    def decorate(handler: Any) -> Any:
        handle: Any = None

        def wrapper(event: Any) -> None:
            nonlocal handle
            if handle:
                while late and time.monotonic() <= handle.when():
                    time.sleep(0.01)
                handle.cancel()
            loop = asyncio.get_running_loop()
            handle = loop.call_later(seconds, lambda: asyncio.ensure_future(handler(event)))

        return wrapper

    return decorate


@fired
def put_off_by_a_decorator_that_calls_it_in_a_lambda() -> Fired:
    async def search(event: Any) -> None:
        ran("search")

    def log(event: Any) -> None:
        ran("log")

    bus = Oven()
    bus.on(Baked, put_off(0.05)(search), log)
    return Fired(bus, ["search", "log"])


@fired
def put_off_once_more_before_it_was_due() -> Fired:
    async def search(event: Any) -> None:
        ran("search")

    bus = Oven()
    bus.on(Baked, put_off(0.4)(search))
    return Fired(bus, ["search"], times=3, within=0.3, uncalled=[("search", "put_off")])


@fired
def put_off_when_it_was_due_but_the_loop_had_been_busy() -> Fired:
    async def search(event: Any) -> None:
        ran("search")

    bus = Oven()
    bus.on(Baked, put_off(0.3, late=True)(search))
    return Fired(bus, ["search"], times=2, uncalled=[("search", "put_off")])


@fired
def put_off_by_a_timer_of_a_thread_that_gets_the_function() -> Fired:
    def later(handler: Any) -> Any:
        def wrapper(event: Any) -> None:
            threading.Timer(0.05, handler, [event]).start()

        return wrapper

    def weigh(event: Any) -> None:
        ran("weigh")

    bus = Oven()
    bus.on(Baked, later(weigh))
    return Fired(bus, ["weigh"])


@fired
def a_method_by_class_of_an_object_for_every_event() -> Fired:
    class Ledger:
        @functools.singledispatchmethod
        def enter(self, event: Any) -> None:
            ran("enter")

        @enter.register
        def _(self, event: Baked) -> None:
            ran("baked")

        @enter.register
        def _sold(self, event: Sold) -> None:
            ran("sold")

    class Books:
        def __init__(self) -> None:
            self.ledgers = [Ledger()]

        def publish(self, event: Any) -> None:
            for ledger in self.ledgers:
                ledger.enter(event)

    return Fired(Books(), ["sold"], event="Sold")


# --- behind a facade, behind a queue ----------------------------------------------------------------------------------


class Line:
    def __init__(self) -> None:
        self.listeners: list[Any] = []

    def emit(self, event: Any) -> None:
        for listener in self.listeners:
            listener(event)


@fired
def a_facade_before_a_bus_of_channels() -> Fired:
    class Lines:
        def __init__(self) -> None:
            self.lines = {Baked: Line()}

        def publish(self, event: Any) -> None:
            line = self.lines.get(type(event))
            if line is not None:
                line.emit(event)

    class Counter:
        def __init__(self) -> None:
            self._lines = Lines()

        def publish(self, event: Any) -> None:
            self._lines.publish(event)

    def shelf(event: Any) -> None:
        ran("shelf")

    def till(event: Any) -> None:
        ran("till")

    counter = Counter()
    counter._lines.lines[Baked].listeners += [shelf, till]
    return Fired(counter, ["shelf", "till"])


@fired
def readers_of_queues_that_are_seen_when_they_run() -> Fired:
    class Feed:
        def __init__(self) -> None:
            self.queues: dict[type, list[Any]] = {}

        async def listen(self, kind: type) -> Any:
            waiting: Any = asyncio.Queue()
            self.queues.setdefault(kind, []).append(waiting)
            while True:
                yield await waiting.get()

        async def publish(self, event: Any) -> None:
            for waiting in self.queues.get(type(event), []):
                await waiting.put(event)

    def show(event: Any) -> None:
        ran("show")

    async def read() -> None:
        async for event in feed.listen(Baked):
            show(event)

    feed = Feed()
    tasks = [asyncio.create_task(read()) for _ in range(2)]

    def close() -> None:
        for task in tasks:
            task.cancel()

    return Fired(feed, ["show", "show"], close=close)


@fired
def a_receiver_that_is_for_another_sender() -> Fired:
    class Bell:
        def __init__(self) -> None:
            self.name = "Baked"
            self.receivers: list[Any] = []

        def send(self, sender: Any = None, **said: Any) -> None:
            for reference, wanted in self.receivers:
                receiver = reference()
                if receiver is not None and (wanted is None or wanted is sender):
                    receiver(sender, **said)

    bell = Bell()
    bell.receivers += [(weakref.ref(any_sender), None), (weakref.ref(only_sold), Sold)]
    return Fired(bell, ["any_sender"], uncalled=[("only_sold", "predicate")])


def any_sender(sender: Any, **said: Any) -> None:
    ran("any_sender")


def only_sold(sender: Any, **said: Any) -> None:
    ran("only_sold")


# --- how handlers are called, and what stands in their place ----------------------------------------------------------


@fired
def fields_of_the_event_by_name() -> Fired:
    class Table(Oven):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                handler(**dataclasses.asdict(event))

    bus = Table()

    def count(loaves: int) -> None:
        ran("count")

    def weigh(*, loaves: int, **others: Any) -> None:
        ran("weigh")

    bus.on(Baked, count, weigh)
    return Fired(bus, ["count", "weigh"] * 2, times=2)


@dataclass(frozen=True)
class Crate:
    kilos: int = 3


@dataclass(frozen=True)
class Delivered:
    crate: Crate = field(default_factory=Crate)


@fired
def an_object_that_the_event_holds() -> Fired:
    class Yard(Oven):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                handler(event.crate)

    bus = Yard()

    def lift(crate: Crate) -> None:
        ran("lift")

    def label(crate: Crate) -> None:
        ran("label")

    bus.on(Delivered, lift, label)
    return Fired(bus, ["lift", "label"], event="Delivered")


@fired
def fields_of_the_event_in_threads() -> Fired:
    class Hatch(Oven):
        def publish(self, event: Any) -> None:
            workers = [
                threading.Thread(target=handler, args=(event.loaves,)) for handler in self.handlers.get(type(event), ())
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()

    bus = Hatch()

    def count(loaves: int) -> None:
        ran("count")

    def weigh(loaves: int) -> None:
        ran("weigh")

    bus.on(Baked, count, weigh)
    return Fired(bus, ["count", "weigh"])


@fired
def two_events_in_a_list() -> Fired:
    class Lorry(Oven):
        def __init__(self) -> None:
            super().__init__()
            self.load: list[Any] = []

        def publish(self, event: Any) -> None:
            self.load.append(event)
            if len(self.load) == 2:
                load, self.load = self.load, []
                for handler in self.handlers.get(type(event), ()):
                    handler(load)

    bus = Lorry()

    def drive(load: list[Baked]) -> None:
        ran("drive")

    def invoice(load: list[Baked]) -> None:
        ran("invoice")

    bus.on(Baked, drive, invoice)
    return Fired(bus, ["drive", "invoice"] * 2, times=4)


class Noting:
    """A decorator that is an object."""

    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function)

    def __call__(self, event: Any) -> Any:
        return self.__wrapped__(event)  # type: ignore[attr-defined]


@fired
def objects_in_the_place_of_functions() -> Fired:
    bus = Oven()

    @functools.lru_cache
    def price(event: Baked) -> None:
        ran("price")

    @Noting
    def note(event: Baked) -> None:
        ran("note")

    bus.on(Baked, price, note)
    uncalled = [("price", "wrapper")]
    return Fired(bus, ["price", "note", "note"], times=2, uncalled=uncalled)


@fired
def a_class_method_that_publishes() -> Fired:
    class Stall:
        handlers: dict[Any, list[Any]] = {}

        @classmethod
        def publish(cls, event: Any) -> None:
            for handler in cls.handlers.get(type(event), ()):
                handler(event)

    def count(event: Baked) -> None:
        ran("count")

    def weigh(event: Baked) -> None:
        ran("weigh")

    Stall.handlers[Baked] = [count, weigh]
    return Fired(Stall(), ["count", "weigh"])


@fired
def the_class_and_then_the_event() -> Fired:
    class Post:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {}

        def publish(self, kind: Any, event: Any = None) -> None:
            if event is None:
                kind, event = type(kind), kind
            for handler in self.handlers.get(kind, ()):
                handler(event)

    bus = Post()

    def count(event: Baked) -> None:
        ran("count")

    bus.handlers[Baked] = [count]
    return Fired(bus, ["count"])


@fired
def handlers_that_are_made_anew() -> Fired:
    def make() -> Any:
        def bake(event: Baked) -> None:
            ran("bake")

        return bake

    class Reloading(Oven):
        def publish(self, event: Any) -> None:
            earlier = self.handlers[type(event)]
            self.handlers[type(event)] = [make() for _ in earlier]
            super().publish(event)

    bus = Reloading()
    bus.on(Baked, make())
    return Fired(bus, ["bake", "bake"], times=2)


# --- a stack that is full ---------------------------------------------------------------------------------------------


def _recursing(bus: Oven, **expected: Any) -> Fired:
    """A program whose recursion ends early."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(420)

    def close() -> None:
        assert sys.getrecursionlimit() == 420
        sys.setrecursionlimit(limit)

    return Fired(bus, close=close, **expected)


@fired
def a_handler_that_recurses_without_end() -> Fired:
    class Bold(Oven):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                with contextlib.suppress(RecursionError):
                    handler(event)

    bus = Bold()

    def fold(event: Baked, times: int) -> None:
        fold(event, times + 1)

    def bake(event: Baked) -> None:
        ran("bake")
        fold(event, 0)

    def sell(event: Baked) -> None:
        ran("sell")

    bus.on(Baked, bake, sell)
    return _recursing(bus, bodies=["bake", "sell"], statuses=["ok", "failed"])


@fired
def events_that_publish_themselves_without_end() -> Fired:
    bus = Oven()
    depth = [0]

    def go_on(event: Any) -> None:
        depth[0] += 1
        with contextlib.suppress(ValueError):
            sys._getframe(sys.getrecursionlimit() - 9)
            raise RecursionError  # as Python does a few calls later: here it is certain what has begun
        bus.publish(event)

    def bake(event: Baked) -> None:
        go_on(Sold())

    def sell(event: Sold) -> None:
        go_on(Baked())

    bus.on(Baked, bake)
    bus.on(Sold, sell)
    fired = _recursing(bus, bodies=[])
    close = fired.close

    def compare() -> None:
        fired.executions, fired.derived = depth[0], depth[0] - 1
        fired.statuses = ["failed"] * depth[0]
        close()

    fired.close = compare
    return fired


# --- methods of the bus itself ----------------------------------------------------------------------------------------


class Actor:
    """Works in a thread off what it is told, until it is told nothing."""

    def __init__(self) -> None:
        self.mailbox: queue.Queue[Any] = queue.Queue()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def tell(self, message: Any) -> None:
        self.mailbox.put(message)

    def loop(self) -> None:
        while True:
            message = self.mailbox.get()
            if message is None:
                return
            getattr(self, "on_" + type(message).__name__.lower())(message)

    def close(self) -> None:
        self.mailbox.put(None)
        self.thread.join()


@fired
def an_actor_with_a_thread() -> Fired:
    class Stall(Actor):
        def on_baked(self, message: Baked) -> None:
            ran("on_baked")
            self.tell(Sold())

        def on_sold(self, message: Sold) -> None:
            ran("on_sold")

    stall = Stall()
    return Fired(stall, ["on_baked", "on_sold"], derived=1, close=stall.close)


@fired
def an_actor_with_a_task() -> Fired:
    class Player:
        def __init__(self) -> None:
            self.mailbox: Any = None

        async def tell(self, message: Any) -> None:
            if self.mailbox is None:
                self.mailbox = asyncio.Queue()
                self.task = asyncio.ensure_future(self.run())
            await self.mailbox.put(message)

        async def run(self) -> None:
            while True:
                message = await self.mailbox.get()
                await self.receive(message)

        async def receive(self, message: Any) -> None:
            raise NotImplementedError

    class Baker(Player):
        async def receive(self, message: Any) -> None:
            match message:
                case Baked():
                    ran("receive")

    return Fired(Baker(), ["receive"])


@fired
def an_aggregate_applies_what_it_raises() -> Fired:
    class Aggregate:
        def __init__(self) -> None:
            self.changes: list[Any] = []

        def raise_event(self, event: Any) -> None:
            self.apply(event)
            self.changes.append(event)

        def apply(self, event: Any) -> None:
            getattr(self, f"apply_{type(event).__name__.lower()}")(event)

    class Batch(Aggregate):
        def apply_baked(self, event: Baked) -> None:
            ran("apply_baked")
            self.count(event)

        def count(self, event: Baked) -> None:
            """A helper of a handler."""

    return Fired(Batch(), ["apply_baked"] * 2, times=2)


@fired
def a_projection_dispatches_by_class() -> Fired:
    class Sales:
        def publish(self, event: Any) -> None:
            self.when(event)

        @functools.singledispatchmethod
        def when(self, event: Any) -> None:
            ran("when")

        @when.register
        def _baked(self, event: Baked) -> None:
            ran("_baked")
            raise ValueError("burnt")

    return Fired(Sales(), ["_baked"], statuses=["failed"])


@fired
def methods_by_the_class_that_is_asked_for() -> Fired:
    class Till:
        def publish(self, event: Any) -> None:
            self.log(event)
            if isinstance(event, Baked):
                self.offer(event)
            elif isinstance(event, Sold):
                self.book(event)

        def log(self, event: Any) -> None:
            """No handler: it is given everything."""

        def offer(self, event: Baked) -> None:
            ran("offer")

        def book(self, event: Sold) -> None:
            ran("book")

    return Fired(Till(), ["offer"] * 2, times=2)


@fired
def a_query_is_asked_by_its_own_method() -> Fired:
    class Desk:
        def __init__(self) -> None:
            self.commands: dict[Any, Any] = {Sold: lambda command: ran("command")}
            self.answers = {Baked: self.answer}
            self.listeners: dict[Any, list[Any]] = {dt.date: [lambda event: ran("event")]}

        def answer(self, question: Any) -> int:
            ran("answer")
            return 1

        def execute(self, command: Any) -> Any:
            return self.commands[type(command)](command)

        def ask(self, question: Any) -> Any:
            return self.answers[type(question)](question)

        def publish(self, event: Any) -> None:
            for listener in self.listeners.get(type(event), ()):
                listener(event)

    return Fired(Desk(), ["answer"])


@fired
def steps_around_requests_are_not_around_notices() -> Fired:
    class Step:
        def handle(self, request: Any, go_on: Any) -> Any:
            ran("handle")
            return go_on()

    class Mediator:
        def __init__(self) -> None:
            self.steps = [Step(), Step()]
            self.requests: dict[Any, Any] = {Sold: lambda request: ran("request")}
            self.notices: dict[Any, list[Any]] = {Baked: [self.tell]}

        def tell(self, notice: Any) -> None:
            ran("tell")
            self.send(Sold())

        def send(self, request: Any) -> Any:
            def run(place: int) -> Any:
                if place == len(self.steps):
                    return self.requests[type(request)](request)
                return self.steps[place].handle(request, lambda: run(place + 1))

            return run(0)

        def publish(self, notice: Any) -> None:
            for listener in self.notices.get(type(notice), ()):
                listener(notice)

    return Fired(Mediator(), ["tell", "handle", "handle", "request"], derived=1)


@dataclass
class Job:
    """What runs, and what it is called: its name is no event's."""

    target: Any
    name: str = "listen to everything"


def _heard(name: str) -> Callable[[Any], None]:
    def hear(event: Any) -> None:
        ran(name)

    hear.__name__ = hear.__qualname__ = name
    return hear


@fired
def a_filter_that_is_asked_about_the_payload_and_a_list_of_those_that_hear_all() -> Fired:
    class Runner:
        __slots__ = ()

        def run(self, job: Any, event: Any) -> None:
            job.target(event)

    class Hub:
        __slots__ = ("_everybody", "_listeners", "_runner")

        def __init__(self) -> None:
            self._runner, self._listeners, self._everybody = Runner(), {}, []  # type: ignore[var-annotated]

        def fire(self, event_type: str, data: Any = None) -> None:
            for job, wanted in [*self._listeners.get(event_type, ()), *self._everybody]:
                if wanted is None or wanted(dict(data or {})):
                    self._runner.run(job, {"type": event_type, "data": data})

    bus = Hub()
    wanted = lambda data: data.get("loaves") == "none"  # noqa: E731 - as it is written there
    bus._listeners["baked"] = [(Job(_heard("shelve")), None), (Job(_heard("mourn")), wanted)]
    bus._everybody.append((Job(_heard("log")), None))
    return Fired(bus, ["shelve", "log"], uncalled=[("mourn", "predicate")], event="baked")


@fired
def a_condition_in_the_code_of_the_bus() -> Fired:
    class Rule:
        def __init__(self, level: int, action: Any) -> None:
            self.level, self.action = level, action

    class Hub:
        def __init__(self) -> None:
            self.level = 3
            self.rules = [Rule(7, urgent), Rule(3, usual)]

        def dispatch(self, event: Any) -> None:
            for rule in self.rules:
                if rule.level > self.level:
                    continue
                rule.action(event)

    def urgent(event: Baked) -> None:
        ran("urgent")

    def usual(event: Baked) -> None:
        ran("usual")

    return Fired(Hub(), ["usual"], uncalled=[("urgent", "predicate")])


@fired
def a_handler_of_two_classes_that_is_called_once() -> Fired:
    class Hub(Oven):
        def publish(self, event: Any) -> None:
            done = set()
            for cls in type(event).__mro__:
                for handler in self.handlers.get(cls, ()):
                    if handler not in done:
                        done.add(handler)
                        handler(event)

    bus, both = Hub(), _heard("both")
    bus.on(Baked, both)
    bus.on(object, both, _heard("any"))
    return Fired(bus, ["both", "any"], uncalled=[("both", "called_once")])


@fired
def a_handler_with_two_arguments_that_is_called_now_and_then() -> Fired:
    class Hub:
        def __init__(self) -> None:
            self.callbacks = {"baked": [self_name]}
            self.quiet: set[Any] = set()

        def emit(self, name: str, value: Any = None) -> None:
            for callback in self.callbacks.get(name, ()):
                if callback not in self.quiet:
                    self.quiet.add(callback)
                    callback(name, value)

    def self_name(name: str, value: Any) -> None:
        ran("self_name")

    return Fired(Hub(), ["self_name"], uncalled=[("self_name", "unknown")], event="baked", times=3)


@fired
def answers_that_decide_which_handler_is_the_last() -> Fired:
    """Kept in order of priority by ``bisect``: that subscribes, and publishes nothing."""

    class Hooks:
        def __init__(self) -> None:
            self.hooks: dict[Any, list[Any]] = {}

        def register(self, kind: Any, hook: Any, priority: int) -> None:
            bisect.insort(self.hooks.setdefault(kind, []), (priority, hook.__name__, hook))

        def run(self, event: Any) -> None:
            for _, _, hook in self.hooks.get(type(event), []):
                if hook(event) is True:
                    break

    def stop(event: Any) -> bool:
        ran("stop")
        return True

    bus = Hooks()
    for hook, priority in ((_heard("last"), 9), (stop, 5), (_heard("first"), 1)):
        bus.register(Baked, hook, priority)
    return Fired(bus, ["first", "stop"], uncalled=[("last", "stopped_by_handler")])


def _ended_by(name: str, statuses: list[str], reason: str) -> Fired:
    """Return a bus that stops at an exception of this name."""
    error = type(name, (Exception,), {})

    class Hub(Oven):
        def publish(self, event: Any) -> None:
            with contextlib.suppress(error):
                super().publish(event)

    def end(event: Baked) -> None:
        ran("end")
        raise error

    bus = Hub()
    bus.on(Baked, end, _heard("after"))
    return Fired(bus, ["end"], statuses=statuses, uncalled=[("after", reason)])


for _name in ("ApplicationHandlerStop", "CancelHandler", "SkipEvent", "StopDispatch"):
    FIRES[f"a_handler_that_raises_{_name}"] = functools.partial(_ended_by, _name, ["ok"], "stopped_by_handler")
for _name in ("EmergencyStop", "CancelHandlerFailed"):
    FIRES[f"a_handler_that_fails_by_{_name}"] = functools.partial(_ended_by, _name, ["failed"], "earlier_raised")


def keep_baked(event: Baked) -> None:
    ran("keep_baked")


@fired
def a_batch_that_is_not_full() -> Fired:
    class Tray:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {Baked: [keep_baked]}
            self.batch: list[Any] = []

        def publish(self, event: Any) -> None:
            self.batch.append(event)
            if len(self.batch) < 10:
                return
            full, self.batch = self.batch, []
            for event in full:
                for handler in self.handlers.get(type(event), ()):
                    handler(event)

    return Fired(Tray(), [], uncalled=[("keep_baked", "gathered")])


@fired
def a_batch_that_another_method_empties_when_it_is_full() -> Fired:
    class Rack:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {Baked: [keep_baked]}
            self.pending: collections.deque[Any] = collections.deque()

        async def publish(self, event: Any) -> None:
            self.pending.append(event)
            if len(self.pending) == 3:
                await self.flush()

        async def flush(self) -> None:
            while self.pending:
                event = self.pending.popleft()
                for handler in self.handlers.get(type(event), ()):
                    handler(event)

    return Fired(Rack(), [], uncalled=[("keep_baked", "gathered")])


@fired
def an_outbox_that_nobody_empties_is_no_batch() -> Fired:
    class Outbox:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {Baked: [keep_baked]}
            self.pending: list[Any] = []

        def publish(self, event: Any) -> None:
            if len(self.pending) > 100:
                raise OverflowError(len(self.pending))
            self.pending.append(event)

        def relay(self, most: int) -> None:
            for event in self.pending[:most]:
                for handler in self.handlers.get(type(event), ()):
                    handler(event)

    return Fired(Outbox(), [], uncalled=[("keep_baked", "only_queued")])


@fired
def a_bus_that_publishes_only_so_deep() -> Fired:
    class Shallow:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {Baked: [rise]}
            self.depth = 0

        def publish(self, event: Any) -> None:
            if self.depth == 2:
                return
            self.depth += 1
            try:
                for handler in self.handlers.get(type(event), ()):
                    handler(event)
            finally:
                self.depth -= 1

    def rise(event: Baked) -> None:
        ran("rise")
        bus.publish(Baked())

    bus = Shallow()
    return Fired(bus, ["rise"] * 2, derived=2, uncalled=[("rise", "nested")])


@fired
def two_handlers_that_publish_for_each_other_only_so_deep() -> Fired:
    class Shallow:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {Baked: [bake], Sold: [sell]}
            self.open: set[Any] = set()

        async def publish(self, event: Any) -> None:
            if type(event) in self.open:
                return
            self.open.add(type(event))
            for handler in self.handlers.get(type(event), ()):
                await handler(event)
            self.open.discard(type(event))

    async def bake(event: Baked) -> None:
        ran("bake")
        await bus.publish(Sold())

    async def sell(event: Sold) -> None:
        ran("sell")
        await bus.publish(Baked())

    bus = Shallow()
    return Fired(bus, ["bake", "sell"], derived=2, uncalled=[("bake", "nested")])
