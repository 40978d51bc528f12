"""Home-made buses whose handlers are found by what their code does: their names are nobody's convention."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import fnmatch
import functools
import heapq
import importlib
import inspect
import queue
import re
import threading
import uuid
import weakref
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from typing import Any, ClassVar, NamedTuple

from inspector.agent.observe.monitor import MONITOR

#: What handlers did, in order.
LINES: list[str] = []


def tick(word: str) -> None:
    LINES.append(word)


class Fact:
    """Events of no special make."""


class TideTurned(Fact):
    def __init__(self, metres: int = 3) -> None:
        self.metres = metres


class LampLit(Fact):
    def __init__(self) -> None:
        self.lamp = "north"


@dataclass(frozen=True)
class ShipSighted:
    ship: str = "Ida"


@dataclass(frozen=True)
class ShipDocked:
    ship: str = "Ida"


@dataclass
class Kind:
    """One bus, and what is known of it.

    Attributes:
        bus: What is inspected.
        heard: The labels of the handlers of each event.
        event: What is fired; empty for nothing.
        ran: What the handlers did then.
        problems: Beginnings of what is told.
        values: With what it is fired.
    """

    bus: Any
    heard: dict[str, list[str]]
    event: str = ""
    ran: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)


KINDS: dict[str, Callable[[], Kind]] = {}


def kind(make: Callable[[], Kind]) -> Callable[[], Kind]:
    KINDS[make.__name__] = make
    return make


# --- objects that the bus runs by a method of its own choosing --------------------------------------------------------


class Buoy:
    def hear(self, fact: Any) -> None:
        tick("Buoy" if isinstance(fact, TideTurned) else "Buoy at rest")


class Pier:
    def hear(self, fact: Any) -> None:
        tick("Pier")


@kind
def listeners_by_weak_key() -> Kind:
    class Harbour:
        def __init__(self) -> None:
            self.kept = [Buoy(), Pier()]
            self.around: Any = weakref.WeakKeyDictionary()
            for one in self.kept:
                self.around[one] = True

        def shout(self, fact: Any) -> None:
            for one in list(self.around):
                one.hear(fact)

    every = ["Buoy.hear", "Pier.hear"]
    return Kind(Harbour(), {"TideTurned": every, "LampLit": every}, "TideTurned", ["Buoy", "Pier"])


@kind
def listeners_of_a_module_like_class() -> Kind:
    class Tower:
        watching: list[Any] = [Pier(), Buoy()]

        @classmethod
        def call_out(cls, fact: Any) -> None:
            [one.hear(fact) for one in cls.watching]

    every = ["Pier.hear", "Buoy.hear"]
    return Kind(Tower, {"TideTurned": every, "LampLit": every}, "LampLit", ["Pier", "Buoy at rest"])


class Keeper:
    def __init__(self, topic: str) -> None:
        self.about = topic

    def take(self, fact: TideTurned) -> None:
        tick(f"Keeper of {self.about}")


class Watchman(Keeper):
    def take(self, fact: Any) -> None:
        tick(f"Watchman of {self.about}")


@kind
def objects_that_carry_the_name_of_their_event() -> Kind:
    class Office:
        def __init__(self) -> None:
            self.staff = [Keeper("TideTurned"), Watchman("LampLit")]

        def report(self, fact: Any) -> None:
            for person in self.staff:
                if person.about == type(fact).__name__:
                    person.take(fact)

    heard = {"TideTurned": ["Keeper.take"], "LampLit": ["Watchman.take"]}
    return Kind(Office(), heard, "TideTurned", ["Keeper of TideTurned"])


@kind
def objects_asked_for_their_classes() -> Kind:
    @dataclass(frozen=True)
    class Desk:
        accepts: tuple[type, ...]
        label: str

        def work(self, item: Any) -> None:
            tick(self.label)

    class Hall:
        def __init__(self) -> None:
            self.desks = {Desk((ShipSighted, ShipDocked), "both"), Desk((ShipDocked,), "docked")}

        def announce(self, item: Any) -> None:
            for desk in sorted(self.desks, key=lambda one: str(one.label)):
                if isinstance(item, desk.accepts):
                    desk.work(item)

    heard = {"ShipSighted": ["Desk.work"], "ShipDocked": ["Desk.work"] * 2}
    return Kind(Hall(), heard, "ShipSighted", ["both"])


# --- process managers -------------------------------------------------------------------------------------------------


class Voyage:
    def __init__(self, bus: Any) -> None:
        self._plan: dict[type, Any] = {ShipSighted: self.pilot, ShipDocked: self.unload}
        self._bus = bus

    def knows(self, event: Any) -> bool:
        return type(event) in self._plan

    def advance(self, event: Any) -> None:
        self._plan[type(event)](event)

    def pilot(self, event: ShipSighted) -> None:
        tick("pilot")
        self._bus.send(ShipDocked(event.ship))

    def unload(self, event: ShipDocked) -> None:
        tick("unload")


@kind
def process_managers() -> Kind:
    class Sagas:
        def __init__(self) -> None:
            self.running: list[Any] = []

        def send(self, event: Any) -> None:
            for one in self.running:
                if one.knows(event):
                    one.advance(event)

    bus = Sagas()
    bus.running.append(Voyage(bus))
    heard = {"ShipSighted": ["Voyage.pilot"], "ShipDocked": ["Voyage.unload"]}
    return Kind(bus, heard, "ShipSighted", ["pilot", "unload"])


@kind
def process_managers_that_wait() -> Kind:
    class Slow:
        def __init__(self) -> None:
            self.by_kind: dict[type, Any] = {ShipSighted: self.look}

        async def step(self, event: Any) -> None:
            todo = self.by_kind.get(event.__class__)
            if todo is not None:
                await todo(event)

        async def look(self, event: Any) -> None:
            tick("look")

    class Router:
        def __init__(self) -> None:
            self.flows = (Slow(),)

        async def route(self, event: Any) -> None:
            await asyncio.gather(*(flow.step(event) for flow in self.flows))

    return Kind(Router(), {"ShipSighted": ["process_managers_that_wait.Slow.look"]}, "ShipSighted", ["look"])


# --- methods of the bus itself ----------------------------------------------------------------------------------------


class Marking(type):
    def __init__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> None:
        cls.table = {value.mark: value for value in members.values() if hasattr(value, "mark")}
        super().__init__(name, bases, members)


def marked(name: str) -> Callable[[Any], Any]:
    def mark(function: Any) -> Any:
        function.mark = name
        return function

    return mark


class Desk(metaclass=Marking):
    table: dict[str, Any]

    def process(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self.table[name](self, *args, **kwargs)

    @marked("letter_came")
    def open_it(self, sender: str = "?") -> None:
        tick(f"open {sender}")


@kind
def methods_that_a_metaclass_collects() -> Kind:
    return Kind(Desk(), {"letter_came": ["Desk.open_it"]}, "letter_came", ["open ?"])


class Door:
    def __init_subclass__(cls) -> None:
        cls.reactions = {name[5:]: member for name, member in vars(cls).items() if name.startswith("when_")}

    reactions: dict[str, Any] = {}

    def fire(self, what: str, **data: Any) -> None:
        found = self.reactions.get(what)
        if found:
            found(self, **data)


class Gate(Door):
    def when_opened(self, by: str) -> None:
        tick(f"opened by {by}")


@kind
def methods_that_a_base_class_collects() -> Kind:
    return Kind(Gate(), {"opened": ["Gate.when_opened"]}, "opened", ["opened by ida"], values={"by": "ida"})


# --- names of handlers ------------------------------------------------------------------------------------------------


def greet(event: Any) -> None:
    tick("greet")


def count(event: Any) -> None:
    tick("count")


@kind
def closures_that_run_once() -> Kind:
    class Shop:
        def __init__(self) -> None:
            self.events: dict[str, list[Any]] = {}

        def on(self, name: str, callback: Any) -> Callable[[], None]:
            self.events.setdefault(name, []).append(callback)
            return lambda: self.events[name].remove(callback)

        def once(self, name: str, what: Any) -> None:
            def one_shot(*args: Any, **kwargs: Any) -> None:
                undo()
                what(*args, **kwargs)

            undo = self.on(name, one_shot)

        def trigger(self, name: str, payload: Any) -> None:
            for callback in list(self.events.get(name, ())):
                callback(payload)

    shop = Shop()
    shop.once("opened", greet)
    shop.on("opened", count)
    return Kind(shop, {"opened": ["greet", "count"]}, "opened", ["greet", "count"])


@kind
def closures_that_are_named_anew() -> Kind:
    def safe(handler: Any, owner: str) -> Any:
        def unique(event: Any) -> Any:
            return handler(event)

        unique.__name__ = f"{owner}.{handler.__name__}"
        return unique

    class Bus:
        def __init__(self) -> None:
            self.handlers = {"ShipSighted": [safe(greet, "Crew"), safe(count, "Crew")]}

        def dispatch(self, event: Any) -> None:
            for handler in self.handlers.get(type(event).__name__, []):
                handler(event)

    return Kind(Bus(), {"ShipSighted": ["greet", "count"]}, "ShipSighted", ["greet", "count"])


def registering(cls: Any) -> Any:
    class Registering(cls):  # type: ignore[misc]
        pass

    return Registering


@registering
class Rope:
    def on_sighted(self, event: Any) -> None:
        tick("Rope")


@registering
class Sail:
    def on_sighted(self, event: Any) -> None:
        tick("Sail")


@kind
def classes_that_a_decorator_replaces() -> Kind:
    class Bus:
        instance: Any = None

        def __init__(self) -> None:
            Bus.instance = self
            self.event_handlers = {ShipSighted: [Rope().on_sighted, Sail().on_sighted]}

        def dispatch(self, event: Any, *args: Any, **kwargs: Any) -> None:
            for handler in self.event_handlers.get(type(event), ()):
                handler(event, *args, **kwargs)

    heard = {"ShipSighted": ["Rope.on_sighted", "Sail.on_sighted"]}
    return Kind(Bus(), heard, "ShipSighted", ["Rope", "Sail"])


class Board:
    @functools.singledispatchmethod
    def apply(self, fact: Any) -> None:
        raise NotImplementedError

    @apply.register
    def _docked(self, fact: ShipDocked) -> None:
        tick("docked")


@kind
def methods_that_dispatch_by_class() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.projections = {ShipDocked: [Board().apply]}

        def publish(self, fact: Any) -> None:
            for projection in self.projections.get(type(fact), ()):
                projection(fact)

    return Kind(Bus(), {"ShipDocked": ["Board._docked"]}, "ShipDocked", ["docked"])


# --- what is no handler -----------------------------------------------------------------------------------------------


@kind
def the_set_of_all_buses() -> Kind:
    class Bus:
        everyone: Any = weakref.WeakSet()

        def __init__(self) -> None:
            self.handlers = {ShipDocked: [greet]}
            Bus.everyone.add(self)

        def dispatch(self, event: Any) -> None:
            for other in list(Bus.everyone):
                assert other.receive
            for handler in self.handlers.get(type(event), []):
                handler(event)

        def receive(self, event: Any) -> None: ...

    return Kind(Bus(), {"ShipDocked": ["greet"]}, "ShipDocked", ["greet"])


@kind
def plugins_that_are_only_started() -> Kind:
    class Plugin:
        def handle(self, event: Any) -> None:
            tick("never")

        def start(self) -> None: ...

    class Bus:
        def __init__(self) -> None:
            self.handlers = {ShipDocked: [greet]}
            self.hooks = [Plugin()]

        def publish(self, event: Any) -> None:
            for hook in self.hooks:
                hook.start()
            for handler in self.handlers.get(type(event), []):
                handler(event)

    return Kind(Bus(), {"ShipDocked": ["greet"]}, "ShipDocked", ["greet"])


@kind
def the_name_of_a_stream() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self._subs = {ShipDocked: [count]}
            self.streams: dict[str, list[Any]] = {}

        def publish(self, event: Any) -> None:
            self.publish_to(f"ship-{event.ship}", [event])

        def publish_to(self, stream: str, events: list[Any]) -> None:
            self.streams.setdefault(stream, []).extend(events)
            for event in events:
                for handler in self._subs.get(type(event), ()):
                    handler(event)

    return Kind(Bus(), {"ShipDocked": ["count"]}, "ShipDocked", ["count"])


# --- names, patterns, predicates --------------------------------------------------------------------------------------


def audit(topic: str, data: Any) -> None:
    tick(f"audit {topic}")


@kind
def patterns_of_topics() -> Kind:
    class Topics:
        def __init__(self) -> None:
            self.routes = {"ship.*.docked": [audit], "ship.*.left": [audit], "*": [audit]}

        def emit(self, topic: str, data: Any = None) -> None:
            for pattern, callbacks in self.routes.items():
                if fnmatch.fnmatchcase(topic, pattern):
                    for callback in callbacks:
                        callback(topic, data)

    return Kind(Topics(), {}, "ship.ida.docked", ["audit ship.ida.docked"] * 2)


@kind
def patterns_in_records() -> Kind:
    @dataclass(frozen=True)
    class Route:
        mask: str
        target: Any

    class Topics:
        def __init__(self) -> None:
            self.table = [Route("lamp.?", audit), Route("ship.*", audit)]

        def publish(self, topic: str, data: Any = None) -> None:
            for route in self.table:
                if fnmatch.fnmatch(topic, route.mask):
                    route.target(topic, data)

    return Kind(Topics(), {}, "lamp.1", ["audit lamp.1"])


@dataclass(frozen=True)
class Note:
    subject: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    run: Callable[[Any], None]
    when: Callable[[Any], bool] | None = None


@kind
def predicates_of_envelopes() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self._by_subject: dict[str | None, list[Entry]] = {
                "heat.rose": [Entry(greet, lambda note: note.body.get("degrees", 0) > 90)],
                None: [Entry(count)],
            }

        def emit(self, note: Note) -> None:
            for subject in (note.subject, None):
                for entry in self._by_subject.get(subject, ()):
                    if entry.when is None or entry.when(note):
                        entry.run(note)

    return Kind(Bus(), {"heat.rose": ["greet", "count"]}, "heat.rose", ["count"], values={"body": {"degrees": 5}})


class Topic(str, enum.Enum):  # noqa: UP042 - its text is not its value
    LOST = "parcel.lost"


@kind
def members_of_an_enum_by_their_value() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.table = {Topic.LOST: [audit]}

        def emit(self, topic: Topic, payload: Any) -> None:
            assert isinstance(topic, Topic)
            for pattern, handlers in self.table.items():
                if fnmatch.fnmatch(topic.value, pattern.value):
                    for handler in handlers:
                        handler(topic.name, payload)

    return Kind(Bus(), {"parcel.lost": ["audit"]}, "parcel.lost", ["audit LOST"])


@kind
def the_class_and_the_event() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.listeners: dict[type, list[Any]] = {ShipDocked: [count]}

        def publish(self, kind: type, event: Any) -> None:
            for listener in self.listeners.get(kind, ()):
                listener(event)

    return Kind(Bus(), {"ShipDocked": ["count"]}, "ShipDocked", ["count"])


# --- what is handed on later ------------------------------------------------------------------------------------------


class Noted:
    def handle(self, event: ShipDocked) -> None:
        tick("Noted")


@kind
def lists_into_a_queue() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.__waiting: Any = queue.Queue()
            self.__subscribers = defaultdict(list, {ShipDocked: [Noted()]})

        async def publish(self, events: list[Any]) -> None:
            for event in events:
                self.__waiting.put(event)

        async def dispatch_all(self) -> None:
            while not self.__waiting.empty():
                await self.__one(self.__waiting.get())

        async def __one(self, event: Any) -> None:
            for subscriber in self.__subscribers[type(event)]:
                subscriber.handle(event)

    return Kind(Bus(), {"ShipDocked": ["Noted.handle"]}, "ShipDocked", ["Noted"])


@kind
def a_deque_that_is_emptied() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.pending: deque[Any] = deque()
            self.handlers = {ShipSighted: [greet]}

        def raise_event(self, event: Any) -> None:
            self.pending.append(event)

        def commit(self) -> None:
            while self.pending:
                event = self.pending.popleft()
                for handler in self.handlers[type(event)]:
                    handler(event)

    return Kind(Bus(), {"ShipSighted": ["greet"]}, "ShipSighted", ["greet"])


@kind
def a_queue_that_nobody_empties() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.inbox: asyncio.Queue[Any] = asyncio.Queue()
            self.subs = {"kiln.fired": [count]}

        async def publish(self, name: str, data: Any) -> None:
            await self.inbox.put((name, data))

        async def forever(self) -> None:
            while True:
                name, data = await self.inbox.get()
                for callback in self.subs.get(name, ()):
                    callback(data)

    problem = "1 published but still in inbox: forever is not running."
    return Kind(Bus(), {"kiln.fired": ["count"]}, "kiln.fired", [], [problem])


@kind
def a_timer_for_each_name() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.subs = {"view.changed": [audit]}

        def publish(self, name: str, payload: Any = None) -> None:
            timer = threading.Timer(0, self._run, (name, payload))
            timer.start()
            timer.join()

        def _run(self, name: str, payload: Any) -> None:
            for callback in self.subs.get(name, ()):
                callback(name, payload)

    return Kind(Bus(), {"view.changed": ["audit"]}, "view.changed", ["audit view.changed"])


@kind
def a_generator() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.reactions: dict[str, list[Any]] = {"ShipDocked": [greet, count]}

        def notify(self, event: Any) -> Iterator[Any]:
            for reaction in self.reactions.get(type(event).__name__, ()):
                yield reaction(event)

    problem = "notify is a generator: handlers run only while it is iterated."
    return Kind(Bus(), {"ShipDocked": ["greet", "count"]}, "ShipDocked", ["greet", "count"], [problem])


async def sink(event: Any) -> None:
    tick("sink")


@kind
def an_asynchronous_generator() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.sinks: dict[type, tuple[Any, ...]] = {ShipDocked: (sink,)}

        async def stream(self, event: Any) -> AsyncIterator[Any]:
            for target in self.sinks.get(type(event), ()):
                yield await target(event)

    problem = "stream is a generator: handlers run only while it is iterated."
    return Kind(Bus(), {"ShipDocked": ["sink"]}, "ShipDocked", ["sink"], [problem])


@kind
def queues_that_listen() -> Kind:
    class Stream:
        def __init__(self) -> None:
            self._clients: list[Any] = [asyncio.Queue(), asyncio.Queue()]

        async def emit(self, event: Any) -> None:
            for client in self._clients:
                await client.put(event)

    problem = "2 queues listen in _clients: they receive every event; their readers are not observed."
    return Kind(Stream(), {}, problems=[problem])


@kind
def a_queue_that_listens() -> Kind:
    class Feed:
        def __init__(self) -> None:
            self.readers: set[Any] = {queue.SimpleQueue()}

        def broadcast(self, event: Any) -> None:
            for reader in self.readers:
                reader.put_nowait(event)

    problem = "1 queue listens in readers: they receive every event; their readers are not observed."
    return Kind(Feed(), {}, problems=[problem])


# --- handlers that are gone, keys that are wrong ----------------------------------------------------------------------


@kind
def dead_references() -> Kind:
    class Bus:
        def __init__(self) -> None:
            gone = Noted()
            self.listeners = {ShipDocked: [weakref.ref(greet), weakref.WeakMethod(gone.handle)]}

        def emit(self, event: Any) -> None:
            for reference in self.listeners[type(event)]:
                listener = reference()
                if listener is not None:
                    listener(event)

    problem = "listeners[ShipDocked] holds a weak reference to a deleted handler."
    return Kind(Bus(), {"ShipDocked": ["greet"]}, "ShipDocked", ["greet"], [problem])


@kind
def the_class_of_a_class() -> Kind:
    class Mediator:
        def __init__(self) -> None:
            self.table: dict[type, list[Any]] = defaultdict(list)
            self.register(ShipDocked, Noted())

        def register(self, event: Any, handler: Any) -> None:
            self.table[type(event)].append(handler)

        def handle(self, event: Any) -> None:
            for handler in self.table.get(type(event), ()):
                handler.handle(event)

    problem = "table[type] matches no event: it is subscribed to the class of a class."
    return Kind(Mediator(), {"ShipDocked": []}, "ShipDocked", [], [problem])


# --- signals ----------------------------------------------------------------------------------------------------------


def told(sender: Any, signal: Any, number: int, **more: Any) -> None:
    tick(f"told {number}")


@kind
def a_signal_that_adds_to_what_is_sent() -> Kind:
    class Signal:
        def __init__(self) -> None:
            self.name = "crane_broke"
            self.receivers: list[Any] = [told]

        def send(self, sender: Any, **named: Any) -> list[Any]:
            return [(receiver, receiver(signal=self, sender=sender, **named)) for receiver in self.receivers]

    return Kind(Signal(), {"crane_broke": ["told"]}, "crane_broke", ["told 3"], values={"number": 3})


@kind
def signals_by_dotted_keys() -> Kind:
    class Signal:
        def __init__(self) -> None:
            self._receivers = [told]

        def send(self, sender: Any, **named: Any) -> None:
            for receiver in self._receivers:
                receiver(sender, signal="s", **named)

    heard = {"harbour.crane.v1": ["told"], "harbour.ship.v1": ["told"]}
    buses = {name: Signal() for name in heard}
    return Kind(buses, heard, "harbour.ship.v1", ["told 4"], values={"number": 4})


@kind
def asked_whether_they_wait() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.things = {ShipDocked: [sink, greet]}

        async def hand_out(self, event: Any) -> None:
            for thing in self.things.get(type(event), ()):
                if inspect.iscoroutinefunction(thing):
                    await thing(event)
                else:
                    await asyncio.get_running_loop().run_in_executor(None, thing, event)

    return Kind(Bus(), {"ShipDocked": ["sink", "greet"]}, "ShipDocked", ["sink", "greet"])


# --- what stands in the way -------------------------------------------------------------------------------------------


@kind
def containers_behind_a_property() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self._inner: dict[type, list[Any]] = {ShipDocked: [greet]}

        @property
        def everybody(self) -> dict[type, list[Any]]:
            return self._inner

        def tell(self, event: Any) -> None:
            for one in self.everybody.get(type(event), ()):
                one(event)

    return Kind(Bus(), {"ShipDocked": ["greet"]}, "ShipDocked", ["greet"])


@kind
def middleware_around_handlers() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.handlers = {ShipDocked: [greet]}
            self.middleware = [self.timed]

        def timed(self, event: Any, following: Any) -> None:
            following(event)

        def publish(self, event: Any) -> None:
            call: Any = self._deliver
            for step in self.middleware:
                call = functools.partial(step, following=call)
            call(event)

        def _deliver(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                handler(event)

    return Kind(Bus(), {"ShipDocked": ["greet"]}, "ShipDocked", ["greet"])


class OnSighting:
    listens_to = ShipSighted

    def obey(self, event: Any) -> None:
        tick("OnSighting")


class OnDocking(OnSighting):
    listens_to = ShipDocked  # type: ignore[assignment]


@kind
def objects_whose_class_says_for_what_they_are() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.crew = [OnSighting(), OnDocking()]

        def call(self, event: Any) -> None:
            for one in self.crew:
                if isinstance(event, one.listens_to):
                    one.obey(event)

    heard = {"ShipSighted": ["OnSighting.obey"], "ShipDocked": ["OnDocking.obey"]}
    return Kind(Bus(), heard, "ShipSighted", ["OnSighting"])


class Choosy:
    def wants(self, event: Any) -> bool:
        return isinstance(event, ShipDocked)

    def obey(self, event: Any) -> None:
        tick("Choosy")


@kind
def objects_that_are_asked() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.crew = (Choosy(),)

        def call(self, event: Any) -> None:
            for one in self.crew:
                if one.wants(event):
                    one.obey(event)

    return Kind(Bus(), {"ShipDocked": ["Choosy.obey"]}, "ShipDocked", ["Choosy"])


@kind
def names_under_a_key_of_a_dict() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.routes = {"ship.left": [count]}

        def send(self, msg: dict[str, Any]) -> None:
            for route in self.routes.get(msg["kind"], ()):
                route(msg)

    return Kind(Bus(), {"ship.left": ["count"]}, "ship.left", ["count"], values={"payload": {"ship": "Ida"}})


@kind
def functions_by_weak_value() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.named: Any = weakref.WeakValueDictionary()
            self.named["ship.left"] = count

        def publish(self, name: str, data: Any = None) -> None:
            found = self.named.get(name)
            if found is not None:
                found(data)

    return Kind(Bus(), {"ship.left": ["count"]}, "ship.left", ["count"])


@kind
def a_thread_that_works() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.letters: queue.Queue[Any] = queue.Queue()
            self.subscribers = {ShipDocked: [count]}
            threading.Thread(target=self.deliver, daemon=True).start()

        def post(self, event: Any) -> None:
            self.letters.put(event)
            self.letters.join()

        def deliver(self) -> None:
            while True:
                event = self.letters.get()
                for subscriber in self.subscribers.get(type(event), ()):
                    subscriber(event)
                self.letters.task_done()

    return Kind(Bus(), {"ShipDocked": ["count"]}, "ShipDocked", ["count"])


@kind
def handlers_that_a_generator_finds() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.crew: dict[type, list[Any]] = {ShipDocked: [greet], Fact: [count]}

        def found(self, event: Any) -> Iterator[Any]:
            for cls, several in self.crew.items():
                if isinstance(event, cls):
                    yield from several

        def call(self, event: Any) -> None:
            for one in self.found(event):
                one(event)

    return Kind(Bus(), {"ShipDocked": ["greet"]}, "ShipDocked", ["greet"])


@kind
def an_application_with_error_handlers() -> Kind:
    class Bus:
        def __init__(self) -> None:
            self.exception_handlers: dict[type, list[Any]] = {ValueError: [count]}
            self.listeners = {ShipDocked: [greet]}

        def publish(self, event: Any) -> None:
            try:
                for listener in self.listeners.get(type(event), ()):
                    listener(event)
            except ValueError as error:
                for handler in self.exception_handlers[type(error)]:
                    handler(event, error)

    return Kind(Bus(), {"ShipDocked": ["greet"]}, "ShipDocked", ["greet"])


@kind
def subscriptions_by_token() -> Kind:
    @dataclass(frozen=True)
    class Subscription:
        token: str
        callback: Any
        kind: type

    class Bus:
        def __init__(self) -> None:
            self.subscriptions: dict[str, Subscription] = {}

        def subscribe(self, kind: type, callback: Any) -> str:
            token = uuid.uuid4().hex
            self.subscriptions[token] = Subscription(token, callback, kind)
            return token

        def notify(self, event: Any) -> None:
            for subscription in list(self.subscriptions.values()):
                if isinstance(event, subscription.kind):
                    subscription.callback(event)

    def board(event: Any) -> None:
        tick("board")

    def bell(event: Any) -> None:
        tick("bell")

    bus = Bus()
    bus.subscribe(ShipSighted, board)
    bus.subscribe(ShipDocked, bell)
    heard = {"ShipSighted": ["board"], "ShipDocked": ["bell"]}
    return Kind(bus, heard, "ShipSighted", ["board"])


@kind
def rules_with_a_condition() -> Kind:
    class Rule(NamedTuple):
        when: Any
        then: Any

    class Rules:
        def __init__(self) -> None:
            self.rules: dict[type, list[Rule]] = {}

        def rule(self, kind: type, when: Any, then: Any) -> None:
            self.rules.setdefault(kind, []).append(Rule(when, then))

        def publish(self, event: Any) -> None:
            for rule in self.rules.get(type(event), []):
                if rule.when(event):
                    rule.then(event)

    def greet(event: Any) -> None:
        tick("greet")

    def warn(event: Any) -> None:
        tick("warn")

    bus = Rules()
    bus.rule(ShipSighted, lambda event: event.ship == "Ida", greet)
    bus.rule(ShipSighted, lambda event: event.ship == "Otto", warn)
    return Kind(bus, {"ShipSighted": ["greet", "warn"]}, "ShipSighted", ["greet"], values={"ship": "Ida"})


@kind
def pairs_of_condition_and_handler() -> Kind:
    class Hub:
        def __init__(self) -> None:
            self.pairs: list[tuple[Any, Any]] = []

        def when(self, condition: Any, handler: Any) -> None:
            self.pairs.append((condition, handler))

        def publish(self, event: Any) -> None:
            for condition, handler in self.pairs:
                if condition(event):
                    handler(event)

    def is_sighting(event: Any) -> bool:
        return isinstance(event, ShipSighted)

    def greet(event: ShipSighted) -> None:
        tick("greet")

    def warn(event: ShipSighted) -> None:
        tick("warn")

    hub = Hub()
    hub.when(is_sighting, greet)
    hub.when(lambda _: False, warn)
    return Kind(hub, {"ShipSighted": ["greet", "warn"]}, "ShipSighted", ["greet"])


# --- events by number -------------------------------------------------------------------------------------------------


class Codes(enum.IntEnum):
    FULL = 4
    EMPTY = 5


@kind
def numbers_with_a_payload() -> Kind:
    class Switchboard:
        def __init__(self) -> None:
            self.handlers: dict[int, list[Any]] = {}

        def publish(self, code: int, data: Any) -> None:
            for handler in self.handlers.get(code, []):
                handler(data)

    def ring(data: Any) -> None:
        tick("ring")

    def log(data: Any) -> None:
        tick("log")

    board = Switchboard()
    board.handlers.update({1: [ring, log], 2: [log]})
    return Kind(board, {"1": ["ring", "log"], "2": ["log"]}, "1", ["ring", "log"])


@dataclass
class Telegram:
    code: int
    text: str = ""


@kind
def numbers_in_a_field_of_the_event() -> Kind:
    class Office:
        def __init__(self) -> None:
            self.by_code: dict[int, list[Any]] = defaultdict(list)

        def post(self, telegram: Telegram) -> None:
            for clerk in self.by_code[telegram.code]:
                clerk(telegram)

    def read_out(telegram: Telegram) -> None:
        tick(f"read {telegram.code}")

    def file(telegram: Telegram) -> None:
        tick(f"file {telegram.code}")

    office = Office()
    office.by_code.update({7: [read_out], 8: [read_out, file]})
    return Kind(office, {"7": ["read_out"], "8": ["read_out", "file"]}, "8", ["read 8", "file 8"])


@kind
def numbers_of_an_enum() -> Kind:
    class Gauge:
        def __init__(self) -> None:
            self.watching: dict[Codes, Any] = {}

        def emit(self, code: Codes, level: int) -> None:
            self.watching[code](code, level)

    def drain(code: Codes, level: int) -> None:
        tick(f"drain at {level}")

    def fill(code: Codes, level: int) -> None:
        tick("fill")

    gauge = Gauge()
    gauge.watching.update({Codes.FULL: drain, Codes.EMPTY: fill})
    heard = {"FULL": ["drain"], "EMPTY": ["fill"]}
    return Kind(gauge, heard, "FULL", ["drain at 9"], values={"level": 9})


@kind
def numbers_that_are_priorities() -> Kind:
    class Ranked:
        def __init__(self) -> None:
            self.handlers: dict[int, list[Any]] = {}

        def publish(self, event: Any) -> None:
            for rank in sorted(self.handlers):
                for handler in self.handlers[rank]:
                    handler(event)

    def late(event: ShipDocked) -> None:
        tick("late")

    def early(event: ShipDocked) -> None:
        tick("early")

    bus = Ranked()
    bus.handlers.update({20: [late], 10: [early]})
    return Kind(bus, {"ShipDocked": ["early", "late"]}, "ShipDocked", ["early", "late"])


@kind
def numbers_that_only_end_a_subscription() -> Kind:
    class Numbered:
        def __init__(self) -> None:
            self.table: dict[Any, dict[int, Any]] = defaultdict(dict)

        def publish(self, topic: Any, **data: Any) -> None:
            for handler in list(self.table[topic].values()):
                handler(**data)

    def drain() -> None:
        tick("drain")

    def fill() -> None:
        tick("fill")

    bus = Numbered()
    bus.table[Codes.FULL].update({1: drain, 3: fill})
    bus.table[Codes.EMPTY][2] = fill
    return Kind(bus, {"FULL": ["drain", "fill"], "EMPTY": ["fill"]}, "FULL", ["drain", "fill"])


@kind
def a_queue_of_handler_and_event() -> Kind:
    class Pool:
        def __init__(self) -> None:
            self.routes: dict[type, list[Any]] = {}
            self.inbox: deque[Any] = deque()

        def send(self, event: Any) -> None:
            for handler in self.routes.get(type(event), []):
                self.inbox.append((handler, event))

        def work(self) -> None:
            while self.inbox:
                handler, event = self.inbox.popleft()
                handler(event)

    pool = Pool()
    pool.routes[ShipDocked] = [greet]
    return Kind(pool, {"ShipDocked": ["greet"]}, "ShipDocked", ["greet"])


# --- behind a facade --------------------------------------------------------------------------------------------------


class Channel:
    def __init__(self, *listeners: Any) -> None:
        self.listeners = list(listeners)

    def emit(self, event: Any) -> None:
        for listener in self.listeners:
            listener(event)


class Switch:
    def __init__(self) -> None:
        self.channels: dict[type, Channel] = {}

    def publish(self, event: Any) -> None:
        channel = self.channels.get(type(event))
        if channel:
            channel.emit(event)


class Facade:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def publish(self, event: Any) -> None:
        self._switch.publish(event)


def welcome(event: Any) -> None:
    tick("welcome")


@kind
def channels_behind_a_facade() -> Kind:
    switch = Switch()
    switch.channels.update({ShipDocked: Channel(welcome, greet), ShipSighted: Channel(greet)})
    heard = {"ShipDocked": ["welcome", "greet"], "ShipSighted": ["greet"]}
    return Kind(Facade(switch), heard, "ShipDocked", ["welcome", "greet"])


@kind
def groups_of_objects_by_class() -> Kind:
    class Group:
        def __init__(self, *members: Any) -> None:
            self.members = set(members)

        def tell_all(self, fact: Any) -> None:
            [member.hear(fact) for member in tuple(self.members)]

    class Square:
        def __init__(self) -> None:
            self.groups: dict[type, Group] = {TideTurned: Group(Buoy(), Pier()), LampLit: Group()}

        def shout(self, fact: Any) -> None:
            self.groups[type(fact)].tell_all(fact)

    heard = {"TideTurned": ["Buoy.hear", "Pier.hear"], "LampLit": []}
    return Kind(Square(), heard, "TideTurned", ["Buoy", "Pier"])


class Accountant:
    """A handler in its own right, which has hooks."""

    def __init__(self) -> None:
        self.hooks: list[Any] = []
        self.sum = 0

    def emit(self, event: Any) -> None:
        tick("Accountant")
        self.sum += 1
        for hook in self.hooks:
            hook(event)


@kind
def handlers_with_hooks_of_their_own() -> Kind:
    switch = Switch()
    accountant: Any = Accountant()
    switch.channels[ShipDocked] = accountant
    return Kind(Facade(switch), {"ShipDocked": ["Accountant.emit"]}, "ShipDocked", ["Accountant"])


# --- who is asked for by the sender -----------------------------------------------------------------------------------


class Flare:
    def __init__(self) -> None:
        self.name = "flare"
        self.receivers: list[tuple[Any, Any]] = []

    def send(self, sender: Any = None, **said: Any) -> None:
        for reference, wanted in self.receivers:
            receiver = reference()
            if receiver is not None and (wanted is None or wanted is sender):
                receiver(sender, **said)


def answer(sender: Any, **said: Any) -> None:
    tick("answer")


def answer_ship(sender: Any, **said: Any) -> None:
    tick("answer ship")


@kind
def receivers_with_their_sender() -> Kind:
    flare = Flare()
    flare.receivers += [(weakref.ref(answer), None), (weakref.ref(answer_ship), ShipDocked)]
    return Kind(flare, {"flare": ["answer", "answer_ship"]}, "flare", ["answer"])


@kind
def connections_with_their_sender() -> Kind:
    @dataclass
    class Link:
        receiver: Any
        source: Any = None

    class Horn:
        def __init__(self) -> None:
            self.name = "horn"
            self.links: list[Link] = []

        def send(self, sender: Any, **said: Any) -> None:
            for link in self.links:
                if link.source in (None, sender):
                    link.receiver(sender, **said)

    horn = Horn()
    horn.links += [Link(answer), Link(answer_ship, ShipDocked)]
    return Kind(horn, {"horn": ["answer", "answer_ship"]}, "horn", ["answer"])


# --- where only what is published says which events there are ---------------------------------------------------------


class Goal:
    def __init__(self, points: int = 1) -> None:
        self.points = points


class Scoreboard:
    def update(self, event) -> None:  # type: ignore[no-untyped-def]
        tick("Scoreboard")


class Match:
    def __init__(self) -> None:
        self.observers: Any = weakref.WeakSet()

    def notify_observers(self, event) -> None:  # type: ignore[no-untyped-def]
        for observer in self.observers:
            observer.update(event)


def play(match: Match) -> None:
    match.notify_observers(Goal(2))


@kind
def observers_that_say_nothing_in_a_weak_set() -> Kind:
    match = Match()
    boards = [Scoreboard(), Scoreboard()]
    for board in boards:
        match.observers.add(board)
    match.boards = boards  # type: ignore[attr-defined]
    return Kind(match, {"Goal": ["Scoreboard.update", "Scoreboard.update"]}, "Goal", ["Scoreboard", "Scoreboard"])


# --- handlers that each class of a bus has, and those above it ------------------------------------------------------


def enter(_bus: Any, fact: ShipSighted) -> None:
    tick(f"enter {fact.ship}")


def hoist(_bus: Any, fact: ShipSighted) -> None:
    tick(f"hoist {fact.ship}")


def _of_classes() -> tuple[Any, Any]:
    class Station:
        routes: dict[Any, Any] = {ShipSighted: [enter]}

    return Station, {ShipSighted: [hoist]}


INHERITED = {"ShipSighted": ["hoist", "enter"]}


@kind
def attributes_of_all_classes_of_a_bus() -> Kind:
    station, own = _of_classes()

    class Beacon(station):  # type: ignore[misc,valid-type]
        routes = own

        def signal(self, fact: Any) -> None:
            for cls in type(self).__mro__:
                for handler in vars(cls).get("routes", {}).get(type(fact), ()):
                    handler(self, fact)

    return Kind(Beacon(), INHERITED, "ShipSighted", ["hoist Ida", "enter Ida"])


@kind
def attributes_of_all_classes_from_above() -> Kind:
    station, own = _of_classes()

    class Beacon(station):  # type: ignore[misc,valid-type]
        routes = own

        def signal(self, fact: Any) -> None:
            for cls in reversed(self.__class__.__mro__):
                if "routes" in cls.__dict__:
                    for handler in cls.__dict__["routes"].get(type(fact), ()):
                        handler(self, fact)

    return Kind(Beacon(), INHERITED, "ShipSighted", ["enter Ida", "hoist Ida"])


@kind
def attributes_of_all_classes_by_inspect() -> Kind:
    station, own = _of_classes()

    class Beacon(station):  # type: ignore[misc,valid-type]
        routes = own

        def signal(self, fact: Any) -> None:
            for cls in inspect.getmro(type(self)):
                self._hand(getattr(cls, "routes", {}) if "routes" in vars(cls) else {}, fact)

        def _hand(self, routes: Any, fact: Any) -> None:
            for handler in routes.get(type(fact), ()):
                handler(self, fact)

    return Kind(Beacon(), INHERITED, "ShipSighted", ["hoist Ida", "enter Ida"])


# --- handlers that the program keeps beside its bus ----------------------------------------------------------------


class Listening:
    heard: dict[Any, list[Any]] = {}

    def __init_subclass__(cls, *, to: Any = None, **more: Any) -> None:
        super().__init_subclass__(**more)
        if to is not None:
            Listening.heard.setdefault(to, []).append(cls)


class Lookout(Listening, to=ShipSighted):
    def __call__(self, fact: ShipSighted) -> None:
        tick(f"Lookout {fact.ship}")


class Pilot(Listening, to=ShipDocked):
    def __call__(self, fact: ShipDocked) -> None:
        tick(f"Pilot {fact.ship}")


@kind
def classes_that_enter_themselves_elsewhere() -> Kind:
    class Mast:
        def show(self, fact: Any) -> None:
            for listening in Listening.heard.get(fact.__class__, ()):
                listening()(fact)

    heard = {"ShipSighted": ["Lookout.__call__"], "ShipDocked": ["Pilot.__call__"]}
    return Kind(Mast(), heard, "ShipSighted", ["Lookout Ida"])


def berth(fact: ShipDocked) -> None:
    tick(f"berth {fact.ship}")


BERTHS: dict[Any, list[Any]] = {ShipDocked: [berth]}


@kind
def a_global_of_the_module() -> Kind:
    class Quay:
        async def moor(self, fact: Any) -> None:
            for handler in BERTHS[type(fact)]:
                handler(fact)

    return Kind(Quay(), {"ShipDocked": ["berth"]}, "ShipDocked", ["berth Ida"])


class Register:
    def __init__(self) -> None:
        self.by_name: dict[str, list[Any]] = {"ShipDocked": [berth]}


REGISTER = Register()


@kind
def a_global_object_that_holds_them() -> Kind:
    class Office:
        def note(self, fact: Any) -> None:
            for handler in REGISTER.by_name.get(type(fact).__name__, []):
                handler(fact)

    return Kind(Office(), {"ShipDocked": ["berth"]}, "ShipDocked", ["berth Ida"])


# --- buses that hand on to others of their class ---------------------------------------------------------------------


def moor(fact: ShipDocked) -> None:
    tick(f"moor {fact.ship}")


def ring(fact: ShipDocked) -> None:
    tick(f"ring {fact.ship}")


class Level:
    def __init__(self, above: Any = None) -> None:
        self.above = above
        self.ears: dict[Any, list[Any]] = {}

    def tell(self, fact: Any) -> None:
        for ear in self.ears.get(type(fact), ()):
            ear(fact)
        if self.above is not None:
            self.above.tell(fact)


@kind
def buses_above_a_bus() -> Kind:
    top = Level()
    below = Level(Level(top))
    below.ears[ShipDocked], top.ears[ShipDocked], below.above.ears[ShipDocked] = [berth], [ring], [moor]
    ran = ["berth Ida", "moor Ida", "ring Ida"]
    return Kind(below, {"ShipDocked": ["berth", "moor", "ring"]}, "ShipDocked", ran)


@kind
def a_bus_behind_a_bus() -> Kind:
    class Relay:
        def __init__(self, then: Any = None) -> None:
            self.then = then
            self.wired: list[Any] = []

        async def pulse(self, fact: Any) -> None:
            if self.then:
                await self.then.pulse(fact)
            for wire in self.wired:
                wire(fact)

    relay = Relay(Relay())
    relay.wired, relay.then.wired = [moor], [ring]
    return Kind(relay, {"ShipDocked": ["moor", "ring"]}, "ShipDocked", ["ring Ida", "moor Ida"])


@kind
def two_buses_that_know_each_other() -> Kind:
    class Twin:
        def __init__(self) -> None:
            self.other: Any = None
            self.ropes: dict[Any, list[Any]] = {}

        def pull(self, fact: Any, *, once: bool = False) -> None:
            for rope in self.ropes.get(type(fact), ()):
                rope(fact)
            if self.other is not None and not once:
                self.other.pull(fact, once=True)

    left, right = Twin(), Twin()
    left.other, right.other = right, left
    left.ropes[ShipDocked], right.ropes[ShipDocked] = [moor], [ring]
    return Kind(left, {"ShipDocked": ["moor", "ring"]}, "ShipDocked", ["moor Ida", "ring Ida"])


# --- topics in trees, named handlers, generators, reducers, operators -------------------------------------------------


@kind
def topics_in_nested_dicts() -> Kind:
    class Beacon:
        def __init__(self) -> None:
            self.root: dict[str, Any] = {}

        def hear(self, pattern: str, ear: Any) -> None:
            branch = self.root
            for part in pattern.split("/"):
                branch = branch.setdefault(part, {})
            branch.setdefault("_ears", []).append(ear)

        def _ears(self, branch: dict[str, Any], parts: list[str]) -> Iterator[Any]:
            if not parts:
                yield from branch.get("_ears", ())
                return
            for key in (parts[0], "+"):
                if key in branch:
                    yield from self._ears(branch[key], parts[1:])
            yield from branch.get("#", {}).get("_ears", ())

        def publish(self, topic: str, payload: Any) -> None:
            for ear in self._ears(self.root, topic.split("/")):
                ear(topic, payload)

    bus = Beacon()
    for pattern, name in (
        ("sea/north/fog", "fog"),
        ("sea/+/fog", "any fog"),
        ("sea/#", "sea"),
        ("sea/south/fog", "no"),
    ):
        bus.hear(pattern, functools.partial(shout, name))
    heard = ["shout (partial)", "shout (partial) #2", "shout (partial) #3"]
    return Kind(
        bus,
        {"sea/north/fog": heard},
        "sea/north/fog",
        ["fog sea/north/fog", "any fog sea/north/fog", "sea sea/north/fog"],
    )


def shout(name: str, topic: str, payload: Any) -> None:
    tick(f"{name} {topic}")


@kind
def topics_in_nodes() -> Kind:
    class Branch:
        __slots__ = ("below", "ears")

        def __init__(self) -> None:
            self.below: dict[str, Branch] = {}
            self.ears: list[Any] = []

    class Oak:
        def __init__(self) -> None:
            self.trunk = Branch()

        def hear(self, pattern: str, ear: Any) -> None:
            branch = self.trunk
            for part in pattern.split("."):
                branch = branch.below.setdefault(part, Branch())
            branch.ears.append(ear)

        def publish(self, topic: str, payload: Any = None) -> None:
            waiting = [(self.trunk, topic.split("."))]
            while waiting:
                branch, parts = waiting.pop()
                if not parts:
                    for ear in branch.ears:
                        ear(topic, payload)
                else:
                    waiting += [(branch.below[key], parts[1:]) for key in ("*", parts[0]) if key in branch.below]

    bus = Oak()
    bus.hear("ship.ida.docked", berth_of)
    bus.hear("ship.*.docked", moor_of)
    bus.hear("ship.eva.docked", berth_of)
    return Kind(
        bus,
        {"ship.ida.docked": ["berth_of", "moor_of"]},
        "ship.ida.docked",
        ["berth ship.ida.docked", "moor ship.ida.docked"],
    )


def berth_of(topic: str, payload: Any) -> None:
    tick(f"berth {topic}")


def moor_of(topic: str, payload: Any) -> None:
    tick(f"moor {topic}")


def cargo(state: Any, action: dict[str, Any]) -> Any:
    tick(f"cargo {action['type']}")
    if action["type"] == "loaded":
        return [*(state or ()), action["crate"]]
    return [] if action["type"] in ("unloaded", "lost") else state


def weight(state: Any, action: dict[str, Any]) -> Any:
    tick("weight")
    match action:
        case {"type": "loaded" | "weighed"}:
            return (state or 0) + 1
    return state


def redraw() -> None:
    tick("redraw")


@kind
def reducers_by_slice() -> Kind:
    class Store:
        def __init__(self, **slices: Any) -> None:
            self.slices, self.state, self.watchers = slices, dict[str, Any](), [redraw]

        def dispatch(self, action: dict[str, Any]) -> None:
            for name, reduce in self.slices.items():
                self.state[name] = reduce(self.state.get(name), action)
            for watcher in self.watchers:
                watcher()

    heard = ["cargo", "redraw", "weight"]
    events = dict.fromkeys(("loaded", "unloaded", "lost", "weighed"), heard)
    ran = ["cargo loaded", "redraw", "weight"]
    return Kind(Store(cargo=cargo, weight=weight), events, "loaded", ran, values={"crate": "c1"})


@kind
def reducers_in_a_new_state() -> Kind:
    class Vessel:
        def __init__(self) -> None:
            self._slices = {"cargo": cargo, "weight": weight}
            self._state: dict[str, Any] = {}

        def dispatch(self, action: dict[str, Any]) -> None:
            self._state = {name: reduce(self._state.get(name), action) for name, reduce in self._slices.items()}

    return Kind(Vessel(), {"unloaded": ["cargo", "weight"]}, "unloaded", ["cargo unloaded", "weight"])


def logging_buoy(name: str) -> Any:
    while True:
        fact = yield
        tick(f"{name} {fact.ship}")


def started_buoy(name: str) -> Any:
    buoy: Any = logging_buoy(name)
    next(buoy)
    return buoy


@kind
def started_generators() -> Kind:
    class Current:
        def __init__(self, *buoys: Any) -> None:
            self.buoys = list(buoys)

        def publish(self, fact: ShipDocked) -> None:
            for buoy in self.buoys:
                buoy.send(fact)

    bus = Current(started_buoy("red"), started_buoy("green"))
    return Kind(bus, {}, problems=["Its handlers accept every event and do not name any."])


@kind
def started_generators_by_class() -> Kind:
    class Stream:
        def __init__(self) -> None:
            self.buoys: dict[Any, list[Any]] = {ShipDocked: [started_buoy("red"), started_buoy("green")]}

        def publish(self, fact: Any) -> None:
            for buoy in self.buoys.get(type(fact), ()):
                buoy.send(fact)

    heard = {"ShipDocked": ["logging_buoy", "logging_buoy #2"]}
    return Kind(Stream(), heard, "ShipDocked", ["red Ida", "green Ida"])


@kind
def the_operator_of_a_bus() -> Kind:
    class Pipe:
        def __init__(self) -> None:
            self.taps: dict[Any, list[Any]] = {ShipDocked: [moor]}

        def __lshift__(self, fact: Any) -> Pipe:
            for tap in self.taps.get(type(fact), ()):
                tap(fact)
            return self

    return Kind(Pipe(), {"ShipDocked": ["moor"]}, "ShipDocked", ["moor Ida"])


@kind
def the_operator_of_an_event() -> Kind:
    class Basin:
        def __init__(self) -> None:
            self.drains: list[Any] = []

        def __matmul__(self, drain: Any) -> Basin:
            self.drains.append(drain)
            return self

        def __rrshift__(self, fact: ShipDocked) -> ShipDocked:
            for drain in self.drains:
                drain(fact)
            return fact

    return Kind(Basin() @ moor @ ring, {"ShipDocked": ["moor", "ring"]}, "ShipDocked", ["moor Ida", "ring Ida"])


def dry_dock(fact: ShipDocked) -> None:
    tick(f"dry {fact.ship}")


#: On Python 3.11 nobody can stand for a text.
ONLY_READ = (
    []
    if MONITOR.available
    else ["Handlers in roads are named by text: they are recorded on Python 3.12 and newer only."]
)


@kind
def handlers_by_import_path() -> Kind:
    class Chart:
        roads: ClassVar[dict[str, list[str]]] = {
            "ShipDocked": [f"{__name__}.dry_dock", f"{__name__}:berth", "a.chart:lost"],
        }

        def publish(self, fact: Any) -> None:
            for path in self.roads.get(type(fact).__name__, ()):
                module, _, name = path.replace(":", ".").rpartition(".")
                getattr(importlib.import_module(module), name)(fact)

    lost = "roads names a.chart:lost, which is not loaded: its handler is unknown until the program imports it."
    return Kind(Chart(), {"ShipDocked": ["berth", "dry_dock"]}, problems=[lost, *ONLY_READ])


@kind
def handlers_by_entry_point() -> Kind:
    class Chart:
        def __init__(self) -> None:
            self.roads = {ShipDocked: [EntryPoint("dry", f"{__name__}:dry_dock", "docks")]}

        def publish(self, fact: Any) -> None:
            for road in self.roads.get(type(fact), ()):
                road.load()(fact)

    return Kind(Chart(), {"ShipDocked": ["dry_dock"]}, problems=ONLY_READ)


@kind
def handlers_by_the_name_of_a_method() -> Kind:
    class Pilot:
        roads: ClassVar[dict[str, list[str]]] = {"docked": ["on_docked", "log"], "left": ["log"]}

        def publish(self, name: str, payload: Any = None) -> None:
            for method in self.roads.get(name, ()):
                getattr(self, method)(payload)

        def on_docked(self, payload: Any) -> None:
            tick("on_docked")

        def log(self, payload: Any) -> None:
            tick("log")

    return Kind(Pilot(), {"docked": ["Pilot.log", "Pilot.on_docked"], "left": ["Pilot.log"]}, problems=ONLY_READ)


# --- the nearest class, regular expressions, factories, records of several, heaps, with -------------------------------


class ShipRamming(ShipDocked):
    pass


@kind
def the_nearest_base_and_no_other() -> Kind:
    class Lock:
        def __init__(self) -> None:
            self.gates: dict[type[Any], Any] = {ShipDocked: moor, ShipRamming: ring, ShipSighted: greet}

        def publish(self, fact: Any) -> None:
            for base in type(fact).__mro__:
                if base in self.gates:
                    self.gates[base](fact)
                    return

    return Kind(Lock(), {"ShipRamming": ["ring"], "ShipDocked": ["moor"]}, "ShipRamming", ["ring Ida"])


@kind
def the_first_base_that_next_finds() -> Kind:
    class Lock:
        def __init__(self) -> None:
            self.gates: dict[type[Any], list[Any]] = {ShipDocked: [moor], ShipRamming: [ring, berth]}

        def publish(self, fact: Any) -> None:
            for gate in next((self.gates[base] for base in type(fact).mro() if base in self.gates), ()):
                gate(fact)

    return Kind(Lock(), {"ShipRamming": ["berth", "ring"]}, "ShipRamming", ["ring Ida", "berth Ida"])


@kind
def names_by_regular_expression() -> Kind:
    class Radio:
        def __init__(self) -> None:
            self.rules = {re.compile(r"ship\.\d+\.docked"): [berth_of], re.compile(r"ship"): [moor_of]}

        def publish(self, topic: str, payload: Any = None) -> None:
            for rule, ears in self.rules.items():
                if rule.fullmatch(topic):
                    for ear in ears:
                        ear(topic, payload)

    return Kind(Radio(), {}, "ship.7.docked", ["berth ship.7.docked"])


@kind
def names_by_regular_expression_in_pairs() -> Kind:
    class Radio:
        def __init__(self) -> None:
            self.rules = [(re.compile(r"docked$"), berth_of), (re.compile(r"left$"), moor_of)]

        def send(self, topic: str, **payload: Any) -> None:
            for rule, ear in self.rules:
                if rule.search(topic):
                    ear(topic, payload)

    return Kind(Radio(), {}, "ship.docked", ["berth ship.docked"])


class Crane:
    def __init__(self, weight: int) -> None:
        self.weight = weight

    def __call__(self, fact: ShipDocked) -> None:
        tick(f"crane {fact.ship} {self.weight}")


@kind
def handlers_made_by_a_container() -> Kind:
    class Depot:
        def __init__(self) -> None:
            self.recipes: dict[Any, Any] = {int: lambda depot: 7, Crane: lambda depot: Crane(depot.make(int))}

        def make(self, kind: Any) -> Any:
            return self.recipes[kind](self)

    class Yard:
        def __init__(self, depot: Depot) -> None:
            self.depot = depot
            self.orders = {ShipDocked: [Crane]}

        def publish(self, fact: Any) -> None:
            for kind in self.orders[type(fact)]:
                crane = self.depot.make(kind)
                crane(fact)

    one = Kind(Yard(Depot()), {"ShipDocked": ["Crane.__call__"]})
    if MONITOR.available:  # on Python 3.11 nobody stands for what something else makes
        one.event, one.ran = "ShipDocked", ["crane Ida 7"]
    return one


@dataclass
class Rule:
    fact: Any
    steps: list[Any]


@kind
def records_of_several_handlers() -> Kind:
    class Book:
        def __init__(self) -> None:
            self.rules = [Rule(ShipDocked, [moor, ring]), Rule(ShipSighted, [greet])]

        def publish(self, fact: Any) -> None:
            for rule in self.rules:
                if rule.fact is type(fact):
                    for step in rule.steps:
                        step(fact)

    return Kind(Book(), {"ShipDocked": ["moor", "ring"]}, "ShipDocked", ["moor Ida", "ring Ida"])


@kind
def topics_with_their_listeners() -> Kind:
    class Line:
        def __init__(self, *ears: Any) -> None:
            self.ears, self.count = set(ears), 0

    class Exchange:
        def __init__(self) -> None:
            self.lines = {"docked": Line(berth_of), "left": Line(moor_of)}

        def publish(self, topic: str, payload: Any = None) -> None:
            line = self.lines[topic]
            for ear in line.ears:
                ear(topic, payload)

    return Kind(Exchange(), {"docked": ["berth_of"], "left": ["moor_of"]}, "docked", ["berth docked"])


@kind
def a_heap_that_is_worked_off() -> Kind:
    class Agenda:
        def __init__(self) -> None:
            self.handlers = {ShipDocked: [moor]}
            self.heap: list[Any] = []

        def publish(self, fact: Any, delay: int = 0) -> None:
            heapq.heappush(self.heap, (delay, id(fact), fact))

        def work_off(self) -> None:
            while self.heap:
                _, _, fact = heapq.heappop(self.heap)
                for handler in self.handlers[type(fact)]:
                    handler(fact)

    return Kind(Agenda(), {"ShipDocked": ["moor"]}, "ShipDocked", ["moor Ida"])


@kind
def a_context_manager_that_publishes() -> Kind:
    class Bridge:
        def __init__(self) -> None:
            self.handlers = {ShipDocked: [moor]}

        @contextlib.contextmanager
        def publishing(self, fact: Any) -> Iterator[None]:
            yield
            for handler in self.handlers[type(fact)]:
                handler(fact)

    problem = "publishing is a context manager: handlers run when its with statement begins or ends."
    return Kind(Bridge(), {"ShipDocked": ["moor"]}, "ShipDocked", ["moor Ida"], [problem])


@kind
def an_asynchronous_context_manager_that_publishes() -> Kind:
    class Bridge:
        def __init__(self) -> None:
            self.handlers = {ShipDocked: [moor, ring]}

        @contextlib.asynccontextmanager
        async def publishing(self, fact: Any) -> AsyncIterator[None]:
            for handler in self.handlers[type(fact)]:
                handler(fact)
            yield

    problem = "publishing is a context manager: handlers run when its with statement begins or ends."
    return Kind(Bridge(), {"ShipDocked": ["moor", "ring"]}, "ShipDocked", ["moor Ida", "ring Ida"], [problem])


@kind
def connections_that_get_every_message() -> Kind:
    class Link:
        def __init__(self, name: str) -> None:
            self.name = name

        def send(self, message: Any) -> None:
            tick(f"{self.name} {message['type']}")

    class Hub:
        def __init__(self, *links: Link) -> None:
            self.links = list(links)

        def broadcast_to_links(self, message: Any) -> None:
            for link in self.links:
                link.send(message)

    hub = Hub(Link("ann"), Link("bob"))
    return Kind(
        hub, {"joined": ["Link.send", "Link.send"]}, "joined", ["ann joined", "bob joined"], values={"who": "c"}
    )


def join_somebody(hub: Any) -> None:
    hub.broadcast_to_links({"type": "joined", "who": "cid"})
