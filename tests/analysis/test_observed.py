"""Handlers that ran and are in no container, and containers whose handlers never ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector.analysis.observed import FoundHandlers, found_handlers, observed_sentences, unused_containers
from inspector.core.description import HandlerDescription
from inspector.core.records.host import ONLY_QUEUED, UNKNOWN, HandlerAdded, HandlersNotCalled, UncalledHandler
from inspector.core.spec import HANDLERS, PROPOSED, BusSpec, SpecLine
from tests.catalog.runs import Run
from tests.catalog.samples import demo_catalog

KEEP = HandlerDescription("m:Archive.keep", "Archive.keep", "Archive", "keep", called_by="Hub._mirror")
LATER = HandlerDescription("m:Late.on", "Late.on", "Late", "on")


def containers(*events: str) -> Run:
    """Make a run of a program with a container for each event."""
    catalog = demo_catalog()
    handlers = {event.name: event.handlers for event in catalog.events}
    lines = tuple(
        SpecLine(HANDLERS, name, f"Hub.{name}", PROPOSED, "", handlers=handlers[name], events=(name,))
        for name in events
    )
    return Run(replace(catalog, specs=(BusSpec("shop:hub", lines),)))


@pytest.fixture
def run() -> Run:
    return containers("UserLoginFailed")


def test_a_handler_that_ran_and_is_in_no_container_is_found_with_its_events(run: Run) -> None:
    run.host(HandlerAdded, handler=KEEP)
    run.host(HandlerAdded, handler=LATER)
    for event in ("UserLoginFailed", "UserLoginFailed", "UserLoginAttempted"):
        run.end(run.start(run.publish(event), KEEP.key))
    run.end(run.start(run.publish("UserLoginFailed"), LATER.key))
    run.fold()
    (found,) = found_handlers(run.journal)
    assert (found.label, found.called_by, found.count) == ("Archive.keep", "Hub._mirror", 3)
    assert set(found.events) == {"UserLoginFailed", "UserLoginAttempted"}
    assert observed_sentences(run.journal)[0] == (
        "Archive.keep ran and is not in the spec (3 times, called by Hub._mirror)."
    )


def test_looking_again_counts_only_what_is_new(run: Run) -> None:
    following = FoundHandlers(run.journal)
    counts = []
    run.host(HandlerAdded, handler=KEEP)
    for _ in range(3):
        run.end(run.start(run.publish("UserLoginFailed"), KEEP.key))
        run.fold()
        counts.append([found.count for found in following.look()])
    assert counts == [[1], [2], [3]]
    assert [found.count for found in found_handlers(run.journal)] == [3]


def test_a_container_is_unused_once_all_its_events_came_and_none_of_its_handlers_ran() -> None:
    run = containers("UserLoginFailed", "UserLoginAttempted")
    assert unused_containers(run.journal) == []
    run.once("UserLoginAttempted")
    run.publish("UserLoginFailed")
    run.fold()
    assert [line.text for line in unused_containers(run.journal)] == ["Hub.UserLoginFailed"]
    assert observed_sentences(run.journal) == [
        "Hub.UserLoginFailed is in the spec, but none of its 3 handlers ran.",
    ]
    run.once("UserLoginFailed")
    run.fold()
    assert unused_containers(run.journal) == []


@pytest.mark.parametrize("reason", [UNKNOWN, ONLY_QUEUED])
def test_a_container_is_not_told_as_unused_where_its_handlers_are_listed_as_not_called(reason: str) -> None:
    run = containers("UserLoginFailed", "UserLoginAttempted")
    run.publish("UserLoginFailed")
    keys = next(event.handlers for event in demo_catalog().events if event.name == "UserLoginFailed")
    handlers = tuple(UncalledHandler(key, key, reason) for key in keys)
    run.host(HandlersNotCalled, fire=1, publication=1, event="UserLoginFailed", handlers=handlers, times=1)
    run.fold()
    assert unused_containers(run.journal) == []
