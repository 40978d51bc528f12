"""Programs as strangers write them, from the command line: each is told about as its source says."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Ran

Stranger = Callable[..., Ran]


@pytest.fixture
def stranger(cli: Cli, tmp_path: Path) -> Stranger:
    """Runs a command with ``--json`` on a program that is written for the test."""

    def run(command: str, source: str, app: str = "theirs:bus", *words: object) -> Ran:
        (tmp_path / "theirs.py").write_text(textwrap.dedent(source), encoding="utf-8")
        extra = ["--db", tmp_path / "runs.db"] if command == "conform" else []
        return cli(command, *words, "--app", app, "--cwd", tmp_path, "--json", *extra)

    return run


BUS = """
    import sys
    from dataclasses import dataclass

    class Bus:
        def __init__(self):
            self.handlers = {}

        def subscribe(self, event, handler):
            self.handlers.setdefault(event, []).append(handler)

        def publish(self, event):
            for handler in self.handlers.get(type(event), []):
                handler(event)

    bus = Bus()
"""


def test_a_secret_that_is_printed_is_found_in_a_process_of_its_own(stranger: Stranger) -> None:
    source = """
        @dataclass(frozen=True, kw_only=True)
        class CodeSent:
            password: str

        def remember(event):
            print("they use", event.password)

        bus.subscribe(CodeSent, remember)
    """
    found = stranger("conform", textwrap.dedent(BUS) + textwrap.dedent(source)).json["findings"]
    assert [(each["code"], each["handler"]) for each in found] == [("CF146", "remember")]


def test_a_program_sees_an_argv_of_its_own(stranger: Stranger) -> None:
    ran = stranger("catalog", textwrap.dedent(BUS) + "\nsys.exit(len(sys.argv) + 40)\n")
    assert "sys.exit(41)" in ran.err


RESULTS = """
    import asyncio

    class Outcome:
        def __init__(self, problem=""):
            self.problem = problem

        @property
        def is_failure(self):
            return bool(self.problem)

        def __await__(self):
            raise RuntimeError("a result is no coroutine")
            yield

    class Bus:
        def __init__(self):
            self.handlers = {}

        def subscribe(self, event, handler):
            self.handlers.setdefault(event, []).append(handler)

        async def publish(self, event):
            for handler in self.handlers.get(type(event), ()):
                given = handler(event)
                if asyncio.iscoroutine(given):
                    await given

    class LampBroke:
        def __init__(self, lamp: str = "a"):
            self.lamp = lamp

    def order(event: LampBroke):
        return Outcome("sold out")

    async def replace(event: LampBroke):
        return Outcome("no ladder")

    async def note(event: LampBroke):
        return Outcome()

    bus = Bus()
    for each in (order, replace, note):
        bus.subscribe(LampBroke, each)
"""


def test_results_that_say_that_they_failed_are_failures_and_are_not_awaited(stranger: Stranger) -> None:
    told = stranger("fire", RESULTS, "theirs:bus", "LampBroke")
    assert (told.code, told.json["by_status"]) == (1, {"returned_failure": 2, "ok": 1})
    assert [each["handler"] for each in told.json["failures"]] == ["order", "replace"]


def program(source: str) -> str:
    return textwrap.dedent(BUS) + textwrap.dedent(source)


def test_a_handler_behind_one_that_failed_was_not_called_for_that_reason(stranger: Stranger) -> None:
    source = """
        @dataclass(frozen=True, kw_only=True)
        class Left:
            name: str

        def first(event):
            raise KeyError(event.name)

        def second(event): ...

        bus.subscribe(Left, first)
        bus.subscribe(Left, second)
    """
    found = {each["code"]: each for each in stranger("conform", program(source)).json["findings"]}
    assert found.keys() == {"CF111", "CF102"}
    assert found["CF102"]["message"].endswith("first failed before it, and the bus stopped there.")


def test_what_conform_says_of_a_program_without_a_database(cli: Cli, stranger: Stranger, tmp_path: Path) -> None:
    source = """
        @dataclass(frozen=True, kw_only=True)
        class Left:
            name: str

        bus.subscribe(Left, repr)
    """
    stranger("catalog", program(source))
    told = cli("conform", "--app", "theirs:bus", "--cwd", tmp_path, "--db", tmp_path / "other.db").out
    assert "1 event fired without a database session" in told
    assert "theirs: 1 event, 1 subscription" in cli("catalog", "--app", "theirs:bus", "--cwd", tmp_path).out


def test_a_registry_of_somebody_elses_with_enums_of_numbers_and_audit_actions(stranger: Stranger) -> None:
    source = """
        import enum
        from typing import NamedTuple

        class Phase(enum.Enum):
            SUCCEEDED = enum.auto()

        class Entry(NamedTuple):
            event_class: type
            workflow: str
            phase: Phase
            requires_audit: bool
            audit_action: str

        @dataclass(frozen=True, kw_only=True)
        class OrderSucceeded:
            name: str

        def audit(event): ...
        def ship(event): ...

        bus.subscribe(OrderSucceeded, audit)
        bus.subscribe(OrderSucceeded, ship)
        EVENTS = [Entry(OrderSucceeded, "order", Phase.SUCCEEDED, True, "ORDERED")]
    """
    ran = stranger("check", program(source), "theirs:bus", "--catalog", "theirs:EVENTS")
    assert [each for each in ran.json["findings"] if each["severity"] != "information"] == []
    (event,) = stranger("catalog", program(source), "theirs:bus", "--catalog", "theirs:EVENTS").json["events"]
    assert (event["phase"], event["audit_action"]) == ("SUCCEEDED", "ORDERED")


def test_a_command_may_be_changed_by_its_one_handler(stranger: Stranger) -> None:
    source = """
        class Command: ...

        @dataclass(kw_only=True)
        class PlaceCommand(Command):
            name: str

        @dataclass(kw_only=True)
        class Placed:
            name: str

        bus.subscribe(PlaceCommand, repr)
        bus.subscribe(Placed, repr)
    """
    found = stranger("check", program(source)).json["findings"]
    assert [each["event"] for each in found if each["code"] == "EV201"] == ["Placed"]


TWO_BUSES = """
    import asyncio
    from dataclasses import dataclass
    from enum import Enum
    from typing import Any

    class Bus:
        def __init__(self):
            self.routes = {}

        async def publish(self, event):
            await asyncio.gather(*(handler(event) for handler in self.routes.get(type(event), [])))

    class Desk:
        def __init__(self):
            self.listeners = {}

        def emit(self, event):
            for listener in self.listeners.get(type(event), []):
                listener(event)

    @dataclass(frozen=True, kw_only=True)
    class Returned:
        car: str

    class Push(Enum):
        RETURNED = "returned"

    @dataclass(frozen=True)
    class Mapping:
        domain_event_class: type
        sse_event_type: Push
        payload_extractor: Any

    @dataclass(frozen=True)
    class Declared:
        event_type: Push
        payload_fields: list

    def payload(event):
        return {"car": event.car, "km": 1}

    class Pushes:
        def __init__(self):
            self.mappings = [Mapping(Returned, Push.RETURNED, payload)]
            self.events = [Declared(Push.RETURNED, ["car"])]

        def get(self, event_type):
            return self.events[0]

    class Fleet:
        async def first(self, event):
            await self.second(event)

        async def second(self, event): ...

        def blocks(self, event): ...

    async def give_back(car):
        bus.publish(Returned(car=car))
        desk.emit(Returned(car=car))

    bus, desk, fleet, pushes = Bus(), Desk(), Fleet(), Pushes()
    bus.routes[Returned] = [fleet.first, fleet.second, fleet.blocks]
    desk.listeners[Returned] = [fleet.blocks]
"""


@pytest.mark.parametrize("apps", [["theirs:bus"], ["theirs:bus", "--app", "theirs:desk"]])
def test_a_synchronous_bus_beside_an_asynchronous_one(stranger: Stranger, apps: list[str]) -> None:
    ran = stranger("check", TWO_BUSES, apps[0], *apps[1:], "--catalog", "theirs:pushes")
    found = {each["code"]: each["message"] for each in ran.json["findings"]}
    assert sorted(found.keys() - {"EV001"}) == ["EV306", "EV502", "EV604", "EV606"]
    both = "theirs:desk: Returned has handlers on 2 buses and is fired on this one only." if len(apps) > 1 else None
    assert found.get("EV001") == both
    assert found["EV604"] == "give_back publishes Returned without await: it never runs."
    assert found["EV306"].startswith("Fleet.blocks")
    assert found["EV502"].endswith("adds km.")
    assert len([each for each in ran.json["findings"] if each["code"] == "EV604"]) == 1


def test_a_handler_of_another_bus_than_that_of_the_publication_is_not_missed(stranger: Stranger) -> None:
    source = program("""
        @dataclass(frozen=True, kw_only=True)
        class Left:
            name: str

        def first(event): ...
        def second(event): ...

        other = Bus()
        bus.subscribe(Left, first)
        other.subscribe(Left, second)
    """)
    assert stranger("conform", source, "theirs:bus", "--app", "theirs:other").json["findings"] == []


@pytest.mark.parametrize(
    "call",
    [
        "handler(event, session) if handler.session else handler(event)",
        "handler(event, **self.wanted(handler))",
        "handler(event, **({'session': 1} if 'session' in inspect.signature(handler).parameters else {}))",
        "self.call(handler, event)",
    ],
)
def test_handlers_may_take_more_where_the_bus_gives_more(stranger: Stranger, call: str) -> None:
    source = f"""
        import inspect
        from dataclasses import dataclass

        class Bus:
            def __init__(self):
                self.handlers = {{}}

            def publish(self, event, session=None):
                for handler in self.handlers.get(type(event), []):
                    {call}

            def wanted(self, handler):
                return {{}}

            def call(self, handler, event):
                parameters = inspect.signature(handler).parameters
                return handler(event, 1) if len(parameters) > 1 else handler(event)

        @dataclass(frozen=True, kw_only=True)
        class Left:
            name: str

        def store(event, session): ...
        def ship(event): ...
        def tell(event): ...

        bus = Bus()
        bus.handlers[Left] = [store, ship, tell]
    """
    assert [each["code"] for each in stranger("check", source).json["findings"]] == ["EV601"]


def test_a_bus_without_handlers_says_where_they_may_be(stranger: Stranger) -> None:
    told = stranger("catalog", textwrap.dedent(BUS)).json
    assert [each["text"] for each in told["problems"]] == ["No handlers subscribed."]


@pytest.mark.parametrize(("own", "said"), [("Inconsistent() from problem", "Inconsistent"), ("", "")])
def test_what_a_bus_raises_is_told_beside_the_failure_unless_it_only_hands_that_on(
    stranger: Stranger, own: str, said: str
) -> None:
    source = f"""
        from dataclasses import dataclass

        class Inconsistent(Exception):
            pass

        @dataclass(frozen=True, kw_only=True)
        class TillClosed:
            till: str = "one"

        class Bus:
            def __init__(self):
                self.handlers = {{}}

            def publish(self, event):
                for handler in self.handlers.get(type(event), []):
                    try:
                        handler(event)
                    except RuntimeError as problem:
                        raise {own}

        def count(event):
            raise RuntimeError("short")

        bus = Bus()
        bus.handlers[TillClosed] = [count]
    """
    ran = stranger("fire", source, "theirs:bus", "TillClosed")
    assert ran.json["by_status"] == {"failed": 1}
    assert ("Publishing TillClosed raised Inconsistent" in ran.err) == bool(said)
    assert ("Publishing" in ran.err) == bool(said)


def test_conform_tells_of_a_publish_that_only_runs_while_it_is_iterated(stranger: Stranger) -> None:
    source = """
        class Wire:
            def __init__(self):
                self.receivers = {}

            def emit(self, signal):
                for receiver in self.receivers.get(type(signal).__name__, ()):
                    receiver(signal)
                    yield

        class BellRang:
            pass

        def hear(signal: BellRang):
            pass

        bus = Wire()
        bus.receivers["BellRang"] = [hear]
    """
    ran = stranger("conform", source)
    assert ran.json["executions"] == 1
    assert "emit is a generator: handlers run only while it is iterated." in ran.err


def test_a_handler_with_a_condition_beside_it_is_passed_over_and_no_error_on_every_python(stranger: Stranger) -> None:
    source = """
        from typing import NamedTuple

        class Guarded(NamedTuple):
            handler: object
            guard: object

        class Gate:
            def __init__(self):
                self.listeners = {}

            def emit(self, name, payload):
                for listener in self.listeners.get(name, ()):
                    if listener.guard is None or listener.guard(payload):
                        listener.handler(payload)

        def flood(payload):
            pass

        def never(payload):
            return False

        def keep(payload):
            pass

        bus = Gate()
        bus.listeners["water.rose"] = [Guarded(flood, never), Guarded(keep, None)]
    """
    ran = stranger("conform", source)
    assert [(finding["code"], finding["handler"]) for finding in ran.json["findings"]] == [("CF103", "flood")]
    assert "predicate" in ran.json["findings"][0]["message"]
    assert "never" in ran.json["findings"][0]["message"]
