"""Stand-ins: like what they stand for, and tellers of every moment."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import functools
import gc
import inspect
import logging
import pickle
import traceback
import types
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.agent.effects.log import install_log_probe
from inspector.agent.faults import FaultInjector
from inspector.agent.handlers import Handlers
from inspector.agent.observe.monitor import MONITOR
from inspector.agent.tap.containers import Containers
from inspector.agent.tap.stand_ins import TappedHandler, is_stand_in, original
from inspector.core.bus.context import CURRENT, FIRE
from inspector.core.faults import FaultRule
from inspector.core.records.host import HandlerAdded
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
)
from tests.agent.samples import Watched, watch
from tests.agent.shapes import Happened, Record


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record as on Python 3.11, whichever this is."""
    monkeypatch.setattr(MONITOR, "allowed", False)


class Bus:
    """Asynchronous, fail-open, one handler after another."""

    def __init__(self, *handlers: Any) -> None:
        self._handlers = {Happened: list(handlers)}
        self.errors: list[BaseException] = []

    async def publish(self, event: Any) -> list[Any]:
        results = []
        for handler in list(self._handlers.get(type(event), ())):
            try:
                result = handler(event)
                results.append(await result if inspect.isawaitable(result) else result)
            except Exception as error:
                self.errors.append(error)
        return results


def function(event: Any, *, more: int = 1) -> int:
    """What it does."""
    return more


async def coroutine_function(event: Any) -> str:
    await asyncio.sleep(0)
    return "done"


class Owner:
    def method(self, event: Any) -> Any:
        return self

    async def async_method(self, event: Any) -> Any:
        return self

    async def __call__(self, event: Any) -> str:
        return "called"

    @classmethod
    def of_class(cls, event: Any) -> Any:
        return cls


OWNER = Owner()
HANDLERS = {
    "function": function,
    "async": coroutine_function,
    "method": OWNER.method,
    "async method": OWNER.async_method,
    "object": OWNER,
    "classmethod": Owner.of_class,
    "partial": functools.partial(function, more=3),
    "async partial": functools.partial(coroutine_function),
    "lambda": lambda event: 5,
    "builtin": repr,
}


@pytest.fixture(params=HANDLERS)
def pair(request: pytest.FixtureRequest) -> Any:
    """A handler, and its stand-in in a bus."""
    handler = HANDLERS[request.param]
    bus = Bus(handler)
    watched = watch(bus)
    yield handler, bus._handlers[Happened][0]
    watched.stop()


def test_a_stand_in_looks_like_its_handler(pair: tuple[Any, Any]) -> None:
    handler, stand_in = pair
    assert is_stand_in(stand_in)
    for name in (
        "__name__",
        "__qualname__",
        "__doc__",
        "__module__",
        "__self__",
        "__func__",
        "__code__",
        "__dict__",
        "keywords",
    ):
        assert getattr(stand_in, name, None) == getattr(handler, name, None), name
    assert stand_in.__wrapped__ is handler
    assert isinstance(stand_in, type(handler))
    assert repr(stand_in) == repr(handler)
    assert callable(stand_in)
    assert inspect.signature(stand_in) == inspect.signature(handler)
    assert inspect.isfunction(stand_in) == inspect.isfunction(handler)
    assert inspect.ismethod(stand_in) == inspect.ismethod(handler)


@pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction' is deprecated")
def test_a_stand_in_is_asynchronous_where_its_handler_is(pair: tuple[Any, Any]) -> None:
    handler, stand_in = pair
    for test in (inspect.iscoroutinefunction, asyncio.iscoroutinefunction, inspect.isgeneratorfunction):
        assert test(stand_in) == test(handler)
        assert test(stand_in.__call__) == test(handler.__call__)


def test_a_stand_in_equals_and_hashes_like_its_handler(pair: tuple[Any, Any]) -> None:
    handler, stand_in = pair
    assert stand_in == handler
    assert handler == stand_in
    assert not stand_in != handler  # noqa: SIM202 - both operators are asked
    assert stand_in != function if handler is not function else stand_in == function
    assert hash(stand_in) == hash(handler)
    assert {handler: 1}[stand_in] == 1
    assert {stand_in: 1}[handler] == 1
    listeners = [stand_in]
    listeners.remove(handler)
    assert listeners == []


def test_a_stand_in_is_copied_and_pickled_as_its_handler() -> None:
    stand_in = TappedHandler(function)
    assert copy.copy(stand_in) is stand_in
    assert pickle.loads(pickle.dumps(stand_in)) is function
    assert b"inspector" not in pickle.dumps(TappedHandler(len))


def test_attributes_are_written_to_the_handler() -> None:
    def handler(event: Any) -> None: ...

    stand_in = TappedHandler(handler)
    stand_in.priority = 3
    assert handler.priority == 3  # type: ignore[attr-defined]
    del stand_in.priority
    assert not hasattr(handler, "priority")
    assert original(stand_in) is handler


def test_a_stand_in_that_outlives_the_tap_only_passes_calls_on() -> None:
    bus = Bus(function)
    watched = watch(bus)
    kept = bus._handlers[Happened][0]
    watched.stop()
    assert bus._handlers[Happened][0] is function
    assert kept(Happened()) == 1
    assert watched.rows(HANDLER_STARTED) == []


# --- results and exceptions -----------------------------------------------------------------------


async def test_the_very_exception_arrives_without_our_frames() -> None:
    error = LookupError("mine")

    def inner() -> None:
        raise error

    async def fails(event: Any) -> None:
        await asyncio.sleep(0)
        inner()

    def fails_at_once(event: Any) -> None:
        inner()

    bus = Bus(fails, fails_at_once)
    watched = watch(bus)
    await bus.publish(Happened())
    watched.stop()
    assert [each is error for each in bus.errors] == [True, True]
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert not {"send", "_run", "_handle", "_coroutine"} & set(names)
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == ["failed", "failed"], "though the bus kept them to itself"
    assert all("inspector/agent/tap" not in row[5] for row in watched.rows(HANDLER_ENDED))


async def test_wrong_arguments_are_the_same_type_error() -> None:
    async def takes_two(one: Any, two: Any) -> None: ...

    bus = Bus(takes_two)
    untapped = Bus(takes_two)
    await untapped.publish(Happened())
    watched = watch(bus)
    await bus.publish(Happened())
    watched.stop()
    assert [str(error) for error in bus.errors] == [str(error) for error in untapped.errors]
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == ["failed"]


class Failure:
    pass


@pytest.mark.parametrize(
    ("result", "status"),
    [(None, "ok"), (5, "ok"), (Failure(), "returned_failure"), (ValueError("x"), "returned_failure")],
)
async def test_what_a_handler_gives_back_is_given_back_and_judged(result: Any, status: str) -> None:
    async def later(event: Any) -> Any:
        return result

    bus = Bus(lambda event: result, later)
    watched = watch(bus)
    results = await bus.publish(Happened())
    watched.stop()
    assert all(each is result for each in results)
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == [status, status]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_what_is_no_exception_passes_too(error: BaseException) -> None:
    class Sync(Bus):
        def publish(self, event: Any) -> None:  # type: ignore[override]
            for handler in self._handlers[type(event)]:
                handler(event)

    def ends(event: Any) -> None:
        raise error

    bus = Sync(ends)
    watched = watch(bus)
    with pytest.raises(type(error)) as caught:
        bus.publish(Happened())
    watched.stop()
    assert caught.value is error
    assert len(watched.rows(PUBLICATION_ENDED)) == 1


async def test_a_cancelled_handler_is_cancelled_and_its_publication_too() -> None:
    async def waits(event: Any) -> None:
        await asyncio.get_running_loop().create_future()

    bus = Bus(waits)
    watched = watch(bus)
    task = asyncio.ensure_future(bus.publish(Happened()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    watched.stop()
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == ["cancelled"]
    assert [row[3] for row in watched.rows(PUBLICATION_ENDED)] == ["cancelled"]


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_coroutine_that_the_bus_forgets_is_a_failure() -> None:
    class Forgetful:
        def __init__(self) -> None:
            self.handlers = {Happened: [coroutine_function, lambda event: coroutine_function(event)]}

        def publish(self, event: Any) -> None:
            for handler in self.handlers[type(event)]:
                handler(event)

    bus = Forgetful()
    watched = watch(bus)
    bus.publish(Happened())
    gc.collect()
    watched.stop()
    ended = watched.rows(HANDLER_ENDED)
    assert [row[3] for row in ended] == ["failed", "failed"]
    assert all("never awaited it" in row[5] for row in ended)


async def test_a_future_is_given_on_as_it_is_and_followed() -> None:
    made: list[Any] = []

    def starts(event: Any) -> Any:
        made.append(asyncio.ensure_future(coroutine_function(event)))
        return made[-1]

    bus = Bus(starts)
    watched = watch(bus)
    assert await bus.publish(Happened()) == ["done"]
    await asyncio.sleep(0)
    watched.stop()
    assert isinstance(made[0], asyncio.Task)
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == ["ok"]


async def test_a_future_that_fails_unseen_still_complains() -> None:
    """The loop says "exception was never retrieved" for it, with us as without us."""
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context["message"]))

    class Careless:
        def __init__(self) -> None:
            self.handlers = {Happened: [lambda event: asyncio.ensure_future(fails())]}

        def publish(self, event: Any) -> None:
            for handler in self.handlers[type(event)]:
                handler(event)

    async def fails() -> None:
        raise LookupError("nobody looks")

    bus = Careless()
    watched = watch(bus)
    bus.publish(Happened())
    for _ in range(3):
        await asyncio.sleep(0)
    watched.stop()
    gc.collect()
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == ["failed"]
    assert complaints == ["Task exception was never retrieved"]


# --- causality and context ------------------------------------------------------------------------


async def test_a_publish_inside_a_handler_knows_its_cause_and_its_fire() -> None:
    bus: Any = Bus()

    async def first(event: Any) -> None:
        if event.number < 3:
            await bus.publish(Happened(event.number + 1))

    bus._handlers[Happened].append(first)
    watched = watch(bus)
    FIRE.set(9)
    await bus.publish(Happened(1))
    watched.stop()
    published, started = watched.rows(PUBLISHED), watched.rows(HANDLER_STARTED)
    assert [row[6] for row in published] == [0, started[0][2], started[1][2]]
    assert [row[7] for row in published] == [9, 9, 9]
    assert watched.recorder.in_flight(9) == 0
    assert CURRENT.get() is None


async def test_a_context_variable_set_by_a_handler_is_seen_by_the_bus() -> None:
    """A bus that awaits its handlers in its own context sees what they set there."""
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    async def sets(event: Any) -> None:
        variable.set(5)
        await asyncio.sleep(0)

    bus = Bus(sets)
    watched = watch(bus)
    await bus.publish(Happened())
    watched.stop()
    assert variable.get() == 5


async def test_overlapping_publications_keep_their_executions() -> None:
    async def waits(event: Any) -> None:
        for _ in range(event.number):
            await asyncio.sleep(0)

    bus = Bus(waits, waits)
    watched = watch(bus)
    await asyncio.gather(*(bus.publish(Happened(number)) for number in (3, 1, 2)))
    watched.stop()
    started = [(row[2], row[3]) for row in watched.rows(HANDLER_STARTED)]
    assert sorted(publication for _, publication in started) == [1, 1, 2, 2, 3, 3]


async def test_time_on_the_loop_does_not_count_waiting() -> None:
    async def waits(event: Any) -> None:
        await asyncio.sleep(0.2)

    bus = Bus(waits)
    watched = watch(bus)
    await bus.publish(Happened())
    watched.stop()
    (started,), (ended,) = watched.rows(HANDLER_STARTED), watched.rows(HANDLER_ENDED)
    assert ended[1] - started[1] > 190_000_000
    assert ended[4] < 100_000_000


def test_a_synchronous_bus_without_a_loop_nests() -> None:
    class Sync:
        def __init__(self) -> None:
            self.handlers = {Happened: [self.again]}

        def publish(self, event: Any) -> None:
            for handler in self.handlers[type(event)]:
                handler(event)

        def again(self, event: Any) -> None:
            if event.number:
                self.publish(Happened(event.number - 1))

    bus = Sync()
    watched = watch(bus)
    bus.publish(Happened(2))
    watched.stop()
    assert [row[6] for row in watched.rows(PUBLISHED)] == [0, 1, 2]
    assert [row[2] for row in watched.rows(PUBLICATION_ENDED)] == [3, 2, 1]


# --- faults, logs, observers ----------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "status"), [("fail", "failed"), ("swallow", "swallowed"), ("slow", "ok")])
@pytest.mark.allow_log("tests.agent.test_tap")
async def test_faults_strike_tapped_handlers(kind: str, status: str) -> None:
    async def victim(event: Any) -> str:
        await asyncio.sleep(0)
        return "well"

    def sync_victim(event: Any) -> str:
        return "well"

    def spared(event: Any) -> str:
        return "well"

    bus = Bus(victim, sync_victim, spared)
    watched = watch(bus)
    undo = install_log_probe(watched.recorder)
    watched.program.intercept(FaultInjector([FaultRule("*victim", "Happened", kind, "OSError: injected", 0.001)]))
    await bus.publish(Happened())
    watched.program.intercept(None)
    undo()
    watched.stop()
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == [status, status, "ok"]
    assert [row[5] for row in watched.rows(HANDLER_STARTED)] == [kind, kind, ""]


@pytest.mark.allow_log("shop", "stock")
async def test_what_a_handler_logs_is_noted_with_its_execution() -> None:
    def logs(event: Any) -> None:
        logging.getLogger("shop").warning("low stock")

    bus = Bus(function, logs)
    watched = watch(bus)
    undo = install_log_probe(watched.recorder)
    await bus.publish(Happened())
    undo()
    watched.stop()
    assert [(row[2], row[6]) for row in watched.rows(NOTED)] == [(2, "low stock")]


@pytest.mark.allow_log("inspector.agent.tap.tap", "event_bus_observer_removed")
async def test_an_observer_that_raises_is_removed_and_the_program_goes_on() -> None:
    bus = Bus(function)
    watched = watch(bus)
    watched.recorder.execution_started = lambda execution: 1 / 0  # type: ignore[method-assign, assignment]
    assert await bus.publish(Happened()) == [1]
    assert await bus.publish(Happened()) == [1]
    watched.undo()
    assert [type(error) for error in watched.removed] == [ZeroDivisionError]


async def test_a_handler_subscribed_while_recording_is_introduced_and_recorded() -> None:
    bus = Bus()
    watched = watch(bus)
    bus._handlers[Happened].append(function)
    await bus.publish(Happened())
    watched.stop()
    assert bus._handlers[Happened] == [function]
    assert bus._handlers[Happened][0] is function
    assert len(watched.rows(HandlerAdded.KIND)) == 1
    assert len(watched.rows(HANDLER_ENDED)) == 1


def test_a_weakly_held_handler_dies_as_without_us() -> None:
    class Weak:
        def __init__(self, *handlers: Any) -> None:
            self._receivers = {Happened: [weakref.WeakMethod(handler) for handler in handlers]}

        def send(self, event: Any) -> list[Any]:
            return [target(event) for reference in self._receivers[type(event)] if (target := reference()) is not None]

    owner = Owner()
    bus = Weak(owner.method)
    watched = watch(bus)
    assert bus.send(Happened()) == [owner]
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    assert gone() is None
    assert bus.send(Happened()) == []
    watched.stop()


# --- containers -----------------------------------------------------------------------------------

ATOMS = st.sampled_from([function, coroutine_function, OWNER.method, OWNER, len, 5, "text", None])
KEYS = st.sampled_from([Happened, int, "name", 3])


def _nested(inner: Any) -> Any:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=3),
        st.builds(Record, st.sampled_from([function, OWNER.method]), st.integers()),
        st.sets(st.sampled_from([function, coroutine_function, len]), max_size=3),
        st.dictionaries(st.sampled_from([function, len]), st.integers(), max_size=2),
    )


def identities(value: Any) -> Any:
    """Everything in a container by identity, type and order."""
    if isinstance(value, dict):
        return type(value), id(value), [(identities(key), identities(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple, set)):
        return type(value), id(value), [identities(item) for item in value]
    if isinstance(value, Record):
        return id(value), id(value.handler), value.priority
    return id(value)


@given(st.recursive(ATOMS, _nested, max_leaves=12))
def test_whatever_is_nested_how_ever_comes_out_of_the_containers_as_it_went_in(value: Any) -> None:
    before = identities(value)
    containers = Containers(lambda target, pattern: TappedHandler(target))
    for _ in range(2):
        standing = containers.replace(value, None)
        assert identities(containers.replace(standing, None)) == identities(standing), "once is enough"
        back = containers.restore(standing)
        assert identities(back) == before
        assert type(back) is type(value)


@pytest.mark.parametrize("kind", [list, set])
def test_changes_made_meanwhile_are_kept(kind: Any) -> None:
    """What the program subscribes and unsubscribes under the tap stays subscribed and unsubscribed."""
    handlers = {Happened: kind([function, len])}
    containers = Containers(lambda target, pattern: TappedHandler(target))
    containers.replace(handlers, None)
    handlers[Happened].remove(function)
    (handlers[Happened].append if kind is list else handlers[Happened].add)(repr)
    containers.replace(handlers, None)
    assert all(is_stand_in(each) for each in handlers[Happened])
    containers.restore(handlers)
    assert set(handlers[Happened]) == {len, repr}
    assert not any(is_stand_in(each) for each in handlers[Happened])


def test_a_tuple_that_the_program_made_anew_is_freed_of_stand_ins() -> None:
    handlers: dict[type, tuple[Any, ...]] = {Happened: (function,)}
    containers = Containers(lambda target, pattern: TappedHandler(target))
    containers.replace(handlers, None)
    handlers[Happened] = (*handlers[Happened], len)
    containers.restore(handlers)
    assert [type(each) for each in handlers[Happened]] == [types.FunctionType, types.BuiltinFunctionType]


def test_everything_is_undone_in_a_watched_program_twice() -> None:
    bus = Bus(function, OWNER.method)
    before = list(bus._handlers[Happened])
    for _ in range(2):
        watched: Watched = watch(bus)
        watched.stop()
        assert all(one is other for one, other in zip(bus._handlers[Happened], before, strict=True))
        assert "publish" not in vars(bus)


# --- what is kept alive ---------------------------------------------------------------------------


async def test_nothing_of_a_publication_is_kept_alive_when_it_is_over() -> None:
    class Big:
        pass

    class Weak:
        def __init__(self) -> None:
            self.receivers: dict[type, list[Any]] = {Big: []}

        async def publish(self, event: Any, session: Any = None) -> None:
            for reference in self.receivers[type(event)]:
                if (target := reference()) is not None:
                    target(event)

    bus = Weak()

    def closure(event: Any) -> None: ...

    bus.receivers[Big].append(weakref.ref(closure))
    watched = watch(bus)
    event, session = Big(), Big()
    gone = [weakref.ref(each) for each in (event, session, closure)]
    await bus.publish(event, session)
    del event, session, closure
    gc.collect()
    assert [reference() for reference in gone] == [None, None, None]
    await bus.publish(Big())
    watched.stop()


def test_a_number_of_a_handler_is_free_again_when_it_is_gone() -> None:
    """Closures made for each request do not make a new handler each."""
    handlers = Handlers()

    def make() -> Any:
        return lambda event: None

    first = make()
    assert not handlers.describe(first).key.endswith("#2")
    for _ in range(3):
        another = make()
        assert handlers.describe(another).key.endswith("#2")
        del another
        gc.collect()
