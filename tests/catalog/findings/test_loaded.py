"""Programs of others: their facts come through the adapters, and nothing is held against them that is not known."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import inspect
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from inspector.agent.facts.collect import collect
from inspector.agent.facts.source import project_files, scan
from inspector.agent.facts.wiring import Wiring, wiring_of
from inspector.agent.reading.loaded import Target, make_program
from inspector.agent.reading.places import class_at
from inspector.catalog.findings import Finding, find, settings_of_project
from inspector.core.facts import CatalogFacts
from tests.catalog.findings.shops import PROJECTS, load, planted

HERE = __name__


def findings(program: Any) -> list[Finding]:
    return find(program.catalog(), collect(program))


@pytest.mark.parametrize("name", ["faulty", "corrected"])
def test_a_shop_read_through_its_adapter_has_the_findings_of_its_own_registry(name: str) -> None:
    load(name)  # imports it
    modules = {part: sys.modules[f"{name}_shop.{part}"] for part in ("wiring", "registry", "sse")}
    program: Any = make_program(
        name,
        [Target(f"{name}_shop.wiring:get_bus", modules["wiring"].get_bus())],
        [modules["registry"].REGISTRY, modules["sse"].SSE_REGISTRY],
    )
    root = PROJECTS / name
    settings = settings_of_project(root / "pyproject.toml")
    found = find(program.catalog(), collect(program), scan(project_files(root)), settings)
    told = Counter((each.code, each.file, each.line) for each in found if each.code != "EV003")
    # What only a program on our own bus tells: the places of server-sent events are found all the same.
    assert told == planted(name)


# --- a home-made bus --------------------------------------------------------------------------------------------------


@dataclass
class Placed:
    total: int


@dataclass(frozen=True, kw_only=True)
class Paid:
    total: int


class Command:
    pass


class Ship(Command):
    def __init__(self, order: str) -> None:
        self.order = order


class Bus:
    def __init__(self) -> None:
        self._handlers: dict[type, list[Any]] = {}

    def subscribe(self, event: type, handler: Any) -> None:
        self._handlers.setdefault(event, []).append(handler)

    def publish(self, event: Any) -> None:
        for handler in self._handlers.get(type(event), []):
            handler(event)


def log_placed(event: Placed) -> None: ...
def log_any(event: object) -> None: ...
def log_two(event: Paid, extra: int) -> None: ...


class Mailer:
    """An object that a bus runs by its method."""

    def handle(self, event: Paid) -> None: ...


def loaded(*subscriptions: tuple[type, Any]) -> Any:
    bus = Bus()
    for event, handler in subscriptions:
        bus.subscribe(event, handler)
    return make_program("mine", [Target(f"{HERE}:bus", bus)])


def test_classes_and_handlers_of_a_home_made_bus_are_judged() -> None:
    program = loaded((Placed, log_placed), (Placed, log_any), (Paid, log_any), (Paid, log_two), (Paid, log_placed))
    told = {(each.code, each.event) for each in findings(program)}
    assert {("EV201", "Placed"), ("EV307", "Paid"), ("EV308", "Paid")} <= told
    assert ("EV201", "Paid") not in told
    assert "EV306" not in {code for code, _ in told}  # the bus is synchronous: its handlers have to be


async def send_later(event: Paid) -> None: ...


async def _run_later(event: Paid) -> None: ...


@functools.wraps(_run_later)
def run_now(event: Paid) -> None:
    asyncio.run(_run_later(event))


class Called:
    async def __call__(self, event: Paid) -> None: ...


def test_a_single_handler_is_judged_by_how_the_source_calls_it() -> None:
    found = findings(loaded((Paid, log_two)))
    assert {each.code for each in found if each.event == "Paid" and each.code[:3] == "EV3"} == {"EV307", "EV310"}
    assert ("EV308", "Paid") in {(each.code, each.event) for each in findings(loaded((Paid, log_placed)))}


def test_a_coroutine_that_a_synchronous_bus_drops_never_runs() -> None:
    program = loaded((Paid, send_later), (Paid, functools.partial(send_later)), (Paid, Called()), (Paid, run_now))
    told = [each.handler for each in findings(program) if each.code == "EV311"]
    assert len(told) == 3
    assert any("Called" in each for each in told)
    assert "run_now" not in " ".join(told)


class Asking(Bus):
    """Awaits what is a coroutine function, and nothing else."""

    async def publish(self, event: Any) -> None:  # type: ignore[override]
        for handler in self._handlers.get(type(event), []):
            if inspect.iscoroutinefunction(handler):
                await handler(event)
            else:
                handler(event)


class AskingElsewhere(Bus):
    """Asks in a method of its own, and looks at nothing that others give back."""

    async def publish(self, event: Any) -> None:  # type: ignore[override]
        for handler in self._handlers.get(type(event), []):
            await self._run(handler, event)

    async def _run(self, handler: Any, event: Any) -> None:
        waits = asyncio.iscoroutinefunction(handler)
        if waits:
            await handler(event)
            return
        handler(event)


class AskingBoth(Bus):
    """Awaits what comes back, too."""

    async def publish(self, event: Any) -> None:  # type: ignore[override]
        for handler in self._handlers.get(type(event), []):
            if inspect.iscoroutinefunction(handler):
                await handler(event)
            else:
                result = handler(event)
                if inspect.isawaitable(result):
                    await result


@pytest.mark.parametrize(("kind", "count"), [(Asking, 2), (AskingElsewhere, 2), (AskingBoth, 0)])
def test_a_coroutine_that_is_not_seen_by_asking_for_coroutine_functions_never_runs(kind: type[Bus], count: int) -> None:
    bus = kind()
    for handler in (lambda event: send_later(event), Called(), functools.partial(send_later), send_later, log_any):
        bus.subscribe(Paid, handler)
    told = [
        each.handler for each in findings(make_program("mine", [Target(f"{HERE}:bus", bus)])) if each.code == "EV311"
    ]
    assert len(told) == count
    assert not [each for each in told if "lambda" not in each and "Called" not in each]


class Collecting(Bus):
    """Looks at what its handlers give back."""

    def publish(self, event: Any) -> None:
        coroutines = [handler(event) for handler in self._handlers.get(type(event), [])]
        asyncio.run(self._wait(coroutines))

    async def _wait(self, coroutines: Any) -> None:
        for each in coroutines:
            await each


class WithContext(Bus):
    """Calls its handlers with more than the event, in a method of its own."""

    def publish(self, event: Any) -> None:
        for handler in self._handlers.get(type(event), []):
            self._call(handler, event)

    def _call(self, handler: Any, event: Any) -> None:
        with contextlib.suppress(ValueError):
            handler(event, self)


class Hooked(Bus):
    """Calls what is no handler too."""

    def publish(self, event: Any) -> None:
        hook = functools.partial(print, end="")
        hook("")
        pool = ThreadPoolExecutor(1)
        for handler in self._handlers.get(type(event), []):
            pool.submit(handler, event)


class Vague(Bus):
    """Hands its handlers on."""

    def publish(self, event: Any) -> None:
        for handler in self._handlers.get(type(event), []):
            run_it(handler, event)


def run_it(handler: Any, *args: Any) -> None:
    handler(*args)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [(Collecting, {"EV307"}), (WithContext, {"EV311"}), (Hooked, set()), (Vague, set())],
)
def test_what_the_source_does_not_say_is_held_against_nobody(kind: type[Bus], codes: set[str]) -> None:
    bus = kind()
    bus.subscribe(Paid, log_two)
    bus.subscribe(Paid, send_later)
    found = findings(make_program("mine", [Target(f"{HERE}:bus", bus)]))
    assert {each.code for each in found} & {"EV307", "EV308", "EV311"} == codes


def test_handlers_are_all_wrong_where_the_source_says_how_they_are_called_and_none_where_it_does_not() -> None:
    assert [each.code for each in findings(loaded((Paid, log_two), (Placed, log_two)))].count("EV307") == 1
    bus = Vague()
    for event in (Paid, Placed):
        bus.subscribe(event, log_two)
    assert "EV307" not in {each.code for each in findings(make_program("mine", [Target(f"{HERE}:bus", bus)]))}


def test_commands_are_told_from_events() -> None:
    program = loaded((Ship, log_any), (Paid, log_any))
    kinds = {each.key.rpartition(".")[2]: each.kind for each in collect(program).events}
    assert (kinds["Ship"], kinds["Paid"]) == ("command", "event")
    assert {"EV101", "EV102", "EV310"}.isdisjoint(each.code for each in findings(program) if each.event == "Ship")


class CommandBus:
    def __init__(self) -> None:
        self._routes: dict[type, Any] = {Paid: log_any}

    def execute(self, message: Any) -> None:
        self._routes[type(message)](message)


class Mediator(CommandBus): ...


class CommandAndEventBus(CommandBus): ...


@pytest.mark.parametrize(
    ("value", "where", "kind"),
    [
        (CommandBus(), "bus", "command"),
        (Mediator(), "commands", "command"),
        (Mediator(), "mediator", "event"),  # for its class is called like one
        (CommandAndEventBus(), "bus", "event"),
        ({Paid: log_any}, "COMMAND_HANDLERS", "command"),
        ({Paid: log_any}, "HANDLERS", "event"),
    ],
)
def test_what_a_bus_for_commands_takes_are_commands(value: Any, where: str, kind: str) -> None:
    program = make_program("mine", [Target(f"{HERE}:{where}", value)])
    assert {each.kind for each in collect(program).events if each.key.endswith(".Paid")} == {kind}


@dataclass
class CreateUser:
    name: str


class Requests(Mediator):
    def __init__(self) -> None:
        self._routes = {CreateUser: log_any, Paid: log_any}


def test_what_a_mediator_sends_to_one_handler_is_a_command_unless_it_is_called_like_an_event() -> None:
    program = make_program("mine", [Target(f"{HERE}:mediator", Requests())])
    kinds = {each.key.rpartition(".")[2]: each.kind for each in collect(program).events}
    assert (kinds["CreateUser"], kinds["Paid"]) == ("command", "event")


def test_objects_are_judged_by_the_method_that_a_bus_runs() -> None:
    facts = collect(loaded((Paid, Mailer()), (Paid, log_any)))
    (mailer,) = (each for each in facts.handlers if "Mailer" in each.key)
    assert mailer.accepts == (f"{HERE}.Paid",)


def test_recording_changes_nothing_of_what_is_found() -> None:
    program = loaded((Placed, log_placed), (Paid, log_two), (Paid, log_placed), (Paid, Mailer()))
    before = findings(program)
    undo = program.attach(object(), lambda error: None)
    try:
        assert findings(program) == before
    finally:
        undo()


def test_an_adapter_that_does_not_tell_its_callables_has_no_facts_of_handlers() -> None:
    program = loaded((Paid, log_two))

    class Silent:
        where, adapter, why = "x", "third", "y"

        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def event_types(self) -> Any:
            return self._connection.event_types()

        def subscriptions(self) -> Any:
            return self._connection.subscriptions()

        def handlers_of(self, event: Any) -> Any:
            return self._connection.handlers_of(event)

        def problems(self) -> Any:
            return ()

    class Telling(Silent):
        def targets(self) -> list[Any]:
            return [log_two]

    program.connections[:] = [Silent(program.connections[0])]
    assert collect(program).handlers == ()
    program.connections[:] = [Telling(program.connections[0]._connection)]
    assert [each.refuses for each in collect(program).handlers] == [""]


def test_orders_are_commands_on_a_synchronous_bus() -> None:
    sys.path.insert(0, str(PROJECTS / "orders"))
    try:
        bus = importlib.import_module("orders.wiring").bus
    finally:
        sys.path.remove(str(PROJECTS / "orders"))
    program = make_program("orders", [Target("orders.wiring:bus", bus)])
    facts = collect(program)
    assert not facts.async_bus
    assert {each.kind for each in facts.events} == {"command", "event"}
    assert {"EV306", "EV307", "EV308"}.isdisjoint(each.code for each in findings(program))


def test_what_cannot_be_wired_has_no_facts() -> None:
    assert wiring_of(object()) == Wiring()
    assert collect(object()) == CatalogFacts()


def test_a_class_is_found_by_its_key() -> None:
    assert class_at(f"{HERE}.Placed") is Placed
    assert class_at("order.placed") is None
    assert class_at(f"{HERE}.Gone") is None
    assert class_at(f"{HERE}.loaded") is None
    assert class_at("nowhere") is None
