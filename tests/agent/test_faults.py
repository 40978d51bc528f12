"""Faults on purpose: they strike where a real one would, and leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from inspector.agent.effects.log import install_log_probe
from inspector.agent.faults import FaultInjector, InjectedFault, make_error
from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.bus.context import HANDLER_TIMEOUT
from inspector.core.description import CatalogDescription
from inspector.core.faults import FaultRule
from inspector.core.records.capture import Failure, failure_from_json
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import HandlerEnded, HandlerStarted, to_record

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


class Happened(DomainEvent):
    pass


@dataclass
class Ran:
    """How the one execution went."""

    fault: str
    status: str
    failure: Failure | None

    def functions(self) -> list[str]:
        assert self.failure is not None
        return [frame.function.rpartition(".")[2] for frame in self.failure.frames]


async def run(
    handler: Callable[[Any], Any], kind: str, *, error: str = "OSError: on purpose", delay: float = 0.0
) -> Ran:
    """Publish once with this one fault in the handler."""
    recorder, bus = Recorder(), InMemoryEventBus()
    recorder.start(CatalogDescription("test"))
    bus.observe(recorder)
    bus.subscribe(Happened, handler)
    bus.interceptor = FaultInjector([FaultRule("*", "Happened", kind, error, delay)])
    undo = install_log_probe(recorder)
    try:
        await bus.publish(Happened())
    finally:
        undo()
    records = [to_record(row) for row in recorder.drain()]
    (started,) = [record for record in records if isinstance(record, HandlerStarted)]
    (ended,) = [record for record in records if isinstance(record, HandlerEnded)]
    return Ran(started.fault, ended.status, failure_from_json(ended.failure) if ended.failure else None)


class Handlers:
    """Handlers of every build; each writes down what it got to."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    async def waits(self, event: Happened) -> None:
        self.steps.append("before")
        await asyncio.sleep(0)
        self.steps.append("after")

    async def never_waits(self, event: Happened) -> None:
        self.steps.append("work")

    def sync(self, event: Happened) -> None:
        self.steps.append("work")

    async def catches(self, event: Happened) -> None:
        try:
            await asyncio.sleep(0)
        except OSError:
            self.steps.append("caught")

    async def catches_and_waits(self, event: Happened) -> None:
        try:
            await asyncio.sleep(0)
        except OSError:
            await asyncio.sleep(0)
            self.steps.append("caught")

    async def tidies(self, event: Happened) -> None:
        try:
            await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0)
            self.steps.append("tidied")

    def gives_a_future(self, event: Happened) -> asyncio.Future[None]:
        async def work() -> None:
            await asyncio.sleep(0)
            self.steps.append("work")

        return asyncio.ensure_future(work())


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


# Fail


async def test_a_handler_fails_at_its_first_await_and_the_traceback_shows_its_own_line(handlers: Handlers) -> None:
    ran = await run(handlers.waits, "fail")
    assert (ran.fault, ran.status, handlers.steps) == ("fail", "failed", ["before"])
    assert ran.failure is not None
    assert (ran.failure.type, ran.failure.message) == ("OSError", "on purpose")
    origin = ran.failure.origin
    assert origin is not None
    assert ran.functions()[0] == "waits"
    assert dict(origin.source)[origin.line].strip() == "await asyncio.sleep(0)"


@pytest.mark.parametrize("name", ["never_waits", "sync"])
async def test_a_handler_that_never_waits_fails_after_its_work(handlers: Handlers, name: str) -> None:
    ran = await run(getattr(handlers, name), "fail")
    assert (ran.fault, ran.status, handlers.steps) == ("fail", "failed", ["work"])
    assert ran.failure is not None
    assert ran.failure.type == "OSError"


@pytest.mark.parametrize("name", ["catches", "catches_and_waits"])
async def test_a_handler_that_catches_the_exception_is_as_robust_as_it_says(handlers: Handlers, name: str) -> None:
    ran = await run(getattr(handlers, name), "fail")
    assert (ran.fault, ran.status, handlers.steps) == ("fail", "ok", ["caught"])


@pytest.mark.parametrize("kind", ["fail", "swallow"])
async def test_cleanup_that_awaits_runs_to_its_end(handlers: Handlers, kind: str, expected_logs: Any) -> None:
    if kind == "swallow":
        expected_logs(__name__, "OSError: on purpose")
    ran = await run(handlers.tidies, kind)
    assert (ran.status, handlers.steps) == ("failed" if kind == "fail" else "swallowed", ["tidied"])


async def test_a_handler_that_gives_back_a_future_fails_like_one_that_waits(handlers: Handlers) -> None:
    ran = await run(handlers.gives_a_future, "fail")
    assert (ran.status, handlers.steps) == ("failed", ["work"])


async def test_what_the_handler_waits_for_is_waited_for_first() -> None:
    """The fault comes after the statement, as when the server answers with an error."""
    done = asyncio.Event()

    async def statement() -> None:
        await asyncio.sleep(0)
        done.set()

    async def handler(event: Happened) -> None:
        await asyncio.ensure_future(statement())

    assert (await run(handler, "fail")).status == "failed"
    assert done.is_set()


async def test_a_failure_of_its_own_that_a_handler_deals_with_stays_its_own() -> None:
    """What it waits for raises by itself, and the handler tries again: the fault is not in its way."""
    steps: list[str] = []

    async def broken() -> None:
        raise ConnectionError("really")

    async def handler(event: Happened) -> None:
        for _ in range(2):
            try:
                await asyncio.ensure_future(broken())
            except ConnectionError:
                steps.append("caught")
        await asyncio.sleep(0)
        steps.append("done")

    for kind in ("fail", "slow", "swallow"):
        steps.clear()
        assert (await run(handler, kind)).status == "ok"
        assert steps == ["caught", "caught", "done"]


async def test_a_failure_of_its_own_shows_its_own_traceback() -> None:
    async def broken() -> None:
        raise ConnectionError("really")

    async def handler(event: Happened) -> None:
        await asyncio.ensure_future(broken())

    ran = await run(handler, "fail")
    assert ran.failure is not None
    assert ran.failure.message == "really"
    assert ran.functions() == ["handler", "broken"]


# Slow and hang


@pytest.mark.parametrize("name", ["waits", "never_waits", "sync", "catches", "gives_a_future"])
async def test_a_slow_handler_does_its_work_and_ends_well(handlers: Handlers, name: str) -> None:
    ran = await run(getattr(handlers, name), "slow", delay=0.001)
    assert (ran.fault, ran.status, ran.failure) == ("slow", "ok", None)
    assert handlers.steps[-1:] in (["after"], ["work"], [])


@pytest.mark.parametrize("name", ["waits", "never_waits", "tidies"])
async def test_a_handler_that_hangs_is_given_up_at_its_deadline(handlers: Handlers, name: str) -> None:
    token = HANDLER_TIMEOUT.set(0.01)
    try:
        ran = await run(getattr(handlers, name), "hang")
    finally:
        HANDLER_TIMEOUT.reset(token)
    assert (ran.fault, ran.status) == ("hang", "timed_out")
    # It waits where the fault has struck: nowhere in the program, if the handler had done its work by then.
    assert ran.failure is not None
    own = [frame.function.rpartition(".")[2] for frame in ran.failure.frames if frame.mine]
    assert own == ([] if name == "never_waits" else [name])
    assert ran.functions()[:1] == own
    for _ in range(5):
        await asyncio.sleep(0)
    if name == "tidies":  # its cleanup runs, awaits included
        assert handlers.steps == ["tidied"]


async def test_a_slow_handler_can_be_cancelled(handlers: Handlers) -> None:
    publishing = asyncio.ensure_future(run(handlers.tidies, "slow", delay=60))
    for _ in range(5):
        await asyncio.sleep(0)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    assert handlers.steps == ["tidied"]


# Swallow


@pytest.mark.parametrize("name", ["waits", "never_waits", "sync", "gives_a_future"])
async def test_a_swallowed_exception_is_logged_and_marked(handlers: Handlers, name: str, expected_logs: Any) -> None:
    expected_logs(__name__, "OSError: on purpose")
    ran = await run(getattr(handlers, name), "swallow")
    assert (ran.fault, ran.status) == ("swallow", "swallowed")
    assert ran.failure is not None
    assert (ran.failure.type, ran.failure.message) == ("OSError", "on purpose")
    if name == "waits":
        assert ran.functions()[0] == "waits"


# Rules


async def test_the_first_rule_that_fits_handler_and_event_holds() -> None:
    class Other(DomainEvent):
        pass

    class Audit:
        async def handle(self, event: DomainEvent) -> None: ...

    class Mail:
        async def handle(self, event: DomainEvent) -> None: ...

    bus, seen = InMemoryEventBus(), []

    class Observer:
        def execution_started(self, execution: Any) -> None:
            label = execution.subscription.description.label.rpartition("local.")[2]
            seen.append((label.split(".")[-2], type(execution.publication.event).__name__, execution.fault))

        def __getattr__(self, name: str) -> Any:
            return lambda *_: None

    observer: Any = Observer()
    bus.observe(observer)
    for event in (Happened, Other):
        for owner in (Audit(), Mail()):
            bus.subscribe(event, owner.handle)
    bus.interceptor = FaultInjector(
        [
            FaultRule("*Audit.*", "Other", "slow", delay=0),
            FaultRule("*Audit.*", "*", "fail"),
            FaultRule("*MAIL.*", "*", "fail"),
        ]
    )
    await bus.publish(Happened())
    await bus.publish(Other())
    assert seen == [
        ("Audit", "Happened", "fail"),
        ("Mail", "Happened", ""),
        ("Audit", "Other", "slow"),
        ("Mail", "Other", ""),
    ]


async def test_off_again_the_bus_is_exactly_as_it_was(handlers: Handlers) -> None:
    recorder, bus = Recorder(), InMemoryEventBus()
    bus.subscribe(Happened, handlers.waits)
    before = vars(bus).copy()
    subscriptions = list(bus.subscriptions())
    bus.interceptor = FaultInjector([FaultRule("*", "*", "fail")])
    await bus.publish(Happened())
    bus.interceptor = None
    assert vars(bus) == before
    assert list(bus.subscriptions()) == subscriptions
    recorder.drain()
    bus.observe(recorder)
    await bus.publish(Happened())
    rows = [to_record(row) for row in recorder.drain()]
    assert [row.fault for row in rows if isinstance(row, HandlerStarted)] == [""]
    assert [row.status for row in rows if isinstance(row, HandlerEnded)] == ["ok"]


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("ConnectionError: the server went away", ConnectionError, "the server went away"),
        ("ValueError: a: b", ValueError, "a: b"),
        ("KeyError", KeyError, "''"),
        ("OperationalError: no such table", InjectedFault, "OperationalError: no such table"),
        # Nothing that would end the host, and no name that is not an exception.
        ("SystemExit: 3", InjectedFault, "SystemExit: 3"),
        ("print: hello", InjectedFault, "print: hello"),
        ("", InjectedFault, ""),
    ],
)
def test_which_exception_a_text_describes(text: str, kind: type[BaseException], message: str) -> None:
    error = make_error(text)
    assert type(error) is kind
    assert str(error) == message


@pytest.mark.parametrize("text", ["UnicodeDecodeError: not so simple", "ExceptionGroup: two", "ExceptionGroup"])
def test_exceptions_that_cannot_be_made_of_a_text_alone_are_named(text: str) -> None:
    error = make_error(text)
    assert type(error) is InjectedFault
    assert str(error) == text


# --- how often, and what else there is ------------------------------------------------------------------------------


async def often(rule: FaultRule, times: int, chance: Callable[[], float] = lambda: 0.0) -> tuple[list[str], int]:
    """Publish so many times; return the status of each execution, and how often the handler was called."""
    recorder, bus, calls = Recorder(), InMemoryEventBus(), []
    recorder.start(CatalogDescription("test"))
    bus.observe(recorder)

    async def handle(event: Happened) -> None:
        calls.append(event)

    bus.subscribe(Happened, handle)
    bus.interceptor = FaultInjector([rule], chance)
    for _ in range(times):
        await bus.publish(Happened())
    ended = [record for row in recorder.drain() if isinstance(record := to_record(row), HandlerEnded)]
    return [record.status for record in ended], len(calls)


async def test_every_nth_execution_is_struck() -> None:
    statuses, calls = await often(FaultRule("*", "*", "fail", every=3), 7)
    assert statuses == ["ok", "ok", "failed", "ok", "ok", "failed", "ok"]
    assert calls == 7


async def test_executions_are_struck_with_a_probability() -> None:
    chances = iter([0.05, 0.5, 0.0999, 0.1])
    statuses, _ = await often(FaultRule("*", "*", "fail", probability=0.1), 4, lambda: next(chances))
    assert statuses == ["failed", "ok", "failed", "ok"]


async def test_a_dropped_handler_is_not_called_and_a_cancelled_one_is_cancelled() -> None:
    assert await often(FaultRule("*", "*", "drop", every=2), 4) == (["ok"] * 4, 2)
    assert await often(FaultRule("*", "*", "cancel"), 2) == (["cancelled"] * 2, 2)


class Demanding(Exception):
    def __init__(self, code: int, *, reason: str) -> None:
        super().__init__(code, reason)


def test_an_exception_of_the_program_is_raised_by_its_dotted_name() -> None:
    error = make_error(f"{__name__}.Demanding: out of stock")
    assert isinstance(error, Demanding)
    assert error.args == ("out of stock",)
    assert isinstance(make_error("no.such.Error: x"), InjectedFault)
