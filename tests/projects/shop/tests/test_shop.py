"""The shop's own tests: they know nothing of the inspector."""

from __future__ import annotations

import asyncio
import os
import traceback
import unittest
from decimal import Decimal
from unittest import mock

from shop.events import OrderPaid, OrderPlaced, ParcelSent, PaymentFailed

from shop import wiring


class ShopTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        with mock.patch.dict(os.environ, {"SHOP_DATABASE_URL": "memory:"}):
            self.shop = wiring.get_container()
        self.bus = self.shop.event_bus

    async def test_an_order_takes_from_the_stock(self) -> None:
        results = await self.bus.publish(OrderPlaced("1", Decimal("9.50"), ("cup", "plate")))
        self.assertEqual(results, [2, None])
        self.assertEqual(self.shop.warehouse.stock, {"cup": 2, "plate": 9})
        self.assertEqual(self.bus._history, ["OrderPlaced", "StockRanLow"])

    async def test_results_come_in_the_order_of_subscription(self) -> None:
        self.assertEqual(await self.bus.publish(OrderPaid("1", Decimal(5))), ["income", "tax"])
        self.assertEqual(self.shop.ledger.entries, ["income:5", "tax:5"])

    async def test_an_error_is_given_back_as_it_was_raised(self) -> None:
        (error,) = await self.bus.publish(PaymentFailed("7", "no money"))
        self.assertIs(type(error), LookupError)
        self.assertEqual(error.args, ("no address for order 7",))
        self.assertEqual(traceback.extract_tb(error.__traceback__)[-1].name, "__call__")

    async def test_a_handler_can_be_taken_out(self) -> None:
        self.bus.unsubscribe(PaymentFailed, self.shop.mailer)
        self.assertEqual(await self.bus.publish(PaymentFailed("7", "no money")), [])
        with self.assertRaises(ValueError):
            self.bus.unsubscribe(PaymentFailed, self.shop.mailer)

    async def test_a_bound_method_can_be_taken_out(self) -> None:
        self.bus.unsubscribe(OrderPlaced, self.shop.warehouse.reserve)
        self.assertEqual(await self.bus.publish(OrderPlaced("1", Decimal(1), ("cup",))), [None])

    async def test_a_handler_can_be_added_later(self) -> None:
        seen = []

        async def listen(event: ParcelSent) -> str:
            seen.append(event.tracking)
            return "heard"

        self.assertEqual(await self.bus.publish(ParcelSent("1", "A")), [])
        self.bus.subscribe(ParcelSent, listen)
        self.assertEqual(await self.bus.publish(ParcelSent("1", "B")), ["heard"])
        self.assertEqual(await self.bus.publish(ParcelSent("1", "C")), ["heard"])
        self.assertEqual(seen, ["B", "C"])

    async def test_handlers_are_asynchronous_functions(self) -> None:
        for handlers in self.bus._handlers.values():
            for handler in handlers:
                call = handler if not isinstance(handler, type(self.shop.mailer)) else handler.__call__
                self.assertTrue(asyncio.iscoroutinefunction(call), handler)
        self.assertTrue(asyncio.iscoroutinefunction(self.bus.publish))

    async def test_a_cancelled_publish_is_cancelled(self) -> None:
        started = asyncio.Event()
        ended = []

        async def wait(event: ParcelSent) -> None:
            started.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        self.bus.subscribe(ParcelSent, wait)
        task = asyncio.ensure_future(self.bus.publish(ParcelSent("1", "A")))
        await started.wait()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(ended, ["cancelled"])

    def test_the_shop_needs_its_setting(self) -> None:
        with mock.patch.dict(os.environ, clear=True), self.assertRaises(KeyError):
            wiring.get_container()
