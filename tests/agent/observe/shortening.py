"""Runs programs while they are observed, in the short ways or without them, and says what was recorded.

Usage: python -I shortening.py FOLDER-OF-THE-PACKAGE short|long
Prints as JSON the records of each program, without what is another each time, and how often the long way was taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import importlib
import inspect
import json
import random
import re
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from watching import module_at

#: How many programs are made up, and how often each of them publishes.
MADE_UP = 20
STEADY = 24
ROUNDS = 8
#: Texts that are others in each run: ids, addresses, lines of this file below which nothing is.
_OTHER_EACH_TIME = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|\"ago\": ?\d+")


#: Everything that was made: what came later at the place in memory of something gone would look like it.
KEPT: list[Any] = []


def kept(value: Any) -> Any:
    KEPT.append(value)
    return value


@dataclass
class Sailed:
    ship: str = "Ida"
    crew: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Anchored:
    depth: int = 3


class Gathering:
    """Calls its handlers at once; takes what surrounds a publish."""

    def __init__(self) -> None:
        self.handlers: dict[Any, list[Any]] = {Sailed: [], Anchored: []}

    async def publish(self, event: Any, session: Any = None, metadata: Any = None) -> None:
        handlers = self.handlers.get(type(event), [])
        await asyncio.gather(*(in_turn(handler, event) for handler in handlers), return_exceptions=True)


class Plain(Gathering):
    """One after another; a handler that raises keeps the event from the others."""

    def publish(self, event: Any) -> None:
        for handler in tuple(self.handlers.get(type(event), ())):
            handler(event)


class Trying(Gathering):
    """Calls a handler that has failed once more."""

    async def publish(self, event: Any) -> None:
        for handler in tuple(self.handlers.get(type(event), ())):
            for _ in range(2):
                try:
                    await in_turn(handler, event)
                except LookupError:
                    continue
                break


class Tasking(Gathering):
    """Leaves its handlers to tasks of their own."""

    def publish(self, event: Any) -> None:
        self.tasks = [asyncio.ensure_future(in_turn(handler, event)) for handler in self.handlers.get(type(event), ())]


async def in_turn(handler: Any, event: Any) -> None:
    result = handler(event)
    if inspect.isawaitable(result):
        await result


class Ship:
    def __init__(self, bus: Any) -> None:
        self.bus = bus

    def steer(self, event: Any) -> None:
        return None

    async def wait(self, event: Any) -> None:
        await asyncio.sleep(0)


def handlers_of(bus: Any, chance: random.Random) -> list[Any]:
    """Return handlers of all kinds; each call makes new ones."""

    def quiet(event: Any) -> None:
        return None

    async def at_once(event: Any) -> None:
        return None

    async def waits(event: Any) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def fails(event: Any) -> None:
        raise LookupError("aground")

    async def fails_later(event: Any) -> None:
        await asyncio.sleep(0)
        raise LookupError("aground")

    def says_no(event: Any) -> bool:
        return False

    async def swallows(event: Any) -> None:
        try:
            raise ValueError("a wave")
        except Exception:
            pass

    async def publishes(event: Any) -> None:
        if type(event) is Sailed:
            await in_turn(bus.publish, kept(Anchored(7)))

    async def publishes_again(event: Any) -> None:
        if type(event) is Sailed and len(event.crew) < 2:
            event.crew.append("Ada")
            await in_turn(bus.publish, event)

    def calls_another(event: Any) -> None:
        quiet(event)
        quiet(kept(Anchored(9)))

    def calls_itself(event: Any, deeper: int = 2) -> None:
        if deeper:
            calls_itself(event, deeper - 1)

    async def subscribes(event: Any) -> None:
        if len(bus.handlers[type(event)]) < 9:
            bus.handlers[type(event)].append(kept(lambda event: None))

    def leaves(event: Any) -> None:
        with contextlib.suppress(ValueError):
            bus.handlers[type(event)].remove(leaves)

    async def is_cancelled(event: Any) -> None:
        task = asyncio.current_task()
        if task is not None and type(bus) is Gathering:
            task.cancel()
            await asyncio.sleep(0)

    def gives_more(event: Any) -> Any:
        return at_once(event)

    async def outlives(event: Any) -> None:
        bus.later = asyncio.ensure_future(waits(event))

    def in_thread(event: Any) -> None:
        thread = threading.Thread(target=quiet, args=(event,))
        thread.start()
        thread.join()

    class Called:
        def __call__(self, event: Any) -> None:
            return None

    def closure(number: int) -> Any:
        def inner(event: Any) -> int | None:
            return None if number else number

        return inner

    every = [
        *(quiet, at_once, waits, fails, fails_later, says_no, swallows, publishes, publishes_again, calls_another),
        *(calls_itself, subscribes, leaves, is_cancelled, gives_more, outlives, in_thread, Called(), closure(1)),
        *(closure(0), Ship(bus).steer, Ship(bus).steer, Ship(bus).wait, quiet, at_once),
    ]
    return chance.sample(kept(every), chance.randrange(1, 7))


async def made_up(bus: Any, chance: random.Random) -> None:
    """Publish in many ways, and change what is subscribed in between."""
    same = Sailed()
    for _ in range(ROUNDS):
        event = kept(chance.choice([Sailed("Ada"), Sailed(), Anchored(), same, same]))
        way = chance.randrange(8)
        if way == 0:
            bus.handlers[type(event)] = handlers_of(bus, chance)
        elif way == 1 and bus.handlers[type(event)]:
            bus.handlers[type(event)][-1] = handlers_of(bus, chance)[0]
        elif way == 2:
            bus.handlers = {Sailed: handlers_of(bus, chance), Anchored: handlers_of(bus, chance)}
        elif way == 3:
            bus.handlers = {**bus.handlers, "*": handlers_of(bus, chance)}
        elif way == 4:
            await asyncio.gather(*(publish(bus, item) for item in (event, event, kept(Anchored()))))
        elif way == 5:
            thread = threading.Thread(target=asyncio.run, args=(publish(bus, kept(Anchored(1))),))
            thread.start()
            thread.join()
        elif way == 6 and type(bus) is Gathering:
            await bus.publish(event, metadata={"path": "/sail"}, session=chance.choice([None, "a session"]))
        await publish(bus, event)
        for _ in range(6):
            await asyncio.sleep(0)


async def publish(bus: Any, event: Any) -> None:
    with contextlib.suppress(LookupError, asyncio.CancelledError):
        await in_turn(bus.publish, event)


#: The bus that the handlers below belong to, and how often it has published.
AT: dict[str, Any] = {}


def rests(event: Any) -> None:
    return None


async def rests_later(event: Any) -> None:
    return None


async def waits_in_turn(event: Any) -> None:
    await asyncio.sleep(0)


def calls_itself_deeper(event: Any, deeper: int = 3) -> None:
    if deeper:
        calls_itself_deeper(event, deeper - 1)


def raises_at_times(event: Any) -> None:
    if AT["round"] % 3 == 2:
        raise LookupError("aground")


def answers_at_times(event: Any) -> Any:
    return AT["round"] % 3 == 1 or None


async def swallows_at_times(event: Any) -> None:
    if AT["round"] % 2:
        try:
            raise ValueError("a wave")
        except Exception:
            pass


def handles_narrowly(event: Any) -> None:
    with contextlib.suppress(KeyError):
        {}["port"]
    try:
        int("no number")
    except ValueError:
        AT["caught"] = event


async def publishes_at_times(event: Any) -> None:
    if type(event) is Sailed and AT["round"] % 2:
        await in_turn(AT["bus"].publish, kept(Anchored(7)))


async def again_in_a_task(event: Any) -> None:
    if type(event) is Sailed and AT["round"] % 3 == 1:
        AT["later"] = asyncio.ensure_future(again_in_a_task(kept(Anchored(5))))


def again_in_a_thread(event: Any) -> None:
    if type(event) is Sailed and AT["round"] % 3 == 0:
        thread = threading.Thread(target=contextvars.copy_context().run, args=(again_in_a_thread, kept(Anchored(6))))
        thread.start()
        thread.join()


def steps_another(event: Any) -> None:
    if AT["round"] % 2:
        AT["stepped"] = coroutine = waits_in_turn(event)
        coroutine.send(None)


def ends_what_was_stepped(event: Any) -> None:
    coroutine = AT.pop("stepped", None)
    if coroutine is not None:
        with contextlib.suppress(StopIteration):
            coroutine.send(None)


def other_at_times(event: Any) -> None:
    if AT["round"] % 4 == 3:
        rests(kept(Anchored(8)))


def steps_a_generator(event: Any) -> None:
    AT["numbers"] = numbers = generates(event)
    next(numbers)


def generates(event: Any) -> Any:
    yield 1
    yield 2


async def cancels_itself(event: Any) -> None:
    task = asyncio.current_task()
    if task is not None and type(AT["bus"]) is Gathering and AT["round"] % 2:
        task.cancel()
        await asyncio.sleep(0)


PLAIN = [
    *(rests, rests_later, waits_in_turn, calls_itself_deeper, raises_at_times, answers_at_times, swallows_at_times),
    *(handles_narrowly, publishes_at_times, again_in_a_task, again_in_a_thread, steps_another, ends_what_was_stepped),
    *(other_at_times, steps_a_generator, cancels_itself, generates),
]


def steady(number: int) -> Any:
    """Return a bus whose handlers are functions and stay, and what publishes to it."""
    chance = random.Random(number)
    bus = kept([Gathering, Plain, Trying, Tasking][number % 4]())
    for kind in (Sailed, Anchored):
        bus.handlers[kind] = chance.sample(PLAIN, chance.randrange(2, 8))

    async def run() -> None:
        AT["bus"] = bus
        for AT["round"] in range(8):
            events = [kept(Sailed()), kept(Anchored(AT["round"]))]
            if chance.randrange(4) == 0:
                await asyncio.gather(*(publish(bus, event) for event in events))
            else:
                await publish(bus, events[0])
                await publish(bus, events[1])
            for _ in range(6):
                await asyncio.sleep(0)

    return bus, run


#: Whose code runs where a bus has asked: keys of handlers, and of none.
WHOSE: list[str] = []


async def look() -> None:
    current = importlib.import_module("_guest.core.bus.context").CURRENT.get()
    WHOSE.append("" if current is None else current.subscription.key)


class ByTasks(Gathering):
    """Has a task for each handler, and does something after them."""

    async def publish(self, event: Any) -> None:
        await self.call(self.handlers[type(event)], event)
        await look()

    async def call(self, handlers: list[Any], event: Any) -> None:
        await asyncio.gather(*(handler(event) for handler in handlers))


class InOneContext(ByTasks):
    """All tasks share a context, and what comes after each does so, too."""

    async def call(self, handlers: list[Any], event: Any) -> None:
        context = contextvars.copy_context()
        for handler in handlers:
            await asyncio.create_task(handler(event), context=context)
            await asyncio.create_task(look(), context=context)


class NowAndThen(ByTasks):
    """Calls its handlers itself in some rounds."""

    async def call(self, handlers: list[Any], event: Any) -> None:
        if AT["round"] % 12 < 8:
            await super().call(handlers, event)
            return
        for handler in handlers:
            await handler(event)
            await look()


class InLoops(ByTasks):
    """Has a loop for its handlers, in a context of its own."""

    async def call(self, handlers: list[Any], event: Any) -> None:
        def run() -> None:
            with asyncio.Runner() as runner:
                for handler in handlers:
                    runner.run(handler(event))
                    runner.run(look())

        await asyncio.to_thread(run)


async def looks(event: Any) -> None:
    await look()


def by_tasks(kind: Any) -> Any:
    bus = kept(kind())
    bus.handlers[Sailed] = [rests_later, looks, swallows_at_times]

    async def run() -> None:
        AT["bus"] = bus
        for AT["round"] in range(0, 36, 2):
            await bus.publish(kept(Sailed()))

    return bus, run


class Counted:
    """Counts the calls of a method."""

    def __init__(self, cls, name):
        method = getattr(cls, name)
        self.times = 0

        def counting(*args):
            self.times += 1
            return method(*args)

        setattr(cls, name, counting)


def close(agent):
    """Close the short ways."""
    room = f"{agent}.agent.observe."
    publishing = importlib.import_module(room + "publishing")
    handling = importlib.import_module(room + "handling")
    executions = importlib.import_module(room + "executions")
    publication, execution = publishing.ObservedPublication, executions.ObservedExecution
    publishing.PublishWatch.when_started = lambda watch: watch.started
    handling.HandlerWatch.when_started = lambda watch: watch.started
    publication.frame_returned = lambda self, frame, value: self.end_at_length(frame, value)
    execution.frame_returned = lambda self, frame, value: self.end_at_length(frame, value, None)


def recorded(bus, run, agent):
    """Observe a bus while it runs; gives what was recorded, without what is another each time."""
    loaded = importlib.import_module(f"{agent}.agent.reading.loaded")
    records = importlib.import_module(f"{agent}.core.records.records")
    handled = importlib.import_module(f"{agent}.agent.effects.handled")
    recorder = importlib.import_module(f"{agent}.core.records.recorder").Recorder()
    removed = []

    async def observed():
        program = loaded.make_program("sample", [loaded.Target("sample", bus)])
        recorder.start(program.catalog())
        undo = [handled.install_handled_probe(recorder), program.attach(recorder, removed.append)]
        with contextlib.suppress(Exception):
            await in_turn(lambda _: run(), None)
        for _ in range(20):
            await asyncio.sleep(0)
        while undo:
            undo.pop()()

    asyncio.run(observed())
    rows = [records.to_record(row) for row in recorder.drain()]
    shown = [re.sub(r"\b(at|on_loop)=\d+", "", _OTHER_EACH_TIME.sub("", repr(row))) for row in rows[1:]]
    whose = WHOSE[:]
    WHOSE.clear()
    return [*shown, *map(repr, removed), *whose]


def make_up(number):
    chance = random.Random(number)
    bus = kept(chance.choice([Gathering, Gathering, Plain, Trying, Tasking])())
    for kind in (Sailed, Anchored):
        bus.handlers[kind] = handlers_of(bus, chance)
    return bus, lambda: made_up(bus, chance)


def again(make):
    made = kept(make())

    async def run():
        for _ in range(3):
            await in_turn(lambda _: made.run(), None)
            await asyncio.sleep(0)

    return made.bus, run


if __name__ == "__main__":
    package, way = sys.argv[1:]
    module_at("_guest", package + "/__init__.py", [package])
    importlib.import_module("_guest.agent.tap.moments").GRACE = 0  # time says nothing then
    if way == "long":
        close("_guest")
    points, room = (importlib.import_module(f"_guest.agent.observe.{name}") for name in ("publishing", "publications"))
    points.LOOKED_AT = room.OTHERWISE = 1  # the shortest way from the second on, and again from the one after the next
    publishing = Counted(importlib.import_module("_guest.agent.observe.publishing").PublishWatch, "started")
    handling = Counted(importlib.import_module("_guest.agent.observe.handling").HandlerWatch, "started")
    plain = Counted(importlib.import_module("_guest.core.records.recorder").Recorder, "write_end")
    here = module_at("programs", str(Path(__file__).with_name("programs.py")))
    in_order = {name: make for name, make in here.PROGRAMS.items() if "Thread" not in inspect.getsource(make)}
    samples = {name: lambda make=make: again(make) for name, make in in_order.items()}
    samples.update((str(number), lambda number=number: make_up(number)) for number in range(MADE_UP))
    samples.update((f"steady {number}", lambda number=number: steady(number)) for number in range(STEADY))
    samples.update(
        (kind.__name__, lambda kind=kind: by_tasks(kind)) for kind in (ByTasks, InOneContext, NowAndThen, InLoops)
    )
    records = {name: recorded(*make(), "_guest") for name, make in samples.items()}
    print(json.dumps({"records": records, "at_length": [publishing.times, handling.times], "plain": plain.times}))
