"""How a bus is read is proposed once, corrected by what is declared, and obeyed by catalog and fire."""

from __future__ import annotations

import enum
import sys
import tomllib
from dataclasses import dataclass
from typing import Any

import pytest

from inspector.agent.reading.loaded import LoadedProgram, Target, make_program
from inspector.core.description import CatalogDescription
from inspector.core.records.records import HANDLER_ENDED, PUBLISHED
from inspector.core.spec import (
    ADAPTER,
    ALSO,
    DECLARED,
    DRAIN,
    HANDLERS,
    IDENTITY,
    KINDS,
    LIBRARY,
    PATTERNS,
    PROPOSED,
    PUBLISH,
    BusSpec,
    is_about_settings,
    to_toml,
)
from inspector.core.values.build import build, to_plain
from tests.agent import kinds
from tests.agent.samples import Watched
from tests.agent.shapes import SHAPES


@dataclass
class Placed:
    number: int = 1


@dataclass
class Express(Placed):
    hours: int = 2


def ship(event: Placed) -> None:
    """Ship it."""


def note(event: Any) -> None:
    """Note it."""


class Hub:
    def __init__(self) -> None:
        self._routes: dict[type, list[Any]] = {Placed: [ship], Express: []}
        self.taps: list[Any] = []
        self.other: dict[type, list[Any]] = {Placed: [note]}

    def publish(self, event: Any) -> None:
        for handler in self._routes.get(type(event), ()):
            handler(event)

    def relay(self, event: Any) -> None:
        self.publish(event)


def load(*values: Any, **options: Any) -> LoadedProgram:
    targets = [Target(f"shop:bus{number}", value) for number, value in enumerate(values)]
    program = make_program("shop", targets, options=options)
    assert isinstance(program, LoadedProgram)
    return program


def table(catalog: CatalogDescription, bus: int = 0) -> dict[str, list[Any]]:
    return {kind: [line.value for line in catalog.specs[bus].of(kind)] for kind in KINDS if catalog.specs[bus].of(kind)}


def origins(catalog: CatalogDescription, kind: str) -> dict[Any, str]:
    return {str(line.value): line.origin for spec in catalog.specs for line in spec.of(kind)}


def told(catalog: CatalogDescription) -> list[tuple[str, str]]:
    return [(p.text, p.hint) for p in catalog.problems if is_about_settings(p.where)]


def test_each_line_is_proposed_with_its_reason_and_place() -> None:
    catalog = load(Hub()).catalog()
    spec = catalog.specs[0]
    assert spec.where == "shop:bus0"
    assert {line.origin for line in spec.lines} == {PROPOSED}
    assert all(line.reason for line in spec.lines)
    (point, *_) = spec.of(PUBLISH)
    assert (point.value, point.text) == ("publish", "Hub.publish(event)")
    assert (point.file, point.line) == (__file__, Hub.publish.__code__.co_firstlineno)
    assert "_routes" in table(catalog)[HANDLERS]
    routes = next(line for line in spec.of(HANDLERS) if line.value == "_routes")
    assert routes.events == ("Placed",)
    assert [key.rpartition(":")[2] for key in routes.handlers] == ["ship"]
    assert table(catalog)[IDENTITY] == ["class"]


def test_a_library_is_certain() -> None:
    from inspector.core.bus.bus import InMemoryEventBus

    assert origins(load(InMemoryEventBus()).catalog(), ADAPTER) == {"core": LIBRARY}


async def test_what_is_declared_is_obeyed() -> None:
    bus = {"publish": "relay", "handlers": "other", "identity": "class with bases"}
    program = load(Hub(), bus=bus)
    catalog = program.catalog()
    assert table(catalog)[PUBLISH] == ["relay"]
    assert table(catalog)[HANDLERS] == ["other"]
    assert table(catalog)[IDENTITY] == ["class with bases"]
    for kind in (PUBLISH, HANDLERS, IDENTITY):
        assert set(origins(catalog, kind).values()) == {DECLARED}
    assert all(line.reason == "[tool.inspector.bus] in pyproject.toml" for line in catalog.specs[0].of(HANDLERS))
    by_name = {event.name: [key.rpartition(":")[2] for key in event.handlers] for event in catalog.events}
    assert (by_name["Placed"], by_name["Express"]) == (["note"], ["note"])
    assert told(catalog) == []
    assert "Published by relay" in catalog.sources[0].text


@pytest.mark.parametrize("old", [{"handlers": "other"}, {"handlers": ["other"]}, {"bus": {"handlers": "other"}}])
def test_the_keys_of_old_are_lines_like_any(old: dict[str, Any]) -> None:
    catalog = load(Hub(), **old).catalog()
    assert origins(catalog, HANDLERS) == {"other": DECLARED}


def test_what_is_written_as_toml_gives_the_same_lines_again() -> None:
    first = load(Hub()).catalog()
    bus = tomllib.loads(to_toml(first.specs))["tool"]["inspector"]["bus"]
    second = load(Hub(), bus=bus).catalog()
    assert table(second) == table(first)
    assert {line.origin for line in second.specs[0].lines} == {DECLARED}
    assert told(second) == []


def test_the_spec_of_each_of_several_buses_has_its_own_table() -> None:
    class Queue:
        def __init__(self) -> None:
            self._handlers: dict[type, list[Any]] = {Placed: [note]}
            self._waiting: list[Any] = []

        def publish(self, event: Any) -> None:
            self._waiting.append(event)

        def drain(self) -> None:
            while self._waiting:
                event = self._waiting.pop()
                for handler in self._handlers[type(event)]:
                    handler(event)

    first = load(Hub(), Queue()).catalog()
    assert table(first, 1)[DRAIN] == ["drain"]
    tables = tomllib.loads(to_toml(first.specs))["tool"]["inspector"]["bus"]
    assert [one["where"] for one in tables] == ["shop:bus0", "shop:bus1"]
    second = load(Hub(), Queue(), bus=tables).catalog()
    assert [table(second, bus) for bus in (0, 1)] == [table(first, bus) for bus in (0, 1)]
    assert told(second) == []
    undrained = load(Queue(), bus={"drain": ""}).catalog()
    assert DRAIN not in table(undrained)


@pytest.mark.parametrize(
    ("bus", "text", "hint"),
    [
        (
            {"handlers": "_rotes"},
            "handlers: no _rotes",
            "Did you mean _routes? Containers: _routes, other, taps.",
        ),
        ({"publish": "sendd"}, "publish: no sendd found", "Methods: publish, relay."),
        ({"drain": "work"}, "drain: no work found", "Methods: publish, relay."),
        (
            {"publish": {"method": "publish", "event": "thing"}},
            "publish has no parameter thing (parameters: event)",
            "",
        ),
        ({"adapter": "nothing"}, "no adapter named nothing", "map"),
        ({"adapter": "pyee"}, 'adapter = "pyee" is not used', "remove this line"),
        ({"where": "shop:gone", "handlers": "x"}, "no bus at shop:gone", "Buses: shop:bus0."),
        ({"also-runs": "shop.archive:keep"}, "shop.archive:keep is not in the program", ""),
        ({"identities": "class"}, "unknown key identities", "Did you mean identity?"),
    ],
)
def test_nothing_that_is_declared_is_ignored_in_silence(bus: Any, text: str, hint: str) -> None:
    catalog = load(Hub(), bus=bus).catalog()
    assert "_routes" in table(catalog)[HANDLERS], "the rest is proposed as before"
    assert len(told(catalog)) == 1
    assert text in told(catalog)[0][0]
    assert hint in told(catalog)[0][1]


def test_what_a_bus_of_a_library_does_not_ask_for_is_told() -> None:
    from inspector.core.bus.bus import InMemoryEventBus

    catalog = load(InMemoryEventBus(), bus={"publish": "publish", "identity": "name"}).catalog()
    assert [text for text, _ in told(catalog)] == [
        "[tool.inspector.bus] publish: publish is not used.",
        '[tool.inspector.bus] identity = "name" is not used.',
    ]


def test_a_declared_name_is_looked_for_in_the_buses_that_a_value_holds() -> None:
    class Signal:
        def __init__(self) -> None:
            self.receivers: list[Any] = [lambda **values: None]

        def send(self, sender: Any, **values: Any) -> None:
            for receiver in self.receivers:
                receiver(sender=sender, **values)

        def send_checked(self, **values: Any) -> None:
            self.send(None, **values)

    catalog = load({"moved": Signal(), "sunk": Signal()}, publish="send_checked").catalog()
    assert [table(catalog, bus)[PUBLISH] for bus in (0, 1)] == [["send_checked"], ["send_checked"]]
    assert told(catalog) == []


async def fire(program: LoadedProgram, event: str, values: dict[str, Any]) -> Watched:
    watched = Watched(program)
    await program.publish(program.build(event, values), None, None)
    watched.stop()
    return watched


async def test_the_arguments_of_a_publish_point_can_be_declared() -> None:
    class Wire:
        def __init__(self) -> None:
            self.handlers: dict[str, list[Any]] = {"order.placed": [lambda body: seen.append(body)]}

        def send(self, body: Any, topic: str, *, tx: Any = None) -> None:
            seen.append(tx)
            for handler in self.handlers[topic]:
                handler(body)

    seen: list[Any] = []
    point = {"method": "send", "name": "topic", "payload": "body", "session": "tx"}
    program = load(Wire(), bus={"publish": point, "identity": "name"})
    watched = await fire(program, "order.placed", {"payload": {"number": 3}})
    assert seen[-1] == {"number": 3}
    assert [(row[3], row[8]) for row in watched.rows(PUBLISHED)] == [("order.placed", '{"number":3}')]
    assert len(watched.rows(HANDLER_ENDED)) == 1
    assert origins(watched.catalog, PUBLISH) == {str(point): DECLARED}


async def test_patterns_can_be_taken_for_plain_names() -> None:
    class Topics:
        def __init__(self) -> None:
            self.handlers: dict[str, list[Any]] = {"order.*": [note], "order.placed": [ship]}

        def publish(self, name: str, payload: Any) -> None:
            for handler in self.handlers.get(name, ()):
                handler(payload)

    def handlers_of_placed(**bus: Any) -> list[str]:
        catalog = load(Topics(), bus=bus).catalog()
        event = next(event for event in catalog.events if event.event_type == "order.placed" or event.name == "Placed")
        return [key.rpartition(":")[2] for key in event.handlers]

    assert "note" in handlers_of_placed(patterns="glob")
    assert handlers_of_placed(patterns="exact") == ["ship"]
    assert origins(load(Topics(), bus={"patterns": "exact"}).catalog(), PATTERNS) == {"exact": DECLARED}


class Color(enum.Enum):
    RED = "red"


def test_a_handler_that_also_runs_is_in_the_catalog() -> None:
    entry = {"handler": f"{__name__}:note", "events": ["Placed"]}
    catalog = load(Hub(), bus={"also-runs": [entry]}).catalog()
    placed = next(event for event in catalog.events if event.name == "Placed")
    assert [key.rpartition(":")[2] for key in placed.handlers] == ["ship", "note"]
    assert origins(catalog, ALSO) == {str(entry): DECLARED}
    assert told(catalog) == []
    assert sys.modules[__name__]


BUSES = {
    **{f"kind {name}": make for name, make in kinds.KINDS.items()},
    **{f"shape {name}": make for name, make in SHAPES.items()},
}


@pytest.mark.parametrize("name", BUSES)
async def test_a_bus_of_any_shape_is_read_alike_by_its_own_spec(name: str) -> None:
    made: Any = BUSES[name]()  # which keeps handlers alive that the bus does not
    first = load(made.bus).catalog()
    declared = tomllib.loads(to_toml(first.specs)).get("tool", {}).get("inspector", {}).get("bus")
    second = load(made.bus, bus=declared).catalog()
    assert [table(second, number) for number in range(len(second.specs))] == [
        table(first, number) for number in range(len(first.specs))
    ]
    assert told(second) == []
    heard = [[(event.name, event.handlers) for event in catalog.events] for catalog in (first, second)]
    assert heard[0] == heard[1]
    assert second.patterns == first.patterns


@pytest.mark.parametrize("name", kinds.KINDS)
async def test_a_bus_of_any_kind_is_fired_alike_by_its_own_spec(name: str) -> None:
    made = kinds.KINDS[name]()
    declared = tomllib.loads(to_toml(load(made.bus).catalog().specs)).get("tool", {}).get("inspector", {}).get("bus")
    if made.event:
        kinds.LINES.clear()
        await fire(load(made.bus, bus=declared), made.event, made.values)
        assert sorted(kinds.LINES) == sorted(made.ran)


class Numbered:
    """Kinds of messages by number, and each of them whatever its class: the code alone does not say which it is."""

    def __init__(self) -> None:
        self._by_kind: dict[int, list[Any]] = {7: [note], 8: [ship]}

    def publish(self, event: Any) -> None:
        for kind in sorted(self._by_kind):
            for handler in self._by_kind[kind]:
                handler(event)


class Screen:
    def draw(self, event: Placed) -> None:
        """Draw it."""

    def handle(self, event: Placed) -> None:
        """What other buses would call."""


class Display:
    def __init__(self) -> None:
        self._screens: dict[type, list[Any]] = {Placed: [Screen()]}

    def publish(self, event: Any) -> None:
        for screen in self._screens.get(type(event), ()):
            getattr(screen, "dr" + "aw")(event)


def contents(catalog: CatalogDescription) -> dict[str, tuple[str, str]]:
    return {str(line.value): (line.keyed_by, line.holds) for spec in catalog.specs for line in spec.of(HANDLERS)}


def heard(catalog: CatalogDescription) -> dict[str, list[str]]:
    return {event.name: [key.rpartition(":")[2] for key in event.handlers] for event in catalog.events}


def test_what_keys_are_and_what_a_container_holds_is_proposed() -> None:
    class Mixed:
        def __init__(self) -> None:
            self._listeners: dict[Any, Any] = {note: Placed}
            self._screens: list[Any] = [Screen()]

        def publish(self, event: Any) -> None:
            for handler in self._listeners:
                handler(event)
            for screen in self._screens:
                screen.draw(event)

    assert contents(load(Hub()).catalog())["_routes"] == ("class", "handlers")
    mixed = contents(load(Mixed()).catalog())
    assert mixed == {"_listeners": ("handler", "handlers"), "_screens": ("nothing", "objects run by draw")}
    assert contents(load(Numbered()).catalog()) == {"_by_kind": ("nothing", "handlers")}


@pytest.mark.parametrize(
    ("said", "events"),
    [
        ({"keyed-by": "class with bases"}, {"Placed": ["ship"], "Express": ["ship"]}),
        ({"keyed-by": "class"}, {"Placed": ["ship"], "Express": []}),
        ({"keyed-by": "class", "holds": "handlers"}, {"Placed": ["ship"], "Express": []}),
    ],
)
def test_what_keys_are_can_be_declared_of_one_container(said: dict[str, str], events: dict[str, list[str]]) -> None:
    catalog = load(Hub(), bus={"handlers": [{"container": "_routes", **said}]}).catalog()
    assert told(catalog) == []
    by_name = heard(catalog)
    assert {name: by_name[name] for name in events} == events
    (line,) = catalog.specs[0].of(HANDLERS)
    assert (line.origin, line.keyed_by) == (DECLARED, said["keyed-by"])
    again = tomllib.loads(to_toml(catalog.specs))["tool"]["inspector"]["bus"]
    assert contents(load(Hub(), bus=again).catalog()) == contents(catalog)


def test_numbers_are_names_or_say_nothing_as_it_is_declared() -> None:
    named = load(Numbered(), bus={"handlers": {"container": "_by_kind", "keyed-by": "name"}}).catalog()
    assert heard(named) == {"7": ["note"], "Placed": ["ship"]}  # and what 8 is called, its handler takes
    nothing = load(Numbered(), bus={"handlers": {"container": "_by_kind", "keyed-by": "nothing"}}).catalog()
    assert heard(nothing)["Placed"] == ["note", "ship"]
    assert told(named) == told(nothing) == []


def test_by_which_method_objects_are_run_can_be_declared() -> None:
    guessed = load(Display()).catalog()
    assert heard(guessed) == {"Placed": ["Screen.handle"]}
    said = {"container": "_screens", "holds": "objects run by draw"}
    declared = load(Display(), bus={"handlers": said}).catalog()
    assert heard(declared) == {"Placed": ["Screen.draw"]}
    assert contents(declared) == {str(said): ("class", "objects run by draw")}
    assert told(declared) == []


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"container": "_routes", "keyed-by": "handler"}, "the keys of _routes are not handlers"),
        ({"container": "taps", "keyed-by": "name"}, "taps has no keys (list)"),
        ({"container": "_routes", "holds": "objects run by draw"}, "nothing in _routes has a method draw"),
        ({"container": "_rotes", "keyed-by": "class"}, "no _rotes found"),
    ],
)
def test_what_cannot_be_so_of_a_container_is_told(said: dict[str, str], text: str) -> None:
    catalog = load(Hub(), bus={"handlers": said}).catalog()
    assert "_routes" in table(catalog)[HANDLERS], "the rest is proposed as before"
    ((problem, _),) = told(catalog)
    assert text in problem


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"handlers": "publish"}, "handlers: publish is a method, not a container."),
        ({"handlers": []}, "handlers: it is empty."),
        ({"publish": []}, "publish: it is empty."),
        ({"publish": "count"}, "publish: count takes no arguments, so no event either."),
        ({"publish": ""}, 'publish: "" is not a name.'),
        ({"drain": "relay"}, "drain: relay needs event, and is called without arguments."),
        ({"identity": "name in nowhere"}, "identity: no event has a field nowhere."),
        ({"also-runs": {"handler": f"{__name__}:note", "events": ["Plced"]}}, "also-runs: no event Plced for"),
        ({"adapter": "django"}, 'adapter = "django" is not used.'),
    ],
)
def test_a_line_that_cannot_be_right_is_told_in_one_sentence(said: dict[str, Any], text: str) -> None:
    class Counting(Hub):
        def count(self) -> int:
            return len(self.taps)

    catalog = load(Counting(), bus=said).catalog()
    assert heard(catalog)["Placed"], "the rest is proposed as before"
    ((problem, hint),) = told(catalog)
    assert problem.removeprefix("[tool.inspector.bus] ").startswith(text)
    assert hint or "handlers" in said or "publish" in said or "drain" in said


def test_a_spec_says_what_there_is_to_choose_from() -> None:
    (spec,) = load(Hub()).catalog().specs
    assert spec.choices[PUBLISH] == ("publish", "relay")
    assert spec.choices["publish relay"] == ("event",)
    assert spec.choices[HANDLERS] == ("_routes", "other", "taps")
    assert {"map", "names", "pyee"} <= set(spec.choices[ADAPTER])
    assert to_plain(spec) is not None
    assert build(BusSpec, to_plain(spec)) == spec
