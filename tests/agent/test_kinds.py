"""Home-made buses by what their code does: which events there are, who hears them, how they are fired, what is told."""

from __future__ import annotations

import gc

import pytest

from inspector.agent.reading.loaded import Target, make_program
from inspector.agent.reading.map_bus.connection import MapConnection
from tests.agent.kinds import KINDS, LINES


@pytest.mark.parametrize("name", KINDS)
async def test_it_is_read_and_fired_as_its_program_would(name: str) -> None:
    one = KINDS[name]()
    gc.collect()
    program = make_program("sample", [Target("sample:bus", one.bus)])
    catalog = program.catalog()
    labels = {handler.key: handler.label for handler in catalog.handlers}
    heard = {event.name: [labels[key].removeprefix(f"{name}.") for key in event.handlers] for event in catalog.events}
    assert {event: sorted(heard.get(event, ["no such event"])) for event in one.heard} == {
        event: sorted(label.removeprefix(f"{name}.") for label in handlers) for event, handlers in one.heard.items()
    }
    LINES.clear()
    if one.event:
        await program.publish(program.build(one.event, one.values), None, {})
    assert sorted(LINES) == sorted(one.ran)
    assert [problem.text for problem in program.catalog().problems] == one.problems


def test_patterns_are_shown_as_patterns_and_are_no_events() -> None:
    program = make_program("sample", [Target("sample:bus", KINDS["patterns_of_topics"]().bus)])
    catalog = program.catalog()
    assert catalog.events == ()
    assert [(pattern.name, len(pattern.handlers)) for pattern in catalog.patterns] == [
        ("ship.*.docked", 1),
        ("ship.*.left", 1),
    ]


async def test_why_a_handler_was_not_called_can_be_asked() -> None:
    kind = KINDS["a_queue_that_nobody_empties"]()
    program = make_program("sample", [Target("sample:bus", kind.bus)])
    (connection,) = program.connections
    assert isinstance(connection, MapConnection)
    (target,) = connection.targets()
    assert connection.not_called(target) == ""
    await program.publish(program.build("kiln.fired", {}), None, {})
    reason = "what was published still lies in inbox, and forever does not work it off"
    assert connection.not_called(target) == reason


def test_a_predicate_is_why_a_handler_was_not_called() -> None:
    program = make_program("sample", [Target("sample:bus", KINDS["predicates_of_envelopes"]().bus)])
    (connection,) = program.connections
    assert isinstance(connection, MapConnection)
    assert [connection.not_called(target) for target in connection.targets()] == ["its when said no", ""]
