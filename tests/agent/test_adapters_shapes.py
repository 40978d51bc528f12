"""Map buses of every shape: the same results with and without the tap, everything recorded, undone exactly."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import types
from collections import deque
from typing import Any

import pytest

from inspector.agent.facts.collect import collect
from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, PUBLICATION_ENDED, PUBLISHED
from tests.agent.samples import watch
from tests.agent.shapes import SHAPES, Shape


def structure(value: Any) -> Any:
    """What a container is made of: objects by identity, in order, records with what they hold."""
    if isinstance(value, (dict, types.MappingProxyType)):
        return type(value), id(value), [(structure(key), structure(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return type(value), id(value), [structure(item) for item in value]
    held = getattr(value, "__dict__", None)
    if held and type(value).__module__.startswith("tests.agent") and not isinstance(value, type):
        return type(value), id(value), [(name, id(inner)) for name, inner in held.items()]
    return type(value), id(value)


async def outcome(shape: Shape) -> tuple[Any, list[Any]]:
    """Publish once; gives the result or exception, and what the handlers did."""
    shape.log.lines.clear()
    try:
        result = shape.publish()
        if inspect.isawaitable(result):
            result = await result
    except Exception as error:
        result = type(error), error.args
    return result, list(shape.log.lines)


@pytest.mark.parametrize("name", SHAPES)
async def test_the_tap_changes_nothing_records_everything_and_is_undone(name: str) -> None:
    shape = SHAPES[name]()
    untapped = await outcome(shape)
    before, own = structure(shape.state()), list(getattr(shape.bus, "__dict__", {}))
    watched = watch(shape.bus)
    tapped = await outcome(shape)
    for _ in range(20):
        await asyncio.sleep(0)
    again = await outcome(shape)
    watched.stop()
    assert untapped == tapped == again
    assert structure(shape.state()) == before
    assert list(getattr(shape.bus, "__dict__", {})) == own
    assert await outcome(shape) == untapped
    shape.close()
    published = watched.rows(PUBLISHED)
    assert [row[3] for row in published] == [shape.name] * 2
    assert [row[2] for row in watched.rows(PUBLICATION_ENDED)] == [1, 2]
    started = watched.rows(HANDLER_STARTED)
    assert len(started) == 2 * shape.count
    assert [row[3] for row in started] == [1] * shape.count + [2] * shape.count
    ended = watched.rows(HANDLER_ENDED)
    assert sorted(row[3] for row in ended) == sorted(
        (["failed"] * shape.failed + ["ok"] * (shape.count - shape.failed)) * 2
    )


@pytest.mark.parametrize("name", sorted(set(SHAPES) - {"removes_itself", "queued"}))
async def test_its_event_is_in_the_catalog_and_can_be_fired(name: str) -> None:
    shape = SHAPES[name]()
    watched = watch(shape.bus)
    event = next((event for event in watched.catalog.events if event.name == shape.name), None)
    if event is None:
        assert name in ("weak_set", "set_for_all_events"), "only handlers of everything name no event"
        watched.stop()
        return
    assert len(event.handlers) == shape.count
    values = {"number": 7} if event.fields and event.fields[0].name == "number" else {}
    if name == "envelopes":
        values = {"payload": {"n": 3}}
    if name == "emitter_with_keywords":
        values = {"order": 7, "note": "n"}
    if name == "emitter_with_arguments_and_a_wildcard":
        values = {"a": 1, "b": 2}
    built = watched.program.build(event.name, values)
    with contextlib.suppress(LookupError):  # of a bus that hands on what a handler raises
        await watched.program.publish(built, None, None)
    for _ in range(20):
        await asyncio.sleep(0)
    watched.stop()
    shape.close()
    assert [row[3] for row in watched.rows(PUBLISHED)] == [shape.name]
    assert len(watched.rows(HANDLER_ENDED)) == shape.count
    assert watched.catalog.problems == ()


async def test_a_class_of_handlers_is_described_by_the_method_that_the_bus_will_run() -> None:
    shape = SHAPES["handler_classes"]()
    watched = watch(shape.bus)
    watched.stop()
    (handler,) = watched.catalog.handlers
    assert (handler.label, handler.is_async) == ("handler_classes.Handler.handle", True)
    assert handler.file.endswith("shapes.py")
    assert handler.line > 0


def test_a_method_whose_name_fits_no_event_is_no_subscription_and_told_as_an_orphan() -> None:
    watched = watch(SHAPES["methods_named_for_the_event"]().bus)
    watched.stop()
    assert [event.name for event in watched.catalog.events] == ["Happened"]
    labels = {handler.label.rpartition("event.")[2] for handler in watched.catalog.handlers}
    assert labels == {"Stock.handle_happened", "Fines.handle_happened"}
    assert [each.method for each in collect(watched.program).uncalled] == ["handle_happend"]


def test_a_bus_that_names_no_event_says_what_to_do() -> None:
    watched = watch(SHAPES["set_for_all_events"]().bus)
    watched.stop()
    assert watched.catalog.events == ()
    assert "--catalog" in watched.catalog.problems[0].hint


async def test_signals_are_an_event_each_and_sent_with_what_their_receivers_ask_for() -> None:
    one, other = SHAPES["signals"](), SHAPES["signals"]()
    other.bus.name = "refunded"
    watched = watch(one.bus, other.bus)
    asked = {event.name: [field.name for field in event.fields] for event in watched.catalog.events}
    assert asked == {"paid": ["number"], "refunded": ["number"]}
    await watched.program.publish(watched.program.build("refunded", {"number": 3}), None, None)
    watched.stop()
    assert [row[3] for row in watched.rows(PUBLISHED)] == ["refunded"]
    assert (one.log.lines, other.log.lines) == ([], [("count", ["number"]), ("tell", 3)])
