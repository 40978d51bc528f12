"""What the engine gets from a program on our own bus."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from inspector.agent.program import CoreProgram
from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.description import CatalogDescription
from inspector.core.errors import InspectorError, UsageError
from inspector.core.values.build import build, to_plain
from inspector.demo import get_statistics
from inspector.demo.registry import EVENT_REGISTRY
from tests.programs import OrderPlaced, Shop, demo_program, shop_program


@dataclass(frozen=True, kw_only=True)
class Paid(DomainEvent):
    """Money came in.

    And more words.
    """

    user: UUID
    amount: int = 0


class Note:
    """No dataclass at all, as events of others may be."""


def test_the_demos_catalog_is_whole() -> None:
    catalog = demo_program().catalog()
    assert (catalog.program, len(catalog.events), len(catalog.handlers)) == ("demo catalog", 77, 181)
    assert catalog.statistics == get_statistics()
    assert sum(len(event.handlers) for event in catalog.events) == 181
    keys = {handler.key for handler in catalog.handlers}
    assert all(set(event.handlers) <= keys for event in catalog.events)
    assert sum(event.sse is not None for event in catalog.events) == 24
    assert [event.name for event in catalog.events] == [entry.event_class.__name__ for entry in EVENT_REGISTRY]


def test_every_event_and_handler_of_the_demo_is_found_in_its_file() -> None:
    catalog = demo_program().catalog()
    for event in catalog.events:
        line = Path(event.file).read_text().splitlines()[event.line - 1]
        assert line.startswith(f"class {event.name}(")
    for handler in catalog.handlers:
        assert Path(handler.file).is_file()
        assert handler.line > 0
        assert handler.is_async
        assert handler.doc


def test_a_catalog_comes_back_from_json_as_it_was() -> None:
    catalog = demo_program().catalog()
    assert build(CatalogDescription, json.loads(json.dumps(to_plain(catalog)))) == catalog


def test_events_without_a_registry_are_described_from_the_bus() -> None:
    bus = InMemoryEventBus()
    bus.subscribe(Paid, print)
    bus.subscribe(Note, print)
    paid, note = CoreProgram("mine", bus).catalog().events
    assert (paid.name, paid.key, paid.category, paid.workflow) == ("Paid", f"{__name__}.Paid", "", "")
    assert paid.doc.startswith("Money came in.")
    assert [(field.name, field.required) for field in paid.fields][:2] == [("user", True), ("amount", False)]
    assert paid.handlers == note.handlers == ("builtins:print",)
    assert note.fields == ()
    assert Path(note.file).read_text().splitlines()[note.line - 1] == "class Note:"


def test_a_handler_of_two_events_is_one_handler() -> None:
    bus = InMemoryEventBus()
    bus.subscribe(Paid, print)
    bus.subscribe(Note, print)
    bus.subscribe(Note, print)
    catalog = CoreProgram("mine", bus).catalog()
    assert [handler.key for handler in catalog.handlers] == ["builtins:print"]
    assert [event.handlers for event in catalog.events] == [("builtins:print",), ("builtins:print", "builtins:print")]


def test_an_event_is_built_of_json() -> None:
    bus = InMemoryEventBus()
    bus.subscribe(Paid, print)
    program = CoreProgram("mine", bus)
    event = program.build("Paid", {"user": "00000000-0000-0000-0000-000000000007", "amount": 3})
    assert (event.user, event.amount) == (UUID(int=7), 3)


def test_an_event_that_nobody_handles_can_be_built_when_it_is_registered() -> None:
    program = CoreProgram("demo", InMemoryEventBus(), registry=EVENT_REGISTRY)
    assert program.build("GlobalTokenRotationAttempted", {"triggered_by": "admin", "reason": "r"})


@pytest.mark.parametrize(
    ("event", "values", "said"),
    [
        ("Nothing", {}, "Unknown event Nothing."),
        ("Paid", {}, "user"),
        ("Paid", {"user": "no uuid"}, "user"),
        ("Paid", {"user": str(UUID(int=7)), "colour": 1}, "colour"),
        ("Paid", {"user": str(UUID(int=7)), "amount": "many"}, "amount"),
    ],
)
def test_what_cannot_be_built_is_told_with_the_field(event: str, values: dict[str, object], said: str) -> None:
    bus = InMemoryEventBus()
    bus.subscribe(Paid, print)
    with pytest.raises(InspectorError, match=said) as caught:
        CoreProgram("mine", bus).build(event, values)
    assert isinstance(caught.value, UsageError) or "Paid" in caught.value.text


async def test_start_close_and_session_are_the_programs_own() -> None:
    shop = Shop()
    program = shop_program(shop=shop)
    await program.start()
    for commit in (True, False):
        async with program.open_session(commit=commit) as session:
            assert session is shop
    await program.close()
    assert (shop.started, shop.closed, shop.sessions) == (1, 1, ["open", "commit", "open", "rollback"])


async def test_without_a_database_handlers_get_no_session() -> None:
    async with CoreProgram("mine", InMemoryEventBus()).open_session(commit=True) as session:
        assert session is None


async def test_a_program_without_beginning_and_end() -> None:
    program = CoreProgram("mine", InMemoryEventBus())
    await program.start()
    await program.close()
    assert program.catalog() == CatalogDescription("mine", (), (), ())


async def test_attached_is_told_and_detached_is_not() -> None:
    bus = InMemoryEventBus()
    bus.subscribe(OrderPlaced, lambda event: None)
    program, told = CoreProgram("mine", bus), []

    class Observer:
        def publication_started(self, publication: object) -> None:
            told.append(publication)

        def __getattr__(self, name: str) -> object:
            return lambda *_: None

    @asynccontextmanager
    async def attached() -> AsyncIterator[None]:
        observer: object = Observer()
        undo = program.attach(observer, lambda error: None)  # type: ignore[arg-type]
        yield
        undo()

    async with attached():
        await program.publish(OrderPlaced(), None, None)
    await program.publish(OrderPlaced(), None, None)
    assert len(told) == 1
    assert bus.observers == ()
