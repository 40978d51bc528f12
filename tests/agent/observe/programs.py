"""Programs with buses that keep a tally: each handler's body writes its name when it starts.

What is recorded is held against the tally. Standard library only: Pythons without our packages run this, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import inspect
import pkgutil
import queue
import threading
import types
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

TALLY: list[str] = []


def tick(name: str) -> None:
    TALLY.append(name)


@dataclass(frozen=True)
class Docked:
    ship: str = "Ida"


@dataclass(frozen=True)
class Unloaded:
    crates: int = 3


@dataclass
class Program:
    """A program, ready.

    Attributes:
        bus: What is observed.
        run: Does what the program does.
        executions: Handler's last name, status and tries of each execution, in the order of their numbers.
        causes: For each publication its event, and the last name of the handler that published it.
        close: Ends what the program has started.
    """

    bus: Any
    run: Callable[[], Any]
    executions: list[tuple[str, str, int]]
    causes: list[tuple[str, str]] = field(default_factory=lambda: [("Docked", "")])
    close: Callable[[], Any] = lambda: None


PROGRAMS: dict[str, Callable[[], Program]] = {}


def program(make: Callable[[], Program]) -> Callable[[], Program]:
    PROGRAMS[make.__name__] = make
    return make


class Harbour:
    """One handler after another, asynchronous where they are; what they raise is kept."""

    def __init__(self) -> None:
        self.handlers: dict[Any, list[Any]] = {}
        self.errors: list[BaseException] = []

    def on(self, kind: Any, *handlers: Any) -> None:
        self.handlers.setdefault(kind, []).extend(handlers)

    async def publish(self, event: Any) -> None:
        for handler in list(self.handlers.get(type(event), ())):
            try:
                result = handler(event)
                if inspect.isawaitable(result):
                    await result
            except Exception as error:
                self.errors.append(error)


class Quay:
    """Synchronous, and lets through what a handler raises."""

    def __init__(self) -> None:
        self.handlers: dict[Any, list[Any]] = {}

    def on(self, kind: Any, *handlers: Any) -> None:
        self.handlers.setdefault(kind, []).extend(handlers)

    def publish(self, event: Any) -> None:
        for handler in list(self.handlers.get(type(event), ())):
            handler(event)


@program
def two_methods_of_one_class() -> Program:
    class Crane:
        def __init__(self, name: str) -> None:
            self.name = name

        def lift(self, event: Docked) -> None:
            tick("lift")

    bus = Quay()
    bus.on(Docked, Crane("a").lift, Crane("b").lift)
    return Program(bus, lambda: bus.publish(Docked()), [("lift", "ok", 1), ("lift", "ok", 1)])


@program
def closures_of_one_function() -> Program:
    def make(number: int) -> Any:
        async def told(event: Docked) -> None:
            await asyncio.sleep(0)
            tick("told")
            if number == 2:
                raise LookupError("no berth")

        return told

    bus = Harbour()
    bus.on(Docked, make(1), make(2), make(3))
    statuses = ["ok", "failed", "ok"]
    return Program(bus, lambda: bus.publish(Docked()), [("told", status, 1) for status in statuses])


@program
def partials() -> Program:
    def note(book: list[Any], event: Docked) -> None:
        tick("note")
        book.append(event)

    bus = Quay()
    bus.on(Docked, functools.partial(note, []), functools.partial(note, [1]))
    return Program(bus, lambda: bus.publish(Docked()), [("note", "ok", 1)] * 2)


@program
def causes_through_tasks() -> Program:
    bus = Harbour()
    tasks: list[Any] = []

    async def unload(event: Docked) -> None:
        tick("unload")

        async def later() -> None:
            await asyncio.sleep(0)
            await bus.publish(Unloaded())

        tasks.append(asyncio.ensure_future(later()))

    async def count(event: Unloaded) -> None:
        tick("count")

    bus.on(Docked, unload)
    bus.on(Unloaded, count)

    async def run() -> None:
        await bus.publish(Docked())
        await asyncio.gather(*tasks)

    executions = [("unload", "ok", 1), ("count", "ok", 1)]
    return Program(bus, run, executions, [("Docked", ""), ("Unloaded", "unload")])


@program
def one_event_published_many_times_at_once() -> Program:
    bus = Harbour()

    async def wait(event: Docked) -> None:
        tick("wait")
        await asyncio.sleep(0.001)

    bus.on(Docked, wait)
    event = Docked()

    async def run() -> None:
        await asyncio.gather(*(bus.publish(event) for _ in range(5)))

    return Program(bus, run, [("wait", "ok", 1)] * 5, [("Docked", "")] * 5)


@program
def a_bus_that_tries_again() -> Program:
    class Stubborn(Quay):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                for _ in range(3):
                    with contextlib.suppress(ConnectionError):
                        handler(event)
                        break

    tries = [0]

    def third_time(event: Docked) -> None:
        tick("third_time")
        tries[0] += 1
        if tries[0] < 3:
            raise ConnectionError("busy")

    def never(event: Docked) -> None:
        tick("never")
        raise ConnectionError("never")

    bus = Stubborn()
    bus.on(Docked, third_time, never)
    return Program(bus, lambda: bus.publish(Docked()), [("third_time", "ok", 3), ("never", "failed", 3)])


@program
def a_decorator_that_tries_again() -> Program:
    def twice(function: Any) -> Any:
        @functools.wraps(function)
        async def again(*args: Any) -> Any:
            try:
                return await function(*args)
            except TimeoutError:
                return await function(*args)

        return again

    tries = [0]

    class Pilot:
        @twice
        async def board(self, event: Docked) -> None:
            tick("board")
            await asyncio.sleep(0)
            tries[0] += 1
            if tries[0] == 1:
                raise TimeoutError("swell")

    bus = Harbour()
    bus.on(Docked, Pilot().board)
    return Program(bus, lambda: bus.publish(Docked()), [("board", "ok", 2)])


@program
def subscribed_twice_and_failing() -> Program:
    def fail(event: Docked) -> None:
        tick("fail")
        raise LookupError("no berth")

    bus = Harbour()
    bus.on(Docked, fail, fail)
    return Program(bus, lambda: bus.publish(Docked()), [("fail", "failed", 1), ("fail", "failed", 1)])


@program
def a_handler_that_calls_itself() -> Program:
    def count_down(event: Docked, left: int = 3) -> None:
        if left == 3:
            tick("count_down")
        if left:
            count_down(event, left - 1)

    bus = Quay()
    bus.on(Docked, count_down)
    return Program(bus, lambda: bus.publish(Docked()), [("count_down", "ok", 1)])


@program
def a_coroutine_that_nobody_awaits() -> Program:
    async def forgotten(event: Docked) -> None:
        tick("forgotten")

    bus = Quay()
    bus.on(Docked, forgotten, lambda event: forgotten(event))

    def run() -> None:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            bus.publish(Docked())

    return Program(bus, run, [("forgotten", "never_awaited", 1), ("forgotten", "never_awaited", 1)])


@program
def cancelled_by_the_bus() -> Program:
    class First(Harbour):
        async def publish(self, event: Any) -> None:
            tasks = [asyncio.ensure_future(handler(event)) for handler in self.handlers[type(event)]]
            _, late = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def quick(event: Docked) -> None:
        tick("quick")

    async def slow(event: Docked) -> None:
        tick("slow")
        await asyncio.sleep(30)

    bus = First()
    bus.on(Docked, quick, slow)
    return Program(bus, lambda: bus.publish(Docked()), [("quick", "ok", 1), ("slow", "cancelled", 1)])


@program
def a_pool_of_threads() -> Program:
    pool = ThreadPoolExecutor(2)

    class Pooled(Quay):
        def publish(self, event: Any) -> None:
            for future in [pool.submit(handler, event) for handler in self.handlers.get(type(event), ())]:
                future.exception()

    def weigh(event: Docked) -> None:
        tick("weigh")

    def wreck(event: Docked) -> None:
        tick("wreck")
        raise ValueError("too heavy")

    bus = Pooled()
    bus.on(Docked, weigh, wreck)
    executions = [("weigh", "ok", 1), ("wreck", "failed", 1)]
    return Program(bus, lambda: bus.publish(Docked()), executions, close=pool.shutdown)


@program
def a_worker_with_a_queue() -> Program:
    class Belt:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {}
            self.waiting: queue.Queue[Any] = queue.Queue()

        def publish(self, event: Any) -> None:
            self.waiting.put(event)

        def work(self) -> None:
            while (event := self.waiting.get()) is not None:
                for handler in self.handlers.get(type(event), ()):
                    handler(event)
                self.waiting.task_done()

    bus = Belt()

    def sort(event: Docked) -> None:
        tick("sort")
        bus.publish(Unloaded())

    def shelve(event: Unloaded) -> None:
        tick("shelve")

    bus.handlers = {Docked: [sort], Unloaded: [shelve]}
    worker = threading.Thread(target=bus.work, daemon=True)
    worker.start()

    def run() -> None:
        bus.publish(Docked())
        bus.waiting.join()

    def close() -> None:
        bus.waiting.put(None)
        worker.join()

    executions = [("sort", "ok", 1), ("shelve", "ok", 1)]
    return Program(bus, run, executions, [("Docked", ""), ("Unloaded", "sort")], close)


@program
def functions_without_python_code() -> Program:
    bus = Quay()
    book: list[Any] = []
    bus.on(Docked, book.append, book.index, len)

    def run() -> None:
        with contextlib.suppress(TypeError):
            bus.publish(Docked())

    return Program(bus, run, [("append", "ok", 1), ("index", "ok", 1), ("len", "failed", 1)])


@program
def a_generator_that_publishes() -> Program:
    class Lazy(Quay):
        def publish(self, event: Any) -> Any:
            for handler in self.handlers.get(type(event), ()):
                yield handler(event)

    async def post(event: Docked) -> None:
        tick("post")

    async def file(event: Docked) -> None:
        tick("file")

    bus = Lazy()
    bus.on(Docked, post, file)

    async def run() -> None:
        for waiting in bus.publish(Docked()):
            await waiting

    return Program(bus, run, [("post", "ok", 1), ("file", "ok", 1)])


@program
def weakly_held_methods() -> Program:
    class Lamp:
        def light(self, event: Docked) -> None:
            tick("light")

    class Weak(Quay):
        def publish(self, event: Any) -> None:
            for reference in self.handlers.get(type(event), ()):
                handler = reference()
                if handler is not None:
                    handler(event)

    bus, lamp = Weak(), Lamp()
    bus.on(Docked, weakref.WeakMethod(lamp.light), weakref.WeakMethod(Lamp().light))
    keep = [lamp]
    return Program(bus, lambda: bus.publish(Docked()), [("light", "ok", 1)], close=keep.clear)


@program
def copies_of_the_event() -> Program:
    class Copying(Quay):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                handler(copy.deepcopy(event))

    def mail(event: Docked) -> None:
        tick("mail")

    bus = Copying()
    bus.on(Docked, mail, lambda event: mail(event))
    return Program(bus, lambda: bus.publish(Docked()), [("mail", "ok", 1), ("mail", "ok", 1)])


@program
def a_receiver_that_no_container_holds() -> Program:
    class Direct:
        def __init__(self) -> None:
            self.handlers: dict[Any, list[Any]] = {}

        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                handler(event)
            archive(event)

    def keep(event: Docked) -> None:
        tick("keep")

    def archive(event: Any) -> None:
        tick("archive")

    bus = Direct()
    bus.handlers[Docked] = [keep]
    return Program(bus, lambda: bus.publish(Docked()), [("keep", "ok", 1), ("archive", "ok", 1)])


@program
def subscribed_while_it_is_published() -> Program:
    class Live(Quay):
        def publish(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                handler(event)

    bus = Live()

    def early(event: Docked) -> None:
        tick("early")
        bus.on(Docked, late)

    def late(event: Docked) -> None:
        tick("late")

    bus.on(Docked, early)
    return Program(bus, lambda: bus.publish(Docked()), [("early", "ok", 1), ("late", "ok", 1)])


@program
def one_function_for_each_class() -> Program:
    @functools.singledispatch
    def apply(event: Any) -> None:
        raise TypeError

    @apply.register
    def _docked(event: Docked) -> None:
        tick("apply")

    @apply.register
    def _unloaded(event: Unloaded) -> None:
        tick("apply")

    bus = Quay()
    bus.on(Docked, apply)
    bus.on(Unloaded, apply)

    def run() -> None:
        bus.publish(Docked())
        bus.publish(Unloaded())

    return Program(bus, run, [("apply", "ok", 1)] * 2, [("Docked", ""), ("Unloaded", "")])


class Refused(Exception):
    pass


def _fails(event: Any) -> None:
    raise KeyError("berth")


def _bare(event: Any) -> None:
    try:  # noqa: SIM105 - what is tried
        _fails(event)
    except:  # noqa: E722
        pass


def _everything(event: Any) -> None:
    try:
        _fails(event)
    except Exception as error:
        str(error)


async def _everything_later(event: Any) -> None:
    try:
        await asyncio.sleep(0)
        _fails(event)
    except BaseException:
        await asyncio.sleep(0)


def _everything_among_others(event: Any) -> None:
    try:
        _fails(event)
    except (ValueError, Exception):
        return


def _in_a_helper(event: Any) -> None:
    def help_out() -> None:
        try:
            _fails(event)
        except Exception:
            return

    help_out()


def _after_a_narrow_clause(event: Any) -> None:
    try:
        _fails(event)
    except ValueError:
        raise
    except Exception:
        return


def _gives_up(event: Any) -> None:
    for _ in range(3):
        try:
            _fails(event)
        except Exception:
            continue


def _narrow(event: Any) -> None:
    try:  # noqa: SIM105 - what is tried
        _fails(event)
    except KeyError:
        pass


def _narrow_by_module(event: Any) -> None:
    try:
        raise queue.Empty
    except queue.Empty:
        pass


def _suppressed(event: Any) -> None:
    with contextlib.suppress(KeyError):
        _fails(event)


def _tried_again(event: Any) -> None:
    for number in range(3):
        try:
            if number < 2:
                _fails(event)
            return
        except Exception:
            continue


def _same_line_tried_again(event: Any) -> None:
    left = [1, 2]

    def work() -> None:
        if left:
            raise KeyError(left.pop())

    while True:
        try:
            work()
            break
        except Exception as error:
            str(error)


def _raised_again_for_a_narrow_clause(event: Any) -> None:
    try:
        try:
            _fails(event)
        except Exception:
            raise
    except KeyError:
        pass


def _raised_again(event: Any) -> None:
    try:
        _fails(event)
    except Exception:
        raise


def _raised_as_another(event: Any) -> None:
    try:
        _fails(event)
    except Exception as error:
        raise Refused from error


def _finally(event: Any) -> None:
    try:
        _fails(event)
    finally:
        str(event)


class Failure:
    pass


def _returned(event: Any) -> Any:
    try:
        _fails(event)
    except Exception:
        return Failure()


@program
def what_handlers_handle() -> Program:
    swallowed: list[Any] = [_bare, _everything, _everything_later, _everything_among_others, _in_a_helper]
    swallowed += [_after_a_narrow_clause, _gives_up]
    well = [_narrow, _narrow_by_module, _suppressed, _tried_again, _same_line_tried_again]
    well += [_raised_again_for_a_narrow_clause]
    failed = (_raised_again, _raised_as_another, _finally)
    bus = Harbour()
    bus.on(Docked, *swallowed, *well, *failed, _returned)
    executions = [
        *((handler.__name__, "swallowed", 1) for handler in swallowed),
        *((handler.__name__, "ok", 1) for handler in well),
        *((handler.__name__, "failed", 1) for handler in failed),
        ("_returned", "returned_failure", 1),
    ]
    return Program(bus, lambda: bus.publish(Docked()), executions)


def _raises_much() -> None:
    """Raise and handle more than is listened to while no handler runs."""
    for number in range(200):
        try:
            raise Refused(number)
        except Refused:
            continue


@program
def what_handlers_handle_after_much_was_raised() -> Program:
    """What a program raises between its publications is listened to no longer; what its handlers raise is."""
    bus = Harbour()

    async def waits(_event: Any) -> None:
        tick("waits")
        await asyncio.sleep(0)
        with contextlib.suppress(KeyError):
            raise KeyError
        try:
            raise Refused
        except Exception as error:
            str(error)

    async def waits_and_fails(_event: Any) -> None:
        tick("waits_and_fails")
        await asyncio.sleep(0)
        raise Refused

    bus.on(Docked, _bare, waits, waits_and_fails)

    async def run() -> None:
        for _ in range(3):
            _raises_much()
            publishing = asyncio.ensure_future(bus.publish(Docked()))
            await asyncio.sleep(0)
            _raises_much()  # while one of its handlers waits
            await publishing

    executions = [("_bare", "swallowed", 1), ("waits", "swallowed", 1), ("waits_and_fails", "failed", 1)]
    return Program(bus, run, executions * 3, [("Docked", "")] * 3)


@program
def what_a_bus_swallows_inside_a_handler() -> Program:
    bus = Harbour()

    async def moor(event: Docked) -> None:
        tick("moor")
        await bus.publish(Unloaded())

    def sink(event: Unloaded) -> None:
        tick("sink")
        raise Refused

    bus.on(Docked, moor)
    bus.on(Unloaded, sink)
    executions = [("moor", "ok", 1), ("sink", "failed", 1)]
    return Program(bus, lambda: bus.publish(Docked()), executions, [("Docked", ""), ("Unloaded", "moor")])


@program
def handed_to_what_starts_tasks() -> Program:
    class Nursery:
        async def __aenter__(self) -> Any:
            self.group = asyncio.TaskGroup()
            await self.group.__aenter__()
            return self

        def start_soon(self, function: Any, *args: Any) -> None:
            self.group.create_task(function(*args))

        async def __aexit__(self, *error: Any) -> Any:
            return await self.group.__aexit__(*error)

    class Crews(Harbour):
        async def publish(self, event: Any) -> None:
            async with Nursery() as nursery:
                for handler in self.handlers.get(type(event), ()):
                    nursery.start_soon(handler, event)

    async def lift(event: Docked) -> None:
        tick("lift")
        await asyncio.sleep(0)

    async def weigh(event: Docked) -> None:
        tick("weigh")

    bus = Crews()
    bus.on(Docked, lift, weigh)
    return Program(bus, lambda: bus.publish(Docked()), [("lift", "ok", 1), ("weigh", "ok", 1)])


@program
def what_the_bus_publishes_itself() -> Program:
    """Facts that handlers have left in a unit of work, and a dead letter of one that failed for good."""

    @dataclass(frozen=True)
    class Spoilt:
        event: Any

    left: list[Any] = []

    class Office(Quay):
        def handle(self, event: Any) -> None:
            waiting = [event]
            while waiting:
                self.handle_event(waiting.pop(0))
                waiting += left
                left.clear()

        def handle_event(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                for _ in range(2):
                    try:
                        handler(event)
                        break
                    except LookupError:
                        pass
                else:
                    self.handle_event(Spoilt(event))

        publish = handle

    def unload(event: Docked) -> None:
        tick("unload")
        left.append(Unloaded())

    def weigh(event: Docked) -> None:
        tick("weigh")
        raise LookupError("no scales")

    def book(event: Unloaded) -> None:
        tick("book")

    def bury(event: Spoilt) -> None:
        tick("bury")

    bus = Office()
    bus.on(Docked, weigh, unload)
    bus.on(Unloaded, book)
    bus.on(Spoilt, bury)
    executions = [("weigh", "failed", 2), ("bury", "ok", 1), ("unload", "ok", 1), ("book", "ok", 1)]
    causes = [("Docked", ""), ("Spoilt", "weigh"), ("Unloaded", "unload")]
    return Program(bus, lambda: bus.handle(Docked()), executions, causes)


# --- what a bus works off, and who has left it ------------------------------------------------------------------------


@dataclass(frozen=True)
class Weighed:
    tons: int = 2


@dataclass(frozen=True)
class Stored:
    shelf: int = 1


@dataclass(frozen=True)
class Billed:
    sum: int = 9


class Breadth:
    """Works off what its handlers give back, the oldest first."""

    def __init__(self) -> None:
        self.handlers: dict[type, list[Any]] = {Docked: [self.weigh, self.count], Weighed: [self.store]}
        self.handlers.update({Unloaded: [self.bill], Stored: [self.look], Billed: [self.look]})

    def publish(self, event: Any) -> None:
        waiting = [event]
        while waiting:
            first = waiting.pop(0)
            for handler in self.handlers.get(type(first), ()):
                waiting.extend(handler(first) or ())

    def weigh(self, event: Any) -> Any:
        tick("weigh")
        return [Weighed()]

    def count(self, event: Any) -> Any:
        tick("count")
        return [Unloaded()]

    def store(self, event: Any) -> Any:
        tick("store")
        return [Stored()]

    def bill(self, event: Any) -> Any:
        tick("bill")
        return [Billed()]

    def look(self, event: Any) -> None:
        tick("look")


_BREADTH = [("Docked", ""), ("Weighed", "weigh"), ("Unloaded", "count"), ("Stored", "store"), ("Billed", "bill")]
_RAN = [(name, "ok", 1) for name in ("weigh", "count", "store", "bill", "look", "look")]


@program
def events_that_handlers_give_back_the_oldest_first() -> Program:
    bus = Breadth()
    return Program(bus, lambda: bus.publish(Docked()), _RAN, _BREADTH)


@program
def events_that_handlers_leave_in_a_unit_of_work() -> Program:
    class Unit(Breadth):
        def __init__(self) -> None:
            super().__init__()
            self.news: list[Any] = []

        def handle(self, event: Any) -> None:
            for handler in self.handlers.get(type(event), ()):
                self.news.extend(handler(event) or ())

        def publish(self, event: Any) -> None:
            self.handle(event)
            while self.news:
                self.handle(self.news.pop(0))

    bus = Unit()
    return Program(bus, lambda: bus.publish(Docked()), _RAN, _BREADTH)


@program
def events_that_a_bus_publishes_itself_afterwards() -> Program:
    class Calling(Breadth):
        def publish(self, event: Any) -> None:
            left = [new for handler in self.handlers.get(type(event), ()) for new in handler(event) or ()]
            for new in left:
                self.publish(new)

    bus = Calling()
    ran = [(name, "ok", 1) for name in ("weigh", "count", "store", "look", "bill", "look")]
    causes = [("Docked", ""), ("Weighed", "weigh"), ("Stored", "store"), ("Unloaded", "count"), ("Billed", "bill")]
    return Program(bus, lambda: bus.publish(Docked()), ran, causes)


def first(event: Docked) -> None:
    tick("first")


def second(event: Docked) -> None:
    tick("second")


def third(event: Docked) -> None:
    tick("third")


def anew(function: Any) -> Any:
    """Return another function that is the same."""
    return types.FunctionType(function.__code__, globals(), function.__name__)


@program
def a_handler_at_the_place_of_another() -> Program:
    bus = Quay()

    def publish(*handlers: Any) -> None:
        bus.handlers[Docked] = [*handlers]
        bus.publish(Docked())

    def run() -> None:
        publish(anew(first))
        place = id(bus.handlers[Docked][0])
        publish(anew(second))
        others = [anew(third)]
        while id(others[-1]) != place and len(others) < 1_000:
            others.append(anew(third))
        publish(others[-1])

    bus.handlers[Docked] = []
    return Program(bus, run, [(name, "ok", 1) for name in ("first", "second", "third")], [("Docked", "")] * 3)


@program
def a_handler_that_is_made_anew_each_time() -> Program:
    bus = Quay()

    def run() -> None:
        for _ in range(20):
            bus.handlers[Docked] = [anew(first)]
            bus.publish(Docked())

    bus.handlers[Docked] = []
    return Program(bus, run, [("first", "ok", 1)] * 20, [("Docked", "")] * 20)


# --- handlers that are named, or are generators that were started -----------------------------------------------------


@program
def handlers_that_are_named_by_text() -> Program:
    class Named:
        routes = {Docked: [f"{__name__}:first", f"{__name__}.second", "none.such:handler"]}

        def publish(self, event: Any) -> None:
            for path in self.routes.get(type(event), ()):
                with contextlib.suppress(ImportError):
                    pkgutil.resolve_name(path)(event)

    bus = Named()
    return Program(bus, lambda: bus.publish(Docked()), [("first", "ok", 1), ("second", "ok", 1)])


@program
def handlers_that_are_named_methods() -> Program:
    class Pilot:
        routes = {"Docked": ["moor", "fail"]}

        def publish(self, event: Docked) -> None:
            for name in self.routes.get(type(event).__name__, ()):
                with contextlib.suppress(ValueError):
                    getattr(self, name)(event)

        def moor(self, event: Docked) -> None:
            tick("moor")

        def fail(self, event: Docked) -> None:
            tick("fail")
            raise ValueError("no berth")

    bus = Pilot()
    return Program(bus, lambda: bus.publish(Docked()), [("moor", "ok", 1), ("fail", "failed", 1)])


class Sinks:
    def __init__(self, *sinks: Any) -> None:
        self.sinks = {Docked: list(sinks)}

    def publish(self, event: Any) -> None:
        for sink in self.sinks.get(type(event), ()):
            with contextlib.suppress(ValueError, StopIteration):
                sink.send(event)


def counting(*, ends: bool) -> Any:
    while True:
        event = yield
        tick("counting")
        if ends and isinstance(event, Docked):
            return


def started(generator: Any) -> Any:
    next(generator)
    return generator


@program
def generators_that_were_started() -> Program:
    def refusing() -> Any:
        yield
        tick("refusing")
        raise ValueError("full")

    bus = Sinks(started(counting(ends=False)), started(counting(ends=True)), started(refusing()))

    def run() -> None:
        bus.publish(Docked())
        bus.publish(Docked())

    executions = [("counting", "ok", 1), ("counting", "ok", 1), ("refusing", "failed", 1), ("counting", "ok", 1)]
    return Program(bus, run, executions, [("Docked", "")] * 2)


@program
def asynchronous_generators_that_were_started() -> Program:
    class Flow:
        def __init__(self, *sinks: Any) -> None:
            self.sinks = {Docked: list(sinks)}

        async def publish(self, event: Any) -> None:
            for sink in self.sinks.get(type(event), ()):
                await sink.asend(event)

    async def waiting() -> Any:
        while True:
            event = yield
            tick("waiting")
            await asyncio.sleep(0)
            assert event

    bus = Flow(waiting(), waiting())

    async def run() -> None:
        for sink in bus.sinks[Docked]:
            await sink.asend(None)
        await asyncio.gather(bus.publish(Docked()))
        await bus.publish(Docked())

    return Program(bus, run, [("waiting", "ok", 1)] * 4, [("Docked", "")] * 2)


class Hoist:
    def __init__(self, weight: int) -> None:
        self.weight = weight

    def __call__(self, event: Docked) -> None:
        tick("__call__")


@program
def handlers_that_a_container_makes() -> Program:
    class Depot:
        def __init__(self) -> None:
            self.recipes: dict[Any, Any] = {int: lambda depot: 7, Hoist: lambda depot: Hoist(depot.make(int))}

        def make(self, kind: Any) -> Any:
            return self.recipes[kind](self)

    class Yard:
        def __init__(self) -> None:
            self.depot, self.orders = Depot(), {Docked: [Hoist, Hoist]}

        def publish(self, event: Any) -> None:
            for kind in self.orders[type(event)]:
                hoist = self.depot.make(kind)
                hoist(event)

    bus = Yard()
    return Program(bus, lambda: bus.publish(Docked()), [("__call__", "ok", 1)] * 2)


@program
def what_a_context_manager_publishes() -> Program:
    class Bridge:
        def __init__(self) -> None:
            self.handlers = {Docked: [first, second]}

        @contextlib.contextmanager
        def publishing(self, event: Any) -> Any:
            yield event
            for handler in self.handlers[type(event)]:
                handler(event)

    bus = Bridge()

    def run() -> None:
        with bus.publishing(Docked()):
            pass

    return Program(bus, run, [("first", "ok", 1), ("second", "ok", 1)])


@program
def listeners_that_are_told_nothing_and_come_later() -> Program:
    class Store:
        def __init__(self) -> None:
            self.slices = {"first": first}
            self.watchers: list[Any] = []

        def publish(self, event: Any) -> None:
            for reduce in self.slices.values():
                reduce(event)
            for watcher in self.watchers:
                watcher()

    bus = Store()

    def run() -> None:
        bus.watchers.append(redraw)
        bus.publish(Docked())

    return Program(bus, run, [("first", "ok", 1), ("redraw", "ok", 1)])


def redraw() -> None:
    tick("redraw")


@program
def a_handler_that_calls_another_which_has_failed() -> Program:
    bus = Harbour()

    def refuse(event: Docked) -> None:
        tick("refuse")
        raise LookupError("no berth")

    def insist(event: Docked) -> None:
        tick("insist")
        for ship in ("Ida", "Eos"):
            with contextlib.suppress(LookupError):
                refuse(Docked(ship))

    bus.on(Docked, refuse, insist)
    calls = [("refuse", "failed", 1), ("insist", "ok", 1), ("refuse", "failed", 1), ("refuse", "failed", 1)]
    causes = [("Docked", ""), ("Docked", "insist"), ("Docked", "insist")]
    return Program(bus, lambda: bus.publish(Docked()), calls, causes)


@program
def a_handler_that_calls_the_next_one_before_its_bus_does() -> Program:
    bus = Harbour()

    async def eager(event: Docked) -> None:
        tick("eager")
        with contextlib.suppress(LookupError):
            await late(Docked())

    async def late(event: Docked) -> None:
        tick("late")
        await asyncio.sleep(0)
        raise LookupError("no berth")

    bus.on(Docked, eager, late)
    calls = [("eager", "ok", 1), ("late", "failed", 1), ("late", "failed", 1)]
    return Program(bus, lambda: bus.publish(Docked()), calls, [("Docked", ""), ("Docked", "eager")])


@program
def a_handler_that_calls_one_of_the_event_around_its_own() -> Program:
    bus = Harbour()

    def hail(event: Docked) -> None:
        tick("hail")
        raise LookupError("no berth")

    async def unload(event: Docked) -> None:
        tick("unload")
        await bus.publish(Unloaded())

    def check(event: Unloaded) -> None:
        tick("check")
        for _ in range(2):
            with contextlib.suppress(LookupError):
                hail(Docked())

    bus.on(Docked, hail, unload)
    bus.on(Unloaded, check)
    calls = [("hail", "failed", 1), ("unload", "ok", 1), ("check", "ok", 1), *[("hail", "failed", 1)] * 2]
    causes = [("Docked", ""), ("Unloaded", "unload"), ("Docked", "check"), ("Docked", "check")]
    return Program(bus, lambda: bus.publish(Docked()), calls, causes)


@program
def middleware_that_keeps_an_event_to_itself() -> Program:
    """What has handed events on is no handler of one that it holds back, nor is what it calls then."""

    class Gate:
        def __init__(self) -> None:
            self.handlers = {Docked: [first]}
            self.steps = [_timed, _guarded]

        async def deliver(self, event: Any) -> None:
            for handler in self.handlers[type(event)]:
                handler(event)

        async def publish(self, event: Any) -> None:
            chain = self.deliver
            for step in reversed(self.steps):
                chain = functools.partial(step, chain)
            await chain(event)

    bus = Gate()

    async def run() -> None:
        await bus.publish(Docked())
        _OPEN.clear()
        await bus.publish(Docked())
        _OPEN.append(True)

    return Program(bus, run, [("first", "ok", 1)], causes=[("Docked", "")] * 2)


_OPEN = [True]


async def _timed(go_on: Any, event: Any) -> Any:
    return await go_on(event)


async def _guarded(go_on: Any, event: Any) -> Any:
    return await go_on(event) if _OPEN else None


@program
def publish_methods_that_put_off_and_then_call_another() -> Program:
    class Office:
        def __init__(self) -> None:
            self.handlers = {"docked": [_noted]}
            self.tasks: list[Any] = []

        def emit(self, name: str, **values: Any) -> None:
            for handler in self.handlers.get(name, ()):
                handler(**values)

        def emit_soon(self, name: str, urgent: bool = False, **values: Any) -> None:
            asyncio.get_running_loop().call_soon(lambda: self.emit(name, **values))

        def emit_in_task(self, name: str, **values: Any) -> None:
            async def later() -> None:
                self.emit(name, **values)

            self.tasks.append(asyncio.get_running_loop().create_task(later()))

    bus = Office()

    async def run() -> None:
        bus.emit_soon("docked", ship=("Ida",))
        bus.emit_soon("docked", True)
        bus.emit_in_task("docked", ship="Ida")
        bus.emit("docked", ship="Ida")
        bus.emit("docked", ship="Ida")
        await asyncio.gather(*bus.tasks)

    return Program(bus, run, [("_noted", "ok", 1)] * 5, [("docked", "")] * 5)


def _noted(ship: Any = None) -> None:
    tick("_noted")
