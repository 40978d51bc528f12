"""Firing everything: what is declared against what is observed, in the contexts that were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from inspector.agent.effects.effects import watched
from inspector.agent.facts.collect import collect
from inspector.agent.program import CoreProgram, Program
from inspector.agent.reading.loaded import Target, make_program
from inspector.app.conform import CHOICES, Progress, contexts_of, fire_everything
from inspector.app.notices import Notices
from inspector.app.recording import Recording
from inspector.app.tasks import TaskOwner
from inspector.catalog.conformance.observed import BARE, CONTEXTS, ROLLBACK, SESSION
from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.bus.events import DomainEvent
from inspector.core.errors import InspectorError, UsageError
from inspector.core.records.numbers import PublicationIndex
from inspector.core.source import SourceScan
from inspector.core.values.snapshot import plain
from inspector.demo import build as build_demo
from inspector.demo.container import Demo
from inspector.hosts.embedded import EmbeddedHost
from tests.faulty_demo import build as build_faulty

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


def program(demo: Demo) -> Program:
    """A demo as a program, its effects watched."""
    return watched(
        CoreProgram(
            demo.name,
            demo.bus,
            registry=demo.registry,
            sse=demo.sse_registry,
            session_factory=demo.session_factory,
            faults=demo.faults,
            start=demo.start,
            close=demo.close,
        )
    )


@asynccontextmanager
async def recorded(make_program) -> AsyncIterator[Recording]:
    recording = Recording(EmbeddedHost(make_program), None, TaskOwner(Notices()), name="conform")
    await recording.start()
    try:
        yield recording
    finally:
        await recording.close()


async def test_the_demo_behaves_as_declared_in_every_context():
    async with recorded(lambda: program(build_demo(seed=1, latency=0))) as recording:
        told: list[Progress] = []
        report = await fire_everything(recording, contexts=CONTEXTS, seed=1, on_progress=told.append)
    assert not report.bad
    assert (report.events, report.fired, report.contexts) == (77, 231, CONTEXTS)
    codes = {finding.code for finding in report.findings}
    assert codes == {"CF143", "CF161"}  # tokens in mails, and the audit trail needs a database session
    assert [each.handler for each in report.findings if each.code == "CF143"] == [
        "EmailEventHandler.handle_user_registration_succeeded",
        "EmailEventHandler.handle_password_reset_request_succeeded",
    ]
    assert all("Audit" in each.handler for each in report.findings if each.code == "CF161")
    assert [each.done for each in told] == list(range(232))
    assert {each.total for each in told} == {231}
    assert (told[77].context, told[-1].event) == (SESSION, "")
    spans = [report.spans[context] for context in CONTEXTS]
    assert spans == [(0, 185), (185, 370), (370, 555)]


async def test_the_faulty_twin_is_named_fault_by_fault_with_event_and_handler():
    async with recorded(lambda: program(build_faulty(seed=1))) as recording:
        report = await fire_everything(recording, seed=1)
    bad = [each for each in report.findings if each.severity != "information"]
    assert [(each.code, each.event, each.handler) for each in bad] == [
        ("CF101", "UserLogoutSucceeded", "SessionEventHandler"),
        ("CF101", "SessionLimitExceededEvent", "LoggingEventHandler"),
        ("CF112", "EmailVerificationSucceeded", "SwallowingEmail.handle_email_verification_succeeded"),
        ("CF121", "UserLoginSucceeded", "WrongAudit.handle_user_login_succeeded"),
        ("CF131", "UserLoginFailed", "DriftingSSE.handle_user_login_failed"),
        ("CF141", "PasswordResetRequestSucceeded", "TalkativeLogging.handle_password_reset_request_succeeded"),
        ("CF151", "SessionLimitExceededEvent", ""),
    ]
    # Each leads to its execution, where the journal says the same.
    for each in bad:
        if each.execution:
            seen = recording.journal.execution(recording.journal.execution_index(each.execution))
            assert (seen.event.name, seen.handler.label) == (each.event, each.handler)
            assert recording.journal.publication_number(seen.publication) == each.publication


# --- small programs -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CodeSent(DomainEvent):
    """It does not take canaries."""

    verification_code: str

    def __post_init__(self) -> None:
        if "canary" in self.verification_code:
            raise ValueError("no such code")


@dataclass(frozen=True, kw_only=True)
class ParcelTracked(DomainEvent):
    """Its optional fields take what they are for, or nothing."""

    parcel: str
    email: str | None = None
    parent_id: str = ""

    def __post_init__(self) -> None:
        if self.email or (self.parent_id and not self.parent_id.startswith("p-")):
            raise ValueError("not that")


@dataclass(frozen=True, kw_only=True)
class NeverFired(DomainEvent):
    name: str

    def __post_init__(self) -> None:
        raise ValueError("not today")


@asynccontextmanager
async def session(*, commit: bool) -> AsyncIterator[str]:
    """A database session that can be told from another."""
    yield f"commit={commit}"


def small(*subscriptions) -> Program:
    bus = InMemoryEventBus()
    for event, handler in subscriptions:
        bus.subscribe(event, handler)
    return watched(CoreProgram("small", bus, session_factory=session))


async def nothing(_) -> None:
    """Handle."""


async def test_an_event_that_refuses_canaries_is_fired_with_ordinary_values_and_one_that_refuses_all_is_told():
    async with recorded(lambda: small((CodeSent, nothing), (NeverFired, nothing))) as recording:
        report = await fire_everything(recording)
    (finding,) = report.findings
    assert (finding.code, finding.event) == ("CF152", "NeverFired")
    assert "not today" in finding.message
    assert (report.events, report.executions) == (1, 1)


async def test_an_event_that_refuses_what_its_optional_fields_are_called_after_keeps_their_defaults():
    async with recorded(lambda: small((ParcelTracked, nothing))) as recording:
        report = await fire_everything(recording)
        payload = plain(await recording.details.payload(PublicationIndex(0)))
    assert report.findings == ()
    assert (report.events, report.executions) == (1, 1)
    assert (payload["email"], payload["parent_id"]) == (None, "")


@dataclass(frozen=True, kw_only=True)
class Harvest:
    field: str = "north"


@dataclass(frozen=True, kw_only=True)
class HarvestStarted(Harvest):
    """Has a handler of its own, and a class below it."""


@dataclass(frozen=True, kw_only=True)
class HarvestStartedEarly(HarvestStarted):
    """The same under another name."""


@dataclass(frozen=True, kw_only=True)
class HarvestPaused(Harvest):
    """Has a class below it; the source makes one."""


@dataclass(frozen=True, kw_only=True)
class HarvestPausedByRain(HarvestPaused):
    pass


class ByBaseClass:
    def __init__(self) -> None:
        self.handlers: dict[type, list] = {}

    def publish(self, event) -> None:
        for cls in type(event).__mro__:
            for handler in self.handlers.get(cls, []):
                handler(event)


@pytest.mark.parametrize(
    ("made", "fired", "left_out"),
    [
        ({"HarvestPaused": 1}, 4, ()),
        ({}, 3, ("HarvestPaused",)),
        (None, 3, ("HarvestPaused",)),
    ],
)
async def test_a_class_above_others_is_fired_where_it_is_an_event_itself_and_else_named(made, fired, left_out):
    bus = ByBaseClass()
    bus.handlers = {HarvestStarted: [print], HarvestPausedByRain: [print], HarvestPaused: []}
    target = make_program("farm", [Target("farm:bus", bus)], [HarvestPaused, HarvestStarted, HarvestStartedEarly])
    facts = collect(target)
    source = None if made is None else SourceScan(constructed=made)
    async with recorded(lambda: target) as recording:
        report = await fire_everything(recording, facts=facts, read=lambda: source)
    assert {event.name for event in target.catalog().events} == {
        *("HarvestStarted", "HarvestStartedEarly", "HarvestPaused", "HarvestPausedByRain"),
    }
    assert (report.events, report.left_out) == (fired, left_out)
    assert report.as_json()["left_out"] == list(left_out)


async def test_a_bare_fire_has_neither_session_nor_metadata_and_the_others_have_both():
    bus = InMemoryEventBus()
    seen = []

    async def handler(_: CodeSent) -> None:
        seen.append((bus.get_session(), sorted(bus.get_metadata() or ())))

    bus.subscribe(CodeSent, handler)
    async with recorded(lambda: watched(CoreProgram("small", bus, session_factory=session))) as recording:
        await fire_everything(recording, contexts=CONTEXTS)
    both = ["ip_address", "user_agent"]
    assert seen == [(None, []), ("commit=True", both), ("commit=False", both)]


async def test_it_can_be_stopped_and_what_was_recorded_stays():
    async with recorded(lambda: program(build_demo(seed=1, latency=0))) as recording:
        reached = asyncio.Event()

        def progress(told: Progress) -> None:
            if told.done == 5:
                reached.set()

        task = asyncio.ensure_future(fire_everything(recording, on_progress=progress))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 5 <= len(recording.journal.publications) <= 7


async def test_without_events_or_while_recording_is_paused_nothing_is_fired():
    async with recorded(small) as recording:
        with pytest.raises(InspectorError, match="No events"):
            await fire_everything(recording)
    async with recorded(lambda: small((CodeSent, nothing))) as recording:
        recording.host.set_recording(False)
        with pytest.raises(InspectorError, match="paused"):
            await fire_everything(recording)


def test_a_choice_stands_for_contexts():
    assert [contexts_of(choice) for choice in CHOICES] == [(BARE,), (SESSION,), (ROLLBACK,), CONTEXTS]
    with pytest.raises(UsageError, match="Unknown context 'naked'"):
        contexts_of("naked")
