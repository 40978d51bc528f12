"""The bus, statement by statement of its protocol, and beyond it."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import re
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inspector.core import DomainEvent, EventBusProtocol, InMemoryEventBus
from inspector.core.bus.bus import MAX_DEPTH
from inspector.core.bus.context import CURRENT, HANDLER_TIMEOUT
from tests.patience import PATIENCE

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


@dataclass(frozen=True, kw_only=True)
class Happened(DomainEvent):
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class HappenedIndeed(Happened):
    pass


class Witness:
    """An observer that keeps what it is told, as short tuples."""

    def __init__(self) -> None:
        self.moments: list[tuple[Any, ...]] = []

    def publication_started(self, publication: Any) -> None:
        self.moments.append(("published", type(publication.event).__name__, len(publication.subscriptions)))

    def execution_started(self, execution: Any) -> None:
        self.moments.append(("started", execution.subscription.name))

    def execution_ended(self, execution: Any) -> None:
        error = type(execution.error).__name__ if execution.error is not None else ""
        self.moments.append(("ended", execution.subscription.name, execution.status, error))

    def execution_late(self, execution: Any, error: BaseException | None) -> None:
        self.moments.append(("late", execution.subscription.name))

    def publication_ended(self, publication: Any) -> None:
        self.moments.append(("over", type(publication.event).__name__, publication.outcome))

    def publication_refused(self, publication: Any) -> None:
        self.moments.append(("refused", publication.depth))

    def statuses(self) -> dict[str, str]:
        return {moment[1]: moment[2] for moment in self.moments if moment[0] == "ended"}


@pytest.fixture
def bus() -> InMemoryEventBus:
    return InMemoryEventBus()


@pytest.fixture
def witness(bus: InMemoryEventBus) -> Witness:
    witness = Witness()
    bus.observe(witness)
    return witness


def test_the_bus_satisfies_the_protocol(bus: InMemoryEventBus) -> None:
    protocol: EventBusProtocol = bus
    assert {"subscribe", "unsubscribe", "publish", "get_session", "get_metadata"} <= set(dir(protocol))


async def test_no_handlers_is_a_no_op_and_not_an_error(bus: InMemoryEventBus, witness: Witness) -> None:
    await bus.publish(Happened())
    assert witness.moments == [("published", "Happened", 0), ("over", "Happened", "done")]


async def test_handlers_receive_only_events_of_their_exact_type(bus: InMemoryEventBus) -> None:
    got: list[str] = []

    async def handle(event: DomainEvent) -> None:
        got.append(type(event).__name__)

    bus.subscribe(Happened, handle)
    await bus.publish(HappenedIndeed())
    await bus.publish(Happened())
    assert got == ["Happened"]


async def test_every_handler_gets_this_very_event(bus: InMemoryEventBus) -> None:
    got: list[object] = []
    event = Happened(number=7)
    bus.subscribe(Happened, got.append)
    bus.subscribe(Happened, got.append)
    await bus.publish(event)
    assert [each is event for each in got] == [True, True]


async def test_handlers_run_concurrently(bus: InMemoryEventBus) -> None:
    """Two handlers that each wait for the other can only end if they run at the same time."""
    first, second = asyncio.Event(), asyncio.Event()

    async def one(event: Happened) -> None:
        first.set()
        await second.wait()

    async def two(event: Happened) -> None:
        second.set()
        await first.wait()

    bus.subscribe(Happened, one)
    bus.subscribe(Happened, two)
    async with asyncio.timeout(PATIENCE):
        await bus.publish(Happened())


class Odd(BaseException):
    """Neither an Exception nor anything asyncio knows."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no"), "failed"),
        (Odd("no"), "failed"),
        (asyncio.CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "failed"),
        (SystemExit(3), "failed"),
        (GeneratorExit(), "failed"),
        (StopIteration(1), "failed"),
        (StopAsyncIteration(1), "failed"),
        (ExceptionGroup("two", [ValueError(), KeyError()]), "failed"),
        (BaseExceptionGroup("two", [Odd()]), "failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
@pytest.mark.parametrize("shape", ["sync", "async", "after an await"])
async def test_fail_open_nothing_a_handler_raises_reaches_publisher_or_siblings(
    bus: InMemoryEventBus, witness: Witness, error: BaseException, status: str, shape: str
) -> None:
    def sync(event: Happened) -> None:
        raise error

    async def coroutine(event: Happened) -> None:
        if shape == "after an await":
            await asyncio.sleep(0)
        raise error

    async def sibling(event: Happened) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    bus.subscribe(Happened, sibling)
    bus.subscribe(Happened, sync if shape == "sync" else coroutine)
    bus.subscribe(Happened, sibling)
    await bus.publish(Happened())
    name = "sync" if shape == "sync" else "coroutine"
    assert witness.statuses() == {"sibling": "ok", name: status}
    assert witness.moments[-1] == ("over", "Happened", "done")


async def test_a_failure_is_logged_with_the_fields_of_the_usage_guide(
    bus: InMemoryEventBus, caplog: pytest.LogCaptureFixture
) -> None:
    class EmailEventHandler:
        async def handle_user_registration_succeeded(self, event: Happened) -> None:
            raise ValueError("Invalid email format")

    bus.subscribe(Happened, EmailEventHandler().handle_user_registration_succeeded)
    event = Happened()
    await bus.publish(event)
    (record,) = caplog.records
    assert record.getMessage() == "event_handler_failed"
    assert record.levelno == logging.WARNING
    fields = vars(record)
    assert fields["event_type"] == "Happened"
    assert fields["handler_name"] == "handle_user_registration_succeeded"
    assert fields["error_type"] == "ValueError"
    assert fields["error_message"] == "Invalid email format"
    assert fields["event_id"] == str(event.event_id)
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)
    assert "handle_user_registration_succeeded" in logging.Formatter().formatException(record.exc_info)


@pytest.mark.parametrize("how", ["returned", "timed out", "cancelled"])
async def test_what_failed_without_raising_is_logged_with_what_there_is(
    how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def handle(event: Happened) -> Any:
        if how == "timed out":
            await asyncio.get_running_loop().create_future()
        if how == "cancelled":
            raise asyncio.CancelledError
        return KeyError("given back")

    bus = InMemoryEventBus(handler_timeout=0.01)
    bus.subscribe(Happened, handle)
    await bus.publish(Happened())
    (record,) = caplog.records
    error = record.exc_info[1] if record.exc_info else None
    assert type(error) is {"returned": KeyError, "timed out": type(None), "cancelled": asyncio.CancelledError}[how]


@pytest.mark.parametrize(("own", "fired"), [(0.01, 30.0), (30.0, 0.01), (None, 0.01), (0.01, None)])
async def test_the_shorter_limit_holds_that_of_the_bus_or_that_of_who_fires(
    own: float | None, fired: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def handle(event: Happened) -> None:
        await asyncio.Event().wait()

    bus = InMemoryEventBus(handler_timeout=own)
    bus.subscribe(Happened, handle)
    token = HANDLER_TIMEOUT.set(fired)
    try:
        await asyncio.wait_for(bus.publish(Happened()), PATIENCE)
    finally:
        HANDLER_TIMEOUT.reset(token)
    assert [record.getMessage() for record in caplog.records] == ["event_handler_failed"]


async def test_a_publication_is_logged_at_debug_with_the_number_of_its_handlers(
    bus: InMemoryEventBus, caplog: pytest.LogCaptureFixture
) -> None:
    async def again(event: HappenedIndeed) -> None:
        await bus.publish(Happened())

    async def handle(event: Happened) -> None: ...

    bus.subscribe(HappenedIndeed, again)
    bus.subscribe(Happened, handle)
    bus.subscribe(Happened, handle)
    await bus.publish(HappenedIndeed())
    assert not caplog.records, "nothing is logged below DEBUG"
    unheard = _Unheard()
    with caplog.at_level(logging.DEBUG, "inspector.core.bus"):
        await bus.publish(HappenedIndeed())
        await bus.publish(unheard)
    logged = [(r.levelname, r.getMessage(), vars(r)["event_type"], vars(r)["handler_count"]) for r in caplog.records]
    assert logged == [
        ("DEBUG", "event_published", "HappenedIndeed", 1),
        ("DEBUG", "event_published", "Happened", 2),
        ("DEBUG", "event_published", "_Unheard", 0),
    ]
    assert vars(caplog.records[-1])["event_id"] == str(unheard.event_id)


class _Unheard(DomainEvent):
    pass


class _Counting:
    """Counts what it is asked, and takes nothing."""

    def __init__(self) -> None:
        self.asked = 0

    def isEnabledFor(self, level: int) -> bool:
        self.asked += 1
        return False

    def log(self, level: int, msg: str, **fields: Any) -> None:
        raise AssertionError(f"{msg} was logged at {level}")


async def test_a_publication_that_is_not_logged_costs_one_question() -> None:
    bus = InMemoryEventBus(logger := _Counting())

    class Slow(Happened):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(f"{name} was read for a log line that nobody wants")

    for _ in range(3):
        await bus.publish(Slow())
    assert logger.asked == 3


def _keyword_logger() -> Any:
    """The adapter of docs/core.md, as somebody copies it."""
    page = Path(__file__).parents[2].joinpath("docs", "core.md").read_text("utf-8")
    (source,) = re.findall(r"^```python\n((?:(?!^```).)*^class KeywordLogger.*?)^```", page, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(source, names)
    return names["KeywordLogger"]


class _Bound:
    """A logger of keywords, as structlog's: any method, an event, and fields by name."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Any:
        def write(event: str, **fields: Any) -> None:
            self.lines.append((method, event, fields))

        return write


class _Strict(_Bound):
    """One with methods of its own and no others, and a limit."""

    def debug(self, event: str, **fields: Any) -> None:
        """Below the limit."""

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def __getattr__(self, method: str) -> Any:
        raise AttributeError(method)


@pytest.mark.parametrize("kind", [_Bound, _Strict])
async def test_a_logger_of_keywords_gets_the_same_by_the_adapter_of_the_readme(kind: type[_Bound]) -> None:
    async def handle(event: Happened) -> None:
        raise error

    error, event, logger = ValueError("Invalid email format"), Happened(), kind()
    bus = InMemoryEventBus(_keyword_logger()(logger))
    bus.subscribe(Happened, handle)
    await bus.publish(event)
    about = {"event_type": "Happened", "event_id": str(event.event_id)}
    failed = {"handler_name": "handle", "error_type": "ValueError", "error_message": "Invalid email format"}
    lines = [("debug", "event_published", {**about, "handler_count": 1})]
    lines += [("warning", "event_handler_failed", {**about, **failed, "exc_info": error})]
    assert logger.lines == (lines if kind is _Bound else lines[1:])


async def test_an_exception_whose_str_raises_is_logged_all_the_same(
    bus: InMemoryEventBus, caplog: pytest.LogCaptureFixture
) -> None:
    class Hostile(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text for you")

    async def handle(event: Happened) -> None:
        raise Hostile

    bus.subscribe(Happened, handle)
    await bus.publish(Happened())
    assert vars(caplog.records[0])["error_message"] == "<no text: RuntimeError>"


async def test_session_and_metadata_are_those_of_the_publish(bus: InMemoryEventBus) -> None:
    seen: list[tuple[Any, Any]] = []

    async def handle(event: Happened) -> None:
        await asyncio.sleep(0)
        seen.append((bus.get_session(), bus.get_metadata()))

    bus.subscribe(Happened, handle)
    session: Any = object()
    await bus.publish(Happened(), session=session, metadata={"ip_address": "192.0.2.1"})
    await bus.publish(Happened())
    assert seen == [(session, {"ip_address": "192.0.2.1"}), (None, None)]
    assert (bus.get_session(), bus.get_metadata()) == (None, None)


async def test_overlapping_publishes_never_see_each_others_session(bus: InMemoryEventBus) -> None:
    meet = asyncio.Barrier(2)
    seen: dict[int, tuple[Any, Any]] = {}

    async def handle(event: Happened) -> None:
        before = bus.get_session()
        await meet.wait()
        seen[event.number] = (before, bus.get_session())

    bus.subscribe(Happened, handle)
    one: Any = "session one"
    two: Any = "session two"
    await asyncio.gather(bus.publish(Happened(number=1), session=one), bus.publish(Happened(number=2), session=two))
    assert seen == {1: (one, one), 2: (two, two)}


async def test_a_nested_publish_starts_without_session_and_knows_its_cause(bus: InMemoryEventBus) -> None:
    seen: list[Any] = []

    async def outer(event: Happened) -> None:
        await bus.publish(HappenedIndeed())
        seen.append(bus.get_session())

    async def inner(event: HappenedIndeed) -> None:
        execution = CURRENT.get()
        assert execution is not None
        cause = execution.publication.cause
        assert cause is not None
        seen.append((bus.get_session(), bus.get_metadata(), cause.subscription.name))

    bus.subscribe(Happened, outer)
    bus.subscribe(HappenedIndeed, inner)
    session: Any = "the session"
    await bus.publish(Happened(), session=session, metadata={"a": "b"})
    assert seen == [(None, None, "outer"), session]


async def test_sessions_are_kept_apart_by_bus(bus: InMemoryEventBus) -> None:
    other = InMemoryEventBus()
    seen: list[Any] = []

    async def outer(event: Happened) -> None:
        await other.publish(Happened())

    async def inner(event: Happened) -> None:
        seen.append((bus.get_session(), other.get_session()))

    bus.subscribe(Happened, outer)
    other.subscribe(Happened, inner)
    session: Any = "of the first bus"
    await bus.publish(Happened(), session=session)
    assert seen == [("of the first bus", None)]


async def test_a_task_that_outlives_its_publication_sees_nothing(bus: InMemoryEventBus) -> None:
    go, seen, leaked = asyncio.Event(), [], []

    async def later() -> None:
        await go.wait()
        seen.append((bus.get_session(), bus.in_handler()))

    async def handle(event: Happened) -> None:
        leaked.append(asyncio.ensure_future(later()))

    bus.subscribe(Happened, handle)
    session: Any = "closed by then"
    await bus.publish(Happened(), session=session)
    go.set()
    await leaked[0]
    assert seen == [(None, False)]


async def test_a_raw_thread_is_outside_a_handlers_context(bus: InMemoryEventBus) -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append((bus.get_session(), bus.in_handler()))

    async def handle(event: Happened) -> None:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        await asyncio.get_running_loop().run_in_executor(None, look)
        await asyncio.to_thread(look)  # this one takes the context along

    bus.subscribe(Happened, handle)
    session: Any = "session"
    await bus.publish(Happened(), session=session)
    assert seen == [(None, False), (None, False), ("session", True)]


class Callable_:
    def __call__(self, event: Happened) -> None:
        self.got = event


class AsyncCallable:
    async def __call__(self, event: Happened) -> None:
        await asyncio.sleep(0)
        self.got = event


async def test_every_kind_of_callable_is_a_handler(bus: InMemoryEventBus, witness: Witness) -> None:
    """Functions, methods, partials, lambdas, callable objects, and what gives back any awaitable."""

    async def coroutine(event: Happened) -> None:
        await asyncio.sleep(0)

    def gives_a_future(event: Happened) -> asyncio.Future[None]:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, None)
        return future

    async def with_more(more: int, event: Happened) -> None:
        await asyncio.sleep(0)

    plain, async_one = Callable_(), AsyncCallable()
    handlers = [
        coroutine,
        gives_a_future,
        functools.partial(with_more, 1),
        lambda event: None,
        lambda event: coroutine(event),
        plain,
        async_one,
        async_one.__call__,
    ]
    for handler in handlers:
        bus.subscribe(Happened, handler)
    await bus.publish(Happened())
    ends = [moment for moment in witness.moments if moment[0] == "ended"]
    assert [moment[2] for moment in ends] == ["ok"] * len(handlers)
    assert plain.got is async_one.got


async def test_a_handler_that_only_gives_back_a_generator_has_failed(bus: InMemoryEventBus, witness: Witness) -> None:
    def generator(event: Happened) -> Any:
        yield 1

    async def async_generator(event: Happened) -> Any:
        yield 1

    bus.subscribe(Happened, generator)
    bus.subscribe(Happened, async_generator)
    await bus.publish(Happened())
    assert witness.statuses() == {"generator": "failed", "async_generator": "failed"}


async def test_a_failure_object_given_back_is_told(bus: InMemoryEventBus, witness: Witness) -> None:
    class Failure:
        pass

    async def gives_failure(event: Happened) -> Failure:
        return Failure()

    async def gives_exception(event: Happened) -> ValueError:
        return ValueError("not raised")

    async def gives_number(event: Happened) -> int:
        return 3

    for handler in (gives_failure, gives_exception, gives_number):
        bus.subscribe(Happened, handler)
    await bus.publish(Happened())
    assert witness.statuses() == {
        "gives_failure": "returned_failure",
        "gives_exception": "returned_failure",
        "gives_number": "ok",
    }


async def test_subscribed_twice_it_runs_twice_and_unsubscribe_removes_one(bus: InMemoryEventBus) -> None:
    got: list[object] = []
    bus.subscribe(Happened, got.append)
    bus.subscribe(Happened, got.append)
    assert bus.unsubscribe(Happened, got.append) is True
    await bus.publish(Happened())
    assert len(got) == 1
    assert bus.unsubscribe(Happened, got.append) is True
    assert bus.unsubscribe(Happened, got.append) is False
    assert bus.unsubscribe(HappenedIndeed, got.append) is False


async def test_a_publish_works_on_the_handlers_present_at_its_start(bus: InMemoryEventBus) -> None:
    got: list[str] = []

    async def newcomer(event: Happened) -> None:
        got.append("newcomer")

    async def leaver(event: Happened) -> None:
        got.append("leaver")

    async def changes(event: Happened) -> None:
        bus.subscribe(Happened, newcomer)
        bus.unsubscribe(Happened, leaver)

    bus.subscribe(Happened, changes)
    bus.subscribe(Happened, leaver)
    await bus.publish(Happened())
    assert got == ["leaver"]
    await bus.publish(Happened())
    assert got == ["leaver", "newcomer"]


@pytest.mark.parametrize(("event_type", "handler"), [("Happened", print), (Happened, "print"), (Happened(), print)])
def test_subscribing_nonsense_is_refused(bus: InMemoryEventBus, event_type: Any, handler: Any) -> None:
    with pytest.raises(TypeError):
        bus.subscribe(event_type, handler)


async def test_a_cancelled_publish_cancels_its_handlers_and_is_cancelled(
    bus: InMemoryEventBus, witness: Witness
) -> None:
    running = asyncio.Event()
    cleaned: list[str] = []

    async def waits(event: Happened) -> None:
        running.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cleaned.append("waits")

    bus.subscribe(Happened, waits)
    task = asyncio.ensure_future(bus.publish(Happened()))
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == ["waits"]
    assert witness.statuses() == {"waits": "cancelled"}
    assert witness.moments[-1] == ("over", "Happened", "cancelled")


async def test_handlers_whose_task_is_cancelled_before_its_first_step_end_too(
    bus: InMemoryEventBus, witness: Witness
) -> None:
    """Where the program makes tasks in its own way, a handler is called in its task's first step."""

    async def handle(event: Happened) -> None:
        raise AssertionError("it was never called")

    for _ in range(3):
        bus.subscribe(Happened, handle)
    asyncio.get_running_loop().set_task_factory(lambda loop, coro, **named: asyncio.Task(coro, loop=loop, **named))
    known = asyncio.all_tasks()
    publishing = asyncio.ensure_future(bus.publish(Happened()))
    await asyncio.sleep(0)  # the publish has made the tasks, which have had no turn
    for task in asyncio.all_tasks() - known - {publishing}:
        task.cancel()
    async with asyncio.timeout(PATIENCE):
        await publishing
    assert [moment[2] for moment in witness.moments if moment[0] == "ended"] == ["cancelled"] * 3


async def test_a_deadline_cannot_be_held_by_a_handler_that_swallows_cancellation(witness: Witness) -> None:
    bus = InMemoryEventBus(handler_timeout=0.02)
    bus.observe(witness)
    release = asyncio.Event()

    async def stubborn(event: Happened) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    async def quick(event: Happened) -> None:
        await asyncio.sleep(0)

    bus.subscribe(Happened, stubborn)
    bus.subscribe(Happened, quick)
    async with asyncio.timeout(PATIENCE):
        await bus.publish(Happened())
    assert witness.statuses() == {"stubborn": "timed_out", "quick": "ok"}
    release.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert ("late", "stubborn") in witness.moments


async def test_whoever_fires_sets_the_deadline(bus: InMemoryEventBus, witness: Witness) -> None:
    async def hangs(event: Happened) -> None:
        await asyncio.get_running_loop().create_future()

    bus.subscribe(Happened, hangs)
    token = HANDLER_TIMEOUT.set(0.01)
    try:
        await bus.publish(Happened())
    finally:
        HANDLER_TIMEOUT.reset(token)
    assert witness.statuses() == {"hangs": "timed_out"}


async def test_an_endless_loop_of_events_is_refused_beyond_the_depth(
    bus: InMemoryEventBus, witness: Witness, expected_logs: Any
) -> None:
    expected_logs("inspector.core.bus", "event_publish_refused")

    async def again(event: Happened) -> None:
        await bus.publish(Happened())

    bus.subscribe(Happened, again)
    await bus.publish(Happened())
    assert ("refused", MAX_DEPTH + 1) in witness.moments
    assert witness.moments.count(("started", "again")) == MAX_DEPTH + 1
    assert set(witness.statuses().values()) == {"ok"}


async def test_a_chain_of_leaked_tasks_is_no_loop(bus: InMemoryEventBus, witness: Witness) -> None:
    """A ticker that publishes from task to task never nests, however long it runs."""
    tasks: list[asyncio.Future[None]] = []
    done = asyncio.Event()

    async def tick(event: Happened) -> None:
        if event.number < 3 * MAX_DEPTH:
            tasks.append(asyncio.ensure_future(bus.publish(Happened(number=event.number + 1))))
        else:
            done.set()

    bus.subscribe(Happened, tick)
    await bus.publish(Happened())
    await done.wait()
    await asyncio.gather(*tasks)
    assert not [moment for moment in witness.moments if moment[0] == "refused"]


@pytest.mark.parametrize("moment", ["publication_started", "execution_started", "execution_ended", "publication_ended"])
async def test_an_observer_that_raises_is_removed_and_the_bus_goes_on(
    bus: InMemoryEventBus, witness: Witness, moment: str, expected_logs: Any
) -> None:
    expected_logs("inspector.core.bus", "event_bus_observer_removed")
    broken, told = Witness(), []

    def breaks(*_: object) -> None:
        raise RuntimeError("broken observer")

    setattr(broken, moment, breaks)
    bus.observe(broken, told.append)
    bus.subscribe(Happened, lambda event: None)
    await bus.publish(Happened())
    before = len(broken.moments)
    await bus.publish(Happened())
    assert [type(error) for error in told] == [RuntimeError]
    assert len(broken.moments) == before
    assert witness.statuses() == {"lambda:" + str(_line(bus)): "ok"}


def _line(bus: InMemoryEventBus) -> int:
    return next(iter(bus.subscriptions())).description.line


async def test_an_observation_can_be_ended(bus: InMemoryEventBus) -> None:
    witness = Witness()
    stop = bus.observe(witness)
    stop()
    stop()
    await bus.publish(Happened())
    assert witness.moments == []


async def test_a_handler_that_cancels_its_own_task_does_not_hit_the_next_one(
    bus: InMemoryEventBus, witness: Witness
) -> None:
    async def cancels_itself(event: Happened) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    async def next_one(event: Happened) -> None:
        await asyncio.sleep(0)

    bus.subscribe(Happened, cancels_itself)
    bus.subscribe(Happened, next_one)
    await bus.publish(Happened())
    assert witness.statuses() == {"cancels_itself": "ok", "next_one": "ok"}


async def test_a_handler_keeps_its_task_from_beginning_to_end(bus: InMemoryEventBus) -> None:
    tasks: dict[int, list[Any]] = {1: [], 2: [], 3: []}

    def make(number: int) -> Any:
        async def handle(event: Happened) -> None:
            tasks[number].append(asyncio.current_task())
            if number > 1:
                async with asyncio.timeout(PATIENCE):
                    await asyncio.sleep(0)
            tasks[number].append(asyncio.current_task())

        return handle

    for number in tasks:
        bus.subscribe(Happened, make(number))
    await bus.publish(Happened())
    assert all(first is last for first, last in tasks.values())
    assert tasks[2][0] is not tasks[3][0]


async def test_handlers_run_in_contexts_of_their_own(bus: InMemoryEventBus) -> None:
    from contextvars import ContextVar

    variable: ContextVar[str] = ContextVar("variable", default="outer")
    seen: list[str] = []

    def handle(event: Happened) -> None:
        seen.append(variable.get())
        variable.set("inner")

    bus.subscribe(Happened, handle)
    bus.subscribe(Happened, handle)
    await bus.publish(Happened())
    assert seen == ["outer", "outer"]
    assert variable.get() == "outer"


async def test_a_handler_that_cancels_every_task_ends_the_siblings_not_the_bus(
    bus: InMemoryEventBus, witness: Witness
) -> None:
    async def waits(event: Happened) -> None:
        await asyncio.get_running_loop().create_future()

    async def cancel_all(event: Happened) -> None:
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()} - {main}:
            task.cancel()

    main = asyncio.current_task()
    bus.subscribe(Happened, waits)
    bus.subscribe(Happened, cancel_all)
    bus.subscribe(Happened, waits)
    await bus.publish(Happened())
    assert [moment[2] for moment in witness.moments if moment[0] == "ended"].count("cancelled") == 2


async def test_time_on_the_loop_is_told_apart_from_time_awaiting(bus: InMemoryEventBus) -> None:
    measured: list[tuple[int, int]] = []

    class Measure(Witness):
        def execution_ended(self, execution: Any) -> None:
            measured.append((execution.on_loop, execution.ended - execution.started))

    async def handle(event: Happened) -> None:
        await asyncio.sleep(0.2)

    bus.observe(Measure())
    bus.subscribe(Happened, handle)
    await bus.publish(Happened())
    ((on_loop, total),) = measured
    assert total >= 190_000_000
    assert on_loop < total // 2


async def test_nothing_of_a_failure_is_kept_alive() -> None:
    alone = logging.Logger("alone", logging.CRITICAL)  # noqa: LOG001 - a log record that is kept keeps its exception
    bus = InMemoryEventBus(alone)

    class Big:
        pass

    references: list[weakref.ref[Big]] = []

    async def fails(event: Happened) -> None:
        big = Big()
        references.append(weakref.ref(big))
        raise ValueError(big)

    bus.subscribe(Happened, fails)
    await bus.publish(Happened())
    await asyncio.sleep(0)
    gc.collect()
    assert references[0]() is None


async def test_the_interceptor_may_replace_a_call(bus: InMemoryEventBus) -> None:
    called: list[str] = []

    async def original(event: Happened) -> None:
        called.append("original")

    async def instead(event: Happened) -> None:
        called.append("instead")

    bus.subscribe(Happened, original)
    bus.interceptor = lambda execution: instead
    await bus.publish(Happened())
    bus.interceptor = None
    await bus.publish(Happened())
    assert called == ["instead", "original"]


async def test_a_program_needs_only_two_names() -> None:
    """The import line that the README promises."""
    namespace: dict[str, Any] = {}
    exec("from inspector.core import DomainEvent, InMemoryEventBus", namespace)
    assert issubclass(Happened, namespace["DomainEvent"])


@pytest.mark.parametrize("heard", [True, False])
async def test_who_only_publishes_still_gives_the_loop_a_turn(heard: bool) -> None:
    """Whether anybody hears it or not."""
    bus = InMemoryEventBus()
    if heard:
        bus.subscribe(Happened, lambda _: None)
    turns: list[int] = []
    asyncio.get_running_loop().call_soon(turns.append, 1)
    until = time.monotonic() + PATIENCE
    while not turns and time.monotonic() < until:
        await bus.publish(Happened())
    assert turns
