"""The sample projects: what is read of them, and that tapping changes nothing."""

from __future__ import annotations

import os
from typing import Any
from unittest import mock

import pytest

from inspector.core.records.records import HANDLER_ENDED, PUBLICATION_ENDED, PUBLISHED
from tests.agent.samples import PROJECTS, Watched, project, run_suite, watch


@pytest.mark.parametrize("name", ["shop", "orders", "tasks"])
def test_a_samples_own_suite_passes_untapped(name: str) -> None:
    with project(name):
        count, wrong = run_suite(name)
    assert count > 3
    assert wrong == []


def test_the_shops_suite_passes_under_the_tap() -> None:
    watched: list[Watched] = []
    with project("shop") as load:
        wiring, registry = load("shop.wiring"), load("shop.registry")
        make = wiring.get_container

        def get_container() -> Any:
            container = make()
            watched.append(watch(container, catalog=registry.EVENTS))
            return container

        wiring.get_container = get_container
        count, wrong = run_suite("shop")
    assert wrong == []
    assert len(watched) == count
    for each in watched:
        each.stop()
    assert sum(len(each.rows(PUBLISHED)) for each in watched) == 10
    ended = [row for each in watched for row in each.rows(HANDLER_ENDED)]
    assert {row[3] for row in ended} == {"ok", "failed", "cancelled"}
    for each in watched:
        assert len(each.rows(PUBLICATION_ENDED)) == len(each.rows(PUBLISHED))


@pytest.mark.parametrize(
    ("name", "module", "attribute"), [("orders", "orders.wiring", "bus"), ("tasks", "tasks.queue", "")]
)
def test_a_suite_passes_under_the_tap(name: str, module: str, attribute: str) -> None:
    with project(name) as load:
        value: Any = load(module)
        watched = watch(getattr(value, attribute) if attribute else value)
        count, wrong = run_suite(name)
        watched.stop()
        again = run_suite(name)
    assert wrong == []
    assert again == (count, [])
    assert len(watched.rows(PUBLISHED)) >= 5
    assert len(watched.rows(PUBLICATION_ENDED)) == len(watched.rows(PUBLISHED))
    assert {row[3] for row in watched.rows(HANDLER_ENDED)} == {"ok", "failed"}


def shop(load: Any) -> Any:
    with mock.patch.dict(os.environ, {"SHOP_DATABASE_URL": "memory:"}):
        return load("shop.wiring").get_container()


def test_the_shop_is_read_with_its_registry() -> None:
    with project("shop") as load:
        watched = watch(shop(load), catalog=load("shop.registry").EVENTS)
        watched.stop()
    catalog = watched.catalog
    assert catalog.problems == ()
    assert [(each.adapter, each.where) for each in catalog.sources] == [("map", "sample:0.event_bus")]
    assert catalog.categories == ("sales", "payment", "logistics", "returns")
    seen = {event.name: (event.category, event.workflow, event.phase, len(event.handlers)) for event in catalog.events}
    assert seen == {
        "OrderPlaced": ("sales", "order", "started", 2),
        "OrderPaid": ("payment", "payment", "done", 2),
        "PaymentFailed": ("payment", "payment", "failed", 1),
        "StockRanLow": ("logistics", "stock", "started", 1),
        "ParcelSent": ("logistics", "order", "done", 0),
    }
    assert {handler.label for handler in catalog.handlers} == {
        "Warehouse.reserve",
        "Mailer.__call__",
        "Ledger.book (partial account=income)",
        "Ledger.book (partial account=tax)",
        "reorder",
    }
    paid = next(event for event in catalog.events if event.name == "OrderPaid")
    assert [(field.name, field.type.kind, field.required, field.base) for field in paid.fields] == [
        ("order_id", "str", True, False),
        ("amount", "decimal", True, False),
        ("event_id", "uuid", False, True),
    ]
    assert paid.requires == ("email",)
    assert paid.file.endswith("shop/events.py")
    assert paid.line > 0


def line_of(text: str) -> int:
    lines = (PROJECTS / "orders" / "orders" / "wiring.py").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_orders_are_read_with_bases_and_lambdas() -> None:
    with project("orders") as load:
        watched = watch(load("orders.wiring").bus)
        watched.stop()
    events = {event.name: event for event in watched.catalog.events}
    assert set(events) == {"Allocated", "OutOfStock", "PriceChanged", "Allocate", "Discontinue"}
    labels = {handler.key: handler.label for handler in watched.catalog.handlers}
    assert [labels[key] for key in events["OutOfStock"].handlers] == [
        "remember.handler",
        "remember.handler #2",
        f"wiring.lambda:{line_of('buy:')}",
        "notify (partial channel=mail)",
    ]
    assert [labels[key] for key in events["PriceChanged"].handlers] == [f"wiring.lambda:{line_of('price:')}"]
    assert [field.name for field in events["Allocated"].fields] == ["order", "sku", "quantity"]
    assert watched.catalog.problems == ()


def test_the_tasks_are_read_by_name_and_sent_through_json() -> None:
    with project("tasks") as load:
        watched = watch(load("tasks.queue"))
        watched.stop()
    catalog = watched.catalog
    assert [each.adapter for each in catalog.sources] == ["names"]
    assert {event.name: (event.event_type, len(event.handlers)) for event in catalog.events} == {
        "InvoiceCreated": ("invoice.created", 2),
        "InvoicePaid": ("invoice.paid", 1),
        "ReminderDue": ("reminder.due", 1),
        "InvoiceLost": ("invoice.lost", 0),
    }
    assert {problem.where: problem.text for problem in catalog.problems} == {
        "invoice.paid": "InvoicePaid changes when sent as JSON: amount comes back as float, not Decimal.",
        "invoice.lost": "InvoiceLost cannot be sent as JSON: the result is not JSON: "
        "Object of type datetime is not JSON serializable",
    }


async def fire(watched: Watched, name: str, values: dict[str, Any]) -> Any:
    event = watched.program.build(name, values)
    return await watched.program.publish(event, None, None)


async def test_a_fired_task_event_is_worked_off_and_joined_to_its_publication() -> None:
    with project("tasks") as load:
        queue = load("tasks.queue")
        watched = watch(queue)
        await fire(watched, "InvoiceCreated", {"number": 3, "customer": "Ann"})
        watched.stop()
    assert queue.BOOKS == ["invoice 3 Ann", "paid 3 5.0"]
    first, second = watched.rows(PUBLISHED)
    assert (first[3], first[8]) == ("InvoiceCreated", '{"number":3,"customer":"Ann"}')
    assert second[3] == "InvoicePaid"
    starts = [row for row in watched.taken if row[0] == 2]
    assert [row[3] for row in starts] == [1, 1, 2]


async def test_orders_can_be_fired_from_json() -> None:
    with project("orders") as load:
        wiring = load("orders.wiring")
        watched = watch(wiring.bus)
        await fire(watched, "Allocate", {"order": "o", "sku": "chair", "quantity": 1})
        await fire(watched, "PriceChanged", {"sku": "chair", "cents": 7})
        watched.stop()
    assert wiring.JOURNAL == [
        "all:Allocated",
        "log:Allocated",
        "mail:Allocated",
        "sms:Allocated",
        "share:10",
        "price:7",
    ]
    allocate, allocated, price = watched.rows(PUBLISHED)
    assert [row[3] for row in (allocate, allocated, price)] == ["Allocate", "Allocated", "PriceChanged"]
    assert price[8] == '{"sku":"chair","cents":7}'
    starts = [row for row in watched.taken if row[0] == 2]
    assert allocated[6] == starts[0][2], "the event was published by the command's handler"


async def test_the_shop_gets_a_database_session() -> None:
    with project("shop") as load:
        database = load("shop.database")
        watched = watch(shop(load), catalog=load("shop.registry").EVENTS, session=database.session_scope)
        event = watched.program.build("OrderPaid", {"order_id": "1", "amount": "3.50"})
        for commit in (True, False):
            async with watched.program.open_session(commit=commit) as session:
                await watched.program.publish(event, session, None)
        watched.stop()
    assert database.LOG == ["commit OrderPaid", "close", "rollback OrderPaid", "close"]
    assert [row[9] for row in watched.rows(PUBLISHED)] == ['{"session": true, "metadata": {}}'] * 2
