"""Programs made of what was loaded: several buses, catalogs of every kind, sessions, problems."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.agent.adapters.base import FireContext, Match, Options
from inspector.agent.effects.log import install_log_probe
from inspector.agent.engine import Engine
from inspector.agent.faults import FaultInjector
from inspector.agent.libraries.core_bus import CoreBusAdapter
from inspector.agent.observe.monitor import MONITOR
from inspector.agent.process.watchdog import _culprit
from inspector.agent.reading import loaded
from inspector.agent.reading.discovery import find_buses
from inspector.agent.reading.loaded import Target, make_program
from inspector.agent.reading.map_bus import connection as map_bus
from inspector.agent.reading.map_bus.connection import MapBusAdapter
from inspector.agent.reading.sessions import open_session
from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.bus.events import DomainEvent
from inspector.core.bus.registry import EventCategory, EventMetadata, EventRegistry, WorkflowPhase
from inspector.core.description import CatalogDescription, Problem
from inspector.core.errors import InspectorError, UsageError
from inspector.core.faults import FaultRule
from inspector.core.records.host import FireRefused, FireSettled
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import HANDLER_ENDED, HOST_NOTED, NOTED, PUBLICATION_ENDED, PUBLISHED, to_record
from inspector.core.request import FireRequest
from inspector.core.values.build import build, to_plain
from tests.agent.samples import Watched, watch


@dataclass(frozen=True, kw_only=True)
class Ours(DomainEvent):
    number: int


@dataclass(frozen=True)
class Theirs:
    number: int = 1


@dataclass(frozen=True)
class Unheard:
    number: int = 1


class MapBus:
    def __init__(self, *handlers: Any, event: type = Theirs) -> None:
        self._handlers = {event: list(handlers)}
        self.sessions: list[Any] = []

    async def publish(self, event: Any, session: Any = None, metadata: Any = None) -> None:
        self.sessions.append((session, metadata))
        for handler in self._handlers.get(type(event), []):
            await handler(event)


async def listens(event: Any) -> None:
    """Hear it."""


async def raises(event: Any) -> None:
    raise LookupError("nothing")


def program(*values: Any, **more: Any) -> Any:
    return make_program("sample", [Target(f"sample:{index}", value) for index, value in enumerate(values)], **more)


# --- our own bus, and another copy of it ----------------------------------------------------------


@pytest.fixture
def foreign() -> Iterator[types.ModuleType]:
    """Another copy of our package, as a project may use it while we are loaded under a private name."""
    folder = Path(inspector.__file__).parent
    spec = importlib.util.spec_from_file_location(
        "other", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["other"] = package
    try:
        yield package
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "other"]:
            del sys.modules[name]


async def _core_run(watched: Watched, name: str) -> None:
    watched.program.intercept(FaultInjector([FaultRule("raises", "*", "slow", delay=0.0)]))
    undo_probe = install_log_probe(watched.recorder)
    event = watched.program.build(name, {"number": 4})
    await watched.program.publish(event, None, {"who": "me"})
    undo_probe()
    watched.stop()
    published = watched.rows(PUBLISHED)
    assert [(row[3], row[10]) for row in published] == [(name, 2)]
    assert "me" in published[0][9]
    assert sorted(row[3] for row in watched.rows(HANDLER_ENDED)) == ["failed", "ok"]
    assert len(watched.rows(PUBLICATION_ENDED)) == 1


@pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")
async def test_our_own_bus_is_observed() -> None:
    bus = InMemoryEventBus()
    bus.subscribe(Ours, listens)
    bus.subscribe(Ours, raises)
    before = dict(vars(bus))
    watched = watch(bus)
    assert [source.adapter for source in watched.catalog.sources] == ["core"]
    await _core_run(watched, "Ours")
    assert vars(bus) == before


@pytest.mark.allow_log("other.core.bus", "event_handler_failed")
async def test_another_copy_of_our_bus_is_observed_all_the_same(foreign: types.ModuleType) -> None:
    core, bus_module = importlib.import_module("other.core.bus.events"), importlib.import_module("other.core.bus.bus")
    assert bus_module.InMemoryEventBus is not InMemoryEventBus

    @dataclass(frozen=True, kw_only=True)
    class Foreign(core.DomainEvent):  # type: ignore[misc, name-defined]
        number: int

    async def slow(event: Any) -> None:
        await asyncio.get_running_loop().create_future()

    bus = bus_module.InMemoryEventBus()
    bus.subscribe(Foreign, listens)
    bus.subscribe(Foreign, raises)
    watched = watch(bus)
    event = watched.catalog.events[0]
    assert [field.name for field in event.fields] == [
        "number",
        "event_id",
        "correlation_id",
        "occurred_at",
        "tenant_id",
    ]
    assert [field.base for field in event.fields] == [False, True, True, True, True]
    assert build(CatalogDescription, to_plain(watched.catalog)) == watched.catalog
    await _core_run(watched, "Foreign")
    assert watched.rows(NOTED) == [], "what the bus logs of a failure is no note of the handler's"
    bus.unsubscribe(Foreign, raises)
    bus.subscribe(Foreign, slow)
    loaded.HANDLER_TIMEOUT.set(0.01)
    watched = watch(bus)
    await watched.program.publish(watched.program.build("Foreign", {"number": 4}), None, None)
    watched.stop()
    assert sorted(row[3] for row in watched.rows(HANDLER_ENDED)) == ["ok", "timed_out"], "its own deadline holds"


async def test_a_container_of_ours_brings_its_registry_and_is_started() -> None:
    from inspector.demo.container import Demo

    demo = Demo(latency=0, seed=1)
    made = program(demo)
    await made.start()
    catalog = made.catalog()
    assert len(catalog.events) == len(demo.registry)
    assert catalog.statistics["total_events"] == len(demo.registry)
    assert any(event.sse is not None for event in catalog.events)
    assert made.faults == demo.faults
    async with made.open_session(commit=False) as session:
        assert session is not None
    await made.close()


# --- several buses --------------------------------------------------------------------------------


async def test_several_buses_are_one_program() -> None:
    ours, first, second = InMemoryEventBus(), MapBus(listens), MapBus(listens, event=Unheard)
    ours.subscribe(Ours, listens)
    watched = watch(ours, first, {"second": second})
    assert [source.where for source in watched.catalog.sources] == ["sample:0", "sample:1", "sample:2.second"]
    for name in ("Ours", "Theirs", "Unheard"):
        await watched.program.publish(watched.program.build(name, {"number": 1}), None, None)
    watched.stop()
    assert [row[3] for row in watched.rows(PUBLISHED)] == ["Ours", "Theirs", "Unheard"]
    assert (len(first.sessions), len(second.sessions)) == (1, 1)


async def test_a_bus_inside_a_module_is_found() -> None:
    module = types.ModuleType("wiring")
    module.bus = MapBus(listens)  # type: ignore[attr-defined]
    module.EVENT_HANDLERS = module.bus._handlers  # type: ignore[attr-defined]
    watched = watch(module)
    watched.stop()
    assert [source.where for source in watched.catalog.sources] == ["sample:0.bus"]


def test_dicts_of_handlers_alone_are_called_directly() -> None:
    made = program({Theirs: [listens]}, {Unheard: listens})
    assert [event.name for event in made.catalog().events if event.handlers] == ["Theirs", "Unheard"]
    assert all("called directly" in source.text for source in made.catalog().sources)


def test_what_is_no_bus_is_said_in_a_sentence() -> None:
    with pytest.raises(InspectorError, match="is not a recognized bus"):
        program(object())


def test_one_target_that_is_no_bus_is_a_problem_and_the_other_works() -> None:
    catalog = program(MapBus(listens), 5).catalog()
    assert [(problem.where, problem.text) for problem in catalog.problems] == [
        ("sample:1", "sample:1 is not a recognized bus: a int without handlers.")
    ]
    assert len(catalog.events) >= 1


def test_events_of_one_name_get_names_of_their_own() -> None:
    other = type("Theirs", (), {"__module__": "shop.billing", "__init__": lambda self, amount: None})
    made = program(MapBus(listens), MapBus(listens, event=other))
    assert {event.name: event.key for event in made.catalog().events if "Theirs" in event.name} == {
        "Theirs": "tests.agent.test_loaded.Theirs",
        "billing.Theirs": "shop.billing.Theirs",
    }
    assert type(made.build("billing.Theirs", {"amount": 1})) is other


async def test_the_record_carries_the_catalogs_name() -> None:
    other = type("Theirs", (), {"__module__": "shop.billing"})
    watched = watch(MapBus(listens), MapBus(listens, event=other))
    await watched.program.publish(watched.program.build("billing.Theirs", {}), None, None)
    watched.stop()
    assert [row[3] for row in watched.rows(PUBLISHED)] == ["billing.Theirs"]


class Sealed(type):
    def __setattr__(cls, name: str, value: Any) -> None:
        raise TypeError("it is sealed")


class SealedBus(metaclass=Sealed):
    __slots__ = ("_handlers",)

    def __init__(self, *handlers: Any) -> None:
        self._handlers = {Theirs: list(handlers)}

    def publish(self, event: Any) -> list[Any]:
        return [handler(event) for handler in self._handlers[type(event)]]


async def test_where_publish_cannot_be_replaced_publications_are_seen_from_their_handlers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MONITOR, "allowed", False)
    bus = SealedBus(lambda event: 1, lambda event: 2)
    watched = watch(bus)
    assert bus.publish(Theirs(3)) == [1, 2]
    for _ in range(3):
        await asyncio.sleep(0)
    assert bus.publish(Theirs(4)) == [1, 2]
    problems = watched.program.catalog().problems
    watched.stop()
    assert [row[8] for row in watched.rows(PUBLISHED)] == ['{"number":3}', '{"number":4}']
    assert len(watched.rows(PUBLICATION_ENDED)) == 2
    assert [row[3] for row in watched.rows(HANDLER_ENDED)] == ["ok"] * 4
    assert "it is sealed" in problems[0].text


# --- options --------------------------------------------------------------------------------------


class Odd:
    """Nothing here is named as one would."""

    def __init__(self) -> None:
        self.stuff = {Theirs: [lambda event: "got"]}
        self.other = {Unheard: [lambda event: "no"]}

    def go(self, thing: Any) -> Any:
        return [each(thing) for each in getattr(self, "stu" + "ff")[type(thing)]]


async def test_handlers_and_publish_can_be_named() -> None:
    with pytest.raises(InspectorError):
        program(Odd())
    watched = watch(Odd(), handlers="stuff", publish="go")
    await watched.program.publish(watched.program.build("Theirs", {}), None, None)
    watched.stop()
    assert "named in the settings" in watched.catalog.sources[0].text
    assert len(watched.rows(HANDLER_ENDED)) == 1


def test_what_is_named_and_not_there_is_why_no_bus_can_be_read() -> None:
    with pytest.raises(UsageError, match="handlers: no nowhere") as caught:
        program(Odd(), options={"handlers": "nowhere"})
    assert caught.value.hint == "Containers: other, stuff."


def test_what_is_named_and_not_there_is_a_problem_of_a_bus_that_can_be_read() -> None:
    catalog = program(Odd(), options={"handlers": "stuff", "publish": "leave"}).catalog()
    told = [(problem.text, problem.hint) for problem in catalog.problems if problem.where == "[tool.inspector]"]
    assert told == [("[tool.inspector] publish: no leave found.", "Methods: go.")]


def test_the_choice_is_explained() -> None:
    match = MapBusAdapter().recognises(MapBus(listens), Options())
    assert match is not None
    assert match.why == (
        "Handlers: _handlers (given what is published, a dict of 1 class with 1 handler). "
        "Published by publish (asynchronous, an event)."
    )


@pytest.mark.parametrize(
    "value", [5, "text", None, object(), [], {}, {"a": 1}, print, int, asyncio, Theirs(), Exception()]
)
def test_other_things_are_no_buses(value: Any) -> None:
    assert CoreBusAdapter().recognises(value, Options()) is None
    assert MapBusAdapter().recognises(value, Options()) is None or value is asyncio


class Clumsy(MapBusAdapter):
    """An adapter that touches what it looks at."""

    name = "clumsy"

    def recognises(self, value: Any, options: Options) -> Match | None:
        raise RuntimeError("do not touch")


def test_what_an_adapter_cannot_look_at_is_a_problem_and_the_others_go_on() -> None:
    troubles: list[Problem] = []
    buses = find_buses("a:parts", {"bus": MapBus(listens)}, Options(), [Clumsy(), MapBusAdapter()], troubles)
    assert [(bus.where, bus.adapter.name) for bus in buses] == [("a:parts.bus", "map")]
    assert [trouble.where for trouble in troubles] == ["a:parts", "a:parts.bus"]
    assert "The adapter clumsy cannot read it: RuntimeError: do not touch" in troubles[0].text


# --- adapters of others ---------------------------------------------------------------------------


class Foreign:
    listeners: list[Any] = []


class ForeignAdapter:
    name = "foreign"

    def recognises(self, value: Any, options: Options) -> Match | None:
        return Match(100, "it is one") if isinstance(value, Foreign) else None

    def connect(self, where: str, value: Any, options: Options, names: Any) -> Any:
        raise InspectorError(f"{where} was asked for")


class Broken:
    def __init__(self) -> None:
        raise RuntimeError("no")


@dataclass
class Entry:
    name: str
    value: Any

    def load(self) -> Any:
        return self.value


def test_others_offer_adapters_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def entry_points(*, group: str) -> list[Entry]:
        assert group == "inspector.adapters"
        return [Entry("broken", Broken), Entry("foreign", ForeignAdapter)]

    monkeypatch.setattr(metadata, "entry_points", entry_points)
    with pytest.raises(InspectorError, match="sample:0 was asked for"):
        program(Foreign())
    problems = program(MapBus(listens)).catalog().problems
    assert [problem.text for problem in problems] == ["Cannot load the adapter broken (Broken): RuntimeError: no"] or (
        "Cannot load the adapter broken" in problems[0].text
    )


def test_an_event_whose_fields_cannot_be_read_is_there_all_the_same() -> None:
    class Broken:
        model_validate = None
        __pydantic_fields__ = {"a": 1}
        model_fields = {"a": 1}

    described = program(MapBus(listens, event=Broken)).catalog()
    event = next(event for event in described.events if event.name == "Broken")
    assert (event.fields, len(event.handlers)) == ((), 1)
    (problem,) = described.problems
    assert problem.where == "Broken"
    assert problem.text.startswith("Cannot read its fields: ")


# --- catalogs -------------------------------------------------------------------------------------

REGISTRY = EventRegistry(
    [EventMetadata(Ours, EventCategory.SESSION, "number", WorkflowPhase.FAILED, requires_email=True)]
)


@dataclass
class Meta:
    event: type
    domain: str
    stage: str


MODULE = types.ModuleType("listed")
MODULE.EVENTS = [Meta(Theirs, "sales", "done")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("catalog", "expected"),
    [
        (REGISTRY, {"Ours": ("session", "failed")}),
        (list(REGISTRY), {"Ours": ("session", "failed")}),
        (lambda: REGISTRY, {"Ours": ("session", "failed")}),
        ([Meta(Theirs, "sales", "done")], {"Theirs": ("sales", "done")}),
        ({"a": {"event_class": Theirs, "category": "sales", "phase": "done"}}, {"Theirs": ("sales", "done")}),
        ({Theirs: {"category": "sales"}}, {"Theirs": ("sales", "")}),
        ({"theirs": Theirs}, {"Theirs": ("test_loaded", "")}),
        ([Theirs, Unheard], {"Theirs": ("test_loaded", ""), "Unheard": ("test_loaded", "")}),
        (MODULE, {"Theirs": ("sales", "done")}),
        ([MODULE, REGISTRY], {"Theirs": ("sales", "done"), "Ours": ("session", "failed")}),
        (None, {"Theirs": ("test_loaded", "")}),
    ],
)
def test_catalogs_of_every_kind_are_read(catalog: Any, expected: dict[str, tuple[str, str]]) -> None:
    described = program(MapBus(listens), catalog=catalog).catalog()
    seen = {event.name: (event.category, event.phase) for event in described.events}
    assert {name: seen[name] for name in expected} == expected
    assert described.problems == ()


@pytest.mark.parametrize("catalog", [5, [], [5], lambda: 1 / 0, (each for each in [1 / 1, object()])])
def test_a_catalog_that_cannot_be_read_is_a_problem(catalog: Any) -> None:
    described = program(MapBus(listens), catalog=catalog).catalog()
    assert described.problems
    assert any(event.name == "Theirs" for event in described.events)


def test_problems_of_the_loader_are_told_with_the_catalog() -> None:
    problem = Problem("shop.more", "It cannot be imported.")
    assert program(MapBus(listens), problems=[problem]).catalog().problems == (problem,)


# --- sessions -------------------------------------------------------------------------------------


class Session:
    def __init__(self, log: list[str]) -> None:
        self.log = log

    def commit(self) -> None:
        self.log.append("commit")

    def rollback(self) -> None:
        self.log.append("rollback")

    def close(self) -> None:
        self.log.append("close")


class AsyncSession(Session):
    async def commit(self) -> None:  # type: ignore[override]
        self.log.append("commit")

    async def __aenter__(self) -> AsyncSession:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.log.append("close")


class WithSession(Session):
    def __enter__(self) -> WithSession:
        return self

    def __exit__(self, *error: object) -> None:
        self.log.append("close")


def _factories(log: list[str]) -> dict[str, Any]:
    @contextlib.contextmanager
    def manager() -> Iterator[Session]:
        yield Session(log)
        log.append("close")

    @contextlib.asynccontextmanager
    async def async_manager() -> Any:
        yield Session(log)
        log.append("close")

    async def awaited() -> Session:
        return Session(log)

    def generator() -> Iterator[Session]:
        yield Session(log)
        log.append("close")

    async def async_generator() -> Any:
        yield Session(log)
        log.append("close")

    @contextlib.asynccontextmanager
    async def own_end(*, commit: bool) -> Any:
        yield Session(log)
        log.extend(["commit" if commit else "rollback", "close"])

    return {
        "maker": lambda: Session(log),
        "async maker": lambda: AsyncSession(log),
        "with": lambda: WithSession(log),
        "manager": manager,
        "async manager": async_manager,
        "awaited": awaited,
        "generator": generator,
        "async generator": async_generator,
        "own end": own_end,
    }


@pytest.mark.parametrize("kind", _factories([]))
@pytest.mark.parametrize("commit", [True, False])
async def test_sessions_of_every_kind_are_ended_and_closed(kind: str, commit: bool) -> None:
    log: list[str] = []
    async with open_session(_factories(log)[kind], commit=commit) as session:
        assert isinstance(session, Session)
        assert log == []
    assert log == ["commit" if commit else "rollback", "close"]


async def test_a_session_is_rolled_back_when_the_publish_raises() -> None:
    log: list[str] = []
    with pytest.raises(LookupError):
        async with open_session(lambda: Session(log), commit=True):
            raise LookupError
    assert log == ["rollback", "close"]


async def test_without_a_factory_the_session_is_none() -> None:
    async with open_session(None, commit=True) as session:
        assert session is None
    with pytest.raises(InspectorError, match="returned None"):
        async with open_session(lambda: None, commit=True):
            pass


# --- under the engine -----------------------------------------------------------------------------


async def _fired(value: Any, request: FireRequest, session: Any = None) -> list[Any]:
    recorder = Recorder()
    engine = Engine(program(value, session=session), recorder)
    await engine.start()
    await engine.fire(request)
    await engine.close()
    return recorder.drain()


async def test_a_fire_reaches_a_map_bus_with_session_and_metadata() -> None:
    bus, log = MapBus(listens), []
    rows = await _fired(
        bus, FireRequest("Theirs", [{"number": 2}], metadata={"who": "me"}, fire=3), lambda: Session(log)
    )
    assert [row[7] for row in rows if row[0] == PUBLISHED] == [3]
    ((session, given),) = bus.sessions
    assert isinstance(session, Session)
    assert given == {"who": "me"}
    assert log == ["commit", "close"]
    assert [row[0] for row in rows if row[0] >= HOST_NOTED] == [FireSettled.KIND]


async def test_a_bus_that_raises_rolls_back_and_is_told_of() -> None:
    log: list[str] = []
    rows = await _fired(MapBus(raises), FireRequest("Theirs", fire=1), lambda: Session(log))
    assert log == ["rollback", "close"]
    assert [row[3] for row in rows if row[0] == HANDLER_ENDED] == ["failed"]
    notes = [to_record(row).sentence for row in rows if row[0] >= HOST_NOTED]
    assert any("LookupError: nothing" in note for note in notes)


async def test_a_publish_that_does_not_end_in_time_is_given_up() -> None:
    async def hangs(event: Any) -> None:
        await asyncio.get_running_loop().create_future()

    rows = await _fired(MapBus(hangs), FireRequest("Theirs", session=False, timeout=0.01, fire=1))
    assert [row[3] for row in rows if row[0] == HANDLER_ENDED] == ["timed_out"]
    assert any("timed out after 0.01 s" in to_record(row).sentence for row in rows if row[0] >= HOST_NOTED)


async def test_an_unknown_event_or_a_wrong_value_refuses_the_fire() -> None:
    for request in (FireRequest("Nothing", fire=1), FireRequest("Theirs", [{"number": "x"}], fire=1)):
        rows = await _fired(MapBus(listens), request)
        assert [row[0] for row in rows if row[0] >= HOST_NOTED] == [FireRefused.KIND, FireSettled.KIND]


async def test_a_connection_can_be_fired_without_a_tap() -> None:
    made: Any = program({Theirs: [listens]})
    await made.connections[0].fire(Theirs(), FireContext())


async def test_the_watchdog_finds_the_handler_on_the_stack() -> None:
    found: list[tuple[str, str, str, int]] = []

    def looks(event: Any) -> None:
        found.append(_culprit(sys._getframe()))

    async def looks_later(event: Any) -> None:
        await asyncio.sleep(0)
        found.append(_culprit(sys._getframe()))

    bus = {Theirs: [looks, looks_later]}
    await _fired(bus, FireRequest("Theirs", session=False, fire=1))
    assert [(function, file) for _, function, file, _ in found] == [("looks", __file__), ("looks_later", __file__)]
    assert [handler.rpartition(".")[2] for handler, *_ in found] == ["looks", "looks_later"]


async def test_what_fails_while_tapping_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MONITOR, "allowed", False)

    def fails(*args: Any) -> Any:
        raise RuntimeError("no tap")

    monkeypatch.setattr(map_bus, "patch_publisher", fails)
    bus = MapBus(listens)
    recorder = Recorder()
    engine = Engine(program(bus), recorder)
    await engine.start()
    assert bus._handlers[Theirs][0] is listens
    await engine.fire(FireRequest("Theirs", session=False, fire=1))
    await engine.close()
    notes = [to_record(row).sentence for row in recorder.drain() if row[0] >= HOST_NOTED]
    assert "sample:0: Cannot record it: RuntimeError: no tap" in notes
    assert bus.sessions == [(None, None)], "it works all the same"
